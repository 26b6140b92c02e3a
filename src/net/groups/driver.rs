//! What the core does for line groups: looks PBXs up, registers lines, follows what becomes of them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use offhook_sip::header::{Name, Protocol};
use offhook_sip::keepalive::KeepAliveKind;
use offhook_sip::locate::{self, Found, LocateError, Located, Means};
use offhook_sip::method::Method;
use offhook_sip::uri::Host;
use offhook_sip::{Destination, OutgoingId, RegisterOptions, RegistrationId, RegistrationState};
use tracing::{info, warn};

use super::account::domain_host;
use super::{GroupSettings, Kind, Probe, Target};
use crate::call::cause::CauseCode;
use crate::call::view::EndCause;
use crate::capture::recorder::Owner;
use crate::capture::trace::FailureKind;
use crate::ids::{LineGroupId, LineId};
use crate::line::LineState;
use crate::net::core::{Core, Message};
use crate::net::dns;
use crate::net::role::Role;
use crate::net::transport::{ListenerStatus, TransportFailure, Why};

/// After a name could not be resolved, or its PBX did not answer.
const LOOK_UP_AGAIN: Duration = Duration::from_secs(15);

impl<R: Role> Core<R> {
    /// Looks all PBXs up.
    pub(in crate::net) fn look_up_all(&mut self) {
        for group in self.groups.ids() {
            self.look_up(group);
        }
    }

    /// Does what is due for line groups.
    pub(in crate::net) fn groups_due(&mut self, now: Instant) {
        if self.stop_by.is_some() {
            return;
        }
        for id in self.groups.ids() {
            let Some(group) = self.groups.group_mut(id) else { continue };
            let (look_up, probe) = (group.lookup_at.take_if(|at| *at <= now), group.probe_at.take_if(|at| *at <= now));
            if look_up.is_some() {
                self.look_up(id);
            }
            if probe.is_some() {
                self.probe(id, now);
            }
            let ended = |group: &mut super::Group| group.bound_until.take_if(|until| *until <= now).is_some();
            if self.groups.group_mut(id).is_some_and(ended) {
                self.trunks_changed(now);
            }
            while let Some(line) = self.groups.group_mut(id).and_then(|group| group.pacer.due(now)) {
                self.register_line(line, now);
            }
        }
    }

    /// Looks a PBX's name up; the answer comes as a message.
    pub(in crate::net) fn look_up(&mut self, id: LineGroupId) {
        let Some(group) = self.groups.group(id) else { return };
        let GroupSettings { kind, host, port, protocol, listener, .. } = &group.settings;
        if *kind == Kind::TrunkRegistrar {
            return;
        }
        let host = domain_host(host);
        // An address is reached by UDP when nothing else is said (RFC 3263 4.1).
        let target = locate::Target { host, port: *port, transport: *protocol, secure: false };
        let usable = |status: &&ListenerStatus| listener.as_ref().is_none_or(|name| *name == status.name);
        let families = || self.transport.listeners().iter().filter(usable).map(|listener| listener.address);
        let means = Means {
            protocols: vec![Protocol::Udp, Protocol::Tcp, Protocol::Tls],
            ipv4: families().any(|address| address.is_ipv4()),
            ipv6: families().any(|address| address.is_ipv6()),
        };
        let (dns, seed, inbox) = (self.dns.clone(), group.seed, self.inbox_sender.clone());
        tokio::spawn(async move {
            let found = dns::locate(&dns.servers, target, &means, seed).await;
            let _ = inbox.send(Message::Located { group: id, found }).await;
        });
    }

