//! Legs that go from one call to another, which may be at another worker.
//!
//! The worker of the one puts the leg into a passage, that of the other takes it out; whoever comes second finds what the
//! first has left there. What is asked for the call that gets it waits meanwhile. Nobody waits for ever, nor for each
//! other: both are told at the same time, and each does what it is told in order.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use offhook_media::session::{DigitPolicy, Side, TakenLeg};

use super::entry::Sockets;
use super::run::Worker;
use super::{Action, Command};
use crate::call::effect::MediaInput;
use crate::ids::CallId;

/// Where a leg passes from one call to another.
#[derive(Debug, Default)]
pub(in super::super) struct Passage(Mutex<Passing>);

#[derive(Debug, Default)]
enum Passing {
    /// Nobody was here yet.
    #[default]
    Empty,
    Leg(Box<Parted>),
    /// The call waits for it, at this worker.
    Awaited(CallId, usize),
}

/// What a side had.
#[derive(Debug, Default)]
pub(super) struct Parted {
    leg: Option<TakenLeg>,
    sockets: Sockets,
    /// Whether its browser's path has stood.
    connected: bool,
}

/// A call that waits for a leg.
#[derive(Debug)]
pub(super) struct Taking {
    /// The side that gets it, and how often somebody else got that then.
    side: (Side, u32),
    passage: Arc<Passage>,
    /// What is to be done then.
    pub(super) actions: Vec<Action>,
}

impl Passage {
    /// Leaves a leg; gives who waits for it.
    fn leave(&self, parted: Parted) -> Option<(CallId, usize)> {
        let mut passing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *passing, Passing::Leg(Box::new(parted))) {
            Passing::Awaited(call, worker) => Some((call, worker)),
            Passing::Empty | Passing::Leg(_) => None,
        }
    }

    /// Takes the leg, or has its coming told to a worker.
    fn take(&self, call: CallId, worker: usize) -> Option<Parted> {
        let mut passing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *passing, Passing::Awaited(call, worker)) {
            Passing::Leg(parted) => Some(*parted),
            Passing::Empty | Passing::Awaited(..) => None,
        }
    }
}

impl Worker {
    /// A side's leg goes.
    pub(super) fn part(&mut self, key: usize, side: Side, passage: &Passage, now: Instant) {
        let mut leg = None;
        // What it still had to say leaves by its sockets.
        self.step(key, now, |session| leg = session.take_leg(side, now));
        let entry = &mut self.entries[key];
        let mut sockets = std::mem::take(&mut entry.sides[side as usize]);
        for (_, socket) in sockets.media() {
            self.poller.remove(socket.socket());
        }
        let mut connected = false;
        if let Some(browser) = &mut sockets.browser {
            connected = std::mem::take(&mut entry.connected);
            entry.settled = false;
            browser.moved = true;
            self.browsers.by_ufrag.remove(&browser.ufrag);
            for remote in &browser.remotes {
                self.browsers.by_remote.remove(&remote.address);
            }
        }
        if let Some((call, worker)) = passage.leave(Parted { leg, sockets, connected }) {
            self.others[worker].send(Command::Parted(call));
        }
    }

    /// A side of a call gets a leg that parted from another, as soon as it is there.
    pub(super) fn take(&mut self, call: CallId, side: (Side, u32), passage: Arc<Passage>, now: Instant) {
        match passage.take(call, self.index) {
            Some(parted) => self.put(call, side, parted, now),
            None => drop(self.places.taking.insert(call, Taking { side, passage, actions: Vec::new() })),
        }
    }

    /// The leg is there that a call waits for.
    pub(super) fn parted(&mut self, call: CallId, now: Instant) {
        let Some(Taking { side, passage, actions }) = self.places.taking.remove(&call) else { return };
        let parted = passage.take(call, self.index).unwrap_or_default();
        self.put(call, side, parted, now);
        self.act_all(call, actions, now);
    }

    fn put(&mut self, call: CallId, to: (Side, u32), Parted { leg, sockets, connected }: Parted, now: Instant) {
        let key = self.key(call);
        let (side, _) = to;
        self.release(key, to, now);
        let entry = &mut self.entries[key];
        entry.sides[side as usize] = sockets;
        entry.connected |= connected;
        self.watch(key, side);
        self.know(key, side);
        if let Some(browser) = &self.entries[key].sides[side as usize].browser {
            self.shared.set(&browser.ufrag, Some(self.index));
            for remote in browser.remotes.iter().filter(|remote| remote.at != self.index) {
                let command = Command::Elsewhere { remote: remote.address, owner: Some(self.index) };
                self.others[remote.at].send(command);
            }
        }
        if let Some(leg) = leg {
            self.step(key, now, |session| session.put_leg(side, leg, now));
        }
    }

    /// Drops a side's leg with its sockets.
    pub(super) fn release(&mut self, key: usize, (side, tenure): (Side, u32), now: Instant) {
        let entry = &mut self.entries[key];
        if let Some((side, stats)) = entry.figures().find(|(of, _)| *of == side) {
            self.out.tell(entry.call, side, MediaInput::LegEnded { stats: Box::new(stats) });
        }
        // Its goodbye leaves by the sockets it had.
        self.step(key, now, |session| {
            session.clear_leg(side);
            session.set_digits(side, DigitPolicy::default());
        });
        let entry = &mut self.entries[key];
        entry.tenures[side as usize] = tenure;
        let had = std::mem::take(&mut entry.sides[side as usize]);
        if had.browser.is_some() {
            entry.connected = false;
            entry.settled = false;
        }
        self.forget(had.browser);
    }
}
