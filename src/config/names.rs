//! Lists of user names that share a password: `123`, `100-120`, `150;177;200-220`.

/// Names that one entry may stand for: more is a slip of the keyboard.
const MAX_NAMES: u64 = 10_000;
/// Stands for the user name in what is written once for several.
pub(super) const PLACE: &str = "<*>";

/// The user names of a list, in its order. A part is a range where both its ends are digits and nothing else; `001-120`
/// keeps the leading zeros.
pub(super) fn expand(list: &str) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    for part in list.split(';').map(str::trim) {
        if part.is_empty() {
            return Err(format!("{list:?} has an empty place; write user names like \"150;177;200-220\"."));
        }
        match range(part) {
            None => names.push(part.to_owned()),
            Some((low, high, width)) => {
                if low > high {
                    return Err(format!("the range {part:?} runs backwards."));
                }
                if high - low >= MAX_NAMES {
                    return Err(format!("the range {part:?} is longer than {MAX_NAMES} user names."));
                }
                names.extend((low..=high).map(|number| format!("{number:0width$}")));
            }
        }
    }
    Ok(names)
}

/// The ends of a range and the number of digits to write.
fn range(part: &str) -> Option<(u64, u64, usize)> {
    let (low, high) = part.split_once('-')?;
    let (low, high) = (low.trim(), high.trim());
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?;
    let width = if low.starts_with('0') { low.len() } else { 0 };
    Some((number(low)?, number(high)?, width))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_ranges_are_spelled_out() {
        assert_eq!(expand("123").unwrap(), ["123"]);
        assert_eq!(expand("100-102").unwrap(), ["100", "101", "102"]);
        assert_eq!(expand("150; 177;200-201").unwrap(), ["150", "177", "200", "201"]);
        assert_eq!(expand("008-010").unwrap(), ["008", "009", "010"]);
        assert_eq!(expand("sales-team").unwrap(), ["sales-team"]);
        assert_eq!(expand("+4989100-+4989102").unwrap(), ["+4989100-+4989102"]);
    }

    #[test]
    fn slips_are_named() {
        for (list, expected) in [("100-", ""), ("", "empty place"), ("1;;2", "empty place"), ("9-1", "backwards")] {
            match expand(list) {
                Ok(names) => assert_eq!((names.as_slice(), expected), (&[list.to_owned()][..], ""), "{list}"),
                Err(problem) => assert!(problem.contains(expected), "{problem}"),
            }
        }
        assert!(expand("1-10000").is_ok());
        assert!(expand("0-10000").unwrap_err().contains("longer"));
    }
}
