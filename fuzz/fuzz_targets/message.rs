//! A datagram: parsed, read in every way, and answered; the answer must be readable.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use offhook_sip::header::Name;
use offhook_sip::message::{Builder, Message};

fuzz_target!(|data: &[u8]| {
    let Ok(message) = Message::parse(Bytes::copy_from_slice(data)) else {
        return;
    };
    let valid = message.validate().is_ok();
    let _ = (message.vias(), message.contacts(), message.expires(), message.max_forwards());
    let _ = (message.body(), message.has_body("application/sdp"), message.reason().len());
    for (name, value) in message.headers() {
        let name = Name::parse(name);
        assert!(message.raw_values(name.clone()).any(|other| other == value));
        let _ = (message.number(name.clone()), message.addresses(name));
    }
    let source = ([192, 0, 2, 1], 5060).into();
    for reply in [
        Builder::response_to(&message, 180, "Ringing"),
        Builder::response_from(&message, 200, "OK", Some("tag"), source),
    ] {
        let reply = Message::parse(reply.finish()).expect("an answer of ours is readable");
        if valid && message.is_request() {
            assert_eq!(reply.validate(), Ok(()));
            assert_eq!(reply.call_id(), message.call_id());
            assert_eq!(reply.cseq(), message.cseq());
        }
    }
});
