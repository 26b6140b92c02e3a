//! Calls that go from one PBX to another: who calls, who answers, redirections, what rings.

use offhook_sip::header::Name;
use offhook_sip::uri::Uri;

use super::*;
use crate::call::headers::Redirect;

pub(super) fn target(group: LineGroupId, number: &str) -> Target {
    Target { group, line: None, uri: TargetUri::Number(number.into()) }
}

fn carried() -> Headers {
    vec![
        (Name::PAssertedIdentity, "<sip:+4989@a>".to_owned()),
        (Name::Privacy, "id".to_owned()),
        (Name::Subject, "Hi".to_owned()),
    ]
}

fn caller() -> Caller {
    Caller { number: "200".into(), name: Some("Carol".into()) }
}

impl World {
    /// A call from one connection that is passed on to `targets`.
    pub(super) fn pass_on(&mut self, group: LineGroupId, targets: Vec<Target>) {
        let route = Route::Targets { group, targets };
        let offer = Bytes::from_static(OFFER);
        let (session, from, headers) = (session(1), caller(), carried());
        self.input(Input::Incoming {
            call_id: String::new(),
            session,
            route,
            from,
            abilities: Abilities::default(),
            max_forwards: 70,
            headers,
            offer,
        });
    }

    /// A call that is passed on and stands, as sessions 1 and 101.
    pub(super) fn passed_on() -> World {
        let mut world = World::new();
        world.pass_on(PBX, vec![target(TRUSTED, "300")]);
        world.sip(101, answered(sdp()));
        world.log.clear();
        world
    }
}

pub(super) fn redirected(contacts: &[(&str, u16)], headers: Headers) -> SipInput {
    let contacts = contacts.iter().map(|&(uri, q)| (Uri::parse(uri).unwrap(), q)).collect();
    let redirect = Some(Box::new(Redirect { contacts, headers }));
    SipInput::Rejected { status: 302, reason: String::new(), from_network: true, redirect }
}

#[test]
fn an_identity_goes_only_between_those_who_are_trusted() {
    let privacy = vec![(Name::Privacy, "id".to_owned())];
    for (from, to, expected) in [
        (PBX, TRUSTED, (caller(), carried())),
        (STRANGER, TRUSTED, (caller(), privacy)),
        (PBX, STRANGER, (Caller::anonymous(), Headers::new())),
        (STRANGER, STRANGER, (Caller::anonymous(), Headers::new())),
    ] {
        let mut world = World::new();
        world.pass_on(from, vec![target(to, "300")]);
        assert_eq!(world.invited, Some((Some(expected.0), expected.1)), "{from} to {to}");
    }
}

#[test]
fn who_answers_is_told_only_between_those_who_are_trusted() {
    let identity = || vec![(Name::PAssertedIdentity, "<sip:300@b>".to_owned())];
    for (to, expected) in [(TRUSTED, identity()), (STRANGER, Headers::new())] {
        let mut world = World::new();
        world.pass_on(PBX, vec![target(to, "300")]);
        world.sip(101, SipInput::Answered { abilities: Abilities::default(), sdp: sdp(), headers: identity() });
        assert_eq!(world.answered, expected);
    }
}

#[test]
fn provisional_responses_keep_their_status() {
    let mut world = World::new();
    world.pass_on(PBX, vec![target(TRUSTED, "300")]);
    for status in [182, 182, 181, 183, 180] {
        world.sip(101, progress(status, None));
    }
    world.logged(&["INVITE 300", "182", "181", "183", "180"]);
    world.sip(101, progress(180, sdp()));
    world.logged(&["180 sdp", "A hears Peer", "B hears Peer"]);
    // A second early dialog is not heard, until the first is over.
    let fork = |status, sdp| SipInput::Progress { status, sdp, fork: 1, headers: Headers::new() };
    world.sip(101, fork(183, sdp()));
    world.logged(&["183"]);
    world.sip(101, progress(199, None));
    world.log.clear();
    world.sip(101, fork(183, sdp()));
    world.logged(&["183 sdp", "A hears Peer", "B hears Peer"]);
}

#[test]
fn a_reason_goes_through_in_both_directions() {
    let reason = || Some("Q.850;cause=16".to_owned());
    let mut world = World::new();
    world.pass_on(PBX, vec![target(TRUSTED, "300")]);
    world.sip(1, SipInput::Cancelled { reason: reason() });
    world.logged(&["INVITE 300", "hangup 101: Q.850;cause=16", "media closed"]);
    for (gone, other) in [(1, 101), (101, 1)] {
        let mut world = World::passed_on();
        world.sip(gone, SipInput::Ended { broken: false, reason: reason() });
        world.logged(&[&format!("hangup {other}: Q.850;cause=16"), "media closed"]);
    }
}

