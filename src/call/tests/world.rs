//! The machine with all that is around it, as tests play it.

use super::*;

pub(super) const LINE: LineId = LineId(0);
/// A line of Bob's alone.
pub(super) const OTHER_LINE: LineId = LineId(1);
pub(super) const PBX: LineGroupId = LineGroupId(0);
/// Another PBX, trusted as the first.
pub(super) const TRUSTED: LineGroupId = LineGroupId(1);
/// A provider that is not trusted.
pub(super) const STRANGER: LineGroupId = LineGroupId(2);
/// One whose calls are recorded.
pub(super) const RECORDED: LineGroupId = LineGroupId(3);
pub(super) const ALICE: UserId = UserId(0);
pub(super) const BOB: UserId = UserId(1);
pub(super) const DESK: ClientId = ClientId(1);
pub(super) const LAPTOP: ClientId = ClientId(2);
pub(super) const BOBS: ClientId = ClientId(3);

pub(super) const OFFER: &[u8] =
    b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";
pub(super) const GSM_OFFER: &[u8] =
    b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 3\r\n";

/// The machine with a media side that always agrees, and a memory of what was asked.
pub(super) struct World {
    pub(super) calls: Calls,
    pub(super) now: Instant,
    pub(super) codec: Codec,
    /// What the media side says of the next description, and the next answer.
    pub(super) held: bool,
    pub(super) log: Vec<String>,
    pub(super) views: Vec<(ClientId, CallView)>,
    pub(super) results: Vec<(ClientId, CommandResult)>,
    pub(super) legs: Vec<LegId>,
    /// The caller and the header fields of the last INVITE, header fields of the last answer.
    pub(super) invited: Option<(Option<Caller>, Headers)>,
    pub(super) answered: Headers,
    pub(super) ended: Vec<CallRecord>,
    pub(super) next_session: u64,
    /// What the sides of calls hear, where somebody is there.
    pub(super) sounds: BTreeMap<(CallId, usize), Sound>,
    /// What the ends of sessions can do that answer or call.
    pub(super) abilities: Abilities,
    /// Which way audio was to go by each offer within a session.
    pub(super) wanted: Vec<sdp::Direction>,
    /// What became of numbers.
    pub(super) translations: Vec<Translation>,
}

impl World {
    pub(super) fn new() -> World {
        World::with(|_| {})
    }

    /// With something else in the directory.
    pub(super) fn with(change: impl FnOnce(&mut Directory)) -> World {
        let line = LineEntry {
            group: PBX,
            number: "200".into(),
            known: None,
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
        let mut directory = Directory { lines: vec![line, other], groups, music_on_hold: true, ..Directory::default() };
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
            translations: Vec::new(),
        };
        for line in [LINE, OTHER_LINE] {
            world.input(Input::LineAvailable { line, available: true });
        }
        for (client, user) in [(DESK, ALICE), (LAPTOP, ALICE), (BOBS, BOB)] {
            world.input(Input::ClientArrived { client, user, place: None });
        }
        world
    }

    pub(super) fn input(&mut self, input: Input) {
        self.calls.handle(input, self.now);
        self.drain();
    }

    pub(super) fn drain(&mut self) {
        while let Some(effect) = self.calls.poll_effect() {
            match effect {
                Effect::Sip(effect) => self.sip_effect(effect),
                Effect::Media { call, effect } => self.media_effect(call, effect),
                Effect::Reply { client, result, .. } => self.results.push((client, result)),
                Effect::CallChanged { client, call } => self.views.push((client, *call)),
                Effect::LineSettings { line, .. } => self.log.push(format!("settings of {line}")),
                Effect::LineCalls { line } => self.log.push(format!("calls of {line}")),
                Effect::Ended(record) | Effect::NotBegun(record) => self.ended.push(*record),
                Effect::Translated(translation) => self.translations.push(*translation),
                Effect::Digit { client, digit, .. } => self.log.push(format!("digit {digit} for {client}")),
            }
        }
    }

