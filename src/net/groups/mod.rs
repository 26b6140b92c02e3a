//! Line groups as the network sees them: where their PBXs are, as whom requests go there, what is registered.

mod account;
mod change;
mod driver;
mod pacer;
mod targets;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use offhook_sip::digest::Credentials;
use offhook_sip::header::Protocol;
use offhook_sip::{Account, Destination, RegistrationId};
use rustc_hash::FxHashMap;

use self::pacer::Pacer;
use self::targets::{Target, Targets};
use crate::call::view::EndCause;
use crate::ids::{LineGroupId, LineId};
use crate::line::report::{GroupReport, TargetReport};
use crate::net::media::AudioSettings;

/// Contacts that are remembered for not answering.
const MAX_DEAD_CONTACTS: usize = 64;

/// How a PBX is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Every line registers.
    Softphones,
    /// The pilot line registers for all; with one REGISTER for all numbers where `bulk` (RFC 6140).
    TrunkRegistration {
        /// Whether the contact stands for all numbers.
        bulk: bool,
    },
    /// Both sides know each other's address.
    TrunkFixed,
    /// The PBX registers with us.
    TrunkRegistrar,
}

/// What is configured of a line group.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupSettings {
    /// Its name in the configuration.
    pub name: String,
    /// How it is connected.
    pub kind: Kind,
    /// Host name or address.
    pub host: String,
    /// SIP port; None: as DNS says, or the transport's usual one.
    pub port: Option<u16>,
    /// SIP transport; None: as DNS says, or UDP.
    pub protocol: Option<Protocol>,
    /// Domain of addresses of record.
    pub domain: String,
    /// Seconds asked for in REGISTER.
    pub expires: u32,
    /// Pause between two first REGISTERs.
    pub register_delay: Duration,
    /// Longest pause until a PBX that did not answer is asked again.
    pub retry_interval: Duration,
    /// Pause between OPTIONS; zero: only places that do not answer are asked.
    pub options_refresh: Duration,
    /// Pause between packets that keep a NAT open; zero: none are sent.
    pub nat_refresh: Duration,
    /// Whether the PBX answers these.
    pub nat_refresh_answered: bool,
    /// Name of the listener that it uses; None: any that fits.
    pub listener: Option<String>,
    /// Number of its TLS settings in the transport's.
    pub tls_profile: u16,
    /// What audio is agreed on with it.
    pub audio: AudioSettings,
}

/// What is configured of a line.
#[derive(Debug, Clone, PartialEq)]
pub struct LineSettings {
    /// Its group.
    pub group: LineGroupId,
    /// User part of its address of record.
    pub user_name: String,
    /// How it authenticates.
    pub credentials: Credentials,
    /// Whether it is in use.
    pub active: bool,
    /// Whether it speaks for its trunk.
    pub pilot: bool,
}

/// All line groups and their lines.
#[derive(Debug)]
pub struct Groups {
    listen: SocketAddr,
    groups: Vec<Group>,
    lines: Vec<Line>,
    /// Contacts registered with us that do not answer.
    dead_contacts: Vec<Destination>,
}

#[derive(Debug)]
struct Group {
    settings: GroupSettings,
    targets: Targets,
    lookup_at: Option<Instant>,
    /// When OPTIONS go out next, and when they last went.
    probe_at: Option<Instant>,
    probed_at: Option<Instant>,
    /// When its lines last registered anew because a flow was lost.
    flow_lost_at: Option<Instant>,
    /// Chooses between servers of one priority, always in the same way.
    seed: u64,
    /// Its lines by their user names.
    by_user: FxHashMap<String, LineId>,
    /// Why its PBX is not known or does not answer.
    cause: Option<EndCause>,
    pacer: Pacer,
    /// The line that speaks for a trunk.
    pilot: Option<LineId>,
    /// Of a PBX that registers with us: when its next binding ends.
    bound_until: Option<Instant>,
    /// The address of ours that such a PBX knows, and over what.
    bound_at: Option<(IpAddr, Protocol)>,
}

/// An OPTIONS on its way to one place of a group's PBX.
#[derive(Debug, Clone, Copy)]
pub(super) struct Probe {
    group: LineGroupId,
    protocol: Protocol,
    address: SocketAddr,
}

#[derive(Debug)]
struct Line {
    settings: LineSettings,
    /// None until its PBX is known.
    account: Option<Arc<Account>>,
    registration: Option<RegistrationId>,
}

impl Groups {
    /// The groups and lines; `listen` is the address SIP is received at.
    pub fn new(listen: SocketAddr, groups: Vec<GroupSettings>, lines: Vec<LineSettings>) -> Groups {
        let group = |(place, settings): (usize, GroupSettings)| Group::new(settings, LineGroupId(place as u32), &lines);
        let groups = groups.into_iter().enumerate().map(group).collect();
        Groups { listen, groups, lines: lines.into_iter().map(Line::new).collect(), dead_contacts: Vec::new() }
    }

    /// Whether each line is in use, by [`LineId`].
    pub(super) fn active(&self) -> impl Iterator<Item = bool> {
        self.lines.iter().map(|line| line.settings.active)
    }

