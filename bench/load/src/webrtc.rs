//! Load for `bench.py webrtc`: so many WebRTC clients, each with one call, that send 20 ms packets and count what comes.
//! Prints one line of JSON.

#![allow(clippy::disallowed_methods, reason = "it waits for nothing but the time")]

mod signalling;

use std::error::Error;
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::Parser;
use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token};
use serde_json::json;
use str0m::change::SdpAnswer;
use str0m::config::DtlsCert;
use str0m::crypto::CryptoProvider;
use str0m::media::{Direction, MediaKind, Mid, Pt};
use str0m::net::{Protocol, Receive};
use str0m::rtp::RtpWrite;
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};

use signalling::Client;

#[derive(Parser)]
struct Arguments {
    /// Whose protocol makes the calls.
    #[arg(long)]
    signalling: signalling::Protocol,
    /// Where the server's WebSocket is.
    #[arg(long)]
    at: SocketAddr,
    /// Calls at once.
    #[arg(long)]
    calls: u32,
    /// What the clients send and take.
    #[arg(long)]
    codec: Codec,
    /// What they say: frames, each behind its length in two octets.
    #[arg(long)]
    frames: PathBuf,
    /// The clients' address.
    #[arg(long, default_value = "127.0.0.1")]
    address: IpAddr,
    /// How long they talk after all calls are up.
    #[arg(long)]
    secs: f64,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Codec {
    Pcmu,
    Opus,
}

const PTIME: Duration = Duration::from_millis(20);
/// More frames than a minute has are not kept.
const MAX_FRAMES: usize = 3_000;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let frames = read_frames(&fs::read(&arguments.frames)?);
    if frames.is_empty() {
        return Err(format!("{} has no frames", arguments.frames.display()).into());
    }
    let crypto = Arc::new(str0m::crypto::from_feature_flags());
    // One certificate for all: making one costs more than a call.
    let certificate = crypto.dtls_provider.generate_certificate().ok_or("no certificate could be made")?;
    let ended = Arc::new(AtomicBool::new(false));
    let (mut errors, mut staying) = (Vec::new(), Vec::new());
    let mut media = Media::new(&arguments, &frames)?;
    for number in 0..arguments.calls {
        match media.offer(&arguments, &crypto, &certificate) {
            Err(error) => errors.push(error.to_string()),
            Ok((mut call, offer, pending)) => {
                // The others talk meanwhile: signalling is not to make them late.
                let (protocol, at) = (arguments.signalling, arguments.at);
                let asking = std::thread::spawn(move || Client::call(protocol, at, number, &offer));
                while !asking.is_finished() {
                    media.run(Instant::now() + Duration::from_millis(5))?;
                }
                let answered = asking.join().map_err(|_| "the signalling panicked")?;
                match answered.and_then(|(client, sdp)| {
                    let answer = SdpAnswer::from_sdp_string(&sdp)?;
                    call.rtc.sdp_api().accept_answer(pending, answer)?;
                    Ok(client)
                }) {
                    Ok(client) => {
                        media.calls.push(call);
                        let ended = ended.clone();
                        staying.push(std::thread::spawn(move || client.stay(|| ended.load(Ordering::Relaxed))));
                    }
                    Err(error) => errors.push(format!("call {number}: {error}")),
                }
            }
        }
    }
    media.run(Instant::now() + Duration::from_secs_f64(arguments.secs))?;
    ended.store(true, Ordering::Relaxed);
    for thread in staying {
        if let Ok(Err(error)) = thread.join() {
            errors.push(error.to_string());
        }
    }
    let calls = &media.calls;
    let result = json!({
        "up": calls.iter().filter(|call| call.connected).count(),
        "silent": calls.iter().filter(|call| call.received == 0).count(),
        "sent": calls.iter().map(|call| call.sent).sum::<u64>(),
        "received": calls.iter().map(|call| call.received).sum::<u64>(),
        "lost": calls.iter().map(Call::lost).sum::<u64>(),
        "late_ms_max": media.late.as_millis() as u64,
        "errors": errors,
    });
    println!("{result}");
    Ok(())
}

fn read_frames(mut data: &[u8]) -> Vec<Arc<[u8]>> {
    let mut frames = Vec::new();
    while let Some((head, rest)) = data.split_first_chunk::<2>()
        && let Some((frame, rest)) = rest.split_at_checked(u16::from_be_bytes(*head).into())
        && frames.len() < MAX_FRAMES
    {
        frames.push(frame.into());
        data = rest;
    }
    frames
}

/// One client's audio.
struct Call {
    rtc: Rtc,
    socket: UdpSocket,
    local: SocketAddr,
    mid: Mid,
    payload_type: Option<Pt>,
    timeout: Instant,
    /// When the next packet leaves.
    next: Instant,
    sequence: u64,
    timestamp: u32,
    connected: bool,
    sent: u64,
    received: u64,
    /// The first and the last sequence number that came.
    numbers: Option<(u64, u64)>,
}

impl Call {
    fn lost(&self) -> u64 {
        self.numbers.map_or(0, |(first, last)| (last - first + 1).saturating_sub(self.received))
    }
}

/// All clients' audio, on one thread.
struct Media<'a> {
    poll: Poll,
    calls: Vec<Call>,
    frames: &'a [Arc<[u8]>],
    step: u32,
    /// How late a packet left, at worst.
    late: Duration,
}

