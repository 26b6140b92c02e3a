//! The second factor of an account: the codes of an authenticator app, and recovery codes for when it is lost.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use data_encoding::BASE32_NOPAD;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::sync::OwnedMutexGuard;

use super::accounts::{Account, AccountStore, Accounts, SignInError};
use super::totp;
use crate::config::Secret;
use crate::site::ObjectId;

/// The secret's name beside the object.
pub const FIELD: &str = "totp";
/// Recovery codes that are given at once.
const RECOVERY_CODES: usize = 10;
/// Characters of a recovery code: 60 random bits.
const RECOVERY_CODE: usize = 12;
/// Seconds that somebody has to confirm a new secret.
const CONFIRM_WITHIN: i64 = 15 * 60;

/// What is kept, sealed, of an account's second factor. Nothing shows it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    /// Base64.
    secret: String,
    /// When it was confirmed, in seconds since 1970.
    since: i64,
    /// The step of the code that was used last.
    used: u64,
    /// SHA-256 of the recovery codes that were not used, base64.
    recovery: Vec<String>,
}

/// How a second factor was proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Factor {
    /// By a code of the app.
    Code,
    /// By a recovery code, which is used up.
    Recovery,
}

/// What is told of an account's second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecondFactor {
    /// When it was confirmed, in seconds since 1970.
    pub since: i64,
    /// Recovery codes that are left.
    pub recovery_codes: usize,
}

impl Kept {
    fn read(secret: &Secret) -> Option<Kept> {
        serde_json::from_str(secret.expose()).ok()
    }

    fn write(&self) -> Secret {
        // A struct of texts and numbers is always JSON.
        Secret::new(serde_json::to_string(self).unwrap_or_default())
    }

    /// Takes what was typed, once.
    fn prove(&mut self, typed: &str, unix_now: i64) -> Option<Factor> {
        let typed: String = typed.chars().filter(|c| c.is_ascii_alphanumeric()).take(2 * RECOVERY_CODE).collect();
        let secret = STANDARD_NO_PAD.decode(&self.secret).ok()?;
        if let Some(step) = totp::step_of(&secret, &typed, unix_now, Some(self.used)) {
            self.used = step;
            return Some(Factor::Code);
        }
        let hash = hash(&typed);
        let place = self.recovery.iter().position(|kept| *kept == hash)?;
        self.recovery.swap_remove(place);
        Some(Factor::Recovery)
    }
}

fn hash(recovery_code: &str) -> String {
    let letters: String = recovery_code.chars().filter(char::is_ascii_alphanumeric).collect();
    STANDARD_NO_PAD.encode(Sha256::digest(letters.to_ascii_uppercase()))
}

/// A recovery code of random octets, as people write it down.
fn recovery_code(random: [u8; 8]) -> String {
    let text = BASE32_NOPAD.encode(&random);
    [&text[..4], &text[4..8], &text[8..RECOVERY_CODE]].join("-")
}

/// Secrets that people have not confirmed yet, by the keys of their accounts.
#[derive(Default)]
pub(super) struct Enrolments {
    pending: Mutex<FxHashMap<String, ([u8; totp::SECRET], i64)>>,
    /// What is kept of a second factor changes one at a time, so that no code counts twice.
    changing: Arc<tokio::sync::Mutex<()>>,
}

/// Nobody else changes what is kept of a second factor while this is there.
#[derive(Debug)]
pub struct Held(OwnedMutexGuard<()>);

impl Held {
    /// Changes it. A connection that breaks ends the request, but not this: the next change waits for it. None where it
    /// did not come to an end.
    pub async fn finish<T: Send + 'static>(self, change: impl Future<Output = T> + Send + 'static) -> Option<T> {
        let work = tokio::spawn(async move {
            let Held(_guard) = self;
            change.await
        });
        work.await.ok()
    }
}

impl std::fmt::Debug for Enrolments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[enrolments]")
    }
}

/// What is to be kept once it is confirmed, and what the person is shown this once.
pub struct Enrolled {
    /// To be kept as [`FIELD`] of the object.
    pub kept: Secret,
    /// For the person to write down.
    pub recovery_codes: Vec<String>,
}

impl<S: AccountStore> Accounts<S> {
    /// Nobody changes what is kept of a second factor meanwhile.
    pub async fn hold_second_factors(&self) -> Held {
        Held(self.enrolments.changing.clone().lock_owned().await)
    }

    /// What is told of an object's second factor; None: it has none.
    pub async fn second_factor(&self, id: ObjectId) -> Result<Option<SecondFactor>, SignInError<S::Error>> {
        let kept = self.kept(id).await?;
        Ok(kept.map(|kept| SecondFactor { since: kept.since, recovery_codes: kept.recovery.len() }))
    }

    /// Whether an account may do nothing before it has a second factor.
    pub async fn must_enrol(&self, account: &Account) -> Result<bool, S::Error> {
        Ok(self.second_factor_needed() && self.store.second_factor(account.id.as_str()).await?.is_none())
    }

    async fn kept(&self, id: ObjectId) -> Result<Option<Kept>, SignInError<S::Error>> {
        let Some(secret) = self.store.second_factor(id.as_str()).await.map_err(SignInError::Store)? else {
            return Ok(None);
        };
        // What cannot be read must not let anybody in without it.
        Kept::read(&secret).map(Some).ok_or(SignInError::SecondFactor)
    }

