//! What goes wrong at a user's browser.

use super::code::Code;
use super::finding::Finding;
use super::reading::{Heard, Reading};
use crate::call::cause::CauseCode;
use crate::capture::trace::TraceWhat;

/// What a browser says when it has no microphone for a call.
const NO_MICROPHONE: [CauseCode; 3] =
    [CauseCode::MicrophoneDenied, CauseCode::MicrophoneMissing, CauseCode::InsecurePage];

/// The browser said so, and the call did not come about for it.
pub(super) fn no_microphone(reading: &Reading<'_>) -> Option<Finding> {
    if reading.is_answered() {
        return None;
    }
    let told = reading.cause().filter(|cause| NO_MICROPHONE.contains(cause));
    let mut clients = reading.trace.events.iter().enumerate().filter_map(|(index, event)| match &event.what {
        TraceWhat::Client { text } => {
            let named = |cause: &&CauseCode| text.contains(&format!("\"{}\"", cause.code()));
            Some((index, *NO_MICROPHONE.iter().find(named)?))
        }
        _ => None,
    });
    let said = clients.next();
    let cause = told.or(said.map(|said| said.1))?;
    let finding = Finding::new(Code::NoMicrophone).with_both("detail", cause.english(), cause.german());
    Some(match said {
        Some((index, _)) => finding.happened(reading, index),
        None => finding,
    })
}

/// What is known of the client's audio.
fn heard<'r>(reading: &'r Reading<'_>) -> Option<&'r Heard> {
    reading.client().and_then(|client| reading.heard.get(client as usize))
}

/// The audio path to the browser never stood. Not where it stood and broke.
pub(super) fn ice_never_connected(reading: &Reading<'_>) -> Option<Finding> {
    let heard = heard(reading);
    let stood = heard.is_some_and(|heard| heard.connected.is_some());
    let lost = heard.and_then(|heard| heard.lost);
    let told = reading.caused_by(&[CauseCode::MediaNotConnected]);
    if stood || !(told || lost.is_some() && reading.cause().is_none()) {
        return None;
    }
    let finding = Finding::new(Code::IceNeverConnected);
    let finding = match lost {
        Some(lost) => finding.happened(reading, lost),
        None => finding,
    };
    Some(finding.setting(reading, "listen.webrtc").setting(reading, "media.ice_server"))
}

/// The path stood, broke, and the call ended for it.
pub(super) fn client_lost(reading: &Reading<'_>) -> Option<Finding> {
    let heard = heard(reading);
    let lost = heard.filter(|heard| heard.connected.is_some()).and_then(|heard| heard.lost);
    // A path that breaks once the call is cleared is no reason.
    let told = reading.caused_by(&[CauseCode::ClientLost, CauseCode::MediaNotConnected]);
    if !(told || lost.is_some() && reading.cause().is_none() && reading.is_over()) {
        return None;
    }
    let finding = Finding::new(Code::ClientLost);
    Some(match lost {
        Some(lost) => finding.happened(reading, lost),
        None => finding,
    })
}