    /// A PBX was looked up.
    pub(in crate::net) fn located(&mut self, id: LineGroupId, found: Result<Found, LocateError>, now: Instant) {
        let Some(group) = self.groups.group_mut(id) else { return };
        let (found, problem) = match found {
            Ok(found) => (found, None),
            Err(error) => (Found { targets: Vec::new(), ttl: LOOK_UP_AGAIN }, Some(error.to_string())),
        };
        let listener = group.settings.listener.as_deref();
        let target = |located: Located| {
            let Located { protocol, address } = located;
            let local = self.transport.advertised(listener, protocol, address)?;
            Some(Target::new(protocol, address, local))
        };
        let unreachable = || Some("no listener can send to its addresses".to_owned());
        let problem = problem.or_else(|| if found.targets.is_empty() { None } else { unreachable() });
        let targets: Vec<Target> = found.targets.into_iter().filter_map(target).collect();
        let is_name = matches!(domain_host(&group.settings.host), Host::Name(_));
        // Without a listener that can send there it is tried again soon: listeners come back.
        let good_for = if targets.is_empty() { found.ttl.min(LOOK_UP_AGAIN) } else { found.ttl };
        group.lookup_at = (is_name || targets.is_empty()).then_some(now + good_for);
        if targets.is_empty() {
            if group.targets.is_empty() {
                warn!(group = %group.settings.name, host = %group.settings.host, ?problem, "the PBX was not found");
                let detail = problem.as_deref().unwrap_or_default();
                let owner = Owner { group: Some(id), line: None };
                self.recorder.failure(None, FailureKind::NotResolved, detail, owner, now);
                let cause = EndCause { code: CauseCode::NameNotResolved, sip_status: None, detail: problem };
                group.cause = Some(cause.clone());
                for line in self.groups.lines_of(id) {
                    self.set_line(line, LineState::Failed, Some(cause.clone()), now);
                }
            }
            return;
        }
        group.cause.take_if(|cause| cause.code == CauseCode::NameNotResolved);
        let before = group.targets.as_listed().to_vec();
        if !group.targets.set(targets) {
            return;
        }
        let places: Vec<SocketAddr> = group.targets.as_listed().iter().map(|target| target.address).collect();
        info!(group = %group.settings.name, ?places, "PBX");
        self.role.group_at(id, &places);
        self.keep_alive(id, &before);
        self.places_changed(id, now);
    }

    /// Keeps NATs open towards the places of a PBX, and no longer towards those where it was before.
    fn keep_alive(&mut self, id: LineGroupId, before: &[Target]) {
        let Some(group) = self.groups.group(id) else { return };
        let GroupSettings { nat_refresh, nat_refresh_answered, .. } = group.settings;
        if nat_refresh.is_zero() {
            return;
        }
        self.stop_keep_alive(id, before);
        let Some(group) = self.groups.group(id) else { return };
        for target in group.targets.as_listed() {
            let kind = match (nat_refresh_answered, target.protocol) {
                (false, _) => KeepAliveKind::Crlf,
                (true, Protocol::Udp) => KeepAliveKind::Stun,
                (true, _) => KeepAliveKind::Ping,
            };
            self.transport.keep_alive(&group.destination(target), target.local, nat_refresh, kind);
        }
    }

    fn stop_keep_alive(&mut self, id: LineGroupId, before: &[Target]) {
        let Some(group) = self.groups.group(id) else { return };
        for target in before {
            self.transport.stop_keep_alive(&group.destination(target), target.local);
        }
    }

    /// Lets the ways to a PBX close that it is no longer reached by.
    pub(in crate::net) fn keep_alive_no_more(&mut self, id: LineGroupId) {
        let Some(group) = self.groups.group(id) else { return };
        let targets = group.targets.as_listed().to_vec();
        self.stop_keep_alive(id, &targets);
    }

    /// The lines of a group go by its ways as they are now, and stand as it does where they do not register themselves.
    pub(in crate::net) fn stand_as_group(&mut self, id: LineGroupId, now: Instant) {
        self.renew_accounts(id);
        self.trunk_changed(id, now);
        if let Some(pilot) = self.groups.group(id).and_then(|group| group.pilot) {
            self.follow_pilot(id, pilot, now);
        }
    }

    /// What is known of why nothing can be sent to a place.
    pub(in crate::net) fn explain(&mut self, failure: &TransportFailure) {
        let Some(address) = address_of(&failure.destination) else { return };
        let code = match &failure.why {
            Why::CertificateUntrusted
            | Why::CertificateExpired
            | Why::CertificateNotYetValid
            | Why::CertificateWrongName { .. }
            | Why::CertificateInvalid(_)
            | Why::OwnCertificate(_)
            | Why::TlsRefused(_) => CauseCode::CertificateRefused,
            _ => CauseCode::PbxUnreachable,
        };
        let problem = EndCause { code, sip_status: None, detail: Some(failure.why.to_string()) };
        let protocol = failure.destination.protocol;
        for id in self.groups.groups_at(protocol, address) {
            if let Some(group) = self.groups.group_mut(id) {
                group.targets.explain(protocol, address, problem.clone());
            }
        }
    }

