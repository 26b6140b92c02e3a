//! How speech over a leg is likely to be judged: the E-model of ITU-T G.107 (narrowband), G.107.1 (wideband) and
//! G.107.2 (full band).
//!
//! [`Conditions`] are what was measured of one direction of one leg; [`Conditions::quality`] gives the rating R and
//! the mean opinion score, for listening alone and for a conversation, which delay makes worse. Everything that a
//! server cannot measure (loudness, room noise, echo) has the recommendations' default value.

mod emodel;
mod losses;

use std::time::Duration;

use crate::codec::Codec;
pub(crate) use losses::{Losses, Pattern};

/// How much of the voice is carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Band {
    /// 300 to 3,400 Hz.
    Narrow,
    /// 50 to 7,000 Hz.
    Wide,
    /// 20 to 20,000 Hz.
    Full,
}

impl Band {
    /// The band that a codec can carry.
    pub fn of(codec: Codec) -> Self {
        match codec {
            Codec::Pcma | Codec::Pcmu => Self::Narrow,
            Codec::G722 => Self::Wide,
            Codec::Opus => Self::Full,
        }
    }
}

/// One direction of a leg, as far as it decides how speech is heard.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Conditions {
    /// How the speech is coded.
    pub codec: Codec,
    /// The band in which the speech really is: [`Band::of`] the codec, or less where it comes from a narrower one.
    pub band: Band,
    /// Share of the packets that could not be played, from 0 to 1: those that never came and those that came too late.
    pub loss: f64,
    /// How much longer runs of lost packets are than they would be with independent loss: 1 for independent loss,
    /// more for bursts (G.107 section 7.3).
    pub burst_ratio: f64,
    /// From mouth to ear.
    pub delay: Duration,
}

/// What the E-model says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quality {
    /// The scale: scores of different bands cannot be compared beyond a few tenths.
    pub band: Band,
    /// Rating without the impairment by delay, from 0 to 100: those of the wider models are scaled to that.
    pub listening_rating: f32,
    /// Rating with it.
    pub conversational_rating: f32,
    /// Mean opinion score of listening, from 1 to 4.5.
    pub listening: f32,
    /// Mean opinion score of a conversation, from 1 to 4.5.
    pub conversational: f32,
}

impl Conditions {
    /// Rates these conditions.
    pub fn quality(&self) -> Quality {
        let band = self.band.min(Band::of(self.codec));
        let full = emodel::full_rating(band);
        let scale = 100.0 / emodel::scale_end(band);
        let equipment =
            emodel::equipment(emodel::impairment(self.codec, band), self.loss.clamp(0.0, 1.0), self.burst_ratio);
        let listening = ((full - equipment) * scale).clamp(0.0, 100.0);
        let conversational = ((full - equipment - emodel::delay(self.delay)) * scale).clamp(0.0, 100.0);
        Quality {
            band,
            listening_rating: listening as f32,
            conversational_rating: conversational as f32,
            listening: emodel::score(listening) as f32,
            conversational: emodel::score(conversational) as f32,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn conditions(codec: Codec) -> Conditions {
        Conditions { codec, band: Band::of(codec), loss: 0.0, burst_ratio: 1.0, delay: Duration::ZERO }
    }

    #[test]
    fn undisturbed_codecs_have_their_known_scores() {
        let g711 = conditions(Codec::Pcmu).quality();
        assert!((g711.listening - 4.41).abs() < 0.005, "{g711:?}");
        assert!((g711.conversational - 4.41).abs() < 0.005);
        assert!((g711.conversational_rating - 93.2).abs() < 0.01);
        // G.107.1: 129 - 13 on a scale that ends at 129.
        let g722 = conditions(Codec::G722).quality();
        assert!((g722.listening_rating - 100.0 * 116.0 / 129.0).abs() < 0.01);
        assert!(conditions(Codec::Opus).quality().listening > 4.3);
    }

    #[test]
    fn a_narrow_source_stays_narrow_in_a_wide_codec() {
        let narrow = Conditions { band: Band::Narrow, ..conditions(Codec::Opus) }.quality();
        assert_eq!(narrow.band, Band::Narrow);
        assert!(narrow.listening < conditions(Codec::Pcma).quality().listening);
        let claimed = Conditions { band: Band::Full, ..conditions(Codec::Pcma) }.quality();
        assert_eq!(claimed.band, Band::Narrow);
    }

    #[test]
    fn bursts_are_worse_than_single_losses() {
        let single = Conditions { loss: 0.05, ..conditions(Codec::Pcma) };
        let bursts = Conditions { burst_ratio: 4.0, ..single };
        assert!(bursts.quality().listening < single.quality().listening - 0.05);
    }

    proptest! {
        #[test]
        fn more_loss_or_delay_is_never_better(
            codec in proptest::sample::select(&Codec::ALL[..]),
            band in proptest::sample::select(&[Band::Narrow, Band::Wide, Band::Full][..]),
            loss in 0.0..1.0_f64, more in 0.0..1.0_f64,
            burst_ratio in 0.0..20.0_f64,
            ms in 0..2_000_u64, later in 0..2_000_u64,
        ) {
            let before = Conditions { codec, band, loss, burst_ratio, delay: Duration::from_millis(ms) };
            let lossy = Conditions { loss: loss + more, ..before };
            let late = Conditions { delay: Duration::from_millis(ms + later), ..before };
            let (before, lossy, late) = (before.quality(), lossy.quality(), late.quality());
            prop_assert!(lossy.conversational <= before.conversational + 1e-5);
            prop_assert!(lossy.listening <= before.listening + 1e-5);
            prop_assert!(late.conversational <= before.conversational + 1e-5);
            prop_assert_eq!(late.listening, before.listening);
            for score in [before.listening, before.conversational, lossy.conversational, late.conversational] {
                prop_assert!((1.0..=4.5).contains(&score));
            }
            prop_assert!(before.conversational <= before.listening + 1e-5);
        }
    }
}
