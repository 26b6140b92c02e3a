//! SIP messages.

use std::borrow::Cow;
use std::ops::Range;

use offhook_sip::uri::{escaped, unescaped};

use super::{Pseudonyms, REDACTED, sdp};
use crate::capture::redact;

/// Longest user of a URI, with its password and parameters, that is looked for.
const MAX_USER: usize = 512;

/// Headers whose value is an address with a name before it, or several; with their compact forms.
const ADDRESSES: [&str; 24] = [
    "from",
    "f",
    "to",
    "t",
    "contact",
    "m",
    "refer-to",
    "r",
    "referred-by",
    "b",
    "reply-to",
    "route",
    "record-route",
    "path",
    "service-route",
    "p-asserted-identity",
    "p-preferred-identity",
    "p-called-party-id",
    "p-associated-uri",
    "p-served-user",
    "remote-party-id",
    "diversion",
    "history-info",
    "rpid",
];
/// Headers that say who telephones or about what, in a form of their own.
const PERSONAL: [&str; 6] = ["subject", "s", "organization", "identity", "y", "user-to-user"];
/// Messages, lists of parts, and headers of URIs that stand within each other.
const MAX_DEPTH: usize = 4;
/// What a URI ends at that stands in a text.
const STOPS: &[char] = &[' ', '\t', '\r', '\n', '<', '>', '"', ','];

/// A SIP message with pseudonyms for numbers and names.
pub(super) fn sip(message: &[u8], pseudonyms: &mut Pseudonyms) -> Vec<u8> {
    nested(message, 0, pseudonyms)
}

/// The same of a message that stands in so many others, or of what is told of one (message/sipfrag).
fn nested(message: &[u8], depth: usize, pseudonyms: &mut Pseudonyms) -> Vec<u8> {
    // Empty lines before the first one are to be overlooked (RFC 3261 7.5).
    let start = message.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let (empty, message) = message.split_at(start);
    let mut out = Vec::with_capacity(message.len() + 64);
    out.extend(empty);
    part_to(message, depth, pseudonyms, &mut out);
    out
}

/// A head and what it says of the body behind it.
fn part_to(part: &[u8], depth: usize, pseudonyms: &mut Pseudonyms, out: &mut Vec<u8>) {
    let (head, body) = part.split_at(redact::head_len(part));
    let shown = self::body(body, &content_type(head), depth, pseudonyms);
    lines_to(head, (shown.len() != body.len()).then_some(shown.len()), pseudonyms, out);
    out.extend(shown);
}

fn lines_to(head: &[u8], length: Option<usize>, pseudonyms: &mut Pseudonyms, out: &mut Vec<u8>) {
    let mut rest = head;
    while !rest.is_empty() {
        let (field, behind) = rest.split_at(redact::field_len(rest));
        rest = behind;
        let colon = field.iter().position(|byte| *byte == b':');
        // A name has no blanks; the first line has.
        let is_name = |name: &[u8]| !name.trim_ascii().iter().any(u8::is_ascii_whitespace);
        let (label, value) = field.split_at(colon.filter(|&at| is_name(&field[..at])).map_or(0, |at| at + 1));
        let name = String::from_utf8_lossy(label).trim_end_matches(':').trim().to_ascii_lowercase();
        let content = value.trim_ascii_end();
        out.extend(label);
        match (name.as_str(), length) {
            ("content-length" | "l", Some(length)) => out.extend(format!(" {length}").as_bytes()),
            _ => out.extend(header(&name, &unfolded(content), 0, pseudonyms)),
        }
        out.extend(&value[content.len()..]);
    }
}

/// A value in one line: names go on in the next one, too (RFC 3261 7.3.1).
fn unfolded(value: &[u8]) -> Cow<'_, [u8]> {
    let mut lines = value.split(|byte| *byte == b'\n');
    let first = lines.next().unwrap_or_default();
    if first.len() == value.len() {
        return Cow::Borrowed(value);
    }
    let mut whole = first.trim_ascii_end().to_vec();
    for line in lines {
        whole.push(b' ');
        whole.extend(line.trim_ascii());
    }
    Cow::Owned(whole)
}

fn content_type(head: &[u8]) -> String {
    let mut lines = head.split(|byte| *byte == b'\n').map(String::from_utf8_lossy);
    let found = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let name = name.trim();
        let matches = name.eq_ignore_ascii_case("content-type") || name.eq_ignore_ascii_case("c");
        matches.then(|| value.trim().to_owned())
    });
    found.unwrap_or_default()
}

