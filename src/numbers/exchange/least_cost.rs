//! Least-cost routing as XML and as `.lcr`: providers, zones, and who carries calls into a zone from one time of the day to
//! another.

use std::borrow::Cow;

use super::columns::{separate, yes};
use super::rows::fields;
use super::xml::{Document, Element};
use super::{FileProblem, Found, compared, csv};
use crate::numbers::NumbersProblemCode::{
    InvalidTime, Required, TooLong, TooMany, TooManyCells, UnknownHeading, UnknownRecord, UnknownWord, UnknownZone,
    XmlElement,
};
use crate::numbers::location::{CallByCallProvider, HALF_HOURS, LeastCostRouting, TariffZone, limits};
use crate::numbers::problem::short;

const DAYS: [&str; 3] = ["weekdays", "saturday", "sunday"];
const RECORDS: &str = "enabled, provider, zone, time";

/// What a file has.
#[derive(Debug, Default)]
pub(super) struct Read {
    enabled: Option<bool>,
    providers: Vec<(u64, CallByCallProvider)>,
    zones: Vec<(u64, TariffZone)>,
    times: Vec<Time>,
}

/// A time of the day at which a provider carries calls into a zone.
#[derive(Debug)]
struct Time {
    line: u64,
    /// The zone's place; None: it is found by its name.
    zone: Result<usize, String>,
    day: usize,
    /// The half hours from one to before the other, past midnight where that is smaller.
    from: usize,
    to: usize,
    provider: String,
}

impl Read {
    /// Puts it in the place of what is there, or after it.
    pub(super) fn put(self, routing: &mut LeastCostRouting, add: bool, found: &mut Found) {
        let Read { enabled, providers, zones, times } = self;
        routing.enabled = enabled.unwrap_or(routing.enabled);
        if !add {
            routing.providers.clear();
            routing.zones.clear();
        }
        for (line, provider) in providers {
            found.lines.insert(format!("/providers/{}", routing.providers.len()), line);
            routing.providers.push(provider);
        }
        let before = routing.zones.len();
        for (line, zone) in zones {
            found.lines.insert(format!("/zones/{}", routing.zones.len()), line);
            routing.zones.push(zone);
        }
        for Time { line, zone, day, from, to, provider } in times {
            let zone = match zone {
                Ok(place) => Ok(before + place),
                // A time may be added to a zone that is there.
                Err(name) => routing.zones.iter().rposition(|zone| zone.name == name).ok_or(name),
            };
            let place = match zone {
                Ok(place) => place,
                Err(name) => {
                    found.add(FileProblem::at(line, UnknownZone).column("zone").value(short(&name)));
                    continue;
                }
            };
            let Some(zone) = routing.zones.get_mut(place) else { continue };
            let half_hours = match day {
                0 => &mut zone.weekdays,
                1 => &mut zone.saturday,
                _ => &mut zone.sunday,
            };
            half_hours.resize(HALF_HOURS, None);
            let length = if from < to { to - from } else { HALF_HOURS - from + to };
            for at in (from..from + length).map(|at| at % HALF_HOURS) {
                half_hours[at] = Some(provider.clone());
                found.lines.insert(format!("/zones/{place}/{}/{at}", DAYS[day]), line);
            }
        }
    }

    fn provider(&mut self, line: u64, name: &str, prefix: &str, found: &mut Found) {
        if self.providers.len() >= limits::PROVIDERS {
            found.add(FileProblem::at(line, TooMany).value(limits::PROVIDERS));
            return;
        }
        self.providers.push((line, CallByCallProvider { name: name.to_owned(), prefix: prefix.trim().to_owned() }));
    }

    fn zone(&mut self, line: u64, name: &str, prefixes: &str, found: &mut Found) {
        if self.zones.len() >= limits::ZONES {
            found.add(FileProblem::at(line, TooMany).value(limits::ZONES));
            return;
        }
        let prefixes = separate(prefixes);
        self.zones.push((line, TariffZone { name: name.to_owned(), prefixes, ..TariffZone::default() }));
    }

