//! `offhook status` as a table to read.

use std::fmt::Write;

use crate::web::protocol::admin::{LineGroup, LineGroups, LineReport};
use crate::web::protocol::{Cause, LineState};

/// Where a cell has nothing to say.
const NOTHING: &str = "-";

/// Everything, for eyes.
pub(super) fn table(report: &LineGroups) -> String {
    let mut text = String::new();
    for group in &report.line_groups {
        line_group(&mut text, group, report.now);
        text.push('\n');
    }
    if report.line_groups.is_empty() {
        text += "No line group is configured.\n\n";
    }
    let listeners = report.listeners.iter().map(|listener| {
        let state = listener.problem.as_ref().map_or("listens".into(), |problem| format!("DOES NOT LISTEN: {problem}"));
        vec![listener.name.clone(), listener.transport.clone(), listener.address.clone(), state]
    });
    columns(&mut text, "", &["LISTENER", "TRANSPORT", "ADDRESS", "STATE"], listeners.collect());
    if !report.listeners.is_empty() {
        text.push('\n');
    }
    let _ = writeln!(text, "Requests from unknown addresses: {}", report.strangers.requests);
    for stranger in &report.strangers.addresses {
        let _ = writeln!(text, "  {}  {}", stranger.address, stranger.requests);
    }
    text
}

fn line_group(text: &mut String, group: &LineGroup, now: f64) {
    let kind = serde_json::to_value(group.kind).ok();
    let kind = kind.as_ref().and_then(|kind| kind.as_str()).unwrap_or_default();
    let registrar = group.registrar.as_ref().map(|registrar| format!(", {registrar}")).unwrap_or_default();
    let domain = group.domain.as_ref().map(|domain| format!(", domain {domain}")).unwrap_or_default();
    let listener = group.listener.as_ref().map(|listener| format!(", listener {listener}")).unwrap_or_default();
    let _ = writeln!(text, "{} ({kind}{registrar}{domain}{listener})", group.name);
    if let Some(cause) = &group.cause {
        let _ = writeln!(text, "  {}", words(cause));
    }
    if let Some(at) = group.lookup_at {
        let _ = writeln!(text, "  Name looked up again in {}", span(at - now));
    }
    for target in &group.targets {
        let state = target.down_since.map_or("answers".into(), |since| format!("SILENT for {}", span(now - since)));
        let _ = writeln!(text, "  Target {} {}: {state}", target.transport, target.address);
    }
    for binding in &group.bindings {
        let agent = binding.user_agent.as_ref().map(|agent| format!(" ({agent})")).unwrap_or_default();
        let (contact, source, until) = (&binding.contact, &binding.source, span(binding.until - now));
        let _ = writeln!(text, "  Registered here: {contact} from {source}{agent}, for {until}");
    }
    if group.wrong_passwords > 0 {
        let _ = writeln!(text, "  Wrong passwords since the start: {}", group.wrong_passwords);
    }
    let counts = STATES.iter().filter_map(|&state| {
        let count = group.lines.iter().filter(|line| line.state == state).count();
        (count > 0).then(|| format!("{count} {}", name(state)))
    });
    let counts = counts.collect::<Vec<_>>().join(", ");
    let _ = writeln!(text, "  Lines: {}", if counts.is_empty() { "none" } else { &counts });
    lines(text, &group.lines, now);
}

/// A row for each line, and below it what went wrong.
fn lines(text: &mut String, lines: &[LineReport], now: f64) {
    let header = ["NUMBER", "USER NAME", "STATE", "EXPIRES IN", "RETRIES", "NEXT TRY", "TARGET"];
    let cell = |at: Option<f64>| at.map_or(NOTHING.into(), |at| span(at - now));
    let rows = lines.iter().map(|line| {
        let user_name = if line.pilot { format!("{} (pilot)", line.user_name) } else { line.user_name.clone() };
        let target = line.target.clone().unwrap_or(NOTHING.into());
        let (until, retries) = (cell(line.until), line.retries.to_string());
        vec![line.number.clone(), user_name, name(line.state).into(), until, retries, cell(line.next_try), target]
    });
    let mut table = String::new();
    columns(&mut table, "  ", &header, rows.collect());
    let mut rows = table.lines();
    for row in rows.by_ref().take(1) {
        let _ = writeln!(text, "\n{row}");
    }
    for (row, line) in rows.zip(lines) {
        let _ = writeln!(text, "{row}");
        let error = line.last_error.as_ref().map(|error| (&error.cause, Some(error.at)));
        if let Some((cause, at)) = error.or(line.cause.as_ref().map(|cause| (cause, None))) {
            let when = at.map(|at| format!(" {} ago", span(now - at))).unwrap_or_default();
            let _ = writeln!(text, "      {}{when}", words(cause));
        }
    }
}

