//! Reading descriptions: leniently where real phones are sloppy, strictly where audio depends on it.

use std::net::SocketAddr;

use sdp_types::{Attribute, Media, Rtcp, RtpMap, Session};

use super::{Direction, SdpError, Xr};
use crate::codec::Codec;

/// Far above any audio call; a browser with video and data offers about 10 KiB.
const MAX_BYTES: usize = 64 * 1024;
const MAX_MEDIA_LINES: usize = 32;
/// Payload types have seven bits.
pub(super) const MAX_FORMATS: usize = 128;

/// What a payload type carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Audio(Codec),
    /// RFC 4733 telephone events with this clock in Hz.
    Event {
        clock: u32,
    },
}

/// A payload type we understand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Format {
    pub(crate) payload_type: u8,
    pub(crate) kind: Kind,
}

/// A parsed description.
#[derive(Debug)]
pub(crate) struct Description(Session);

impl Description {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, SdpError> {
        if body.len() > MAX_BYTES {
            return Err(SdpError::TooLarge);
        }
        let session = Session::parse(&tidied(body)?).map_err(SdpError::Malformed)?;
        if session.medias.len() > MAX_MEDIA_LINES {
            return Err(SdpError::TooLarge);
        }
        Ok(Self(session))
    }

    pub(crate) fn media(&self) -> &[Media] {
        &self.0.medias
    }

    pub(crate) fn session_attributes(&self) -> &[Attribute] {
        &self.0.attributes
    }

    /// Where the peer receives RTP for this media line.
    pub(super) fn remote(&self, media: &Media) -> Result<SocketAddr, SdpError> {
        let connection = media.connections.first().or(self.0.connection.as_ref()).ok_or(SdpError::Address)?;
        let address = connection.try_address().map_err(|_| SdpError::Address)?;
        Ok(SocketAddr::new(address.ip, media.port))
    }

    /// The direction the peer wrote, seen from the peer.
    pub(crate) fn written_direction(&self, media: &Media) -> Direction {
        direction_of(&media.attributes).or_else(|| direction_of(&self.0.attributes)).unwrap_or_default()
    }

    /// The direction that holds, seen from the peer.
    ///
    /// The unspecified address is hold as RFC 2543 had it, still sent by some PBXs: the peer
    /// wants nothing, whatever its direction attribute says.
    pub(super) fn direction(&self, media: &Media) -> Direction {
        let written = self.written_direction(media);
        let held = self.remote(media).is_ok_and(|remote| remote.ip().is_unspecified());
        if held { written.and(Direction::SendOnly) } else { written }
    }
}

/// The formats of a media line that we understand, in its order.
pub(crate) fn formats(media: &Media) -> Vec<Format> {
    let mut maps: Vec<Option<RtpMap>> = vec![None; 128];
    for map in media.attributes_typed::<RtpMap>().flatten() {
        // The first mapping counts; `RtpMap` accepts payload types up to 127 only.
        maps[usize::from(map.payload_type & 127)].get_or_insert(map);
    }
    media
        .fmt
        .split_ascii_whitespace()
        .take(MAX_FORMATS)
        .filter_map(|token| {
            let payload_type: u8 = token.parse().ok().filter(|pt| *pt < 128)?;
            let kind = match &maps[usize::from(payload_type)] {
                Some(map) => mapped(map)?,
                // RFC 3551 section 6: static payload types need no mapping.
                None => Kind::Audio(Codec::from_static_payload_type(payload_type)?),
            };
            Some(Format { payload_type, kind })
        })
        .collect()
}

/// Where RTCP goes: `a=rtcp` (RFC 3605), else the port after RTP.
pub(super) fn remote_rtcp(media: &Media, remote: SocketAddr, mux: bool) -> Option<SocketAddr> {
    if mux {
        return None;
    }
    if let Some(Ok(rtcp)) = media.get_first_attribute_typed::<Rtcp>() {
        let ip = match rtcp.try_address() {
            Some(Ok(address)) => address.ip,
            _ => remote.ip(),
        };
        return (rtcp.port != 0).then(|| SocketAddr::new(ip, rtcp.port));
    }
    let port = remote.port().checked_add(1)?;
    Some(SocketAddr::new(remote.ip(), port))
}

/// The payload type of comfort noise at 8000 Hz (RFC 3389), with or without a mapping.
pub(super) fn comfort_noise(media: &Media) -> Option<u8> {
    let mapped = media.attributes_typed::<RtpMap>().flatten().find(|map| {
        let is_noise = map.encoding_name.eq_ignore_ascii_case("CN");
        is_noise && map.clock_rate == super::NOISE_CLOCK && map.payload_type < 128
    });
    let payload_type = mapped.map_or(super::NOISE_PAYLOAD_TYPE, |map| map.payload_type);
    let mut tokens = media.fmt.split_ascii_whitespace().take(MAX_FORMATS);
    tokens.any(|token| token.parse() == Ok(payload_type)).then_some(payload_type)
}

