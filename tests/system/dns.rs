//! Where calls go: servers found by a real DNS server.

use std::net::SocketAddr;
use std::time::Duration;

use offhook::net::dns::locate;
use offhook_sip::Protocol;
use offhook_sip::locate::{Found, LocateError, Means, Target};
use offhook_sip::uri::Host;

use crate::support::dns::{Dns, TTL};
use crate::support::site::Site;

#[test]
fn servers_come_from_naptr_and_srv_with_the_best_first() {
    let site = Site::new("dns-naptr");
    let (one, two) = (site.socket(1, 5070), site.socket(2, 5080));
    let records = [
        "naptr-record=pbx.test,10,20,s,SIP+D2U,,_sip._udp.pbx.test".to_owned(),
        "naptr-record=pbx.test,10,10,s,SIP+D2T,,_sip._tcp.pbx.test".to_owned(),
        format!("srv-host=_sip._udp.pbx.test,two.pbx.test,{},20,5", two.port()),
        format!("srv-host=_sip._udp.pbx.test,one.pbx.test,{},10,5", one.port()),
        format!("srv-host=_sip._tcp.pbx.test,two.pbx.test,{},10,5", two.port()),
        format!("host-record=one.pbx.test,{}", one.ip()),
        format!("host-record=two.pbx.test,{},2001:db8::2", two.ip()),
    ];
    let dns = Dns::start(&site, &records);
    let found = ask(&dns, target("pbx.test")).expect("found");
    let places: Vec<_> = found.targets.iter().map(|located| (located.protocol, located.address)).collect();
    assert_eq!(places, [(Protocol::Tcp, two), (Protocol::Udp, one), (Protocol::Udp, two)], "no IPv6 here");
    assert!(found.ttl <= Duration::from_secs(TTL), "{:?}", found.ttl);

    // A given transport leaves NAPTR out, a given port also SRV.
    let udp = ask(&dns, Target { transport: Some(Protocol::Udp), ..target("PBX.test") }).expect("found");
    assert_eq!(udp.targets.iter().map(|located| located.address).collect::<Vec<_>>(), [one, two]);
    let plain = ask(&dns, Target { port: Some(5099), ..target("one.pbx.test") }).expect("found");
    assert_eq!(plain.targets[0].address, SocketAddr::new(one.ip(), 5099));
}

#[test]
fn a_host_without_services_is_its_own_server() {
    let site = Site::new("dns-host");
    let dns = Dns::start(&site, &[format!("host-record=alone.test,{}", site.address(7))]);
    let found = ask(&dns, target("alone.test")).expect("found");
    assert_eq!(found.targets[0].address, site.socket(7, 5060));
    // From the hosts file, which every system has this in.
    let found = ask(&dns, Target { port: Some(5060), ..target("localhost") }).expect("found");
    assert!(found.targets[0].address.ip().is_loopback());
}

#[test]
fn what_is_wrong_is_told_apart() {
    let site = Site::new("dns-errors");
    let records = ["txt-record=text.test,words".to_owned(), "srv-host=_sip._udp.none.test".to_owned()];
    let dns = Dns::start(&site, &records);
    assert_eq!(ask(&dns, target("nowhere.test")), Err(LocateError::NoName("nowhere.test".into())));
    assert_eq!(ask(&dns, target("text.test")), Err(LocateError::NoAddress("text.test".into())));
    let udp = Target { transport: Some(Protocol::Udp), ..target("none.test") };
    assert_eq!(ask(&dns, udp), Err(LocateError::NotOffered("none.test".into())));
    let silent = site.socket(99, 5353);
    let gone = Target { port: Some(5060), ..target("pbx.test") };
    assert_eq!(ask_at(silent, gone), Err(LocateError::NoAnswer("pbx.test".into())));
}

fn target(host: &str) -> Target {
    Target { host: Host::parse(host).expect("a host"), port: None, transport: None, secure: false }
}

fn ask(dns: &Dns, target: Target) -> Result<Found, LocateError> {
    ask_at(dns.address(), target)
}

fn ask_at(server: SocketAddr, target: Target) -> Result<Found, LocateError> {
    let means = Means { protocols: vec![Protocol::Udp, Protocol::Tcp], ipv4: true, ipv6: false };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(locate(&[server], target, &means, 1))
}
