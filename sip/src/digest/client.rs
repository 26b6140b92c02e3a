//! The side that is challenged.

use std::fmt::{self, Write};

use super::{Challenge, Credentials, Inputs};
use crate::header::Name;
use crate::lex::Quoted;
use crate::message::Message;
use crate::method::Method;

/// More realms than this on one path are not answered.
const MAX_REALMS: usize = 4;

/// Characters of a realm or algorithm that are kept to be shown.
const MAX_SHOWN: usize = 128;

/// A nonce may be refused this often in a row as too old before the credentials are taken for wrong.
const MAX_RETRIES: u8 = 2;

/// What to do about a 401 or 407.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Send the request again with [`ClientAuth::authorization`].
    Retry,
    /// The credentials were refused: sending them again is of no use.
    WrongCredentials,
    /// There is no challenge that can be answered.
    Unsupported,
}

/// A challenge as a person is told about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChallengeSeen {
    /// Whose credentials were asked for.
    pub realm: String,
    /// Algorithm as the challenge names it, `MD5` where it names none.
    pub algorithm: String,
    /// Whether it can be answered at all: Digest, with an algorithm and quality of protection that are known here.
    pub supported: bool,
    /// Whether the credentials were said to be right and only the nonce too old.
    pub stale: bool,
    /// Whether the request that was refused had credentials for an earlier challenge.
    pub answered: bool,
}

impl ChallengeSeen {
    /// The challenge of a 401 or 407 that would be answered, or else the first.
    pub(crate) fn of(response: &Message) -> Option<ChallengeSeen> {
        if let Some((_, challenge)) = strongest(response).into_iter().next() {
            return Some(ChallengeSeen {
                algorithm: challenge.effective_algorithm().to_string(),
                realm: challenge.realm.chars().take(MAX_SHOWN).collect(),
                supported: true,
                stale: challenge.stale,
                answered: false,
            });
        }
        let values =
            || [Name::WwwAuthenticate, Name::ProxyAuthenticate].into_iter().flat_map(|n| response.raw_values(n));
        let fields = values().find_map(|value| super::Fields::parse(value).ok())?;
        let text = |name: &str| fields.get(name).map(|value| value.chars().take(MAX_SHOWN).collect::<String>());
        Some(ChallengeSeen {
            realm: text("realm").unwrap_or_default(),
            algorithm: text("algorithm").unwrap_or_else(|| super::Algorithm::MD5.to_string()),
            supported: false,
            stale: false,
            answered: false,
        })
    }
}

/// What one peer asked for, kept from request to request so that a nonce is used again with a higher count.
#[derive(Clone, Default)]
pub struct ClientAuth {
    realms: Vec<Realm>,
}

#[derive(Clone)]
struct Realm {
    by_proxy: bool,
    challenge: Challenge,
    /// Requests made with this nonce.
    count: u32,
    /// The first cnonce used with this nonce: the `-sess` algorithms keep it.
    session_cnonce: Option<String>,
    /// Challenges in a row since a request was accepted.
    refusals: u8,
}

impl ClientAuth {
    /// Nothing asked for yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// True when no challenge came yet, so that [`ClientAuth::authorization`] has nothing to say.
    pub fn is_empty(&self) -> bool {
        self.realms.is_empty()
    }

    /// Takes note of a 401 or 407 to our request. Of several challenges for a realm the strongest counts.
    ///
    /// A new realm is worth a retry, and so is a nonce that replaces an older one, for it may have expired with
    /// or without `stale`. The nonce used, challenged again without `stale`, means wrong credentials.
    pub fn challenged(&mut self, response: &Message) -> Verdict {
        let mut verdict = Verdict::Unsupported;
        for (by_proxy, challenge) in strongest(response) {
            match self.take(by_proxy, challenge) {
                Verdict::WrongCredentials => return Verdict::WrongCredentials,
                Verdict::Retry => verdict = Verdict::Retry,
                Verdict::Unsupported => {}
            }
        }
        verdict
    }

