//! Which messages are one call, who takes part in it, and which of them is the server.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use offhook_sip::header::Name;
use offhook_sip::message::Message;
use offhook_sip::method::Method;

use super::{Capture, Captured, Handed, sip};
use crate::capture::file::comment;
use crate::capture::redact;
use crate::capture::trace::{PartyKind, Trace, TraceEvent, TraceParty, TraceTransport, TraceWhat, ms};

/// Begins the value of User-Agent and Server that Offhook sends.
const OURSELVES: &str = "Offhook";
/// Events kept of one call.
const MAX_EVENTS: usize = 2000;
/// A Session-ID that says nothing (RFC 7989 5).
const NO_SESSION: &str = "00000000000000000000000000000000";

/// The calls of a capture.
#[derive(Debug, Default)]
pub struct Calls {
    /// In the order in which they begin.
    pub calls: Vec<Dialog>,
    /// Messages that belong to no call, by what they are about: how many.
    pub others: BTreeMap<String, u32>,
}

/// One call of a capture: all its dialogs.
#[derive(Debug)]
pub struct Dialog {
    /// It, as far as the capture shows it.
    pub trace: Trace,
    /// Its messages, by their places in [`Capture::messages`].
    pub messages: Vec<usize>,
    /// Who of its parties is the server.
    pub server: Server,
}

/// The addresses of one who takes part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Server {
    addresses: HashSet<SocketAddr>,
    /// Those of which every port is its own.
    hosts: HashSet<IpAddr>,
}

impl Server {
    /// Whether an address is one of its.
    pub fn has(&self, address: SocketAddr) -> bool {
        self.addresses.contains(&address) || self.hosts.contains(&address.ip())
    }

    /// These addresses; the other ports of their hosts too, where nobody else is there.
    fn at(addresses: HashSet<SocketAddr>, shared: &HashSet<IpAddr>) -> Server {
        let hosts = addresses.iter().map(SocketAddr::ip).filter(|host| !shared.contains(host)).collect();
        Server { addresses, hosts }
    }
}

/// A message that could be understood.
struct Entry<'a> {
    place: usize,
    captured: &'a Captured,
    message: Message,
}

impl Entry<'_> {
    /// A request that begins a call.
    fn begins(&self) -> bool {
        let invites = self.message.method() == Some(Method::Invite);
        invites && self.message.to().is_ok_and(|to| to.tag().is_none())
    }
}

/// Finds the calls.
pub fn calls(capture: &Capture) -> Calls {
    let entries = capture.messages.iter().enumerate();
    let entries: Vec<Entry<'_>> = entries
        .filter_map(|(place, captured)| Some(Entry { place, captured, message: sip::parse(&captured.bytes)? }))
        .collect();
    let shared = shared_hosts(capture);
    let known = known_server(&entries, &shared);
    let between = between(&entries, &shared);
    let mut found = Calls::default();
    let mut noted: HashMap<&str, usize> = HashMap::new();
    for group in groups(&entries) {
        let is_call = |entry: &&Entry<'_>| matches!(entry.message.cseq(), Ok(cseq) if is_of_call(&cseq.method));
        if !group.iter().any(is_call) {
            for entry in group {
                *found.others.entry(about(&entry.message)).or_default() += 1;
            }
            continue;
        }
        let server = server_of(&group, known.as_ref(), &between, &shared);
        let notes = group.iter().filter_map(|entry| noted_call(&entry.captured.comments));
        noted.extend(notes.map(|call| (call, found.calls.len())));
        let messages = group.iter().map(|entry| entry.place).collect();
        found.calls.push(Dialog { trace: trace(&group, &server), messages, server });
    }
    for handed in &capture.handed {
        let call = noted_call(&handed.comments).and_then(|call| noted.get(call));
        if let Some(dialog) = call.and_then(|&place| found.calls.get_mut(place)) {
            add_handed(&mut dialog.trace, handed);
        }
    }
    found.calls.iter_mut().for_each(|dialog| dialog.trace.events.sort_by(|one, other| one.at.total_cmp(&other.at)));
    found
}

