//! A registrar with three accounts: a telephone, a PBX with a range of numbers, and a PBX with one that stands for more.

#![allow(clippy::disallowed_methods, reason = "a test must begin somewhere")]

use std::time::Duration;

use super::*;
use crate::digest::{ClientAuth, Credentials, Verdict};
use crate::flow::ConnectionId;
use crate::message::Builder;
use crate::method::Method;
use crate::transport::Protocol;
use crate::uri::{Host, Uri};

/// Account, password, whether it has a range of numbers, and how its numbers begin.
const ACCOUNTS: [(&str, &str, bool, &str); 3] =
    [("200", "phone", false, "200"), ("pbx", "branch", true, "0304455"), ("gateway", "plain", false, "0305566")];

struct Known;

impl Accounts for Known {
    fn account(&self, name: &str) -> Option<AccountView> {
        let (_, password, has_range, _) = ACCOUNTS.iter().find(|account| account.0 == name)?;
        Some(AccountView { secret: Secret::new(*password), has_range: *has_range })
    }

    fn owns(&self, account: &str, number: &str) -> bool {
        ACCOUNTS.iter().any(|known| known.0 == account && number.starts_with(known.3))
    }
}

/// A device that registers.
struct Device {
    user: &'static str,
    aor: String,
    password: String,
    source: Source,
    auth: ClientAuth,
    call_id: String,
    cseq: u32,
}

fn from(address: &str) -> Source {
    let local = "192.0.2.100:5060".parse().expect("an address");
    Source { protocol: Protocol::Udp, local, remote: address.parse().expect("an address"), connection: None }
}

impl Device {
    fn new(user: &'static str, password: &str, at: &str) -> Device {
        let (aor, call_id) = (user.to_owned(), format!("{user}-{at}"));
        Device { user, aor, password: password.into(), source: from(at), auth: ClientAuth::new(), call_id, cseq: 0 }
    }

    fn request(&mut self, lines: &[&str]) -> Message {
        self.cseq += 1;
        let uri = Uri::sip("", "pbx.example", None);
        let aor = format!("<{}>", Uri::sip(&self.aor, "pbx.example", None));
        let mut builder = Builder::request(&Method::Register, &uri)
            .header(Name::Via, "SIP/2.0/UDP host;branch=z9hG4bK1")
            .header(Name::From, format!("{aor};tag=1"))
            .header(Name::To, aor)
            .header(Name::CallId, &self.call_id)
            .header(Name::CSeq, format!("{} REGISTER", self.cseq));
        if !self.auth.is_empty() {
            let credentials = Credentials::new(self.user, self.password.as_str());
            let values = self.auth.authorization(&credentials, &Method::Register, "sip:pbx.example", "c");
            builder = builder.headers(&values);
        }
        for line in lines {
            let (name, value) = line.split_once(": ").expect("Name: value");
            builder = builder.raw(name, value);
        }
        Message::parse(builder.finish()).expect("built here")
    }

    /// Sends a REGISTER, and once more when it is challenged.
    fn register(&mut self, registrar: &mut Registrar, lines: &[&str], now: Instant) -> RegistrarReply {
        for _ in 0..2 {
            let request = self.request(lines);
            let reply = registrar.handle(&request, &self.source, &Known, now);
            if reply.status != 401 {
                return reply;
            }
            let response = Builder::response(401, "Unauthorized").headers(&reply.headers).finish();
            assert_eq!(self.auth.challenged(&Message::parse(response).expect("built here")), Verdict::Retry);
        }
        panic!("challenged again and again");
    }
}

fn registrar() -> (Registrar, Instant) {
    (Registrar::new("pbx.example", [7; 32]), Instant::now())
}

fn values(reply: &RegistrarReply, wanted: &Name) -> Vec<String> {
    reply.headers.iter().filter(|(name, _)| name == wanted).map(|(_, value)| value.clone()).collect()
}

