//! The thread that makes files of records.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant, SystemTime};

use super::{AudioRecord, CaptureSettings, InfluenceRecord, Item, Shared, lock};
use crate::capture::file::{Background, Composer, Content, Direction, Message, Writer, comment, without_names};
use crate::capture::influence::{Influence, Standing};
use crate::capture::pseudonyms::Pseudonyms;
use crate::capture::record::{ClientRecord, Record, SipRecord, What};
use crate::capture::recorder::Owner;
use crate::ids::CallId;
use crate::shelf::ShelfError;

/// How long a message may wait before it is in its file.
const WRITE_WITHIN: Duration = Duration::from_millis(200);
/// Octets that are written at once.
const CHUNK: usize = 64 * 1024;
/// How often files that are too old are looked for.
const DISCARD_EVERY: Duration = Duration::from_secs(3600);
/// Who writes, as the files say.
const APPLICATION: &str = concat!("Offhook ", env!("CARGO_PKG_VERSION"));
/// What our own addresses are called in files.
const OWN_NAME: &str = "offhook";

pub(super) struct Thread {
    shared: Arc<Shared>,
    settings: CaptureSettings,
    pseudonyms: Option<Pseudonyms>,
    writer: Option<Writer>,
    composer: Composer,
    background: Background,
    written_at: Instant,
    discarded_at: Instant,
    /// What was chosen when the last file ended because nothing was captured any more.
    over: Option<u64>,
}

impl Thread {
    pub(super) fn new(shared: Arc<Shared>, settings: CaptureSettings) -> Thread {
        let now = Instant::now();
        Thread {
            shared,
            pseudonyms: settings.pseudonyms.clone(),
            settings,
            writer: None,
            composer: Composer::default(),
            background: Background::default(),
            written_at: now,
            discarded_at: now,
            over: None,
        }
    }

