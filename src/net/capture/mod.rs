//! Capture files while the server runs: who is captured, and the thread that writes.
//!
//! Signalling, and the media threads where audio is captured, hand over what happens through a bounded queue and go on;
//! what does not fit is counted, and said in the file and to administrators. A disk that is full or slow ends the capture,
//! never a call.

mod tap;
#[cfg(test)]
mod tests;
mod thread;

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use offhook_media::session::Copying;
use rustc_hash::{FxHashMap, FxHashSet};

use self::tap::AudioRecord;
pub use self::tap::Tap;
use crate::capture::file::{FileNames, Lost};
use crate::capture::influence::{Influence, Standing};
use crate::capture::pseudonyms::Pseudonyms;
use crate::capture::record::{Record, Sink};
use crate::capture::recorder::{Clock, Owner};
use crate::ids::{CallId, LineGroupId, LineId};
use crate::shelf::{FileKind, Sentence, Shelf, ShelfSettings};
pub use crate::shelf::{ShelfFile as CaptureFile, WhenFull};

/// Records that wait for the thread.
const BACKLOG: usize = 16 * 1024;
/// Octets of them.
const BACKLOG_OCTETS: usize = 32 << 20;

/// Of both, what audio leaves to signalling.
const FOR_SIGNALLING: usize = 2;
/// Calls that are chosen one by one; whoever chooses more loses the first.
const MAX_CALLS: usize = 64;
/// How long what follows the end of a chosen call belongs to it.
const AFTER_END: Duration = Duration::from_secs(10);

/// What capture files are called.
const CAPTURE_FILES: FileKind =
    FileKind { prefix: "sipav_", ending: ".pcapng", noun: "capture", german: "der Mitschnitt", table: "capture" };

/// How captures are kept.
#[derive(Debug, Clone)]
pub struct CaptureSettings {
    /// Where the files go; it is made where it is missing.
    pub directory: PathBuf,
    /// A file that has so many octets is followed by another.
    pub max_file: u64,
    /// All files together never have more octets.
    pub total: u64,
    /// How long a file is kept; None: until there is no room for it.
    pub keep: Option<Duration>,
    /// What happens when there is no room for another.
    pub when_full: WhenFull,
    /// Octets of the disk that are left to others.
    pub min_free: u64,
    /// The pseudonyms, where numbers and names get some.
    pub pseudonyms: Option<Pseudonyms>,
    /// Names of line groups, numbers of lines and names of users, for comments.
    pub names: FileNames,
}

impl From<&CaptureSettings> for ShelfSettings {
    fn from(settings: &CaptureSettings) -> ShelfSettings {
        ShelfSettings {
            directory: settings.directory.clone(),
            kind: CAPTURE_FILES,
            total: settings.total,
            keep: settings.keep,
            when_full: settings.when_full,
            min_free: settings.min_free,
        }
    }
}

/// What of a line group is captured.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Selection {
    /// Nothing.
    #[default]
    Off,
    /// Everything.
    All,
    /// What belongs to these lines.
    Lines(FxHashSet<LineId>),
}

/// What of the RTP and RTCP of calls is captured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Audio {
    /// Nothing.
    #[default]
    Off,
    /// RTCP, and of RTP the headers.
    Headers,
    /// Everything: the call can be listened to.
    Payload,
}

impl Audio {
    fn copying(self) -> Option<Copying> {
        match self {
            Audio::Off => None,
            Audio::Headers => Some(Copying::Headers),
            Audio::Payload => Some(Copying::Whole),
        }
    }
}

/// What of a line group is captured, and how much of its audio.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupCapture {
    /// What belongs to it.
    pub selection: Selection,
    /// Of the same calls.
    pub audio: Audio,
}

impl From<Selection> for GroupCapture {
    /// Signalling alone.
    fn from(selection: Selection) -> GroupCapture {
        GroupCapture { selection, audio: Audio::Off }
    }
}

/// Where captures stand.
#[derive(Debug, Clone)]
pub struct CaptureStatus {
    /// By [`LineGroupId`].
    pub groups: Vec<GroupCapture>,
    /// Calls that were chosen one by one and have not ended.
    pub calls: Vec<(CallId, Audio)>,
    /// The files, the oldest first.
    pub files: Vec<CaptureFile>,
    /// What was lost since the start.
    pub lost: Lost,
    /// Why capturing has ended by itself, in a sentence.
    pub stopped: Option<Sentence>,
    /// Octets that all files together may have.
    pub total_limit: u64,
}

