//! What the users of lines have set for them outlives the server.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustc_hash::{FxHashMap, FxHashSet};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tracing::{debug, error, info, warn};

use crate::call::settings::{LineSettings, LineSettingsStore};
use crate::config::Config;
use crate::ids::LineId;
use crate::net::core::ChangedSettings;

/// How long to wait before what could not be kept is tried again, at first and in the end.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LAST_PAUSE: Duration = Duration::from_secs(60);
/// How often, and how long after each other, it is tried when the core has stopped: the server does not wait long.
const LAST_ATTEMPTS: u32 = 3;
const PAUSE_AT_END: Duration = Duration::from_millis(100);

/// Line groups' names and numbers, by [`LineId`]; all that share them see when there are others.
#[derive(Clone)]
pub(super) struct Names(Arc<RwLock<Vec<(String, String)>>>);

impl Names {
    pub(super) fn new(config: &Config, lines: &[(usize, usize)]) -> Names {
        let names = Names(Arc::default());
        names.set(config, lines);
        names
    }

    /// Other lines count.
    pub(super) fn set(&self, config: &Config, lines: &[(usize, usize)]) {
        let name = |&(group, line): &(usize, usize)| {
            let group = &config.groups[group];
            (group.name.clone(), group.lines[line].number.clone())
        };
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = lines.iter().map(name).collect();
    }

    fn name(&self, line: LineId) -> Option<(String, String)> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(line.0 as usize).cloned()
    }

    fn line(&self, line_group: &str, number: &str) -> Option<LineId> {
        let names = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let place = names.iter().position(|(name, known)| name == line_group && known == number)?;
        u32::try_from(place).ok().map(LineId)
    }
}

/// What is kept of the lines there are. That of others stays where it is: they may come back.
pub(super) async fn load<S: LineSettingsStore>(
    store: &S,
    names: &Names,
) -> Result<Vec<(LineId, LineSettings)>, S::Error> {
    let kept = store.load().await?.into_iter();
    Ok(kept.filter_map(|(line_group, number, settings)| Some((names.line(&line_group, &number)?, settings))).collect())
}

/// Keeps what changes until the core has stopped. Of changes that come faster than they can be kept only the last of
/// each line is. What cannot be kept is tried again: the person was told that it is done.
pub(super) async fn keep<S: LineSettingsStore>(store: S, names: Names, mut changed: watch::Receiver<ChangedSettings>) {
    let mut keeper = Keeper { store, names, kept: FxHashMap::default(), failing: FxHashSet::default() };
    let mut pause = FIRST_PAUSE;
    loop {
        let stopped = match keeper.failing.is_empty() {
            true => changed.changed().await.is_err(),
            false => matches!(timeout(pause, changed.changed()).await, Ok(Err(_))),
        };
        if stopped {
            break;
        }
        let now = changed.borrow_and_update().clone();
        let again = !keeper.failing.is_empty();
        keeper.keep(now).await;
        pause = if again && !keeper.failing.is_empty() { (pause * 2).min(LAST_PAUSE) } else { FIRST_PAUSE };
    }
    for _ in 0..LAST_ATTEMPTS {
        if keeper.failing.is_empty() {
            return;
        }
        sleep(PAUSE_AT_END).await;
        let now = changed.borrow().clone();
        keeper.keep(now).await;
    }
    for line in keeper.failing {
        let Some((line_group, number)) = keeper.names.name(line) else { continue };
        error!(
            group = line_group,
            line = number,
            "the settings of a line are lost: the server stops and they could not be kept"
        );
    }
}

/// Keeps what is set, and knows what is kept.
struct Keeper<S> {
    store: S,
    names: Names,
    kept: FxHashMap<LineId, LineSettings>,
    /// Whose settings could not be kept.
    failing: FxHashSet<LineId>,
}

