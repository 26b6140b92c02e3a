//! Failures made on purpose with real peers, each with the verdict it must get: docs/diagnosis.md lists them.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use serde_json::Value;

use crate::support::baresip::{self, Answer, Baresip};
use crate::support::dns::Dns;
use crate::support::hop::{Hop, Host, Impairment};
use crate::support::http;
use crate::support::kamailio::{self, Kamailio};
use crate::support::offhook::{ADMINISTRATOR, Offhook, PASSWORD, Pbx, Settings};
use crate::support::sipp::{Part, Sipp};
use crate::support::site::Site;
use crate::support::socket::sign_in;
use crate::support::softphone::Softphone;
use crate::support::tls::Authority;
use crate::support::{SOON, eventually};

/// What a server knows of calls and lines, for its administrator.
struct Desk {
    server: Offhook,
    cookie: String,
}

impl Desk {
    #[track_caller]
    fn new(server: Offhook) -> Desk {
        let cookie = sign_in(&server, "/api/v1/admin/session", ADMINISTRATOR);
        Desk { server, cookie }
    }

    fn get(&self, route: &str) -> Result<Value, String> {
        let answer = http::ask(self.server.http(), "GET", route, &[("cookie", &self.cookie)], "");
        let (from, to) = (answer.text.find("\r\n\r\n").unwrap_or_default(), answer.text.len());
        let body = &answer.text[from..to];
        let object = body.find('{').zip(body.rfind('}')).map_or("", |(from, to)| &body[from..=to]);
        match answer.status {
            200 => serde_json::from_str(object).map_err(|error| format!("{error}: {body}")),
            status => Err(format!("{status}: {body}")),
        }
    }

    /// Waits until the verdict has this code; a piece of its evidence must have these words. While a call runs only what
    /// is bad counts: any other verdict may become another until it is over.
    #[track_caller]
    fn judges(&self, route: &str, code: &str, words: &str) -> Value {
        let found = eventually(&format!("{route} is {code}"), SOON * 6, || {
            let found = self.get(route)?;
            let runs = route.contains("/calls/") && found["trace"]["ended_at"].is_null();
            let verdict = &found["verdict"];
            let counts = !runs || verdict["severity"] == "bad";
            if counts && verdict["code"] == code { Ok(found) } else { Err(format!("running: {runs}, {verdict}")) }
        });
        let evidence = found["verdict"]["evidence"].as_array().expect("a verdict has evidence");
        let has = |one: &&Value| one["english"].as_str().is_some_and(|text| text.contains(words));
        assert!(evidence.iter().any(|one| has(&one)), "{words:?} in {}", found["verdict"]);
        let events = found["trace"]["events"].as_array().map_or(0, Vec::len) as u64;
        assert!(evidence.iter().all(|one| one["event"].as_u64().is_none_or(|event| event < events)), "{found}");
        println!("{code}: {}", found["verdict"]["english"]);
        found
    }

    /// The same of the n-th call of the server, counted from 1.
    #[track_caller]
    fn call(&self, number: u32, code: &str, words: &str) -> Value {
        self.judges(&format!("/api/v1/admin/calls/{number}/trace"), code, words)
    }

    /// The same of line 100.
    #[track_caller]
    fn line(&self, code: &str, words: &str) -> Value {
        self.judges("/api/v1/admin/lines/100/trace", code, words)
    }
}

/// Where the trace of a sipp's call is that was refused before it became one.
#[track_caller]
fn refused(caller: &Sipp) -> String {
    let messages = caller.messages();
    let call_id = messages.lines().find_map(|line| line.strip_prefix("Call-ID: ")).expect("it has a Call-ID");
    format!("/api/v1/admin/calls/{}/trace", call_id.trim())
}

/// Whether a setting is named as involved.
#[track_caller]
fn names(found: &Value, key: &str) {
    let evidence = found["verdict"]["evidence"].as_array().expect("a verdict has evidence");
    assert!(evidence.iter().any(|one| one["setting"] == key), "{key} in {}", found["verdict"]);
}

/// A server with its one connection.
fn server(site: &Site, connection: Pbx) -> Desk {
    Desk::new(Offhook::start(site, &Settings { pbxes: vec![connection], ..Default::default() }))
}

/// A PBX where number 700 is at the site's address 7, a server, and a user at the browser.
struct Stage {
    phone: Softphone,
    desk: Desk,
    pbx: Kamailio,
    site: Site,
}

