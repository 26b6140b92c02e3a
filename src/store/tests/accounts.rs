//! Accounts and sessions.

use std::net::IpAddr;

use super::on_both;
use crate::config::Secret;
use crate::site::ObjectId;
use crate::store::{TokenUse, Write};
use crate::user::accounts::{Account, AccountKind, AccountStore};
use crate::user::passwords::PASSWORD;
use crate::user::sessions::Session;
use crate::user::sign_in::{KNOWN_FOR, Outcome, SignInNote};

fn account(key: &str, id: ObjectId) -> Account {
    let (name, display_name) = (key.to_owned(), key.to_owned());
    Account { key: name.clone(), id, from_file: true, authenticator: PASSWORD, name, display_name }
}

#[tokio::test]
async fn a_session_of_one_kind_is_none_of_the_other() {
    on_both(async |fresh| {
        let store = fresh.open().await;
        let (users, administrators) = (store.accounts(AccountKind::User), store.accounts(AccountKind::Administrator));
        for table in [&users, &administrators] {
            table.set_password_hash("anna", "hash").await.unwrap();
        }
        let begun = session(b"token", 0);
        assert!(users.begin_session(&begun, None).await.unwrap());
        assert_eq!(users.session(b"token", 99).await.unwrap(), Some(begun));
        assert_eq!(users.session(b"token", 100).await.unwrap(), None, "it has expired");
        assert_eq!(administrators.session(b"token", 1).await.unwrap(), None);
        assert!(!administrators.end_session(b"token").await.unwrap());
        administrators.set_password_hash("anna", "another").await.unwrap();
        administrators.retain(&[]).await.unwrap();
        assert!(users.session(b"token", 1).await.unwrap().is_some(), "only users' doings end it");
        assert_eq!(users.password_hash("anna").await.unwrap().as_deref(), Some("hash"));
        users.set_password_hash("anna", "another").await.unwrap();
        assert_eq!(users.session(b"token", 1).await.unwrap(), None, "a new password ends it");
        users.begin_session(&session(b"later", 0), None).await.unwrap();
        users.retain(&[]).await.unwrap();
        assert_eq!(users.session(b"later", 1).await.unwrap(), None, "so does the end of the account");
        store.close().await;
    })
    .await;
}

fn session(token: &[u8], created_at: i64) -> Session {
    Session {
        token_hash: token.into(),
        account: "anna".into(),
        created_at,
        used_at: created_at,
        expires_at: created_at + 100,
        address: "192.0.2.1".into(),
        user_agent: "Browser".into(),
    }
}

