//! Which encryption an offer and its answer come to, by what a leg wants.

use std::sync::Arc;

use sdp_types::Media;

use super::read::Description;
use super::sdes::Crypto;
use super::{SdpError, Security};
use crate::srtp::{DtlsIdentity, Fingerprint, LocalKeys, Suite};

/// Lines looked at; there are not that many suites.
const MAX_CRYPTO_LINES: usize = 32;

/// How a leg may be encrypted.
#[derive(Debug, Clone, Default)]
pub enum Protection {
    /// Not at all: encryption is neither offered nor taken.
    #[default]
    Off,
    /// By SRTP.
    Srtp {
        /// When, and with keys from where.
        policy: SrtpPolicy,
        /// The keys of what we send on this leg.
        keys: LocalKeys,
        /// Who we are in a DTLS handshake.
        identity: Arc<DtlsIdentity>,
        /// Whether we began the handshake of this leg, where there was one: it stays so (RFC 8842 section 5.3).
        active: Option<bool>,
    },
}

/// What a leg wants of SRTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SrtpPolicy {
    /// Keys are offered beside plain RTP, and taken wherever they are offered; plain RTP otherwise.
    Optional,
    /// RTP/SAVP with keys in the description is offered; nothing unencrypted is taken.
    Required,
    /// DTLS-SRTP only.
    Dtls,
}

/// The transport of a media line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transport {
    /// RTP/AVP, RTP/AVPF.
    Plain,
    /// RTP/SAVP, RTP/SAVPF.
    Srtp,
    /// UDP/TLS/RTP/SAVP, UDP/TLS/RTP/SAVPF.
    Dtls,
}

impl Transport {
    pub(super) fn of(media: &Media) -> Result<Self, SdpError> {
        match media.proto.to_ascii_uppercase().as_str() {
            "RTP/AVP" | "RTP/AVPF" => Ok(Self::Plain),
            "RTP/SAVP" | "RTP/SAVPF" => Ok(Self::Srtp),
            "UDP/TLS/RTP/SAVP" | "UDP/TLS/RTP/SAVPF" => Ok(Self::Dtls),
            _ => Err(SdpError::UnsupportedTransport),
        }
    }
}

/// What an answer says about encryption.
#[derive(Debug)]
pub(super) enum Answered {
    Plain,
    Sdes(Crypto),
    /// Our side of `a=setup`.
    Dtls(Arc<DtlsIdentity>, &'static str),
}

impl Protection {
    /// The transport of our offer.
    pub(super) fn transport(&self) -> &'static str {
        match self {
            Self::Off | Self::Srtp { policy: SrtpPolicy::Optional, .. } => "RTP/AVP",
            Self::Srtp { policy: SrtpPolicy::Required, .. } => "RTP/SAVP",
            Self::Srtp { policy: SrtpPolicy::Dtls, .. } => "UDP/TLS/RTP/SAVP",
        }
    }