fn stage(name: &str, connection: Pbx) -> Stage {
    stage_at(name, |_| kamailio::Settings::default(), connection)
}

fn stage_at(name: &str, settings: impl FnOnce(&Site) -> kamailio::Settings, connection: Pbx) -> Stage {
    let site = Site::new(name);
    let routes = vec![("700".into(), site.socket(7, 5060).to_string())];
    let pbx = Kamailio::start(&site, &kamailio::Settings { routes, ..settings(&site) });
    let desk = server(&site, connection);
    pbx.wait("bound 100", 1);
    let phone = Softphone::sign_in(&desk.server, "alice");
    Stage { phone, desk, pbx, site }
}

/// What sipp sends for a response within its scenario.
fn reply(status: &str) -> String {
    format!(
        "<send><![CDATA[\nSIP/2.0 {status}\n[last_Via:]\n[last_From:]\n[last_To:]\n[last_Call-ID:]\n[last_CSeq:]\nContent-Length: 0\n\n]]></send>"
    )
}

/// A called sipp at address 7 that answers, talks, and does something before the call is over.
fn talking(site: &Site, before_bye: &str) -> Sipp {
    let (ack, bye) = ("<recv request=\"ACK\"/>", "<recv request=\"BYE\"/>");
    let talks = format!("{ack}<nop><action><exec rtp_stream=\"tone.alaw,-1,8\"/></action></nop>");
    // The first ACK alone: those of what happens meanwhile come in with it.
    let words = [(ack, &*talks), (bye, &*format!("{before_bye}{bye}"))];
    Sipp::play(site, &Part { words: &words, ..Part::new("answer", 7) })
}

/// A request that sipp answers.
fn answered(method: &str, status: &str) -> String {
    let ack = if method == "INVITE" { "<recv request=\"ACK\" />" } else { "" };
    format!("<recv request=\"{method}\"/>{}{ack}", reply(status))
}

#[test]
fn a_wrong_password() {
    let site = Site::new("why-password");
    let _pbx = Kamailio::start(&site, &kamailio::Settings::default());
    let desk = server(&site, Pbx { password: Some("not-it"), ..Default::default() });
    let found = desk.line("wrong_password", "SIP/2.0 401");
    names(&found, "line_group.line.password");
    assert!(!found.to_string().contains("not-it"), "a password is nobody's business");
}

#[test]
fn a_domain_that_the_pbx_does_not_serve() {
    let site = Site::new("why-domain");
    let check = "if (is_method(\"REGISTER\") && $au != $null && $fd != \"pbx.test\") \
                 { sl_send_reply(\"403\", \"Forbidden\"); exit; }\n";
    let relayed = Some((String::new(), check.to_owned()));
    let _pbx = Kamailio::start(&site, &kamailio::Settings { relayed, ..Default::default() });
    let settings = Settings::default();
    let toml = settings.toml(&site).replace("domain = \"pbx.test\"", "domain = \"office.example\"");
    let desk = Desk::new(Offhook::start_with(&site, &settings, &toml));
    let found = desk.line("wrong_domain", "SIP/2.0 403");
    names(&found, "line_group.domain");
    assert!(found["verdict"]["english"].as_str().is_some_and(|text| text.contains("office.example")), "{found}");
}

#[test]
fn an_account_that_is_not_there() {
    let site = Site::new("why-account");
    let check = "if (is_method(\"REGISTER\")) { sl_send_reply(\"404\", \"Not Found\"); exit; }\n";
    let relayed = Some((String::new(), check.to_owned()));
    let _pbx = Kamailio::start(&site, &kamailio::Settings { relayed, ..Default::default() });
    server(&site, Pbx::default()).line("unknown_account", "SIP/2.0 404");
}

#[test]
fn a_challenge_that_cannot_be_met() {
    let site = Site::new("why-challenge");
    let words = [("algorithm=MD5", "algorithm=SHA3-512")];
    let _pbx = Sipp::play(&site, &Part { words: &words, ..Part::new("challenge", kamailio::HOST) });
    let more = "options_refresh = 0\n".into();
    server(&site, Pbx { more, ..Default::default() }).line("authentication_unsupported", "SIP/2.0 401");
}

