//! The site as an administrator sees it: what is refused, what changes with what, what is found.

mod binding;
mod exchange;
mod lines;
mod locations;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn id(number: u32) -> ObjectId {
    let mut random = [7; 16];
    random[..4].copy_from_slice(&number.to_le_bytes());
    ObjectId::random(random)
}

fn put(kind: Kind, id: ObjectId, body: Value) -> Change {
    Change::Put { kind, id, expected: None, body }
}

fn patch(kind: Kind, id: ObjectId, patch: Value) -> Change {
    Change::Patch { kind, id, expected: None, patch }
}

fn delete(kind: Kind, id: ObjectId) -> Change {
    Change::Delete { kind, id, expected: None }
}

fn apply(site: &mut Site, changes: &[Change]) -> Vec<Write> {
    let plan = site.plan(changes).unwrap_or_else(|refusals| panic!("{refusals:#?}"));
    let writes = plan.writes.clone();
    site.commit(plan).unwrap();
    writes
}

/// `change pointer code` of every problem.
fn refused(site: &Site, changes: &[Change]) -> Vec<String> {
    let refusals = site.plan(changes).err().unwrap_or_default();
    let all = refusals.iter().flat_map(|refusal| refusal.problems.iter().map(move |problem| (refusal.change, problem)));
    all.map(|(change, problem)| format!("{change} {} {}", problem.pointer, problem.code.code())).collect()
}

fn user(number: u32, login: &str) -> Change {
    put(Kind::User, id(number), json!({ "login": login, "display_name": login }))
}

/// Anna (1), Bernd (2), and Sales (10) with both.
fn site() -> Site {
    let mut site = Site::new();
    let sales = put(Kind::Group, id(10), json!({ "name": "Sales", "members": [id(1), id(2)], "leader": id(1) }));
    apply(&mut site, &[user(1, "anna"), user(2, "bernd"), sales]);
    site
}

#[test]
fn values_come_into_lists_and_leave_them_whatever_else_those_have() {
    let mut site = site();
    let services = |site: &Site, user| site.body(Kind::User, id(user)).map(|body| body["services"].clone());
    let items = |user, add: Value, remove: Value| {
        let read = |items| serde_json::from_value(items).unwrap();
        Change::Items { kind: Kind::User, id: id(user), expected: None, add: read(add), remove: read(remove) }
    };
    apply(&mut site, &[patch(Kind::User, id(1), json!({ "services": ["chat"] }))]);
    let add = json!({ "services": ["audio", "chat"] });
    let writes = apply(&mut site, &[items(1, add.clone(), json!({})), items(2, add.clone(), json!({}))]);
    assert_eq!(writes.len(), 2);
    assert_eq!(services(&site, 1), services(&site, 2));
    assert_eq!(services(&site, 1).unwrap().as_array().map(Vec::len), Some(2));
    assert_eq!(apply(&mut site, &[items(1, add, json!({}))]), [], "they are there already");
    // Whoever has taken one away meanwhile has done so.
    apply(&mut site, &[items(1, json!({}), json!({ "services": ["chat", "video"] }))]);
    assert_eq!(services(&site, 1), Some(json!(["audio"])));
    apply(&mut site, &[items(1, json!({ "services": ["video"] }), json!({}))]);
    let mut all = services(&site, 1).unwrap().as_array().unwrap().clone();
    all.sort_by_key(ToString::to_string);
    assert_eq!(all, [json!("audio"), json!("video")]);
    for (add, expected) in [
        (json!({ "login": ["x"] }), "0 /login wrong_type"),
        (json!({ "shoes": ["x"] }), "0 /shoes unknown_field"),
        (json!({ "services": ["x"] }), "0 /services/2 wrong_type"),
    ] {
        assert_eq!(refused(&site, &[items(1, add, json!({}))]), [expected]);
    }
    assert_eq!(refused(&site, &[items(9, json!({}), json!({}))]), ["0  not_found"]);
}

