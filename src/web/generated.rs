//! What is generated from the protocol's types: the browser app's types and the table of causes.
//!
//! `OFFHOOK_GENERATE=1 cargo test generated` writes the files; without it the test fails where they differ.

use std::fs;
use std::path::Path;

use ts_rs::{Config, TS};

use super::protocol::admin::{
    Binding, CallTrace, Calls, LastError, LineGroup, LineGroupKind, LineGroups, LineReport, Listener, Stranger,
    Strangers, Target,
};
use super::protocol::captures::{
    CaptureAudio, CaptureCall, CaptureCallChange, CaptureChange, CaptureFile, CaptureGroup, Captures,
};
use super::protocol::log::{Log, LogArea, LogChange, LogLine, LogLines, LogMissing};
use super::protocol::status::{CaptureState, Certificate, Database, MediaWorker, Process, Queue, Status};
use super::protocol::*;
use crate::call::cause::CauseCode;
use crate::call::service::Service;
use crate::call::settings::{Callers, FORWARD_AFTER, Forwarding, ForwardingKind};
use crate::capture::diagnosis::code::Code;
use crate::capture::failures::{CallVerdict, CodeCount, FailureCounts, Failures, HourCount, NameCount};
use crate::capture::trace::{
    FailureKind, MediaEvent, PartyKind, Trace, TraceCause, TraceEvent, TraceParty, TraceSetting, TraceTransport,
    TraceWhat,
};
use crate::capture::verdict::{Evidence, Severity, Verdict};
use crate::line::events::CallEvent;
use crate::log::{Area, LogLevel};
use crate::quality::{CallReport, LegParty, LegReport};

fn protocol_types() -> String {
    let config = Config::new();
    let mut text = String::from(
        "// Generated from src/web/protocol.rs, src/web/protocol/admin.rs, src/quality and src/capture by `make generated`. Do not edit.\n",
    );
    let mut add = |declaration: String| text += &format!("\nexport {declaration}\n");
    add(CauseCode::decl(&config));
    add(ClientMessage::decl(&config));
    add(Request::decl(&config));
    add(DeclineReason::decl(&config));
    add(ServerMessage::decl(&config));
    add(Prompt::decl(&config));
    add(Picture::decl(&config));
    add(Client::decl(&config));
    add(Hello::decl(&config));
    add(IceServer::decl(&config));
    add(User::decl(&config));
    add(Line::decl(&config));
    add(FeatureCode::decl(&config));
    add(Service::decl(&config));
    add(Forwarding::decl(&config));
    add(ForwardingKind::decl(&config));
    add(Callers::decl(&config));
    add(LineState::decl(&config));
    add(Call::decl(&config));
    add(CallEvent::decl(&config));
    add(Diverter::decl(&config));
    add(Silence::decl(&config));
    add(SilentParty::decl(&config));
    add(Direction::decl(&config));
    add(Security::decl(&config));
    add(ConnectionState::decl(&config));
    add(Cause::decl(&config));
    add(Reply::decl(&config));
    add(ReplyResult::decl(&config));
    add(SignIn::decl(&config));
    add(HttpError::decl(&config));
    add(LineGroups::decl(&config));
    add(LineGroup::decl(&config));
    add(LineGroupKind::decl(&config));
    add(Target::decl(&config));
    add(LineReport::decl(&config));
    add(LastError::decl(&config));
    add(Binding::decl(&config));
    add(Listener::decl(&config));
    add(Strangers::decl(&config));
    add(Stranger::decl(&config));
    add(Calls::decl(&config));
    add(Captures::decl(&config));
    add(CaptureGroup::decl(&config));
    add(CaptureFile::decl(&config));
    add(CaptureAudio::decl(&config));
    add(CaptureCall::decl(&config));
    add(CaptureChange::decl(&config));
    add(CaptureCallChange::decl(&config));
    add(Log::decl(&config));
    add(LogArea::decl(&config));
    add(LogMissing::decl(&config));
    add(LogChange::decl(&config));
    add(LogLines::decl(&config));
    add(LogLine::decl(&config));
    add(Area::decl(&config));
    add(LogLevel::decl(&config));
    add(CallReport::decl(&config));
    add(LegReport::decl(&config));
    add(LegParty::decl(&config));
    add(CallTrace::decl(&config));
    add(Failures::decl(&config));
    add(CallVerdict::decl(&config));
    add(FailureCounts::decl(&config));
    add(CodeCount::decl(&config));
    add(NameCount::decl(&config));
    add(HourCount::decl(&config));
    add(Status::decl(&config));
    add(MediaWorker::decl(&config));
    add(Queue::decl(&config));
    add(CaptureState::decl(&config));
    add(Process::decl(&config));
    add(Database::decl(&config));
    add(Certificate::decl(&config));
    add(Trace::decl(&config));
    add(TraceCause::decl(&config));
    add(TraceParty::decl(&config));
    add(PartyKind::decl(&config));
    add(TraceEvent::decl(&config));
    add(TraceWhat::decl(&config));
    add(TraceTransport::decl(&config));
    add(MediaEvent::decl(&config));
    add(FailureKind::decl(&config));
    add(TraceSetting::decl(&config));
    add(Verdict::decl(&config));
    add(Severity::decl(&config));
    add(Evidence::decl(&config));
    text += &format!("\nexport const PROTOCOL_VERSION = {PROTOCOL_VERSION};\n");
    let (min, max) = FORWARD_AFTER.into_inner();
    text += &format!(
        "\n/** Seconds that a call may ring before it is forwarded. */\nexport const FORWARD_AFTER = {{ min: {min}, max: {max} }};\n"
    );
    text
}

