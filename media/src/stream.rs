//! The RTP stream sent towards one leg: one source identifier with gapless numbers and a steady
//! clock, whatever is heard on it.

use std::time::{Duration, Instant};

/// What follows a packet of unknown length starts at least this much later, or a receiver would take
/// it for the same audio again.
const MIN_STEP: Duration = Duration::from_millis(20);
/// What comes within this time after the end of the last packet goes on without a gap. It is the same
/// speech, delayed by a playout that starts: a gap in the timestamps would be heard, a receiver's
/// buffer makes the delay up once.
const MAX_SNAP: Duration = Duration::from_millis(120);

/// Sequence numbers and timestamps of what is sent to one leg.
#[derive(Debug)]
pub(crate) struct OutStream {
    ssrc: u32,
    /// Next sequence number, wraps counted.
    next: u64,
    /// Timestamp of the last packet sent and when that was.
    timestamp: u32,
    sent_at: Option<Instant>,
    /// How long the last packet lasts, in ticks of `clock`; 0 where that is not known.
    length: u32,
    clock: u32,
    relay: Option<Relay>,
    /// The next packet starts a talkspurt.
    mark: bool,
    packets: u64,
    octets: u64,
}

/// Which stream is being relayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) ssrc: u32,
    /// RTP clock of the packets that come in, in Hz.
    pub(crate) clock_in: u32,
    /// RTP clock of the packets sent, in Hz.
    pub(crate) clock_out: u32,
}

#[derive(Debug)]
struct Relay {
    origin: Origin,
    /// Incoming and outgoing sequence number that belong together.
    sequence_in: i64,
    sequence_out: u64,
    /// Highest incoming sequence number sent.
    highest_in: i64,
    /// Packets of our own, or packets left out, came between: the numbers are tied anew.
    splice: bool,
    /// Incoming timestamp of the last packet, as ticks since the first.
    last_in: u32,
    ticks_in: i64,
    timestamp_out: u32,
}

/// The numbers of a packet to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Numbers {
    /// Sequence number with its wraps counted, which SRTP needs.
    pub(crate) sequence: u64,
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
}

impl OutStream {
    pub(crate) fn new(ssrc: u32, sequence: u16, timestamp: u32) -> Self {
        Self {
            ssrc,
            // In the lower half, so that SRTP receivers cannot guess the wrap count wrong when
            // the first packets are lost (RFC 3711 section 3.3.1).
            next: u64::from(sequence & 0x7fff),
            timestamp,
            sent_at: None,
            length: 0,
            clock: 8_000,
            relay: None,
            mark: true,
            packets: 0,
            octets: 0,
        }
    }

    pub(crate) fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// Packets and payload octets sent.
    pub(crate) fn sent(&self) -> (u64, u64) {
        (self.packets, self.octets)
    }

    /// RTP clock of what was sent last, in Hz.
    pub(crate) fn clock(&self) -> u32 {
        self.clock
    }

    /// Another sound follows: numbers and time go on, the next packet is marked.
    pub(crate) fn restart(&mut self) {
        self.relay = None;
        self.mark = true;
    }

    /// The next packet starts a talkspurt.
    pub(crate) fn mark(&mut self) {
        self.mark = true;
    }

    /// How long ago the last packet was sent; `None` when there was none.
    pub(crate) fn idle(&self, now: Instant) -> Option<Duration> {
        self.sent_at.map(|at| now.saturating_duration_since(at))
    }

    /// How the stream with this source identifier is being relayed, if it is.
    pub(crate) fn relayed(&self, ssrc: u32) -> Option<Origin> {
        let relay = self.relay.as_ref()?;
        (relay.origin.ssrc == ssrc).then_some(relay.origin)
    }

    /// A packet of the relayed stream is left out on purpose, which must not look like loss.
    pub(crate) fn skip(&mut self) {
        if let Some(relay) = &mut self.relay {
            relay.splice = true;
        }
    }

    /// What the stream's clock shows now, for sender reports.
    pub(crate) fn timestamp_now(&self, now: Instant) -> u32 {
        let elapsed = self.sent_at.map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        self.timestamp.wrapping_add(ticks(elapsed, self.clock))
    }

    /// The timestamp of something new sent now, in ticks of `clock`.
    pub(crate) fn timestamp_at(&self, clock: u32, now: Instant) -> u32 {
        let Some(elapsed) = self.idle(now) else {
            return self.timestamp;
        };
        let length = Duration::from_micros(u64::from(self.length) * 1_000_000 / u64::from(self.clock.max(1)));
        let step = if !length.is_zero() && elapsed < length + MAX_SNAP { length } else { elapsed.max(MIN_STEP) };
        self.timestamp.wrapping_add(ticks(step, clock))
    }

    /// Numbers for a packet of audio made here. A stream relayed later is tied to it anew.
    pub(crate) fn made(&mut self, timestamp: u32, clock: u32) -> Numbers {
        self.relay = None;
        self.own(timestamp, clock)
    }