    /// The address of ours that a PBX sees, and what audio is agreed on with it by the way its signalling goes.
    pub(super) fn local_audio(&self, group: LineGroupId) -> Option<(IpAddr, AudioSettings)> {
        let group = self.group(group)?;
        let target = group.targets.in_order().next().map(|target| (target.local.ip(), target.protocol));
        let settings = &group.settings;
        let listen = || {
            let known = !self.listen.ip().is_unspecified();
            known.then(|| (self.listen.ip(), settings.protocol.unwrap_or(Protocol::Udp)))
        };
        let (local, protocol) = target.or(group.bound_at).or_else(listen)?;
        let srtp = settings.audio.srtp.resolved(protocol == Protocol::Tls);
        Some((local, AudioSettings { srtp, ..settings.audio.clone() }))
    }

    /// When [`Core::groups_due`](super::core::Core::groups_due) has something to do.
    pub(super) fn poll_timeout(&self, now: Instant) -> Option<Instant> {
        let wakes = |group: &Group| [group.lookup_at, group.probe_at, group.bound_until, group.pacer.poll_timeout(now)];
        self.groups.iter().flat_map(wakes).flatten().min()
    }

    /// What an administrator sees of a group, apart from its lines.
    pub(super) fn report(&self, id: LineGroupId) -> Option<GroupReport> {
        let group = self.group(id)?;
        let targets = group.targets.in_order().map(|target| TargetReport {
            transport: target.protocol.as_param(),
            address: target.address,
            down_since: target.down_since,
        });
        Some(GroupReport {
            id,
            cause: group.cause.clone(),
            targets: targets.collect(),
            lookup_at: group.lookup_at,
            lines: Vec::new(),
            bindings: Vec::new(),
            wrong_passwords: 0,
        })
    }

    /// All groups there are.
    pub(super) fn ids(&self) -> impl Iterator<Item = LineGroupId> + use<> {
        (0..self.groups.len() as u32).map(LineGroupId)
    }

    /// The lines of a group.
    pub(super) fn lines_of(&self, group: LineGroupId) -> Vec<LineId> {
        let lines = self.lines.iter().enumerate().filter(|(_, line)| line.settings.group == group);
        lines.map(|(index, _)| LineId(index as u32)).collect()
    }

    /// A contact that registered with us does not answer; of many, those that failed last are remembered.
    fn contact_failed(&mut self, to: &Destination) {
        self.dead_contacts.retain(|dead| !dead.same_place(to));
        if self.dead_contacts.len() >= MAX_DEAD_CONTACTS {
            self.dead_contacts.remove(0);
        }
        self.dead_contacts.push(to.clone());
    }

    /// The groups that have this place.
    fn groups_at(&self, protocol: Protocol, address: SocketAddr) -> Vec<LineGroupId> {
        let groups = self.groups.iter().enumerate().filter(|(_, group)| group.targets.has(protocol, address));
        groups.map(|(index, _)| LineGroupId(index as u32)).collect()
    }

    /// The group whose PBX is at an address, or else at its host.
    pub(super) fn group_near(&self, address: SocketAddr) -> Option<LineGroupId> {
        let near = |is_near: &dyn Fn(SocketAddr) -> bool| {
            let is_there = |group: &Group| group.targets.as_listed().iter().any(|target| is_near(target.address));
            self.groups.iter().position(is_there).map(|index| LineGroupId(index as u32))
        };
        near(&|known| known == address).or_else(|| near(&|known| known.ip() == address.ip()))
    }

    /// The line of a group that registers itself alone under this user name.
    pub(super) fn registering(&self, group: LineGroupId, user: &str) -> Option<LineId> {
        let group = self.group(group).filter(|group| group.settings.kind == Kind::Softphones)?;
        group.by_user.get(user).copied()
    }

    /// Why nothing can leave by a group, as far as that is known.
    pub(super) fn problem(&self, id: LineGroupId) -> Option<EndCause> {
        let group = self.group(id)?;
        group.cause.clone().or_else(|| group.targets.problem().cloned())
    }

    fn group(&self, id: LineGroupId) -> Option<&Group> {
        self.groups.get(id.0 as usize)
    }

    fn group_mut(&mut self, id: LineGroupId) -> Option<&mut Group> {
        self.groups.get_mut(id.0 as usize)
    }

    fn line(&self, id: LineId) -> Option<&Line> {
        self.lines.get(id.0 as usize)
    }

    fn line_mut(&mut self, id: LineId) -> Option<&mut Line> {
        self.lines.get_mut(id.0 as usize)
    }
}

impl Kind {
    /// Whether a line of the group has a registration of its own.
    fn registers(self, line: &LineSettings) -> bool {
        match self {
            Kind::Softphones => line.active,
            Kind::TrunkRegistration { .. } => line.active && line.pilot,
            Kind::TrunkFixed | Kind::TrunkRegistrar => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contacts_that_failed_last_are_remembered_once_each() {
        let place = |port: u16| Destination::at(Protocol::Udp, ([192, 0, 2, 1], port).into());
        let mut groups = Groups::new(([192, 0, 2, 9], 5060).into(), Vec::new(), Vec::new());
        (0..100).for_each(|_| groups.contact_failed(&place(5060)));
        assert_eq!(groups.dead_contacts, [place(5060)]);
        (6000..6100).for_each(|port| groups.contact_failed(&place(port)));
        assert_eq!(groups.dead_contacts.len(), MAX_DEAD_CONTACTS);
        assert_eq!(groups.dead_contacts.last(), Some(&place(6099)));
    }
}
