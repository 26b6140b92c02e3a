//! Texts of objects: what they are compared by, and what they may look like.

use std::borrow::Cow;
use std::fmt::Display;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::problem::{Problem, ProblemCode, Problems};

/// Octets of a login.
pub(super) const MAX_LOGIN: usize = 128;
/// Characters of a name, a title and the like.
pub(super) const MAX_NAME: usize = 128;
/// Characters of a description.
pub(super) const MAX_TEXT: usize = 1000;
/// Characters of an address on the web or of e-mail.
pub(super) const MAX_ADDRESS: usize = 254;
/// Characters of a telephone number.
pub(super) const MAX_NUMBER: usize = 40;

/// The text without case and accents, for searching and sorting: `Müßig` and `mussig` are the same.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    for character in text.nfkd().filter(|character| !is_combining_mark(*character)) {
        match character {
            'ß' | 'ẞ' => folded.push_str("ss"),
            'æ' | 'Æ' => folded.push_str("ae"),
            'œ' | 'Œ' => folded.push_str("oe"),
            'ø' | 'Ø' => folded.push('o'),
            'ł' | 'Ł' => folded.push('l'),
            'đ' | 'Đ' | 'ð' | 'Ð' => folded.push('d'),
            'þ' | 'Þ' => folded.push_str("th"),
            'ı' => folded.push('i'),
            other => folded.extend(other.to_lowercase().filter(|lower| !is_combining_mark(*lower))),
        }
    }
    folded
}

/// The text without case, for names that must differ in more than that. Accents count: they tell people apart.
pub fn caseless(text: &str) -> String {
    match text.is_ascii() {
        true => text.to_ascii_lowercase(),
        false => text.nfc().flat_map(char::to_lowercase).collect(),
    }
}

/// Without spaces at both ends.
pub(super) fn trim(text: &mut String) {
    if text.trim().len() != text.len() {
        *text = text.trim().to_owned();
    }
}

/// A telephone number without what people put between digits to read it.
pub(super) fn tidy_number(number: &mut String) {
    let is_between = |c: char| c.is_whitespace() || matches!(c, '-' | '–' | '/' | '(' | ')' | '.' | '\u{2011}');
    if number.contains(is_between) {
        number.retain(|c| !is_between(c));
    }
}

/// The digits of a number, with `*` and `#`: what numbers are compared by, until a site has rules of its own.
pub fn digits(number: &str) -> Cow<'_, str> {
    let is_kept = |c: char| c.is_ascii_digit() || matches!(c, '*' | '#');
    match number.chars().all(is_kept) {
        true => Cow::Borrowed(number),
        false => Cow::Owned(number.chars().filter(|c| is_kept(*c)).collect()),
    }
}

/// Notes what is wrong with a line of text.
pub(super) fn check_text(text: &str, most: usize, pointer: impl Display, problems: &mut Problems) {
    if text.chars().count() > most {
        problems.add_with(&pointer, ProblemCode::TooLong, most);
    }
    if text.chars().any(char::is_control) {
        problems.add(&pointer, ProblemCode::ControlCharacter);
    }
}

/// The same for a name, which must be there.
pub(super) fn check_name(name: &str, pointer: impl Display, problems: &mut Problems) {
    if name.is_empty() {
        problems.add(&pointer, ProblemCode::Required);
    }
    check_text(name, MAX_NAME, pointer, problems);
}

/// The same for text that may have line breaks.
pub(super) fn check_description(text: &str, pointer: impl Display, problems: &mut Problems) {
    if text.chars().count() > MAX_TEXT {
        problems.add_with(&pointer, ProblemCode::TooLong, MAX_TEXT);
    }
    if text.chars().any(|c| c.is_control() && c != '\n') {
        problems.add(&pointer, ProblemCode::ControlCharacter);
    }
}

/// Notes what is wrong with a name to sign in with.
pub(super) fn check_login(login: &str, pointer: &str, problems: &mut Problems) {
    if login.is_empty() {
        problems.add(pointer, ProblemCode::Required);
    }
    if login.len() > MAX_LOGIN {
        problems.add_with(pointer, ProblemCode::TooLong, MAX_LOGIN);
    }
    if login.chars().any(char::is_control) {
        problems.add(pointer, ProblemCode::ControlCharacter);
    } else if login.chars().any(char::is_whitespace) {
        problems.add(pointer, ProblemCode::SpaceInLogin);
    }
}

/// Notes what is wrong with an identity, `user@domain`.
pub(super) fn check_identity(identity: &str, pointer: &str, problems: &mut Problems) {
    if identity.len() > MAX_ADDRESS {
        problems.add_with(pointer, ProblemCode::TooLong, MAX_ADDRESS);
    } else if !is_address(identity) {
        problems.add(pointer, ProblemCode::InvalidIdentity);
    }
}

