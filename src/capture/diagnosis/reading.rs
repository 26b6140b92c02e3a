//! A trace read once: which messages are one transaction, which transactions one leg of the call.
//!
//! Everything here is made in one pass, with as many entries as the trace has events at most; rules look it up.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use offhook_media::sdp::{self, Stream};
use offhook_sip::header::Name;
use offhook_sip::message::Message;
use offhook_sip::method::Method;

use super::told::{Dialled, Told};
use crate::call::cause::CauseCode;
use crate::capture::trace::{MediaEvent, PartyKind, Trace, TraceEvent, TraceTransport, TraceWhat};
use crate::quality::{LegParty, LegReport};

/// A SIP message of the trace that could be read.
pub(super) struct Said<'a> {
    /// Its place in [`Trace::events`].
    pub(super) event: usize,
    pub(super) at: f64,
    /// Whether the server sent it.
    pub(super) ours: bool,
    pub(super) transport: TraceTransport,
    pub(super) source: &'a str,
    pub(super) destination: &'a str,
    pub(super) message: Message,
    /// What its description says, where it has one.
    pub(super) streams: Vec<Stream>,
    /// The number that a request is for, as it may be told.
    pub(super) called: Option<Told>,
}

impl Said<'_> {
    /// The status of a response, 0 for a request.
    pub(super) fn status(&self) -> u16 {
        self.message.status().unwrap_or(0)
    }

    /// Status and reason as a person reads them.
    pub(super) fn answer(&self) -> String {
        format!("{} {}", self.status(), self.message.reason()).trim().to_owned()
    }

    /// The audio line of its description.
    pub(super) fn audio(&self) -> Option<&Stream> {
        self.streams.iter().find(|stream| stream.media == "audio")
    }

    /// Whether it brings credentials.
    pub(super) fn has_credentials(&self) -> bool {
        self.message.header(Name::Authorization).or(self.message.header(Name::ProxyAuthorization)).is_some()
    }

    /// User and host of From, To or Contact.
    pub(super) fn address(&self, name: Name) -> Option<(String, String)> {
        let uri = match name {
            Name::To => self.message.to().ok()?.uri,
            Name::From => self.message.from().ok()?.uri,
            Name::Contact => self.message.contacts().ok()?.into_iter().next()?.uri,
            _ => return None,
        };
        Some((uri.user_decoded().unwrap_or_default(), uri.host().to_string()))
    }

    /// The user in the request line, as it stands there.
    pub(super) fn dialled(&self) -> Option<String> {
        self.message.request_uri().ok()?.user_decoded().filter(|user| !user.is_empty())
    }

    /// Its first line, with the number as it may be told; in English and German.
    pub(super) fn first_line(&self) -> (String, String) {
        if let Some(status) = self.message.status() {
            let line = format!("SIP/2.0 {status} {}", self.message.reason());
            return (line.clone(), line);
        }
        let method = self.message.method().map(|method| method.to_string()).unwrap_or_default();
        let hidden = self.called.as_ref().filter(|told| self.dialled().is_some_and(|dialled| !told.is(&dialled)));
        let uri = self.message.request_uri_str();
        let (english, german) = hidden.map_or((uri, uri), Told::words);
        (format!("{method} {english} SIP/2.0"), format!("{method} {german} SIP/2.0"))
    }
}

/// A request with what came of it.
pub(super) struct Transaction {
    /// The request's place in [`Reading::said`].
    pub(super) request: usize,
    pub(super) method: Method,
    /// Whether the server asked.
    pub(super) ours: bool,
    /// Its place in [`Reading::legs`].
    pub(super) leg: usize,
    /// How often the request was sent.
    pub(super) sent: u32,
    /// When it was sent last.
    pub(super) sent_last: f64,
    /// The first response.
    pub(super) first: Option<usize>,
    /// The first response 180 to 183.
    pub(super) ringing: Option<usize>,
    /// The first final response.
    pub(super) last: Option<usize>,
    /// How often that was sent.
    pub(super) answered: u32,
    /// A second 2xx with another To tag: another branch.
    pub(super) forked: Option<usize>,
    /// The first ACK.
    pub(super) ack: Option<usize>,
    /// The CANCEL.
    pub(super) cancel: Option<usize>,
    /// Whether it belongs to a dialog that was there before.
    pub(super) inside: bool,
}

