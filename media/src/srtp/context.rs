//! What is kept between packets: rollover counters and replay windows (RFC 3711 section 3).

use super::MasterKey;
use super::cipher::{Cipher, Purpose, RTCP_CLEAR};
use crate::rtp;

/// Sources of one peer that are told apart. It has one, and another after a transfer or restart.
const MAX_SOURCES: usize = 8;
/// RTCP packets under one key (RFC 3711 section 9.2).
const MAX_RTCP_INDEX: u32 = (1 << 31) - 1;

/// Why a packet is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Not made with the agreed key, altered on the way, or no packet at all.
    Unauthentic,
    /// A copy of one that was taken, or too old to tell.
    Replayed,
}

/// Both directions of a leg.
pub(crate) struct Srtp {
    local: MasterKey,
    remote: MasterKey,
    sender: Sender,
    receiver: Receiver,
    /// The keys before those of `receiver`: packets on their way when the keys changed.
    previous: Option<Receiver>,
}

impl Srtp {
    /// `None` only where the library refuses a key, which is of the right length.
    pub(crate) fn new(local: &MasterKey, remote: &MasterKey) -> Option<Self> {
        Some(Self {
            sender: Sender::new(local)?,
            receiver: Receiver::new(remote)?,
            previous: None,
            local: local.clone(),
            remote: remote.clone(),
        })
    }

    /// Takes the outcome of another negotiation. The same key goes on where it was; after a new one, packets under the
    /// old are taken until the first under the new arrives.
    pub(crate) fn rekey(&mut self, local: &MasterKey, remote: &MasterKey) {
        if self.local != *local
            && let Some(sender) = Sender::new(local)
        {
            self.sender = sender;
            self.local = local.clone();
        }
        if self.remote != *remote
            && let Some(mut receiver) = Receiver::new(remote)
        {
            receiver.earlier = self.receiver.rollovers();
            self.previous = Some(std::mem::replace(&mut self.receiver, receiver));
            self.remote = remote.clone();
        }
    }

    /// Encrypts the RTP packet that begins at `start`. `sequence` has its wraps counted. `false` when it must not be
    /// sent.
    pub(crate) fn protect(&mut self, buffer: &mut Vec<u8>, start: usize, sequence: u64) -> bool {
        self.sender.protect(buffer, start, sequence)
    }

    /// Encrypts the compound RTCP packet that begins at `start`. `false` when it must not be sent.
    pub(crate) fn protect_rtcp(&mut self, buffer: &mut Vec<u8>, start: usize) -> bool {
        self.sender.protect_rtcp(buffer, start)
    }

    /// Verifies an RTP packet and leaves it decrypted in `clear`, whose room is used again.
    pub(crate) fn unprotect(&mut self, datagram: &[u8], clear: &mut Vec<u8>) -> Result<(), Refused> {
        self.open(datagram, clear, Receiver::unprotect)
    }

    /// The same for RTCP.
    pub(crate) fn unprotect_rtcp(&mut self, datagram: &[u8], clear: &mut Vec<u8>) -> Result<(), Refused> {
        self.open(datagram, clear, Receiver::unprotect_rtcp)
    }

    fn open(&mut self, datagram: &[u8], clear: &mut Vec<u8>, open: Open) -> Result<(), Refused> {
        let opened = open(&mut self.receiver, datagram, clear);
        match (&mut self.previous, opened) {
            (None, opened) => opened,
            (Some(_), Ok(())) => {
                self.previous = None;
                Ok(())
            }
            (Some(previous), Err(_)) => open(previous, datagram, clear),
        }
    }
}

/// How a receiver opens a datagram.
type Open = fn(&mut Receiver, &[u8], &mut Vec<u8>) -> Result<(), Refused>;

struct Sender {
    rtp: Cipher,
    rtcp: Cipher,
    /// Rollover counter of the stream when the key came into use: a new context begins at zero.
    base: Option<u64>,
    rtcp_index: u32,
}

impl Sender {
    fn new(master: &MasterKey) -> Option<Self> {
        Some(Self {
            rtp: Cipher::new(master, Purpose::Rtp).ok()?,
            rtcp: Cipher::new(master, Purpose::Rtcp).ok()?,
            base: None,
            rtcp_index: 0,
        })
    }

