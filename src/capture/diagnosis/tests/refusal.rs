//! Final responses, how people telephone, and what is this server's own doing.

use super::{decided_by, diagnose, is, names, script};
use crate::capture::verdict::{Severity, Verdict};

#[test]
fn each_status_of_a_pbx_has_its_verdict() {
    for (status, code) in [
        (404, "unknown_number"),
        (410, "unknown_number"),
        (484, "unknown_number"),
        (604, "unknown_number"),
        (403, "not_permitted"),
        (482, "loop"),
        (483, "loop"),
        (420, "extension_missing"),
        (422, "interval_too_small"),
        (503, "pbx_overloaded"),
        (500, "pbx_error"),
        (502, "pbx_error"),
        (504, "pbx_error"),
        (400, "malformed"),
        (486, "busy"),
        (600, "busy"),
        (603, "declined"),
        (480, "unavailable"),
        (499, "refused"),
        (606, "offer_refused"),
    ] {
        let headers = "| Unsupported: 100rel | Min-SE: 90 | Contact: <sip:300@x>";
        let script = format!("-> INVITE sip:200@pbx.test sdp=PCMA,PCMU\n<- 100\n<- {status} {headers}\n-> ACK\nover");
        let verdict = is(code, &script);
        decided_by(&verdict, &format!("SIP/2.0 {status}"));
        assert_eq!(verdict.evidence[0].event, Some(2));
        let usual = ["busy", "declined", "unavailable"].contains(&code);
        assert_eq!(verdict.severity, if usual { Severity::Usual } else { Severity::Failed });
        // The same from another branch or an earlier attempt, and then somebody answered.
        is("none", &format!("{script}\n-> INVITE sip:201@pbx.test\n<- 200\n-> ACK\n1 -> BYE\n<- 200 BYE\nover"));
    }
    let number = is("unknown_number", "-> INVITE sip:4711@pbx.test\n<- 404\n-> ACK\nover");
    assert!(number.english.contains("4711") && number.english.contains("404 Not Found"));
    let wait = is("pbx_overloaded", "-> INVITE sip:200@pbx.test\n<- 503 | Retry-After: 30\n-> ACK\nover");
    assert!(wait.english.contains("30 s"));
    is("pbx_overloaded", "-> INVITE sip:200@pbx.test\n<- 500 reason=Service_Unavailable\n-> ACK\nover");
}

#[test]
fn what_was_entered_for_a_code_and_private_numbers_are_in_no_verdict() {
    let outcomes = ["486", "404", "403", "480", "603", "500", "499", "302 | Contact: <sip:0089777@x>", "100"];
    for outcome in outcomes {
        for said in ["\n<- 100", ""] {
            let call =
                format!("-> INVITE sip:*601357%230089777@pbx.test from=100{said}\n<- {outcome}\n-> ACK\n40 over");
            let project = diagnose(&script::trace(&format!("number 0891\nnumber *60****#0089777\n{call}")));
            let private = diagnose(&script::trace(&format!("number private\n{call}")));
            let texts = |verdict: &Verdict| {
                let Verdict { english, german, fix_english, fix_german, .. } = verdict.clone();
                let shown = verdict.evidence.iter().flat_map(|shown| [shown.english.clone(), shown.german.clone()]);
                [english, german, fix_english, fix_german].into_iter().chain(shown).collect::<Vec<_>>().join("\n")
            };
            let (project, private) = (texts(&project), texts(&private));
            assert!(!project.contains("1357") && project.contains("*60****#0089777"), "{outcome}: {project}");
            assert!(!private.contains("0089777"), "{outcome}: {private}");
            assert!(
                private.contains("(private number)") && private.contains("(private Nummer)"),
                "{outcome}: {private}"
            );
        }
    }
    // Whom else the server calls in the same call is told.
    let office = "number 0171123456\nnumber private\n-> INVITE sip:0171123456@pbx.test\n<- 486\n-> ACK\nover";
    assert!(is("busy", office).english.starts_with("0171123456 was busy"));
    // Nothing but how it ended is known of it.
    let refused = is("ended_here", "caller 100\nnumber private\n-> INVITE sip:0089777@pbx.test\ncause invalid_number");
    assert!(!refused.english.contains("0089777"));
}

#[test]
fn a_422_that_is_obeyed_is_nothing() {
    let script = "-> INVITE sip:200@pbx.test\n<- 422 | Min-SE: 600\n-> ACK\n-> INVITE again\n<- 200\n-> ACK\n1 -> BYE\n<- 200 BYE\nover";
    is("none", script);
}

