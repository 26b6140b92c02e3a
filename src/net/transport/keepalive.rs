//! The flows that are kept alive, and the binding requests of others.

use std::net::SocketAddr;
use std::time::Instant;

use offhook_sip::Destination;
use offhook_sip::header::Protocol;
use offhook_sip::keepalive::{KeepAlive, KeepAliveAction, KeepAliveKind, Mapping};
use offhook_sip::stun::Stun;
use rustc_hash::FxHashMap;

use super::connections::FlowKey;

/// Binding requests answered within one second: enough for some thousand telephones behind NATs, and little for
/// somebody who wants answers sent to a forged address.
const STUN_ANSWERS_A_SECOND: u32 = 1_000;

/// All flows that are kept alive.
#[derive(Debug, Default)]
pub(super) struct KeepAlives {
    flows: FxHashMap<FlowKey, (Destination, KeepAlive)>,
}

impl KeepAlives {
    pub(super) fn start(
        &mut self,
        key: FlowKey,
        destination: Destination,
        kind: KeepAliveKind,
        every: std::time::Duration,
        now: Instant,
    ) {
        let kind = match (key.protocol, kind) {
            (Protocol::Udp, KeepAliveKind::Ping) => KeepAliveKind::Crlf,
            (Protocol::Udp, kind) => kind,
            (_, KeepAliveKind::Stun) => KeepAliveKind::Ping,
            (_, kind) => kind,
        };
        let [first, ..] = random();
        self.flows.insert(key, (destination, KeepAlive::start(kind, every, now, u64::from(first) * 4)));
    }

    pub(super) fn stop(&mut self, key: &FlowKey) {
        self.flows.remove(key);
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.flows.values().map(|(_, flow)| flow.poll_timeout()).min()
    }

    /// What is to be done now.
    pub(super) fn due(&mut self, now: Instant) -> Vec<(FlowKey, Destination, KeepAliveAction)> {
        let due = self.flows.iter_mut().filter_map(|(key, (destination, flow))| {
            let action = flow.handle_timeout(now, random())?;
            Some((key.clone(), destination.clone(), action))
        });
        due.collect()
    }

    /// Something came over this connection.
    pub(super) fn received(&mut self, key: &FlowKey, now: Instant) {
        if let Some((_, flow)) = self.flows.get_mut(key) {
            flow.on_received(now, random());
        }
    }

    /// An answer to a binding request: the flow whose address at the other side has changed with it.
    pub(super) fn answered(
        &mut self,
        answer: Stun,
        remote: SocketAddr,
        now: Instant,
    ) -> Option<(Destination, SocketAddr, SocketAddr, SocketAddr)> {
        self.flows.iter_mut().filter(|(key, _)| key.remote == remote).find_map(|(key, (destination, flow))| match flow
            .on_stun(
            answer,
            now,
            random(),
        )? {
            Mapping::Changed { before, after } => Some((destination.clone(), key.local, before, after)),
            Mapping::Same => None,
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.flows.is_empty()
    }
}

/// How many binding requests may still be answered.
#[derive(Debug)]
pub(super) struct StunBudget {
    since: Instant,
    answered: u32,
}

impl StunBudget {
    pub(super) fn new(now: Instant) -> StunBudget {
        StunBudget { since: now, answered: 0 }
    }

    pub(super) fn take(&mut self, now: Instant) -> bool {
        if now.duration_since(self.since).as_secs() >= 1 {
            *self = StunBudget::new(now);
        }
        self.answered += 1;
        self.answered <= STUN_ANSWERS_A_SECOND
    }
}

fn random() -> [u8; 16] {
    let mut random = [0; 16];
    // Without random numbers intervals are regular and names guessable; nothing worse.
    let _ = getrandom::fill(&mut random);
    random
}
