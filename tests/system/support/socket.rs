//! A program's WebSocket and event stream, message by message, for what no page would do.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};
use tungstenite::client::IntoClientRequest;
use tungstenite::http::HeaderValue;
use tungstenite::{Message, WebSocket};

use super::SOON;
use super::http;
use super::offhook::{Offhook, PASSWORD};

/// Signs in; gives the cookie.
#[track_caller]
pub(crate) fn sign_in(server: &Offhook, route: &str, name: &str) -> String {
    let body = json!({ "name": name, "password": PASSWORD }).to_string();
    let answer = http::ask(server.http(), "POST", route, &[("content-type", "application/json")], &body);
    answer.cookie.unwrap_or_else(|| panic!("{name} is not signed in: {}", answer.text))
}

/// A client without a browser. It has no audio.
pub(crate) struct Socket {
    socket: WebSocket<TcpStream>,
    /// What `hello` said.
    pub(crate) hello: Value,
    last_id: u32,
}

impl Socket {
    /// A new client.
    #[track_caller]
    pub(crate) fn open(server: &Offhook, cookie: &str) -> Socket {
        Self::resume(server, cookie, &json!({ "resume": null }))
    }

    /// A client that says in `hello` where it was.
    #[track_caller]
    pub(crate) fn resume(server: &Offhook, cookie: &str, hello: &Value) -> Socket {
        let address = server.http();
        let stream = TcpStream::connect_timeout(&address, SOON).expect("the server listens");
        stream.set_read_timeout(Some(SOON)).expect("a timeout can be set");
        let mut request = format!("ws://{address}/api/v1/socket").into_client_request().expect("it is a request");
        request.headers_mut().insert("cookie", HeaderValue::from_str(cookie).expect("the cookie is text"));
        let (socket, _) = tungstenite::client(request, stream).expect("the server takes the socket");
        let mut socket = Socket { socket, hello: Value::Null, last_id: 1 };
        let mut message = json!({ "id": 1, "type": "hello", "version": 1 });
        for (key, value) in hello.as_object().into_iter().flatten() {
            message[key] = value.clone();
        }
        socket.send(&message);
        socket.hello = socket.wait("hello");
        socket
    }

    fn send(&mut self, message: &Value) {
        self.socket.send(Message::text(message.to_string())).expect("the socket takes a message");
    }

    /// The next message.
    #[track_caller]
    pub(crate) fn next(&mut self) -> Value {
        loop {
            match self.socket.read() {
                Ok(Message::Text(text)) => return serde_json::from_str(&text).expect("messages are JSON"),
                Ok(Message::Close(frame)) => panic!("the server closes the socket: {frame:?}"),
                Ok(_) => {}
                Err(error) => panic!("no message comes: {error}"),
            }
        }
    }

    /// The next message of a type.
    #[track_caller]
    pub(crate) fn wait(&mut self, kind: &str) -> Value {
        loop {
            let message = self.next();
            if message["type"] == kind {
                return message;
            }
        }
    }

    /// Waits until the server closes the socket, for no longer than that; gives the code.
    #[track_caller]
    pub(crate) fn closed_within(&mut self, within: Duration) -> u16 {
        self.socket.get_ref().set_read_timeout(Some(within)).expect("a timeout can be set");
        loop {
            match self.socket.read() {
                Ok(Message::Close(frame)) => return frame.expect("it says why").code.into(),
                Ok(_) => {}
                Err(error) => panic!("it is not closed: {error}"),
            }
        }
    }

    /// Sends a request and waits for its result.
    #[track_caller]
    pub(crate) fn ask(&mut self, mut request: Value) -> Value {
        self.last_id += 1;
        request["id"] = self.last_id.into();
        self.send(&request);
        self.wait("reply")["result"].take()
    }

    /// The network breaks: nobody says goodbye.
    pub(crate) fn break_off(self) {
        drop(self);
    }
}

/// A stream of server-sent events.
pub(crate) struct Events {
    lines: BufReader<TcpStream>,
}

impl Events {
    /// Follows a user's events; `query` and `headers` may say since when.
    #[track_caller]
    pub(crate) fn follow(server: SocketAddr, cookie: &str, query: &str, headers: &str) -> Events {
        let mut stream = TcpStream::connect_timeout(&server, SOON).expect("the server listens");
        stream.set_read_timeout(Some(SOON)).expect("a timeout can be set");
        let request = format!(
            "GET /api/v1/events{query} HTTP/1.1\r\nhost: {server}\r\ncookie: {cookie}\r\n{headers}accept: text/event-stream\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).expect("the request can be sent");
        let mut events = Events { lines: BufReader::new(stream) };
        let status = events.line();
        assert!(status.starts_with("HTTP/1.1 200"), "{status}");
        events
    }

    #[track_caller]
    fn line(&mut self) -> String {
        let mut line = String::new();
        let read = self.lines.read_line(&mut line).expect("events come");
        assert!(read > 0, "the stream has ended");
        line.trim_end().to_owned()
    }

    /// The next event: its number and the message.
    #[track_caller]
    pub(crate) fn next(&mut self) -> (u64, Value) {
        let mut id = None;
        loop {
            let line = self.line();
            if let Some(text) = line.strip_prefix("id: ") {
                id = text.parse().ok();
            }
            if let Some(text) = line.strip_prefix("data: ") {
                let message = serde_json::from_str(text).expect("the data is JSON");
                return (id.take().unwrap_or_else(|| panic!("{line} has no number")), message);
            }
        }
    }

    /// The next call that stands so.
    #[track_caller]
    pub(crate) fn call(&mut self, state: &str) -> (u64, Value) {
        loop {
            let (seq, mut message) = self.next();
            if message["type"] == "call" && message["call"]["state"] == state {
                return (seq, message["call"].take());
            }
        }
    }
}
