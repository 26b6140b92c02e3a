//! A profile: settings for the clients of the users that have it.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use super::Site;
use super::object::{Kind, Object, ObjectId, Table};
use super::problem::{Problem, ProblemCode, Problems, escaped};
use super::text::{check_description, check_name, fold, trim};

/// Settings for the clients of the users that have it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "ProfileObject", extend(
    "required" = ["name"],
    "examples" = [{ "name": "Reception", "settings": { "theme": { "value": "dark", "locked": true } } }]
))]
#[ts(rename = "ProfileObject")]
pub struct Profile {
    /// Its name. Unique whatever its case.
    #[schemars(length(min = 1))]
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What is preset. A setting that is not there is the user's own affair.
    pub settings: BTreeMap<String, Preset>,
}

/// A setting of a profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// The value.
    #[ts(type = "boolean | number | string")]
    pub value: Value,
    /// Whether users cannot change it.
    #[serde(default)]
    pub locked: bool,
}

/// What values a setting has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// On or off.
    Switch,
    /// A whole number.
    Number {
        /// The least.
        least: i64,
        /// The most.
        most: i64,
    },
    /// One of several words.
    Choice(&'static [&'static str]),
    /// Text of so many characters at most.
    Text(usize),
}

/// A setting that clients know.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// Its key.
    pub key: &'static str,
    /// What values it has.
    pub values: Values,
    /// What it is, in English.
    pub english: &'static str,
    /// What it is, in German.
    pub german: &'static str,
}

/// Every setting that clients know.
pub const KNOWN: &[Known] = &[
    Known { key: "language", values: Values::Choice(&["en", "de"]), english: "Language", german: "Sprache" },
    Known {
        key: "theme",
        values: Values::Choice(&["auto", "light", "dark"]),
        english: "Appearance",
        german: "Erscheinungsbild",
    },
    Known { key: "ringtone", values: Values::Choice(&["chime", "silent"]), english: "Ringtone", german: "Klingelton" },
    Known {
        key: "ring_volume",
        values: Values::Number { least: 0, most: 100 },
        english: "Volume of ringing, in percent",
        german: "Lautstärke des Klingelns in Prozent",
    },
    Known {
        key: "auto_answer",
        values: Values::Switch,
        english: "Answer calls automatically",
        german: "Anrufe automatisch annehmen",
    },
    Known {
        key: "auto_answer_after",
        values: Values::Number { least: 0, most: 60 },
        english: "Seconds until calls are answered automatically",
        german: "Sekunden, bis Anrufe automatisch angenommen werden",
    },
    Known {
        key: "call_window",
        values: Values::Choice(&["always", "incoming", "never"]),
        english: "When a window opens for a call",
        german: "Wann sich zu einem Anruf ein Fenster öffnet",
    },
    Known { key: "notifications", values: Values::Switch, english: "Notifications", german: "Benachrichtigungen" },
    Known {
        key: "letter_shortcuts",
        values: Values::Switch,
        english: "Single letters as shortcuts",
        german: "Einzelne Buchstaben als Tastenkürzel",
    },
    Known {
        key: "hotkey",
        values: Values::Text(40),
        english: "Key that dials the selected number",
        german: "Taste, die die markierte Nummer wählt",
    },
];

impl Values {
    /// What is wrong with a value.
    fn check(self, value: &Value) -> Result<(), Problem> {
        let wrong = |expected: &str| Err(Problem::whole(ProblemCode::WrongType).value(expected));
        match self {
            Values::Switch if value.is_boolean() => Ok(()),
            Values::Switch => wrong("true or false"),
            Values::Number { least, most } => match value.as_i64() {
                Some(number) if (least..=most).contains(&number) => Ok(()),
                Some(_) => Err(Problem::whole(ProblemCode::OutOfRange).value(least).value(most)),
                None => wrong("a whole number"),
            },
            Values::Choice(words) => match value.as_str() {
                Some(word) if words.contains(&word) => Ok(()),
                _ => Err(Problem::whole(ProblemCode::NotAChoice).value(words.join(", "))),
            },
            Values::Text(most) => match value.as_str() {
                Some(text) if text.chars().any(char::is_control) => Err(Problem::whole(ProblemCode::ControlCharacter)),
                Some(text) if text.chars().count() <= most => Ok(()),
                Some(_) => Err(Problem::whole(ProblemCode::TooLong).value(most)),
                None => wrong("text"),
            },
        }
    }
}

impl Profile {
    /// Name of the profile of all users that have none of their own.
    pub const DEFAULT: &'static str = "Default";
}

impl Site {
    /// The profile of a user: the user's own, or the default one.
    pub fn profile_of(&self, user: ObjectId) -> Option<&super::object::Stored<Profile>> {
        let own = self.users.get(user).and_then(|user| user.object.profile);
        let found = own.and_then(|own| self.profiles.get(own)).or_else(|| self.profiles.get(ObjectId::DEFAULT_PROFILE));
        found.map(|profile| &**profile)
    }

    /// What is preset for the clients of a user, and what of it is locked.
    pub fn settings_for(&self, user: ObjectId) -> BTreeMap<String, Preset> {
        self.profile_of(user).map(|profile| profile.object.settings.clone()).unwrap_or_default()
    }
}

impl Object for Profile {
    const KIND: Kind = Kind::Profile;

    const COLUMNS: &'static [&'static str] = &["name", "description"];

    fn name(&self) -> &str {
        &self.name
    }

    fn tidy(&mut self) {
        trim(&mut self.name);
        trim(&mut self.description);
    }

    fn check(&self, id: ObjectId, problems: &mut Problems) {
        check_name(&self.name, "/name", problems);
        if id == ObjectId::DEFAULT_PROFILE && self.name != Profile::DEFAULT {
            problems.add("/name", ProblemCode::NameIsFixed);
        }
        check_description(&self.description, "/description", problems);
        for (key, preset) in &self.settings {
            let pointer = format!("/settings/{}", escaped(key));
            match KNOWN.iter().find(|known| known.key == key) {
                None => problems.add(pointer, ProblemCode::UnknownSetting),
                Some(known) => {
                    if let Err(problem) = known.values.check(&preset.value) {
                        problems.push(Problem { pointer: format!("{pointer}/value"), ..problem });
                    }
                }
            }
        }
    }

    fn references(&self, _visit: &mut dyn FnMut(Kind, ObjectId, fmt::Arguments<'_>)) {}

    fn forget(&mut self, _is_gone: &dyn Fn(Kind, ObjectId) -> bool) {}

    fn searched(&self, visit: &mut dyn FnMut(&str)) {
        visit(&self.name);
        visit(&self.description);
    }

    fn sort_key(&self, column: &str) -> String {
        match column {
            "description" => fold(&self.description),
            _ => fold(&self.name),
        }
    }

    fn table(site: &Site) -> &Table<Profile> {
        &site.profiles
    }

    fn table_mut(site: &mut Site) -> &mut Table<Profile> {
        &mut site.profiles
    }
}
