//! How people sign in, as they and administrators see it: second factors, sessions, locks. `docs/admin-api.md` and
//! `docs/client-protocol.md` describe it in prose.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::site::ObjectId;

/// Answer to `GET …/session/security`: how one signs in oneself.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct OwnSecurity {
    /// The second factor; null: there is none.
    pub second_factor: Option<SecondFactor>,
    /// Whether the settings demand one.
    pub second_factor_needed: bool,
    /// Whether one can change the password here; false: the configuration file sets it.
    pub password: bool,
    /// Characters that a password has at least.
    pub min_length: u32,
}

/// A second factor.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct SecondFactor {
    /// Since when, in milliseconds since 1970.
    #[ts(type = "number")]
    pub since: i64,
    /// Recovery codes that were not used.
    pub recovery_codes: usize,
}

/// Answer to `GET …/sessions`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct Sessions {
    /// Those that have not ended, the latest first.
    pub sessions: Vec<SessionReport>,
}

/// A session. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct SessionReport {
    /// Its name, which opens nothing.
    pub id: String,
    /// When it began.
    #[ts(type = "number")]
    pub created_at: i64,
    /// When it was used last, to within five minutes.
    #[ts(type = "number")]
    pub used_at: i64,
    /// When it ends.
    #[ts(type = "number")]
    pub expires_at: i64,
    /// Where it began; empty where that is not known.
    pub address: String,
    /// The browser or program, as it names itself; empty where that is not known.
    pub user_agent: String,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// Answer to `DELETE …/sessions`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct EndedSessions {
    /// How many have ended.
    #[ts(type = "number")]
    pub ended: u64,
}

/// Body of `PUT …/session/password`. Nothing shows what is in it.
#[derive(Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    /// The password until now.
    pub old: String,
    /// The password from now on.
    pub new: String,
}

/// Body of what asks for the password once more.
#[derive(Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// The password.
    pub password: String,
}

/// Body of `POST …/session/totp`.
#[derive(Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct BeginEnrolment {
    /// The password; not needed where the settings demand a second factor and there is none yet.
    #[serde(default)]
    #[ts(optional)]
    pub password: Option<String>,
}

/// Answer to it: a secret for an authenticator app, which counts once a code of it is sent back.
#[derive(Serialize, JsonSchema, TS)]
pub struct Enrolment {
    /// For typing into the app: base32.
    pub secret: String,
    /// For opening in the app.
    pub url: String,
    /// The same as a QR code: SVG.
    pub qr: String,
}

/// Body of `PUT …/session/totp`.
#[derive(Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct EnrolmentCode {
    /// What the app shows.
    pub code: String,
}

/// Answer to it. Nothing shows the codes again.
#[derive(Serialize, JsonSchema, TS)]
pub struct RecoveryCodes {
    /// Each signs in once in place of a code of the app.
    pub recovery_codes: Vec<String>,
}

/// Answer to `GET /api/v1/admin/users/{id}/security`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct AccountSecurity {
    /// The second factor; null: there is none.
    pub second_factor: Option<SecondFactor>,
    /// Whether the settings demand one.
    pub second_factor_needed: bool,
    /// Why the next attempt to sign in has to wait somewhere; null: it has not.
    pub lock: Option<SignInLock>,
}

/// Too many wrong passwords.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct SignInLock {
    /// Failures in a row.
    pub failures: u32,
    /// From when on the next attempt counts, in milliseconds since 1970.
    #[ts(type = "number")]
    pub until: i64,
}

/// Answer to `GET /api/v1/admin/locks`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct Locks {
    /// Users who have to wait.
    pub users: Vec<LockedAccount>,
    /// Administrators who have to wait.
    pub administrators: Vec<LockedAccount>,
    /// Addresses that have to wait.
    pub addresses: Vec<LockedAddress>,
    /// How many logins have to wait that nobody has.
    pub unknown_logins: usize,
}

/// An account that has to wait.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct LockedAccount {
    /// The user or administrator.
    pub id: ObjectId,
    /// What they sign in with.
    pub login: String,
    /// Why.
    pub lock: SignInLock,
}

/// An address that has to wait.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct LockedAddress {
    /// An IPv4 address, or the network of an IPv6 one.
    pub address: String,
    /// Whether users or administrators were tried from it.
    pub kind: String,
    /// Why.
    pub lock: SignInLock,
}

/// Answer to `GET /api/v1/admin/sign-ins`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct SignIns {
    /// Attempts, the latest first.
    pub entries: Vec<SignInReport>,
    /// `before` of the next page; null: this is the last one.
    #[ts(type = "number | null")]
    pub next: Option<i64>,
}

/// Somebody who signed in, or tried to.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct SignInReport {
    /// Its number.
    #[ts(type = "number")]
    pub id: i64,
    /// When, in milliseconds since 1970.
    #[ts(type = "number")]
    pub at: i64,
    /// The user or administrator; null where nobody has the login that was typed, which is not told: it may be a password.
    pub object: Option<String>,
    /// What they sign in with.
    pub login: String,
    /// `signed_in`, `recovery_code`, `wrong_password`, `wrong_code`.
    pub outcome: String,
    /// Where from.
    pub address: String,
    /// The browser or program, as it names itself.
    pub user_agent: String,
}

/// Answer to `GET /api/v1/admin/token-uses`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct TokenUses {
    /// Of every token that was used.
    pub uses: Vec<TokenUse>,
}

/// When a program used its token last.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct TokenUse {
    /// The token's id.
    pub token: String,
    /// When, in milliseconds since 1970, to within a minute.
    #[ts(type = "number")]
    pub used_at: i64,
    /// Where from.
    pub address: String,
}
