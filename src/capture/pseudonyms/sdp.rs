//! Session descriptions.

use super::{Pseudonyms, REDACTED};

/// A description that says of nobody who it is: its author, its title and how to get at somebody.
pub(super) fn sdp(text: &[u8], pseudonyms: &mut Pseudonyms) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let content = line.trim_ascii_end();
        let text = String::from_utf8_lossy(content);
        let shown = match text.split_once('=') {
            Some(("o", value)) => match value.split_once(' ') {
                Some((user, rest)) if user != "-" => format!("o={} {rest}", pseudonyms.of(user)),
                _ => text.into_owned(),
            },
            Some((key @ ("s" | "i" | "e" | "p" | "u"), value)) if value.trim().len() > 1 => format!("{key}={REDACTED}"),
            _ => {
                out.extend(line);
                continue;
            }
        };
        out.extend(shown.as_bytes());
        out.extend(&line[content.len()..]);
    }
    out
}
