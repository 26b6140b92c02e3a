//! Legs that go from one session to another in the middle of their streams.

use std::time::Instant;

use super::end::End;
use super::{Session, Side};

/// A leg on its way to another session, with all that its far end must not notice a break in: what was agreed and the
/// keys, the source identifier, numbers and times of what is sent, reports, and what was counted.
#[derive(Debug)]
pub struct TakenLeg(Box<End>);

impl Session {
    /// Takes a leg out, for [`Session::put_leg`] of this or another session. The side is left as
    /// [`Session::clear_leg`] leaves it, but nothing is said to the far end, and how digits were treated goes along.
    /// `None` where there is no leg.
    pub fn take_leg(&mut self, side: Side, now: Instant) -> Option<TakenLeg> {
        self.now = Some(now);
        self.run_leg(side);
        let end = self.end(side);
        end.leg.as_ref()?;
        let taken = end.take();
        self.ends[side.other() as usize].peer_changed();
        Some(TakenLeg(Box::new(taken)))
    }

    /// Puts a leg in place that was taken from elsewhere, ending the one that was there. What it hears, and whether
    /// audio is expected from it, is as the side was set.
    pub fn put_leg(&mut self, side: Side, TakenLeg(taken): TakenLeg, now: Instant) {
        self.now = Some(now);
        self.clear_leg(side);
        self.formats_changed(side);
        self.end(side).put(*taken, now);
        self.start_made(side, now);
        self.run_leg(side);
    }
}
