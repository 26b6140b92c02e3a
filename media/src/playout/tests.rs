use std::time::Duration;

use proptest::prelude::*;

use super::channel::{
    Channel, Heard, Jitter, Sent, lag, listen, packets, packets_by, reference, sine, steepest, vowels,
};
use super::*;
use crate::codec::Encoder;
use crate::dsp::measure;

/// The least delay of the jitter buffer is 10 ms, the calls come every 20 ms: anything between is the
/// best there is.
const BEST_MS: f64 = 32.0;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The rate that a codec is played at here.
fn rate(codec: Codec) -> u32 {
    codec.sample_rate().min(16_000)
}

fn hear(codec: Codec, pcm: &[i16], channel: Channel, pulls: &[usize]) -> Heard {
    let until = Duration::from_millis((pcm.len() / (codec.sample_rate() as usize / 1_000)) as u64);
    listen(rate(codec), &channel.carry(&packets(codec, pcm, 20)), pulls, until)
}

fn concealed_ms(heard: &Heard) -> f64 {
    heard.last().concealed.as_secs_f64() * 1_000.0
}

#[test]
fn a_perfect_stream_is_played_sample_by_sample() {
    for codec in [Codec::Pcma, Codec::G722] {
        let pcm = vowels(codec.sample_rate(), 8_000);
        for ptime in [10, 20, 30, 60] {
            let sent = packets(codec, &pcm, ptime);
            let wanted = reference(rate(codec), &sent);
            for pulls in [&[20][..], &[10], &[60], &[10, 60, 20, 30]] {
                let heard = listen(rate(codec), &Channel::PERFECT.carry(&sent), pulls, seconds(8));
                let stats = heard.last();
                // With calls of many lengths it takes until the longest to know what delay they need.
                let most = if pulls.len() > 1 { 100.0 } else { 0.0 };
                assert!(concealed_ms(&heard) <= most && stats.late == 0, "{codec} {ptime} {pulls:?}: {stats:?}");
                let settled = &heard.pulled[heard.pulled.len() / 2..];
                assert!(settled.iter().all(|&pulled| pulled == Pulled::Speech));
                if pulls.len() > 1 {
                    continue;
                }
                let (lag, alike) = lag(&heard, &wanted, 7_200, 250);
                assert!(alike > 0.999, "{codec} {ptime} {pulls:?}: {alike} at {lag}");
                let expected = 30.0 + stats.delay.as_secs_f64() * 1_000.0 - 7.0;
                assert!((lag - expected).abs() < 1.0, "{codec} {ptime} {pulls:?}: {lag} for {expected}");
            }
        }
    }
}

/// The table of docs/benchmarks.md: a minute of something like speech through each network.
#[test]
#[ignore = "prints a table for docs/benchmarks.md"]
fn figures_under_impairment() {
    use crate::quality::{Band, Conditions};

    let perfect = Channel::PERFECT;
    let networks = [
        ("nothing", perfect),
        ("1 % lost", Channel { loss: 0.01, ..perfect }),
        ("3 % lost", Channel { loss: 0.03, ..perfect }),
        ("10 % lost", Channel { loss: 0.10, ..perfect }),
        ("bursts of 60 ms, 3 % in all", Channel { burst: Some((0.01, 0.33)), ..perfect }),
        ("20 ms jitter, even", Channel { jitter: Jitter::Uniform(20.0), ..perfect }),
        ("60 ms jitter, even", Channel { jitter: Jitter::Uniform(60.0), ..perfect }),
        ("a queue of 10 ms on average", Channel { jitter: Jitter::Queue(10.0), ..perfect }),
        ("200 ms spikes every 5 s", Channel { jitter: Jitter::Spikes(5.0), ..perfect }),
        ("5 % overtaken", Channel { reordered: 0.05, ..perfect }),
        ("+200 ppm drift", Channel { drift_ppm: 200.0, ..perfect }),
        ("-200 ppm drift", Channel { drift_ppm: -200.0, ..perfect }),
        ("3 % lost, 20 ms jitter", Channel { loss: 0.03, jitter: Jitter::Uniform(20.0), ..perfect }),
    ];
    println!("| network | codec | delay mean, ms | p95 | late | concealed, ms | recovered, ms | MOS |");
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    for (name, channel) in networks {
        for (codec, redundant) in
            [(Codec::Pcma, false), (Codec::G722, false), (Codec::Opus, false), (Codec::Opus, true)]
        {
            let mut encoder = Encoder::new(codec, codec.sample_rate()).unwrap();
            if redundant {
                encoder.set_expected_loss(10).unwrap();
            }
            let sent = packets_by(&mut encoder, &vowels(codec.sample_rate(), 60_000), 20);
            let heard = listen(rate(codec), &Channel { seed: 11, ..channel }.carry(&sent), &[20], seconds(60));
            let (stats, delays) = (heard.last(), heard.delays(0.1, 1.0));
            let mean = heard.mean_delay(0.1, 1.0);
            let quality = Conditions {
                codec,
                band: Band::of(codec),
                loss: concealed_ms(&heard) / 60_000.0,
                burst_ratio: 1.0,
                // The path, the packet, the buffer.
                delay: Duration::from_millis(30 + 20 + mean as u64),
            };
            println!(
                "| {name} | {codec}{} | {mean:.0} | {:.0} | {} | {:.0} | {} | {:.2} |",
                if redundant { " with FEC" } else { "" },
                delays[delays.len() * 95 / 100],
                stats.late,
                concealed_ms(&heard),
                stats.recovered.as_millis(),
                quality.quality().conversational,
            );
        }
    }
}

