//! What the configuration means for the parts of the server.

use std::net::SocketAddr;
use std::sync::Arc;

use offhook_media::codec::Codec;
use offhook_media::record::{Channels, Container, RecordFormat};
use offhook_media::sdp::SrtpPolicy;
use offhook_sip::digest::{Credentials, Secret};
use offhook_sip::header::Protocol;
use rustc_hash::{FxHashMap, FxHashSet};
use tracing::info;

use super::people::LineUsers;
use super::{StartError, codecs};
use crate::call::directory::{
    Decline, Directory, Diversion, FeatureCode, LineEntry, LineGroupEntry, Redirection, TransferWay,
};
use crate::call::service::Service;
use crate::capture::file::FileNames;
use crate::capture::pseudonyms::Pseudonyms;
use crate::config::{self, Config, GroupCapture, GroupKind, LineGroup, Listener};
use crate::ids::{LineGroupId, LineId};
use crate::log::{Area, FileSettings, Format, LOG_FILES, Levels, LogLevel, LogNames, LogSettings, SystemSockets};
use crate::net::capture::{self, CaptureSettings, Selection, WhenFull};
use crate::net::gateway::{Gateway, GatewayGroup, TrunkAccount};
use crate::net::groups::{GroupSettings, Kind, LineSettings};
use crate::net::media::{AudioSettings, Dtmf, Recordings, Srtp};
use crate::net::transport::{
    Authorities, CertificateFiles, ListenerKind, ListenerSettings, PublicAddress, TlsProfile, TlsServer,
    TransportSettings, Trust,
};
use crate::numbers::country::Countries;
use crate::numbers::route::{Route, Routes};
use crate::numbers::{Location, Numbers};
use crate::shelf::ShelfSettings;
use crate::site::Site;
use crate::web::{CertificateLabel, ListenerLabel, tls};

/// Octets of the disk that captures and the log leave to others, the database above all.
const LEAVES: u64 = 64 << 20;

/// Where SIP is listened at, and which certificates count for which line group.
pub(super) fn transport(config: &Config) -> TransportSettings {
    let public = |ip| PublicAddress { ip, port: None };
    let main = ListenerSettings {
        name: "main".into(),
        address: config.listen.sip,
        kind: ListenerKind::UdpTcp,
        public_address: config.listen.public_address.map(public),
    };
    let further = config.listeners.iter().map(|listener| ListenerSettings {
        name: listener.name.clone(),
        address: listener.address,
        kind: listener_kind(listener),
        public_address: listener.public_address.map(public),
    });
    let uses_tls = config.groups.iter().any(|group| group.transport == Some(config::Transport::Tls));
    let has_tls = config.listeners.iter().any(|listener| listener.transport == config::Transport::Tls);
    let (certificate, key) = tls::files(&config.data_dir);
    // A PBX reaches us by the Contact that it was told, also where the connection was ours.
    let usual = (uses_tls && !has_tls).then(|| ListenerSettings {
        name: "tls".into(),
        address: SocketAddr::new(config.listen.sip.ip(), Protocol::Tls.default_port()),
        kind: ListenerKind::Tls(TlsServer { own: CertificateFiles { certificate, key }, client_ca: None }),
        public_address: config.listen.public_address.map(public),
    });
    TransportSettings {
        listeners: std::iter::once(main).chain(further).chain(usual).collect(),
        tls_profiles: tls_profiles(config),
    }
}

/// How connections to the PBX of each line group are secured.
pub(super) fn tls_profiles(config: &Config) -> Vec<TlsProfile> {
    let profile = |group: &LineGroup| {
        let config::GroupTls { ca, system_ca, certificate } = group.tls.clone();
        let ca = ca.into_iter().map(|authority| match authority {
            config::Authority::File(path) => Authorities::File(path),
            config::Authority::Text(text) => Authorities::Text(text),
        });
        let ca = ca.collect();
        TlsProfile {
            trust: if system_ca { Trust::SystemAnd(ca) } else { Trust::Only(ca) },
            own: certificate.map(|(certificate, key)| CertificateFiles { certificate, key }),
        }
    };
    config.groups.iter().map(profile).collect()
}

