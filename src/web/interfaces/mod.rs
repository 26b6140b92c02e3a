//! Where the browser app, the console and the API are reached: listeners that follow the site while the server runs.
//!
//! Connections that are open when an interface goes are let finish. A change that takes the interface away by which somebody
//! made it is undone unless it is confirmed, by an interface that is there, within [`CONFIRM_WITHIN`].

mod trial;

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use rustc_hash::FxHashMap;
use rustls::ServerConfig;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tracing::{error, info};

pub use self::trial::{CONFIRM_WITHIN, Interfaces};
pub(super) use self::trial::{changed, keep_trial};
use self::trial::{lock, resume, undo};
use super::protocol::status::Certificate;
use super::{WebState, acme, certificates, tls};
use crate::site::{self, Interface, InterfaceMode, Kind, ObjectId, Said, Site, Stored};
use crate::store::seal::SecretOf;

/// How often an interface that does not listen is tried again, and files of certificates are looked at.
const TRY_EVERY: Duration = Duration::from_secs(10);
/// How long an address may take to become free that an interface has just left.
const FREE_WITHIN: Duration = Duration::from_secs(2);
/// Where a private key is kept beside its certificate.
pub(super) const KEY: &str = "key";

/// The interface that a request came by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Through {
    id: ObjectId,
    /// Another one each time that it listens anew.
    turn: u64,
}

impl Through {
    /// Its object.
    pub(super) fn id(self) -> ObjectId {
        self.id
    }
}

/// Why an interface does not listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// Something else listens there.
    InUse,
    /// The address is another machine's.
    NotHere,
    /// Ports below 1024 need a right.
    NotPermitted,
    /// It redirects, and there is nothing to redirect to.
    NoTls,
    /// Its certificate cannot be used.
    Certificate(Said),
    /// The system has another reason.
    Other(String),
}

impl Trouble {
    /// What keeps the system from letting it listen.
    pub fn of(error: &io::Error) -> Trouble {
        match error.kind() {
            io::ErrorKind::AddrInUse => Trouble::InUse,
            io::ErrorKind::AddrNotAvailable => Trouble::NotHere,
            io::ErrorKind::PermissionDenied => Trouble::NotPermitted,
            _ => Trouble::Other(error.to_string()),
        }
    }

    /// The sentence in English.
    pub fn english(&self) -> String {
        match self {
            Trouble::InUse => {
                "This port is taken, by another program or another interface. Stop that or choose another port.".into()
            }
            Trouble::NotHere => "This machine does not have this address.".into(),
            Trouble::NotPermitted => {
                "Listening there is not permitted: ports below 1024 need more rights (docs/operations.md).".into()
            }
            Trouble::NoTls => "No active interface with TLS is there to redirect to.".into(),
            Trouble::Certificate(why) => format!("The certificate cannot be used: {}.", why.english),
            Trouble::Other(why) => format!("The system does not let it listen there: {why}."),
        }
    }

    /// The sentence in German.
    pub fn german(&self) -> String {
        match self {
            Trouble::InUse => "Dieser Port ist belegt, von einem anderen Programm oder einer anderen Schnittstelle. Bitte jenes beenden oder einen anderen Port wählen.".into(),
            Trouble::NotHere => "Dieser Rechner hat diese Adresse nicht.".into(),
            Trouble::NotPermitted => "Dort zu lauschen ist nicht erlaubt: Ports unter 1024 brauchen mehr Rechte (docs/operations.md).".into(),
            Trouble::NoTls => "Es gibt keine aktive Schnittstelle mit TLS, zu der umgeleitet werden könnte.".into(),
            Trouble::Certificate(why) => format!("Das Zertifikat lässt sich nicht verwenden: {}.", why.german),
            Trouble::Other(why) => format!("Das System lässt dort nicht lauschen: {why}."),
        }
    }
}

/// How an interface stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It listens here.
    Listening(SocketAddr),
    /// It does not.
    Failed(Trouble),
}

/// What an interface does with TLS.
struct Shown {
    config: RustlsConfig,
    of: Version,
}

/// Which certificate it is, and how that was when it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Version {
    Own(Vec<Option<SystemTime>>),
    Kept(ObjectId, i64),
}

struct Running {
    place: (SocketAddr, InterfaceMode),
    handle: Handle<SocketAddr>,
    shown: Option<Shown>,
}

