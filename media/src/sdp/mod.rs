//! SDP offer and answer for one audio stream over RTP or SRTP (RFC 8866, RFC 3264).
//!
//! Everything that is not one audio stream is declined with port 0.

mod describe;
mod read;
mod sdes;
mod security;
mod write;

#[cfg(test)]
mod tests;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;

use crate::codec::Codec;
use crate::srtp::{DtlsIdentity, Fingerprint, MasterKey};
pub use describe::{Stream, describe};
pub(crate) use read::{Description, Format, Kind, formats};
pub use sdes::Crypto;
use security::{Answered, Transport};
pub use security::{Protection, SrtpPolicy};
use write::{Audio, Lines};

/// Payload type offered for Opus, which has no static number.
const OPUS_PAYLOAD_TYPE: u8 = 96;
/// Payload type offered for telephone events at 8000 Hz; the number nearly every phone uses.
const EVENT_PAYLOAD_TYPE: u8 = 101;
/// Payload type offered for telephone events at 48000 Hz, beside Opus.
const WIDE_EVENT_PAYLOAD_TYPE: u8 = 102;

/// Payload type of comfort noise at 8000 Hz (RFC 3389 section 4).
const NOISE_PAYLOAD_TYPE: u8 = 13;
/// RTP clock that comfort noise with its static number has, in Hz.
const NOISE_CLOCK: u32 = 8_000;
/// Audio per packet where nobody asks for another length, in milliseconds.
const USUAL_PTIME: u32 = 20;

/// Where we receive the audio of one leg, and the number that stays the same in its `o=` line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalAudio {
    /// The address written to `c=`.
    pub address: IpAddr,
    /// The RTP port; RTCP is received on the next one.
    pub port: u16,
    /// Session identifier of `o=` (RFC 8866 section 5.2), constant for the life of the leg.
    pub session_id: u64,
}

/// Who sends audio, seen from us (RFC 3264 section 5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Direction {
    /// We send and receive.
    #[default]
    SendRecv,
    /// We send, the peer does not.
    SendOnly,
    /// The peer sends, we do not: it holds us.
    RecvOnly,
    /// Nobody sends.
    Inactive,
}

impl Direction {
    /// Whether we may send.
    pub fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    /// Whether we expect to receive.
    pub fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }

    /// The same stream seen from the other end.
    pub fn reversed(self) -> Self {
        Self::of(self.receives(), self.sends())
    }

    /// The attribute name in SDP.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }

    fn of(sends: bool, receives: bool) -> Self {
        match (sends, receives) {
            (true, true) => Self::SendRecv,
            (true, false) => Self::SendOnly,
            (false, true) => Self::RecvOnly,
            (false, false) => Self::Inactive,
        }
    }

    fn and(self, other: Self) -> Self {
        Self::of(self.sends() && other.sends(), self.receives() && other.receives())
    }
}

/// What offer and answer agreed on, as the media path needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Negotiated {
    /// The codec we send.
    pub codec: Codec,
    /// The payload type we send it with.
    pub payload_type: u8,
    /// The payload types we accept, and what each carries.
    pub receive: Vec<(u8, Codec)>,
    /// Telephone events (RFC 4733): the payload type we send, the one we receive, the clock in Hz.
    pub telephone_event: Option<(u8, u8, u32)>,
    /// Where the peer receives RTP. The unspecified address means it wants nothing (RFC 2543 hold).
    pub remote: SocketAddr,
    /// Where the peer receives RTCP; `None` when it shares the RTP port or has none.
    pub remote_rtcp: Option<SocketAddr>,
    /// RTP and RTCP share one port (RFC 5761).
    pub rtcp_mux: bool,
    /// Who sends, seen from us.
    pub direction: Direction,
    /// Audio per packet that the peer asked for, in milliseconds, 10 to 60; 20 when it did not say.
    pub ptime: u32,
    /// How RTP and RTCP are encrypted.
    pub security: Security,
    /// Comfort noise (RFC 3389): the payload type we send, the one we receive.
    pub comfort_noise: Option<(u8, u8)>,
    /// Whether the peer would rather have no packets while nobody speaks (RFC 7587 section 6.1). Only for Opus.
    pub dtx: bool,
    /// Extended reports that the peer wants.
    pub xr: Xr,
}

