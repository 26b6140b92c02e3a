//! A small PBX made of the same parts: a registrar with digest, calls between extensions, an echo and a tone.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::{Duration, Instant};

use offhook_media::codec::Codec;
use offhook_media::dsp::Country;
use offhook_sip::Source;
use offhook_sip::digest::{AuthFailure, Secret as SipSecret, ServerAuth};
use offhook_sip::header::{Name, Protocol};
use offhook_sip::message::Message;
use offhook_sip::method::Method;
use offhook_sip::registrar::Registrar;

use crate::app::{self, Running, StartError};
use crate::call::directory::{Directory, LineGroupEntry};
use crate::call::effect::{Route, Service, Target, TargetUri};
use crate::config::Secret;
use crate::ids::LineGroupId;
use crate::net::dns::Dns;
use crate::net::groups::{GroupSettings, Groups, Kind};
use crate::net::media::{AudioSettings, MediaSettings};
use crate::net::role::{Decision, Refusal, Role};
use crate::net::transport::TransportSettings;

/// Sends back what it hears.
const ECHO: &str = "600";
/// Plays a tone of 1 kHz.
const TONE: &str = "601";
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
    println!("The demo PBX is ready: sip:{listen}, {count} extensions, {ECHO} echo, {TONE} tone");
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
    let extensions_entry = LineGroupEntry { codecs: CODECS.to_vec(), trust_identity: false };
    let directory = Directory { lines: Vec::new(), groups: vec![extensions_entry] };
    let users = settings.users.iter().map(|(user, secret)| (user.clone(), super::sip_secret(secret)));
    let role = Extensions {
        users: users.collect(),
        registrar: Registrar::new(&settings.domain, key),
        auth: ServerAuth::new(&settings.domain, key),
    };
    let media = MediaSettings {
        address: None,
        // No browser talks to the PBX; any free port will do.
        webrtc: vec![SocketAddr::new(settings.listen.ip(), 0)],
        rtp_ports: settings.rtp_ports,
        country: Country::default(),
        webrtc_codecs: vec![Codec::Opus],
        workers: Some(1),
        music_on_hold: None,
        announcements: Vec::new(),
    };
    app::run_core(Arc::new(directory), groups, role, transport, Dns::default(), media)
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
        match dialled.as_str() {
            ECHO => Decision::Route(Route::Service { group: EXTENSIONS, service: Service::Echo }),
            TONE => Decision::Route(Route::Service { group: EXTENSIONS, service: Service::Tone }),
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
