//! G.722 (09/2012) at 64 kbit/s: a quadrature mirror filter splits 16 kHz audio into two bands, and
//! each is coded as ADPCM, 6 bits for the lower and 2 for the upper.
//!
//! Block and variable names are the recommendation's (sections 3 and 6), in its 16-bit arithmetic, so
//! that octets and samples come out bit for bit as from the reference.

/// Sample pairs filtered at a time: one per octet.
const CHUNK: usize = 160;
/// Taps of one phase of the quadrature mirror filter.
const PHASE: usize = 12;
/// What a phase remembers from one chunk to the next.
const HISTORY: usize = PHASE - 1;

/// The coder of section 3.
pub(super) struct Encoder {
    /// The earlier samples of each pair, then the later ones.
    phases: [[i16; HISTORY + CHUNK]; 2],
    low: Band,
    high: Band,
}

impl Encoder {
    pub(super) fn new() -> Self {
        Encoder { phases: [[0; HISTORY + CHUNK]; 2], low: Band::low(), high: Band::high() }
    }

    /// Appends an octet for each two samples; `pcm` has an even length.
    pub(super) fn encode(&mut self, pcm: &[i16], out: &mut Vec<u8>) {
        for chunk in pcm.chunks(2 * CHUNK) {
            let [earlier, later] = &mut self.phases;
            let pairs = chunk.as_chunks::<2>().0;
            for (i, pair) in pairs.iter().enumerate() {
                earlier[HISTORY + i] = pair[0];
                later[HISTORY + i] = pair[1];
            }
            let windows = earlier.array_windows().zip(later.array_windows());
            let mut bands = [[0; 2]; CHUNK];
            for (band, (earlier, later)) in bands[..pairs.len()].iter_mut().zip(windows) {
                let (earlier, later) = (dot(earlier, &QMF_EARLIER), dot(later, &QMF_LATER));
                *band = [(later + earlier) >> 14, (later - earlier) >> 14];
            }
            let (mut low, mut high) = (self.low.clone(), self.high.clone());
            let mut octets = [0; CHUNK];
            for (octet, &[xl, xh]) in octets.iter_mut().zip(&bands[..pairs.len()]) {
                *octet = (high.encode_high(xh) << 6) | low.encode_low(xl);
            }
            out.extend_from_slice(&octets[..pairs.len()]);
            (self.low, self.high) = (low, high);
            earlier.copy_within(pairs.len()..pairs.len() + HISTORY, 0);
            later.copy_within(pairs.len()..pairs.len() + HISTORY, 0);
        }
    }
}

/// The decoder of section 4, mode 1: all eight bits are audio.
pub(super) struct Decoder {
    /// The sums of both bands, then the differences.
    phases: [[i16; HISTORY + CHUNK]; 2],
    low: Band,
    high: Band,
}

impl Decoder {
    pub(super) fn new() -> Self {
        Decoder { phases: [[0; HISTORY + CHUNK]; 2], low: Band::low(), high: Band::high() }
    }

    /// Appends two samples for each octet.
    pub(super) fn decode(&mut self, payload: &[u8], out: &mut Vec<i16>) {
        for chunk in payload.chunks(CHUNK) {
            let [sums, differences] = &mut self.phases;
            let (mut low_band, mut high_band) = (self.low.clone(), self.high.clone());
            for (i, &octet) in chunk.iter().enumerate() {
                let low = low_band.decode_low(octet & 0x3f);
                let high = high_band.decode_high(octet >> 6);
                // Both are limited to 15 bits, so neither sum nor difference leaves 16.
                sums[HISTORY + i] = (low + high) as i16;
                differences[HISTORY + i] = (low - high) as i16;
            }
            (self.low, self.high) = (low_band, high_band);
            let windows = sums.array_windows().zip(differences.array_windows()).take(chunk.len());
            out.extend(windows.flat_map(|(sums, differences)| {
                [clip16(dot(differences, &QMF_LATER) >> 11) as i16, clip16(dot(sums, &QMF_EARLIER) >> 11) as i16]
            }));
            sums.copy_within(chunk.len()..chunk.len() + HISTORY, 0);
            differences.copy_within(chunk.len()..chunk.len() + HISTORY, 0);
        }
    }
}

