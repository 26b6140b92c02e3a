//! What is known of countries beside their numbering plans: special numbers, prefixes of carriers, names of area codes. What a
//! site's own files say goes before it.
//!
//! The files under `data/` are made by `scripts/country-data` from libphonenumber's metadata. A site's file has the same
//! shape: a row per line, its columns separated by tabs, `#` at the front of a comment.

use std::sync::{Arc, LazyLock};

use rustc_hash::FxHashMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::metadata::{self, abroad};
use super::{Country, DiallingRules, Provider, SpecialNumber};

/// Rows of one file at most.
const MAX_ROWS: usize = 200_000;

/// The files of a set of countries. Each is optional.
#[derive(Debug, Clone, Copy, Default)]
pub struct CountryFiles<'a> {
    /// Country, national prefix, international prefix, how is dialled in the area, in the country, to other countries.
    pub countries: Option<&'a str>,
    /// Country, number, `emergency`, name. The rows of a country take the place of all that were there of it.
    pub special: Option<&'a str>,
    /// Country, prefix, name. The rows of a country take the place of all that were there of it.
    pub carriers: Option<&'a str>,
    /// Calling code with area code, name in English, in German.
    pub cities: Option<&'a str>,
    /// Country, what introduces a calling code, the usual one first: where the metadata prefer none of several. The rows of a
    /// country take the place of all that were there of it.
    pub international: Option<&'a str>,
}

/// A line that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}, line {line}: {what}")]
pub struct CountryFileProblem {
    /// The file's name.
    pub file: &'static str,
    /// Which line, from 1.
    pub line: usize,
    /// What is wrong.
    pub what: &'static str,
}

/// What an area code stands for: a town, a region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[schemars(rename = "NumberPlace")]
#[ts(rename = "NumberPlace")]
pub struct Place {
    /// In English.
    pub english: String,
    /// In German.
    pub german: String,
}

/// A name in both languages; German is empty where it is the same.
#[derive(Debug, Clone, Default)]
struct Names {
    english: Box<str>,
    german: Box<str>,
}

impl Names {
    fn place(&self) -> Place {
        let german = if self.german.is_empty() { &self.english } else { &self.german };
        Place { english: self.english.to_string(), german: german.to_string() }
    }
}

/// How a country's numbers are dialled, where a site knows better than the metadata.
#[derive(Debug, Clone)]
struct Plan {
    trunk_prefix: String,
    international_prefix: String,
    dialling: DiallingRules,
    longest: Option<u32>,
}

/// What is known of countries beside the metadata of their numbering plans.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    plans: FxHashMap<String, Plan>,
    special: FxHashMap<String, Vec<SpecialNumber>>,
    carriers: FxHashMap<String, Vec<Provider>>,
    international: FxHashMap<String, Vec<String>>,
    /// By calling code and area code. Shared: a site rarely has its own.
    places: Arc<FxHashMap<Box<str>, Names>>,
}

