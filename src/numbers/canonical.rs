//! Numbers as people and PBXs write them become super-canonical: +, country, area and number.

use std::borrow::Cow;
use std::fmt::Display;

use rlibphonenumber::{NumberLengthType, PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat};

use super::country::prefix_len;
use super::plan::DialPlan;
use super::step::{NoteCode, StepName, Trace};

/// What introduces an area code nearly everywhere. No number in an area begins with it.
pub(super) const ZERO: &str = "0";
/// Digits of the shortest number with its calling code.
const SHORTEST: usize = 4;

/// How a number was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// It has been super-canonical.
    Canonical,
    /// The same, but for digits that do not belong after the calling code.
    Tidied,
    /// As many digits introduced a calling code.
    International(usize),
    /// What introduces an area code did so.
    National,
    /// It was whole but for the calling code.
    Whole,
    /// It was a number of the own area.
    Subscriber,
    /// The same, where numbers are not completed.
    NotCompleted,
    /// It has no area code.
    Special,
    /// It has `*` or `#` in it.
    NotConvertible,
    /// It leads nowhere.
    NotANumber,
}

impl DialPlan {
    /// A number of digits, `+`, `*` and `#` as a super-canonical one, or as it is where that cannot be.
    pub(super) fn canonical<'a>(&self, number: &'a str) -> (Cow<'a, str>, How) {
        if number.contains(['*', '#']) {
            return (number.into(), How::NotConvertible);
        }
        // What stands before + is an access code that somebody put there.
        if let Some((before, digits)) = number.rsplit_once('+') {
            let how = if before.is_empty() { How::Canonical } else { How::Tidied };
            return self.with_calling_code(digits, how).unwrap_or((number.into(), How::NotANumber));
        }
        if self.country.special_number(number).is_some() {
            return (number.into(), How::Special);
        }
        for prefix in &self.country.international_prefixes {
            if let Some(len) = prefix_len(prefix, number).filter(|len| number.len() >= len + SHORTEST)
                && let Some(read) = self.with_calling_code(&number[len..], How::International(len))
            {
                return read;
            }
        }
        let trunk = self.country.trunk_prefix.as_str();
        if !trunk.is_empty()
            && let Some(rest) = number.strip_prefix(trunk).filter(|rest| !rest.is_empty())
            && let Some(whole) = if trunk == ZERO { Some(self.national(rest)) } else { self.possible_whole(rest) }
        {
            return (whole.into(), How::National);
        }
        if let Some(whole) =
            self.possible_whole(number).filter(|_| trunk != ZERO).or_else(|| self.written_whole(number))
        {
            return (whole.into(), How::Whole);
        }
        if number.is_empty() || number.starts_with(ZERO) {
            return (number.into(), How::NotANumber);
        }
        if self.location.always_area_code {
            return (number.into(), How::NotCompleted);
        }
        (format!("+{}{}{number}", self.country.calling_code, self.area).into(), How::Subscriber)
    }

    /// The same, as a step.
    pub(super) fn trace_canonical(&self, at: u8, number: &str, read: &(Cow<'_, str>, How), trace: &mut Trace) {
        let code = &self.country.calling_code;
        let (note, values): (NoteCode, &[&dyn Display]) = match read.1 {
            How::Canonical => (NoteCode::Canonical, &[]),
            How::Tidied => (NoteCode::Tidied, &[]),
            How::International(len) => (NoteCode::International, &[&number.get(..len).unwrap_or_default()]),
            How::National => (NoteCode::National, &[&self.country.trunk_prefix, code]),
            How::Whole => (NoteCode::Whole, &[code]),
            How::Subscriber if self.area.is_empty() => (NoteCode::Whole, &[code]),
            How::Subscriber => (NoteCode::Subscriber, &[code, &self.area]),
            How::NotCompleted => (NoteCode::NotCompleted, &[]),
            How::Special => (NoteCode::Special, &[&number]),
            How::NotConvertible => (NoteCode::NotConvertible, &[]),
            How::NotANumber => (NoteCode::NotANumber, &[]),
        };
        trace.step((at, StepName::Canonical), (number, &read.0), note, values);
    }

    /// Digits that begin with a calling code. What stands after it and is only dialled within the country is taken away, as in
    /// +49 (0) 30.
    fn with_calling_code(&self, digits: &str, how: How) -> Option<(Cow<'static, str>, How)> {
        if digits.is_empty() || digits.starts_with(ZERO) || digits.contains('+') {
            return None;
        }
        let number = format!("+{digits}");
        match tidied(&number) {
            Some(tidy) => Some((tidy.into(), if how == How::Canonical { How::Tidied } else { how })),
            None => Some((number.into(), how)),
        }
    }

    /// A number of the country, as written after the calling code.
    fn national(&self, number: &str) -> String {
        let whole = format!("{}{number}", self.country.calling_code);
        match self.with_calling_code(&whole, How::National) {
            Some((number, _)) => number.into_owned(),
            None => format!("+{whole}"),
        }
    }

    /// What has as many digits as numbers with their area codes have.
    fn possible_whole(&self, number: &str) -> Option<String> {
        let parsed = PHONE_NUMBER_UTIL.parse(number, Some(self.region)).ok()?;
        let is_whole = PHONE_NUMBER_UTIL.is_possible_number_with_reason(&parsed) == Ok(NumberLengthType::IsPossible);
        is_whole.then(|| parsed.format_as(PhoneNumberFormat::E164).into_owned())
    }

    /// What people write without what introduces an area code, as mobile and free numbers are in some countries.
    fn written_whole(&self, number: &str) -> Option<String> {
        let parsed = PHONE_NUMBER_UTIL.parse(number, Some(self.region)).ok()?;
        let is_whole = written_without_trunk_prefix(&parsed, number);
        is_whole.then(|| parsed.format_as(PhoneNumberFormat::E164).into_owned())
    }
}

/// A super-canonical number without what is only dialled within its country. None: it has nothing of that, or what were left
/// would be no better.
fn tidied(number: &str) -> Option<String> {
    let e164 = |number: &str| {
        let parsed = PHONE_NUMBER_UTIL.parse(number, None).ok()?;
        Some((parsed.format_as(PhoneNumberFormat::E164).into_owned(), parsed))
    };
    let (tidy, parsed) = e164(number)?;
    if tidy == number {
        return None;
    }
    let has_lost_a_zero = number.len() == tidy.len() + ZERO.len();
    let is_better = (has_lost_a_zero || parsed.is_valid()) && e164(&tidy).is_some_and(|(again, _)| again == tidy);
    is_better.then_some(tidy)
}

/// Whether a number is written within its country as it is after the calling code.
pub(super) fn written_without_trunk_prefix(parsed: &PhoneNumber, national: &str) -> bool {
    let written = parsed.format_as(PhoneNumberFormat::National);
    written.chars().filter(char::is_ascii_digit).eq(national.chars()) && parsed.is_valid()
}

/// Digits, `+`, `*` and `#` of a text. Digits of other scripts that keyboards of today write are digits.
pub fn keys(text: &str) -> String {
    text.chars().filter_map(key).collect()
}

/// What a character is on a telephone's keys.
pub(super) fn key(c: char) -> Option<char> {
    match c {
        '0'..='9' | '+' | '*' | '#' => Some(c),
        '０'..='９' => digit(c, '０'),
        '٠'..='٩' => digit(c, '٠'),
        '۰'..='۹' => digit(c, '۰'),
        '＋' => Some('+'),
        _ => None,
    }
}

fn digit(c: char, zero: char) -> Option<char> {
    char::from_digit(u32::from(c) - u32::from(zero), 10)
}
