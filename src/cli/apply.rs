//! `offhook apply`: a whole site from one file, through the running server.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Duration;

use hyper::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::CliError;
use super::control::{Control, Refusal, escaped};
use crate::config;
use crate::site::Kind;
use crate::site::exchange::{WITH_PASSWORD, referred_to};

/// Passwords are hashed one by one, which takes tens of milliseconds each.
const WITHIN: Duration = Duration::from_secs(30 * 60);

/// Objects of others that are looked up by their ids, to be called by their names.
const MAX_LOOKED_UP: usize = 200;

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Applied {
    /// Everything is as the file says.
    AsWanted,
    /// Something would change.
    WouldChange,
}

/// What the server answers.
#[derive(Deserialize)]
struct Outcome {
    writes: Vec<Write>,
    logins: Vec<String>,
    line_groups: Vec<String>,
    lines: Vec<String>,
}

/// An object that is written.
#[derive(Deserialize)]
struct Write {
    kind: String,
    id: String,
    title: String,
    before: Option<Value>,
    after: Option<Value>,
}

/// Makes the site what a file says, or says what that would change.
pub(super) async fn run(control: &Control, file: &Path, dry_run: bool, prune: bool) -> Result<Applied, CliError> {
    let document = read(file)?;
    // Serialising JSON to JSON does not fail.
    let body = serde_json::to_vec(&document).unwrap_or_default();
    let route = format!("/api/v1/admin/import?preview={dry_run}&prune={prune}");
    let (status, answer) = control.send(&route, body, WITHIN).await?;
    let outcome: Outcome = match status {
        StatusCode::OK => serde_json::from_slice(&answer).map_err(|error| control.broken(&error))?,
        status => return Err(refused(control, file, status, &answer)),
    };
    let Outcome { writes, logins, line_groups, lines } = &outcome;
    let names = names(control, writes).await;
    let mut text = String::new();
    for write in writes {
        tell(&mut text, write, &names);
    }
    let mut changes = writes.len();
    for (kind, names) in [(Kind::LineGroup, line_groups), (Kind::Line, lines), (Kind::User, logins)] {
        for name in names {
            let _ = writeln!(text, "~ {kind} {name}\n    password: set");
        }
        changes += names.len();
    }
    text += &match (changes, dry_run) {
        (0, _) => "Everything is so already.\n".to_owned(),
        (_, true) => format!("{changes} changes would be made. Nothing was changed.\n"),
        (_, false) => format!("{changes} changes are made.\n"),
    };
    super::print(text.as_bytes())?;
    Ok(if changes > 0 && dry_run { Applied::WouldChange } else { Applied::AsWanted })
}

/// The file as JSON, with passwords out of files of their own.
fn read(file: &Path) -> Result<Value, CliError> {
    let unusable = |problem: String| CliError::Edit { path: file.to_owned(), problem };
    let text = fs::read_to_string(file);
    let text = text.map_err(|source| CliError::File { path: file.to_owned(), what: "read", source })?;
    let mut document: Value = toml::from_str(&text).map_err(|error| {
        // Its own words would show the line, and with it a password.
        let line = config::line_at(&text, error.span().map_or(0, |span| span.start));
        unusable(format!("line {line}: this is no TOML: {}.", error.message()))
    })?;
    for kind in WITH_PASSWORD {
        let objects = document.get_mut(kind.plural()).and_then(Value::as_array_mut);
        for object in objects.into_iter().flatten().filter_map(Value::as_object_mut) {
            let Some(path) = object.remove("password_file") else { continue };
            let said = ["login", "name", "number", "user_name"].iter().find_map(|key| object.get(*key)?.as_str());
            let whose = format!("{kind} {:?}", said.unwrap_or_default());
            let path = path.as_str().ok_or_else(|| unusable(format!("password_file of {whose} must be a path.")))?;
            if object.contains_key("password") {
                let both = format!("{whose} has a password and a password_file. Leave out one of them.");
                return Err(unusable(both));
            }
            let path = file.parent().unwrap_or(Path::new("")).join(path);
            let password = fs::read_to_string(&path);
            let password = password.map_err(|source| CliError::File { path, what: "read", source })?;
            object.insert("password".to_owned(), password.trim_end_matches(['\r', '\n']).into());
        }
    }
    Ok(document)
}

