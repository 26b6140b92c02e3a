//! Challenges and credentials from strangers, and that nobody gets in without the password.

#![no_main]

use std::time::Instant;

use libfuzzer_sys::fuzz_target;
use offhook_sip::digest::{ClientAuth, Credentials, Secret, ServerAuth};
use offhook_sip::header::Name;
use offhook_sip::message::{Builder, Message};
use offhook_sip::method::Method;

fuzz_target!(|text: &str| {
    let mut client = ClientAuth::new();
    let challenge = Builder::response(401, "Unauthorized").header(Name::WwwAuthenticate, text);
    let challenge = Message::parse(challenge.finish()).expect("built here");
    let _ = client.challenged(&challenge);
    let credentials = Credentials::new("alice", "secret");
    let answers = client.authorization(&credentials, &Method::Register, "sip:pbx", "cnonce");
    client.accepted(&challenge);

    let mut server = ServerAuth::new("pbx", [1; 32]);
    let now = Instant::now();
    let password = |_: &str| Some(Secret::new("another"));
    for value in answers.iter().map(|(_, value)| value.as_str()).chain([text]) {
        assert!(server.verify(value, &Method::Register, password, now).is_err());
    }
});
