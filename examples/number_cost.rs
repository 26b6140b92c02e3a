//! What reading and dialling numbers costs with many rules, in time on a CPU: others on the machine do not count.
//!
//! `cargo run --release --example number_cost [rules]`

use std::hint::black_box;

use offhook::numbers::country::Countries;
use offhook::numbers::location::{ExtensionRange, NumberRule, Numbering};
use offhook::numbers::{Circumstances, Location, Numbers, Reach, ReportedAs};

/// Numbers that each thing is done with.
const NUMBERS: u32 = 100_000;

/// What is asked: what it is, the number, what that is, and where it leads. Two of what is reported have the code for an
/// outside line before them, which decides before external and internal rules are asked.
type Asked = (&'static str, &'static str, &'static str, Reach);

/// What the PBX reports of callers.
const REPORTED: [Asked; 4] = [
    ("without access code", "89123456", "+493089123456", Reach::External),
    ("an internal number", "42", "+49301234542", Reach::Internal),
    ("a national number", "00891234567", "+49891234567", Reach::External),
    ("an international number", "000441632960000", "+441632960000", Reach::External),
];
/// What people type.
const DIALLED: [Asked; 3] = [
    ("an internal number", "42", "+49301234542", Reach::Internal),
    ("a national number", "0891234567", "+49891234567", Reach::External),
    ("an international number", "00441632960000", "+441632960000", Reach::External),
];

fn main() {
    let rules = std::env::args().nth(1).map_or(1_000, |text| text.parse().expect("a number of rules"));
    for (what, rules) in [("no rules", 0), ("rules in each list", rules)] {
        let location = location(rules);
        let before = on_cpu();
        let numbers = Numbers::new([("a", &location)], &Countries::default());
        println!("{rules} {what}: compiled in {:.1} ms", (on_cpu() - before) * 1e3);
        let plan = numbers.plan("a").expect("the location is there");
        let around = Circumstances::default();
        for (name, number, whole, reach) in REPORTED {
            let reported = plan.reported(ReportedAs::Caller, number).expect("a number to show");
            assert_eq!((reported.number.as_str(), reported.reach), (whole, reach), "reported {number}");
            measured(&format!("reported, {name}: {number} is {whole}"), || {
                _ = black_box(plan.reported(ReportedAs::Caller, black_box(number)))
            });
        }
        for (name, number, whole, reach) in DIALLED {
            let dialled = plan.dialled(number, &around).expect("a number to dial");
            assert_eq!((dialled.canonical.as_str(), dialled.reach), (whole, reach), "dialled {number}");
            measured(&format!("dialled, {name}: for {number} the PBX gets {}", dialled.number), || {
                _ = black_box(plan.dialled(black_box(number), &around))
            });
        }
        let shown = plan.display("+49891234567");
        measured(&format!("shown: {shown}"), || _ = black_box(plan.display(black_box("+49891234567"))));
    }
}

/// A location with extensions 10 to 99. Its rules fit nothing that is asked here, so that each list that is looked at is gone
/// through to its end: of a caller without access code those of callers, external and internal numbers, of an extension the
/// first two; of what is typed those of external and, but for an extension, of internal numbers, and the two for dialling, of
/// an extension the final one.
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
    location.numbering = Numbering::Trunk {
        base_number: "12345".into(),
        ranges: vec![ExtensionRange { from: "10".into(), to: "99".into() }],
        prefixes: None,
        shortest: 2,
        longest: 2,
    };
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
