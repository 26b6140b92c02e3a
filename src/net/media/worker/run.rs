//! A worker's loop: packets, then commands, then timers.

use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{Duration, Instant};

use offhook_media::record::Recorder;
use offhook_media::rtp_leg::RtpLeg;
use offhook_media::session::{Channel, Leg, Session, Side, Source};
use offhook_media::sound::Player;
use rustc_hash::FxHashMap;
use slab::Slab;
use tokio::sync::mpsc::Sender;
use tracing::{error, warn};

use super::super::recording::Recording;
use super::super::{MediaEvent, PortPair};
use super::browser::Browsers;
use super::entry::{Entry, MediaSocket, Outlet, Sockets};
use super::load::Gauge;
use super::moving::Places;
use super::poll::{Found, Poller, Ready};
use super::room::Rooms;
use super::stream::Streams;
use super::wheel::Wheel;
use super::{Action, Command, Directory, Inbox};
use crate::call::dtmf::Digit;
use crate::call::effect::MediaInput;
use crate::ids::CallId;
use crate::log::Subject;
use crate::net::capture::Tap;
use crate::net::figures::LegFigures;

/// Largest packet taken: an Ethernet frame's worth.
pub(super) const MAX_PACKET: usize = 2048;
/// Sessions whose timers are served before packets have their turn: coding a frame takes up to 100 µs.
const TIMERS: usize = 16;
/// Packets that count as having come at the same time.
const SAME_TIME: usize = 8;
/// A session that is always due must not hold the thread.
const MIN_WAIT: Duration = Duration::from_micros(100);

/// One thread's state.
pub(super) struct Worker {
    pub(super) index: usize,
    pub(super) poller: Poller,
    inbox: Receiver<Command>,
    pub(super) others: Vec<Inbox>,
    pub(super) shared: Arc<Directory>,
    pub(super) entries: Slab<Box<Entry>>,
    /// Places in `entries`.
    pub(super) by_call: FxHashMap<CallId, usize>,
    pub(super) wheel: Wheel,
    pub(super) out: Outlet,
    pub(super) browsers: Browsers,
    pub(super) streams: Streams,
    pub(super) places: Places,
    pub(super) rooms: Rooms,
    pub(super) epoch: Instant,
    gauge: Gauge,
    pub(super) buffer: Box<[u8]>,
}

impl Worker {
    pub(super) fn new(
        index: usize,
        poller: Poller,
        inbox: Receiver<Command>,
        others: Vec<Inbox>,
        shared: Arc<Directory>,
        (browsers, streams): (Vec<UdpSocket>, Streams),
        events: Sender<MediaEvent>,
    ) -> Worker {
        let epoch = shared.epoch;
        Worker {
            index,
            poller,
            inbox,
            others,
            shared,
            entries: Slab::new(),
            by_call: FxHashMap::default(),
            wheel: Wheel::new(epoch),
            out: Outlet::new(browsers, events),
            browsers: Browsers::default(),
            streams,
            places: Places::default(),
            rooms: Rooms::default(),
            epoch,
            gauge: Gauge::new(Instant::now()),
            buffer: vec![0; MAX_PACKET].into_boxed_slice(),
        }
    }

    pub(super) fn run(mut self) {
        let mut found = Found::new();
        let mut now = Instant::now();
        loop {
            let due = self.wheel.next().into_iter().chain(self.rooms.next()).min();
            let wait = due.map(|at| at.saturating_duration_since(now));
            let wait = wait.into_iter().chain(self.gauge.patience(&self.shared.loads[self.index])).min();
            if let Err(error) = self.poller.wait(&mut found, wait) {
                error!(%error, worker = self.index, "media thread ends: its poll failed");
                return;
            }
            let begun = Instant::now();
            now = begun;
            let mut woken = false;
            for (count, ready) in found.iter().enumerate() {
                if count % SAME_TIME == SAME_TIME - 1 {
                    now = Instant::now();
                }
                match ready {
                    Ready::Media(key, side, channel) => self.receive(key, side, channel, now),
                    Ready::Browsers(socket) => self.receive_browsers(socket, now),
                    Ready::Streams(listener) => self.accept_streams(listener, now),
                    Ready::Stream(key) => self.receive_stream(key, now),
                    Ready::Woken => woken = true,
                }
            }
            while woken {
                match self.inbox.try_recv() {
                    Ok(Command::Stop) | Err(TryRecvError::Disconnected) => return,
                    Ok(command) => self.command(command, Instant::now()),
                    Err(TryRecvError::Empty) => woken = false,
                }
            }
            self.timers(Instant::now());
            now = Instant::now();
            self.gauge.turn(begun, now, &self.shared.loads[self.index]);
        }
    }

