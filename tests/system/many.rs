//! A thousand lines at one PBX.

use std::collections::HashSet;
use std::time::Duration;

use crate::support::eventually;
use crate::support::kamailio::{self, Kamailio};
use crate::support::offhook::{Offhook, Pbx, Settings};
use crate::support::site::Site;

const LINES: usize = 1000;
const RANGE: &str = "1000-1999";
const DEADLINE: Duration = Duration::from_secs(60);

#[test]
fn a_thousand_lines_register_and_register_again_when_the_pbx_is_back() {
    let site = Site::new("many");
    let users = vec![(RANGE.to_owned(), "sesame".to_owned())];
    let mut pbx = Kamailio::start(&site, &kamailio::Settings { users, max_expires: 20, ..Default::default() });
    let connection = Pbx {
        // Nothing is sent twice, so that REGISTERs can be counted.
        transport: "tcp",
        lines: vec![RANGE],
        password: Some("sesame"),
        more: "register_delay = 2\nretry_interval = 5\n".into(),
        ..Default::default()
    };
    let settings =
        Settings { pbxes: vec![connection], users: vec![("alice", vec!["1000"])], log: "info", ..Default::default() };
    let server = Offhook::start(&site, &settings);
    all_are_bound(&pbx);
    let log = pbx.log();
    assert_eq!(first_requests(&log), (LINES, LINES), "one question and one answer for each line");
    assert!(!log.contains("challenged again"));

    pbx.go_away();
    eventually("lines have noticed", DEADLINE, || {
        if server.lines().iter().any(|line| line["state"] == "failed") { Ok(()) } else { Err("none has".into()) }
    });
    pbx.come_back();
    all_are_bound(&pbx);
    eventually("every line is registered", DEADLINE, || {
        let registered = server.lines().iter().filter(|line| line["state"] == "registered").count();
        if registered == LINES { Ok(()) } else { Err(format!("{registered} are")) }
    });
}

#[track_caller]
fn all_are_bound(pbx: &Kamailio) {
    eventually("the PBX has every line", DEADLINE, || {
        let log = pbx.log();
        let bound: HashSet<&str> =
            log.lines().filter_map(|line| line.split_once(" bound ")?.1.split(' ').next()).collect();
        if bound.len() == LINES { Ok(()) } else { Err(format!("it has {}", bound.len())) }
    });
}

/// How many REGISTERs were the first of their line, and how many the second.
fn first_requests(log: &str) -> (usize, usize) {
    let count = |cseq: u32| log.matches(&format!("request REGISTER sip:pbx.test cseq {cseq} ")).count();
    (count(1), count(2))
}
