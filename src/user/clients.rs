//! Signed-in clients and what happens when their socket breaks: for a while they can come back.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::ids::{ClientId, UserId};

/// How long a client whose socket broke may stay away before its calls end.
pub const RESUME_WITHIN: Duration = Duration::from_secs(10);
/// The same for one whose page went: it may be on its way back, or closed for good, and then the other side should
/// not wait for long.
pub const RELOAD_WITHIN: Duration = Duration::from_secs(5);
/// Clients of one user, with and without a socket.
pub const MAX_CLIENTS: usize = 64;

/// A secret that proves, after a broken socket, to be the same client.
pub type ResumeToken = [u8; 16];

/// All clients, with or without a socket.
#[derive(Debug, Default)]
pub struct Clients {
    clients: FxHashMap<ClientId, Client>,
    by_token: FxHashMap<ResumeToken, ClientId>,
    away: BTreeSet<(Instant, ClientId)>,
    last: u64,
    /// Counts what clients do, to know who did something last.
    acts: u64,
}

#[derive(Debug)]
struct Client {
    user: UserId,
    token: ResumeToken,
    /// Counts sockets, so that the end of an old one does not detach its successor.
    socket: u64,
    away_until: Option<Instant>,
    /// What it did last, see [`Clients::acts`].
    acted: u64,
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
    /// None where the user has `most` with a socket already, or [`MAX_CLIENTS`] in all.
    pub fn attach(
        &mut self,
        user: UserId,
        resume: Option<ResumeToken>,
        token: ResumeToken,
        most: usize,
    ) -> Option<Attached> {
        // A token counts only for the user it was given to.
        let known = resume
            .and_then(|resume| self.by_token.get(&resume).copied())
            .filter(|client| self.clients.get(client).is_some_and(|client| client.user == user));
        let online = || self.of(user).filter(|&client| self.is_online(client)).count();
        if known.is_none() && (online() >= most || self.of(user).count() >= MAX_CLIENTS) {
            return None;
        }
        let id = known.unwrap_or_else(|| {
            self.last += 1;
            ClientId(self.last)
        });
        self.acts += 1;
        let client = self.clients.entry(id).or_insert(Client { user, token, socket: 0, away_until: None, acted: 0 });
        client.acted = self.acts;
        if let Some(until) = client.away_until.take() {
            self.away.remove(&(until, id));
        }
        self.by_token.remove(&client.token);
        client.token = token;
        client.socket += 1;
        let socket = client.socket;
        self.by_token.insert(token, id);
        Some(Attached { client: id, socket, resumed: known.is_some() })
    }

    /// A client did something.
    pub fn acted(&mut self, id: ClientId) {
        self.acts += 1;
        if let Some(client) = self.clients.get_mut(&id) {
            client.acted = self.acts;
        }
    }

    /// The user's client with a socket that did something last, other than one.
    pub fn latest(&self, user: UserId, but: Option<ClientId>) -> Option<ClientId> {
        let online = self.clients.iter().filter(|(_, client)| client.user == user && client.away_until.is_none());
        let others = online.filter(|&(&id, _)| Some(id) != but);
        others.max_by_key(|(_, client)| client.acted).map(|(&id, _)| id)
    }

    /// Whether a client has a socket now.
    pub fn is_online(&self, id: ClientId) -> bool {
        self.clients.get(&id).is_some_and(|client| client.away_until.is_none())
    }

    /// How many clients have a socket now, and how many users are signed in there.
    pub fn count_online(&self) -> (usize, usize) {
        let online = || self.clients.values().filter(|client| client.away_until.is_none());
        (online().count(), online().map(|client| client.user).collect::<FxHashSet<_>>().len())
    }