/// Captures, as administrators have them.
#[derive(Debug, Clone)]
pub struct Captures {
    shared: Arc<Shared>,
    items: SyncSender<Item>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

#[derive(Debug)]
struct Shared {
    /// Whether anything is captured.
    open: AtomicBool,
    chosen: RwLock<Chosen>,
    /// Changes whenever something else is chosen.
    version: AtomicU64,
    stopped: Mutex<Option<Sentence>>,
    shelf: Mutex<Shelf>,
    total_limit: u64,
    pseudonyms: Option<Pseudonyms>,
    names: RwLock<Arc<FileNames>>,
    /// What the next packet must say, and all since the start.
    lost: Losses,
    lost_ever: Losses,
    queued: AtomicUsize,
    /// Packets of audio among what waits.
    queued_audio: AtomicUsize,
}

/// What is captured.
#[derive(Debug, Default)]
struct Chosen {
    /// By [`LineGroupId`].
    groups: Vec<GroupCapture>,
    calls: FxHashMap<CallId, ChosenCall>,
}

/// A call that was chosen by itself.
#[derive(Debug, Clone, Copy)]
struct ChosenCall {
    audio: Audio,
    /// When it ended.
    ended: Option<Instant>,
}

#[derive(Debug, Default)]
struct Losses {
    messages: AtomicU64,
    packets: AtomicU64,
}

/// What the thread gets.
#[derive(Debug)]
enum Item {
    Record(Record),
    Audio(AudioRecord),
    Influence(Box<InfluenceRecord>),
    /// When, since 1970-01-01 UTC, and how all stand.
    Stand(Duration, Box<Standing>),
    /// Nothing follows.
    End,
}

/// What calls are decided by.
#[derive(Debug)]
struct InfluenceRecord {
    /// When, since 1970-01-01 UTC.
    at: Duration,
    call: Option<CallId>,
    owner: Owner,
    influence: Influence,
}

impl InfluenceRecord {
    /// About how many octets it takes in memory.
    fn size(&self) -> usize {
        size_of::<InfluenceRecord>() + self.influence.size()
    }
}

/// The way of records to the thread, which ends when this goes.
#[derive(Debug)]
pub struct CaptureSink {
    shared: Arc<Shared>,
    items: SyncSender<Item>,
}

impl Drop for CaptureSink {
    fn drop(&mut self) {
        // It fails only where the thread has ended.
        let _ = self.items.send(Item::End);
    }
}

impl Losses {
    fn get(&self) -> Lost {
        Lost { messages: self.messages.load(Ordering::Relaxed), packets: self.packets.load(Ordering::Relaxed) }
    }

    fn take(&self) -> Lost {
        Lost { messages: self.messages.swap(0, Ordering::Relaxed), packets: self.packets.swap(0, Ordering::Relaxed) }
    }
}

impl Captures {
    /// Starts the thread. `groups` is what is captured from the beginning, by [`LineGroupId`].
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(settings: CaptureSettings, groups: Vec<GroupCapture>) -> io::Result<(Captures, CaptureSink)> {
        let (items, receiver) = sync_channel(BACKLOG);
        let chosen = Chosen { groups, calls: FxHashMap::default() };
        let shared = Arc::new(Shared {
            open: AtomicBool::new(chosen.is_any()),
            chosen: RwLock::new(chosen),
            version: AtomicU64::new(1),
            stopped: Mutex::new(None),
            shelf: Mutex::new(Shelf::new(&settings)),
            total_limit: settings.total,
            pseudonyms: settings.pseudonyms.clone(),
            names: RwLock::new(Arc::new(settings.names.clone())),
            lost: Losses::default(),
            lost_ever: Losses::default(),
            queued: AtomicUsize::new(0),
            queued_audio: AtomicUsize::new(0),
        });
        let writer = thread::Thread::new(shared.clone(), settings);
        let thread = std::thread::Builder::new().name("captures".into()).spawn(move || writer.run(&receiver))?;
        let thread = Arc::new(Mutex::new(Some(thread)));
        let captures = Captures { shared: shared.clone(), items: items.clone(), thread };
        Ok((captures, CaptureSink { shared, items }))
    }

    /// Says what of a line group is captured from now on. Where numbers are pseudonyms, no more than headers are.
    pub fn select(&self, group: LineGroupId, capture: impl Into<GroupCapture>) {
        let capture = capture.into();
        self.shared.choose(|chosen| {
            if let Some(known) = chosen.groups.get_mut(group.0 as usize) {
                *known = capture;
                return known.selection != Selection::Off;
            }
            false
        });
    }

