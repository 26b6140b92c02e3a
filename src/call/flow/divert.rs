//! What becomes of a call for a line: it rings, goes elsewhere, or is refused. Decided in [`divert`](super::super::divert),
//! done here.

use std::cell::RefCell;
use std::time::Duration;

use offhook_media::session::Side;
use offhook_sip::header::Name;
use offhook_sip::header::identity::DiversionReason;

use super::super::cause::CauseCode;
use super::super::commands;
use super::super::desk::transfer::is_of_the_called;
use super::super::directory::Diversion;
use super::super::divert::{Diverted, Hidden, Sent, Situation, Verdict, Written};
use super::super::effect::{Effect, MediaEffect, SipEffect, Sound, Target, TargetUri};
use super::super::headers::{self, Headers};
use super::super::numbers::Placed;
use super::super::state::{Awaiting, Far, FarSip, Near, SipLeg, Stage, Taker};
use super::super::view::EndCause;
use super::super::{REFER_LIMIT, RING_LIMIT};
use super::{Flow, index};
use crate::ids::{LineGroupId, LineId};
use crate::numbers::Reach;

/// How long a caller waits who was answered and whom nobody took then.
const WAIT_LIMIT: Duration = Duration::from_secs(180);
/// 181 Call Is Being Forwarded.
const FORWARDED: u16 = 181;
/// How long to look the other way while a client is just taking the call.
const TAKING: Duration = Duration::from_secs(1);

