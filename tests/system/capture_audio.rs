//! RTP and RTCP in capture files, as `tshark` reads them without any setting: of a telephone behind the PBX and of a
//! browser, encrypted or not.

use std::path::{Path, PathBuf};

use offhook_media::codec::{Codec, Decoder};
use serde_json::json;

use crate::audio::both_hear;
use crate::capture::{capture, command, files, status, tshark};
use crate::support::baresip::{self, Answer, Baresip};
use crate::support::bridge::MICROPHONE_TONE;
use crate::support::kamailio::Kamailio;
use crate::support::offhook::{Offhook, Pbx, Settings};
use crate::support::site::Site;
use crate::support::softphone::Softphone;
use crate::support::wav::Sound;

/// What the telephone plays.
const PHONE_TONE: f64 = 1000.0;

/// A PBX, and a server all of whose audio is G.711, so that both legs can be listened to here.
fn start(site: &Site, more: &str, capture: &str) -> (Kamailio, Offhook) {
    let pbx = Kamailio::start(site, &Default::default());
    let connection = Pbx { codecs: vec!["PCMU"], more: more.to_owned(), ..Default::default() };
    let (webrtc_codecs, pbxes) = (vec!["PCMU"], vec![connection]);
    let server =
        Offhook::start(site, &Settings { webrtc_codecs, pbxes, more: capture.to_owned(), ..Default::default() });
    pbx.wait("bound 100", 1);
    (pbx, server)
}

/// A call in which both hear each other; `during` is what an administrator does meanwhile.
fn call(browser: &Softphone, phone: &mut Baresip, during: impl FnOnce()) {
    browser.dial("200");
    phone.wait("CALL_INCOMING");
    phone.answer();
    phone.wait("CALL_ESTABLISHED");
    during();
    both_hear(browser, phone, "captured");
    browser.click("Hang up");
    phone.wait("CALL_CLOSED");
}

fn phone(site: &Site, encryption: &'static str) -> Baresip {
    let codecs = vec!["PCMU"];
    Baresip::start(site, &baresip::Settings { codecs, encryption, answer: Answer::WhenTold, ..Default::default() })
}

/// A stream of a file.
#[derive(Debug)]
struct Stream {
    source: String,
    destination: String,
    ssrc: String,
    packets: usize,
}

