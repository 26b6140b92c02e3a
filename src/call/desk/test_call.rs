//! Test calls: the server itself calls a number from a line, so that an administrator sees and hears whether that works.
//! Who answers hears a tone, then their own voice: both ways are tried.

use std::time::{Duration, Instant};

use tracing::debug;

use super::super::Calls;
use super::super::cause::CauseCode;
use super::super::commands::{Asker, dialable};
use super::super::effect::Command;
use super::super::numbers::{Typed, Wanted};
use super::super::record::{Number, Party};
use super::super::state::Vacancy;
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
                    let called = dialable(&number.text).map_or(Number::None, Number::Other);
                    self.not_begun(Party::Server, Some(line), called, cause, now);
                }
            }
            Command::ClearCall { call } if self.is_test(call) => {
                self.with(call, now, |flow| flow.clear());
            }
            _ => debug!("not a command of the server"),
        }
    }

    fn test_call(&mut self, line: LineId, number: &Typed, now: Instant) -> Result<CallId, CauseCode> {
        let (client, user) = (ClientId::SERVER, UserId::NOBODY);
        let Wanted { result, translation } = self.wanted(client, line, number);
        let placed = result?;
        if placed.emergency {
            // Nobody is to come because somebody tried something out.
            return Err(CauseCode::NotPossibleNow);
        }
        if !self.is_available(line) {
            return Err(CauseCode::LineNotRegistered);
        }
        let id = self.place(Asker { client, user, request: 0, reply_to: client }, line, placed, now)?;
        self.note_number(Some(id), translation);
        self.with(id, now, |flow| flow.start_test());
        Ok(id)
    }

    fn is_test(&self, call: CallId) -> bool {
        self.calls.get(&call).is_some_and(|call| matches!(call.vacancy, Some(Vacancy::Test { .. })))
    }
}