    fn protect(&mut self, buffer: &mut Vec<u8>, start: usize, sequence: u64) -> bool {
        let base = *self.base.get_or_insert(sequence >> 16);
        // A late packet from before the key came into use has no number under it.
        let Some(index) = sequence.checked_sub(base << 16).filter(|index| index >> 48 == 0) else {
            return false;
        };
        let Ok(payload) = rtp::payload_start(&buffer[start..]) else {
            return false;
        };
        self.rtp.seal_rtp(buffer, start, start + payload, index).is_ok()
    }

    fn protect_rtcp(&mut self, buffer: &mut Vec<u8>, start: usize) -> bool {
        if self.rtcp_index >= MAX_RTCP_INDEX || buffer.len() < start + RTCP_CLEAR {
            return false;
        }
        self.rtcp_index += 1;
        self.rtcp.seal_rtcp(buffer, start, self.rtcp_index).is_ok()
    }
}

struct Receiver {
    rtp: Cipher,
    rtcp: Cipher,
    /// The one heard last comes last.
    sources: Vec<Source>,
    /// Rollover counters under the key before this one.
    earlier: Vec<(u32, u64)>,
}

struct Source {
    ssrc: u32,
    rtp: Window,
    rtcp: Window,
}

impl Receiver {
    fn new(master: &MasterKey) -> Option<Self> {
        Some(Self {
            rtp: Cipher::new(master, Purpose::Rtp).ok()?,
            rtcp: Cipher::new(master, Purpose::Rtcp).ok()?,
            sources: Vec::new(),
            earlier: Vec::new(),
        })
    }

    fn unprotect(&mut self, datagram: &[u8], clear: &mut Vec<u8>) -> Result<(), Refused> {
        let payload = rtp::payload_start(datagram).map_err(|_| Refused::Unauthentic)?;
        let sequence = u16::from_be_bytes([datagram[2], datagram[3]]);
        let ssrc = u32::from_be_bytes([datagram[8], datagram[9], datagram[10], datagram[11]]);
        let known = self.source(ssrc).map(|source| &source.rtp).filter(|window| window.highest.is_some());
        let index = known.map_or(u64::from(sequence), |window| window.estimate(sequence));
        if known.is_some_and(|window| !window.is_new(index)) {
            return Err(Refused::Replayed);
        }
        let first = known.is_none();
        let index = match self.try_index(datagram, payload, index, clear) {
            Ok(()) => index,
            Err(_) if first => {
                // Whether a new key resets the counter is read both ways: RFC 4568 makes a new context, which begins
                // at zero; RFC 3711 section 3.3.1 keeps the counter through a change of keys.
                let rollover = self.earlier.iter().find(|(earlier, _)| *earlier == ssrc).map(|(_, rollover)| *rollover);
                let rollover = rollover.filter(|rollover| *rollover > 0).ok_or(Refused::Unauthentic)?;
                let index = rollover << 16 | u64::from(sequence);
                self.try_index(datagram, payload, index, clear)?;
                index
            }
            Err(refused) => return Err(refused),
        };
        self.heard(ssrc).rtp.note(index);
        Ok(())
    }

    fn try_index(&self, datagram: &[u8], payload: usize, index: u64, clear: &mut Vec<u8>) -> Result<(), Refused> {
        clear.clear();
        clear.extend_from_slice(datagram);
        self.rtp.open_rtp(clear, payload, index).map_err(|_| Refused::Unauthentic)
    }

    fn unprotect_rtcp(&mut self, datagram: &[u8], clear: &mut Vec<u8>) -> Result<(), Refused> {
        let index = self.rtcp.rtcp_index(datagram).map_err(|_| Refused::Unauthentic)?;
        let ssrc = u32::from_be_bytes([datagram[4], datagram[5], datagram[6], datagram[7]]);
        if self.source(ssrc).is_some_and(|source| !source.rtcp.is_new(index.into())) {
            return Err(Refused::Replayed);
        }
        clear.clear();
        clear.extend_from_slice(datagram);
        self.rtcp.open_rtcp(clear, index).map_err(|_| Refused::Unauthentic)?;
        self.heard(ssrc).rtcp.note(index.into());
        Ok(())
    }

