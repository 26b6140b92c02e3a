//! What people read of each step: the sentence says what was done, with its values in their places.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::country::tests::countries;
use super::tests::{berlin_with, plans};
use super::{
    Circumstances, ClientAddress, DialPlan, Entries, Location, Note, NoteCode, NumberKind, NumberKind::*, Step,
    StepName, StepName::*,
};

/// A text, the step that is looked at, and the sentence of that or of one of its rules that did not act.
type Row = (&'static str, u8, StepName, &'static str);

/// The codes whose sentences were read, and the sentences that were not there.
#[derive(Default)]
struct Read {
    codes: HashSet<NoteCode>,
    missing: Vec<String>,
}

impl Read {
    fn all(&mut self, location: &Location, kind: NumberKind, around: &Circumstances<'_>, rows: &[Row]) {
        let all = plans(location);
        self.of_plan(all.plan("berlin").unwrap(), kind, around, rows);
    }

    fn of_plan(&mut self, plan: &DialPlan, kind: NumberKind, around: &Circumstances<'_>, rows: &[Row]) {
        for (text, number, name, sentence) in rows {
            let steps = plan.explain(kind, text, around, &countries()).steps;
            let notes = |step: &Step| -> Vec<Note> {
                let skipped = step.skipped.iter().map(|rule| rule.reason.clone());
                std::iter::once(step.note.clone()).chain(skipped).collect()
            };
            for note in steps.iter().flat_map(notes) {
                assert_eq!(note.values.len(), note.code.english().matches("{}").count(), "{note:?}");
                assert!(note.values.iter().all(|value| !value.is_empty()), "{text}: {}", note.english());
            }
            let here = steps.iter().filter(|step| (step.number, step.name) == (*number, *name)).flat_map(notes);
            let here: Vec<Note> = here.collect();
            match here.iter().find(|note| note.english() == *sentence) {
                Some(note) => _ = self.codes.insert(note.code),
                None => {
                    let read: Vec<_> = here.iter().map(Note::english).collect();
                    let row = format!("{kind:?} {text:?}, step {number}, {name:?}: {sentence:?} is none of {read:?}");
                    self.missing.push(row);
                }
            }
        }
    }
}

/// Berlin with codes for an outside line that can be told apart, and with other things changed.
fn berlin(change: Value) -> Location {
    let codes = json!({ "local": "1", "national": "2", "international": "3", "private": "8", "forwarding": "9" });
    berlin_with(json!({ "access_codes": codes }), change)
}

/// A plan of a location by itself.
fn plan(location: Value) -> DialPlan {
    let location: Location = serde_json::from_value(location).unwrap();
    DialPlan::of(&location, [], &countries()).unwrap()
}

#[test]
fn every_sentence_says_what_its_step_did() {
    let mut read = Read::default();
    reported(&mut read);
    reported_by_rules(&mut read);
    dialled(&mut read);
    dialled_for_help(&mut read);
    dialled_by_rules(&mut read);
    dialled_with_projects(&mut read);
    dialled_simply(&mut read);
    assert!(read.missing.is_empty(), "{}", read.missing.join("\n"));
    let unread: Vec<_> = NoteCode::ALL.iter().filter(|code| !read.codes.contains(code)).collect();
    assert!(unread.is_empty(), "no row for {unread:?}");
}

