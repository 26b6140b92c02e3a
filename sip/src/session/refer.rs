//! Transfers (RFC 3515, RFC 3892, RFC 4488): REFER in an answered session, and the subscription that comes with it.
//!
//! The subscription ends with the session.

use std::time::Instant;

use bytes::Bytes;

use super::established::Established;
use super::link::Pending;
use super::{Base, Session, Stage};
use crate::core::{Core, Received, Reply};
use crate::endpoint::{Event, Refer, ReferId};
use crate::error::ParseError;
use crate::header::{Name, NameAddr, Params, Replaces};
use crate::lex;
use crate::message::{Message, default_reason};
use crate::method::Method;
use crate::transaction::{ClientId, Failure};
use crate::uri::{Scheme, Uri};

/// Transfers at once in one session and direction; further ones are refused.
const MAX_REFERS: usize = 4;

/// Value of Event.
const PACKAGE: &str = "refer";

/// How long a subscription is said to last, in seconds: longer than a call rings.
const EXPIRES: u32 = 300;

/// Content-Type of what is notified.
const SIPFRAG: &str = "message/sipfrag;version=2.0";

/// Transfers of one session.
#[derive(Debug, Default)]
pub(super) struct Refers {
    last_id: u64,
    /// Asked of us.
    received: Vec<Asked>,
    /// Asked by us.
    made: Vec<Made>,
}

/// A transfer that the other side asked for.
#[derive(Debug)]
struct Asked {
    id: u64,
    /// Number of the REFER, which names its subscription; the first in a session needs no name (RFC 3515 2.4.6).
    cseq: Option<u32>,
    /// The REFER, while it has no final response.
    open: Option<Received>,
    /// Whether it wants to hear how it goes (RFC 4488).
    subscribed: bool,
    notifying: Option<Pending>,
    /// What is to be notified once the NOTIFY before it was answered: only the last counts.
    next: Option<(u16, String)>,
    /// The last NOTIFY is on its way.
    terminated: bool,
}

/// A transfer that we asked for.
#[derive(Debug)]
struct Made {
    id: u64,
    pending: Pending,
    /// Whether the REFER was accepted.
    accepted: bool,
    /// Whether we want to hear how it goes.
    subscribed: bool,
}

/// A REFER as it came.
#[derive(Debug)]
struct NewRefer {
    target: Uri,
    replaces: Option<Replaces>,
}

impl NewRefer {
    /// Reads Refer-To (RFC 3515 2.1); the status is how to refuse a REFER.
    fn parse(refer: &Message) -> Result<NewRefer, u16> {
        let mut values = refer.raw_values(Name::ReferTo);
        let (Some(value), None) = (values.next(), values.next()) else { return Err(400) };
        let uri = NameAddr::parse(value).map_err(|_| 400_u16)?.uri;
        if uri.scheme() == Scheme::Other {
            return Err(416);
        }
        // Other methods than INVITE are for others than telephones.
        if uri.param("method").flatten().is_some_and(|method| !method.eq_ignore_ascii_case("INVITE")) {
            return Err(501);
        }
        let replaces = uri.header("Replaces").map(|value| Replaces::parse(&value)).transpose();
        let replaces = replaces.map_err(|_: ParseError| 400_u16)?;
        Ok(NewRefer { target: uri.without_headers(), replaces })
    }
}

impl Session {
    /// Accepts a transfer: what becomes of it is told with `refer_progress`.
    pub(crate) fn accept_refer(&mut self, id: u64, core: &mut Core, now: Instant) {
        let Session { base, stage: Stage::Established(established) } = self else { return };
        let contact = established.link.dialog.contact().clone();
        let Some(asked) = established.asked(id) else { return };
        let Some(received) = asked.open.take() else { return };
        let quiet = [(Name::ReferSub, "false".to_owned())];
        let headers: &[_] = if asked.subscribed { &[] } else { &quiet };
        let reply = Reply { status: 202, contact: Some(&contact), headers, ..Reply::default() };
        core.respond(&received, reply, now);
        if asked.subscribed {
            asked.next = Some((100, default_reason(100).to_owned()));
            established.notify(base, id, core, now);
        } else {
            established.forget_asked(id);
        }
    }

