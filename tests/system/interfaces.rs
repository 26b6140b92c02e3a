//! Where browsers reach the server, and what it shows them there: changed while it runs.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use serde_json::{Value, json};

use crate::support::asker::{Asker, CERTIFICATES, INTERFACES, server};
use crate::support::http;
use crate::support::offhook::{ADMINISTRATOR, Offhook, Pbx, Settings};
use crate::support::site::Site;
use crate::support::socket::sign_in;
use crate::support::tls::{Authority, Identity, shown};
use crate::support::{SOON, eventually};

fn upload(name: &str, identity: &Identity) -> Value {
    let text = |path| fs::read_to_string(path).expect("the file can be read");
    json!({ "name": name, "source": "uploaded", "pem": text(&identity.certificate), "key": text(&identity.key) })
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
    let shown_to = |authority: &Authority| shown(address, &address.ip().to_string(), &authority.pem());
    assert_eq!(shown_to(&authority), Some(der(&first)));

    let path = format!("{CERTIFICATES}/{certificate}");
    let states = root.send("GET", &format!("{CERTIFICATES}/states"), &Value::Null).json();
    let state = states["certificates"].as_array().unwrap().iter().find(|state| state["id"] == json!(certificate));
    assert_eq!(state.expect("it is told")["used_by"], json!(["office"]));
    let refused = root.send("DELETE", &path, &Value::Null);
    assert_eq!((refused.status, &refused.json()["code"]), (409, &json!("in_use")), "{}", refused.text);

    let replaced = root.send("PUT", &path, &upload("office", &second));
    assert_eq!(replaced.status, 200, "{}", replaced.text);
    eventually("the new certificate is shown", SOON, || match shown_to(&authority) {
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
fn a_certificate_is_taken_from_a_file_with_its_key_and_password() {
    let (site, _server, root) = server("interface-pkcs12");
    let authority = Authority::new(&site, "office");
    let address = site.socket(2, 8443);
    let identity = authority.issue(&address.ip().to_string());
    let der = CertificateDer::from_pem_file(&identity.certificate).unwrap();
    let key = PrivateKeyDer::from_pem_file(&identity.key).unwrap();
    let key = PrivateKey::from_der(key.secret_der()).unwrap();
    let mut store = KeyStore::new();
    let chain = PrivateKeyChain::new("web", key, [Certificate::from_der(&der).unwrap()]);
    store.add_entry("web", KeyStoreEntry::PrivateKeyChain(chain));
    let file = STANDARD.encode(store.writer("geheim").write().unwrap());
    let body = |password: &str| json!({ "name": "web", "source": "uploaded", "pkcs12": file, "password": password });
    let refused = root.send("POST", CERTIFICATES, &body("falsch"));
    assert_eq!((refused.status, &refused.json()["code"]), (422, &json!("wrong_file_password")), "{}", refused.text);
    assert_eq!(refused.json()["errors"][0]["pointer"], "/password");
    let certificate = root.create(CERTIFICATES, &body("geheim"));
    let body = json!({ "name": "web", "address": address.ip(), "port": address.port(), "certificate": certificate });
    let interface = root.create(INTERFACES, &body);
    root.becomes(&interface, "listening");
    assert_eq!(shown(address, &address.ip().to_string(), &authority.pem()), Some(der));
}

#[test]
fn where_sip_is_received_is_told_with_who_uses_it_and_why_it_is_not() {
    let site = Site::new("interface-sip");
    let place = site.socket(2, 5070);
    let taken = TcpListener::bind(place).unwrap();
    let mut pbx = Pbx { transport: "tcp", ..Pbx::fixed(&site, "pbx", 7) };
    pbx.more += "listener = \"trunk\"\n";
    let more = format!(
        "[[listener]]\nname = \"trunk\"\naddress = \"{place}\"\ntransport = \"tcp\"\npublic_address = \"192.0.2.1\"\n"
    );
    let settings = Settings { pbxes: vec![pbx], users: vec![("alice", Vec::new())], more, ..Settings::default() };
    let server = Offhook::start(&site, &settings);
    let root = Asker { at: server.http(), cookie: sign_in(&server, "/api/v1/admin/session", ADMINISTRATOR) };
    let told = || root.send("GET", &format!("{INTERFACES}/sip"), &Value::Null).json();
    let first = told();
    let (main, trunk) = (&first["listeners"][0], &first["listeners"][1]);
    assert_eq!((&main["setting"], &main["transports"]), (&json!("listen.sip"), &json!(["udp", "tcp"])), "{first}");
    assert_eq!((&main["state"], &main["line_groups"]), (&json!("listening"), &json!([])), "{first}");
    assert_eq!((&trunk["name"], &trunk["setting"]), (&json!("trunk"), &json!("[[listener]]")), "{first}");
    assert_eq!((&trunk["address"], &trunk["public_address"]), (&json!(place), &json!("192.0.2.1")), "{first}");
    assert_eq!(trunk["line_groups"][0]["name"], "pbx", "{first}");
    assert_eq!((&trunk["state"], &trunk["english"]), (&json!("failed"), &json!("Another program has this port.")));
    assert_eq!(trunk["german"], "Ein anderes Programm hat diesen Port.");
    assert!(first["audio"]["browsers"].as_array().is_some_and(|places| !places.is_empty()), "{first}");
    drop(taken);
    eventually("it listens", SOON, || match told() {
        now if now["listeners"][1]["state"] == "listening" => Ok(()),
        now => Err(now.to_string()),
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
    let (site, mut server, root) = server("interface-trial");
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
    // A server that stops meanwhile goes on with it.
    server.restart();
    assert_eq!(trial()["interfaces"], json!([interface]));
    // A minute, and what a busy machine takes.
    eventually("the interface is back", Duration::from_secs(90), || {
        TcpStream::connect(place(8003)).map_err(|error| error.to_string())
    });
    assert_eq!(root.send("GET", &path, &Value::Null).json()["object"]["port"], 8003);
    let audit = root.send("GET", "/api/v1/admin/audit?kind=interface", &Value::Null).json();
    assert_eq!((&audit["entries"][0]["action"], &audit["entries"][0]["actor"]), (&json!("revert"), &json!("server")));
}

#[test]
fn only_who_takes_the_own_interface_away_puts_that_on_trial() {
    let (site, _server, root) = server("interface-others");
    let place = |port| site.socket(2, port);
    let body = |port: u16| json!({ "name": "own", "address": place(port).ip(), "port": port, "mode": "plain" });
    let interface = root.create(INTERFACES, &body(8001));
    root.becomes(&interface, "listening");
    let path = format!("{INTERFACES}/{interface}");
    let trial = || root.send("GET", &format!("{INTERFACES}/states"), &Value::Null).json()["trial"].clone();

    // A slow upload comes by the interface, while somebody at another one moves that.
    let mut slow = TcpStream::connect(place(8001)).unwrap();
    let head = format!(
        "POST /api/v1/admin/import?preview=true HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncookie: {}\r\n\
         content-type: text/csv\r\ncontent-length: 6\r\n\r\nlog",
        place(8001),
        root.cookie
    );
    slow.write_all(head.as_bytes()).unwrap();
    slow.set_read_timeout(Some(SOON)).unwrap();
    // Another request on this interface is answered, so that the slow one has begun.
    assert_eq!(Asker { at: place(8001), cookie: root.cookie.clone() }.state(&interface)["yours"], true);
    assert_eq!(root.send("PUT", &path, &body(8002)).status, 200);
    slow.write_all(b"in\n").unwrap();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 "), "{answer}");
    assert_eq!(trial(), Value::Null);

    // What a proxy says of itself makes no program of a person.
    eventually("it listens at the new port", SOON, || {
        TcpStream::connect(place(8002)).map_err(|error| error.to_string())
    });
    let headers = [
        ("cookie", root.cookie.as_str()),
        ("authorization", "Basic cHJveHk6cHJveHk="),
        ("content-type", "application/json"),
        ("if-match", "*"),
    ];
    let changed = http::ask(place(8002), "PUT", &path, &headers, body(8003).to_string());
    assert_eq!(changed.status, 200, "{}", changed.text);
    assert_eq!(trial()["interfaces"], json!([interface]));
}
