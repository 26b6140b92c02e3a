//! Why a call went as it did: its trace over HTTP and in a terminal, and what failed lately.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::baresip::Baresip;
use crate::support::http;
use crate::support::kamailio::{self, Kamailio};
use crate::support::offhook::{ADMINISTRATOR, Offhook, Pbx, Settings};
use crate::support::sipp::{Part, Sipp};
use crate::support::site::Site;
use crate::support::socket::sign_in;
use crate::support::softphone::Softphone;
use crate::support::{SOON, eventually};

struct Stage {
    server: Offhook,
    pbx: Kamailio,
    cookie: String,
    site: Site,
}

fn stage(name: &str) -> Stage {
    let site = Site::new(name);
    let pbx = Kamailio::start(&site, &kamailio::Settings::default());
    let server = Offhook::start(&site, &Settings::default());
    pbx.wait("bound 100", 1);
    let cookie = sign_in(&server, "/api/v1/admin/session", ADMINISTRATOR);
    Stage { server, pbx, cookie, site }
}

#[track_caller]
fn get(server: &Offhook, cookie: &str, route: &str) -> Value {
    let answer = http::ask(server.http(), "GET", route, &[("cookie", cookie)], "");
    assert_eq!(answer.status, 200, "{route}: {}", answer.text);
    let body = answer.text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{route}: {error}: {body}"))
}

/// What the command `offhook trace` prints.
#[track_caller]
fn printed(server: &Offhook, arguments: &[&str]) -> String {
    let mut command = Command::new("timeout");
    command.args(["20", env!("CARGO_BIN_EXE_offhook"), "trace"]).args(arguments);
    command.arg("--config").arg(server.dir().join("offhook.toml")).env("OFFHOOK_LOG", "error").stdin(Stdio::null());
    let output = command.output().expect("the program can be started");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("what it prints is text")
}

/// The SIP messages of a trace: from whom to whom, and their first lines.
fn messages(trace: &Value) -> Vec<String> {
    let events = trace["events"].as_array().expect("a trace has events");
    let sip = events.iter().filter(|event| event["what"]["kind"] == "sip");
    let line = |event: &Value| {
        let party = |end: &str| {
            let place = event[end].as_u64().expect("an event has parties") as usize;
            trace["parties"][place]["name"].as_str().unwrap_or_default().to_owned()
        };
        let first = event["what"]["text"].as_str().and_then(|text| text.lines().next()).unwrap_or_default();
        format!("{} > {}: {first}", party("from"), party("to"))
    };
    sip.map(line).collect()
}

/// Whether these beginnings come in this order among the messages.
#[track_caller]
fn in_order(messages: &[String], wanted: &[&str]) {
    let mut rest = messages.iter();
    for wanted in wanted {
        assert!(rest.any(|message| message.starts_with(wanted)), "no {wanted} in its place: {messages:#?}");
    }
}

fn kinds(trace: &Value, kind: &str) -> Vec<Value> {
    let events = trace["events"].as_array().into_iter().flatten();
    events.map(|event| event["what"].clone()).filter(|what| what["kind"] == kind).collect()
}

