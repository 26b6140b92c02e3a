//! What a server does with SIP requests that begin something: the part in which Offhook and the demo PBX differ.

use std::net::SocketAddr;
use std::time::Instant;

use ipnet::IpNet;
use offhook_sip::Source;
use offhook_sip::header::Name;
use offhook_sip::message::Message;
use rustc_hash::FxHashMap;

use crate::call::effect::{Route, Target, TargetUri};
use crate::ids::{LineGroupId, LineId};
use crate::numbers::route::Routes;

/// The decision about an incoming INVITE.
#[derive(Debug)]
pub enum Decision {
    /// It becomes a call.
    Route(Route),
    /// It is refused.
    Reject(Refusal),
}

/// A final response that refuses, or answers a request without a session.
#[derive(Debug, Default)]
pub struct Refusal {
    /// Status.
    pub status: u16,
    /// Headers beside the ones every response has.
    pub headers: Vec<(Name, String)>,
}

impl Refusal {
    /// Just a status.
    pub fn status(status: u16) -> Refusal {
        Refusal { status, headers: Vec::new() }
    }
}

/// Decides about requests that begin something.
pub trait Role: Send + 'static {
    /// An INVITE came in.
    fn route(&mut self, source: &Source, request: &Message, now: Instant) -> Decision;

    /// A request outside of sessions came in: REGISTER, MESSAGE and the like.
    fn request(&mut self, source: &Source, request: &Message, now: Instant) -> Refusal;

    /// Whether a request may come from this line group's PBX.
    fn sends_from(&self, group: LineGroupId, source: &Source) -> bool;

    /// The places where a line group's PBX may be were found or have changed.
    fn group_at(&mut self, _group: LineGroupId, _addresses: &[SocketAddr]) {}
}

/// Offhook's own role: calls come from the configured PBXs, for their lines or along a route.
#[derive(Debug, Default)]
pub struct Gateway {
    groups: Vec<GatewayGroup>,
    routes: Routes,
}

/// What the gateway knows of a line group.
#[derive(Debug, Default)]
pub struct GatewayGroup {
    /// Where its PBX may send from, beside the places where it is.
    pub allow_from: Vec<IpNet>,
    /// Its lines by user name and by number; those that belong to nobody are not among them.
    pub lines: FxHashMap<String, LineId>,
    /// The user name that registers for the whole number range, where one does.
    pub pilot: Option<String>,
    /// Where its PBX may be.
    places: Vec<SocketAddr>,
}

impl GatewayGroup {
    /// A group whose PBX is not known yet.
    pub fn new(allow_from: Vec<IpNet>, lines: FxHashMap<String, LineId>, pilot: Option<String>) -> GatewayGroup {
        GatewayGroup { allow_from, lines, pilot, places: Vec::new() }
    }

    /// The names that a call may be for, the likelier first. Some PBXs put the registered contact into the request
    /// line, others the dialled number; To has the latter. The contact of a whole number range says nothing of it.
    fn names<'a>(&self, request_uri: &'a str, to: &'a str) -> [&'a str; 2] {
        match self.pilot.as_deref() == Some(request_uri) {
            true => [to, request_uri],
            false => [request_uri, to],
        }
    }

    fn is_at(&self, remote: SocketAddr) -> bool {
        self.places.iter().any(|place| place.ip() == remote.ip())
            || self.allow_from.iter().any(|network| network.contains(&remote.ip()))
    }
}

impl Gateway {
    /// The line groups, by [`LineGroupId`], and the ways between them.
    pub fn new(groups: Vec<GatewayGroup>, routes: Routes) -> Gateway {
        Gateway { groups, routes }
    }

    /// The groups that a request from this address may belong to: the exact place, or else the host, since a PBX may
    /// send from another port than it listens on.
    fn senders(&self, remote: SocketAddr) -> impl Iterator<Item = (LineGroupId, &GatewayGroup)> {
        let exact = self.groups.iter().any(|group| group.places.contains(&remote));
        let sends =
            move |group: &GatewayGroup| if exact { group.places.contains(&remote) } else { group.is_at(remote) };
        let groups = self.groups.iter().enumerate().map(|(index, group)| (LineGroupId(index as u32), group));
        groups.filter(move |(_, group)| sends(group))
    }
}

impl Role for Gateway {
    fn route(&mut self, source: &Source, request: &Message, _now: Instant) -> Decision {
        let mut known = false;
        let dialled = request.request_uri().ok().and_then(|uri| uri.user_decoded()).unwrap_or_default();
        let to = request.to().ok().and_then(|to| to.uri.user_decoded()).unwrap_or_default();
        for place in 0..2 {
            for (group, entry) in self.senders(source.remote) {
                known = true;
                if let Some(&line) = entry.lines.get(entry.names(&dialled, &to)[place]) {
                    return Decision::Route(Route::Line { group, line });
                }
            }
        }
        let way =
            |(from, entry): (_, &GatewayGroup)| Some((from, self.routes.find(from, entry.names(&dialled, &to)[0])?));
        match self.senders(source.remote).find_map(way) {
            Some((group, (to, number))) => {
                let target = Target { group: to, line: None, uri: TargetUri::Number(number) };
                Decision::Route(Route::Targets { group, targets: vec![target] })
            }
            None => Decision::Reject(Refusal::status(if known { 404 } else { 403 })),
        }
    }

    fn request(&mut self, _source: &Source, _request: &Message, _now: Instant) -> Refusal {
        let allow = (Name::Allow, "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO".to_owned());
        Refusal { status: 405, headers: vec![allow] }
    }

    fn sends_from(&self, group: LineGroupId, source: &Source) -> bool {
        self.senders(source.remote).any(|(sender, _)| sender == group)
    }

    fn group_at(&mut self, group: LineGroupId, addresses: &[SocketAddr]) {
        if let Some(entry) = self.groups.get_mut(group.0 as usize) {
            entry.places = addresses.to_vec();
        }
    }
}