    /// Refuses a transfer.
    pub(crate) fn reject_refer(&mut self, id: u64, status: u16, core: &mut Core, now: Instant) {
        let Stage::Established(established) = &mut self.stage else { return };
        if let Some(received) = established.asked(id).and_then(|asked| asked.open.take()) {
            let status = if (300..=699).contains(&status) { status } else { 603 };
            core.refuse(&received, status, None, now);
            established.forget_asked(id);
        }
    }

    /// Tells how a transfer goes.
    pub(crate) fn refer_progress(&mut self, id: u64, status: u16, reason: Option<&str>, core: &mut Core, now: Instant) {
        let Session { base, stage: Stage::Established(established) } = self else { return };
        let Some(asked) = established.asked(id) else { return };
        if asked.open.is_none() && !asked.terminated && (100..=699).contains(&status) {
            // A final status that waits is the last word.
            if asked.next.as_ref().is_none_or(|(waiting, _)| *waiting < 200) {
                asked.next = Some((status, reason.unwrap_or(default_reason(status)).to_owned()));
            }
            established.notify(base, id, core, now);
        }
    }

    /// Asks for a transfer. None where the session is in no state for it or has too many.
    pub(crate) fn refer(&mut self, refer: &Refer, core: &mut Core, now: Instant) -> Option<u64> {
        let Session { base, stage: Stage::Established(established) } = self else { return None };
        if established.is_ending() {
            return None;
        }
        let refers = established.refers.get_or_insert_default();
        if refers.made.len() >= MAX_REFERS {
            return None;
        }
        refers.last_id += 1;
        let id = refers.last_id;
        let target = match &refer.replaces {
            Some(replaces) => refer.target.with_header("Replaces", replaces),
            None => refer.target.clone(),
        };
        let mut headers = vec![(Name::ReferTo, format!("<{target}>"))];
        if let Some(referred_by) = &refer.referred_by {
            headers.push((Name::ReferredBy, referred_by.clone()));
        }
        if !refer.notify {
            headers.push((Name::ReferSub, "false".to_owned()));
            headers.push((Name::Supported, "norefersub".to_owned()));
        }
        let mut request = established.link.dialog.request(Method::Refer, None);
        request.headers = headers;
        let transaction = base.send(&request, core, now);
        let pending = Pending { request, transaction };
        refers.made.push(Made { id, pending, accepted: false, subscribed: refer.notify });
        Some(id)
    }
}

impl Established {
    pub(super) fn on_refer(&mut self, base: &Base, received: Received, core: &mut Core, now: Instant) {
        let new = match NewRefer::parse(&received.message) {
            Ok(new) => new,
            Err(status) => return core.refuse(&received, status, None, now),
        };
        let refers = self.refers.get_or_insert_default();
        // One that nobody decided on before its client gave up is gone.
        refers.received.retain(|asked| asked.open.as_ref().is_none_or(|open| core.transactions.is_open(open.server)));
        if refers.received.len() >= MAX_REFERS {
            let later = core.retry_after();
            core.respond(&received, Reply { status: 503, headers: &later, ..Reply::default() }, now);
            return;
        }
        self.link.dialog.refresh(&received.message, &received.source);
        let first = refers.last_id == 0;
        refers.last_id += 1;
        let id = refers.last_id;
        let message = &received.message;
        let subscribed = !message.header(Name::ReferSub).is_some_and(|value| value.eq_ignore_ascii_case("false"));
        let referred_by = message.header(Name::ReferredBy).map(str::to_owned);
        let cseq = message.cseq().ok().map(|cseq| cseq.number).filter(|_| !first);
        let NewRefer { target, replaces } = new;
        let session = base.session();
        refers.received.push(Asked {
            id,
            cseq,
            open: Some(received),
            subscribed,
            notifying: None,
            next: None,
            terminated: false,
        });
        base.event(core, Event::Refer { session, id: ReferId(id), target, replaces, referred_by, notify: subscribed });
    }