#[test]
fn problems_are_told_where_they_are() {
    let site = site();
    for (body, expected) in [
        (json!({ "login": "" }), "0 /login required|0 /display_name display_name_needed"),
        (json!({ "login": "a b", "active": false }), "0 /login space_in_login"),
        (json!({ "login": "ANNA", "display_name": "x" }), "0 /login name_taken"),
        (json!({ "login": "é".repeat(65), "active": false }), "0 /login too_long"),
        (json!({ "login": "x", "active": false, "email": "x" }), "0 /email invalid_email"),
        (json!({ "login": "x", "active": false, "phones": { "mobile": "+49x" } }), "0 /phones/mobile invalid_number"),
        (json!({ "login": "x", "active": false, "phones": { "mobil": "" } }), "0 /phones/mobil unknown_field"),
        (json!({ "login": "x", "password": "secret" }), "0 /password unknown_field"),
        (json!({ "login": 1 }), "0 /login wrong_type"),
        (json!({ "login": "x", "services": ["fly"] }), "0 /services/0 wrong_type"),
        (json!([]), "0  wrong_type"),
        (json!({ "login": "x", "active": false, "profile": id(99) }), "0 /profile unknown_profile"),
        (json!({ "login": "x", "active": false, "profile": "Default" }), "0 /profile wrong_type"),
        (
            json!({ "login": "x", "active": false, "grants": [{ "to": id(99), "grant": { "level": "public" } }] }),
            "0 /grants/0/to unknown_user",
        ),
        (
            json!({ "login": "x", "active": false, "grants": [{ "to": id(1), "grant": { "level": "most" } }] }),
            "0 /grants/0/grant/level wrong_type",
        ),
        (json!({ "login": "x", "active": false, "first_phone": "a//b" }), "0 /first_phone invalid_line"),
        (json!({ "login": "x", "active": false, "max_clients": 0 }), "0 /max_clients out_of_range"),
        (
            json!({ "login": "x", "active": false, "address": { "website": "intranet" } }),
            "0 /address/website invalid_website",
        ),
        (json!({ "login": "x", "active": false, "address": { "city": "a\nb" } }), "0 /address/city control_character"),
    ] {
        let found = refused(&site, &[put(Kind::User, id(3), body.clone())]).join("|");
        // What stands inside of a grant is read as a whole.
        let found = found.replace("/grants/0/grant wrong", "/grants/0/grant/level wrong");
        assert_eq!(found, expected, "{body}");
    }
    let group =
        json!({ "name": "x", "leader": id(9), "members": [id(1), id(1)], "keys": [{ "label": "a", "number": "" }] });
    assert_eq!(
        refused(&site, &[put(Kind::Group, id(11), group)]),
        ["0 /members/1 repeated", "0 /keys/0/number required", "0 /leader unknown_user"]
    );
}

#[test]
fn what_is_wrong_names_no_value() {
    let refusals = site().plan(&[put(Kind::User, id(3), json!({ "login": "x", "active": "hunter2" }))]).unwrap_err();
    assert_eq!(refusals[0].problems[0].english(), "This value has the wrong form: expected a boolean.");
}

#[test]
fn settings_of_a_profile_are_those_that_clients_know() {
    let profile = |settings: Value| put(Kind::Profile, id(20), json!({ "name": "Desk", "settings": settings }));
    let site = site();
    for (settings, expected) in [
        (json!({ "language": { "value": "fr" } }), "0 /settings/language/value not_a_choice"),
        (json!({ "ring_volume": { "value": 101 } }), "0 /settings/ring_volume/value out_of_range"),
        (json!({ "auto_answer": { "value": "on" } }), "0 /settings/auto_answer/value wrong_type"),
        (json!({ "a/b": { "value": 1 } }), "0 /settings/a~1b unknown_setting"),
    ] {
        assert_eq!(refused(&site, &[profile(settings)]), [expected]);
    }
    let mut site = site;
    let default = json!({ "name": "Default", "settings": { "theme": { "value": "dark" } } });
    let changes = [
        profile(json!({ "language": { "value": "de", "locked": true } })),
        put(Kind::Profile, ObjectId::DEFAULT_PROFILE, default),
        patch(Kind::User, id(1), json!({ "profile": id(20) })),
    ];
    apply(&mut site, &changes);
    assert_eq!(site.settings_for(id(1))["language"], Preset { value: json!("de"), locked: true });
    assert_eq!(site.settings_for(id(2)).keys().collect::<Vec<_>>(), ["theme"]);
    let writes = apply(&mut site, &[delete(Kind::Profile, id(20))]);
    assert_eq!(
        writes.iter().map(|write| (write.kind, write.follows)).collect::<Vec<_>>(),
        [(Kind::Profile, false), (Kind::User, true)]
    );
    assert_eq!(site.settings_for(id(1)).keys().collect::<Vec<_>>(), ["theme"]);
    assert_eq!(refused(&site, &[delete(Kind::Profile, ObjectId::DEFAULT_PROFILE)]), ["0  cannot_be_deleted"]);
    let renamed = patch(Kind::Profile, ObjectId::DEFAULT_PROFILE, json!({ "name": "Other" }));
    assert_eq!(refused(&site, &[renamed]), ["0 /name name_is_fixed"]);
}

