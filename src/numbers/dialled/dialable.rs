//! A whole number becomes what is dialled for it: here, in the country, or abroad.

use rlibphonenumber::PHONE_NUMBER_UTIL;

use super::{Circumstances, NotDialled, usable};
use crate::numbers::canonical::written_without_trunk_prefix;
use crate::numbers::country::DiallingRules;
use crate::numbers::is_canonical;
use crate::numbers::location::{NorthAmerica, OwnArea, Project};
use crate::numbers::plan::DialPlan;
use crate::numbers::project::{Sequence, is_within_code};
use crate::numbers::reported::format;
use crate::numbers::split::{NORTH_AMERICA, Parts, calling_code};
use crate::numbers::step::{NoteCode, StepName, Trace};

/// How numbers are dialled before which nothing goes within the country: mobile and free numbers in some.
const WITHOUT_TRUNK_PREFIX: &str = "NFG";

/// Digits of a North American number with its area code.
const NORTH_AMERICAN_DIGITS: usize = 10;

/// Which access code a number wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// None: it is internal.
    None,
    /// None: the PBX gets the whole number.
    Whole,
    /// That of the own area.
    Local,
    /// That of the own country.
    National,
    /// That of other countries.
    International,
}

impl DialPlan {
    /// Steps 9 to 13 of a whole number: what is dialled for it, and which access code that wants. Digits that are too many for
    /// it are left in `sequence`.
    pub(super) fn whole(
        &self,
        mut number: String,
        project: Option<&Project>,
        around: &Circumstances<'_>,
        sequence: &mut Sequence,
        trace: &mut Trace,
    ) -> Result<(String, Access), NotDialled> {
        let provider = self.provider(&number, project, around, trace);
        let wants_whole = self.wants_whole(project, around);
        let is_within_code = is_within_code(project);
        let mut is_internal = false;
        let step = (10, StepName::OwnNumbers);
        match self.extension(&number).map(str::to_owned) {
            _ if wants_whole => trace.step(step, (&number, &number), NoteCode::WholeWanted, &[]),
            _ if is_within_code => trace.step(step, (&number, &number), NoteCode::WholeWithinCode, &[]),
            Some(extension) => {
                trace.step(step, (&number, &extension), NoteCode::Shortened, &[&extension]);
                number = extension;
                is_internal = true;
            }
            None => trace.step(step, (&number, &number), NoteCode::NotOwn, &[]),
        }
        let step = (11, StepName::DiallingRules);
        if let Some(formatted) = format(step, &self.dialling, &number, trace) {
            let formatted = usable(formatted)?;
            is_internal = !is_canonical(&formatted);
            if is_internal {
                trace.step(step, (&formatted, &formatted), NoteCode::RuleDialled, &[]);
            }
            number = formatted;
        }
        let step = (12, StepName::Shorten);
        if wants_whole || is_within_code {
            let note = if wants_whole { NoteCode::WholeWanted } else { NoteCode::WholeWithinCode };
            trace.step(step, (&number, &number), note, &[]);
        } else if is_internal {
            trace.step(step, (&number, &number), NoteCode::LeftOutInternal, &[]);
        } else if let Some(extension) = self.shortened(step, &number, trace) {
            number = extension;
            is_internal = true;
        }
        let step = (13, StepName::Dialable);
        if is_internal {
            trace.step(step, (&number, &number), NoteCode::LeftOutInternal, &[]);
            return Ok((number, Access::None));
        }
        if !is_canonical(&number) {
            // No calling code begins with 0: there is nobody to call, and no code for an outside line goes before a +. A code for
            // the PBX may have a number in it.
            if number.contains('+') && !number.starts_with(['*', '#']) {
                trace.step(step, (&number, ""), NoteCode::NotANumber, &[]);
                return Err(NotDialled::Empty);
            }
            trace.step(step, (&number, &number), NoteCode::DialledAsIs, &[]);
            return Ok((number, Access::Local));
        }
        if self.location.split_long_numbers {
            self.split(&mut number, sequence, trace);
        }
        if wants_whole {
            trace.step(step, (&number, &number), NoteCode::DialledWhole, &[]);
            return Ok((number, Access::Whole));
        }
        // Without its access code, a number in a project's code is dialled with its area code.
        let (dialled, access, code) = self.dialable(&number, provider, is_within_code);
        trace.step(step, (&number, &dialled), code, &[&dialled]);
        Ok((dialled, access))
    }

    /// Step 12: the extension of another location.
    fn shortened(&self, step: (u8, StepName), number: &str, trace: &mut Trace) -> Option<String> {
        let same = (number, number);
        if !self.location.network.enabled || !self.location.network.shorten {
            trace.step(step, same, NoteCode::ShorteningOff, &[]);
            return None;
        }
        let found = self.others.iter().find_map(|other| {
            let extension = other.head.inside(number).filter(|extension| other.extensions.contains(extension))?;
            Some((extension, &other.name))
        });
        match found {
            Some((extension, name)) => trace.step(step, (number, extension), NoteCode::OtherLocation, &[name]),
            None => trace.step(step, same, NoteCode::NotOfOther, &[]),
        }
        Some(found?.0.to_owned())
    }

