//! Who cannot be reached, or does not answer, or late.

use offhook_sip::method::Method;

use super::code::Code;
use super::finding::Finding;
use super::reading::{Reading, Transaction};
use crate::call::cause::CauseCode;
use crate::capture::trace::{FailureKind, TraceWhat};

/// Milliseconds without any response after which a request counts as unanswered.
const SILENCE: f64 = 4_000.0;
/// Milliseconds after which a first response is late: two retransmissions have gone by (RFC 3261 timer E and A).
const LATE: f64 = 1_500.0;
/// Milliseconds after which ringing is late; people begin to doubt after five seconds (ITU-T E.721).
const LATE_RINGING: f64 = 5_000.0;
/// Milliseconds that a PBX may think about a call.
const PROGRESS: f64 = 10_000.0;

/// The last failure to send that nothing good came after.
fn failure<'a>(reading: &Reading<'a>) -> Option<(usize, u32, FailureKind, &'a str)> {
    let events = reading.trace.events.iter().enumerate();
    let mut failed = events.filter_map(|(index, event)| match &event.what {
        TraceWhat::Failure { why, detail } => Some((index, event.to, *why, detail.as_str())),
        _ => None,
    });
    let last = failed.next_back()?;
    // Another target of the same PBX, or the same one later, has answered: that decides then.
    let after = reading.said.iter().any(|said| !said.ours && said.event > last.0);
    (!after && !reading.is_answered()).then_some(last)
}

fn failed(reading: &Reading<'_>, kinds: &[FailureKind], code: Code) -> Option<Finding> {
    let (index, party, kind, detail) = failure(reading)?;
    if !kinds.contains(&kind) {
        return None;
    }
    let finding = Finding::new(code).with("pbx", reading.name_of(party)).with("detail", detail.trim_end_matches('.'));
    Some(finding.event(index, detail, detail))
}

/// The server's word alone, where the trace has no failure to send.
fn told(reading: &Reading<'_>, cause: CauseCode, code: Code) -> Option<Finding> {
    if !reading.caused_by(&[cause]) || reading.said.iter().any(|said| !said.ours) {
        return None;
    }
    let detail = reading.trace.cause.as_ref().and_then(|cause| cause.detail.clone());
    let (english, german) = match &detail {
        Some(detail) => (detail.as_str(), detail.as_str()),
        None => (cause.english(), cause.german()),
    };
    Some(Finding::new(code).with_both("detail", english.trim_end_matches('.'), german.trim_end_matches('.')))
}

/// DNS has no address for the PBX's name.
pub(super) fn name_not_resolved(reading: &Reading<'_>) -> Option<Finding> {
    let found = failed(reading, &[FailureKind::NotResolved], Code::NameNotResolved)
        .or_else(|| told(reading, CauseCode::NameNotResolved, Code::NameNotResolved))?;
    Some(found.setting(reading, "line_group.registrar"))
}

/// The PBX's certificate is not accepted, for one of three reasons.
pub(super) fn certificate(reading: &Reading<'_>) -> Option<Finding> {
    let untrusted = failed(reading, &[FailureKind::CertificateUntrusted], Code::CertificateUntrusted)
        .map(|finding| finding.setting(reading, "line_group.ca").setting(reading, "line_group.system_ca"));
    let expired = || failed(reading, &[FailureKind::CertificateExpired], Code::CertificateExpired);
    let name = || failed(reading, &[FailureKind::CertificateWrongName], Code::CertificateWrongName);
    untrusted.or_else(expired).or_else(|| Some(name()?.setting(reading, "line_group.registrar")))
}

/// TLS does not come about for another reason: no TLS there, or our certificate is demanded.
pub(super) fn tls_failed(reading: &Reading<'_>) -> Option<Finding> {
    let found = failed(reading, &[FailureKind::TlsFailed], Code::TlsFailed)
        .or_else(|| told(reading, CauseCode::CertificateRefused, Code::TlsFailed))?;
    Some(found.setting(reading, "line_group.transport").setting(reading, "line_group.certificate"))
}

