//! What calls are decided by.

use super::{Pseudonyms, pressed};
use crate::call::directory::{FeatureCode, LineGroupEntry, Redirection};
use crate::call::effect::Command;
use crate::call::numbers::{Known, Placed, Translated, Translation};
use crate::call::settings::{Forwarding, LineSettings};
use crate::capture::influence::{AudioInfluence, Influence};
use crate::numbers::AfterAnswer;

/// What stands for the number in a code that is dialled.
const NUMBER: &str = "<NUMBER>";

impl Pseudonyms {
    /// It with pseudonyms for the numbers and names of people.
    pub fn influence(&mut self, influence: Influence) -> Influence {
        match influence {
            Influence::LineGroup { id, name, settings } => {
                Influence::LineGroup { id, name, settings: Box::new(self.group(*settings)) }
            }
            Influence::Line { id, group, number, known, users, redirections, voice_mailbox } => {
                let redirection = |Redirection { to, rings }| Redirection { to: self.of(&to), rings };
                let redirections = redirections.into_iter().map(redirection).collect();
                let (number, known) = (self.of(&number), known.map(|number| self.of(&number)));
                let voice_mailbox = voice_mailbox.map(|number| self.of(&number));
                Influence::Line { id, group, number, known, users, redirections, voice_mailbox }
            }
            Influence::LineSettings { line, settings, asked } => {
                let LineSettings { do_not_disturb, forwardings, remote_office } = settings;
                let forwarding = |forwarding: Forwarding| Forwarding { to: self.of(&forwarding.to), ..forwarding };
                let forwardings = forwardings.into_iter().map(forwarding).collect();
                let remote_office = remote_office.map(|number| self.of(&number));
                let settings = LineSettings { do_not_disturb, forwardings, remote_office };
                Influence::LineSettings { line, settings, asked }
            }
            Influence::Command { client, begun, mut command, refused } => {
                if let Command::GenerateDigits { digits, .. } = &mut command {
                    *digits = pressed(digits);
                }
                if let Some(number) = command.number_mut() {
                    *number = self.of(number);
                }
                Influence::Command { client, begun, command, refused }
            }
            Influence::Number(translation) => Influence::Number(Box::new(self.translation(*translation))),
            Influence::Audio { call, side, event: AudioInfluence::Digit { ms, .. } } => {
                Influence::Audio { call, side, event: AudioInfluence::Digit { digit: '*', ms } }
            }
            other @ (Influence::Server { .. }
            | Influence::LineAvailable { .. }
            | Influence::ClientArrived { .. }
            | Influence::ClientGone { .. }
            | Influence::Audio { .. }
            | Influence::Shutdown) => other,
        }
    }

    fn translation(&mut self, translation: Translation) -> Translation {
        let known = |all: &mut Pseudonyms, Known { number, shown, reach }: Known| {
            let number = all.of(&number);
            // How it is shown says as much as the number does.
            let shown = if shown.is_empty() { shown } else { number.clone() };
            Known { number, shown, reach }
        };
        let text = self.of(&translation.text);
        let result = match translation.result {
            Translated::Dialled(placed) => {
                let then = placed.then.into_iter().map(|after| match after {
                    AfterAnswer::Digits(digits) => AfterAnswer::Digits(pressed(&digits)),
                    pause @ AfterAnswer::Pause(_) => pause,
                });
                Translated::Dialled(Placed {
                    number: self.of(&placed.number),
                    then: then.collect(),
                    known: placed.known.map(|shown| known(self, shown)),
                    ..placed
                })
            }
            Translated::Reported(shown) => Translated::Reported(known(self, shown)),
            other @ (Translated::NotDialled { .. } | Translated::Nothing) => other,
        };
        Translation { text, result, ..translation }
    }

    fn group(&mut self, settings: LineGroupEntry) -> LineGroupEntry {
        let code = |FeatureCode { name, code }| FeatureCode { name, code: self.of(&code) };
        let feature_codes = settings.feature_codes.into_iter().map(code).collect();
        let emergency_numbers = settings.emergency_numbers.iter().map(|number| self.of(number)).collect();
        let pickup_code = settings.pickup_code.map(|code| {
            let parts = code.split(NUMBER).map(|part| self.of(part));
            parts.collect::<Vec<_>>().join(NUMBER)
        });
        LineGroupEntry { feature_codes, emergency_numbers, pickup_code, ..settings }
    }
}