#[test]
fn sha_256_is_offered_before_md5() {
    let (mut registrar, now) = registrar();
    let mut phone = Device::new("200", "phone", "192.0.2.1:5060");
    let request = phone.request(&[]);
    let reply = registrar.handle(&request, &phone.source, &Known, now);
    let offers = values(&reply, &Name::WwwAuthenticate);
    assert!(offers[0].contains("algorithm=SHA-256") && offers[1].contains("algorithm=MD5"), "{offers:?}");
    // Who does not answer that has not understood it.
    let again = registrar.handle(&phone.request(&[]), &phone.source, &Known, now);
    let offers = values(&again, &Name::WwwAuthenticate);
    assert!(offers.len() == 1 && offers[0].contains("algorithm=MD5"), "{offers:?}");
    let response = Builder::response(401, "Unauthorized").headers(&again.headers).finish();
    phone.auth.challenged(&Message::parse(response).expect("built here"));
    assert_eq!(phone.register(&mut registrar, &["Contact: <sip:200@192.0.2.1>"], now).status, 200);
    // When its nonce is too old it gets what it understands.
    let later = now + Duration::from_secs(7200);
    let stale = registrar.handle(&phone.request(&["Contact: <sip:200@192.0.2.1>"]), &phone.source, &Known, later);
    let offers = values(&stale, &Name::WwwAuthenticate);
    assert!(offers.len() == 1 && offers[0].contains("algorithm=MD5, qop=\"auth\", stale=true"), "{offers:?}");
    let next =
        registrar.handle(&Device::new("200", "phone", "192.0.2.1:5060").request(&[]), &phone.source, &Known, now);
    assert!(values(&next, &Name::WwwAuthenticate)[0].contains("algorithm=SHA-256"));
}

#[test]
fn a_telephone_registers_refreshes_and_leaves() {
    let (mut registrar, now) = registrar();
    let mut phone = Device::new("200", "phone", "192.0.2.1:5060");
    let contact = "Contact: <sip:200@192.0.2.1>;expires=120, <sip:200@192.0.2.1:5070>";
    let reply = phone.register(&mut registrar, &[contact, "Expires: 300", "User-Agent: Phone 1"], now);
    assert_eq!(reply.status, 200);
    let contacts = values(&reply, &Name::Contact);
    assert_eq!(contacts, ["<sip:200@192.0.2.1>;expires=120", "<sip:200@192.0.2.1:5070>;expires=300"]);
    let list = registrar.list(now);
    assert_eq!((list.len(), list[0].until - now), (2, Duration::from_secs(120)));
    assert_eq!(list[0].binding.user_agent.as_deref(), Some("Phone 1"));
    assert_eq!(list[0].binding.source, phone.source);

    let short = phone.register(&mut registrar, &["Contact: <sip:200@192.0.2.1>;expires=10"], now);
    assert_eq!((short.status, values(&short, &Name::MinExpires)), (423, vec!["60".into()]));
    assert_eq!(registrar.contacts("200", now + Duration::from_secs(121)).len(), 1);

    assert_eq!(phone.register(&mut registrar, &["Contact: *", "Expires: 5"], now).status, 400);
    assert_eq!(phone.register(&mut registrar, &["Contact: *, <sip:a@b>", "Expires: 0"], now).status, 400);
    let gone = phone.register(&mut registrar, &["Contact: <sip:200@192.0.2.1>;expires=0"], now);
    assert_eq!(values(&gone, &Name::Contact).len(), 1);
    assert_eq!(phone.register(&mut registrar, &["Contact: *", "Expires: 0"], now).status, 200);
    assert!(registrar.list(now).is_empty() && registrar.accounts.is_empty());
}

