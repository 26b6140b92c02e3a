//! What clients and programs were told, so that who comes back misses nothing.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use rustc_hash::FxHashMap;
use tokio::sync::mpsc;

use super::{Beginning, CLIENT_BACKLOG, Change, ClientEvent};
use crate::call::view::{CallView, ConnectionState};
use crate::ids::{CallId, LineId};
use crate::line::events;
use crate::line::monitor::MonitoredLine;
use crate::rights::OnLine;
use crate::user::stream::Stream;

/// Ended calls that are kept for a client that was away.
const KEPT_ENDED: usize = 32;
/// Changes that a client is told at once one by one: more would leave too little room in its backlog for calls.
const MOST_DUE: usize = CLIENT_BACKLOG / 2;

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
            self.tell_due(vec![Change::Monitored(line.clone())]);
        }
    }

    /// The lines of others that were told of and are not among these, which are sorted.
    pub(super) fn not_among(&self, shown: &[(LineId, OnLine)]) -> Vec<LineId> {
        let is_gone = |line: &&LineId| shown.binary_search_by_key(*line, |(line, _)| *line).is_err();
        let mut gone: Vec<LineId> = self.monitored.keys().filter(is_gone).copied().collect();
        gone.sort_unstable();
        gone
    }

    /// What is to be told of lines of others, given with what rights each is seen and what it looks like to who has them;
    /// no more of it than it takes to know that it is too much.
    pub(super) fn due(
        &self,
        lines: impl Iterator<Item = (LineId, Option<OnLine>)>,
        mut look: impl FnMut(LineId, OnLine) -> Option<Arc<MonitoredLine>>,
    ) -> Vec<Change> {
        let due = lines.filter_map(|(line, on_line)| {
            let (told, seen) = (self.monitored.get(&line), on_line.and_then(|on_line| look(line, on_line)));
            match seen {
                Some(seen) => (told != Some(&seen)).then_some(Change::Monitored(seen)),
                None => told.map(|_| Change::Unmonitored(line)),
            }
        });
        due.take(MOST_DUE + 1).collect()
    }

    /// Tells what is due of lines of others: all at once by a picture where that is much.
    pub(super) fn tell_due(&mut self, due: Vec<Change>) {
        if due.len() > MOST_DUE {
            return self.begin_again();
        }
        for change in due {
            match &change {
                Change::Monitored(line) => drop(self.monitored.insert(line.line, line.clone())),
                Change::Unmonitored(line) => drop(self.monitored.remove(line)),
                _ => {}
            }
            self.tell(Arc::new(change));
        }
    }

    /// Tells once more of the lines of others on which something can be asked for.
    pub(super) fn tell_monitored_again(&mut self) {
        let lines = self.monitored.values();
        let mut lines: Vec<_> = lines.filter(|line| line.offers_something()).cloned().collect();
        lines.sort_unstable_by_key(|line| line.line);
        self.tell_due(lines.into_iter().map(Change::Monitored).collect());
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
        self.monitored.clear();
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
    use crate::call::settings::LineSettings;
    use crate::call::view::{Direction, EndCause};
    use crate::line::LineState;
    use crate::line::monitor::Known;
    use crate::rights::LineRight;

    fn call(id: u64, state: ConnectionState) -> Arc<Change> {
        let view = CallView {
            id: CallId(id),
            line: LineId(0),
            direction: Direction::Incoming,
            state,
            remote_state: ConnectionState::Null,
            remote: Caller { number: "200".into(), name: None },
            shown: "200".into(),
            picture: None,
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

    fn line(id: u32, on_line: OnLine) -> Arc<MonitoredLine> {
        let settings = LineSettings::default();
        let (state, offered) = (LineState::Registered, Services::all());
        let known =
            Known { line: LineId(id), owner: None, picture: None, state, calls: &[], settings: &settings, offered };
        Arc::new(known.seen_with(on_line))
    }

    /// What a listener is told, whose sockets take so much.
    fn told(listener: &mut Listener, size: usize, tell: impl FnOnce(&mut Listener)) -> (Vec<String>, bool) {
        let (socket, mut events) = mpsc::channel(size);
        listener.sockets = vec![socket];
        tell(listener);
        let mut told = Vec::new();
        while let Ok(event) = events.try_recv() {
            let ClientEvent::Changed { change, .. } = event else { panic!("nobody asked") };
            told.push(match &*change {
                Change::Monitored(line) => format!("{} {}", line.line, line.rights.len()),
                Change::Unmonitored(line) => format!("{line} gone"),
                other => panic!("{other:?}"),
            });
        }
        (told, listener.sockets.is_empty())
    }

    #[test]
    fn of_the_lines_of_others_only_what_differs_is_told() {
        let mut listener = Listener::new(Instant::now());
        let (sees, sets) = (OnLine::of([LineRight::SeeStatus]), OnLine::OWN);
        let look = |id: LineId, on_line| Some(line(id.0, on_line));
        let shown =
            |lines: &[(u32, OnLine)]| lines.iter().map(|&(id, on_line)| (LineId(id), on_line)).collect::<Vec<_>>();
        let show = |listener: &mut Listener, lines: &[(u32, OnLine)]| {
            let shown = shown(lines);
            let gone = listener.not_among(&shown).into_iter().map(|line| (line, None));
            let due = listener.due(gone.chain(shown.into_iter().map(|(line, seen)| (line, Some(seen)))), look);
            told(listener, 16, |listener| listener.tell_due(due)).0
        };
        assert_eq!(show(&mut listener, &[(1, sees), (4, sees), (7, sets)]), ["1 1", "4 1", "7 7"]);
        assert_eq!(show(&mut listener, &[(1, sees), (4, sets), (8, sees)]), ["7 gone", "4 7", "8 1"]);
        assert_eq!(show(&mut listener, &[(1, sees), (4, sets), (8, sees)]), [""; 0]);
        // Some lines alone: of one that was never shown there is nothing to tell.
        let some = [(LineId(1), None), (LineId(4), Some(sets)), (LineId(5), None)];
        let due = listener.due(some.into_iter(), look);
        assert_eq!(told(&mut listener, 16, |listener| listener.tell_due(due)).0, ["1 gone"]);
        // A line that is not there any more.
        let due = listener.due([(LineId(4), Some(sets))].into_iter(), |_, _| None);
        assert_eq!(told(&mut listener, 16, |listener| listener.tell_due(due)).0, ["4 gone"]);
    }

    #[test]
    fn who_is_to_be_told_much_begins_again_with_a_picture() {
        let much = MOST_DUE as u32 + 1;
        let show = |listener: &mut Listener, lines: u32, seen: OnLine| {
            let lines = (0..lines).map(|id| (LineId(id), Some(seen)));
            let due = listener.due(lines, |id, on_line| Some(line(id.0, on_line)));
            told(listener, CLIENT_BACKLOG, |listener| listener.tell_due(due))
        };
        let mut listener = Listener::new(Instant::now());
        let (some, is_gone) = show(&mut listener, much - 1, OnLine::OWN);
        assert_eq!((some.len(), is_gone), (MOST_DUE, false));
        let seen = listener.told.last();
        assert_eq!(show(&mut listener, much * 3, OnLine::of([])), (Vec::new(), true));
        assert!(listener.replay(Some(seen)).is_none(), "what was told counts no more");
        // The next picture has everything; what comes before it is in it.
        assert_eq!(show(&mut listener, 1, OnLine::OWN).0, ["0 7"]);
        assert!(listener.replay(Some(seen)).is_none());
    }

    #[test]
    fn what_can_be_asked_for_is_told_anew_where_there_is_something() {
        let mut listener = Listener::new(Instant::now());
        let sees = OnLine::of([LineRight::SeeStatus]);
        let lines = (0..MOST_DUE as u32).map(|id| (LineId(id), Some(if id == 7 { OnLine::OWN } else { sees })));
        let due = listener.due(lines, |id, on_line| Some(line(id.0, on_line)));
        listener.tell_due(due);
        assert_eq!(told(&mut listener, 4, Listener::tell_monitored_again), (vec!["7 7".to_owned()], false));
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