    /// What was registered over this flow leads nowhere: its lines register anew.
    pub(in crate::net) fn flow_lost(&mut self, to: &Destination, now: Instant) {
        let Some(address) = address_of(to) else { return };
        let place = Target::new(to.protocol, address, address).to_string();
        for id in self.groups.groups_at(to.protocol, address) {
            let Some(group) = self.groups.group_mut(id) else { continue };
            // A place that closes every connection is not to be kept busy with opening them.
            let recent = |at: Instant| now.duration_since(at) < group.settings.retry_interval;
            if group.flow_lost_at.is_some_and(recent) {
                continue;
            }
            group.flow_lost_at = Some(now);
            self.queue_registered(id, Some(&place));
        }
        self.groups_due(now);
    }

    /// Something is wrong with a place, perhaps: OPTIONS tell.
    pub(in crate::net) fn suspect(&mut self, to: &Destination, now: Instant) {
        let Some(address) = address_of(to) else { return };
        for id in self.groups.groups_at(to.protocol, address) {
            if let Some(group) = self.groups.group_mut(id).filter(|group| !group.settings.options_refresh.is_zero()) {
                group.probe_soon(now);
            }
        }
    }

    /// Lines that are registered, at this place where one is given, register anew.
    fn queue_registered(&mut self, id: LineGroupId, place: Option<&str>) {
        for line in self.groups.lines_of(id) {
            let Some(status) = self.lines.status(line) else { continue };
            let is_there = place.is_none() || status.target.as_deref() == place;
            if status.state == LineState::Registered && is_there {
                self.queue_registration(line);
            }
        }
    }

    /// Lines of PBXs that register with us are there as long as these are.
    pub(in crate::net) fn trunks_changed(&mut self, now: Instant) {
        for id in self.groups.ids() {
            let Some((bindings, _)) = self.role.bindings(id, now) else { continue };
            let ways = self.role.bound(id, "", now).unwrap_or_default();
            let Some(group) = self.groups.group_mut(id) else { continue };
            group.bound_until = bindings.iter().map(|binding| binding.until).min();
            group.bound_at = ways.first().map(|way| (way.local.ip(), way.to.protocol));
            group.cause = bindings.is_empty().then(|| EndCause::ours(CauseCode::TrunkNotRegistered));
            self.follow_group(id, now);
        }
    }

    /// The PBX's places were found, or others than before.
    fn places_changed(&mut self, id: LineGroupId, now: Instant) {
        self.renew_accounts(id);
        let Some(group) = self.groups.group_mut(id) else { return };
        // A fixed trunk counts as there until OPTIONS tell otherwise, where they are sent.
        let pause =
            if group.settings.kind == Kind::TrunkFixed { Duration::ZERO } else { group.settings.options_refresh };
        let asked = !group.settings.options_refresh.is_zero() || !group.targets.all_up();
        group.probe_at = asked.then_some(now + pause);
        self.trunk_changed(id, now);
        for line in self.groups.lines_of(id) {
            self.queue_registration(line);
        }
        self.groups_due(now);
    }

    /// Lines go by the group's ways as they are now, with their next request.
    fn renew_accounts(&mut self, id: LineGroupId) {
        for line_id in self.groups.lines_of(id) {
            let account = self.groups.line_account(line_id).map(Arc::new);
            if let Some(line) = self.groups.line_mut(line_id) {
                line.account = account;
            }
        }
    }

    /// A line that registers gets its turn.
    pub(in crate::net) fn queue_registration(&mut self, id: LineId) {
        let Some(settings) = self.groups.line(id).map(|line| line.settings.clone()) else { return };
        if let Some(group) = self.groups.group_mut(settings.group)
            && group.settings.kind.registers(&settings)
        {
            group.pacer.push(id);
        }
    }

    /// A place is silent, or answered with 503.
    pub(in crate::net) fn hop_failed(&mut self, to: &Destination, silent: bool, now: Instant) {
        let Some(address) = address_of(to) else { return };
        let groups = self.groups.groups_at(to.protocol, address);
        if groups.is_empty() {
            self.groups.contact_failed(to);
        }
        for id in groups {
            let Some(group) = self.groups.group_mut(id) else { continue };
            let went = group.targets.failed(to.protocol, address, silent, now);
            if went {
                warn!(group = %group.settings.name, %address, silent, "the PBX does not answer there as it should");
            }
            if went && silent {
                // OPTIONS tell whether it was the place or the one request.
                group.probe_soon(now);
                if group.targets.is_up() {
                    self.move_lines(id, None);
                }
            } else if went {
                self.renew_accounts(id);
            }
            if let Some(group) = self.groups.group_mut(id) {
                group.probe_at.get_or_insert(now + group.settings.retry_interval);
            }
        }
    }

