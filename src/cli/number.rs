//! What becomes of a number at a location of the running server, step by step.

use std::fmt::Write;
use std::io;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Deserialize;

use super::control::Control;
use super::{CliError, print};
use crate::config::Config;
use crate::numbers::{AfterAnswer, Day, Explained, Missing, Moment, NotDialled, NumberKind, Reach, StepName};
use crate::site::ObjectId;
use crate::web::routes::site::numbers::ExplainNumber;

/// Which number, and how it is meant.
#[derive(Args)]
pub struct Number {
    /// The number as a person types it, or with --reported as the PBX reports it.
    number: String,
    /// The location; it can be left out where there is one alone.
    #[arg(long, value_name = "NAME")]
    location: Option<String>,
    /// It is reported by the PBX.
    #[arg(long, value_name = "AS")]
    reported: Option<As>,
    /// Calls are to be forwarded there.
    #[arg(long, conflicts_with = "reported")]
    forwarding: bool,
    /// With this project.
    #[arg(long, value_name = "NAME", conflicts_with = "reported")]
    project: Option<String>,
    /// As a private call.
    #[arg(long, conflicts_with = "reported")]
    private: bool,
    /// From the softphone with this address, for emergency rules: 192.0.2.1, or fe80::1%3 with a zone.
    #[arg(long, value_name = "ADDRESS", conflicts_with = "reported")]
    client: Option<String>,
    /// With a PIN, which is read from the standard input.
    #[arg(long, conflicts_with = "reported")]
    pin: bool,
    /// With a user's number for the places u and U of a code.
    #[arg(long, value_name = "NUMBER", conflicts_with = "reported")]
    user: Option<String>,
    /// When it is dialled, for least-cost routing: `weekday 14:30`, `saturday 9:00`, `sunday 0:00`.
    #[arg(long, value_name = "WHEN", default_value = "weekday 12:00", value_parser = moment)]
    at: Moment,
    /// As JSON.
    #[arg(long)]
    json: bool,
    /// The configuration file that the server runs with.
    #[arg(long)]
    config: PathBuf,
}

/// What the PBX reports a number as.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum As {
    /// Who calls.
    Caller,
    /// Who is called.
    Called,
    /// Where calls are forwarded to.
    Forwarding,
    /// Who is really connected with an incoming call.
    ConnectedIncoming,
    /// Who is really connected with an outgoing call.
    ConnectedOutgoing,
}

impl From<As> for NumberKind {
    fn from(reported: As) -> NumberKind {
        match reported {
            As::Caller => NumberKind::Caller,
            As::Called => NumberKind::Called,
            As::Forwarding => NumberKind::ReportedForwarding,
            As::ConnectedIncoming => NumberKind::ConnectedIncoming,
            As::ConnectedOutgoing => NumberKind::ConnectedOutgoing,
        }
    }
}

