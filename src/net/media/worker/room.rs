//! Conference rooms: whoever is in one hears everybody else. All members of a room are at one worker, which mixes all
//! its rooms every 20 ms.

use std::time::{Duration, Instant};

use offhook_media::mixer::Mixer;
use offhook_media::session::{Side, Source};
use rustc_hash::FxHashMap;

use super::run::Worker;
use crate::ids::{CallId, ConferenceId};
use crate::log::Subject;

/// Audio mixed at a time.
const FRAME: Duration = Duration::from_millis(20);
/// A mixer this late starts a new time grid instead of hurrying.
const MAX_LATE: Duration = Duration::from_millis(200);
/// Rate of a room without an HD leg, in Hz.
const NARROW: u32 = 8_000;

/// A worker's rooms.
#[derive(Debug, Default)]
pub(super) struct Rooms {
    rooms: FxHashMap<ConferenceId, Room>,
    /// When the next frame is due, where there is a room.
    next: Option<Instant>,
    mixed: Vec<i16>,
}

#[derive(Debug)]
struct Room {
    mixer: Mixer,
    members: Vec<Member>,
}

#[derive(Debug)]
struct Member {
    call: CallId,
    side: Side,
    /// The frame that came from it; empty when there was none.
    said: Vec<i16>,
}

impl Rooms {
    pub(super) fn next(&self) -> Option<Instant> {
        self.next
    }

    pub(super) fn leave(&mut self, call: CallId, left: impl Fn(Side) -> bool) {
        self.rooms.retain(|_, room| {
            room.members.retain(|member| member.call != call || !left(member.side));
            !room.members.is_empty()
        });
        if self.rooms.is_empty() {
            self.next = None;
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.rooms.len()
    }
}

impl Worker {
    /// A side takes part in a room.
    pub(super) fn join(&mut self, key: usize, side: Side, conference: ConferenceId, now: Instant) {
        let call = self.entries[key].call;
        self.rooms.leave(call, |left| left == side);
        let room = self.rooms.rooms.entry(conference);
        let room = room.or_insert_with(|| Room { mixer: Mixer::new(NARROW), members: Vec::new() });
        room.members.push(Member { call, side, said: Vec::new() });
        if self.rooms.next.is_none() {
            // On the grid that sessions have, too.
            let since = now.saturating_duration_since(self.epoch).as_micros();
            let frames = since.div_ceil(FRAME.as_micros());
            let ahead = Duration::from_micros((frames * FRAME.as_micros() - since) as u64);
            self.rooms.next = Some(now + ahead);
        }
        self.step(key, now, |session| session.set_source(side, Source::Mix, now));
    }

    /// Mixes what is due; gives when it was, where something was.
    pub(super) fn mix(&mut self, now: Instant) -> Option<Instant> {
        let due = self.rooms.next.filter(|&at| at <= now)?;
        let mut next = due + FRAME;
        if now.saturating_duration_since(due) > MAX_LATE {
            let missed = now.saturating_duration_since(due).as_micros() / FRAME.as_micros() + 1;
            next = due + FRAME * u32::try_from(missed).unwrap_or(u32::MAX);
        }
        self.rooms.next = Some(next);
        // Taken out, since members' sessions send as they are gone through.
        let mut rooms = std::mem::take(&mut self.rooms.rooms);
        for room in rooms.values_mut() {
            self.mix_room(room, now);
        }
        self.rooms.rooms = rooms;
        Some(due)
    }

    fn mix_room(&mut self, room: &mut Room, now: Instant) {
        let rates = room.members.iter().filter_map(|member| {
            let key = self.by_call.get(&member.call)?;
            self.entries.get(*key)?.session.audio_rate(member.side)
        });
        let rate = rates.max().unwrap_or(NARROW).max(NARROW);
        if room.mixer.rate() != rate {
            room.mixer = Mixer::new(rate);
        }
        let samples = (rate / 1_000) as usize * FRAME.as_millis() as usize;
        room.mixer.begin(samples);
        for Member { call, side, said } in &mut room.members {
            said.resize(samples, 0);
            let heard = match self.by_call.get(call).and_then(|&key| self.entries.get_mut(key)) {
                Some(entry) => {
                    let _at_work = Subject::call(*call).at_work();
                    entry.session.pull_audio(*side, said, rate, now)
                }
                None => false,
            };
            if heard {
                room.mixer.add(said);
            } else {
                said.clear();
            }
        }
        let mut mixed = std::mem::take(&mut self.rooms.mixed);
        mixed.resize(samples, 0);
        for Member { call, side, said } in &room.members {
            let Some(&key) = self.by_call.get(call) else { continue };
            room.mixer.without(said, &mut mixed);
            self.step(key, now, |session| session.push_audio(*side, &mixed, rate, now));
        }
        self.rooms.mixed = mixed;
    }
}
