//! Users from a CSV file, as spreadsheets write it.

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Value, json};

use super::problem::{Problem, ProblemCode};
use super::text::caseless;
use super::{Change, Group, Kind, ObjectId, Profile, Refusal, Site, User, as_json};
use crate::config::records::line_of;
use crate::numbers::exchange::delimiter;

/// Octets of a file.
const MAX_FILE: usize = 64 << 20;

/// Mistakes that are told of one file.
const MAX_MISTAKES: usize = 100;

/// Where the columns stand in a user's body.
const COLUMNS: [(&str, &str); 29] = [
    ("login", "/login"),
    ("identity", "/identity"),
    ("first_name", "/first_name"),
    ("last_name", "/last_name"),
    ("display_name", "/display_name"),
    ("email", "/email"),
    ("active", "/active"),
    ("profile", "/profile"),
    ("business", "/phones/business"),
    ("business2", "/phones/business2"),
    ("private", "/phones/private"),
    ("mobile", "/phones/mobile"),
    ("pager", "/phones/pager"),
    ("voice_mailbox", "/phones/voice_mailbox"),
    ("recording_server", "/phones/recording_server"),
    ("first_phone", "/first_phone"),
    ("second_phone", "/second_phone"),
    ("title", "/address/title"),
    ("company", "/address/company"),
    ("department", "/address/department"),
    ("office", "/address/office"),
    ("street", "/address/street"),
    ("postal_code", "/address/postal_code"),
    ("city", "/address/city"),
    ("state", "/address/state"),
    ("country", "/address/country"),
    ("website", "/address/website"),
    ("fax", "/address/fax"),
    ("max_clients", "/max_clients"),
];

/// The column with the groups that users come into, several with `|` between them.
const GROUPS: &str = "groups";

/// What is wrong with a file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The line, from 1.
    pub line: u64,
    /// The column, by its heading.
    pub column: Option<String>,
    /// What is wrong.
    pub problem: Problem,
}

/// The changes that a file of users comes to.
///
/// The first line names the columns: fields of users, and `groups`. A user with the same login is changed in the columns that
/// are there; others are created, with ids of `new_id`. Groups get members and lose none. Columns are separated by commas,
/// semicolons or tabs. All changes are possible: they have been planned.
pub fn read(site: &Site, file: &[u8], new_id: &mut dyn FnMut() -> ObjectId) -> Result<Vec<Change>, Vec<Mistake>> {
    let unreadable = |why: &str| {
        vec![Mistake { line: 1, column: None, problem: Problem::whole(ProblemCode::InvalidCsv).value(why) }]
    };
    if file.len() > MAX_FILE {
        return Err(unreadable("it is too large"));
    }
    let text = std::str::from_utf8(file).map_err(|_| unreadable("it is not UTF-8; save it as \"CSV UTF-8\""))?;
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter(text))
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let headings: Vec<String> =
        reader.headers().map_err(|error| unreadable(&error.to_string()))?.iter().map(str::to_ascii_lowercase).collect();
    let mut import = Import { site, changes: Vec::new(), lines: Vec::new(), members: Vec::new(), mistakes: Vec::new() };
    for (at, heading) in headings.iter().enumerate() {
        let is_known = heading == GROUPS || COLUMNS.iter().any(|(column, _)| column == heading);
        let code = match is_known {
            false => ProblemCode::UnknownField,
            true if headings.iter().take(at).any(|before| before == heading) => ProblemCode::Repeated,
            true => continue,
        };
        import.mistake(1, heading, Problem::whole(code).value(heading));
    }
    if !headings.iter().any(|heading| heading == "login") {
        import.mistake(1, "login", Problem::whole(ProblemCode::Required));
    }
    if !import.mistakes.is_empty() {
        return Err(import.mistakes);
    }
    let mut logins = FxHashSet::default();
    for record in reader.records() {
        let record = record.map_err(|error| unreadable(&error.to_string()))?;
        if import.mistakes.len() >= MAX_MISTAKES {
            break;
        }
        let line = line_of(&record, text);
        if import.lines.len() >= Kind::User.most() {
            let problem = Problem::whole(ProblemCode::TooMany).value(Kind::User.most());
            return Err(vec![Mistake { line, column: None, problem }]);
        }
        let fields: FxHashMap<&str, &str> = headings.iter().map(String::as_str).zip(record.iter()).collect();
        if record.len() > headings.len() {
            let expected = format!("{} columns", headings.len());
            import.mistaken(line, None, Problem::whole(ProblemCode::WrongType).value(expected));
            continue;
        }
        let login = fields.get("login").copied().unwrap_or_default();
        if !login.is_empty() && !logins.insert(caseless(login)) {
            import.mistake(line, "login", Problem::whole(ProblemCode::Repeated));
            continue;
        }
        import.user(line, login, &fields, new_id);
    }
    import.finish()
}

