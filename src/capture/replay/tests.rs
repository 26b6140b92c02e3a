use std::path::Path;
use std::time::Instant;

use proptest::prelude::*;

use super::*;
use crate::call::cause::CauseCode;
use crate::call::effect::Command;
use crate::call::numbers::{Known, Placed, Translated, Translation};
use crate::call::secret::Secret;
use crate::capture::influence::Influence;
use crate::capture::pseudonyms::Pseudonyms;
use crate::capture::trace::{PartyKind, TraceWhat};
use crate::ids::LineGroupId;
use crate::numbers::{NumberKind, Reach};

pub(super) fn of(file: &[u8]) -> Replay {
    let capture = read::read(file).unwrap();
    replay(&capture, &read::calls(&capture), Instant::now())
}

#[test]
fn offhooks_own_calls_are_decided_as_they_were() {
    for file in [
        &include_bytes!("../../../pcap-samples/outgoing-call.pcapng")[..],
        &include_bytes!("../../../pcap-samples/incoming-call.pcapng")[..],
    ] {
        let replay = of(file);
        assert_eq!(replay.calls.len(), 1);
        let call = &replay.calls[0];
        assert_eq!(differences(call), Vec::<String>::new(), "{call:#?}");
        assert_eq!((&call.left_out, &call.remarks), (&None, &Vec::new()));
        assert!(call.transitions.iter().any(|step| step.after == "connected"), "{call:#?}");
    }
}

/// Captured by Offhook itself, with what people asked for and had set: nothing has to be guessed, and all of it follows.
#[test]
fn what_offhook_has_captured_is_decided_as_it_was() {
    for (name, calls, proof) in [
        ("redirected-by-the-pbx", 1, "INVITE"),
        ("forwarded-by-302", 1, "302 Moved Temporarily to INVITE"),
        ("reliable-progress", 2, "PRACK"),
        ("transfer-by-refer", 2, "REFER"),
        ("transfer-with-replaces", 6, "REFER"),
        ("do-not-disturb", 4, "486 Busy Here to INVITE"),
        ("parked", 3, "re-INVITE"),
        ("remote-office", 2, "INVITE"),
        ("forwarded-by-transfer", 1, "REFER"),
        ("offers-refused", 4, "re-INVITE"),
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("pcap-samples").join(name).with_extension("pcapng");
        let replay = of(&std::fs::read(path).unwrap());
        assert_eq!(replay.calls.len(), calls, "{name}");
        for call in &replay.calls {
            assert_eq!((&call.left_out, differences(call)), (&None, Vec::new()), "{name}: {call:#?}");
            assert_eq!(call.remarks, Vec::<String>::new(), "{name}");
        }
        let sent = replay.calls.iter().flat_map(|call| &call.dialogs).flat_map(|dialog| &dialog.replayed);
        assert!(sent.clone().any(|decision| decision == proof), "{name}: {:?}", sent.collect::<Vec<_>>());
    }
}

/// What numbers became is noted: no rules are needed, and pseudonyms do no harm.
#[test]
fn what_became_of_a_number_is_taken_as_it_was() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("pcap-samples/offers-refused.pcapng");
    let file = std::fs::read(path).unwrap();
    for (pseudonyms, is_noted) in [(false, true), (true, true), (false, false)] {
        let mut known = Pseudonyms::new([7; 32]);
        let mut capture = read::read(&file[..]).unwrap();
        let mut noted = Vec::new();
        for handed in &mut capture.handed {
            let Ok(Influence::Command { client, begun, mut command, refused }) = serde_json::from_slice(&handed.bytes)
            else {
                continue;
            };
            let Command::MakeCall { number, .. } = &mut command else { continue };
            let typed = match pseudonyms {
                true => known.of(&format!("the {}", number.text)),
                false => format!("the {}", number.text),
            };
            let dialled = std::mem::replace(&mut number.text, typed.clone());
            let placed = Placed { number: dialled, then: Vec::new(), known: None, private: false, emergency: false };
            let translation = Translation {
                in_private: false,
                call: begun,
                group: LineGroupId(0),
                location: "Berlin".into(),
                kind: NumberKind::Typed,
                text: typed,
                result: Translated::Dialled(placed),
                secret: Secret::default(),
            };
            let note = Influence::Number(Box::new(translation));
            noted.push(read::Handed { bytes: serde_json::to_vec(&note).unwrap().into(), ..handed.clone() });
            let command = Influence::Command { client, begun, command, refused };
            handed.bytes = serde_json::to_vec(&command).unwrap().into();
        }
        assert!(!noted.is_empty());
        capture.handed.extend(noted.into_iter().filter(|_| is_noted));
        let replay = replay(&capture, &read::calls(&capture), Instant::now());
        let same = replay.calls.iter().all(|call| differences(call).is_empty());
        assert_eq!(same, is_noted, "{replay:#?}");
    }
}

