//! Where two replays differ, or a replay from what was captured.

use std::collections::{HashMap, HashSet};

use super::{Replay, ReplayedCall, Transition, transition};
use crate::call::FIRST_CONFERENCE;

/// Lists up to this long are aligned; of longer ones the lines are compared one by one.
const MAX_ALIGNED: usize = 1000;

/// Where what ours sent, and what the call machine went through, differs from what was captured: `-` was captured, `+` is
/// ours. Empty where all is the
/// same.
pub fn differences(call: &ReplayedCall) -> Vec<String> {
    let mut lines = Vec::new();
    for dialog in &call.dialogs {
        if dialog.captured != dialog.replayed {
            lines.push(format!("Call-ID {}", dialog.call_id));
            lines.extend(aligned(&dialog.captured, &dialog.replayed));
        }
    }
    // Several calls may do something in one moment; in which order says nothing.
    let mut steps: Vec<&Transition> = call.transitions.iter().collect();
    steps.sort_by_key(|step| step.call);
    let steps: Vec<String> = steps.into_iter().map(|step| transition(&step.before, &step.after)).collect();
    let (captured, steps) = (counted(&call.captured_transitions), counted(&steps));
    if call.left_out.is_none() && !captured.is_empty() && captured != steps {
        lines.push("The call machine".to_owned());
        lines.extend(aligned(&captured, &steps));
    }
    lines
}

/// Steps in which our own conferences are counted anew: how many there were before says nothing.
fn counted(steps: &[String]) -> Vec<String> {
    const NAME: &str = "conference ";
    let mut known: Vec<u32> = Vec::new();
    let mut count = |step: &String| {
        let mut parts = step.split(NAME);
        let mut text = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (digits, rest) = part.split_at(part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len()));
            text += NAME;
            match digits.parse::<u32>().ok().filter(|number| *number >= FIRST_CONFERENCE) {
                Some(number) => {
                    let place = known.iter().position(|other| *other == number).unwrap_or_else(|| {
                        known.push(number);
                        known.len() - 1
                    });
                    text += &(place + 1).to_string();
                }
                None => text += digits,
            }
            text += rest;
        }
        text
    };
    steps.iter().map(&mut count).collect()
}

/// Where one replay differs from another of the same capture: `-` stands in the old one, `+` in the new one. Empty where
/// all is the same.
pub fn changes(old: &Replay, new: &Replay) -> Vec<String> {
    let mut lines = Vec::new();
    let before: HashMap<&str, &ReplayedCall> = old.calls.iter().map(|call| (call.id.as_str(), call)).collect();
    let after: HashSet<&str> = new.calls.iter().map(|call| call.id.as_str()).collect();
    for call in &new.calls {
        let before = before.get(call.id.as_str()).map(|call| of_call(call)).unwrap_or_default();
        let after = of_call(call);
        if before != after {
            lines.push(title(call));
            lines.extend(aligned(&before, &after));
        }
    }
    for call in old.calls.iter().filter(|call| !after.contains(call.id.as_str())) {
        lines.push(title(call));
        lines.extend(of_call(call).into_iter().map(|line| format!("- {line}")));
    }
    lines
}

fn title(call: &ReplayedCall) -> String {
    let name = |number: &Option<String>| number.clone().unwrap_or_else(|| "somebody".to_owned());
    format!("{} calls {}, Call-ID {}", name(&call.caller), name(&call.called), call.id)
}

/// What a call came to, line by line.
fn of_call(call: &ReplayedCall) -> Vec<String> {
    let mut lines = vec![format!("verdict {}: {}", call.verdict.code, call.verdict.english)];
    lines.extend(call.left_out.iter().cloned());
    for dialog in &call.dialogs {
        lines.extend(dialog.replayed.iter().map(|decision| format!("sends {decision}")));
    }
    let steps = call.transitions.iter();
    lines.extend(steps.map(|step| format!("on {}: {}", step.input, transition(&step.before, &step.after))));
    lines.extend(call.remarks.iter().cloned());
    lines
}

/// The lines of both, `-` before those only in the first and `+` before those only in the second.
fn aligned(old: &[String], new: &[String]) -> Vec<String> {
    if old.len() > MAX_ALIGNED || new.len() > MAX_ALIGNED {
        let only = |sign: char, lines: &[String], other: &[String]| {
            let differ = lines.iter().enumerate().filter(|&(place, line)| other.get(place) != Some(line));
            differ.map(|(_, line)| format!("{sign} {line}")).collect::<Vec<_>>()
        };
        return [only('-', old, new), only('+', new, old)].concat();
    }
    // Lengths of the longest common subsequence of what is left of both.
    let width = new.len() + 1;
    let mut lengths = vec![0_usize; (old.len() + 1) * width];
    for (row, left) in old.iter().enumerate().rev() {
        for (column, right) in new.iter().enumerate().rev() {
            let at = |row: usize, column: usize| lengths.get(row * width + column).copied().unwrap_or_default();
            let length = match left == right {
                true => at(row + 1, column + 1) + 1,
                false => at(row + 1, column).max(at(row, column + 1)),
            };
            if let Some(place) = lengths.get_mut(row * width + column) {
                *place = length;
            }
        }
    }
    let at = |row: usize, column: usize| lengths.get(row * width + column).copied().unwrap_or_default();
    let (mut row, mut column, mut lines) = (0, 0, Vec::new());
    while row < old.len() || column < new.len() {
        match (old.get(row), new.get(column)) {
            (Some(left), Some(right)) if left == right => {
                lines.push(format!("  {left}"));
                (row, column) = (row + 1, column + 1);
            }
            (Some(left), right) if right.is_none() || at(row + 1, column) >= at(row, column + 1) => {
                lines.push(format!("- {left}"));
                row += 1;
            }
            (_, Some(right)) => {
                lines.push(format!("+ {right}"));
                column += 1;
            }
            (_, None) => break,
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conferences_of_ours_are_told_apart_and_not_by_their_numbers() {
        let steps = |first: u32, second: u32| {
            let step = |from: u32, to: u32| format!("connected, conference {from} → connected, conference {to}");
            counted(&[step(first, second), step(second, 700), "connected, conference → held".to_owned()])
        };
        assert_eq!(steps(65_536, 65_537), steps(65_600, 65_601));
        assert_ne!(steps(65_536, 65_537), steps(65_536, 65_536));
        assert!(steps(65_536, 65_537)[1].ends_with("conference 700"), "one that is called has its number");
    }
}
