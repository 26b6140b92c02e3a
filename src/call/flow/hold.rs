//! Who waits: what each side hears, and what its end is told of it (RFC 3264 8.4).

use bytes::Bytes;
use offhook_media::sdp::Direction;
use offhook_media::session::Side;
use offhook_sip::SessionId;

use super::super::effect::{Effect, MediaEffect, SipEffect, Sound};
use super::super::state::{Awaiting, Far, Near, Newcomer, Stage, Told, Transfer, TransferStep, Vacancy};
use super::{Flow, index};
use crate::ids::ConferenceId;

const SIDES: [Side; 2] = [Side::A, Side::B];

impl Flow<'_> {
    /// The user holds the call, or comes back to it.
    pub(in crate::call) fn set_hold(&mut self, on: bool) {
        if self.call.on_hold == on {
            return;
        }
        note!(debug, self.call, on, "hold");
        self.call.on_hold = on;
        self.call.trouble = None;
        self.ask_anew();
        self.rearrange();
    }

    /// The call is in a conference, or no longer; `seat` where it carries the user's audio there.
    pub(in crate::call) fn sit(&mut self, conference: Option<ConferenceId>, seat: bool) {
        if (self.call.conference, self.call.seat) == (conference, seat) {
            return;
        }
        note!(debug, self.call, ?conference, seat, "conference");
        self.call.conference = conference;
        self.call.seat = seat;
        self.rearrange();
    }

    /// Puts into effect what follows from who waits for whom.
    pub(super) fn rearrange(&mut self) {
        self.listen();
        self.reoffer();
        self.tell_clients();
    }

    /// Lets each side hear what it should, where that is something else than before.
    pub(super) fn listen(&mut self) {
        if self.ended {
            return;
        }
        for side in SIDES {
            let sound = self.sound_for(side);
            if self.call.hears[index(side)] != sound {
                self.play(side, sound);
            }
        }
    }

    /// Lets each side hear what it should, whoever has the side from now on.
    pub(super) fn listen_anew(&mut self) {
        for side in SIDES {
            let sound = self.sound_for(side);
            self.play(side, sound);
        }
    }

    /// What a side should hear.
    fn sound_for(&self, side: Side) -> Sound {
        let call = &self.call;
        let users = call.line().is_some() && side == call.browser_side();
        if let Far::Service(sound) = call.far {
            return if side == Side::A { sound } else { Sound::Silence };
        }
        if call.stage != Stage::Connected {
            return match call.stage {
                _ if call.on_hold || call.vacancy.is_some() => Sound::Silence,
                Stage::Alerting { early: true } => Sound::Peer,
                Stage::Alerting { early: false } if users && matches!(call.near, Near::Client { .. }) => {
                    Sound::Ringback
                }
                _ => call.hears[index(side)],
            };
        }
        let other = side.other();
        // Who was on the other side has gone, and the next one is called.
        let comes = call.takeover.as_ref().is_some_and(|takeover| {
            let called = matches!(takeover.new, Newcomer::Invited { .. });
            called && takeover.side == other && takeover.old.is_none()
        });
        if users {
            return match call.conference {
                _ if call.on_hold || call.vacancy.is_some() => Sound::Silence,
                Some(conference) if call.seat => Sound::Conference(conference),
                Some(_) => Sound::Silence,
                None if comes => Sound::Ringback,
                None if call.held[index(other)] => Sound::MusicOnHold,
                None => Sound::Peer,
            };
        }
        if let Some(conference) = call.conference {
            return Sound::Conference(conference);
        }
        match &call.vacancy {
            Some(Vacancy::Recalling { .. } | Vacancy::Office { .. }) => return Sound::Ringback,
            // Where the PBX transfers, nobody rings that this side is to hear.
            Some(Vacancy::Transferring) => {
                let bridge = |transfer: &Transfer| matches!(transfer.way, TransferStep::Bridge { .. });
                return match call.transfer.as_ref().is_some_and(bridge) {
                    true => Sound::Ringback,
                    false => Sound::MusicOnHold,
                };
            }
            Some(Vacancy::Target { .. } | Vacancy::Leaving | Vacancy::Conference) => return Sound::Silence,
            Some(Vacancy::Parked { .. }) => return Sound::MusicOnHold,
            Some(Vacancy::Test { tone_until: Some(_) }) => return Sound::TestTone,
            Some(Vacancy::Test { tone_until: None }) => return Sound::Echo,
            None => {}
        }
        match &call.transfer {
            Some(transfer) if matches!(transfer.way, TransferStep::Bridge { .. }) => Sound::Ringback,
            _ if call.on_hold => Sound::MusicOnHold,
            _ if comes => Sound::Ringback,
            _ if call.held[index(other)] => Sound::MusicOnHold,
            _ => Sound::Peer,
        }
    }

    /// Whether there is anything to hear of a sound.
    fn is_heard(&self, sound: Sound) -> bool {
        match sound {
            Sound::Silence => false,
            Sound::MusicOnHold => self.directory.music_on_hold,
            _ => true,
        }
    }

    /// Which way audio is to go at a side.
    fn wanted(&self, side: Side) -> Direction {
        let users = self.call.line().is_some() && side == self.call.browser_side();
        let hold = self.call.on_hold && !users && self.call.conference.is_none();
        match hold {
            false => Direction::SendRecv,
            true if self.is_heard(self.sound_for(side)) => Direction::SendOnly,
            // The PBX plays its own music then.
            true => Direction::Inactive,
        }
    }

    /// Ends that did not take an offer are asked once more.
    pub(super) fn ask_anew(&mut self) {
        for side in SIDES {
            let waits = self.wanted(side) != Direction::SendRecv;
            let told = &mut self.call.told[index(side)];
            // Who would not be retrieved is by its next offer, whose answer is for both ways already.
            if std::mem::take(&mut told.refused) && waits {
                told.direction = Direction::SendRecv;
            }
        }
    }

    /// An end has made an offer of its own. One that would not be retrieved by an offer of ours is by the answer.
    pub(super) fn asked_anew(&mut self, side: Side) {
        if self.call.told[index(side)].refused && self.wanted(side) == Direction::SendRecv {
            self.call.told[index(side)] = Told::default();
        }
    }

    /// Tells ends that wait, or wait no longer, as far as they have not been told.
    pub(super) fn reoffer(&mut self) {
        if self.ended || self.call.stage != Stage::Connected || self.call.takeover.is_some() {
            return;
        }
        // It is about to end.
        if let Some(Vacancy::Leaving) = self.call.vacancy {
            return;
        }
        for side in SIDES {
            let wanted = self.wanted(side);
            let told = self.call.told[index(side)];
            let Some(session) = self.call.session_at(side) else { continue };
            let free = told.under_way.is_none() && !told.refused && self.call.awaiting[index(side)].is_empty();
            if free && told.direction != wanted {
                self.call.told[index(side)].under_way = Some(wanted);
                self.ask(Awaiting::Reoffer(session), MediaEffect::Reoffer { side, wanted });
            }
        }
    }

    /// Our offer stands.
    pub(super) fn reoffered(&mut self, side: Side, session: SessionId, sdp: Bytes) {
        if self.call.session_at(side) == Some(session) && self.call.told[index(side)].under_way.is_some() {
            self.effects.push_back(Effect::Sip(SipEffect::Offer { session, sdp }));
        }
    }

    /// An offer of ours was answered. False where none was on its way.
    pub(super) fn offer_answered(&mut self, side: Side, sdp: Option<Bytes>) -> bool {
        if self.call.told[index(side)].under_way.is_none() {
            return false;
        }
        match sdp {
            Some(sdp) => self.ask(Awaiting::ReofferAcceptance, MediaEffect::AcceptAnswer { side, sdp }),
            None => self.offer_done(side, true),
        }
        true
    }

    /// The end was told, or does not take it: then it is played music all the same.
    pub(super) fn offer_done(&mut self, side: Side, taken: bool) {
        let told = &mut self.call.told[index(side)];
        let Some(direction) = told.under_way.take() else { return };
        if taken {
            told.direction = direction;
        } else {
            told.refused = true;
        }
        self.send_held();
        self.reoffer();
    }
}