/// What has one Call-ID between two parties.
pub(super) struct Leg {
    /// The other party's place in [`Trace::parties`].
    pub(super) peer: u32,
    /// Its transactions, as places in [`Reading::transactions`].
    pub(super) transactions: Vec<usize>,
}

/// What can be said of a party's audio.
#[derive(Default, Clone)]
pub(super) struct Heard {
    /// Where it was first missed, where it is missed to the end.
    pub(super) silent: Option<usize>,
    /// Whether nothing ever came.
    pub(super) never: bool,
    /// The path to a browser stood.
    pub(super) connected: Option<usize>,
    /// The path did not come about or broke, to the end.
    pub(super) lost: Option<usize>,
    /// Packets came from another address.
    pub(super) elsewhere: Option<usize>,
}

/// The whole trace, read.
pub(super) struct Reading<'a> {
    pub(super) trace: &'a Trace,
    pub(super) said: Vec<Said<'a>>,
    pub(super) transactions: Vec<Transaction>,
    pub(super) legs: Vec<Leg>,
    /// By party.
    pub(super) heard: Vec<Heard>,
    /// By what is at the other end, and its name.
    figures: HashMap<(LegParty, &'a str), &'a LegReport>,
    /// When the last thing happened.
    pub(super) over_at: f64,
}

#[derive(PartialEq, Eq, Hash)]
struct Key {
    leg: usize,
    ours: bool,
    number: u32,
    method: String,
    branch: String,
}

impl<'a> Reading<'a> {
    pub(super) fn of(trace: &'a Trace) -> Self {
        let last = trace.events.iter().map(|event| event.at).fold(trace.started_at, f64::max);
        let mut reading = Reading {
            trace,
            said: Vec::new(),
            transactions: Vec::new(),
            legs: Vec::new(),
            heard: vec![Heard::default(); trace.parties.len()],
            figures: trace.legs.iter().map(|leg| ((leg.party, leg.name.as_str()), leg)).collect(),
            over_at: trace.ended_at.map_or(last, |ended| ended.max(last)),
        };
        let mut maps = Maps::default();
        let dialled = Dialled::of(trace);
        let foreign = reading.first_speaker();
        for (index, event) in trace.events.iter().enumerate() {
            match &event.what {
                TraceWhat::Sip { transport, source, destination, text } => {
                    let Some(message) = read(text) else { continue };
                    let ours = match (reading.kind(event.from), reading.kind(event.to)) {
                        (Some(PartyKind::Server), _) => true,
                        (_, Some(PartyKind::Server)) => false,
                        _ => Some(event.from) == foreign,
                    };
                    let streams = message.part("application/sdp").and_then(|body| sdp::describe(&body).ok());
                    let said = Said {
                        event: index,
                        at: event.at,
                        ours,
                        transport: *transport,
                        source,
                        destination,
                        message,
                        streams: streams.unwrap_or_default(),
                        called: None,
                    };
                    let called = said.message.is_request().then(|| dialled.told(&said)).flatten();
                    let said = Said { called, ..said };
                    reading.take(said, if ours { event.to } else { event.from }, &mut maps);
                }
                TraceWhat::Media { event: media, .. } => reading.note(index, event, *media),
                _ => {}
            }
        }
        reading
    }

    /// Who stands in the server's place where no party is the server.
    fn first_speaker(&self) -> Option<u32> {
        let mut messages = self.trace.events.iter().filter(|event| matches!(event.what, TraceWhat::Sip { .. }));
        messages.next().map(|event| event.from)
    }

    fn kind(&self, party: u32) -> Option<PartyKind> {
        self.trace.parties.get(party as usize).map(|party| party.kind)
    }

