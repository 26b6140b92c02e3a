//! Emergency numbers must not be anybody's: whoever dials 112 must reach help and no desk. Both ends are looked at, whichever
//! is saved: the line, and what says that a number is one of emergency, which is a line group or its location.

use std::borrow::Cow;
use std::fmt::Display;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::problem::{Problem, ProblemCode, Problems};
use super::{Line, LineGroup, Location, ObjectId, Site, Stored};
use crate::numbers::{keys, name_in};

/// Checks a line against the emergency numbers of its group and of the group's location.
pub(super) fn check_line(line: &Line, site: &Site, problems: &mut Problems) {
    let Some(group) = line.group.and_then(|group| site.get::<LineGroup>(group)) else { return };
    if let Some((emergency, _)) = Watched::of_group(&group.object, site).find(&line.number) {
        problems.push(problem("/number", emergency, line));
    }
}

/// Checks the emergency numbers of a line group and of its location against the group's lines.
pub(super) fn check_group(group: &LineGroup, id: ObjectId, site: &Site, problems: &mut Problems) {
    Watched::of_group(group, site).check(site.lines_of(id), problems);
}

/// Checks the emergency numbers of a location against the lines of all groups there.
pub(super) fn check_location(location: &Location, id: ObjectId, site: &Site, problems: &mut Problems) {
    let mut watched = Watched::default();
    watched.add_location(location, |rule, number| format!("/emergency/rules/{rule}/numbers/{number}"));
    if watched.pointers.is_empty() {
        return;
    }
    let is_here = |group: &Stored<LineGroup>| site.location_of(&group.object).is_some_and(|found| found.id == id);
    let groups = site.iter::<LineGroup>().filter(|group| is_here(group));
    groups.for_each(|group| watched.check(site.lines_of(group.id), problems));
}

fn problem(pointer: impl Display, emergency: &str, line: &Line) -> Problem {
    let problem = Problem { pointer: pointer.to_string(), ..Problem::whole(ProblemCode::EmergencyIsLine) };
    problem.value(emergency).value(&line.number)
}

/// Emergency numbers, which no line may have.
#[derive(Default)]
struct Watched<'a> {
    /// Where each stands.
    pointers: FxHashMap<Cow<'a, str>, String>,
    /// Where the lines are, whose numbers from outside lead to internal ones.
    location: Option<&'a Location>,
}

impl<'a> Watched<'a> {
    fn of_group(group: &LineGroup, site: &'a Site) -> Watched<'a> {
        let mut watched = Watched::default();
        for (at, number) in group.emergency_numbers.iter().enumerate() {
            watched.pointers.entry(keys(number).into()).or_insert_with(|| format!("/emergency_numbers/{at}"));
        }
        if let Some(location) = site.location_of(group) {
            watched.add_location(&location.object, |_, _| "/location".to_owned());
        }
        watched
    }

    fn add_location(&mut self, location: &'a Location, pointer: impl Fn(usize, usize) -> String) {
        self.location = Some(location);
        for (rule, numbers) in location.emergency.rules.iter().map(|rule| &rule.numbers).enumerate() {
            for (at, number) in numbers.iter().enumerate() {
                self.pointers.entry(number.into()).or_insert_with(|| pointer(rule, at));
            }
        }
    }

    /// The emergency number that a line's number is or leads to from outside, and where that stands.
    fn find(&self, number: &str) -> Option<(&str, &str)> {
        let find = |number: &str| self.pointers.get_key_value(number);
        let number = keys(Some(number).filter(|number| name_in(number).is_none())?);
        let from_outside = || self.location.and_then(|location| location.inside(&number));
        let found = find(&number).or_else(|| find(&from_outside()?));
        found.map(|(emergency, pointer)| (&**emergency, pointer.as_str()))
    }

    fn check<'l>(&self, lines: impl Iterator<Item = &'l Arc<Stored<Line>>>, problems: &mut Problems) {
        let find = |line: &'l Line| Some((self.find(&line.number)?, line));
        let mut found: Vec<_> = lines.filter_map(|line| find(&line.object)).collect();
        // Which comes first must not depend on chance.
        found.sort_by_key(|((_, pointer), line)| (*pointer, &line.number));
        found.into_iter().for_each(|((emergency, pointer), line)| problems.push(problem(pointer, emergency, line)));
    }
}
