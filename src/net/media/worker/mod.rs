//! The threads that move audio. Each has its own sessions and sockets and shares no lock with another on the way
//! of a packet.
//!
//! A call belongs to one worker at a time. Its *home* (by its number, the same for ever) gets everything that is asked
//! for it and passes it on to whoever has it, and alone decides who that is: so what is asked stays in order, however
//! often a call moves, and nobody but the home remembers a call that is elsewhere.

mod browser;
mod entry;
mod load;
mod moving;
mod poll;
mod room;
mod run;
mod stream;
mod taking;
mod wheel;

use std::net::SocketAddr;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use offhook_media::sdp::Negotiated;
use offhook_media::session::{DigitPolicy, Side, Source};
use offhook_media::sound::Clip;
use offhook_media::webrtc::{IceCredentials, WebRtcLeg};
use rustc_hash::FxHashMap;
use tokio::sync::mpsc as events;
use tracing::warn;

use self::browser::{Packet, bind_browser_port};
use self::entry::Entry;
use self::load::Load;
pub use self::load::WorkerLoad;
use self::poll::{Poller, Ready, Waker};
use self::run::Worker;
use self::stream::{Streams, listen_streams};
pub(super) use self::taking::Passage;
use super::recording::{Recording, Tapes};
use super::{MediaError, MediaEvent, PortPair};
use crate::call::dtmf::Digit;
use crate::ids::{CallId, ConferenceId};
use crate::net::capture::Tap;
use crate::net::figures::LegFigures;

/// What a worker is told.
#[derive(Debug)]
pub(super) enum Command {
    /// Something is to be done about a call. Comes to the call's home, or from there.
    Call(CallId, Action),
    /// Another worker is to have a call. Comes to the call's home.
    Move { call: CallId, to: usize, why: Why },
    /// A call is coming from another worker: what is asked for it waits until it is there.
    Coming(CallId),
    /// A call given away by another worker.
    Adopt { entry: Box<Entry>, packet: Option<Packet> },
    /// The leg is there that a call of this worker waits for.
    Parted(CallId),
    /// A packet for a browser of this worker that came in at worker `at`, passed on so many times.
    Passed { at: usize, hops: u8, packet: Packet },
    /// The media server is gone.
    Stop,
    /// The figures of all legs are to be told.
    Report(events::Sender<LegFigures>),
    /// How much of everything a worker has is to be told.
    #[cfg(test)]
    Count(Sender<Counts>),
    /// Which worker has the browser at an address, or that none has it any more.
    Elsewhere { remote: SocketAddr, owner: Option<usize> },
}

/// What is to be done about a call.
#[derive(Debug)]
pub(super) enum Action {
    /// Sockets for a side towards a PBX.
    Sockets { side: Side, pair: PortPair },
    /// What was negotiated with a PBX; also a new agreement in a running call.
    Rtp { side: Side, negotiated: Negotiated },
    /// Another peer for a side towards a PBX, with sockets of its own.
    Replace { side: Side, pair: PortPair, negotiated: Negotiated, tenure: u32 },
    /// A browser's leg.
    Browser { side: Side, leg: Box<WebRtcLeg>, tenure: u32 },
    /// A side's leg goes to another side, mostly of another call.
    Part { side: Side, passage: Arc<Passage>, tenure: u32 },
    /// A side gets that leg.
    Take { side: Side, passage: Arc<Passage>, tenure: u32 },
    /// A side's leg is dropped.
    Release { side: Side, tenure: u32 },
    /// What a side hears.
    Play { side: Side, source: Source },
    /// A side hears a recorded sound.
    Clip { side: Side, clip: Arc<Clip>, repeat: bool },
    /// A side takes part in a conference, and hears the others.
    Join { side: Side, conference: ConferenceId },
    /// A side takes part in a conference no longer.
    Leave { side: Side },
    /// The call is recorded, or no longer.
    Record(Option<Recording>),
    /// The call's packets go into captures, or no longer.
    Tap(Option<Tap>),
    /// A browser's offer for another network path.
    RestartBrowser { side: Side, offer: String, credentials: IceCredentials },
    /// How digits travel on a side.
    DigitPolicy { side: Side, policy: DigitPolicy },
    /// A digit that came from a side by signalling.
    ReceiveDigit { side: Side, digit: Digit },
    /// DTMF towards a side.
    Digits { side: Side, digits: String },
    /// Tell when the browser's path stands, or that it does.
    Confirm,
    /// Audio should come from both sides.
    Expect,
    /// Another worker is to have it.
    Give { to: usize, packet: Option<Packet> },
    /// The call is over.
    Close,
}

