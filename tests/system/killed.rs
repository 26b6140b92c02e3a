//! A server that is killed in the middle of changes has every change that it acknowledged when it is back.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;

use serde_json::{Value, json};

use crate::support::http;
use crate::support::offhook::{ADMINISTRATOR, Offhook, Pbx, Settings};
use crate::support::postgres;
use crate::support::site::Site;
use crate::support::socket::sign_in;
use crate::support::{SOON, eventually};

/// How often the server is killed: `OFFHOOK_KILLS`, or 25 times.
fn times() -> usize {
    let times = std::env::var("OFFHOOK_KILLS").unwrap_or_default();
    if times.is_empty() { 25 } else { times.parse().expect("OFFHOOK_KILLS is a number") }
}

/// Creates a user; whether that was acknowledged before the connection broke.
fn create(server: SocketAddr, cookie: &str, login: &str) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&server, SOON)?;
        stream.set_read_timeout(Some(SOON))?;
        let body = json!({ "login": login, "display_name": login }).to_string();
        let length = body.len();
        write!(
            stream,
            "POST /api/v1/admin/users HTTP/1.1\r\nhost: {server}\r\nconnection: close\r\ncookie: {cookie}\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 201 "))
}

/// Kills a server again and again while users are created.
fn kill(name: &str, more: String) {
    let site = Site::new(name);
    let pbxes = vec![Pbx::fixed(&site, "pbx", 7)];
    let mut server = Offhook::start(&site, &Settings { pbxes, users: Vec::new(), more, ..Settings::default() });
    let cookie = sign_in(&server, "/api/v1/admin/session", ADMINISTRATOR);
    let acknowledged = Mutex::new(BTreeSet::new());
    let count = || acknowledged.lock().expect("nobody panics with it").len();
    let times = times();
    for round in 0..times {
        let (address, before) = (server.http(), count());
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for number in 0.. {
                    let login = format!("k{round:02}-{number}");
                    if !create(address, &cookie, &login) {
                        break;
                    }
                    acknowledged.lock().expect("nobody panics with it").insert(login);
                }
            });
            eventually("some are created", SOON, || match count() - before {
                some if some > round % 4 => Ok(()),
                few => Err(few.to_string()),
            });
            server.kill();
        });
        server.start_again();
        let headers = [("cookie", cookie.as_str())];
        let mut there = BTreeSet::new();
        let mut cursor = String::new();
        loop {
            let route = format!("/api/v1/admin/users?limit=500{cursor}");
            let page = http::ask(server.http(), "GET", &route, &headers, "").json();
            let logins = page["items"].as_array().expect("it is a page").iter();
            there.extend(logins.filter_map(|item| Some(item["object"]["login"].as_str()?.to_owned())));
            match &page["next"] {
                Value::String(next) => cursor = format!("&cursor={next}"),
                _ => break,
            }
        }
        let acknowledged = acknowledged.lock().expect("nobody panics with it");
        let lost: Vec<_> = acknowledged.difference(&there).collect();
        assert!(lost.is_empty(), "after kill {round}: {lost:?}");
        // At most the one that was on its way is there without having been acknowledged, each time.
        assert!(there.len() <= acknowledged.len() + round + 1, "{there:?}");
    }
    assert!(count() >= times, "{}", count());
    println!("killed {times} times, {} users acknowledged, none lost", count());
}

#[test]
fn what_was_acknowledged_is_there_after_kill_9() {
    kill("killed", String::new());
}

#[test]
fn what_was_acknowledged_is_there_after_kill_9_with_postgresql() {
    let postgresql = postgres::server();
    postgresql.create("killed");
    let url = postgresql.url("postgres", "killed");
    kill("killed-postgresql", format!("[database]\nurl = \"{url}\"\n"));
}