/// A forwarding to the line's own number is none, however that is written.
#[test]
fn lines_are_known_by_their_super_canonical_numbers() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("pcap-samples/forwarded-by-transfer.pcapng");
    let file = std::fs::read(path).unwrap();
    let target = || "+49301234500".to_owned();
    for (own, is_other) in [(None, true), (Some("+49301234501".to_owned()), true), (Some(target()), false)] {
        let mut capture = read::read(&file[..]).unwrap();
        let mut noted = Vec::new();
        for handed in &mut capture.handed {
            let influence = serde_json::from_slice(&handed.bytes);
            let forwardings = match influence {
                Ok(Influence::Line { id, group, number, users, redirections, voice_mailbox, .. }) => {
                    let known = own.clone();
                    let line = Influence::Line { id, group, number, known, users, redirections, voice_mailbox };
                    handed.bytes = serde_json::to_vec(&line).unwrap().into();
                    Vec::new()
                }
                Ok(Influence::LineSettings { settings, .. }) => settings.forwardings,
                Ok(Influence::Command { command: Command::SetForwarding { forwarding, .. }, .. }) => vec![forwarding],
                _ => Vec::new(),
            };
            for forwarding in forwardings {
                let known = Known { number: target(), shown: String::new(), reach: Reach::External };
                let number = forwarding.to.clone();
                let placed = Placed { number, then: Vec::new(), known: Some(known), private: false, emergency: false };
                let translation = Translation {
                    call: None,
                    group: LineGroupId(0),
                    location: "Berlin".into(),
                    kind: NumberKind::Forwarding,
                    text: forwarding.to,
                    result: Translated::Dialled(placed),
                    in_private: false,
                    secret: Secret::default(),
                };
                let note = serde_json::to_vec(&Influence::Number(Box::new(translation))).unwrap();
                noted.push(read::Handed { bytes: note.into(), ..handed.clone() });
            }
        }
        assert!(!noted.is_empty());
        capture.handed.extend(noted);
        let replay = replay(&capture, &read::calls(&capture), Instant::now());
        assert_eq!(replay.calls.iter().all(|call| differences(call).is_empty()), is_other, "{own:?}: {replay:#?}");
    }
}

