//! Telephoning by program: commands and events over HTTP, prompts for clients with audio, and sockets that resume.

use serde_json::{Value, json};

use crate::support::baresip::{self, Answer, Baresip};
use crate::support::http::{self, Answer as HttpAnswer};
use crate::support::kamailio::Kamailio;
use crate::support::offhook::{ADMINISTRATOR, Offhook, Settings};
use crate::support::site::Site;
use crate::support::socket::{Events, Socket, sign_in};
use crate::support::{SOON, eventually};

struct Stage {
    caller: Baresip,
    server: Offhook,
    cookie: String,
    _site: Site,
    _pbx: Kamailio,
}

fn stage(name: &str) -> Stage {
    let site = Site::new(name);
    let pbx = Kamailio::start(&site, &Default::default());
    let users = vec![("alice", vec!["100"]), ("bob", Vec::new())];
    let server = Offhook::start(&site, &Settings { users, ..Settings::default() });
    pbx.wait("bound 100", 1);
    let caller = Baresip::start(&site, &baresip::Settings { answer: Answer::WhenTold, ..Default::default() });
    let cookie = sign_in(&server, "/api/v1/session", "alice");
    Stage { caller, server, cookie, _site: site, _pbx: pbx }
}

impl Stage {
    #[track_caller]
    fn get(&self, route: &str) -> Value {
        let answer = http::ask(self.server.http(), "GET", route, &[("cookie", &self.cookie)], "");
        assert_eq!(answer.status, 200, "{}", answer.text);
        body(&answer)
    }

    /// Sends a command; gives the status and the body.
    #[track_caller]
    fn command(&self, command: &Value) -> (u16, Value) {
        let headers = [("cookie", self.cookie.as_str()), ("content-type", "application/json")];
        let answer = http::ask(self.server.http(), "POST", "/api/v1/commands", &headers, command.to_string());
        (answer.status, body(&answer))
    }

    /// The status and the cause of a command that is refused.
    #[track_caller]
    fn refused(&self, command: &Value) -> (u16, String) {
        let (status, body) = self.command(command);
        (status, body["cause"]["code"].as_str().unwrap_or_default().to_owned())
    }
}

#[track_caller]
fn body(answer: &HttpAnswer) -> Value {
    answer.json()
}

/// The numbers of messages that have one.
fn numbers(messages: &[Value]) -> Vec<u64> {
    messages.iter().filter_map(|message| message["seq"].as_u64()).collect()
}

