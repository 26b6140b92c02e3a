//! Rules of a location as files that people edit elsewhere: CSV and XML, and `.lcr` for least-cost routing. What is written is
//! read as it was; what other programs have saved is read as well as can be.

mod columns;
mod csv;
mod least_cost;
mod rows;
#[cfg(test)]
mod tests;
mod text;
mod xml;

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

pub(crate) use self::csv::delimiter;
use super::location::Location;
use super::problem::{NumbersProblem, NumbersProblemCode, fill};

/// Octets of a file at most.
pub const MAX_FILE: usize = 8 << 20;
/// Problems that are told of one file.
const MAX_PROBLEMS: usize = 100;

/// A list of a location that can be a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum RuleList {
    /// Numbers that are external although they look internal.
    ExternalRules,
    /// Numbers that are internal although they look external.
    InternalRules,
    /// What the numbers of lines become.
    LineRules,
    /// Formatting of reported numbers of incoming calls.
    Incoming,
    /// Formatting of reported numbers of outgoing calls.
    Outgoing,
    /// Formatting of dialled numbers while they are super-canonical, or the extension of the location that they lead to.
    Dialling,
    /// Formatting of dialled numbers just before the PBX gets them.
    DiallingFinal,
    /// Emergency calls by where the client is.
    Emergency,
    /// Providers by zone and time.
    LeastCostRouting,
    /// The rules of the simple dialect.
    Simple,
}

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "RuleFileFormat")]
pub enum Format {
    /// A line for each rule, with the names of the columns in the first.
    Csv,
    /// An element for each rule.
    Xml,
    /// A line for each provider, zone and time.
    Lcr,
}

impl RuleList {
    /// All of them.
    pub const ALL: [RuleList; 10] = [
        RuleList::ExternalRules,
        RuleList::InternalRules,
        RuleList::LineRules,
        RuleList::Incoming,
        RuleList::Outgoing,
        RuleList::Dialling,
        RuleList::DiallingFinal,
        RuleList::Emergency,
        RuleList::LeastCostRouting,
        RuleList::Simple,
    ];

    /// Its word in addresses and files.
    pub fn word(self) -> &'static str {
        match self {
            RuleList::ExternalRules => "external_rules",
            RuleList::InternalRules => "internal_rules",
            RuleList::LineRules => "line_rules",
            RuleList::Incoming => "incoming",
            RuleList::Outgoing => "outgoing",
            RuleList::Dialling => "dialling",
            RuleList::DiallingFinal => "dialling_final",
            RuleList::Emergency => "emergency",
            RuleList::LeastCostRouting => "least_cost_routing",
            RuleList::Simple => "simple",
        }
    }

    /// The one with a word.
    pub fn of_word(word: &str) -> Option<RuleList> {
        RuleList::ALL.into_iter().find(|list| list.word() == word)
    }

    /// Where it stands in a location: a JSON pointer (RFC 6901).
    pub fn pointer(self) -> &'static str {
        match self {
            RuleList::ExternalRules => "/external_rules",
            RuleList::InternalRules => "/internal_rules",
            RuleList::LineRules => "/line_rules",
            RuleList::Incoming => "/formatting/incoming",
            RuleList::Outgoing => "/formatting/outgoing",
            RuleList::Dialling => "/formatting/dialling",
            RuleList::DiallingFinal => "/formatting/dialling_final",
            RuleList::Emergency => "/emergency/rules",
            RuleList::LeastCostRouting => "/least_cost_routing",
            RuleList::Simple => "/simple/rules",
        }
    }

    /// The formats that it can be written in, the usual one first.
    pub fn formats(self) -> &'static [Format] {
        match self {
            RuleList::LeastCostRouting => &[Format::Xml, Format::Lcr],
            _ => &[Format::Csv, Format::Xml],
        }
    }

    /// What it holds in a location.
    pub fn value(self, location: &Location) -> Value {
        // A location is always JSON.
        let whole = serde_json::to_value(location).unwrap_or_default();
        whole.pointer(self.pointer()).cloned().unwrap_or_default()
    }
}

impl Format {
    /// Its word in addresses, and the ending of a file's name.
    pub fn word(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Xml => "xml",
            Format::Lcr => "lcr",
        }
    }
}

/// What is wrong with a file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileProblem {
    /// The line, from 1.
    pub line: u64,
    /// The column or the attribute; empty: the line as a whole.
    pub column: String,
    /// What is wrong.
    pub code: NumbersProblemCode,
    /// What the sentence names.
    pub values: Vec<String>,
}

impl FileProblem {
    fn at(line: u64, code: NumbersProblemCode) -> FileProblem {
        FileProblem { line, column: String::new(), code, values: Vec::new() }
    }

    fn value(mut self, value: impl ToString) -> FileProblem {
        self.values.push(value.to_string());
        self
    }

    fn column(self, column: &str) -> FileProblem {
        FileProblem { column: column.to_owned(), ..self }
    }

    /// The sentence in English.
    pub fn english(&self) -> String {
        fill(self.code.english(), &self.values)
    }

    /// The sentence in German.
    pub fn german(&self) -> String {
        fill(self.code.german(), &self.values)
    }
}

