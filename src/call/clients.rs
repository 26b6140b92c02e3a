//! Who is signed in where, and what becomes of the calls of those who go.

use std::time::Instant;

use rustc_hash::{FxHashMap, FxHashSet};

use super::Calls;
use super::numbers::ClientPlace;
use super::state::Vacancy;
use crate::ids::{CallId, ClientId, LineId, UserId};

/// Who is signed in where.
#[derive(Debug, Default)]
pub(super) struct Clients {
    user_of: FxHashMap<ClientId, UserId>,
    of_user: FxHashMap<UserId, Vec<ClientId>>,
    /// Where they are, as far as that is known.
    places: FxHashMap<ClientId, ClientPlace>,
    /// Users whose programs are told what their clients are told.
    followed: FxHashSet<UserId>,
}

impl Clients {
    /// Whose a client is.
    pub(super) fn user(&self, client: ClientId) -> Option<UserId> {
        client.api_user().or_else(|| self.user_of.get(&client).copied())
    }

    /// Where a client is.
    pub(super) fn place(&self, client: ClientId) -> Option<&ClientPlace> {
        self.places.get(&client)
    }

    pub(super) fn add(&mut self, client: ClientId, user: UserId, place: Option<ClientPlace>) {
        match place {
            Some(place) => drop(self.places.insert(client, place)),
            None => drop(self.places.remove(&client)),
        }
        if client.api_user().is_some() {
            self.followed.insert(user);
        } else if self.user_of.insert(client, user).is_none() {
            self.of_user.entry(user).or_default().push(client);
        }
    }

    fn remove(&mut self, client: ClientId) -> Option<UserId> {
        if let Some(user) = client.api_user() {
            self.followed.remove(&user);
        }
        self.places.remove(&client);
        let user = self.user_of.remove(&client)?;
        if let Some(of_user) = self.of_user.get_mut(&user) {
            of_user.retain(|&other| other != client);
            if of_user.is_empty() {
                self.of_user.remove(&user);
            }
        }
        Some(user)
    }

    /// Whether one of these users is signed in.
    pub(super) fn any_of(&self, users: &[UserId]) -> bool {
        users.iter().any(|user| self.of_user.contains_key(user))
    }

    /// Whether somebody is told of what happens to a user's calls.
    pub(super) fn is_told(&self, user: UserId) -> bool {
        self.of_user.contains_key(&user) || self.followed.contains(&user)
    }

    /// All users of whom somebody is told.
    pub(super) fn all_told(&self) -> impl Iterator<Item = UserId> + '_ {
        self.of_user.keys().chain(self.followed.iter().filter(|user| !self.of_user.contains_key(user))).copied()
    }

    /// Everybody of these users who is to be told of a call: their clients, and their programs.
    pub(super) fn told<'a>(&'a self, users: &'a [UserId]) -> impl Iterator<Item = (ClientId, UserId)> + 'a {
        let followed = users.iter().filter(|user| self.followed.contains(user));
        self.of(users).chain(followed.map(|&user| (ClientId::api(user), user)))
    }

    /// The clients of these users, at which calls ring.
    pub(super) fn of<'a>(&'a self, users: &'a [UserId]) -> impl Iterator<Item = (ClientId, UserId)> + 'a {
        users.iter().flat_map(|user| self.of_user.get(user).into_iter().flatten().map(move |&client| (client, *user)))
    }
}

impl Calls {
    /// Whether somebody who uses the line is signed in.
    pub fn anybody_at(&self, line: LineId) -> bool {
        self.clients.any_of(self.directory.users_of(line))
    }

    /// Who is signed in where, programs among them.
    pub fn clients(&self) -> impl Iterator<Item = (ClientId, UserId)> + '_ {
        let programs = self.clients.followed.iter().map(|&user| (ClientId::api(user), user));
        self.clients.user_of.iter().map(|(&client, &user)| (client, user)).chain(programs)
    }

    /// The client that has the audio of a call, and its user.
    pub fn client_at(&self, call: CallId) -> Option<(ClientId, UserId)> {
        let call = self.calls.get(&call)?;
        Some((call.active_client()?, call.active_user()?))
    }

    /// The calls whose audio a client has, oldest first.
    pub(super) fn calls_of(&self, client: ClientId) -> Vec<CallId> {
        self.by_client.get(&client).map(|calls| calls.iter().copied().collect()).unwrap_or_default()
    }

    /// A client is gone for good: what has no user any more ends.
    pub(super) fn client_gone(&mut self, client: ClientId, now: Instant) {
        let Some(user) = self.clients.remove(client) else { return };
        for id in self.calls_of(client) {
            self.left_by_client(id, now);
        }
        let mut ringing: Vec<CallId> = self
            .calls
            .values()
            .filter(|call| {
                let rings = call.shown_at().is_some_and(|line| self.directory.users_of(line).contains(&user));
                rings
                    && (call.rings_at_clients()
                        || matches!(call.vacancy, Some(Vacancy::Parked { .. } | Vacancy::Recalling { .. })))
            })
            .map(|call| call.id)
            .collect();
        ringing.sort_unstable();
        for id in ringing {
            self.with(id, now, |flow| flow.client_gone(client));
        }
    }
}
