//! Waiting for many sockets at once.
//!
//! Sockets are watched level-triggered: a packet costs one `recvfrom`, where edge-triggered polling needs another one
//! that finds nothing. What one round leaves unread is reported again by the next, so no socket starves the others.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use offhook_media::session::{Channel, Side};
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::event::{EventfdFlags, Timespec, eventfd};

/// Sockets reported by one wait; timers and commands have their turn after that many packets.
const ROUND: usize = 256;

/// What a wait reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ready {
    /// Somebody has called [`Waker::wake`].
    Woken,
    /// One of the sockets for browsers.
    Browsers(usize),
    /// A socket of a call: the entry's place, and which of its sockets.
    Media(usize, Side, Channel),
}

const WOKEN: u64 = u64::MAX;
const BROWSERS: u64 = 1 << 63;

impl Ready {
    fn to_u64(self) -> u64 {
        match self {
            Ready::Woken => WOKEN,
            Ready::Browsers(place) => BROWSERS | place as u64,
            Ready::Media(place, side, channel) => {
                (place as u64) << 2 | (side as u64) << 1 | u64::from(channel == Channel::Rtcp)
            }
        }
    }

    fn from_u64(data: u64) -> Ready {
        if data == WOKEN {
            return Ready::Woken;
        }
        if data & BROWSERS != 0 {
            return Ready::Browsers((data & !BROWSERS) as usize);
        }
        let side = if data & 2 == 0 { Side::A } else { Side::B };
        let channel = if data & 1 == 0 { Channel::Rtp } else { Channel::Rtcp };
        Ready::Media((data >> 2) as usize, side, channel)
    }
}

/// A worker's epoll.
#[derive(Debug)]
pub(super) struct Poller {
    epoll: OwnedFd,
}

/// What a wait found. It stays within its thread.
pub(super) struct Found(Vec<Event>);

impl Found {
    pub(super) fn new() -> Found {
        Found(Vec::with_capacity(ROUND))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Ready> {
        self.0.iter().map(|event| Ready::from_u64(event.data.u64()))
    }
}

/// Ends a worker's wait from another thread.
#[derive(Debug, Clone)]
pub(super) struct Waker(Arc<OwnedFd>);

impl Waker {
    pub(super) fn wake(&self) {
        // It fails when the counter is full, and then the wait has something to report anyway.
        let _ = rustix::io::write(&*self.0, &1_u64.to_ne_bytes());
    }
}

impl Poller {
    pub(super) fn new() -> io::Result<(Poller, Waker)> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        // Edge-triggered, so that nobody needs to read the counter.
        let data = EventData::new_u64(WOKEN);
        epoll::add(&epoll, &wake, data, EventFlags::IN | EventFlags::ET)?;
        Ok((Poller { epoll }, Waker(Arc::new(wake))))
    }

    /// Watches a socket. Closing it ends that.
    pub(super) fn add(&self, socket: &impl AsFd, as_what: Ready) -> io::Result<()> {
        Ok(epoll::add(&self.epoll, socket, EventData::new_u64(as_what.to_u64()), EventFlags::IN)?)
    }

    /// Watches a socket no longer.
    pub(super) fn remove(&self, socket: &impl AsFd) {
        // It fails only where the socket is not watched.
        let _ = epoll::delete(&self.epoll, socket);
    }

    /// Waits until something is ready, at most this long; the time is rounded up to whole milliseconds.
    pub(super) fn wait(&self, found: &mut Found, at_most: Option<Duration>) -> io::Result<()> {
        let timeout =
            at_most.map(|wait| Timespec { tv_sec: wait.as_secs() as i64, tv_nsec: wait.subsec_nanos().into() });
        found.0.clear();
        match epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut found.0), timeout.as_ref()) {
            Ok(_) => Ok(()),
            Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
