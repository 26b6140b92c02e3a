//! Whose sessions have ended, told to who goes by one of them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashMap;
use tokio::sync::watch;

/// Who is told, by the accounts' keys: nobody is woken because of others.
#[derive(Debug, Default)]
pub(super) struct Ended(Mutex<FxHashMap<String, watch::Sender<()>>>);

impl Ended {
    fn told(&self) -> MutexGuard<'_, FxHashMap<String, watch::Sender<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells when sessions of an account end from now on. Those that end before it is listened to count, too.
    pub(super) fn of(&self, key: &str) -> watch::Receiver<()> {
        let mut told = self.told();
        match told.get(key) {
            Some(sender) => sender.subscribe(),
            // One for each account, at most: only who has a session gets here.
            None => told.entry(key.to_owned()).or_default().subscribe(),
        }
    }

    /// Sessions of an account have ended.
    pub(super) fn tell(&self, key: &str) {
        let mut told = self.told();
        match told.get(key) {
            Some(sender) if sender.receiver_count() > 0 => sender.send_replace(()),
            Some(_) => _ = told.remove(key),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_goes_by_an_account_hears_of_it() {
        let ended = Ended::default();
        let [mut anna, mut second, ben] = ["anna", "anna", "ben"].map(|key| ended.of(key));
        ended.tell("anna");
        ended.tell("carla");
        let heard = |receiver: &watch::Receiver<()>| receiver.has_changed().unwrap();
        assert_eq!([&anna, &second, &ben].map(heard), [true, true, false]);
        anna.mark_unchanged();
        second.mark_unchanged();
        drop(second);
        ended.tell("anna");
        assert_eq!([&anna, &ben].map(heard), [true, false]);
        drop(anna);
        ended.tell("anna");
        assert_eq!(ended.told().len(), 1, "nobody listens any more");
        assert!(!heard(&ended.of("anna")));
    }
}
