//! Whole calls on a pure machine: what comes in, what goes out.

mod conference;
mod divert;
mod events;
mod hold;
mod office;
mod park;
mod passed_on;
mod random;
mod sent_on;
mod table;
mod transfer;
mod transferring;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use offhook_media::codec::Codec;
use offhook_media::sdp;
use offhook_media::session::Side;
use offhook_sip::SessionId;

use super::Calls;
use super::cause::CauseCode;
use super::directory::{Directory, LineEntry, LineGroupEntry};
use super::dtmf::Digit;
use super::effect::*;
use super::headers::Headers;
use super::record::{CallRecord, Number, Party};
use super::view::{CallView, ConnectionState, Silence};
use crate::ids::{CallId, ClientId, LegId, LineGroupId, LineId, UserId};

const LINE: LineId = LineId(0);
/// A line of Bob's alone.
const OTHER_LINE: LineId = LineId(1);
const PBX: LineGroupId = LineGroupId(0);
/// Another PBX, trusted as the first.
const TRUSTED: LineGroupId = LineGroupId(1);
/// A provider that is not trusted.
const STRANGER: LineGroupId = LineGroupId(2);
/// One whose calls are recorded.
const RECORDED: LineGroupId = LineGroupId(3);
const ALICE: UserId = UserId(0);
const BOB: UserId = UserId(1);
const DESK: ClientId = ClientId(1);
const LAPTOP: ClientId = ClientId(2);
const BOBS: ClientId = ClientId(3);

const OFFER: &[u8] =
    b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";
const GSM_OFFER: &[u8] =
    b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 3\r\n";

/// The machine with a media side that always agrees, and a memory of what was asked.
struct World {
    calls: Calls,
    now: Instant,
    codec: Codec,
    /// What the media side says of the next description.
    held: bool,
    log: Vec<String>,
    views: Vec<(ClientId, CallView)>,
    results: Vec<(ClientId, CommandResult)>,
    legs: Vec<LegId>,
    /// The caller and the header fields of the last INVITE, header fields of the last answer.
    invited: Option<(Option<Caller>, Headers)>,
    answered: Headers,
    ended: Vec<CallRecord>,
    next_session: u64,
    /// What the sides of calls hear, where somebody is there.
    sounds: BTreeMap<(CallId, usize), Sound>,
    /// What the ends of sessions can do that answer or call.
    abilities: Abilities,
    /// Which way audio was to go by each offer within a session.
    wanted: Vec<sdp::Direction>,
}

impl World {
    fn new() -> World {
        World::with(|_| {})
    }

    /// With something else in the directory.
    fn with(change: impl FnOnce(&mut Directory)) -> World {
        let line = LineEntry {
            group: PBX,
            number: "200".into(),
            users: vec![ALICE, BOB],
            redirections: Vec::new(),
            voice_mailbox: None,
        };
        let group = |trust_identity| LineGroupEntry {
            codecs: vec![Codec::Pcma, Codec::Pcmu],
            trust_identity,
            ..LineGroupEntry::default()
        };
        let mut groups = [true, true, false, false].map(group).to_vec();
        groups[RECORDED.0 as usize].record = true;
        let other = LineEntry { number: "201".into(), users: vec![BOB], ..line.clone() };
        let mut directory = Directory { lines: vec![line, other], groups, music_on_hold: true };
        change(&mut directory);
        let mut world = World {
            calls: Calls::new(Arc::new(directory), 10),
            now: Instant::now(),
            codec: Codec::Pcma,
            held: false,
            log: Vec::new(),
            views: Vec::new(),
            results: Vec::new(),
            ended: Vec::new(),
            legs: Vec::new(),
            invited: None,
            answered: Headers::new(),
            next_session: 100,
            sounds: BTreeMap::new(),
            abilities: Abilities::default(),
            wanted: Vec::new(),
        };
        for line in [LINE, OTHER_LINE] {
            world.input(Input::LineAvailable { line, available: true });
        }
        for (client, user) in [(DESK, ALICE), (LAPTOP, ALICE), (BOBS, BOB)] {
            world.input(Input::ClientArrived { client, user });
        }
        world
    }

