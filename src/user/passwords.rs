//! Passwords that this server keeps, as argon2id hashes.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::OnceCell;

use super::accounts::{AccountStore, ProvenHash, SignInError};
use super::authenticator::{Answer, Authenticator, Claim, Proven, Unavailable, Verdict};
use crate::config::Secret;

/// The name of the authenticator.
pub const PASSWORD: &str = "password";

/// Checks passwords that this server keeps.
#[derive(Debug)]
pub(super) struct KeptPasswords<S> {
    store: S,
    /// Verified for unknown logins, so that they take as long as known ones.
    decoy: String,
}

impl<S: AccountStore> KeptPasswords<S> {
    pub(super) async fn new(store: S) -> Result<KeptPasswords<S>, SignInError<S::Error>> {
        // One for all kinds of accounts: each hash takes 19 MB for a moment, which the allocator keeps after the second.
        static DECOY: OnceCell<String> = OnceCell::const_new();
        let decoy = DECOY.get_or_try_init(|| blocking(|| hash_password("nobody"))).await?.clone();
        Ok(KeptPasswords { store, decoy })
    }

    async fn verdict(&self, claim: Claim<'_>) -> Result<Verdict, SignInError<S::Error>> {
        // The same is asked, and as much is calculated, where there is no such account or none with a password.
        let key = claim.account.map_or(claim.login, |account| &account.key);
        let from_file = claim.account.is_some_and(|account| account.from_file);
        let stored = match from_file {
            true => self.store.password_hash(key).await,
            false => self.store.kept_hash(key).await,
        };
        let stored = stored.map_err(SignInError::Store)?.filter(|_| claim.account.is_some());
        let hash = stored.unwrap_or_else(|| self.decoy.clone());
        let (secret, hash) = (claim.secret.clone(), Secret::new(hash));
        let (right, hash) = blocking(move || Ok((verify(hash.expose(), secret.expose()), hash))).await?;
        let by = if from_file { ProvenHash::Configured(hash) } else { ProvenHash::Kept(hash) };
        Ok(match claim.account.filter(|_| right) {
            Some(account) => {
                Verdict::Proven(Proven { account: account.key.clone(), second_factor: false, password: Some(by) })
            }
            None => Verdict::Wrong,
        })
    }
}

impl<S: AccountStore> Authenticator for KeptPasswords<S> {
    fn name(&self) -> &'static str {
        PASSWORD
    }

    fn check<'a>(&'a self, claim: Claim<'a>) -> Answer<'a, Verdict> {
        let unavailable = |error: SignInError<S::Error>| Unavailable { name: PASSWORD, source: Box::new(error) };
        Box::pin(async move { self.verdict(claim).await.map_err(unavailable) })
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

/// Hashing takes tens of milliseconds, which no socket should wait for.
pub(super) async fn blocking<T: Send + 'static, E: std::error::Error + Send + 'static>(
    work: impl FnOnce() -> Result<T, SignInError<E>> + Send + 'static,
) -> Result<T, SignInError<E>> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(SignInError::Hash))
}
