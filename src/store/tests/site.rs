//! Objects with their secrets and pictures, what is noted of changes, and answers.

use super::on_both;
use crate::config::Secret;
use crate::store::seal::{SealError, SecretOf};
use crate::store::{Answer, AuditEntry, AuditFilter, Picture, Row, SiteError, Store, Write};
use crate::user::accounts::AccountKind;
use crate::user::sessions::Session;

const DAY: i64 = 24 * 3600;

fn row(id: &str, version: i64, body: &str) -> Row {
    Row { kind: "user".into(), id: id.into(), version, body: body.into() }
}

fn put(id: &str, expected: Option<i64>, body: &str, secrets: &[(&str, Option<&str>)]) -> Write {
    let secrets = secrets.iter().map(|&(field, secret)| (field.to_owned(), secret.map(Secret::new)));
    Write::Put {
        row: row(id, expected.unwrap_or(0) + 1, body),
        expected,
        secrets: secrets.collect(),
        ends_sessions: false,
    }
}

fn entry(at: i64, actor: &str, object: &str) -> AuditEntry {
    AuditEntry {
        at,
        actor: actor.into(),
        actor_kind: "administrator".into(),
        address: None,
        action: "change".into(),
        kind: "user".into(),
        object: object.into(),
        title: "Anna".into(),
        before: None,
        after: Some("{}".into()),
    }
}

async fn secret(store: &Store, id: &str, field: &str) -> Option<String> {
    let secret = store.site().secret(SecretOf { kind: "user", id, field }).await.unwrap();
    secret.map(|secret| secret.expose().to_owned())
}

