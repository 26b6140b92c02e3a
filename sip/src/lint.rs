//! Reads messages for a person: how each part is understood, what is wrong and where, and what is only unwise.
//!
//! The parser of the stack does the reading, so that a message is valid here exactly when the stack takes it.

use bytes::Bytes;

use crate::error::ParseError;
use crate::extension::unsupported;
use crate::framing::{Frame, FrameError, Framer};
use crate::header::{CSeq, Name, NameAddr, OTHER, Via};
use crate::lex;
use crate::message::{MAX_MESSAGE_LEN, Message, Place};
use crate::method::Method;
use crate::uri::{Scheme, Uri};

/// Warnings for one message; what is behind them is left out.
const MAX_WARNINGS: usize = 100;

/// How one message is understood. Of a message with an error it holds what could be understood all the same.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The first line. None where it makes no sense.
    pub start: Option<Start>,
    /// All header fields in order.
    pub fields: Vec<Field>,
    /// Bytes of the body.
    pub body_len: usize,
    /// Bytes after the body, which a datagram may have and which are ignored (RFC 3261 18.3).
    pub unused: usize,
    /// What makes it invalid.
    pub error: Option<Fault>,
    /// What is taken, but wrong or not understood by everybody.
    pub warnings: Vec<Fault>,
}

/// The first line.
#[derive(Debug, Clone)]
pub enum Start {
    /// A request line.
    Request {
        /// The method as written.
        method: String,
        /// The Request-URI as written.
        text: String,
        /// The same, where it can be read.
        uri: Option<Uri>,
    },
    /// A status line.
    Response {
        /// Status code.
        status: u16,
        /// Reason phrase.
        reason: String,
    },
}

/// One header field.
#[derive(Debug, Clone)]
pub struct Field {
    /// Canonical name.
    pub name: String,
    /// The name as written.
    pub written: String,
    /// The value, unfolded.
    pub value: String,
    /// Where it begins.
    pub place: Place,
    /// What it says, for those that this stack knows and can read.
    pub parsed: Option<Parsed>,
}

/// What a header field says.
#[derive(Debug, Clone)]
pub enum Parsed {
    /// Via: one or several.
    Vias(Vec<Via>),
    /// From, To, Refer-To and others that have one address.
    Address(NameAddr),
    /// Contact, Route and others that list addresses.
    Addresses(Vec<NameAddr>),
    /// `Contact: *`.
    Wildcard,
    /// CSeq.
    CSeq(CSeq),
    /// Max-Forwards, Expires and others that are a number.
    Number(u32),
    /// Supported, Allow and others that list tokens.
    Tokens(Vec<String>),
    /// Content-Type: type, and parameters with their values.
    MediaType(String, Vec<(String, Option<String>)>),
}

/// Something wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// One sentence: what, and what to do.
    pub message: String,
    /// Where.
    pub place: Place,
    /// What it is against.
    pub rfc: String,
    /// What a request with it is answered with; None where it is taken all the same, or is none.
    pub status: Option<u16>,
}

/// How a stream is cut into messages.
#[derive(Debug, Clone, Default)]
pub struct Stream {
    /// The messages in order; their places count from the beginning of the stream.
    pub messages: Vec<Report>,
    /// Bytes of keep-alives and empty lines before and between messages.
    pub keep_alive: usize,
    /// Bytes at the end that are no whole message.
    pub rest: usize,
    /// Why the stream cannot be read any further, or that it ends within a message.
    pub error: Option<Fault>,
}

impl Report {
    /// Whether the stack takes the message.
    pub fn is_valid(&self) -> bool {
        self.error.is_none()
    }
}

impl Stream {
    /// Whether it is whole messages, at least one, that the stack takes.
    pub fn is_valid(&self) -> bool {
        self.error.is_none() && !self.messages.is_empty() && self.messages.iter().all(Report::is_valid)
    }
}

/// Reads a datagram.
pub fn datagram(bytes: &Bytes) -> Report {
    report(bytes, false)
}

