//! What is this server's own doing.

use super::code::Code;
use super::finding::Finding;
use super::reading::Reading;
use crate::call::cause::CauseCode;
use crate::capture::trace::{FailureKind, TraceEvent, TraceWhat};

fn sentence(cause: CauseCode) -> (&'static str, &'static str) {
    (cause.english().trim_end_matches('.'), cause.german().trim_end_matches('.'))
}

/// A limit: of calls, of the threads that move audio, of what a connection may hold; or 503 to a PBX without another
/// reason.
pub(super) fn own_limit(reading: &Reading<'_>) -> Option<Finding> {
    let limits = [CauseCode::TooManyCalls, CauseCode::Overloaded, CauseCode::TooManyClients];
    let refused = reading.refused_here().filter(|(_, last)| last.status() == 503);
    if let Some(cause) = reading.cause().filter(|cause| limits.contains(cause)) {
        let (english, german) = sentence(cause);
        let finding = Finding::new(Code::OwnLimit).with_both("detail", english, german);
        let finding = match refused {
            Some((invite, _)) => finding.decided(reading, invite),
            None => finding,
        };
        return Some(finding.setting(reading, "media.workers").setting(reading, "media.rtp_ports"));
    }
    if let (Some((invite, last)), None) = (refused, reading.cause()) {
        return Some(Finding::new(Code::OwnLimit).decided(reading, invite).with("detail", last.answer()));
    }
    let mut events = reading.trace.events.iter().enumerate();
    let failed = events.find_map(|(index, event)| match &event.what {
        TraceWhat::Failure { why: FailureKind::Ours, detail } => Some((index, detail)),
        _ => None,
    });
    let (index, detail) = failed?;
    let later = reading.said.iter().any(|said| !said.ours && said.event > index);
    if later || reading.is_answered() {
        return None;
    }
    let finding = Finding::new(Code::OwnLimit).with("detail", detail.trim_end_matches('.'));
    Some(finding.event(index, detail, detail))
}

/// The server was being stopped.
pub(super) fn shutting_down(reading: &Reading<'_>) -> Option<Finding> {
    if !reading.caused_by(&[CauseCode::ShuttingDown]) {
        return None;
    }
    let finding = Finding::new(Code::ShuttingDown);
    Some(match reading.said.last() {
        Some(last) => finding.shown(last),
        None => finding,
    })
}

/// The server refused what a client asked for before there was a call.
pub(super) fn not_begun(reading: &Reading<'_>) -> Option<Finding> {
    let told = reading.trace.cause.as_ref()?;
    let events = || reading.trace.events.iter();
    let refused = |event: &TraceEvent| matches!(&event.what, TraceWhat::Step { before, after, .. } if before.is_empty() && after.starts_with("ended"));
    let at = events().position(refused)?;
    let finding = Finding::new(Code::NotBegun).with("cause", told.code.code());
    let finding = finding.with_both("detail", told.code.english(), told.code.german());
    let asked = events().position(|event| matches!(event.what, TraceWhat::Client { .. }));
    let finding = asked.into_iter().chain([at]).fold(finding, |finding, event| finding.happened(reading, event));
    Some(match told.code {
        CauseCode::FunctionOff => finding.setting(reading, "line_group.functions"),
        _ => finding,
    })
}

/// The server says that something went wrong in it, or answers a PBX with 500 where no other PBX gave it that.
pub(super) fn own_fault(reading: &Reading<'_>) -> Option<Finding> {
    let refused = reading.refused_here().filter(|(_, last)| last.status() == 500);
    let told = reading.caused_by(&[CauseCode::Internal]);
    if !told && refused.is_none() {
        return None;
    }
    let (english, german) = sentence(CauseCode::Internal);
    let detail = reading.trace.cause.as_ref().and_then(|cause| cause.detail.clone());
    let finding = Finding::new(Code::OwnFault);
    let finding = match detail {
        Some(detail) => finding.with("detail", detail),
        None => finding.with_both("detail", english, german),
    };
    Some(match refused {
        Some((invite, _)) => finding.decided(reading, invite),
        None => finding,
    })
}

/// The server ended the call for a reason that it names and no rule knows more of.
pub(super) fn ended_here(reading: &Reading<'_>) -> Option<Finding> {
    let as_usual = [CauseCode::NormalClearing, CauseCode::Transferred, CauseCode::PickedUp, CauseCode::RemoteOffice];
    let told = reading.trace.cause.as_ref().filter(|cause| !as_usual.contains(&cause.code))?;
    let code = told.code;
    let finding = Finding::new(Code::EndedHere).with("cause", code.code());
    let detail = told.detail.as_ref().map(|detail| format!(" ({detail})")).unwrap_or_default();
    let english = format!("{}{detail}", code.english());
    Some(finding.with_both("detail", english, format!("{}{detail}", code.german())))
}
