//! The table says what the site says.

use super::*;
use crate::ids::{LineId, UserId};

const USERS: u8 = 5;

/// The line of each user, who is found by the number of the business line, and one that is nobody's.
fn keys() -> Vec<Option<LineKey>> {
    let line = |number: u8| LineKey { group: "pbx".into(), number: format!("{}", 100 + u32::from(number)) };
    (1..=USERS + 1).map(line).map(Some).chain([None]).collect()
}

fn slot(of: ObjectId) -> Option<UserId> {
    (1..=USERS).find(|number| id(*number) == of).map(|number| UserId(u32::from(number) - 1))
}

fn slot_of(number: u8) -> UserId {
    slot(id(number)).expect("one of the users")
}

fn bindings(site: &Site) -> Bindings {
    Bindings::new(site, &keys().into_iter().flatten().collect::<Vec<_>>(), &digits)
}

fn table(site: &Site) -> RightsTable {
    RightsTable::new(site, &bindings(site), &keys(), &slot, usize::from(USERS))
}

/// A user with the line of that number, and perhaps additional ones.
fn user(number: u8, additional: &Value, active: bool) -> Change {
    let place = if number == 4 { "first_phone" } else { "phones" };
    let own = json!(format!("{}", 100 + u32::from(number)));
    let own = if place == "phones" { json!({ "business": own }) } else { own };
    let login = format!("u{number}");
    let mut body = json!({ "login": login, "display_name": login, "active": active, "additional_lines": additional });
    body[place] = own;
    put(Kind::User, id(number), body)
}

/// Five users with a line each; the fifth is not active, and the first is shown the lines of the second and the third.
fn telephones() -> Site {
    let mut site = site();
    let groups = (10..13).map(|n| put(Kind::Group, id(n), json!({ "name": format!("group {n}") })));
    let additional = json!([{ "line": "102", "see_incoming": true }, { "line": "103", "pick_up": true }]);
    let none = json!([]);
    let users = (1..=USERS).map(|n| user(n, if n == 1 { &additional } else { &none }, n != 5));
    apply(&mut site, &groups.chain(users).collect::<Vec<_>>());
    site
}

fn lines_shown(table: &RightsTable, user: u8) -> Vec<u32> {
    table.shown_to(slot_of(user)).into_iter().map(|(line, _)| line.0 + 101).collect()
}

#[test]
fn lines_are_shown_by_the_administrator_and_through_the_monitor() {
    let mut site = telephones();
    assert_eq!(lines_shown(&table(&site), 1), [0; 0], "nobody has services");
    let settings = |settings: Value| put(Kind::Settings, ObjectId::SETTINGS, settings);
    let services = json!(["control_lines"]);
    apply(&mut site, &[settings(json!({ "grant": { "level": "none" }, "services": services }))]);
    assert_eq!(lines_shown(&table(&site), 1), [102, 103]);
    assert_eq!(lines_shown(&table(&site), 2), [0; 0]);

    // Group 10 shows its members group 11; what they may see is another thing.
    let group = |n, body| put(Kind::Group, id(n), body);
    let shows = group(10, json!({ "name": "a", "members": [id(2)], "monitor_groups": [{ "group": id(11) }] }));
    apply(&mut site, &[shows, group(11, json!({ "name": "b", "members": [id(3), id(4), id(5)] }))]);
    assert_eq!(lines_shown(&table(&site), 2), [0; 0]);
    for (level, shown) in [("public", vec![]), ("business", vec![103, 104])] {
        let monitor_grant = json!({ "level": level });
        let change = json!({ "grant": { "level": "none" }, "monitor_grant": monitor_grant, "services": services });
        apply(&mut site, &[settings(change)]);
        assert_eq!(lines_shown(&table(&site), 2), shown, "{level}");
    }
    let found = table(&site);
    let on_line = found.on_line(slot_of(2), LineId(2));
    assert!(on_line.names_owner() && !on_line.may(LineRight::PickUp));
    assert_eq!(found.owner(LineId(2)), Some("u3"));
    assert!(!found.on_line(slot_of(1), LineId(1)).names_owner(), "the line is shown, its owner is not");

    let everybody = json!({ "grant": { "level": "business" }, "all_in_monitor": true, "services": services });
    apply(&mut site, &[settings(everybody)]);
    assert_eq!(lines_shown(&table(&site), 3), [101, 102, 103, 104], "nobody's line, and who is not active");
    assert_eq!(lines_shown(&table(&site), 5), [0; 0]);
}

#[test]
fn a_picture_is_seen_by_who_may_and_another_one_is_told() {
    let mut site = telephones();
    let settings = |level| put(Kind::Settings, ObjectId::SETTINGS, json!({ "grant": level }));
    let special = json!({ "level": "special", "rights": ["see_picture"] });
    apply(&mut site, &[settings(json!({ "level": "none" }))]);
    let before = table(&site);
    site.set_picture(id(2), Some(3));
    let shows = |site: &Site| table(site).on_line(slot_of(1), LineId(1)).shows_picture();
    assert_eq!(table(&site).picture(LineId(1)).map(|picture| (picture.user, picture.version)), Some((id(2), 3)));
    assert!(!shows(&site));
    assert_eq!(table(&site).touched(&before).lines, [LineId(1)]);
    for (level, seen) in [(special, true), (json!({ "level": "public" }), true), (json!({ "level": "none" }), false)] {
        apply(&mut site, &[settings(level.clone())]);
        assert_eq!(shows(&site), seen, "{level}");
    }
}

