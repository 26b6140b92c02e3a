//! People sign in: against a database, with passwords and with other ways to prove who one is.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::{Fresh, on_both};
use crate::config::Secret;
use crate::ids::UserId;
use crate::site::ObjectId;
use crate::store::{AccountTable, Store, Write};
use crate::user::accounts::{Account, AccountKind, AccountStore, Accounts, Password, SignInError, hash_password};
use crate::user::authenticator::{Answer, Authenticator, Claim, Proven, Redirect, Unavailable, Verdict};
use crate::user::passwords::PASSWORD;
use crate::user::second_factor::FIELD;
use crate::user::sign_in::{SignIn, SignedIn};
use crate::user::totp;

fn account(name: &str, authenticator: &'static str) -> Account {
    let seed = name.bytes().next().unwrap_or_default();
    let (name, display_name) = (name.to_owned(), name.to_owned());
    Account { key: name.clone(), id: ObjectId::random([seed; 16]), from_file: true, authenticator, name, display_name }
}

/// Anna and Ben, whose passwords are in the configuration file.
async fn people(store: &Store) -> Accounts<AccountTable> {
    let configured = |name: &str| (account(name, PASSWORD), Password::Configured(Secret::new("wonderland")));
    let kind = AccountKind::User;
    Accounts::open(store.accounts(kind), kind, vec![configured("anna"), configured("ben")]).await.unwrap()
}

/// Somebody at a browser.
struct At<'a> {
    accounts: &'a Accounts<AccountTable>,
    address: [u8; 4],
}

impl At<'_> {
    async fn sign_in(
        &self,
        name: &str,
        password: &str,
        code: Option<&str>,
        (now, unix_now): (Instant, i64),
    ) -> Result<SignedIn, SignInError<sqlx::Error>> {
        let (secret, address) = (&Secret::new(password), IpAddr::from(self.address));
        let asked = SignIn { name, secret, code, address, user_agent: "Browser" };
        self.accounts.sign_in(asked, now, unix_now).await
    }
}