fn refused(control: &Control, file: &Path, status: StatusCode, answer: &[u8]) -> CliError {
    let Ok(refusal) = serde_json::from_slice::<Refusal>(answer) else { return control.broken(&status) };
    CliError::Refused(format!("{}: nothing was changed: {}", file.display(), refusal.written()))
}

/// What ids in the changes stand for.
async fn names(control: &Control, writes: &[Write]) -> BTreeMap<String, String> {
    let mut names: BTreeMap<String, String> =
        writes.iter().map(|write| (write.id.clone(), write.title.clone())).collect();
    let mut unknown = Vec::new();
    for Write { before, after, .. } in writes {
        let empty = Value::Null;
        differences(
            "",
            before.as_ref().unwrap_or(&empty),
            after.as_ref().unwrap_or(&empty),
            &mut |_, before, after| {
                ids(before, &mut unknown);
                ids(after, &mut unknown);
            },
        );
    }
    unknown.sort();
    unknown.dedup();
    unknown.retain(|id| !names.contains_key(id));
    for id in unknown.into_iter().take(MAX_LOOKED_UP) {
        for kind in referred_to() {
            let route = format!("/api/v1/admin/{}/{}", kind.plural(), escaped(&id));
            let Ok(stored) = control.get::<Value>(&route).await else { continue };
            let object = &stored["object"];
            let said = ["display_name", "login", "name"].iter().filter_map(|key| object[key].as_str());
            if let Some(name) = said.into_iter().find(|name| !name.is_empty()) {
                names.insert(id.clone(), name.to_owned());
            }
            break;
        }
    }
    names
}

/// Texts that look like the ids of objects.
fn ids(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.parse::<crate::site::ObjectId>().is_ok() => found.push(text.clone()),
        Value::Array(list) => list.iter().for_each(|each| ids(each, found)),
        Value::Object(fields) => fields.values().for_each(|each| ids(each, found)),
        _ => {}
    }
}

fn tell(text: &mut String, write: &Write, names: &BTreeMap<String, String>) {
    let Write { kind, title, before, after, .. } = write;
    let sign = match (before, after) {
        (None, _) => '+',
        (_, None) => '-',
        _ => '~',
    };
    let _ = writeln!(text, "{sign} {kind} {title}");
    if after.is_none() {
        return;
    }
    let nothing = Value::Null;
    let (before, after) = (before.as_ref().unwrap_or(&nothing), after.as_ref().unwrap_or(&nothing));
    differences("", before, after, &mut |field, before, after| {
        let said = match (before, after) {
            (Value::Array(before), Value::Array(after)) => {
                let gone =
                    before.iter().filter(|each| !after.contains(each)).map(|each| format!("-{}", said(each, names)));
                let come =
                    after.iter().filter(|each| !before.contains(each)).map(|each| format!("+{}", said(each, names)));
                let list: Vec<_> = gone.chain(come).collect();
                if list.is_empty() { "in another order".to_owned() } else { list.join(" ") }
            }
            (before, after) if is_nothing(before) => said(after, names),
            (before, after) => format!("{} -> {}", said(before, names), said(after, names)),
        };
        let _ = writeln!(text, "    {field}: {said}");
    });
}

