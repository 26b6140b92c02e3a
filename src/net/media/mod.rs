//! The media server: descriptions are negotiated here, on the core's thread; packets are moved by the workers.

mod legs;
mod ports;
mod recording;
mod terms;
mod worker;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use offhook_media::codec::Codec;
use offhook_media::dsp::{Country, Tone, ToneKind};
use offhook_media::record::{Channels, Container, RecordFormat};
use offhook_media::sdp::{self, Direction, LocalAudio, Negotiated, Offer, SdpError, SecurityKind, Terms};
use offhook_media::session::{Copying, Side, Source};
use offhook_media::sound::Clip;
use offhook_media::srtp::{DtlsIdentity, LocalKeys};
use offhook_media::webrtc::{WebRtcConfig, WebRtcError, WebRtcLeg};
use rustc_hash::FxHashMap;
use time::OffsetDateTime;
use tokio::sync::mpsc;
use tracing::{debug, info, warn};

use self::ports::Ports;
pub use self::recording::Recording;
pub use self::terms::{AudioSettings, Dtmf, Srtp};
pub use self::worker::WorkerLoad;
use self::worker::{Action, Workers};
use super::capture::Tap;
use super::figures::LegFigures;
use crate::call::cause::CauseCode;
use crate::call::dtmf::Digit;
use crate::call::effect::{MediaInput, Sound};
use crate::capture::recorder::Owner;
use crate::ids::{CallId, ConferenceId};

/// Events of all calls waiting for the core. Calls make a handful each, so this is not reached.
const EVENT_BACKLOG: usize = 65_536;
/// Sides that one conference takes: a worker mixes all of it.
const MAX_MEMBERS: usize = 64;

/// Settings of the media server.
#[derive(Debug, Clone)]
pub struct MediaSettings {
    /// Put into SDP instead of the address that a PBX sees, the one of its family first, and told to browsers before the
    /// machine's own.
    pub address: Vec<IpAddr>,
    /// Where browsers send to: one port, on one or several addresses.
    pub webrtc: Vec<SocketAddr>,
    /// Ports towards PBXs.
    pub rtp_ports: RangeInclusive<u16>,
    /// Whose tones.
    pub country: Country,
    /// Codecs towards browsers, best first.
    pub webrtc_codecs: Vec<Codec>,
    /// Worker threads; by default one a core.
    pub workers: Option<usize>,
    /// Played to who is on hold; without it, nothing is.
    pub music_on_hold: Option<Arc<Clip>>,
    /// What [`Sound::Announcement`] counts.
    pub announcements: Vec<Arc<Clip>>,
    /// Where and how calls are recorded.
    pub recordings: Recordings,
}

/// Where and how calls are recorded.
#[derive(Debug, Clone)]
pub struct Recordings {
    /// The folder of the files.
    pub directory: PathBuf,
    /// What they look like.
    pub format: RecordFormat,
}

impl Default for Recordings {
    /// WAV files in the current folder.
    fn default() -> Self {
        let format = RecordFormat { container: Container::Wav, channels: Channels::Mixed };
        Recordings { directory: PathBuf::new(), format }
    }
}

/// Why the media server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// The port for browsers.
    #[error("listen.webrtc = \"{address}\": this UDP port cannot be used: {source}.")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The identity towards browsers.
    #[error("the DTLS certificate for browsers cannot be made: {0}.")]
    Certificate(#[from] WebRtcError),
    /// A thread or its poll.
    #[error("a media thread cannot be started: {0}.")]
    Thread(io::Error),
    /// No random numbers.
    #[error("the system gives no random numbers.")]
    Random,
}

/// News from the workers.
#[derive(Debug)]
pub struct MediaEvent {
    /// The call.
    pub call: CallId,
    /// The side.
    pub side: Side,
    /// Whose event it is of those who have had the side, where that matters: see [`MediaServer::is_current`].
    pub(super) tenure: Option<u32>,
    /// What.
    pub event: MediaInput,
}

/// The media of all calls, as the core handles it.
#[derive(Debug)]
pub struct MediaServer {
    settings: MediaSettings,
    webrtc: WebRtcConfig,
    /// Who we are in DTLS handshakes towards PBXs.
    identity: Arc<DtlsIdentity>,
    /// Addresses told to browsers, best first.
    candidates: Vec<SocketAddr>,
    workers: Workers,
    ports: Ports,
    calls: FxHashMap<CallId, CallMedia>,
    /// Those that have got media lately.
    begun: Vec<CallId>,
    conferences: FxHashMap<ConferenceId, Conference>,
    next_session: u64,
}

