//! Keeps one contact registered (RFC 3261 10.2).

use std::sync::Arc;
use std::time::{Duration, Instant};

use tracing::debug;

use crate::auth::Auth;
use crate::core::Core;
use crate::endpoint::{Account, Event, RegisterOptions, RegistrationId, RegistrationState};
use crate::header::{Name, NameAddr};
use crate::message::Message;
use crate::method::Method;
use crate::pass::{Miss, Pass};
use crate::request::Request;
use crate::transaction::timer::Timer;
use crate::transaction::{ClientId, Failure, Owner};
use crate::uri::Uri;

/// First pause after a failure.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// First pause after the registrar refused us: trying quickly would lock the account.
const FIRST_PAUSE_REFUSED: Duration = Duration::from_secs(30);
/// Longest pause after the registrar refused us.
const LONGEST_PAUSE_REFUSED: Duration = Duration::from_secs(300);
/// Longest Retry-After that is honoured.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(3600);
/// Granted times below this are refreshed earlier, so that a lost refresh can be repeated before the end.
const SHORT_GRANT: u32 = 600;

/// A contact at a registrar.
#[derive(Debug)]
pub(crate) struct Registration {
    id: u64,
    pass: Pass,
    options: RegisterOptions,
    /// Seconds to ask for: what the options say, or the least that the registrar takes.
    wanted: u32,
    from: Arc<str>,
    call_id: Arc<str>,
    cseq: u32,
    auth: Auth,
    stage: Stage,
    /// When the binding that the registrar has ends.
    bound_until: Option<Instant>,
    /// The contact that the registrar has or may have. One that differs from the contact of the hop in use is
    /// removed together with the next REGISTER.
    known: Option<Uri>,
    failures: u32,
}

/// What it waits for.
#[derive(Debug)]
enum Stage {
    /// The answer to a REGISTER.
    Asking { transaction: ClientId, then: Then },
    /// The time of the next REGISTER.
    Waiting { wake_at: Instant },
    /// Nothing: it is gone.
    Over,
}

/// What a REGISTER under way is for, or what follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    /// It adds or refreshes the contact.
    Keep,
    /// The same, but the contact is to be removed afterwards.
    Remove,
    /// It removes the contact.
    Gone,
}

impl Registration {
    /// Sends the first REGISTER.
    pub(crate) fn start(
        id: u64,
        account: Arc<Account>,
        options: RegisterOptions,
        core: &mut Core,
        now: Instant,
    ) -> Registration {
        let auth = Auth::new(account.credentials.clone());
        let mut registration = Registration {
            id,
            from: from(&account, core, id),
            call_id: core.call_id().into(),
            pass: Pass::new(account),
            wanted: options.expires.max(1),
            options,
            cseq: 0,
            auth,
            stage: Stage::Over,
            bound_until: None,
            known: None,
            failures: 0,
        };
        registration.report(RegistrationState::Registering, core);
        registration.send(Then::Keep, core, now);
        registration
    }