/// Reads what came on a connection from its beginning.
pub fn stream(bytes: &Bytes) -> Stream {
    let mut framer = Framer::new(MAX_MESSAGE_LEN);
    framer.push(bytes);
    let mut stream = Stream::default();
    let mut at = 0;
    loop {
        let frame = framer.next();
        let taken = bytes.len() - framer.buffered();
        match frame {
            Ok(Some(Frame::Message(message))) => {
                let begin = taken - message.len();
                stream.keep_alive += begin - at;
                let mut report = report(&bytes.slice(begin..taken), true);
                report.shift(Place::of(bytes, begin));
                stream.messages.push(report);
                at = taken;
            }
            Ok(Some(Frame::Ping | Frame::Pong)) => {
                stream.keep_alive += taken - at;
                at = taken;
            }
            Ok(None) => {
                stream.keep_alive += taken - at;
                stream.rest = bytes.len() - taken;
                at = taken;
                if !bytes[at..].iter().all(|byte| matches!(byte, b'\r' | b'\n')) {
                    stream.error = Some(unfinished(bytes, at));
                } else if stream.messages.is_empty() {
                    stream.error = report(bytes, true).error;
                }
                break;
            }
            Err(error) => {
                at += bytes[at..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
                stream.rest = bytes.len() - at;
                stream.error = Some(unframed(error, bytes, at));
                break;
            }
        }
    }
    // What a broken message would say helps to see what is wrong with it.
    if stream.error.is_some() && stream.messages.is_empty() {
        let mut report = report(&bytes.slice(at..), true);
        report.shift(Place::of(bytes, at));
        report.error = stream.error.clone();
        stream.messages.push(report);
    }
    stream
}

fn unfinished(bytes: &[u8], at: usize) -> Fault {
    let message = "the stream ends within a message: the rest of it, or a smaller Content-Length, is missing".into();
    Fault { message, place: Place::of(bytes, at), rfc: "RFC 3261 section 18.3".into(), status: None }
}

fn unframed(error: FrameError, bytes: &[u8], at: usize) -> Fault {
    let (status, rfc) = match error {
        FrameError::TooLong(_) => (Some(513), "RFC 3261 section 21.5.14"),
        FrameError::NoContentLength => (Some(400), "RFC 3261 section 20.14"),
        FrameError::BadContentLength => (Some(400), "RFC 3261 section 18.3"),
    };
    let message = format!("{error}: what follows cannot be read, the connection is closed");
    Fault { message, place: Place::of(bytes, at), rfc: rfc.into(), status }
}

fn report(bytes: &Bytes, on_stream: bool) -> Report {
    let parsed = Message::parse(bytes.clone());
    let error = match &parsed {
        Ok(message) => message.validate().and_then(|()| addresses(message)).err(),
        Err(error) => Some(error.clone()),
    };
    let message = parsed.ok().or_else(|| Message::salvage(bytes.clone()));
    let mut report = Report::default();
    if let Some(message) = &message {
        report.read(message, bytes);
    }
    if let Some(error) = error {
        let status = message.as_ref().is_none_or(Message::is_request).then(|| error.status());
        let message = format!("{error}{}", advice(&error));
        report.error = Some(Fault { message, place: error.place(bytes), rfc: error.rfc(), status });
    } else if let Some(message) = &message {
        report.unused = bytes.len() - message.bytes().len();
        Warnings { report: &mut report, message, bytes }.find(on_stream);
    }
    report
}

/// Header fields that a user agent reads only when it needs them, and then refuses the request with 400.
fn addresses(message: &Message) -> Result<(), ParseError> {
    message.contacts()?;
    for name in [Name::Route, Name::RecordRoute] {
        message.addresses(name)?;
    }
    Ok(())
}

/// What to do about a fault.
fn advice(error: &ParseError) -> &'static str {
    match error {
        ParseError::Empty => ": give a message",
        ParseError::TooLong(_) => ": send less, bodies go elsewhere",
        ParseError::StartLine => {
            ": a request is METHOD URI SIP/2.0 with one space between, a response SIP/2.0 CODE REASON"
        }
        ParseError::Version => ": write SIP/2.0",
        ParseError::HeaderLine(_) => ": write Name: value, and begin a continued line with a space",
        ParseError::TooManyHeaders => ": leave some out",
        ParseError::HeadUnfinished => ": end the header fields with CRLF CRLF",
        ParseError::BodyTruncated { .. } => ": count the bytes of the body, CRLF as two",
        ParseError::Missing(_) => ": every message needs it",
        ParseError::Repeated(_) => ": leave one of them",
        ParseError::Header { .. } | ParseError::Uri(_) | ParseError::Value(_) => ": write it as the grammar says",
    }
}

