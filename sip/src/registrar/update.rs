//! What a REGISTER asks for, and what becomes of the bindings (RFC 3261 10.3 steps 5 to 8, RFC 3327, RFC 6140).

use std::time::{Duration, Instant};

use super::{Binding, DEFAULT_EXPIRES, EXTENSIONS, Kept, MAX_CONTACTS, MAX_CONTACTS_OF_ACCOUNT, RegistrarReply};
use crate::flow::Source;
use crate::header::{Name, NameAddr};
use crate::message::Message;
use crate::uri::Uri;

/// Values of Path in one REGISTER.
const MAX_PATH: usize = 8;
/// Bytes of Call-ID and of all of Path: both are kept with the bindings.
const MAX_TEXT: usize = 2048;
/// Longer names of devices are cut.
const MAX_USER_AGENT: usize = 120;

/// What a REGISTER says.
pub(super) struct Asked<'a> {
    /// User of To.
    pub(super) aor: String,
    /// Whether the registrar must understand bulk contacts.
    pub(super) requires_bulk: bool,
    call_id: &'a str,
    cseq: u32,
    source: &'a Source,
    now: Instant,
    /// Contacts with the time asked for; None for `*`.
    contacts: Option<Vec<(NameAddr, u32)>>,
    path: Vec<String>,
    user_agent: Option<String>,
}

impl<'a> Asked<'a> {
    /// Reads it; the reply is for requests that are wrong whoever sends them.
    pub(super) fn read(request: &'a Message, source: &'a Source, now: Instant) -> Result<Self, RegistrarReply> {
        let bad = |_| RegistrarReply::status(400);
        let (to, call_id, cseq) =
            (request.to().map_err(bad)?, request.call_id().map_err(bad)?, request.cseq().map_err(bad)?);
        if call_id.len() > MAX_TEXT {
            return Err(RegistrarReply::status(400));
        }
        let required: Vec<&str> = request.values(Name::Require).collect();
        let requires = |tag: &str| required.iter().any(|required| required.eq_ignore_ascii_case(tag));
        let unknown: Vec<&str> = required
            .iter()
            .copied()
            .filter(|tag| !EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(tag)))
            .collect();
        if !unknown.is_empty() {
            return Err(RegistrarReply::unsupported(unknown.join(", ")));
        }
        let contacts = contacts(request)?;
        let requires_bulk = requires("gin");
        if requires_bulk
            && contacts.iter().flatten().any(|(contact, _)| is_bulk(&contact.uri) && has_user(&contact.uri))
        {
            // RFC 6140 5.2: the numbers are the user.
            return Err(RegistrarReply::status(400));
        }
        let path = path(request)?;
        // RFC 3327 5.3: a device that does not know Path would not find out that it is reached through proxies.
        if !path.is_empty() && !requires("path") && !request.has_token(Name::Supported, "path") {
            return Err(RegistrarReply::unsupported("path"));
        }
        Ok(Asked {
            aor: to.uri.user_decoded().unwrap_or_default(),
            requires_bulk,
            call_id,
            cseq: cseq.number,
            source,
            now,
            contacts,
            path,
            user_agent: request.header(Name::UserAgent).map(|text| text.chars().take(MAX_USER_AGENT).collect()),
        })
    }

    /// Changes the bindings of the account. Nothing changes unless everything can.
    pub(super) fn update(&self, kept: &mut Vec<Kept>, limits: (u32, u32)) -> Result<(), RegistrarReply> {
        let Some(wanted) = &self.contacts else {
            if kept.iter().any(|kept| self.is_ours(kept) && self.is_late(kept)) {
                return Err(RegistrarReply::status(500));
            }
            kept.retain(|kept| !self.is_ours(kept));
            return Ok(());
        };
        let (least, most) = limits;
        if wanted.iter().any(|(_, expires)| *expires != 0 && *expires < least) {
            return Err(RegistrarReply { status: 423, headers: vec![(Name::MinExpires, least.to_string())] });
        }
        let known = |kept: &[Kept], uri: &Uri| {
            kept.iter().position(|kept| self.is_ours(kept) && kept.binding.uri.equivalent(uri))
        };
        let late =
            |(contact, _): &(NameAddr, u32)| known(kept, &contact.uri).is_some_and(|index| self.is_late(&kept[index]));
        if wanted.iter().any(late) {
            return Err(RegistrarReply::status(500));
        }
        let added = wanted.iter().filter(|(contact, expires)| *expires > 0 && known(kept, &contact.uri).is_none());
        let (added, ours) = (added.count(), kept.iter().filter(|kept| self.is_ours(kept)).count());
        if ours + added > MAX_CONTACTS || kept.len() + added > MAX_CONTACTS_OF_ACCOUNT {
            return Err(RegistrarReply::status(403));
        }
        for (contact, expires) in wanted {
            if let Some(index) = known(kept, &contact.uri) {
                kept.remove(index);
            }
            if *expires > 0 {
                kept.push(Kept {
                    binding: self.binding(&contact.uri),
                    call_id: self.call_id.to_owned(),
                    cseq: self.cseq,
                    until: self.now + Duration::from_secs((*expires).min(most).into()),
                });
            }
        }
        Ok(())
    }

    /// The headers of the 200: Contact for each binding of the address of record with the time that is left, and the
    /// Path as it came.
    pub(super) fn granted(&self, kept: &[Kept]) -> Vec<(Name, String)> {
        let left = |kept: &Kept| kept.until.saturating_duration_since(self.now).as_secs();
        let ours = kept.iter().filter(|kept| self.is_ours(kept));
        let contacts = ours.map(|kept| (Name::Contact, format!("<{}>;expires={}", kept.binding.uri, left(kept))));
        let path = self.path.iter().map(|value| (Name::Path, value.clone()));
        contacts.chain(path).collect()
    }

    fn binding(&self, uri: &Uri) -> Binding {
        Binding {
            uri: uri.clone(),
            source: *self.source,
            aor: self.aor.clone(),
            is_bulk: self.requires_bulk && is_bulk(uri),
            path: self.path.clone(),
            user_agent: self.user_agent.clone(),
        }
    }

    /// Whether a binding of the account is of the address of record of this request.
    fn is_ours(&self, kept: &Kept) -> bool {
        kept.binding.aor == self.aor
    }

    /// Whether a later REGISTER of the same client set this binding.
    fn is_late(&self, kept: &Kept) -> bool {
        kept.call_id == self.call_id && kept.cseq >= self.cseq
    }
}