/// The adaptive quantizer and predictor of one band (sections 3.3 to 3.6). Coded on a local copy, a
/// chunk at a time: behind a reference the compiler would not keep it in registers, at half more
/// time.
#[derive(Clone)]
struct Band {
    /// SL or SH: what the next sample is expected to be.
    s: i32,
    /// SZ: the part of it that the zero section gave.
    sz: i32,
    /// AL1, AL2: the coefficients of the pole section.
    a: [i32; 2],
    /// RLT1, RLT2 doubled: the last reconstructed samples.
    r: [i32; 2],
    /// Whether PLT1, PLT2 were negative.
    negative: [bool; 2],
    /// BL1 to BL6: the coefficients of the zero section. Two more stay zero, to fill a vector.
    b: [i16; 8],
    /// DLT1 to DLT6 doubled: the last quantized differences.
    d: [i16; 8],
    /// NBL or NBH: the logarithm of the step size.
    nb: i32,
    /// DETL or DETH without its two constant zero bits: the step size.
    det: i32,
}

impl Band {
    fn low() -> Self {
        Band::new(8)
    }

    fn high() -> Self {
        Band::new(2)
    }

    fn new(det: i32) -> Self {
        Band { s: 0, sz: 0, a: [0; 2], r: [0; 2], negative: [false; 2], b: [0; 8], d: [0; 8], nb: 0, det }
    }

    /// QUANTL, INVQAL, LOGSCL, SCALEL and the predictor.
    #[inline(always)]
    fn encode_low(&mut self, xl: i32) -> u8 {
        let el = clip16(xl - self.s);
        let magnitude = el ^ (el >> 31);
        // Q6 * DETL >> 12 <= magnitude, for how many levels? Turned round, one division finds out.
        let level = ((((magnitude + 1) << 10) - 1) as u32 / self.det as u32).min(Q6_LAST);
        let interval = Q6_INTERVAL[level as usize];
        let il = match (el < 0, interval) {
            (false, _) => 61 - interval,
            (true, 0..=1) => 63 - interval,
            (true, _) => 33 - interval,
        };
        self.adapt_low(il);
        il
    }

    /// INVQBL and the predictor: the reconstructed sample, 15 bits.
    #[inline(always)]
    fn decode_low(&mut self, il: u8) -> i32 {
        let rl = self.s + ((self.det * i32::from(QM6[usize::from(il & 0x3f)])) >> 10);
        self.adapt_low(il);
        rl.clamp(-16_384, 16_383)
    }

    /// QUANTH, INVQAH, LOGSCH, SCALEH and the predictor.
    #[inline(always)]
    fn encode_high(&mut self, xh: i32) -> u8 {
        let eh = clip16(xh - self.s);
        let magnitude = eh ^ (eh >> 31);
        // Q2 is 564, with DETH's two zero bits taken off it.
        let outer = magnitude >= (141 * self.det) >> 8;
        let ih = if eh < 0 { u8::from(!outer) } else { 3 - u8::from(outer) };
        self.adapt_high(ih);
        ih
    }

    /// INVQAH and the predictor: the reconstructed sample, 15 bits.
    #[inline(always)]
    fn decode_high(&mut self, ih: u8) -> i32 {
        let before = self.s;
        let dh = self.adapt_high(ih);
        (before + dh).clamp(-16_384, 16_383)
    }

    #[inline(always)]
    fn adapt_low(&mut self, il: u8) {
        // Only the upper four bits steer the adaptation, so that it runs alike when the lower ones
        // carry data (modes 2 and 3).
        let code = usize::from(il >> 2) & 0x0f;
        let d = (self.det * i32::from(QM4[code])) >> 10;
        self.predict(d);
        self.nb = (((self.nb * 127) >> 7) + WL[code]).clamp(0, 18_432);
        self.det = linear(self.nb, 8);
    }

    #[inline(always)]
    fn adapt_high(&mut self, ih: u8) -> i32 {
        let code = usize::from(ih) & 3;
        let d = (self.det * i32::from(QM2[code])) >> 10;
        self.predict(d);
        self.nb = (((self.nb * 127) >> 7) + WH[code]).clamp(0, 22_528);
        self.det = linear(self.nb, 10);
        d
    }

