//! Why a call failed: what was said on all its sides, in one order and on one clock, and what that means.
//!
//! A [`trace::Trace`] is everything known of a call. It is noted while the server runs, or read from a capture of any
//! tool. [`verdict::Verdict`] is what it comes to. Pure: times are arguments, files and sockets are elsewhere.

pub mod case;
pub mod diagnosis;
pub mod failures;
pub mod file;
pub mod influence;
pub mod ladder;
pub mod pseudonyms;
pub mod read;
pub mod record;
pub mod recorder;
pub mod redact;
pub mod replay;
pub mod trace;
pub mod verdict;
