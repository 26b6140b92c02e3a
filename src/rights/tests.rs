//! The levels, cell by cell, and that rights add up.

mod table;

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::site::binding::{Bindings, LineKey};
use crate::site::{Change, Kind, ObjectId, Site, digits};

/// As the manual prints it: what it is, then Public, Business, Team member, Personal. Independent of the table in the source.
const CONTACT_DATA: &str = "
see_picture                     X X X X
see_display_name                X X X X
see_title                       X X X X
see_company                     X X X X
see_department                  . X X X
see_office                      . X X X
see_address                     . X X X
see_business                    X X X X
see_business2                   X X X X
see_mobile                      X X X X
see_pager                       . X X X
see_private                     . . . X
see_other_numbers               . . . X
see_fax                         . X X X
see_email                       X X X X
see_identity                    X X X X
see_website                     . X X X
";

/// The same for presence, lines, audio and video. A private appointment is shown as private by Business and Team member,
/// with subject and place by Personal; a conversation makes the symbol grey for Public and Business, red for the others.
const PRESENCE_AND_LINES: &str = "
see_presence                    X X X X
set_presence                    . . X X
see_note                        X X X X
set_note                        . . X X
see_private_appointments        . X X X
see_private_details             . . . X
see_public_appointments         . X X X
see_numbers                     X X X X
see_line_status                 . X X X
first_see_outgoing              . X X X
first_see_incoming              . X X X
first_see_diversions            X X X X
first_see_diversion_number      . X X X
first_set_diversions            . . . X
first_pick_up                   . . X X
second_see_outgoing             . . X X
second_see_incoming             . . X X
second_see_diversions           X X X X
second_see_diversion_number     . . X X
second_set_diversions           . . . X
second_pick_up                  . . . X
additional_see_outgoing         . . X X
additional_see_incoming         . . X X
additional_see_diversions       X X X X
additional_see_diversion_number . . X X
additional_set_diversions       . . . .
additional_pick_up              . . . .
see_av_status                   X X X X
see_av_busy                     . . X X
see_av_participants             . . X X
";

#[test]
fn levels_give_what_the_manual_prints() {
    let mut seen = BTreeSet::new();
    for row in CONTACT_DATA.lines().chain(PRESENCE_AND_LINES.lines()).filter(|row| !row.is_empty()) {
        let cells: Vec<&str> = row.split_whitespace().collect();
        let [code, cells @ ..] = cells.as_slice() else { panic!("{row}") };
        let right: Right = serde_json::from_value(json!(code)).unwrap();
        seen.insert(right);
        let expected: Vec<bool> = cells.iter().map(|cell| *cell == "X").collect();
        let levels = [Level::Public, Level::Business, Level::TeamMember, Level::Personal];
        let found: Vec<bool> = levels.iter().map(|level| level.rights().contains(right)).collect();
        assert_eq!(found, expected, "{code}");
        assert!(!Level::None.rights().contains(right), "{code}");
    }
    assert_eq!(seen.len(), Right::ALL.len(), "a right is not in the manual's matrices");
}

#[test]
fn each_level_includes_those_before_it() {
    for pair in Level::ALL.windows(2) {
        assert!(pair[1].rights().includes(pair[0].rights()), "{pair:?}");
    }
}

#[test]
fn a_grant_is_read_as_it_is_written() {
    for (grant, text) in [
        (Grant::Level(Level::TeamMember), json!({ "level": "team_member" })),
        (Grant::Special(RightSet::EMPTY), json!({ "level": "special", "rights": [] })),
        (
            Grant::Special([Right::FirstPickUp, Right::SeePresence].into_iter().collect()),
            json!({ "level": "special", "rights": ["see_presence", "first_pick_up"] }),
        ),
    ] {
        assert_eq!(serde_json::to_value(grant).unwrap(), text);
        assert_eq!(serde_json::from_value::<Grant>(text).unwrap(), grant);
    }
    for wrong in [
        json!({ "level": "all" }),
        json!({ "level": "special" }),
        json!({ "level": "public", "rights": [] }),
        json!({ "level": "special", "rights": ["fly"] }),
        json!({}),
    ] {
        assert!(serde_json::from_value::<Grant>(wrong.clone()).is_err(), "{wrong}");
    }
}

fn id(number: u8) -> ObjectId {
    ObjectId::random([number; 16])
}

fn put(kind: Kind, id: ObjectId, body: Value) -> Change {
    Change::Put { kind, id, expected: None, body }
}

fn apply(site: &mut Site, changes: &[Change]) {
    let plan = site.plan(changes).unwrap_or_else(|refusals| panic!("{refusals:#?}"));
    site.commit(plan).unwrap();
}

