//! What was entered for a code, hidden in what is dialled.

use super::dialled::{Circumstances, DialledNumber, NotedProject};
use super::plan::DialPlan;
use super::project::{AfterAnswer, Entries};

impl DialPlan {
    /// What is dialled, as it may be told: `mark` stands for whatever would be different had another PIN or another user's
    /// number been entered, wherever rules have put it.
    pub fn without_entries(
        &self,
        dialled: DialledNumber,
        typed: &str,
        around: &Circumstances<'_>,
        mark: char,
    ) -> DialledNumber {
        let Entries { pin, user } = around.entries;
        if pin.is_empty() && user.is_empty() {
            return dialled;
        }
        let [pin, user] = [pin, user].map(|entered| entered.chars().map(another).collect::<String>());
        let other = self.dialled(typed, &Circumstances { entries: Entries { pin: &pin, user: &user }, ..*around });
        let (number, then) = match &other {
            Ok(other) => (other.number.as_str(), other.then.as_slice()),
            Err(_) => ("", &[][..]),
        };
        let digits = |(at, after): (usize, &AfterAnswer)| match (after, then.get(at)) {
            (AfterAnswer::Pause(pause), _) => AfterAnswer::Pause(*pause),
            (AfterAnswer::Digits(digits), Some(AfterAnswer::Digits(other))) => {
                AfterAnswer::Digits(hidden(digits, other, mark))
            }
            (AfterAnswer::Digits(digits), _) => AfterAnswer::Digits(hidden(digits, "", mark)),
        };
        DialledNumber {
            number: hidden(&dialled.number, number, mark),
            then: dialled.then.iter().enumerate().map(digits).collect(),
            noted: dialled.noted.map(|noted| NotedProject { user: None, pin: None, ..noted }),
            ..dialled
        }
    }
}

/// Another character than was entered.
fn another(c: char) -> char {
    match c {
        '*' => '#',
        '#' => '*',
        _ => c.to_digit(10).and_then(|digit| char::from_digit((digit + 1) % 10, 10)).unwrap_or(c),
    }
}

/// What two texts do not share is hidden; all, where they cannot be laid beside each other.
fn hidden(text: &str, other: &str, mark: char) -> String {
    let is_beside = text.chars().count() == other.chars().count();
    let mut others = other.chars();
    text.chars().map(|c| if others.next() == Some(c) && is_beside { c } else { mark }).collect()
}
