//! Which lines are whose.
//!
//! A user's business numbers find the lines with these numbers; phones name a line by hand. A line has any number of users
//! and one owner.

use std::borrow::Cow;
use std::fmt;

use rustc_hash::FxHashMap;
use schemars::JsonSchema;
use serde::Serialize;
use ts_rs::TS;

use super::text::caseless;
use super::{AdditionalLine, Computer, ObjectId, Seat, Site, Stored, User};
use crate::rights::{LineRight, Place};

/// A line, wherever the configuration or the database has it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema, TS)]
pub struct LineKey {
    /// Name of its line group.
    pub group: String,
    /// Its number there.
    pub number: String,
}

impl fmt::Display for LineKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.group, self.number)
    }
}

/// Why a line is a user's. What stands first counts where several do, and makes the owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum BoundBy {
    /// It is the first phone.
    FirstPhone,
    /// It is the second phone.
    SecondPhone,
    /// It has the business number.
    Business,
    /// It has the second business number.
    Business2,
    /// It is one of the further phones.
    FurtherPhone,
    /// It stands beside the computer that the user is signed in at, as the first telephone.
    FirstBeside,
    /// The same as the second.
    SecondBeside,
    /// It is somebody else's, and shown.
    AdditionalLine,
}

impl BoundBy {
    /// Which of the user's lines it is.
    pub fn place(self) -> Place {
        match self {
            BoundBy::FirstPhone | BoundBy::Business | BoundBy::FirstBeside => Place::First,
            BoundBy::SecondPhone | BoundBy::Business2 | BoundBy::SecondBeside => Place::Second,
            BoundBy::FurtherPhone | BoundBy::AdditionalLine => Place::Additional,
        }
    }
}

/// A user of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, TS)]
pub struct LineUser {
    /// Who.
    pub user: ObjectId,
    /// Why.
    pub by: BoundBy,
    /// Which of the user's lines it is.
    pub place: Place,
    /// What an additional line allows, beside its status.
    #[serde(skip)]
    pub shown: Shown,
}

impl LineUser {
    /// Whether it is the user's own line, to use in every way.
    pub fn is_own(&self) -> bool {
        self.by != BoundBy::AdditionalLine
    }

    /// Whether the user may do that with the line without asking anybody.
    pub fn may(&self, right: LineRight) -> bool {
        self.is_own()
            || match right {
                LineRight::SeeStatus | LineRight::SeeDiversions => true,
                LineRight::SeeOutgoing => self.shown.see_outgoing,
                LineRight::SeeIncoming => self.shown.see_incoming,
                LineRight::SeeDiversionNumber | LineRight::SetDiversions | LineRight::PickUp => self.shown.pick_up,
            }
    }
}

/// What an additional line allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shown {
    /// See who is called there.
    pub see_outgoing: bool,
    /// See who calls there.
    pub see_incoming: bool,
    /// Take calls that ring there, and set its forwarding.
    pub pick_up: bool,
}

/// Why a name leads to no line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum Unbound {
    /// No line is called so.
    NotFound,
    /// Lines of several line groups have this number: `GROUP/NUMBER` says which.
    Ambiguous,
}

impl Unbound {
    /// The sentence in English.
    pub fn english(self) -> &'static str {
        match self {
            Unbound::NotFound => "There is no such line.",
            Unbound::Ambiguous => "Lines of several line groups have this number. Write GROUP/NUMBER.",
        }
    }

    /// The sentence in German.
    pub fn german(self) -> &'static str {
        match self {
            Unbound::NotFound => "Diese Leitung gibt es nicht.",
            Unbound::Ambiguous => {
                "Leitungen mehrerer Leitungsgruppen haben diese Nummer. Bitte GRUPPE/NUMMER schreiben."
            }
        }
    }
}

/// A name of an object that leads to no line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema, TS)]
pub struct Loose {
    /// The user or computer.
    pub id: ObjectId,
    /// JSON pointer to the field.
    pub pointer: String,
    /// What stands there.
    pub line: String,
    /// Why it leads to no line.
    pub why: Unbound,
}

/// How numbers are compared: two are the same where this makes them so.
pub type Normalise<'a> = &'a dyn for<'n> Fn(&'n str) -> Cow<'n, str>;

