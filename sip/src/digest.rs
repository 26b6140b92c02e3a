//! Digest authentication (RFC 3261 section 22, RFC 7616, RFC 8760; RFC 2617 for peers without `qop`).
//!
//! MD5 and SHA-256, both also as `-sess`; `qop=auth` or none. A challenge that offers `auth-int` alone is not
//! supported: nobody uses it, and intermediaries that change bodies break it.

mod client;
mod server;

use std::borrow::Cow;
use std::fmt;

use md5::Md5;
use sha2::{Digest, Sha256};

use crate::error::ParseError;
use crate::lex;

pub use client::{ChallengeSeen, ClientAuth, Verdict};
pub(crate) use server::Examined;
pub use server::{AuthFailure, ServerAuth};

/// A password. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a password.
    pub fn new(password: impl Into<String>) -> Self {
        Self(password.into())
    }

    /// The password itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(password: String) -> Self {
        Self(password)
    }
}

impl From<&str> for Secret {
    fn from(password: &str) -> Self {
        Self(password.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What a client proves to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// User name for authentication, which may differ from the number.
    pub user_name: String,
    /// Its password.
    pub password: Secret,
}

impl Credentials {
    /// User name and password.
    pub fn new(user_name: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self { user_name: user_name.into(), password: password.into() }
    }
}

/// Hash functions, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Hash {
    Md5,
    Sha256,
}

/// The `algorithm` parameter. Ordered by strength.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Algorithm {
    hash: Hash,
    session: bool,
}

impl Algorithm {
    /// `MD5`, what a challenge without `algorithm` means.
    pub const MD5: Self = Self { hash: Hash::Md5, session: false };
    /// `SHA-256`.
    pub const SHA_256: Self = Self { hash: Hash::Sha256, session: false };

    /// Reads the token in any case; `None` for algorithms that are not supported.
    pub fn parse(token: &str) -> Option<Self> {
        [false, true]
            .into_iter()
            .flat_map(|session| [Hash::Md5, Hash::Sha256].map(|hash| Self { hash, session }))
            .find(|algorithm| algorithm.as_str().eq_ignore_ascii_case(token))
    }

    /// The token: `MD5`, `SHA-256`, `MD5-sess`, `SHA-256-sess`.
    pub fn as_str(self) -> &'static str {
        match (self.hash, self.session) {
            (Hash::Md5, false) => "MD5",
            (Hash::Md5, true) => "MD5-sess",
            (Hash::Sha256, false) => "SHA-256",
            (Hash::Sha256, true) => "SHA-256-sess",
        }
    }

    /// The hash of the parts with colons between them, in lower-case hexadecimal.
    fn digest(self, parts: &[&str]) -> String {
        match self.hash {
            Hash::Md5 => hash_parts::<Md5>(parts),
            Hash::Sha256 => hash_parts::<Sha256>(parts),
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn hash_parts<D: Digest>(parts: &[&str]) -> String {
    let mut hasher = D::new();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            hasher.update(b":");
        }
        hasher.update(part.as_bytes());
    }
    hex(hasher.finalize().as_slice())
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

/// A challenge in WWW-Authenticate or Proxy-Authenticate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// Whose credentials are asked for.
    pub realm: String,
    /// What the answer is computed with.
    pub nonce: String,
    /// To be sent back as it is.
    pub opaque: Option<String>,
    /// How the answer is computed; `None` when the challenge does not say, which means MD5.
    pub algorithm: Option<Algorithm>,
    /// True when `qop=auth` is offered, false when the challenge has no `qop` at all (RFC 2069).
    pub qop_auth: bool,
    /// True when the credentials were right and only the nonce was too old.
    pub stale: bool,
}

impl Challenge {
    /// Reads the value of one header field.
    ///
    /// # Errors
    /// When it is no Digest challenge, lacks realm or nonce, or asks for an algorithm or quality of protection
    /// that is not supported.
    pub fn parse(value: &str) -> Result<Self, ParseError> {
        let fields = Fields::parse(value)?;
        let algorithm = match fields.get("algorithm") {
            None => None,
            Some(token) => {
                let unsupported = ParseError::Value("unsupported algorithm");
                Some(Algorithm::parse(&token).ok_or(unsupported)?)
            }
        };
        let qop = fields.get("qop");
        let offers_auth = |qop: &str| qop.split(',').any(|item| lex::trim(item).eq_ignore_ascii_case("auth"));
        if qop.as_deref().is_some_and(|qop| !offers_auth(qop)) {
            return Err(ParseError::Value("no supported qop"));
        }
        let required = |name, missing| fields.get(name).map(Cow::into_owned).ok_or(ParseError::Value(missing));
        Ok(Self {
            realm: required("realm", "no realm")?,
            nonce: required("nonce", "no nonce")?,
            opaque: fields.get("opaque").map(Cow::into_owned),
            algorithm,
            qop_auth: qop.is_some(),
            stale: fields.get("stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true")),
        })
    }

    /// The algorithm that applies.
    pub fn effective_algorithm(&self) -> Algorithm {
        self.algorithm.unwrap_or(Algorithm::MD5)
    }
}

