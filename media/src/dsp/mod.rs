//! Signal processing: sample rate conversion, telephone tones, and measuring what was heard.

pub mod measure;
mod resample;
mod tone;

pub use resample::Resampler;
pub use tone::{Country, Tone, ToneKind, UnknownCountry};