/// What a worker has, for tests that want to see nothing of it left.
#[cfg(test)]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) entries: usize,
    pub(super) by_call: usize,
    pub(super) by_remote: usize,
    pub(super) by_ufrag: usize,
    pub(super) elsewhere: usize,
    pub(super) away: usize,
    pub(super) expected: usize,
    pub(super) taking: usize,
    pub(super) rooms: usize,
}

/// Why a call is to move.
#[derive(Debug)]
pub(super) enum Why {
    /// The system delivers its browser's packets there, of which this is the first.
    Browser(Packet),
    /// It has to be there: whoever it talks to is, or its home has no time. Its browser does not move it again.
    Needed,
}

/// What all workers share. Nothing on the way of a packet reads it.
#[derive(Debug)]
struct Directory {
    /// Which worker has which browser. Read only when a browser sends from an address not seen before.
    by_ufrag: RwLock<FxHashMap<String, usize>>,
    /// How busy each worker is.
    loads: Vec<Load>,
    /// From when all audio clocks count, so that sessions share their ticks.
    epoch: Instant,
    tapes: Tapes,
}

impl Directory {
    fn set(&self, ufrag: &str, worker: Option<usize>) {
        let mut by_ufrag = self.by_ufrag.write().unwrap_or_else(PoisonError::into_inner);
        match worker {
            Some(worker) => by_ufrag.insert(ufrag.to_owned(), worker),
            None => by_ufrag.remove(ufrag),
        };
    }

    fn get(&self, ufrag: &str) -> Option<usize> {
        self.by_ufrag.read().unwrap_or_else(PoisonError::into_inner).get(ufrag).copied()
    }
}

/// The threads, as the media server sees them.
#[derive(Debug)]
pub(super) struct Workers {
    inboxes: Vec<Inbox>,
    /// Those with commands that they have not been woken for.
    asleep: Vec<bool>,
    shared: Arc<Directory>,
}

#[derive(Debug, Clone)]
struct Inbox {
    sender: Sender<Command>,
    waker: Waker,
}

impl Drop for Workers {
    fn drop(&mut self) {
        for inbox in &self.inboxes {
            inbox.send(Command::Stop);
        }
    }
}

impl Inbox {
    fn send(&self, command: Command) {
        // It fails only where the thread has ended.
        if self.sender.send(command).is_ok() {
            self.waker.wake();
        }
    }
}

/// The worker that gets what is asked for a call.
fn home(call: CallId, count: usize) -> usize {
    call.0 as usize % count
}