#[test]
fn a_steady_network_costs_little_delay() {
    for codec in Codec::ALL {
        let heard = hear(codec, &vowels(codec.sample_rate(), 10_000), Channel::PERFECT, &[20]);
        let delay = heard.mean_delay(0.5, 1.0);
        assert!((10.0..BEST_MS).contains(&delay), "{codec}: {delay} ms");
    }
}

#[test]
fn single_losses_are_concealed_and_nothing_else() {
    for codec in Codec::ALL {
        let channel = Channel { loss: 0.05, ..Channel::PERFECT };
        let sent = packets(codec, &vowels(codec.sample_rate(), 20_000), 20);
        let arrivals = channel.carry(&sent);
        let lost = (sent.len() - arrivals.len()) as f64 * 20.0;
        let heard = listen(rate(codec), &arrivals, &[20], seconds(20));
        let concealed = concealed_ms(&heard);
        assert!((concealed - lost).abs() <= 40.0, "{codec}: {concealed} ms concealed, {lost} ms lost");
        assert_eq!(heard.last().late, 0);
        // Time is kept: the end is as late as the start.
        let (lag, alike) = lag(&heard, &reference(rate(codec), &sent), 19_000, 250);
        let expected = 23.0 + heard.last().delay.as_secs_f64() * 1_000.0;
        assert!(alike > 0.6 && (lag - expected).abs() < 3.0, "{codec}: {lag} for {expected}, {alike}");
    }
}

#[test]
fn bursts_of_loss_keep_time_too() {
    for codec in [Codec::Pcma, Codec::G722, Codec::Opus] {
        let channel = Channel { burst: Some((0.01, 0.25)), ..Channel::PERFECT };
        let sent = packets(codec, &vowels(codec.sample_rate(), 20_000), 20);
        let arrivals = channel.carry(&sent);
        let lost = (sent.len() - arrivals.len()) as f64 * 20.0;
        let heard = listen(rate(codec), &arrivals, &[20], seconds(20));
        let concealed = concealed_ms(&heard);
        assert!((concealed - lost).abs() <= 0.1 * lost + 40.0, "{codec}: {concealed} ms of {lost}");
        let delay = heard.mean_delay(0.5, 1.0);
        assert!(delay < BEST_MS + 15.0, "{codec}: {delay} ms");
        assert_eq!(heard.last().late, 0);
    }
}

#[test]
fn jitter_is_waited_for_and_little_is_late() {
    for codec in [Codec::Pcmu, Codec::Opus] {
        let length = if codec == Codec::Opus { 10 } else { 25 };
        let sent = packets(codec, &vowels(codec.sample_rate(), 5_000).repeat(length / 5), 20);
        for (jitter, delay_ms) in [
            (Jitter::Uniform(30.0), 35.0..62.0),
            (Jitter::Uniform(80.0), 80.0..112.0),
            (Jitter::Queue(10.0), 20.0..75.0),
        ] {
            let arrivals = Channel { jitter, ..Channel::PERFECT }.carry(&sent);
            let heard = listen(rate(codec), &arrivals, &[20], seconds(length as u64));
            let delay = heard.mean_delay(0.4, 1.0);
            assert!(delay_ms.contains(&delay), "{jitter:?}, {codec}: {delay} ms");
            let concealed = concealed_ms(&heard) / (length as f64 * 1_000.0);
            assert!(concealed < 0.04, "{jitter:?}, {codec}: {concealed} concealed");
        }
    }
}