impl Flow<'_> {
    /// A call is there for a line, or the last of its clients has gone. `busy`: all who could take it talk already.
    pub(in crate::call) fn arrive(&mut self, busy: bool) {
        let Some(verdict) = self.decide(busy, |situation, place| situation.arrival(place)) else { return };
        self.become_of(verdict);
    }

    /// A client refuses the call for its user's devices, and so for the line.
    pub(in crate::call) fn decline(&mut self, wish: CauseCode) -> Result<(), CauseCode> {
        if !self.call.rings_at_clients() {
            return Err(CauseCode::NotPossibleNow);
        }
        let verdict = self.decide(false, |situation, place| situation.declined(wish, place));
        // What rings after it has stood once is only given up.
        let ended = Verdict::Refuse { cause: wish, status: wish.sip_status() };
        match verdict.filter(|_| self.call.vacancy.is_none()).unwrap_or(ended) {
            Verdict::KeepRinging => self.conceal(Hidden::Declined, CauseCode::Declined),
            verdict => self.become_of(verdict),
        }
        Ok(())
    }

    /// A client sends the call to somebody else.
    pub(in crate::call) fn deflect(&mut self, to: Placed) -> Result<(), CauseCode> {
        if !self.call.rings_at_clients() {
            return Err(CauseCode::NotPossibleNow);
        }
        let line = self.call.line();
        let group = line.and_then(|line| self.directory.group_of(line)).ok_or(CauseCode::UnknownLine)?;
        let written = self.directory.written_at(group, Written::from(&to));
        if !self.call.trail.allows(&written) {
            let own = line.and_then(|line| self.directory.written(line));
            let own = own.is_some_and(|own| own.means(&written));
            return Err(if own { CauseCode::OwnNumber } else { CauseCode::TriedBefore });
        }
        self.divert(Diverted { to, why: DiversionReason::Deflection, rings: None });
        Ok(())
    }

    /// Somebody at another line takes the call that rings here.
    pub(in crate::call) fn pick_up(&mut self, at: LineId, by: Taker) -> commands::Outcome {
        let Far::Clients { line: from, taker: None } = self.call.far else {
            return Err(CauseCode::NothingToPickUp);
        };
        if from != at {
            self.tell_gone(None, CauseCode::PickedUp);
        }
        self.call.trail.picked_from = Some((from, self.call.trail.hidden.take()));
        self.call.far = Far::Clients { line: at, taker: Some(by) };
        self.set_stage(Stage::Answering);
        self.answer_near_offer(None);
        Ok(None)
    }

    /// Who wanted to pick the call up could not take it: it rings where it rang.
    pub(super) fn put_back(&mut self) {
        let Some((from, hidden)) = self.call.trail.picked_from.take() else { return };
        if self.call.line() != Some(from) {
            self.tell_gone(None, CauseCode::NothingToPickUp);
        }
        if let Far::Clients { line, .. } = &mut self.call.far {
            *line = from;
        }
        self.call.trail.hidden = hidden;
    }

    /// The line may be disturbed again: what has been kept from its clients for that is shown.
    pub(in crate::call) fn reveal(&mut self) {
        if self.call.trail.hidden == Some(Hidden::DoNotDisturb) {
            self.call.trail.hidden = None;
            self.tell_clients();
        }
    }

    /// Nobody has it elsewhere any more.
    pub(in crate::call) fn show_to_all(&mut self) {
        self.call.trail.but.clear();
        self.tell_clients();
    }

    /// It has rung long enough where it is.
    pub(super) fn rung(&mut self) {
        match (&self.call.far, self.call.stage) {
            // It was answered to be transferred, and the PBX says nothing.
            (Far::Service(_), _) => self.sent(None),
            (_, Stage::Connected) => {}
            (_, Stage::Answering) => self.call.trail.until = Some(self.now + TAKING),
            (Far::Clients { .. }, _) => {
                let next = self.decide(false, |situation, place| situation.unanswered(place));
                if let Some(next) = next.flatten() {
                    self.start_list(&next);
                    self.divert(next);
                }
            }
            // The last place that can be tried goes on ringing.
            (Far::Sip(_), _) => {
                self.next_of_list(DiversionReason::NoAnswer);
            }
        }
    }

    /// Goes on to the next place of the line's list. False where there is none.
    pub(super) fn next_of_list(&mut self, why: DiversionReason) -> bool {
        let Some(place) = self.call.trail.next else { return false };
        let next = self.decide(false, |situation, number| situation.next(place, why, number)).flatten();
        self.call.trail.next = next.as_ref().filter(|next| next.rings.is_some()).map(|_| place + 1);
        let Some(next) = next else { return false };
        self.divert(next);
        true
    }

    /// The PBX says how it goes with the call that it was asked to transfer; no status where it says nothing.
    pub(super) fn sent(&mut self, status: Option<u16>) {
        let Some(Sent::Asked { to, progressed }) = &mut self.call.trail.sent else { return };
        match status {
            Some(..200) => {
                *progressed = true;
                self.call.trail.until = None;
            }
            Some(200..300) => self.end(EndCause::ours(CauseCode::Diverted)),
            Some(status) if *progressed && is_of_the_called(status) => {
                let code = CauseCode::of_call_response(status);
                self.end(EndCause { code, sip_status: Some(status), detail: None });
            }
            _ => {
                let to = to.clone();
                note!(
                    info,
                    self.call,
                    status,
                    "the PBX does not transfer a call that is to be forwarded: it is made here"
                );
                self.call_late(to);
            }
        }
    }

    /// The caller, whom we have answered, waits while the number is called here.
    fn call_late(&mut self, to: Placed) {
        let Some(line) = self.call.trail.line else { return };
        let Some(group) = self.directory.group_of(line) else { return };
        self.set_hold(false);
        self.call.trail.sent = Some(Sent::Here);
        self.set_stage(Stage::Alerting { early: false });
        self.play(Side::A, Sound::Ringback);
        self.call_instead(group, line, to);
    }

    /// The caller has our 200: where it was sent only to transfer the call, it is held now.
    pub(super) fn send_on(&mut self) {
        let Some(Sent::Answered(to)) = &self.call.trail.sent else { return };
        self.call.trail.sent = Some(Sent::Held(to.clone()));
        self.set_deadline(Some((self.now + WAIT_LIMIT, CauseCode::NoAnswer)));
        self.set_hold(true);
    }

    /// The caller is on hold, or does not take that: the PBX is asked to call the other number.
    pub(super) fn send_held(&mut self) {
        let (Some(Sent::Held(to)), Near::Sip(near)) = (&self.call.trail.sent, &self.call.near) else { return };
        let (session, to) = (near.session, to.clone());
        self.call.trail.sent = Some(Sent::Asked { to: to.clone(), progressed: false });
        self.call.trail.until = Some(self.now + REFER_LIMIT);
        let to = Some(TargetUri::Number(to.number));
        self.effects.push_back(Effect::Sip(SipEffect::Refer { session, to, replaces: None }));
    }

    /// Adds to a diverted call's INVITE who diverted it, and whose call it is where the PBX believes that.
    pub(super) fn tell_diversion(&self, headers: &mut Headers) {
        let trail = &self.call.trail;
        let entry = trail.line.and_then(|line| self.directory.group(self.directory.group_of(line)?));
        let (Some(entry), false) = (entry, trail.headers.is_empty()) else { return };
        headers.retain(|(name, _)| !matches!(name, Name::Diversion | Name::HistoryInfo));
        if entry.trust_identity && !self.call.remote.is_anonymous() && !self.call.remote.number.is_empty() {
            let asserted = headers.iter().any(|(name, _)| *name == Name::PAssertedIdentity);
            let identity = || headers::identity(&self.call.remote, entry);
            headers::add(headers, (!asserted).then(identity));
        }
        headers::add(headers, trail.headers.iter().cloned());
    }

    /// Asks what is to become of the call at the line that it came for.
    fn decide<T>(
        &mut self,
        busy: bool,
        ask: impl FnOnce(&Situation<'_>, &dyn Fn(&str, bool) -> Option<Placed>) -> T,
    ) -> Option<T> {
        let id = self.call.trail.line?;
        let line = self.directory.line(id)?;
        let group = self.directory.group(line.group)?;
        let settings = self.settings.get(id.0 as usize)?;
        let signed_in = self.clients.of(&line.users).next().is_some();
        let internal = match &self.call.known {
            Some(known) => known.reach == Reach::Internal,
            None => group.internal(&self.call.remote),
        };
        let situation = Situation { line, group, settings, internal, signed_in, busy };
        let made = RefCell::new(Vec::new());
        let asked = ask(&situation, &|number, stays| {
            let wanted = self.directory.sent_on(line.group, number, stays, self.moment);
            let placed = wanted.result.clone().ok();
            made.borrow_mut().push(wanted);
            placed.filter(|placed| self.call.trail.allows(&self.directory.written_at(line.group, placed.into())))
        });
        self.note_settings(made.into_inner());
        Some(asked)
    }

    fn become_of(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Ring => self.ring(),
            Verdict::KeepRinging => {
                let line = self.call.trail.line.and_then(|line| self.settings.get(line.0 as usize));
                // Without it nobody is there: whoever signs in is shown the call.
                self.call.trail.hidden = line.is_some_and(|line| line.do_not_disturb).then_some(Hidden::DoNotDisturb);
                self.ring();
            }
            Verdict::Divert(diverted) => {
                self.start_list(&diverted);
                self.divert(diverted);
            }
            Verdict::Refuse { cause, status } => {
                // What has not been shown yet need not be taken back.
                if self.call.stage == Stage::Initiated {
                    self.call.trail.hidden = Some(Hidden::Left);
                }
                self.end(EndCause { code: cause, sip_status: Some(status), detail: None });
            }
        }
    }

    fn ring(&mut self) {
        self.set_stage(Stage::Alerting { early: false });
        let rings = self.decide(false, |situation, place| situation.rings(place)).flatten();
        self.call.trail.until = rings.map(|rings| self.now + rings);
        self.ring_near(180, None);
        self.tell_clients();
    }

    /// Where the line's list begins, it is known how it goes on.
    fn start_list(&mut self, diverted: &Diverted) {
        self.call.trail.next = diverted.rings.map(|_| 1);
    }

    /// The line's clients see the call go, which rings on without them.
    fn conceal(&mut self, why: Hidden, cause: CauseCode) {
        self.tell_gone(None, cause);
        self.call.trail.hidden = Some(why);
    }

    /// Sends the call on, in the way that the connection knows.
    fn divert(&mut self, diverted: Diverted) {
        let Some(id) = self.call.trail.line else { return };
        let Some((line, group)) =
            self.directory.line(id).and_then(|line| Some((line, self.directory.group(line.group)?)))
        else {
            return;
        };
        let Diverted { to, why, rings } = diverted;
        note!(info, self.call, why = why.as_str(), "call diverted");
        if self.call.stage == Stage::Initiated {
            self.call.trail.hidden = Some(Hidden::Left);
        }
        self.conceal(Hidden::Left, CauseCode::Diverted);
        let written = self.directory.written_at(line.group, Written::from(&to));
        self.call.trail.leave(written, group.address(&line.number), &group.address(&to.number), why);
        self.call.trail.until = rings.map(|rings| self.now + rings);
        self.expect_after(&to);
        // Only a call of ours can be taken back from where nobody answers, and told what follows the answer.
        let ours = rings.is_some() || !to.then.is_empty();
        match if ours { Diversion::NewCall } else { group.diversion } {
            Diversion::NewCall => self.call_instead(line.group, id, to),
            Diversion::Redirect => self.redirect_to(to.number),
            Diversion::Transfer => self.answer_to_transfer(to),
        }
    }

    /// Somebody else is called in the place of those who were called until now.
    fn call_instead(&mut self, group: LineGroupId, line: LineId, to: Placed) {
        self.set_deadline(Some((self.now + RING_LIMIT, CauseCode::NoAnswer)));
        let id = self.next_leg();
        let Placed { number, known, private, .. } = to;
        let target = Target { group, line: Some(line), uri: TargetUri::Number(number) };
        let leg = SipLeg { known, private, ..SipLeg::new(id, target.clone()) };
        let offered = matches!(&self.call.far, Far::Sip(far) if !far.offer.is_empty());
        self.give_up_legs();
        match &mut self.call.far {
            Far::Sip(far) => {
                let heard = far.heard.take();
                far.legs.push(leg);
                far.waiting.clear();
                if heard.is_some() {
                    self.unheard();
                }
                self.tell_forwarded();
                // Otherwise it goes with the offer that is being made.
                if offered {
                    self.invite(id, target);
                }
            }
            far => {
                *far = Far::Sip(FarSip { legs: vec![leg], ..FarSip::default() });
                self.tell_forwarded();
                self.ask(Awaiting::Offer, MediaEffect::Offer { side: Side::B, group });
            }
        }
    }

    /// The caller is told, once for each number, that its call goes on to another (RFC 3261 21.1.3).
    fn tell_forwarded(&mut self) {
        if let Near::Sip(near) = &mut self.call.near {
            near.told = None;
        }
        self.ring_near(FORWARDED, None);
    }

    /// The PBX is told where the call goes, and has it again.
    fn redirect_to(&mut self, to: String) {
        let Near::Sip(near) = &self.call.near else { return };
        let (session, group, headers) = (near.session, near.group, self.call.trail.headers.clone());
        self.by_session.remove(&session);
        let to = vec![TargetUri::Number(to)];
        self.effects.push_back(Effect::Sip(SipEffect::Redirect { session, group, to, headers }));
        let cause = EndCause { sip_status: Some(302), ..EndCause::ours(CauseCode::Diverted) };
        self.finish(Some(Side::A), cause, None);
    }

    /// The call is answered with music; the rest follows when the caller has our answer.
    fn answer_to_transfer(&mut self, to: Placed) {
        self.give_up_legs();
        // Of who was called until now nothing comes any more.
        if matches!(self.call.far, Far::Sip(_)) {
            self.call.awaiting[index(Side::B)].clear();
            self.media_effect(MediaEffect::Release { side: Side::B });
        }
        self.call.far = Far::Service(Sound::MusicOnHold);
        self.call.trail.sent = Some(Sent::Answered(to));
        match &self.call.near {
            Near::Sip(near) if near.answer.is_some() => self.near_described(self.now),
            _ => self.answer_near_offer(None),
        }
    }

    /// Ends the INVITEs of ours that nobody has answered.
    fn give_up_legs(&mut self) {
        let Far::Sip(far) = &mut self.call.far else { return };
        for leg in std::mem::take(&mut far.legs) {
            self.by_leg.remove(&leg.id);
            if let Some(session) = leg.session {
                self.hang_up(session, None);
            }
        }
    }
}
