//! Case files of anybody: reading one, judging it, drawing it and replaying it must not fail, whatever is in it. What is
//! no ZIP is taken as the trace in one, since chance makes no checksums.

#![no_main]

use std::io::Cursor;
use std::time::Instant;

use libfuzzer_sys::fuzz_target;
use offhook::capture::case::Case;
use offhook::capture::diagnosis::diagnose;
use offhook::capture::pseudonyms::Pseudonyms;
use offhook::capture::trace::Trace;
use offhook::capture::{ladder, read, replay};

fuzz_target!(|data: &[u8]| {
    if let Ok(case) = Case::read(Cursor::new(data)) {
        return look(&case);
    }
    let Ok(trace) = serde_json::from_slice::<Trace>(data) else { return };
    for mut pseudonyms in [None, Some(Pseudonyms::new([7; 32]))] {
        let case = Case::new(trace.clone(), Vec::new(), Vec::new(), 0.0, pseudonyms.as_mut());
        look(&case);
        let Ok(file) = case.zip() else { continue };
        // More parties or events than a server keeps are refused.
        if let Ok(again) = Case::read(Cursor::new(file)) {
            assert_eq!(again.verdict.code, case.verdict.code);
        }
    }
});

fn look(case: &Case) {
    let verdict = diagnose(&case.trace);
    ladder::text(&case.trace, Some(&verdict));
    let Ok(capture) = read::read(&case.capture[..]) else { return };
    replay::replay(&capture, &read::calls(&capture), Instant::now());
}
