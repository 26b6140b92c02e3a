//! The registrar of a domain (RFC 3261 10.3): where its users can be reached.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::digest::{AuthFailure, Secret, ServerAuth};
use crate::flow::Source;
use crate::header::{Name, NameAddr};
use crate::message::Message;
use crate::uri::Uri;

/// Granted when neither the contact nor the request asks for a time, in seconds (RFC 3261 10.2.1.1).
const DEFAULT_EXPIRES: u32 = 3600;
/// Contacts of one user.
const MAX_CONTACTS: usize = 16;

/// Keeps the contacts of users who prove that they know their password.
///
/// Users exist outside of it: only known users take memory, and each of them a bounded number of contacts.
#[derive(Debug)]
pub struct Registrar {
    auth: ServerAuth,
    min_expires: u32,
    max_expires: u32,
    users: HashMap<String, Vec<Kept>>,
}

/// Where a user can be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The registered contact.
    pub uri: Uri,
    /// Where the REGISTER came from: the way back through NAT and open connections.
    pub source: Source,
}

/// The answer to a REGISTER.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrarReply {
    /// Final status.
    pub status: u16,
    /// Headers beside those that every response has.
    pub headers: Vec<(Name, String)>,
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
        Registrar { auth: ServerAuth::new(realm, key), min_expires: 60, max_expires: 3600, users: HashMap::new() }
    }

    /// Sets the shortest and longest time granted, in seconds; 60 and 3600 otherwise.
    #[must_use]
    pub fn with_expires(mut self, min: u32, max: u32) -> Registrar {
        self.min_expires = min;
        self.max_expires = max.max(min);
        self
    }

    /// Answers a REGISTER. `accounts` gives the password of a user.
    pub fn handle(
        &mut self,
        request: &Message,
        source: &Source,
        accounts: &dyn Fn(&str) -> Option<Secret>,
        now: Instant,
    ) -> RegistrarReply {
        let (Ok(to), Ok(call_id), Ok(cseq)) = (request.to(), request.call_id(), request.cseq()) else {
            return RegistrarReply::status(400);
        };
        let user = match self.auth.verify_request(request, Name::Authorization, accounts, now) {
            Ok(user) => user,
            Err(AuthFailure::Malformed) => return RegistrarReply::status(400),
            // A new challenge would only make the client try the same password again.
            Err(AuthFailure::Wrong) => return RegistrarReply::status(403),
            Err(failure) => {
                let challenges = self.auth.challenge(failure.is_stale(), now);
                let headers = challenges.into_iter().map(|value| (Name::WwwAuthenticate, value)).collect();
                return RegistrarReply { status: 401, headers };
            }
        };
        // Nobody registers for somebody else.
        if to.uri.user_decoded().as_deref() != Some(&*user) {
            return RegistrarReply::status(403);
        }
        let kept = self.users.entry(user).or_default();
        kept.retain(|kept| kept.until > now);
        let asked = Asked { call_id, cseq: cseq.number, source, now };
        let limits = (self.min_expires, self.max_expires);
        match asked.update(kept, request, limits) {
            Ok(()) => RegistrarReply { status: 200, headers: list(kept, now) },
            Err(reply) => reply,
        }
    }

    /// Where a user can be reached now, the latest registered first.
    pub fn contacts(&self, user: &str, now: Instant) -> Vec<Binding> {
        let kept = self.users.get(user).into_iter().flatten();
        kept.rev().filter(|kept| kept.until > now).map(|kept| kept.binding.clone()).collect()
    }
}

impl RegistrarReply {
    fn status(status: u16) -> RegistrarReply {
        RegistrarReply { status, headers: Vec::new() }
    }
}

/// What a REGISTER says about itself.
struct Asked<'a> {
    call_id: &'a str,
    cseq: u32,
    source: &'a Source,
    now: Instant,
}

impl Asked<'_> {
    /// Steps 6 and 7 of RFC 3261 10.3. Nothing changes unless everything can.
    fn update(&self, kept: &mut Vec<Kept>, request: &Message, limits: (u32, u32)) -> Result<(), RegistrarReply> {
        if request.has_wildcard_contact() {
            let alone = request.values(Name::Contact).count() == 1;
            if !alone || request.expires() != Some(0) {
                return Err(RegistrarReply::status(400));
            }
            if kept.iter().any(|kept| self.is_late(kept)) {
                return Err(RegistrarReply::status(500));
            }
            kept.clear();
            return Ok(());
        }
        let contacts = request.contacts().map_err(|_| RegistrarReply::status(400))?;
        if contacts.len() > MAX_CONTACTS {
            return Err(RegistrarReply::status(403));
        }
        let default = request.expires().unwrap_or(DEFAULT_EXPIRES);
        let wanted: Vec<(NameAddr, u32)> = contacts
            .into_iter()
            .map(|contact| {
                let expires = contact.expires().unwrap_or(default);
                (contact, expires)
            })
            .collect();
        let (least, most) = limits;
        if wanted.iter().any(|(_, expires)| *expires != 0 && *expires < least) {
            return Err(RegistrarReply { status: 423, headers: vec![(Name::MinExpires, least.to_string())] });
        }
        let known = |kept: &[Kept], uri: &Uri| kept.iter().position(|kept| kept.binding.uri.equivalent(uri));
        let late =
            |(contact, _): &(NameAddr, u32)| known(kept, &contact.uri).is_some_and(|index| self.is_late(&kept[index]));
        if wanted.iter().any(late) {
            return Err(RegistrarReply::status(500));
        }
        let added = wanted.iter().filter(|(contact, expires)| *expires > 0 && known(kept, &contact.uri).is_none());
        if kept.len() + added.count() > MAX_CONTACTS {
            return Err(RegistrarReply::status(403));
        }
        for (contact, expires) in wanted {
            if let Some(index) = known(kept, &contact.uri) {
                kept.remove(index);
            }
            if expires > 0 {
                kept.push(Kept {
                    binding: Binding { uri: contact.uri, source: *self.source },
                    call_id: self.call_id.to_owned(),
                    cseq: self.cseq,
                    until: self.now + Duration::from_secs(expires.min(most).into()),
                });
            }
        }
        Ok(())
    }

    /// Whether a later REGISTER of the same client set this binding.
    fn is_late(&self, kept: &Kept) -> bool {
        kept.call_id == self.call_id && kept.cseq >= self.cseq
    }
}

/// Contact for each binding, with the time that is left.
fn list(kept: &[Kept], now: Instant) -> Vec<(Name, String)> {
    let left = |kept: &Kept| kept.until.saturating_duration_since(now).as_secs();
    kept.iter().map(|kept| (Name::Contact, format!("<{}>;expires={}", kept.binding.uri, left(kept)))).collect()
}
