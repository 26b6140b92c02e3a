//! Notes what happens while the server runs, so that a failure can be looked at afterwards: the last minutes of
//! signalling of every call, line and line group, in memory.
//!
//! Pure, and cheap: a record costs a reference to octets that are there anyway and a look at the Call-ID. Everything is
//! bounded: a call, a line and a line group keep so many records, calls that are over stay for so long, all together
//! take so many octets. What somebody wants to see is cloned as a [`Recording`] and put into words elsewhere.

mod build;
mod extract;
mod limits;
mod names;
mod past;
mod secrets;
mod sniff;
mod story;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::{Duration, Instant};

use bytes::{Buf, Bytes};
use offhook_media::LegStats;
use rustc_hash::FxHashMap;

pub use self::extract::Extract;
pub use self::limits::Limits;
pub use self::names::{GroupNames, LineNames, Names};
use self::past::Past;
use self::sniff::Sniffed;
pub use self::story::Recording;
use self::story::Story;
use super::influence::{Influence, Standing};
use super::record::{Place, Record, Sink, SipRecord, What};
use super::trace::{FailureKind, MediaEvent, TraceTransport};
use crate::call::cause::CauseCode;
use crate::call::record::{CallRecord, Party};
use crate::call::step::Step;
use crate::ids::{CallId, LineGroupId, LineId};

/// Call-IDs of one call; who transfers it again and again gets no more.
const MAX_CALL_IDS: usize = 32;
/// Calls that share one Call-ID: the branches of a fork.
const MAX_BRANCHES: usize = 8;
/// Calls that wait to be judged; more are not.
const MAX_DUE: usize = 1_024;
/// Longest Call-ID that is followed.
const MAX_CALL_ID: usize = 512;
/// A conversation that people would judge worse than this is worth a look (mean opinion score).
const POOR: f32 = 3.6;

/// Where a SIP message belongs that no call is known for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner {
    /// The line group at the other side's address.
    pub group: Option<LineGroupId>,
    /// The line that registers.
    pub line: Option<LineId>,
}

/// Notes what happens.
#[derive(Debug)]
pub struct Recorder {
    limits: Limits,
    clock: Clock,
    stories: FxHashMap<u64, Box<Story>>,
    last_story: u64,
    by_call: FxHashMap<CallId, u64>,
    /// Strangers choose these.
    by_call_id: HashMap<Box<str>, Vec<Branch>>,
    lines: FxHashMap<LineId, Story>,
    groups: FxHashMap<LineGroupId, Story>,
    /// Of what each of them has: when the oldest happened.
    outside: BTreeSet<(Duration, Owner)>,
    octets_outside: usize,
    /// Octets of all calls.
    octets: usize,
    /// Stories that are over, as they ended, for each that they belong to.
    over: FxHashMap<Owner, Shelf>,
    /// All of them by when they ended.
    order: BTreeSet<(Duration, u64)>,
    /// Stories that are to be judged.
    due: VecDeque<(Instant, u64)>,
    past: Past,
    last_step: Option<Step>,
    last_at: Duration,
    sink: Option<Box<dyn Sink>>,
    /// What the sink gets when it is known where it belongs.
    untold: Vec<Untold>,
    /// Calls whose owner is known or another one, as long as the sink wants anything.
    settled: Vec<CallId>,
}

/// What the sink gets when it is known where it belongs.
#[derive(Debug)]
enum Untold {
    Record(Record),
    Influence {
        at: Duration,
        /// The calls that it is about, or has changed.
        calls: Vec<CallId>,
        owner: Owner,
        influence: Influence,
    },
}

/// A story that a Call-ID belongs to, and who it is there for.
#[derive(Debug, Clone, Copy, Default)]
struct Branch {
    story: u64,
    owner: Owner,
}

/// What is over of one owner.
#[derive(Debug, Default)]
struct Shelf {
    stories: VecDeque<u64>,
    octets: usize,
}

