//! What a final response to a call says.

use offhook_sip::header::Name;

use super::code::Code;
use super::dialog::{who_pbx, who_server};
use super::finding::Finding;
use super::reading::{Reading, Said, Transaction};

/// A PBX's refusal with one of these statuses.
fn refused<'r, 'a>(reading: &'r Reading<'a>, statuses: &[u16]) -> Option<(&'r Transaction, &'r Said<'a>)> {
    reading.refused().filter(|(_, last)| statuses.contains(&last.status()))
}

fn by_pbx(reading: &Reading<'_>, code: Code, statuses: &[u16]) -> Option<Finding> {
    let (invite, last) = refused(reading, statuses)?;
    let finding = Finding::new(code).decided(reading, invite).with("time", clock(last.at));
    Some(finding.header(last, Name::Reason).header(last, Name::Warning))
}

fn by_server(reading: &Reading<'_>, code: Code, statuses: &[u16]) -> Option<Finding> {
    let (invite, last) = reading.refused_here().filter(|(_, last)| statuses.contains(&last.status()))?;
    let address = reading.asked(invite).map(|asked| asked.source).unwrap_or_default();
    Some(Finding::new(code).decided(reading, invite).with("address", address).with("time", clock(last.at)))
}

/// 482 and 483: the call came back to where it had been.
pub(super) fn loop_detected(reading: &Reading<'_>) -> Option<Finding> {
    let statuses = [482, 483];
    by_pbx(reading, Code::Loop, &statuses).or_else(|| by_server(reading, Code::Loop, &statuses))
}

/// A PBX called a number that nobody has here.
pub(super) fn unknown_here(reading: &Reading<'_>) -> Option<Finding> {
    let finding = by_server(reading, Code::UnknownHere, &[404, 410, 484])?;
    Some(finding.setting(reading, "line_group.line.number").setting(reading, "route.number"))
}

/// The PBX has no such number.
pub(super) fn unknown_number(reading: &Reading<'_>) -> Option<Finding> {
    by_pbx(reading, Code::UnknownNumber, &[404, 410, 484, 485, 604])
}

/// A call from an address that no line group expects.
pub(super) fn source_not_allowed(reading: &Reading<'_>) -> Option<Finding> {
    Some(by_server(reading, Code::SourceNotAllowed, &[403])?.setting(reading, "line_group.allow_from"))
}

/// The PBX knows who calls and whom, and does not allow it. Rejected credentials are [`super::account::wrong_password`].
pub(super) fn not_permitted(reading: &Reading<'_>) -> Option<Finding> {
    by_pbx(reading, Code::NotPermitted, &[402, 403, 433])
}

/// Something is demanded that the other side does not have (RFC 3261 sections 21.4.15, 21.4.16, RFC 3329).
pub(super) fn extension_missing(reading: &Reading<'_>) -> Option<Finding> {
    let statuses = [420, 421, 494];
    let found = by_pbx(reading, Code::ExtensionMissing, &statuses);
    let finding = found.or_else(|| by_server(reading, Code::ExtensionMissing, &statuses))?;
    let (_, last) = reading.refused().or_else(|| reading.refused_here())?;
    let named = last.message.header(Name::Unsupported).or(last.message.header(Name::Require));
    let finding = finding.with("extension", named.unwrap_or("–"));
    Some(finding.header(last, Name::Unsupported).header(last, Name::Require))
}

/// 422 that was the last word (RFC 4028 section 6).
pub(super) fn interval_too_small(reading: &Reading<'_>) -> Option<Finding> {
    let (_, last) = refused(reading, &[422])?;
    let least = last.message.number(Name::MinSe).map_or_else(|| "–".into(), |seconds| seconds.to_string());
    Some(by_pbx(reading, Code::IntervalTooSmall, &[422])?.with("seconds", least).header(last, Name::MinSe))
}

/// 503: it would do it, and cannot right now.
pub(super) fn pbx_overloaded(reading: &Reading<'_>) -> Option<Finding> {
    let (_, last) = refused(reading, &[503])?;
    let again = last.message.number(Name::RetryAfter);
    let english = again.map_or_else(String::new, |seconds| format!(", it asks to wait {seconds} s"));
    let german = again.map_or_else(String::new, |seconds| format!(", sie bittet um {seconds} s Geduld"));
    let finding = by_pbx(reading, Code::PbxOverloaded, &[503])?;
    Some(finding.with_both("retry", english, german).header(last, Name::RetryAfter))
}

/// Any other 5xx of a PBX that is about its own doing.
pub(super) fn pbx_error(reading: &Reading<'_>) -> Option<Finding> {
    by_pbx(reading, Code::PbxError, &[500, 502, 504, 580])
}

/// One side cannot make sense of the other's request.
pub(super) fn malformed(reading: &Reading<'_>) -> Option<Finding> {
    let statuses = [400, 405, 406, 411, 413, 414, 416, 493, 501, 505, 513];
    if let Some(finding) = by_pbx(reading, Code::Malformed, &statuses) {
        let who = reading.refused().map(|(invite, _)| who_pbx(reading, reading.peer(invite))).unwrap_or_default();
        return Some(finding.with_both("who", who.0, who.1));
    }
    let who = who_server();
    Some(by_server(reading, Code::Malformed, &statuses)?.with_both("who", who.0, who.1))
}

/// Any other final response.
pub(super) fn refused_otherwise(reading: &Reading<'_>) -> Option<Finding> {
    let by_pbx = reading.refused();
    let (invite, last) = by_pbx.or_else(|| reading.refused_here())?;
    if matches!(last.status(), 487) {
        return None;
    }
    let who = if by_pbx.is_some() { who_pbx(reading, reading.peer(invite)) } else { who_server() };
    let finding = Finding::new(Code::Refused).decided(reading, invite).with_both("who", who.0, who.1);
    Some(finding.header(last, Name::Reason).header(last, Name::Warning))
}

/// A time of day in UTC, for who looks into another machine's log.
pub(super) fn clock(at: f64) -> String {
    let seconds = (at / 1000.0).max(0.0) as u64 % 86_400;
    format!("{:02}:{:02}:{:02} UTC", seconds / 3600, seconds / 60 % 60, seconds % 60)
}
