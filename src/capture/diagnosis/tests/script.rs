//! Traces as a few lines of text.
//!
//! ```text
//! line 100                           the line; also: caller, called, group, cause CODE [STATUS], over
//! setting line_group.srtp = "off"
//! pbx other 198.51.100.7:5060        a further party; the first PBX is `main`; also: client NAME
//! -> INVITE sip:200@pbx.test sdp=PCMA,PCMU    the server asks the PBX
//! <- 407 realm=pbx.test              the PBX answers what is open
//! -> INVITE again auth               the same once more with credentials and the next number
//! 2.5 -> repeat 3                    three times the last message of that direction, 2.5 s after what was before
//! <- 200 BYE | Reason: SIP;cause=408 an answer to BYE with a header field
//! ->other INVITE sip:300@other       to another party
//! media main never_heard 192.0.2.1:4000
//! failure main not_resolved no address for pbx.test
//! client alice {"type":"make_call"}
//! step Invite Idle Dialling
//! number 0089*** | number private    what a number became
//! leg main in=500 out=500 loss=0.1   the figures of a leg
//! ```
//!
//! Words after the first line of a message: `auth`, `realm=`, `stale`, `algorithm=`, `sdp=CODECS@ADDRESS`, `srtp`, `keys`,
//! `noevents`, `contact=ADDRESS`, `tag=` (of the answering branch), `again` (a request with the Call-ID of the last),
//! `inside` (within the dialog), `from=USER`, `domain=HOST`, `tcp`.

use std::collections::HashMap;
use std::fmt::Write;

use crate::capture::trace::{
    PartyKind, Trace, TraceCause, TraceEvent, TraceParty, TraceSetting, TraceTransport, TraceWhat,
};
use crate::numbers::NumberKind;
use crate::quality::{LegParty, LegReport};

const SERVER: &str = "203.0.113.2:5060";
const PBX: &str = "192.0.2.1:5060";

/// One request that was written.
#[derive(Clone, Default)]
struct Asked {
    method: String,
    uri: String,
    call: u32,
    number: u32,
    branch: u32,
    ours: bool,
    party: usize,
    inside: bool,
    answered: bool,
    from: String,
    domain: String,
}

/// The words of a message's line.
struct Words<'s>(Vec<&'s str>);

impl<'s> Words<'s> {
    fn has(&self, word: &str) -> bool {
        self.0.contains(&word)
    }

    fn value(&self, key: &str) -> Option<&'s str> {
        self.0.iter().find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
    }
}

struct Script {
    trace: Trace,
    at: f64,
    asked: Vec<Asked>,
    calls: u32,
    branches: u32,
    last: HashMap<(bool, usize), TraceEvent>,
    /// Whether a line that answers nothing is left out.
    lenient: bool,
}

/// The same where lines may make no sense after each other: those that answer or repeat nothing are left out.
pub(super) fn lenient(script: &str) -> Trace {
    read(script, true)
}

/// Makes a trace of a script; panics where the script makes no sense.
pub(super) fn trace(script: &str) -> Trace {
    read(script, false)
}

fn read(script: &str, lenient: bool) -> Trace {
    let party = |kind, name: &str, address: &str| TraceParty {
        kind,
        name: name.into(),
        address: Some(address.to_owned()).filter(|address| !address.is_empty()),
    };
    let started_at = 1_700_000_000_000.0;
    let parties = vec![party(PartyKind::Server, "offhook", SERVER), party(PartyKind::Sip, "main", PBX)];
    let trace = Trace { id: "1".into(), started_at, parties, ..Trace::default() };
    let mut reader =
        Script { trace, at: started_at, asked: Vec::new(), calls: 0, branches: 0, last: HashMap::new(), lenient };
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        reader.line(line);
    }
    reader.trace
}

