//! Who calls, who must not be told, and who passed the call on (RFC 3323, 3325, 5806, 7044, 7544).
//!
//! Devices write these header fields in many ways. What cannot be read is left out, and of what can be read no more
//! than a few values are taken.

mod diversion;
mod history;
mod privacy;

pub use diversion::{Diversion, DiversionPrivacy, DiversionReason};
pub use history::{HistoryEntry, Index, Target};
pub use privacy::Privacy;

use crate::header::{Name, NameAddr};
use crate::lex;
use crate::message::Message;
use crate::uri::{Scheme, Uri};

/// Values of P-Asserted-Identity or P-Preferred-Identity that are read; RFC 3325 allows two.
const MAX_IDENTITIES: usize = 4;
/// Characters of a number or name that are taken over.
const MAX_TEXT: usize = 128;

/// The caller as far as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Caller {
    /// Its number, or the user part that stands for one. None when it is anonymous or not told.
    pub number: Option<String>,
    /// Its name. None when it is anonymous or not told.
    pub name: Option<String>,
    /// Whether it does not want to be known.
    pub is_anonymous: bool,
    /// Who it is by the word of a trusted peer, also when it is anonymous: only for those that must know.
    pub asserted: Option<Uri>,
}

impl Caller {
    /// The caller of a request. `is_trusted` says whether the peer's P-Asserted-Identity is to be believed
    /// (RFC 3325 5); From is what the caller says of itself.
    pub fn of(request: &Message, is_trusted: bool) -> Caller {
        let from = request.from().ok();
        let asserted = if is_trusted { identities(request, Name::PAssertedIdentity) } else { Vec::new() };
        let is_anonymous =
            from.as_ref().is_some_and(|from| is_anonymous(&from.uri)) || Privacy::of(request).hides_caller();
        // A number is best taken from a tel URI: it is one for sure.
        let best = asserted.iter().find(|identity| identity.uri.scheme() == Scheme::Tel).or(asserted.first());
        let shown = best.or(from.as_ref()).filter(|_| !is_anonymous);
        let mut name = asserted.iter().find_map(|identity| identity.display.as_deref());
        if asserted.is_empty() {
            name = from.as_ref().and_then(|from| from.display.as_deref());
        }
        Caller {
            number: shown.and_then(|address| number(&address.uri)),
            name: name.filter(|_| !is_anonymous).and_then(clean),
            is_anonymous,
            asserted: best.map(|identity| identity.uri.clone()),
        }
    }
}

/// The identities in P-Asserted-Identity or P-Preferred-Identity. Other schemes than sip, sips and tel are left out
/// (RFC 3325 9.1).
pub fn identities(message: &Message, name: Name) -> Vec<NameAddr> {
    let all = message.values(name).filter_map(|value| NameAddr::parse(value).ok());
    all.filter(|identity| identity.uri.scheme() != Scheme::Other).take(MAX_IDENTITIES).collect()
}