/// A moment of both clocks, to turn one into the other.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    /// The one.
    pub instant: Instant,
    /// The other: since 1970-01-01 UTC.
    pub unix: Duration,
}

impl Clock {
    /// A moment of the one as one of the other.
    pub fn unix(&self, at: Instant) -> Duration {
        match at.checked_duration_since(self.instant) {
            Some(later) => self.unix + later,
            None => self.unix.saturating_sub(self.instant.duration_since(at)),
        }
    }
}

/// A message that stays: a slice of a stream would keep what was read with it.
fn kept(message: SipRecord) -> SipRecord {
    if message.sent || message.transport == TraceTransport::Udp {
        return message;
    }
    SipRecord { bytes: Bytes::copy_from_slice(&message.bytes), ..message }
}

impl Recorder {
    /// Nothing noted yet.
    pub fn new(limits: Limits, clock: Clock) -> Recorder {
        Recorder {
            limits,
            clock,
            stories: FxHashMap::default(),
            last_story: 0,
            by_call: FxHashMap::default(),
            by_call_id: HashMap::new(),
            lines: FxHashMap::default(),
            groups: FxHashMap::default(),
            outside: BTreeSet::new(),
            octets_outside: 0,
            octets: 0,
            over: FxHashMap::default(),
            order: BTreeSet::new(),
            due: VecDeque::new(),
            past: Past::default(),
            last_step: None,
            last_at: Duration::ZERO,
            sink: None,
            untold: Vec::new(),
            settled: Vec::new(),
        }
    }

    /// Sends every record on from now on, too.
    pub fn set_sink(&mut self, sink: Option<Box<dyn Sink>>) {
        self.sink = sink;
    }

    /// A SIP message came or went. `owner` is asked where its Call-ID is not known: with the user of To where it is a
    /// REGISTER. An INVITE that is expected begins a story of its own until a call takes it ([`Recorder::belongs`]).
    pub fn sip(
        &mut self,
        mut message: SipRecord,
        expected: bool,
        now: Instant,
        owner: impl FnOnce(Option<&str>) -> Owner,
    ) {
        let at = self.stamp(now);
        // Empty lines before the first one are no part of the message (RFC 3261 7.5).
        let empty = message.bytes.iter().take_while(|&&octet| matches!(octet, b'\r' | b'\n')).count();
        message.bytes.advance(empty);
        let sniffed = Sniffed::read(&message.bytes).filter(|sniffed| sniffed.call_id.len() <= MAX_CALL_ID);
        let Some(sniffed) = sniffed else { return };
        let branches = self.by_call_id.get(sniffed.call_id).map(|branches| match branches[..] {
            [only] => (only, Vec::new()),
            [first, ref others @ ..] => (first, others.to_vec()),
            [] => (Branch::default(), Vec::new()),
        });
        if let Some((first, others)) = branches {
            let failure = sniffed.is_failure();
            for branch in others.iter().chain([&first]) {
                if let Some(story) = self.stories.get(&branch.story) {
                    message.bytes = story.secrets.masked(message.bytes);
                }
            }
            let record = Record { at, group: None, line: None, call: None, what: What::Sip(kept(message)) };
            self.tell(&record);
            for other in others {
                self.add_branch(other, record.clone(), failure);
            }
            self.add_branch(first, record, failure);
            return self.bound(at);
        }
        if !expected {
            return;
        }
        let owner = owner(sniffed.user_of_to().filter(|_| sniffed.is_of_register()));
        let invite = (sniffed.is("INVITE") && !message.sent).then(|| sniffed.call_id.to_owned());
        let Owner { group, line } = owner;
        let record = Record { at, group, line, call: None, what: What::Sip(kept(message)) };
        self.tell(&record);
        match invite {
            Some(call_id) => {
                let story = self.begin(at);
                if let Some(story) = self.stories.get_mut(&story) {
                    story.owner = Some(owner);
                }
                self.follow(&call_id, story, owner);
                self.add(story, record);
                // Until a call takes it, it may go.
                self.shelve(story, at);
            }
            None => self.add_outside(record),
        }
        self.bound(at);
    }

