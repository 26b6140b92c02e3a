//! SIP, SIPS and tel URIs (RFC 3261 section 19, RFC 3966).
//!
//! A parsed URI prints exactly as it was received: PBX feature codes such as `*21%23` must not be re-encoded.

mod host;

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::str::FromStr;

use crate::error::ParseError;
use crate::header::params::{self, Params};
use crate::lex;
use crate::transport::Protocol;

pub use host::Host;

/// The scheme of a [`Uri`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `sip:`
    Sip,
    /// `sips:`
    Sips,
    /// `tel:`
    Tel,
    /// Anything else; only the text is kept.
    Other,
}

/// A URI. Equality and hash are those of the text; [`Uri::equivalent`] compares as RFC 3261 19.1.4 says.
#[derive(Clone)]
pub struct Uri {
    text: String,
    scheme: Scheme,
    user: Option<Range<u32>>,
    password: Option<Range<u32>>,
    host: Host,
    port: Option<u16>,
    /// From the first `;` to the end of the parameters.
    params: Range<u32>,
    /// From the `?` to the end, or empty.
    headers: Range<u32>,
}

/// No URI in a call comes near; longer ones are refused.
const MAX_LEN: usize = 8 * 1024;

impl Uri {
    /// Reads a URI without `<>` around it.
    ///
    /// # Errors
    /// [`ParseError::Uri`] when the scheme is missing, a `sip` URI has no valid host or port, or a character
    /// stands there that no URI has (white space, `<`, `>`, `"`, control characters).
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Self::from_text(text.to_owned())
    }

    /// A `sip` URI. `user` is the plain text of the user part and is escaped as needed (`#` becomes `%23`);
    /// an empty one leaves the user part out.
    pub fn sip(user: &str, host: impl Into<Host>, port: Option<u16>) -> Self {
        use fmt::Write;
        let host = host.into();
        let mut text = String::with_capacity(48);
        text.push_str("sip:");
        let mut span = None;
        if !user.is_empty() {
            lex::percent_encode(&mut text, user, is_user_byte);
            span = Some(4..offset(text.len()));
            text.push('@');
        }
        // Writing to a String cannot fail.
        let _ = write!(text, "{host}");
        if let Some(port) = port {
            let _ = write!(text, ":{port}");
        }
        let end = offset(text.len());
        Self { text, scheme: Scheme::Sip, user: span, password: None, host, port, params: end..end, headers: end..end }
    }

    fn from_text(text: String) -> Result<Self, ParseError> {
        let bytes = text.as_bytes();
        if bytes.len() > MAX_LEN {
            return Err(ParseError::Uri("too long"));
        }
        // Looks at all bytes without stopping early, which the compiler turns into a few wide instructions.
        let bad = |byte: u8| (byte <= b' ') | (byte == b'<') | (byte == b'>') | (byte == b'"') | (byte == 0x7f);
        if bytes.iter().fold(0, |found, byte| found | u8::from(bad(*byte))) != 0 {
            return Err(ParseError::Uri("character that must be escaped"));
        }
        let colon = memchr::memchr(b':', bytes).ok_or(ParseError::Uri("no scheme"))?;
        let scheme = scheme(&text[..colon])?;
        let start = colon + 1;
        let end = bytes.len();
        let mut uri = Self {
            scheme,
            user: None,
            password: None,
            host: Host::Name(String::new()),
            port: None,
            params: offset(end)..offset(end),
            headers: offset(end)..offset(end),
            text,
        };
        match scheme {
            Scheme::Sip | Scheme::Sips => uri.read_sip(start)?,
            Scheme::Tel => uri.read_tel(start)?,
            Scheme::Other => {}
        }
        Ok(uri)
    }

    fn read_sip(&mut self, start: usize) -> Result<(), ParseError> {
        let bytes = self.text.as_bytes();
        let end = bytes.len();
        // The first `@`: after it, none can stand unescaped, though headers such as Replaces often have one.
        let host_start = match memchr::memchr(b'@', &bytes[start..]) {
            Some(len) => {
                let at = start + len;
                let colon = memchr::memchr(b':', &bytes[start..at]).map(|len| start + len);
                let user_end = colon.unwrap_or(at);
                // `sip:@host` is against the grammar, but some gateways send it for a withheld number.
                self.user = (user_end > start).then(|| offset(start)..offset(user_end));
                self.password = colon.map(|colon| offset(colon + 1)..offset(at));
                at + 1
            }
            None => start,
        };
        let rest = &bytes[host_start..];
        let host_end = host_start + memchr::memchr2(b';', b'?', rest).unwrap_or(rest.len());
        let headers_start = memchr::memchr(b'?', &bytes[host_end..]).map_or(end, |len| host_end + len);
        let host_port = &self.text[host_start..host_end];
        // A colon after the bracket of an IPv6 address, or the only one.
        let (host, port) = match host_port.rfind([':', ']']) {
            Some(at) if host_port.as_bytes()[at] == b':' => (&host_port[..at], Some(&host_port[at + 1..])),
            _ => (host_port, None),
        };
        self.host = Host::parse(host)?;
        self.port = port.map(parse_port).transpose()?;
        self.params = offset(host_end)..offset(headers_start);
        self.headers = offset(headers_start)..offset(end);
        Ok(())
    }

    fn read_tel(&mut self, start: usize) -> Result<(), ParseError> {
        let bytes = self.text.as_bytes();
        let number_end = memchr::memchr(b';', &bytes[start..]).map_or(bytes.len(), |len| start + len);
        let number = &bytes[start..number_end];
        let is_number_byte = |byte: &u8| byte.is_ascii_hexdigit() || b"+*#-.()%".contains(byte);
        if number.is_empty() || !number.iter().all(is_number_byte) {
            return Err(ParseError::Uri("not a telephone number"));
        }
        self.user = Some(offset(start)..offset(number_end));
        self.params = offset(number_end)..offset(bytes.len());
        Ok(())
    }

    /// The scheme.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// True for `sips:`.
    pub fn is_sips(&self) -> bool {
        self.scheme == Scheme::Sips
    }

    /// The user part as received, escapes and all; the number of a `tel` URI.
    pub fn user(&self) -> Option<&str> {
        self.user.clone().map(|span| self.slice(span))
    }

    /// The user part with `%HH` undone.
    pub fn user_decoded(&self) -> Option<String> {
        self.user().map(|user| lex::percent_decode(user).into_owned())
    }

    /// The password as received. RFC 3261 19.1.1 advises against it.
    pub fn password(&self) -> Option<&str> {
        self.password.clone().map(|span| self.slice(span))
    }

    /// The host. The empty name for `tel` and unknown schemes.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The port, when one is written.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// The parameters as text: empty, or `;name=value;…`.
    pub fn params(&self) -> &str {
        self.slice(self.params.clone())
    }

    /// The headers as text without the `?`; empty when there are none.
    pub fn headers(&self) -> &str {
        let headers = self.slice(self.headers.clone());
        headers.strip_prefix('?').unwrap_or(headers)
    }

    /// The parameter `name` (any case): `Some(None)` when it stands there without a value.
    pub fn param(&self, name: &str) -> Option<Option<&str>> {
        params::get(self.params(), name)
    }

    /// The `transport` parameter, when it names a protocol known here.
    pub fn transport(&self) -> Option<Protocol> {
        self.param("transport").flatten().and_then(Protocol::parse)
    }

    /// This URI with the parameter set, replacing one of that name. The value is escaped as needed.
    #[must_use]
    pub fn with_param(&self, name: &str, value: Option<&str>) -> Self {
        let mut params = Params::from_text(self.params());
        params.remove(name);
        let mut text = String::with_capacity(self.text.len() + name.len() + 16);
        text.push_str(&self.text[..self.params.start as usize]);
        text.push_str(params.as_str());
        text.push(';');
        lex::percent_encode(&mut text, name, is_param_byte);
        if let Some(value) = value {
            text.push('=');
            lex::percent_encode(&mut text, value, is_param_byte);
        }
        text.push_str(self.slice(self.headers.clone()));
        self.reread(text)
    }

    /// This URI without the parameter `name`.
    #[must_use]
    pub fn without_param(&self, name: &str) -> Self {
        let mut params = Params::from_text(self.params());
        params.remove(name);
        let head = &self.text[..self.params.start as usize];
        let headers = self.slice(self.headers.clone());
        self.reread(format!("{head}{}{headers}", params.as_str()))
    }

    /// The header `name` (any case) with its escapes undone: what a request to this URI is to have (RFC 3261
    /// 19.1.1).
    pub fn header(&self, name: &str) -> Option<String> {
        let mut headers = self.headers().split('&').filter_map(|header| header.split_once('='));
        let (_, value) = headers.find(|(found, _)| lex::percent_decode(found).eq_ignore_ascii_case(name))?;
        Some(lex::percent_decode(value).into_owned())
    }

    /// This URI with one more header. The value is escaped as needed.
    #[must_use]
    pub fn with_header(&self, name: &str, value: &str) -> Self {
        let mut text = self.text.clone();
        text.push(if self.headers().is_empty() { '?' } else { '&' });
        lex::percent_encode(&mut text, name, is_unreserved);
        text.push('=');
        lex::percent_encode(&mut text, value, is_unreserved);
        self.reread(text)
    }

    /// This URI without headers, as it may stand in a request line (RFC 3261 19.1.1).
    #[must_use]
    pub fn without_headers(&self) -> Self {
        self.reread(self.text[..self.headers.start as usize].to_owned())
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The text up to the headers, as it may stand in a request line.
    pub(crate) fn request_text(&self) -> &str {
        &self.text[..self.headers.start as usize]
    }

    /// Compares as RFC 3261 section 19.1.4 says, `tel` numbers as RFC 3966 section 4 says.
    ///
    /// A `transport` in one of them only makes them differ, as in the RFC's examples.
    pub fn equivalent(&self, other: &Self) -> bool {
        if self.scheme != other.scheme {
            return false;
        }
        match self.scheme {
            Scheme::Other => self.text == other.text,
            Scheme::Tel => same_number(self.user(), other.user()) && self.same_params(other, |_| true),
            Scheme::Sip | Scheme::Sips => {
                same_escaped(self.user(), other.user())
                    && same_escaped(self.password(), other.password())
                    && self.host == other.host
                    && self.port == other.port
                    && self.same_params(other, |name| {
                        ["user", "ttl", "method", "maddr", "transport"]
                            .iter()
                            .any(|strict| strict.eq_ignore_ascii_case(name))
                    })
                    && self.same_headers(other)
            }
        }
    }

    /// Parameters both have must match; one that `strict` names must not stand in one alone.
    fn same_params(&self, other: &Self, strict: impl Fn(&str) -> bool) -> bool {
        let one_way = |a: &Self, b: &Self| {
            // Looked up on both sides: of a parameter that stands there twice, the first counts.
            params::iter(a.params()).all(|(name, _)| match (a.param(name), b.param(name)) {
                (Some(Some(a)), Some(Some(b))) => lex::percent_decode(a).eq_ignore_ascii_case(&lex::percent_decode(b)),
                (Some(ours), Some(theirs)) => ours == theirs,
                _ => !strict(name),
            })
        };
        one_way(self, other) && one_way(other, self)
    }

    fn same_headers(&self, other: &Self) -> bool {
        if self.headers() == other.headers() {
            return true;
        }
        let sorted = |uri: &Self| {
            let mut all: Vec<_> = uri
                .headers()
                .split('&')
                .map(|header| {
                    let (name, value) = header.split_once('=').unwrap_or((header, ""));
                    (name.to_ascii_lowercase(), lex::percent_decode(value).into_owned())
                })
                .collect();
            all.sort_unstable();
            all
        };
        sorted(self) == sorted(other)
    }

    fn slice(&self, span: Range<u32>) -> &str {
        &self.text[span.start as usize..span.end as usize]
    }

    /// After an edit that keeps the URI well-formed; were it not, nothing changes.
    fn reread(&self, text: String) -> Self {
        Self::from_text(text).unwrap_or_else(|_| self.clone())
    }
}

