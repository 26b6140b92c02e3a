//! Who is let in while the server is set up.

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

/// The request is of the browser that sets the server up.
#[derive(Debug, Clone, Copy)]
pub(in crate::web) struct Inside;

/// Lets everybody on once the server is set up, and before that only the browser that has opened the link.
pub(in crate::web) async fn gate(State(setup): State<Setup>, mut request: Request, next: Next) -> Response {
    if sessions(request.headers()).any(|session| setup.is_inside(session)) {
        request.extensions_mut().insert(Inside);
        return next.run(request).await;
    }
    if setup.is_over() {
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
    let flag = if secure { "; Secure" } else { "" };
    // Lax: the link may have been opened out of another program.
    let cookie = format!("{COOKIE}={session}; Path=/; Max-Age={LIFETIME}; HttpOnly; SameSite=Lax{flag}");
    let mut response = Redirect::to("/setup").into_response();
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
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