/// The certificates of SIP, each with who shows it.
pub(super) fn certificates(config: &Config) -> Vec<CertificateLabel> {
    let TransportSettings { listeners, tls_profiles } = transport(config);
    let listeners = listeners.into_iter().filter_map(|listener| match listener.kind {
        ListenerKind::Tls(server) => Some(CertificateLabel { used_by: listener.name, file: server.own.certificate }),
        _ => None,
    });
    let groups = config.groups.iter().zip(tls_profiles).filter_map(|(group, profile)| {
        Some(CertificateLabel { used_by: group.name.clone(), file: profile.own?.certificate })
    });
    listeners.chain(groups).collect()
}

/// How the places are shown where SIP is received, in their order.
pub(super) fn listeners(config: &Config) -> Vec<ListenerLabel> {
    let further = config.listeners.len();
    let label = |(index, listener): (usize, ListenerSettings)| {
        let server = match listener.kind {
            ListenerKind::Tls(server) => Some(server),
            _ => None,
        };
        ListenerLabel {
            name: listener.name,
            public_address: listener.public_address.map(|public| public.ip),
            is_mutual: server.as_ref().is_some_and(|server| server.client_ca.is_some()),
            certificate: server.map(|server| server.own.certificate),
            setting: match index {
                0 => "listen.sip",
                _ if index <= further => "[[listener]]",
                _ => "",
            },
        }
    };
    transport(config).listeners.into_iter().enumerate().map(label).collect()
}

fn listener_kind(listener: &Listener) -> ListenerKind {
    match (listener.transport, &listener.tls) {
        (config::Transport::Tls, Some(tls)) => ListenerKind::Tls(TlsServer {
            own: CertificateFiles { certificate: tls.certificate.clone(), key: tls.key.clone() },
            client_ca: tls.client_ca.clone(),
        }),
        (config::Transport::Udp, _) => ListenerKind::Udp,
        // Without a certificate there is no TLS listener; the configuration sees to that.
        (config::Transport::Tcp | config::Transport::Tls, _) => ListenerKind::Tcp,
    }
}

/// The line groups, by [`LineGroupId`]; a group's number is that of its TLS settings, too.
pub(super) fn groups(config: &Config) -> Vec<GroupSettings> {
    config.groups.iter().enumerate().map(|(index, entry)| group(config, index, entry)).collect()
}

/// The lines, by [`LineId`].
pub(super) fn lines(config: &Config, lines: &[(usize, usize)]) -> Vec<LineSettings> {
    let settings = lines.iter().map(|&(group, line)| {
        let entry = &config.groups[group].lines[line];
        let password = Secret::new(entry.password.expose());
        LineSettings {
            group: LineGroupId(group as u32),
            user_name: entry.user_name.clone(),
            credentials: Credentials { user_name: entry.auth_name.clone(), password },
            active: entry.active,
            pilot: entry.pilot,
        }
    });
    settings.collect()
}

fn group(config: &Config, index: usize, group: &LineGroup) -> GroupSettings {
    GroupSettings {
        name: group.name.clone(),
        kind: match group.kind {
            GroupKind::Softphones => Kind::Softphones,
            GroupKind::TrunkRegistration => Kind::TrunkRegistration { bulk: false },
            GroupKind::TrunkBulkRegistration => Kind::TrunkRegistration { bulk: true },
            GroupKind::TrunkFixed => Kind::TrunkFixed,
            GroupKind::TrunkRegistrar => Kind::TrunkRegistrar,
        },
        host: group.registrar.clone(),
        port: group.port,
        protocol: group.transport.map(protocol),
        domain: group.domain.clone(),
        expires: group.expires,
        register_delay: group.register_delay,
        retry_interval: group.retry_interval,
        options_refresh: group.options_refresh,
        nat_refresh: group.nat_refresh,
        nat_refresh_answered: group.nat_refresh_answered,
        listener: group.listener.and_then(|index| config.listeners.get(index)).map(|listener| listener.name.clone()),
        tls_profile: index as u16,
        audio: audio(group),
    }
}

