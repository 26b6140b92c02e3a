//! Who is let in while the server is set up.

use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use super::{Entered, Setup};
use crate::call::cause::CauseCode;
use crate::web::routes::{HttpFailure, Secure};

/// Name of the cookie.
const COOKIE: &str = "offhook-setup";
/// How long it stays in the browser, in seconds; the server forgets the session when it ends.
const LIFETIME: u32 = 24 * 3600;

/// Where administrators sign in and out.
const SIGN_IN: &str = "/api/v1/admin/session";
/// What the last page of the setup asks for.
const WATCHED: [&str; 4] =
    ["/api/v1/admin/calls", "/api/v1/admin/interfaces", "/api/v1/admin/line-groups", "/api/v1/admin/users"];

/// The request is of the browser that sets the server up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum Inside {
    /// It may do everything.
    Setting,
    /// The server is set up: it may see what its last page shows.
    Watching,
}

impl Inside {
    /// Whether it may ask that.
    pub(in crate::web) fn may_ask(self, request: &Request) -> bool {
        self == Inside::Setting || request.method() == Method::GET && WATCHED.contains(&request.uri().path())
    }
}

/// Lets everybody on once the server is set up, and before that only the browser that has opened the link.
pub(in crate::web) async fn gate(State(setup): State<Setup>, mut request: Request, next: Next) -> Response {
    let now = Instant::now();
    let is_inside = sessions(request.headers()).any(|session| setup.is_inside(session, now));
    if setup.is_over() {
        if !is_inside {
            return next.run(request).await;
        }
        request.extensions_mut().insert(Inside::Watching);
        let signs = request.uri().path() == SIGN_IN && [Method::POST, Method::DELETE].contains(request.method());
        let mut response = next.run(request).await;
        if signs && response.status().is_success() {
            setup.leave();
            set_cookie(&mut response, "", 0, false);
        }
        return response;
    }
    if is_inside {
        request.extensions_mut().insert(Inside::Setting);
        return next.run(request).await;
    }
    let path = request.uri().path();
    if let Some(link) = path.strip_prefix("/setup/").filter(|link| !link.is_empty() && request.method() == Method::GET)
        && let Entered::Session(session) = setup.enter(link)
    {
        let secure = request.extensions().get::<Secure>().is_some_and(|secure| secure.0);
        return entered(&session, secure);
    }
    match path.starts_with("/api/") || path == "/metrics" {
        true => HttpFailure::from(CauseCode::SetupNeeded).into_response(),
        false => (StatusCode::SERVICE_UNAVAILABLE, page_headers(), PAGE).into_response(),
    }
}

/// Leaves the link behind: the address that stays in the browser's history opens nothing.
fn entered(session: &str, secure: bool) -> Response {
    let mut response = Redirect::to("/setup").into_response();
    set_cookie(&mut response, session, LIFETIME, secure);
    response
}

fn set_cookie(response: &mut Response, session: &str, lifetime: u32, secure: bool) {
    let flag = if secure { "; Secure" } else { "" };
    // Lax: the link may have been opened out of another program.
    let cookie = format!("{COOKIE}={session}; Path=/; Max-Age={lifetime}; HttpOnly; SameSite=Lax{flag}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        // The session of who signs in is set beside it.
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

fn sessions(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    cookies.flat_map(|value| value.split(';')).filter_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == COOKIE).then_some(value)
    })
}

fn page_headers() -> [(header::HeaderName, &'static str); 2] {
    [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-store")]
}

/// What everybody else sees.
const PAGE: &str = include_str!("page.html");