/// Which RTCP extended reports (RFC 3611) somebody wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Xr {
    /// VoIP metrics of what it sends.
    pub voip_metrics: bool,
    /// Our clock, for it to send back.
    pub round_trip: bool,
}

impl Xr {
    /// What we want, wherever it is offered.
    const OURS: &str = "rtcp-xr:rcvr-rtt=all voip-metrics";

    fn any(self) -> bool {
        self.voip_metrics || self.round_trip
    }
}

/// How the RTP and RTCP of a leg are encrypted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Security {
    /// Not at all.
    #[default]
    Plain,
    /// SRTP with keys from the descriptions (RFC 4568).
    Sdes {
        /// The key of what we send; names the suite.
        local: MasterKey,
        /// The key of what the peer sends, of the same suite.
        remote: MasterKey,
    },
    /// SRTP with keys from a DTLS handshake (RFC 5763).
    Dtls {
        /// Who we are in the handshake.
        identity: Arc<DtlsIdentity>,
        /// The certificate that the peer must show.
        fingerprint: Fingerprint,
        /// We begin the handshake.
        active: bool,
    },
}

impl Security {
    /// Whether there is encryption.
    pub fn is_encrypted(&self) -> bool {
        self.kind() != SecurityKind::Plain
    }

    /// Which of the three it is.
    pub fn kind(&self) -> SecurityKind {
        match self {
            Self::Plain => SecurityKind::Plain,
            Self::Sdes { .. } => SecurityKind::Sdes,
            Self::Dtls { .. } => SecurityKind::Dtls,
        }
    }
}

/// [`Security`] without its keys: what a person may know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SecurityKind {
    /// Not encrypted.
    Plain,
    /// Encrypted with keys from the descriptions.
    Sdes,
    /// Encrypted with keys from a DTLS handshake.
    Dtls,
}

impl SecurityKind {
    /// The word for logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Sdes => "sdes",
            Self::Dtls => "dtls",
        }
    }
}

/// Why an offer or answer cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SdpError {
    /// Not SDP at all: the first line is not `v=0`.
    #[error("the body is not a session description")]
    NotSdp,
    /// Larger than any audio call needs: over 64 KiB or over 32 media lines.
    #[error("the session description is too large")]
    TooLarge,
    /// A line breaks the grammar of RFC 8866.
    #[error("the session description is malformed")]
    Malformed(#[source] sdp_types::ParserError),
    /// No audio stream is offered, or the answer declined ours.
    #[error("no audio stream")]
    NoAudio,
    /// None of our codecs is among theirs.
    #[error("no common codec")]
    NoCommonCodec,
    /// Audio is offered encrypted only, which this leg may not be.
    #[error("the peer requires SRTP")]
    SrtpRequired,
    /// The peer wants or answers plain RTP, or keys from elsewhere, where this leg must be encrypted.
    #[error("the peer does without the SRTP that this leg must have")]
    SrtpRefused,
    /// The peer encrypts in a way that we do not know: another suite, or parameters that weaken it.
    #[error("the peer's SRTP has no suite or key that can be used here")]
    SrtpUnsupported,
    /// Audio over a transport that is not RTP.
    #[error("the audio transport is not RTP")]
    UnsupportedTransport,
    /// The connection address is missing or a host name; only IP addresses are used.
    #[error("the connection address is not an IP address")]
    Address,
}

/// What we are ready to agree to on a leg.
#[derive(Debug, Clone)]
pub struct Terms {
    /// Codecs in order of preference.
    pub codecs: Vec<Codec>,
    /// How the leg may be encrypted.
    pub protection: Protection,
    /// Comfort noise (RFC 3389) is offered beside codecs with a clock of 8000 Hz, and taken where it is offered.
    pub comfort_noise: bool,
    /// One port for RTP and RTCP (RFC 5761) is offered. With DTLS it always is; in answers it is taken wherever it is
    /// offered.
    pub rtcp_mux: bool,
    /// Audio per packet that we ask for in offers, in milliseconds, 10 to 60.
    pub ptime: u32,
    /// What we want: [`Direction::SendOnly`] where the peer is on hold with us and is to send nothing (RFC 3264 section
    /// 8.4), [`Direction::Inactive`] where it gets nothing meanwhile either. Answers keep to it, too.
    pub direction: Direction,
}

