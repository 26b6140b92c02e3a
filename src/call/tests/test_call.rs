//! Test calls: the server calls a number from a line by itself.

use super::*;

impl World {
    fn server(&mut self, command: Command) {
        self.input(Input::Command { client: ClientId::SERVER, request: 0, command });
    }
}

fn calling(number: &str) -> World {
    let mut world = World::new();
    world.server(Command::MakeCall { line: LINE, number: number.into(), sdp: String::new() });
    world
}

#[test]
fn who_answers_hears_a_tone_then_their_own_voice_and_the_call_ends_by_itself() {
    let mut world = calling("0 171");
    world.logged(&["INVITE 0171"]);
    world.answer_last();
    assert_eq!(world.hears(CallId(1)), [None, Some(Sound::TestTone)]);
    world.wait();
    assert_eq!(world.hears(CallId(1)), [None, Some(Sound::Echo)]);
    world.log.clear();
    world.wait();
    world.logged(&["hangup 101", "media closed"]);
    assert!(world.calls.is_empty() && world.calls.poll_timeout().is_none());
    assert_eq!(world.ended[0].cause.as_ref().map(|cause| cause.code), Some(CauseCode::NormalClearing));
    assert_eq!(world.ended[0].caller, Number::Line(LINE));
    assert_eq!(world.views, [], "the line's users see nothing of it");
}

#[test]
fn the_server_ends_it_and_no_other_call() {
    let mut world = calling("300");
    world.server(Command::ClearCall { call: CallId(1) });
    assert!(world.calls.is_empty());
    world.dial("301");
    world.server(Command::ClearCall { call: CallId(2) });
    assert_eq!(world.calls.len(), 1, "that is somebody's own");
    let mut world = calling("300");
    world.wait();
    assert_eq!(world.ended[0].cause.as_ref().map(|cause| cause.code), Some(CauseCode::NoAnswer));
}

#[test]
fn what_is_refused_is_told_of_and_nobody_is_called_for_help() {
    let refused = |world: &World| world.ended[0].cause.as_ref().map(|cause| cause.code);
    let world = calling("112");
    assert_eq!((refused(&world), world.legs.len()), (Some(CauseCode::NotPossibleNow), 0));
    let mut world = World::new();
    world.input(Input::LineAvailable { line: LINE, available: false });
    world.server(Command::MakeCall { line: LINE, number: "300".into(), sdp: String::new() });
    assert_eq!(refused(&world), Some(CauseCode::LineNotRegistered));
    assert!(calling("@").ended.is_empty(), "that cannot be dialled");
}
