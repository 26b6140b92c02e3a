//! What is wrong with a setting, whoever set it: the file, or an administrator.

use std::ops::RangeInclusive;

/// What is wrong with a setting, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// JSON pointer (RFC 6901) into what was checked.
    pub pointer: String,
    /// What is wrong there.
    pub wrong: Wrong,
}

/// What is wrong with a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// Nothing stands there.
    Missing,
    /// A number outside of its limits, and what it counts.
    OutOfRange(u32, u32, &'static str),
    /// A number that does not go by steps of this size, and what it counts.
    NoStep(u32, &'static str),
    /// A word that is not among those possible.
    NotAChoice(String, Vec<&'static str>),
    /// Settings of another kind of line group.
    OtherKind,
    /// What stands beside it says the same thing in another way.
    Either(&'static str),
    /// These cannot be switched off.
    AlwaysThere(Vec<&'static str>),
    /// Text that cannot be dialled.
    NotDialable(String),
    /// This must stand in it.
    Lacks(&'static str),
    /// The same once more.
    Repeated(String),
    /// No regular expression, and why.
    NoPattern(String),
    /// No address and no network.
    NoNetwork(String),
    /// No certificate in PEM, and why.
    NoCertificate(String),
    /// More than there can be.
    TooMany(usize),
    /// Another sentence.
    Other(String),
}

impl Mistake {
    /// Something is wrong there.
    pub(super) fn new(pointer: impl Into<String>, wrong: Wrong) -> Mistake {
        Mistake { pointer: pointer.into(), wrong }
    }

    /// The name of the setting.
    fn field(&self) -> &str {
        let is_name = |part: &&str| !part.is_empty() && !part.bytes().all(|byte| byte.is_ascii_digit());
        self.pointer.rsplit('/').find(is_name).unwrap_or_default()
    }

    /// One sentence in English.
    pub fn sentence(&self) -> String {
        let field = self.field();
        match &self.wrong {
            Wrong::Missing => format!("{field} is needed."),
            Wrong::OutOfRange(least, most, unit) => format!("{field} must lie between {least} and {most} {unit}."),
            Wrong::NoStep(step, unit) => format!("{field} must be a multiple of {step} {unit}."),
            Wrong::NotAChoice(word, choices) if word.is_empty() => {
                format!("at least one of {field} is needed; choose of {}.", choices.join(", "))
            }
            Wrong::NotAChoice(word, choices) => {
                format!("{word:?} is not known for {field}; choose of {}.", choices.join(", "))
            }
            Wrong::OtherKind => format!("{field} does not go with this kind of line group; leave it out."),
            Wrong::Either(other) => format!("say either {other} or {field}, not both."),
            Wrong::AlwaysThere(these) => format!("these are always there: {}.", these.join(", ")),
            Wrong::NotDialable(text) => format!("{text:?} cannot be dialled."),
            Wrong::Lacks(part) => format!("a {field} needs {part} in it, like \"*59{part}\"."),
            Wrong::Repeated(text) => format!("{text:?} stands twice in {field}."),
            Wrong::NoPattern(sentence) | Wrong::NoCertificate(sentence) | Wrong::Other(sentence) => sentence.clone(),
            Wrong::NoNetwork(text) => format!("{text:?} is no address or network like 192.0.2.0/24."),
            Wrong::TooMany(most) => format!("there can be {most} {field} at most."),
        }
    }
}

/// Mistakes as they are found.
#[derive(Debug, Default)]
pub(super) struct Mistakes(pub(super) Vec<Mistake>);

impl Mistakes {
    pub(super) fn add(&mut self, pointer: impl Into<String>, wrong: Wrong) {
        self.0.push(Mistake::new(pointer, wrong));
    }

    pub(super) fn within(
        &mut self,
        pointer: impl Into<String>,
        value: u32,
        unit: &'static str,
        range: RangeInclusive<u32>,
    ) {
        if !range.contains(&value) {
            self.add(pointer, Wrong::OutOfRange(*range.start(), *range.end(), unit));
        }
    }

    /// Every word must be one of those known, whatever its case.
    pub(super) fn known(&mut self, pointer: &str, words: &[String], known: &[&'static str]) {
        for (at, word) in words.iter().enumerate() {
            if !known.iter().any(|name| name.eq_ignore_ascii_case(word)) {
                self.add(format!("{pointer}/{at}"), Wrong::NotAChoice(word.clone(), known.to_vec()));
            }
        }
    }
}