impl From<&[Codec]> for Terms {
    /// These codecs over plain RTP.
    fn from(codecs: &[Codec]) -> Self {
        let codecs = codecs.to_vec();
        Self {
            codecs,
            protection: Protection::Off,
            comfort_noise: false,
            rtcp_mux: false,
            ptime: USUAL_PTIME,
            direction: Direction::SendRecv,
        }
    }
}

impl<const N: usize> From<&[Codec; N]> for Terms {
    fn from(codecs: &[Codec; N]) -> Self {
        codecs.as_slice().into()
    }
}

impl From<&Vec<Codec>> for Terms {
    fn from(codecs: &Vec<Codec>) -> Self {
        codecs.as_slice().into()
    }
}

impl From<&Terms> for Terms {
    fn from(terms: &Terms) -> Self {
        terms.clone()
    }
}

/// An offer in flight: hand it the answer to learn what was agreed.
///
/// A forked request brings several answers to one offer, so it can be cloned and used again.
#[derive(Debug, Clone)]
pub struct Offer {
    sdp: Bytes,
    formats: Vec<Format>,
    noise: bool,
    rtcp_mux: bool,
    ptime: u32,
    protection: Protection,
    direction: Direction,
}

impl Offer {
    /// The first offer of a leg: codecs in order of preference, and telephone events.
    pub fn new(local: &LocalAudio, terms: impl Into<Terms>) -> Self {
        let terms = terms.into();
        let formats = offered_formats(&terms.codecs);
        Self::of(local, terms, formats, 1)
    }

    /// Another offer on a leg where `agreed` holds: payload types keep what they mean (RFC 3264 section 8.3.2). Where it
    /// is refused, the agreement goes on.
    ///
    /// `version` is that of the `o=` line, higher than in every description sent before on this leg (RFC 3264 section 8).
    pub fn renewed(local: &LocalAudio, terms: impl Into<Terms>, agreed: &Negotiated, version: u64) -> Self {
        let terms = terms.into();
        let formats = renewed_formats(&terms.codecs, agreed);
        Self::of(local, terms, formats, version)
    }

    fn of(local: &LocalAudio, terms: Terms, formats: Vec<Format>, version: u64) -> Self {
        let Terms { codecs, protection, comfort_noise, rtcp_mux, ptime, direction } = terms;
        let noise = comfort_noise && codecs.iter().any(|codec| codec.rtp_clock() == NOISE_CLOCK);
        let rtcp_mux = rtcp_mux || protection.identity().is_some();
        let mut lines = Lines::new(local, version);
        lines.audio(&Audio {
            port: local.port,
            proto: protection.transport(),
            formats: &formats,
            noise: noise.then_some(NOISE_PAYLOAD_TYPE),
            direction,
            ptime,
        });
        for crypto in protection.offered() {
            lines.crypto(&crypto);
        }
        if let Some(identity) = protection.identity() {
            lines.dtls(identity.fingerprint(), "actpass");
        }
        if rtcp_mux {
            lines.attribute("rtcp-mux");
        }
        Self { sdp: lines.finish(), formats, noise, rtcp_mux, ptime, protection, direction }
    }

    /// The description to send.
    pub fn sdp(&self) -> &Bytes {
        &self.sdp
    }