/// Anna (1), Bernd (2) and Clara (3), nothing granted.
fn site() -> Site {
    let mut site = Site::new();
    let mut changes: Vec<Change> = [(1, "anna"), (2, "bernd"), (3, "clara")]
        .into_iter()
        .map(|(number, login)| put(Kind::User, id(number), json!({ "login": login, "display_name": login })))
        .collect();
    changes.push(put(Kind::Settings, ObjectId::SETTINGS, json!({ "grant": { "level": "none" }, "services": [] })));
    apply(&mut site, &changes);
    site
}

fn sentences(site: &Site, decision: &Decision) -> Vec<String> {
    assert_eq!(decision.allowed, !decision.because.is_empty());
    assert_eq!(decision.allowed, decision.denied.is_none());
    let denied = decision.denied.map(Denied::english);
    decision.because.iter().map(|reason| reason.source.english(site)).chain(denied).collect()
}

#[test]
fn a_decision_says_where_the_right_comes_from() {
    let mut site = site();
    let pick_up = |site: &Site, by, of| sentences(site, &may(site, id(by), Right::FirstPickUp, id(of)));
    let nothing = "Nothing gives this right. It would be given by level Team member.";
    assert_eq!(pick_up(&site, 1, 1), ["one's own"]);
    assert_eq!(pick_up(&site, 1, 2), [nothing]);
    apply(
        &mut site,
        &[
            put(
                Kind::Group,
                id(10),
                json!({ "name": "Sales", "members": [id(1), id(2)], "leader": id(3),
                "member_grant": { "level": "team_member" }, "leader_grant": { "level": "personal" } }),
            ),
            put(
                Kind::Group,
                id(11),
                json!({ "name": "Floor", "members": [id(1), id(2)],
                "member_grant": { "level": "public" } }),
            ),
        ],
    );
    assert_eq!(pick_up(&site, 1, 2), ["through group Sales"]);
    assert_eq!(pick_up(&site, 2, 1), ["through group Sales"]);
    assert_eq!(pick_up(&site, 3, 2), ["as head of group Sales"]);
    assert_eq!(pick_up(&site, 2, 3), [nothing], "the head grants members nothing by leading");
    let user = json!({ "login": "bernd", "display_name": "Bernd", "grants": [{ "to": id(1), "grant":
        { "level": "special", "rights": ["first_pick_up"] } }] });
    apply(&mut site, &[put(Kind::User, id(2), user)]);
    assert_eq!(pick_up(&site, 1, 2), ["through group Sales", "granted by the user"]);
    let inactive = Change::Patch { kind: Kind::Group, id: id(10), expected: None, patch: json!({ "active": false }) };
    apply(&mut site, &[inactive]);
    assert_eq!(pick_up(&site, 1, 2), ["granted by the user"]);
    assert_eq!(pick_up(&site, 3, 2), [nothing]);
    assert_eq!(
        sentences(&site, &may(&site, id(1), Right::AdditionalPickUp, id(2))),
        ["Nothing gives this right. No level has it: it must be granted by itself (special)."]
    );
    assert_eq!(
        sentences(&site, &may(&site, id(9), Right::SeePresence, id(2))),
        ["The user is not there or not active."]
    );
}

#[test]
fn the_settings_give_to_everybody_and_to_those_in_the_monitor() {
    let mut site = site();
    let see = |site: &Site, by, of| sentences(site, &may(site, id(by), Right::SeePresence, id(of)));
    let settings = |body: Value| put(Kind::Settings, ObjectId::SETTINGS, body);
    let groups = [
        put(
            Kind::Group,
            id(10),
            json!({ "name": "Desk", "members": [id(1)],
            "monitor_groups": [{ "group": id(11) }] }),
        ),
        put(Kind::Group, id(11), json!({ "name": "Sales", "members": [id(2)] })),
    ];
    apply(&mut site, &groups);
    apply(&mut site, &[settings(json!({ "grant": { "level": "none" }, "monitor_grant": { "level": "public" } }))]);
    assert_eq!(see(&site, 1, 2), ["through group Desk, whose members are shown group Sales"]);
    assert_eq!(see(&site, 2, 1).len(), 1);
    assert!(see(&site, 2, 1)[0].contains("level Public"), "who is shown sees nobody for it");
    apply(&mut site, &[settings(json!({ "grant": { "level": "public" } }))]);
    assert_eq!(see(&site, 2, 1), ["through the global settings"]);
    apply(
        &mut site,
        &[settings(
            json!({ "grant": { "level": "none" }, "all_in_monitor": true, "monitor_grant": { "level": "public" } }),
        )],
    );
    assert_eq!(see(&site, 3, 1), ["through the global settings, which show everybody in the monitor"]);
}

fn line(number: &str) -> LineKey {
    LineKey { group: "pbx".into(), number: number.into() }
}

