//! A super-canonical number in its parts, and as people read it.

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat};

use super::is_canonical;
use super::plan::DialPlan;

/// The calling code of the North American numbering plan, and digits of an area code there.
pub(super) const NORTH_AMERICA: &str = "1";
const NORTH_AMERICAN_AREA: usize = 3;

/// The parts of a super-canonical number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parts<'a> {
    /// The calling code.
    pub(super) code: &'a str,
    /// The area code, or that of a mobile network; empty where there is none.
    pub(super) area: &'a str,
    /// The rest.
    pub(super) local: &'a str,
}

/// The calling code of a super-canonical number, and what follows it.
pub(super) fn calling_code(number: &str) -> Option<(&str, &str)> {
    let digits = number.strip_prefix('+')?;
    (1..=3).find_map(|len| {
        let (code, rest) = digits.split_at_checked(len)?;
        PHONE_NUMBER_UTIL.get_region_for_country_code(code.parse().ok()?).map(|_| (code, rest))
    })
}

impl DialPlan {
    /// A super-canonical number in its parts: the own area first, then what libphonenumber's metadata tell.
    pub(super) fn parts<'a>(&self, number: &'a str) -> Parts<'a> {
        let (code, rest) = calling_code(number).unwrap_or(("", number.trim_start_matches('+')));
        let len = match code == self.country.calling_code {
            _ if code == NORTH_AMERICA => NORTH_AMERICAN_AREA,
            true if !self.area.is_empty() && rest.starts_with(&self.area) => self.area.len(),
            _ => area_len(number),
        };
        // Nobody has an area code alone.
        let (area, local) = rest.split_at_checked(len).filter(|(_, local)| !local.is_empty()).unwrap_or(("", rest));
        Parts { code, area, local }
    }

    /// A number as people read it here: `+49 (30) 123456`, or the extension where it leads to one of this location.
    pub fn display(&self, number: &str) -> String {
        if !is_canonical(number) {
            return number.to_owned();
        }
        if let Some(extension) = self.extension(number) {
            return extension.to_owned();
        }
        match self.parts(number) {
            Parts { code: "", .. } => number.to_owned(),
            Parts { code, area: "", local } => format!("+{code} {local}"),
            Parts { code, area, local } => format!("+{code} ({area}) {local}"),
        }
    }
}

/// Digits of the area code or of the mobile network's, as far as the metadata know the number.
fn area_len(number: &str) -> usize {
    let Ok(parsed) = PHONE_NUMBER_UTIL.parse(number, None) else { return 0 };
    let area = parsed.get_length_of_geographical_area_code();
    if area > 0 {
        return area;
    }
    // Where nothing introduces area codes, numbers have none.
    let national = parsed.format_as(PhoneNumberFormat::National);
    let has_trunk_prefix =
        national.bytes().filter(u8::is_ascii_digit).count() > parsed.get_national_significant_number().len();
    if has_trunk_prefix { parsed.get_length_of_national_destination_code() } else { 0 }
}
