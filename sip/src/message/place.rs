//! Where in a message a fault is: found again when somebody asks, so that reading good messages costs nothing more.

use std::ops::Range;

use super::Message;
use super::parse::Start;
use crate::error::ParseError;
use crate::header::{Name, id_of};

/// A place in received bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// Line, counted from 1; empty lines before the message count.
    pub line: usize,
    /// Byte, counted from 0.
    pub offset: usize,
}

impl Place {
    /// The place of a byte.
    pub fn of(bytes: &[u8], offset: usize) -> Place {
        let offset = offset.min(bytes.len());
        Place { line: 1 + memchr::memchr_iter(b'\n', &bytes[..offset]).count(), offset }
    }
}

impl ParseError {
    /// Where the fault is in the bytes it was found in: the value that is wrong, the second of two that may not both
    /// be there, or the end of the header fields for one that is missing.
    pub fn place(&self, bytes: &[u8]) -> Place {
        let begin = bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(bytes.len());
        let salvaged = || Message::salvage(bytes.to_vec().into());
        let offset = match self {
            Self::Empty => 0,
            Self::TooLong(_) => super::MAX_MESSAGE_LEN,
            Self::StartLine | Self::Value(_) => begin,
            Self::HeaderLine(line) => line_begin(bytes, begin, *line),
            Self::HeadUnfinished => bytes.len(),
            Self::Version => salvaged().map_or(begin, |message| message.version_begin()),
            Self::Uri(_) => salvaged().map_or(begin, |message| message.uri_begin()),
            Self::TooManyHeaders => salvaged()
                .and_then(|message| message.head.fields.last().map(|field| field.name.range().start))
                .unwrap_or(begin),
            Self::BodyTruncated { .. } => nth_value(bytes, &Name::ContentLength, 0).unwrap_or(begin),
            Self::Repeated(name) => nth_value(bytes, name, 1).unwrap_or(begin),
            Self::Header { name, .. } => nth_value(bytes, name, 0).unwrap_or(begin),
            Self::Missing(_) => salvaged().map_or(begin, |message| message.fields_end()),
        };
        Place::of(bytes, offset)
    }

    /// The section of the RFC that the message does not keep to.
    pub fn rfc(&self) -> String {
        let section = match self {
            Self::Empty | Self::StartLine => "7.1",
            Self::TooLong(_) => "21.4.11",
            Self::Version => "7.1",
            Self::HeaderLine(_) | Self::TooManyHeaders => "7.3.1",
            Self::HeadUnfinished => "7",
            Self::BodyTruncated { .. } => "18.3",
            Self::Missing(_) => "8.1.1",
            Self::Repeated(_) => "7.3",
            Self::Header { name, .. } => return name.rfc(),
            Self::Uri(_) => "19.1.1",
            Self::Value(_) => "25.1",
        };
        format!("RFC 3261 section {section}")
    }
}

impl Message {
    /// The bytes of the name and of the value of each header field, in order.
    pub(crate) fn field_ranges(&self) -> impl Iterator<Item = (Range<usize>, Range<usize>)> {
        self.head.fields.iter().map(|field| (field.name.range(), field.value.range()))
    }

    fn uri_begin(&self) -> usize {
        match self.head.start {
            Start::Request { uri, .. } => uri.range().start,
            Start::Response { reason, .. } => reason.range().start,
        }
    }

    fn version_begin(&self) -> usize {
        match self.head.start {
            Start::Request { uri, .. } => uri.range().end + 1,
            Start::Response { .. } => self.bytes.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(0),
        }
    }

    /// Where the empty line is, or should be.
    fn fields_end(&self) -> usize {
        let last = self.head.fields.last().map_or(0, |field| field.value.range().end);
        memchr::memchr(b'\n', &self.bytes[last..]).map_or(self.bytes.len(), |len| last + len + 1)
    }
}

/// Where the value of the field of that name begins, the first being number 0.
fn nth_value(bytes: &[u8], name: &Name, number: usize) -> Option<usize> {
    let message = Message::salvage(bytes.to_vec().into())?;
    let wanted = name.id();
    let named = |range: &Range<usize>| id_of(&bytes[range.clone()]) == wanted;
    let found = message.field_ranges().filter(|(field, _)| named(field)).nth(number);
    found.map(|(_, value)| value.start)
}

/// Where a line begins, the first of the message being line 1.
fn line_begin(bytes: &[u8], begin: usize, line: usize) -> usize {
    if line <= 1 {
        return begin;
    }
    memchr::memchr_iter(b'\n', &bytes[begin..]).nth(line - 2).map_or(bytes.len(), |feed| begin + feed + 1)
}