#[test]
fn a_name_without_address() {
    let site = Site::new("why-name");
    let dns = Dns::start(&site, &[]);
    let connection = Pbx { registrar: Some("nowhere.test".into()), ..Default::default() };
    let more = format!("[dns]\nservers = [\"{}\"]\n", dns.address());
    let settings = Settings { pbxes: vec![connection], more, ..Default::default() };
    let found = Desk::new(Offhook::start(&site, &settings)).line("name_not_resolved", "nowhere.test");
    names(&found, "line_group.registrar");
}

#[test]
fn certificates() {
    for (who, code, words) in [
        ("stranger", "certificate_untrusted", "no trusted authority"),
        ("other", "certificate_wrong_name", "other.test"),
        ("expired", "certificate_expired", "expired"),
        ("mutual", "tls_failed", "certificate"),
    ] {
        let site = Site::new(&format!("why-{who}"));
        let authority = Authority::new(&site, "authority");
        let address = site.address(kamailio::HOST).to_string();
        let identity = match who {
            "stranger" => Authority::new(&site, "stranger").issue(&address),
            "other" => authority.issue("other.test"),
            "expired" => authority.issue_expired(&address),
            _ => authority.issue(&address),
        };
        let tls_clients = (who == "mutual").then(|| authority.file());
        let settings = kamailio::Settings { tls: Some(identity), tls_clients, ..Default::default() };
        let _pbx = Kamailio::start(&site, &settings);
        let more = format!("ca = [{:?}]\nsystem_ca = false\nretry_interval = 2\n", authority.file());
        server(&site, Pbx { port: Some(5061), transport: "tls", more, ..Default::default() }).line(code, words);
    }
}

#[test]
fn a_port_where_nobody_listens() {
    let site = Site::new("why-refused");
    let found = server(&site, Pbx { transport: "tcp", ..Default::default() }).line("connection_refused", "5060");
    names(&found, "line_group.port");
}

#[test]
fn a_pbx_that_does_not_answer() {
    let site = Site::new("why-silent");
    // It takes the packets, and that is all.
    let _pbx = UdpSocket::bind(site.socket(kamailio::HOST, 5060)).expect("the address is free");
    server(&site, Pbx::default()).line("pbx_not_answering", "no response");
}

#[test]
fn a_pbx_that_answers_late() {
    let stage = stage("why-late", Pbx::default());
    let _called = Baresip::start(&stage.site, &Default::default());
    stage.pbx.freeze();
    stage.phone.dial("200");
    eventually("the call was sent several times", SOON, || {
        let events = stage.desk.get("/api/v1/admin/calls/1/trace")?["trace"]["events"].to_string();
        let sent = events.matches("\"INVITE sip:").count();
        if sent >= 3 { Ok(()) } else { Err(format!("{sent} times")) }
    });
    stage.pbx.thaw();
    stage.phone.wait_connected();
    stage.phone.click("Hang up");
    stage.desk.call(1, "pbx_late", "SIP/2.0");
}

#[test]
fn what_a_pbx_refuses() {
    let stage = stage("why-refusals", Pbx::default());
    // Of the PBX itself.
    for (number, code, words) in [("999", "unknown_number", "404"), ("200", "unavailable", "480")] {
        stage.phone.dial(number);
        stage.desk.call(if number == "999" { 1 } else { 2 }, code, words);
    }
    let mut call = 2;
    for (status, code) in [
        ("403 Forbidden", "not_permitted"),
        ("486 Busy Here", "busy"),
        ("603 Decline", "declined"),
        ("482 Loop Detected", "loop"),
        ("420 Bad Extension", "extension_missing"),
        ("400 Bad Request", "malformed"),
        ("500 Server Internal Error", "pbx_error"),
        ("503 Service Unavailable", "pbx_overloaded"),
        ("415 Unsupported Media Type", "body_not_understood"),
        ("488 Not Acceptable Here", "offer_refused"),
        ("488 SRTP required", "srtp_demanded"),
    ] {
        let mut called = Sipp::refusing(&stage.site, 7, status);
        stage.phone.dial("700");
        call += 1;
        // The PBX in between makes 500 of 503 (RFC 3261 section 16.7) and keeps the words.
        stage.desk.call(call, code, status.strip_prefix("503 ").unwrap_or(status));
        called.finish(SOON);
    }
    // Where it leads is called, and that is what fails.
    let mut called = Sipp::refusing(&stage.site, 7, "302 Moved Temporarily");
    stage.phone.dial("700");
    stage.desk.call(call + 1, "unknown_number", "404");
    called.finish(SOON);
}

