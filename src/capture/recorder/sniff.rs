//! What the recorder must know of a SIP message to put it where it belongs. Reads as little of it as can be: the
//! message has been, or will be, parsed by others.

/// The least that tells where a message belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sniffed<'a> {
    /// Call-ID.
    pub(super) call_id: &'a str,
    /// The rest of the message, where more is wanted.
    message: &'a [u8],
}

impl<'a> Sniffed<'a> {
    /// Reads the Call-ID; none where there is none that text could be.
    pub(super) fn read(message: &'a [u8]) -> Option<Sniffed<'a>> {
        let value = header(message, b"Call-ID", b'i')?;
        Some(Sniffed { call_id: std::str::from_utf8(value).ok()?, message })
    }

    /// Whether it is a request with this method.
    pub(super) fn is(&self, method: &str) -> bool {
        self.message.strip_prefix(method.as_bytes()).is_some_and(|rest| rest.first() == Some(&b' '))
    }

    /// Whether it is an INVITE outside a dialog: To has no tag (RFC 3261 12.2.2).
    pub(super) fn begins(&self) -> bool {
        let tag = |to: &[u8]| memchr::memmem::find(&to.to_ascii_lowercase(), b";tag").is_some();
        self.is("INVITE") && !header(self.message, b"To", b't').is_some_and(tag)
    }

    /// Whether it is a REGISTER, or a response to one.
    pub(super) fn is_of_register(&self) -> bool {
        let cseq = || header(self.message, b"CSeq", b'c');
        self.is("REGISTER")
            || self.message.starts_with(b"SIP/") && cseq().is_some_and(|cseq| cseq.ends_with(b" REGISTER"))
    }

    /// Whether it is a final response other than 2xx, and no challenge.
    pub(super) fn is_failure(&self) -> bool {
        let status = self.message.strip_prefix(b"SIP/2.0 ").and_then(|rest| rest.get(..3));
        let challenge = matches!(status, Some(b"401" | b"407"));
        status.is_some_and(|status| matches!(status[0], b'4'..=b'6')) && !challenge
    }

    /// The user part of To.
    pub(super) fn user_of_to(&self) -> Option<&'a str> {
        let to = std::str::from_utf8(header(self.message, b"To", b't')?).ok()?;
        let (_, address) = to.split_once("sip:").or_else(|| to.split_once("sips:"))?;
        address.split_once('@').map(|(user, _)| user)
    }
}

/// The value of the first header field with this name, or this compact form.
fn header<'a>(message: &'a [u8], name: &[u8], compact: u8) -> Option<&'a [u8]> {
    let mut rest = message;
    while let Some(feed) = memchr::memchr(b'\n', rest) {
        rest = &rest[feed + 1..];
        // Most lines are told by their first letter.
        match rest.first() {
            Some(b'\r' | b'\n') | None => return None,
            Some(first) if first.eq_ignore_ascii_case(&name[0]) || first.eq_ignore_ascii_case(&compact) => {}
            Some(_) => continue,
        }
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let (field, value) = rest[..end].split_at(memchr::memchr(b':', &rest[..end]).unwrap_or(end));
        let field = field.trim_ascii_end();
        if field.eq_ignore_ascii_case(name) || field.eq_ignore_ascii_case(&[compact]) {
            return value.strip_prefix(b":").map(<[u8]>::trim_ascii);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const INVITE: &[u8] = b"INVITE sip:200@pbx.test SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r\n\
        From: <sip:100@pbx.test>;tag=1\r\nTo: \"Bob\" <sip:200@pbx.test>\r\ncall-id : abc@here \r\nCSeq: 1 INVITE\r\n\r\n\
        Call-ID: body";

    #[test]
    fn finds_the_call_id_however_it_is_written() {
        let sniffed = Sniffed::read(INVITE).unwrap();
        assert_eq!((sniffed.call_id, sniffed.user_of_to()), ("abc@here", Some("200")));
        assert!(sniffed.is("INVITE") && !sniffed.is("INV") && !sniffed.is_failure());
        let compact = b"SIP/2.0 404 Not Found\nIgnored: x\ni: 7\nCSeq: 1 REGISTER\n\n";
        let sniffed = Sniffed::read(compact).unwrap();
        assert!(sniffed.is_of_register());
        assert!(sniffed.call_id == "7" && sniffed.is_failure());
    }

    #[test]
    fn looks_no_further_than_the_header() {
        for message in [&b""[..], b"INVITE", b"\n\n", b"A\r\n\r\nCall-ID: 1\r\n", b"A\r\nCall-ID\r\n\r\n", b"A\r\ni"] {
            assert_eq!(Sniffed::read(message), None, "{message:?}");
        }
        assert_eq!(Sniffed::read(b"A\r\nCall-ID: \xff\r\n\r\n"), None);
    }
}