#[tokio::test]
async fn objects_come_change_and_go_with_their_secrets_pictures_and_sessions() {
    on_both(async |fresh| {
        let store = fresh.open().await;
        let site = store.site();
        let both = [
            put("a", None, "{\"a\":1}", &[("password", Some("one")), ("totp", Some("two"))]),
            put("b", None, "{}", &[("password", Some("three"))]),
        ];
        site.write(&both, &[]).await.unwrap();
        let picture = Picture { size: "small".into(), media_type: "image/png".into(), image: vec![0, 255], version: 7 };
        let pictures = Write::Pictures { kind: "user".into(), id: "a".into(), pictures: vec![picture.clone()] };
        site.write(&[pictures], &[]).await.unwrap();
        let session = Session {
            token_hash: b"token".into(),
            account: "a".into(),
            created_at: 0,
            used_at: 0,
            expires_at: DAY,
            address: String::new(),
            user_agent: String::new(),
        };
        store.sessions(AccountKind::User).begin(&session).await.unwrap();
        store.close().await;

        let store = fresh.open().await;
        let site = store.site();
        assert_eq!(site.load().await.unwrap(), [row("a", 1, "{\"a\":1}"), row("b", 1, "{}")]);
        let passwords = site.secrets("user", "password").await.unwrap();
        assert_eq!(passwords, [("a".into(), Secret::new("one")), ("b".into(), Secret::new("three"))]);
        let change = put("a", Some(1), "{\"a\":2}", &[("password", Some("four")), ("totp", None)]);
        site.write(&[change], &[]).await.unwrap();
        assert_eq!(secret(&store, "a", "password").await.as_deref(), Some("four"));
        assert_eq!(secret(&store, "a", "totp").await, None, "it was taken away");
        site.write(&[put("a", Some(2), "{\"a\":3}", &[])], &[]).await.unwrap();
        assert_eq!(secret(&store, "a", "password").await.as_deref(), Some("four"), "what is not named stays");
        assert_eq!(site.pictures().find("user", "a", "small").await.unwrap(), Some(picture));
        assert_eq!(site.pictures().versions().await.unwrap().len(), 1);

        let secrets = vec![("totp".to_owned(), Some(Secret::new("five")))];
        let of_the_file = Write::Secrets { kind: "user".into(), id: "of-the-file".into(), secrets, keep_session: None };
        let gone = Write::Delete { kind: "user".into(), id: "a".into(), expected: 3 };
        site.write(&[of_the_file, gone], &[]).await.unwrap();
        assert_eq!(site.load().await.unwrap(), [row("b", 1, "{}")]);
        assert_eq!(secret(&store, "a", "password").await, None);
        assert_eq!(secret(&store, "of-the-file", "totp").await.as_deref(), Some("five"));
        assert_eq!(site.pictures().find("user", "a", "small").await.unwrap(), None);
        assert_eq!(
            store.sessions(AccountKind::User).find(b"token", 1).await.unwrap(),
            None,
            "nobody is signed in as it"
        );
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_change_of_what_somebody_else_has_changed_does_nothing_at_all() {
    on_both(async |fresh| {
        let store = fresh.open().await;
        let site = store.site();
        site.write(&[put("a", None, "{}", &[("password", Some("one"))])], &[]).await.unwrap();
        let first = || put("b", None, "{}", &[("password", Some("two"))]);
        let delete = |id: &str, expected| Write::Delete { kind: "user".into(), id: id.into(), expected };
        let conflicts = [
            (put("a", None, "{}", &[]), "a", Some(1)),
            (put("a", Some(2), "{}", &[("password", None)]), "a", Some(1)),
            (put("c", Some(1), "{}", &[]), "c", None),
            (delete("a", 2), "a", Some(1)),
            (delete("c", 1), "c", None),
        ];
        for (second, object, there) in conflicts {
            let refused = site.write(&[first(), second], &[entry(1, "root", "b")]).await.unwrap_err();
            let SiteError::Changed { kind, id, version } = refused else { panic!("{refused}") };
            assert_eq!((kind.as_str(), id.as_str(), version), ("user", object, there));
            assert_eq!(site.load().await.unwrap(), [row("a", 1, "{}")]);
            assert_eq!(secret(&store, "b", "password").await, None);
            assert_eq!(secret(&store, "a", "password").await.as_deref(), Some("one"));
            assert_eq!(store.audit().list(&AuditFilter::default(), None, 10).await.unwrap(), []);
        }
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn one_of_many_at_once_changes_an_object_and_the_others_hear_of_it() {
    on_both(async |fresh| {
        let store = fresh.open().await;
        store.site().write(&[put("a", None, "{}", &[])], &[]).await.unwrap();
        let tasks: Vec<_> = (0..8)
            .map(|task| {
                let site = store.site();
                tokio::spawn(
                    async move { site.write(&[put("a", Some(1), &format!("{{\"n\":{task}}}"), &[])], &[]).await },
                )
            })
            .collect();
        let mut kept = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(()) => kept += 1,
                Err(SiteError::Changed { version, .. }) => assert_eq!(version, Some(2)),
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(kept, 1);
        assert_eq!(store.site().load().await.unwrap()[0].version, 2);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_secret_moved_to_another_object_in_the_database_is_not_taken() {
    on_both(async |fresh| {
        let store = fresh.open().await;
        let site = store.site();
        let both = [
            put("a", None, "{}", &[("password", Some("weak"))]),
            put("b", None, "{}", &[("password", Some("strong"))]),
        ];
        site.write(&both, &[]).await.unwrap();
        sqlx::query(
            "UPDATE object_secret SET sealed = (SELECT sealed FROM object_secret WHERE id = 'a') WHERE id = 'b'",
        )
        .execute(&store.pool)
        .await
        .unwrap();
        let refused = site.secret(SecretOf { kind: "user", id: "b", field: "password" }).await.unwrap_err();
        assert!(matches!(&refused, SiteError::Seal(SealError::Broken { id, .. }) if id == "b"), "{refused}");
        assert!(site.secrets("user", "password").await.is_err());
        assert_eq!(secret(&store, "a", "password").await.as_deref(), Some("weak"));
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn changes_are_listed_the_latest_first_page_by_page_and_by_who_made_them_to_what() {
    on_both(async |fresh| {
        let store = fresh.open().await;
        let audit = store.audit();
        let whole = AuditEntry {
            address: Some("192.0.2.1".into()),
            before: Some("{\"a\":\"\u{e4}\"}".into()),
            ..entry(1, "root", "a")
        };
        let noted = [whole, entry(2, "carol", "a"), entry(3, "root", "b"), entry(4, "carol", "b")];
        store.site().write(&[], &noted[..3]).await.unwrap();
        audit.note(&noted[3]).await.unwrap();

        let all = AuditFilter::default();
        let first = audit.list(&all, None, 3).await.unwrap();
        let second = audit.list(&all, first.last().map(|&(id, _)| id), 3).await.unwrap();
        let listed: Vec<_> = first.into_iter().chain(second).map(|(_, entry)| entry).collect();
        assert_eq!(listed, noted.iter().rev().cloned().collect::<Vec<_>>());

        let root = || Some("root".to_owned());
        let a = || Some("a".to_owned());
        for (filter, times) in [
            (AuditFilter { actor: root(), ..all.clone() }, vec![3, 1]),
            (AuditFilter { object: a(), ..all.clone() }, vec![2, 1]),
            (AuditFilter { actor: root(), object: a(), ..all.clone() }, vec![1]),
            (AuditFilter { kind: Some("group".into()), ..all.clone() }, vec![]),
            (AuditFilter { since: Some(3), ..all.clone() }, vec![4, 3]),
            (AuditFilter { until: Some(2), ..all.clone() }, vec![1]),
            (AuditFilter { search: Some("\u{e4}".into()), ..all.clone() }, vec![1]),
            (AuditFilter { search: Some("CAROL".into()), ..all.clone() }, vec![4, 2]),
            (AuditFilter { search: Some("%".into()), ..all.clone() }, vec![]),
            (
                AuditFilter {
                    search: Some("nobody".into()),
                    found_actors: vec!["root".into()],
                    object: a(),
                    ..all.clone()
                },
                vec![1],
            ),
            (
                AuditFilter { actor: root(), kind: Some("user".into()), object: a(), since: Some(2), ..all.clone() },
                vec![],
            ),
        ] {
            let found = audit.list(&filter, None, 10).await.unwrap();
            assert_eq!(found.iter().map(|(_, entry)| entry.at).collect::<Vec<_>>(), times, "{filter:?}");
        }
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_request_is_answered_once_for_a_day() {
    on_both(async |fresh| {
        let store = fresh.open().await;
        let (site, answers) = (store.site(), store.answers());
        let answer = Answer {
            actor: "root".into(),
            key: "1".into(),
            route: "POST /api/v1/admin/users".into(),
            request_hash: vec![1, 2],
            status: 201,
            headers: "{}".into(),
            body: b"{\"id\":\"a\"}".to_vec(),
            at: 1_000,
        };
        site.write_answering(&[put("a", None, "{}", &[])], &[], Some(&answer)).await.unwrap();
        assert_eq!(answers.find("root", "1", 1_001).await.unwrap(), Some(answer.clone()));
        assert_eq!(answers.find("carol", "1", 1_001).await.unwrap(), None, "others have keys of their own");
        let again = site.write_answering(&[put("b", None, "{}", &[])], &[], Some(&answer)).await;
        assert!(matches!(again, Err(SiteError::Answered)), "{again:?}");
        assert_eq!(site.load().await.unwrap().len(), 1, "nothing is done twice");
        assert!(!answers.keep(&answer).await.unwrap());

        // A change that is refused leaves no answer behind.
        let second = Answer { key: "2".into(), ..answer.clone() };
        site.write_answering(&[put("a", None, "{}", &[])], &[], Some(&second)).await.unwrap_err();
        assert_eq!(answers.find("root", "2", 1_001).await.unwrap(), None);

        assert_eq!(answers.find("root", "1", 1_000 + DAY).await.unwrap(), None);
        let later = Answer { at: 1_000 + DAY, ..answer };
        assert!(answers.keep(&later).await.unwrap(), "the old one has gone");
        store.close().await;
    })
    .await;
}
