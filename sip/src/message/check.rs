//! What every message must have (RFC 3261 section 8.1.1).

use super::Message;
use crate::error::ParseError;
use crate::header::{Name, Via};
use crate::lex;

impl Message {
    /// Checks that Via, From, To, Call-ID and CSeq are there and can be read, all but Via once; for requests
    /// also the SIP version, the Request-URI, Max-Forwards where present, and that CSeq names the method of the
    /// request line. [`ParseError::status`] says how to answer a request that fails.
    ///
    /// # Errors
    /// The first fault found.
    pub fn validate(&self) -> Result<(), ParseError> {
        if !self.head.version_ok {
            return Err(ParseError::Version);
        }
        for name in [Name::From, Name::To, Name::CallId, Name::CSeq, Name::MaxForwards] {
            if self.indexes(name.clone()).nth(1).is_some() {
                return Err(ParseError::Repeated(name));
            }
        }
        self.top_via()?;
        self.check_further_vias()?;
        self.from()?;
        self.to()?;
        self.call_id()?;
        let cseq = self.cseq()?;
        if let Some(method) = self.method() {
            if cseq.method != method {
                let what = "not the method of the request line";
                return Err(ParseError::Header { name: Name::CSeq, what });
            }
            // A request line has no room for header fields (RFC 3261 19.1.1): they could pass for ours.
            if !self.request_uri()?.headers().is_empty() {
                return Err(ParseError::Uri("headers in the Request-URI"));
            }
            if self.header(Name::MaxForwards).is_some() && self.max_forwards().is_none() {
                let what = "not a number up to 255";
                return Err(ParseError::Header { name: Name::MaxForwards, what });
            }
        }
        Ok(())
    }

    /// Transports not known here are no fault in the Vias of others, but each must have the form of one: responses
    /// repeat them.
    fn check_further_vias(&self) -> Result<(), ParseError> {
        for value in self.raw_values(Name::Via).filter(|value| memchr::memchr(b',', value.as_bytes()).is_some()) {
            if !lex::list(value).all(|via| via.contains('/')) {
                return Err(ParseError::Header { name: Name::Via, what: "not SIP/2.0/transport" });
            }
        }
        Ok(())
    }

    /// All Via values in order.
    ///
    /// # Errors
    /// When one of them is malformed, which includes transports that are not known here.
    pub fn vias(&self) -> Result<Vec<Via>, ParseError> {
        self.raw_values(Name::Via)
            .flat_map(lex::list)
            .map(Via::parse)
            .collect::<Result<_, _>>()
            .map_err(|error| error.within(Name::Via))
    }
}
