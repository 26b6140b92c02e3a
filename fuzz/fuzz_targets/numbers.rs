//! Rules that somebody sets, and numbers that a PBX reports or somebody types: the first octet says which location, the rest of
//! the first line is the number, each further line a pattern and, after a tab, what it makes of the number.

#![no_main]

use libfuzzer_sys::fuzz_target;
use offhook::numbers::country::Countries;
use offhook::numbers::location::{
    CallByCallProvider, Comparison, Dialect, Emergency, EmergencyRule, ExtensionRange, HALF_HOURS, LeastCostRouting,
    LocationNetwork, NumberRule, Numbering, Output, Project, ProjectUse, SimpleRule, TariffZone,
};
use offhook::numbers::{Circumstances, ClientAddress, Entries, Location, Numbers, ReportedAs};

const KINDS: [ReportedAs; 5] = [
    ReportedAs::Caller,
    ReportedAs::Called,
    ReportedAs::Forwarding,
    ReportedAs::ConnectedIncoming,
    ReportedAs::ConnectedOutgoing,
];

fuzz_target!(|data: &[u8]| {
    let Some((which, data)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut lines = text.lines();
    let number = lines.next().unwrap_or_default();
    let rules: Vec<(&str, Option<&str>)> = lines.take(20).map(rule).collect();
    let location = match which {
        b'f' => full(&rules),
        b's' => simple(&rules),
        _ => bare(&rules),
    };
    location.check();
    let other = Location { name: "B".into(), area_code: "89".into(), split_long_numbers: false, ..full(&[]) };
    let numbers = Numbers::new([("a", &location), ("b", &other)], &Countries::default());
    let Some(plan) = numbers.plan("a") else { return };
    for kind in KINDS {
        assert_eq!(plan.reported(kind, number), plan.explain_reported(kind, number).0);
    }
    let client = ClientAddress::parse(number).or(ClientAddress::parse("10.1.2.3"));
    let entries = Entries { pin: "1234", user: number };
    for around in [
        Circumstances::default(),
        Circumstances { client, forwarding: true, ..Circumstances::default() },
        Circumstances { client, private: true, entries, ..Circumstances::default() },
        Circumstances { project: Some("P"), entries, ..Circumstances::default() },
    ] {
        let dialled = plan.dialled(number, &around);
        assert_eq!(dialled, plan.explain_dialled(number, &around).0);
        assert_eq!(dialled.err(), plan.preview(number, &around).err());
    }
    plan.display(number);
    plan.line_number(number);
    plan.looked_up_by(number);
});

fn rule(line: &str) -> (&str, Option<&str>) {
    line.split_once('\t').map_or((line, None), |(pattern, replacement)| (pattern, Some(replacement)))
}

/// A location with nothing but rules.
fn bare(rules: &[(&str, Option<&str>)]) -> Location {
    let rule = |(pattern, replacement): &(&str, Option<&str>)| NumberRule {
        compare: if pattern.starts_with('=') { Comparison::Equal } else { Comparison::Regex },
        pattern: pattern.trim_start_matches('=').to_owned(),
        replacement: replacement.map(str::to_owned),
        ..NumberRule::default()
    };
    let rules: Vec<NumberRule> = rules.iter().map(rule).collect();
    let mut location =
        Location { name: "A".into(), country: "DE".into(), area_code: "30".into(), ..Location::default() };
    location.vanity = vec!["800".into()];
    location.external_rules.clone_from(&rules);
    location.internal_rules.clone_from(&rules);
    location.line_rules.clone_from(&rules);
    location.formatting.incoming.clone_from(&rules);
    location.formatting.dialling.clone_from(&rules);
    location.formatting.dialling_final = rules;
    location
}

/// A location in which everything is used; without rules, the PBX wants whole numbers.
fn full(rules: &[(&str, Option<&str>)]) -> Location {
    let mut location = bare(rules);
    location.numbering = Numbering::Trunk {
        base_number: "12345".into(),
        ranges: vec![ExtensionRange { from: "30".into(), to: "69".into() }],
        prefixes: None,
        shortest: 2,
        longest: 3,
    };
    location.access_codes.private = "8eeeeU".into();
    location.emergency = Emergency {
        enabled: true,
        rules: vec![EmergencyRule {
            name: "A".into(),
            subnet: "10.0.0.0/8".into(),
            numbers: vec!["110".into()],
            prefix: "*7".into(),
        }],
    };
    location.least_cost_routing = LeastCostRouting {
        enabled: true,
        providers: vec![CallByCallProvider { name: "One".into(), prefix: "01070".into() }],
        zones: vec![TariffZone {
            name: "all".into(),
            prefixes: vec!["+4".into()],
            weekdays: vec![Some("One".into()); HALF_HOURS],
            ..TariffZone::default()
        }],
    };
    location.projects = vec![Project { name: "P".into(), code: "*60EUCPNX".into(), used_for: ProjectUse::Private }];
    location.split_long_numbers = true;
    location.network = LocationNetwork { enabled: true, detect: true, search: true, shorten: true };
    location.output = if rules.is_empty() { Output::E164 } else { Output::Dialled };
    location
}

/// A location of the simple dialect.
fn simple(rules: &[(&str, Option<&str>)]) -> Location {
    let rule = |(priority, (pattern, value)): (u32, &(&str, Option<&str>))| SimpleRule {
        priority: priority % 7,
        pattern: (*pattern).to_owned(),
        value: value.unwrap_or_default().to_owned(),
    };
    let mut location =
        Location { name: "A".into(), country: "FR".into(), dialect: Dialect::Simple, ..Location::default() };
    let plan = &mut location.simple;
    (plan.incoming_add, plan.incoming_remove, plan.reverse_length) = ("0".into(), "9".into(), 6);
    plan.rules.extend((0..).zip(rules).map(rule));
    location
}
