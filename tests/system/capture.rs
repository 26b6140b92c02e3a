//! Capture files of a running server, as an administrator gets them and as `tshark` reads them.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::support::baresip::{self, Answer, Baresip};
use crate::support::kamailio::{self, Kamailio};
use crate::support::offhook::{self, ADMINISTRATOR, Offhook, Pbx, Settings};
use crate::support::site::Site;
use crate::support::softphone::Softphone;
use crate::support::tls::Authority;
use crate::support::{SOON, eventually, http, socket};

/// Runs `offhook capture …` for a server, whatever comes of it.
pub(crate) fn command(server: &Offhook, arguments: &[&str]) -> Output {
    server.run(&[&["capture"], arguments].concat())
}

/// Runs `offhook capture …` for a server; what it prints.
#[track_caller]
pub(crate) fn capture(server: &Offhook, arguments: &[&str]) -> String {
    let output = command(server, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it prints text")
}

#[track_caller]
pub(crate) fn status(server: &Offhook) -> Value {
    serde_json::from_str(&capture(server, &["status", "--json"])).expect("it prints JSON")
}

/// The captures of a server that are complete.
pub(crate) fn files(server: &Offhook) -> Vec<PathBuf> {
    eventually("no capture is being written", SOON, || {
        let status = status(server);
        let files = status["files"].as_array().cloned().unwrap_or_default();
        match files.iter().any(|file| file["open"] == true) {
            true => Err(status.to_string()),
            false => {
                let path =
                    |file: &Value| server.dir().join("data/captures").join(file["name"].as_str().unwrap_or_default());
                Ok(files.iter().map(path).collect())
            }
        }
    })
}

/// What `tshark` prints of a file, a line a packet.
#[track_caller]
pub(crate) fn tshark(file: &Path, arguments: &[&str]) -> Vec<String> {
    let output = Command::new("tshark").arg("-r").arg(file).args(arguments).output().expect("tshark is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

/// The octets of an answer at the control socket.
#[track_caller]
fn asked(server: &Offhook, route: &str) -> Vec<u8> {
    let mut socket = UnixStream::connect(server.dir().join("data/control.sock")).expect("the server runs");
    write!(socket, "GET {route} HTTP/1.0\r\nhost: localhost\r\n\r\n").expect("it takes a request");
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).expect("it answers");
    let head = answer.windows(4).position(|part| part == b"\r\n\r\n").expect("the answer has a head");
    assert!(answer.starts_with(b"HTTP/1.0 200"), "{}", String::from_utf8_lossy(&answer[..head]));
    answer.split_off(head + 4)
}

/// Makes a call each way and captures it; gives the file.
fn calls(site: &Site, server: &Offhook) -> PathBuf {
    assert_eq!(files(server), [] as [PathBuf; 0], "nothing was captured before somebody wanted it");
    let phone = Softphone::sign_in(server, "alice");
    let mut far = Baresip::start(site, &baresip::Settings { answer: Answer::WhenTold, ..Default::default() });
    capture(server, &["on", "--group", "main"]);
    assert_eq!(status(server)["groups"], json!([{ "name": "main", "capturing": true, "lines": null, "audio": "off" }]));
    far.dial("100");
    phone.click("Answer");
    far.wait("CALL_ESTABLISHED");
    phone.click("Hang up");
    far.wait("CALL_CLOSED");
    phone.dial("200");
    far.wait("CALL_INCOMING");
    far.answer();
    phone.wait_connected();
    far.hang_up();
    phone.sees("The call has ended.");
    capture(server, &["off", "--group", "main"]);
    eventually("the file is complete", SOON, || {
        let files = status(server)["files"].clone();
        if files[0]["open"] == false { Ok(()) } else { Err(files.to_string()) }
    });
    let files = files(server);
    assert_eq!(files.len(), 1, "{files:?}");
    let before = fs::metadata(&files[0]).expect("it is there").len();
    far.dial("100");
    phone.click("Answer");
    far.wait("CALL_ESTABLISHED");
    phone.click("Hang up");
    far.wait("CALL_CLOSED");
    let status = status(server);
    assert_eq!((&status["total"], &status["dropped"], &status["stopped"]), (&json!(before), &json!(0), &Value::Null));
    files.into_iter().next().expect("there is one")
}

/// Both calls are in a file, each message as SIP, and clients' messages beside them.
#[track_caller]
fn shows_calls(file: &Path, interface: &str) {
    // 0x600000 is a warning; an error is more.
    let wrong = tshark(file, &["-Y", "_ws.malformed || _ws.expert.severity > 0x600000"]);
    assert_eq!(wrong, [""; 0], "{wrong:#?}");
    let all = tshark(file, &["-T", "fields", "-e", "frame.interface_name", "-e", "sip.Call-ID", "-e", "json.object"]);
    assert!(all.iter().any(|packet| packet.starts_with("client\t")), "{all:#?}");
    let known = ["client", "influence", interface];
    let other = all.iter().find(|packet| !packet.split('\t').next().is_some_and(|name| known.contains(&name)));
    assert_eq!(other, None);
    let unread = all.iter().find(|packet| packet.starts_with(interface) && packet.split('\t').nth(1) == Some(""));
    assert_eq!(unread, None, "a message is no SIP");
    // What belongs to a call is told by its Call-ID, by which Wireshark groups VoIP calls.
    let mut calls = tshark(file, &["-Y", "sip.Method == INVITE", "-T", "fields", "-e", "sip.Call-ID"]);
    calls.sort();
    calls.dedup();
    assert_eq!(calls.len(), 2, "{calls:?}");
    for call in &calls {
        let filter = format!("sip.Call-ID == {call:?}");
        let shown = tshark(file, &["-Y", &filter, "-T", "fields", "-e", "sip.CSeq.method", "-e", "sip.Status-Code"]);
        for part in ["INVITE\t", "INVITE\t180", "INVITE\t200", "ACK\t", "BYE\t", "BYE\t200"] {
            assert!(shown.iter().any(|message| message == part), "{part:?} is missing of {shown:?}");
        }
    }
    let statistics = tshark(file, &["-q", "-z", "sip,stat"]).join("\n");
    assert!(statistics.contains("Average setup time"), "requests have their responses: {statistics}");
    let comments =
        tshark(file, &["-Y", "sip.Method == INVITE && !sip.Status-Code", "-T", "fields", "-e", "frame.comment"]);
    assert!(
        comments.iter().all(|comment| comment.starts_with("call=") && comment.contains("line=100 group=main")),
        "{comments:?}"
    );
    // Where the server was slow, the step stands at the message that followed.
    let comments = tshark(file, &["-Y", "sip", "-T", "fields", "-e", "frame.comment"]);
    assert!(comments.iter().any(|comment| comment.contains("INVITE: -> ")), "its step: {comments:?}");
    let octets = fs::read(file).expect("the file can be read");
    let text = String::from_utf8_lossy(&octets);
    assert!(text.contains("realm=\"") && !text.contains("nonce=\"redacted"), "credentials are shown in part");
    for line in text.lines().filter(|line| line.to_ascii_lowercase().contains("authorization: digest")) {
        for secret in ["response", "cnonce"] {
            let value = line.split_once(&format!("{secret}=\"")).and_then(|(_, rest)| rest.split('"').next());
            assert!(value.is_none_or(|value| value.bytes().all(|byte| byte == b'x')), "{line}");
        }
    }
    let mut replay = Command::new(env!("CARGO_BIN_EXE_offhook"));
    let replay = replay.args(["replay", "--brief"]).arg(file).output().expect("the program can be started");
    let decided = String::from_utf8_lossy(&replay.stdout).into_owned();
    assert_eq!(decided.matches("Replayed to the same ").count(), 2, "{decided}");
    let passwords =
        text.split("a=ice-pwd:").skip(1).map(|rest| rest.split(['\\', '\r', '"']).next().unwrap_or_default());
    let passwords: Vec<&str> = passwords.collect();
    assert!(!passwords.is_empty(), "clients' descriptions are captured");
    assert!(passwords.iter().all(|password| password.bytes().all(|octet| octet == b'x')), "{passwords:?}");
}

#[test]
fn calls_over_udp_are_captured_while_that_is_wanted() {
    let site = Site::new("capture-udp");
    let pbx = Kamailio::start(&site, &Default::default());
    let mut server = Offhook::start(&site, &Settings::default());
    pbx.wait("bound 100", 1);
    let file = calls(&site, &server);
    shows_calls(&file, "udp");
    let steps = tshark(&file, &["-Y", "json", "-T", "fields", "-e", "frame.comment"]);
    assert!(steps.iter().any(|comment| comment.contains("user=alice") && comment.contains("make_call")), "{steps:#?}");

    let traced = server.dir().join("call-1.pcapng");
    fs::write(&traced, asked(&server, "/api/v1/admin/calls/1/trace?format=pcapng")).expect("it can be written");
    let messages = tshark(&traced, &["-Y", "sip", "-T", "fields", "-e", "sip.Method", "-e", "sip.Status-Code"]);
    for part in ["INVITE\t", "\t180", "\t200", "ACK\t", "BYE\t"] {
        assert!(messages.iter().any(|message| message == part), "{part:?} is missing of {messages:?}");
    }
    assert_eq!(tshark(&traced, &["-Y", "_ws.malformed"]), [""; 0]);

    let zip = server.dir().join("captures.zip");
    capture(&server, &["collect", &zip.display().to_string()]);
    let mut archive = zip::ZipArchive::new(File::open(&zip).expect("it was written")).expect("it is a ZIP");
    let mut packed = Vec::new();
    archive.by_index(0).expect("it has a file").read_to_end(&mut packed).expect("the file is whole");
    assert_eq!((archive.len(), packed), (1, fs::read(&file).expect("the file can be read")));
    assert!(!command(&server, &["collect", &zip.display().to_string()]).status.success(), "it is there already");

    let name = file.file_name().and_then(|name| name.to_str()).expect("names are text").to_owned();
    assert!(capture(&server, &["list"]).starts_with(&name));
    capture(&server, &["delete", &name]);
    assert_eq!(capture(&server, &["list"]), "");
    let complaint = String::from_utf8(command(&server, &["on", "--group", "elsewhere"]).stderr).expect("text");
    assert!(complaint.contains("there are: main"), "{complaint}");
    server.ctrl_c();
}

#[test]
fn calls_over_tcp_are_streams_whose_numbers_fit() {
    let site = Site::new("capture-tcp");
    let pbx = Kamailio::start(&site, &Default::default());
    let connection = Pbx { transport: "tcp", ..Default::default() };
    let server = Offhook::start(&site, &Settings { pbxes: vec![connection], ..Default::default() });
    pbx.wait("bound 100", 1);
    let file = calls(&site, &server);
    shows_calls(&file, "tcp");
    assert_eq!(tshark(&file, &["-Y", "tcp.analysis.flags"]), [""; 0]);
    let ports = tshark(&file, &["-Y", "tcp", "-T", "fields", "-e", "tcp.srcport", "-e", "tcp.dstport"]);
    assert!(ports.iter().all(|ports| ports != "5060\t5060"), "real connections begin at other ports: {ports:?}");
}

#[test]
fn calls_over_tls_are_readable() {
    let site = Site::new("capture-tls");
    let authority = Authority::new(&site, "authority");
    let identity = authority.issue(&site.address(kamailio::HOST).to_string());
    let pbx = Kamailio::start(&site, &kamailio::Settings { tls: Some(identity), ..Default::default() });
    let address = site.socket(2, 5061);
    let own = authority.issue(&address.ip().to_string());
    let listener = format!(
        "[[listener]]\nname = \"secure\"\naddress = \"{address}\"\ntransport = \"tls\"\ncertificate = {:?}\nkey = {:?}\n",
        own.certificate, own.key
    );
    let more = format!("ca = [{:?}]\nsystem_ca = false\nsrtp = \"off\"\nlistener = \"secure\"\n", authority.file());
    let connection = Pbx { port: Some(5061), transport: "tls", more, ..Default::default() };
    let server = Offhook::start(&site, &Settings { pbxes: vec![connection], more: listener, ..Default::default() });
    pbx.wait("bound 100 from tls", 1);
    shows_calls(&calls(&site, &server), "tls");
}

#[test]
fn pseudonyms_stand_for_numbers_and_names() {
    let site = Site::new("capture-pseudonyms");
    let pbx = Kamailio::start(&site, &Default::default());
    let connection = Pbx { more: "capture = [\"100\"]\n".into(), ..Default::default() };
    let more = "[capture]\nnumbers = \"pseudonyms\"\n".into();
    offhook::fix_pseudonyms(&site);
    let server = Offhook::start(&site, &Settings { pbxes: vec![connection], more, ..Default::default() });
    pbx.wait("bound 100", 1);
    assert_eq!(status(&server)["groups"][0]["lines"], json!(["100"]));
    let mut far = Baresip::start(&site, &baresip::Settings { answer: Answer::WhenTold, ..Default::default() });
    far.dial("100");
    far.wait("CALL_CLOSED");
    capture(&server, &["off", "--group", "main"]);
    let file = files(&server).into_iter().next().expect("there is one");
    let from = tshark(&file, &["-T", "fields", "-e", "sip.from.user", "-e", "sip.to.user"]);
    assert!(from.iter().all(|users| !users.contains("100") && !users.contains("200")), "{from:?}");
    let octets = fs::read(&file).expect("the file can be read");
    let text = String::from_utf8_lossy(&octets);
    for personal in ["sip:100@", "sip:200@", "username=\"100\"", "line=100"] {
        assert!(!text.contains(personal), "{personal}");
    }
    assert_eq!(tshark(&file, &["-Y", "_ws.malformed"]), [""; 0]);
}

#[test]
fn administrators_alone_get_at_captures() {
    let site = Site::new("capture-rest");
    let server = Offhook::start(&site, &Settings::default());
    let user = socket::sign_in(&server, "/api/v1/session", "alice");
    let cookie = socket::sign_in(&server, "/api/v1/admin/session", ADMINISTRATOR);
    let ask = |cookie: &str, method: &str, route: &str, body: &str| {
        let route = format!("/api/v1/admin/captures{route}");
        let headers = [("cookie", cookie), ("content-type", "application/json")];
        http::ask(server.http(), method, &route, &headers, body).status
    };
    for (method, route) in
        [("GET", ""), ("GET", "/zip"), ("DELETE", "/files"), ("PUT", "/groups/main"), ("PUT", "/calls/1")]
    {
        assert_eq!(ask(&user, method, route, "{\"capturing\":true}"), 401, "{method} {route}");
    }
    for (method, route, body, status) in [
        ("GET", "", "", 200),
        ("PUT", "/groups/main", "{\"capturing\":true,\"lines\":[\"100\"]}", 204),
        ("PUT", "/groups/main", "{\"capturing\":true,\"lines\":[\"999\"]}", 404),
        ("PUT", "/groups/main", "{\"capturing\":true,\"lines\":[]}", 400),
        ("PUT", "/groups/main", "{\"capturing\":1}", 400),
        ("PUT", "/groups/main", "{\"capturing\":true,\"audio\":\"headers\"}", 204),
        ("PUT", "/groups/main", "{\"capturing\":true,\"audio\":\"loud\"}", 400),
        ("PUT", "/calls/1", "{\"capturing\":true,\"audio\":\"headers\"}", 404),
        // What has ended can be captured no longer.
        ("PUT", "/calls/1", "{\"capturing\":false,\"audio\":\"off\"}", 204),
        ("PUT", "/groups/elsewhere", "{\"capturing\":true}", 404),
        ("GET", "/files/offhook.sqlite", "", 404),
        ("DELETE", "/files/..%2Foffhook.sqlite", "", 404),
        ("DELETE", "/files", "", 204),
    ] {
        assert_eq!(ask(&cookie, method, route, body), status, "{method} {route} {body}");
    }
    let route = format!("/api/v1/admin/log/lines?user={ADMINISTRATOR}&limit=2000");
    let log = http::ask(server.http(), "GET", &route, &[("cookie", &cookie)], "").text;
    for said in ["capturing switched on by an administrator", "captures deleted by an administrator"] {
        assert!(log.contains(said), "{said}: {log}");
    }
}
