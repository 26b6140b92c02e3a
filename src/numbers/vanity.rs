//! Letters that stand for digits (ITU-T E.161).

use super::canonical::keys;
use super::country::prefix_len;
use super::plan::DialPlan;
use super::split::calling_code;

impl DialPlan {
    /// A number in which letters after one of the location's area codes are digits, and that area code. Letters are upper case.
    pub(super) fn with_vanity(&self, number: &str) -> Option<(String, &str)> {
        self.location.vanity.iter().filter(|area| !area.is_empty()).find_map(|area| {
            let (at, _) =
                number.match_indices(area.as_str()).find(|(at, _)| self.introduces_area(number, *at, area))?;
            let (before, after) = number.split_at_checked(at + area.len())?;
            let has_letters = after.contains(|c: char| c.is_ascii_uppercase());
            has_letters.then(|| (before.chars().chain(after.chars().map(digit)).collect(), area.as_str()))
        })
    }

    /// Whether the digits before a place are such as go before an area code: elsewhere, the same digits are part of a number, and
    /// the letters behind them somebody's name.
    fn introduces_area(&self, number: &str, at: usize, area: &str) -> bool {
        let before = keys(number.get(..at).unwrap_or_default());
        let is_trunk_prefix = |digits: &str| digits.is_empty() || digits == self.country.trunk_prefix;
        let is_abroad = |digits: &str| {
            let whole = format!("+{digits}{area}");
            let code = calling_code(&whole).map_or("", |(code, _)| code);
            // Freephone numbers that can be called from everywhere have it in the place of a country's code.
            let is_worldwide = digits.is_empty() && code == area;
            is_worldwide || !code.is_empty() && digits.strip_prefix(code).is_some_and(is_trunk_prefix)
        };
        // What stands before + is an access code that somebody put there.
        if let Some((_, digits)) = before.rsplit_once('+') {
            return is_abroad(digits);
        }
        let introduces = |digits: &str| {
            let prefixes = self.country.international_prefixes.iter();
            let mut after = prefixes.filter_map(|prefix| digits.get(prefix_len(prefix, digits)?..));
            is_trunk_prefix(digits) || after.any(is_abroad)
        };
        let codes = &self.location.access_codes;
        let codes = [&codes.local, &codes.national, &codes.international].into_iter().filter(|_| self.location.has_pbx);
        introduces(&before) || codes.filter_map(|code| before.strip_prefix(code.as_str())).any(introduces)
    }
}

/// The key that a letter stands on; anything else is itself.
fn digit(c: char) -> char {
    match c {
        'A'..='C' => '2',
        'D'..='F' => '3',
        'G'..='I' => '4',
        'J'..='L' => '5',
        'M'..='O' => '6',
        'P'..='S' => '7',
        'T'..='V' => '8',
        'W'..='Z' => '9',
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::numbers::Numbers;
    use crate::numbers::country::Countries;

    fn resolved(country: &str, number: &str) -> Option<String> {
        let location = json!({ "name": "A", "country": country, "vanity": ["700", "800"] });
        let location = serde_json::from_value(location).unwrap();
        let numbers = Numbers::new([("a", &location)], &Countries::default());
        let plan = numbers.plan("a").unwrap();
        plan.with_vanity(number).map(|(number, _)| number)
    }

    #[test]
    fn letters_after_an_area_code_are_digits() {
        for (country, number, expected) in [
            ("DE", "0800HANSMEIER", Some("0800426763437")),
            ("DE", "00800HANSMEIER", Some("00800426763437")),
            ("DE", "+49800HANSMEIER", Some("+49800426763437")),
            ("DE", "+490800HANSMEIER", Some("+490800426763437")),
            ("DE", "0049800HANSMEIER", Some("0049800426763437")),
            ("DE", "0+1800HANSMEIER", Some("0+1800426763437")),
            ("DE", "+800HANSMEIER", Some("+800426763437")),
            ("US", "18004HELP", Some("180044357")),
            ("DE", "0800ABCDEFGHIJKLMNOPQRSTUVWXYZ", Some("080022233344455566677778889999")),
            ("DE", "0900HANSMEIER", None),
            ("DE", "HANS0800", None),
            ("DE", "TEL0800HANSMEIER", Some("TEL0800426763437")),
            ("DE", "0800123", None),
            // The code lies within an ordinary number, behind which its owner's name stands.
            ("DE", "+4971180030ZENTRALE", None),
            ("DE", "071180030ZENTRALE", None),
            ("DE", "0049711800ZENTRALE", None),
            ("DE", "123800ZENTRALE", None),
        ] {
            assert_eq!(resolved(country, number).as_deref(), expected, "{country} {number}");
        }
    }
}