/// A conference with somebody in it.
#[derive(Debug)]
struct Conference {
    /// The worker that mixes it.
    worker: usize,
    members: usize,
}

#[derive(Debug, Default)]
struct CallMedia {
    sides: [Option<RtpSide>; 2],
    /// Who is prepared to take a side's place.
    next: Option<Next>,
    /// The conferences that its sides are in.
    conferences: [Option<ConferenceId>; 2],
    /// The certificates of its browsers, as their offers name them.
    certificates: [Option<String>; 2],
    /// How often somebody else got each side.
    tenures: [u32; 2],
    /// What of its packets goes into captures, and for whom.
    tapped: Option<(Copying, Owner)>,
}

/// Somebody prepared for a side, with sockets that nobody reads yet.
#[derive(Debug)]
struct Next {
    side: Side,
    rtp: RtpSide,
    pair: PortPair,
}

/// The side towards a PBX.
#[derive(Debug)]
struct RtpSide {
    local: LocalAudio,
    /// `o=` version of our latest description.
    version: u64,
    offer: Option<Offer>,
    negotiated: Option<Negotiated>,
    audio: AudioSettings,
    /// The keys of what we send, for its life.
    keys: LocalKeys,
    /// What our answers want: less than both ways while it is on hold with us.
    wanted: Direction,
    /// What our latest offer wants.
    offered: Direction,
    /// The other end wants nothing and sends nothing.
    held: bool,
}

impl RtpSide {
    /// Our latest offer was answered so.
    fn answered(&mut self, negotiated: Negotiated) {
        self.wanted = self.offered;
        // Less than both ways leaves the other end no choice.
        if self.offered == Direction::SendRecv {
            self.held = negotiated.direction == Direction::Inactive;
        }
        self.negotiated = Some(negotiated);
    }

    /// The other end has offered so, or would have, had we wanted both ways.
    fn asked(&mut self, theirs: Direction) {
        // It says nothing of its own where nothing goes either way because of us.
        self.held = theirs == Direction::Inactive && (self.held || self.wanted != Direction::Inactive);
    }
}