    /// Takes off digits that the country's numbers do not have.
    fn split(&self, number: &mut String, sequence: &mut Sequence, trace: &mut Trace) {
        let Some((code, rest)) = calling_code(number) else { return };
        let longest = match code == self.country.calling_code {
            true => self.country.longest as usize,
            false => *self.longest.get(code).unwrap_or(&0) as usize,
        };
        if longest == 0 || rest.len() <= longest {
            return;
        }
        let at = "+".len() + code.len() + longest;
        let after = number.split_off(at);
        if trace.is_on() {
            let whole = format!("{number}{after}");
            trace.step((13, StepName::Dialable), (&whole, number), NoteCode::Split, &[&longest, &after]);
        }
        sequence.wait();
        sequence.digits(&after);
    }

    /// A super-canonical number by the rules of the country.
    fn dialable(&self, number: &str, provider: Option<&str>, with_area: bool) -> (String, Access, NoteCode) {
        let parts = self.parts(number);
        let DiallingRules { same_area, long_distance, international } = &self.country.dialling;
        if parts.code != self.country.calling_code {
            return (expanded(international, parts, provider), Access::International, NoteCode::DialledInternational);
        }
        let with_area = with_area || provider.is_some();
        if parts.code == NORTH_AMERICA {
            let (rule, access, code) = self.north_american(parts);
            let rule = if with_area && code != NoteCode::DialledNational { long_distance } else { rule };
            let rule = if rule == same_area { without_optional_area(rule) } else { rule.to_owned() };
            return (expanded(&rule, parts, provider), access, code);
        }
        let is_own = parts.area == self.area && !self.area.is_empty();
        if !is_own {
            let without = PHONE_NUMBER_UTIL.parse(number, None).is_ok_and(|parsed| {
                let national = number.get("+".len() + parts.code.len()..).unwrap_or_default();
                written_without_trunk_prefix(&parsed, national)
            });
            let rule = if without { WITHOUT_TRUNK_PREFIX } else { long_distance };
            return (expanded(rule, parts, provider), Access::National, NoteCode::DialledNational);
        }
        // What would be read as something else without its area code keeps it.
        let same_area = without_optional_area(same_area);
        let local = expanded(&same_area, parts, provider);
        let is_clear = !self.location.always_area_code && self.canonical(&local).0 == number;
        let rule = if with_area || !is_clear { long_distance } else { &same_area };
        (expanded(rule, parts, provider), Access::Local, NoteCode::DialledLocal)
    }

    /// By which rule a North American number is dialled.
    fn north_american(&self, parts: Parts<'_>) -> (&str, Access, NoteCode) {
        let NorthAmerica { own_area, own_prefixes, free_areas } = &self.location.north_america;
        let DiallingRules { same_area, long_distance, .. } = &self.country.dialling;
        // Service numbers of seven digits.
        if parts.area.len() + parts.local.len() < NORTH_AMERICAN_DIGITS {
            return (WITHOUT_TRUNK_PREFIX, Access::Local, NoteCode::DialledNational);
        }
        let begins = |prefixes: &[String]| prefixes.iter().any(|prefix| parts.local.starts_with(prefix.as_str()));
        if parts.area == self.area {
            let is_charged = match own_area {
                OwnArea::Free => false,
                OwnArea::FreeBut => begins(own_prefixes),
                OwnArea::ChargedBut => !begins(own_prefixes),
            };
            return match is_charged {
                true => (long_distance, Access::National, NoteCode::DialledLocalCharged),
                false if self.location.always_area_code => ("FG", Access::Local, NoteCode::DialledLocal),
                false => (same_area, Access::Local, NoteCode::DialledLocal),
            };
        }
        let is_free = free_areas
            .iter()
            .any(|rule| rule.area_code == parts.area && (rule.prefixes.is_empty() || begins(&rule.prefixes)));
        match is_free {
            true => ("FG", Access::Local, NoteCode::DialledNear),
            false => (long_distance, Access::National, NoteCode::DialledNational),
        }
    }
}

/// A rule for the own area, where the optional area code is left out.
fn without_optional_area(rule: &str) -> String {
    rule.replace('I', "")
}

/// A rule of the country with the number in it. A provider that has no place in the rule goes first.
fn expanded(rule: &str, parts: Parts<'_>, provider: Option<&str>) -> String {
    let mut number = String::new();
    if !rule.contains('N') {
        number += provider.unwrap_or_default();
    }
    for c in rule.chars() {
        match c {
            'E' => number += parts.code,
            'F' | 'I' => number += parts.area,
            'G' => number += parts.local,
            'N' => number += provider.unwrap_or_default(),
            _ if c.is_ascii_digit() => number.push(c),
            _ => {}
        }
    }
    number
}
