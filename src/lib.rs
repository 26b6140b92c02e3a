//! Offhook: telephony for browsers, beside the PBX a company already has.
//!
//! `docs/architecture.md` tells how the parts fit together.

pub mod administration;
pub mod app;
pub mod call;
pub mod capture;
pub mod cli;
pub mod config;
pub mod demo;
pub mod ids;
pub mod key_file;
pub mod line;
pub mod lint;
pub mod log;
pub mod net;
pub mod numbers;
pub mod picture;
pub mod quality;
pub mod rights;
pub mod shelf;
pub mod site;
pub mod store;
pub mod user;
pub mod web;
