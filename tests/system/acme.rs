//! Certificates of a certificate authority: had, shown, renewed and refused. The authority is Pebble, the names are of the
//! test's own DNS.

use std::net::SocketAddr;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, pem::PemObject};
use serde_json::{Value, json};

use crate::support::asker::{Asker, CERTIFICATES, INTERFACES, server};
use crate::support::dns::Dns;
use crate::support::pebble::{Pebble, Settings};
use crate::support::site::Site;
use crate::support::tls::{Authority, shown};
use crate::support::{SOON, eventually};

/// The name of the server.
const NAME: &str = "pbx.test";
/// The port of the server's own interface without TLS.
const PLAIN: u16 = 7224;
const DAY: u32 = 24 * 3600;

/// How a certificate stands.
#[track_caller]
fn state(root: &Asker, id: &str) -> Value {
    let states = root.send("GET", &format!("{CERTIFICATES}/states"), &Value::Null).json();
    let all = states["certificates"].as_array().cloned().unwrap_or_default();
    all.into_iter().find(|state| state["id"] == id).unwrap_or_default()
}

#[track_caller]
fn becomes(root: &Asker, id: &str, standing: &str) -> Value {
    eventually(&format!("the certificate is {standing}"), SOON, || match state(root, id) {
        found if found["acme"]["standing"] == standing => Ok(found),
        found => Err(found.to_string()),
    })
}

/// What is sent for a certificate of an authority whose server another one vouches for.
fn wanted(pebble: &Pebble, authority: &Authority, names: &[&str]) -> Value {
    let acme = json!({
        "directory": pebble.directory(), "ca": authority.pem(), "contact": "root@pbx.test", "terms_accepted": true,
    });
    json!({ "name": "web", "source": "acme", "names": names, "acme": acme })
}

/// The DNS that leads [`NAME`] to the server, and `elsewhere.test` to nobody.
fn dns(site: &Site) -> Dns {
    let records =
        [format!("host-record={NAME},{}", site.address(2)), format!("host-record=elsewhere.test,{}", site.address(9))];
    Dns::start(site, &records)
}

/// An interface with TLS that shows a certificate.
fn interface(root: &Asker, address: SocketAddr, certificate: &str) -> String {
    let body = json!({ "name": "web", "address": address.ip(), "port": address.port(), "certificate": certificate });
    let id = root.create(INTERFACES, &body);
    root.becomes(&id, "listening");
    id
}

/// The certificate that a client sees which trusts the authority; another one than `before`.
#[track_caller]
fn seen(
    at: SocketAddr,
    pebble: &Pebble,
    before: Option<&CertificateDer<'static>>,
    within: Duration,
) -> CertificateDer<'static> {
    eventually("another certificate is shown", within, || match shown(at, NAME, pebble.root()) {
        Some(found) if Some(&found) != before => Ok(found),
        found => Err(format!("{}", found.is_some())),
    })
}

#[test]
fn a_certificate_comes_is_shown_and_stays_when_its_authority_is_gone() {
    let (site, server, root) = server("acme");
    let (authority, dns) = (Authority::new(&site, "office"), dns(&site));
    let settings = Settings { http: PLAIN, dns: dns.address(), lifetime: 90 * DAY, refused: Vec::new() };
    let mut pebble = Pebble::start(&site, &authority, &settings);

    let mut body = wanted(&pebble, &authority, &[NAME]);
    body["acme"]["terms_accepted"] = json!(false);
    let refused = root.send("POST", CERTIFICATES, &body);
    assert_eq!((refused.status, &refused.json()["code"]), (422, &json!("terms_not_accepted")), "{}", refused.text);
    assert_eq!(refused.json()["errors"][0]["pointer"], "/acme/terms_accepted");

    let body = wanted(&pebble, &authority, &[NAME]);
    let certificate = root.create(CERTIFICATES, &body);
    let address = site.socket(2, 8443);
    interface(&root, address, &certificate);
    let first = seen(address, &pebble, None, SOON);
    let told = becomes(&root, &certificate, "valid");
    let steps: Vec<_> = told["acme"]["steps"].as_array().unwrap().iter().map(|step| &step["step"]).collect();
    assert_eq!(steps, ["account", "order", "prove", "issue", "keep"]);
    assert!(told["acme"]["steps"].as_array().unwrap().iter().all(|step| step["outcome"] == "done"), "{told}");
    assert_eq!(told["acme"]["steps"][2], json!({ "step": "prove", "name": NAME, "outcome": "done", "asked": true }));
    assert_eq!((&told["names"], &told["used_by"]), (&json!([NAME]), &json!(["web"])));
    // A third of its life is left then.
    let time = |value: &Value| value.as_f64().unwrap();
    let left = (time(&told["valid_to"]) - time(&told["acme"]["next_at"])) / f64::from(DAY) / 1000.0;
    assert!((29.0..31.0).contains(&left), "{told}");
    let chain = root.send("GET", &format!("{CERTIFICATES}/{certificate}/chain"), &Value::Null).text;
    assert_eq!(CertificateDer::from_pem_slice(chain.as_bytes()).unwrap(), first);

    let path = format!("{CERTIFICATES}/{certificate}");
    let mut again = body.clone();
    again["renew"] = json!(true);
    assert_eq!(root.send("PUT", &path, &again).status, 200);
    let second = seen(address, &pebble, Some(&first), SOON);
    becomes(&root, &certificate, "valid");

    pebble.stop();
    assert_eq!(root.send("PUT", &path, &again).status, 200);
    let failed = becomes(&root, &certificate, "failed");
    let failure = &failed["acme"]["failure"];
    let says =
        |key: &str, text: &str| assert!(failure[key].as_str().is_some_and(|said| said.contains(text)), "{failed}");
    says("english", "The certificate authority cannot be reached");
    says("german", "nicht erreichbar");
    says("fix_english", "Check the URL of the directory");
    assert_eq!(failed["acme"]["steps"][0]["outcome"], "failed");
    assert!(time(&failed["acme"]["next_at"]) > time(&failure["at"]), "it is tried again: {failed}");
    assert_eq!(shown(address, NAME, pebble.root()), Some(second), "the one before stays");

    // The account's key is in no answer, log or audit entry.
    let audit = root.send("GET", "/api/v1/admin/audit?kind=certificate", &Value::Null);
    let actions = audit.json()["entries"].as_array().unwrap().iter().filter(|entry| entry["action"] == "renew").count();
    assert_eq!(actions, 2, "{}", audit.text);
    for place in [audit.text, root.send("GET", &path, &Value::Null).text, server.log()] {
        assert!(!place.contains("key_pkcs8") && !place.contains("PRIVATE KEY"), "{place}");
    }
}

