//! Browsers that cannot simply send UDP to the server.

use std::net::UdpSocket;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::audio;
use crate::support::baresip::Baresip;
use crate::support::kamailio::Kamailio;
use crate::support::offhook::{Offhook, Settings};
use crate::support::process::Process;
use crate::support::site::Site;
use crate::support::softphone::Softphone;
use crate::support::{SOON, eventually};

/// Takes the server's UDP candidates out of every answer, as a firewall does with the packets.
const NO_UDP: &str = "(() => { const p = RTCPeerConnection.prototype, set = p.setRemoteDescription; \
    p.setRemoteDescription = function (d) { return set.call(this, { type: d.type, \
    sdp: d.sdp.replace(/a=candidate:\\S+ 1 udp [^\\n]*\\n/g, '') }); }; })()";
/// Has every connection go through TURN.
const RELAYED: &str = "(() => { const Peer = window.RTCPeerConnection; window.RTCPeerConnection = class extends Peer { \
    constructor(c) { window.__servers = c.iceServers; super({ ...c, iceTransportPolicy: 'relay' }); } }; })()";
/// The state of the network that the app sees: broken, though it is not.
const INTERRUPTED: &str = "(() => { const { peer } = __rig.peers.at(-1); \
    window.__before = peer.currentRemoteDescription.sdp; \
    Object.defineProperty(peer, 'connectionState', { configurable: true, get: () => 'disconnected' }); \
    peer.dispatchEvent(new Event('connectionstatechange')); })()";
/// What is different after an ICE restart: the server's name in it.
const RESTARTED: &str = "(() => { const { peer } = __rig.peers.at(-1); \
    const name = (sdp) => /a=ice-ufrag:(\\S+)/.exec(sdp)[1]; \
    if (name(peer.currentRemoteDescription.sdp) === name(window.__before)) return false; \
    delete peer.connectionState; return peer.connectionState; })()";

struct Stage {
    browser: Softphone,
    phone: Baresip,
    server: Offhook,
    _pbx: Kamailio,
    _site: Site,
}

impl Stage {
    /// A browser in which `script` has run, and a phone; `more` stands in the server's configuration.
    fn new(name: &str, more: impl FnOnce(&Site) -> String, script: &str) -> Stage {
        let site = Site::new(name);
        let pbx = Kamailio::start(&site, &Default::default());
        let server = Offhook::start(&site, &Settings { more: more(&site), ..Default::default() });
        let browser = Softphone::sign_in(&server, "alice");
        browser.evaluate(script);
        let phone = Baresip::start(&site, &Default::default());
        browser.dial("200");
        browser.wait_connected();
        Stage { browser, phone, server, _pbx: pbx, _site: site }
    }

    fn both_hear(&self, what: &str) {
        audio::both_hear(&self.browser, &self.phone, what);
    }
}

#[test]
fn a_browser_whose_network_takes_no_udp_connects_by_tcp() {
    let stage = Stage::new("reach-tcp", |_| String::new(), NO_UDP);
    stage.both_hear("over TCP");
    let candidates = stage.browser.evaluate("__rig.peers.at(-1).peer.currentRemoteDescription.sdp");
    let candidates = candidates.as_str().unwrap_or_default();
    assert!(candidates.contains("tcptype passive") && !candidates.contains(" udp "), "{candidates}");
}

#[test]
fn a_browser_connects_by_ipv6() {
    let site = Site::new("reach-ipv6");
    let _pbx = Kamailio::start(&site, &Default::default());
    let settings = Settings::default();
    let own = format!("webrtc = \"{}\"", site.socket(settings.host, 7226));
    let toml = settings.toml(&site);
    assert!(toml.contains(&own), "{toml}");
    let server = Offhook::start_with(&site, &settings, &toml.replace(&own, "webrtc = \"[::1]:7226\""));
    let browser = Softphone::sign_in(&server, "alice");
    let _phone = Baresip::start(&site, &Default::default());
    browser.dial("200");
    browser.wait_connected();
    browser.hears_tone(1000.0);
}

#[test]
fn a_browser_comes_through_a_turn_server_with_a_password_of_its_own() {
    let server = |site: &Site| {
        let turn = site.socket(5, 3478);
        format!("[[media.ice_server]]\nurls = [\"turn:{turn}?transport=udp\"]\nsecret = \"north\"\n")
    };
    let mut turn = None;
    let stage = Stage::new(
        "reach-turn",
        |site| {
            turn = Some(coturn(site));
            server(site)
        },
        RELAYED,
    );
    stage.both_hear("through TURN");
    let servers: Value = stage.browser.evaluate("window.__servers");
    let username = servers[0]["username"].as_str().unwrap_or_default().to_owned();
    assert!(username.ends_with(":alice"), "{servers}");
    assert!(!stage.server.log().contains("north"), "the secret is in the log");
    let password = servers[0]["credential"].as_str().unwrap_or("nothing");
    assert!(!stage.server.log().contains(password), "the password is in the log");
}

fn coturn(site: &Site) -> Process {
    let address = site.address(5).to_string();
    let mut command = Command::new("turnserver");
    command.args(["-n", "--no-tls", "--no-dtls", "--no-cli", "--use-auth-secret", "--static-auth-secret=north"]);
    command.args(["--realm=offhook.test", "--allow-loopback-peers", "--log-file=stdout", "--simple-log"]);
    command.args([format!("--listening-ip={address}"), format!("--relay-ip={address}")]);
    command.args(["--pidfile".to_owned(), site.dir().join("turn.pid").display().to_string()]);
    command.args(["--userdb".to_owned(), site.dir().join("turn.db").display().to_string()]);
    let process = Process::start("turnserver", &mut command, site.dir().join("turn.log"));
    // It buffers its log, but answers a STUN binding request (RFC 8489 section 5) once it is there.
    let mut request = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    request.extend([7; 12]);
    let socket = UdpSocket::bind(site.socket(6, 0)).expect("a port is free");
    socket.set_read_timeout(Some(Duration::from_millis(100))).expect("a timeout can be set");
    eventually("the TURN server answers", SOON, || {
        socket.send_to(&request, site.socket(5, 3478)).map_err(|error| error.to_string())?;
        socket.recv(&mut [0; 512]).map(drop).map_err(|error| error.to_string())
    });
    process
}

#[test]
fn a_browser_that_changes_networks_keeps_its_call() {
    let stage = Stage::new("reach-restart", |_| String::new(), "1");
    stage.both_hear("before");
    stage.browser.evaluate(INTERRUPTED);
    eventually("the path is made anew", SOON, || match stage.browser.evaluate(RESTARTED) {
        state if state == "connected" => Ok(()),
        state => Err(state.to_string()),
    });
    stage.both_hear("after");
    stage.browser.wait_connected();
}
