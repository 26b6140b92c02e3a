//! Parameters behind a header value or in a URI: `;name=value;flag`.

use std::fmt;

use crate::lex;

/// Header parameters, kept as received. Names are looked up without regard to case.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Params {
    /// Empty, or beginning with `;`.
    text: String,
}

impl Params {
    /// No parameters.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes text that is empty or begins with `;`.
    pub(crate) fn from_text(text: &str) -> Self {
        Self { text: text.to_owned() }
    }

    /// The parameter `name`: `None` when it is not there, `Some(None)` when it has no value. A quoted value
    /// comes without its quotes.
    pub fn get(&self, name: &str) -> Option<Option<&str>> {
        get(&self.text, name)
    }

    /// The value of the parameter `name`, when it is there and has one.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.get(name).flatten()
    }

    /// True when the parameter `name` is there.
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Names and values in order. Quoted values keep their quotes.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        iter(&self.text)
    }

    /// Appends a parameter. A value that is no token or host is quoted.
    pub fn push(&mut self, name: &str, value: Option<&str>) {
        use fmt::Write;
        self.text.push(';');
        self.text.extend(name.chars().filter(|c| c.is_ascii() && lex::is_token_byte(*c as u8)));
        if let Some(value) = value {
            self.text.push('=');
            let plain = |byte: u8| lex::is_token_byte(byte) || matches!(byte, b'[' | b']' | b':');
            if !value.is_empty() && value.bytes().all(plain) {
                self.text.push_str(value);
            } else {
                // Writing to a String cannot fail.
                let _ = write!(self.text, "{}", lex::Quoted(value));
            }
        }
    }

    /// Sets a parameter: others of that name go.
    pub fn set(&mut self, name: &str, value: Option<&str>) {
        self.remove(name);
        self.push(name, value);
    }

    /// Removes every parameter of that name.
    pub fn remove(&mut self, name: &str) {
        if !self.contains(name) {
            return;
        }
        let kept: String = pieces(&self.text)
            .filter(|piece| !split(piece).0.eq_ignore_ascii_case(name))
            .flat_map(|piece| [";", piece])
            .collect();
        self.text = kept;
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The text as it follows the value: empty, or beginning with `;`.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Params({})", self.text)
    }
}

pub(crate) fn get<'a>(text: &'a str, name: &str) -> Option<Option<&'a str>> {
    iter(text)
        .find(|(candidate, _)| candidate.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.map(lex::strip_quotes))
}

pub(crate) fn iter(text: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    pieces(text).map(split)
}

fn split(piece: &str) -> (&str, Option<&str>) {
    match memchr::memchr(b'=', piece.as_bytes()) {
        Some(at) => (lex::trim(&piece[..at]), Some(lex::trim(&piece[at + 1..]))),
        None => (lex::trim(piece), None),
    }
}

/// What stands between semicolons outside quotes; empty pieces are left out.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let end = lex::find_unquoted(rest.as_bytes(), b';').unwrap_or(rest.len());
            let piece = &rest[..end];
            rest = rest.get(end + 1..).unwrap_or("");
            if !lex::trim(piece).is_empty() {
                return Some(piece);
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lookups_ignore_case_spaces_and_quoted_semicolons() {
        let params = Params::from_text(r#";a=1 ; B = "x;y=\"2\"" ;;flag; q=0.5"#);
        assert_eq!(params.get("A"), Some(Some("1")));
        assert_eq!(params.value("b"), Some(r#"x;y=\"2\""#));
        assert_eq!(params.get("FLAG"), Some(None));
        assert_eq!(params.get("y"), None);
        assert_eq!(params.iter().count(), 4);
    }

    #[test]
    fn setting_replaces_and_quotes_what_needs_it() {
        let mut params = Params::from_text(";tag=1;x;TAG=2");
        params.set("tag", Some("3"));
        params.push("text", Some("a;b\r\nc"));
        params.push("received", Some("2001:db8::1"));
        assert_eq!(params.as_str(), ";x;tag=3;text=\"a;b  c\";received=2001:db8::1");
    }
}
