//! The figures of a leg: what was counted, and what follows from it.

use std::time::Duration;

use super::end::End;
use super::{Leg, LegStats, Session, Side};
use crate::codec::Codec;
use crate::quality::{Band, Conditions, Quality};
use crate::rtcp::{Remote, Reports, VoipMetrics};

/// Added to twice the jitter: what a jitter buffer that is not ours is taken to wait.
const BUFFER: Duration = Duration::from_millis(40);
/// What no jitter buffer exceeds.
const MAX_BUFFER: Duration = Duration::from_millis(300);

impl Session {
    /// The figures of a leg.
    pub fn stats(&self, side: Side) -> LegStats {
        let (end, across) = (&self.ends[side as usize], &self.ends[side.other() as usize]);
        let remote = end.remote();
        let clock = end.outbound.codec.map_or(8_000, Codec::rtp_clock);
        let seconds = |ticks: u32| Duration::from_secs_f64(f64::from(ticks) / f64::from(clock));
        let mut stats = LegStats {
            burst_ratio: if end.inbound.reception.received() > 0 {
                end.inbound.reception.pattern().burst_ratio as f32
            } else {
                0.0
            },
            // Below zero where the peer counted repeated packets (RFC 3550 section 6.4.1).
            lost_remote: remote.lost.map(|lost| if lost > 0x7f_ffff { 0 } else { lost }),
            loss_remote: remote.percent_lost(),
            jitter_remote: remote.jitter.map(seconds),
            round_trip: remote.round_trip,
            encrypted: end.leg.as_ref().is_some_and(Leg::is_encrypted),
            ..end.stats()
        };
        stats.quality = end.quality(&stats);
        stats.quality_remote = end.quality_remote(&stats, remote.metrics, across.inbound.codec);
        stats
    }

    /// What an extended report says of what came from a leg, where anything came.
    pub(super) fn voip_metrics(&self, side: Side) -> Option<VoipMetrics> {
        let stats = self.stats(side);
        let quality = stats.quality?;
        let end = &self.ends[side as usize];
        let pattern = end.inbound.reception.pattern();
        let share = |share: f64| (share * 256.0).clamp(0.0, 255.0) as u8;
        let ms = |duration: Duration| u16::try_from(duration.as_millis()).unwrap_or(u16::MAX);
        let of_packets = |packets: f64| ms(end.frame().mul_f64(packets.min(1e6)));
        let buffer = buffer(stats.playout_delay, stats.jitter);
        let score = |score: f32| (score * 10.0).round() as u8;
        Some(VoipMetrics {
            ssrc: end.inbound.reception.source()?,
            loss: share(loss(stats.lost, stats.packets_in + stats.lost)),
            discard: share(loss(stats.late, stats.packets_in + stats.lost)),
            burst_density: share(pattern.burst_density),
            gap_density: share(pattern.gap_density),
            burst: of_packets(pattern.burst_length),
            gap: of_packets(pattern.gap_length),
            round_trip: stats.round_trip.map_or(0, ms),
            end_system: ms(buffer),
            // 0 dBm0 is 6.2 dB below the loudest sine (ITU-T G.711 section 6).
            level: stats.level.map(|level| (level + 6.2).clamp(-126.0, 20.0) as i8),
            rating: Some(quality.conversational_rating.round() as u8),
            listening: Some(score(quality.listening)),
            conversational: Some(score(quality.conversational)),
            buffer: ms(buffer),
            buffer_max: ms(MAX_BUFFER),
        })
    }
}

impl End {
    /// What the far end reports.
    pub(super) fn remote(&self) -> Remote {
        self.reports.as_ref().map(Reports::remote).unwrap_or_default()
    }

    /// Audio per packet.
    fn frame(&self) -> Duration {
        self.leg.as_ref().map_or(Duration::from_millis(20), Leg::ptime)
    }

    /// How what comes from the leg is heard.
    fn quality(&self, stats: &LegStats) -> Option<Quality> {
        let codec = stats.codec.filter(|_| stats.packets_in > 0)?;
        let conditions = Conditions {
            codec,
            band: Band::of(codec),
            loss: loss(stats.lost + stats.late, stats.packets_in + stats.lost),
            burst_ratio: f64::from(stats.burst_ratio),
            delay: self.one_way(stats.round_trip, codec) + buffer(stats.playout_delay, stats.jitter),
        };
        Some(conditions.quality())
    }

