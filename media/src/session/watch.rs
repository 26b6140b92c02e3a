//! Notices a leg that should send and does not.

use std::time::{Duration, Instant};

use super::end::End;
use super::{Event, Leg, Session, Side};

/// A leg that sends nothing for this long is silent. Opus without transmission of pauses still sends every 400 ms
/// (RFC 6716 section 2.1.9), and a muted browser sends packets of silence.
const LIMIT: Duration = Duration::from_secs(2);

/// What is known of a leg's silence.
#[derive(Debug, Default)]
pub(super) struct Watch {
    expected: bool,
    /// Since when; none while there is no leg.
    since: Option<Instant>,
    silent: bool,
    /// The peer has said that nobody speaks (RFC 3389), and may send nothing until somebody does.
    paused: bool,
    /// When to look next. Not with every packet: a timer that moves costs more than one that finds nothing.
    check: Option<Instant>,
}

/// What a look at the clock found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Silent,
    Heard,
}

impl Watch {
    /// A leg is there, or audio is expected from it.
    fn begin(&mut self, now: Instant) {
        let silent = self.silent;
        *self = Self { expected: true, since: Some(now), silent, paused: false, check: Some(now + LIMIT) };
    }

    pub(super) fn installed(&mut self, now: Instant) {
        if self.expected {
            self.begin(now);
        }
    }

    /// Something else was agreed: whoever was on hold has the time again that a leg has at its beginning.
    pub(super) fn agreed(&mut self, now: Instant) {
        self.since = self.since.map(|_| now);
    }

    /// What stays when the leg goes: another takes its place in a transfer.
    pub(super) fn without_leg(&self) -> Self {
        Self { expected: self.expected, silent: self.silent, ..Self::default() }
    }

    fn expect(&mut self, expected: bool, leg: bool, now: Instant) {
        match (expected, leg) {
            (true, true) if self.since.is_none() => self.begin(now),
            (true, _) => self.expected = true,
            (false, _) => *self = Self::default(),
        }
    }

    /// A packet came; `pause` when it says that nobody speaks. True where the leg was silent.
    fn packet(&mut self, pause: bool) -> bool {
        self.paused = pause;
        std::mem::take(&mut self.silent)
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.check
    }

    fn timeout(&mut self, sends: bool, last_packet: Option<Instant>, now: Instant) -> Option<Change> {
        self.check.take_if(|at| *at <= now)?;
        self.check = Some(now + LIMIT);
        if !sends || self.paused {
            self.since = Some(now);
            return std::mem::take(&mut self.silent).then_some(Change::Heard);
        }
        let since = self.since.max(last_packet)?;
        if self.silent {
            return None;
        }
        if now.saturating_duration_since(since) < LIMIT {
            self.check = Some(since + LIMIT);
            return None;
        }
        self.silent = true;
        Some(Change::Silent)
    }
}

impl Session {
    /// Says whether audio should come from a leg, as in a call that is answered. A leg that agreed on sending and from
    /// which nothing came for two seconds then gives [`Event::Silent`]. A leg starts unexpected; one that takes the
    /// place of another is expected as that was.
    pub fn expect_audio(&mut self, side: Side, expected: bool, now: Instant) {
        self.now = Some(now);
        let end = self.end(side);
        let leg = end.leg.is_some();
        end.watch.expect(expected, leg, now);
    }

    /// Percent of our packets that the far end of a leg reports lost, by the latest of its reports: what an encoder
    /// towards it is told to expect. `None` before it reported.
    pub fn reported_loss(&self, side: Side) -> Option<u8> {
        self.ends[side as usize].remote().percent_lost()
    }

    /// A packet came from a leg.
    pub(super) fn heard(&mut self, side: Side, pause: bool) {
        if self.end(side).watch.packet(pause) {
            self.queue.event(Event::Heard(side));
        }
    }

    pub(super) fn run_watch(&mut self, side: Side, now: Instant) {
        let end = self.end(side);
        let sends = end.should_send();
        let last_packet = end.inbound.reception.last_packet();
        match end.watch.timeout(sends, last_packet, now) {
            Some(Change::Silent) => {
                let from = match &end.leg {
                    Some(Leg::Rtp(leg)) => leg.remote(),
                    _ => None,
                };
                self.queue.event(Event::Silent { side, from, never: last_packet.is_none() });
            }
            Some(Change::Heard) => self.queue.event(Event::Heard(side)),
            None => {}
        }
    }
}

