//! The configuration while the server runs: what changes in it counts at once, where that is possible.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tracing::{error, info, warn};

use super::line_settings::{self, Names};
use super::lines::{self, Passwords};
use super::people::{self, Slots};
use super::{countries, flatten_lines, labels, settings, trial};
use crate::call::cause::CauseCode;
use crate::call::directory::Directory;
use crate::config::Config;
use crate::net::change::{Configuration, Lines};
use crate::numbers::country::Countries;
use crate::numbers::{Location, Numbers};
use crate::rights::RightsTable;
use crate::site::binding::Bindings;
use crate::site::{Administrator, Computer, Group, Line, LineGroup, Profile, SecondFactorRule, Settings, Site, User};
use crate::web::reload::{ReloadError, ReloadRequest, Reloaded};
use crate::web::routes::site::trial::TrialRequest;
use crate::web::{Labels, WebState};

/// A configuration and a site, and which of their lines and people is which for the running server. What did not change
/// from one to the next is shared, so that it need not be looked at to know that.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    pub(super) config: Arc<Config>,
    /// What the file says of it.
    file: Arc<Config>,
    /// The countries that numbers are read and dialled by.
    pub(super) countries: Arc<Countries>,
    /// What lines of the site authenticate with.
    passwords: Passwords,
    /// Line group and place there, by [`LineId`](crate::ids::LineId).
    pub(super) lines: Arc<[(usize, usize)]>,
    pub(super) site: Site,
    pub(super) users: Arc<Slots>,
    pub(super) administrators: Arc<Slots>,
    /// What users sign in with, by their numbers.
    logins: Arc<Vec<String>>,
    /// The dial plans of the site's locations.
    numbers: Arc<Numbers>,
    pub(super) directory: Arc<Directory>,
    pub(super) rights: Arc<RightsTable>,
    /// Which lines are whose.
    bindings: Arc<Bindings>,
}

impl Standing {
    /// That of the start.
    pub(super) fn new(file: Config, countries: Countries, site: Site, passwords: Passwords) -> Standing {
        let config = file.clone().joined(lines::made(&file, &site, &passwords));
        let lines = flatten_lines(&config);
        let (users, administrators) = (Arc::<Slots>::default(), Arc::<Slots>::default());
        let (users, administrators) = (users.with::<User>(&site), administrators.with::<Administrator>(&site));
        let (of_lines, rights, bindings) = people::line_users(&config, &lines, &site, &users);
        let numbers = Arc::new(settings::numbers(&site, &countries));
        let directory = settings::directory(&config, &lines, &of_lines);
        Standing {
            directory: Arc::new(settings::located(&config, &site, &numbers, directory)),
            numbers,
            logins: Arc::new(users.logins(&site)),
            config: Arc::new(config),
            file: Arc::new(file),
            countries: Arc::new(countries),
            passwords,
            lines: lines.into(),
            site,
            users,
            administrators,
            rights: Arc::new(rights),
            bindings: Arc::new(bindings),
        }
    }

