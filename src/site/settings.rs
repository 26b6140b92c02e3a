//! What holds for the whole server.

use std::collections::BTreeSet;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Site;
use super::object::{Kind, Object, ObjectId, Table};
use super::problem::{ProblemCode, Problems};
use super::text::{MAX_NAME, check_range, check_text, is_domain, trim};
use super::user::MAX_CLIENTS;
use crate::rights::{Grant, Level, ServiceRight};

/// What holds for the whole server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "SettingsObject")]
#[ts(rename = "SettingsObject")]
pub struct Settings {
    /// The domain of identities that are not set: `login@presence_domain`.
    pub presence_domain: String,
    /// The server's name, as people see it.
    pub server_name: String,
    /// What all users may see and do of each other.
    pub grant: Grant,
    /// What all users may use.
    pub services: BTreeSet<ServiceRight>,
    /// Whether everybody is shown everybody in the monitor.
    pub all_in_monitor: bool,
    /// What users may see and do of those that they are shown in the monitor.
    pub monitor_grant: Grant,
    /// Whether lines with a user's business numbers are the user's.
    pub bind_lines: bool,
    /// Clients of a user that may be signed in at once.
    pub max_clients: u32,
    /// What passwords must be like.
    pub password: PasswordRules,
    /// Days until one must sign in again.
    pub session_days: u32,
    /// Who needs a second factor.
    pub second_factor: SecondFactorRule,
}

/// Who needs a second factor, and can do nothing before having set it up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum SecondFactorRule {
    /// Nobody; everybody may have one.
    #[default]
    Optional,
    /// Administrators.
    Administrators,
    /// Administrators and users.
    Everybody,
}

/// What passwords must be like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct PasswordRules {
    /// Characters at least.
    pub min_length: u32,
}

impl Default for PasswordRules {
    fn default() -> Self {
        PasswordRules { min_length: 8 }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            presence_domain: String::new(),
            server_name: "Offhook".to_owned(),
            grant: Grant::Level(Level::Public),
            services: Settings::SERVICES.into(),
            all_in_monitor: false,
            monitor_grant: Grant::default(),
            bind_lines: true,
            max_clients: 2,
            password: PasswordRules::default(),
            session_days: 30,
            second_factor: SecondFactorRule::default(),
        }
    }
}

impl Settings {
    /// What all users may use at first.
    const SERVICES: [ServiceRight; 7] = [
        ServiceRight::ControlLines,
        ServiceRight::Chat,
        ServiceRight::Audio,
        ServiceRight::Video,
        ServiceRight::RecordCalls,
        ServiceRight::PhoneBooks,
        ServiceRight::WebApp,
    ];
}

impl Object for Settings {
    const KIND: Kind = Kind::Settings;

    const COLUMNS: &'static [&'static str] = &["server_name"];

    fn name(&self) -> &str {
        "settings"
    }

    fn tidy(&mut self) {
        trim(&mut self.presence_domain);
        trim(&mut self.server_name);
        self.presence_domain.make_ascii_lowercase();
    }

    fn check(&self, _id: ObjectId, problems: &mut Problems) {
        if !self.presence_domain.is_empty() && !is_domain(&self.presence_domain) {
            problems.add("/presence_domain", ProblemCode::InvalidDomain);
        }
        check_text(&self.server_name, MAX_NAME, "/server_name", problems);
        check_range(self.max_clients.into(), 1..=MAX_CLIENTS, "/max_clients", problems);
        check_range(self.password.min_length.into(), 1..=128, "/password/min_length", problems);
        check_range(self.session_days.into(), 1..=3650, "/session_days", problems);
    }

    fn references(&self, _visit: &mut dyn FnMut(Kind, ObjectId, fmt::Arguments<'_>)) {}

    fn forget(&mut self, _is_gone: &dyn Fn(Kind, ObjectId) -> bool) {}

    fn searched(&self, visit: &mut dyn FnMut(&str)) {
        visit(&self.server_name);
    }

    fn sort_key(&self, _column: &str) -> String {
        String::new()
    }

    fn table(site: &Site) -> &Table<Settings> {
        &site.settings
    }

    fn table_mut(site: &mut Site) -> &mut Table<Settings> {
        &mut site.settings
    }
}
