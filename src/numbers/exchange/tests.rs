//! Files of rules: what is written comes back, and what others have saved is read.

use proptest::prelude::*;

use super::*;
use crate::numbers::NumbersProblemCode as Code;
use crate::numbers::location::{
    CallByCallProvider, Comparison, EmergencyRule, HALF_HOURS, NumberRule, SimpleRule, TariffZone, limits,
};

fn location() -> Location {
    Location { name: "Berlin".into(), country: "DE".into(), area_code: "30".into(), ..Location::default() }
}

fn rule(pattern: &str, replacement: Option<&str>) -> NumberRule {
    NumberRule { pattern: pattern.into(), replacement: replacement.map(str::to_owned), ..NumberRule::default() }
}

/// The rules for incoming calls that a file has.
fn incoming(file: impl AsRef<[u8]>) -> Vec<NumberRule> {
    read(&location(), RuleList::Incoming, file.as_ref(), false).unwrap().formatting.incoming
}

/// What is wrong with a file.
fn wrong(list: RuleList, file: &str) -> Vec<(u64, String, Code)> {
    let problems = read(&location(), list, file.as_bytes(), false).unwrap_err();
    problems.into_iter().map(|problem| (problem.line, problem.column, problem.code)).collect()
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z \"';,=+|<>&\\\\äöü€]{0,8}", "\\PC{0,12}"]
}

fn number_rules() -> impl Strategy<Value = Vec<NumberRule>> {
    let pattern = prop_oneof!["[0-9]{1,4}", "\\^[0-9]{1,3}\\(\\.\\*\\)\\$", "[<>&\"';,=]{1,4}", "a\\[\\^ \\]"];
    let replacement = prop::option::of("(\\+49[0-9]{1,5})?");
    let rule = (text(), pattern, replacement).prop_map(|(description, pattern, replacement)| NumberRule {
        description,
        compare: Comparison::Regex,
        pattern,
        replacement,
    });
    let equal = "[0-9*#+]{1,6}".prop_map(|pattern| NumberRule {
        compare: Comparison::Equal,
        pattern,
        replacement: Some("+493012".into()),
        ..NumberRule::default()
    });
    prop::collection::vec(prop_oneof![rule, equal], 0..8)
}

/// Names of providers, zones with their prefixes, and who carries which half-hour.
type Routing = (Vec<String>, Vec<(String, Vec<String>)>, Vec<Option<usize>>);

fn routing() -> impl Strategy<Value = Routing> {
    let names = prop::collection::btree_set("[A-Za-zäöü;,\"<& ]{1,10}", 1..4);
    let zones = prop::collection::btree_map(
        text().prop_filter("a name", |name| !name.is_empty()),
        prop::collection::vec("\\+[1-9][0-9]{0,5}", 0..4),
        0..4,
    );
    let half_hours = prop::collection::vec(prop::option::of(0..4_usize), HALF_HOURS);
    (names, zones, half_hours)
        .prop_map(|(names, zones, half_hours)| (names.into_iter().collect(), zones.into_iter().collect(), half_hours))
}

