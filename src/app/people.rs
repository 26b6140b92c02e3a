//! Who the users and administrators of the running server are: those of the configuration file and those that
//! administrators have made. Each has a number from when it is seen first until the server ends.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::config::{self, Config};
use crate::ids::UserId;
use crate::net::clients::Personal;
use crate::picture::PictureOf;
use crate::rights::RightsTable;
use crate::site::binding::{Bindings, LineKey};
use crate::site::{Administrator, InterfaceMode, Kind, Object, ObjectId, Row, Site, User, digits};
use crate::user::accounts::{Account, Password};
use crate::user::passwords::PASSWORD;

/// Objects by their numbers.
#[derive(Debug, Clone, Default)]
pub(super) struct Slots {
    ids: Vec<ObjectId>,
    places: FxHashMap<ObjectId, UserId>,
}

impl Slots {
    /// Those there are, and numbers for those that have come.
    pub(super) fn with<T: Object>(self: &Arc<Slots>, site: &Site) -> Arc<Slots> {
        let mut new: Vec<_> = site.iter::<T>().filter(|stored| !self.places.contains_key(&stored.id)).collect();
        if new.is_empty() {
            return self.clone();
        }
        let mut slots = Slots::clone(self);
        new.sort_by(|a, b| (!a.from_file, a.object.name(), a.id).cmp(&(!b.from_file, b.object.name(), b.id)));
        for stored in new {
            slots.places.insert(stored.id, UserId(slots.ids.len() as u32));
            slots.ids.push(stored.id);
        }
        Arc::new(slots)
    }

    /// The number of an object.
    pub(super) fn slot(&self, id: ObjectId) -> Option<UserId> {
        self.places.get(&id).copied()
    }

    /// The objects in the order of their numbers, none where one is gone.
    fn objects<'a, T: Object>(&'a self, site: &'a Site) -> impl Iterator<Item = (ObjectId, Option<&'a T>)> {
        self.ids.iter().map(|&id| (id, site.get::<T>(id).map(|stored| &stored.object)))
    }

    /// What users sign in with, by their numbers; empty where one is gone.
    pub(super) fn logins(&self, site: &Site) -> Vec<String> {
        self.objects::<User>(site).map(|(_, user)| user.map(|user| user.login.clone()).unwrap_or_default()).collect()
    }

    /// Those that could sign in before and cannot now.
    pub(super) fn gone(&self, before: &Site, now: &Site) -> Vec<UserId> {
        let active = |site: &Site, id| site.get::<User>(id).is_some_and(|user| user.object.active);
        let gone = self.ids.iter().zip(0..).filter(|&(&id, _)| active(before, id) && !active(now, id));
        gone.map(|(_, place)| UserId(place)).collect()
    }

    /// What the clients of users go by, of those for whom that is something else than before.
    pub(super) fn personal(
        &self,
        (before, rights_before): (&Site, &RightsTable),
        (now, rights): (&Site, &RightsTable),
    ) -> Vec<(UserId, Personal)> {
        let profile = |site: &Site, id| site.profile_of(id).map(|profile| (profile.id, profile.version));
        let users = self.ids.iter().zip(0..).map(|(&id, place)| (id, UserId(place)));
        let changed = users.filter(|&(id, user)| {
            rights_before.services(user) != rights.services(user)
                || profile(before, id) != profile(now, id)
                || before.picture(id) != now.picture(id)
        });
        let personal = |(id, user)| {
            let picture = now.picture(id).map(|version| PictureOf { user: id, version });
            (user, Personal { services: rights.services(user), settings: now.settings_for(id), picture })
        };
        changed.map(personal).collect()
    }

    /// How users sign in.
    pub(super) fn users(&self, site: &Site, config: &Config) -> Vec<(Account, Password)> {
        let configured = by_id(Kind::User, config.users.iter().map(|user| (&user.name, &user.password, user.removed)));
        let account = |(id, user): (ObjectId, Option<&User>)| {
            // Of two with one name, one in the file and one in the database, the site says who has it.
            let has_name = |user: &&User| site.named::<User>(&user.login).is_some_and(|stored| stored.id == id);
            let user = user.filter(|user| user.active).filter(has_name);
            account(id, user.map(|user| (&user.login, &user.display_name)), configured.get(&id))
        };
        self.objects::<User>(site).map(account).collect()
    }

    /// How administrators sign in.
    pub(super) fn administrators(&self, site: &Site, config: &Config) -> Vec<(Account, Password)> {
        let entries = config.administrators.iter();
        let configured = by_id(
            Kind::Administrator,
            entries.map(|administrator| (&administrator.name, &administrator.password, administrator.removed)),
        );
        let account = |(id, administrator): (ObjectId, Option<&Administrator>)| {
            let has_name = |administrator: &&Administrator| {
                site.named::<Administrator>(&administrator.login).is_some_and(|stored| stored.id == id)
            };
            let administrator = administrator.filter(|administrator| administrator.active).filter(has_name);
            let names = administrator.map(|administrator| (&administrator.login, &administrator.display_name));
            account(id, names, configured.get(&id))
        };
        self.objects::<Administrator>(site).map(account).collect()
    }
}