impl Known {
    /// What the program ships.
    pub(super) fn shipped() -> &'static Arc<Known> {
        static SHIPPED: LazyLock<Arc<Known>> = LazyLock::new(|| {
            let files = CountryFiles {
                countries: None,
                special: Some(include_str!("data/special.tsv")),
                carriers: Some(include_str!("data/carriers.tsv")),
                cities: Some(include_str!("data/cities.tsv")),
                international: Some(include_str!("data/international.tsv")),
            };
            Arc::new(Known::default().with(files).expect("a test reads the shipped files"))
        });
        &SHIPPED
    }

    /// This, with what a site's own files say in place of it.
    ///
    /// # Errors
    /// The first line that cannot be read. Nothing is taken over then.
    pub(super) fn with(&self, files: CountryFiles<'_>) -> Result<Known, CountryFileProblem> {
        let mut all = self.clone();
        for row in rows("countries.tsv", files.countries) {
            let row = row?;
            let (trunk_prefix, international_prefix) = (row.digits_or_none(1)?, row.digits(2)?);
            let dialling =
                DiallingRules { same_area: row.rule(3)?, long_distance: row.rule(4)?, international: row.rule(5)? };
            let plan = Plan {
                trunk_prefix: trunk_prefix.to_owned(),
                international_prefix: international_prefix.to_owned(),
                dialling,
                longest: row.length(6)?,
            };
            all.plans.insert(row.country()?, plan);
        }
        all.special.extend(by_country("special.tsv", files.special, |row| {
            Ok(SpecialNumber { number: row.keys(1)?, emergency: row.flag(2, "emergency")? })
        })?);
        all.carriers.extend(by_country("carriers.tsv", files.carriers, |row| Ok(Provider { prefix: row.keys(1)? }))?);
        all.international.extend(by_country("international.tsv", files.international, |row| row.keys(1))?);
        for row in rows("cities.tsv", files.cities) {
            let row = row?;
            Arc::make_mut(&mut all.places).insert(row.digits(0)?.into(), row.names(1)?);
        }
        Ok(all)
    }

    /// A country as the metadata know it, with all that they do not know.
    pub(super) fn complete(&self, mut country: Country) -> Country {
        if let Some(special) = self.special.get(&country.iso) {
            country.special_numbers.clone_from(special);
        }
        if let Some(carriers) = self.carriers.get(&country.iso) {
            country.call_by_call.clone_from(carriers);
        }
        if let Some([usual, ..]) = self.international.get(&country.iso).map(Vec::as_slice) {
            country.dialling.international = abroad(usual);
            country.international_prefixes.clone_from(&self.international[&country.iso]);
        }
        if let Some(plan) = self.plans.get(&country.iso) {
            country.trunk_prefix.clone_from(&plan.trunk_prefix);
            country.international_prefixes = vec![plan.international_prefix.clone()];
            country.dialling.clone_from(&plan.dialling);
            country.longest = plan.longest.unwrap_or(country.longest);
        }
        country
    }

    /// Digits of a country's longest number, where a file says it.
    pub(super) fn longest(&self, iso: &str) -> Option<u32> {
        self.plans.get(iso)?.longest
    }

    /// What the longest known beginning of a super-canonical number stands for.
    pub(super) fn place(&self, canonical: &str) -> Option<Place> {
        /// Digits of the longest calling code and area code.
        const LONGEST: usize = 9;
        let digits = canonical.strip_prefix('+')?;
        let longest = digits.bytes().take(LONGEST).take_while(u8::is_ascii_digit).count();
        (1..=longest).rev().find_map(|length| self.places.get(&digits[..length])).map(Names::place)
    }
}

/// A row of a file.
struct Row<'a> {
    file: &'static str,
    line: usize,
    columns: Vec<&'a str>,
}

