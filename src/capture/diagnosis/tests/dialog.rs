//! Calls that were there and broke.

use super::{decided_by, is, names};

#[test]
fn an_answer_without_ack_is_told_with_the_contact() {
    let script = "pbx main 198.51.100.7:5060\n<- INVITE sip:100@x sdp=PCMA\n-> 180\n-> 200 contact=CONTACT sdp=PCMA\n0.5 -> repeat 6\n-> BYE\n<- 200 BYE\nover";
    let verdict = is("nat_contact", &script.replace("CONTACT", "192.168.1.5"));
    names(&verdict, "listen.public_address");
    assert!(verdict.english.contains("192.168.1.5 of this server"), "{}", verdict.english);
    let missing = is("ack_missing", &script.replace("CONTACT", "203.0.113.2"));
    decided_by(&missing, "sent 7 times");
    // Acknowledged after one repetition: packets get lost.
    let late = "<- INVITE sip:100@x sdp=PCMA\n-> 200 contact=192.168.1.5 sdp=PCMA\n0.5 -> repeat 1\n<- ACK\n3 <- BYE\n-> 200 BYE\nover";
    is("none", late);
}

#[test]
fn a_pbx_behind_a_nat_repeats_its_answer() {
    let script = "pbx main 198.51.100.7:5060\n-> INVITE sip:200@pbx.test sdp=PCMA\n<- 200 contact=CONTACT sdp=PCMA\n-> ACK\n0.5 <- repeat 5\n5 <- BYE\n-> 200 BYE\nover";
    let verdict = is("nat_contact", &script.replace("CONTACT", "10.0.0.9"));
    assert!(verdict.english.contains("10.0.0.9 of the PBX main"));
    is("ack_missing", &script.replace("CONTACT", "198.51.100.7"));
}

/// A call with a session timer of 90 s; what happens meanwhile; a BYE.
fn timed(meanwhile: &str, reason: &str) -> String {
    format!(
        "-> INVITE sip:200@pbx.test sdp=PCMA\n<- 200 sdp=PCMA | Session-Expires: 90;refresher=uas\n-> ACK\n{meanwhile}\n-> BYE{reason}\n<- 200 BYE\nover"
    )
}

#[test]
fn a_call_that_nobody_refreshed_expired() {
    let verdict = is("session_expired", &timed("58", ""));
    assert!(verdict.english.contains("every 90 s the PBX had to refresh"), "{}", verdict.english);
    is("session_expired", &timed("58", " | Reason: SIP;cause=408;text=\"Session expired\""));
    let failed = is("session_expired", &timed("45 <- UPDATE\n-> 500\n40", ""));
    assert!(failed.evidence.iter().any(|evidence| evidence.english.contains("UPDATE")));
}

#[test]
fn a_call_that_was_refreshed_or_hung_up_by_a_person_did_not_expire() {
    let refreshed = "45 <- UPDATE\n-> 200 | Session-Expires: 90;refresher=uac\n40";
    is("none", &timed(refreshed, ""));
    is("none", &timed("58", " | Reason: Q.850;cause=16"));
    is("none", &timed("30", ""));
}

#[test]
fn a_pbx_that_forgot_the_call_is_told_from_two_who_hang_up_together() {
    let call = "-> INVITE sip:200@pbx.test sdp=PCMA\n<- 200 sdp=PCMA\n-> ACK\n2 ";
    is("dialog_unknown", &format!("{call}-> UPDATE\n<- 481\n-> BYE\n<- 481\ncause session_lost"));
    is("none", &format!("{call}-> BYE\n<- 481\nover"));
}

#[test]
fn a_pbx_that_stops_answering_within_the_call_is_lost() {
    let call = "-> INVITE sip:200@pbx.test sdp=PCMA\n<- 200 sdp=PCMA\n-> ACK\n2 ";
    let verdict = is("session_lost", &format!("{call}-> UPDATE\n0.5 -> repeat 6\n32 cause session_lost 408"));
    assert!(verdict.english.contains("UPDATE got no response"), "{}", verdict.english);
    is("none", &format!("{call}-> UPDATE\n0.5 -> repeat 1\n<- 200\n-> BYE\n<- 200\ncause normal_clearing"));
}

#[test]
fn three_times_491_is_a_storm_and_once_is_not() {
    let call = "-> INVITE sip:200@pbx.test sdp=PCMA\n<- 200 sdp=PCMA\n-> ACK\n2 ";
    let glare = "-> INVITE inside sdp=PCMA\n<- 491\n-> ACK\n";
    let end = "-> BYE\n<- 200\nover";
    let verdict = is("glare_storm", &format!("{call}{}{end}", glare.repeat(3)));
    assert!(verdict.english.contains("3 requests"));
    is("none", &format!("{call}{glare}{end}"));
}

#[test]
fn a_refused_change_is_told_unless_it_succeeds_later() {
    let call =
        "-> INVITE sip:200@pbx.test sdp=PCMA\n<- 200 sdp=PCMA\n-> ACK\n2 -> INVITE inside sdp=PCMA\n<- 488\n-> ACK\n";
    let verdict = is("change_refused", &format!("{call}-> BYE\n<- 200\nover"));
    assert!(verdict.english.starts_with("The PBX main"), "{}", verdict.english);
    is("none", &format!("{call}-> INVITE inside sdp=PCMA\n<- 200 sdp=PCMA\n-> ACK\n-> BYE\n<- 200\nover"));
}
