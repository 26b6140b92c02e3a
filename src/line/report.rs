//! What an administrator sees of line groups: everything at one moment.

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use super::LineStatus;
use crate::call::view::EndCause;
use crate::ids::{LineGroupId, LineId};

/// Everything at one moment.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// All line groups, in the configuration's order.
    pub groups: Vec<GroupReport>,
    /// Where SIP is received.
    pub listeners: Vec<ListenerReport>,
    /// Requests from addresses that no line group names.
    pub strangers: StrangerReport,
}

/// A line group.
#[derive(Debug, Clone)]
pub struct GroupReport {
    /// Which.
    pub id: LineGroupId,
    /// Why its PBX cannot be reached, where no line says so.
    pub cause: Option<EndCause>,
    /// The places where its PBX may be, in the order in which they are tried.
    pub targets: Vec<TargetReport>,
    /// When its name is looked up again.
    pub lookup_at: Option<Instant>,
    /// Its lines.
    pub lines: Vec<(LineId, LineStatus)>,
    /// Who is registered with us, for a trunk that does so.
    pub bindings: Vec<BindingReport>,
    /// Wrong passwords that came for it.
    pub wrong_passwords: u64,
}

/// A place where a PBX may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetReport {
    /// `udp`, `tcp` or `tls`.
    pub transport: &'static str,
    /// Address.
    pub address: SocketAddr,
    /// Since when it does not answer.
    pub down_since: Option<Instant>,
}

/// A contact registered with us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BindingReport {
    /// Its URI.
    pub contact: String,
    /// Where it registered from.
    pub source: SocketAddr,
    /// Until when, without a refresh.
    pub until: Instant,
    /// What it calls itself.
    pub user_agent: Option<String>,
}

/// An address that SIP is received at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenerReport {
    /// Its name.
    pub name: String,
    /// Its transports, like `udp, tcp`.
    pub transport: String,
    /// Address.
    pub address: SocketAddr,
    /// Why it does not listen; None: it does.
    pub problem: Option<String>,
    /// The same in German.
    pub german: Option<String>,
}

/// Who knocks without being expected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StrangerReport {
    /// Requests refused or dropped since the start.
    pub requests: u64,
    /// The addresses that sent most of them, with their numbers.
    pub addresses: Vec<(IpAddr, u64)>,
}