impl<'a> Media<'a> {
    fn new(arguments: &Arguments, frames: &'a [Arc<[u8]>]) -> Result<Self, Box<dyn Error>> {
        let step = if matches!(arguments.codec, Codec::Opus) { 960 } else { 160 };
        Ok(Self { poll: Poll::new()?, calls: Vec::new(), frames, step, late: Duration::ZERO })
    }

    /// A client's side of a call, what it offers, and what its answer belongs to.
    fn offer(
        &self,
        arguments: &Arguments,
        crypto: &Arc<CryptoProvider>,
        certificate: &DtlsCert,
    ) -> Result<(Call, String, str0m::change::SdpPendingOffer), Box<dyn Error>> {
        let now = Instant::now();
        let config = RtcConfig::new()
            .set_crypto_provider(crypto.clone())
            .set_dtls_cert(certificate.clone())
            .set_rtp_mode(true)
            .clear_codecs();
        let config = match arguments.codec {
            Codec::Pcmu => config.enable_pcmu(true, false),
            Codec::Opus => config.enable_opus(true, false),
        };
        let mut rtc = config.build(now);
        let mut socket = UdpSocket::bind((arguments.address, 0).into())?;
        let local = socket.local_addr()?;
        self.poll.registry().register(&mut socket, Token(self.calls.len()), Interest::READABLE)?;
        rtc.add_local_candidate(Candidate::host(local, "udp")?);
        let mut changes = rtc.sdp_api();
        let mid = changes.add_media(MediaKind::Audio, Direction::SendRecv, None, None, None);
        let (offer, pending) = changes.apply().ok_or("nothing to offer")?;
        // Spread over the time of a packet.
        let next = now + PTIME.mul_f64(f64::from(self.calls.len() as u32 * 7 % 20) / 20.0);
        let call = Call {
            rtc,
            socket,
            local,
            mid,
            payload_type: None,
            timeout: now,
            next,
            sequence: 1,
            timestamp: 0,
            connected: false,
            sent: 0,
            received: 0,
            numbers: None,
        };
        Ok((call, offer.to_sdp_string(), pending))
    }

    /// Lets them talk until `end`.
    fn run(&mut self, end: Instant) -> Result<(), Box<dyn Error>> {
        let mut events = Events::with_capacity(256);
        loop {
            let now = Instant::now();
            if now >= end {
                return Ok(());
            }
            let mut wake = end.min(now + Duration::from_millis(50));
            for number in 0..self.calls.len() {
                self.due(number, now)?;
                let call = &self.calls[number];
                wake = wake.min(call.timeout).min(if call.connected { call.next } else { wake });
            }
            // The poll's clock has whole milliseconds and rounds up.
            self.poll.poll(&mut events, Some(wake.saturating_duration_since(Instant::now())))?;
            for event in &events {
                self.receive(event.token().0)?;
            }
        }
    }

    fn due(&mut self, number: usize, now: Instant) -> Result<(), Box<dyn Error>> {
        let Some(call) = self.calls.get_mut(number) else { return Ok(()) };
        if call.timeout <= now {
            call.rtc.handle_input(Input::Timeout(now))?;
            drain(call)?;
        }
        while call.connected && call.next <= now {
            self.late = self.late.max(now - call.next);
            call.next += PTIME;
            if call.payload_type.is_none() {
                call.payload_type = call.rtc.media(call.mid).and_then(|media| media.remote_pts().first().copied());
            }
            let Some(payload_type) = call.payload_type else { continue };
            let payload = self.frames[(call.sequence as usize + number * 97) % self.frames.len()].clone();
            if let Some(stream) = call.rtc.direct_api().stream_tx_by_mid(call.mid, None) {
                stream.write_rtp(RtpWrite::new(payload_type, call.sequence.into(), call.timestamp, now, payload));
                call.sent += 1;
            }
            call.sequence += 1;
            call.timestamp = call.timestamp.wrapping_add(self.step);
            call.rtc.handle_input(Input::Timeout(now))?;
            drain(call)?;
        }
        Ok(())
    }

    fn receive(&mut self, number: usize) -> Result<(), Box<dyn Error>> {
        // Its answer may not be here yet; what it is sent then comes again.
        let Some(call) = self.calls.get_mut(number) else { return Ok(()) };
        let mut buffer = [0; 2_000];
        while let Ok((length, from)) = call.socket.recv_from(&mut buffer) {
            let now = Instant::now();
            if let Ok(receive) = Receive::new(Protocol::Udp, from, call.local, &buffer[..length]) {
                call.rtc.handle_input(Input::Receive(now, receive))?;
                drain(call)?;
            }
        }
        Ok(())
    }
}

fn drain(call: &mut Call) -> Result<(), Box<dyn Error>> {
    loop {
        match call.rtc.poll_output()? {
            Output::Timeout(at) => {
                call.timeout = at;
                return Ok(());
            }
            Output::Transmit(transmit) => {
                // What the system has no room for is lost, as on a network.
                let _ = call.socket.send_to(&transmit.contents, transmit.destination);
            }
            Output::Event(Event::Connected) => {
                call.connected = true;
                call.next = call.next.max(Instant::now());
            }
            Output::Event(Event::RtpPacket(packet)) => {
                call.received += 1;
                let number: u64 = *packet.seq_no;
                let (first, last) = call.numbers.unwrap_or((number, number));
                call.numbers = Some((first.min(number), last.max(number)));
            }
            Output::Event(_) => {}
        }
    }
}
