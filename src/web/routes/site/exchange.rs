//! The site as a ZIP of readable JSON, and back: previewed, then all or nothing. Users also from CSV.

use std::io::{self, Cursor, Read, Write as _};

use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use tracing::error;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::failure::{Failure, field};
use super::{lines, request};
use crate::administration::{self, SecretChange};
use crate::call::cause::CauseCode;
use crate::config::Secret;
use crate::site::exchange::{Misfit, Wanted, diff, export};
use crate::site::lines_csv;
use crate::site::users_csv::{self, Mistake};
use crate::site::{Change, Kind, ObjectId, Plan, Problem, ProblemCode, Role, Site, User, Write};
use crate::store::seal::SecretOf;
use crate::user::accounts::{MAX_PASSWORD, SignInError};
use crate::user::passwords::new_hash;
use crate::web::WebState;
use crate::web::protocol::site::{FieldProblem, Import};
use crate::web::routes::table::{Identity, Method, Operation, Routes, schema};

/// Octets that are taken.
const MAX_UPLOAD: usize = 32 << 20;
/// Octets of all documents of a ZIP once they are unpacked.
const MAX_UNPACKED: usize = 64 << 20;
/// Files of a ZIP.
const MAX_FILES: usize = 100;

const ZIP: &str = "application/zip";
const CSV: &str = "text/csv";
const JSON: &str = "application/json";

/// How it is imported.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct ImportQuery {
    /// Only say what would change.
    preview: bool,
    /// Delete the objects that are not in the ZIP, of the kinds that it has.
    prune: bool,
    /// The line group that the lines of a CSV file come into; without it, a CSV file has users.
    line_group: Option<ObjectId>,
}

pub(super) fn routes() -> Routes {
    let out = Operation {
        id: "export_site".to_owned(),
        summary: "Settings, line groups, lines, profiles, users, groups and computers as a ZIP of readable JSON"
            .to_owned(),
        status: 200,
        answer: Some((ZIP, None)),
        ..Operation::default()
    };
    let back = Operation {
        body: vec![(ZIP, None), (CSV, None), (JSON, Some(schema::<Value>()))],
        refusals: &[400, 409, 412, 413, 415, 422],
        ..Operation::giving::<Import>(
            "import_site",
            "Makes the site what an export says, as ZIP or as one JSON, or brings users or lines from CSV; settings, line groups and lines need the role full",
        )
        .asking::<ImportQuery>()
    };
    Routes::default().described(Role::ReadOnly, (Method::Get, "/api/v1/admin/export"), out, download).described(
        Role::Users,
        (Method::Post, "/api/v1/admin/import"),
        back,
        import,
    )
}

async fn download(State(state): State<WebState>) -> Result<Response, Failure> {
    let site = state.administration.site();
    let packed = tokio::task::spawn_blocking(move || pack(&site)).await;
    let packed = packed.map_err(|_| CauseCode::Internal)?.map_err(|failure| {
        error!(error = &failure as &dyn std::error::Error, "the site cannot be packed");
        CauseCode::Internal
    })?;
    let headers = [(header::CONTENT_TYPE, ZIP), (header::CONTENT_DISPOSITION, "attachment; filename=\"site.zip\"")];
    Ok((headers, packed).into_response())
}

fn pack(site: &Site) -> io::Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for document in export(site) {
        zip.start_file(document.name, options)?;
        zip.write_all(document.text.as_bytes())?;
    }
    Ok(zip.finish()?.into_inner())
}

