//! One RTP payload into another.

use super::{Codec, CodecError, Decoder, Encoder, g711};

/// Converts the packets of one stream from one codec to another: one packet in, one packet out, of
/// the same duration. Keeps the state of both codecs, so it serves one stream in one direction.
///
/// After the first packets nothing is allocated.
pub struct Transcoder {
    from: Codec,
    to: Codec,
    path: Path,
}

enum Path {
    /// Same codec: the payload is copied.
    Copy,
    /// Between the two laws of G.711: an octet each by table.
    Table(&'static [u8; 256]),
    Pcm(Box<Pcm>),
}

struct Pcm {
    decoder: Decoder,
    encoder: Encoder,
    samples: Vec<i16>,
}

impl Transcoder {
    /// A transcoder without history.
    ///
    /// # Errors
    /// [`CodecError::Library`] when libopus has no memory.
    pub fn new(from: Codec, to: Codec) -> Result<Self, CodecError> {
        let path = match (from, to) {
            (Codec::Pcma, Codec::Pcmu) => Path::Table(&g711::ALAW_TO_ULAW),
            (Codec::Pcmu, Codec::Pcma) => Path::Table(&g711::ULAW_TO_ALAW),
            _ if from == to => Path::Copy,
            _ => {
                // The lower of the two rates: libopus runs at 8 and 16 kHz itself, so only
                // G.711 with G.722 goes through a resampler.
                let rate = from.sample_rate().min(to.sample_rate());
                Path::Pcm(Box::new(Pcm {
                    decoder: Decoder::new(from, rate)?,
                    encoder: Encoder::new(to, rate)?,
                    samples: Vec::with_capacity((rate / 1_000 * super::MAX_PACKET_MS) as usize),
                }))
            }
        };
        Ok(Transcoder { from, to, path })
    }

    /// The codec of the packets taken.
    pub fn from(&self) -> Codec {
        self.from
    }

    /// The codec of the packets made.
    pub fn to(&self) -> Codec {
        self.to
    }