    fn input(&mut self, input: Input) {
        self.calls.handle(input, self.now);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(effect) = self.calls.poll_effect() {
            match effect {
                Effect::Sip(effect) => self.sip_effect(effect),
                Effect::Media { call, effect } => self.media_effect(call, effect),
                Effect::Reply { client, result, .. } => self.results.push((client, result)),
                Effect::CallChanged { client, call } => self.views.push((client, *call)),
                Effect::LineSettings { line, .. } => self.log.push(format!("settings of {line}")),
                Effect::Ended(record) => self.ended.push(*record),
                Effect::Digit { client, digit, .. } => self.log.push(format!("digit {digit} for {client}")),
            }
        }
    }

    fn sip_effect(&mut self, effect: SipEffect) {
        self.log.push(match effect {
            SipEffect::Invite { leg, target, max_forwards, from, headers, .. } => {
                self.invited = Some((from, headers));
                assert!(max_forwards.is_none_or(|hops| hops == 69));
                self.legs.push(leg);
                self.next_session += 1;
                let session = session(self.next_session);
                self.calls.handle(Input::Invited { leg, session: Ok(session) }, self.now);
                match target.uri {
                    TargetUri::Number(number) => format!("INVITE {number}"),
                    TargetUri::Uri(uri) => format!("INVITE {uri}"),
                }
            }
            SipEffect::Provisional { status, sdp, .. } => {
                format!("{status}{}", if sdp.is_some() { " sdp" } else { "" })
            }
            SipEffect::Answer { headers, .. } => {
                self.answered = headers;
                "200".into()
            }
            SipEffect::Reject { status, .. } => format!("reject {status}"),
            SipEffect::Hangup { session, reason: None } => format!("hangup {session}"),
            SipEffect::Hangup { session, reason: Some(reason) } => format!("hangup {session}: {reason}"),
            SipEffect::AcceptRefer { session, .. } => format!("202 to {session}"),
            SipEffect::ReferProgress { session, status, .. } => format!("notify {session} {status}"),
            SipEffect::RejectRefer { session, status, .. } => format!("{status} to refer of {session}"),
            SipEffect::Info { session, content_type, body } => {
                format!("INFO {session} {content_type} {}", String::from_utf8_lossy(&body).replace("\r\n", " "))
            }
            SipEffect::AnswerOffer { .. } => "200 to offer".into(),
            SipEffect::RejectOffer { status, .. } => format!("{status} to offer"),
            SipEffect::Offer { session, .. } => format!("offer {session}"),
            SipEffect::Refer { session, to, replaces } => format!("REFER {session} to {to:?} replacing {replaces:?}"),
            SipEffect::Redirect { to, .. } => format!("302 {to:?}"),
        });
    }

    fn media_effect(&mut self, call: CallId, effect: MediaEffect) {
        let described = |codec| MediaInput::Described { sdp: Bytes::from_static(b"v=0"), codec, held: self.held };
        let (side, event) = match effect {
            MediaEffect::RestartBrowser { sdp, .. } | MediaEffect::AnswerBrowser { sdp, .. } if sdp == "later" => {
                return;
            }
            MediaEffect::AcceptAnswer { sdp, .. } if sdp.as_ref() == b"later" => return,
            MediaEffect::RestartBrowser { side, .. } => (side, described(None)),
            MediaEffect::AnswerBrowser { side, .. } | MediaEffect::Offer { side, .. } => (side, described(None)),
            MediaEffect::OfferNext { side, .. } => (side, described(None)),
            MediaEffect::Reoffer { side, wanted } => {
                let described = described(None);
                self.wanted.push(wanted);
                (side, described)
            }
            MediaEffect::Take { side, from, from_side } => {
                self.sounds.remove(&(from, from_side as usize));
                self.sounds.remove(&(call, side as usize));
                return self.log.push(format!("{side:?} is {from_side:?} of {from}"));
            }
            MediaEffect::Release { side } => {
                self.sounds.remove(&(call, side as usize));
                return self.log.push(format!("{side:?} released"));
            }
            MediaEffect::DropNext => return self.log.push("next dropped".into()),
            MediaEffect::Describe { side } => (side, described(None)),
            MediaEffect::AnswerOffer { side, .. } => (side, described(Some(self.codec))),
            MediaEffect::AcceptAnswer { side, sdp } | MediaEffect::AcceptNext { side, sdp }
                if sdp.as_ref() == b"no codec" =>
            {
                (side, MediaInput::Refused { cause: CauseCode::NoCommonCodec })
            }
            MediaEffect::AcceptNext { side, .. } => {
                self.log.push(format!("{side:?} replaced"));
                (side, MediaInput::Accepted { codec: self.codec })
            }
            MediaEffect::AcceptAnswer { side, .. } => (side, MediaInput::Accepted { codec: self.codec }),
            MediaEffect::Play { side, sound } => {
                self.sounds.insert((call, side as usize), sound);
                return self.log.push(format!("{side:?} hears {sound:?}"));
            }
            MediaEffect::Digits { side, digits } => return self.log.push(format!("digits {digits} to {side:?}")),
            MediaEffect::ReceiveDigit { side, digit } => {
                return self.log.push(format!("digit {} from {side:?}", digit.digit));
            }
            MediaEffect::Record => return self.log.push("recording".into()),
            MediaEffect::Confirm | MediaEffect::Expect => return,
            MediaEffect::Close => {
                self.sounds.retain(|(of, _), _| *of != call);
                return self.log.push("media closed".into());
            }
        };
        self.calls.handle(Input::Media { call, side, event }, self.now);
    }

