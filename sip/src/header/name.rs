//! Header field names.

use std::fmt;
use std::hash::{Hash, Hasher};

/// Declares the names with their canonical spelling, so that enum, spelling and index cannot drift apart.
macro_rules! names {
    ($($variant:ident = $text:literal,)*) => {
        /// The name of a header field, in its canonical spelling. Comparison ignores case.
        #[derive(Debug, Clone)]
        #[allow(missing_docs, reason = "each is the name it is spelled as")]
        pub enum Name {
            $($variant,)*
            /// A name not listed here, as written.
            Other(Box<str>),
        }

        const NAMES: &[&str] = &[$($text,)*];

        impl Name {
            /// Canonical spelling.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Other(text) => text,
                }
            }

            /// Index of a listed name in the table, [`OTHER`] for all others.
            pub(crate) fn id(&self) -> u8 {
                #[derive(Clone, Copy)]
                #[allow(clippy::enum_variant_names)]
                enum Id { $($variant,)* }
                match self {
                    $(Self::$variant => Id::$variant as u8,)*
                    Self::Other(text) => id_of(text.as_bytes()),
                }
            }

            fn from_id(id: u8) -> Option<Self> {
                const ALL: &[Name] = &[$(Name::$variant,)*];
                ALL.get(usize::from(id)).cloned()
            }
        }
    };
}

names! {
    Via = "Via",
    From = "From",
    To = "To",
    CallId = "Call-ID",
    CSeq = "CSeq",
    Contact = "Contact",
    MaxForwards = "Max-Forwards",
    Route = "Route",
    RecordRoute = "Record-Route",
    ContentType = "Content-Type",
    ContentLength = "Content-Length",
    Expires = "Expires",
    MinExpires = "Min-Expires",
    Authorization = "Authorization",
    ProxyAuthorization = "Proxy-Authorization",
    WwwAuthenticate = "WWW-Authenticate",
    ProxyAuthenticate = "Proxy-Authenticate",
    AuthenticationInfo = "Authentication-Info",
    Allow = "Allow",
    Supported = "Supported",
    Require = "Require",
    ProxyRequire = "Proxy-Require",
    Unsupported = "Unsupported",
    UserAgent = "User-Agent",
    Server = "Server",
    RetryAfter = "Retry-After",
    Reason = "Reason",
    Warning = "Warning",
    ErrorInfo = "Error-Info",
    PAssertedIdentity = "P-Asserted-Identity",
    PPreferredIdentity = "P-Preferred-Identity",
    RemotePartyId = "Remote-Party-ID",
    Privacy = "Privacy",
    Diversion = "Diversion",
    HistoryInfo = "History-Info",
    Identity = "Identity",
    RSeq = "RSeq",
    RAck = "RAck",
    SessionExpires = "Session-Expires",
    MinSe = "Min-SE",
    Date = "Date",
    Timestamp = "Timestamp",
    Subject = "Subject",
    Accept = "Accept",
    AcceptEncoding = "Accept-Encoding",
    AcceptLanguage = "Accept-Language",
    AcceptContact = "Accept-Contact",
    RejectContact = "Reject-Contact",
    RequestDisposition = "Request-Disposition",
    AlertInfo = "Alert-Info",
    CallInfo = "Call-Info",
    ContentDisposition = "Content-Disposition",
    ContentEncoding = "Content-Encoding",
    ContentLanguage = "Content-Language",
    MimeVersion = "MIME-Version",
    InReplyTo = "In-Reply-To",
    Organization = "Organization",
    Priority = "Priority",
    ReplyTo = "Reply-To",
    ReferTo = "Refer-To",
    ReferredBy = "Referred-By",
    ReferSub = "Refer-Sub",
    Replaces = "Replaces",
    Join = "Join",
    TargetDialog = "Target-Dialog",
    Event = "Event",
    AllowEvents = "Allow-Events",
    SubscriptionState = "Subscription-State",
    SipEtag = "SIP-ETag",
    SipIfMatch = "SIP-If-Match",
    Path = "Path",
    ServiceRoute = "Service-Route",
    FlowTimer = "Flow-Timer",
    PAssociatedUri = "P-Associated-URI",
    PCalledPartyId = "P-Called-Party-ID",
    AnswerMode = "Answer-Mode",
    SecurityClient = "Security-Client",
    SecurityServer = "Security-Server",
    SecurityVerify = "Security-Verify",
    UserToUser = "User-to-User",
    Geolocation = "Geolocation",
    RecvInfo = "Recv-Info",
    InfoPackage = "Info-Package",
}

/// The id of every name that is not listed.
pub(crate) const OTHER: u8 = u8::MAX;