async fn import(
    State(state): State<WebState>,
    Extension(identity): Extension<Identity>,
    query: Result<Query<ImportQuery>, QueryRejection>,
    request: Request,
) -> Result<Json<Import>, Failure> {
    let Query(ImportQuery { preview, prune, line_group }) = query.map_err(|_| CauseCode::BadRequest)?;
    let media_type = request::media_type(request.headers());
    let is_csv = media_type == CSV;
    if ![CSV, ZIP, JSON].contains(&media_type.as_str()) {
        return Err(Problem::whole(ProblemCode::WrongMediaType).value(format!("{ZIP}, {CSV}, {JSON}")).into());
    }
    if is_csv && prune || !is_csv && line_group.is_some() {
        // Users and lines that the file does not name stay.
        return Err(CauseCode::BadRequest.into());
    }
    let file = request::octets(request.into_body(), MAX_UPLOAD).await?;
    let site = state.administration.site();
    let wanted = match (is_csv, line_group) {
        (true, None) => Wants::Users,
        (true, Some(group)) => Wants::Lines(group),
        (false, _) if media_type == JSON => Wants::Whole { prune },
        (false, _) => Wants::Site { prune },
    };
    let planned = tokio::task::spawn_blocking(move || plan(&site, &file, wanted)).await;
    let Planned { changes, plan, mut secrets, skipped, passwords } = planned.map_err(|_| CauseCode::Internal)??;
    let writes = &plan.writes;
    let needs = |write: &Write| match write.kind {
        Kind::Settings | Kind::LineGroup | Kind::Line => Role::Full,
        _ => Role::Users,
    };
    if !writes.iter().all(|write| identity.may(needs(write))) {
        return Err(CauseCode::RoleForbids.into());
    }
    let set = set_passwords(&state, plan.site(), passwords).await?;
    let login = |secret: &SecretChange| Some(plan.site().get::<User>(secret.id)?.object.login.clone());
    let logins = set.iter().filter_map(login).collect();
    secrets.extend(set);
    if preview {
        let writes = writes.clone();
        return Ok(Json(Import { applied: false, writes, skipped, passwords: secrets.len(), logins }));
    }
    let request = administration::Request {
        changes: &changes,
        secrets: &secrets,
        action: Some(if matches!(wanted, Wants::Whole { .. }) { "apply" } else { "import" }),
        ..administration::Request::default()
    };
    let made = state.administration.change(request, &identity.actor, request::now()).await;
    let writes = made.map_err(|error| Failure::of_change(error, &changes))?;
    Ok(Json(Import { applied: true, writes, skipped, passwords: secrets.len(), logins }))
}

/// The hashes of passwords that users do not have yet. Each takes tens of milliseconds.
async fn set_passwords(state: &WebState, site: &Site, passwords: Vec<Password>) -> Result<Vec<SecretChange>, Failure> {
    let least = site.settings().password.min_length;
    let mut secrets = Vec::new();
    for Password { at, id, password } in passwords {
        let refused = |problem| Err(of_documents(vec![wrong_password(at, problem)]));
        let text = password.expose();
        if text.chars().count() < least as usize {
            return refused(Problem::whole(ProblemCode::PasswordTooShort).value(least));
        }
        if text.len() > MAX_PASSWORD {
            return refused(Problem::whole(ProblemCode::TooLong).value(MAX_PASSWORD));
        }
        if text.starts_with("$argon2id$") {
            return refused(Problem::whole(ProblemCode::WrongType).value("a password, not its hash"));
        }
        let of = SecretOf { kind: Kind::User.as_str(), id: id.as_str(), field: "password" };
        let stored = state.administration.table().secret(of).await.map_err(|failure| {
            error!(error = &failure as &dyn std::error::Error, "a password cannot be read");
            CauseCode::Internal
        })?;
        let hash = move || new_hash::<std::convert::Infallible>(stored.as_ref().map(Secret::expose), &password);
        let hash = tokio::task::spawn_blocking(hash).await.unwrap_or(Err(SignInError::Hash));
        let hash = hash.map_err(|failure| {
            error!(error = &failure as &dyn std::error::Error, "a password cannot be hashed");
            CauseCode::Internal
        })?;
        let change = |hash| SecretChange { kind: Kind::User, id, field: "password", secret: Some(Secret::new(hash)) };
        secrets.extend(hash.map(change));
    }
    Ok(secrets)
}