fn reported(read: &mut Read) {
    let around = Circumstances::default();
    let here = berlin(json!({}));
    read.all(
        &here,
        Caller,
        &around,
        &[
            ("0 (089) 1", 1, Characters, "Only what is part of a number is kept."),
            ("anonymous", 1, Characters, "Nothing is left: there is no number."),
            ("0089123456", 1, Characters, "Nothing to do."),
            ("0089123456", 2, Formatting, "There are no rules."),
            ("0089123456", 3, StripAccessCode, "The access code 0 is taken away, so the number is external."),
            ("0", 3, StripAccessCode, "None of the codes of reported numbers stands before it: 0."),
            ("0089123456", 4, ExternalRules, "Left out: a step before has decided whether it is internal."),
            ("+49301234542", 4, Extensions, "42 is an extension here: internal."),
            ("99", 4, Extensions, "It is none of the extensions here."),
            ("99", 4, OtherLocations, "Numbers of other locations are not looked for here."),
            ("999", 4, InternalLength, "It has 3 digits, as internal numbers have: internal."),
            (
                "9999",
                4,
                InternalLength,
                "Internal numbers have 2 digits at least and 3 at most, and nothing else: external.",
            ),
            ("*21#", 4, InternalLength, "It begins with * or #, so it is meant for the PBX: internal."),
            ("0089123456", 5, StripProvider, "Left out: only outgoing numbers have prefixes of providers."),
            ("42", 6, Canonical, "From outside, its number is +49301234542."),
            ("99", 6, Canonical, "It is internal and no number leads to it from outside: it stays."),
            ("0+4989123456", 6, Canonical, "It is super-canonical."),
            ("0+49 (0) 89 123456", 6, Canonical, "What is not dialled with a calling code is taken away."),
            ("000441632960000", 6, Canonical, "00 introduces a calling code."),
            ("0089123456", 6, Canonical, "0 introduces an area code: +49 goes before it."),
            ("0123456", 6, Canonical, "It is a number of the own area: +49 and the area code 30 go before it."),
            ("0110", 6, Canonical, "110 is a special number of the country: it stays."),
            ("08*1", 6, Canonical, "It has * or # in it: it stays."),
            ("00", 6, Canonical, "This cannot become a super-canonical number: it stays."),
        ],
    );
    read.all(
        &here,
        Called,
        &around,
        &[
            ("0089123456", 5, StripProvider, "It has no provider's prefix before it."),
            ("001013089123", 5, StripProvider, "The provider's prefix 01013 is taken away."),
        ],
    );
    let multipoint = json!({ "kind": "multipoint", "numbers": [{ "number": "+4930123456", "internal": "11" }] });
    for (change, kind, row) in [
        (
            json!({ "ignore_connected_id": true }),
            ConnectedOutgoing,
            ("0089", 1, Characters, "Connected numbers are ignored here."),
        ),
        (
            json!({ "strip": { "forwarding": [] } }),
            ReportedForwarding,
            ("0089", 3, StripAccessCode, "For reported numbers of this kind no codes are set."),
        ),
        (
            json!({ "numbering": { "kind": "trunk", "base_number": "12345" } }),
            Caller,
            ("123", 4, InternalLength, "The length of internal numbers is not set: external."),
        ),
        (json!({ "numbering": multipoint }), Caller, ("11", 6, Canonical, "From outside, its number is +4930123456.")),
        (
            json!({ "always_area_code": true }),
            Caller,
            ("0123456", 6, Canonical, "The area code is always dialled here, so it is not completed: it stays."),
        ),
    ] {
        read.all(&berlin(change), kind, &around, &[row]);
    }
    let copenhagen = plan(json!({ "name": "Copenhagen", "country": "DK", "has_pbx": false }));
    let rows = [
        ("32123456", 3, StripAccessCode, "There is no PBX here: every number is external."),
        ("32123456", 6, Canonical, "It is a whole number of the country: +45 goes before it."),
        // Without an area code there is none to name.
        ("3212", 6, Canonical, "It is a whole number of the country: +45 goes before it."),
    ];
    read.of_plan(&copenhagen, Caller, &around, &rows);
}