#[test]
fn what_was_overtaken_changes_nothing() {
    let (mut registrar, now) = registrar();
    let mut phone = Device::new("200", "phone", "192.0.2.1:5060");
    phone.register(&mut registrar, &["Contact: <sip:200@192.0.2.1>"], now);
    phone.cseq -= 2;
    let late = phone.register(&mut registrar, &["Contact: <sip:200@192.0.2.1>;expires=0"], now);
    assert_eq!((late.status, registrar.contacts("200", now).len()), (500, 1));
    phone.cseq -= 1;
    assert_eq!(phone.register(&mut registrar, &["Contact: *", "Expires: 0"], now).status, 500);
    // A restarted device has another Call-ID and begins to count anew.
    let mut again = Device::new("200", "phone", "192.0.2.1:5062");
    assert_eq!(again.register(&mut registrar, &["Contact: <sip:200@192.0.2.1>"], now).status, 200);
    assert_eq!(registrar.contacts("200", now).len(), 1);
}

#[test]
fn a_replayed_register_is_challenged() {
    let (mut registrar, now) = registrar();
    let mut phone = Device::new("200", "phone", "192.0.2.1:5060");
    phone.register(&mut registrar, &[], now);
    let request = phone.request(&["Contact: <sip:200@192.0.2.1>"]);
    assert_eq!(registrar.handle(&request, &phone.source, &Known, now).status, 200);
    let again = registrar.handle(&request, &phone.source, &Known, now);
    assert_eq!(again.status, 401);
    assert!(values(&again, &Name::WwwAuthenticate)[0].contains("stale=true"));
    // Nor is a nonce good at another address than the one it was sent to.
    let request = phone.request(&["Contact: <sip:200@192.0.2.1>"]);
    assert_eq!(registrar.handle(&request, &from("203.0.113.9:5060"), &Known, now).status, 401);
}

#[test]
fn nobody_registers_for_somebody_else() {
    let (mut registrar, now) = registrar();
    let mut gateway = Device::new("gateway", "plain", "192.0.2.1:5060");
    for (aor, status) in [("03055660", 200), ("gateway", 200), ("03044550", 403), ("200", 403), ("", 403)] {
        gateway.aor = aor.into();
        let reply = gateway.register(&mut registrar, &["Contact: <sip:x@192.0.2.1>"], now);
        assert_eq!(reply.status, status, "{aor}");
    }
}

#[test]
fn one_number_can_register_for_all_of_a_trunk() {
    let (mut registrar, now) = registrar();
    let mut gateway = Device::new("gateway", "plain", "192.0.2.1:5060");
    gateway.aor = "03055660".into();
    gateway.register(&mut registrar, &["Contact: <sip:03055660@192.0.2.1;x=y>"], now);
    let uris = |number: &str| -> Vec<String> {
        registrar.routes("gateway", number, now).iter().map(|route| route.uri.to_string()).collect()
    };
    assert_eq!(uris("03055660"), ["sip:03055660@192.0.2.1;x=y"]);
    assert_eq!(uris("030556612"), ["sip:030556612@192.0.2.1;x=y"]);
}

#[test]
fn bulk_contacts_open_the_range() {
    let (mut registrar, now) = registrar();
    let mut pbx = Device::new("pbx", "branch", "198.51.100.7:5060");
    let bulk = "Contact: <sip:198.51.100.7:5062;bnc>;expires=600";
    let reply = pbx.register(&mut registrar, &[bulk, "Require: gin", "Proxy-Require: gin"], now);
    assert_eq!((reply.status, values(&reply, &Name::Contact)[0].as_str()), (200, &bulk["Contact: ".len()..]));
    let route = &registrar.routes("pbx", "+4930445512", now)[0];
    assert_eq!(route.uri.as_str(), "sip:+4930445512@198.51.100.7:5062");
    assert_eq!((route.to.host.clone(), route.to.port), (Host::from("198.51.100.7"), 5060), "where it came from");

    // A number of its own goes before the range.
    pbx.aor = "03044559".into();
    pbx.register(&mut registrar, &["Contact: <sip:fax@198.51.100.8>"], now);
    assert_eq!(registrar.routes("pbx", "03044559", now)[0].uri.as_str(), "sip:fax@198.51.100.8");
    assert_eq!(registrar.routes("pbx", "03044558", now).len(), 1);

    let with_user = pbx.register(&mut registrar, &["Contact: <sip:a@198.51.100.7;bnc>", "Require: gin"], now);
    assert_eq!(with_user.status, 400);
    let mut phone = Device::new("200", "phone", "192.0.2.1:5060");
    let without_range = phone.register(&mut registrar, &[bulk, "Require: gin"], now);
    assert_eq!((without_range.status, values(&without_range, &Name::Unsupported)), (420, vec!["gin".into()]));
    let unknown = phone.register(&mut registrar, &["Require: path, foo"], now);
    assert_eq!((unknown.status, values(&unknown, &Name::Unsupported)), (420, vec!["foo".into()]));
}