    /// A place that had failed answered.
    pub(in crate::net) fn hop_answered(&mut self, to: &Destination, now: Instant) {
        let Some(address) = address_of(to) else { return };
        self.groups.dead_contacts.retain(|dead| !dead.same_place(to));
        for id in self.groups.groups_at(to.protocol, address) {
            self.answered(id, to.protocol, address, now);
        }
    }

    fn answered(&mut self, id: LineGroupId, protocol: Protocol, address: SocketAddr, now: Instant) {
        let Some(group) = self.groups.group_mut(id) else { return };
        let Some(was_silent) = group.targets.answered(protocol, address) else { return };
        info!(group = %group.settings.name, %address, "the PBX answers again");
        let place = group.targets.as_listed().iter().find(|target| target.is(protocol, address));
        let place = place.map(Target::to_string);
        if was_silent {
            self.move_lines(id, place);
        } else {
            self.renew_accounts(id);
        }
        self.trunk_changed(id, now);
        self.groups_due(now);
    }

    /// The order of the places has changed: lines that are registered at another than the best, or could not reach
    /// any, register there. So do those that are registered at a place that is `back`: whoever was away may have
    /// forgotten them.
    fn move_lines(&mut self, id: LineGroupId, back: Option<String>) {
        self.renew_accounts(id);
        let best = self.groups.group(id).and_then(|group| group.targets.in_order().next()).map(Target::to_string);
        for line in self.groups.lines_of(id) {
            let Some(status) = self.lines.status(line) else { continue };
            let unreached = [CauseCode::PbxNotAnswering, CauseCode::PbxUnreachable];
            let moves = match status.state {
                LineState::Registered => status.target != best || status.target == back,
                // Who was refused is refused again; that has its own, longer pause.
                _ => status.cause.as_ref().is_some_and(|cause| unreached.contains(&cause.code)),
            };
            if moves {
                self.queue_registration(line);
            }
        }
    }

    /// Sends OPTIONS to all places, or where that is not wanted to those that do not answer.
    fn probe(&mut self, id: LineGroupId, now: Instant) {
        let Some(group) = self.groups.group_mut(id) else { return };
        let GroupSettings { options_refresh, retry_interval, .. } = group.settings;
        let all = !options_refresh.is_zero();
        group.probed_at = Some(now);
        let pause = if all && group.targets.all_up() { options_refresh } else { retry_interval };
        group.probe_at = (all || !group.targets.all_up()).then_some(now + pause);
        let targets = group.targets.as_listed().iter().filter(|target| all || target.down_since.is_some());
        for target in targets.cloned().collect::<Vec<_>>() {
            let Target { protocol, address, .. } = target;
            let under_way = |probe: &Probe| (probe.group, probe.protocol, probe.address) == (id, protocol, address);
            if self.probes.values().any(under_way) {
                continue;
            }
            if let Some((account, uri)) = self.groups.probe(id, &target) {
                let accept = vec![(Name::Accept, "application/sdp".to_owned())];
                let request = self.endpoint.request(account.into(), Method::Options, uri, accept, None, now);
                self.probes.insert(request, Probe { group: id, protocol, address });
            }
        }
    }

    /// What became of an OPTIONS. Any answer shows that somebody is there.
    pub(in crate::net) fn probed(&mut self, id: OutgoingId, answered: bool, now: Instant) {
        let Some(Probe { group: id, protocol, address }) = self.probes.remove(&id) else { return };
        if answered {
            self.answered(id, protocol, address, now);
        } else if self.groups.group(id).is_some_and(|group| !group.targets.is_up()) {
            // What was registered is worth nothing now, and the lines are to show it.
            self.queue_registered(id, None);
            self.groups_due(now);
        }
        self.trunk_changed(id, now);
    }

    /// A fixed trunk is there as long as one of its places is.
    fn trunk_changed(&mut self, id: LineGroupId, now: Instant) {
        let Some(group) = self.groups.group_mut(id).filter(|group| group.settings.kind == Kind::TrunkFixed) else {
            return;
        };
        let silent = || EndCause::ours(CauseCode::PbxNotAnswering);
        group.cause = (!group.targets.is_up()).then(|| group.targets.problem().cloned().unwrap_or_else(silent));
        self.follow_group(id, now);
    }

    /// Lines without a registration of their own stand as their group does.
    fn follow_group(&mut self, id: LineGroupId, now: Instant) {
        let cause = self.groups.group(id).and_then(|group| group.cause.clone());
        let state = if cause.is_some() { LineState::Failed } else { LineState::Ready };
        for line in self.groups.lines_of(id) {
            self.set_line(line, state, cause.clone(), now);
        }
    }

