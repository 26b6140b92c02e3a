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
use super::protocol::interfaces::{
    AcmeFailure, AcmeOutcome, AcmeStanding, AcmeState, AcmeStep, AcmeStepKind, AudioPlaces, CertificateRequest,
    CertificateState, CertificateStates, InterfaceState, InterfaceStates, InterfaceTrial, Listening, SipInterface,
    SipInterfaces, SipUser,
};
use super::protocol::log::{Log, LogArea, LogChange, LogLine, LogLines, LogMissing};
use super::protocol::security::{
    AccountSecurity, BeginEnrolment, ChangePassword, Confirmation, EndedSessions, Enrolment, EnrolmentCode,
    LockedAccount, LockedAddress, Locks, OwnSecurity, RecoveryCodes, SecondFactor, SessionReport, Sessions, SignInLock,
    SignInReport, SignIns, TokenUse, TokenUses,
};
use super::protocol::setup::{SetupDatabase, SetupState};
use super::protocol::site::{
    Audit, AuditEntry, Bulk, BulkResult, CreatedToken, ExplainedDecision, ExplainedDenial, ExplainedReason,
    ExplainedRight, ExplainedService, ExplainedSource, FieldProblem, Import, LinePasswords, LooseLine, NewLines,
    NewPassword, ObjectVersion, Pair, PairedComputer, Pairing, PairingCode, ProblemReport, References, RightsOnUser,
    RuleImport, SeatedUser, UserLine, UserLines, UserServices,
};
use super::protocol::status::{CaptureState, Certificate, Database, Disk, MediaWorker, Process, Queue, Status};
use super::protocol::*;
use super::routes::site::numbers::{ExplainNumber, NumberNetwork, SharedExtensions};
use super::routes::site::test_call::{NewTestCall, TestCall, TestOutcome, TestStep, TestStepKind};
use super::routes::site::trial::{Outcome, Step, StepKind, Trial, TrialLine, TrialReport};
use crate::call::cause::CauseCode;
use crate::call::preview::Destination;
use crate::call::service::Service;
use crate::call::settings::{Callers, FORWARD_AFTER, Forwarding, ForwardingKind};
use crate::capture::diagnosis::code::Code;
use crate::capture::failures::{CallVerdict, CodeCount, EndedCount, FailureCounts, Failures, HourCount, NameCount};
use crate::capture::trace::{
    FailureKind, MediaEvent, PartyKind, Trace, TraceCause, TraceEvent, TraceParty, TraceSetting, TraceTransport,
    TraceWhat,
};
use crate::capture::verdict::{Evidence, Severity, Verdict};
use crate::config::{
    self, CaptureWanted, Decline, DeclineByClient, Diversion, Dtmf, GroupKind, LineRedirection, Srtp, TransferWay,
    Transport,
};
use crate::line::events::CallEvent;
use crate::log::{Area, LogLevel};
use crate::numbers::country::Place as NumberPlace;
use crate::numbers::country::calling_code;
use crate::numbers::exchange::{ListDifference, RuleList};
use crate::numbers::location::{
    AccessCodes, AreaCodeRule, CallByCallProvider, Comparison, Dialect, Emergency, EmergencyRule, ExtensionPrefixes,
    ExtensionRange, FormattingRules, LeastCostRouting, LocationNetwork, NorthAmerica, NumberRule, Numbering, Output,
    OwnArea, Project, ProjectUse, SimplePlan, SimpleRule, StripCodes, SubscriberNumber, TariffZone,
};
use crate::numbers::{
    self, AfterAnswer, ChangedNumber, Day, DialledNumber, Explained, GeneratedRule, Location, Missing, Moment,
    NotDialled, Note, NoteCode, NotedProject, NumberKind, NumberResult, Reach, ReportedNumber, SkippedRule, StepName,
    WhatIf,
};
use crate::quality::{CallReport, LegParty, LegReport};
use crate::rights::{
    Decision, Denied, Grant, GrantLevel, GroupPart, JournalAccess, Level, LineRight, Place, Reason, Right, RightSet,
    Section, ServiceDecision, ServiceRight, Source, SpecialLevel,
};
use crate::shelf::Sentence;
use crate::site::binding::{BoundBy, LineKey, LineUser, Loose, Unbound};
use crate::site::{
    AcmeSettings, AdditionalLine, Address, Administrator, Certificate as CertificateObject, CertificateSource,
    Computer, Group, Interface, InterfaceMode, Journal, KNOWN, Key, Kind, Line as LineObject,
    LineGroup as LineGroupObject, MonitorGroup, ObjectId, Page, PasswordRules, Phones, Preset, ProblemCode, Profile,
    Reference, Role, Scope, SecondFactorRule, Settings, Stored, Token, User as UserObject, UserGrant, Values, Write,
};

