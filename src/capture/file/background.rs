//! What stands behind the messages of a file: how lines, line groups and clients stand. A file says so of those that have
//! a part in it, before the first message of each, and at every change.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::capture::influence::{Influence, Standing};
use crate::capture::recorder::Owner;
use crate::ids::{ClientId, LineGroupId, LineId, UserId};

/// How all stand, and what of it the file says.
#[derive(Debug, Default)]
pub struct Background {
    standing: Standing,
    server: Option<Influence>,
    groups: FxHashMap<LineGroupId, Influence>,
    lines: FxHashMap<LineId, Influence>,
    users: FxHashSet<UserId>,
}

impl Background {
    /// Another file begins, which says nothing yet.
    pub fn begin_file(&mut self) {
        *self = Background { standing: std::mem::take(&mut self.standing), ..Background::default() };
    }

    /// Lines and clients stand like this from now on; gives what the file has to say of it. `names` are those of line
    /// groups.
    pub fn stand(&mut self, standing: Standing, names: &[String]) -> Vec<Influence> {
        let before = std::mem::replace(&mut self.standing, standing);
        let (groups, lines): (Vec<_>, Vec<_>) =
            (self.groups.keys().copied().collect(), self.lines.keys().copied().collect());
        let mut out = Vec::new();
        for group in groups {
            self.group(group, names, &mut out);
        }
        for line in lines {
            self.line(line, &mut out);
            let (was, is) = (before.settings.get(&line), self.standing.settings.get(&line));
            if was != is {
                out.push(self.settings(line));
            }
            if before.available.get(line.0 as usize) != self.standing.available.get(line.0 as usize) {
                out.push(self.available(line));
            }
        }
        out
    }

    /// What a message that belongs to a line group and a line needs to have before it.
    pub fn before(&mut self, Owner { group, line }: Owner, names: &[String]) -> Vec<Influence> {
        let mut out = Vec::new();
        let of_line = line.and_then(|line| self.standing.directory.group_of(line));
        for group in group.into_iter().chain(of_line) {
            if !self.groups.contains_key(&group) {
                self.group(group, names, &mut out);
            }
        }
        if let Some(line) = line.filter(|line| !self.lines.contains_key(line)) {
            self.line(line, &mut out);
            if self.lines.contains_key(&line) {
                out.push(self.available(line));
                out.extend(self.standing.settings.contains_key(&line).then(|| self.settings(line)));
            }
        }
        out
    }

    /// Something has its influence now; gives what the file has to say of it.
    pub fn influence(&mut self, influence: Influence, owner: Owner, names: &[String]) -> Vec<Influence> {
        let user_of = |standing: &Standing, client: ClientId| {
            client.api_user().or_else(|| standing.clients.get(&client).copied())
        };
        let user = match &influence {
            Influence::ClientArrived { user, .. } => Some(*user),
            Influence::ClientGone { client } | Influence::Command { client, .. } => user_of(&self.standing, *client),
            _ => None,
        };
        let mut out = Vec::new();
        match &influence {
            Influence::Command { command, .. } => {
                out = self.before(owner, names);
                let line = command.line().or(owner.line);
                out.extend(self.before(Owner { group: None, line }, names));
                out.extend(user.into_iter().flat_map(|user| self.clients(user)));
            }
            Influence::Audio { .. } | Influence::Number(_) => out = self.before(owner, names),
            _ => {}
        }
        self.standing.change(&influence);
        let told = match &influence {
            Influence::LineSettings { line, asked, .. } => !asked && self.lines.contains_key(line),
            Influence::LineAvailable { line, .. } => self.lines.contains_key(line),
            Influence::ClientArrived { .. } | Influence::ClientGone { .. } => {
                user.is_some_and(|user| self.users.contains(&user))
            }
            Influence::Shutdown => !self.groups.is_empty(),
            _ => true,
        };
        out.extend(told.then_some(influence));
        out
    }

    fn group(&mut self, id: LineGroupId, names: &[String], out: &mut Vec<Influence>) {
        let name = names.get(id.0 as usize).map_or("", String::as_str);
        let Some(group) = self.standing.group(id, name) else { return };
        let server = Some(Influence::Server { music_on_hold: self.standing.directory.music_on_hold });
        if self.server != server {
            out.extend(server.clone());
            self.server = server;
        }
        if self.groups.get(&id) != Some(&group) {
            out.push(group.clone());
            self.groups.insert(id, group);
        }
    }

    fn line(&mut self, id: LineId, out: &mut Vec<Influence>) {
        if let Some(line) = self.standing.line(id)
            && self.lines.get(&id) != Some(&line)
        {
            out.push(line.clone());
            self.lines.insert(id, line);
            let users = self.standing.directory.users_of(id).to_vec();
            out.extend(users.into_iter().flat_map(|user| self.clients(user)));
        }
    }