    /// Puts a message to its transaction and leg.
    fn take(&mut self, said: Said<'a>, peer: u32, maps: &mut Maps) {
        let (Ok(call_id), Ok(cseq)) = (said.message.call_id(), said.message.cseq()) else { return };
        let leg = *maps.legs.entry((call_id.to_owned(), peer)).or_insert_with(|| {
            self.legs.push(Leg { peer, transactions: Vec::new() });
            self.legs.len() - 1
        });
        let index = self.said.len();
        let asked_by_us = said.ours == said.message.is_request();
        let branch = said.message.top_via().ok().and_then(|via| via.branch().map(str::to_owned)).unwrap_or_default();
        let key = |method: &Method| Key {
            leg,
            ours: asked_by_us,
            number: cseq.number,
            method: method.to_string(),
            branch: branch.clone(),
        };
        match said.message.method() {
            Some(Method::Ack) => {
                let invite = maps.transactions.get(&key(&Method::Invite));
                let invite = invite.or_else(|| maps.invites.get(&(leg, asked_by_us, cseq.number)));
                if let Some(transaction) = invite.and_then(|at| self.transactions.get_mut(*at)) {
                    transaction.ack.get_or_insert(index);
                }
            }
            Some(method) => self.request(&said, index, leg, method, key, maps),
            None => {
                let known = maps.transactions.get(&key(&cseq.method));
                if let Some(transaction) = known.and_then(|at| self.transactions.get_mut(*at)) {
                    respond(transaction, &self.said, &said, index);
                }
            }
        }
        self.said.push(said);
    }

    fn request(
        &mut self,
        said: &Said<'_>,
        index: usize,
        leg: usize,
        method: Method,
        key: impl Fn(&Method) -> Key,
        maps: &mut Maps,
    ) {
        if method == Method::Cancel
            && let Some(at) = maps.transactions.get(&key(&Method::Invite))
            && let Some(invite) = self.transactions.get_mut(*at)
        {
            invite.cancel.get_or_insert(index);
        }
        if let Some(known) = maps.transactions.get(&key(&method)).and_then(|at| self.transactions.get_mut(*at)) {
            known.sent += 1;
            known.sent_last = said.at;
            return;
        }
        let place = self.transactions.len();
        let identity = key(&method);
        if method == Method::Invite {
            maps.invites.insert((leg, identity.ours, identity.number), place);
        }
        if let Some(leg) = self.legs.get_mut(leg) {
            leg.transactions.push(place);
        }
        let inside = said.message.to().is_ok_and(|to| to.tag().is_some());
        self.transactions.push(Transaction {
            request: index,
            method,
            ours: identity.ours,
            leg,
            sent: 1,
            sent_last: said.at,
            first: None,
            ringing: None,
            last: None,
            answered: 0,
            forked: None,
            ack: None,
            cancel: None,
            inside,
        });
        maps.transactions.insert(identity, place);
    }

    fn note(&mut self, index: usize, event: &TraceEvent, media: MediaEvent) {
        // What is about a party has it at either end; the other end is the server, or the party itself.
        let party = [event.from, event.to].into_iter().find(|party| self.kind(*party) != Some(PartyKind::Server));
        let Some(heard) = party.and_then(|party| self.heard.get_mut(party as usize)) else { return };
        match media {
            MediaEvent::Connected => {
                heard.connected.get_or_insert(index);
                heard.lost = None;
            }
            MediaEvent::Lost => heard.lost = Some(index),
            MediaEvent::Silent => {
                heard.silent.get_or_insert(index);
            }
            MediaEvent::NeverHeard => {
                heard.silent.get_or_insert(index);
                heard.never = true;
            }
            MediaEvent::Heard => {
                heard.silent = None;
                heard.never = false;
            }
            MediaEvent::OtherSource => heard.elsewhere = Some(index),
            _ => {}
        }
    }

    /// Why the call ended, as the server told it.
    pub(super) fn cause(&self) -> Option<CauseCode> {
        self.trace.cause.as_ref().map(|cause| cause.code)
    }

