//! Numbers: what is dialled, and where it leads. Pure.

mod canonical;
pub mod country;
mod dialled;
mod emergency;
pub mod exchange;
mod explain;
mod extension;
mod hidden;
mod kind;
mod lcr;
pub mod location;
mod name;
mod network;
pub mod past;
mod plan;
mod preview;
mod problem;
mod project;
mod reported;
pub mod route;
mod rule;
mod simple;
mod split;
mod step;
mod vanity;
mod what_if;

pub use self::canonical::keys;
pub use self::dialled::{Circumstances, DialledNumber, NotDialled, NotedProject};
pub use self::emergency::ClientAddress;
pub use self::explain::{Explained, MOST_EXPLAINED};
pub use self::kind::NumberKind;
pub use self::lcr::{Day, Moment};
pub use self::location::Location;
pub use self::name::name_in;
pub use self::network::{GeneratedRule, NetworkExtensions, Overlap, overlaps};
pub use self::plan::{DialPlan, Numbers};
pub use self::preview::Preview;
pub use self::problem::{NumbersProblem, NumbersProblemCode};
pub use self::project::{AfterAnswer, Entries, Missing, Places};
pub use self::reported::{Reach, ReportedAs, ReportedNumber};
pub use self::step::{Note, NoteCode, SkippedRule, Step, StepName};
pub use self::what_if::{ChangedNumber, NumberResult, WhatIf, what_if};

/// Digits of a super-canonical number: more than ITU-T E.164 allows, as extensions of a trunk can be long.
const MAX_CANONICAL: usize = 30;

/// Whether a number is super-canonical: + and digits, the first of which begins a calling code.
pub fn is_canonical(number: &str) -> bool {
    let Some(digits) = number.strip_prefix('+') else { return false };
    (1..=MAX_CANONICAL).contains(&digits.len())
        && !digits.starts_with('0')
        && digits.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod examples;
#[cfg(test)]
mod sentences;
#[cfg(test)]
mod tests;
