//! A user's events as a stream of HTTP (server-sent events), numbered: who names the last it has seen goes on there.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Query, State};
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream;
use serde::Deserialize;
use tokio::sync::mpsc;

use super::HttpFailure;
use super::session::Still;
use crate::call::cause::CauseCode;
use crate::ids::UserId;
use crate::net::clients::{Beginning, Change, ClientEvent};
use crate::web::protocol::ServerMessage;
use crate::web::{WebState, convert};

/// A stream that is silent for this long says that it is there.
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);
/// What an `EventSource` sends when it comes back.
const LAST_EVENT_ID: &str = "last-event-id";

/// From where on events are wanted.
#[derive(Debug, Deserialize)]
pub(super) struct From {
    /// The last that was seen.
    since: Option<u64>,
}

/// `GET /api/v1/events`.
pub(super) async fn follow(
    State(state): State<WebState>,
    Extension(user): Extension<UserId>,
    headers: HeaderMap,
    query: Result<Query<From>, QueryRejection>,
) -> Result<impl IntoResponse, HttpFailure> {
    let Query(From { since }) = query.map_err(|_| CauseCode::BadRequest)?;
    let seen = headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok()?.parse().ok());
    let (beginning, events) = state.core.follow(user, seen.or(since)).await?;
    let first = match beginning {
        Beginning::Picture(picture, _) => {
            let picture = convert::picture(&state, user, picture);
            VecDeque::from([(picture.seq, ServerMessage::Picture(picture))])
        }
        Beginning::Replay { changes, .. } => {
            let message = |(seq, change): (u64, Arc<Change>)| Some((seq, convert::change(&state, user, seq, &change)?));
            changes.into_iter().filter_map(message).collect()
        }
    };
    let still = Still::new(state.clone(), headers, user);
    let follower = Follower { state, user, still, first, events };
    let events = stream::unfold(follower, |mut follower| async move {
        let (seq, message) = follower.next().await?;
        let event = Event::default().id(seq.to_string()).json_data(&message).ok()?;
        Some((Ok::<_, Infallible>(event), follower))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(SIGN_OF_LIFE)))
}

/// Who follows.
struct Follower {
    state: WebState,
    user: UserId,
    still: Still,
    /// What it has missed, or the picture.
    first: VecDeque<(u64, ServerMessage)>,
    events: mpsc::Receiver<ClientEvent>,
}

impl Follower {
    /// The next event with its number. None when the session or the server has ended, or who follows is too slow.
    async fn next(&mut self) -> Option<(u64, ServerMessage)> {
        if let Some(first) = self.first.pop_front() {
            return Some(first);
        }
        loop {
            tokio::select! {
                () = self.still.over() => return None,
                event = self.events.recv() => {
                    if let ClientEvent::Changed { seq, change } = event?
                        && let Some(message) = convert::change(&self.state, self.user, seq, &change)
                    {
                        return Some((seq, message));
                    }
                }
            }
        }
    }
}
