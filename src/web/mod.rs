//! HTTP, the WebSocket and the browser app.

pub mod acme;
pub mod assets;
mod bindings;
mod certificates;
pub mod control;
mod convert;
#[cfg(test)]
mod generated;
pub mod ice;
pub mod interfaces;
pub mod keeper;
pub mod metrics;
mod openapi;
mod pkcs12;
mod preview;
pub mod protocol;
mod proxies;
pub mod reload;
mod request;
pub mod routes;
pub mod setup;
mod socket;
pub mod tls;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use ipnet::IpNet;
use rustc_hash::FxHashMap;

use self::bindings::Bound;
pub use self::bindings::KeptBindings;
use crate::administration::{Administration, Seated};
use crate::call::cause::CauseCode;
use crate::call::directory::Directory;
use crate::call::service::Services;
use crate::capture::pseudonyms::Pseudonyms;
use crate::capture::recorder::Names;
use crate::config::Proxies;
use crate::ids::{LineGroupId, LineId, UserId};
use crate::log::Log;
use crate::net::capture::Captures;
use crate::net::clients::Personal;
use crate::net::core::CoreHandle;
use crate::net::local_time::Zone;
use crate::numbers::DialPlan;
use crate::numbers::country::Countries;
use crate::picture::PictureOf;
use crate::rights::{ServiceSet, services_of};
use crate::site::binding::Bindings;
use crate::site::{Object, ObjectId, Seat, Site, Stored, User};
use crate::store::{AccountTable, QualityTable, Store, VerdictTable};
use crate::user::accounts::{Account, AccountKind, Accounts};
use crate::web::acme::Acme;
use crate::web::ice::IceServers;
use crate::web::interfaces::Interfaces;
use crate::web::metrics::process::Process;
use crate::web::protocol::admin::LineGroupKind;
use crate::web::protocol::status::{Certificate, Disk};
use crate::web::reload::Reloader;
use crate::web::routes::HttpFailure;
use crate::web::routes::site::numbers::Turns;
use crate::web::routes::site::pairing::Links;
use crate::web::routes::site::test_call::TestCalls;
use crate::web::routes::site::trial::Trials;
use crate::web::routes::table::Routes;
use crate::web::setup::Setup;

/// What every route can reach.
#[derive(Debug, Clone)]
pub struct WebState {
    /// People who telephone.
    pub users: Arc<Accounts<AccountTable>>,
    /// People who look after the server.
    pub administrators: Arc<Accounts<AccountTable>>,
    /// What administrators set, and how that changes.
    pub administration: Arc<Administration>,
    /// The running calls and lines.
    pub core: CoreHandle,
    /// The database.
    pub store: Store,
    /// How ended calls sounded.
    pub quality: QualityTable,
    /// What calls came to that failed.
    pub verdicts: VerdictTable,
    /// How ended calls sounded, counted.
    pub metrics: Arc<metrics::Metrics>,
    /// Who may read the metrics without signing in.
    pub metrics_from: Arc<[IpNet]>,
    /// The proxies that say where a request comes from.
    pub proxies: Arc<Proxies>,
    /// What lines and line groups are called.
    pub labels: Arc<RwLock<Arc<Labels>>>,
    /// The countries that numbers are read and dialled by.
    pub countries: Arc<RwLock<Arc<Countries>>>,
    /// Which lines are whose.
    pub bindings: KeptBindings,
    /// STUN and TURN servers for clients.
    pub ice: Arc<IceServers>,
    /// Capture files, where there are some.
    pub captures: Option<Captures>,
    /// Pseudonyms of numbers and names in what is handed on, where there are some.
    pub pseudonyms: Option<Pseudonyms>,
    /// The log, where the server has one of its own.
    pub log: Option<Log>,
    /// Reads the configuration again, where there is a file.
    pub reloader: Option<Reloader>,
    /// The setup, on a server that began without an administrator.
    pub setup: Option<Setup>,
    /// Where all of this is reached.
    pub interfaces: Interfaces,
    /// How certificates of authorities come.
    pub acme: Acme,
    /// Where the server keeps its files.
    pub data_dir: Arc<Path>,
    /// Tries line groups out.
    pub trials: Option<Trials>,
    /// Calls that try a line out.
    pub test_calls: TestCalls,
    /// What is computed for administrators.
    pub turns: Turns,
    /// Turns moments into dates.
    pub clock: convert::Clock,
    /// Links that pair browsers with computers.
    pub links: Links,
    /// When it was noted last that a token is used, in seconds since 1970.
    pub token_uses: Arc<Mutex<FxHashMap<ObjectId, i64>>>,
    /// How often users have asked how a number would be dialled.
    pub previews: preview::Asked,
    /// The time of day here.
    pub zone: Arc<Zone>,
}

