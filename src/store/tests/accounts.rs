//! Accounts and sessions.

use super::on_both;
use crate::store::Session;
use crate::user::accounts::{AccountKind, AccountStore};

#[tokio::test]
async fn a_session_of_one_kind_is_none_of_the_other() {
    on_both(async |fresh| {
        let store = fresh.open().await;
        let (users, administrators) = (store.accounts(AccountKind::User), store.accounts(AccountKind::Administrator));
        for table in [&users, &administrators] {
            table.set_password_hash("anna", "hash").await.unwrap();
        }
        users.add_session(b"token", "anna", 0, 100).await.unwrap();
        assert_eq!(users.session_key(b"token", 99).await.unwrap().as_deref(), Some("anna"));
        assert_eq!(users.session_key(b"token", 100).await.unwrap(), None, "it has expired");
        assert_eq!(administrators.session_key(b"token", 1).await.unwrap(), None);
        administrators.remove_session(b"token").await.unwrap();
        administrators.set_password_hash("anna", "another").await.unwrap();
        administrators.retain(&[]).await.unwrap();
        assert_eq!(users.session_key(b"token", 1).await.unwrap().as_deref(), Some("anna"), "only users' doings end it");
        assert_eq!(users.password_hash("anna").await.unwrap().as_deref(), Some("hash"));
        users.set_password_hash("anna", "another").await.unwrap();
        assert_eq!(users.session_key(b"token", 1).await.unwrap(), None, "a new password ends it");
        users.add_session(b"later", "anna", 0, 100).await.unwrap();
        users.retain(&[]).await.unwrap();
        assert_eq!(users.session_key(b"later", 1).await.unwrap(), None, "so does the end of the account");
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
