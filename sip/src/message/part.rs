//! Bodies in parts (RFC 5621): finds the one of a type, and tells what in them is not understood.

use bytes::Bytes;

use super::Message;
use crate::header::{Name, Params};
use crate::lex;

/// Parts looked at in one body, those of nested ones included; a body with more is not understood.
const MAX_PARTS: usize = 32;

/// A multipart body in a multipart body is looked into; one in that is not.
const MAX_DEPTH: usize = 1;

/// What is in a body.
#[derive(Debug, Default)]
struct Found {
    /// The first part of the wanted type.
    wanted: Option<Bytes>,
    /// Whether something has to be understood that is not.
    unknown: bool,
}

impl Message {
    /// The body of that media type: the whole one, or the first such part of a multipart/mixed or
    /// multipart/alternative body, nested once. A session description whose Content-Disposition says that it is
    /// something else than one for the session does not count. A body without Content-Type counts as wanted.
    pub fn part(&self, media_type: &str) -> Option<Bytes> {
        let body = self.body();
        if body.is_empty() || self.is_encoded() {
            return None;
        }
        match self.content_type() {
            None => Some(body),
            Some(value) => look(value, self.header(Name::ContentDisposition), &body, media_type, 0, &mut 0).wanted,
        }
    }

    /// Whether the body has something that must be understood and is not of that media type: then a request is
    /// answered with 415 (RFC 3261 8.2.3, RFC 5621 8.3).
    pub fn has_unknown_body(&self, media_type: &str) -> bool {
        let body = self.body();
        if body.is_empty() {
            return false;
        }
        if self.is_encoded() {
            return !is_optional(self.header(Name::ContentDisposition));
        }
        self.content_type().is_some_and(|value| {
            look(value, self.header(Name::ContentDisposition), &body, media_type, 0, &mut 0).unknown
        })
    }

    fn is_encoded(&self) -> bool {
        self.values(Name::ContentEncoding).any(|coding| !coding.eq_ignore_ascii_case("identity"))
    }
}

/// Looks into one body or part.
fn look(
    content_type: &str,
    disposition: Option<&str>,
    body: &Bytes,
    wanted: &str,
    depth: usize,
    parts: &mut usize,
) -> Found {
    let (media_type, params) = content_type.split_at(content_type.find(';').unwrap_or(content_type.len()));
    let media_type = lex::trim(media_type);
    if media_type.eq_ignore_ascii_case(wanted) {
        let fits = disposition.is_none_or(|value| kind(value).eq_ignore_ascii_case("session"));
        return match fits {
            true => Found { wanted: Some(body.clone()), unknown: false },
            false => Found { wanted: None, unknown: !is_optional(disposition) },
        };
    }
    let alternative = media_type.eq_ignore_ascii_case("multipart/alternative");
    if depth > MAX_DEPTH || !(alternative || media_type.eq_ignore_ascii_case("multipart/mixed")) {
        return Found { wanted: None, unknown: !is_optional(disposition) };
    }
    let params = Params::from_text(params);
    let Some(boundary) = params.value("boundary").filter(|boundary| !boundary.is_empty()) else {
        return Found { wanted: None, unknown: !is_optional(disposition) };
    };
    let mut all = Found::default();
    let mut understood = false;
    for part in split(body, boundary) {
        *parts += 1;
        if *parts > MAX_PARTS {
            all.unknown = true;
            break;
        }
        let found = look_at_part(&part, wanted, depth + 1, parts);
        understood |= !found.unknown;
        all.unknown |= found.unknown;
        all.wanted = all.wanted.or(found.wanted);
    }
    if alternative {
        // One that is understood is enough (RFC 2046 5.1.4).
        all.unknown = !understood;
    }
    all.unknown &= !is_optional(disposition);
    all
}

/// One part: header fields, an empty line, and the body.
fn look_at_part(part: &Bytes, wanted: &str, depth: usize, parts: &mut usize) -> Found {
    let start = if part.starts_with(b"\r\n") { 0 } else { end_of_head(part).unwrap_or(part.len()) };
    let mut content_type = None;
    let mut disposition = None;
    let mut encoded = false;
    for line in part.get(..start).unwrap_or_default().split(|byte| *byte == b'\n') {
        let Ok(line) = std::str::from_utf8(line) else { continue };
        let Some((name, value)) = line.split_once(':') else { continue };
        match Name::parse(lex::trim(name)) {
            Name::ContentType => content_type = Some(lex::trim(value)),
            Name::ContentDisposition => disposition = Some(lex::trim(value)),
            Name::ContentEncoding => encoded = !lex::trim(value).eq_ignore_ascii_case("identity"),
            Name::Other(name) if name.eq_ignore_ascii_case("Content-Transfer-Encoding") => {
                encoded |= !["7bit", "8bit", "binary"].iter().any(|plain| lex::trim(value).eq_ignore_ascii_case(plain));
            }
            _ => {}
        }
    }
    if encoded {
        return Found { wanted: None, unknown: !is_optional(disposition) };
    }
    let skip = if start == 0 { 2 } else { start };
    let body = part.slice(skip.min(part.len())..);
    look(content_type.unwrap_or("text/plain"), disposition, &body, wanted, depth, parts)
}

/// Where the body of a part begins.
fn end_of_head(part: &[u8]) -> Option<usize> {
    memchr::memmem::find(part, b"\r\n\r\n").map(|at| at + 4)
}

