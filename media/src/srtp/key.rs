//! Master keys: what SDP or a DTLS handshake gives, never shown.

use std::fmt;

use aws_lc_rs::hmac;

use super::Suite;

/// A master key and its salt for one direction.
#[derive(Clone, PartialEq, Eq)]
pub struct MasterKey {
    suite: Suite,
    octets: Box<[u8]>,
}

impl MasterKey {
    /// The key and the salt behind it, as `a=crypto` has them; `None` when the length is not the suite's.
    pub fn new(suite: Suite, key_and_salt: &[u8]) -> Option<Self> {
        let right = key_and_salt.len() == suite.key_len() + suite.salt_len();
        right.then(|| Self { suite, octets: key_and_salt.into() })
    }

    /// What it is a key for.
    pub fn suite(&self) -> Suite {
        self.suite
    }

    pub(crate) fn key_and_salt(&self) -> &[u8] {
        &self.octets
    }

    pub(super) fn key(&self) -> &[u8] {
        &self.octets[..self.suite.key_len()]
    }

    pub(super) fn salt(&self) -> &[u8] {
        &self.octets[self.suite.key_len()..]
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({}, ..)", self.suite.name())
    }
}

/// The master keys of what we send on one leg, one for each suite that may be agreed on.
///
/// A leg keeps them for its life, so that describing it again does not change the key in use.
#[derive(Clone)]
pub struct LocalKeys([u8; 32]);

impl LocalKeys {
    /// Keys from 32 random octets, which must come from a source fit for keys and serve no other leg.
    pub fn new(random: &[u8; 32]) -> Self {
        Self(*random)
    }

    /// The key for a suite.
    pub fn master_key(&self, suite: Suite) -> MasterKey {
        // One block of a pseudo-random function under a key nobody else has: independent of the others.
        let block = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA512, &self.0), suite.name().as_bytes());
        MasterKey { suite, octets: block.as_ref()[..suite.key_len() + suite.salt_len()].into() }
    }
}

impl fmt::Debug for LocalKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LocalKeys(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_the_same_for_a_leg_and_others_for_the_next() {
        let keys = LocalKeys::new(&[7; 32]);
        for suite in Suite::ALL {
            let key = keys.master_key(suite);
            assert_eq!(key.key_and_salt().len(), suite.key_len() + suite.salt_len());
            assert_eq!(key, LocalKeys::new(&[7; 32]).master_key(suite));
            assert_ne!(key, LocalKeys::new(&[8; 32]).master_key(suite));
        }
        let [a, b] = [Suite::Aes128CmSha1_80, Suite::Aes128CmSha1_32].map(|suite| keys.master_key(suite));
        assert_ne!(a.key_and_salt(), b.key_and_salt());
    }

    #[test]
    fn a_key_of_another_length_is_none() {
        assert!(MasterKey::new(Suite::Aes128CmSha1_80, &[0; 30]).is_some());
        assert!(MasterKey::new(Suite::Aes128CmSha1_80, &[0; 28]).is_none());
        assert!(MasterKey::new(Suite::AeadAes256Gcm, &[0; 46]).is_none());
        assert!(MasterKey::new(Suite::AeadAes256Gcm, &[]).is_none());
    }

    #[test]
    fn nothing_shows_a_key() {
        let keys = LocalKeys::new(&[0xab; 32]);
        let key = MasterKey::new(Suite::Aes128CmSha1_80, &[0xab; 30]).unwrap();
        let shown = format!("{keys:?} {key:?}");
        assert!(!shown.contains("171") && !shown.contains("ab, "), "{shown}");
    }
}