    fn take(&mut self, by_proxy: bool, challenge: Challenge) -> Verdict {
        let known =
            self.realms.iter_mut().find(|known| known.by_proxy == by_proxy && known.challenge.realm == challenge.realm);
        let Some(known) = known else {
            if self.realms.len() == MAX_REALMS {
                return Verdict::Unsupported;
            }
            self.realms.push(Realm { by_proxy, challenge, count: 0, session_cnonce: None, refusals: 1 });
            return Verdict::Retry;
        };
        let same_nonce = known.challenge.nonce == challenge.nonce && known.count > 0;
        known.refusals = known.refusals.saturating_add(1);
        if (same_nonce && !challenge.stale) || known.refusals > MAX_RETRIES {
            return Verdict::WrongCredentials;
        }
        if !same_nonce {
            known.count = 0;
            known.session_cnonce = None;
        }
        known.challenge = challenge;
        Verdict::Retry
    }

    /// Takes note that a request with our authorization was answered otherwise than by a challenge. The next
    /// challenge is then a new beginning. Picks up `nextnonce` (RFC 7616 section 3.5).
    pub fn accepted(&mut self, response: &Message) {
        let next = response.header(Name::AuthenticationInfo).and_then(|value| super::Fields(value).get("nextnonce"));
        for realm in &mut self.realms {
            realm.refusals = 0;
            if let Some(nonce) = &next
                && !realm.by_proxy
                && realm.challenge.nonce != **nonce
            {
                nonce.as_ref().clone_into(&mut realm.challenge.nonce);
                realm.count = 0;
                realm.session_cnonce = None;
            }
        }
    }

    /// Forgets everything: for new credentials or another peer.
    pub fn reset(&mut self) {
        self.realms.clear();
    }

    /// The Authorization and Proxy-Authorization fields for the next request. `uri` is its Request-URI as written
    /// there; `cnonce` is fresh and random, of token characters.
    pub fn authorization(
        &mut self,
        credentials: &Credentials,
        method: &Method,
        uri: &str,
        cnonce: &str,
    ) -> Vec<(Name, String)> {
        self.realms
            .iter_mut()
            .map(|realm| {
                let name = if realm.by_proxy { Name::ProxyAuthorization } else { Name::Authorization };
                (name, realm.authorization(credentials, method, uri, cnonce))
            })
            .collect()
    }
}

impl Realm {
    fn authorization(&mut self, credentials: &Credentials, method: &Method, uri: &str, cnonce: &str) -> String {
        let challenge = &self.challenge;
        let algorithm = challenge.effective_algorithm();
        self.count = self.count.saturating_add(1);
        let count = format!("{:08x}", self.count);
        let cnonce =
            if algorithm.session { self.session_cnonce.get_or_insert_with(|| cnonce.to_owned()) } else { cnonce };
        let response = Inputs {
            algorithm,
            user_name: &credentials.user_name,
            realm: &challenge.realm,
            password: credentials.password.expose(),
            method: method.as_str(),
            uri,
            nonce: &challenge.nonce,
            cnonce,
            count: challenge.qop_auth.then_some(&count),
        }
        .response();
        let mut out = format!(
            "Digest username={}, realm={}, nonce={}, uri={}, response=\"{response}\"",
            Quoted(&credentials.user_name),
            Quoted(&challenge.realm),
            Quoted(&challenge.nonce),
            Quoted(uri),
        );
        // Writing to a String cannot fail.
        if let Some(algorithm) = challenge.algorithm {
            let _ = write!(out, ", algorithm={algorithm}");
        }
        if challenge.qop_auth || algorithm.session {
            let _ = write!(out, ", cnonce={}", Quoted(cnonce));
        }
        if let Some(opaque) = &challenge.opaque {
            let _ = write!(out, ", opaque={}", Quoted(opaque));
        }
        if challenge.qop_auth {
            let _ = write!(out, ", qop=auth, nc={count}");
        }
        out
    }
}

impl fmt::Debug for ClientAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientAuth({} realms)", self.realms.len())
    }
}