impl Script {
    fn line(&mut self, line: &str) {
        self.at += 20.0;
        let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
        if let Ok(seconds) = first.parse::<f64>() {
            self.at += seconds * 1000.0 - 20.0;
            return if rest.is_empty() {
            } else {
                self.line(rest)
            };
        }
        if let Some(name) = first.strip_prefix("->") {
            return self.message(true, name, rest);
        }
        if let Some(name) = first.strip_prefix("<-") {
            return self.message(false, name, rest);
        }
        let (word, tail) = rest.split_once(' ').unwrap_or((rest, ""));
        let code = |text: &str| serde_json::Value::String(text.into());
        match first {
            "line" => self.trace.line = Some(rest.into()),
            "caller" => self.trace.caller = Some(rest.into()),
            "called" => self.trace.called = Some(rest.into()),
            "group" => self.trace.group = Some(rest.into()),
            "over" => self.trace.ended_at = Some(self.at),
            "cause" => {
                let sip_status = tail.parse().ok();
                let code = serde_json::from_value(code(word)).expect("a cause");
                self.trace.cause = Some(TraceCause { code, sip_status, detail: None });
                self.trace.ended_at = Some(self.at);
            }
            "setting" => {
                let (key, value) = rest.split_once(" = ").expect("KEY = VALUE");
                self.trace.settings.push(TraceSetting { key: key.into(), value: value.into() });
            }
            "pbx" | "server" => {
                let kind = if first == "pbx" { PartyKind::Sip } else { PartyKind::Server };
                self.party(kind, word, tail);
            }
            "client" => {
                let party = self.party(PartyKind::Client, word, "");
                if !tail.is_empty() {
                    self.event(party, 0, TraceWhat::Client { text: tail.into() });
                }
            }
            "media" => {
                let (event, detail) = tail.split_once(' ').unwrap_or((tail, ""));
                let event = serde_json::from_value(code(event)).expect("a media event");
                let party = self.named(word);
                let detail = Some(detail.to_owned()).filter(|detail| !detail.is_empty());
                self.event(party, 0, TraceWhat::Media { event, detail });
            }
            "failure" => {
                let (why, detail) = tail.split_once(' ').expect("KIND WORDS");
                let why = serde_json::from_value(code(why)).expect("a kind of failure");
                let party = self.named(word);
                self.event(0, party, TraceWhat::Failure { why, detail: detail.into() });
            }
            "step" => {
                let mut words = rest.split(' ').map(str::to_owned);
                let mut next = || words.next().expect("INPUT BEFORE AFTER");
                let what = TraceWhat::Step { input: next(), before: next(), after: next() };
                self.event(0, 0, what);
            }
            "number" => {
                let told = Some(rest.to_owned()).filter(|number| number != "private");
                let (text, shown, refused, location) = (told.clone(), told.clone(), None, "Berlin".to_owned());
                let what = TraceWhat::Number { meant: NumberKind::Typed, text, result: told, shown, refused, location };
                self.event(0, 0, what);
            }
            "leg" => self.leg(word, tail),
            other => panic!("what is {other:?}?"),
        }
    }

    fn event(&mut self, from: usize, to: usize, what: TraceWhat) {
        let event = TraceEvent { at: self.at, from: from as u32, to: to as u32, what };
        self.trace.events.push(event);
    }

    fn named(&self, name: &str) -> usize {
        let name = if name.is_empty() { "main" } else { name };
        self.trace.parties.iter().position(|party| party.name == name).expect("a party of that name")
    }

    fn party(&mut self, kind: PartyKind, name: &str, address: &str) -> usize {
        let address = Some(address.to_owned()).filter(|address| !address.is_empty());
        if let Some(known) = self.trace.parties.iter().position(|party| party.name == name) {
            self.trace.parties[known].address = address;
            return known;
        }
        self.trace.parties.push(TraceParty { kind, name: name.into(), address });
        self.trace.parties.len() - 1
    }