/// Whether the peer would rather have no packets while nobody speaks: `usedtx` of Opus (RFC 7587 section 6.1).
pub(super) fn wants_dtx(media: &Media, payload_type: u8) -> bool {
    let values = media.attributes.iter().filter(|attribute| attribute.attribute.eq_ignore_ascii_case("fmtp"));
    let formats = values.filter_map(|attribute| attribute.value.as_deref()?.trim().split_once(' '));
    let parameters =
        formats.filter(|(format, _)| format.parse() == Ok(payload_type)).flat_map(|(_, list)| list.split(';'));
    parameters.map(str::trim).any(|parameter| parameter.eq_ignore_ascii_case("usedtx=1"))
}

/// Milliseconds of audio per packet the peer wants, within what we send.
pub(super) fn ptime(media: &Media) -> Option<u32> {
    media
        .get_first_attribute_value("ptime")
        .flatten()
        // Some phones write a fraction ("20.0").
        .and_then(|value| value.trim().split('.').next()?.parse::<u32>().ok())
        .filter(|ms| (10..=60).contains(ms))
}

/// Extended reports that the peer wants (RFC 3611 section 5.1).
pub(super) fn xr(media: &Media) -> Xr {
    let mut wanted = Xr::default();
    let values = media.attributes.iter().filter(|attribute| attribute.attribute.eq_ignore_ascii_case("rtcp-xr"));
    for format in values.filter_map(|attribute| attribute.value.as_deref()).flat_map(str::split_whitespace) {
        match format.split('=').next() {
            Some("voip-metrics") => wanted.voip_metrics = true,
            Some("rcvr-rtt") => wanted.round_trip = true,
            _ => {}
        }
    }
    wanted
}

fn mapped(map: &RtpMap) -> Option<Kind> {
    if map.encoding_name.eq_ignore_ascii_case("telephone-event") {
        // Clocks outside this range make no sense and would break the arithmetic on durations.
        let clock = map.clock_rate;
        return (8_000..=48_000).contains(&clock).then_some(Kind::Event { clock });
    }
    let codec: Codec = map.encoding_name.parse().ok()?;
    let mono = matches!(map.encoding_params.as_deref(), None | Some("1"));
    let stereo = map.encoding_params.as_deref() == Some("2");
    let channels = if codec == Codec::Opus { stereo } else { mono };
    // G.722 samples at 16 kHz but says 8000 (RFC 3551 section 4.5.2); some phones say 16000.
    let clock = map.clock_rate == codec.rtp_clock() || (codec == Codec::G722 && map.clock_rate == 16_000);
    (clock && channels).then_some(Kind::Audio(codec))
}

fn direction_of(attributes: &[Attribute]) -> Option<Direction> {
    attributes.iter().find_map(|attribute| {
        [Direction::SendRecv, Direction::SendOnly, Direction::RecvOnly, Direction::Inactive]
            .into_iter()
            .find(|direction| attribute.attribute.eq_ignore_ascii_case(direction.as_str()))
    })
}

/// The description reduced to what we read, in the order the grammar wants.
///
/// Phones send `o=` with spaces in the user name or a version above 64 bits, leave out `s=` or
/// `t=`, or end lines with a bare line feed. None of that touches the audio, so it is not a
/// reason to fail a call.
fn tidied(body: &[u8]) -> Result<Vec<u8>, SdpError> {
    let text = String::from_utf8_lossy(body);
    let mut lines = text.split('\n').map(|line| line.trim_end_matches('\r')).skip_while(|line| line.is_empty());
    if lines.next().is_none_or(|line| line.trim_end() != "v=0") {
        return Err(SdpError::NotSdp);
    }

    let mut head = String::new();
    let mut attributes = String::new();
    let mut sections: Vec<[String; 3]> = Vec::new();
    for line in lines {
        if line.contains(['\0', '\r']) {
            continue;
        }
        let slot = match (line.as_bytes(), sections.last_mut()) {
            ([b'm', b'=', ..], _) => {
                if sections.len() > MAX_MEDIA_LINES {
                    return Err(SdpError::TooLarge);
                }
                sections.push(Default::default());
                sections.last_mut().map(|section| &mut section[0])
            }
            ([b'c', b'=', ..], Some(section)) => Some(&mut section[1]),
            ([b'a', b'=', ..], Some(section)) => Some(&mut section[2]),
            // One session-level address; the grammar allows no second.
            ([b'c', b'=', ..], None) => head.is_empty().then_some(&mut head),
            ([b'a', b'=', ..], None) => Some(&mut attributes),
            _ => None,
        };
        if let Some(slot) = slot {
            slot.push_str(line.trim_end());
            slot.push_str("\r\n");
        }
    }

    let mut tidy = String::with_capacity(text.len() + 64);
    tidy.push_str("v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\n");
    tidy.push_str(&head);
    tidy.push_str("t=0 0\r\n");
    tidy.push_str(&attributes);
    for section in &sections {
        for part in section {
            tidy.push_str(part);
        }
    }
    Ok(tidy.into_bytes())
}
