//! A call as it is told elsewhere: with the calls that had a part in it, and with all that they were decided by.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rustc_hash::{FxHashMap, FxHashSet};

use super::secrets::Secret;
use super::sniff::Sniffed;
use super::story::Story;
use super::{Owner, Recorder, Recording, Untold};
use crate::call::directory::Directory;
use crate::call::numbers::{Known, Translated, Translation};
use crate::call::record::Number;
use crate::capture::influence::{Influence, Standing};
use crate::capture::record::{Record, What};
use crate::ids::{CallId, LineId, UserId};

/// Calls in one extract.
const MAX_CALLS: usize = 16;
/// Calls that one is remembered to have had to do with.
const MAX_RELATED: usize = 16;

/// A call, or what happened to a line, with all that it was decided by.
#[derive(Debug, Clone)]
pub struct Extract {
    /// It alone.
    pub recording: Recording,
    /// What happened to it and to all that had a part in it, in order.
    pub records: Vec<Record>,
    /// How those stood who had a part, before the first of it.
    pub standing: Standing,
    /// Records that were dropped because a call keeps only so many.
    pub dropped: u32,
}

/// It alone, of which nobody knows what it was decided by.
impl From<Recording> for Extract {
    fn from(recording: Recording) -> Extract {
        let records = recording.records.iter().filter(|record| !matches!(record.what, What::Influence(_)));
        let records = records.cloned().collect();
        Extract { records, standing: Standing::default(), dropped: recording.dropped, recording }
    }
}

#[cfg(test)]
impl Extract {
    /// Records of nobody's recording.
    pub(crate) fn of_records(records: Vec<Record>) -> Extract {
        let unix = records.first().map(|record| record.at).unwrap_or_default();
        let recording = Recording {
            call: records.first().and_then(|record| record.call),
            clock: super::Clock { instant: Instant::now(), unix },
            call_id: None,
            group: None,
            line: None,
            began: unix,
            ended: None,
            record: None,
            settings: None,
            legs: [None, None],
            records,
            dropped: 0,
        };
        Extract::from(recording)
    }
}

impl Recorder {
    /// All lines and clients stand like this when it begins.
    pub fn begin_with(&mut self, standing: Standing) {
        self.past.begin(standing);
    }

    /// Lines and line groups are like this from now on.
    pub fn directory(&mut self, directory: Arc<Directory>, now: Instant) {
        let at = self.stamp(now);
        for influence in self.past.replace(directory) {
            self.past.change(told(at, None, Owner::default(), Arc::new(influence)));
        }
    }

    /// What calls are decided by: it is about these calls or has changed them, and about a line group or line.
    pub fn influence(&mut self, influence: Influence, calls: Vec<CallId>, owner: Owner, now: Instant) {
        let at = self.stamp(now);
        if let Influence::Command { begun: Some(begun), .. } = &influence {
            self.begins(*begun, Owner::default(), now);
        }
        if self.is_listening() {
            let (calls, influence) = (calls.clone(), influence.clone());
            self.untold.push(Untold::Influence { at, calls, owner, influence });
        }
        let kept = Arc::new(influence);
        let mut about: Vec<(CallId, u64)> = Vec::new();
        for call in &calls {
            if let Some(&story) = self.by_call.get(call)
                && !about.iter().any(|(_, known)| *known == story)
            {
                about.push((*call, story));
            }
        }
        for (call, id) in &about {
            about.iter().for_each(|(other, _)| self.relate(*call, *other));
            self.add(*id, told(at, Some(*call), owner, kept.clone()));
        }
        if about.is_empty() {
            self.past.change(told(at, None, owner, kept));
        } else {
            self.bound(at);
        }
    }

