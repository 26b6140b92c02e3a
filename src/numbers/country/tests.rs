//! Countries as the tests need them.

use super::*;
use crate::numbers::{Location, Numbers, ReportedAs};

/// Countries by hand, with what the metadata do not tell.
pub(in crate::numbers) fn countries() -> Countries {
    let special = |number: &str, emergency| SpecialNumber { number: number.into(), emergency };
    let provider = |prefix: &str| Provider { prefix: prefix.into() };
    let base = |iso: &str| metadata::country(iso).unwrap();
    Countries::new([
        Country {
            special_numbers: vec![special("110", true), special("112", true), special("118??", false)],
            call_by_call: vec![provider("010??"), provider("0100??")],
            ..base("DE")
        },
        Country { special_numbers: vec![special("911", true)], ..base("US") },
    ])
}

#[test]
fn what_the_metadata_tell() {
    for (iso, code, trunk, international, same_area, longest) in [
        ("DE", "49", "0", "00", "G", 15),
        ("CH", "41", "0", "00", "0FG", 9),
        ("FR", "33", "0", "00", "0FG", 9),
        ("IT", "39", "", "00", "FG", 12),
        ("ES", "34", "", "00", "FG", 9),
        ("US", "1", "1", "011", "G", 10),
        ("CA", "1", "1", "011", "G", 10),
        ("GB", "44", "0", "00", "G", 10),
        ("AU", "61", "0", "0011", "G", 9),
        ("JP", "81", "0", "010", "G", 10),
        ("RU", "7", "8", "810", "G", 10),
        ("HU", "36", "06", "00", "G", 9),
        ("PL", "48", "", "00", "FG", 9),
        ("BR", "55", "0", "00", "G", 11),
    ] {
        let country = metadata::country(iso).unwrap();
        assert_eq!(
            (
                country.calling_code.as_str(),
                country.trunk_prefix.as_str(),
                country.international_prefix(),
                country.dialling.same_area.as_str(),
                country.longest
            ),
            (code, trunk, international, same_area, longest),
            "{iso}"
        );
    }
    assert!(metadata::country("IT").unwrap().keeps_zero);
    assert!(!metadata::country("DE").unwrap().keeps_zero);
}

/// Where there are several and the metadata prefer none.
#[test]
fn calls_abroad_begin_with_what_the_country_takes() {
    for (iso, prefix) in [
        ("BR", "0021"),
        ("KR", "001"),
        ("TW", "002"),
        ("SG", "001"),
        ("TH", "001"),
        ("IL", "00"),
        ("BO", "0010"),
        ("DE", "00"),
    ] {
        let country = Countries::default().get(iso).unwrap();
        assert_eq!(country.international_prefix(), prefix, "{iso}");
        assert_eq!(country.dialling.international, format!("N{prefix}EFG"), "{iso}");
    }
    for (iso, typed, number) in [
        ("KR", "001 49 30 123456", "+4930123456"),
        ("KR", "00700 49 30 123456", "+4930123456"),
        ("TW", "002 49 30 123456", "+4930123456"),
        ("SG", "008 49 30 123456", "+4930123456"),
        ("BO", "0012 1 202 555 0123", "+12025550123"),
        ("BR", "0015 49 30 123456", "+4930123456"),
        ("BR", "011 2345-6789", "+551123456789"),
    ] {
        let location =
            Location { country: iso.to_owned(), area_code: "11".into(), has_pbx: false, ..Location::default() };
        let numbers = Numbers::new([("a", &location)], &Countries::default());
        let read = numbers.plan("a").unwrap().reported(ReportedAs::Caller, typed).unwrap();
        assert_eq!(read.number, number, "{iso}: {typed}");
    }
}

#[test]
fn every_region_of_the_metadata_is_a_country() {
    for region in PHONE_NUMBER_UTIL.get_supported_regions() {
        let country = Countries::default().get(&region.to_string());
        assert!(country.is_some_and(|country| !country.international_prefix().is_empty()), "{region:?}");
    }
    assert_eq!(Countries::default().get("XX"), None);
}

#[test]
fn emergency_numbers_and_towns_of_large_economies_are_shipped() {
    let countries = Countries::default();
    for (iso, emergency, number, town) in [
        ("US", "911", "+12025550123", "Washington D.C."),
        ("US", "911", "+12013335678", "New Jersey"),
        ("CA", "911", "+14165550123", "Ontario"),
        ("MX", "911", "+525512345678", "Mexico City, FD"),
        ("BR", "190", "+552121234567", "Rio de Janeiro"),
        ("CN", "110", "+861012345678", "Beijing"),
        ("JP", "119", "+81312345678", "Tokyo"),
        ("KR", "119", "+82212345678", "Seoul"),
        ("IN", "112", "+911123456789", "New Delhi"),
        ("AU", "000", "+61212345678", "New South Wales"),
        ("RU", "112", "+74951234567", "Moscow"),
        ("DE", "110", "+4930123456", "Berlin"),
    ] {
        let country = countries.get(iso).unwrap();
        assert!(country.special_number(emergency).is_some_and(|special| special.emergency), "{iso} {emergency}");
        assert_eq!(countries.place(number).map(|place| place.english).as_deref(), Some(town), "{number}");
    }
}

#[test]
fn a_question_mark_is_any_digit() {
    let countries = countries();
    let germany = countries.get("DE").unwrap();
    for (number, is_special) in
        [("110", true), ("1100", false), ("11", false), ("11833", true), ("118333", false), ("118a3", false)]
    {
        assert_eq!(germany.special_number(number).is_some(), is_special, "{number}");
    }
    assert_eq!(prefix_len("010??", "0101308912"), Some(5));
    assert_eq!(prefix_len("010??", "0101"), None);
    assert_eq!(prefix_len("", "0101"), None);
}
