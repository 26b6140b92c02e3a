//! The few lexical rules that header fields and URIs share (RFC 3261 section 25.1).

use std::borrow::Cow;
use std::fmt;

/// Removes linear white space at both ends.
#[inline]
pub(crate) fn trim(text: &str) -> &str {
    let bytes = text.as_bytes();
    let mut start = 0;
    let mut end = bytes.len();
    while start < end && is_space(bytes[start]) {
        start += 1;
    }
    while end > start && is_space(bytes[end - 1]) {
        end -= 1;
    }
    &text[start..end]
}

/// The text up to the first white space, and the rest without that white space around it.
pub(crate) fn split_space(text: &str) -> Option<(&str, &str)> {
    let at = text.bytes().position(is_space)?;
    Some((&text[..at], trim(&text[at..])))
}

/// Linear white space, and what is left of it around folds.
#[inline]
pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// The `token` rule: at least one character, all of them token characters.
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token_byte)
}

/// One character of the `token` rule.
pub(crate) fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&byte)
}

/// Splits a comma-separated header value; commas in quoted strings and in `<>` do not count. Empty items are
/// left out, so the odd `a,,b` or trailing comma harms nobody.
pub(crate) fn list(text: &str) -> List<'_> {
    List { rest: text }
}

/// Iterator made by [`list`].
#[derive(Debug, Clone)]
pub(crate) struct List<'a> {
    rest: &'a str,
}

impl<'a> Iterator for List<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        while !self.rest.is_empty() {
            let end = item_end(self.rest.as_bytes());
            let item = trim(&self.rest[..end]);
            self.rest = self.rest.get(end + 1..).unwrap_or("");
            if !item.is_empty() {
                return Some(item);
            }
        }
        None
    }
}

fn item_end(text: &[u8]) -> usize {
    if memchr::memchr(b',', text).is_none() {
        return text.len();
    }
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        match byte {
            b',' => return at,
            b'"' => at += quoted_len(&text[at..]).unwrap_or(text.len() - at),
            b'<' => at += memchr::memchr(b'>', &text[at..]).map_or(text.len() - at, |len| len + 1),
            _ => at += 1,
        }
    }
    text.len()
}

/// Length of the quoted string `text` begins with, both quotes included; `None` when it does not end.
pub(crate) fn quoted_len(text: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// Where `wanted` first stands outside quoted strings.
pub(crate) fn find_unquoted(text: &[u8], wanted: u8) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr::memchr2(wanted, b'"', text.get(at..)?)?;
        if text[at] == wanted {
            return Some(at);
        }
        at += quoted_len(&text[at..])?;
    }
}

/// The content of a quoted string given without its quotes: `\x` becomes `x`.
pub(crate) fn unescape(text: &str) -> Cow<'_, str> {
    if memchr::memchr(b'\\', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            other => out.push(other),
        }
    }
    Cow::Owned(out)
}

/// The value of a parameter: a quoted string loses its quotes, its escapes stay.
pub(crate) fn strip_quotes(text: &str) -> &str {
    text.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(text)
}

/// Prints as a quoted string. Line breaks become spaces: they could not be escaped.
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        f.write_char('"')?;
        let mut rest = self.0;
        while let Some(at) = rest.find(['"', '\\', '\r', '\n']) {
            f.write_str(&rest[..at])?;
            match rest.as_bytes()[at] {
                b'\r' | b'\n' => f.write_char(' ')?,
                escaped => {
                    f.write_char('\\')?;
                    f.write_char(char::from(escaped))?;
                }
            }
            rest = &rest[at + 1..];
        }
        f.write_str(rest)?;
        f.write_char('"')
    }
}

/// Undoes `%HH`. An escape that is none stays as it is; bytes that are no UTF-8 become U+FFFD.
pub(crate) fn percent_decode(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], escaped_byte(&bytes[at..])) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    Cow::Owned(String::from_utf8(out).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

fn escaped_byte(text: &[u8]) -> Option<u8> {
    let digit = |at: usize| char::from(*text.get(at)?).to_digit(16);
    u8::try_from(digit(1)? * 16 + digit(2)?).ok()
}

/// Appends `text` with every byte `keep` refuses written as `%HH`.
pub(crate) fn percent_encode(out: &mut String, text: &str, keep: impl Fn(u8) -> bool) {
    use fmt::Write;
    for byte in text.bytes() {
        if byte.is_ascii() && keep(byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

/// A number of digits only; too large ones become the largest. `None` when it is not a number.
pub(crate) fn saturating_number(text: &str) -> Option<u32> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_in_quotes_and_brackets_do_not_split() {
        let items: Vec<_> = list(r#""a, \"b" <sip:x,y@z>;q=1 ,, <sip:c>, "unclosed, rest"#).collect();
        assert_eq!(items, [r#""a, \"b" <sip:x,y@z>;q=1"#, "<sip:c>", r#""unclosed, rest"#]);
        assert_eq!(list(" , ").count(), 0);
    }

    #[test]
    fn percent_decoding_keeps_what_is_no_escape() {
        assert_eq!(percent_decode("*21%23"), "*21#");
        assert_eq!(percent_decode("100%"), "100%");
        assert_eq!(percent_decode("%zz%4"), "%zz%4");
        assert_eq!(percent_decode("%FF"), "\u{FFFD}");
    }

    #[test]
    fn quoting_round_trips() {
        let text = "a \"b\" \\ c";
        let quoted = Quoted(text).to_string();
        assert_eq!(quoted_len(quoted.as_bytes()), Some(quoted.len()));
        assert_eq!(unescape(strip_quotes(&quoted)), text);
        assert_eq!(Quoted("a\r\nb").to_string(), "\"a  b\"");
        assert_eq!(quoted_len(b"\"abc\\"), None);
    }
}