impl MediaServer {
    /// Binds the browsers' port and starts the workers. The receiver has the workers' news.
    pub fn start(settings: MediaSettings) -> Result<(MediaServer, mpsc::Receiver<MediaEvent>), MediaError> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(|_| MediaError::Random)?;
        let count = settings.workers.or_else(|| std::thread::available_parallelism().ok().map(Into::into)).unwrap_or(1);
        let (events, receiver) = mpsc::channel(EVENT_BACKLOG);
        let workers = Workers::start(count.clamp(1, 64), &settings.webrtc, events)?;
        info!(workers = count, webrtc = ?settings.webrtc, "media server");
        let port = settings.webrtc.first().map_or(0, SocketAddr::port);
        let public: Vec<_> = settings.address.iter().map(|&address| SocketAddr::new(address, port)).collect();
        let own: Vec<_> = settings.webrtc.iter().copied().filter(|own| !public.contains(own)).collect();
        let server = MediaServer {
            webrtc: WebRtcConfig::new(secret)?.with_tcp(),
            identity: DtlsIdentity::new().ok_or(MediaError::Random)?,
            candidates: public.into_iter().chain(own).collect(),
            workers,
            ports: Ports::new(settings.rtp_ports.clone(), u16::from_be_bytes([secret[8], secret[9]])),
            calls: FxHashMap::default(),
            begun: Vec::new(),
            conferences: FxHashMap::default(),
            // SDP session identifiers need only be unique per host; these do not tell how many calls there were.
            next_session: u64::from_be_bytes([0, 0, secret[0], secret[1], secret[2], secret[3], secret[4], secret[5]]),
            settings,
        };
        Ok((server, receiver))
    }

    /// Takes a browser's offer; gives our answer.
    pub(super) fn answer_browser(
        &mut self,
        call: CallId,
        side: Side,
        offer: &str,
        expected: Option<Codec>,
    ) -> Result<Bytes, CauseCode> {
        let codecs = self.browser_codecs(expected);
        let accepted = WebRtcLeg::accept(&self.webrtc, &self.candidates, offer, &codecs);
        let (leg, answer) = accepted.map_err(|error| {
            debug!(%call, %error, "browser's offer");
            match error {
                WebRtcError::Sdp(SdpError::NoCommonCodec) => CauseCode::NoCommonCodec,
                WebRtcError::NoCandidate => CauseCode::Internal,
                _ => CauseCode::InvalidSdp,
            }
        })?;
        if let Some(rtp) = self.media(call).sides[side as usize].take() {
            self.ports.release(rtp.local.port);
        }
        self.media(call).certificates[side as usize] = certificate(offer).map(str::to_owned);
        let tenure = self.next_tenure(call, side);
        self.act(call, Action::Browser { side, leg: Box::new(leg), tenure });
        Ok(answer.into())
    }

    /// Makes an offer for SIP, from `address`.
    pub(super) fn offer(
        &mut self,
        call: CallId,
        side: Side,
        address: IpAddr,
        audio: &AudioSettings,
    ) -> Result<Bytes, CauseCode> {
        let identity = self.identity.clone();
        let rtp = self.rtp_side(call, side, address, audio)?;
        let offer = Offer::new(&rtp.local, rtp.terms(audio.outgoing.clone(), &identity));
        let sdp = offer.sdp().clone();
        (rtp.offer, rtp.offered) = (Some(offer), rtp.wanted);
        Ok(sdp)
    }

    /// Answers an offer from SIP with one of the group's codecs; `expected` comes first where it is offered.
    pub(super) fn answer_offer(
        &mut self,
        call: CallId,
        side: Side,
        address: IpAddr,
        audio: &AudioSettings,
        expected: Option<Codec>,
        offer: &[u8],
    ) -> Result<(Bytes, Codec), CauseCode> {
        let order = expected_first(&audio.incoming, expected);
        let identity = self.identity.clone();
        let rtp = self.rtp_side(call, side, address, audio)?;
        let terms = rtp.terms(order, &identity);
        let both_ways = Terms { direction: Direction::SendRecv, ..terms.clone() };
        let answered = |terms| sdp::answer(&rtp.local, terms, offer, rtp.version + 1);
        let (answer, negotiated) = answered(terms).map_err(|error| sdp_cause(call, &error))?;
        let theirs = match rtp.wanted {
            Direction::SendRecv => negotiated.direction,
            _ => answered(both_ways).map_or(negotiated.direction, |(_, negotiated)| negotiated.direction),
        };
        rtp.asked(theirs);
        rtp.version += 1;
        log_agreed(call, side, &negotiated);
        let codec = negotiated.codec;
        rtp.negotiated = Some(negotiated.clone());
        self.agreed(call, side, |negotiated| Action::Rtp { side, negotiated }, negotiated);
        Ok((answer, codec))
    }

    /// Takes the answer to [`MediaServer::offer`]; a second one replaces the first.
    pub(super) fn accept_answer(&mut self, call: CallId, side: Side, answer: &[u8]) -> Result<Codec, CauseCode> {
        let rtp = self.existing(call, side)?;
        let offer = rtp.offer.as_ref().ok_or(CauseCode::Internal)?;
        let negotiated = offer.accept_answer(answer).map_err(|error| sdp_cause(call, &error))?;
        let codec = negotiated.codec;
        // The 200 mostly repeats the description of the 183.
        let same = rtp.negotiated.as_ref() == Some(&negotiated);
        rtp.answered(negotiated.clone());
        if !same {
            log_agreed(call, side, &negotiated);
            self.agreed(call, side, |negotiated| Action::Rtp { side, negotiated }, negotiated);
        }
        Ok(codec)
    }

    /// Whether the other end of a side wants nothing and sends nothing, as it has said itself: also while it is on hold
    /// with us, and not where that is our own wish.
    pub(super) fn is_held(&self, call: CallId, side: Side) -> bool {
        let rtp = self.calls.get(&call).and_then(|media| media.sides[side as usize].as_ref());
        rtp.is_some_and(|rtp| rtp.held)
    }

    /// How the audio of a side is encrypted, where that is agreed.
    pub(super) fn security(&self, call: CallId, side: Side) -> Option<SecurityKind> {
        let rtp = self.calls.get(&call)?.sides[side as usize].as_ref()?;
        Some(rtp.negotiated.as_ref()?.security.kind())
    }

    /// Sets what a side hears.
    pub(super) fn play(&mut self, call: CallId, side: Side, sound: Sound) {
        if let Sound::Conference(conference) = sound {
            return self.join(call, side, conference);
        }
        self.leave(call, side);
        let country = self.settings.country;
        let tone = |kind, country| Source::Tone(Tone::new(kind, country, 8_000));
        let source = match sound {
            Sound::Peer => Source::Peer,
            Sound::Echo => Source::Echo,
            Sound::Ringback => tone(ToneKind::Ringback, country),
            Sound::Busy => tone(ToneKind::Busy, country),
            Sound::Congestion => tone(ToneKind::Congestion, country),
            Sound::CallWaiting => tone(ToneKind::CallWaiting, country),
            Sound::TestTone => tone(ToneKind::Test1k, country),
            Sound::MusicOnHold if let Some(clip) = self.settings.music_on_hold.clone() => {
                return self.act(call, Action::Clip { side, clip, repeat: true });
            }
            Sound::Announcement(place) if let Some(clip) = self.settings.announcements.get(place).cloned() => {
                return self.act(call, Action::Clip { side, clip, repeat: false });
            }
            Sound::Silence | Sound::MusicOnHold | Sound::Announcement(_) | Sound::Conference(_) => Source::Silence,
        };
        self.act(call, Action::Play { side, source });
    }

    /// Has a side take part in a conference, until it hears something else. Where that cannot be it hears the
    /// congestion tone: the conference is full, or the other side is in one elsewhere.
    fn join(&mut self, call: CallId, side: Side, conference: ConferenceId) {
        let Some(media) = self.calls.get(&call) else { return };
        let [mine, other] = [side, side.other()].map(|side| media.conferences[side as usize]);
        if mine == Some(conference) {
            return;
        }
        // A call is at one worker, with both its sides.
        let tied = other.and_then(|other| self.conferences.get(&other)).map(|other| other.worker);
        let least_busy = self.workers.least_busy();
        let place = self.conferences.get(&conference);
        let worker = place.map(|place| place.worker).or(tied).unwrap_or(least_busy);
        if place.is_some_and(|place| place.members >= MAX_MEMBERS) || tied.is_some_and(|tied| tied != worker) {
            warn!(%call, %conference, "conference is full, or the call's other side is in another one");
            return self.play(call, side, Sound::Congestion);
        }
        self.leave(call, side);
        self.conferences.entry(conference).or_insert(Conference { worker, members: 0 }).members += 1;
        self.media(call).conferences[side as usize] = Some(conference);
        self.workers.place(call, worker);
        self.act(call, Action::Join { side, conference });
    }

    fn leave(&mut self, call: CallId, side: Side) {
        let Some(conference) = self.calls.get_mut(&call).and_then(|media| media.conferences[side as usize].take())
        else {
            return;
        };
        self.left(conference);
        self.act(call, Action::Leave { side });
    }

    /// One member less; a conference without members is forgotten.
    fn left(&mut self, conference: ConferenceId) {
        let Some(place) = self.conferences.get_mut(&conference) else { return };
        place.members -= 1;
        if place.members == 0 {
            self.conferences.remove(&conference);
        }
    }

    /// Records a call from now on, into a file named after this moment and the call. What becomes of it is told by
    /// [`MediaInput::Recorded`] or [`MediaInput::RecordingFailed`].
    pub(super) fn record_call(&mut self, call: CallId) {
        let Recordings { directory, format } = &self.settings.recordings;
        let name = recording::file_name(OffsetDateTime::now_utc(), call, *format);
        let recording = Recording { path: directory.join(name), format: *format };
        self.record(call, Some(recording));
    }

    /// Records a call from now on, or no longer; a recording that is running is completed. What becomes of the file is
    /// told by [`MediaInput::Recorded`] or [`MediaInput::RecordingFailed`].
    pub fn record(&mut self, call: CallId, recording: Option<Recording>) {
        self.act(call, Action::Record(recording));
    }

    /// Puts copies of a call's packets into captures from now on, or no longer.
    pub(super) fn tap(&mut self, call: CallId, tap: Option<Tap>) {
        let Some(media) = self.calls.get_mut(&call) else { return };
        let wanted = tap.as_ref().map(|tap| (tap.copying(), tap.owner()));
        if std::mem::replace(&mut media.tapped, wanted) != wanted {
            self.workers.call(call, Action::Tap(tap));
        }
    }

    /// All calls that have media.
    pub(super) fn calls(&self) -> Vec<CallId> {
        self.calls.keys().copied().collect()
    }

    /// A call that has got media since this was last asked. To be asked for until there is none.
    pub(super) fn poll_begun(&mut self) -> Option<CallId> {
        self.begun.pop()
    }

    /// Whether there is no time for another call: new ones are to be refused, so that those that are there do not
    /// suffer.
    pub(super) fn is_overloaded(&self) -> bool {
        self.workers.are_overloaded()
    }

    /// How busy each worker was in its last second.
    pub(super) fn loads(&self) -> Vec<WorkerLoad> {
        self.workers.loads()
    }

    /// Sends DTMF to a side.
    pub(super) fn digits(&mut self, call: CallId, side: Side, digits: String) {
        self.act(call, Action::Digits { side, digits });
    }

    /// Takes a browser's offer for another network path. The answer comes as [`MediaInput::Described`], or
    /// [`MediaInput::Refused`], from the worker that has the leg. A page that was loaded anew has another certificate and
    /// gets a leg of its own, whose description is given at once.
    pub(super) fn restart_browser(
        &mut self,
        call: CallId,
        side: Side,
        offer: String,
    ) -> Option<Result<Bytes, CauseCode>> {
        let media = self.calls.get(&call);
        let known = media.and_then(|media| media.certificates[side as usize].as_deref());
        if known.is_some() && known != certificate(&offer) {
            let other = media.and_then(|media| media.sides[side.other() as usize].as_ref());
            let expected = other.and_then(|rtp| Some(rtp.negotiated.as_ref()?.codec));
            return Some(self.answer_browser(call, side, &offer, expected));
        }
        let credentials = self.webrtc.ice_credentials();
        self.act(call, Action::RestartBrowser { side, offer, credentials });
        None
    }

    /// A digit that came by INFO from a side.
    pub(super) fn receive_digit(&mut self, call: CallId, side: Side, digit: Digit) {
        self.act(call, Action::ReceiveDigit { side, digit });
    }

    /// What was agreed with a PBX, for the worker.
    fn agreed(&mut self, call: CallId, side: Side, action: impl FnOnce(Negotiated) -> Action, negotiated: Negotiated) {
        let rtp = self.calls.get(&call).and_then(|media| media.sides[side as usize].as_ref());
        let dtmf = rtp.map_or_else(Dtmf::default, |rtp| rtp.audio.dtmf);
        let policy = dtmf.policy(negotiated.telephone_event.is_some());
        self.act(call, action(negotiated));
        self.act(call, Action::DigitPolicy { side, policy });
    }

    /// Asks for [`MediaInput::Connected`] once the browser's path stands.
    pub(super) fn confirm(&mut self, call: CallId) {
        self.act(call, Action::Confirm);
    }

    /// Has both sides watched: audio should come from them.
    pub(super) fn expect(&mut self, call: CallId) {
        self.act(call, Action::Expect);
    }

    /// Asks every worker for the figures of its legs; it drops its sender when it has told all.
    pub(super) fn report(&mut self, reply: &mpsc::Sender<LegFigures>) {
        self.workers.report(reply);
    }

    /// Drops a call's media. False where there is none; otherwise [`MediaInput::Ended`] follows.
    pub(super) fn close(&mut self, call: CallId) -> bool {
        self.drop_next(call);
        let Some(media) = self.calls.remove(&call) else { return false };
        self.workers.call(call, Action::Close);
        for side in media.sides.into_iter().flatten() {
            self.ports.release(side.local.port);
        }
        for conference in media.conferences.into_iter().flatten() {
            self.left(conference);
        }
        true
    }

    /// Has the workers do what was asked for. To be called after one or several of the methods above.
    pub(super) fn flush(&mut self) {
        self.workers.wake();
    }

    /// Asks a worker for something for a call that has media; nothing would end it in another one.
    fn act(&mut self, call: CallId, action: Action) {
        if self.calls.contains_key(&call) {
            self.workers.call(call, action);
        }
    }

    /// A call's media, which begins with the first thing asked for it.
    fn media(&mut self, call: CallId) -> &mut CallMedia {
        let Self { workers, begun, .. } = self;
        self.calls.entry(call).or_insert_with(|| {
            begun.push(call);
            if let Some(refuge) = workers.refuge(call) {
                workers.place(call, refuge);
            }
            CallMedia::default()
        })
    }

    fn existing(&mut self, call: CallId, side: Side) -> Result<&mut RtpSide, CauseCode> {
        self.calls.get_mut(&call).and_then(|media| media.sides[side as usize].as_mut()).ok_or(CauseCode::Internal)
    }

    /// The RTP side of a call, with sockets; made where it is not there yet.
    fn rtp_side(
        &mut self,
        call: CallId,
        side: Side,
        address: IpAddr,
        audio: &AudioSettings,
    ) -> Result<&mut RtpSide, CauseCode> {
        if self.media(call).sides[side as usize].is_none() {
            let (rtp, pair) = self.new_rtp(call, address, audio)?;
            self.media(call).sides[side as usize] = Some(rtp);
            self.act(call, Action::Sockets { side, pair });
        }
        self.existing(call, side)
    }

    fn new_rtp(
        &mut self,
        call: CallId,
        address: IpAddr,
        audio: &AudioSettings,
    ) -> Result<(RtpSide, PortPair), CauseCode> {
        let mut random = [0; 32];
        getrandom::fill(&mut random).map_err(|error| {
            tracing::error!(%call, %error, "no random numbers for keys");
            CauseCode::Internal
        })?;
        let public = &self.settings.address;
        let same = public.iter().find(|public| public.is_ipv4() == address.is_ipv4());
        let shown = same.or(public.first()).copied().unwrap_or(address);
        let pair = self.ports.take(shown, address).map_err(|error| {
            tracing::warn!(%call, %error, "no RTP port");
            CauseCode::TooManyCalls
        })?;
        self.next_session += 1;
        let local = LocalAudio { address: shown, port: pair.port, session_id: self.next_session };
        let (audio, keys) = (audio.clone(), LocalKeys::new(&random));
        let (wanted, offered) = (Direction::SendRecv, Direction::SendRecv);
        let rtp =
            RtpSide { local, version: 1, offer: None, negotiated: None, audio, keys, wanted, offered, held: false };
        Ok((rtp, pair))
    }

    /// The codecs to answer a browser with: what spares transcoding first, HD where the PBX side is HD.
    fn browser_codecs(&self, expected: Option<Codec>) -> Vec<Codec> {
        let wanted = match expected {
            Some(Codec::G722) => Some(Codec::Opus),
            other => other,
        };
        expected_first(&self.settings.webrtc_codecs, wanted)
    }
}

