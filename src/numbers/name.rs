//! Names that people dial in place of numbers.

/// Octets of the longest name.
const LONGEST: usize = 128;

/// The name that somebody types, which is dialled as it is: it begins with a letter, and can be the user of a SIP URI. In a number
/// that is written with letters something else comes first.
pub fn name_in(typed: &str) -> Option<&str> {
    let typed = typed.trim();
    let fits = |c: char| !c.is_control() && !c.is_whitespace() && !matches!(c, '@' | ':');
    let counts = |c: &char| c.is_alphanumeric() || matches!(c, '+' | '*' | '#' | '!');
    let is_name = typed.len() <= LONGEST && typed.chars().all(fits);
    (is_name && typed.chars().find(counts).is_some_and(char::is_alphabetic)).then_some(typed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_begin_with_a_letter() {
        for name in ["alice", " alice2 ", "mira.hoffmann", "(room)101", "Zoë"] {
            assert_eq!(name_in(name), Some(name.trim()), "{name}");
        }
        for other in ["", "?", "0800FLOWERS", "+49alice", "!alice", "*21a", "call 112", "tel:112", "a@b", "a\0"] {
            assert_eq!(name_in(other), None, "{other}");
        }
        assert_eq!(name_in(&"a".repeat(LONGEST + 1)), None);
    }
}