    fn source(&self, ssrc: u32) -> Option<&Source> {
        self.sources.iter().rfind(|source| source.ssrc == ssrc)
    }

    /// The source of a packet that was authentic: strangers cannot fill the list.
    fn heard(&mut self, ssrc: u32) -> &mut Source {
        let place = match self.sources.iter().rposition(|source| source.ssrc == ssrc) {
            Some(place) => place,
            None => {
                if self.sources.len() >= MAX_SOURCES {
                    self.sources.remove(0);
                }
                self.sources.push(Source { ssrc, rtp: Window::default(), rtcp: Window::default() });
                self.sources.len() - 1
            }
        };
        self.sources[place..].rotate_left(1);
        let last = self.sources.len() - 1;
        &mut self.sources[last]
    }

    fn rollovers(&self) -> Vec<(u32, u64)> {
        self.sources.iter().filter_map(|source| Some((source.ssrc, source.rtp.highest? >> 16))).collect()
    }
}

/// Which of the last 128 packets were taken.
#[derive(Debug, Default)]
struct Window {
    highest: Option<u64>,
    /// Bit `n` stands for `highest - n`.
    taken: u128,
}

impl Window {
    /// The index of a packet with this sequence number: the one nearest to the highest (RFC 3711 section 3.3.1).
    fn estimate(&self, sequence: u16) -> u64 {
        let highest = self.highest.unwrap_or(sequence.into());
        let distance = i64::from(sequence.wrapping_sub(highest as u16) as i16);
        highest.checked_add_signed(distance).unwrap_or(sequence.into())
    }

    fn is_new(&self, index: u64) -> bool {
        let Some(highest) = self.highest else {
            return true;
        };
        match highest.checked_sub(index) {
            None => true,
            Some(age) => age < 128 && self.taken >> age & 1 == 0,
        }
    }