fn audio(group: &LineGroup) -> AudioSettings {
    AudioSettings {
        outgoing: codecs(&group.codecs_outgoing),
        incoming: codecs(&group.codecs_incoming),
        srtp: match group.srtp {
            config::Srtp::Auto => Srtp::Auto,
            config::Srtp::Off => Srtp::Off,
            config::Srtp::Optional => Srtp::On(SrtpPolicy::Optional),
            config::Srtp::Required => Srtp::On(SrtpPolicy::Required),
            config::Srtp::Dtls => Srtp::On(SrtpPolicy::Dtls),
        },
        comfort_noise: group.comfort_noise,
        rtcp_mux: group.rtcp_mux,
        ptime: group.ptime,
        dtmf: match group.dtmf {
            config::Dtmf::Auto => Dtmf::Auto,
            config::Dtmf::Rfc4733 => Dtmf::Events,
            config::Dtmf::Info => Dtmf::Info,
            config::Dtmf::Inband => Dtmf::Tones,
        },
    }
}

/// Codecs towards browsers. Where a PBX has wideband codecs, Opus must be among them, or nobody would hear it.
pub(super) fn webrtc_codecs(config: &Config) -> Vec<Codec> {
    let mut browsers = codecs(&config.media.webrtc_codecs);
    let wide = |group: &&LineGroup| {
        let mut towards_pbx = codecs(&group.codecs_outgoing).into_iter().chain(codecs(&group.codecs_incoming));
        towards_pbx.any(|codec| matches!(codec, Codec::G722 | Codec::Opus))
    };
    if let Some(group) = config.groups.iter().find(wide)
        && !browsers.contains(&Codec::Opus)
    {
        info!(group = group.name, "opus is added to media.webrtc_codecs: the line group has a wideband codec");
        browsers.insert(0, Codec::Opus);
    }
    browsers
}

fn protocol(transport: config::Transport) -> Protocol {
    match transport {
        config::Transport::Udp => Protocol::Udp,
        config::Transport::Tcp => Protocol::Tcp,
        config::Transport::Tls => Protocol::Tls,
    }
}

/// Where and how calls are recorded.
pub(super) fn recordings(config: &Config) -> Recordings {
    let config::Recording { directory, format, channels } = &config.recording;
    let container = match format {
        config::RecordingFormat::Wav => Container::Wav,
        config::RecordingFormat::Opus => Container::OggOpus,
    };
    let channels = match channels {
        config::RecordingChannels::Mixed => Channels::Mixed,
        config::RecordingChannels::PerSide => Channels::PerSide,
    };
    Recordings { directory: directory.clone(), format: RecordFormat { container, channels } }
}

/// What is logged, and where to. `directives` is what the environment says instead of the configuration.
pub(super) fn log(config: &Config, lines: &[(usize, usize)], directives: Option<Levels>) -> LogSettings {
    let config::Log { format, level, levels, files, directory, max_file, total, keep, system } = &config.log;
    let configured = || {
        let mut all = Levels::all(log_level(*level));
        // The configuration has been checked for areas that there are not.
        let named = levels.iter().filter_map(|(area, level)| Some((area.parse::<Area>().ok()?, log_level(*level))));
        named.for_each(|(area, level)| all.set(area, level));
        all
    };
    let shelf = ShelfSettings {
        directory: directory.clone(),
        kind: LOG_FILES,
        total: *total,
        keep: *keep,
        when_full: WhenFull::DeleteOldest,
        min_free: LEAVES,
    };
    LogSettings {
        levels: directives.unwrap_or_else(configured),
        format: match format {
            config::LogFormat::Text => Format::Text,
            config::LogFormat::Json => Format::Json,
        },
        stderr: true,
        files: files.then_some(FileSettings { shelf, max_file: *max_file }),
        system: match system {
            config::LogSystem::Off => None,
            config::LogSystem::Errors => Some((LogLevel::Error, SystemSockets::default())),
            config::LogSystem::Warnings => Some((LogLevel::Warn, SystemSockets::default())),
        },
        names: log_names(config, lines, config.users.iter().map(|user| user.name.clone()).collect()),
    }
}