/// Passwords of the configuration file by the ids of those that they belong to.
fn by_id<'a>(
    kind: Kind,
    entries: impl Iterator<Item = (&'a String, &'a config::Secret, bool)>,
) -> FxHashMap<ObjectId, (&'a String, &'a config::Secret)> {
    let present = entries.filter(|(.., removed)| !removed);
    present.map(|(name, password, _)| (id(kind, name), (name, password))).collect()
}

fn account(
    id: ObjectId,
    names: Option<(&String, &String)>,
    configured: Option<&(&String, &config::Secret)>,
) -> (Account, Password) {
    let Some((login, display_name)) = names else {
        let key = id.to_string();
        let nobody = Account {
            key,
            id,
            from_file: false,
            authenticator: PASSWORD,
            name: String::new(),
            display_name: String::new(),
        };
        return (nobody, Password::None);
    };
    let shown = if display_name.is_empty() { login } else { display_name };
    let (key, password) = match configured {
        Some((name, password)) => (name.to_lowercase(), Password::Configured((*password).clone())),
        None => (id.to_string(), Password::Kept),
    };
    let from_file = configured.is_some();
    // Everybody has a password of this server's.
    let (name, display_name) = (login.clone(), shown.clone());
    (Account { key, id, from_file, authenticator: PASSWORD, name, display_name }, password)
}

/// The users of each line, by [`LineId`](crate::ids::LineId), and who takes messages for it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct LineUsers {
    pub(super) users: Vec<UserId>,
    pub(super) voice_mailbox: Option<String>,
}

/// Which lines are whose, and what users may do with the others.
pub(super) fn line_users(
    config: &Config,
    lines: &[(usize, usize)],
    site: &Site,
    slots: &Slots,
) -> (Vec<LineUsers>, RightsTable, Bindings) {
    let keys: Vec<Option<LineKey>> = lines.iter().map(|&(group, line)| line_key(config, group, line)).collect();
    let known: Vec<LineKey> = keys.iter().flatten().cloned().collect();
    let bindings = Bindings::new(site, &known, &digits);
    let rights = RightsTable::new(site, &bindings, &keys, &|id| slots.slot(id), slots.ids.len());
    let of = |key: &Option<LineKey>| {
        let Some(key) = key else { return LineUsers::default() };
        let own = || bindings.users(key).iter().filter(|user| user.is_own()).map(|user| user.user);
        let mailbox = |id| site.get::<User>(id).map(|user| user.object.phones.voice_mailbox.clone());
        LineUsers {
            users: own().filter_map(|id| slots.slot(id)).collect(),
            voice_mailbox: own().filter_map(mailbox).find(|number| !number.is_empty()),
        }
    };
    (keys.iter().map(of).collect(), rights, bindings)
}

/// What people call a line; none where it is gone.
fn line_key(config: &Config, group: usize, line: usize) -> Option<LineKey> {
    let group = &config.groups[group];
    let line = group.lines.get(line).filter(|line| !line.removed && !group.removed)?;
    Some(LineKey { group: group.name.clone(), number: line.number.clone() })
}

