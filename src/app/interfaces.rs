//! Where the browser app is reached: what the configuration file sets, and what a server begins with where it sets nothing.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use rustc_hash::FxHashMap;

use super::{ListenError, StartError, people, reachable};
use crate::administration::{Actor, Administration, Request};
use crate::config::Config;
use crate::site::{Change, Interface, InterfaceMode, Kind, ObjectId};
use crate::web::WebState;
use crate::web::interfaces::{Standing, listen};

/// Ports of the interfaces that a server begins with.
const HTTP: u16 = 7224;
const HTTPS: u16 = 7225;

/// Listens where the file says: a server that cannot does not start.
pub(super) fn bind(config: &Config) -> Result<FxHashMap<ObjectId, TcpListener>, StartError> {
    let wanted = [("http", "listen.http", config.listen.http), ("https", "listen.https", config.listen.https)];
    let bound = wanted.into_iter().filter_map(|(name, key, address)| {
        let address = address?;
        let listener =
            listen(address).map_err(|source| StartError::from(ListenError::new(key, address, source)).of(config));
        Some(listener.map(|listener| (people::id(Kind::Interface, name), listener)))
    });
    bound.collect()
}

/// A server that has no interface of its own gets those that every server begins with, but for what the file sets.
pub(super) async fn begin_with(administration: &Administration, config: &Config) -> Result<(), StartError> {
    if administration.site().iter::<Interface>().any(|stored| !stored.from_file) {
        return Ok(());
    }
    let usual = [
        (ObjectId::HTTP, "Web (HTTP)", HTTP, InterfaceMode::Plain, config.listen.http),
        (ObjectId::HTTPS, "Web (HTTPS)", HTTPS, InterfaceMode::Tls, config.listen.https),
    ];
    let missing = usual.into_iter().filter(|(.., set)| set.is_none());
    let changes: Vec<Change> = missing
        .map(|(id, name, port, mode, _)| {
            let interface = Interface { name: name.to_owned(), port, mode, ..Interface::default() };
            let body = serde_json::to_value(interface).unwrap_or_default();
            Change::Put { kind: Kind::Interface, id, expected: Some(0), body }
        })
        .collect();
    let actor = Actor { kind: "server", id: "server".into(), address: None };
    let request = Request { changes: &changes, ..Request::default() };
    let now = crate::web::unix_ms();
    administration.change(request, &actor, now).await.map(|_| ()).map_err(StartError::Interfaces)
}

/// Nobody could mend a server that nobody reaches.
pub(super) fn must_listen(state: &WebState) -> Result<(), StartError> {
    let mut why = Vec::new();
    let mut all: Vec<_> = state.administration.site().iter::<Interface>().cloned().collect();
    all.sort_by_key(|stored| stored.id);
    for stored in all {
        match state.interfaces.standing(stored.id) {
            Some(Standing::Listening(_)) => return Ok(()),
            Some(Standing::Failed(trouble)) => {
                let Interface { name, address, port, .. } = &stored.object;
                why.push(format!("{name}, {address} port {port}: {}", trouble.english()));
            }
            None => {}
        }
    }
    why.push("Set listen.http in the configuration file to reach the console.".to_owned());
    Err(StartError::NoInterface(why.join(" ")))
}

/// Addresses that a browser on this machine can open.
pub(super) fn addresses(state: &WebState) -> Vec<String> {
    let site = state.administration.site();
    let mut found: Vec<(InterfaceMode, SocketAddr)> = site
        .iter::<Interface>()
        .filter_map(|stored| match state.interfaces.standing(stored.id)? {
            Standing::Listening(address) => Some((stored.object.mode, address)),
            Standing::Failed(_) => None,
        })
        .filter(|(mode, _)| *mode != InterfaceMode::Redirect)
        .collect();
    found.sort();
    let url = |(mode, address): (InterfaceMode, SocketAddr)| {
        let scheme = if mode == InterfaceMode::Tls { "https" } else { "http" };
        format!("{scheme}://{}/", reachable(address))
    };
    found.into_iter().map(url).collect()
}

/// Where a browser on this machine reaches the server without TLS.
pub(super) fn plain(state: &WebState) -> SocketAddr {
    let site = state.administration.site();
    let plain = site.iter::<Interface>().filter(|stored| stored.object.mode == InterfaceMode::Plain);
    let places = plain.filter_map(|stored| match state.interfaces.standing(stored.id)? {
        Standing::Listening(address) => Some(reachable(address)),
        Standing::Failed(_) => None,
    });
    places.min().unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, HTTP)))
}