fn reported_by_rules(read: &mut Read) {
    let location = berlin(json!({
        "formatting": { "incoming": [
            { "pattern": "^74(.*)", "replacement": "\\1" }, { "compare": "equal", "pattern": "5555" },
            { "pattern": "^66..$", "replacement": "" }, { "pattern": "^88(.*)", "replacement": "+4989\\1" }
        ] },
        "external_rules": [{ "compare": "equal", "pattern": "701" }],
        "internal_rules": [
            { "pattern": "^(81)", "replacement": "\\1" }, { "pattern": "^[89]" }, { "compare": "equal", "pattern": "812" }
        ],
        "network": { "enabled": true, "detect": true }
    }));
    let rows = [
        ("7442", 2, Formatting, "Rule 1 fits and makes 42 of it."),
        ("5555", 2, Formatting, "Rule 2 fits."),
        ("6612", 2, Formatting, "Rule 3 fits and leaves nothing of it."),
        ("6612", 2, Formatting, "Nothing is left: there is no number."),
        ("880123", 2, Formatting, "The rules have made a super-canonical number of it: nothing else is done."),
        ("42", 2, Formatting, "No rule fits."),
        ("42", 2, Formatting, "Its pattern does not fit."),
        ("42", 2, Formatting, "The number is not equal to it."),
        ("701", 4, ExternalRules, "Rule 1 fits: external."),
        ("812", 4, InternalRules, "Rule 2 fits: internal."),
        ("812", 4, InternalRules, "It fits, but it would make 81, which is not super-canonical."),
        ("812", 4, InternalRules, "Rule 2, which is tried earlier, was taken."),
        ("777", 4, OtherLocations, "It is an extension of Munich: internal."),
        ("75", 4, OtherLocations, "No other location has this extension."),
    ];
    read.all(&location, Caller, &Circumstances::default(), &rows);
}

fn dialled(read: &mut Read) {
    let around = Circumstances::default();
    read.all(
        &berlin(json!({ "vanity": ["800"] })),
        Typed,
        &around,
        &[
            ("!42", 0, Raw, "It begins with !, so the PBX gets it as it is."),
            ("alice2", 0, Raw, "It begins with a letter: it is a name, which the PBX gets as it is."),
            ("☎", 3, Digits, "Nothing is left: there is no number."),
            ("0800FLOWERS", 2, Vanity, "Letters after 800 stand for digits."),
            (
                "0900FLOWERS",
                2,
                Vanity,
                "Letters stand for digits only after the area codes set for that: they are dropped.",
            ),
            ("089123456", 4, SpecialNumbers, "It is no special number of the country."),
            (
                "11833",
                4,
                SpecialNumbers,
                "11833 is a special number of the country: it is external and dialled as it is.",
            ),
            ("11833", 7, Canonical, "Left out: special numbers are dialled as they are."),
            ("42", 7, Canonical, "Left out: internal numbers are dialled as they are."),
            ("089123456", 8, Project, "No project was chosen."),
            ("089123456", 9, LeastCost, "Least-cost routing is not in use here."),
            ("+49301234542", 10, OwnNumbers, "It leads to the extension 42 here: internal."),
            ("089123456", 10, OwnNumbers, "It leads to no extension here."),
            ("089123456", 12, Shorten, "Numbers of other locations are not shortened here."),
            ("030123456", 13, Dialable, "A number of the own area: dialled as 123456."),
            ("+4989123456", 13, Dialable, "A number of the own country: dialled as 089123456."),
            ("+441632960000", 13, Dialable, "A number of another country: dialled as 00441632960000."),
            ("089123456", 14, AccessCode, "2 goes before it for an outside line."),
            ("42", 14, AccessCode, "It is internal or whole: it needs no access code."),
            ("089123456", 16, Send, "The PBX gets it."),
        ],
    );
    for (change, row) in [
        (
            json!({ "access_codes": { "national": "" } }),
            ("089123", 14, AccessCode, "For such calls nothing is dialled before the number."),
        ),
        (
            json!({ "always_area_code": true }),
            ("123456", 13, Dialable, "It is no super-canonical number: dialled as it is."),
        ),
        (json!({ "output": "e164" }), ("089123", 10, OwnNumbers, "Left out: the PBX gets super-canonical numbers.")),
        (json!({ "output": "e164" }), ("089123", 13, Dialable, "The PBX gets it super-canonical.")),
        (
            json!({ "split_long_numbers": true }),
            ("+12025550123456", 13, Dialable, "Numbers of this country have 10 digits at most: 456 follows as DTMF."),
        ),
        (
            json!({ "network": { "enabled": true, "shorten": true } }),
            ("+4989777777", 12, Shorten, "It is an extension of Munich: internal."),
        ),
        (
            json!({ "network": { "enabled": true, "shorten": true } }),
            ("+4989777800", 12, Shorten, "It leads to no extension of another location."),
        ),
        (
            json!({ "external_rules": [{ "compare": "equal", "pattern": "911" }] }),
            ("911", 13, Dialable, "Left out: what a rule says is external is dialled as it is."),
        ),
        (
            json!({ "formatting": { "dialling": [{ "pattern": "^\\+4989777(...)$", "replacement": "8\\1" }] } }),
            (
                "+4989777222",
                11,
                DiallingRules,
                "What the rule makes is not super-canonical, so it is dialled as it is.",
            ),
        ),
    ] {
        read.all(&berlin(change), Typed, &around, &[row]);
    }
    let washington = plan(json!({
        "name": "Washington", "country": "US", "area_code": "202",
        "north_america": { "own_area": "free_but", "own_prefixes": ["333"], "free_areas": [{ "area_code": "301" }] }
    }));
    let rows = [
        ("333-5678", 13, Dialable, "A number of the own area that costs: dialled as 12023335678."),
        ("+13014445678", 13, Dialable, "A free number of another area: dialled as 3014445678."),
    ];
    read.of_plan(&washington, Typed, &around, &rows);
}

