//! What SIP messages of a call say beside the session description, and what of it goes along when the call is passed
//! on: identities and privacy (RFC 3323, RFC 3325), diversions (RFC 5806, RFC 7044), redirections.

use offhook_sip::header::identity::{self, Privacy};
use offhook_sip::header::{Name, NameAddr};
use offhook_sip::message::Message;
use offhook_sip::uri::Uri;

use super::cause::CauseCode;
use super::directory::LineGroupEntry;
use super::effect::{Abilities, Caller};

/// Header fields in order.
pub type Headers = Vec<(Name, String)>;

/// Header lines that one call carries along; further ones are left out.
const MAX_LINES: usize = 32;
/// Octets of the values among them.
const MAX_OCTETS: usize = 8 * 1024;
/// Octets of a Reason that is passed on; a longer one is left out.
const MAX_REASON: usize = 1024;
/// Contacts read of one redirection.
const MAX_CONTACTS: usize = 32;

/// What goes from an incoming INVITE into the one that passes it on, where both sides are trusted.
static CARRIED: [Name; 13] = [
    // First, so that no number of identities goes without the wish to hide them.
    Name::Privacy,
    Name::PAssertedIdentity,
    Name::PPreferredIdentity,
    Name::Diversion,
    Name::HistoryInfo,
    Name::ReferredBy,
    Name::AlertInfo,
    Name::CallInfo,
    Name::Subject,
    Name::UserToUser,
    Name::Reason,
    Name::Priority,
    Name::Organization,
];
/// What tells who answers (RFC 3325 9.1).
static IDENTITY: [Name; 2] = [Name::Privacy, Name::PAssertedIdentity];
/// What tells why and by whom a call was redirected.
static DIVERSION: [Name; 2] = [Name::Diversion, Name::HistoryInfo];

/// Where a 3xx sends a call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Redirect {
    /// The contacts and their q in thousandths, best first.
    pub contacts: Vec<(Uri, u16)>,
    /// Diversion and History-Info.
    pub headers: Headers,
}

impl Redirect {
    /// Reads a response; none where it is no redirection or names nobody. Contacts that cannot be read are left out.
    pub fn read(response: &Message) -> Option<Redirect> {
        if !matches!(response.status(), Some(300 | 301 | 302 | 305 | 380)) {
            return None;
        }
        let contacts = response.values(Name::Contact).filter_map(|value| NameAddr::parse(value).ok());
        let mut contacts: Vec<_> = contacts.take(MAX_CONTACTS).map(|contact| (q(&contact), contact.uri)).collect();
        contacts.sort_by_key(|&(q, _)| std::cmp::Reverse(q));
        let contacts: Vec<_> = contacts.into_iter().map(|(q, uri)| (uri, q)).collect();
        (!contacts.is_empty()).then(|| Redirect { contacts, headers: of(response, &DIVERSION) })
    }
}

/// What an INVITE says that may go along when its call is passed on.
pub fn carried(request: &Message) -> Headers {
    of(request, &CARRIED)
}

/// What a response says of who answers.
pub fn asserted(response: &Message) -> Headers {
    of(response, &IDENTITY)
}

/// What the sender of an INVITE or of its answer says it can do. Many that take REFER leave Allow out of a response
/// (RFC 3261 20.5 asks for it only in 405): nothing is known then, which counts as no.
pub fn abilities(message: &Message) -> Abilities {
    Abilities {
        refer: message.has_token(Name::Allow, "REFER"),
        replaces: message.has_token(Name::Supported, "replaces"),
    }
}

/// A Reason (RFC 3326) that may be passed on.
pub fn reason(value: Option<String>) -> Option<String> {
    value.filter(|value| value.len() <= MAX_REASON)
}

/// A Reason (RFC 3326) that says which failure a session has come to.
pub(super) fn failure(status: u16) -> Option<String> {
    (400..=699).contains(&status).then(|| format!("SIP;cause={status}"))
}

/// Who calls, as a line's people may see it: whom a `trusted` sender vouches for, or else From; nobody where the caller
/// does not want to be known (RFC 3325 9.3).
pub fn caller(request: &Message, trusted: bool) -> Caller {
    let shown = identity::Caller::of(request, trusted);
    match shown.number {
        _ if shown.is_anonymous => Caller::anonymous(),
        Some(number) => Caller { number, name: shown.name },
        None => Caller { name: shown.name, ..sender(request) },
    }
}

