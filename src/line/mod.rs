//! Lines and line groups: where each stands, in a form to show.

pub mod events;
pub mod monitor;
pub mod report;

use std::time::Instant;

use offhook_sip::{ChallengeSeen, RegistrationState};

use crate::call::cause::CauseCode;
use crate::call::view::EndCause;
use crate::ids::LineId;

/// Whether a line can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineState {
    /// Switched off in the configuration.
    Inactive,
    /// Its PBX is being looked up, or its REGISTER waits for its turn.
    Waiting,
    /// A REGISTER is under way and none has succeeded yet.
    Registering,
    /// Calls are possible: the line is registered.
    Registered,
    /// Calls are possible: another line speaks for the trunk, or nothing needs to be registered.
    Ready,
    /// The PBX refused or did not answer; another attempt follows.
    Failed,
    /// Taken back.
    Unregistered,
}

impl LineState {
    /// All of them.
    pub const ALL: [LineState; 7] = [
        LineState::Inactive,
        LineState::Waiting,
        LineState::Registering,
        LineState::Registered,
        LineState::Ready,
        LineState::Failed,
        LineState::Unregistered,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            LineState::Inactive => "inactive",
            LineState::Waiting => "waiting",
            LineState::Registering => "registering",
            LineState::Registered => "registered",
            LineState::Ready => "ready",
            LineState::Failed => "failed",
            LineState::Unregistered => "unregistered",
        }
    }

    /// Whether calls can leave by the line.
    pub fn is_available(self) -> bool {
        matches!(self, LineState::Registered | LineState::Ready)
    }
}

/// Where a line stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineStatus {
    /// Whether it can be used.
    pub state: LineState,
    /// Why not.
    pub cause: Option<EndCause>,
    /// Until when it is registered, without a refresh.
    pub until: Option<Instant>,
    /// The place that registered it, like `udp 192.0.2.1:5060`.
    pub target: Option<String>,
    /// What went wrong last, and when; stays when the line works again.
    pub last_error: Option<(EndCause, Instant)>,
    /// Attempts that failed in a row.
    pub retries: u32,
    /// When the next attempt is made.
    pub next_try: Option<Instant>,
}

impl LineStatus {
    /// A line of which nothing else is known.
    pub fn new(state: LineState) -> LineStatus {
        LineStatus { state, cause: None, until: None, target: None, last_error: None, retries: 0, next_try: None }
    }
}

/// All lines, by [`LineId`].
#[derive(Debug)]
pub struct Lines {
    status: Vec<LineStatus>,
}

impl Lines {
    /// As the configuration wants them: active or not.
    pub fn new(active: impl IntoIterator<Item = bool>) -> Lines {
        let state = |active| if active { LineState::Waiting } else { LineState::Inactive };
        Lines { status: active.into_iter().map(|active| LineStatus::new(state(active))).collect() }
    }

    /// Lines that are in use from now on, or no longer, and such that there were not. `begun` begin anew. Tells which
    /// look different now.
    pub fn change(&mut self, active: impl IntoIterator<Item = bool>, begun: &[LineId]) -> Vec<LineId> {
        let mut changed = Vec::new();
        for (place, active) in active.into_iter().enumerate() {
            let id = LineId(place as u32);
            let now = LineStatus::new(if active { LineState::Waiting } else { LineState::Inactive });
            match self.status.get_mut(place) {
                None => self.status.push(now),
                Some(status) if active == (status.state == LineState::Inactive) || active && begun.contains(&id) => {
                    let last_error = status.last_error.take();
                    *status = LineStatus { last_error, ..now };
                }
                Some(_) => continue,
            }
            changed.push(id);
        }
        changed
    }

    /// Where a line stands.
    pub fn status(&self, line: LineId) -> Option<&LineStatus> {
        self.status.get(line.0 as usize)
    }

    /// A line's state changed for a reason other than its own registration; true when somebody would see it.
    pub fn set(&mut self, line: LineId, state: LineState, cause: Option<EndCause>, now: Instant) -> bool {
        let Some(slot) = self.status.get_mut(line.0 as usize) else { return false };
        if slot.state == LineState::Inactive {
            return false;
        }
        let changed = slot.state != state || slot.cause != cause;
        if let Some(cause) = cause.clone().filter(|_| changed) {
            slot.last_error = Some((cause, now));
        }
        if state.is_available() {
            slot.retries = 0;
            slot.next_try = None;
        }
        (slot.state, slot.cause) = (state, cause);
        changed
    }

