//! What is a SIP message, by how it begins: on any port.

use offhook_sip::message::Message;
use offhook_sip::{ParseError, header::Name};

/// Longest method that is believed.
const MAX_METHOD: usize = 32;

/// Whether these octets begin as a SIP message does.
pub(super) fn is_message(bytes: &[u8]) -> bool {
    let line = memchr::memchr(b'\n', bytes).and_then(|end| bytes.get(..end));
    line.is_some_and(is_start_line)
}

/// Whether a line is a request line or status line of SIP (RFC 3261 7.1, 7.2).
pub(super) fn is_start_line(line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    if let Some(status) = line.strip_prefix(b"SIP/2.0 ") {
        return status.iter().take(3).filter(|byte| byte.is_ascii_digit()).count() == 3;
    }
    let Some(request) = line.strip_suffix(b" SIP/2.0") else { return false };
    let method = request.split(|&byte| byte == b' ').next().unwrap_or_default();
    (1..=MAX_METHOD).contains(&method.len()) && method.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'_')
}

/// The message without line ends before it; none where it is a keep-alive or something else.
pub(super) fn trimmed(datagram: &[u8]) -> Option<&[u8]> {
    let begin = datagram.iter().position(|byte| !matches!(byte, b'\r' | b'\n'))?;
    datagram.get(begin..).filter(|bytes| is_message(bytes))
}

/// A message as far as it can be understood.
pub(in crate::capture) fn parse(bytes: &bytes::Bytes) -> Option<Message> {
    Message::parse(bytes.clone()).ok().or_else(|| Message::salvage(bytes.clone()))
}

/// Method and number of what a message is about.
pub(super) fn cseq(message: &Message) -> Result<(u32, String), ParseError> {
    let cseq = message.cseq()?;
    Ok((cseq.number, cseq.method.to_string()))
}

/// A header field as it is, or nothing.
pub(super) fn field(message: &Message, name: Name) -> &str {
    message.header(name).unwrap_or_default()
}
