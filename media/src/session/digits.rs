//! Digits from one leg to the other: each once, in the way each side knows.

use std::time::{Duration, Instant};

use super::end::{PassedEvent, Way};
use super::receive::Packet;
use super::send::{send, send_as};
use super::{DigitMethod, DigitPolicy, Event, Session, Side, Source};
use crate::dtmf::inband::ToneSender;
use crate::dtmf::{DEFAULT_DURATION, MAX_DURATION, Pressed, TelephoneEvent};
use crate::stream::Origin;

/// The same digit in two ways within this time was pressed once.
const SAME_PRESS: Duration = Duration::from_secs(1);
/// Audio waits this long for the next packet of an event.
const EVENT_GAP: Duration = Duration::from_millis(200);
/// The same for a repetition of its end, of which there are this many (RFC 4733 section 2.5.1.4).
const END_GAP: Duration = Duration::from_millis(30);
const ENDS: u8 = 3;

/// How a digit came. A later one here is believed before an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Means {
    /// As a tone in the audio.
    Tone,
    /// By signalling.
    Signalling,
    /// As telephone events.
    Events,
}

/// Tells a digit that comes in two ways from one that is pressed twice.
#[derive(Debug, Default)]
pub(super) struct Presses {
    best: Option<Means>,
    last: Option<(char, Means, Instant)>,
    /// The event that is coming in, and whether it is new.
    event: Option<((u32, u32), bool)>,
}

impl Presses {
    /// Whether the far end sends telephone events, so that nothing else needs to be looked at.
    pub(super) fn come_as_events(&self) -> bool {
        self.best == Some(Means::Events)
    }

    /// A packet of an event came. Whether that is a digit not known yet.
    fn event(&mut self, key: (u32, u32), digit: Option<char>, now: Instant) -> bool {
        if let Some((_, new)) = self.event.filter(|(known, _)| *known == key) {
            return new;
        }
        let Some(digit) = digit else {
            return false;
        };
        self.best = Some(Means::Events);
        let new = !self.repeats(digit, Means::Events, now);
        self.event = Some((key, new));
        new
    }

    fn repeats(&self, digit: char, means: Means, now: Instant) -> bool {
        self.last.is_some_and(|(last, by, at)| {
            last == digit && by != means && now.saturating_duration_since(at) < SAME_PRESS
        })
    }

    /// A digit is complete. Whether it is to be taken.
    fn take(&mut self, digit: char, means: Means, now: Instant) -> bool {
        if self.best.is_some_and(|best| best > means) {
            return false;
        }
        self.best = Some(means);
        if self.repeats(digit, means, now) {
            // Told once; the next one is another press.
            self.last = None;
            return false;
        }
        self.last = Some((digit, means, now));
        true
    }
}

impl Session {
    /// Sends digits to the far end of a leg, 100 ms each, 50 ms apart: as [`Session::set_digits`] says, and as tones
    /// where it agreed on no telephone events. Audio towards it pauses meanwhile. At most 64 wait. Characters other
    /// than `0`-`9`, `*`, `#`, `A`-`D` are ignored.
    pub fn send_digits(&mut self, side: Side, digits: &str, now: Instant) {
        self.send_digits_for(side, digits, DEFAULT_DURATION, now);
    }

    /// [`Session::send_digits`] with digits that last `duration` each, 40 ms to 8 s.
    pub fn send_digits_for(&mut self, side: Side, digits: &str, duration: Duration, now: Instant) {
        self.now = Some(now);
        self.dial(side, digits, duration, now);
    }

    /// Whether a leg agreed on telephone events.
    pub fn can_send_digits(&self, side: Side) -> bool {
        self.ends[side as usize].event_format().is_some()
    }

    /// Sets how a leg treats digits; it stays when the leg is replaced. A leg starts with telephone events and
    /// without detection.
    pub fn set_digits(&mut self, side: Side, policy: DigitPolicy) {
        let end = self.end(side);
        end.policy = policy;
        if !policy.detect
            && let Some(listening) = &mut end.inbound.listening
        {
            listening.detector = None;
        }
    }

