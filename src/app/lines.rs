//! Line groups and lines that administrators have made, beside those of the configuration file.

use rustc_hash::FxHashMap;
use serde_json::{Value, json};
use tracing::warn;

use super::people::{exact_id, id, version};
use crate::administration::{Administration, LINE_PASSWORD};
use crate::config::{Config, LineRedirection, MadeGroup, Secret};
use crate::site::{Kind, Line, LineGroup, Object, ObjectId, Row, Site};
use crate::store::SiteError;

/// Passwords of lines, and of line groups whose PBX registers here.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Passwords(FxHashMap<(Kind, ObjectId), Secret>);

impl Passwords {
    /// Those of the site. Where it has no lines of its own, nothing is read.
    pub(super) async fn load(administration: &Administration) -> Result<Passwords, SiteError> {
        let site = administration.site();
        let mut passwords = FxHashMap::default();
        for (kind, is_used) in [(Kind::LineGroup, has_own::<LineGroup>(&site)), (Kind::Line, has_own::<Line>(&site))] {
            if is_used {
                let kept = administration.table().secrets(kind.as_str(), LINE_PASSWORD).await?.into_iter();
                passwords.extend(kept.filter_map(|(id, secret)| Some(((kind, id.parse().ok()?), secret))));
            }
        }
        Ok(Passwords(passwords))
    }

    /// That of one line alone.
    #[cfg(test)]
    pub(super) fn one(line: ObjectId, password: &str) -> Passwords {
        Passwords([((Kind::Line, line), Secret::new(password))].into_iter().collect())
    }

    /// The password of a line of the site or of the file.
    pub(super) fn of_line(&self, file: &Config, wanted: ObjectId) -> Secret {
        let mut lines = file.groups.iter().flat_map(|group| group.lines.iter().map(move |line| (group, line)));
        let of_file = lines.find(|(group, line)| line_id(&group.name, &line.user_name) == wanted);
        of_file.map_or_else(|| self.of(Kind::Line, wanted), |(_, line)| line.password.clone())
    }

    fn of(&self, kind: Kind, id: ObjectId) -> Secret {
        self.0.get(&(kind, id)).cloned().unwrap_or_default()
    }
}

fn has_own<T: Object>(site: &Site) -> bool {
    site.iter::<T>().any(|stored| !stored.from_file)
}

/// What the site has beside the file, in an order that does not depend on chance.
pub(super) fn made(file: &Config, site: &Site, passwords: &Passwords) -> Vec<MadeGroup> {
    let mut groups: Vec<_> = site.iter::<LineGroup>().filter(|stored| has_name(site, stored)).collect();
    groups.sort_by_cached_key(|stored| (stored.object.sort_key("name"), stored.id));
    let mut lines: FxHashMap<ObjectId, Vec<_>> = FxHashMap::default();
    for stored in site.iter::<Line>().filter(|stored| !stored.from_file && has_name(site, stored)) {
        let group =
            stored.object.group.filter(|group| site.line_of(*group, &stored.object.user_name) == Some(stored.id));
        if let Some(group) = group {
            lines.entry(group).or_default().push(stored);
        }
    }
    let made = groups.into_iter().filter_map(|stored| {
        let mut own = lines.remove(&stored.id).unwrap_or_default();
        if stored.from_file && own.is_empty() {
            return None;
        }
        own.sort_by_cached_key(|line| (line.object.sort_key("number"), line.id));
        let body = stored.object.clone();
        let is_known = body.listener.is_empty() || file.listeners.iter().any(|known| known.name == body.listener);
        if !is_known && !stored.from_file {
            warn!(
                group = body.name,
                listener = body.listener,
                "there is no such listener; the line group uses the usual one"
            );
        }
        let lines = own.into_iter().map(|line| (line.object.body(), passwords.of(Kind::Line, line.id)));
        Some(MadeGroup { body, password: passwords.of(Kind::LineGroup, stored.id), lines: lines.collect() })
    });
    made.collect()
}

/// Of two with one name, one in the file and one in the database, the site says who has it.
fn has_name<T: Object>(site: &Site, stored: &crate::site::Stored<T>) -> bool {
    site.named::<T>(stored.object.name()).is_some_and(|known| known.id == stored.id)
}

/// The line groups and lines that the configuration file sets.
pub(super) fn of_file(config: &Config) -> Vec<Row> {
    let row = |kind, id, body: Value| Row { kind, id, version: version(&body), from_file: true, body };
    let mut rows = Vec::new();
    for group in config.groups.iter().filter(|group| !group.removed) {
        let group_id = id(Kind::LineGroup, &group.name);
        // A struct of texts, numbers and lists is always JSON.
        rows.push(row(Kind::LineGroup, group_id, serde_json::to_value(&*group.body).unwrap_or(Value::Null)));
        for line in group.lines.iter().filter(|line| !line.removed) {
            let or_user = |text: &str| if text == line.user_name { String::new() } else { text.to_owned() };
            let redirections = line.redirections.iter();
            let redirections: Vec<_> = redirections
                .map(|place| LineRedirection { to: place.to.clone(), seconds: place.rings.as_secs() as u32 })
                .collect();
            let body = json!({
                "group": group_id,
                "user_name": line.user_name,
                "auth_name": or_user(&line.auth_name),
                "number": line.number,
                "active": line.active,
                "pilot": line.pilot,
                "redirections": redirections,
            });
            rows.push(row(Kind::Line, line_id(&group.name, &line.user_name), body));
        }
    }
    rows
}