    /// Until nothing can come any more.
    pub(super) fn run(mut self, items: &Receiver<Item>) {
        lock(&self.shared.shelf).discard_old(SystemTime::now());
        loop {
            let wait = if self.writer.is_some() { WRITE_WITHIN } else { DISCARD_EVERY };
            match items.recv_timeout(wait) {
                Ok(Item::Record(record)) => {
                    self.shared.queued.fetch_sub(record.size(), Ordering::Relaxed);
                    self.take(|this| this.note(record));
                }
                Ok(Item::Audio(record)) => {
                    self.shared.queued.fetch_sub(record.size(), Ordering::Relaxed);
                    self.shared.queued_audio.fetch_sub(1, Ordering::Relaxed);
                    self.take(|this| this.audio(record));
                }
                Ok(Item::Influence(record)) => {
                    self.shared.queued.fetch_sub(record.size(), Ordering::Relaxed);
                    self.influence(*record);
                }
                Ok(Item::Stand(at, standing)) => {
                    self.shared.queued.fetch_sub(standing.size(), Ordering::Relaxed);
                    self.stand(at, *standing);
                }
                Ok(Item::End) => break,
                // Nothing that a message has caused is under way.
                Err(RecvTimeoutError::Timeout) => {
                    if let Some(writer) = &mut self.writer {
                        self.composer.flush(writer);
                    }
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if self.written_at.elapsed() >= WRITE_WITHIN {
                let done = self.tick();
                self.check(done);
            }
        }
        let _ = self.end();
    }

    /// Ends capturing where it cannot go on.
    fn check(&mut self, done: Result<(), ShelfError>) {
        if let Err(error) = done {
            self.writer = None;
            self.background.begin_file();
            self.composer = Composer::default();
            self.shared.stop(error.sentence());
        }
    }

    /// Puts something into the file, unless it was under way when capturing ended.
    fn take(&mut self, put: impl FnOnce(&mut Self)) {
        let is_over = self.over == Some(self.shared.version.load(Ordering::Relaxed));
        if !is_over && lock(&self.shared.stopped).is_none() {
            let done = self.ready().and_then(|()| {
                put(self);
                match self.writer.as_ref().is_some_and(|writer| writer.len() >= CHUNK) {
                    true => self.write(),
                    false => Ok(()),
                }
            });
            self.check(done);
        }
    }

    /// Sees to it that there is a file, and that it is not full.
    fn ready(&mut self) -> Result<(), ShelfError> {
        let now = SystemTime::now();
        let (length, is_of_yesterday) = {
            let shelf = lock(&self.shared.shelf);
            (shelf.length(), shelf.is_of_yesterday(now))
        };
        let waiting = self.writer.as_ref().map_or(0, Writer::len) as u64;
        if self.writer.is_some() && (is_of_yesterday || length + waiting >= self.settings.max_file) {
            self.end()?;
        }
        if self.writer.is_none() {
            lock(&self.shared.shelf).begin(now)?;
            let comment = match self.pseudonyms {
                Some(_) => "SIP, and audio where chosen, of chosen line groups. Numbers and names are pseudonyms.",
                None => "SIP, and audio where chosen, of chosen line groups.",
            };
            self.writer = Some(Writer::new(APPLICATION, comment));
        }
        Ok(())
    }

    /// What is due now and then.
    fn tick(&mut self) -> Result<(), ShelfError> {
        if self.discarded_at.elapsed() >= DISCARD_EVERY {
            self.discarded_at = Instant::now();
            lock(&self.shared.shelf).discard_old(SystemTime::now());
        }
        self.shared.forget_calls();
        let version = self.shared.version.load(Ordering::Relaxed);
        // What was noted while something was captured comes first.
        if self.shared.open.load(Ordering::Relaxed) || self.shared.queued.load(Ordering::Relaxed) > 0 {
            return self.write();
        }
        self.over = Some(version);
        self.end()
    }

    fn write(&mut self) -> Result<(), ShelfError> {
        self.written_at = Instant::now();
        if lock(&self.shared.shelf).is_gone() {
            // What waits belongs behind what is gone; the next record begins a file that can be read.
            self.writer = None;
            self.background.begin_file();
            lock(&self.shared.shelf).close();
            tracing::warn!("somebody has removed the capture file that was being written; another one follows");
        }
        match self.writer.as_mut().map(Writer::take) {
            Some(octets) if !octets.is_empty() => lock(&self.shared.shelf).append(&octets),
            _ => Ok(()),
        }
    }

    /// The file is complete.
    fn end(&mut self) -> Result<(), ShelfError> {
        self.written_at = Instant::now();
        let Some(mut writer) = self.writer.take() else { return Ok(()) };
        self.background.begin_file();
        self.composer.flush(&mut writer);
        writer.lose(self.shared.lost.take());
        writer.finish();
        let mut shelf = lock(&self.shared.shelf);
        let written = shelf.append(&writer.take());
        shelf.close();
        written
    }

    fn note(&mut self, record: Record) {
        let Record { call, group, line, .. } = record;
        let (owner, names) = (Owner { group, line }, self.shared.names());
        if call.is_some() || matches!(&record.what, What::Sip(sip) if sip.bytes.starts_with(b"INVITE ")) {
            let said = self.background.before(owner, &names.groups);
            said.into_iter().for_each(|influence| self.put(record.at, None, owner, influence));
        }
        let belongs = self.belongs(call, owner);
        let Some(writer) = &mut self.writer else { return };
        writer.lose(self.shared.lost.take());
        let Record { at, call, group, what, .. } = record;
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
        }
    }

    /// What calls are decided by. Of what is about none of them no file begins.
    fn influence(&mut self, InfluenceRecord { at, call, owner, influence }: InfluenceRecord) {
        let is_of_calls = influence.is_of_calls();
        let say = |this: &mut Self| {
            let said = this.background.influence(influence, owner, &this.shared.names().groups);
            said.into_iter().for_each(|influence| this.put(at, call, owner, influence));
        };
        match self.writer.is_some() || is_of_calls {
            true => self.take(say),
            false => say(self),
        }
    }

    /// How all stand.
    fn stand(&mut self, at: Duration, standing: Standing) {
        let said = self.background.stand(standing, &self.shared.names().groups);
        said.into_iter().for_each(|influence| self.put(at, None, Owner::default(), influence));
    }

    fn put(&mut self, at: Duration, call: Option<CallId>, owner: Owner, influence: Influence) {
        // Of what is said of all alike no call is the cause.
        let call = call.filter(|_| influence.is_of_calls());
        let comment = self.belongs(call, owner);
        let content = Content::influence(influence, self.pseudonyms.as_mut());
        let Some(writer) = &mut self.writer else { return };
        writer.lose(self.shared.lost.take());
        let message = Message { at, call, direction: None, addresses: None, content, comment };
        self.composer.message(message, writer);
    }

    fn audio(&mut self, AudioRecord { at, call, owner, mut packet }: AudioRecord) {
        let comment = self.belongs(Some(call), owner);
        let Some(writer) = &mut self.writer else { return };
        writer.lose(self.shared.lost.take());
        writer.name(packet.local.ip(), OWN_NAME);
        if packet.is_rtcp && self.pseudonyms.is_some() {
            without_names(&mut packet.bytes);
        }
        let (direction, content) = (Some(packet.direction), Content::Audio(packet));
        let message = Message { at, call: Some(call), direction, addresses: None, content, comment };
        self.composer.audio(message, writer);
    }

    fn belongs(&mut self, call: Option<CallId>, Owner { group, line }: Owner) -> String {
        let names = self.shared.names();
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