    /// Takes a digit that came from the far end of a leg by signalling: it is reported as [`Event::Digit`] and passed
    /// on like any other. The same digit that came as a telephone event too is taken once.
    pub fn receive_digit(&mut self, side: Side, digit: char, duration: Duration, now: Instant) {
        self.now = Some(now);
        let duration_ms = duration.min(MAX_DURATION).as_millis() as u32;
        if is_digit(digit) {
            self.pressed(side, Means::Signalling, Pressed { digit: digit.to_ascii_uppercase(), duration_ms }, now);
        }
    }

    fn dial(&mut self, side: Side, digits: &str, duration: Duration, now: Instant) {
        let end = self.end(side);
        if end.leg.is_none() {
            return;
        }
        match end.digit_method() {
            DigitMethod::Events => {
                let ptime = end.ptime();
                end.outbound.digits.set_ptime(ptime);
                end.outbound.digits.push(digits, duration);
                self.run_digits(side, now);
            }
            DigitMethod::Tones => {
                if !digits.chars().any(is_digit) {
                    return;
                }
                let rate = end.outbound.sender.rate().unwrap_or(8_000);
                let (tones, _) = end.outbound.tones.get_or_insert_with(|| (ToneSender::new(rate), rate));
                tones.push(digits, duration);
                end.outbound.sender.change();
                self.start_made(side, now);
                self.run_made(side, now);
            }
            DigitMethod::Signalling => {
                let duration_ms = duration.min(MAX_DURATION).as_millis() as u32;
                for digit in digits.chars().filter(|&digit| is_digit(digit)) {
                    self.queue.event(Event::Signal { side, digit: digit.to_ascii_uppercase(), duration_ms });
                }
            }
        }
    }

    /// A digit was pressed at the far end of a leg and let go.
    fn pressed(&mut self, side: Side, means: Means, pressed: Pressed, now: Instant) {
        let Pressed { digit, duration_ms } = pressed;
        if !self.end(side).inbound.presses.take(digit, means, now) {
            return;
        }
        self.queue.event(Event::Digit { side, digit, duration_ms });
        let to = side.other();
        let end = &self.ends[to as usize];
        if !matches!(end.outbound.source, Source::Peer) {
            return;
        }
        match (means, end.digit_method()) {
            // Passed on packet by packet, or heard already.
            (Means::Events, DigitMethod::Events) | (Means::Tone, DigitMethod::Tones) => {}
            _ => self.dial(to, digit.encode_utf8(&mut [0; 4]), Duration::from_millis(duration_ms.into()), now),
        }
    }

    /// A packet of a telephone event.
    pub(super) fn telephone_event(&mut self, side: Side, clock: u32, packet: &Packet<'_>, now: Instant) {
        self.no_audio(side, packet, now);
        let Some(event) = TelephoneEvent::parse(packet.payload) else {
            return;
        };
        let key = (packet.header.ssrc, packet.header.timestamp);
        let inbound = &mut self.end(side).inbound;
        let new = inbound.presses.event(key, event.digit(), now);
        // One that was cut off, and this one.
        let mut complete = [None; 2];
        let mut free = complete.iter_mut();
        inbound.digits.packet(key, event, clock, now, |pressed| {
            if let Some(place) = free.next() {
                *place = Some(pressed);
            }
        });
        for pressed in complete.into_iter().flatten() {
            self.pressed(side, Means::Events, pressed, now);
        }
        for to in self.listeners(side) {
            // An echo is for the voice; digits would come back as dialling.
            if to != side && new && self.ends[to as usize].digit_method() == DigitMethod::Events {
                self.pass_event((side, to), clock, event, packet, now);
            } else {
                self.skip(to);
            }
        }
    }

    /// The digit whose end never came.
    pub(super) fn end_digit(&mut self, side: Side, now: Instant) {
        if let Some(pressed) = self.end(side).inbound.digits.timeout(now) {
            self.pressed(side, Means::Events, pressed, now);
        }
    }

    /// Looks for digits in what comes from a leg.
    pub(super) fn search_digits(&mut self, side: Side, pcm: &[i16], now: Instant) {
        let searches = self.searches_digits(side);
        let end = self.end(side);
        let Some(listening) = &mut end.inbound.listening else {
            return;
        };
        if !searches {
            listening.detector = None;
        }
        let Some(detector) = &mut listening.detector else {
            return;
        };
        let mut found = None;
        // A frame is too short for two.
        detector.process(pcm, |pressed| found = Some(pressed));
        if let Some(pressed) = found {
            self.pressed(side, Means::Tone, pressed, now);
        }
    }

