//! The extensions of a location, as spans of numbers of the same length.

use super::location::{ExtensionPrefixes, ExtensionRange, Location, Numbering, limits};

/// Digits of a number at most: as many as fit into what spans are compared by.
pub(super) const MAX_DIGITS: usize = 15;

/// Extensions with as many digits, from one to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    /// How many digits they have.
    pub(super) digits: usize,
    /// The first.
    pub(super) first: u64,
    /// The last.
    pub(super) last: u64,
}

impl Span {
    /// From one to another; none where these are no digits, or not as many.
    fn new(first: &str, last: &str) -> Option<Span> {
        let span = Span { digits: first.len(), first: value(first)?, last: value(last)? };
        (first.len() == last.len() && span.first <= span.last).then_some(span)
    }

    /// Whether an extension is one of these.
    fn contains(&self, digits: usize, value: u64) -> bool {
        self.digits == digits && (self.first..=self.last).contains(&value)
    }

    /// What both have.
    pub(super) fn overlap(&self, other: &Span) -> Option<Span> {
        let (first, last) = (self.first.max(other.first), self.last.min(other.last));
        (self.digits == other.digits && first <= last).then_some(Span { digits: self.digits, first, last })
    }

    /// The first, as it is dialled.
    pub(super) fn first_number(&self) -> String {
        format!("{:0width$}", self.first, width = self.digits)
    }

    /// The last, as it is dialled.
    pub(super) fn last_number(&self) -> String {
        format!("{:0width$}", self.last, width = self.digits)
    }
}

/// The value of a text of digits.
fn value(digits: &str) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.len() <= MAX_DIGITS && digits.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| digits.parse().ok())?
}

/// The extensions of a location.
#[derive(Debug, Clone, Default)]
pub(super) struct Extensions {
    spans: Vec<Span>,
}

impl Extensions {
    /// Those that a location's numbering names. Lengths alone name none.
    pub(super) fn of(location: &Location) -> Extensions {
        if !location.has_pbx {
            return Extensions::default();
        }
        // More than there may be are not looked at.
        let spans = match &location.numbering {
            Numbering::Trunk { ranges, prefixes, shortest, longest, .. } => {
                let ranges = ranges.iter().take(limits::RANGES);
                let ranges = ranges.filter_map(|ExtensionRange { from, to }| Span::new(from, to));
                ranges.chain(prefixes.iter().flat_map(|prefixes| spelled_out(prefixes, *shortest, *longest))).collect()
            }
            Numbering::Multipoint { numbers, .. } => {
                let numbers = numbers.iter().take(limits::SUBSCRIBER_NUMBERS);
                numbers.filter_map(|number| Span::new(&number.internal, &number.internal)).collect()
            }
        };
        Extensions { spans }
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The spans.
    pub(super) fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// Whether a number is one.
    pub(super) fn contains(&self, number: &str) -> bool {
        value(number).is_some_and(|value| self.spans.iter().any(|span| span.contains(number.len(), value)))
    }
}

/// One span per length.
fn spelled_out(prefixes: &ExtensionPrefixes, shortest: u32, longest: u32) -> impl Iterator<Item = Span> {
    let ExtensionPrefixes { from, to } = prefixes;
    let shortest = (shortest as usize).max(from.len().max(to.len()));
    let longest = (longest as usize).min(MAX_DIGITS);
    (shortest..=longest).filter_map(move |digits| Span::new(&format!("{from:0<digits$}"), &format!("{to:9<digits$}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extensions(ranges: &[(&str, &str)], prefixes: Option<(&str, &str)>, lengths: (u32, u32)) -> Extensions {
        let numbering = Numbering::Trunk {
            base_number: "12345".into(),
            ranges: ranges.iter().map(|(from, to)| ExtensionRange { from: (*from).into(), to: (*to).into() }).collect(),
            prefixes: prefixes.map(|(from, to)| ExtensionPrefixes { from: from.into(), to: to.into() }),
            shortest: lengths.0,
            longest: lengths.1,
        };
        Extensions::of(&Location { numbering, ..Location::default() })
    }

    #[test]
    fn a_range_has_all_between_its_ends_and_no_other_lengths() {
        let extensions = extensions(&[("30", "69"), ("007", "009")], None, (2, 3));
        for (number, is_one) in [
            ("30", true),
            ("69", true),
            ("29", false),
            ("70", false),
            ("030", false),
            ("300", false),
            ("008", true),
            ("8", false),
        ] {
            assert_eq!(extensions.contains(number), is_one, "{number}");
        }
        for number in ["", "3a", "+30", "٣٠", &"3".repeat(40)] {
            assert!(!extensions.contains(number), "{number}");
        }
    }

    #[test]
    fn first_digits_and_lengths_make_ranges() {
        // 20, 300 to 499 and 5000: first digits 2 to 5, two to four digits.
        let extensions = extensions(&[], Some(("2", "5")), (2, 4));
        for (number, is_one) in [
            ("20", true),
            ("300", true),
            ("499", true),
            ("5000", true),
            ("5", false),
            ("199", false),
            ("60", false),
            ("20000", false),
        ] {
            assert_eq!(extensions.contains(number), is_one, "{number}");
        }
    }

    #[test]
    fn overlaps_are_what_both_have() {
        let span = |from, to| Span::new(from, to).unwrap();
        let both = span("100", "299").overlap(&span("200", "399")).unwrap();
        assert_eq!((both.first_number(), both.last_number()), ("200".into(), "299".into()));
        assert_eq!(span("00", "09").overlap(&span("0", "9")), None);
    }
}
