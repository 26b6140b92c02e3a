//! Who the PBX does not let in: credentials, realm, domain, account.

use std::net::IpAddr;

use offhook_sip::digest::Challenge;
use offhook_sip::header::Name;
use offhook_sip::method::Method;

use super::code::Code;
use super::finding::Finding;
use super::reading::{Reading, Said, Transaction};

/// A request of ours that the PBX refused for who we are.
struct Refusal<'r, 'a> {
    transaction: &'r Transaction,
    asked: &'r Said<'a>,
    answered: &'r Said<'a>,
    /// The realm that the PBX asks for, from the answer or an earlier one of the leg.
    realm: Option<String>,
    /// Host of the address of record.
    domain: String,
    user: String,
}

impl<'r, 'a> Refusal<'r, 'a> {
    /// The last attempt, where nothing after it went better.
    fn of(reading: &'r Reading<'a>) -> Option<Self> {
        let mut realms: Vec<Option<String>> = vec![None; reading.legs.len()];
        let mut refused: Option<Self> = None;
        for transaction in reading.transactions.iter().filter(|transaction| transaction.ours && !transaction.inside) {
            let Some(asked) = reading.asked(transaction) else { continue };
            let Some(answered) = reading.last(transaction) else {
                // The challenge was met; what is missing is the answer to that.
                let met =
                    |refusal: &Self| !refusal.asked.has_credentials() && refusal.transaction.leg == transaction.leg;
                refused = refused.filter(|refusal| !(asked.has_credentials() && met(refusal)));
                continue;
            };
            let realm = realms.get_mut(transaction.leg)?;
            if let Some(named) = challenges(answered).next().and_then(|challenge| parameter(challenge, "realm")) {
                *realm = Some(named);
            }
            let registers = transaction.method == Method::Register;
            if !registers && transaction.method != Method::Invite {
                continue;
            }
            if answered.status() < 300 {
                refused = None;
                continue;
            }
            let name = if registers { Name::To } else { Name::From };
            let (user, domain) = asked.address(name).unwrap_or_default();
            refused = Some(Refusal { transaction, asked, answered, realm: realm.clone(), domain, user });
        }
        refused.filter(|_| !reading.is_answered())
    }

    fn registers(&self) -> bool {
        self.transaction.method == Method::Register
    }

    fn is_challenge(&self) -> bool {
        matches!(self.answered.status(), 401 | 407)
    }

    /// Whether credentials for the realm that is asked for were there and are not good; a stale nonce is no judgement.
    fn rejected(&self) -> bool {
        let stale = challenges(self.answered)
            .any(|challenge| parameter(challenge, "stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true")));
        let given: Vec<String> = credentials(self.asked).filter_map(|value| parameter(value, "realm")).collect();
        let asked = challenges(self.answered).filter_map(|challenge| parameter(challenge, "realm"));
        let other_realm = !given.is_empty() && asked.into_iter().all(|realm| !given.contains(&realm));
        self.is_challenge() && self.asked.has_credentials() && !stale && !other_realm
    }

    /// Whether the PBX's answer blames the credentials, although it is no challenge.
    fn blames_credentials(&self) -> bool {
        let reason = self.answered.message.reason().to_ascii_lowercase();
        let blamed = ["auth", "password", "credential"].iter().any(|word| reason.contains(word));
        self.answered.status() == 403 && self.asked.has_credentials() && blamed
    }

    /// Whether the realm is the name of a domain, and another one than that of the address of record.
    fn has_other_domain(&self) -> bool {
        self.realm.as_deref().is_some_and(|realm| {
            let is_name = |host: &str| host.contains('.') && host.parse::<IpAddr>().is_err() && !host.contains(' ');
            let (realm, domain) = (realm.to_ascii_lowercase(), self.domain.to_ascii_lowercase());
            let within = |one: &str, other: &str| one.strip_suffix(other).is_some_and(|rest| rest.ends_with('.'));
            let related = realm == domain || within(&realm, &domain) || within(&domain, &realm);
            is_name(&realm) && is_name(&domain) && !related
        })
    }

    fn finding(&self, reading: &Reading<'_>, code: Code) -> Finding {
        let auth_name = credentials(self.asked).find_map(|value| parameter(value, "username"));
        let realm = self.realm.clone();
        Finding::new(code)
            .with("line", &self.user)
            .with("user", auth_name.unwrap_or_else(|| self.user.clone()))
            .with("domain", &self.domain)
            .with_both(
                "realm",
                realm.clone().unwrap_or("(not named)".into()),
                realm.unwrap_or("(nicht genannt)".into()),
            )
            .decided(reading, self.transaction)
            .header(self.answered, Name::WwwAuthenticate)
            .header(self.answered, Name::ProxyAuthenticate)
            .header(self.answered, Name::Warning)
    }
}