#[test]
fn nobody_answers_or_the_caller_gives_up() {
    let stage = stage_at("why-unanswered", |_| kamailio::Settings { ring: 3, ..Default::default() }, Pbx::default());
    let settings = baresip::Settings { answer: Answer::WhenTold, ..Default::default() };
    let mut called = Baresip::start(&stage.site, &settings);
    stage.phone.dial("200");
    called.wait("CALL_INCOMING");
    stage.desk.call(1, "no_answer", "408");
    called.wait("CALL_CLOSED");
    stage.phone.dial("200");
    called.wait("CALL_INCOMING");
    stage.phone.status("Ringing");
    stage.phone.click("Hang up");
    stage.desk.call(2, "given_up", "CANCEL");
    // Somebody who takes packets and never answers, behind the PBX.
    let _silent = UdpSocket::bind(stage.site.socket(7, 5060)).expect("the address is free");
    stage.phone.dial("700");
    stage.desk.call(3, "pbx_no_progress", "100");
}

#[test]
fn a_number_that_rings_late() {
    let stage = stage("why-ringing", Pbx::default());
    let invite = "<recv request=\"INVITE\"/>";
    let late = format!("{invite}{}<pause milliseconds=\"6000\"/>", reply("100 Trying"));
    let words = [(invite, &*late)];
    let _called = Sipp::play(&stage.site, &Part { words: &words, ..Part::new("answer", 7) });
    stage.phone.dial("700");
    stage.desk.call(1, "late_ringing", "180 Ringing");
}

#[test]
fn a_session_timer_that_is_never_long_enough() {
    let stage = stage("why-422", Pbx::default());
    let ack = "<recv request=\"ACK\"/>";
    let status = "422 Session Interval Too Small\nMin-SE: 3600";
    let again = answered("INVITE", status).replace("[last_To:]", "[last_To:];tag=[pid]s[call_number]").repeat(3);
    let words = [("[status]", status), (ack, &*format!("{ack}{}", again.replace(ack, "<recv request='ACK'/>")))];
    let mut called = Sipp::play(&stage.site, &Part { words: &words, ..Part::new("refuse", 7) });
    stage.phone.dial("700");
    stage.desk.call(1, "interval_too_small", "SIP/2.0 422");
    called.finish(SOON);
}

#[test]
fn codecs_that_do_not_meet() {
    let stage = stage("why-codecs", Pbx { codecs: vec!["PCMU"], ..Default::default() });
    let settings = baresip::Settings { codecs: vec!["opus"], ..Default::default() };
    let _called = Baresip::start(&stage.site, &settings);
    stage.phone.dial("200");
    // baresip says 488 to codecs as it does to encryption, and nothing else: that is said, not guessed.
    let found = stage.desk.call(1, "offer_refused", "SIP/2.0 488");
    names(&found, "line_group.codecs");
    // The other way, the offer is GSM alone.
    let pbx = stage.site.socket(kamailio::HOST, 5060);
    let mut caller = Sipp::calling(&stage.site, "offer_gsm", 8, pbx, "100");
    caller.finish(SOON);
    stage.desk.judges(&refused(&caller), "no_common_codec", "SIP/2.0 488");
}

#[test]
fn encryption_that_one_side_does_not_want() {
    let first = stage("why-srtp-refused", Pbx { more: "srtp = \"required\"\n".into(), ..Default::default() });
    let _called = Baresip::start(&first.site, &Default::default());
    first.phone.dial("200");
    let found = first.desk.call(1, "srtp_refused", "SIP/2.0");
    names(&found, "line_group.srtp");
    drop(first);
    let second = stage("why-srtp-demanded", Pbx { more: "srtp = \"off\"\n".into(), ..Default::default() });
    let settings = baresip::Settings { encryption: "srtp-mand", ..Default::default() };
    let mut caller = Baresip::start(&second.site, &settings);
    caller.dial("100");
    second.phone.click("Answer");
    second.desk.call(1, "srtp_demanded", "SIP/2.0 488");
    // And called, it refuses what is not encrypted without saying why.
    second.phone.dial("200");
    let found = second.desk.call(2, "offer_refused", "SIP/2.0 488");
    names(&found, "line_group.srtp");
}

