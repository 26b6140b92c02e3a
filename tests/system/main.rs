//! Whole-system tests: the server between a real PBX (Kamailio), real phones (baresip), scripted peers (sipp) and a
//! real browser (Chromium). A file for each part of a user's day, a test for each thing the user would notice.
//!
//! `scripts/install-test-tools` installs what the tests need; `make test` runs everything.

mod support;

mod acme;
mod admin;
mod api;
mod apply;
mod audio;
mod capture;
mod capture_audio;
mod case;
mod clients;
mod computers;
mod configuration;
mod console;
mod console_pages;
mod database;
mod demo;
mod diagnosis;
mod dialling;
mod digits;
mod dns;
mod failover;
mod images;
mod incoming;
mod interfaces;
mod killed;
mod lines;
mod located_calls;
mod log;
mod many;
mod metrics;
mod numbers;
mod openapi;
mod outgoing;
mod pictures;
mod profiles;
mod quality;
mod reach;
mod registrar;
mod registration;
mod reload;
mod restart;
mod rig;
mod rights;
mod routes;
mod rule_files;
mod samples;
mod scenarios;
mod secrets;
mod services;
mod setup;
mod shutdown;
mod sign_in;
mod site;
mod sounds;
mod speech;
mod srtp;
mod test_call;
mod tls;
mod trace;
mod trunks;