#[test]
fn a_certificate_is_renewed_by_itself_and_proven_at_an_interface_that_redirects() {
    let (site, _server, root) = server("acme-renewal");
    let (authority, dns) = (Authority::new(&site, "office"), dns(&site));
    let redirect = site.socket(2, 8080);
    let settings = Settings { http: redirect.port(), dns: dns.address(), lifetime: 15, refused: Vec::new() };
    let pebble = Pebble::start(&site, &authority, &settings);
    let body = json!({ "name": "to TLS", "address": redirect.ip(), "port": redirect.port(), "mode": "redirect" });
    let id = root.create(INTERFACES, &body);
    root.becomes(&id, "listening");

    let certificate = root.create(CERTIFICATES, &wanted(&pebble, &authority, &[NAME]));
    let address = site.socket(2, 8443);
    interface(&root, address, &certificate);
    let first = seen(address, &pebble, None, SOON);
    // Ten seconds, and what a busy machine takes.
    seen(address, &pebble, Some(&first), Duration::from_secs(60));
}

#[test]
fn why_an_authority_gives_none_is_told_until_it_does() {
    let (site, _server, root) = server("acme-refused");
    let (authority, dns) = (Authority::new(&site, "office"), dns(&site));
    let settings = Settings { http: PLAIN, dns: dns.address(), lifetime: 90 * DAY, refused: vec!["blocked.test"] };
    let pebble = Pebble::start(&site, &authority, &settings);
    let with = |names: &[&str]| wanted(&pebble, &authority, names);
    let certificate = root.create(CERTIFICATES, &with(&["blocked.test"]));
    let path = format!("{CERTIFICATES}/{certificate}");
    let told = |text: &str| {
        eventually(&format!("{text:?} is told"), SOON, || {
            let found = state(&root, &certificate);
            let said = found["acme"]["failure"]["english"].as_str().unwrap_or_default();
            if said.contains(text) { Ok(found) } else { Err(found.to_string()) }
        })
    };
    told("The authority gives no certificate for blocked.test");
    assert_eq!(root.send("PUT", &path, &with(&[NAME, "elsewhere.test"])).status, 200);
    let failed = told("The authority did not reach http://elsewhere.test/ at port 80");
    let steps = failed["acme"]["steps"].as_array().unwrap();
    let step = |name: &str| steps.iter().find(|step| step["name"] == name).cloned().unwrap_or_default();
    assert_eq!(
        (&step("elsewhere.test")["outcome"], &step("elsewhere.test")["asked"]),
        (&json!("failed"), &json!(false))
    );
    assert_eq!(failed["acme"]["answers_at"], json!([site.socket(2, PLAIN)]));
    assert_eq!(root.send("PUT", &path, &with(&["missing.test"])).status, 200);
    told("missing.test");

    // Nobody vouches for the authority's own server.
    let mut unknown = with(&[NAME]);
    unknown["acme"]["ca"] = json!("");
    assert_eq!(root.send("PUT", &path, &unknown).status, 200);
    told("is not trusted");
    unknown["acme"]["ca"] = json!("no certificate");
    let refused = root.send("PUT", &path, &unknown);
    assert_eq!(
        (refused.status, &refused.json()["errors"][0]["pointer"]),
        (422, &json!("/acme/ca")),
        "{}",
        refused.text
    );

    assert_eq!(root.send("PUT", &path, &with(&[NAME])).status, 200);
    let valid = becomes(&root, &certificate, "valid");
    assert_eq!((&valid["names"], &valid["acme"]["failure"]), (&json!([NAME]), &Value::Null));
}
