//! A byte stream in pieces: how it is cut must not change what is found in it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use offhook_sip::framing::{Frame, FrameError, Framer};
use offhook_sip::message::Message;

const MAX_LEN: usize = 2048;

fuzz_target!(|input: (u8, &[u8])| {
    let (step, stream) = input;
    let whole = messages(stream, stream.len().max(1));
    let pieces = messages(stream, usize::from(step) + 1);
    assert_eq!(whole.0, pieces.0);
    for frame in whole.0 {
        assert!(frame.len() <= MAX_LEN);
        let _ = Message::parse(frame);
    }
});

/// The messages found, and why no more can be. Keep-alives are left out: a cut ping is two pongs.
fn messages(stream: &[u8], step: usize) -> (Vec<bytes::Bytes>, Option<FrameError>) {
    let mut framer = Framer::new(MAX_LEN);
    let mut found = Vec::new();
    for piece in stream.chunks(step) {
        framer.push(piece);
        loop {
            match framer.next() {
                Ok(Some(Frame::Message(message))) => found.push(message),
                Ok(Some(Frame::Ping | Frame::Pong)) => {}
                Ok(None) => break,
                Err(error) => return (found, Some(error)),
            }
        }
    }
    (found, None)
}