impl Report {
    fn read(&mut self, message: &Message, bytes: &Bytes) {
        self.start = match (message.method(), message.status()) {
            (Some(method), _) => Some(Start::Request {
                method: method.as_str().to_owned(),
                text: message.request_uri_str().to_owned(),
                uri: message.request_uri().ok(),
            }),
            (None, Some(status)) => Some(Start::Response { status, reason: message.reason().to_owned() }),
            (None, None) => None,
        };
        self.body_len = message.body().len();
        let mut places = Places::new(bytes);
        for ((written, value), (range, _)) in message.headers().zip(message.field_ranges()) {
            let name = Name::parse(written);
            let parsed = parsed(&name, value);
            let place = places.of(range.start);
            let (name, written) = (name.as_str().to_owned(), written.to_owned());
            self.fields.push(Field { name, written, value: value.to_owned(), place, parsed });
        }
    }

    /// Counts places from an earlier beginning.
    fn shift(&mut self, begin: Place) {
        let faults = self.warnings.iter_mut().chain(&mut self.error).map(|fault| &mut fault.place);
        for place in self.fields.iter_mut().map(|field| &mut field.place).chain(faults) {
            place.line += begin.line - 1;
            place.offset += begin.offset;
        }
    }
}

/// Places in rising order, each line counted once.
struct Places<'a> {
    bytes: &'a [u8],
    last: Place,
}

impl<'a> Places<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Places { bytes, last: Place { line: 1, offset: 0 } }
    }

    fn of(&mut self, offset: usize) -> Place {
        let lines =
            self.bytes.get(self.last.offset..offset).map_or(0, |bytes| memchr::memchr_iter(b'\n', bytes).count());
        self.last = Place { line: self.last.line + lines, offset };
        self.last
    }
}

fn parsed(name: &Name, value: &str) -> Option<Parsed> {
    match name {
        Name::Via => lex::list(value).map(|via| Via::parse(via).ok()).collect::<Option<_>>().map(Parsed::Vias),
        Name::From | Name::To | Name::ReferTo | Name::ReferredBy | Name::ReplyTo => {
            NameAddr::parse(value).ok().map(Parsed::Address)
        }
        Name::Contact if value == "*" => Some(Parsed::Wildcard),
        Name::Contact
        | Name::Route
        | Name::RecordRoute
        | Name::Path
        | Name::ServiceRoute
        | Name::PAssertedIdentity
        | Name::PPreferredIdentity
        | Name::PAssociatedUri
        | Name::PCalledPartyId
        | Name::RemotePartyId
        | Name::Diversion
        | Name::HistoryInfo => {
            let addresses = lex::list(value).map(|address| NameAddr::parse(address).ok());
            addresses.collect::<Option<_>>().map(Parsed::Addresses)
        }
        Name::CSeq => CSeq::parse(value).ok().map(Parsed::CSeq),
        Name::MaxForwards
        | Name::ContentLength
        | Name::Expires
        | Name::MinExpires
        | Name::RSeq
        | Name::MinSe
        | Name::FlowTimer => lex::saturating_number(value).map(Parsed::Number),
        Name::SessionExpires | Name::RetryAfter => {
            let end = value.find([' ', '\t', ';', '(']).unwrap_or(value.len());
            lex::saturating_number(&value[..end]).map(Parsed::Number)
        }
        Name::Supported
        | Name::Require
        | Name::ProxyRequire
        | Name::Unsupported
        | Name::Allow
        | Name::AllowEvents
        | Name::Accept => Some(Parsed::Tokens(lex::list(value).map(str::to_owned).collect())),
        Name::ContentType => {
            let (media_type, params) = value.split_at(value.find(';').unwrap_or(value.len()));
            let params = crate::header::params::iter(params);
            let params = params.map(|(name, value)| {
                (name.to_owned(), value.map(|value| lex::unescape(lex::strip_quotes(value)).into_owned()))
            });
            Some(Parsed::MediaType(lex::trim(media_type).to_owned(), params.collect()))
        }
        _ => None,
    }
}

/// Looks for what is taken but should not have been sent.
struct Warnings<'a> {
    report: &'a mut Report,
    message: &'a Message,
    bytes: &'a [u8],
}