    fn command(&mut self, client: ClientId, command: Command) -> Option<CommandResult> {
        self.results.clear();
        self.input(Input::Command { client, request: 1, command });
        self.results.iter().find(|(to, _)| *to == client).map(|(_, result)| result.clone())
    }

    fn dial(&mut self, number: &str) -> CallId {
        let command = Command::MakeCall { line: LINE, number: number.into(), sdp: "v=0".into() };
        match self.command(DESK, command) {
            Some(CommandResult::Media { call, .. }) => call,
            other => panic!("{other:?}"),
        }
    }

    /// What side A and side B of a call hear.
    fn hears(&self, call: CallId) -> [Option<Sound>; 2] {
        [0, 1].map(|side| self.sounds.get(&(call, side)).copied())
    }

    /// A call that Alice has made at her desk and that is answered, as the next session.
    fn talking_to(&mut self, number: &str) -> CallId {
        let call = self.dial(number);
        self.answer_last();
        self.input(Input::Media { call, side: Side::A, event: MediaInput::Connected });
        self.log.clear();
        call
    }

    /// Whoever was called last answers.
    fn answer_last(&mut self) {
        let abilities = self.abilities;
        self.sip(self.next_session, SipInput::Answered { abilities, sdp: sdp(), headers: Headers::new() });
    }

    /// A call that came in as this session and that Alice has taken at her desk.
    fn taken(&mut self, session: u64) -> CallId {
        let call = self.incoming_as(session);
        let answer = Command::AnswerCall { call, sdp: "v=0".into() };
        assert!(matches!(self.command(DESK, answer), Some(CommandResult::Media { .. })));
        self.input(Input::Media { call, side: Side::B, event: MediaInput::Connected });
        self.log.clear();
        call
    }

    fn done(&mut self, command: Command) {
        assert_eq!(self.command(DESK, command.clone()), Some(CommandResult::Ok), "{command:?}");
    }

    fn refused(&mut self, command: Command, cause: CauseCode) {
        let before = self.log.len();
        assert_eq!(self.command(DESK, command.clone()), Some(CommandResult::Error(cause)), "{command:?}");
        assert_eq!(self.log.len(), before, "{command:?} changed something");
    }

    /// Alice's own state and the other side's, as she sees them at her desk.
    fn states(&self, call: CallId) -> (ConnectionState, ConnectionState) {
        let view = self.view(call);
        (view.state, view.remote_state)
    }

    /// The call as Alice's desk was last shown it.
    fn view(&self, call: CallId) -> &CallView {
        let views = self.views.iter().rev();
        views.filter(|(to, view)| *to == DESK && view.id == call).map(|(_, view)| view).next().expect("a view")
    }

    fn wait(&mut self) {
        self.now = self.calls.poll_timeout().unwrap();
        self.calls.handle_timeout(self.now);
        self.drain();
    }

    fn incoming(&mut self) -> CallId {
        self.incoming_as(1)
    }

    fn incoming_as(&mut self, session_number: u64) -> CallId {
        let route = Route::Line { group: PBX, line: LINE };
        let from = Caller { number: "200".into(), name: Some("Carol".into()) };
        self.input(Input::Incoming {
            call_id: String::new(),
            session: session(session_number),
            route,
            from,
            abilities: self.abilities,
            max_forwards: 70,
            headers: Headers::new(),
            offer: Bytes::from_static(OFFER),
        });
        self.views.last().map(|(_, view)| view.id).unwrap_or(CallId(0))
    }

