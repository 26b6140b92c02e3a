//! Signal processing: sample rate conversion, comfort noise, speech activity, telephone tones, and
//! measuring what was heard.

mod activity;
pub mod measure;
pub mod noise;
mod resample;
mod tone;

pub use activity::Activity;
pub use resample::Resampler;
pub use tone::{Country, Tone, ToneKind, UnknownCountry};
