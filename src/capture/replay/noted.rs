//! What Offhook notes in a capture of its own beside messages: how lines and clients stood, what people asked for, and
//! what became of audio. Nothing has to be guessed then.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use offhook_media::session::Side;

use super::plan::MAX_LINES;
use super::world::World;
use crate::call::cause::CauseCode;
use crate::call::directory::{Directory, LineEntry, LineGroupEntry};
use crate::call::effect::{Input, MediaInput};
use crate::call::numbers::{NotedNumbers, Translation};
use crate::capture::influence::{AudioInfluence, CallSide, Influence};
use crate::capture::read::Capture;
use crate::ids::{CallId, LineGroupId, LineId};
use crate::numbers::NumberKind;

/// Changes of lines and line groups that one capture may have; further ones are left out.
const MAX_CHANGES: usize = 1000;
/// What the media side cannot do it says within so many nanoseconds.
const REFUSED_WITHIN: u64 = 100_000_000;
/// A number that no call has.
const NO_CALL: CallId = CallId(0);

/// What was noted.
#[derive(Debug, Default)]
pub(super) struct Noted {
    /// When, in nanoseconds since 1970, and what, in order.
    pub(super) influences: Vec<(u64, Influence)>,
    /// Lines and line groups as they were first.
    pub(super) directory: Directory,
    /// By their numbers in the capture.
    lines: HashMap<LineId, LineId>,
    groups: HashMap<LineGroupId, LineGroupId>,
    /// What numbers became, in order: the next of each is what is needed next.
    numbers: HashMap<(LineGroupId, NumberKind, String), VecDeque<Translation>>,
    /// By the name of their line group and their number at the PBX.
    by_name: HashMap<(String, String), LineId>,
}

/// What the media side could not do, by the number of the call in the capture: when, and why.
pub(super) type Refusals = HashMap<(CallId, CallSide), VecDeque<(u64, CauseCode)>>;

impl Noted {
    /// Reads it out of a capture; none where there is no such thing in it.
    pub(super) fn read(capture: &Capture) -> Option<Noted> {
        let notes = capture.handed.iter().filter(|handed| handed.sent.is_none() && handed.addresses.is_none());
        let read = notes.filter_map(|handed| Some((handed.at, serde_json::from_slice(&handed.bytes).ok()?)));
        let all: Vec<(u64, Influence)> = read.collect();
        if all.is_empty() {
            return None;
        }
        let mut noted = Noted::default();
        let mut names: HashMap<LineGroupId, String> = HashMap::new();
        let mut server = false;
        for (at, influence) in all {
            match &influence {
                Influence::Server { music_on_hold } if !server => {
                    (server, noted.directory.music_on_hold) = (true, *music_on_hold);
                }
                Influence::LineGroup { id, name, settings } if !noted.groups.contains_key(id) => {
                    names.insert(*id, name.clone());
                    if noted.directory.groups.len() < MAX_LINES {
                        noted.groups.insert(*id, LineGroupId(noted.directory.groups.len() as u32));
                        noted.directory.groups.push(checked((**settings).clone()));
                    }
                }
                Influence::Line { id, group, number, .. } if !noted.lines.contains_key(id) => {
                    let Some((_, entry)) = noted.line(&influence) else { continue };
                    if noted.directory.lines.len() < MAX_LINES {
                        let place = LineId(noted.directory.lines.len() as u32);
                        let name = names.get(group).cloned().unwrap_or_default();
                        noted.by_name.insert((name, number.clone()), place);
                        noted.lines.insert(*id, place);
                        noted.directory.lines.push(entry);
                    }
                }
                _ => noted.influences.push((at, influence)),
            }
        }
        noted.directory.know_lines();
        noted.read_numbers();
        Some(noted)
    }

    /// What became of numbers before anything is decided by it.
    fn read_numbers(&mut self) {
        let mut first = NotedNumbers::default();
        for (_, influence) in &self.influences {
            let Some(translation) = self.translation(influence) else { continue };
            let Translation { group, kind, text, .. } = &translation;
            let all = self.numbers.entry((*group, *kind, text.clone())).or_default();
            if all.is_empty() {
                first.set(translation.clone());
            }
            all.push_back(translation);
        }
        self.directory.noted = Arc::new(first);
    }

