//! What the configuration means for the parts of the server.

use std::net::SocketAddr;

use offhook_media::codec::Codec;
use offhook_media::sdp::SrtpPolicy;
use offhook_sip::digest::{Credentials, Secret};
use offhook_sip::header::Protocol;
use rustc_hash::FxHashMap;
use tracing::info;

use super::{StartError, codecs};
use crate::call::directory::Directory;
use crate::config::{self, Config, GroupKind, LineGroup, Listener};
use crate::ids::{LineGroupId, LineId};
use crate::net::gateway::{Gateway, GatewayGroup, TrunkAccount};
use crate::net::groups::{GroupSettings, Kind, LineSettings};
use crate::net::media::{AudioSettings, Srtp};
use crate::net::transport::{
    CertificateFiles, ListenerKind, ListenerSettings, PublicAddress, TlsProfile, TlsServer, TransportSettings, Trust,
};
use crate::numbers::route::{Route, Routes};
use crate::web::tls;

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
    let profile = |group: &LineGroup| {
        let config::GroupTls { ca, system_ca, certificate } = group.tls.clone();
        TlsProfile {
            trust: if system_ca { Trust::SystemAnd(ca) } else { Trust::Only(ca) },
            own: certificate.map(|(certificate, key)| CertificateFiles { certificate, key }),
        }
    };
    TransportSettings {
        listeners: std::iter::once(main).chain(further).chain(usual).collect(),
        tls_profiles: config.groups.iter().map(profile).collect(),
    }
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
        info!(line_group = group.name, "opus is added to media.webrtc_codecs: the line group has a wideband codec");
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

/// Who may call, and where calls go.
pub(super) fn gateway(config: &Config, lines: &[(usize, usize)], directory: &Directory) -> Result<Gateway, StartError> {
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
        GatewayGroup {
            allow_from: group.allow_from.clone(),
            lines: by_name,
            pilot: pilot.map(|pilot| pilot.user_name.clone()),
            account,
            places: Vec::new(),
        }
    };
    let routes = config.routes.iter().map(|route| Route {
        from: LineGroupId(route.from as u32),
        number: route.number.regex().clone(),
        to: LineGroupId(route.to as u32),
        rewrite: route.rewrite.clone(),
    });
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|_| StartError::Random)?;
    Ok(Gateway::new(config.groups.iter().enumerate().map(group).collect(), Routes::new(routes.collect()), key))
}