/// A PIN is in no capture: stars stand for it, in messages as in what became of the number.
#[test]
fn what_was_entered_for_a_code_does_not_matter() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("pcap-samples/offers-refused.pcapng");
    let mut capture = read::read(&std::fs::read(path).unwrap()[..]).unwrap();
    let (mut numbers, mut noted) = (Vec::new(), Vec::new());
    for handed in &capture.handed {
        let Ok(Influence::Command { begun, command: Command::MakeCall { number, .. }, .. }) =
            serde_json::from_slice(&handed.bytes)
        else {
            continue;
        };
        let told = format!("*60****#{}", number.text);
        let placed = Placed { number: told, then: Vec::new(), known: None, private: false, emergency: false };
        let translation = Translation {
            call: begun,
            group: LineGroupId(0),
            location: "Berlin".into(),
            kind: NumberKind::Typed,
            text: number.text.clone(),
            result: Translated::Dialled(placed),
            in_private: false,
            secret: Secret::default(),
        };
        let note = serde_json::to_vec(&Influence::Number(Box::new(translation))).unwrap();
        noted.push(read::Handed { bytes: note.into(), ..handed.clone() });
        numbers.push(number.text);
    }
    assert!(!noted.is_empty());
    capture.handed.extend(noted);
    for message in &mut capture.messages {
        let mut text = String::from_utf8(message.bytes.to_vec()).unwrap();
        for number in &numbers {
            text = text.replace(&format!("sip:{number}@"), &format!("sip:*60****%23{number}@"));
        }
        message.bytes = text.into();
    }
    let replay = replay(&capture, &read::calls(&capture), Instant::now());
    assert_eq!(replay.calls.iter().flat_map(differences).collect::<Vec<_>>(), Vec::<String>::new());
}

/// Nobody is told what became of a number that is refused for what was entered: the refusal is enough.
#[test]
fn what_was_refused_for_what_was_entered_is_not_begun() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("pcap-samples/offers-refused.pcapng");
    for cause in [
        CauseCode::PinNeeded,
        CauseCode::UserNumberNeeded,
        CauseCode::UnknownProject,
        CauseCode::NumberSuppressed,
        CauseCode::LineNotYours,
    ] {
        let mut capture = read::read(&std::fs::read(&path).unwrap()[..]).unwrap();
        let refused = capture.handed.iter().enumerate().find_map(|(place, handed)| {
            let Ok(Influence::Command { client, command, .. }) = serde_json::from_slice(&handed.bytes) else {
                return None;
            };
            let is_call = matches!(command, Command::MakeCall { .. });
            let forgotten = Influence::Command { client, begun: None, command, refused: Some(cause) };
            let bytes = serde_json::to_vec(&forgotten).unwrap().into();
            is_call.then(|| (place, read::Handed { bytes, ..handed.clone() }))
        });
        let (place, refused) = refused.unwrap();
        capture.handed.insert(place, refused);
        let replay = replay(&capture, &read::calls(&capture), Instant::now());
        assert_eq!(replay.calls.iter().flat_map(differences).collect::<Vec<_>>(), Vec::<String>::new(), "{cause:?}");
        let remarks: Vec<&String> = replay.calls.iter().flat_map(|call| &call.remarks).collect();
        assert!(remarks.iter().all(|remark| remark.contains(cause.code())) && remarks.len() == 1, "{remarks:?}");
    }
}

/// Without the clients' messages people's acts follow from what was sent.
#[test]
fn what_people_asked_for_is_guessed_where_the_capture_does_not_say_it() {
    for name in ["redirected-by-the-pbx", "forwarded-by-302", "reliable-progress", "transfer-by-refer"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("pcap-samples").join(name).with_extension("pcapng");
        let mut capture = read::read(&std::fs::read(path).unwrap()[..]).unwrap();
        capture.handed.clear();
        for call in &replay(&capture, &read::calls(&capture), Instant::now()).calls {
            let other: Vec<_> = call.dialogs.iter().filter(|dialog| dialog.captured != dialog.replayed).collect();
            assert!(call.left_out.is_none() && other.is_empty(), "{name}: {call:#?}");
        }
    }
}