    pub(super) fn sip_effect(&mut self, effect: SipEffect) {
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

    pub(super) fn media_effect(&mut self, call: CallId, effect: MediaEffect) {
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
                (side, MediaInput::Accepted { codec: self.codec, held: self.held })
            }
            MediaEffect::AcceptAnswer { side, .. } => {
                (side, MediaInput::Accepted { codec: self.codec, held: self.held })
            }
            MediaEffect::Play { side, sound } => {
                self.sounds.insert((call, side as usize), sound);
                return self.log.push(format!("{side:?} hears {sound:?}"));
            }
            MediaEffect::Digits { side, digits, .. } => return self.log.push(format!("digits {digits} to {side:?}")),
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

    pub(super) fn command(&mut self, client: ClientId, command: Command) -> Option<CommandResult> {
        self.results.clear();
        self.input(Input::Command { client, request: 1, command });
        self.results.iter().find(|(to, _)| *to == client).map(|(_, result)| result.clone())
    }

    pub(super) fn dial(&mut self, number: &str) -> CallId {
        let command = Command::MakeCall { line: LINE, number: number.into(), sdp: "v=0".into() };
        match self.command(DESK, command) {
            Some(CommandResult::Media { call, .. }) => call,
            other => panic!("{other:?}"),
        }
    }

    /// What side A and side B of a call hear.
    pub(super) fn hears(&self, call: CallId) -> [Option<Sound>; 2] {
        [0, 1].map(|side| self.sounds.get(&(call, side)).copied())
    }

    /// A call that Alice has made at her desk and that is answered, as the next session.
    pub(super) fn talking_to(&mut self, number: &str) -> CallId {
        let call = self.dial(number);
        self.answer_last();
        self.input(Input::Media { call, side: Side::A, event: MediaInput::Connected });
        self.log.clear();
        call
    }

    /// Whoever was called last answers.
    pub(super) fn answer_last(&mut self) {
        let abilities = self.abilities;
        self.sip(self.next_session, SipInput::Answered { abilities, sdp: sdp(), headers: Headers::new() });
    }

    /// A call that came in as this session and that Alice has taken at her desk.
    pub(super) fn taken(&mut self, session: u64) -> CallId {
        let call = self.incoming_as(session);
        let answer = Command::AnswerCall { call, sdp: "v=0".into() };
        assert!(matches!(self.command(DESK, answer), Some(CommandResult::Media { .. })));
        self.input(Input::Media { call, side: Side::B, event: MediaInput::Connected });
        self.log.clear();
        call
    }

    pub(super) fn done(&mut self, command: Command) {
        assert_eq!(self.command(DESK, command.clone()), Some(CommandResult::Ok), "{command:?}");
    }

    pub(super) fn refused(&mut self, command: Command, cause: CauseCode) {
        let before = self.log.len();
        assert_eq!(self.command(DESK, command.clone()), Some(CommandResult::Error(cause)), "{command:?}");
        assert_eq!(self.log.len(), before, "{command:?} changed something");
    }

    /// Alice's own state and the other side's, as she sees them at her desk.
    pub(super) fn states(&self, call: CallId) -> (ConnectionState, ConnectionState) {
        let view = self.view(call);
        (view.state, view.remote_state)
    }

    /// The call as Alice's desk was last shown it.
    pub(super) fn view(&self, call: CallId) -> &CallView {
        let views = self.views.iter().rev();
        views.filter(|(to, view)| *to == DESK && view.id == call).map(|(_, view)| view).next().expect("a view")
    }

    pub(super) fn wait(&mut self) {
        self.now = self.calls.poll_timeout().unwrap();
        self.calls.handle_timeout(self.now);
        self.drain();
    }

    pub(super) fn incoming(&mut self) -> CallId {
        self.incoming_as(1)
    }

    pub(super) fn incoming_as(&mut self, session_number: u64) -> CallId {
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

    pub(super) fn sip(&mut self, session_number: u64, event: SipInput) {
        self.input(Input::Sip { session: session(session_number), event });
    }

    pub(super) fn last_view(&self, client: ClientId) -> &CallView {
        self.views.iter().rev().find(|(to, _)| *to == client).map(|(_, view)| view).expect("a view for the client")
    }

    pub(super) fn logged(&mut self, expected: &[&str]) {
        assert_eq!(std::mem::take(&mut self.log), expected);
    }
}

pub(super) fn session(number: u64) -> SessionId {
    SessionId::from_raw(number)
}

pub(super) fn progress(status: u16, sdp: Option<Bytes>) -> SipInput {
    SipInput::Progress { status, sdp, fork: 0, headers: Headers::new() }
}

pub(super) fn answered(sdp: Option<Bytes>) -> SipInput {
    SipInput::Answered { abilities: Abilities::default(), sdp, headers: Headers::new() }
}

pub(super) fn rejected(status: u16) -> SipInput {
    SipInput::Rejected { status, reason: String::new(), from_network: true, redirect: None }
}

pub(super) fn bye() -> SipInput {
    SipInput::Ended { broken: false, reason: None }
}

pub(super) fn sdp() -> Option<Bytes> {
    Some(Bytes::from_static(b"v=0"))
}
