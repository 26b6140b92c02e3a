//! A line at a PBX.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use super::line_group::problem;
use super::list::Query;
use super::object::{Kind, Object, ObjectId, Table};
use super::problem::{ProblemCode, Problems};
use super::text::{MAX_NAME, check_text, fold, trim};
use super::{Site, emergency};
use crate::config::{LineBody, LineRedirection};

/// A line at a PBX. Its password is not part of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "LineObject", extend(
    "required" = ["group", "user_name"]
))]
#[ts(rename = "LineObject")]
pub struct Line {
    /// Its line group. Needed.
    pub group: Option<ObjectId>,
    /// User part of its address at the PBX. Unique in the line group.
    #[schemars(length(min = 1))]
    pub user_name: String,
    /// User name for authentication; empty: the user name.
    pub auth_name: String,
    /// Its number, which no other line of the server has. Left empty it becomes the user name.
    pub number: String,
    /// Whether it is in use.
    pub active: bool,
    /// Whether it is the one that registers a trunk, or gives its name to the OPTIONS of a fixed one. Where no line is, the
    /// first that is in use does.
    pub pilot: bool,
    /// Where a call goes that nobody takes, one number after the other; 20 at most.
    pub redirections: Vec<LineRedirection>,
}

impl Default for Line {
    fn default() -> Self {
        Line {
            group: None,
            user_name: String::new(),
            auth_name: String::new(),
            number: String::new(),
            active: true,
            pilot: false,
            redirections: Vec::new(),
        }
    }
}

impl Line {
    /// What every line has, wherever it is set.
    pub fn body(&self) -> LineBody {
        LineBody {
            user_name: self.user_name.clone(),
            auth_name: self.auth_name.clone(),
            number: self.number.clone(),
            active: self.active,
            pilot: self.pilot,
            redirections: self.redirections.clone(),
        }
    }

    /// A line of a line group.
    pub fn new(group: ObjectId, body: LineBody) -> Line {
        let LineBody { user_name, auth_name, number, active, pilot, redirections } = body;
        Line { group: Some(group), user_name, auth_name, number, active, pilot, redirections }
    }
}

impl Object for Line {
    const KIND: Kind = Kind::Line;

    const COLUMNS: &'static [&'static str] = &["number", "user_name", "active"];

    fn name(&self) -> &str {
        &self.number
    }

    fn name_pointer() -> &'static str {
        "/number"
    }

    fn name_in(body: &Value) -> &str {
        let text = |field: &str| body.get(field).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
        text("number").or(text("user_name")).unwrap_or_default()
    }

    fn tidy(&mut self) {
        [&mut self.user_name, &mut self.auth_name, &mut self.number].into_iter().for_each(trim);
        self.redirections.iter_mut().for_each(|redirection| trim(&mut redirection.to));
        if self.number.is_empty() {
            self.number.clone_from(&self.user_name);
        }
    }

    fn check(&self, _id: ObjectId, problems: &mut Problems) {
        if self.group.is_none() {
            problems.add("/group", ProblemCode::Required);
        }
        check_text(&self.user_name, MAX_NAME, "/user_name", problems);
        check_text(&self.auth_name, MAX_NAME, "/auth_name", problems);
        check_text(&self.number, MAX_NAME, "/number", problems);
        if self.number.contains('/') {
            // Users name lines as GROUP/NUMBER.
            problems.add("/number", ProblemCode::InvalidNumber);
        }
        self.body().mistakes().into_iter().for_each(|mistake| problems.push(problem(mistake)));
    }

    fn check_among(&self, id: ObjectId, site: &Site, problems: &mut Problems) {
        emergency::check_line(self, site, problems);
        let Some(group) = self.group.filter(|_| self.pilot) else { return };
        if let Some(other) = site.lines_of(group).find(|other| other.id != id && other.object.pilot) {
            problems.add_with("/pilot", ProblemCode::PilotTaken, &other.object.number);
        }
    }

    fn references(&self, visit: &mut dyn FnMut(Kind, ObjectId, fmt::Arguments<'_>)) {
        if let Some(group) = self.group {
            visit(Kind::LineGroup, group, format_args!("/group"));
        }
    }

    /// Nothing: a line group goes with its lines or not at all.
    fn forget(&mut self, _is_gone: &dyn Fn(Kind, ObjectId) -> bool) {}

    fn searched(&self, visit: &mut dyn FnMut(&str)) {
        [&self.number, &self.user_name, &self.auth_name].into_iter().for_each(|text| visit(text));
    }

    fn sort_key(&self, column: &str) -> String {
        match column {
            "user_name" => by_value(&self.user_name),
            "active" => u8::from(!self.active).to_string(),
            _ => by_value(&self.number),
        }
    }

    fn passes(&self, _id: ObjectId, _site: &Site, query: &Query) -> bool {
        query.active.is_none_or(|active| active == self.active)
            && query.group.is_none_or(|group| self.group == Some(group))
    }

    fn table(site: &Site) -> &Table<Line> {
        &site.lines
    }

    fn table_mut(site: &mut Site) -> &mut Table<Line> {
        &mut site.lines
    }
}

/// Digits in the order of the numbers that they are: 99 comes before 100.
fn by_value(text: &str) -> String {
    match text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => format!("{:02}{text}", text.len()),
        false => format!("~{}", fold(text)),
    }
}
