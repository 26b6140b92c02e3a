//! Offhook's own role: calls come from the configured PBXs, for their lines or along a route; PBXs may register.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use ipnet::IpNet;
use offhook_sip::digest::Secret;
use offhook_sip::header::{Name, identity};
use offhook_sip::message::Message;
use offhook_sip::method::Method;
use offhook_sip::registrar::{self, AccountView, Accounts, Registrar, Who};
use offhook_sip::{ALLOW, Source};
use regex::Regex;
use rustc_hash::FxHashMap;

use super::role::{Decision, Refusal, Role};
use crate::call::effect::{Route, Target, TargetUri};
use crate::call::numbers::is_number;
use crate::ids::{LineGroupId, LineId};
use crate::line::report::BindingReport;
use crate::numbers::route::Routes;
use crate::numbers::{DialPlan, ReportedAs};

/// Realm of the challenges to PBXs that register with us.
const REALM: &str = "offhook";

/// Offhook's own role.
#[derive(Debug)]
pub struct Gateway {
    groups: Vec<GatewayGroup>,
    routes: Routes,
    registrar: Registrar,
}

/// What the gateway knows of a line group.
#[derive(Debug, Default)]
pub struct GatewayGroup {
    /// Where its PBX may send from, beside the places where it is; for one that registers with us, where it may
    /// register from.
    pub allow_from: Vec<IpNet>,
    /// Its lines by user name and by number; those that belong to nobody are not among them.
    pub lines: FxHashMap<String, LineId>,
    /// The same lines by their super-canonical numbers.
    pub known: FxHashMap<String, LineId>,
    /// Its lines by the end of their numbers, where its location looks them up so.
    pub ends: FxHashMap<String, LineId>,
    /// The dial plan of its location.
    pub plan: Option<Arc<DialPlan>>,
    /// The user name that registers for the whole number range, where one does.
    pub pilot: Option<String>,
    /// The account of a PBX that registers with us.
    pub account: Option<TrunkAccount>,
    /// Where its PBX may be.
    pub places: Vec<SocketAddr>,
}

/// What a PBX that registers with us proves, and what is its own.
#[derive(Debug)]
pub struct TrunkAccount {
    /// The name it registers.
    pub user_name: String,
    /// Its password.
    pub secret: Secret,
    /// Its numbers, beside those of the group's lines.
    pub numbers: Option<Regex>,
}

impl GatewayGroup {
    /// The names that a call may be for, the likelier first. Some PBXs put the registered contact into the request
    /// line, others the dialled number; To has the latter. The contact of a whole number range says nothing of it.
    fn names<'a>(&self, request_uri: &'a str, to: &'a str) -> [&'a str; 2] {
        match self.pilot.as_deref() == Some(request_uri) {
            true => [to, request_uri],
            false => [request_uri, to],
        }
    }

    /// The line that a number leads to by the dial plan, however the PBX writes it.
    fn line_known_as(&self, number: &str) -> Option<LineId> {
        let plan = self.plan.as_ref().filter(|_| is_number(number))?;
        let by_end = |number: &str| self.ends.get(plan.looked_up_by(number)?);
        let of = |number: String| self.known.get(&number).or_else(|| by_end(&number)).copied();
        let reported = plan.reported(ReportedAs::Called, number).and_then(|reported| of(reported.number));
        // Who calls a line from outside dials no code for an outside line, and a trunk may have the number so.
        reported.or_else(|| of(plan.line_number(number)?)).or_else(|| of(plan.number_without_code(number)?))
    }

    fn allows(&self, address: IpAddr) -> bool {
        self.allow_from.iter().any(|network| network.contains(&address))
    }

    fn has_number(&self, number: &str) -> bool {
        let numbers = self.account.as_ref().and_then(|account| account.numbers.as_ref());
        self.lines.contains_key(number) || numbers.is_some_and(|numbers| numbers.is_match(number))
    }
}

/// The accounts of all groups.
struct Trunks<'a>(&'a [GatewayGroup]);

impl Trunks<'_> {
    fn group(&self, name: &str) -> Option<&GatewayGroup> {
        self.0.iter().find(|group| group.account.as_ref().is_some_and(|account| account.user_name == name))
    }
}

impl Accounts for Trunks<'_> {
    fn account(&self, name: &str) -> Option<AccountView> {
        let account = self.group(name)?.account.as_ref()?;
        Some(AccountView { secret: account.secret.clone(), has_range: true })
    }

    fn owns(&self, account: &str, number: &str) -> bool {
        self.group(account).is_some_and(|group| group.has_number(number))
    }
}

impl Gateway {
    /// The line groups, by [`LineGroupId`], and the ways between them. `key` makes the registrar's challenges
    /// unpredictable.
    pub fn new(groups: Vec<GatewayGroup>, routes: Routes, key: [u8; 32]) -> Gateway {
        Gateway { groups, routes, registrar: Registrar::new(REALM, key) }
    }

    fn group(&self, id: LineGroupId) -> Option<&GatewayGroup> {
        self.groups.get(id.0 as usize)
    }

