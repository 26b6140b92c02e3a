//! Signed-in clients and what happens when their socket breaks: for a while they can come back.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use rustc_hash::FxHashMap;

use crate::ids::{ClientId, UserId};

/// How long a client may stay away before its calls end.
pub const RESUME_WITHIN: Duration = Duration::from_secs(10);

/// A secret that proves, after a broken socket, to be the same client.
pub type ResumeToken = [u8; 16];

/// All clients, with or without a socket.
#[derive(Debug, Default)]
pub struct Clients {
    clients: FxHashMap<ClientId, Client>,
    by_token: FxHashMap<ResumeToken, ClientId>,
    away: BTreeSet<(Instant, ClientId)>,
    last: u64,
}

#[derive(Debug)]
struct Client {
    user: UserId,
    token: ResumeToken,
    /// Counts sockets, so that the end of an old one does not detach its successor.
    socket: u64,
    away_until: Option<Instant>,
}

/// A client that has a socket now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attached {
    /// The client.
    pub client: ClientId,
    /// Which of its sockets this is.
    pub socket: u64,
    /// Whether it came back.
    pub resumed: bool,
}

impl Clients {
    /// A socket was opened by `user`. `resume` is the token of an earlier one; `token` is random and is the new one.
    pub fn attach(&mut self, user: UserId, resume: Option<ResumeToken>, token: ResumeToken) -> Attached {
        // A token counts only for the user it was given to.
        let known = resume
            .and_then(|resume| self.by_token.get(&resume).copied())
            .filter(|client| self.clients.get(client).is_some_and(|client| client.user == user));
        let id = known.unwrap_or_else(|| {
            self.last += 1;
            ClientId(self.last)
        });
        let client = self.clients.entry(id).or_insert(Client { user, token, socket: 0, away_until: None });
        if let Some(until) = client.away_until.take() {
            self.away.remove(&(until, id));
        }
        self.by_token.remove(&client.token);
        client.token = token;
        client.socket += 1;
        let socket = client.socket;
        self.by_token.insert(token, id);
        Attached { client: id, socket, resumed: known.is_some() }
    }

    /// A client's socket broke; true unless a newer socket has taken its place.
    pub fn detach(&mut self, id: ClientId, socket: u64, now: Instant) -> bool {
        let Some(client) = self.clients.get_mut(&id).filter(|client| client.socket == socket) else { return false };
        let until = now + RESUME_WITHIN;
        client.away_until = Some(until);
        self.away.insert((until, id));
        true
    }

    /// A client signed out: it is gone at once.
    pub fn remove(&mut self, id: ClientId) -> bool {
        let Some(client) = self.clients.remove(&id) else { return false };
        self.by_token.remove(&client.token);
        if let Some(until) = client.away_until {
            self.away.remove(&(until, id));
        }
        true
    }

    /// The next client that stayed away for too long, removed.
    pub fn expired(&mut self, now: Instant) -> Option<ClientId> {
        let &(until, id) = self.away.first()?;
        if until > now {
            return None;
        }
        self.remove(id);
        Some(id)
    }

    /// When [`Clients::expired`] is worth asking.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.away.first().map(|&(until, _)| until)
    }

    /// The clients of a user.
    pub fn of(&self, user: UserId) -> impl Iterator<Item = ClientId> + '_ {
        self.clients.iter().filter(move |(_, client)| client.user == user).map(|(&id, _)| id)
    }

    /// Whose a client is.
    pub fn user_of(&self, id: ClientId) -> Option<UserId> {
        self.clients.get(&id).map(|client| client.user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: UserId = UserId(0);
    const BOB: UserId = UserId(1);

    #[test]
    fn a_client_that_comes_back_in_time_is_the_same() {
        let start = Instant::now();
        let mut clients = Clients::default();
        let first = clients.attach(ALICE, None, [1; 16]);
        assert!(clients.detach(first.client, first.socket, start));
        assert_eq!(clients.expired(start + RESUME_WITHIN / 2), None);
        let second = clients.attach(ALICE, Some([1; 16]), [2; 16]);
        assert!(second.resumed && second.client == first.client);
        assert_eq!(clients.expired(start + RESUME_WITHIN * 2), None);
        // The old socket's end is noticed late and must not count.
        assert!(!clients.detach(first.client, first.socket, start));
    }

    #[test]
    fn tokens_are_used_up_and_personal() {
        let mut clients = Clients::default();
        let first = clients.attach(ALICE, None, [1; 16]);
        assert!(!clients.attach(BOB, Some([1; 16]), [2; 16]).resumed);
        assert!(clients.attach(ALICE, Some([1; 16]), [3; 16]).resumed);
        assert!(!clients.attach(ALICE, Some([1; 16]), [4; 16]).resumed);
        assert_eq!(clients.of(ALICE).count(), 2);
        assert!(clients.remove(first.client));
    }

    #[test]
    fn who_stays_away_is_gone() {
        let start = Instant::now();
        let mut clients = Clients::default();
        let attached = clients.attach(ALICE, None, [1; 16]);
        clients.detach(attached.client, attached.socket, start);
        assert_eq!(clients.poll_timeout(), Some(start + RESUME_WITHIN));
        assert_eq!(clients.expired(start + RESUME_WITHIN), Some(attached.client));
        assert_eq!(clients.user_of(attached.client), None);
        assert!(!clients.attach(ALICE, Some([1; 16]), [2; 16]).resumed);
    }
}