#[test]
fn the_delay_comes_down_when_the_network_calms() {
    let codec = Codec::Pcma;
    let sent = packets(codec, &vowels(8_000, 10_000).repeat(6), 20);
    let rough = Channel { jitter: Jitter::Uniform(120.0), ..Channel::PERFECT }.carry(&sent[..500]);
    let mut arrivals = rough;
    arrivals.extend(Channel::PERFECT.carry(&sent[500..]));
    arrivals.sort_by_key(|(at, _)| *at);
    let heard = listen(8_000, &arrivals, &[20], seconds(60));
    assert!(heard.mean_delay(0.1, 0.16) > 100.0);
    let calm = heard.mean_delay(0.7, 1.0);
    assert!(calm < BEST_MS + 8.0, "{calm} ms");
}

#[test]
fn a_spike_is_heard_in_full_and_its_delay_goes_away() {
    for codec in Codec::ALL {
        let channel = Channel { jitter: Jitter::Spikes(10.0), ..Channel::PERFECT };
        let heard = hear(codec, &vowels(codec.sample_rate(), 5_000).repeat(8), channel, &[20]);
        assert_eq!(heard.last().late, 0, "{codec}");
        let concealed = concealed_ms(&heard);
        assert!(concealed < 3.0 * 200.0, "{codec}: {concealed} ms");
        // The worst is over after two of the ten seconds.
        let delays = heard.delays(0.25, 1.0);
        let most = delays[delays.len() * 80 / 100];
        assert!(most < 70.0, "{codec}: {most} ms");
        assert!(delays.last().is_some_and(|&most| most > 150.0), "{codec}: {delays:?}");
    }
}

#[test]
fn duplicates_and_reordering_are_not_heard() {
    for codec in [Codec::Pcma, Codec::G722, Codec::Opus] {
        let channel = Channel { duplicated: 0.3, reordered: 0.1, ..Channel::PERFECT };
        let heard = hear(codec, &vowels(codec.sample_rate(), 5_000).repeat(6), channel, &[20]);
        let stats = heard.last();
        // Ten of a hundred come 25 ms late: that is jitter that is waited for once it is known.
        let concealed = concealed_ms(&heard);
        assert!(concealed < 200.0, "{codec}: {concealed} ms");
        assert!(stats.late < 10, "{codec}: {} late", stats.late);
        let delay = heard.mean_delay(0.5, 1.0);
        assert!((27.0..55.0).contains(&delay), "{codec}: {delay} ms");
    }
}

#[test]
fn ten_minutes_of_drift_neither_underrun_nor_grow() {
    for drift_ppm in [-200.0, 200.0] {
        for (codec, pcm) in
            [(Codec::Pcma, vowels(8_000, 10_000).repeat(60)), (Codec::Pcmu, sine(8_000, 440.0, 600_000))]
        {
            let heard = hear(codec, &pcm, Channel { drift_ppm, ..Channel::PERFECT }, &[20]);
            let stats = heard.last();
            let concealed = concealed_ms(&heard);
            assert!(concealed <= 20.0, "{drift_ppm} ppm: {concealed} ms concealed");
            assert_eq!(stats.late, 0);
            let delays = heard.delays(0.1, 1.0);
            assert!(*delays.first().unwrap() > 5.0, "{drift_ppm}: {} ms", delays[0]);
            assert!(*delays.last().unwrap() < BEST_MS + 20.0, "{drift_ppm}: {} ms", delays.last().unwrap());
            // 120 ms in ten minutes, and little to and fro.
            let stretched = stats.stretched.as_secs_f64() * 1_000.0;
            assert!((80.0..400.0).contains(&stretched), "{drift_ppm}: {stretched} ms");
            assert!(steepest(&heard.pcm) < steepest(&pcm) * 5 / 4);
        }
    }
}

