//! One certificate of an ACME directory (RFC 8555): account, order, proof of the names, certificate.

use std::net::IpAddr;
use std::time::Duration;

use instant_acme::{
    Account, AccountCredentials, AuthorizationStatus, ChallengeStatus, ChallengeType, Error, Identifier, NewAccount,
    NewOrder, Order, OrderStatus, RetryPolicy,
};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep, timeout_at};

use super::client::Client;
use super::failure::{Code, Failure};
use super::{Attempt, StepKind};
use crate::config::Secret;
use crate::site::AcmeSettings;

/// How long an authority may take to look at all names.
const PROVEN_WITHIN: Duration = Duration::from_secs(120);
/// How long it may take to make the certificate.
const ISSUED_WITHIN: Duration = Duration::from_secs(90);
/// The first pause before it is asked again how far it is.
const FIRST_LOOK: Duration = Duration::from_millis(250);
/// The longest one.
const LONGEST_LOOK: Duration = Duration::from_secs(5);

/// An account, as it is kept. Nothing shows the key that is in it.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    directory: String,
    contact: String,
    credentials: AccountCredentials,
}

/// What came.
pub(super) struct Issued {
    /// The certificate, then those that issued it, PEM.
    pub(super) chain: String,
    /// Its key.
    pub(super) key: Secret,
}

/// Finds the account that is kept, where it is one of this directory.
pub(super) async fn known(settings: &AcmeSettings, kept: Option<&Secret>) -> Result<Option<Account>, Failure> {
    let kept = kept.and_then(|kept| serde_json::from_str::<Kept>(kept.expose()).ok());
    let Some(kept) = kept.filter(|kept| kept.directory == settings.directory && kept.contact == settings.contact)
    else {
        return Ok(None);
    };
    let builder = Account::builder_with_http(Box::new(client(settings)?));
    builder.from_credentials(kept.credentials).await.map(Some).map_err(Failure::of)
}

/// Makes an account; gives it as it is to be kept, too.
pub(super) async fn sign_up(settings: &AcmeSettings) -> Result<(Account, Secret), Failure> {
    let AcmeSettings { directory, contact, terms_accepted, .. } = settings;
    let mailto = format!("mailto:{contact}");
    let contacts: &[&str] = if contact.is_empty() { &[] } else { &[&mailto] };
    let wanted =
        NewAccount { contact: contacts, terms_of_service_agreed: *terms_accepted, only_return_existing: false };
    let builder = Account::builder_with_http(Box::new(client(settings)?));
    let (account, credentials) = builder.create(&wanted, directory.clone(), None).await.map_err(Failure::of)?;
    let kept = Kept { directory: directory.clone(), contact: contact.clone(), credentials };
    let text = serde_json::to_string(&kept).map_err(|error| Failure::new(Code::Other, error))?;
    Ok((account, Secret::new(text)))
}

fn client(settings: &AcmeSettings) -> Result<Client, Failure> {
    Client::new(&settings.ca).map_err(|error| Failure::new(Code::Other, error))
}

/// Places an order; None: the authority does not know the account any more.
pub(super) async fn place(account: &Account, names: &[String]) -> Result<Option<Order>, Failure> {
    let identifier = |name: &String| match name.parse::<IpAddr>() {
        Ok(address) => Identifier::Ip(address),
        Err(_) => Identifier::Dns(name.to_ascii_lowercase()),
    };
    let identifiers: Vec<Identifier> = names.iter().map(identifier).collect();
    match account.new_order(&NewOrder::new(&identifiers)).await {
        Ok(order) => Ok(Some(order)),
        Err(Error::Api(problem))
            if problem.r#type.as_deref().is_some_and(|kind| kind.ends_with(":accountDoesNotExist")) =>
        {
            Ok(None)
        }
        Err(error) => Err(Failure::of(error).of_names(names)),
    }
}

/// Proves the names by HTTP, and gets the certificate.
pub(super) async fn fulfil(order: &mut Order, names: &[String], attempt: &Attempt) -> Result<Issued, Failure> {
    offer(order, attempt).await?;
    prove(order, attempt).await?;
    let retries = RetryPolicy::new().initial_delay(FIRST_LOOK).backoff(1.5).timeout(ISSUED_WITHIN);
    attempt.begin(StepKind::Issue, "");
    let of_names = |error| Failure::of(error).of_names(names);
    match order.poll_ready(&retries).await.map_err(of_names)? {
        OrderStatus::Ready => {}
        status => return Err(Failure::new(Code::Other, format!("the order is {status:?}"))),
    }
    let key = order.finalize().await.map_err(of_names)?;
    let chain = order.poll_certificate(&retries).await.map_err(of_names)?;
    attempt.done();
    Ok(Issued { chain, key: Secret::new(key) })
}

/// Answers what the authority will ask, and tells it that it may.
async fn offer(order: &mut Order, attempt: &Attempt) -> Result<(), Failure> {
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization.map_err(Failure::of)?;
        let name = authorization.identifier().to_string();
        attempt.begin(StepKind::Prove, &name);
        if authorization.status == AuthorizationStatus::Valid {
            attempt.proven(&name);
            continue;
        }
        let Some(mut challenge) = authorization.challenge(ChallengeType::Http01) else {
            return Err(Failure::about(Code::NoHttp, &name, ""));
        };
        attempt.answer(&challenge.token, challenge.key_authorization().as_str(), &name);
        challenge.set_ready().await.map_err(|error| match error {
            Error::Api(problem) => Failure::of_problem(&problem, &name),
            error => Failure::of(error),
        })?;
    }
    Ok(())
}

/// Waits until the authority has looked at all names.
async fn prove(order: &mut Order, attempt: &Attempt) -> Result<(), Failure> {
    let deadline = Instant::now() + PROVEN_WITHIN;
    let mut pause = FIRST_LOOK;
    loop {
        let looked = timeout_at(deadline, look(order, attempt)).await;
        let late = || Failure::new(Code::Timeout, format!("{} s", PROVEN_WITHIN.as_secs()));
        if looked.map_err(|_| late())?? {
            return Ok(());
        }
        if Instant::now() + pause >= deadline {
            return Err(late());
        }
        sleep(pause).await;
        pause = pause.mul_f32(1.5).min(LONGEST_LOOK);
    }
}

/// Whether the authority has found all names to be ours.
async fn look(order: &mut Order, attempt: &Attempt) -> Result<bool, Failure> {
    let mut authorizations = order.authorizations();
    let mut all = true;
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization.map_err(Failure::of)?;
        if authorization.status == AuthorizationStatus::Pending {
            authorization.refresh().await.map_err(Failure::of)?;
        }
        let name = authorization.identifier().to_string();
        match authorization.status {
            AuthorizationStatus::Valid => attempt.proven(&name),
            AuthorizationStatus::Pending => all = false,
            status => {
                attempt.failed(&name);
                let failed = authorization.challenges.iter().find(|each| each.status == ChallengeStatus::Invalid);
                let problem = failed.and_then(|challenge| challenge.error.as_ref());
                return Err(match problem {
                    Some(problem) => Failure::of_problem(problem, &name),
                    None => Failure::about(Code::Refused, &name, format!("{status:?}")),
                });
            }
        }
    }
    Ok(all)
}
