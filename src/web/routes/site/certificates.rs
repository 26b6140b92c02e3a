//! Certificates: brought by an administrator, or made by the server. Their private keys are never shown.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::{Value, json};

use super::failure::Failure;
use super::objects::{self, REFUSALS};
use super::request::{self, Reply};
use crate::administration::{self, SecretChange};
use crate::call::cause::CauseCode;
use crate::config::Secret;
use crate::site::{
    Certificate, CertificateSource, Change, Interface, InterfaceMode, Kind, Object, ObjectId, Problem, ProblemCode,
    Role, Said, Site, Stored,
};
use crate::web::pkcs12::{self, Pkcs12Error};
use crate::web::protocol::interfaces::{CertificateRequest, CertificateState, CertificateStates};
use crate::web::routes::table::{Identity, Method, Operation, Routes};
use crate::web::tls::{self, Pair, PairError};
use crate::web::{WebState, acme, certificates, interfaces};

const PATH: &str = "/api/v1/admin/certificates";
const PEM: &str = "application/x-pem-file";

/// How long a certificate of the server's own making is valid, in days.
const DAYS: i64 = 3650;

pub(super) fn routes() -> Routes {
    let created = Operation {
        etag: true,
        status: 201,
        refusals: REFUSALS,
        ..Operation::giving::<Stored<Certificate>>("create_certificate", "Brings a certificate, or has one made")
            .taking::<CertificateRequest>("application/json")
    };
    let changed = Operation {
        etag: true,
        if_match: true,
        refusals: REFUSALS,
        ..Operation::giving::<Stored<Certificate>>("change_certificate", "Renames or replaces a certificate")
            .taking::<CertificateRequest>("application/json")
    };
    let states = Operation::giving::<CertificateStates>("list_certificate_states", "What stands in the certificates");
    let chain = Operation {
        answer: vec![(PEM, None)],
        refusals: &[404],
        ..Operation::giving::<String>("download_certificate", "The certificate and those that issued it, without key")
    };
    objects::seen_and_deleted::<Certificate>(Role::Full)
        .described(Role::ReadOnly, (Method::Get, &format!("{PATH}/states")), states, show_states)
        .described(Role::ReadOnly, (Method::Get, &format!("{PATH}/{{id}}/chain")), chain, download)
        .described(Role::Full, (Method::Post, PATH), created, create)
        .described(Role::Full, (Method::Put, &format!("{PATH}/{{id}}")), changed, replace)
}

/// Chain and key as they are kept; no key: none is there yet, or it stays.
struct Made {
    chain: String,
    key: Option<Secret>,
}

async fn create(
    State(state): State<WebState>,
    Extension(identity): Extension<Identity>,
    request: Request,
) -> Result<Response, Failure> {
    let (body, _) = request::json(request, false).await?;
    let wanted: CertificateRequest = request::read(body)?;
    check_authority(&wanted)?;
    let (wanted, made) = made_elsewhere(wanted).await?;
    let Made { chain, key } = made;
    let id = super::new_id()?;
    let change = Change::Put { kind: Kind::Certificate, id, expected: Some(0), body: body_of(&wanted, &chain) };
    let secrets: Vec<_> = key.into_iter().map(|key| (interfaces::KEY, Some(key))).collect();
    let reply = keep(&state, &identity, change, &secrets).await?;
    Ok(Reply { status: StatusCode::CREATED, location: Some(format!("{PATH}/{id}")), ..reply }.into_response())
}

async fn replace(
    State(state): State<WebState>,
    Extension(identity): Extension<Identity>,
    Path(text): Path<String>,
    request: Request,
) -> Result<Response, Failure> {
    let (id, expected) = objects::changed::<Certificate>(&state, &text, request.headers())?;
    let (body, _) = request::json(request, false).await?;
    let mut wanted: CertificateRequest = request::read(body)?;
    let site = state.administration.site();
    let before = site.get::<Certificate>(id).ok_or_else(|| Failure::of(ProblemCode::NotFound))?;
    wanted.names.iter_mut().for_each(|name| *name = name.trim().to_owned());
    check_authority(&wanted)?;
    let stays = match wanted.source {
        CertificateSource::Uploaded => wanted.pem.is_empty() && wanted.key.is_empty() && wanted.pkcs12.is_empty(),
        CertificateSource::SelfSigned => wanted.names == before.object.names && !wanted.renew,
        // What is there is shown until the authority has given another.
        CertificateSource::Acme => true,
    };
    let is_acme = wanted.source == CertificateSource::Acme;
    let stays = stays && (is_acme || wanted.source == before.object.source);
    let (wanted, Made { chain, key }) = match stays {
        true => (wanted, Made { chain: before.object.chain.clone(), key: None }),
        false => made_elsewhere(wanted).await?,
    };
    let (was_acme, names, acme) =
        (before.object.source == CertificateSource::Acme, &before.object.names, &before.object.acme);
    let other = !was_acme || wanted.names != *names || wanted.acme != *acme;
    let change = Change::Put { kind: Kind::Certificate, id, expected, body: body_of(&wanted, &chain) };
    let account = (was_acme && !is_acme).then_some((acme::ACCOUNT, None));
    let key = key.map(|key| (interfaces::KEY, Some(key)));
    let secrets: Vec<_> = key.into_iter().chain(account).collect();
    let reply = keep(&state, &identity, change, &secrets).await?;
    if is_acme && (wanted.renew || other) {
        state.acme.ask(id);
    }
    Ok(reply.into_response())
}

