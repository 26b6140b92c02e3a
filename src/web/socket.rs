//! The WebSocket of a client: protocol messages in and out.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};
use tracing::debug;

use super::protocol::{
    ClientMessage, DeclineReason, Hello, IceServer, PROTOCOL_VERSION, Reply, ReplyResult, Request, ServerMessage, User,
};
use super::routes::HttpFailure;
use super::{WebState, convert, routes, same_origin};
use crate::call::cause::CauseCode;
use crate::call::effect::Command;
use crate::ids::UserId;
use crate::net::core::{Attachment, ClientEvent};
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
/// How often a socket asks whether its session goes on.
const CHECK_SESSION_EVERY: Duration = Duration::from_secs(15);
/// How often a client gets new credentials for TURN, well before the old ones expire.
const RENEW_ICE_SERVERS: Duration = Duration::from_secs(8 * 60 * 60);
/// How long one message may take to leave.
const SEND_LIMIT: Duration = Duration::from_secs(10);
/// Close code: sign in first.
const CLOSE_NOT_SIGNED_IN: u16 = 4401;
/// Close code: what came is not the protocol.
const CLOSE_PROTOCOL: u16 = 4400;
/// Close codes of a browser that leaves on purpose: socket closed by the page, page left (RFC 6455 7.4.1).
const LEFT: [u16; 2] = [1000, 1001];

/// `GET /api/v1/socket`.
pub(super) async fn open(State(state): State<WebState>, headers: HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    if !same_origin(&headers) {
        return HttpFailure::from(CauseCode::BadRequest).into_response();
    }
    let user = routes::session::signed_in(&state, AccountKind::User, &headers).await.ok();
    let still = Still { state: state.clone(), headers };
    upgrade.max_message_size(MAX_MESSAGE).max_frame_size(MAX_MESSAGE).on_upgrade(async move |mut socket| match user {
        Some(user) => serve(socket, state, user, still).await,
        None => close(&mut socket, CLOSE_NOT_SIGNED_IN, "Please sign in.").await,
    })
}

async fn serve(mut socket: WebSocket, state: WebState, user: UserId, still: Still) {
    let Some((id, attachment)) = hello(&mut socket, &state, user).await else { return };
    let Attachment { attached, token, lines, calls, mut events } = attachment;
    let (client, number) = (attached.client, attached.socket);
    let account = state.users.account(user);
    let first = ServerMessage::Hello(Hello {
        version: PROTOCOL_VERSION,
        user: User {
            name: account.map(|account| account.name.clone()).unwrap_or_default(),
            display_name: account.map(|account| account.display_name.clone()).unwrap_or_default(),
        },
        resume: URL_SAFE_NO_PAD.encode(token),
        resumed: attached.resumed,
        resume_within_ms: RESUME_WITHIN.as_millis() as u32,
        ice_servers: ice_servers(&state, user),
        lines: lines
            .into_iter()
            .filter_map(|(line, status, settings)| convert::line(&state.labels, line, status, settings))
            .collect(),
        calls: calls.into_iter().map(|view| convert::call(&state, view)).collect(),
    });
    debug!(%client, %id, resumed = attached.resumed, "client attached");
    let left = if send(&mut socket, &first).await {
        run(&mut socket, &state, client, &mut events, &still, user).await
    } else {
        false
    };
    debug!(%client, left, "client's socket closed");
    state.core.detach(client, number, left).await;
}

/// Waits for `hello` and attaches the client.
async fn hello(socket: &mut WebSocket, state: &WebState, user: UserId) -> Option<(u32, Attachment)> {
    let message = match timeout(HELLO_WITHIN, socket.recv()).await {
        Ok(Some(Ok(Message::Text(text)))) => serde_json::from_str::<ClientMessage>(&text).ok(),
        _ => None,
    };
    let (id, resume) = match message {
        Some(ClientMessage { id, request: Request::Hello { version: PROTOCOL_VERSION, resume } }) => (id, resume),
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
    let attachment = state.core.attach(user, resume).await?;
    Some((id, attachment))
}

/// The STUN and TURN servers for a user, with credentials that are valid from now.
fn ice_servers(state: &WebState, user: UserId) -> Vec<IceServer> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let name = state.users.account(user).map_or("", |account| account.name.as_str());
    state.ice.for_user(name, now.as_secs())
}