#[tokio::test]
async fn sessions_are_listed_used_and_ended_one_by_one_or_all_but_one() {
    on_both(async |fresh| {
        let store = fresh.open().await;
        let sessions = store.sessions(AccountKind::User);
        let (first, second, third) = (session(b"1", 10), session(b"2", 20), session(b"3", 30));
        for session in [&first, &second, &third] {
            sessions.begin(session).await.unwrap();
        }
        let of_another = Session { account: "bob".into(), ..session(b"4", 30) };
        sessions.begin(&of_another).await.unwrap();
        assert_eq!(sessions.of("anna", 50).await.unwrap(), [third.clone(), second.clone(), first.clone()]);
        assert_eq!(sessions.of("anna", 110).await.unwrap(), [third.clone(), second.clone()], "expired ones are not");
        sessions.used(b"2", 60).await.unwrap();
        let used = Session { used_at: 60, ..second };
        assert_eq!(sessions.find(b"2", 61).await.unwrap(), Some(used.clone()));

        let administrators = store.sessions(AccountKind::Administrator);
        assert_eq!(administrators.of("anna", 50).await.unwrap(), []);
        assert!(!administrators.end(b"1").await.unwrap());
        assert_eq!(administrators.end_others("anna", None).await.unwrap(), 0);
        assert!(sessions.end(b"1").await.unwrap());
        assert!(!sessions.end(b"1").await.unwrap(), "it was ended before");
        assert_eq!(sessions.end_others("anna", Some(b"2")).await.unwrap(), 1);
        assert_eq!(sessions.of("anna", 50).await.unwrap(), [used]);
        assert_eq!(sessions.end_others("anna", None).await.unwrap(), 1);
        assert_eq!(sessions.of("bob", 50).await.unwrap(), [of_another], "another account is left alone");

        let chatty = Session { user_agent: "\u{e4}".repeat(5_000), ..session(b"5", 1_000) };
        sessions.begin(&chatty).await.unwrap();
        let kept = sessions.find(b"5", 1_001).await.unwrap().unwrap();
        assert_eq!(kept.user_agent.chars().count(), 300);
        assert_eq!(sessions.of("bob", 0).await.unwrap(), [], "expired ones go when another begins");
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_new_password_leaves_the_session_that_it_comes_from_and_nothing_of_a_deleted_user_stays() {
    on_both(async |fresh| {
        let store = fresh.open().await;
        let users = store.accounts(AccountKind::User);
        for token in [b"1", b"2"] {
            users.begin_session(&session(token, 0), None).await.unwrap();
        }
        let secrets = vec![("password".to_owned(), Some(Secret::new("hash")))];
        let write =
            Write::Secrets { kind: "user".into(), id: "anna".into(), secrets, keep_session: Some(b"2".to_vec()) };
        store.site().write(&[write], &[]).await.unwrap();
        assert_eq!(users.sessions_of("anna", 1).await.unwrap(), [session(b"2", 0)]);
        assert_eq!(users.kept_hash("anna").await.unwrap().as_deref(), Some("hash"));

        users.keep_second_factor("anna", &Secret::new("{}")).await.unwrap();
        users.signed_in_from("anna", "192.0.2.1", 5).await.unwrap();
        let row = crate::store::Row { kind: "user".into(), id: "anna".into(), version: 1, body: "{}".into() };
        let created = Write::Put { row, expected: None, secrets: Vec::new(), ends_sessions: false };
        store.site().write(&[created], &[]).await.unwrap();
        let deleted = Write::Delete { kind: "user".into(), id: "anna".into(), expected: 1 };
        store.site().write(&[deleted], &[]).await.unwrap();
        assert_eq!(users.second_factor("anna").await.unwrap(), None);
        assert_eq!(users.sessions_of("anna", 1).await.unwrap(), []);
        assert!(!users.has_signed_in_from("anna", "192.0.2.1", 0).await.unwrap());
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn an_account_is_known_where_it_signed_in_lately() {
    on_both(async |fresh| {
        let store = fresh.open().await;
        let (users, administrators) = (store.accounts(AccountKind::User), store.accounts(AccountKind::Administrator));
        users.signed_in_from("anna", "192.0.2.1", 100).await.unwrap();
        users.signed_in_from("anna", "192.0.2.1", 200).await.unwrap();
        assert!(users.has_signed_in_from("anna", "192.0.2.1", 200).await.unwrap());
        for (known, wanted) in [
            (users.has_signed_in_from("anna", "192.0.2.1", 201).await, "it is too long ago"),
            (users.has_signed_in_from("anna", "192.0.2.2", 0).await, "elsewhere"),
            (users.has_signed_in_from("bob", "192.0.2.1", 0).await, "somebody else"),
            (administrators.has_signed_in_from("anna", "192.0.2.1", 0).await, "the administrator of that name"),
        ] {
            assert!(!known.unwrap(), "{wanted}");
        }
        // A traveller is known at the latest twenty places.
        for place in 0..30 {
            users.signed_in_from("anna", &format!("198.51.100.{place}"), 300 + place).await.unwrap();
        }
        assert!(!users.has_signed_in_from("anna", "198.51.100.9", 0).await.unwrap());
        assert!(users.has_signed_in_from("anna", "198.51.100.10", 0).await.unwrap());
        users.signed_in_from("anna", "203.0.113.1", 400 + KNOWN_FOR).await.unwrap();
        assert!(!users.has_signed_in_from("anna", "198.51.100.29", 0).await.unwrap(), "what is long ago is forgotten");
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn who_guesses_does_not_wash_out_who_signed_in() {
    on_both(async |fresh| {
        let store = fresh.open().await;
        let (users, table) = (store.accounts(AccountKind::User), store.sign_ins(AccountKind::User));
        let (id, address) = (ObjectId::random([3; 16]), IpAddr::from([192, 0, 2, 1]));
        let anna = account("anna", id);
        let note = |at, account, outcome| SignInNote { at, account, outcome, address, user_agent: "Browser" };
        users.note_sign_in(&note(1, Some(&anna), Outcome::SignedIn)).await.unwrap();
        users.note_sign_in(&note(2, Some(&anna), Outcome::WrongCode)).await.unwrap();
        users.note_sign_in(&note(3, None, Outcome::WrongPassword)).await.unwrap();
        let own = table.list(Some(id.as_str()), None, 10).await.unwrap();
        let told: Vec<_> = own.iter().map(|entry| (entry.at, entry.outcome.as_str(), entry.name.as_str())).collect();
        assert_eq!(told, [(2_000, "wrong_code", "anna"), (1_000, "signed_in", "anna")]);
        let all = table.list(None, None, 10).await.unwrap();
        assert_eq!((all.len(), all[0].object.as_str(), all[0].address.as_str()), (3, "", "192.0.2.1"));
        assert_eq!(table.list(None, Some(all[1].id), 10).await.unwrap(), own[1..]);
        assert_eq!(store.sign_ins(AccountKind::Administrator).list(None, None, 10).await.unwrap(), []);

        let many = crate::store::sign_ins::ENTRIES + 300;
        // The table as it is after so many, without the time that each of them takes.
        sqlx::query(
            "INSERT INTO sign_in (at, kind, object, name, outcome, success, address, user_agent)
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
             SELECT 4000, 'user', '', '', 'wrong_password', 0, '', '' FROM n",
        )
        .bind(many)
        .execute(&store.pool)
        .await
        .unwrap();
        for at in 0..200 {
            users.note_sign_in(&note(at, None, Outcome::WrongPassword)).await.unwrap();
        }
        let kept: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM sign_in").fetch_one(&store.pool).await.unwrap();
        assert!((crate::store::sign_ins::ENTRIES..crate::store::sign_ins::ENTRIES + 200).contains(&kept), "{kept}");
        let own = table.list(Some(id.as_str()), None, 10).await.unwrap();
        assert_eq!(own.iter().map(|entry| entry.at).collect::<Vec<_>>(), [1_000]);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn the_last_use_of_each_token_is_kept() {
    on_both(async |fresh| {
        let store = fresh.open().await;
        let used = |used_at| TokenUse { used_at, address: "192.0.2.1".into() };
        for (token, at) in [("b", 1), ("a", 2), ("b", 3)] {
            store.token_use().note(token, &used(at)).await.unwrap();
        }
        let kept = store.token_use().all().await.unwrap();
        assert_eq!(kept, [("a".to_owned(), used(2)), ("b".to_owned(), used(3))]);
        store.close().await;
    })
    .await;
}
