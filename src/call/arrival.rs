//! INVITEs that come in: whether they become calls.

use std::time::Instant;

use bytes::Bytes;
use offhook_media::sdp::{self, SdpError};
use offhook_sip::SessionId;

use super::Calls;
use super::cause::CauseCode;
use super::effect::{Abilities, Caller, Effect, Route, SipEffect};
use super::headers::Headers;
use super::state::{Far, FarSip, Near, NearSip, SipLeg};
use crate::ids::{CallId, LegId, LineGroupId};

/// An INVITE that came in.
pub(super) struct Arrival {
    pub(super) session: SessionId,
    pub(super) from: Caller,
    pub(super) abilities: Abilities,
    pub(super) max_forwards: u8,
    pub(super) headers: Headers,
    pub(super) offer: Bytes,
}

impl Calls {
    /// Makes a call of an INVITE that came in.
    pub(super) fn admit(&mut self, arrival: Arrival, route: Route, now: Instant) -> Result<CallId, CauseCode> {
        let (group, far) = match route {
            Route::Line { line, .. } if !self.anybody_at(line) => return Err(CauseCode::NobodySignedIn),
            Route::Line { group, line } => (group, Far::Clients { line, taker: None }),
            Route::Targets { targets, .. } if targets.is_empty() => return Err(CauseCode::Unavailable),
            Route::Targets { group, targets } => {
                let mut leg = |target| {
                    self.last_leg += 1;
                    SipLeg {
                        id: LegId(self.last_leg),
                        target,
                        session: None,
                        abilities: Abilities::default(),
                        redirected: false,
                    }
                };
                let legs = targets.into_iter().map(&mut leg).collect();
                (group, Far::Sip(FarSip { legs, ..FarSip::default() }))
            }
            Route::Service { group, service } => (group, Far::Service(service)),
        };
        let Arrival { session, from, abilities, max_forwards, headers, offer } = arrival;
        self.check_offer(group, &offer)?;
        let near = NearSip {
            session,
            group,
            abilities,
            max_forwards,
            headers,
            offer,
            answer: None,
            told: None,
            status: 183,
            called: Headers::new(),
        };
        self.create(Near::Sip(near), far, from, false, now)
    }

    pub(super) fn refuse(&mut self, session: SessionId, cause: CauseCode) {
        let status = cause.sip_status();
        self.effects.push_back(Effect::Sip(SipEffect::Reject { session, status }));
    }

    /// Refuses at once what could only fail when somebody has answered.
    fn check_offer(&self, group: LineGroupId, offer: &[u8]) -> Result<(), CauseCode> {
        if offer.is_empty() {
            return Ok(());
        }
        match sdp::offered_codecs(offer) {
            Ok(offered) if offered.iter().any(|&codec| self.directory.allows(group, codec)) => Ok(()),
            Ok(_) | Err(SdpError::NoAudio | SdpError::SrtpRequired | SdpError::UnsupportedTransport) => {
                Err(CauseCode::NoCommonCodec)
            }
            Err(_) => Err(CauseCode::BadRequest),
        }
    }
}
