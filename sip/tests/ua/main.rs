//! Whole user agents against each other and against scripted peers, on fake time.

#![allow(missing_docs, unreachable_pub, reason = "nothing here is an interface")]

mod calls;
mod forks;
mod hostile;
mod net;
mod offers;
mod registration;
mod requests;
mod rough;
mod targets;
