//! Puts what a message caused into its comment. What it caused is known after the message itself, so messages wait
//! until the next one comes in, a moment at most.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use super::Writer;
use super::audio::AudioPacket;
use super::packet::{ClientPacket, Direction, SipPacket};
use crate::capture::pseudonyms::Pseudonyms;
use crate::capture::redact;
use crate::capture::trace::TraceTransport;
use crate::ids::CallId;

/// What happens so long after a message is not its doing.
const CAUSED_WITHIN: Duration = Duration::from_millis(5);
/// Messages that wait.
const MAX_HELD: usize = 64;
/// Notes that wait for a message of their call.
const MAX_LOOSE: usize = 64;

/// A message with its comment, before it is written.
#[derive(Debug)]
pub struct Message {
    /// When, since 1970-01-01 UTC.
    pub at: Duration,
    /// The call that it belongs to, where that is known.
    pub call: Option<CallId>,
    /// Which way it went.
    pub direction: Direction,
    /// From where, and where to, where both are known.
    pub addresses: Option<(SocketAddr, SocketAddr)>,
    /// What it is.
    pub content: Content,
    /// The beginning of its comment.
    pub comment: String,
}

/// What a message is.
#[derive(Debug)]
pub enum Content {
    /// A SIP message.
    Sip(TraceTransport, Vec<u8>),
    /// A message of the client protocol.
    Client(String),
    /// A packet of audio.
    Audio(Box<AudioPacket>),
}

impl Content {
    /// A SIP message without its secrets, and with `pseudonyms` without numbers and names.
    pub fn sip(transport: TraceTransport, message: &[u8], pseudonyms: Option<&mut Pseudonyms>) -> Content {
        let shown = redact::sip(message);
        Content::Sip(
            transport,
            match pseudonyms {
                Some(pseudonyms) => pseudonyms.sip(&shown),
                None => shown.into_owned(),
            },
        )
    }

    /// The same of a message of the client protocol.
    pub fn client(message: &[u8], pseudonyms: Option<&mut Pseudonyms>) -> Content {
        let shown = redact::json(message);
        Content::Client(match pseudonyms {
            Some(pseudonyms) => pseudonyms.client(&shown),
            None => String::from_utf8_lossy(&shown).into_owned(),
        })
    }
}

/// Holds messages back until it is known what they caused.
#[derive(Debug, Default)]
pub struct Composer {
    /// The first came in; what follows it went out.
    held: Vec<Message>,
    /// What no message has caused, such as what a timer did: it is put to the next of the call.
    loose: VecDeque<(Duration, Option<CallId>, String)>,
}

impl Composer {
    /// A message came or went.
    pub fn message(&mut self, mut message: Message, writer: &mut Writer) {
        if message.direction == Direction::In || self.held.len() >= MAX_HELD {
            self.flush(writer);
        }
        self.loose.retain(|(at, call, note)| {
            if *call == message.call {
                match message.at.saturating_sub(*at) {
                    ago if ago <= CAUSED_WITHIN => add(&mut message.comment, note),
                    ago => add(&mut message.comment, &format!("{:.3} s before: {note}", ago.as_secs_f64())),
                }
            }
            *call != message.call
        });
        self.held.push(message);
    }

    /// A packet of audio came or went. It causes nothing, but stays behind the messages that were before it.
    pub fn audio(&mut self, message: Message, writer: &mut Writer) {
        let is_over = self.held.first().is_none_or(|first| message.at.saturating_sub(first.at) > CAUSED_WITHIN);
        if is_over || self.held.len() >= MAX_HELD {
            self.flush(writer);
        }
        self.held.push(message);
        if is_over {
            self.flush(writer);
        }
    }

    /// Something happened.
    pub fn note(&mut self, at: Duration, call: Option<CallId>, note: String) {
        let cause = self.held.first_mut().filter(|first| {
            first.direction == Direction::In
                && (first.call.is_none() || first.call == call)
                && at.saturating_sub(first.at) <= CAUSED_WITHIN
        });
        match cause {
            Some(cause) => add(&mut cause.comment, &note),
            None => {
                if self.loose.len() >= MAX_LOOSE {
                    self.loose.pop_front();
                }
                self.loose.push_back((at, call, note));
            }
        }
    }

    /// Writes what waits.
    pub fn flush(&mut self, writer: &mut Writer) {
        for message in self.held.drain(..) {
            let Message { at, direction, addresses, content, comment, .. } = message;
            match &content {
                Content::Sip(transport, bytes) => {
                    let packet = SipPacket {
                        transport: *transport,
                        addresses,
                        direction: Some(direction),
                        bytes: bytes.as_slice(),
                    };
                    writer.sip(at, &packet, &comment);
                }
                Content::Client(text) => {
                    writer.client(at, &ClientPacket { addresses, direction, text: text.as_str() }, &comment);
                }
                Content::Audio(packet) => writer.audio(at, packet, &comment),
            }
        }
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }
}

/// Adds a line to a comment.
fn add(comment: &mut String, line: &str) {
    if !comment.is_empty() {
        comment.push('\n');
    }
    comment.push_str(line);
}
