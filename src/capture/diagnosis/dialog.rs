//! Calls that were there and broke, or that could not be changed.

use offhook_sip::header::Name;
use offhook_sip::method::Method;

use super::code::Code;
use super::finding::Finding;
use super::reach::seconds;
use super::reading::{Reading, Said, Transaction, ip, is_behind_nat, is_private};
use crate::call::cause::CauseCode;

/// How often a 2xx has to be seen before it counts as not acknowledged.
const REPEATED: u32 = 3;
/// 491s that make a storm; one or two are how RFC 3261 section 14.1 wants it.
const STORM: usize = 3;
/// Milliseconds that a request within a call may wait for its response.
const PATIENCE: f64 = 4_000.0;

/// A 2xx that was repeated: who sent it and with which Contact.
fn unacknowledged<'r, 'a>(reading: &'r Reading<'a>) -> Option<(&'r Transaction, &'r Said<'a>)> {
    let invites = reading.transactions.iter().filter(|transaction| transaction.method == Method::Invite);
    let answered = invites.filter_map(|invite| Some((invite, reading.last(invite)?)));
    let mut repeated = answered.filter(|(invite, last)| {
        // Ours to acknowledge: the ACK was sent, and the answer keeps coming.
        last.status() / 100 == 2 && invite.answered >= REPEATED && (invite.ours || invite.ack.is_none())
    });
    repeated.next()
}

fn contact(last: &Said<'_>) -> Option<String> {
    last.address(Name::Contact).map(|contact| contact.1)
}

fn not_acknowledged(reading: &Reading<'_>, code: Code, transaction: &Transaction, last: &Said<'_>) -> Finding {
    let side = if transaction.ours { pbx(reading, reading.peer(transaction)) } else { server() };
    let line = last.answer();
    let times = transaction.answered;
    let finding = Finding::new(code)
        .about(reading, transaction)
        .with("answer", &line)
        .with("times", times)
        .with_both("side", side.0, side.1)
        .with("contact", contact(last).unwrap_or_else(|| "–".into()))
        .with("address", last.destination)
        .event(last.event, &format!("{line}, sent {times} times"), &format!("{line}, {times}-mal gesendet"))
        .header(last, Name::Contact);
    match transaction.ours {
        true => finding,
        false => finding.setting(reading, "listen.public_address"),
    }
}

/// No ACK, and the Contact that it goes to is a private address as seen from the other side.
pub(super) fn nat_contact(reading: &Reading<'_>) -> Option<Finding> {
    let (transaction, last) = unacknowledged(reading)?;
    let written = ip(&contact(last)?)?;
    let behind = match transaction.ours {
        true => is_behind_nat(written, ip(last.source)?),
        false => is_private(written) && !is_private(ip(last.destination)?),
    };
    behind.then(|| not_acknowledged(reading, Code::NatContact, transaction, last))
}

/// No ACK, for whatever reason.
pub(super) fn ack_missing(reading: &Reading<'_>) -> Option<Finding> {
    let (transaction, last) = unacknowledged(reading)?;
    Some(not_acknowledged(reading, Code::AckMissing, transaction, last))
}

/// A session timer (RFC 4028) in one leg.
struct Timer<'r, 'a> {
    /// The last 2xx that agreed on it.
    agreed: &'r Said<'a>,
    /// Whether the server sent the request which that answers.
    asked_by_us: bool,
    seconds: u32,
    /// A refresh that was not accepted.
    failed: Option<&'r Transaction>,
}

/// A BYE when no refresh had come for so long that whoever waited had to end the call (RFC 4028 section 10): the interval
/// less a third of it or 32 seconds. Not where a person or a Reason ended it.
pub(super) fn session_expired(reading: &Reading<'_>) -> Option<Finding> {
    for leg in &reading.legs {
        let mut timer: Option<Timer<'_, '_>> = None;
        for transaction in leg.transactions.iter().filter_map(|place| reading.transactions.get(*place)) {
            match (&transaction.method, reading.last(transaction)) {
                (Method::Invite | Method::Update, Some(last)) if last.status() / 100 == 2 => {
                    let interval = last.message.number(Name::SessionExpires);
                    timer = interval.map(|seconds| Timer {
                        agreed: last,
                        asked_by_us: transaction.ours,
                        seconds,
                        failed: None,
                    });
                }
                (Method::Invite | Method::Update, _) => {
                    if let Some(timer) = &mut timer {
                        timer.failed = Some(transaction);
                    }
                }
                (Method::Bye, _) => {
                    let bye = reading.asked(transaction);
                    if let Some(finding) = timer.as_ref().zip(bye).and_then(|(timer, bye)| expired(reading, timer, bye))
                    {
                        return Some(finding.about(reading, transaction));
                    }
                }
                _ => {}
            }
        }
    }
    None
}

