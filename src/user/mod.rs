//! People: their accounts and sessions, and the clients they are signed in with.

pub mod accounts;
pub mod clients;
pub mod stream;