/// The id of a line of the configuration file.
fn line_id(group: &str, user_name: &str) -> ObjectId {
    exact_id(Kind::Line, &format!("{}/{user_name}", group.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn config(groups: &[(&str, &[&str])]) -> Config {
        let line = |user: &&str| format!("[[line_group.line]]\nuser_name = \"{user}\"\npassword = \"of the file\"\n");
        let group = |(name, lines): &(&str, &[&str])| {
            let lines: String = lines.iter().map(line).collect();
            format!("[[line_group]]\nname = \"{name}\"\nregistrar = \"pbx.test\"\n{lines}")
        };
        let groups: String = groups.iter().map(group).collect();
        Config::parse(&format!("data_dir = \"data\"\n{groups}"), "offhook.toml", Path::new(".")).unwrap()
    }

    fn kept(kind: Kind, seed: u8, body: Value) -> Row {
        Row { kind, id: object(seed), version: 1, from_file: false, body }
    }

    fn object(seed: u8) -> ObjectId {
        ObjectId::random([seed; 16])
    }

    /// Groups with the numbers of their lines, and each line's password.
    fn joined(file: &Config, rows: Vec<Row>) -> Vec<(String, Vec<(String, String)>)> {
        let (site, _) = Site::load(of_file(file).into_iter().chain(rows));
        let passwords = Passwords::one(object(2), "of the site");
        let config = file.clone().joined(made(file, &site, &passwords));
        let lines = |group: &crate::config::LineGroup| {
            group.lines.iter().map(|line| (line.number.clone(), line.password.expose().to_owned())).collect()
        };
        config.groups.iter().map(|group| (group.name.clone(), lines(group))).collect()
    }

    fn rows(group: &str, line: &str) -> Vec<Row> {
        vec![
            kept(Kind::LineGroup, 1, json!({ "name": group, "registrar": "sip.test" })),
            kept(Kind::Line, 2, json!({ "group": object(1), "user_name": line })),
        ]
    }

    #[test]
    fn file_and_site_stand_side_by_side_and_who_is_in_the_file_has_the_name() {
        let file = config(&[("main", &["100"])]);
        let of_file = ("main".to_owned(), vec![("100".to_owned(), "of the file".to_owned())]);
        let made = ("branch".to_owned(), vec![("200".to_owned(), "of the site".to_owned())]);
        assert_eq!(joined(&file, rows("branch", "200")), [of_file.clone(), made]);
        // Both have the name, or both the number.
        assert_eq!(joined(&file, rows("Main", "200")), std::slice::from_ref(&of_file));
        assert_eq!(joined(&file, rows("branch", "100")), [of_file.clone(), ("branch".to_owned(), Vec::new())]);
        // A line beside those of the file.
        let beside = vec![kept(Kind::Line, 2, json!({ "group": id(Kind::LineGroup, "main"), "user_name": "101" }))];
        let both = vec![of_file.1[0].clone(), ("101".to_owned(), "of the site".to_owned())];
        assert_eq!(joined(&file, beside.clone()), [("main".to_owned(), both)]);
        // Its line group is gone from the file.
        assert_eq!(joined(&config(&[("other", &[])]), beside), [("other".to_owned(), Vec::new())]);
    }

    #[test]
    fn what_the_file_sets_is_right_as_an_object() {
        let text = "data_dir = \"data\"\n[[line_group]]\nname = \"main\"\nregistrar = \"pbx.test\"\nca = [\"ca.pem\"]\n\
                    kind = \"trunk-fixed\"\ncapture = [\"101\"]\nswitched_off = [\"park_call\"]\n\
                    [[line_group.line]]\nuser_name = \"100-101\"\nauth_name = \"a<*>\"\n\
                    redirections = [{ to = \"7\", seconds = 5 }]\n\
                    [[line_group]]\nname = \"gateway\"\nkind = \"trunk-registrar\"\nuser_name = \"gw\"\npassword = \"geheim\"\n";
        let file = Config::parse(text, "offhook.toml", Path::new(".")).unwrap();
        let (site, refusals) = Site::load(of_file(&file));
        assert!(refusals.is_empty(), "{refusals:?}");
        let line = &site.named::<Line>("101").unwrap().object;
        assert_eq!((line.auth_name.as_str(), line.redirections[0].seconds, line.pilot), ("a101", 5, false));
        let group = site.named::<LineGroup>("main").unwrap();
        assert_eq!((group.object.ca.as_slice(), group.from_file), (&["ca.pem".to_owned()][..], true));
        assert!(!format!("{:?}", of_file(&file)).contains("geheim"));
    }
}
