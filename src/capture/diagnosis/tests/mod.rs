//! Each cause shown by a trace, and by one that is nearly the same and must not be taken for it.

mod account;
mod audio;
mod dialog;
mod offer;
mod random;
mod reach;
mod refusal;
mod script;

use super::code::Code;
use super::diagnose;
use crate::capture::verdict::Verdict;

/// The verdict on a script, which must be of that code, in sentences without gaps and with evidence that is there.
#[track_caller]
fn is(code: &str, script: &str) -> Verdict {
    let trace = script::trace(script);
    let verdict = diagnose(&trace);
    assert_eq!(verdict.code, code, "{verdict:#?}");
    for sentence in [&verdict.english, &verdict.german, &verdict.fix_english, &verdict.fix_german] {
        let gap = sentence.contains(['{', '}']) || sentence.contains("–") || sentence.contains("?");
        assert!(!gap, "{sentence}");
    }
    for evidence in &verdict.evidence {
        let there = evidence.event.is_none_or(|event| (event as usize) < trace.events.len());
        assert!(there && !evidence.english.is_empty() && !evidence.german.is_empty(), "{evidence:?}");
    }
    verdict
}

/// The text of the event that decided.
#[track_caller]
fn decided_by(verdict: &Verdict, text: &str) {
    let first = verdict.evidence.first().expect("evidence");
    assert!(first.english.contains(text), "{:#?}", verdict.evidence);
}

/// Whether a setting is named as involved.
#[track_caller]
fn names(verdict: &Verdict, key: &str) {
    let named = verdict.evidence.iter().any(|evidence| evidence.setting.as_deref() == Some(key));
    assert!(named, "{:#?}", verdict.evidence);
}

#[test]
fn every_code_has_both_sentences_and_a_fix_unless_people_telephone_that_way() {
    use crate::capture::verdict::Severity;
    for &code in Code::ALL {
        let name = code.code();
        assert!(code.english().ends_with(['.', '}']) && code.german().ends_with(['.', '}']), "{name}");
        assert_eq!(code.fix_english().is_empty(), code.fix_german().is_empty(), "{name}");
        if code.severity() > Severity::Usual {
            assert!(!code.fix_english().is_empty(), "{name}");
        }
        let places = |text: &str| {
            let mut found: Vec<String> =
                text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0.to_owned())).collect();
            found.sort();
            found.dedup();
            found
        };
        assert_eq!(places(code.english()), places(code.german()), "{name}");
        assert_eq!(places(code.fix_english()), places(code.fix_german()), "{name}");
    }
    let mut codes: Vec<&str> = Code::ALL.iter().map(|code| code.code()).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), Code::ALL.len());
}
