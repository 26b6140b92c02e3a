//! A browser's offer and our answer to it (RFC 8829): one bundled audio line, everything else
//! declined.

use std::fmt::Write;
use std::net::SocketAddr;

use sdp_types::Media;

use super::{IceCredentials, WebRtcError};
use crate::codec::Codec;
use crate::sdp::{Description, Direction, Format, Kind, SdpError, formats};
use crate::srtp::Fingerprint;

/// What matters of a browser's offer.
pub(super) struct BrowserOffer {
    mid: String,
    pub(super) ufrag: String,
    pub(super) fingerprint: Fingerprint,
    /// The browser opens the DTLS connection, which it does unless it insists on waiting.
    pub(super) active: bool,
    /// Who sends, seen from the browser.
    pub(super) direction: Direction,
    formats: Vec<Format>,
    media: Vec<Media>,
    audio: usize,
}

/// Our side of the answer.
pub(super) struct Ours<'a> {
    pub(super) credentials: &'a IceCredentials,
    pub(super) fingerprint: &'a Fingerprint,
    pub(super) candidates: &'a [SocketAddr],
    /// Whether they take TCP connections, too.
    pub(super) tcp: bool,
    pub(super) formats: &'a [Format],
    pub(super) ssrc: u32,
    pub(super) cname: &'a str,
    /// `o=` version.
    pub(super) version: u32,
}