    /// The one that follows: everything keeps its number, and what is new gets the next. Without `file`, the file is as it
    /// was, and so are the countries.
    fn followed_by(&self, file: Option<(Config, Countries)>, site: Site, passwords: Passwords) -> Standing {
        let before = &self.site;
        let same_lines = file.is_none()
            && site.shares::<LineGroup>(before)
            && site.shares::<Line>(before)
            && passwords == self.passwords;
        let mut next = Standing { site: site.clone(), passwords, ..self.clone() };
        let same_users = site.shares::<User>(before);
        if !same_users {
            next.users = self.users.with::<User>(&site);
            next.logins = shared(&self.logins, next.users.logins(&site));
        }
        if !site.shares::<Administrator>(before) {
            next.administrators = self.administrators.with::<Administrator>(&site);
        }
        if let Some((file, countries)) = file {
            (next.file, next.countries) = (Arc::new(file), Arc::new(countries));
        }
        if !same_lines {
            let made = lines::made(&next.file, &site, &next.passwords);
            let config = Config::clone(&next.file).joined(made).after(&self.config);
            let mut lines = self.lines.to_vec();
            for (group, entry) in config.groups.iter().enumerate() {
                let known = self.config.groups.get(group).map_or(0, |group| group.lines.len());
                lines.extend((known..entry.lines.len()).map(|line| (group, line)));
            }
            (next.config, next.lines) = (Arc::new(config), lines.into());
        }
        let same_people = same_users
            && site.shares::<Group>(before)
            && site.shares::<Computer>(before)
            && site.shares::<Settings>(before)
            && site.shares_pictures(before)
            && site.shares_seats(before);
        let same_countries = Arc::ptr_eq(&next.countries, &self.countries);
        if !site.shares::<Location>(before) || !same_countries {
            next.numbers = shared(&self.numbers, settings::numbers(&site, &next.countries));
        }
        let same_numbers = Arc::ptr_eq(&next.numbers, &self.numbers);
        if !same_lines || !same_people || !same_numbers {
            let (of_lines, rights, bindings) = people::line_users(&next.config, &next.lines, &site, &next.users);
            let directory = settings::directory(&next.config, &next.lines, &of_lines);
            let directory = settings::located(&next.config, &site, &next.numbers, directory);
            next.directory = shared(&self.directory, directory);
            next.rights = shared(&self.rights, rights);
            next.bindings = shared(&self.bindings, bindings);
        }
        next
    }