    fn sip(&mut self, session_number: u64, event: SipInput) {
        self.input(Input::Sip { session: session(session_number), event });
    }

    fn last_view(&self, client: ClientId) -> &CallView {
        self.views.iter().rev().find(|(to, _)| *to == client).map(|(_, view)| view).expect("a view for the client")
    }

    fn logged(&mut self, expected: &[&str]) {
        assert_eq!(std::mem::take(&mut self.log), expected);
    }
}

fn session(number: u64) -> SessionId {
    SessionId::from_raw(number)
}

fn progress(status: u16, sdp: Option<Bytes>) -> SipInput {
    SipInput::Progress { status, sdp, fork: 0, headers: Headers::new() }
}

fn answered(sdp: Option<Bytes>) -> SipInput {
    SipInput::Answered { abilities: Abilities::default(), sdp, headers: Headers::new() }
}

fn rejected(status: u16) -> SipInput {
    SipInput::Rejected { status, reason: String::new(), from_network: true, redirect: None }
}

fn bye() -> SipInput {
    SipInput::Ended { broken: false, reason: None }
}

fn sdp() -> Option<Bytes> {
    Some(Bytes::from_static(b"v=0"))
}

#[test]
fn an_outgoing_call_rings_is_answered_and_ended_by_the_other_side() {
    let mut world = World::new();
    let call = world.dial("0049 (89) 123-4");
    world.logged(&["INVITE 0049891234"]);
    world.sip(101, progress(180, None));
    world.logged(&["A hears Ringback"]);
    assert_eq!(world.last_view(DESK).remote_state, ConnectionState::Alerting);
    world.sip(101, answered(sdp()));
    world.logged(&["A hears Peer", "B hears Peer"]);
    let view = world.last_view(DESK);
    assert_eq!((view.state, view.here, view.codec), (ConnectionState::Connected, true, Some(Codec::Pcma)));
    assert!(!world.last_view(LAPTOP).here);
    world.input(Input::Media { call, side: Side::A, event: MediaInput::Connected });
    world.sip(101, bye());
    world.logged(&["media closed"]);
    assert_eq!(world.last_view(DESK).cause.as_ref().unwrap().code, CauseCode::NormalClearing);
    assert!(world.calls.is_empty() && world.calls.poll_timeout().is_none());
}

#[test]
fn a_silent_side_is_told_until_it_is_heard_and_the_call_is_recorded() {
    let mut world = World::new();
    let call = world.dial("200");
    world.sip(101, answered(sdp()));
    let from = Some("192.0.2.9:4000".parse().unwrap());
    world.input(Input::Media { call, side: Side::B, event: MediaInput::Silent { from, never: true } });
    assert_eq!(world.last_view(DESK).silence, [Silence { own: false, from }]);
    assert_eq!(world.calls.record(call).unwrap().silent, [false, true]);
    let own = MediaInput::Silent { from: None, never: false };
    world.input(Input::Media { call, side: Side::A, event: own });
    assert_eq!(world.last_view(DESK).silence.len(), 2);
    assert!(world.last_view(DESK).silence.contains(&Silence { own: true, from: None }));
    for side in [Side::A, Side::B] {
        world.input(Input::Media { call, side, event: MediaInput::Heard });
    }
    assert_eq!(world.last_view(DESK).silence, []);
    world.sip(101, bye());
    let record = &world.ended[0];
    assert_eq!(record.called, Number::Other("200".into()));
    assert_eq!(record.parties, [Party::Browser(ALICE), Party::Pbx(PBX)]);
    assert!(record.connected.is_some());
}

#[test]
fn early_media_is_heard_instead_of_our_ringback() {
    let mut world = World::new();
    world.dial("200");
    world.sip(101, progress(183, sdp()));
    world.logged(&["INVITE 200", "A hears Peer", "B hears Peer"]);
    world.sip(101, progress(180, None));
    world.logged(&[]);
    // A 200 without SDP keeps what the 183 agreed.
    world.sip(101, answered(None));
    assert_eq!(world.last_view(DESK).state, ConnectionState::Connected);
}

