//! A country's numbering plan: what is dialled before a number there, and which numbers are special.

mod known;
mod metadata;

use std::collections::HashMap;
use std::sync::Arc;

use rlibphonenumber::PHONE_NUMBER_UTIL;

use self::known::Known;
pub use self::known::{CountryFileProblem, CountryFiles, Place};

/// A country's numbering plan.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Country {
    /// ISO 3166-1, two letters: DE.
    pub iso: String,
    /// Calling code: 49.
    pub calling_code: String,
    /// What introduces an area code within the country (national prefix): 0; empty: nothing does.
    pub trunk_prefix: String,
    /// What introduces a calling code, the usual one first: 00. `?` stands for any digit.
    pub international_prefixes: Vec<String>,
    /// What introduces the choice of a provider.
    pub call_by_call: Vec<Provider>,
    /// Numbers that have no area code and cannot be called from elsewhere.
    pub special_numbers: Vec<SpecialNumber>,
    /// Whether the 0 at the front of a national number stays after the calling code (as in Italy).
    pub keeps_zero: bool,
    /// How numbers are dialled.
    pub dialling: DiallingRules,
    /// Digits after the calling code at most, where all that follows is an extension to be dialled after the answer; 0:
    /// unknown.
    pub longest: u32,
}

/// A provider that is chosen by dialling a prefix.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Provider {
    /// What is dialled before a number; `?` stands for any digit.
    pub prefix: String,
}

/// A number that has no area code.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SpecialNumber {
    /// The number; `?` stands for any digit.
    pub number: String,
    /// Whether it is for emergencies.
    pub emergency: bool,
}

/// How numbers are dialled: digits, and `E` for the calling code, `F` for the area code, `I` for the area code, which is
/// left out in the own area, `G` for the number in the area, `N` for the prefix of a provider if one is chosen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DiallingRules {
    /// In the own area.
    pub same_area: String,
    /// In the own country.
    pub long_distance: String,
    /// To other countries.
    pub international: String,
}

impl Country {
    /// The prefix for calls to other countries that is dialled.
    pub fn international_prefix(&self) -> &str {
        self.international_prefixes.first().map_or("", String::as_str)
    }

    /// The special number that a number is.
    pub fn special_number(&self, number: &str) -> Option<&SpecialNumber> {
        self.special_numbers.iter().find(|special| prefix_len(&special.number, number) == Some(number.len()))
    }
}

/// Digits of the number that a pattern with `?` for any digit fits at its front.
pub(super) fn prefix_len(pattern: &str, number: &str) -> Option<usize> {
    let mut digits = number.bytes();
    let fits = pattern
        .bytes()
        .all(|wanted| digits.next().is_some_and(|digit| digit == wanted || wanted == b'?' && digit.is_ascii_digit()));
    (fits && !pattern.is_empty()).then_some(pattern.len())
}

/// The calling code of a country by its two letters.
pub fn calling_code(iso: &str) -> Option<u16> {
    PHONE_NUMBER_UTIL.get_country_code_for_region(metadata::region(iso)?)?.try_into().ok()
}

/// Whether the 0 at the front of national numbers stays after the calling code, by the country's two letters.
pub(super) fn keeps_zero(iso: &str) -> bool {
    metadata::country(iso).is_some_and(|country| country.keeps_zero)
}

/// The countries that numbers are read and dialled by: those given, and for all others what libphonenumber's metadata tell
/// with what is known beside.
#[derive(Debug, Clone)]
pub struct Countries {
    given: HashMap<String, Arc<Country>>,
    known: Arc<Known>,
}

impl Default for Countries {
    fn default() -> Countries {
        Countries { given: HashMap::new(), known: Known::shipped().clone() }
    }
}

impl Countries {
    /// Of two of the same country, the later is taken.
    pub fn new(countries: impl IntoIterator<Item = Country>) -> Countries {
        let given = countries.into_iter().map(|country| (country.iso.clone(), Arc::new(country))).collect();
        Countries { given, ..Countries::default() }
    }

    /// These, with what a site's own files say in place of what is known.
    ///
    /// # Errors
    /// The first line that cannot be read. Nothing is taken over then.
    pub fn with(&self, files: CountryFiles<'_>) -> Result<Countries, CountryFileProblem> {
        Ok(Countries { given: self.given.clone(), known: Arc::new(self.known.with(files)?) })
    }

    /// A country by its two letters.
    pub fn get(&self, iso: &str) -> Option<Arc<Country>> {
        let known = || Some(Arc::new(self.known.complete(metadata::country(iso)?)));
        self.given.get(iso).cloned().or_else(known)
    }

    /// Digits after each calling code at most: of countries that share one, what the longest numbers have.
    pub(super) fn longest_numbers(&self) -> HashMap<String, u32> {
        let longest = |code| {
            let regions = PHONE_NUMBER_UTIL.get_regions_for_country_calling_code(code).into_iter().flatten();
            let known = regions.map(|region| self.longest(&region.to_string()));
            let shipped = metadata::longest(code);
            // A code of no country, such as that of freephone numbers anywhere, has nothing but the metadata.
            known.map(|known| known.unwrap_or(shipped)).max().unwrap_or(shipped)
        };
        PHONE_NUMBER_UTIL.get_supported_calling_codes().map(|code| (code.to_string(), longest(code))).collect()
    }

    /// Digits of a country's longest number, where something else than the metadata says.
    fn longest(&self, iso: &str) -> Option<u32> {
        self.given.get(iso).map(|country| country.longest).or_else(|| self.known.longest(iso))
    }

    /// What the longest known beginning of a super-canonical number stands for: a town, a region.
    pub fn place(&self, canonical: &str) -> Option<Place> {
        self.known.place(canonical)
    }
}

#[cfg(test)]
pub(super) mod tests;