fn cause_sentences() -> String {
    let mut text = String::from(
        "// Generated from src/call/cause.rs by `make generated`. Do not edit.\nimport type { CauseCode } from './protocol';\n\n\
         export const causes: Record<CauseCode, { english: string; german: string }> = {\n",
    );
    for &cause in CauseCode::ALL {
        let quote = |sentence: &str| serde_json::to_string(sentence).unwrap();
        let (english, german) = (quote(cause.english()), quote(cause.german()));
        text += &format!("  {}: {{ english: {english}, german: {german} }},\n", cause.code());
    }
    text + "};\n"
}

fn cause_table() -> String {
    let mut text = String::from(
        "# Causes\n\nWhy a call, a line or a request failed. Generated from `src/call/cause.rs` by `make generated`. SIP is \
         what a PBX is told for it, HTTP what an API answer carries.\n\n\
         | code | SIP | HTTP | English | German |\n| --- | --- | --- | --- | --- |\n",
    );
    for &cause in CauseCode::ALL {
        let (sip, http) = (cause.sip_status(), cause.http_status());
        text += &format!("| `{}` | {sip} | {http} | {} | {} |\n", cause.code(), cause.english(), cause.german());
    }
    text
}

fn verdict_table() -> String {
    let mut text = String::from(
        "# Verdicts\n\nWhat `diagnose` can find in a call or a line's registration. Generated from \
         `src/capture/diagnosis/code.rs` by `make generated`. `{…}` is filled with what the trace says.\n\n\
         How bad it is: *failed*, the call or registration did not come about or broke; *bad*, it was there and suffered; \
         *usual*, as people telephone; *fine*, nothing was wrong.\n",
    );
    for &code in Code::ALL {
        let severity = serde_json::to_value(code.severity()).unwrap();
        text += &format!("\n## `{}` ({})\n\n", code.code(), severity.as_str().unwrap());
        text += &format!("{}  \n", code.english());
        if !code.fix_english().is_empty() {
            text += &format!("**What to do:** {}\n\n", code.fix_english());
        }
        text += &format!("{}  \n", code.german());
        if !code.fix_german().is_empty() {
            text += &format!("**Was zu tun ist:** {}\n", code.fix_german());
        }
    }
    text
}

#[test]
fn generated_files_are_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (path, text) in [
        ("web/src/generated/protocol.ts", protocol_types()),
        ("web/src/generated/causes.ts", cause_sentences()),
        ("docs/causes.md", cause_table()),
        ("docs/verdicts.md", verdict_table()),
    ] {
        let path = root.join(path);
        if std::env::var_os("OFFHOOK_GENERATE").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
        } else {
            let found = fs::read_to_string(&path).unwrap_or_default();
            assert!(found == text, "{} differs from the Rust types; run `make generated`", path.display());
        }
    }
}

#[test]
fn requests_are_read_as_documented() {
    let read = |text: &str| serde_json::from_str::<ClientMessage>(text).map(|message| message.request);
    assert_eq!(
        read(r#"{"id":1,"type":"hello","version":1,"resume":null}"#).unwrap(),
        Request::Hello { version: 1, resume: None, since: None }
    );
    assert_eq!(read(r#"{"id":2,"type":"ping"}"#).unwrap(), Request::Ping);
    assert_eq!(
        read(r#"{"id":3,"type":"decline_call","call":"7","reason":"busy"}"#).unwrap(),
        Request::DeclineCall { call: "7".into(), reason: DeclineReason::Busy }
    );
    for wrong in [
        r#"{"type":"ping"}"#,
        r#"{"id":1,"type":"fly"}"#,
        r#"{"id":1,"type":"clear_connection","call":"1","extra":1}"#,
        r#"{"id":-1,"type":"ping"}"#,
    ] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}