fn protocol_types() -> String {
    let config = Config::new();
    let mut text = String::from(
        "// Generated from src/web/protocol.rs, src/web/protocol/admin.rs, src/quality and src/capture by `make generated`. Do not edit.\n\nimport type { LineRight, Preset, ServiceRight } from './site';\n",
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
    add(MonitoredLine::decl(&config));
    add(MonitoredCall::decl(&config));
    add(MonitoredForwarding::decl(&config));
    add(Account::decl(&config));
    add(FeatureCode::decl(&config));
    add(Dialling::decl(&config));
    add(ProjectChoice::decl(&config));
    add(Preview::decl(&config));
    add(Destination::decl(&config));
    add(AfterAnswer::decl(&config));
    add(NumberPlace::decl(&config));
    add(Pin::decl(&config));
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
    add(EndedCount::decl(&config));
    add(Status::decl(&config));
    add(MediaWorker::decl(&config));
    add(Queue::decl(&config));
    add(CaptureState::decl(&config));
    add(Sentence::decl(&config));
    add(Process::decl(&config));
    add(Database::decl(&config));
    add(Disk::decl(&config));
    add(Certificate::decl(&config));
    add(Trace::decl(&config));
    add(TraceCause::decl(&config));
    add(TraceParty::decl(&config));
    add(PartyKind::decl(&config));
    add(TraceEvent::decl(&config));
    add(NumberKind::decl(&config));
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

/// The objects of the site, and what is said of rights on them.
fn site_types() -> String {
    let config = Config::new();
    let mut text = String::from(
        "// Generated from src/site, src/rights and src/numbers by `make generated`. Do not edit.\nimport type { Verdict } from './protocol';\n",
    );
    let mut add = |declaration: String| text += &format!("\nexport {declaration}\n");
    add(ObjectId::decl(&config));
    add(Kind::decl(&config));
    add(Stored::<()>::decl(&config));
    add(UserObject::decl(&config));
    add(Phones::decl(&config));
    add(Address::decl(&config));
    add(AdditionalLine::decl(&config));
    add(UserGrant::decl(&config));
    add(Group::decl(&config));
    add(Journal::decl(&config));
    add(MonitorGroup::decl(&config));
    add(Key::decl(&config));
    add(Computer::decl(&config));
    add(Pairing::decl(&config));
    add(SeatedUser::decl(&config));
    add(PairingCode::decl(&config));
    add(Pair::decl(&config));
    add(PairedComputer::decl(&config));
    add(Location::decl(&config));
    add(Numbering::decl(&config));
    add(ExtensionRange::decl(&config));
    add(ExtensionPrefixes::decl(&config));
    add(SubscriberNumber::decl(&config));
    add(AccessCodes::decl(&config));
    add(StripCodes::decl(&config));
    add(NumberRule::decl(&config));
    add(Comparison::decl(&config));
    add(FormattingRules::decl(&config));
    add(Emergency::decl(&config));
    add(EmergencyRule::decl(&config));
    add(LeastCostRouting::decl(&config));
    add(CallByCallProvider::decl(&config));
    add(TariffZone::decl(&config));
    add(Project::decl(&config));
    add(ProjectUse::decl(&config));
    add(NorthAmerica::decl(&config));
    add(OwnArea::decl(&config));
    add(AreaCodeRule::decl(&config));
    add(Output::decl(&config));
    add(LocationNetwork::decl(&config));
    add(Dialect::decl(&config));
    add(SimplePlan::decl(&config));
    add(SimpleRule::decl(&config));
    add(ExplainNumber::decl(&config));
    add(NumberKind::decl(&config));
    add(Moment::decl(&config));
    add(Day::decl(&config));
    add(Explained::decl(&config));
    add(ReportedNumber::decl(&config));
    add(DialledNumber::decl(&config));
    add(NotedProject::decl(&config));
    add(AfterAnswer::decl(&config));
    add(NumberPlace::decl(&config));
    add(NotDialled::decl(&config));
    add(Missing::decl(&config));
    add(Reach::decl(&config));
    add(numbers::Step::decl(&config));
    add(StepName::decl(&config));
    add(Note::decl(&config));
    add(NoteCode::decl(&config));
    add(SkippedRule::decl(&config));
    add(NumberNetwork::decl(&config));
    add(SharedExtensions::decl(&config));
    add(GeneratedRule::decl(&config));
    add(WhatIf::decl(&config));
    add(ChangedNumber::decl(&config));
    add(NumberResult::decl(&config));
    add(Profile::decl(&config));
    add(Preset::decl(&config));
    add(Administrator::decl(&config));
    add(Role::decl(&config));
    add(Token::decl(&config));
    add(Scope::decl(&config));
    add(LineGroupObject::decl(&config));
    add(GroupKind::decl(&config));
    add(Transport::decl(&config));
    add(Srtp::decl(&config));
    add(Dtmf::decl(&config));
    add(CaptureWanted::decl(&config));
    add(config::CaptureAudio::decl(&config));
    add(Decline::decl(&config));
    add(DeclineByClient::decl(&config));
    add(Diversion::decl(&config));
    add(TransferWay::decl(&config));
    add(config::FeatureCode::decl(&config));
    add(LineObject::decl(&config));
    add(LineRedirection::decl(&config));
    add(Settings::decl(&config));
    add(PasswordRules::decl(&config));
    add(SecondFactorRule::decl(&config));
    add(CertificateObject::decl(&config));
    add(CertificateSource::decl(&config));
    add(AcmeSettings::decl(&config));
    add(Interface::decl(&config));
    add(InterfaceMode::decl(&config));
    add(Reference::decl(&config));
    add(Grant::decl(&config));
    add(GrantLevel::decl(&config));
    add(SpecialLevel::decl(&config));
    add(RightSet::decl(&config));
    add(Level::decl(&config));
    add(Right::decl(&config));
    add(Section::decl(&config));
    add(LineRight::decl(&config));
    add(Place::decl(&config));
    add(ServiceRight::decl(&config));
    add(ServiceDecision::decl(&config));
    add(Decision::decl(&config));
    add(Reason::decl(&config));
    add(Source::decl(&config));
    add(GroupPart::decl(&config));
    add(Denied::decl(&config));
    add(JournalAccess::decl(&config));
    add(LineKey::decl(&config));
    add(LineUser::decl(&config));
    add(BoundBy::decl(&config));
    add(Loose::decl(&config));
    add(Unbound::decl(&config));
    add(ProblemCode::decl(&config));
    add(Page::<Administrator>::decl(&config));
    add(Write::decl(&config));
    add(ProblemReport::decl(&config));
    add(FieldProblem::decl(&config));
    add(Bulk::decl(&config));
    add(BulkResult::decl(&config));
    add(ObjectVersion::decl(&config));
    add(NewPassword::decl(&config));
    add(LinePasswords::decl(&config));
    add(NewLines::decl(&config));
    add(Trial::decl(&config));
    add(TrialLine::decl(&config));
    add(TrialReport::decl(&config));
    add(NewTestCall::decl(&config));
    add(TestCall::decl(&config));
    add(TestStep::decl(&config));
    add(TestStepKind::decl(&config));
    add(TestOutcome::decl(&config));
    add(Step::decl(&config));
    add(StepKind::decl(&config));
    add(Outcome::decl(&config));
    add(CreatedToken::decl(&config));
    add(SetupState::decl(&config));
    add(SetupDatabase::decl(&config));
    add(CertificateRequest::decl(&config));
    add(CertificateStates::decl(&config));
    add(AcmeState::decl(&config));
    add(AcmeStanding::decl(&config));
    add(AcmeStep::decl(&config));
    add(AcmeStepKind::decl(&config));
    add(AcmeOutcome::decl(&config));
    add(AcmeFailure::decl(&config));
    add(CertificateState::decl(&config));
    add(InterfaceStates::decl(&config));
    add(SipInterfaces::decl(&config));
    add(SipInterface::decl(&config));
    add(SipUser::decl(&config));
    add(AudioPlaces::decl(&config));
    add(InterfaceState::decl(&config));
    add(Listening::decl(&config));
    add(InterfaceTrial::decl(&config));
    add(UserLines::decl(&config));
    add(UserLine::decl(&config));
    add(LooseLine::decl(&config));
    add(ExplainedDecision::decl(&config));
    add(ExplainedReason::decl(&config));
    add(ExplainedDenial::decl(&config));
    add(RightsOnUser::decl(&config));
    add(ExplainedRight::decl(&config));
    add(Audit::decl(&config));
    add(AuditEntry::decl(&config));
    add(Import::decl(&config));
    add(RuleList::decl(&config));
    add(ListDifference::decl(&config));
    add(RuleImport::decl(&config));
    add(UserServices::decl(&config));
    add(ExplainedService::decl(&config));
    add(ExplainedSource::decl(&config));
    add(References::decl(&config));
    add(OwnSecurity::decl(&config));
    add(SecondFactor::decl(&config));
    add(Sessions::decl(&config));
    add(SessionReport::decl(&config));
    add(EndedSessions::decl(&config));
    add(ChangePassword::decl(&config));
    add(Confirmation::decl(&config));
    add(BeginEnrolment::decl(&config));
    add(Enrolment::decl(&config));
    add(EnrolmentCode::decl(&config));
    add(RecoveryCodes::decl(&config));
    add(AccountSecurity::decl(&config));
    add(SignInLock::decl(&config));
    add(Locks::decl(&config));
    add(LockedAccount::decl(&config));
    add(LockedAddress::decl(&config));
    add(SignIns::decl(&config));
    add(SignInReport::decl(&config));
    add(TokenUses::decl(&config));
    add(TokenUse::decl(&config));
    text
}

/// What the console shows of rights, services and settings of profiles.
fn site_tables() -> String {
    let mut text = String::from(
        "// Generated from src/site, src/rights and src/numbers by `make generated`. Do not edit.\n\
         import type { Level, LocationObject, NoteCode, ProblemCode, Right, Section, ServiceRight } from './site';\n\n\
         interface Words {\n  english: string;\n  german: string;\n}\n",
    );
    let quote = |sentence: &str| serde_json::to_string(sentence).unwrap();
    let words = |english: &str, german: &str| format!("english: {}, german: {}", quote(english), quote(german));
    text += "\n/** Every right, in order: what it is about, and the least level that gives it. */\n";
    text += "export const rights: (Words & { right: Right; section: Section; level: Level | null })[] = [\n";
    for &right in Right::ALL {
        let section = serde_json::to_string(&right.section()).unwrap();
        let level = serde_json::to_string(&Level::that_gives(right)).unwrap();
        let words = words(right.english(), right.german());
        text += &format!("  {{ right: '{}', section: {section}, level: {level}, {words} }},\n", right.code());
    }
    text += "];\n\nexport const sections: Record<Section, Words> = {\n";
    for section in Section::ALL {
        let name = serde_json::to_value(section).unwrap();
        text += &format!("  {}: {{ {} }},\n", name.as_str().unwrap(), words(section.english(), section.german()));
    }
    text += "};\n\nexport const levels: Record<Level, Words> = {\n";
    for level in Level::ALL {
        let name = serde_json::to_value(level).unwrap();
        text += &format!("  {}: {{ {} }},\n", name.as_str().unwrap(), words(level.english(), level.german()));
    }
    text += "};\n\nexport const services: Record<ServiceRight, Words> = {\n";
    for &service in ServiceRight::ALL {
        text += &format!("  {}: {{ {} }},\n", service.code(), words(service.english(), service.german()));
    }
    text += "};\n\n/** What is wrong with an object; `{}` stands for the problem's values, in their order. */\n";
    text += "export const problems: Record<ProblemCode, Words> = {\n";
    for &code in ProblemCode::ALL {
        text += &format!("  {}: {{ {} }},\n", code.code(), words(code.english(), code.german()));
    }
    text += "};\n\n/** What a step did to a number, or why a rule did nothing; `{}` stands for the note's values, in their order. */\n";
    text += "export const notes: Record<NoteCode, Words> = {\n";
    for &code in NoteCode::ALL {
        text += &format!("  {}: {{ {} }},\n", code.code(), words(code.english(), code.german()));
    }
    text += "};\n\n/** The calling codes of countries by their two letters (ISO 3166-1). */\n";
    text += "export const callingCodes: Readonly<Record<string, string>> = {\n";
    for first in 'A'..='Z' {
        for second in 'A'..='Z' {
            let iso: String = [first, second].iter().collect();
            if let Some(code) = calling_code(&iso) {
                text += &format!("  {iso}: '{code}',\n");
            }
        }
    }
    let blank = serde_json::to_string_pretty(&Location::default()).unwrap();
    text +=
        &format!("}};\n\n/** What a location begins with. */\nexport const blankLocation: LocationObject = {blank};\n");
    text += "\nexport type Values =\n  | { kind: 'switch' }\n  | { kind: 'number'; least: number; most: number }\n  \
             | { kind: 'choice'; words: string[] }\n  | { kind: 'text'; most: number };\n\n\
             /** Every setting that a profile can have. */\n\
             export const settings: (Words & { key: string; values: Values })[] = [\n";
    for known in KNOWN {
        let values = match known.values {
            Values::Switch => "{ kind: 'switch' }".to_owned(),
            Values::Number { least, most } => format!("{{ kind: 'number', least: {least}, most: {most} }}"),
            Values::Choice(words) => format!("{{ kind: 'choice', words: {} }}", serde_json::to_string(words).unwrap()),
            Values::Text(most) => format!("{{ kind: 'text', most: {most} }}"),
        };
        text += &format!("  {{ key: '{}', values: {values}, {} }},\n", known.key, words(known.english, known.german));
    }
    text + "];\n"
}

/// The page about rights, with the table of levels.
fn rights_page() -> String {
    let mut text = String::from(include_str!("../rights/page.md"));
    for section in Section::ALL {
        text +=
            &format!("\n### {}\n\n| right | Public | Business | Team member | Personal | name |\n", section.english());
        text += "| --- | :-: | :-: | :-: | :-: | --- |\n";
        for &right in Right::ALL.iter().filter(|right| right.section() == section) {
            let gives = |level: &Level| if level.rights().contains(right) { " ✓ |" } else { "   |" };
            let cells: String = Level::ALL[1..].iter().map(gives).collect();
            text += &format!("| {} |{cells} `{}` |\n", right.english(), right.code());
        }
    }
    text += "\n## Services\n\nWhat a user may use is given in the global settings (to everybody), in a group (to its members) or \
             to the user alone. It adds up in the same way.\n\n| service | name |\n| --- | --- |\n";
    for &service in ServiceRight::ALL {
        text += &format!("| {} | `{}` |\n", service.english(), service.code());
    }
    text
}

fn problem_table() -> String {
    let mut text = String::from(
        "# Problems\n\nWhy something that an administrator sets is refused. Generated from `src/site/problem.rs` and `src/numbers/problem.rs` \
         by `make generated`. HTTP is the status of an API answer that carries it; `{}` is filled with what is meant.\n\n\
         | code | HTTP | English | German |\n| --- | --- | --- | --- |\n",
    );
    for code in ProblemCode::all() {
        text += &format!("| `{}` | {} | {} | {} |\n", code.code(), code.http_status(), code.english(), code.german());
    }
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
        ("web/src/generated/site.ts", site_types()),
        ("web/src/generated/siteTables.ts", site_tables()),
        ("docs/causes.md", cause_table()),
        ("docs/problems.md", problem_table()),
        ("docs/rights.md", rights_page()),
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