impl Warnings<'_> {
    fn find(mut self, on_stream: bool) {
        self.line_ends();
        self.fields();
        self.via();
        if let Some(method) = self.message.method() {
            self.request(&method);
        }
        if self.report.body_len > 0 && self.message.content_type().is_none() {
            self.warn(self.end(), "RFC 3261 section 20.15", None, "a body without Content-Type: say what it is");
        }
        if !on_stream && self.report.unused > 0 {
            let end = Place::of(self.bytes, self.message.bytes().len());
            let text = format!("{} bytes after the body are ignored: correct Content-Length", self.report.unused);
            self.warn(end, "RFC 3261 section 18.3", None, text);
        }
    }

    fn warn(&mut self, place: Place, rfc: impl Into<String>, status: Option<u16>, message: impl Into<String>) {
        if self.report.warnings.len() < MAX_WARNINGS {
            self.report.warnings.push(Fault { message: message.into(), place, rfc: rfc.into(), status });
        }
    }

    /// The place of the first field of that name; for those that are missing, the end of the header fields.
    fn place(&self, name: &Name) -> Place {
        let field = self.report.fields.iter().find(|field| field.name == name.as_str());
        field.map_or_else(|| self.end(), |field| field.place)
    }

    fn end(&self) -> Place {
        Place::of(self.bytes, self.message.bytes().len() - self.report.body_len)
    }

    fn line_ends(&mut self) {
        let head = &self.bytes[..self.end().offset];
        let bare = |at: &usize| *at == 0 || head[at - 1] != b'\r';
        if let Some(at) = memchr::memchr_iter(b'\n', head).filter(bare).find(|at| !head[..*at].trim_ascii().is_empty())
        {
            let place = Place::of(self.bytes, at);
            self.warn(place, "RFC 3261 section 7", None, "a line ends with a bare line feed: end lines with CRLF");
        }
    }

    fn fields(&mut self) {
        for index in 0..self.report.fields.len() {
            let Field { name, value, place, parsed, .. } = &self.report.fields[index];
            let (name, place) = (Name::parse(name), *place);
            let text = if value.contains('\u{fffd}') {
                Some("bytes that are no UTF-8: others may read something else")
            } else if parsed.is_none() && is_read(&name) {
                Some("the value cannot be read and is ignored: write it as the grammar says")
            } else if name == Name::Date && !value.ends_with("GMT") {
                Some("the time zone is not GMT: the date is ignored")
            } else if matches!(name, Name::From | Name::To) && has_loose_name(value) {
                Some("a display name with such characters needs quotes")
            } else if matches!(name, Name::From | Name::To) && has_uri_headers(parsed.as_ref()) {
                Some("the URI must have no headers here: leave them out")
            } else {
                None
            };
            if let Some(text) = text {
                self.warn(place, name.rfc(), None, format!("{name}: {text}"));
            }
        }
    }

    fn via(&mut self) {
        let Ok(via) = self.message.top_via() else { return };
        let place = self.place(&Name::Via);
        match via.branch() {
            None => self.warn(place, "RFC 3261 section 8.1.1.7", None, "Via has no branch: the sender is of RFC 2543"),
            Some(branch) if branch.eq_ignore_ascii_case(crate::header::MAGIC_COOKIE) => {
                self.warn(place, "RFC 3261 section 8.1.1.7", None, "the branch is nothing but the magic cookie");
            }
            Some(_) if !via.has_magic_cookie() => {
                let text = "the branch does not begin with z9hG4bK: it is not taken for unique";
                self.warn(place, "RFC 3261 section 8.1.1.7", None, text);
            }
            Some(_) => {}
        }
    }

    fn request(&mut self, method: &Method) {
        let begin = Place::of(self.bytes, self.bytes.iter().take_while(|byte| byte.is_ascii_whitespace()).count());
        if let Method::Other(token) = method {
            let known = Method::parse(&token.to_ascii_uppercase());
            let text = match known {
                Some(known) if !matches!(known, Method::Other(_)) => {
                    format!("methods are case-sensitive: {token} is not {known}")
                }
                _ => format!("the method {token} is not known here"),
            };
            self.warn(begin, "RFC 3261 section 8.2.1", Some(405), text);
        }
        if self.message.request_uri().is_ok_and(|uri| uri.scheme() == Scheme::Other) {
            self.warn(begin, "RFC 3261 section 8.2.2.1", Some(416), "the scheme of the Request-URI is not known here");
        }
        match self.message.max_forwards() {
            None => {
                self.warn(
                    self.end(),
                    "RFC 3261 section 8.1.1.6",
                    None,
                    "Max-Forwards is missing: write Max-Forwards: 70",
                );
            }
            Some(0) if *method != Method::Options => {
                let place = self.place(&Name::MaxForwards);
                self.warn(place, "RFC 3261 section 16.3", Some(483), "Max-Forwards is 0: it goes no further");
            }
            Some(_) => {}
        }
        if self.message.from().is_ok_and(|from| from.tag().is_none()) {
            self.warn(self.place(&Name::From), "RFC 3261 section 8.1.1.3", None, "From has no tag: add one");
        }
        if matches!(method, Method::Invite | Method::Subscribe | Method::Refer)
            && self.message.header(Name::Contact).is_none()
        {
            let text = "Contact is missing: requests within the dialog will not find back";
            self.warn(self.end(), "RFC 3261 section 8.1.1.8", None, text);
        }
        let unsupported = unsupported(self.message);
        if !unsupported.is_empty() && !matches!(method, Method::Ack | Method::Cancel) {
            let text = format!("Require names what is not supported here: {unsupported}");
            self.warn(self.place(&Name::Require), "RFC 3261 section 8.2.2.3", Some(420), text);
        }
    }
}

