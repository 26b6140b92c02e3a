//! Puts what a message caused into its comment. What it caused is known after the message itself, so messages wait
//! until the next one comes in, a moment at most. What no message has caused stands for itself.

use std::net::SocketAddr;
use std::time::Duration;

use super::Writer;
use super::audio::AudioPacket;
use super::packet::{ClientPacket, Direction, SipPacket};
use crate::capture::influence::Influence;
use crate::capture::pseudonyms::Pseudonyms;
use crate::capture::redact;
use crate::capture::trace::TraceTransport;
use crate::ids::CallId;

/// What happens so long after a message is not its doing.
const CAUSED_WITHIN: Duration = Duration::from_millis(5);
/// Messages that wait.
const MAX_HELD: usize = 64;

/// A message with its comment, before it is written.
#[derive(Debug)]
pub struct Message {
    /// When, since 1970-01-01 UTC.
    pub at: Duration,
    /// The call that it belongs to, where that is known.
    pub call: Option<CallId>,
    /// Which way it went; none for what is no message.
    pub direction: Option<Direction>,
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
    /// What calls are decided by beside messages: JSON.
    Influence(String),
    /// Nothing but its comment.
    Notes,
}

/// What stands in a file where there are notes alone.
const NOTES: &str = r#"{"type":"notes"}"#;

impl Content {
    /// What calls are decided by, with `pseudonyms` without numbers and names.
    pub fn influence(influence: Influence, pseudonyms: Option<&mut Pseudonyms>) -> Content {
        let shown = match pseudonyms {
            Some(pseudonyms) => pseudonyms.influence(influence),
            None => influence,
        };
        // Nothing in it that JSON could not have.
        Content::Influence(serde_json::to_string(&shown).unwrap_or_default())
    }

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
    /// No other than the first came in.
    held: Vec<Message>,
}

impl Composer {
    /// A message came or went, or something else had its influence.
    pub fn message(&mut self, message: Message, writer: &mut Writer) {
        if message.direction == Some(Direction::In) || self.held.len() >= MAX_HELD {
            self.flush(writer);
        }
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

    /// Something happened. `belongs` begins the comment where nothing has caused it that is there.
    pub fn note(&mut self, at: Duration, call: Option<CallId>, belongs: &str, note: &str, writer: &mut Writer) {
        let last = self.held.len().saturating_sub(1);
        let cause = self.held.iter_mut().enumerate().find(|(place, held)| {
            let causes = match held.content {
                // Steps of one moment share a place, as long as nothing was between them.
                Content::Notes => *place == last,
                Content::Influence(_) => held.call.is_some(),
                Content::Sip(..) | Content::Client(_) => held.direction == Some(Direction::In),
                Content::Audio(_) => false,
            };
            causes && (held.call.is_none() || held.call == call) && at.saturating_sub(held.at) <= CAUSED_WITHIN
        });
        if let Some((_, cause)) = cause {
            return add(&mut cause.comment, note);
        }
        let mut comment = belongs.to_owned();
        add(&mut comment, note);
        let message = Message { at, call, direction: None, addresses: None, content: Content::Notes, comment };
        self.message(message, writer);
    }

    /// Writes what waits.
    pub fn flush(&mut self, writer: &mut Writer) {
        for message in self.held.drain(..) {
            let Message { at, direction, addresses, content, comment, .. } = message;
            match &content {
                Content::Sip(transport, bytes) => {
                    let packet = SipPacket { transport: *transport, addresses, direction, bytes: bytes.as_slice() };
                    writer.sip(at, &packet, &comment);
                }
                Content::Client(text) => {
                    let direction = direction.unwrap_or(Direction::Out);
                    writer.client(at, &ClientPacket { addresses, direction, text: text.as_str() }, &comment);
                }
                Content::Influence(text) => writer.influence(at, text, &comment),
                Content::Notes => writer.influence(at, NOTES, &comment),
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
