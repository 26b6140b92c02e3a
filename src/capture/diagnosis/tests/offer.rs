//! Codecs and encryption.

use super::{decided_by, is, names};

#[test]
fn a_refusal_that_names_the_codecs_is_no_common_codec() {
    let verdict = is(
        "no_common_codec",
        "-> INVITE sip:200@pbx.test sdp=G722,PCMA,PCMU
         <- 488 sdp=G729 | Warning: 305 pbx.test \"Incompatible media format\"
         -> ACK
         cause no_common_codec 488",
    );
    decided_by(&verdict, "488");
    names(&verdict, "line_group.codecs");
    assert!(verdict.english.contains("G722, PCMA, PCMU") && verdict.english.contains("G729"), "{}", verdict.english);
    is("no_common_codec", "-> INVITE sip:200@pbx.test sdp=PCMA\n<- 488\n-> ACK\nover");
    is("no_common_codec", "-> INVITE sip:200@pbx.test sdp=PCMA,PCMU\n<- 488 sdp=G729\n-> ACK\nover");
}

#[test]
fn a_bare_488_to_what_everybody_knows_is_not_blamed_on_the_codecs() {
    let verdict = is("offer_refused", "-> INVITE sip:200@pbx.test sdp=PCMA,PCMU\n<- 488\n-> ACK\nover");
    names(&verdict, "line_group.srtp");
    names(&verdict, "line_group.codecs");
}

#[test]
fn an_encrypted_offer_refused_is_srtp_refused_unless_the_codecs_are_named() {
    let verdict =
        is("srtp_refused", "-> INVITE sip:200@pbx.test srtp sdp=PCMA,PCMU\n<- 488\n-> ACK\ncause srtp_refused 488");
    names(&verdict, "line_group.srtp");
    let codecs = "-> INVITE sip:200@pbx.test srtp sdp=PCMA,PCMU\n<- 488 | Warning: 305 x \"Incompatible media format\"\n-> ACK\nover";
    is("no_common_codec", codecs);
    // The PBX calls without, where encryption is demanded.
    is("srtp_refused", "<- INVITE sip:100@x sdp=PCMA\n-> 488\n<- ACK\ncause srtp_refused 488");
}

#[test]
fn an_offer_that_is_encrypted_only_is_srtp_demanded() {
    let verdict = is("srtp_demanded", "<- INVITE sip:100@x srtp sdp=PCMA\n-> 488\n<- ACK\ncause srtp_required 488");
    assert!(verdict.fix_english.contains("line_group.srtp"));
    is("srtp_demanded", "<- INVITE sip:100@x srtp sdp=PCMA\n-> 488\n<- ACK\nover");
    let told = "-> INVITE sip:200@pbx.test sdp=PCMA,PCMU\n<- 488 reason=SRTP_required\n-> ACK\nover";
    is("srtp_demanded", told);
    // Encrypted, and refused for its codecs.
    is("no_common_codec", "<- INVITE sip:100@x srtp sdp=G729\n-> 488\n<- ACK\ncause no_common_codec 488");
}

#[test]
fn a_pbx_that_offers_what_nobody_has_here_is_no_common_codec() {
    let settings = "setting line_group.codecs = [\"PCMA\"]";
    let verdict = is(
        "no_common_codec",
        &format!("{settings}\n<- INVITE sip:100@x sdp=G729,iLBC\n-> 488\n<- ACK\ncause no_common_codec 488"),
    );
    assert!(verdict.english.contains("this side has [\"PCMA\"], the other side G729, iLBC"), "{}", verdict.english);
    is("none", "<- INVITE sip:100@x sdp=G729,PCMA\n-> 180\n-> 200 sdp=PCMA\n<- ACK\n3 <- BYE\n-> 200 BYE\nover");
}

#[test]
fn an_answer_that_cannot_be_used_is_found_although_the_call_was_answered() {
    let script =
        "-> INVITE sip:200@pbx.test sdp=PCMA,PCMU\n<- 200 sdp=G729\n-> ACK\n-> BYE\n<- 200 BYE\ncause no_common_codec";
    is("no_common_codec", script);
    let usual = "-> INVITE sip:200@pbx.test sdp=PCMA,PCMU\n<- 200 sdp=PCMU\n-> ACK\n2 -> BYE\n<- 200 BYE\ncause normal_clearing";
    is("none", usual);
}

#[test]
fn a_415_about_the_body_is_not_about_codecs() {
    let verdict = is(
        "body_not_understood",
        "-> INVITE sip:200@pbx.test sdp=PCMA,PCMU\n<- 415 | Accept: text/plain\n-> ACK\nover",
    );
    assert!(verdict.english.contains("text/plain"));
    is("no_common_codec", "-> INVITE sip:200@pbx.test sdp=PCMA\n<- 415 | Accept: application/sdp\n-> ACK\nover");
}
