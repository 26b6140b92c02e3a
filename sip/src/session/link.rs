//! A dialog with what is being agreed on in it: what early and established sessions have in common.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use super::offer::{Offered, Offering};
use super::timer::SessionTimer;
use super::{Base, SDP};
use crate::core::Core;
use crate::dialog::Dialog;
use crate::header::{Name, RAck};
use crate::message::Message;
use crate::method::Method;
use crate::request::Request;
use crate::transaction::{ClientId, Failure};

/// INFO and PRACK requests of ours that wait for their answer at once; more are not sent.
const MAX_SENT: usize = 16;

/// A dialog and the offers in it.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) dialog: Dialog,
    /// Which early dialog of the caller it is or was.
    pub(super) fork: u32,
    /// Whether the INVITE has no final response: the session then has no timer.
    pub(super) early: bool,
    /// Whether the first offer has its answer.
    pub(super) negotiated: bool,
    /// Whether the other side says that it takes UPDATE.
    takes_update: bool,
    /// The last session description of ours: a refresh by re-INVITE repeats it (RFC 4028 7.4).
    pub(super) described: Bytes,
    /// An offer of the other side without answer.
    pub(super) offered: Option<Box<Offered>>,
    /// An offer of ours without answer.
    pub(super) offering: Option<Box<Offering>>,
    /// Requests of ours whose answer changes nothing: INFO and PRACK.
    sent: Vec<Pending>,
    pub(super) timer: SessionTimer,
}

/// A request of ours without final response.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) request: Request,
    pub(super) transaction: ClientId,
}

impl Link {
    /// `first`: the message of the other side that made the dialog.
    pub(super) fn new(dialog: Dialog, first: &Message, fork: u32, described: Bytes) -> Link {
        let mut link = Link {
            dialog,
            fork,
            early: true,
            negotiated: false,
            takes_update: false,
            described,
            offered: None,
            offering: None,
            sent: Vec::new(),
            timer: SessionTimer::default(),
        };
        link.hear(first);
        link
    }

    /// Takes note of what the other side says that it can do.
    pub(super) fn hear(&mut self, message: &Message) {
        if message.header(Name::Allow).is_some() {
            self.takes_update = message.has_token(Name::Allow, Method::Update.as_str());
        }
    }

    /// What the 2xx to a request says of the session interval.
    pub(super) fn grant(
        &mut self,
        request: &Message,
        base: &Base,
        core: &mut Core,
        now: Instant,
    ) -> Vec<(Name, String)> {
        if self.early { Vec::new() } else { self.timer.grant(request, base.id, core, now) }
    }

    /// What a re-INVITE or UPDATE says of the session interval.
    pub(super) fn timer_headers(&self, core: &Core) -> Vec<(Name, String)> {
        if self.early { Vec::new() } else { self.timer.headers(core) }
    }

    /// Whether the other side says that it takes UPDATE.
    pub(super) fn takes_update(&self) -> bool {
        self.takes_update
    }

    /// Sends a request whose answer changes nothing.
    pub(super) fn send(
        &mut self,
        base: &mut Base,
        method: Method,
        headers: Vec<(Name, String)>,
        body: Option<(Arc<str>, Bytes)>,
        core: &mut Core,
        now: Instant,
    ) {
        if self.sent.len() < MAX_SENT {
            let mut request = self.dialog.request(method, body);
            request.headers = headers;
            let transaction = base.send(&request, core, now);
            self.sent.push(Pending { request, transaction });
        }
    }

    /// Whether an offer of ours may go into the early dialog (RFC 3311 5.1): the first one has its answer, and no
    /// PRACK is open, which the UPDATE could overtake.
    pub(super) fn takes_offer(&self) -> bool {
        let pracks = self.sent.iter().any(|sent| sent.request.method == Method::Prack);
        self.takes_update && self.negotiated && self.is_free() && !pracks
    }

    /// Whether another request can be sent in that way.
    pub(super) fn can_send(&self) -> bool {
        self.sent.len() < MAX_SENT
    }

    /// Acknowledges a reliable provisional response.
    pub(super) fn prack(&mut self, base: &mut Base, rack: &RAck, answer: Option<Bytes>, core: &mut Core, now: Instant) {
        let headers = vec![(Name::RAck, rack.to_string())];
        self.send(base, Method::Prack, headers, answer.map(|answer| (Arc::from(SDP), answer)), core, now);
    }

    /// A final response to a request that `send` sent; gives the method where it was one, and is not sent again.
    pub(super) fn on_sent_response(
        &mut self,
        base: &mut Base,
        transaction: ClientId,
        response: &Message,
        core: &mut Core,
        now: Instant,
    ) -> Option<Method> {
        let index = self.sent.iter().position(|sent| sent.transaction == transaction)?;
        if self.sent.get_mut(index)?.challenged(base, &mut self.dialog, response, core, now) {
            return None;
        }
        Some(self.sent.swap_remove(index).request.method)
    }

    /// A request that `send` sent failed; gives its method.
    pub(super) fn on_sent_failure(&mut self, failure: &Failure) -> Option<Method> {
        let index = self.sent.iter().position(|sent| sent.transaction == failure.transaction)?;
        Some(self.sent.swap_remove(index).request.method)
    }
}

impl Pending {
    /// Sends it again where the response is a challenge that can be answered.
    pub(super) fn challenged(
        &mut self,
        base: &mut Base,
        dialog: &mut Dialog,
        response: &Message,
        core: &mut Core,
        now: Instant,
    ) -> bool {
        if !matches!(response.status(), Some(401 | 407)) || !base.auth.challenged(response) {
            return false;
        }
        self.send_again(base, dialog, core, now);
        true
    }

    /// Sends it again as a new request.
    pub(super) fn send_again(&mut self, base: &mut Base, dialog: &mut Dialog, core: &mut Core, now: Instant) {
        self.request.cseq = dialog.next_cseq();
        self.transaction = base.send(&self.request, core, now);
    }
}
