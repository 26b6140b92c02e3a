//! The extensions of SIP that are understood here, in one table (RFC 3261 8.2.2.3, 19.2).

use crate::header::Name;
use crate::message::Message;
use crate::method::Method;

macro_rules! tags {
    ($first:literal $(, $tag:literal)*) => {
        /// Option tags that may be required of us.
        const TAGS: &[&str] = &[$first $(, $tag)*];
        /// Value of Supported where a session begins.
        pub(crate) const SUPPORTED: &str = concat!($first $(, ", ", $tag)*);
    };
}

// RFC 3262, RFC 4028, RFC 3891, RFC 4488.
tags!("100rel", "timer", "replaces", "norefersub");

/// Value of Supported in a re-INVITE: its answer is due at once, so nothing provisional has to be reliable.
pub(crate) const SUPPORTED_WITHIN: &str = "timer, replaces, norefersub";

/// Reliable provisional responses.
pub(crate) const RELIABLE: &str = "100rel";
/// Session timers.
pub(crate) const TIMER: &str = "timer";

/// What is required of us that we do not have: the value of Unsupported; empty where there is nothing.
pub(crate) fn unsupported(request: &Message) -> String {
    // What is asked of a registrar is for the registrar to judge.
    let registrars: &[&str] =
        if request.method() == Some(Method::Register) { &crate::registrar::EXTENSIONS } else { &[] };
    let known = TAGS.iter().chain(registrars);
    let missing =
        request.values(Name::Require).filter(|tag| !known.clone().any(|known| known.eq_ignore_ascii_case(tag)));
    missing.collect::<Vec<_>>().join(", ")
}

/// Whether the sender of a message understands an extension: it says so, or requires it.
pub(crate) fn understands(message: &Message, tag: &str) -> bool {
    message.has_token(Name::Supported, tag) || requires(message, tag)
}

/// Whether a message needs an extension to be understood.
pub(crate) fn requires(message: &Message, tag: &str) -> bool {
    message.has_token(Name::Require, tag)
}