/// Cells below each other; nothing where there are no rows.
fn columns(text: &mut String, indent: &str, header: &[&str], rows: Vec<Vec<String>>) {
    if rows.is_empty() {
        return;
    }
    let header: Vec<String> = header.iter().map(|&cell| cell.to_owned()).collect();
    let width = |column: usize| {
        let cells = rows.iter().chain([&header]).filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    for row in [&header].into_iter().chain(&rows) {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}")).collect();
        let _ = writeln!(text, "{indent}{}", cells.join("  ").trim_end());
    }
}

/// What went wrong, with the other side's own words.
fn words(cause: &Cause) -> String {
    let status = cause.sip_status.map(|status| format!("SIP {status}"));
    let own: Vec<String> = status.into_iter().chain(cause.detail.clone()).collect();
    let own = if own.is_empty() { String::new() } else { format!(" ({})", own.join(" ")) };
    format!("{}{own}", cause.code.english())
}

/// In the order in which they are counted up.
const STATES: [LineState; 7] = [
    LineState::Failed,
    LineState::Unregistered,
    LineState::Registering,
    LineState::Waiting,
    LineState::Registered,
    LineState::Ready,
    LineState::Inactive,
];

fn name(state: LineState) -> &'static str {
    match state {
        LineState::Inactive => "switched off",
        LineState::Waiting => "waiting",
        LineState::Registering => "registering",
        LineState::Registered => "registered",
        LineState::Ready => "ready",
        LineState::Failed => "FAILED",
        LineState::Unregistered => "signed off",
    }
}

/// A time span in ms, roughly: two digits are enough to act on.
fn span(ms: f64) -> String {
    let seconds = (ms / 1000.0).round().max(0.0) as u64;
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} min", seconds / 60),
        7200..=172_799 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::cause::CauseCode;
    use crate::web::protocol::admin::{LastError, LineGroupKind, Listener, Strangers, Target};

    fn report() -> LineGroups {
        let line = |number: &str, state| LineReport {
            id: "0".into(),
            object: None,
            from_file: true,
            number: number.into(),
            user_name: "100".into(),
            pilot: false,
            state,
            cause: None,
            until: None,
            target: None,
            last_error: None,
            retries: 0,
            next_try: None,
        };
        let registered = LineReport {
            until: Some(590_000.0),
            target: Some("udp 192.0.2.10:5060".into()),
            ..line("+49891234100", LineState::Registered)
        };
        let cause = Cause { code: CauseCode::PbxNotAnswering, sip_status: Some(408), detail: Some("Timeout".into()) };
        let failed = LineReport {
            last_error: Some(LastError { cause, at: -14_000.0 }),
            retries: 3,
            next_try: Some(12_000.0),
            ..line("101", LineState::Failed)
        };
        LineGroups {
            now: 0.0,
            line_groups: vec![LineGroup {
                id: "0".into(),
                object: None,
                from_file: true,
                name: "Headquarters".into(),
                kind: LineGroupKind::TrunkFixed,
                registrar: Some("pbx.example:5060".into()),
                domain: None,
                listener: None,
                cause: None,
                targets: vec![Target {
                    transport: "udp".into(),
                    address: "192.0.2.11:5060".into(),
                    down_since: Some(-180_000.0),
                }],
                lookup_at: None,
                lines: vec![registered, failed],
                bindings: Vec::new(),
                wrong_passwords: 0,
            }],
            listeners: vec![Listener {
                name: "office".into(),
                transport: "udp, tcp".into(),
                address: "0.0.0.0:5060".into(),
                problem: Some("the port is taken".into()),
                german: None,
            }],
            strangers: Strangers { requests: 7, addresses: Vec::new() },
        }
    }

    #[test]
    fn a_support_engineer_reads_what_is_wrong() {
        let text = table(&report());
        for expected in [
            "Headquarters (trunk-fixed, pbx.example:5060)",
            "  Target udp 192.0.2.11:5060: SILENT for 3 min",
            "  Lines: 1 FAILED, 1 registered",
            "  NUMBER        USER NAME  STATE       EXPIRES IN  RETRIES  NEXT TRY  TARGET",
            "  +49891234100  100        registered  9 min       0        -         udp 192.0.2.10:5060",
            "  101           100        FAILED      -           3        12 s      -",
            "      The PBX does not answer. Check its address and the network. (SIP 408 Timeout) 14 s ago",
            "office    udp, tcp   0.0.0.0:5060  DOES NOT LISTEN: the port is taken",
            "Requests from unknown addresses: 7",
        ] {
            assert!(text.lines().any(|line| line == expected), "{expected:?} is missing in\n{text}");
        }
    }

    #[test]
    fn a_line_is_found_by_its_number_before_its_user_name() {
        let report = report();
        assert_eq!(super::super::find(&report, "101").unwrap().number, "101");
        assert!(super::super::find(&report, "100").is_none(), "two lines have this user name");
    }
}