struct Import<'s> {
    site: &'s Site,
    changes: Vec<Change>,
    /// The line of each change.
    lines: Vec<u64>,
    /// New members of groups, and the line that brings them.
    members: Vec<(ObjectId, ObjectId, u64)>,
    mistakes: Vec<Mistake>,
}

impl Import<'_> {
    fn mistake(&mut self, line: u64, column: &str, problem: Problem) {
        self.mistaken(line, Some(column), problem);
    }

    fn mistaken(&mut self, line: u64, column: Option<&str>, problem: Problem) {
        if self.mistakes.len() < MAX_MISTAKES {
            self.mistakes.push(Mistake { line, column: column.map(str::to_owned), problem });
        }
    }

    fn user(&mut self, line: u64, login: &str, fields: &FxHashMap<&str, &str>, new_id: &mut dyn FnMut() -> ObjectId) {
        let current = self.site.by_login(login).and_then(|id| self.site.get::<User>(id));
        let (id, expected, mut body) = match current {
            Some(current) => (current.id, current.version, as_json(&current.object)),
            None => (new_id(), 0, as_json(&User::default())),
        };
        for (column, pointer) in COLUMNS {
            let Some(text) = fields.get(column) else { continue };
            match (self.value(column, text), body.pointer_mut(pointer)) {
                (Ok(Some(value)), Some(place)) => *place = value,
                (Err(problem), _) => self.mistake(line, column, problem),
                _ => {}
            }
        }
        for name in
            fields.get(GROUPS).into_iter().flat_map(|text| text.split('|')).filter(|name| !name.trim().is_empty())
        {
            match self.site.named::<Group>(name) {
                Some(group) => self.members.push((group.id, id, line)),
                None => self.mistake(line, GROUPS, Problem::whole(ProblemCode::UnknownGroup)),
            }
        }
        self.changes.push(Change::Put { kind: Kind::User, id, expected: Some(expected), body });
        self.lines.push(line);
    }

    /// A cell as JSON; None leaves the field as it is.
    fn value(&self, column: &str, text: &str) -> Result<Option<Value>, Problem> {
        let expected = |words: &str| Err(Problem::whole(ProblemCode::NotAChoice).value(words));
        match column {
            "active" => match text.to_lowercase().as_str() {
                "" => Ok(None),
                "yes" | "true" | "1" | "x" | "ja" | "wahr" => Ok(Some(true.into())),
                "no" | "false" | "0" | "nein" | "falsch" => Ok(Some(false.into())),
                _ => expected("yes, no"),
            },
            "max_clients" if text.is_empty() => Ok(Some(Value::Null)),
            "max_clients" => match text.parse::<u32>() {
                Ok(number) => Ok(Some(number.into())),
                Err(_) => Err(Problem::whole(ProblemCode::WrongType).value("a whole number")),
            },
            "profile" if text.is_empty() => Ok(Some(Value::Null)),
            "profile" => match self.site.named::<Profile>(text) {
                Some(profile) => Ok(Some(json!(profile.id))),
                None => Err(Problem::whole(ProblemCode::UnknownProfile)),
            },
            _ => Ok(Some(text.into())),
        }
    }

    fn finish(mut self) -> Result<Vec<Change>, Vec<Mistake>> {
        let mut groups: Vec<ObjectId> = self.members.iter().map(|(group, ..)| *group).collect();
        groups.sort();
        groups.dedup();
        for id in groups {
            let Some(group) = self.site.get::<Group>(id) else { continue };
            let comes = self.members.iter().filter(|(to, ..)| *to == id);
            let mut members = group.object.members.clone();
            let mut seen: FxHashSet<ObjectId> = members.iter().copied().collect();
            members.extend(comes.clone().map(|(_, user, _)| *user).filter(|user| seen.insert(*user)));
            let patch = json!({ "members": members });
            self.changes.push(Change::Patch { kind: Kind::Group, id, expected: Some(group.version), patch });
            self.lines.push(comes.map(|(.., line)| *line).next().unwrap_or_default());
        }
        if self.mistakes.is_empty()
            && let Err(refusals) = self.site.plan(&self.changes)
        {
            refusals.into_iter().for_each(|refusal| self.refused(refusal));
        }
        match self.mistakes.is_empty() {
            true => Ok(self.changes),
            false => Err(self.mistakes),
        }
    }

    fn refused(&mut self, refusal: Refusal) {
        let line = self.lines.get(refusal.change).copied().unwrap_or_default();
        for problem in refusal.problems {
            let column = COLUMNS.iter().find(|(_, pointer)| *pointer == problem.pointer);
            let column = match refusal.kind {
                Kind::Group => Some(GROUPS),
                _ => column.map(|(column, _)| *column),
            };
            self.mistaken(line, column, problem);
        }
    }
}

/// The headings that a file may have, in the order of a template.
pub fn headings() -> impl Iterator<Item = &'static str> {
    COLUMNS.iter().map(|(column, _)| *column).chain([GROUPS])
}