    /// A Call-ID belongs to a call from now on; what has been noted of it goes along. `owner` is who it is there for.
    pub fn belongs(&mut self, call_id: &str, call: CallId, owner: Owner, now: Instant) {
        if call_id.len() > MAX_CALL_ID {
            return;
        }
        let known = self.by_call_id.get(call_id).and_then(|branches| branches.last()).map(|branch| branch.story);
        let own = self.by_call.get(&call).copied();
        let at = self.clock.unix(now);
        let story = match (known, own) {
            (Some(known), Some(own)) if known == own => own,
            // Nobody's yet: it becomes the call's.
            (Some(known), None) if self.stories.get(&known).is_some_and(|story| story.call.is_none()) => known,
            (known, own) => {
                let own = own.unwrap_or_else(|| self.begin(at));
                // Another branch of a fork, or somebody who comes into the call: its INVITE is in the other story.
                for record in self.take_invite(known) {
                    self.add(own, record);
                }
                own
            }
        };
        self.follow(call_id, story, owner);
        self.by_call.insert(call, story);
        if self.is_listening() {
            self.settled.push(call);
        }
        self.unshelve(story);
        if let Some(story) = self.stories.get_mut(&story) {
            story.call = Some(call);
            story.owner = Some(story.owner.filter(|known| known.line.is_some()).unwrap_or(owner));
            story.add_owner(owner);
            for record in &mut story.records {
                record.call = Some(call);
                record.group = record.group.or(owner.group);
                record.line = record.line.or(owner.line);
            }
        }
    }

    /// A call begins, with whoever it is there for.
    pub fn begins(&mut self, call: CallId, owner: Owner, now: Instant) {
        if self.by_call.contains_key(&call) {
            return;
        }
        let story = self.begin(self.clock.unix(now));
        self.by_call.insert(call, story);
        if let Some(story) = self.stories.get_mut(&story) {
            (story.call, story.owner) = (Some(call), Some(owner));
            story.add_owner(owner);
        }
    }

    /// A call has got somebody of another one: messages of both are told of both from now on.
    pub fn joined(&mut self, call: CallId, from: CallId) {
        let story = |call| self.by_call.get(&call).copied();
        let (Some(to), Some(from)) = (story(call), story(from)) else { return };
        self.share_secrets(from, to);
        let Some(from) = self.stories.get(&from) else { return };
        let owner = from.owner.unwrap_or_default();
        for call_id in from.call_ids.clone() {
            self.follow(&call_id, to, owner);
        }
    }

    /// A step of a call.
    pub fn step(&mut self, step: Step) {
        let (call, at) = (step.call, step.at);
        if step.before.is_none() {
            self.begins(call, Owner::default(), at);
        }
        if let Some(last) = self.last_step.replace(step)
            && (last.at, last.trigger) == (at, step.trigger)
            && !step.trigger.is_everybodys()
        {
            self.relate(last.call, call);
        }
        self.note(call, What::Step(Box::new(step)), at);
    }

    /// Something about the audio of a call.
    pub fn media(&mut self, call: CallId, party: Party, event: MediaEvent, detail: Option<&str>, now: Instant) {
        use MediaEvent::{Agreed, Connected, OtherSource, Secured};
        if let Some(story) = self.by_call.get(&call).and_then(|story| self.stories.get_mut(story)) {
            story.trouble |= !matches!(event, Agreed | Connected | OtherSource | Secured);
        }
        self.note(call, What::Media { party, event, detail: detail.map(Into::into) }, now);
    }

    /// Whether somebody wants to know what calls are decided by.
    pub fn is_listening(&self) -> bool {
        self.sink.as_ref().is_some_and(|sink| sink.is_open())
    }

