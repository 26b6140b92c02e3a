//! The one file that names everything and wires it together.

pub mod countries;
mod interfaces;
mod line_settings;
mod lines;
mod listening;
mod live;
mod people;
mod settings;
mod setup;
#[cfg(test)]
mod tests;
mod trace_names;
mod trial;

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use offhook_media::codec::Codec;
use offhook_media::container::wav::WavError;
use offhook_media::dsp::Country;
use offhook_media::sound::{Clip, ClipError};
use rustc_hash::FxHashMap;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::administration::{Administration, ChangeError};
use crate::app::lines::Passwords;
use crate::app::live::{Live, Standing};
use crate::call::directory::Directory;
use crate::capture::pseudonyms::Pseudonyms;
use crate::config::{Config, ConfigError, GroupKind, LineGroup};
use crate::ids::LineGroupId;
use crate::key_file;
use crate::log::{Levels, Log};
use crate::net::capture::Captures;
use crate::net::core::{Core, CoreHandle, CoreParts, KnownOfUsers};
use crate::net::dns::Dns;
use crate::net::groups::Groups;
use crate::net::media::{MediaError, MediaServer, MediaSettings};
use crate::net::past::Notes;
use crate::net::role::Role;
use crate::net::transport::{Transport, TransportSettings};
use crate::site::ObjectId;
use crate::store::{SiteError, Store, StoreError};
use crate::user::accounts::{self, AccountKind, Accounts, SignInError};
use crate::web::control::{ControlError, ControlSocket};
use crate::web::ice::IceServers;
use crate::web::interfaces::{Keeper, KeptInterfaces};
use crate::web::protocol::FeatureCode;
use crate::web::protocol::admin::LineGroupKind;
use crate::web::reload::{ReloadRequest, Reloader};
use crate::web::routes::site::trial::TrialRequest;
use crate::web::setup::{Next, Setup, SetupPlace};
use crate::web::{self, AudioLabel, GroupLabel, Labels, LineLabel, WebState};

pub use self::countries::CountryFilesError;
pub use self::listening::ListenError;
pub use self::setup::usual_data_dir;

/// Most calls at once.
pub const MAX_CALLS: usize = 50_000;
/// How long HTTP requests under way may take once the server stops.
const HTTP_STOP_WITHIN: Duration = Duration::from_millis(500);
/// How long the end of the server waits for lines of the log.
const LOG_WITHIN: Duration = Duration::from_millis(500);