proptest! {
    #[test]
    fn rules_that_are_written_are_read_as_they_were(rules in number_rules(), format in 0..2_usize) {
        let format = RuleList::Outgoing.formats()[format];
        let mut before = location();
        before.formatting.outgoing = rules;
        prop_assert_eq!(before.check(), []);
        let file = write(&before, RuleList::Outgoing, format).unwrap();
        let after = read(&location(), RuleList::Outgoing, file.as_bytes(), false);
        prop_assert_eq!(after.map_err(|problems| format!("{problems:?}\n{file}")), Ok(before));
    }

    #[test]
    fn emergency_and_simple_rules_come_back(
        emergency in prop::collection::vec(("[A-Za-zäöü0-9]{0,8}", prop::collection::vec("[0-9]{1,6}", 1..4), "[0-9*#]{1,6}"), 0..4),
        simple in prop::collection::vec((any::<u32>(), "[0-9+#*<>&;,\"]{1,8}", text()), 0..6),
        format in 0..2_usize,
    ) {
        let mut before = location();
        before.emergency.rules = emergency
            .into_iter()
            .map(|(name, numbers, prefix)| EmergencyRule { name, subnet: "fe80::%3/64".into(), numbers, prefix })
            .collect();
        before.simple.rules = simple.into_iter().map(|(priority, pattern, value)| SimpleRule { priority, pattern, value }).collect();
        for list in [RuleList::Emergency, RuleList::Simple] {
            let file = write(&before, list, list.formats()[format]).unwrap();
            let after = read(&location(), list, file.as_bytes(), false).map_err(|problems| TestCaseError::fail(format!("{problems:?}\n{file}")))?;
            // Simple rules come back in the order in which they are tried.
            let mut expected = before.clone();
            expected.simple.sort();
            prop_assert_eq!(list.value(&after), list.value(&expected));
        }
    }

    #[test]
    fn least_cost_routing_comes_back((names, zones, half_hours) in routing(), format in 0..2_usize, enabled: bool) {
        let mut before = location();
        let provider = |at: &Option<usize>| at.and_then(|at| names.get(at).cloned());
        let day: Vec<Option<String>> = half_hours.iter().map(provider).collect();
        // A day without anybody is one that has nothing.
        let day = if day.iter().any(Option::is_some) { day } else { Vec::new() };
        let routing = &mut before.least_cost_routing;
        routing.enabled = enabled;
        routing.providers = names.iter().map(|name| CallByCallProvider { name: name.clone(), prefix: "01013".into() }).collect();
        routing.zones = zones
            .into_iter()
            .map(|(name, prefixes)| TariffZone { name, prefixes, weekdays: day.clone(), saturday: Vec::new(), sunday: day.clone() })
            .collect();
        let list = RuleList::LeastCostRouting;
        let file = write(&before, list, list.formats()[format]).unwrap();
        let after = read(&location(), list, file.as_bytes(), false);
        prop_assert_eq!(after.map_err(|problems| format!("{problems:?}\n{file}")), Ok(before));
    }

    #[test]
    fn whatever_is_read_is_no_trouble(file in prop::collection::vec(any::<u8>(), 0..200), place in 0..10_usize, add: bool) {
        let list = RuleList::ALL[place];
        if let Ok(read) = read(&location(), list, &file, add) {
            prop_assert_eq!(read.check(), []);
        }
    }
}

#[test]
fn columns_come_in_any_order_and_by_the_names_that_others_give_them() {
    let expected = [rule("^0", Some("")), rule("110", None), rule("^(..)$", Some("+49\\1"))];
    for file in [
        "pattern,replacement,replace\r\n^0,,yes\r\n110,,\r\n^(..)$,+49\\1,\r\n",
        "\u{feff}Ersetzen durch;Ersetzen;Vergleich;Rufnummer\n;ja;;^0\n;nein;regex;110\n\"=\"\"+49\\1\"\"\";;;^(..)$\n;;;\n",
        "sep=;\nReplace with;Replace;Regular expression;;\n;1;^0;;\nx;no;110;;\n+49\\1;x;^(..)$;;\n",
        "<rules><rule pattern='^0' replacement=''/><rule><Pattern>110</Pattern></rule>\n\
         <rule pattern='^(..)$'><replace-with>+49\\1</replace-with></rule></rules>",
    ] {
        assert_eq!(incoming(file), expected, "{file}");
    }
    let utf16: Vec<u8> = "\u{feff}pattern\tdescription\n1\tBüro".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(incoming(utf16)[0].description, "Büro");
    assert_eq!(incoming(b"pattern;description\n1;B\xFCro\n")[0].description, "Büro");
}