impl<S: LineSettingsStore> Keeper<S> {
    /// Keeps what is something else than before.
    async fn keep(&mut self, settings: ChangedSettings) {
        for (line, settings) in settings {
            let Some((line_group, number)) = self.names.name(line) else { continue };
            let (line_group, number) = (line_group.as_str(), number.as_str());
            if self.kept.get(&line) == Some(&settings) && !self.failing.contains(&line) {
                continue;
            }
            match self.store.keep(line_group, number, &settings).await {
                Ok(()) => {
                    self.kept.insert(line, settings);
                    if self.failing.remove(&line) {
                        info!(group = line_group, line = number, "the settings of a line are kept after all");
                    }
                }
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    if self.failing.insert(line) {
                        warn!(
                            group = line_group,
                            line = number,
                            error,
                            "the settings of a line are not kept yet; it is tried again"
                        );
                    } else {
                        debug!(group = line_group, line = number, error, "the settings of a line are still not kept");
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::store::tests::on_both;

    fn named(names: Vec<(String, String)>) -> Names {
        Names(Arc::new(RwLock::new(names)))
    }

    #[tokio::test]
    async fn what_is_set_last_is_found_after_a_restart() {
        let names = |numbers: &[&str]| named(numbers.iter().map(|number| ("main".into(), (*number).into())).collect());
        on_both(async |fresh| {
            let store = fresh.open().await;
            let (change, changed) = watch::channel(ChangedSettings::default());
            let keeper = tokio::spawn(keep(store.line_settings(), names(&["100", "101"]), changed));
            for (line, number) in [(0, "1"), (1, "2"), (0, "3"), (7, "nobody's")] {
                change.send_modify(|settings| drop(settings.insert(LineId(line), office(number))));
            }
            // The core stops: what it has said before is kept all the same.
            drop(change);
            keeper.await.unwrap();
            store.close().await;

            // Another order; then a line is gone.
            let store = fresh.open().await;
            let mut found = load(&store.line_settings(), &names(&["101", "100"])).await.unwrap();
            found.sort_by_key(|(line, _)| *line);
            assert_eq!(found, [(LineId(0), office("2")), (LineId(1), office("3"))]);
            assert_eq!(load(&store.line_settings(), &names(&["100"])).await.unwrap(), [(LineId(0), office("3"))]);
            store.close().await;
        })
        .await;
    }

    /// A store that fails a number of times, and then has what it was given.
    #[derive(Debug, Clone, Default)]
    struct Failing {
        fails: Arc<AtomicU32>,
        kept: Arc<Mutex<Vec<LineSettings>>>,
    }

    impl LineSettingsStore for Failing {
        type Error = std::io::Error;

        async fn load(&self) -> std::io::Result<Vec<(String, String, LineSettings)>> {
            Ok(Vec::new())
        }

        async fn keep(&self, _: &str, _: &str, settings: &LineSettings) -> std::io::Result<()> {
            if self.fails.try_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok() {
                return Err(std::io::Error::other("the disk is full"));
            }
            self.kept.lock().unwrap().push(settings.clone());
            Ok(())
        }
    }

    fn office(number: &str) -> LineSettings {
        LineSettings { remote_office: Some(number.into()), ..LineSettings::default() }
    }

    #[tokio::test(start_paused = true)]
    async fn what_could_not_be_kept_is_tried_again_and_the_newest_counts() {
        let store = Failing { fails: Arc::new(10.into()), ..Failing::default() };
        let (change, changed) = watch::channel(ChangedSettings::default());
        let set = |number: &str| change.send_modify(|settings| drop(settings.insert(LineId(0), office(number))));
        let keeper = tokio::spawn(keep(store.clone(), named(vec![("main".into(), "100".into())]), changed));
        set("1");
        while store.fails.load(Relaxed) > 5 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        set("2");
        let kept = async {
            while store.kept.lock().unwrap().is_empty() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(600), kept).await.expect("it is tried again");
        drop(change);
        keeper.await.unwrap();
        assert_eq!(*store.kept.lock().unwrap(), [office("2")]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_could_not_be_kept_waits_for_the_first_pause_first() {
        let store = Failing { fails: Arc::new(2.into()), ..Failing::default() };
        let (change, changed) = watch::channel(ChangedSettings::default());
        let keeper = tokio::spawn(keep(store.clone(), named(vec![("main".into(), "100".into())]), changed));
        let begun = tokio::time::Instant::now();
        change.send_modify(|settings| drop(settings.insert(LineId(0), office("1"))));
        while store.kept.lock().unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        // After the first pause, and then after one twice as long.
        assert!(begun.elapsed() < FIRST_PAUSE * 4, "{:?}", begun.elapsed());
        drop(change);
        keeper.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn what_cannot_be_kept_holds_up_the_end_a_moment_only() {
        for (fails, kept) in [(2, 1), (1000, 0)] {
            let store = Failing { fails: Arc::new(fails.into()), ..Failing::default() };
            let (change, changed) = watch::channel(ChangedSettings::default());
            change.send_modify(|settings| drop(settings.insert(LineId(0), office("1"))));
            drop(change);
            let begun = tokio::time::Instant::now();
            keep(store.clone(), named(vec![("main".into(), "100".into())]), changed).await;
            assert_eq!(store.kept.lock().unwrap().len(), kept);
            assert!(begun.elapsed() < Duration::from_millis(500), "longer than a server waits for it");
        }
    }
}
