//! Any trace has a verdict, and long ones take no longer than their length asks for.

use proptest::prelude::*;

use super::super::diagnose;
use super::script::{lenient, trace};
use crate::capture::trace::{Trace, TraceEvent, TraceTransport, TraceWhat};

/// Lines that make sense after each other in any order, as far as the script is concerned.
fn lines() -> impl Strategy<Value = String> {
    let first = prop::sample::select(vec![
        "-> INVITE sip:200@pbx.test sdp=PCMA",
        "-> REGISTER sip:pbx.test",
        "<- INVITE sip:100@x srtp sdp=G729",
    ]);
    let media = ["connected", "lost", "silent", "never_heard", "heard", "digit", "digit_sent", "other_source x"];
    let mut others: Vec<String> = media.iter().map(|event| format!("media main {event}")).collect();
    others.extend(media.iter().map(|event| format!("media alice {event}")));
    let more = [
        "-> INVITE again auth sdp=PCMA",
        "<- INVITE sip:1@x",
        "-> INVITE sip:1@x",
        "-> REGISTER again auth",
        "-> repeat 3",
        "<- repeat 2",
        "40 over",
        "cause internal 500",
        "cause normal_clearing",
        "cause session_lost",
        "client alice {\"cause\":\"microphone_denied\"}",
        "failure main refused words",
        "failure main ours words",
        "leg main loss=9",
        "leg alice in=0",
        "-> UPDATE",
        "<- UPDATE",
        "-> CANCEL",
        "<- BYE",
        "-> INFO | Content-Type: application/dtmf",
        "setting line_group.dtmf = rfc4733",
        "60 step a b c",
    ];
    others.extend(more.map(String::from));
    let statuses = [100, 180, 200, 302, 401, 404, 407, 408, 415, 481, 486, 487, 488, 491, 500, 503];
    for arrow in ["->", "<-"] {
        others.extend(statuses.map(|status| format!("{arrow} {status} sdp=PCMU")));
    }
    let other = prop::collection::vec(prop::sample::select(others), 0..25);
    (first, other).prop_map(|(first, others)| format!("client alice\n{first}\n{}", others.join("\n")))
}

fn check(trace: &Trace) {
    let verdict = diagnose(trace);
    assert!(!verdict.english.is_empty() && !verdict.english.contains('{'));
    for evidence in &verdict.evidence {
        assert!(evidence.event.is_none_or(|event| (event as usize) < trace.events.len()), "{verdict:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_course_of_a_call_has_a_verdict(script in lines()) {
        check(&lenient(&script));
    }

    #[test]
    fn any_text_and_any_party_has_a_verdict(
        events in prop::collection::vec((any::<f64>(), 0u32..5, 0u32..5, ".{0,80}"), 0..20),
        damage in prop::collection::vec((0usize..40, 0usize..600, any::<char>()), 0..8),
    ) {
        let mut broken = trace("-> INVITE sip:200@pbx.test sdp=PCMA\n<- 407\n-> ACK\n-> INVITE again auth sdp=PCMA\n<- 180\n<- 200 sdp=PCMA | Session-Expires: 90\n-> ACK\n-> BYE\n<- 200");
        for (event, place, char) in damage {
            let count = broken.events.len();
            if let TraceWhat::Sip { text, .. } = &mut broken.events[event % count].what {
                let at = place % text.len();
                if text.is_char_boundary(at) {
                    // One of a message's own would be taken for a place that was not filled.
                    text.insert(at, if char == '{' { '(' } else { char });
                }
            }
        }
        for (at, from, to, text) in events {
            let text = text.replace('{', "(");
            let address = text.clone();
            let what = TraceWhat::Sip { transport: TraceTransport::Tls, source: address.clone(), destination: address, text };
            broken.events.push(TraceEvent { at, from, to, what });
        }
        check(&broken);
        broken.parties.clear();
        broken.started_at = f64::NAN;
        check(&broken);
    }
}

#[test]
fn a_long_trace_is_read_in_steps_that_grow_with_it() {
    // Quadratic work over this many requests in one leg and in as many legs would not end in this test's time.
    let one = "-> INVITE sip:200@pbx.test sdp=PCMA\n<- 488\n-> ACK\n";
    let two = "-> INVITE again sdp=PCMA\n<- 491\n-> ACK\n";
    let mut long = trace(&format!("{one}{two}"));
    let pattern = long.events.clone();
    for round in 0..5_000 {
        let mut again = pattern.clone();
        for event in &mut again {
            if let TraceWhat::Sip { text, .. } = &mut event.what {
                *text = text.replace("call-1", &format!("call-{}", if round % 2 == 0 { round } else { 0 }));
                *text =
                    text.replace("CSeq: 1", &format!("CSeq: {round}1")).replace("z9hG4bK", &format!("z9hG4bK{round}x"));
            }
        }
        long.events.extend(again);
    }
    check(&long);
}
