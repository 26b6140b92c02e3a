//! Writes records into a file: whom each belongs to, what stood behind it, and what it caused.

use std::net::IpAddr;
use std::time::Duration;

use super::audio::{AudioPacket, without_names};
use super::background::Background;
use super::composer::{Composer, Content, Message};
use super::packet::Direction;
use super::{Writer, comment};
use crate::capture::influence::{Influence, Standing};
use crate::capture::pseudonyms::Pseudonyms;
use crate::capture::record::{ClientRecord, Record, SipRecord, What};
use crate::capture::recorder::{Names, Owner};
use crate::ids::CallId;

/// What our own addresses are called in files.
const OWN_NAME: &str = "offhook";

/// What people call what records name by number.
#[derive(Debug, Clone, Default)]
pub struct FileNames {
    /// By [`LineGroupId`](crate::ids::LineGroupId).
    pub groups: Vec<String>,
    /// By [`LineId`](crate::ids::LineId).
    pub lines: Vec<String>,
    /// By [`UserId`](crate::ids::UserId).
    pub users: Vec<String>,
}

impl From<&Names> for FileNames {
    fn from(names: &Names) -> FileNames {
        FileNames {
            groups: names.groups.iter().map(|group| group.name.clone()).collect(),
            lines: names.lines.iter().map(|line| line.number.clone()).collect(),
            users: names.users.clone(),
        }
    }
}

/// Writes records. It is told how all lines and clients stand also while there is no file.
#[derive(Debug, Default)]
pub struct Scribe {
    pseudonyms: Option<Pseudonyms>,
    composer: Composer,
    background: Background,
}

impl Scribe {
    /// With `pseudonyms` numbers and names are in no file.
    pub fn new(pseudonyms: Option<Pseudonyms>) -> Scribe {
        Scribe { pseudonyms, ..Scribe::default() }
    }

    /// Whether there are pseudonyms in the files.
    pub fn has_pseudonyms(&self) -> bool {
        self.pseudonyms.is_some()
    }

    /// Another file begins, which says nothing yet.
    pub fn begin_file(&mut self) {
        self.background.begin_file();
    }

    /// What waits to be written is in no file.
    pub fn drop_waiting(&mut self) {
        self.composer = Composer::default();
    }

    /// Writes what waits.
    pub fn flush(&mut self, writer: &mut Writer) {
        self.composer.flush(writer);
    }

    /// Something happened.
    pub fn record(&mut self, record: Record, names: &FileNames, writer: &mut Writer) {
        let Record { at, call, group, line, what } = record;
        let owner = Owner { group, line };
        if call.is_some() || matches!(&what, What::Sip(sip) if sip.bytes.starts_with(b"INVITE ")) {
            let said = self.background.before(owner, &names.groups);
            said.into_iter().for_each(|influence| self.put(at, None, owner, influence, names, writer));
        }
        let belongs = self.belongs(call, owner, names);
        match what {
            What::Sip(SipRecord { sent, transport, local, remote, bytes }) => {
                let group = group.and_then(|group| names.groups.get(group.0 as usize));
                let mut name = |address: IpAddr, name: &str| writer.name(address, name);
                name(local.ip(), OWN_NAME);
                if let (Some(remote), Some(group)) = (remote.address(), group) {
                    name(remote.ip(), group);
                }
                let addresses = remote.address().map(|remote| if sent { (local, remote) } else { (remote, local) });
                let content = Content::sip(transport, &bytes, self.pseudonyms.as_mut());
                let direction = Some(direction(sent));
                let message = Message { at, call, direction, addresses, content, comment: belongs };
                self.composer.message(message, writer);
            }
            What::Client(ClientRecord { sent, client, user, text }) => {
                let user = names.users.get(user.0 as usize).map_or("", String::as_str);
                let user = self.pseudonyms.as_mut().map_or_else(|| user.to_owned(), |known| known.of(user));
                let comment = format!("{belongs} client={client} user={user}");
                let content = Content::client(&text, self.pseudonyms.as_mut());
                let direction = Some(direction(sent));
                let message = Message { at, call, direction, addresses: None, content, comment };
                self.composer.message(message, writer);
            }
            What::Step(step) => {
                let note = comment::step(step.trigger, step.before, step.after);
                self.composer.note(at, call, &belongs, &note, writer);
            }
            What::Media { event, detail, .. } => {
                let plain = self.pseudonyms.is_none();
                let detail = detail.map(|detail| if plain { detail.into() } else { Pseudonyms::media(event, &detail) });
                self.composer.note(at, call, &belongs, &comment::media(event, detail.as_deref()), writer);
            }
            What::Failure { detail, .. } => {
                self.composer.note(at, call, &belongs, &comment::failure(&detail), writer);
            }
            What::Influence(influence) => {
                self.influence(at, call, owner, (*influence).clone(), names, Some(writer));
            }
        }
    }

    /// What calls are decided by. Without a writer it is only remembered.
    pub fn influence(
        &mut self,
        at: Duration,
        call: Option<CallId>,
        owner: Owner,
        influence: Influence,
        names: &FileNames,
        writer: Option<&mut Writer>,
    ) {
        let said = self.background.influence(influence, owner, &names.groups);
        let Some(writer) = writer else { return };
        said.into_iter().for_each(|influence| self.put(at, call, owner, influence, names, writer));
    }

    /// How all stand.
    pub fn stand(&mut self, at: Duration, standing: Standing, names: &FileNames, writer: Option<&mut Writer>) {
        let said = self.background.stand(standing, &names.groups);
        let Some(writer) = writer else { return };
        said.into_iter().for_each(|influence| self.put(at, None, Owner::default(), influence, names, writer));
    }

    /// A packet of audio.
    pub fn audio(
        &mut self,
        at: Duration,
        call: CallId,
        owner: Owner,
        mut packet: Box<AudioPacket>,
        names: &FileNames,
        writer: &mut Writer,
    ) {
        let comment = self.belongs(Some(call), owner, names);
        writer.name(packet.local.ip(), OWN_NAME);
        if packet.is_rtcp && self.pseudonyms.is_some() {
            without_names(&mut packet.bytes);
        }
        let (direction, content) = (Some(packet.direction), Content::Audio(packet));
        let message = Message { at, call: Some(call), direction, addresses: None, content, comment };
        self.composer.audio(message, writer);
    }

    fn put(
        &mut self,
        at: Duration,
        call: Option<CallId>,
        owner: Owner,
        influence: Influence,
        names: &FileNames,
        writer: &mut Writer,
    ) {
        // Of what is said of all alike no call is the cause.
        let call = call.filter(|_| influence.is_of_calls());
        let comment = self.belongs(call, owner, names);
        let content = Content::influence(influence, self.pseudonyms.as_mut());
        let message = Message { at, call, direction: None, addresses: None, content, comment };
        self.composer.message(message, writer);
    }

    fn belongs(&mut self, call: Option<CallId>, Owner { group, line }: Owner, names: &FileNames) -> String {
        let line = line.and_then(|line| names.lines.get(line.0 as usize));
        let line = line.map(|line| self.pseudonyms.as_mut().map_or_else(|| line.clone(), |known| known.of(line)));
        let group = group.and_then(|group| names.groups.get(group.0 as usize));
        comment::belongs(call, line.as_deref(), group.map(String::as_str))
    }
}

/// Which way a message went.
fn direction(sent: bool) -> Direction {
    if sent { Direction::Out } else { Direction::In }
}
