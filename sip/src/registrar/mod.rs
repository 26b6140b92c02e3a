//! The registrar of a domain (RFC 3261 10.3): where its users, and the PBXs and gateways that register with us, can
//! be reached.
//!
//! An account is who proves a password. It registers its own name, or any number that is its own; with a bulk contact
//! (RFC 6140) all its numbers at once. Accounts exist outside of the registrar.

mod binding;
mod throttle;
mod update;

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::digest::{AuthFailure, Examined, Secret, ServerAuth};
use crate::flow::Source;
use crate::header::Name;
use crate::message::Message;

pub use binding::{Binding, Route};
use throttle::Throttle;
pub use throttle::{Failures, Who};
use update::Asked;

/// Granted when neither the contact nor the request asks for a time, in seconds (RFC 3261 10.2.1.1).
const DEFAULT_EXPIRES: u32 = 3600;
/// Contacts of one number.
const MAX_CONTACTS: usize = 16;
/// Contacts of one account: a PBX may register its numbers one by one.
const MAX_CONTACTS_OF_ACCOUNT: usize = 1000;
/// Addresses that are remembered for not answering a challenge.
const MAX_UNANSWERED: usize = 1024;
/// Tags that a REGISTER may require.
pub(crate) const EXTENSIONS: [&str; 2] = ["gin", "path"];

/// Who may register, with what. A closure from a name to its password is one without numbers.
pub trait Accounts {
    /// The account of that name.
    fn account(&self, name: &str) -> Option<AccountView>;

    /// Whether `number` belongs to that account: it may then be registered with the password of the account.
    fn owns(&self, account: &str, number: &str) -> bool {
        let _ = (account, number);
        false
    }
}

/// What the registrar has to know of an account.
#[derive(Debug, Clone)]
pub struct AccountView {
    /// What it proves to know.
    pub secret: Secret,
    /// Whether it has a range of numbers, which a bulk contact opens (RFC 6140).
    pub has_range: bool,
}

impl<F: Fn(&str) -> Option<Secret>> Accounts for F {
    fn account(&self, name: &str) -> Option<AccountView> {
        self(name).map(|secret| AccountView { secret, has_range: false })
    }
}

/// Keeps the contacts of accounts whose password was proven.
///
/// Only known accounts take memory, and each of them a bounded number of contacts. Wrong passwords are counted for
/// each account and each address. After three in a row, more are refused unread until a pause is over, which doubles
/// with each further one from 2 s to 5 minutes.
#[derive(Debug)]
pub struct Registrar {
    auth: ServerAuth,
    min_expires: u32,
    max_expires: u32,
    accounts: HashMap<String, Vec<Kept>>,
    throttle: Throttle,
    /// Addresses whose last challenge has not been answered.
    unanswered: HashSet<IpAddr>,
}

/// The answer to a REGISTER.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrarReply {
    /// Final status.
    pub status: u16,
    /// Headers beside those that every response has.
    pub headers: Vec<(Name, String)>,
}

/// A binding as an administrator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// Whose it is.
    pub account: String,
    /// Contact, where it came from, and the rest.
    pub binding: Binding,
    /// When it ends without a refresh.
    pub until: Instant,
}

/// A binding with what updates to it are checked against.
#[derive(Debug)]
struct Kept {
    binding: Binding,
    call_id: String,
    cseq: u32,
    until: Instant,
}

impl Registrar {
    /// A registrar without contacts. `key` makes nonces unpredictable and must be random.
    pub fn new(realm: &str, key: [u8; 32]) -> Registrar {
        Registrar {
            auth: ServerAuth::new(realm, key),
            min_expires: 60,
            max_expires: 3600,
            accounts: HashMap::new(),
            throttle: Throttle::default(),
            unanswered: HashSet::new(),
        }
    }

    /// Sets the shortest and longest time granted, in seconds; 60 and 3600 otherwise.
    #[must_use]
    pub fn with_expires(mut self, min: u32, max: u32) -> Registrar {
        self.min_expires = min;
        self.max_expires = max.max(min);
        self
    }

    /// Answers a REGISTER.
    pub fn handle(
        &mut self,
        request: &Message,
        source: &Source,
        accounts: &dyn Accounts,
        now: Instant,
    ) -> RegistrarReply {
        // What is wrong for everybody is told before anybody is asked who they are.
        let asked = match Asked::read(request, source, now) {
            Ok(asked) => asked,
            Err(reply) => return reply,
        };
        let account = match self.authenticate(request, source, accounts, now) {
            Ok(account) => account,
            Err(reply) => return reply,
        };
        // Nobody registers for somebody else.
        if asked.aor != account && !accounts.owns(&account, &asked.aor) {
            return RegistrarReply::status(403);
        }
        let has_range = accounts.account(&account).is_some_and(|account| account.has_range);
        if asked.requires_bulk && !has_range {
            return RegistrarReply::unsupported("gin");
        }
        let limits = (self.min_expires, self.max_expires);
        let kept = self.accounts.entry(account.clone()).or_default();
        kept.retain(|kept| kept.until > now);
        let result = asked.update(kept, limits);
        let reply = match result {
            Ok(()) => RegistrarReply { status: 200, headers: asked.granted(kept) },
            Err(reply) => reply,
        };
        if kept.is_empty() {
            self.accounts.remove(&account);
        }
        reply
    }