/// Starts, changes and ends interfaces.
pub struct Keeper {
    state: WebState,
    data_dir: PathBuf,
    /// Addresses of the machine, for the certificate that the server makes itself.
    addresses: Vec<IpAddr>,
    /// Listens already.
    bound: FxHashMap<ObjectId, TcpListener>,
    running: FxHashMap<ObjectId, Running>,
    turn: u64,
}

impl Keeper {
    /// Begins the interfaces of the site; `bound` listens already. What does not listen is tried again later.
    pub async fn start(
        state: WebState,
        data_dir: PathBuf,
        addresses: Vec<IpAddr>,
        bound: FxHashMap<ObjectId, TcpListener>,
    ) -> Keeper {
        let mut keeper = Keeper { state, data_dir, addresses, bound, running: FxHashMap::default(), turn: 0 };
        resume(&keeper.state.administration, &keeper.state.interfaces).await;
        keeper.follow().await;
        keeper
    }

    /// Follows the site.
    pub fn serve(mut self) -> KeptInterfaces {
        let stop = Arc::new(Notify::new());
        let (stopped, mut changed) = (stop.clone(), self.state.administration.changed());
        let task = tokio::spawn(async move {
            let mut tick = tokio::time::interval(TRY_EVERY);
            loop {
                let until = self.state.interfaces.until().unwrap_or_else(|| Instant::now() + TRY_EVERY);
                tokio::select! {
                    _ = stopped.notified() => break,
                    // The database keeps running longer than what follows it.
                    _ = changed.changed() => {}
                    _ = self.state.interfaces.0.wake.notified() => {}
                    _ = tick.tick() => {}
                    _ = tokio::time::sleep_until(until.into()) => {}
                }
                if let Some(trial) = self.state.interfaces.overdue() {
                    undo(&self.state.administration, &self.state.interfaces, trial).await;
                    keep_trial(&self.state.administration, &self.state.interfaces).await;
                }
                self.follow().await;
            }
            self.running.into_values().map(|running| running.handle).collect()
        });
        KeptInterfaces { stop, task }
    }

    /// Makes the interfaces as the site has them.
    async fn follow(&mut self) {
        let site = self.state.administration.site();
        let mut wanted: Vec<_> = site.iter::<Interface>().filter(|stored| stored.object.active).cloned().collect();
        wanted.sort_by_key(|stored| (!stored.from_file, stored.id));
        let places: FxHashMap<ObjectId, (SocketAddr, InterfaceMode)> = wanted
            .iter()
            .filter_map(|stored| Some((stored.id, (stored.object.socket_address()?, stored.object.mode))))
            .collect();
        let mut left = Vec::new();
        self.running.retain(|id, running| {
            let stays = places.get(id) == Some(&running.place);
            if !stays {
                running.handle.graceful_shutdown(None);
                left.push(running.place.0);
                lock(&self.state.interfaces.0.standing).remove(id);
                info!(address = %running.place.0, "interface left");
            }
            stays
        });
        lock(&self.state.interfaces.0.standing).retain(|id, _| places.contains_key(id));
        for stored in wanted {
            let Some(&place) = places.get(&stored.id) else { continue };
            if self.running.contains_key(&stored.id) {
                self.show_again(&site, &stored).await;
                continue;
            }
            let begun = self.begin(&site, &stored, place, &left).await;
            if let Err(trouble) = &begun {
                let known = Standing::Failed(trouble.clone());
                if self.state.interfaces.standing(stored.id).as_ref() != Some(&known) {
                    error!(name = stored.object.name, address = %place.0, "interface: {}", trouble.english());
                }
            }
            let standing = begun.map_or_else(Standing::Failed, Standing::Listening);
            lock(&self.state.interfaces.0.standing).insert(stored.id, (standing, self.turn));
        }
    }

