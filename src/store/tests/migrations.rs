//! Databases of earlier versions, with what people had in them, are brought up to date. Each file in `fixtures` is the
//! dump of a database of that version, with the sums of the migrations that made it.

use std::fs;
use std::path::Path;

use sqlx::{AssertSqlSafe, Executor};

use super::{Fresh, postgres};
use crate::call::settings::LineSettingsStore;
use crate::capture::failures::VerdictStore;
use crate::quality::QualityStore;
use crate::store::database::{Durability, POSTGRESQL, Place, SQLITE};
use crate::store::{AuditFilter, Store};
use crate::user::accounts::{AccountKind, AccountStore};
use crate::user::sessions::Session;

const FIXTURES: [&str; 7] = [
    include_str!("fixtures/sqlite-1.sql"),
    include_str!("fixtures/sqlite-2.sql"),
    include_str!("fixtures/sqlite-3.sql"),
    include_str!("fixtures/sqlite-4.sql"),
    include_str!("fixtures/sqlite-5.sql"),
    include_str!("fixtures/sqlite-6.sql"),
    include_str!("fixtures/sqlite-7.sql"),
];

/// A database of SQLite as a dump has it.
async fn restored(dump: &'static str) -> Fresh {
    let fresh = Fresh::sqlite();
    let place = Place::of(&fresh.folder, &fresh.database).unwrap();
    let mut connection = place.connect(Durability::Full).await.unwrap();
    connection.execute(dump).await.unwrap();
    sqlx::Connection::close(connection).await.unwrap();
    fresh
}

#[tokio::test]
async fn what_people_had_in_every_earlier_version_is_there() {
    for (version, dump) in (1..).zip(FIXTURES) {
        has_everything(&restored(dump).await, version).await;
    }
}

#[tokio::test]
async fn what_people_had_in_earlier_versions_of_postgresql_is_there() {
    // Its first version was the sixth of SQLite.
    for (version, dump) in [(6, include_str!("fixtures/postgres-1.sql")), (7, include_str!("fixtures/postgres-2.sql"))]
    {
        let fresh = Fresh::postgresql();
        let place = Place::of(&fresh.folder, &fresh.database).unwrap();
        let mut connection = place.connect(Durability::Full).await.unwrap();
        connection.execute(dump).await.unwrap();
        sqlx::Connection::close(connection).await.unwrap();
        has_everything(&fresh, version).await;
    }
}

/// Whether what a database of some version had is there once it is opened.
async fn has_everything(fresh: &Fresh, version: usize) {
    let store = fresh.open().await;
    let users = store.accounts(AccountKind::User);
    assert_eq!(users.password_hash("anna").await.unwrap().as_deref(), Some("$argon2id$anna"), "from {version}");
    let session = Session {
        token_hash: vec![0x0A, 0xFF],
        account: "anna".into(),
        created_at: 4_000_000_000 - 30 * 24 * 3600,
        used_at: 4_000_000_000 - 30 * 24 * 3600,
        expires_at: 4_000_000_000,
        address: String::new(),
        user_agent: String::new(),
    };
    assert_eq!(store.sessions(AccountKind::User).of("anna", 0).await.unwrap(), [session], "from {version}");
    if version >= 2 {
        has_administrators(&store).await;
    }
    let calls = store.quality().recent(10).await.unwrap();
    let lines = store.line_settings().load().await.unwrap();
    let verdicts = store.verdicts().between(0.0, 1e15).await.unwrap();
    let objects = store.site().load().await.unwrap();
    let audit = store.audit().list(&AuditFilter::default(), None, 10).await.unwrap();
    assert_eq!(calls.len(), usize::from(version >= 3), "from {version}");
    assert_eq!(lines.len(), usize::from(version >= 4), "from {version}");
    assert_eq!(verdicts.calls.len(), usize::from(version >= 5), "from {version}");
    let known = store.sign_ins(AccountKind::User).is_known("anna", "192.0.2.1", 0).await.unwrap();
    assert_eq!((known, store.token_use().all().await.unwrap().len()), (version >= 7, usize::from(version >= 7)));
    assert_eq!((objects.len(), audit.len()), (usize::from(version >= 6), usize::from(version >= 6)), "from {version}");
    if let Some(call) = calls.first() {
        assert_eq!((call.id.as_str(), call.legs.len(), call.legs[0].mos), ("c1", 1, Some(4.25)));
        assert_eq!((call.caller.as_deref(), call.connected_at), (Some("21"), None));
    }
    if let Some((group, number, settings)) = lines.first() {
        assert!((group.as_str(), number.as_str()) == ("main", "100") && settings.do_not_disturb);
    }
    if let Some(verdict) = verdicts.calls.first() {
        assert_eq!((verdict.code.as_str(), verdict.german.as_str()), ("wrong_password", "Falsches Kennwort."));
    }
    if let (Some(object), Some((_, entry))) = (objects.first(), audit.first()) {
        assert_eq!((object.version, entry.title.as_str(), entry.at), (3, "Carla", 5_000));
    }
    // Once more changes nothing.
    store.close().await;
    fresh.open().await.close().await;
}

async fn has_administrators(store: &Store) {
    let administrators = store.accounts(AccountKind::Administrator);
    assert_eq!(administrators.password_hash("anna").await.unwrap().as_deref(), Some("$argon2id$root"));
    let sessions = store.sessions(AccountKind::Administrator).of("anna", 0).await.unwrap();
    assert_eq!(sessions.len(), 1);
    assert_eq!(sessions[0].created_at, 4_000_000_000 - 12 * 3600);
}

#[tokio::test]
async fn an_older_program_does_not_touch_a_newer_database() {
    for (fresh, version) in [(Fresh::sqlite(), SQLITE.len() + 1), (Fresh::postgresql(), POSTGRESQL.len() + 1)] {
        let store = fresh.open().await;
        let newer = format!(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             SELECT {version}, 'newer', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1"
        );
        sqlx::query(AssertSqlSafe(newer)).execute(&store.pool).await.unwrap();
        store.close().await;
        let problem = fresh.problem().await;
        assert!(problem.contains("A later version of Offhook has used it"), "{problem}");
    }
}

#[tokio::test]
async fn both_databases_have_the_same_tables_and_columns() {
    let sqlite = Fresh::sqlite();
    let store = sqlite.open().await;
    let columns = "SELECT t.name || '.' || c.name FROM sqlite_schema AS t, pragma_table_info(t.name) AS c
                   WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND t.name NOT LIKE '\\_%' ESCAPE '\\'";
    let mut ours: Vec<String> = sqlx::query_scalar(columns).fetch_all(&store.pool).await.unwrap();
    store.close().await;
    let postgresql = Fresh::postgresql();
    postgresql.open().await.close().await;
    let name = postgresql.database.url.as_ref().unwrap().expose().rsplit('/').next().unwrap();
    let columns = "SELECT table_name || '.' || column_name FROM information_schema.columns
                   WHERE table_schema = 'public' AND table_name NOT LIKE '\\_%'";
    let theirs = postgres::server().sql(name, columns);
    let mut theirs: Vec<_> = theirs.lines().map(str::to_owned).collect();
    ours.sort();
    theirs.sort();
    assert!(ours.len() > 40, "{ours:?}");
    assert_eq!(ours, theirs);
}

#[test]
fn every_file_of_the_migrations_counts() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/migrations");
    for (database, known) in [("sqlite", &SQLITE[..]), ("postgres", &POSTGRESQL[..])] {
        let mut files: Vec<_> = fs::read_dir(folder.join(database)).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        let texts: Vec<_> = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
        assert_eq!(texts, known, "{database}");
    }
}
