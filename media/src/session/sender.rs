//! PCM into the packets of one leg: whatever is made here goes this way.

use std::time::{Duration, Instant};

use super::end::End;
use super::output::Queue;
use super::send::send;
use super::{MAX_LATE, Side};
use crate::codec::{Codec, Decoder, Encoder};
use crate::dsp::Activity;
use crate::dsp::noise::NoiseAnalyser;
use crate::stream::ticks;

/// How long a step between two sounds is spread over, so that it does not click.
const EASE: Duration = Duration::from_millis(5);
/// A pause is described anew this often, in case the description was lost or the noise changed.
const NOISE_UPDATE: Duration = Duration::from_millis(500);
/// Packets between two looks at what the far end loses.
const LOSS_CHECK: u32 = 64;
/// Silence before audio this old is not continued from.
const FORGOTTEN: Duration = Duration::from_millis(200);

/// The encoder of a leg and what waits for it.
#[derive(Default)]
pub(super) struct Sender {
    encoder: Option<Encoder>,
    /// Rate of the PCM in Hz.
    rate: u32,
    /// PCM that waits for a whole packet.
    pcm: Vec<i16>,
    payload: Vec<u8>,
    /// Timestamp of the next packet; none while nothing is being sent.
    timestamp: Option<u32>,
    /// When the last packet was due.
    at: Option<Instant>,
    /// The last sample sent.
    last: i16,
    /// Another sound follows, which begins at `last`.
    changed: bool,
    pause: Option<Pause>,
    packets: u32,
    loss: u8,
    dtx: bool,
}

/// Tells when nobody speaks, where the far end wants to know (RFC 3389).
struct Pause {
    activity: Activity,
    noise: NoiseAnalyser,
    /// Since the noise was last described; none while somebody speaks.
    described: Option<Duration>,
}

/// What a packet's worth of PCM became.
enum Packet {
    Audio,
    Noise,
    /// Need not be sent.
    Nothing,
}

impl Sender {
    /// Whether audio made here is on its way.
    pub(super) fn is_running(&self) -> bool {
        self.timestamp.is_some()
    }

    /// The rate in Hz of the PCM that it is set up for.
    pub(super) fn rate(&self) -> Option<u32> {
        self.encoder.as_ref().map(|_| self.rate)
    }

    /// Another sound follows: it begins where the last one stopped.
    pub(super) fn change(&mut self) {
        self.changed = true;
    }

    /// Nothing follows for a while: what comes then starts from silence.
    pub(super) fn stop(&mut self) {
        self.pcm.clear();
        self.timestamp = None;
        self.at = None;
        self.last = 0;
        self.changed = true;
    }

    /// Whether pauses of speech go unsent where the codec can do that.
    pub(super) fn set_dtx(&mut self, dtx: bool) {
        self.dtx = dtx;
        if let Some(encoder) = &mut self.encoder {
            // It cannot fail for a switch.
            let _ = encoder.set_dtx(dtx);
        }
    }

    /// A relayed stream takes over. Its first payload, where it was changed so that it begins where the audio made
    /// here stopped, which only G.711 lets us.
    pub(super) fn hand_over(&mut self, codec: Codec, payload: &[u8]) -> Option<Vec<u8>> {
        let last = self.last;
        self.stop();
        self.encoder = None;
        if codec.sample_rate() != 8_000 {
            return None;
        }
        let mut pcm = Vec::with_capacity(payload.len());
        Decoder::new(codec, 8_000).ok()?.decode(payload, &mut pcm).ok()?;
        ease(&mut pcm, last, 8_000);
        let mut joined = Vec::with_capacity(payload.len());
        Encoder::new(codec, 8_000).ok()?.encode(&pcm, &mut joined).ok()?;
        Some(joined)
    }

    /// Takes PCM in, with an encoder for it.
    fn take(&mut self, codec: Codec, pcm: &[i16], rate: u32) {
        let before = self.encoder.as_ref().map(Encoder::codec);
        if before != Some(codec) || self.rate != rate {
            if self.rate != rate {
                self.pcm.clear();
                self.rate = rate;
            }
            if before.is_some_and(|before| before.rtp_clock() != codec.rtp_clock()) {
                self.timestamp = None;
            }
            self.encoder =
                Encoder::new(codec, rate).inspect_err(|error| tracing::warn!(%error, "audio cannot be coded")).ok();
            if let Some(encoder) = &mut self.encoder {
                let _ = encoder.set_dtx(self.dtx);
                let _ = encoder.set_expected_loss(self.loss);
            }
            self.changed = true;
            self.pause = None;
        }
        let start = self.pcm.len();
        self.pcm.extend_from_slice(pcm);
        if std::mem::take(&mut self.changed) {
            let last = start.checked_sub(1).map_or(self.last, |before| self.pcm[before]);
            ease(&mut self.pcm[start..], last, rate);
        }
    }

