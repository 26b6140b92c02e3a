//! How numbers are dialled on a line, as clients see it.

use std::fmt;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::call::preview::Destination;
use crate::numbers::AfterAnswer;
use crate::numbers::country::Place;

/// What a user can choose for calls from a line, by its location.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Dialling {
    /// The projects of the location.
    pub projects: Vec<ProjectChoice>,
    /// Digits of the PIN that a private call asks for; 0: any number of digits; null: it asks for none.
    pub private_pin: Option<u32>,
    /// Digits of the user's number that a private call asks for; 0: any number of digits; null: it asks for none.
    pub private_user: Option<u32>,
}

/// A project that a call can be made with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ProjectChoice {
    /// Names it in requests.
    pub name: String,
    /// Whether calls with it are private.
    pub private: bool,
    /// Digits of the PIN that it asks for; 0: any number of digits; null: it asks for none.
    pub pin: Option<u32>,
    /// Digits of the user's number that it asks for; 0: any number of digits; null: it asks for none.
    pub user: Option<u32>,
}

/// How a number would be dialled. No digit of a PIN is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Preview {
    /// What the PBX gets. `•` stands for each digit of a PIN.
    pub dialled: String,
    /// What `dialled` begins with for an outside line; empty: there is nothing, or rules have made something else of it.
    pub access_code: String,
    /// What follows when the call is answered. `•` stands for each digit of a PIN.
    pub then: Vec<AfterAnswer>,
    /// The number that is called: super-canonical where it can be.
    pub number: String,
    /// The same, as people read it.
    pub shown: String,
    /// Where it leads.
    pub destination: Destination,
    /// The name of the user whose line it leads to; null: it is none, or the name is not to be seen.
    pub owner: Option<String>,
    /// The town or region that an external number is of, where that is known.
    pub place: Option<Place>,
    /// Whether others do not see the number.
    pub private: bool,
}

/// A PIN that was entered for a call. It is in no text that is written for people.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(transparent)]
pub struct Pin(pub String);

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin")
    }
}