    fn leg(&mut self, name: &str, words: &str) {
        let figure = |key: &str| {
            let mut words = words.split(' ');
            words.find_map(|word| word.strip_prefix(key)?.strip_prefix('=')?.parse::<f64>().ok())
        };
        let browser = self.trace.parties[self.named(name)].kind == PartyKind::Client;
        self.trace.legs.push(LegReport {
            party: if browser { LegParty::Browser } else { LegParty::Pbx },
            name: name.into(),
            codec_in: Some("PCMA".into()),
            codec_out: Some("PCMA".into()),
            transcoded: false,
            encrypted: false,
            silent: false,
            packets_in: figure("in").unwrap_or(500.0) as u64,
            packets_out: figure("out").unwrap_or(500.0) as u64,
            loss: figure("loss").unwrap_or(0.0),
            loss_remote: figure("loss_remote"),
            jitter_ms: figure("jitter").unwrap_or(1.0),
            jitter_remote_ms: None,
            round_trip_ms: figure("rtt"),
            buffer_ms: None,
            concealed_ms: 0.0,
            level: None,
            mos: figure("mos"),
            mos_listening: None,
            mos_remote: None,
        });
    }

    fn message(&mut self, ours: bool, name: &str, text: &str) {
        let party = self.named(name);
        let (text, headers) = text.split_once(" | ").unwrap_or((text, ""));
        let said = Words(text.split(' ').collect());
        let words = &said.0;
        if words[0] == "repeat" {
            let Some(mut again) = self.last.get(&(ours, party)).cloned() else {
                return assert!(self.lenient, "nothing to repeat");
            };
            for _ in 0..words.get(1).map_or(1, |times| times.parse().expect("how often")) {
                again.at = self.at;
                self.at += 500.0;
                self.trace.events.push(again.clone());
            }
            return;
        }
        let (start, asked) = match words[0].parse::<u16>() {
            Ok(status) => {
                let method = words.get(1).filter(|word| word.chars().all(|char| char.is_ascii_uppercase()));
                let open = self.asked.iter_mut().rfind(|asked| {
                    let open = !asked.answered && !["ACK", "CANCEL"].contains(&asked.method.as_str());
                    let named = method.map_or(open, |method| asked.method == *method);
                    asked.ours != ours && asked.party == party && named
                });
                let Some(open) = open else { return assert!(self.lenient, "nothing to answer") };
                open.answered |= status >= 200;
                let reason = offhook_sip::message::default_reason(status);
                (
                    format!(
                        "SIP/2.0 {status} {}",
                        said.value("reason").map_or(reason.into(), |reason| reason.replace('_', " "))
                    ),
                    open.clone(),
                )
            }
            Err(_) => {
                let Some(asked) = self.request(ours, party, &said) else {
                    return assert!(self.lenient, "no INVITE");
                };
                (format!("{} {} SIP/2.0", asked.method, asked.uri), asked)
            }
        };
        let is_request = words[0].parse::<u16>().is_err();
        let (mine, theirs) = (SERVER.to_owned(), self.trace.parties[party].address.clone().unwrap_or_default());
        let (source, destination) = if ours { (mine, theirs) } else { (theirs, mine) };
        let host = |address: &str| address.rsplit_once(':').map_or(address, |(host, _)| host).to_owned();
        let tags = |from: bool| {
            if from {
                ";tag=a"
            } else if is_request && !asked.inside {
                ""
            } else {
                ";tag=b"
            }
        };
        let called = asked.uri.trim_start_matches("sip:");
        let to =
            if asked.method == "REGISTER" { format!("{}@{}", asked.from, asked.domain) } else { called.to_owned() };
        let to_tag = said.value("tag").map_or(tags(false).to_owned(), |tag| format!(";tag={tag}"));
        let contact = said.value("contact").map_or_else(|| host(&source), str::to_owned);
        let mut head = format!(
            "{start}\r\nVia: SIP/2.0/UDP {};branch=z9hG4bK{}\r\nFrom: <sip:{}@{}>{}\r\nTo: <sip:{to}>{to_tag}\r\nCall-ID: call-{}\r\nCSeq: {} {}\r\nContact: <sip:{}@{contact}>\r\n",
            if asked.ours { SERVER } else { PBX },
            asked.branch,
            asked.from,
            asked.domain,
            tags(true),
            asked.call,
            asked.number,
            asked.method,
            said.value("target").unwrap_or("x"),
        );
        let realm = said.value("realm").unwrap_or("pbx.test");
        if said.has("auth") {
            let _ = write!(head, "Authorization: Digest username=\"{}\", realm=\"{realm}\", uri=\"x\"\r\n", asked.from);
        }
        if matches!(words[0], "401" | "407") {
            let name = if words[0] == "401" { "WWW-Authenticate" } else { "Proxy-Authenticate" };
            let algorithm = said.value("algorithm").map(|name| format!(", algorithm={name}")).unwrap_or_default();
            let stale = if said.has("stale") { ", stale=true" } else { "" };
            let _ = write!(head, "{name}: Digest realm=\"{realm}\", nonce=\"n\"{algorithm}{stale}\r\n");
        }
        for header in headers.split(" | ").filter(|header| !header.is_empty()) {
            let _ = write!(head, "{header}\r\n");
        }
        let body = said
            .value("sdp")
            .map(|codecs| sdp(codecs, &host(&source), said.has("srtp"), said.has("keys"), said.has("noevents")));
        let body = body.unwrap_or_else(|| said.value("body").unwrap_or_default().to_owned());
        if said.value("sdp").is_some() {
            head += "Content-Type: application/sdp\r\n";
        }
        let text = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
        let transport = if said.has("tcp") { TraceTransport::Tcp } else { TraceTransport::Udp };
        let (from, to) = if ours { (0, party) } else { (party, 0) };
        self.event(from, to, TraceWhat::Sip { transport, source, destination, text });
        let event = self.trace.events.last().expect("the one just pushed").clone();
        self.last.insert((ours, party), event);
    }

