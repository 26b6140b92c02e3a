//! Which lines are whose.

use super::super::Seat;
use super::super::binding::{Bindings, BoundBy, LineKey, Unbound};
use super::*;
use crate::rights::Place;

fn line(group: &str, number: &str) -> LineKey {
    LineKey { group: group.into(), number: number.into() }
}

fn lines() -> Vec<LineKey> {
    [("munich", "101"), ("munich", "102"), ("berlin", "101"), ("berlin", "201"), ("a/b", "+49891103")]
        .map(|(group, number)| line(group, number))
        .to_vec()
}

fn bound(changes: &[Change]) -> (Site, Bindings) {
    let mut site = site();
    apply(&mut site, changes);
    let bindings = Bindings::new(&site, &lines(), &digits);
    (site, bindings)
}

fn shown(bindings: &Bindings, user: u32) -> Vec<String> {
    bindings.lines(id(user)).iter().map(|(line, of)| format!("{line} {:?}", of.place)).collect()
}

#[test]
fn business_numbers_find_their_lines() {
    let change = |body: Value| patch(Kind::User, id(1), body);
    let numbers = json!({ "phones": { "business": "101", "business2": "+49 891-103" } });
    let (_, bindings) = bound(&[change(numbers.clone())]);
    assert_eq!(shown(&bindings, 1), ["munich/101 First", "berlin/101 First", "a/b/+49891103 Second"]);
    let (_, bindings) = bound(&[change(numbers.clone()), change(json!({ "bind_business": false }))]);
    assert_eq!(shown(&bindings, 1), ["a/b/+49891103 Second"]);
    let off = patch(Kind::Settings, ObjectId::SETTINGS, json!({ "bind_lines": false }));
    let (_, bindings) = bound(&[change(numbers.clone()), off.clone()]);
    assert!(shown(&bindings, 1).is_empty());
    let (_, bindings) = bound(&[change(numbers.clone()), off, change(json!({ "bind_business2": true }))]);
    assert_eq!(shown(&bindings, 1), ["a/b/+49891103 Second"]);
    let (_, bindings) = bound(&[change(numbers), change(json!({ "active": false }))]);
    assert!(shown(&bindings, 1).is_empty());
}

#[test]
fn phones_name_a_line_as_it_is_written() {
    let change = json!({ "first_phone": "berlin/101", "second_phone": "102", "further_phones": ["a/b/+49891103"],
        "additional_lines": [{ "line": "201", "see_incoming": true }, { "line": "102" }] });
    let (_, bindings) = bound(&[patch(Kind::User, id(1), change)]);
    assert_eq!(
        shown(&bindings, 1),
        ["berlin/101 First", "munich/102 Second", "a/b/+49891103 Additional", "berlin/201 Additional"]
    );
    assert!(bindings.loose.is_empty());
    let wrong = json!({ "first_phone": "101", "second_phone": "10 2", "additional_lines": [{ "line": "paris/1" }] });
    let (_, bindings) = bound(&[patch(Kind::User, id(1), wrong)]);
    let loose: Vec<_> = bindings.loose.iter().map(|loose| (loose.pointer.as_str(), loose.why)).collect();
    assert_eq!(
        loose,
        [
            ("/additional_lines/0/line", Unbound::NotFound),
            ("/first_phone", Unbound::Ambiguous),
            ("/second_phone", Unbound::NotFound)
        ]
    );
}

#[test]
fn a_line_has_several_users_and_one_owner() {
    let number = |user| patch(Kind::User, id(user), json!({ "phones": { "business": "102" } }));
    let owner = |changes: &[Change]| bound(changes).1.owner(&line("munich", "102"));
    assert_eq!(owner(&[number(1), number(2)]), Some(id(1)), "the first by login");
    let phone = patch(Kind::User, id(2), json!({ "first_phone": "102" }));
    assert_eq!(owner(&[number(1), number(2), phone.clone()]), Some(id(2)), "a phone counts before a number");
    let additional = patch(Kind::User, id(1), json!({ "additional_lines": [{ "line": "102", "pick_up": true }] }));
    assert_eq!(owner(std::slice::from_ref(&additional)), None, "who is shown a line does not own it");
    let (_, bindings) = bound(&[additional, phone]);
    let users = bindings.users(&line("munich", "102"));
    assert_eq!(
        users.iter().map(|user| (user.user, user.by)).collect::<Vec<_>>(),
        [(id(2), BoundBy::FirstPhone), (id(1), BoundBy::AdditionalLine)]
    );
    assert_eq!(users[1].place, Place::Additional);
}

#[test]
fn telephones_beside_a_computer_are_for_who_is_signed_in_there() {
    let computer = |only| {
        let phones =
            json!({ "name": "DESK", "first_phone": "102", "second_phone": "201", "only_authorized_dial": only });
        put(Kind::Computer, id(40), phones)
    };
    let owner = patch(Kind::User, id(2), json!({ "first_phone": "102" }));
    let (here, there) = (line("munich", "102"), line("berlin", "201"));
    let seated = |changes: &[Change], users: &[u32]| {
        let (mut site, _) = bound(changes);
        let seats = users.iter().map(|user| Seat { user: id(*user), computer: id(40) }).collect();
        site.set_seats(std::sync::Arc::new(seats));
        Bindings::new(&site, &lines(), &digits)
    };
    let by = |bindings: &Bindings, user, key| bindings.of(id(user), key).map(|of| of.by);
    let nobody = seated(&[computer(false), owner.clone()], &[]);
    assert_eq!((by(&nobody, 1, &here), by(&nobody, 2, &here)), (None, Some(BoundBy::FirstPhone)));
    let anna = seated(&[computer(false), owner.clone()], &[1, 9]);
    assert_eq!(shown(&anna, 1), ["munich/102 First", "berlin/201 Second"]);
    assert_eq!(by(&anna, 1, &here), Some(BoundBy::FirstBeside));
    assert_eq!((anna.owner(&here), anna.owner(&there)), (Some(id(2)), Some(id(1))), "whose it is anyway comes first");
    assert!(anna.users(&here).iter().all(|user| user.is_own()) && anna.users(&here).len() == 2);

    // Where only authorised users may dial, others only look.
    let both = seated(&[computer(true), owner.clone()], &[1, 2]);
    let annas = both.of(id(1), &here).unwrap();
    assert_eq!((annas.is_own(), annas.shown.see_incoming, annas.shown.pick_up), (false, true, false));
    assert_eq!(by(&both, 2, &here), Some(BoundBy::FirstPhone), "it is his anyway");
    assert_eq!(both.owner(&there), None);
    let off = patch(Kind::Computer, id(40), json!({ "active": false }));
    assert!(shown(&seated(&[computer(false), owner, off], &[1]), 1).is_empty());
}
