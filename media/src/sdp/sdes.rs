//! `a=crypto`: keys in the description itself (RFC 4568).

use std::fmt;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::srtp::{MasterKey, Suite};

/// Some phones leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
/// Tags have up to nine digits (RFC 4568 section 9.1).
const MAX_TAG: u32 = 999_999_999;

/// One `a=crypto` line that we can follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crypto {
    /// Tells the lines of one media line apart.
    pub tag: u32,
    /// The key of what the writer of the line sends.
    pub key: MasterKey,
}

impl Crypto {
    /// Reads the value of the attribute. `None` for what we cannot follow, as well as for what is malformed: other
    /// suites, several keys or keys with an identifier (MKI), and parameters that leave something unprotected or
    /// change how keys are derived.
    pub fn parse(value: &str) -> Option<Self> {
        let mut words = value.split_ascii_whitespace();
        let tag = words.next()?.parse().ok().filter(|tag| *tag <= MAX_TAG)?;
        let suite = Suite::named(words.next()?)?;
        let (method, info) = words.next()?.split_once(':')?;
        if !method.eq_ignore_ascii_case("inline") || info.contains(';') || !words.all(is_harmless) {
            return None;
        }
        let mut parts = info.split('|');
        let mut octets = [0; 64];
        let length = BASE64.decode_slice(parts.next()?, &mut octets).ok()?;
        let key = MasterKey::new(suite, &octets[..length])?;
        // A lifetime says when its writer gives another key; nothing follows for us. An MKI has a colon.
        (parts.clone().count() <= 1 && parts.all(is_lifetime)).then_some(Self { tag, key })
    }
}

/// The value of the attribute, key included: for descriptions only.
pub(super) struct Written<'a>(pub(super) &'a Crypto);

impl fmt::Display for Written<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Crypto { tag, key } = self.0;
        write!(f, "{tag} {} inline:{}", key.suite().name(), BASE64.encode(key.key_and_salt()))
    }
}

/// Whether a session parameter (RFC 4568 section 6.3) leaves everything as it is without it.
fn is_harmless(parameter: &str) -> bool {
    let name = parameter.split('=').next().unwrap_or_default();
    // WSH only hints at the size of a window. What begins with "-" may be ignored where it is not known.
    parameter == "KDR=0" || name == "WSH" || name.starts_with('-')
}

fn is_lifetime(text: &str) -> bool {
    let digits = text.strip_prefix("2^").unwrap_or(text);
    !digits.is_empty() && digits.len() <= 15 && digits.bytes().all(|byte| byte.is_ascii_digit())
}