/// Which lines are whose. Only active users and computers count.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bindings {
    users: FxHashMap<LineKey, Vec<LineUser>>,
    lines: FxHashMap<ObjectId, Vec<(LineKey, LineUser)>>,
    /// The telephones beside each computer.
    computers: FxHashMap<ObjectId, Vec<(LineKey, BoundBy)>>,
    /// Names that lead to no line.
    pub loose: Vec<Loose>,
}

impl Bindings {
    /// Finds the lines of all users and computers. `lines` in the order of the configuration.
    pub fn new(site: &Site, lines: &[LineKey], normalise: Normalise<'_>) -> Bindings {
        let known = Known::new(lines, normalise);
        let everywhere = site.settings().bind_lines;
        let mut bindings = Bindings::default();
        for computer in site.iter::<Computer>().filter(|computer| computer.object.active) {
            bindings.place(computer, &known);
        }
        let mut beside: FxHashMap<ObjectId, Vec<ObjectId>> = FxHashMap::default();
        for Seat { user, computer } in site.seats() {
            beside.entry(*user).or_default().push(*computer);
        }
        let mut users: Vec<&Stored<User>> =
            site.iter::<User>().filter(|user| user.object.active).map(|user| &**user).collect();
        // Who comes first must not depend on chance: those of the configuration file, then by name.
        users.sort_by_cached_key(|user| (!user.from_file, caseless(&user.object.login), user.id));
        for user in users {
            let at = beside.get(&user.id).map(Vec::as_slice).unwrap_or_default();
            bindings.bind(user, &known, everywhere, normalise, at);
        }
        for users in bindings.users.values_mut() {
            // Stable: of several that are bound the same way, the first user stays first.
            users.sort_by_key(|user| user.by);
        }
        bindings.loose.sort_by(|a, b| (a.id, &a.pointer).cmp(&(b.id, &b.pointer)));
        bindings
    }

    /// The users of a line, the owner first where there is one.
    pub fn users(&self, line: &LineKey) -> &[LineUser] {
        self.users.get(line).map(Vec::as_slice).unwrap_or_default()
    }

    /// The lines of a user: first, second, additional ones.
    pub fn lines(&self, user: ObjectId) -> &[(LineKey, LineUser)] {
        self.lines.get(&user).map(Vec::as_slice).unwrap_or_default()
    }

    /// How a line is a user's.
    pub fn of(&self, user: ObjectId, line: &LineKey) -> Option<LineUser> {
        self.lines(user).iter().find(|(key, _)| key == line).map(|(_, of)| *of)
    }

    /// Whose line it is: a line has one owner at most.
    pub fn owner(&self, line: &LineKey) -> Option<ObjectId> {
        self.users(line).first().filter(|user| user.is_own()).map(|user| user.user)
    }

    /// Finds the lines of the telephones beside a computer.
    fn place(&mut self, computer: &Stored<Computer>, known: &Known<'_>) {
        let Computer { first_phone, second_phone, only_authorized_dial, .. } = &computer.object;
        let mut found = Vec::new();
        let phones = [
            ("/first_phone", first_phone, BoundBy::FirstBeside),
            ("/second_phone", second_phone, BoundBy::SecondBeside),
        ];
        for (pointer, phone, by) in phones {
            match known.line(phone) {
                // Who may only look sees everything of its calls, as of an additional line.
                Ok(line) if *only_authorized_dial => found.push((line.clone(), BoundBy::AdditionalLine)),
                Ok(line) => found.push((line.clone(), by)),
                Err(None) => {}
                Err(Some(why)) => self.loosen(computer.id, pointer.to_owned(), phone, why),
            }
        }
        self.computers.insert(computer.id, found);
    }