/// Adds a message of the client protocol, or what is noted beside messages, and what it caused.
fn add_handed(trace: &mut Trace, handed: &Handed) {
    if trace.events.len() >= MAX_EVENTS {
        trace.dropped += 1;
        return;
    }
    let mut party = |kind: PartyKind, name: &str| {
        let place = trace.parties.iter().position(|party| party.kind == kind).unwrap_or_else(|| {
            trace.parties.push(TraceParty { kind, name: name.to_owned(), address: None });
            trace.parties.len() - 1
        });
        u32::try_from(place).unwrap_or_default()
    };
    let (server, at) = (party(PartyKind::Server, "server"), ms(Duration::from_nanos(handed.at)));
    if let Some(sent) = handed.sent {
        let client = party(PartyKind::Client, "client");
        let (from, to) = if sent { (server, client) } else { (client, server) };
        let text = String::from_utf8_lossy(&redact::json(&handed.bytes)).into_owned();
        trace.events.push(TraceEvent { at, from, to, what: TraceWhat::Client { text } });
    }
    let steps = noted_steps(&handed.comments);
    trace.events.extend(steps.map(|what| TraceEvent { at, from: server, to: server, what }));
}

/// The steps of the call machine that Offhook has noted beside a message.
fn noted_steps(comments: &[String]) -> impl Iterator<Item = TraceWhat> {
    let ours = comments.iter().filter(|comment| comment::call(comment).is_some());
    ours.flat_map(|comment| comment::steps(comment)).map(|step| {
        let [input, before, after] = step.map(str::to_owned);
        TraceWhat::Step { input, before, after }
    })
}

fn is_of_call(method: &Method) -> bool {
    matches!(method, Method::Invite | Method::Ack | Method::Bye | Method::Cancel | Method::Prack | Method::Update)
}

fn about(message: &Message) -> String {
    sip::cseq(message).map_or_else(|_| "unreadable".to_owned(), |(_, method)| method)
}

/// The messages that belong together, each group and the groups in the order of time.
fn groups<'a, 'b>(entries: &'b [Entry<'a>]) -> Vec<Vec<&'b Entry<'a>>> {
    let mut groups: Vec<Vec<&Entry<'_>>> = Vec::new();
    let mut by_token: HashMap<String, usize> = HashMap::new();
    // Where a group's messages have gone that turned out to be part of an earlier one.
    let mut joined: Vec<usize> = Vec::new();
    for entry in entries {
        let tokens = tokens(entry);
        let known = tokens.iter().filter_map(|token| by_token.get(token)).map(|&group| root(&joined, group));
        let known: Vec<usize> = known.collect();
        let group = known.iter().copied().min().unwrap_or_else(|| {
            groups.push(Vec::new());
            joined.push(groups.len() - 1);
            groups.len() - 1
        });
        for other in known.into_iter().filter(|&other| other != group) {
            if let Some(place) = joined.get_mut(other) {
                *place = group;
            }
            let moved = groups.get_mut(other).map(std::mem::take).unwrap_or_default();
            groups.get_mut(group).into_iter().for_each(|kept| kept.extend(&moved));
        }
        for token in tokens {
            by_token.insert(token, group);
        }
        groups.get_mut(group).into_iter().for_each(|kept| kept.push(entry));
    }
    groups.retain(|group| !group.is_empty());
    groups.iter_mut().for_each(|group| group.sort_by_key(|entry| entry.place));
    groups
}

fn root(joined: &[usize], mut group: usize) -> usize {
    while let Some(&next) = joined.get(group).filter(|&&next| next != group) {
        group = next;
    }
    group
}

