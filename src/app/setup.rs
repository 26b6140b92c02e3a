//! The first start, in which the server is set up in a browser.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use tokio::time::interval;
use tracing::error;

use super::{StartError, interfaces};
use crate::administration::Administration;
use crate::site::User;
use crate::store::SiteError;
use crate::web::setup::{Next, Setup};
use crate::web::{WebState, tls};

/// How often it is looked, beside each change, whether somebody can administer the server who has not set it up here.
const LOOK: Duration = Duration::from_secs(1);

/// The setup, where there is nobody: neither an administrator nor somebody who telephones already.
pub(super) async fn needed(administration: &Administration, setup: Option<Setup>) -> Result<Option<Setup>, StartError> {
    let Some(setup) = setup else { return Ok(None) };
    // A browser that is about to set it up goes on after a restart.
    if setup.is_entered() {
        return Ok(Some(setup));
    }
    let has_somebody = has_somebody(administration).await.map_err(StartError::Site)?;
    Ok((!has_somebody).then_some(setup))
}

async fn has_somebody(administration: &Administration) -> Result<bool, SiteError> {
    Ok(administration.site().count::<User>() > 0 || administration.can_be_administered().await?)
}

/// The setup that is needed yet. One that nobody has begun is over as soon as somebody is there.
pub(super) async fn needed_still(state: &WebState) -> Option<&Setup> {
    let setup = state.setup.as_ref().filter(|setup| !setup.is_over())?;
    if !setup.is_entered() {
        match has_somebody(&state.administration).await {
            Ok(true) => setup.finish_unopened(),
            Ok(false) => {}
            Err(error) => error!(error = &error as &dyn std::error::Error, "it cannot be found out who is there"),
        }
    }
    (!setup.is_over()).then_some(setup)
}

/// Prints another link to the setup.
pub(super) fn greet(setup: &Setup, state: &WebState) -> Result<(), StartError> {
    let link = setup.link().map_err(|_| StartError::Random)?;
    let urls = interfaces::addresses(state);
    let links = urls.iter().map(|url| {
        // The certificate that the server has made knows these names.
        let url = url.replace("://127.0.0.1:", "://localhost:");
        let hint = match url.starts_with("https://") {
            true => "    (the browser warns: the server has made the certificate itself)",
            false => "",
        };
        format!("      {url}setup/{link}{hint}\n")
    });
    let links: String = links.collect();
    let host = tls::host_name().unwrap_or_else(|| "this machine".into());
    let text = format!(
        "
  Offhook waits to be set up. Open this link in a browser:

{links}
  From another machine write {host}, or its address, in place of localhost, and use https.
  The link opens once; until then nothing else answers. Ctrl-C stops the server.

"
    );
    // Not into the log: whoever reads it could come in.
    std::io::stdout().write_all(text.as_bytes()).map_err(StartError::Output)
}

/// Waits until the setup asks for something; for ever where there is none.
pub(super) async fn next(state: &WebState) -> Next {
    let Some(setup) = &state.setup else { return std::future::pending().await };
    let mut changed = state.administration.changed();
    // Passwords are no change of the site.
    let mut looks = interval(LOOK);
    let next = setup.next();
    tokio::pin!(next);
    loop {
        tokio::select! {
            next = &mut next => return next,
            _ = looks.tick(), if !setup.is_over() => {}
            // The database keeps running longer than who asks here.
            _ = changed.changed(), if !setup.is_over() => {}
        }
        needed_still(state).await;
    }
}

/// Where the data of a server is that was started without a configuration file: for root the system's place, for others
/// their own.
pub fn usual_data_dir() -> PathBuf {
    let own = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if rustix::process::geteuid().is_root() {
        return PathBuf::from("/var/lib/offhook");
    }
    let shared = own("XDG_DATA_HOME").or_else(|| Some(own("HOME")?.join(".local/share")));
    shared.unwrap_or_default().join("offhook")
}
