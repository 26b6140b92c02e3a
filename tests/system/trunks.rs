//! PBXs whose number range comes as a whole: at a fixed address, or opened by one line that registers.

use serde_json::json;

use crate::support::SOON;
use crate::support::baresip::{self, Answer, Baresip};
use crate::support::kamailio::{self, Kamailio};
use crate::support::offhook::{Offhook, Pbx, Settings};
use crate::support::sipp::{Part, Sipp};
use crate::support::site::Site;
use crate::support::softphone::Softphone;

/// The lines of a trunk: 100 has the password, the others have none.
const RANGE: &str = "[[line_group.line]]\nuser_name = \"100\"\npassword = \"sesame-100\"\n\
                     [[line_group.line]]\nuser_name = \"101-103\"\n";

/// A connection to a trunk of this kind, with the lines 100 to 103.
fn trunk(kind: &str, more: &str) -> Pbx {
    let more = format!("kind = \"{kind}\"\nretry_interval = 2\n{more}\n{RANGE}");
    Pbx { lines: Vec::new(), more, ..Default::default() }
}

/// Somebody at the browser who has the line 101, and somebody else with the one that registers.
fn settings(pbx: Pbx) -> Settings {
    let users = vec![("alice", vec!["101"]), ("bob", vec!["100"])];
    Settings { pbxes: vec![pbx], users, ..Default::default() }
}

/// A PBX that sends calls for 100 to 103 where 100 is registered.
fn registrar(dialled_in_request: bool) -> kamailio::Settings {
    let users = ["100", "200"].map(|user| (user.to_owned(), kamailio::password(user))).to_vec();
    let trunk = ["100", "101", "102", "103"].map(|number| (number, "100")).to_vec();
    kamailio::Settings { users, trunk, dialled_in_request, ..Default::default() }
}

/// The phone 200 calls 101, and 101 calls 200; both hear each other.
fn calls_both_ways(site: &Site, server: &Offhook) {
    let mut phone = Softphone::open(&server.url(), true);
    phone.enter("alice", crate::support::offhook::PASSWORD);
    phone.sees("Ready");
    let mut far = Baresip::start(site, &baresip::Settings { answer: Answer::WhenTold, ..Default::default() });
    far.dial("101");
    phone.click("Answer");
    far.wait("CALL_ESTABLISHED");
    phone.hears_tone(1000.0);
    phone.click("Hang up");
    far.wait("CALL_CLOSED");
    phone.dial("200");
    assert_eq!(far.wait("CALL_INCOMING"), "sip:101@pbx.test");
    far.answer();
    far.wait("CALL_ESTABLISHED");
    phone.hears_tone(1000.0);
    far.hang_up();
    phone.sees("The call has ended.");
}

#[test]
fn a_trunk_at_a_fixed_address_has_calls_both_ways_without_a_registration() {
    let site = Site::new("trunk-fixed");
    let routes = vec![("101".into(), site.socket(2, 5060).to_string())];
    let pbx = Kamailio::start(&site, &kamailio::Settings { routes, ..registrar(true) });
    let server = Offhook::start(&site, &settings(trunk("trunk-fixed", "options_refresh = 1")));
    pbx.wait("request OPTIONS", 2);
    calls_both_ways(&site, &server);
    assert!(!pbx.log().contains("bound 10"), "nobody registers");
}

#[test]
fn options_tell_whether_a_fixed_trunk_is_there() {
    let site = Site::new("trunk-options");
    let mut pbx = Kamailio::start(&site, &registrar(true));
    let pbx_over_tcp = Pbx { transport: "tcp", ..trunk("trunk-fixed", "options_refresh = 1") };
    let server = Offhook::start(&site, &settings(pbx_over_tcp));
    pbx.wait("request OPTIONS", 1);
    let mut phone = Softphone::open(&server.url(), true);
    phone.enter("alice", crate::support::offhook::PASSWORD);
    phone.sees("Ready");
    pbx.go_away();
    phone.alert("The PBX ");
    phone.sees_no_more("Ready");
    server.wait_lines(&["100", "101", "102", "103"], "failed", Some("pbx_unreachable"));
    pbx.come_back();
    phone.sees("Ready");
    server.wait_lines(&["100", "101", "102", "103"], "ready", None);
}

#[test]
fn one_line_registers_for_all_and_the_pbx_names_the_number_in_the_request() {
    registers_for_all("trunk-registers", true);
}

#[test]
fn one_line_registers_for_all_and_the_pbx_names_the_number_in_to() {
    registers_for_all("trunk-registers-to", false);
}

fn registers_for_all(name: &str, dialled_in_request: bool) {
    let site = Site::new(name);
    let pbx = Kamailio::start(&site, &registrar(dialled_in_request));
    let server = Offhook::start(&site, &settings(trunk("trunk-registration", "")));
    pbx.wait("bound 100", 1);
    server.wait_lines(&["100"], "registered", None);
    server.wait_lines(&["101", "102", "103"], "ready", None);
    calls_both_ways(&site, &server);
    assert!(!["bound 101", "bound 102", "bound 103"].iter().any(|bound| pbx.log().contains(bound)));
}

