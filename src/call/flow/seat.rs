//! The user's side of a call without its user: who leaves it, and who takes it.

use bytes::Bytes;
use offhook_media::session::Side;
use offhook_sip::SessionId;

use super::super::cause::CauseCode;
use super::super::commands::{Asker, Outcome};
use super::super::desk::Errand;
use super::super::effect::{Abilities, Caller, CommandResult, Effect, MediaEffect, SipEffect, Target, TargetUri};
use super::super::headers::Headers;
use super::super::numbers::Known;
use super::super::record::{self, CallRecord};
use super::super::state::{
    Asked, Awaiting, Call, Far, FarSip, Near, NearSip, SipLeg, Stage, Successor, Taker, Told, Transfer, TransferStep,
    Vacancy,
};
use super::super::view::{CallView, ConnectionState, EndCause};
use super::super::{LEAVE_LIMIT, MEDIA_LIMIT, REFER_LIMIT, RING_LIMIT};
use super::{Flow, index};
use crate::ids::{CallId, LegId, LineId, UserId};

/// An end of a call with its session: what goes along when it moves to another call.
#[derive(Debug)]
pub(in crate::call) struct End {
    side: Side,
    session: SessionId,
    leg: Option<LegId>,
    target: Target,
    abilities: Abilities,
    /// Its own offer; empty where the answer to ours comes with its ACK.
    offer: Bytes,
    caller: Caller,
    /// Its number as people know it.
    known: Option<Known>,
    /// Whether those who are not in the call are not to see that.
    private: bool,
    held: bool,
    told: Told,
    /// An offer of its own that is not answered yet.
    owed: bool,
}

impl Call {
    /// The end of an established side.
    pub(in crate::call) fn party(&self, side: Side) -> Option<End> {
        let session = self.session_at(side)?;
        let (group, line) = self.place(side)?;
        let (leg, target, offer) = match (side, &self.near, &self.far) {
            (Side::A, Near::Sip(near), _) => {
                let uri = TargetUri::Number(self.remote.number.clone());
                (None, Target { group, line, uri }, near.offer.clone())
            }
            (Side::B, _, Far::Sip(far)) => {
                let leg = far.legs.iter().find(|leg| leg.session == Some(session))?;
                let settled = Bytes::from_static(b"v=0");
                let offer = if far.answers_late { Bytes::new() } else { settled };
                (Some(leg.id), leg.target.clone(), offer)
            }
            _ => return None,
        };
        let asked = &self.awaiting[index(side)];
        let mut told = self.told[index(side)];
        if asked.iter().any(|awaiting| matches!(awaiting, Awaiting::Reoffer(_))) {
            told.under_way = None;
        }
        // Its answer has come, and nobody will say whether it fits.
        if asked.contains(&Awaiting::ReofferAcceptance) {
            told.direction = told.under_way.take().unwrap_or(told.direction);
        }
        Some(End {
            side,
            session,
            leg,
            target,
            abilities: self.abilities(side),
            offer,
            caller: self.remote.clone(),
            known: self.known.clone(),
            private: self.private,
            held: self.held[index(side)],
            told,
            owed: asked.iter().any(|awaiting| matches!(awaiting, Awaiting::Renegotiation(_))),
        })
    }
}

