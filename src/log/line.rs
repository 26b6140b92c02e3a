//! A line of the log, and how it is written.

use std::error::Error;
use std::fmt::{self, Write};
use std::time::SystemTime;

use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tracing::field::{Field, Visit};
use tracing::{Event, Level};

use super::area::{Area, LogLevel};
use super::subject::Subject;

/// Octets of a line's texts; the rest is left out.
const MAX_LINE: usize = 16 * 1024;
/// Stands where something is left out.
const ELLIPSIS: char = '…';

/// What people call what log lines name by number.
#[derive(Debug, Clone, Default)]
pub struct LogNames {
    /// By [`LineGroupId`](crate::ids::LineGroupId).
    pub groups: Vec<String>,
    /// By [`LineId`](crate::ids::LineId): the number, and the place of the group.
    pub lines: Vec<(String, usize)>,
    /// By [`UserId`](crate::ids::UserId).
    pub users: Vec<String>,
}

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For eyes.
    #[default]
    Text,
    /// A JSON object.
    Json,
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct LogLine {
    /// Counted from the start of the server.
    pub seq: u64,
    /// When.
    pub at: SystemTime,
    /// How important.
    pub level: LogLevel,
    /// Which part of the server says it.
    pub area: Area,
    /// Which module.
    pub target: &'static str,
    /// What happened.
    pub message: String,
    /// The call that it belongs to.
    pub call: Option<String>,
    /// The number of the line.
    pub line: Option<String>,
    /// The name of the line group.
    pub group: Option<String>,
    /// The sign-in name of the user.
    pub user: Option<String>,
    /// Everything else that is said.
    pub fields: Vec<(&'static str, Value)>,
}

impl LogLine {
    /// What an event says.
    pub(super) fn of(event: &Event<'_>, names: &LogNames, at: SystemTime) -> LogLine {
        let metadata = event.metadata();
        let mut reader = Reader { line: LogLine::new(at, *metadata.level(), metadata.target()), names, left: MAX_LINE };
        event.record(&mut reader);
        reader.about(Subject::current());
        reader.line
    }

    /// What the log says of itself.
    pub(super) fn own(level: Level, message: String) -> LogLine {
        LogLine { message, ..LogLine::new(SystemTime::now(), level, module_path!()) }
    }

    fn new(at: SystemTime, level: Level, target: &'static str) -> LogLine {
        LogLine {
            seq: 0,
            at,
            level: level.into(),
            area: Area::of(target),
            target,
            message: String::new(),
            call: None,
            line: None,
            group: None,
            user: None,
            fields: Vec::new(),
        }
    }

    /// Its octets, roughly.
    pub(super) fn size(&self) -> usize {
        let fields = self.fields.iter().map(|(name, value)| name.len() + value.as_str().map_or(8, str::len));
        let known = self.known().filter_map(|(_, value)| value).map(String::len);
        size_of::<LogLine>() + self.message.len() + fields.chain(known).sum::<usize>()
    }

    /// What every line may have.
    fn known(&self) -> impl Iterator<Item = (&'static str, Option<&String>)> {
        let LogLine { call, line, group, user, .. } = self;
        [("call", call), ("line", line), ("group", group), ("user", user)]
            .into_iter()
            .map(|(name, value)| (name, value.as_ref()))
    }

    /// What is said beside the message: `call=7 line=100 state=Registered`.
    pub fn details(&self) -> String {
        let mut text = String::new();
        for (name, value) in self.known().filter_map(|(name, value)| Some((name, value?))) {
            let _ = write!(text, "{}{name}={}", separator(&text), Quoted(value));
        }
        for (name, value) in &self.fields {
            let _ = match value {
                Value::String(value) => write!(text, "{}{name}={}", separator(&text), Quoted(value)),
                value => write!(text, "{}{name}={value}", separator(&text)),
            };
        }
        text
    }

    /// The line with its end.
    pub fn write(&self, format: Format) -> String {
        match format {
            Format::Text => self.text(),
            Format::Json => self.json(),
        }
    }

    fn text(&self) -> String {
        let level = self.level.name().to_uppercase();
        let (at, area, target, details) = (timestamp(self.at), self.area, self.target, self.details());
        let mut text = format!("{at} {level:>5} {area} {target}: {}", Plain(&self.message));
        if !details.is_empty() {
            text.push(' ');
            text += &details;
        }
        text.push('\n');
        text
    }

    fn json(&self) -> String {
        let mut object = Map::new();
        let mut add = |name: &str, value: Value| object.insert(name.to_owned(), value);
        add("at", timestamp(self.at).into());
        add("level", self.level.name().into());
        add("area", self.area.name().into());
        add("target", self.target.into());
        add("message", self.message.clone().into());
        for (name, value) in self.known().filter_map(|(name, value)| Some((name, value?))) {
            add(name, value.clone().into());
        }
        if !self.fields.is_empty() {
            let fields = self.fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
            add("fields", Value::Object(fields.collect()));
        }
        Value::Object(object).to_string() + "\n"
    }
}

fn separator(text: &str) -> &'static str {
    if text.is_empty() { "" } else { " " }
}

/// A moment with microseconds, in UTC.
fn timestamp(at: SystemTime) -> String {
    let at = OffsetDateTime::from(at);
    let at = at.replace_nanosecond(at.microsecond() * 1000).unwrap_or(at);
    at.format(&Rfc3339).unwrap_or_default()
}

