//! Figures of calls: asked of the media threads while calls run, told by them when legs end.

use std::time::{Duration, Instant};

use offhook_media::LegStats;
use offhook_media::session::Side;
use rustc_hash::FxHashMap;
use tokio::sync::{broadcast, mpsc, oneshot};
use tracing::warn;

use super::core::Core;
use super::media::WorkerLoad;
use super::role::Role;
use crate::call::cause::CauseCode;
use crate::call::record::{CallRecord, Party};
use crate::ids::CallId;

/// Ended calls waiting for who keeps them; more are not kept.
const BACKLOG: usize = 1024;
/// How long the media threads may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// Ended calls whose figures are awaited. The media threads tell them at once, so this is not reached.
const MAX_ENDING: usize = 10_000;

/// A call with the figures of its legs.
#[derive(Debug, Clone)]
pub struct CallFigures {
    /// The call.
    pub record: CallRecord,
    /// When it ended; None while it runs.
    pub ended: Option<Instant>,
    /// Side A and side B; None for one without a leg.
    pub legs: [Option<LegStats>; 2],
}

/// All calls, and what was counted since the start.
#[derive(Debug, Clone)]
pub struct CallsReport {
    /// Those that run.
    pub calls: Vec<CallFigures>,
    /// How often a browser and a PBX fell silent.
    pub silences: [u64; 2],
    /// Calls that ended, by why and by whether they had been answered.
    pub ended: FxHashMap<(CauseCode, bool), u64>,
    /// How busy each media thread was in its last second.
    pub loads: Vec<WorkerLoad>,
    /// What waits.
    pub queues: Vec<QueueLength>,
    /// Clients that are connected.
    pub clients: usize,
    /// Users who are signed in there.
    pub users: usize,
}

/// How much waits somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueLength {
    /// For what.
    pub name: &'static str,
    /// How much waits; of several of the same kind, in the longest.
    pub length: usize,
    /// How much can wait.
    pub limit: usize,
}

/// What a media thread says of one leg.
#[derive(Debug, Clone, Copy)]
pub(super) struct LegFigures {
    pub(super) call: CallId,
    pub(super) side: Side,
    pub(super) stats: LegStats,
}

/// What the core keeps of figures.
#[derive(Debug)]
pub(super) struct Figures {
    ended: broadcast::Sender<CallFigures>,
    /// Calls that ended, until the media threads have told their last figures.
    ending: FxHashMap<CallId, CallFigures>,
    silences: [u64; 2],
    /// How many calls ended, see [`CallsReport::ended`].
    counts: FxHashMap<(CauseCode, bool), u64>,
}

impl Figures {
    pub(super) fn new(ended: broadcast::Sender<CallFigures>) -> Figures {
        Figures { ended, ending: FxHashMap::default(), silences: [0; 2], counts: FxHashMap::default() }
    }

    /// Whether the figures of every ended call are there.
    pub(super) fn are_told(&self) -> bool {
        self.ending.is_empty()
    }
}

/// Where ended calls are told.
pub(super) fn channel() -> broadcast::Sender<CallFigures> {
    broadcast::channel(BACKLOG).0
}

impl<R: Role> Core<R> {
    /// A call is over; its legs follow.
    pub(super) fn call_ended(&mut self, record: CallRecord, now: Instant) {
        self.recorder.ended(&record, now);
        let cause = record.cause.as_ref().map_or(CauseCode::NormalClearing, |cause| cause.code);
        *self.figures.counts.entry((cause, record.connected.is_some())).or_default() += 1;
        if self.figures.ending.len() < MAX_ENDING {
            let ended = CallFigures { ended: Some(now), record, legs: [None, None] };
            self.figures.ending.insert(ended.record.id, ended);
        }
    }

    /// A call was refused before there was one; it has no legs.
    pub(super) fn call_not_begun(&mut self, record: &CallRecord, now: Instant) {
        self.recorder.ended(record, now);
        let cause = record.cause.as_ref().map_or(CauseCode::NormalClearing, |cause| cause.code);
        *self.figures.counts.entry((cause, false)).or_default() += 1;
    }

    /// The last figures of a leg.
    pub(super) fn leg_ended(&mut self, call: CallId, side: Side, stats: &LegStats) {
        // That of somebody whose place was taken in the middle of a call is not kept.
        if let Some(ending) = self.figures.ending.get_mut(&call) {
            ending.legs[side as usize] = Some(*stats);
        }
    }

    /// The media threads have no more of a call, or never had anything.
    pub(super) fn media_ended(&mut self, call: CallId, now: Instant) {
        let ended = self.figures.ending.remove(&call);
        if let Some(ended) = &ended {
            self.recorder.figures(call, ended.legs, now);
        }
        if let Some(ended) = ended
            && ended.record.connected.is_some()
        {
            // Fails where nobody keeps them.
            let _ = self.figures.ended.send(ended);
        }
    }

    /// A leg fell silent.
    pub(super) fn count_silence(&mut self, call: CallId, side: Side) {
        let party = self.calls.record(call).map(|record| record.parties[side as usize]);
        match party {
            Some(Party::Browser(_)) => self.figures.silences[0] += 1,
            Some(Party::Pbx(_)) => self.figures.silences[1] += 1,
            Some(Party::Server) | None => {}
        }
    }

    /// How much waits for the core, and for others because of it.
    fn queues(&self) -> Vec<QueueLength> {
        let [streams, connection] = self.transport.queues();
        vec![
            QueueLength { name: "core", length: self.inbox.len(), limit: self.inbox.max_capacity() },
            QueueLength { name: "media", length: self.media_events.len(), limit: self.media_events.max_capacity() },
            streams,
            connection,
            self.desk.queue(),
        ]
    }

    /// Answers with all calls once the media threads have told their figures.
    pub(super) fn report_calls(&mut self, reply: oneshot::Sender<CallsReport>) {
        let records: Vec<CallRecord> = self.calls.records().collect();
        let (silences, loads) = (self.figures.silences, self.media.loads());
        let (clients, users) = self.desk.count_online();
        let (ended, queues) = (self.figures.counts.clone(), self.queues());
        // Every call has two legs; a few more are ending.
        let (sender, mut figures) = mpsc::channel::<LegFigures>(2 * records.len() + 64);
        self.media.report(&sender);
        drop(sender);
        tokio::spawn(async move {
            let mut legs: FxHashMap<CallId, [Option<LegStats>; 2]> = FxHashMap::default();
            let collected = tokio::time::timeout(ANSWER_WITHIN, async {
                while let Some(LegFigures { call, side, stats }) = figures.recv().await {
                    legs.entry(call).or_default()[side as usize] = Some(stats);
                }
            });
            if collected.await.is_err() {
                warn!("a media thread does not tell its figures");
            }
            let calls = records.into_iter().map(|record| CallFigures {
                legs: legs.remove(&record.id).unwrap_or_default(),
                ended: None,
                record,
            });
            let _ = reply.send(CallsReport { calls: calls.collect(), silences, ended, loads, queues, clients, users });
        });
    }
}