impl Name {
    /// Reads a name in any case, or its compact form.
    pub fn parse(text: &str) -> Self {
        Self::from_id(id_of(text.as_bytes())).unwrap_or_else(|| Self::Other(text.into()))
    }

    /// True for the header fields whose value is a comma-separated list, or may be: a name not listed here is
    /// taken for one. Text, dates and credentials have commas of their own (RFC 3261 section 7.3.1).
    pub fn is_list(&self) -> bool {
        !matches!(
            self,
            Self::From
                | Self::To
                | Self::CallId
                | Self::CSeq
                | Self::MaxForwards
                | Self::ContentType
                | Self::ContentLength
                | Self::Expires
                | Self::MinExpires
                | Self::Authorization
                | Self::ProxyAuthorization
                | Self::WwwAuthenticate
                | Self::ProxyAuthenticate
                | Self::AuthenticationInfo
                | Self::UserAgent
                | Self::Server
                | Self::RetryAfter
                | Self::RSeq
                | Self::RAck
                | Self::SessionExpires
                | Self::MinSe
                | Self::Date
                | Self::Timestamp
                | Self::Subject
                | Self::MimeVersion
                | Self::Organization
                | Self::Priority
                | Self::ReplyTo
                | Self::ReferTo
                | Self::ReferredBy
                | Self::Replaces
                | Self::Join
                | Self::Event
                | Self::SubscriptionState
        )
    }
}

impl Name {
    /// Where the header field is defined.
    pub fn rfc(&self) -> String {
        let (rfc, section) = match self {
            Self::Accept => (3261, "20.1"),
            Self::AcceptEncoding => (3261, "20.2"),
            Self::AcceptLanguage => (3261, "20.3"),
            Self::AlertInfo => (3261, "20.4"),
            Self::Allow => (3261, "20.5"),
            Self::AuthenticationInfo => (3261, "20.6"),
            Self::Authorization => (3261, "20.7"),
            Self::CallId => (3261, "20.8"),
            Self::CallInfo => (3261, "20.9"),
            Self::Contact => (3261, "20.10"),
            Self::ContentDisposition => (3261, "20.11"),
            Self::ContentEncoding => (3261, "20.12"),
            Self::ContentLanguage => (3261, "20.13"),
            Self::ContentLength => (3261, "20.14"),
            Self::ContentType => (3261, "20.15"),
            Self::CSeq => (3261, "20.16"),
            Self::Date => (3261, "20.17"),
            Self::ErrorInfo => (3261, "20.18"),
            Self::Expires => (3261, "20.19"),
            Self::From => (3261, "20.20"),
            Self::InReplyTo => (3261, "20.21"),
            Self::MaxForwards => (3261, "20.22"),
            Self::MinExpires => (3261, "20.23"),
            Self::MimeVersion => (3261, "20.24"),
            Self::Organization => (3261, "20.25"),
            Self::Priority => (3261, "20.26"),
            Self::ProxyAuthenticate => (3261, "20.27"),
            Self::ProxyAuthorization => (3261, "20.28"),
            Self::RecordRoute => (3261, "20.30"),
            Self::ReplyTo => (3261, "20.31"),
            Self::Require => (3261, "20.32"),
            Self::RetryAfter => (3261, "20.33"),
            Self::Route => (3261, "20.34"),
            Self::Server => (3261, "20.35"),
            Self::Subject => (3261, "20.36"),
            Self::Supported => (3261, "20.37"),
            Self::Timestamp => (3261, "20.38"),
            Self::To => (3261, "20.39"),
            Self::Unsupported => (3261, "20.40"),
            Self::UserAgent => (3261, "20.41"),
            Self::Via => (3261, "20.42"),
            Self::Warning => (3261, "20.43"),
            Self::WwwAuthenticate => (3261, "20.44"),
            Self::RAck => (3262, "7.2"),
            Self::RSeq => (3262, "7.1"),
            Self::Privacy => (3323, "4.2"),
            Self::PAssertedIdentity => (3325, "9.1"),
            Self::PPreferredIdentity => (3325, "9.2"),
            Self::Reason => (3326, "2"),
            Self::Path => (3327, "4"),
            Self::ReferTo => (3515, "2.1"),
            Self::ServiceRoute => (3608, "5"),
            Self::Replaces => (3891, "6.1"),
            Self::ReferredBy => (3892, "3"),
            Self::SessionExpires => (4028, "4"),
            Self::MinSe => (4028, "5"),
            Self::Diversion => (5806, "4"),
            Self::FlowTimer => (5626, "11.2"),
            Self::HistoryInfo => (7044, "5"),
            Self::Event | Self::AllowEvents | Self::SubscriptionState => (6665, "8.2"),
            _ => (3261, "7.3.1"),
        };
        format!("RFC {rfc} section {section}")
    }
}