/// What messages of one call have in common: Call-ID, the session of RFC 7989, and the call that Offhook noted.
fn tokens(entry: &Entry<'_>) -> Vec<String> {
    let call_id = entry.message.call_id().unwrap_or_default();
    let mut tokens = vec![format!("i{call_id}")];
    let named = entry.message.headers().find(|(name, _)| name.eq_ignore_ascii_case("Session-ID"));
    for half in named.map_or("", |(_, value)| value).split(';') {
        let id = half.trim().trim_start_matches("remote=");
        if id.len() == 32 && id != NO_SESSION && id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            tokens.push(format!("s{}", id.to_ascii_lowercase()));
        }
    }
    tokens.extend(noted_call(&entry.captured.comments).map(|call| format!("c{call}")));
    tokens
}

/// The call that Offhook has noted beside a message.
fn noted_call(comments: &[String]) -> Option<&str> {
    comments.iter().find_map(|comment| comment::call(comment))
}

/// Hosts on which both ends of a message are.
fn shared_hosts(capture: &Capture) -> HashSet<IpAddr> {
    let both = capture.messages.iter().filter(|captured| captured.source.ip() == captured.destination.ip());
    both.map(|captured| captured.source.ip()).collect()
}

/// Offhook, where it says so.
fn known_server(entries: &[Entry<'_>], shared: &HashSet<IpAddr>) -> Option<Server> {
    // What Offhook has captured says of each message which way it went.
    let noted = entries.iter().map(|entry| entry.captured).filter(|captured| noted_call(&captured.comments).is_some());
    let noted = noted.filter_map(|captured| Some(if captured.sent? { captured.source } else { captured.destination }));
    let noted: HashSet<SocketAddr> = noted.collect();
    if !noted.is_empty() {
        return Some(Server::at(noted, shared));
    }
    let says_so = |message: &Message| {
        [Name::UserAgent, Name::Server].into_iter().any(|name| sip::field(message, name).starts_with(OURSELVES))
    };
    let ours = entries.iter().filter(|entry| says_so(&entry.message)).map(|entry| entry.captured.source);
    let mut ours: HashSet<SocketAddr> = ours.collect();
    let both = |entry: &&Entry<'_>| ours.contains(&entry.captured.source) && ours.contains(&entry.captured.destination);
    if entries.iter().any(|entry| both(&entry)) {
        // Its demonstration PBX is the same program: the one that is registered at.
        let registers = entries.iter().filter(|entry| entry.message.method() == Some(Method::Register));
        for registrar in registers.map(|entry| entry.captured.destination).collect::<Vec<_>>() {
            ours.remove(&registrar);
        }
    }
    (!ours.is_empty()).then(|| Server::at(ours, shared))
}

/// Who both receives and sends calls, with how many of the rarer kind: of different Call-IDs, since what goes on with
/// the same one is a proxy.
fn between(entries: &[Entry<'_>], shared: &HashSet<IpAddr>) -> Vec<(Server, usize)> {
    let mut seen: HashMap<SocketAddr, [HashSet<&str>; 2]> = HashMap::new();
    for entry in entries.iter().filter(|entry| entry.begins()) {
        let Ok(call_id) = entry.message.call_id() else { continue };
        let Captured { source, destination, .. } = *entry.captured;
        for (address, place) in [(destination, 0), (source, 1)] {
            // A connection that was opened for it has a port of its own.
            let whole = !shared.contains(&address.ip()) && entry.captured.transport != TraceTransport::Udp;
            let key = if whole { SocketAddr::new(address.ip(), 0) } else { address };
            seen.entry(key).or_default().get_mut(place).into_iter().for_each(|ids| {
                ids.insert(call_id);
            });
        }
    }
    let mut found: Vec<_> = seen
        .into_iter()
        .filter_map(|(address, [received, sent])| {
            let both = received.difference(&sent).count().min(sent.difference(&received).count());
            (both > 0).then(|| (Server::at(HashSet::from([address]), shared), both, address))
        })
        .collect();
    found.sort_by_key(|&(_, both, address)| (std::cmp::Reverse(both), address));
    found.into_iter().map(|(server, both, _)| (server, both)).collect()
}

/// Who of a call is the server: Offhook; else who stands between most calls; else who stands between the two ends of
/// this one; else who is called.
fn server_of(
    group: &[&Entry<'_>],
    known: Option<&Server>,
    between: &[(Server, usize)],
    shared: &HashSet<IpAddr>,
) -> Server {
    let takes_part = |server: &&Server| {
        group.iter().any(|entry| server.has(entry.captured.source) || server.has(entry.captured.destination))
    };
    if let Some(server) = known.into_iter().chain(between.iter().map(|(server, _)| server)).find(takes_part) {
        return server.clone();
    }
    let invites = || group.iter().filter(|entry| entry.begins()).map(|entry| entry.captured);
    let receives = |address| invites().any(|captured| captured.destination == address);
    let middle = invites().map(|captured| captured.source).find(|&source| receives(source));
    let called = invites().map(|captured| captured.destination).next();
    let any = group.first().map(|entry| entry.captured.destination);
    let address = middle.or(called).or(any);
    Server::at(address.into_iter().collect(), shared)
}

fn trace(group: &[&Entry<'_>], server: &Server) -> Trace {
    let mut trace = Trace::default();
    let Some(first) = group.first() else { return trace };
    trace.id = first.message.call_id().unwrap_or_default().to_owned();
    trace.started_at = ms(Duration::from_nanos(first.captured.at));
    let shares = |entry: &&&Entry<'_>| entry.captured.source.ip() == entry.captured.destination.ip();
    let by_port = group.iter().find(shares).is_some();
    let mut parties: Vec<(Option<SocketAddr>, TraceParty)> = Vec::new();
    let mut party = |address: SocketAddr| {
        let key = match server.has(address) {
            true => None,
            false if by_port => Some(address),
            false => Some(SocketAddr::new(address.ip(), 0)),
        };
        let place = parties.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
            let kind = if key.is_none() { PartyKind::Server } else { PartyKind::Sip };
            let name = address.to_string();
            parties.push((key, TraceParty { kind, address: Some(name.clone()), name }));
            parties.len() - 1
        });
        u32::try_from(place).unwrap_or_default()
    };
    for entry in group {
        let (from, to) = (party(entry.captured.source), party(entry.captured.destination));
        summarise(&mut trace, entry);
        if trace.events.len() >= MAX_EVENTS {
            trace.dropped += 1;
            continue;
        }
        let what = TraceWhat::Sip {
            transport: entry.captured.transport,
            source: entry.captured.source.to_string(),
            destination: entry.captured.destination.to_string(),
            text: String::from_utf8_lossy(&redact::sip(&entry.captured.bytes)).into_owned(),
        };
        let at = ms(Duration::from_nanos(entry.captured.at));
        trace.events.push(TraceEvent { at, from, to, what });
        let steps = noted_steps(&entry.captured.comments);
        let here = if server.has(entry.captured.source) { from } else { to };
        trace.events.extend(steps.map(|what| TraceEvent { at, from: here, to: here, what }));
    }
    trace.parties = parties.into_iter().map(|(_, party)| party).collect();
    trace
}

/// Who calls whom, when it was answered and when it was over.
fn summarise(trace: &mut Trace, entry: &Entry<'_>) {
    let (message, at) = (&entry.message, ms(Duration::from_nanos(entry.captured.at)));
    if entry.begins() && trace.called.is_none() {
        trace.caller = message.from().ok().and_then(|from| from.uri.user_decoded());
        trace.called = message.request_uri().ok().and_then(|uri| uri.user_decoded());
    }
    let method = message.cseq().ok().map(|cseq| cseq.method);
    match (message.status(), method) {
        (Some(200..=299), Some(Method::Invite)) if trace.connected_at.is_none() => {
            trace.connected_at = Some(at);
            trace.ended_at = None;
        }
        // Another attempt may follow, and take this back.
        (Some(300..), Some(Method::Invite)) if trace.connected_at.is_none() => trace.ended_at = Some(at),
        (None, Some(Method::Bye)) => trace.ended_at = Some(trace.ended_at.unwrap_or(at)),
        (None, Some(Method::Invite)) if trace.connected_at.is_none() => trace.ended_at = None,
        _ => {}
    }
}
