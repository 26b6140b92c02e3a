//! Encryption of RTP and RTCP (RFC 3711) with keys from SDP (RFC 4568) or from a DTLS handshake
//! (RFC 5764).

mod cipher;
mod context;
mod dtls;
mod handshake;
mod key;
mod suite;

pub(crate) use context::{Refused, Srtp};
pub use dtls::{DtlsIdentity, Fingerprint, FingerprintHash};
pub(crate) use handshake::{Handshake, is_dtls};
pub use key::{LocalKeys, MasterKey};
pub use suite::Suite;