    /// Passes a packet of an event on.
    fn pass_event(
        &mut self,
        (from, to): (Side, Side),
        clock: u32,
        event: TelephoneEvent,
        packet: &Packet<'_>,
        now: Instant,
    ) {
        let codec = self.ends[from as usize].inbound.codec;
        let Self { ends, queue, .. } = self;
        let end = &mut ends[to as usize];
        let format = end.event_format();
        let audio = end.outgoing(end.outbound.codec);
        let converted = codec.and_then(|codec| end.way(codec)).is_some_and(|(way, ..)| matches!(way, Way::Pcm(_)));
        let may_send = end.may_send() && !end.outbound.is_dialling() && event.digit().is_some();
        let outbound = &mut end.outbound;
        let Some(stream) = &mut outbound.stream else {
            return;
        };
        let (Some((payload_type, clock_out)), Some((codec, _)), true) = (format, audio, may_send) else {
            stream.skip();
            return;
        };
        let payload = event.rescaled(clock, clock_out).to_bytes();
        let write = |buffer: &mut Vec<u8>| {
            buffer.extend_from_slice(&payload);
            true
        };
        let key = (packet.header.ssrc, packet.header.timestamp);
        if converted || outbound.sender.is_running() {
            // Beside audio made here it is tied to that audio's time.
            let audio_clock = if outbound.codec.is_some() { stream.clock() } else { codec.rtp_clock() };
            let known = outbound.event.filter(|passed| passed.key == key);
            let mut passed = known.unwrap_or_else(|| PassedEvent {
                key,
                start: now,
                timestamp: stream.timestamp_at(audio_clock, now),
                ends: 0,
                until: now,
            });
            passed.ends = passed.ends.saturating_add(event.end.into());
            passed.until = match passed.ends {
                0 => now + EVENT_GAP,
                ENDS.. => now,
                _ => now + END_GAP,
            };
            outbound.event = Some(passed);
            let mut numbers = stream.own(passed.timestamp, audio_clock);
            numbers.marker = known.is_none();
            send_as(to, end, queue, (payload_type, passed.start), numbers, write);
        } else {
            // The event shares numbers and time with the audio around it (RFC 4733 section 2.6.1), so
            // it is tied to the audio's clocks where audio has been relayed.
            let origin = stream.relayed(packet.header.ssrc).unwrap_or(Origin {
                ssrc: packet.header.ssrc,
                clock_in: clock,
                clock_out: codec.rtp_clock(),
            });
            let Some(mut numbers) = stream.relay(origin, packet.sequence, packet.header.timestamp, now) else {
                return;
            };
            numbers.marker = packet.header.marker;
            send(to, end, queue, payload_type, numbers, now, write);
        }
    }

    /// Sends the telephone event packets that are due.
    pub(super) fn run_digits(&mut self, side: Side, now: Instant) {
        loop {
            let Self { ends, queue, .. } = self;
            let end = &mut ends[side as usize];
            if end.outbound.digits.deadline(now).is_none_or(|at| at > now) {
                return;
            }
            let format = if end.may_send() { end.event_format() } else { None };
            let outbound = &mut end.outbound;
            let Some(stream) = &mut outbound.stream else {
                return;
            };
            let clock = stream.clock();
            let due = outbound.digits.timeout(now, || {
                let (payload_type, event_clock) = format?;
                // The timestamp counts in the stream's clock, the duration in the event's; both
                // are the same wherever the peer follows RFC 4733 section 2.1.
                Some((payload_type, event_clock, stream.timestamp_at(clock, now)))
            });
            let Some(due) = due else {
                return;
            };
            let mut numbers = stream.own(due.timestamp, clock);
            numbers.marker = due.marker;
            let payload = due.event.to_bytes();
            let event = (due.payload_type, due.start);
            send_as(side, end, queue, event, numbers, |buffer| {
                buffer.extend_from_slice(&payload);
                true
            });
        }
    }
}

fn is_digit(character: char) -> bool {
    matches!(character.to_ascii_uppercase(), '0'..='9' | '*' | '#' | 'A'..='D')
}
