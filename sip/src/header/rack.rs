//! The value of RAck (RFC 3262 7.2): which provisional response a PRACK acknowledges.

use std::fmt;

use super::CSeq;
use crate::error::ParseError;
use crate::lex;

/// The value of RAck.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RAck {
    /// RSeq of the response.
    pub rseq: u32,
    /// CSeq of the response.
    pub cseq: CSeq,
}

impl RAck {
    /// Reads a RAck value.
    ///
    /// # Errors
    /// When it is not two numbers and a method, or one of the numbers is too large.
    pub fn parse(value: &str) -> Result<RAck, ParseError> {
        let (rseq, cseq) =
            lex::split_space(lex::trim(value)).ok_or(ParseError::Value("no CSeq after the response number"))?;
        let rseq = number(rseq).ok_or(ParseError::Value("not a response number"))?;
        Ok(RAck { rseq, cseq: CSeq::parse(cseq)? })
    }
}

impl fmt::Display for RAck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.rseq, self.cseq)
    }
}

/// The value of RSeq: a number from 1 to 2^32 - 1 (RFC 3262 7.1).
pub(crate) fn number(value: &str) -> Option<u32> {
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    value.parse().ok().filter(|number| digits && *number > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::Method;

    #[test]
    fn it_is_read_and_printed() {
        let rack = RAck::parse(" 776656  1 INVITE").expect("valid");
        assert_eq!(rack, RAck { rseq: 776_656, cseq: CSeq { number: 1, method: Method::Invite } });
        assert_eq!(rack.to_string(), "776656 1 INVITE");
        for bad in ["", "1", "1 INVITE", "0 1 INVITE", "4294967296 1 INVITE", "1 1", "-1 1 INVITE", "+1 1 INVITE"] {
            assert!(RAck::parse(bad).is_err(), "{bad}");
        }
    }
}