    /// What became of a number, by the number that its line group has here.
    fn translation(&self, influence: &Influence) -> Option<Translation> {
        let Influence::Number(translation) = influence else { return None };
        Some(Translation { group: *self.groups.get(&translation.group)?, ..Translation::clone(translation) })
    }

    /// What a number becomes the next time, where that is something else; `past` counts how often each has had its turn.
    fn next(
        &self,
        influence: &Influence,
        past: &mut HashMap<(LineGroupId, NumberKind, String), usize>,
    ) -> Option<Translation> {
        let now = self.translation(influence)?;
        let key = (now.group, now.kind, now.text.clone());
        let turn = past.entry(key.clone()).or_default();
        *turn += 1;
        self.numbers.get(&key)?.get(*turn).filter(|next| next.result != now.result).cloned()
    }

    /// The line with a number in a line group.
    pub(super) fn line_at(&self, group: &str, number: &str) -> Option<LineId> {
        self.by_name.get(&(group.to_owned(), number.to_owned())).copied()
    }

    /// What the media side could not do.
    pub(super) fn refusals(&self) -> Refusals {
        let mut refusals = Refusals::new();
        for (at, influence) in &self.influences {
            if let Influence::Audio { call, side, event: AudioInfluence::Refused { cause } } = influence {
                refusals.entry((*call, *side)).or_default().push_back((*at, *cause));
            }
        }
        refusals
    }

    /// A line's entry, and its number in the capture.
    fn line(&self, influence: &Influence) -> Option<(LineId, LineEntry)> {
        let Influence::Line { id, group, .. } = influence else { return None };
        Some((*id, LineEntry { group: *self.groups.get(group)?, ..influence.line_entry()? }))
    }

    /// Lines and line groups after a change of them; none where nothing of them changes.
    fn changed(&self, directory: &Directory, influence: &Influence) -> Option<Directory> {
        let mut changed = directory.clone();
        match influence {
            Influence::Server { music_on_hold } => changed.music_on_hold = *music_on_hold,
            Influence::LineGroup { id, settings, .. } => {
                let place = self.groups.get(id)?.0 as usize;
                *changed.groups.get_mut(place)? = checked((**settings).clone());
            }
            Influence::Line { .. } => {
                let (id, entry) = self.line(influence)?;
                *changed.lines.get_mut(self.lines.get(&id)?.0 as usize)? = entry;
                changed.know_lines();
            }
            _ => return None,
        }
        Some(changed)
    }
}

/// Whether a refusal does not follow from what a capture has: what people may do is not in it, nor how busy the server was,
/// nor what became of a number that nobody is told.
fn is_refused_elsewhere(cause: CauseCode) -> bool {
    matches!(
        cause,
        CauseCode::AudioNotGiven
            | CauseCode::LinesNotGiven
            | CauseCode::PickUpNotAllowed
            | CauseCode::DiversionsNotAllowed
            | CauseCode::UnknownLine
            | CauseCode::LineNotYours
            | CauseCode::PinNeeded
            | CauseCode::UserNumberNeeded
            | CauseCode::UnknownProject
            | CauseCode::NumberSuppressed
            | CauseCode::Overloaded
            | CauseCode::TooManyCalls
    )
}

/// As the call machine needs it: with a codec, whatever a file says.
fn checked(mut settings: LineGroupEntry) -> LineGroupEntry {
    if settings.codecs.is_empty() {
        settings.codecs = LineGroupEntry::default().codecs;
    }
    settings
}

