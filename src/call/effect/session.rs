//! Between the SIP endpoint and the call machine: what needs neither sockets nor settings.

use std::time::Instant;

use offhook_sip::{EndReason, Endpoint, Event, SessionId};

use super::super::dtmf::Digit;
use super::super::headers::{Headers, Redirect, abilities, asserted};
use super::{SipEffect, SipInput};

impl SipInput {
    /// What an event of a session means for its call. The event comes back where it is none of a session's, or where
    /// it takes more to know what it means: who may call whom, and which transfer is asked about.
    pub fn read(event: Event) -> Result<(SessionId, SipInput), Box<Event>> {
        Ok(match event {
            Event::Progress { session, status, sdp, fork, response, .. } => {
                (session, SipInput::Progress { status, sdp, fork, headers: asserted(&response) })
            }
            Event::Answered { session, sdp, response, .. } => {
                let abilities = abilities(&response);
                (session, SipInput::Answered { sdp, abilities, headers: asserted(&response) })
            }
            Event::Rejected { session, status, reason, from_network, response } => {
                let redirect = response.as_ref().and_then(Redirect::read).map(Box::new);
                (session, SipInput::Rejected { status, reason, from_network, redirect })
            }
            Event::Cancelled { session, reason } => (session, SipInput::Cancelled { reason }),
            Event::Ended { session, why } => {
                let (broken, reason) = match why {
                    EndReason::RemoteBye { reason } => (false, reason),
                    _ => (true, None),
                };
                (session, SipInput::Ended { broken, reason })
            }
            Event::Offer { session, sdp, .. } => (session, SipInput::Offer { sdp }),
            Event::Confirmed { session, sdp } => (session, SipInput::Confirmed { sdp }),
            Event::OfferAnswered { session, sdp, .. } => (session, SipInput::OfferAnswered { sdp }),
            Event::Refer { session, id, target, replaces, referred_by, .. } => {
                let replaces = replaces.map(|replaces| replaces.to_string());
                (session, SipInput::Refer { refer: id, target, replaces, referred_by })
            }
            Event::Info { session, ref content_type, ref body } => match Digit::read(content_type, body) {
                Some(digit) => (session, SipInput::Digit(digit)),
                None => return Err(Box::new(event)),
            },
            Event::OfferRejected { session, status, .. } => (session, SipInput::OfferRejected { status }),
            other => return Err(Box::new(other)),
        })
    }
}

impl SipEffect {
    /// Has the endpoint do it. What takes more than the endpoint comes back: an INVITE, a REFER, a redirection, and a
    /// refusal, which may say when to try again.
    pub fn perform(self, endpoint: &mut Endpoint, now: Instant) -> Option<SipEffect> {
        match self {
            SipEffect::Provisional { session, status, sdp, headers } => {
                say(endpoint, session, headers);
                endpoint.provisional(session, status, sdp, now);
            }
            SipEffect::Answer { session, sdp, headers } => {
                say(endpoint, session, headers);
                endpoint.answer(session, sdp, now);
            }
            SipEffect::Hangup { session, reason } => endpoint.hangup(session, reason, now),
            SipEffect::AcceptRefer { session, refer } => endpoint.accept_refer(session, refer, now),
            SipEffect::ReferProgress { session, refer, status } => {
                endpoint.refer_progress(session, refer, status, None, now);
            }
            SipEffect::RejectRefer { session, refer, status } => endpoint.reject_refer(session, refer, status, now),
            SipEffect::Info { session, content_type, body } => endpoint.send_info(session, content_type, body, now),
            SipEffect::AnswerOffer { session, sdp } => endpoint.answer_offer(session, sdp, now),
            SipEffect::RejectOffer { session, status } => endpoint.reject_offer(session, status, now),
            SipEffect::Offer { session, sdp } => endpoint.offer(session, sdp, now),
            other @ (SipEffect::Invite { .. }
            | SipEffect::Reject { .. }
            | SipEffect::Refer { .. }
            | SipEffect::Redirect { .. }) => return Some(other),
        }
        None
    }
}

/// What the responses of a session say from now on, where there is something to say.
fn say(endpoint: &mut Endpoint, session: SessionId, headers: Headers) {
    if !headers.is_empty() {
        endpoint.set_response_headers(session, headers);
    }
}