/// The strongest challenge that can be answered for each realm.
fn strongest(response: &Message) -> Vec<(bool, Challenge)> {
    let mut found: Vec<(bool, Challenge)> = Vec::new();
    for (by_proxy, name) in [(false, Name::WwwAuthenticate), (true, Name::ProxyAuthenticate)] {
        for challenge in response.raw_values(name).filter_map(|value| Challenge::parse(value).ok()) {
            let same = found.iter_mut().find(|(proxy, other)| *proxy == by_proxy && other.realm == challenge.realm);
            match same {
                Some((_, weaker)) if weaker.effective_algorithm() < challenge.effective_algorithm() => {
                    *weaker = challenge;
                }
                Some(_) => {}
                None => found.push((by_proxy, challenge)),
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::Algorithm;
    use super::*;
    use crate::message::Builder;

    fn unauthorized(challenges: &[&str]) -> Message {
        let builder = challenges.iter().fold(Builder::response(401, "Unauthorized"), |builder, value| {
            builder.header(Name::WwwAuthenticate, value)
        });
        Message::parse(builder.finish()).expect("built here")
    }

    fn answer(auth: &mut ClientAuth) -> String {
        let credentials = Credentials::new("al\"ice", "secret");
        let mut fields = auth.authorization(&credentials, &Method::Register, "sip:pbx", "0a4f113b");
        assert_eq!(fields.len(), 1);
        fields.remove(0).1
    }

    #[test]
    fn the_strongest_algorithm_wins_and_the_count_goes_up() {
        let mut auth = ClientAuth::new();
        let response = unauthorized(&[
            r#"Digest realm="pbx", nonce="m", algorithm=MD5, qop="auth""#,
            r#"Digest realm="pbx", nonce="s", algorithm=SHA-256, qop="auth", opaque="o""#,
            r#"Digest realm="pbx", nonce="x", algorithm=SHA-512, qop="auth""#,
        ]);
        assert_eq!(auth.challenged(&response), Verdict::Retry);
        let first = answer(&mut auth);
        assert!(first.contains(r#"username="al\"ice""#) && first.contains(r#"nonce="s""#), "{first}");
        assert!(first.contains("algorithm=SHA-256") && first.contains(r#"opaque="o""#), "{first}");
        assert!(first.contains("qop=auth, nc=00000001"), "{first}");
        assert!(answer(&mut auth).contains("nc=00000002"));
    }

    #[test]
    fn without_qop_there_is_no_count_and_no_cnonce() {
        let mut auth = ClientAuth::new();
        assert_eq!(auth.challenged(&unauthorized(&[r#"Digest realm="pbx", nonce="n""#])), Verdict::Retry);
        let value = answer(&mut auth);
        assert!(!value.contains("nc=") && !value.contains("cnonce") && !value.contains("algorithm"), "{value}");
    }

    #[test]
    fn the_same_nonce_refused_means_wrong_credentials() {
        let mut auth = ClientAuth::new();
        let response = unauthorized(&[r#"Digest realm="pbx", nonce="n", qop="auth""#]);
        assert_eq!(auth.challenged(&response), Verdict::Retry);
        answer(&mut auth);
        assert_eq!(auth.challenged(&response), Verdict::WrongCredentials);
    }

    #[test]
    fn a_new_nonce_is_tried_once_and_again_after_success() {
        let mut auth = ClientAuth::new();
        let fresh = |nonce: &str| unauthorized(&[&format!(r#"Digest realm="pbx", nonce="{nonce}", qop="auth""#)]);
        assert_eq!(auth.challenged(&fresh("1")), Verdict::Retry);
        answer(&mut auth);
        assert_eq!(auth.challenged(&fresh("2")), Verdict::Retry);
        assert!(answer(&mut auth).contains("nc=00000001"));
        assert_eq!(auth.challenged(&fresh("3")), Verdict::WrongCredentials);

        auth.reset();
        assert_eq!(auth.challenged(&fresh("1")), Verdict::Retry);
        answer(&mut auth);
        auth.accepted(&Message::parse(Builder::response(200, "OK").finish()).expect("built here"));
        assert_eq!(auth.challenged(&fresh("2")), Verdict::Retry);
        answer(&mut auth);
        assert_eq!(
            auth.challenged(&unauthorized(&[r#"Digest realm="pbx", nonce="3", qop="auth", stale=true"#])),
            Verdict::Retry
        );
    }

    /// RFC 7616 3.4.2: the secret of a session is made once, with the first cnonce.
    #[test]
    fn a_session_keeps_its_first_cnonce() {
        let mut auth = ClientAuth::new();
        let asked = unauthorized(&[r#"Digest realm="pbx", nonce="n", algorithm=MD5-sess, qop="auth,auth-int""#]);
        assert_eq!(auth.challenged(&asked), Verdict::Retry);
        let credentials = Credentials::new("alice", "secret");
        let with = |cnonce: &str, auth: &mut ClientAuth| {
            auth.authorization(&credentials, &Method::Register, "sip:pbx", cnonce).remove(0).1
        };
        let first = with("c1", &mut auth);
        let second = with("c2", &mut auth);
        for (value, count) in [(&first, "00000001"), (&second, "00000002")] {
            assert!(value.contains(r#"cnonce="c1""#) && value.contains("algorithm=MD5-sess"), "{value}");
            let algorithm = Algorithm::parse("MD5-sess").expect("known");
            let secret = algorithm.digest(&[&algorithm.digest(&["alice", "pbx", "secret"]), "n", "c1"]);
            let request = algorithm.digest(&["REGISTER", "sip:pbx"]);
            let response = algorithm.digest(&[&secret, "n", count, "c1", "auth", &request]);
            assert!(value.contains(&format!("response=\"{response}\"")), "{value}");
        }
        // Another nonce begins another session.
        assert_eq!(
            auth.challenged(&unauthorized(&[r#"Digest realm="pbx", nonce="m", algorithm=MD5-sess"#])),
            Verdict::Retry
        );
        assert!(with("c3", &mut auth).contains(r#"cnonce="c3""#));
    }

    #[test]
    fn a_stale_nonce_is_replaced_without_suspicion() {
        let mut auth = ClientAuth::new();
        assert_eq!(auth.challenged(&unauthorized(&[r#"Digest realm="pbx", nonce="n", qop="auth""#])), Verdict::Retry);
        answer(&mut auth);
        let stale = unauthorized(&[r#"Digest realm="pbx", nonce="m", qop="auth", stale=TRUE"#]);
        assert_eq!(auth.challenged(&stale), Verdict::Retry);
        let value = answer(&mut auth);
        assert!(value.contains(r#"nonce="m""#) && value.contains("nc=00000001"), "{value}");
    }

    #[test]
    fn a_challenge_is_told_as_it_would_be_answered() {
        let response = unauthorized(&[
            r#"Digest realm="pbx", nonce="m", algorithm=MD5"#,
            r#"Digest realm="pbx", nonce="s", algorithm=SHA-256, stale=true"#,
        ]);
        let seen = ChallengeSeen::of(&response).expect("a challenge");
        assert_eq!((seen.realm.as_str(), seen.algorithm.as_str()), ("pbx", "SHA-256"));
        assert!(seen.supported && seen.stale && !seen.answered);
        assert_eq!(ChallengeSeen::of(&unauthorized(&["Basic realm=\"x\""])), None);
    }

    #[test]
    fn registrar_and_proxy_may_both_ask() {
        let mut auth = ClientAuth::new();
        assert_eq!(auth.challenged(&unauthorized(&[r#"Digest realm="pbx", nonce="n""#])), Verdict::Retry);
        let proxy = Builder::response(407, "Proxy Authentication Required")
            .header(Name::ProxyAuthenticate, r#"Digest realm="pbx", nonce="p""#);
        let proxy = Message::parse(proxy.finish()).expect("built here");
        assert_eq!(auth.challenged(&proxy), Verdict::Retry);
        let names: Vec<_> = auth
            .authorization(&Credentials::new("a", "b"), &Method::Invite, "sip:x", "c")
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        assert_eq!(names, [Name::Authorization, Name::ProxyAuthorization]);
    }

    #[test]
    fn nothing_to_answer() {
        let mut auth = ClientAuth::new();
        assert_eq!(auth.challenged(&unauthorized(&["Basic realm=\"x\""])), Verdict::Unsupported);
        assert!(auth.is_empty());
    }

    #[test]
    fn the_next_nonce_is_taken() {
        let mut auth = ClientAuth::new();
        auth.challenged(&unauthorized(&[r#"Digest realm="pbx", nonce="n", qop="auth""#]));
        answer(&mut auth);
        let ok = Builder::response(200, "OK").header(Name::AuthenticationInfo, r#"nextnonce="z", qop=auth"#);
        auth.accepted(&Message::parse(ok.finish()).expect("built here"));
        let value = answer(&mut auth);
        assert!(value.contains(r#"nonce="z""#) && value.contains("nc=00000001"), "{value}");
    }
}
