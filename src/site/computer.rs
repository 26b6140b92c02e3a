//! A computer.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Site;
use super::list::Query;
use super::object::{Kind, Object, ObjectId, Table};
use super::problem::Problems;
use super::text::{check_line, check_name, fold, trim};

/// A computer with telephones that always stand beside it: who is signed in there uses them as the own ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "ComputerObject", extend(
    "required" = ["name"], "examples" = [{ "name": "desk-1", "first_phone": "100" }]
))]
#[ts(rename = "ComputerObject")]
pub struct Computer {
    /// Its name in the network. Unique whatever its case.
    #[schemars(length(min = 1))]
    pub name: String,
    /// A line: the telephone beside it.
    pub first_phone: String,
    /// A second one.
    pub second_phone: String,
    /// Whether who is signed in there only looks at these lines, unless they are the user's own anyway.
    pub only_authorized_dial: bool,
    /// Whether it has any effect.
    pub active: bool,
}

impl Default for Computer {
    fn default() -> Self {
        Computer {
            name: String::new(),
            first_phone: String::new(),
            second_phone: String::new(),
            only_authorized_dial: false,
            active: true,
        }
    }
}

impl Object for Computer {
    const KIND: Kind = Kind::Computer;

    const COLUMNS: &'static [&'static str] = &["name", "first_phone", "second_phone", "active"];

    fn name(&self) -> &str {
        &self.name
    }

    fn tidy(&mut self) {
        [&mut self.name, &mut self.first_phone, &mut self.second_phone].into_iter().for_each(trim);
    }

    fn check(&self, _id: ObjectId, problems: &mut Problems) {
        check_name(&self.name, "/name", problems);
        check_line(&self.first_phone, "/first_phone", problems);
        check_line(&self.second_phone, "/second_phone", problems);
    }

    fn references(&self, _visit: &mut dyn FnMut(Kind, ObjectId, fmt::Arguments<'_>)) {}

    fn forget(&mut self, _is_gone: &dyn Fn(Kind, ObjectId) -> bool) {}

    fn searched(&self, visit: &mut dyn FnMut(&str)) {
        [&self.name, &self.first_phone, &self.second_phone].into_iter().for_each(|text| visit(text));
    }

    fn sort_key(&self, column: &str) -> String {
        match column {
            "first_phone" => fold(&self.first_phone),
            "second_phone" => fold(&self.second_phone),
            "active" => u8::from(!self.active).to_string(),
            _ => fold(&self.name),
        }
    }

    fn passes(&self, _id: ObjectId, _site: &Site, query: &Query) -> bool {
        query.active.is_none_or(|active| active == self.active)
    }

    fn table(site: &Site) -> &Table<Computer> {
        &site.computers
    }

    fn table_mut(site: &mut Site) -> &mut Table<Computer> {
        &mut site.computers
    }
}
