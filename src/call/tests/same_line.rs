//! Lines whose numbers the PBX writes otherwise than they are dialled.

use offhook_sip::header::Name;
use serde_json::{Value, json};

use super::divert::{CAROL, CAROLS, CAROLS_LINE, forwarding, own, world};
use super::numbers::located;
use super::*;
use crate::call::settings::{ForwardingKind, LineSettings};
use crate::rights::{Audience, LineRight, OnLine, RightsTable};

/// Lines 200 to 202 of a location, once of a PBX that is given whole numbers, once of one that has them and is given extensions.
fn worlds() -> [World; 2] {
    let with = |output: Value, prefix: &'static str| {
        world(|directory| {
            for line in &mut directory.lines {
                line.number.insert_str(0, prefix);
            }
            own(directory).pickup_code = Some("*59<NUMBER>".into());
            located(directory, &output);
        })
    };
    [with(json!({ "output": "e164" }), ""), with(json!({}), "+49301234")]
}

fn pickup(number: &str) -> Command {
    Command::DirectedPickupCall { line: CAROLS_LINE, number: number.into(), sdp: "v=0".into() }
}

#[test]
fn nobody_forwards_to_the_own_line() {
    for mut world in worlds() {
        for number in ["200", "030 1234 200", "!200", "!+49301234200"] {
            let own = forwarding(ForwardingKind::Immediate, number);
            world.refused(Command::SetForwarding { line: LINE, forwarding: own }, CauseCode::OwnNumber);
            let office = Command::SetRemoteOffice { line: LINE, number: Some(number.into()) };
            world.refused(office, CauseCode::OwnNumber);
        }
        let call = world.incoming();
        world.refused(Command::DeflectCall { call, number: "200".into() }, CauseCode::OwnNumber);
    }
}

#[test]
fn two_lines_that_forward_to_each_other_ring_in_the_end() {
    // Whether the PBX says so itself, and in which of the two forms, or does not.
    for (from, diversion) in [
        ("0491", None),
        ("200", None),
        ("+49301234200", None),
        ("0555", Some("<sip:200@x>;reason=unconditional")),
        ("0555", Some("<sip:+49301234200@x>;reason=unconditional")),
    ] {
        let ways = [("202", "200"), ("!202", "!200"), ("!+49301234202", "!+49301234200")];
        for (mut world, (there, back)) in ways.into_iter().flat_map(|way| worlds().map(|world| (world, way))) {
            for (line, to) in [(LINE, there), (CAROLS_LINE, back)] {
                let forwardings = vec![forwarding(ForwardingKind::Immediate, to)];
                let settings = LineSettings { forwardings, ..LineSettings::default() };
                world.input(Input::LineSettings { line, settings });
            }
            world.call_in(1, LINE, "0491", Headers::new());
            assert!(world.log.last().is_some_and(|sent| sent.starts_with("INVITE ")), "{:?}", world.log);
            world.log.clear();
            let headers = diversion.map(|diversion| (Name::Diversion, diversion.to_owned()));
            world.call_in(2, CAROLS_LINE, from, headers.into_iter().collect());
            world.logged(&["180"]);
        }
    }
}

#[test]
fn a_call_is_picked_up_however_its_line_is_written() {
    for number in ["200", "030 1234-200", "+49301234200", "!200", "!+49301234200"] {
        for mut world in worlds() {
            let call = world.incoming();
            world.log.clear();
            let taken = world.command(CAROLS, pickup(number));
            assert!(matches!(taken, Some(CommandResult::Media { .. })), "{number}: {taken:?}");
            assert_eq!(world.last_view(CAROLS).id, call, "{number}");
        }
    }
}

#[test]
fn the_code_for_pick_up_has_the_number_as_the_pbx_has_it() {
    for (mut world, code) in worlds().into_iter().zip(["INVITE *59200", "INVITE *59+49301234200"]) {
        let mut directory = Directory::clone(&world.calls.directory);
        own(&mut directory).pickup_in_server = false;
        world.input(Input::Directory(Arc::new(directory)));
        assert!(matches!(world.command(CAROLS, pickup("030 1234-200")), Some(CommandResult::Media { .. })));
        world.logged(&[code]);
    }
}

#[test]
fn no_way_to_write_a_number_leads_around_the_right_to_pick_up() {
    for mut world in worlds() {
        let mut rights = RightsTable::of_users(3);
        rights.give(LINE, Audience::User(CAROL), OnLine::of([LineRight::SeeStatus]));
        world.input(Input::Rights(Arc::new(rights)));
        world.incoming();
        for number in ["200", "030 1234-200", "+49301234200", "!200", "!+49301234200"] {
            let refused = world.command(CAROLS, pickup(number));
            assert_eq!(refused, Some(CommandResult::Error(CauseCode::PickUpNotAllowed)), "{number}");
        }
    }
}

#[test]
fn a_parked_call_is_found_however_the_number_is_written() {
    for (parked, fetched) in
        [(None, "200"), (None, "+49 30 1234 200"), (Some("200"), "!200"), (Some("250"), "030 1234 250")]
    {
        for mut world in worlds() {
            let call = world.taken(1);
            world.done(Command::ParkCall { call, number: parked.map(str::to_owned) });
            let second = world.taken(2);
            world.refused(Command::ParkCall { call: second, number: Some(fetched.into()) }, CauseCode::ParkOccupied);
            let taken = world.command(CAROLS, pickup(fetched));
            assert!(matches!(taken, Some(CommandResult::Media { call: same, .. }) if same == call), "{fetched}");
        }
    }
}
