//! Session timers (RFC 4028): who refreshes a session, when, and when it counts as dead.

use std::time::{Duration, Instant};

use crate::core::Core;
use crate::extension::{self, SUPPORTED, SUPPORTED_WITHIN, TIMER, understands};
use crate::header::{Name, Params};
use crate::lex;
use crate::message::Message;
use crate::transaction::timer::Timer;

/// The smallest value that Min-SE may have (RFC 4028 5).
pub(crate) const MIN_SE: u32 = 90;

/// How often a session with a timer is looked at.
const TICK: Duration = Duration::from_secs(60);

/// The end comes this much before the interval is over, or a third of the interval, whichever is less (RFC 4028 10).
const MARGIN: Duration = Duration::from_secs(32);

/// A refresh that found the session busy, or was refused, is tried again after this.
const AGAIN: Duration = Duration::from_secs(10);

/// The session timer of a dialog.
#[derive(Debug, Default)]
pub(super) struct SessionTimer {
    running: Option<Running>,
    /// The largest Min-SE heard in the session.
    min_se: u32,
}

#[derive(Debug)]
struct Running {
    /// Seconds.
    interval: u32,
    we_refresh: bool,
    refresh_at: Instant,
    ends_at: Instant,
    wakes_at: Instant,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// Nothing yet.
    Nothing,
    /// The other side is to hear from us.
    Refresh,
    /// Nobody has refreshed it.
    End,
}

/// The value of Session-Expires.
struct SessionExpires {
    seconds: u32,
    /// Whether the client of the request refreshes, where that is said.
    by_client: Option<bool>,
}

impl SessionExpires {
    fn of(message: &Message) -> Option<SessionExpires> {
        let value = message.header(Name::SessionExpires)?;
        let (seconds, params) = value.split_at(value.find(';').unwrap_or(value.len()));
        let by_client = Params::from_text(params).value("refresher").and_then(|refresher| {
            match refresher.to_ascii_lowercase().as_str() {
                "uac" => Some(true),
                "uas" => Some(false),
                _ => None,
            }
        });
        Some(SessionExpires { seconds: lex::saturating_number(lex::trim(seconds))?, by_client })
    }
}

impl SessionTimer {
    /// What the first INVITE says.
    pub(super) fn first_headers(min_se: u32, core: &Core, headers: &mut Vec<(Name, String)>) {
        headers.push((Name::Supported, SUPPORTED.to_owned()));
        if core.session_expires > 0 {
            headers.push((Name::SessionExpires, core.session_expires.max(min_se).to_string()));
            push_min_se(min_se.max(core.min_se), headers);
        }
    }

    /// What a re-INVITE or UPDATE says: the roles stay (RFC 4028 7.4).
    pub(super) fn headers(&self, core: &Core) -> Vec<(Name, String)> {
        let mut headers = vec![(Name::Supported, SUPPORTED_WITHIN.to_owned())];
        let min_se = self.min_se.max(core.min_se);
        match &self.running {
            Some(running) => {
                let refresher = if running.we_refresh { "uac" } else { "uas" };
                let interval = running.interval.max(self.min_se);
                headers.push((Name::SessionExpires, format!("{interval};refresher={refresher}")));
                push_min_se(min_se, &mut headers);
            }
            None if core.session_expires > 0 => {
                headers.push((Name::SessionExpires, core.session_expires.max(min_se).to_string()));
                push_min_se(min_se, &mut headers);
            }
            None => {}
        }
        headers
    }

    /// The interval in a request is too small (422): a larger one is to be asked for.
    pub(super) fn raise(&mut self, response: &Message) {
        self.min_se = self.min_se.max(response.number(Name::MinSe).unwrap_or(MIN_SE));
    }