/// Serves the socket until it ends; true where the browser left on purpose.
async fn run(
    socket: &mut WebSocket,
    state: &WebState,
    client: crate::ids::ClientId,
    events: &mut mpsc::Receiver<ClientEvent>,
    still: &Still,
    user: UserId,
) -> bool {
    let mut heard = Instant::now();
    let mut check = tokio::time::interval_at(Instant::now() + CHECK_SESSION_EVERY, CHECK_SESSION_EVERY);
    let mut renew = tokio::time::interval_at(Instant::now() + RENEW_ICE_SERVERS, RENEW_ICE_SERVERS);
    let mut pinged = false;
    loop {
        let wake = heard + if pinged { SILENT_LIMIT } else { PING_AFTER };
        tokio::select! {
            _ = check.tick() => {
                if !still.signed_in(user).await {
                    close(socket, CLOSE_NOT_SIGNED_IN, "Please sign in.").await;
                    return true;
                }
            }
            _ = renew.tick() => {
                let ice_servers = ice_servers(state, user);
                if !ice_servers.is_empty() && !send(socket, &ServerMessage::IceServers { ice_servers }).await {
                    return false;
                }
            }
            event = events.recv() => {
                // The core drops the sender when this socket is replaced or too slow.
                let Some(event) = event else { return false };
                let message = match event {
                    ClientEvent::Reply { request, result } => {
                        ServerMessage::Reply(Reply { id: request, result: convert::result(result) })
                    }
                    ClientEvent::Call(view) => ServerMessage::Call { call: convert::call(state, *view) },
                    ClientEvent::Line(line, status, settings) => match convert::line(&state.labels, line, status, settings) {
                        Some(line) => ServerMessage::Line { line },
                        None => continue,
                    },
                    ClientEvent::Digit { call, digit } => {
                        ServerMessage::Digit { call: call.to_string(), digit: digit.to_string() }
                    }
                };
                if !send(socket, &message).await {
                    return false;
                }
            }
            received = timeout_at(wake, socket.recv()) => {
                let message = match received {
                    Err(_) if pinged => return false,
                    Err(_) => {
                        pinged = true;
                        if socket.send(Message::Ping(Default::default())).await.is_err() {
                            return false;
                        }
                        continue;
                    }
                    Ok(Some(Ok(message))) => message,
                    Ok(_) => return false,
                };
                heard = Instant::now();
                pinged = false;
                match message {
                    Message::Text(text) => {
                        let outcome = match serde_json::from_str::<ClientMessage>(&text) {
                            Ok(ClientMessage { id, request }) => match command(request) {
                                Ok(Some(command)) => {
                                    state.core.command(client, id, command).await;
                                    continue;
                                }
                                Ok(None) => ServerMessage::Reply(Reply { id, result: ReplyResult::Ok }),
                                Err(cause) => refusal(id, cause),
                            },
                            Err(_) => {
                                // Whoever sent it waits for the number, if one can be read.
                                let id = serde_json::from_str::<Numbered>(&text).map_or(0, |numbered| numbered.id);
                                refusal(id, CauseCode::BadRequest)
                            }
                        };
                        if !send(socket, &outcome).await {
                            return false;
                        }
                    }
                    Message::Close(frame) => return frame.is_some_and(|frame| LEFT.contains(&frame.code)),
                    Message::Binary(_) => {
                        close(socket, CLOSE_PROTOCOL, "Messages are JSON text.").await;
                        return false;
                    }
                    Message::Ping(_) | Message::Pong(_) => {}
                }
            }
        }
    }
}

/// Asks whether the session that a socket was opened with goes on: the person may have signed out in another tab.
struct Still {
    state: WebState,
    headers: HeaderMap,
}

