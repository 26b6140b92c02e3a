//! XML as a tree of elements. Nothing is expanded but the five entities that XML itself has, and no tree is larger than those
//! that are written here.

use std::fmt::Write as _;

use quick_xml::XmlVersion;
use quick_xml::escape::EscapeError;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;

use super::FileProblem;
use crate::numbers::NumbersProblemCode::{XmlDoctype, XmlEntity, XmlSyntax, XmlTooLarge};
use crate::numbers::problem::short;

/// Elements within elements.
const MAX_DEPTH: usize = 8;
/// Elements of a file: a time for each half hour of each day of each zone, and some.
const MAX_ELEMENTS: usize = 100_000;
/// Attributes of an element.
const MAX_ATTRIBUTES: usize = 20;

/// An element.
#[derive(Debug, Default)]
pub(super) struct Element {
    /// Its name without a namespace.
    pub(super) name: String,
    /// Its line in the file, from 1.
    pub(super) line: u64,
    pub(super) attributes: Vec<(String, String)>,
    /// All text that is directly in it.
    pub(super) text: String,
    pub(super) children: Vec<Element>,
}

/// Counts lines of what was read.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of an octet that comes after all that were asked for.
    fn at(&mut self, position: u64) -> u64 {
        let to = usize::try_from(position).unwrap_or(usize::MAX).clamp(self.at, self.text.len());
        self.line += memchr::memchr_iter(b'\n', &self.text[self.at..to]).count() as u64;
        self.at = to;
        self.line
    }
}

/// The root of a document.
pub(super) fn read(text: &str) -> Result<Element, FileProblem> {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = Reader::from_str(text);
    let mut lines = Lines { text: text.as_bytes(), at: 0, line: 1 };
    let mut open: Vec<Element> = Vec::new();
    let mut root: Option<Element> = None;
    let mut count = 0;
    loop {
        let line = lines.at(reader.buffer_position());
        let event = reader.read_event().map_err(|_| {
            let line = lines.at(reader.error_position());
            FileProblem::at(line, XmlSyntax)
        })?;
        let (started, is_empty) = match event {
            Event::Start(start) => (start, false),
            Event::Empty(start) => (start, true),
            Event::End(_) => {
                // Names have been compared by the reader.
                if let Some(element) = open.pop() {
                    close(element, &mut open, &mut root).map_err(|()| FileProblem::at(line, XmlSyntax))?;
                }
                continue;
            }
            Event::Text(text) => {
                add(&mut open, &text.xml10_content(), line)?;
                continue;
            }
            Event::CData(text) => {
                add(&mut open, &text.xml10_content(), line)?;
                continue;
            }
            Event::GeneralRef(reference) => {
                add(&mut open, &resolved(&reference, line)?, line)?;
                continue;
            }
            Event::DocType(_) => return Err(FileProblem::at(line, XmlDoctype)),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => continue,
            Event::Eof => break,
        };
        count += 1;
        if count > MAX_ELEMENTS || open.len() >= MAX_DEPTH {
            return Err(FileProblem::at(line, XmlTooLarge));
        }
        let element = element(&started, line)?;
        match is_empty {
            true => close(element, &mut open, &mut root).map_err(|()| FileProblem::at(line, XmlSyntax))?,
            false => open.push(element),
        }
    }
    let end = lines.at(text.len() as u64);
    root.filter(|_| open.is_empty()).ok_or_else(|| FileProblem::at(end, XmlSyntax))
}

/// An element that is whole goes into the one around it. There is one root.
fn close(element: Element, open: &mut [Element], root: &mut Option<Element>) -> Result<(), ()> {
    match (open.last_mut(), &root) {
        (Some(parent), _) => parent.children.push(element),
        (None, None) => *root = Some(element),
        (None, Some(_)) => return Err(()),
    }
    Ok(())
}

fn add(open: &mut [Element], text: &str, line: u64) -> Result<(), FileProblem> {
    match open.last_mut() {
        Some(element) => element.text += text,
        None if text.trim().is_empty() => {}
        None => return Err(FileProblem::at(line, XmlSyntax)),
    }
    Ok(())
}

fn resolved(reference: &BytesRef<'_>, line: u64) -> Result<String, FileProblem> {
    let name = reference.xml10_content();
    let character = match reference.resolve_char_ref() {
        Ok(Some(character)) => Some(character),
        Ok(None) => match &*name {
            "lt" => Some('<'),
            "gt" => Some('>'),
            "amp" => Some('&'),
            "apos" => Some('\''),
            "quot" => Some('"'),
            _ => None,
        },
        Err(_) => None,
    };
    character.map(String::from).ok_or_else(|| FileProblem::at(line, XmlEntity).value(short(&name)))
}

fn element(started: &BytesStart<'_>, line: u64) -> Result<Element, FileProblem> {
    let mut attributes = Vec::new();
    // Whoever compares each attribute with all before takes long over many.
    for attribute in started.attributes().with_checks(false) {
        let attribute = attribute.map_err(|_| FileProblem::at(line, XmlSyntax))?;
        if attributes.len() >= MAX_ATTRIBUTES {
            return Err(FileProblem::at(line, XmlTooLarge));
        }
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| match error {
            quick_xml::Error::Escape(EscapeError::UnrecognizedEntity(_, name)) => {
                FileProblem::at(line, XmlEntity).value(short(&name))
            }
            _ => FileProblem::at(line, XmlSyntax),
        })?;
        attributes.push((attribute.key.local_name().into_inner().to_owned(), value.into_owned()));
    }
    let name = started.local_name().into_inner().to_owned();
    Ok(Element { name, line, attributes, ..Element::default() })
}

