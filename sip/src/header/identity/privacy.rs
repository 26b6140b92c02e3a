//! Privacy (RFC 3323 4.2; `id` of RFC 3325 9.3, `history` of RFC 7044 10.1).

use std::fmt;

use crate::header::Name;
use crate::message::Message;

/// What is to be kept from the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Privacy {
    /// Nothing, and nothing may be added on the way.
    pub none: bool,
    /// Header fields that tell of the caller's side, such as Via and Contact.
    pub header: bool,
    /// What SDP tells: media go by way of a third party.
    pub session: bool,
    /// The caller: From and other header fields that name it.
    pub user: bool,
    /// The asserted identity.
    pub id: bool,
    /// Who passed the call on.
    pub history: bool,
    /// The call must fail rather than be less private.
    pub critical: bool,
}

impl Privacy {
    /// Reads a value. Tokens not known here are left out.
    pub fn parse(value: &str) -> Privacy {
        let mut privacy = Privacy::default();
        // The grammar has semicolons; some devices write commas.
        for token in value.split([';', ',']).map(str::trim) {
            let token = token.to_ascii_lowercase();
            match token.as_str() {
                "none" => privacy.none = true,
                "header" => privacy.header = true,
                "session" => privacy.session = true,
                "user" => privacy.user = true,
                "id" => privacy.id = true,
                "history" => privacy.history = true,
                "critical" => privacy.critical = true,
                _ => {}
            }
        }
        privacy
    }

    /// What all Privacy header fields of a message ask for together.
    pub fn of(message: &Message) -> Privacy {
        let values: Vec<&str> = message.raw_values(Name::Privacy).collect();
        Privacy::parse(&values.join(";"))
    }

    /// Whether the caller is not to be shown. `none` wins over anything beside it.
    pub fn hides_caller(self) -> bool {
        !self.none && (self.id || self.user || self.header)
    }

    /// Whether who passed the call on is not to be shown.
    pub fn hides_history(self) -> bool {
        !self.none && (self.history || self.header)
    }

    /// Whether there is nothing to say.
    pub fn is_empty(self) -> bool {
        self == Privacy::default()
    }
}

impl fmt::Display for Privacy {
    /// The value; `none` stands alone (RFC 3323 4.2).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.none {
            return f.write_str("none");
        }
        let tokens = [
            (self.header, "header"),
            (self.session, "session"),
            (self.user, "user"),
            (self.id, "id"),
            (self.history, "history"),
            (self.critical, "critical"),
        ];
        let mut between = "";
        for (_, token) in tokens.into_iter().filter(|(wanted, _)| *wanted) {
            write!(f, "{between}{token}")?;
            between = ";";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_read_and_written() {
        let privacy = Privacy::parse("Id; user ,history;x;critical");
        assert_eq!(privacy.to_string(), "user;id;history;critical");
        assert!(privacy.hides_caller() && privacy.hides_history());
        assert_eq!(Privacy::parse("none;id").to_string(), "none");
        assert!(Privacy::parse("").is_empty());
    }
}