#[test]
fn a_line_is_judged_by_whose_it_is_and_its_place() {
    let mut site = site();
    apply(
        &mut site,
        &[
            put(
                Kind::User,
                id(2),
                json!({ "login": "bernd", "display_name": "Bernd",
                "phones": { "business": "101", "business2": "102" },
                "grants": [{ "to": id(1), "grant": { "level": "team_member" } }] }),
            ),
            put(
                Kind::User,
                id(3),
                json!({ "login": "clara", "display_name": "Clara",
                "additional_lines": [{ "line": "101", "see_incoming": true }] }),
            ),
        ],
    );
    let lines = Bindings::new(&site, &[line("101"), line("102"), line("103")], &digits);
    let ask = |by, right, number| may_on_line(&site, &lines, id(by), right, &line(number));
    assert_eq!(sentences(&site, &ask(2, LineRight::SetDiversions, "101")), ["one's own"]);
    assert_eq!(sentences(&site, &ask(1, LineRight::PickUp, "101")), ["granted by the user"]);
    assert_eq!(
        sentences(&site, &ask(1, LineRight::PickUp, "102")),
        ["Nothing gives this right. It would be given by level Personal."]
    );
    assert_eq!(sentences(&site, &ask(3, LineRight::SeeIncoming, "101")), ["through an additional line"]);
    assert!(!ask(3, LineRight::SeeOutgoing, "101").allowed);
    assert!(!ask(3, LineRight::PickUp, "101").allowed);
    assert_eq!(sentences(&site, &ask(1, LineRight::SeeStatus, "103")), ["It is nobody's."]);
    for by in [1, 2, 3] {
        for right in LineRight::ALL {
            for number in ["101", "102", "103"] {
                let quick = is_allowed_on_line(&site, &lines, id(by), right, &line(number));
                assert_eq!(quick, ask(by, right, number).allowed, "{by} {right:?} {number}");
            }
        }
    }
}

#[test]
fn who_is_shown_a_line_passes_on_no_more_than_that() {
    let mut site = site();
    let patch = json!({ "additional_lines": [{ "line": "101", "see_incoming": true }],
        "grants": [{ "to": id(1), "grant": { "level": "personal" } }] });
    apply(&mut site, &[Change::Patch { kind: Kind::User, id: id(3), expected: None, patch }]);
    let lines = Bindings::new(&site, &[line("101")], &digits);
    assert!(is_allowed_on_line(&site, &lines, id(1), LineRight::SeeIncoming, &line("101")));
    assert!(!is_allowed_on_line(&site, &lines, id(1), LineRight::SeeOutgoing, &line("101")));
}

#[test]
fn services_add_up_and_say_where_they_come_from() {
    let mut site = site();
    let because = |site: &Site, service: ServiceRight| {
        let all = services(site, id(1));
        let found = all.iter().find(|decision| decision.service == service).unwrap();
        assert_eq!(found.allowed, has_service(site, id(1), service));
        let denied = found.denied.map(Denied::english);
        found.because.iter().map(|source| source.english(site)).chain(denied).collect::<Vec<_>>()
    };
    assert_eq!(
        because(&site, ServiceRight::Chat),
        ["Nothing gives this. It would be given by the global settings, a group or the user's services."]
    );
    apply(
        &mut site,
        &[
            put(Kind::Settings, ObjectId::SETTINGS, json!({ "services": ["chat"] })),
            put(Kind::Group, id(10), json!({ "name": "Sales", "members": [id(1)], "services": ["chat", "video"] })),
            put(Kind::User, id(1), json!({ "login": "anna", "display_name": "Anna", "services": ["chat"] })),
        ],
    );
    assert_eq!(
        because(&site, ServiceRight::Chat),
        ["through the global settings", "through group Sales", "given to the user"]
    );
    assert_eq!(because(&site, ServiceRight::Audio), ["included in Softphone, audio and video"]);
}

#[test]
fn journals_are_seen_by_head_and_members_as_the_group_says() {
    let mut site = site();
    let group = |journal: Value| {
        put(
            Kind::Group,
            id(10),
            json!({ "name": "Sales", "members": [id(1), id(2)], "leader": id(3), "journal": journal }),
        )
    };
    apply(&mut site, &[group(json!({ "leader_sees": true }))]);
    let access = |site: &Site, by, of| {
        let access = journal(site, id(by), id(of));
        assert_eq!(access.see, !access.because.is_empty());
        (access.see, access.see_private, access.change)
    };
    assert_eq!(access(&site, 1, 1), (true, true, true));
    assert_eq!(access(&site, 3, 1), (true, false, false));
    assert_eq!(access(&site, 1, 2), (false, false, false));
    apply(&mut site, &[group(json!({ "members_see": true, "may_change": true }))]);
    assert_eq!(access(&site, 3, 1), (false, false, false));
    assert_eq!(access(&site, 1, 2), (true, false, true));
    let patch = json!({ "services": ["see_all_journals"] });
    apply(&mut site, &[Change::Patch { kind: Kind::User, id: id(3), expected: None, patch }]);
    assert_eq!(access(&site, 3, 1), (true, false, false));
}

