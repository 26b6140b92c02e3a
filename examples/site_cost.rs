//! What a large site costs: milliseconds to load, list, save, bind lines and judge rights.
//!
//! `cargo run --release --example site_cost [users] [groups]`

use std::collections::HashMap;
use std::hint::black_box;

use offhook::ids::{LineId, UserId};
use offhook::rights::{LineRight, Right, RightsTable, is_allowed_on_line, may, rights_on};
use offhook::site::binding::{Bindings, LineKey};
use offhook::site::exchange::{Wanted, diff, export};
use offhook::site::{Change, Kind, ObjectId, Query, Row, Site, User, digits};
use serde_json::json;

/// Milliseconds that each thing is done again and again for.
const ENOUGH: f64 = 400.0;

/// Times that it is done at most.
const MOST: u32 = 1_000;

fn main() {
    let mut arguments =
        std::env::args().skip(1).map(|text| text.parse().expect("a number of users, and one of groups"));
    let (users, groups) = (arguments.next().unwrap_or(10_000_u32), arguments.next().unwrap_or(1_000_u32));
    let rows = rows(users, groups);
    println!("{users} users, {groups} groups of 30");
    let site = measured("load all from the database's rows", || Site::load(rows.clone()).0);

    let query = |search: &str, sort: &str| Query { search: search.into(), sort: Some(sort.into()), ..Query::default() };
    _ = measured("first page by name", || site.list::<User>(&query("", "display_name")));
    _ = measured("first page by e-mail, the last first", || {
        site.list::<User>(&Query { descending: true, ..query("", "email") })
    });
    _ = measured("search that finds one", || site.list::<User>(&query("müller 4711", "display_name")));
    _ = measured("search that finds a tenth", || site.list::<User>(&query("sales", "display_name")));
    let middle = site.list::<User>(&Query { limit: 500, ..Query::default() }).ok().and_then(|page| page.next);
    _ = measured("a page further on", || site.list::<User>(&Query { cursor: middle.clone(), ..Query::default() }));

    let rename = |number: u32| Change::Patch {
        kind: Kind::User,
        id: id(number),
        expected: None,
        patch: json!({ "email": "somebody@example.org", "login": "renamed" }),
    };
    _ = measured("plan a change of one user", || site.plan(&[rename(17)]));
    let all: Vec<Change> = (0..users).map(bulk).collect();
    _ = measured("plan a change of all users", || site.plan(&all));
    let gone = Change::Delete { kind: Kind::User, id: id(17), expected: None };
    _ = measured("plan to delete a user", || site.plan(std::slice::from_ref(&gone)));

    let lines: Vec<LineKey> =
        (0..users).map(|number| LineKey { group: "pbx".into(), number: format!("{number:05}") }).collect();
    let bindings = measured("bind all lines", || Bindings::new(&site, &lines, &digits));
    lines_of_others(&site, &bindings, &lines, users);

    let pairs = || (0..users).flat_map(|by| (0..10).map(move |step| (id(by), id((by * 7 + step * 13) % users))));
    let count = f64::from(users) * 10.0;
    let spent = measured_ms(|| pairs().for_each(|(by, of)| _ = black_box(rights_on(&site, by, of))));
    println!("{:>10.1} ns  all rights of one user on another", spent * 1e6 / count);
    let spent = measured_ms(|| pairs().for_each(|(by, of)| _ = black_box(may(&site, by, Right::FirstPickUp, of))));
    println!("{:>10.1} ns  one right, with its reasons", spent * 1e6 / count);

    let documents = measured("export", || export(&site));
    let texts = || documents.iter().map(|document| (document.name.as_str(), document.text.as_bytes()));
    let wanted = Wanted::read(texts()).expect("our own documents");
    let changes = measured("compare with an export", || {
        diff(&site, &wanted, true, &mut || ObjectId::SETTINGS).map(|changes| changes.len())
    });
    assert_eq!(changes, Ok(0));
}

