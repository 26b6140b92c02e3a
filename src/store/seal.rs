//! Secrets at rest: AES-256-GCM with a key that is not in the database.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::config::Secret;
use crate::key_file::KEY_LEN;

/// Begins every sealed value; another way of sealing gets another one.
const VERSION: u8 = 1;

/// What a sealed value belongs to. Sealed for one, it opens for no other: nobody who writes to the database can give
/// one account the password of another.
#[derive(Debug, Clone, Copy)]
pub struct SecretOf<'a> {
    /// The object's kind.
    pub kind: &'a str,
    /// The object's id.
    pub id: &'a str,
    /// Which of its secrets.
    pub field: &'a str,
}

impl SecretOf<'_> {
    fn aad(&self) -> Aad<Vec<u8>> {
        // No text in either database can have a zero octet.
        Aad::from([self.kind, self.id, self.field].join("\0").into_bytes())
    }
}

/// Why a value cannot be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// No random numbers from the system.
    #[error("the system gives no random numbers")]
    Random,
    /// Another key, another place, or not a sealed value.
    #[error("the secret {field:?} of {kind} {id} cannot be opened with the key file, or was changed in the database")]
    Broken {
        /// The object's kind.
        kind: String,
        /// The object's id.
        id: String,
        /// Which of its secrets.
        field: String,
    },
}

/// Seals and opens with one key.
pub struct Seal(LessSafeKey);

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[seal]")
    }
}

impl Seal {
    /// With this key.
    pub fn new(key: &[u8; KEY_LEN]) -> Seal {
        let key = UnboundKey::new(&AES_256_GCM, key).expect("an AES-256 key has 32 octets");
        Seal(LessSafeKey::new(key))
    }

    /// Version, nonce, ciphertext, tag. Nonces are random: some four thousand million values may be sealed before two
    /// of them are likely to meet.
    pub fn seal(&self, of: SecretOf<'_>, value: &Secret) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).map_err(|_| SealError::Random)?;
        let mut text = value.expose().as_bytes().to_vec();
        let nonce_used = Nonce::assume_unique_for_key(nonce);
        // Fails only for more octets than fit into memory.
        self.0.seal_in_place_append_tag(nonce_used, of.aad(), &mut text).map_err(|_| broken(of))?;
        let mut sealed = Vec::with_capacity(1 + NONCE_LEN + text.len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&nonce);
        sealed.append(&mut text);
        Ok(sealed)
    }

    /// What was sealed.
    pub fn open(&self, of: SecretOf<'_>, sealed: &[u8]) -> Result<Secret, SealError> {
        self.text(of, sealed).map(Secret::new).ok_or_else(|| broken(of))
    }

    fn text(&self, of: SecretOf<'_>, sealed: &[u8]) -> Option<String> {
        let (&VERSION, rest) = sealed.split_first()? else { return None };
        let (nonce, text) = rest.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = text.to_vec();
        let text = self.0.open_in_place(nonce, of.aad(), &mut text).ok()?;
        String::from_utf8(text.to_vec()).ok()
    }
}

fn broken(of: SecretOf<'_>) -> SealError {
    SealError::Broken { kind: of.kind.into(), id: of.id.into(), field: of.field.into() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OF: SecretOf<'_> = SecretOf { kind: "user", id: "a", field: "password" };

    #[test]
    fn a_sealed_value_opens_in_its_own_place_with_its_own_key_only() {
        let seal = Seal::new(&[1; 32]);
        let secret = Secret::new("Passw\u{f6}rt");
        let sealed = seal.seal(OF, &secret).unwrap();
        assert_eq!(seal.open(OF, &sealed).unwrap(), secret);
        assert!(!sealed.windows(5).any(|window| window == b"Passw"), "it can be read");
        assert_ne!(seal.seal(OF, &secret).unwrap(), sealed, "the same again looks otherwise");
        for other in
            [SecretOf { kind: "administrator", ..OF }, SecretOf { id: "b", ..OF }, SecretOf { field: "totp", ..OF }]
        {
            assert!(seal.open(other, &sealed).is_err(), "{other:?}");
        }
        let error = Seal::new(&[2; 32]).open(OF, &sealed).unwrap_err().to_string();
        assert!(error.contains("password") && !error.contains("Passw\u{f6}rt"), "{error}");
        let mut newer = sealed.clone();
        newer[0] = VERSION + 1;
        assert!(seal.open(OF, &newer).is_err());
    }

    proptest! {
        #[test]
        fn nothing_changed_or_cut_off_opens(text: String, at: prop::sample::Index, bit in 0..8_u8) {
            let seal = Seal::new(&[1; 32]);
            let mut sealed = seal.seal(OF, &Secret::new(text.as_str())).unwrap();
            prop_assert_eq!(seal.open(OF, &sealed).unwrap(), Secret::new(text));
            let at = at.index(sealed.len());
            prop_assert!(seal.open(OF, &sealed[..at]).is_err());
            sealed[at] ^= 1 << bit;
            prop_assert!(seal.open(OF, &sealed).is_err());
        }
    }
}