    /// Locations that line groups name and that there are not.
    fn unknown_locations(&self) -> Vec<String> {
        let groups = self.config.groups.iter().filter(|group| self.site.location_of(&group.body).is_none());
        let mut names: Vec<String> = groups.filter_map(|group| group.body.location.clone()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Says in the log that line groups name locations that there are not.
    pub(super) fn warn_of_unknown_locations(&self) {
        for location in self.unknown_locations() {
            warn!(location, "a line group names a location that there is not; its numbers go as they are written");
        }
    }

    /// Whether lines and line groups are those of the standing before.
    fn has_lines_of(&self, before: &Standing) -> bool {
        Arc::ptr_eq(&self.config, &before.config) && Arc::ptr_eq(&self.directory, &before.directory)
    }

    /// Whether everything is called as in the standing before.
    fn has_names_of(&self, before: &Standing) -> bool {
        self.has_lines_of(before) && Arc::ptr_eq(&self.logins, &before.logins)
    }

    /// What is to count for the driver that goes by the standing before; what was kept of lines that have come is not part
    /// of it.
    fn since(&self, before: &Standing) -> Configuration {
        let Standing { config, lines, directory, rights, .. } = self;
        let lines = (!self.has_lines_of(before)).then(|| Lines {
            directory: directory.clone(),
            groups: settings::groups(config),
            lines: settings::lines(config, lines),
            gateway: settings::gateway_groups(config, lines, directory),
            routes: settings::routes(config),
            tls_profiles: settings::tls_profiles(config),
            settings: Vec::new(),
        });
        let same_rights = Arc::ptr_eq(rights, &before.rights);
        let same_users = self.site.shares::<User>(&before.site);
        let same_people = same_users && self.site.shares_pictures(&before.site);
        let personal = match same_rights && same_people && self.site.shares::<Profile>(&before.site) {
            true => Vec::new(),
            false => self.users.personal((&before.site, &before.rights), (&self.site, rights)),
        };
        Configuration {
            lines,
            rights: (!same_rights).then(|| (rights.clone(), rights.touched(&before.rights))),
            personal,
            gone: if same_users { Vec::new() } else { self.users.gone(&before.site, &self.site) },
        }
    }

    /// What traces and pages call lines, line groups and users.
    pub(super) fn labels(&self) -> Labels {
        labels(&self.config, &self.lines, &self.directory, self.logins.to_vec())
    }
}

/// What there was, where this is the same.
fn shared<T: PartialEq>(before: &Arc<T>, now: T) -> Arc<T> {
    if **before == now { before.clone() } else { Arc::new(now) }
}

/// After a change of the site could not be taken.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// Takes other configurations.
pub(super) struct Live {
    standing: Standing,
    state: WebState,
    names: Names,
    changed: watch::Receiver<u64>,
    /// One line group is tried out at a time.
    trying: Arc<Semaphore>,
}

impl Live {
    /// `changed` tells of every change since the site of `standing`.
    pub(super) fn new(standing: Standing, state: WebState, names: Names, changed: watch::Receiver<u64>) -> Live {
        let live = Live { standing, state, names, changed, trying: Arc::new(Semaphore::new(1)) };
        // Before the database was read nobody knew all users.
        live.name(&live.standing);
        live.rule(&live.standing.site);
        live
    }

    /// Answers requests to read the file again, and follows the site, until the server stops.
    pub(super) fn serve(
        mut self,
        mut requests: mpsc::Receiver<ReloadRequest>,
        mut trials: mpsc::Receiver<TrialRequest>,
    ) -> JoinHandle<()> {
        let mut changed = self.changed.clone();
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    reply = requests.recv() => {
                        let Some(reply) = reply else { return };
                        let reloaded = self.reload(&mut changed).await;
                        log_reloaded(&reloaded);
                        let _ = reply.send(reloaded);
                    }
                    Some(request) = trials.recv() => self.try_out(request),
                    change = changed.changed() => {
                        if change.is_err() {
                            return;
                        }
                        if let Err(problem) = self.take(None).await {
                            error!(%problem, "a change of the site does not count yet; it is tried again");
                            tokio::time::sleep(TRY_AGAIN).await;
                            changed.mark_changed();
                        }
                    }
                }
            }
        })
    }

    /// Tries a line group out beside everything else. Others wait until this one is gone from its PBX.
    fn try_out(&self, TrialRequest { trial, reply }: TrialRequest) {
        let (file, administration) = (Config::clone(&self.standing.file), self.state.administration.clone());
        let turns = self.trying.clone();
        tokio::spawn(async move {
            let Ok(turn) = turns.acquire_owned().await else { return };
            let internal = |error: &(dyn std::error::Error + 'static)| {
                error!(error, "a line group cannot be tried out");
                CauseCode::Internal
            };
            let (gone, is_gone) = oneshot::channel();
            let report = match Passwords::load(&administration).await {
                Ok(passwords) => trial::run(file, &passwords, trial, gone).await.map_err(|error| internal(&error)),
                Err(error) => Err(internal(&error)),
            };
            let _ = reply.send(report);
            let _ = is_gone.await;
            drop(turn);
        });
    }

    async fn reload(&mut self, changed: &mut watch::Receiver<u64>) -> Result<Reloaded, ReloadError> {
        let file = self.standing.config.file.clone().ok_or(ReloadError::NoFile)?;
        let read = tokio::task::spawn_blocking(move || {
            let config = Config::load(&file).map_err(|error| ReloadError::Config(error.to_string()))?;
            let countries = countries::load(&config).map_err(|error| ReloadError::Config(error.to_string()))?;
            Ok((config, countries))
        });
        let (config, countries) = read.await.map_err(|_| ReloadError::Stopping)??;
        let waits_for_start = config.waits_for_start(&self.standing.config).into_iter().map(str::to_owned).collect();
        self.state.administration.set_from_file(people::of_file(&config)).await.map_err(|error| {
            error!(error = &error as &dyn std::error::Error, "the site cannot be read");
            ReloadError::Store
        })?;
        // What the file says of the site counts with the rest of it.
        changed.mark_unchanged();
        if let Err(problem) = self.take(Some((config, countries))).await {
            // Who is in the file and who is not goes with the rest of it.
            let before = people::of_file(&self.standing.file);
            if let Err(error) = self.state.administration.set_from_file(before).await {
                error!(error = &error as &dyn std::error::Error, "the site cannot be read");
            }
            return Err(problem);
        }
        Ok(Reloaded { waits_for_start, unknown_locations: self.standing.unknown_locations() })
    }

    /// How people sign in.
    fn rule(&self, site: &Site) {
        let settings = site.settings();
        self.state.users.set_session_lifetime(Duration::from_secs(u64::from(settings.session_days) * 24 * 3600));
        self.state.users.need_second_factor(settings.second_factor == SecondFactorRule::Everybody);
        self.state.administrators.need_second_factor(settings.second_factor != SecondFactorRule::Optional);
    }

    /// Log and captures say what line groups, lines and users are called.
    fn name(&self, Standing { config, lines, logins, .. }: &Standing) {
        if let Some(log) = &self.state.log {
            log.set_names(settings::log_names(config, lines, logins.to_vec()));
        }
        if let Some(captures) = &self.state.captures {
            let names = settings::capture_names(config, lines, logins.to_vec());
            captures.set_names(names, settings::captured(config, lines));
        }
    }

    /// Lets what the site has count, and a configuration of the file where there is another one.
    async fn take(&mut self, file: Option<(Config, Countries)>) -> Result<(), ReloadError> {
        let administration = &self.state.administration;
        let passwords = Passwords::load(administration).await.map_err(|error| {
            error!(error = &error as &dyn std::error::Error, "the passwords of lines cannot be read");
            ReloadError::Store
        })?;
        let other_file = file.is_some();
        // Many rules take long to compile, and calls go on meanwhile.
        let (earlier, site) = (self.standing.clone(), administration.site());
        let next = tokio::task::spawn_blocking(move || earlier.followed_by(file, site, passwords)).await;
        let (before, next) = (&self.standing, next.map_err(|_| ReloadError::Stopping)?);
        let store = |error: &(dyn std::error::Error + 'static)| {
            error!(error, "accounts cannot be stored");
            ReloadError::Store
        };
        let Standing { config, lines, site, users, administrators, .. } = &next;
        if other_file || !site.shares::<User>(&before.site) {
            self.state.users.update(users.users(site, config)).await.map_err(|error| store(&error))?;
        }
        self.rule(site);
        if other_file || !site.shares::<Administrator>(&before.site) {
            let accounts = administrators.administrators(site, config);
            self.state.administrators.update(accounts).await.map_err(|error| store(&error))?;
        }
        if !Arc::ptr_eq(config, &before.config) {
            self.names.set(config, lines);
        }
        if !next.has_names_of(before) {
            self.state.set_labels(next.labels());
            self.name(&next);
        }
        self.state.keep_bindings(site, next.bindings.clone());
        self.state.set_countries(next.countries.clone());
        if next.unknown_locations() != before.unknown_locations() {
            next.warn_of_unknown_locations();
        }
        let mut configuration = next.since(before);
        if let Some(of_lines) = configuration.lines.as_mut().filter(|_| lines.len() > before.lines.len()) {
            let kept = line_settings::load(&self.state.store.line_settings(), &self.names).await;
            let kept = kept.map_err(|error| store(&error))?.into_iter();
            // Of lines that were there it is the server that knows best.
            of_lines.settings = kept.filter(|(line, _)| line.0 as usize >= before.lines.len()).collect();
        }
        if !configuration.is_empty() {
            self.state.core.configure(configuration).await.map_err(|_| ReloadError::Stopping)?;
        }
        self.standing = next;
        Ok(())
    }
}