    /// Whether the server gave one of these causes.
    pub(super) fn caused_by(&self, causes: &[CauseCode]) -> bool {
        self.cause().is_some_and(|cause| causes.contains(&cause))
    }

    /// Whether somebody answered.
    pub(super) fn is_answered(&self) -> bool {
        self.trace.connected_at.is_some()
            || self.calls().any(|invite| self.last(invite).is_some_and(|last| last.status() < 300))
    }

    /// Whether it is over.
    pub(super) fn is_over(&self) -> bool {
        self.trace.ended_at.is_some()
    }

    /// The INVITEs that begin a dialog.
    pub(super) fn calls(&self) -> impl Iterator<Item = &Transaction> {
        self.transactions.iter().filter(|transaction| transaction.method == Method::Invite && !transaction.inside)
    }

    /// The requests within dialogs.
    pub(super) fn inside(&self) -> impl Iterator<Item = &Transaction> {
        self.transactions.iter().filter(|transaction| transaction.inside)
    }

    /// A message by its place.
    pub(super) fn at(&self, place: usize) -> Option<&Said<'a>> {
        self.said.get(place)
    }

    /// The request of a transaction.
    pub(super) fn asked(&self, transaction: &Transaction) -> Option<&Said<'a>> {
        self.at(transaction.request)
    }

    /// The final response of a transaction.
    pub(super) fn last(&self, transaction: &Transaction) -> Option<&Said<'a>> {
        transaction.last.and_then(|last| self.at(last))
    }

    /// The status of a transaction's final response, 0 while there is none.
    pub(super) fn status(&self, transaction: &Transaction) -> u16 {
        self.last(transaction).map_or(0, Said::status)
    }

    /// The INVITE of ours whose refusal decided the call: the last one that was not only asked for credentials.
    pub(super) fn refused(&self) -> Option<(&Transaction, &Said<'a>)> {
        self.refusal(true)
    }

    /// The INVITE of a PBX that this server refused, where no call of its own explains it.
    pub(super) fn refused_here(&self) -> Option<(&Transaction, &Said<'a>)> {
        if self.refused().is_some() { None } else { self.refusal(false) }
    }

    fn refusal(&self, ours: bool) -> Option<(&Transaction, &Said<'a>)> {
        if self.is_answered() {
            return None;
        }
        let invites = self.calls().filter(|invite| invite.ours == ours);
        let refused = invites.filter_map(|invite| Some((invite, self.last(invite)?)));
        refused.filter(|(_, last)| last.status() >= 300 && !matches!(last.status(), 401 | 407)).last()
    }

    /// How the other party of a leg is called: name and address.
    pub(super) fn name_of(&self, party: u32) -> String {
        let Some(party) = self.trace.parties.get(party as usize) else { return "?".into() };
        match &party.address {
            Some(address) if party.name.is_empty() => address.clone(),
            Some(address) if *address != party.name => format!("{} ({address})", party.name),
            _ if party.name.is_empty() => "?".into(),
            _ => party.name.clone(),
        }
    }

    /// The other party of a transaction.
    pub(super) fn peer(&self, transaction: &Transaction) -> u32 {
        self.legs.get(transaction.leg).map_or(u32::MAX, |leg| leg.peer)
    }

    /// The client that takes part; the last one, since calls move between clients.
    pub(super) fn client(&self) -> Option<u32> {
        let place = self.trace.parties.iter().rposition(|party| party.kind == PartyKind::Client)?;
        u32::try_from(place).ok()
    }

    /// How a party's leg sounded, where that was measured.
    pub(super) fn figures(&self, party: u32) -> Option<&'a LegReport> {
        let party = self.trace.parties.get(party as usize)?;
        let kind = if party.kind == PartyKind::Client { LegParty::Browser } else { LegParty::Pbx };
        self.figures.get(&(kind, party.name.as_str())).copied()
    }

    /// What clients said, each as JSON with its place, as far as it has this word in it.
    pub(super) fn told_by_clients(&self, word: &str) -> impl Iterator<Item = (usize, serde_json::Value)> {
        let events = self.trace.events.iter().enumerate();
        events.filter_map(move |(index, event)| match &event.what {
            TraceWhat::Client { text } if self.kind(event.from) == Some(PartyKind::Client) && text.contains(word) => {
                Some((index, serde_json::from_str(text).ok()?))
            }
            _ => None,
        })
    }

    /// The value of a setting, where the trace has it.
    pub(super) fn setting(&self, key: &str) -> Option<&'a str> {
        let found = self.trace.settings.iter().find(|setting| setting.key == key);
        found.map(|setting| setting.value.as_str())
    }

    /// Media events of one kind, with their places.
    pub(super) fn media(&self, wanted: MediaEvent) -> impl Iterator<Item = (usize, &'a TraceEvent, Option<&'a str>)> {
        let events = self.trace.events.iter().enumerate();
        events.filter_map(move |(index, event)| match &event.what {
            TraceWhat::Media { event: media, detail } if *media == wanted => Some((index, event, detail.as_deref())),
            _ => None,
        })
    }
}

