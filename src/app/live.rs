//! The configuration while the server runs: what changes in it counts at once, where that is possible.

use std::sync::Arc;

use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;
use tracing::{error, info, warn};

use super::line_settings::{self, Names};
use super::{flatten_lines, labels, settings};
use crate::call::directory::Directory;
use crate::config::{Config, ConfigError, Secret};
use crate::ids::UserId;
use crate::net::change::Configuration;
use crate::user::accounts::Account;
use crate::web::WebState;
use crate::web::reload::{ReloadError, ReloadRequest, Reloaded};

/// A configuration, and which of its lines is which for the running server.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    pub(super) config: Config,
    /// Line group and place there, by [`LineId`].
    pub(super) lines: Vec<(usize, usize)>,
    pub(super) directory: Arc<Directory>,
}

impl Standing {
    /// That of the start.
    pub(super) fn new(config: Config) -> Standing {
        let lines = flatten_lines(&config);
        let directory = Arc::new(settings::directory(&config, &lines));
        Standing { config, lines, directory }
    }

    /// The one that follows: everything keeps its number, and what is new gets the next.
    fn followed_by(&self, config: Config) -> Standing {
        let config = config.after(&self.config);
        let mut lines = self.lines.clone();
        for (group, entry) in config.groups.iter().enumerate() {
            let known = self.config.groups.get(group).map_or(0, |group| group.lines.len());
            lines.extend((known..entry.lines.len()).map(|line| (group, line)));
        }
        let directory = Arc::new(settings::directory(&config, &lines));
        Standing { config, lines, directory }
    }

    pub(super) fn users(&self) -> Vec<(Account, Option<Secret>)> {
        let user = |user: &crate::config::User| {
            let account = Account { name: user.name.clone(), display_name: user.display_name.clone() };
            (account, (!user.removed).then(|| user.password.clone()))
        };
        self.config.users.iter().map(user).collect()
    }

    pub(super) fn administrators(&self) -> Vec<(Account, Option<Secret>)> {
        let administrator = |entry: &crate::config::Administrator| {
            let account = Account { name: entry.name.clone(), display_name: entry.name.clone() };
            (account, (!entry.removed).then(|| entry.password.clone()))
        };
        self.config.administrators.iter().map(administrator).collect()
    }
}

/// Takes other configurations.
pub(super) struct Live {
    standing: Mutex<Standing>,
    state: WebState,
    names: Names,
}

impl Live {
    pub(super) fn new(standing: Standing, state: WebState, names: Names) -> Live {
        Live { standing: Mutex::new(standing), state, names }
    }

    /// Answers requests to read the file again, until the server stops.
    pub(super) fn serve(self, mut requests: mpsc::Receiver<ReloadRequest>) -> JoinHandle<()> {
        tokio::spawn(async move {
            while let Some(reply) = requests.recv().await {
                let reloaded = self.reload().await;
                match &reloaded {
                    Ok(Reloaded { waits_for_start }) if waits_for_start.is_empty() => info!("configuration read again"),
                    Ok(Reloaded { waits_for_start }) => {
                        warn!(tables = ?waits_for_start, "configuration read again; some of it counts after the next start");
                    }
                    Err(problem) => error!(%problem, "the configuration stays as it was"),
                }
                let _ = reply.send(reloaded);
            }
        })
    }

    async fn reload(&self) -> Result<Reloaded, ReloadError> {
        let file = self.standing.lock().await.config.file.clone().ok_or(ReloadError::NoFile)?;
        let read = tokio::task::spawn_blocking(move || Config::load(&file)).await;
        let config = read
            .map_err(|_| ReloadError::Stopping)?
            .map_err(|error: ConfigError| ReloadError::Config(error.to_string()))?;
        let mut standing = self.standing.lock().await;
        let waits_for_start =
            config.waits_for_start(&standing.config).iter().map(|table| (*table).to_owned()).collect();
        let next = standing.followed_by(config);
        self.take(&standing, &next).await?;
        *standing = next;
        Ok(Reloaded { waits_for_start })
    }

    /// Lets a configuration count.
    async fn take(&self, before: &Standing, next: &Standing) -> Result<(), ReloadError> {
        let store = |error: &(dyn std::error::Error + 'static)| {
            error!(error, "accounts cannot be stored");
            ReloadError::Store
        };
        self.state.users.update(next.users()).await.map_err(|error| store(&error))?;
        self.state.administrators.update(next.administrators()).await.map_err(|error| store(&error))?;
        let Standing { config, lines, directory } = next;
        self.names.set(config, lines);
        self.state.set_labels(labels(config, lines, directory));
        let kept = line_settings::load(&self.state.store.line_settings(), &self.names).await;
        let kept = kept.map_err(|error| store(&error))?.into_iter();
        let users =
            config.users.iter().enumerate().filter(|(place, user)| {
                user.removed && before.config.users.get(*place).is_some_and(|user| !user.removed)
            });
        let configuration = Configuration {
            directory: directory.clone(),
            groups: settings::groups(config),
            lines: settings::lines(config, lines),
            gateway: settings::gateway_groups(config, lines, directory),
            routes: settings::routes(config),
            tls_profiles: settings::tls_profiles(config),
            // Of lines that were there it is the server that knows best.
            line_settings: kept.filter(|(line, _)| line.0 as usize >= before.lines.len()).collect(),
            gone: users.map(|(place, _)| UserId(place as u32)).collect(),
        };
        self.state.core.configure(configuration).await.map_err(|_| ReloadError::Stopping)
    }
}