impl End {
    /// Whether the far end agreed to send and can. A peer that named no address holds the call (RFC 2543 hold).
    fn should_send(&self) -> bool {
        match &self.leg {
            Some(Leg::Rtp(leg)) => {
                let agreed = leg.negotiated();
                agreed.direction.receives() && !agreed.remote.ip().is_unspecified()
            }
            Some(Leg::WebRtc(leg)) => leg.receives() && leg.is_connected(),
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Codec;
    use crate::rtp::RtpHeader;
    use crate::sdp::{Direction, Negotiated};
    use crate::testing::{FRAME, Whistle, World, negotiated, phone};

    fn whistle(world: &mut World, source: &mut Whistle, frames: usize) {
        for _ in 0..frames {
            let (header, payload) = source.next();
            world.rtp(Side::A, header, &payload);
            world.run(FRAME);
        }
    }

    fn news(world: &mut World) -> Vec<Event> {
        let news = |event: &Event| matches!(event, Event::Silent { .. } | Event::Heard(_));
        let found = world.events.iter().filter(|event| news(event)).cloned().collect();
        world.events.clear();
        found
    }

    fn expect(world: &mut World, side: Side) {
        world.session.expect_audio(side, true, world.now);
    }

    fn silent(never: bool) -> Event {
        Event::Silent { side: Side::A, from: Some(phone(Side::A)), never }
    }

    #[test]
    fn a_leg_that_never_sends_is_reported_once_after_two_seconds() {
        let mut world = World::bridged(Codec::Pcma, Codec::Pcma);
        world.run(Duration::from_secs(60));
        assert_eq!(news(&mut world), [], "nobody expected anything");
        expect(&mut world, Side::A);
        world.run(LIMIT - FRAME);
        assert_eq!(news(&mut world), []);
        world.run(FRAME * 2);
        assert_eq!(news(&mut world), [silent(true)]);
        world.run(Duration::from_secs(60));
        assert_eq!(news(&mut world), []);
    }

    #[test]
    fn silence_and_its_end_are_told_each_time() {
        let mut world = World::bridged(Codec::Pcma, Codec::Pcma);
        expect(&mut world, Side::A);
        let mut source = Whistle::new(Codec::Pcma, 8, 7);
        whistle(&mut world, &mut source, 500);
        assert_eq!(news(&mut world), []);
        for _ in 0..3 {
            let stopped = world.now;
            world.run(LIMIT);
            assert_eq!(news(&mut world), [silent(false)]);
            assert_eq!(world.now - stopped, LIMIT);
            whistle(&mut world, &mut source, 1);
            assert_eq!(news(&mut world), [Event::Heard(Side::A)]);
            whistle(&mut world, &mut source, 130);
        }
        assert_eq!(news(&mut world), []);
    }

    #[test]
    fn who_holds_or_describes_silence_is_not_silent() {
        let mut world = World::bridged(Codec::Pcma, Codec::Pcma);
        expect(&mut world, Side::A);
        world.run(LIMIT * 2);
        assert_eq!(news(&mut world), [silent(true)]);
        // The hold ends the warning, and its end begins the two seconds anew.
        for direction in [Direction::SendOnly, Direction::Inactive] {
            let held = Negotiated { direction, ..negotiated(Side::A, Codec::Pcma) };
            world.session.update_rtp(Side::A, held, world.now);
            world.run(Duration::from_secs(30));
        }
        assert_eq!(news(&mut world), [Event::Heard(Side::A)]);
        let noisy = Negotiated { comfort_noise: Some((13, 13)), ..negotiated(Side::A, Codec::Pcma) };
        world.session.update_rtp(Side::A, noisy, world.now);
        let mut source = Whistle::new(Codec::Pcma, 8, 7);
        whistle(&mut world, &mut source, 5);
        let noise = RtpHeader { payload_type: 13, ..source.header };
        world.rtp(Side::A, noise, &[60]);
        source.header.sequence = source.header.sequence.wrapping_add(1);
        world.run(Duration::from_secs(30));
        assert_eq!(news(&mut world), []);
        whistle(&mut world, &mut source, 5);
        world.run(LIMIT * 3);
        assert_eq!(news(&mut world), [silent(false)]);
    }

    #[test]
    fn who_takes_a_legs_place_is_expected_too() {
        let mut world = World::bridged(Codec::Pcma, Codec::Pcma);
        expect(&mut world, Side::A);
        world.run(LIMIT / 2);
        world.session.clear_leg(Side::A);
        world.run(Duration::from_secs(30));
        assert_eq!(news(&mut world), [], "nobody is there");
        world.set_phone(Side::A, negotiated(Side::A, Codec::Pcma));
        world.run(LIMIT + FRAME);
        assert_eq!(news(&mut world), [silent(true)]);
        world.session.expect_audio(Side::A, false, world.now);
        assert!(world.session.ends[0].watch.deadline().is_none());
    }

    #[test]
    fn a_browser_is_silent_only_while_it_is_connected() {
        let mut world = World::new();
        world.set_phone(Side::A, negotiated(Side::A, Codec::Pcma));
        world.connect_browser(Side::B, &[Codec::Opus], &[Codec::Opus]);
        world.events.clear();
        expect(&mut world, Side::B);
        world.run(LIMIT + FRAME);
        assert_eq!(news(&mut world), [Event::Silent { side: Side::B, from: None, never: true }]);
        let mut source = Whistle::new(Codec::Opus, 111, 7);
        let (header, payload) = source.next();
        let now = world.now;
        world.browser().send(header, &payload, now);
        world.run(FRAME);
        assert_eq!(news(&mut world), [Event::Heard(Side::B)]);
    }
}
