//! Test calls: the server itself calls a number from a line, so that an administrator sees and hears whether that works.
//! Who answers hears a tone, then their own voice: both ways are tried.

use std::time::{Duration, Instant};

use tracing::debug;

use super::super::Calls;
use super::super::cause::CauseCode;
use super::super::commands::dialable;
use super::super::effect::{Caller, Command};
use super::super::record::Party;
use super::super::state::{Far, FarSip, Near, Vacancy};
use crate::ids::{CallId, ClientId, LineId, UserId};

/// How long it may ring.
pub(in crate::call) const RINGS: Duration = Duration::from_secs(60);
/// How long the tone is heard, from the answer on.
pub(in crate::call) const TONE: Duration = Duration::from_secs(3);
/// How long the whole of it lasts, from the answer on.
pub(in crate::call) const LASTS: Duration = Duration::from_secs(30);

impl Calls {
    /// What the server asks for by itself.
    pub(in crate::call) fn command_of_server(&mut self, command: Command, now: Instant) {
        match command {
            Command::MakeCall { line, number, .. } => {
                if let Err(cause) = self.test_call(line, &number, now)
                    && cause != CauseCode::InvalidNumber
                {
                    self.not_begun(Party::Server, Some(line), &number, cause, now);
                }
            }
            Command::ClearCall { call } if self.is_test(call) => {
                self.with(call, now, |flow| flow.clear());
            }
            _ => debug!("not a command of the server"),
        }
    }

    fn test_call(&mut self, line: LineId, number: &str, now: Instant) -> Result<CallId, CauseCode> {
        let group = self.directory.group_of(line).ok_or(CauseCode::UnknownLine)?;
        let number = dialable(number).ok_or(CauseCode::InvalidNumber)?;
        if self.directory.group(group).is_some_and(|group| group.is_emergency(&number)) {
            // Nobody is to come because somebody tried something out.
            return Err(CauseCode::NotPossibleNow);
        }
        if !self.is_available(line) {
            return Err(CauseCode::LineNotRegistered);
        }
        let (client, user) = (ClientId::SERVER, UserId::NOBODY);
        let near = Near::Client { client, user, line, request: 0, number: number.clone() };
        let id = self.create(near, Far::Sip(FarSip::default()), Caller { number, name: None }, false, now)?;
        self.with(id, now, |flow| flow.start_test());
        Ok(id)
    }

    fn is_test(&self, call: CallId) -> bool {
        self.calls.get(&call).is_some_and(|call| matches!(call.vacancy, Some(Vacancy::Test { .. })))
    }
}
