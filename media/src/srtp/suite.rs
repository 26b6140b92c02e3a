//! The crypto suites and their sizes.

/// How RTP and RTCP are encrypted and authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Suite {
    /// AES-128 in counter mode, tag of 80 bits (RFC 4568 section 6.2.1). Every implementation has it.
    Aes128CmSha1_80,
    /// AES-128 in counter mode, tag of 32 bits in RTP, 80 in RTCP (RFC 4568 section 6.2.2).
    Aes128CmSha1_32,
    /// AES-256 in counter mode, tag of 80 bits (RFC 6188).
    Aes256CmSha1_80,
    /// AES-256 in counter mode, tag of 32 bits in RTP, 80 in RTCP (RFC 6188).
    Aes256CmSha1_32,
    /// AES-128 in Galois/counter mode, tag of 128 bits (RFC 7714).
    AeadAes128Gcm,
    /// AES-256 in Galois/counter mode, tag of 128 bits (RFC 7714).
    AeadAes256Gcm,
}

impl Suite {
    /// Every suite in the order in which we offer them: strongest first, short tags last.
    pub const ALL: [Suite; 6] = [
        Suite::AeadAes256Gcm,
        Suite::AeadAes128Gcm,
        Suite::Aes256CmSha1_80,
        Suite::Aes128CmSha1_80,
        Suite::Aes256CmSha1_32,
        Suite::Aes128CmSha1_32,
    ];

    /// The name in `a=crypto`.
    pub fn name(self) -> &'static str {
        match self {
            Suite::Aes128CmSha1_80 => "AES_CM_128_HMAC_SHA1_80",
            Suite::Aes128CmSha1_32 => "AES_CM_128_HMAC_SHA1_32",
            Suite::Aes256CmSha1_80 => "AES_256_CM_HMAC_SHA1_80",
            Suite::Aes256CmSha1_32 => "AES_256_CM_HMAC_SHA1_32",
            Suite::AeadAes128Gcm => "AEAD_AES_128_GCM",
            Suite::AeadAes256Gcm => "AEAD_AES_256_GCM",
        }
    }

    /// The suite with this name in `a=crypto`, in whatever case.
    pub fn named(name: &str) -> Option<Suite> {
        Suite::ALL.into_iter().find(|suite| suite.name().eq_ignore_ascii_case(name))
    }

    /// Octets of the master key.
    pub fn key_len(self) -> usize {
        match self {
            Suite::Aes128CmSha1_80 | Suite::Aes128CmSha1_32 | Suite::AeadAes128Gcm => 16,
            Suite::Aes256CmSha1_80 | Suite::Aes256CmSha1_32 | Suite::AeadAes256Gcm => 32,
        }
    }

    /// Octets of the master salt.
    pub fn salt_len(self) -> usize {
        if self.is_aead() { 12 } else { 14 }
    }

    /// Octets of the tag of an RTP packet.
    pub(super) fn tag_len(self) -> usize {
        match self {
            Suite::Aes128CmSha1_80 | Suite::Aes256CmSha1_80 => 10,
            Suite::Aes128CmSha1_32 | Suite::Aes256CmSha1_32 => 4,
            Suite::AeadAes128Gcm | Suite::AeadAes256Gcm => 16,
        }
    }

    pub(super) fn is_aead(self) -> bool {
        matches!(self, Suite::AeadAes128Gcm | Suite::AeadAes256Gcm)
    }
}
