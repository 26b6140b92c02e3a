//! Session keys and what is done to one packet with them.

use aws_lc_rs::aead::{self, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{self, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;

use super::{MasterKey, Suite};

/// What the session keys are for: each has labels of its own (RFC 3711 section 4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Rtp,
    Rtcp,
}

/// The session keys of one direction, for RTP or for RTCP.
pub(super) enum Cipher {
    /// Counter mode with a tag by HMAC-SHA1 (RFC 3711, RFC 6188).
    Cm { key: Box<EncryptingKey>, salt: [u8; 14], mac: Box<hmac::Key>, tag: usize },
    /// Galois/counter mode (RFC 7714).
    Gcm { key: Box<LessSafeKey>, salt: [u8; 12] },
}

impl Cipher {
    /// Derives the session keys. The library refuses only keys of a wrong length, which a [`MasterKey`] never has.
    pub(super) fn new(master: &MasterKey, purpose: Purpose) -> Result<Self, Unspecified> {
        let suite = master.suite();
        let first = match purpose {
            Purpose::Rtp => 0,
            Purpose::Rtcp => 3,
        };
        let mut key = [0; 32];
        let key = &mut key[..suite.key_len()];
        let mut salt = [0; 14];
        let salt = &mut salt[..suite.salt_len()];
        derive(master, first, key)?;
        derive(master, first + 2, salt)?;
        if suite.is_aead() {
            return Self::gcm(suite, key, salt);
        }
        let mut mac = [0; 20];
        derive(master, first + 1, &mut mac)?;
        let tag = match purpose {
            Purpose::Rtp => suite.tag_len(),
            // RFC 3711 section 5.2: RTCP keeps the long tag also where RTP has a short one.
            Purpose::Rtcp => 10,
        };
        Ok(Self::Cm {
            key: Box::new(counter_mode(key)?),
            salt: (&*salt).try_into().map_err(|_| Unspecified)?,
            mac: Box::new(hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &mac)),
            tag,
        })
    }

    fn gcm(suite: Suite, key: &[u8], salt: &[u8]) -> Result<Self, Unspecified> {
        let algorithm = if suite.key_len() == 16 { &aead::AES_128_GCM } else { &aead::AES_256_GCM };
        Ok(Self::Gcm {
            key: Box::new(LessSafeKey::new(UnboundKey::new(algorithm, key)?)),
            salt: salt.try_into().map_err(|_| Unspecified)?,
        })
    }

    /// Octets that [`Cipher::seal_rtp`] adds.
    pub(super) fn tag_len(&self) -> usize {
        match self {
            Self::Cm { tag, .. } => *tag,
            Self::Gcm { .. } => 16,
        }
    }

    /// Encrypts the RTP packet that begins at `start`, its payload at `payload`, and appends the tag.
    pub(super) fn seal_rtp(
        &self,
        buffer: &mut Vec<u8>,
        start: usize,
        payload: usize,
        index: u64,
    ) -> Result<(), Unspecified> {
        let ssrc = ssrc_at(&buffer[start + 8..])?;
        match self {
            Self::Cm { key, salt, mac, tag } => {
                apply(key, counter_block(salt, ssrc, index), &mut buffer[payload..])?;
                let mut context = hmac::Context::with_key(mac);
                context.update(&buffer[start..]);
                context.update(&rollover(index));
                buffer.extend_from_slice(&context.sign().as_ref()[..*tag]);
            }
            Self::Gcm { key, salt } => {
                let (head, body) = buffer[start..].split_at_mut(payload - start);
                let nonce = Nonce::assume_unique_for_key(rtp_nonce(salt, ssrc, index));
                let tag = key.seal_in_place_separate_tag(nonce, Aad::from(&*head), body)?;
                buffer.extend_from_slice(tag.as_ref());
            }
        }
        Ok(())
    }

    /// Verifies and decrypts an RTP packet whose payload begins at `payload`, and takes the tag off. What is left in
    /// the buffer after an error is of no use.
    pub(super) fn open_rtp(&self, packet: &mut Vec<u8>, payload: usize, index: u64) -> Result<(), Unspecified> {
        let ssrc = ssrc_at(packet.get(8..).ok_or(Unspecified)?)?;
        let end = packet
            .len()
            .checked_sub(self.tag_len())
            .filter(|end| *end >= payload && payload >= 12)
            .ok_or(Unspecified)?;
        match self {
            Self::Cm { key, salt, mac, tag } => {
                let mut context = hmac::Context::with_key(mac);
                context.update(&packet[..end]);
                context.update(&rollover(index));
                verify_slices_are_equal(&context.sign().as_ref()[..*tag], &packet[end..])?;
                apply(key, counter_block(salt, ssrc, index), &mut packet[payload..end])?;
            }
            Self::Gcm { key, salt } => {
                let (head, body) = packet.split_at_mut(payload);
                let nonce = Nonce::assume_unique_for_key(rtp_nonce(salt, ssrc, index));
                key.open_in_place(nonce, Aad::from(&*head), body)?;
            }
        }
        packet.truncate(end);
        Ok(())
    }

    /// Encrypts the compound RTCP packet that begins at `start`; appends index and tag (RFC 3711 section 3.4).
    pub(super) fn seal_rtcp(&self, buffer: &mut Vec<u8>, start: usize, index: u32) -> Result<(), Unspecified> {
        let ssrc = ssrc_at(&buffer[start + 4..])?;
        let word = (ENCRYPTED | index).to_be_bytes();
        match self {
            Self::Cm { key, salt, mac, tag } => {
                apply(key, counter_block(salt, ssrc, index.into()), &mut buffer[start + RTCP_CLEAR..])?;
                buffer.extend_from_slice(&word);
                let signed = hmac::sign(mac, &buffer[start..]);
                buffer.extend_from_slice(&signed.as_ref()[..*tag]);
            }
            Self::Gcm { key, salt } => {
                let (head, body) = buffer[start..].split_at_mut(RTCP_CLEAR);
                let nonce = Nonce::assume_unique_for_key(rtcp_nonce(salt, ssrc, index));
                let tag = key.seal_in_place_separate_tag(nonce, Aad::from(rtcp_aad(head, word)?), body)?;
                buffer.extend_from_slice(tag.as_ref());
                buffer.extend_from_slice(&word);
            }
        }
        Ok(())
    }

    /// The index in an SRTCP packet; an error for one that is too short, or says that it is not encrypted.
    pub(super) fn rtcp_index(&self, packet: &[u8]) -> Result<u32, Unspecified> {
        let behind = match self {
            Self::Cm { tag, .. } => *tag,
            Self::Gcm { .. } => 0,
        };
        if packet.len() < RTCP_CLEAR + self.tag_len() + 4 {
            return Err(Unspecified);
        }
        let (_, word) = packet[..packet.len() - behind].split_last_chunk::<4>().ok_or(Unspecified)?;
        let word = u32::from_be_bytes(*word);
        (word & ENCRYPTED != 0).then_some(word & !ENCRYPTED).ok_or(Unspecified)
    }

    /// Verifies and decrypts an SRTCP packet with the index that [`Cipher::rtcp_index`] found.
    pub(super) fn open_rtcp(&self, packet: &mut Vec<u8>, index: u32) -> Result<(), Unspecified> {
        let ssrc = ssrc_at(packet.get(4..).ok_or(Unspecified)?)?;
        let end = packet.len().checked_sub(self.tag_len() + 4).filter(|end| *end >= RTCP_CLEAR).ok_or(Unspecified)?;
        match self {
            Self::Cm { key, salt, mac, tag } => {
                let signed = hmac::sign(mac, &packet[..end + 4]);
                verify_slices_are_equal(&signed.as_ref()[..*tag], &packet[end + 4..])?;
                apply(key, counter_block(salt, ssrc, index.into()), &mut packet[RTCP_CLEAR..end])?;
            }
            Self::Gcm { key, salt } => {
                let sealed = packet.len() - 4;
                let (head, body) = packet[..sealed].split_at_mut(RTCP_CLEAR);
                let nonce = Nonce::assume_unique_for_key(rtcp_nonce(salt, ssrc, index));
                let aad = rtcp_aad(head, (ENCRYPTED | index).to_be_bytes())?;
                key.open_in_place(nonce, Aad::from(aad), body)?;
            }
        }
        packet.truncate(end);
        Ok(())
    }
}

