//! One call's media on a worker: its session and sockets, and the way of what the session says.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use offhook_media::LegStats;
use offhook_media::session::{Channel, Event, Leg, Output, Session, Side};
use tokio::sync::mpsc::Sender;
use tracing::{debug, warn};

use super::super::MediaEvent;
use super::super::recording::Tape;
use super::browser::{Browser, Path};
use crate::call::cause::CauseCode;
use crate::call::dtmf::Digit;
use crate::call::effect::MediaInput;
use crate::ids::CallId;
use crate::net::capture::Tap;

/// One call's media.
#[derive(Debug)]
pub(in super::super) struct Entry {
    pub(super) call: CallId,
    pub(super) session: Session,
    pub(super) sides: [Sockets; 2],
    /// How often somebody else got each side.
    pub(super) tenures: [u32; 2],
    /// Whether a browser's path has stood.
    pub(super) connected: bool,
    /// Whether it has been asked to be moved to where its browser's packets arrive.
    pub(super) settled: bool,
    /// Where its recording goes.
    pub(super) tape: Option<Tape>,
    /// Where copies of its packets go.
    pub(super) tap: Option<Tap>,
}

/// Where a side's packets come and go.
#[derive(Debug, Default)]
pub(super) struct Sockets {
    pub(super) rtp: Option<MediaSocket>,
    pub(super) rtcp: Option<MediaSocket>,
    pub(super) browser: Option<Browser>,
}

impl Sockets {
    /// The sockets towards a PBX, with what arrives there.
    pub(super) fn media(&self) -> impl Iterator<Item = (Channel, &MediaSocket)> {
        let rtp = self.rtp.iter().map(|socket| (Channel::Rtp, socket));
        rtp.chain(self.rtcp.iter().map(|socket| (Channel::Rtcp, socket)))
    }
}

/// A socket towards a PBX.
#[derive(Debug)]
pub(super) struct MediaSocket {
    socket: UdpSocket,
    /// The one peer that the system lets through, see [`MediaSocket::connect`].
    peer: Option<SocketAddr>,
}

impl MediaSocket {
    pub(super) fn new(socket: UdpSocket) -> MediaSocket {
        MediaSocket { socket, peer: None }
    }

    pub(super) fn socket(&self) -> &UdpSocket {
        &self.socket
    }

    pub(super) fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        match self.peer {
            Some(peer) => self.socket.recv(buffer).map(|length| (length, peer)),
            None => self.socket.recv_from(buffer),
        }
    }

    fn send(&self, bytes: &[u8], to: SocketAddr) {
        if self.peer != Some(to) {
            // A packet that the system cannot take now would be late anyway.
            let _ = self.socket.send_to(bytes, to);
        } else if let Err(error) = self.socket.send(bytes)
            && error.kind() == io::ErrorKind::ConnectionRefused
        {
            // The answer to an earlier packet, told in place of sending this one.
            let _ = self.socket.send(bytes);
        }
    }

    /// Ties the socket to a peer: the system then looks up the way there once, not for each packet.
    fn connect(&mut self, peer: SocketAddr) {
        if self.socket.connect(peer).is_ok() {
            self.peer = Some(peer);
        }
    }

    /// Lets packets from everywhere in again.
    fn disconnect(&mut self) {
        if self.peer.take().is_some()
            && let Err(error) = rustix::net::connect_unspec(&self.socket)
        {
            warn!(%error, "RTP socket stays tied to its peer");
        }
    }
}

impl Entry {
    pub(super) fn new(call: CallId, epoch: Instant) -> Entry {
        let mut seed = [0; 8];
        // Without random numbers the stream's numbers are merely guessable; SRTP does not depend on them.
        let _ = getrandom::fill(&mut seed);
        Entry {
            call,
            session: Session::aligned(u64::from_ne_bytes(seed), epoch),
            sides: Default::default(),
            tenures: [0; 2],
            connected: false,
            settled: false,
            tape: None,
            tap: None,
        }
    }

    /// The figures of the legs.
    pub(super) fn figures(&self) -> impl Iterator<Item = (Side, LegStats)> {
        let legs = [Side::A, Side::B].into_iter().filter(|&side| self.session.leg(side).is_some());
        legs.map(|side| (side, self.session.stats(side)))
    }

    /// The sides whose browser's path stands: one that has stood may have broken since.
    pub(super) fn standing(&self) -> impl Iterator<Item = Side> {
        let stands = |side| matches!(self.session.leg(side), Some(Leg::WebRtc(leg)) if leg.is_connected());
        [Side::A, Side::B].into_iter().filter(move |&side| stands(side))
    }

    pub(super) fn socket(&self, side: Side, channel: Channel) -> Option<&MediaSocket> {
        let sockets = &self.sides[side as usize];
        match channel {
            Channel::Rtcp => sockets.rtcp.as_ref(),
            Channel::Rtp | Channel::Mux | Channel::MuxTcp => sockets.rtp.as_ref(),
        }
    }

    /// Ties a side's RTP socket to where its packets come from, once that is certain: nobody else is listened to then
    /// (see [`offhook_media::rtp_leg::RtpLeg`]) before something else is agreed.
    pub(super) fn tie(&mut self, side: Side, from: SocketAddr) {
        let Some(socket) = &mut self.sides[side as usize].rtp else { return };
        if socket.peer.is_none()
            && let Some(Leg::Rtp(leg)) = self.session.leg(side)
            && leg.remote() == Some(from)
            && leg.negotiated().remote == from
        {
            socket.connect(from);
        }
    }

    /// Another agreement may name another address.
    pub(super) fn untie(&mut self, side: Side) {
        if let Some(socket) = &mut self.sides[side as usize].rtp {
            socket.disconnect();
        }
    }
}