/// How what stands in the configuration is shown.
#[derive(Debug, Clone, Default)]
pub struct Labels {
    /// By [`LineGroupId`].
    pub groups: Vec<GroupLabel>,
    /// By [`LineId`].
    pub lines: Vec<LineLabel>,
    /// What traces call them.
    pub names: Names,
    /// The certificates of SIP: of listeners, and of line groups that show one to their PBX.
    pub certificates: Vec<CertificateLabel>,
    /// Where SIP is received.
    pub listeners: Vec<ListenerLabel>,
    /// Where audio is received.
    pub audio: AudioLabel,
    /// The same lines and line groups with their locations, as calls go by them.
    pub directory: Arc<Directory>,
}

/// How a place is shown where SIP is received.
#[derive(Debug, Clone)]
pub struct ListenerLabel {
    /// Its name.
    pub name: String,
    /// What peers are told instead of its address.
    pub public_address: Option<IpAddr>,
    /// The file of its certificate, with TLS.
    pub certificate: Option<PathBuf>,
    /// Whether peers must show a certificate, too.
    pub is_mutual: bool,
    /// Where the configuration file sets it; empty: the server has it by itself.
    pub setting: &'static str,
}

/// How the places are shown where audio is received.
#[derive(Debug, Clone, Default)]
pub struct AudioLabel {
    /// Where PBXs send it; empty: where the system routes by.
    pub pbx: Vec<IpAddr>,
    /// The first and the last port for them.
    pub ports: (u16, u16),
    /// Where browsers send it.
    pub browsers: Vec<SocketAddr>,
}

/// A certificate of the server.
#[derive(Debug, Clone)]
pub struct CertificateLabel {
    /// Name of the interface, listener or line group that shows it.
    pub used_by: String,
    /// Its file, PEM.
    pub file: PathBuf,
}

/// How a line is shown.
#[derive(Debug, Clone)]
pub struct LineLabel {
    /// Its line group.
    pub group: LineGroupId,
    /// Its number.
    pub number: String,
    /// User part of its address at the PBX.
    pub user_name: String,
    /// Whether it speaks for its trunk.
    pub pilot: bool,
    /// What can be asked for on it while no call is looked at.
    pub services: Services,
    /// It is not there any more.
    pub removed: bool,
}

/// How a line group is shown.
#[derive(Debug, Clone)]
pub struct GroupLabel {
    /// Its name.
    pub name: String,
    /// How its PBX is connected.
    pub kind: LineGroupKind,
    /// Host name or address of the PBX with the port where one is set.
    pub registrar: Option<String>,
    /// Domain, where it is not the registrar's.
    pub domain: Option<String>,
    /// Its listener's name.
    pub listener: Option<String>,
    /// Functions of the PBX that are dialled.
    pub feature_codes: Vec<protocol::FeatureCode>,
    /// It is not there any more.
    pub removed: bool,
}

impl Labels {
    fn line(&self, line: LineId) -> Option<&LineLabel> {
        self.lines.get(line.0 as usize)
    }

    /// The line with a number.
    fn line_numbered(&self, number: &str) -> Option<LineId> {
        let place = self.lines.iter().position(|line| !line.removed && line.number == number)?;
        Some(LineId(place as u32))
    }

    fn group(&self, group: LineGroupId) -> Option<&GroupLabel> {
        self.groups.get(group.0 as usize)
    }

    /// The dial plan of a line's location.
    fn plan(&self, line: LineId) -> Option<&DialPlan> {
        self.directory.plan_of(line)
    }
}

