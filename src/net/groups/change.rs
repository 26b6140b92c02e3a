//! Line groups and lines that come, change and go while the server runs.

use std::time::Instant;

use offhook_sip::RegistrationId;
use rustc_hash::FxHashMap;

use super::pacer::Pacer;
use super::targets::Targets;
use super::{Group, GroupSettings, Groups, Kind, Line, LineSettings};
use crate::ids::{LineGroupId, LineId};

/// What follows for the driver from a change.
#[derive(Debug, Default)]
pub(in crate::net) struct Change {
    /// Registrations that are taken back.
    pub(in crate::net) taken_back: Vec<RegistrationId>,
    /// Groups that begin anew: their PBX is looked up as at the start.
    pub(in crate::net) begun: Vec<LineGroupId>,
    /// The other groups that are not quite as before.
    pub(in crate::net) touched: Vec<LineGroupId>,
    /// Lines that register with what is now known of them.
    pub(in crate::net) registering: Vec<LineId>,
    /// Lines that are not as they were.
    pub(in crate::net) lines: Vec<LineId>,
}

impl GroupSettings {
    /// Whether the PBX is found and registered with in the same way. Name and audio count with the next call.
    fn same_way(&self, other: &GroupSettings) -> bool {
        let GroupSettings { name, audio, .. } = other.clone();
        GroupSettings { name, audio, ..self.clone() } == *other
    }
}

impl Groups {
    /// The groups that begin anew when their settings become these: those with another way to the PBX or another pilot,
    /// and those whose TLS settings changed.
    pub(in crate::net) fn beginning(
        &self,
        groups: &[GroupSettings],
        lines: &[LineSettings],
        tls_profiles: &[u16],
    ) -> Vec<LineGroupId> {
        let begins = |(place, settings): (usize, &GroupSettings)| {
            let id = LineGroupId(place as u32);
            let pilot = pilot(id, lines);
            let same = |group: &Group| {
                let speaker = |line: &LineSettings| (line.user_name.clone(), line.credentials.clone(), line.active);
                let before = group.pilot.and_then(|line| self.line(line)).map(|line| speaker(&line.settings));
                let after = pilot.and_then(|line| lines.get(line.0 as usize)).map(speaker);
                group.settings.same_way(settings) && before == after && !tls_profiles.contains(&settings.tls_profile)
            };
            (!self.group(id).is_some_and(same)).then_some(id)
        };
        groups.iter().enumerate().filter_map(begins).collect()
    }

    /// Takes the settings that count from now on. Those of groups and lines that there were are in their old places;
    /// `begun` are the groups of [`Groups::beginning`].
    pub(in crate::net) fn change(
        &mut self,
        groups: Vec<GroupSettings>,
        lines: Vec<LineSettings>,
        begun: Vec<LineGroupId>,
    ) -> Change {
        let mut change = Change { begun, ..Change::default() };
        for (place, settings) in groups.into_iter().enumerate() {
            let id = LineGroupId(place as u32);
            match self.groups.get_mut(place) {
                None => self.groups.push(Group::new(settings, id, &lines)),
                Some(group) => {
                    if change.begun.contains(&id) {
                        group.begin(settings.register_delay);
                    }
                    (group.pilot, group.by_user) = (pilot(id, &lines), by_user(id, &lines));
                    group.settings = settings;
                }
            }
        }
        for (place, settings) in lines.into_iter().enumerate() {
            let (id, group) = (LineId(place as u32), settings.group);
            let begins = change.begun.contains(&group);
            let kind = self.group(group).map_or(Kind::TrunkFixed, |group| group.settings.kind);
            let registers = kind.registers(&settings);
            let Some(line) = self.lines.get_mut(place) else {
                self.lines.push(Line::new(settings));
                change.lines.push(id);
                change.touch(group);
                if registers && !begins {
                    change.registering.push(id);
                }
                continue;
            };
            let same = line.settings == settings;
            let renamed = line.settings.user_name != settings.user_name;
            line.settings = settings;
            if same && !begins {
                continue;
            }
            change.lines.push(id);
            change.touch(group);
            if begins || renamed || !registers {
                line.account = None;
                change.taken_back.extend(line.registration.take());
            }
            if registers && !begins {
                change.registering.push(id);
            }
        }
        change
    }
}

impl Change {
    fn touch(&mut self, group: LineGroupId) {
        if !self.begun.contains(&group) && !self.touched.contains(&group) {
            self.touched.push(group);
        }
    }
}

impl Group {
    pub(super) fn new(settings: GroupSettings, id: LineGroupId, lines: &[LineSettings]) -> Group {
        Group {
            pacer: Pacer::new(settings.register_delay),
            pilot: pilot(id, lines),
            by_user: by_user(id, lines),
            bound_until: None,
            bound_at: None,
            settings,
            targets: Targets::default(),
            lookup_at: None,
            probe_at: None,
            probed_at: None,
            flow_lost_at: None,
            // Any number does: it is to spread servers like this one, not to be unknown.
            seed: getrandom::u64().unwrap_or_default(),
            cause: None,
        }
    }

    /// Forgets what was found out of the PBX.
    fn begin(&mut self, register_delay: std::time::Duration) {
        self.pacer = Pacer::new(register_delay);
        self.targets = Targets::default();
        (self.lookup_at, self.probe_at, self.probed_at) = (None::<Instant>, None, None);
        (self.flow_lost_at, self.cause, self.bound_until, self.bound_at) = (None, None, None, None);
    }
}

impl Line {
    pub(super) fn new(settings: LineSettings) -> Line {
        Line { settings, account: None, registration: None }
    }
}

/// The line that speaks for a group.
fn pilot(group: LineGroupId, lines: &[LineSettings]) -> Option<LineId> {
    let speaks = |line: &LineSettings| line.group == group && line.pilot;
    lines.iter().position(speaks).map(|index| LineId(index as u32))
}

/// The lines of a group by their user names.
fn by_user(group: LineGroupId, lines: &[LineSettings]) -> FxHashMap<String, LineId> {
    // Of two with the same one the first has it.
    let lines = lines.iter().enumerate().rev().filter(|(_, line)| line.group == group);
    lines.map(|(index, line)| (line.user_name.clone(), LineId(index as u32))).collect()
}