    /// Takes a code for an account, once; None: the account has no second factor.
    pub(super) async fn prove(
        &self,
        account: &Account,
        typed: Option<&str>,
        unix_now: i64,
    ) -> Result<Option<Factor>, SignInError<S::Error>> {
        let held = self.hold_second_factors().await;
        let Some(mut kept) = self.kept(account.id).await? else { return Ok(None) };
        let typed = typed.map(str::trim).filter(|typed| !typed.is_empty()).ok_or(SignInError::CodeNeeded)?;
        let factor = kept.prove(typed, unix_now).ok_or(SignInError::CodeWrong)?;
        let (store, id, kept) = (self.store.clone(), account.id, kept.write());
        let keeping = async move { store.keep_second_factor(id.as_str(), &kept).await };
        let done = held.finish(keeping).await.ok_or(SignInError::SecondFactor)?;
        done.map(|()| Some(factor)).map_err(SignInError::Store)
    }

    /// A new secret for an account, which counts once it is confirmed.
    pub fn enrol(&self, account: &Account, unix_now: i64) -> Result<[u8; totp::SECRET], SignInError<S::Error>> {
        let mut secret = [0; totp::SECRET];
        getrandom::fill(&mut secret).map_err(|_| SignInError::Random)?;
        let mut pending = self.enrolments.pending.lock().unwrap_or_else(PoisonError::into_inner);
        // One for each account at most: only who is signed in gets here.
        pending.retain(|_, (_, since)| unix_now - *since < CONFIRM_WITHIN);
        pending.insert(account.key.clone(), (secret, unix_now));
        Ok(secret)
    }

    /// Confirms a new secret with a code of it. Whoever keeps it holds [`Accounts::hold_second_factors`].
    pub fn confirm_enrolment(
        &self,
        account: &Account,
        typed: &str,
        unix_now: i64,
    ) -> Result<Enrolled, SignInError<S::Error>> {
        let mut pending = self.enrolments.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let found = pending.get(&account.key).filter(|(_, since)| unix_now - since < CONFIRM_WITHIN);
        let &(secret, _) = found.ok_or(SignInError::CodeWrong)?;
        let typed: String = typed.chars().filter(char::is_ascii_digit).take(16).collect();
        let used = totp::step_of(&secret, &typed, unix_now, None).ok_or(SignInError::CodeWrong)?;
        let (recovery, recovery_codes) = recovery()?;
        pending.remove(&account.key);
        let kept = Kept { secret: STANDARD_NO_PAD.encode(secret), since: unix_now, used, recovery };
        Ok(Enrolled { kept: kept.write(), recovery_codes })
    }

    /// New recovery codes in place of those that there are; None: the account has no second factor. Whoever keeps them holds
    /// [`Accounts::hold_second_factors`].
    pub async fn renew_recovery_codes(&self, account: &Account) -> Result<Option<Enrolled>, SignInError<S::Error>> {
        let Some(kept) = self.kept(account.id).await? else { return Ok(None) };
        let (recovery, recovery_codes) = recovery()?;
        Ok(Some(Enrolled { kept: Kept { recovery, ..kept }.write(), recovery_codes }))
    }
}

/// Recovery codes: what is kept of them, and themselves.
fn recovery<E: std::error::Error + 'static>() -> Result<(Vec<String>, Vec<String>), SignInError<E>> {
    let mut codes = Vec::with_capacity(RECOVERY_CODES);
    for _ in 0..RECOVERY_CODES {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|_| SignInError::Random)?;
        codes.push(recovery_code(random));
    }
    Ok((codes.iter().map(|code| hash(code)).collect(), codes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept() -> Kept {
        Kept {
            secret: STANDARD_NO_PAD.encode(b"12345678901234567890"),
            since: 0,
            used: 0,
            recovery: vec![hash("ABCD-EFGH-2345"), hash("ZZZZ-ZZZZ-ZZZZ")],
        }
    }

    #[test]
    fn every_code_is_taken_once() {
        let mut kept = kept();
        // RFC 6238, appendix B.
        let at = 1_111_111_111;
        assert_eq!(kept.prove("000 000", at), None);
        assert_eq!(kept.prove("050 471", at), Some(Factor::Code));
        assert_eq!(kept.prove("050471", at), None, "it was used");
        assert_eq!(kept.prove("081804", at), None, "the one before it is older");
        assert_eq!(kept.prove("abcd efgh 2345", at), Some(Factor::Recovery));
        assert_eq!(kept.prove("ABCD-EFGH-2345", at), None, "it was used");
        assert_eq!(kept.prove("", at), None);
        let again = Kept::read(&kept.write()).unwrap();
        assert_eq!((again.used, again.recovery.len()), (at as u64 / 30, 1));
    }

    #[test]
    fn recovery_codes_can_be_written_down() {
        assert_eq!(recovery_code([0; 8]), "AAAA-AAAA-AAAA");
        let (kept, codes) = recovery::<std::convert::Infallible>().unwrap();
        assert_eq!((kept.len(), codes.len()), (10, 10));
        assert!(codes.iter().all(|code| code.len() == 14 && kept.contains(&hash(&code.to_lowercase()))), "{codes:?}");
    }
}