#[test]
fn what_was_changed_meanwhile_is_not_overwritten() {
    let mut site = site();
    let change = |expected| Change::Patch { kind: Kind::User, id: id(1), expected, patch: json!({ "email": "a@b" }) };
    assert_eq!(refused(&site, &[change(Some(2))]), ["0  version_conflict"]);
    let writes = apply(&mut site, &[change(Some(1))]);
    assert_eq!((writes[0].version, site.version(Kind::User, id(1))), (2, Some(2)));
    assert_eq!(
        (&writes[0].before.as_ref().unwrap()["email"], &writes[0].after.as_ref().unwrap()["email"]),
        (&json!(""), &json!("a@b"))
    );
    assert!(apply(&mut site, &[change(Some(2))]).is_empty(), "nothing changed, so nothing is written");
    assert_eq!(site.version(Kind::User, id(1)), Some(2));
    let create = Change::Put { kind: Kind::User, id: id(1), expected: Some(0), body: json!({ "login": "anna" }) };
    assert_eq!(refused(&site, &[create]), ["0  exists"]);
    let gone = Change::Delete { kind: Kind::User, id: id(9), expected: Some(1) };
    assert_eq!(refused(&site, &[gone]), ["0  not_found"]);
    let stale = site.plan(&[user(3, "clara")]).unwrap();
    apply(&mut site, &[user(4, "dora")]);
    assert_eq!(site.commit(stale), Err(StalePlan));
    assert!(site.by_login("clara").is_none());
}

#[test]
fn several_changes_are_made_all_or_none() {
    let mut site = site();
    let before = site.revision();
    let bad = [user(3, "clara"), patch(Kind::User, id(1), json!({ "email": "no" })), user(4, "bernd")];
    assert_eq!(refused(&site, &bad), ["1 /email invalid_email", "2 /login name_taken"]);
    assert_eq!((site.by_login("clara"), site.revision()), (None, before));
    // Names can be exchanged in one go.
    let swap =
        [patch(Kind::User, id(1), json!({ "login": "bernd" })), patch(Kind::User, id(2), json!({ "login": "anna" }))];
    apply(&mut site, &swap);
    assert_eq!((site.by_login("Anna"), site.by_login("bernd")), (Some(id(2)), Some(id(1))));
}

#[test]
fn what_refers_to_an_object_is_told_and_goes_with_it() {
    let mut site = site();
    let grant = json!({ "grants": [{ "to": id(1), "grant": { "level": "public" } }] });
    apply(&mut site, &[patch(Kind::User, id(2), grant)]);
    let told: Vec<String> = site
        .references(Kind::User, id(1))
        .iter()
        .map(|reference| format!("{} {}", reference.title, reference.pointer))
        .collect();
    assert_eq!(told, ["bernd /grants/0/to", "Sales /leader", "Sales /members/0"]);
    let writes = apply(&mut site, &[delete(Kind::User, id(1))]);
    assert_eq!(writes.iter().filter(|write| write.follows).count(), 2);
    assert!(writes.iter().any(|write| write.kind == Kind::User && write.after.is_none()));
    let sales = &site.get::<Group>(id(10)).unwrap().object;
    assert_eq!((sales.leader, sales.members.as_slice()), (None, &[id(2)][..]));
    assert!(site.get::<User>(id(2)).unwrap().object.grants.is_empty());
    assert_eq!(site.groups_of(id(1)), &Membership::default());
    // What is written anew must not name what is deleted with it.
    let both = [delete(Kind::User, id(2)), put(Kind::Group, id(10), json!({ "name": "Sales", "members": [id(2)] }))];
    assert_eq!(refused(&site, &both), ["1 /members/0 unknown_user"]);
}

#[test]
fn identities_follow_the_presence_domain() {
    let mut site = site();
    assert_eq!(site.by_identity("anna@example.com"), None);
    let domain = |domain: &str| patch(Kind::Settings, ObjectId::SETTINGS, json!({ "presence_domain": domain }));
    apply(&mut site, &[domain("example.com")]);
    assert_eq!(site.by_identity("ANNA@example.com"), Some(id(1)));
    let taken = patch(Kind::User, id(2), json!({ "identity": "anna@example.com" }));
    assert_eq!(refused(&site, &[taken]), ["0 /identity identity_taken"]);
    apply(&mut site, &[patch(Kind::User, id(2), json!({ "identity": "anna@example.net" }))]);
    assert_eq!(refused(&site, &[domain("example.net")]).len(), 1, "two users would have one identity");
    apply(&mut site, &[domain("example.org")]);
    assert_eq!((site.by_identity("anna@example.com"), site.by_identity("anna@example.org")), (None, Some(id(1))));
}