fn dialled_for_help(read: &mut Read) {
    let around = Circumstances::default();
    let off = ("110", 3, Emergency, "Rules for emergency numbers are not in use here.");
    read.all(&berlin(json!({})), Typed, &around, &[off]);
    let location = berlin(json!({
        "emergency": { "enabled": true, "rules": [
            { "name": "A", "subnet": "10.12.13.0/24", "numbers": ["110"], "prefix": "*71" }
        ] },
        "formatting": { "dialling_final": [{ "pattern": "110", "replacement": "" }] }
    }));
    let unknown = "No client whose address is known dials it, so no rule for emergency numbers can fit.";
    let kept = "The rules leave nothing of it, but it is an emergency number: the PBX gets 110.";
    let rows = [
        ("110", 3, Emergency, "110 is an emergency number: nothing stands in its way."),
        ("110", 3, Emergency, unknown),
        ("110", 16, Send, kept),
    ];
    read.all(&location, Typed, &around, &rows);
    let from = |address: &str| {
        let client = ClientAddress { address: address.parse().unwrap(), zone: None };
        Circumstances { client: Some(client), ..Circumstances::default() }
    };
    let rule = "Rule 1 is for 110 from 10.12.13.0/24: *71 goes before it, and nothing else is done.";
    let rows = [("110", 3, Emergency, rule), ("112", 3, Emergency, "It is for other numbers.")];
    read.all(&location, Typed, &from("10.12.13.5"), &rows);
    // It is not the client that dials where calls are forwarded to.
    read.all(&location, Forwarding, &from("10.12.13.5"), &[("110", 3, Emergency, unknown)]);
    let elsewhere = ("110", 3, Emergency, "The client is not in 10.12.13.0/24.");
    read.all(&location, Typed, &from("10.9.9.9"), &[elsewhere]);
    let listed = Circumstances { emergency_numbers: &["1115".to_owned()], ..Circumstances::default() };
    let whole = "It is an emergency number with the code for an outside line: it is dialled as it was typed.";
    read.all(&location, Typed, &listed, &[("1115", 3, Emergency, whole)]);
}

fn dialled_by_rules(read: &mut Read) {
    let day = vec!["One"; 48];
    let location = berlin(json!({ "least_cost_routing": {
        "enabled": true, "providers": [{ "name": "One", "prefix": "01070" }],
        "zones": [{ "name": "country", "prefixes": ["+49"], "weekdays": day }, { "name": "mobile", "prefixes": ["+4917"] }]
    } }));
    let around = Circumstances::default();
    let not_here = "Left out: internal numbers, whole numbers for the PBX and numbers within a code have no provider.";
    let rows = [
        ("089123456", 9, LeastCost, "Zone country: One (01070) carries it at this time."),
        ("01712345678", 9, LeastCost, "Zone mobile has no provider at this time."),
        ("+441632960000", 9, LeastCost, "It is in no zone."),
        ("+49301234542", 9, LeastCost, not_here),
    ];
    read.all(&location, Typed, &around, &rows);
    let forwarding = ("089123456", 9, LeastCost, "Left out: a forwarding is there at all times.");
    read.all(&location, Forwarding, &around, &[forwarding]);
}

