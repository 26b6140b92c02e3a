//! Projects, private calls, and what is entered for them.

use super::*;

#[test]
fn projects_are_dialled_noted_or_both() {
    let location = berlin(json!({
        "projects": [
            { "name": "Test", "code": "12345", "use": "journal" },
            { "name": "Outside 2", "code": "80", "use": "dial" },
            { "name": "Current", "code": "*604444#X", "use": "dial_and_journal" },
            { "name": "Private 1", "code": "*60eeee#X", "use": "private" },
            { "name": "Private 2", "code": "5eeee", "use": "private" },
            { "name": "Private 3", "code": "", "use": "private" },
            { "name": "Card", "code": "0080012345678CP#eeeeeeee#uuuuJ#N#", "use": "dial_and_journal" }
        ],
        "least_cost_routing": with_provider()
    }));
    let dial = |project: &str, typed: &str, pin: &str, user: &str| {
        let around =
            Circumstances { project: Some(project), entries: Entries { pin, user }, ..Circumstances::default() };
        dialled_with(&location, typed, &around)
    };
    for (project, typed, pin, expected) in [
        ("Test", "089123", "", "e201070089123"),
        ("Outside 2", "123456", "", "e80030123456"),
        ("Outside 2", "+441632", "", "e8000441632"),
        ("Current", "089123", "", "e*604444#201070089123"),
        ("Current", "42", "", "i*604444#42"),
        // The access code of private calls.
        ("Private 1", "01712345678", "1234", "e*601234#801712345678"),
        ("Private 1", "42", "1234", "i*601234#42"),
        ("Private 2", "123456", "1234", "e51234030123456"),
        // Whoever reads a code without X knows no extensions, neither those here nor those of other locations.
        ("Outside 2", "42", "", "i800301234542"),
        ("Outside 2", "+49301234542", "", "i800301234542"),
        ("Private 2", "142", "1234", "i51234142"),
        ("Private 3", "089123", "", "e801070089123"),
        ("Private 2", "123456", "", "Missing(Pin(4))"),
        ("Nobody", "123456", "", "UnknownProject(\"Nobody\")"),
        // Help is not kept waiting.
        ("Private 2", "110", "1234", "e1110"),
        // Nor does a number that is dialled as it is go into a code.
        ("Outside 2", "11833", "", "e111833"),
    ] {
        assert_eq!(shown(dial(project, typed, pin, "")), expected, "{project} {typed}");
    }
    let card = dial("Card", "123456", "12345678", "4321").unwrap();
    assert_eq!(card.number, "0080012345678");
    assert_eq!(card.then, [AfterAnswer::Pause(1000), AfterAnswer::Digits("#12345678#4321#030123456#".into())]);
    let noted = card.noted.unwrap();
    assert_eq!((noted.user.as_deref(), noted.pin.as_deref()), (Some("4321"), Some("12345678")));
    let private = dial("Private 1", "123456", "1234", "").unwrap();
    assert!(private.private && private.noted.as_ref().is_some_and(|noted| noted.pin.is_none()));
    assert!(!format!("{private:?}").contains("1234#"));
    assert!(dial("Outside 2", "1", "", "").unwrap().noted.is_none());
    assert_eq!(dial("Test", "1", "", "").unwrap().noted.unwrap().code, "12345");
    let card = dial("Card", "42", "12345678", "4321").unwrap();
    assert_eq!(card.then[1], AfterAnswer::Digits("#12345678#4321#0301234542#".into()));
    let networked = berlin(json!({
        "projects": [{ "name": "Outside 2", "code": "80", "use": "dial" }], "network": { "enabled": true, "shorten": true }
    }));
    let around = Circumstances { project: Some("Outside 2"), ..Circumstances::default() };
    assert_eq!(shown(dialled_with(&networked, "+4989777777", &around)), "e80089777777");
    assert_eq!(dialled(&networked, "+4989777777"), "i777", "without a code");
}

#[test]
fn a_pbx_that_wants_whole_numbers_gets_those_of_codes_as_people_dial() {
    let location = berlin(json!({
        "output": "e164",
        "projects": [
            { "name": "Outside 2", "code": "80", "use": "dial" },
            { "name": "Current", "code": "*604444#X", "use": "dial" },
            { "name": "Card", "code": "0080012345678C#N#", "use": "dial" },
            { "name": "Noted", "code": "17", "use": "journal" }
        ]
    }));
    for (project, typed, expected) in [
        ("Outside 2", "089123456", "e80089123456"),
        ("Current", "089123456", "e*604444#2089123456"),
        ("Current", "42", "i*604444#42"),
        ("Noted", "089123456", "e+4989123456"),
    ] {
        let around = Circumstances { project: Some(project), ..Circumstances::default() };
        assert_eq!(shown(dialled_with(&location, typed, &around)), expected, "{project} {typed}");
    }
    let card = Circumstances { project: Some("Card"), ..Circumstances::default() };
    let then = dialled_with(&location, "089123456", &card).unwrap().then;
    assert_eq!(then, [AfterAnswer::Digits("#089123456#".into())]);
    let private = Circumstances { private: true, ..Circumstances::default() };
    assert_eq!(shown(dialled_with(&location, "089123456", &private)), "e8089123456");
}

#[test]
fn private_calls_have_their_access_code() {
    let private = |location: &Location, pin: &str| {
        let around = Circumstances { private: true, entries: Entries { pin, user: "" }, ..Circumstances::default() };
        dialled_with(location, "089123", &around)
    };
    let dialled = private(&berlin(json!({})), "").unwrap();
    assert_eq!((dialled.number.as_str(), dialled.private), ("8089123", true));
    let with_pin = berlin(json!({ "access_codes": { "private": "7eee" } }));
    assert_eq!(private(&with_pin, "123").unwrap().number, "7123089123");
    assert_eq!(private(&with_pin, ""), Err(NotDialled::Missing(Missing::Pin(3))));
    let without = berlin(json!({ "access_codes": { "private": "" } }));
    assert_eq!(private(&without, "").unwrap().number, "0089123");
    // Whatever the way, others do not see it.
    let simple = berlin(json!({ "dialect": "simple" }));
    assert!(private(&simple, "").unwrap().private);
    let around = Circumstances { private: true, ..Circumstances::default() };
    assert!(dialled_with(&simple, "!089123", &around).unwrap().private);
}

#[test]
fn a_private_project_makes_special_and_raw_numbers_private() {
    let private = json!({ "projects": [{ "name": "Own", "code": "*7eeee", "use": "private" }] });
    let location = berlin(private);
    let dial = |typed: &str, project| {
        dialled_with(&location, typed, &Circumstances { project: Some(project), ..Circumstances::default() })
    };
    for (typed, number) in [("11833", "111833"), ("!089123", "089123"), ("alice", "alice")] {
        let dialled = dial(typed, "Own").unwrap();
        assert_eq!((dialled.number.as_str(), dialled.private), (number, true), "{typed}");
        assert_eq!(dial(typed, "Nobody"), Err(NotDialled::UnknownProject("Nobody".into())), "{typed}");
    }
    assert!(!dial("110", "Own").unwrap().private, "whoever needs help is seen");
}