    /// Begins an interface; gives where it is.
    async fn begin(
        &mut self,
        site: &Site,
        stored: &Stored<Interface>,
        (address, mode): (SocketAddr, InterfaceMode),
        left: &[SocketAddr],
    ) -> Result<SocketAddr, Trouble> {
        let has_tls = |other: &Arc<Stored<Interface>>| other.object.active && other.object.mode == InterfaceMode::Tls;
        if mode == InterfaceMode::Redirect && !site.iter::<Interface>().any(has_tls) {
            return Err(Trouble::NoTls);
        }
        let shown = match mode {
            InterfaceMode::Tls => {
                let (of, config) = self.certificate(site, &stored.object).await.map_err(Trouble::Certificate)?;
                Some(Shown { config: RustlsConfig::from_config(config), of })
            }
            InterfaceMode::Plain | InterfaceMode::Redirect => None,
        };
        let listener = match self.bound.remove(&stored.id) {
            Some(listener) => listener,
            None => bind(address, left.iter().any(|left| left.port() == address.port())).await?,
        };
        let here = listener.local_addr().unwrap_or(address);
        self.turn += 1;
        let through = Through { id: stored.id, turn: self.turn };
        let handle = Handle::new();
        let app = match mode {
            InterfaceMode::Redirect => acme::challenges().fallback(redirect).with_state(self.state.clone()),
            mode => super::router(self.state.clone(), mode == InterfaceMode::Tls).layer(Extension(through)),
        };
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        match &shown {
            None => {
                let server = axum_server::from_tcp(listener).map_err(|error| Trouble::of(&error))?;
                tokio::spawn(server.handle(handle.clone()).serve(app));
            }
            Some(shown) => {
                let server = axum_server::from_tcp_rustls(listener, shown.config.clone());
                let server = server.map_err(|error| Trouble::of(&error))?;
                tokio::spawn(server.handle(handle.clone()).serve(app));
            }
        }
        info!(name = stored.object.name, address = %here, ?mode, "interface listens");
        self.running.insert(stored.id, Running { place: (address, mode), handle, shown });
        Ok(here)
    }

    /// Shows the certificate of an interface that listens, where that has become another one. Connections that are open go on
    /// with the old one.
    async fn show_again(&mut self, site: &Site, stored: &Stored<Interface>) {
        let Some(Running { shown: Some(shown), .. }) = self.running.get(&stored.id) else { return };
        if self.version(site, &stored.object) == Some(shown.of.clone()) {
            return;
        }
        match self.certificate(site, &stored.object).await {
            Ok((of, config)) => {
                shown.config.reload_from_config(config);
                info!(name = stored.object.name, "interface shows another certificate");
                if let Some(Running { shown: Some(shown), .. }) = self.running.get_mut(&stored.id) {
                    shown.of = of;
                }
            }
            Err(problem) => {
                let problem = problem.english;
                error!(name = stored.object.name, problem, "the certificate cannot be used; the one before stays");
            }
        }
    }

    fn version(&self, site: &Site, interface: &Interface) -> Option<Version> {
        match shown(site, interface) {
            None => {
                let (certificate, key) = tls::files(&self.data_dir);
                let stamp = |path: PathBuf| std::fs::metadata(path).and_then(|file| file.modified()).ok();
                Some(Version::Own(vec![stamp(certificate), stamp(key)]))
            }
            Some(id) => site.version(Kind::Certificate, id).map(|version| Version::Kept(id, version)),
        }
    }

    async fn certificate(&self, site: &Site, interface: &Interface) -> Result<(Version, Arc<ServerConfig>), Said> {
        let gone = || Said::new("it is not there", "es ist nicht da");
        let config = match shown(site, interface) {
            None => {
                let config = tls::server_config(&self.data_dir, &self.addresses);
                config.map_err(|error| Said::same(error.to_string().trim_end_matches('.')))?
            }
            Some(id) => {
                let stored = site.get::<site::Certificate>(id).ok_or_else(gone)?;
                let of = SecretOf { kind: Kind::Certificate.as_str(), id: id.as_str(), field: KEY };
                let key = self.state.administration.table().secret(of).await.map_err(Said::same)?;
                let no_key = || Said::new("its private key is not there", "sein privater Schlüssel ist nicht da");
                let key = key.ok_or_else(no_key)?;
                let pair = tls::Pair::read(&stored.object.chain, key.expose()).map_err(Said::same)?;
                pair.config().map_err(Said::same)?
            }
        };
        let version = self.version(site, interface).ok_or_else(gone)?;
        Ok((version, config))
    }
}

/// The kept certificate that an interface shows; None: the one that the server has made itself, also while another has not
/// come yet.
fn shown(site: &Site, interface: &Interface) -> Option<ObjectId> {
    let is_awaited = |id: &ObjectId| site.get::<site::Certificate>(*id).is_some_and(|kept| kept.object.is_awaited());
    interface.certificate.filter(|id| !is_awaited(id))
}

