//! Lines by the dozen: from a CSV file, or from a range of user names.

use rustc_hash::FxHashMap;

use super::line_group::problem;
use super::problem::{Problem, ProblemCode};
use super::users_csv::Mistake;
use super::{Change, Kind, Line, LineGroup, ObjectId, Site, as_json};
use crate::config::records::{self, Record};
use crate::config::{LineBody, Secret};

/// Octets of a file.
const MAX_FILE: usize = 32 << 20;
/// Mistakes that are told of one file.
const MAX_MISTAKES: usize = 100;
/// The columns of a record, by the fields of lines.
const COLUMNS: [&str; 4] = ["user_name", "auth_name", "password", "number"];

/// Lines that come.
#[derive(Debug, Default)]
pub struct NewLines {
    /// The changes that create them.
    pub changes: Vec<Change>,
    /// Their passwords.
    pub passwords: Vec<(ObjectId, Secret)>,
    /// How many are there already, and stay as they are.
    pub skipped: usize,
}

impl NewLines {
    fn add(&mut self, id: ObjectId, line: &Line, password: Option<Secret>) {
        self.changes.push(Change::Put { kind: Kind::Line, id, expected: Some(0), body: as_json(line) });
        self.passwords.extend(password.filter(|password| !password.expose().is_empty()).map(|secret| (id, secret)));
    }
}

/// The lines that a CSV file adds to a line group: user name, user name for authentication, password, number in each record,
/// without headings. Lines whose user names are there already are passed over. All changes are possible: they have been
/// planned.
pub fn read(
    site: &Site,
    group: ObjectId,
    file: &[u8],
    new_id: &mut dyn FnMut() -> ObjectId,
) -> Result<NewLines, Vec<Mistake>> {
    let whole = |line, problem| vec![Mistake { line, column: None, problem }];
    if file.len() > MAX_FILE {
        return Err(whole(1, Problem::whole(ProblemCode::InvalidCsv).value("it is too large")));
    }
    if site.get::<LineGroup>(group).is_none() {
        return Err(whole(1, Problem::whole(ProblemCode::UnknownLineGroup)));
    }
    let (mut new, mut lines, mut mistakes) = (NewLines::default(), Vec::new(), Vec::new());
    let mut seen = FxHashMap::default();
    for record in records::read(file) {
        let Record { line, user_name, auth_name, password, number } = match record {
            Ok(record) => record,
            Err(records::Mistake { line, sentence }) => {
                let why = sentence.trim_end_matches('.');
                mistakes.extend(whole(line, Problem::whole(ProblemCode::InvalidCsv).value(why)));
                continue;
            }
        };
        if site.line_of(group, &user_name).is_some() || seen.insert(user_name.clone(), line).is_some() {
            new.skipped += 1;
            continue;
        }
        if lines.len() >= Kind::Line.most() {
            return Err(whole(line, Problem::whole(ProblemCode::TooMany).value(Kind::Line.most())));
        }
        let text = Option::unwrap_or_default;
        let object =
            Line { group: Some(group), user_name, auth_name: text(auth_name), number: text(number), ..Line::default() };
        new.add(new_id(), &object, password);
        lines.push(line);
    }
    if mistakes.is_empty()
        && let Err(refusals) = site.plan(&new.changes)
    {
        mistakes = refusals
            .into_iter()
            .flat_map(|refusal| {
                let line = lines.get(refusal.change).copied().unwrap_or_default();
                refusal.problems.into_iter().map(move |problem| (line, problem))
            })
            .map(|(line, problem)| {
                let field = problem.pointer.trim_start_matches('/');
                let column = COLUMNS.into_iter().find(|column| *column == field).map(str::to_owned);
                Mistake { line, column, problem }
            })
            .collect();
    }
    mistakes.truncate(MAX_MISTAKES);
    if mistakes.is_empty() { Ok(new) } else { Err(mistakes) }
}

/// The lines of a list of user names like `150;177;200-220`, which share everything else: `<*>` in it stands for the user name.
pub fn range(
    group: ObjectId,
    wanted: &LineBody,
    password: &Secret,
    new_id: &mut dyn FnMut() -> ObjectId,
) -> Result<NewLines, Problem> {
    let mut new = NewLines::default();
    for body in wanted.expand().map_err(problem)? {
        new.add(new_id(), &Line::new(group, body), Some(password.clone()));
    }
    Ok(new)
}

/// The lines of a line group as a CSV file, as [`read`] takes it. Passwords are left empty.
pub fn write(site: &Site, group: ObjectId, active_only: bool) -> Result<Vec<u8>, csv::Error> {
    let mut lines: Vec<_> = site.lines_of(group).filter(|line| line.object.active || !active_only).collect();
    lines.sort_by_cached_key(|line| (super::Object::sort_key(&line.object, "user_name"), line.id));
    let lines: Vec<_> = lines.into_iter().map(|line| line.object.body().line(Secret::default())).collect();
    records::write(lines.iter())
}