/// What the log calls line groups, lines and users.
pub(super) fn log_names(config: &Config, lines: &[(usize, usize)], users: Vec<String>) -> LogNames {
    LogNames {
        groups: config.groups.iter().map(|group| group.name.clone()).collect(),
        lines: lines.iter().map(|&(group, line)| (config.groups[group].lines[line].number.clone(), group)).collect(),
        users,
    }
}

/// The same for comments of captures.
pub(super) fn capture_names(config: &Config, lines: &[(usize, usize)], users: Vec<String>) -> FileNames {
    FileNames {
        groups: config.groups.iter().map(|group| group.name.clone()).collect(),
        lines: lines.iter().map(|&(group, line)| config.groups[group].lines[line].number.clone()).collect(),
        users,
    }
}

fn log_level(level: config::LogLevel) -> LogLevel {
    match level {
        config::LogLevel::Off => LogLevel::Off,
        config::LogLevel::Error => LogLevel::Error,
        config::LogLevel::Warn => LogLevel::Warn,
        config::LogLevel::Info => LogLevel::Info,
        config::LogLevel::Debug => LogLevel::Debug,
        config::LogLevel::Trace => LogLevel::Trace,
    }
}

/// How captures are kept, and what is captured from the start on. `names` are those of comments.
pub(super) fn captures(
    config: &Config,
    lines: &[(usize, usize)],
    pseudonyms: &Pseudonyms,
    users: Vec<String>,
) -> (CaptureSettings, Vec<capture::GroupCapture>) {
    let config::Capture { directory, max_file, total, keep, when_full, numbers } = &config.capture;
    let settings = CaptureSettings {
        directory: directory.clone(),
        max_file: *max_file,
        total: *total,
        keep: *keep,
        when_full: match when_full {
            config::CaptureFull::DeleteOldest => WhenFull::DeleteOldest,
            config::CaptureFull::Stop => WhenFull::Stop,
        },
        min_free: LEAVES,
        pseudonyms: match numbers {
            config::CaptureNumbers::Plain => None,
            config::CaptureNumbers::Pseudonyms => Some(pseudonyms.clone()),
        },
        names: capture_names(config, lines, users),
    };
    (settings, captured(config, lines))
}

/// What is captured of line groups, by [`LineGroupId`].
pub(super) fn captured(config: &Config, lines: &[(usize, usize)]) -> Vec<capture::GroupCapture> {
    let line_at = |place| lines.iter().position(|known| *known == place).map(|index| LineId(index as u32));
    let groups = config.groups.iter().enumerate().map(|(group, entry)| {
        let selection = match &entry.capture {
            GroupCapture::Off => Selection::Off,
            GroupCapture::All => Selection::All,
            GroupCapture::Lines(places) => {
                Selection::Lines(places.iter().filter_map(|&line| line_at((group, line))).collect())
            }
        };
        let audio = match entry.capture_audio {
            config::CaptureAudio::Off => capture::Audio::Off,
            config::CaptureAudio::Headers => capture::Audio::Headers,
            config::CaptureAudio::Payload => capture::Audio::Payload,
        };
        capture::GroupCapture { selection, audio }
    });
    groups.collect()
}

/// Who may call, and where calls go.
pub(super) fn gateway(config: &Config, lines: &[(usize, usize)], directory: &Directory) -> Result<Gateway, StartError> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|_| StartError::Random)?;
    Ok(Gateway::new(gateway_groups(config, lines, directory), routes(config), key))
}

