//! The site as a ZIP of readable JSON, and back: previewed, then all or nothing. Users also from CSV.

mod passwords;

use std::io::{self, Cursor, Read, Write as _};

use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::response::Response;
use axum::{Extension, Json};
use rustc_hash::FxHashMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use tokio::runtime::Handle;
use tracing::error;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use self::passwords::{Compared, Password, check_passwords, compare, kept_passwords};
use super::failure::{Failure, field};
use super::{lines, pictures, request};
use crate::administration::{self, PictureChange, SecretChange};
use crate::call::cause::CauseCode;
use crate::picture::{self, MAX_FILE, PictureSize};
use crate::site::exchange::{GivenPassword, Misfit, Wanted, diff, export, name};
use crate::site::lines_csv;
use crate::site::users_csv::{self, Mistake};
use crate::site::{Change, Kind, ObjectId, Plan, Problem, ProblemCode, Role, Said, Site, User, Write};
use crate::web::WebState;
use crate::web::protocol::site::{FieldProblem, Import};
use crate::web::routes::files;
use crate::web::routes::table::{Identity, Method, Operation, Routes, schema};

/// Octets that are taken; of a ZIP, which may have pictures …
const MAX_UPLOAD: usize = 32 << 20;
/// … so many.
const MAX_ZIP: usize = 256 << 20;
/// Octets of all documents of a ZIP once they are unpacked.
const MAX_UNPACKED: usize = 64 << 20;
/// Files of a ZIP beside its pictures.
const MAX_FILES: usize = 100;
/// The folder of a ZIP that has pictures of users, each named by the id or the login of its user.
const PICTURES: &str = "pictures/";

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

/// What is exported.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct ExportQuery {
    /// Leave the pictures of users out.
    without_pictures: bool,
}