#[test]
fn a_number_that_is_not_here() {
    let site = Site::new("why-here");
    let own = site.socket(2, 5060).to_string();
    let routes = vec![("555".into(), own)];
    let pbx = Kamailio::start(&site, &kamailio::Settings { routes, ..Default::default() });
    let desk = server(&site, Pbx::default());
    pbx.wait("bound 100", 1);
    let pbx = site.socket(kamailio::HOST, 5060);
    let words = [("@STATUS@", "404")];
    let mut caller =
        Sipp::play(&site, &Part { calls: Some((pbx, "555")), words: &words, ..Part::new("call_refused", 8) });
    caller.finish(SOON);
    let found = desk.judges(&refused(&caller), "unknown_here", "404");
    names(&found, "line_group.line.number");
}

#[test]
fn another_telephone_answers() {
    let stage = stage("why-forked", Pbx::default());
    let _other = Baresip::start(&stage.site, &baresip::Settings { user: "100", host: 4, ..Default::default() });
    let mut caller = Baresip::start(&stage.site, &Default::default());
    caller.dial("100");
    caller.wait("CALL_ESTABLISHED");
    stage.desk.call(1, "forked_loser", "CANCEL");
}

#[test]
fn a_caller_that_never_acknowledges() {
    let stage = stage("why-ack", Pbx::default());
    let answered = "<recv response=\"200\" rrs=\"true\"/>";
    // Longer than the server repeats its answer (RFC 3261 section 13.3.1.4).
    let words = [(answered, &*format!("{answered}<pause milliseconds=\"60000\"/>"))];
    let calls = Some((stage.site.socket(kamailio::HOST, 5060), "100"));
    let _caller = Sipp::play(&stage.site, &Part { calls, words: &words, ..Part::new("call", 8) });
    stage.phone.click("Answer");
    stage.desk.call(1, "ack_missing", "200 OK");
}

#[test]
fn a_peer_that_sends_no_audio() {
    let stage = stage("why-silence", Pbx::default());
    let _called = Sipp::answering(&stage.site, "answer", 7);
    stage.phone.dial("700");
    stage.phone.wait_connected();
    let found = stage.desk.call(1, "one_way_audio", "");
    assert!(found["verdict"]["english"].as_str().is_some_and(|text| text.contains("PBX main")), "{found}");
}

#[test]
fn a_private_address_in_the_description() {
    let rewritten = |site: &Site| vec![(site.address(7).to_string(), "10.99.99.99".to_owned())];
    let settings = |site: &Site| kamailio::Settings { rewritten: rewritten(site), ..Default::default() };
    let stage = stage_at("why-nat", settings, Pbx::default());
    let _called = Sipp::answering(&stage.site, "answer", 7);
    stage.phone.dial("700");
    stage.phone.wait_connected();
    let found = stage.desk.call(1, "nat_sdp", "");
    assert!(found["verdict"]["english"].as_str().is_some_and(|text| text.contains("10.99.99.99")), "{found}");
}

#[test]
fn a_private_address_in_the_contact() {
    let rewrite = "\tif (is_reply() && is_method(\"INVITE\") && has_body(\"application/sdp\")) { \
                   remove_hf(\"Contact\"); append_hf(\"Contact: <sip:peer@10.99.99.99:5060>\\r\\n\"); }\n";
    let relayed = Some((String::new(), rewrite.to_owned()));
    let stage = stage_at("why-contact", |_| kamailio::Settings { relayed, ..Default::default() }, Pbx::default());
    let _called = talking(&stage.site, "");
    stage.phone.dial("700");
    stage.phone.wait_connected();
    eventually("the answer is repeated", SOON, || {
        let found = stage.desk.get("/api/v1/admin/calls/1/trace")?;
        if found["verdict"]["code"] == "nat_contact" { Ok(()) } else { Err(found["verdict"].to_string()) }
    });
    stage.phone.click("Hang up");
    let found = stage.desk.call(1, "nat_contact", "200 OK");
    assert!(found["verdict"]["english"].as_str().is_some_and(|text| text.contains("10.99.99.99")), "{found}");
}

/// A stream of audio as a PBX sends it, each packet to be sent by hand.
struct Stream {
    socket: UdpSocket,
    to: SocketAddr,
    source: u32,
    sent: u16,
}

impl Stream {
    fn new(from: SocketAddr, to: SocketAddr, source: u32) -> Stream {
        Stream { socket: UdpSocket::bind(from).expect("the address is free"), to, source, sent: 0 }
    }