/// Problems as they are found, and the lines that everything came from.
#[derive(Debug, Default)]
struct Found {
    problems: Vec<FileProblem>,
    /// By JSON pointers within the list.
    lines: HashMap<String, u64>,
}

impl Found {
    fn add(&mut self, problem: FileProblem) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(problem);
        }
    }

    /// What is wrong with the list, at its place in the file.
    fn of_list(&self, list: RuleList, problem: NumbersProblem) -> Option<FileProblem> {
        let pointer = problem.pointer.strip_prefix(list.pointer())?;
        if !pointer.is_empty() && !pointer.starts_with('/') {
            return None;
        }
        let mut around = pointer;
        let line = loop {
            match (self.lines.get(around), around.rfind('/')) {
                (Some(line), _) => break Some(*line),
                (None, Some(end)) => around = &pointer[..end],
                (None, None) => break None,
            }
        };
        let column = pointer.rsplit('/').find(|part| part.parse::<usize>().is_err()).unwrap_or_default();
        let NumbersProblem { code, values, .. } = problem;
        // What was there before has no line; neither has the list as a whole.
        Some(FileProblem { line: line.unwrap_or(1), column: column.to_owned(), code, values })
    }
}

/// A list of a location as a file. None: not in this format.
pub fn write(location: &Location, list: RuleList, format: Format) -> Option<String> {
    match (list, format) {
        (RuleList::LeastCostRouting, Format::Xml) => Some(least_cost::xml(&location.least_cost_routing)),
        (RuleList::LeastCostRouting, Format::Lcr) => Some(least_cost::lcr(&location.least_cost_routing)),
        (RuleList::LeastCostRouting, Format::Csv) | (_, Format::Lcr) => None,
        (_, Format::Csv) => Some(rows::csv(&columns::rows(location, list), list)),
        (_, Format::Xml) => Some(rows::xml(&columns::rows(location, list), list)),
    }
}

/// A location with a list as a file has it, instead of what is there, or after it. Which format it is shows in the file.
///
/// # Errors
/// Everything that is wrong, by what the file says and by the location's own check.
pub fn read(location: &Location, list: RuleList, file: &[u8], add: bool) -> Result<Location, Vec<FileProblem>> {
    let whole = |code| vec![FileProblem::at(1, code)];
    if file.len() > MAX_FILE {
        return Err(vec![FileProblem::at(1, NumbersProblemCode::FileTooLarge).value(MAX_FILE >> 20)]);
    }
    let text = text::decode(file).ok_or_else(|| whole(NumbersProblemCode::FileText))?;
    let is_xml = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']).starts_with('<');
    let mut found = Found::default();
    let mut read = location.clone();
    if list == RuleList::LeastCostRouting {
        let routing = match is_xml {
            true => least_cost::read_xml(&xml::read(&text).map_err(|problem| vec![problem])?, &mut found),
            false => least_cost::read_lcr(&text, &mut found),
        };
        routing.put(&mut read.least_cost_routing, add, &mut found);
    } else {
        let rows = match is_xml {
            true => rows::read_xml(&xml::read(&text).map_err(|problem| vec![problem])?, list, &mut found),
            false => rows::read_csv(&text, list, &mut found),
        };
        columns::put(&mut read, list, &rows, add, &mut found);
    }
    if found.problems.is_empty() {
        let problems = read.check().into_iter().filter_map(|problem| found.of_list(list, problem)).collect();
        found.problems = problems;
    }
    if !found.problems.is_empty() {
        return Err(found.problems);
    }
    if list == RuleList::Simple {
        read.simple.sort();
    }
    Ok(read)
}

/// How a list differs from what it was before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct ListDifference {
    /// Rules before; of least-cost routing, providers and zones.
    pub before: u32,
    /// Rules after.
    pub after: u32,
    /// Those that were not there, in a few words each.
    pub added: Vec<String>,
    /// Those that are there no more.
    pub removed: Vec<String>,
}

/// How a list of two locations differs. The order of rules does not count.
pub fn compare(before: &Location, after: &Location, list: RuleList) -> ListDifference {
    let words = |location: &Location| match list {
        RuleList::LeastCostRouting => least_cost::words(&location.least_cost_routing),
        _ => columns::rows(location, list).iter().map(|row| row.words(list)).collect(),
    };
    let (old, new) = (words(before), words(after));
    ListDifference {
        before: old.len().try_into().unwrap_or(u32::MAX),
        after: new.len().try_into().unwrap_or(u32::MAX),
        added: without(&new, &old),
        removed: without(&old, &new),
    }
}

/// What is in a list and not in another; what is there twice counts twice.
fn without(all: &[String], others: &[String]) -> Vec<String> {
    let mut left: HashMap<&str, usize> = HashMap::new();
    others.iter().for_each(|other| *left.entry(other).or_default() += 1);
    let is_other = |text: &&String| match left.get_mut(text.as_str()) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    };
    all.iter().filter(is_other).cloned().collect()
}

/// A word as it is compared: in lower case, what is neither letter nor digit as `_`.
fn compared(word: &str) -> String {
    let word = word.trim().trim_start_matches('\u{feff}').to_lowercase();
    word.chars().map(|character| if character.is_alphanumeric() { character } else { '_' }).collect()
}
