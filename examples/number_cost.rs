//! What reading and dialling numbers costs with many rules, in time on a CPU: others on the machine do not count.
//!
//! `cargo run --release --example number_cost [rules]`

use std::hint::black_box;

use offhook::numbers::country::Countries;
use offhook::numbers::location::NumberRule;
use offhook::numbers::{Circumstances, Location, Numbers, ReportedAs};

/// Numbers that each thing is done with.
const NUMBERS: u32 = 100_000;

fn main() {
    let rules = std::env::args().nth(1).map_or(1_000, |text| text.parse().expect("a number of rules"));
    for (what, rules) in [("no rules", 0), ("rules in each list", rules)] {
        let location = location(rules);
        let before = on_cpu();
        let numbers = Numbers::new([("a", &location)], &Countries::default());
        println!("{rules} {what}: compiled in {:.1} ms", (on_cpu() - before) * 1e3);
        let plan = numbers.plan("a").expect("the location is there");
        let around = Circumstances::default();
        for (name, number) in [("internal", "42"), ("national", "0891234567"), ("international", "00441632960000")] {
            measured(&format!("reported, {name}"), || {
                _ = black_box(plan.reported(ReportedAs::Caller, black_box(number)))
            });
            measured(&format!("dialled, {name}"), || _ = black_box(plan.dialled(black_box(number), &around)));
        }
        measured("shown", || _ = black_box(plan.display(black_box("+49891234567"))));
    }
}

/// A location whose rules fit nothing that is asked here, so that each list is gone through to its end.
fn location(rules: u32) -> Location {
    let list = |from: u32| -> Vec<NumberRule> {
        let rule = |at: u32| NumberRule {
            pattern: format!("^{}([0-9]{{2,4}})$", 700_000 + from + at),
            replacement: Some(format!("+4930{at}\\1")),
            ..NumberRule::default()
        };
        (0..rules).map(rule).collect()
    };
    let mut location =
        Location { name: "A".into(), country: "DE".into(), area_code: "30".into(), ..Location::default() };
    location.external_rules = list(0);
    location.internal_rules = list(10_000);
    location.formatting.incoming = list(20_000);
    location.formatting.dialling = list(30_000);
    location.formatting.dialling_final = list(40_000);
    location
}

fn measured(what: &str, mut once: impl FnMut()) {
    once();
    let before = on_cpu();
    (0..NUMBERS).for_each(|_| once());
    let spent = on_cpu() - before;
    println!("{:>10.2} µs  {:>10.0} a second  {what}", spent * 1e6 / f64::from(NUMBERS), f64::from(NUMBERS) / spent);
}

/// Seconds that this thread has been on a CPU.
fn on_cpu() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|first| first.parse::<f64>().ok()).unwrap_or_default() / 1e9
}
