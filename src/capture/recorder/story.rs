//! What is noted of one call, and what is handed out of it.

use std::collections::VecDeque;
use std::time::Duration;

use offhook_media::LegStats;

use super::secrets::Secrets;
use super::{Clock, Limits, Owner};
use crate::call::record::{CallRecord, Number};
use crate::call::settings::LineSettings;
use crate::capture::record::{Record, What};
use crate::ids::{CallId, LineGroupId, LineId};

/// Line groups and lines that a call is there for; a fork to more is noted for the first.
const MAX_OWNERS: usize = 16;

/// What is noted of one call; or of one line or line group beside its calls.
#[derive(Debug)]
pub(super) struct Story {
    pub(super) call: Option<CallId>,
    pub(super) call_ids: Vec<Box<str>>,
    pub(super) records: VecDeque<Record>,
    /// About what it takes.
    pub(super) octets: usize,
    pub(super) dropped: u32,
    pub(super) owner: Option<Owner>,
    /// All that it is there for: the one it came for, and those it was sent to.
    pub(super) owners: Vec<Owner>,
    /// Stories that the same was asked for or done of as of this.
    pub(super) related: Vec<u64>,
    /// Where it stands among those that are over.
    pub(super) shelved: Option<Owner>,
    pub(super) began: Duration,
    pub(super) ended: Option<Duration>,
    pub(super) outcome: Option<CallRecord>,
    pub(super) legs: [Option<LegStats>; 2],
    /// Something in it is not as it should be, perhaps.
    pub(super) trouble: bool,
    /// What its messages are kept without.
    pub(super) secrets: Secrets,
}

/// What is known of a call, or of a line. Cloned: nothing in it changes any more.
#[derive(Debug, Clone)]
pub struct Recording {
    /// The call, where it became one.
    pub call: Option<CallId>,
    /// Turns moments of the rest into times.
    pub clock: Clock,
    /// Call-ID of its first message, where it has one.
    pub call_id: Option<Box<str>>,
    /// Line group that it came by or left by.
    pub group: Option<LineGroupId>,
    /// The line that it is on.
    pub line: Option<LineId>,
    /// When the first of it happened, since 1970-01-01 UTC.
    pub began: Duration,
    /// When it ended.
    pub ended: Option<Duration>,
    /// What the call machine says of it: as it is, or was in the end.
    pub record: Option<CallRecord>,
    /// What the users of the line have set.
    pub settings: Option<LineSettings>,
    /// The figures of its legs in the end.
    pub legs: [Option<LegStats>; 2],
    /// What happened, in order.
    pub records: Vec<Record>,
    /// Records that were dropped because a call keeps only so many.
    pub dropped: u32,
}

impl Story {
    pub(super) fn new(began: Duration) -> Story {
        Story {
            call: None,
            call_ids: Vec::new(),
            records: VecDeque::new(),
            octets: size_of::<Story>(),
            dropped: 0,
            owner: None,
            owners: Vec::new(),
            related: Vec::new(),
            shelved: None,
            began,
            ended: None,
            outcome: None,
            legs: [None, None],
            trouble: false,
            secrets: Secrets::default(),
        }
    }

    /// It is there for this one, too.
    pub(super) fn add_owner(&mut self, owner: Owner) {
        if owner != Owner::default() && !self.owners.contains(&owner) && self.owners.len() < MAX_OWNERS {
            self.owners.push(owner);
        }
    }

    /// Adds what happened last. Where there is too much, what lies between the beginning and the end goes.
    pub(super) fn add(&mut self, record: Record, limits: &Limits) {
        self.octets += record.size();
        self.records.push_back(record);
        while self.records.len() > limits.records || self.octets > limits.octets_of_one && self.records.len() > 1 {
            let dropped = self.records.remove(self.records.len() / 2);
            self.octets -= dropped.map_or(0, |record| record.size());
            self.dropped = self.dropped.saturating_add(1);
        }
    }

    /// Takes the oldest away, as far as it is not younger than this.
    pub(super) fn drop_until(&mut self, at: Duration) {
        while self.records.front().is_some_and(|record| record.at <= at) {
            self.octets -= self.records.pop_front().map_or(0, |record| record.size());
        }
    }

    /// Takes the latest INVITE that came out, with what followed it.
    pub(super) fn take_invite(&mut self) -> Vec<Record> {
        let is_invite =
            |record: &Record| matches!(&record.what, What::Sip(sip) if !sip.sent && sip.bytes.starts_with(b"INVITE "));
        let Some(place) = self.records.iter().rposition(is_invite) else { return Vec::new() };
        let taken: Vec<Record> = self.records.drain(place..).collect();
        self.octets -= taken.iter().map(Record::size).sum::<usize>();
        taken
    }

    /// Whether a line has a part in it.
    pub(super) fn is_of(&self, line: LineId) -> bool {
        let named = |number: &Number| *number == Number::Line(line);
        self.owner.is_some_and(|owner| owner.line == Some(line))
            || self.outcome.as_ref().is_some_and(|record| named(&record.caller) || named(&record.called))
            || self.records.iter().any(|record| record.line == Some(line))
    }

    /// What happened from one time to another.
    pub(super) fn between(&self, from: Duration, until: Duration) -> impl Iterator<Item = &Record> {
        let begin = self.records.partition_point(|record| record.at < from);
        self.records.range(begin..).take_while(move |record| record.at <= until)
    }

    /// A copy, with the failures among these of places that it has sent something to.
    pub(super) fn recording<'a>(&'a self, failures: impl Iterator<Item = &'a Record>, clock: Clock) -> Recording {
        let concerns = |failure: &&Record| {
            let What::Failure { to, .. } = &failure.what else { return false };
            let sent_there = |record: &Record| matches!((&record.what, to), (What::Sip(sip), Some(to)) if sip.sent && sip.remote == *to);
            self.records.iter().any(sent_there)
        };
        let mut records: Vec<Record> = self.records.iter().cloned().collect();
        records.extend(failures.filter(concerns).cloned());
        // What clients were told is noted when it has left.
        records.sort_by_key(|record| record.at);
        let Owner { group, line } = self.owner.unwrap_or_default();
        Recording {
            call: self.call,
            clock,
            call_id: self.call_ids.first().cloned(),
            group,
            line,
            began: self.began,
            ended: self.ended,
            record: self.outcome.clone(),
            settings: None,
            legs: self.legs,
            records,
            dropped: self.dropped,
        }
    }
}

impl Recording {
    /// What happened to a line, the latest `limit` records of it.
    pub(super) fn of_line<'a>(
        line: LineId,
        group: LineGroupId,
        stories: impl Iterator<Item = &'a Story>,
        limit: usize,
        clock: Clock,
    ) -> Recording {
        let mut dropped = 0_u32;
        let mut records: Vec<&Record> = Vec::new();
        for story in stories {
            dropped = dropped.saturating_add(story.dropped);
            records.extend(&story.records);
        }
        records.sort_by_key(|record| record.at);
        let surplus = records.len().saturating_sub(limit);
        let records: Vec<Record> = records.drain(surplus..).cloned().collect();
        Recording {
            call: None,
            clock,
            call_id: None,
            group: Some(group),
            line: Some(line),
            began: records.first().map_or(Duration::ZERO, |record| record.at),
            ended: None,
            record: None,
            settings: None,
            legs: [None, None],
            records,
            dropped: dropped.saturating_add(u32::try_from(surplus).unwrap_or(u32::MAX)),
        }
    }
}
