//! Pseudonyms for numbers and names, where messages are to leave the server without them: the same for the same one.

mod influence;
mod sdp;
mod sip;
mod trace;

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use rustc_hash::FxHashMap;
use serde_json::Value;
use sha2::Sha256;

use super::trace::{MediaEvent, Trace};

/// What stands in the place of what is no number or name by itself.
const REDACTED: &str = "redacted";
/// Fields of the client protocol that say who telephones.
const PERSONAL: [&str; 10] = [
    "number",
    "shown",
    "name",
    "display_name",
    "username",
    "remote_office",
    "to",
    "transferring_to",
    "parked_at",
    "detail",
];
/// Fields with digits that were pressed: of a card, say. A pseudonym for each single one would be no secret.
const PRESSED: [&str; 2] = ["digits", "digit"];
/// Pseudonyms that are remembered, so that they need not be computed again.
const MAX_REMEMBERED: usize = 8192;
/// Longest text of which one is remembered.
const MAX_LENGTH: usize = 256;
/// More digits are no number.
const MAX_DIGITS: usize = 32;
/// Rounds of the permutation.
const ROUNDS: u8 = 10;

/// Gives numbers and names pseudonyms by a key: the same for the same one, also in another file, and different ones for
/// different numbers. A number stays a number of as many digits, so that its shape can be judged; names begin with
/// `name-`.
#[derive(Clone)]
pub struct Pseudonyms {
    key: [u8; 32],
    known: FxHashMap<Box<str>, Box<str>>,
}

impl fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl Pseudonyms {
    /// By a key that stays secret: whoever has it can find numbers by trying.
    pub fn new(key: [u8; 32]) -> Pseudonyms {
        Pseudonyms { key, known: FxHashMap::default() }
    }

    /// The pseudonym of a number or a name.
    pub fn of(&mut self, text: &str) -> String {
        if let Some(known) = self.known.get(text) {
            return known.to_string();
        }
        let pseudonym = self.compute(text);
        if text.len() <= MAX_LENGTH {
            if self.known.len() >= MAX_REMEMBERED {
                self.known.clear();
            }
            self.known.insert(text.into(), pseudonym.clone().into());
        }
        pseudonym
    }

    /// A SIP message with pseudonyms. Takes anything, since what arrives may be no message at all.
    pub fn sip(&mut self, message: &[u8]) -> Vec<u8> {
        sip::sip(message, self)
    }

    /// A message of the client protocol with pseudonyms. What is no JSON gives nothing.
    pub fn client(&mut self, message: &[u8]) -> String {
        let Ok(mut value) = serde_json::from_slice::<Value>(message) else { return String::new() };
        self.walk(&mut value);
        value.to_string()
    }

    /// What is said of an event of the audio, without digits that were pressed.
    pub fn media(event: MediaEvent, detail: &str) -> String {
        match event {
            MediaEvent::Digit | MediaEvent::DigitSent => pressed(detail),
            _ => detail.to_owned(),
        }
    }

    /// The name of a trace: the number that a call has here says nothing of anybody, a line's number or a Call-ID may.
    pub fn id(&mut self, trace: &Trace) -> String {
        let is_call = trace.caller.is_some() || trace.called.is_some();
        match is_call && trace.id.bytes().all(|octet| octet.is_ascii_digit()) {
            true => trace.id.clone(),
            false => self.of(&trace.id),
        }
    }

    /// The parser bounds how deep values are nested.
    fn walk(&mut self, value: &mut Value) {
        match value {
            Value::Array(values) => values.iter_mut().for_each(|value| self.walk(value)),
            Value::Object(fields) => {
                for (key, value) in fields {
                    match value {
                        Value::String(text) if key == "sdp" => {
                            *text = String::from_utf8_lossy(&sdp::sdp(text.as_bytes(), self)).into_owned();
                        }
                        Value::String(text) if PRESSED.contains(&key.as_str()) => *text = pressed(text),
                        Value::String(text) if PERSONAL.contains(&key.as_str()) => *text = self.of(text),
                        value => self.walk(value),
                    }
                }
            }
            _ => {}
        }
    }

    fn compute(&self, text: &str) -> String {
        let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_digit).map(|digit| digit - b'0').collect();
        let is_number = text.bytes().all(|b| b.is_ascii_digit() || b"+*#-./() ".contains(&b));
        if text.is_empty() || is_number && digits.is_empty() {
            return text.to_owned();
        }
        if !is_number || digits.len() > MAX_DIGITS {
            let hash = self.hash(0, 0, text.to_lowercase().as_bytes());
            return format!("name-{:08x}", hash as u32);
        }
        let mut digits = self.permuted(digits).into_iter();
        let place = |character: char| match character.is_ascii_digit() {
            true => digits.next().map_or(character, |digit| char::from(b'0' + digit)),
            false => character,
        };
        text.chars().map(place).collect()
    }

    /// Other digits, by a permutation of all numbers with as many: a Feistel network over decimal halves, as in FF1
    /// (NIST SP 800-38G).
    fn permuted(&self, digits: Vec<u8>) -> Vec<u8> {
        let length = digits.len() as u8;
        let (mut left, mut right) = (digits[..digits.len() / 2].to_vec(), digits[digits.len() / 2..].to_vec());
        for round in 0..ROUNDS {
            let modulus = 10_u128.pow(left.len() as u32);
            let number = left.iter().fold(0, |number, digit| number * 10 + u128::from(*digit));
            let mut sum = (number + self.hash(round + 1, length, &right) % modulus) % modulus;
            for place in left.iter_mut().rev() {
                *place = (sum % 10) as u8;
                sum /= 10;
            }
            std::mem::swap(&mut left, &mut right);
        }
        left.append(&mut right);
        left
    }

    fn hash(&self, round: u8, length: u8, text: &[u8]) -> u128 {
        let mut mac = match Hmac::<Sha256>::new_from_slice(&self.key) {
            Ok(mac) => mac,
            Err(error) => unreachable!("a key may have any length: {error}"),
        };
        mac.update(&[round, length]);
        mac.update(text);
        let hash = mac.finalize().into_bytes();
        hash.iter().take(16).fold(0, |number, octet| number << 8 | u128::from(*octet))
    }
}

/// What stands for digits that were pressed.
fn pressed(digits: &str) -> String {
    digits.chars().map(|_| '*').collect()
}

#[cfg(test)]
mod tests;