    /// Takes in news of a line's registration; true when somebody would see it. `problem` is why nothing can be sent
    /// to the PBX, where that is known.
    pub fn registration(
        &mut self,
        line: LineId,
        state: &RegistrationState,
        problem: Option<&EndCause>,
        now: Instant,
    ) -> bool {
        let Some(slot) = self.status.get_mut(line.0 as usize) else { return false };
        let (state, cause) = match state {
            // A retry after a failure or a refresh changes nothing that a person can act on.
            RegistrationState::Registering => {
                slot.next_try = None;
                match slot.state {
                    LineState::Unregistered | LineState::Waiting => (LineState::Registering, None),
                    LineState::Registered if slot.until.is_some_and(|until| until <= now) => {
                        (LineState::Registering, None)
                    }
                    _ => return false,
                }
            }
            RegistrationState::Registered { until, at, .. } => {
                slot.until = Some(*until);
                slot.target = Some(format!("{} {}:{}", at.protocol.as_param(), at.host, at.port));
                (LineState::Registered, None)
            }
            RegistrationState::Failed { status, reason, attempts, retry_at, challenge } => {
                (slot.next_try, slot.until, slot.retries) = (*retry_at, None, *attempts);
                // Nothing came, or nothing could be sent.
                let problem = problem.filter(|_| matches!(status, 408 | 503)).cloned();
                let cause = problem.unwrap_or_else(|| registration_failure(*status, reason, challenge.as_ref()));
                (LineState::Failed, Some(cause))
            }
            RegistrationState::Unregistered => {
                (slot.until, slot.next_try) = (None, None);
                (LineState::Unregistered, None)
            }
        };
        self.set(line, state, cause, now)
    }
}

/// What a refused or unanswered REGISTER means.
fn registration_failure(status: u16, reason: &str, challenge: Option<&ChallengeSeen>) -> EndCause {
    let code = match (status, challenge) {
        (401 | 407, Some(challenge)) if !challenge.supported => CauseCode::AuthenticationUnsupported,
        (401 | 407, _) => CauseCode::WrongPassword,
        (408, _) => CauseCode::PbxNotAnswering,
        (500..=599, _) => CauseCode::PbxUnreachable,
        _ => CauseCode::RegistrationRefused,
    };
    let said = (!reason.is_empty()).then(|| reason.to_owned());
    let detail = challenge.map(in_words).or(said);
    EndCause { code, sip_status: Some(status), detail }
}

/// What a challenge tells of why the credentials did not do.
fn in_words(challenge: &ChallengeSeen) -> String {
    let ChallengeSeen { realm, algorithm, supported, answered, .. } = challenge;
    match (supported, answered) {
        (false, _) => format!("the realm {realm:?} asks for {algorithm}"),
        (true, true) => format!("user name and password were sent for the realm {realm:?} ({algorithm})"),
        (true, false) => format!("the realm {realm:?} asks for a password, and the line has none"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refresh_is_not_news_but_a_failure_is() {
        let mut lines = Lines::new([true, false]);
        let (line, now) = (LineId(0), Instant::now());
        let failed = |attempts| RegistrationState::Failed {
            status: 401,
            reason: "Unauthorized".into(),
            attempts,
            retry_at: None,
            challenge: None,
        };
        assert!(lines.registration(line, &failed(1), None, now));
        assert!(!lines.registration(line, &RegistrationState::Registering, None, now));
        assert!(!lines.registration(line, &failed(2), None, now), "it fails as before");
        let status = lines.status(line).unwrap();
        assert_eq!((status.state, status.retries), (LineState::Failed, 2));
        assert_eq!(status.cause.as_ref().unwrap().code, CauseCode::WrongPassword);
        assert!(!lines.registration(LineId(7), &failed(1), None, now));
        assert!(!lines.set(LineId(1), LineState::Ready, None, now), "a line that is switched off stays off");
    }

    #[test]
    fn lines_come_go_and_begin_anew() {
        let mut lines = Lines::new([true, true, false]);
        let now = Instant::now();
        for line in [0, 1] {
            assert!(lines.set(LineId(line), LineState::Ready, None, now));
        }
        assert_eq!(lines.change([true, false, true, true], &[]), [1, 2, 3].map(LineId));
        let states = |lines: &Lines| [0, 1, 2, 3].map(|line| lines.status(LineId(line)).unwrap().state);
        use LineState::{Inactive, Ready, Waiting};
        assert_eq!(states(&lines), [Ready, Inactive, Waiting, Waiting]);
        assert_eq!(lines.change([true, false, true, true], &[LineId(0), LineId(1)]), [LineId(0)]);
        assert_eq!(states(&lines), [Waiting, Inactive, Waiting, Waiting]);
    }

    #[test]
    fn the_last_error_outlives_the_failure() {
        let mut lines = Lines::new([true]);
        let (line, now) = (LineId(0), Instant::now());
        let cause = EndCause::ours(CauseCode::NameNotResolved);
        assert!(lines.set(line, LineState::Failed, Some(cause.clone()), now));
        assert!(lines.set(line, LineState::Ready, None, now));
        let status = lines.status(line).unwrap();
        assert_eq!((status.cause.as_ref(), status.last_error.as_ref()), (None, Some(&(cause, now))));
    }
}