    /// How all lines and clients stand; to be said whenever something else is captured.
    pub fn stand(&mut self, standing: Standing, now: Instant) {
        let at = self.clock.unix(now);
        if let Some(sink) = self.sink.as_mut().filter(|sink| sink.is_open()) {
            sink.stand(at, standing);
        }
    }

    /// Something else of a call that is known.
    pub fn note(&mut self, call: CallId, what: What, at: Instant) {
        let at = match what {
            // It is noted later, and for each call by itself.
            What::Client(_) => self.clock.unix(at),
            _ => self.stamp(at),
        };
        let Some(&id) = self.by_call.get(&call) else { return };
        let Some(Story { owner, .. }) = self.stories.get(&id).map(|story| &**story) else { return };
        let Owner { group, line } = owner.unwrap_or_default();
        let record = Record { at, group, line, call: Some(call), what };
        self.tell(&record);
        self.add(id, record);
        self.bound(at);
    }

    /// Nothing can be sent to a line group's PBX, or to a place. Calls that have sent something there have it in their
    /// recordings.
    pub fn failure(&mut self, to: Option<Place>, why: FailureKind, detail: &str, owner: Owner, now: Instant) {
        let Owner { group, line } = owner;
        let what = What::Failure { to, why, detail: detail.into() };
        let record = Record { at: self.stamp(now), group, line, call: None, what };
        self.tell(&record);
        self.add_outside(record);
    }

    /// A call is over.
    pub fn ended(&mut self, record: &CallRecord, now: Instant) {
        let Some(&id) = self.by_call.get(&record.id) else { return };
        let at = self.clock.unix(now);
        let Some(story) = self.stories.get_mut(&id) else { return };
        let as_usual = |code| matches!(code, CauseCode::NormalClearing | CauseCode::Transferred);
        story.trouble |= record.connected.is_none() || !record.cause.as_ref().is_some_and(|cause| as_usual(cause.code));
        story.outcome = Some(record.clone());
        self.shelve(id, at);
        self.due_later(id, now);
    }

    /// The last figures of a call's legs.
    pub fn figures(&mut self, call: CallId, legs: [Option<LegStats>; 2], now: Instant) {
        let Some(&id) = self.by_call.get(&call) else { return };
        let Some(story) = self.stories.get_mut(&id) else { return };
        let poor = |stats: &LegStats| {
            let scores = [stats.quality, stats.quality_remote].into_iter().flatten();
            scores.into_iter().any(|quality| quality.conversational < POOR)
        };
        let was = story.trouble;
        story.legs = legs;
        story.trouble |= legs.iter().flatten().any(poor);
        if story.trouble && !was && story.outcome.is_some() {
            self.due_later(id, now);
        }
    }

    /// An INVITE that no call came of was refused; `owner` is who it was for, where that is known.
    pub fn refused(&mut self, call_id: &str, owner: Option<Owner>, now: Instant) {
        let known = self.by_call_id.get(call_id).and_then(|branches| branches.last()).map(|branch| branch.story);
        let Some(id) = known else { return };
        let Some(story) = self.stories.get_mut(&id).filter(|story| story.call.is_none()) else { return };
        story.trouble = true;
        if let Some(owner) = owner {
            story.owner = Some(owner);
            let branches = self.by_call_id.get_mut(call_id).into_iter().flatten();
            branches.filter(|branch| branch.story == id).for_each(|branch| branch.owner = owner);
        }
        self.shelve(id, self.clock.unix(now));
        self.due_later(id, now);
    }