/// What it costs to ask for rights on lines with every event.
fn lines_of_others(site: &Site, bindings: &Bindings, lines: &[LineKey], users: u32) {
    let keys: Vec<Option<LineKey>> = lines.iter().cloned().map(Some).collect();
    let slots: HashMap<ObjectId, UserId> = (0..users).map(|number| (id(number), UserId(number))).collect();
    let table = |site: &Site| RightsTable::new(site, bindings, &keys, &|id| slots.get(&id).copied(), users as usize);
    let changed = |change: Change| {
        let plan = site.plan(&[change]).expect("a change that is possible");
        table(plan.site())
    };
    let found = measured("make the table of rights on lines", || table(site));
    let grant = json!({ "grant": { "level": "business" } });
    let (one, all) = (changed(bulk(17)), changed(everybody(grant)));
    let touched = measured("who is touched by a change of one user", || one.touched(&found));
    println!("{:>10}     users are, {} lines", touched.users.len(), touched.lines.len());
    let touched = measured("who is touched by a change of everybody's rights", || all.touched(&found));
    println!("{:>10}     users are, {} lines", touched.users.len(), touched.lines.len());

    let pairs = || (0..users).flat_map(|by| (0..10).map(move |step| (by, (by * 7 + step * 13) % users)));
    let count = f64::from(users) * 10.0;
    let key = |line: u32| lines.get(line as usize).expect("a line of the site");
    let right = LineRight::SeeIncoming;
    let spent = measured_ms(|| {
        pairs().for_each(|(by, of)| _ = black_box(is_allowed_on_line(site, bindings, id(by), right, key(of))));
    });
    println!("{:>10.1} ns  a right on a line, asked of the site", spent * 1e6 / count);
    let spent = measured_ms(|| pairs().for_each(|(by, of)| _ = black_box(found.on_line(UserId(by), LineId(of)))));
    println!("{:>10.1} ns  all rights on a line, asked of the table", spent * 1e6 / count);
    // Now those who are shown lines in the monitor see their status.
    let watched: usize = (0..users).map(|user| all.shown_to(UserId(user)).len()).sum();
    println!("{:>10.1}     lines are shown to a user, through groups of 30", watched as f64 / f64::from(users));
    let spent = measured_ms(|| (0..users).for_each(|user| _ = black_box(all.shown_to(UserId(user)))));
    println!("{:>10.1} ns  the lines that a user is shown", spent * 1e6 / f64::from(users));
    let spent = measured_ms(|| (0..users).for_each(|line| _ = black_box(watchers(&all, LineId(line)))));
    println!("{:>10.1} ns  who is told of an event of a line", spent * 1e6 / f64::from(users));
}

fn everybody(patch: serde_json::Value) -> Change {
    Change::Patch { kind: Kind::Settings, id: ObjectId::SETTINGS, expected: None, patch }
}

/// Who is shown a line, all users being signed in.
fn watchers(table: &RightsTable, line: LineId) -> usize {
    let mut users: Vec<UserId> = Vec::new();
    for audience in table.offered(line) {
        users.extend(table.members(&audience).unwrap_or_default());
    }
    users.sort_unstable();
    users.dedup();
    users.into_iter().filter(|user| table.shown(*user, line).is_some()).count()
}

fn id(number: u32) -> ObjectId {
    let mut random = [7; 16];
    random[..4].copy_from_slice(&number.to_le_bytes());
    ObjectId::random(random)
}

fn bulk(number: u32) -> Change {
    let patch = json!({ "address": { "company": "Example" } });
    Change::Patch { kind: Kind::User, id: id(number), expected: None, patch }
}

fn rows(users: u32, groups: u32) -> Vec<Row> {
    let departments = ["Sales", "Support", "Einkauf", "Buchhaltung", "IT", "Lager", "HR", "Legal", "R&D", "Leitung"];
    let names = ["Müller", "Schmidt", "Öztürk", "Smith", "Łukasz", "Straße", "García"];
    let row = |kind, id, body| Row { kind, id, version: 1, from_file: false, body };
    let user = |number: u32| {
        let name = names[number as usize % names.len()];
        row(
            Kind::User,
            id(number),
            json!({
                "login": format!("user{number}"), "first_name": format!("Person {number}"), "last_name": name,
                "display_name": format!("{name} {number}"), "email": format!("user{number}@example.com"),
                "phones": { "business": format!("{number:05}"), "mobile": format!("+49170{number:07}") },
                "address": { "department": departments[number as usize % departments.len()] },
                "grants": [{ "to": id((number + 1) % users), "grant": { "level": "team_member" } }],
            }),
        )
    };
    let group = |number: u32| {
        let members: Vec<ObjectId> = (0..30).map(|step| id((number * 10 + step) % users)).collect();
        row(
            Kind::Group,
            id(1_000_000 + number),
            json!({
                "name": format!("Group {number}"), "members": members, "leader": id(number % users),
                "member_grant": { "level": "business" }, "leader_grant": { "level": "personal" },
                "monitor_groups": [{ "group": id(1_000_000 + (number + 1) % groups) }],
            }),
        )
    };
    (0..users).map(user).chain((0..groups).map(group)).collect()
}

fn measured<T>(what: &str, mut work: impl FnMut() -> T) -> T {
    let mut result = None;
    let spent = measured_ms(|| result = Some(work()));
    println!("{spent:>10.2} ms  {what}");
    result.expect("done at least once")
}

/// Milliseconds on a CPU, on average: others on the machine do not count.
fn measured_ms(mut work: impl FnMut()) -> f64 {
    let before = on_cpu();
    let mut runs = 0;
    while runs < MOST && on_cpu() - before < ENOUGH {
        work();
        runs += 1;
    }
    (on_cpu() - before) / f64::from(runs)
}

/// Milliseconds that this thread has been on a CPU; the kernel counts them by its ticks.
fn on_cpu() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|first| first.parse::<f64>().ok()).unwrap_or_default() / 1e6
}