    /// What becomes of a transfer that we asked for (RFC 3515 2.4.4).
    pub(super) fn on_notify(&mut self, base: &Base, received: &Received, core: &mut Core, now: Instant) {
        let message = &received.message;
        let (package, params) = value_and_params(message.header(Name::Event).unwrap_or_default());
        if !package.eq_ignore_ascii_case(PACKAGE) {
            let allowed = [(Name::AllowEvents, PACKAGE.to_owned())];
            core.respond(received, Reply { status: 489, headers: &allowed, ..Reply::default() }, now);
            return;
        }
        let named = params.value("id").map(lex::saturating_number);
        let made = self.refers.as_mut().and_then(|refers| {
            let index = match named {
                Some(number) => refers.made.iter().position(|made| Some(made.pending.request.cseq) == number)?,
                None => 0,
            };
            refers.made.get(index).filter(|made| made.subscribed)?;
            Some((index, refers))
        });
        let Some((index, refers)) = made else { return core.refuse(received, 481, None, now) };
        let Some(state) = message.header(Name::SubscriptionState) else {
            return core.refuse(received, 400, None, now);
        };
        let terminated = value_and_params(state).0.eq_ignore_ascii_case("terminated");
        core.refuse(received, 200, None, now);
        self.link.dialog.refresh(message, &received.source);
        let Some(made) = refers.made.get_mut(index) else { return };
        let (session, id) = (base.session(), ReferId(made.id));
        // It may overtake the 202 (RFC 6665 4.4.1).
        if !std::mem::replace(&mut made.accepted, true) {
            base.event(core, Event::ReferAccepted { session, id });
        }
        if let Some((status, reason)) = status_of(&message.body()) {
            base.event(core, Event::ReferProgress { session, id, status, reason });
        }
        if terminated {
            refers.made.remove(index);
            base.event(core, Event::ReferEnded { session, id });
        }
    }

    /// A final response to a REFER or NOTIFY of ours; tells whether the session itself may be lost with it. None
    /// where it is neither.
    pub(super) fn on_refer_response(
        &mut self,
        base: &mut Base,
        transaction: ClientId,
        response: &Message,
        core: &mut Core,
        now: Instant,
    ) -> Option<bool> {
        let status = response.status()?;
        let refers = self.refers.as_mut()?;
        let dialog = &mut self.link.dialog;
        let notifying = |asked: &Asked| asked.notifying.as_ref().is_some_and(|sent| sent.transaction == transaction);
        if let Some(asked) = refers.received.iter_mut().find(|asked| notifying(asked)) {
            if asked.notifying.as_mut()?.challenged(base, dialog, response, core, now) {
                return Some(false);
            }
            asked.notifying = None;
            let id = asked.id;
            if asked.terminated || status >= 300 {
                self.forget_asked(id);
            } else {
                self.notify(base, id, core, now);
            }
            return Some(false);
        }
        let index = refers.made.iter().position(|made| made.pending.transaction == transaction)?;
        let made = refers.made.get_mut(index)?;
        if made.pending.challenged(base, dialog, response, core, now) {
            return Some(false);
        }
        let (session, id) = (base.session(), ReferId(made.id));
        if status >= 300 {
            refers.made.remove(index);
            base.event(core, Event::ReferRejected { session, id, status });
            return Some(true);
        }
        if !std::mem::replace(&mut made.accepted, true) {
            base.event(core, Event::ReferAccepted { session, id });
        }
        // RFC 4488 4: the other side may do without, where we asked for that.
        let quiet = response.header(Name::ReferSub).is_some_and(|value| value.eq_ignore_ascii_case("false"));
        if quiet && !made.subscribed {
            refers.made.remove(index);
            base.event(core, Event::ReferEnded { session, id });
        } else {
            made.subscribed = true;
        }
        Some(false)
    }

