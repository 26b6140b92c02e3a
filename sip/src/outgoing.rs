//! Requests of ours that belong to no session and no registration: OPTIONS and the like.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use crate::auth::Auth;
use crate::core::Core;
use crate::endpoint::{Account, Event, OutgoingId};
use crate::header::{Name, NameAddr};
use crate::message::{Message, default_reason};
use crate::method::Method;
use crate::pass::{Miss, Pass};
use crate::request::Request;
use crate::transaction::{ClientId, Failure, Owner};
use crate::uri::Uri;

/// A request that waits for its final response.
#[derive(Debug)]
pub(crate) struct Outgoing {
    id: u64,
    pass: Pass,
    request: Request,
    auth: Auth,
    transaction: ClientId,
}

/// What a request says.
pub(crate) struct Content {
    pub(crate) method: Method,
    pub(crate) target: Uri,
    pub(crate) headers: Vec<(Name, String)>,
    /// Content-Type and body.
    pub(crate) body: Option<(Arc<str>, Bytes)>,
}

impl Outgoing {
    /// Sends it.
    pub(crate) fn start(id: u64, account: Arc<Account>, content: Content, core: &mut Core, now: Instant) -> Outgoing {
        let Content { method, target, headers, body } = content;
        let name = account.display_name.as_deref().unwrap_or_default();
        let from = NameAddr::new(account.aor.clone()).with_display(name).with_tag(&core.tag(id)).to_string();
        let mut auth = Auth::new(account.credentials.clone());
        let pass = Pass::new(account);
        let (account, hop) = (pass.account(), pass.hop());
        // RFC 3428 4 forbids it in MESSAGE, RFC 3903 4 gives it no meaning in PUBLISH.
        let contact = !matches!(method, Method::Message | Method::Publish | Method::Info);
        let request = Request {
            method,
            to: format!("<{target}>").into(),
            uri: target,
            routes: account.routes.clone(),
            from: from.into(),
            call_id: core.call_id().into(),
            cseq: 1,
            contact: contact.then(|| format!("<{}>", hop.contact).into()),
            headers,
            body,
            hop: hop.to.clone(),
            local: hop.local,
        };
        let transaction = core.send(&request, &mut auth, Owner::Outgoing(id), now);
        Outgoing { id, pass, request, auth, transaction }
    }

    /// A response. True when it is over.
    pub(crate) fn on_response(
        &mut self,
        transaction: ClientId,
        response: &Message,
        core: &mut Core,
        now: Instant,
    ) -> bool {
        let Some(status) = response.status().filter(|_| transaction == self.transaction) else { return false };
        if status == 503 {
            return self.next_hop(Miss::response(response), core, now);
        }
        self.pass.answered(core);
        if status < 200 {
            return false;
        }
        if matches!(status, 401 | 407) && self.auth.challenged(response) {
            self.again(core, now);
            return false;
        }
        self.over(status, response.reason().to_owned(), Some(response.clone()), core);
        true
    }

    /// Nothing came, or it could not be sent. True when it is over.
    pub(crate) fn on_failure(&mut self, failure: Failure, core: &mut Core, now: Instant) -> bool {
        failure.transaction == self.transaction && self.next_hop(failure.into(), core, now)
    }

    fn next_hop(&mut self, miss: Miss, core: &mut Core, now: Instant) -> bool {
        match self.pass.failed(miss, core) {
            Ok(()) => {
                self.auth.forget();
                self.request.take(self.pass.hop());
                self.again(core, now);
                false
            }
            Err(miss) => {
                self.over(miss.status, miss.reason(), miss.response, core);
                true
            }
        }
    }

    fn again(&mut self, core: &mut Core, now: Instant) {
        self.request.cseq += 1;
        self.transaction = core.send(&self.request, &mut self.auth, Owner::Outgoing(self.id), now);
    }

    fn over(&self, status: u16, reason: String, response: Option<Message>, core: &mut Core) {
        let (id, from_network) = (OutgoingId(self.id), response.is_some());
        core.event(Event::Response { id, status, reason, from_network, response });
    }
}

/// Reports that a request is not even tried.
pub(crate) fn refuse(id: u64, status: u16, core: &mut Core) {
    let (id, reason) = (OutgoingId(id), default_reason(status).to_owned());
    core.event(Event::Response { id, status, reason, from_network: false, response: None });
}
