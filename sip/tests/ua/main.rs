//! Whole user agents against each other and against scripted peers, on fake time.

#![allow(missing_docs, unreachable_pub, reason = "nothing here is an interface")]

mod bodies;
mod calls;
mod early;
mod forks;
mod hostile;
mod net;
mod offers;
mod refer;
mod registration;
mod reliable;
mod replaces;
mod requests;
mod rough;
mod schedules;
mod targets;
mod timers;