/// Listens at an address; where that has `just_left`, it becomes free soon.
async fn bind(address: SocketAddr, just_left: bool) -> Result<TcpListener, Trouble> {
    let deadline = Instant::now() + FREE_WITHIN;
    loop {
        match listen(address) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && just_left && Instant::now() < deadline => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            listener => return listener.map_err(|error| Trouble::of(&error)),
        }
    }
}

/// Listens at an address.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Interfaces that are kept as the site has them.
pub struct KeptInterfaces {
    stop: Arc<Notify>,
    task: JoinHandle<Vec<Handle<SocketAddr>>>,
}

impl KeptInterfaces {
    /// Ends all of them; requests under way have so much time.
    pub async fn stop(self, within: Duration) {
        self.stop.notify_one();
        for handle in self.task.await.unwrap_or_default() {
            handle.graceful_shutdown(Some(within));
        }
    }
}

/// Sends a browser to the interface with TLS.
async fn redirect(State(state): State<WebState>, headers: HeaderMap, uri: Uri) -> Response {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).and_then(host_without_port);
    let (Some(host), Some(port)) = (host, tls_port(&state)) else {
        return (StatusCode::NOT_FOUND, "There is no interface with TLS.").into_response();
    };
    let port = if port == 443 { String::new() } else { format!(":{port}") };
    let rest = uri.path_and_query().map_or("/", |rest| rest.as_str());
    Redirect::temporary(&format!("https://{host}{port}{rest}")).into_response()
}

/// The port of an interface with TLS: one for every address before one for a single one.
fn tls_port(state: &WebState) -> Option<u16> {
    let site = state.administration.site();
    let found = site.iter::<Interface>().filter(|stored| stored.object.mode == InterfaceMode::Tls);
    let places = found.filter_map(|stored| match state.interfaces.standing(stored.id) {
        Some(Standing::Listening(address)) => Some((!address.ip().is_unspecified(), address.port())),
        _ => None,
    });
    places.min().map(|(_, port)| port)
}

/// The host of a `Host` header, where that has nothing but characters of names and addresses.
fn host_without_port(host: &str) -> Option<&str> {
    let is_port = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let name = match host.rsplit_once(':') {
        Some((name, port)) if is_port(port) && !name.is_empty() => name,
        _ => host,
    };
    let is_allowed = |b: u8| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b);
    (!name.is_empty() && name.bytes().all(is_allowed)).then_some(name)
}

/// What the interfaces show, each certificate with the names of those that show it.
pub(super) fn certificates(site: &Site, data_dir: &std::path::Path) -> Vec<Certificate> {
    let mut users: Vec<(Option<ObjectId>, Vec<&str>)> = Vec::new();
    let mut all: Vec<_> = site.iter::<Interface>().collect();
    all.sort_by_key(|stored| (!stored.from_file, &stored.object.name));
    for stored in all.into_iter().filter(|stored| stored.object.active && stored.object.mode == InterfaceMode::Tls) {
        let (name, certificate) = (&stored.object.name, shown(site, &stored.object));
        match users.iter_mut().find(|(shown, _)| *shown == certificate) {
            Some((_, names)) => names.push(name),
            None => users.push((certificate, vec![name])),
        }
    }
    let read = |(shown, names): (Option<ObjectId>, Vec<&str>)| {
        let used_by = names.join(", ");
        match shown.and_then(|id| site.get::<site::Certificate>(id)) {
            Some(kept) => certificates::read_kept(used_by, kept.object.name.clone(), &kept.object.chain),
            None => certificates::read(&super::CertificateLabel { used_by, file: tls::files(data_dir).0 }),
        }
    };
    users.into_iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_sent_to_the_host_that_it_asked_for_and_nowhere_else() {
        for (header, host) in [
            ("pbx.example", Some("pbx.example")),
            ("pbx.example:80", Some("pbx.example")),
            ("[::1]:80", Some("[::1]")),
            ("[::1]", Some("[::1]")),
            ("a@evil.example", None),
            ("evil.example/x", None),
            ("", None),
        ] {
            assert_eq!(host_without_port(header), host, "{header}");
        }
    }

    #[tokio::test]
    async fn why_it_does_not_listen_is_told() {
        let taken = listen(([127, 0, 0, 1], 0).into()).unwrap();
        assert_eq!(bind(taken.local_addr().unwrap(), false).await.unwrap_err(), Trouble::InUse);
        assert_eq!(bind(([192, 0, 2, 1], 0).into(), false).await.unwrap_err(), Trouble::NotHere);
    }
}
