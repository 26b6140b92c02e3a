//! HTTP routes, a file a feature.

pub mod admin;
pub mod captures;
mod events;
mod files;
pub mod log;
pub mod security;
pub mod session;
pub mod site;
mod status;
pub mod table;
pub mod telephony;
pub mod traces;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::call::cause::CauseCode;
use crate::web::protocol::{Cause, HttpError};

/// Whether the request came over TLS.
#[derive(Debug, Clone, Copy)]
pub struct Secure(pub bool);

/// An error answer, from the table of causes.
#[derive(Debug)]
pub struct HttpFailure(CauseCode);

impl HttpFailure {
    /// Why.
    pub fn cause(&self) -> CauseCode {
        self.0
    }
}

impl From<CauseCode> for HttpFailure {
    fn from(code: CauseCode) -> Self {
        HttpFailure(code)
    }
}

impl IntoResponse for HttpFailure {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let cause = Cause { code: self.0, sip_status: None, detail: None };
        (status, Json(HttpError { cause, message: self.0.english().into() })).into_response()
    }
}