#[test]
fn path_is_kept_echoed_and_followed() {
    let (mut registrar, now) = registrar();
    let mut pbx = Device::new("pbx", "branch", "192.0.2.9:5060");
    let path = "Path: <sip:192.0.2.9;lr;ob>, <sip:inner.example;lr>";
    let lines = ["Contact: <sip:pbx@10.0.0.1>", path];
    let refused = pbx.register(&mut registrar, &lines, now);
    assert_eq!((refused.status, values(&refused, &Name::Unsupported)), (420, vec!["path".into()]));
    for known in ["Supported: outbound, path", "Require: path"] {
        let reply = pbx.register(&mut registrar, &[lines[0], lines[1], known], now);
        assert_eq!(reply.status, 200, "{known}");
        assert_eq!(values(&reply, &Name::Path), ["<sip:192.0.2.9;lr;ob>", "<sip:inner.example;lr>"]);
    }
    let route = &registrar.routes("pbx", "pbx", now)[0];
    assert_eq!(route.routes, ["<sip:192.0.2.9;lr;ob>", "<sip:inner.example;lr>"]);
    assert_eq!((route.uri.as_str(), route.to.host.to_string().as_str()), ("sip:pbx@10.0.0.1", "192.0.2.9"));

    let other = ["Contact: <sip:pbx@10.0.0.1>", "Path: <sip:edge.example:5080;transport=tcp;lr>", "Supported: path"];
    pbx.register(&mut registrar, &other, now);
    let to = &registrar.routes("pbx", "pbx", now)[0].to;
    assert_eq!((to.host.to_string().as_str(), to.port, to.protocol), ("edge.example", 5080, Protocol::Tcp));
    assert_eq!(pbx.register(&mut registrar, &[lines[0], "Path: <sip:", "Supported: path"], now).status, 400);
}

#[test]
fn calls_go_back_through_nat_and_over_the_open_connection() {
    let (mut registrar, now) = registrar();
    let mut phone = Device::new("200", "phone", "203.0.113.5:40123");
    phone.register(&mut registrar, &["Contact: <sip:200@192.168.1.5:5060>"], now);
    let route = &registrar.routes("200", "200", now)[0];
    assert_eq!(route.uri.as_str(), "sip:200@192.168.1.5:5060");
    assert_eq!((route.to.host.to_string().as_str(), route.to.port), ("203.0.113.5", 40123));
    assert_eq!(route.local, phone.source.local);

    phone.source = Source { protocol: Protocol::Tcp, connection: Some(ConnectionId(4)), ..phone.source };
    phone.register(&mut registrar, &["Contact: <sip:200@203.0.113.5:5080;transport=tcp>"], now);
    let route = &registrar.routes("200", "200", now)[0];
    assert_eq!((route.to.port, route.to.connection), (5080, Some(ConnectionId(4))));
    // A device at a public address may want another transport than it registered by.
    phone.source = from("203.0.113.5:40123");
    phone.register(&mut registrar, &["Contact: <sip:200@203.0.113.5:5090;transport=tcp>"], now);
    let to = &registrar.routes("200", "200", now)[0].to;
    assert_eq!((to.protocol, to.port, to.connection), (Protocol::Tcp, 5090, None));
}