const MAX_NAME_LEN: usize = 24;
const TABLE_LEN: usize = 512;

/// Open-addressed table of the listed names, filled by the compiler: id + 1, or 0 where free.
static TABLE: [u8; TABLE_LEN] = build_table();

const fn build_table() -> [u8; TABLE_LEN] {
    assert!(NAMES.len() < OTHER as usize);
    let mut table = [0; TABLE_LEN];
    let mut id = 0;
    while id < NAMES.len() {
        assert!(NAMES[id].len() <= MAX_NAME_LEN);
        let mut slot = slot_of(NAMES[id].as_bytes());
        while table[slot] != 0 {
            slot = (slot + 1) % TABLE_LEN;
        }
        table[slot] = id as u8 + 1;
        id += 1;
    }
    table
}

const fn slot_of(name: &[u8]) -> usize {
    let len = name.len();
    let first = (name[0] | 0x20) as usize;
    let middle = (name[len / 2] | 0x20) as usize;
    let last = (name[len - 1] | 0x20) as usize;
    (len * 73 + first * 31 + middle * 7 + last * 131) % TABLE_LEN
}

/// The id of a name as received, in any case or compact; [`OTHER`] when it is not listed.
#[inline]
pub(crate) fn id_of(name: &[u8]) -> u8 {
    match name.len() {
        1 => return compact_id(name[0]),
        2..=MAX_NAME_LEN => {}
        _ => return OTHER,
    }
    let mut slot = slot_of(name);
    loop {
        match TABLE[slot].checked_sub(1) {
            None => return OTHER,
            Some(id) => {
                let listed = NAMES[usize::from(id)].as_bytes();
                // Nearly everybody writes the canonical spelling, which is faster to compare.
                if listed == name || listed.eq_ignore_ascii_case(name) {
                    return id;
                }
            }
        }
        // More slots than names: a free one comes.
        slot = (slot + 1) % TABLE_LEN;
    }
}

/// The compact forms that are registered with IANA.
fn compact_id(letter: u8) -> u8 {
    match letter.to_ascii_lowercase() {
        b'a' => Name::AcceptContact,
        b'b' => Name::ReferredBy,
        b'c' => Name::ContentType,
        b'd' => Name::RequestDisposition,
        b'e' => Name::ContentEncoding,
        b'f' => Name::From,
        b'i' => Name::CallId,
        b'j' => Name::RejectContact,
        b'k' => Name::Supported,
        b'l' => Name::ContentLength,
        b'm' => Name::Contact,
        b'o' => Name::Event,
        b'r' => Name::ReferTo,
        b's' => Name::Subject,
        b't' => Name::To,
        b'u' => Name::AllowEvents,
        b'v' => Name::Via,
        b'x' => Name::SessionExpires,
        b'y' => Name::Identity,
        _ => return OTHER,
    }
    .id()
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        let id = self.id();
        id == other.id() && (id != OTHER || self.as_str().eq_ignore_ascii_case(other.as_str()))
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let id = self.id();
        state.write_u8(id);
        if id == OTHER {
            for byte in self.as_str().bytes() {
                state.write_u8(byte.to_ascii_lowercase());
            }
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_name_is_found_in_any_case() {
        for (id, text) in NAMES.iter().enumerate() {
            for spelling in [(*text).to_owned(), text.to_uppercase(), text.to_lowercase()] {
                let name = Name::parse(&spelling);
                assert_eq!(usize::from(name.id()), id, "{spelling}");
                assert_eq!(name.to_string(), *text);
            }
        }
    }

    #[test]
    fn compact_forms_are_the_long_names() {
        assert_eq!(Name::parse("v"), Name::Via);
        assert_eq!(Name::parse("I"), Name::CallId);
        assert_eq!(Name::parse("x"), Name::SessionExpires);
        assert_eq!(Name::parse("q").to_string(), "q");
    }

    #[test]
    fn other_names_compare_without_case_and_print_as_written() {
        assert_eq!(Name::parse("X-Pbx-Trunk"), Name::Other("x-pbx-TRUNK".into()));
        assert_ne!(Name::parse("X-Pbx"), Name::Via);
        assert_eq!(Name::Other("via".into()), Name::Via);
        assert_eq!(Name::parse("X-Pbx-Trunk").to_string(), "X-Pbx-Trunk");
        assert_eq!(Name::parse(""), Name::Other("".into()));
    }
}