    /// Captures a call from now on whatever its line group, or no longer.
    pub fn select_call(&self, call: CallId, audio: Option<Audio>) {
        self.shared.choose(|chosen| {
            let Some(audio) = audio else {
                chosen.calls.remove(&call);
                return false;
            };
            if chosen.calls.len() >= MAX_CALLS && !chosen.calls.contains_key(&call) {
                let oldest = chosen.calls.keys().min_by_key(|call| call.0).copied();
                oldest.map(|oldest| chosen.calls.remove(&oldest));
            }
            chosen.calls.insert(call, ChosenCall { audio, ended: None });
            true
        });
    }

    /// Line groups, lines and users are called like this from now on. `groups` is what is captured of line groups that
    /// there were not.
    pub fn set_names(&self, names: FileNames, groups: Vec<GroupCapture>) {
        *self.shared.names.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(names);
        self.shared.choose(|chosen| {
            let known = chosen.groups.len();
            chosen.groups.extend(groups.into_iter().skip(known));
            chosen.groups[known..].iter().any(|capture| capture.selection != Selection::Off)
        });
    }

    /// A call has ended.
    pub fn ended(&self, call: CallId, now: Instant) {
        if self.shared.open.load(Ordering::Relaxed)
            && let Some(chosen) = self.shared.chosen_mut().calls.get_mut(&call)
        {
            chosen.ended = Some(now);
        }
    }

    /// What of a line group is captured.
    pub fn selected(&self, group: LineGroupId) -> GroupCapture {
        self.shared.chosen().groups.get(group.0 as usize).cloned().unwrap_or_default()
    }

    /// Changes whenever [`Captures::tap`] may give something else.
    pub fn version(&self) -> u64 {
        self.shared.version.load(Ordering::Relaxed)
    }

    /// The way of a call's audio into captures, where that is wanted for any of those that it is there for; `clock` turns
    /// the moments of its packets into times.
    pub fn tap(&self, call: CallId, owners: &[Owner], clock: Clock) -> Option<Tap> {
        if !self.shared.open.load(Ordering::Relaxed) {
            return None;
        }
        let first = owners.first().copied().unwrap_or_default();
        let wanted = owners.iter().map(|&owner| (self.shared.audio(call, owner), owner));
        // The first of those that want the most.
        let most = |best: (Audio, Owner), next: (Audio, Owner)| if next.0 > best.0 { next } else { best };
        let (audio, owner) = wanted.fold((self.shared.audio(call, first), first), most);
        let copying = audio.copying()?;
        Some(Tap::new(self.shared.clone(), self.items.clone(), (call, owner), copying, clock))
    }

    /// Where captures stand. Reads the directory.
    pub fn status(&self) -> CaptureStatus {
        let (groups, calls) = {
            let chosen = self.shared.chosen();
            let running = chosen.calls.iter().filter(|(_, chosen)| chosen.ended.is_none());
            let mut calls: Vec<_> = running.map(|(&call, chosen)| (call, chosen.audio)).collect();
            calls.sort_unstable_by_key(|(call, _)| call.0);
            (chosen.groups.clone(), calls)
        };
        CaptureStatus {
            groups,
            calls,
            files: lock(&self.shared.shelf).files(),
            lost: self.shared.lost_ever.get(),
            stopped: lock(&self.shared.stopped).clone(),
            total_limit: self.shared.total_limit,
        }
    }

    /// What was lost since the start.
    pub fn lost(&self) -> Lost {
        self.shared.lost_ever.get()
    }

    /// Octets that wait to be written, and how many can.
    pub fn queued(&self) -> (usize, usize) {
        (self.shared.queued.load(Ordering::Relaxed), BACKLOG_OCTETS)
    }

    /// Why capturing has ended by itself, in a sentence.
    pub fn stopped(&self) -> Option<Sentence> {
        lock(&self.shared.stopped).clone()
    }

    /// The pseudonyms of the files, where numbers and names get some.
    pub fn pseudonyms(&self) -> Option<Pseudonyms> {
        self.shared.pseudonyms.clone()
    }

    /// Where a file is, if there is one of this name.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        lock(&self.shared.shelf).path(name)
    }

    /// Deletes a file that is not being written; false where there is none.
    ///
    /// # Errors
    /// When the system does not let it go.
    pub fn delete(&self, name: &str) -> io::Result<bool> {
        lock(&self.shared.shelf).delete(name)
    }

    /// Deletes all files that are not being written; gives how many.
    ///
    /// # Errors
    /// When the system does not let one go; others may have gone.
    pub fn delete_all(&self) -> io::Result<usize> {
        lock(&self.shared.shelf).delete_all()
    }