    fn time(&mut self, line: u64, zone: Result<usize, String>, words: [&str; 4], found: &mut Found) {
        let [days, from, to, provider] = words;
        // More say the same thing twice.
        if self.times.len() >= limits::ZONES * DAYS.len() * HALF_HOURS {
            found.add(FileProblem::at(line, TooMany).value(limits::ZONES * DAYS.len() * HALF_HOURS));
            return;
        }
        let day = match compared(days).as_str() {
            "weekdays" | "weekday" | "mo_fr" | "mon_fri" | "werktags" | "werktag" => 0,
            "saturday" | "sat" | "sa" | "samstag" => 1,
            "sunday" | "sun" | "so" | "sonntag" => 2,
            "" => return found.add(FileProblem::at(line, Required).column("days")),
            _ => {
                let problem = FileProblem::at(line, UnknownWord).column("days").value(short(days));
                return found.add(problem.value(DAYS.join(", ")));
            }
        };
        let mut time = |column, text: &str| {
            let time = half_hour(text);
            if time.is_none() {
                found.add(FileProblem::at(line, InvalidTime).column(column).value(short(text)));
            }
            time
        };
        let (Some(from), Some(to)) = (time("from", from), time("to", to)) else { return };
        if provider.is_empty() {
            return found.add(FileProblem::at(line, Required).column("provider"));
        }
        // It will stand in each half hour.
        let zone_name = zone.as_ref().map_or_else(String::as_str, |_| "");
        for (column, name) in [("zone", zone_name), ("provider", provider)] {
            if name.chars().nth(limits::NAME).is_some() {
                return found.add(FileProblem::at(line, TooLong).column(column).value(limits::NAME));
            }
        }
        self.times.push(Time { line, zone, day, from: from % HALF_HOURS, to, provider: provider.to_owned() });
    }

    fn enabled(&mut self, line: u64, word: &str, found: &mut Found) {
        match yes(word) {
            Some(said) => self.enabled = said,
            None => {
                let problem = FileProblem::at(line, UnknownWord).column("enabled").value(short(word));
                found.add(problem.value("yes, no"));
            }
        }
    }
}

/// The half hour that a time of the day begins: `8:30`, `08.30`, `8`; 48 for `24:00`.
fn half_hour(text: &str) -> Option<usize> {
    let (hour, minute) = text.trim().split_once([':', '.']).unwrap_or((text.trim(), "0"));
    let is_number = |text: &str| (1..=2).contains(&text.len()) && text.bytes().all(|octet| octet.is_ascii_digit());
    if !is_number(hour) || !is_number(minute) {
        return None;
    }
    let half_hour = match minute.parse::<usize>().ok()? {
        0 => hour.parse::<usize>().ok()? * 2,
        30 => hour.parse::<usize>().ok()? * 2 + 1,
        _ => return None,
    };
    (half_hour <= HALF_HOURS).then_some(half_hour)
}

fn time(half_hour: usize) -> String {
    format!("{:02}:{:02}", half_hour / 2, half_hour % 2 * 30)
}

/// The times of a day at which there is a provider.
fn times(half_hours: &[Option<String>]) -> Vec<(String, String, &str)> {
    let mut times = Vec::new();
    let mut at = 0;
    while at < half_hours.len() {
        let length = half_hours[at..].iter().take_while(|provider| **provider == half_hours[at]).count();
        if let Some(provider) = &half_hours[at] {
            times.push((time(at), time(at + length), provider.as_str()));
        }
        at += length;
    }
    times
}