#[test]
fn lists_of_other_columns_are_read_by_the_names_that_others_give_them() {
    let utf16 = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let simple = |priority, pattern: &str, value: &str| SimpleRule {
        priority,
        pattern: pattern.to_owned(),
        value: value.to_owned(),
    };
    // In the order of their priorities, which is not that of the files.
    let expected = [simple(7, "36;11", ""), simple(10, "+[-CountryPrefix-](0", "[-ExternalPrefix-]0")];
    for file in [
        "priority,pattern,value\r\n10,+[-CountryPrefix-](0,[-ExternalPrefix-]0\r\n7,36;11,\r\n".as_bytes().to_vec(),
        "\u{feff}Wert;Priorität;Muster\n[-ExternalPrefix-]0;10;+[-CountryPrefix-](0\n;7;\"36;11\"\n;;\n".into(),
        "sep=\t\nPriority\tModel\tReplacement\t\n10\t+[-CountryPrefix-](0\t[-ExternalPrefix-]0\t\n7\t36;11\t\t\n"
            .into(),
        b"Priorit\xE4t;Muster;Wert\n10;+[-CountryPrefix-](0;[-ExternalPrefix-]0\n7;\"36;11\"\n".to_vec(),
        utf16("\u{feff}Priorität\tMuster\tWert\r\n10\t+[-CountryPrefix-](0\t[-ExternalPrefix-]0\r\n7\t36;11\t\r\n"),
        "<rules><rule priority='10' pattern='+[-CountryPrefix-](0' value='[-ExternalPrefix-]0'/>\
         <rule><Priorität>7</Priorität><Muster>36;11</Muster><Wert></Wert></rule></rules>"
            .into(),
    ] {
        let read = read(&location(), RuleList::Simple, &file, false);
        let rules = read.map(|location| location.simple.rules);
        assert_eq!(rules, Ok(expected.to_vec()), "{}", String::from_utf8_lossy(&file));
    }
    let expected = EmergencyRule {
        name: "Haus1".into(),
        subnet: "fe80::%3/64".into(),
        numbers: vec!["110".into(), "112".into()],
        prefix: "*71".into(),
    };
    for file in [
        "name,subnet,numbers,prefix\nHaus1,fe80::%3/64,110 112,*71\n".as_bytes().to_vec(),
        "\u{feff}Bezeichnung;Netz;Notrufnummern;Vorwahl\r\nHaus1;fe80::%3/64;110, 112;*71\r\n;;;\r\n".into(),
        "sep=,\nPräfix,Nummern,Subnetz,Beschreibung\n\"=\"\"*71\"\"\",110|112,fe80::%3/64,Haus1\n".into(),
        utf16("\u{feff}Description\tNetwork\tEmergency numbers\tPrefix\nHaus1\tfe80::%3/64\t110;112\t*71\n"),
        "<rules><rule><Name>Haus1</Name><network>fe80::%3/64</network><numbers>110,112</numbers>\
         <prefix>*71</prefix></rule></rules>"
            .into(),
    ] {
        let read = read(&location(), RuleList::Emergency, &file, false);
        let rules = read.map(|location| location.emergency.rules);
        assert_eq!(rules, Ok(vec![expected.clone()]), "{}", String::from_utf8_lossy(&file));
    }
}

#[test]
fn an_import_adds_to_what_is_there_or_takes_its_place() {
    let mut before = location();
    before.formatting.incoming = vec![rule("1", None), rule("2", None)];
    let file = b"pattern\n2\n3\n";
    let after = |add| read(&before, RuleList::Incoming, file, add).unwrap();
    let patterns = |location: &Location| location.formatting.incoming.iter().map(|rule| rule.pattern.clone()).collect();
    let all: [Vec<String>; 2] = [patterns(&after(false)), patterns(&after(true))];
    assert_eq!(all, [vec!["2", "3"], vec!["1", "2", "2", "3"]]);
    let difference = |add| compare(&before, &after(add), RuleList::Incoming);
    let expected = |after, added: &[&str], removed: &[&str]| {
        let words = |patterns: &[&str]| patterns.iter().map(|pattern| format!("regex · {pattern}")).collect();
        ListDifference { before: 2, after, added: words(added), removed: words(removed) }
    };
    assert_eq!(difference(false), expected(2, &["3"], &["1"]));
    assert_eq!(difference(true), expected(4, &["2", "3"], &[]));
}