/// The E flag beside the index of SRTCP.
const ENCRYPTED: u32 = 1 << 31;
/// What stays readable of RTCP: the first header and its source.
pub(super) const RTCP_CLEAR: usize = 8;

/// One key by the key derivation of RFC 3711 section 4.3.1, at a derivation rate of zero.
fn derive(master: &MasterKey, label: u8, out: &mut [u8]) -> Result<(), Unspecified> {
    let mut block = [0; 16];
    // RFC 7714 section 11: the shorter salt of the AEAD suites is padded at its end.
    block[..master.salt().len()].copy_from_slice(master.salt());
    block[7] ^= label;
    out.fill(0);
    apply(&counter_mode(master.key())?, block, out)
}

fn counter_mode(key: &[u8]) -> Result<EncryptingKey, Unspecified> {
    let algorithm = if key.len() == 16 { &cipher::AES_128 } else { &cipher::AES_256 };
    EncryptingKey::ctr(UnboundCipherKey::new(algorithm, key)?)
}

/// Encrypts or decrypts in counter mode.
fn apply(key: &EncryptingKey, block: [u8; 16], octets: &mut [u8]) -> Result<(), Unspecified> {
    if octets.is_empty() {
        return Ok(());
    }
    key.less_safe_encrypt(octets, EncryptionContext::Iv128(FixedLength::from(block))).map(|_| ())
}

