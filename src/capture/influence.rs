//! What calls are decided by beside SIP messages: settings, who is signed in, what people ask for, what becomes of
//! audio. A capture has it, so that its calls can be decided once more.

use std::collections::BTreeMap;
use std::sync::Arc;

use offhook_media::session::Side;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::call::cause::CauseCode;
use crate::call::directory::{Directory, LineEntry, LineGroupEntry, Redirection};
use crate::call::dtmf::Digit;
use crate::call::effect::{Command, Input, MediaInput};
use crate::call::numbers::Translation;
use crate::call::settings::LineSettings;
use crate::ids::{CallId, ClientId, LineGroupId, LineId, UserId};

/// One of them. Lines, line groups, users, clients and calls have the numbers that they have in the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Influence {
    /// What counts for all lines.
    Server {
        /// Whether there is music for who waits.
        music_on_hold: bool,
    },
    /// A line group is like this.
    LineGroup {
        /// Its number.
        id: LineGroupId,
        /// Its name.
        name: String,
        /// All that counts for its calls.
        settings: Box<LineGroupEntry>,
    },
    /// A line is like this.
    Line {
        /// Its number in the server.
        id: LineId,
        /// Its line group.
        group: LineGroupId,
        /// Its number at the PBX.
        number: String,
        /// Its super-canonical number, where its connection has a location.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        known: Option<String>,
        /// Who may use it.
        users: Vec<UserId>,
        /// Where calls go one after the other when nobody takes them.
        redirections: Vec<Redirection>,
        /// Where calls go when nobody is signed in.
        voice_mailbox: Option<String>,
    },
    /// What a line's users have set for it.
    LineSettings {
        /// The line.
        line: LineId,
        /// What.
        settings: LineSettings,
        /// Whether a command did it, which is an influence of its own.
        #[serde(skip)]
        asked: bool,
    },
    /// Whether calls can leave by a line.
    LineAvailable {
        /// The line.
        line: LineId,
        /// Whether they can.
        available: bool,
    },
    /// A client is signed in.
    ClientArrived {
        /// The client.
        client: ClientId,
        /// Whose it is.
        user: UserId,
    },
    /// A client is gone for good.
    ClientGone {
        /// The client.
        client: ClientId,
    },
    /// Somebody asked for something, by a client or a program.
    Command {
        /// The client that asked.
        client: ClientId,
        /// The call that it began.
        begun: Option<CallId>,
        /// What was asked for.
        command: Command,
        /// Why it was refused, where that was said at once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refused: Option<CauseCode>,
    },
    /// Something about a call's audio that no message says.
    Audio {
        /// The call.
        call: CallId,
        /// The side of it.
        side: CallSide,
        /// What.
        event: AudioInfluence,
    },
    /// What a number became for a call.
    Number(Box<Translation>),
    /// The server stops.
    Shutdown,
}

/// A side of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CallSide {
    /// Who began it.
    A,
    /// Who was called.
    B,
}

/// Something about audio that no message says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum AudioInfluence {
    /// A browser's audio path stands.
    Connected,
    /// It broke, or did not come about.
    Lost {
        /// Which of the two.
        cause: CauseCode,
    },
    /// What was asked of the media side cannot be done.
    Refused {
        /// Why.
        cause: CauseCode,
    },
    /// A digit that this side is to be told by INFO.
    Digit {
        /// The digit.
        digit: char,
        /// How long it was pressed.
        ms: u32,
    },
}

/// All lines and line groups as they are, and who is signed in.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    /// Lines and line groups.
    pub directory: Arc<Directory>,
    /// What is set for lines, where anything is.
    pub settings: FxHashMap<LineId, LineSettings>,
    /// Whether calls can leave by a line, by [`LineId`].
    pub available: Vec<bool>,
    /// Who is signed in where.
    pub clients: BTreeMap<ClientId, UserId>,
}

impl From<Side> for CallSide {
    fn from(side: Side) -> CallSide {
        match side {
            Side::A => CallSide::A,
            Side::B => CallSide::B,
        }
    }
}

impl From<CallSide> for Side {
    fn from(side: CallSide) -> Side {
        match side {
            CallSide::A => Side::A,
            CallSide::B => Side::B,
        }
    }
}

impl AudioInfluence {
    /// What it is to the call machine.
    pub fn input(self) -> MediaInput {
        match self {
            AudioInfluence::Connected => MediaInput::Connected,
            AudioInfluence::Lost { cause } => MediaInput::Lost { cause },
            AudioInfluence::Refused { cause } => MediaInput::Refused { cause },
            AudioInfluence::Digit { digit, ms } => {
                MediaInput::Signal(Digit::new(digit, std::time::Duration::from_millis(ms.into())))
            }
        }
    }
}

