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
/// Parameters of credentials that a password could be found by.
const PROOFS: [&str; 5] = ["response", "nonce", "cnonce", "opaque", "rspauth"];

/// A SIP message without what proves a password, and without the keys of its audio; with pseudonyms for numbers and
/// names where they are wanted. Takes anything, since what arrives may be no message at all.
pub fn sip(message: &[u8], mut pseudonyms: Option<&mut Pseudonyms>) -> Vec<u8> {
    let (head, body) = split(message);
    let kind = content_type(head);
    let shown = self::body(body, &kind, pseudonyms.as_deref_mut());
    let mut out = Vec::with_capacity(message.len() + 64);
    // A folded line belongs to the header before it (RFC 3261 7.3.1).
    let mut name = String::new();
    for (index, line) in head.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let folded = index > 0 && matches!(line.first(), Some(b' ' | b'\t'));
        if !folded {
            let end = line.iter().position(|byte| *byte == b':').filter(|_| index > 0).unwrap_or(0);
            name = String::from_utf8_lossy(line[..end].trim_ascii()).to_ascii_lowercase();
        }
        let (label, value) = match (folded, name.is_empty()) {
            (false, false) => line.split_at(line.iter().position(|byte| *byte == b':').map_or(0, |at| at + 1)),
            _ => (&[][..], line),
        };
        out.extend(label);
        let content = value.trim_ascii_end();
        let end = &value[content.len()..];
        match name.as_str() {
            "content-length" | "l" if shown.len() != body.len() => {
                out.extend(format!(" {}", shown.len()).as_bytes());
            }
            _ => out.extend(header(&name, content, pseudonyms.as_deref_mut())),
        }
        out.extend(end);
    }
    out.extend(shown);
    out
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

fn body(body: &[u8], kind: &str, mut pseudonyms: Option<&mut Pseudonyms>) -> Vec<u8> {
    match kind {
        // Parts with headers of their own: what is SDP in them has lines like it.
        _ if kind.contains("sdp") || kind.starts_with("multipart/") => {
            let shown = sdp::sdp(body, pseudonyms.as_deref_mut());
            pseudonyms.map(|pseudonyms| uris(&shown, pseudonyms)).unwrap_or(shown)
        }
        _ if kind.starts_with("message/sip") => sip(body, pseudonyms),
        _ if pseudonyms.is_none() => body.to_vec(),
        // Nobody knows what it says of whom; its shape stays.
        _ => body.iter().map(|byte| if byte.is_ascii_alphanumeric() || *byte >= 0x80 { b'x' } else { *byte }).collect(),
    }
}

/// The value of a header; `name` in lower case, empty for the first line.
fn header(name: &str, value: &[u8], pseudonyms: Option<&mut Pseudonyms>) -> Vec<u8> {
    match (name, pseudonyms) {
        ("authorization" | "proxy-authorization" | "authentication-info" | "proxy-authentication-info", pseudonyms) => {
            credentials(&String::from_utf8_lossy(value), pseudonyms).into_bytes()
        }
        (_, None) => value.to_vec(),
        (name, Some(_)) if PERSONAL.contains(&name) || name.starts_with("x-") => format!(" {REDACTED}").into_bytes(),
        (name, Some(pseudonyms)) if ADDRESSES.contains(&name) => {
            let named = names(&String::from_utf8_lossy(value), pseudonyms);
            uris(named.as_bytes(), pseudonyms)
        }
        (_, Some(pseudonyms)) => uris(value, pseudonyms),
    }
}

/// Credentials without what proves the password. Those that are no digest are a secret as a whole.
fn credentials(value: &str, mut pseudonyms: Option<&mut Pseudonyms>) -> String {
    let trimmed = value.trim_start();
    let scheme = trimmed.split([' ', ',']).next().unwrap_or_default();
    let parameters = trimmed.contains('=') && (scheme.eq_ignore_ascii_case("digest") || scheme.contains('='));
    if !parameters {
        return format!(" {scheme} {REDACTED}");
    }
    let mut shown = String::with_capacity(value.len());
    for part in outside_quotes(value, ',') {
        let (key, content) = part.split_once('=').unwrap_or((part, ""));
        let name = key.trim().rsplit(' ').next().unwrap_or_default().to_ascii_lowercase();
        let inner = content.trim().trim_matches('"');
        let quoted = content.trim().starts_with('"');
        let instead = match (name.as_str(), pseudonyms.as_deref_mut()) {
            (name, _) if PROOFS.contains(&name) => Some(REDACTED.to_owned()),
            ("username" | "username*", Some(pseudonyms)) => Some(pseudonyms.of(inner)),
            ("uri", Some(pseudonyms)) => {
                Some(String::from_utf8_lossy(&uris(inner.as_bytes(), pseudonyms)).into_owned())
            }
            _ => None,
        };
        if !shown.is_empty() {
            shown.push(',');
        }
        match instead {
            Some(instead) if quoted => shown += &format!("{key}=\"{instead}\""),
            Some(instead) => shown += &format!("{key}={instead}"),
            None => shown += part,
        }
    }
    shown
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
