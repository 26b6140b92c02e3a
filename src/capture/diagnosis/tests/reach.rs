//! Who cannot be reached, or does not answer, or late.

use super::{decided_by, is, names};

#[test]
fn each_failure_to_send_has_its_verdict() {
    for (kind, code, setting) in [
        ("not_resolved", "name_not_resolved", "line_group.registrar"),
        ("certificate_untrusted", "certificate_untrusted", "line_group.ca"),
        ("certificate_wrong_name", "certificate_wrong_name", "line_group.registrar"),
        ("tls_failed", "tls_failed", "line_group.certificate"),
        ("refused", "connection_refused", "line_group.port"),
        ("unreachable", "unreachable", "line_group.registrar"),
        ("timed_out", "unreachable", "line_group.port"),
        ("closed", "connection_closed", "line_group.nat_refresh"),
    ] {
        let script = format!("-> REGISTER sip:pbx.test\nfailure main {kind} the words for it");
        let verdict = is(code, &script);
        decided_by(&verdict, "the words for it");
        names(&verdict, setting);
        assert!(verdict.english.contains("the words for it"));
        // Another target answered: what it says decides.
        is("none", &format!("{script}\n-> REGISTER again\n<- 200"));
        is("busy", &format!("failure main {kind} words\n-> INVITE sip:200@pbx.test\n<- 486\nover"));
    }
    let expired = is("certificate_expired", "-> REGISTER sip:pbx.test\nfailure main certificate_expired since 1 May");
    assert!(expired.german.contains("since 1 May"));
}

#[test]
fn a_connection_that_ends_within_a_call_is_the_cause_only_where_the_call_broke_for_it() {
    let call = "-> INVITE sip:200@pbx.test sdp=PCMA tcp\n<- 200 sdp=PCMA\n-> ACK\n2 failure main closed the connection was closed\n";
    let lost = "-> INVITE inside sdp=PCMA tcp\nfailure main refused nobody listens there\ncause session_lost";
    decided_by(&is("connection_closed", &format!("{call}{lost}")), "closed");
    // Made anew, and the PBX is there: what it says then decides.
    is(
        "dialog_unknown",
        &format!("{call}-> INVITE inside sdp=PCMA tcp\n<- 481\n-> ACK\n-> BYE\n<- 481\ncause session_lost"),
    );
    is("none", &format!("{call}-> BYE\n<- 200\ncause normal_clearing"));
    // Before anybody answered; that a password was asked for is over.
    let rings = "-> INVITE sip:200@pbx.test tcp\n<- 407\n-> ACK\n-> INVITE again auth tcp\n<- 100\n<- 180\n2 failure main closed the connection was closed\ncause pbx_unreachable";
    is("connection_closed", rings);
}

#[test]
fn the_servers_word_is_enough_where_nothing_was_sent() {
    is("name_not_resolved", "cause name_not_resolved");
    is("unreachable", "cause pbx_unreachable 503");
    is("pbx_overloaded", "-> INVITE sip:200@pbx.test\n<- 503\n-> ACK\ncause pbx_unreachable 503");
}

#[test]
fn a_request_without_any_response_means_that_the_pbx_does_not_answer() {
    let verdict =
        is("pbx_not_answering", "-> INVITE sip:200@pbx.test\n0.5 -> repeat 6\n32 cause pbx_not_answering 408");
    decided_by(&verdict, "sent 7 times");
    assert!(verdict.english.contains("7 times over UDP to 192.0.2.1:5060"));
    is("pbx_not_answering", "-> REGISTER sip:pbx.test tcp\n8 over");
    // Too early to say.
    is("none", "-> INVITE sip:200@pbx.test\n0.5 -> repeat 1");
    // The first target was silent, the second knows the number.
    let second = "-> INVITE sip:200@pbx.test\n0.5 -> repeat 6\npbx two 192.0.2.9:5060\n->two INVITE sip:200@pbx.test\n<-two 404\nover";
    is("unknown_number", second);
}

#[test]
fn a_pbx_that_only_tries_made_no_progress() {
    let verdict = is(
        "pbx_no_progress",
        "-> INVITE sip:200@pbx.test\n<- 100\n20 -> CANCEL\n<- 200 CANCEL\n<- 487 INVITE\ncause cancelled",
    );
    decided_by(&verdict, "100");
    is("pbx_no_progress", "-> INVITE sip:200@pbx.test\n<- 100\n3 <- 408\nover");
    is("given_up", "-> INVITE sip:200@pbx.test\n<- 100\n3 -> CANCEL\n<- 200 CANCEL\n<- 487 INVITE\nover");
    is("given_up", "-> INVITE sip:200@pbx.test\n<- 100\n<- 180\n20 -> CANCEL\n<- 200 CANCEL\n<- 487 INVITE\nover");
}

const ENDED: &str = "<- 200\n-> ACK\n5 -> BYE\n<- 200 BYE\nover";

#[test]
fn a_late_first_response_is_said_although_the_call_succeeded() {
    let verdict = is("pbx_late", &format!("-> INVITE sip:200@pbx.test\n0.5 -> repeat 3\n2 <- 100\n<- 180\n{ENDED}"));
    assert!(verdict.english.contains("4 sendings"));
    is(
        "pbx_late",
        "-> INVITE sip:200@pbx.test\n0.5 -> repeat 3\n2 <- 100\n-> CANCEL\n<- 200 CANCEL\n<- 487 INVITE\ncause cancelled",
    );
    is("none", &format!("-> INVITE sip:200@pbx.test\n0.5 -> repeat 1\n<- 100\n<- 180\n{ENDED}"));
}

#[test]
fn ringing_after_many_seconds_is_late() {
    let verdict = is("late_ringing", &format!("-> INVITE sip:200@pbx.test\n<- 100\n6 <- 180\n{ENDED}"));
    decided_by(&verdict, "180");
    is("none", &format!("-> INVITE sip:200@pbx.test\n<- 100\n3 <- 180\n{ENDED}"));
    // Nobody answers quickly at once: that is no late ringing.
    is("none", &format!("-> INVITE sip:200@pbx.test\n<- 100\n<- 180\n20 {ENDED}"));
}
