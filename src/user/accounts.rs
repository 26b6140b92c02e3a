//! The accounts of users and administrators, and their sessions. Session tokens are kept as SHA-256.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};
use tokio::sync::watch;
use tracing::warn;

use super::authenticator::{Authenticator, Unavailable};
use super::ended::Ended;
use super::guard::Guard;
pub use super::passwords::hash_password;
use super::passwords::{KeptPasswords, blocking, new_hash};
use super::second_factor::Enrolments;
use super::sessions::Session;
use super::sign_in::{Desk, SignInNote};
use crate::config::Secret;
use crate::ids::UserId;
use crate::site::ObjectId;
use crate::site::caseless;

/// How long a user's sign-in lasts without use of the sign-out button.
const USER_SESSION: Duration = Duration::from_secs(30 * 24 * 3600);
/// The same for an administrator, who can do more harm from a page that was left open: a working day.
const ADMINISTRATOR_SESSION: Duration = Duration::from_secs(12 * 3600);
/// Seconds after which it is noted again that a session is used.
const USED_EVERY: i64 = 5 * 60;
/// Longest user name, in bytes.
pub(super) const MAX_NAME: usize = 128;
/// Longest password, in bytes.
pub const MAX_PASSWORD: usize = 1024;

/// Who signs in. The kinds know nothing of each other: a name may be one of each, with passwords and sessions apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountKind {
    /// A person who telephones.
    User,
    /// A person who looks after the server.
    Administrator,
}

impl AccountKind {
    /// How long a session lasts where nothing else is set.
    fn session_lifetime(self) -> Duration {
        match self {
            AccountKind::User => USER_SESSION,
            AccountKind::Administrator => ADMINISTRATOR_SESSION,
        }
    }
}

/// The hash of a password that somebody has proven to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProvenHash {
    /// That of an account of the configuration file.
    Configured(Secret),
    /// One that is kept for an object of the site.
    Kept(Secret),
}

