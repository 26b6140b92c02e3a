//! Recordings on their way to the disk. One thread writes them all, so that a slow or full disk holds nobody up: what it
//! cannot take in time ends the recording, never the call.
//!
//! A file has `.part` behind its name until it is complete.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use offhook_media::record::{Container, Patch, RecordFormat};
use offhook_media::session::Side;
use time::OffsetDateTime;
use tokio::sync::mpsc::Sender;
use tracing::{info, warn};

use super::MediaEvent;
use crate::call::effect::MediaInput;
use crate::ids::CallId;

/// Octets that a recording gathers before they are written: a second of two channels at 8 kHz.
const CHUNK: usize = 32 * 1024;
/// Chunks that may wait for the disk, of all recordings together.
const BACKLOG: usize = 1024;

/// Where and how a call is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// The file. One that is there already is replaced; folders that are missing are made.
    pub path: PathBuf,
    /// What is written into it.
    pub format: RecordFormat,
}

/// `2026-11-21_17-12-03_call-42.wav`, in UTC: files in the order of their names are in that of their calls.
pub(super) fn file_name(at: OffsetDateTime, call: CallId, format: RecordFormat) -> String {
    let ending = match format.container {
        Container::Wav => "wav",
        Container::OggOpus => "opus",
    };
    let (date, time) = (at.date(), at.time());
    let (hour, minute, second) = time.as_hms();
    format!("{date}_{hour:02}-{minute:02}-{second:02}_call-{}.{ending}", call.0)
}

/// The way to the thread that writes.
#[derive(Debug, Clone)]
pub(super) struct Tapes {
    jobs: SyncSender<Job>,
}

/// A recording, as a worker has it.
#[derive(Debug)]
pub(super) struct Tape {
    jobs: SyncSender<Job>,
    target: Arc<Target>,
    pending: Vec<u8>,
}

/// A recording cannot be gone on with. It has been reported.
#[derive(Debug)]
pub(super) struct TapeBroken;

#[derive(Debug)]
struct Target {
    call: CallId,
    path: PathBuf,
    broken: AtomicBool,
    events: Sender<MediaEvent>,
}

#[derive(Debug)]
enum Job {
    Begin(Arc<Target>),
    Append(Arc<Target>, Vec<u8>),
    Finish(Arc<Target>, Vec<u8>, Option<Patch>),
    /// The file stays as it is, under the name it has.
    Abandon(Arc<Target>),
}

impl Tapes {
    /// Starts the thread.
    pub(super) fn start() -> io::Result<Tapes> {
        let (jobs, receiver) = sync_channel(BACKLOG);
        std::thread::Builder::new().name("recordings".into()).spawn(move || write_all(&receiver))?;
        Ok(Tapes { jobs })
    }

    /// Begins a file.
    pub(super) fn begin(&self, call: CallId, path: PathBuf, events: Sender<MediaEvent>) -> Result<Tape, TapeBroken> {
        let target = Arc::new(Target { call, path, broken: AtomicBool::new(false), events });
        let tape = Tape { jobs: self.jobs.clone(), target, pending: Vec::new() };
        tape.send(Job::Begin(tape.target.clone()))?;
        Ok(tape)
    }
}

impl Tape {
    /// Appends octets.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), TapeBroken> {
        if self.target.broken.load(Ordering::Relaxed) {
            return Err(TapeBroken);
        }
        self.pending.extend_from_slice(bytes);
        if self.pending.len() < CHUNK {
            return Ok(());
        }
        let chunk = std::mem::take(&mut self.pending);
        self.send(Job::Append(self.target.clone(), chunk))
    }

    /// The recording is complete.
    pub(super) fn finish(mut self, patch: Option<Patch>) {
        let rest = std::mem::take(&mut self.pending);
        // What goes wrong has been reported.
        let _ = self.send(Job::Finish(self.target.clone(), rest, patch));
    }

    /// There is nothing to record with.
    pub(super) fn fail(self, reason: impl ToString) {
        self.target.fail(reason);
    }

    fn send(&self, job: Job) -> Result<(), TapeBroken> {
        if self.jobs.try_send(job).is_ok() {
            return Ok(());
        }
        self.target.fail("the disk does not keep up");
        Err(TapeBroken)
    }
}

impl Drop for Tape {
    fn drop(&mut self) {
        // A file that is complete is closed already. Where there is no room, the next word about any file closes it.
        let _ = self.jobs.try_send(Job::Abandon(self.target.clone()));
    }
}

