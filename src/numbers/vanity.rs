//! Letters that stand for digits (ITU-T E.161).

/// A number in which letters after one of the area codes are digits, and that area code. Letters are upper case.
pub(super) fn resolve<'a>(number: &str, areas: &'a [String]) -> Option<(String, &'a str)> {
    areas.iter().filter(|area| !area.is_empty()).find_map(|area| {
        let (before, after) = number.split_at_checked(number.find(area.as_str())? + area.len())?;
        let has_letters = after.contains(|c: char| c.is_ascii_uppercase());
        has_letters.then(|| (before.chars().chain(after.chars().map(digit)).collect(), area.as_str()))
    })
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
    use super::*;

    #[test]
    fn letters_after_an_area_code_are_digits() {
        let areas = ["700".to_owned(), "800".to_owned()];
        for (number, expected) in [
            ("0800HANSMEIER", Some("0800426763437")),
            ("+49800HANSMEIER", Some("+49800426763437")),
            ("18004HELP", Some("180044357")),
            ("0800ABCDEFGHIJKLMNOPQRSTUVWXYZ", Some("080022233344455566677778889999")),
            ("0900HANSMEIER", None),
            ("HANS0800", None),
            ("TEL0800HANSMEIER", Some("TEL0800426763437")),
            ("0800123", None),
        ] {
            assert_eq!(resolve(number, &areas).map(|(number, _)| number).as_deref(), expected, "{number}");
        }
    }
}