#[test]
fn a_refused_call_says_why() {
    for (status, from_network, code) in [
        (404, true, CauseCode::UnknownNumber),
        (486, true, CauseCode::Busy),
        (603, true, CauseCode::Declined),
        (408, true, CauseCode::NoAnswer),
        (408, false, CauseCode::PbxNotAnswering),
        (503, false, CauseCode::PbxUnreachable),
        (488, true, CauseCode::NoCommonCodec),
    ] {
        let mut world = World::new();
        world.dial("200");
        world.sip(101, SipInput::Rejected { status, reason: "Its words".into(), from_network, redirect: None });
        let view = world.last_view(DESK);
        assert_eq!(view.state, ConnectionState::Failed);
        let cause = view.cause.as_ref().unwrap();
        assert_eq!((cause.code, cause.sip_status), (code, Some(status)));
        assert_eq!(cause.detail.is_some(), from_network);
        assert!(world.calls.is_empty());
    }
}

#[test]
fn an_answer_without_a_common_codec_ends_the_call() {
    let mut world = World::new();
    world.dial("200");
    world.sip(101, answered(Some(Bytes::from_static(b"no codec"))));
    world.logged(&["INVITE 200", "hangup 101", "media closed"]);
    assert_eq!(world.last_view(DESK).cause.as_ref().unwrap().code, CauseCode::NoCommonCodec);
}

#[test]
fn giving_up_dialling_cancels() {
    let mut world = World::new();
    let call = world.dial("200");
    assert_eq!(world.command(DESK, Command::ClearConnection { call }), Some(CommandResult::Ok));
    world.logged(&["INVITE 200", "hangup 101", "media closed"]);
    assert_eq!(world.last_view(DESK).cause.as_ref().unwrap().code, CauseCode::Cancelled);
    // A 200 that crossed finds nothing to do.
    world.sip(101, answered(sdp()));
    world.logged(&[]);
}

#[test]
fn all_devices_ring_and_the_first_to_answer_wins() {
    let mut world = World::new();
    let call = world.incoming();
    world.logged(&["180"]);
    for client in [DESK, LAPTOP, BOBS] {
        let view = world.last_view(client);
        assert_eq!((view.state, view.remote.number.as_str()), (ConnectionState::Alerting, "200"));
    }
    let answer = Command::AnswerCall { call, sdp: "v=0".into() };
    assert!(matches!(world.command(LAPTOP, answer.clone()), Some(CommandResult::Media { .. })));
    world.logged(&["200", "A hears Peer", "B hears Peer"]);
    assert!(world.last_view(LAPTOP).here);
    let desk = world.last_view(DESK);
    assert_eq!((desk.state, desk.here), (ConnectionState::Connected, false));
    assert_eq!(desk.cause.as_ref().unwrap().code, CauseCode::AnsweredElsewhere);
    let bobs = world.last_view(BOBS);
    assert_eq!((bobs.state, bobs.cause.as_ref().unwrap().code), (ConnectionState::Null, CauseCode::AnsweredElsewhere));
    assert_eq!(world.command(DESK, answer), Some(CommandResult::Error(CauseCode::AnsweredElsewhere)));
    // Its owner may end it from another device.
    assert_eq!(world.command(DESK, Command::ClearConnection { call }), Some(CommandResult::Ok));
    world.logged(&["hangup 1", "media closed"]);
}

#[test]
fn a_call_is_its_users_alone_although_others_share_the_line() {
    let mut world = World::new();
    let call = world.dial("200");
    world.sip(101, answered(sdp()));
    world.log.clear();
    for command in [Command::ClearConnection { call }, Command::GenerateDigits { call, digits: "1".into() }] {
        assert_eq!(world.command(BOBS, command), Some(CommandResult::Error(CauseCode::UnknownCall)));
    }
    world.logged(&[]);
}

#[test]
fn declining_tells_the_caller_what_was_chosen() {
    for (cause, status) in [(CauseCode::Busy, 486), (CauseCode::Declined, 603)] {
        let mut world = World::new();
        let call = world.incoming();
        assert_eq!(world.command(DESK, Command::Decline { call, cause }), Some(CommandResult::Ok));
        world.logged(&["180", &format!("reject {status}"), "media closed"]);
        assert_eq!(world.last_view(LAPTOP).state, ConnectionState::Null);
    }
}

#[test]
fn a_caller_who_gives_up_stops_the_ringing() {
    let mut world = World::new();
    world.incoming();
    world.sip(1, SipInput::Cancelled { reason: None });
    world.logged(&["180", "media closed"]);
    assert_eq!(world.last_view(BOBS).cause.as_ref().unwrap().code, CauseCode::CallerHungUp);
}