/// RFC 3711 section 4.1.1.
fn counter_block(salt: &[u8; 14], ssrc: [u8; 4], index: u64) -> [u8; 16] {
    let mut block = [0; 16];
    block[..14].copy_from_slice(salt);
    xor(&mut block[4..8], &ssrc);
    xor(&mut block[8..14], &index.to_be_bytes()[2..]);
    block
}

/// RFC 7714 section 8.1.
fn rtp_nonce(salt: &[u8; 12], ssrc: [u8; 4], index: u64) -> [u8; 12] {
    let mut nonce = *salt;
    xor(&mut nonce[2..6], &ssrc);
    xor(&mut nonce[6..], &index.to_be_bytes()[2..]);
    nonce
}

/// RFC 7714 section 9.1.
fn rtcp_nonce(salt: &[u8; 12], ssrc: [u8; 4], index: u32) -> [u8; 12] {
    let mut nonce = *salt;
    xor(&mut nonce[2..6], &ssrc);
    xor(&mut nonce[8..], &index.to_be_bytes());
    nonce
}

/// What GCM authenticates beside the ciphertext of RTCP: the readable header and the index word, RFC 7714 section 9.2.
fn rtcp_aad(head: &[u8], word: [u8; 4]) -> Result<[u8; RTCP_CLEAR + 4], Unspecified> {
    let mut aad = [0; RTCP_CLEAR + 4];
    aad[..RTCP_CLEAR].copy_from_slice(head.get(..RTCP_CLEAR).ok_or(Unspecified)?);
    aad[RTCP_CLEAR..].copy_from_slice(&word);
    Ok(aad)
}

fn rollover(index: u64) -> [u8; 4] {
    ((index >> 16) as u32).to_be_bytes()
}

fn ssrc_at(octets: &[u8]) -> Result<[u8; 4], Unspecified> {
    octets.first_chunk().copied().ok_or(Unspecified)
}

