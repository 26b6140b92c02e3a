//! How people telephone: busy, declined, nobody there, given up. And calls with which nothing was wrong.

use offhook_sip::header::Name;
use offhook_sip::method::Method;

use super::code::Code;
use super::finding::Finding;
use super::reach::seconds;
use super::reading::{Reading, Said, Transaction};
use super::told::Told;
use crate::call::cause::CauseCode;

/// The refusal that decided, whoever gave it, with one of these statuses; or the server's word for it.
fn outcome(reading: &Reading<'_>, code: Code, statuses: &[u16], causes: &[CauseCode]) -> Option<Finding> {
    let refused = reading.refused().or_else(|| reading.refused_here());
    match refused.filter(|(_, last)| statuses.contains(&last.status())) {
        Some((invite, last)) => Some(Finding::new(code).decided(reading, invite).header(last, Name::Reason)),
        None if reading.caused_by(causes) && !reading.is_answered() => Some(Finding::new(code)),
        None => None,
    }
}

/// Another device of the same user, or a colleague, took the call.
pub(super) fn answered_elsewhere(reading: &Reading<'_>) -> Option<Finding> {
    let told = reading.caused_by(&[CauseCode::AnsweredElsewhere, CauseCode::PickedUp]);
    (told && !reading.is_answered()).then(|| Finding::new(Code::AnsweredElsewhere))
}

/// The PBX took its call back because another branch was answered (RFC 3326 section 3).
pub(super) fn forked_loser(reading: &Reading<'_>) -> Option<Finding> {
    let cancelled = reading.calls().filter(|invite| !invite.ours).find_map(|invite| {
        let cancel = reading.at(invite.cancel?)?;
        let mut reasons = cancel.message.values(Name::Reason);
        let elsewhere = reasons.any(|reason| {
            let reason = reason.to_ascii_lowercase().replace(' ', "");
            reason.starts_with("sip") && reason.contains("cause=200") || reason.contains("elsewhere")
        });
        (elsewhere && !reading.is_answered()).then_some((invite, cancel))
    });
    let (invite, cancel) = cancelled?;
    let finding = Finding::new(Code::ForkedLoser).about(reading, invite);
    let reason = cancel.message.header(Name::Reason).unwrap_or_default();
    Some(finding.with("answer", reason).shown(cancel).header(cancel, Name::Reason))
}

/// A 3xx, or a forwarding here.
pub(super) fn forwarded(reading: &Reading<'_>) -> Option<Finding> {
    let finding = outcome(reading, Code::Forwarded, &[300, 301, 302, 305, 380], &[CauseCode::Diverted])?;
    let refused = reading.refused().or_else(|| reading.refused_here());
    let private = |invite: &Transaction| {
        reading.asked(invite).is_some_and(|asked| asked.called.as_ref().is_some_and(|called| *called == Told::Private))
    };
    let refused = refused.filter(|(invite, _)| !private(invite));
    let target = refused.and_then(|(_, last)| last.address(Name::Contact)).map(|contact| contact.0);
    let (english, german) = ("another number", "eine andere Nummer");
    Some(match target.filter(|target| !target.is_empty()) {
        Some(target) => finding.with("target", target),
        None => finding.with_both("target", english, german),
    })
}

/// No client of the line is there.
pub(super) fn nobody_signed_in(reading: &Reading<'_>) -> Option<Finding> {
    if !reading.caused_by(&[CauseCode::NobodySignedIn]) {
        return None;
    }
    let finding = Finding::new(Code::NobodySignedIn);
    let finding = match reading.refused_here() {
        Some((invite, _)) => finding.decided(reading, invite),
        None => finding,
    };
    Some(finding.setting(reading, "line_group.signed_out"))
}

/// 486 and 600.
pub(super) fn busy(reading: &Reading<'_>) -> Option<Finding> {
    outcome(reading, Code::Busy, &[486, 600], &[CauseCode::Busy, CauseCode::DoNotDisturb])
}

/// 603, 607 and 608.
pub(super) fn declined(reading: &Reading<'_>) -> Option<Finding> {
    outcome(reading, Code::Declined, &[603, 607, 608], &[CauseCode::Declined])
}