#[test]
fn with_nobody_signed_in_the_caller_hears_that_the_line_is_busy() {
    let mut world = World::new();
    for client in [DESK, LAPTOP, BOBS] {
        world.input(Input::ClientGone { client });
    }
    world.incoming();
    world.logged(&["reject 486", "media closed"]);
}

#[test]
fn the_last_device_to_leave_ends_the_ringing() {
    let mut world = World::new();
    world.incoming();
    world.input(Input::ClientGone { client: DESK });
    world.input(Input::ClientGone { client: LAPTOP });
    world.logged(&["180"]);
    world.input(Input::ClientGone { client: BOBS });
    world.logged(&["reject 486", "media closed"]);
}

#[test]
fn a_lost_browser_ends_its_call_only() {
    let mut world = World::new();
    world.dial("200");
    world.sip(101, answered(sdp()));
    world.input(Input::ClientGone { client: LAPTOP });
    assert_eq!(world.calls.len(), 1);
    world.log.clear();
    world.input(Input::ClientGone { client: DESK });
    world.logged(&["hangup 101", "media closed"]);
}

#[test]
fn without_audio_path_the_call_ends_after_a_while() {
    let mut world = World::new();
    let call = world.dial("200");
    world.sip(101, answered(sdp()));
    let due = world.calls.poll_timeout().unwrap();
    world.now = due;
    world.calls.handle_timeout(due);
    world.drain();
    assert_eq!(world.last_view(DESK).cause.as_ref().unwrap().code, CauseCode::MediaNotConnected);

    let mut world = World { now: due, ..World::new() };
    let other = world.dial("200");
    world.sip(101, answered(sdp()));
    world.input(Input::Media { call: other, side: Side::A, event: MediaInput::Connected });
    world.calls.handle_timeout(due + Duration::from_secs(3600));
    world.drain();
    assert_eq!(world.calls.len(), 1);
    assert_ne!(call, CallId(0));
}

#[test]
fn hold_and_retrieve_by_the_other_side_are_answered() {
    let mut world = World::new();
    world.dial("200");
    world.sip(101, SipInput::Offer { sdp: sdp() });
    world.logged(&["INVITE 200", "491 to offer"]);
    world.sip(101, answered(sdp()));
    world.log.clear();
    world.sip(101, SipInput::Offer { sdp: sdp() });
    world.sip(101, SipInput::Offer { sdp: None });
    world.logged(&["200 to offer", "200 to offer"]);
}

#[test]
fn who_is_held_in_silence_hears_music() {
    let mut world = World::new();
    world.dial("200");
    world.sip(101, answered(sdp()));
    world.log.clear();
    world.held = true;
    world.sip(101, SipInput::Offer { sdp: sdp() });
    world.sip(101, SipInput::Offer { sdp: sdp() });
    world.held = false;
    world.sip(101, SipInput::Offer { sdp: sdp() });
    let expected = ["A hears MusicOnHold", "200 to offer", "200 to offer", "A hears Peer", "200 to offer"];
    world.logged(&expected);
}

#[test]
fn digits_go_to_the_pbx_and_come_to_the_device_with_the_audio() {
    let mut world = World::new();
    let call = world.dial("200");
    let digits = Command::GenerateDigits { call, digits: "12#".into() };
    assert_eq!(world.command(DESK, digits.clone()), Some(CommandResult::Error(CauseCode::NotPossibleNow)));
    world.sip(101, answered(sdp()));
    world.log.clear();
    assert_eq!(world.command(DESK, digits), Some(CommandResult::Ok));
    let wrong = Command::GenerateDigits { call, digits: "12x".into() };
    assert_eq!(world.command(DESK, wrong), Some(CommandResult::Error(CauseCode::BadRequest)));
    for side in [Side::A, Side::B] {
        world.input(Input::Media { call, side, event: MediaInput::Digit { digit: '5' } });
    }
    world.logged(&["digits 12# to B", "digit 5 for 1"]);
}

#[test]
fn digits_travel_by_info_where_the_media_side_says_so() {
    let mut world = World::new();
    let call = world.dial("200");
    let pressed = |digit| SipInput::Digit(Digit::new(digit, Duration::from_millis(200)));
    world.sip(101, pressed('1'));
    let signal = MediaInput::Signal(Digit::new('#', Duration::from_millis(120)));
    world.input(Input::Media { call, side: Side::B, event: signal });
    world.sip(101, answered(sdp()));
    world.log.clear();
    world.sip(101, pressed('2'));
    let signal =
        |side| Input::Media { call, side, event: MediaInput::Signal(Digit::new('7', Duration::from_millis(120))) };
    world.input(signal(Side::B));
    world.input(signal(Side::A));
    world.logged(&["digit 2 from B", "INFO 101 application/dtmf-relay Signal=7 Duration=120 "]);
}