fn days(zone: &TariffZone) -> [(&'static str, &[Option<String>]); 3] {
    [(DAYS[0], &zone.weekdays), (DAYS[1], &zone.saturday), (DAYS[2], &zone.sunday)]
}

/// As XML.
pub(super) fn xml(routing: &LeastCostRouting) -> String {
    let mut document = Document::new();
    document.begin("least_cost_routing", &[("enabled", if routing.enabled { "yes" } else { "no" })]);
    for provider in &routing.providers {
        document.empty("provider", &[("name", &provider.name), ("prefix", &provider.prefix)]);
    }
    for zone in &routing.zones {
        document.begin("zone", &[("name", &zone.name), ("prefixes", &zone.prefixes.join(" "))]);
        for (day, half_hours) in days(zone) {
            for (from, to, provider) in times(half_hours) {
                document.empty("time", &[("days", day), ("from", &from), ("to", &to), ("provider", provider)]);
            }
        }
        document.end();
    }
    document.finish()
}

/// As records, whose first cell says what they are.
pub(super) fn lcr(routing: &LeastCostRouting) -> String {
    let text = |text: &'static str| Cow::Borrowed(text);
    let mut rows = vec![vec![text("enabled"), text(if routing.enabled { "yes" } else { "no" })]];
    for provider in &routing.providers {
        rows.push(vec![text("provider"), (&provider.name).into(), (&provider.prefix).into()]);
    }
    for zone in &routing.zones {
        rows.push(vec![text("zone"), (&zone.name).into(), zone.prefixes.join(" ").into()]);
        for (day, half_hours) in days(zone) {
            for (from, to, provider) in times(half_hours) {
                let zone = (&zone.name).into();
                rows.push(vec![text("time"), zone, text(day), from.into(), to.into(), provider.into()]);
            }
        }
    }
    csv::write(rows, b';')
}

/// Reads XML.
pub(super) fn read_xml(root: &Element, found: &mut Found) -> Read {
    let mut read = Read::default();
    if compared(&root.name) != "least_cost_routing" {
        found.add(FileProblem::at(root.line, XmlElement).value(short(&root.name)).value("least_cost_routing"));
        return read;
    }
    for (name, value) in &root.attributes {
        match compared(name).as_str() {
            "enabled" => read.enabled(root.line, value, found),
            _ => found.add(unknown_field(root.line, name, &["enabled"])),
        }
    }
    for element in &root.children {
        match compared(&element.name).as_str() {
            "provider" => {
                let [name, prefix] = values(element, &["name", "prefix"], &[], found);
                read.provider(element.line, name, prefix, found);
            }
            "zone" => {
                let [name, prefixes] = values(element, &["name", "prefixes"], &["time"], found);
                let place = read.zones.len();
                read.zone(element.line, name, prefixes, found);
                for time in element.children.iter().filter(|child| compared(&child.name) == "time") {
                    let words = values(time, &["days", "from", "to", "provider"], &[], found);
                    read.time(time.line, Ok(place), words, found);
                }
            }
            _ => {
                let problem = FileProblem::at(element.line, XmlElement).value(short(&element.name));
                found.add(problem.value("provider, zone"));
            }
        }
    }
    read
}

/// What an element says of itself. Some elements in it say something else.
fn values<'e, const N: usize>(
    element: &'e Element,
    names: &[&'static str; N],
    others: &[&str],
    found: &mut Found,
) -> [&'e str; N] {
    let mut values = [""; N];
    for (line, name, text) in fields(element) {
        let name = compared(name);
        match names.iter().position(|known| *known == name) {
            Some(at) => values[at] = text,
            None if others.contains(&name.as_str()) => {}
            None => found.add(unknown_field(line, &name, names)),
        }
    }
    values
}

fn unknown_field(line: u64, name: &str, names: &[&str]) -> FileProblem {
    FileProblem::at(line, UnknownHeading).value(short(name)).value(names.join(", "))
}

/// Reads records.
pub(super) fn read_lcr(text: &str, found: &mut Found) -> Read {
    let mut read = Read::default();
    for csv::Record { line, cells } in csv::read(text) {
        let cell = |at: usize| cells.get(at).map(String::as_str).unwrap_or_default();
        let most = match compared(cell(0)).as_str() {
            "enabled" => {
                read.enabled(line, cell(1), found);
                2
            }
            "provider" | "anbieter" => {
                read.provider(line, cell(1), cell(2), found);
                3
            }
            "zone" => {
                read.zone(line, cell(1), cell(2), found);
                3
            }
            "time" | "zeit" => {
                read.time(line, Err(cell(1).to_owned()), [cell(2), cell(3), cell(4), cell(5)], found);
                6
            }
            _ if cell(0).starts_with('#') => continue,
            _ => {
                found.add(FileProblem::at(line, UnknownRecord).value(short(cell(0))).value(RECORDS));
                continue;
            }
        };
        // Spreadsheets fill rows up.
        if cells.iter().skip(most).any(|cell| !cell.trim().is_empty()) {
            found.add(FileProblem::at(line, TooManyCells));
        }
    }
    read
}

/// Providers and zones, shortly.
pub(super) fn words(routing: &LeastCostRouting) -> Vec<String> {
    let providers = routing.providers.iter().map(|provider| format!("{} · {}", provider.name, provider.prefix));
    let zones = routing.zones.iter().map(|zone| {
        let times = days(zone).into_iter().flat_map(|(day, half_hours)| {
            times(half_hours).into_iter().map(move |(from, to, provider)| format!("{day} {from}–{to} {provider}"))
        });
        let times = times.collect::<Vec<_>>().join(", ");
        [zone.name.clone(), zone.prefixes.join(" "), times].join(" · ")
    });
    providers.chain(zones).collect()
}