#[test]
fn a_display_name_is_suggested_and_numbers_are_tidied() {
    let mut site = site();
    let body = json!({ "login": " clara ", "first_name": "Clara ", "last_name": "Dent",
        "phones": { "business": "+49 (89) 123-45" } });
    apply(&mut site, &[put(Kind::User, id(3), body)]);
    let clara = &site.get::<User>(id(3)).unwrap().object;
    assert_eq!((clara.login.as_str(), clara.display_name.as_str()), ("clara", "Clara Dent"));
    assert_eq!(clara.phones.business, "+498912345");
    assert_eq!(site.by_number("+49 89 12345"), [id(3)]);
}

#[test]
fn somebody_stays_who_may_do_everything() {
    let mut site = site();
    let administrator = |number, role: &str| {
        put(Kind::Administrator, id(number), json!({ "login": format!("admin{number}"), "role": role }))
    };
    apply(&mut site, &[administrator(30, "full"), administrator(31, "users")]);
    assert_eq!(refused(&site, &[delete(Kind::Administrator, id(30))]), ["0  last_administrator"]);
    assert_eq!(
        refused(&site, &[patch(Kind::Administrator, id(30), json!({ "active": false }))]),
        ["0  last_administrator"]
    );
    apply(&mut site, &[administrator(31, "full"), delete(Kind::Administrator, id(30))]);
}

#[test]
fn what_the_file_sets_is_not_changed_here() {
    let body = json!({ "login": "file", "display_name": "File" });
    let row = |id, from_file, body| Row { kind: Kind::User, id, version: 1, from_file, body };
    let (mut site, problems) =
        Site::load([row(id(1), true, body.clone()), row(id(2), false, json!({ "login": "FILE" }))]);
    let told: Vec<_> = problems.iter().flat_map(|refusal| &refusal.problems).map(|problem| problem.code).collect();
    assert_eq!(told, [ProblemCode::DisplayNameNeeded, ProblemCode::NameTaken], "both have one login");
    assert_eq!(site.by_login("file"), Some(id(1)), "the file's user has it");
    for change in [delete(Kind::User, id(1)), patch(Kind::User, id(1), json!({ "email": "a@b" }))] {
        assert!(refused(&site, &[change])[0].ends_with("set_in_file"));
    }
    apply(&mut site, &[delete(Kind::User, id(2))]);
    assert!(apply(&mut site, &[put(Kind::User, id(1), body)]).is_empty());
}

fn people() -> Site {
    let mut site = Site::new();
    let names = ["Jörg Müller", "Élodie Straße", "jorg muller", "Anna Ahorn", "Zoë Öztürk"];
    let users = names.iter().enumerate().map(|(at, name)| {
        put(
            Kind::User,
            id(at as u32 + 1),
            json!({ "login": format!("user{at}"), "display_name": name, "active": at != 3,
                "phones": { "business": format!("+4989100{at}") }, "address": { "department": "Einkauf" } }),
        )
    });
    let group = put(Kind::Group, id(10), json!({ "name": "Sales", "members": [id(1), id(4)] }));
    apply(&mut site, &users.chain([group]).collect::<Vec<_>>());
    site
}

