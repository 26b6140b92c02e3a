//! `offhook lint` as a support engineer runs it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn torture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sip/tests/torture").join(format!("{name}.dat"))
}

fn run(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_offhook"))
        .arg("lint")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("offhook starts");
    child.stdin.take().expect("piped").write_all(input).expect("read by offhook");
    child.wait_with_output().expect("offhook ends")
}

/// What is printed about bytes on standard input, and the exit code.
fn lint(arguments: &[&str], input: &[u8]) -> (Value, i32) {
    let output = run(&[&["-"], arguments].concat(), input);
    let json = serde_json::from_slice(&output.stdout).expect("one JSON object");
    (json, output.status.code().expect("an exit code"))
}

#[test]
fn a_valid_message_is_told_part_by_part() {
    let output = run(&[torture("wsinv").to_str().expect("a plain path")], b"");
    assert_eq!(output.status.code(), Some(0));
    let json: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&json["valid"], &json["kind"], &json["method"]), (&true.into(), &"request".into(), &"INVITE".into()));
    assert_eq!(json["request_uri"]["user"], "vivekg");
    assert_eq!(json["request_uri"]["params"]["unknownparam"], Value::Null);
    assert_eq!(json["body_length"], 150);
    assert_eq!(json["content_type"], "application/sdp");
    let header = |name: &str| json["headers"].as_array().expect("a list").iter().find(|field| field["name"] == name);
    let parsed = |name: &str| header(name).unwrap_or_else(|| panic!("no {name}"))["parsed"].clone();
    assert_eq!(parsed("From")["display"], "J Rosenberg \\\"");
    assert_eq!(parsed("From")["params"]["tag"], "98asjd8");
    assert_eq!(parsed("CSeq")["number"], 9);
    assert_eq!(parsed("Max-Forwards")["number"], 68);
    assert_eq!(parsed("Via")[0]["host"], "192.0.2.2");
    assert_eq!(header("Contact").expect("Contact")["written"], "m");
    assert_eq!(json.get("error"), None);
}

#[test]
fn an_error_has_its_place_section_and_answer() {
    for (name, line, rfc, status) in [
        ("quotbal", 2, "RFC 3261 section 20.39", Some(400)),
        ("badvers", 1, "RFC 3261 section 7.1", Some(505)),
        ("clerr", 10, "RFC 3261 section 18.3", Some(400)),
        ("mcl01", 9, "RFC 3261 section 7.3", Some(400)),
        ("escruri", 1, "RFC 3261 section 19.1.1", Some(400)),
        ("scalarlg", 5, "RFC 3261 section 20.16", None),
    ] {
        let (json, code) = lint(&[], &fs::read(torture(name)).expect("the file"));
        assert_eq!((code, &json["valid"]), (1, &false.into()), "{name}");
        let error = &json["error"];
        assert_eq!(
            (&error["line"], &error["rfc"], &error["status"]),
            (&line.into(), &rfc.into(), &status.into()),
            "{name}"
        );
        assert!(error["offset"].is_number() && error["message"].is_string(), "{name}");
        assert!(!json["headers"].as_array().expect("a list").is_empty(), "{name}: the rest is still shown");
    }
}

#[test]
fn what_is_only_unwise_is_a_warning() {
    let (json, code) = lint(&[], &fs::read(torture("bext01")).expect("the file"));
    assert_eq!(code, 0);
    assert_eq!(json["warnings"][0]["status"], 420);
    let (json, _) = lint(&[], &fs::read(torture("dblreq")).expect("the file"));
    assert!(json["unused_bytes"].as_u64() > Some(400));
}

#[test]
fn streams_are_cut_into_messages() {
    let message = fs::read(torture("semiuri")).expect("the file");
    let stream = [b"\r\n\r\n".as_slice(), &message, b"\r\n", &message].concat();
    let (json, code) = lint(&["--stream"], &stream);
    assert_eq!((code, &json["valid"], &json["method"]), (0, &true.into(), &"OPTIONS".into()));
    assert_eq!((&json["framing"]["messages"], &json["framing"]["keep_alive_bytes"]), (&2.into(), &6.into()));
    assert_eq!(json["further"][0]["method"], "OPTIONS");
    let (json, code) = lint(&["--stream"], &stream[..stream.len() - 3]);
    assert_eq!((code, &json["valid"]), (1, &false.into()));
    assert!(json["error"]["message"].as_str().expect("an error").contains("ends within a message"));
    let (json, code) = lint(&["--stream"], &fs::read(torture("inv2543")).expect("the file"));
    assert_eq!((code, &json["error"]["rfc"]), (1, &"RFC 3261 section 20.14".into()));
    assert_eq!(json["kind"], "request");
}

#[test]
fn any_bytes_get_an_answer() {
    let long = [b"OPTIONS sip:a@b SIP/2.0\r\nX: ".as_slice(), &[b'x'; 65536], b"\r\n\r\n"].concat();
    for bytes in
        [b"".as_slice(), b"\r\n", b"\0\xff\xfe", b"GET / HTTP/1.1\r\n\r\n", &long, &[b'\n'; 70_000], &[0x80; 3000]]
    {
        for arguments in [&[][..], &["--stream"]] {
            let (json, code) = lint(arguments, bytes);
            assert_eq!((code, &json["valid"]), (1, &false.into()));
            assert!(json["error"]["message"].is_string(), "{json:#}");
        }
    }
}

#[test]
fn a_file_that_is_not_there_is_another_exit_code() {
    let output = run(&["/no/such/message"], b"");
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    assert!(String::from_utf8_lossy(&output.stderr).contains("/no/such/message"));
}