/// A port where nobody listens.
pub(super) fn connection_refused(reading: &Reading<'_>) -> Option<Finding> {
    let found = failed(reading, &[FailureKind::Refused], Code::ConnectionRefused)?;
    Some(found.setting(reading, "line_group.port").setting(reading, "line_group.transport"))
}

/// No way there, or no connection in time.
pub(super) fn unreachable(reading: &Reading<'_>) -> Option<Finding> {
    let found = failed(reading, &[FailureKind::Unreachable, FailureKind::TimedOut], Code::Unreachable)
        .or_else(|| told(reading, CauseCode::PbxUnreachable, Code::Unreachable))?;
    Some(found.setting(reading, "line_group.registrar").setting(reading, "line_group.port"))
}

/// The connection went away, and nothing was said afterwards: while the call was being set up, or within it, where the
/// call broke for it.
pub(super) fn connection_closed(reading: &Reading<'_>) -> Option<Finding> {
    let found = failed(reading, &[FailureKind::Closed], Code::ConnectionClosed).or_else(|| closed_within(reading))?;
    Some(found.setting(reading, "line_group.nat_refresh"))
}

/// An answered call that the server gave up since nothing came back after the connection had ended.
fn closed_within(reading: &Reading<'_>) -> Option<Finding> {
    if !reading.is_answered() || !reading.caused_by(&[CauseCode::SessionLost]) {
        return None;
    }
    let heard = reading.said.iter().rfind(|said| !said.ours).map_or(0, |said| said.event);
    let events = reading.trace.events.iter().enumerate();
    let mut closed = events.skip(heard).filter_map(|(index, event)| match &event.what {
        TraceWhat::Failure { why: FailureKind::Closed, detail } => Some((index, event.to, detail)),
        _ => None,
    });
    let (index, party, detail) = closed.next()?;
    let finding = Finding::new(Code::ConnectionClosed).with("pbx", reading.name_of(party));
    let finding = finding.with("detail", detail.trim_end_matches('.')).event(index, detail, detail);
    let asked = reading.said.iter().find(|said| said.ours && said.event > index);
    Some(asked.into_iter().fold(finding, |finding, asked| finding.shown(asked)))
}

/// Requests of ours that begin something.
fn attempts<'r>(reading: &'r Reading<'_>) -> impl DoubleEndedIterator<Item = &'r Transaction> {
    let wanted = [Method::Invite, Method::Register, Method::Options];
    let ours = reading.transactions.iter().filter(|transaction| transaction.ours && !transaction.inside);
    ours.filter(move |transaction| wanted.contains(&transaction.method))
}

/// The last attempt has no response at all, and was given time. Another one of that kind that was answered meanwhile
/// excludes it: then what it was answered decides.
pub(super) fn not_answering(reading: &Reading<'_>) -> Option<Finding> {
    if reading.is_answered() {
        return None;
    }
    let last = attempts(reading).next_back()?;
    let asked = reading.asked(last)?;
    let patient = reading.over_at - asked.at >= SILENCE || last.sent >= 4;
    if last.first.is_some() || !patient {
        return None;
    }
    let (english, german) = asked.first_line();
    let times = last.sent;
    let finding = Finding::new(Code::PbxNotAnswering)
        .about(reading, last)
        .with("times", times)
        .with("transport", format!("{:?}", asked.transport).to_uppercase())
        .with("address", asked.destination)
        .event(
            asked.event,
            &format!("{english}, sent {times} times, no response"),
            &format!("{german}, {times}-mal gesendet, keine Antwort"),
        );
    let finding = match reading.said.iter().rev().find(|said| !said.ours) {
        Some(heard) => finding.shown(heard),
        None => finding,
    };
    Some(finding.setting(reading, "line_group.registrar").setting(reading, "line_group.transport"))
}

