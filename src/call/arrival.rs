//! INVITEs that come in: whether they become calls.

use std::time::Instant;

use bytes::Bytes;
use offhook_media::sdp::{self, SdpError};
use offhook_sip::SessionId;

use super::Calls;
use super::cause::CauseCode;
use super::divert::{Trail, Written};
use super::effect::{Abilities, Caller, Effect, Route, SipEffect, Target, TargetUri};
use super::headers::Headers;
use super::numbers::{Around, Known, Placed, Translation, Wanted};
use super::settings::{Forwarding, ForwardingKind};
use super::state::{Far, FarSip, Near, NearSip, SipLeg};
use crate::ids::{CallId, LegId, LineGroupId, LineId, UserId};
use crate::numbers::{ReportedAs, is_canonical};

/// An INVITE that came in.
pub(super) struct Arrival {
    pub(super) session: SessionId,
    pub(super) call_id: String,
    pub(super) from: Caller,
    pub(super) abilities: Abilities,
    pub(super) max_forwards: u8,
    pub(super) headers: Headers,
    pub(super) offer: Bytes,
}

impl Calls {
    /// Makes a call of an INVITE that came in.
    pub(super) fn admit(&mut self, arrival: Arrival, route: Route, now: Instant) -> Result<CallId, CauseCode> {
        let mut called = Vec::new();
        let (group, far) = match route {
            Route::Line { group, line } => (group, Far::Clients { line, taker: None }),
            Route::Targets { targets, .. } if targets.is_empty() => return Err(CauseCode::Unavailable),
            Route::Targets { group, targets } => {
                let mut leg = |target| {
                    self.last_leg += 1;
                    SipLeg::new(LegId(self.last_leg), target)
                };
                let mut legs: Vec<_> = targets.into_iter().map(&mut leg).collect();
                for leg in &mut legs {
                    let (known, translation) = self.passed_on(&mut leg.target);
                    leg.known = known;
                    called.extend(translation);
                }
                (group, Far::Sip(FarSip { legs, ..FarSip::default() }))
            }
            Route::Service { group, service } => (group, Far::Service(service)),
        };
        let Arrival { session, call_id, from, abilities, max_forwards, headers, offer } = arrival;
        self.check_offer(group, &offer)?;
        let (known, caller) = self.reported_caller(group, &from.number, from.is_anonymous());
        let trail = match &far {
            Far::Clients { line, .. } => self.trail(*line, group, Written::new(&from.number, known.as_ref()), &headers),
            _ => Trail::default(),
        };
        let near = NearSip {
            session,
            group,
            abilities,
            max_forwards,
            headers,
            offer,
            answer: None,
            told: None,
            status: 183,
            called: Headers::new(),
        };
        let emergency = match &far {
            Far::Sip(far) => far.legs.iter().any(|leg| self.is_emergency(&leg.target)),
            Far::Clients { .. } | Far::Service(_) => false,
        };
        let diverter = trail.diverted_by().map(|by| by.number);
        let (diverter, by) = self.reported_caller(group, diverter.as_deref().unwrap_or_default(), false);
        let id = self.create(Near::Sip(near), far, from, emergency, now)?;
        if let Some(call) = self.calls.get_mut(&id) {
            call.trail = trail;
            call.trail.diverter = diverter;
            call.known = known;
        }
        self.note_number(Some(id), caller);
        self.note_number(Some(id), by);
        for called in called {
            self.note_number(Some(id), Some(called));
        }
        self.note_call_id(id, call_id);
        Ok(id)
    }

    /// A number that calls, as people know it.
    fn reported_caller(
        &self,
        group: LineGroupId,
        number: &str,
        is_anonymous: bool,
    ) -> (Option<Known>, Option<Translation>) {
        match is_anonymous || number.is_empty() {
            true => (None, None),
            false => self.directory.reported(group, ReportedAs::Caller, number),
        }
    }

