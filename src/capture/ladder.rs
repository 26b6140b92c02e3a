//! A trace as a ladder of text: a column for each party, an arrow for each message, retransmissions folded.

use std::fmt::Write;

use super::trace::{PartyKind, Trace, TraceEvent, TraceWhat};
use super::verdict::Verdict;

/// Characters from one party's line to the next.
const GAP: usize = 34;
/// Characters of the column with times.
const MARGIN: usize = 10;
/// Longest text beside or above an arrow.
const MAX_TEXT: usize = 100;

/// A trace in lines of text, the verdict first where there is one.
pub fn text(trace: &Trace, verdict: Option<&Verdict>) -> String {
    let mut out = String::new();
    head(trace, &mut out);
    if let Some(verdict) = verdict {
        let _ = writeln!(out, "Verdict: {} ({})", visible(&verdict.english), visible(&verdict.code));
        if !verdict.fix_english.is_empty() {
            let _ = writeln!(out, "Try:     {}", visible(&verdict.fix_english));
        }
        for evidence in &verdict.evidence {
            let _ = writeln!(out, "         - {}", visible(&evidence.english));
        }
    }
    out.push('\n');
    let columns: Vec<usize> = (0..trace.parties.len()).map(|place| MARGIN + place * GAP + GAP / 2).collect();
    names(trace, &columns, &mut out);
    for Row { event, repeated, last } in rows(trace) {
        let text = title(&event.what);
        let arrow = matches!(event.what, TraceWhat::Sip { .. } | TraceWhat::Client { .. });
        let line = match (columns.get(event.from as usize), columns.get(event.to as usize)) {
            (Some(&from), Some(&to)) if arrow && from != to => arrow_line(&columns, from, to, &text),
            (Some(&from), Some(&to)) => note_line(&columns, from.max(to), &text),
            _ => text,
        };
        let again = match repeated {
            0 => String::new(),
            _ => format!("  {repeated} more in {:.1} s", (last - event.at) / 1_000.0),
        };
        let _ = writeln!(out, "{:>9} {}{again}", time(trace.started_at, event.at), line.trim_end());
    }
    if trace.dropped > 0 {
        let _ = writeln!(out, "{} events in the middle were dropped, since a call keeps only so many.", trace.dropped);
    }
    for leg in &trace.legs {
        let mos = leg.mos.map_or(String::new(), |mos| format!(", MOS {mos:.1}"));
        let _ = writeln!(
            out,
            "{}: {} packets in, {} out, {:.1} % lost, jitter {:.0} ms{mos}",
            clean(&leg.name),
            leg.packets_in,
            leg.packets_out,
            leg.loss,
            leg.jitter_ms
        );
    }
    out
}

/// Something that happened, with how often it came again.
struct Row<'a> {
    event: &'a TraceEvent,
    repeated: u32,
    /// When it came last.
    last: f64,
}

/// The events, with retransmissions of a message folded into its first: the same octets between the same two.
fn rows(trace: &Trace) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    let mut seen = std::collections::HashMap::new();
    for event in &trace.events {
        if let TraceWhat::Sip { text, source, destination, .. } = &event.what {
            let place = *seen.entry((source, destination, text)).or_insert(rows.len());
            if let Some(row) = rows.get_mut(place) {
                row.repeated += 1;
                row.last = event.at;
                continue;
            }
        }
        rows.push(Row { event, repeated: 0, last: event.at });
    }
    rows
}

fn head(trace: &Trace, out: &mut String) {
    let unknown = || "?".to_owned();
    let number = |number: &Option<String>| number.as_deref().map_or_else(unknown, clean);
    let _ = write!(out, "Call {}: {} -> {}", clean(&trace.id), number(&trace.caller), number(&trace.called));
    for (name, value) in [("line", &trace.line), ("line group", &trace.group)] {
        if let Some(value) = value {
            let _ = write!(out, ", {name} {}", clean(value));
        }
    }
    match &trace.cause {
        Some(cause) => {
            let status = cause.sip_status.map_or(String::new(), |status| format!(", SIP {status}"));
            let _ = writeln!(out, "\nEnded:   {} ({}{status})", cause.code.english(), cause.code.code());
        }
        None => out.push('\n'),
    }
}