#[test]
fn a_call_is_traced_on_all_its_sides_without_a_secret() {
    let stage = stage("trace");
    let Stage { server, cookie, .. } = &stage;
    let route = "/api/v1/admin/calls/1/trace";
    assert_eq!(http::ask(server.http(), "GET", route, &[], "").status, 401, "without signing in");
    assert_eq!(http::ask(server.http(), "GET", route, &[("cookie", cookie)], "").status, 404, "before any call");

    let phone = Softphone::sign_in(server, "alice");
    let mut called = Baresip::start(&stage.site, &Default::default());
    phone.dial("200");
    phone.wait_connected();
    called.wait("CALL_ESTABLISHED");
    phone.press("5");
    assert_eq!(called.wait("CALL_DTMF_START"), "5");
    called.hang_up();
    phone.sees("The call has ended.");

    let traced = eventually("the trace has the end of the call", SOON, || {
        let traced = get(server, cookie, route);
        let told = messages(&traced["trace"]);
        let whole = traced["trace"]["legs"].as_array().is_some_and(|legs| legs.len() == 2)
            && told.iter().any(|message| message.starts_with("Offhook > main: SIP/2.0 200"));
        if whole { Ok(traced) } else { Err(format!("{told:#?}")) }
    });
    let trace = &traced["trace"];
    in_order(
        &messages(trace),
        &[
            "Offhook > main: INVITE sip:200@",
            "main > Offhook: SIP/2.0 407",
            "Offhook > main: ACK",
            "Offhook > main: INVITE sip:200@",
            "main > Offhook: SIP/2.0 200",
            "Offhook > main: ACK",
            "main > Offhook: BYE",
            "Offhook > main: SIP/2.0 200",
        ],
    );
    assert_eq!((trace["caller"].as_str(), trace["called"].as_str()), (Some("100"), Some("200")));
    assert_eq!(trace["cause"]["code"], "normal_clearing");
    assert_eq!(trace["parties"][0]["name"], "alice", "who began stands first");
    let client = kinds(trace, "client");
    assert!(
        client.iter().any(|what| what["text"].as_str().is_some_and(|text| text.contains("make_call"))),
        "{client:?}"
    );
    assert!(client.len() > 3, "what it was told is there: {client:?}");
    let steps = kinds(trace, "step");
    assert!(steps.iter().any(|step| step["after"] == "connected"), "{steps:?}");
    let media = kinds(trace, "media");
    for event in ["agreed", "secured", "connected"] {
        assert!(media.iter().any(|what| what["event"] == event), "{event}: {media:?}");
    }
    let setting = |key: &str| {
        let settings = trace["settings"].as_array().into_iter().flatten();
        settings.filter(|setting| setting["key"] == key).map(|setting| setting["value"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(setting("line_group.name"), ["main"]);
    assert_eq!(setting("line_group.line.password"), ["set"]);
    let all = trace.to_string();
    assert!(
        all.contains("Proxy-Authorization: Digest") || all.contains("Authorization: Digest"),
        "it proved who it is"
    );
    for secret in ["response=\\\"x", "a=ice-pwd:x"] {
        assert!(all.contains(secret), "{secret} is masked: {all}");
    }
    assert!(!all.contains(&kamailio::password("100")));
    assert_eq!(traced["verdict"]["code"], "none", "{}", traced["verdict"]);

    let ladder = printed(server, &["1"]);
    for wanted in ["100 -> 200", "alice", "Offhook", "main", "make_call 200", "INVITE sip:200@", "407", "connected"] {
        assert!(ladder.contains(wanted), "{wanted}: {ladder}");
    }
    let line = get(server, cookie, "/api/v1/admin/lines/100/trace");
    in_order(
        &messages(&line["trace"]),
        &["Offhook > main: REGISTER", "main > Offhook: SIP/2.0 200", "Offhook > main: INVITE"],
    );
    assert!(printed(server, &["100", "--line"]).contains("REGISTER"));
}

#[test]
fn a_call_that_fails_is_judged_counted_and_can_be_looked_at() {
    let stage = stage("trace-404");
    let Stage { server, cookie, .. } = &stage;
    let phone = Softphone::sign_in(server, "alice");
    phone.dial("999");
    phone.alert("This number does not exist. Check the digits.");
    let failures = eventually("the failure is told", SOON, || {
        let failures = get(server, cookie, "/api/v1/admin/failures");
        if failures["calls"][0].is_object() { Ok(failures) } else { Err(failures.to_string()) }
    });
    let call = &failures["calls"][0];
    assert_eq!((call["code"].as_str(), call["severity"].as_str()), (Some("unknown_number"), Some("failed")), "{call}");
    assert_eq!((call["line"].as_str(), call["group"].as_str()), (Some("100"), Some("main")));
    assert_eq!((call["called"].as_str(), call["traced"].as_bool()), (Some("999"), Some(true)));
    let counts = &failures["counts"];
    assert_eq!(counts["codes"][0]["code"], "unknown_number");
    for place in [&counts["lines"], &counts["groups"], &counts["hours"]] {
        assert_eq!(place[0]["count"], 1, "{counts}");
    }
    let until = call["ended_at"].as_f64().expect("it ended");
    let before = get(server, cookie, &format!("/api/v1/admin/failures?since=0&until={until}"));
    assert_eq!(before["calls"].as_array().map(Vec::len), Some(0), "not before it ended");
    let id = call["id"].as_str().expect("it has a name");
    let traced = get(server, cookie, &format!("/api/v1/admin/calls/{id}/trace"));
    in_order(&messages(&traced["trace"]), &["Offhook > main: INVITE", "main > Offhook: SIP/2.0 404"]);
    assert_eq!(traced["verdict"]["code"], "unknown_number");
    let ladder = printed(server, &[id]);
    assert!(ladder.contains("Verdict: ") && ladder.contains("unknown_number"), "{ladder}");
    stage.pbx.wait("bound 100", 1);
}

/// The PBX's address within the [`Site`].
const PBX: u8 = 7;
/// The provider's.
const CARRIER: u8 = 8;

#[test]
fn a_call_that_is_passed_on_has_both_its_sides_in_one_trace() {
    let site = Site::new("trace-route");
    let pbxes = vec![Pbx::fixed(&site, "pbx", PBX), Pbx::fixed(&site, "carrier", CARRIER)];
    let more = "[[route]]\nfrom = \"pbx\"\nnumber = '0(\\d+)'\nto = \"carrier\"\n".to_owned();
    let server = Offhook::start(&site, &Settings { pbxes, users: Vec::new(), more, ..Default::default() });
    server.wait_located(2);
    let cookie = sign_in(&server, "/api/v1/admin/session", ADMINISTRATOR);
    let mut called = Sipp::answering(&site, "answer", CARRIER);
    let calls = Some((site.socket(2, 5060), "08912345"));
    Sipp::play(&site, &Part { calls, ..Part::new("call", PBX) }).finish(SOON);
    called.finish(SOON);
    let trace = get(&server, &cookie, "/api/v1/admin/calls/1/trace")["trace"].clone();
    in_order(
        &messages(&trace),
        &[
            "pbx > Offhook: INVITE",
            "Offhook > carrier: INVITE",
            "carrier > Offhook: SIP/2.0 200",
            "Offhook > pbx: SIP/2.0 200",
        ],
    );
    let parties: Vec<_> =
        trace["parties"].as_array().into_iter().flatten().map(|party| party["name"].clone()).collect();
    assert_eq!(parties, ["pbx", "Offhook", "carrier"]);

    // An INVITE that no call comes of has a trace, too: by its Call-ID.
    let calls = Some((site.socket(2, 5060), "123"));
    Sipp::play(&site, &Part { calls, words: &[("@STATUS@", "404")], ..Part::new("call_refused", PBX) }).finish(SOON);
    let stray = eventually("the refused INVITE is among the failures", SOON, || {
        let failures = get(&server, &cookie, "/api/v1/admin/failures");
        failures["calls"][0]["id"].as_str().map(str::to_owned).ok_or_else(|| failures.to_string())
    });
    let ladder = printed(&server, &[&stray]);
    assert!(ladder.contains("INVITE sip:123@") && ladder.contains("404"), "{ladder}");
}
