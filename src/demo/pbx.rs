//! A small PBX made of the same parts: a registrar with digest, calls between extensions, an echo and a tone.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::{Duration, Instant};

use offhook_media::codec::Codec;
use offhook_media::dsp::Country;
use offhook_media::sound::Clip;
use offhook_sip::Source;
use offhook_sip::digest::{AuthFailure, Secret as SipSecret, ServerAuth};
use offhook_sip::header::{Name, Protocol};
use offhook_sip::message::Message;
use offhook_sip::method::Method;
use offhook_sip::registrar::Registrar;

use crate::app::{self, Running, StartError};
use crate::call::directory::{Directory, LineGroupEntry};
use crate::call::effect::{Route, Sound, Target, TargetUri};
use crate::config::Secret;
use crate::ids::{ConferenceId, LineGroupId};
use crate::net::core::KnownOfUsers;
use crate::net::dns::Dns;
use crate::net::groups::{GroupSettings, Groups, Kind};
use crate::net::media::{AudioSettings, MediaSettings, Recordings};
use crate::net::role::{Decision, Refusal, Role};
use crate::net::transport::TransportSettings;
use crate::rights::RightsTable;

/// What is behind the numbers that are nobody's extension.
const SERVICES: [(&str, Sound, &str); 8] = [
    ("600", Sound::Echo, "echo"),
    ("601", Sound::TestTone, "test tone"),
    ("602", Sound::MusicOnHold, "music on hold"),
    ("603", Sound::Conference(ConferenceId(603)), "conference"),
    ("611", Sound::Ringback, "ringing tone"),
    ("612", Sound::Busy, "busy tone"),
    ("613", Sound::Congestion, "congestion tone"),
    ("614", Sound::CallWaiting, "call-waiting tone"),
];
/// All extensions belong to this one connection.
const EXTENSIONS: LineGroupId = LineGroupId(0);
const CODECS: [Codec; 4] = [Codec::G722, Codec::Pcma, Codec::Pcmu, Codec::Opus];

/// What a demo PBX is told.
#[derive(Debug, Clone)]
pub struct DemoPbx {
    /// Address for SIP.
    pub listen: SocketAddr,
    /// Domain and realm.
    pub domain: String,
    /// Extensions and their passwords.
    pub users: Vec<(String, Secret)>,
    /// Audio ports.
    pub rtp_ports: RangeInclusive<u16>,
}

/// Runs a demo PBX until Ctrl-C.
pub async fn run(settings: DemoPbx) -> Result<(), StartError> {
    let (listen, count) = (settings.listen, settings.users.len());
    let pbx = start(settings).await?;
    let services: String = SERVICES.iter().map(|(number, _, what)| format!(", {number} {what}")).collect();
    println!("The demo PBX is ready: sip:{listen}, {count} extensions{services}");
    app::stop_signal().await?;
    pbx.stop().await;
    Ok(())
}

/// Starts a demo PBX.
pub async fn start(settings: DemoPbx) -> Result<Running, StartError> {
    let transport = app::bind_sip(TransportSettings::at(settings.listen)).await?;
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|_| StartError::Random)?;
    let extensions = GroupSettings {
        name: "extensions".into(),
        kind: Kind::TrunkFixed,
        host: settings.listen.ip().to_string(),
        port: Some(settings.listen.port()),
        protocol: Some(Protocol::Udp),
        domain: settings.domain.clone(),
        expires: 600,
        register_delay: Duration::ZERO,
        retry_interval: Duration::from_secs(30),
        options_refresh: Duration::ZERO,
        nat_refresh: Duration::ZERO,
        nat_refresh_answered: false,
        listener: None,
        tls_profile: 0,
        audio: AudioSettings::plain(&CODECS),
    };
    let groups = Groups::new(transport.local_addr(), vec![extensions], Vec::new());
    // What a telephone asserts of itself is not to be believed.
    let extensions_entry =
        LineGroupEntry { codecs: CODECS.to_vec(), trust_identity: false, ..LineGroupEntry::default() };
    let directory =
        Directory { lines: Vec::new(), groups: vec![extensions_entry], music_on_hold: true, ..Directory::default() };
    let users = settings.users.iter().map(|(user, secret)| (user.clone(), super::sip_secret(secret)));
    let role = Extensions {
        users: users.collect(),
        registrar: Registrar::new(&settings.domain, key),
        auth: ServerAuth::new(&settings.domain, key),
    };
    let media = MediaSettings {
        address: Vec::new(),
        // No browser talks to the PBX; any free port will do.
        webrtc: vec![SocketAddr::new(settings.listen.ip(), 0)],
        rtp_ports: settings.rtp_ports,
        country: Country::default(),
        webrtc_codecs: vec![Codec::Opus],
        workers: Some(1),
        music_on_hold: melody(),
        announcements: Vec::new(),
        recordings: Recordings::default(),
    };
    let users = KnownOfUsers { rights: Arc::new(RightsTable::without_limits()), line_settings: Vec::new() };
    app::run_core(Arc::new(directory), groups, role, transport, Dns::default(), media, users)
}

