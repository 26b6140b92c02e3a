//! A WebRTC client that is not ours, the `webrtc` crate, connects to a `WebRtcLeg` over real sockets: ICE, DTLS, SRTP
//! and the SDP on the way there; audio goes in both directions.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use offhook_media::codec::{Codec, Decoder, Encoder};
use offhook_media::dsp::measure;
use offhook_media::{Channel, Event, Leg, Output, Session, Side, Source, WebRtcConfig, WebRtcLeg};
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use webrtc::api::APIBuilder;
use webrtc::api::interceptor_registry::register_default_interceptors;
use webrtc::api::media_engine::MediaEngine;
use webrtc::api::setting_engine::SettingEngine;
use webrtc::interceptor::registry::Registry;
use webrtc::media::Sample;
use webrtc::peer_connection::RTCPeerConnection;
use webrtc::peer_connection::configuration::RTCConfiguration;
use webrtc::peer_connection::sdp::session_description::RTCSessionDescription;
use webrtc::rtp_transceiver::rtp_codec::RTCRtpCodecCapability;
use webrtc::track::track_local::track_local_static_sample::TrackLocalStaticSample;

/// Everything together, on a busy machine.
const DEADLINE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_client_hears_itself_in_opus() {
    echo(Codec::Opus, "audio/opus", 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_client_hears_itself_in_pcma() {
    echo(Codec::Pcma, "audio/PCMA", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_client_hears_itself_in_pcmu() {
    echo(Codec::Pcmu, "audio/PCMU", 1).await;
}

/// The client sends a tone, the session sends it back, the client decodes what comes.
async fn echo(codec: Codec, mime: &str, channels: u16) {
    let client = client().await;
    let track = Arc::new(TrackLocalStaticSample::new(
        RTCRtpCodecCapability { mime_type: mime.into(), clock_rate: codec.rtp_clock(), channels, ..Default::default() },
        "audio".into(),
        "interop".into(),
    ));
    client.add_track(track.clone()).await.unwrap();
    let mut heard = hear(&client);

    let offer = client.create_offer(None).await.unwrap();
    client.set_local_description(offer.clone()).await.unwrap();
    // Without candidates of the client: the server learns its address from its first check.
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let now = Instant::now();
    let config = WebRtcConfig::new([1; 32]).unwrap();
    let (leg, answer) = WebRtcLeg::accept(&config, &[socket.local_addr().unwrap()], &offer.sdp, &[codec]).unwrap();
    let mut session = Session::new(1);
    session.set_leg(Side::A, Leg::WebRtc(Box::new(leg)), now);
    session.set_source(Side::A, Source::Echo, now);
    let (up, mut events) = mpsc::channel(64);
    tokio::spawn(drive(session, socket, up));

    client.set_remote_description(RTCSessionDescription::answer(answer).unwrap()).await.unwrap();
    tokio::spawn(speak(track, codec));

    let connected = async {
        while let Some(event) = events.recv().await {
            if event == Event::Connected(Side::A) {
                return;
            }
        }
        panic!("the session ended before the client was connected");
    };
    tokio::time::timeout(DEADLINE, connected).await.expect("ICE and DTLS come up");

    let mut decoder = Decoder::new(codec, 8000).unwrap();
    let mut pcm = Vec::new();
    let tone = async {
        while let Some(payload) = heard.recv().await {
            decoder.decode(&payload, &mut pcm).expect("what comes back can be decoded");
            let last = &pcm[pcm.len().saturating_sub(3200)..];
            let found = measure::dominant_frequency(last, 8000);
            if last.len() == 3200 && found.is_some_and(|hz| (hz - 1000.0).abs() < 4.0) {
                return;
            }
        }
        panic!("the track ended");
    };
    tokio::time::timeout(DEADLINE, tone).await.expect("the client hears its tone");
    client.close().await.unwrap();
}

async fn client() -> RTCPeerConnection {
    let mut media = MediaEngine::default();
    media.register_default_codecs().unwrap();
    let registry = register_default_interceptors(Registry::new(), &mut media).unwrap();
    let mut settings = SettingEngine::default();
    settings.set_include_loopback_candidate(true);
    settings.set_ip_filter(Box::new(|ip| ip.is_loopback()));
    let api = APIBuilder::new()
        .with_media_engine(media)
        .with_interceptor_registry(registry)
        .with_setting_engine(settings)
        .build();
    api.new_peer_connection(RTCConfiguration::default()).await.unwrap()
}

/// The payloads of the track that comes from the server.
fn hear(client: &RTCPeerConnection) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel(256);
    client.on_track(Box::new(move |track, _, _| {
        let sender = sender.clone();
        Box::pin(async move {
            while let Ok((packet, _)) = track.read_rtp().await {
                let payload = packet.payload.to_vec();
                if !payload.is_empty() && sender.send(payload).await.is_err() {
                    return;
                }
            }
        })
    }));
    receiver
}

/// Sends 1 kHz in 20 ms frames for as long as the connection stands.
async fn speak(track: Arc<TrackLocalStaticSample>, codec: Codec) {
    let mut encoder = Encoder::new(codec, 8000).unwrap();
    let mut every = tokio::time::interval(Duration::from_millis(20));
    for frame in 0u32.. {
        every.tick().await;
        let sample = |i: u32| (f64::from(i) / 8.0 * std::f64::consts::TAU).sin() * 8000.0;
        let pcm: Vec<i16> = (0..160).map(|i| sample(frame.wrapping_mul(160).wrapping_add(i) % 8) as i16).collect();
        let mut data = Vec::new();
        encoder.encode(&pcm, &mut data).unwrap();
        let sample = Sample { data: data.into(), duration: Duration::from_millis(20), ..Default::default() };
        if track.write_sample(&sample).await.is_err() {
            return;
        }
    }
}

/// Owns the socket and the clock of a session.
async fn drive(mut session: Session, socket: UdpSocket, events: mpsc::Sender<Event>) {
    let mut buffer = [0; 2048];
    loop {
        let mut to_send: Vec<(SocketAddr, Vec<u8>)> = Vec::new();
        let timeout = loop {
            match session.poll_output() {
                Output::Transmit { to, bytes, .. } => to_send.push((to, bytes.to_vec())),
                Output::Event(event) => drop(events.try_send(event)),
                Output::Recorded(_) | Output::RecordingDone(_) | Output::Copy(_) => {}
                Output::Timeout(at) => break at,
            }
        };
        for (to, bytes) in to_send {
            let _ = socket.send_to(&bytes, to).await;
        }
        let at = timeout.unwrap_or_else(|| Instant::now() + Duration::from_secs(1));
        tokio::select! {
            received = socket.recv_from(&mut buffer) => if let Ok((length, from)) = received {
                session.handle_packet(Side::A, Channel::Mux, from, &buffer[..length], Instant::now());
            },
            () = tokio::time::sleep_until(at.into()) => session.handle_timeout(Instant::now()),
        }
    }
}
