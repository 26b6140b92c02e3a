//! The WebSocket of a client: protocol messages in and out.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::extract::{ConnectInfo, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};
use tracing::debug;

use super::preview::preview;
use super::protocol::{
    ClientMessage, Hello, IceServer, PROTOCOL_VERSION, Reply, ReplyResult, Request, ServerMessage, User,
};
use super::request::{Wanted, wanted};
use super::routes::HttpFailure;
use super::routes::session::Still;
use super::routes::site::pairing::computer_of;
use super::{WebState, convert, protocol, routes, same_origin};
use crate::call::cause::CauseCode;
use crate::call::numbers::ClientPlace;
use crate::ids::{CallId, ClientId, UserId};
use crate::net::clients::{Attachment, Beginning, ClientEvent, Leaving, Picture};
use crate::rights::ServiceRight;
use crate::site::ObjectId;
use crate::user::accounts::AccountKind;
use crate::user::clients::RESUME_WITHIN;

/// Longest message: an SDP offer with many codecs and candidates has about 10 kB.
const MAX_MESSAGE: usize = 128 * 1024;
/// From the upgrade to `hello`.
const HELLO_WITHIN: Duration = Duration::from_secs(10);
/// A socket that has been silent for this long is asked for a sign of life …
const PING_AFTER: Duration = Duration::from_secs(10);
/// … and given up after this.
const SILENT_LIMIT: Duration = Duration::from_secs(25);
/// How often a client gets new credentials for TURN, well before the old ones expire.
const RENEW_ICE_SERVERS: Duration = Duration::from_secs(8 * 60 * 60);
/// How long one message may take to leave.
const SEND_LIMIT: Duration = Duration::from_secs(10);
/// Close code: sign in first.
const CLOSE_NOT_SIGNED_IN: u16 = 4401;
/// Close code: what came is not the protocol.
const CLOSE_PROTOCOL: u16 = 4400;
/// Close code: the user may not use the browser app.
const CLOSE_NOT_GIVEN: u16 = 4403;
/// Close code: too many clients of one user.
const CLOSE_TOO_MANY: u16 = 4429;
/// Close code of a page that closes its socket: the person has signed out (RFC 6455 7.4.1).
const CLOSE_NORMAL: u16 = 1000;
/// Close code of a browser whose page goes, be it closed or loaded anew.
const CLOSE_GOING_AWAY: u16 = 1001;
/// Requests of a client whose replies are put to calls; a client that asks for more at once has its oldest left out.
const MAX_ASKED: usize = 64;
/// The highest number of a request; those above are for requests that come over HTTP.
const MAX_REQUEST: u32 = i32::MAX as u32;

/// `GET /api/v1/socket`.
pub(super) async fn open(
    State(state): State<WebState>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !same_origin(&headers) {
        return HttpFailure::from(CauseCode::BadRequest).into_response();
    }
    let user = routes::session::signed_in(&state, AccountKind::User, &headers).await.ok();
    upgrade.max_message_size(MAX_MESSAGE).max_frame_size(MAX_MESSAGE).on_upgrade(async move |mut socket| match user {
        Some(user) => {
            let computer = computer_of(&state, &headers).await;
            let still = Still::new(state.clone(), headers, user);
            serve(socket, state, Whose { user, computer, place: ClientPlace::of(from) }, still).await;
        }
        None => close(&mut socket, CLOSE_NOT_SIGNED_IN, "Please sign in.").await,
    })
}

/// Who has a socket, and where.
struct Whose {
    user: UserId,
    computer: Option<ObjectId>,
    place: ClientPlace,
}

async fn serve(mut socket: WebSocket, state: WebState, whose: Whose, mut still: Still) {
    let Whose { user, computer, place } = whose;
    let Some((id, attachment)) = hello(&mut socket, &state, (user, place.clone())).await else { return };
    let seated = computer.and_then(|computer| state.take_seat(user, computer));
    let Attachment { attached, token, beginning, mut events } = attachment;
    let replayed = matches!(beginning, Beginning::Replay { .. });
    let (picture, ended, missed) = match beginning {
        Beginning::Picture(picture, ended) => (picture, ended, Vec::new()),
        Beginning::Replay { since, changes } => (Picture { seq: since, ..Picture::default() }, Vec::new(), changes),
    };
    let protocol::Picture { seq, lines, calls, monitored_lines } = convert::picture(&state, user, picture);
    let (client, number) = (attached.client, attached.socket);
    let account = state.users.account(user);
    let first = ServerMessage::Hello(Hello {
        version: PROTOCOL_VERSION,
        user: User {
            name: account.as_ref().map(|account| account.name.clone()).unwrap_or_default(),
            display_name: account.map(|account| account.display_name.clone()).unwrap_or_default(),
        },
        client: client.to_string(),
        resume: URL_SAFE_NO_PAD.encode(token),
        resumed: attached.resumed,
        replayed,
        seq,
        resume_within_ms: RESUME_WITHIN.as_millis() as u32,
        ice_servers: ice_servers(&state, user),
        lines,
        calls,
        monitored_lines,
        account: convert::account(state.personal(user)),
        ended: ended.into_iter().map(|view| convert::call(&state, view)).collect(),
    });
    debug!(user = user.0, %client, %id, resumed = attached.resumed, missed = missed.len(), "client attached");
    let missed = missed.into_iter().filter_map(|(seq, change)| convert::change(&state, user, seq, &change));
    let mut arrived = true;
    for message in std::iter::once(first).chain(missed) {
        arrived = arrived && send(&mut socket, &message).await;
    }
    let leaving = match arrived {
        true => run(&mut socket, &state, client, &mut events, &mut still, (user, &place)).await,
        false => Leaving::Broken,
    };
    debug!(user = user.0, %client, ?leaving, "client's socket closed");
    state.core.detach(client, number, leaving).await;
    if let Some(seated) = seated.filter(|_| leaving != Leaving::Left) {
        // Who comes back sits there still, and has their calls.
        tokio::spawn(async move {
            tokio::time::sleep(RESUME_WITHIN).await;
            drop(seated);
        });
    }
}

