//! What the users of lines have set for them outlives the server.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustc_hash::{FxHashMap, FxHashSet};
use tokio::sync::{Notify, watch};
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

/// A line group and a number in it.
type Name = (String, String);

/// Line groups' names and numbers, by [`LineId`], none where a line is gone; all that share them see when there are others.
#[derive(Clone, Default)]
pub(super) struct Names {
    known: Arc<RwLock<Vec<Option<Name>>>>,
    changed: Arc<Notify>,
}

impl Names {
    pub(super) fn new(config: &Config, lines: &[(usize, usize)]) -> Names {
        let names = Names::default();
        names.set(config, lines);
        names
    }

    /// Other lines count.
    pub(super) fn set(&self, config: &Config, lines: &[(usize, usize)]) {
        let name = |&(group, line): &(usize, usize)| {
            let group = &config.groups[group];
            let line = group.lines.get(line).filter(|line| !line.removed && !group.removed)?;
            Some((group.name.clone(), line.number.clone()))
        };
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = lines.iter().map(name).collect();
        self.changed.notify_one();
    }

    fn name(&self, line: LineId) -> Option<Name> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).get(line.0 as usize).cloned().flatten()
    }

    fn lines(&self) -> FxHashMap<Name, LineId> {
        let names = self.known.read().unwrap_or_else(PoisonError::into_inner);
        (0..).map(LineId).zip(names.iter()).filter_map(|(line, name)| Some((name.clone()?, line))).collect()
    }
}

/// What is kept of the lines there are. That of others stays where it is: they may come back.
pub(super) async fn load<S: LineSettingsStore>(
    store: &S,
    names: &Names,
) -> Result<Vec<(LineId, LineSettings)>, S::Error> {
    let lines = names.lines();
    let kept = store.load().await?.into_iter();
    Ok(kept.filter_map(|(line_group, number, kept)| Some((*lines.get(&(line_group, number))?, kept))).collect())
}

/// Keeps what changes until the core has stopped. Of changes that come faster than they can be kept only the last of
/// each line is. What cannot be kept is tried again: the person was told that it is done.
pub(super) async fn keep<S: LineSettingsStore>(store: S, names: Names, mut changed: watch::Receiver<ChangedSettings>) {
    let mut keeper = Keeper { store, names, kept: FxHashMap::default(), failing: FxHashSet::default() };
    let mut pause = FIRST_PAUSE;
    loop {
        let renamed = keeper.names.changed.clone();
        let something = async {
            tokio::select! {
                change = changed.changed() => change.is_err(),
                // What is called something else is kept by that name.
                () = renamed.notified() => false,
            }
        };
        let stopped = match keeper.failing.is_empty() {
            true => something.await,
            false => timeout(pause, something).await.unwrap_or_default(),
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
    /// By which names.
    kept: FxHashMap<LineId, (Name, LineSettings)>,
    /// Whose settings could not be kept.
    failing: FxHashSet<LineId>,
}

impl<S: LineSettingsStore> Keeper<S> {
    /// Keeps what is something else than before.
    async fn keep(&mut self, settings: ChangedSettings) {
        for (line, settings) in settings {
            let Some(name) = self.names.name(line) else { continue };
            let is_kept = self.kept.get(&line).is_some_and(|(by, kept)| *by == name && *kept == settings);
            if is_kept && !self.failing.contains(&line) {
                continue;
            }
            let (line_group, number) = (name.0.as_str(), name.1.as_str());
            match self.store.keep(line_group, number, &settings).await {
                Ok(()) => {
                    if self.failing.remove(&line) {
                        info!(group = line_group, line = number, "the settings of a line are kept after all");
                    }
                    self.kept.insert(line, (name, settings));
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
        Names { known: Arc::new(RwLock::new(names.into_iter().map(Some).collect())), ..Names::default() }
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

    #[tokio::test]
    async fn what_is_set_for_a_line_goes_with_it_to_another_number() {
        let config = |number: &str| {
            let text = format!(
                "data_dir = \"data\"\n[[line_group]]\nname = \"main\"\nregistrar = \"127.0.0.1\"\n[[line_group.line]]\n\
                 user_name = \"anna\"\npassword = \"x\"\nnumber = \"{number}\"\n"
            );
            Config::parse(&text, "offhook.toml", std::path::Path::new(".")).unwrap()
        };
        let store = Failing::default();
        let names = Names::new(&config("100"), &[(0, 0)]);
        let (change, changed) = watch::channel(ChangedSettings::default());
        let keeper = tokio::spawn(keep(store.clone(), names.clone(), changed));
        let times = async |count: usize| {
            let kept = async {
                while store.kept.lock().unwrap().len() < count {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            tokio::time::timeout(Duration::from_secs(10), kept).await.expect("it is kept");
        };
        change.send_modify(|settings| drop(settings.insert(LineId(0), office("1"))));
        times(1).await;
        names.set(&config("200"), &[(0, 0)]);
        times(2).await;
        assert_eq!(store.named.lock().unwrap().as_slice(), ["main/100", "main/200"]);
        drop(change);
        keeper.await.unwrap();
    }

    #[test]
    fn a_line_that_is_gone_does_not_answer_for_its_number() {
        let line = |user_name: &str| {
            let text = format!(
                "data_dir = \"data\"\n[[line_group]]\nname = \"main\"\nregistrar = \"127.0.0.1\"\n[[line_group.line]]\n\
                 user_name = \"{user_name}\"\npassword = \"x\"\nnumber = \"100\"\n"
            );
            Config::parse(&text, "offhook.toml", std::path::Path::new(".")).unwrap()
        };
        let before = line("anna");
        let after = line("ben").after(&before);
        let names = Names::new(&after, &[(0, 0), (0, 1)]);
        assert_eq!(names.lines()[&("main".to_owned(), "100".to_owned())], LineId(1));
        assert_eq!(names.name(LineId(0)), None);
    }

    /// A store that fails a number of times, and then has what it was given.
    #[derive(Debug, Clone, Default)]
    struct Failing {
        fails: Arc<AtomicU32>,
        kept: Arc<Mutex<Vec<LineSettings>>>,
        named: Arc<Mutex<Vec<String>>>,
    }

    impl LineSettingsStore for Failing {
        type Error = std::io::Error;

        async fn load(&self) -> std::io::Result<Vec<(String, String, LineSettings)>> {
            Ok(Vec::new())
        }

        async fn keep(&self, line_group: &str, number: &str, settings: &LineSettings) -> std::io::Result<()> {
            if self.fails.try_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok() {
                return Err(std::io::Error::other("the disk is full"));
            }
            self.named.lock().unwrap().push(format!("{line_group}/{number}"));
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