impl Influence {
    /// What an input of the call machine is that no SIP message leads to; none where one does, or where it is a whole
    /// [`Standing`].
    pub fn of(input: &Input) -> Option<Influence> {
        Some(match input {
            Input::LineAvailable { line, available } => Influence::LineAvailable { line: *line, available: *available },
            Input::ClientArrived { client, user, .. } => Influence::ClientArrived { client: *client, user: *user },
            Input::ClientGone { client } => Influence::ClientGone { client: *client },
            Input::LineSettings { line, settings } => {
                Influence::LineSettings { line: *line, settings: settings.clone(), asked: false }
            }
            Input::Command { client, command, .. } => {
                Influence::Command { client: *client, begun: None, command: command.without_offer(), refused: None }
            }
            Input::Media { call, side, event } => {
                let event = match event {
                    MediaInput::Connected => AudioInfluence::Connected,
                    MediaInput::Lost { cause } => AudioInfluence::Lost { cause: *cause },
                    MediaInput::Refused { cause } => AudioInfluence::Refused { cause: *cause },
                    MediaInput::Signal(Digit { digit, duration }) => {
                        AudioInfluence::Digit { digit: *digit, ms: u32::try_from(duration.as_millis()).ok()? }
                    }
                    _ => return None,
                };
                Influence::Audio { call: *call, side: (*side).into(), event }
            }
            Input::Shutdown => Influence::Shutdown,
            Input::Directory(_)
            | Input::Rights(_)
            | Input::Incoming { .. }
            | Input::Replacing { .. }
            | Input::Invited { .. }
            | Input::Sip { .. } => return None,
        })
    }

    /// Whether it is about calls, rather than about how lines and clients stand.
    pub fn is_of_calls(&self) -> bool {
        matches!(self, Influence::Command { .. } | Influence::Audio { .. } | Influence::Number(_))
    }

    /// What it says that a line is like.
    pub fn line_entry(&self) -> Option<LineEntry> {
        let Influence::Line { group, number, known, users, redirections, voice_mailbox, .. } = self else {
            return None;
        };
        Some(LineEntry {
            group: *group,
            number: number.clone(),
            known: known.clone(),
            users: users.clone(),
            redirections: redirections.clone(),
            voice_mailbox: voice_mailbox.clone(),
        })
    }

    /// About how many octets it takes in memory.
    pub fn size(&self) -> usize {
        const WORDS: usize = 256;
        size_of::<Influence>() + WORDS
    }
}

impl Standing {
    /// It is another one after this.
    pub fn change(&mut self, influence: &Influence) {
        match influence {
            Influence::LineSettings { line, settings, .. } => {
                if *settings == LineSettings::default() {
                    self.settings.remove(line);
                } else {
                    self.settings.insert(*line, settings.clone());
                }
            }
            Influence::LineAvailable { line, available } => {
                if let Some(known) = self.available.get_mut(line.0 as usize) {
                    *known = *available;
                }
            }
            Influence::ClientArrived { client, user } => drop(self.clients.insert(*client, *user)),
            Influence::ClientGone { client } => drop(self.clients.remove(client)),
            Influence::Server { music_on_hold } => {
                Arc::make_mut(&mut self.directory).music_on_hold = *music_on_hold;
            }
            Influence::LineGroup { id, settings, .. } => {
                put(&mut Arc::make_mut(&mut self.directory).groups, id.0, (**settings).clone());
            }
            Influence::Line { id, .. } => {
                let Some(entry) = influence.line_entry() else { return };
                put(&mut Arc::make_mut(&mut self.directory).lines, id.0, entry);
                let lines = self.directory.lines.len();
                self.available.resize(lines.max(self.available.len()), false);
            }
            Influence::Command { .. } | Influence::Audio { .. } | Influence::Number(_) | Influence::Shutdown => {}
        }
    }

    /// What lines and line groups are in another directory that they are not in this one. Line groups have no names.
    pub fn changes_to(&self, directory: &Arc<Directory>) -> Vec<Influence> {
        let next = Standing { directory: directory.clone(), ..Standing::default() };
        let (before, after) = (&self.directory, directory);
        let music_on_hold = after.music_on_hold;
        let server = (before.music_on_hold != music_on_hold).then_some(Influence::Server { music_on_hold });
        let groups = (0..after.groups.len() as u32).map(LineGroupId);
        let groups = groups.filter(|id| before.group(*id) != after.group(*id));
        let lines = (0..after.lines.len() as u32).map(LineId).filter(|id| before.line(*id) != after.line(*id));
        let groups = groups.filter_map(|id| next.group(id, ""));
        server.into_iter().chain(groups).chain(lines.filter_map(|id| next.line(id))).collect()
    }

    /// A line as it is; none where there is no such.
    pub fn line(&self, id: LineId) -> Option<Influence> {
        let entry = self.directory.line(id)?.clone();
        let LineEntry { group, number, known, users, redirections, voice_mailbox } = entry;
        Some(Influence::Line { id, group, number, known, users, redirections, voice_mailbox })
    }

    /// A line group as it is; none where there is no such.
    pub fn group(&self, id: LineGroupId, name: &str) -> Option<Influence> {
        let settings = Box::new(self.directory.group(id)?.clone());
        Some(Influence::LineGroup { id, name: name.to_owned(), settings })
    }

    /// About how many octets it takes in memory.
    pub fn size(&self) -> usize {
        let each = size_of::<LineSettings>() + size_of::<LineId>();
        size_of::<Standing>() + self.available.len() + self.settings.len() * each + self.clients.len() * 16
    }
}

/// Puts an entry in its place, or behind the last one.
fn put<T>(entries: &mut Vec<T>, place: u32, entry: T) {
    match entries.get_mut(place as usize) {
        Some(known) => *known = entry,
        None => entries.push(entry),
    }
}