#[test]
fn who_and_which_lines_are_touched_by_a_change_is_known() {
    let mut site = telephones();
    let patch = |kind, id, patch| Change::Patch { kind, id, expected: None, patch };
    let settings = |body| patch(Kind::Settings, ObjectId::SETTINGS, body);
    apply(&mut site, &[settings(json!({ "grant": { "level": "none" }, "services": ["control_lines"] }))]);
    let touched = |site: &Site, change: Change| {
        let mut after = site.clone();
        apply(&mut after, &[change]);
        let Touched { users, lines } = table(&after).touched(&table(site));
        let mut users: Vec<u32> = users.into_iter().map(|user| user.0 + 1).collect();
        users.sort_unstable();
        (users, lines.into_iter().map(|line| line.0 + 101).collect::<Vec<_>>())
    };
    let nothing = || (Vec::new(), Vec::new());
    assert_eq!(touched(&site, patch(Kind::User, id(2), json!({ "email": "b@example.org" }))), nothing());
    assert_eq!(touched(&site, patch(Kind::User, id(2), json!({ "services": ["chat"] }))), nothing());
    assert_eq!(touched(&site, settings(json!({ "services": [] }))), (vec![1, 2, 3, 4], Vec::new()));
    // Bernd's line has another name; that of the fourth is shown to nobody.
    assert_eq!(touched(&site, patch(Kind::User, id(2), json!({ "display_name": "Bernd" }))), (Vec::new(), vec![102]));
    assert_eq!(touched(&site, patch(Kind::User, id(4), json!({ "display_name": "Dora" }))), nothing());
    let no_more = patch(Kind::User, id(1), json!({ "additional_lines": [] }));
    assert_eq!(touched(&site, no_more), (Vec::new(), vec![102, 103]));
    let grant = json!({ "grants": [{ "to": id(3), "grant": { "level": "business" } }] });
    assert_eq!(touched(&site, patch(Kind::User, id(2), grant)), (Vec::new(), vec![102]));
    let members = patch(Kind::Group, id(10), json!({ "members": [id(3)] }));
    assert_eq!(touched(&site, members), (vec![3], Vec::new()));
    // One line that everybody is shown is one line.
    let everybody = json!({ "grant": { "level": "business" }, "all_in_monitor": true });
    let all = settings(everybody);
    assert_eq!(touched(&site, all.clone()), (Vec::new(), vec![101, 102, 103, 104]));
    apply(&mut site, &[all]);
    let renamed = patch(Kind::User, id(4), json!({ "display_name": "Dora" }));
    assert_eq!(touched(&site, renamed), (Vec::new(), vec![104]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_table_says_what_the_site_says(all in prop::collection::vec(more(), 1..25), monitor: bool) {
        let mut site = telephones();
        let mut before = table(&site);
        for (at, more) in all.iter().enumerate() {
            if let Some(change) = adding(&site, more) {
                apply(&mut site, &[change]);
            }
            if at == all.len() / 2 {
                before = table(&site);
            }
        }
        let patch = json!({ "all_in_monitor": monitor, "services": ["control_lines", "video"] });
        apply(&mut site, &[Change::Patch { kind: Kind::Settings, id: ObjectId::SETTINGS, expected: None, patch }]);
        let (found, bindings) = (table(&site), bindings(&site));
        for by in 1..=USERS {
            let user = slot_of(by);
            for (line, key) in keys().iter().enumerate() {
                let id_of_line = LineId(line as u32);
                for right in LineRight::ALL {
                    let may = key.as_ref().is_some_and(|key| is_allowed_on_line(&site, &bindings, id(by), right, key));
                    prop_assert_eq!(found.on_line(user, id_of_line).may(right), may, "{} {:?} {:?}", by, right, key);
                }
                // Who is shown a line is among those it is offered to.
                let shown = found.shown_to(user).iter().any(|(shown, _)| *shown == id_of_line);
                let offered: Vec<Audience> = found.offered(id_of_line).collect();
                let is_among = |to: &Audience| found.members(to).is_none_or(|members| members.contains(&user));
                prop_assert!(!shown || offered.iter().any(is_among));
                prop_assert_eq!(shown, found.shown(user, id_of_line).is_some());
            }
            for &service in ServiceRight::ALL {
                prop_assert_eq!(found.services(user).contains(service), has_service(&site, id(by), service));
            }
        }
        // What is not touched is shown as it was.
        let touched = found.touched(&before);
        for user in (1..=USERS).map(slot_of).filter(|user| !touched.users.contains(user)) {
            let rest = |table: &RightsTable| {
                let mut shown = table.shown_to(user);
                shown.retain(|(line, _)| !touched.lines.contains(line));
                shown.into_iter().map(|(line, on_line)| (line, on_line, table.owner(line).map(str::to_owned)))
                    .collect::<Vec<_>>()
            };
            prop_assert_eq!(rest(&found), rest(&before));
        }
    }
}