    /// Finds the lines of a user who is signed in at some computers.
    fn bind(
        &mut self,
        user: &Stored<User>,
        known: &Known<'_>,
        everywhere: bool,
        normalise: Normalise<'_>,
        at: &[ObjectId],
    ) {
        let seen = Shown { see_outgoing: true, see_incoming: true, pick_up: false };
        let beside = at.iter().filter_map(|computer| self.computers.get(computer)).flatten().cloned();
        let beside: Vec<(LineKey, BoundBy)> = beside.collect();
        let User { first_phone, second_phone, further_phones, phones, additional_lines, .. } = &user.object;
        let mut found: Vec<(&LineKey, BoundBy, Shown)> = Vec::new();
        let mut by_hand = |pointer: fmt::Arguments<'_>, name: &str, by, shown| match known.line(name) {
            Ok(line) => found.push((line, by, shown)),
            Err(None) => {}
            Err(Some(why)) => self.loosen(user.id, pointer.to_string(), name, why),
        };
        by_hand(format_args!("/first_phone"), first_phone, BoundBy::FirstPhone, Shown::default());
        by_hand(format_args!("/second_phone"), second_phone, BoundBy::SecondPhone, Shown::default());
        for (at, phone) in further_phones.iter().enumerate() {
            by_hand(format_args!("/further_phones/{at}"), phone, BoundBy::FurtherPhone, Shown::default());
        }
        for (at, AdditionalLine { line, see_outgoing, see_incoming, pick_up }) in additional_lines.iter().enumerate() {
            let shown = Shown { see_outgoing: *see_outgoing, see_incoming: *see_incoming, pick_up: *pick_up };
            by_hand(format_args!("/additional_lines/{at}/line"), line, BoundBy::AdditionalLine, shown);
        }
        let [business, business2] = user.object.binds(everywhere);
        for (binds, number, by) in
            [(business, &phones.business, BoundBy::Business), (business2, &phones.business2, BoundBy::Business2)]
        {
            if binds && !number.is_empty() {
                found.extend(known.lines_with(number, normalise).map(|line| (line, by, Shown::default())));
            }
        }
        found.extend(beside.iter().map(|(line, by)| (line, *by, seen)));
        // What an administrator has written for the user comes before where the user is signed in.
        found.sort_by_key(|(_, by, _)| *by);
        let mut lines: Vec<(LineKey, LineUser)> = Vec::with_capacity(found.len());
        for (line, by, shown) in found {
            // A line is a user's in one way: the first counts.
            if lines.iter().all(|(key, _)| key != line) {
                let of = LineUser { user: user.id, by, place: by.place(), shown };
                lines.push((line.clone(), of));
                self.users.entry(line.clone()).or_default().push(of);
            }
        }
        if !lines.is_empty() {
            lines.sort_by_key(|(_, of)| of.place);
            self.lines.insert(user.id, lines);
        }
    }

    fn loosen(&mut self, id: ObjectId, pointer: String, line: &str, why: Unbound) {
        self.loose.push(Loose { id, pointer, line: line.to_owned(), why });
    }
}

/// The lines that there are, by name and by number.
struct Known<'l> {
    lines: &'l [LineKey],
    /// As they are written.
    numbers: FxHashMap<&'l str, Vec<usize>>,
    /// As numbers are compared.
    normalised: FxHashMap<Box<str>, Vec<usize>>,
}

impl<'l> Known<'l> {
    fn new(lines: &'l [LineKey], normalise: Normalise<'_>) -> Known<'l> {
        let mut known = Known { lines, numbers: FxHashMap::default(), normalised: FxHashMap::default() };
        for (at, line) in lines.iter().enumerate() {
            known.numbers.entry(line.number.as_str()).or_default().push(at);
            let normalised = normalise(&line.number);
            if !normalised.is_empty() {
                known.normalised.entry((&*normalised).into()).or_default().push(at);
            }
        }
        known
    }

    /// The line that a name stands for. Such names are taken as they are: no rule changes them.
    fn line(&self, name: &str) -> Result<&'l LineKey, Option<Unbound>> {
        if name.is_empty() {
            return Err(None);
        }
        if let Some(places) = self.numbers.get(name) {
            return match places.as_slice() {
                [one] => self.lines.get(*one).ok_or(Some(Unbound::NotFound)),
                _ => Err(Some(Unbound::Ambiguous)),
            };
        }
        // Names of line groups may have a slash, numbers have none.
        let (group, number) = name.rsplit_once('/').ok_or(Some(Unbound::NotFound))?;
        let mut places = self.numbers.get(number).into_iter().flatten();
        let line = places.find_map(|at| self.lines.get(*at).filter(|line| line.group == group));
        line.ok_or(Some(Unbound::NotFound))
    }

    /// The lines with a number.
    fn lines_with(&self, number: &str, normalise: Normalise<'_>) -> impl Iterator<Item = &'l LineKey> {
        let places = self.normalised.get(&*normalise(number)).cloned().unwrap_or_default();
        let lines = self.lines;
        places.into_iter().filter_map(move |at| lines.get(at))
    }
}
