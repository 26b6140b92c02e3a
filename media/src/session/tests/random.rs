//! Anything in any order: nothing panics, nothing spins.

use proptest::prelude::*;

use super::*;
use crate::record::{Channels, Container, RecordFormat, Recorder};

#[derive(Debug, Clone)]
enum Step {
    Packets { side: bool, payload_type: u8, count: u8, gap: u8, length: u16 },
    Wait(u16),
    Update { side: bool, codec: usize, ptime: u32, direction: u8, events: bool, noise: bool },
    Source { side: bool, source: u8 },
    Digits { side: bool, method: u8, detect: bool },
    Pull { side: bool, rate: usize },
    Record(bool),
    Replace { side: bool, codec: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let packets = (any::<bool>(), prop_oneof![Just(0), Just(8), Just(9), Just(13), Just(96), Just(101)])
        .prop_flat_map(|(side, payload_type)| (Just(side), Just(payload_type), 1..20_u8, 0..60_u8, 0..600_u16))
        .prop_map(|(side, payload_type, count, gap, length)| Step::Packets { side, payload_type, count, gap, length });
    prop_oneof![
        4 => packets,
        2 => (0..3_000_u16).prop_map(Step::Wait),
        1 => (any::<bool>(), 0..4_usize, 5..70_u32, 0..4_u8, any::<bool>(), any::<bool>()).prop_map(
            |(side, codec, ptime, direction, events, noise)| Step::Update { side, codec, ptime, direction, events, noise }
        ),
        1 => (any::<bool>(), 0..5_u8).prop_map(|(side, source)| Step::Source { side, source }),
        1 => (any::<bool>(), 0..3_u8, any::<bool>())
            .prop_map(|(side, method, detect)| Step::Digits { side, method, detect }),
        1 => (any::<bool>(), 0..3_usize).prop_map(|(side, rate)| Step::Pull { side, rate }),
        1 => any::<bool>().prop_map(Step::Record),
        1 => (any::<bool>(), 0..4_usize).prop_map(|(side, codec)| Step::Replace { side, codec }),
    ]
}

fn side_of(first: bool) -> Side {
    if first { Side::A } else { Side::B }
}

fn apply(world: &mut World, step: Step, header: &mut RtpHeader) {
    let now = world.now;
    match step {
        Step::Packets { side, payload_type, count, gap, length } => {
            for n in 0..count {
                header.payload_type = payload_type;
                header.sequence = header.sequence.wrapping_add(1 + u16::from(n % 7 == 6));
                header.timestamp = header.timestamp.wrapping_add(160);
                let payload: Vec<u8> = (0..length).map(|octet| octet as u8 ^ n).collect();
                world.rtp(side_of(side), *header, &payload);
                world.run(Duration::from_millis(gap.into()));
            }
        }
        Step::Wait(ms) => world.run(Duration::from_millis(ms.into())),
        Step::Update { side, codec, ptime, direction, events, noise } => {
            let side = side_of(side);
            let directions = [Direction::SendRecv, Direction::SendOnly, Direction::RecvOnly, Direction::Inactive];
            let agreed = negotiated(side, PHONE_CODECS[codec]);
            let update = Negotiated {
                ptime,
                direction: directions[usize::from(direction)],
                telephone_event: agreed.telephone_event.filter(|_| events),
                comfort_noise: noise.then_some((13, 13)),
                ..agreed
            };
            world.session.update_rtp(side, update, now);
        }
        Step::Source { side, source } => {
            let source = match source {
                0 => Source::Silence,
                1 => Source::Peer,
                2 => Source::Tone(Tone::new(ToneKind::Busy, Country::De, 8_000)),
                3 => Source::Echo,
                _ => Source::Mix,
            };
            world.hear(side_of(side), source);
        }
        Step::Digits { side, method, detect } => {
            let side = side_of(side);
            let send = [DigitMethod::Events, DigitMethod::Tones, DigitMethod::Signalling][usize::from(method)];
            world.session.set_digits(side, DigitPolicy { send, detect });
            world.session.send_digits_for(side, "1x2", Duration::from_millis(70), now);
            world.session.receive_digit(side, '#', Duration::from_millis(90), now);
        }
        Step::Pull { side, rate } => {
            let rate = [8_000, 16_000, 48_000][rate];
            let mut pcm = vec![1; rate as usize / 50];
            world.session.pull_audio(side_of(side), &mut pcm, rate, now);
            world.session.push_audio(side_of(side), &pcm, rate, now);
        }
        Step::Record(on) => {
            let format = RecordFormat { container: Container::Wav, channels: Channels::Mixed };
            world.session.set_recorder(on.then(|| Recorder::new(format, 16_000).unwrap()), now);
        }
        Step::Replace { side, codec } => {
            let side = side_of(side);
            world.set_phone(side, negotiated(side, PHONE_CODECS[codec]));
        }
    }
    world.drain();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn anything_in_any_order_neither_panics_nor_spins(
        codecs in (0..4_usize, 0..4_usize),
        steps in prop::collection::vec(step(), 1..30),
    ) {
        let mut world = World::bridged(PHONE_CODECS[codecs.0], PHONE_CODECS[codecs.1]);
        let mut header = RtpHeader { payload_type: 8, marker: false, sequence: 1, timestamp: 1, ssrc: 5 };
        for step in steps {
            let (before, began) = (world.wakes, world.now);
            apply(&mut world, step, &mut header);
            let passed = (world.now - began).as_millis() as usize;
            // A few clocks of 10 ms and digits of 20 ms at the most.
            prop_assert!(world.wakes - before <= 20 + passed * 6 / 10, "{} in {passed} ms", world.wakes - before);
            let due = world.drain();
            world.session.handle_timeout(world.now);
            let again = world.drain();
            if due.is_some_and(|due| due <= world.now) {
                prop_assert!(again.is_none_or(|again| again > world.now), "a timer that is due stays due");
            }
            for side in [Side::A, Side::B] {
                let _ = world.session.stats(side);
            }
        }
    }
}
