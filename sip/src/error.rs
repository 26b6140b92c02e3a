//! What can be wrong with a received message.

use crate::header::Name;

/// A message, header field or URI that cannot be used, and where. Always the sender's fault.
///
/// It never quotes the message: that may hold personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Nothing but line breaks.
    #[error("the message is empty")]
    Empty,
    /// Longer than [`MAX_MESSAGE_LEN`](crate::message::MAX_MESSAGE_LEN).
    #[error("the message is too long ({0} bytes)")]
    TooLong(usize),
    /// The first line is neither a request line nor a status line.
    #[error("the first line is neither a request nor a status line")]
    StartLine,
    /// A SIP version other than 2.0: answered with 505.
    #[error("the SIP version is not 2.0")]
    Version,
    /// A line that is no header field; the first line of the message is line 1.
    #[error("line {0} is not a header field")]
    HeaderLine(usize),
    /// More than [`MAX_HEADERS`](crate::message::MAX_HEADERS) header fields.
    #[error("too many header fields")]
    TooManyHeaders,
    /// The empty line between header fields and body is not there.
    #[error("no empty line ends the header fields")]
    HeadUnfinished,
    /// Content-Length promises more than there is.
    #[error("Content-Length is {declared}, but only {present} bytes follow")]
    BodyTruncated {
        /// The value of Content-Length.
        declared: u64,
        /// Bytes after the empty line.
        present: usize,
    },
    /// A mandatory header field is not there.
    #[error("{0} is missing")]
    Missing(Name),
    /// A header field that may appear once appears again.
    #[error("{0} appears more than once")]
    Repeated(Name),
    /// A header field that cannot be read.
    #[error("{name} is malformed: {what}")]
    Header {
        /// Which header field.
        name: Name,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A URI that cannot be read.
    #[error("malformed URI: {0}")]
    Uri(&'static str),
    /// An address, Via or CSeq value, outside of a message.
    #[error("{0}")]
    Value(&'static str),
}

impl ParseError {
    /// The status code a request with this fault is answered with.
    pub fn status(&self) -> u16 {
        match self {
            Self::Version => 505,
            Self::TooLong(_) => 513,
            _ => 400,
        }
    }

    /// The same fault, said of a header field.
    pub(crate) fn within(self, name: Name) -> Self {
        match self {
            Self::Uri(what) | Self::Value(what) => Self::Header { name, what },
            other => other,
        }
    }
}
