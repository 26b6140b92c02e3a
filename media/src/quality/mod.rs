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