fn scheme(text: &str) -> Result<Scheme, ParseError> {
    if text.eq_ignore_ascii_case("sip") {
        Ok(Scheme::Sip)
    } else if text.eq_ignore_ascii_case("sips") {
        Ok(Scheme::Sips)
    } else if text.eq_ignore_ascii_case("tel") {
        Ok(Scheme::Tel)
    } else if text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
    {
        Ok(Scheme::Other)
    } else {
        Err(ParseError::Uri("bad scheme"))
    }
}

pub(crate) fn parse_port(text: &str) -> Result<u16, ParseError> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ParseError::Uri("bad port"));
    }
    text.parse().map_err(|_| ParseError::Uri("bad port"))
}

/// `MAX_LEN` keeps parsed texts small; one made from a longer host or user is cut nowhere, it only saturates.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Text as it may stand anywhere in a URI: what is not `unreserved` becomes `%HH` (RFC 3261 section 25.1).
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    lex::percent_encode(&mut out, text, is_unreserved);
    out
}

/// Undoes `%HH`. An escape that is none stays as it is; bytes that are no UTF-8 become U+FFFD.
pub fn unescaped(text: &str) -> Cow<'_, str> {
    lex::percent_decode(text)
}

/// `unreserved` and `user-unreserved` (RFC 3261 section 25.1).
fn is_user_byte(byte: u8) -> bool {
    is_unreserved(byte) || b"&=+$,;?/".contains(&byte)
}