/// Waits for `hello` and attaches the client.
async fn hello(
    socket: &mut WebSocket,
    state: &WebState,
    (user, place): (UserId, ClientPlace),
) -> Option<(u32, Attachment)> {
    let message = match timeout(HELLO_WITHIN, socket.recv()).await {
        Ok(Some(Ok(Message::Text(text)))) => serde_json::from_str::<ClientMessage>(&text).ok(),
        _ => None,
    };
    let (id, resume, since) = match message {
        Some(ClientMessage { id, request: Request::Hello { version: PROTOCOL_VERSION, resume, since } }) => {
            (id, resume, since)
        }
        Some(ClientMessage { id, request: Request::Hello { .. } }) => {
            send(socket, &refusal(id, CauseCode::WrongVersion)).await;
            close(socket, CLOSE_PROTOCOL, CauseCode::WrongVersion.english()).await;
            return None;
        }
        _ => {
            close(socket, CLOSE_PROTOCOL, "The first message must be hello.").await;
            return None;
        }
    };
    let resume = resume.and_then(|token| URL_SAFE_NO_PAD.decode(token).ok()).and_then(|token| token.try_into().ok());
    if !state.services(user).contains(ServiceRight::WebApp) {
        send(socket, &refusal(id, CauseCode::WebAppNotGiven)).await;
        close(socket, CLOSE_NOT_GIVEN, CauseCode::WebAppNotGiven.english()).await;
        return None;
    }
    match state.core.attach(user, place, resume, since, state.max_clients(user)).await {
        Ok(attachment) => Some((id, attachment)),
        Err(cause) => {
            send(socket, &refusal(id, cause)).await;
            if cause == CauseCode::TooManyClients {
                close(socket, CLOSE_TOO_MANY, cause.english()).await;
            }
            None
        }
    }
}

/// The STUN and TURN servers for a user, with credentials that are valid from now.
fn ice_servers(state: &WebState, user: UserId) -> Vec<IceServer> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let name = state.users.account(user).map(|account| account.name.clone()).unwrap_or_default();
    state.ice.for_user(&name, now.as_secs())
}

