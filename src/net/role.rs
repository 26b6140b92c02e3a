//! What a server does with SIP requests that begin something: the part in which Offhook and the demo PBX differ.

use std::net::SocketAddr;
use std::time::Instant;

use offhook_sip::header::Name;
use offhook_sip::message::Message;
use offhook_sip::{Source, registrar};

use super::gateway::GatewayGroup;
use crate::call::effect::Route;
use crate::ids::LineGroupId;
use crate::line::report::BindingReport;
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
    /// Whether requests may come from there at all. If not, those outside of calls are refused without a look.
    fn expects(&self, source: &Source) -> bool;

    /// An INVITE came in.
    fn route(&mut self, source: &Source, request: &Message, now: Instant) -> Decision;

    /// A request outside of sessions came in: REGISTER, MESSAGE and the like.
    fn request(&mut self, source: &Source, request: &Message, now: Instant) -> Refusal;

    /// Whether a request may come from this line group's PBX.
    fn sends_from(&self, group: LineGroupId, source: &Source, now: Instant) -> bool;

    /// Other line groups and ways between them count; those that there were have their old places.
    fn configure(&mut self, _groups: Vec<GatewayGroup>, _routes: Routes) {}

    /// The places where a line group's PBX may be were found or have changed.
    fn group_at(&mut self, _group: LineGroupId, _addresses: &[SocketAddr]) {}

    /// The ways to a number of a PBX that registers with us, the best first. None: it is a PBX of another kind.
    fn bound(&self, _group: LineGroupId, _number: &str, _now: Instant) -> Option<Vec<registrar::Route>> {
        None
    }

    /// Who is registered with us, as whom, and how many wrong passwords came lately. None: it is a PBX of another
    /// kind.
    fn bindings(&self, _group: LineGroupId, _now: Instant) -> Option<(Vec<BindingReport>, u64)> {
        None
    }
}