    /// Reads the answer to this offer (RFC 3264 section 7).
    ///
    /// The codec sent is the first in the answer that was offered.
    pub fn accept_answer(&self, answer: &[u8]) -> Result<Negotiated, SdpError> {
        let description = Description::parse(answer)?;
        let media = description
            .media()
            .first()
            .filter(|media| media.media == "audio" && media.port != 0)
            .ok_or(SdpError::NoAudio)?;
        let security = self.protection.agreed(&description, media)?;
        let theirs = formats(media);

        let mut send = None;
        let mut receive = Vec::new();
        for format in &theirs {
            let Kind::Audio(codec) = format.kind else {
                continue;
            };
            let Some(ours) = self.formats.iter().find(|f| f.kind == format.kind) else {
                continue;
            };
            send.get_or_insert((codec, format.payload_type));
            // They send with our numbers (RFC 3264 section 5.1); some peers send with their own.
            for payload_type in [ours.payload_type, format.payload_type] {
                if !receive.iter().any(|&(pt, _)| pt == payload_type) {
                    receive.push((payload_type, codec));
                }
            }
        }
        let (codec, payload_type) = send.ok_or(SdpError::NoCommonCodec)?;

        let telephone_event = event_for(codec, &theirs).and_then(|(send, clock)| {
            let kind = Kind::Event { clock };
            let ours = self.formats.iter().find(|f| f.kind == kind)?;
            Some((send, ours.payload_type, clock))
        });
        let noise = if self.noise { read::comfort_noise(media) } else { None };
        let remote = description.remote(media)?;
        let rtcp_mux = self.rtcp_mux && media.has_attribute("rtcp-mux");
        Ok(Negotiated {
            codec,
            payload_type,
            receive,
            telephone_event,
            remote,
            remote_rtcp: read::remote_rtcp(media, remote, rtcp_mux),
            rtcp_mux,
            direction: self.direction.and(description.direction(media).reversed()),
            ptime: read::ptime(media).unwrap_or(self.ptime),
            security,
            comfort_noise: noise.filter(|_| codec.rtp_clock() == NOISE_CLOCK).map(|send| (send, NOISE_PAYLOAD_TYPE)),
            dtx: codec == Codec::Opus && read::wants_dtx(media, payload_type),
            xr: read::xr(media),
        })
    }
}

/// Answers an offer with the codec of ours that comes first and is in the offer.
///
/// One codec is answered, so the peer does not change it in the middle of a call; telephone events
/// are answered when offered, the direction is mirrored, other media lines are declined. Of several
/// audio lines the first encrypted one is taken that may be, else the first that is plain.
/// `version` is that of the `o=` line, higher than in every description sent before on this leg.
pub fn answer(
    local: &LocalAudio,
    terms: impl Into<Terms>,
    offer: &[u8],
    version: u64,
) -> Result<(Bytes, Negotiated), SdpError> {
    let terms = terms.into();
    let description = Description::parse(offer)?;
    let (index, media, (security, answered)) = chosen_audio(&description, &terms.protection)?;
    let offered = formats(media);
    let (codec, payload_type) = terms
        .codecs
        .iter()
        .find_map(|&codec| {
            let format = offered.iter().find(|f| f.kind == Kind::Audio(codec))?;
            Some((codec, format.payload_type))
        })
        .ok_or(SdpError::NoCommonCodec)?;
    let event = event_for(codec, &offered);
    let noise = read::comfort_noise(media).filter(|_| terms.comfort_noise && codec.rtp_clock() == NOISE_CLOCK);
    let remote = description.remote(media)?;
    let rtcp_mux = media.has_attribute("rtcp-mux");
    let direction = description.direction(media).reversed().and(terms.direction);
    let ptime = read::ptime(media).unwrap_or(USUAL_PTIME);
    let xr = read::xr(media);

    let mut formats = vec![Format { payload_type, kind: Kind::Audio(codec) }];
    formats.extend(event.map(|(payload_type, clock)| Format { payload_type, kind: Kind::Event { clock } }));
    let mut lines = Lines::new(local, version);
    for (i, other) in description.media().iter().enumerate() {
        if i != index {
            lines.declined(other);
            continue;
        }
        lines.audio(&Audio { port: local.port, proto: &media.proto, formats: &formats, noise, direction, ptime });
        match &answered {
            Answered::Plain => {}
            Answered::Sdes(crypto) => lines.crypto(crypto),
            Answered::Dtls(identity, setup) => lines.dtls(identity.fingerprint(), setup),
        }
        if rtcp_mux {
            lines.attribute("rtcp-mux");
        }
        if xr.any() {
            lines.attribute(Xr::OURS);
        }
    }

    let negotiated = Negotiated {
        codec,
        payload_type,
        receive: vec![(payload_type, codec)],
        telephone_event: event.map(|(pt, clock)| (pt, pt, clock)),
        remote,
        remote_rtcp: read::remote_rtcp(media, remote, rtcp_mux),
        rtcp_mux,
        direction,
        ptime,
        security,
        comfort_noise: noise.map(|payload_type| (payload_type, payload_type)),
        dtx: codec == Codec::Opus && read::wants_dtx(media, payload_type),
        xr,
    };
    Ok((lines.finish(), negotiated))
}