/// Text in which nothing can pretend to be another line or move a terminal's cursor.
pub(super) struct Plain<'a>(pub(super) &'a str);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character.is_control() {
                true => write!(f, "{}", character.escape_default())?,
                false => f.write_char(character)?,
            }
        }
        Ok(())
    }
}

/// A value of one word as it is, another in quotes.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let odd = |c: char| c.is_whitespace() || c.is_control() || c == '"' || c == '=';
        match self.0.is_empty() || self.0.contains(odd) {
            true => write!(f, "{:?}", self.0),
            false => f.write_str(self.0),
        }
    }
}

/// Makes a line of an event's fields.
struct Reader<'a> {
    line: LogLine,
    names: &'a LogNames,
    /// Octets that it may still have.
    left: usize,
}

impl Reader<'_> {
    /// The number of a line, whose line group is that of the log line then.
    fn line_name(&mut self, place: u64) -> Option<String> {
        let (number, group) = usize::try_from(place).ok().and_then(|place| self.names.lines.get(place))?;
        if self.line.group.is_none() {
            self.line.group = self.names.groups.get(*group).cloned();
        }
        Some(number.clone())
    }

    fn text(&mut self, field: &Field, value: &dyn fmt::Display) {
        let mut text = Bounded { text: String::new(), left: self.left };
        if write!(text, "{value}").is_err() {
            text.text.push(ELLIPSIS);
        }
        self.left = text.left;
        self.take(field.name(), text.text);
    }

    /// What the line does not say itself.
    fn about(&mut self, Subject { call, line, user }: Subject) {
        // A line that names another call, or is about a line or user alone, is not about these.
        let other = |own: &Option<String>, subject: Option<String>| own.is_some() && *own != subject;
        let call = call.map(|call| call.to_string());
        if other(&self.line.call, call.clone()) {
            return;
        }
        self.line.call = call;
        if let Some(line) = line.filter(|_| self.line.line.is_none()) {
            self.line.line = self.line_name(line.0.into());
        }
        if let Some(user) = user.filter(|_| self.line.user.is_none()) {
            self.line.user = self.names.users.get(user.0 as usize).cloned();
        }
    }

    fn take(&mut self, name: &'static str, text: String) {
        match name {
            "message" => self.line.message = text,
            "call" => self.line.call = Some(text),
            "line" => self.line.line = Some(text),
            "group" => self.line.group = Some(text),
            "user" => self.line.user = Some(text),
            _ => self.line.fields.push((name, Value::String(text))),
        }
    }
}

impl Visit for Reader<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.text(field, &format_args!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, &value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.text(field, &Causes(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        let known = self.names;
        let named = |names: &[String]| usize::try_from(value).ok().and_then(|place| names.get(place)).cloned();
        let name = match field.name() {
            "line" => self.line_name(value),
            "group" => named(&known.groups),
            "user" => named(&known.users),
            "call" => None,
            name => return self.line.fields.push((name, value.into())),
        };
        self.take(field.name(), name.unwrap_or_else(|| value.to_string()));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        match u64::try_from(value) {
            Ok(value) => self.record_u64(field, value),
            Err(_) => self.line.fields.push((field.name(), value.into())),
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.line.fields.push((field.name(), value.into()));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.line.fields.push((field.name(), value.into()));
    }
}

/// An error with what is behind it.
struct Causes<'a>(&'a (dyn Error + 'static));

impl fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        std::iter::successors(self.0.source(), |&error| error.source()).try_for_each(|error| write!(f, ": {error}"))
    }
}

/// Text that ends where there is no room.
struct Bounded {
    text: String,
    left: usize,
}

impl Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let fits = text.floor_char_boundary(self.left);
        self.text.push_str(&text[..fits]);
        self.left -= fits;
        if fits < text.len() { Err(fmt::Error) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn line() -> LogLine {
        LogLine {
            message: "line".into(),
            call: Some("7".into()),
            line: Some("100".into()),
            fields: vec![("cause", "it said \"no\"".into()), ("silent", true.into()), ("retries", 3.into())],
            ..LogLine::new(SystemTime::UNIX_EPOCH + Duration::from_micros(1_500_000), Level::INFO, "offhook::line")
        }
    }

    #[test]
    fn a_line_is_for_eyes_or_for_programs() {
        let text = line().write(Format::Text);
        assert_eq!(
            text,
            "1970-01-01T00:00:01.5Z  INFO registration offhook::line: line call=7 line=100 \
             cause=\"it said \\\"no\\\"\" silent=true retries=3\n"
        );
        let read: Value = serde_json::from_str(&line().write(Format::Json)).unwrap();
        assert_eq!((&read["call"], &read["line"], &read["area"]), (&"7".into(), &"100".into(), &"registration".into()));
        assert_eq!((&read["fields"]["retries"], &read["fields"]["silent"]), (&3.into(), &true.into()));
        assert!(read.get("user").is_none());
    }

    #[test]
    fn foreign_text_cannot_forge_a_line_or_move_the_cursor() {
        let mut line = line();
        line.message = "heard\n2026-01-01T00:00:00Z ERROR forged\u{1b}[2J".into();
        line.fields = vec![("reason", "Gone\r\n\u{1b}[31mred\u{9b}".into())];
        for format in [Format::Text, Format::Json] {
            let text = line.write(format);
            assert_eq!(text.matches('\n').count(), 1, "{text}");
            assert!(text.trim_end_matches('\n').chars().all(|c| !c.is_control() || c == '\u{9b}'), "{text:?}");
        }
        assert!(!line.write(Format::Text).contains('\u{9b}'));
    }
}