/// Notes what is wrong with an e-mail address.
pub(super) fn check_email(email: &str, pointer: &str, problems: &mut Problems) {
    if email.is_empty() {
        return;
    }
    if email.len() > MAX_ADDRESS {
        problems.add_with(pointer, ProblemCode::TooLong, MAX_ADDRESS);
    } else if !is_address(email) {
        problems.add(pointer, ProblemCode::InvalidEmail);
    }
}

/// Notes what is wrong with a website.
pub(super) fn check_website(website: &str, pointer: &str, problems: &mut Problems) {
    check_text(website, MAX_ADDRESS, pointer, problems);
    let host = website.strip_prefix("https://").or_else(|| website.strip_prefix("http://"));
    let is_one = host.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && !rest.contains(' '));
    if !website.is_empty() && !is_one {
        problems.add(pointer, ProblemCode::InvalidWebsite);
    }
}

/// Notes what is wrong with a telephone number; none is right.
pub(super) fn check_number(number: &str, pointer: impl Display, problems: &mut Problems) {
    if number.is_empty() {
        return;
    }
    if number.len() > MAX_NUMBER {
        problems.add_with(pointer, ProblemCode::TooLong, MAX_NUMBER);
    } else if !is_number(number) {
        problems.add(pointer, ProblemCode::InvalidNumber);
    }
}

/// Notes what is wrong with the name of a line; none is right.
pub(super) fn check_line(line: &str, pointer: impl Display, problems: &mut Problems) {
    if line.is_empty() {
        return;
    }
    if line.chars().count() > MAX_NAME {
        problems.add_with(pointer, ProblemCode::TooLong, MAX_NAME);
    } else if line.chars().any(char::is_control) || line.split('/').any(str::is_empty) {
        problems.add(pointer, ProblemCode::InvalidLine);
    }
}

/// Notes that a list is longer than it may be.
pub(super) fn check_len(len: usize, most: usize, pointer: impl Display, problems: &mut Problems) -> bool {
    if len > most {
        problems.add_with(pointer, ProblemCode::TooMany, most);
    }
    len <= most
}

/// Notes that a number is outside of its limits.
pub(super) fn check_range(
    value: i64,
    limits: std::ops::RangeInclusive<i64>,
    pointer: impl Display,
    problems: &mut Problems,
) {
    if !limits.contains(&value) {
        let whole = Problem::whole(ProblemCode::OutOfRange).value(limits.start()).value(limits.end());
        problems.push(Problem { pointer: pointer.to_string(), ..whole });
    }
}

/// `+` and digits, or digits with `*` and `#`, as a telephone dials them.
fn is_number(number: &str) -> bool {
    match number.strip_prefix('+') {
        Some(rest) => !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()),
        None => number.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'*' | b'#')),
    }
}

/// `local@domain` as people have it: dot-atoms of RFC 5322 and letters of any language, no quoting and no comments.
fn is_address(address: &str) -> bool {
    let Some((local, domain)) = address.rsplit_once('@') else { return false };
    let is_atom = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let dots = local.starts_with('.') || local.ends_with('.') || local.contains("..");
    !local.is_empty() && local.len() <= 128 && !dots && local.chars().all(is_atom) && is_domain(domain)
}

/// Labels with dots between them; one label is a domain, too, in a network of one's own.
pub(super) fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    domain.len() <= 253 && domain.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_found_whatever_its_case_and_accents() {
        assert_eq!(fold("Müßig"), "mussig");
        assert_eq!(fold("ÉLODIE Łoś"), "elodie los");
        assert_eq!(fold("Søren Æbelø"), "soren aebelo");
        assert_eq!(fold("İstanbul"), "istanbul");
        assert_eq!(caseless("MÜLLER"), "müller");
        assert_ne!(caseless("Muller"), caseless("Müller"));
    }

    #[test]
    fn addresses_are_told_from_what_is_none() {
        for right in ["anna@example.com", "a.b+c@x-y.example", "o'neil@firma", "jörg@münchen.example"] {
            assert!(is_address(right), "{right}");
        }
        for wrong in ["", "anna", "@x", "a@", "a b@x.y", ".a@x", "a..b@x", "a@-x.y", "a@x..y", "a@b@c d", "a\n@x"] {
            assert!(!is_address(wrong), "{wrong}");
        }
    }

    #[test]
    fn numbers_are_told_from_what_is_none() {
        for right in ["+498912345", "147", "*21#", "0"] {
            assert!(is_number(right), "{right}");
        }
        for wrong in ["+", "++49", "+49*1", "49 89", "abc", "1+2"] {
            assert!(!is_number(wrong), "{wrong}");
        }
        let mut number = "+49 (89) 123-45/6".to_owned();
        tidy_number(&mut number);
        assert_eq!(number, "+49891234 56".replace(' ', ""));
    }
}