#[test]
fn a_browser_may_change_its_path_within_a_call() {
    let mut world = World::new();
    let call = world.dial("200");
    let restart = |sdp: &str| Command::RestartMedia { call, sdp: sdp.into() };
    assert!(matches!(world.command(DESK, restart("v=0")), Some(CommandResult::Media { .. })));
    assert_eq!(world.command(LAPTOP, restart("v=0")), Some(CommandResult::Error(CauseCode::NotPossibleNow)));
    world.sip(101, answered(sdp()));
    let lost = || MediaInput::Lost { cause: CauseCode::ClientLost };
    world.input(Input::Media { call, side: Side::A, event: lost() });
    world.input(Input::Media { call, side: Side::A, event: MediaInput::Connected });
    world.calls.handle_timeout(world.now + Duration::from_secs(60));
    assert_eq!(world.calls.len(), 1, "it came back");
    world.input(Input::Media { call, side: Side::A, event: lost() });
    assert_eq!(world.command(DESK, restart("later")), None);
    world.calls.handle_timeout(world.now + Duration::from_secs(60));
    world.drain();
    assert!(world.calls.is_empty(), "it did not come back");
    assert_eq!(world.results.last(), Some(&(DESK, CommandResult::Error(CauseCode::ClientLost))));
}

#[test]
fn calls_of_a_recorded_connection_are_recorded() {
    let mut world = World::new();
    let target = Target { group: RECORDED, line: None, uri: TargetUri::Number("300".into()) };
    let route = Route::Targets { group: PBX, targets: vec![target] };
    let offer = Bytes::from_static(OFFER);
    let from = Caller::default();
    world.input(Input::Incoming {
        call_id: String::new(),
        session: session(1),
        route,
        from,
        abilities: Abilities::default(),
        max_forwards: 70,
        headers: Headers::new(),
        offer,
    });
    assert!(!world.log.contains(&"recording".to_owned()));
    world.sip(101, answered(sdp()));
    assert_eq!(world.log.iter().filter(|entry| *entry == "recording").count(), 1);

    let mut world = World::new();
    let route = Route::Line { group: RECORDED, line: LINE };
    let (from, offer) = (Caller::default(), Bytes::from_static(OFFER));
    world.input(Input::Incoming {
        call_id: String::new(),
        session: session(1),
        route,
        from,
        abilities: Abilities::default(),
        max_forwards: 70,
        headers: Headers::new(),
        offer,
    });
    let call = world.last_view(DESK).id;
    world.command(DESK, Command::AnswerCall { call, sdp: "v=0".into() });
    assert!(world.last_view(DESK).recorded);
    let failed = MediaInput::RecordingFailed { reason: "the disk is full".into() };
    world.input(Input::Media { call, side: Side::A, event: failed });
    assert!(!world.last_view(DESK).recorded, "a recording that failed is not shown");

    let mut world = World::new();
    world.dial("200");
    world.sip(101, answered(sdp()));
    assert!(!world.log.contains(&"recording".to_owned()));
    assert!(!world.last_view(DESK).recorded);
}

#[test]
fn a_call_that_is_passed_on_keeps_the_best_refusal() {
    let mut world = World::new();
    let target = |number: &str| Target { group: PBX, line: None, uri: TargetUri::Number(number.into()) };
    let route = Route::Targets { group: PBX, targets: vec![target("300"), target("301")] };
    let offer = Bytes::from_static(OFFER);
    world.input(Input::Incoming {
        call_id: String::new(),
        session: session(1),
        route,
        from: Caller::default(),
        abilities: Abilities::default(),
        max_forwards: 70,
        headers: Headers::new(),
        offer,
    });
    world.sip(101, progress(180, None));
    world.sip(102, progress(180, None));
    world.logged(&["INVITE 300", "INVITE 301", "180"]);
    world.sip(101, rejected(486));
    world.logged(&[]);
    world.sip(102, rejected(404));
    world.logged(&["reject 404", "media closed"]);
}

