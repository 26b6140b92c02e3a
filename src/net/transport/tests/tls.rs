//! TLS: whom a connection is with, and in which words it fails.

use std::fs;
use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, SanType};
use tokio_rustls::LazyConfigAcceptor;

use super::*;

/// A folder of certificates, removed at the end.
struct Files(PathBuf);

impl Drop for Files {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

type Authority = CertifiedIssuer<'static, KeyPair>;

impl Files {
    fn new(test: &str) -> Files {
        let folder = std::env::temp_dir().join(format!("offhook-transport-{}-{test}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        Files(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn authority(&self, name: &str) -> Authority {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("key")).expect("authority");
        fs::write(self.path(name), authority.pem()).expect("written");
        authority
    }

    fn certificate(&self, name: &str, params: CertificateParams, authority: &Authority) -> CertificateFiles {
        let key = KeyPair::generate().expect("key");
        let certificate = params.signed_by(&key, authority).expect("signed");
        self.write(name, &certificate.pem(), &key)
    }

    fn write(&self, name: &str, certificate: &str, key: &KeyPair) -> CertificateFiles {
        let files =
            CertificateFiles { certificate: self.path(&format!("{name}.pem")), key: self.path(&format!("{name}.key")) };
        fs::write(&files.certificate, certificate).expect("written");
        fs::write(&files.key, key.serialize_pem()).expect("written");
        files
    }

    fn trusting(&self, authority: &str) -> TlsProfile {
        TlsProfile { trust: Trust::Only(vec![Authorities::File(self.path(authority))]), own: None }
    }
}

fn names(names: &[&str]) -> CertificateParams {
    CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).expect("names")
}

async fn server(own: CertificateFiles, client_ca: Option<PathBuf>) -> Transport {
    let tls = ListenerKind::Tls(TlsServer { own, client_ca });
    bound(vec![listener("tls", "127.0.0.1:0", tls)], Vec::new()).await
}

async fn client(profile: TlsProfile) -> Transport {
    bound(vec![listener("main", "127.0.0.1:0", ListenerKind::UdpTcp)], vec![profile]).await
}

/// Sends a request to whoever is `expected` there.
fn ask(here: &mut Transport, to: SocketAddr, expected: &str) {
    let tls = Some(Arc::new(TlsPeer { name: expected.into(), profile: 0 }));
    let to = Destination { tls, ..Destination::at(Protocol::Tls, to) };
    let from = here.advertised(None, Protocol::Tls, address("127.0.0.1:5061")).expect("an address");
    here.send(Transmit { to, from, bytes: options("tls") }).expect("queued");
}

/// Asks, and gives why that fails; or panics when the other side gets it.
async fn refused(here: &mut Transport, there: &mut Transport, expected: &str) -> Why {
    ask(here, there.local_addr(), expected);
    tokio::select! {
        failed = failure(here) => failed.why,
        got = next(there) => panic!("{got:?}"),
    }
}

/// Asks, and waits for the other side to get it and answer.
async fn heard(here: &mut Transport, there: &mut Transport, expected: &str) -> Source {
    ask(here, there.local_addr(), expected);
    let (source, _) = tokio::select! {
        got = message(there) => got,
        failed = next(here) => panic!("{failed:?}"),
    };
    answer(there, &source, ok("tls"));
    assert_eq!(message(here).await.1, ok("tls"));
    source
}

#[tokio::test]
async fn requests_and_answers_over_tls_share_a_connection_by_the_name_expected() {
    let files = Files::new("reuse");
    let authority = files.authority("ca");
    let own = files.certificate("server", names(&["pbx.example", "other.example", "127.0.0.1"]), &authority);
    let mut there = server(own, None).await;
    let mut here = client(files.trusting("ca")).await;
    let first = heard(&mut here, &mut there, "pbx.example").await;
    let second = heard(&mut here, &mut there, "pbx.example").await;
    let third = heard(&mut here, &mut there, "other.example").await;
    assert_eq!((first.protocol, first.local), (Protocol::Tls, there.local_addr()));
    assert_eq!(first.connection, second.connection);
    assert_ne!(first.connection, third.connection);
    assert_eq!(heard(&mut here, &mut there, "127.0.0.1").await.remote.ip(), first.remote.ip());
    // Requests of a dialog name the address alone: they go to whoever was expected there last.
    let from = here.advertised(None, Protocol::Tls, there.local_addr()).expect("an address");
    here.send(transmit(Protocol::Tls, from, there.local_addr(), options("bye"))).expect("sent");
    assert_eq!(message(&mut there).await.1, options("bye"));
}

#[tokio::test]
async fn certificates_for_others_out_of_date_or_from_strangers_are_told_apart() {
    let files = Files::new("judged");
    let authority = files.authority("ca");
    files.authority("stranger");
    let own = files.certificate("server", names(&["pbx.example", "10.1.2.3"]), &authority);
    let mut there = server(own, None).await;
    let mut here = client(files.trusting("ca")).await;
    let why = refused(&mut here, &mut there, "sip.example").await;
    assert_eq!(why.to_string(), "the certificate is for pbx.example, 10.1.2.3, but sip.example is expected there");
    assert!(matches!(refused(&mut here, &mut there, "10.9.9.9").await, Why::CertificateWrongName { .. }));
    let mut strange = client(files.trusting("stranger")).await;
    assert_eq!(refused(&mut strange, &mut there, "pbx.example").await, Why::CertificateUntrusted);
    let mut system = client(TlsProfile::default()).await;
    assert_eq!(refused(&mut system, &mut there, "pbx.example").await, Why::CertificateUntrusted);

    let day = time::Duration::days(1);
    for (name, begin, why) in [("old", -3, Why::CertificateExpired), ("new", 2, Why::CertificateNotYetValid)] {
        let mut params = names(&["pbx.example"]);
        params.not_before = time::OffsetDateTime::now_utc() + day * begin;
        params.not_after = params.not_before + day;
        let mut there = server(files.certificate(name, params, &authority), None).await;
        assert_eq!(refused(&mut here, &mut there, "pbx.example").await, why);
    }
}

#[tokio::test]
async fn a_sip_uri_in_the_certificate_names_its_domain() {
    let files = Files::new("uri");
    let authority = files.authority("ca");
    let mut params = names(&["host7.example"]);
    let uri = |text: &str| SanType::URI(text.try_into().expect("a URI"));
    params.subject_alt_names.extend([uri("sip:sip.example"), uri("https://web.example"), uri("sip:user@own.example")]);
    let mut there = server(files.certificate("server", params, &authority), None).await;
    let mut here = client(files.trusting("ca")).await;
    heard(&mut here, &mut there, "SIP.example").await;
    for other in ["web.example", "own.example"] {
        assert!(matches!(refused(&mut here, &mut there, other).await, Why::CertificateWrongName { .. }));
    }
}

#[tokio::test]
async fn a_self_signed_certificate_is_trusted_by_naming_it_but_only_for_its_names_and_time() {
    let files = Files::new("pinned");
    for (name, authority) in [("plain", IsCa::NoCa), ("both", IsCa::Ca(BasicConstraints::Unconstrained))] {
        for old in [false, true] {
            let key = KeyPair::generate().expect("key");
            let mut params = names(&["pbx.example"]);
            params.is_ca = authority;
            if old {
                params.not_before = time::OffsetDateTime::now_utc() - time::Duration::days(3);
                params.not_after = params.not_before + time::Duration::days(1);
            }
            let certificate = params.self_signed(&key).expect("signed");
            let mut there = server(files.write(name, &certificate.pem(), &key), None).await;
            let mut here = client(files.trusting(&format!("{name}.pem"))).await;
            if old {
                assert_eq!(refused(&mut here, &mut there, "pbx.example").await, Why::CertificateExpired, "{name}");
            } else {
                heard(&mut here, &mut there, "pbx.example").await;
                let other = refused(&mut here, &mut there, "sip.example").await;
                assert!(matches!(other, Why::CertificateWrongName { .. }), "{name}: {other}");
            }
        }
    }
}

#[tokio::test]
async fn a_certificate_of_the_client_is_demanded_where_its_authority_is_named() {
    let files = Files::new("mutual");
    let authority = files.authority("ca");
    let strange = files.authority("stranger");
    let own = files.certificate("server", names(&["pbx.example"]), &authority);
    let mut there = server(own, Some(files.path("ca"))).await;
    let with = |own| TlsProfile { own, ..files.trusting("ca") };
    let good = files.certificate("client", names(&["offhook.example"]), &authority);
    let bad = files.certificate("bad", names(&["offhook.example"]), &strange);
    let mut known = client(with(Some(good))).await;
    heard(&mut known, &mut there, "pbx.example").await;
    let mut nobody = client(with(None)).await;
    let why = refused(&mut nobody, &mut there, "pbx.example").await;
    assert_eq!(why.to_string(), "TLS failed: it demands a certificate of this side");
    let mut stranger = client(with(Some(bad))).await;
    let why = refused(&mut stranger, &mut there, "pbx.example").await;
    assert!(why.to_string().starts_with("TLS failed: it does not accept the certificate of this side"), "{why}");
}

#[tokio::test]
async fn the_server_is_told_the_name_and_no_name_where_it_is_an_address() {
    let files = Files::new("sni");
    files.authority("ca");
    let listening = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let to = listening.local_addr().expect("address");
    let mut here = client(files.trusting("ca")).await;
    for (expected, told) in [("pbx.example", Some("pbx.example")), ("127.0.0.1", None)] {
        ask(&mut here, to, expected);
        let (stream, _) = soon(listening.accept()).await.expect("accepted");
        let start = soon(LazyConfigAcceptor::new(Default::default(), stream)).await.expect("a client hello");
        assert_eq!(start.client_hello().server_name(), told);
    }
}

#[tokio::test]
async fn who_speaks_no_tls_is_told_apart() {
    let files = Files::new("plain");
    files.authority("ca");
    let listening = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let mut here = client(files.trusting("ca")).await;
    ask(&mut here, listening.local_addr().expect("address"), "pbx.example");
    let (mut stream, _) = soon(listening.accept()).await.expect("accepted");
    stream.write_all(b"SIP/2.0 400 Bad Request\r\n\r\n").await.expect("written");
    assert!(matches!(failure(&mut here).await.why, Why::TlsRefused(_)));
    let mut missing = client(files.trusting("missing")).await;
    ask(&mut missing, listening.local_addr().expect("address"), "pbx.example");
    let why = failure(&mut missing).await.why;
    assert!(matches!(&why, Why::OwnCertificate(problem) if problem.contains("missing")), "{why}");
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_does_not_go_on_is_ended() {
    let files = Files::new("stuck");
    let authority = files.authority("ca");
    let mut there = server(files.certificate("server", names(&["pbx.example"]), &authority), None).await;
    let mut stuck = TcpStream::connect(there.local_addr()).await.expect("connected");
    let mut byte = [0; 1];
    tokio::select! {
        read = soon(stuck.read(&mut byte)) => assert!(matches!(read, Ok(0))),
        other = there.receive() => panic!("{other:?}"),
    }
    let listening = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let mut here = client(files.trusting("ca")).await;
    ask(&mut here, listening.local_addr().expect("address"), "pbx.example");
    assert_eq!(failure(&mut here).await.why, Why::TimedOut);
}

#[tokio::test(start_paused = true)]
async fn certificates_are_read_again_and_broken_ones_are_a_state_of_the_listener() {
    let files = Files::new("reload");
    let authority = files.authority("ca");
    let own = files.certificate("server", names(&["old.example"]), &authority);
    let broken = CertificateFiles { key: files.path("nowhere.key"), ..own.clone() };
    let kind = |own: &CertificateFiles| ListenerKind::Tls(TlsServer { own: own.clone(), client_ca: None });
    let listeners = vec![listener("good", "127.0.0.1:0", kind(&own)), listener("broken", "127.0.0.1:0", kind(&broken))];
    let mut there = bound(listeners, Vec::new()).await;
    let state = there.listeners()[1].state.clone();
    assert!(matches!(&state, ListenerState::CertificateProblem(text) if text.contains("nowhere.key")), "{state:?}");
    let mut here = client(files.trusting("ca")).await;
    heard(&mut here, &mut there, "old.example").await;

    files.certificate("server", names(&["new.example"]), &authority);
    fs::copy(&own.key, &broken.key).expect("copied");
    there.reload_certificates();
    assert!(matches!(next(&mut there).await, Next::Other(Received::ListenerChanged(1))));
    assert_eq!(there.listeners()[1].state, ListenerState::Bound);
    heard(&mut here, &mut there, "new.example").await;

    fs::write(&own.certificate, "no certificate").expect("written");
    let mut later = client(files.trusting("ca")).await;
    heard(&mut later, &mut there, "new.example").await;
}