#[test]
fn what_is_wrong_is_told_with_line_and_column() {
    let list = RuleList::Incoming;
    for (file, expected) in [
        ("", (1, "", Code::NoHeadings)),
        ("\n110;120\n", (2, "", Code::NoHeadings)),
        ("pattern;colour\n1;red\n", (1, "", Code::UnknownHeading)),
        ("pattern;rufnummer\n1;2\n", (1, "pattern", Code::HeadingTwice)),
        ("pattern\n1,2\n", (2, "", Code::TooManyCells)),
        ("pattern,compare\n1,regex\n2,maybe\n", (3, "compare", Code::UnknownWord)),
        ("pattern,replace\n1,perhaps\n", (2, "replace", Code::UnknownWord)),
        ("pattern\n\n\n(1\n", (4, "pattern", Code::PatternUnclosed)),
        ("description,pattern\n\"two\nlines\",(1\n", (2, "description", Code::ControlCharacter)),
        ("pattern,replacement\n1,\n2,x\n", (3, "replacement", Code::ReplacementCharacter)),
        ("<rules>\n<rule pattern='(1'/></rules>", (2, "pattern", Code::PatternUnclosed)),
        ("<rules>\n<regel/></rules>", (2, "", Code::XmlElement)),
        ("<rules>\n<rule pattern='1'>\n<colour/></rule></rules>", (3, "", Code::UnknownHeading)),
        ("<?xml version='1.0'?>\n<countries/>", (2, "", Code::XmlElement)),
    ] {
        let (line, column, code) = expected;
        assert_eq!(wrong(list, file)[0], (line, column.to_owned(), code), "{file}");
    }
    let many = "pattern\n".to_owned() + &"1\n".repeat(2_001);
    assert_eq!(wrong(list, &many), [(2_002, String::new(), Code::TooMany)]);
    let large = vec![b' '; MAX_FILE + 1];
    assert_eq!(read(&location(), list, &large, false).unwrap_err()[0].code, Code::FileTooLarge);
    let external = wrong(RuleList::ExternalRules, "pattern,replacement\n1,+49\\1\n2,030\n");
    let codes = [(2, Code::UnknownBracket), (3, Code::ReplacementNotCanonical)];
    assert_eq!(external, codes.map(|(line, code)| (line, "replacement".to_owned(), code)));
    assert_eq!(wrong(RuleList::Simple, "priority,pattern\n1,+\nx,0\n"), [(3, "priority".into(), Code::WholeNumber)]);
    let sentence = read(&location(), list, b"pattern;colour\n", false).unwrap_err()[0].english();
    assert!(sentence.contains("colour") && sentence.contains("pattern, replace, replacement"), "{sentence}");
}

#[test]
fn a_first_line_of_very_many_columns_is_read_once() {
    // Comparing each heading with all before it would take minutes.
    let file = format!("{}{}\n1\n", ",".repeat(1_000_000), "pattern,".repeat(250_000));
    let problems = wrong(RuleList::Incoming, &file);
    assert_eq!((problems.len(), problems[0].2), (MAX_PROBLEMS, Code::HeadingTwice));
}

#[test]
fn simple_rules_of_a_file_are_put_where_they_are_tried() {
    let file = b"priority,pattern,value\n25,00,77\n20,01,1\n20,02,2\n";
    let patterns = |add: bool| {
        let read = read(&location(), RuleList::Simple, file, add).unwrap();
        read.simple.rules.into_iter().map(|rule| (rule.priority, rule.pattern)).collect::<Vec<_>>()
    };
    assert_eq!(patterns(false), [(20, "01".to_owned()), (20, "02".to_owned()), (25, "00".to_owned())]);
    let places = patterns(true);
    assert!(places.is_sorted_by_key(|(priority, _)| *priority), "{places:?}");
    assert_eq!(places.len(), location().simple.rules.len() + 3);
    // What is wrong is told by the file's lines, whatever the order is to be.
    let wrong = read(&location(), RuleList::Simple, b"priority,pattern,value\n90,[(],1\n10,2,2\n", false).unwrap_err();
    assert_eq!((wrong[0].line, wrong[0].column.as_str()), (2, "pattern"));
}

#[test]
fn what_the_location_itself_forbids_is_told_of_the_file() {
    let mut here = location();
    here.numbering = serde_json::from_value(serde_json::json!({
        "kind": "trunk", "base_number": "1234", "ranges": [{ "from": "100", "to": "199" }], "shortest": 3, "longest": 3
    }))
    .unwrap();
    let file = "name;subnet;numbers;prefix\nHaus1;192.0.2.0/24;110,112;*71\n";
    let problems = read(&here, RuleList::Emergency, file.as_bytes(), false).unwrap_err();
    let told: Vec<_> = problems.iter().map(|problem| (problem.line, problem.column.as_str(), problem.code)).collect();
    assert_eq!(told, [(2, "numbers", Code::EmergencyIsExtension), (2, "numbers", Code::EmergencyIsExtension)]);
    let read = read(&location(), RuleList::Emergency, file.as_bytes(), false).unwrap();
    assert_eq!(read.emergency.rules[0].numbers, ["110", "112"]);
}