impl Target {
    fn fail(&self, reason: impl ToString) {
        if self.broken.swap(true, Ordering::Relaxed) {
            return;
        }
        let reason = reason.to_string();
        warn!(call = %self.call, path = %self.path.display(), %reason, "recording ends before the call");
        self.tell(MediaInput::RecordingFailed { reason });
    }

    fn tell(&self, event: MediaInput) {
        if self.events.try_send(MediaEvent { call: self.call, side: Side::A, tenure: None, event }).is_err() {
            warn!(call = %self.call, "the core does not keep up with media events");
        }
    }

    /// The name until the file is complete.
    fn part(&self) -> PathBuf {
        let mut part = self.path.clone().into_os_string();
        part.push(".part");
        part.into()
    }
}

/// Files that are being written, few enough to look through.
struct Open(Vec<(Arc<Target>, File)>);

fn write_all(jobs: &Receiver<Job>) {
    let mut open = Open(Vec::new());
    for job in jobs {
        let (Job::Begin(target) | Job::Append(target, _) | Job::Finish(target, ..) | Job::Abandon(target)) = &job;
        let target = target.clone();
        if target.broken.load(Ordering::Relaxed) {
            open.take(&target);
        } else if let Err(error) = open.perform(job) {
            open.take(&target);
            target.fail(error);
        }
        drop(target);
        // Those whose last word was lost.
        open.0.retain(|(target, _)| Arc::strong_count(target) > 1);
    }
}

impl Open {
    fn take(&mut self, target: &Arc<Target>) -> Option<File> {
        let place = self.0.iter().position(|(known, _)| Arc::ptr_eq(known, target))?;
        Some(self.0.swap_remove(place).1)
    }

    fn file(&mut self, target: &Arc<Target>) -> io::Result<&mut File> {
        let known = self.0.iter_mut().find(|(known, _)| Arc::ptr_eq(known, target));
        known.map(|(_, file)| file).ok_or_else(|| io::Error::other("the file is not open"))
    }

    fn perform(&mut self, job: Job) -> io::Result<()> {
        match job {
            Job::Begin(target) => {
                let file = create(&target.part())?;
                self.0.push((target, file));
            }
            Job::Append(target, bytes) => self.file(&target)?.write_all(&bytes)?,
            Job::Finish(target, rest, patch) => {
                let mut file = self.take(&target).ok_or_else(|| io::Error::other("the file is not open"))?;
                file.write_all(&rest)?;
                if let Some(patch) = patch {
                    file.seek(SeekFrom::Start(patch.offset))?;
                    file.write_all(&patch.bytes)?;
                }
                file.sync_all()?;
                std::fs::rename(target.part(), &target.path)?;
                info!(call = %target.call, path = %target.path.display(), "recorded");
                target.tell(MediaInput::Recorded { path: target.path.clone() });
            }
            Job::Abandon(target) => drop(self.take(&target)),
        }
        Ok(())
    }
}

/// A file that only we may read: it has what people said.
fn create(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_does_not_keep_up_ends_the_recording() {
        // Nobody writes.
        let (jobs, _waiting) = sync_channel(2);
        let (events, mut news) = tokio::sync::mpsc::channel(4);
        let mut tape = Tapes { jobs }.begin(CallId(1), "/tmp/never".into(), events).unwrap();
        assert!(tape.write(&[0; CHUNK]).is_ok());
        assert!(tape.write(&[0; CHUNK - 1]).is_ok(), "less than a chunk waits");
        assert!(tape.write(&[0; 1]).is_err());
        assert!(tape.write(&[0; 1]).is_err());
        drop(tape);
        assert!(matches!(news.try_recv().unwrap().event, MediaInput::RecordingFailed { .. }));
        assert!(news.try_recv().is_err(), "it is told once");
    }

    #[test]
    fn a_file_has_its_name_when_it_is_complete() {
        let folder = std::env::temp_dir().join(format!("offhook-recordings-{}-name", std::process::id()));
        let path = folder.join("deep").join("call.wav");
        let (events, mut news) = tokio::sync::mpsc::channel(4);
        let mut tape = Tapes::start().unwrap().begin(CallId(1), path.clone(), events).unwrap();
        tape.write(b"....data").unwrap();
        assert!(!path.exists());
        tape.finish(Some(Patch { offset: 0, bytes: b"size".to_vec() }));
        assert!(matches!(news.blocking_recv().unwrap().event, MediaInput::Recorded { .. }));
        assert_eq!(std::fs::read(&path).unwrap(), b"sizedata");
        assert_eq!(std::fs::read_dir(folder.join("deep")).unwrap().count(), 1);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
