//! Credentials, realm, domain, account.

use super::{decided_by, is, names};

#[test]
fn a_second_challenge_after_credentials_is_a_wrong_password() {
    let verdict = is(
        "wrong_password",
        "line 100
         -> REGISTER sip:pbx.test
         <- 401
         -> REGISTER again auth
         <- 401",
    );
    decided_by(&verdict, "SIP/2.0 401");
    names(&verdict, "line_group.line.password");
    assert_eq!(verdict.evidence[0].event, Some(3));
    assert!(verdict.english.contains("line 100") && verdict.english.contains("main (192.0.2.1:5060)"));
    let call =
        "-> INVITE sip:200@pbx.test\n<- 407\n-> ACK\n-> INVITE again auth\n<- 407\n-> ACK\ncause not_permitted 407";
    is("wrong_password", call);
    let words = "-> REGISTER sip:pbx.test\n<- 401\n-> REGISTER again auth\n<- 403 reason=Forbidden_(Bad_auth)";
    is("wrong_password", words);
}

#[test]
fn a_stale_nonce_or_a_second_realm_is_no_wrong_password() {
    let stale =
        "-> REGISTER sip:pbx.test\n<- 401\n-> REGISTER again auth\n<- 401 stale\n-> REGISTER again auth\n<- 200";
    is("none", stale);
    is("unknown", "-> REGISTER sip:pbx.test\n<- 401\n-> REGISTER again auth\n<- 401 stale");
    let two =
        "-> INVITE sip:200@pbx.test\n<- 407 realm=one\n-> ACK\n-> INVITE again auth realm=one\n<- 407 realm=two\n-> ACK
               -> INVITE again auth realm=two\n<- 486\n-> ACK\nover";
    is("busy", two);
}

#[test]
fn a_realm_of_another_domain_is_a_wrong_domain() {
    let verdict = is(
        "wrong_domain",
        "-> REGISTER sip:office.example domain=office.example
         <- 401 realm=voice.example
         -> REGISTER again auth realm=voice.example
         <- 401 realm=voice.example",
    );
    names(&verdict, "line_group.domain");
    assert!(verdict.fix_english.contains("voice.example"));
    is("wrong_domain", "-> REGISTER sip:a.test domain=a.test\n<- 403 reason=Domain_not_served");
}

#[test]
fn a_realm_that_is_a_word_or_the_parent_domain_is_no_wrong_domain() {
    for realm in ["asterisk", "test", "sip.pbx.test"] {
        let first = format!("-> REGISTER sip:pbx.test\n<- 401 realm={realm}\n");
        is("wrong_password", &format!("{first}-> REGISTER again auth realm={realm}\n<- 401 realm={realm}"));
    }
}

#[test]
fn an_algorithm_that_nobody_knows_is_unsupported_authentication() {
    let verdict = is("authentication_unsupported", "-> REGISTER sip:pbx.test\n<- 401 algorithm=SHA3-512\nover");
    assert!(verdict.english.contains("SHA3-512"));
    is("no_credentials", "-> REGISTER sip:pbx.test\n<- 401 algorithm=SHA-256\nover");
}

#[test]
fn a_challenge_that_nobody_answers_means_that_there_is_no_password() {
    is("no_credentials", "-> INVITE sip:200@pbx.test\n<- 401\n-> ACK\n3 over");
    // It may still come.
    is("unknown", "-> REGISTER sip:pbx.test\n<- 401");
}

#[test]
fn an_account_that_is_not_there_is_told_from_one_that_may_not() {
    let unknown = is("unknown_account", "-> REGISTER sip:pbx.test\n<- 404");
    names(&unknown, "line_group.line.user_name");
    is("registration_refused", "-> REGISTER sip:pbx.test\n<- 401\n-> REGISTER again auth\n<- 403");
    is("none", "-> REGISTER sip:pbx.test\n<- 423 | Min-Expires: 600\n-> REGISTER again\n<- 200");
    // A number that is not there is no account.
    is("unknown_number", "-> INVITE sip:200@pbx.test\n<- 404\n-> ACK\nover");
}
