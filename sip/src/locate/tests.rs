use proptest::prelude::*;

use super::*;

/// A zone: what is asked for, and what is answered. Everything else does not exist.
type Zone<'a> = &'a [(&'a str, Kind, Answer)];

const HOUR: Duration = Duration::from_secs(3600);

fn means(protocols: &[Protocol]) -> Means {
    Means { protocols: protocols.to_vec(), ipv4: true, ipv6: true }
}

fn all() -> Means {
    means(&[Protocol::Udp, Protocol::Tcp, Protocol::Tls])
}

fn target(host: &str) -> Target {
    Target { host: Host::parse(host).expect("a host"), port: None, transport: None, secure: false }
}

fn naptr(order: u16, preference: u16, flags: &str, services: &str, replacement: &str) -> Record {
    let (flags, services, replacement) = (flags.into(), services.into(), replacement.into());
    Record::Naptr(Naptr { order, preference, flags, services, regexp: String::new(), replacement })
}

fn srv(priority: u16, weight: u16, port: u16, target: &str) -> Record {
    Record::Srv(Srv { priority, weight, port, target: target.into() })
}

fn ip(address: &str) -> Record {
    Record::Address(address.parse().expect("an address"))
}

fn some(records: impl IntoIterator<Item = Record>) -> Answer {
    Answer::Records(records.into_iter().collect(), HOUR)
}

/// Runs a lookup; gives its result and what was asked.
fn run(target: Target, means: &Means, zone: Zone<'_>) -> (Result<Found, LocateError>, Vec<String>) {
    run_seeded(target, means, zone, 1)
}

fn run_seeded(target: Target, means: &Means, zone: Zone<'_>, seed: u64) -> (Result<Found, LocateError>, Vec<String>) {
    let mut lookup = Lookup::new(target, means, seed);
    let mut asked = Vec::new();
    while lookup.result().is_none() {
        let queries: Vec<Query> = std::iter::from_fn(|| lookup.poll_query()).collect();
        assert!(!queries.is_empty(), "neither question nor result");
        // The last first: answers come in any order.
        for query in queries.iter().rev() {
            let known = zone.iter().find(|(name, kind, _)| *name == query.name && *kind == query.kind);
            lookup.handle_answer(query, known.map_or(Answer::NoName(None), |(.., answer)| answer.clone()));
        }
        asked.extend(queries.into_iter().map(|query| format!("{:?} {}", query.kind, query.name)));
    }
    (lookup.result().cloned().expect("waited for"), asked)
}

fn places(result: Result<Found, LocateError>) -> Vec<String> {
    let found = result.expect("found");
    found.targets.iter().map(|located| format!("{} {}", located.protocol.as_str(), located.address)).collect()
}

#[test]
fn an_address_needs_no_dns() {
    let (found, asked) = run(target("192.0.2.1"), &all(), &[]);
    assert_eq!((places(found), asked.len()), (vec!["UDP 192.0.2.1:5060".to_owned()], 0));
    let secure = Target { secure: true, ..target("[2001:db8::1]") };
    assert_eq!(places(run(secure, &all(), &[]).0), ["TLS [2001:db8::1]:5061"]);
    let explicit = Target { port: Some(5080), transport: Some(Protocol::Tcp), ..target("192.0.2.1") };
    assert_eq!(places(run(explicit, &all(), &[]).0), ["TCP 192.0.2.1:5080"]);
    let ipv4_only = Means { ipv6: false, ..all() };
    let result = run(target("[2001:db8::1]"), &ipv4_only, &[]).0;
    assert!(matches!(result, Err(LocateError::NoAddress(_))));
}

#[test]
fn a_port_skips_naptr_and_srv() {
    let zone: Zone = &[
        ("pbx.example", Kind::A, some([ip("192.0.2.1"), ip("192.0.2.2")])),
        ("pbx.example", Kind::Aaaa, some([ip("2001:db8::1")])),
    ];
    let (found, asked) = run(Target { port: Some(5070), ..target("PBX.example.") }, &all(), zone);
    assert_eq!(places(found), ["UDP 192.0.2.1:5070", "UDP 192.0.2.2:5070", "UDP [2001:db8::1]:5070"]);
    assert_eq!(asked, ["A pbx.example", "Aaaa pbx.example"]);
}

#[test]
fn a_transport_skips_naptr() {
    let zone: Zone = &[
        ("_sip._tcp.pbx.example", Kind::Srv, some([srv(1, 0, 5065, "A.pbx.example.")])),
        ("a.pbx.example", Kind::A, some([ip("192.0.2.1")])),
    ];
    let (found, asked) = run(Target { transport: Some(Protocol::Tcp), ..target("pbx.example") }, &all(), zone);
    assert_eq!(places(found), ["TCP 192.0.2.1:5065"]);
    assert_eq!(asked, ["Srv _sip._tcp.pbx.example", "A a.pbx.example", "Aaaa a.pbx.example"]);
    let secure = Target { transport: Some(Protocol::Tcp), secure: true, ..target("pbx.example") };
    assert_eq!(run(secure, &all(), zone).1[0], "Srv _sips._tcp.pbx.example");
    let tls = Target { transport: Some(Protocol::Tls), ..target("pbx.example") };
    assert_eq!(run(tls, &all(), zone).1[0], "Srv _sips._tcp.pbx.example");
    let no_tls = Target { transport: Some(Protocol::Tls), ..target("pbx.example") };
    let result = run(no_tls, &means(&[Protocol::Udp]), zone).0;
    assert!(matches!(result, Err(LocateError::NoTransport(_))));
}

/// The example of RFC 3263 4.1, and what a client without TLS makes of it.
#[test]
fn naptr_chooses_the_transport() {
    let zone: Zone = &[
        (
            "example.com",
            Kind::Naptr,
            some([
                naptr(100, 50, "s", "SIP+D2U", "_sip._udp.example.com."),
                naptr(90, 50, "S", "sip+d2t", "_sip._tcp.example.com."),
                naptr(50, 50, "s", "SIPS+D2T", "_sips._tcp.example.com."),
                naptr(10, 10, "s", "SIP+D2W", "_sip._ws.example.com."),
                naptr(10, 10, "u", "E2U+sip", "."),
            ]),
        ),
        (
            "_sip._tcp.example.com",
            Kind::Srv,
            some([srv(1, 2, 5060, "server2.example.com"), srv(0, 1, 5060, "server1.example.com")]),
        ),
        ("_sips._tcp.example.com", Kind::Srv, some([srv(0, 0, 5061, "server1.example.com")])),
        ("server1.example.com", Kind::A, some([ip("192.0.2.1")])),
        ("server2.example.com", Kind::A, some([ip("192.0.2.2")])),
    ];
    assert_eq!(places(run(target("example.com"), &all(), zone).0), ["TLS 192.0.2.1:5061"]);
    let plain = means(&[Protocol::Udp, Protocol::Tcp]);
    let (found, asked) = run(target("example.com"), &plain, zone);
    assert_eq!(places(found), ["TCP 192.0.2.1:5060", "TCP 192.0.2.2:5060"]);
    assert!(!asked.contains(&"Srv _sip._udp.example.com".to_owned()), "an order that comes later: {asked:?}");
    let secure = Target { secure: true, ..target("example.com") };
    assert_eq!(places(run(secure, &all(), zone).0), ["TLS 192.0.2.1:5061"]);
}

#[test]
fn without_naptr_each_transport_is_asked_for_in_our_order() {
    let zone: Zone = &[
        ("_sip._udp.pbx.example", Kind::Srv, some([srv(10, 0, 5060, "a.example"), srv(20, 0, 5060, "b.example")])),
        ("_sip._tcp.pbx.example", Kind::Srv, some([srv(10, 0, 5060, "a.example")])),
        ("a.example", Kind::A, some([ip("192.0.2.1")])),
        ("b.example", Kind::Aaaa, some([ip("2001:db8::2")])),
    ];
    let udp_first = ["UDP 192.0.2.1:5060", "UDP [2001:db8::2]:5060", "TCP 192.0.2.1:5060"];
    assert_eq!(places(run(target("pbx.example"), &all(), zone).0), udp_first);
    let tcp_first = means(&[Protocol::Tcp, Protocol::Udp]);
    let (found, asked) = run(target("pbx.example"), &tcp_first, zone);
    assert_eq!(places(found)[0], "TCP 192.0.2.1:5060");
    assert_eq!(asked.iter().filter(|query| query.ends_with(" a.example")).count(), 2, "asked once: {asked:?}");
}

#[test]
fn without_srv_the_host_itself_is_the_server() {
    let zone: Zone = &[("pbx.example", Kind::A, some([ip("192.0.2.1")]))];
    assert_eq!(places(run(target("pbx.example"), &all(), zone).0), ["UDP 192.0.2.1:5060"]);
    let secure = Target { secure: true, ..target("pbx.example") };
    assert_eq!(places(run(secure, &all(), zone).0), ["TLS 192.0.2.1:5061"]);
    assert_eq!(places(run(target("pbx.example"), &means(&[Protocol::Tcp]), zone).0), ["TCP 192.0.2.1:5060"]);
}

#[test]
fn errors_say_what_is_wrong() {
    let here: Zone = &[("pbx.example", Kind::A, Answer::NoRecords(None))];
    let silent: Zone = &[("pbx.example", Kind::A, Answer::Failed)];
    let refused: Zone =
        &[("_sip._udp.pbx.example", Kind::Srv, some([srv(0, 0, 0, ".")])), ("pbx.example", Kind::A, some([ip("::1")]))];
    let dangling: Zone = &[("_sip._udp.pbx.example", Kind::Srv, some([srv(0, 0, 5060, "gone.example")]))];
    let udp = means(&[Protocol::Udp]);
    let error = |zone| run(target("pbx.example"), &udp, zone).0.expect_err("nothing there");
    assert_eq!(error(&[]), LocateError::NoName("pbx.example".into()));
    assert_eq!(error(here), LocateError::NoAddress("pbx.example".into()));
    assert_eq!(error(silent), LocateError::NoAnswer("pbx.example".into()));
    assert_eq!(error(refused), LocateError::NotOffered("pbx.example".into()));
    assert_eq!(error(dangling), LocateError::NoName("gone.example".into()));
}

#[test]
fn the_shortest_time_to_live_counts_within_bounds() {
    let ttl = |srv_ttl, a_ttl| {
        let zone: Zone = &[
            (
                "_sip._udp.pbx.example",
                Kind::Srv,
                Answer::Records(vec![srv(0, 0, 5060, "a.example")], Duration::from_secs(srv_ttl)),
            ),
            ("a.example", Kind::A, Answer::Records(vec![ip("192.0.2.1")], Duration::from_secs(a_ttl))),
        ];
        run(target("pbx.example"), &means(&[Protocol::Udp]), zone).0.expect("found").ttl.as_secs()
    };
    assert_eq!((ttl(300, 60), ttl(60, 300), ttl(0, 60), ttl(90_000, 90_000)), (60, 60, 5, 3600));
}

#[test]
fn answers_that_nobody_asked_for_are_left_alone() {
    let mut lookup = Lookup::new(target("pbx.example"), &all(), 1);
    lookup.handle_answer(&Query { name: "pbx.example".into(), kind: Kind::Naptr }, Answer::Failed);
    let query = lookup.poll_query().expect("NAPTR");
    lookup.handle_answer(&Query { name: "other.example".into(), kind: Kind::Naptr }, Answer::Failed);
    assert_eq!(lookup.poll_query(), None);
    lookup.handle_answer(&Query { name: "PBX.example.".into(), ..query }, Answer::NoRecords(None));
    assert!(lookup.poll_query().is_some());
}

#[test]
fn weights_are_shares_and_weight_zero_comes_rarely() {
    let zone: Zone = &[
        (
            "_sip._udp.pbx.example",
            Kind::Srv,
            some([srv(0, 0, 5060, "z.example"), srv(0, 30, 5060, "b.example"), srv(0, 10, 5060, "a.example")]),
        ),
        ("a.example", Kind::A, some([ip("192.0.2.10")])),
        ("b.example", Kind::A, some([ip("192.0.2.30")])),
        ("z.example", Kind::A, some([ip("192.0.2.99")])),
    ];
    let mut first: BTreeMap<String, u32> = BTreeMap::new();
    for seed in 0..4000 {
        let found = run_seeded(target("pbx.example"), &means(&[Protocol::Udp]), zone, seed).0;
        *first.entry(places(found).remove(0)).or_default() += 1;
    }
    let share = |address: &str| f64::from(*first.get(&format!("UDP {address}:5060")).unwrap_or(&0)) / 4000.0;
    // RFC 2782 draws from 0 to 40: one number for z, 10 for a, 30 for b.
    assert!((share("192.0.2.10") - 10.0 / 41.0).abs() < 0.03, "{first:?}");
    assert!((share("192.0.2.30") - 30.0 / 41.0).abs() < 0.03, "{first:?}");
    assert!((0.005..0.05).contains(&share("192.0.2.99")), "{first:?}");
}

proptest! {
    /// Whatever the records: each server once, lower priorities first, not too many.
    #[test]
    fn order_is_by_priority_and_nothing_comes_twice(
        records in prop::collection::vec((0_u16..4, 0_u16..3, 0_u8..40), 1..80),
        seed: u64,
    ) {
        let name = |host: u8| format!("h{host}.example");
        let servers = records.iter().map(|(priority, weight, host)| srv(*priority, *weight, 5060, &name(*host)));
        let names: Vec<String> = (0..40).map(name).collect();
        let mut zone = vec![("_sip._udp.pbx.example", Kind::Srv, some(servers))];
        for (host, name) in names.iter().enumerate() {
            zone.push((name, Kind::A, some([ip(&format!("192.0.2.{host}"))])));
        }
        let found = run_seeded(target("pbx.example"), &means(&[Protocol::Udp]), &zone, seed).0.expect("found");
        prop_assert!(!found.targets.is_empty() && found.targets.len() <= MAX_TARGETS);
        let read = &records[..records.len().min(MAX_RECORDS)];
        let best = |located: &Located| {
            let SocketAddr::V4(address) = located.address else { return 99 };
            let host = address.ip().octets()[3];
            read.iter().filter(|record| record.2 == host).map(|record| record.0).min().unwrap_or(99)
        };
        let priorities: Vec<u16> = found.targets.iter().map(best).collect();
        prop_assert!(priorities.is_sorted(), "{:?}", priorities);
        for (index, located) in found.targets.iter().enumerate() {
            prop_assert!(!found.targets[..index].contains(located));
        }
    }
}