#[test]
fn the_first_target_to_answer_gets_the_call() {
    let mut world = World::new();
    let target = |number: &str| Target { group: PBX, line: None, uri: TargetUri::Number(number.into()) };
    let route = Route::Targets { group: PBX, targets: vec![target("300"), target("301")] };
    let offer = Bytes::from_static(OFFER);
    world.input(Input::Incoming {
        call_id: String::new(),
        session: session(1),
        route,
        from: Caller::default(),
        abilities: Abilities::default(),
        max_forwards: 70,
        headers: Headers::new(),
        offer,
    });
    world.sip(102, answered(sdp()));
    world.logged(&[
        "INVITE 300",
        "INVITE 301",
        "hangup 101: SIP;cause=200;text=\"Call completed elsewhere\"",
        "200",
        "A hears Peer",
        "B hears Peer",
    ]);
    world.sip(101, rejected(487));
    assert_eq!(world.calls.len(), 1);
    world.sip(1, bye());
    world.logged(&["hangup 102", "media closed"]);
}

#[test]
fn an_invite_without_an_offer_gets_ours() {
    let mut world = World::new();
    let route = Route::Service { group: PBX, service: Sound::Echo };
    world.input(Input::Incoming {
        call_id: String::new(),
        session: session(1),
        route,
        from: Caller::default(),
        abilities: Abilities::default(),
        max_forwards: 70,
        headers: Headers::new(),
        offer: Bytes::new(),
    });
    world.logged(&["200", "A hears Echo"]);
    world.sip(1, SipInput::Confirmed { sdp: sdp() });
    assert_eq!(world.calls.len(), 1);
    world.sip(1, bye());
    assert!(world.calls.is_empty());
}

#[test]
fn an_offer_that_nobody_could_accept_does_not_ring() {
    for (offer, status) in [(GSM_OFFER, "reject 488"), (b"nonsense".as_slice(), "reject 400")] {
        let mut world = World::new();
        let route = Route::Line { group: PBX, line: LINE };
        let offer = Bytes::from_static(offer);
        world.input(Input::Incoming {
            call_id: String::new(),
            session: session(1),
            route,
            from: Caller::default(),
            abilities: Abilities::default(),
            max_forwards: 70,
            headers: Headers::new(),
            offer,
        });
        world.logged(&[status]);
        assert!(world.views.is_empty());
    }
}

#[test]
fn what_is_not_possible_changes_nothing() {
    let mut world = World::new();
    let call = world.incoming();
    world.log.clear();
    let make = |line, number: &str| Command::MakeCall { line, number: number.into(), sdp: "v=0".into() };
    for (command, cause) in [
        (make(LineId(9), "1"), CauseCode::UnknownLine),
        (make(LINE, " - "), CauseCode::InvalidNumber),
        (make(LINE, "a@b"), CauseCode::InvalidNumber),
        (Command::ClearConnection { call: CallId(99) }, CauseCode::UnknownCall),
        (Command::GenerateDigits { call, digits: "1".into() }, CauseCode::NotPossibleNow),
    ] {
        assert_eq!(world.command(DESK, command), Some(CommandResult::Error(cause)));
    }
    world.input(Input::LineAvailable { line: LINE, available: false });
    let refused = world.command(DESK, make(LINE, "1"));
    assert_eq!(refused, Some(CommandResult::Error(CauseCode::LineNotRegistered)));
    world.logged(&[]);
}

#[test]
fn stopping_ends_everything() {
    let mut world = World::new();
    world.dial("200");
    world.sip(101, answered(sdp()));
    world.incoming();
    world.log.clear();
    world.input(Input::Shutdown);
    world.log.sort();
    world.logged(&["hangup 101", "media closed", "media closed", "reject 503"]);
    assert!(world.calls.is_empty());
}

#[test]
fn an_overloaded_server_takes_no_new_call_and_keeps_those_it_has() {
    let mut world = World::new();
    world.dial("123");
    world.sip(101, answered(sdp()));
    world.log.clear();
    world.calls.set_overloaded(true);
    let make = Command::MakeCall { line: LINE, number: "456".into(), sdp: "v=0".into() };
    assert_eq!(world.command(LAPTOP, make), Some(CommandResult::Error(CauseCode::Overloaded)));
    world.incoming();
    world.logged(&["reject 503"]);
    world.sip(101, SipInput::Offer { sdp: sdp() });
    world.logged(&["200 to offer"]);
    world.calls.set_overloaded(false);
    world.incoming();
    assert!(!world.log.iter().any(|line| line.starts_with("reject")));
}