#[test]
fn unknown_users_and_wrong_passwords_look_alike() {
    let (mut registrar, now) = registrar();
    let mut attempt = |user: &'static str, address: &str| {
        let mut device = Device::new(user, "wrong", address);
        (0..6).map(|_| device.register(&mut registrar, &[], now)).collect::<Vec<_>>()
    };
    let known = attempt("200", "203.0.113.1:5060");
    assert_eq!(known, attempt("nobody", "203.0.113.2:5060"));
    assert!(known.iter().all(|reply| reply.status == 403));
    let pauses: Vec<_> = known.iter().map(|reply| values(reply, &Name::RetryAfter)).collect();
    assert!(pauses[..3].iter().all(Vec::is_empty), "{pauses:?}");
    assert_eq!(pauses[3], ["2"]);
}

#[test]
fn guessing_is_slowed_and_the_right_password_is_not_read_in_the_pause() {
    let (mut registrar, now) = registrar();
    let mut device = Device::new("200", "wrong", "203.0.113.1:5060");
    for _ in 0..3 {
        device.register(&mut registrar, &[], now);
    }
    device.password = "phone".into();
    let refused = device.register(&mut registrar, &[], now);
    assert_eq!((refused.status, values(&refused, &Name::RetryAfter)), (403, vec!["2".into()]));
    let failures = registrar.failures(now);
    assert_eq!(failures.len(), 2);
    assert!(failures.iter().all(|failure| failure.count == 3 && failure.refused_until.is_some()));
    // From another address the account is slowed just the same.
    let mut other = Device::new("200", "phone", "203.0.113.2:5060");
    assert_eq!(other.register(&mut registrar, &[], now).status, 403);
    let later = now + Duration::from_secs(2);
    assert_eq!(device.register(&mut registrar, &[], later).status, 200);
    let left = registrar.failures(later);
    assert!(left.iter().all(|failure| matches!(failure.who, Who::Account(_))), "{left:?}");
}

#[test]
fn nobody_can_shut_out_who_is_registered() {
    let (mut registrar, mut now) = registrar();
    let mut pbx = Device::new("pbx", "branch", "198.51.100.7:5060");
    let contact = ["Contact: <sip:198.51.100.7>;expires=3600"];
    assert_eq!(pbx.register(&mut registrar, &contact, now).status, 200);
    for number in 0..50 {
        // A guesser at many addresses.
        let mut guesser = Device::new("pbx", "wrong", &format!("203.0.113.{number}:5060"));
        guesser.register(&mut registrar, &[], now);
        // And one that writes the address of the PBX on its datagrams, with a nonce that it got at its own.
        guesser.source = pbx.source;
        let request = guesser.request(&[]);
        assert!(matches!(registrar.handle(&request, &guesser.source, &Known, now).status, 401 | 403));
        now += Duration::from_secs(1);
        assert_eq!(pbx.register(&mut registrar, &contact, now).status, 200, "{number}");
    }
    let mut guesser = Device::new("pbx", "branch", "203.0.113.200:5060");
    assert_eq!(guesser.register(&mut registrar, &contact, now).status, 403, "others are slowed");
}

#[test]
fn an_account_has_a_bounded_number_of_contacts() {
    let (mut registrar, now) = registrar();
    let mut phone = Device::new("200", "phone", "192.0.2.1:5060");
    let statuses: Vec<u16> = (0..20)
        .map(|port| {
            phone.register(&mut registrar, &[&format!("Contact: <sip:200@192.0.2.1:{}>", 6000 + port)], now).status
        })
        .collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), MAX_CONTACTS);
    assert_eq!(statuses[19], 403);
    assert_eq!(registrar.contacts("200", now).len(), MAX_CONTACTS);
}
