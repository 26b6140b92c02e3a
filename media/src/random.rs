//! Random numbers from a seed, for the values RTP wants unpredictable only to avoid collisions.

/// SplitMix64: full period, no state beyond one word, the same sequence for the same seed.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn next_u32(&mut self) -> u32 {
        (self.next_u64() >> 32) as u32
    }

    /// A synchronisation source identifier; zero is left out because peers give it a meaning.
    pub(crate) fn ssrc(&mut self) -> u32 {
        loop {
            let ssrc = self.next_u32();
            if ssrc != 0 {
                return ssrc;
            }
        }
    }
}
