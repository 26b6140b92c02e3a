//! What is said of a database that cannot be used, and what holds of one that can.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Fresh, on_both, postgres};
use crate::config::Secret;
use crate::store::{Row, Store, Write};

async fn keep_a_secret(store: &Store) {
    let row = Row { kind: "user".into(), id: "a".into(), version: 1, body: "{}".into() };
    let secrets = vec![("password".into(), Some(Secret::new("wonderland")))];
    store.site().write(&[Write::Put { row, expected: None, secrets, ends_sessions: false }], &[]).await.unwrap();
}

#[tokio::test]
async fn without_the_right_key_file_it_does_not_start_once_there_are_secrets() {
    on_both(async |fresh| {
        let store = fresh.open().await;
        let key = fresh.database.key_file.clone();
        assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
        store.close().await;
        fs::remove_file(&key).unwrap();
        let store = fresh.open().await;
        keep_a_secret(&store).await;
        store.close().await;

        let right = fs::read(&key).unwrap();
        fs::remove_file(&key).unwrap();
        let problem = fresh.problem().await;
        assert!(problem.starts_with(&format!("{}: the key file is missing, and ", key.display())), "{problem}");
        assert!(problem.contains("Put the file back") && problem.contains("database.key_file"), "{problem}");
        assert!(!key.exists(), "another key would hide the mistake");
        fs::write(&key, [7; 32]).unwrap();
        let problem = fresh.problem().await;
        assert!(problem.starts_with(&format!("{}: this is not the key that", key.display())), "{problem}");
        fs::write(&key, [7; 31]).unwrap();
        let problem = fresh.problem().await;
        assert!(problem.contains("cannot be read: it has not 32 octets."), "{problem}");
        fs::write(&key, right).unwrap();
        fresh.open().await.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_acknowledged_is_on_disk_and_only_figures_may_be_lost() {
    let fresh = Fresh::sqlite();
    let store = fresh.open().await;
    // 2 is FULL, 1 is NORMAL.
    for (pool, level) in [(&store.pool, 2), (&store.records, 1)] {
        let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(pool).await.unwrap();
        assert_eq!(synchronous, level);
        let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(pool).await.unwrap();
        assert_eq!(mode, "wal");
    }
    assert_eq!(store.kind(), "sqlite");
    store.close().await;

    let fresh = Fresh::postgresql();
    let store = fresh.open().await;
    for (pool, level) in [(&store.pool, "on"), (&store.records, "off")] {
        let commit: String =
            sqlx::query_scalar("SELECT current_setting('synchronous_commit')").fetch_one(pool).await.unwrap();
        assert_eq!(commit, level);
    }
    assert_eq!(store.kind(), "postgresql");
    assert!(store.size().await.unwrap() > 100_000);
    store.close().await;
}

#[tokio::test]
async fn a_data_directory_may_have_any_name() {
    let outer = Fresh::sqlite();
    let fresh = Fresh { folder: outer.folder.join("100% ?mode=ro#\u{e4} b"), database: outer.database.clone() };
    fs::create_dir_all(&fresh.folder).unwrap();
    let store = fresh.open().await;
    assert!(store.size().await.unwrap() > 10_000);
    store.close().await;
    assert!(fresh.folder.join("offhook.sqlite").is_file());
}

#[tokio::test]
async fn the_password_comes_from_a_file_and_is_never_shown() {
    let mut fresh = Fresh::postgresql();
    let server = postgres::server();
    let name = fresh.database.url.as_ref().unwrap().expose().rsplit('/').next().unwrap().to_owned();
    server.sql("postgres", &format!("ALTER DATABASE {name} OWNER TO {}", postgres::GUARDED));
    let url = server.url(postgres::GUARDED, &name);
    let file = fresh.folder.join("password");
    fs::write(&file, "p@ss/w\u{f6}rd\n").unwrap();
    fresh.database.url = Some(Secret::new(&url));
    fresh.database.password_file = Some(file.clone());
    let store = fresh.open().await;
    keep_a_secret(&store).await;
    store.close().await;

    fs::write(&file, "wr\u{f6}ng").unwrap();
    let problem = fresh.problem().await;
    assert!(problem.starts_with(&format!("{url}: the database cannot be opened: ")), "{problem}");
    assert!(problem.contains("password authentication failed") && problem.contains("database.password_file"));
    assert!(!problem.contains("wr\u{f6}ng"), "{problem}");
    fs::remove_file(&file).unwrap();
    let problem = fresh.problem().await;
    assert!(problem.starts_with(&format!("{}: the password of the database cannot be read", file.display())));

    fresh.database.password_file = None;
    let with_password = url.replace("guarded@", "guarded:hidden-one@") + "?password=hidden-two";
    fresh.database.url = Some(Secret::new(with_password));
    let problem = fresh.problem().await;
    assert!(problem.starts_with(&url) && !problem.contains("hidden"), "{problem}");
    assert!(!format!("{:?}", fresh.database).contains("hidden"));
}

#[tokio::test]
async fn what_is_said_of_a_database_that_is_not_there_helps() {
    let mut fresh = Fresh::postgresql();
    let server = postgres::server();
    let missing = server.url("postgres", "nowhere");
    fresh.database.url = Some(Secret::new(&missing));
    let problem = fresh.problem().await;
    assert!(problem.starts_with(&missing) && problem.contains("does not exist. Make it with createdb"), "{problem}");
    // Nobody listens at port 1.
    fresh.database.url = Some(Secret::new("postgres://offhook@127.0.0.1:1/offhook"));
    let problem = fresh.problem().await;
    assert!(problem.contains("127.0.0.1:1/offhook") && problem.contains("Start PostgreSQL there"), "{problem}");
    fresh.database.url = Some(Secret::new("postgres://host:port/secret"));
    let problem = fresh.problem().await;
    assert!(problem.starts_with("database.url is no address") && !problem.contains("secret"), "{problem}");

    let fresh = Fresh::sqlite();
    fs::write(fresh.folder.join("offhook.sqlite"), "this is something else, and long enough".repeat(50)).unwrap();
    let problem = fresh.problem().await;
    assert!(problem.contains("offhook.sqlite: ") && problem.contains("not a database"), "{problem}");
}

#[tokio::test]
async fn the_certificate_of_postgresql_is_looked_at_where_the_url_says_so() {
    let mut fresh = Fresh::postgresql();
    let server = postgres::server();
    let name = fresh.database.url.as_ref().unwrap().expose().rsplit('/').next().unwrap().to_owned();
    let verified = |authority: &Path| Some(Secret::new(server.url_verified("postgres", &name, authority)));
    let encrypted = "SELECT ssl::text || version FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    fresh.database.url = verified(&server.authority());
    let store = fresh.open().await;
    for pool in [&store.pool, &store.records] {
        let found: String = sqlx::query_scalar(encrypted).fetch_one(pool).await.unwrap();
        assert_eq!(found, "trueTLSv1.3");
    }
    store.close().await;

    // Somebody else's authority, none but the public ones, a file that is not there.
    let strange = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap().cert.pem();
    let other = fresh.folder.join("other.pem");
    fs::write(&other, strange).unwrap();
    let url = server.url("postgres", &name);
    for strange in [verified(&other), Some(Secret::new(format!("{url}?sslmode=verify-full")))] {
        fresh.database.url = strange;
        let (english, german) = fresh.problems().await;
        assert_eq!(
            english,
            format!(
                "{url}: the database cannot be opened: PostgreSQL shows a certificate of an authority that is not trusted. \
                 Name the authority's own certificate in database.url: sslrootcert=FILE."
            )
        );
        assert!(german.starts_with(&format!("{url}: Die Datenbank lässt sich nicht öffnen: ")), "{german}");
        assert!(german.contains("einer Stelle, der nicht vertraut wird. Bitte das Zertifikat der Stelle"), "{german}");
    }
    fresh.database.url = verified(Path::new("/nowhere/authority.pem"));
    let (english, german) = fresh.problems().await;
    assert!(english.contains("Check sslrootcert") && german.contains("Bitte sslrootcert"), "{english} {german}");
}

/// Answers like a PostgreSQL without TLS.
#[tokio::test]
async fn a_postgresql_without_tls_is_told_from_one_that_is_not_there() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let answer = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read_exact(&mut [0; 8]).await.unwrap();
        stream.write_all(b"N").await.unwrap();
    });
    let mut fresh = Fresh::sqlite();
    fresh.database.url = Some(Secret::new(format!("postgres://offhook@{address}/offhook?sslmode=require")));
    let (english, german) = fresh.problems().await;
    assert!(english.contains("PostgreSQL does not offer TLS there. Switch it on"), "{english}");
    assert!(german.contains("PostgreSQL bietet dort kein TLS an. Bitte dort einschalten"), "{german}");
    answer.await.unwrap();
}
