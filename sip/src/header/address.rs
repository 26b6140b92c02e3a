//! From, To, Contact, Route and the like (RFC 3261 sections 20.10, 20.20, 20.39).

use std::fmt;
use std::str::FromStr;

use crate::error::ParseError;
use crate::header::params::Params;
use crate::lex;
use crate::uri::Uri;

/// An address with optional display name and header parameters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NameAddr {
    /// Display name with quotes and escapes undone.
    pub display: Option<String>,
    /// The address.
    pub uri: Uri,
    /// Parameters of the header field, such as `tag`.
    pub params: Params,
}

impl NameAddr {
    /// An address alone.
    pub fn new(uri: Uri) -> Self {
        Self { display: None, uri, params: Params::new() }
    }

    /// Reads one value, with or without `<>`. Without, parameters belong to the header field and not to the
    /// URI, and the URI may have no headers (RFC 3261 section 20).
    ///
    /// # Errors
    /// When quotes or brackets do not close, something other than parameters follows, or the URI is bad.
    pub fn parse(value: &str) -> Result<Self, ParseError> {
        let value = lex::trim(value);
        let bytes = value.as_bytes();
        let (display, open) = if bytes.first() == Some(&b'"') {
            let len = lex::quoted_len(bytes).ok_or(ParseError::Value("quote not closed"))?;
            let open = len + value[len..].len() - value[len..].trim_start().len();
            if bytes.get(open) != Some(&b'<') {
                return Err(ParseError::Value("no address after the display name"));
            }
            (Some(lex::unescape(&value[1..len - 1]).into_owned()), open)
        } else {
            match memchr::memchr2(b'<', b';', bytes) {
                Some(open) if bytes[open] == b'<' => {
                    let display = lex::trim(&value[..open]);
                    ((!display.is_empty()).then(|| display.to_owned()), open)
                }
                semicolon => return Self::parse_bare(value, semicolon),
            }
        };
        let close = memchr::memchr(b'>', &bytes[open..])
            .map(|len| open + len)
            .ok_or(ParseError::Value("bracket not closed"))?;
        let rest = lex::trim(&value[close + 1..]);
        if !(rest.is_empty() || rest.starts_with(';')) {
            return Err(ParseError::Value("unexpected text after the address"));
        }
        Ok(Self { display, uri: Uri::parse(&value[open + 1..close])?, params: Params::from_text(rest) })
    }

    fn parse_bare(value: &str, semicolon: Option<usize>) -> Result<Self, ParseError> {
        let (address, params) = value.split_at(semicolon.unwrap_or(value.len()));
        if address.contains('?') {
            return Err(ParseError::Value("URI headers need <> around the URI"));
        }
        Ok(Self { display: None, uri: Uri::parse(lex::trim(address))?, params: Params::from_text(params) })
    }

    /// The `tag` parameter.
    pub fn tag(&self) -> Option<&str> {
        self.params.value("tag")
    }

    /// The `expires` parameter of a Contact, in seconds. Too large numbers become the largest.
    pub fn expires(&self) -> Option<u32> {
        self.params.value("expires").and_then(lex::saturating_number)
    }

    /// This address with the `tag` parameter set.
    #[must_use]
    pub fn with_tag(mut self, tag: &str) -> Self {
        self.params.set("tag", Some(tag));
        self
    }

    /// This address with a display name; an empty one is none.
    #[must_use]
    pub fn with_display(mut self, display: &str) -> Self {
        self.display = (!display.is_empty()).then(|| display.to_owned());
        self
    }
}

impl From<Uri> for NameAddr {
    fn from(uri: Uri) -> Self {
        Self::new(uri)
    }
}

impl FromStr for NameAddr {
    type Err = ParseError;

    fn from_str(value: &str) -> Result<Self, ParseError> {
        Self::parse(value)
    }
}

impl fmt::Display for NameAddr {
    /// Always in the form with `<>`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(display) = &self.display {
            write!(f, "{} ", lex::Quoted(display))?;
        }
        write!(f, "<{}>{}", self.uri, self.params)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(value: &str) -> NameAddr {
        NameAddr::parse(value).unwrap_or_else(|error| panic!("{value}: {error}"))
    }

    #[test]
    fn quoted_names_may_hold_anything() {
        let address = parsed(r#" "Doe, \"J\" <x>; Ü" <sip:j@e.org;user=phone> ; tag=88 ;q=0.1"#);
        assert_eq!(address.display.as_deref(), Some("Doe, \"J\" <x>; Ü"));
        assert_eq!(address.uri.param("user"), Some(Some("phone")));
        assert_eq!(address.tag(), Some("88"));
        let again = parsed(&address.to_string());
        assert_eq!(again.display, address.display);
        assert_eq!(again.tag(), Some("88"));
    }

    #[test]
    fn without_brackets_parameters_belong_to_the_header() {
        let address = parsed("sip:a@b;tag=1;user=phone");
        assert_eq!(address.uri.to_string(), "sip:a@b");
        assert_eq!(address.tag(), Some("1"));
        assert_eq!(address.to_string(), "<sip:a@b>;tag=1;user=phone");
        assert!(NameAddr::parse("sip:a@b?Route=x").is_err());
    }

    #[test]
    fn unquoted_names_and_tight_spacing() {
        assert_eq!(parsed("Anna Lena<tel:+1>").display.as_deref(), Some("Anna Lena"));
        assert_eq!(parsed("<sip:a@b>").display, None);
        assert_eq!(parsed("\"\"<sip:a@b>").display.as_deref(), Some(""));
        let caller =
            r#"<sip:caller@10.0.0.1;transport=tls>;+sip.instance="<urn:uuid:00000000-0000>";expires=99999999999"#;
        assert_eq!(parsed(caller).params.value("+sip.instance"), Some("<urn:uuid:00000000-0000>"));
        assert_eq!(parsed(caller).expires(), Some(u32::MAX));
        assert_eq!(parsed(caller).to_string(), caller);
    }

    #[test]
    fn broken_addresses_are_refused() {
        for value in
            ["", "*", "<sip:a@b", "\"a <sip:a@b>", "\"a\" sip:a@b", "<sip:a@b> x", "<>", "a", "\"a\\", "<<sip:a@b>>"]
        {
            assert!(NameAddr::parse(value).is_err(), "{value}");
        }
    }

    #[test]
    fn a_display_name_cannot_break_out() {
        let address = parsed("<sip:a@b>").with_display("x\"\r\nEvil: <sip:c@d>\\").with_tag("t");
        assert_eq!(parsed(&address.to_string()).uri, address.uri);
        assert!(!address.to_string().contains('\n'));
    }
}
