//! Private calls, and what is told of numbers in calls that are passed on.

use offhook_sip::header::Name;
use serde_json::json;

use super::numbers::{called_by, make, project, world};
use super::passed_on::{redirected, target};
use super::*;
use crate::call::numbers::{Translated, Typed};
use crate::call::settings::{Callers, Forwarding, ForwardingKind};
use crate::numbers::NumberKind;

fn private(text: &str) -> Command {
    make(Typed { text: text.into(), private: true, ..Typed::default() })
}

fn known(number: &str, shown: &str) -> Number {
    Number::Known { number: number.into(), shown: shown.into() }
}

fn mira() -> Number {
    known("+4989777", "+49 (89) 777")
}

/// A call that Alice makes and that is answered.
fn talking(world: &mut World, command: Command) -> CallId {
    let Some(CommandResult::Media { call, .. }) = world.command(DESK, command) else { panic!("it is dialled") };
    world.answer_last();
    world.input(Input::Media { call, side: Side::A, event: MediaInput::Connected });
    call
}

/// The sides of a call as its record has them.
fn sides(world: &World, call: CallId) -> (Number, Number) {
    let record = world.calls.record(call).expect("a call");
    (record.caller, record.called)
}

#[test]
fn a_transfer_tells_whom_it_joins_as_people_know_them() {
    let bridge = json!({ "projects": [{ "name": "P", "code": "*60eeee#", "use": "dial" }] });
    let with_pin = || make(project("+49 89 777", "P", "1357"));
    let mut world = world(&bridge);
    called_by(&mut world, "0089123456");
    let held = world.views.last().unwrap().1.id;
    world.command(DESK, Command::AnswerCall { call: held, sdp: "v=0".into() });
    let active = talking(&mut world, with_pin());
    world.done(Command::TransferCall { active, held });
    assert_eq!(sides(&world, held), (known("+4989123456", "+49 (89) 123456"), mira()));
    // Two that were both dialled.
    let held = talking(&mut world, make("030 777"));
    let active = talking(&mut world, with_pin());
    world.done(Command::TransferCall { active, held });
    assert_eq!(sides(&world, held), (mira(), known("+4930777", "+49 (30) 777")));
}

#[test]
fn a_private_number_stays_private_wherever_its_end_goes() {
    for first_is_private in [true, false] {
        let mut world = world(&json!({}));
        let open = make("030 777");
        let (first, second) =
            if first_is_private { (private("+49 89 777"), open) } else { (open, private("+49 89 777")) };
        let held = talking(&mut world, first);
        let active = talking(&mut world, second);
        world.done(Command::TransferCall { active, held });
        let (caller, called) = sides(&world, held);
        let expected = known("+4930777", "+49 (30) 777");
        let expected = if first_is_private { (expected, Number::Private) } else { (Number::Private, expected) };
        assert_eq!((caller, called), expected);
        assert!(world.calls.is_private(held));
    }
    // By way of another telephone of the user.
    let mut world = world(&json!({}));
    world.done(Command::SetRemoteOffice { line: LINE, number: Some("0171 123456".into()) });
    world.done(private("+49 89 777"));
    let call = CallId(1);
    world.answer_last();
    world.answer_last();
    assert_eq!(sides(&world, call), (Number::Private, known("+49171123456", "+49 171123456")));
}

#[test]
fn a_call_that_goes_on_elsewhere_is_recorded_as_people_know_the_number() {
    let mut world = world(&json!({}));
    let forwarding =
        Forwarding { kind: ForwardingKind::Immediate, callers: Callers::All, to: "+49 89 777".into(), after: None };
    world.done(Command::SetForwarding { line: LINE, forwarding });
    called_by(&mut world, "201");
    let call = world.calls.records().next().unwrap().id;
    assert_eq!(sides(&world, call).1, mira());
    // The PBX sends it further.
    world.sip(world.next_session, redirected(&[("sip:0030555@pbx", 1000)], Headers::new()));
    assert_eq!(sides(&world, call).1, known("+4930555", "+49 (30) 555"));
}

#[test]
fn a_call_along_a_route_is_recorded_as_people_know_the_number() {
    let mut world = world(&json!({}));
    world.pass_on(TRUSTED, vec![target(PBX, "0089777")]);
    let call = world.calls.records().next().unwrap().id;
    assert_eq!(sides(&world, call).1, mira());
}

#[test]
fn a_refused_call_that_may_be_private_is_told_without_its_number() {
    let secret = json!({ "projects": [{ "name": "P", "code": "*60eeee#", "use": "private" }] });
    let mut world = world(&secret);
    let refused = world.command(DESK, make(project("+49 89 777", "P", "12")));
    assert_eq!(refused, Some(CommandResult::Error(CauseCode::PinNeeded)));
    assert_eq!(world.ended.last().map(|record| record.called.clone()), Some(Number::Private));
}

#[test]
fn who_shares_the_line_does_not_see_whom_a_private_call_is_with() {
    let mut world = world(&json!({}));
    let call = talking(&mut world, private("+49 89 777"));
    world.views.clear();
    world.done(Command::ParkCall { call, number: Some("700".into()) });
    let bobs = world.last_view(BOBS);
    assert_eq!(
        (bobs.remote.clone(), bobs.shown.as_str(), bobs.state),
        (Caller::default(), "", ConnectionState::Queued)
    );
    assert_eq!(world.last_view(DESK).remote.number, "+4989777");
    // It rings there again, and somebody else takes it.
    world.wait();
    assert_eq!(world.last_view(BOBS).state, ConnectionState::Alerting);
    assert_eq!(world.last_view(BOBS).remote, Caller::default());
    let answer = Command::AnswerCall { call, sdp: "v=0".into() };
    assert!(matches!(world.command(BOBS, answer), Some(CommandResult::Media { .. })));
    assert_eq!(world.last_view(BOBS).remote.number, "+4989777");
    let told: Vec<_> = world.views.iter().filter(|(client, _)| *client == BOBS).collect();
    let shown = told.iter().filter(|(_, view)| view.state != ConnectionState::Connected);
    assert!(shown.clone().count() > 1 && shown.clone().all(|(_, view)| view.shown.is_empty()), "{told:?}");
}

#[test]
fn what_the_pbx_reports_in_a_private_call_is_told_to_nobody_else() {
    for (command, is_private) in [(private("+49 89 777"), true), (make("+49 89 777"), false)] {
        let mut world = world(&json!({}));
        world.command(DESK, command);
        let headers = vec![(Name::PAssertedIdentity, "<sip:0089778@pbx>".to_owned())];
        let abilities = world.abilities;
        world.sip(world.next_session, SipInput::Answered { abilities, sdp: sdp(), headers });
        let connected = world.translations.iter().find(|noted| noted.kind == NumberKind::ConnectedOutgoing).unwrap();
        assert!(matches!(&connected.result, Translated::Reported(known) if known.number == "+4989778"));
        assert_eq!(connected.is_private(), is_private);
        assert_eq!(connected.past("berlin", 0.0).is_none(), is_private);
    }
}
