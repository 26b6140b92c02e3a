//! Codes of authenticator apps: time-based one-time passwords (RFC 6238) with SHA-1, six digits and steps of 30 s, which is
//! what every app can.

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

/// Octets of a secret (RFC 4226, section 4, R6: 160 bits are recommended).
pub const SECRET: usize = 20;
/// Seconds of a step.
const STEP: u64 = 30;
/// Digits of a code.
const DIGITS: usize = 6;
/// Steps before and after the present one whose codes are taken, too (RFC 6238, section 5.2): clocks differ, people type.
const SKEW: u64 = 1;

/// The code of a step (RFC 4226, section 5.3).
fn code(secret: &[u8], step: u64) -> u32 {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).expect("a key of HMAC has any length");
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let offset = usize::from(hash[19] & 0x0f);
    let word = u32::from_be_bytes([hash[offset], hash[offset + 1], hash[offset + 2], hash[offset + 3]]);
    (word & 0x7fff_ffff) % 10_u32.pow(DIGITS as u32)
}

/// The step that a code belongs to, of those that count now and come after the one that was used last. A code is taken once
/// (RFC 6238, section 5.2).
pub fn step_of(secret: &[u8], typed: &str, unix_now: i64, used: Option<u64>) -> Option<u64> {
    if typed.len() != DIGITS || !typed.bytes().all(|octet| octet.is_ascii_digit()) {
        return None;
    }
    let typed: u32 = typed.parse().ok()?;
    let now = u64::try_from(unix_now).ok()? / STEP;
    let steps = now.saturating_sub(SKEW)..=now + SKEW;
    // All are calculated, so that the time says nothing of which it was.
    let counts = |step| (code(secret, step) == typed) & used.is_none_or(|used| step > used);
    steps.fold(None, |found, step| if counts(step) { Some(step) } else { found })
}

/// A secret as people type it into an app.
pub fn shown(secret: &[u8]) -> String {
    BASE32_NOPAD.encode(secret)
}

/// A secret as an app reads it from a QR code.
pub fn url(issuer: &str, login: &str, secret: &[u8]) -> String {
    let (issuer, login) = (escaped(issuer), escaped(login));
    format!("otpauth://totp/{issuer}:{login}?secret={}&issuer={issuer}", shown(secret))
}

/// Text as a part of a URL (RFC 3986, section 2.1).
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for octet in text.bytes() {
        match octet {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => escaped.push(octet.into()),
            _ => escaped += &format!("%{octet:02X}"),
        }
    }
    escaped
}

/// The code of a moment, as an app shows it.
#[cfg(test)]
pub(crate) fn code_at(secret: &[u8], unix_now: i64) -> String {
    format!("{:06}", code(secret, unix_now as u64 / STEP))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn codes_are_those_of_the_rfc() {
        // RFC 6238, appendix B: the last six of its eight digits.
        let secret = b"12345678901234567890";
        for (time, wanted) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(format!("{:06}", code(secret, time / STEP)), wanted, "at {time}");
            assert_eq!(step_of(secret, wanted, time as i64, None), Some(time / STEP));
        }
    }

    #[test]
    fn an_app_is_told_all_it_needs() {
        assert_eq!(
            url("Büro 1", "anna@example.com", b"12345678901234567890"),
            "otpauth://totp/B%C3%BCro%201:anna%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=B%C3%BCro%201"
        );
    }

    proptest! {
        #[test]
        fn a_code_counts_a_step_early_and_late_and_once(secret: [u8; SECRET], now in 1_000_i64..40_000_000_000, off in -3_i64..=3) {
            let step = (now / 30 + off) as u64;
            let typed = format!("{:06}", code(&secret, step));
            let found = step_of(&secret, &typed, now, None);
            // Six digits may be those of a neighbouring step, too, once in a great while.
            if off.abs() <= 1 {
                prop_assert!(found.is_some_and(|found| found >= step));
                prop_assert!(step_of(&secret, &typed, now, found).is_none(), "it was used");
                prop_assert!(step_of(&secret, &typed, now, Some(step - 1)).is_some());
            } else if let Some(found) = found {
                prop_assert_eq!(code(&secret, found), code(&secret, step));
            }
        }

        #[test]
        fn nothing_but_six_digits_is_a_code(secret: [u8; SECRET], typed in "[0-9]{0,5}|[0-9]{7,9}|[+-][0-9]{5}|\\PC{6}") {
            prop_assume!(typed.len() != 6 || !typed.bytes().all(|octet| octet.is_ascii_digit()));
            prop_assert_eq!(step_of(&secret, &typed, 1_000_000, None), None);
        }
    }
}
