//! A user.

use std::collections::BTreeSet;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Site;
use super::list::Query;
use super::object::{Kind, Object, ObjectId, Table};
use super::problem::{ProblemCode, Problems};
use super::text::{
    MAX_NAME, check_email, check_identity, check_len, check_line, check_login, check_number, check_range, check_text,
    check_website, fold, tidy_number, trim,
};
use crate::rights::{Grant, ServiceRight};

/// Lines of each list of a user.
pub(super) const MAX_LINES: usize = 100;
/// Other users that one has granted rights to.
pub(super) const MAX_GRANTS: usize = 1_000;
/// Clients that may be signed in at once.
pub(super) const MAX_CLIENTS: i64 = 100;

/// A person who can sign in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "UserObject", extend(
    "required" = ["login"],
    "examples" = [{
        "login": "anna", "first_name": "Anna", "last_name": "Berger", "display_name": "Anna Berger",
        "email": "anna@example.com", "active": true, "phones": { "business": "100" }
    }]
))]
#[ts(rename = "UserObject")]
pub struct User {
    /// What the user signs in with. Unique whatever its case.
    #[schemars(length(min = 1))]
    pub login: String,
    /// `user@domain`, unique. Empty: the login at the presence domain.
    pub identity: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// The name for people to read. Without one a user cannot be active.
    pub display_name: String,
    /// Where missed calls and recordings are sent.
    pub email: String,
    /// Whether the user can sign in.
    pub active: bool,
    /// The profile; null: the default one.
    pub profile: Option<ObjectId>,
    /// Telephone numbers.
    pub phones: Phones,
    /// Whether lines with the business number are the user's; null: as the settings say.
    pub bind_business: Option<bool>,
    /// The same for the second business number.
    pub bind_business2: Option<bool>,
    /// A line: the user's own phone. Others do not see it.
    pub first_phone: String,
    /// A second one.
    pub second_phone: String,
    /// Still more of the user's own phones.
    pub further_phones: Vec<String>,
    /// Address.
    pub address: Address,
    /// What the user may use, beside what the settings and groups give.
    pub services: BTreeSet<ServiceRight>,
    /// Lines of others that the user is shown.
    pub additional_lines: Vec<AdditionalLine>,
    /// What other users may see and do.
    pub grants: Vec<UserGrant>,
    /// Clients that may be signed in at once; null: as the settings say.
    pub max_clients: Option<u32>,
}

/// A user's telephone numbers: `+`, country, area and number without spaces, or internal digits.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct Phones {
    /// Business.
    pub business: String,
    /// Second business number.
    pub business2: String,
    /// Private.
    pub private: String,
    /// Mobile.
    pub mobile: String,
    /// Pager.
    pub pager: String,
    /// The voice mailbox, as it is dialled internally.
    pub voice_mailbox: String,
    /// What is called to record a call; empty: calls are recorded here.
    pub recording_server: String,
}

/// A user's address.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct Address {
    /// Title.
    pub title: String,
    /// Company.
    pub company: String,
    /// Department.
    pub department: String,
    /// Office.
    pub office: String,
    /// Street and house number.
    pub street: String,
    /// Postal code.
    pub postal_code: String,
    /// City.
    pub city: String,
    /// State.
    pub state: String,
    /// Country.
    pub country: String,
    /// Website.
    pub website: String,
    /// Fax number.
    pub fax: String,
}

/// A line of somebody else that a user is shown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct AdditionalLine {
    /// The line: its number, or `GROUP/NUMBER`.
    pub line: String,
    /// Whether the user sees who is called there.
    pub see_outgoing: bool,
    /// Whether the user sees who calls there.
    pub see_incoming: bool,
    /// Whether the user takes calls that ring there, and sets its forwarding.
    pub pick_up: bool,
}

/// What one other user may see and do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct UserGrant {
    /// Who.
    pub to: ObjectId,
    /// What.
    pub grant: Grant,
}

impl Default for User {
    fn default() -> Self {
        User {
            login: String::new(),
            identity: String::new(),
            first_name: String::new(),
            last_name: String::new(),
            display_name: String::new(),
            email: String::new(),
            active: true,
            profile: None,
            phones: Phones::default(),
            bind_business: None,
            bind_business2: None,
            first_phone: String::new(),
            second_phone: String::new(),
            further_phones: Vec::new(),
            address: Address::default(),
            services: BTreeSet::new(),
            additional_lines: Vec::new(),
            grants: Vec::new(),
            max_clients: None,
        }
    }
}

