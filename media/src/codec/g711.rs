//! G.711 (11/1988): A-law and µ-law by table, the tables made by the compiler.
//!
//! A-law sees the upper 13 bits of a sample and µ-law the upper 14, so the encoding tables are
//! indexed by those bits alone: 8 KB and 16 KB, small enough to stay in cache.

/// Appends the A-law octets of `pcm`.
pub(super) fn encode_alaw(pcm: &[i16], out: &mut Vec<u8>) {
    out.extend(pcm.iter().map(|&sample| ALAW_ENCODE[usize::from((sample as u16) >> ALAW_SHIFT)]));
}

/// Appends the µ-law octets of `pcm`.
pub(super) fn encode_ulaw(pcm: &[i16], out: &mut Vec<u8>) {
    out.extend(pcm.iter().map(|&sample| ULAW_ENCODE[usize::from((sample as u16) >> ULAW_SHIFT)]));
}

/// Appends the PCM of A-law octets.
pub(super) fn decode_alaw(payload: &[u8], out: &mut Vec<i16>) {
    out.extend(payload.iter().map(|&octet| ALAW_DECODE[usize::from(octet)]));
}

/// Appends the PCM of µ-law octets.
pub(super) fn decode_ulaw(payload: &[u8], out: &mut Vec<i16>) {
    out.extend(payload.iter().map(|&octet| ULAW_DECODE[usize::from(octet)]));
}

/// A-law octet to the µ-law octet of the same level.
pub(super) static ALAW_TO_ULAW: [u8; 256] = {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        table[octet] = linear_to_ulaw(ALAW_DECODE[octet]);
        octet += 1;
    }
    table
};

/// µ-law octet to the A-law octet of the same level.
pub(super) static ULAW_TO_ALAW: [u8; 256] = {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        table[octet] = linear_to_alaw(ULAW_DECODE[octet]);
        octet += 1;
    }
    table
};

const ALAW_SHIFT: u32 = 4;
const ULAW_SHIFT: u32 = 2;

static ALAW_ENCODE: [u8; 1 << (16 - ALAW_SHIFT)] = {
    let mut table = [0; 1 << (16 - ALAW_SHIFT)];
    let mut index = 0;
    while index < table.len() {
        table[index] = linear_to_alaw(((index as u16) << ALAW_SHIFT) as i16);
        index += 1;
    }
    table
};

static ULAW_ENCODE: [u8; 1 << (16 - ULAW_SHIFT)] = {
    let mut table = [0; 1 << (16 - ULAW_SHIFT)];
    let mut index = 0;
    while index < table.len() {
        table[index] = linear_to_ulaw(((index as u16) << ULAW_SHIFT) as i16);
        index += 1;
    }
    table
};

const ALAW_DECODE: [i16; 256] = {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        table[octet] = alaw_to_linear(octet as u8);
        octet += 1;
    }
    table
};

const ULAW_DECODE: [i16; 256] = {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        table[octet] = ulaw_to_linear(octet as u8);
        octet += 1;
    }
    table
};

/// Every second bit of an A-law octet is inverted on the line (G.711 table 1a, note 2).
const ALAW_TOGGLE: u8 = 0x55;
const SIGN: u8 = 0x80;
/// What moves µ-law's segments to powers of two, in 14-bit units.
const ULAW_BIAS: u16 = 33;

const fn linear_to_alaw(sample: i16) -> u8 {
    let sign = if sample >= 0 { SIGN } else { 0 };
    let magnitude = one_complement_magnitude(sample) >> ALAW_SHIFT;
    // Segments 0 and 1 share one step size; from then on each doubles it.
    let segment = (u16::BITS - (magnitude >> 5).leading_zeros()) as u16;
    let code = if magnitude < 32 { magnitude } else { ((segment + 1) << 4) | ((magnitude >> segment) & 0x0f) };
    (sign | code as u8) ^ ALAW_TOGGLE
}

const fn alaw_to_linear(octet: u8) -> i16 {
    let code = octet ^ ALAW_TOGGLE;
    let segment = (code >> 4) & 7;
    // The middle of the step: half a step above its lower edge.
    let step = (((code & 0x0f) as i16) << 4) + 8;
    let magnitude = match segment {
        0 => step,
        _ => (step + 0x100) << (segment - 1),
    };
    if code & SIGN != 0 { magnitude } else { -magnitude }
}

