//! Plain HTTP requests, for what no page would send.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use super::SOON;

/// An answer.
pub(crate) struct Answer {
    /// Its status.
    pub(crate) status: u16,
    /// The cookie that it sets, as it is sent back.
    pub(crate) cookie: Option<String>,
    /// All of it.
    pub(crate) text: String,
}

/// Sends a request and reads the whole answer.
#[track_caller]
pub(crate) fn ask(server: SocketAddr, method: &str, route: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut stream = TcpStream::connect_timeout(&server, SOON).expect("the server listens");
    stream.set_read_timeout(Some(SOON)).expect("a timeout can be set");
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    let request = format!(
        "{method} {route} HTTP/1.1\r\nhost: {server}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    );
    stream.write_all(request.as_bytes()).expect("the request can be sent");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("the answer is text");
    let status = text.split_whitespace().nth(1).and_then(|status| status.parse().ok()).expect("it has a status");
    let set = text.lines().find(|line| line.to_ascii_lowercase().starts_with("set-cookie:"));
    let cookie = set.and_then(|line| Some(line.split_once(':')?.1.split(';').next()?.trim().to_owned()));
    Answer { status, cookie, text }
}
