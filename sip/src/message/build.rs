//! Writes messages.

use std::fmt::{self, Display, Write};
use std::net::SocketAddr;

use bytes::Bytes;

use super::Message;
use crate::header::{Name, OTHER};
use crate::lex;
use crate::method::Method;
use crate::uri::Uri;

/// Writes one message from its first line to its body, in the order of the calls.
///
/// Line breaks and other control characters in values become spaces, so no value can add a header field.
#[derive(Clone)]
pub struct Builder {
    buffer: Vec<u8>,
    body: Vec<u8>,
}

impl Builder {
    /// Begins a request. Headers in the URI are left out, as a request line must not have them.
    pub fn request(method: &Method, uri: &Uri) -> Self {
        let mut builder = Self::new();
        builder.clean(format_args!("{method} {} SIP/2.0", uri.request_text()));
        builder.end_line();
        builder
    }

    /// Begins a response. See [`default_reason`](super::default_reason).
    pub fn response(status: u16, reason: &str) -> Self {
        let mut builder = Self::new();
        builder.clean(format_args!("SIP/2.0 {status:03} {reason}"));
        builder.end_line();
        builder
    }

    /// Begins a response with what it must repeat of the request (RFC 3261 section 8.2.6.2): Via, From, To,
    /// Call-ID, CSeq, Timestamp in a 100, and Record-Route where a dialog may be formed (section 12.1.1), each
    /// as received.
    pub fn response_to(request: &Message, status: u16, reason: &str) -> Self {
        Self::reply(request, status, reason, None, None)
    }

    /// Like [`Builder::response_to`], with the server's own additions: `to_tag` in To when that has no tag yet, and
    /// in the first Via where the request came from ([`Via::fill_received`](crate::header::Via::fill_received)).
    pub fn response_from(
        request: &Message,
        status: u16,
        reason: &str,
        to_tag: Option<&str>,
        source: SocketAddr,
    ) -> Self {
        Self::reply(request, status, reason, to_tag, Some(source))
    }

    fn reply(request: &Message, status: u16, reason: &str, to_tag: Option<&str>, source: Option<SocketAddr>) -> Self {
        let mut builder = Self::response(status, reason);
        let mut first = request.top_via().ok();
        if let (Some(via), Some(source)) = (&mut first, source) {
            via.fill_received(source);
            builder = builder.header(Name::Via, &*via);
            builder = builder.rest_of_vias(request);
        } else {
            builder = builder.copy(request, Name::Via);
        }
        builder = builder.copy(request, Name::From);
        let untagged = || request.to().is_ok_and(|to| to.tag().is_none());
        builder = match (to_tag, request.header(Name::To)) {
            (Some(tag), Some(to)) if untagged() => builder.header(Name::To, format_args!("{to};tag={tag}")),
            _ => builder.copy(request, Name::To),
        };
        builder = builder.copy(request, Name::CallId).copy(request, Name::CSeq);
        if status == 100 {
            builder = builder.copy(request, Name::Timestamp);
        }
        if (101..300).contains(&status) && request.method().is_some_and(|method| method.forms_dialog()) {
            builder = builder.copy(request, Name::RecordRoute);
        }
        builder
    }

    fn rest_of_vias(mut self, request: &Message) -> Self {
        for (index, value) in request.raw_values(Name::Via).enumerate() {
            for via in lex::list(value).skip(usize::from(index == 0)) {
                self = self.header(Name::Via, via);
            }
        }
        self
    }

    /// Adds a header field. Content-Length is added by [`Builder::finish`] and ignored here.
    #[must_use]
    pub fn header(mut self, name: Name, value: impl Display) -> Self {
        if name.id() != Name::ContentLength.id() {
            self.field(&name, format_args!("{value}"));
        }
        self
    }

    /// Adds a header field with a name as it comes; characters that no name has are left out.
    #[must_use]
    pub fn raw(self, name: &str, value: &str) -> Self {
        // Cleaned first: what is left may be a name that is not to be given here.
        let name: String = name.chars().filter(|c| c.is_ascii() && lex::is_token_byte(*c as u8)).collect();
        self.header(Name::parse(&name), value)
    }

    /// Adds several header fields.
    #[must_use]
    pub fn headers<'a>(self, headers: impl IntoIterator<Item = &'a (Name, String)>) -> Self {
        headers.into_iter().fold(self, |builder, (name, value)| builder.header(name.clone(), value))
    }

    /// Adds all header fields of that name from a received message, their values as received but unfolded.
    #[must_use]
    pub fn copy(mut self, from: &Message, name: Name) -> Self {
        for index in from.indexes(name.clone()) {
            self.begin_field(&name);
            let value = from.head.fields[index].value.range();
            let lines = from.bytes[value].split(|byte| matches!(byte, b'\r' | b'\n'));
            let lines = lines.map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
            for (number, line) in lines.enumerate() {
                if number > 0 {
                    self.buffer.push(b' ');
                }
                self.buffer.extend(line.iter().map(|byte| clean_byte(*byte)));
            }
            self.end_line();
        }
        self
    }

    /// Sets the body and adds Content-Type.
    #[must_use]
    pub fn body(mut self, content_type: &str, body: &[u8]) -> Self {
        self.field(&Name::ContentType, format_args!("{content_type}"));
        body.clone_into(&mut self.body);
        self
    }

    /// Adds Content-Length and hands out the message.
    pub fn finish(mut self) -> Bytes {
        let length = self.body.len();
        self.field(&Name::ContentLength, format_args!("{length}"));
        self.end_line();
        self.buffer.append(&mut self.body);
        self.buffer.into()
    }

    fn new() -> Self {
        Self { buffer: Vec::with_capacity(1024), body: Vec::new() }
    }

    fn field(&mut self, name: &Name, value: fmt::Arguments<'_>) {
        self.begin_field(name);
        self.clean(value);
        self.end_line();
    }

    fn begin_field(&mut self, name: &Name) {
        if name.id() == OTHER {
            let bytes = name.as_str().bytes();
            self.buffer.extend(bytes.filter(|byte| lex::is_token_byte(*byte)));
        } else {
            self.buffer.extend_from_slice(name.as_str().as_bytes());
        }
        self.buffer.extend_from_slice(b": ");
    }

    fn clean(&mut self, text: fmt::Arguments<'_>) {
        // Fails only when a Display implementation does; what it wrote until then stays.
        let _ = Clean(&mut self.buffer).write_fmt(text);
    }

    fn end_line(&mut self) {
        self.buffer.extend_from_slice(b"\r\n");
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Builder({} bytes)", self.buffer.len() + self.body.len())
    }
}

/// Lets no control character through.
struct Clean<'a>(&'a mut Vec<u8>);

impl fmt::Write for Clean<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let start = self.0.len();
        self.0.extend_from_slice(text.as_bytes());
        for byte in &mut self.0[start..] {
            *byte = clean_byte(*byte);
        }
        Ok(())
    }
}

fn clean_byte(byte: u8) -> u8 {
    if byte < b' ' || byte == 0x7f { b' ' } else { byte }
}
