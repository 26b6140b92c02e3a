//! STUN on a SIP port and on the browsers' port: nothing panics, and what was understood reads the same when we write
//! it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use offhook_media::webrtc::stun_ufrag;
use offhook_sip::stun::{Stun, is_stun};

fuzz_target!(|data: &[u8]| {
    if let Some(message) = Stun::parse(data) {
        assert!(is_stun(data));
        assert_eq!(Stun::parse(&message.write()), Some(message));
    }
    if let Some(ufrag) = stun_ufrag(data) {
        assert!(!ufrag.contains(':') && ufrag.len() < data.len());
    }
});