/// The streams that `tshark` finds: all G.711, with nothing lost.
#[track_caller]
fn streams(file: &Path) -> Vec<Stream> {
    let lines = tshark(file, &["-q", "-z", "rtp,streams"]);
    let found = lines.iter().map(|line| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
    let found = found.filter(|words| words.get(6).is_some_and(|ssrc| ssrc.starts_with("0x")));
    found
        .map(|words| {
            assert_eq!((words[7].as_str(), words[9].as_str()), ("g711U", "0"), "{lines:#?}");
            Stream {
                source: format!("{}:{}", words[2], words[3]),
                destination: format!("{}:{}", words[4], words[5]),
                ssrc: words[6].clone(),
                packets: words[8].parse().expect("packets are counted"),
            }
        })
        .collect()
}

/// The streams of a call between a telephone and a browser: from and to either. Where something of a stream went
/// elsewhere before its source was known, the longer one counts.
#[track_caller]
fn legs(file: &Path, site: &Site) -> [Stream; 4] {
    let wrong = tshark(file, &["-Y", "_ws.malformed || _ws.expert.severity > 0x600000"]);
    assert_eq!(wrong, [""; 0], "{wrong:#?}");
    let unknown = "(frame.interface_name == \"rtp\" || frame.interface_name == \"srtp\") && !rtp && !rtcp";
    let unknown = tshark(file, &["-Y", unknown]);
    assert_eq!(unknown, [""; 0], "it is audio: {unknown:#?}");
    let reports = tshark(file, &["-Y", "rtcp.pt == 200 || rtcp.pt == 201"]);
    // The one at the end of a call is always there; those before come every few seconds.
    assert!(!reports.is_empty(), "{reports:?}");
    let streams = streams(file);
    let (own, browsers) = (format!("{}:", site.address(2)), format!("{}:7226", site.address(2)));
    let of = |is: &dyn Fn(&Stream) -> bool| {
        let longest = streams.iter().filter(|stream| is(stream)).max_by_key(|stream| stream.packets);
        let Stream { source, destination, ssrc, packets } =
            longest.filter(|stream| stream.packets > 20).unwrap_or_else(|| panic!("a leg is missing: {streams:#?}"));
        Stream { source: source.clone(), destination: destination.clone(), ssrc: ssrc.clone(), packets: *packets }
    };
    let to_phone = of(&|stream| stream.source.starts_with(&own) && stream.source != browsers);
    let from_phone = of(&|stream| stream.source == to_phone.destination && stream.destination == to_phone.source);
    // A browser on this machine may hear at one of its addresses and speak from another.
    let from_browser = of(&|stream| stream.destination == browsers);
    let to_browser = of(&|stream| stream.source == browsers);
    [from_phone, to_phone, from_browser, to_browser]
}

/// What is said in a stream.
fn sound(file: &Path, stream: &Stream) -> Sound {
    let filter = format!("rtp.ssrc == {} && rtp.p_type == 0", stream.ssrc);
    let payloads = tshark(file, &["-Y", &filter, "-T", "fields", "-e", "rtp.payload"]);
    let mut decoder = Decoder::new(Codec::Pcmu, 8_000).expect("it is a rate of G.711");
    let mut samples = Vec::new();
    for payload in payloads {
        let octets = payload.replace(':', "");
        let octets: Vec<u8> =
            (0..octets.len() / 2).filter_map(|at| u8::from_str_radix(&octets[2 * at..2 * at + 2], 16).ok()).collect();
        if !octets.is_empty() {
            decoder.decode(&octets, &mut samples).expect("every octet is a sample");
        }
    }
    Sound { rate: 8_000, samples }
}

fn one_file(server: &Offhook) -> PathBuf {
    let files = files(server);
    assert_eq!(files.len(), 1, "{files:?}");
    files.into_iter().next().expect("there is one")
}

#[test]
fn audio_is_captured_with_its_headers_or_whole() {
    let site = Site::new("capture-audio");
    let (_pbx, server) = start(&site, "", "");
    let browser = Softphone::sign_in(&server, "alice");
    let mut far = phone(&site, "");
    for audio in ["headers", "payload"] {
        capture(&server, &["on", "--group", "main", "--audio", audio]);
        assert_eq!(status(&server)["groups"][0]["audio"], json!(audio));
        call(&browser, &mut far, || {});
        capture(&server, &["off", "--group", "main"]);
        let file = one_file(&server);
        let [from_phone, to_phone, from_browser, to_browser] = legs(&file, &site);
        let set_up = tshark(&file, &["-Y", "rtp && udp", "-T", "fields", "-e", "rtp.setup-frame"]);
        let filter = format!("frame.number == {} && sip", set_up.last().expect("there is RTP over UDP"));
        assert_eq!(tshark(&file, &["-Y", &filter]).len(), 1, "the call's messages lead to its audio");
        let digits = tshark(&file, &["-Y", "rtpevent"]);
        assert_eq!(digits, [""; 0], "nothing was dialled");
        match audio {
            "headers" => {
                let cut = tshark(&file, &["-Y", "rtp && !(frame.cap_len < frame.len)"]);
                assert_eq!(cut, [""; 0], "each is cut behind its header");
                let said = tshark(&file, &["-Y", "rtp.payload", "-T", "fields", "-e", "rtp.payload"]);
                assert!(said.iter().all(|payload| payload == "<MISSING>"), "{said:?}");
            }
            _ => {
                for (stream, tone) in [
                    (&from_phone, PHONE_TONE),
                    (&to_browser, PHONE_TONE),
                    (&from_browser, MICROPHONE_TONE),
                    (&to_phone, MICROPHONE_TONE),
                ] {
                    let sound = sound(&file, stream);
                    assert!(sound.pieces(0.4).any(|piece| piece.is_tone(tone)), "{stream:?} has {sound}");
                }
            }
        }
        assert_eq!(status(&server)["dropped_packets"], json!(0));
        let mut replay = std::process::Command::new(env!("CARGO_BIN_EXE_offhook"));
        let replay = replay.args(["replay", "--brief"]).arg(&file).output().expect("the program can be started");
        let decided = String::from_utf8_lossy(&replay.stdout).into_owned();
        assert_eq!(decided.matches("Replayed to the same ").count(), 1, "{decided}");
        capture(&server, &["delete", "--all"]);
    }
}

#[test]
fn encrypted_audio_is_readable_and_said_to_have_been_encrypted() {
    let site = Site::new("capture-srtp");
    let (_pbx, server) = start(&site, "srtp = \"optional\"\ncapture = true\ncapture_audio = \"payload\"\n", "");
    let browser = Softphone::sign_in(&server, "alice");
    call(&browser, &mut phone(&site, "srtp"), || {});
    browser.has_no_button("Hang up");
    capture(&server, &["off", "--group", "main"]);
    let file = one_file(&server);
    let [from_phone, ..] = legs(&file, &site);
    assert!(sound(&file, &from_phone).pieces(0.4).any(|piece| piece.is_tone(PHONE_TONE)));
    let silent = tshark(&file, &["-Y", "rtp && !(frame.comment contains \"encrypted on its way (SRTP)\")"]);
    assert_eq!(silent, [""; 0], "each says so");
    let shown = tshark(&file, &["-T", "fields", "-e", "_ws.col.Protocol"]);
    let encrypted = shown.iter().filter(|protocol| protocol.starts_with("SRT")).count();
    assert_eq!(encrypted, 0, "nothing is taken for encrypted: {shown:?}");
}

#[test]
fn a_call_that_runs_can_be_chosen() {
    let site = Site::new("capture-call");
    let (_pbx, server) = start(&site, "", "");
    let browser = Softphone::sign_in(&server, "alice");
    let mut far = phone(&site, "");
    let none = String::from_utf8(command(&server, &["call", "1", "--audio", "headers"]).stderr).expect("text");
    assert!(none.contains("no longer exists"), "{none}");
    call(&browser, &mut far, || {
        capture(&server, &["call", "1", "--audio", "headers"]);
        assert_eq!(status(&server)["calls"], json!([{ "id": "1", "audio": "headers" }]));
        assert_eq!(status(&server)["groups"][0]["capturing"], json!(false));
    });
    browser.has_no_button("Hang up");
    let file = one_file(&server);
    legs(&file, &site);
    assert!(tshark(&file, &["-Y", "sip.Method == BYE"]).len() == 1, "its end is in the file");
    assert_eq!(status(&server)["calls"], json!([]));
}

#[test]
fn voices_are_not_captured_beside_pseudonyms() {
    let site = Site::new("capture-voices");
    let (_pbx, server) = start(&site, "", "[capture]\nnumbers = \"pseudonyms\"\n");
    let refused = command(&server, &["on", "--group", "main", "--audio", "payload"]);
    let said = String::from_utf8(refused.stderr).expect("text");
    assert!(!refused.status.success() && said.contains("a voice cannot get one"), "{said}");
    let browser = Softphone::sign_in(&server, "alice");
    capture(&server, &["on", "--group", "main", "--audio", "headers"]);
    call(&browser, &mut phone(&site, ""), || {});
    capture(&server, &["off", "--group", "main"]);
    let file = one_file(&server);
    legs(&file, &site);
    let names = tshark(&file, &["-Y", "rtcp.sdes.text", "-T", "fields", "-e", "rtcp.sdes.text"]);
    assert!(!names.is_empty() && names.iter().all(|name| name.bytes().all(|byte| b"x,".contains(&byte))), "{names:?}");
}