/// The realm is that of another domain than ours, and the PBX took neither credentials nor address of record; or the PBX
/// names the domain as what is wrong. Not where the realm is an arbitrary word or the domain an address.
pub(super) fn wrong_domain(reading: &Reading<'_>) -> Option<Finding> {
    let refusal = Refusal::of(reading)?;
    let reason = refusal.answered.message.reason().to_ascii_lowercase();
    let blamed = ["domain", "realm", "relay"].iter().any(|word| reason.contains(word));
    let refused = refusal.registers() && matches!(refusal.answered.status(), 403 | 404);
    let other = refusal.has_other_domain() && (refusal.rejected() || refused);
    if !(other || blamed && refusal.answered.status() < 500) {
        return None;
    }
    Some(refusal.finding(reading, Code::WrongDomain).setting(reading, "line_group.domain"))
}

/// A second challenge for the same realm that is not about the nonce's age, or a 403 that names the credentials.
pub(super) fn wrong_password(reading: &Reading<'_>) -> Option<Finding> {
    let refusal = Refusal::of(reading)?;
    if !refusal.rejected() && !refusal.blames_credentials() {
        return None;
    }
    let finding = refusal.finding(reading, Code::WrongPassword);
    Some(finding.setting(reading, "line_group.line.password").setting(reading, "line_group.line.auth_name"))
}

/// A challenge with no digest among its schemes that can be computed here, and nothing sent after it.
pub(super) fn authentication_unsupported(reading: &Reading<'_>) -> Option<Finding> {
    let refusal = Refusal::of(reading)?;
    let mut seen = challenges(refusal.answered).peekable();
    let first = *seen.peek()?;
    if !refusal.is_challenge() || seen.any(|challenge| Challenge::parse(challenge).is_ok()) {
        return None;
    }
    Some(refusal.finding(reading, Code::AuthenticationUnsupported).with("challenge", first))
}

/// A challenge that could be answered and was not, although there was time.
pub(super) fn no_credentials(reading: &Reading<'_>) -> Option<Finding> {
    let refusal = Refusal::of(reading)?;
    let waited = reading.is_over() || reading.over_at > refusal.answered.at + 1000.0;
    if !refusal.is_challenge() || refusal.asked.has_credentials() || !waited {
        return None;
    }
    let finding = refusal.finding(reading, Code::NoCredentials);
    Some(finding.setting(reading, "line_group.line.password"))
}

/// REGISTER for an address of record that the PBX does not have (RFC 3261 section 10.3, step 5).
pub(super) fn unknown_account(reading: &Reading<'_>) -> Option<Finding> {
    let refusal = Refusal::of(reading)?;
    if !refusal.registers() || !matches!(refusal.answered.status(), 404 | 410 | 604) {
        return None;
    }
    let finding = refusal.finding(reading, Code::UnknownAccount);
    Some(finding.setting(reading, "line_group.line.user_name").setting(reading, "line_group.domain"))
}

/// Any other refusal of REGISTER; what is repeated with other values (423) or elsewhere (3xx) is none yet.
pub(super) fn registration_refused(reading: &Reading<'_>) -> Option<Finding> {
    let refusal = Refusal::of(reading)?;
    let fits = refusal.registers() && refusal.answered.status() >= 400 && !refusal.is_challenge();
    if !fits || refusal.answered.status() == 423 && !reading.is_over() {
        return None;
    }
    let finding = refusal.finding(reading, Code::RegistrationRefused).header(refusal.answered, Name::RetryAfter);
    Some(finding.setting(reading, "line_group.line.user_name"))
}

fn challenges<'s>(said: &'s Said<'_>) -> impl Iterator<Item = &'s str> {
    let values = |name| said.message.raw_values(name);
    values(Name::WwwAuthenticate).chain(values(Name::ProxyAuthenticate))
}

fn credentials<'s>(said: &'s Said<'_>) -> impl Iterator<Item = &'s str> {
    let values = |name| said.message.raw_values(name);
    values(Name::Authorization).chain(values(Name::ProxyAuthorization))
}

/// A parameter of a challenge or of credentials, whatever the rest of them is like.
fn parameter(value: &str, name: &str) -> Option<String> {
    let mut rest = value.split_once(' ').map_or(value, |(_, rest)| rest);
    loop {
        let (key, behind) = rest.split_once('=')?;
        let behind = behind.trim_start();
        let (found, next) = match behind.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => behind.split_once(',').map_or((behind, ""), |(found, _)| (found, &behind[found.len()..])),
        };
        if key.trim_matches([' ', ',', '\t']).eq_ignore_ascii_case(name) {
            return Some(found.trim().to_owned());
        }
        rest = next;
    }
}