/// 480.
pub(super) fn unavailable(reading: &Reading<'_>) -> Option<Finding> {
    outcome(reading, Code::Unavailable, &[480], &[CauseCode::Unavailable])
}

/// The call that came furthest: one that rang before one that did not.
fn pending<'r>(reading: &'r Reading<'_>) -> Option<&'r Transaction> {
    if reading.is_answered() {
        return None;
    }
    let rang = reading.calls().filter(|invite| invite.ringing.is_some()).last();
    rang.or_else(|| reading.calls().last())
}

/// It rang until the PBX, or a limit here, ended that.
pub(super) fn no_answer(reading: &Reading<'_>) -> Option<Finding> {
    let told = reading.caused_by(&[CauseCode::NoAnswer]);
    let invite = pending(reading).filter(|invite| invite.ringing.is_some() || told);
    let Some(invite) = invite else { return told.then(|| Finding::new(Code::NoAnswer).decimal("seconds", "–")) };
    let timed_out = matches!(reading.status(invite), 408);
    if !told && !timed_out {
        return None;
    }
    let finding = Finding::new(Code::NoAnswer).decided(reading, invite);
    Some(finding.decimal("seconds", seconds(lasted(reading, invite, invite.ringing))))
}

/// The caller took the call back.
pub(super) fn given_up(reading: &Reading<'_>) -> Option<Finding> {
    let told = reading.caused_by(&[CauseCode::CallerHungUp, CauseCode::Cancelled]);
    let Some(invite) = pending(reading).filter(|invite| invite.cancel.is_some() || told) else {
        let waited = seconds(reading.over_at - reading.trace.started_at);
        return (told && !reading.is_answered()).then(|| Finding::new(Code::GivenUp).decimal("seconds", waited));
    };
    let finding = Finding::new(Code::GivenUp).about(reading, invite);
    let finding = match invite.cancel.and_then(|cancel| reading.at(cancel)) {
        Some(cancel) => finding.shown(cancel).header(cancel, Name::Reason),
        None => finding,
    };
    Some(finding.decimal("seconds", seconds(lasted(reading, invite, None))))
}

/// Milliseconds from a message, or the request, to the end of an attempt.
fn lasted(reading: &Reading<'_>, invite: &Transaction, from: Option<usize>) -> f64 {
    let at = |place: Option<usize>| place.and_then(|place| reading.at(place)).map(|said: &Said<'_>| said.at);
    let from = at(from).or(at(Some(invite.request))).unwrap_or(reading.over_at);
    at(invite.cancel).or(at(invite.last)).unwrap_or(reading.over_at) - from
}

/// The call was answered and ended as calls do, or is still on its way; a line is registered.
pub(super) fn nothing(reading: &Reading<'_>) -> Option<Finding> {
    let finding = Finding::new(Code::None);
    if reading.is_answered() {
        return Some(match reading.is_over() {
            true => {
                finding.with_both("detail", "the call was answered and ended", "der Anruf wurde angenommen und beendet")
            }
            false => finding.with_both("detail", "the call was answered", "der Anruf wurde angenommen"),
        });
    }
    let calls = reading.calls().count() > 0;
    if calls && !reading.is_over() {
        return Some(finding.with_both("detail", "the call is on its way", "der Anruf ist unterwegs"));
    }
    if calls {
        return None;
    }
    let told = reading.caused_by(&[CauseCode::NormalClearing, CauseCode::Transferred, CauseCode::RemoteOffice]);
    if told {
        return Some(finding.with_both("detail", "the call ended normally", "der Anruf endete normal"));
    }
    let registered = reading.transactions.iter().rfind(|transaction| transaction.method == Method::Register);
    match registered {
        Some(register) if reading.status(register) / 100 == 2 => {
            let detail = finding.decided(reading, register);
            Some(detail.with_both("detail", "the line is registered", "die Leitung ist angemeldet"))
        }
        Some(_) => None,
        None if reading.said.is_empty() || reading.is_over() => None,
        None => Some(finding.with_both("detail", "the PBX answers", "die Telefonanlage antwortet")),
    }
}
