//! The table of `docs/calls.md`: every state of a call with every input, as the machine takes it.
//!
//! `OFFHOOK_GENERATE=1 cargo test --lib table` writes the file; without it the test fails where it differs.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use offhook_sip::ReferId;

use super::*;

/// A call of Alice's in some state, and the session of its other end.
type Stand = (CallId, u64);

/// How a state comes about.
type Reach = fn(&mut World) -> Stand;
/// How something happens.
type Happen = fn(&mut World, Stand);

/// What a state is called, what it means, and how it comes about.
const STATES: &[(&str, &str, Reach)] = &[
    ("dialled", "Alice has dialled; the INVITE is on its way.", |world| (world.dial("300"), world.next_session)),
    ("rings there", "It rings where Alice has called.", |world| {
        let call = world.dial("300");
        world.sip(world.next_session, ringing(180));
        (call, world.next_session)
    }),
    ("early media", "The other end is heard before it has answered.", |world| {
        let call = world.dial("300");
        let progress = SipInput::Progress { status: 183, sdp: sdp(), fork: 1, headers: Headers::new() };
        world.sip(world.next_session, progress);
        (call, world.next_session)
    }),
    ("rings here", "Somebody calls; it rings at Alice's devices.", |world| (world.incoming_as(1), 1)),
    ("connected", "Alice talks at her desk; the other end had called.", |world| (world.taken(1), 1)),
    ("connected, dialled", "Alice talks at her desk; she had called.", |world| {
        (world.talking_to("300"), world.next_session)
    }),
    ("held", "Alice has put the other side on hold.", |world| {
        let call = world.taken(1);
        world.done(Command::HoldCall { call });
        world.sip(1, SipInput::OfferAnswered { sdp: sdp() });
        (call, 1)
    }),
    ("held, with a second call", "Alice talks in a second call meanwhile.", |world| {
        let call = world.taken(1);
        world.talking_to("301");
        world.sip(1, SipInput::OfferAnswered { sdp: sdp() });
        (call, 1)
    }),
    ("second call", "Alice talks, and has another call on hold.", |world| {
        world.taken(1);
        let call = world.talking_to("301");
        world.sip(1, SipInput::OfferAnswered { sdp: sdp() });
        (call, world.next_session)
    }),
    ("being transferred", "Alice has transferred the call to a number that rings.", |world| {
        let call = world.taken(1);
        world.done(Command::SingleStepTransferCall { call, number: "301".into() });
        world.sip(world.next_session, ringing(180));
        (call, 1)
    }),
    ("in a conference", "Alice, the other end and a third talk.", |world| {
        let call = world.taken(1);
        let active = world.talking_to("301");
        world.sip(1, SipInput::OfferAnswered { sdp: sdp() });
        world.done(Command::ConferenceCall { active, held: call });
        world.sip(1, SipInput::OfferAnswered { sdp: sdp() });
        (call, 1)
    }),
    ("parked", "The other end waits at Alice's number.", |world| {
        let call = world.taken(1);
        world.done(Command::ParkCall { call, number: None });
        world.sip(1, SipInput::OfferAnswered { sdp: sdp() });
        (call, 1)
    }),
];

/// What happens to it.
const INPUTS: &[(&str, Happen)] = &[
    ("180", |world, (_, session)| world.sip(session, ringing(180))),
    ("200 to INVITE", |world, (_, session)| {
        let abilities = world.abilities;
        world.sip(session, SipInput::Answered { abilities, sdp: sdp(), headers: Headers::new() });
    }),
    ("486 to INVITE", |world, (_, session)| {
        let (reason, redirect) = ("Busy Here".into(), None);
        world.sip(session, SipInput::Rejected { status: 486, reason, from_network: true, redirect });
    }),
    ("ACK", |world, (_, session)| world.sip(session, SipInput::Confirmed { sdp: None })),
    ("CANCEL", |world, (_, session)| world.sip(session, SipInput::Cancelled { reason: None })),
    ("BYE", |world, (_, session)| world.sip(session, bye())),
    ("session lost", |world, (_, session)| world.sip(session, SipInput::Ended { broken: true, reason: None })),
    ("re-INVITE", |world, (_, session)| world.sip(session, SipInput::Offer { sdp: sdp() })),
    ("200 to re-INVITE", |world, (_, session)| world.sip(session, SipInput::OfferAnswered { sdp: sdp() })),
    ("488 to re-INVITE", |world, (_, session)| world.sip(session, SipInput::OfferRejected { status: 488 })),
    ("REFER", |world, (_, session)| {
        let (target, refer) = ("sip:305@pbx.test".parse().unwrap(), ReferId::from_raw(1));
        world.sip(session, SipInput::Refer { refer, target, replaces: None, referred_by: None });
    }),
    ("NOTIFY 200", |world, (_, session)| world.sip(session, SipInput::Referred { status: 200 })),
    ("NOTIFY 603", |world, (_, session)| world.sip(session, SipInput::Referred { status: 603 })),
    ("answer_call", |world, (call, _)| told(world, DESK, Command::AnswerCall { call, sdp: "v=0".into() })),
    ("decline_call", |world, (call, _)| told(world, DESK, Command::Decline { call, cause: CauseCode::Busy })),
    ("deflect_call", |world, (call, _)| told(world, DESK, Command::DeflectCall { call, number: "306".into() })),
    ("clear_connection", |world, (call, _)| told(world, DESK, Command::ClearConnection { call, remote: false })),
    ("clear_call", |world, (call, _)| told(world, DESK, Command::ClearCall { call })),
    ("hold_call", |world, (call, _)| told(world, DESK, Command::HoldCall { call })),
    ("retrieve_call", |world, (call, _)| told(world, DESK, Command::RetrieveCall { call })),
    ("consultation_call", |world, (call, _)| {
        let command = Command::ConsultationCall { call, number: "307".into(), sdp: "v=0".into() };
        told(world, DESK, command);
    }),
    ("alternate_call", |world, stand| pair(world, stand, |active, held| Command::AlternateCall { active, held })),
    ("reconnect_call", |world, stand| pair(world, stand, |active, held| Command::ReconnectCall { active, held })),
    ("transfer_call", |world, stand| pair(world, stand, |active, held| Command::TransferCall { active, held })),
    ("conference_call", |world, stand| pair(world, stand, |active, held| Command::ConferenceCall { active, held })),
    ("single_step_transfer_call", |world, (call, _)| {
        told(world, DESK, Command::SingleStepTransferCall { call, number: "308".into() });
    }),
    ("park_call", |world, (call, _)| told(world, DESK, Command::ParkCall { call, number: None })),
    ("generate_digits", |world, (call, _)| told(world, DESK, Command::GenerateDigits { call, digits: "1".into() })),
    ("hold_call, other device", |world, (call, _)| told(world, LAPTOP, Command::HoldCall { call })),
    ("browser's path breaks", |world, (call, _)| {
        let side = world.calls.calls[&call].browser_side();
        world.input(Input::Media { call, side, event: MediaInput::Lost { cause: CauseCode::ClientLost } });
    }),
    ("device lost", |world, _| world.input(Input::ClientGone { client: DESK })),
    ("time", |world, _| {
        if world.calls.poll_timeout().is_some() {
            world.wait();
        }
    }),
    ("shutdown", |world, _| world.input(Input::Shutdown)),
];