    /// A client's socket is gone, and it may come back `within` some time; true unless a newer socket has taken its
    /// place.
    pub fn detach(&mut self, id: ClientId, socket: u64, within: Duration, now: Instant) -> bool {
        let Some(client) = self.clients.get_mut(&id).filter(|client| client.socket == socket) else { return false };
        let until = now + within;
        if let Some(before) = client.away_until.replace(until) {
            self.away.remove(&(before, id));
        }
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
        let first = clients.attach(ALICE, None, [1; 16], MAX_CLIENTS).unwrap();
        assert!(clients.detach(first.client, first.socket, RESUME_WITHIN, start));
        assert_eq!(clients.expired(start + RESUME_WITHIN / 2), None);
        let second = clients.attach(ALICE, Some([1; 16]), [2; 16], MAX_CLIENTS).unwrap();
        assert!(second.resumed && second.client == first.client);
        assert_eq!(clients.expired(start + RESUME_WITHIN * 2), None);
        // The old socket's end is noticed late and must not count.
        assert!(!clients.detach(first.client, first.socket, RESUME_WITHIN, start));
    }

    #[test]
    fn tokens_are_used_up_and_personal() {
        let mut clients = Clients::default();
        let first = clients.attach(ALICE, None, [1; 16], MAX_CLIENTS).unwrap();
        assert!(!clients.attach(BOB, Some([1; 16]), [2; 16], MAX_CLIENTS).unwrap().resumed);
        assert!(clients.attach(ALICE, Some([1; 16]), [3; 16], MAX_CLIENTS).unwrap().resumed);
        assert!(!clients.attach(ALICE, Some([1; 16]), [4; 16], MAX_CLIENTS).unwrap().resumed);
        assert_eq!(clients.of(ALICE).count(), 2);
        assert!(clients.remove(first.client));
    }

    #[test]
    fn the_client_that_did_something_last_is_found() {
        let mut clients = Clients::default();
        let [first, second] = [[1; 16], [2; 16]].map(|token| clients.attach(ALICE, None, token, MAX_CLIENTS).unwrap());
        clients.attach(BOB, None, [3; 16], MAX_CLIENTS).unwrap();
        assert_eq!(clients.latest(ALICE, None), Some(second.client));
        clients.acted(first.client);
        assert_eq!(clients.latest(ALICE, None), Some(first.client));
        assert_eq!(clients.latest(ALICE, Some(first.client)), Some(second.client));
        clients.detach(second.client, second.socket, RESUME_WITHIN, Instant::now());
        assert!(clients.is_online(first.client) && !clients.is_online(second.client));
        assert_eq!(clients.latest(ALICE, Some(first.client)), None);
    }

    #[test]
    fn a_user_has_a_bounded_number_of_clients() {
        let mut clients = Clients::default();
        for token in 1..=MAX_CLIENTS as u8 {
            clients.attach(ALICE, None, [token; 16], MAX_CLIENTS).unwrap();
        }
        assert_eq!(clients.attach(ALICE, None, [255; 16], MAX_CLIENTS), None);
        assert!(
            clients.attach(ALICE, Some([1; 16]), [255; 16], MAX_CLIENTS).unwrap().resumed,
            "who is known may come back"
        );
        assert!(clients.attach(BOB, None, [254; 16], MAX_CLIENTS).is_some());
    }

    #[test]
    fn a_user_has_as_many_clients_with_a_socket_as_is_set() {
        let mut clients = Clients::default();
        let [first, _] = [[1; 16], [2; 16]].map(|token| clients.attach(ALICE, None, token, 2).unwrap());
        assert_eq!(clients.attach(ALICE, None, [3; 16], 2), None);
        assert!(clients.attach(BOB, None, [4; 16], 2).is_some());
        // One that is away makes room, and may come back all the same.
        clients.detach(first.client, first.socket, RESUME_WITHIN, Instant::now());
        assert!(clients.attach(ALICE, None, [5; 16], 2).is_some());
        assert!(clients.attach(ALICE, Some([1; 16]), [6; 16], 2).unwrap().resumed);
    }

    #[test]
    fn who_stays_away_is_gone() {
        let start = Instant::now();
        let mut clients = Clients::default();
        let attached = clients.attach(ALICE, None, [1; 16], MAX_CLIENTS).unwrap();
        clients.detach(attached.client, attached.socket, RESUME_WITHIN, start);
        assert_eq!(clients.poll_timeout(), Some(start + RESUME_WITHIN));
        assert_eq!(clients.expired(start + RESUME_WITHIN), Some(attached.client));
        assert_eq!(clients.user_of(attached.client), None);
        assert!(!clients.attach(ALICE, Some([1; 16]), [2; 16], MAX_CLIENTS).unwrap().resumed);
    }
}