    /// 20 ms of silence in PCMA.
    fn send(&mut self) {
        self.sent += 1;
        let mut packet = vec![0x80, 8];
        packet.extend(self.sent.to_be_bytes());
        packet.extend((u32::from(self.sent) * 160).to_be_bytes());
        packet.extend(self.source.to_be_bytes());
        packet.extend([0xd5; 160]);
        self.socket.send_to(&packet, self.to).expect("the server is there");
    }
}

/// Where the server wants to hear who is called.
#[track_caller]
fn wanted_at(called: &Sipp) -> SocketAddr {
    let messages = called.messages();
    let find = |field: &str| messages.lines().find_map(|line| line.strip_prefix(field));
    let (address, port) = (find("c=IN IP4 "), find("m=audio ").and_then(|rest| rest.split(' ').next()));
    format!("{}:{}", address.expect("an address").trim(), port.expect("a port")).parse().expect("an address and a port")
}

/// The first stream is followed, as phones behind a NAT want it. One of another source from yet another place could be
/// anybody's, and is not.
#[test]
fn audio_that_goes_on_from_elsewhere() {
    let stage = stage("why-elsewhere", Pbx::default());
    let called = Sipp::answering(&stage.site, "answer", 7);
    stage.phone.dial("700");
    stage.phone.wait_connected();
    let to = wanted_at(&called);
    let mut first = Stream::new(stage.site.socket(30, 4000), to, 1);
    let mut packets = 0;
    eventually("the first stream is heard", SOON, || {
        first.send();
        packets += 1;
        let heard = stage.desk.get("/api/v1/admin/calls/1/trace")?["trace"]["events"].to_string();
        if packets > 20 && heard.contains("other_source") { Ok(()) } else { Err(heard) }
    });
    let mut second = Stream::new(stage.site.socket(31, 4000), to, 2);
    eventually("the second is not", SOON, || {
        second.send();
        let found = stage.desk.get("/api/v1/admin/calls/1/trace")?;
        if found["verdict"]["code"] == "audio_from_elsewhere" { Ok(()) } else { Err(found["verdict"].to_string()) }
    });
    stage.phone.click("Hang up");
    let other = stage.site.socket(30, 4000).to_string();
    let found = stage.desk.call(1, "audio_from_elsewhere", &other);
    assert!(found["verdict"]["english"].as_str().is_some_and(|text| text.contains(&other)), "{found}");
}

#[test]
fn a_session_that_nobody_refreshes() {
    let stage = stage("why-timer", Pbx::default());
    let (ok, ack) = ("SIP/2.0 200 OK\n[last_Via:]\n[last_Record-Route:]", "<recv request=\"ACK\"/>");
    let timed = format!("{ok}\nSession-Expires: 90;refresher=uas\nRequire: timer");
    let talks = format!("{ack}<nop><action><exec rtp_stream=\"tone.alaw,-1,8\"/></action></nop>");
    let words = [(ok, &*timed), (ack, &*talks)];
    let mut called = Sipp::play(&stage.site, &Part { words: &words, ..Part::new("answer", 7) });
    stage.phone.dial("700");
    stage.phone.wait_connected();
    // The server ends it 30 s before the 90 s are over (RFC 4028 section 10).
    let found = stage.desk.call(1, "session_expired", "Session-Expires: 90");
    let said = found["verdict"]["english"].as_str().unwrap_or_default();
    assert!(said.contains("every 90 s the PBX had to refresh it"), "{said}");
    called.finish(SOON);
}

#[test]
fn a_pbx_that_has_forgotten_the_call() {
    let stage = stage("why-481", Pbx::default());
    let mut called = talking(&stage.site, &answered("INVITE", "481 Call/Transaction Does Not Exist"));
    stage.phone.dial("700");
    stage.phone.wait_connected();
    stage.phone.click("Hold");
    stage.desk.call(1, "dialog_unknown", "SIP/2.0 481");
    called.finish(SOON);
}

#[test]
fn a_connection_that_ends() {
    let tcp = || Pbx { transport: "tcp", ..Default::default() };
    // Within a call: it is noticed when the call is to be changed.
    let mut first = stage("why-closed-within", tcp());
    let _called = Baresip::start(&first.site, &Default::default());
    first.phone.dial("200");
    first.phone.wait_connected();
    first.pbx.die();
    first.phone.click("Hold");
    let found = first.desk.call(1, "connection_closed", "closed");
    names(&found, "line_group.nat_refresh");
    drop(first);
    // While it rings.
    let mut second = stage("why-closed-before", tcp());
    let settings = baresip::Settings { answer: Answer::WhenTold, ..Default::default() };
    let mut called = Baresip::start(&second.site, &settings);
    second.phone.dial("200");
    called.wait("CALL_INCOMING");
    second.phone.status("Ringing");
    second.pbx.die();
    second.desk.call(1, "connection_closed", "closed");
}