fn wrong_password(at: usize, problem: Problem) -> Misfit {
    Misfit { kind: Kind::User, at, problem: Problem { pointer: "/password".to_owned(), ..problem } }
}

/// A user's password, as it is written in a document.
#[derive(Debug)]
struct Password {
    /// The user's place in the document.
    at: usize,
    id: ObjectId,
    password: Secret,
}

/// What a file has.
#[derive(Debug, Clone, Copy)]
enum Wants {
    /// Users, as CSV.
    Users,
    /// Lines of this line group, as CSV.
    Lines(ObjectId),
    /// Documents, as a ZIP.
    Site {
        /// Whether what is not in it goes.
        prune: bool,
    },
    /// One document with everything, and passwords of users.
    Whole {
        /// Whether what is not in it goes.
        prune: bool,
    },
}

/// The changes that a file comes to, and what they write.
#[derive(Debug)]
struct Planned {
    changes: Vec<Change>,
    plan: Plan,
    secrets: Vec<SecretChange>,
    skipped: usize,
    passwords: Vec<Password>,
}

fn plan(site: &Site, file: &Bytes, wants: Wants) -> Result<Planned, Failure> {
    // Without random numbers from the system nothing is planned.
    let mut has_ids = true;
    let mut new_id = || {
        super::new_id().unwrap_or_else(|_| {
            has_ids = false;
            ObjectId::random([0; 16])
        })
    };
    let (mut secrets, mut skipped) = (Vec::new(), 0);
    let (whole, texts) = match wants {
        Wants::Whole { .. } => Wanted::whole(file)?,
        _ => Default::default(),
    };
    let changes = match wants {
        Wants::Users => users_csv::read(site, file, &mut new_id).map_err(|mistakes| of_csv(Kind::User, mistakes)),
        Wants::Lines(group) => lines_csv::read(site, group, file, &mut new_id)
            .map(|new| {
                (secrets, skipped) = (lines::passwords(new.passwords), new.skipped);
                new.changes
            })
            .map_err(|mistakes| of_csv(Kind::Line, mistakes)),
        Wants::Site { prune } => diff(site, &unpack(file)?, prune, &mut new_id).map_err(of_documents),
        Wants::Whole { prune } => diff(site, &whole, prune, &mut new_id).map_err(of_documents),
    }?;
    if !has_ids {
        return Err(CauseCode::Internal.into());
    }
    let plan = site.plan(&changes).map_err(|refusals| Failure::refused(refusals, &changes))?;
    let password = |(at, text): (usize, Value)| {
        let Value::String(text) = text else {
            return Err(wrong_password(at, Problem::whole(ProblemCode::WrongType).value("a text")));
        };
        let user = whole.login(at).and_then(|login| plan.site().named::<User>(login));
        let user = user.ok_or_else(|| wrong_password(at, Problem::whole(ProblemCode::UnknownUser)))?;
        match user.from_file {
            true => Err(wrong_password(at, Problem::whole(ProblemCode::SetInFile))),
            false => Ok(Password { at, id: user.id, password: Secret::new(text) }),
        }
    };
    let passwords = texts.into_iter().map(password).collect::<Result<_, _>>();
    let passwords = passwords.map_err(|misfit| of_documents(vec![misfit]))?;
    Ok(Planned { changes, plan, secrets, skipped, passwords })
}

fn of_csv(kind: Kind, mistakes: Vec<Mistake>) -> Failure {
    let told = move |Mistake { line, column, problem }: Mistake| {
        let pointer = column.unwrap_or_default();
        (FieldProblem { line: Some(line), pointer, kind: Some(kind), ..field(&problem) }, problem)
    };
    Failure::several(mistakes.into_iter().map(told).collect())
}