/// Why the server does not start. Each is one sentence that says where and what.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// An address that cannot be listened at.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The data directory.
    #[error("{path}: the data directory cannot be used: {source}.")]
    DataDir {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What administrators have set.
    #[error("what administrators have set cannot be read: {0}.")]
    Site(SiteError),
    /// Standard output cannot be written.
    #[error("standard output cannot be written: {0}.")]
    Output(io::Error),
    /// What lines' users have set.
    #[error("what users have set for their lines cannot be read: {0}.")]
    LineSettings(sqlx::Error),
    /// The users' passwords.
    #[error("the users' passwords cannot be stored: {0}.")]
    Accounts(#[from] SignInError<sqlx::Error>),
    /// The browser app can be reached nowhere.
    #[error("nothing listens for browsers: {0}")]
    NoInterface(String),
    /// The interfaces that a server begins with.
    #[error("the network interfaces cannot be kept: {0}.")]
    Interfaces(ChangeError),
    /// The control socket.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// The media server.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// A sound.
    #[error("{path}: the sound cannot be used: {source}.")]
    Sound {
        /// The file.
        path: PathBuf,
        /// Why.
        source: ClipError,
    },
    /// The key of pseudonyms.
    #[error("{path}: the key of pseudonyms cannot be {what}: {source}.")]
    Pseudonyms {
        /// The file.
        path: PathBuf,
        /// What was to be done with it.
        what: &'static str,
        /// Why it failed.
        source: io::Error,
    },
    /// No thread.
    #[error("the system gives no threads: {0}.")]
    Thread(io::Error),
    /// Standard input.
    #[error("standard input cannot be read: {0}.")]
    Input(io::Error),
    /// The site's own files of countries.
    #[error(transparent)]
    Countries(#[from] CountryFilesError),
    /// No random numbers.
    #[error("the system gives no random numbers.")]
    Random,
    /// Signals.
    #[error("signals cannot be received: {0}.")]
    Signal(io::Error),
}

/// A running core: SIP, calls and audio.
pub struct Running {
    /// To talk to it.
    pub handle: CoreHandle,
    task: JoinHandle<()>,
}

impl Running {
    /// Ends calls and registrations and waits for it, a few seconds at most.
    pub async fn stop(self) {
        self.handle.stop().await;
        let _ = self.task.await;
    }
}

/// A running server.
pub struct Server {
    state: WebState,
    core: Running,
    web: KeptInterfaces,
    /// Gets certificates from authorities.
    acme: JoinHandle<()>,
    captures: Captures,
    _control: ControlSocket,
    reloader: Reloader,
    /// Reads the configuration again when it is asked to.
    live: JoinHandle<()>,
    /// End once the core has stopped and all is kept.
    keepers: Vec<JoinHandle<()>>,
    store: Store,
}

/// Why a running server is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// It is to end.
    Stopped,
    /// It is to start again with the configuration as it stands by now.
    Restart,
}

/// Runs a server until Ctrl-C or SIGTERM. A server without a configuration file has its data in a folder.
pub async fn serve(place: SetupPlace) -> Result<(), StartError> {
    let config = place.config()?;
    make_data_dir(&config.data_dir)?;
    let log = start_log(&config)?;
    let served = serve_logged(place, config, &log).await;
    // Standard error or a disk may not take anything; the server ends nevertheless.
    let _ = tokio::task::spawn_blocking(move || log.flush(LOG_WITHIN)).await;
    served
}

async fn serve_logged(place: SetupPlace, mut config: Config, log: &Log) -> Result<(), StartError> {
    let setup = Setup::new(place.clone());
    loop {
        let server = Server::start_with(config, Some(log.clone()), Some(setup.clone())).await?;
        server.greet()?;
        let until = server.until_stopped().await?;
        server.stop().await;
        match until {
            Until::Stopped => return Ok(()),
            Until::Restart => config = place.config()?,
        }
    }
}

impl Server {
    /// Starts everything; when it returns, everything listens.
    pub async fn start(config: Config) -> Result<Server, StartError> {
        Server::start_logged(config, None).await
    }

    /// The same, with a log that administrators can look after.
    pub async fn start_logged(config: Config, log: Option<Log>) -> Result<Server, StartError> {
        Server::start_with(config, log, None).await
    }

    /// The same; where nobody administers it, it is set up in a browser.
    async fn start_with(config: Config, log: Option<Log>, setup: Option<Setup>) -> Result<Server, StartError> {
        Prepared::new(config, log, setup).await?.open().await
    }

    /// Where a browser on this machine reaches it without TLS.
    pub fn http(&self) -> SocketAddr {
        interfaces::plain(&self.state)
    }

    /// Where the browser app is.
    pub fn addresses(&self) -> Vec<String> {
        interfaces::addresses(&self.state)
    }

    /// Says on the terminal where the server is, or how it is set up.
    fn greet(&self) -> Result<(), StartError> {
        match self.state.setup.as_ref().filter(|setup| !setup.is_over()) {
            // A browser that is inside has no use for another link.
            Some(setup) if setup.is_entered() => println!("Offhook has started anew."),
            Some(setup) => setup::greet(setup, &self.state)?,
            None => println!("Offhook is ready: {}", self.addresses().join(" and ")),
        }
        Ok(())
    }

    /// Waits for Ctrl-C or SIGTERM; at SIGHUP the configuration is read again, and another link to the setup is printed.
    pub async fn until_stopped(&self) -> Result<Until, StartError> {
        let mut hangup = signal(SignalKind::hangup()).map_err(StartError::Signal)?;
        let stop = stop_signal();
        tokio::pin!(stop);
        loop {
            tokio::select! {
                stopped = &mut stop => return stopped.map(|()| Until::Stopped),
                next = setup::next(&self.state) => match next {
                    Next::Restart => return Ok(Until::Restart),
                    Next::Ready => self.greet()?,
                },
                _ = hangup.recv() => {
                    // Somebody may stand in the file by now. The log says what came of it.
                    let _ = web::reload::reload(&self.reloader).await;
                    if let Some(setup) = setup::needed_still(&self.state).await {
                        setup::greet(setup, &self.state)?;
                    }
                }
            }
        }
    }

    /// Ends calls, unregisters lines, stops.
    pub async fn stop(self) {
        self.live.abort();
        self.acme.abort();
        self.core.stop().await;
        self.web.stop(HTTP_STOP_WITHIN).await;
        // The core has let go of them; a disk that does not answer must not keep the server from ending.
        let captures = tokio::task::spawn_blocking(move || self.captures.wait());
        let _ = tokio::time::timeout(HTTP_STOP_WITHIN, captures).await;
        for keeper in self.keepers {
            let _ = tokio::time::timeout(HTTP_STOP_WITHIN, keeper).await;
        }
        self.store.close().await;
    }
}

/// A server that nobody reaches yet.
struct Prepared {
    state: WebState,
    core: Running,
    captures: Captures,
    control: ControlSocket,
    reloader: Reloader,
    live: Live,
    asked: (mpsc::Receiver<ReloadRequest>, mpsc::Receiver<TrialRequest>),
    keepers: Vec<JoinHandle<()>>,
    store: Store,
    bound: FxHashMap<ObjectId, TcpListener>,
}

impl Prepared {
    async fn new(config: Config, log: Option<Log>, setup: Option<Setup>) -> Result<Prepared, StartError> {
        install_crypto_provider();
        raise_file_limit();
        make_data_dir(&config.data_dir)?;
        let bound = interfaces::bind(&config)?;
        let countries = countries::load(&config)?;
        // Before anything is touched that another server with this data directory may be using.
        let control = ControlSocket::bind(&config.data_dir)?;
        let store = Store::open(&config.data_dir, &config.database).await?;
        let administration =
            Administration::open(store.site(), people::of_file(&config)).await.map_err(StartError::Site)?;
        interfaces::begin_with(&administration, &config).await?;
        let setup = setup::needed(&administration, setup).await?;
        let passwords = Passwords::load(&administration).await.map_err(StartError::Site)?;
        // What is changed from here on counts as soon as it is followed.
        let changes = administration.changed();
        let standing = Standing::new(config, countries, administration.site(), passwords);
        standing.warn_of_unknown_locations();
        let Standing { config, site, .. } = &standing;
        let kind = AccountKind::User;
        let users = Accounts::open(store.accounts(kind), kind, standing.users.users(site, config)).await?;
        let kind = AccountKind::Administrator;
        let accounts = standing.administrators.administrators(site, config);
        let administrators = Accounts::open(store.accounts(kind), kind, accounts).await?;

        let Standing { lines, directory, .. } = &standing;
        let names = line_settings::Names::new(config, lines);
        let kept = line_settings::load(&store.line_settings(), &names).await.map_err(StartError::LineSettings)?;
        let known = KnownOfUsers { rights: standing.rights.clone(), line_settings: kept };
        let core = start_core(config, lines, directory.clone(), known).await?;
        let ice = IceServers::new(config.media.ice_server.clone());
        let labels = standing.labels();
        let pseudonyms = pseudonyms(config)?;
        let (settings, selected) = settings::captures(config, lines, &pseudonyms, standing.users.logins(site));
        let (captures, sink) = Captures::start(settings, selected).map_err(StartError::Thread)?;
        core.handle.set_sink(Some(Box::new(sink))).await;
        core.handle.set_captures(captures.clone()).await;
        let (notes, noted) = Notes::channel();
        core.handle.set_notes(notes).await;
        let handle = core.handle.clone();
        let state = WebState::new(users, administrators, administration, handle, store.clone(), labels, ice);
        state.set_countries(standing.countries.clone());
        let (reloader, reloads) = mpsc::channel(1);
        let asks = Some(reloader.clone());
        let (trials, tried) = mpsc::channel(1);
        let state = WebState {
            metrics_from: config.metrics_from.clone().into(),
            proxies: Arc::new(config.proxies.clone()),
            captures: Some(captures.clone()),
            pseudonyms: Some(pseudonyms),
            log,
            reloader: asks,
            data_dir: config.data_dir.as_path().into(),
            setup,
            trials: Some(trials),
            ..state
        };
        let changed = core.handle.changed_settings();
        let mut keepers = vec![tokio::spawn(line_settings::keep(store.line_settings(), names.clone(), changed))];
        keepers.push(tokio::spawn(web::keeper::keep_numbers(store.past_numbers(), noted)));
        keepers.extend(core.handle.ended().map(|ended| tokio::spawn(web::keeper::keep(state.clone(), ended))));
        keepers
            .extend(core.handle.finished().map(|finished| tokio::spawn(web::keeper::judge(state.clone(), finished))));
        let live = Live::new(standing, state.clone(), names, changes);
        let asked = (reloads, tried);
        Ok(Prepared { state, core, captures, control, reloader, live, asked, keepers, store, bound })
    }

    /// Lets everybody in.
    async fn open(self) -> Result<Server, StartError> {
        let Prepared { state, core, captures, mut control, reloader, live, asked, keepers, store, bound } = self;
        let own = own_addresses(Ipv6Addr::UNSPECIFIED.into());
        let web = Keeper::start(state.clone(), state.data_dir.to_path_buf(), own, bound).await;
        interfaces::must_listen(&state)?;
        let web = web.serve();
        let acme = web::acme::serve(state.clone());
        let (reloads, tried) = asked;
        let live = live.serve(reloads, tried);
        control.serve(state.clone());
        Ok(Server { state, core, web, acme, captures, _control: control, reloader, live, keepers, store })
    }
}

/// Logs from now on as configured, or as `OFFHOOK_LOG` says.
pub(crate) fn start_log(config: &Config) -> Result<Log, StartError> {
    let (levels, mistake) =
        match std::env::var("OFFHOOK_LOG").ok().filter(|text| !text.trim().is_empty()).map(|text| Levels::parse(&text))
        {
            Some(Ok(levels)) => (Some(levels), None),
            Some(Err(mistake)) => (None, Some(mistake)),
            None => (None, None),
        };
    let (log, subscriber) =
        Log::start(settings::log(config, &flatten_lines(config), levels)).map_err(StartError::Thread)?;
    // Fails only where somebody else logs already.
    let _ = tracing::subscriber::set_global_default(subscriber);
    if let Some(error) = mistake {
        tracing::warn!(%error, "OFFHOOK_LOG cannot be read; the configuration counts");
    }
    Ok(log)
}

/// Every line of the configuration as its PBX connection and place there, in the order of [`LineId`].
fn flatten_lines(config: &Config) -> Vec<(usize, usize)> {
    let groups = config.groups.iter().enumerate();
    groups.flat_map(|(group, entry)| (0..entry.lines.len()).map(move |line| (group, line))).collect()
}

/// How lines and line groups are shown.
fn labels(config: &Config, lines: &[(usize, usize)], directory: &Arc<Directory>, users: Vec<String>) -> Labels {
    let group = |group: &LineGroup| {
        let feature_codes = group.call_control.feature_codes.iter();
        let host = match group.registrar.contains(':') {
            true => format!("[{}]", group.registrar),
            false => group.registrar.clone(),
        };
        let registrar = group.port.map_or(host.clone(), |port| format!("{host}:{port}"));
        GroupLabel {
            name: group.name.clone(),
            kind: match group.kind {
                GroupKind::Softphones => LineGroupKind::Softphones,
                GroupKind::TrunkRegistration => LineGroupKind::TrunkRegistration,
                GroupKind::TrunkBulkRegistration => LineGroupKind::TrunkBulkRegistration,
                GroupKind::TrunkFixed => LineGroupKind::TrunkFixed,
                GroupKind::TrunkRegistrar => LineGroupKind::TrunkRegistrar,
            },
            removed: group.removed,
            registrar: (!group.registrar.is_empty()).then_some(registrar),
            domain: (group.domain != group.registrar).then(|| group.domain.clone()),
            listener: group.listener.map(|index| config.listeners[index].name.clone()),
            feature_codes: feature_codes
                .map(|entry| FeatureCode { name: entry.name.clone(), code: entry.code.clone() })
                .collect(),
        }
    };
    let line = |&(group, line): &(usize, usize)| {
        let entry = &config.groups[group].lines[line];
        LineLabel {
            group: LineGroupId(group as u32),
            number: entry.number.clone(),
            user_name: entry.user_name.clone(),
            pilot: entry.pilot && config.groups[group].kind != GroupKind::Softphones,
            services: directory.groups[group].line_services(),
            removed: entry.removed,
        }
    };
    Labels {
        groups: config.groups.iter().map(group).collect(),
        lines: lines.iter().map(line).collect(),
        certificates: settings::certificates(config),
        listeners: settings::listeners(config),
        audio: AudioLabel {
            pbx: config.media.address.clone(),
            ports: (*config.media.rtp_ports.start(), *config.media.rtp_ports.end()),
            browsers: webrtc_addresses(config),
        },
        names: trace_names::names(config, lines, directory, users),
        directory: directory.clone(),
    }
}

async fn start_core(
    config: &Config,
    lines: &[(usize, usize)],
    directory: Arc<Directory>,
    users: KnownOfUsers,
) -> Result<Running, StartError> {
    let role = settings::gateway(config, lines, &directory)?;
    let media = MediaSettings {
        address: config.media.address.clone(),
        webrtc: webrtc_addresses(config),
        rtp_ports: config.media.rtp_ports.clone(),
        country: country(&config.media.country),
        webrtc_codecs: settings::webrtc_codecs(config),
        workers: config.media.workers,
        music_on_hold: config.media.music_on_hold.as_deref().map(clip).transpose()?,
        announcements: Vec::new(),
        recordings: settings::recordings(config),
    };
    let transport = bind_sip(settings::transport(config)).await.map_err(|error| error.of(config))?;
    let groups = Groups::new(transport.local_addr(), settings::groups(config), settings::lines(config, lines));
    let dns = Dns { servers: config.name_servers.clone() };
    run_core(directory, groups, role, transport, dns, media, users).map_err(|error| error.of(config))
}

/// Binds the SIP sockets.
pub async fn bind_sip(settings: TransportSettings) -> Result<Transport, StartError> {
    let address = settings.listeners.first().map_or((Ipv4Addr::UNSPECIFIED, 0).into(), |main| main.address);
    Transport::bind(settings).await.map_err(|source| ListenError::new("listen.sip", address, source).into())
}

/// Starts a core from its parts.
pub fn run_core<R: Role>(
    directory: Arc<Directory>,
    groups: Groups,
    role: R,
    transport: Transport,
    dns: Dns,
    media: MediaSettings,
    users: KnownOfUsers,
) -> Result<Running, StartError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|_| StartError::Random)?;
    let (media, media_events) = MediaServer::start(media)?;
    let max_calls = MAX_CALLS;
    let parts = CoreParts { directory, groups, role, transport, dns, media, media_events, max_calls, users };
    let (core, handle) = Core::new(parts, seed);
    Ok(Running { handle, task: tokio::spawn(core.run()) })
}