/// The parts between the boundaries (RFC 2046 5.1.1).
fn split(body: &Bytes, boundary: &str) -> Vec<Bytes> {
    let delimiter = format!("--{boundary}");
    let mut parts = Vec::new();
    let mut open: Option<usize> = None;
    for at in memchr::memmem::find_iter(body, delimiter.as_bytes()) {
        let after = at + delimiter.len();
        let rest = body.get(after..).unwrap_or_default();
        let last = rest.starts_with(b"--");
        let line = rest.iter().position(|byte| !matches!(byte, b' ' | b'\t')).unwrap_or(rest.len());
        let next = after + line + 2;
        let starts_line = at == 0 || body.get(..at).is_some_and(|before| before.ends_with(b"\r\n"));
        if !starts_line || !(last || rest.get(line..).is_some_and(|rest| rest.starts_with(b"\r\n"))) {
            continue;
        }
        if let Some(start) = open {
            // The line break before a boundary belongs to the boundary.
            let end = at.saturating_sub(2).max(start);
            if start <= end && parts.len() <= MAX_PARTS {
                parts.push(body.slice(start..end));
            }
        }
        if last {
            break;
        }
        open = Some(next.min(body.len()));
    }
    parts
}

/// What a Content-Disposition says that a body is.
fn kind(disposition: &str) -> &str {
    lex::trim(&disposition[..disposition.find(';').unwrap_or(disposition.len())])
}

/// Whether a body may be left alone by whoever does not understand it: the default is that it may not.
fn is_optional(disposition: Option<&str>) -> bool {
    disposition.is_some_and(|value| {
        let params = Params::from_text(&value[value.find(';').unwrap_or(value.len())..]);
        params.value("handling").is_some_and(|handling| handling.eq_ignore_ascii_case("optional"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SDP: &str = "application/sdp";

    fn message(content_type: &str, body: &str) -> Message {
        let length = body.len();
        let text = format!("MESSAGE sip:a@b SIP/2.0\r\n{content_type}\r\nContent-Length: {length}\r\n\r\n{body}");
        Message::parse(text.into()).expect("a message")
    }

    fn part(kind: &str, body: &str) -> String {
        format!("--b1\r\n{kind}\r\n\r\n{body}\r\n")
    }

    #[test]
    fn the_description_is_found_among_others() {
        let isup = part("Content-Type: application/isup\r\nContent-Disposition: signal;handling=optional", "\0\u{1}");
        let sdp = part("Content-Type: application/sdp", "v=0\r\n");
        let body = format!("preamble\r\n{isup}{sdp}--b1--\r\n");
        let mixed = message("Content-Type: multipart/mixed;boundary=b1", &body);
        assert_eq!(mixed.part(SDP).as_deref(), Some(&b"v=0\r\n"[..]));
        assert!(!mixed.has_unknown_body(SDP), "the other one may be left alone");
        let required = message("Content-Type: multipart/mixed;boundary=b1", &body.replace("optional", "required"));
        assert!(required.has_unknown_body(SDP));
        let alternative =
            message("Content-Type: multipart/alternative;boundary=\"b1\"", &body.replace("optional", "required"));
        assert_eq!(alternative.part(SDP).as_deref(), Some(&b"v=0\r\n"[..]));
        assert!(!alternative.has_unknown_body(SDP));
    }

    #[test]
    fn nested_once_and_no_deeper() {
        let wrap = |inner: &str, outer: &str, body: &str| {
            format!("--{outer}\r\nContent-Type: multipart/mixed;boundary={inner}\r\n\r\n{body}\r\n--{outer}--\r\n")
        };
        let core = format!("{}--b1--", part("Content-Type: application/sdp", "v=0"));
        let twice = wrap("b1", "b2", &core);
        assert!(message("Content-Type: multipart/mixed;boundary=b2", &twice).part(SDP).is_some());
        let thrice = wrap("b2", "b3", &twice);
        let deep = message("Content-Type: multipart/mixed;boundary=b3", &thrice);
        assert!(deep.part(SDP).is_none() && deep.has_unknown_body(SDP));
    }

    #[test]
    fn a_description_for_something_else_is_none() {
        let early = message("Content-Type: application/sdp\r\nContent-Disposition: early-session", "v=0");
        assert!(early.part(SDP).is_none() && early.has_unknown_body(SDP));
        let zipped = message("Content-Type: application/sdp\r\nContent-Encoding: gzip", "v=0");
        assert!(zipped.has_unknown_body(SDP));
        let plain = message("Content-Type: text/plain", "v=0");
        assert!(plain.part(SDP).is_none() && plain.has_unknown_body(SDP));
    }

    #[test]
    fn broken_bodies_do_no_harm() {
        for body in
            ["", "--b1", "--b1--", "--b1\r\n", "--b1\r\n--b1\r\n--b1--", "--b1 \r\n\r\n\r\n--b1--x", "\r\n--b1\r\n:"]
        {
            let message = message("Content-Type: multipart/mixed;boundary=b1", body);
            assert!(message.part(SDP).is_none(), "{body:?}");
            message.has_unknown_body(SDP);
        }
        let many = part("Content-Type: application/sdp;x", "v").repeat(1000);
        assert!(message("Content-Type: multipart/mixed;boundary=b1", &many).has_unknown_body(SDP));
    }
}