fn body(body: &[u8], kind: &str, depth: usize, pseudonyms: &mut Pseudonyms) -> Vec<u8> {
    let lower = kind.to_ascii_lowercase();
    match lower.split(';').next().unwrap_or_default().trim() {
        "application/sdp" => uris(&sdp::sdp(body, pseudonyms), 0, pseudonyms),
        "message/sip" | "message/sipfrag" if depth < MAX_DEPTH => nested(body, depth + 1, pseudonyms),
        several if several.starts_with("multipart/") && depth < MAX_DEPTH => {
            let boundary = lower.find("boundary=").map(|at| &kind[at + "boundary=".len()..]);
            let boundary = boundary.map(|rest| match rest.strip_prefix('"') {
                Some(quoted) => quoted.split('"').next().unwrap_or_default(),
                None => rest.split(';').next().unwrap_or_default().trim_end(),
            });
            parts(body, boundary.unwrap_or_default(), depth + 1, pseudonyms)
        }
        _ => masked(body).collect(),
    }
}

/// Nobody knows what it says of whom; its shape stays.
fn masked(body: &[u8]) -> impl Iterator<Item = u8> {
    body.iter().map(|byte| if byte.is_ascii_alphanumeric() || *byte >= 0x80 { b'x' } else { *byte })
}

/// Parts with heads of their own, between lines with a boundary (RFC 2046 5.1.1).
fn parts(body: &[u8], boundary: &str, depth: usize, pseudonyms: &mut Pseudonyms) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() + 64);
    // Before the first boundary and behind the last one is nothing that is meant for anybody.
    let (mut within, mut begin, mut at) = (false, 0, 0);
    let mut end = |part: &[u8], within: bool, out: &mut Vec<u8>| {
        if !within {
            return out.extend(masked(part));
        }
        // The end of the line before a boundary is the boundary's.
        let content = part.strip_suffix(b"\n").map_or(part, |part| part.strip_suffix(b"\r").unwrap_or(part));
        part_to(content, depth, pseudonyms, out);
        out.extend(&part[content.len()..]);
    };
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let between = line.strip_prefix(b"--").and_then(|rest| rest.strip_prefix(boundary.as_bytes()));
        if let Some(rest @ (b"" | b"--")) = between.map(<[u8]>::trim_ascii_end).filter(|_| !boundary.is_empty()) {
            end(&body[begin..at], within, &mut out);
            out.extend(line);
            (within, begin) = (rest.is_empty(), at + line.len());
        }
        at += line.len();
    }
    end(&body[begin..], within, &mut out);
    out
}

/// The value of a header, which stands in so many others; `name` in lower case, empty for the first line.
fn header(name: &str, value: &[u8], depth: usize, pseudonyms: &mut Pseudonyms) -> Vec<u8> {
    match name {
        "authorization" | "proxy-authorization" => {
            credentials(&String::from_utf8_lossy(value), depth, pseudonyms).into_bytes()
        }
        name if PERSONAL.contains(&name) || name.starts_with("x-") => format!(" {REDACTED}").into_bytes(),
        name if ADDRESSES.contains(&name) => {
            let named = names(&String::from_utf8_lossy(value), pseudonyms);
            uris(named.as_bytes(), depth, pseudonyms)
        }
        _ => uris(value, depth, pseudonyms),
    }
}

/// Credentials with a pseudonym for the user.
fn credentials(value: &str, depth: usize, pseudonyms: &mut Pseudonyms) -> String {
    let mut shown = Vec::new();
    for part in outside_quotes(value, ',') {
        let (key, content) = part.split_once('=').unwrap_or((part, ""));
        let name = key.trim().rsplit(' ').next().unwrap_or_default();
        let inner = content.trim().trim_matches('"');
        shown.push(match name.to_ascii_lowercase().as_str() {
            "username" => format!("{key}=\"{}\"", pseudonyms.of(inner)),
            "username*" => format!("{key}={REDACTED}"),
            _ => String::from_utf8_lossy(&uris(part.as_bytes(), depth, pseudonyms)).into_owned(),
        });
    }
    shown.join(",")
}

/// The parts between separators that stand in neither quotes nor angle brackets.
fn outside_quotes(text: &str, separator: char) -> Vec<&str> {
    let (mut quoted, mut escaped, mut bracketed) = (false, false, false);
    let is_separator = |character: char| {
        let plain = !quoted && !bracketed;
        match character {
            _ if escaped => {
                escaped = false;
                return false;
            }
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '<' if plain => bracketed = true,
            '>' => bracketed &= quoted,
            _ => {}
        }
        plain && character == separator
    };
    text.split(is_separator).collect()
}

/// Addresses with pseudonyms for the names before them.
fn names(value: &str, pseudonyms: &mut Pseudonyms) -> String {
    let mut shown = Vec::new();
    for part in outside_quotes(value, ',') {
        let (name, address) = part.split_at(name_len(part));
        let blank = if part.starts_with(' ') { " " } else { "" };
        shown.push(match name.trim().trim_matches('"').trim() {
            "" => part.to_owned(),
            name => format!("{blank}\"{}\" {}", pseudonyms.of(name), address.trim_start()),
        });
    }
    shown.join(",")
}

