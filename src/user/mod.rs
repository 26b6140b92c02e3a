//! People: their accounts and sessions, and the clients they are signed in with.

pub mod accounts;
pub mod authenticator;
pub mod clients;
mod ended;
pub mod guard;
pub mod passwords;
pub mod second_factor;
pub mod sessions;
pub mod sign_in;
pub mod stream;
pub mod totp;
