//! Plain HTTP requests, for what no page would send.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};

use serde_json::Value;
use socket2::{Domain, Socket, Type};

use super::SOON;

/// An answer.
pub(crate) struct Answer {
    /// Its status.
    pub(crate) status: u16,
    /// The cookie that it sets, as it is sent back.
    pub(crate) cookie: Option<String>,
    /// All of it; what is no text is left out.
    pub(crate) text: String,
    octets: Vec<u8>,
}

impl Answer {
    /// Its body, whatever that is.
    pub(crate) fn body(&self) -> Vec<u8> {
        let head = self.octets.windows(4).position(|part| part == b"\r\n\r\n").map_or(self.octets.len(), |at| at + 4);
        let mut rest = &self.octets[head..];
        if self.header("transfer-encoding") != "chunked" {
            return rest.to_vec();
        }
        let mut body = Vec::new();
        while let Some(end) = rest.windows(2).position(|part| part == b"\r\n") {
            let size = std::str::from_utf8(&rest[..end]).ok().and_then(|size| usize::from_str_radix(size, 16).ok());
            let size = size.expect("a chunk has a size");
            body.extend_from_slice(&rest[end + 2..end + 2 + size]);
            rest = &rest[(end + size + 4).min(rest.len())..];
        }
        body
    }

    /// Its body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        let text = self.text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// A header, its name in small letters; empty where it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        let head = self.text.split("\r\n\r\n").next().unwrap_or_default();
        let mut headers = head.lines().filter_map(|line| line.split_once(": "));
        headers.find(|(found, _)| found.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
    }
}

/// Sends a request and reads the whole answer.
#[track_caller]
pub(crate) fn ask(
    server: SocketAddr,
    method: &str,
    route: &str,
    headers: &[(&str, &str)],
    body: impl AsRef<[u8]>,
) -> Answer {
    let stream = TcpStream::connect_timeout(&server, SOON).expect("the server listens");
    ask_on(stream, method, route, headers, body)
}

/// The same from one of this machine's addresses.
#[track_caller]
pub(crate) fn ask_from(
    from: Ipv4Addr,
    server: SocketAddr,
    method: &str,
    route: &str,
    headers: &[(&str, &str)],
    body: impl AsRef<[u8]>,
) -> Answer {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("there is a socket");
    socket.bind(&SocketAddr::from((from, 0)).into()).expect("the address is this machine's");
    socket.connect_timeout(&server.into(), SOON).expect("the server listens");
    ask_on(socket.into(), method, route, headers, body)
}

#[track_caller]
fn ask_on(stream: TcpStream, method: &str, route: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Answer {
    let server = stream.peer_addr().expect("it is connected");
    stream.set_read_timeout(Some(SOON)).expect("a timeout can be set");
    ask_over(stream, &server.to_string(), method, route, headers, body)
}

/// The same over a connection that there is.
#[track_caller]
pub(crate) fn ask_over(
    mut stream: impl Read + Write,
    server: &str,
    method: &str,
    route: &str,
    headers: &[(&str, &str)],
    body: impl AsRef<[u8]>,
) -> Answer {
    let body = body.as_ref();
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    let request = format!(
        "{method} {route} HTTP/1.1\r\nhost: {server}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
    );
    let request = [request.as_bytes(), body].concat();
    stream.write_all(&request).expect("the request can be sent");
    let mut octets = Vec::new();
    stream.read_to_end(&mut octets).expect("the answer comes");
    let text = String::from_utf8_lossy(&octets).into_owned();
    let status = text.split_whitespace().nth(1).and_then(|status| status.parse().ok()).expect("it has a status");
    let set = text.lines().find(|line| line.to_ascii_lowercase().starts_with("set-cookie:"));
    let cookie = set.and_then(|line| Some(line.split_once(':')?.1.split(';').next()?.trim().to_owned()));
    Answer { status, cookie, text, octets }
}