/// How much of an address is the name before it. Brackets and quotes in its parameters begin none.
fn name_len(part: &str) -> usize {
    if let [name, _, ..] = outside_quotes(part, '<')[..] {
        return name.len();
    }
    let Some(quoted) = part.trim_start().strip_prefix('"') else { return 0 };
    let mut escaped = false;
    let closing = quoted.find(|character| {
        let closes = character == '"' && !escaped;
        escaped = character == '\\' && !escaped;
        closes
    });
    match closing {
        // An address without brackets.
        Some(at) => part.len() - quoted.len() + at + 1,
        // Nobody knows where the name was to end.
        None => part.find('<').unwrap_or(part.len()),
    }
}

/// A text with pseudonyms in the headers that URIs have for the requests to be made of them (RFC 3261 19.1.1).
fn carried<'a>(text: &'a str, depth: usize, pseudonyms: &mut Pseudonyms) -> Cow<'a, str> {
    if !text.contains('?') {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let (mut rest, mut bracketed) = (text, false);
    while let Some(first) = rest.chars().next() {
        // In brackets a URI ends where they close, whatever stands in it.
        let is_stop = |character: char| if bracketed { character == '>' } else { STOPS.contains(&character) };
        if is_stop(first) {
            shown.push(first);
            rest = &rest[first.len_utf8()..];
            bracketed = first == '<';
            continue;
        }
        let (uri, behind) = rest.split_at(rest.find(is_stop).unwrap_or(rest.len()));
        rest = behind;
        match uri.split_once('?') {
            Some((place, headers)) if is_sip(place) => {
                let headers: Vec<_> = headers.split('&').map(|one| carried_header(one, depth, pseudonyms)).collect();
                shown += &format!("{place}?{}", headers.join("&"));
            }
            _ => shown += uri,
        }
    }
    Cow::Owned(shown)
}

fn is_sip(uri: &str) -> bool {
    let lower = uri.to_ascii_lowercase();
    lower.contains("sip:") || lower.contains("sips:")
}

/// One header of a URI, which stays as it was written where it says nothing of anybody.
fn carried_header<'a>(header: &'a str, depth: usize, pseudonyms: &mut Pseudonyms) -> Cow<'a, str> {
    let (name, value) = header.split_once('=').unwrap_or((header, ""));
    let plain = unescaped(value);
    let shown = match unescaped(name).to_ascii_lowercase().as_str() {
        _ if depth >= MAX_DEPTH => REDACTED.into(),
        "body" => masked(plain.as_bytes()).collect(),
        name => self::header(name, plain.as_bytes(), depth + 1, pseudonyms),
    };
    let shown = String::from_utf8_lossy(&shown);
    match shown == plain {
        true => Cow::Borrowed(header),
        false => format!("{name}={}", escaped(shown.trim())).into(),
    }
}

/// A text with pseudonyms for the users of all SIP and telephone URIs in it.
fn uris(text: &[u8], depth: usize, pseudonyms: &mut Pseudonyms) -> Vec<u8> {
    let text = String::from_utf8_lossy(text);
    let text = carried(&text, depth, pseudonyms);
    let lower = text.to_ascii_lowercase();
    let mut shown = String::with_capacity(text.len());
    let mut done = 0;
    while let Some(user) = next_user(&text, &lower, done) {
        shown += &text[done..user.start];
        shown += &user_pseudonym(&text[user.clone()], pseudonyms);
        done = user.end;
        // A password behind the user's name is none of anybody's business.
        if text[done..].starts_with(':') {
            done += text[done..].find('@').unwrap_or(0);
        }
    }
    shown += &text[done..];
    shown.into_bytes()
}

/// Where the user of the next URI stands that has one.
fn next_user(text: &str, lower: &str, mut from: usize) -> Option<Range<usize>> {
    while let Some(colon) = lower[from..].find(':').map(|at| from + at) {
        from = colon + 1;
        let before = &lower[..colon];
        let Some(scheme) = ["sips", "sip", "tel"].into_iter().find(|scheme| before.ends_with(scheme)) else { continue };
        if before[..before.len() - scheme.len()].ends_with(|character: char| character.is_ascii_alphanumeric()) {
            continue;
        }
        let window = &text[from..text.floor_char_boundary(from.saturating_add(MAX_USER))];
        let uri = &window[..window.find(STOPS).unwrap_or(window.len())];
        let end = uri.find([';', '?', ':', '@']).unwrap_or(uri.len());
        // A SIP URI without an @ is a host's.
        if end > 0 && (scheme == "tel" || uri.contains('@')) {
            return Some(from..from + end);
        }
    }
    None
}

/// Of a user part, whose `+`, `*` and `#` may be escaped.
fn user_pseudonym(user: &str, pseudonyms: &mut Pseudonyms) -> String {
    let mut plain = user.to_owned();
    for (escaped, character) in [("%23", "#"), ("%2B", "+"), ("%2b", "+"), ("%2A", "*"), ("%2a", "*")] {
        plain = plain.replace(escaped, character);
    }
    pseudonyms.of(&plain).replace('#', "%23")
}
