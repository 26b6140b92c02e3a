//! SIP messages.

use std::ops::Range;

use super::{Pseudonyms, REDACTED, sdp};

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
/// A SIP message with pseudonyms for numbers and names.
pub(super) fn sip(message: &[u8], pseudonyms: &mut Pseudonyms) -> Vec<u8> {
    let (head, body) = split(message);
    let shown = self::body(body, &content_type(head), pseudonyms);
    let mut out = Vec::with_capacity(message.len() + 64);
    lines_to(head, (shown.len() != body.len()).then_some(shown.len()), pseudonyms, &mut out);
    out.extend(shown);
    out
}

/// The first line and headers of a message, or of what is told of one (message/sipfrag).
fn lines(head: &[u8], pseudonyms: &mut Pseudonyms) -> Vec<u8> {
    let mut out = Vec::with_capacity(head.len() + 64);
    lines_to(head, None, pseudonyms, &mut out);
    out
}

fn lines_to(head: &[u8], length: Option<usize>, pseudonyms: &mut Pseudonyms, out: &mut Vec<u8>) {
    // A folded line belongs to the header before it (RFC 3261 7.3.1).
    let mut name = String::new();
    for (index, line) in head.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let folded = index > 0 && matches!(line.first(), Some(b' ' | b'\t'));
        let colon = line.iter().position(|byte| *byte == b':').filter(|_| index > 0 && !folded);
        if !folded {
            name = String::from_utf8_lossy(line[..colon.unwrap_or(0)].trim_ascii()).to_ascii_lowercase();
        }
        let (label, value) = line.split_at(colon.map_or(0, |at| at + 1));
        out.extend(label);
        let content = value.trim_ascii_end();
        match (name.as_str(), length) {
            ("content-length" | "l", Some(length)) => out.extend(format!(" {length}").as_bytes()),
            _ => out.extend(header(&name, content, pseudonyms)),
        }
        out.extend(&value[content.len()..]);
    }
}

/// Head with the empty line behind it, and body.
fn split(message: &[u8]) -> (&[u8], &[u8]) {
    let mut at = 0;
    for line in message.split_inclusive(|byte| *byte == b'\n') {
        at += line.len();
        if at > line.len() && line.trim_ascii().is_empty() {
            break;
        }
    }
    message.split_at(at)
}

fn content_type(head: &[u8]) -> String {
    let lines = head.split(|byte| *byte == b'\n').map(String::from_utf8_lossy);
    let types = lines.filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        let name = name.trim();
        let matches = name.eq_ignore_ascii_case("content-type") || name.eq_ignore_ascii_case("c");
        matches.then(|| value.trim().to_ascii_lowercase())
    });
    types.last().unwrap_or_default()
}

fn body(body: &[u8], kind: &str, pseudonyms: &mut Pseudonyms) -> Vec<u8> {
    match kind {
        // Parts with headers of their own: what is SDP in them has lines like it.
        _ if kind.contains("sdp") || kind.starts_with("multipart/") => uris(&sdp::sdp(body, pseudonyms), pseudonyms),
        _ if kind.starts_with("message/sip") => lines(body, pseudonyms),
        // Nobody knows what it says of whom; its shape stays.
        _ => body.iter().map(|byte| if byte.is_ascii_alphanumeric() || *byte >= 0x80 { b'x' } else { *byte }).collect(),
    }
}

/// The value of a header; `name` in lower case, empty for the first line.
fn header(name: &str, value: &[u8], pseudonyms: &mut Pseudonyms) -> Vec<u8> {
    match name {
        "authorization" | "proxy-authorization" => {
            credentials(&String::from_utf8_lossy(value), pseudonyms).into_bytes()
        }
        name if PERSONAL.contains(&name) || name.starts_with("x-") => format!(" {REDACTED}").into_bytes(),
        name if ADDRESSES.contains(&name) => {
            let named = names(&String::from_utf8_lossy(value), pseudonyms);
            uris(named.as_bytes(), pseudonyms)
        }
        _ => uris(value, pseudonyms),
    }
}

/// Credentials with a pseudonym for the user.
fn credentials(value: &str, pseudonyms: &mut Pseudonyms) -> String {
    let mut shown = Vec::new();
    for part in outside_quotes(value, ',') {
        let (key, content) = part.split_once('=').unwrap_or((part, ""));
        let name = key.trim().rsplit(' ').next().unwrap_or_default();
        let inner = content.trim().trim_matches('"');
        shown.push(match name.to_ascii_lowercase().as_str() {
            "username" => format!("{key}=\"{}\"", pseudonyms.of(inner)),
            "username*" => format!("{key}={REDACTED}"),
            _ => String::from_utf8_lossy(&uris(part.as_bytes(), pseudonyms)).into_owned(),
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
        let quoted_end = part.trim_start().strip_prefix('"').and_then(|rest| rest.rfind('"')).unwrap_or(0);
        let open = part.char_indices().find(|(at, character)| *character == '<' && *at >= quoted_end);
        shown.push(match open {
            Some((at, _)) if !part[..at].trim().is_empty() => {
                let name = part[..at].trim().trim_matches('"').trim();
                let blank = if part.starts_with(' ') { " " } else { "" };
                match name {
                    "" => part.to_owned(),
                    name => format!("{blank}\"{}\" {}", pseudonyms.of(name), &part[at..]),
                }
            }
            _ => part.to_owned(),
        });
    }
    shown.join(",")
}

/// A text with pseudonyms for the users of all SIP and telephone URIs in it.
fn uris(text: &[u8], pseudonyms: &mut Pseudonyms) -> Vec<u8> {
    let text = String::from_utf8_lossy(text);
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
    const STOPS: &[char] = &[' ', '\t', '\r', '\n', '<', '>', '"', ','];
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