#[test]
fn a_call_that_the_server_does_not_begin() {
    let stage = stage("why-not-begun", Pbx { more: "switched_off = [\"make_call\"]\n".into(), ..Default::default() });
    stage.phone.dial("200");
    stage.phone.alert("switched off");
    let found = stage.desk.call(1, "not_begun", "function_off");
    names(&found, "line_group.functions");
    eventually("it is among the failures", SOON, || {
        let failures = stage.desk.get("/api/v1/admin/failures")?;
        let told = failures["calls"].as_array().and_then(|calls| calls.first()).cloned().unwrap_or_default();
        let is_it = told["code"] == "not_begun" && told["line"] == "100" && told["called"] == "200";
        if is_it { Ok(()) } else { Err(failures.to_string()) }
    });
}

#[test]
fn digits_that_are_refused() {
    let stage = stage("why-digits", Pbx { more: "dtmf = \"info\"\n".into(), ..Default::default() });
    let _called = talking(&stage.site, &answered("INFO", "415 Unsupported Media Type"));
    stage.phone.dial("700");
    stage.phone.wait_connected();
    stage.phone.press("5");
    stage.desk.call(1, "digits_lost", "SIP/2.0 415");
}

/// A call to a telephone that all audio reaches by a bad network.
fn behind(name: &str, impairment: Impairment) -> (Desk, Softphone, (Kamailio, Baresip, Hop, Site)) {
    let site = Site::new(name);
    let hosts =
        [Host { host: 2, ports: 20_000..20_100, at: 61_100 }, Host { host: 3, ports: 40_000..40_100, at: 61_300 }];
    let hop = Hop::start(&site, hosts, impairment);
    let rewritten = hop.rewriting();
    let pbx = Kamailio::start(&site, &kamailio::Settings { rewritten, ..Default::default() });
    let settings = Settings::default();
    let toml = settings.toml(&site).replace("20000-29999", "20000-20099");
    let desk = Desk::new(Offhook::start_with(&site, &settings, &toml));
    pbx.wait("bound 100", 1);
    let phone = Softphone::sign_in(&desk.server, "alice");
    let called = Baresip::start(&site, &baresip::Settings { rtp_ports: 40_000..40_100, ..Default::default() });
    phone.dial("200");
    phone.wait_connected();
    (desk, phone, (pbx, called, hop, site))
}

#[test]
fn a_network_that_loses_packets() {
    let impairment = Impairment { loss: 0.15, seed: 7, ..Default::default() };
    let (desk, _phone, _rest) = behind("why-loss", impairment);
    desk.call(1, "packet_loss", "loss");
    // A busy machine makes the browser stumble at first; what the network does remains.
    eventually("the way from the PBX is blamed", SOON * 2, || {
        let found = desk.get("/api/v1/admin/calls/1/trace")?;
        let said = found["verdict"]["english"].as_str().unwrap_or_default().to_owned();
        if said.contains("from the PBX main") { Ok(()) } else { Err(said) }
    });
}

#[test]
fn a_network_that_delivers_unevenly() {
    let impairment = Impairment { jitter: Duration::from_millis(200), seed: 7, ..Default::default() };
    let (desk, _phone, _rest) = behind("why-jitter", impairment);
    let found = desk.call(1, "jitter", "jitter");
    assert!(found["verdict"]["english"].as_str().is_some_and(|text| text.contains("the PBX main")), "{found}");
}

#[test]
fn a_network_that_takes_its_time() {
    let impairment = Impairment { delay: Duration::from_millis(400), seed: 7, ..Default::default() };
    let (desk, _phone, _rest) = behind("why-delay", impairment);
    let found = desk.call(1, "delay", "round trip");
    assert!(found["verdict"]["english"].as_str().is_some_and(|text| text.contains("the PBX main")), "{found}");
}

