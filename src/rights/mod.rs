//! Who may do what: rights on other users and their lines, and services. Pure.
//!
//! Rights add up from the settings, from groups and from what users grant; nothing takes one away.

mod right;
mod service;

pub use right::{Grant, GrantLevel, GrantShape, Level, LineRight, Place, Right, RightSet, Section, SpecialLevel};
pub use service::ServiceRight;
