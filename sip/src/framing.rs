//! Cuts messages out of a byte stream (RFC 3261 section 18.3) and finds the keep-alives of RFC 5626.

use bytes::{Buf, Bytes, BytesMut};

use crate::header::{Name, id_of};
use crate::lex;

/// Something found in the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// A whole message, for [`Message::parse`](crate::message::Message::parse).
    Message(Bytes),
    /// CRLF CRLF between messages: to be answered with one CRLF (RFC 5626 section 3.5.1).
    Ping,
    /// A single CRLF between messages: the answer to our ping, or nothing.
    Pong,
}

/// The stream cannot be read any further: the connection is to be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// A message longer than allowed.
    #[error("a message on the stream is longer than {0} bytes")]
    TooLong(usize),
    /// On streams Content-Length is mandatory (RFC 3261 section 20.14).
    #[error("a message on the stream has no Content-Length")]
    NoContentLength,
    /// Content-Length is no number, or there are several that disagree.
    #[error("a message on the stream has a bad Content-Length")]
    BadContentLength,
}

impl FrameError {
    /// Status of the response that tells the sender (RFC 3261 21.4.1, 21.5.7).
    pub fn status(self) -> u16 {
        match self {
            Self::TooLong(_) => 513,
            Self::NoContentLength | Self::BadContentLength => 400,
        }
    }
}

/// What stands where a message may begin.
enum Between {
    /// A message, or the beginning of one.
    Begun,
    /// A keep-alive, now removed.
    Found(Frame),
    /// What may become either.
    Open,
}

/// Collects the bytes of one connection. Holds no more than one message of the allowed length, and what came
/// with the last [`Framer::push`].
#[derive(Debug)]
pub struct Framer {
    buffer: BytesMut,
    max_len: usize,
    /// No empty line ends before this byte of the buffer.
    scanned: usize,
    /// Length of the message at the beginning of the buffer, once its header fields are complete.
    wanted: Option<usize>,
    failed: Option<FrameError>,
    /// Header fields of the message that the stream could not be read beyond.
    rejected: Option<Bytes>,
}

impl Framer {
    /// `max_len` is the greatest length of one message in bytes, header fields and body together.
    pub fn new(max_len: usize) -> Self {
        Self { buffer: BytesMut::new(), max_len, scanned: 0, wanted: None, failed: None, rejected: None }
    }

    /// Takes what was read from the connection. After each, call [`Framer::next`] until it gives `None`.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.failed.is_none() {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// The next message or keep-alive, when one is complete.
    ///
    /// # Errors
    /// When the stream cannot be read any further; every later call gives the same error.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Option<Frame>, FrameError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let frame = self.read();
        if let Err(error) = frame {
            self.failed = Some(error);
            self.rejected = self.head_len().map(|head| self.buffer.split_to(head).freeze());
            self.buffer = BytesMut::new();
        }
        frame
    }

    /// Bytes taken in that are no whole message yet.
    pub fn buffered(&self) -> usize {
        self.buffer.len()
    }

    /// After an error: first line and header fields of the message at fault, with the empty line, where they were
    /// complete. To answer it before the connection is closed.
    pub fn rejected(&self) -> Option<&Bytes> {
        self.rejected.as_ref()
    }

    fn read(&mut self) -> Result<Option<Frame>, FrameError> {
        if self.wanted.is_none() {
            match self.between_messages() {
                Between::Begun => self.wanted = self.message_len()?,
                Between::Found(keep_alive) => return Ok(Some(keep_alive)),
                Between::Open => return Ok(None),
            }
        }
        match self.wanted {
            Some(wanted) if self.buffer.len() >= wanted => {
                self.wanted = None;
                self.scanned = 0;
                Ok(Some(Frame::Message(self.buffer.split_to(wanted).freeze())))
            }
            _ => Ok(None),
        }
    }

    fn between_messages(&mut self) -> Between {
        loop {
            match self.buffer[..] {
                [] | [b'\r'] | [b'\r', b'\n', b'\r'] => return Between::Open,
                [b'\r', b'\n', b'\r', b'\n', ..] => {
                    self.buffer.advance(4);
                    return Between::Found(Frame::Ping);
                }
                [b'\r', b'\n', ..] => {
                    self.buffer.advance(2);
                    return Between::Found(Frame::Pong);
                }
                // Either alone is no keep-alive, but it does not begin a message.
                [b'\r' | b'\n', ..] => self.buffer.advance(1),
                _ => return Between::Begun,
            }
        }
    }

    /// Length of header fields and body of the first message, once the empty line is there.
    fn message_len(&mut self) -> Result<Option<usize>, FrameError> {
        let Some(head) = self.head_len() else {
            return if self.buffer.len() > self.max_len { Err(FrameError::TooLong(self.max_len)) } else { Ok(None) };
        };
        let body = content_length(&self.buffer[..head])?;
        match head.checked_add(body) {
            Some(len) if len <= self.max_len => Ok(Some(len)),
            _ => Err(FrameError::TooLong(self.max_len)),
        }
    }

    /// Bytes up to and with the empty line. Looks at each byte once, however small the pieces that arrive.
    fn head_len(&mut self) -> Option<usize> {
        let bytes = &self.buffer[..];
        let mut at = self.scanned;
        while let Some(feed) = memchr::memchr(b'\n', &bytes[at..]).map(|len| at + len) {
            match &bytes[feed + 1..] {
                [b'\n', ..] => return Some(feed + 2),
                [b'\r', b'\n', ..] => return Some(feed + 3),
                [] | [b'\r'] => {
                    self.scanned = feed;
                    return None;
                }
                _ => at = feed + 1,
            }
        }
        self.scanned = bytes.len();
        None
    }
}