/// Takes every address of the server out of its answers: the browser has nowhere to send to.
const NOWHERE: &str = "(() => { const p = RTCPeerConnection.prototype, set = p.setRemoteDescription; \
    p.setRemoteDescription = function (d) { return set.call(this, { type: d.type, \
    sdp: d.sdp.replace(/a=candidate:[^\\n]*\\n/g, '') }); }; })()";

#[test]
fn a_browser_whose_packets_never_arrive() {
    let stage = stage("why-ice", Pbx::default());
    stage.phone.evaluate(NOWHERE);
    let _called = Baresip::start(&stage.site, &Default::default());
    stage.phone.dial("200");
    let found = stage.desk.call(1, "ice_never_connected", "");
    names(&found, "listen.webrtc");
}

#[test]
fn a_browser_that_goes_away() {
    let Stage { phone, desk, pbx: _pbx, site } = stage("why-lost", Pbx::default());
    let mut called = Baresip::start(&site, &Default::default());
    phone.dial("200");
    phone.wait_connected();
    called.wait("CALL_ESTABLISHED");
    phone.close();
    desk.call(1, "client_lost", "");
}

#[test]
fn a_server_without_a_free_port() {
    let site = Site::new("why-limit");
    let pbx = Kamailio::start(&site, &kamailio::Settings::default());
    let settings = Settings::default();
    let toml = settings.toml(&site).replace("20000-29999", "20000-20003");
    let desk = Desk::new(Offhook::start_with(&site, &settings, &toml));
    pbx.wait("bound 100", 1);
    let bind = |port| UdpSocket::bind(site.socket(settings.host, port)).expect("the port is free");
    let _taken = [20_000, 20_002].map(bind);
    let phone = Softphone::sign_in(&desk.server, "alice");
    phone.dial("200");
    let found = desk.call(1, "own_limit", "");
    names(&found, "media.rtp_ports");
}

/// The kernel gives no random numbers for the keys of the call's audio, and without them there is no call.
#[test]
fn a_fault_of_the_server() {
    let stage = stage("why-fault", Pbx::default());
    let _called = Baresip::start(&stage.site, &Default::default());
    let _denied = stage.desk.server.denied("getrandom");
    stage.phone.dial("200");
    let found = stage.desk.call(1, "own_fault", "");
    let sentence = found["verdict"]["english"].as_str().expect("it has a sentence");
    assert!(sentence.contains("The log has the details"), "{sentence}");
    let log = stage.desk.server.log();
    assert!(log.contains("no random numbers for keys"), "{log}");
}

#[test]
fn a_change_that_is_refused() {
    let stage = stage("why-change", Pbx::default());
    let _called = talking(&stage.site, &answered("INVITE", "488 Not Acceptable Here"));
    stage.phone.dial("700");
    stage.phone.wait_connected();
    stage.phone.click("Hold");
    stage.desk.call(1, "change_refused", "SIP/2.0 488");
}

#[test]
fn two_sides_that_keep_changing_the_call() {
    let stage = stage("why-glare", Pbx::default());
    // As often as the server tries.
    let _called = talking(&stage.site, &answered("INVITE", "491 Request Pending").repeat(6));
    stage.phone.dial("700");
    stage.phone.wait_connected();
    stage.phone.click("Hold");
    stage.desk.call(1, "glare_storm", "SIP/2.0 491");
}

#[test]
fn a_pbx_that_is_gone_during_the_call() {
    let mut stage = stage("why-gone", Pbx::default());
    let _called = Baresip::start(&stage.site, &Default::default());
    stage.phone.dial("200");
    stage.phone.wait_connected();
    stage.pbx.freeze();
    stage.phone.click("Hold");
    let found = stage.desk.call(1, "session_lost", "INVITE");
    assert!(
        found["verdict"]["english"].as_str().is_some_and(|text| text.contains("INVITE got no response")),
        "{found}"
    );
    stage.pbx.die();
}

#[test]
fn a_browser_that_may_not_use_the_microphone() {
    let site = Site::new("why-microphone");
    let pbx = Kamailio::start(&site, &kamailio::Settings::default());
    let desk = server(&site, Pbx::default());
    pbx.wait("bound 100", 1);
    let mut phone = Softphone::open(&desk.server.url(), false);
    phone.enter("alice", PASSWORD);
    phone.wait_registered();
    let mut caller = Baresip::start(&site, &Default::default());
    caller.dial("100");
    phone.click("Answer");
    desk.call(1, "no_microphone", "microphone_denied");
}