#[test]
fn a_sine_stays_a_sine_whatever_happens() {
    let channels = [
        Channel { loss: 0.03, ..Channel::PERFECT },
        Channel { jitter: Jitter::Queue(12.0), ..Channel::PERFECT },
        Channel { jitter: Jitter::Uniform(40.0), drift_ppm: 200.0, ..Channel::PERFECT },
        Channel { jitter: Jitter::Spikes(3.0), reordered: 0.02, ..Channel::PERFECT },
    ];
    for codec in Codec::ALL {
        let sent = packets(codec, &sine(codec.sample_rate(), 440.0, 10_000), 20);
        let hear = |channel: Channel| listen(rate(codec), &channel.carry(&sent), &[20], seconds(10));
        let clean = hear(Channel::PERFECT);
        for channel in channels {
            let heard = hear(channel);
            let frequency = measure::dominant_frequency(heard.part(5_000, 9_900), heard.rate).unwrap_or(0.0);
            assert!((frequency - 440.0).abs() < 3.0, "{codec}, {channel:?}: {frequency} Hz");
            let level = measure::rms(heard.part(500, 9_900)) - measure::rms(clean.part(500, 9_900));
            assert!(level.abs() < 1.0, "{codec}, {channel:?}: {level} dB");
            // A click is a step that the sine does not have.
            let most = steepest(heard.part(200, 9_900)) as f64 / f64::from(steepest(clean.part(200, 9_900)));
            // The concealment of libopus makes some of 1.8 by itself.
            let bound = if codec == Codec::Opus { 2.2 } else { 1.5 };
            assert!(most < bound, "{codec}, {channel:?}: a step of {most}");
        }
    }
}

#[test]
fn a_long_silence_of_the_sender_is_silence() {
    for codec in Codec::ALL {
        let sent = packets(codec, &sine(codec.sample_rate(), 440.0, 5_000), 20);
        let arrivals: Vec<_> = Channel::PERFECT
            .carry(&sent)
            .into_iter()
            .filter(|(at, _)| !(1_000..3_000).contains(&at.as_millis()))
            .collect();
        let heard = listen(rate(codec), &arrivals, &[20], seconds(5));
        assert!(heard.part(1_300, 2_900).iter().all(|&sample| sample == 0), "{codec}");
        assert!(heard.pulled[70..140].iter().all(|&pulled| pulled == Pulled::Silent));
        let after = heard.part(3_200, 4_900);
        assert!((measure::rms(after) + 12.2).abs() < 1.5, "{codec}: {} dBFS", measure::rms(after));
        assert!(steepest(&heard.pcm) < 4_200, "{codec}: {}", steepest(&heard.pcm));
        // Two seconds were lost.
        assert!((concealed_ms(&heard) - 2_000.0).abs() < 50.0, "{codec}: {}", concealed_ms(&heard));
    }
}

#[test]
fn a_pause_that_the_sender_makes_is_no_loss() {
    for codec in Codec::ALL {
        let pcm = sine(codec.sample_rate(), 440.0, 5_000);
        let mut sent = packets(codec, &pcm, 20);
        sent.drain(50..150);
        for (number, packet) in sent.iter_mut().enumerate() {
            packet.sequence = number as i64;
            packet.marker = number == 50;
        }
        let heard = listen(rate(codec), &Channel::PERFECT.carry(&sent), &[20], seconds(5));
        assert_eq!(concealed_ms(&heard), 0.0, "{codec}");
        assert_eq!(heard.last().late, 0);
        assert!(heard.part(1_300, 2_900).iter().all(|&sample| sample == 0), "{codec}");
        assert!(steepest(&heard.pcm) < 4_200);
    }
}