fn dialled_with_projects(read: &mut Read) {
    let location = berlin(json!({ "projects": [
        { "name": "Test", "code": "12345", "use": "journal" },
        { "name": "Outside 2", "code": "80", "use": "dial" },
        { "name": "Card", "code": "0080012345678CP#eeee#N#", "use": "dial" }
    ] }));
    let within = "Left out: within a project's code without X it is dialled as from outside.";
    let then = "The PBX gets it; when it is answered, there follows (1000 ms) #1234#089123456#.";
    let rows: [(&str, &[Row]); 3] = [
        ("Test", &[("089123456", 8, Project, "The project Test is only noted in the journal.")]),
        (
            "Outside 2",
            &[
                ("089123456", 8, Project, "The project Outside 2 with the code 80 is dialled with it."),
                ("11833", 8, Project, "Special numbers are dialled without a project."),
                ("089123456", 10, OwnNumbers, within),
                ("089123456", 12, Shorten, within),
                ("089123456", 14, AccessCode, "The project's code has no X: there is no access code."),
                ("089123456", 14, Project, "The number goes into the code 80."),
            ],
        ),
        ("Card", &[("089123456", 16, Send, then)]),
    ];
    for (project, rows) in rows {
        let entries = Entries { pin: "1234", user: "" };
        let around = Circumstances { project: Some(project), entries, ..Circumstances::default() };
        read.all(&location, Typed, &around, rows);
    }
}

fn dialled_simply(read: &mut Read) {
    let simple = |change: Value| {
        let mut simple = json!({ "country_prefix": "33", "external_prefix": "0", "incoming_remove": "9" });
        simple.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        plan(json!({ "name": "Paris", "country": "FR", "dialect": "simple", "simple": simple }))
    };
    let around = Circumstances::default();
    let here = simple(json!({ "rules": [
        { "priority": 9, "pattern": "+", "value": "00" }, { "priority": 1, "pattern": "[(]", "value": "1" },
        { "priority": 2, "pattern": "3611", "value": "7" }, { "priority": 3, "pattern": "55", "value": "" }
    ] }));
    let rows = [
        ("36 11", 1, Characters, "Only what is part of a number is kept."),
        ("361122", 2, SimpleRules, "Rule 3 fits and makes 722 of it."),
        ("55", 2, SimpleRules, "Rule 4 fits and leaves nothing of it."),
        ("361122", 2, SimpleRules, "Its pattern cannot be used."),
        ("+3912334477", 14, AccessCode, "0 goes before it for an outside line."),
        ("+33155171889", 3, OwnCountry, "It is a number of the country 33: it is dialled as within the country."),
        ("+33155171889", 2, SimpleRules, "Left out: numbers of the own country are dialled as within the country."),
        ("1234", 3, InternalLength, "It has 4 digits, as internal numbers have: internal."),
    ];
    read.of_plan(&here, Typed, &around, &rows);
    let bare = simple(json!({ "external_prefix": "" }));
    let rows = [("0155171889", 14, AccessCode, "For such calls nothing is dialled before the number.")];
    read.of_plan(&bare, Typed, &around, &rows);
    read.of_plan(&here, Caller, &around, &[("90155171889", 2, Front, "9 is taken from the front.")]);
    read.of_plan(&here, Caller, &around, &[("0155171889", 2, Front, "Nothing to do.")]);
    let adding = simple(json!({ "incoming_add": "0" }));
    let rows = [
        ("9155171889", 2, Front, "9 is taken from the front, and 0 is put there."),
        ("155171889", 2, Front, "0 is put before it."),
    ];
    read.of_plan(&adding, Caller, &around, &rows);
}
