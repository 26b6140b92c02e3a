//! What the columns of each list mean.

use super::rows::Row;
use super::{FileProblem, Found, RuleList, compared};
use crate::numbers::NumbersProblemCode::{UnknownWord, WholeNumber};
use crate::numbers::location::{Comparison, EmergencyRule, Location, NumberRule, SimpleRule};
use crate::numbers::problem::short;

/// A column.
pub(super) struct Column {
    pub(super) name: &'static str,
    /// What others call it, as [`compared`] has it.
    pub(super) others: &'static [&'static str],
}

const NUMBER_RULES: [Column; 5] = [
    Column { name: "description", others: &["comment", "beschreibung", "bemerkung", "kommentar"] },
    Column { name: "compare", others: &["comparison", "type", "vergleich", "art"] },
    Column {
        name: "pattern",
        others: &[
            "expression",
            "regex",
            "regular_expression",
            "search",
            "phone_number",
            "number",
            "muster",
            "ausdruck",
            "regulärer_ausdruck",
            "rufnummer",
            "nummer",
            "suchen",
        ],
    },
    Column { name: "replace", others: &["ersetzen"] },
    Column { name: "replacement", others: &["replace_with", "result", "ersetzen_durch", "ersetzung", "ergebnis"] },
];

const EMERGENCY_RULES: [Column; 4] = [
    Column { name: "name", others: &["description", "beschreibung", "bezeichnung"] },
    Column { name: "subnet", others: &["network", "subnetz", "netz"] },
    Column { name: "numbers", others: &["emergency_numbers", "notrufnummern", "nummern"] },
    Column { name: "prefix", others: &["präfix", "vorwahl"] },
];

const SIMPLE_RULES: [Column; 3] = [
    Column { name: "priority", others: &["priorität"] },
    Column { name: "pattern", others: &["model", "muster"] },
    Column { name: "value", others: &["replacement", "wert"] },
];

/// The columns of a list, in the order that they are written in.
pub(super) fn columns(list: RuleList) -> &'static [Column] {
    match list {
        RuleList::Emergency => &EMERGENCY_RULES,
        RuleList::Simple => &SIMPLE_RULES,
        // It is no list of rows.
        RuleList::LeastCostRouting => &[],
        _ => &NUMBER_RULES,
    }
}

/// A list as rows.
pub(super) fn rows(location: &Location, list: RuleList) -> Vec<Row> {
    match list {
        RuleList::LeastCostRouting => Vec::new(),
        RuleList::Emergency => location.emergency.rules.iter().map(emergency_row).collect(),
        RuleList::Simple => location.simple.rules.iter().map(simple_row).collect(),
        _ => number_rules(&mut location.clone(), list)
            .map(|rules| rules.iter().map(number_row).collect())
            .unwrap_or_default(),
    }
}

/// Puts rows in the place of a list, or after it.
pub(super) fn put(location: &mut Location, list: RuleList, rows: &[Row], add: bool, found: &mut Found) {
    match list {
        RuleList::LeastCostRouting => {}
        RuleList::Emergency => replace(&mut location.emergency.rules, rows, add, found, |row, _| emergency(row)),
        RuleList::Simple => replace(&mut location.simple.rules, rows, add, found, simple),
        _ => {
            if let Some(rules) = number_rules(location, list) {
                replace(rules, rows, add, found, number);
            }
        }
    }
}

fn replace<T>(rules: &mut Vec<T>, rows: &[Row], add: bool, found: &mut Found, rule: fn(&Row, &mut Found) -> T) {
    if !add {
        rules.clear();
    }
    for row in rows {
        found.lines.insert(format!("/{}", rules.len()), row.line);
        let rule = rule(row, found);
        rules.push(rule);
    }
}

