//! The thread that makes files of records.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant, SystemTime};

use super::{AudioRecord, CaptureSettings, InfluenceRecord, Item, Shared, lock};
use crate::capture::file::{Scribe, Writer};
use crate::capture::influence::Standing;
use crate::capture::record::Record;
use crate::shelf::ShelfError;

/// How long a message may wait before it is in its file.
const WRITE_WITHIN: Duration = Duration::from_millis(200);
/// Octets that are written at once.
const CHUNK: usize = 64 * 1024;
/// How often files that are too old are looked for.
const DISCARD_EVERY: Duration = Duration::from_secs(3600);
/// Who writes, as the files say.
const APPLICATION: &str = concat!("Offhook ", env!("CARGO_PKG_VERSION"));

pub(super) struct Thread {
    shared: Arc<Shared>,
    settings: CaptureSettings,
    writer: Option<Writer>,
    scribe: Scribe,
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
            scribe: Scribe::new(settings.pseudonyms.clone()),
            settings,
            writer: None,
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
                        self.scribe.flush(writer);
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
            self.scribe.begin_file();
            self.scribe.drop_waiting();
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
            let comment = match self.scribe.has_pseudonyms() {
                true => "SIP, and audio where chosen, of chosen line groups. Numbers and names are pseudonyms.",
                false => "SIP, and audio where chosen, of chosen line groups.",
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
            self.scribe.begin_file();
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
        self.scribe.flush(&mut writer);
        self.scribe.begin_file();
        writer.lose(self.shared.lost.take());
        writer.finish();
        let mut shelf = lock(&self.shared.shelf);
        let written = shelf.append(&writer.take());
        shelf.close();
        written
    }

    fn note(&mut self, record: Record) {
        let (names, Some(writer)) = (self.shared.names(), &mut self.writer) else { return };
        writer.lose(self.shared.lost.take());
        self.scribe.record(record, &names, writer);
    }

    /// What calls are decided by. Of what is about none of them no file begins.
    fn influence(&mut self, InfluenceRecord { at, call, owner, influence }: InfluenceRecord) {
        let is_of_calls = influence.is_of_calls();
        let say = |this: &mut Self| {
            let names = this.shared.names();
            this.count_lost();
            this.scribe.influence(at, call, owner, influence, &names, this.writer.as_mut());
        };
        match self.writer.is_some() || is_of_calls {
            true => self.take(say),
            false => say(self),
        }
    }

    /// How all stand.
    fn stand(&mut self, at: Duration, standing: Standing) {
        let names = self.shared.names();
        self.count_lost();
        self.scribe.stand(at, standing, &names, self.writer.as_mut());
    }

    fn audio(&mut self, AudioRecord { at, call, owner, packet }: AudioRecord) {
        let (names, Some(writer)) = (self.shared.names(), &mut self.writer) else { return };
        writer.lose(self.shared.lost.take());
        self.scribe.audio(at, call, owner, packet, &names, writer);
    }

    /// What was lost was lost before what follows.
    fn count_lost(&mut self) {
        if let Some(writer) = &mut self.writer {
            writer.lose(self.shared.lost.take());
        }
    }
}