    /// Numbers for a packet of our own with this timestamp, between those of a relayed stream.
    pub(crate) fn own(&mut self, timestamp: u32, clock: u32) -> Numbers {
        self.skip();
        self.clock = clock;
        let sequence = self.next;
        self.next += 1;
        Numbers { sequence, timestamp, marker: std::mem::take(&mut self.mark) }
    }

    /// Numbers for a relayed packet: gaps and order of the incoming stream are kept, so that the
    /// receiver conceals what was lost. `None` for a packet from before the last splice, whose
    /// number is taken.
    pub(crate) fn relay(&mut self, origin: Origin, sequence: i64, timestamp: u32, now: Instant) -> Option<Numbers> {
        match &mut self.relay {
            Some(relay) if relay.origin == origin => {
                if relay.splice {
                    if sequence <= relay.highest_in {
                        return None;
                    }
                    relay.splice = false;
                    relay.sequence_in = sequence;
                    relay.sequence_out = self.next;
                }
            }
            _ => {
                let timestamp_out = self.timestamp_at(origin.clock_out, now);
                self.clock = origin.clock_out;
                self.mark = true;
                self.relay = Some(Relay {
                    origin,
                    sequence_in: sequence,
                    sequence_out: self.next,
                    highest_in: sequence,
                    splice: false,
                    last_in: timestamp,
                    ticks_in: 0,
                    timestamp_out,
                });
            }
        }
        let relay = self.relay.as_mut()?;
        let offset = u64::try_from(sequence - relay.sequence_in).ok()?;
        relay.highest_in = relay.highest_in.max(sequence);
        relay.ticks_in += i64::from(timestamp.wrapping_sub(relay.last_in) as i32);
        relay.last_in = timestamp;
        let ticks_out = relay.ticks_in * i64::from(origin.clock_out) / i64::from(origin.clock_in.max(1));
        let sequence = relay.sequence_out + offset;
        self.next = self.next.max(sequence + 1);
        self.clock = origin.clock_out;
        Some(Numbers {
            sequence,
            timestamp: relay.timestamp_out.wrapping_add(ticks_out as u32),
            marker: std::mem::take(&mut self.mark),
        })
    }

    /// Says how long the packet sent last lasts, in ticks of its clock.
    pub(crate) fn lasts(&mut self, length: u32) {
        self.length = length;
    }

    /// Notes that a packet with these numbers went out; `at` is the time its timestamp stands for.
    pub(crate) fn sent_packet(&mut self, numbers: Numbers, octets: usize, at: Instant) {
        // The packets of a telephone event all carry the time of its start.
        if self.sent_at.is_none() || self.timestamp != numbers.timestamp {
            self.timestamp = numbers.timestamp;
            self.sent_at = Some(at);
        }
        self.packets += 1;
        self.octets += octets as u64;
    }
}

/// A duration in ticks of `clock` Hz, wrapping as RTP timestamps do.
pub(crate) fn ticks(duration: Duration, clock: u32) -> u32 {
    (duration.as_micros() * u128::from(clock) / 1_000_000) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::start;

    const ORIGIN: Origin = Origin { ssrc: 9, clock_in: 8_000, clock_out: 48_000 };

    fn relay(out: &mut OutStream, origin: Origin, sequence: i64, at: Instant) -> Option<Numbers> {
        let numbers = out.relay(origin, sequence, sequence as u32 * 160, at)?;
        out.sent_packet(numbers, 160, at);
        Some(numbers)
    }

    #[test]
    fn order_gaps_and_time_are_kept_in_the_other_clock() {
        let mut out = OutStream::new(1, 500, 1_000);
        let now = start();
        let numbers: Vec<_> = [70, 71, 74, 73]
            .into_iter()
            .map(|sequence| relay(&mut out, ORIGIN, sequence, now).unwrap())
            .map(|n| (n.sequence, n.timestamp))
            .collect();
        assert_eq!(numbers, [(500, 1_000), (501, 1_960), (504, 4_840), (503, 3_880)]);
    }

    #[test]
    fn own_packets_take_numbers_without_a_gap_or_a_double() {
        let mut out = OutStream::new(1, 0, 0);
        let now = start();
        relay(&mut out, ORIGIN, 10, now);
        let own = out.own(out.timestamp_at(48_000, now), 48_000);
        assert_eq!((own.sequence, own.timestamp), (1, 960));
        // Overtaken by our own packet: its number is gone.
        assert_eq!(relay(&mut out, ORIGIN, 9, now), None);
        let next = relay(&mut out, ORIGIN, 14, now).unwrap();
        assert_eq!(next.sequence, 2);
        assert_eq!(next.timestamp, 4 * 960);
    }

    #[test]
    fn another_source_goes_on_where_the_last_one_stopped() {
        let mut out = OutStream::new(1, 0, 0);
        let now = start();
        relay(&mut out, ORIGIN, 10, now);
        let other = Origin { ssrc: 10, ..ORIGIN };
        let later = now + Duration::from_millis(40);
        let numbers = relay(&mut out, other, 40_000, later).unwrap();
        assert_eq!(numbers, Numbers { sequence: 1, timestamp: 1_920, marker: true });
    }
}