    /// Appends the converted packet to `out` and returns its duration in ticks of `to`'s RTP clock.
    /// On an error `out` is as it was.
    ///
    /// # Errors
    /// Those of [`Codec::duration`] for what the peer sent; [`CodecError::Duration`] when the packet
    /// is of a length that `to` cannot express; [`CodecError::Library`].
    pub fn transcode(&mut self, payload: &[u8], out: &mut Vec<u8>) -> Result<usize, CodecError> {
        match &mut self.path {
            Path::Copy => {
                let samples = self.from.duration(payload)?;
                out.extend_from_slice(payload);
                Ok(samples as usize)
            }
            Path::Table(table) => {
                let samples = self.from.duration(payload)?;
                out.extend(payload.iter().map(|&octet| table[usize::from(octet)]));
                Ok(samples as usize)
            }
            Path::Pcm(pcm) => {
                pcm.samples.clear();
                pcm.decoder.decode(payload, &mut pcm.samples)?;
                pcm.encoder.encode(&pcm.samples, out)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::dsp::{Country, Tone, ToneKind, measure};

    /// The level of every tone, in dBFS.
    const LEVEL: f64 = -16.14;

    fn pairs() -> impl Iterator<Item = (Codec, Codec)> {
        Codec::ALL.into_iter().flat_map(|from| Codec::ALL.into_iter().map(move |to| (from, to)))
    }

    /// Sends PCM through encoder, transcoder and decoder in packets of `ms`; what the far end hears.
    fn heard(from: Codec, to: Codec, pcm: &[i16], ms: usize) -> Vec<i16> {
        let mut encoder = Encoder::new(from, from.sample_rate()).expect("its own rate");
        let mut transcoder = Transcoder::new(from, to).expect("any pair");
        let mut decoder = Decoder::new(to, to.sample_rate()).expect("its own rate");
        let (mut sent, mut received, mut heard) = (Vec::new(), Vec::new(), Vec::new());
        for frame in pcm.chunks_exact(from.sample_rate() as usize / 1_000 * ms) {
            sent.clear();
            received.clear();
            let ticks = encoder.encode(frame, &mut sent).expect("a whole frame");
            assert_eq!(ticks, from.rtp_clock() as usize / 1_000 * ms);
            let ticks = transcoder.transcode(&sent, &mut received).expect("a good packet");
            assert_eq!(ticks, to.rtp_clock() as usize / 1_000 * ms, "{from} to {to}, {ms} ms");
            assert_eq!(to.duration(&received), Ok(ticks as u32));
            let samples = decoder.decode(&received, &mut heard).expect("a good packet");
            assert_eq!(samples, to.sample_rate() as usize / 1_000 * ms);
        }
        heard
    }

    fn sine(rate: u32, hz: f64, seconds: u32) -> Vec<i16> {
        let step = std::f64::consts::TAU * hz / f64::from(rate);
        let peak = 32_768.0 * 10f64.powf(LEVEL / 20.0);
        (0..rate * seconds).map(|i| (peak * (step * f64::from(i)).sin()).round() as i16).collect()
    }

    #[test]
    fn a_tone_comes_through_every_pair() {
        for (from, to) in pairs() {
            let mut pcm = vec![0; from.sample_rate() as usize];
            Tone::new(ToneKind::Test1k, Country::De, from.sample_rate()).fill(&mut pcm);
            for ms in [10, 20, 30, 40, 60] {
                let heard = heard(from, to, &pcm, ms);
                let rate = to.sample_rate();
                let settled = &heard[heard.len() / 4..];
                let frequency = measure::dominant_frequency(settled, rate).unwrap_or(0.0);
                let level = measure::level(settled, rate, 1_000.0);
                let purity = measure::tone_to_rest(settled, rate, 1_000.0);
                assert!((frequency - 1_000.0).abs() < 2.0, "{from} to {to}, {ms} ms: {frequency} Hz");
                // Opus makes speech, not waves.
                let (off, least) = if from == Codec::Opus || to == Codec::Opus { (0.5, 20.0) } else { (0.3, 30.0) };
                assert!((level - LEVEL).abs() < off, "{from} to {to}, {ms} ms: {level} dBFS");
                assert!(purity > least, "{from} to {to}, {ms} ms: {purity} dB above the rest");
            }
        }
    }

    #[test]
    fn wideband_stays_wideband() {
        for (from, to) in [(Codec::G722, Codec::Opus), (Codec::Opus, Codec::G722)] {
            let heard = heard(from, to, &sine(from.sample_rate(), 5_000.0, 1), 20);
            let level = measure::level(&heard[heard.len() / 4..], to.sample_rate(), 5_000.0);
            assert!((level - LEVEL).abs() < 3.0, "{from} to {to}: {level} dBFS");
        }
    }

    #[test]
    fn what_does_not_fit_the_telephone_band_does_not_fold_into_it() {
        for from in [Codec::G722, Codec::Opus] {
            let heard = heard(from, Codec::Pcmu, &sine(from.sample_rate(), 5_500.0, 1), 20);
            let alias = measure::level(&heard[2_000..], 8_000, 2_500.0);
            assert!(alias < LEVEL - 35.0, "{from}: {alias} dBFS");
        }
    }

    #[test]
    fn a_stereo_packet_is_mixed_down() {
        let mut encoder = opus::Encoder::new(48_000, opus::Channels::Stereo, opus::Application::Audio).expect("stereo");
        let mut transcoder = Transcoder::new(Codec::Opus, Codec::Pcma).expect("any pair");
        let mut octets = Vec::new();
        let left: Vec<i16> = sine(48_000, 1_000.0, 1).into_iter().flat_map(|sample| [sample, 0]).collect();
        for frame in left.chunks_exact(2 * 960) {
            let packet = encoder.encode_vec(frame, 1_000).expect("a whole frame");
            assert_eq!(transcoder.transcode(&packet, &mut octets), Ok(160));
        }
        let mut heard = Vec::new();
        let mut decoder = Decoder::new(Codec::Pcma, 8_000).expect("its own rate");
        octets.chunks(160).for_each(|packet| assert_eq!(decoder.decode(packet, &mut heard), Ok(160)));
        let level = measure::level(&heard[4_000..], 8_000, 1_000.0);
        assert!((level - (LEVEL - 6.02)).abs() < 1.0, "{level} dBFS");
    }

    #[test]
    fn bad_packets_leave_the_output_alone() {
        let mut out = vec![7];
        for (from, to) in pairs() {
            let mut transcoder = Transcoder::new(from, to).expect("any pair");
            assert_eq!(transcoder.transcode(&[], &mut out), Err(CodecError::Empty));
            if from == Codec::Opus {
                // Code 3 without the octet that counts the frames.
                assert_eq!(transcoder.transcode(&[0x0b], &mut out), Err(CodecError::Malformed(from)));
            } else {
                assert_eq!(transcoder.transcode(&[0x55; 2_000], &mut out), Err(CodecError::Duration));
            }
        }
        let mut transcoder = Transcoder::new(Codec::Pcma, Codec::Opus).expect("any pair");
        assert_eq!(transcoder.transcode(&[0x55; 161], &mut out), Err(CodecError::Duration));
        assert_eq!(out, [7]);
    }

    #[test]
    fn buffers_stop_growing_after_the_first_packet() {
        for (from, to) in pairs().filter(|(from, _)| *from != Codec::Opus) {
            let mut transcoder = Transcoder::new(from, to).expect("any pair");
            let mut out = Vec::with_capacity(1_500);
            for _ in 0..10 {
                out.clear();
                transcoder.transcode(&[0x55; 480], &mut out).expect("60 ms");
                if let Path::Pcm(pcm) = &transcoder.path {
                    assert!(pcm.samples.capacity() <= 16_000 / 1_000 * 120);
                }
            }
            assert_eq!(out.capacity(), 1_500);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_payload_panics(payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..1_400), 1..6)) {
            for (from, to) in pairs() {
                let mut transcoder = Transcoder::new(from, to).expect("any pair");
                let mut out = Vec::new();
                for payload in &payloads {
                    out.clear();
                    if let Ok(ticks) = transcoder.transcode(payload, &mut out) {
                        prop_assert_eq!(to.duration(&out), Ok(ticks as u32));
                    }
                }
            }
        }
    }
}
