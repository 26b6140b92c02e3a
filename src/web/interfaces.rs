//! Where the browser app, the console and the API are reached: listeners that follow the site while the server runs.
//!
//! Connections that are open when an interface goes are let finish. A change that takes the interface away by which somebody
//! made it is undone unless it is confirmed, by an interface that is there, within [`CONFIRM_WITHIN`].

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use axum::Router;
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use rustc_hash::FxHashMap;
use rustls::ServerConfig;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tracing::{error, info, warn};

use super::protocol::status::Certificate;
use super::{WebState, certificates, tls};
use crate::administration::{self, Actor};
use crate::site::{self, Change, Interface, InterfaceMode, Kind, ObjectId, Site, Stored};
use crate::store::seal::SecretOf;

/// How long a change waits to be confirmed.
pub const CONFIRM_WITHIN: Duration = Duration::from_secs(60);
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
    Certificate(String),
    /// The system has another reason.
    Other(String),
}

impl Trouble {
    fn of(error: &io::Error) -> Trouble {
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
            Trouble::Certificate(why) => format!("The certificate cannot be used: {why}."),
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
            Trouble::Certificate(why) => format!("Das Zertifikat lässt sich nicht verwenden: {why}."),
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

/// What was there before changes that wait to be confirmed.
#[derive(Debug)]
struct Trial {
    before: FxHashMap<ObjectId, Arc<Stored<Interface>>>,
    until: Instant,
}

/// How the interfaces stand, and what waits to be confirmed.
#[derive(Debug, Clone, Default)]
pub struct Interfaces(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    standing: Mutex<FxHashMap<ObjectId, (Standing, u64)>>,
    trial: Mutex<Option<Trial>>,
    /// Something is to be done.
    wake: Notify,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Interfaces {
    /// How an interface stands; None: it is not active, or has just come.
    pub fn standing(&self, id: ObjectId) -> Option<Standing> {
        lock(&self.0.standing).get(&id).map(|(standing, _)| standing.clone())
    }

    /// Whether this is an interface that listens now, and not one whose last connections finish.
    fn is_there(&self, through: Through) -> bool {
        let standing = lock(&self.0.standing);
        matches!(standing.get(&through.id), Some((Standing::Listening(_), turn)) if *turn == through.turn)
    }

    /// What waits to be confirmed, and for how long yet.
    pub(super) fn on_trial(&self) -> Option<(Vec<ObjectId>, Duration)> {
        let trial = lock(&self.0.trial);
        let Trial { before, until } = trial.as_ref()?;
        Some((before.keys().copied().collect(), until.saturating_duration_since(Instant::now())))
    }

    /// What waits stays. False where nothing does, or who confirms came by an interface that is not there any more.
    pub(super) fn confirm(&self, through: Option<Through>) -> bool {
        // The control socket needs no interface.
        through.is_none_or(|through| self.is_there(through)) && lock(&self.0.trial).take().is_some()
    }

    fn begin_trial(&self, before: Arc<Stored<Interface>>) {
        let mut trial = lock(&self.0.trial);
        let until = Instant::now() + CONFIRM_WITHIN;
        let trial = trial.get_or_insert_with(|| Trial { before: FxHashMap::default(), until });
        // Who changes it twice gets back what was there at first.
        trial.before.entry(before.id).or_insert(before);
        trial.until = until;
        self.0.wake.notify_one();
    }

    fn overdue(&self) -> Option<Trial> {
        lock(&self.0.trial).take_if(|trial| trial.until <= Instant::now())
    }

    fn until(&self) -> Option<Instant> {
        lock(&self.0.trial).as_ref().map(|trial| trial.until)
    }
}

/// Lets a request on, and puts on trial a change that takes the interface away by which it came.
pub(super) async fn tried(State(state): State<WebState>, request: Request, next: Next) -> Response {
    let through = request.extensions().get::<Through>().copied();
    // A program knows what it does, and confirms nothing.
    let is_person = !request.headers().contains_key(header::AUTHORIZATION);
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let Some(through) = through.filter(|_| is_person && changes) else { return next.run(request).await };
    let before = state.administration.site().get::<Interface>(through.id).cloned();
    let response = next.run(request).await;
    if let Some(before) = before.filter(|before| !before.from_file) {
        let site = state.administration.site();
        let after = site.get::<Interface>(through.id);
        if before.object.leaves(after.map(|stored| &stored.object)) {
            state.interfaces.begin_trial(before);
        }
    }
    response
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
                    self.undo(trial).await;
                }
                self.follow().await;
            }
            self.running.into_values().map(|running| running.handle).collect()
        });
        KeptInterfaces { stop, task }
    }

    /// Puts back what nobody has confirmed.
    async fn undo(&self, trial: Trial) {
        let change = |stored: Arc<Stored<Interface>>| {
            let body = serde_json::to_value(&stored.object).unwrap_or_default();
            Change::Put { kind: Kind::Interface, id: stored.id, expected: None, body }
        };
        let changes: Vec<Change> = trial.before.into_values().map(change).collect();
        let actor = Actor { kind: "server", id: "server".into(), address: None };
        let request =
            administration::Request { changes: &changes, action: Some("revert"), ..administration::Request::default() };
        match self.state.administration.change(request, &actor, super::unix_ms()).await {
            Ok(_) => warn!("a change of interfaces was not confirmed and is undone"),
            Err(error) => error!(%error, "a change of interfaces that was not confirmed cannot be undone"),
        }
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
            InterfaceMode::Redirect => Router::new().fallback(redirect).with_state(self.state.clone()),
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
                error!(name = stored.object.name, problem, "the certificate cannot be used; the one before stays");
            }
        }
    }

    fn version(&self, site: &Site, interface: &Interface) -> Option<Version> {
        match interface.certificate {
            None => {
                let (certificate, key) = tls::files(&self.data_dir);
                let stamp = |path: PathBuf| std::fs::metadata(path).and_then(|file| file.modified()).ok();
                Some(Version::Own(vec![stamp(certificate), stamp(key)]))
            }
            Some(id) => site.version(Kind::Certificate, id).map(|version| Version::Kept(id, version)),
        }
    }

    async fn certificate(&self, site: &Site, interface: &Interface) -> Result<(Version, Arc<ServerConfig>), String> {
        let config = match interface.certificate {
            None => {
                let config = tls::server_config(&self.data_dir, &self.addresses);
                config.map_err(|error| error.to_string().trim_end_matches('.').to_owned())?
            }
            Some(id) => {
                let stored = site.get::<site::Certificate>(id).ok_or("it is not there")?;
                let of = SecretOf { kind: Kind::Certificate.as_str(), id: id.as_str(), field: KEY };
                let key = self.state.administration.table().secret(of).await.map_err(|error| error.to_string())?;
                let key = key.ok_or("its private key is not there")?;
                let pair = tls::Pair::read(&stored.object.chain, key.expose()).map_err(|error| error.to_string())?;
                pair.config().map_err(|error| error.to_string())?
            }
        };
        let version = self.version(site, interface).ok_or("it is not there")?;
        Ok((version, config))
    }
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
        let Interface { name, certificate, .. } = &stored.object;
        match users.iter_mut().find(|(shown, _)| shown == certificate) {
            Some((_, names)) => names.push(name),
            None => users.push((*certificate, vec![name])),
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