/// Where everything goes that sessions of a worker say.
#[derive(Debug)]
pub(super) struct Outlet {
    pub(super) browsers: Vec<UdpSocket>,
    events: Sender<MediaEvent>,
}

impl Outlet {
    pub(super) fn new(browsers: Vec<UdpSocket>, events: Sender<MediaEvent>) -> Outlet {
        Outlet { browsers, events }
    }

    /// Where news go.
    pub(super) fn events(&self) -> Sender<MediaEvent> {
        self.events.clone()
    }

    /// Sends and tells all that a session has to say; gives the time of its next timer.
    pub(super) fn drain(&self, entry: &mut Entry, now: Instant) -> Option<Instant> {
        let Entry { call, session, sides, tenures, connected, tape, tap, .. } = entry;
        let mut tape_broke = false;
        loop {
            let output = session.poll_output();
            match output {
                Output::Transmit { side, channel, to, bytes } => {
                    self.transmit(&sides[side as usize], channel, to, bytes);
                }
                Output::Event(event) => {
                    let (side, event) = match event {
                        Event::Connected(side) => {
                            *connected = true;
                            (side, MediaInput::Connected)
                        }
                        Event::Lost(side) => {
                            let cause = if *connected { CauseCode::ClientLost } else { CauseCode::MediaNotConnected };
                            (side, MediaInput::Lost { cause })
                        }
                        Event::Digit { side, digit, .. } => (side, MediaInput::Digit { digit }),
                        Event::Signal { side, digit, duration_ms } => {
                            let duration = Duration::from_millis(duration_ms.into());
                            (side, MediaInput::Signal(Digit::new(digit, duration)))
                        }
                        Event::Silent { side, from, never } => (side, MediaInput::Silent { from, never }),
                        Event::Heard(side) => (side, MediaInput::Heard),
                        Event::OtherSource { side, agreed, from } => (side, MediaInput::OtherSource { agreed, from }),
                        Event::Transcoding { side, from, to } => {
                            debug!(%call, ?side, %from, %to, "transcoding");
                            continue;
                        }
                        _ => continue,
                    };
                    self.send(MediaEvent { call: *call, side, tenure: Some(tenures[side as usize]), event });
                }
                Output::Recorded(bytes) => {
                    tape_broke |= tape.take_if(|tape| tape.write(bytes).is_err()).is_some();
                }
                Output::RecordingDone(patch) => {
                    if let Some(tape) = tape.take() {
                        tape.finish(patch);
                    }
                }
                Output::Copy(copy) => {
                    let local = self.local(&sides[copy.side as usize], copy.channel, copy.remote);
                    if let (Some(tap), Some(local)) = (&*tap, local) {
                        tap.take(&copy, local, now);
                    }
                }
                Output::Timeout(_) if std::mem::take(&mut tape_broke) => session.set_recorder(None, now),
                Output::Timeout(wake) => return wake,
            }
        }
    }

    /// Our address of what is exchanged with a place.
    fn local(&self, sockets: &Sockets, channel: Channel, remote: SocketAddr) -> Option<SocketAddr> {
        let socket = match channel {
            Channel::Rtp => &sockets.rtp,
            Channel::Rtcp => &sockets.rtcp,
            Channel::Mux | Channel::MuxTcp => {
                return match sockets.browser.as_ref().and_then(|browser| browser.path_to(remote)) {
                    Some(Path::Tcp(connection)) => connection.local(),
                    Some(Path::Udp(place)) => self.browsers.get(*place)?.local_addr().ok(),
                    None => self.browsers.first()?.local_addr().ok(),
                };
            }
        };
        socket.as_ref()?.socket.local_addr().ok()
    }

    fn transmit(&self, sockets: &Sockets, channel: Channel, to: SocketAddr, bytes: &[u8]) {
        let socket = match channel {
            Channel::Rtp => &sockets.rtp,
            Channel::Rtcp => &sockets.rtcp,
            Channel::Mux | Channel::MuxTcp => {
                match sockets.browser.as_ref().and_then(|browser| browser.path_to(to)) {
                    Some(Path::Tcp(connection)) => connection.send(bytes),
                    Some(Path::Udp(place)) => {
                        let _ = self.browsers.get(*place).map(|socket| socket.send_to(bytes, to));
                    }
                    None => {
                        let _ = self.browsers.first().map(|socket| socket.send_to(bytes, to));
                    }
                }
                return;
            }
        };
        if let Some(socket) = socket {
            socket.send(bytes, to);
        }
    }

    pub(super) fn tell(&self, call: CallId, side: Side, event: MediaInput) {
        self.send(MediaEvent { call, side, tenure: None, event });
    }

    fn send(&self, event: MediaEvent) {
        let call = event.call;
        if self.events.try_send(event).is_err() {
            warn!(%call, "the core does not keep up with media events");
        }
    }
}

#[cfg(test)]
mod tests {
    use offhook_media::codec::Codec;
    use offhook_media::webrtc::{WebRtcConfig, WebRtcLeg};

    use super::super::super::tests::moves::BROWSER;
    use super::*;

    #[test]
    fn a_path_that_has_stood_and_stands_no_longer_is_not_said_to_stand() {
        let now = Instant::now();
        let mut entry = Entry::new(CallId(1), now);
        let config = WebRtcConfig::new([7; 32]).unwrap();
        let candidates = ["127.0.0.1:4000".parse().unwrap()];
        let (leg, _) = WebRtcLeg::accept(&config, &candidates, BROWSER, &[Codec::Opus]).unwrap();
        entry.session.set_leg(Side::A, Leg::WebRtc(Box::new(leg)), now);
        entry.connected = true;
        assert_eq!(entry.standing().count(), 0);
    }
}