    fn timers(&mut self, now: Instant) {
        if let Some(due) = self.mix(now) {
            self.gauge.served(due, now);
        }
        for _ in 0..TIMERS {
            let Some((key, due)) = self.wheel.pop(now) else { break };
            self.gauge.served(due, now);
            self.step(key, now, |session| session.handle_timeout(now));
        }
    }

    /// Takes a packet from a socket of a call.
    fn receive(&mut self, key: usize, side: Side, channel: Channel, now: Instant) {
        let Some(entry) = self.entries.get_mut(key) else { return };
        let Some(socket) = entry.socket(side, channel) else { return };
        // Errors say that the peer's port is closed (ICMP): it may open again, and SIP ends the call otherwise.
        let Ok((length, from)) = socket.receive(&mut self.buffer) else { return };
        let _at_work = Subject::call(entry.call).at_work();
        entry.session.handle_packet(side, channel, from, &self.buffer[..length], now);
        let wake = self.out.drain(entry, now);
        self.wheel.set(key, wake.map(|at| at.max(now + MIN_WAIT)));
        if channel == Channel::Rtp {
            entry.tie(side, from);
        }
    }

    /// Does something to a session and sends what comes of it.
    pub(super) fn step(&mut self, key: usize, now: Instant, step: impl FnOnce(&mut Session)) {
        let Some(entry) = self.entries.get_mut(key) else { return };
        let _at_work = Subject::call(entry.call).at_work();
        step(&mut entry.session);
        let wake = self.out.drain(entry, now);
        self.wheel.set(key, wake.map(|at| at.max(now + MIN_WAIT)));
    }

    fn command(&mut self, command: Command, now: Instant) {
        match command {
            Command::Stop => {}
            Command::Call(call, action) => self.call(call, action, now),
            Command::Move { call, to, why } => self.relocate(call, to, why, now),
            Command::Coming(call) => self.places.expect(call),
            Command::Report(reply) => {
                for (_, entry) in &self.entries {
                    for (side, stats) in entry.figures() {
                        // Fails where nobody waits for them any more.
                        let _ = reply.try_send(LegFigures { call: entry.call, side, stats });
                    }
                }
            }
            #[cfg(test)]
            Command::Count(reply) => {
                let counts = super::Counts {
                    entries: self.entries.len(),
                    by_call: self.by_call.len(),
                    by_remote: self.browsers.by_remote.len(),
                    by_ufrag: self.browsers.by_ufrag.len(),
                    elsewhere: self.browsers.elsewhere.len(),
                    away: self.places.away.len(),
                    expected: self.places.expected.len(),
                    taking: self.places.taking.len(),
                    rooms: self.rooms.len(),
                };
                let _ = reply.send(counts);
            }
            Command::Parted(call) => self.parted(call, now),
            Command::Adopt { entry, packet } => self.adopt(entry, packet, now),
            Command::Passed { at, hops, packet } => self.passed(at, hops, packet, now),
            Command::Elsewhere { remote, owner } => self.browsers.set_elsewhere(remote, owner, self.index),
        }
    }