/// An authority's own certificates must be some.
fn check_authority(wanted: &CertificateRequest) -> Result<(), Failure> {
    let ca = wanted.acme.as_ref().map_or("", |acme| acme.ca.trim());
    match certificates::chain_of(ca) {
        Err(why) if !ca.is_empty() => {
            let why = why.trim_end_matches('.');
            let at = Problem { pointer: "/acme/ca".to_owned(), ..Problem::whole(ProblemCode::InvalidCertificate) };
            Err(at.value(why).into())
        }
        _ => Ok(()),
    }
}

fn body_of(wanted: &CertificateRequest, chain: &str) -> Value {
    let names: &[String] = if wanted.source == CertificateSource::Uploaded { &[] } else { &wanted.names };
    let acme = wanted.acme.as_ref().filter(|_| wanted.source == CertificateSource::Acme);
    json!({ "name": wanted.name, "source": wanted.source, "names": names, "chain": chain, "acme": acme })
}

/// Keeps a certificate and what is secret of it; None takes that away.
async fn keep(
    state: &WebState,
    identity: &Identity,
    change: Change,
    secrets: &[(&'static str, Option<Secret>)],
) -> Result<Reply, Failure> {
    let id = change.id();
    let changes = [change];
    let secret = |(field, secret): &(&'static str, Option<Secret>)| SecretChange {
        kind: Kind::Certificate,
        id,
        field,
        secret: secret.clone(),
    };
    let secrets: Vec<SecretChange> = secrets.iter().map(secret).collect();
    let request =
        administration::Request { changes: &changes, secrets: &secrets, ..administration::Request::default() };
    let written = state.administration.change(request, &identity.actor, request::now()).await;
    let written = written.map_err(|error| Failure::of_change(error, &changes))?;
    if let Some(write) = written.iter().find(|write| write.id == id) {
        return Ok(Reply::object(write));
    }
    // Everything was so already.
    let site = state.administration.site();
    let stored = site.get::<Certificate>(id).ok_or_else(|| Failure::of(ProblemCode::NotFound))?;
    Ok(objects::reply(stored))
}

/// The same, out of the way of other requests: the password of a file is hashed a thousand times and more.
async fn made_elsewhere(wanted: CertificateRequest) -> Result<(CertificateRequest, Made), Failure> {
    let making = tokio::task::spawn_blocking(move || made(&wanted).map(|made| (wanted, made)));
    making.await.map_err(|_| Failure::from(CauseCode::Internal))?
}

/// What is asked for: brought, or made now.
fn made(wanted: &CertificateRequest) -> Result<Made, Failure> {
    let at = |pointer: &str, code| Problem { pointer: pointer.to_owned(), ..Problem::whole(code) };
    match wanted.source {
        CertificateSource::Uploaded if !wanted.pkcs12.is_empty() => {
            let read = pkcs12::read(&wanted.pkcs12, &wanted.password).map_err(|error| match error {
                Pkcs12Error::Password => at("/password", ProblemCode::WrongFilePassword),
                Pkcs12Error::File(why) => at("/pkcs12", ProblemCode::InvalidPkcs12).value(why),
            })?;
            Pair::read(&read.chain, read.key.expose())
                .map_err(|error| at("/pkcs12", ProblemCode::InvalidPkcs12).value(error))?;
            Ok(Made { chain: read.chain, key: Some(read.key) })
        }
        CertificateSource::Uploaded => {
            if wanted.pem.trim().is_empty() {
                return Err(at("/pem", ProblemCode::Required).into());
            }
            // Many have both in one file.
            let (key, place) = if wanted.key.trim().is_empty() { (&wanted.pem, "/pem") } else { (&wanted.key, "/key") };
            Pair::read(&wanted.pem, key).map_err(|error| match error {
                PairError::None => at("/pem", ProblemCode::InvalidCertificate)
                    .said(Said::new("there is none in it", "es ist keines darin")),
                PairError::Certificate(why) => at("/pem", ProblemCode::InvalidCertificate).value(why),
                PairError::Key(why) => at(place, ProblemCode::InvalidKey).value(why),
                PairError::Mismatch => at(place, ProblemCode::KeyDoesNotFit),
                PairError::Order => at("/pem", ProblemCode::ChainOutOfOrder),
            })?;
            Ok(Made { chain: tls::certificates_of(&wanted.pem), key: Some(Secret::new(tls::key_of(key))) })
        }
        CertificateSource::SelfSigned => {
            // What is wrong with the names is told by their places.
            let mut problems = crate::site::Problems::default();
            let object = Certificate {
                name: "-".into(),
                names: wanted.names.clone(),
                source: wanted.source,
                ..Default::default()
            };
            object.check(ObjectId::SETTINGS, &mut problems);
            if let Some(problem) = problems.into_vec().into_iter().next() {
                return Err(problem.into());
            }
            let made = tls::self_signed(wanted.names.clone(), DAYS);
            let made = made.map_err(|_| Failure::from(at("/names", ProblemCode::InvalidDomain)))?;
            Ok(Made { chain: made.certificate, key: Some(made.key) })
        }
        CertificateSource::Acme => Ok(Made { chain: String::new(), key: None }),
    }
}

async fn show_states(State(state): State<WebState>) -> Json<CertificateStates> {
    let site = state.administration.site();
    let mut kept: Vec<_> = site.iter::<Certificate>().cloned().collect();
    kept.sort_by_cached_key(|stored| stored.object.sort_key("name"));
    let own = tls::files(&state.data_dir).0;
    let read = move || {
        let own = state_of(None, certificates::chain_of_file(&own), used_by(&site, None));
        let kept = kept.into_iter().map(|stored| {
            let (id, object) = (Some(stored.id), &stored.object);
            let used_by = used_by(&site, id);
            let told = match object.is_awaited() {
                true => CertificateState { id, names: object.names.clone(), used_by, ..CertificateState::default() },
                false => state_of(id, certificates::chain_of(&object.chain), used_by),
            };
            let is_acme = object.source == CertificateSource::Acme;
            let acme = is_acme.then(|| state.acme.state(stored.id, object, acme::answers_at(&state, &site)));
            CertificateState { acme, ..told }
        });
        std::iter::once(own).chain(kept).collect()
    };
    // It fails only while the server stops.
    Json(CertificateStates { certificates: tokio::task::spawn_blocking(read).await.unwrap_or_default() })
}

fn used_by(site: &Site, certificate: Option<ObjectId>) -> Vec<String> {
    let shows = |interface: &Interface| {
        interface.certificate == certificate && (certificate.is_some() || interface.mode == InterfaceMode::Tls)
    };
    let interfaces = site.iter::<Interface>().map(|stored| &stored.object);
    let mut names: Vec<String> = interfaces.filter(|each| shows(each)).map(|each| each.name.clone()).collect();
    names.sort();
    names
}

fn state_of(id: Option<ObjectId>, read: Result<certificates::Chain, String>, used_by: Vec<String>) -> CertificateState {
    match read {
        Ok(chain) => CertificateState {
            id,
            names: chain.names(),
            subject: chain.subject(),
            issuer: chain.issuer(),
            valid_from: chain.not_before(),
            valid_to: chain.not_after(),
            fingerprint: chain.fingerprint().to_owned(),
            used_by,
            problem: None,
            acme: None,
        },
        Err(problem) => CertificateState { id, used_by, problem: Some(problem), ..CertificateState::default() },
    }
}

async fn download(State(state): State<WebState>, Path(text): Path<String>) -> Result<Response, Failure> {
    let site = state.administration.site();
    let stored = site.get::<Certificate>(request::id(&text)?).ok_or_else(|| Failure::of(ProblemCode::NotFound))?;
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(PEM));
    let named = format!("attachment; filename=\"{}.pem\"", file_name(&stored.object.name));
    headers.insert(header::CONTENT_DISPOSITION, named.parse().map_err(|_| CauseCode::Internal)?);
    Ok((headers, stored.object.chain.clone()).into_response())
}

/// A name as it can stand in a header and on every disk.
fn file_name(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '.' { c } else { '_' }).collect()
}