impl User {
    /// The name that first and last name suggest; empty where both are.
    pub fn suggested_display_name(&self) -> String {
        let names = [self.first_name.trim(), self.last_name.trim()];
        names.into_iter().filter(|name| !name.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// The identity: that which was set, or the login at the presence domain; None where there is no domain.
    pub fn identity(&self, presence_domain: &str) -> Option<String> {
        match (self.identity.as_str(), presence_domain) {
            ("", _) if self.login.contains('@') => Some(self.login.clone()),
            ("", "") => None,
            ("", domain) => Some(format!("{}@{domain}", self.login)),
            (identity, _) => Some(identity.to_owned()),
        }
    }

    /// Whether lines with the business number, and with the second one, are the user's.
    pub fn binds(&self, everywhere: bool) -> [bool; 2] {
        [self.bind_business, self.bind_business2].map(|own| own.unwrap_or(everywhere))
    }

    fn texts(&mut self) -> [&mut String; 18] {
        let Address { title, company, department, office, street, postal_code, city, state, country, website, fax: _ } =
            &mut self.address;
        [
            &mut self.login,
            &mut self.identity,
            &mut self.first_name,
            &mut self.last_name,
            &mut self.display_name,
            &mut self.email,
            &mut self.first_phone,
            &mut self.second_phone,
            title,
            company,
            department,
            office,
            street,
            postal_code,
            city,
            state,
            country,
            website,
        ]
    }
}

impl Phones {
    /// Each number with its field.
    pub fn named(&self) -> [(&'static str, &str); 7] {
        [
            ("business", &self.business),
            ("business2", &self.business2),
            ("private", &self.private),
            ("mobile", &self.mobile),
            ("pager", &self.pager),
            ("voice_mailbox", &self.voice_mailbox),
            ("recording_server", &self.recording_server),
        ]
    }

    fn all_mut(&mut self) -> [&mut String; 7] {
        [
            &mut self.business,
            &mut self.business2,
            &mut self.private,
            &mut self.mobile,
            &mut self.pager,
            &mut self.voice_mailbox,
            &mut self.recording_server,
        ]
    }
}

impl Address {
    /// Each text of one line with its field, but for website and fax number.
    fn named(&self) -> [(&'static str, &str); 9] {
        [
            ("title", &self.title),
            ("company", &self.company),
            ("department", &self.department),
            ("office", &self.office),
            ("street", &self.street),
            ("postal_code", &self.postal_code),
            ("city", &self.city),
            ("state", &self.state),
            ("country", &self.country),
        ]
    }
}

impl Object for User {
    const KIND: Kind = Kind::User;

    const COLUMNS: &'static [&'static str] = &[
        "display_name",
        "login",
        "first_name",
        "last_name",
        "identity",
        "email",
        "business",
        "mobile",
        "department",
        "company",
        "active",
    ];

    fn name(&self) -> &str {
        &self.login
    }

    fn name_pointer() -> &'static str {
        "/login"
    }

    fn title(&self) -> &str {
        if self.display_name.is_empty() { &self.login } else { &self.display_name }
    }

    fn tidy(&mut self) {
        self.texts().into_iter().for_each(trim);
        self.phones.all_mut().into_iter().chain([&mut self.address.fax]).for_each(tidy_number);
        self.further_phones.iter_mut().for_each(trim);
        self.additional_lines.iter_mut().for_each(|additional| trim(&mut additional.line));
        if self.display_name.is_empty() {
            self.display_name = self.suggested_display_name();
        }
        if self.profile == Some(ObjectId::DEFAULT_PROFILE) {
            self.profile = None;
        }
    }

    fn check(&self, id: ObjectId, problems: &mut Problems) {
        check_login(&self.login, "/login", problems);
        if !self.identity.is_empty() {
            check_identity(&self.identity, "/identity", problems);
        }
        check_text(&self.first_name, MAX_NAME, "/first_name", problems);
        check_text(&self.last_name, MAX_NAME, "/last_name", problems);
        check_text(&self.display_name, 2 * MAX_NAME + 1, "/display_name", problems);
        if self.active && self.display_name.is_empty() {
            problems.add("/display_name", ProblemCode::DisplayNameNeeded);
        }
        check_email(&self.email, "/email", problems);
        for (field, number) in self.phones.named() {
            check_number(number, format_args!("/phones/{field}"), problems);
        }
        for (field, text) in self.address.named() {
            check_text(text, MAX_NAME, format_args!("/address/{field}"), problems);
        }
        check_website(&self.address.website, "/address/website", problems);
        check_number(&self.address.fax, "/address/fax", problems);
        check_line(&self.first_phone, "/first_phone", problems);
        check_line(&self.second_phone, "/second_phone", problems);
        // Each of a list is compared with those before it: of one that is too long nothing more is told.
        if check_len(self.further_phones.len(), MAX_LINES, "/further_phones", problems) {
            for (at, line) in self.further_phones.iter().enumerate() {
                check_listed_line(line, &self.further_phones[..at], format_args!("/further_phones/{at}"), problems);
            }
        }
        if check_len(self.additional_lines.len(), MAX_LINES, "/additional_lines", problems) {
            let lines: Vec<_> = self.additional_lines.iter().map(|additional| &additional.line).collect();
            for (at, line) in lines.iter().enumerate() {
                check_listed_line(line, &lines[..at], format_args!("/additional_lines/{at}/line"), problems);
            }
        }
        if check_len(self.grants.len(), MAX_GRANTS, "/grants", problems) {
            let mut granted = BTreeSet::new();
            for (at, grant) in self.grants.iter().enumerate() {
                if grant.to == id {
                    problems.add(format_args!("/grants/{at}/to"), ProblemCode::GrantToOneself);
                }
                if !granted.insert(grant.to) {
                    problems.add(format_args!("/grants/{at}/to"), ProblemCode::Repeated);
                }
            }
        }
        if let Some(clients) = self.max_clients {
            check_range(clients.into(), 1..=MAX_CLIENTS, "/max_clients", problems);
        }
    }

    fn references(&self, visit: &mut dyn FnMut(Kind, ObjectId, fmt::Arguments<'_>)) {
        if let Some(profile) = self.profile {
            visit(Kind::Profile, profile, format_args!("/profile"));
        }
        for (at, grant) in self.grants.iter().enumerate() {
            visit(Kind::User, grant.to, format_args!("/grants/{at}/to"));
        }
    }

    fn forget(&mut self, is_gone: &dyn Fn(Kind, ObjectId) -> bool) {
        self.profile = self.profile.filter(|profile| !is_gone(Kind::Profile, *profile));
        self.grants.retain(|grant| !is_gone(Kind::User, grant.to));
    }

    fn searched(&self, visit: &mut dyn FnMut(&str)) {
        for text in [&self.display_name, &self.first_name, &self.last_name, &self.login, &self.identity, &self.email] {
            visit(text);
        }
        for (_, number) in self.phones.named() {
            visit(number);
        }
        for text in [&self.address.department, &self.address.company, &self.first_phone, &self.second_phone] {
            visit(text);
        }
    }

    fn sort_key(&self, column: &str) -> String {
        match column {
            "login" => fold(&self.login),
            "first_name" => fold(&self.first_name),
            "last_name" => fold(&self.last_name),
            "identity" => fold(&self.identity),
            "email" => fold(&self.email),
            "business" => self.phones.business.clone(),
            "mobile" => self.phones.mobile.clone(),
            "department" => fold(&self.address.department),
            "company" => fold(&self.address.company),
            // Those that are active first.
            "active" => u8::from(!self.active).to_string(),
            _ => fold(self.title()),
        }
    }

    fn passes(&self, id: ObjectId, site: &Site, query: &Query) -> bool {
        let profile = self.profile.unwrap_or(ObjectId::DEFAULT_PROFILE);
        query.active.is_none_or(|active| active == self.active)
            && query.profile.is_none_or(|asked| asked == profile)
            && query.group.is_none_or(|group| site.groups_of(id).member.contains(&group))
    }

    fn table(site: &Site) -> &Table<User> {
        &site.users
    }

    fn table_mut(site: &mut Site) -> &mut Table<User> {
        &mut site.users
    }
}

/// A line of a list: it must be there, and only once.
fn check_listed_line<T: AsRef<str>>(line: &str, before: &[T], pointer: fmt::Arguments<'_>, problems: &mut Problems) {
    if line.is_empty() {
        problems.add(pointer, ProblemCode::Required);
    } else if before.iter().any(|other| other.as_ref() == line) {
        problems.add(pointer, ProblemCode::Repeated);
    }
    check_line(line, pointer, problems);
}
