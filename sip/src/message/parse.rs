//! Finds the lines of a message. Values are read when somebody asks for them.

use std::ops::Range;

use crate::error::ParseError;
use crate::header::{Name, OTHER, id_of};
use crate::lex;

use super::{MAX_HEADERS, MAX_MESSAGE_LEN};

/// A part of the message, in bytes from its beginning. [`MAX_MESSAGE_LEN`] keeps it within u32.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }

    pub(super) fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// The first line.
#[derive(Debug, Clone, Copy)]
pub(super) enum Start {
    Request { method: Span, uri: Span },
    Response { status: u16, reason: Span },
}

/// One header field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub(super) id: u8,
    pub(super) name: Span,
    /// Trimmed; folds are still in it.
    pub(super) value: Span,
}

/// Where everything is.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) start: Start,
    /// False when the first line says something other than SIP/2.0.
    pub(super) version_ok: bool,
    pub(super) fields: Vec<Field>,
    /// Values that cannot be handed out as they stand, because they are folded or no UTF-8, by field index.
    pub(super) rewritten: Vec<(usize, Box<str>)>,
    /// First byte of the body.
    pub(super) body: usize,
    /// Content-Length, when given.
    pub(super) content_length: Option<u64>,
}

impl Head {
    /// Finds the lines of the message at the beginning of `bytes`.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        // RFC 3261 7.5: empty lines before the message are to be ignored.
        let first = bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).ok_or(ParseError::Empty)?;
        if bytes.len() > MAX_MESSAGE_LEN {
            return Err(ParseError::TooLong(bytes.len()));
        }
        let (line_end, mut at) = line(bytes, first).ok_or(ParseError::HeadUnfinished)?;
        let (start, version_ok) = start_line(bytes, first, line_end)?;
        let mut head = Self {
            start,
            version_ok,
            fields: Vec::with_capacity(24),
            rewritten: Vec::new(),
            body: 0,
            content_length: None,
        };
        let content_length = Name::ContentLength.id();
        let mut number = 1;
        loop {
            number += 1;
            let (mut end, mut next) = line(bytes, at).ok_or(ParseError::HeadUnfinished)?;
            if end == at {
                head.body = next;
                break;
            }
            let mut folded = false;
            let first_line = number;
            while let Some(b' ' | b'\t') = bytes.get(next) {
                (end, next) = line(bytes, next).ok_or(ParseError::HeadUnfinished)?;
                number += 1;
                folded = true;
            }
            let field = field(bytes, at, end).ok_or(ParseError::HeaderLine(first_line))?;
            if head.fields.len() == MAX_HEADERS {
                return Err(ParseError::TooManyHeaders);
            }
            if folded {
                head.rewrite(bytes, field.value);
            }
            if field.id == content_length {
                head.read_content_length(&bytes[field.value.range()])?;
            }
            head.fields.push(field);
            at = next;
        }
        if !bytes[first..head.body].is_ascii() {
            head.rewrite_invalid(bytes);
        }
        Ok(head)
    }

    /// What can be understood of a request that [`Head::parse`] refuses: its first line, blanks at the end of it
    /// ignored, and every line before the empty one that is a header field. Content-Length is not obeyed.
    pub(super) fn salvage(bytes: &[u8]) -> Option<Self> {
        let bytes = &bytes[..bytes.len().min(MAX_MESSAGE_LEN)];
        let first = bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n'))?;
        let (line_end, mut at) = line_or_rest(bytes, first);
        let blanks = bytes[first..line_end].iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let (start, version_ok) = start_line(bytes, first, line_end - blanks).ok()?;
        let fields = Vec::new();
        let mut head = Self { start, version_ok, fields, rewritten: Vec::new(), body: 0, content_length: None };
        while at < bytes.len() && head.fields.len() < MAX_HEADERS {
            let (mut end, mut next) = line_or_rest(bytes, at);
            if end == at {
                at = next;
                break;
            }
            let mut folded = false;
            while let Some(b' ' | b'\t') = bytes.get(next) {
                (end, next) = line_or_rest(bytes, next);
                folded = true;
            }
            if let Some(field) = field(bytes, at, end) {
                if folded {
                    head.rewrite(bytes, field.value);
                }
                head.fields.push(field);
            }
            at = next;
        }
        head.body = at;
        head.rewrite_invalid(bytes);
        Some(head)
    }

    /// The value of a field; what is not UTF-8 in it was replaced.
    pub(super) fn value<'a>(&'a self, bytes: &'a [u8], index: usize) -> &'a str {
        if !self.rewritten.is_empty()
            && let Ok(at) = self.rewritten.binary_search_by_key(&index, |(index, _)| *index)
        {
            return &self.rewritten[at].1;
        }
        text(bytes, self.fields[index].value)
    }

    /// Keeps the value of the next field unfolded: a fold is the same as a space (RFC 3261 section 7.3.1).
    fn rewrite(&mut self, bytes: &[u8], value: Span) {
        let value = String::from_utf8_lossy(&bytes[value.range()]);
        let mut unfolded = String::with_capacity(value.len());
        for line in value.split(['\r', '\n']) {
            let line = lex::trim(line);
            if !line.is_empty() {
                if !unfolded.is_empty() {
                    unfolded.push(' ');
                }
                unfolded.push_str(line);
            }
        }
        self.rewritten.push((self.fields.len(), unfolded.into()));
    }

    /// One value with a stray byte, such as a display name in Latin-1, must not make the others unreadable.
    fn rewrite_invalid(&mut self, bytes: &[u8]) {
        for (index, field) in self.fields.iter().enumerate() {
            let value = &bytes[field.value.range()];
            let known = |(at, _): &(usize, Box<str>)| *at == index;
            if std::str::from_utf8(value).is_err() && !self.rewritten.iter().any(known) {
                let lossy = String::from_utf8_lossy(value).into_owned();
                self.rewritten.push((index, lossy.into()));
            }
        }
        self.rewritten.sort_unstable_by_key(|(index, _)| *index);
    }

    /// Several Content-Length fields that disagree would let two elements see two messages.
    fn read_content_length(&mut self, value: &[u8]) -> Result<(), ParseError> {
        let length = std::str::from_utf8(value)
            .ok()
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|digits| digits.parse::<u64>().ok())
            .ok_or(ParseError::Header { name: Name::ContentLength, what: "not a number" })?;
        if self.content_length.is_some_and(|other| other != length) {
            return Err(ParseError::Repeated(Name::ContentLength));
        }
        self.content_length = Some(length);
        Ok(())
    }
}