impl Flow<'_> {
    /// The user leaves its side of the call, which goes on.
    pub(in crate::call) fn vacate(&mut self, vacancy: Vacancy, cause: CauseCode) {
        note!(debug, self.call, ?vacancy, "the user's side is empty");
        self.user_leaves(cause);
        if !matches!(vacancy, Vacancy::Parked { .. }) {
            self.tell_gone(None, cause);
        }
        if self.call.stage == Stage::Connected {
            let leaving = matches!(vacancy, Vacancy::Leaving);
            self.set_deadline(leaving.then_some((self.now + LEAVE_LIMIT, cause)));
        }
        let side = self.call.browser_side();
        if self.call.vacancy.replace(vacancy).is_none() {
            self.media_effect(MediaEffect::Release { side });
            self.call.hears[index(side)] = super::Sound::Silence;
        }
        self.call.seat = false;
        self.call.consultation_of = None;
        self.rearrange();
    }

    /// The user lets go of a transfer that is on its way.
    pub(in crate::call) fn let_go(&mut self, cause: CauseCode) {
        self.vacate(Vacancy::Transferring, cause);
    }

    /// Nobody was reached for the other side. Without a user the line rings, where `anybody` is there.
    pub(in crate::call) fn give_back(&mut self, cause: EndCause, anybody: bool) {
        // What the other side hears changes only with what comes of it.
        let transfer = self.call.transfer.take();
        note!(debug, self.call, ?transfer, "nobody was reached");
        match self.call.vacancy {
            None => {
                self.call.trouble = Some(cause);
                self.rearrange();
            }
            Some(Vacancy::Transferring) if anybody => self.recall(),
            Some(Vacancy::Transferring | Vacancy::Office { .. }) => self.end(cause),
            Some(_) => self.rearrange(),
        }
    }

    /// Rings at the line again.
    pub(super) fn recall(&mut self) {
        note!(debug, self.call, "rings at its line again");
        // Whoever is just taking it has it all the same.
        let taker = self.take_successor();
        self.call.vacancy = Some(Vacancy::Recalling { taker });
        self.set_deadline(Some((self.now + RING_LIMIT, CauseCode::NoAnswer)));
        self.rearrange();
    }

    /// Notes a transfer that is on its way, or is no longer; gives the one before.
    pub(in crate::call) fn set_transfer(&mut self, transfer: Option<Transfer>) -> Option<Transfer> {
        if self.call.transfer.is_none() && transfer.is_none() {
            return None;
        }
        note!(debug, self.call, from = ?self.call.transfer, to = ?transfer, "transfer");
        if transfer.is_some() {
            self.call.trouble = None;
        }
        let before = std::mem::replace(&mut self.call.transfer, transfer);
        self.rearrange();
        before
    }

    /// Asks the other end to call somebody in our place.
    pub(in crate::call) fn ask_to_call(&mut self, transfer: Transfer, replaces: Option<SessionId>) {
        let TransferStep::Refer { session, .. } = transfer.way else { return };
        let to = replaces.is_none().then(|| TargetUri::Number(transfer.to.number.clone()));
        self.effects.push_back(Effect::Sip(SipEffect::Refer { session, to, replaces }));
        self.set_transfer(Some(transfer));
    }

    /// How a REFER of ours goes.
    pub(super) fn refer_progress(&mut self, session: SessionId, status: u16) {
        let Some(Transfer { way: TransferStep::Refer { session: asked_at, asked, progressed }, until, .. }) =
            &mut self.call.transfer
        else {
            return self.ignored("progress of a transfer");
        };
        if *asked_at != session {
            return;
        }
        if status >= 200 {
            return self.errands.push_back(Errand::Referred { call: self.call.id, status: Some(status) });
        }
        *progressed = true;
        // A number rings as long as numbers do; whoever stands in a call has it at once.
        *until = Some(self.now + if *asked == Asked::Number { RING_LIMIT } else { REFER_LIMIT });
    }

    /// Whoever the other end was asked to call has gone: what comes of it is seen soon.
    pub(in crate::call) fn asked_is_gone(&mut self) {
        if let Some(Transfer { way: TransferStep::Refer { asked, .. }, .. }) = &mut self.call.transfer {
            *asked = Asked::Gone;
        }
    }

    /// The user's side is that of another call's end from now on; its user is told `cause`.
    pub(in crate::call) fn take_party(&mut self, end: End, from: CallId, cause: CauseCode) {
        if self.call.vacancy.is_none() {
            self.user_leaves(cause);
            self.tell_gone(None, cause);
        }
        let side = self.call.browser_side();
        let id = self.call.id;
        note!(debug, self.call, %from, ?side, "takes over an end");
        self.media_effect(MediaEffect::Take { side, from, from_side: end.side });
        self.by_session.insert(end.session, id);
        if let Some(leg) = end.leg {
            // Its INVITE was answered: nothing more comes of the leg by itself.
            self.by_leg.remove(&leg);
        }
        if end.owed {
            // What answers it stays behind; its sender asks again (RFC 3261 14.2).
            self.effects.push_back(Effect::Sip(SipEffect::RejectOffer { session: end.session, status: 491 }));
        }
        match side {
            Side::A => {
                // The near side is the caller from now on, and whom the line's user has called is only called.
                self.call.remote = end.caller;
                let known = std::mem::replace(&mut self.call.known, end.known);
                let private = std::mem::replace(&mut self.call.private, end.private);
                if let Far::Sip(far) = &mut self.call.far {
                    for leg in &mut far.legs {
                        (leg.known, leg.private) = (known.clone(), private);
                    }
                }
                self.call.near = Near::Sip(NearSip {
                    session: end.session,
                    group: end.target.group,
                    abilities: end.abilities,
                    max_forwards: 70,
                    headers: Headers::new(),
                    offer: end.offer,
                    answer: None,
                    told: None,
                    status: 183,
                    called: Headers::new(),
                });
            }
            Side::B => {
                let leg = end.leg.unwrap_or_else(|| self.next_leg());
                let (session, target, abilities) = (Some(end.session), end.target, end.abilities);
                let (known, private) = (end.known, end.private);
                let leg = SipLeg { id: leg, target, session, abilities, redirected: false, known, private };
                let (answered, answers_late) = (Some(leg.id), end.offer.is_empty());
                self.call.far = Far::Sip(FarSip { legs: vec![leg], answered, answers_late, ..FarSip::default() });
            }
        }
        self.call.held[index(side)] = end.held;
        self.call.told[index(side)] = end.told;
        self.call.vacancy = None;
        self.call.transfer = None;
        self.call.trouble = None;
        self.call.consultation_of = None;
        self.call.on_hold = false;
        self.call.seat = false;
        self.set_deadline(None);
        self.ask_anew();
        self.listen_anew();
        self.reoffer();
        self.record();
        self.media_effect(MediaEffect::Expect);
    }

    /// The call is over without anybody being hung up: its other end has moved to another call.
    pub(in crate::call) fn vanish(&mut self, cause: CauseCode) {
        self.call.trouble = Some(EndCause::ours(cause));
        let record = CallRecord { cause: self.call.trouble.clone(), ..record::of(self.call) };
        self.effects.push_back(Effect::Ended(Box::new(record)));
        if self.call.vacancy.is_none() {
            self.user_leaves(cause);
            self.tell_gone(None, cause);
        }
        if let Some((session, _)) = self.call.leaving.take() {
            self.hang_up(session, None);
        }
        self.media_effect(MediaEffect::Close);
        self.call.vacancy = None;
        self.call.transfer = None;
        self.call.conference = None;
        self.ended = true;
    }

    /// A client takes the user's side of a call that stands.
    pub(in crate::call) fn succeed(&mut self, asker: Asker, line: LineId, sdp: String) -> Outcome {
        let Asker { client, user, request, .. } = asker;
        let side = self.call.browser_side();
        let (Some(Vacancy::Parked { taker, .. } | Vacancy::Recalling { taker }), true) =
            (&mut self.call.vacancy, self.call.awaiting[index(side)].is_empty())
        else {
            return Err(CauseCode::NotPossibleNow);
        };
        if taker.is_some() {
            return Err(CauseCode::AnsweredElsewhere);
        }
        *taker = Some(Successor { client, user, line, request });
        let expected = self.call.codec;
        self.ask(Awaiting::Successor, MediaEffect::AnswerBrowser { side, sdp, expected });
        Ok(None)
    }

    /// Who is about to take the user's side, and no longer is.
    pub(super) fn take_successor(&mut self) -> Option<Successor> {
        match &mut self.call.vacancy {
            Some(Vacancy::Parked { taker, .. } | Vacancy::Recalling { taker }) => taker.take(),
            _ => None,
        }
    }

    /// The browser of who takes the user's side has its answer: it talks.
    pub(super) fn succeeded(&mut self, side: Side, sdp: Bytes) {
        let Some(Successor { client, user, line, request }) = self.take_successor() else {
            // It has gone meanwhile.
            return self.media_effect(MediaEffect::Release { side });
        };
        note!(debug, self.call, %client, "the user's side is taken");
        self.tell_gone(Some(user), CauseCode::PickedUp);
        let call = self.call.id;
        self.call.vacancy = None;
        self.call.on_hold = false;
        self.call.trouble = None;
        match &mut self.call.near {
            Near::Client { client: near, user: theirs, line: at, .. } => {
                (*near, *theirs, *at) = (client, user, line);
            }
            Near::Sip(_) => {
                let taker = Taker { client, user, request, sdp: String::new() };
                self.call.far = Far::Clients { line, taker: Some(taker) };
            }
        }
        let sdp = String::from_utf8_lossy(&sdp).into_owned();
        self.effects.push_back(Effect::Reply { client, request, result: CommandResult::Media { call, sdp } });
        self.set_deadline(Some((self.now + MEDIA_LIMIT, CauseCode::MediaNotConnected)));
        self.ask_anew();
        self.listen_anew();
        self.reoffer();
        self.media_effect(MediaEffect::Expect);
        self.media_effect(MediaEffect::Confirm);
        self.errands.push_back(Errand::Focus { client, call });
        self.tell_clients();
    }

    /// Nothing that was asked for the user's browser comes any more.
    fn user_leaves(&mut self, cause: CauseCode) {
        let side = self.call.browser_side();
        for awaiting in std::mem::take(&mut self.call.awaiting[index(side)]) {
            if let Awaiting::BrowserRestart(client, request) = awaiting {
                let result = CommandResult::Error(cause);
                self.effects.push_back(Effect::Reply { client, request, result });
            }
        }
        self.call.silence[index(side)] = None;
    }

    /// People who have seen the call, but not this user, see it go.
    pub(super) fn tell_gone(&mut self, but: Option<UserId>, cause: CauseCode) {
        let Some(line) = self.call.shown_at() else { return };
        for (client, user) in self.clients.told(&self.directory.concerned(line, self.call.active_user())) {
            if but != Some(user)
                && self.call.is_for(user)
                && self.call.active_user().is_none_or(|active| active == user)
            {
                let here = self.call.active_client() == Some(client);
                let view = CallView {
                    here,
                    cause: Some(EndCause::ours(cause)),
                    ..self.view(line, user, ConnectionState::Null)
                };
                self.effects.push_back(Effect::CallChanged { client, call: Box::new(view) });
            }
        }
    }
}
