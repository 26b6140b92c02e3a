//! Comments at packets: whom a message belongs to, in a form that is read back, and what it caused.

use std::fmt::Display;

/// What a message belongs to. One line: `call=42 line=100 group=main`.
pub fn belongs(call: Option<impl Display>, line: Option<&str>, group: Option<&str>) -> String {
    let call = call.map(|call| format!("call={call}"));
    let line = line.map(|line| format!("line={}", word(line)));
    // Last, since its name may have blanks.
    let group = group.map(|group| format!("group={}", word(group)));
    [call, line, group].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// A step of the call machine.
pub fn step(input: impl Display, before: Option<impl Display>, after: impl Display) -> String {
    match before {
        Some(before) => format!("{input}: {before} -> {after}"),
        None => format!("{input}: -> {after}"),
    }
}

/// The call that a comment says a message belongs to.
pub fn call(comment: &str) -> Option<&str> {
    comment.split_whitespace().find_map(|word| word.strip_prefix("call="))
}

/// Without what would end the line.
fn word(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).collect()
}