    /// Whether it can be forgotten.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over)
    }

    /// When the next REGISTER is due.
    pub(crate) fn wakes_at(&self) -> Option<Instant> {
        match self.stage {
            Stage::Waiting { wake_at } => Some(wake_at),
            Stage::Asking { .. } | Stage::Over => None,
        }
    }

    /// Its timer for `at` fired.
    pub(crate) fn on_timer(&mut self, at: Instant, core: &mut Core, now: Instant) {
        if self.wakes_at() != Some(at) {
            return;
        }
        if self.bound_until.is_none_or(|until| until <= now) {
            self.bound_until = None;
            self.report(RegistrationState::Registering, core);
        }
        self.send(Then::Keep, core, now);
    }

    /// Removes the contact.
    pub(crate) fn remove(&mut self, core: &mut Core, now: Instant) {
        match &mut self.stage {
            // RFC 3261 10.2: one REGISTER at a time.
            Stage::Asking { then, .. } if *then == Then::Keep => *then = Then::Remove,
            Stage::Asking { .. } | Stage::Over => {}
            Stage::Waiting { .. } if self.bound_until.is_some_and(|until| until > now) => {
                self.send(Then::Gone, core, now);
            }
            Stage::Waiting { .. } => self.finish(core),
        }
    }

    /// Goes on with another account, at once.
    pub(crate) fn update(&mut self, account: Arc<Account>, core: &mut Core, now: Instant) {
        let Some(leaving) = self.interrupt(core) else { return };
        let (old, hop) = (self.pass.account().clone(), self.pass.hop());
        let same_place = account.hops.first().to.same_place(&hop.to);
        let same_contact = account.hops.first().contact.equivalent(&hop.contact);
        let same_name = account.aor == old.aor;
        let same_credentials = account.credentials == old.credentials;
        if !same_credentials || !same_place {
            self.auth.reset(account.credentials.clone());
        }
        if !same_name || account.display_name != old.display_name {
            self.from = from(&account, core, self.id);
        }
        self.pass = Pass::new(account);
        self.failures = 0;
        // A server that shares its bindings with the one before has this one already: it only moves.
        if !(same_name && same_contact && same_credentials) {
            self.bound_until = None;
        }
        self.begin(leaving, core, now);
    }

    /// Registers at once, as if for the first time.
    pub(crate) fn anew(&mut self, core: &mut Core, now: Instant) {
        let Some(leaving) = self.interrupt(core) else { return };
        let account = self.pass.account().clone();
        self.from = from(&account, core, self.id);
        self.call_id = core.call_id().into();
        self.cseq = 0;
        self.wanted = self.options.expires.max(1);
        self.auth.forget();
        self.pass = Pass::new(account);
        self.failures = 0;
        self.bound_until = None;
        self.begin(leaving, core, now);
    }

    /// Stops waiting for whatever it waits for. Tells whether it was leaving; None where it is gone.
    fn interrupt(&mut self, core: &mut Core) -> Option<bool> {
        match self.stage {
            Stage::Asking { then, transaction } => {
                // Its answer would come from where we are not any more; the contact may stand there all the same.
                core.transactions.abandon(transaction);
                if self.known.is_none() {
                    self.known = Some(self.contact());
                }
                Some(then != Then::Keep)
            }
            Stage::Waiting { .. } => Some(false),
            Stage::Over => None,
        }
    }

    /// Sends the first REGISTER of a new beginning.
    fn begin(&mut self, leaving: bool, core: &mut Core, now: Instant) {
        if leaving {
            return self.send(Then::Gone, core, now);
        }
        if self.bound_until.is_none_or(|until| until <= now) {
            self.bound_until = None;
            self.report(RegistrationState::Registering, core);
        }
        self.send(Then::Keep, core, now);
    }

    /// A response to a REGISTER.
    pub(crate) fn on_response(&mut self, transaction: ClientId, response: &Message, core: &mut Core, now: Instant) {
        let Stage::Asking { transaction: expected, then } = self.stage else { return };
        let Some(status) = response.status().filter(|_| transaction == expected) else { return };
        if status == 503 {
            return self.missed(Miss::response(response), core, now);
        }
        self.pass.answered(core);
        if status < 200 {
            return;
        }
        self.auth.settled(response);
        match status {
            401 | 407 if self.auth.challenged(response) => return self.send(then, core, now),
            423 if then != Then::Gone => {
                // RFC 3261 10.2.8. Asking for less than the registrar just refused would never end.
                if let Some(least) = response.number(Name::MinExpires).filter(|least| *least > self.wanted) {
                    self.wanted = least;
                    return self.send(then, core, now);
                }
            }
            _ => {}
        }
        if then == Then::Gone {
            return self.finish(core);
        }
        if status >= 300 {
            return self.failed(status, response.reason().to_owned(), retry_after(response), core, now);
        }
        match self.granted(response) {
            Some(granted) => self.registered(granted, core, now),
            None => self.failed(status, "the registrar did not keep the contact".to_owned(), None, core, now),
        }
    }

    /// A REGISTER had no answer.
    pub(crate) fn on_failure(&mut self, failure: Failure, core: &mut Core, now: Instant) {
        if matches!(self.stage, Stage::Asking { transaction, .. } if transaction == failure.transaction) {
            self.missed(failure.into(), core, now);
        }
    }

    /// The hop in use failed: the next is tried within the same attempt. Who is leaving does not insist.
    fn missed(&mut self, miss: Miss, core: &mut Core, now: Instant) {
        if !matches!(self.stage, Stage::Asking { then: Then::Keep, .. }) {
            return self.finish(core);
        }
        match self.pass.failed(miss, core) {
            Ok(()) => {
                self.auth.forget();
                self.send(Then::Keep, core, now);
            }
            Err(miss) => {
                let later = miss.response.as_ref().and_then(retry_after);
                self.failed(miss.status, miss.reason(), later, core, now);
            }
        }
    }

    fn registered(&mut self, granted: u32, core: &mut Core, now: Instant) {
        let until = now + Duration::from_secs(granted.into());
        self.bound_until = Some(until);
        self.known = Some(self.contact());
        self.pass.begin();
        self.failures = 0;
        if self.is_leaving() {
            return self.send(Then::Gone, core, now);
        }
        self.report(RegistrationState::Registered { expires: granted, until, at: self.pass.hop().to.clone() }, core);
        // Spread, so that many lines do not come at once.
        let (low, high) = if granted < SHORT_GRANT { (0.5, 0.75) } else { (0.75, 0.9) };
        let granted = Duration::from_secs(granted.into());
        let wait = core.between(granted.mul_f64(low), granted.mul_f64(high));
        self.wait(now + wait, core);
    }

    fn failed(&mut self, status: u16, reason: String, retry_after: Option<Duration>, core: &mut Core, now: Instant) {
        if self.is_leaving() {
            return self.finish(core);
        }
        self.pass.begin();
        let (challenge, first, longest) = if is_trouble(status) {
            (None, FIRST_PAUSE, self.options.retry_interval)
        } else {
            let challenge = self.auth.seen().cloned();
            // Next time from the start: the password may have been put right at the registrar meanwhile.
            self.auth.forget();
            (challenge, FIRST_PAUSE_REFUSED, LONGEST_PAUSE_REFUSED)
        };
        let pause = first.saturating_mul(1 << self.failures.min(16)).min(longest);
        self.failures = self.failures.saturating_add(1);
        let pause = match retry_after {
            // Not all at the same moment, and not before the time that was asked for.
            Some(asked) => core.between(asked, asked + asked / 4),
            None => core.between(pause.mul_f64(0.75), pause),
        };
        let retry_at = now + pause;
        let attempts = self.failures;
        let state = RegistrationState::Failed { status, reason, attempts, retry_at: Some(retry_at), challenge };
        self.report(state, core);
        self.wait(retry_at, core);
    }

    fn send(&mut self, then: Then, core: &mut Core, now: Instant) {
        self.cseq += 1;
        let (account, hop) = (self.pass.account(), self.pass.hop());
        let ours = self.contact();
        let mut contact = format!("<{ours}>");
        let mut expires = self.wanted;
        if then == Then::Gone {
            expires = 0;
        } else if let Some(outdated) = self.known.as_ref().filter(|known| !known.equivalent(&ours)) {
            contact.push_str(&format!(", <{outdated}>;expires=0"));
        }
        let mut headers = vec![(Name::Expires, expires.to_string())];
        if self.options.bulk {
            // RFC 6140 5.1: neither the registrar nor a proxy before it may take it for a registration of one number.
            headers.extend([Name::Require, Name::ProxyRequire].map(|name| (name, "gin".to_owned())));
            headers.push((Name::Supported, "path".to_owned()));
        }
        let request = Request {
            method: Method::Register,
            uri: registrar(&account.aor),
            routes: account.routes.clone(),
            from: self.from.clone(),
            to: format!("<{}>", account.aor).into(),
            call_id: self.call_id.clone(),
            cseq: self.cseq,
            contact: Some(contact.into()),
            headers,
            body: None,
            hop: hop.to.clone(),
            local: hop.local,
        };
        let transaction = core.send(&request, &mut self.auth, Owner::Registration(self.id), now);
        self.stage = Stage::Asking { transaction, then };
    }

    /// The time that a 200 grants to our contact (RFC 3261 10.3 step 8). None when it does not have it.
    fn granted(&self, response: &Message) -> Option<u32> {
        let contacts = response.contacts().unwrap_or_default();
        let ours = &self.contact();
        let found = contacts
            .iter()
            .find(|contact| contact.uri.equivalent(ours))
            // Registrars that write a contact anew keep at least its user and address.
            .or_else(|| {
                contacts.iter().find(|contact| {
                    contact.uri.user() == ours.user()
                        && contact.uri.host() == ours.host()
                        && contact.uri.port() == ours.port()
                })
            })
            .or_else(|| if contacts.len() == 1 { contacts.first() } else { None });
        let expires = found.and_then(NameAddr::expires).or_else(|| response.expires()).unwrap_or(self.wanted);
        (expires > 0).then_some(expires)
    }

    /// Our contact as it is registered by way of the hop in use.
    fn contact(&self) -> Uri {
        let contact = &self.pass.hop().contact;
        if self.options.bulk { bulk(contact) } else { contact.clone() }
    }

    fn is_leaving(&self) -> bool {
        matches!(self.stage, Stage::Asking { then: Then::Remove, .. })
    }

    fn wait(&mut self, wake_at: Instant, core: &mut Core) {
        core.set_timer(wake_at, Timer::Register, self.id);
        self.stage = Stage::Waiting { wake_at };
    }

    fn finish(&mut self, core: &mut Core) {
        self.stage = Stage::Over;
        self.report(RegistrationState::Unregistered, core);
    }

    fn report(&self, state: RegistrationState, core: &mut Core) {
        debug!(registration = self.id, ?state, "registration");
        core.event(Event::Registration { id: RegistrationId(self.id), state });
    }
}

