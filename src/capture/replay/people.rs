//! What people do in a replay: what the capture says that they asked for, and else what follows from what was sent.

use std::iter::repeat;

use offhook_media::session::Side;
use offhook_sip::header::{Name, NameAddr};
use offhook_sip::message::Message;
use offhook_sip::method::Method;

use super::acts::Act;
use super::plan::{Step, begins, contact};
use super::world::{World, client};
use crate::call::cause::CauseCode;
use crate::call::dtmf::Digit;
use crate::call::effect::{Command, Input, MediaInput};
use crate::ids::{CallId, LineId};

/// Commands that begin a call of the server's.
const MAKING: [&str; 3] = ["make_call", "consultation_call", "directed_pickup_call"];

impl World<'_> {
    /// Somebody asked for something.
    pub(super) fn act(&mut self, act: &Act) {
        let Some(&(_, place)) = act.calls.iter().find(|(_, place)| !self.plan.left_out.contains_key(place)) else {
            return;
        };
        self.current = place;
        // A call is made from where its INVITE says.
        let unknown = act.calls.iter().find(|(name, _)| !self.named.contains_key(name));
        let dialog = unknown.and_then(|(name, _)| self.plan.begun_as.get(name));
        let invited = dialog.and_then(|dialog| self.plan.calls.get(dialog)?.line);
        let line = invited.or_else(|| self.attended(act.line.as_deref()?));
        let Some(command) = act.command(line, &self.named) else { return };
        let seer = command.calls().find_map(|call| self.seers.get(&call).copied());
        let Some(client) = seer.or(line.map(client)) else { return };
        let request = u32::try_from(place).unwrap_or_default();
        self.calls.handle(Input::Command { client, request, command }, self.now);
        let begun = self.calls.begun();
        if let Some((begun, (name, place))) = begun.zip(unknown) {
            self.is_named(name.clone(), begun);
            self.captured.insert(begun, *place);
        }
        self.drain();
    }

    /// A line with this number that somebody is at.
    fn attended(&self, number: &str) -> Option<LineId> {
        let lines = (0..).zip(&self.plan.directory.lines).filter(|(_, line)| line.number == number);
        lines.map(|(place, _)| LineId(place)).find(|line| self.plan.attended.contains(line))
    }

    /// Whether the capture has one of these commands for the call of a message: nothing need be guessed then.
    fn is_told(&self, step: &Step, kinds: &[&str]) -> bool {
        kinds.iter().any(|kind| self.plan.told.contains(&(step.call, (*kind).to_owned())))
    }

    /// Where ours has not sent what the captured one did, somebody had asked for it.
    pub(super) fn follow(&mut self, step: &Step) {
        let Some((kind, place)) = &step.place else { return };
        let Ok(dialog) = step.message.call_id() else { return };
        if self.sent.count(dialog, kind) > *place {
            return;
        }
        if begins(&step.message) {
            let known = self.plan.named.get(dialog).and_then(|name| self.named.get(name));
            if let (0, Some(&call), Some(number)) = (*place, known, called(&step.message)) {
                // Of a call that is there already: it goes elsewhere.
                return self.ask(call, step, Command::DeflectCall { call, number });
            }
            if *place == 0 && !self.machine.contains_key(dialog) && !self.is_told(step, &MAKING) {
                self.make_call(dialog, &step.message);
            }
            return;
        }
        let Some(&call) = self.machine.get(dialog) else { return };
        let method = step.message.cseq().map(|cseq| cseq.method).ok();
        let command = match (step.message.status(), method) {
            (None, Some(Method::Bye | Method::Cancel)) => Some(Command::ClearConnection { call, remote: false }),
            (None, Some(Method::Invite)) => match is_hold(&step.message) {
                true => Some(Command::HoldCall { call }),
                false => Some(Command::RetrieveCall { call }),
            },
            (None, Some(Method::Refer)) => self.transfer(call, &step.message),
            (Some(302), Some(Method::Invite)) => {
                contact(&step.message).map(|number| Command::DeflectCall { call, number })
            }
            (None, Some(Method::Info)) => return self.press(call, &step.message),
            (Some(200..=299), Some(Method::Invite)) => Some(Command::AnswerCall { call, sdp: String::new() }),
            (Some(486), Some(Method::Invite)) => Some(Command::Decline { call, cause: CauseCode::Busy }),
            (Some(480 | 603), Some(Method::Invite)) => Some(Command::Decline { call, cause: CauseCode::Declined }),
            _ => None,
        };
        if let Some(command) = command {
            self.ask(call, step, command);
        }
    }

    /// Whoever sees the call asks for what follows from a message, unless the capture says what was asked for.
    fn ask(&mut self, call: CallId, step: &Step, command: Command) {
        let Some(&client) = self.seers.get(&call) else { return };
        if !self.is_told(step, saying(&command)) {
            let request = u32::try_from(step.call).unwrap_or_default();
            self.calls.handle(Input::Command { client, request, command }, self.now);
        }
    }

    fn make_call(&mut self, dialog: &str, invite: &Message) {
        let Some(call) = self.plan.calls.get(dialog) else { return };
        let Some(line) = call.line else { return };
        let number = called(invite);
        // Where it goes is in the plan; the machine wants something to dial.
        let number = number.unwrap_or_else(|| "0".to_owned());
        self.wanted.push_back(dialog.to_owned());
        let command = Command::MakeCall { line, number: number.into(), sdp: String::new() };
        let request = u32::try_from(self.current).unwrap_or_default();
        self.calls.handle(Input::Command { client: client(line), request, command }, self.now);
        self.drain();
        // Nothing was sent for it: the next INVITE is not for it.
        self.wanted.retain(|wanted| wanted != dialog);
    }

    /// REFER to a number, or to where another call of ours is.
    fn transfer(&self, call: CallId, refer: &Message) -> Option<Command> {
        let to = refer.header(Name::ReferTo)?;
        let other = self.machine.iter().find(|(dialog, other)| {
            **other != call && (to.contains(dialog.as_str()) || to.contains(&dialog.replace('@', "%40")))
        });
        if let Some((_, &other)) = other {
            return Some(Command::TransferCall { active: other, held: call });
        }
        let target = NameAddr::parse(to).ok()?;
        Some(Command::SingleStepTransferCall { call, number: target.uri.user_decoded()? })
    }

    /// A digit that the media side tells by INFO.
    fn press(&mut self, call: CallId, info: &Message) {
        let digit = Digit::read(info.content_type().unwrap_or_default(), &info.body());
        for (side, digit) in [Side::A, Side::B].into_iter().zip(repeat(digit)) {
            if let Some(digit) = digit {
                let event = MediaInput::Signal(digit);
                self.calls.handle(Input::Media { call, side, event }, self.now);
            }
        }
    }
}

/// The number that an INVITE is for.
fn called(invite: &Message) -> Option<String> {
    invite.request_uri().ok()?.user_decoded().filter(|user| !user.is_empty())
}

/// The commands by which people ask for what one stands for.
fn saying(command: &Command) -> &'static [&'static str] {
    match command {
        Command::ClearConnection { .. } => &["clear_connection", "clear_call"],
        Command::HoldCall { .. } | Command::RetrieveCall { .. } => {
            &["hold_call", "retrieve_call", "alternate_call", "consultation_call", "reconnect_call", "conference_call"]
        }
        Command::TransferCall { .. } | Command::SingleStepTransferCall { .. } => {
            &["transfer_call", "single_step_transfer_call"]
        }
        Command::DeflectCall { .. } => &["deflect_call"],
        Command::AnswerCall { .. } => &["answer_call"],
        Command::Decline { .. } => &["decline_call"],
        _ => &[],
    }
}

/// Whether an offer puts the other side on hold (RFC 3264 8.4).
fn is_hold(message: &Message) -> bool {
    let sdp = message.part("application/sdp").unwrap_or_default();
    ["a=sendonly", "a=inactive"].into_iter().any(|line| memchr::memmem::find(&sdp, line.as_bytes()).is_some())
}