#[test]
fn opus_recovers_a_lost_packet_from_the_next() {
    let pcm = vowels(48_000, 5_000).repeat(6);
    let mut encoder = crate::codec::Encoder::new(Codec::Opus, 48_000).unwrap();
    encoder.set_expected_loss(15).unwrap();
    let sent = channel::packets_by(&mut encoder, &pcm, 20);
    let arrivals = Channel { loss: 0.1, ..Channel::PERFECT }.carry(&sent);
    let lost = (sent.len() - arrivals.len()) as f64 * 20.0;
    let heard = listen(16_000, &arrivals, &[20], seconds(30));
    let came = |sequence| arrivals.iter().any(|(_, packet)| packet.sequence == sequence);
    let recoverable = sent
        .windows(2)
        .filter(|two| !came(two[0].sequence) && came(two[1].sequence) && has_fec(&two[1].payload))
        .count() as f64
        * 20.0;
    assert!(recoverable > 0.3 * lost);
    let recovered = heard.last().recovered.as_secs_f64() * 1_000.0;
    assert!(recovered > 0.95 * recoverable, "{recovered} of {recoverable} ms");
    assert!((recovered + concealed_ms(&heard) - lost).abs() < 80.0, "{recovered} of {lost} ms");
    assert!(heard.mean_delay(0.5, 1.0) < BEST_MS + 22.0);
}

#[test]
fn opus_goes_quiet_and_comes_back() {
    let mut pcm = vowels(48_000, 6_000);
    pcm[48_000 * 2..48_000 * 5].fill(0);
    let mut encoder = crate::codec::Encoder::new(Codec::Opus, 48_000).unwrap();
    encoder.set_dtx(true).unwrap();
    let sent = channel::packets_by(&mut encoder, &pcm, 20);
    assert!(sent.len() < 200, "{} packets", sent.len());
    let heard = listen(16_000, &Channel::PERFECT.carry(&sent), &[20], seconds(6));
    assert_eq!(concealed_ms(&heard), 0.0);
    assert!(heard.pulled[150..240].contains(&Pulled::Noise));
    assert!(measure::rms(heard.part(3_500, 4_900)) < -60.0);
    assert!(measure::rms(heard.part(5_200, 5_900)) > -40.0);
}

#[test]
fn a_change_of_codec_and_of_packet_length_is_not_heard() {
    let mut sent: Vec<Sent> = Vec::new();
    let codecs = [(Codec::Pcma, 20), (Codec::Opus, 20), (Codec::G722, 30), (Codec::Pcmu, 10), (Codec::Opus, 60)];
    for (part, (codec, ptime)) in codecs.into_iter().enumerate() {
        let pcm = sine(codec.sample_rate(), 400.0, 1_200);
        for mut packet in packets(codec, &pcm, ptime) {
            packet.at += Duration::from_millis(1_200 * part as u64);
            packet.sequence = sent.len() as i64 + 100;
            sent.push(packet);
        }
    }
    let heard = listen(16_000, &Channel::PERFECT.carry(&sent), &[20], seconds(6));
    let lost = heard.pulled[5..].iter().filter(|&&pulled| pulled != Pulled::Speech).count();
    assert!(lost <= 4, "{lost} calls without speech");
    assert!(concealed_ms(&heard) < 70.0, "{} ms", concealed_ms(&heard));
    let frequency = measure::dominant_frequency(heard.part(100, 5_900), 16_000).unwrap_or(0.0);
    assert!((frequency - 400.0).abs() < 2.0, "{frequency} Hz");
    assert!(steepest(&heard.pcm) < 2_000, "{}", steepest(&heard.pcm));
}

#[test]
fn a_restarted_stream_goes_on_at_once() {
    let pcm = sine(8_000, 400.0, 6_000);
    let mut sent = packets(Codec::Pcma, &pcm, 20);
    for (number, packet) in sent.iter_mut().enumerate() {
        if number >= 100 {
            packet.sequence = number as i64 + 7;
        }
        if number >= 150 {
            packet.timestamp = packet.timestamp.wrapping_sub(1_000_000_007);
        }
        if number >= 200 {
            packet.timestamp = packet.timestamp.wrapping_add(80_000);
        }
    }
    let heard = listen(8_000, &Channel::PERFECT.carry(&sent), &[20], seconds(6));
    assert_eq!(heard.last().late, 0);
    assert_eq!(concealed_ms(&heard), 0.0);
    assert!(heard.pulled[5..].iter().all(|&pulled| pulled == Pulled::Speech));
    assert!(steepest(&heard.pcm) < 3_000);
}