    /// A REFER or NOTIFY of ours failed; true where it was one. The subscription ends with it, the session stays.
    pub(super) fn on_refer_failure(&mut self, base: &Base, failure: &Failure, core: &mut Core, _: Instant) -> bool {
        let Some(refers) = self.refers.as_mut() else { return false };
        let notifying =
            |asked: &Asked| asked.notifying.as_ref().is_some_and(|sent| sent.transaction == failure.transaction);
        if let Some(index) = refers.received.iter().position(notifying) {
            refers.received.remove(index);
            return true;
        }
        let made = refers.made.iter().position(|made| made.pending.transaction == failure.transaction);
        let Some(index) = made else { return false };
        let made = refers.made.remove(index);
        let (session, id, status) = (base.session(), ReferId(made.id), failure.status);
        base.event(core, Event::ReferRejected { session, id, status });
        true
    }

    /// Refuses what the other side wants and was not answered.
    pub(super) fn refuse_open(&mut self, status: u16, core: &mut Core, now: Instant) {
        self.link.refuse_offered(status, core, now);
        for asked in self.refers.iter_mut().flat_map(|refers| &mut refers.received) {
            if let Some(received) = asked.open.take() {
                core.refuse(&received, status, None, now);
            }
        }
    }

    /// Sends what is to be notified, one NOTIFY at a time so that none overtakes another.
    fn notify(&mut self, base: &mut Base, id: u64, core: &mut Core, now: Instant) {
        let ending = self.is_ending();
        let Some(refers) = self.refers.as_mut() else { return };
        let Some(asked) = refers.received.iter_mut().find(|asked| asked.id == id) else { return };
        if asked.notifying.is_some() || ending {
            return;
        }
        let Some((status, reason)) = asked.next.take() else { return };
        asked.terminated = status >= 200;
        let state = if asked.terminated {
            "terminated;reason=noresource".to_owned()
        } else {
            format!("active;expires={EXPIRES}")
        };
        let event = match asked.cseq {
            Some(cseq) => format!("{PACKAGE};id={cseq}"),
            None => PACKAGE.to_owned(),
        };
        let reason: String = reason.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let fragment = Bytes::from(format!("SIP/2.0 {status} {reason}\r\n"));
        let mut request = self.link.dialog.request(Method::Notify, Some((SIPFRAG.into(), fragment)));
        request.headers = vec![(Name::Event, event), (Name::SubscriptionState, state)];
        let transaction = base.send(&request, core, now);
        asked.notifying = Some(Pending { request, transaction });
    }

    fn asked(&mut self, id: u64) -> Option<&mut Asked> {
        self.refers.as_mut()?.received.iter_mut().find(|asked| asked.id == id)
    }

    fn forget_asked(&mut self, id: u64) {
        if let Some(refers) = &mut self.refers {
            refers.received.retain(|asked| asked.id != id);
        }
    }
}

/// The status in a message/sipfrag body (RFC 3420) that begins with a status line.
fn status_of(fragment: &[u8]) -> Option<(u16, String)> {
    let line = fragment.split(|byte| matches!(byte, b'\r' | b'\n')).next()?;
    let line = std::str::from_utf8(line.get(..line.len().min(256))?).ok()?;
    let (version, rest) = lex::split_space(line)?;
    if !version.eq_ignore_ascii_case("SIP/2.0") {
        return None;
    }
    let (status, reason) = lex::split_space(rest).unwrap_or((rest, ""));
    let status = lex::saturating_number(status).and_then(|status| u16::try_from(status).ok())?;
    (100..700).contains(&status).then(|| (status, reason.to_owned()))
}

fn value_and_params(value: &str) -> (&str, Params) {
    let (value, params) = value.split_at(value.find(';').unwrap_or(value.len()));
    (lex::trim(value), Params::from_text(params))
}
