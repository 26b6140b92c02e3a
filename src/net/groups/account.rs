//! As whom requests go to a PBX, and by which way.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use offhook_sip::header::Protocol;
use offhook_sip::uri::{Host, Uri};
use offhook_sip::{Account, Destination, Hop, Hops};

use super::{Group, Groups, Kind, Target};
use crate::call::cause::CauseCode;
use crate::call::effect::{self, Caller, TargetUri};
use crate::ids::{LineGroupId, LineId};
use crate::net::transport::local_for;

impl Groups {
    /// Identity and destination of an INVITE. `from` is the caller of a call that is passed on.
    pub(in crate::net) fn account_for(
        &self,
        target: &effect::Target,
        from: Option<&Caller>,
    ) -> Result<(Arc<Account>, Uri), CauseCode> {
        let group = self.group(target.group).ok_or(CauseCode::Internal)?;
        let uri = group.uri(&target.uri);
        if let Some(line) = target.line {
            let line = self.line(line).ok_or(CauseCode::Internal)?;
            let account = line.account.clone().ok_or(CauseCode::PbxUnreachable)?;
            return Ok((account, uri));
        }
        let caller = from.map_or("anonymous", |from| from.number.as_str());
        let hops = match &target.uri {
            TargetUri::Number(_) => group.hops(caller).ok_or(CauseCode::PbxUnreachable)?,
            TargetUri::Uri(uri) => self.hop_to(uri, caller).into(),
        };
        let pilot = self.lines.iter().find(|line| line.settings.group == target.group && line.settings.pilot);
        let host = match group.settings.kind {
            // RFC 3323 4.1.1.3: nothing is to tell who it is.
            _ if from.is_some_and(Caller::is_anonymous) => Host::Name("anonymous.invalid".to_owned()),
            // The far side of a trunk that we register at knows numbers in its own domain.
            Kind::TrunkRegistration { .. } => domain_host(&group.settings.domain),
            _ => Host::Ip(hops.first().local.ip()),
        };
        let account = Account {
            aor: Uri::sip(caller, host, None),
            display_name: from.and_then(|from| from.name.clone()),
            hops,
            routes: Vec::new(),
            credentials: pilot.map(|pilot| pilot.settings.credentials.clone()),
        };
        Ok((Arc::new(account), uri))
    }

    /// The account of a line, as its group stands.
    pub(super) fn line_account(&self, id: LineId) -> Option<Account> {
        let line = &self.line(id)?.settings;
        let group = self.group(line.group)?;
        let pilot = || self.lines.iter().find(|other| other.settings.group == line.group && other.settings.pilot);
        // In a trunk one line's password is good for all.
        let credentials = match line.credentials.password.expose().is_empty() {
            true => pilot().map(|pilot| pilot.settings.credentials.clone()),
            false => Some(line.credentials.clone()),
        };
        Some(Account {
            aor: Uri::sip(&line.user_name, domain_host(&group.settings.domain), None),
            display_name: None,
            hops: group.hops(&line.user_name)?,
            routes: Vec::new(),
            credentials,
        })
    }

    /// For an OPTIONS to one place of a group's PBX, and nowhere else.
    pub(super) fn probe(&self, id: LineGroupId, target: &Target) -> Option<(Account, Uri)> {
        let group = self.group(id)?;
        let pilot = self.lines.iter().find(|line| line.settings.group == id && line.settings.pilot);
        let user = pilot.map_or("offhook", |pilot| &pilot.settings.user_name);
        let account = Account {
            aor: Uri::sip(user, domain_host(&group.settings.domain), None),
            display_name: None,
            hops: target.hop(user).into(),
            routes: Vec::new(),
            credentials: pilot.map(|pilot| pilot.settings.credentials.clone()),
        };
        Some((account, Uri::sip("", domain_host(&group.settings.domain), None)))
    }

    /// The way to a URI that names its own host.
    fn hop_to(&self, uri: &Uri, caller: &str) -> Hop {
        let protocol = uri.transport().unwrap_or(Protocol::Udp);
        let port = uri.port().unwrap_or(protocol.default_port());
        let local = match uri.host() {
            Host::Ip(ip) => local_for(self.listen, SocketAddr::new(*ip, port)),
            Host::Name(_) => self.listen,
        };
        let to = Destination { protocol, host: uri.host().clone(), port, connection: None, tls: None };
        Hop { to, local, contact: contact(caller, local, protocol) }
    }
}

impl Group {
    fn uri(&self, target: &TargetUri) -> Uri {
        match target {
            TargetUri::Number(number) => Uri::sip(number, domain_host(&self.settings.domain), None),
            TargetUri::Uri(uri) => uri.clone(),
        }
    }

    /// The ways to the PBX; `user` is the user part of our Contact.
    fn hops(&self, user: &str) -> Option<Hops> {
        Hops::new(self.targets.in_order().map(|target| target.hop(user)))
    }
}

impl Target {
    fn hop(&self, user: &str) -> Hop {
        Hop {
            to: Destination::at(self.protocol, self.address),
            local: self.local,
            contact: contact(user, self.local, self.protocol),
        }
    }
}

fn contact(user: &str, local: SocketAddr, protocol: Protocol) -> Uri {
    let uri = Uri::sip(user, Host::Ip(local.ip()), Some(local.port()));
    match protocol {
        Protocol::Udp => uri,
        other => uri.with_param("transport", Some(other.as_param())),
    }
}

fn domain_host(domain: &str) -> Host {
    match domain.parse::<IpAddr>() {
        Ok(ip) => Host::Ip(ip),
        Err(_) => Host::Name(domain.to_owned()),
    }
}
