//! The media side of a replay: descriptions are made and taken as always, and nobody sends anything.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use bytes::Bytes;
use offhook_media::codec::Codec;
use offhook_media::sdp::{self, Direction, LocalAudio, Negotiated, Offer, Protection, SdpError, SrtpPolicy, Terms};
use offhook_media::session::Side;
use offhook_media::srtp::{DtlsIdentity, LocalKeys};
use rustc_hash::FxHashMap;

use crate::call::cause::CauseCode;
use crate::call::effect::{MediaEffect, MediaInput};
use crate::ids::CallId;

/// Stands for what a browser is told: nobody reads it.
const TO_BROWSER: &[u8] = b"v=0\r\n";
/// Ports of descriptions go round from here.
const FIRST_PORT: u16 = 20_000;

/// The audio of all calls.
pub(super) struct Audio {
    codecs: Vec<Codec>,
    /// Who we are where audio is encrypted; none where the capture has no such.
    identity: Option<Arc<DtlsIdentity>>,
    calls: FxHashMap<CallId, [Leg; 2]>,
    next: FxHashMap<CallId, (Side, Rtp)>,
    made: u64,
}

#[derive(Default)]
enum Leg {
    #[default]
    Nobody,
    Browser,
    Rtp(Box<Rtp>),
}

struct Rtp {
    local: LocalAudio,
    version: u64,
    offer: Option<Offer>,
    agreed: Option<Negotiated>,
    wanted: Direction,
}

impl Audio {
    /// With these codecs, best first; `encrypted` where the server takes encryption that is offered.
    pub(super) fn new(codecs: Vec<Codec>, encrypted: bool) -> Audio {
        let identity = if encrypted { DtlsIdentity::new() } else { None };
        Audio { codecs, identity, calls: FxHashMap::default(), next: FxHashMap::default(), made: 0 }
    }

    /// Does what is asked for; gives what is to be told to the call.
    pub(super) fn perform(&mut self, call: CallId, effect: MediaEffect) -> Vec<(Side, MediaInput)> {
        let (side, described) = match effect {
            MediaEffect::AnswerBrowser { side, .. } | MediaEffect::RestartBrowser { side, .. } => {
                *self.leg(call, side) = Leg::Browser;
                (side, Ok((Bytes::from_static(TO_BROWSER), None)))
            }
            MediaEffect::Offer { side, .. } => {
                let (rtp, offer) = self.offer();
                *self.leg(call, side) = Leg::Rtp(Box::new(rtp));
                (side, Ok((offer, None)))
            }
            MediaEffect::OfferNext { side, .. } => {
                let (rtp, offer) = self.offer();
                self.next.insert(call, (side, rtp));
                (side, Ok((offer, None)))
            }
            MediaEffect::AnswerOffer { side, expected, sdp, .. } => (side, self.answer(call, side, expected, &sdp)),
            MediaEffect::Describe { side } => (side, self.again(call, side, None)),
            MediaEffect::Reoffer { side, wanted } => (side, self.again(call, side, Some(wanted))),
            MediaEffect::AcceptAnswer { side, sdp } => {
                let accepted = match self.leg(call, side) {
                    Leg::Rtp(rtp) => rtp.accept(&sdp),
                    Leg::Nobody | Leg::Browser => Err(CauseCode::Internal),
                };
                return self.accepted(call, side, accepted);
            }
            MediaEffect::AcceptNext { side, sdp } => {
                let next = self.next.remove(&call).filter(|(place, _)| *place == side);
                let accepted = next.ok_or(CauseCode::Internal).and_then(|(_, mut rtp)| {
                    let codec = rtp.accept(&sdp)?;
                    *self.leg(call, side) = Leg::Rtp(Box::new(rtp));
                    Ok(codec)
                });
                return self.accepted(call, side, accepted);
            }
            MediaEffect::DropNext => {
                self.next.remove(&call);
                return Vec::new();
            }
            MediaEffect::Take { side, from, from_side } => {
                let taken = std::mem::take(self.leg(from, from_side));
                *self.leg(call, side) = taken;
                return self.secured(call, side);
            }
            MediaEffect::Release { side } => {
                *self.leg(call, side) = Leg::Nobody;
                return Vec::new();
            }
            MediaEffect::Close => {
                self.calls.remove(&call);
                self.next.remove(&call);
                return Vec::new();
            }
            MediaEffect::Confirm => {
                let browsers =
                    [Side::A, Side::B].into_iter().filter(|&side| matches!(self.leg(call, side), Leg::Browser));
                return browsers.map(|side| (side, MediaInput::Connected)).collect();
            }
            MediaEffect::Play { .. }
            | MediaEffect::Digits { .. }
            | MediaEffect::ReceiveDigit { .. }
            | MediaEffect::Record
            | MediaEffect::Expect => return Vec::new(),
        };
        let mut told = Vec::new();
        match described {
            Ok((sdp, codec)) => {
                if codec.is_some() {
                    told.extend(self.secured(call, side));
                }
                told.push((side, MediaInput::Described { sdp, codec, held: self.is_held(call, side) }));
            }
            Err(cause) => told.push((side, MediaInput::Refused { cause })),
        }
        told
    }

