//! Lines: where each registration stands, in a form to show.

use crate::call::cause::CauseCode;
use crate::call::view::EndCause;
use crate::ids::LineId;
use offhook_sip::RegistrationState;

/// The registration of a line at its PBX.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineState {
    /// A REGISTER is under way and none has succeeded yet.
    Registering,
    /// Calls are possible.
    Registered,
    /// The PBX refused or did not answer; another attempt follows.
    Failed,
    /// Taken back.
    Unregistered,
}

/// Where a line stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineStatus {
    /// Its registration.
    pub state: LineState,
    /// Why it failed.
    pub cause: Option<EndCause>,
}

/// All lines, by [`LineId`].
#[derive(Debug)]
pub struct Lines {
    status: Vec<LineStatus>,
}

impl Lines {
    /// `count` lines that are about to register.
    pub fn new(count: usize) -> Lines {
        Lines { status: vec![LineStatus { state: LineState::Registering, cause: None }; count] }
    }

    /// Where a line stands.
    pub fn status(&self, line: LineId) -> Option<&LineStatus> {
        self.status.get(line.0 as usize)
    }

    /// Takes in a change; true when somebody would see it.
    pub fn set(&mut self, line: LineId, status: LineStatus) -> bool {
        match self.status.get_mut(line.0 as usize) {
            Some(slot) if *slot != status => {
                *slot = status;
                true
            }
            _ => false,
        }
    }

    /// Takes in news of a line's registration; true when somebody would see it.
    pub fn registration(&mut self, line: LineId, state: &RegistrationState) -> bool {
        let Some(before) = self.status(line) else { return false };
        let status = match state {
            // A retry after a failure or a refresh changes nothing that a person can act on.
            RegistrationState::Registering => match before.state {
                LineState::Unregistered => LineStatus { state: LineState::Registering, cause: None },
                _ => return false,
            },
            RegistrationState::Registered { .. } => LineStatus { state: LineState::Registered, cause: None },
            RegistrationState::Failed { status, reason, .. } => {
                LineStatus { state: LineState::Failed, cause: Some(registration_failure(*status, reason)) }
            }
            RegistrationState::Unregistered => LineStatus { state: LineState::Unregistered, cause: None },
        };
        self.set(line, status)
    }
}

/// What a refused or unanswered REGISTER means.
fn registration_failure(status: u16, reason: &str) -> EndCause {
    let code = match status {
        401 | 407 => CauseCode::WrongPassword,
        408 => CauseCode::PbxNotAnswering,
        500..=599 => CauseCode::PbxUnreachable,
        _ => CauseCode::RegistrationRefused,
    };
    EndCause { code, sip_status: Some(status), detail: (!reason.is_empty()).then(|| reason.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refresh_is_not_news_but_a_failure_is() {
        let mut lines = Lines::new(1);
        let line = LineId(0);
        let failed = RegistrationState::Failed {
            status: 401,
            reason: "Unauthorized".into(),
            attempts: 1,
            retry_at: None,
            challenge: None,
        };
        assert!(lines.registration(line, &failed));
        assert!(!lines.registration(line, &RegistrationState::Registering));
        let status = lines.status(line).unwrap();
        assert_eq!(status.state, LineState::Failed);
        assert_eq!(status.cause.as_ref().unwrap().code, CauseCode::WrongPassword);
        assert!(!lines.registration(LineId(7), &failed));
    }
}