    /// Makes a packet of the first `samples`, into `payload`.
    fn packet(&mut self, samples: usize, length: Duration, describe: bool) -> Packet {
        let frame = &self.pcm[..samples.min(self.pcm.len())];
        self.payload.clear();
        if describe {
            let rate = self.rate;
            let pause = self.pause.get_or_insert_with(|| Pause {
                activity: Activity::new(rate),
                noise: NoiseAnalyser::new(rate),
                described: None,
            });
            if pause.activity.is_speech(frame) {
                pause.described = None;
            } else {
                pause.noise.observe(frame);
                let since = pause.described.map(|since| since + length);
                if since.is_some_and(|since| since < NOISE_UPDATE) {
                    pause.described = since;
                    return Packet::Nothing;
                }
                pause.described = Some(Duration::ZERO);
                pause.noise.noise().write(&mut self.payload);
                return Packet::Noise;
            }
        }
        let coded = self.encoder.as_mut().is_some_and(|encoder| {
            let coded = encoder.encode(frame, &mut self.payload);
            coded.inspect_err(|error| tracing::trace!(%error, "audio not coded")).is_ok()
        });
        if coded && !self.payload.is_empty() { Packet::Audio } else { Packet::Nothing }
    }
}

/// Sends PCM at `rate` Hz to a leg in `codec`, in packets as long as it wants. `voice` is somebody's speech, whose
/// pauses may be described instead of sent.
pub(super) fn send_pcm(
    (side, end): (Side, &mut End),
    queue: &mut Queue,
    (codec, payload_type): (Codec, u8),
    (pcm, rate): (&[i16], u32),
    voice: bool,
    now: Instant,
) {
    if !end.may_send() {
        end.outbound.sender.stop();
        return;
    }
    let ptime = end.ptime();
    let samples = (rate as usize / 1_000) * ptime.as_millis() as usize;
    let noise = if voice && codec.rtp_clock() == 8_000 { end.noise_format() } else { None };
    let loss = end.outbound.sender.packets.is_multiple_of(LOSS_CHECK).then(|| end.remote().percent_lost()).flatten();
    let held = end.outbound.digits.is_sending() || end.outbound.passes_event(now);
    let clock = codec.rtp_clock();
    let length = ticks(ptime, clock);

    // Taken out, since sending needs the rest of the leg.
    let mut sender = std::mem::take(&mut end.outbound.sender);
    if let Some(loss) = loss.filter(|loss| *loss != sender.loss) {
        sender.loss = loss;
        if let Some(encoder) = &mut sender.encoder {
            let _ = encoder.set_expected_loss(loss);
        }
    }
    if sender.at.is_some_and(|at| now.saturating_duration_since(at) > ptime + MAX_LATE) {
        sender.stop();
    }
    if sender.timestamp.is_none() {
        sender.last = end.outbound.last_relayed(now).unwrap_or(sender.last);
        sender.changed = true;
    }
    sender.take(codec, pcm, rate);
    while samples > 0 && sender.pcm.len() >= samples {
        let Some(stream) = &mut end.outbound.stream else {
            break;
        };
        let timestamp = sender.timestamp.unwrap_or_else(|| {
            stream.mark();
            stream.timestamp_at(clock, now)
        });
        sender.timestamp = Some(timestamp.wrapping_add(length));
        sender.at = Some(now);
        sender.packets = sender.packets.wrapping_add(1);
        // The time that digits take passes for the audio too.
        let packet = if held { Packet::Nothing } else { sender.packet(samples, ptime, noise.is_some()) };
        sender.last = sender.pcm[samples - 1];
        sender.pcm.drain(..samples);
        let payload_type = match (packet, noise) {
            (Packet::Audio, _) => payload_type,
            (Packet::Noise, Some(noise)) => noise,
            _ => {
                if !held {
                    stream.mark();
                }
                continue;
            }
        };
        let mut numbers = stream.made(timestamp, clock);
        if Some(payload_type) == noise {
            // The talkspurt comes after it (RFC 3551 section 4.1).
            numbers.marker = false;
            stream.mark();
        }
        end.outbound.codec = Some(codec);
        let sent = send(side, end, queue, payload_type, numbers, now, |buffer| {
            buffer.extend_from_slice(&sender.payload);
            true
        });
        if sent && let Some(stream) = &mut end.outbound.stream {
            stream.lasts(length);
        }
    }
    end.outbound.sender = sender;
}

impl super::end::Outbound {
    /// The last sample that was relayed, where audio made here follows at once. Only G.711 tells.
    fn last_relayed(&mut self, now: Instant) -> Option<i16> {
        let (codec, octet) = self.relayed.take()?;
        self.stream.as_ref()?.idle(now).filter(|idle| *idle < FORGOTTEN)?;
        let mut pcm = Vec::with_capacity(1);
        Decoder::new(codec, 8_000).ok()?.decode(&[octet], &mut pcm).ok()?;
        pcm.first().copied()
    }
}

/// Bends the beginning of `pcm` so that it starts at `last`.
fn ease(pcm: &mut [i16], last: i16, rate: u32) {
    let Some(&first) = pcm.first() else {
        return;
    };
    let step = i32::from(last) - i32::from(first);
    let length = ((rate as u128 * EASE.as_millis() / 1_000) as usize).clamp(1, pcm.len()) as i32;
    for (n, sample) in (0..length).zip(pcm.iter_mut()) {
        let bent = i32::from(*sample) + step * (length - n) / length;
        *sample = bent.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_spread_over_five_milliseconds() {
        let mut pcm = vec![-10_000; 160];
        ease(&mut pcm, 10_000, 8_000);
        assert_eq!(pcm[0], 10_000);
        assert!(pcm.windows(2).all(|pair| pair[0].abs_diff(pair[1]) <= 500));
        assert!(pcm[40..].iter().all(|&sample| sample == -10_000));
        ease(&mut pcm[..1], 5, 8_000);
        assert_eq!(pcm[0], 5);
        ease(&mut [], 5, 8_000);
    }
}
