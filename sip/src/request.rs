//! A request of ours before it has a branch.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;

use crate::flow::{Destination, Hop, Transmit};
use crate::header::{CSeq, Name, NameAddr};
use crate::message::Builder;
use crate::method::Method;
use crate::transaction::Branch;
use crate::transaction::write::MAX_FORWARDS;
use crate::uri::Uri;

/// Methods that this endpoint takes within and outside dialogs.
pub const ALLOW: &str = "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, PRACK, REFER, NOTIFY";

/// What a request says, kept while it can be challenged: it is then sent again with credentials.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    /// Values of Route, in order.
    pub(crate) routes: Vec<Arc<str>>,
    /// Value of From, with our tag.
    pub(crate) from: Arc<str>,
    /// Value of To.
    pub(crate) to: Arc<str>,
    pub(crate) call_id: Arc<str>,
    pub(crate) cseq: u32,
    /// Value of Contact.
    pub(crate) contact: Option<Arc<str>>,
    /// Further headers.
    pub(crate) headers: Vec<(Name, String)>,
    /// Content-Type and body.
    pub(crate) body: Option<(Arc<str>, Bytes)>,
    /// Next hop.
    pub(crate) hop: Destination,
    /// Sent-by.
    pub(crate) local: SocketAddr,
}

impl Request {
    /// Goes this way from here on.
    pub(crate) fn take(&mut self, hop: &Hop) {
        self.hop = hop.to.clone();
        self.local = hop.local;
        if self.contact.is_some() {
            self.contact = Some(format!("<{}>", hop.contact).into());
        }
    }

    /// Whether it belongs to a dialog.
    pub(crate) fn is_inside(&self) -> bool {
        NameAddr::parse(&self.to).is_ok_and(|to| to.tag().is_some())
    }

    /// Writes it down with a branch and credentials, to go `to` its hop or another place.
    pub(crate) fn transmit(
        &self,
        branch: Branch,
        user_agent: &str,
        credentials: &[(Name, String)],
        to: &Destination,
    ) -> Transmit {
        // rport is always asked for (RFC 3581 3): responses come back however many NATs there are.
        let via = format_args!("SIP/2.0/{} {};rport;branch={branch}", to.protocol, self.local);
        let mut builder = Builder::request(&self.method, &self.uri).header(Name::Via, via);
        if !self.headers.iter().any(|(name, _)| *name == Name::MaxForwards) {
            builder = builder.header(Name::MaxForwards, MAX_FORWARDS);
        }
        for route in &self.routes {
            builder = builder.header(Name::Route, route);
        }
        builder = builder
            .header(Name::From, &self.from)
            .header(Name::To, &self.to)
            .header(Name::CallId, &self.call_id)
            .header(Name::CSeq, CSeq { number: self.cseq, method: self.method.clone() });
        if let Some(contact) = &self.contact {
            builder = builder.header(Name::Contact, contact);
        }
        builder = builder.headers(&self.headers).headers(credentials);
        if matches!(self.method, Method::Invite | Method::Update) {
            builder = builder.header(Name::Allow, ALLOW);
        }
        builder = builder.header(Name::UserAgent, user_agent);
        if let Some((content_type, body)) = &self.body {
            builder = builder.body(content_type, body);
        }
        Transmit { to: to.clone(), from: self.local, bytes: builder.finish() }
    }
}
