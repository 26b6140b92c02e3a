//! A dialog (RFC 3261 12): what both sides agreed on to address each other, and in which order requests go.

use std::sync::Arc;

use bytes::Bytes;

use crate::error::ParseError;
use crate::flow::{Destination, Source};
use crate::header::{Name, NameAddr};
use crate::message::Message;
use crate::method::Method;
use crate::request::Request;
use crate::transport::Protocol;
use crate::uri::{Host, Uri};

/// Most proxies on the way between both sides.
const MAX_ROUTES: usize = 32;

/// Requests that an early dialog may have had without our knowing them any more; sequence numbers may have gaps
/// (RFC 3261 12.2.2).
const FORGOTTEN: u32 = 1000;

/// A dialog, from the first response with a To tag on.
#[derive(Debug)]
pub(crate) struct Dialog {
    call_id: Arc<str>,
    remote_tag: Arc<str>,
    /// From of our requests, with tag.
    local: Arc<str>,
    /// To of our requests, with tag.
    remote: Arc<str>,
    local_cseq: u32,
    remote_cseq: Option<u32>,
    remote_target: Uri,
    routes: Vec<Arc<str>>,
    /// Contact of our requests and responses.
    contact: Arc<str>,
    /// Whether our INVITE began it.
    caller: bool,
    flow: Source,
}

impl Dialog {
    /// The callee's side, from an INVITE (RFC 3261 12.1.1).
    pub(crate) fn callee(
        invite: &Message,
        source: &Source,
        local_tag: &str,
        contact: Arc<str>,
    ) -> Result<Dialog, ParseError> {
        let to = invite.header(Name::To).ok_or(ParseError::Missing(Name::To))?;
        let from = invite.header(Name::From).ok_or(ParseError::Missing(Name::From))?;
        let routes = invite.values(Name::RecordRoute).take(MAX_ROUTES).map(Arc::from).collect();
        Ok(Dialog {
            call_id: invite.call_id()?.into(),
            // A caller of RFC 2543 has no tag, which counts as an empty one (12.1.1).
            remote_tag: invite.from()?.tag().unwrap_or_default().into(),
            local: format!("{to};tag={local_tag}").into(),
            remote: from.into(),
            local_cseq: 0,
            remote_cseq: Some(invite.cseq()?.number),
            remote_target: match target(invite)? {
                Some(target) => target,
                // A caller of RFC 2543 need not send Contact either: its From is where it is.
                None if invite.from()?.tag().is_none() => invite.from()?.uri,
                None => return Err(ParseError::Missing(Name::Contact)),
            },
            routes,
            contact,
            caller: false,
            flow: *source,
        })
    }

    /// The caller's side, from the INVITE we sent and a response to it (RFC 3261 12.1.2).
    pub(crate) fn caller(invite: &Message, response: &Message, source: &Source) -> Result<Dialog, ParseError> {
        let to = response.header(Name::To).ok_or(ParseError::Missing(Name::To))?;
        let from = invite.header(Name::From).ok_or(ParseError::Missing(Name::From))?;
        let mut routes: Vec<Arc<str>> = response.values(Name::RecordRoute).take(MAX_ROUTES).map(Arc::from).collect();
        routes.reverse();
        let remote_target = match target(response)? {
            Some(target) => target,
            // Wrong, but seen: the callee is then reached as before.
            None => invite.request_uri()?,
        };
        Ok(Dialog {
            call_id: invite.call_id()?.into(),
            remote_tag: response.to()?.tag().unwrap_or_default().into(),
            local: from.into(),
            remote: to.into(),
            local_cseq: invite.cseq()?.number,
            remote_cseq: None,
            remote_target,
            routes,
            contact: invite.header(Name::Contact).unwrap_or_default().into(),
            caller: true,
            flow: *source,
        })
    }

    /// Whether a request of the other side belongs to this dialog. Our own tag was compared before.
    pub(crate) fn matches(&self, request: &Message) -> bool {
        request.call_id().is_ok_and(|call_id| call_id == &*self.call_id)
            && request.from().is_ok_and(|from| from.tag().unwrap_or_default() == &*self.remote_tag)
    }

    /// Takes the sequence number of a request; false when it is not above the last one (RFC 3261 12.2.2).
    pub(crate) fn advance(&mut self, cseq: u32) -> bool {
        if self.remote_cseq.is_some_and(|last| cseq <= last) {
            return false;
        }
        self.remote_cseq = Some(cseq);
        true
    }

