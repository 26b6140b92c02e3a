//! What users may do with lines of others, and what they may use.

use super::divert::{CAROL, CAROLS, CAROLS_LINE, forwarding, world};
use super::*;
use crate::call::service::Service;
use crate::call::settings::ForwardingKind;
use crate::rights::{Audience, LineRight, OnLine, RightsTable, ServiceRight, ServiceSet};

/// A world where Carol may do this with Alice's line.
fn world_with(rights: &[LineRight], how: OnLine) -> World {
    let mut world = world(|_| {});
    world.gives(rights, how);
    world
}

impl World {
    /// Carol may do this with Alice's line from now on.
    fn gives(&mut self, rights: &[LineRight], how: OnLine) {
        let mut table = RightsTable::of_users(3);
        table.give(LINE, Audience::User(CAROL), OnLine::of(rights.iter().copied()).with(how));
        self.input(Input::Rights(Arc::new(table)));
    }

    /// Who has which services.
    fn has(&mut self, user: UserId, services: &[ServiceRight]) {
        let mut table = RightsTable::of_users(3);
        table.set_services(user, services.iter().copied().collect::<ServiceSet>());
        self.input(Input::Rights(Arc::new(table)));
    }
}

fn pickup(line: LineId, number: &str) -> Command {
    Command::DirectedPickupCall { line, number: number.into(), sdp: "v=0".into() }
}

#[test]
fn a_call_is_picked_up_by_who_may() {
    let mut world = world_with(&[LineRight::SeeStatus], OnLine::ADDITIONAL);
    let call = world.incoming();
    assert_eq!(
        world.command(CAROLS, pickup(CAROLS_LINE, "200")),
        Some(CommandResult::Error(CauseCode::PickUpNotAllowed))
    );
    // Who has no right is not told either whether something rings.
    assert_eq!(
        world.command(CAROLS, pickup(CAROLS_LINE, "201")),
        Some(CommandResult::Error(CauseCode::PickUpNotAllowed))
    );
    world.gives(&[LineRight::PickUp], OnLine::NOTHING);
    assert!(matches!(world.command(CAROLS, pickup(CAROLS_LINE, "200")), Some(CommandResult::Media { .. })));
    assert_eq!(world.last_view(CAROLS).id, call);
    // Bob has the line with Alice, and needs nobody's leave.
    let mut world = world_with(&[], OnLine::NOTHING);
    world.incoming();
    assert!(matches!(world.command(BOBS, pickup(OTHER_LINE, "200")), Some(CommandResult::Media { .. })));
}

#[test]
fn the_code_of_the_pbx_is_no_way_around_a_right() {
    let mut world = world(|directory| directory.groups[0].pickup_code = Some("*59<NUMBER>".into()));
    world.gives(&[], OnLine::NOTHING);
    assert_eq!(
        world.command(CAROLS, pickup(CAROLS_LINE, "200")),
        Some(CommandResult::Error(CauseCode::PickUpNotAllowed))
    );
    assert!(matches!(world.command(CAROLS, pickup(CAROLS_LINE, "777")), Some(CommandResult::Media { .. })));
}

#[test]
fn the_forwarding_of_others_is_set_by_who_may() {
    let set = |kind| Command::SetForwarding { line: LINE, forwarding: forwarding(kind, "700") };
    let mut world = world_with(&[], OnLine::NOTHING);
    let refused = |cause| Some(CommandResult::Error(cause));
    assert_eq!(world.command(CAROLS, set(ForwardingKind::Busy)), refused(CauseCode::UnknownLine));
    world.gives(&[LineRight::SeeStatus], OnLine::ADDITIONAL);
    assert_eq!(world.command(CAROLS, set(ForwardingKind::Busy)), refused(CauseCode::DiversionsNotAllowed));
    world.gives(&[LineRight::SetDiversions], OnLine::NOTHING);
    assert_eq!(world.command(CAROLS, set(ForwardingKind::Busy)), Some(CommandResult::Ok));
    assert_eq!(world.calls.settings(LINE).forwardings.len(), 1);
    let cancel = Command::CancelForwarding { line: LINE, kind: None, callers: None };
    assert_eq!(world.command(CAROLS, cancel), Some(CommandResult::Ok));
    // Nothing else is theirs.
    for command in [
        Command::SetDoNotDisturb { line: LINE, on: true },
        Command::SetRemoteOffice { line: LINE, number: Some("017".into()) },
        Command::MakeCall { line: LINE, number: "300".into(), sdp: "v=0".into() },
    ] {
        assert_eq!(world.command(CAROLS, command), refused(CauseCode::UnknownLine));
    }
}