    /// When [`Recorder::poll_finished`] has something.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.due.front().map(|&(at, _)| at)
    }

    /// The next call that is over and worth a look: it failed, or something was odd.
    pub fn poll_finished(&mut self, now: Instant) -> Option<Recording> {
        while let Some(&(at, story)) = self.due.front() {
            if at > now {
                return None;
            }
            self.due.pop_front();
            if let Some(recording) = self.stories.get(&story).map(|story| self.recording(story)) {
                return Some(recording);
            }
        }
        None
    }

    /// The clock of all times that are noted.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// Who a call is there for, as far as it is known: a gateway's for the line group it came by, and that it left by.
    pub fn owners(&self, call: CallId) -> &[Owner] {
        let story = self.by_call.get(&call).and_then(|story| self.stories.get(story));
        story.map_or(&[], |story| &story.owners)
    }

    /// A call whose owner has become known while the sink wanted something. To be asked for until there is none.
    pub fn poll_settled(&mut self) -> Option<CallId> {
        self.settled.pop()
    }

    /// All that is known of a call.
    pub fn call(&self, call: CallId) -> Option<Recording> {
        self.stories.get(self.by_call.get(&call)?).map(|story| self.recording(story))
    }

    /// All that is known of an INVITE that no call came of, by its Call-ID.
    pub fn stray(&self, call_id: &str) -> Option<Recording> {
        let branch = self.by_call_id.get(call_id)?.last()?;
        self.stories.get(&branch.story).map(|story| self.recording(story))
    }

    /// What happened to a line of a group: its calls, its registration, and what concerned the whole group.
    pub fn line(&self, line: LineId, group: LineGroupId) -> Recording {
        let calls = self.stories.values().map(|story| &**story).filter(|story| story.is_of(line));
        let rest = self.lines.get(&line).into_iter().chain(self.groups.get(&group));
        Recording::of_line(line, group, calls.chain(rest), self.limits.records, self.clock)
    }

    /// Whether a call is known by this name, and when it began.
    pub fn began(&self, id: &str) -> Option<Duration> {
        let story = self.story_named(id)?;
        self.stories.get(&story).map(|story| story.began)
    }

    /// Gives the sink what it has not got yet. To be called when it is settled where messages belong: all that one
    /// input led to has been noted.
    pub fn flush(&mut self) {
        if self.untold.is_empty() {
            return;
        }
        let Some(sink) = &mut self.sink else { return self.untold.clear() };
        for untold in self.untold.drain(..) {
            let mut record = match untold {
                Untold::Record(record) => record,
                Untold::Influence { at, calls, owner, influence } => {
                    let of_call = |&call: &CallId| {
                        let story = self.by_call.get(&call).and_then(|story| self.stories.get(story));
                        let first = story.and_then(|story| story.owner).unwrap_or(owner);
                        let others = story.map_or(&[][..], |story| &story.owners);
                        [first].into_iter().chain(others.iter().copied()).map(move |owner| (Some(call), owner))
                    };
                    let mut places = calls.iter().flat_map(of_call).chain([(None, owner)]);
                    let wanted = places.find(|&(call, owner)| sink.wants(call, owner));
                    let everybodys = (!influence.is_of_calls()).then_some((None, owner));
                    if let Some((call, owner)) = everybodys.or(wanted) {
                        sink.influence(at, call, owner, influence);
                    }
                    continue;
                }
            };
            let wanted = if let What::Sip(sip) = &record.what
                && let Some(sniffed) = Sniffed::read(&sip.bytes)
                && let Some(branches) = self.by_call_id.get(sniffed.call_id)
            {
                let (before, begins) = ((record.group, record.line), !sip.sent && sniffed.begins());
                // The latest that is wanted; an INVITE that begins a branch is that one's alone.
                branches.iter().rev().take(if begins { 1 } else { MAX_BRANCHES }).any(|branch| {
                    record.call = self.stories.get(&branch.story).and_then(|story| story.call);
                    record.group = branch.owner.group.or(before.0);
                    record.line = branch.owner.line.or(before.1);
                    sink.wants(record.call, Owner { group: record.group, line: record.line })
                })
            } else {
                let story = record.call.and_then(|call| self.stories.get(self.by_call.get(&call)?));
                if record.group.is_none()
                    && let Some(owner) = story.and_then(|story| story.owner)
                {
                    // A call that a client begins gets its line group with its first INVITE.
                    (record.group, record.line) = (owner.group, owner.line.or(record.line));
                }
                // What happens to a call happens to all that it is there for.
                let mut others = story.map_or(&[][..], |story| &story.owners).iter();
                sink.wants(record.call, Owner { group: record.group, line: record.line })
                    || others.any(|&owner| {
                        (record.group, record.line) = (owner.group, owner.line);
                        sink.wants(record.call, owner)
                    })
            };
            if wanted {
                sink.take(record);
            }
        }
    }

    /// When something happens, since 1970-01-01 UTC: each thing a little later than the one before, so that times tell in
    /// which order they did.
    fn stamp(&mut self, now: Instant) -> Duration {
        self.last_at = self.clock.unix(now).max(self.last_at + Duration::from_nanos(1));
        self.last_at
    }

    fn recording(&self, story: &Story) -> Recording {
        let until = story.ended.unwrap_or(Duration::MAX);
        let failures = self.groups.values().flat_map(|group| group.between(story.began, until));
        story.recording(failures, self.clock)
    }

    fn tell(&mut self, record: &Record) {
        if self.is_listening() {
            self.untold.push(Untold::Record(record.clone()));
        }
    }

    fn begin(&mut self, at: Duration) -> u64 {
        self.last_story += 1;
        let story = Story::new(at);
        self.octets += story.octets;
        self.stories.insert(self.last_story, Box::new(story));
        self.last_story
    }

    /// Messages with this Call-ID belong to this story from now on, too.
    fn follow(&mut self, call_id: &str, id: u64, owner: Owner) {
        let Some(story) = self.stories.get_mut(&id) else { return };
        if !story.call_ids.iter().any(|known| &**known == call_id) {
            if story.call_ids.len() >= MAX_CALL_IDS {
                return;
            }
            story.call_ids.push(call_id.into());
        }
        let branches = self.by_call_id.entry(call_id.into()).or_default();
        let count = branches.len();
        match branches.iter_mut().find(|branch| branch.story == id) {
            Some(branch) => branch.owner = owner,
            None if count < MAX_BRANCHES => branches.push(Branch { story: id, owner }),
            None => {}
        }
    }

    fn add_branch(&mut self, branch: Branch, record: Record, failure: bool) {
        let Branch { story, owner: Owner { group, line } } = branch;
        let Some(entry) = self.stories.get_mut(&story) else { return };
        entry.trouble |= failure;
        let call = entry.call;
        self.add(story, Record { group, line, call, ..record });
    }

    fn add(&mut self, id: u64, record: Record) {
        let Some(story) = self.stories.get_mut(&id) else { return };
        let before = story.octets;
        story.add(record, &self.limits);
        let after = story.octets;
        self.octets = (self.octets + after).saturating_sub(before);
        if let Some(shelf) = story.shelved.and_then(|shelf| self.over.get_mut(&shelf)) {
            shelf.octets = (shelf.octets + after).saturating_sub(before);
        }
    }

    /// What belongs to no call: to a line, or to a whole line group.
    fn add_outside(&mut self, record: Record) {
        let at = record.at;
        let owner = Owner { group: record.group.filter(|_| record.line.is_none()), line: record.line };
        if owner == Owner::default() {
            return;
        }
        let limits = self.limits;
        self.with_outside(owner, |story| story.add(record, &limits));
        while let Some(&(oldest, owner)) = self.outside.first()
            && (self.octets_outside > limits.octets_outside || oldest + limits.kept_for < at)
        {
            self.with_outside(owner, |story| story.drop_until(oldest));
        }
    }

    fn with_outside(&mut self, owner: Owner, change: impl FnOnce(&mut Story)) {
        let began = || Story::new(Duration::ZERO);
        let story = match (owner.line, owner.group) {
            (Some(line), _) => self.lines.entry(line).or_insert_with(began),
            (None, Some(group)) => self.groups.entry(group).or_insert_with(began),
            (None, None) => return,
        };
        let oldest = |story: &Story| story.records.front().map(|record| (record.at, owner));
        let (before, was) = (story.octets, oldest(story));
        change(story);
        self.octets_outside = (self.octets_outside + story.octets).saturating_sub(before);
        let is = oldest(story);
        if was != is {
            if let Some(was) = was {
                self.outside.remove(&was);
            }
            self.outside.extend(is);
        }
    }

    /// A story is over: it may go when there is no room.
    fn shelve(&mut self, id: u64, at: Duration) {
        let Some(story) = self.stories.get_mut(&id) else { return };
        let owner = story.owner.unwrap_or_default();
        let shelf = Owner { group: owner.group.filter(|_| owner.line.is_none()), line: owner.line };
        if let Some(before) = story.ended.replace(at) {
            self.order.remove(&(before, id));
        }
        self.order.insert((at, id));
        if story.shelved.is_some() {
            return;
        }
        story.shelved = Some(shelf);
        let entry = self.over.entry(shelf).or_default();
        entry.stories.push_back(id);
        entry.octets += story.octets;
        while let Some(entry) = self.over.get(&shelf).filter(|entry| entry.octets > self.limits.octets_each)
            && let Some(&oldest) = entry.stories.front()
        {
            self.forget(oldest);
        }
    }

    /// A story goes on: it stays.
    fn unshelve(&mut self, id: u64) {
        let Some(story) = self.stories.get_mut(&id) else { return };
        if let Some(ended) = story.ended.take() {
            self.order.remove(&(ended, id));
        }
        let (Some(shelf), octets) = (story.shelved.take(), story.octets) else { return };
        self.take_down(id, shelf, octets);
    }

    fn take_down(&mut self, id: u64, shelf: Owner, octets: usize) {
        let Some(entry) = self.over.get_mut(&shelf) else { return };
        entry.octets = entry.octets.saturating_sub(octets);
        match (entry.stories.front() == Some(&id), entry.stories.back() == Some(&id)) {
            (true, _) => drop(entry.stories.pop_front()),
            (_, true) => drop(entry.stories.pop_back()),
            (false, false) => entry.stories.retain(|&other| other != id),
        }
        if entry.stories.is_empty() {
            self.over.remove(&shelf);
        }
    }

    fn due_later(&mut self, id: u64, now: Instant) {
        let trouble = self.stories.get(&id).is_some_and(|story| story.trouble);
        if trouble && self.due.len() < MAX_DUE {
            self.due.push_back((now + self.limits.judged_after, id));
        }
    }

    /// Forgets what is too old, or too much.
    fn bound(&mut self, now: Duration) {
        while let Some(&(ended, id)) = self.order.first()
            && (self.octets > self.limits.octets || ended + self.limits.kept_for <= now)
        {
            self.forget(id);
        }
    }

    /// Takes the latest INVITE that came, and what followed it, out of a story; one that no call has taken goes then.
    fn take_invite(&mut self, id: Option<u64>) -> Vec<Record> {
        let Some((id, story)) = id.and_then(|id| Some((id, self.stories.get_mut(&id)?))) else { return Vec::new() };
        let before = story.octets;
        let taken = story.take_invite();
        self.octets = (self.octets + story.octets).saturating_sub(before);
        if story.call.is_none() {
            self.forget(id);
        }
        taken
    }

    fn forget(&mut self, id: u64) {
        let Some(story) = self.stories.remove(&id) else { return };
        self.octets = self.octets.saturating_sub(story.octets);
        if let Some(ended) = story.ended {
            self.order.remove(&(ended, id));
        }
        if let Some(call) = story.call {
            self.by_call.remove(&call);
        }
        for call_id in &story.call_ids {
            if let Some(branches) = self.by_call_id.get_mut(call_id) {
                branches.retain(|branch| branch.story != id);
                if branches.is_empty() {
                    self.by_call_id.remove(call_id);
                }
            }
        }
        if let Some(shelf) = story.shelved {
            self.take_down(id, shelf, story.octets);
        }
    }
}