/// The locations of the running server, a page of them.
#[derive(Deserialize)]
struct Page {
    items: Vec<Item>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Item {
    id: ObjectId,
    object: Named,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

pub(super) async fn run(asked: Number) -> Result<(), CliError> {
    let control = Control::of(&Config::load(&asked.config)?);
    let mut locations = Vec::new();
    let mut cursor = None;
    loop {
        let of =
            cursor.map(|cursor: String| format!("&cursor={}", super::control::escaped(&cursor))).unwrap_or_default();
        let page: Page = control.get(&format!("/api/v1/admin/locations?limit=500{of}")).await?;
        locations.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    let location = chosen(&locations, asked.location.as_deref())?.id;
    let pin = if asked.pin { Some(typed_pin().map_err(CliError::Output)?) } else { None };
    let question = ExplainNumber {
        location: Some(location),
        draft: None,
        text: asked.number.clone(),
        kind: asked
            .reported
            .map_or(if asked.forwarding { NumberKind::Forwarding } else { NumberKind::Typed }, NumberKind::from),
        project: asked.project,
        private: asked.private,
        pin,
        user: asked.user,
        client: asked.client,
        moment: Some(asked.at),
    };
    let explained: Explained = control.post_with("/api/v1/admin/numbers/explain", &question).await?;
    let text = if asked.json {
        serde_json::to_string_pretty(&explained).map_err(|error| CliError::Output(error.into()))? + "\n"
    } else {
        written(&asked.number, &explained)
    };
    print(text.as_bytes())?;
    match explained.not_dialled {
        Some(NotDialled::UnknownProject(name)) => Err(CliError::UnknownProject(name)),
        _ => Ok(()),
    }
}

/// The first line of the standard input: what stands among the arguments, others on the machine see.
fn typed_pin() -> io::Result<String> {
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

fn chosen<'a>(locations: &'a [Item], name: Option<&str>) -> Result<&'a Item, CliError> {
    let known = || locations.iter().map(|item| item.object.name.as_str()).collect::<Vec<_>>().join(", ");
    match (name, locations) {
        (_, []) => Err(CliError::NoLocations),
        (None, [only]) => Ok(only),
        (None, _) => Err(CliError::WhichLocation(known())),
        (Some(name), _) => locations
            .iter()
            .find(|item| item.object.name == name)
            .ok_or_else(|| CliError::UnknownLocation { name: name.to_owned(), known: known() }),
    }
}

/// For people.
fn written(number: &str, explained: &Explained) -> String {
    let mut text = format!("{number} at {}\n", explained.location);
    for step in &explained.steps {
        let became =
            if step.before == step.after { String::new() } else { format!("  {} > {}", step.before, step.after) };
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{:>3}  {}: {}{became}", step.number, name(step.name), step.note.english());
        for skipped in &step.skipped {
            let _ =
                writeln!(text, "       rule {} ({}): {}", skipped.at + 1, skipped.pattern, skipped.reason.english());
        }
    }
    text + &outcome(explained)
}

/// What a step is called, as in the API.
fn name(name: StepName) -> String {
    let word = serde_json::to_value(name).ok();
    word.as_ref().and_then(|word| word.as_str()).unwrap_or_default().replace('_', " ")
}

fn outcome(explained: &Explained) -> String {
    let reach = |reach| if reach == Reach::Internal { "internal" } else { "external" };
    let place = explained.place.as_ref().map(|place| format!(", {}", place.english)).unwrap_or_default();
    let shown = explained.shown.as_ref().map(|shown| format!(", shown as {shown}{place}")).unwrap_or_default();
    match (&explained.reported, &explained.dialled, &explained.not_dialled) {
        (Some(reported), ..) => format!("It is {} ({}{shown}).\n", reported.number, reach(reported.reach)),
        (_, Some(dialled), _) => {
            let then: Vec<String> = dialled.then.iter().map(after_answer).collect();
            let then =
                if then.is_empty() { String::new() } else { format!(", and after the answer {}", then.join(", ")) };
            let leads = if dialled.emergency { "emergency" } else { reach(dialled.reach) };
            format!("The PBX gets {}{then} ({leads}{shown}).\n", dialled.number)
        }
        (_, _, Some(reason)) => format!("Nothing is dialled: {}.\n", why(reason)),
        _ => "There is no number to show.\n".to_owned(),
    }
}

fn after_answer(then: &AfterAnswer) -> String {
    match then {
        AfterAnswer::Pause(milliseconds) => format!("a pause of {milliseconds} ms"),
        AfterAnswer::Digits(digits) => digits.clone(),
    }
}

fn why(reason: &NotDialled) -> String {
    match reason {
        NotDialled::Empty => "there is no number in it".to_owned(),
        NotDialled::TooLong => "it is too long for a number".to_owned(),
        NotDialled::Suppressed => "a rule leaves nothing of it".to_owned(),
        NotDialled::UnknownProject(name) => format!("there is no project called {name:?}"),
        NotDialled::Missing(Missing::Pin(0)) => "a PIN is needed (--pin)".to_owned(),
        NotDialled::Missing(Missing::Pin(digits)) => format!("a PIN with {digits} digits is needed (--pin)"),
        NotDialled::Missing(Missing::User(0)) => "a user's number is needed (--user)".to_owned(),
        NotDialled::Missing(Missing::User(digits)) => {
            format!("a user's number with {digits} digits is needed (--user)")
        }
    }
}

/// Reads a day and a time.
fn moment(text: &str) -> Result<Moment, String> {
    let read = || {
        let (day, time) = text.split_once(' ')?;
        let day = match day {
            "weekday" => Day::Weekday,
            "saturday" => Day::Saturday,
            "sunday" => Day::Sunday,
            _ => return None,
        };
        let (hour, minute) = time.split_once(':')?;
        let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
        (hour < 24 && minute < 60).then_some(Moment { day, minute: hour * 60 + minute })
    };
    read().ok_or_else(|| "write weekday, saturday or sunday, and the time: weekday 14:30".to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::numbers::country::Countries;
    use crate::numbers::{Circumstances, DialPlan, Location};

    fn shown(meant: NumberKind, number: &str) -> String {
        let location: Location = serde_json::from_value(json!({
            "name": "Berlin", "country": "DE", "area_code": "30",
            "numbering": { "kind": "trunk", "base_number": "1234", "ranges": [{ "from": "10", "to": "99" }], "shortest": 2, "longest": 2 },
            "external_rules": [{ "pattern": "^19", "description": "all of them" }],
        }))
        .unwrap();
        let countries = Countries::default();
        let plan = DialPlan::of(&location, [], &countries).unwrap();
        written(number, &plan.explain(meant, number, &Circumstances::default(), &countries))
    }

    #[test]
    fn each_step_and_each_rule_that_did_not_act_is_told() {
        let text = shown(NumberKind::Typed, "+49 (89) 55 66");
        assert!(text.starts_with("+49 (89) 55 66 at Berlin\n"), "{text}");
        assert!(text.contains("rule 1 (^19): "), "{text}");
        assert!(text.ends_with("The PBX gets 00895566 (external, shown as +49 (89) 5566, Munich).\n"), "{text}");
        assert!(text.contains("  5  external rules: "), "{text}");
        let internal = shown(NumberKind::Typed, "030 1234 42");
        assert!(internal.contains("The PBX gets 42 (internal"), "{internal}");
        assert!(shown(NumberKind::Typed, "0112").ends_with("The PBX gets 0112 (emergency, shown as 112).\n"));
        let reported = shown(NumberKind::Caller, "00895566");
        assert!(reported.contains("It is +49895566 (external"), "{reported}");
        assert!(shown(NumberKind::Typed, "alice2").ends_with("The PBX gets alice2 (external, shown as alice2).\n"));
        assert!(shown(NumberKind::Typed, "?").ends_with("Nothing is dialled: there is no number in it.\n"));
    }

    #[test]
    fn where_there_are_several_locations_one_is_named() {
        let item = |id, name: &str| Item { id: ObjectId::random([id; 16]), object: Named { name: name.to_owned() } };
        let mut locations = vec![item(1, "Berlin")];
        assert_eq!(chosen(&locations, None).unwrap().object.name, "Berlin");
        locations.push(item(2, "Bonn"));
        assert!(matches!(chosen(&locations, None), Err(CliError::WhichLocation(known)) if known == "Berlin, Bonn"));
        assert_eq!(chosen(&locations, Some("Bonn")).unwrap().id, locations[1].id);
        assert!(matches!(chosen(&locations, Some("Rome")), Err(CliError::UnknownLocation { .. })));
        assert!(matches!(chosen(&[], None), Err(CliError::NoLocations)));
    }

    #[test]
    fn times_are_read() {
        assert_eq!(moment("saturday 9:05"), Ok(Moment { day: Day::Saturday, minute: 545 }));
        for wrong in ["", "monday 9:00", "sunday", "sunday 24:00", "sunday 9:60", "sunday 9"] {
            assert!(moment(wrong).is_err(), "{wrong}");
        }
    }
}