fn names(trace: &Trace, columns: &[usize], out: &mut String) {
    let mut line = Line::default();
    let mut below = Line::default();
    for (party, &column) in trace.parties.iter().zip(columns) {
        line.put_around(column, &clean(&party.name));
        let kind = match party.kind {
            PartyKind::Server => "server",
            PartyKind::Sip => party.address.as_deref().unwrap_or("PBX"),
            PartyKind::Client => "client",
        };
        below.put_around(column, &clean(kind));
    }
    let _ = writeln!(out, "{:>MARGIN$}{}\n{:>MARGIN$}{}", "", line.text().trim_end(), "", below.text().trim_end());
}

/// What is said of an event in one line.
fn title(what: &TraceWhat) -> String {
    match what {
        TraceWhat::Sip { text, .. } => sip_title(text),
        TraceWhat::Client { text } => client_title(text),
        TraceWhat::Step { input, before, after } if before.is_empty() => {
            format!("* {}: {}", clean(input), clean(after))
        }
        TraceWhat::Step { input, before, after } => {
            format!("* {}: {} -> {}", clean(input), clean(before), clean(after))
        }
        TraceWhat::Media { event, detail } => {
            let name = serde_json::to_value(event).ok();
            let name = name.as_ref().and_then(|name| name.as_str()).unwrap_or_default().replace('_', " ");
            format!("~ audio {name}{}", detail.as_ref().map_or(String::new(), |detail| format!(": {}", clean(detail))))
        }
        TraceWhat::Number { meant, text, result, shown, refused, location } => {
            let text = clean(text.as_deref().unwrap_or("a number"));
            let what = match (refused, result, shown) {
                (Some(cause), ..) => format!("not dialled, {}", cause.code()),
                (None, Some(result), _) if meant.reported().is_none() => format!("{} dialled", clean(result)),
                (None, Some(result), Some(shown)) if shown != result => {
                    format!("{}, shown as {}", clean(result), clean(shown))
                }
                (None, Some(result), _) => clean(result),
                (None, None, _) if meant.reported().is_none() => "dialled".to_owned(),
                (None, None, _) => "not shown".to_owned(),
            };
            format!("# {text} {}, {what} at {}", meant.english(), clean(location))
        }
        TraceWhat::Failure { detail, .. } => format!("! {}", clean(detail)),
    }
}

/// The method or status, and whether a description comes along.
fn sip_title(text: &str) -> String {
    let first = text.lines().next().unwrap_or_default();
    let title = match first.strip_prefix("SIP/2.0 ") {
        Some(status) => clean(status),
        None => clean(first.trim_end_matches(" SIP/2.0")),
    };
    let described = text.split_once("\r\n\r\n").is_some_and(|(_, body)| body.starts_with("v="));
    if described { format!("{title} (SDP)") } else { title }
}

/// The kind of a message of the client protocol.
fn client_title(text: &str) -> String {
    let Ok(message) = serde_json::from_str::<serde_json::Value>(text) else { return clean(text) };
    let member = |name: &str| message.get(name).and_then(|value| value.as_str());
    let mut title = clean(member("type").unwrap_or("message"));
    let more = [
        message.pointer("/call/state").and_then(|value| value.as_str()),
        message.pointer("/result/cause/code").and_then(|value| value.as_str()),
        message.pointer("/cause/code").and_then(|value| value.as_str()),
        member("number"),
        member("digits"),
        member("digit"),
    ];
    for more in more.into_iter().flatten() {
        title.push(' ');
        title.push_str(&clean(more));
    }
    title
}

fn time(began: f64, at: f64) -> String {
    format!("{:+.3}", (at - began) / 1_000.0)
}

fn arrow_line(columns: &[usize], from: usize, to: usize, text: &str) -> String {
    let (left, right) = (from.min(to), from.max(to));
    let mut line = Line::default();
    line.rails(columns);
    line.put(left + 1, &"-".repeat(right - left - 1));
    line.put(if to > from { to - 1 } else { to + 1 }, if to > from { ">" } else { "<" });
    // Where the arrow is too short for it, the text goes on behind.
    let room = right - left - 5;
    let text: Vec<char> = text.chars().collect();
    let (inside, rest) = text.split_at(text.len().min(room));
    let inside: String = inside.iter().collect();
    line.put(left + 2 + (room - inside.chars().count().min(room)) / 2, &format!(" {inside} "));
    if !rest.is_empty() {
        let rest: String = rest.iter().collect();
        line.put(line.len().max(right + 1) + 1, &format!("…{rest}"));
    }
    line.text()
}

