//! What a request asks of the driver, whichever way it came.

use super::preview::Question;
use super::protocol::{DeclineReason, Pin, Request};
use crate::call::cause::CauseCode;
use crate::call::effect::Command;
use crate::call::numbers::Typed;
use crate::ids::{CallId, ClientId, LineId};
use crate::net::clients::Prompt;

/// What a request comes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Nothing but an answer.
    Answer,
    /// For the call machine.
    Command(Command),
    /// For the call machine, with the audio of who asks.
    Audio(Command),
    /// For a line's location.
    Preview(Question),
    /// For the trace of a call.
    Note(CallId),
    /// For a client's audio: the one named, or the one that was active last.
    Prompt(Option<ClientId>, Prompt),
}

/// Reads a request.
pub(super) fn wanted(request: Request) -> Result<Wanted, CauseCode> {
    let command = match request {
        Request::Hello { .. } => return Err(CauseCode::BadRequest),
        Request::Ping => return Ok(Wanted::Answer),
        Request::MediaTrouble { call: id, cause } => {
            use CauseCode::{InsecurePage, MicrophoneDenied, MicrophoneMissing};
            let known = matches!(cause, InsecurePage | MicrophoneDenied | MicrophoneMissing);
            return if known { Ok(Wanted::Note(call(&id)?)) } else { Err(CauseCode::BadRequest) };
        }
        Request::PreviewNumber { line: id, number, forwarding, project, private, pin, user } => {
            let (line, number) = (line(&id)?, typed(number, (project, private), pin, user));
            return Ok(Wanted::Preview(Question { line, number, forwarding }));
        }
        Request::MakeCall { line: id, number, sdp, client, project, private, pin, user } => {
            let (line, number) = (line(&id)?, typed(number, (project, private), pin, user));
            return with_audio(
                sdp,
                client,
                |sdp, (line, number)| Command::MakeCall { line, number, sdp },
                |(line, number)| Prompt::MakeCall { line, number },
                (line, number),
            );
        }
        Request::AnswerCall { call: id, sdp, client } => {
            return with_audio(
                sdp,
                client,
                |sdp, call| Command::AnswerCall { call, sdp },
                |call| Prompt::AnswerCall { call },
                call(&id)?,
            );
        }
        Request::ConsultationCall { call: id, number, sdp, project, private, pin, user } => {
            let number = typed(number, (project, private), pin, user);
            return with_audio(
                sdp,
                None,
                |sdp, (call, number)| Command::ConsultationCall { call, number, sdp },
                |(call, number)| Prompt::ConsultationCall { call, number },
                (call(&id)?, number),
            );
        }
        Request::DirectedPickupCall { line: id, number, sdp, client } => {
            return with_audio(
                sdp,
                client,
                |sdp, (line, number)| Command::DirectedPickupCall { line, number, sdp },
                |(line, number)| Prompt::DirectedPickupCall { line, number },
                (line(&id)?, number),
            );
        }
        Request::RestartMedia { call: id, sdp } => {
            return Ok(Wanted::Audio(Command::RestartMedia { call: call(&id)?, sdp }));
        }
        Request::DeclineCall { call: id, reason } => Command::Decline {
            call: call(&id)?,
            cause: match reason {
                DeclineReason::Busy => CauseCode::Busy,
                DeclineReason::Declined => CauseCode::Declined,
            },
        },
        Request::ClearConnection { call: id, remote } => Command::ClearConnection { call: call(&id)?, remote },
        Request::GenerateDigits { call: id, digits } => Command::GenerateDigits { call: call(&id)?, digits },
        Request::HoldCall { call: id } => Command::HoldCall { call: call(&id)? },
        Request::RetrieveCall { call: id } => Command::RetrieveCall { call: call(&id)? },
        Request::AlternateCall { active, held } => {
            Command::AlternateCall { active: call(&active)?, held: call(&held)? }
        }
        Request::ReconnectCall { active, held } => {
            Command::ReconnectCall { active: call(&active)?, held: call(&held)? }
        }
        Request::TransferCall { active, held } => Command::TransferCall { active: call(&active)?, held: call(&held)? },
        Request::SingleStepTransferCall { call: id, number } => {
            Command::SingleStepTransferCall { call: call(&id)?, number }
        }
        Request::ConferenceCall { active, held } => {
            Command::ConferenceCall { active: call(&active)?, held: call(&held)? }
        }
        Request::ClearCall { call: id } => Command::ClearCall { call: call(&id)? },
        Request::DeflectCall { call: id, number } => Command::DeflectCall { call: call(&id)?, number },
        Request::ParkCall { call: id, number } => Command::ParkCall { call: call(&id)?, number },
        Request::SetForwarding { line: id, forwarding } => Command::SetForwarding { line: line(&id)?, forwarding },
        Request::CancelForwarding { line: id, kind, callers } => {
            Command::CancelForwarding { line: line(&id)?, kind, callers }
        }
        Request::SetDoNotDisturb { line: id, on } => Command::SetDoNotDisturb { line: line(&id)?, on },
        Request::SetRemoteOffice { line: id, number } => Command::SetRemoteOffice { line: line(&id)?, number },
    };
    Ok(Wanted::Command(command))
}

