//! What becomes of a number at a location of the running server, step by step.

use std::fmt::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

use super::control::Control;
use super::{CliError, print};
use crate::config::Config;
use crate::numbers::country::Countries;
use crate::numbers::{
    AfterAnswer, Circumstances, Day, DialPlan, DialledNumber, Location, Missing, Moment, NotDialled, Numbers, Reach,
    ReportedAs, ReportedNumber, Step,
};

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

impl From<As> for ReportedAs {
    fn from(reported: As) -> ReportedAs {
        match reported {
            As::Caller => ReportedAs::Caller,
            As::Called => ReportedAs::Called,
            As::Forwarding => ReportedAs::Forwarding,
            As::ConnectedIncoming => ReportedAs::ConnectedIncoming,
            As::ConnectedOutgoing => ReportedAs::ConnectedOutgoing,
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
    id: String,
    object: Location,
}

/// What came out, and how.
#[derive(Serialize)]
struct Explained {
    location: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reported: Option<ReportedNumber>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dialled: Option<DialledNumber>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_dialled: Option<NotDialled>,
    /// As it is shown to people.
    #[serde(skip_serializing_if = "Option::is_none")]
    shown: Option<String>,
    steps: Vec<Step>,
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
    let Item { id, object } = chosen(&locations, asked.location.as_deref())?;
    let numbers = Numbers::new(locations.iter().map(|item| (item.id.as_str(), &item.object)), &Countries::default());
    let plan = numbers.plan(id).ok_or_else(|| CliError::NoDialPlan(object.name.clone()))?;
    let explained = explain(plan, &object.name, &asked);
    let text = if asked.json {
        serde_json::to_string_pretty(&explained).map_err(|error| CliError::Output(error.into()))? + "\n"
    } else {
        written(&asked.number, &explained)
    };
    print(text.as_bytes())
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

fn explain(plan: &DialPlan, location: &str, asked: &Number) -> Explained {
    let location = location.to_owned();
    if let Some(reported) = asked.reported {
        let (reported, steps) = plan.explain_reported(reported.into(), &asked.number);
        let shown = reported.as_ref().map(|reported| plan.display(&reported.number));
        return Explained { location, reported, dialled: None, not_dialled: None, shown, steps };
    }
    let circumstances = Circumstances {
        moment: asked.at,
        project: asked.project.as_deref(),
        forwarding: asked.forwarding,
        ..Circumstances::default()
    };
    let (dialled, steps) = plan.explain_dialled(&asked.number, &circumstances);
    let (dialled, not_dialled) = match dialled {
        Ok(dialled) => (Some(dialled), None),
        Err(reason) => (None, Some(reason)),
    };
    let shown = dialled.as_ref().map(|dialled| plan.display(&dialled.canonical));
    Explained { location, reported: None, dialled, not_dialled, shown, steps }
}

/// For people.
fn written(number: &str, explained: &Explained) -> String {
    let mut text = format!("{number} at {}\n", explained.location);
    for step in &explained.steps {
        let became =
            if step.before == step.after { String::new() } else { format!("  {} > {}", step.before, step.after) };
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{:>3}  {}{became}", step.number, step.note.english());
        for skipped in &step.skipped {
            let _ =
                writeln!(text, "       rule {} ({}): {}", skipped.at + 1, skipped.pattern, skipped.reason.english());
        }
    }
    text + &outcome(explained)
}

fn outcome(explained: &Explained) -> String {
    let reach = |reach| if reach == Reach::Internal { "internal" } else { "external" };
    let shown = explained.shown.as_ref().map(|shown| format!(", shown as {shown}")).unwrap_or_default();
    match (&explained.reported, &explained.dialled, &explained.not_dialled) {
        (Some(reported), ..) => format!("It is {} ({}{shown}).\n", reported.number, reach(reported.reach)),
        (_, Some(dialled), _) => {
            let then: Vec<String> = dialled.then.iter().map(after_answer).collect();
            let then =
                if then.is_empty() { String::new() } else { format!(", and after the answer {}", then.join(", ")) };
            format!("The PBX gets {}{then} ({}{shown}).\n", dialled.number, reach(dialled.reach))
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
        NotDialled::Empty => "there is no digit in it".to_owned(),
        NotDialled::TooLong => "it is too long for a number".to_owned(),
        NotDialled::Suppressed => "a rule leaves nothing of it".to_owned(),
        NotDialled::UnknownProject(name) => format!("there is no project called {name:?}"),
        NotDialled::Missing(Missing::Pin(_)) => "the project needs a PIN".to_owned(),
        NotDialled::Missing(Missing::User(_)) => "the project needs a user's number".to_owned(),
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

    fn asked(number: &str) -> Number {
        Number {
            number: number.to_owned(),
            location: None,
            reported: None,
            forwarding: false,
            project: None,
            at: Moment::default(),
            json: false,
            config: PathBuf::new(),
        }
    }

    fn berlin() -> Vec<Item> {
        let object = json!({
            "name": "Berlin", "country": "DE", "area_code": "30",
            "numbering": { "kind": "trunk", "base_number": "1234", "ranges": [{ "from": "10", "to": "99" }], "shortest": 2, "longest": 2 },
            "external_rules": [{ "pattern": "^19", "description": "all of them" }],
        });
        vec![Item { id: "berlin".to_owned(), object: serde_json::from_value(object).unwrap() }]
    }

    fn shown(asked: &Number) -> String {
        let locations = berlin();
        let numbers =
            Numbers::new(locations.iter().map(|item| (item.id.as_str(), &item.object)), &Countries::default());
        written(&asked.number, &explain(numbers.plan("berlin").unwrap(), "Berlin", asked))
    }

    #[test]
    fn each_step_and_each_rule_that_did_not_act_is_told() {
        let text = shown(&asked("+49 (89) 55 66"));
        assert!(text.starts_with("+49 (89) 55 66 at Berlin\n"), "{text}");
        assert!(text.contains("rule 1 (^19): "), "{text}");
        assert!(text.ends_with("The PBX gets 00895566 (external, shown as +49 (89) 5566).\n"), "{text}");
        let internal = shown(&asked("030 1234 42"));
        assert!(internal.contains("The PBX gets 42 (internal"), "{internal}");
        let reported = shown(&Number { reported: Some(As::Caller), ..asked("00895566") });
        assert!(reported.contains("It is +49895566 (external"), "{reported}");
        assert!(shown(&asked("hello?")).ends_with("Nothing is dialled: there is no digit in it.\n"));
    }

    #[test]
    fn where_there_are_several_locations_one_is_named() {
        let mut locations = berlin();
        assert_eq!(chosen(&locations, None).unwrap().id, "berlin");
        let other = Item { id: "b".to_owned(), object: Location { name: "Bonn".to_owned(), ..Location::default() } };
        locations.push(other);
        assert!(matches!(chosen(&locations, None), Err(CliError::WhichLocation(known)) if known == "Berlin, Bonn"));
        assert_eq!(chosen(&locations, Some("Bonn")).unwrap().id, "b");
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