/// One more of what gives rights.
#[derive(Debug, Clone)]
enum More {
    Grant { of: u8, to: u8, level: Level },
    Member { group: u8, user: u8 },
    Leads { group: u8, user: u8 },
    Group { group: u8, level: Level },
    Shows { group: u8, shown: u8 },
    Everybody { level: Level },
}

fn more() -> impl Strategy<Value = More> {
    let level = || prop::sample::select(Level::ALL.to_vec());
    prop_oneof![
        (1..6_u8, 1..6_u8, level()).prop_map(|(of, to, level)| More::Grant { of, to, level }),
        (10..13_u8, 1..6_u8).prop_map(|(group, user)| More::Member { group, user }),
        (10..13_u8, 1..6_u8).prop_map(|(group, user)| More::Leads { group, user }),
        (10..13_u8, level()).prop_map(|(group, level)| More::Group { group, level }),
        (10..13_u8, 10..13_u8).prop_map(|(group, shown)| More::Shows { group, shown }),
        level().prop_map(|level| More::Everybody { level }),
    ]
}

/// The change that adds it, where it adds something.
fn adding(site: &Site, more: &More) -> Option<Change> {
    let raised = |grant: &Value, level: Level| {
        let before: Grant = serde_json::from_value(grant.clone()).unwrap();
        json!(Grant::Special(before.rights().union(level.rights())))
    };
    let (kind, id) = match more {
        More::Grant { of, .. } => (Kind::User, id(*of)),
        More::Everybody { .. } => (Kind::Settings, ObjectId::SETTINGS),
        More::Member { group, .. }
        | More::Leads { group, .. }
        | More::Group { group, .. }
        | More::Shows { group, .. } => (Kind::Group, id(*group)),
    };
    let mut body = site.body(kind, id)?;
    match more {
        More::Grant { of, to, .. } if of == to => return None,
        More::Grant { to, level, .. } => {
            let grants = body["grants"].as_array_mut()?;
            if grants.iter().any(|grant| grant["to"] == json!(self::id(*to))) {
                return None;
            }
            grants.push(json!({ "to": self::id(*to), "grant": { "level": level } }));
        }
        More::Member { user, .. } => {
            let members = body["members"].as_array_mut()?;
            if members.contains(&json!(self::id(*user))) {
                return None;
            }
            members.push(json!(self::id(*user)));
        }
        More::Leads { user, .. } => {
            let free = ["leader", "deputy"].into_iter().find(|field| body[*field].is_null())?;
            body[free] = json!(self::id(*user));
        }
        More::Group { level, .. } => {
            body["member_grant"] = raised(&body["member_grant"], *level);
            body["leader_grant"] = raised(&body["leader_grant"], *level);
        }
        More::Shows { shown, .. } => {
            let groups = body["monitor_groups"].as_array_mut()?;
            if groups.iter().any(|entry| entry["group"] == json!(self::id(*shown))) {
                return None;
            }
            groups.push(json!({ "group": self::id(*shown) }));
        }
        More::Everybody { level } => {
            body["grant"] = raised(&body["grant"], *level);
            body["monitor_grant"] = raised(&body["monitor_grant"], *level);
        }
    }
    Some(put(kind, id, body))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn nothing_that_is_added_takes_a_right_away(all in prop::collection::vec(more(), 1..30)) {
        let mut site = site();
        let groups = (10..13).map(|n| put(Kind::Group, id(n), json!({ "name": format!("group {n}") })));
        let users = (4..6).map(|n| put(Kind::User, id(n), json!({ "login": format!("u{n}"), "display_name": "U" })));
        apply(&mut site, &groups.chain(users).collect::<Vec<_>>());
        for more in &all {
            let Some(change) = adding(&site, more) else { continue };
            let before = site.clone();
            apply(&mut site, &[change]);
            for by in 1..6 {
                for of in 1..6 {
                    let (had, has) = (rights_on(&before, id(by), id(of)), rights_on(&site, id(by), id(of)));
                    prop_assert!(has.includes(had), "{more:?} takes {by} something of {of}");
                    for &right in Right::ALL {
                        let decision = may(&site, id(by), right, id(of));
                        prop_assert_eq!(decision.allowed, has.contains(right));
                        prop_assert_eq!(decision.allowed, decision.denied.is_none());
                    }
                }
            }
        }
    }
}