/// The bytes of a span, which is empty when they are no UTF-8.
pub(super) fn text(bytes: &[u8], span: Span) -> &str {
    std::str::from_utf8(&bytes[span.range()]).unwrap_or_default()
}

/// End of the line at `at` without its line break, and the beginning of the next. A bare line feed ends a line
/// too: some devices send it, and nothing else can be meant.
fn line(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let feed = at + memchr::memchr(b'\n', &bytes[at..])?;
    let end = if feed > at && bytes[feed - 1] == b'\r' { feed - 1 } else { feed };
    Some((end, feed + 1))
}

/// Like [`line`]; what has no line feed is a line to its end.
fn line_or_rest(bytes: &[u8], at: usize) -> (usize, usize) {
    line(bytes, at).unwrap_or((bytes.len(), bytes.len()))
}

fn start_line(bytes: &[u8], start: usize, end: usize) -> Result<(Start, bool), ParseError> {
    let line = &bytes[start..end];
    if std::str::from_utf8(line).is_err() {
        return Err(ParseError::StartLine);
    }
    let space = memchr::memchr(b' ', line).ok_or(ParseError::StartLine)?;
    if line.len() >= 4 && line[..4].eq_ignore_ascii_case(b"SIP/") {
        return status_line(line, start, space);
    }
    // What stands between the first space and the last is the URI, good or bad: a bad one is answered with 400.
    let last = memchr::memrchr(b' ', line).ok_or(ParseError::StartLine)?;
    let version = &line[last + 1..];
    let is_sip = version.len() >= 4 && version[..4].eq_ignore_ascii_case(b"SIP/");
    if !is_sip || last == space || !line[..space].iter().all(|byte| lex::is_token_byte(*byte)) || space == 0 {
        return Err(ParseError::StartLine);
    }
    let request =
        Start::Request { method: Span::new(start, start + space), uri: Span::new(start + space + 1, start + last) };
    Ok((request, version[4..] == *b"2.0"))
}

fn status_line(line: &[u8], start: usize, space: usize) -> Result<(Start, bool), ParseError> {
    let rest = &line[space + 1..];
    let status = match rest.get(..3) {
        Some(digits) if digits.iter().all(u8::is_ascii_digit) => {
            digits.iter().fold(0, |status, digit| status * 10 + u16::from(digit - b'0'))
        }
        _ => return Err(ParseError::StartLine),
    };
    // The reason may be empty; some peers then leave out the space before it as well.
    if !(100..700).contains(&status) || !matches!(rest.get(3), None | Some(b' ')) {
        return Err(ParseError::StartLine);
    }
    let reason = (space + 5).min(line.len());
    let response = Start::Response { status, reason: Span::new(start + reason, start + line.len()) };
    Ok((response, line[4..space] == *b"2.0"))
}

fn field(bytes: &[u8], start: usize, end: usize) -> Option<Field> {
    // Names are short: a loop is faster here than a search with wide instructions.
    let colon = start + bytes[start..end].iter().position(|byte| *byte == b':')?;
    let mut name_end = colon;
    while name_end > start && matches!(bytes[name_end - 1], b' ' | b'\t') {
        name_end -= 1;
    }
    let name = &bytes[start..name_end];
    let id = id_of(name);
    if id == OTHER && (name.is_empty() || !name.iter().all(|byte| lex::is_token_byte(*byte))) {
        return None;
    }
    let mut from = colon + 1;
    let mut to = end;
    while from < to && lex::is_space(bytes[from]) {
        from += 1;
    }
    while to > from && lex::is_space(bytes[to - 1]) {
        to -= 1;
    }
    Some(Field { id, name: Span::new(start, name_end), value: Span::new(from, to) })
}
