//! A trace as a capture file.

use std::net::SocketAddr;
use std::time::Duration;

use super::composer::{Composer, Content, Message};
use super::packet::Direction;
use super::{Lost, Writer, comment};
use crate::capture::pseudonyms::Pseudonyms;
use crate::capture::trace::{PartyKind, Trace, TraceWhat};

/// The octets of a capture file with all messages of a trace, and in their comments what else it has. With
/// `pseudonyms` numbers and names are not in it.
pub fn pcapng(trace: &Trace, application: &str, mut pseudonyms: Option<&mut Pseudonyms>) -> Vec<u8> {
    let id = pseudonyms.as_deref_mut().map_or_else(|| trace.id.clone(), |known| known.id(trace));
    let mut personal = |text: &str| pseudonyms.as_deref_mut().map_or_else(|| text.to_owned(), |known| known.of(text));
    let line = trace.line.as_deref().map(&mut personal);
    let caller = trace.caller.as_deref().map(&mut personal);
    let called = trace.called.as_deref().map(&mut personal);
    let who = match (caller, called) {
        (Some(caller), Some(called)) => format!(": {caller} calls {called}"),
        _ => String::new(),
    };
    let mut writer = Writer::new(application, &format!("call {id}{who}"));
    // What happened to a line outside of calls has the line's name.
    let call = Some(&id).filter(|_| trace.line.as_ref() != Some(&trace.id));
    let belongs = comment::belongs(call, line.as_deref(), trace.group.as_deref());
    for party in &trace.parties {
        let address = party.address.as_deref().and_then(|address| address.parse::<SocketAddr>().ok());
        // A user has no address of the network here, and a server or PBX no number.
        if let (Some(address), PartyKind::Server | PartyKind::Sip) = (address, party.kind) {
            writer.name(address.ip(), &party.name);
        }
    }
    let mut composer = Composer::default();
    for event in &trace.events {
        let at = time(event.at);
        let from_server =
            matches!(trace.parties.get(event.from as usize).map(|party| party.kind), None | Some(PartyKind::Server));
        let direction = if from_server { Direction::Out } else { Direction::In };
        let (addresses, content) = match &event.what {
            TraceWhat::Sip { transport, source, destination, text } => {
                let addresses = source.parse().ok().zip(destination.parse().ok());
                let content = Content::sip(*transport, text.as_bytes(), pseudonyms.as_deref_mut());
                (addresses, content)
            }
            TraceWhat::Client { text } => (None, Content::client(text.as_bytes(), pseudonyms.as_deref_mut())),
            TraceWhat::Step { input, before, after } => {
                let before = (!before.is_empty()).then_some(before);
                composer.note(at, None, &belongs, &comment::step(input, before, after), &mut writer);
                continue;
            }
            TraceWhat::Media { event, detail } => {
                let pressed =
                    detail.as_deref().filter(|_| pseudonyms.is_some()).map(|text| Pseudonyms::media(*event, text));
                let note = comment::media(*event, pressed.as_deref().or(detail.as_deref()));
                composer.note(at, None, &belongs, &note, &mut writer);
                continue;
            }
            TraceWhat::Failure { detail, .. } => {
                composer.note(at, None, &belongs, &comment::failure(detail), &mut writer);
                continue;
            }
        };
        let (direction, comment) = (Some(direction), belongs.clone());
        composer.message(Message { at, call: None, direction, addresses, content, comment }, &mut writer);
    }
    composer.flush(&mut writer);
    writer.lose(Lost { messages: trace.dropped.into(), packets: 0 });
    writer.finish();
    writer.take()
}

/// Milliseconds since 1970-01-01 UTC; what is no time is the first.
fn time(ms: f64) -> Duration {
    Duration::try_from_secs_f64(ms / 1000.0).unwrap_or_default()
}