impl<'a> Row<'a> {
    fn column(&self, at: usize) -> &'a str {
        self.columns.get(at).copied().unwrap_or_default()
    }

    fn problem(&self, what: &'static str) -> CountryFileProblem {
        CountryFileProblem { file: self.file, line: self.line, what }
    }

    fn digits_or_none(&self, at: usize) -> Result<&'a str, CountryFileProblem> {
        let digits = self.column(at);
        let fits = digits.len() <= 20 && digits.bytes().all(|b| b.is_ascii_digit());
        if fits { Ok(digits) } else { Err(self.problem("digits are expected, 20 at most")) }
    }

    fn digits(&self, at: usize) -> Result<&'a str, CountryFileProblem> {
        match self.digits_or_none(at)? {
            "" => Err(self.problem("digits are missing")),
            digits => Ok(digits),
        }
    }

    /// How many digits something has at most; none where the column is empty.
    fn length(&self, at: usize) -> Result<Option<u32>, CountryFileProblem> {
        /// Digits after a calling code: more than ITU-T E.164 allows.
        const MOST: u32 = 20;
        match self.column(at) {
            "" => Ok(None),
            length => match length.parse() {
                Ok(length @ 1..=MOST) => Ok(Some(length)),
                _ => Err(self.problem("a number of digits from 1 to 20 is expected")),
            },
        }
    }

    fn country(&self) -> Result<String, CountryFileProblem> {
        let iso = self.column(0);
        if metadata::region(iso).is_some() {
            Ok(iso.to_owned())
        } else {
            Err(self.problem("there is no such country; it is two capital letters, like DE"))
        }
    }

    /// How numbers are dialled: digits and the letters of [`DiallingRules`].
    fn rule(&self, at: usize) -> Result<String, CountryFileProblem> {
        let rule = self.column(at);
        let fits = rule.len() <= 20 && rule.contains('G') && rule.bytes().all(|b| b"0123456789EFGIN".contains(&b));
        if fits { Ok(rule.to_owned()) } else { Err(self.problem("a rule has digits, E, F, I, N and a G, 20 at most")) }
    }

    /// What is dialled, `?` for any digit.
    fn keys(&self, at: usize) -> Result<String, CountryFileProblem> {
        let keys = self.column(at);
        let fits = (1..=20).contains(&keys.len()) && keys.bytes().all(|b| b"0123456789*#?".contains(&b));
        if fits { Ok(keys.to_owned()) } else { Err(self.problem("only digits, *, # and ? can be dialled, 20 at most")) }
    }

    fn flag(&self, at: usize, set: &str) -> Result<bool, CountryFileProblem> {
        match self.column(at) {
            "" => Ok(false),
            other if other == set => Ok(true),
            _ => Err(self.problem("a column holds something else than its word, or is not empty")),
        }
    }

    fn names(&self, at: usize) -> Result<Names, CountryFileProblem> {
        match self.column(at) {
            "" => Err(self.problem("a name is missing")),
            english => Ok(Names { english: english.into(), german: self.column(at + 1).into() }),
        }
    }
}

fn rows<'a>(file: &'static str, text: Option<&'a str>) -> impl Iterator<Item = Result<Row<'a>, CountryFileProblem>> {
    let lines =
        text.unwrap_or_default().lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    lines.enumerate().map(move |(count, (index, text))| {
        let row = Row { file, line: index + 1, columns: text.split('\t').map(str::trim).collect() };
        if count < MAX_ROWS { Ok(row) } else { Err(row.problem("there are too many rows")) }
    })
}