#[test]
fn least_cost_routing_is_read_as_people_write_it() {
    let lcr = "enabled;ja\r\n# comment\r\nAnbieter;Eins;01013\r\nprovider;Two;01070;;;\r\n\r\n\
               Zone;Mobil;+4915, +4917\r\nZeit;Mobil;Mo-Fr;8;18:30;Eins\r\ntime;Mobil;sunday;22.00;6:00;Two\r\n";
    let xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><least-cost-routing enabled='1'><provider name='Eins'><prefix>01013</prefix></provider>\
               <provider prefix='01070' name='Two'/><zone name='Mobil'><prefixes>+4915 +4917</prefixes>\
               <time days='weekdays' from='08:00' to='18:30' provider='Eins'/>\
               <time days='sunday' from='22:00' to='06:00' provider='Two'/></zone></least-cost-routing>";
    for file in [lcr, xml] {
        let read = read(&location(), RuleList::LeastCostRouting, file.as_bytes(), false);
        let routing = read.unwrap_or_else(|problems| panic!("{problems:?}")).least_cost_routing;
        assert!(routing.enabled);
        let prefixes: Vec<_> = routing.providers.iter().map(|provider| provider.prefix.as_str()).collect();
        assert_eq!(prefixes, ["01013", "01070"]);
        let zone = &routing.zones[0];
        assert_eq!(zone.prefixes, ["+4915", "+4917"]);
        let of = |day: &[Option<String>], provider| day.iter().filter(|at| at.as_deref() == Some(provider)).count();
        assert_eq!(
            (of(&zone.weekdays, "Eins"), zone.weekdays[16].as_deref(), zone.weekdays[15].as_deref()),
            (21, Some("Eins"), None)
        );
        assert_eq!(
            (of(&zone.sunday, "Two"), zone.sunday[0].as_deref(), zone.sunday[12].as_deref()),
            (16, Some("Two"), None)
        );
        assert!(zone.saturday.is_empty());
    }
    let list = RuleList::LeastCostRouting;
    let long = "x".repeat(limits::NAME + 1);
    for (file, line, column, code) in [
        ("provider;A;01013\ntime;Mobil;weekdays;8;18;A", 2, "zone", Code::UnknownZone),
        ("zone;M;+4917\ntime;M;weekdays;8:15;18;A", 2, "from", Code::InvalidTime),
        ("zone;M;+4917\ntime;M;weekdays;8;24:30;A", 2, "to", Code::InvalidTime),
        ("zone;M;+4917\ntime;M;monday;8;9;A", 2, "days", Code::UnknownWord),
        ("zone;M;+4917\ntime;M;weekdays;8;9", 2, "provider", Code::Required),
        ("zone;M;+4917\ntime;M;weekdays;8;9;A", 2, "weekdays", Code::UnknownProvider),
        (&format!("zone;M;+4917\ntime;M;weekdays;0;24;{long}"), 2, "provider", Code::TooLong),
        (&format!("zone;M;+4917\ntime;{long};weekdays;0;24;A"), 2, "zone", Code::TooLong),
        ("zone;M;0171", 1, "prefixes", Code::NotAPrefix),
        ("provider;A;010a", 1, "prefix", Code::KeysOnly),
        ("provider;A;01013;more", 1, "", Code::TooManyCells),
        ("tarif;A", 1, "", Code::UnknownRecord),
        ("<least_cost_routing>\n<zone name='M'><time/></zone></least_cost_routing>", 2, "days", Code::Required),
        ("<least_cost_routing>\n<zone nam='M'/></least_cost_routing>", 2, "", Code::UnknownHeading),
    ] {
        assert_eq!(wrong(list, file)[0], (line, column.to_owned(), code), "{file}");
    }
}

#[test]
fn every_list_has_its_formats_and_a_place() {
    for list in RuleList::ALL {
        assert_eq!(RuleList::of_word(list.word()), Some(list));
        assert!(!list.value(&location()).is_null(), "{list:?}");
        for format in [Format::Csv, Format::Xml, Format::Lcr] {
            assert_eq!(
                write(&location(), list, format).is_some(),
                list.formats().contains(&format),
                "{list:?} {format:?}"
            );
        }
    }
}