/// Where to find what belongs together.
#[derive(Default)]
struct Maps {
    legs: HashMap<(String, u32), usize>,
    transactions: HashMap<Key, usize>,
    /// The ACK for a 2xx has a branch of its own: INVITEs by leg, direction and number.
    invites: HashMap<(usize, bool, u32), usize>,
}

fn respond(transaction: &mut Transaction, said: &[Said<'_>], response: &Said<'_>, index: usize) {
    let status = response.status();
    transaction.first.get_or_insert(index);
    if (180..=183).contains(&status) {
        transaction.ringing.get_or_insert(index);
    }
    if status < 200 {
        return;
    }
    let tag = |message: &Message| message.to().ok().and_then(|to| to.tag().map(str::to_owned));
    match transaction.last.and_then(|last| said.get(last)) {
        None => {
            transaction.last = Some(index);
            transaction.answered = 1;
        }
        Some(first) if first.status() < 300 && status < 300 && tag(&first.message) != tag(&response.message) => {
            transaction.forked.get_or_insert(index);
        }
        Some(first) if first.status() == status => transaction.answered += 1,
        Some(_) => {}
    }
}

/// Reads a message as far as it can be read.
fn read(text: &str) -> Option<Message> {
    let bytes = Bytes::copy_from_slice(text.as_bytes());
    Message::parse(bytes.clone()).ok().or_else(|| Message::salvage(bytes))
}

/// The IP address in `host:port`, or of a host alone.
pub(super) fn ip(address: &str) -> Option<IpAddr> {
    let socket = address.parse::<SocketAddr>().map(|socket| socket.ip()).ok();
    let ip = socket.or_else(|| address.trim_start_matches('[').trim_end_matches(']').parse().ok())?;
    Some(ip.to_canonical())
}

/// Whether an address means something in its own network only (RFC 1918, RFC 6598, RFC 4193).
pub(super) fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let shared = ip.octets()[0] == 100 && (64..128).contains(&ip.octets()[1]);
            ip.is_private() || ip.is_loopback() || ip.is_link_local() || shared
        }
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

/// Whether nothing sent to `written` reaches who is seen at `seen`: a private address, and not one of the same network.
pub(super) fn is_behind_nat(written: IpAddr, seen: IpAddr) -> bool {
    is_private(written) && written != seen && !is_same_network(written, seen)
}

/// Whether two private addresses may well be of one site.
fn is_same_network(one: IpAddr, other: IpAddr) -> bool {
    match (one, other) {
        (IpAddr::V4(one), IpAddr::V4(other)) => {
            let (one, other) = (one.octets(), other.octets());
            one[0] == other[0] && (one[0] == 127 || one[1] == other[1])
        }
        (IpAddr::V6(one), IpAddr::V6(other)) => one.segments()[..3] == other.segments()[..3],
        _ => false,
    }
}