    /// The same has done something to both calls.
    pub(super) fn relate(&mut self, one: CallId, other: CallId) {
        let story = |call| self.by_call.get(&call).copied();
        let (Some(one), Some(other)) = (story(one), story(other)) else { return };
        for (one, other) in [(one, other), (other, one)] {
            // One may be told of the other's number, as with REFER.
            self.share_secrets(one, other);
            let Some(story) = self.stories.get_mut(&one).filter(|_| one != other) else { return };
            if story.related.len() < MAX_RELATED && !story.related.contains(&other) {
                story.related.push(other);
            }
        }
    }

    /// A number was translated for a call. What was dialled with what somebody entered for a code is from now on in no message
    /// of the call, nor of those that have to do with it; where the PBX reports it, it is taken out of that, too.
    pub fn hide(&mut self, translation: &mut Translation) {
        let Some(&id) = translation.call.and_then(|call| self.by_call.get(&call)) else { return };
        let Some(story) = self.stories.get_mut(&id) else { return };
        match (translation.secret.take(), &mut translation.result) {
            (Some(dialled), Translated::Dialled(told)) => {
                story.secrets.add(Arc::new(Secret::new(&dialled, &told.number)));
                for related in story.related.clone() {
                    self.share_secrets(id, related);
                }
            }
            (_, Translated::Reported(Known { number, shown, .. })) => {
                [&mut translation.text, number, shown].into_iter().for_each(|text| story.secrets.masked_text(text));
            }
            (_, Translated::Nothing) => story.secrets.masked_text(&mut translation.text),
            (_, Translated::Dialled(_) | Translated::NotDialled { .. }) => {}
        }
    }

    /// What is hidden in one story's messages is in those of another, too.
    pub(super) fn share_secrets(&mut self, from: u64, to: u64) {
        let secrets = self.stories.get(&from).map(|story| story.secrets.all()).unwrap_or_default();
        if let Some(to) = self.stories.get_mut(&to) {
            secrets.into_iter().for_each(|secret| to.secrets.add(secret));
        }
    }

    /// All that is known of a call, by its number or by the Call-ID of an INVITE that no call came of, and of what it was
    /// decided by.
    pub fn extract(&self, id: &str) -> Option<Extract> {
        let id = self.story_named(id)?;
        let ids = self.entangled(id);
        let stories: Vec<&Story> = ids.iter().filter_map(|id| self.stories.get(id)).map(|story| &**story).collect();
        let recording = self.recording(stories.first()?);
        let began = stories.iter().map(|story| story.began).min()?;
        let ended = stories.iter().map(|story| story.ended.unwrap_or(Duration::MAX)).max()?;
        let (lines, users) = concerned(&stories);
        let (standing, changes) = self.past.between((began, ended), &lines, users);
        // What a command about a line has changed comes behind the command.
        let records = self.told_once(&ids).into_iter().chain(changes);
        let mut records: Vec<Record> = records.collect();
        records.sort_by_key(|record| record.at);
        let dropped = stories.iter().fold(0_u32, |sum, story| sum.saturating_add(story.dropped));
        Some(Extract { recording, records, standing, dropped })
    }

    /// The story of a call, by the name that the call has.
    pub(super) fn story_named(&self, id: &str) -> Option<u64> {
        let by_call = id.parse().ok().and_then(|call| self.by_call.get(&CallId(call)).copied());
        by_call.or_else(|| self.by_call_id.get(id)?.last().map(|branch| branch.story))
    }

    /// A call's story, and those of others without which it would not have gone as it did: the same was asked for or done
    /// of both, they share a Call-ID, or a line was busy by the one when the other came.
    fn entangled(&self, id: u64) -> Vec<u64> {
        let mut found = vec![id];
        let mut next = 0;
        while let Some(story) = found.get(next).and_then(|id| self.stories.get(id)) {
            let branches = story.call_ids.iter().filter_map(|call_id| self.by_call_id.get(call_id)).flatten();
            let shared = branches.map(|branch| branch.story).chain(story.related.iter().copied());
            let mut others: Vec<u64> = shared.collect();
            let line = story.owner.and_then(|owner| owner.line).filter(|line| self.past.forwards_when_busy(*line));
            if let Some(line) = line {
                let before =
                    |other: &Story| other.began <= story.began && other.ended.is_none_or(|ended| ended > story.began);
                others.extend(
                    self.stories.iter().filter(|(_, other)| before(other) && other.is_of(line)).map(|(id, _)| *id),
                );
            }
            for other in others {
                if found.len() < MAX_CALLS && !found.contains(&other) && self.stories.contains_key(&other) {
                    found.push(other);
                }
            }
            next += 1;
        }
        found
    }

