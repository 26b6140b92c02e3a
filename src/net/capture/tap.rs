//! The way of a call's audio into captures: from the media thread that has the call, which never waits.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use offhook_media::session::{Channel, Copying, PacketCopy};

use super::{BACKLOG, BACKLOG_OCTETS, FOR_SIGNALLING, Item, Shared};
use crate::capture::file::{AudioPacket, Carrier, Direction};
use crate::capture::recorder::{Clock, Owner};
use crate::ids::CallId;

/// A packet of a call's audio on its way to the thread that writes.
#[derive(Debug)]
pub(super) struct AudioRecord {
    /// When, since 1970-01-01 UTC.
    pub(super) at: Duration,
    pub(super) call: CallId,
    pub(super) owner: Owner,
    pub(super) packet: Box<AudioPacket>,
}

impl AudioRecord {
    /// About how many octets it takes in memory.
    pub(super) fn size(&self) -> usize {
        size_of::<AudioRecord>() + size_of::<AudioPacket>() + self.packet.bytes.len()
    }
}

/// Where a media thread puts copies of a call's packets.
#[derive(Debug, Clone)]
pub struct Tap {
    shared: Arc<Shared>,
    items: SyncSender<Item>,
    call: CallId,
    owner: Owner,
    copying: Copying,
    clock: Clock,
}

impl Tap {
    pub(super) fn new(
        shared: Arc<Shared>,
        items: SyncSender<Item>,
        (call, owner): (CallId, Owner),
        copying: Copying,
        clock: Clock,
    ) -> Tap {
        Tap { shared, items, call, owner, copying, clock }
    }

    /// How much of each packet is wanted.
    pub fn copying(&self) -> Copying {
        self.copying
    }

    /// Who the call is there for, as its packets say.
    pub fn owner(&self) -> Owner {
        self.owner
    }

    /// Hands a packet over that came to or left a socket with the address `local`. What there is no room for is counted.
    pub fn take(&self, copy: &PacketCopy<'_>, local: SocketAddr, at: Instant) {
        let carrier = match (copy.channel, copy.encrypted) {
            (Channel::Mux | Channel::MuxTcp, _) => Carrier::Browser,
            (Channel::Rtp | Channel::Rtcp, true) => Carrier::Srtp,
            (Channel::Rtp | Channel::Rtcp, false) => Carrier::Plain,
        };
        let packet = AudioPacket {
            local,
            remote: copy.remote,
            direction: if copy.sent { Direction::Out } else { Direction::In },
            is_rtcp: copy.is_rtcp,
            carrier,
            formats: copy.formats.clone(),
            bytes: copy.bytes.into(),
            length: copy.length,
        };
        let record =
            AudioRecord { at: self.clock.unix(at), call: self.call, owner: self.owner, packet: Box::new(packet) };
        if !self.hand_over(record) {
            self.shared.lost.packets.fetch_add(1, Ordering::Relaxed);
            self.shared.lost_ever.packets.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Signalling has the rest of the queue for itself, however much audio there is.
    fn hand_over(&self, record: AudioRecord) -> bool {
        let (shared, size) = (&self.shared, record.size());
        if shared.queued_audio.fetch_add(1, Ordering::Relaxed) < BACKLOG / FOR_SIGNALLING
            && shared.reserve(size, BACKLOG_OCTETS / FOR_SIGNALLING)
        {
            if self.items.try_send(Item::Audio(record)).is_ok() {
                return true;
            }
            shared.queued.fetch_sub(size, Ordering::Relaxed);
        }
        shared.queued_audio.fetch_sub(1, Ordering::Relaxed);
        false
    }
}
