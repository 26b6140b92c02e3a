//! Comments at packets: whom a message belongs to, in a form that is read back, and what it caused.

use std::fmt::{Display, Write};

use crate::capture::trace::MediaEvent;

/// What a message belongs to. One line: `call=42 line=100 group=main`.
pub fn belongs(call: Option<impl Display>, line: Option<&str>, group: Option<&str>) -> String {
    let mut comment = String::with_capacity(64);
    if let Some(call) = call {
        // Memory can be written to.
        let _ = write!(comment, "call={call}");
    }
    // The group's last, since its name may have blanks.
    for (name, value) in [("line=", line), ("group=", group)] {
        let Some(value) = value else { continue };
        if !comment.is_empty() {
            comment.push(' ');
        }
        comment.push_str(name);
        comment.extend(visible(value));
    }
    comment
}

/// A step of the call machine.
pub fn step(input: impl Display, before: Option<impl Display>, after: impl Display) -> String {
    match before {
        Some(before) => format!("{input}: {before} -> {after}"),
        None => format!("{input}: -> {after}"),
    }
}

/// Something about the audio.
pub fn media(event: MediaEvent, detail: Option<&str>) -> String {
    let name = serde_json::to_value(event).ok();
    let name = name.as_ref().and_then(|name| name.as_str()).unwrap_or_default();
    detail.map_or_else(|| format!("audio {name}"), |detail| format!("audio {name}: {}", word(detail)))
}

/// A message that could not be sent.
pub fn failure(detail: &str) -> String {
    format!("not sent: {}", word(detail))
}

/// The call that a comment says a message belongs to.
pub fn call(comment: &str) -> Option<&str> {
    comment.split_whitespace().find_map(|word| word.strip_prefix("call="))
}

/// The line that a comment says a message is of.
pub fn line(comment: &str) -> Option<&str> {
    let belongs = comment.lines().next()?.split_whitespace();
    belongs.take_while(|word| !word.starts_with("group=")).find_map(|word| word.strip_prefix("line="))
}

/// The line group that a comment says a message is of.
pub fn group(comment: &str) -> Option<&str> {
    let belongs = comment.lines().next()?;
    belongs.strip_prefix("group=").or_else(|| Some(belongs.split_once(" group=")?.1))
}

/// The steps of the call machine that a comment has: what made each, and the states before and after.
pub fn steps(comment: &str) -> impl Iterator<Item = [&str; 3]> {
    comment.lines().filter_map(|line| {
        let (head, after) = line.split_once(" -> ")?;
        let (input, before) = head.rsplit_once(": ").or_else(|| Some((head.strip_suffix(':')?, "")))?;
        Some([input, before, after])
    })
}

/// Without what would end the line.
fn word(text: &str) -> String {
    visible(text).collect()
}

fn visible(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|character| !character.is_control())
}
