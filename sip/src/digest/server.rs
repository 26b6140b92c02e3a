//! The side that challenges.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{Algorithm, Fields, Inputs, Secret, hex};
use crate::header::Name;
use crate::lex::Quoted;
use crate::message::Message;
use crate::method::Method;

/// How long a nonce may be used, when nothing else is set.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(300);

/// Nonces in use that are remembered to find replays. Only right credentials get one in.
const MAX_NONCES: usize = 16_384;

/// Why credentials are not accepted. In every case but [`AuthFailure::Malformed`], which is a 400, the answer is
/// a new challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthFailure {
    /// No credentials for our realm.
    #[error("no credentials")]
    Missing,
    /// The password was right, but the nonce is too old, or not from this process: challenge with `stale`.
    #[error("the nonce is too old")]
    Stale,
    /// Unknown user or wrong password; which of them is not told.
    #[error("wrong user name or password")]
    Wrong,
    /// The credentials cannot be read.
    #[error("malformed credentials")]
    Malformed,
    /// The password was right, but the nonce count was used before: challenge with `stale`.
    #[error("credentials used a second time")]
    Replayed,
}

impl AuthFailure {
    /// Whether the next challenge says `stale=true`: the client then tries again without asking its user.
    pub fn is_stale(self) -> bool {
        matches!(self, Self::Stale | Self::Replayed)
    }
}

/// What credentials are worth, with what a counter of wrong passwords wants to know.
#[derive(Debug)]
pub(crate) struct Examined {
    /// The user name they are for; None where there are none for our realm that can be read.
    pub(crate) user_name: Option<String>,
    /// The user name, when they are right.
    pub(crate) result: Result<String, AuthFailure>,
    /// Whether their nonce was made for this peer and is not too old: then they come from where they seem to.
    pub(crate) is_peer_proven: bool,
}

/// Challenges and verifies for one realm.
///
/// Nonces carry their own time and proof of origin, so a flood of requests without credentials takes no memory.
pub struct ServerAuth {
    realm: String,
    key: [u8; 32],
    lifetime: Duration,
    /// The time nonces count from: the first that was seen.
    epoch: Option<Instant>,
    /// Number of the next nonce.
    next: u64,
    /// Nonces below this number are refused: they were forgotten.
    floor: u64,
    /// Counts seen, by number of the nonce.
    used: BTreeMap<u64, Counts>,
}

impl ServerAuth {
    /// `key` must be random and fresh in every process.
    pub fn new(realm: impl Into<String>, key: [u8; 32]) -> Self {
        Self {
            realm: realm.into(),
            key,
            lifetime: DEFAULT_LIFETIME,
            epoch: None,
            next: 0,
            floor: 0,
            used: BTreeMap::new(),
        }
    }

    /// Sets how long a nonce may be used; 5 minutes otherwise.
    #[must_use]
    pub fn with_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// The realm.
    pub fn realm(&self) -> &str {
        &self.realm
    }

    /// Values for WWW-Authenticate or Proxy-Authenticate, one field each: SHA-256 first, then MD5, for clients
    /// take the first that they know (RFC 8760 section 2.3).
    pub fn challenge(&mut self, stale: bool, now: Instant) -> Vec<String> {
        self.challenge_peer(None, stale, now)
    }

    /// Like [`ServerAuth::challenge`], with a nonce that is good from that address only: whoever answers has received
    /// it there, and has not only written the address on a datagram.
    pub(crate) fn challenge_peer(&mut self, peer: Option<IpAddr>, stale: bool, now: Instant) -> Vec<String> {
        let nonce = self.make_nonce(peer, now);
        let stale = if stale { ", stale=true" } else { "" };
        [Algorithm::SHA_256, Algorithm::MD5]
            .into_iter()
            .map(|algorithm| {
                let realm = Quoted(&self.realm);
                format!("Digest realm={realm}, nonce=\"{nonce}\", algorithm={algorithm}, qop=\"auth\"{stale}")
            })
            .collect()
    }

    /// Verifies the credentials in a request: `name` is Authorization or Proxy-Authorization. Gives the user name.
    ///
    /// # Errors
    /// See [`AuthFailure`].
    pub fn verify_request(
        &mut self,
        request: &Message,
        name: Name,
        password: impl Fn(&str) -> Option<Secret>,
        now: Instant,
    ) -> Result<String, AuthFailure> {
        self.examine_request(request, name, password, None, now).result
    }