/// What the gateway knows of line groups, by [`LineGroupId`].
pub(super) fn gateway_groups(config: &Config, lines: &[(usize, usize)], directory: &Directory) -> Vec<GatewayGroup> {
    let group = |(index, group): (usize, &LineGroup)| {
        let mut by_name = FxHashMap::default();
        for (id, &(_, line)) in lines.iter().enumerate().filter(|(_, at)| at.0 == index) {
            let (id, entry) = (LineId(id as u32), &group.lines[line]);
            // A line that nobody has is a number like any other: routes may lead it on.
            if entry.active && !directory.users_of(id).is_empty() {
                by_name.insert(entry.user_name.clone(), id);
                by_name.insert(entry.number.clone(), id);
            }
        }
        let registers_for_all = group.kind == GroupKind::TrunkRegistration;
        let pilot = group.lines.iter().find(|line| registers_for_all && line.pilot);
        let account = group.account.as_ref().map(|(user_name, password)| TrunkAccount {
            user_name: user_name.clone(),
            secret: Secret::new(password.expose()),
            numbers: group.numbers.as_ref().map(|numbers| numbers.regex().clone()),
        });
        let own: FxHashSet<LineId> = by_name.values().copied().collect();
        let known = directory.known.iter().filter(|(_, line)| own.contains(line));
        let ends = directory.ends.iter().filter(|(_, line)| own.contains(line));
        let location = directory.groups.get(index).and_then(|entry| entry.location.as_deref());
        GatewayGroup {
            allow_from: group.allow_from.clone(),
            known: known.map(|(number, line)| (number.clone(), *line)).collect(),
            ends: ends.map(|((_, end), line)| (end.clone(), *line)).collect(),
            plan: location.and_then(|location| directory.numbers.plan(location)).cloned(),
            lines: by_name,
            pilot: pilot.map(|pilot| pilot.user_name.clone()),
            account,
            places: Vec::new(),
        }
    };
    config.groups.iter().enumerate().map(group).collect()
}

/// The ways from one line group to another.
pub(super) fn routes(config: &Config) -> Routes {
    let routes = config.routes.iter().map(|route| Route {
        from: LineGroupId(route.from as u32),
        number: route.number.regex().clone(),
        to: LineGroupId(route.to as u32),
        rewrite: route.rewrite.clone(),
    });
    Routes::new(routes.collect())
}

/// What the call machine knows of lines, line groups and users.
pub(super) fn directory(config: &Config, lines: &[(usize, usize)], people: &[LineUsers]) -> Directory {
    let line = |(&at, people): (&(usize, usize), &LineUsers)| {
        let entry = &config.groups[at.0].lines[at.1];
        let redirections = entry.redirections.iter();
        LineEntry {
            group: LineGroupId(at.0 as u32),
            // A number that is nobody's any more may be another line's.
            number: if entry.removed { String::new() } else { entry.number.clone() },
            known: None,
            users: people.users.clone(),
            redirections: redirections.map(|place| Redirection { to: place.to.clone(), rings: place.rings }).collect(),
            voice_mailbox: people.voice_mailbox.clone(),
        }
    };
    Directory {
        lines: lines.iter().zip(people).map(line).collect(),
        groups: config.groups.iter().map(directory_group).collect(),
        music_on_hold: config.media.music_on_hold.is_some(),
        ..Directory::default()
    }
}

/// The same with the locations of line groups.
pub(super) fn located(config: &Config, site: &Site, numbers: &Arc<Numbers>, mut directory: Directory) -> Directory {
    let location = |group: &LineGroup| site.location_of(&group.body).map(|stored| stored.id.to_string());
    directory.locate(config.groups.iter().map(location), numbers.clone());
    directory
}

/// The dial plans of a site's locations.
pub(super) fn numbers(site: &Site, countries: &Countries) -> Numbers {
    let locations: Vec<_> = site.iter::<Location>().map(|stored| (stored.id.to_string(), &stored.object)).collect();
    Numbers::new(locations.iter().map(|(id, location)| (id.as_str(), *location)), countries)
}

