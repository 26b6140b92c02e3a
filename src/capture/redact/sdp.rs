//! Session descriptions.

use super::{Pseudonyms, REDACTED};

/// A description without keys: those of SRTP (RFC 4568) become `A`s of the same number, so that it can still be read.
pub(super) fn sdp(text: &[u8], mut pseudonyms: Option<&mut Pseudonyms>) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        self::line(line, pseudonyms.as_deref_mut(), &mut out);
    }
    out
}

fn line(line: &[u8], pseudonyms: Option<&mut Pseudonyms>, out: &mut Vec<u8>) {
    let content = line.trim_ascii_end();
    let end = &line[content.len()..];
    let text = String::from_utf8_lossy(content);
    let shown = match text.split_once('=') {
        Some(("a", value)) if starts(value, "crypto:") => keyless(&text),
        Some(("a", value)) if starts(value, "ice-pwd:") => {
            let (name, value) = text.split_once(':').unwrap_or((&text, ""));
            format!("{name}:{}", "x".repeat(value.len()))
        }
        Some(("k", value)) => match value.split_once(':') {
            Some((method, _)) => format!("k={method}:{REDACTED}"),
            None => text.into_owned(),
        },
        Some(("o", value)) => match (pseudonyms, value.split_once(' ')) {
            (Some(pseudonyms), Some((user, rest))) if user != "-" => format!("o={} {rest}", pseudonyms.of(user)),
            _ => text.into_owned(),
        },
        Some((key @ ("s" | "i" | "e" | "p" | "u"), value)) if pseudonyms.is_some() && value.trim().len() > 1 => {
            format!("{key}={REDACTED}")
        }
        _ => return out.extend(line),
    };
    out.extend(shown.as_bytes());
    out.extend(end);
}

fn starts(value: &str, prefix: &str) -> bool {
    value.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// `inline:` is followed by key and salt, up to a bar, another set behind a semicolon, or a parameter behind a blank.
fn keyless(text: &str) -> String {
    let mut in_key = false;
    let mut shown = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        in_key &= !matches!(character, '|' | ';' | ' ');
        shown.push(if in_key && character != '=' { 'A' } else { character });
        in_key |= character == ':' && text[..at].to_ascii_lowercase().ends_with("inline");
    }
    shown
}
