//! A configuration that follows another while the server runs: what was there keeps its place, because the running
//! server counts line groups, lines and users by their places.

use std::time::Duration;

use rustc_hash::FxHashMap;

use super::{Administrator, Config, GroupCapture, GroupKind, Line, LineGroup, User};

impl Config {
    /// What counts of this configuration while the server runs that began with `before`: line groups, lines, routes,
    /// people and files of countries. Each is in the place that it had; what is not in it any more stays in its place, removed, and what is new
    /// comes behind. All else is as before, see [`Config::waits_for_start`].
    #[must_use]
    pub fn after(self, before: &Config) -> Config {
        let Config { groups, mut routes, users, administrators, listeners, countries, .. } = self;
        let (mut groups, group_places) = arranged(
            groups,
            &before.groups,
            |group| group.name.clone(),
            |group| group.removed = true,
            LineGroup::remove,
        );
        let mut line_places = vec![Vec::new(); group_places.len()];
        for (place, was_at) in group_places.iter().enumerate() {
            let group = &mut groups[*was_at];
            // A listener that there was not is there after the next start.
            let listener = group.listener.and_then(|listener| listeners.get(listener));
            group.listener = listener.and_then(|wanted| before.listeners.iter().position(|l| l.name == wanted.name));
            let known = before.groups.get(*was_at).map_or(&[][..], |group| &group.lines);
            let lines = std::mem::take(&mut group.lines);
            let name = |line: &Line| line.user_name.clone();
            let (lines, places) = arranged(lines, known, name, |line| line.removed = true, Line::remove);
            group.lines = lines;
            if let GroupCapture::Lines(chosen) = &mut group.capture {
                chosen.iter_mut().for_each(|line| *line = places[*line]);
            }
            line_places[place] = places;
        }
        for route in &mut routes {
            (route.from, route.to) = (group_places[route.from], group_places[route.to]);
        }
        let name = |user: &User| user.name.to_ascii_lowercase();
        let (mut users, _) = arranged(users, &before.users, name, |user| user.removed = true, User::remove);
        for user in users.iter_mut().filter(|user| !user.removed) {
            for (group, line) in &mut user.lines {
                (*group, *line) = (group_places[*group], line_places[*group][*line]);
            }
        }
        let name = |administrator: &Administrator| administrator.name.to_ascii_lowercase();
        let mark = |administrator: &mut Administrator| administrator.removed = true;
        let (administrators, _) = arranged(administrators, &before.administrators, name, mark, |_| {});
        Config { groups, routes, users, administrators, countries, ..before.clone() }
    }

    /// What is set otherwise than before and counts only when the server starts anew.
    pub fn waits_for_start(&self, before: &Config) -> Vec<&'static str> {
        let differs = [
            ("data_dir", self.data_dir != before.data_dir),
            ("database", self.database != before.database),
            ("listen", self.listen.waits() != before.listen.waits()),
            ("listener", self.listeners != before.listeners),
            ("dns", self.name_servers != before.name_servers),
            ("media", self.media != before.media),
            ("recording", self.recording != before.recording),
            ("capture", self.capture != before.capture),
            ("log", self.log != before.log),
            ("metrics", self.metrics_from != before.metrics_from),
            ("http", self.proxies != before.proxies),
        ];
        differs.into_iter().filter(|(_, differs)| *differs).map(|(table, _)| table).collect()
    }
}

/// Entries in the places of those with the same names, and the place of each; entries that are gone are made to
/// be nothing, and marked.
fn arranged<T: Clone>(
    entries: Vec<T>,
    before: &[T],
    name: impl Fn(&T) -> String,
    mark: impl Fn(&mut T),
    remove: impl Fn(&mut T),
) -> (Vec<T>, Vec<usize>) {
    let mut arranged = before.to_vec();
    for entry in &mut arranged {
        mark(entry);
        remove(entry);
    }
    let known: FxHashMap<String, usize> =
        before.iter().enumerate().map(|(place, entry)| (name(entry), place)).collect();
    let mut places = Vec::with_capacity(entries.len());
    for entry in entries {
        let place = known.get(&name(&entry)).copied().unwrap_or(arranged.len());
        match arranged.get_mut(place) {
            Some(slot) => *slot = entry,
            None => arranged.push(entry),
        }
        places.push(place);
    }
    (arranged, places)
}

