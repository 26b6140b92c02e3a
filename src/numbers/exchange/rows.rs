//! Rows of named cells, and how they stand in CSV and XML.

use std::borrow::Cow;

use super::columns::{Column, columns};
use super::xml::{Document, Element};
use super::{FileProblem, Found, RuleList, compared, csv};
use crate::numbers::NumbersProblemCode::{HeadingTwice, NoHeadings, TooMany, TooManyCells, UnknownHeading, XmlElement};
use crate::numbers::location::limits;
use crate::numbers::problem::short;

/// A rule as texts.
#[derive(Debug, Default)]
pub(super) struct Row {
    /// Its line in the file, from 1.
    pub(super) line: u64,
    cells: Vec<(&'static str, String)>,
}

impl Row {
    /// A row of cells that there are.
    pub(super) fn of(cells: impl IntoIterator<Item = (&'static str, Option<String>)>) -> Row {
        let cells = cells.into_iter().filter_map(|(column, cell)| Some((column, cell?)));
        Row { line: 0, cells: cells.collect() }
    }

    /// What stands in a column. CSV has nothing where XML may have an empty text.
    pub(super) fn get(&self, column: &str) -> Option<&str> {
        self.cells.iter().find(|(of, _)| *of == column).map(|(_, cell)| cell.as_str())
    }

    /// What stands in a column, without spaces around it; empty where nothing does.
    pub(super) fn trimmed(&self, column: &str) -> &str {
        self.get(column).unwrap_or_default().trim()
    }

    /// It shortly, for people.
    pub(super) fn words(&self, list: RuleList) -> String {
        let cells = columns(list).iter().filter_map(|column| self.get(column.name)).filter(|cell| !cell.is_empty());
        cells.collect::<Vec<_>>().join(" · ")
    }
}

/// Rows as CSV.
pub(super) fn csv(rows: &[Row], list: RuleList) -> String {
    let columns = columns(list);
    let headings = columns.iter().map(|column| Cow::Borrowed(column.name)).collect();
    let cells = rows.iter().map(|row| {
        let cell = |column: &Column| match column.name {
            // An empty cell cannot tell whether there is a replacement.
            "replace" => Cow::Borrowed(if row.get("replacement").is_some() { "yes" } else { "no" }),
            name => Cow::Borrowed(row.get(name).unwrap_or_default()),
        };
        columns.iter().map(cell).collect()
    });
    csv::write(std::iter::once(headings).chain(cells), b',')
}

/// Rows as XML.
pub(super) fn xml(rows: &[Row], list: RuleList) -> String {
    let mut document = Document::new();
    document.begin("rules", &[("list", list.word())]);
    for row in rows {
        let attributes: Vec<(&str, &str)> = row.cells.iter().map(|(column, cell)| (*column, cell.as_str())).collect();
        document.empty("rule", &attributes);
    }
    document.finish()
}

/// The rows of a CSV file, whose first line names the columns.
pub(super) fn read_csv(text: &str, list: RuleList, found: &mut Found) -> Vec<Row> {
    let mut records = csv::read(text);
    let Some(first) = records.next() else {
        found.add(FileProblem::at(1, NoHeadings).value(names(list)));
        return Vec::new();
    };
    let named: Vec<Option<&'static str>> =
        first.cells.iter().map(|cell| column(list, cell).map(|column| column.name)).collect();
    if named.iter().all(Option::is_none) {
        found.add(FileProblem::at(first.line, NoHeadings).value(names(list)));
        return Vec::new();
    }
    let mut seen = Vec::new();
    for (cell, name) in first.cells.iter().zip(&named) {
        match name {
            // A column that nobody has named and nobody uses.
            None if cell.trim().is_empty() => {}
            None => found.add(FileProblem::at(first.line, UnknownHeading).value(short(cell)).value(names(list))),
            Some(name) if seen.contains(name) => {
                found.add(FileProblem::at(first.line, HeadingTwice).column(name).value(name));
            }
            Some(name) => seen.push(*name),
        }
    }
    let mut rows = Vec::new();
    for record in records {
        if rows.len() >= limits::RULES {
            found.add(FileProblem::at(record.line, TooMany).value(limits::RULES));
            break;
        }
        let mut row = Row { line: record.line, cells: Vec::new() };
        for (at, cell) in record.cells.into_iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
            match named.get(at) {
                Some(Some(column)) => row.cells.push((column, cell)),
                _ if cell.trim().is_empty() => {}
                _ => {
                    found.add(FileProblem::at(record.line, TooManyCells));
                    break;
                }
            }
        }
        rows.push(row);
    }
    rows
}

/// The rows of a document: an element each, its cells attributes or elements.
pub(super) fn read_xml(root: &Element, list: RuleList, found: &mut Found) -> Vec<Row> {
    if compared(&root.name) != "rules" {
        found.add(FileProblem::at(root.line, XmlElement).value(short(&root.name)).value("rules"));
        return Vec::new();
    }
    let mut rows = Vec::new();
    for element in &root.children {
        if rows.len() >= limits::RULES {
            found.add(FileProblem::at(element.line, TooMany).value(limits::RULES));
            break;
        }
        if compared(&element.name) != "rule" {
            found.add(FileProblem::at(element.line, XmlElement).value(short(&element.name)).value("rule"));
            continue;
        }
        let mut row = Row { line: element.line, cells: Vec::new() };
        for (line, name, text) in fields(element) {
            match column(list, name) {
                None => found.add(FileProblem::at(line, UnknownHeading).value(short(name)).value(names(list))),
                Some(column) if row.get(column.name).is_some() => {
                    found.add(FileProblem::at(line, HeadingTwice).column(column.name).value(column.name));
                }
                Some(column) => row.cells.push((column.name, text.to_owned())),
            }
        }
        rows.push(row);
    }
    rows
}

/// What an element says of itself: by attributes, or by elements with text.
pub(super) fn fields(element: &Element) -> impl Iterator<Item = (u64, &str, &str)> {
    let attributes = element.attributes.iter().map(|(name, value)| (element.line, name.as_str(), value.as_str()));
    let children = element.children.iter().map(|child| (child.line, child.name.as_str(), child.text.as_str()));
    attributes.chain(children)
}

fn column(list: RuleList, heading: &str) -> Option<&'static Column> {
    let heading = compared(heading);
    columns(list).iter().find(|column| column.name == heading || column.others.contains(&heading.as_str()))
}

fn names(list: RuleList) -> String {
    columns(list).iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
}
