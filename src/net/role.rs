//! What a server does with SIP requests that begin something: the part in which Offhook and the demo PBX differ.

use std::net::SocketAddr;
use std::time::Instant;

use offhook_sip::Source;
use offhook_sip::header::{Name, NameAddr};
use offhook_sip::message::Message;

use crate::call::effect::{Caller, Route, Target, TargetUri};
use crate::ids::{LineId, PbxId};

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

    /// A PBX connection's address was found or has changed.
    fn pbx_at(&mut self, _pbx: PbxId, _address: SocketAddr) {}
}

/// Offhook's own role: calls come from the configured PBXs, for their lines.
#[derive(Debug, Default)]
pub struct Gateway {
    pbxes: Vec<GatewayPbx>,
}

/// What the gateway knows of a PBX connection.
#[derive(Debug, Default)]
pub struct GatewayPbx {
    /// Where it sends from, once known.
    pub address: Option<SocketAddr>,
    /// User name, number and name of each line.
    pub lines: Vec<(String, String, LineId)>,
    /// Where calls for other numbers go.
    pub transit_to: Option<PbxId>,
}

impl Gateway {
    /// The PBX connections, by [`PbxId`].
    pub fn new(pbxes: Vec<GatewayPbx>) -> Gateway {
        Gateway { pbxes }
    }

    /// The connections that a request from this address may belong to: the exact address, or else the host, since
    /// a PBX may send from another port than it listens on.
    fn senders(&self, remote: SocketAddr) -> impl Iterator<Item = (PbxId, &GatewayPbx)> {
        let exact = self.pbxes.iter().any(|pbx| pbx.address == Some(remote));
        self.pbxes.iter().enumerate().map(|(index, pbx)| (PbxId(index as u32), pbx)).filter(move |(_, pbx)| {
            pbx.address.is_some_and(|address| if exact { address == remote } else { address.ip() == remote.ip() })
        })
    }
}

impl Role for Gateway {
    fn route(&mut self, source: &Source, request: &Message, _now: Instant) -> Decision {
        let mut known = false;
        let dialled = request.request_uri().ok().and_then(|uri| uri.user_decoded()).unwrap_or_default();
        // Some PBXs put the registered contact into the request line, others the dialled number; To has the latter.
        let to = request.to().ok().and_then(|to| to.uri.user_decoded()).unwrap_or_default();
        for wanted in [&dialled, &to] {
            for (pbx, entry) in self.senders(source.remote) {
                known = true;
                let line = entry.lines.iter().find(|(user_name, number, _)| user_name == wanted || number == wanted);
                if let Some(&(_, _, line)) = line {
                    return Decision::Route(Route::Line { pbx, line });
                }
            }
        }
        let transit = self.senders(source.remote).find_map(|(pbx, entry)| Some((pbx, entry.transit_to?)));
        match transit {
            Some((pbx, to)) if !dialled.is_empty() => {
                let target = Target { pbx: to, line: None, uri: TargetUri::Number(dialled) };
                Decision::Route(Route::Targets { pbx, targets: vec![target] })
            }
            _ => Decision::Reject(Refusal::status(if known { 404 } else { 403 })),
        }
    }

    fn request(&mut self, _source: &Source, _request: &Message, _now: Instant) -> Refusal {
        let allow = (Name::Allow, "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO".to_owned());
        Refusal { status: 405, headers: vec![allow] }
    }

    fn pbx_at(&mut self, pbx: PbxId, address: SocketAddr) {
        if let Some(entry) = self.pbxes.get_mut(pbx.0 as usize) {
            entry.address = Some(address);
        }
    }
}

/// Who calls: the identity that the PBX vouches for (RFC 3325), or else From.
pub fn caller(request: &Message) -> Caller {
    let asserted = request.header(Name::PAssertedIdentity).and_then(|value| NameAddr::parse(value).ok());
    let Some(identity) = asserted.or_else(|| request.from().ok()) else { return Caller::default() };
    let number = identity.uri.user_decoded().unwrap_or_else(|| identity.uri.host().to_string());
    Caller { number, name: identity.display.filter(|name| !name.is_empty()) }
}
