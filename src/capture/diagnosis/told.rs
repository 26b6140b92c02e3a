//! What may be told of the numbers that were called: nothing of what was entered for a code, and in a private call nothing
//! at all. SIP messages have what was dialled; what became of numbers says how it may be told.

use offhook_sip::header::Name;
use offhook_sip::method::Method;

use super::reading::Said;
use crate::capture::trace::{Trace, TraceWhat};
use crate::numbers::NumberKind;

/// What stands for a number of a private call, in English and German. As it is in brackets, it fits any sentence.
pub(super) const PRIVATE: (&str, &str) = ("(private number)", "(private Nummer)");
/// What stands for each character of what was entered for a code.
const HIDDEN: char = '*';
/// Numbers of one call that are compared with.
const MOST_NUMBERS: usize = 100;

/// A number that was called, as it may be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Told {
    /// So.
    Number(String),
    /// Not at all.
    Private,
}

impl Told {
    /// Whether it is told as it is.
    pub(super) fn is(&self, number: &str) -> bool {
        matches!(self, Told::Number(told) if told == number)
    }

    /// In English and German.
    pub(super) fn words(&self) -> (&str, &str) {
        match self {
            Told::Number(number) => (number, number),
            Told::Private => PRIVATE,
        }
    }
}

/// What the call's numbers became that were dialled.
#[derive(Debug, Default)]
pub(super) struct Dialled<'a> {
    numbers: Vec<&'a str>,
    has_private: bool,
}

impl<'a> Dialled<'a> {
    pub(super) fn of(trace: &'a Trace) -> Dialled<'a> {
        let mut dialled = Dialled::default();
        for event in &trace.events {
            match &event.what {
                TraceWhat::Number {
                    meant: NumberKind::Typed | NumberKind::Forwarding, result, refused: None, ..
                } => {
                    match result.as_deref() {
                        // Of a private call nothing is told.
                        None => dialled.has_private = true,
                        Some(number) if dialled.numbers.contains(&number) => {}
                        Some(number) if dialled.numbers.len() < MOST_NUMBERS => dialled.numbers.push(number),
                        Some(_) => {}
                    }
                }
                _ => {}
            }
        }
        dialled
    }

    /// The number that a request is for, as it may be told; none where it has none.
    pub(super) fn told(&self, asked: &Said<'_>) -> Option<Told> {
        let of_to = || asked.address(Name::To).map(|address| address.0).filter(|user| !user.is_empty());
        let called = asked.dialled().or_else(of_to)?;
        if !asked.ours || asked.message.method() == Some(Method::Register) {
            return Some(Told::Number(called));
        }
        Some(match self.numbers.iter().find(|number| is_told_as(&called, number)) {
            Some(number) => Told::Number((*number).to_owned()),
            None if self.has_private => Told::Private,
            None => Told::Number(called),
        })
    }
}

/// Whether a number is told so: the same but for what is hidden.
fn is_told_as(dialled: &str, told: &str) -> bool {
    let beside = dialled.chars().count() == told.chars().count();
    beside && dialled.chars().zip(told.chars()).all(|(is, told)| is == told || told == HIDDEN)
}
