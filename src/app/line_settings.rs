//! What the users of lines have set for them outlives the server.

use rustc_hash::FxHashMap;
use tokio::sync::watch;
use tracing::warn;

use crate::call::settings::{LineSettings, LineSettingsStore};
use crate::config::Config;
use crate::ids::LineId;
use crate::net::core::ChangedSettings;

/// Line groups' names and numbers, by [`LineId`].
pub(super) struct Names(Vec<(String, String)>);

impl Names {
    pub(super) fn new(config: &Config, lines: &[(usize, usize)]) -> Names {
        let name = |&(group, line): &(usize, usize)| {
            let group = &config.groups[group];
            (group.name.clone(), group.lines[line].number.clone())
        };
        Names(lines.iter().map(name).collect())
    }

    fn line(&self, line_group: &str, number: &str) -> Option<LineId> {
        let place = self.0.iter().position(|(name, known)| name == line_group && known == number)?;
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
/// each line is.
pub(super) async fn keep<S: LineSettingsStore>(store: S, names: Names, mut changed: watch::Receiver<ChangedSettings>) {
    let mut kept: FxHashMap<LineId, LineSettings> = FxHashMap::default();
    while changed.changed().await.is_ok() {
        let now = changed.borrow_and_update().clone();
        for (line, settings) in now {
            let Some((line_group, number)) = names.0.get(line.0 as usize) else { continue };
            if kept.get(&line) == Some(&settings) {
                continue;
            }
            match store.keep(line_group, number, &settings).await {
                Ok(()) => drop(kept.insert(line, settings)),
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    warn!(group = line_group, line = number, error, "the settings of a line are not kept");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[tokio::test]
    async fn what_is_set_last_is_found_after_a_restart() {
        let folder = std::env::temp_dir().join(format!("offhook-kept-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let names = |numbers: &[&str]| Names(numbers.iter().map(|number| ("main".into(), (*number).into())).collect());
        let office = |number: &str| LineSettings { remote_office: Some(number.into()), ..LineSettings::default() };
        let store = Store::open(&folder).await.unwrap();
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
        let store = Store::open(&folder).await.unwrap();
        let mut found = load(&store.line_settings(), &names(&["101", "100"])).await.unwrap();
        found.sort_by_key(|(line, _)| *line);
        assert_eq!(found, [(LineId(0), office("2")), (LineId(1), office("3"))]);
        assert_eq!(load(&store.line_settings(), &names(&["100"])).await.unwrap(), [(LineId(0), office("3"))]);
        store.close().await;
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