/// What a person is told.
fn told<T>(result: Result<T, SignInError<sqlx::Error>>) -> &'static str {
    match result {
        Ok(_) => "in",
        Err(SignInError::Wrong) => "wrong",
        Err(SignInError::Wait(_)) => "wait",
        Err(SignInError::CodeNeeded) => "code",
        Err(SignInError::CodeWrong) => "wrong code",
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn who_guesses_waits_and_who_is_known_does_not() {
    on_both(async |fresh| {
        let store = fresh.open().await;
        let accounts = people(&store).await;
        let at = |address| At { accounts: &accounts, address };
        let (home, thief) = (at([192, 0, 2, 1]), at([203, 0, 113, 9]));
        let now = (Instant::now(), 1_000);
        assert_eq!(told(home.sign_in("Anna", "wonderland", None, now).await), "in");
        let mut answers = Vec::new();
        for name in ["anna", "nobody"] {
            for _ in 0..7 {
                answers.push(told(thief.sign_in(name, "guess", None, now).await));
            }
        }
        // Whether there is such an account is not to be seen.
        assert_eq!(answers[..7], ["wrong", "wrong", "wrong", "wrong", "wrong", "wait", "wait"]);
        assert_eq!(answers[7..], answers[..7]);
        assert_eq!(told(thief.sign_in("anna", "wonderland", None, now).await), "wait", "nothing is checked");
        assert_eq!(told(at([198, 51, 100, 1]).sign_in("anna", "wonderland", None, now).await), "wait");
        assert_eq!(told(home.sign_in("anna", "wonderland", None, now).await), "in", "there she is known");
        let (locked, unknown) = accounts.locked(now.0);
        assert_eq!((locked.len(), locked[0].0, locked[0].1.failures, unknown), (1, UserId(0), 5, 1));
        let later = (now.0 + Duration::from_secs(1), 1_001);
        assert_eq!(told(at([198, 51, 100, 1]).sign_in("anna", "wonderland", None, later).await), "in");

        for _ in 0..5 {
            let _ = thief.sign_in("ben", "guess", None, now).await;
        }
        assert!(accounts.unlock("Ben"));
        assert_eq!(told(at([198, 51, 100, 2]).sign_in("ben", "wonderland", None, now).await), "in");
        let noted = store.sign_ins(AccountKind::User).list(None, None, 100).await.unwrap();
        assert!(noted.iter().all(|entry| entry.name != "nobody"), "what was typed may be a password");
        let count = |outcome| noted.iter().filter(|entry| entry.outcome == outcome).count();
        assert_eq!((count("signed_in"), count("wrong_password")), (4, 15));
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_second_factor_is_set_up_asked_for_and_taken_away() {
    on_both(async |fresh| {
        let store = fresh.open().await;
        let accounts = people(&store).await;
        let anna = accounts.account(UserId(0)).unwrap();
        let home = At { accounts: &accounts, address: [192, 0, 2, 1] };
        let at = |seconds: i64| (Instant::now(), 1_000_000 + seconds);
        accounts.need_second_factor(true);
        assert!(accounts.must_enrol(&anna).await.unwrap());
        let secret = accounts.enrol(&anna, 1_000_000).unwrap();
        let code = |seconds: i64| totp::code_at(&secret, 1_000_000 + seconds);
        assert!(accounts.confirm_enrolment(&anna, "12", 1_000_000).is_err());
        let enrolled = accounts.confirm_enrolment(&anna, &code(0), 1_000_000).unwrap();
        assert!(accounts.confirm_enrolment(&anna, &code(0), 1_000_000).is_err(), "it is confirmed once");
        assert_eq!(told(home.sign_in("anna", "wonderland", None, at(0)).await), "in", "it is not kept yet");
        keep(&store, &anna, Some(enrolled.kept)).await;
        assert!(!accounts.must_enrol(&anna).await.unwrap());

        assert_eq!(told(home.sign_in("anna", "wonderland", None, at(10)).await), "code");
        assert_eq!(told(home.sign_in("anna", "wrong", Some(&code(30)), at(10)).await), "wrong");
        assert_eq!(told(home.sign_in("anna", "wonderland", Some(&code(0)), at(10)).await), "wrong code", "it was used");
        assert_eq!(told(home.sign_in("anna", "wonderland", Some(&code(60)), at(60)).await), "in");
        assert_eq!(told(home.sign_in("anna", "wonderland", Some(&code(60)), at(60)).await), "wrong code");
        let recovery = &enrolled.recovery_codes[3];
        assert_eq!(told(home.sign_in("anna", "wonderland", Some(recovery), at(70)).await), "in");
        assert_eq!(told(home.sign_in("anna", "wonderland", Some(recovery), at(70)).await), "wrong code");
        assert_eq!(accounts.second_factor(anna.id).await.unwrap().map(|factor| factor.recovery_codes), Some(9));
        assert_eq!(told(home.sign_in("ben", "wonderland", None, at(0)).await), "in", "others are asked for none");

        // Codes are guessed no quicker than passwords.
        let guess = async || told(home.sign_in("anna", "wonderland", Some("000000"), at(500)).await);
        let mut heard = 0;
        while guess().await == "wrong code" {
            heard += 1;
        }
        assert_eq!(heard, 9, "with the one before, ten");
        assert!(accounts.unlock("anna"));
        let renewed = accounts.renew_recovery_codes(&anna).await.unwrap().unwrap();
        keep(&store, &anna, Some(renewed.kept)).await;
        let old = &enrolled.recovery_codes[4];
        assert_eq!(told(home.sign_in("anna", "wonderland", Some(old), at(600)).await), "wrong code");
        keep(&store, &anna, None).await;
        assert_eq!(told(home.sign_in("anna", "wonderland", None, at(600)).await), "in");
        store.close().await;
    })
    .await;
}

async fn keep(store: &Store, account: &Account, kept: Option<Secret>) {
    let secrets = vec![(FIELD.to_owned(), kept)];
    let write = Write::Secrets { kind: "user".into(), id: account.id.to_string(), secrets, keep_session: None };
    store.site().write(&[write], &[]).await.unwrap();
}

#[tokio::test]
async fn who_has_signed_in_confirms_the_password_whatever_others_guess() {
    on_both(async |fresh| {
        let store = fresh.open().await;
        let accounts = people(&store).await;
        let (thief, home) = ([203, 0, 113, 9], [192, 0, 2, 1]).map_addresses(&accounts);
        let now = (Instant::now(), 1_000);
        let SignedIn { user, token } = home.sign_in("anna", "wonderland", None, now).await.unwrap();
        let ended = accounts.ended("anna");
        let (found, session) = accounts.session(&token, 1_000).await.unwrap().unwrap();
        assert_eq!((found, session.address.as_str(), session.user_agent.as_str()), (user, "192.0.2.1", "Browser"));
        for _ in 0..20 {
            let _ = thief.sign_in("anna", "guess", None, now).await;
        }
        let anna = accounts.account(user).unwrap();
        let confirm = async |password: &str| {
            let secret = Secret::new(password);
            told(accounts.confirm(&anna, &session, &secret, IpAddr::from([192, 0, 2, 1]), now.0).await)
        };
        assert_eq!(confirm("wonderland").await, "in");
        let mut answers = Vec::new();
        for _ in 0..11 {
            answers.push(confirm("guess").await);
        }
        assert_eq!((answers[9], answers[10]), ("wrong", "wait"));
        assert_eq!(confirm("wonderland").await, "wait");

        let other = home.sign_in("anna", "wonderland", None, now).await.unwrap().token;
        assert_eq!(accounts.sessions_of("anna", 1_001).await.unwrap().len(), 2);
        assert!(!accounts.end_session("ben", &session.id(), 1_001).await.unwrap(), "it is not his");
        assert_eq!(accounts.end_sessions("anna", Some(&session)).await.unwrap(), 1);
        assert!(ended.has_changed().unwrap());
        assert!(accounts.session(&other, 1_001).await.unwrap().is_none());
        let used = accounts.session(&token, 1_400).await.unwrap().unwrap().1;
        assert_eq!(used.used_at, 1_000, "it is told as it was");
        assert_eq!(accounts.session(&token, 1_401).await.unwrap().unwrap().1.used_at, 1_400);
        accounts.sign_out(&token).await.unwrap();
        assert!(accounts.session(&token, 1_402).await.unwrap().is_none());
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn who_proves_to_know_a_password_that_is_changed_meanwhile_is_not_signed_in() {
    on_both(async |fresh| {
        let store = fresh.open().await;
        let kind = AccountKind::User;
        let table = store.accounts(kind);
        let of_file = account("anna", PASSWORD);
        let mut of_site = Account { from_file: false, ..account("ben", PASSWORD) };
        of_site.key = of_site.id.to_string();
        let configured = Password::Configured(Secret::new("wonderland"));
        let both = vec![(of_file, configured), (of_site.clone(), Password::Kept)];
        let accounts = Accounts::open(table.clone(), kind, both).await.unwrap();
        let set = async |user: u32, password: &str| {
            let hash = hash_password::<sqlx::Error>(password).unwrap();
            if user == 0 {
                return table.set_password_hash("anna", &hash).await.unwrap();
            }
            let secrets = vec![("password".to_owned(), Some(Secret::new(hash)))];
            let write = Write::Secrets { kind: "user".into(), id: of_site.key.clone(), secrets, keep_session: None };
            store.site().write(&[write], &[]).await.unwrap();
        };
        set(1, "wonderland").await;
        for (user, name) in [(0, "anna"), (1, "ben")] {
            let account = accounts.account(UserId(user)).unwrap();
            let (secret, address) = (Secret::new("wonderland"), IpAddr::from([192, 0, 2, 1]));
            let asked = SignIn { name, secret: &secret, code: None, address, user_agent: "Browser" };
            let claim = Claim { login: name, account: Some(&account), secret: &secret, code: None, address };
            let passwords = accounts.authenticator(PASSWORD).unwrap();
            let Ok(Verdict::Proven(proven)) = passwords.check(claim).await else { panic!("it is right") };
            assert_eq!(told(accounts.admit(&proven, &asked, 1_000).await), "in");
            set(user, "another").await;
            assert_eq!(told(accounts.admit(&proven, &asked, 1_000).await), "wrong", "{name}");
            assert_eq!(accounts.sessions_of(&account.key, 1_000).await.unwrap(), []);
        }
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_second_factor_that_is_being_kept_is_held_although_nobody_waits_for_it() {
    let fresh = Fresh::sqlite();
    let store = fresh.open().await;
    let accounts = people(&store).await;
    let held = accounts.hold_second_factors().await;
    let (begun, begins) = oneshot::channel();
    let (end, ended) = oneshot::channel::<()>();
    let asked = tokio::spawn(held.finish(async move {
        let _ = begun.send(());
        ended.await
    }));
    begins.await.unwrap();
    // The connection breaks.
    asked.abort();
    assert!(asked.await.unwrap_err().is_cancelled());
    tokio::select! {
        biased;
        _ = accounts.hold_second_factors() => panic!("it is still being kept"),
        () = tokio::task::yield_now() => {}
    }
    end.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(10), accounts.hold_second_factors()).await.expect("it is kept");
    store.close().await;
}

trait Addresses {
    fn map_addresses(self, accounts: &Accounts<AccountTable>) -> (At<'_>, At<'_>);
}

impl Addresses for ([u8; 4], [u8; 4]) {
    fn map_addresses(self, accounts: &Accounts<AccountTable>) -> (At<'_>, At<'_>) {
        (At { accounts, address: self.0 }, At { accounts, address: self.1 })
    }
}

/// A directory that knows some passwords, and sends people to a page of its own, too.
#[derive(Debug)]
struct Directory {
    name: &'static str,
    knows: &'static str,
    second_factor: bool,
}

impl Directory {
    fn proven(&self, account: &str) -> Proven {
        Proven { account: account.into(), second_factor: self.second_factor, password: None }
    }
}

impl Authenticator for Directory {
    fn name(&self) -> &'static str {
        self.name
    }

    fn check<'a>(&'a self, claim: Claim<'a>) -> Answer<'a, Verdict> {
        Box::pin(async move {
            match claim.account {
                Some(account) if claim.secret.expose() == self.knows => Ok(Verdict::Proven(self.proven(&account.key))),
                _ if claim.secret.expose() == "break" => {
                    Err(Unavailable { name: self.name, source: "it does not answer".into() })
                }
                _ => Ok(Verdict::Wrong),
            }
        })
    }

    fn redirect(&self) -> Option<&dyn Redirect> {
        Some(self)
    }
}

impl Redirect for Directory {
    fn begin<'a>(&'a self, state: &'a str) -> Answer<'a, String> {
        Box::pin(async move { Ok(format!("https://{}.example/?state={state}", self.name)) })
    }

    fn finish<'a>(&'a self, query: &'a str, state: &'a str) -> Answer<'a, Verdict> {
        Box::pin(async move {
            let proven = self.proven("olga");
            Ok(if query == format!("state={state}&who=olga") { Verdict::Proven(proven) } else { Verdict::Wrong })
        })
    }
}

#[tokio::test]
async fn each_account_is_asked_about_where_it_belongs() {
    let fresh = Fresh::sqlite();
    let store = fresh.open().await;
    let kind = AccountKind::User;
    let directory = |name, knows, second_factor| Box::new(Directory { name, knows, second_factor });
    let (first, second) = (directory("ldap", "one", false), directory("oidc", "two", true));
    let accounts = Accounts::with(store.accounts(kind), kind, vec![first, second]);
    let people = [("lisa", "ldap"), ("olga", "oidc")];
    let people = people.map(|(name, authenticator)| (account(name, authenticator), Password::Kept));
    accounts.update(people.into()).await.unwrap();
    let home = At { accounts: &accounts, address: [192, 0, 2, 1] };
    let now = (Instant::now(), 1_000);
    for (name, password, wanted) in [
        ("lisa", "one", "in"),
        ("lisa", "two", "wrong"),
        ("olga", "two", "in"),
        ("olga", "one", "wrong"),
        ("nobody", "one", "wrong"),
    ] {
        assert_eq!(told(home.sign_in(name, password, None, now).await), wanted, "{name}, {password}");
    }
    let broken = home.sign_in("lisa", "break", None, now).await;
    assert!(matches!(broken, Err(SignInError::Unavailable(Unavailable { name: "ldap", .. }))));

    // Who was sent elsewhere signs in like everybody else, once it is known who it is.
    let redirect = accounts.authenticator("oidc").and_then(Authenticator::redirect).unwrap();
    assert_eq!(redirect.begin("xyz").await.unwrap(), "https://oidc.example/?state=xyz");
    let asked = SignIn {
        name: "",
        secret: &Secret::new(""),
        code: None,
        address: IpAddr::from(home.address),
        user_agent: "Browser",
    };
    let Verdict::Proven(proven) = redirect.finish("state=xyz&who=olga", "xyz").await.unwrap() else { panic!() };
    assert_eq!(accounts.admit(&proven, &asked, 1_000).await.unwrap().user, UserId(1));
    assert_eq!(redirect.finish("state=abc&who=olga", "xyz").await.unwrap(), Verdict::Wrong);
    store.close().await;
}