/// Waits for Ctrl-C or SIGTERM.
pub async fn stop_signal() -> Result<(), StartError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(StartError::Signal)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(StartError::Signal)?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// The hash of a password, for the configuration file.
pub fn hash_password(password: &str) -> Result<String, StartError> {
    Ok(accounts::hash_password(password)?)
}

/// The TLS library's one provider of cryptography; must stand before anything uses TLS.
pub fn install_crypto_provider() {
    // Fails only where it stands already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

/// Every side of a call towards a PBX takes two sockets, every client and connection one; the usual soft limit of
/// 1,024 files would end at a few hundred calls.
fn raise_file_limit() {
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(limit) => tracing::info!(limit, "open files"),
        Err(error) => tracing::warn!(%error, "the limit of open files cannot be raised"),
    }
}

/// Makes a directory that only the server's user can read.
pub fn make_data_dir(path: &Path) -> Result<(), StartError> {
    let problem = |source| StartError::DataDir { path: path.to_owned(), source };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(problem)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(problem)
}

/// Pseudonyms by the same key after a restart, so that the same number has the same one in all files.
fn pseudonyms(config: &Config) -> Result<Pseudonyms, StartError> {
    let path = config.data_dir.join("pseudonyms.key");
    let problem = |what, source| StartError::Pseudonyms { path: path.clone(), what, source };
    let key = match key_file::read(&path) {
        Ok(Some(key)) => key,
        Ok(None) => key_file::make(&path).map_err(|error| problem("written", error))?,
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            let advice = format!("{error}. Delete it: numbers then get other pseudonyms than before");
            return Err(problem("used", io::Error::other(advice)));
        }
        Err(error) => return Err(problem("read", error)),
    };
    Ok(Pseudonyms::new(key))
}