    fn leg(&mut self, call: CallId, side: Side) -> &mut Leg {
        let [a, b] = self.calls.entry(call).or_default();
        match side {
            Side::A => a,
            Side::B => b,
        }
    }

    fn terms(&self, direction: Direction) -> Terms {
        let protection = match self.identity.clone() {
            // Nothing is encrypted with these: no packet is sent.
            Some(identity) => {
                let keys = LocalKeys::new(&[0; 32]);
                Protection::Srtp { policy: SrtpPolicy::Optional, keys, identity, active: None }
            }
            None => Protection::Off,
        };
        Terms { protection, direction, ..Terms::from(&self.codecs) }
    }

    fn rtp(&mut self) -> Rtp {
        self.made += 1;
        let port = FIRST_PORT + (self.made % 10_000) as u16 * 2;
        let local = LocalAudio { address: IpAddr::V4(Ipv4Addr::LOCALHOST), port, session_id: self.made };
        Rtp { local, version: 1, offer: None, agreed: None, wanted: Direction::SendRecv }
    }

    fn offer(&mut self) -> (Rtp, Bytes) {
        let mut rtp = self.rtp();
        let offer = Offer::new(&rtp.local, self.terms(rtp.wanted));
        let sdp = offer.sdp().clone();
        rtp.offer = Some(offer);
        (rtp, sdp)
    }

    fn answer(
        &mut self,
        call: CallId,
        side: Side,
        expected: Option<Codec>,
        offer: &[u8],
    ) -> Result<(Bytes, Option<Codec>), CauseCode> {
        let mut rtp = match std::mem::take(self.leg(call, side)) {
            Leg::Rtp(rtp) => rtp,
            Leg::Nobody | Leg::Browser => Box::new(self.rtp()),
        };
        let mut terms = self.terms(rtp.wanted);
        terms.codecs.sort_by_key(|codec| Some(*codec) != expected);
        let answered = sdp::answer(&rtp.local, terms, offer, rtp.version + 1);
        let outcome = match answered {
            Ok((answer, agreed)) => {
                rtp.version += 1;
                let codec = agreed.codec;
                rtp.agreed = Some(agreed);
                Ok((answer, Some(codec)))
            }
            Err(error) => Err(cause(&error)),
        };
        *self.leg(call, side) = Leg::Rtp(rtp);
        outcome
    }

    fn again(
        &mut self,
        call: CallId,
        side: Side,
        wanted: Option<Direction>,
    ) -> Result<(Bytes, Option<Codec>), CauseCode> {
        let mut terms = self.terms(Direction::SendRecv);
        let Leg::Rtp(rtp) = self.leg(call, side) else { return Err(CauseCode::Internal) };
        let agreed = rtp.agreed.as_ref().ok_or(CauseCode::NotPossibleNow)?;
        rtp.wanted = wanted.unwrap_or(rtp.wanted);
        terms.direction = rtp.wanted;
        rtp.version += 1;
        let offer = Offer::renewed(&rtp.local, terms, agreed, rtp.version);
        let sdp = offer.sdp().clone();
        rtp.offer = Some(offer);
        Ok((sdp, None))
    }

    fn is_held(&mut self, call: CallId, side: Side) -> bool {
        let Leg::Rtp(rtp) = self.leg(call, side) else { return false };
        let still = rtp.agreed.as_ref().is_some_and(|agreed| agreed.direction == Direction::Inactive);
        still && rtp.wanted == Direction::SendRecv
    }

    fn accepted(&mut self, call: CallId, side: Side, accepted: Result<Codec, CauseCode>) -> Vec<(Side, MediaInput)> {
        match accepted {
            Ok(codec) => {
                let mut told = self.secured(call, side);
                told.push((side, MediaInput::Accepted { codec }));
                told
            }
            Err(cause) => vec![(side, MediaInput::Refused { cause })],
        }
    }

    fn secured(&mut self, call: CallId, side: Side) -> Vec<(Side, MediaInput)> {
        let Leg::Rtp(rtp) = self.leg(call, side) else { return Vec::new() };
        let agreed = rtp.agreed.as_ref();
        agreed.map(|agreed| (side, MediaInput::Secured { security: agreed.security.kind() })).into_iter().collect()
    }
}

impl Rtp {
    fn accept(&mut self, answer: &[u8]) -> Result<Codec, CauseCode> {
        let offer = self.offer.as_ref().ok_or(CauseCode::Internal)?;
        let agreed = offer.accept_answer(answer).map_err(|error| cause(&error))?;
        let codec = agreed.codec;
        self.agreed = Some(agreed);
        Ok(codec)
    }
}

fn cause(error: &SdpError) -> CauseCode {
    match error {
        SdpError::SrtpRequired => CauseCode::SrtpRequired,
        SdpError::SrtpRefused | SdpError::SrtpUnsupported => CauseCode::SrtpRefused,
        SdpError::NoCommonCodec | SdpError::NoAudio | SdpError::UnsupportedTransport => CauseCode::NoCommonCodec,
        _ => CauseCode::Refused,
    }
}