/// What the configuration file sets of the site.
pub(super) fn of_file(config: &Config) -> Vec<Row> {
    let row = |kind, name: &str, body: Value| Row {
        kind,
        id: id(kind, name),
        version: version(&body),
        from_file: true,
        body,
    };
    let line_groups = super::lines::of_file(config);
    let users = config.users.iter().filter(|user| !user.removed).map(|user| {
        let keys = user.lines.iter().filter_map(|&(group, line)| line_key(config, group, line));
        let mut phones = keys.map(|key| Value::from(key.to_string()));
        let mut phone = || phones.next().unwrap_or_else(|| Value::from(""));
        let body = json!({
            "login": user.name,
            "display_name": user.display_name,
            "active": true,
            "first_phone": phone(),
            "second_phone": phone(),
            "further_phones": phones.collect::<Vec<_>>(),
            "phones": { "voice_mailbox": user.voice_mailbox.as_deref().unwrap_or_default() },
        });
        row(Kind::User, &user.name, body)
    });
    let administrators = config.administrators.iter().filter(|administrator| !administrator.removed);
    let administrators = administrators.map(|administrator| {
        let body = json!({ "login": administrator.name, "role": "full", "active": true });
        row(Kind::Administrator, &administrator.name, body)
    });
    let interfaces =
        [("http", config.listen.http, InterfaceMode::Plain), ("https", config.listen.https, InterfaceMode::Tls)];
    let interfaces = interfaces.into_iter().filter_map(|(name, address, mode)| {
        let address = address?;
        let body = json!({ "name": name, "address": address.ip(), "port": address.port(), "mode": mode });
        Some(row(Kind::Interface, name, body))
    });
    users.chain(administrators).chain(line_groups).chain(interfaces).collect()
}

/// A version that is another one for another body: who has read it knows whether it has changed.
pub(super) fn version(body: &Value) -> i64 {
    let hash = Sha256::digest(body.to_string());
    // A number that JavaScript has, and not 0.
    i64::from(u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]])) + 1
}

/// The id of what the configuration file calls by a name, whatever its case: always the same.
pub(super) fn id(kind: Kind, name: &str) -> ObjectId {
    exact_id(kind, &name.to_lowercase())
}

/// The same where case counts.
pub(super) fn exact_id(kind: Kind, name: &str) -> ObjectId {
    let hash = Sha256::digest(format!("{kind}:{name}"));
    let mut half = [0; 16];
    half.copy_from_slice(&hash[..16]);
    ObjectId::random(half)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn who_is_in_the_file_has_the_name_and_everybody_keeps_the_number() {
        let user = |name: &str| format!("[[user]]\nname = \"{name}\"\npassword = \"wonderland\"\n");
        let config = |names: &[&str]| {
            let users: String = names.iter().map(|name| user(name)).collect();
            Config::parse(&format!("data_dir = \"data\"\n{users}"), "offhook.toml", Path::new(".")).unwrap()
        };
        let kept = |seed, login: &str| Row {
            kind: Kind::User,
            id: ObjectId::random([seed; 16]),
            version: 1,
            from_file: false,
            body: json!({ "login": login, "display_name": login }),
        };
        let site = |config: &Config, kept: Vec<Row>| Site::load(of_file(config).into_iter().chain(kept)).0;
        let before = config(&["anna", "ben"]);
        let first = site(&before, vec![kept(7, "carla")]);
        let slots = Arc::<Slots>::default().with::<User>(&first);
        assert_eq!(slots.logins(&first), ["anna", "ben", "carla"]);
        assert!(matches!(slots.users(&first, &before)[2], (_, Password::Kept)));

        // Carla comes into the file, too, and Ben goes.
        let after = config(&["anna", "Carla"]);
        let second = site(&after, vec![kept(7, "carla")]);
        let slots = slots.with::<User>(&second);
        assert_eq!(slots.gone(&first, &second), [UserId(1)]);
        let found = slots.users(&second, &after);
        let place = |wanted: &str| found.iter().filter(|(account, _)| account.name == wanted).count();
        assert_eq!((place("carla"), place("Carla"), found.len()), (0, 1, 4));
        assert!(matches!(&found[3], (account, Password::Configured(_)) if account.key == "carla"));
    }
}