    fn request(&mut self, ours: bool, party: usize, said: &Words<'_>) -> Option<Asked> {
        let words = &said.0;
        let method = words[0];
        let earlier = self.asked.iter().rfind(|asked| asked.party == party && asked.method != "ACK");
        let uri = words.get(1).filter(|word| word.starts_with("sip:"));
        let known = said.has("again")
            || said.has("inside")
            || ["ACK", "BYE", "CANCEL", "UPDATE", "INFO", "REFER"].contains(&method);
        self.branches += 1;
        let mut asked = match earlier.filter(|_| known) {
            Some(earlier) => earlier.clone(),
            None => {
                self.calls += 1;
                let from = if ours { "100" } else { "0171" };
                Asked { call: self.calls, number: 1, from: from.into(), domain: "pbx.test".into(), ..Asked::default() }
            }
        };
        if ["ACK", "CANCEL"].contains(&method) {
            let invite =
                self.asked.iter().rfind(|asked| asked.party == party && asked.method == "INVITE" && asked.ours == ours);
            asked = invite?.clone();
            asked.inside = method == "ACK";
        } else {
            asked.branch = self.branches;
            asked.number += u32::from(known);
            asked.inside |= said.has("inside") || known && !said.has("again") && !["CANCEL"].contains(&method);
        }
        asked.method = method.into();
        asked.uri = uri.map_or_else(
            || if asked.uri.is_empty() { "sip:pbx.test".into() } else { asked.uri.clone() },
            |uri| (*uri).into(),
        );
        (asked.ours, asked.party, asked.answered) = (ours, party, false);
        if let Some(from) = said.value("from") {
            asked.from = from.into();
        }
        if let Some(domain) = said.value("domain") {
            asked.domain = domain.into();
        }
        self.asked.push(asked.clone());
        Some(asked)
    }
}

fn sdp(codecs: &str, host: &str, srtp: bool, keys: bool, noevents: bool) -> String {
    let (codecs, address) = codecs.split_once('@').unwrap_or((codecs, host));
    let protocol = if srtp { "RTP/SAVP" } else { "RTP/AVP" };
    let mut text =
        format!("v=0\r\no=- 1 1 IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\nm=audio 4000 {protocol}");
    let names: Vec<&str> = codecs.split(',').collect();
    for number in 0..names.len() {
        let _ = write!(text, " {}", 96 + number);
    }
    text += if noevents { "\r\n" } else { " 120\r\na=rtpmap:120 telephone-event/8000\r\n" };
    for (number, name) in names.iter().enumerate() {
        let clock = if *name == "opus" { "48000/2" } else { "8000" };
        let _ = write!(text, "a=rtpmap:{} {name}/{clock}\r\n", 96 + number);
    }
    if srtp || keys {
        text += "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n";
    }
    text
}
