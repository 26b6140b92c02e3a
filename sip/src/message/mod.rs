//! SIP messages: reading received ones, writing ours.

mod build;
mod check;
mod parse;
mod part;
mod place;
mod reason;
#[cfg(test)]
mod torture;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

pub use crate::error::ParseError;
use crate::header::{CSeq, Name, NameAddr, OTHER, Via};
use crate::lex;
use crate::method::Method;
use crate::uri::Uri;
pub use build::Builder;
use parse::{Field, Head, Start, text};
pub use place::Place;
pub use reason::default_reason;

/// Longer messages are refused.
pub const MAX_MESSAGE_LEN: usize = 1 << 20;

/// Messages with more header fields are refused.
pub const MAX_HEADERS: usize = 512;

/// A received message: the bytes as they came, and where in them everything is. Clones share both.
///
/// Values are read when asked for; nothing here changes the message.
#[derive(Clone)]
pub struct Message {
    bytes: Bytes,
    head: Arc<Head>,
}

impl Message {
    /// Reads a datagram, or a message that [`Framer`](crate::framing::Framer) cut out of a stream. What follows
    /// after Content-Length bytes of body is dropped.
    ///
    /// # Errors
    /// When there is no valid first line, a line is no header field, the empty line is missing, or
    /// Content-Length is bad or larger than what follows. Anything else is for [`Message::validate`].
    pub fn parse(bytes: Bytes) -> Result<Self, ParseError> {
        let head = Head::parse(&bytes)?;
        let mut bytes = bytes;
        if let Some(declared) = head.content_length {
            let present = bytes.len() - head.body;
            match usize::try_from(declared) {
                Ok(length) if length <= present => bytes.truncate(head.body + length),
                _ => return Err(ParseError::BodyTruncated { declared, present }),
            }
        }
        Ok(Self { bytes, head: Arc::new(head) })
    }

    /// What can be understood of bytes that [`Message::parse`] refuses: to answer a request with its fault, and to
    /// show it to a person. Its body is what follows the header fields. None where the first line makes no sense.
    pub fn salvage(bytes: Bytes) -> Option<Self> {
        let head = Head::salvage(&bytes)?;
        Some(Self { bytes, head: Arc::new(head) })
    }

    /// True for requests, false for responses.
    pub fn is_request(&self) -> bool {
        matches!(self.head.start, Start::Request { .. })
    }

    /// The method in the request line; `None` for responses. For those see [`Message::cseq`].
    pub fn method(&self) -> Option<Method> {
        match self.head.start {
            Start::Request { method, .. } => Method::parse(text(&self.bytes, method)),
            Start::Response { .. } => None,
        }
    }

    /// The Request-URI as received; empty for responses.
    pub fn request_uri_str(&self) -> &str {
        match self.head.start {
            Start::Request { uri, .. } => text(&self.bytes, uri),
            Start::Response { .. } => "",
        }
    }

    /// The Request-URI.
    ///
    /// # Errors
    /// When it is malformed, or the message a response.
    pub fn request_uri(&self) -> Result<Uri, ParseError> {
        Uri::parse(self.request_uri_str())
    }

    /// The status code, 100 to 699; `None` for requests.
    pub fn status(&self) -> Option<u16> {
        match self.head.start {
            Start::Response { status, .. } => Some(status),
            Start::Request { .. } => None,
        }
    }

    /// The reason phrase; empty for requests.
    pub fn reason(&self) -> &str {
        match self.head.start {
            Start::Response { reason, .. } => text(&self.bytes, reason),
            Start::Request { .. } => "",
        }
    }

    /// The value of the first header field of that name, whole and trimmed. Bytes that are no UTF-8 are replaced
    /// by U+FFFD, folds by a space.
    pub fn header(&self, name: Name) -> Option<&str> {
        self.first(&name)
    }

    fn first(&self, name: &Name) -> Option<&str> {
        let id = name.id();
        let mut fields = self.head.fields.iter();
        let index = fields.position(|field| field.id == id && (id != OTHER || self.is_named(field, name)))?;
        Some(self.value(index))
    }

    /// The values of all header fields of that name in order, each whole.
    pub fn raw_values(&self, name: Name) -> impl Iterator<Item = &str> {
        self.indexes(name).map(|index| self.value(index))
    }

    /// The values of all header fields of that name in order. Comma-separated lists are split; see
    /// [`Name::is_list`].
    pub fn values(&self, name: Name) -> impl Iterator<Item = &str> {
        let is_list = name.is_list();
        self.raw_values(name).flat_map(move |value| {
            let (list, single) = if is_list { (value, None) } else { ("", Some(value)) };
            single.into_iter().chain(lex::list(list))
        })
    }

    /// True when a list such as Supported, Require or Allow has the token, in any case.
    pub fn has_token(&self, name: Name, token: &str) -> bool {
        self.values(name).any(|item| item.eq_ignore_ascii_case(token))
    }