    /// Like [`ServerAuth::verify_request`], for a nonce from [`ServerAuth::challenge_peer`].
    pub(crate) fn examine_request(
        &mut self,
        request: &Message,
        name: Name,
        password: impl Fn(&str) -> Option<Secret>,
        peer: Option<IpAddr>,
        now: Instant,
    ) -> Examined {
        let mut found = Examined { user_name: None, result: Err(AuthFailure::Missing), is_peer_proven: false };
        let Some(method) = request.method() else { return found };
        for value in request.raw_values(name) {
            match self.check(value, &method, &password, peer, now) {
                Examined { result: Err(AuthFailure::Missing), .. } => {}
                other => {
                    found = other;
                    break;
                }
            }
        }
        found
    }

    /// The user name that credentials for our realm in the request give, unchecked.
    pub(crate) fn claimed_user(&self, request: &Message, name: Name) -> Option<String> {
        request.raw_values(name).find_map(|value| {
            let fields = Fields::parse(value).ok()?;
            let ours = fields.get("realm").is_some_and(|realm| realm == self.realm.as_str());
            ours.then(|| fields.get("username").map(Cow::into_owned)).flatten()
        })
    }

    /// Whether credentials for our realm in the request were made with MD5.
    pub(crate) fn answered_with_md5(&self, request: &Message, name: Name) -> bool {
        request.raw_values(name).filter_map(|value| Fields::parse(value).ok()).any(|fields| {
            let ours = fields.get("realm").is_some_and(|realm| realm == self.realm.as_str());
            // RFC 7616 3.4: without an algorithm it is MD5.
            ours && fields.get("algorithm").is_none_or(|algorithm| Algorithm::parse(&algorithm) == Some(Algorithm::MD5))
        })
    }

    /// Verifies the value of one Authorization or Proxy-Authorization field. `password` looks up a user's. Gives
    /// the user name.
    ///
    /// # Errors
    /// See [`AuthFailure`]; [`AuthFailure::Missing`] when they are for another realm or scheme.
    pub fn verify(
        &mut self,
        authorization: &str,
        method: &Method,
        password: impl Fn(&str) -> Option<Secret>,
        now: Instant,
    ) -> Result<String, AuthFailure> {
        self.check(authorization, method, password, None, now).result
    }

    fn check(
        &mut self,
        authorization: &str,
        method: &Method,
        password: impl Fn(&str) -> Option<Secret>,
        peer: Option<IpAddr>,
        now: Instant,
    ) -> Examined {
        let mut examined = Examined { user_name: None, result: Err(AuthFailure::Missing), is_peer_proven: false };
        examined.result = self.check_into(&mut examined, authorization, method, password, peer, now);
        examined
    }

    fn check_into(
        &mut self,
        examined: &mut Examined,
        authorization: &str,
        method: &Method,
        password: impl Fn(&str) -> Option<Secret>,
        peer: Option<IpAddr>,
        now: Instant,
    ) -> Result<String, AuthFailure> {
        let fields = Fields::parse(authorization).map_err(|_| AuthFailure::Missing)?;
        let required = |name| fields.get(name).ok_or(AuthFailure::Malformed);
        let realm = required("realm")?;
        if realm != self.realm.as_str() {
            return Err(AuthFailure::Missing);
        }
        let (user_name, nonce) = (required("username")?, required("nonce")?);
        let (uri, response) = (required("uri")?, required("response")?);
        let algorithm = match fields.get("algorithm") {
            None => Algorithm::MD5,
            Some(token) => Algorithm::parse(&token).ok_or(AuthFailure::Malformed)?,
        };
        let (count_text, cnonce) = match fields.get("qop") {
            Some(qop) if qop.eq_ignore_ascii_case("auth") => (Some(required("nc")?), required("cnonce")?),
            Some(_) => return Err(AuthFailure::Malformed),
            None if algorithm.session => (None, required("cnonce")?),
            None => (None, "".into()),
        };
        let count = match count_text.as_deref() {
            Some(text) if text.len() == 8 => Some(u32::from_str_radix(text, 16).map_err(|_| AuthFailure::Malformed)?),
            Some(_) => return Err(AuthFailure::Malformed),
            None => None,
        };

        let known = password(&user_name);
        let expected = Inputs {
            algorithm,
            user_name: &user_name,
            realm: &realm,
            password: known.as_ref().map_or("", Secret::expose),
            method: method.as_str(),
            uri: &uri,
            nonce: &nonce,
            cnonce: &cnonce,
            count: count_text.as_deref(),
        }
        .response();
        let matches = same(expected.as_bytes(), response.to_ascii_lowercase().as_bytes());
        let number = self.read_nonce(&nonce, peer, now);
        examined.user_name = Some(user_name.clone().into_owned());
        examined.is_peer_proven = number.is_some();
        if known.is_none() || !matches {
            return Err(AuthFailure::Wrong);
        }
        self.use_nonce(number.ok_or(AuthFailure::Stale)?, count)?;
        Ok(user_name.into_owned())
    }

