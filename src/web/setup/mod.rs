//! The first start: a server that nobody administers is set up in a browser, by whoever has the link that it prints on its
//! terminal. Until that is done every other request is told so and nothing more.

mod gate;
mod place;
mod routes;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use tokio::sync::Notify;
use tracing::{info, warn};

pub(super) use self::gate::{Inside, gate};
pub use self::place::{PlaceError, SetupPlace};
pub(super) use self::routes::routes;

/// Links that open nothing, after which none does.
const MAX_WRONG: u32 = 10;
/// How long who has set the server up goes on without signing in: the last page shows a telephone that rings.
const AFTERWARDS: Duration = Duration::from_secs(30 * 60);

/// A server that is being set up.
#[derive(Debug, Clone)]
pub struct Setup(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    door: Mutex<Door>,
    /// The server is to start anew with another configuration, or nobody needs the link any more.
    changed: Notify,
    place: SetupPlace,
}

/// Who comes in. Only hashes are kept of what opens it.
#[derive(Debug, Default)]
struct Door {
    /// The link, until it is used.
    link: Option<[u8; 32]>,
    /// The browser that used it.
    session: Option<[u8; 32]>,
    wrong: u32,
    over: Option<Instant>,
    restart: bool,
}

/// What a link comes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entered {
    /// It is the right one. The session begins.
    Session(String),
    /// It is none, or was used.
    Wrong,
}

/// What the server's own part of the setup asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The server starts anew with the configuration as it stands in the file by now.
    Restart,
    /// It is set up.
    Ready,
}

/// No random numbers from the system.
#[derive(Debug, thiserror::Error)]
#[error("the system gives no random numbers")]
pub struct NoRandom;

impl Setup {
    /// Nobody has a link yet.
    pub fn new(place: SetupPlace) -> Setup {
        Setup(Arc::new(Inner { door: Mutex::default(), changed: Notify::new(), place }))
    }

    fn door(&self) -> MutexGuard<'_, Door> {
        self.0.door.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the configuration is that it writes.
    pub(super) fn place(&self) -> &SetupPlace {
        &self.0.place
    }

    /// A link that opens once; every earlier one opens nothing any more.
    pub fn link(&self) -> Result<String, NoRandom> {
        let secret = secret()?;
        let mut door = self.door();
        (door.link, door.wrong) = (Some(hash(&secret)), 0);
        Ok(secret)
    }

    /// Whether somebody has opened the link, or nobody needs it any more.
    pub fn is_entered(&self) -> bool {
        let door = self.door();
        door.session.is_some() || door.over.is_some()
    }

    /// Tries a link.
    pub(super) fn enter(&self, link: &str) -> Entered {
        let mut door = self.door();
        if !door.link.is_some_and(|kept| is_same(&kept, link)) {
            door.wrong += 1;
            if door.wrong == MAX_WRONG && door.link.take().is_some() {
                warn!(
                    "too many wrong links: the one on the terminal opens nothing any more. SIGHUP prints another one"
                );
            }
            return Entered::Wrong;
        }
        let Ok(session) = secret() else { return Entered::Wrong };
        // A second browser cannot come in by a link that somebody has seen.
        (door.link, door.session) = (None, Some(hash(&session)));
        info!("somebody has opened the link and sets the server up");
        Entered::Session(session)
    }

    /// Whether a session is that of the browser which sets the server up.
    pub(super) fn is_inside(&self, session: &str) -> bool {
        let door = self.door();
        let lasts = door.over.is_none_or(|over| over.elapsed() < AFTERWARDS);
        lasts && door.session.is_some_and(|kept| is_same(&kept, session))
    }

    /// Whether the server is set up.
    pub fn is_over(&self) -> bool {
        self.door().over.is_some()
    }

    /// The server is set up: everybody may come.
    pub(super) fn finish(&self) {
        let mut door = self.door();
        door.over.get_or_insert_with(Instant::now);
        door.link = None;
        self.0.changed.notify_one();
    }

    /// The server is to start anew.
    pub(super) fn restart(&self) {
        self.door().restart = true;
        self.0.changed.notify_one();
    }

    /// Waits until something is to be done.
    pub async fn next(&self) -> Next {
        loop {
            self.0.changed.notified().await;
            let mut door = self.door();
            if std::mem::take(&mut door.restart) {
                return Next::Restart;
            }
            if door.over.is_some() {
                return Next::Ready;
            }
        }
    }
}

fn secret() -> Result<String, NoRandom> {
    let mut random = [0; 24];
    getrandom::fill(&mut random).map_err(|_| NoRandom)?;
    Ok(URL_SAFE_NO_PAD.encode(random))
}

fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

/// In constant time: how much of it is right is told to nobody.
fn is_same(kept: &[u8; 32], secret: &str) -> bool {
    verify_slices_are_equal(kept, &hash(secret)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setup() -> Setup {
        Setup::new(SetupPlace::new(None, "/nowhere".into()))
    }

    #[test]
    fn a_link_opens_once_and_only_for_who_has_it() {
        let setup = setup();
        let link = setup.link().unwrap();
        assert_eq!(setup.enter("something"), Entered::Wrong);
        assert_eq!(setup.enter(""), Entered::Wrong);
        let Entered::Session(session) = setup.enter(&link) else { panic!("the link is right") };
        assert!(setup.is_inside(&session) && !setup.is_inside(&link) && !setup.is_inside(""));
        assert_eq!(setup.enter(&link), Entered::Wrong);
        let another = setup.link().unwrap();
        assert_ne!(another, link);
        assert_eq!(setup.enter(&link), Entered::Wrong);
        let Entered::Session(next) = setup.enter(&another) else { panic!("the link is right") };
        assert!(setup.is_inside(&next) && !setup.is_inside(&session), "one browser at a time");
    }

    #[test]
    fn who_guesses_closes_the_door() {
        let setup = setup();
        let link = setup.link().unwrap();
        for _ in 0..MAX_WRONG {
            assert_eq!(setup.enter("guess"), Entered::Wrong);
        }
        assert_eq!(setup.enter(&link), Entered::Wrong);
        let Entered::Session(_) = setup.enter(&setup.link().unwrap()) else { panic!("another link opens it") };
    }

    #[tokio::test]
    async fn what_is_to_be_done_is_told_even_to_who_asks_later() {
        let setup = setup();
        setup.restart();
        assert_eq!(setup.next().await, Next::Restart);
        setup.finish();
        assert_eq!(setup.next().await, Next::Ready);
        assert!(setup.is_over());
    }
}