    /// Takes a new remote target from a target refresh request or its response, and the way it came.
    pub(crate) fn refresh(&mut self, message: &Message, source: &Source) {
        if let Ok(Some(target)) = target(message) {
            self.remote_target = target;
        }
        self.flow = *source;
    }

    /// The 2xx to our INVITE came in what was an early dialog: its route counts, the numbers go on (RFC 3261
    /// 13.2.2.4).
    pub(crate) fn confirm(&mut self, response: &Message, source: &Source) {
        self.routes = response.values(Name::RecordRoute).take(MAX_ROUTES).map(Arc::from).collect();
        self.routes.reverse();
        self.refresh(response, source);
    }

    /// Numbers our next request far above what was sent in an early dialog that is not known any more.
    pub(crate) fn skip_numbers(&mut self) {
        self.local_cseq = self.local_cseq.saturating_add(FORGOTTEN);
    }

    /// Call-ID.
    pub(crate) fn call_id(&self) -> &str {
        &self.call_id
    }

    /// Contact of the other side.
    pub(crate) fn remote_target(&self) -> &Uri {
        &self.remote_target
    }

    /// Value of Contact on our side.
    pub(crate) fn contact(&self) -> &Arc<str> {
        &self.contact
    }

    /// Changes our Contact, for what is sent from now on.
    pub(crate) fn set_contact(&mut self, contact: Arc<str>) {
        self.contact = contact;
    }

    /// To tag of the other side.
    pub(crate) fn remote_tag(&self) -> &str {
        &self.remote_tag
    }

    /// The next request (RFC 3261 12.2.1.1).
    pub(crate) fn request(&mut self, method: Method, body: Option<(Arc<str>, Bytes)>) -> Request {
        self.local_cseq = self.local_cseq.wrapping_add(1);
        let cseq = self.local_cseq;
        let refreshes = matches!(method, Method::Invite | Method::Update | Method::Refer | Method::Notify);
        let mut request = self.write(method, cseq);
        request.contact = refreshes.then(|| self.contact.clone());
        request.body = body;
        request
    }

    /// The ACK of a 2xx to the INVITE with this number (RFC 3261 13.2.2.4).
    pub(crate) fn ack(&self, cseq: u32) -> Request {
        self.write(Method::Ack, cseq)
    }

    /// A number for a request that has to be sent again.
    pub(crate) fn next_cseq(&mut self) -> u32 {
        self.local_cseq = self.local_cseq.wrapping_add(1);
        self.local_cseq
    }

    /// Whether our INVITE began it, with a Call-ID of ours.
    pub(crate) fn is_caller(&self) -> bool {
        self.caller
    }

    fn write(&self, method: Method, cseq: u32) -> Request {
        let first = self.routes.first().and_then(|route| NameAddr::parse(route).ok());
        let (uri, routes, next) = match first {
            None => (self.remote_target.clone(), Vec::new(), self.remote_target.clone()),
            Some(first) if first.uri.param("lr").is_some() => {
                (self.remote_target.clone(), self.routes.clone(), first.uri)
            }
            // A strict router wants to be the Request-URI; the target goes to the end of the route.
            Some(first) => {
                let mut routes: Vec<Arc<str>> = self.routes.iter().skip(1).cloned().collect();
                routes.push(format!("<{}>", self.remote_target).into());
                (first.uri.clone(), routes, first.uri)
            }
        };
        Request {
            method,
            uri,
            routes,
            from: self.local.clone(),
            to: self.remote.clone(),
            call_id: self.call_id.clone(),
            cseq,
            contact: None,
            headers: Vec::new(),
            body: None,
            hop: self.hop(&next),
            local: self.flow.local,
        }
    }

    /// Where requests with this next hop go: by the flow in use where it leads there.
    fn hop(&self, next: &Uri) -> Destination {
        let protocol = match next.transport() {
            Some(protocol) => protocol,
            None if next.is_sips() => Protocol::Tls,
            None => self.flow.protocol,
        };
        let host = next.host().clone();
        let leads_there = protocol == self.flow.protocol
            // Clients over WebSocket have no address that could be connected to (RFC 7118 5).
            && (matches!(protocol, Protocol::Ws | Protocol::Wss)
                || host == Host::Ip(self.flow.remote.ip()));
        Destination {
            protocol,
            host,
            port: next.port().unwrap_or_else(|| protocol.default_port()),
            connection: self.flow.connection.filter(|_| leads_there),
            tls: None,
        }
    }
}

/// The Contact of a message, where there is one.
pub(crate) fn target(message: &Message) -> Result<Option<Uri>, ParseError> {
    Ok(message.contacts()?.into_iter().next().map(|contact| contact.uri))
}
