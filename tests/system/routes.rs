//! Calls from one PBX to another along a route: Offhook as a back-to-back user agent between sipp and sipp.

use crate::support::offhook::{Offhook, Pbx, Settings};
use crate::support::sipp::{Part, Sipp};
use crate::support::site::Site;
use crate::support::{SOON, eventually};

/// The PBX's address within the [`Site`].
const PBX: u8 = 7;
/// The provider's.
const CARRIER: u8 = 8;

/// Numbers that begin with 0 go from the PBX to the provider as +49, and back.
const ROUTES: &str = "[[route]]\nfrom = \"pbx\"\nnumber = '0(\\d+)'\nto = \"carrier\"\nrewrite = '+49$1'\n\
                      [[route]]\nfrom = \"carrier\"\nnumber = '\\+49(\\d+)'\nto = \"pbx\"\nrewrite = '0$1'\n\
                      [[route]]\nfrom = \"pbx\"\nnumber = '11\\d'\nto = \"carrier\"\n";

struct Stage {
    site: Site,
    server: Offhook,
}

fn stage(name: &str) -> Stage {
    stage_with(name, |_| {})
}

/// A server between two PBXs, after a change of the connection to the second.
fn stage_with(name: &str, change: impl FnOnce(&mut Pbx)) -> Stage {
    let site = Site::new(name);
    let mut carrier = Pbx::fixed(&site, "carrier", CARRIER);
    change(&mut carrier);
    let pbxes = vec![Pbx::fixed(&site, "pbx", PBX), carrier];
    let settings = Settings { pbxes, users: Vec::new(), more: ROUTES.into(), ..Default::default() };
    let server = Offhook::start(&site, &settings);
    server.wait_located(2);
    Stage { site, server }
}

impl Stage {
    fn called(&self, scenario: &str) -> Sipp {
        Sipp::answering(&self.site, scenario, CARRIER)
    }

    /// The PBX calls a number.
    fn calls(&self, scenario: &str, number: &str, words: &[(&str, &str)]) -> Sipp {
        self.calls_from(PBX, scenario, number, words)
    }

    fn calls_from(&self, host: u8, scenario: &str, number: &str, words: &[(&str, &str)]) -> Sipp {
        let calls = Some((self.site.socket(2, 5060), number));
        Sipp::play(&self.site, &Part { calls, words, ..Part::new(scenario, host) })
    }

    #[track_caller]
    fn is_refused(&self, host: u8, number: &str, status: &str) {
        self.calls_from(host, "call_refused", number, &[("@STATUS@", status)]).finish(SOON);
    }
}

#[test]
fn a_number_is_rewritten_on_its_way() {
    let stage = stage("route");
    let mut called = stage.called("answer");
    stage.calls("call", "08912345", &[]).finish(SOON);
    called.finish(SOON);
    let messages = called.messages();
    assert!(messages.contains("INVITE sip:+498912345@pbx.test"), "{messages}");
}

#[test]
fn a_number_stays_where_nothing_is_to_be_rewritten() {
    let stage = stage("route-same");
    let mut called = stage.called("answer");
    stage.calls("call", "112", &[]).finish(SOON);
    called.finish(SOON);
    assert!(called.messages().contains("INVITE sip:112@pbx.test"));
}

#[test]
fn calls_come_back_along_the_other_route() {
    let stage = stage("route-back");
    let mut called = Sipp::answering(&stage.site, "answer", PBX);
    stage.calls_from(CARRIER, "call", "+498912", &[]).finish(SOON);
    called.finish(SOON);
    assert!(called.messages().contains("INVITE sip:08912@pbx.test"));
}

#[test]
fn the_called_side_can_hang_up() {
    let stage = stage("route-far-end");
    let mut called = stage.called("answer_and_end");
    stage.calls("call_held", "089", &[]).finish(SOON);
    called.finish(SOON);
}

#[test]
fn numbers_without_a_route_are_unknown_and_strangers_are_refused() {
    let stage = stage("route-none");
    stage.is_refused(PBX, "4711", "404");
    // A route is for calls from the one side only.
    stage.is_refused(CARRIER, "089", "404");
    stage.is_refused(9, "089", "403");
}

#[test]
fn a_refusal_comes_through() {
    let stage = stage("route-busy");
    for status in ["486 Busy Here", "404 Not Found", "603 Decline"] {
        let mut called = Sipp::refusing(&stage.site, CARRIER, status);
        stage.is_refused(PBX, "089", &status[..3]);
        called.finish(SOON);
    }
}

#[test]
fn several_provisional_answers_come_before_the_call() {
    let stage = stage("route-slowly");
    let mut called = stage.called("answer_slowly");
    let mut caller = stage.calls("call", "089", &[]);
    caller.finish(SOON);
    called.finish(SOON);
    // The second has what is to be heard before the answer.
    let messages = caller.messages();
    assert!(messages.contains("SIP/2.0 180 ") && messages.contains("SIP/2.0 183 "), "{messages}");
}

