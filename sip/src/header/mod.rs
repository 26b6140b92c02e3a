//! Header field names and the values the signalling itself needs.

mod address;
pub mod identity;
mod name;
pub(crate) mod params;
pub(crate) mod rack;
mod replaces;
mod via;

pub use address::NameAddr;
pub use name::Name;
pub use params::Params;
pub use rack::RAck;
pub use replaces::Replaces;
pub use via::Via;

pub(crate) use name::{OTHER, id_of};
pub(crate) use via::MAGIC_COOKIE;

pub use crate::transport::Protocol;

use std::fmt;
use std::str::FromStr;

use crate::error::ParseError;
use crate::lex;
use crate::method::Method;

/// The value of CSeq (RFC 3261 section 20.16).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CSeq {
    /// Sequence number, below 2^31.
    pub number: u32,
    /// Method of the request.
    pub method: Method,
}

impl CSeq {
    /// Reads a CSeq value.
    ///
    /// # Errors
    /// When it is not a number below 2^31, white space and a method.
    pub fn parse(value: &str) -> Result<Self, ParseError> {
        let (number, method) =
            lex::split_space(lex::trim(value)).ok_or(ParseError::Value("no method after the number"))?;
        let number = lex::saturating_number(number)
            .filter(|number| *number < 1 << 31)
            .ok_or(ParseError::Value("not a number below 2^31"))?;
        let method = Method::parse(method).ok_or(ParseError::Value("bad method"))?;
        Ok(Self { number, method })
    }
}

impl FromStr for CSeq {
    type Err = ParseError;

    fn from_str(value: &str) -> Result<Self, ParseError> {
        Self::parse(value)
    }
}

impl fmt::Display for CSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.method)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cseq_is_read_and_printed() {
        let cseq = CSeq::parse("0009  INVITE ").expect("valid");
        assert_eq!(cseq, CSeq { number: 9, method: Method::Invite });
        assert_eq!(cseq.to_string(), "9 INVITE");
        for bad in
            ["", "1", "INVITE 1", "-1 INVITE", "36893488147419103232 REGISTER", "2147483648 BYE", "1 IN VITE", "+1 BYE"]
        {
            assert!(CSeq::parse(bad).is_err(), "{bad}");
        }
    }
}
