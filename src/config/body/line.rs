//! A line.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::call_control::check_number;
use crate::config::mistake::{Mistake, Mistakes, Wrong};
use crate::config::names::{self, PLACE};
use crate::config::{Line, Redirection, Secret};

/// Places in a line's list of redirections.
const MAX_REDIRECTIONS: usize = 20;

/// A line as it is set, without its password.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LineBody {
    /// User part of its address of record.
    pub user_name: String,
    /// User name for digest authentication; empty: the user name.
    pub auth_name: String,
    /// Its number; empty: the user name.
    pub number: String,
    /// Whether it is in use.
    pub active: bool,
    /// Whether it is the one that registers a trunk, or sends the OPTIONS of a fixed one.
    pub pilot: bool,
    /// Where calls go one after the other when nobody takes them.
    pub redirections: Vec<LineRedirection>,
}

/// A place in a line's list of redirections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct LineRedirection {
    /// The number that the call goes to.
    pub to: String,
    /// How long it rings there before the next has its turn: 1 to 600 seconds.
    pub seconds: u32,
}

impl LineBody {
    /// Everything that is wrong with it, with pointers into the line.
    pub fn mistakes(&self) -> Vec<Mistake> {
        let mut mistakes = Mistakes::default();
        if self.user_name.is_empty() {
            mistakes.add("/user_name", Wrong::Missing);
        }
        for (at, LineRedirection { to, seconds }) in self.redirections.iter().enumerate() {
            check_number(&format!("/redirections/{at}/to"), to, &mut mistakes);
            mistakes.within(format!("/redirections/{at}/seconds"), *seconds, "seconds", 1..=600);
        }
        if self.redirections.len() > MAX_REDIRECTIONS {
            mistakes.add("/redirections", Wrong::TooMany(MAX_REDIRECTIONS));
        }
        mistakes.0
    }

    /// Those that share what is set but for their user names: `<*>` stands for these.
    pub fn expand(&self) -> Result<Vec<LineBody>, Mistake> {
        let names =
            names::expand(&self.user_name).map_err(|sentence| Mistake::new("/user_name", Wrong::Other(sentence)))?;
        if names.len() > 1 && !self.number.is_empty() && !self.number.contains(PLACE) {
            let sentence = format!("several lines need {PLACE} in their number, for the user name.");
            return Err(Mistake::new("/number", Wrong::Other(sentence)));
        }
        let line = |user_name: String| {
            let in_place = |text: &str| text.replace(PLACE, &user_name);
            let redirection = |place: &LineRedirection| LineRedirection { to: in_place(&place.to), ..place.clone() };
            LineBody {
                auth_name: in_place(&self.auth_name),
                number: in_place(&self.number),
                redirections: self.redirections.iter().map(redirection).collect(),
                user_name,
                ..*self
            }
        };
        Ok(names.into_iter().map(line).collect())
    }

    /// The line with its password. It has been checked.
    pub fn line(self, password: Secret) -> Line {
        let or_user = |text: String| if text.is_empty() { self.user_name.clone() } else { text };
        let redirection =
            |place: LineRedirection| Redirection { to: place.to, rings: Duration::from_secs(place.seconds.into()) };
        Line {
            auth_name: or_user(self.auth_name),
            number: or_user(self.number),
            password,
            active: self.active,
            pilot: self.pilot,
            redirections: self.redirections.into_iter().map(redirection).collect(),
            removed: false,
            user_name: self.user_name,
        }
    }
}
