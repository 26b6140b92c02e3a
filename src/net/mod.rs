//! Sockets, timers and threads: what drives the pure cores.

pub mod capture;
pub mod change;
pub mod clients;
pub mod core;
pub mod dns;
mod effects;
pub mod figures;
pub mod gateway;
pub mod groups;
pub mod local_time;
pub mod media;
pub mod past;
pub mod role;
mod strangers;
mod trace;
pub mod transport;
