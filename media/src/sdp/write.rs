//! Writing descriptions, line by line in the order of RFC 8866 section 5.

use std::fmt::Write;

use bytes::Bytes;
use sdp_types::Media;

use super::sdes::{Crypto, Written};
use super::{Direction, Format, Kind, LocalAudio, NOISE_CLOCK};
use crate::codec::Codec;
use crate::srtp::Fingerprint;

/// What an audio line says.
pub(super) struct Audio<'a> {
    pub(super) port: u16,
    pub(super) proto: &'a str,
    pub(super) formats: &'a [Format],
    /// Payload type of comfort noise.
    pub(super) noise: Option<u8>,
    pub(super) direction: Direction,
    pub(super) ptime: u32,
}

/// A description being written.
pub(super) struct Lines(String);

impl Lines {
    /// The session section.
    pub(super) fn new(local: &LocalAudio, version: u64) -> Self {
        let family = if local.address.is_ipv6() { "IP6" } else { "IP4" };
        let mut lines = Self(String::with_capacity(384));
        lines.line(format_args!("v=0"));
        lines.line(format_args!("o=- {} {version} IN {family} {}", local.session_id, local.address));
        lines.line(format_args!("s=-"));
        lines.line(format_args!("c=IN {family} {}", local.address));
        lines.line(format_args!("t=0 0"));
        lines
    }

    /// An audio line with its formats.
    pub(super) fn audio(&mut self, audio: &Audio<'_>) {
        let payload_types = audio.formats.iter().map(|format| format.payload_type).chain(audio.noise);
        let mut numbers = String::new();
        for payload_type in payload_types {
            numbers.push(' ');
            numbers.push_str(&payload_type.to_string());
        }
        self.line(format_args!("m=audio {} {}{numbers}", audio.port, audio.proto));
        for format in audio.formats {
            self.rtpmap(format);
        }
        if let Some(payload_type) = audio.noise {
            self.line(format_args!("a=rtpmap:{payload_type} CN/{NOISE_CLOCK}"));
        }
        self.line(format_args!("a=ptime:{}", audio.ptime));
        self.attribute(audio.direction.as_str());
    }

    /// A key for what we send (RFC 4568).
    pub(super) fn crypto(&mut self, crypto: &Crypto) {
        self.line(format_args!("a=crypto:{}", Written(crypto)));
    }

    /// Who we are in the DTLS handshake and who begins it (RFC 5763 section 5).
    pub(super) fn dtls(&mut self, fingerprint: &Fingerprint, setup: &str) {
        self.line(format_args!("a=fingerprint:{fingerprint}"));
        self.line(format_args!("a=setup:{setup}"));
    }

    /// `a=rtpmap` and what belongs to it; every format gets one, also those with a static number.
    fn rtpmap(&mut self, format: &Format) {
        let pt = format.payload_type;
        match format.kind {
            Kind::Audio(codec) => {
                self.line(format_args!("a=rtpmap:{pt} {}", codec.rtpmap()));
                if codec == Codec::Opus {
                    self.line(format_args!("a=fmtp:{pt} useinbandfec=1"));
                }
            }
            Kind::Event { clock } => {
                self.line(format_args!("a=rtpmap:{pt} telephone-event/{clock}"));
                self.line(format_args!("a=fmtp:{pt} 0-15"));
            }
        }
    }

    /// A media line declined with port 0 (RFC 3264 section 6); the rest of it is repeated.
    pub(super) fn declined(&mut self, media: &Media) {
        self.line(format_args!("m={} 0 {} {}", media.media, media.proto, media.fmt));
    }

    /// An attribute without a value.
    pub(super) fn attribute(&mut self, name: &str) {
        self.line(format_args!("a={name}"));
    }

    pub(super) fn finish(self) -> Bytes {
        Bytes::from(self.0)
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a `String` cannot fail.
        let _ = self.0.write_fmt(line);
        self.0.push_str("\r\n");
    }
}
