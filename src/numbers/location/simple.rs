//! The simple dialect as it is set.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A dialling plan of prefixes, rules and two lengths.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct SimplePlan {
    /// What is dialled for calls to other countries.
    pub international_prefix: String,
    /// The calling code of the own country: 49; empty: that of the location's country.
    pub country_prefix: String,
    /// What is dialled for an outside line.
    pub external_prefix: String,
    /// What is put before numbers of incoming calls.
    pub incoming_add: String,
    /// What is taken away from the front of numbers of incoming calls.
    pub incoming_remove: String,
    /// Digits of the longest internal number.
    pub internal_length: u32,
    /// Digits at the end of a reported number by which its line is looked up; 0: all.
    pub reverse_length: u32,
    /// The rules, tried from the lowest priority to the highest; the first that fits is taken.
    pub rules: Vec<SimpleRule>,
}

impl Default for SimplePlan {
    fn default() -> SimplePlan {
        SimplePlan {
            international_prefix: "00".into(),
            country_prefix: String::new(),
            external_prefix: "0".into(),
            incoming_add: String::new(),
            incoming_remove: String::new(),
            internal_length: 4,
            reverse_length: 0,
            rules: standard_rules(),
        }
    }
}

impl SimplePlan {
    /// Whether the rules stand in the order in which they are tried.
    pub fn is_sorted(&self) -> bool {
        self.rules.is_sorted_by_key(|rule| rule.priority)
    }

    /// Brings them into that order. Those of one priority keep theirs.
    pub fn sort(&mut self) {
        self.rules.sort_by_key(|rule| rule.priority);
    }
}

/// What a plan begins with: a 0 in brackets after the own calling code is left out, codes for the PBX stay as they are, and +
/// becomes the international prefix.
fn standard_rules() -> Vec<SimpleRule> {
    let rules = [
        ("+[-CountryPrefix-](0", "[-ExternalPrefix-]0"),
        ("+[-CountryPrefix-]0", "[-ExternalPrefix-]0"),
        ("#", "#"),
        ("*", "*"),
        ("+", "[-InternationalPrefix-]"),
    ];
    let rule = |((pattern, value), priority): ((&str, &str), u32)| SimpleRule {
        priority,
        pattern: pattern.to_owned(),
        value: value.to_owned(),
    };
    rules.into_iter().zip((1..).map(|place| 10 * place)).map(rule).collect()
}

/// What the front of a number becomes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct SimpleRule {
    /// Its place among the rules.
    pub priority: u32,
    /// What a number begins with, or a regular expression in square brackets. `[-InternationalPrefix-]`,
    /// `[-CountryPrefix-]` and `[-ExternalPrefix-]` stand for what the plan has there.
    pub pattern: String,
    /// What that becomes; `$1` is what the expression's first bracket holds.
    pub value: String,
}
