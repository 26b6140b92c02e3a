//! Calls that were answered and sounded bad, and what goes wrong at a browser.

use super::{decided_by, is, names};
use crate::capture::verdict::Severity;

/// An answered call of alice, what happened in it, and its end.
fn call(meanwhile: &str) -> String {
    answered("", "", meanwhile)
}

fn answered(pbx: &str, answer: &str, meanwhile: &str) -> String {
    format!(
        "{pbx}\nclient alice\n-> INVITE sip:200@pbx.test sdp=PCMA\n<- 180\n<- 200 sdp=PCMA{answer}\n-> ACK\nmedia alice connected\n{meanwhile}\n10 -> BYE\n<- 200\ncause normal_clearing"
    )
}

#[test]
fn the_silent_side_is_named() {
    let pbx = is("one_way_audio", &call("3 media main never_heard 192.0.2.1:4000"));
    assert!(pbx.english.contains("the PBX main") && pbx.english.contains("192.0.2.1"), "{}", pbx.english);
    assert_eq!(pbx.severity, Severity::Bad);
    decided_by(&pbx, "never_heard");
    let browser = is("browser_silent", &call("3 media alice silent"));
    assert!(browser.english.contains("alice"));
    let both = is("no_audio", &call("3 media main never_heard\nmedia alice never_heard"));
    assert!(both.english.contains("the PBX main") && both.english.contains("the browser of alice"), "{}", both.english);
    is("none", &call("3 media main silent\n2 media main heard"));
}

#[test]
fn figures_without_events_tell_a_silent_side_too() {
    is("one_way_audio", &call("leg main in=0 out=900"));
    is("none", &call("leg main in=0 out=20"));
}

#[test]
fn a_private_address_in_the_description_explains_the_silence() {
    let public = "pbx main 198.51.100.7:5060";
    let silent = "3 media main never_heard";
    let verdict = is("nat_sdp", &answered(public, "@192.168.7.7", silent));
    assert!(verdict.english.contains("192.168.7.7") && verdict.english.contains("198.51.100.7"), "{}", verdict.english);
    // Private, and so is the way there; or heard in spite of it.
    is("one_way_audio", &answered("pbx main 192.168.7.1:5060", "@192.168.7.7", silent));
    is("none", &answered(public, "@192.168.7.7", ""));
}

#[test]
fn audio_from_elsewhere_is_named_where_it_is_not_heard() {
    let other = "1 media main other_source 192.0.2.77:9000 instead of 192.0.2.1:4000\n";
    let verdict = is("audio_from_elsewhere", &call(&format!("{other}2 media main silent")));
    assert!(verdict.english.contains("192.0.2.77:9000"));
    is("none", &call(&format!("{other}1 media main heard")));
}

#[test]
fn digits_that_get_lost_are_noticed() {
    let info = "-> INFO body=Signal=5 | Content-Type: application/dtmf-relay\n<- 415\n";
    let verdict = is("digits_lost", &call(info));
    names(&verdict, "line_group.dtmf");
    is("none", &call(&info.replace("415", "200")));
    let events = "setting line_group.dtmf = \"rfc4733\"\nmedia main digit_sent 5";
    is("digits_lost", &answered("", " noevents", events));
    is("none", &call(events));
    is("digits_lost", &call("client alice {\"type\":\"generate_digits\",\"digits\":\"5\"}"));
    is("none", &call("client alice {\"type\":\"generate_digits\",\"digits\":\"5\"}\nmedia main digit_sent 5"));
}

#[test]
fn figures_of_a_leg_make_a_call_bad() {
    let loss = is("packet_loss", &call("leg main loss=5.2 mos=3.0"));
    assert!(loss.english.contains("5.2 % of the packets from the PBX main"), "{}", loss.english);
    let remote = is("packet_loss", &call("leg alice loss_remote=8"));
    assert!(remote.english.contains("to the browser of alice"));
    is("jitter", &call("leg main jitter=55 mos=3.2"));
    is("delay", &call("leg main rtt=900 mos=3.2"));
    is("poor_audio", &call("leg main mos=3.2"));
    is("none", &call("leg main loss=1 jitter=20 rtt=200 mos=3.6"));
    // Hardly any packets say nothing.
    is("none", &call("leg main in=10 out=10 loss=50 mos=1"));
}

#[test]
fn a_browser_without_microphone_says_so() {
    let denied = "client alice {\"type\":\"failed\",\"code\":\"microphone_denied\"}";
    let verdict = is(
        "no_microphone",
        &format!("<- INVITE sip:100@x sdp=PCMA\n-> 180\n{denied}\n9 <- CANCEL\n-> 200 CANCEL\n-> 487 INVITE\nover"),
    );
    decided_by(&verdict, "microphone_denied");
    // Allowed at the second try.
    is(
        "none",
        &format!("<- INVITE sip:100@x sdp=PCMA\n-> 180\n{denied}\n-> 200 sdp=PCMA\n<- ACK\n5 <- BYE\n-> 200\nover"),
    );
}

#[test]
fn a_path_that_never_stood_is_told_from_one_that_broke() {
    let answered = "client alice\n-> INVITE sip:200@pbx.test sdp=PCMA\n<- 200 sdp=PCMA\n-> ACK\n";
    let never =
        is("ice_never_connected", &format!("{answered}10 media alice lost\n-> BYE\n<- 200\ncause media_not_connected"));
    names(&never, "listen.webrtc");
    is(
        "client_lost",
        &format!("{answered}media alice connected\n10 media alice lost\n15 -> BYE\n<- 200\ncause client_lost"),
    );
    is(
        "none",
        &format!("{answered}media alice connected\n10 media alice lost\n5 media alice connected\n-> BYE\n<- 200\nover"),
    );
    is("none", &format!("{answered}media alice connected\n10 -> BYE\n<- 200\nmedia alice lost\ncause normal_clearing"));
}