#[test]
fn who_watches_a_line_is_told_of_its_calls() {
    let mut world = world_with(&[LineRight::SeeStatus], OnLine::ADDITIONAL);
    assert_eq!(world.calls.watching(LINE).iter().map(|(client, _)| *client).collect::<Vec<_>>(), [CAROLS]);
    assert_eq!(world.calls.lines_watched_by(CAROL).len(), 1);
    assert_eq!(world.calls.lines_watched_by(BOB).len(), 0, "it is his own");
    let call = world.incoming();
    assert!(world.log.contains(&"calls of 0".to_owned()), "{:?}", world.log);
    let monitored = &world.calls.monitored(LINE)[0];
    assert_eq!((monitored.id, monitored.state), (call, ConnectionState::Alerting));
    assert!(monitored.services.contains(Service::DirectedPickupCall));
    world.log.clear();
    let answer = Command::AnswerCall { call, sdp: "v=0".into() };
    assert!(matches!(world.command(DESK, answer), Some(CommandResult::Media { .. })));
    assert!(world.log.contains(&"calls of 0".to_owned()), "{:?}", world.log);
    let monitored = &world.calls.monitored(LINE)[0];
    assert_eq!((monitored.state, monitored.services.iter().count()), (ConnectionState::Connected, 0));
    world.log.clear();
    world.sip(1, bye());
    assert!(world.log.contains(&"calls of 0".to_owned()) && world.calls.monitored(LINE).is_empty());
    // Nobody watches.
    world.gives(&[LineRight::SeeStatus], OnLine::NOTHING);
    world.log.clear();
    world.incoming_as(2);
    assert!(!world.log.contains(&"calls of 0".to_owned()));
}

#[test]
fn what_a_user_may_not_use_is_refused() {
    let mut world = world(|_| {});
    let call = world.incoming();
    let make = |number: &str| Command::MakeCall { line: LINE, number: number.into(), sdp: "v=0".into() };
    let no_audio = Some(CommandResult::Error(CauseCode::AudioNotGiven));
    world.has(ALICE, &[ServiceRight::ControlLines]);
    assert_eq!(world.command(DESK, Command::AnswerCall { call, sdp: "v=0".into() }), no_audio);
    assert_eq!(world.command(DESK, make("300")), no_audio);
    assert_eq!(world.command(DESK, pickup(LINE, "201")), no_audio);
    world.done(Command::SetDoNotDisturb { line: LINE, on: true });

    world.has(ALICE, &[ServiceRight::Video]);
    let refused = |world: &mut World, command| world.refused(command, CauseCode::LinesNotGiven);
    refused(&mut world, Command::SetForwarding { line: LINE, forwarding: forwarding(ForwardingKind::Busy, "700") });
    refused(&mut world, Command::SetRemoteOffice { line: LINE, number: Some("017".into()) });
    refused(&mut world, pickup(LINE, "201"));
    // What was set can be taken back.
    world.done(Command::SetDoNotDisturb { line: LINE, on: false });
    assert!(matches!(world.command(DESK, make("300")), Some(CommandResult::Media { .. })));
    // Nothing keeps anybody from calling for help.
    world.has(ALICE, &[]);
    assert!(matches!(world.command(DESK, make("112")), Some(CommandResult::Media { .. })));
}

#[test]
fn what_a_user_may_not_use_is_not_offered() {
    let mut world = world(|_| {});
    world.has(ALICE, &[]);
    world.incoming();
    let offered = |world: &World, client| world.last_view(client).services.contains(Service::AnswerCall);
    assert!(!offered(&world, DESK) && offered(&world, BOBS));
    world.has(ALICE, &[ServiceRight::Audio]);
    assert!(offered(&world, DESK), "at once");
}