fn of_documents(misfits: Vec<Misfit>) -> Failure {
    let told = |Misfit { kind, at, problem }: Misfit| {
        let pointer = format!("/{}/{at}{}", kind.plural(), problem.pointer);
        (FieldProblem { pointer, kind: Some(kind), ..field(&problem) }, problem)
    };
    Failure::several(misfits.into_iter().map(told).collect())
}

/// The documents of a ZIP.
fn unpack(file: &Bytes) -> Result<Wanted, Failure> {
    let unreadable = |why: &str| Failure::from(Problem::whole(ProblemCode::InvalidDocument).value(why));
    let mut zip = ZipArchive::new(Cursor::new(file)).map_err(|_| unreadable("it is not a ZIP file"))?;
    if zip.len() > MAX_FILES {
        return Err(unreadable("it has too many files"));
    }
    let mut documents = Vec::new();
    let mut left = MAX_UNPACKED as u64;
    for at in 0..zip.len() {
        let entry = zip.by_index(at).map_err(|_| unreadable("a file in it cannot be unpacked"))?;
        if !entry.is_file() {
            continue;
        }
        let name = entry.name().map_err(|_| unreadable("the name of a file in it cannot be read"))?;
        let name = name.rsplit('/').next().unwrap_or_default().to_owned();
        let mut text = Vec::new();
        // What the ZIP says of sizes is not believed.
        let read = entry.take(left + 1).read_to_end(&mut text);
        read.map_err(|_| unreadable("a file in it cannot be unpacked"))?;
        left = left
            .checked_sub(text.len() as u64)
            .ok_or_else(|| Failure::from(Problem::whole(ProblemCode::TooLarge).value(MAX_UNPACKED >> 20)))?;
        documents.push((name, text));
    }
    let documents = documents.iter().map(|(name, text)| (name.as_str(), text.as_slice()));
    let wanted = Wanted::read(documents).map_err(|misfit| of_documents(vec![misfit]))?;
    if wanted == Wanted::default() {
        return Err(unreadable("it has no users.json, groups.json or the like"));
    }
    Ok(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zipped(files: &[(&str, &[u8])]) -> Bytes {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in files {
            zip.start_file(*name, SimpleFileOptions::default().compression_method(CompressionMethod::Deflated))
                .unwrap();
            zip.write_all(text).unwrap();
        }
        zip.finish().unwrap().into_inner().into()
    }

    fn refused(file: &Bytes) -> (u16, String) {
        let failure = unpack(file).unwrap_err();
        (failure.report().status, failure.report().code.clone())
    }

    #[test]
    fn an_export_comes_back_as_it_was() {
        let site = Site::new();
        let packed = pack(&site).unwrap().into();
        let planned = plan(&site, &packed, Wants::Site { prune: true }).unwrap();
        assert!(planned.changes.is_empty() && planned.plan.writes.is_empty());
    }

    #[test]
    fn what_is_no_export_is_refused() {
        assert_eq!(refused(&Bytes::from_static(b"PK\x03\x04 nothing")), (422, "invalid_document".into()));
        assert_eq!(refused(&zipped(&[("readme.txt", b"hello")])), (422, "invalid_document".into()));
        assert_eq!(refused(&zipped(&[("users.json", b"[{")])), (422, "invalid_document".into()));
    }

    #[test]
    fn a_zip_that_unpacks_to_more_than_fits_is_refused() {
        let large = vec![b' '; MAX_UNPACKED / 2 + 1];
        let file = zipped(&[("users.json", &large), ("groups.json", &large)]);
        assert!(file.len() < 1 << 20, "it is small until it is unpacked");
        assert_eq!(refused(&file), (413, "too_large".into()));
        let names: Vec<String> = (0..=MAX_FILES).map(|at| format!("{at}.txt")).collect();
        let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), b"".as_slice())).collect();
        assert_eq!(refused(&zipped(&many)), (422, "invalid_document".into()));
    }
}
