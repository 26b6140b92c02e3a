//! How one signs in oneself: password, second factor, sessions. Under `/api/v1/session` for users, under
//! `/api/v1/admin/session` for administrators.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{ConnectInfo, FromRequestParts, Path, Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::routing::{delete, get, post, put};
use axum::{Extension, Json, Router};
use qrcode::QrCode;
use qrcode::render::svg;
use tracing::error;

use super::session::{self, unix_now};
use super::site::{Failure, keep_second_factor, passwords, report_sessions, request, second_factor};
use crate::administration::{self, Actor, SecretChange};
use crate::call::cause::CauseCode;
use crate::config::Secret;
use crate::site::{Kind, Problem, ProblemCode};
use crate::user::accounts::{Account, AccountKind, SignInError};
use crate::user::second_factor::{Enrolled, Held};
use crate::user::sessions::Session;
use crate::user::totp;
use crate::web::protocol::security::{
    BeginEnrolment, ChangePassword, Confirmation, EndedSessions, Enrolment, EnrolmentCode, OwnSecurity, RecoveryCodes,
    Sessions,
};
use crate::web::{WebState, client_address, same_origin};

/// Pixels of a QR code's side, at least.
const QR_SIZE: u32 = 220;

/// The routes of one kind of account.
pub fn routes(kind: AccountKind) -> Router<WebState> {
    let at = |rest: &str| match kind {
        AccountKind::User => format!("/api/v1/session{rest}"),
        AccountKind::Administrator => format!("/api/v1/admin/session{rest}"),
    };
    Router::new()
        .route(&at("/security"), get(show))
        .route(&at("/password"), put(change_password))
        .route(&at("/sessions"), get(sessions).delete(end_others))
        .route(&at("/sessions/{id}"), delete(end_one))
        .route(&at("/totp"), post(enrol).put(confirm))
        .route(&at("/totp/remove"), post(remove))
        .route(&at("/totp/recovery-codes"), post(renew))
        .layer(Extension(kind))
}

/// Who asks about themselves.
struct Own {
    kind: AccountKind,
    account: Arc<Account>,
    session: Session,
    address: IpAddr,
}

impl FromRequestParts<WebState> for Own {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &WebState) -> Result<Own, Failure> {
        if !same_origin(&parts.headers) {
            return Err(CauseCode::BadRequest.into());
        }
        let kind = *parts.extensions.get::<AccountKind>().ok_or(CauseCode::Internal)?;
        let ConnectInfo(from) = parts.extensions.get::<ConnectInfo<SocketAddr>>().ok_or(CauseCode::Internal)?;
        let address = client_address(*from);
        let (user, session) = session::session(state, kind, &parts.headers).await.map_err(|failure| failure.cause())?;
        let account = state.accounts(kind).account(user).ok_or(CauseCode::NotSignedIn)?;
        Ok(Own { kind, account, session, address })
    }
}

impl Own {
    fn object(&self) -> Kind {
        match self.kind {
            AccountKind::User => Kind::User,
            AccountKind::Administrator => Kind::Administrator,
        }
    }

    /// As the audit log names them.
    fn actor(&self) -> Actor {
        let id = if self.account.from_file { self.account.name.clone() } else { self.account.key.clone() };
        Actor { kind: self.object().as_str(), id, address: Some(self.address.to_string()) }
    }

    /// Asks for the password once more.
    async fn confirm(&self, state: &WebState, password: String, pointer: &str) -> Result<(), Failure> {
        let secret = Secret::new(password);
        let accounts = state.accounts(self.kind);
        let confirmed = accounts.confirm(&self.account, &self.session, &secret, self.address, Instant::now()).await;
        confirmed.map_err(|failure| match failure {
            SignInError::Wrong => at(pointer, ProblemCode::NotYourPassword),
            failure => refused(&failure),
        })
    }

    /// Keeps a second factor, or takes it away.
    async fn keep(&self, state: &WebState, held: Held, secret: Option<Secret>) -> Result<(), Failure> {
        let of = (self.object(), self.account.id);
        keep_second_factor(state, held, self.actor(), of, secret).await
    }

    async fn must_enrol(&self, state: &WebState) -> Result<bool, Failure> {
        let must = state.accounts(self.kind).must_enrol(&self.account).await;
        must.map_err(|failure| refused(&SignInError::Store(failure)))
    }

    fn needed(&self, state: &WebState) -> bool {
        state.accounts(self.kind).second_factor_needed()
    }
}

fn at(pointer: &str, code: ProblemCode) -> Failure {
    Problem { pointer: pointer.to_owned(), ..Problem::whole(code) }.into()
}

fn refused(failure: &SignInError<sqlx::Error>) -> Failure {
    match failure {
        SignInError::Wait(_) => CauseCode::TooManyAttempts.into(),
        SignInError::CodeWrong => at("/code", ProblemCode::WrongCode),
        failure => {
            error!(error = failure as &dyn std::error::Error, "an account cannot be looked after");
            CauseCode::Internal.into()
        }
    }
}