    /// Names as received and values of all header fields in order.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let names = self.head.fields.iter().map(|field| text(&self.bytes, field.name));
        names.zip((0..).map(|index| self.value(index)))
    }

    /// The first Via: the sender of a request, ourselves in a response.
    ///
    /// # Errors
    /// When it is missing or malformed.
    pub fn top_via(&self) -> Result<Via, ParseError> {
        let value = self.required(Name::Via)?;
        let first = lex::list(value).next().unwrap_or_default();
        Via::parse(first).map_err(|error| error.within(Name::Via))
    }

    /// From.
    ///
    /// # Errors
    /// When it is missing or malformed.
    pub fn from(&self) -> Result<NameAddr, ParseError> {
        self.address(Name::From)
    }

    /// To.
    ///
    /// # Errors
    /// When it is missing or malformed.
    pub fn to(&self) -> Result<NameAddr, ParseError> {
        self.address(Name::To)
    }

    /// Call-ID.
    ///
    /// # Errors
    /// When it is missing or empty, or has control characters, which a response could not repeat.
    pub fn call_id(&self) -> Result<&str, ParseError> {
        let value = self.required(Name::CallId)?;
        if value.bytes().any(|byte| byte.is_ascii_control()) {
            let what = "control character";
            return Err(ParseError::Header { name: Name::CallId, what });
        }
        Ok(value)
    }

    /// CSeq.
    ///
    /// # Errors
    /// When it is missing or malformed.
    pub fn cseq(&self) -> Result<CSeq, ParseError> {
        CSeq::parse(self.required(Name::CSeq)?).map_err(|error| error.within(Name::CSeq))
    }

    /// The addresses in Contact; none when it is `*`, see [`Message::has_wildcard_contact`].
    ///
    /// # Errors
    /// When one of them is malformed, or `*` stands beside another.
    pub fn contacts(&self) -> Result<Vec<NameAddr>, ParseError> {
        if self.has_wildcard_contact() {
            return Ok(Vec::new());
        }
        self.addresses(Name::Contact)
    }

    /// True for `Contact: *`, with which REGISTER removes all bindings (RFC 3261 section 10.2.2).
    pub fn has_wildcard_contact(&self) -> bool {
        self.values(Name::Contact).eq(["*"])
    }

    /// The addresses in a header field that lists such: Record-Route, Route, P-Asserted-Identity, Diversion …
    ///
    /// # Errors
    /// When one of them is malformed.
    pub fn addresses(&self, name: Name) -> Result<Vec<NameAddr>, ParseError> {
        self.values(name.clone()).map(NameAddr::parse).collect::<Result<_, _>>().map_err(|error| error.within(name))
    }

    /// Max-Forwards; `None` when it is missing or no number up to 255.
    pub fn max_forwards(&self) -> Option<u8> {
        self.number(Name::MaxForwards)?.try_into().ok()
    }

    /// Expires in seconds; too large numbers become the largest. `None` when it is missing or no number.
    pub fn expires(&self) -> Option<u32> {
        self.number(Name::Expires)
    }

    /// The header field of that name as a number, such as Min-Expires; too large ones become the largest.
    pub fn number(&self, name: Name) -> Option<u32> {
        // Retry-After and Min-SE may have a comment or parameters behind the number.
        let value = self.header(name)?;
        let end = value.find([' ', '\t', ';', '(']).unwrap_or(value.len());
        lex::saturating_number(&value[..end])
    }

    /// The body, without copying it.
    pub fn body(&self) -> Bytes {
        self.bytes.slice(self.head.body..)
    }

    /// Content-Type as received.
    pub fn content_type(&self) -> Option<&str> {
        self.header(Name::ContentType)
    }

    /// True when there is a body of that media type, such as `application/sdp`, whatever its parameters.
    pub fn has_body(&self, media_type: &str) -> bool {
        self.head.body < self.bytes.len()
            && self.content_type().is_some_and(|value| {
                let end = value.find(';').unwrap_or(value.len());
                lex::trim(&value[..end]).eq_ignore_ascii_case(media_type)
            })
    }

    /// The whole message as received.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    fn address(&self, name: Name) -> Result<NameAddr, ParseError> {
        NameAddr::parse(self.required(name.clone())?).map_err(|error| error.within(name))
    }

    fn required(&self, name: Name) -> Result<&str, ParseError> {
        match self.first(&name) {
            Some("") => Err(ParseError::Header { name, what: "empty" }),
            Some(value) => Ok(value),
            None => Err(ParseError::Missing(name)),
        }
    }

    fn value(&self, index: usize) -> &str {
        self.head.value(&self.bytes, index)
    }

    fn indexes(&self, name: Name) -> impl Iterator<Item = usize> {
        let id = name.id();
        let fields = self.head.fields.iter().enumerate();
        fields
            .filter(move |(_, field)| field.id == id && (id != OTHER || self.is_named(field, &name)))
            .map(|(index, _)| index)
    }

    fn is_named(&self, field: &Field, name: &Name) -> bool {
        text(&self.bytes, field.name).eq_ignore_ascii_case(name.as_str())
    }
}

impl fmt::Debug for Message {
    /// The kind of message only: header fields and bodies hold personal data and credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.method(), self.status()) {
            (Some(method), _) => write!(f, "Message({method}, {} bytes)", self.bytes.len()),
            (None, status) => write!(f, "Message({}, {} bytes)", status.unwrap_or(0), self.bytes.len()),
        }
    }
}