/// Writes a document, an element after the other.
pub(super) struct Document {
    text: String,
    open: Vec<&'static str>,
}

impl Document {
    pub(super) fn new() -> Document {
        Document { text: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned(), open: Vec::new() }
    }

    /// An element with others in it.
    pub(super) fn begin(&mut self, name: &'static str, attributes: &[(&str, &str)]) {
        self.start(name, attributes);
        self.text += ">\n";
        self.open.push(name);
    }

    /// An element with nothing in it.
    pub(super) fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.start(name, attributes);
        self.text += "/>\n";
    }

    /// Ends what was begun last.
    pub(super) fn end(&mut self) {
        if let Some(name) = self.open.pop() {
            let indent = "  ".repeat(self.open.len());
            let _ = writeln!(self.text, "{indent}</{name}>");
        }
    }

    pub(super) fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.end();
        }
        self.text
    }

    fn start(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.text += &"  ".repeat(self.open.len());
        self.text.push('<');
        self.text += name;
        for (name, value) in attributes {
            let _ = write!(self.text, " {name}=\"");
            value.chars().for_each(|character| self.character(character));
            self.text.push('"');
        }
    }

    fn character(&mut self, character: char) {
        match character {
            '<' => self.text += "&lt;",
            '>' => self.text += "&gt;",
            '&' => self.text += "&amp;",
            '"' => self.text += "&quot;",
            // A reader would make spaces of them.
            '\t' | '\n' | '\r' => {
                let _ = write!(self.text, "&#{};", u32::from(character));
            }
            // XML has no way to write these. Only patterns have them, where this means the same.
            '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => {
                let _ = write!(self.text, "\\x{{{:x}}}", u32::from(character));
            }
            _ => self.text.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numbers::NumbersProblemCode as Code;

    fn refused(text: &str) -> (u64, Code) {
        let problem = read(text).unwrap_err();
        (problem.line, problem.code)
    }

    #[test]
    fn elements_have_their_lines_attributes_and_text() {
        let text = "\u{feff}<?xml version=\"1.0\"?>\n<!-- rules -->\n<x:rules>\n  <rule\n a='&lt;&#43;\"' b=\"\">1 &amp; <![CDATA[<2>]]></rule>\n<rule/></x:rules>\n";
        let root = read(text).unwrap();
        assert_eq!((root.name.as_str(), root.line, root.children.len()), ("rules", 3, 2));
        let rule = &root.children[0];
        assert_eq!((rule.line, rule.text.as_str()), (4, "1 & <2>"));
        assert_eq!(rule.attributes, [("a".to_owned(), "<+\"".to_owned()), ("b".to_owned(), String::new())]);
        assert_eq!(root.children[1].line, 6);
    }

    #[test]
    fn what_is_not_well_formed_is_named_with_its_line() {
        for (text, expected) in [
            ("", (1, XmlSyntax)),
            ("text", (1, XmlSyntax)),
            ("<a>\n<b></a>", (2, XmlSyntax)),
            ("<a>\n", (2, XmlSyntax)),
            ("<a/>\n<b/>", (2, XmlSyntax)),
            ("<a/>\ntext", (1, XmlSyntax)),
            ("<a>\n<b c=/></a>", (2, XmlSyntax)),
        ] {
            assert_eq!(refused(text), expected, "{text}");
        }
    }

    #[test]
    fn nothing_is_expanded() {
        let bomb = "<!DOCTYPE a [<!ENTITY b \"bbbb\">]>\n<a>&b;</a>";
        assert_eq!(refused(bomb), (1, XmlDoctype));
        assert_eq!(refused("<a>\n&b;</a>"), (2, XmlEntity));
        assert_eq!(refused("<a>\n<c d='&b;'/></a>"), (2, XmlEntity));
        assert_eq!(refused("<a>&#0;</a>"), (1, XmlEntity));
    }

    #[test]
    fn a_tree_cannot_grow_too_large() {
        assert_eq!(refused(&"<a>".repeat(100_000)), (1, XmlTooLarge));
        assert_eq!(refused(&format!("<a>{}</a>", "<b/>".repeat(MAX_ELEMENTS))), (1, XmlTooLarge));
        let many: String = (0..=MAX_ATTRIBUTES).map(|at| format!(" a{at}=''")).collect();
        assert_eq!(refused(&format!("<a{many}/>")), (1, XmlTooLarge));
    }

    #[test]
    fn what_is_written_is_read_as_it_was() {
        let value = "<a>&\"'\t\r\n+49 \\1 äöü \u{1f600}";
        let mut document = Document::new();
        document.begin("rules", &[("list", value)]);
        document.empty("rule", &[("a", ""), ("b", value)]);
        let root = read(&document.finish()).unwrap();
        assert_eq!(root.attributes, [("list".to_owned(), value.to_owned())]);
        assert_eq!(root.children[0].attributes[1].1, value);
    }
}
