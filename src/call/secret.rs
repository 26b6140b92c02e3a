//! What is dialled where it may not be told.

use std::fmt;

/// A number as it is dialled, where it has in it what somebody entered for a code; none in all others. Neither written nor
/// shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(Option<Box<str>>);

impl Secret {
    /// What is dialled, and what may be told of it.
    pub fn of(dialled: &str, told: &str) -> Secret {
        Secret((dialled != told).then(|| dialled.into()))
    }

    /// It, for who hides it; it is not here any more then.
    pub fn take(&mut self) -> Option<Box<str>> {
        self.0.take()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}
