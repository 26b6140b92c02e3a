//! What clients and programs were told, so that who comes back misses nothing.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use rustc_hash::FxHashMap;
use tokio::sync::mpsc;

use super::{Beginning, Change, ClientEvent};
use crate::call::view::{CallView, ConnectionState};
use crate::ids::{CallId, LineId};
use crate::line::events;
use crate::line::monitor::MonitoredLine;
use crate::user::stream::Stream;

/// Ended calls that are kept for a client that was away.
const KEPT_ENDED: usize = 32;

/// What one client, or a user's programs, were told, and who listens.
#[derive(Debug)]
pub(super) struct Listener {
    pub(super) told: Stream<Arc<Change>>,
    /// Calls that ended, the latest ones, by their numbers in `told`.
    ended: VecDeque<(u64, Arc<Change>)>,
    /// The last change when a client's socket went.
    pub(super) left_at: u64,
    pub(super) sockets: Vec<mpsc::Sender<ClientEvent>>,
    /// When programs asked last.
    pub(super) asked: Instant,
    /// The calls that are not over, as they were told of last.
    pub(super) seen: FxHashMap<CallId, CallView>,
    /// The lines of others, as they were told of last.
    pub(super) monitored: FxHashMap<LineId, Arc<MonitoredLine>>,
}

impl Listener {
    pub(super) fn new(now: Instant) -> Listener {
        // A listener of the same client before this one, and before a restart, has had lower numbers: nobody is told
        // a thousand things a second.
        let begin = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64;
        Listener {
            told: Stream::new(begin),
            ended: VecDeque::new(),
            left_at: begin,
            sockets: Vec::new(),
            asked: now,
            seen: FxHashMap::default(),
            monitored: FxHashMap::default(),
        }
    }

    /// Tells of a call, and what happened to it since it was told of last.
    pub(super) fn tell_call(&mut self, view: Box<CallView>) {
        let events = events::between(self.seen.get(&view.id), &view);
        match is_over(&view) {
            true => drop(self.seen.remove(&view.id)),
            false => drop(self.seen.insert(view.id, (*view).clone())),
        }
        self.tell(Arc::new(Change::Call(view, events)));
    }

    /// Tells of a line of others, where it looks different than it was told of last.
    pub(super) fn tell_monitored(&mut self, line: &Arc<MonitoredLine>) {
        if self.monitored.get(&line.line) != Some(line) {
            self.monitored.insert(line.line, line.clone());
            self.tell(Arc::new(Change::Monitored(line.clone())));
        }
    }

    /// Tells of the lines of others that are no longer among those that are shown.
    pub(super) fn forget_monitored(&mut self, shown: &[Arc<MonitoredLine>]) {
        let gone = |line: &&LineId| shown.iter().all(|shown| shown.line != **line);
        let mut gone: Vec<LineId> = self.monitored.keys().filter(gone).copied().collect();
        gone.sort_unstable();
        for line in gone {
            self.monitored.remove(&line);
            self.tell(Arc::new(Change::Unmonitored(line)));
        }
    }

    /// Numbers a change and sends it to all sockets. One that is too slow is let go: its task sees the channel close
    /// and ends it.
    pub(super) fn tell(&mut self, change: Arc<Change>) {
        let seq = self.told.push(change.clone());
        if matches!(&*change, Change::Call(view, _) if is_over(view)) {
            if self.ended.len() == KEPT_ENDED {
                self.ended.pop_front();
            }
            self.ended.push_back((seq, change.clone()));
        }
        self.sockets.retain(|socket| socket.try_send(ClientEvent::Changed { seq, change: change.clone() }).is_ok());
    }

    /// What was told counts no more: who comes back gets a picture. The calls that ended are known still.
    pub(super) fn begin_again(&mut self) {
        self.told = Stream::new(self.told.last() + 1);
        self.sockets.clear();
    }

    /// What came after a change; none where that is not known.
    pub(super) fn replay(&self, since: Option<u64>) -> Option<Beginning> {
        let since = since?;
        let changes = self.told.after(since)?.map(|(seq, change)| (seq, change.clone())).collect();
        Some(Beginning::Replay { since, changes })
    }

    /// The calls that ended since a client went away, or saw its last change.
    pub(super) fn ended(&self, since: Option<u64>) -> Vec<CallView> {
        let since = since.filter(|&since| since <= self.told.last()).unwrap_or(self.left_at);
        let missed = self.ended.iter().filter(|(seq, _)| *seq > since);
        let view = |change: &Change| match change {
            Change::Call(view, _) => Some((**view).clone()),
            _ => None,
        };
        missed.filter_map(|(_, change)| view(change)).collect()
    }
}

fn is_over(view: &CallView) -> bool {
    matches!(view.state, ConnectionState::Null | ConnectionState::Failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::cause::CauseCode;
    use crate::call::effect::Caller;
    use crate::call::service::Services;
    use crate::call::view::{Direction, EndCause};

    fn call(id: u64, state: ConnectionState) -> Arc<Change> {
        let view = CallView {
            id: CallId(id),
            line: LineId(0),
            direction: Direction::Incoming,
            state,
            remote_state: ConnectionState::Null,
            remote: Caller { number: "200".into(), name: None },
            here: false,
            created: Instant::now(),
            connected: None,
            codec: None,
            recorded: false,
            silence: Vec::new(),
            security: None,
            cause: Some(EndCause::ours(CauseCode::NormalClearing)),
            services: Services::default(),
            consultation_of: None,
            conference: Vec::new(),
            diverted_by: None,
            transferring_to: None,
            parked_at: None,
        };
        Arc::new(Change::Call(Box::new(view), Vec::new()))
    }

    #[test]
    fn calls_that_ended_meanwhile_are_told_with_a_picture() {
        let mut listener = Listener::new(Instant::now());
        let ids = |views: Vec<CallView>| views.iter().map(|view| view.id.0).collect::<Vec<_>>();
        listener.tell(call(1, ConnectionState::Null));
        listener.left_at = listener.told.last();
        listener.tell(call(2, ConnectionState::Connected));
        listener.tell(call(3, ConnectionState::Failed));
        assert_eq!(ids(listener.ended(None)), [3], "since the socket went");
        let seen = listener.told.last() - 3;
        assert_eq!(ids(listener.ended(Some(seen))), [1, 3], "since what the client has seen");
        assert_eq!(ids(listener.ended(Some(u64::MAX))), [3], "nobody has seen that");
        for id in 10..200 {
            listener.tell(call(id, ConnectionState::Null));
        }
        assert_eq!(ids(listener.ended(None)), (200 - KEPT_ENDED as u64..200).collect::<Vec<_>>());
    }

    #[test]
    fn who_reads_too_slowly_is_let_go() {
        let mut listener = Listener::new(Instant::now());
        let (slow, mut events) = mpsc::channel(2);
        listener.sockets.push(slow);
        for id in 0..3 {
            listener.tell(call(id, ConnectionState::Connected));
        }
        assert!(listener.sockets.is_empty());
        let mut seen = 0;
        while let Ok(ClientEvent::Changed { seq, .. }) = events.try_recv() {
            seen = seq;
        }
        // It comes back and has the rest.
        let Some(Beginning::Replay { changes, .. }) = listener.replay(Some(seen)) else {
            panic!("nothing is replayed")
        };
        assert_eq!(changes.iter().map(|(seq, _)| *seq).collect::<Vec<_>>(), [seen + 1]);
    }
}
