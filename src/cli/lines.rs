//! `offhook lines import` and `export`.

use std::collections::{HashMap, HashSet};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::{CliError, LinesOf, edit, print, unknown_group};
use crate::config::records::{self, Mistake, Record};
use crate::config::{Config, Line};

/// Adds the lines of a CSV file to the configuration file; all that can be added, or nothing where one is wrong.
pub(super) fn import(of: &LinesOf, file: &Path, dry_run: bool) -> Result<(), CliError> {
    let (config, group) = load(of)?;
    let bytes = fs::read(file).map_err(|source| failed(file, "read", source))?;
    let plan = Plan::new(&config, group, records::read(&bytes));
    for (line, why) in &plan.skipped {
        eprintln!("{}:{line}: left out: {why}", file.display());
    }
    for Mistake { line, sentence } in &plan.mistakes {
        eprintln!("{}:{line}: {sentence}", file.display());
    }
    if !plan.mistakes.is_empty() {
        return Err(CliError::Records { path: file.to_owned(), count: plan.mistakes.len() });
    }
    // A link stays a link: what it leads to is replaced.
    let path = fs::canonicalize(&of.config).map_err(|source| failed(&of.config, "read", source))?;
    let text = fs::read_to_string(&path).map_err(|source| failed(&path, "read", source))?;
    let edited = edit::add_lines(&text, &of.group, &plan.add);
    let edited = edited.map_err(|problem| CliError::Edit { path: path.clone(), problem })?;
    check(&config, group, &plan.add, &edited, of)?;
    let (added, skipped) = (plan.add.len(), plan.skipped.len());
    let left_out = if skipped > 0 { format!(", {skipped} left out") } else { String::new() };
    if dry_run {
        for record in &plan.add {
            let number = record.number.as_deref().unwrap_or(&record.user_name);
            print(format!("would add {} with the number {number}\n", record.user_name).as_bytes())?;
        }
        return print(format!("{added} lines would be added{left_out}; nothing was changed.\n").as_bytes());
    }
    if added > 0 {
        replace(&path, edited.as_bytes())?;
    }
    let takes_effect = if added > 0 { " A running server takes them at its next start." } else { "" };
    print(format!("{added} lines added to {:?}{left_out}.{takes_effect}\n", of.group).as_bytes())
}

/// Writes a line group's lines as CSV.
pub(super) fn export(of: &LinesOf, active_only: bool, file: Option<&Path>) -> Result<(), CliError> {
    let (config, group) = load(of)?;
    let lines = config.groups[group].lines.iter().filter(|line| line.active || !active_only);
    let bytes = records::write(lines).map_err(|error| CliError::Output(io::Error::other(error)))?;
    match file {
        None => print(&bytes),
        Some(path) => fs::write(path, bytes).map_err(|source| failed(path, "written", source)),
    }
}

/// The configuration and the place of the line group in it.
fn load(of: &LinesOf) -> Result<(Config, usize), CliError> {
    let config = Config::load(&of.config)?;
    let group = config.groups.iter().position(|group| group.name == of.group);
    let group = group.ok_or_else(|| unknown_group(&of.group, config.groups.iter().map(|group| &group.name)))?;
    Ok((config, group))
}

fn failed(path: &Path, what: &'static str, source: io::Error) -> CliError {
    CliError::File { path: path.to_owned(), what, source }
}

/// What an import does.
#[derive(Debug, Default, PartialEq, Eq)]
struct Plan {
    add: Vec<Record>,
    /// Lines of the CSV file that change nothing, with why.
    skipped: Vec<(u64, String)>,
    mistakes: Vec<Mistake>,
}

