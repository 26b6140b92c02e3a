//! Being called: an INVITE that waits for its answer.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use super::established::{Established, Unacknowledged};
use super::{Base, Next, SDP, Session, Stage, sdp};
use crate::auth::Auth;
use crate::core::{Core, Received, Reply};
use crate::dialog::Dialog;
use crate::endpoint::Event;
use crate::error::ParseError;
use crate::header::Name;
use crate::method::Method;
use crate::request::ALLOW;
use crate::transaction::ServerId;

/// An INVITE received has no final response.
#[derive(Debug)]
pub(crate) struct Ringing {
    invite: Received,
    pub(super) dialog: Dialog,
}

impl Session {
    /// For an INVITE that begins something; `contact` is ours in what answers it.
    pub(crate) fn ring(id: u64, invite: Received, contact: Arc<str>, core: &mut Core) -> Result<Session, ParseError> {
        let tag = core.tag(id);
        let dialog = Dialog::callee(&invite.message, &invite.source, &tag, contact)?;
        let ringing = Ringing { invite, dialog };
        Ok(Session::new(id, tag, Auth::new(None), Stage::Ringing(Box::new(ringing))))
    }

    /// Sends a provisional response.
    pub(crate) fn provisional(&mut self, status: u16, sdp: Option<Bytes>, core: &mut Core, now: Instant) {
        let Stage::Ringing(ringing) = &self.stage else { return };
        if !(101..=199).contains(&status) {
            return;
        }
        let body = sdp.as_deref().map(|sdp| (SDP, sdp));
        let (tag, contact) = (Some(&*self.base.tag), Some(&**ringing.dialog.contact()));
        core.respond(&ringing.invite, Reply { status, tag, contact, body, ..Reply::default() }, now);
    }

    /// Answers with 200.
    pub(crate) fn answer(&mut self, description: Bytes, core: &mut Core, now: Instant) {
        let stage = std::mem::replace(&mut self.stage, Stage::Over);
        let Stage::Ringing(ringing) = stage else {
            self.stage = stage;
            return;
        };
        let Ringing { invite, dialog } = *ringing;
        let (tag, contact) = (Some(&*self.base.tag), Some(&**dialog.contact()));
        let body = Some((SDP, &*description));
        let sent = core.respond(&invite, Reply { status: 200, tag, contact, body, ..Reply::default() }, now);
        let cseq = invite.message.cseq().map(|cseq| cseq.number).unwrap_or_default();
        let we_offered = sdp(&invite.message).is_none();
        let mut established = Established::new(dialog, None);
        if let Some(sent) = sent {
            let waiting = Unacknowledged::start(self.base.id, cseq, sent, true, we_offered, core, now);
            established.await_ack(waiting);
        }
        // Back for the log line; the stage was only taken out to be moved from.
        self.stage = Stage::Over;
        self.enter(Some(Stage::Established(Box::new(established))));
    }

    /// Refuses. Nothing is reported from here on.
    pub(crate) fn reject(
        &mut self,
        status: u16,
        reason: Option<&str>,
        headers: &[(Name, String)],
        core: &mut Core,
        now: Instant,
    ) {
        if let Stage::Ringing(ringing) = &mut self.stage {
            self.base.silent = true;
            let status = if (300..=699).contains(&status) { status } else { 500 };
            let next = ringing.refuse(&self.base, status, reason, headers, core, now);
            self.enter(next);
        }
    }
}

impl Ringing {
    pub(super) fn is(&self, server: ServerId) -> bool {
        self.invite.server == server
    }

    pub(super) fn refuse(
        &mut self,
        base: &Base,
        status: u16,
        reason: Option<&str>,
        headers: &[(Name, String)],
        core: &mut Core,
        now: Instant,
    ) -> Next {
        let reply = Reply { status, reason, tag: Some(&base.tag), headers, ..Reply::default() };
        core.respond(&self.invite, reply, now);
        Some(Stage::Over)
    }

    pub(super) fn on_cancel(&mut self, base: &mut Base, core: &mut Core, now: Instant) -> Next {
        core.refuse(&self.invite, 487, Some(&base.tag), now);
        base.last_event(core, Event::Cancelled { session: base.session() });
        Some(Stage::Over)
    }

    /// Requests within the early dialog.
    pub(super) fn on_request(
        &mut self,
        base: &mut Base,
        received: &Received,
        method: &Method,
        core: &mut Core,
        now: Instant,
    ) -> Next {
        let in_order = self.dialog.matches(&received.message)
            && received.message.cseq().is_ok_and(|cseq| self.dialog.advance(cseq.number));
        if !self.dialog.matches(&received.message) {
            core.refuse(received, 481, None, now);
            return None;
        }
        if !in_order {
            core.refuse(received, 500, None, now);
            return None;
        }
        let later = core.retry_after();
        let allow = [(Name::Allow, ALLOW.to_owned())];
        match method {
            // The caller may end an early dialog this way too (RFC 3261 15).
            Method::Bye => {
                core.refuse(received, 200, None, now);
                return self.on_cancel(base, core, now);
            }
            // RFC 3311 5.2: its first offer has no answer yet. RFC 3261 14.2: nor has its first INVITE.
            Method::Update if sdp(&received.message).is_some() => {
                core.respond(received, Reply { status: 500, headers: &later, ..Reply::default() }, now);
            }
            Method::Invite => {
                core.respond(received, Reply { status: 500, headers: &later, ..Reply::default() }, now);
            }
            Method::Update => {
                self.dialog.refresh(&received.message, &received.source);
                let contact = self.dialog.contact().clone();
                core.respond(received, Reply { status: 200, contact: Some(&contact), ..Reply::default() }, now);
            }
            Method::Info => {
                core.refuse(received, 200, None, now);
                base.event(core, super::established::info(base, &received.message));
            }
            Method::Options => {
                core.respond(received, Reply { status: 200, headers: &allow, ..Reply::default() }, now);
            }
            _ => {
                core.respond(received, Reply { status: 405, headers: &allow, ..Reply::default() }, now);
            }
        }
        None
    }
}