    /// Does something about a call that this worker has.
    pub(super) fn act(&mut self, call: CallId, action: Action, now: Instant) {
        if matches!(action, Action::Close) {
            return self.close(call, now);
        }
        let key = self.key(call);
        match action {
            Action::Sockets { side, pair } => self.add_sockets(key, side, pair),
            Action::Rtp { side, negotiated } => {
                self.entries[key].untie(side);
                self.step(key, now, |session| match session.leg(side) {
                    Some(Leg::Rtp(_)) => session.update_rtp(side, negotiated, now),
                    _ => session.set_leg(side, Leg::Rtp(RtpLeg::new(negotiated)), now),
                });
            }
            Action::Replace { side, pair, negotiated, tenure } => {
                // Its goodbye leaves by the sockets it had.
                self.step(key, now, |session| session.clear_leg(side));
                self.entries[key].tenures[side as usize] = tenure;
                self.add_sockets(key, side, pair);
                self.step(key, now, |session| session.set_leg(side, Leg::Rtp(RtpLeg::new(negotiated)), now));
            }
            Action::Browser { side, leg, tenure } => {
                self.entries[key].connected = false;
                self.entries[key].tenures[side as usize] = tenure;
                self.add_browser(key, side, leg.local_ufrag());
                self.step(key, now, |session| session.set_leg(side, Leg::WebRtc(leg), now));
            }
            Action::Part { side, passage, tenure } => {
                self.part(key, side, &passage, now);
                self.entries[key].tenures[side as usize] = tenure;
            }
            Action::Take { side, passage, tenure } => self.take(call, (side, tenure), passage, now),
            Action::Release { side, tenure } => self.release(key, (side, tenure), now),
            Action::Play { side, source } => self.step(key, now, |session| session.set_source(side, source, now)),
            Action::Clip { side, clip, repeat } => self.step(key, now, |session| {
                let rate = session.audio_rate(side).unwrap_or(8_000);
                session.set_source(side, Source::Clip(Player::new(clip, rate, repeat)), now);
            }),
            Action::Join { side, conference } => self.join(key, side, conference, now),
            Action::Leave { side } => {
                self.rooms.leave(call, |left| left == side);
                self.step(key, now, |session| session.end_pull(side, now));
            }
            Action::Record(recording) => self.record(key, recording, now),
            Action::Tap(tap) => {
                let copying = tap.as_ref().map(Tap::copying);
                self.entries[key].tap = tap;
                self.step(key, now, |session| session.copy_packets(copying));
            }
            Action::RestartBrowser { side, offer, credentials } => {
                self.restart_browser(key, side, &offer, credentials, now);
            }
            Action::DigitPolicy { side, policy } => self.step(key, now, |session| session.set_digits(side, policy)),
            Action::ReceiveDigit { side, digit: Digit { digit, duration } } => {
                self.step(key, now, |session| session.receive_digit(side, digit, duration, now));
            }
            Action::Digits { side, digits } => self.step(key, now, |session| session.send_digits(side, &digits, now)),
            Action::Confirm => {
                for side in self.entries[key].standing() {
                    self.out.tell(call, side, MediaInput::Connected);
                }
            }
            Action::Expect => self.step(key, now, |session| {
                session.expect_audio(Side::A, true, now);
                session.expect_audio(Side::B, true, now);
            }),
            Action::Give { to, packet } => self.give(key, to, packet),
            Action::Close => {}
        }
    }

    /// The place of a call's entry, which is made where there is none.
    pub(super) fn key(&mut self, call: CallId) -> usize {
        let epoch = self.epoch;
        *self.by_call.entry(call).or_insert_with(|| self.entries.insert(Box::new(Entry::new(call, epoch))))
    }

    fn add_sockets(&mut self, key: usize, side: Side, pair: PortPair) {
        let sockets =
            Sockets { rtp: Some(MediaSocket::new(pair.rtp)), rtcp: Some(MediaSocket::new(pair.rtcp)), browser: None };
        // Closing the ones it had takes them out of the poll.
        let had = std::mem::replace(&mut self.entries[key].sides[side as usize], sockets);
        self.forget(had.browser);
        self.watch(key, side);
    }

    /// Watches the sockets of a side.
    pub(super) fn watch(&self, key: usize, side: Side) {
        let entry = &self.entries[key];
        for (channel, socket) in entry.sides[side as usize].media() {
            if let Err(error) = self.poller.add(socket.socket(), Ready::Media(key, side, channel)) {
                warn!(%error, call = %entry.call, "RTP socket cannot be polled");
            }
        }
    }

    /// Ends the recording of a call, and begins the one that is wanted.
    fn record(&mut self, key: usize, recording: Option<Recording>, now: Instant) {
        if self.entries[key].tape.is_some() {
            self.step(key, now, |session| session.set_recorder(None, now));
        }
        let Some(Recording { path, format }) = recording else { return };
        let entry = &mut self.entries[key];
        // Whatever a leg turns out to have is converted to it.
        let rate = [Side::A, Side::B].into_iter().filter_map(|side| entry.session.audio_rate(side)).max();
        let recorder = Recorder::new(format, rate.unwrap_or(16_000));
        let Ok(tape) = self.shared.tapes.begin(entry.call, path, self.out.events()) else { return };
        match recorder {
            Ok(recorder) => {
                entry.tape = Some(tape);
                self.step(key, now, |session| session.set_recorder(Some(recorder), now));
            }
            Err(error) => tape.fail(error),
        }
    }

    fn close(&mut self, call: CallId, now: Instant) {
        let Some(&key) = self.by_call.get(&call) else {
            return self.out.tell(call, Side::A, MediaInput::Ended);
        };
        self.record(key, None, now);
        for (side, stats) in self.entries[key].figures() {
            self.out.tell(call, side, MediaInput::LegEnded { stats: Box::new(stats) });
        }
        self.out.tell(call, Side::A, MediaInput::Ended);
        self.step(key, now, |session| {
            session.clear_leg(Side::A);
            session.clear_leg(Side::B);
        });
        self.wheel.clear(key);
        self.rooms.leave(call, |_| true);
        self.by_call.remove(&call);
        let mut entry = self.entries.remove(key);
        for sockets in &mut entry.sides {
            self.forget(sockets.browser.take());
        }
    }
}