impl Workers {
    /// Starts `count` threads that all listen for browsers at `addresses`.
    pub(super) fn start(
        count: usize,
        addresses: &[SocketAddr],
        events: events::Sender<MediaEvent>,
    ) -> Result<Workers, MediaError> {
        let mut inboxes = Vec::new();
        let mut parts = Vec::new();
        for _ in 0..count {
            let (poller, waker) = Poller::new().map_err(MediaError::Thread)?;
            let (sender, receiver) = mpsc::channel();
            inboxes.push(Inbox { sender, waker });
            parts.push((poller, receiver));
        }
        let shared = Arc::new(Directory {
            by_ufrag: RwLock::default(),
            loads: std::iter::repeat_with(Load::default).take(count).collect(),
            epoch: Instant::now(),
            tapes: Tapes::start().map_err(MediaError::Thread)?,
        });
        for (index, (poller, inbox)) in parts.into_iter().enumerate() {
            let mut browsers = Vec::new();
            for (place, &address) in addresses.iter().enumerate() {
                let bound = bind_browser_port(address, index == 0).and_then(|socket| {
                    poller.add(&socket, Ready::Browsers(place))?;
                    Ok(socket)
                });
                browsers.push(bound.map_err(|source| MediaError::Bind { address, source })?);
            }
            let mut listeners = Vec::new();
            for (place, &address) in addresses.iter().enumerate() {
                // UDP is enough for most browsers: a TCP port that another program has must not keep the server down.
                let bound = browsers[place].local_addr().and_then(listen_streams).and_then(|listener| {
                    poller.add(&listener, Ready::Streams(place))?;
                    Ok(listener)
                });
                match bound {
                    Ok(listener) => listeners.push(listener),
                    Err(error) => warn!(%address, %error, "browsers cannot connect by TCP"),
                }
            }
            let streams = Streams::new(listeners);
            let sockets = (browsers, streams);
            let worker = Worker::new(index, poller, inbox, inboxes.clone(), shared.clone(), sockets, events.clone());
            std::thread::Builder::new()
                .name(format!("media-{index}"))
                .spawn(move || worker.run())
                .map_err(MediaError::Thread)?;
        }
        let asleep = vec![false; inboxes.len()];
        Ok(Workers { inboxes, asleep, shared })
    }

    /// Asks for something for a call. Its worker sees it after [`Workers::wake`]: waking a thread costs more than most
    /// commands do, and they come several at a time.
    pub(super) fn call(&mut self, call: CallId, action: Action) {
        self.send(call, Command::Call(call, action));
    }

    /// Has another worker take a call.
    pub(super) fn place(&mut self, call: CallId, to: usize) {
        self.send(call, Command::Move { call, to, why: Why::Needed });
    }

    /// Asks every worker for the figures of its legs; it drops its sender when it has told all.
    pub(super) fn report(&mut self, reply: &events::Sender<LegFigures>) {
        for (inbox, asleep) in self.inboxes.iter().zip(&mut self.asleep) {
            *asleep |= inbox.sender.send(Command::Report(reply.clone())).is_ok();
        }
    }

    /// What each worker has.
    #[cfg(test)]
    pub(super) fn counts(&self) -> Vec<Counts> {
        let ask = |inbox: &Inbox| {
            let (sender, receiver) = mpsc::channel();
            inbox.send(Command::Count(sender));
            receiver.recv().expect("the worker lives")
        };
        self.inboxes.iter().map(ask).collect()
    }

    /// Whether no worker can take another call.
    pub(super) fn are_overloaded(&self) -> bool {
        self.shared.loads.iter().all(Load::is_overloaded)
    }

    /// How busy each worker was in its last second.
    pub(super) fn loads(&self) -> Vec<WorkerLoad> {
        self.shared.loads.iter().map(Load::last).collect()
    }

    /// Another worker that has more time than the home of this call, where that one has none.
    pub(super) fn refuge(&self, call: CallId) -> Option<usize> {
        let home = home(call, self.inboxes.len());
        self.shared.loads[home].is_overloaded().then(|| self.least_busy()).filter(|&worker| worker != home)
    }

    /// The worker with the most time.
    pub(super) fn least_busy(&self) -> usize {
        let loads = self.shared.loads.iter().enumerate();
        loads.min_by_key(|(_, load)| (load.is_overloaded(), load.busy())).map_or(0, |(worker, _)| worker)
    }

    /// Wakes the workers that have commands.
    pub(super) fn wake(&mut self) {
        for (inbox, asleep) in self.inboxes.iter().zip(&mut self.asleep) {
            if std::mem::take(asleep) {
                inbox.waker.wake();
            }
        }
    }

    fn send(&mut self, call: CallId, command: Command) {
        let home = home(call, self.inboxes.len());
        self.asleep[home] |= self.inboxes[home].sender.send(command).is_ok();
    }
}
