//! A DTLS handshake on the path of the audio, and the keys it gives (RFC 5764).

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use dimpl::{Dtls, KeyingMaterial, Output, SrtpProfile};

use super::{DtlsIdentity, Fingerprint, MasterKey, Suite};

/// Room for one record; the engine says where it needs more.
const RECORD: usize = 2_048;
/// Datagrams waiting to be sent. A flight has a handful.
const MAX_WAITING: usize = 64;
/// Wrong certificates after which the peer is given up. A stranger may show one before the peer comes.
const MAX_WRONG: u32 = 8;

/// The keys of a leg.
pub(crate) struct Keys {
    /// Of what we send.
    pub(crate) local: MasterKey,
    /// Of what the peer sends.
    pub(crate) remote: MasterKey,
}

/// A handshake with one peer. It stays when it is done, to answer a peer that missed our last flight.
pub(crate) struct Handshake {
    identity: Arc<DtlsIdentity>,
    fingerprint: Fingerprint,
    active: bool,
    engine: Option<Box<Dtls>>,
    /// The peer showed the certificate it announced.
    verified: bool,
    /// What the engine gave; nobody gets it before the certificate is known to be right.
    keys: Option<Keys>,
    done: bool,
    /// Certificates shown that are not the one announced.
    wrong: u32,
    warned: bool,
    /// The peer said goodbye.
    closed: bool,
    /// It did not finish in time.
    late: bool,
    deadline: Option<Instant>,
    waiting: VecDeque<Vec<u8>>,
}

impl Handshake {
    pub(crate) fn new(identity: Arc<DtlsIdentity>, fingerprint: Fingerprint, active: bool, now: Instant) -> Self {
        let mut handshake = Self {
            identity,
            fingerprint,
            active,
            engine: None,
            verified: false,
            keys: None,
            done: false,
            wrong: 0,
            warned: false,
            closed: false,
            late: false,
            deadline: None,
            waiting: VecDeque::new(),
        };
        handshake.begin(now);
        handshake
    }

    /// Whether it is a handshake with this peer in this role.
    pub(crate) fn is_with(&self, fingerprint: &Fingerprint, active: bool) -> bool {
        self.fingerprint == *fingerprint && self.active == active
    }

    /// Whether the peer said goodbye.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Whether somebody with another certificate answered, or nobody to the end. It is tried again even so.
    pub(crate) fn has_failed(&self) -> bool {
        self.wrong > 0 || self.late
    }

    /// Says goodbye; the datagram waits in [`Handshake::poll`].
    pub(crate) fn close(&mut self) {
        if self.engine.as_mut().is_some_and(|engine| engine.close().is_ok()) {
            self.drain();
        }
        self.end();
    }

    /// When [`Handshake::handle_timeout`] has something to do.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// The next datagram to send.
    pub(crate) fn poll(&mut self) -> Option<Vec<u8>> {
        self.waiting.pop_front()
    }

    /// Takes a datagram of the peer; gives the keys, once.
    pub(crate) fn receive(&mut self, datagram: &[u8], now: Instant) -> Option<Keys> {
        let engine = self.engine.as_mut()?;
        let taken = engine.handle_timeout(now).and_then(|()| engine.handle_packet(datagram));
        self.proceed(taken.is_ok(), now)
    }

    /// Sends again what was not answered.
    pub(crate) fn handle_timeout(&mut self, now: Instant) -> Option<Keys> {
        if self.deadline.is_none_or(|at| at > now) {
            return None;
        }
        let taken = self.engine.as_mut()?.handle_timeout(now);
        self.late |= taken.is_err() && !self.done;
        self.proceed(taken.is_ok(), now)
    }

