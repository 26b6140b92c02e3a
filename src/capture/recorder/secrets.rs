//! Numbers with what somebody entered for a code: the PBX gets them, and nothing that is noted has them.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

/// Secrets of one call and of those that have had to do with it. When there are more, the oldest go.
const MAX_SECRETS: usize = 64;
/// A shorter number is looked for only where the user of a URI begins: it may be part of anything else.
const LONG: usize = 6;
/// Stands for each octet of what was entered. A SIP URI may have it (RFC 3261 25.1).
const HIDDEN: u8 = b'*';
/// The same where it was escaped.
const HIDDEN_ESCAPED: &[u8; 3] = b"%2A";

/// What is to be hidden in messages of a call.
#[derive(Debug, Default)]
pub(super) struct Secrets(Vec<Arc<Secret>>);

/// A number as it is dialled.
pub(super) struct Secret {
    dialled: Box<[u8]>,
    /// For each octet whether it was entered.
    entered: Box<[bool]>,
}

impl Secret {
    /// What is dialled, and the same as it may be told; all is hidden where the two cannot be laid beside each other.
    pub(super) fn new(dialled: &str, told: &str) -> Secret {
        let beside = dialled.len() == told.len();
        let entered = dialled.bytes().zip(told.bytes().chain(std::iter::repeat(HIDDEN)));
        Secret {
            entered: entered.map(|(dialled, told)| !beside || dialled != told).collect(),
            dialled: dialled.as_bytes().into(),
        }
    }

    /// Hides it in a text, whose length stays; none where it is not in it.
    fn masked(&self, text: &[u8]) -> Option<Vec<u8>> {
        let first = *self.dialled.first()?;
        let mut masked: Option<Vec<u8>> = None;
        let mut from = 0;
        while let Some(found) = memchr::memchr2(first, b'%', text.get(from..)?) {
            let at = from + found;
            from = at + 1;
            let begins_user = at > 0 && text[at - 1] == b':';
            let Some(octets) = self.written(text, at).filter(|_| begins_user || self.dialled.len() >= LONG) else {
                continue;
            };
            let masked = masked.get_or_insert_with(|| text.to_vec());
            for (octet, _) in octets.iter().zip(&self.entered).filter(|(_, entered)| **entered) {
                match octet.len() {
                    1 => masked[octet.start] = HIDDEN,
                    _ => masked[octet.clone()].copy_from_slice(HIDDEN_ESCAPED),
                }
            }
            from = octets.last().map_or(from, |last| last.end);
        }
        masked
    }

    /// Where each octet stands, as it is or escaped (RFC 3261 19.1.2), if it is written at a place.
    fn written(&self, text: &[u8], at: usize) -> Option<Vec<Range<usize>>> {
        let escaped = |at: usize| {
            let digits = text.get(at..at + 3)?.strip_prefix(b"%")?;
            u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
        };
        let mut octets = Vec::new();
        let mut at = at;
        for octet in &self.dialled {
            let length = match text.get(at) {
                Some(is) if is == octet => 1,
                _ if escaped(at) == Some(*octet) => HIDDEN_ESCAPED.len(),
                _ => return None,
            };
            octets.push(at..at + length);
            at += length;
        }
        Some(octets)
    }
}

impl Secrets {
    pub(super) fn add(&mut self, secret: Arc<Secret>) {
        if self.0.iter().any(|known| known.dialled == secret.dialled) {
            return;
        }
        if self.0.len() >= MAX_SECRETS {
            self.0.remove(0);
        }
        self.0.push(secret);
    }

    /// All of them, for another call.
    pub(super) fn all(&self) -> Vec<Arc<Secret>> {
        self.0.clone()
    }

    /// A text without them.
    pub(super) fn masked_text(&self, text: &mut String) {
        for secret in &self.0 {
            if let Some(masked) = secret.masked(text.as_bytes()) {
                *text = String::from_utf8_lossy(&masked).into_owned();
            }
        }
    }

    /// A message without them, of the same length.
    pub(super) fn masked(&self, message: Bytes) -> Bytes {
        let hide = |message: Bytes, secret: &Arc<Secret>| secret.masked(&message).map_or(message, Bytes::from);
        self.0.iter().fold(message, hide)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn masked(dialled: &str, told: &str, text: &str) -> String {
        let mut secrets = Secrets::default();
        secrets.add(Arc::new(Secret::new(dialled, told)));
        String::from_utf8(secrets.masked(Bytes::copy_from_slice(text.as_bytes())).to_vec()).unwrap()
    }

    #[test]
    fn a_number_is_hidden_however_it_is_written() {
        let shown = |text| masked("*601357#0089777", "*60****#0089777", text);
        assert_eq!(shown("INVITE sip:*601357%230089777@pbx SIP/2.0"), "INVITE sip:*60****%230089777@pbx SIP/2.0");
        assert_eq!(
            shown("uri=\"sip:*601357#0089777@pbx\", *601357#0089777"),
            "uri=\"sip:*60****#0089777@pbx\", *60****#0089777"
        );
        assert_eq!(shown("<tel:%2a60%31357%230089777>"), "<tel:%2a60%2A***%230089777>");
        assert_eq!(shown("sip:0*601357%230089777@pbx"), "sip:0*60****%230089777@pbx", "behind an access code");
        for text in ["sip:*601358%230089777@pbx", "*601357#", "%", "%2", "*601357%2", ""] {
            assert_eq!(shown(text), text);
        }
        // What is short stands for anything but where a URI begins.
        assert_eq!(masked("15", "1*", "INVITE sip:15@pbx:5061 15"), "INVITE sip:1*@pbx:5061 15");
        assert_eq!(masked("1357", "", "sip:1357@pbx"), "sip:****@pbx");
    }

    proptest! {
        #[test]
        fn lengths_stay_and_the_number_goes(before in "[ -~]{0,20}", behind in "[ -~]{0,20}", pin in "[0-9]{4}") {
            let dialled = format!("*60{pin}#0089777");
            let text = format!("{before}{dialled}{behind}");
            let shown = masked(&dialled, "*60****#0089777", &text);
            prop_assert_eq!(shown.len(), text.len());
            prop_assert!(!shown.contains(&dialled));
        }
    }
}