fn log_reloaded(reloaded: &Result<Reloaded, ReloadError>) {
    match reloaded {
        Ok(Reloaded { waits_for_start, .. }) if waits_for_start.is_empty() => info!("configuration read again"),
        Ok(Reloaded { waits_for_start, .. }) => {
            warn!(tables = ?waits_for_start, "configuration read again; some of it counts after the next start");
        }
        Err(ReloadError::NoFile) => info!("the server was started without a configuration file: none is read again"),
        Err(problem) => error!(%problem, "the configuration stays as it was"),
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};
    use std::time::Instant;

    use serde_json::json;

    use super::*;
    use crate::administration::{Actor, Request};
    use crate::app::Prepared;
    use crate::site::{Change, Kind, ObjectId, Row};

    /// A server whose changes are taken by hand.
    struct Stage {
        prepared: Prepared,
        folder: PathBuf,
    }

    impl Stage {
        /// So many lines, and users of whom the first have one each.
        async fn start(name: &str, lines: usize, users: usize) -> Stage {
            let folder = std::env::temp_dir().join(format!("offhook-live-{name}-{}", std::process::id()));
            let line = |number: usize| format!("[[line_group.line]]\nuser_name = \"{}\"\n", 1_000 + number);
            let lines: String = (0..lines).map(line).collect();
            let text = format!(
                "data_dir = \"data\"\n[listen]\nhttp = \"127.0.0.1:0\"\nsip = \"127.0.0.1:0\"\nwebrtc = \"127.0.0.1:0\"\n\
                 [media]\nworkers = 1\n[[line_group]]\nname = \"pbx\"\nkind = \"trunk-fixed\"\noptions_refresh = 0\n\
                 registrar = \"127.0.0.9\"\n{lines}"
            );
            let config = Config::parse(&text, "offhook.toml", Path::new(&folder)).unwrap();
            let stage = Stage { prepared: Prepared::new(config, None, None).await.unwrap(), folder };
            let user = |number: usize| {
                let login = format!("user{number}");
                let phones = json!({ "business": (1_000 + number).to_string() });
                let body = json!({ "login": login, "display_name": login, "active": true, "phones": phones });
                Change::Put { kind: Kind::User, id: id(number), expected: None, body }
            };
            stage.change(&(0..users).map(user).collect::<Vec<_>>()).await;
            stage
        }

        async fn change(&self, changes: &[Change]) {
            let actor = Actor { kind: "command", id: String::new(), address: None };
            let request = Request { changes, ..Request::default() };
            self.prepared.state.administration.change(request, &actor, 1).await.unwrap();
        }

        async fn stop(self) {
            self.prepared.open().await.unwrap().stop().await;
            std::fs::remove_dir_all(self.folder).unwrap();
        }
    }

    fn id(number: usize) -> ObjectId {
        ObjectId::random((number as u128).to_be_bytes())
    }

    fn patch(kind: Kind, id: ObjectId, patch: serde_json::Value) -> Change {
        Change::Patch { kind, id, expected: None, patch }
    }

    /// The standing of two lines and two users, and the site as it is after a change.
    fn standing(rows: Vec<Row>) -> Standing {
        let text = "data_dir = \"data\"\n[[line_group]]\nname = \"pbx\"\nregistrar = \"pbx.test\"\n\
                    [[line_group.line]]\nuser_name = \"100\"\n[[line_group.line]]\nuser_name = \"101\"\n";
        let file = Config::parse(text, "offhook.toml", Path::new(".")).unwrap();
        let (site, refusals) = Site::load(people::of_file(&file).into_iter().chain(rows));
        assert!(refusals.is_empty(), "{refusals:?}");
        Standing::new(file, Countries::default(), site, Passwords::default())
    }

    fn users() -> Vec<Row> {
        let user = |number: usize| {
            let login = format!("user{number}");
            let body = json!({ "login": login, "display_name": login, "active": true, "first_phone": "100" });
            Row { kind: Kind::User, id: id(number), version: 1, from_file: false, body }
        };
        vec![user(1), user(2)]
    }

    #[test]
    fn the_driver_is_told_what_differs_and_nothing_else() {
        let before = standing(users());
        let after = |change: Change| {
            let site = before.site.plan(&[change]).unwrap().site().clone();
            let Configuration { lines, rights, personal, gone } =
                before.followed_by(None, site, Passwords::default()).since(&before);
            let users: Vec<u32> = personal.iter().map(|(user, _)| user.0).collect();
            (lines.is_some(), rights.is_some(), users, gone.len())
        };
        let of_user = |body| patch(Kind::User, id(1), body);
        let settings = |body| patch(Kind::Settings, ObjectId::SETTINGS, body);
        let nothing = (false, false, Vec::new(), 0);
        assert_eq!(after(of_user(json!({ "email": "x@example.com" }))), nothing);
        assert_eq!(after(settings(json!({ "server_name": "x" }))), nothing);
        let group = json!({ "name": "a", "members": [id(1)] });
        let group = Change::Put { kind: Kind::Group, id: id(9), expected: None, body: group };
        assert_eq!(after(group), (false, true, Vec::new(), 0));
        assert_eq!(after(of_user(json!({ "services": ["configure_account"] }))), (false, true, vec![0], 0));
        let preset = json!({ "settings": { "theme": { "value": "dark" } } });
        let preset = patch(Kind::Profile, ObjectId::DEFAULT_PROFILE, preset);
        assert_eq!(after(preset), (false, false, vec![0, 1], 0));
        assert_eq!(after(of_user(json!({ "first_phone": "101" }))), (true, true, Vec::new(), 0));
        let (lines, .., gone) = after(of_user(json!({ "active": false })));
        assert_eq!((lines, gone), (true, 1));
        let line = json!({ "group": people::id(Kind::LineGroup, "pbx"), "user_name": "102", "number": "102" });
        let line = Change::Put { kind: Kind::Line, id: id(7), expected: None, body: line };
        assert_eq!(after(line), (true, true, Vec::new(), 0));
    }

    #[test]
    fn another_password_of_a_line_or_another_file_counts() {
        let line = json!({ "group": people::id(Kind::LineGroup, "pbx"), "user_name": "102", "number": "102" });
        let line = Row { kind: Kind::Line, id: id(7), version: 1, from_file: false, body: line };
        let before = standing(vec![line]);
        let site = || before.site.clone();
        assert!(before.followed_by(None, site(), Passwords::default()).since(&before).is_empty());
        let other = before.followed_by(None, site(), Passwords::one(id(7), "geheim"));
        assert!(other.since(&before).lines.is_some());
        assert!(other.followed_by(None, site(), Passwords::one(id(7), "geheim")).since(&other).is_empty());
        let file = (Config::clone(&before.file), Countries::default());
        assert!(before.followed_by(Some(file), site(), Passwords::default()).since(&before).lines.is_some());
    }

    #[tokio::test]
    #[ignore = "it measures: run it alone, with --run-ignored only --no-capture"]
    async fn what_a_change_of_a_large_site_takes() {
        let mut stage = Stage::start("large", 1_000, 10_000).await;
        stage.prepared.live.take(None).await.unwrap();
        let changes = [
            ("nothing", Vec::new()),
            ("a profile", vec![patch(Kind::Profile, ObjectId::DEFAULT_PROFILE, json!({ "description": "x" }))]),
            ("a user's mail", vec![patch(Kind::User, id(7), json!({ "email": "x@example.com" }))]),
            ("a user's line", vec![patch(Kind::User, id(7), json!({ "phones": { "business": "1999" } }))]),
            (
                "everybody's level",
                vec![patch(Kind::Settings, ObjectId::SETTINGS, json!({ "grant": { "level": "business" } }))],
            ),
        ];
        for (what, changes) in changes {
            stage.change(&changes).await;
            let begun = Instant::now();
            stage.prepared.live.take(None).await.unwrap();
            eprintln!("{what}: {:?}", begun.elapsed());
        }
        stage.stop().await;
    }
}
