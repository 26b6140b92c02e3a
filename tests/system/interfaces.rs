//! Where browsers reach the server, and what it shows them there: changed while it runs.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use serde_json::{Value, json};

use crate::support::http;
use crate::support::offhook::{ADMINISTRATOR, Offhook, Pbx, Settings};
use crate::support::site::Site;
use crate::support::socket::sign_in;
use crate::support::tls::{Authority, Identity};
use crate::support::{SOON, eventually};

const INTERFACES: &str = "/api/v1/admin/interfaces";
const CERTIFICATES: &str = "/api/v1/admin/certificates";

/// An administrator who asks at one of the server's addresses.
struct Asker {
    at: SocketAddr,
    cookie: String,
}

impl Asker {
    #[track_caller]
    fn send(&self, method: &str, route: &str, body: &Value) -> http::Answer {
        let headers = [("cookie", self.cookie.as_str()), ("content-type", "application/json"), ("if-match", "*")];
        http::ask(self.at, method, route, &headers, &body.to_string())
    }

    #[track_caller]
    fn create(&self, route: &str, body: &Value) -> String {
        let answer = self.send("POST", route, body);
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.json()["id"].as_str().expect("it has an id").to_owned()
    }

    /// How an interface stands.
    #[track_caller]
    fn state(&self, id: &str) -> Value {
        let states = self.send("GET", &format!("{INTERFACES}/states"), &Value::Null).json();
        let all = states["interfaces"].as_array().cloned().unwrap_or_default();
        all.into_iter().find(|state| state["id"] == id).unwrap_or_default()
    }

    #[track_caller]
    fn becomes(&self, id: &str, state: &str) -> Value {
        eventually(&format!("the interface is {state}"), SOON, || match self.state(id) {
            found if found["state"] == state => Ok(found),
            found => Err(found.to_string()),
        })
    }
}

fn server(name: &str) -> (Site, Offhook, Asker) {
    let site = Site::new(name);
    let pbxes = vec![Pbx::fixed(&site, "pbx", 7)];
    let server = Offhook::start(&site, &Settings { pbxes, users: vec![("alice", Vec::new())], ..Settings::default() });
    let asker = Asker { at: server.http(), cookie: sign_in(&server, "/api/v1/admin/session", ADMINISTRATOR) };
    (site, server, asker)
}

fn upload(name: &str, identity: &Identity) -> Value {
    let text = |path| fs::read_to_string(path).expect("the file can be read");
    json!({ "name": name, "source": "uploaded", "pem": text(&identity.certificate), "key": text(&identity.key) })
}

/// The certificate that is shown there to who trusts the authority; None where nobody answers or it is another one's.
fn shown(at: SocketAddr, authority: &Authority) -> Option<CertificateDer<'static>> {
    let mut roots = RootCertStore::empty();
    let ca = CertificateDer::from_pem_file(authority.file()).expect("the authority has a file");
    roots.add(ca).expect("it is a certificate");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.expect("versions are known").with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::IpAddress(at.ip().into());
    let mut client = ClientConnection::new(Arc::new(config), name).expect("a client can be made");
    let mut stream = TcpStream::connect_timeout(&at, SOON).ok()?;
    stream.set_read_timeout(Some(SOON)).expect("a timeout can be set");
    rustls::Stream::new(&mut client, &mut stream).write_all(b"GET / HTTP/1.0\r\n\r\n").ok()?;
    client.peer_certificates()?.first().map(|certificate| certificate.clone().into_owned())
}