/// The contacts with the time asked for; None for `*`, which removes all (RFC 3261 10.3 step 6).
fn contacts(request: &Message) -> Result<Option<Vec<(NameAddr, u32)>>, RegistrarReply> {
    if request.has_wildcard_contact() {
        let alone = request.values(Name::Contact).count() == 1;
        return if alone && request.expires() == Some(0) { Ok(None) } else { Err(RegistrarReply::status(400)) };
    }
    let contacts = request.contacts().map_err(|_| RegistrarReply::status(400))?;
    if contacts.len() > MAX_CONTACTS {
        return Err(RegistrarReply::status(403));
    }
    let default = request.expires().unwrap_or(DEFAULT_EXPIRES);
    let timed = |contact: NameAddr| {
        let expires = contact.expires().unwrap_or(default);
        (contact, expires)
    };
    Ok(Some(contacts.into_iter().map(timed).collect()))
}

fn path(request: &Message) -> Result<Vec<String>, RegistrarReply> {
    let path = request.addresses(Name::Path).map_err(|_| RegistrarReply::status(400))?;
    let path: Vec<String> = path.iter().map(NameAddr::to_string).collect();
    if path.len() > MAX_PATH || path.iter().map(String::len).sum::<usize>() > MAX_TEXT {
        return Err(RegistrarReply::status(400));
    }
    Ok(path)
}

/// RFC 6140 5.1: a contact that stands for numbers.
fn is_bulk(uri: &Uri) -> bool {
    uri.param("bnc").is_some()
}

fn has_user(uri: &Uri) -> bool {
    uri.user().is_some()
}