/// The same codecs with the expected one first, where it is among them.
fn expected_first(codecs: &[Codec], expected: Option<Codec>) -> Vec<Codec> {
    let mut order = codecs.to_vec();
    if let Some(place) = order.iter().position(|&codec| Some(codec) == expected) {
        order[..=place].rotate_right(1);
    }
    order
}

/// The codec and the encryption of a side: no call gets less than configured without a trace.
fn log_agreed(call: CallId, side: Side, negotiated: &Negotiated) {
    let Negotiated { codec, security, .. } = negotiated;
    info!(%call, ?side, %codec, security = security.kind().as_str(), "audio agreed");
}

fn sdp_cause(call: CallId, error: &SdpError) -> CauseCode {
    debug!(%call, %error, "description from SIP");
    match error {
        SdpError::SrtpRequired => CauseCode::SrtpRequired,
        SdpError::SrtpRefused | SdpError::SrtpUnsupported => CauseCode::SrtpRefused,
        SdpError::NoCommonCodec | SdpError::NoAudio | SdpError::UnsupportedTransport => CauseCode::NoCommonCodec,
        _ => CauseCode::Refused,
    }
}

/// A pair of bound sockets.
#[derive(Debug)]
pub(super) struct PortPair {
    pub(super) port: u16,
    pub(super) rtp: std::net::UdpSocket,
    pub(super) rtcp: std::net::UdpSocket,
}

/// The certificate that a browser's offer names (RFC 8122 5): one of a connection names the same in all its offers.
fn certificate(offer: &str) -> Option<&str> {
    offer.lines().find_map(|line| line.strip_prefix("a=fingerprint:")).map(str::trim)
}

#[cfg(test)]
mod tests;