#[test]
fn lists_find_whatever_case_and_accents() {
    let site = people();
    let find = |search: &str| {
        let page = site.list::<User>(&Query { search: search.into(), ..Query::default() }).unwrap();
        page.items.iter().map(|user| user.object.login.as_str()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(find("MULLER jörg"), "user0 user2");
    assert_eq!(find("strasse"), "user1");
    assert_eq!(find("+49 89 1004"), "user4");
    assert_eq!(find("einkauf ozturk"), "user4");
    assert_eq!(find("nobody"), "");
    assert_eq!(find(""), "user3 user1 user0 user2 user4");
    let filtered = |query: Query| site.list::<User>(&query).unwrap().total;
    assert_eq!(filtered(Query { active: Some(false), ..Query::default() }), 1);
    assert_eq!(filtered(Query { group: Some(id(10)), active: Some(true), ..Query::default() }), 1);
    assert_eq!(filtered(Query { profile: Some(ObjectId::DEFAULT_PROFILE), ..Query::default() }), 5);
    let wrong = |query: Query| site.list::<User>(&query).unwrap_err().code;
    assert_eq!(wrong(Query { sort: Some("password".into()), ..Query::default() }), ProblemCode::UnknownColumn);
    for cursor in ["", "AAAA", "*", "LWxvZ2lu"] {
        assert_eq!(wrong(Query { cursor: Some(cursor.into()), ..Query::default() }), ProblemCode::InvalidCursor);
    }
}

#[test]
fn a_page_as_json_has_its_items_and_the_next_cursor() {
    let page = people().list::<User>(&Query { limit: 2, ..Query::default() }).unwrap();
    let json = serde_json::to_value(&page).unwrap();
    assert_eq!((json["total"].as_u64(), json["items"].as_array().unwrap().len()), (Some(5), 2));
    assert_eq!(json["items"][0]["object"]["login"], "user3");
    assert!(json["next"].is_string() && json["items"][0].get("haystack").is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// What is there from the first page to the last is seen exactly once, whatever comes and goes between.
    #[test]
    fn paging_sees_everything_once(
        names in prop::collection::vec("[a-c]{0,2}", 1..30),
        moves in prop::collection::vec((any::<bool>(), 0..60_u32, "[a-c]{1,2}"), 0..20),
        limit in 1..5_usize,
        descending in any::<bool>(),
    ) {
        let mut site = Site::new();
        let body = |number: u32, name: &str| {
            put(Kind::User, id(number), json!({ "login": format!("u{number}"), "display_name": name, "active": false }))
        };
        let users: Vec<Change> = names.iter().enumerate().map(|(at, name)| body(at as u32, name)).collect();
        apply(&mut site, &users);
        let mut stays: std::collections::BTreeSet<ObjectId> = (0..names.len() as u32).map(id).collect();
        let (mut seen, mut cursor, mut moves) = (Vec::new(), None, moves.into_iter());
        loop {
            let query = Query { limit, descending, cursor: cursor.take(), ..Query::default() };
            let page = site.list::<User>(&query).unwrap();
            prop_assert!(page.items.len() <= limit && page.total == site.count::<User>());
            seen.extend(page.items.iter().map(|user| user.id));
            if let Some((comes, number, name)) = moves.next() {
                let is_there = site.has(Kind::User, id(number));
                if comes && !is_there {
                    apply(&mut site, &[body(number, &name)]);
                } else if !comes && is_there {
                    apply(&mut site, &[delete(Kind::User, id(number))]);
                    stays.remove(&id(number));
                }
            }
            match page.next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        let mut once = seen.clone();
        once.sort();
        once.dedup();
        // Who is deleted and comes back may be seen at both places.
        for user in &stays {
            prop_assert_eq!(seen.iter().filter(|id| *id == user).count(), 1);
        }
    }

    /// What objects are found by is the same whether they came one after the other or are loaded at once.
    #[test]
    fn indexes_follow_every_change(
        moves in prop::collection::vec((0..6_u8, 1..6_u32, 1..6_u32), 1..40),
    ) {
        let mut site = Site::new();
        for (what, a, b) in moves {
            let change = match what {
                0 => put(Kind::User, id(a), json!({ "login": format!("u{a}"), "active": false,
                    "phones": { "business": format!("10{b}") } })),
                1 => patch(Kind::User, id(a), json!({ "login": format!("u{b}") })),
                2 => delete(Kind::User, id(a)),
                3 => put(Kind::Group, id(10 + a), json!({ "name": format!("g{b}"), "members": [id(a)], "leader": id(b) })),
                4 => delete(Kind::Group, id(10 + a)),
                _ => patch(Kind::Settings, ObjectId::SETTINGS, json!({ "presence_domain": format!("d{b}") })),
            };
            if let Ok(plan) = site.plan(&[change]) {
                site.commit(plan).unwrap();
            }
        }
        let rows = Kind::ALL.into_iter().flat_map(|kind| of_kind!(kind, T => {
            let row = |stored: &Arc<Stored<T>>| Row { kind, id: stored.id, version: stored.version, from_file: false,
                body: as_json(&stored.object) };
            site.iter::<T>().map(row).collect::<Vec<_>>()
        }));
        let (loaded, problems) = Site::load(rows.collect::<Vec<_>>());
        prop_assert_eq!(problems, vec![]);
        prop_assert_eq!(&loaded.identities, &site.identities);
        prop_assert_eq!(&loaded.numbers, &site.numbers);
        prop_assert_eq!(&loaded.memberships, &site.memberships);
        for number in 1..6 {
            let login = format!("u{number}");
            prop_assert_eq!(loaded.by_login(&login), site.by_login(&login));
        }
    }
}