    /// Whom a call is passed on to, as people know it. What a route has made super-canonical is dialled as it is where the call
    /// leaves; anything else is what that PBX gets already.
    fn passed_on(&self, target: &mut Target) -> (Option<Known>, Option<Translation>) {
        if let TargetUri::Number(number) = &mut target.uri
            && is_canonical(number)
        {
            let around = Around { moment: self.moment, ..Around::default() };
            let Wanted { result, translation } = self.directory.wanted(target.group, &number.as_str().into(), around);
            if let Ok(Placed { number: dialled, then, known: Some(known), .. }) = result
                && then.is_empty()
            {
                *number = dialled;
                return (Some(known), translation);
            }
        }
        self.reported_target(target)
    }

    /// Who is called by way of a connection, as people know the number.
    fn reported_target(&self, target: &Target) -> (Option<Known>, Option<Translation>) {
        match &target.uri {
            TargetUri::Number(number) => self.directory.reported(target.group, ReportedAs::Called, number),
            TargetUri::Uri(_) => (None, None),
        }
    }

    /// Whether a number can always be called.
    fn is_emergency(&self, target: &Target) -> bool {
        match &target.uri {
            TargetUri::Number(number) => self.directory.is_emergency(target.group, number),
            TargetUri::Uri(_) => false,
        }
    }

    /// Where a call for a line has been before.
    fn trail(&self, line: LineId, group: LineGroupId, from: Written, headers: &Headers) -> Trail {
        let believed = if self.directory.trusts(group) { headers.as_slice() } else { &[] };
        let number = self.directory.written(line).unwrap_or_else(|| Written::new("", None));
        let written = |number: String| {
            let (known, _) = self.reported_caller(group, &number, false);
            self.directory.written_at(group, Written::new(&number, known.as_ref()))
        };
        let mut trail = Trail::begin(line, number.clone(), believed, written);
        // A PBX may not say that we have sent it here ourselves.
        let from = if self.diverted.is_empty() { from } else { self.directory.written_at(group, from) };
        let mut diverted = self.diverted.iter().filter_map(|id| self.calls.get(id));
        if let Some(earlier) = diverted.find(|call| call.waits_at(&number, &from, &self.directory)) {
            trail.inherit(&earlier.trail);
        }
        trail
    }

    /// Whether all who use a line and are signed in talk on it; nobody asks where its calls are not forwarded for that.
    pub(super) fn is_busy(&self, line: LineId) -> bool {
        let settings = self.settings.get(line.0 as usize);
        let forwards = |set: &Forwarding| set.kind == ForwardingKind::Busy;
        if !settings.is_some_and(|settings| settings.forwardings.iter().any(forwards)) {
            return false;
        }
        let on_line = self.calls.values().filter(|call| call.line() == Some(line));
        let talking: Vec<UserId> = on_line.filter_map(|call| call.active_user()).collect();
        let mut signed_in = self.clients.of(self.directory.users_of(line)).map(|(_, user)| user).peekable();
        signed_in.peek().is_some() && signed_in.all(|user| talking.contains(&user))
    }

    pub(super) fn refuse(&mut self, session: SessionId, cause: CauseCode) {
        let status = cause.sip_status();
        self.effects.push_back(Effect::Sip(SipEffect::Reject { session, status }));
    }

    /// Refuses at once what could only fail when somebody has answered.
    fn check_offer(&self, group: LineGroupId, offer: &[u8]) -> Result<(), CauseCode> {
        if offer.is_empty() {
            return Ok(());
        }
        match sdp::offered_codecs(offer) {
            Ok(offered) if offered.iter().any(|&codec| self.directory.allows(group, codec)) => Ok(()),
            Ok(_) | Err(SdpError::NoAudio | SdpError::SrtpRequired | SdpError::UnsupportedTransport) => {
                Err(CauseCode::NoCommonCodec)
            }
            Err(_) => Err(CauseCode::BadRequest),
        }
    }
}
