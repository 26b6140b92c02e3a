//! Rules that somebody sets, and numbers that a PBX reports or somebody types: the first line is the number, each further
//! line a pattern and, after a tab, its replacement.

#![no_main]

use libfuzzer_sys::fuzz_target;
use offhook::numbers::country::Countries;
use offhook::numbers::location::{Comparison, NumberRule};
use offhook::numbers::{Circumstances, Location, Numbers, ReportedAs};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut lines = text.lines();
    let number = lines.next().unwrap_or_default();
    let rules: Vec<NumberRule> = lines.take(20).map(rule).collect();
    let mut location =
        Location { name: "A".into(), country: "DE".into(), area_code: "30".into(), ..Location::default() };
    location.vanity = vec!["800".into()];
    location.external_rules.clone_from(&rules);
    location.internal_rules.clone_from(&rules);
    location.line_rules.clone_from(&rules);
    location.formatting.incoming.clone_from(&rules);
    location.formatting.dialling.clone_from(&rules);
    location.formatting.dialling_final = rules;
    location.check();
    let numbers = Numbers::new([("a", &location)], &Countries::default());
    let Some(plan) = numbers.plan("a") else { return };
    for kind in [ReportedAs::Caller, ReportedAs::Called] {
        assert_eq!(plan.reported(kind, number), plan.explain_reported(kind, number).0);
    }
    let around = Circumstances::default();
    assert_eq!(plan.dialled(number, &around), plan.explain_dialled(number, &around).0);
    plan.display(number);
    plan.line_number(number);
});

fn rule(line: &str) -> NumberRule {
    let (pattern, replacement) = match line.split_once('\t') {
        Some((pattern, replacement)) => (pattern, Some(replacement.to_owned())),
        None => (line, None),
    };
    let compare = if pattern.starts_with('=') { Comparison::Equal } else { Comparison::Regex };
    NumberRule { compare, pattern: pattern.trim_start_matches('=').to_owned(), replacement, ..NumberRule::default() }
}