/// Who has answered, by what [`asserted`] has found; none where nobody vouches for it or it is not to be shown.
pub(super) fn connected(headers: &[(Name, String)]) -> Option<Caller> {
    if values(headers, Name::Privacy).any(|value| Privacy::parse(value).hides_caller()) {
        return None;
    }
    let identity = values(headers, Name::PAssertedIdentity).find_map(|value| NameAddr::parse(value).ok())?;
    let number = identity::number(&identity.uri)?;
    Some(Caller { number, name: identity.display.filter(|name| !name.is_empty()) })
}

/// From as it is: what a call that is passed on says of its caller, whoever may see it in the end.
pub fn sender(request: &Message) -> Caller {
    let Ok(from) = request.from() else { return Caller::default() };
    let number = identity::number(&from.uri).unwrap_or_else(|| from.uri.host().to_string());
    Caller { number, name: from.display.filter(|name| !name.is_empty()) }
}

/// Whom the next side sees as the caller, and what it is told beside that. `from` and `carried` are as they came.
///
/// A side that is not trusted gets From alone, and an anonymous one where the caller asked for privacy. What a sender
/// that is not trusted asserts goes nowhere; its wish for privacy does (RFC 3325 5, 9.1).
pub(super) fn passed_on(
    carried: &[(Name, String)],
    from: &Caller,
    from_trusted: bool,
    to_trusted: bool,
) -> (Caller, Headers) {
    let is_privacy = |(name, _): &&(Name, String)| *name == Name::Privacy;
    match (from_trusted, to_trusted) {
        (true, true) => (from.clone(), carried.to_vec()),
        (false, true) => (from.clone(), carried.iter().filter(is_privacy).cloned().collect()),
        (_, false) => {
            let hidden = carried.iter().filter(is_privacy).any(|(_, value)| Privacy::parse(value).hides_caller());
            (if hidden { Caller::anonymous() } else { from.clone() }, Headers::new())
        }
    }
}

/// Adds header fields as far as a call may carry them.
pub(super) fn add(headers: &mut Headers, more: impl IntoIterator<Item = (Name, String)>) {
    let mut octets: usize = headers.iter().map(|(_, value)| value.len()).sum();
    for (name, value) in more {
        octets = octets.saturating_add(value.len());
        if headers.len() >= MAX_LINES || octets > MAX_OCTETS {
            return;
        }
        headers.push((name, value));
    }
}

/// A caller as the PBX of its connection asserts it (RFC 3325).
pub(super) fn identity(caller: &Caller, group: &LineGroupEntry) -> (Name, String) {
    let mut address = NameAddr::new(group.address(&caller.number));
    address.display = caller.name.clone();
    (Name::PAssertedIdentity, address.to_string())
}

/// The values of one kind among header fields.
pub(super) fn values(headers: &[(Name, String)], name: Name) -> impl Iterator<Item = &str> {
    headers.iter().filter(move |(other, _)| *other == name).map(|(_, value)| value.as_str())
}

/// Why a caller cancelled (RFC 3326 3.1): where another phone took the call, or refused it for all.
pub(super) fn cancelled(reason: Option<&str>) -> CauseCode {
    let sip = |value: &str| {
        let mut parts = value.split(';').map(str::trim);
        let protocol = parts.next()?;
        let cause = parts
            .find_map(|part| part.split_once('=').filter(|(name, _)| name.trim().eq_ignore_ascii_case("cause")))?;
        let cause = cause.1.trim().parse::<u16>().ok()?;
        protocol.eq_ignore_ascii_case("SIP").then_some(cause)
    };
    // Commas within quotation marks only make parts that say nothing.
    match reason.and_then(|reason| reason.split(',').find_map(sip)) {
        Some(200) => CauseCode::AnsweredElsewhere,
        Some(600 | 603) => CauseCode::Declined,
        _ => CauseCode::CallerHungUp,
    }
}

fn of(message: &Message, names: &[Name]) -> Headers {
    let mut headers = Headers::new();
    for name in names {
        add(&mut headers, message.raw_values(name.clone()).map(|value| (name.clone(), value.to_owned())));
    }
    headers
}