    /// The groups that a request from this address may belong to: the exact place, or else the host, since a PBX may
    /// send from another port than it listens on.
    fn senders(&self, remote: SocketAddr, now: Instant) -> impl Iterator<Item = (LineGroupId, &GatewayGroup)> {
        let exact = self.groups.iter().any(|group| group.places.contains(&remote));
        let sends = move |group: &GatewayGroup| match &group.account {
            _ if exact => group.places.contains(&remote),
            // Calls come from where it registered, and from nowhere else.
            Some(account) => self.registrar.is_at(&account.user_name, remote.ip(), now),
            None => group.places.iter().any(|place| place.ip() == remote.ip()) || group.allows(remote.ip()),
        };
        let groups = self.groups.iter().enumerate().map(|(index, group)| (LineGroupId(index as u32), group));
        groups.filter(move |(_, group)| sends(group))
    }
}

impl Role for Gateway {
    fn expects(&self, source: &Source) -> bool {
        let address = source.remote.ip();
        let is_at =
            |group: &GatewayGroup| group.places.iter().any(|place| place.ip() == address) || group.allows(address);
        self.groups.iter().any(is_at)
    }

    fn route(&mut self, source: &Source, request: &Message, now: Instant) -> Decision {
        let mut known = false;
        let dialled = request.request_uri().ok().and_then(|uri| identity::number(&uri)).unwrap_or_default();
        let to = request.to().ok().and_then(|to| identity::number(&to.uri)).unwrap_or_default();
        for place in 0..2 {
            for (group, entry) in self.senders(source.remote, now) {
                known = true;
                if let Some(&line) = entry.lines.get(entry.names(&dialled, &to)[place]) {
                    return Decision::Route(Route::Line { group, line });
                }
            }
        }
        for place in 0..2 {
            for (group, entry) in self.senders(source.remote, now) {
                if let Some(line) = entry.line_known_as(entry.names(&dialled, &to)[place]) {
                    return Decision::Route(Route::Line { group, line });
                }
            }
        }
        let way =
            |(from, entry): (_, &GatewayGroup)| Some((from, self.routes.find(from, entry.names(&dialled, &to)[0])?));
        let Some((from, (to, number))) = self.senders(source.remote, now).find_map(way) else {
            return Decision::Reject(Refusal::status(if known { 404 } else { 403 }));
        };
        let reaches = |group: &GatewayGroup| group.account.is_none() || group.has_number(&number);
        if !self.group(to).is_some_and(reaches) {
            return Decision::Reject(Refusal::status(404));
        }
        let target = Target { group: to, line: None, uri: TargetUri::Number(number) };
        Decision::Route(Route::Targets { group: from, targets: vec![target] })
    }

    fn request(&mut self, source: &Source, request: &Message, now: Instant) -> Refusal {
        let may_register = |group: &GatewayGroup| group.account.is_some() && group.allows(source.remote.ip());
        if request.method() != Some(Method::Register) {
            return Refusal { status: 405, headers: vec![(Name::Allow, ALLOW.to_owned())] };
        }
        if !self.groups.iter().any(may_register) {
            // A challenge would tell a scanner that there is something to guess.
            return Refusal::status(403);
        }
        let reply = self.registrar.handle(request, source, &Trunks(&self.groups), now);
        Refusal { status: reply.status, headers: reply.headers }
    }

    fn sends_from(&self, group: LineGroupId, source: &Source, now: Instant) -> bool {
        self.senders(source.remote, now).any(|(sender, _)| sender == group)
    }

    fn configure(&mut self, mut groups: Vec<GatewayGroup>, routes: Routes) {
        for (group, before) in groups.iter_mut().zip(&mut self.groups) {
            group.places = std::mem::take(&mut before.places);
        }
        (self.groups, self.routes) = (groups, routes);
    }

    fn group_at(&mut self, group: LineGroupId, addresses: &[SocketAddr]) {
        if let Some(entry) = self.groups.get_mut(group.0 as usize) {
            entry.places = addresses.to_vec();
        }
    }

    fn bound(&self, group: LineGroupId, number: &str, now: Instant) -> Option<Vec<registrar::Route>> {
        let account = self.group(group)?.account.as_ref()?;
        Some(self.registrar.routes(&account.user_name, number, now))
    }

    fn bindings(&self, group: LineGroupId, now: Instant) -> Option<(Vec<BindingReport>, u64)> {
        let account = self.group(group)?.account.as_ref()?;
        let bindings = self.registrar.list(now).into_iter().filter(|entry| entry.account == account.user_name);
        let bindings = bindings.map(|entry| BindingReport {
            contact: entry.binding.uri.to_string(),
            source: entry.binding.source.remote,
            until: entry.until,
            user_agent: entry.binding.user_agent,
        });
        let failures = self.registrar.failures(now).into_iter();
        let of_account = |who: &Who| matches!(who, Who::Account(name) if *name == account.user_name);
        let wrong = failures.filter(|failure| of_account(&failure.who)).map(|failure| u64::from(failure.count)).sum();
        Some((bindings.collect(), wrong))
    }
}
