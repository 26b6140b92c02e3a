use std::time::Instant;

use super::*;

pub(super) fn of(file: &[u8]) -> Replay {
    let capture = read::read(file).unwrap();
    replay(&capture, &read::calls(&capture), Instant::now())
}

#[test]
fn offhooks_own_calls_are_decided_as_they_were() {
    for file in [
        &include_bytes!("../../../pcap-samples/outgoing-call.pcapng")[..],
        &include_bytes!("../../../pcap-samples/incoming-call.pcapng")[..],
    ] {
        let replay = of(file);
        assert_eq!(replay.calls.len(), 1);
        let call = &replay.calls[0];
        assert_eq!(differences(call), Vec::<String>::new(), "{call:#?}");
        assert_eq!((&call.left_out, &call.remarks), (&None, &Vec::new()));
        assert!(call.transitions.iter().any(|step| step.after == "connected"), "{call:#?}");
    }
}
