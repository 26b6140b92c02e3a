//! Encryption of RTP and RTCP (RFC 3711) with keys from SDP (RFC 4568) or from a DTLS handshake
//! (RFC 5764).

mod dtls;
mod key;
mod suite;

pub use dtls::{DtlsIdentity, Fingerprint, FingerprintHash};
pub use key::{LocalKeys, MasterKey};
pub use suite::Suite;