#[test]
fn each_side_may_hold_and_change_on_its_own() {
    for number in [1, 101] {
        let mut world = World::passed_on();
        world.sip(number, SipInput::Offer { sdp: sdp() });
        world.sip(number, SipInput::Offer { sdp: None });
        world.logged(&["200 to offer", "200 to offer"]);
        world.sip(number, SipInput::OfferAnswered { sdp: sdp() });
        assert_eq!(world.calls.len(), 1);
    }
}

#[test]
fn a_redirection_is_followed_best_contacts_first() {
    let mut world = World::new();
    world.pass_on(PBX, vec![target(TRUSTED, "300")]);
    let diversion = (Name::Diversion, "<sip:300@b>".to_owned());
    let contacts = [("sip:301@b", 1000), ("sip:302@b", 1000), ("sip:303@b", 500), ("sip:300@b", 100)];
    world.sip(101, redirected(&contacts, vec![diversion.clone()]));
    world.logged(&["INVITE 300", "INVITE 301", "INVITE 302"]);
    let (_, headers) = world.invited.clone().unwrap();
    assert_eq!(headers.last(), Some(&diversion));
    assert_eq!(headers.len(), carried().len() + 1);
    world.sip(102, rejected(486));
    world.logged(&[]);
    world.sip(103, rejected(480));
    // Where it came from is not tried again.
    world.logged(&["INVITE 303"]);
    world.sip(104, redirected(&[("sip:301@b", 1000)], Vec::new()));
    world.logged(&["reject 480", "media closed"]);
    assert!(world.calls.is_empty());
}

#[test]
fn redirections_end_somewhere() {
    let mut world = World::new();
    world.pass_on(PBX, vec![target(TRUSTED, "300")]);
    let many: Vec<_> = (0..20).map(|n| (format!("sip:4{n:02}@b"), 1000)).collect();
    let many: Vec<_> = many.iter().map(|(uri, q)| (uri.as_str(), *q)).collect();
    world.log.clear();
    world.sip(101, redirected(&many, Vec::new()));
    assert_eq!(world.log.len(), 5);
    world.log.clear();
    for next in 0..20 {
        let uri = format!("sip:5{next:02}@b");
        world.sip(102 + next, redirected(&[(&uri, 1000)], Vec::new()));
    }
    let invites = world.log.iter().filter(|line| line.starts_with("INVITE")).count();
    assert_eq!(invites, 5);
    assert!(world.calls.is_empty());
    assert_eq!(world.log.last().map(String::as_str), Some("media closed"));
}

#[test]
fn a_client_sees_the_number_that_rings_in_the_end() {
    let mut world = World::new();
    world.dial("300");
    assert_eq!(world.invited, Some((None, Headers::new())));
    world.sip(101, redirected(&[("sip:301@b", 1000)], Vec::new()));
    world.sip(102, progress(180, None));
    assert_eq!(world.last_view(DESK).remote.number, "301");
    world.sip(102, answered(sdp()));
    assert_eq!(world.last_view(DESK).state, ConnectionState::Connected);
    assert_eq!(world.calls.len(), 1);
}

#[test]
fn without_a_contact_a_redirection_is_a_refusal() {
    let mut world = World::new();
    world.dial("300");
    world.sip(101, rejected(302));
    let cause = world.last_view(DESK).cause.clone().unwrap();
    assert_eq!((cause.code, cause.sip_status), (CauseCode::Refused, Some(302)));
}

#[test]
fn nobody_further_is_called_once_everybody_has_refused() {
    let mut world = World::new();
    world.pass_on(PBX, vec![target(TRUSTED, "300")]);
    world.sip(101, redirected(&[("sip:301@b", 1000), ("sip:302@b", 500)], Vec::new()));
    world.sip(102, rejected(603));
    world.logged(&["INVITE 300", "INVITE 301", "reject 603", "media closed"]);
}

#[test]
fn a_sound_that_ends_gives_way_to_ringing() {
    let mut world = World::new();
    world.dial("300");
    world.sip(101, progress(183, sdp()));
    world.log.clear();
    world.sip(101, redirected(&[("sip:301@b", 1000)], Vec::new()));
    world.logged(&["INVITE 301", "A hears Ringback"]);
    world.sip(102, progress(183, sdp()));
    world.logged(&["A hears Peer", "B hears Peer"]);
}

#[test]
fn calls_for_help_are_passed_on_beyond_the_limits() {
    let mut world = World::new();
    world.calls.set_overloaded(true);
    world.pass_on(PBX, vec![target(TRUSTED, "300")]);
    world.logged(&["reject 503"]);
    for _ in 0..20 {
        world.pass_on(PBX, vec![target(TRUSTED, "112")]);
        world.logged(&["INVITE 112"]);
    }
    // Even they are not without end: ten are taken beyond as many calls as there may be.
    world.pass_on(PBX, vec![target(TRUSTED, "112")]);
    world.logged(&["reject 503"]);
}