#[test]
fn nobody_pulling_for_a_while_does_not_make_the_delay_grow() {
    let start = crate::testing::start();
    let sent = packets(Codec::Pcma, &vowels(8_000, 20_000), 20);
    let mut playout = Playout::new(8_000, 1);
    let mut pcm = [0; 160];
    for packet in &sent {
        playout.insert(packet.codec, packet.sequence, packet.timestamp, false, &packet.payload, start + packet.at);
        if !(seconds(5)..seconds(10)).contains(&packet.at) {
            playout.pull(&mut pcm, start + packet.at);
        }
    }
    assert!(playout.stats().delay < Duration::from_millis(60), "{:?}", playout.stats());
}

#[test]
fn comfort_noise_stands_in_for_the_pause_and_an_event_for_silence() {
    let start = crate::testing::start();
    let sent = packets(Codec::Pcma, &sine(8_000, 400.0, 5_000), 20);
    let mut playout = Playout::new(8_000, 1);
    let mut heard = Vec::new();
    let mut pulled = Vec::new();
    for (number, packet) in sent.iter().enumerate() {
        let (sequence, timestamp, now) = (number as i64, packet.timestamp, start + packet.at);
        match number {
            50 => playout.insert_noise(50, timestamp, &[50], now),
            51..100 => {}
            150..160 => playout.insert_event(sequence - 49, sent[150].timestamp, now),
            _ => playout.insert(
                Codec::Pcma,
                if number < 50 { sequence } else { sequence - 49 },
                timestamp,
                false,
                &packet.payload,
                now,
            ),
        }
        let mut pcm = [0; 160];
        pulled.push(playout.pull(&mut pcm, now + Duration::from_millis(5)));
        heard.extend(pcm);
    }
    let level = |from: usize, to: usize| measure::rms(&heard[from * 160..to * 160]);
    assert!(pulled[53..100].iter().all(|&pulled| pulled == Pulled::Noise), "{pulled:?}");
    assert!((level(55, 98) + 47.0).abs() < 6.0, "{} dBFS", level(55, 98));
    assert!((level(105, 148) + 12.2).abs() < 0.5);
    assert!(pulled[153..160].iter().all(|&pulled| pulled == Pulled::Silent), "{:?}", &pulled[148..165]);
    assert!(level(153, 159) < -90.0);
    assert!((level(165, 240) + 12.2).abs() < 0.5);
    assert_eq!(playout.stats().concealed, Duration::ZERO);
    assert!(steepest(&heard) < 3_000, "{}", steepest(&heard));
}

#[test]
fn the_level_is_that_of_what_is_heard() {
    let heard = hear(Codec::Pcma, &sine(8_000, 440.0, 4_000), Channel::PERFECT, &[20]);
    let level = heard.last().level.unwrap();
    assert!((level + 12.2).abs() < 0.3, "{level} dBFS");
    assert_eq!(Playout::new(8_000, 1).stats().level, None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn nothing_panics_or_grows(
        steps in prop::collection::vec(
            (0u8..8, any::<i64>(), 0i64..400, any::<u32>(), prop::collection::vec(any::<u8>(), 0..200), 0u64..90_000, 1usize..2_900),
            1..120,
        ),
        rate in prop::sample::select(vec![8_000u32, 16_000, 48_000]),
        wild in any::<bool>(),
    ) {
        let mut now = crate::testing::start();
        let mut playout = Playout::new(rate, 1);
        for (kind, far, near, timestamp, payload, micros, length) in steps {
            now += Duration::from_micros(micros);
            let sequence = if wild { far } else { near };
            let timestamp = if wild { timestamp } else { timestamp % 100_000 };
            match kind {
                0 => playout.insert(Codec::Pcma, sequence, timestamp, false, &payload, now),
                1 => playout.insert(Codec::Pcmu, sequence, timestamp, true, &payload, now),
                2 => playout.insert(Codec::G722, sequence, timestamp, false, &payload, now),
                3 => playout.insert(Codec::Opus, sequence, timestamp, false, &payload, now),
                4 => playout.insert_noise(sequence, timestamp, &payload, now),
                5 => playout.insert_event(sequence, timestamp, now),
                _ => {
                    // Never what stood there before: the odd values come from no decoder at once.
                    let mut pcm = vec![0; length];
                    playout.pull(&mut pcm, now);
                }
            }
            prop_assert!(playout.buffer.len() <= 128);
            prop_assert!(playout.reservoir.len() < rate as usize / 2);
        }
    }
}