/// What the response digest is computed from (RFC 7616 section 3.4.1).
struct Inputs<'a> {
    algorithm: Algorithm,
    user_name: &'a str,
    realm: &'a str,
    password: &'a str,
    method: &'a str,
    uri: &'a str,
    nonce: &'a str,
    cnonce: &'a str,
    /// `nc` as it is sent; `None` without `qop`.
    count: Option<&'a str>,
}

impl Inputs<'_> {
    fn response(&self) -> String {
        let hash = |parts: &[&str]| self.algorithm.digest(parts);
        let mut secret = hash(&[self.user_name, self.realm, self.password]);
        if self.algorithm.session {
            secret = hash(&[&secret, self.nonce, self.cnonce]);
        }
        let request = hash(&[self.method, self.uri]);
        match self.count {
            Some(count) => hash(&[&secret, self.nonce, count, self.cnonce, "auth", &request]),
            None => hash(&[&secret, self.nonce, &request]),
        }
    }
}

/// The `name=value` pairs of a challenge or of credentials.
struct Fields<'a>(&'a str);

impl<'a> Fields<'a> {
    fn parse(value: &'a str) -> Result<Self, ParseError> {
        let value = lex::trim(value);
        let (scheme, rest) = value.split_once([' ', '\t']).unwrap_or((value, ""));
        if !scheme.eq_ignore_ascii_case("Digest") {
            return Err(ParseError::Value("not the Digest scheme"));
        }
        Ok(Self(rest))
    }

    /// The value of the first field of that name, quotes and escapes undone.
    fn get(&self, name: &str) -> Option<Cow<'a, str>> {
        let value = lex::list(self.0)
            .filter_map(|item| item.split_once('='))
            .find(|(candidate, _)| lex::trim(candidate).eq_ignore_ascii_case(name))
            .map(|(_, value)| lex::trim(value))?;
        Some(lex::unescape(lex::strip_quotes(value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_read() {
        let challenge = Challenge::parse(
            r#"Digest realm="a, \"b\"", domain="sip:ss1.example.com", nonce = "f84f1cec",qop="auth-int, auth",opaque="", stale=TRUE, algorithm=sha-256"#,
        )
        .expect("valid");
        assert_eq!(challenge.realm, "a, \"b\"");
        assert_eq!(challenge.nonce, "f84f1cec");
        assert_eq!(challenge.opaque.as_deref(), Some(""));
        assert_eq!(challenge.algorithm, Some(Algorithm::SHA_256));
        assert!(challenge.qop_auth && challenge.stale);
    }

    #[test]
    fn what_cannot_be_answered_is_refused() {
        for value in [
            "",
            "Digest",
            "Basic realm=\"x\"",
            "Digest realm=\"x\"",
            "Digest nonce=\"x\"",
            "Digest realm=\"x\", nonce=\"y\", algorithm=SHA-512-256",
            "Digest realm=\"x\", nonce=\"y\", qop=\"auth-int\"",
        ] {
            assert!(Challenge::parse(value).is_err(), "{value}");
        }
    }

    #[test]
    fn secrets_do_not_show() {
        let credentials = Credentials::new("alice", "swordfish");
        assert!(!format!("{credentials:?}").contains("swordfish"));
        assert_eq!(credentials.password.expose(), "swordfish");
    }

    /// RFC 2617 section 3.5 and RFC 7616 section 3.9.1.
    #[test]
    fn the_examples_of_the_rfcs_come_out() {
        let rfc2617 = Inputs {
            algorithm: Algorithm::MD5,
            user_name: "Mufasa",
            realm: "testrealm@host.com",
            password: "Circle Of Life",
            method: "GET",
            uri: "/dir/index.html",
            nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
            cnonce: "0a4f113b",
            count: Some("00000001"),
        };
        assert_eq!(rfc2617.response(), "6629fae49393a05397450978507c4ef1");
        let rfc7616 = |algorithm| {
            Inputs {
                algorithm,
                user_name: "Mufasa",
                realm: "http-auth@example.org",
                password: "Circle of Life",
                method: "GET",
                uri: "/dir/index.html",
                nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
                cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
                count: Some("00000001"),
            }
            .response()
        };
        assert_eq!(rfc7616(Algorithm::MD5), "8ca523f5e9506fed4657c9700eebdbec");
        assert_eq!(rfc7616(Algorithm::SHA_256), "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
    }
}
