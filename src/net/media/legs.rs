//! Legs that change in the middle of a call: put on hold, replaced, taken over by another call, let go.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use offhook_media::codec::Codec;
use offhook_media::sdp::{Direction, Offer, Terms};
use offhook_media::session::Side;

use super::worker::{Action, Passage};
use super::{AudioSettings, MediaEvent, MediaServer, Next, RtpSide, expected_first, log_agreed, sdp_cause};
use crate::call::cause::CauseCode;
use crate::ids::CallId;

impl MediaServer {
    /// Makes an offer for somebody who may take a side's place, with ports of its own. Who was prepared before is
    /// forgotten.
    pub(in crate::net) fn offer_next(
        &mut self,
        call: CallId,
        side: Side,
        address: IpAddr,
        audio: &AudioSettings,
    ) -> Result<Bytes, CauseCode> {
        self.drop_next(call);
        let (mut rtp, pair) = self.new_rtp(call, address, audio)?;
        let offer = Offer::new(&rtp.local, rtp.terms(audio.outgoing.clone(), &self.identity));
        let sdp = offer.sdp().clone();
        rtp.offer = Some(offer);
        self.media(call).next = Some(Next { side, rtp, pair });
        Ok(sdp)
    }

    /// Takes the answer to [`MediaServer::offer_next`]: who was prepared has the side from now on.
    pub(in crate::net) fn accept_next(&mut self, call: CallId, side: Side, answer: &[u8]) -> Result<Codec, CauseCode> {
        let media = self.calls.get_mut(&call).ok_or(CauseCode::Internal)?;
        let next = media.next.as_mut().filter(|next| next.side == side).ok_or(CauseCode::Internal)?;
        let offer = next.rtp.offer.as_ref().ok_or(CauseCode::Internal)?;
        let negotiated = offer.accept_answer(answer).map_err(|error| sdp_cause(call, &error))?;
        next.rtp.answered(negotiated.clone());
        let Some(Next { rtp, pair, .. }) = media.next.take() else { return Err(CauseCode::Internal) };
        if let Some(old) = media.sides[side as usize].replace(rtp) {
            self.ports.release(old.local.port);
        }
        let codec = negotiated.codec;
        log_agreed(call, side, &negotiated);
        let tenure = self.next_tenure(call, side);
        self.agreed(call, side, |negotiated| Action::Replace { side, pair, negotiated, tenure }, negotiated);
        Ok(codec)
    }

    /// Forgets who was prepared.
    pub(in crate::net) fn drop_next(&mut self, call: CallId) {
        if let Some(next) = self.calls.get_mut(&call).and_then(|media| media.next.take()) {
            self.ports.release(next.rtp.local.port);
        }
    }

    /// Offers a side once more with what was agreed first, in another direction. The answer goes into
    /// [`MediaServer::accept_answer`]; without one the agreement goes on, but who would not be retrieved is when it asks
    /// by itself.
    pub(in crate::net) fn reoffer(&mut self, call: CallId, side: Side, wanted: Direction) -> Result<Bytes, CauseCode> {
        if wanted == Direction::SendRecv {
            self.existing(call, side)?.wanted = wanted;
        }
        self.offer_again(call, side, wanted, |rtp, codec| expected_first(&rtp.audio.outgoing, Some(codec)))
    }

    /// Our description of a side as it is, with a new version.
    pub(in crate::net) fn describe(&mut self, call: CallId, side: Side) -> Result<Bytes, CauseCode> {
        let wanted = self.existing(call, side)?.wanted;
        self.offer_again(call, side, wanted, |_, codec| vec![codec])
    }

    fn offer_again(
        &mut self,
        call: CallId,
        side: Side,
        wanted: Direction,
        codecs: impl FnOnce(&RtpSide, Codec) -> Vec<Codec>,
    ) -> Result<Bytes, CauseCode> {
        let identity = self.identity.clone();
        let rtp = self.existing(call, side)?;
        let agreed = rtp.negotiated.as_ref().ok_or(CauseCode::NotPossibleNow)?;
        let mut codecs = codecs(rtp, agreed.codec);
        if !codecs.contains(&agreed.codec) {
            codecs.insert(0, agreed.codec);
        }
        let terms = Terms { direction: wanted, ..rtp.terms_again(codecs, &identity, agreed) };
        let offer = Offer::renewed(&rtp.local, terms, agreed, rtp.version + 1);
        rtp.version += 1;
        let sdp = offer.sdp().clone();
        (rtp.offer, rtp.offered) = (Some(offer), wanted);
        Ok(sdp)
    }

    /// Gives a side the leg of a side of another call, or of the other side, with its sockets and all that was agreed;
    /// that side is empty then. Who had the side before is dropped. What the side hears stays as it was set.
    pub(in crate::net) fn take(&mut self, call: CallId, side: Side, from: CallId, from_side: Side) {
        if (call, side) == (from, from_side) {
            return;
        }
        self.drop_next_for(call, side);
        self.drop_next_for(from, from_side);
        let Some(media) = self.calls.get_mut(&from) else { return self.release(call, side) };
        let taken = media.sides[from_side as usize].take();
        let certificate = media.certificates[from_side as usize].take();
        let passage = Arc::new(Passage::default());
        let tenure = self.next_tenure(from, from_side);
        self.act(from, Action::Part { side: from_side, passage: passage.clone(), tenure });
        let media = self.media(call);
        media.certificates[side as usize] = certificate;
        if let Some(old) = std::mem::replace(&mut media.sides[side as usize], taken) {
            self.ports.release(old.local.port);
        }
        let tenure = self.next_tenure(call, side);
        self.act(call, Action::Take { side, passage, tenure });
    }

    /// Drops the leg of a side. What the side hears stays as it was set, for who has it next.
    pub(in crate::net) fn release(&mut self, call: CallId, side: Side) {
        self.drop_next_for(call, side);
        let Some(media) = self.calls.get_mut(&call) else { return };
        media.certificates[side as usize] = None;
        if let Some(old) = media.sides[side as usize].take() {
            self.ports.release(old.local.port);
        }
        let tenure = self.next_tenure(call, side);
        self.act(call, Action::Release { side, tenure });
    }

    /// Whether an event is of those who have their side now. A worker may have said something of the one before while
    /// the side was on its way to another, such as that his browser has closed its connection.
    pub(in crate::net) fn is_current(&self, event: &MediaEvent) -> bool {
        let tenures = self.calls.get(&event.call).map(|media| media.tenures);
        event.tenure.is_none_or(|tenure| tenures.is_some_and(|tenures| tenures[event.side as usize] == tenure))
    }

    /// Somebody else gets a side.
    pub(super) fn next_tenure(&mut self, call: CallId, side: Side) -> u32 {
        let tenure = &mut self.media(call).tenures[side as usize];
        *tenure += 1;
        *tenure
    }

    /// Forgets who was prepared for a side.
    fn drop_next_for(&mut self, call: CallId, side: Side) {
        let next = self.calls.get(&call).and_then(|media| media.next.as_ref());
        if next.is_some_and(|next| next.side == side) {
            self.drop_next(call);
        }
    }
}
