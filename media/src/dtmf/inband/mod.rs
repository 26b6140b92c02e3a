//! Digits as tones in the audio (ITU-T Q.23): hearing them (Q.24) and making them.

mod detector;
mod sender;
mod tone;

pub use detector::DigitDetector;
pub use sender::ToneSender;
pub use tone::DigitTone;

/// The frequency of each row of keys, in Hz.
const LOW: [f64; 4] = [697.0, 770.0, 852.0, 941.0];
/// The frequency of each column of keys, in Hz.
const HIGH: [f64; 4] = [1_209.0, 1_336.0, 1_477.0, 1_633.0];
/// The keys by row and column.
const KEYS: [[char; 4]; 4] = [['1', '2', '3', 'A'], ['4', '5', '6', 'B'], ['7', '8', '9', 'C'], ['*', '0', '#', 'D']];