/// The answer to a request of somebody whom the server may turn away: its old listener may be about to go.
fn get(at: SocketAddr, route: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&at, SOON)?;
    stream.set_read_timeout(Some(SOON))?;
    write!(stream, "GET {route} HTTP/1.1\r\nhost: {at}\r\nconnection: close\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}

#[test]
fn an_uploaded_certificate_is_shown_and_its_successor_without_a_restart() {
    let (site, server, root) = server("interface-certificate");
    let authority = Authority::new(&site, "office");
    let address = site.socket(2, 8443);
    let [first, second] = [(); 2].map(|()| authority.issue(&address.ip().to_string()));

    let mut mixed = upload("office", &first);
    let other = Authority::new(&site, "another").issue("x.example");
    mixed["key"] = json!(fs::read_to_string(&other.key).unwrap());
    let refused = root.send("POST", CERTIFICATES, &mixed);
    assert_eq!((refused.status, &refused.json()["errors"][0]["pointer"]), (422, &json!("/key")), "{}", refused.text);
    assert_eq!(refused.json()["code"], "key_does_not_fit");

    let first_upload = upload("office", &first);
    let certificate = root.create(CERTIFICATES, &first_upload);
    let body = json!({ "name": "office", "address": address.ip(), "port": address.port(), "certificate": certificate });
    let interface = root.create(INTERFACES, &body);
    root.becomes(&interface, "listening");
    let der = |identity: &Identity| CertificateDer::from_pem_file(&identity.certificate).unwrap();
    assert_eq!(shown(address, &authority), Some(der(&first)));

    let path = format!("{CERTIFICATES}/{certificate}");
    let states = root.send("GET", &format!("{CERTIFICATES}/states"), &Value::Null).json();
    let state = states["certificates"].as_array().unwrap().iter().find(|state| state["id"] == json!(certificate));
    assert_eq!(state.expect("it is told")["used_by"], json!(["office"]));
    let refused = root.send("DELETE", &path, &Value::Null);
    assert_eq!((refused.status, &refused.json()["code"]), (409, &json!("in_use")), "{}", refused.text);

    let replaced = root.send("PUT", &path, &upload("office", &second));
    assert_eq!(replaced.status, 200, "{}", replaced.text);
    eventually("the new certificate is shown", SOON, || match shown(address, &authority) {
        Some(found) if found == der(&second) => Ok(()),
        found => Err(format!("{}", found.is_some())),
    });
    let status = root.send("GET", "/api/v1/admin/status", &Value::Null).json();
    let told = status["certificates"].as_array().unwrap().iter().any(|told| told["used_by"] == "office");
    assert!(told, "{status}");

    // Nothing tells the key again.
    let key = fs::read_to_string(&second.key).unwrap();
    let line = key.lines().nth(1).unwrap();
    let chain = root.send("GET", &format!("{path}/chain"), &Value::Null).text;
    let audit = root.send("GET", "/api/v1/admin/audit", &Value::Null).text;
    for place in [chain, audit, root.send("GET", &path, &Value::Null).text, server.log()] {
        assert!(!place.contains(line), "{place}");
    }

    assert_eq!(root.send("DELETE", &format!("{INTERFACES}/{interface}"), &Value::Null).status, 204);
    assert_eq!(root.send("DELETE", &path, &Value::Null).status, 204);
    eventually("nobody listens there", SOON, || match TcpStream::connect(address) {
        Err(_) => Ok(()),
        Ok(_) => Err("somebody does".into()),
    });
}

#[test]
fn an_interface_says_why_it_does_not_listen_and_listens_once_it_can() {
    let (site, _server, root) = server("interface-taken");
    let address = site.socket(2, 8080);
    let taken = TcpListener::bind(address).unwrap();
    let body = |mode: &str| json!({ "name": "plain", "address": address.ip(), "port": address.port(), "mode": mode });
    let interface = root.create(INTERFACES, &body("plain"));
    let failed = root.becomes(&interface, "failed");
    assert!(failed["english"].as_str().is_some_and(|why| why.contains("This port is taken")), "{failed}");
    drop(taken);
    root.becomes(&interface, "listening");
    assert_eq!(http::ask(address, "GET", "/api/v1/session", &[], "").status, 401);

    // It becomes one that redirects, and the interface of the file with TLS is where it leads.
    assert_eq!(root.send("PUT", &format!("{INTERFACES}/{interface}"), &body("redirect")).status, 200);
    let location = eventually("it redirects", SOON, || {
        let answer = get(address, "/admin?x=1").map_err(|error| error.to_string())?;
        let location = answer.lines().find_map(|line| line.strip_prefix("location: "));
        location.map(str::to_owned).ok_or(answer)
    });
    assert_eq!(location, format!("https://{}:7225/admin?x=1", address.ip()));
    let elsewhere = http::ask(address, "GET", "/", &[("host", "a@evil.example")], "");
    assert!(!elsewhere.header("location").contains("evil"), "{}", elsewhere.text);

    let list = root.send("GET", &format!("{INTERFACES}?sort=name"), &Value::Null).json();
    let of_file: Vec<_> = list["items"].as_array().unwrap().iter().filter(|item| item["from_file"] == true).collect();
    assert_eq!(of_file.len(), 2, "{list}");
    let changed =
        root.send("PATCH", &format!("{INTERFACES}/{}", of_file[0]["id"].as_str().unwrap()), &json!({ "port": 1 }));
    assert_eq!((changed.status, &changed.json()["code"]), (409, &json!("set_in_file")));
}

#[test]
fn who_cuts_themselves_off_comes_back_and_who_confirms_stays() {
    let (site, _server, root) = server("interface-trial");
    let place = |port| site.socket(2, port);
    let body = |port: u16| json!({ "name": "own", "address": place(port).ip(), "port": port, "mode": "plain" });
    let interface = root.create(INTERFACES, &body(8001));
    root.becomes(&interface, "listening");
    let path = format!("{INTERFACES}/{interface}");
    let own = |port| Asker { at: place(port), cookie: root.cookie.clone() };
    assert_eq!(own(8001).state(&interface)["yours"], true);
    let trial = || root.send("GET", &format!("{INTERFACES}/states"), &Value::Null).json()["trial"].clone();

    // Changed by way of another interface: nobody is cut off.
    assert_eq!(root.send("PUT", &path, &body(8002)).status, 200);
    eventually("it listens at the new port", SOON, || {
        TcpStream::connect(place(8002)).map_err(|error| error.to_string())
    });
    assert_eq!(trial(), Value::Null);
    let confirm = format!("{INTERFACES}/confirm");
    assert_eq!(root.send("POST", &confirm, &Value::Null).json()["code"], "nothing_to_confirm");

    assert_eq!(own(8002).send("PUT", &path, &body(8003)).status, 200);
    assert_eq!(trial()["interfaces"], json!([interface]));
    eventually("it listens at the new port", SOON, || {
        TcpStream::connect(place(8003)).map_err(|error| error.to_string())
    });
    assert_eq!(own(8003).send("POST", &confirm, &Value::Null).status, 204);
    assert_eq!(trial(), Value::Null);

    assert_eq!(own(8003).send("DELETE", &path, &Value::Null).status, 204);
    assert_eq!(trial()["interfaces"], json!([interface]));
    // A minute, and what a busy machine takes.
    eventually("the interface is back", Duration::from_secs(90), || {
        TcpStream::connect(place(8003)).map_err(|error| error.to_string())
    });
    assert_eq!(root.send("GET", &path, &Value::Null).json()["object"]["port"], 8003);
    let audit = root.send("GET", "/api/v1/admin/audit?kind=interface", &Value::Null).json();
    assert_eq!((&audit["entries"][0]["action"], &audit["entries"][0]["actor"]), (&json!("revert"), &json!("server")));
}