impl LineGroup {
    /// Leaves nothing of it that could do or take anything.
    fn remove(&mut self) {
        self.kind = GroupKind::TrunkRegistrar;
        self.registrar.clear();
        (self.account, self.listener, self.numbers) = (None, None, None);
        self.allow_from.clear();
        (self.nat_refresh, self.options_refresh) = (Duration::ZERO, Duration::ZERO);
        self.capture = GroupCapture::Off;
        self.lines.iter_mut().for_each(|line| {
            line.removed = true;
            line.remove();
        });
    }
}

impl Line {
    fn remove(&mut self) {
        (self.active, self.pilot) = (false, false);
        self.password = super::Secret::default();
        self.redirections.clear();
    }
}

impl User {
    fn remove(&mut self) {
        self.lines.clear();
        self.voice_mailbox = None;
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn config(text: &str) -> Config {
        let text = format!("data_dir = \"data\"\n{text}");
        Config::parse(&text, "offhook.toml", Path::new(".")).unwrap_or_else(|error| panic!("{error}"))
    }

    fn group(name: &str, lines: &[&str]) -> String {
        let line = |user: &&str| format!("[[line_group.line]]\nuser_name = \"{user}\"\n");
        let lines: String = lines.iter().map(line).collect();
        format!("[[line_group]]\nname = \"{name}\"\nregistrar = \"pbx.test\"\n{lines}")
    }

    fn user(name: &str, lines: &str) -> String {
        format!("[[user]]\nname = \"{name}\"\npassword = \"wonderland\"\nlines = [{lines}]\n")
    }

    #[test]
    fn everything_keeps_its_place() {
        let route = "[[route]]\nfrom = \"b\"\nto = \"a\"\nnumber = \"1.*\"\n";
        let before = config(&[group("a", &["1", "2"]), group("b", &["3"]), user("anna", "\"2\", \"3\"")].concat());
        let after = [
            group("c", &["7"]),
            group("b", &["4", "3"]),
            group("a", &["2"]),
            route.to_owned(),
            user("ben", "\"4\", \"2\""),
            user("Anna", "\"7\""),
        ];
        let after = config(&after.concat()).after(&before);
        let groups: Vec<_> = after.groups.iter().map(|group| group.name.as_str()).collect();
        assert_eq!(groups, ["a", "b", "c"]);
        let lines = |group: usize| {
            let shown = |line: &Line| (line.user_name.clone(), line.removed, line.active);
            after.groups[group].lines.iter().map(shown).collect::<Vec<_>>()
        };
        assert_eq!(lines(0), [("1".into(), true, false), ("2".into(), false, true)]);
        assert_eq!(lines(1), [("3".into(), false, true), ("4".into(), false, true)]);
        assert_eq!((after.routes[0].from, after.routes[0].to), (1, 0));
        let users: Vec<_> = after.users.iter().map(|user| (user.name.as_str(), user.lines.clone())).collect();
        assert_eq!(users, [("Anna", vec![(2, 0)]), ("ben", vec![(1, 1), (0, 1)])]);
        // And the next one, in which something is gone for good, and the one in which it comes back.
        let last = config(&group("c", &["7"])).after(&after);
        assert!(last.groups[0].removed && last.groups[1].lines.iter().all(|line| line.removed && !line.active));
        assert!(last.users.iter().all(|user| user.removed && user.lines.is_empty()));
        let back = config(&group("b", &["4"])).after(&last);
        assert!(!back.groups[1].removed && back.groups[1].registrar == "pbx.test" && back.groups[2].removed);
        assert_eq!(back.groups[1].lines.iter().map(|line| line.removed).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn what_needs_a_start_is_said() {
        let before = config("");
        assert_eq!(config(&group("a", &["1"])).waits_for_start(&before), [] as [&str; 0]);
        let listener = "[[listener]]\nname = \"x\"\naddress = \"127.0.0.1:5063\"\ntransport = \"udp\"\n";
        let group = group("a", &["1"]).replace("name = \"a\"", "name = \"a\"\nlistener = \"x\"");
        let text = format!(
            "[listen]\nhttp = \"127.0.0.1:7000\"\nsip = \"127.0.0.1:5062\"\n[media]\nworkers = 2\n{listener}{group}"
        );
        let after = config(&text);
        assert_eq!(after.waits_for_start(&before), ["listen", "listener", "media"]);
        // Until then it counts as it was, and it waits still when the file is read once more.
        let standing = after.clone().after(&before);
        assert_eq!((standing.listen.clone(), standing.groups[0].listener), (before.listen, None));
        assert_eq!(after.waits_for_start(&standing), ["listen", "listener", "media"]);
    }
}
