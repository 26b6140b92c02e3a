//! PBX connections as the network sees them: addresses, identities, registrations.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use offhook_media::codec::Codec;
use offhook_sip::digest::Credentials;
use offhook_sip::header::Protocol;
use offhook_sip::uri::{Host, Uri};
use offhook_sip::{Account, Destination, Hop, RegisterOptions, RegistrationId, RegistrationState};
use tracing::{info, warn};

use super::core::{Core, Message};
use super::role::Role;
use super::transport::local_for;
use crate::call::cause::CauseCode;
use crate::call::effect::{Caller, Target, TargetUri};
use crate::call::view::EndCause;
use crate::ids::{LineId, PbxId};
use crate::line::{LineState, LineStatus};

/// After a name could not be resolved, or its PBX did not answer.
const RESOLVE_AGAIN: Duration = Duration::from_secs(15);

/// All PBX connections.
#[derive(Debug)]
pub struct Links {
    listen: SocketAddr,
    pbxes: Vec<Link>,
    lines: Vec<LineLink>,
}

/// One PBX connection.
#[derive(Debug)]
pub struct Link {
    /// Its name in the configuration.
    pub name: String,
    /// Host name or address.
    pub host: String,
    /// SIP port.
    pub port: u16,
    /// SIP transport.
    pub protocol: Protocol,
    /// Domain of addresses of record.
    pub domain: String,
    /// Seconds asked for.
    pub expires: u32,
    /// Whether its lines register.
    pub register: bool,
    /// Codecs, best first.
    pub codecs: Vec<Codec>,
    /// Where it is, once known, and the address of ours that it sees.
    at: Option<(SocketAddr, SocketAddr)>,
    resolve_at: Option<Instant>,
}

impl Link {
    /// A connection whose address is not known yet.
    #[expect(clippy::too_many_arguments, reason = "one for each key of the configuration")]
    pub fn new(
        name: String,
        host: String,
        port: u16,
        protocol: Protocol,
        domain: String,
        expires: u32,
        register: bool,
        codecs: Vec<Codec>,
    ) -> Link {
        Link { name, host, port, protocol, domain, expires, register, codecs, at: None, resolve_at: None }
    }
}

/// A line of a PBX connection.
#[derive(Debug)]
pub struct LineLink {
    /// Its connection.
    pub pbx: PbxId,
    /// User part of its address of record.
    pub user_name: String,
    /// How it authenticates.
    pub credentials: Credentials,
    account: Option<Arc<Account>>,
    registration: Option<RegistrationId>,
}

impl LineLink {
    /// A line that is not registered yet.
    pub fn new(pbx: PbxId, user_name: String, credentials: Credentials) -> LineLink {
        LineLink { pbx, user_name, credentials, account: None, registration: None }
    }
}

impl Links {
    /// The connections and lines; `listen` is the address SIP is received at.
    pub fn new(listen: SocketAddr, pbxes: Vec<Link>, lines: Vec<LineLink>) -> Links {
        Links { listen, pbxes, lines }
    }

    /// Codecs towards a PBX.
    pub(super) fn codecs(&self, pbx: PbxId) -> &[Codec] {
        self.pbxes.get(pbx.0 as usize).map_or(&[], |link| &link.codecs)
    }

    /// The address of ours that a PBX sees.
    pub(super) fn local_ip(&self, pbx: PbxId) -> Option<IpAddr> {
        let link = self.pbxes.get(pbx.0 as usize)?;
        link.at.map(|(_, local)| local.ip()).or_else(|| (!self.listen.ip().is_unspecified()).then(|| self.listen.ip()))
    }

    /// The connections whose name is to be resolved again now.
    pub(super) fn due(&mut self, now: Instant) -> Vec<PbxId> {
        let due = |link: &mut Link| link.resolve_at.take_if(|at| *at <= now).is_some();
        let pbxes = self.pbxes.iter_mut().enumerate().filter_map(|(index, link)| due(link).then_some(index));
        pbxes.map(|index| PbxId(index as u32)).collect()
    }

    /// When [`Links::due`] is worth asking.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.pbxes.iter().filter_map(|link| link.resolve_at).min()
    }

    /// Identity and destination of an INVITE. `from` is the caller of a call that is passed on.
    pub(super) fn account_for(&self, target: &Target, from: Option<&Caller>) -> Result<(Arc<Account>, Uri), CauseCode> {
        let link = self.pbxes.get(target.pbx.0 as usize).ok_or(CauseCode::Internal)?;
        if let Some(line) = target.line {
            let line = self.lines.get(line.0 as usize).ok_or(CauseCode::Internal)?;
            let account = line.account.clone().ok_or(CauseCode::PbxUnreachable)?;
            return Ok((account, link.uri(&target.uri)));
        }
        let uri = link.uri(&target.uri);
        let (peer, local) = match &target.uri {
            TargetUri::Number(_) => {
                let (address, local) = link.at.ok_or(CauseCode::PbxUnreachable)?;
                (Destination::at(link.protocol, address), local)
            }
            TargetUri::Uri(uri) => {
                let protocol = uri.transport().unwrap_or(Protocol::Udp);
                let port = uri.port().unwrap_or(5060);
                let local = match uri.host() {
                    Host::Ip(ip) => local_for(self.listen, SocketAddr::new(*ip, port)),
                    Host::Name(_) => self.listen,
                };
                (Destination { protocol, host: uri.host().clone(), port, connection: None, tls: None }, local)
            }
        };
        let caller = from.map_or("anonymous", |from| from.number.as_str());
        let host = Host::Ip(local.ip());
        let account = Account {
            aor: Uri::sip(caller, host.clone(), None),
            display_name: from.and_then(|from| from.name.clone()),
            hops: Hop { contact: contact(caller, local, peer.protocol), local, to: peer }.into(),
            routes: Vec::new(),
            credentials: None,
        };
        Ok((Arc::new(account), uri))
    }
}