    fn register_line(&mut self, id: LineId, now: Instant) {
        let Some(line) = self.groups.line(id) else { return };
        let Some(account) = line.account.clone() else { return self.look_up(line.settings.group) };
        let Some(group) = self.groups.group(line.settings.group) else { return };
        let GroupSettings { expires, retry_interval, kind, .. } = group.settings;
        let bulk = kind == Kind::TrunkRegistration { bulk: true };
        match line.registration {
            Some(registration) => self.endpoint.update_account(registration, account, now),
            None => {
                let registration =
                    self.endpoint.register(account, RegisterOptions { expires, retry_interval, bulk }, now);
                if let Some(line) = self.groups.line_mut(id) {
                    line.registration = Some(registration);
                }
                self.registrations.insert(registration, id);
            }
        }
    }

    /// What became of a REGISTER.
    pub(in crate::net) fn registration_changed(&mut self, id: RegistrationId, state: RegistrationState, now: Instant) {
        let Some(&line_id) = self.registrations.get(&id) else { return };
        let Some(group_id) = self.groups.line(line_id).map(|line| line.settings.group) else { return };
        if let RegistrationState::Failed { status: 408 | 503, .. } = state
            && let Some(group) = self.groups.group_mut(group_id)
        {
            // The PBX may have moved. An address does not.
            group.lookup_at = group.lookup_at.map(|at| at.min(now + LOOK_UP_AGAIN));
        }
        let problem = self.groups.group(group_id).and_then(|group| group.targets.problem());
        if self.lines.registration(line_id, &state, problem, now) {
            self.line_changed(line_id, now);
            self.follow_pilot(group_id, line_id, now);
        }
        if matches!(state, RegistrationState::Unregistered) {
            self.registrations.remove(&id);
        }
    }

    /// The other lines of a trunk stand as the one that registers it.
    fn follow_pilot(&mut self, group: LineGroupId, pilot: LineId, now: Instant) {
        let is_trunk = |group: &super::Group| matches!(group.settings.kind, Kind::TrunkRegistration { .. });
        if !self.groups.group(group).is_some_and(is_trunk) {
            return;
        }
        let Some(status) = self.lines.status(pilot) else { return };
        let state = if status.state == LineState::Registered { LineState::Ready } else { status.state };
        let cause = status.cause.clone();
        for line in self.groups.lines_of(group) {
            if line != pilot {
                self.set_line(line, state, cause.clone(), now);
            }
        }
    }

    fn set_line(&mut self, line: LineId, state: LineState, cause: Option<EndCause>, now: Instant) {
        if self.lines.set(line, state, cause, now) {
            self.line_changed(line, now);
        }
    }

    /// Registers a line anew at once; for a line that another one speaks for, that one.
    pub(in crate::net) fn reset_line(&mut self, id: LineId, now: Instant) -> Result<(), CauseCode> {
        let line = self.groups.line(id).ok_or(CauseCode::UnknownLine)?;
        let (group, active) = (line.settings.group, line.settings.active);
        if !active {
            return Err(CauseCode::LineInactive);
        }
        let kind = self.groups.group(group).ok_or(CauseCode::UnknownLine)?.settings.kind;
        let speaker = self.groups.lines_of(group).into_iter().find(|&candidate| {
            let candidate_line = self.groups.line(candidate);
            let registers = candidate_line.is_some_and(|line| kind.registers(&line.settings));
            registers && (candidate == id || kind != Kind::Softphones)
        });
        match speaker {
            Some(speaker) => match self.groups.line(speaker).and_then(|line| line.registration) {
                Some(registration) => self.endpoint.reregister(registration, now),
                None => self.register_line(speaker, now),
            },
            None => {
                self.look_up(group);
                self.probe(group, now);
            }
        }
        Ok(())
    }
}

fn address_of(to: &Destination) -> Option<SocketAddr> {
    match &to.host {
        Host::Ip(ip) => Some(SocketAddr::new(*ip, to.port)),
        Host::Name(_) => None,
    }
}

impl super::Group {
    /// OPTIONS go out now, unless that was done lately.
    fn probe_soon(&mut self, now: Instant) {
        let interval = self.settings.retry_interval;
        let at = self.probed_at.map_or(now, |last| now.max(last + interval));
        self.probe_at = Some(self.probe_at.map_or(at, |planned| planned.min(at)));
    }
}