impl Plan {
    fn new(config: &Config, group: usize, records: Vec<Result<Record, Mistake>>) -> Plan {
        let mut plan = Plan::default();
        let group = &config.groups[group];
        let existing: HashSet<&str> = group.lines.iter().map(|line| line.user_name.as_str()).collect();
        let mut numbers: HashMap<String, String> = HashMap::new();
        for other in &config.groups {
            let lines = other.lines.iter();
            numbers.extend(lines.map(|line| (line.number.clone(), format!("a line of {:?}", other.name))));
        }
        let mut names: HashMap<String, u64> = HashMap::new();
        for record in records {
            let record = match record {
                Ok(record) => record,
                Err(mistake) => {
                    plan.mistakes.push(mistake);
                    continue;
                }
            };
            let Record { line, user_name, .. } = &record;
            let (line, number) = (*line, record.number.as_ref().unwrap_or(user_name).clone());
            if existing.contains(user_name.as_str()) {
                plan.skipped.push((line, format!("the user name {user_name:?} is in the line group already.")));
            } else if let Some(first) = names.get(user_name) {
                plan.skipped.push((line, format!("the user name {user_name:?} stands in line {first} already.")));
            } else if stands_for_several(user_name) {
                let sentence = format!("{user_name:?} is a list or a range; write one user name in each record.");
                plan.mistakes.push(Mistake::new(line, sentence));
            } else if let Some(owner) = numbers.get(&number) {
                plan.mistakes.push(Mistake::new(line, format!("the number {number:?} belongs to {owner}.")));
            } else {
                names.insert(user_name.clone(), line);
                numbers.insert(number, format!("line {line} of this file"));
                plan.add.push(record);
            }
        }
        plan
    }
}

/// Whether the configuration would read a user name as several.
fn stands_for_several(user_name: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    user_name.contains(';')
        || user_name.split_once('-').is_some_and(|(low, high)| digits(low.trim()) && digits(high.trim()))
}

/// Makes sure that the new text is a configuration whose only difference are the new lines.
fn check(before: &Config, group: usize, added: &[Record], text: &str, of: &LinesOf) -> Result<(), CliError> {
    let shown = of.config.display().to_string();
    let after = Config::parse(text, &shown, of.config.parent().unwrap_or(Path::new(".")))?;
    let (before, after) = (&before.groups[group].lines, &after.groups[group].lines);
    let key = |line: &Line| (line.user_name.clone(), line.auth_name.clone(), line.number.clone());
    let new = added.iter().map(|record| {
        let or_user = |text: &Option<String>| text.clone().unwrap_or_else(|| record.user_name.clone());
        (record.user_name.clone(), or_user(&record.auth_name), or_user(&record.number))
    });
    if before.iter().map(key).chain(new).eq(after.iter().map(key)) {
        return Ok(());
    }
    let problem = "the lines would not be read as the CSV file means them, so nothing was changed. Does a value have \
                   \"<*>\" in it?";
    Err(CliError::Edit { path: of.config.clone(), problem: problem.into() })
}

/// Replaces a file in one go, with its permissions and its owner.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".new");
    let draft = PathBuf::from(draft);
    let write = || {
        let old = fs::metadata(path)?;
        let _ = fs::remove_file(&draft);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
        file.write_all(bytes)?;
        let new = file.metadata()?;
        if (new.uid(), new.gid()) != (old.uid(), old.gid()) {
            // Else the server's user could not read what root has written.
            std::os::unix::fs::fchown(&file, Some(old.uid()), Some(old.gid()))?;
        }
        file.set_permissions(old.permissions())?;
        file.sync_all()?;
        fs::rename(&draft, path)
    };
    write().map_err(|source| {
        let _ = fs::remove_file(&draft);
        failed(path, "replaced", source)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        let text = "data_dir = \"d\"\n[[line_group]]\nname = \"main\"\nregistrar = \"pbx\"\n[[line_group.line]]\n\
                    user_name = \"100-102\"\n[[line_group]]\nname = \"branch\"\nregistrar = \"pbx\"\n\
                    [[line_group.line]]\nuser_name = \"200\"\n";
        Config::parse(text, "offhook.toml", Path::new(".")).unwrap()
    }

    #[test]
    fn only_new_names_are_added_and_the_rest_is_reported() {
        let csv = "101,,x,\n110,,y,\n110,,z,9\n200,,y,\n111-113,,y,\n112,,y,110\n,,y,\n";
        let plan = Plan::new(&config(), 0, records::read(csv.as_bytes()));
        assert_eq!(plan.add.iter().map(|record| record.user_name.as_str()).collect::<Vec<_>>(), ["110"]);
        assert_eq!(plan.skipped.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 3]);
        let mistakes: Vec<String> = plan.mistakes.iter().map(|m| format!("{}: {}", m.line, m.sentence)).collect();
        assert_eq!(
            mistakes,
            [
                "4: the number \"200\" belongs to a line of \"branch\".",
                "5: \"111-113\" is a list or a range; write one user name in each record.",
                "6: the number \"110\" belongs to line 2 of this file.",
                "7: the user name is missing.",
            ]
        );
    }
}