impl BrowserOffer {
    pub(super) fn parse(sdp: &str) -> Result<Self, WebRtcError> {
        let description = Description::parse(sdp.as_bytes())?;
        // An inactive line of an earlier call has port 0; a fresh one has 9, the discard port.
        let (audio, media) = description
            .media()
            .iter()
            .enumerate()
            .find(|(_, media)| media.media == "audio" && media.port != 0)
            .ok_or(SdpError::NoAudio)?;
        if !media.proto.to_ascii_uppercase().ends_with("RTP/SAVPF") {
            return Err(SdpError::UnsupportedTransport.into());
        }
        let value = |name: &'static str| {
            let on_media = media.get_first_attribute_value(name).flatten();
            on_media.or_else(|| {
                let mut session = description.session_attributes().iter();
                let attribute = session.find(|a| a.attribute.eq_ignore_ascii_case(name))?;
                attribute.value.as_deref()
            })
        };
        if !media.has_attribute("rtcp-mux") {
            return Err(WebRtcError::Missing("rtcp-mux"));
        }
        let ufrag = value("ice-ufrag").ok_or(WebRtcError::Missing("ice-ufrag"))?;
        // A lite agent makes no checks of its own, and so has no use for the password; an offer without is no WebRTC.
        value("ice-pwd").ok_or(WebRtcError::Missing("ice-pwd"))?;
        let session_fingerprints = description
            .session_attributes()
            .iter()
            .filter(|a| a.attribute.eq_ignore_ascii_case("fingerprint"))
            .filter_map(|a| a.value.as_deref());
        // Several hashes may be given; SHA-256 is the one every browser has (RFC 8122 section 5).
        let fingerprint = media
            .get_attribute_values("fingerprint")
            .flatten()
            .chain(session_fingerprints)
            .find_map(Fingerprint::parse)
            .ok_or(WebRtcError::Missing("SHA-256 fingerprint"))?;
        let mid = value("mid").unwrap_or("0");
        if mid.is_empty() || mid.len() > 16 || !mid.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(WebRtcError::Missing("usable mid"));
        }
        Ok(Self {
            mid: mid.to_owned(),
            ufrag: ufrag.to_owned(),
            fingerprint,
            active: !value("setup").is_some_and(|setup| setup.eq_ignore_ascii_case("passive")),
            direction: description.written_direction(media),
            formats: formats(media),
            audio,
            media: description.media().to_vec(),
        })
    }

    /// The formats to answer: our codecs that were offered, in our order, then telephone events.
    pub(super) fn agreed(&self, codecs: &[Codec]) -> Result<Vec<Format>, SdpError> {
        let mut agreed: Vec<Format> = Vec::new();
        for &codec in codecs {
            let kind = Kind::Audio(codec);
            if agreed.iter().all(|format| format.kind != kind) {
                agreed.extend(self.formats.iter().find(|f| f.kind == kind));
            }
        }
        if agreed.is_empty() {
            return Err(SdpError::NoCommonCodec);
        }
        // Events in the clock of the codec that the browser will send (RFC 4733 section 2.1), and in no other: where
        // both are answered, Chromium sends events of 8000 Hz within Opus and counts their length in ticks of 48000,
        // so that a digit lasts 20 ms and has no beginning. Firefox has 8000 alone, also beside Opus.
        let clock = match agreed[0].kind {
            Kind::Audio(codec) => codec.rtp_clock(),
            Kind::Event { clock } => clock,
        };
        let event = |wanted: u32| self.formats.iter().find(move |format| format.kind == Kind::Event { clock: wanted });
        agreed.extend(event(clock).or_else(|| event(8_000)));
        Ok(agreed)
    }

    pub(super) fn answer(&self, ours: &Ours<'_>) -> String {
        let mut sdp = String::with_capacity(1_024);
        // Writing to a `String` cannot fail.
        let _ = self.write(ours, &mut sdp);
        sdp
    }

    fn write(&self, ours: &Ours<'_>, sdp: &mut String) -> std::fmt::Result {
        write!(
            sdp,
            "v=0\r\n\
             o=- {} {} IN IP4 0.0.0.0\r\n\
             s=-\r\n\
             t=0 0\r\n\
             a=group:BUNDLE {}\r\n\
             a=ice-lite\r\n\
             a=msid-semantic: WMS *\r\n",
            ours.ssrc, ours.version, self.mid
        )?;
        for (index, media) in self.media.iter().enumerate() {
            if index == self.audio {
                self.write_audio(ours, sdp)?;
            } else {
                write!(sdp, "m={} 0 {} {}\r\nc=IN IP4 0.0.0.0\r\na=inactive\r\n", media.media, media.proto, media.fmt)?;
                if let Some(Some(mid)) = media.get_first_attribute_value("mid") {
                    write!(sdp, "a=mid:{mid}\r\n")?;
                }
            }
        }
        Ok(())
    }

    fn write_audio(&self, ours: &Ours<'_>, sdp: &mut String) -> std::fmt::Result {
        let proto = &self.media[self.audio].proto;
        let (family, address, port) = match ours.candidates.first() {
            Some(SocketAddr::V6(a)) => ("IP6", a.ip().to_string(), a.port()),
            Some(SocketAddr::V4(a)) => ("IP4", a.ip().to_string(), a.port()),
            None => ("IP4", "0.0.0.0".to_owned(), 9),
        };
        write!(sdp, "m=audio {port} {proto}")?;
        for format in ours.formats {
            write!(sdp, " {}", format.payload_type)?;
        }
        let setup = if self.active { "passive" } else { "active" };
        write!(
            sdp,
            "\r\nc=IN {family} {address}\r\n\
             a=mid:{}\r\n\
             a=rtcp-mux\r\n\
             a=setup:{setup}\r\n\
             a=ice-ufrag:{}\r\n\
             a=ice-pwd:{}\r\n\
             a=fingerprint:{}\r\n\
             a={}\r\n\
             a=msid:offhook audio\r\n",
            self.mid,
            ours.credentials.ufrag,
            ours.credentials.password,
            ours.fingerprint,
            self.direction.reversed().as_str(),
        )?;
        for format in ours.formats {
            let pt = format.payload_type;
            match format.kind {
                Kind::Audio(codec) => {
                    write!(sdp, "a=rtpmap:{pt} {}\r\n", codec.rtpmap())?;
                    if codec == Codec::Opus {
                        write!(sdp, "a=fmtp:{pt} minptime=10;useinbandfec=1\r\n")?;
                    }
                }
                Kind::Event { clock } => {
                    write!(sdp, "a=rtpmap:{pt} telephone-event/{clock}\r\n")?;
                }
            }
        }
        write!(sdp, "a=ptime:20\r\na=ssrc:{} cname:{}\r\n", ours.ssrc, ours.cname)?;
        for (index, candidate) in ours.candidates.iter().enumerate() {
            // RFC 8445 section 5.1.2: type preference 126 for host, ours in the order given.
            let preference = 65_535 - index.min(65_535) as u32;
            let priority = (126 << 24) | (preference << 8) | 255;
            write!(
                sdp,
                "a=candidate:{} 1 udp {priority} {} {} typ host\r\n",
                index + 1,
                candidate.ip(),
                candidate.port()
            )?;
        }
        for (index, candidate) in ours.candidates.iter().enumerate().filter(|_| ours.tcp) {
            // RFC 6544 section 4.2: below every UDP candidate; direction preference 4 for a passive host candidate.
            let preference = (4 << 13) | (8_191 - index.min(8_191) as u32);
            let priority = (90 << 24) | (preference << 8) | 255;
            write!(
                sdp,
                "a=candidate:{} 1 tcp {priority} {} {} typ host tcptype passive\r\n",
                ours.candidates.len() + index + 1,
                candidate.ip(),
                candidate.port()
            )?;
        }
        sdp.push_str("a=end-of-candidates\r\n");
        Ok(())
    }
}