fn ringing(status: u16) -> SipInput {
    SipInput::Progress { status, sdp: None, fork: 1, headers: Headers::new() }
}

fn told(world: &mut World, client: ClientId, command: Command) {
    world.results.clear();
    world.input(Input::Command { client, request: 1, command });
}

/// A command for this call and the other that Alice has; with itself where there is none. The one on hold is the held
/// one.
fn pair(world: &mut World, (call, _): Stand, command: fn(CallId, CallId) -> Command) {
    let other = world.calls.views(DESK).into_iter().map(|view| view.id).find(|&id| id != call).unwrap_or(call);
    let held = world.calls.views(DESK).iter().any(|view| view.id == call && view.state == ConnectionState::Held);
    let (active, held) = if held { (other, call) } else { (call, other) };
    told(world, DESK, command(active, held));
}

/// What one input does in one state: the states afterwards, and the effects; or why it was refused.
fn cell(reach: Reach, input: Happen) -> Result<(String, String), CauseCode> {
    let mut world = World::new();
    let stand = reach(&mut world);
    let before = world.calls.views(DESK);
    world.log.clear();
    world.results.clear();
    world.views.clear();
    input(&mut world, stand);
    if let Some((_, CommandResult::Error(cause))) = world.results.first() {
        assert!(world.log.is_empty(), "what is refused changes nothing: {:?}", world.log);
        return Err(*cause);
    }
    let shown = |views: &[CallView]| -> String {
        let view = views.iter().rev().find(|view| view.id == stand.0);
        view.map_or_else(
            || "none".to_owned(),
            |view| format!("{:?} / {:?}", view.state, view.remote_state).to_lowercase(),
        )
    };
    let last: Vec<CallView> = world.views.iter().filter(|(to, _)| *to == DESK).map(|(_, view)| view.clone()).collect();
    let mut after =
        if last.iter().any(|view| view.id == stand.0) { shown(&last) } else { shown(&world.calls.views(DESK)) };
    if let Some(cause) = last.iter().rev().find(|view| view.id == stand.0).and_then(|view| view.cause.as_ref()) {
        let _ = write!(after, ", `{}`", cause.code.code());
    }
    if after == shown(&before) && world.log.is_empty() {
        return Ok((String::new(), String::new()));
    }
    Ok((after, world.log.join("; ")))
}

fn table() -> String {
    let mut text = String::from(
        "# Calls\n\nEvery state of a call with everything that can happen to it, as the machine takes it \
         (`src/call`). Generated by playing each pair (`src/call/tests/table.rs`, `make generated`); the test fails where the code does \
         something else.\n\n\
         A call has two sides: A called, B was called. States are those of ECMA-269 (6.1.5): the user's own connection / the \
         other side's, as the user's device is shown them. Session 1 is an end that has called, 101 and on are ends that were called. \
         What has no row is harmless: it is answered, logged, and nothing changes.\n",
    );
    for (name, meaning, reach) in STATES {
        let _ = write!(
            text,
            "\n## {}\n\n{meaning}\n\n| input | states then | effects |\n| --- | --- | --- |\n",
            upper(name)
        );
        let (mut refused, mut ignored) = (Vec::new(), Vec::new());
        for (input, apply) in INPUTS {
            match cell(*reach, *apply) {
                Ok((after, _)) if after.is_empty() => ignored.push(*input),
                Ok((after, effects)) => {
                    let _ = writeln!(text, "| {input} | {after} | {effects} |");
                }
                Err(cause) => refused.push(format!("{input} (`{}`)", cause.code())),
            }
        }
        let _ = write!(text, "\nRefused: {}.\n\nNothing changes with: {}.\n", refused.join(", "), ignored.join(", "));
    }
    text
}

fn upper(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[test]
fn generated_table_of_states_and_inputs_is_what_the_machine_does() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/calls.md");
    let text = table();
    if std::env::var_os("OFFHOOK_GENERATE").is_some() {
        return fs::write(path, text).unwrap();
    }
    assert!(fs::read_to_string(path).unwrap_or_default() == text, "docs/calls.md differs; run `make generated`");
}