    /// Waits until the thread has written everything and ended, which it does once its [`CaptureSink`] is gone.
    pub fn wait(&self) {
        let thread = lock(&self.thread).take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

impl Chosen {
    fn is_any(&self) -> bool {
        !self.calls.is_empty() || self.groups.iter().any(|group| group.selection != Selection::Off)
    }
}

impl GroupCapture {
    fn has(&self, line: Option<LineId>) -> bool {
        match &self.selection {
            Selection::Off => false,
            Selection::All => true,
            Selection::Lines(lines) => line.is_some_and(|line| lines.contains(&line)),
        }
    }
}

impl Shared {
    fn names(&self) -> Arc<FileNames> {
        self.names.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn chosen(&self) -> RwLockReadGuard<'_, Chosen> {
        self.chosen.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn chosen_mut(&self) -> RwLockWriteGuard<'_, Chosen> {
        self.chosen.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Chooses something else; `change` says whether something is captured that was not.
    fn choose(&self, change: impl FnOnce(&mut Chosen) -> bool) {
        let mut chosen = self.chosen_mut();
        if change(&mut chosen) {
            *lock(&self.stopped) = None;
        }
        self.open.store(chosen.is_any(), Ordering::Relaxed);
        self.version.fetch_add(1, Ordering::Relaxed);
    }

    /// Capturing ends for all, until somebody begins it anew.
    fn stop(&self, why: Sentence) {
        tracing::warn!(why = why.english, "capturing has ended");
        self.choose(|chosen| {
            chosen.groups.fill(GroupCapture::default());
            chosen.calls.clear();
            false
        });
        *lock(&self.stopped) = Some(why);
    }

    /// Forgets chosen calls that have been over for a while.
    fn forget_calls(&self) {
        let is_over = |chosen: &ChosenCall| chosen.ended.is_some_and(|ended| ended.elapsed() >= AFTER_END);
        if self.chosen().calls.values().any(is_over) {
            self.choose(|chosen| {
                chosen.calls.retain(|_, chosen| !is_over(chosen));
                false
            });
        }
    }

    fn wants(&self, call: Option<CallId>, Owner { group, line }: Owner) -> bool {
        let chosen = self.chosen();
        call.is_some_and(|call| chosen.calls.contains_key(&call))
            || group.is_some_and(|group| chosen.groups.get(group.0 as usize).is_some_and(|group| group.has(line)))
    }

    /// How much of a call's audio is wanted.
    fn audio(&self, call: CallId, Owner { group, line }: Owner) -> Audio {
        let chosen = self.chosen();
        let by_group = group.and_then(|group| chosen.groups.get(group.0 as usize)).filter(|group| group.has(line));
        let by_group = by_group.map_or(Audio::Off, |group| group.audio);
        let audio = chosen.calls.get(&call).map_or(Audio::Off, |call| call.audio).max(by_group);
        // A voice has no pseudonym.
        if self.pseudonyms.is_some() { audio.min(Audio::Headers) } else { audio }
    }

    /// Makes room for something of this size among what waits; false where there is none.
    fn reserve(&self, size: usize, limit: usize) -> bool {
        let fits = self.queued.fetch_add(size, Ordering::Relaxed) + size <= limit;
        if !fits {
            self.queued.fetch_sub(size, Ordering::Relaxed);
        }
        fits
    }
}

impl Sink for CaptureSink {
    fn is_open(&self) -> bool {
        self.shared.open.load(Ordering::Relaxed)
    }

    fn wants(&self, call: Option<CallId>, owner: Owner) -> bool {
        self.shared.wants(call, owner)
    }

    fn take(&mut self, record: Record) {
        self.hand_over(record.size(), Item::Record(record));
    }

    fn influence(&mut self, at: Duration, call: Option<CallId>, owner: Owner, influence: Influence) {
        let record = Box::new(InfluenceRecord { at, call, owner, influence });
        self.hand_over(record.size(), Item::Influence(record));
    }

    fn stand(&mut self, at: Duration, standing: Standing) {
        self.hand_over(standing.size(), Item::Stand(at, Box::new(standing)));
    }
}

impl CaptureSink {
    fn hand_over(&self, size: usize, item: Item) {
        let taken = self.shared.reserve(size, BACKLOG_OCTETS) && {
            let sent = self.items.try_send(item).is_ok();
            if !sent {
                self.shared.queued.fetch_sub(size, Ordering::Relaxed);
            }
            sent
        };
        if !taken {
            self.shared.lost.messages.fetch_add(1, Ordering::Relaxed);
            self.shared.lost_ever.messages.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Nobody leaves anything half done under these locks.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