const fn linear_to_ulaw(sample: i16) -> u8 {
    let sign = if sample >= 0 { SIGN } else { 0 };
    let mut magnitude = (one_complement_magnitude(sample) >> ULAW_SHIFT) + ULAW_BIAS;
    if magnitude > 0x1fff {
        magnitude = 0x1fff;
    }
    let segment = u16::BITS - (magnitude >> 6).leading_zeros();
    let code = ((segment as u16) << 4) | ((magnitude >> (segment + 1)) & 0x0f);
    // All bits but the sign go inverted (G.711 table 2a, note 2).
    sign | (!(code as u8) & 0x7f)
}

const fn ulaw_to_linear(octet: u8) -> i16 {
    let code = !octet;
    let segment = (code >> 4) & 7;
    let bias = (ULAW_BIAS as i16) << ULAW_SHIFT;
    let magnitude = (((((code & 0x0f) as i16) << 3) + bias) << segment) - bias;
    if octet & SIGN != 0 { magnitude } else { -magnitude }
}

/// G.711 decides on one's complement magnitudes, so that -1 falls on the first negative step.
const fn one_complement_magnitude(sample: i16) -> u16 {
    (if sample < 0 { !sample } else { sample }) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FNV-1a over the codes of all 65,536 samples in ascending order. The values come from an
    /// encoder written apart from this one, and from the crate `audio-codec-algorithms`, which agree.
    fn fingerprint(encode: fn(&[i16], &mut Vec<u8>)) -> u64 {
        let pcm: Vec<i16> = (i16::MIN..=i16::MAX).collect();
        let mut codes = Vec::new();
        encode(&pcm, &mut codes);
        codes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &code| (hash ^ u64::from(code)).wrapping_mul(0x0100_0000_01b3))
    }

    #[test]
    fn known_codes() {
        // G.711 tables 1a/b and 2a/b: the ends of the range and both sides of zero.
        assert_eq!(linear_to_alaw(0), 0xd5);
        assert_eq!(linear_to_alaw(-1), 0x55);
        assert_eq!(linear_to_alaw(i16::MAX), 0xaa);
        assert_eq!(linear_to_alaw(i16::MIN), 0x2a);
        assert_eq!(linear_to_ulaw(0), 0xff);
        assert_eq!(linear_to_ulaw(-1), 0x7f);
        assert_eq!(linear_to_ulaw(i16::MAX), 0x80);
        assert_eq!(linear_to_ulaw(i16::MIN), 0x00);
        assert_eq!(alaw_to_linear(0xaa), 32_256);
        assert_eq!(ulaw_to_linear(0x80), 32_124);
        assert_eq!(ulaw_to_linear(0xff), 0);
    }

    #[test]
    fn every_code_survives_a_round_trip() {
        for octet in 0..=255u8 {
            assert_eq!(linear_to_alaw(alaw_to_linear(octet)), octet);
            // µ-law has two zeros; the negative one comes back as the positive.
            let expected = if octet == 0x7f { 0xff } else { octet };
            assert_eq!(linear_to_ulaw(ulaw_to_linear(octet)), expected);
        }
    }

    #[test]
    fn the_error_stays_under_half_a_step() {
        for sample in i16::MIN..=i16::MAX {
            for decoded in [alaw_to_linear(linear_to_alaw(sample)), ulaw_to_linear(linear_to_ulaw(sample))] {
                let magnitude = i32::from(sample).abs();
                let error = (i32::from(decoded) - i32::from(sample)).abs();
                // Sixteen steps a segment, plus what lies below the 13th or 14th bit.
                assert!(error <= (magnitude + 132) / 32 + 8, "{sample} became {decoded}");
            }
        }
    }

    #[test]
    fn encoding_is_that_of_the_reference() {
        assert_eq!(fingerprint(encode_alaw), ALAW_FINGERPRINT);
        assert_eq!(fingerprint(encode_ulaw), ULAW_FINGERPRINT);
    }

    #[test]
    fn law_conversion_keeps_the_level() {
        for octet in 0..=255u8 {
            let before = i32::from(alaw_to_linear(octet));
            let after = i32::from(ulaw_to_linear(ALAW_TO_ULAW[usize::from(octet)]));
            assert!((before - after).abs() <= before.abs() / 16 + 16, "{before} became {after}");
            let before = i32::from(ulaw_to_linear(octet));
            let after = i32::from(alaw_to_linear(ULAW_TO_ALAW[usize::from(octet)]));
            assert!((before - after).abs() <= before.abs() / 16 + 16, "{before} became {after}");
        }
    }

    const ALAW_FINGERPRINT: u64 = 17_307_445_993_695_924_005;
    const ULAW_FINGERPRINT: u64 = 354_692_590_946_716_717;
}
