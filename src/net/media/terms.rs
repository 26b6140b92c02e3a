//! What audio is agreed on with the PBX of a line group.

use std::sync::Arc;

use offhook_media::codec::Codec;
use offhook_media::sdp::{Negotiated, Protection, Security, SrtpPolicy, Terms};
use offhook_media::session::{DigitMethod, DigitPolicy};
use offhook_media::srtp::DtlsIdentity;

use super::RtpSide;

/// The audio of a line group.
#[derive(Debug, Clone, PartialEq)]
pub struct AudioSettings {
    /// Codecs of our offers, best first.
    pub outgoing: Vec<Codec>,
    /// Codecs that we take of the PBX's offers, best first.
    pub incoming: Vec<Codec>,
    /// When it is encrypted.
    pub srtp: Srtp,
    /// Comfort noise (RFC 3389) is offered and taken.
    pub comfort_noise: bool,
    /// One port for RTP and RTCP is offered.
    pub rtcp_mux: bool,
    /// Milliseconds of audio per packet that we ask for.
    pub ptime: u32,
    /// How digits travel.
    pub dtmf: Dtmf,
}

/// How digits travel towards a PBX.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Dtmf {
    /// As telephone events where both sides have them, else as tones.
    #[default]
    Auto,
    /// As telephone events (RFC 4733).
    Events,
    /// In SIP INFO.
    Info,
    /// As tones in the audio.
    Tones,
}

impl Dtmf {
    /// What that means for a leg that agreed on telephone events, or did not.
    pub(super) fn policy(self, events: bool) -> DigitPolicy {
        match self {
            Dtmf::Auto if events => DigitPolicy { send: DigitMethod::Events, detect: false },
            Dtmf::Auto | Dtmf::Tones => DigitPolicy { send: DigitMethod::Tones, detect: true },
            Dtmf::Events => DigitPolicy { send: DigitMethod::Events, detect: false },
            Dtmf::Info => DigitPolicy { send: DigitMethod::Signalling, detect: false },
        }
    }
}

/// When the audio of a line group is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Srtp {
    /// Always where its signalling is, otherwise never.
    Auto,
    /// Never.
    Off,
    /// As this says.
    On(SrtpPolicy),
}

impl Srtp {
    /// What counts where the signalling is encrypted, or is not.
    pub(in crate::net) fn resolved(self, signalling: bool) -> Srtp {
        match (self, signalling) {
            // Keys in the description are as safe as the way it goes (RFC 4568 section 8).
            (Srtp::Auto, true) => Srtp::On(SrtpPolicy::Required),
            (Srtp::Auto, false) => Srtp::Off,
            (other, _) => other,
        }
    }
}

impl AudioSettings {
    /// These codecs, and nothing else that would have to be agreed on.
    pub fn plain(codecs: &[Codec]) -> AudioSettings {
        AudioSettings {
            outgoing: codecs.to_vec(),
            incoming: codecs.to_vec(),
            srtp: Srtp::Off,
            comfort_noise: false,
            rtcp_mux: false,
            ptime: 20,
            dtmf: Dtmf::Auto,
        }
    }

    /// Whether an offer of ours cannot be answered without encryption.
    pub(in crate::net) fn demands_encryption(&self) -> bool {
        matches!(self.srtp, Srtp::On(SrtpPolicy::Required | SrtpPolicy::Dtls))
    }
}

impl RtpSide {
    /// The terms of a side with these codecs.
    pub(super) fn terms(&self, codecs: Vec<Codec>, identity: &Arc<DtlsIdentity>) -> Terms {
        let AudioSettings { srtp, comfort_noise, rtcp_mux, ptime, .. } = self.audio;
        let security = self.negotiated.as_ref().map(|negotiated| &negotiated.security);
        let (policy, active) = match (security, srtp) {
            // Where the keys come from stays for the life of a side.
            (Some(Security::Dtls { active, .. }), Srtp::On(_)) => (Some(SrtpPolicy::Dtls), Some(*active)),
            (_, Srtp::On(policy)) => (Some(policy), None),
            (_, Srtp::Auto | Srtp::Off) => (None, None),
        };
        let protection = match policy {
            Some(policy) => {
                let (keys, identity) = (self.keys.clone(), identity.clone());
                Protection::Srtp { policy, keys, identity, active }
            }
            None => Protection::Off,
        };
        Terms { codecs, protection, comfort_noise, rtcp_mux, ptime, direction: self.wanted }
    }

    /// The terms of another offer of ours where this was agreed: what was agreed is not put in question.
    pub(super) fn terms_again(&self, codecs: Vec<Codec>, identity: &Arc<DtlsIdentity>, agreed: &Negotiated) -> Terms {
        let mut terms = self.terms(codecs, identity);
        terms.rtcp_mux |= agreed.rtcp_mux;
        if let Protection::Srtp { policy: policy @ SrtpPolicy::Optional, .. } = &mut terms.protection {
            match agreed.security.is_encrypted() {
                true => *policy = SrtpPolicy::Required,
                false => terms.protection = Protection::Off,
            }
        }
        terms
    }
}