/// What was set before is an influence that no message says: without it ours decides otherwise, and that is shown.
#[test]
fn a_capture_without_what_was_set_is_decided_otherwise() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("pcap-samples/do-not-disturb.pcapng");
    let mut capture = read::read(&std::fs::read(path).unwrap()[..]).unwrap();
    let says = |handed: &read::Handed, what: &str| String::from_utf8_lossy(&handed.bytes).contains(what);
    let before = capture.handed.len();
    capture.handed.retain(|handed| handed.sent.is_some() || !says(handed, r#""type":"set_do_not_disturb""#));
    assert!(capture.handed.len() < before);
    let found = read::calls(&capture);
    let replay = replay(&capture, &found, Instant::now());
    let lines: Vec<String> = replay.calls.iter().flat_map(differences).collect();
    assert!(lines.iter().any(|line| line.starts_with("+ 180 Ringing")), "{lines:#?}");
}

#[test]
fn what_rights_refused_is_not_done() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("pcap-samples/do-not-disturb.pcapng");
    let mut capture = read::read(&std::fs::read(path).unwrap()[..]).unwrap();
    let mut changed = 0;
    for handed in capture.handed.iter_mut().filter(|handed| handed.sent.is_none()) {
        let text = String::from_utf8_lossy(&handed.bytes).into_owned();
        if text.contains(r#""type":"set_do_not_disturb""#) {
            let refused = format!(r#"{},"refused":"diversions_not_allowed"}}"#, text.strip_suffix('}').unwrap());
            (handed.bytes, changed) = (refused.into(), changed + 1);
        }
    }
    assert!(changed > 0);
    let replay = replay(&capture, &read::calls(&capture), Instant::now());
    let lines: Vec<String> = replay.calls.iter().flat_map(differences).collect();
    assert!(lines.iter().any(|line| line.starts_with("+ 180 Ringing")), "{lines:#?}");
    assert!(replay.calls.iter().flat_map(|call| &call.remarks).any(|remark| remark.contains("diversions_not_allowed")));
}

/// As with the demonstration PBX, which is the same program on the same host.
#[test]
fn who_captured_it_is_the_server_also_where_the_pbx_is_offhook_too() {
    let file = include_bytes!("../../../pcap-samples/outgoing-call.pcapng");
    let mut capture = read::read(&file[..]).unwrap();
    let server = capture.messages[0].source.ip();
    let home = |mut address: std::net::SocketAddr| {
        address.set_port(if address.ip() == server { 5080 } else { 5070 });
        address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
        address
    };
    for message in &mut capture.messages {
        message.sent = Some(message.source.ip() == server);
        (message.source, message.destination) = (home(message.source), home(message.destination));
        message.comments = vec!["call=1 line=100 group=main".into()];
        let text = String::from_utf8(message.bytes.to_vec()).unwrap();
        message.bytes = text.replacen("\r\n", "\r\nServer: Offhook/0.1.0\r\n", 1).into();
    }
    let found = read::calls(&capture);
    let parties: Vec<_> = found.calls[0].trace.parties.iter().map(|party| (party.kind, party.name.as_str())).collect();
    assert_eq!(parties, [(PartyKind::Server, "127.0.0.1:5080"), (PartyKind::Sip, "127.0.0.1:5070")]);
    let replay = replay(&capture, &found, Instant::now());
    assert_eq!((&replay.calls[0].left_out, differences(&replay.calls[0])), (&None, Vec::new()));
}

#[test]
fn a_replay_survives_json_and_differs_from_itself_in_nothing() {
    let replay = of(include_bytes!("../../../pcap-samples/outgoing-call.pcapng"));
    let kept: Replay = serde_json::from_str(&serde_json::to_string(&replay).unwrap()).unwrap();
    assert_eq!(kept, replay);
    assert_eq!(changes(&kept, &replay), Vec::<String>::new());
}

#[test]
fn what_another_version_decided_otherwise_is_shown() {
    let new = of(include_bytes!("../../../pcap-samples/outgoing-call.pcapng"));
    let mut old = new.clone();
    let sent = &mut old.calls[0].dialogs[0].replayed;
    let bye = sent.iter().position(|decision| decision == "BYE").unwrap();
    sent[bye] = "CANCEL".to_owned();
    let lines = changes(&old, &new);
    assert!(lines.contains(&"- sends CANCEL".to_owned()) && lines.contains(&"+ sends BYE".to_owned()), "{lines:#?}");
    let changed = lines.iter().filter(|line| line.starts_with(['-', '+'])).count();
    assert_eq!(changed, 2, "{lines:#?}");
}

#[test]
fn what_was_not_captured_is_a_difference() {
    let file = include_bytes!("../../../pcap-samples/outgoing-call.pcapng");
    let mut capture = read::read(&file[..]).unwrap();
    // The 407 did not come: ours has nothing to answer with a password.
    let challenge = capture.messages.iter().position(|message| message.bytes.starts_with(b"SIP/2.0 407")).unwrap();
    capture.messages.remove(challenge);
    let replay = replay(&capture, &read::calls(&capture), Instant::now());
    let call = &replay.calls[0];
    assert!(differences(call).contains(&"- INVITE".to_owned()), "{call:#?}");
    assert!(!call.remarks.is_empty());
}

/// A capture of Offhook's own, with what it notes beside messages and with the client's messages.
#[test]
fn what_offhook_notes_of_its_call_machine_is_compared() {
    let file = include_bytes!("../../../pcap-samples/re-invite-without-answer.pcapng");
    let mut capture = read::read(&file[..]).unwrap();
    let notes = [
        (0, "INVITE: -> initiated\nINVITE: initiated -> alerting"),
        (3, "answer_call: alerting -> answering\n0.010 s before: audio described: answering -> connected"),
        (5, "hold_call: connected -> connected, on hold"),
        (7, "ended: connected, on hold -> ended: normal_clearing"),
    ];
    for (place, note) in notes {
        capture.messages[place].comments = vec![format!("call=1 line=100 group=pbx\n{note}")];
    }
    capture.handed.push(read::Handed {
        at: capture.messages[3].at,
        protocol: "json".into(),
        addresses: None,
        sent: Some(false),
        bytes: r#"{"type":"answer_call","resume":"secret"}"#.into(),
        comments: vec!["call=1".into()],
    });
    let found = read::calls(&capture);
    let trace = &found.calls[0].trace;
    let client = trace.events.iter().find_map(|event| match &event.what {
        TraceWhat::Client { text } => Some((trace.parties[event.from as usize].kind, text.as_str())),
        _ => None,
    });
    assert_eq!(client, Some((PartyKind::Client, r#"{"type":"answer_call","resume":"xxxxxx"}"#)));
    let same = replay(&capture, &found, Instant::now());
    assert_eq!(same.calls[0].captured_transitions.len(), 6);
    assert_eq!(differences(&same.calls[0]), Vec::<String>::new());

    capture.messages[5].comments = vec!["call=1\nhold_call: connected -> connected".into()];
    let other = replay(&capture, &read::calls(&capture), Instant::now());
    let lines = differences(&other.calls[0]);
    assert!(lines.contains(&"- connected → connected".to_owned()), "{lines:#?}");
    assert!(lines.contains(&"+ connected → connected, on hold".to_owned()), "{lines:#?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever happens to a capture, its replay ends.
    #[test]
    fn changed_octets_do_no_harm(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20)) {
        let file = include_bytes!("../../../pcap-samples/re-invite-without-answer.pcapng");
        let mut file = file.to_vec();
        for (at, octet) in changes {
            let at = at.index(file.len());
            file[at] = octet;
        }
        if let Ok(capture) = read::read(&file[..]) {
            let replay = replay(&capture, &read::calls(&capture), Instant::now());
            replay.calls.iter().for_each(|call| drop(differences(call)));
        }
    }

    /// The same with messages that are missing, come twice or in another order.
    #[test]
    fn any_order_of_messages_is_played(order in prop::collection::vec(any::<prop::sample::Index>(), 0..30)) {
        let file = include_bytes!("../../../pcap-samples/re-invite-without-answer.pcapng");
        let mut capture = read::read(&file[..]).unwrap();
        let messages = order.iter().enumerate().map(|(place, index)| {
            let mut message = index.get(&capture.messages).clone();
            message.at = place as u64 * 700_000_000;
            message
        });
        capture.messages = messages.collect();
        replay(&capture, &read::calls(&capture), Instant::now());
    }
}
