//! Documents and CSV.

use super::super::exchange::{EXPORTED, Wanted, diff, export};
use super::super::users_csv;
use super::*;

/// Ids from 1000 on.
fn new_ids() -> impl FnMut() -> ObjectId {
    let mut next = 1000;
    move || {
        next += 1;
        id(next)
    }
}

fn reread(site: &Site) -> Wanted {
    let documents = export(site);
    Wanted::read(documents.iter().map(|document| (document.name.as_str(), document.text.as_bytes()))).unwrap()
}

#[test]
fn documents_name_objects_as_people_do() {
    let mut site = site();
    apply(
        &mut site,
        &[
            put(Kind::Profile, id(20), json!({ "name": "Desk" })),
            patch(Kind::User, id(1), json!({ "profile": id(20) })),
        ],
    );
    let documents = export(&site);
    let names: Vec<_> = documents.iter().map(|document| document.name.as_str()).collect();
    let expected = "settings locations line_groups lines profiles users groups computers";
    assert_eq!(names, expected.split(' ').map(|name| format!("{name}.json")).collect::<Vec<_>>());
    let groups: Value = serde_json::from_str(&documents[6].text).unwrap();
    assert_eq!(groups, json!([{ "id": id(10), "name": "Sales", "leader": "anna", "members": ["anna", "bernd"] }]));
    let users: Value = serde_json::from_str(&documents[5].text).unwrap();
    assert_eq!(users[0], json!({ "id": id(1), "login": "anna", "display_name": "anna", "profile": "Desk" }));
    assert_eq!(documents[0].text, "{}\n");
}

#[test]
fn a_toml_file_sets_up_a_site_and_changes_nothing_the_second_time() {
    let wanted: Wanted = toml::from_str(
        r#"
        [settings]
        presence_domain = "example.com"
        [[profiles]]
        name = "Desk"
        settings = { language = { value = "de", locked = true } }
        [[users]]
        login = "clara"
        display_name = "Clara"
        profile = "desk"
        grants = [{ to = "anna", grant = { level = "business" } }]
        [[groups]]
        name = "Support"
        leader = "Clara"
        members = ["anna", "clara"]
        monitor_groups = [{ group = "Sales" }, { group = "Support" }]
        "#,
    )
    .unwrap();
    let mut site = site();
    let changes = diff(&site, &wanted, false, &mut new_ids()).unwrap();
    assert_eq!(changes.len(), 4);
    apply(&mut site, &changes);
    let clara = site.by_login("clara").unwrap();
    assert_eq!(site.by_identity("clara@example.com"), Some(clara));
    assert_eq!(site.groups_of(clara).leads.len(), 1);
    assert_eq!(diff(&site, &wanted, false, &mut new_ids()), Ok(vec![]));
}

#[test]
fn what_is_not_wanted_is_deleted_where_that_is_asked_for() {
    let mut site = site();
    let wanted = Wanted { users: Some(vec![json!({ "login": "anna", "display_name": "Anna" })]), ..Wanted::default() };
    let changes = diff(&site, &wanted, true, &mut new_ids()).unwrap();
    apply(&mut site, &changes);
    assert_eq!((site.by_login("bernd"), site.count::<Group>()), (None, 1), "kinds that are not there stay");
    assert_eq!(site.get::<User>(id(1)).unwrap().object.display_name, "Anna");
}

#[test]
fn mistakes_of_documents_are_told_with_their_place() {
    let told = |wanted: Wanted| {
        let misfits = diff(&site(), &wanted, false, &mut new_ids()).unwrap_err();
        let misfit = |m: &super::super::exchange::Misfit| {
            format!("{} {} {} {}", m.kind.plural(), m.at, m.problem.pointer, m.problem.code.code())
        };
        misfits.iter().map(misfit).collect::<Vec<_>>()
    };
    let wanted = Wanted {
        users: Some(vec![
            json!({ "login": "x", "profile": "none" }),
            json!({ "name": "y" }),
            json!({ "login": "X" }),
            json!(1),
        ]),
        groups: Some(vec![
            json!({ "name": "g", "members": ["nobody"], "id": "?" }),
            json!({ "name": "h", "leader": "nobody" }),
        ]),
        ..Wanted::default()
    };
    assert_eq!(
        told(wanted),
        [
            "users 1 /login required",
            "users 2  repeated",
            "users 3  wrong_type",
            "groups 0 /id wrong_type",
            "users 0 /profile unknown_profile",
            "groups 1 /leader unknown_user",
        ]
    );
    let misfit = Wanted::read([("users.json", &b"[{"[..])]).unwrap_err();
    assert_eq!(misfit.problem.english(), "This document cannot be read: line 1, column 2 is not JSON.");
}