    /// Where a user is signed in, unless the file has said so.
    fn clients(&mut self, user: UserId) -> Vec<Influence> {
        if !self.users.insert(user) {
            return Vec::new();
        }
        let clients = self.standing.clients.iter().filter(|&(_, whose)| *whose == user);
        clients.map(|(&client, &user)| Influence::ClientArrived { client, user }).collect()
    }

    fn settings(&self, line: LineId) -> Influence {
        let settings = self.standing.settings.get(&line).cloned().unwrap_or_default();
        Influence::LineSettings { line, settings, asked: false }
    }

    fn available(&self, line: LineId) -> Influence {
        let available = self.standing.available.get(line.0 as usize).copied().unwrap_or_default();
        Influence::LineAvailable { line, available }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::*;
    use crate::call::directory::{Directory, LineEntry, LineGroupEntry};
    use crate::call::effect::Command;
    use crate::call::settings::LineSettings;

    const OTHER: LineId = LineId(1);

    /// Two lines of one group, a user each, both signed in.
    fn standing() -> Standing {
        let line = |number: &str, user| LineEntry {
            group: LineGroupId(0),
            number: number.to_owned(),
            known: None,
            users: vec![UserId(user)],
            redirections: Vec::new(),
            voice_mailbox: None,
        };
        let lines = vec![line("100", 0), line("101", 1)];
        let directory =
            Directory { lines, groups: vec![LineGroupEntry::default()], music_on_hold: true, ..Directory::default() };
        Standing {
            directory: Arc::new(directory),
            settings: FxHashMap::default(),
            available: vec![true; 2],
            clients: BTreeMap::from([(ClientId(7), UserId(0)), (ClientId(8), UserId(1))]),
        }
    }

    fn kinds(influences: &[Influence]) -> Vec<String> {
        let kind =
            |influence: &Influence| serde_json::to_value(influence).unwrap()["type"].as_str().unwrap().to_owned();
        influences.iter().map(kind).collect()
    }

    #[test]
    fn each_file_says_once_how_those_stand_who_have_a_part_in_it() {
        let (mut background, names) = (Background::default(), ["main".to_owned()]);
        let owner = Owner { group: Some(LineGroupId(0)), line: Some(LineId(0)) };
        assert_eq!(background.stand(standing(), &names), []);
        let all = ["server", "line_group", "line", "client_arrived", "line_available"];
        assert_eq!(kinds(&background.before(owner, &names)), all);
        assert_eq!(background.before(owner, &names), []);
        background.begin_file();
        assert_eq!(kinds(&background.before(owner, &names)), all);
    }

    #[test]
    fn what_changes_is_said_of_those_of_whom_something_was_said() {
        let (mut background, names) = (Background::default(), ["main".to_owned()]);
        let owner = Owner { group: Some(LineGroupId(0)), line: Some(LineId(0)) };
        background.stand(standing(), &names);
        background.before(owner, &names);
        for (client, said) in [(ClientId(7), 1), (ClientId(8), 0)] {
            let gone = background.influence(Influence::ClientGone { client }, Owner::default(), &names);
            assert_eq!(gone.len(), said, "{gone:?}");
        }
        let changed = LineSettings { do_not_disturb: true, ..LineSettings::default() };
        let set = |asked| Influence::LineSettings { line: OTHER, settings: changed.clone(), asked };
        assert_eq!(background.influence(set(true), Owner::default(), &names), []);
        // The other line has its part now, and is as it was set before.
        let command = Command::SetDoNotDisturb { line: OTHER, on: false };
        let client = ClientId::api(UserId(1));
        let said = background.influence(
            Influence::Command { client, begun: None, command, refused: None },
            Owner { group: Some(LineGroupId(0)), line: Some(OTHER) },
            &names,
        );
        assert_eq!(kinds(&said), ["line", "line_available", "line_settings", "command"]);
        assert_eq!(said[2], set(false));

        let mut other = standing();
        Arc::make_mut(&mut other.directory).groups[0].park_returns *= 2;
        assert_eq!(kinds(&background.stand(other, &names)), ["line_group", "line_settings"]);
    }

    #[test]
    fn what_is_written_is_read_as_the_same() {
        let (mut background, names) = (Background::default(), ["main".to_owned()]);
        background.stand(standing(), &names);
        for influence in background.before(Owner { group: None, line: Some(OTHER) }, &names) {
            let text = serde_json::to_string(&influence).unwrap();
            assert_eq!(serde_json::from_str::<Influence>(&text).unwrap(), influence, "{text}");
        }
    }
}