#[test]
fn another_line_can_be_the_one_that_registers() {
    let site = Site::new("trunk-pilot");
    let users = vec![("102".into(), kamailio::password("102"))];
    let pbx = Kamailio::start(&site, &kamailio::Settings { users, ..registrar(true) });
    let lines = "kind = \"trunk-registration\"\n[[line_group.line]]\nuser_name = \"100-101\"\n\
                 [[line_group.line]]\nuser_name = \"102\"\npassword = \"sesame-102\"\npilot = true\n";
    let connection = Pbx { lines: Vec::new(), more: lines.into(), ..Default::default() };
    let server = Offhook::start(&site, &settings(connection));
    pbx.wait("bound 102", 1);
    server.wait_lines(&["102"], "registered", None);
    server.wait_lines(&["100", "101"], "ready", None);
    assert!(!pbx.log().contains("bound 100"));
}

#[test]
fn without_the_line_that_registers_no_line_of_the_trunk_is_ready() {
    let site = Site::new("trunk-refused");
    let users = vec![("100".into(), "another".into())];
    let _pbx = Kamailio::start(&site, &kamailio::Settings { users, ..registrar(true) });
    let server = Offhook::start(&site, &settings(trunk("trunk-registration", "")));
    server.wait_lines(&["100", "101", "102", "103"], "failed", Some("wrong_password"));
    let mut phone = Softphone::open(&server.url(), true);
    phone.enter("alice", crate::support::offhook::PASSWORD);
    phone.sees("The PBX rejects the line's user name or password.");
}

#[test]
fn a_line_of_a_location_rings_however_the_pbx_writes_its_number() {
    let site = Site::new("trunk-located");
    let mut connection = Pbx::fixed(&site, "main", 8);
    connection.more += &format!("location = \"Berlin\"\n{RANGE}");
    let server = Offhook::start(&site, &settings(connection));
    let berlin = json!({
        "name": "Berlin", "country": "DE", "area_code": "30",
        "numbering": { "kind": "trunk", "base_number": "1234", "ranges": [{ "from": "100", "to": "109" }] },
        "simple": { "country_prefix": "49", "reverse_length": 3 },
    });
    let made = server.control("POST", "/api/v1/admin/locations", &berlin.to_string());
    assert_eq!(made.status, 201, "{}", made.text);
    // When that is done, all changes count.
    assert!(server.run(&["reload"]).status.success());
    let mut phone = Softphone::open(&server.url(), true);
    phone.enter("alice", crate::support::offhook::PASSWORD);
    phone.sees("Ready");

    let plays = |scenario, number, words: &[(&str, &str)]| {
        let calls = Some((site.socket(2, 5060), number));
        Sipp::play(&site, &Part { calls, words, ..Part::new(scenario, 8) }).finish(SOON);
    };
    // Nobody but Alice is there: only her line 101 can ring.
    let rings = |number| plays("call_given_up", number, &[]);
    let is_refused = |number, status| plays("call_refused", number, &[("@STATUS@", status)]);
    for number in ["101", "+49301234101", "00301234101", "0301234101", "0049301234101"] {
        rings(number);
    }
    is_refused("+49301234100", "486");
    is_refused("+49301234109", "404");
    is_refused("+4989555101", "404");

    // By the end alone.
    let location = format!("/api/v1/admin/locations/{}", made.json()["id"].as_str().expect("it has an id"));
    let changed = server.control("PATCH", &location, &json!({ "dialect": "simple" }).to_string());
    assert_eq!(changed.status, 200, "{}", changed.text);
    assert!(server.run(&["reload"]).status.success());
    for number in ["+4989555101", "0777101"] {
        rings(number);
    }
    is_refused("+4989555100", "486");
    is_refused("+4989555109", "404");
}

#[test]
fn one_contact_is_registered_for_all_numbers() {
    let site = Site::new("trunk-bulk");
    let mut registrar = Sipp::answering(&site, "registrar_bulk", kamailio::HOST);
    let allowed = format!("allow_from = [\"{}\"]", site.address(8));
    let server = Offhook::start(&site, &settings(trunk("trunk-bulk-registration", &allowed)));
    registrar.finish(SOON);
    server.wait_lines(&["100"], "registered", None);
    server.wait_lines(&["101", "102", "103"], "ready", None);
    // RFC 6140 7.1.2: the contact with the called number in it.
    let mut phone = Softphone::open(&server.url(), true);
    phone.enter("alice", crate::support::offhook::PASSWORD);
    phone.sees("Ready");
    let part = Part { calls: Some((site.socket(2, 5060), "101")), ..Part::new("call", 8) };
    let mut caller = Sipp::play(&site, &part);
    phone.click("Answer");
    caller.finish(SOON);
    phone.sees("The call has ended.");
}
