//! Signing in: whoever it is, with whatever proves it.

use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit};
use tracing::warn;

use super::accounts::{Account, AccountStore, Accounts, MAX_NAME, MAX_PASSWORD, SignInError};
use super::authenticator::{Authenticator, Claim, Proven, Verdict};
use super::guard::{Attempt, Lock, network};
use super::second_factor::Factor;
use super::sessions::Session;
use crate::config::Secret;
use crate::ids::UserId;
use crate::site::caseless;

/// Seconds that a person is known at an address after signing in there.
pub const KNOWN_FOR: i64 = 90 * 24 * 3600;
/// Claims that are checked at the same time at one desk: each takes a core and 19 MiB for a while.
const AT_ONCE: usize = 2;
/// Claims that wait for that at one desk. More are refused.
const WAITING: usize = 100;
/// How long those that are refused are to wait.
const BUSY: Duration = Duration::from_secs(1);

/// Who signs in.
#[derive(Debug, Clone, Copy)]
pub struct SignIn<'a> {
    /// The name, as it was typed.
    pub name: &'a str,
    /// The password.
    pub secret: &'a Secret,
    /// A code of the second factor.
    pub code: Option<&'a str>,
    /// Where from.
    pub address: IpAddr,
    /// With what; empty where that is not said.
    pub user_agent: &'a str,
}

/// Somebody who has signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// Who.
    pub user: UserId,
    /// The session's token.
    pub token: String,
}

/// What became of an attempt to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A session has begun.
    SignedIn,
    /// The same, by a recovery code.
    RecoveryCode,
    /// The password was wrong, or there is no such account.
    WrongPassword,
    /// The password was right, the code of the second factor was not.
    WrongCode,
}

impl Outcome {
    /// As it is kept and told.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::SignedIn => "signed_in",
            Outcome::RecoveryCode => "recovery_code",
            Outcome::WrongPassword => "wrong_password",
            Outcome::WrongCode => "wrong_code",
        }
    }
}

/// An attempt to sign in, to be noted.
#[derive(Debug, Clone, Copy)]
pub struct SignInNote<'a> {
    /// When, in seconds since 1970.
    pub at: i64,
    /// Whose account it was; None: nobody's. What was typed is not told: it may be a password.
    pub account: Option<&'a Account>,
    /// What became of it.
    pub outcome: Outcome,
    /// Where from.
    pub address: IpAddr,
    /// With what.
    pub user_agent: &'a str,
}

/// Where claims wait to be checked.
#[derive(Debug)]
pub(super) struct Desk {
    turns: Semaphore,
    waiting: AtomicUsize,
}

impl Default for Desk {
    fn default() -> Self {
        Desk { turns: Semaphore::new(AT_ONCE), waiting: AtomicUsize::new(0) }
    }
}

impl Desk {
    /// A turn; None where too many wait for one.
    async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        struct Waiting<'a>(&'a AtomicUsize);
        impl Drop for Waiting<'_> {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::Relaxed);
            }
        }
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(&self.waiting);
        if before >= WAITING {
            return None;
        }
        // It is never closed.
        self.turns.acquire().await.ok()
    }
}

impl<S: AccountStore> Accounts<S> {
    /// Finds out who somebody is and begins a session. `unix_now` counts seconds since 1970.
    pub async fn sign_in(
        &self,
        asked: SignIn<'_>,
        now: Instant,
        unix_now: i64,
    ) -> Result<SignedIn, SignInError<S::Error>> {
        // No login has control characters, and not every database takes them.
        let impossible = asked.name.len() > MAX_NAME || asked.name.contains(char::is_control);
        if impossible || asked.secret.expose().len() > MAX_PASSWORD {
            return Err(SignInError::Wrong);
        }
        let login = caseless(asked.name);
        let found = self.named(&login).map(|(_, account)| account);
        let account = found.as_deref();
        let from = network(asked.address);
        let key = account.map_or(login.as_str(), |account| &account.key);
        let known =
            self.store.has_signed_in_from(key, &from, unix_now - KNOWN_FOR).await.map_err(SignInError::Store)?;
        let claim = Claim { login: &login, account, secret: asked.secret, code: asked.code, address: asked.address };
        let attempt = Attempt { login: login.clone(), from, known };
        let note = SignInNote {
            at: unix_now,
            account,
            outcome: Outcome::WrongPassword,
            address: asked.address,
            user_agent: asked.user_agent,
        };
        let proven = match self.checked(claim, &attempt, now).await? {
            Verdict::Proven(proven) => proven,
            Verdict::Wrong => {
                self.note(note).await;
                return Err(SignInError::Wrong);
            }
        };
        match self.admit(&proven, &asked, unix_now).await {
            Ok(signed_in) => {
                self.guard().right(&attempt);
                Ok(signed_in)
            }
            // The failure counts.
            Err(error @ SignInError::CodeWrong) => Err(error),
            Err(error) => {
                self.guard().undecided(&attempt);
                Err(error)
            }
        }
    }