fn xor(into: &mut [u8], octets: &[u8]) {
    for (a, b) in into.iter_mut().zip(octets) {
        *a ^= b;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
        digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
    }

    fn derived(master: &MasterKey, label: u8, length: usize) -> Vec<u8> {
        let mut out = vec![0; length];
        derive(master, label, &mut out).unwrap();
        out
    }

    #[test]
    fn keys_are_derived_as_rfc_3711_says() {
        // Appendix B.3.
        let master = hex("E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6");
        let master = MasterKey::new(Suite::Aes128CmSha1_80, &master).unwrap();
        assert_eq!(derived(&master, 0, 16), hex("C61E7A93744F39EE10734AFE3FF7A087"));
        assert_eq!(derived(&master, 2, 14), hex("30CBBC08863D8C85D49DB34A9AE1"));
        assert_eq!(derived(&master, 1, 20), hex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"));
    }

    #[test]
    fn keys_are_derived_as_rfc_6188_says() {
        // Section 7.2.
        let master =
            hex("f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6 3b04803de51ee7c96423ab5b78d2");
        let master = MasterKey::new(Suite::Aes256CmSha1_80, &master).unwrap();
        assert_eq!(derived(&master, 0, 32), hex("5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4"));
        assert_eq!(derived(&master, 2, 14), hex("fa31791685ca444a9e07c6c64e93"));
        assert_eq!(derived(&master, 1, 20), hex("fd9c32d39ed5fbb5a9dc96b30818454d1313dc05"));
    }

    #[test]
    fn gcm_packets_are_those_of_rfc_7714() {
        let salt = hex("51756964 2070726f 2071756f");
        let key: Vec<u8> = (0..32).collect();
        let clear = hex(
            "8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070 61727465 73207472 6573",
        );
        // Sections 16.1.1 and 16.2.1; both with a rollover counter of zero.
        for (suite, sealed) in [
            (
                Suite::AeadAes128Gcm,
                "8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b \
                 36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce",
            ),
            (
                Suite::AeadAes256Gcm,
                "8040f17b 8041f8d3 5501a0b2 32b1de78 a822fe12 ef9f78fa 332e33aa b1801238 9a58e2f3 b50b2a02 76ffae0f \
                 1ba63799 b87b7aa3 db36dfff d6b0f9bb 7878d7a7 6c13",
            ),
        ] {
            let cipher = Cipher::gcm(suite, &key[..suite.key_len()], &salt).unwrap();
            let mut packet = clear.clone();
            cipher.seal_rtp(&mut packet, 0, 12, 0xf17b).unwrap();
            assert_eq!(packet, hex(sealed), "{suite:?}");
            cipher.open_rtp(&mut packet, 12, 0xf17b).unwrap();
            assert_eq!(packet, clear, "{suite:?}");
        }
    }

    #[test]
    fn gcm_control_packets_are_those_of_rfc_7714() {
        // Section 17.1: encrypted and tagged with AES-128, index 0x5d4.
        let salt = hex("51756964 2070726f 2071756f");
        let key: Vec<u8> = (0..16).collect();
        let clear = hex(
            "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef deadbeef deadbeef \
             deadbeef",
        );
        let cipher = Cipher::gcm(Suite::AeadAes128Gcm, &key, &salt).unwrap();
        let mut packet = clear.clone();
        cipher.seal_rtcp(&mut packet, 0, 0x5d4).unwrap();
        assert_eq!(
            packet,
            hex("81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda 4ce09b46 \
                 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade 800005d4")
        );
        let index = cipher.rtcp_index(&packet).unwrap();
        cipher.open_rtcp(&mut packet, index).unwrap();
        assert_eq!(packet, clear);
    }

    #[test]
    fn gcm_packets_under_derived_keys_are_those_that_others_make() {
        // The reference packets that libsrtp checks itself against: the salt of the AEAD suites is shorter.
        let master = hex("000102030405060708090a0b0c0d0e0f a0a1a2a3a4a5a6a7a8a9aaab");
        let master = MasterKey::new(Suite::AeadAes128Gcm, &master).unwrap();
        let mut packet = hex("800f1234 decafbad cafebabe abababab abababab abababab abababab");
        Cipher::new(&master, Purpose::Rtp).unwrap().seal_rtp(&mut packet, 0, 12, 0x1234).unwrap();
        assert_eq!(
            packet,
            hex("800f1234 decafbad cafebabe c5002ede 04cfdd2e b91159e0 880aa06e d2976826 f796b201 df3131a1 27e8a392")
        );
        let mut packet = hex("81c8000b cafebabe abababab abababab abababab abababab");
        Cipher::new(&master, Purpose::Rtcp).unwrap().seal_rtcp(&mut packet, 0, 1).unwrap();
        assert_eq!(
            packet,
            hex("81c8000b cafebabe c98b8b5d f0392a55 852b6c21 ac8e7025 c52c6fbe a2b3b446 ea31123b a88ce61e 80000001")
        );
    }

    #[test]
    fn counter_mode_packets_are_those_that_others_make() {
        // The reference packets that libsrtp checks itself against.
        let master = hex("E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6");
        let master = MasterKey::new(Suite::Aes128CmSha1_80, &master).unwrap();
        let cipher = Cipher::new(&master, Purpose::Rtp).unwrap();
        let clear = hex("800f1234 decafbad cafebabe abababab abababab abababab abababab");
        let mut packet = clear.clone();
        cipher.seal_rtp(&mut packet, 0, 12, 0x1234).unwrap();
        assert_eq!(
            packet,
            hex("800f1234 decafbad cafebabe 4e55dc4c e79978d8 8ca4d215 949d2402 b78d6acc 99ea179b 8dbb")
        );
        cipher.open_rtp(&mut packet, 12, 0x1234).unwrap();
        assert_eq!(packet, clear);

        let cipher = Cipher::new(&master, Purpose::Rtcp).unwrap();
        let clear = hex("81c8000b cafebabe abababab abababab abababab abababab");
        let mut packet = clear.clone();
        cipher.seal_rtcp(&mut packet, 0, 1).unwrap();
        assert_eq!(
            packet,
            hex("81c8000b cafebabe 7128035b e487b9bd bef89041 f977a5a8 80000001 993e08cd 54d6c123 0798")
        );
        cipher.open_rtcp(&mut packet, 1).unwrap();
        assert_eq!(packet, clear);
    }
}
