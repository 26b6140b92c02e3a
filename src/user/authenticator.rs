//! How somebody proves who they are. Each way is an [`Authenticator`]; who signs people in asks them and knows none of them.

use std::fmt::Debug;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;

use super::accounts::{Account, ProvenHash};
use crate::config::Secret;

/// Who wants to sign in.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// The login as it was typed, in small letters.
    pub login: &'a str,
    /// The account with this login, where there is one.
    pub account: Option<&'a Account>,
    /// What only that person should know.
    pub secret: &'a Secret,
    /// A code of a second factor, where one was typed.
    pub code: Option<&'a str>,
    /// Where the person is.
    pub address: IpAddr,
}

/// Who somebody is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// The account's [`key`](Account::key).
    pub account: String,
    /// Whether a second factor was proven, too. Where not, that of the account is asked for.
    pub second_factor: bool,
    /// The password of this server's that proved it. No session begins once the account has another one.
    pub password: Option<ProvenHash>,
}

/// What became of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is true.
    Proven(Proven),
    /// It is not, and it is not told why: there may be no such person, or the secret is wrong.
    Wrong,
}

/// An authenticator cannot tell: a directory that does not answer, for example.
#[derive(Debug, thiserror::Error)]
#[error("{name} cannot be asked who somebody is")]
pub struct Unavailable {
    /// Its name.
    pub name: &'static str,
    /// Why.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// What is still being found out.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Unavailable>> + Send + 'a>>;

/// A way to find out who somebody is. Several are asked in their order.
pub trait Authenticator: Debug + Send + Sync + 'static {
    /// Its name. An account names by it the one that it belongs to ([`Account::authenticator`]).
    fn name(&self) -> &'static str;

    /// Whether a claim is its business: by default that of its own accounts, and that of a login which no account has.
    fn judges(&self, claim: &Claim<'_>) -> bool {
        claim.account.is_none_or(|account| account.authenticator == self.name())
    }

    /// Whether a claim is true. It takes as long for a login that it does not know as for another.
    fn check<'a>(&'a self, claim: Claim<'a>) -> Answer<'a, Verdict>;

    /// How it sends people to somewhere else to prove who they are; None: it is asked here, with [`Authenticator::check`].
    fn redirect(&self) -> Option<&dyn Redirect> {
        None
    }
}

/// Proves who somebody is in two steps: the person is sent elsewhere and comes back with an answer.
pub trait Redirect: Send + Sync {
    /// Where the person is sent. `state` comes back with them, and proves that it is the same browser.
    fn begin<'a>(&'a self, state: &'a str) -> Answer<'a, String>;

    /// What the query means that they have come back with.
    fn finish<'a>(&'a self, query: &'a str, state: &'a str) -> Answer<'a, Verdict>;
}