impl Link {
    fn uri(&self, target: &TargetUri) -> Uri {
        match target {
            TargetUri::Number(number) => Uri::sip(number, domain_host(&self.domain), None),
            TargetUri::Uri(uri) => uri.clone(),
        }
    }
}

impl<R: Role> Core<R> {
    pub(super) fn resolve_all(&mut self) {
        for index in 0..self.links.pbxes.len() {
            self.resolve(PbxId(index as u32));
        }
    }

    /// Looks a PBX's name up; the answer comes as a message.
    pub(super) fn resolve(&mut self, pbx: PbxId) {
        let Some(link) = self.links.pbxes.get(pbx.0 as usize) else { return };
        let (host, port, inbox) = (link.host.clone(), link.port, self.inbox_sender.clone());
        tokio::spawn(async move {
            let addresses = tokio::net::lookup_host((host.as_str(), port)).await.map(Iterator::collect);
            let _ = inbox.send(Message::Resolved { pbx, addresses }).await;
        });
    }

    pub(super) fn resolved(&mut self, pbx: PbxId, addresses: io::Result<Vec<SocketAddr>>, now: Instant) {
        let Some(link) = self.links.pbxes.get_mut(pbx.0 as usize) else { return };
        let ipv4_only = self.links.listen.is_ipv4();
        let address = match &addresses {
            Ok(addresses) => addresses.iter().copied().find(|address| address.is_ipv4() == ipv4_only),
            Err(_) => None,
        };
        let Some(address) = address else {
            link.resolve_at = Some(now + RESOLVE_AGAIN);
            if link.at.is_none() {
                let detail = addresses.err().map(|error| error.to_string());
                warn!(pbx = %link.name, host = %link.host, ?detail, "the PBX's name was not found");
                self.unresolved(pbx, detail, now);
            }
            return;
        };
        let local = local_for(self.links.listen, address);
        if link.at == Some((address, local)) {
            return;
        }
        info!(pbx = %link.name, %address, %local, "PBX");
        link.at = Some((address, local));
        self.pbx_at(pbx, address);
        self.register_lines(pbx, now);
    }

    fn unresolved(&mut self, pbx: PbxId, detail: Option<String>, now: Instant) {
        for line in self.lines_of_pbx(pbx) {
            let cause = EndCause { code: CauseCode::NameNotResolved, sip_status: None, detail: detail.clone() };
            if self.lines.set(line, LineStatus { state: LineState::Failed, cause: Some(cause) }) {
                self.line_changed(line, now);
            }
        }
    }

    fn lines_of_pbx(&self, pbx: PbxId) -> Vec<LineId> {
        let lines = self.links.lines.iter().enumerate().filter(|(_, line)| line.pbx == pbx);
        lines.map(|(index, _)| LineId(index as u32)).collect()
    }

    fn register_lines(&mut self, pbx: PbxId, now: Instant) {
        for id in self.lines_of_pbx(pbx) {
            let Some(link) = self.links.pbxes.get(pbx.0 as usize) else { return };
            let Some((address, local)) = link.at else { return };
            let (register, expires) = (link.register, link.expires);
            let Some(line) = self.links.lines.get_mut(id.0 as usize) else { continue };
            let account = Arc::new(Account {
                aor: Uri::sip(&line.user_name, domain_host(&link.domain), None),
                display_name: None,
                hops: Hop {
                    to: Destination::at(link.protocol, address),
                    local,
                    contact: contact(&line.user_name, local, link.protocol),
                }
                .into(),
                routes: Vec::new(),
                credentials: Some(line.credentials.clone()),
            });
            line.account = Some(account.clone());
            match line.registration {
                Some(registration) => self.endpoint.update_account(registration, account, now),
                None if register => {
                    let options = RegisterOptions { expires, ..RegisterOptions::default() };
                    let registration = self.endpoint.register(account, options, now);
                    line.registration = Some(registration);
                    self.registrations.insert(registration, id);
                }
                None => {
                    // Without registration the line is there as soon as its PBX has an address.
                    if self.lines.set(id, LineStatus { state: LineState::Registered, cause: None }) {
                        self.line_changed(id, now);
                    }
                }
            }
        }
    }

    pub(super) fn registration_changed(&mut self, id: RegistrationId, state: RegistrationState, now: Instant) {
        let Some(&line) = self.registrations.get(&id) else { return };
        if let RegistrationState::Failed { status: 408 | 503, .. } = state {
            // The PBX may have moved.
            let pbx = self.links.lines.get(line.0 as usize).map(|line| line.pbx);
            if let Some(link) = pbx.and_then(|pbx| self.links.pbxes.get_mut(pbx.0 as usize)) {
                link.resolve_at.get_or_insert(now + RESOLVE_AGAIN);
            }
        }
        if self.lines.registration(line, &state) {
            self.line_changed(line, now);
        }
        if matches!(state, RegistrationState::Unregistered) {
            self.registrations.remove(&id);
        }
    }
}

fn contact(user: &str, local: SocketAddr, protocol: Protocol) -> Uri {
    let uri = Uri::sip(user, Host::Ip(local.ip()), Some(local.port()));
    if protocol == Protocol::Tcp { uri.with_param("transport", Some("tcp")) } else { uri }
}

fn domain_host(domain: &str) -> Host {
    match domain.parse::<IpAddr>() {
        Ok(ip) => Host::Ip(ip),
        Err(_) => Host::Name(domain.to_owned()),
    }
}
