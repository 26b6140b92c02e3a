//! What a description says, for who wants to know why it was refused: nothing is negotiated here.

use std::net::SocketAddr;

use sdp_types::{Media, RtpMap};

use super::read::MAX_FORMATS;
use super::{Description, Direction, SdpError};

/// A media line as its sender wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// `audio`, `video` and the like.
    pub media: String,
    /// 0 where the stream is declined.
    pub port: u16,
    /// Such as `RTP/AVP` and `RTP/SAVP`.
    pub protocol: String,
    /// Where the sender receives; None where no IP address is named.
    pub address: Option<SocketAddr>,
    /// Names of the codecs in order, those unknown here as well; the number where there is no name. Telephone events and
    /// comfort noise are none.
    pub codecs: Vec<String>,
    /// Whether telephone events (RFC 4733) are there.
    pub events: bool,
    /// Who sends, as the sender sees it.
    pub direction: Direction,
    /// Whether keys (RFC 4568) or the fingerprint of a certificate (RFC 5763) are there.
    pub keys: bool,
}

impl Stream {
    /// Whether it can be had encrypted only.
    pub fn is_encrypted(&self) -> bool {
        self.protocol.contains("SAVP")
    }
}

/// Reads every media line of a description.
///
/// # Errors
/// When it is no description, too large or malformed.
pub fn describe(body: &[u8]) -> Result<Vec<Stream>, SdpError> {
    let description = Description::parse(body)?;
    let of_session = has(description.session_attributes(), "fingerprint");
    let streams = description.media().iter().map(|media| {
        let formats = named(media);
        let is = |name: &str, kind: &str| name.eq_ignore_ascii_case(kind);
        let attributes = &media.attributes;
        Stream {
            media: media.media.clone(),
            port: media.port,
            protocol: media.proto.to_ascii_uppercase(),
            address: description.remote(media).ok(),
            events: formats.iter().any(|name| is(name, "telephone-event")),
            codecs: formats.into_iter().filter(|name| !is(name, "telephone-event") && !is(name, "CN")).collect(),
            direction: description.written_direction(media),
            keys: of_session || has(attributes, "crypto") || has(attributes, "fingerprint"),
        }
    });
    Ok(streams.collect())
}

fn has(attributes: &[sdp_types::Attribute], name: &str) -> bool {
    attributes.iter().any(|attribute| attribute.attribute.eq_ignore_ascii_case(name))
}

/// What the formats of a media line are called.
fn named(media: &Media) -> Vec<String> {
    let mut names: Vec<Option<String>> = vec![None; 128];
    for map in media.attributes_typed::<RtpMap>().flatten() {
        names[usize::from(map.payload_type & 127)].get_or_insert_with(|| map.encoding_name.clone());
    }
    let formats = media.fmt.split_ascii_whitespace().take(MAX_FORMATS);
    formats
        .map(|format| {
            let mapped = format.parse().ok().and_then(|number: usize| names.get(number)?.clone());
            mapped.unwrap_or_else(|| usual(format).to_owned())
        })
        .collect()
}

/// Payload types that need no mapping (RFC 3551 table 4).
fn usual(format: &str) -> &str {
    match format {
        "0" => "PCMU",
        "3" => "GSM",
        "4" => "G723",
        "7" => "LPC",
        "8" => "PCMA",
        "9" => "G722",
        "13" => "CN",
        "15" => "G728",
        "18" => "G729",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_codec_has_its_name_and_keys_are_seen() {
        let sdp = "v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/SAVP 18 8 97 101 13\r\na=rtpmap:97 iLBC/8000\r\n\
                   a=rtpmap:101 telephone-event/8000\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\na=sendonly\r\n\
                   m=video 0 RTP/AVP 96\r\n";
        let streams = describe(sdp.as_bytes()).unwrap();
        let [audio, video] = streams.as_slice() else { panic!("{streams:?}") };
        assert_eq!(audio.codecs, ["G729", "PCMA", "iLBC"]);
        assert!(audio.is_encrypted() && audio.keys && audio.events);
        assert_eq!(audio.direction, Direction::SendOnly);
        assert_eq!(audio.address, Some("192.0.2.1:4000".parse().unwrap()));
        assert_eq!((video.port, video.codecs.as_slice(), video.is_encrypted()), (0, &["96".to_owned()][..], false));
        assert!(describe(b"no description").is_err());
    }
}