    /// Begins a session of somebody who has proven who they are, once the second factor is proven, too.
    pub async fn admit(
        &self,
        proven: &Proven,
        asked: &SignIn<'_>,
        unix_now: i64,
    ) -> Result<SignedIn, SignInError<S::Error>> {
        // An account that has just gone is as good as none.
        let (user, account) = self.keyed(&proven.account).ok_or(SignInError::Wrong)?;
        let note = |outcome| SignInNote {
            at: unix_now,
            account: Some(&account),
            outcome,
            address: asked.address,
            user_agent: asked.user_agent,
        };
        let factor = match proven.second_factor {
            true => Ok(None),
            false => self.prove(&account, asked.code, unix_now).await,
        };
        if matches!(factor, Err(SignInError::CodeWrong)) {
            self.note(note(Outcome::WrongCode)).await;
        }
        let outcome = match factor? {
            Some(Factor::Recovery) => Outcome::RecoveryCode,
            _ => Outcome::SignedIn,
        };
        let from = (asked.address.to_canonical().to_string(), asked.user_agent);
        let token = self.begin_session(&account, proven.password.as_ref(), from, unix_now).await?;
        let network = network(asked.address);
        self.store.signed_in_from(&account.key, &network, unix_now).await.map_err(SignInError::Store)?;
        self.note(note(outcome)).await;
        Ok(SignedIn { user, token })
    }

    /// Asks who has signed in for the password once more.
    pub async fn confirm(
        &self,
        account: &Account,
        session: &Session,
        secret: &Secret,
        address: IpAddr,
        now: Instant,
    ) -> Result<(), SignInError<S::Error>> {
        if secret.expose().len() > MAX_PASSWORD {
            return Err(SignInError::Wrong);
        }
        let login = caseless(&account.name);
        let claim = Claim { login: &login, account: Some(account), secret, code: None, address };
        // Nobody who guesses elsewhere can keep them from it, nor can they guess for others.
        let attempt = Attempt { login: login.clone(), from: format!("session {}", session.id()), known: true };
        match self.checked(claim, &attempt, now).await? {
            Verdict::Proven(_) => {
                self.guard().right(&attempt);
                Ok(())
            }
            Verdict::Wrong => Err(SignInError::Wrong),
        }
    }

    /// Asks whose business it is, where the attempt may be checked. It stays counted as a failure.
    async fn checked(
        &self,
        claim: Claim<'_>,
        attempt: &Attempt,
        now: Instant,
    ) -> Result<Verdict, SignInError<S::Error>> {
        self.guard().attempt(attempt, now).map_err(SignInError::Wait)?;
        let desk = if attempt.known { &self.known } else { &self.others };
        let Some(_turn) = desk.turn().await else {
            self.guard().undecided(attempt);
            return Err(SignInError::Wait(BUSY));
        };
        for authenticator in self.authenticators.iter().filter(|authenticator| authenticator.judges(&claim)) {
            match authenticator.check(claim).await {
                Ok(Verdict::Wrong) => {}
                Ok(proven) => return Ok(proven),
                Err(error) => {
                    self.guard().undecided(attempt);
                    return Err(error.into());
                }
            }
        }
        if let Some(Lock { failures, .. }) = self.guard().lock(&attempt.login, now) {
            let (login, from) = (claim.account.map(|account| account.name.as_str()), &attempt.from);
            warn!(login, from, failures, "too many wrong passwords; the next attempt has to wait");
        }
        Ok(Verdict::Wrong)
    }

    /// The authenticator with a name.
    pub fn authenticator(&self, name: &str) -> Option<&dyn Authenticator> {
        self.authenticators.iter().map(|authenticator| &**authenticator).find(|found| found.name() == name)
    }

    async fn note(&self, note: SignInNote<'_>) {
        if let Err(error) = self.store.note_sign_in(&note).await {
            warn!(error = &error as &dyn std::error::Error, "who signs in is not noted");
        }
    }

    /// What keeps a login from signing in somewhere.
    pub fn lock(&self, login: &str, now: Instant) -> Option<Lock> {
        self.guard().lock(&caseless(login), now)
    }

    /// The accounts that have to wait, and how many logins that nobody has.
    pub fn locked(&self, now: Instant) -> (Vec<(UserId, Lock)>, usize) {
        let locked = self.guard().locked_logins(now);
        let all = locked.len();
        let known: Vec<_> =
            locked.into_iter().filter_map(|(login, lock)| Some((self.named(&login)?.0, lock))).collect();
        let unknown = all - known.len();
        (known, unknown)
    }

    /// The addresses that have to wait.
    pub fn locked_addresses(&self, now: Instant) -> Vec<(String, Lock)> {
        self.guard().locked_addresses(now)
    }

    /// Lets a login try again at once. Says whether it had to wait or had failed.
    pub fn unlock(&self, login: &str) -> bool {
        self.guard().unlock(&caseless(login))
    }

    /// Lets an address try again at once.
    pub fn unlock_address(&self, address: &str) -> bool {
        self.guard().unlock_address(address)
    }
}