impl Still {
    async fn signed_in(&self, user: UserId) -> bool {
        // A database that cannot be asked says nothing about the session.
        match routes::session::signed_in(&self.state, AccountKind::User, &self.headers).await {
            Ok(found) => found == user,
            Err(failure) => failure.cause() != CauseCode::NotSignedIn,
        }
    }
}

/// The number of a message whose rest cannot be read.
#[derive(serde::Deserialize)]
struct Numbered {
    id: u32,
}

/// The command behind a request; none where there is nothing to do.
fn command(request: Request) -> Result<Option<Command>, CauseCode> {
    let call = |id: String| id.parse().map_err(|_| CauseCode::UnknownCall);
    let line = |id: String| id.parse().map_err(|_| CauseCode::UnknownLine);
    Ok(Some(match request {
        Request::Hello { .. } => return Err(CauseCode::BadRequest),
        Request::Ping => return Ok(None),
        Request::MakeCall { line: id, number, sdp } => Command::MakeCall { line: line(id)?, number, sdp },
        Request::AnswerCall { call: id, sdp } => Command::AnswerCall { call: call(id)?, sdp },
        Request::DeclineCall { call: id, reason } => Command::Decline {
            call: call(id)?,
            cause: match reason {
                DeclineReason::Busy => CauseCode::Busy,
                DeclineReason::Declined => CauseCode::Declined,
            },
        },
        Request::RestartMedia { call: id, sdp } => Command::RestartMedia { call: call(id)?, sdp },
        Request::ClearConnection { call: id } => Command::ClearConnection { call: call(id)? },
        Request::GenerateDigits { call: id, digits } => Command::GenerateDigits { call: call(id)?, digits },
        Request::HoldCall { call: id } => Command::HoldCall { call: call(id)? },
        Request::RetrieveCall { call: id } => Command::RetrieveCall { call: call(id)? },
        Request::AlternateCall { active, held } => Command::AlternateCall { active: call(active)?, held: call(held)? },
        Request::ConsultationCall { call: id, number, sdp } => {
            Command::ConsultationCall { call: call(id)?, number, sdp }
        }
        Request::ReconnectCall { active, held } => Command::ReconnectCall { active: call(active)?, held: call(held)? },
        Request::TransferCall { active, held } => Command::TransferCall { active: call(active)?, held: call(held)? },
        Request::SingleStepTransferCall { call: id, number } => {
            Command::SingleStepTransferCall { call: call(id)?, number }
        }
        Request::ConferenceCall { active, held } => {
            Command::ConferenceCall { active: call(active)?, held: call(held)? }
        }
        Request::ClearCall { call: id } => Command::ClearCall { call: call(id)? },
        Request::DeflectCall { call: id, number } => Command::DeflectCall { call: call(id)?, number },
        Request::DirectedPickupCall { line: id, number, sdp } => {
            Command::DirectedPickupCall { line: line(id)?, number, sdp }
        }
        Request::ParkCall { call: id, number } => Command::ParkCall { call: call(id)?, number },
        Request::SetForwarding { line: id, forwarding } => Command::SetForwarding { line: line(id)?, forwarding },
        Request::CancelForwarding { line: id, kind } => Command::CancelForwarding { line: line(id)?, kind },
        Request::SetDoNotDisturb { line: id, on } => Command::SetDoNotDisturb { line: line(id)?, on },
        Request::SetRemoteOffice { line: id, number } => Command::SetRemoteOffice { line: line(id)?, number },
    }))
}

fn refusal(id: u32, code: CauseCode) -> ServerMessage {
    ServerMessage::Reply(Reply { id, result: convert::result(crate::call::effect::CommandResult::Error(code)) })
}

async fn send(socket: &mut WebSocket, message: &ServerMessage) -> bool {
    let Ok(text) = serde_json::to_string(message) else { return false };
    matches!(timeout(SEND_LIMIT, socket.send(Message::Text(text.into()))).await, Ok(Ok(())))
}

async fn close(socket: &mut WebSocket, code: u16, reason: &'static str) {
    let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
    let _ = timeout(SEND_LIMIT, socket.send(Message::Close(Some(frame)))).await;
}