    /// Block 4: UPPOL2, UPPOL1, UPZERO, FILTEZ, FILTEP and PREDIC.
    #[inline(always)]
    fn predict(&mut self, d: i32) {
        let negative = self.sz + d < 0;
        let same1 = negative == self.negative[0];
        let same2 = negative == self.negative[1];
        self.negative = [negative, self.negative[0]];

        let a1 = self.a[0].clamp(-8_191, 8_191);
        let a2 = ((if same1 { -a1 } else { a1 }) >> 5) + (if same2 { 128 } else { -128 }) + ((self.a[1] * 127) >> 7);
        let a2 = a2.clamp(-12_288, 12_288);
        let limit = 15_360 - a2;
        let a1 = (if same1 { 192 } else { -192 }) + ((self.a[0] * 255) >> 8);
        let a1 = a1.clamp(-limit, limit);
        self.a = [a1, a2];

        let d2 = clip16(2 * d) as i16;
        let steps = if d == 0 { [0; 8] } else { STEPS };
        for ((b, &past), &step) in self.b.iter_mut().zip(&self.d).zip(&steps) {
            // All ones where the signs differ: `(step ^ m) - m` then is `-step`.
            let m = (past ^ d2) >> 15;
            // b * 255 / 256, rounded down, in 16 bits: |b| stays at or under 32,640.
            *b = *b + ((-*b) >> 8) + ((step ^ m) - m);
        }
        let [one, two, three, four, five, six, seven, _] = self.d;
        self.d = [d2, one, two, three, four, five, six, seven];
        self.sz = self.b.iter().zip(&self.d).map(|(&b, &d)| (i32::from(b) * i32::from(d)) >> 15).sum();

        self.r = [clip16(2 * (self.s + d)), self.r[0]];
        self.s = clip16(self.sz + ((a1 * self.r[0]) >> 15) + ((a2 * self.r[1]) >> 15));
    }
}

/// How far a coefficient of the zero section moves; never, in the two unused lanes.
const STEPS: [i16; 8] = [128, 128, 128, 128, 128, 128, 0, 0];

/// SCALEL, SCALEH: two to the power of `nb`, in steps of 1/32 octave.
#[inline(always)]
fn linear(nb: i32, octaves: i32) -> i32 {
    let mantissa = ILB[(nb >> 6) as usize & 31];
    let shift = octaves - (nb >> 11);
    if shift < 0 { mantissa << -shift } else { mantissa >> shift }
}

#[inline(always)]
fn clip16(value: i32) -> i32 {
    value.clamp(i32::from(i16::MIN), i32::from(i16::MAX))
}

#[inline(always)]
fn dot(samples: &[i16; PHASE], taps: &[i16; PHASE]) -> i32 {
    samples.iter().zip(taps).map(|(&sample, &tap)| i32::from(sample) * i32::from(tap)).sum()
}

/// Table 11's 24 coefficients, by phase, the oldest sample first.
static QMF_EARLIER: [i16; PHASE] = [3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11];
static QMF_LATER: [i16; PHASE] = [-11, 53, -156, 362, -805, 3876, 951, -210, 32, 12, -11, 3];

/// The decision levels of the lower band (table 14, Q6).
const Q6: [u16; 29] = [
    35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1_023, 1_121, 1_219, 1_339,
    1_458, 1_612, 1_765, 1_980, 2_195, 2_557, 2_919,
];
const Q6_LAST: u32 = 2_919;

/// How many decision levels are at or under an index.
static Q6_INTERVAL: [u8; Q6_LAST as usize + 1] = {
    let mut table = [0; Q6_LAST as usize + 1];
    let mut level = 0;
    let mut interval = 0;
    while level < table.len() {
        if level == Q6[interval as usize] as usize {
            interval += 1;
        }
        table[level] = interval;
        level += 1;
    }
    table
};

/// QM2, QM4 and QM6 without their three constant zero bits.
static QM2: [i16; 4] = [-926, -202, 926, 202];
static QM4: [i16; 16] = [0, -2_557, -1_612, -1_121, -786, -530, -323, -150, 2_557, 1_612, 1_121, 786, 530, 323, 150, 0];
static QM6: [i16; 64] = [
    -17, -17, -17, -17, -3_101, -2_738, -2_376, -2_088, -1_873, -1_689, -1_535, -1_399, -1_279, -1_170, -1_072, -982,
    -899, -822, -750, -682, -618, -558, -501, -447, -396, -347, -300, -254, -211, -170, -130, -91, 3_101, 2_738, 2_376,
    2_088, 1_873, 1_689, 1_535, 1_399, 1_279, 1_170, 1_072, 982, 899, 822, 750, 682, 618, 558, 501, 447, 396, 347, 300,
    254, 211, 170, 130, 91, 54, 17, -54, -17,
];

/// WL and WH by code, the step through RL4 and RH2 already taken.
static WL: [i32; 16] = [-60, 3_042, 1_198, 538, 334, 172, 58, -30, 3_042, 1_198, 538, 334, 172, 58, -30, -60];
static WH: [i32; 4] = [798, -214, 798, -214];

/// ILB: 2,048 times two to the power of n/32.
static ILB: [i32; 32] = [
    2_048, 2_093, 2_139, 2_186, 2_233, 2_282, 2_332, 2_383, 2_435, 2_489, 2_543, 2_599, 2_656, 2_714, 2_774, 2_834,
    2_896, 2_960, 3_025, 3_091, 3_158, 3_228, 3_298, 3_371, 3_444, 3_520, 3_597, 3_676, 3_756, 3_838, 3_922, 4_008,
];