/// Every field that differs, by its path. Lists are fields.
fn differences(path: &str, before: &Value, after: &Value, visit: &mut dyn FnMut(&str, &Value, &Value)) {
    if before == after || (is_nothing(before) && is_nothing(after)) {
        return;
    }
    let empty = Map::new();
    let (old, new) = match (before, after) {
        (Value::Object(old), Value::Object(new)) => (old, new),
        (Value::Null, Value::Object(new)) => (&empty, new),
        _ => return visit(path, before, after),
    };
    let keys: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for key in keys {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        let nothing = Value::Null;
        differences(&path, old.get(key).unwrap_or(&nothing), new.get(key).unwrap_or(&nothing), visit);
    }
}

/// Whether nothing is set: what a new object has of itself is not told.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// A value on one line; ids by the names of what they stand for.
fn said(value: &Value, names: &BTreeMap<String, String>) -> String {
    match value {
        Value::String(text) => match names.get(text) {
            Some(name) => format!("{name:?}"),
            None => format!("{text:?}"),
        },
        Value::Array(list) => {
            format!("[{}]", list.iter().map(|each| said(each, names)).collect::<Vec<_>>().join(", "))
        }
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| format!("{key} = {}", said(value, names)));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_change_is_told_field_by_field_and_by_names() {
        let id = "a".repeat(20);
        let names = BTreeMap::from([(id.clone(), "Anna".to_owned())]);
        let write = Write {
            kind: "group".into(),
            id: String::new(),
            title: "Sales".into(),
            before: Some(
                json!({ "name": "Sales", "leader": null, "members": ["x", "y"], "journal": { "may_change": false } }),
            ),
            after: Some(
                json!({ "name": "Sales", "leader": id, "members": ["y", id], "journal": { "may_change": true } }),
            ),
        };
        let mut text = String::new();
        tell(&mut text, &write, &names);
        let expected = "~ group Sales\n    journal.may_change: false -> true\n    leader: \"Anna\"\n    \
                        members: -\"x\" +\"Anna\"\n";
        assert_eq!(text, expected);
    }

    /// What comes of a file, and of a password beside it.
    fn read_of(text: &str) -> Result<Value, String> {
        let folder = std::env::temp_dir().join(format!("offhook-apply-{}-{}", std::process::id(), text.len()));
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("site.toml");
        fs::write(&file, text).unwrap();
        fs::write(folder.join("line.password"), "geheim\n").unwrap();
        let document = read(&file).map_err(|error| error.to_string());
        fs::remove_dir_all(&folder).unwrap();
        document
    }

    #[test]
    fn passwords_come_out_of_files_of_their_own() {
        let beside = "password_file = \"line.password\"\n";
        let text = format!("[[line_groups]]\nname = \"pbx\"\n{beside}[[lines]]\nuser_name = \"100\"\n{beside}");
        let document = read_of(&text).unwrap();
        assert_eq!(document["line_groups"], json!([{ "name": "pbx", "password": "geheim" }]));
        assert_eq!(document["lines"], json!([{ "user_name": "100", "password": "geheim" }]));
        let twice = read_of(&(text + "password = \"geheim\"\n")).unwrap_err();
        assert!(twice.contains("line \"100\" has a password and a password_file"), "{twice}");
    }

    #[test]
    fn a_mistake_is_told_with_its_line() {
        for (text, line) in [("x", 1), ("a = 1\n\n\nb", 4), ("a = 1\r\n# c\r\n\"", 3), ("a = 1\na = 2\n", 2)] {
            let error = read_of(text).unwrap_err();
            assert!(error.contains(&format!("line {line}: ")), "{text:?}: {error}");
        }
    }

    #[test]
    fn what_a_new_object_does_not_set_is_not_told() {
        let after = json!({ "login": "kai", "email": "", "phones": { "business": "42", "mobile": "" }, "grants": [] });
        let write =
            Write { kind: "user".into(), id: String::new(), title: "Kai".into(), before: None, after: Some(after) };
        let mut text = String::new();
        tell(&mut text, &write, &BTreeMap::new());
        assert_eq!(text, "+ user Kai\n    login: \"kai\"\n    phones.business: \"42\"\n");
    }
}
