//! `offhook replay`: what was said in a capture, what it comes to, and what this program would have decided.

use std::fmt::Write;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::time::Instant;

use super::{CliError, print};
use crate::capture::ladder;
use crate::capture::read::{self, Calls, Counts};
use crate::capture::replay::{Replay, ReplayedCall, changes, differences, replay};

/// The longest saved result that is read.
const MAX_SAVED: u64 = 1 << 30;

/// How the result is shown.
pub(super) struct Options<'a> {
    /// As JSON.
    pub(super) json: bool,
    /// Without ladders and transitions.
    pub(super) brief: bool,
    /// Only what differs from this saved result.
    pub(super) diff: Option<&'a Path>,
}

/// Replays a capture and shows what it came to.
pub(super) fn run(path: &Path, options: &Options<'_>) -> Result<(), CliError> {
    let unreadable = |source| CliError::Capture { path: path.to_owned(), source };
    let input: Box<dyn Read> = match path == Path::new("-") {
        true => Box::new(io::stdin().lock()),
        false => Box::new(File::open(path).map_err(|error| unreadable(error.into()))?),
    };
    let capture = read::read(BufReader::new(input)).map_err(unreadable)?;
    let found = read::calls(&capture);
    let replay = replay(&capture, &found, Instant::now());
    if let Some(old) = options.diff {
        return compare(old, &replay);
    }
    let text = match options.json {
        true => serde_json::to_string_pretty(&replay).map_err(io::Error::other).map_err(CliError::Output)? + "\n",
        false => text(&replay, &found, options.brief),
    };
    print(text.as_bytes())
}

fn compare(old: &Path, replay: &Replay) -> Result<(), CliError> {
    let unusable = |problem: String| CliError::Saved { path: old.to_owned(), problem };
    let file = File::open(old).map_err(|error| unusable(error.to_string()))?;
    let saved: Result<Replay, _> = serde_json::from_reader(BufReader::new(file.take(MAX_SAVED)));
    let saved = saved.map_err(|error| unusable(error.to_string()))?;
    let changes = changes(&saved, replay);
    if changes.is_empty() {
        return print(b"Nothing is decided otherwise.\n");
    }
    let mut text = format!("- version {}\n+ version {}\n", saved.version, replay.version);
    text.extend(changes.iter().map(|line| format!("{line}\n")));
    print(text.as_bytes())?;
    Err(CliError::Different)
}

/// What a replay came to.
pub(super) fn text(replay: &Replay, found: &Calls, brief: bool) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    for (call, dialog) in replay.calls.iter().zip(&found.calls) {
        let _ = match brief {
            true => writeln!(out, "{}: {} ({})", title(call), call.verdict.english, call.verdict.code),
            false => write!(out, "{}", ladder::text(&dialog.trace, Some(&call.verdict))),
        };
        if !brief {
            transitions(call, &mut out);
        }
        decisions(call, &mut out);
        if !brief {
            out.push('\n');
        }
    }
    let _ = writeln!(out, "{}", summary(replay));
    out
}

fn title(call: &ReplayedCall) -> String {
    let name = |number: &Option<String>| number.clone().unwrap_or_else(|| "somebody".to_owned());
    format!("{} calls {}", name(&call.caller), name(&call.called))
}

fn transitions(call: &ReplayedCall, out: &mut String) {
    if call.transitions.is_empty() {
        return;
    }
    out.push_str("\nThe call machine:\n");
    for step in &call.transitions {
        let seconds = (step.at - call.started_at) / 1000.0;
        let before = if step.before.is_empty() { "begins" } else { &step.before };
        let _ = writeln!(out, "{seconds:>9.3} {}: {before} → {}", step.input, step.after);
    }
}

fn decisions(call: &ReplayedCall, out: &mut String) {
    if let Some(why) = &call.left_out {
        let _ = writeln!(out, "Not replayed: {why}");
        return;
    }
    let differences = differences(call);
    if differences.is_empty() {
        let count: usize = call.dialogs.iter().map(|dialog| dialog.replayed.len()).sum();
        let _ = writeln!(out, "Replayed to the same {count} decisions.");
    } else {
        out.push_str("Decided otherwise than captured (-: captured, +: this program):\n");
        out.extend(differences.iter().map(|line| format!("  {line}\n")));
    }
    out.extend(call.remarks.iter().map(|remark| format!("  {remark}\n")));
}

/// How the reading went.
fn summary(replay: &Replay) -> String {
    let Counts { frames, messages, duplicates, left_out, incomplete, gaps, encrypted } = replay.counts;
    let mut text = format!("{frames} packets, {messages} SIP messages, {} calls.", replay.calls.len());
    let counted = [
        (duplicates, "messages were captured twice."),
        (left_out, "messages were left out: that is more than one reading keeps."),
        (incomplete, "packets lack some of their fragments."),
        (gaps, "places in TCP streams are missing."),
        (encrypted, "connections are encrypted and were not read."),
    ];
    for (count, what) in counted.into_iter().filter(|(count, _)| *count > 0) {
        let _ = write!(text, "\n{count} {what}");
    }
    if !replay.others.is_empty() {
        let others: Vec<String> = replay.others.iter().map(|(method, count)| format!("{count} {method}")).collect();
        let _ = write!(text, "\nOutside calls: {}.", others.join(", "));
    }
    text.extend(replay.broken.iter().map(|broken| format!("\n{broken}")));
    text
}
