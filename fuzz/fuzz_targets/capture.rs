//! Capture files of any tool: reading them must not fail, whatever is in them, and what is found must be calls.

#![no_main]

use libfuzzer_sys::fuzz_target;
use offhook::capture::read;

fuzz_target!(|data: &[u8]| {
    let Ok(capture) = read::read(data) else { return };
    let calls = read::calls(&capture);
    let of_calls: usize = calls.calls.iter().map(|call| call.messages.len()).sum();
    assert!(of_calls <= capture.messages.len(), "no message is part of two calls");
});