/// A list of rules with patterns.
fn number_rules(location: &mut Location, list: RuleList) -> Option<&mut Vec<NumberRule>> {
    let formatting = &mut location.formatting;
    match list {
        RuleList::ExternalRules => Some(&mut location.external_rules),
        RuleList::InternalRules => Some(&mut location.internal_rules),
        RuleList::LineRules => Some(&mut location.line_rules),
        RuleList::Incoming => Some(&mut formatting.incoming),
        RuleList::Outgoing => Some(&mut formatting.outgoing),
        RuleList::Dialling => Some(&mut formatting.dialling),
        RuleList::DiallingFinal => Some(&mut formatting.dialling_final),
        RuleList::Emergency | RuleList::LeastCostRouting | RuleList::Simple => None,
    }
}

fn number_row(rule: &NumberRule) -> Row {
    let compare = match rule.compare {
        Comparison::Regex => "regex",
        Comparison::Equal => "equal",
    };
    Row::of([
        ("description", Some(rule.description.clone()).filter(|text| !text.is_empty())),
        ("compare", Some(compare.to_owned())),
        ("pattern", Some(rule.pattern.clone())),
        ("replacement", rule.replacement.clone()),
    ])
}

fn number(row: &Row, found: &mut Found) -> NumberRule {
    let compare = match compared(row.trimmed("compare")).as_str() {
        "" | "regex" | "regexp" | "regular_expression" | "regulärer_ausdruck" => Comparison::Regex,
        "equal" | "exact" | "direct" | "direct_comparison" | "gleich" | "direkt" | "direkter_vergleich" => {
            Comparison::Equal
        }
        _ => {
            found.add(unknown(row, "compare", "regex, equal"));
            Comparison::Regex
        }
    };
    let replacement = row.get("replacement").map(str::to_owned);
    let replacement = match yes(row.trimmed("replace")) {
        Some(Some(true)) => Some(replacement.unwrap_or_default()),
        Some(Some(false)) => None,
        Some(None) => replacement,
        None => {
            found.add(unknown(row, "replace", "yes, no"));
            None
        }
    };
    NumberRule {
        description: row.get("description").unwrap_or_default().to_owned(),
        compare,
        pattern: row.get("pattern").unwrap_or_default().to_owned(),
        replacement,
    }
}

fn emergency_row(rule: &EmergencyRule) -> Row {
    Row::of([
        ("name", Some(rule.name.clone())),
        ("subnet", Some(rule.subnet.clone())),
        ("numbers", Some(rule.numbers.join(" "))),
        ("prefix", Some(rule.prefix.clone())),
    ])
}

fn emergency(row: &Row) -> EmergencyRule {
    EmergencyRule {
        name: row.trimmed("name").to_owned(),
        subnet: row.trimmed("subnet").to_owned(),
        numbers: separate(row.trimmed("numbers")),
        prefix: row.trimmed("prefix").to_owned(),
    }
}

fn simple_row(rule: &SimpleRule) -> Row {
    Row::of([
        ("priority", Some(rule.priority.to_string())),
        ("pattern", Some(rule.pattern.clone())),
        ("value", Some(rule.value.clone())),
    ])
}

fn simple(row: &Row, found: &mut Found) -> SimpleRule {
    let priority = row.trimmed("priority").parse().unwrap_or_else(|_| {
        found.add(FileProblem::at(row.line, WholeNumber).column("priority"));
        0
    });
    let text = |column| row.get(column).unwrap_or_default().to_owned();
    SimpleRule { priority, pattern: text("pattern"), value: text("value") }
}

fn unknown(row: &Row, column: &str, possible: &str) -> FileProblem {
    let word = short(row.trimmed(column));
    FileProblem::at(row.line, UnknownWord).column(column).value(word).value(possible)
}

/// What a word says; Some(None): there is none. None: it is another word.
pub(super) fn yes(word: &str) -> Option<Option<bool>> {
    match compared(word).as_str() {
        "" => Some(None),
        "yes" | "true" | "1" | "x" | "ja" | "wahr" => Some(Some(true)),
        "no" | "false" | "0" | "nein" | "falsch" => Some(Some(false)),
        _ => None,
    }
}

/// Numbers of one cell.
pub(super) fn separate(cell: &str) -> Vec<String> {
    let numbers = cell.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '|'));
    numbers.filter(|number| !number.is_empty()).map(str::to_owned).collect()
}
