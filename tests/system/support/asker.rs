//! An administrator who sets interfaces and certificates over HTTP.

use std::net::SocketAddr;

use serde_json::Value;

use super::offhook::{ADMINISTRATOR, Offhook, Pbx, Settings};
use super::site::Site;
use super::socket::sign_in;
use super::{SOON, eventually, http};

pub(crate) const INTERFACES: &str = "/api/v1/admin/interfaces";
pub(crate) const CERTIFICATES: &str = "/api/v1/admin/certificates";

/// An administrator who asks at one of the server's addresses.
pub(crate) struct Asker {
    pub(crate) at: SocketAddr,
    pub(crate) cookie: String,
}

impl Asker {
    /// Sends a request; changes whatever version is there.
    #[track_caller]
    pub(crate) fn send(&self, method: &str, route: &str, body: &Value) -> http::Answer {
        let headers = [("cookie", self.cookie.as_str()), ("content-type", "application/json"), ("if-match", "*")];
        http::ask(self.at, method, route, &headers, body.to_string())
    }

    /// Creates an object; gives its id.
    #[track_caller]
    pub(crate) fn create(&self, route: &str, body: &Value) -> String {
        let answer = self.send("POST", route, body);
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.json()["id"].as_str().expect("it has an id").to_owned()
    }

    /// How an interface stands.
    #[track_caller]
    pub(crate) fn state(&self, id: &str) -> Value {
        let states = self.send("GET", &format!("{INTERFACES}/states"), &Value::Null).json();
        let all = states["interfaces"].as_array().cloned().unwrap_or_default();
        all.into_iter().find(|state| state["id"] == id).unwrap_or_default()
    }

    /// Waits until an interface stands like this.
    #[track_caller]
    pub(crate) fn becomes(&self, id: &str, state: &str) -> Value {
        eventually(&format!("the interface is {state}"), SOON, || match self.state(id) {
            found if found["state"] == state => Ok(found),
            found => Err(found.to_string()),
        })
    }
}

/// A server, and its administrator.
pub(crate) fn server(name: &str) -> (Site, Offhook, Asker) {
    let site = Site::new(name);
    let pbxes = vec![Pbx::fixed(&site, "pbx", 7)];
    let server = Offhook::start(&site, &Settings { pbxes, users: vec![("alice", Vec::new())], ..Settings::default() });
    let asker = Asker { at: server.http(), cookie: sign_in(&server, "/api/v1/admin/session", ADMINISTRATOR) };
    (site, server, asker)
}
