//! Rows of cells as CSV.

use std::borrow::Cow;

use ::csv::{QuoteStyle, ReaderBuilder, Terminator, WriterBuilder};

use crate::config::records::line_of;

/// A row with its line in the file, from 1.
pub(super) struct Record {
    pub(super) line: u64,
    pub(super) cells: Vec<String>,
}

/// What separates cells: what stands most often in the first line.
pub(crate) fn delimiter(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    let count = |delimiter: &u8| first.bytes().filter(|octet| octet == delimiter).count();
    // The last of equals: a comma where there is no separator at all.
    [b'\t', b';', b','].into_iter().max_by_key(count).unwrap_or(b',')
}

/// The rows of a file that have something in them.
pub(super) fn read(text: &str) -> impl Iterator<Item = Record> + '_ {
    // Spreadsheets may say in a line of its own what separates cells.
    let (text, delimiter, before) = match text.split_once('\n') {
        Some((first, rest)) => match separator(first) {
            Some(separator) => (rest, separator, 1),
            None => (text, delimiter(text), 0),
        },
        None => (text, delimiter(text), 0),
    };
    let reader =
        ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
    // Text in memory that is UTF-8 has nothing that cannot be read.
    reader.into_records().map_while(Result::ok).filter_map(move |record| {
        let cells: Vec<String> = record.iter().map(cell).collect();
        let line = line_of(&record, text) + before;
        cells.iter().any(|cell| !cell.trim().is_empty()).then_some(Record { line, cells })
    })
}

/// What `sep=;` says.
fn separator(line: &str) -> Option<u8> {
    // A tab at the end is the separator.
    match line.trim_end_matches(['\r', ' ']).strip_prefix("sep=")?.as_bytes() {
        [separator @ (b';' | b',' | b'\t')] => Some(*separator),
        _ => None,
    }
}

/// The text of a cell. `="+49"` keeps spreadsheets from taking the text for a number.
fn cell(cell: &str) -> String {
    let text = cell.strip_prefix("=\"").and_then(|cell| cell.strip_suffix('"'));
    text.map_or_else(|| cell.to_owned(), |text| text.replace("\"\"", "\""))
}

/// Rows as a file.
pub(super) fn write<'a>(rows: impl IntoIterator<Item = Vec<Cow<'a, str>>>, delimiter: u8) -> String {
    let mut writer = WriterBuilder::new()
        .flexible(true)
        .delimiter(delimiter)
        .quote_style(QuoteStyle::Necessary)
        .terminator(Terminator::CRLF)
        .from_writer(Vec::new());
    for row in rows {
        // It is written to memory.
        let _ = writer.write_record(row.iter().map(|cell| written(cell).into_owned().into_bytes()));
    }
    let octets = writer.into_inner().unwrap_or_default();
    String::from_utf8(octets).unwrap_or_default()
}

/// A text as [`cell`] reads it.
fn written(text: &str) -> Cow<'_, str> {
    match cell(text) == text {
        true => text.into(),
        false => format!("=\"{}\"", text.replace('"', "\"\"")).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<(u64, Vec<String>)> {
        read(text).map(|record| (record.line, record.cells)).collect()
    }

    #[test]
    fn cells_are_separated_by_what_stands_most_often_in_the_first_line() {
        for (text, expected) in [
            ("a;b\n1,5;2\n", vec![(1, vec!["a", "b"]), (2, vec!["1,5", "2"])]),
            ("a,b\r\n\"x\ny\",2\r\n3,4", vec![(1, vec!["a", "b"]), (2, vec!["x\ny", "2"]), (4, vec!["3", "4"])]),
            ("a\tb\n;;\t\n \t \n", vec![(1, vec!["a", "b"]), (2, vec![";;", ""])]),
            ("sep=;\r\na;b\n", vec![(2, vec!["a", "b"])]),
            ("sep=\t\r\na;b\tc\n", vec![(2, vec!["a;b", "c"])]),
            ("a\n=\"+49\"", vec![(1, vec!["a"]), (2, vec!["+49"])]),
            ("a\n\"=\"\"+49\"\"\"", vec![(1, vec!["a"]), (2, vec!["+49"])]),
            ("", vec![]),
        ] {
            let expected: Vec<(u64, Vec<String>)> =
                expected.into_iter().map(|(at, row)| (at, row.into_iter().map(str::to_owned).collect())).collect();
            assert_eq!(rows(text), expected, "{text:?}");
        }
    }
}
