//! Writing descriptions, line by line in the order of RFC 8866 section 5.

use std::fmt::Write;

use bytes::Bytes;
use sdp_types::Media;

use super::{Direction, Format, Kind, LocalAudio};
use crate::codec::Codec;

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
    pub(super) fn audio(&mut self, port: u16, proto: &str, formats: &[Format], direction: Direction, ptime: u32) {
        let mut numbers = String::new();
        for format in formats {
            numbers.push(' ');
            numbers.push_str(&format.payload_type.to_string());
        }
        self.line(format_args!("m=audio {port} {proto}{numbers}"));
        for format in formats {
            self.rtpmap(format);
        }
        self.line(format_args!("a=ptime:{ptime}"));
        self.attribute(direction.as_str());
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