/// Where accounts of one kind and their sessions are kept.
pub trait AccountStore: std::fmt::Debug + Clone + Send + Sync + 'static {
    /// What can go wrong in the store.
    type Error: std::error::Error + Send + Sync + 'static;

    /// The password hash that is kept for an object of the site.
    fn kept_hash(&self, id: &str) -> impl Future<Output = Result<Option<String>, Self::Error>> + Send;
    /// The stored password hash of an account of the configuration file.
    fn password_hash(&self, name: &str) -> impl Future<Output = Result<Option<String>, Self::Error>> + Send;
    /// Stores an account's password hash.
    fn set_password_hash(&self, name: &str, hash: &str) -> impl Future<Output = Result<(), Self::Error>> + Send;
    /// Removes the accounts not named here, with their sessions.
    fn retain(&self, names: &[String]) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Stores a session and drops expired ones. One that begins by a password is stored only while that is the account's:
    /// whoever sets another one ends it with the others. Says whether it was stored.
    fn begin_session(
        &self,
        session: &Session,
        by: Option<&ProvenHash>,
    ) -> impl Future<Output = Result<bool, Self::Error>> + Send;
    /// The session of a token, unless it has expired.
    fn session(&self, token_hash: &[u8], now: i64)
    -> impl Future<Output = Result<Option<Session>, Self::Error>> + Send;
    /// Notes that a session is used.
    fn session_used(&self, token_hash: &[u8], now: i64) -> impl Future<Output = Result<(), Self::Error>> + Send;
    /// The sessions of an account that have not expired, the latest first.
    fn sessions_of(&self, account: &str, now: i64) -> impl Future<Output = Result<Vec<Session>, Self::Error>> + Send;
    /// Ends a session. Says whether it was there.
    fn end_session(&self, token_hash: &[u8]) -> impl Future<Output = Result<bool, Self::Error>> + Send;
    /// Ends all sessions of an account but this one. Says how many.
    fn end_sessions(&self, account: &str, but: Option<&[u8]>) -> impl Future<Output = Result<u64, Self::Error>> + Send;

    /// Whether an account has signed in from a network since then.
    fn has_signed_in_from(
        &self,
        account: &str,
        network: &str,
        since: i64,
    ) -> impl Future<Output = Result<bool, Self::Error>> + Send;
    /// Notes that an account has signed in from a network.
    fn signed_in_from(
        &self,
        account: &str,
        network: &str,
        now: i64,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;
    /// Notes who signed in, or tried to.
    fn note_sign_in(&self, note: &SignInNote<'_>) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// What is kept of an object's second factor.
    fn second_factor(&self, id: &str) -> impl Future<Output = Result<Option<Secret>, Self::Error>> + Send;
    /// Keeps what has become of an object's second factor.
    fn keep_second_factor(&self, id: &str, kept: &Secret) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// A user or administrator.
#[derive(Debug, Clone)]
pub struct Account {
    /// What sessions know it by: the object's id; of one in the configuration file, the name in small letters.
    pub key: String,
    /// The object.
    pub id: ObjectId,
    /// Whether the configuration file sets it.
    pub from_file: bool,
    /// The name of the [`Authenticator`] that it belongs to.
    pub authenticator: &'static str,
    /// Sign-in name.
    pub name: String,
    /// Name for people to read.
    pub display_name: String,
}

/// How an account proves itself.
#[derive(Debug, Clone)]
pub enum Password {
    /// As the configuration file says.
    Configured(Secret),
    /// As it is kept.
    Kept,
    /// Not at all: nobody can sign in.
    None,
}

/// Why somebody cannot sign in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError<E: std::error::Error + 'static> {
    /// Unknown name or wrong password; which of them is not told.
    #[error("user name or password is wrong")]
    Wrong,
    /// The password is right; a code of the second factor has to come with it.
    #[error("a code of the second factor is needed")]
    CodeNeeded,
    /// The password is right, and the code is wrong or was used before.
    #[error("the code of the second factor is wrong")]
    CodeWrong,
    /// Too many were wrong: nothing was checked, and nothing will be for so long.
    #[error("too many attempts")]
    Wait(Duration),
    /// The store failed.
    #[error("the user database failed")]
    Store(#[source] E),
    /// Who knows whether it is right does not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// No random numbers from the system.
    #[error("the system gives no random numbers")]
    Random,
    /// The stored or configured hash is not an argon2 hash.
    #[error("a password hash cannot be used")]
    Hash,
    /// What is kept of the second factor is none.
    #[error("a second factor cannot be used")]
    SecondFactor,
}

/// Who there is.
#[derive(Debug, Default)]
struct People {
    accounts: Vec<Arc<Account>>,
    /// Those that can sign in.
    by_name: FxHashMap<String, UserId>,
    by_key: FxHashMap<String, UserId>,
    /// The passwords of the configuration that the store has the hashes of, by the accounts' keys. To find that out anew costs
    /// a hash each.
    hashed: FxHashMap<String, Secret>,
    /// The keys of those that the configuration file sets, which the store has and no others of it; None: it is not known yet.
    configured: Option<Vec<String>>,
    /// How long sessions last.
    lifetime: Option<Duration>,
    /// Whether nobody may do anything without a second factor.
    second_factor_needed: bool,
}

/// The accounts of one kind, with their store. [`UserId`] counts those of this kind.
#[derive(Debug)]
pub struct Accounts<S> {
    pub(super) store: S,
    kind: AccountKind,
    people: RwLock<People>,
    pub(super) authenticators: Vec<Box<dyn Authenticator>>,
    pub(super) guard: Mutex<Guard>,
    /// Whoever has signed in from the same address before does not wait for all the others.
    pub(super) known: Desk,
    pub(super) others: Desk,
    pub(super) enrolments: Enrolments,
    ended: Ended,
}

impl<S: AccountStore> Accounts<S> {
    /// Brings the store in line with the configuration, see [`Accounts::update`].
    pub async fn open(
        store: S,
        kind: AccountKind,
        configured: Vec<(Account, Password)>,
    ) -> Result<Accounts<S>, SignInError<S::Error>> {
        let passwords = KeptPasswords::new(store.clone()).await?;
        let accounts = Accounts::with(store, kind, vec![Box::new(passwords)]);
        accounts.update(configured).await?;
        Ok(accounts)
    }
}

impl<S: AccountStore> Accounts<S> {
    /// Nobody yet, to be asked about by these in their order.
    pub fn with(store: S, kind: AccountKind, authenticators: Vec<Box<dyn Authenticator>>) -> Accounts<S> {
        Accounts {
            store,
            kind,
            people: RwLock::default(),
            authenticators,
            guard: Mutex::default(),
            known: Desk::default(),
            others: Desk::default(),
            enrolments: Enrolments::default(),
            ended: Ended::default(),
        }
    }

    /// These accounts count from now on, in this order; those that cannot sign in are there to keep their place. New
    /// passwords of the configuration are hashed; accounts of it that are gone are forgotten with their sessions.
    pub async fn update(&self, accounts: Vec<(Account, Password)>) -> Result<(), SignInError<S::Error>> {
        let configured = accounts.iter().filter(|(_, password)| matches!(password, Password::Configured(_)));
        let keys: Vec<String> = configured.map(|(account, _)| account.key.clone()).collect();
        // It follows every change of the site; that of the file is rare.
        if self.people().configured.as_ref() != Some(&keys) {
            self.store.retain(&keys).await.map_err(SignInError::Store)?;
        }
        let (mut people, mut hashed) = {
            let People { lifetime, second_factor_needed, ref hashed, .. } = *self.people();
            let configured = Some(keys);
            (People { lifetime, second_factor_needed, configured, ..People::default() }, hashed.clone())
        };
        for (place, (account, password)) in accounts.into_iter().enumerate() {
            let (user, key) = (UserId(place as u32), account.key.clone());
            if !matches!(password, Password::None) {
                people.by_name.insert(caseless(&account.name), user);
                people.by_key.insert(key.clone(), user);
            }
            people.accounts.push(Arc::new(account));
            let Password::Configured(secret) = password else { continue };
            let known = hashed.remove(&key).filter(|known| *known == secret);
            people.hashed.insert(key.clone(), secret.clone());
            if known.is_some() {
                continue;
            }
            let stored = self.store.password_hash(&key).await.map_err(SignInError::Store)?;
            if let Some(hash) = blocking(move || new_hash(stored.as_deref(), &secret)).await? {
                self.store.set_password_hash(&key, &hash).await.map_err(SignInError::Store)?;
                self.sessions_ended(&key);
            }
        }
        *self.people.write().unwrap_or_else(PoisonError::into_inner) = people;
        Ok(())
    }

    fn people(&self) -> RwLockReadGuard<'_, People> {
        self.people.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long a session lasts that begins now.
    pub fn session_lifetime(&self) -> Duration {
        self.people().lifetime.unwrap_or(self.kind.session_lifetime())
    }

    /// Sessions last so long that begin from now on.
    pub fn set_session_lifetime(&self, lifetime: Duration) {
        self.people.write().unwrap_or_else(PoisonError::into_inner).lifetime = Some(lifetime);
    }

    /// A user's account.
    pub fn account(&self, user: UserId) -> Option<Arc<Account>> {
        self.people().accounts.get(user.0 as usize).cloned()
    }

    /// The account with a login in small letters, where somebody can sign in with it.
    pub(super) fn named(&self, login: &str) -> Option<(UserId, Arc<Account>)> {
        let people = self.people();
        let user = *people.by_name.get(login)?;
        Some((user, people.accounts.get(user.0 as usize)?.clone()))
    }

    /// The account with a key, where somebody can sign in with it.
    pub(super) fn keyed(&self, key: &str) -> Option<(UserId, Arc<Account>)> {
        let people = self.people();
        let user = *people.by_key.get(key)?;
        Some((user, people.accounts.get(user.0 as usize)?.clone()))
    }

    /// From now on, whether nobody may do anything without a second factor.
    pub fn need_second_factor(&self, needed: bool) {
        self.people.write().unwrap_or_else(PoisonError::into_inner).second_factor_needed = needed;
    }

    /// Whether nobody may do anything without a second factor.
    pub fn second_factor_needed(&self) -> bool {
        self.people().second_factor_needed
    }

    pub(super) fn guard(&self) -> MutexGuard<'_, Guard> {
        self.guard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a session; gives its token. What it begins by counts no more where it was changed meanwhile.
    pub(super) async fn begin_session(
        &self,
        account: &Account,
        by: Option<&ProvenHash>,
        (address, user_agent): (String, &str),
        unix_now: i64,
    ) -> Result<String, SignInError<S::Error>> {
        let mut token = [0_u8; 32];
        getrandom::fill(&mut token).map_err(|_| SignInError::Random)?;
        let session = Session {
            token_hash: token_hash(&token).to_vec(),
            account: account.key.clone(),
            created_at: unix_now,
            used_at: unix_now,
            expires_at: unix_now + self.session_lifetime().as_secs() as i64,
            address,
            user_agent: user_agent.to_owned(),
        };
        match self.store.begin_session(&session, by).await.map_err(SignInError::Store)? {
            true => Ok(URL_SAFE_NO_PAD.encode(token)),
            false => Err(SignInError::Wrong),
        }
    }

    /// The session that a token stands for, and whose it is.
    pub async fn session(&self, token: &str, unix_now: i64) -> Result<Option<(UserId, Session)>, S::Error> {
        let Ok(token) = URL_SAFE_NO_PAD.decode(token) else { return Ok(None) };
        let Some(session) = self.store.session(&token_hash(&token), unix_now).await? else { return Ok(None) };
        let Some((user, _)) = self.keyed(&session.account) else { return Ok(None) };
        if unix_now - session.used_at >= USED_EVERY
            && let Err(error) = self.store.session_used(&session.token_hash, unix_now).await
        {
            warn!(error = &error as &dyn std::error::Error, "it is not noted that a session is used");
        }
        Ok(Some((user, session)))
    }

    /// Ends the session of a token.
    pub async fn sign_out(&self, token: &str) -> Result<(), S::Error> {
        let Ok(token) = URL_SAFE_NO_PAD.decode(token) else { return Ok(()) };
        let hash = token_hash(&token);
        // Whatever has expired by any clock has no sockets.
        if let Some(session) = self.store.session(&hash, 0).await? {
            self.store.end_session(&hash).await?;
            self.sessions_ended(&session.account);
        }
        Ok(())
    }

    /// The sessions of the account with a key, the latest first.
    pub async fn sessions_of(&self, key: &str, unix_now: i64) -> Result<Vec<Session>, S::Error> {
        self.store.sessions_of(key, unix_now).await
    }

    /// Ends one session of an account, by its [`Session::id`]. Says whether it was there.
    pub async fn end_session(&self, key: &str, id: &str, unix_now: i64) -> Result<bool, S::Error> {
        let sessions = self.store.sessions_of(key, unix_now).await?;
        let Some(session) = sessions.into_iter().find(|session| session.id() == id) else { return Ok(false) };
        let ended = self.store.end_session(&session.token_hash).await?;
        self.sessions_ended(key);
        Ok(ended)
    }

    /// Ends all sessions of an account but one. Says how many.
    pub async fn end_sessions(&self, key: &str, but: Option<&Session>) -> Result<u64, S::Error> {
        let ended = self.store.end_sessions(key, but.map(|session| session.token_hash.as_slice())).await?;
        self.sessions_ended(key);
        Ok(ended)
    }

    /// Tells who has a socket of an account that sessions of it have ended.
    pub fn sessions_ended(&self, key: &str) {
        self.ended.tell(key);
    }

    /// Hears when sessions of the account with a key end.
    pub fn ended(&self, key: &str) -> watch::Receiver<()> {
        self.ended.of(key)
    }
}

fn token_hash(token: &[u8]) -> [u8; 32] {
    Sha256::digest(token).into()
}