    /// The `a=crypto` lines of our offer.
    pub(super) fn offered(&self) -> Vec<Crypto> {
        match self {
            Self::Srtp { policy: SrtpPolicy::Optional | SrtpPolicy::Required, keys, .. } => {
                (1..).zip(Suite::ALL).map(|(tag, suite)| Crypto { tag, key: keys.master_key(suite) }).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Who we are, where our offer is for DTLS.
    pub(super) fn identity(&self) -> Option<&Arc<DtlsIdentity>> {
        match self {
            Self::Srtp { policy: SrtpPolicy::Dtls, identity, .. } => Some(identity),
            _ => None,
        }
    }

    /// What comes of an offered media line, and what to answer.
    pub(super) fn choose(&self, description: &Description, media: &Media) -> Result<(Security, Answered), SdpError> {
        let transport = Transport::of(media)?;
        let Self::Srtp { policy, keys, identity, active } = self else {
            return match transport {
                Transport::Plain => Ok((Security::Plain, Answered::Plain)),
                _ => Err(SdpError::SrtpRequired),
            };
        };
        if *policy != SrtpPolicy::Dtls
            && transport != Transport::Dtls
            && let Some(offered) = cryptos(media).find_map(Crypto::parse)
        {
            let local = keys.master_key(offered.key.suite());
            let answer = Crypto { tag: offered.tag, key: local.clone() };
            return Ok((Security::Sdes { local, remote: offered.key }, Answered::Sdes(answer)));
        }
        if transport != Transport::Plain
            && let Some(fingerprint) = fingerprint(description, media)
        {
            let active = match setup(description, media).as_deref() {
                Some("active") => false,
                Some("passive") => true,
                // RFC 5763 section 5: whoever answers begins, so that the handshake need not wait for the answer.
                _ => active.unwrap_or(true),
            };
            let setup = if active { "active" } else { "passive" };
            let security = Security::Dtls { identity: identity.clone(), fingerprint, active };
            return Ok((security, Answered::Dtls(identity.clone(), setup)));
        }
        match (transport, policy) {
            (Transport::Plain, SrtpPolicy::Optional) => Ok((Security::Plain, Answered::Plain)),
            (Transport::Plain, _) => Err(SdpError::SrtpRefused),
            _ => Err(SdpError::SrtpUnsupported),
        }
    }

    /// What the answer to our offer comes to.
    pub(super) fn agreed(&self, description: &Description, media: &Media) -> Result<Security, SdpError> {
        let transport = Transport::of(media)?;
        let Self::Srtp { policy, keys, identity, .. } = self else {
            return match transport {
                Transport::Plain => Ok(Security::Plain),
                _ => Err(SdpError::SrtpRequired),
            };
        };
        if *policy == SrtpPolicy::Dtls {
            if transport == Transport::Plain {
                return Err(SdpError::SrtpRefused);
            }
            let fingerprint = fingerprint(description, media).ok_or(SdpError::SrtpUnsupported)?;
            let active = setup(description, media).is_some_and(|setup| setup == "passive");
            return Ok(Security::Dtls { identity: identity.clone(), fingerprint, active });
        }
        // The tag must be that of the suite in our offer (RFC 4568 section 5.1.2). Some always write 1; the suite says
        // as much, since we offer each once.
        if let Some(answered) = cryptos(media).find_map(Crypto::parse) {
            let local = keys.master_key(answered.key.suite());
            return Ok(Security::Sdes { local, remote: answered.key });
        }
        match (transport, policy) {
            // Whoever answers with keys that we cannot follow will encrypt: silence is no fallback.
            _ if cryptos(media).next().is_some() => Err(SdpError::SrtpUnsupported),
            (Transport::Plain, SrtpPolicy::Optional) => Ok(Security::Plain),
            (Transport::Plain, _) => Err(SdpError::SrtpRefused),
            _ => Err(SdpError::SrtpUnsupported),
        }
    }
}

fn cryptos(media: &Media) -> impl Iterator<Item = &str> {
    let lines = media.attributes.iter().filter(|attribute| attribute.attribute.eq_ignore_ascii_case("crypto"));
    lines.filter_map(|attribute| attribute.value.as_deref()).take(MAX_CRYPTO_LINES)
}

/// The first fingerprint that we can check, of the media line or else of the session.
fn fingerprint(description: &Description, media: &Media) -> Option<Fingerprint> {
    both(description, media, "fingerprint").find_map(Fingerprint::parse)
}

fn setup(description: &Description, media: &Media) -> Option<String> {
    both(description, media, "setup").next().map(|role| role.trim().to_ascii_lowercase())
}

/// Values of an attribute of the media line, then of the session.
fn both<'a>(description: &'a Description, media: &'a Media, name: &'a str) -> impl Iterator<Item = &'a str> {
    let attributes = media.attributes.iter().chain(description.session_attributes());
    let named = attributes.filter(move |attribute| attribute.attribute.eq_ignore_ascii_case(name));
    named.filter_map(|attribute| attribute.value.as_deref()).take(MAX_CRYPTO_LINES)
}
