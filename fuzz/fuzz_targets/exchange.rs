//! Files of rules that an administrator brings: the first octet says of which list, the rest is the file. What is read is
//! right for the location, and comes back once it is written.

#![no_main]

use libfuzzer_sys::fuzz_target;
use offhook::numbers::Location;
use offhook::numbers::exchange::{RuleList, read, write};

fuzz_target!(|data: &[u8]| {
    let Some((first, file)) = data.split_first() else { return };
    let list = RuleList::ALL[usize::from(*first) % RuleList::ALL.len()];
    let location = Location { name: "A".into(), country: "DE".into(), area_code: "30".into(), ..Location::default() };
    match read(&location, list, file, false) {
        Ok(after) => {
            assert_eq!(after.check(), []);
            for format in list.formats() {
                let written = write(&after, list, *format).expect("it is a format of the list");
                let again = read(&location, list, written.as_bytes(), false).expect("what was written is read");
                assert_eq!(write(&again, list, *format), Some(written));
            }
        }
        Err(problems) => {
            assert!(!problems.is_empty());
            problems.iter().for_each(|problem| assert!(problem.line > 0 && !problem.english().is_empty()));
        }
    }
});