/// Serves the socket until it ends.
async fn run(
    socket: &mut WebSocket,
    state: &WebState,
    client: ClientId,
    events: &mut mpsc::Receiver<ClientEvent>,
    still: &mut Still,
    (user, place): (UserId, &ClientPlace),
) -> Leaving {
    let mut heard = Instant::now();
    let mut renew = tokio::time::interval_at(Instant::now() + RENEW_ICE_SERVERS, RENEW_ICE_SERVERS);
    let mut pinged = false;
    let mut asked = Asked::default();
    loop {
        let wake = heard + if pinged { SILENT_LIMIT } else { PING_AFTER };
        tokio::select! {
            () = still.over() => {
                close(socket, CLOSE_NOT_SIGNED_IN, "Please sign in.").await;
                return Leaving::Left;
            }
            _ = renew.tick() => {
                let ice_servers = ice_servers(state, user);
                if !ice_servers.is_empty() && !send(socket, &ServerMessage::IceServers { ice_servers }).await {
                    return Leaving::Broken;
                }
            }
            event = events.recv() => {
                // The core drops the sender when this socket is replaced or too slow.
                let Some(event) = event else { return Leaving::Broken };
                let (call, message) = match event {
                    ClientEvent::Reply { request, outcome } => {
                        let result = convert::outcome(outcome);
                        (asked.about(request, &result), Some(ServerMessage::Reply(Reply { id: request, result })))
                    }
                    ClientEvent::Changed { seq, change } => (change.call(), convert::change(state, user, seq, &change)),
                };
                let Some(message) = message else { continue };
                let Some(text) = write(&message) else { return Leaving::Broken };
                if !send_text(socket, text.clone()).await {
                    return Leaving::Broken;
                }
                if let Some(call) = call {
                    state.core.told(client, call, text.into());
                }
            }
            received = timeout_at(wake, socket.recv()) => {
                let message = match received {
                    Err(_) if pinged => return Leaving::Broken,
                    Err(_) => {
                        pinged = true;
                        if socket.send(Message::Ping(Default::default())).await.is_err() {
                            return Leaving::Broken;
                        }
                        continue;
                    }
                    Ok(Some(Ok(message))) => message,
                    Ok(_) => return Leaving::Broken,
                };
                heard = Instant::now();
                pinged = false;
                match message {
                    Message::Text(text) => {
                        let outcome = match serde_json::from_str::<ClientMessage>(&text) {
                            Ok(ClientMessage { id, .. }) if id > MAX_REQUEST => refusal(id, CauseCode::BadRequest),
                            Ok(ClientMessage { id, request }) => {
                                let text = traced(id, &request).unwrap_or_else(|| text.into());
                                match wanted(request) {
                                    Ok(Wanted::Command(command) | Wanted::Audio(command)) => {
                                        asked.note(id, command.calls().next());
                                        state.core.command(client, id, command, text).await;
                                        continue;
                                    }
                                    Ok(Wanted::Prompt(to, prompt)) => {
                                        state.core.prompt(client, id, to, prompt).await;
                                        continue;
                                    }
                                    Ok(Wanted::Note(call)) => {
                                        state.core.noted(client, call, text).await;
                                        ServerMessage::Reply(Reply { id, result: ReplyResult::Ok })
                                    }
                                    Ok(Wanted::Preview(question)) => {
                                        let preview = preview(state, (user, place), &question);
                                        let result = preview.map(|preview| ReplyResult::Preview { preview });
                                        let result = result.unwrap_or_else(convert::refusal);
                                        ServerMessage::Reply(Reply { id, result })
                                    }
                                    Ok(Wanted::Answer) => ServerMessage::Reply(Reply { id, result: ReplyResult::Ok }),
                                    Err(cause) => refusal(id, cause),
                                }
                            }
                            Err(_) => {
                                // Whoever sent it waits for the number, if one can be read.
                                let id = serde_json::from_str::<Numbered>(&text).map_or(0, |numbered| numbered.id);
                                refusal(id, CauseCode::BadRequest)
                            }
                        };
                        if !send(socket, &outcome).await {
                            return Leaving::Broken;
                        }
                    }
                    Message::Close(frame) => {
                        return match frame.map(|frame| frame.code) {
                            Some(CLOSE_NORMAL) => Leaving::Left,
                            Some(CLOSE_GOING_AWAY) => Leaving::PageGone,
                            _ => Leaving::Broken,
                        };
                    }
                    Message::Binary(_) => {
                        close(socket, CLOSE_PROTOCOL, "Messages are JSON text.").await;
                        return Leaving::Broken;
                    }
                    Message::Ping(_) | Message::Pong(_) => {}
                }
            }
        }
    }
}

/// Requests that wait for their replies, by the call that they are about.
#[derive(Debug, Default)]
struct Asked(VecDeque<(u32, CallId)>);

impl Asked {
    fn note(&mut self, request: u32, call: Option<CallId>) {
        let Some(call) = call else { return };
        if self.0.len() == MAX_ASKED {
            self.0.pop_front();
        }
        self.0.push_back((request, call));
    }

    /// The call that a reply is about.
    fn about(&mut self, request: u32, result: &ReplyResult) -> Option<CallId> {
        let known = self.0.iter().position(|&(asked, _)| asked == request).and_then(|place| self.0.remove(place));
        match result {
            ReplyResult::Media { call, .. } => call.parse().ok(),
            _ => known.map(|(_, call)| call),
        }
    }
}

/// A request as it stands in traces, where that is not as it came: without what was entered.
fn traced(id: u32, request: &Request) -> Option<Bytes> {
    let request = request.without_entries()?;
    Some(serde_json::to_vec(&ClientMessage { id, request }).unwrap_or_default().into())
}

/// The number of a message whose rest cannot be read.
#[derive(serde::Deserialize)]
struct Numbered {
    id: u32,
}

fn refusal(id: u32, code: CauseCode) -> ServerMessage {
    ServerMessage::Reply(Reply { id, result: convert::refusal(code) })
}

async fn send(socket: &mut WebSocket, message: &ServerMessage) -> bool {
    match write(message) {
        Some(text) => send_text(socket, text).await,
        None => false,
    }
}

fn write(message: &ServerMessage) -> Option<Utf8Bytes> {
    serde_json::to_string(message).ok().map(Utf8Bytes::from)
}

async fn send_text(socket: &mut WebSocket, text: Utf8Bytes) -> bool {
    matches!(timeout(SEND_LIMIT, socket.send(Message::Text(text))).await, Ok(Ok(())))
}

async fn close(socket: &mut WebSocket, code: u16, reason: &'static str) {
    let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
    let _ = timeout(SEND_LIMIT, socket.send(Message::Close(Some(frame)))).await;
}
