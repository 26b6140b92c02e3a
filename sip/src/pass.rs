//! Which of the ways to a next hop a request takes, and which one is tried when it fails (RFC 3263 4.3).

use std::sync::Arc;

use crate::core::Core;
use crate::endpoint::{Account, Event};
use crate::flow::{Destination, Hop};
use crate::message::{Message, default_reason};
use crate::transaction::Failure;

/// Hops that are known to have failed at once; of further ones it is not said when they answer again.
const MAX_DOWN: usize = 1024;

/// One request's way along the hops of its account.
#[derive(Debug)]
pub(crate) struct Pass {
    account: Arc<Account>,
    /// Index of the hop in use.
    at: usize,
    /// Hops that failed since the pass began.
    failed: usize,
    /// What is told when all have.
    miss: Option<Miss>,
}

/// How a request failed at a hop.
#[derive(Debug, Clone)]
pub(crate) struct Miss {
    /// 408 where nothing came in time, 503 where it could not be sent or the hop said so.
    pub(crate) status: u16,
    /// The 503 that came.
    pub(crate) response: Option<Message>,
}

impl Pass {
    /// Begins with the best hop.
    pub(crate) fn new(account: Arc<Account>) -> Pass {
        Pass { account, at: 0, failed: 0, miss: None }
    }

    /// Whose hops these are.
    pub(crate) fn account(&self) -> &Arc<Account> {
        &self.account
    }

    /// The hop in use.
    pub(crate) fn hop(&self) -> &Hop {
        self.account.hops.iter().nth(self.at).unwrap_or(self.account.hops.first())
    }

    /// The next request begins a pass of its own, at the hop in use.
    pub(crate) fn begin(&mut self) {
        self.failed = 0;
        self.miss = None;
    }

    /// The hop in use has answered, with anything but 503.
    pub(crate) fn answered(&self, core: &mut Core) {
        core.hop_answered(&self.hop().to);
    }

    /// The hop in use has failed: goes on to the next. Where all have, gives what to report: what one of them said
    /// before silence, and of equals what happened at the first, which is the one that should have worked. The next
    /// pass then begins at the best hop again.
    pub(crate) fn failed(&mut self, miss: Miss, core: &mut Core) -> Result<(), Miss> {
        core.hop_failed(&self.hop().to, &miss);
        let miss = match self.miss.take() {
            Some(before) if before.response.is_some() || miss.response.is_none() => before,
            _ => miss,
        };
        self.failed += 1;
        let count = self.account.hops.iter().count();
        if self.failed < count {
            self.at = (self.at + 1) % count;
            self.miss = Some(miss);
            return Ok(());
        }
        self.at = 0;
        self.begin();
        Err(miss)
    }
}

impl Miss {
    /// A 503.
    pub(crate) fn response(response: &Message) -> Miss {
        Miss { status: response.status().unwrap_or(503), response: Some(response.clone()) }
    }

    /// Reason phrase.
    pub(crate) fn reason(&self) -> String {
        match &self.response {
            Some(response) => response.reason().to_owned(),
            None => default_reason(self.status).to_owned(),
        }
    }
}

impl From<Failure> for Miss {
    fn from(failure: Failure) -> Miss {
        Miss { status: failure.status, response: None }
    }
}

impl Core {
    fn hop_failed(&mut self, to: &Destination, miss: &Miss) {
        let to = Destination { connection: None, ..to.clone() };
        if self.down.len() < MAX_DOWN {
            self.down.insert(to.clone());
        }
        self.event(Event::HopFailed { to, status: miss.status, from_network: miss.response.is_some() });
    }

    fn hop_answered(&mut self, to: &Destination) {
        if self.down.is_empty() {
            return;
        }
        let to = Destination { connection: None, ..to.clone() };
        if self.down.remove(&to) {
            self.event(Event::HopAnswered { to });
        }
    }
}