impl WebState {
    /// Puts the parts together; moments are converted from now on.
    pub fn new(
        users: Accounts<AccountTable>,
        administrators: Accounts<AccountTable>,
        administration: Administration,
        core: CoreHandle,
        store: Store,
        labels: Labels,
        ice: IceServers,
    ) -> WebState {
        WebState {
            users: Arc::new(users),
            administrators: Arc::new(administrators),
            administration: Arc::new(administration),
            core,
            quality: store.quality(),
            verdicts: store.verdicts(),
            store,
            metrics: Arc::default(),
            metrics_from: Arc::default(),
            proxies: Arc::default(),
            labels: Arc::new(RwLock::new(Arc::new(labels))),
            countries: Arc::default(),
            bindings: KeptBindings::default(),
            ice: Arc::new(ice),
            captures: None,
            pseudonyms: None,
            log: None,
            reloader: None,
            setup: None,
            interfaces: Interfaces::default(),
            acme: Acme::default(),
            data_dir: Path::new("").into(),
            trials: None,
            test_calls: TestCalls::default(),
            turns: Turns::default(),
            clock: convert::Clock::now(),
            links: Links::default(),
            token_uses: Arc::default(),
            previews: preview::Asked::default(),
            zone: Arc::new(Zone::system()),
        }
    }