    /// Milliseconds and number in hexadecimal, then their proof.
    fn make_nonce(&mut self, peer: Option<IpAddr>, now: Instant) -> String {
        let number = self.next;
        self.next += 1;
        let plain = format!("{:016x}{number:016x}", self.millis(now));
        let proof = self.proof(&plain, peer);
        plain + &proof
    }

    /// The number of a nonce made here for that peer that is not too old.
    fn read_nonce(&mut self, nonce: &str, peer: Option<IpAddr>, now: Instant) -> Option<u64> {
        let (plain, proof) = nonce.split_at_checked(32)?;
        if !same(self.proof(plain, peer).as_bytes(), proof.as_bytes()) {
            return None;
        }
        let made = u64::from_str_radix(plain.get(..16)?, 16).ok()?;
        let number = u64::from_str_radix(plain.get(16..)?, 16).ok()?;
        let age = self.millis(now).checked_sub(made)?;
        (u128::from(age) < self.lifetime.as_millis() && number >= self.floor).then_some(number)
    }

    fn use_nonce(&mut self, number: u64, count: Option<u32>) -> Result<(), AuthFailure> {
        let counts = self.used.entry(number).or_default();
        let result = match count {
            Some(count) if counts.take(count) => Ok(()),
            Some(_) => Err(AuthFailure::Replayed),
            // Without a count a replay looks the same as a second use: each such nonce is good once.
            None if counts.take(u32::MAX) => Ok(()),
            None => Err(AuthFailure::Stale),
        };
        while self.used.len() > MAX_NONCES {
            if let Some((oldest, _)) = self.used.pop_first() {
                self.floor = oldest + 1;
            }
        }
        result
    }

    fn millis(&mut self, now: Instant) -> u64 {
        let epoch = *self.epoch.get_or_insert(now);
        u64::try_from(now.saturating_duration_since(epoch).as_millis()).unwrap_or(u64::MAX)
    }

    fn proof(&self, plain: &str, peer: Option<IpAddr>) -> String {
        // HMAC takes keys of any length.
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("any key length is valid");
        mac.update(plain.as_bytes());
        match peer {
            Some(IpAddr::V4(ip)) => mac.update(&ip.octets()),
            Some(IpAddr::V6(ip)) => mac.update(&ip.octets()),
            None => {}
        }
        mac.update(self.realm.as_bytes());
        hex(&mac.finalize().into_bytes()[..16])
    }
}

impl fmt::Debug for ServerAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServerAuth({})", self.realm)
    }
}

/// The counts seen of one nonce: the highest, and which of the 64 up to it. Requests may overtake each other.
#[derive(Default)]
struct Counts {
    highest: u32,
    seen: u64,
}

impl Counts {
    /// False when the count was seen before, or is too far behind to tell.
    fn take(&mut self, count: u32) -> bool {
        if count > self.highest {
            let ahead = count - self.highest;
            self.seen = self.seen.checked_shl(ahead).unwrap_or(0) | 1;
            self.highest = count;
            return true;
        }
        let bit = 1_u64.checked_shl(self.highest - count).unwrap_or(0);
        let fresh = bit != 0 && count != 0 && self.seen & bit == 0;
        self.seen |= bit;
        fresh
    }
}

/// Compares without telling by the time taken where the difference is.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test must begin somewhere")]
mod tests {
    use super::*;
    use crate::digest::{ClientAuth, Credentials, Verdict};
    use crate::message::Builder;

    const URI: &str = "sip:pbx.example";

    fn lookup(user: &str) -> Option<Secret> {
        (user == "alice").then(|| Secret::new("wonder land"))
    }

    fn server() -> (ServerAuth, Instant) {
        (ServerAuth::new("pbx.example", [7; 32]), Instant::now())
    }

    /// Lets a client answer those of the challenges that `keep` lets through.
    fn client(challenges: Vec<String>, keep: &str) -> ClientAuth {
        let builder = challenges
            .into_iter()
            .filter(|challenge| challenge.contains(keep))
            .fold(Builder::response(401, "Unauthorized"), |builder, challenge| {
                builder.header(Name::WwwAuthenticate, challenge)
            });
        let mut auth = ClientAuth::new();
        let response = Message::parse(builder.finish()).expect("built here");
        assert_eq!(auth.challenged(&response), Verdict::Retry);
        auth
    }

