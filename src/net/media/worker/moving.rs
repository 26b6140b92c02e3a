//! Calls that move from one worker to another, at any time and without losing a packet.
//!
//! The home tells the new owner to expect the call and the old one to give it, so that whatever is asked before, between
//! and after is done in order. Sockets towards PBXs go along; what has arrived at them stays in them. A browser's packets
//! go on arriving where they did, and that worker is told whom to pass them on to.

use std::collections::VecDeque;
use std::time::Instant;

use offhook_media::session::Side;
use rustc_hash::FxHashMap;

use super::browser::Packet;
use super::entry::Entry;
use super::run::Worker;
use super::taking::Taking;
use super::{Action, Command, Why, home};
use crate::ids::CallId;

/// Where calls are.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// Of those this worker is the home of: who has them, where it is another one or they must not be moved.
    pub(super) away: FxHashMap<CallId, Place>,
    /// Calls on their way to this worker, with what is to be done about them then; once for every time they come.
    pub(super) expected: FxHashMap<CallId, VecDeque<Vec<Action>>>,
    /// Calls here that wait for a leg of another one, with what is to be done about them then.
    pub(super) taking: FxHashMap<CallId, Taking>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    worker: usize,
    /// Its browser does not move it.
    fixed: bool,
}

impl Places {
    pub(super) fn expect(&mut self, call: CallId) {
        self.expected.entry(call).or_default().push_back(Vec::new());
    }

    /// Keeps what is to be done about a call until it is here, with all its legs; gives it back where nothing of it is on
    /// its way.
    fn keep(&mut self, call: CallId, action: Action) -> Option<Action> {
        match self.expected.get_mut(&call).and_then(VecDeque::back_mut) {
            Some(waiting) => waiting.push(action),
            None => return self.keep_taking(call, action),
        }
        None
    }

    /// The same for a call that is here.
    fn keep_taking(&mut self, call: CallId, action: Action) -> Option<Action> {
        match self.taking.get_mut(&call) {
            Some(taking) => taking.actions.push(action),
            None => return Some(action),
        }
        None
    }

    /// A call is here: what is to be done about it.
    fn arrived(&mut self, call: CallId) -> Vec<Action> {
        let Some(times) = self.expected.get_mut(&call) else { return Vec::new() };
        let actions = times.pop_front().unwrap_or_default();
        if times.is_empty() {
            self.expected.remove(&call);
        }
        actions
    }
}

impl Worker {
    /// Something is to be done about a call: here, or by whoever has it.
    pub(super) fn call(&mut self, call: CallId, action: Action, now: Instant) {
        if self.index == home(call, self.others.len()) {
            let place = match action {
                Action::Close => self.places.away.remove(&call),
                _ => self.places.away.get(&call).copied(),
            };
            if let Some(place) = place.filter(|place| place.worker != self.index) {
                return self.others[place.worker].send(Command::Call(call, action));
            }
        }
        self.act_here(call, action, now);
    }

    fn act_here(&mut self, call: CallId, action: Action, now: Instant) {
        if let Some(action) = self.places.keep(call, action) {
            self.act(call, action, now);
        }
    }

    /// As a call's home, has another worker take it.
    pub(super) fn relocate(&mut self, call: CallId, to: usize, why: Why, now: Instant) {
        let place = self.places.away.get(&call).copied();
        let owner = place.map_or(self.index, |place| place.worker);
        let (packet, fixed) = match why {
            Why::Browser(packet) => {
                // It has ended meanwhile.
                let over =
                    place.is_none() && !self.by_call.contains_key(&call) && !self.places.expected.contains_key(&call);
                if over {
                    return;
                }
                if owner == to || place.is_some_and(|place| place.fixed) {
                    return self.others[owner].send(Command::Passed { at: to, hops: 0, packet });
                }
                (Some(packet), false)
            }
            Why::Needed => (None, true),
        };
        if to == self.index && !fixed {
            self.places.away.remove(&call);
        } else {
            self.places.away.insert(call, Place { worker: to, fixed });
        }
        if owner == to {
            return;
        }
        match to == self.index {
            true => self.places.expect(call),
            false => self.others[to].send(Command::Coming(call)),
        }
        let give = Action::Give { to, packet };
        match owner == self.index {
            true => self.act_here(call, give, now),
            false => self.others[owner].send(Command::Call(call, give)),
        }
    }

    /// Gives a call away.
    pub(super) fn give(&mut self, key: usize, to: usize, packet: Option<Packet>) {
        self.wheel.clear(key);
        let mut entry = self.entries.remove(key);
        self.by_call.remove(&entry.call);
        for sockets in &mut entry.sides {
            for (_, socket) in sockets.media() {
                self.poller.remove(socket.socket());
            }
        }
        let mut remotes = Vec::new();
        for browser in entry.sides.iter_mut().filter_map(|sockets| sockets.browser.as_mut()) {
            browser.moved = true;
            self.browsers.by_ufrag.remove(&browser.ufrag);
            self.shared.set(&browser.ufrag, Some(to));
            remotes.extend(browser.remotes.iter().cloned());
        }
        self.others[to].send(Command::Adopt { entry, packet });
        // After the call itself, so that what they pass on finds it.
        for remote in remotes {
            self.browsers.by_remote.remove(&remote.address);
            // Packets on their way from there to here.
            self.browsers.set_elsewhere(remote.address, Some(to), self.index);
            if remote.at != self.index && remote.at != to {
                self.others[remote.at].send(Command::Elsewhere { remote: remote.address, owner: Some(to) });
            }
        }
    }

    /// Takes a call given away by another worker.
    pub(super) fn adopt(&mut self, entry: Box<Entry>, packet: Option<Packet>, now: Instant) {
        let call = entry.call;
        let key = self.entries.insert(entry);
        self.by_call.insert(call, key);
        for side in [Side::A, Side::B] {
            self.watch(key, side);
            self.know(key, side);
        }
        // Sets the timer, too.
        self.step(key, now, |session| session.handle_timeout(now));
        if let Some(packet) = packet {
            self.passed(self.index, 0, packet, now);
        }
        let actions = self.places.arrived(call);
        self.act_all(call, actions, now);
    }

    /// Does what waited until a call was here.
    pub(super) fn act_all(&mut self, call: CallId, actions: Vec<Action>, now: Instant) {
        for action in actions {
            // One of them may make the rest wait for a leg.
            if let Some(action) = self.places.keep_taking(call, action) {
                self.act(call, action, now);
            }
        }
    }

    /// Finds the browser of a side from now on.
    pub(super) fn know(&mut self, key: usize, side: Side) {
        let Some(browser) = &self.entries[key].sides[side as usize].browser else { return };
        self.browsers.by_ufrag.insert(browser.ufrag.clone(), (key, side));
        for remote in &browser.remotes {
            self.browsers.by_remote.insert(remote.address, (key, side));
            self.browsers.elsewhere.remove(&remote.address);
        }
    }
}