    /// What lines and line groups are called at this moment.
    pub fn labels(&self) -> Arc<Labels> {
        self.labels.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Lines and line groups are called like this from now on.
    pub fn set_labels(&self, labels: Labels) {
        *self.labels.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(labels);
    }

    /// The countries that numbers are read and dialled by at this moment.
    pub fn countries(&self) -> Arc<Countries> {
        self.countries.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Numbers are read and dialled by these from now on.
    pub fn set_countries(&self, countries: Arc<Countries>) {
        *self.countries.write().unwrap_or_else(PoisonError::into_inner) = countries;
    }

    /// Which lines are whose in a site, of those that there are at this moment.
    fn bound(&self, site: &Site) -> Arc<Bound> {
        self.bindings.of(site, &self.labels())
    }

    /// Takes what was found out of a site and the lines that there are at this moment.
    pub fn keep_bindings(&self, site: &Site, bindings: Arc<Bindings>) {
        self.bindings.keep(site, self.labels(), bindings);
    }

    /// The object that an account belongs to.
    fn object<T: Object>(&self, account: &Account) -> Option<Arc<Stored<T>>> {
        let site = self.administration.site();
        // Accounts of the configuration file are known by their names, all others by the object's id.
        let kept = account.key.parse().ok().and_then(|id| site.get::<T>(id)).filter(|stored| !stored.from_file);
        kept.or_else(|| site.named::<T>(&account.name).filter(|stored| stored.from_file)).cloned()
    }

    /// Clients that a user may be signed in with at once. The configuration file sets no limit of its users.
    fn max_clients(&self, user: UserId) -> usize {
        let object = self.users.account(user).and_then(|account| self.object::<User>(&account));
        let most = object.filter(|stored| !stored.from_file).map(|stored| {
            let own = stored.object.max_clients;
            own.unwrap_or_else(|| self.administration.site().settings().max_clients)
        });
        most.map_or(usize::MAX, |most| most as usize)
    }

    /// What a user's clients go by.
    fn personal(&self, user: UserId) -> Personal {
        let object = self.users.account(user).and_then(|account| self.object::<User>(&account));
        let site = self.administration.site();
        let id = object.map(|stored| stored.id);
        let picture = id.and_then(|user| site.picture(user).map(|version| PictureOf { user, version }));
        let settings = id.map(|id| site.settings_for(id)).unwrap_or_default();
        Personal { services: self.services(user), settings, picture }
    }

    /// A user is signed in at a computer, until what this gives is dropped.
    fn take_seat(&self, user: UserId, computer: ObjectId) -> Option<Seated> {
        let user = self.users.account(user)?.id;
        Some(self.administration.take_seat(Seat { user, computer }))
    }

    /// What a user may use.
    fn services(&self, user: UserId) -> ServiceSet {
        let object = self.users.account(user).and_then(|account| self.object::<User>(&account));
        object.map(|stored| services_of(&self.administration.site(), stored.id)).unwrap_or_default()
    }

    /// What only files tell.
    async fn files(&self) -> Files {
        let (labels, site, data_dir) = (self.labels(), self.administration.site(), self.data_dir.clone());
        let read = move || {
            let mut certificates = interfaces::certificates(&site, &data_dir);
            certificates.extend(labels.certificates.iter().map(certificates::read));
            Files { certificates, process: metrics::process::read().ok(), disk: disk(&data_dir) }
        };
        // It fails only while the server stops.
        tokio::task::spawn_blocking(read).await.unwrap_or_default()
    }

    fn accounts(&self, kind: AccountKind) -> &Accounts<AccountTable> {
        match kind {
            AccountKind::User => &self.users,
            AccountKind::Administrator => &self.administrators,
        }
    }
}

/// What only files tell.
#[derive(Debug, Default)]
struct Files {
    /// The server's certificates.
    certificates: Vec<Certificate>,
    /// What the process takes of the machine.
    process: Option<Process>,
    /// The disk that the data directory is on.
    disk: Option<Disk>,
}

/// The disk that a directory is on.
fn disk(directory: &Path) -> Option<Disk> {
    let found = rustix::fs::statvfs(directory).ok()?;
    let octets = |blocks: u64| blocks.saturating_mul(found.f_frsize);
    Some(Disk { size: octets(found.f_blocks), free: octets(found.f_bavail) })
}

/// Milliseconds since 1970.
pub(crate) fn unix_ms() -> i64 {
    convert::unix_ms() as i64
}

/// Every route of the server. `secure` says that TLS carries it.
pub fn router(state: WebState, secure: bool) -> Router {
    let identify = middleware::from_fn_with_state(state.clone(), routes::session::identify);
    let reader = middleware::from_fn_with_state(state.clone(), metrics_readers_only);
    let users = middleware::from_fn_with_state(state.clone(), routes::session::users_only);
    let routes = unguarded()
        .merge(routes::telephony::routes().merge(routes::site::pictures::own_routes()).route_layer(users))
        .merge(administrators_routes().into_router().route_layer(identify))
        .merge(Router::new().route("/metrics", get(metrics::show)).route_layer(reader));
    let routes = match &state.setup {
        Some(setup) => routes.layer(middleware::from_fn_with_state(setup.clone(), setup::gate)),
        None => routes,
    };
    // An authority asks also while the server is set up.
    let routes = routes.merge(acme::challenges());
    let proxies = middleware::from_fn_with_state(state.proxies.clone(), proxies::see_through);
    routes
        .layer(middleware::from_fn(headers))
        .layer(axum::Extension(routes::Secure(secure)))
        .layer(proxies)
        .with_state(state)
}

/// What nobody needs to be signed in for, or asks for itself who is.
fn unguarded() -> Router<WebState> {
    Router::new()
        .route("/api/v1/admin/session", routes::session::routes(AccountKind::Administrator))
        .route("/api/v1/session", routes::session::routes(AccountKind::User))
        .merge(routes::security::routes(AccountKind::Administrator))
        .merge(routes::security::routes(AccountKind::User))
        .route("/api/v1/openapi.json", get(openapi::show))
        .route("/api/v1/socket", any(socket::open))
        .merge(setup::routes())
        .merge(routes::site::pairing::own_routes())
        .route("/api/{*rest}", any(async || HttpFailure::from(CauseCode::NotFound)))
        .fallback(assets::serve)
}

/// What administrators see and do.
fn administrators_routes() -> Routes {
    routes::admin::routes()
        .and(reload::routes())
        .and(routes::captures::routes())
        .and(routes::log::routes())
        .and(routes::traces::routes())
        .and(routes::site::routes())
}

/// Lets a request on that an administrator sent, or a monitoring system whose address is configured.
async fn metrics_readers_only(
    State(state): State<WebState>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let address = address.ip().to_canonical();
    if state.metrics_from.iter().any(|network| network.contains(&address)) {
        return next.run(request).await.into_response();
    }
    routes::session::administrators_only(State(state), request, next).await
}

/// What a browser is told about every answer.
async fn headers(request: axum::extract::Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let policy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; media-src 'self' blob:; \
                  connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Whether a request that a browser sent comes from our own page. Requests without `Origin` are no browser's.
fn same_origin(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    host.is_some() && origin == host
}

/// Where a request comes from.
fn client_address(address: SocketAddr) -> IpAddr {
    address.ip().to_canonical()
}

/// What sessions know an account by.
fn account_key<T: Object>(stored: &Stored<T>) -> String {
    if stored.from_file { stored.object.name().to_lowercase() } else { stored.id.to_string() }
}