/// `unreserved` and `param-unreserved`.
fn is_param_byte(byte: u8) -> bool {
    is_unreserved(byte) || b"[]/:&+$".contains(&byte)
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte)
}

/// Case-sensitive; a character and its escape are the same unless the character is reserved.
fn same_escaped(a: Option<&str>, b: Option<&str>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => a == b || lex::percent_decode(a) == lex::percent_decode(b),
        _ => false,
    }
}

/// Visual separators do not count (RFC 3966 section 4).
fn same_number(a: Option<&str>, b: Option<&str>) -> bool {
    let digits = |text: Option<&str>| -> String {
        text.unwrap_or("")
            .chars()
            .filter(|c| !matches!(c, '-' | '.' | '(' | ')'))
            .map(|c| c.to_ascii_lowercase())
            .collect()
    };
    digits(a) == digits(b)
}

impl PartialEq for Uri {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Uri {}

impl Hash for Uri {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Uri({})", self.text)
    }
}

impl FromStr for Uri {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv6Addr};

    use super::*;

    fn uri(text: &str) -> Uri {
        Uri::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn all_parts_of_a_sip_uri_are_found() {
        let parsed = uri("sips:alice:pw@[2001:db8::10]:5071;transport=TCP;lr?subject=a%20b&to=x%40y");
        assert!(parsed.is_sips());
        assert_eq!(parsed.user(), Some("alice"));
        assert_eq!(parsed.password(), Some("pw"));
        assert_eq!(parsed.host().to_string(), "[2001:db8::10]");
        assert_eq!(parsed.port(), Some(5071));
        assert_eq!(parsed.transport(), Some(Protocol::Tcp));
        assert_eq!(parsed.param("LR"), Some(None));
        assert_eq!(parsed.param("ob"), None);
        assert_eq!(parsed.headers(), "subject=a%20b&to=x%40y");
        assert_eq!(parsed.without_headers().headers(), "");
    }

    #[test]
    fn feature_codes_print_as_received() {
        let parsed = uri("sip:*21%23@pbx.example");
        assert_eq!(parsed.user(), Some("*21%23"));
        assert_eq!(parsed.user_decoded().as_deref(), Some("*21#"));
        assert_eq!(parsed.to_string(), "sip:*21%23@pbx.example");
        assert_eq!(parsed.with_param("transport", Some("tcp")).user(), Some("*21%23"));
        assert_eq!(Uri::sip("*21#", "pbx.example", None), parsed);
    }

    #[test]
    fn made_uris_read_back() {
        let made = Uri::sip("a b@c:d%", IpAddr::from(Ipv6Addr::LOCALHOST), Some(5070));
        assert_eq!(made.to_string(), "sip:a%20b%40c%3Ad%25@[::1]:5070");
        let read = uri(&made.to_string());
        assert_eq!(read.user_decoded().as_deref(), Some("a b@c:d%"));
        assert_eq!((read.host(), read.port()), (made.host(), made.port()));
        assert_eq!(Uri::sip("", "pbx.example", None).to_string(), "sip:pbx.example");
    }

    #[test]
    fn tel_uris_give_the_number() {
        let parsed = uri("tel:+1-201-555-0123;phone-context=example.com");
        assert_eq!(parsed.scheme(), Scheme::Tel);
        assert_eq!(parsed.user(), Some("+1-201-555-0123"));
        assert_eq!(parsed.host(), &Host::Name(String::new()));
        assert_eq!(parsed.param("phone-context"), Some(Some("example.com")));
        assert!(uri("tel:+12015550123").equivalent(&uri("TEL:+1(201)555-0123")));
        assert!(!uri("tel:+12015550123").equivalent(&uri("tel:+12015550124")));
    }

    #[test]
    fn parameters_are_set_replaced_and_removed_before_the_headers() {
        let parsed = uri("sip:a@b;x=1;y?h=v");
        assert_eq!(parsed.with_param("X", Some("2;3")).to_string(), "sip:a@b;y;X=2%3B3?h=v");
        assert_eq!(parsed.with_param("lr", None).to_string(), "sip:a@b;x=1;y;lr?h=v");
        assert_eq!(parsed.without_param("x").to_string(), "sip:a@b;y?h=v");
    }

    #[test]
    fn unusual_but_valid_uris_are_read() {
        for (text, user, host) in [
            ("sip:user;par=u%40example.net@example.com", Some("user;par=u%40example.net"), "example.com"),
            ("sip:null-%00-null@example.com", Some("null-%00-null"), "example.com"),
            (
                "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*@example.com",
                Some("1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"),
                "example.com",
            ),
            ("SIP:10.0.0.1", None, "10.0.0.1"),
            ("sip:a@host_name:5060", Some("a"), "host_name"),
            ("sip:@10.0.0.1", None, "10.0.0.1"),
            ("sip:b@c?Replaces=id@host", Some("b"), "c"),
        ] {
            let parsed = uri(text);
            assert_eq!((parsed.user(), parsed.host().to_string().as_str()), (user, host), "{text}");
            assert_eq!(parsed.to_string(), text);
        }
    }

    #[test]
    fn malformed_uris_are_refused() {
        for text in [
            "",
            "sip",
            "sip:",
            ":a@b",
            "sip:a@",
            "sip:a@b:",
            "sip:a@b:70000",
            "sip:a@b:5x",
            "sip:a@b c",
            "sip:a@[::1",
            "sip:a@[1.2.3.4]",
            "sip:a@2001:db8::1",
            "<sip:a@b>",
            "sip:a@b\r\nX: y",
            "tel:",
            "tel:alice",
            "1x:y",
        ] {
            assert!(Uri::parse(text).is_err(), "{text:?}");
        }
        assert!(Uri::parse(&format!("sip:{}@b", "a".repeat(10_000))).is_err());
    }

    /// The examples of RFC 3261 section 19.1.4.
    #[test]
    fn equivalence_follows_the_rfc_examples() {
        for (a, b) in [
            ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"),
            ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
            ("sip:carol@chicago.com;a=1;a=2", "sip:carol@chicago.com;a=1;a=2"),
            ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5"),
            (
                "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
                "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
            ),
            (
                "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
                "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
            ),
        ] {
            assert!(uri(a).equivalent(&uri(b)), "{a} {b}");
            assert!(uri(b).equivalent(&uri(a)), "{b} {a}");
        }
        for (a, b) in [
            ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"),
            ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
            ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
            ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"),
            ("sip:a@b", "sips:a@b"),
        ] {
            assert!(!uri(a).equivalent(&uri(b)), "{a} {b}");
            assert!(!uri(b).equivalent(&uri(a)), "{b} {a}");
        }
    }
}