    /// The bindings of an account, the latest registered first.
    pub fn contacts(&self, account: &str, now: Instant) -> Vec<Binding> {
        let kept = self.accounts.get(account).into_iter().flatten();
        kept.rev().filter(|kept| kept.until > now).map(|kept| kept.binding.clone()).collect()
    }

    /// The ways to a number of an account, the latest registered first: by the contacts of that number alone where
    /// there are such, else by those that stand for the whole range.
    pub fn routes(&self, account: &str, number: &str, now: Instant) -> Vec<Route> {
        let bindings = self.contacts(account, now);
        let own = bindings.iter().any(|binding| !binding.is_bulk && binding.aor == number);
        let bulk = bindings.iter().any(|binding| binding.is_bulk);
        let leads_there = |binding: &&Binding| match (own, bulk) {
            (true, _) => !binding.is_bulk && binding.aor == number,
            (false, true) => binding.is_bulk,
            // One number that registers for all of them.
            (false, false) => true,
        };
        bindings.iter().filter(leads_there).map(|binding| binding.route(number)).collect()
    }

    /// Whether an account has a binding that came from that address: its calls come from there too.
    pub fn is_at(&self, account: &str, address: IpAddr, now: Instant) -> bool {
        let kept = self.accounts.get(account).into_iter().flatten();
        kept.into_iter().any(|kept| kept.until > now && kept.binding.source.remote.ip() == address)
    }

    /// Everything that is registered, ordered by account.
    pub fn list(&self, now: Instant) -> Vec<Registered> {
        let mut all: Vec<Registered> = self
            .accounts
            .iter()
            .flat_map(|(account, kept)| kept.iter().map(move |kept| (account, kept)))
            .filter(|(_, kept)| kept.until > now)
            .map(|(account, kept)| Registered {
                account: account.clone(),
                binding: kept.binding.clone(),
                until: kept.until,
            })
            .collect();
        all.sort_by(|a, b| a.account.cmp(&b.account).then(a.until.cmp(&b.until)));
        all
    }

    /// Who gave wrong passwords lately, and until when more of them are refused.
    pub fn failures(&self, now: Instant) -> Vec<Failures> {
        self.throttle.list(now)
    }

    /// A challenge goes to that address. False where the one before has not been answered either: it was not understood.
    fn remember_unanswered(&mut self, address: IpAddr) -> bool {
        if self.unanswered.len() >= MAX_UNANSWERED {
            self.unanswered.clear();
        }
        self.unanswered.insert(address)
    }

    /// The account of the request, proven.
    fn authenticate(
        &mut self,
        request: &Message,
        source: &Source,
        accounts: &dyn Accounts,
        now: Instant,
    ) -> Result<String, RegistrarReply> {
        let address = source.remote.ip();
        if let Some(user) = self.auth.claimed_user(request, Name::Authorization) {
            // Who is registered is not to be shut out by others who guess at the same account.
            let counts_for_account = !self.is_at(&user, address, now);
            if let Some(pause) = self.throttle.pause(address, counts_for_account.then_some(&*user), now) {
                return Err(RegistrarReply::retry_after(pause));
            }
        }
        let secret = |name: &str| accounts.account(name).map(|account| account.secret);
        let examined = self.auth.examine_request(request, Name::Authorization, secret, Some(address), now);
        let Examined { user_name, result, is_peer_proven } = examined;
        match result {
            Ok(user) => {
                self.throttle.right(address);
                self.unanswered.remove(&address);
                Ok(user)
            }
            Err(AuthFailure::Malformed) => Err(RegistrarReply::status(400)),
            Err(AuthFailure::Wrong) => {
                // An address that anybody can write on a datagram is not blamed.
                self.throttle.wrong(is_peer_proven.then_some(address), user_name.as_deref().unwrap_or_default(), now);
                // A new challenge would only make the client try the same password again.
                Err(RegistrarReply::status(403))
            }
            Err(failure) => {
                let mut challenges = self.auth.challenge_peer(Some(address), failure.is_stale(), now);
                // There are devices that read the first challenge alone, and others that give up at any that they do
                // not know.
                let only_md5 = match failure {
                    AuthFailure::Missing => !self.remember_unanswered(address),
                    _ => self.auth.answered_with_md5(request, Name::Authorization),
                };
                if only_md5 {
                    // It is the last.
                    challenges = challenges.pop().into_iter().collect();
                }
                let headers = challenges.into_iter().map(|value| (Name::WwwAuthenticate, value)).collect();
                Err(RegistrarReply { status: 401, headers })
            }
        }
    }
}

impl RegistrarReply {
    fn status(status: u16) -> RegistrarReply {
        RegistrarReply { status, headers: Vec::new() }
    }

    fn unsupported(tags: impl Into<String>) -> RegistrarReply {
        RegistrarReply { status: 420, headers: vec![(Name::Unsupported, tags.into())] }
    }

    fn retry_after(pause: Duration) -> RegistrarReply {
        let seconds = pause.as_secs().max(1).to_string();
        RegistrarReply { status: 403, headers: vec![(Name::RetryAfter, seconds)] }
    }
}
