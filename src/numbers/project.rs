//! Codes that are dialled around a number: projects, private calls, calling cards.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::location::{Project, ProjectUse};

/// What a person has entered for the places of a code.
#[derive(Clone, Copy, Default)]
pub struct Entries<'a> {
    /// For `e` and `E`.
    pub pin: &'a str,
    /// For `u` and `U`.
    pub user: &'a str,
}

impl std::fmt::Debug for Entries<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entries").finish_non_exhaustive()
    }
}

/// What is done when a call is answered, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum AfterAnswer {
    /// Milliseconds without anything.
    Pause(u32),
    /// Digits as DTMF.
    Digits(String),
}

/// What is missing for a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// A PIN with as many digits; 0: with any number of digits.
    Pin(u32),
    /// A user's number with as many digits; 0: with any number of digits.
    User(u32),
}

/// What has to be entered for codes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Places {
    /// Digits of the PIN; 0: with any number of digits.
    pub pin: Option<u32>,
    /// Digits of the user's number; 0: with any number of digits.
    pub user: Option<u32>,
}

impl Places {
    /// Those of a code.
    pub(super) fn of(code: &str) -> Places {
        let digits = |(digit, all): (char, char)| match code.matches(digit).count() {
            0 => code.contains(all).then_some(0),
            digits => Some(digits as u32),
        };
        Places { pin: digits(PIN), user: digits(USER) }
    }

    /// These, and others where there are none.
    pub(super) fn or(self, others: Places) -> Places {
        Places { pin: self.pin.or(others.pin), user: self.user.or(others.user) }
    }
}

/// A code's places for a PIN: for a digit, and for all.
const PIN: (char, char) = ('e', 'E');
/// A code's places for a user's number: for a digit, and for all.
const USER: (char, char) = ('u', 'U');

/// What a code becomes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sequence {
    /// What is dialled.
    pub(super) number: String,
    /// What follows when it is answered.
    pub(super) then: Vec<AfterAnswer>,
    waits: bool,
}

impl Sequence {
    /// Adds digits: dialled, or sent as DTMF once something has been waited for.
    pub(super) fn digits(&mut self, digits: &str) {
        if !self.waits {
            self.number += digits;
        } else if let Some(AfterAnswer::Digits(last)) = self.then.last_mut() {
            *last += digits;
        } else {
            self.then.push(AfterAnswer::Digits(digits.to_owned()));
        }
    }

    /// From here on, everything is sent when the call is answered.
    pub(super) fn wait(&mut self) {
        self.waits = true;
    }

    fn pause(&mut self, pause: Duration) {
        let pause = pause.as_millis() as u32;
        self.wait();
        match self.then.last_mut() {
            Some(AfterAnswer::Pause(last)) => *last = last.saturating_add(pause),
            _ => self.then.push(AfterAnswer::Pause(pause)),
        }
    }
}

/// Whether a project's code is dialled.
pub(super) fn is_dialled(project: &Project) -> bool {
    project.used_for != ProjectUse::Journal && !project.code.is_empty()
}

/// Whether a code lets the number have its access code.
pub(super) fn wants_access_code(code: &str) -> bool {
    code.contains('X')
}

/// Whether a number is dialled within a project's code, without an access code of its own.
pub(super) fn is_within_code(project: Option<&Project>) -> bool {
    project.is_some_and(|project| is_dialled(project) && !wants_access_code(&project.code))
}

/// Whether a code dials anything before it waits or pauses.
pub(super) fn dials(code: &str) -> bool {
    let first = code.chars().find(|c| !matches!(c, 'J' | 'X'));
    !matches!(first, Some('C' | 'p' | 'P'))
}

/// Whether a code lets user and PIN be noted.
pub(super) fn notes_entries(code: &str) -> bool {
    code.contains('J')
}