fn content_length(head: &[u8]) -> Result<usize, FrameError> {
    let id = Name::ContentLength.id();
    let mut length = None;
    let mut lines = head.split(|byte| *byte == b'\n').skip(1).peekable();
    while let Some(line) = lines.next() {
        let Some(colon) = memchr::memchr(b':', line) else {
            continue;
        };
        if id_of(line[..colon].trim_ascii_end()) != id {
            continue;
        }
        // A folded number is allowed; nobody sends it, so its first line alone is not trusted.
        let folded = lines.peek().is_some_and(|next| matches!(next.first(), Some(b' ' | b'\t')));
        let number = std::str::from_utf8(&line[colon + 1..])
            .ok()
            .map(lex::trim)
            .filter(|text| !folded && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|text| text.parse().ok())
            .ok_or(FrameError::BadContentLength)?;
        if length.is_some_and(|other| other != number) {
            return Err(FrameError::BadContentLength);
        }
        length = Some(number);
    }
    length.ok_or(FrameError::NoContentLength)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OPTIONS: &[u8] = b"OPTIONS sip:a@b SIP/2.0\r\nCall-ID: 1\r\nl: 4\r\n\r\n\r\n\r\n";
    const OK: &[u8] = b"SIP/2.0 200 OK\r\nContent-Length : 0\r\n\r\n";

    fn drain(framer: &mut Framer) -> Vec<Frame> {
        std::iter::from_fn(|| framer.next().expect("good stream")).collect()
    }

    fn fails(stream: &[u8]) -> FrameError {
        let mut framer = Framer::new(200);
        framer.push(stream);
        let error = framer.next().expect_err("should be refused");
        framer.push(OK);
        assert_eq!(framer.next(), Err(error));
        error
    }

    #[test]
    fn messages_and_keep_alives_in_one_piece() {
        let mut framer = Framer::new(1000);
        framer.push(&[b"\r\n\r\n", OPTIONS, b"\r\n", OK, OPTIONS, b"\r\n\r\n\r\n"].concat());
        assert_eq!(
            drain(&mut framer),
            [
                Frame::Ping,
                Frame::Message(Bytes::from_static(OPTIONS)),
                Frame::Pong,
                Frame::Message(Bytes::from_static(OK)),
                Frame::Message(Bytes::from_static(OPTIONS)),
                Frame::Ping,
                Frame::Pong,
            ]
        );
    }

    #[test]
    fn messages_byte_by_byte() {
        let mut framer = Framer::new(1000);
        let mut frames = Vec::new();
        for byte in [OPTIONS, OK].concat() {
            framer.push(&[byte]);
            frames.extend(drain(&mut framer));
        }
        assert_eq!(frames, [Frame::Message(Bytes::from_static(OPTIONS)), Frame::Message(Bytes::from_static(OK))]);
    }

    #[test]
    fn streams_that_cannot_be_read_further() {
        assert_eq!(fails(b"OPTIONS sip:a@b SIP/2.0\r\n\r\n"), FrameError::NoContentLength);
        assert_eq!(fails(b"OPTIONS sip:a@b SIP/2.0\r\nl: -1\r\n\r\n"), FrameError::BadContentLength);
        assert_eq!(fails(b"OPTIONS sip:a@b SIP/2.0\r\nl: 1\r\n 2\r\n\r\n"), FrameError::BadContentLength);
        assert_eq!(
            fails(b"OPTIONS sip:a@b SIP/2.0\r\nl: 1\r\nContent-Length: 2\r\n\r\n"),
            FrameError::BadContentLength
        );
        assert_eq!(fails(b"A b SIP/2.0\r\nl: 99999999999999999999\r\n\r\n"), FrameError::BadContentLength);
        assert_eq!(fails(b"A b SIP/2.0\r\nl: 18446744073709551615\r\n\r\n"), FrameError::TooLong(200));
        assert_eq!(fails(b"A b SIP/2.0\r\nl: 190\r\n\r\n"), FrameError::TooLong(200));
        assert_eq!(fails(&[b'x'; 201]), FrameError::TooLong(200));
    }

    #[test]
    fn the_head_of_the_message_at_fault_is_kept_for_an_answer() {
        let head = b"OPTIONS sip:a@b SIP/2.0\r\nl: x\r\n\r\n";
        let mut framer = Framer::new(200);
        framer.push(&[OK, head, b"body"].concat());
        assert!(matches!(framer.next(), Ok(Some(Frame::Message(_)))));
        assert_eq!(framer.next().map_err(FrameError::status), Err(400));
        assert_eq!(framer.rejected().map(|head| &head[..]), Some(&head[..]));
        let mut framer = Framer::new(200);
        framer.push(&[b'x'; 201]);
        assert_eq!(framer.next().map_err(FrameError::status), Err(513));
        assert_eq!(framer.rejected(), None);
    }

    #[test]
    fn line_breaks_in_pieces_between_messages() {
        let mut framer = Framer::new(1000);
        let mut frames = Vec::new();
        for piece in [b"\r".as_slice(), b"\n", b"\r\n\r", b"\n", b"\n\r", OK, b"\r", OPTIONS] {
            framer.push(piece);
            frames.extend(drain(&mut framer));
        }
        let messages = [Frame::Message(Bytes::from_static(OK)), Frame::Message(Bytes::from_static(OPTIONS))];
        assert_eq!(frames[..2], [Frame::Pong, Frame::Ping]);
        assert_eq!(frames[2..], messages);
    }

    #[test]
    fn a_length_in_the_body_or_the_first_line_does_not_count() {
        let mut framer = Framer::new(1000);
        framer.push(b"l: 5 SIP/2.0\r\nX: y\r\nl: 6\r\n\r\nl: 7\r\n");
        assert!(matches!(drain(&mut framer).as_slice(), [Frame::Message(_)]));
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(cuts in proptest::collection::vec(1..40_usize, 1..40)) {
            let stream = [OPTIONS, OK, OPTIONS, OPTIONS, OK].concat();
            let mut framer = Framer::new(1000);
            let mut rest = stream.as_slice();
            let mut count = 0;
            for cut in cuts.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (piece, next) = rest.split_at((*cut).min(rest.len()));
                framer.push(piece);
                count += drain(&mut framer).len();
                rest = next;
            }
            prop_assert_eq!(count, 5);
        }

        #[test]
        fn no_stream_makes_it_panic_or_keep_more_than_allowed(
            pieces in proptest::collection::vec("[\r\nl: 0-9aSIP/]{0,30}", 0..30),
        ) {
            let mut framer = Framer::new(100);
            for piece in pieces {
                framer.push(piece.as_bytes());
                while let Ok(Some(_)) = framer.next() {}
                prop_assert!(framer.buffer.len() <= 100);
            }
        }
    }
}
