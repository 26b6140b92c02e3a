//! How a WebRTC client makes its call: by Offhook's protocol, or by that of Janus' SIP plugin.

use std::error::Error;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tungstenite::client::IntoClientRequest;
use tungstenite::http::HeaderValue;
use tungstenite::{Message, WebSocket};

/// Anything that ends a call before it began.
pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// How long a server may take for one answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Whose protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Protocol {
    /// `docs/client-protocol.md`.
    Offhook,
    /// Janus' WebSocket transport and SIP plugin.
    Janus,
}

/// One client with its call.
pub(crate) struct Client {
    socket: WebSocket<TcpStream>,
    /// What to say at the end.
    hang_up: Vec<Value>,
}

impl Client {
    /// Makes client `number`'s call with this offer; gives the answer.
    pub(crate) fn call(
        protocol: Protocol,
        server: SocketAddr,
        number: u32,
        offer: &str,
    ) -> Result<(Client, String), Failure> {
        match protocol {
            Protocol::Offhook => Self::call_by_offhook(server, number, offer),
            Protocol::Janus => Self::call_by_janus(server, number, offer),
        }
    }

    fn call_by_offhook(server: SocketAddr, number: u32, offer: &str) -> Result<(Client, String), Failure> {
        let line = 100_001 + number;
        let cookie = sign_in(server, &json!({ "name": format!("u{line}"), "password": "bench" }))?;
        let mut request = format!("ws://{server}/api/v1/socket").into_client_request()?;
        request.headers_mut().insert("cookie", HeaderValue::from_str(&cookie)?);
        let mut client = Self::open(server, request)?;
        client.send(&json!({ "id": 1, "type": "hello", "version": 1, "resume": null }))?;
        let hello = client.wait(|message| message["type"] == "hello")?;
        let line = &hello["lines"][0]["id"];
        client.send(&json!({
            "id": 2, "type": "make_call", "line": line, "number": format!("9{number:05}"), "sdp": offer,
        }))?;
        let reply = client.wait(|message| message["type"] == "reply" && message["id"] == 2)?;
        let answer = reply["result"]["sdp"].as_str().ok_or_else(|| reply.to_string())?.to_owned();
        let over = json!({ "id": 3, "type": "clear_connection", "call": reply["result"]["call"] });
        client.hang_up.push(over);
        client.wait(|message| message["type"] == "call" && message["call"]["remote_state"] == "connected")?;
        Ok((client, answer))
    }

    fn call_by_janus(server: SocketAddr, number: u32, offer: &str) -> Result<(Client, String), Failure> {
        let mut request = format!("ws://{server}/").into_client_request()?;
        request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("janus-protocol"));
        let mut client = Self::open(server, request)?;
        let created = client.ask(json!({ "janus": "create" }))?;
        let session = &created["data"]["id"];
        let plugin = "janus.plugin.sip";
        let attached = client.ask(json!({ "janus": "attach", "session_id": session, "plugin": plugin }))?;
        let handle = &attached["data"]["id"];
        let message =
            |body: Value| json!({ "janus": "message", "session_id": session, "handle_id": handle, "body": body });
        let name = format!("sip:a{number:05}@127.0.0.1");
        client.ask(message(json!({ "request": "register", "type": "guest", "username": name })))?;
        client.event("registered")?;
        let callee = format!("sip:9{number:05}@127.0.0.3:5080");
        let mut call = message(json!({ "request": "call", "uri": callee, "autoaccept_reinvites": true }));
        call["jsep"] = json!({ "type": "offer", "sdp": offer });
        client.ask(call)?;
        let accepted = client.event("accepted")?;
        let answer = accepted["jsep"]["sdp"].as_str().ok_or_else(|| accepted.to_string())?.to_owned();
        let mut over = message(json!({ "request": "hangup" }));
        over["transaction"] = "over".into();
        client.hang_up.push(over);
        client.hang_up.push(json!({ "janus": "destroy", "session_id": session, "transaction": "end" }));
        Ok((client, answer))
    }

    fn open(server: SocketAddr, request: tungstenite::handshake::client::Request) -> Result<Client, Failure> {
        let stream = TcpStream::connect(server)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let (socket, _) = tungstenite::client(request, stream).map_err(|error| error.to_string())?;
        Ok(Client { socket, hang_up: Vec::new() })
    }

    fn send(&mut self, message: &Value) -> Result<(), Failure> {
        Ok(self.socket.send(Message::text(message.to_string()))?)
    }

    /// Sends a request of Janus and waits until it was taken.
    fn ask(&mut self, mut message: Value) -> Result<Value, Failure> {
        message["transaction"] = "ask".into();
        self.send(&message)?;
        let answer = self.wait(|answer| {
            answer["transaction"] == "ask" && ["success", "ack", "error"].iter().any(|kind| answer["janus"] == *kind)
        })?;
        if answer["janus"] == "error" { Err(answer.to_string().into()) } else { Ok(answer) }
    }

    /// Waits for an event of Janus' SIP plugin.
    fn event(&mut self, name: &str) -> Result<Value, Failure> {
        let event = self.wait(|message| {
            let data = &message["plugindata"]["data"];
            let found = &data["result"]["event"];
            *found == name || *found == "hangup" || *found == "registration_failed" || !data["error"].is_null()
        })?;
        if event["plugindata"]["data"]["result"]["event"] == name { Ok(event) } else { Err(event.to_string().into()) }
    }

    /// Waits for a message.
    fn wait(&mut self, is_it: impl Fn(&Value) -> bool) -> Result<Value, Failure> {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Message::Text(text) = self.socket.read()? {
                let message: Value = serde_json::from_str(&text)?;
                if is_it(&message) {
                    return Ok(message);
                }
                let refused = &message["result"]["cause"];
                if !refused.is_null() {
                    return Err(refused.to_string().into());
                }
            }
        }
        Err("the server does not answer".into())
    }

    /// Keeps the connection alive until `ended`, then hangs up.
    pub(crate) fn stay(mut self, ended: impl Fn() -> bool) -> Result<(), Failure> {
        self.socket.get_ref().set_read_timeout(Some(Duration::from_millis(200)))?;
        while !ended() {
            match self.socket.read() {
                Ok(_) => {}
                Err(tungstenite::Error::Io(error))
                    if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {}
                Err(error) => return Err(error.into()),
            }
        }
        for message in std::mem::take(&mut self.hang_up) {
            self.send(&message)?;
        }
        self.socket.close(None)?;
        Ok(())
    }
}

/// Signs in; gives the session's cookie.
fn sign_in(server: SocketAddr, account: &Value) -> Result<String, Failure> {
    let body = account.to_string();
    let mut stream = TcpStream::connect(server)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "POST /api/v1/session HTTP/1.1\r\nHost: {server}\r\nContent-Type: application/json\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let header = answer.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("set-cookie").then_some(value)
    });
    let cookie = header.and_then(|value| value.split(';').next()).ok_or_else(|| answer.clone())?;
    Ok(cookie.trim().to_owned())
}
