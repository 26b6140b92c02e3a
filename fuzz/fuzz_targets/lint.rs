//! Any bytes: read for a person as a datagram and as a stream. What the stack takes must be valid here, and no place
//! lies outside.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use offhook_sip::lint::{self, Report};
use offhook_sip::message::Message;

fuzz_target!(|data: &[u8]| {
    let bytes = Bytes::copy_from_slice(data);
    let report = lint::datagram(&bytes);
    check(&report, data);
    let taken = Message::parse(bytes.clone()).is_ok_and(|message| message.validate().is_ok());
    assert!(taken || !report.is_valid());
    let stream = lint::stream(&bytes);
    for report in &stream.messages {
        check(report, data);
    }
    assert!(stream.keep_alive + stream.rest <= data.len());
});

fn check(report: &Report, data: &[u8]) {
    let faults = report.warnings.iter().chain(&report.error).map(|fault| fault.place);
    for place in report.fields.iter().map(|field| field.place).chain(faults) {
        assert!(place.offset <= data.len() && place.line >= 1);
    }
}