impl World<'_> {
    /// Something has its influence once more.
    pub(super) fn influence(&mut self, noted: &Noted, at: u64, influence: &Influence) {
        let input = match influence {
            Influence::Number(_) => {
                let Some(next) = noted.next(influence, &mut self.translated) else { return };
                if self.changes >= MAX_CHANGES {
                    return;
                }
                self.changes += 1;
                let directory = Arc::make_mut(&mut self.directory);
                Arc::make_mut(&mut directory.noted).set(next);
                Input::Directory(self.directory.clone())
            }
            Influence::Server { .. } | Influence::LineGroup { .. } | Influence::Line { .. } => {
                if self.changes >= MAX_CHANGES {
                    return;
                }
                self.changes += 1;
                let Some(changed) = noted.changed(&self.directory, influence) else { return };
                self.directory = Arc::new(changed);
                Input::Directory(self.directory.clone())
            }
            Influence::LineSettings { line, settings, .. } => {
                let Some(&line) = noted.lines.get(line) else { return };
                Input::LineSettings { line, settings: settings.clone() }
            }
            Influence::LineAvailable { line, available } => {
                let Some(&line) = noted.lines.get(line) else { return };
                Input::LineAvailable { line, available: *available }
            }
            Influence::ClientArrived { client, user } => {
                Input::ClientArrived { client: *client, user: *user, place: None }
            }
            Influence::ClientGone { client } => Input::ClientGone { client: *client },
            Influence::Shutdown => Input::Shutdown,
            Influence::Audio { call, side, event } => {
                if let AudioInfluence::Refused { .. } = event
                    && !self.is_still_refused(*call, *side, at)
                {
                    return;
                }
                let Some(&known) = self.named.get(&call.to_string()) else { return };
                Input::Media { call: known, side: (*side).into(), event: event.input() }
            }
            Influence::Command { client, begun, command, refused } => {
                let name = |call: CallId| call.to_string();
                let known = command.calls().chain(*begun).find_map(|call| self.plan.places.get(&name(call)));
                if command.calls().next().is_some() && !command.calls().any(|call| self.named.contains_key(&name(call)))
                {
                    // It is about a call that began before the capture did.
                    return;
                }
                self.current = known.copied().unwrap_or(self.current);
                if let Some(cause) = refused.filter(|cause| is_refused_elsewhere(*cause)) {
                    return self.is_refused(cause);
                }
                let command = command.clone().about(
                    |call| self.named.get(&name(call)).copied().unwrap_or(NO_CALL),
                    |line| noted.lines.get(&line).copied().unwrap_or(LineId(u32::MAX)),
                );
                let request = u32::try_from(self.current).unwrap_or_default();
                self.calls.handle(Input::Command { client: *client, request, command }, self.now);
                if let Some((begun, name)) = self.calls.begun().zip(begun.map(name)) {
                    // What never said anything to a PBX is no call of the capture's.
                    self.captured.insert(begun, self.plan.places.get(&name).copied().unwrap_or(usize::MAX));
                    self.is_named(name, begun);
                }
                self.drain();
                return;
            }
        };
        self.calls.handle(input, self.now);
        self.drain();
    }

    /// What the media side said in the capture where ours could do what was asked; none where that is the same.
    pub(super) fn refused_then(&mut self, call: CallId, side: Side, ours: &MediaInput) -> Option<MediaInput> {
        let until = self.at().saturating_add(REFUSED_WITHIN);
        let captured = self.names.get(&call)?.parse().ok().map(CallId)?;
        let refusals = self.refusals.get_mut(&(captured, side.into()))?;
        let &(at, cause) = refusals.front()?;
        if at > until {
            return None;
        }
        refusals.pop_front();
        // What is decided by descriptions ours decides anew; other reasons, such as a limit, a capture does not show.
        let is_ours = matches!(
            cause,
            CauseCode::NoCommonCodec | CauseCode::SrtpRequired | CauseCode::SrtpRefused | CauseCode::Refused
        );
        let told = !is_ours && !matches!(ours, MediaInput::Refused { .. });
        told.then_some(MediaInput::Refused { cause })
    }

    /// Whether a refusal has not been taken for the answer to what was asked of the media side.
    fn is_still_refused(&mut self, call: CallId, side: CallSide, at: u64) -> bool {
        let Some(refusals) = self.refusals.get_mut(&(call, side)) else { return false };
        let is_there = refusals.front().is_some_and(|&(noted, _)| noted == at);
        if is_there {
            refusals.pop_front();
        }
        is_there
    }

    /// A call of ours stands for one of the capture.
    pub(super) fn is_named(&mut self, name: String, call: CallId) {
        self.names.entry(call).or_insert_with(|| name.clone());
        self.named.entry(name).or_insert(call);
    }
}
