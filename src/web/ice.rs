//! STUN and TURN servers for clients, with credentials where they need some.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use super::protocol::IceServer;
use crate::config::{self, IceAccess, Secret};

/// How long credentials made from a shared secret last, in seconds. A call set up with them may last as long: TURN
/// servers ask again with every refresh of an allocation.
const LIFETIME: u64 = 24 * 60 * 60;

/// The servers that clients are told of.
#[derive(Debug, Default)]
pub struct IceServers(Vec<config::IceServer>);

impl IceServers {
    /// As the configuration says.
    pub fn new(servers: Vec<config::IceServer>) -> IceServers {
        IceServers(servers)
    }

    /// The servers for a user, at this time in seconds since 1970-01-01 UTC.
    pub(super) fn for_user(&self, user: &str, now: u64) -> Vec<IceServer> {
        let server = |server: &config::IceServer| {
            let (username, credential) = match &server.access {
                IceAccess::Open => (None, None),
                IceAccess::Account { username, credential } => {
                    (Some(username.clone()), Some(credential.expose().to_owned()))
                }
                IceAccess::Secret(secret) => {
                    let username = format!("{}:{user}", now + LIFETIME);
                    let credential = credential(secret, &username);
                    (Some(username), Some(credential))
                }
            };
            IceServer { urls: server.urls.clone(), username, credential }
        };
        self.0.iter().map(server).collect()
    }
}

/// The password that a TURN server with the same secret expects (draft-uberti-behave-turn-rest-00 section 2.2).
fn credential(secret: &Secret, username: &str) -> String {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(secret.expose().as_bytes()) else { return String::new() };
    mac.update(username.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_made_as_turn_servers_expect_them() {
        let servers = IceServers::new(vec![
            config::IceServer { urls: vec!["stun:stun.example".into()], access: IceAccess::Open },
            config::IceServer {
                urls: vec!["turn:turn.example".into()],
                access: IceAccess::Secret(Secret::new("north")),
            },
        ]);
        let issued = servers.for_user("alice", 1_000);
        assert_eq!((issued[0].username.as_deref(), issued[0].credential.as_deref()), (None, None));
        assert_eq!(issued[1].username.as_deref(), Some("87400:alice"));
        // printf %s 87400:alice | openssl dgst -sha1 -hmac north -binary | base64
        assert_eq!(issued[1].credential.as_deref(), Some("Zwdxk2HCh/rwZv1ktOGIwbin5l4="));
    }
}
