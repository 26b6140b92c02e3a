//! As whom requests go to a PBX, and by which way.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use offhook_sip::digest::Credentials;
use offhook_sip::header::Protocol;
use offhook_sip::uri::{Host, Uri};
use offhook_sip::{Account, Destination, Hop, Hops, TlsPeer, registrar};

use super::{Group, Groups, Kind, LineSettings, Target};
use crate::call::cause::CauseCode;
use crate::call::effect::{self, Caller, TargetUri};
use crate::ids::{LineGroupId, LineId};
use crate::net::transport::local_for;

impl Groups {
    /// Identity and destination of an INVITE. `from` is the caller of a call that is passed on; `bound` are the ways
    /// to a PBX that registers with us.
    pub(in crate::net) fn account_for(
        &self,
        target: &effect::Target,
        from: Option<&Caller>,
        bound: Option<Vec<registrar::Route>>,
    ) -> Result<(Arc<Account>, Uri), CauseCode> {
        let group = self.group(target.group).ok_or(CauseCode::Internal)?;
        if let Some(routes) = bound {
            return self.account_to_binding(target, from, routes);
        }
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
        let domain = match group.settings.kind {
            // The far side of a trunk that we register at knows numbers in its own domain.
            Kind::TrunkRegistration { .. } => Some(&*group.settings.domain),
            _ => None,
        };
        let credentials = self.pilot(group).map(|pilot| pilot.credentials.clone());
        Ok((Arc::new(passed_on(from, caller, domain, hops, Vec::new(), credentials)), uri))
    }

    /// A call to a PBX that registers with us goes to where it registered last, and to its other contacts when that
    /// does not answer.
    fn account_to_binding(
        &self,
        target: &effect::Target,
        from: Option<&Caller>,
        mut routes: Vec<registrar::Route>,
    ) -> Result<(Arc<Account>, Uri), CauseCode> {
        routes.sort_by_key(|route| self.dead_contacts.iter().any(|dead| dead.same_place(&route.to)));
        let line = target.line.and_then(|line| self.line(line)).map(|line| line.settings.user_name.as_str());
        let caller = line.or(from.map(|from| from.number.as_str())).unwrap_or("anonymous");
        let hop = |route: &registrar::Route| Hop {
            contact: contact(caller, route.local, route.to.protocol),
            to: route.to.clone(),
            local: route.local,
        };
        let hops = Hops::new(routes.iter().map(hop)).ok_or(CauseCode::TrunkNotRegistered)?;
        let best = routes.into_iter().next().ok_or(CauseCode::TrunkNotRegistered)?;
        let path = best.routes.into_iter().map(Arc::from).collect();
        Ok((Arc::new(passed_on(from, caller, None, hops, path, None)), best.uri))
    }

    /// What stands for a target towards the PBX of a group.
    pub(in crate::net) fn uri(&self, group: LineGroupId, target: &TargetUri) -> Option<Uri> {
        self.group(group).map(|group| group.uri(target))
    }

    /// Contacts that send a caller to these targets, in this order.
    pub(in crate::net) fn contacts(&self, group: LineGroupId, to: &[TargetUri]) -> Vec<String> {
        let uris = to.iter().filter_map(|target| self.uri(group, target));
        // RFC 3261 20.10: without q all are as good, and one needs none.
        let contact = |(place, uri): (usize, Uri)| match to.len() {
            1 => format!("<{uri}>"),
            _ => format!("<{uri}>;q=0.{:03}", 999_usize.saturating_sub(place)),
        };
        uris.enumerate().map(contact).collect()
    }

    /// Who a line is, for Referred-By (RFC 3892).
    pub(in crate::net) fn identity(&self, line: LineId) -> Option<String> {
        let line = &self.line(line)?.settings;
        let domain = &self.group(line.group)?.settings.domain;
        Some(format!("<{}>", Uri::sip(&line.user_name, domain_host(domain), None)))
    }

    /// The line that speaks for a trunk.
    fn pilot(&self, group: &Group) -> Option<&LineSettings> {
        self.line(group.pilot?).map(|line| &line.settings)
    }

    /// The account of a line, as its group stands.
    pub(super) fn line_account(&self, id: LineId) -> Option<Account> {
        let line = &self.line(id)?.settings;
        let group = self.group(line.group)?;
        // In a trunk one line's password is good for all.
        let credentials = match line.credentials.password.expose().is_empty() {
            true => self.pilot(group).map(|pilot| pilot.credentials.clone()),
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
        let pilot = self.pilot(group);
        let user = pilot.map_or("offhook", |pilot| &pilot.user_name);
        let account = Account {
            aor: Uri::sip(user, domain_host(&group.settings.domain), None),
            display_name: None,
            hops: group.hop(target, user).into(),
            routes: Vec::new(),
            credentials: pilot.map(|pilot| pilot.credentials.clone()),
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
        Hops::new(self.targets.in_order().map(|target| self.hop(target, user)))
    }

    fn hop(&self, target: &Target, user: &str) -> Hop {
        Hop { to: self.destination(target), local: target.local, contact: contact(user, target.local, target.protocol) }
    }

    /// A place of the PBX, with whom a certificate has to name there.
    pub(super) fn destination(&self, target: &Target) -> Destination {
        let to = Destination::at(target.protocol, target.address);
        let settings = &self.settings;
        let peer = || Arc::new(TlsPeer { name: settings.host.as_str().into(), profile: settings.tls_profile });
        Destination { tls: target.protocol.is_secure().then(peer), ..to }
    }
}

/// The account of a call that is somebody else's.
fn passed_on(
    from: Option<&Caller>,
    caller: &str,
    domain: Option<&str>,
    hops: Hops,
    routes: Vec<Arc<str>>,
    credentials: Option<Credentials>,
) -> Account {
    let host = match domain {
        // RFC 3323 4.1.1.3: nothing is to tell who it is.
        _ if from.is_some_and(Caller::is_anonymous) => Host::Name("anonymous.invalid".to_owned()),
        Some(domain) => domain_host(domain),
        None => Host::Ip(hops.first().local.ip()),
    };
    Account {
        aor: Uri::sip(caller, host, None),
        display_name: from.and_then(|from| from.name.clone()),
        hops,
        routes,
        credentials,
    }
}

fn contact(user: &str, local: SocketAddr, protocol: Protocol) -> Uri {
    let uri = Uri::sip(user, Host::Ip(local.ip()), Some(local.port()));
    match protocol {
        Protocol::Udp => uri,
        other => uri.with_param("transport", Some(other.as_param())),
    }
}

pub(super) fn domain_host(domain: &str) -> Host {
    let bare = domain.parse::<IpAddr>().map(Host::Ip);
    bare.or_else(|_| domain.parse()).unwrap_or_else(|_| Host::Name(domain.to_owned()))
}