/// With SDP it is the asker's own; without, a client's.
fn with_audio<T>(
    sdp: Option<String>,
    client: Option<String>,
    command: impl FnOnce(String, T) -> Command,
    prompt: impl FnOnce(T) -> Prompt,
    about: T,
) -> Result<Wanted, CauseCode> {
    match (sdp, client) {
        (Some(sdp), None) => Ok(Wanted::Audio(command(sdp, about))),
        (Some(_), Some(_)) => Err(CauseCode::BadRequest),
        (None, client) => {
            let client = client.map(|id| id.parse().map_err(|_| CauseCode::UnknownClient)).transpose()?;
            Ok(Wanted::Prompt(client, prompt(about)))
        }
    }
}

/// What was typed, with what was chosen and entered for it.
fn typed(text: String, (project, private): (Option<String>, bool), pin: Option<Pin>, user: Option<String>) -> Typed {
    let pin = pin.map(|pin| pin.0).unwrap_or_default();
    Typed { text, project, private, pin, user: user.unwrap_or_default() }
}

fn call(id: &str) -> Result<CallId, CauseCode> {
    id.parse().map_err(|_| CauseCode::UnknownCall)
}

fn line(id: &str) -> Result<LineId, CauseCode> {
    id.parse().map_err(|_| CauseCode::UnknownLine)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Wanted, CauseCode> {
        wanted(serde_json::from_str(text).unwrap())
    }

    #[test]
    fn what_needs_audio_is_prompted_where_none_comes_along() {
        let prompt = Prompt::MakeCall { line: LineId(1), number: "22".into() };
        let chosen =
            Typed { text: "22".into(), project: Some("P".into()), private: true, pin: "1".into(), user: "2".into() };
        let command = Command::MakeCall { line: LineId(1), number: "22".into(), sdp: "v=0".into() };
        for (text, wanted) in [
            (r#"{"type":"make_call","line":"1","number":"22","sdp":"v=0"}"#, Ok(Wanted::Audio(command))),
            (r#"{"type":"make_call","line":"1","number":"22"}"#, Ok(Wanted::Prompt(None, prompt.clone()))),
            (
                r#"{"type":"make_call","line":"1","number":"22","client":"7"}"#,
                Ok(Wanted::Prompt(Some(ClientId(7)), prompt)),
            ),
            (r#"{"type":"make_call","line":"1","number":"22","client":"7","sdp":"v=0"}"#, Err(CauseCode::BadRequest)),
            (r#"{"type":"make_call","line":"1","number":"22","client":"x"}"#, Err(CauseCode::UnknownClient)),
            (r#"{"type":"make_call","line":"x","number":"22"}"#, Err(CauseCode::UnknownLine)),
            (r#"{"type":"answer_call","call":"3"}"#, Ok(Wanted::Prompt(None, Prompt::AnswerCall { call: CallId(3) }))),
            (r#"{"type":"hold_call","call":"3"}"#, Ok(Wanted::Command(Command::HoldCall { call: CallId(3) }))),
            (r#"{"type":"hold_call","call":"x"}"#, Err(CauseCode::UnknownCall)),
            (
                r#"{"type":"consultation_call","call":"3","number":"22","project":"P","private":true,"pin":"1","user":"2"}"#,
                Ok(Wanted::Prompt(None, Prompt::ConsultationCall { call: CallId(3), number: chosen.clone() })),
            ),
            (
                r#"{"type":"preview_number","line":"1","number":"22","project":"P","private":true,"pin":"1","user":"2"}"#,
                Ok(Wanted::Preview(Question { line: LineId(1), number: chosen, forwarding: false })),
            ),
            (r#"{"type":"preview_number","line":"x","number":"22"}"#, Err(CauseCode::UnknownLine)),
            (r#"{"type":"ping"}"#, Ok(Wanted::Answer)),
            (r#"{"type":"media_trouble","call":"3","cause":"microphone_denied"}"#, Ok(Wanted::Note(CallId(3)))),
            (r#"{"type":"media_trouble","call":"3","cause":"busy"}"#, Err(CauseCode::BadRequest)),
        ] {
            assert_eq!(read(text), wanted, "{text}");
        }
    }

    #[test]
    fn what_was_entered_is_in_no_trace() {
        for request in [
            r#"{"type":"make_call","line":"1","number":"22","project":"P","pin":"8642","user":"9753"}"#,
            r#"{"type":"consultation_call","call":"1","number":"22","user":"9753"}"#,
            r#"{"type":"preview_number","line":"1","number":"22","pin":"8642"}"#,
        ] {
            let request: Request = serde_json::from_str(request).unwrap();
            let told = request.without_entries().map(|request| serde_json::to_string(&request).unwrap()).unwrap();
            assert!(told.contains("\"22\"") && !told.contains("8642") && !told.contains("9753"), "{told}");
            let debug = format!("{request:?}");
            assert!(!debug.contains("8642"), "{debug}");
        }
        let plain: Request = serde_json::from_str(r#"{"type":"make_call","line":"1","number":"22"}"#).unwrap();
        assert_eq!(plain.without_entries(), None, "it stands there as it came");
    }
}