/// Whether [`parsed`] reads fields of that name, Via aside: its transport may be one that is not known here.
fn is_read(name: &Name) -> bool {
    name.id() != OTHER && *name != Name::Via && parsed(name, "").is_none() && parsed(name, "0").is_some()
        || matches!(name, Name::CSeq | Name::ReferTo | Name::ReferredBy | Name::ReplyTo)
        || matches!(name, Name::PAssertedIdentity | Name::PPreferredIdentity | Name::Diversion | Name::HistoryInfo)
        || matches!(name, Name::Path | Name::ServiceRoute | Name::RemotePartyId)
}

/// A display name without quotes that has other characters than tokens have.
fn has_loose_name(value: &str) -> bool {
    let Some(open) = value.find('<') else { return false };
    let name = &value[..open];
    !name.starts_with('"') && !name.bytes().all(|byte| lex::is_token_byte(byte) || lex::is_space(byte) || byte > 0x7f)
}

fn has_uri_headers(parsed: Option<&Parsed>) -> bool {
    matches!(parsed, Some(Parsed::Address(address)) if !address.uri.headers().is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OPTIONS: &str = "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n\
                           From: <sip:x@y>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nl: 0\r\n\r\n";

    fn linted(text: &str) -> Report {
        datagram(&Bytes::copy_from_slice(text.as_bytes()))
    }

    fn error(text: &str) -> (usize, usize, String, Option<u16>) {
        let fault = linted(text).error.unwrap_or_else(|| panic!("{text} is valid"));
        (fault.place.line, fault.place.offset, fault.rfc, fault.status)
    }

    #[test]
    fn a_good_message_has_nothing_wrong() {
        let report = linted(OPTIONS);
        assert!(report.is_valid() && report.warnings.is_empty(), "{report:#?}");
        assert_eq!(report.fields[6].name, "Content-Length");
        assert_eq!((report.fields[6].written.as_str(), report.fields[6].place.line), ("l", 8));
    }

    #[test]
    fn errors_have_their_place() {
        let at = |needle: &str| OPTIONS.find(needle).expect("there");
        let bad = OPTIONS.replace("1 OPTIONS", "1 INVITE");
        assert_eq!(error(&bad), (7, at("1 OPTIONS"), "RFC 3261 section 20.16".into(), Some(400)));
        let bad = OPTIONS.replace("sip:a@b SIP", "<sip:a@b> SIP");
        assert_eq!(error(&bad), (1, 8, "RFC 3261 section 19.1.1".into(), Some(400)));
        let bad = OPTIONS.replacen("SIP/2.0", "SIP/3.0", 1);
        assert_eq!(error(&bad), (1, at("SIP/2.0"), "RFC 3261 section 7.1".into(), Some(505)));
        let bad = OPTIONS.replace("Call-ID: 1", "Call-ID 1");
        assert_eq!(error(&format!("\r\n{bad}")), (7, at("Call-ID") + 2, "RFC 3261 section 7.3.1".into(), Some(400)));
        let bad = OPTIONS.replace("Call-ID: 1\r\n", "");
        assert_eq!((error(&bad).0, error(&bad).2.as_str()), (8, "RFC 3261 section 8.1.1"));
        let bad = OPTIONS.replace("l: 0", "To: <sip:c@d>\r\nl: 0");
        assert_eq!((error(&bad).0, error(&bad).1), (8, at("l: 0") + 4));
        let bad = OPTIONS.replace("l: 0", "l: 9");
        assert_eq!((error(&bad).0, error(&bad).2.as_str()), (8, "RFC 3261 section 18.3"));
        assert_eq!(linted(&bad).fields.len(), 7, "the rest is still understood");
        assert_eq!(error("SIP/2.0 200 OK\r\n\r\n").3, None, "responses are not answered");
    }

    #[test]
    fn what_is_unwise_is_told() {
        let text = OPTIONS
            .replace("branch=z9hG4bK1", "branch=1")
            .replace("Max-Forwards: 70\r\n", "")
            .replace(";tag=1", "")
            .replace("OPTIONS", "options")
            .replace("l: 0\r\n", "Require: a, b\r\nExpires: soon\r\nl: 0\n")
            + "rest";
        let report = linted(&text);
        assert!(report.is_valid(), "{:?}", report.error);
        let all: Vec<_> = report.warnings.iter().map(|warning| warning.message.as_str()).collect();
        for part in ["z9hG4bK", "Max-Forwards", "From has no tag", "options is not OPTIONS", "a, b", "Expires", "bare"]
        {
            assert!(all.iter().any(|message| message.contains(part)), "{part}: {all:#?}");
        }
        assert_eq!(report.unused, 4);
        let statuses: Vec<_> = report.warnings.iter().filter_map(|warning| warning.status).collect();
        assert_eq!(statuses, [405, 420]);
    }

    #[test]
    fn streams_are_cut_as_the_stack_cuts_them() {
        let read = |text: &str| stream(&Bytes::copy_from_slice(text.as_bytes()));
        let two = read(&format!("\r\n\r\n{OPTIONS}\r\n{OPTIONS}"));
        assert!(two.is_valid());
        assert_eq!((two.messages.len(), two.keep_alive, two.rest), (2, 6, 0));
        assert_eq!(two.messages[1].fields[0].place.line, 2 + 9 + 1 + 2);
        let cut = read(&OPTIONS.replace("l: 0", "l: 5"));
        assert!(!cut.is_valid());
        assert_eq!((cut.messages.len(), cut.rest), (1, OPTIONS.len()), "shown although it is not whole");
        let unframed = read(&format!("{OPTIONS}{}", OPTIONS.replace("l: 0\r\n", "")));
        let error = unframed.error.expect("no Content-Length");
        assert_eq!((error.place.offset, error.status), (OPTIONS.len(), Some(400)));
        for nothing in ["", "\r\n", "\n\n\n"] {
            assert!(read(nothing).error.is_some_and(|error| error.message.contains("empty")), "{nothing:?}");
        }
    }

    #[test]
    fn header_fields_of_64_kib_are_read() {
        let report = linted(&OPTIONS.replace("Call-ID: 1", &format!("Call-ID: {}", "a".repeat(65536))));
        assert!(report.is_valid());
        let many = OPTIONS.replace("l: 0", &format!("Contact: {}\r\nl: 0", "<sip:a@b>,".repeat(6500)));
        assert!(linted(&many).is_valid());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(
            edits in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>(), 0..3_u8), 0..12),
        ) {
            let mut bytes = OPTIONS.as_bytes().to_vec();
            for (index, byte, kind) in edits {
                let at = index.index(bytes.len());
                match kind {
                    0 => bytes[at] = byte,
                    1 => bytes.insert(at, byte),
                    _ => { bytes.remove(at); }
                }
            }
            let bytes = Bytes::from(bytes);
            let report = datagram(&bytes);
            let takes = Message::parse(bytes.clone()).is_ok_and(|message| message.validate().is_ok());
            prop_assert!(takes || !report.is_valid());
            let faults = report.warnings.iter().chain(&report.error);
            for fault in faults {
                prop_assert!(fault.place.offset <= bytes.len());
            }
            let _ = stream(&bytes);
        }
    }
}