/// The codecs of ours that an offer lists on its audio lines, encrypted or not, in its order.
pub fn offered_codecs(offer: &[u8]) -> Result<Vec<Codec>, SdpError> {
    let description = Description::parse(offer)?;
    let mut codecs = Vec::new();
    let mut error = Some(SdpError::NoAudio);
    for (_, media) in audio(&description) {
        if let Err(unsupported) = Transport::of(media) {
            error = error.and(Some(unsupported));
            continue;
        }
        error = None;
        for format in formats(media) {
            if let Kind::Audio(codec) = format.kind
                && !codecs.contains(&codec)
            {
                codecs.push(codec);
            }
        }
    }
    error.map_or(Ok(codecs), Err)
}

/// The audio lines that are not switched off.
fn audio(description: &Description) -> impl Iterator<Item = (usize, &sdp_types::Media)> {
    description.media().iter().enumerate().filter(|(_, media)| media.media == "audio" && media.port != 0)
}

/// The audio line to take, and what comes of its encryption. A phone that offers both encrypted and plain audio lists
/// two.
fn chosen_audio<'a>(
    description: &'a Description,
    protection: &Protection,
) -> Result<(usize, &'a sdp_types::Media, (Security, Answered)), SdpError> {
    let mut best = Err(SdpError::NoAudio);
    for (index, media) in audio(description) {
        match (protection.choose(description, media), &best) {
            (Ok(chosen), _) if chosen.0.is_encrypted() => return Ok((index, media, chosen)),
            (Ok(chosen), Err(_)) => best = Ok((index, media, chosen)),
            (Err(error), Err(_)) => best = Err(error),
            (_, Ok(_)) => {}
        }
    }
    best
}

fn offered_formats(codecs: &[Codec]) -> Vec<Format> {
    let mut formats: Vec<Format> = Vec::new();
    for &codec in codecs {
        let format =
            Format { payload_type: codec.static_payload_type().unwrap_or(OPUS_PAYLOAD_TYPE), kind: Kind::Audio(codec) };
        if !formats.contains(&format) {
            formats.push(format);
        }
    }
    let wide = codecs.contains(&Codec::Opus);
    if wide {
        formats.push(Format { payload_type: WIDE_EVENT_PAYLOAD_TYPE, kind: Kind::Event { clock: 48_000 } });
    }
    if !wide || codecs.len() > 1 {
        formats.push(Format { payload_type: EVENT_PAYLOAD_TYPE, kind: Kind::Event { clock: 8_000 } });
    }
    formats
}

/// The same with the payload types that were agreed on before; what was not agreed on gets others.
fn renewed_formats(codecs: &[Codec], agreed: &Negotiated) -> Vec<Format> {
    let before = |kind: Kind| match kind {
        Kind::Audio(codec) => agreed.receive.iter().find(|(_, known)| *known == codec).map(|&(number, _)| number),
        Kind::Event { clock } => agreed.telephone_event.filter(|event| event.2 == clock).map(|event| event.1),
    };
    let mut taken: Vec<u8> = agreed.receive.iter().map(|&(number, _)| number).collect();
    taken.extend(agreed.telephone_event.map(|event| event.1));
    let renewed = offered_formats(codecs).into_iter().map(|Format { payload_type, kind }| {
        let payload_type = before(kind).unwrap_or_else(|| {
            let mut numbers = std::iter::once(payload_type).chain(96..=127);
            let free = numbers.find(|number| !taken.contains(number)).unwrap_or(payload_type);
            taken.push(free);
            free
        });
        Format { payload_type, kind }
    });
    renewed.collect()
}

/// The telephone-event format for `codec`: its own clock (RFC 4733 section 2.1), else any.
pub(crate) fn event_for(codec: Codec, formats: &[Format]) -> Option<(u8, u32)> {
    let mut events = formats.iter().filter_map(|format| match format.kind {
        Kind::Event { clock } => Some((format.payload_type, clock)),
        Kind::Audio(_) => None,
    });
    let first = events.next()?;
    let clock = codec.rtp_clock();
    Some(std::iter::once(first).chain(events).find(|&(_, c)| c == clock).unwrap_or(first))
}
