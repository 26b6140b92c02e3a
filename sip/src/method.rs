//! Request methods.

use std::fmt;

/// A request method. Methods are case-sensitive tokens (RFC 3261 section 7.1).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Method {
    /// RFC 3261: sets up or changes a session.
    Invite,
    /// RFC 3261: confirms a final response to INVITE.
    Ack,
    /// RFC 3261: ends a session.
    Bye,
    /// RFC 3261: gives up a pending INVITE.
    Cancel,
    /// RFC 3261: asks for capabilities.
    Options,
    /// RFC 3261: binds a contact to an address of record.
    Register,
    /// RFC 3262: acknowledges a reliable provisional response.
    Prack,
    /// RFC 3311: changes a session before or after it is answered.
    Update,
    /// RFC 6086: carries application data in a dialog.
    Info,
    /// RFC 3515: asks the peer to send a request elsewhere.
    Refer,
    /// RFC 6665: reports the state of a subscription.
    Notify,
    /// RFC 6665: asks for reports.
    Subscribe,
    /// RFC 3428: an instant message.
    Message,
    /// RFC 3903: publishes event state.
    Publish,
    /// Any other token.
    Other(Box<str>),
}

impl Method {
    /// Reads a method token. `None` when it is not a token (RFC 3261 section 25.1).
    pub fn parse(token: &str) -> Option<Self> {
        Some(match token {
            "INVITE" => Self::Invite,
            "ACK" => Self::Ack,
            "BYE" => Self::Bye,
            "CANCEL" => Self::Cancel,
            "OPTIONS" => Self::Options,
            "REGISTER" => Self::Register,
            "PRACK" => Self::Prack,
            "UPDATE" => Self::Update,
            "INFO" => Self::Info,
            "REFER" => Self::Refer,
            "NOTIFY" => Self::Notify,
            "SUBSCRIBE" => Self::Subscribe,
            "MESSAGE" => Self::Message,
            "PUBLISH" => Self::Publish,
            other if crate::lex::is_token(other) => Self::Other(other.into()),
            _ => return None,
        })
    }

    /// The token as it stands in the message.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Invite => "INVITE",
            Self::Ack => "ACK",
            Self::Bye => "BYE",
            Self::Cancel => "CANCEL",
            Self::Options => "OPTIONS",
            Self::Register => "REGISTER",
            Self::Prack => "PRACK",
            Self::Update => "UPDATE",
            Self::Info => "INFO",
            Self::Refer => "REFER",
            Self::Notify => "NOTIFY",
            Self::Subscribe => "SUBSCRIBE",
            Self::Message => "MESSAGE",
            Self::Publish => "PUBLISH",
            Self::Other(token) => token,
        }
    }

    /// True for the requests that can create a dialog, whose responses carry Record-Route back
    /// (RFC 3261 section 12.1.1, RFC 6665, RFC 3515).
    pub fn forms_dialog(&self) -> bool {
        matches!(self, Self::Invite | Self::Subscribe | Self::Refer | Self::Notify)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_case_sensitive_tokens() {
        assert_eq!(Method::parse("INVITE"), Some(Method::Invite));
        assert_eq!(Method::parse("Invite"), Some(Method::Other("Invite".into())));
        assert_eq!(
            Method::parse("!interesting-Method0123456789_*+`.%indeed'~").as_ref().map(Method::as_str),
            Some("!interesting-Method0123456789_*+`.%indeed'~")
        );
        assert_eq!(Method::parse("IN VITE"), None);
        assert_eq!(Method::parse(""), None);
    }
}
