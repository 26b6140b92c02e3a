//! HTTP, the WebSocket and the browser app.

pub mod assets;
mod convert;
#[cfg(test)]
mod generated;
pub mod protocol;
pub mod routes;
mod socket;
pub mod tls;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{any, post};

use crate::call::cause::CauseCode;
use crate::ids::LineId;
use crate::net::core::CoreHandle;
use crate::store::Store;
use crate::user::accounts::Accounts;
use crate::web::routes::HttpFailure;

/// What every route can reach.
#[derive(Debug, Clone)]
pub struct WebState {
    /// People.
    pub accounts: Arc<Accounts<Store>>,
    /// The running calls and lines.
    pub core: CoreHandle,
    /// What lines are called, by [`LineId`].
    pub lines: Arc<Vec<LineLabel>>,
    /// Turns moments into dates.
    pub clock: convert::Clock,
}

/// How a line is shown.
#[derive(Debug, Clone)]
pub struct LineLabel {
    /// Its number.
    pub number: String,
    /// Its line group's name.
    pub group: String,
}

impl WebState {
    /// Puts the parts together; moments are converted from now on.
    pub fn new(accounts: Arc<Accounts<Store>>, core: CoreHandle, lines: Vec<LineLabel>) -> WebState {
        WebState { accounts, core, lines: Arc::new(lines), clock: convert::Clock::now() }
    }

    fn label(&self, line: LineId) -> Option<&LineLabel> {
        self.lines.get(line.0 as usize)
    }
}

/// Every route of the server. `secure` says that TLS carries it.
pub fn router(state: WebState, secure: bool) -> Router {
    let session = post(routes::session::sign_in).get(routes::session::show).delete(routes::session::sign_out);
    Router::new()
        .route("/api/v1/session", session)
        .route("/api/v1/socket", any(socket::open))
        .route("/api/{*rest}", any(async || HttpFailure::from(CauseCode::NotFound)))
        .fallback(assets::serve)
        .layer(middleware::from_fn(headers))
        .layer(axum::Extension(routes::Secure(secure)))
        .with_state(state)
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

/// The address to throttle by.
fn client_address(address: SocketAddr) -> String {
    address.ip().to_string()
}