/// The value of P-Asserted-Identity or P-Preferred-Identity: each identity without the parameters that it must not
/// have there. None where there is nothing to say.
pub fn write_identities<'a>(identities: impl IntoIterator<Item = &'a NameAddr>) -> Option<String> {
    let plain = |identity: &NameAddr| NameAddr { params: super::Params::new(), ..identity.clone() }.to_string();
    let values: Vec<String> = identities.into_iter().map(plain).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

/// The From of one who does not want to be known (RFC 3323 4.1.1.3).
pub fn anonymous() -> NameAddr {
    NameAddr::new(Uri::sip("anonymous", "anonymous.invalid", None)).with_display("Anonymous")
}

/// Whether a URI stands for somebody unknown: the user `anonymous`, wherever, or its reserved domain.
pub fn is_anonymous(uri: &Uri) -> bool {
    let user = uri.user().is_some_and(|user| user.eq_ignore_ascii_case("anonymous"));
    user || uri.host().to_string().eq_ignore_ascii_case("anonymous.invalid")
}

/// The number in a URI: its user without parameters; of a tel URI also without what only separates digits.
pub fn number(uri: &Uri) -> Option<String> {
    let user = uri.user_decoded()?;
    let number = user.split(';').next().unwrap_or_default();
    if uri.scheme() == Scheme::Tel {
        return clean(&number.replace(['-', '.', '(', ')'], ""));
    }
    clean(number)
}

/// Text that can be shown: no control characters, not too long. None where nothing is left.
fn clean(text: &str) -> Option<String> {
    let text: String = text.chars().filter(|character| !character.is_control()).take(MAX_TEXT).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// What `read` can make something of in the values of header fields, no more than `most`.
fn readable<'a, T>(
    values: impl IntoIterator<Item = &'a str>,
    most: usize,
    read: impl Fn(&NameAddr) -> Option<T>,
) -> Vec<T> {
    let all = values.into_iter().flat_map(lex::list).filter_map(|value| NameAddr::parse(value).ok());
    all.filter_map(|address| read(&address)).take(most).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::message::Builder;
    use crate::method::Method;

    /// An INVITE with these header fields.
    pub(super) fn invite(lines: &[(&str, &str)]) -> Message {
        let uri = Uri::sip("900", "pbx.example", None);
        let builder = lines.iter().fold(Builder::request(&Method::Invite, &uri), |all, line| all.raw(line.0, line.1));
        Message::parse(builder.finish()).expect("built here")
    }

    fn caller(lines: &[(&str, &str)], is_trusted: bool) -> (Option<String>, Option<String>, bool) {
        let Caller { number, name, is_anonymous, .. } = Caller::of(&invite(lines), is_trusted);
        (number, name, is_anonymous)
    }

    fn shown(number: &str, name: &str) -> (Option<String>, Option<String>, bool) {
        (Some(number.into()), Some(name.into()), false)
    }

    const FROM: (&str, &str) = ("From", "\"Ann\" <sip:200;x=y@pbx.example>;tag=1");
    const ASSERTED: (&str, &str) =
        ("P-Asserted-Identity", "\"Ann B., Sales\" <sip:+49304455@pbx>, <tel:+49-30-(4455)>, <http://x>");
    const HIDDEN: (&str, &str) = ("From", "\"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=1");

    #[test]
    fn a_trusted_peer_is_believed_and_others_are_not() {
        assert_eq!(caller(&[FROM, ASSERTED], true), shown("+49304455", "Ann B., Sales"));
        assert_eq!(caller(&[FROM, ASSERTED], false), shown("200", "Ann"));
        assert_eq!(caller(&[FROM], true), shown("200", "Ann"));
        assert_eq!(caller(&[("From", "<sip:*21%23@x>")], false), (Some("*21#".into()), None, false));
        assert_eq!(caller(&[("From", "<sip:pbx.example>")], false), (None, None, false));
    }

    #[test]
    fn who_wants_to_be_unknown_is_not_shown() {
        let nobody = (None, None, true);
        assert_eq!(caller(&[HIDDEN], true), nobody);
        assert_eq!(caller(&[HIDDEN, ASSERTED], true), nobody);
        for privacy in ["id", "user;id", "header, user", "ID;critical"] {
            assert_eq!(caller(&[FROM, ASSERTED, ("Privacy", privacy)], true), nobody, "{privacy}");
        }
        for privacy in ["none", "session", "history", "", "none;id"] {
            assert_eq!(caller(&[FROM, ASSERTED, ("Privacy", privacy)], true), shown("+49304455", "Ann B., Sales"));
        }
        let asserted = Caller::of(&invite(&[HIDDEN, ASSERTED]), true).asserted.expect("for those that must know");
        assert_eq!(asserted.as_str(), "tel:+49-30-(4455)");
        assert_eq!(Caller::of(&invite(&[HIDDEN, ASSERTED]), false).asserted, None);
    }

    #[test]
    fn identities_are_written_without_parameters() {
        let read = identities(&invite(&[ASSERTED]), Name::PAssertedIdentity);
        let expected = "\"Ann B., Sales\" <sip:+49304455@pbx>, <tel:+49-30-(4455)>";
        assert_eq!(write_identities(&read).as_deref(), Some(expected));
        let tagged = anonymous().with_tag("1");
        let value = write_identities([&tagged]);
        assert_eq!(value.as_deref(), Some("\"Anonymous\" <sip:anonymous@anonymous.invalid>"));
        assert_eq!(write_identities([]), None);
        let many = "<sip:a@b>,".repeat(50);
        assert_eq!(identities(&invite(&[("P-Preferred-Identity", &many)]), Name::PPreferredIdentity).len(), 4);
    }

    proptest! {
        #[test]
        fn no_value_makes_a_reader_panic_or_grow(
            text in "[\"<>;=,:@?%&.a-d0-9 ]{0,60}|(<sip:a@b\\?(Reason|Privacy)=[a-zA-Z0-9%;=]{0,20}>;(index|mp|rc|counter)=[0-9.]{0,9},?){0,60}",
        ) {
            let names = ["From", "P-Asserted-Identity", "Privacy", "Diversion", "History-Info"];
            let message = invite(&names.map(|name| (name, text.as_str())));
            let caller = Caller::of(&message, true);
            prop_assert!(!caller.is_anonymous || caller.number.is_none());
            let diversions = Diversion::all(&message);
            let history = HistoryEntry::all(&message);
            let made = HistoryEntry::from_diversions(&diversions, &Uri::sip("d", "x", None));
            prop_assert!(made.len() <= 40);
            for entry in history.iter().chain(&made) {
                let again = NameAddr::parse(&entry.to_string()).expect("what is written can be read");
                prop_assert!(HistoryEntry::read(&again).is_some());
            }
            for diversion in diversions.iter().chain(&Diversion::from_history(&history)) {
                let again = NameAddr::parse(&diversion.to_string()).expect("what is written can be read");
                prop_assert_eq!(&Diversion::read(&again).expect("read back"), diversion);
            }
        }
    }
}
