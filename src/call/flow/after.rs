//! What is dialled once a call is answered: pauses and digits behind the number.

use std::time::Duration;

use offhook_media::session::Side;

use super::super::desk::Errand;
use super::super::effect::MediaEffect;
use super::super::state::{Stage, Vacancy};
use super::Flow;
use crate::numbers::AfterAnswer;

/// Digits that are sent at once.
const AT_ONCE: usize = 32;
/// How long a digit takes with the gap behind it, so that a pause behind digits is one.
const DIGIT: Duration = Duration::from_millis(200);

impl Flow<'_> {
    /// Goes on with what follows the answer; when all is done, the call is where it was to go.
    pub(super) fn after_answer(&mut self) {
        if self.call.stage != Stage::Connected {
            return self.call.then.clear();
        }
        let side = Side::B;
        let mut sent = Duration::ZERO;
        while let Some(next) = self.call.then.pop_front() {
            match next {
                AfterAnswer::Pause(milliseconds) => {
                    let pause = sent + Duration::from_millis(milliseconds.into());
                    self.call.then_at = Some(self.now + pause);
                    return;
                }
                AfterAnswer::Digits(digits) => {
                    let digits: Vec<char> = digits.chars().collect();
                    for digits in digits.chunks(AT_ONCE) {
                        sent += DIGIT * digits.len() as u32;
                        let digits = digits.iter().collect();
                        self.media_effect(MediaEffect::Digits { side, digits, secret: true });
                    }
                }
            }
        }
        // Its user may give it to somebody else from now on.
        self.tell_clients();
        if matches!(self.call.vacancy, Some(Vacancy::Target { .. } | Vacancy::Office { .. })) {
            self.errands.push_back(Errand::Reached(self.call.id));
        }
    }
}