/// The preference of a contact (RFC 3261 20.10) in thousandths; the highest where it says nothing.
fn q(contact: &NameAddr) -> u16 {
    let q = contact.params.value("q").and_then(|q| q.trim().parse::<f32>().ok()).filter(|q| q.is_finite());
    (q.unwrap_or(1.0).clamp(0.0, 1.0) * 1000.0) as u16
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn message(first: &str, headers: &str) -> Message {
        let text = format!("{first}\r\nFrom: \"Shown\" <sip:100@a>;tag=1\r\n{headers}\r\n");
        Message::parse(Bytes::from(text)).unwrap()
    }

    fn invite(headers: &str) -> Message {
        message("INVITE sip:200@b SIP/2.0", headers)
    }

    #[test]
    fn an_asserted_identity_counts_only_from_those_who_are_trusted() {
        let request = invite("P-Asserted-Identity: \"Real\" <sip:+49891@a>, <tel:+49892>\r\n");
        assert_eq!(caller(&request, true), Caller { number: "+49892".into(), name: Some("Real".into()) });
        assert_eq!(caller(&request, false), Caller { number: "100".into(), name: Some("Shown".into()) });
        let hidden = invite("P-Asserted-Identity: <sip:+49891@a>\r\nPrivacy: critical; ID\r\n");
        assert_eq!(caller(&hidden, true), Caller::anonymous());
        assert_eq!(caller(&invite("P-Asserted-Identity: <nonsense\r\n"), true).number, "100");
    }

    #[test]
    fn a_number_ends_before_its_parameters() {
        for (uri, number) in [
            ("sip:+4989123456;oli=62@a", "+4989123456"),
            ("sip:089123;phone-context=+49@a;user=phone", "089123"),
            ("sip:089%00123@a", "089123"),
            ("tel:+49-89-123", "+4989123"),
        ] {
            let asserted = [(Name::PAssertedIdentity, format!("<{uri}>"))];
            assert_eq!(connected(&asserted).map(|caller| caller.number).as_deref(), Some(number), "{uri}");
            let from = format!("INVITE sip:200@b SIP/2.0\r\nFrom: <{uri}>;tag=1\r\n\r\n");
            assert_eq!(sender(&Message::parse(Bytes::from(from)).unwrap()).number, number, "{uri}");
        }
    }

    #[test]
    fn trust_decides_what_goes_along() {
        let request = invite(
            "P-Asserted-Identity: <sip:+49891@a>\r\nPrivacy: id\r\nDiversion: <sip:5@a>\r\nX-Own: 1\r\nSubject: Hi\r\n",
        );
        let (from, headers) = (sender(&request), carried(&request));
        let names = |headers: &Headers| headers.iter().map(|(name, _)| name.to_string()).collect::<Vec<_>>();
        let (shown, all) = passed_on(&headers, &from, true, true);
        assert_eq!(shown, from);
        assert_eq!(names(&all), ["Privacy", "P-Asserted-Identity", "Diversion", "Subject"]);
        let (shown, some) = passed_on(&headers, &from, false, true);
        assert_eq!((shown, names(&some)), (from.clone(), vec!["Privacy".to_owned()]));
        for trusted in [false, true] {
            assert_eq!(passed_on(&headers, &from, trusted, false), (Caller::anonymous(), Headers::new()));
            let open = carried(&invite("P-Asserted-Identity: <sip:+49891@a>\r\nPrivacy: none\r\n"));
            assert_eq!(passed_on(&open, &from, trusted, false), (from.clone(), Headers::new()));
        }
    }

    #[test]
    fn what_is_carried_is_bounded() {
        let many = "Call-Info: <http://a/1>\r\n".repeat(100);
        assert_eq!(carried(&invite(&many)).len(), MAX_LINES);
        let long = format!("Subject: {}\r\nPriority: urgent\r\n", "x".repeat(MAX_OCTETS + 1));
        assert_eq!(carried(&invite(&long)), [(Name::Priority, "urgent".to_owned())]);
        assert_eq!(reason(Some("x".repeat(MAX_REASON + 1))), None);
    }

    #[test]
    fn contacts_come_in_the_order_of_their_preference() {
        let response = message(
            "SIP/2.0 302 Moved",
            "Contact: <sip:low@a>;q=0.2, <sip:first@a>, nonsense<\r\nContact: <sip:mid@a>;q=0.5\r\nDiversion: <sip:7@a>\r\n",
        );
        let redirect = Redirect::read(&response).unwrap();
        let order: Vec<_> = redirect.contacts.iter().map(|(uri, q)| (uri.user().unwrap_or_default(), *q)).collect();
        assert_eq!(order, [("first", 1000), ("mid", 500), ("low", 200)]);
        assert_eq!(redirect.headers, [(Name::Diversion, "<sip:7@a>".to_owned())]);
        assert_eq!(Redirect::read(&message("SIP/2.0 302 Moved", "")), None);
        assert_eq!(Redirect::read(&message("SIP/2.0 486 Busy", "Contact: <sip:a@b>\r\n")), None);
    }
}
