//! The value of Replaces (RFC 3891): a dialog as the one who is to give it up sees it.

use std::fmt;

use super::Params;
use crate::error::ParseError;
use crate::lex;

/// The value of Replaces. The tags are those of the recipient: `to_tag` is its own, `from_tag` that of the other
/// side of the dialog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaces {
    /// Call-ID of the dialog.
    pub call_id: String,
    /// Tag of the recipient.
    pub to_tag: String,
    /// Tag of the other side; `0` where it has none (RFC 3891 3).
    pub from_tag: String,
    /// Only a dialog that was not answered yet is to be replaced.
    pub early_only: bool,
}

impl Replaces {
    /// Reads a Replaces value.
    ///
    /// # Errors
    /// When the Call-ID or a tag is missing.
    pub fn parse(value: &str) -> Result<Replaces, ParseError> {
        let value = lex::trim(value);
        let (call_id, params) = value.split_at(value.find(';').unwrap_or(value.len()));
        let params = Params::from_text(params);
        let tag = |name, missing| params.value(name).map(str::to_owned).ok_or(ParseError::Value(missing));
        if call_id.trim_end().is_empty() {
            return Err(ParseError::Value("no Call-ID"));
        }
        Ok(Replaces {
            call_id: lex::trim(call_id).to_owned(),
            to_tag: tag("to-tag", "no to-tag")?,
            from_tag: tag("from-tag", "no from-tag")?,
            early_only: params.contains("early-only"),
        })
    }
}

impl fmt::Display for Replaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Replaces { call_id, to_tag, from_tag, early_only } = self;
        let early = if *early_only { ";early-only" } else { "" };
        write!(f, "{call_id};to-tag={to_tag};from-tag={from_tag}{early}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_and_printed() {
        let text = "98732@sip.example.com;from-tag=r33th4x0r;to-tag=ff87ff;early-only";
        let replaces = Replaces::parse(text).expect("valid");
        assert_eq!((&*replaces.to_tag, &*replaces.from_tag), ("ff87ff", "r33th4x0r"));
        assert!(replaces.early_only);
        assert_eq!(Replaces::parse(&replaces.to_string()), Ok(replaces));
        for bad in ["", ";to-tag=a;from-tag=b", "c;to-tag=a", "c;from-tag=b", "c;to-tag;from-tag=b"] {
            assert!(Replaces::parse(bad).is_err(), "{bad}");
        }
    }
}