#[test]
fn users_come_from_a_spreadsheet() {
    let mut site = site();
    let file = "\u{feff}Login;First_name;last_name;business;groups;active\n\
        anna;Anna;Ahorn;+49 89 1001;;\nclara;Clara;\"Dent; jr.\";102;sales;no\n";
    let changes = users_csv::read(&site, file.as_bytes(), &mut new_ids()).unwrap();
    apply(&mut site, &changes);
    let clara = site.by_login("clara").unwrap();
    let object = &site.get::<User>(clara).unwrap().object;
    assert_eq!((object.last_name.as_str(), object.active), ("Dent; jr.", false));
    assert_eq!(site.groups_of(clara).member, [id(10)]);
    let anna = &site.get::<User>(id(1)).unwrap().object;
    assert_eq!((anna.display_name.as_str(), anna.phones.business.as_str(), anna.active), ("anna", "+49891001", true));
    assert_eq!(site.groups_of(id(1)).member, [id(10)]);
    let again = users_csv::read(&site, file.as_bytes(), &mut new_ids()).unwrap();
    assert!(apply(&mut site, &again).is_empty());
}

#[test]
fn mistakes_of_a_spreadsheet_are_told_with_line_and_column() {
    let told = |file: &str| {
        let mistakes = users_csv::read(&site(), file.as_bytes(), &mut new_ids()).unwrap_err();
        let mistake = |m: &users_csv::Mistake| {
            format!("{} {} {}", m.line, m.column.as_deref().unwrap_or("-"), m.problem.code.code())
        };
        mistakes.iter().map(mistake).collect::<Vec<_>>()
    };
    assert_eq!(told("name,login,login\n"), ["1 name unknown_field", "1 login repeated"]);
    assert_eq!(told("email\n"), ["1 login required"]);
    assert_eq!(told("login,email,active\nx,y,\n"), ["2 display_name display_name_needed", "2 email invalid_email"]);
    assert_eq!(
        told("login,display_name,groups,active,max_clients,profile\nx,X,Sales|Nobody,maybe,many,Other\nX,X,,,,\n"),
        [
            "2 active not_a_choice",
            "2 profile unknown_profile",
            "2 max_clients wrong_type",
            "2 groups unknown_group",
            "3 login repeated",
        ]
    );
    assert_eq!(told("login,display_name\n\"a\nb\",B\nx,y,z\n"), ["4 - wrong_type"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_is_exported_and_read_again_is_the_same(
        users in prop::collection::btree_map("[a-zA-Zäß._@-]{1,8}", ("[ -~äö]{0,10}", any::<bool>(), 0..5_u32), 0..8),
        groups in prop::collection::btree_map("[a-z \"]{1,5}", prop::collection::btree_set(0..8_usize, 0..5), 0..4),
        domain in "[a-z]{0,4}",
    ) {
        let mut site = Site::new();
        let settings = patch(Kind::Settings, ObjectId::SETTINGS, json!({ "presence_domain": domain }));
        let mut changes = vec![settings];
        for (at, (login, (name, active, grants))) in users.iter().enumerate() {
            let grants: Vec<Value> = (0..*grants)
                .filter(|to| *to as usize != at && (*to as usize) < users.len())
                .map(|to| json!({ "to": id(to), "grant": { "level": "special", "rights": ["see_note", "set_note"] } }))
                .collect();
            changes.push(put(Kind::User, id(at as u32), json!({ "login": login, "display_name": name, "active": active,
                "grants": grants, "address": { "city": name } })));
        }
        for (at, (name, members)) in groups.iter().enumerate() {
            let members: Vec<ObjectId> = members.iter().filter(|m| **m < users.len()).map(|m| id(*m as u32)).collect();
            changes.push(put(Kind::Group, id(100 + at as u32), json!({ "name": name, "members": members })));
        }
        let Ok(plan) = site.plan(&changes) else { return Ok(()) };
        site.commit(plan).unwrap();
        let wanted = reread(&site);
        prop_assert_eq!(diff(&site, &wanted, true, &mut new_ids()), Ok(vec![]));
        let mut other = Site::new();
        let changes = diff(&other, &wanted, true, &mut new_ids()).unwrap();
        apply(&mut other, &changes);
        prop_assert_eq!(export(&other), export(&site));
        for kind in EXPORTED {
            of_kind!(kind, T => for stored in site.iter::<T>() {
                prop_assert_eq!(&other.get::<T>(stored.id).unwrap().object, &stored.object);
            });
        }
    }
}