/// Codecs by name; the configuration has been checked for names it does not know.
pub fn codecs(names: &[String]) -> Vec<Codec> {
    names.iter().filter_map(|name| name.parse().ok()).collect()
}

/// Reads a sound.
fn clip(path: &Path) -> Result<Arc<Clip>, StartError> {
    let problem = |source| StartError::Sound { path: path.to_owned(), source };
    let file = fs::File::open(path).map_err(|error| problem(ClipError::from(WavError::from(error))))?;
    Ok(Arc::new(Clip::read_wav(io::BufReader::new(file)).map_err(problem)?))
}

fn country(code: &str) -> Country {
    code.parse().unwrap_or_default()
}

/// The addresses browsers send audio to: the one listened at, or every address of the machine.
fn webrtc_addresses(config: &Config) -> Vec<SocketAddr> {
    let listen = config.listen.webrtc;
    own_addresses(listen.ip()).into_iter().map(|ip| SocketAddr::new(ip, listen.port())).collect()
}

/// `listen` itself, or where that is any address, those of the machine.
fn own_addresses(listen: IpAddr) -> Vec<IpAddr> {
    if !listen.is_unspecified() {
        return vec![listen];
    }
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let usable = |ip: &IpAddr| match ip {
        IpAddr::V4(ip) => !ip.is_link_local(),
        // Link-local addresses need a zone, which candidates cannot carry.
        IpAddr::V6(ip) => listen.is_ipv6() && ip.segments()[0] & 0xffc0 != 0xfe80,
    };
    let mut addresses: Vec<IpAddr> = interfaces.iter().map(|interface| interface.ip()).filter(usable).collect();
    // Loopback last: it serves browsers on this machine only.
    addresses.sort_by_key(IpAddr::is_loopback);
    addresses
}

/// An address a browser on this machine can open.
pub fn reachable(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => SocketAddr::new(Ipv4Addr::LOCALHOST.into(), address.port()),
        IpAddr::V6(ip) if ip.is_unspecified() => SocketAddr::new(Ipv6Addr::LOCALHOST.into(), address.port()),
        _ => address,
    }
}