    fn answer(auth: &mut ClientAuth, user: &str, password: &str) -> String {
        let credentials = Credentials::new(user, password);
        auth.authorization(&credentials, &Method::Register, URI, "cafe").remove(0).1
    }

    #[test]
    fn both_algorithms_are_accepted() {
        for algorithm in ["SHA-256", "MD5"] {
            let (mut server, now) = server();
            let mut auth = client(server.challenge(false, now), algorithm);
            for _ in 0..3 {
                let value = answer(&mut auth, "alice", "wonder land");
                assert!(value.contains(algorithm));
                let verified = server.verify(&value, &Method::Register, lookup, now);
                assert_eq!(verified.as_deref(), Ok("alice"));
            }
        }
    }

    #[test]
    fn wrong_user_password_or_method() {
        let (mut server, now) = server();
        let mut auth = client(server.challenge(false, now), "SHA");
        for (user, password, method) in [
            ("alice", "wonderland", Method::Register),
            ("bob", "", Method::Register),
            ("alice", "wonder land", Method::Invite),
        ] {
            let value = answer(&mut auth, user, password);
            assert_eq!(server.verify(&value, &method, lookup, now), Err(AuthFailure::Wrong));
        }
    }

    #[test]
    fn replays_are_found_even_out_of_order() {
        let (mut server, now) = server();
        let mut auth = client(server.challenge(false, now), "SHA");
        let values: Vec<_> = (0..3).map(|_| answer(&mut auth, "alice", "wonder land")).collect();
        let mut verify = |index: usize| server.verify(&values[index], &Method::Register, lookup, now);
        assert!(verify(2).is_ok());
        assert!(verify(0).is_ok());
        assert_eq!(verify(0), Err(AuthFailure::Replayed));
        assert_eq!(verify(2), Err(AuthFailure::Replayed));
        assert!(verify(1).is_ok());
    }

    #[test]
    fn old_and_foreign_nonces_are_stale_only_for_right_passwords() {
        let (mut server, now) = server();
        let mut auth = client(server.challenge(false, now), "SHA");
        let later = now + DEFAULT_LIFETIME;
        let right = answer(&mut auth, "alice", "wonder land");
        assert_eq!(server.verify(&right, &Method::Register, lookup, later), Err(AuthFailure::Stale));
        let wrong = answer(&mut auth, "alice", "x");
        assert_eq!(server.verify(&wrong, &Method::Register, lookup, later), Err(AuthFailure::Wrong));

        let mut restarted = ServerAuth::new("pbx.example", [8; 32]);
        let failure = restarted.verify(&right, &Method::Register, lookup, now);
        assert_eq!(failure, Err(AuthFailure::Stale));
        assert!(restarted.challenge(true, now)[0].contains("stale=true"));
    }

    #[test]
    fn a_nonce_without_count_is_good_once() {
        let (mut server, now) = server();
        let challenges: Vec<_> =
            server.challenge(false, now).into_iter().map(|challenge| challenge.replace(", qop=\"auth\"", "")).collect();
        let mut auth = client(challenges, "MD5");
        let value = answer(&mut auth, "alice", "wonder land");
        assert!(server.verify(&value, &Method::Register, lookup, now).is_ok());
        assert_eq!(server.verify(&value, &Method::Register, lookup, now), Err(AuthFailure::Stale));
    }

    #[test]
    fn other_realms_and_rubbish() {
        let (mut server, now) = server();
        let mut verify = |value: &str| server.verify(value, &Method::Register, lookup, now);
        assert_eq!(verify("Basic dXNlcjpwYXNz"), Err(AuthFailure::Missing));
        assert_eq!(verify("Digest realm=\"other\", nonce=\"x\""), Err(AuthFailure::Missing));
        assert_eq!(verify("Digest"), Err(AuthFailure::Malformed));
        assert_eq!(
            verify(
                r#"Digest username="alice", realm="pbx.example", nonce="ü", uri="", response="é", qop=auth, nc=1, cnonce="x""#
            ),
            Err(AuthFailure::Malformed)
        );
    }

    #[test]
    fn the_table_of_nonces_stays_bounded() {
        let (mut server, _) = server();
        for number in 0..MAX_NONCES as u64 + 10 {
            assert!(server.use_nonce(number, Some(1)).is_ok());
        }
        assert_eq!(server.used.len(), MAX_NONCES);
        assert_eq!(server.floor, 10);
    }
}
