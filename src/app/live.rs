//! The configuration while the server runs: what changes in it counts at once, where that is possible.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tracing::{error, info, warn};

use super::line_settings::{self, Names};
use super::lines::{self, Passwords};
use super::people::{self, Slots};
use super::{flatten_lines, labels, settings, trial};
use crate::call::cause::CauseCode;
use crate::call::directory::Directory;
use crate::config::Config;
use crate::net::change::Configuration;
use crate::rights::RightsTable;
use crate::site::{Administrator, SecondFactorRule, Site, User};
use crate::web::reload::{ReloadError, ReloadRequest, Reloaded};
use crate::web::routes::site::trial::TrialRequest;
use crate::web::{Labels, WebState};

/// A configuration and a site, and which of their lines and people is which for the running server.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    pub(super) config: Config,
    /// What the file says of it.
    file: Config,
    /// Line group and place there, by [`LineId`](crate::ids::LineId).
    pub(super) lines: Vec<(usize, usize)>,
    pub(super) site: Site,
    pub(super) users: Slots,
    pub(super) administrators: Slots,
    pub(super) directory: Arc<Directory>,
    pub(super) rights: Arc<RightsTable>,
}

impl Standing {
    /// That of the start.
    pub(super) fn new(file: Config, site: Site, passwords: &Passwords) -> Standing {
        let config = file.clone().joined(lines::made(&file, &site, passwords));
        let lines = flatten_lines(&config);
        Standing::of(file, config, lines, site, (&Slots::default(), &Slots::default()))
    }

    fn of(
        file: Config,
        config: Config,
        lines: Vec<(usize, usize)>,
        site: Site,
        (users, administrators): (&Slots, &Slots),
    ) -> Standing {
        let (users, administrators) = (users.with::<User>(&site), administrators.with::<Administrator>(&site));
        let (of_lines, rights) = people::line_users(&config, &lines, &site, &users);
        let directory = Arc::new(settings::directory(&config, &lines, &of_lines));
        Standing { config, file, lines, site, users, administrators, directory, rights: Arc::new(rights) }
    }

    /// The one that follows: everything keeps its number, and what is new gets the next.
    fn followed_by(&self, file: Config, site: Site, passwords: &Passwords) -> Standing {
        let config = file.clone().joined(lines::made(&file, &site, passwords)).after(&self.config);
        let mut lines = self.lines.clone();
        for (group, entry) in config.groups.iter().enumerate() {
            let known = self.config.groups.get(group).map_or(0, |group| group.lines.len());
            lines.extend((known..entry.lines.len()).map(|line| (group, line)));
        }
        Standing::of(file, config, lines, site, (&self.users, &self.administrators))
    }

    /// What traces and pages call lines, line groups and users.
    pub(super) fn labels(&self) -> Labels {
        labels(&self.config, &self.lines, &self.directory, self.users.logins(&self.site))
    }
}

/// After a change of the site could not be taken.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// Takes other configurations.
pub(super) struct Live {
    standing: Standing,
    state: WebState,
    names: Names,
    /// One line group is tried out at a time.
    trying: Arc<Semaphore>,
}

