//! `offhook replay` as a support engineer runs it, on files that other tools have written: the wireshark tools and
//! tcpdump of Debian.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("pcap-samples").join(name).with_extension("pcapng")
}

/// A file of this test's own.
fn file(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("replay");
    fs::create_dir_all(&folder).expect("the folder for test files can be made");
    folder.join(name)
}

/// Has a tool do its work.
#[track_caller]
fn tool(name: &str, arguments: &[&str]) {
    let output = Command::new(name).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{name}: {error}; scripts/install-test-tools installs it"));
    assert!(output.status.success(), "{name} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn offhook(arguments: &[&str], file: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_offhook"));
    command.arg("replay").arg(file).args(arguments).output().expect("offhook runs")
}

#[track_caller]
fn json(file: &Path) -> Value {
    let output = offhook(&["--json"], file);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("one JSON object")
}

#[track_caller]
fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// What the replay says of each call: what was sent in the capture, and in the replay.
fn decisions(replay: &Value) -> Vec<(Value, Value)> {
    let calls = replay["calls"].as_array().expect("a list").iter();
    let dialogs = calls.flat_map(|call| call["dialogs"].as_array().expect("a list"));
    dialogs.map(|dialog| (dialog["captured"].clone(), dialog["replayed"].clone())).collect()
}

/// Every message of the sample, and the same decisions.
#[track_caller]
fn is_like(file: &Path, name: &str) {
    let (found, expected) = (json(file), json(&sample(name)));
    assert_eq!(found["counts"]["messages"], expected["counts"]["messages"], "{}", file.display());
    assert_eq!(decisions(&found), decisions(&expected), "{}", file.display());
    assert_eq!(found["broken"], Value::Null);
}

#[test]
fn a_call_captured_by_offhooks_tests_is_decided_as_it_was() {
    for (name, verdict) in [("outgoing-call", "(none)"), ("incoming-call", "(none)")] {
        let output = offhook(&[], &sample(name));
        let shown = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{shown}");
        for part in ["INVITE", "180 Ringing", "connected → ended: normal_clearing", "Replayed to the same", verdict] {
            assert!(shown.contains(part), "{part} is missing: {shown}");
        }
    }
}

#[test]
fn a_replay_says_what_it_comes_to_and_logs_only_when_asked() {
    let said = |arguments: &[&str]| {
        let output = offhook(arguments, &sample("outgoing-call"));
        assert!(output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert_eq!(said(&["--brief"]), "");
    let logged = said(&["--brief", "--verbose"]);
    assert!(logged.contains("DEBUG") && logged.contains("offhook::call"), "{logged}");
}

#[test]
fn every_format_of_capture_files_is_read() {
    for (format, name) in [("pcap", "micro.pcap"), ("nsecpcap", "nano.pcap"), ("pcapng", "next.pcapng")] {
        let converted = file(name);
        tool("editcap", &["-F", format, text(&sample("outgoing-call")), text(&converted)]);
        is_like(&converted, "outgoing-call");
    }
}

#[test]
fn what_tcpdump_and_tshark_write_is_read() {
    let (dumped, dissected) = (file("tcpdump.pcap"), file("tshark.pcapng"));
    tool("tcpdump", &["-q", "-r", text(&sample("incoming-call")), "-w", text(&dumped), "port 5060"]);
    is_like(&dumped, "incoming-call");
    tool("tshark", &["-Q", "-r", text(&sample("incoming-call")), "-Y", "sip", "-w", text(&dissected)]);
    is_like(&dissected, "incoming-call");
}

#[test]
fn two_captures_in_one_are_two_calls() {
    let merged = file("merged.pcapng");
    tool("mergecap", &["-w", text(&merged), text(&sample("outgoing-call")), text(&sample("incoming-call"))]);
    let replay = json(&merged);
    assert_eq!(replay["calls"].as_array().map(Vec::len), Some(2));
    assert!(decisions(&replay).iter().all(|(captured, replayed)| captured == replayed), "{replay:#}");
}

#[test]
fn a_message_in_pieces_over_tcp_on_an_unusual_port_is_found() {
    let message = "INVITE sip:100@192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK1\r\n\
        From: <sip:200@pbx.test>;tag=1\r\nTo: <sip:100@pbx.test>\r\nCall-ID: pieces\r\nCSeq: 1 INVITE\r\n\
        Content-Length: 0\r\n\r\n";
    // A blank line in the dump begins the next packet.
    let (first, second) = message.as_bytes().split_at(70);
    let dump: String = [first, second].map(dump).concat();
    let (hexadecimal, capture) = (file("pieces.txt"), file("pieces.pcap"));
    fs::write(&hexadecimal, dump).expect("the file can be written");
    tool("text2pcap", &["-q", "-T", "40001,15060", "-4", "192.0.2.1,192.0.2.2", text(&hexadecimal), text(&capture)]);
    let replay = json(&capture);
    assert_eq!(
        (&replay["counts"]["messages"], &replay["calls"][0]["called"]),
        (&1.into(), &"100".into()),
        "{replay:#}"
    );
}

/// Octets as text2pcap reads them.
fn dump(octets: &[u8]) -> String {
    let lines = octets.chunks(16).enumerate().map(|(line, chunk)| {
        let octets: String = chunk.iter().map(|octet| format!(" {octet:02x}")).collect();
        format!("{:06x}{octets}\n", line * 16)
    });
    lines.chain(["\n".to_owned()]).collect()
}

#[test]
fn a_damaged_capture_is_read_as_far_as_it_goes() {
    for seed in ["1", "2", "3"] {
        let (damaged, short) = (file(&format!("damaged{seed}.pcapng")), file(&format!("short{seed}.pcap")));
        tool("editcap", &["-E", "0.02", "--seed", seed, text(&sample("outgoing-call")), text(&damaged)]);
        json(&damaged);
        tool("editcap", &["-F", "pcap", "-s", "300", text(&damaged), text(&short)]);
        json(&short);
    }
    let whole = fs::read(sample("outgoing-call")).expect("the sample can be read");
    let cut = file("cut.pcapng");
    fs::write(&cut, &whole[..whole.len() - 10]).expect("the file can be written");
    let replay = json(&cut);
    assert!(
        replay["broken"].as_str().is_some_and(|why| why.starts_with("The file ends within")),
        "{}",
        replay["broken"]
    );
}

#[test]
fn a_kept_result_is_compared_and_differences_are_shown() {
    let kept = file("kept.json");
    let mut replay = json(&sample("outgoing-call"));
    fs::write(&kept, replay.to_string()).expect("the file can be written");
    let same = offhook(&["--diff", text(&kept)], &sample("outgoing-call"));
    assert!(same.status.success());
    assert_eq!(String::from_utf8_lossy(&same.stdout), "Nothing is decided otherwise.\n");
    replay["calls"][0]["dialogs"][0]["replayed"][0] = "OPTIONS".into();
    fs::write(&kept, replay.to_string()).expect("the file can be written");
    let other = offhook(&["--diff", text(&kept)], &sample("outgoing-call"));
    let shown = String::from_utf8_lossy(&other.stdout);
    assert_eq!(other.status.code(), Some(1));
    assert!(shown.contains("- sends OPTIONS") && shown.contains("+ sends INVITE"), "{shown}");
}

#[test]
fn what_is_no_capture_is_refused_with_a_sentence() {
    let output = offhook(&[], &Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("neither a pcap nor a pcapng file"), "{said}");
}