/// Music on hold: a broken chord, up and down.
fn melody() -> Option<Arc<Clip>> {
    const RATE: u32 = 16_000;
    /// A note in Hz, and what it begins with: a plucked string has overtones that die away.
    const NOTES: [f64; 8] = [261.63, 329.63, 392.0, 523.25, 659.26, 523.25, 392.0, 329.63];
    let note = |hz: f64| {
        (0..RATE / 2).map(move |at| {
            let seconds = f64::from(at) / f64::from(RATE);
            let wave = |n: f64| (std::f64::consts::TAU * hz * n * seconds).sin() / (n * n);
            let attack = (seconds * 200.0).min(1.0);
            let release = ((0.5 - seconds) * 100.0).clamp(0.0, 1.0);
            ((wave(1.0) + wave(2.0) + wave(3.0)) * (-4.0 * seconds).exp() * attack * release * 6_000.0) as i16
        })
    };
    let pcm = NOTES.into_iter().flat_map(note).collect();
    Clip::new(pcm, RATE).ok().map(Arc::new)
}

/// The extensions and who is registered at them.
struct Extensions {
    users: HashMap<String, SipSecret>,
    registrar: Registrar,
    auth: ServerAuth,
}

impl Role for Extensions {
    fn route(&mut self, _source: &Source, request: &Message, now: Instant) -> Decision {
        let authorization = request.header(Name::ProxyAuthorization).unwrap_or_default();
        let users = &self.users;
        let lookup = |user: &str| users.get(user).cloned();
        if let Err(failure) = self.auth.verify(authorization, &Method::Invite, lookup, now) {
            let status = match failure {
                AuthFailure::Wrong => 403,
                _ => 407,
            };
            let challenges = self.auth.challenge(matches!(failure, AuthFailure::Stale), now);
            let headers = challenges.into_iter().map(|value| (Name::ProxyAuthenticate, value)).collect();
            return Decision::Reject(Refusal { status, headers });
        }
        let dialled = request.request_uri().ok().and_then(|uri| uri.user_decoded()).unwrap_or_default();
        if let Some(&(_, service, _)) = SERVICES.iter().find(|(number, ..)| *number == dialled) {
            return Decision::Route(Route::Service { group: EXTENSIONS, service });
        }
        match dialled.as_str() {
            user if !self.users.contains_key(user) => Decision::Reject(Refusal::status(404)),
            user => {
                let contacts = self.registrar.contacts(user, now);
                if contacts.is_empty() {
                    return Decision::Reject(Refusal::status(480));
                }
                let target = |uri| Target { group: EXTENSIONS, line: None, uri: TargetUri::Uri(uri) };
                let targets = contacts.into_iter().map(|binding| target(binding.uri.clone())).collect();
                Decision::Route(Route::Targets { group: EXTENSIONS, targets })
            }
        }
    }

    fn expects(&self, _source: &Source) -> bool {
        // Extensions may come from anywhere; digest tells who they are.
        true
    }

    fn sends_from(&self, _group: LineGroupId, _source: &Source, _now: Instant) -> bool {
        // Nobody is known by address here.
        false
    }

    fn request(&mut self, source: &Source, request: &Message, now: Instant) -> Refusal {
        if request.method() != Some(Method::Register) {
            return Refusal::status(405);
        }
        let users = &self.users;
        let reply = self.registrar.handle(request, source, &|user: &str| users.get(user).cloned(), now);
        Refusal { status: reply.status, headers: reply.headers }
    }
}
