//! Whole user agents against each other and against scripted peers, on fake time.

#![allow(missing_docs, reason = "tests")]

mod calls;
mod forks;
mod net;
mod offers;
mod registration;
mod requests;
mod rough;