async fn show(State(state): State<WebState>, own: Own) -> Result<Json<OwnSecurity>, Failure> {
    let factor = state.accounts(own.kind).second_factor(own.account.id).await.map_err(|failure| refused(&failure))?;
    Ok(Json(OwnSecurity {
        second_factor: factor.map(second_factor),
        second_factor_needed: own.needed(&state),
        password: !own.account.from_file,
        min_length: state.administration.site().settings().password.min_length,
    }))
}

/// The other sessions end.
async fn change_password(State(state): State<WebState>, own: Own, request: Request) -> Result<StatusCode, Failure> {
    if own.account.from_file {
        return Err(Failure::of(ProblemCode::SetInFile));
    }
    let (body, _) = request::json(request, false).await?;
    let ChangePassword { old, new } = request::read(body)?;
    own.confirm(&state, old, "/old").await?;
    let hash = passwords::hashed(&state, new, "/new").await?;
    let secrets = [SecretChange { kind: own.object(), id: own.account.id, field: "password", secret: Some(hash) }];
    let request = administration::Request {
        secrets: &secrets,
        keep_session: Some(&own.session.token_hash),
        ..administration::Request::default()
    };
    let changed = state.administration.change(request, &own.actor(), request::now()).await;
    changed.map_err(|error| Failure::of_change(error, &[]))?;
    state.accounts(own.kind).sessions_ended(&own.account.key);
    Ok(StatusCode::NO_CONTENT)
}

async fn sessions(State(state): State<WebState>, own: Own) -> Result<Json<Sessions>, Failure> {
    report_sessions(&state, own.kind, &own.account.key, Some(&own.session)).await.map(Json)
}

async fn end_one(State(state): State<WebState>, own: Own, Path(id): Path<String>) -> Result<StatusCode, Failure> {
    let ended = state.accounts(own.kind).end_session(&own.account.key, &id, unix_now()).await;
    match ended.map_err(|failure| refused(&SignInError::Store(failure)))? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Failure::of(ProblemCode::NotFound)),
    }
}

async fn end_others(State(state): State<WebState>, own: Own) -> Result<Json<EndedSessions>, Failure> {
    let ended = state.accounts(own.kind).end_sessions(&own.account.key, Some(&own.session)).await;
    Ok(Json(EndedSessions { ended: ended.map_err(|failure| refused(&SignInError::Store(failure)))? }))
}

/// A new secret, which counts once it is confirmed.
async fn enrol(State(state): State<WebState>, own: Own, request: Request) -> Result<Json<Enrolment>, Failure> {
    let (body, _) = request::json(request, false).await?;
    let BeginEnrolment { password } = request::read(body)?;
    // Who has just signed in to set it up has given the password already.
    if !own.must_enrol(&state).await? {
        own.confirm(&state, password.unwrap_or_default(), "/password").await?;
    }
    let secret = state.accounts(own.kind).enrol(&own.account, unix_now()).map_err(|failure| refused(&failure))?;
    let issuer = state.administration.site().settings().server_name.clone();
    let url = totp::url(if issuer.is_empty() { "Offhook" } else { &issuer }, &own.account.name, &secret);
    // Fails for more octets than names can have.
    let code = QrCode::new(&url).map_err(|_| CauseCode::Internal)?;
    let qr = code.render::<svg::Color<'_>>().min_dimensions(QR_SIZE, QR_SIZE).build();
    Ok(Json(Enrolment { secret: totp::shown(&secret), url, qr }))
}

async fn confirm(State(state): State<WebState>, own: Own, request: Request) -> Result<Json<RecoveryCodes>, Failure> {
    let (body, _) = request::json(request, false).await?;
    let EnrolmentCode { code } = request::read(body)?;
    let accounts = state.accounts(own.kind);
    let held = accounts.hold_second_factors().await;
    let enrolled = accounts.confirm_enrolment(&own.account, &code, unix_now()).map_err(|failure| refused(&failure))?;
    let Enrolled { kept, recovery_codes } = enrolled;
    own.keep(&state, held, Some(kept)).await?;
    Ok(Json(RecoveryCodes { recovery_codes }))
}

async fn remove(State(state): State<WebState>, own: Own, request: Request) -> Result<StatusCode, Failure> {
    let (body, _) = request::json(request, false).await?;
    let Confirmation { password } = request::read(body)?;
    own.confirm(&state, password, "/password").await?;
    if own.needed(&state) {
        return Err(Failure::of(ProblemCode::SecondFactorNeeded));
    }
    let held = state.accounts(own.kind).hold_second_factors().await;
    own.keep(&state, held, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// New recovery codes in place of the old ones.
async fn renew(State(state): State<WebState>, own: Own, request: Request) -> Result<Json<RecoveryCodes>, Failure> {
    let (body, _) = request::json(request, false).await?;
    let Confirmation { password } = request::read(body)?;
    own.confirm(&state, password, "/password").await?;
    let accounts = state.accounts(own.kind);
    let held = accounts.hold_second_factors().await;
    let renewed = accounts.renew_recovery_codes(&own.account).await.map_err(|failure| refused(&failure))?;
    let Enrolled { kept, recovery_codes } = renewed.ok_or_else(|| Failure::of(ProblemCode::NoSecondFactor))?;
    own.keep(&state, held, Some(kept)).await?;
    Ok(Json(RecoveryCodes { recovery_codes }))
}