/// A number in its code.
pub(super) fn fill(code: &str, number: &str, entries: Entries<'_>) -> Result<Sequence, Missing> {
    let pin = entered(code, PIN, entries.pin, Missing::Pin)?;
    let user = entered(code, USER, entries.user, Missing::User)?;
    let (mut pin, mut user) = (pin.chars(), user.chars());
    let mut sequence = Sequence::default();
    let mut text = [0; 4];
    for c in code.chars() {
        match c {
            'C' => sequence.wait(),
            'p' => sequence.pause(Duration::from_millis(500)),
            'P' => sequence.pause(Duration::from_secs(1)),
            'e' => pin.next().iter().for_each(|c| sequence.digits(c.encode_utf8(&mut text))),
            'u' => user.next().iter().for_each(|c| sequence.digits(c.encode_utf8(&mut text))),
            'E' => sequence.digits(pin.as_str()),
            'U' => sequence.digits(user.as_str()),
            'N' => sequence.digits(number),
            'J' | 'X' => {}
            _ => sequence.digits(c.encode_utf8(&mut text)),
        }
    }
    if !code.contains('N') {
        sequence.digits(number);
    }
    Ok(sequence)
}

/// What was entered, if it is what the code asks for.
fn entered<'a>(
    code: &str,
    (digit, all): (char, char),
    entry: &'a str,
    missing: fn(u32) -> Missing,
) -> Result<&'a str, Missing> {
    let digits = code.matches(digit).count();
    let is_dialable = entry.chars().all(|c| c.is_ascii_digit() || matches!(c, '*' | '#'));
    let fits = match digits {
        0 => !code.contains(all) || !entry.is_empty(),
        _ => entry.len() == digits,
    };
    if fits && is_dialable { Ok(entry) } else { Err(missing(digits as u32)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(code: &str, number: &str, pin: &str, user: &str) -> Result<(String, Vec<AfterAnswer>), Missing> {
        fill(code, number, Entries { pin, user }).map(|sequence| (sequence.number, sequence.then))
    }

    #[test]
    fn the_manuals_examples() {
        let dialled = |code, number, pin| filled(code, number, pin, "").unwrap();
        assert_eq!(dialled("80", "03012345678", ""), ("8003012345678".into(), vec![]));
        assert_eq!(dialled("*604444#X", "003012345678", ""), ("*604444#003012345678".into(), vec![]));
        assert_eq!(dialled("*60eeee#X", "42", "1234"), ("*601234#42".into(), vec![]));
        assert_eq!(dialled("5eeee", "03012345678", "1234"), ("5123403012345678".into(), vec![]));
        let card = filled("0080012345678CP#eeeeeeee#uuuu#N#", "03012345678", "12345678", "4321").unwrap();
        assert_eq!(
            card,
            (
                "0080012345678".into(),
                vec![AfterAnswer::Pause(1000), AfterAnswer::Digits("#12345678#4321#03012345678#".into())]
            )
        );
    }

    #[test]
    fn places_without_a_length_take_everything() {
        assert_eq!(filled("*1E#U*N", "42", "12", "3456").unwrap().0, "*112#3456*42");
        assert_eq!(
            filled("pp1pP", "2", "", "").unwrap(),
            (
                "".into(),
                vec![
                    AfterAnswer::Pause(1000),
                    AfterAnswer::Digits("1".into()),
                    AfterAnswer::Pause(1500),
                    AfterAnswer::Digits("2".into())
                ]
            )
        );
        assert_eq!(filled("C1J", "2", "", "").unwrap(), ("".into(), vec![AfterAnswer::Digits("12".into())]));
    }

    #[test]
    fn what_is_missing_is_told() {
        assert_eq!(filled("eeee", "1", "123", ""), Err(Missing::Pin(4)));
        assert_eq!(filled("eeee", "1", "12345", ""), Err(Missing::Pin(4)));
        assert_eq!(filled("E", "1", "", ""), Err(Missing::Pin(0)));
        assert_eq!(filled("uu", "1", "", "1a"), Err(Missing::User(2)));
        assert_eq!(filled("U", "1", "", ""), Err(Missing::User(0)));
    }

    #[test]
    fn the_pin_is_not_shown() {
        assert!(!format!("{:?}", Entries { pin: "1234", user: "7" }).contains("1234"));
    }
}
