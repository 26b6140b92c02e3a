//! What one side has sent, dialog by dialog: each message once, however often it was repeated.

use std::collections::{HashMap, HashSet};

use offhook_sip::header::Name;
use offhook_sip::message::{Message, default_reason};
use offhook_sip::method::Method;

/// Messages of one dialog that are told apart; more are another fault.
const MAX_DECISIONS: usize = 4096;

/// What kind of message it is: its method, and its status where it is a response.
pub(super) type Kind = (Option<u16>, String);

/// What names a message, and what has to be known of it to answer it.
#[derive(Debug, Clone, Default)]
pub(super) struct Sent {
    pub(super) call_id: String,
    pub(super) branch: String,
    pub(super) from_tag: String,
    pub(super) to_tag: String,
    pub(super) cseq: u32,
    pub(super) rseq: Option<u32>,
}

/// All that one side has sent. Dialogs are named by the captured Call-ID.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    seen: HashSet<(String, Kind, String)>,
    decisions: HashMap<String, Vec<String>>,
    sent: HashMap<(String, Kind), Vec<Sent>>,
}

impl Ledger {
    /// Notes a message; gives its place among those of its kind, where it is no repetition.
    pub(super) fn note(&mut self, dialog: &str, message: &Message) -> Option<(Kind, usize)> {
        let sent = Sent::of(message)?;
        let method = message.cseq().ok()?.method;
        let kind =
            (message.status(), if message.is_request() { message.method()? } else { method.clone() }.to_string());
        let identity = match (message.status(), &method) {
            // The ACK of a 2xx is a transaction of its own, with a branch that may be new each time.
            (None, Method::Ack) => format!("{} {}", sent.cseq, sent.to_tag),
            (None, _) => sent.branch.clone(),
            (Some(_), _) => format!("{} {}", sent.branch, sent.to_tag),
        };
        let decisions = self.decisions.entry(dialog.to_owned()).or_default();
        if decisions.len() >= MAX_DECISIONS || !self.seen.insert((dialog.to_owned(), kind.clone(), identity)) {
            return None;
        }
        decisions.push(decision(message, &method));
        let of_kind = self.sent.entry((dialog.to_owned(), kind.clone())).or_default();
        of_kind.push(sent);
        Some((kind, of_kind.len() - 1))
    }

    /// What was decided in a dialog, in order.
    pub(super) fn decisions(&self, dialog: &str) -> Vec<String> {
        self.decisions.get(dialog).cloned().unwrap_or_default()
    }

    /// How many of a kind were sent.
    pub(super) fn count(&self, dialog: &str, kind: &Kind) -> usize {
        self.sent.get(&(dialog.to_owned(), kind.clone())).map_or(0, Vec::len)
    }

    /// One of a kind.
    pub(super) fn sent(&self, dialog: &str, kind: &Kind, place: usize) -> Option<&Sent> {
        self.sent.get(&(dialog.to_owned(), kind.clone()))?.get(place)
    }

    /// The first request of a dialog.
    pub(super) fn invite(&self, dialog: &str) -> Option<&Sent> {
        self.sent(dialog, &(None, "INVITE".to_owned()), 0)
    }
}

impl Sent {
    pub(super) fn of(message: &Message) -> Option<Sent> {
        let tag = |address: Result<offhook_sip::header::NameAddr, _>| {
            address.ok().and_then(|address| address.tag().map(str::to_owned)).unwrap_or_default()
        };
        Some(Sent {
            call_id: message.call_id().ok()?.to_owned(),
            branch: message.top_via().ok()?.branch().unwrap_or_default().to_owned(),
            from_tag: tag(message.from()),
            to_tag: tag(message.to()),
            cseq: message.cseq().ok()?.number,
            rseq: message.number(Name::RSeq),
        })
    }
}

/// A decision as a person reads it.
fn decision(message: &Message, method: &Method) -> String {
    let reason = message.header(Name::Reason).map(|reason| format!("; Reason: {reason}")).unwrap_or_default();
    match message.status() {
        Some(status) => {
            let phrase = Some(message.reason()).filter(|phrase| !phrase.is_empty()).unwrap_or(default_reason(status));
            format!("{status} {phrase} to {method}{reason}")
        }
        None if *method == Method::Invite && message.to().is_ok_and(|to| to.tag().is_some()) => "re-INVITE".to_owned(),
        None => format!("{method}{reason}"),
    }
}
