//! The formulas and their constants.

use std::time::Duration;

use super::Band;
use crate::codec::Codec;

/// What a codec costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Impairment {
    /// Equipment impairment factor Ie without loss.
    pub(super) equipment: f64,
    /// Packet-loss robustness factor Bpl, in percent.
    pub(super) robustness: f64,
}

/// The impairment by a codec whose lost packets are concealed.
///
/// G.711 and G.722 are ITU-T G.113 (Appendix I: G.711 with concealment by its Appendix I; Appendix IV: G.722 at
/// 64 kbit/s). G.113 has no robustness of G.722 concealed like G.711, so it has that of G.711. G.113 does not know
/// Opus: at 24 kbit/s its factors are those that G.113 gives codecs which listening tests place beside it (AMR-WB at
/// 23.85 kbit/s in the wide band, EVS at 24.4 kbit/s in the full band), with the robustness of its own concealment.
pub(super) fn impairment(codec: Codec, band: Band) -> Impairment {
    const CONCEALED: f64 = 25.1;
    let (equipment, robustness) = match (codec, band) {
        (Codec::Pcma | Codec::Pcmu, _) => (0.0, CONCEALED),
        (Codec::G722, Band::Narrow) => (0.0, CONCEALED),
        (Codec::G722, _) => (13.0, CONCEALED),
        (Codec::Opus, Band::Narrow) => (2.0, 20.0),
        (Codec::Opus, Band::Wide) => (8.0, 20.0),
        (Codec::Opus, Band::Full) => (12.0, 20.0),
    };
    Impairment { equipment, robustness }
}

/// Signal-to-noise ratio Ro less the simultaneous impairment Is, with every default value of G.107 table 2: the
/// rating of a connection without delay, loss and coding. With listener echo at no delay it is the 93.2 that the
/// recommendation gives; 129 is G.107.1 and 148 G.107.2.
pub(super) fn full_rating(band: Band) -> f64 {
    match band {
        Band::Narrow => 93.2,
        Band::Wide => 129.0,
        Band::Full => 148.0,
    }
}

/// The rating that is 100 on the scale of scores (G.107.1 annex A, G.107.2).
pub(super) fn scale_end(band: Band) -> f64 {
    match band {
        Band::Narrow => 100.0,
        Band::Wide => 129.0,
        Band::Full => 148.0,
    }
}

/// Effective equipment impairment Ie,eff (G.107 section 7.3); `loss` from 0 to 1.
pub(super) fn equipment(impairment: Impairment, loss: f64, burst_ratio: f64) -> f64 {
    let Impairment { equipment, robustness } = impairment;
    let percent = loss * 100.0;
    equipment + (95.0 - equipment) * percent / (percent / burst_ratio.max(1.0) + robustness)
}

/// Impairment by delay Id (G.107 section 7.2).
pub(super) fn delay(one_way: Duration) -> f64 {
    let ms = one_way.as_secs_f64() * 1_000.0;
    // In the first milliseconds the formula of the echo goes a little below nothing.
    (talker_echo(ms) + listener_echo(ms) + absolute(ms)).max(0.0)
}

/// Idte: the own voice comes back late. The echo loss of 65 dB is that of telephones.
fn talker_echo(ms: f64) -> f64 {
    const ECHO_LOSS: f64 = 65.0;
    let loss = ECHO_LOSS - 40.0 * ((1.0 + ms / 10.0) / (1.0 + ms / 150.0)).log10() + 6.0 * (-0.3 * ms * ms).exp();
    let rating = 80.0 + 2.5 * (loss - 14.0);
    let signal = -1.5 * (NOISE - RECEIVE_LOUDNESS);
    let half = (signal - rating) / 2.0;
    (half + (half * half + 100.0).sqrt() - 1.0) * (1.0 - (-ms).exp())
}

/// Idle: the other's voice is heard twice. The weighted echo path loss is the default of 110 dB.
fn listener_echo(ms: f64) -> f64 {
    const PATH_LOSS: f64 = 110.0;
    let rating = 10.5 * (PATH_LOSS + 7.0) * (2.0 * ms + 1.0).powf(-0.25);
    let half = (SIGNAL - rating) / 2.0;
    // 0.149 of it are there without delay and part of the 93.2.
    half + (half * half + 169.0).sqrt() - 0.149
}

/// Idd: too long a way from mouth to ear, whatever the echo.
fn absolute(ms: f64) -> f64 {
    if ms <= 100.0 {
        return 0.0;
    }
    let x = (ms / 100.0).log2();
    25.0 * ((1.0 + x.powi(6)).powf(1.0 / 6.0) - 3.0 * (1.0 + (x / 3.0).powi(6)).powf(1.0 / 6.0) + 2.0)
}

/// Circuit noise No and signal-to-noise ratio Ro with the default values of G.107, in dB.
const NOISE: f64 = -61.179;
const SIGNAL: f64 = 94.769;
/// RLR.
const RECEIVE_LOUDNESS: f64 = 2.0;

/// Mean opinion score of a rating from 0 to 100 (G.107 annex B).
pub(super) fn score(rating: f64) -> f64 {
    if rating <= 0.0 {
        return 1.0;
    }
    if rating >= 100.0 {
        return 4.5;
    }
    // Below 6.5 the polynomial dips under 1.
    (1.0 + 0.035 * rating + rating * (rating - 60.0) * (100.0 - rating) * 7e-6).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratings_give_the_published_scores() {
        // G.107 table B.1.
        for (rating, published) in [(90.0, 4.34), (80.0, 4.03), (70.0, 3.60), (60.0, 3.10), (50.0, 2.58)] {
            assert!((score(rating) - published).abs() < 0.01, "{rating}: {}", score(rating));
        }
        assert!((score(93.2) - 4.41).abs() < 0.005);
        assert_eq!((score(-5.0), score(0.0), score(100.0), score(120.0)), (1.0, 1.0, 4.5, 4.5));
    }

    #[test]
    fn loss_of_g711_is_as_harmful_as_published() {
        // G.113 table I.3: impairment by random loss of G.711 with concealment, in percent lost; planning values
        // are rounded to whole and then to handy numbers.
        let g711 = impairment(Codec::Pcma, Band::Narrow);
        for (percent, published) in [(0.0, 0.0), (1.0, 5.0), (2.0, 7.0), (3.0, 10.0), (5.0, 15.0), (7.0, 20.0)] {
            let found = equipment(g711, percent / 100.0, 1.0);
            assert!((found - published).abs() < 1.5, "{percent} %: {found}");
        }
    }

    #[test]
    fn delay_harms_as_the_formulas_say() {
        let at = |ms| delay(Duration::from_millis(ms));
        assert!(at(0).abs() < 0.01, "{}", at(0));
        // The knee is at about 177 ms (figure 1 of G.107 annex A, and the usual approximation
        // 0.024 T + 0.11 (T - 177.3) for T beyond it).
        for ms in [50_u64, 100, 150, 200, 250, 300, 350, 400] {
            let late = (ms as f64 - 177.3).max(0.0);
            let approximation = 0.024 * ms as f64 + 0.11 * late;
            assert!((at(ms) - approximation).abs() < 3.5, "{ms}: {} and {approximation}", at(ms));
        }
        assert_eq!(absolute(100.0), 0.0);
        assert!(absolute(101.0) < 0.001);
    }
}