fn directory_group(group: &LineGroup) -> LineGroupEntry {
    let control = &group.call_control;
    let codes = control.feature_codes.iter();
    LineGroupEntry {
        location: None,
        domain: group.domain.clone(),
        codecs: all_codecs(group),
        trust_identity: group.trust_identity,
        record: group.record,
        functions: control.functions.iter().filter_map(|name| Service::named(name)).collect(),
        signed_out: decline(control.signed_out),
        decline: control.decline.map(decline),
        hide_decline: control.hide_decline,
        diversion: match control.diversion {
            config::Diversion::Redirect => Diversion::Redirect,
            config::Diversion::NewCall => Diversion::NewCall,
            config::Diversion::Transfer => Diversion::Transfer,
        },
        transfer: match control.transfer {
            config::TransferWay::Auto => TransferWay::Auto,
            config::TransferWay::Bridge => TransferWay::Bridge,
        },
        signed_off_to_voice_mailbox: control.signed_off_to_voice_mailbox,
        pickup_code: control.pickup_code.clone(),
        pickup_in_server: control.pickup_in_server,
        feature_codes: codes.map(|entry| FeatureCode { name: entry.name.clone(), code: entry.code.clone() }).collect(),
        emergency_numbers: control.emergency_numbers.clone(),
        internal_digits: control.internal_digits,
        park_returns: control.park_returns,
    }
}

fn decline(decline: config::Decline) -> Decline {
    match decline {
        config::Decline::Busy => Decline::Busy,
        config::Decline::Unavailable => Decline::Unavailable,
        config::Decline::Declined => Decline::Declined,
        config::Decline::Ringing => Decline::Ringing,
    }
}

/// The codecs of a line group in either direction; those of what we offer come first, which calls are expected to get.
fn all_codecs(group: &LineGroup) -> Vec<Codec> {
    let mut all = codecs(&group.codecs_outgoing);
    for codec in codecs(&group.codecs_incoming) {
        if !all.contains(&codec) {
            all.push(codec);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::people::{self, Slots};
    use crate::ids::UserId;
    use crate::site::User;

    #[test]
    fn every_service_has_its_switch() {
        let switches: Vec<_> = config::FUNCTIONS.into_iter().filter_map(Service::named).collect();
        assert_eq!(switches.len(), config::FUNCTIONS.len(), "each names a service");
        assert!(Service::ALL.iter().all(|service| switches.contains(service)));
    }

    #[test]
    fn what_the_file_says_reaches_the_call_machine() {
        let text = r#"
data_dir = "data"
[[line_group]]
name = "main"
registrar = "pbx.example"
switched_off = ["park_call", "set_forwarding"]
decline = "unavailable"
pickup_in_server = false
feature_codes = [{ name = "Night service", code = "*41" }]
[[line_group.line]]
user_name = "100"
redirections = [{ to = "101", seconds = 15 }]
[[line_group.line]]
user_name = "101"
[[user]]
name = "alice"
password = "wonderland"
lines = ["100"]
[[user]]
name = "bob"
password = "wonderland"
lines = ["100", "101"]
voice_mailbox = "*98"
"#;
        let config = Config::parse(text, "offhook.toml", std::path::Path::new(".")).unwrap();
        let (site, refusals) = Site::load(people::of_file(&config));
        assert!(refusals.is_empty(), "{refusals:?}");
        let slots = Arc::<Slots>::default().with::<User>(&site);
        let lines = [(0, 0), (0, 1)];
        let directory = directory(&config, &lines, &people::line_users(&config, &lines, &site, &slots).0);
        let line = directory.line(LineId(0)).unwrap();
        assert_eq!((line.number.as_str(), line.users.as_slice()), ("100", &[UserId(0), UserId(1)][..]));
        assert_eq!(line.voice_mailbox.as_deref(), Some("*98"));
        let redirection = Redirection { to: "101".into(), rings: std::time::Duration::from_secs(15) };
        assert_eq!(line.redirections, [redirection]);
        let group = directory.group(LineGroupId(0)).unwrap();
        assert_eq!(group.decline, Some(Decline::Unavailable));
        assert_eq!(group.feature_codes[0].code, "*41");
        assert!(!group.functions.contains(Service::ParkCall) && group.functions.contains(Service::HoldCall));
        let services = group.line_services();
        assert!(services.contains(Service::MakeCall) && !services.contains(Service::SetForwarding));
        assert!(!services.contains(Service::DirectedPickupCall), "neither here nor by a code");
    }
}
