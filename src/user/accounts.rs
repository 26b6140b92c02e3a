//! Accounts and sign-in. Passwords are kept as argon2id hashes, session tokens as SHA-256.

use std::future::Future;
use std::time::{Duration, Instant};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};
use tokio::sync::{OnceCell, Semaphore};

use crate::config::Secret;
use crate::ids::UserId;

/// How long a user's sign-in lasts without use of the sign-out button.
const USER_SESSION: Duration = Duration::from_secs(30 * 24 * 3600);
/// The same for an administrator, who can do more harm from a page that was left open: a working day.
const ADMINISTRATOR_SESSION: Duration = Duration::from_secs(12 * 3600);
/// Wrong passwords that one name or one address may give in [`ATTEMPT_WINDOW`].
const MAX_ATTEMPTS: u32 = 10;
const ATTEMPT_WINDOW: Duration = Duration::from_secs(60);
/// Names and addresses remembered for throttling; beyond it the oldest windows go.
const MAX_TRACKED: usize = 10_000;
/// Longest user name, in bytes.
const MAX_NAME: usize = 128;
/// Longest password, in bytes.
pub const MAX_PASSWORD: usize = 1024;
/// Passwords checked at the same time.
const CHECKS_AT_ONCE: usize = 2;

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

/// Where accounts of one kind and their sessions are kept.
pub trait AccountStore: Send + Sync + 'static {
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
    /// Stores a session and drops expired ones; `now` and `expires_at` count seconds since 1970.
    fn add_session(
        &self,
        token_hash: &[u8],
        name: &str,
        now: i64,
        expires_at: i64,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;
    /// Whose session this is, unless it has expired.
    fn session_key(
        &self,
        token_hash: &[u8],
        now: i64,
    ) -> impl Future<Output = Result<Option<String>, Self::Error>> + Send;
    /// Ends a session.
    fn remove_session(&self, token_hash: &[u8]) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// A user or administrator.
#[derive(Debug, Clone)]
pub struct Account {
    /// What sessions know it by: the object's id; of one in the configuration file, the name in small letters.
    pub key: String,
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
    /// Too many wrong passwords.
    #[error("too many attempts")]
    Throttled,
    /// The store failed.
    #[error("the user database failed")]
    Store(#[source] E),
    /// No random numbers from the system.
    #[error("the system gives no random numbers")]
    Random,
    /// The stored or configured hash is not an argon2 hash.
    #[error("a password hash cannot be used")]
    Hash,
}

/// Who there is.
#[derive(Debug, Default)]
struct People {
    accounts: Vec<Arc<Account>>,
    /// Those that can sign in, and whether their password is kept like everything of the site.
    by_name: FxHashMap<String, (UserId, bool)>,
    by_key: FxHashMap<String, UserId>,
    /// The passwords of the configuration that the store has the hashes of, by the accounts' keys. To find that out anew costs
    /// a hash each.
    hashed: FxHashMap<String, Secret>,
    /// How long sessions last.
    lifetime: Option<Duration>,
}

/// The accounts of one kind, with their store. [`UserId`] counts those of this kind.
#[derive(Debug)]
pub struct Accounts<S> {
    store: S,
    kind: AccountKind,
    people: RwLock<People>,
    attempts: Mutex<FxHashMap<String, (Instant, u32)>>,
    /// A check takes a core and 19 MiB for a while: few at once.
    checks: Semaphore,
    /// Verified for unknown names, so that they take as long as known ones.
    decoy: String,
}

impl<S: AccountStore> Accounts<S> {
    /// Brings the store in line with the configuration, see [`Accounts::update`].
    pub async fn open(
        store: S,
        kind: AccountKind,
        configured: Vec<(Account, Password)>,
    ) -> Result<Accounts<S>, SignInError<S::Error>> {
        // One for all kinds of accounts: each hash takes 19 MB for a moment, which the allocator keeps after the second.
        static DECOY: OnceCell<String> = OnceCell::const_new();
        let decoy = DECOY.get_or_try_init(|| blocking(|| hash_password("nobody"))).await?.clone();
        let checks = Semaphore::new(CHECKS_AT_ONCE);
        let accounts = Accounts { store, kind, people: RwLock::default(), attempts: Mutex::default(), checks, decoy };
        accounts.update(configured).await?;
        Ok(accounts)
    }

    /// These accounts count from now on, in this order; those that cannot sign in are there to keep their place. New
    /// passwords of the configuration are hashed; accounts of it that are gone are forgotten with their sessions.
    pub async fn update(&self, accounts: Vec<(Account, Password)>) -> Result<(), SignInError<S::Error>> {
        let configured = accounts.iter().filter(|(_, password)| matches!(password, Password::Configured(_)));
        let keys: Vec<String> = configured.map(|(account, _)| account.key.clone()).collect();
        self.store.retain(&keys).await.map_err(SignInError::Store)?;
        let (lifetime, mut hashed) = {
            let people = self.people();
            (people.lifetime, people.hashed.clone())
        };
        let mut people = People { lifetime, ..People::default() };
        for (place, (account, password)) in accounts.into_iter().enumerate() {
            let (user, key) = (UserId(place as u32), account.key.clone());
            let kept = matches!(password, Password::Kept);
            if !matches!(password, Password::None) {
                people.by_name.insert(account.name.to_lowercase(), (user, kept));
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

    /// Checks name and password and begins a session; gives its token. `address` is where the attempt comes
    /// from; `unix_now` counts seconds since 1970.
    pub async fn sign_in(
        &self,
        name: &str,
        password: String,
        address: &str,
        now: Instant,
        unix_now: i64,
    ) -> Result<(UserId, String), SignInError<S::Error>> {
        if name.len() > MAX_NAME || password.len() > MAX_PASSWORD {
            return Err(SignInError::Wrong);
        }
        let name = name.to_lowercase();
        let keys = [format!("name {name}"), format!("address {address}")];
        // Counted before the slow check and taken back after a right password: attempts made at the same time count.
        if !self.count_attempt(&keys, now) {
            return Err(SignInError::Throttled);
        }
        let user = self.people().by_name.get(&name).copied();
        let account = user.and_then(|(user, _)| self.account(user));
        let key = account.map_or(name, |account| account.key.clone());
        let stored = match user {
            Some((_, true)) => self.store.kept_hash(&key).await,
            _ => self.store.password_hash(&key).await,
        };
        let hash = stored.map_err(SignInError::Store)?.filter(|_| user.is_some()).unwrap_or_else(|| self.decoy.clone());
        // The semaphore is never closed.
        let _turn = self.checks.acquire().await;
        let right = blocking(move || Ok(verify(&hash, &password))).await?;
        let (Some((user, _)), true) = (user, right) else { return Err(SignInError::Wrong) };
        self.forgive(&keys);
        let mut token = [0_u8; 32];
        getrandom::fill(&mut token).map_err(|_| SignInError::Random)?;
        let expires_at = unix_now + self.session_lifetime().as_secs() as i64;
        self.store.add_session(&token_hash(&token), &key, unix_now, expires_at).await.map_err(SignInError::Store)?;
        Ok((user, URL_SAFE_NO_PAD.encode(token)))
    }

    /// Whose session a token stands for.
    pub async fn session(&self, token: &str, unix_now: i64) -> Result<Option<UserId>, S::Error> {
        let Ok(token) = URL_SAFE_NO_PAD.decode(token) else { return Ok(None) };
        let key = self.store.session_key(&token_hash(&token), unix_now).await?;
        Ok(key.and_then(|key| self.people().by_key.get(&key).copied()))
    }

    /// Ends a session.
    pub async fn sign_out(&self, token: &str) -> Result<(), S::Error> {
        let Ok(token) = URL_SAFE_NO_PAD.decode(token) else { return Ok(()) };
        self.store.remove_session(&token_hash(&token)).await
    }

    /// Counts an attempt; false where there were too many in the window.
    fn count_attempt(&self, keys: &[String], now: Instant) -> bool {
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        if attempts.len() >= MAX_TRACKED {
            attempts.retain(|_, &mut (since, _)| now.saturating_duration_since(since) < ATTEMPT_WINDOW);
        }
        if attempts.len() >= MAX_TRACKED {
            attempts.clear();
        }
        let mut allowed = true;
        for key in keys {
            let entry = attempts.entry(key.clone()).or_insert((now, 0));
            if now.saturating_duration_since(entry.0) >= ATTEMPT_WINDOW {
                *entry = (now, 0);
            }
            entry.1 = entry.1.saturating_add(1);
            allowed &= entry.1 <= MAX_ATTEMPTS;
        }
        allowed
    }

    /// A right password does not count as an attempt.
    fn forgive(&self, keys: &[String]) {
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            if let Some((_, count)) = attempts.get_mut(key) {
                *count = count.saturating_sub(1);
            }
        }
    }
}

/// The argon2id hash of a password, in PHC form.
pub fn hash_password<E: std::error::Error + 'static>(password: &str) -> Result<String, SignInError<E>> {
    Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string()).map_err(|_| SignInError::Hash)
}

/// The hash to store for a configured password; none where the stored one is right already.
pub fn new_hash<E: std::error::Error + 'static>(
    stored: Option<&str>,
    secret: &Secret,
) -> Result<Option<String>, SignInError<E>> {
    if secret.expose().starts_with("$argon2id$") {
        PasswordHash::new(secret.expose()).map_err(|_| SignInError::Hash)?;
        return Ok((stored != Some(secret.expose())).then(|| secret.expose().to_owned()));
    }
    if stored.is_some_and(|stored| verify(stored, secret.expose())) {
        return Ok(None);
    }
    hash_password(secret.expose()).map(Some)
}

fn verify(hash: &str, password: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

fn token_hash(token: &[u8]) -> [u8; 32] {
    Sha256::digest(token).into()
}

/// Hashing takes tens of milliseconds, which no socket should wait for.
async fn blocking<T: Send + 'static, E: std::error::Error + Send + 'static>(
    work: impl FnOnce() -> Result<T, SignInError<E>> + Send + 'static,
) -> Result<T, SignInError<E>> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(SignInError::Hash))
}
