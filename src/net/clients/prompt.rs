//! Prompts: what one client, or a program, wants another client to do with its audio (ECMA-269 6.4.4).

use super::{Change, ClientDesk};
use crate::call::cause::CauseCode;
use crate::call::dialable;
use crate::call::effect::Command;
use crate::call::numbers::{Typed, is_typed};
use crate::ids::{CallId, ClientId, LineId, UserId};
use crate::net::core::Core;
use crate::net::role::Role;

/// A command that needs the audio of the client it comes from (ECMA-269 6.4.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prompt {
    /// [`Command::MakeCall`].
    MakeCall {
        /// The calling line.
        line: LineId,
        /// What to dial.
        number: Typed,
    },
    /// [`Command::AnswerCall`].
    AnswerCall {
        /// The alerting call.
        call: CallId,
    },
    /// [`Command::ConsultationCall`].
    ConsultationCall {
        /// The connected call.
        call: CallId,
        /// What to dial.
        number: Typed,
    },
    /// [`Command::DirectedPickupCall`].
    DirectedPickupCall {
        /// The line that takes it.
        line: LineId,
        /// Where it rings or is parked.
        number: String,
    },
}

impl Prompt {
    /// With what is dialled of its number, and without what is for one client alone. `is_located`: of the number a location's
    /// rules make what is dialled.
    fn checked(mut self, is_located: bool) -> Result<Prompt, CauseCode> {
        match &mut self {
            Prompt::MakeCall { number, .. } | Prompt::ConsultationCall { number, .. } => {
                number.text = passed_on(&number.text, is_located)?;
                if !number.pin.is_empty() || !number.user.is_empty() {
                    return Err(CauseCode::PinNeedsClient);
                }
            }
            Prompt::DirectedPickupCall { number, .. } => {
                *number = passed_on(number, is_located)?;
            }
            Prompt::AnswerCall { .. } => {}
        }
        Ok(self)
    }
}

/// A number for another client. Where a location's rules read it, and where it is dialled as it is, it stays as it is.
fn passed_on(number: &str, is_located: bool) -> Result<String, CauseCode> {
    let passed_on = match is_located || number.trim_start().starts_with('!') {
        true => Some(number.to_owned()).filter(|number| is_typed(number)),
        false => dialable(number),
    };
    passed_on.ok_or(CauseCode::InvalidNumber)
}

impl ClientDesk {
    /// Whom to prompt: the client named, or the one that was active last.
    fn to_prompt(&self, user: UserId, by: Option<ClientId>, to: Option<ClientId>) -> Result<ClientId, CauseCode> {
        match to {
            Some(to) if self.clients.user_of(to) != Some(user) => Err(CauseCode::UnknownClient),
            Some(to) if self.clients.is_online(to) => Ok(to),
            Some(_) => Err(CauseCode::NoClient),
            None => self.clients.latest(user, by).ok_or(CauseCode::NoClient),
        }
    }
}

impl<R: Role> Core<R> {
    /// The command behind a prompt that needs no client's audio: with a remote office the user talks there.
    pub(super) fn without_audio(&self, user: UserId, prompt: &Prompt) -> Option<Command> {
        match prompt {
            Prompt::MakeCall { line, number } if self.calls.goes_by_office(user, *line, &number.text) => {
                Some(Command::MakeCall { line: *line, number: number.clone(), sdp: String::new() })
            }
            _ => None,
        }
    }

    /// Tells a client what to do with its audio.
    pub(super) fn prompt(
        &mut self,
        user: UserId,
        by: Option<ClientId>,
        to: Option<ClientId>,
        prompt: Prompt,
    ) -> Result<ClientId, CauseCode> {
        let line = match &prompt {
            Prompt::MakeCall { line, .. } | Prompt::DirectedPickupCall { line, .. } => Some(*line),
            Prompt::AnswerCall { call } | Prompt::ConsultationCall { call, .. } => self.calls.line_of(*call),
        };
        let prompt = prompt.checked(line.is_some_and(|line| self.directory.plan_of(line).is_some()))?;
        let to = match &prompt {
            Prompt::MakeCall { line, .. } | Prompt::DirectedPickupCall { line, .. } => {
                self.calls.has_line(user, *line)?;
                self.desk.to_prompt(user, by, to)?
            }
            Prompt::AnswerCall { call } => {
                let client = self.desk.to_prompt(user, by, to)?;
                if !self.calls.views(client).iter().any(|view| view.id == *call) {
                    return Err(CauseCode::UnknownCall);
                }
                client
            }
            Prompt::ConsultationCall { call, .. } => match self.calls.client_at(*call) {
                Some((client, whose)) if whose == user => self.desk.to_prompt(user, None, Some(client))?,
                _ => return Err(CauseCode::UnknownCall),
            },
        };
        self.desk.tell(to, Change::Prompt(prompt));
        Ok(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_prompted_with_what_can_be_dialled() {
        let line = LineId(0);
        let prompts = |number: &str| {
            let (call, number) = (CallId(1), number.to_owned());
            let make_call = Prompt::MakeCall { line, number: number.as_str().into() };
            let consultation = Prompt::ConsultationCall { call, number: number.as_str().into() };
            [make_call, consultation, Prompt::DirectedPickupCall { line, number }]
        };
        for number in ["", "a@b", &"1".repeat(1000), "a b"] {
            for prompt in prompts(number) {
                assert_eq!(prompt.checked(false), Err(CauseCode::InvalidNumber), "{number}");
            }
        }
        assert_eq!(prompts(" 0 89/1 ").map(|prompt| prompt.checked(false)), prompts("0891").map(Ok));
    }

    #[test]
    fn what_a_location_reads_is_passed_on_as_it_was_typed() {
        let line = LineId(0);
        let prompt = |number: &str| Prompt::MakeCall { line, number: number.into() };
        for number in ["030 \u{ff11}\u{ff12}\u{ff13}", "0800 FLOWERS", "+49 (30) 1234-42", "!112", "alice@home"] {
            assert_eq!(prompt(number).checked(true), Ok(prompt(number)), "{number}");
        }
        for number in ["", " ", "030\u{0}1", "030\n1", &"1".repeat(1000)] {
            assert_eq!(prompt(number).checked(true), Err(CauseCode::InvalidNumber), "{number:?}");
        }
    }

    #[test]
    fn what_was_entered_is_passed_on_to_nobody() {
        let chosen = Typed { project: Some("Bridge".to_owned()), private: true, ..Typed::from("0891") };
        let prompt = |number| Prompt::MakeCall { line: LineId(0), number };
        assert_eq!(prompt(chosen.clone()).checked(true), Ok(prompt(chosen.clone())));
        for entered in [Typed { pin: "1".into(), ..chosen.clone() }, Typed { user: "1".into(), ..chosen }] {
            assert_eq!(prompt(entered).checked(true), Err(CauseCode::PinNeedsClient));
        }
    }
}