/// What the rows of each country say.
fn by_country<'a, T>(
    file: &'static str,
    text: Option<&'a str>,
    read: impl Fn(&Row<'a>) -> Result<T, CountryFileProblem>,
) -> Result<FxHashMap<String, Vec<T>>, CountryFileProblem> {
    let mut all: FxHashMap<String, Vec<T>> = FxHashMap::default();
    for row in rows(file, text) {
        let row = row?;
        let said = read(&row)?;
        all.entry(row.country()?).or_default().push(said);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::super::Countries;
    use super::*;

    #[test]
    fn germany_has_what_the_metadata_do_not_know() {
        let germany = Countries::default().get("DE").unwrap();
        assert!(germany.special_number("112").unwrap().emergency);
        assert!(!germany.special_number("11833").unwrap().emergency);
        assert!(germany.special_number("0301").is_none());
        assert!(germany.call_by_call.iter().any(|provider| provider.prefix == "010??"));
    }

    #[test]
    fn emergency_numbers_of_every_country_of_europe_have_112() {
        for iso in
            "AT BE BG CH CY CZ DE DK EE ES FI FR GB GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK".split(' ')
        {
            let country = Countries::default().get(iso).unwrap();
            assert!(country.special_number("112").is_some_and(|special| special.emergency), "{iso}");
        }
    }

    #[test]
    fn places_by_the_longest_code_that_is_known() {
        let place = |number| Known::shipped().place(number);
        for (number, english, german) in [
            ("+498912345678", "Munich", "München"),
            ("+49815112345", "Starnberg", "Starnberg"),
            ("+12125550100", "New York, NY", "New York, NY"),
        ] {
            let expected = Place { english: english.to_owned(), german: german.to_owned() };
            assert_eq!(place(number), Some(expected), "{number}");
        }
        for nowhere in ["", "+", "49891234", "+99999", "+ä9", "+4"] {
            assert_eq!(place(nowhere), None, "{nowhere}");
        }
    }

    #[test]
    fn a_sites_files_win() {
        let files = CountryFiles {
            special: Some("DE\t110\temergency\tPolizei\n\n# and\nDE\t19222\t\n"),
            carriers: Some("DE\t01099\tTest\n"),
            cities: Some("4989\tMinga\n"),
            international: Some("FR\t0?1\nFR\t00\n"),
            countries: Some("DE\t0\t000\tG\t0FG\t000EFG\t9\nFR\t0\t00\t0FG\t0FG\t00EFG\n"),
        };
        let site = Countries::default().with(files).unwrap();
        let germany = site.get("DE").unwrap();
        let numbers: Vec<&str> = germany.special_numbers.iter().map(|special| special.number.as_str()).collect();
        assert_eq!(numbers, ["110", "19222"]);
        assert_eq!(germany.call_by_call, [Provider { prefix: "01099".to_owned() }]);
        assert_eq!((germany.dialling.international.as_str(), germany.longest), ("000EFG", 9));
        let (shipped, told) = (Countries::default().longest_numbers(), site.longest_numbers());
        let others = shipped.iter().filter(|(code, _)| *code != "49").collect::<Vec<_>>();
        assert_eq!(told["49"], 9);
        assert!(others.len() > 200 && others.iter().all(|(code, longest)| told[*code] == **longest));
        assert_eq!(site.get("FR").unwrap().longest, Countries::default().get("FR").unwrap().longest);
        assert_eq!(germany.international_prefix(), "000");
        let france = site.get("FR").unwrap();
        // A row that says how is dialled goes before.
        assert_eq!((france.international_prefix(), france.dialling.international.as_str()), ("00", "00EFG"));
        assert_eq!(site.place("+4989123").unwrap().german, "Minga");
        assert_eq!(site.get("AT"), Countries::default().get("AT"));
        assert_eq!(Countries::default().place("+4989123").unwrap().german, "München");
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_line() {
        let wrong = |files| Known::shipped().with(files).unwrap_err().to_string();
        let special = |text| CountryFiles { special: Some(text), ..CountryFiles::default() };
        let cities = |text| CountryFiles { cities: Some(text), ..CountryFiles::default() };
        let countries = |text| CountryFiles { countries: Some(text), ..CountryFiles::default() };
        for (files, place, what) in [
            (special("# a comment\nXX\t110\n"), "special.tsv, line 2: ", "there is no such country"),
            (special("DE\t11a\n"), "special.tsv, line 1: ", "can be dialled"),
            (special("DE\t110\turgent\n"), "special.tsv, line 1: ", "its word"),
            (cities("+4930\tBerlin\n"), "cities.tsv, line 1: ", "digits are expected"),
            (cities("4930\t\n"), "cities.tsv, line 1: ", "a name is missing"),
            (countries("de\t0\t00\tG\t0FG\t00EFG"), "countries.tsv, line 1: ", "two capital letters"),
            (countries("DE\t0\t00\tG\t0F\t00EFG"), "countries.tsv, line 1: ", "and a G"),
            (countries("DE"), "countries.tsv, line 1: ", "digits are missing"),
            (countries("DE\t0\t00\tG\t0FG\t00EFG\tmany"), "countries.tsv, line 1: ", "from 1 to 20"),
        ] {
            let said = wrong(files);
            assert!(said.starts_with(place) && said.contains(what), "{said}");
        }
    }
}