#[test]
fn what_this_server_refuses_is_not_blamed_on_the_pbx() {
    let refused = |status: u16| format!("<- INVITE sip:100@x sdp=PCMA\n-> {status}\n<- ACK\nover");
    names(&is("unknown_here", &refused(404)), "line_group.line.number");
    let foreign = is("source_not_allowed", &refused(403));
    names(&foreign, "line_group.allow_from");
    assert!(foreign.english.contains("192.0.2.1:5060"));
    is("own_limit", &refused(503));
    is("own_fault", &refused(500));
    is("malformed", &refused(400));
    is("busy", &refused(486));
    is("declined", &refused(603));
    is("unavailable", &refused(480));
    is("nobody_signed_in", &refused(480).replace("over", "cause nobody_signed_in 480"));
    // A call passed on: the other PBX's answer is why.
    let passed = "<- INVITE sip:100@x sdp=PCMA\npbx two 192.0.2.9:5060\n->two INVITE sip:100@two\n<-two 500\n->two ACK\n-> 500\n<- ACK\nover";
    let verdict = is("pbx_error", passed);
    assert!(verdict.english.contains("two (192.0.2.9:5060)"), "{}", verdict.english);
}

#[test]
fn limits_and_faults_of_this_server_are_told_by_their_cause() {
    is("own_limit", "<- INVITE sip:100@x\n-> 503\n<- ACK\ncause too_many_calls 503");
    is("own_limit", "cause overloaded 503");
    is("own_limit", "-> INVITE sip:200@pbx.test\nfailure main ours the connection limit of 100 is reached");
    is("shutting_down", "<- INVITE sip:100@x\n-> 503\n<- ACK\ncause shutting_down 503");
    is("own_fault", "-> INVITE sip:200@pbx.test\n<- 200\n-> ACK\n-> BYE\n<- 200 BYE\ncause internal 500");
    is("ended_here", "cause line_not_registered 480");
    is("none", "cause normal_clearing");
}

#[test]
fn who_gives_up_and_who_answers_elsewhere_are_told_apart() {
    let ringing = "<- INVITE sip:100@x sdp=PCMA\n-> 100\n-> 180\n";
    let given_up = is(
        "given_up",
        &format!("{ringing}7 <- CANCEL\n-> 200 CANCEL\n-> 487 INVITE\n<- ACK\ncause caller_hung_up 487"),
    );
    assert!(given_up.english.contains("7.1 s"), "{}", given_up.english);
    let fork = format!(
        "{ringing}3 <- CANCEL | Reason: SIP;cause=200;text=\"Call completed elsewhere\"\n-> 200 CANCEL\n-> 487 INVITE\n<- ACK\nover"
    );
    let loser = is("forked_loser", &fork);
    decided_by(&loser, "CANCEL");
    is("given_up", &fork.replace("cause=200;text=\"Call completed elsewhere\"", "cause=487"));
    is("answered_elsewhere", &format!("{ringing}3 -> 486\n<- ACK\ncause answered_elsewhere 200"));
}

#[test]
fn nobody_answers_only_where_it_rang() {
    let verdict = is("no_answer", "-> INVITE sip:200@pbx.test\n<- 180\n30 <- 408\n-> ACK\nover");
    assert!(verdict.english.contains("30 s"));
    is(
        "no_answer",
        "-> INVITE sip:200@pbx.test\n<- 180\n60 -> CANCEL\n<- 200 CANCEL\n<- 487 INVITE\ncause no_answer 408",
    );
    is("pbx_no_progress", "-> INVITE sip:200@pbx.test\n<- 100\n30 <- 408\n-> ACK\nover");
}

#[test]
fn a_call_sent_elsewhere_says_where() {
    let verdict = is("forwarded", "-> INVITE sip:200@pbx.test\n<- 302 target=300\n-> ACK\ncause diverted 302");
    assert!(verdict.english.contains("forwarded to 300"), "{}", verdict.english);
    is("forwarded", "<- INVITE sip:100@x\n-> 302 target=300\n<- ACK\nover");
}

#[test]
fn what_nobody_knows_is_shown_where_it_began() {
    let verdict = is("unknown", "step A B C\n-> SUBSCRIBE sip:pbx.test\n<- 489\nover");
    decided_by(&verdict, "489");
    assert_eq!(verdict.severity, Severity::Failed);
    let silent = is("unknown", "-> MESSAGE sip:200@pbx.test\nover");
    decided_by(&silent, "MESSAGE");
    let last = is("unknown", "step A B C\nover");
    decided_by(&last, "B → C");
    is("unknown", "");
}

#[test]
fn a_call_that_was_refused_before_it_began_names_the_cause() {
    let refused = |cause: &str| {
        let asked = r#"client alice {"type":"make_call","number":"200"}"#;
        format!(
            "line 100\ncalled 200\nsetting line_group.functions = park_call\n{asked}\nstep make_call  ended: {cause}\ncause {cause}"
        )
    };
    let off = is("not_begun", &refused("function_off"));
    decided_by(&off, "make_call");
    names(&off, "line_group.functions");
    assert!(off.english.contains("from 100 to 200: This function is switched off"), "{}", off.english);
    is("not_begun", &refused("line_not_registered"));
    is("own_limit", &refused("too_many_calls"));
    is("shutting_down", &refused("shutting_down"));
    // One that began is another thing.
    is(
        "unreachable",
        "line 100\ncalled 200\nstep make_call  initiated\nstep rejected initiated ended:\ncause pbx_unreachable",
    );
}