/// 100 and nothing else, until the PBX says 408 or for longer than it may think.
pub(super) fn no_progress(reading: &Reading<'_>) -> Option<Finding> {
    if reading.is_answered() {
        return None;
    }
    let last = attempts(reading).next_back().filter(|last| last.method == Method::Invite)?;
    let (asked, first) = (reading.asked(last)?, reading.at(last.first?)?);
    let ended = last.cancel.and_then(|cancel| reading.at(cancel)).map(|cancel| cancel.at);
    let ended = ended.or(reading.last(last).map(|last| last.at)).unwrap_or(reading.over_at);
    let status = reading.status(last);
    // 408 is the PBX's own word for it; else it needs time, or the caller was only impatient.
    let waited = status == 408 || matches!(status, 0 | 487) && ended - asked.at >= PROGRESS;
    if first.status() >= 180 && first.status() < 200 || last.ringing.is_some() || !waited {
        return None;
    }
    let finding = Finding::new(Code::PbxNoProgress).about(reading, last).with("answer", first.answer());
    Some(finding.decimal("seconds", seconds(ended - first.at)).shown(first).shown(asked))
}

/// The first response to a call of ours that came after it had to be repeated.
fn late_response<'r>(reading: &'r Reading<'_>) -> Option<(&'r Transaction, f64)> {
    let late = attempts(reading).filter(|transaction| transaction.method != Method::Options);
    let late = late.filter_map(|transaction| {
        let first = reading.at(transaction.first?)?;
        Some((transaction, first.at - reading.asked(transaction)?.at, first.at))
    });
    // Over UDP the request is repeated meanwhile; over a stream time alone tells.
    late.filter(|(transaction, took, _)| *took >= LATE && (transaction.sent >= 2 || *took >= SILENCE))
        .map(|(transaction, took, _)| (transaction, took))
        .next()
}

fn late_finding(reading: &Reading<'_>) -> Option<Finding> {
    let (transaction, took) = late_response(reading)?;
    let (asked, first) = (reading.asked(transaction)?, reading.at(transaction.first?)?);
    let (english, german) = asked.first_line();
    let times = transaction.sent;
    let finding = Finding::new(Code::PbxLate).about(reading, transaction);
    let finding = finding.decimal("seconds", seconds(took)).with("times", times).shown(first);
    Some(finding.event(
        asked.event,
        &format!("{english}, sent {times} times"),
        &format!("{german}, {times}-mal gesendet"),
    ))
}

/// The PBX answered so late that the caller had given up.
pub(super) fn late_and_given_up(reading: &Reading<'_>) -> Option<Finding> {
    let (transaction, _) = late_response(reading)?;
    let cancelled = transaction.cancel.is_some() && transaction.ringing.is_none();
    if cancelled && !reading.is_answered() { late_finding(reading) } else { None }
}

/// The call or registration succeeded, and its first response took long.
pub(super) fn late(reading: &Reading<'_>) -> Option<Finding> {
    late_finding(reading)
}

/// The PBX was there at once, and the number rang late.
pub(super) fn late_ringing(reading: &Reading<'_>) -> Option<Finding> {
    let late = reading.calls().filter(|invite| invite.ours).find_map(|invite| {
        let (asked, ringing) = (reading.asked(invite)?, reading.at(invite.ringing?)?);
        let took = ringing.at - asked.at;
        (took >= LATE_RINGING).then_some((invite, asked, ringing, took))
    });
    let (invite, asked, ringing, took) = late?;
    let finding = Finding::new(Code::LateRinging).about(reading, invite).decimal("seconds", seconds(took));
    Some(finding.shown(ringing).shown(asked))
}

/// Milliseconds as seconds, as people read them.
pub(super) fn seconds(milliseconds: f64) -> String {
    let seconds = milliseconds.max(0.0) / 1000.0;
    if seconds < 10.0 { format!("{seconds:.1}") } else { format!("{seconds:.0}") }
}