    /// Starts anew, for instance when nobody answered in time: a peer may begin only when somebody picks up.
    fn begin(&mut self, now: Instant) {
        let DtlsIdentity { config, certificate, .. } = &*self.identity;
        self.verified = false;
        self.keys = None;
        self.deadline = None;
        self.waiting.clear();
        // RFC 5764 is about DTLS 1.2, which every phone and browser has.
        let mut engine = Dtls::new_12(Arc::clone(config), certificate.clone(), now);
        engine.set_active(self.active);
        let begun = engine.handle_timeout(now).is_ok();
        self.engine = Some(Box::new(engine));
        if begun {
            self.drain();
        }
    }

    /// Draws the consequences of an input.
    fn proceed(&mut self, taken: bool, now: Instant) -> Option<Keys> {
        if !taken {
            // Every error of the engine ends it.
            if self.done {
                self.end();
                return None;
            }
            if !std::mem::replace(&mut self.warned, true) {
                tracing::warn!(
                    "the DTLS handshake of a call failed; trying again. Does the other side have an ECDSA certificate?"
                );
            }
            self.begin(now);
            return None;
        }
        let wrong = self.wrong;
        self.drain();
        if self.wrong > wrong {
            if self.wrong == 1 {
                tracing::warn!("the DTLS certificate shown in a call is not the one in the SDP: no audio with it");
            }
            if self.wrong < MAX_WRONG {
                self.begin(now);
            } else {
                self.end();
            }
            return None;
        }
        let keys = self.keys.take_if(|_| self.verified);
        self.done |= keys.is_some();
        keys
    }

    fn end(&mut self) {
        self.engine = None;
        self.deadline = None;
    }

    fn drain(&mut self) {
        let Some(engine) = &mut self.engine else {
            return;
        };
        let mut buffer = vec![0; RECORD];
        loop {
            match engine.poll_output(&mut buffer) {
                Output::Packet(datagram) if self.waiting.len() < MAX_WAITING => {
                    self.waiting.push_back(datagram.to_vec());
                }
                Output::BufferTooSmall { needed } => buffer.resize(needed, 0),
                Output::Timeout(at) => {
                    self.deadline = Some(at);
                    return;
                }
                Output::PeerCert(certificate) => {
                    self.verified = self.fingerprint.matches(certificate);
                    self.wrong += u32::from(!self.verified);
                }
                Output::KeyingMaterial(material, profile) => {
                    self.keys = split(&material, profile, engine.is_active());
                }
                // Before the handshake is done anybody can say that.
                Output::CloseNotify => self.closed |= self.done,
                _ => {}
            }
        }
    }
}

impl fmt::Debug for Handshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { active, done, wrong, .. } = self;
        f.debug_struct("Handshake")
            .field("active", active)
            .field("done", done)
            .field("wrong", wrong)
            .finish_non_exhaustive()
    }
}

/// The four parts of the exported secret (RFC 5764 section 4.2): keys of client and server, then their salts.
fn split(material: &KeyingMaterial, profile: SrtpProfile, client: bool) -> Option<Keys> {
    let suite = match profile {
        SrtpProfile::AES128_CM_SHA1_80 => Suite::Aes128CmSha1_80,
        SrtpProfile::AEAD_AES_128_GCM => Suite::AeadAes128Gcm,
        SrtpProfile::AEAD_AES_256_GCM => Suite::AeadAes256Gcm,
        _ => return None,
    };
    let (keys, salts) = material.split_at_checked(2 * suite.key_len())?;
    let part = |index: usize| {
        let key = keys.chunks_exact(suite.key_len()).nth(index)?;
        let salt = salts.chunks_exact(suite.salt_len()).nth(index)?;
        MasterKey::new(suite, &[key, salt].concat())
    };
    let (local, remote) = if client { (0, 1) } else { (1, 0) };
    Some(Keys { local: part(local)?, remote: part(remote)? })
}

/// Whether a datagram on an RTP port belongs to a handshake (RFC 7983 section 7).
pub(crate) fn is_dtls(datagram: &[u8]) -> bool {
    matches!(datagram.first(), Some(20..=63))
}
