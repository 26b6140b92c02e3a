//! What libphonenumber's metadata tell about a country, by asking its port: it does not show them.

use rlibphonenumber::{NumberLengthType, PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, PhoneNumberType, Region};

use super::{Country, DiallingRules};

/// Digits after a calling code at most that any country has.
const MOST_DIGITS: usize = 17;

/// The region of a country with telephones.
pub(super) fn region(iso: &str) -> Option<Region> {
    let is_code = iso.len() == 2 && iso.bytes().all(|byte| byte.is_ascii_uppercase());
    let region = iso.parse().ok().filter(|_| is_code)?;
    PHONE_NUMBER_UTIL.get_country_code_for_region(region).map(|_| region)
}

/// A country as far as the metadata know it: without special numbers, providers and names.
pub(super) fn country(iso: &str) -> Option<Country> {
    let region = region(iso)?;
    let code = PHONE_NUMBER_UTIL.get_country_code_for_region(region)?;
    let example = PHONE_NUMBER_UTIL
        .get_example_number_for_type_and_region(region, PhoneNumberType::FixedLine)
        .or_else(|_| PHONE_NUMBER_UTIL.get_example_number_for_type_and_region(region, PhoneNumberType::Mobile))
        .ok()?;
    let is_nanp = code == 1;
    let trunk_prefix = if is_nanp { "1".to_owned() } else { trunk_prefix(&example) };
    let international = international_prefix(region, code);
    let keeps_zero = trunk_prefix.is_empty() && example.italian_leading_zero();
    // Where nothing introduces an area code, numbers are always dialled whole.
    let same_area = match !trunk_prefix.is_empty() && is_open(&example) {
        true => "G".to_owned(),
        false => format!("{trunk_prefix}FG"),
    };
    Some(Country {
        iso: iso.to_owned(),
        calling_code: code.to_string(),
        keeps_zero,
        dialling: DiallingRules {
            same_area,
            long_distance: format!("N{trunk_prefix}FG"),
            international: abroad(&international),
        },
        international_prefixes: vec![international],
        trunk_prefix,
        longest: longest(code),
        ..Country::default()
    })
}

/// What is dialled before a number within the country. Where a carrier has to be chosen it is written with one only.
fn trunk_prefix(example: &PhoneNumber) -> String {
    const CARRIER: &str = "99";
    let number = example.get_national_significant_number();
    let before = |written: &str| Some(digits(written).strip_suffix(&number)?.to_owned());
    let with_carrier =
        || Some(before(&example.format_national_with_carrier_code(CARRIER))?.strip_suffix(CARRIER)?.to_owned());
    let plain = before(&example.format_as(PhoneNumberFormat::National)).filter(|before| !before.is_empty());
    plain.or_else(with_carrier).unwrap_or_default()
}

/// How is dialled to other countries after a prefix.
pub(super) fn abroad(prefix: &str) -> String {
    format!("N{prefix}EFG")
}

/// What is dialled before a calling code: by calling a country that is not in the same numbering plan.
fn international_prefix(region: Region, code: i32) -> String {
    let abroad = if code == 44 { Region::DE } else { Region::GB };
    let number = PHONE_NUMBER_UTIL.get_example_number(abroad).ok();
    let dialled = number.as_ref().map(|number| number.format_out_of_country_calling_number(region)).unwrap_or_default();
    match dialled.split_whitespace().next() {
        Some(prefix) if !prefix.starts_with('+') => digits(prefix),
        // The metadata prefer none of several; where 00 is none of them `Known` has them.
        _ => "00".to_owned(),
    }
}

/// Whether the number alone is dialled within its area.
fn is_open(example: &PhoneNumber) -> bool {
    let area = example.get_length_of_geographical_area_code();
    let national = example.get_national_significant_number();
    let Some(local) = national.get(area..).filter(|_| area > 0) else { return true };
    let local = PhoneNumber {
        national_number: local.parse().unwrap_or_default(),
        italian_leading_zero: None,
        ..example.clone()
    };
    PHONE_NUMBER_UTIL.is_possible_number_with_reason(&local).is_ok()
}

/// Digits of the longest number with an area code.
pub(super) fn longest(code: i32) -> u32 {
    let fits = |digits: &usize| {
        let number = PhoneNumber {
            country_code: code,
            national_number: 2 * 10_u64.pow(*digits as u32 - 1),
            ..PhoneNumber::default()
        };
        [PhoneNumberType::FixedLine, PhoneNumberType::Mobile].into_iter().any(|kind| {
            PHONE_NUMBER_UTIL.is_possible_number_for_type_with_reason(&number, kind) == Ok(NumberLengthType::IsPossible)
        })
    };
    (2..=MOST_DIGITS).rev().find(fits).unwrap_or_default() as u32
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}
