//! Sockets, timers and threads: what drives the pure cores.

pub mod core;
mod effects;
pub mod groups;
pub mod media;
pub mod role;
mod strangers;
pub mod transport;