fn expired(reading: &Reading<'_>, timer: &Timer<'_, '_>, bye: &Said<'_>) -> Option<Finding> {
    let interval = f64::from(timer.seconds) * 1000.0;
    let passed = bye.at - timer.agreed.at;
    let due = interval - (interval / 3.0).max(32_000.0).min(interval / 2.0) - 1_000.0;
    let reason = bye.message.header(Name::Reason).unwrap_or_default().to_ascii_lowercase();
    let named = ["408", "timer", "expired", "refresh"].iter().any(|word| reason.contains(word));
    // Normal clearing is what a person does (Q.850 cause 16).
    let by_person = reason.contains("cause=16") && !named;
    if passed < due || by_person {
        return None;
    }
    let field = timer.agreed.message.header(Name::SessionExpires).unwrap_or_default();
    let field = field.to_ascii_lowercase().replace(' ', "");
    let refresher = field.split(';').find_map(|parameter| parameter.strip_prefix("refresher="));
    let (english, german) = match (refresher.unwrap_or_default(), timer.asked_by_us) {
        ("uac", true) | ("uas", false) => ("this server", "dieser Server"),
        ("uac", false) | ("uas", true) => ("the PBX", "die Telefonanlage"),
        _ => ("one of the two sides", "eine der beiden Seiten"),
    };
    let finding = Finding::new(Code::SessionExpired)
        .with("seconds", seconds(passed))
        .with("expires", timer.seconds)
        .with_both("refresher", english, german)
        .shown(bye)
        .header(bye, Name::Reason)
        .header(timer.agreed, Name::SessionExpires);
    Some(match timer.failed {
        Some(failed) => finding.decided(reading, failed),
        None => finding,
    })
}

/// A request within the call that changes or asks something, other than its end.
fn questions<'r>(reading: &'r Reading<'_>) -> impl Iterator<Item = &'r Transaction> {
    let harmless = [Method::Bye, Method::Ack, Method::Cancel, Method::Notify, Method::Prack];
    reading.inside().filter(move |transaction| !harmless.contains(&transaction.method))
}

/// 481 to a request within the call, after which it ended. Not to BYE: there two only hung up at the same time.
pub(super) fn dialog_unknown(reading: &Reading<'_>) -> Option<Finding> {
    let unknown = questions(reading).filter(|transaction| reading.status(transaction) == 481).last()?;
    let ended = reading.is_over() && reading.cause().is_none_or(|cause| cause == CauseCode::SessionLost);
    ended.then(|| Finding::new(Code::DialogUnknown).decided(reading, unknown))
}

/// A request of ours within the call got no response, or 408, and the call ended for it.
pub(super) fn session_lost(reading: &Reading<'_>) -> Option<Finding> {
    let lost = questions(reading).filter(|transaction| {
        let Some(asked) = reading.asked(transaction) else { return false };
        let waited = transaction.sent >= 4 || reading.over_at - asked.at >= PATIENCE;
        let silent = transaction.first.is_none() && waited;
        transaction.ours && (silent || reading.status(transaction) == 408)
    });
    let lost = lost.last();
    if reading.caused_by(&[CauseCode::SessionLost]) || lost.is_some() && reading.cause().is_none() {
        let (english, german) = ("no response", "keine Antwort");
        let Some(lost) = lost else {
            let finding = Finding::new(Code::SessionLost).with_both("answer", english, german);
            let last = reading.said.last().map(|said| (first_of(said), said));
            return Some(match last {
                Some((method, said)) => finding.with("method", method).shown(said),
                None => finding.with("method", "–"),
            });
        };
        let finding = Finding::new(Code::SessionLost).decided(reading, lost);
        return Some(finding.with_both("answer", english, german));
    }
    None
}

fn first_of(said: &Said<'_>) -> String {
    said.message.method().map_or_else(|| said.answer(), |method| method.to_string())
}

/// Both sides change the call at the same time, again and again.
pub(super) fn glare_storm(reading: &Reading<'_>) -> Option<Finding> {
    let glares: Vec<&Transaction> = reading.inside().filter(|one| reading.status(one) == 491).collect();
    if glares.len() < STORM {
        return None;
    }
    let finding = Finding::new(Code::GlareStorm).with("times", glares.len());
    Some(glares.iter().take(STORM).fold(finding, |finding, glare| finding.decided(reading, glare)))
}

/// A re-INVITE, UPDATE or REFER was refused, and nothing of the kind succeeded later.
pub(super) fn change_refused(reading: &Reading<'_>) -> Option<Finding> {
    let mut refused: Option<&Transaction> = None;
    let changes = [Method::Invite, Method::Update, Method::Refer];
    for transaction in reading.inside().filter(|transaction| changes.contains(&transaction.method)) {
        match reading.status(transaction) {
            0 | 401 | 407 | 487 | 491 => {}
            200..=299 => {
                let same = |known: &&Transaction| known.leg == transaction.leg && known.method == transaction.method;
                refused = refused.filter(|known| !same(known));
            }
            _ => refused = Some(transaction),
        }
    }
    let refused = refused?;
    let who = if refused.ours { who_pbx(reading, reading.peer(refused)) } else { who_server() };
    Some(Finding::new(Code::ChangeRefused).decided(reading, refused).with_both("who", who.0, who.1))
}

/// A PBX within a sentence: English, German after a preposition.
pub(super) fn pbx(reading: &Reading<'_>, party: u32) -> (String, String) {
    let name = reading.name_of(party);
    (format!("the PBX {name}"), format!("der Telefonanlage {name}"))
}

/// This server within a sentence.
pub(super) fn server() -> (String, String) {
    ("this server".into(), "diesem Server".into())
}

/// A PBX at the beginning of a sentence.
pub(super) fn who_pbx(reading: &Reading<'_>, party: u32) -> (String, String) {
    let name = reading.name_of(party);
    (format!("The PBX {name}"), format!("Die Telefonanlage {name}"))
}

/// This server at the beginning of a sentence.
pub(super) fn who_server() -> (String, String) {
    ("This server".into(), "Dieser Server".into())
}