    fn note(&mut self, index: u64) {
        match self.highest {
            Some(highest) if index <= highest => {
                let age = highest - index;
                if age < 128 {
                    self.taken |= 1 << age;
                }
            }
            highest => {
                let ahead = highest.map_or(128, |highest| index - highest);
                self.taken = if ahead < 128 { self.taken << ahead | 1 } else { 1 };
                self.highest = Some(index);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rtp::RtpHeader;
    use crate::srtp::{LocalKeys, Suite};

    fn master(random: u8) -> MasterKey {
        LocalKeys::new(&[random; 32]).master_key(Suite::AeadAes128Gcm)
    }

    fn packet(ssrc: u32, sequence: u64) -> Vec<u8> {
        let header =
            RtpHeader { payload_type: 8, marker: false, sequence: sequence as u16, timestamp: sequence as u32, ssrc };
        [header.to_bytes().as_slice(), &sequence.to_be_bytes()].concat()
    }

    /// Two ends of one direction.
    fn ends() -> (Srtp, Srtp) {
        (Srtp::new(&master(1), &master(2)).unwrap(), Srtp::new(&master(2), &master(1)).unwrap())
    }

    fn sealed(by: &mut Srtp, ssrc: u32, sequence: u64) -> Vec<u8> {
        let mut sealed = packet(ssrc, sequence);
        assert!(by.protect(&mut sealed, 0, sequence));
        sealed
    }

    fn opens(by: &mut Srtp, sealed: &[u8], ssrc: u32, sequence: u64) -> Result<(), Refused> {
        let mut clear = Vec::new();
        by.unprotect(sealed, &mut clear)?;
        assert_eq!(clear, packet(ssrc, sequence));
        Ok(())
    }

    #[test]
    fn the_rollover_counter_follows_through_wraps_and_gaps() {
        let (mut a, mut b) = ends();
        let mut sequence = 20_000;
        for step in [1, 30_000, 20_000, 65_535 - 35_000, 1, 2, 30_000, 30_000, 32_000] {
            sequence += step;
            let sealed = sealed(&mut a, 7, sequence);
            assert_eq!(opens(&mut b, &sealed, 7, sequence), Ok(()), "{sequence}");
            assert_eq!(opens(&mut b, &sealed, 7, sequence), Err(Refused::Replayed), "{sequence}");
        }
        // From before the last wrap.
        let late = sequence - 20;
        let sealed = sealed(&mut a, 7, late);
        assert_eq!(opens(&mut b, &sealed, 7, late), Ok(()));
    }

    #[test]
    fn a_new_key_may_begin_at_either_counter() {
        // A sender that keeps its counter through the change, as one that begins anew, is understood.
        for kept in [false, true] {
            let (mut a, mut b) = ends();
            for sequence in [100, 30_000, 60_000, 90_000, 120_000, 150_000] {
                assert_eq!(opens(&mut b, &sealed(&mut a, 7, sequence), 7, sequence), Ok(()));
            }
            a.rekey(&master(3), &master(2));
            b.rekey(&master(2), &master(3));
            if kept {
                a.sender.base = Some(0);
            }
            for sequence in [150_001, 180_000, 210_000] {
                assert_eq!(opens(&mut b, &sealed(&mut a, 7, sequence), 7, sequence), Ok(()), "{kept}");
            }
        }
    }

    #[test]
    fn many_sources_do_not_grow_the_list_and_forgeries_add_none() {
        let (mut a, mut b) = ends();
        let mut forged = sealed(&mut a, 1, 1);
        for ssrc in 0..1_000_u32 {
            forged[8..12].copy_from_slice(&ssrc.to_be_bytes());
            assert_eq!(b.unprotect(&forged, &mut Vec::new()).is_ok(), ssrc == 1);
        }
        assert_eq!(b.receiver.sources.len(), 1);
        for ssrc in 0..100 {
            assert_eq!(opens(&mut b, &sealed(&mut a, ssrc, 5), ssrc, 5), Ok(()));
        }
        assert_eq!(b.receiver.sources.len(), MAX_SOURCES);
    }

    #[test]
    fn control_packets_are_taken_once_and_only_encrypted() {
        for suite in Suite::ALL {
            let keys = [1, 2].map(|random| LocalKeys::new(&[random; 32]).master_key(suite));
            let mut a = Srtp::new(&keys[0], &keys[1]).unwrap();
            let mut b = Srtp::new(&keys[1], &keys[0]).unwrap();
            let report = [0x80, 201, 0, 1, 0, 0, 0, 7];
            let mut clear = Vec::new();
            for _ in 0..3 {
                // Behind another datagram in the same buffer.
                let mut buffer = [b"before".as_slice(), &report].concat();
                assert!(a.protect_rtcp(&mut buffer, 6));
                let sealed = &buffer[6..];
                assert_eq!(b.unprotect_rtcp(sealed, &mut clear), Ok(()));
                assert_eq!(clear, report);
                assert_eq!(b.unprotect_rtcp(sealed, &mut clear), Err(Refused::Replayed));
                for length in 0..sealed.len() {
                    assert_eq!(b.unprotect_rtcp(&sealed[..length], &mut clear), Err(Refused::Unauthentic));
                }
            }
            assert_eq!(b.unprotect_rtcp(&report, &mut clear), Err(Refused::Unauthentic));
        }
    }

    proptest! {
        /// However packets are lost, repeated and overtaken within the window: each is taken once, and as it was.
        #[test]
        fn each_packet_counts_once(
            first in 0..40_000_u64,
            order in proptest::collection::vec(0..60_u64, 1..200),
        ) {
            let (mut a, mut b) = ends();
            let mut taken = std::collections::HashSet::new();
            for (place, jitter) in order.iter().enumerate() {
                let sequence = first + place as u64 + jitter;
                let result = opens(&mut b, &sealed(&mut a, 7, sequence), 7, sequence);
                let expected = if taken.insert(sequence) { Ok(()) } else { Err(Refused::Replayed) };
                prop_assert_eq!(result, expected);
            }
        }

        #[test]
        fn nonsense_never_panics(
            datagram in proptest::collection::vec(any::<u8>(), 0..80),
            suite in 0..6_usize,
        ) {
            let key = LocalKeys::new(&[1; 32]).master_key(Suite::ALL[suite]);
            let mut srtp = Srtp::new(&key, &key).unwrap();
            let mut clear = Vec::new();
            prop_assert!(srtp.unprotect(&datagram, &mut clear).is_err());
            prop_assert!(srtp.unprotect_rtcp(&datagram, &mut clear).is_err());
        }
    }
}
