//! Sockets, timers and threads: what drives the pure cores.

pub mod core;
pub mod dns;
mod effects;
pub mod links;
pub mod media;
pub mod role;
pub mod transport;