fn note_line(columns: &[usize], at: usize, text: &str) -> String {
    let mut line = Line::default();
    line.rails(columns);
    line.put(at + 2, text);
    line.text()
}

/// A line that is written to at any place; columns count from behind the margin.
#[derive(Default)]
struct Line(Vec<char>);

impl Line {
    fn rails(&mut self, columns: &[usize]) {
        for &column in columns {
            self.put(column, "|");
        }
    }

    fn put(&mut self, column: usize, text: &str) {
        let begin = column.saturating_sub(MARGIN);
        let characters: Vec<char> = text.chars().collect();
        if self.0.len() < begin + characters.len() {
            self.0.resize(begin + characters.len(), ' ');
        }
        self.0[begin..begin + characters.len()].copy_from_slice(&characters);
    }

    fn put_around(&mut self, column: usize, text: &str) {
        let shortened: String = text.chars().take(GAP - 2).collect();
        self.put(column.saturating_sub(shortened.chars().count() / 2), &shortened);
    }

    fn len(&self) -> usize {
        self.0.len() + MARGIN
    }

    fn text(&self) -> String {
        self.0.iter().collect()
    }
}

/// What others have written, in one line and without anything that a terminal would obey.
pub fn visible(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

/// The same, cut where it is too long for a row.
fn clean(text: &str) -> String {
    visible(&text.chars().take(MAX_TEXT).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::cause::CauseCode;
    use crate::capture::trace::{TraceCause, TraceParty, TraceTransport};

    fn sip(at: f64, from: u32, to: u32, text: &str) -> TraceEvent {
        let place = |party: u32| format!("10.0.0.{party}:5060");
        let (source, destination) = (place(from), place(to));
        let text = format!("{text}\r\nCall-ID: 1\r\n\r\n");
        TraceEvent { at, from, to, what: TraceWhat::Sip { transport: TraceTransport::Udp, source, destination, text } }
    }

    fn trace() -> Trace {
        let party = |kind, name: &str| TraceParty { kind, name: name.into(), address: None };
        Trace {
            id: "7".into(),
            caller: Some("100".into()),
            started_at: 1_000.0,
            cause: Some(TraceCause { code: CauseCode::PbxNotAnswering, sip_status: Some(408), detail: None }),
            parties: vec![
                party(PartyKind::Client, "anna"),
                party(PartyKind::Server, "Offhook"),
                party(PartyKind::Sip, "main"),
            ],
            events: vec![
                TraceEvent {
                    at: 1_000.0,
                    from: 0,
                    to: 1,
                    what: TraceWhat::Client { text: r#"{"id":1,"type":"make_call","number":"200"}"#.into() },
                },
                sip(1_001.0, 1, 2, "INVITE sip:200@pbx SIP/2.0"),
                sip(1_501.0, 1, 2, "INVITE sip:200@pbx SIP/2.0"),
                sip(2_501.0, 1, 2, "INVITE sip:200@pbx SIP/2.0"),
                sip(2_600.0, 2, 1, "SIP/2.0 404 Not\x1b[31m Found"),
            ],
            ..Trace::default()
        }
    }

    #[test]
    fn retransmissions_are_one_arrow_with_their_count() {
        let text = text(&trace(), None);
        let lines: Vec<&str> = text.lines().filter(|line| line.contains("INVITE")).collect();
        assert_eq!(lines.len(), 1, "{text}");
        assert!(lines[0].contains("+0.001") && lines[0].contains(">"), "{text}");
        assert!(lines[0].ends_with("2 more in 1.5 s"), "{text}");
        assert!(text.contains("make_call 200") && text.contains("pbx_not_answering, SIP 408"), "{text}");
    }

    #[test]
    fn what_others_wrote_cannot_move_the_cursor() {
        assert!(!text(&trace(), None).contains('\x1b'));
    }

    #[test]
    fn parties_that_are_not_there_break_nothing() {
        let mut trace = trace();
        trace.parties.clear();
        assert!(text(&trace, None).contains("INVITE"));
    }
}