impl Live {
    pub(super) fn new(standing: Standing, state: WebState, names: Names) -> Live {
        let live = Live { standing, state, names, trying: Arc::new(Semaphore::new(1)) };
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
        let mut changed = self.state.administration.changed();
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
                        let file = self.standing.file.clone();
                        if let Err(problem) = self.take(file).await {
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
        let (file, administration) = (self.standing.file.clone(), self.state.administration.clone());
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
        let read = tokio::task::spawn_blocking(move || Config::load(&file)).await;
        let config = read.map_err(|_| ReloadError::Stopping)?;
        let config = config.map_err(|error| ReloadError::Config(error.to_string()))?;
        let waits_for_start = config.waits_for_start(&self.standing.config).into_iter().map(str::to_owned).collect();
        self.state.administration.set_from_file(people::of_file(&config)).await.map_err(|error| {
            error!(error = &error as &dyn std::error::Error, "the site cannot be read");
            ReloadError::Store
        })?;
        // What the file says of the site counts with the rest of it.
        changed.mark_unchanged();
        if let Err(problem) = self.take(config).await {
            // Who is in the file and who is not goes with the rest of it.
            let before = people::of_file(&self.standing.file);
            if let Err(error) = self.state.administration.set_from_file(before).await {
                error!(error = &error as &dyn std::error::Error, "the site cannot be read");
            }
            return Err(problem);
        }
        Ok(Reloaded { waits_for_start })
    }

    /// How people sign in.
    fn rule(&self, site: &Site) {
        let settings = site.settings();
        self.state.users.set_session_lifetime(Duration::from_secs(u64::from(settings.session_days) * 24 * 3600));
        self.state.users.need_second_factor(settings.second_factor == SecondFactorRule::Everybody);
        self.state.administrators.need_second_factor(settings.second_factor != SecondFactorRule::Optional);
    }

    /// Log and captures say what line groups, lines and users are called.
    fn name(&self, Standing { config, lines, site, users, .. }: &Standing) {
        if let Some(log) = &self.state.log {
            log.set_names(settings::log_names(config, lines, users.logins(site)));
        }
        if let Some(captures) = &self.state.captures {
            let names = settings::capture_names(config, lines, users.logins(site));
            captures.set_names(names, settings::captured(config, lines));
        }
    }

    /// Lets a configuration of the file count, and what the site has beside it.
    async fn take(&mut self, file: Config) -> Result<(), ReloadError> {
        let administration = &self.state.administration;
        let passwords = Passwords::load(administration).await.map_err(|error| {
            error!(error = &error as &dyn std::error::Error, "the passwords of lines cannot be read");
            ReloadError::Store
        })?;
        let next = self.standing.followed_by(file, administration.site(), &passwords);
        let store = |error: &(dyn std::error::Error + 'static)| {
            error!(error, "accounts cannot be stored");
            ReloadError::Store
        };
        let Standing { config, lines, site, users, administrators, directory, rights, .. } = &next;
        self.state.users.update(users.users(site, config)).await.map_err(|error| store(&error))?;
        self.rule(site);
        let accounts = administrators.administrators(site, config);
        self.state.administrators.update(accounts).await.map_err(|error| store(&error))?;
        self.names.set(config, lines);
        self.state.set_labels(next.labels());
        self.name(&next);
        let kept = line_settings::load(&self.state.store.line_settings(), &self.names).await;
        let kept = kept.map_err(|error| store(&error))?.into_iter();
        let configuration = Configuration {
            directory: directory.clone(),
            groups: settings::groups(config),
            lines: settings::lines(config, lines),
            gateway: settings::gateway_groups(config, lines, directory),
            routes: settings::routes(config),
            tls_profiles: settings::tls_profiles(config),
            // Of lines that were there it is the server that knows best.
            line_settings: kept.filter(|(line, _)| line.0 as usize >= self.standing.lines.len()).collect(),
            rights: rights.clone(),
            reviewed: rights.changed(&self.standing.rights),
            personal: users.personal((&self.standing.site, &self.standing.rights), (site, rights)),
            gone: users.gone(&self.standing.site, site),
        };
        self.state.core.configure(configuration).await.map_err(|_| ReloadError::Stopping)?;
        self.standing = next;
        Ok(())
    }
}

fn log_reloaded(reloaded: &Result<Reloaded, ReloadError>) {
    match reloaded {
        Ok(Reloaded { waits_for_start }) if waits_for_start.is_empty() => info!("configuration read again"),
        Ok(Reloaded { waits_for_start }) => {
            warn!(tables = ?waits_for_start, "configuration read again; some of it counts after the next start");
        }
        Err(problem) => error!(%problem, "the configuration stays as it was"),
    }
}
