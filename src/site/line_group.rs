//! Line groups as objects. What they hold and how it is checked is the configuration's: [`LineGroup`].

use std::fmt;

use super::list::Query;
use super::object::{Kind, Object, ObjectId, Table};
use super::problem::{Problem, ProblemCode, Problems};
use super::text::{MAX_ADDRESS, check_len, check_name, check_text, fold, trim};
use super::{LineGroup, Site, emergency};
use crate::config::{CaptureWanted, GroupKind, Mistake, Wrong};

/// Entries of a list.
const MAX_ENTRIES: usize = 100;
/// Authorities of a line group, and characters of each.
const MAX_AUTHORITIES: usize = 16;
const MAX_PEM: usize = 64 << 10;
/// Lines that are captured one by one.
const MAX_CAPTURED: usize = 10_000;

impl Object for LineGroup {
    const KIND: Kind = Kind::LineGroup;

    const COLUMNS: &'static [&'static str] = &["name", "kind", "registrar"];

    fn name(&self) -> &str {
        &self.name
    }

    fn tidy(&mut self) {
        let LineGroup { name, registrar, domain, listener, user_name, numbers, pickup_code, .. } = self;
        [name, registrar, domain, listener, user_name, numbers, pickup_code].into_iter().for_each(trim);
        self.location.iter_mut().for_each(trim);
        self.location.take_if(|location| location.is_empty());
        let lists = [&mut self.allow_from, &mut self.emergency_numbers, &mut self.ca];
        lists.into_iter().flatten().for_each(trim);
        for code in &mut self.feature_codes {
            trim(&mut code.name);
            trim(&mut code.code);
        }
    }

    fn check(&self, _id: ObjectId, problems: &mut Problems) {
        if !self.name.is_empty() {
            check_name(&self.name, "/name", problems);
        }
        let texts = [
            ("/registrar", &self.registrar),
            ("/domain", &self.domain),
            ("/listener", &self.listener),
            ("/user_name", &self.user_name),
            ("/numbers", &self.numbers),
            ("/pickup_code", &self.pickup_code),
        ];
        texts.into_iter().for_each(|(pointer, text)| check_text(text, MAX_ADDRESS, pointer, problems));
        let names = |names: &Option<Vec<String>>| names.as_ref().map_or(0, Vec::len);
        let lens = [
            ("/allow_from", self.allow_from.len()),
            ("/codecs", self.codecs.len()),
            ("/codecs_outgoing", self.codecs_outgoing.len()),
            ("/codecs_incoming", self.codecs_incoming.len()),
            ("/feature_codes", self.feature_codes.len()),
            ("/emergency_numbers", self.emergency_numbers.len()),
            ("/functions", names(&self.functions)),
            ("/switched_off", names(&self.switched_off)),
        ];
        let mut fits = true;
        for (pointer, len) in lens {
            fits &= check_len(len, MAX_ENTRIES, pointer, problems);
        }
        if let CaptureWanted::Lines(lines) = &self.capture {
            fits &= check_len(lines.len(), MAX_CAPTURED, "/capture", problems);
        }
        fits &= check_len(self.ca.len(), MAX_AUTHORITIES, "/ca", problems);
        for (at, _) in self.ca.iter().enumerate().filter(|(_, text)| text.len() > MAX_PEM) {
            problems.add_with(format_args!("/ca/{at}"), ProblemCode::TooLong, MAX_PEM);
            fits = false;
        }
        if !fits {
            // No more is looked at than there may be.
            return;
        }
        for (at, code) in self.feature_codes.iter().enumerate() {
            check_text(&code.name, MAX_ADDRESS, format_args!("/feature_codes/{at}/name"), problems);
        }
        self.mistakes().into_iter().for_each(|mistake| problems.push(problem(mistake)));
    }

    fn check_among(&self, id: ObjectId, site: &Site, problems: &mut Problems) {
        if site.get::<LineGroup>(id).is_some_and(|stored| !stored.from_file) {
            for at in self.paths() {
                problems.add(format_args!("/ca/{at}"), ProblemCode::PathNotHere);
            }
            // Names are for the file only: these could become another's. Whether there is one of this id is looked at elsewhere.
            if self.location.as_ref().is_some_and(|location| location.parse::<ObjectId>().is_err()) {
                problems.add("/location", ProblemCode::UnknownLocation);
            }
        }
        emergency::check_group(self, id, site, problems);
        if self.kind != GroupKind::TrunkRegistrar || self.user_name.is_empty() {
            return;
        }
        let same = |other: &LineGroup| other.kind == self.kind && other.user_name == self.user_name;
        let mut others = site.iter::<LineGroup>().filter(|stored| stored.id != id && same(&stored.object));
        if let Some(other) = others.next() {
            problems.add_with("/user_name", ProblemCode::TrunkUserTaken, &other.object.name);
        }
    }

    fn references(&self, visit: &mut dyn FnMut(Kind, ObjectId, fmt::Arguments<'_>)) {
        if let Some(Ok(location)) = self.location.as_ref().map(|location| location.parse()) {
            visit(Kind::Location, location, format_args!("/location"));
        }
    }

    fn forget(&mut self, is_gone: &dyn Fn(Kind, ObjectId) -> bool) {
        self.location.take_if(|location| location.parse().is_ok_and(|id| is_gone(Kind::Location, id)));
    }

    fn searched(&self, visit: &mut dyn FnMut(&str)) {
        [&self.name, &self.registrar, &self.domain, &self.user_name].into_iter().for_each(|text| visit(text));
    }

    fn sort_key(&self, column: &str) -> String {
        match column {
            "kind" => (self.kind as u8).to_string(),
            "registrar" => fold(&self.registrar),
            _ => fold(&self.name),
        }
    }

    fn passes(&self, _id: ObjectId, _site: &Site, _query: &Query) -> bool {
        true
    }

    fn table(site: &Site) -> &Table<LineGroup> {
        &site.line_groups
    }

    fn table_mut(site: &mut Site) -> &mut Table<LineGroup> {
        &mut site.line_groups
    }
}

/// A mistake in the words of objects.
pub(super) fn problem(Mistake { pointer, wrong }: Mistake) -> Problem {
    let with = |code| Problem { pointer: pointer.clone(), ..Problem::whole(code) };
    match wrong {
        Wrong::Missing => with(ProblemCode::Required),
        Wrong::OutOfRange(least, most, _) => with(ProblemCode::OutOfRange).value(least).value(most),
        Wrong::NoStep(step, _) => with(ProblemCode::NoStep).value(step),
        Wrong::NotAChoice(_, choices) => with(ProblemCode::NotAChoice).value(choices.join(", ")),
        Wrong::OtherKind => with(ProblemCode::OtherKind),
        Wrong::Either(other) => with(ProblemCode::Either).value(other),
        Wrong::AlwaysThere(these) => with(ProblemCode::AlwaysThere).value(these.join(", ")),
        Wrong::NotDialable(_) => with(ProblemCode::NotDialable),
        Wrong::Lacks(part) => with(ProblemCode::Lacks).value(part),
        Wrong::Repeated(_) => with(ProblemCode::Repeated),
        Wrong::NoPattern(why) => with(ProblemCode::InvalidPattern).value(why),
        Wrong::NoNetwork(_) => with(ProblemCode::InvalidNetwork),
        Wrong::NoCertificate(why) => with(ProblemCode::InvalidCertificate).value(why),
        Wrong::TooMany(most) => with(ProblemCode::TooMany).value(most),
        Wrong::Other(why) => with(ProblemCode::InvalidNames).value(why),
    }
}