pub(super) fn routes() -> Routes {
    let out = Operation {
        id: "export_site".to_owned(),
        summary: "Settings, line groups, lines, profiles, users, groups and computers as a ZIP of readable JSON, and pictures of users"
            .to_owned(),
        status: 200,
        answer: vec![(ZIP, None)],
        refusals: &[400],
        ..Operation::default()
    }
    .asking::<ExportQuery>();
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

async fn download(
    State(state): State<WebState>,
    query: Result<Query<ExportQuery>, QueryRejection>,
) -> Result<Response, Failure> {
    let Query(ExportQuery { without_pictures }) = query.map_err(|_| CauseCode::BadRequest)?;
    let (site, table) = (state.administration.site(), state.administration.table().pictures());
    let runtime = Handle::current();
    let mut picture = move |user: ObjectId| {
        let found = runtime.block_on(table.find(Kind::User.as_str(), user.as_str(), PictureSize::Large.as_str()));
        found.map(|found| found.map(|picture| picture.image)).map_err(|failure| {
            error!(error = &failure as &dyn std::error::Error, "a picture cannot be read");
            io::Error::other(failure)
        })
    };
    let body = files::streamed(move |out| match without_pictures {
        true => pack(&site, out, &mut |_| Ok(None)),
        false => pack(&site, out, &mut picture),
    });
    Ok(files::attachment("site.zip", ZIP, body))
}

/// Writes the documents, and the pictures of those users that are in them.
fn pack(
    site: &Site,
    out: impl io::Write,
    picture: &mut dyn FnMut(ObjectId) -> io::Result<Option<Vec<u8>>>,
) -> io::Result<()> {
    let mut zip = ZipWriter::new_stream(out);
    let options = SimpleFileOptions::default();
    for document in export(site) {
        zip.start_file(document.name, options.compression_method(CompressionMethod::Deflated))?;
        zip.write_all(document.text.as_bytes())?;
    }
    let users = site.iter::<User>().filter(|user| !user.from_file && site.picture(user.id).is_some());
    let mut users: Vec<ObjectId> = users.map(|user| user.id).collect();
    users.sort_unstable();
    for user in users {
        if let Some(image) = picture(user)? {
            // A JPEG is packed already.
            zip.start_file(format!("{PICTURES}{user}.jpg"), options.compression_method(CompressionMethod::Stored))?;
            zip.write_all(&image)?;
        }
    }
    zip.finish()?;
    Ok(())
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
    let most = if media_type == ZIP { MAX_ZIP } else { MAX_UPLOAD };
    let file = request::octets(request.into_body(), most).await?;
    let wants = match (is_csv, line_group) {
        (true, None) => Wants::Users,
        (true, Some(group)) => Wants::Lines(group),
        (false, _) if media_type == JSON => Wants::Whole { prune },
        (false, _) => Wants::Site { prune },
    };
    let mut compared = FxHashMap::default();
    loop {
        let (site, document) = (state.administration.site(), file.clone());
        let planned = tokio::task::spawn_blocking(move || plan(&site, &document, wants)).await;
        let planned = planned.map_err(|_| CauseCode::Internal)??;
        let writes = planned.plan.writes.iter().map(|write| write.kind);
        if !writes.chain(planned.passwords.iter().map(|of| of.kind)).all(|kind| identity.may(needs(kind))) {
            return Err(CauseCode::RoleForbids.into());
        }
        check_passwords(planned.plan.site(), &planned.passwords)?;
        if preview && !identity.is_command() {
            return previewed(&state, planned).await.map(Json);
        }
        let missing: Vec<&Password> = planned.passwords.iter().filter(|of| !of.is_in(&compared)).collect();
        if missing.is_empty() {
            return carry_out(&state, &identity, planned, &compared, (wants, preview)).await.map(Json);
        }
        // That takes its time. What has been changed meanwhile is planned with, not refused.
        compare(&state, &identity, planned.plan.site(), &missing, &mut compared).await?;
    }
}

/// The role that may change objects of a kind by an import.
fn needs(kind: Kind) -> Role {
    match kind {
        Kind::Settings | Kind::Location | Kind::LineGroup | Kind::Line => Role::Full,
        _ => Role::Users,
    }
}

/// What would be done, for who may not try passwords out like that.
async fn previewed(state: &WebState, planned: Planned) -> Result<Import, Failure> {
    let Planned { plan, mut secrets, skipped, passwords, pictures, .. } = planned;
    let kept = kept_passwords(state, &passwords).await?;
    let new = passwords.iter().filter(|of| !kept.contains_key(&(of.kind, of.id)));
    let new: Vec<SecretChange> = new.map(|of| lines::secret_change(of.kind, of.id, None)).collect();
    let uncompared = passwords.len() - new.len();
    secrets.extend(new);
    let pictures = set_pictures(state, pictures).await?.len();
    Ok(Import { applied: false, uncompared, pictures, ..told(plan.site(), &secrets, skipped, plan.writes.clone()) })
}

async fn carry_out(
    state: &WebState,
    identity: &Identity,
    planned: Planned,
    compared: &FxHashMap<(Kind, usize), Compared>,
    (wants, preview): (Wants, bool),
) -> Result<Import, Failure> {
    let Planned { changes, plan, mut secrets, skipped, passwords, pictures } = planned;
    secrets.extend(passwords.iter().filter_map(|of| match compared.get(&(of.kind, of.at))? {
        Compared::Same(_) => None,
        Compared::Other(secret) => Some(lines::secret_change(of.kind, of.id, Some(secret.clone()))),
    }));
    let pictures = set_pictures(state, pictures).await?;
    let count = pictures.len();
    if preview {
        let told = told(plan.site(), &secrets, skipped, plan.writes.clone());
        return Ok(Import { applied: false, pictures: count, ..told });
    }
    let request = administration::Request {
        changes: &changes,
        secrets: &secrets,
        pictures: &pictures,
        action: Some(if matches!(wants, Wants::Whole { .. }) { "apply" } else { "import" }),
        ..administration::Request::default()
    };
    let made = state.administration.change(request, &identity.actor, request::now()).await;
    let writes = made.map_err(|error| Failure::of_change(error, &changes))?;
    Ok(Import { pictures: count, ..told(plan.site(), &secrets, skipped, writes) })
}

/// The pictures that users do not have yet. Each takes tens of milliseconds.
async fn set_pictures(state: &WebState, brought: Vec<(ObjectId, Brought)>) -> Result<Vec<PictureChange>, Failure> {
    let (site, table) = (state.administration.site(), state.administration.table().pictures());
    let mut changes = Vec::new();
    for (user, Brought { name, file }) in brought {
        if site.picture(user) == Some(picture::version(&file)) {
            continue;
        }
        let kept = table.find(Kind::User.as_str(), user.as_str(), PictureSize::Large.as_str()).await;
        let kept = kept.map_err(|failure| {
            error!(error = &failure as &dyn std::error::Error, "a picture cannot be read");
            CauseCode::Internal
        })?;
        // What was exported here comes back.
        if kept.is_some_and(|kept| kept.image == file) {
            continue;
        }
        let made = pictures::made(file).await;
        let made =
            made.map_err(|problem| Failure::about(Problem { pointer: format!("/{PICTURES}{name}"), ..problem }))?;
        changes.push(PictureChange { user, picture: Some(made) });
    }
    Ok(changes)
}

/// What is told of an import that is carried out.
fn told(site: &Site, secrets: &[SecretChange], skipped: usize, writes: Vec<Write>) -> Import {
    let set_for = |kind| {
        let of_kind = secrets.iter().filter(|secret| secret.kind == kind);
        of_kind.filter_map(|secret| name(site, kind, secret.id)).collect()
    };
    Import {
        applied: true,
        writes,
        skipped,
        passwords: secrets.len(),
        logins: set_for(Kind::User),
        line_groups: set_for(Kind::LineGroup),
        lines: set_for(Kind::Line),
        uncompared: 0,
        pictures: 0,
    }
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
    /// One document with everything, and passwords.
    Whole {
        /// Whether what is not in it goes.
        prune: bool,
    },
}

/// The changes that a file comes to, and what they write.
struct Planned {
    changes: Vec<Change>,
    plan: Plan,
    secrets: Vec<SecretChange>,
    skipped: usize,
    passwords: Vec<Password>,
    pictures: Vec<(ObjectId, Brought)>,
}

/// A picture in a ZIP.
#[derive(Debug)]
struct Brought {
    /// Its name in the folder.
    name: String,
    file: Bytes,
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
    let (mut whole, given) = match wants {
        Wants::Whole { .. } => Wanted::whole(file)?,
        _ => Default::default(),
    };
    let mut brought = Vec::new();
    let changes = match wants {
        Wants::Users => users_csv::read(site, file, &mut new_id).map_err(|mistakes| of_csv(Kind::User, mistakes)),
        Wants::Lines(group) => lines_csv::read(site, group, file, &mut new_id)
            .map(|new| {
                (secrets, skipped) = (lines::passwords(new.passwords), new.skipped);
                new.changes
            })
            .map_err(|mistakes| of_csv(Kind::Line, mistakes)),
        Wants::Site { prune } => {
            (whole, brought) = unpack(file)?;
            diff(site, &whole, prune, &mut new_id).map_err(of_documents)
        }
        Wants::Whole { prune } => diff(site, &whole, prune, &mut new_id).map_err(of_documents),
    }?;
    if !has_ids {
        return Err(CauseCode::Internal.into());
    }
    let plan = site.plan(&changes).map_err(|refusals| Failure::refused(refusals, &changes))?;
    let password = |GivenPassword { kind, at, password }: GivenPassword| {
        let misfit = |problem| of_documents(vec![Misfit { kind, at, problem }]);
        let Value::String(password) = password else {
            return Err(misfit(lines::at_password(ProblemCode::WrongType).said(Said::new("a text", "ein Text"))));
        };
        match whole.named(plan.site(), kind, at) {
            None => Err(misfit(lines::at_password(kind.unknown()))),
            Some((_, true)) => Err(misfit(lines::at_password(ProblemCode::SetInFile))),
            Some((id, false)) => Ok(Password { kind, at, id, password }),
        }
    };
    let passwords = given.into_iter().map(password).collect::<Result<_, Failure>>()?;
    let logins = whole.logins();
    let pictures = brought.into_iter().map(|brought| Ok((whose(&logins, plan.site(), &brought.name)?, brought)));
    let pictures = pictures.collect::<Result<_, Failure>>()?;
    Ok(Planned { changes, plan, secrets, skipped, passwords, pictures })
}

/// Whose picture it is, by the name of its file: an id, that of the documents too, or a login.
fn whose(logins: &FxHashMap<&str, &str>, site: &Site, name: &str) -> Result<ObjectId, Failure> {
    let called = name.rsplit_once('.').map_or(name, |(called, _)| called);
    let login = logins.get(called).copied().unwrap_or(called);
    let by_id = || called.parse().ok().and_then(|id| site.get::<User>(id));
    let user = site.named::<User>(login).or_else(by_id);
    user.map(|user| user.id).ok_or_else(|| {
        Failure::about(Problem { pointer: format!("/{PICTURES}{name}"), ..Problem::whole(ProblemCode::UnknownUser) })
    })
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

/// The documents and the pictures of a ZIP.
fn unpack(file: &Bytes) -> Result<(Wanted, Vec<Brought>), Failure> {
    let unreadable = |english: &str, german: &str| {
        Failure::from(Problem::whole(ProblemCode::InvalidDocument).said(Said::new(english, german)))
    };
    let no_zip = || unreadable("it is not a ZIP file", "es ist keine ZIP-Datei");
    let broken = || unreadable("a file in it cannot be unpacked", "eine Datei darin lässt sich nicht entpacken");
    let mut zip = ZipArchive::new(Cursor::new(file)).map_err(|_| no_zip())?;
    let too_large = |most: usize| Failure::from(Problem::whole(ProblemCode::TooLarge).value(most >> 20));
    let (mut documents, mut pictures) = (Vec::new(), Vec::new());
    let (mut left, mut left_of_pictures) = (MAX_UNPACKED as u64, MAX_ZIP as u64);
    let mut others = 0;
    for at in 0..zip.len() {
        let entry = zip.by_index(at).map_err(|_| broken())?;
        if !entry.is_file() {
            continue;
        }
        let name = entry.name().map_err(|_| {
            unreadable("the name of a file in it cannot be read", "der Name einer Datei darin lässt sich nicht lesen")
        })?;
        let is_picture = name.starts_with(PICTURES) || name.contains(&format!("/{PICTURES}"));
        let name = name.rsplit('/').next().unwrap_or_default().to_owned();
        // What systems put into every folder.
        if is_picture && name.starts_with('.') {
            continue;
        }
        others += usize::from(!is_picture);
        if others > MAX_FILES || pictures.len() > Kind::User.most() {
            return Err(unreadable("it has too many files", "es hat zu viele Dateien"));
        }
        let left = if is_picture { &mut left_of_pictures } else { &mut left };
        let most = if is_picture { (*left).min(MAX_FILE as u64) } else { *left };
        let mut text = Vec::new();
        // What the ZIP says of sizes is not believed.
        let read = entry.take(most + 1).read_to_end(&mut text);
        read.map_err(|_| broken())?;
        if text.len() as u64 > most {
            return Err(too_large(if is_picture { MAX_FILE } else { MAX_UNPACKED }));
        }
        *left -= text.len() as u64;
        match is_picture {
            true => pictures.push(Brought { name, file: text.into() }),
            false => documents.push((name, text)),
        }
    }
    let documents = documents.iter().map(|(name, text)| (name.as_str(), text.as_slice()));
    let wanted = Wanted::read(documents).map_err(|misfit| of_documents(vec![misfit]))?;
    if wanted == Wanted::default() && pictures.is_empty() {
        return Err(unreadable(
            "it has no users.json, groups.json or the like",
            "es hat keine users.json, groups.json oder dergleichen",
        ));
    }
    Ok((wanted, pictures))
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
        let packed = packed(&site);
        let planned = plan(&site, &packed, Wants::Site { prune: true }).unwrap();
        assert!(planned.changes.is_empty() && planned.plan.writes.is_empty() && planned.pictures.is_empty());
    }

    fn packed(site: &Site) -> Bytes {
        let mut file = Vec::new();
        pack(site, &mut file, &mut |user| Ok(Some(user.as_str().as_bytes().to_vec()))).unwrap();
        file.into()
    }

    #[test]
    fn pictures_come_with_their_users_by_id_or_login() {
        let id = ObjectId::random([7; 16]);
        let body = serde_json::json!({ "login": "anna", "display_name": "Anna" });
        let put = Change::Put { kind: Kind::User, id, expected: Some(0), body };
        let mut site = Site::new();
        site.commit(site.plan(&[put]).unwrap()).unwrap();
        let file = packed(&site);
        assert!(unpack(&file).unwrap().1.is_empty(), "she has none");
        site.set_picture(id, Some(5));
        let file = packed(&site);
        // Into a site that knows nobody, and into one where she has another id.
        let there = ObjectId::random([9; 16]);
        let body = serde_json::json!({ "login": "Anna", "display_name": "Anna" });
        let mut other = Site::new();
        other
            .commit(other.plan(&[Change::Put { kind: Kind::User, id: there, expected: Some(0), body }]).unwrap())
            .unwrap();
        for (into, expected) in [(&Site::new(), id), (&site, id), (&other, there)] {
            let planned = plan(into, &file, Wants::Site { prune: false }).unwrap();
            let pictures: Vec<_> = planned.pictures.iter().map(|(user, brought)| (*user, &*brought.file)).collect();
            assert_eq!(pictures, [(expected, id.as_str().as_bytes())]);
        }
        let by_login = zipped(&[("site/pictures/ANNA.png", b"image"), ("site/pictures/.DS_Store", b"")]);
        let planned = plan(&site, &by_login, Wants::Site { prune: false }).unwrap();
        assert_eq!((planned.pictures.len(), planned.pictures[0].0), (1, id));
        let nobody = zipped(&[("pictures/nobody.png", b"image")]);
        let failure = plan(&site, &nobody, Wants::Site { prune: false }).map(drop).unwrap_err();
        assert_eq!(failure.report().errors[0].pointer, "/pictures/nobody.png");
        let large = vec![0; MAX_FILE + 1];
        assert_eq!(refused(&zipped(&[("pictures/anna.png", &large)])), (413, "too_large".into()));
    }

    #[test]
    fn passwords_of_a_document_belong_to_its_objects() {
        let planned = |document: &Value| {
            let file = serde_json::to_vec(document).unwrap().into();
            plan(&Site::new(), &file, Wants::Whole { prune: false })
        };
        let document = serde_json::json!({
            "line_groups": [{ "name": "pbx", "registrar": "pbx.test", "password": "of the group" }],
            "lines": [{ "group": "pbx", "user_name": "100" }, { "group": "pbx", "user_name": "101", "password": "of the line" }],
            "users": [{ "login": "anna", "display_name": "Anna", "password": "of anna" }],
        });
        let Planned { plan, passwords, .. } = planned(&document).unwrap();
        let of = |given: &Password| (name(plan.site(), given.kind, given.id).unwrap(), given.password.clone());
        let given: Vec<_> = passwords.iter().map(of).collect();
        let wanted = [("pbx", "of the group"), ("101", "of the line"), ("anna", "of anna")];
        assert_eq!(given, wanted.map(|(name, password)| (name.to_owned(), password.to_owned())));
        let number = serde_json::json!({ "users": [{ "login": "anna", "display_name": "Anna", "password": 5 }] });
        let refused = planned(&number).map(|_| ()).unwrap_err();
        assert_eq!(refused.report().errors[0].pointer, "/users/0/password");
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
