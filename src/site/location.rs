//! Locations as objects. What they hold and how it is checked is that of the numbers: [`Location`].

use std::fmt;

use super::list::Query;
use super::object::{Kind, Object, ObjectId, Stored, Table};
use super::problem::{Problem, ProblemCode, Problems};
use super::text::{fold, trim};
use super::{LineGroup, Location, Site, emergency};
use crate::numbers::{NetworkExtensions, NumbersProblem};

impl Object for Location {
    const KIND: Kind = Kind::Location;

    const COLUMNS: &'static [&'static str] = &["name", "country", "area_code"];

    fn name(&self) -> &str {
        &self.name
    }

    fn tidy(&mut self) {
        let codes = &mut self.access_codes;
        let codes = [
            &mut codes.local,
            &mut codes.national,
            &mut codes.international,
            &mut codes.private,
            &mut codes.forwarding,
        ];
        [&mut self.name, &mut self.country, &mut self.area_code].into_iter().chain(codes).for_each(trim);
        self.country.make_ascii_uppercase();
        self.tidy_area_code();
    }

    fn settled(&self) -> Option<Location> {
        let mut location = (!self.simple.is_sorted()).then(|| self.clone())?;
        location.simple.sort();
        Some(location)
    }

    fn check(&self, _id: ObjectId, problems: &mut Problems) {
        Location::check(self).into_iter().for_each(|problem| problems.push(problem.into()));
    }

    fn check_among(&self, id: ObjectId, site: &Site, problems: &mut Problems) {
        emergency::check_location(self, id, site, problems);
        if !self.network.enabled {
            return;
        }
        let own = NetworkExtensions::of(self);
        let others = site.iter::<Location>().filter(|other| other.id != id);
        for other in others {
            if let Some((from, to)) = own.shared(&NetworkExtensions::of(&other.object)) {
                let problem = Problem {
                    pointer: "/network/enabled".to_owned(),
                    ..Problem::whole(ProblemCode::ExtensionsOverlap)
                };
                problems.push(problem.value(from).value(to).value(&other.object.name));
            }
        }
    }

    fn references(&self, _visit: &mut dyn FnMut(Kind, ObjectId, fmt::Arguments<'_>)) {}

    fn forget(&mut self, _is_gone: &dyn Fn(Kind, ObjectId) -> bool) {}

    fn searched(&self, visit: &mut dyn FnMut(&str)) {
        [&self.name, &self.country, &self.area_code].into_iter().for_each(|text| visit(text));
    }

    fn sort_key(&self, column: &str) -> String {
        match column {
            "country" => fold(&self.country),
            "area_code" => self.area_code.clone(),
            _ => fold(&self.name),
        }
    }

    fn passes(&self, _id: ObjectId, _site: &Site, _query: &Query) -> bool {
        true
    }

    fn table(site: &Site) -> &Table<Location> {
        &site.locations
    }

    fn table_mut(site: &mut Site) -> &mut Table<Location> {
        &mut site.locations
    }
}

impl From<NumbersProblem> for Problem {
    fn from(NumbersProblem { pointer, code, values }: NumbersProblem) -> Problem {
        let problem = Problem { pointer, ..Problem::whole(ProblemCode::of_numbers(code)) };
        values.into_iter().fold(problem, |problem, value| problem.value(value))
    }
}

impl Site {
    /// The location of a line group. One of the configuration file names it as people do.
    pub fn location_of(&self, group: &LineGroup) -> Option<&Stored<Location>> {
        let named = group.location.as_deref()?;
        let found = named.parse().ok().and_then(|id| self.get::<Location>(id));
        found.or_else(|| self.named::<Location>(named)).map(|stored| &**stored)
    }
}