    /// Takes the interval that a request asks for, as its 2xx grants it; gives what the 2xx says (RFC 4028 9).
    pub(super) fn grant(
        &mut self,
        request: &Message,
        owner: u64,
        core: &mut Core,
        now: Instant,
    ) -> Vec<(Name, String)> {
        let understood = understands(request, TIMER);
        let least = request.number(Name::MinSe).unwrap_or(MIN_SE).max(core.min_se);
        self.min_se = self.min_se.max(request.number(Name::MinSe).unwrap_or(0));
        let wanted = core.session_expires;
        let (interval, by_client) = match SessionExpires::of(request) {
            // Shorter than that would have been refused, had its sender understood why.
            Some(asked) if asked.seconds < core.min_se => (0, false),
            Some(asked) => {
                let interval = if wanted == 0 { asked.seconds } else { asked.seconds.min(wanted.max(least)) };
                (interval, understood && asked.by_client.unwrap_or(true))
            }
            None if understood && wanted > 0 => (wanted.max(least), false),
            None => (0, false),
        };
        if interval == 0 {
            self.running = None;
            return Vec::new();
        }
        self.run(interval, !by_client, owner, core, now);
        let refresher = if by_client { "uac" } else { "uas" };
        let mut headers = vec![(Name::SessionExpires, format!("{interval};refresher={refresher}"))];
        if by_client {
            headers.push((Name::Require, TIMER.to_owned()));
        }
        headers
    }

    /// Takes the interval that a 2xx to a request of ours grants; without one there is none (RFC 4028 7.2).
    pub(super) fn granted(&mut self, response: &Message, owner: u64, core: &mut Core, now: Instant) {
        match SessionExpires::of(response) {
            Some(granted) if granted.seconds >= MIN_SE => {
                self.run(granted.seconds, granted.by_client.unwrap_or(true), owner, core, now);
            }
            _ => self.running = None,
        }
    }

    /// Whether a timer is still to fire then.
    pub(super) fn awaits(&self, at: Instant) -> bool {
        self.running.as_ref().is_some_and(|running| running.wakes_at == at)
    }

    /// The timer fired.
    pub(super) fn step(&mut self, owner: u64, core: &mut Core, now: Instant) -> Due {
        let Some(running) = &mut self.running else { return Due::Nothing };
        if now >= running.ends_at {
            self.running = None;
            return Due::End;
        }
        let due = running.we_refresh && now >= running.refresh_at;
        if due {
            // Until a 2xx begins the interval anew.
            running.refresh_at = now + AGAIN;
        }
        running.wake(owner, core, now);
        if due { Due::Refresh } else { Due::Nothing }
    }

    fn run(&mut self, interval: u32, we_refresh: bool, owner: u64, core: &mut Core, now: Instant) {
        let length = Duration::from_secs(interval.into());
        let mut running = Running {
            interval,
            we_refresh,
            refresh_at: now + length / 2,
            ends_at: now + length - MARGIN.min(length / 3),
            wakes_at: now,
        };
        running.wake(owner, core, now);
        self.running = Some(running);
    }
}

impl Running {
    fn wake(&mut self, owner: u64, core: &mut Core, now: Instant) {
        let next = if self.we_refresh { self.refresh_at.min(self.ends_at) } else { self.ends_at };
        self.wakes_at = next.min(now + TICK);
        core.set_timer(self.wakes_at, Timer::SessionInterval, owner);
    }
}

/// The Min-SE of a 422, where a request asks for an interval that is too small and can be told so (RFC 4028 9).
pub(crate) fn too_small(request: &Message, core: &Core) -> Option<[(Name, String); 1]> {
    let asked = SessionExpires::of(request)?;
    let small = asked.seconds < core.min_se && extension::understands(request, TIMER);
    small.then(|| [(Name::MinSe, core.min_se.to_string())])
}

/// Min-SE need not be said where it has its least value.
fn push_min_se(min_se: u32, headers: &mut Vec<(Name, String)>) {
    if min_se > MIN_SE {
        headers.push((Name::MinSe, min_se.to_string()));
    }
}