    /// How it hears what comes from `across`, by what it reports.
    fn quality_remote(&self, stats: &LegStats, metrics: Option<VoipMetrics>, across: Option<Codec>) -> Option<Quality> {
        let (codec, lost) = (stats.codec_out?, stats.lost_remote?);
        // Its extended report knows of the packets that came too late, too.
        let unplayed = metrics.map(|metrics| f64::from(metrics.loss) / 256.0 + f64::from(metrics.discard) / 256.0);
        let end_system = metrics.map(|metrics| Duration::from_millis(u64::from(metrics.end_system)));
        let conditions = Conditions {
            codec,
            band: across.map_or(Band::of(codec), Band::of),
            loss: unplayed.unwrap_or_else(|| loss(u64::from(lost), stats.packets_out)),
            burst_ratio: 1.0,
            delay: self.one_way(stats.round_trip, codec)
                + buffer(end_system.filter(|delay| !delay.is_zero()), stats.jitter_remote.unwrap_or_default()),
        };
        Some(conditions.quality())
    }

    /// From the speaker's microphone to the network's end: packets are filled, coded and carried.
    fn one_way(&self, round_trip: Option<Duration>, codec: Codec) -> Duration {
        let look_ahead = match codec {
            Codec::Pcma | Codec::Pcmu => Duration::ZERO,
            // The delay of its filters (G.722 section 1.4.4).
            Codec::G722 => Duration::from_millis(3),
            // RFC 6716 section 2.1.
            Codec::Opus => Duration::from_micros(6_500),
        };
        round_trip.unwrap_or_default() / 2 + self.frame() + look_ahead
    }
}

fn buffer(ours: Option<Duration>, jitter: Duration) -> Duration {
    ours.unwrap_or_else(|| (BUFFER + jitter * 2).min(MAX_BUFFER))
}

/// Share of `lost` among `all`, from 0 to 1.
fn loss(lost: u64, all: u64) -> f64 {
    if all == 0 { 0.0 } else { (lost as f64 / all as f64).min(1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sdp::{Negotiated, Xr};
    use crate::testing::{FRAME, Whistle, World, negotiated};

    fn whistle(world: &mut World, source: &mut Whistle, frames: usize, lost: impl Fn(usize) -> bool) {
        for n in 0..frames {
            let (header, payload) = source.next();
            if !lost(n) {
                world.rtp(Side::A, header, &payload);
            }
            world.run(FRAME);
        }
    }

    #[test]
    fn loss_lowers_the_score_and_bursts_lower_it_more() {
        let score = |lost: fn(usize) -> bool| {
            let mut world = World::bridged(Codec::Pcma, Codec::Pcma);
            assert_eq!(world.session.stats(Side::A).quality, None, "nothing came yet");
            whistle(&mut world, &mut Whistle::new(Codec::Pcma, 8, 7), 1_000, lost);
            let stats = world.session.stats(Side::A);
            (stats.lost, stats.quality.unwrap().listening)
        };
        let (none, undisturbed) = score(|_| false);
        let (some, single) = score(|n| n % 20 == 10);
        let (same, bursts) = score(|n| n % 100 >= 90 && n % 2 == 0);
        let (_, runs) = score(|n| n % 100 >= 95);
        assert_eq!((none, some, same), (0, 50, 50));
        assert!(undisturbed > 4.4 && single < 4.2, "{undisturbed} {single}");
        assert!(bursts <= single && runs < single - 0.02, "{single} {bursts} {runs}");
    }

    #[test]
    fn a_transcoded_leg_says_so_and_a_plain_one_is_not_encrypted() {
        let mut world = World::bridged(Codec::Pcma, Codec::G722);
        whistle(&mut world, &mut Whistle::new(Codec::Pcma, 8, 7), 50, |_| false);
        let (a, b) = (world.session.stats(Side::A), world.session.stats(Side::B));
        assert!(b.transcoded && !a.transcoded && !a.encrypted);
        assert_eq!(a.quality.unwrap().band, Band::Narrow);
        assert_eq!(b.quality, None);
    }

    #[test]
    fn a_peer_that_wants_voip_metrics_gets_them() {
        let mut world = World::bridged(Codec::Pcma, Codec::Pcma);
        let xr = Xr { voip_metrics: true, round_trip: true };
        let asking = Negotiated { xr, ..negotiated(Side::A, Codec::Pcma) };
        world.session.update_rtp(Side::A, asking, world.now);
        let mut source = Whistle::new(Codec::Pcma, 8, 7);
        whistle(&mut world, &mut source, 1_000, |n| n % 10 == 5);
        let block = |report: &[u8]| {
            let at = report.windows(4).position(|window| window == [7, 0, 0, 8])?;
            Some(report[at + 4..at + 36].to_vec())
        };
        let blocks: Vec<_> =
            world.rtcp.iter().filter(|(side, _)| *side == Side::A).filter_map(|(_, report)| block(report)).collect();
        let last = blocks.last().unwrap();
        assert_eq!(last[..4], 7_u32.to_be_bytes());
        assert!((24..=27).contains(&last[4]), "a tenth of 256: {last:?}");
        // The score is between one and four and a half.
        assert!((10..=45).contains(&last[22]), "{last:?}");
        assert!(world.rtcp.iter().filter(|(side, _)| *side == Side::B).all(|(_, report)| block(report).is_none()));
    }
}