#[test]
fn nobody_telephones_without_the_right_to() {
    let stage = stage("api-rights");
    let http = stage.server.http();
    let administrator = sign_in(&stage.server, "/api/v1/admin/session", ADMINISTRATOR);
    let swapped = stage.cookie.replacen("offhook-session", "offhook-administrator", 1);
    let routes = [
        ("POST", "/api/v1/commands"),
        ("GET", "/api/v1/calls"),
        ("GET", "/api/v1/lines"),
        ("GET", "/api/v1/clients"),
        ("GET", "/api/v1/events"),
    ];
    for (method, route) in routes {
        for cookie in [&administrator, &swapped, &String::new()] {
            let headers = [("cookie", cookie.as_str()), ("content-type", "application/json")];
            let answer = http::ask(http, method, route, &headers, r#"{"type":"ping"}"#);
            assert_eq!(answer.status, 401, "{method} {route} with {cookie:?}");
        }
        let foreign = [("cookie", stage.cookie.as_str()), ("origin", "http://elsewhere.example")];
        let answer = http::ask(http, method, route, &foreign, r#"{"type":"ping"}"#);
        assert_eq!(answer.status, 400, "{method} {route} from another page");
    }
    assert_eq!(stage.command(&json!({ "type": "ping" })), (200, json!({ "status": "ok" })));
    // What another page could send without asking is no command.
    let plain = [("cookie", stage.cookie.as_str()), ("content-type", "text/plain")];
    assert_eq!(http::ask(http, "POST", "/api/v1/commands", &plain, r#"{"type":"ping"}"#).status, 400);
    // Bob has no line, and not Alice's calls.
    let bob = sign_in(&stage.server, "/api/v1/session", "bob");
    let stage = Stage { cookie: bob, ..stage };
    assert_eq!(stage.get("/api/v1/lines")["lines"], json!([]));
    let line = json!({ "type": "make_call", "line": "0", "number": "200" });
    assert_eq!(stage.refused(&line), (404, "unknown_line".into()));
    let mut other = Socket::open(&stage.server, &sign_in(&stage.server, "/api/v1/session", "alice"));
    let client = other.hello["client"].take();
    let line = json!({ "type": "answer_call", "call": "1", "client": client });
    assert_eq!(stage.refused(&line), (404, "unknown_client".into()));
}

#[test]
fn a_program_follows_a_call_and_declines_it() {
    let mut stage = stage("api-follow");
    let mut events = Events::follow(stage.server.http(), &stage.cookie, "", "");
    let (first, picture) = events.next();
    assert_eq!((picture["type"].as_str(), picture["seq"].as_u64()), (Some("picture"), Some(first)));
    assert_eq!(picture["lines"][0]["number"], "100");
    // Somebody must be there for it to ring.
    let _client = Socket::open(&stage.server, &stage.cookie);
    stage.caller.dial("100");
    let (rang, call) = events.call("alerting");
    assert_eq!((call["number"].as_str(), call["here"].as_bool()), (Some("200"), Some(false)));
    let calls = stage.get("/api/v1/calls");
    assert_eq!(calls["calls"][0]["id"], call["id"]);
    assert!(calls["seq"].as_u64() >= Some(rang));
    let decline = json!({ "type": "decline_call", "call": call["id"], "reason": "busy" });
    assert_eq!(stage.command(&decline), (200, json!({ "status": "ok" })));
    assert_eq!(stage.caller.wait("CALL_CLOSED"), "486 Busy Here");
    let (ended, call) = events.call("null");
    assert_eq!(call["cause"]["code"], "busy");
    assert_eq!(stage.refused(&decline), (404, "unknown_call".into()));
    assert_eq!(stage.get("/api/v1/calls")["calls"], json!([]));

    // Who was away goes on where it stopped, by either way of saying where that was.
    drop(events);
    for (query, header) in
        [(format!("?since={first}"), String::new()), (String::new(), format!("last-event-id: {first}\r\n"))]
    {
        let mut again = Events::follow(stage.server.http(), &stage.cookie, &query, &header);
        let missed: Vec<_> = (first..ended).map(|_| again.next().0).collect();
        assert_eq!(missed, (first + 1..=ended).collect::<Vec<_>>());
    }
    let mut anew = Events::follow(stage.server.http(), &stage.cookie, &format!("?since={}", ended + 1_000), "");
    assert_eq!(anew.next().1["type"], "picture", "there was no such event");
}

#[test]
fn a_program_prompts_the_client_that_was_active_last() {
    let stage = stage("api-prompt");
    let make_call = json!({ "type": "make_call", "line": "0", "number": "200" });
    assert_eq!(stage.refused(&make_call), (409, "no_client".into()));
    let mut first = Socket::open(&stage.server, &stage.cookie);
    let mut second = Socket::open(&stage.server, &stage.cookie);
    assert_eq!(stage.get("/api/v1/clients")["clients"].as_array().map(Vec::len), Some(2));
    let prompted = |client: &Socket| (202, json!({ "status": "prompted", "client": client.hello["client"] }));
    assert_eq!(stage.command(&make_call), prompted(&second));
    let wanted = json!({ "type": "make_call", "line": "0", "number": "200", "project": null, "private": false });
    assert_eq!(second.wait("prompt")["prompt"], wanted);
    // The one that does something is the one to ask.
    assert_eq!(first.ask(json!({ "type": "clear_connection", "call": "77" }))["status"], "error");
    assert_eq!(stage.command(&make_call), prompted(&first));
    assert_eq!(first.wait("prompt")["prompt"], wanted);
    let mut named = make_call.clone();
    named["client"] = second.hello["client"].clone();
    assert_eq!(stage.command(&named), prompted(&second));
    second.wait("prompt");
    // A client prompts another, never itself.
    assert_eq!(first.ask(make_call.clone()), json!({ "status": "prompted", "client": second.hello["client"] }));
    assert_eq!(second.wait("prompt")["prompt"], wanted);
    assert_eq!(stage.refused(&json!({ "type": "answer_call", "call": "77" })), (404, "unknown_call".into()));
    named["client"] = "4711".into();
    assert_eq!(stage.refused(&named), (404, "unknown_client".into()));
    let unreadable = json!({ "type": "make_call", "line": "0", "number": "a@b" });
    assert_eq!(stage.refused(&unreadable), (422, "invalid_number".into()));
    // Help is called from where the person is, whatever telephone other calls are placed from.
    stage.command(&json!({ "type": "set_remote_office", "line": "0", "number": "0171" }));
    let help = json!({ "type": "make_call", "line": "0", "number": "112", "client": second.hello["client"] });
    assert_eq!(stage.command(&help), prompted(&second));
    assert_eq!(second.wait("prompt")["prompt"]["number"], "112");
    stage.command(&json!({ "type": "set_remote_office", "line": "0", "number": null }));
    let mut audio = make_call;
    audio["sdp"] = "v=0".into();
    assert_eq!(stage.refused(&audio), (400, "audio_needs_client".into()));
}

#[test]
fn a_client_that_comes_back_gets_what_it_missed_once() {
    let mut stage = stage("api-resume");
    let mut client = Socket::open(&stage.server, &stage.cookie);
    stage.caller.dial("100");
    let rings = client.wait("call");
    assert_eq!(rings["call"]["state"], "alerting");
    let since = rings["seq"].as_u64().expect("events are numbered");
    let token = client.hello["resume"].clone();
    client.break_off();
    stage.caller.hang_up();
    stage.caller.wait("CALL_CLOSED");
    // Another call, which the client has not seen yet, is there when it comes back.
    stage.caller.dial("100");
    stage.caller.wait("CALL_RINGING");

    let mut client = Socket::resume(&stage.server, &stage.cookie, &json!({ "resume": token, "since": since }));
    assert_eq!((client.hello["resumed"].as_bool(), client.hello["replayed"].as_bool()), (Some(true), Some(true)));
    assert_eq!((client.hello["seq"].as_u64(), &client.hello["calls"]), (Some(since), &json!([])));
    let mut missed = Vec::new();
    while missed.last().is_none_or(|last: &Value| last["call"]["state"] != "alerting") {
        missed.push(client.next());
    }
    let count = missed.len() as u64;
    assert_eq!(numbers(&missed), (since + 1..=since + count).collect::<Vec<_>>(), "{missed:?}");
    let over = missed
        .iter()
        .find(|message| message["call"]["id"] == rings["call"]["id"] && message["call"]["state"] == "null");
    assert_eq!(over.map(|message| &message["call"]["cause"]["code"]), Some(&json!("caller_hung_up")));

    // A page that was loaded anew has forgotten everything: it gets a picture, and what ended meanwhile.
    let token = client.hello["resume"].clone();
    client.break_off();
    // What was sent to the socket before the server saw that it is gone counts as told.
    eventually("the server knows that the client is away", SOON, || {
        match stage.get("/api/v1/clients")["clients"].to_string() {
            clients if !clients.contains("\"online\":true") => Ok(()),
            clients => Err(clients),
        }
    });
    stage.caller.hang_up();
    stage.caller.wait("CALL_CLOSED");
    eventually("the call is over", SOON, || match stage.get("/api/v1/calls")["calls"].as_array() {
        Some(calls) if calls.is_empty() => Ok(()),
        calls => Err(format!("{calls:?}")),
    });
    let client = Socket::resume(&stage.server, &stage.cookie, &json!({ "resume": token }));
    assert_eq!((client.hello["resumed"].as_bool(), client.hello["replayed"].as_bool()), (Some(true), Some(false)));
    assert_eq!(client.hello["lines"][0]["number"], "100");
    let ended = &client.hello["ended"];
    assert_eq!((ended.as_array().map(Vec::len), &ended[0]["cause"]["code"]), (Some(1), &json!("caller_hung_up")));

    // A number that nobody had brings a picture as well, and so does a stranger's token.
    let token = client.hello["resume"].clone();
    let far = client.hello["seq"].as_u64().expect("it is a number") + 1;
    client.break_off();
    let client = Socket::resume(&stage.server, &stage.cookie, &json!({ "resume": token, "since": far }));
    assert_eq!((client.hello["resumed"].as_bool(), client.hello["replayed"].as_bool()), (Some(true), Some(false)));
    let bob = sign_in(&stage.server, "/api/v1/session", "bob");
    let stolen = json!({ "resume": client.hello["resume"], "since": far - 1 });
    let stranger = Socket::resume(&stage.server, &bob, &stolen);
    assert_eq!((stranger.hello["resumed"].as_bool(), stranger.hello["replayed"].as_bool()), (Some(false), Some(false)));
}

#[test]
fn the_link_to_a_number_opens_the_app() {
    let stage = stage("api-link");
    let page = http::ask(stage.server.http(), "GET", "/?dial=tel%3A%2B4989123", &[], "");
    assert!(page.status == 200 && page.text.contains("<div id=\"root\">"), "{}", page.text);
}