/// Value of From.
fn from(account: &Account, core: &mut Core, id: u64) -> Arc<str> {
    let name = account.display_name.as_deref().unwrap_or_default();
    NameAddr::new(account.aor.clone()).with_display(name).with_tag(&core.tag(id)).to_string().into()
}

/// Request-URI of a REGISTER: the domain alone (RFC 3261 10.2).
fn registrar(aor: &Uri) -> Uri {
    let domain = Uri::sip("", aor.host().clone(), aor.port());
    if !aor.is_sips() {
        return domain;
    }
    Uri::parse(&domain.as_str().replacen("sip:", "sips:", 1)).unwrap_or(domain)
}

/// The contact of a whole range of numbers: the address alone, which the registrar puts each of them before (RFC 6140
/// 5.2).
fn bulk(contact: &Uri) -> Uri {
    let address = contact.without_headers().with_param("bnc", None);
    let text = address.as_str();
    let without_user = text.split_once(':').and_then(|(scheme, rest)| Some((scheme, rest.split_once('@')?.1)));
    match without_user {
        Some((scheme, rest)) => Uri::parse(&format!("{scheme}:{rest}")).unwrap_or(address),
        None => address,
    }
}

/// Whether the registrar is in trouble, in contrast to having something against us.
fn is_trouble(status: u16) -> bool {
    matches!(status, 408 | 480 | 500..=599)
}

fn retry_after(response: &Message) -> Option<Duration> {
    let seconds = response.header(Name::RetryAfter)?;
    // A comment or parameters may follow (RFC 3261 20.33).
    let digits = seconds.split(|c: char| !c.is_ascii_digit()).next()?;
    let asked = Duration::from_secs(digits.parse().ok()?);
    (!asked.is_zero()).then(|| asked.min(LONGEST_RETRY_AFTER))
}
