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
use tracing::info;

pub(super) use self::gate::{Inside, gate};
pub use self::place::{PlaceError, SetupPlace};
pub(super) use self::routes::routes;

/// How long who has set the server up can look on without signing in: the last page shows a telephone that rings.
const AFTERWARDS: Duration = Duration::from_secs(30 * 60);
/// How long after its latest question the last page is taken to be left. Browsers let a page that is behind others ask once a
/// minute.
const LEFT_AFTER: Duration = Duration::from_secs(150);

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
    over: Option<Instant>,
    /// When that browser asked for something last, once it is over.
    seen: Option<Instant>,
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
        door.link = Some(hash(&secret));
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
        // Nobody guesses 192 bits, and whoever tries must not take the link from who has it.
        if !door.link.is_some_and(|kept| is_same(&kept, link)) {
            return Entered::Wrong;
        }
        let Ok(session) = secret() else { return Entered::Wrong };
        // A second browser cannot come in by a link that somebody has seen.
        (door.link, door.session) = (None, Some(hash(&session)));
        info!("somebody has opened the link and sets the server up");
        Entered::Session(session)
    }

    /// Whether a session is that of the browser which sets the server up, or looks on afterwards.
    pub(super) fn is_inside(&self, session: &str, now: Instant) -> bool {
        let mut door = self.door();
        let within = |since: Option<Instant>, time| since.is_none_or(|since| now.duration_since(since) < time);
        if !within(door.over, AFTERWARDS) || !within(door.seen, LEFT_AFTER) {
            door.session = None;
        }
        door.session.is_some_and(|kept| is_same(&kept, session))
    }

    /// The browser is there still.
    pub(super) fn seen(&self, now: Instant) {
        self.door().seen = Some(now);
    }

    /// The browser that has set the server up has no more to do.
    pub(super) fn leave(&self) {
        self.door().session = None;
    }

    /// Whether the server is set up.
    pub fn is_over(&self) -> bool {
        self.door().over.is_some()
    }

    /// The server is set up: everybody may come.
    pub(super) fn finish(&self) {
        let mut door = self.door();
        if door.over.is_none() {
            self.close(&mut door);
        }
    }

    /// The server is set up by other means: everybody may come, unless somebody has opened the link and sets it up.
    pub fn finish_unopened(&self) {
        let mut door = self.door();
        if door.session.is_none() && door.over.is_none() {
            info!("the server is set up; nobody needs the link");
            self.close(&mut door);
        }
    }

    fn close(&self, door: &mut Door) {
        let now = Some(Instant::now());
        (door.over, door.seen, door.link) = (now, now, None);
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

pub(super) fn secret() -> Result<String, NoRandom> {
    let mut random = [0; 24];
    getrandom::fill(&mut random).map_err(|_| NoRandom)?;
    Ok(URL_SAFE_NO_PAD.encode(random))
}

pub(super) fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

/// In constant time: how much of it is right is told to nobody.
pub(super) fn is_same(kept: &[u8; 32], secret: &str) -> bool {
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
        let now = Instant::now();
        assert!(setup.is_inside(&session, now) && !setup.is_inside(&link, now) && !setup.is_inside("", now));
        assert_eq!(setup.enter(&link), Entered::Wrong);
        let another = setup.link().unwrap();
        assert_ne!(another, link);
        assert_eq!(setup.enter(&link), Entered::Wrong);
        let Entered::Session(next) = setup.enter(&another) else { panic!("the link is right") };
        assert!(setup.is_inside(&next, now) && !setup.is_inside(&session, now), "one browser at a time");
    }

    #[test]
    fn who_guesses_does_not_take_the_link_away() {
        let setup = setup();
        let link = setup.link().unwrap();
        for _ in 0..1_000 {
            assert_eq!(setup.enter("index.php"), Entered::Wrong);
        }
        assert!(matches!(setup.enter(&link), Entered::Session(_)));
    }

    #[test]
    fn who_leaves_the_last_page_is_out_and_nobody_stays_for_long() {
        let inside = || {
            let setup = setup();
            let Entered::Session(session) = setup.enter(&setup.link().unwrap()) else { panic!("the link is right") };
            (setup, session)
        };
        let (setup, session) = inside();
        let end = Instant::now();
        assert!(setup.is_inside(&session, end + AFTERWARDS), "setting it up takes what it takes");
        setup.finish();
        let mut now = end;
        while now < end + AFTERWARDS {
            assert!(setup.is_inside(&session, now));
            setup.seen(now);
            now += LEFT_AFTER / 2;
        }
        assert!(!setup.is_inside(&session, now + LEFT_AFTER / 2));

        let (setup, session) = inside();
        setup.finish();
        assert!(!setup.is_inside(&session, Instant::now() + LEFT_AFTER));
        assert!(!setup.is_inside(&session, Instant::now()), "it does not come back");

        let (setup, session) = inside();
        setup.finish();
        setup.leave();
        assert!(!setup.is_inside(&session, Instant::now()));
    }

    #[test]
    fn a_server_that_is_set_up_by_other_means_needs_no_link_unless_somebody_is_about_to() {
        let open = setup();
        let link = open.link().unwrap();
        open.finish_unopened();
        assert!(open.is_over());
        assert_eq!(open.enter(&link), Entered::Wrong);

        let busy = setup();
        let Entered::Session(_) = busy.enter(&busy.link().unwrap()) else { panic!("the link is right") };
        busy.finish_unopened();
        assert!(!busy.is_over());
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
