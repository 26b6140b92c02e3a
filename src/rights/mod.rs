//! Who may do what: rights on other users and their lines, and services. Pure.
//!
//! Rights add up from the settings, from groups and from what users grant; nothing takes one away.

mod may;
mod right;
mod service;
mod table;

pub use self::may::{
    Decision, Denied, GroupPart, JournalAccess, Reason, ServiceDecision, Source, has_service, is_allowed_on_line,
    journal, may, may_on_line, rights_on, services, services_of,
};
pub use self::right::{Grant, GrantLevel, GrantShape, Level, LineRight, Place, Right, RightSet, Section, SpecialLevel};
pub use self::service::{ServiceRight, ServiceSet};
pub use self::table::{Audience, OnLine, RightsTable, Touched};

#[cfg(test)]
mod tests;