    /// What happened to all of these, each thing once although several have it.
    fn told_once(&self, ids: &[u64]) -> Vec<Record> {
        let mut records: Vec<(Record, usize)> = Vec::new();
        // By time: places in `records`.
        let mut at: FxHashMap<Duration, Vec<usize>> = FxHashMap::default();
        for story in ids.iter().filter_map(|id| Some((*id, self.stories.get(id)?))) {
            let (id, story) = story;
            let owner = story.owner.unwrap_or_default();
            for mut record in self.recording(story).records {
                if record.group.is_none() {
                    // A call that a client begins gets its line group with its first INVITE.
                    (record.group, record.line) = (owner.group, record.line.or(owner.line));
                }
                let rank = self.rank(&record, id);
                let known = at.entry(record.at).or_default();
                match known.iter().find(|&&place| records.get(place).is_some_and(|(other, _)| is_same(other, &record)))
                {
                    Some(&place) => {
                        if let Some(other) = records.get_mut(place).filter(|(_, other)| *other < rank) {
                            *other = (record, rank);
                        }
                    }
                    None => {
                        known.push(records.len());
                        records.push((record, rank));
                    }
                }
            }
        }
        records.into_iter().map(|(record, _)| record).collect()
    }

    /// How far behind a story stands among those that have a message: it is told as the last one's.
    fn rank(&self, record: &Record, story: u64) -> usize {
        let What::Sip(sip) = &record.what else { return 0 };
        let branches = Sniffed::read(&sip.bytes).and_then(|sniffed| self.by_call_id.get(sniffed.call_id));
        let place = branches.and_then(|branches| branches.iter().position(|branch| branch.story == story));
        place.map_or(0, |place| place + 1)
    }
}

fn told(at: Duration, call: Option<CallId>, owner: Owner, influence: Arc<Influence>) -> Record {
    let Owner { group, line } = owner;
    Record { at, group, line, call, what: What::Influence(influence) }
}

/// Whether two records of one moment are the same thing, in the stories of two calls.
fn is_same(one: &Record, other: &Record) -> bool {
    match (&one.what, &other.what) {
        (What::Sip(one), What::Sip(other)) => one.sent == other.sent && one.bytes == other.bytes,
        (What::Client(one), What::Client(other)) => {
            (one.client, one.sent) == (other.client, other.sent) && one.text == other.text
        }
        (What::Influence(one), What::Influence(other)) => Arc::ptr_eq(one, other),
        (What::Failure { to: one, .. }, What::Failure { to: other, .. }) => one == other,
        _ => false,
    }
}

/// The lines that these calls have to do with, and users beside those of the lines.
fn concerned(stories: &[&Story]) -> (FxHashSet<LineId>, FxHashSet<UserId>) {
    let (mut lines, mut users) = (FxHashSet::default(), FxHashSet::default());
    for story in stories {
        lines.extend(story.owners.iter().chain(&story.owner).filter_map(|owner| owner.line));
        if let Some(outcome) = &story.outcome {
            lines.extend([&outcome.caller, &outcome.called].into_iter().filter_map(|number| match number {
                Number::Line(line) => Some(*line),
                _ => None,
            }));
        }
        for record in &story.records {
            lines.extend(record.line);
            match &record.what {
                What::Client(client) => drop(users.insert(client.user)),
                What::Influence(influence) => {
                    if let Influence::Command { client, command, .. } = &**influence {
                        lines.extend(command.line());
                        users.extend(client.api_user());
                    }
                }
                _ => {}
            }
        }
    }
    (lines, users)
}