#[test]
fn a_caller_who_gives_up_is_told_so_and_the_other_side_stops_ringing() {
    let stage = stage("route-cancel");
    let mut called = stage.called("ring");
    stage.calls("call_given_up", "089", &[]).finish(SOON);
    called.finish(SOON);
}

#[test]
fn an_answer_that_crosses_the_end_of_ringing_is_ended() {
    let stage = stage("route-crossing");
    let mut called = stage.called("answer_late");
    stage.calls("call_given_up", "089", &[]).finish(SOON);
    called.finish(SOON);
}

#[test]
fn the_other_side_may_speak_tcp() {
    let stage = stage_with("route-tcp", |carrier| carrier.transport = "tcp");
    let mut called = Sipp::play(&stage.site, &Part { tcp: true, ..Part::new("answer", CARRIER) });
    stage.calls("call", "089", &[]).finish(SOON);
    called.finish(SOON);
    assert!(called.messages().contains("Via: SIP/2.0/TCP"));
}

#[test]
fn a_request_too_long_for_udp_goes_by_tcp() {
    let stage = stage("route-long");
    let mut called = Sipp::play(&stage.site, &Part { tcp: true, ..Part::new("answer", CARRIER) });
    let from = format!("\"{}\" <sip:4930@[local_ip]>", "long ".repeat(220));
    stage.calls("call", "089", &[("@FROM@", &from)]).finish(SOON);
    called.finish(SOON);
    assert!(called.messages().contains("long long long"));
}

#[test]
fn a_name_in_utf_8_comes_through() {
    let stage = stage("route-name");
    let mut called = stage.called("answer");
    stage.calls("call", "089", &[("@FROM@", "\"Zoë 東京\" <sip:4930@[local_ip]>")]).finish(SOON);
    called.finish(SOON);
    let messages = called.messages();
    assert!(messages.contains("From: \"Zoë 東京\" <sip:4930@"), "{messages}");
}

#[test]
fn a_redirection_is_followed_without_the_caller() {
    let stage = stage("route-302");
    let mut called = Sipp::play(&stage.site, &Part { times: 2, ..Part::new("redirect", CARRIER) });
    let mut caller = stage.calls("call", "089", &[]);
    caller.finish(SOON);
    called.finish(SOON);
    assert!(!caller.messages().contains("SIP/2.0 302"));
}

/// What a caller says of who it is.
const IDENTITY: &str = "P-Asserted-Identity: \"Boss\" <sip:+4930100@pbx.test>\nPrivacy: id\n\
                        Diversion: <sip:4444@pbx.test>;reason=unconditional\n";

#[test]
fn identities_and_diversions_are_passed_on_to_who_is_trusted() {
    let stage = stage("route-identity");
    let mut called = stage.called("answer");
    stage.calls("call", "089", &[("@HEADERS@", IDENTITY)]).finish(SOON);
    called.finish(SOON);
    let messages = called.messages();
    for line in IDENTITY.lines() {
        assert!(messages.contains(line), "{line} is not in {messages}");
    }
}

#[test]
fn identities_are_kept_from_who_is_not_trusted() {
    let stage = stage_with("route-private", |carrier| carrier.more.push_str("trust_identity = false\n"));
    let mut called = stage.called("answer");
    stage.calls("call", "089", &[("@HEADERS@", IDENTITY)]).finish(SOON);
    called.finish(SOON);
    let messages = called.messages();
    for told in ["Boss", "4930", "4444"] {
        assert!(!messages.contains(told), "{told} is in {messages}");
    }
}

#[test]
fn a_stranger_who_goes_on_asking_is_not_answered_any_more() {
    let stage = stage("route-stranger");
    let mut refused = 0;
    let mut heard = true;
    while heard && refused < 20 {
        let mut caller = stage.calls_from(9, "call_refused", "089", &[("@STATUS@", "403")]);
        heard = eventually("the stranger is refused, or asks again and again", SOON, || {
            let messages = caller.messages();
            let asked = messages.matches("message sent").count();
            let refused = messages.contains("SIP/2.0 403");
            if refused || asked > 3 { Ok(refused) } else { Err(messages) }
        });
        if heard {
            caller.finish(SOON);
            refused += 1;
        }
    }
    assert!(refused > 0 && !heard, "{refused} times refused");
    let strangers = &stage.server.status()["strangers"];
    assert_eq!(strangers["addresses"][0]["address"], stage.site.address(9).to_string());
    assert!(strangers["requests"].as_u64() > Some(refused), "{strangers}");
}
