//! What the process takes of the machine, as `/proc` tells it.

use std::fs;
use std::io;
use std::path::Path;

/// A second of CPU time in `/proc`: USER_HZ, which is the same on every machine that this runs on.
const TICKS: f64 = 100.0;
/// What media threads are called, before their number.
const MEDIA: &str = "media-";

/// What the process takes of the machine.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::web) struct Process {
    /// Seconds of CPU time since its start.
    pub(in crate::web) cpu: f64,
    /// Octets of memory.
    pub(in crate::web) memory: u64,
    /// Open files, sockets among them.
    pub(in crate::web) files: u64,
    /// Open sockets.
    pub(in crate::web) sockets: u64,
    /// How many files it may open; None: any number.
    pub(in crate::web) max_files: Option<u64>,
    /// Seconds of CPU time of each media thread, with its number.
    pub(in crate::web) workers: Vec<(u32, f64)>,
}

/// Reads it; fails where there is no `/proc`.
pub(in crate::web) fn read() -> io::Result<Process> {
    let own = Path::new("/proc/self");
    let stat = fs::read_to_string(own.join("stat"))?;
    let status = fs::read_to_string(own.join("status"))?;
    let limits = fs::read_to_string(own.join("limits"))?;
    let (mut files, mut sockets) = (0, 0);
    for file in fs::read_dir(own.join("fd"))?.flatten() {
        files += 1;
        // One that was closed meanwhile leads nowhere.
        let leads_to = fs::read_link(file.path()).unwrap_or_default();
        sockets += u64::from(leads_to.to_string_lossy().starts_with("socket:"));
    }
    let mut workers = Vec::new();
    for thread in fs::read_dir(own.join("task"))?.flatten() {
        let Ok(stat) = fs::read_to_string(thread.path().join("stat")) else { continue };
        workers.extend(worker(&stat));
    }
    workers.sort_unstable_by_key(|(number, _)| *number);
    Ok(Process {
        cpu: cpu(&stat).unwrap_or_default(),
        memory: memory(&status).unwrap_or_default(),
        files,
        sockets,
        max_files: max_files(&limits),
        workers,
    })
}

/// CPU time of a process or thread (proc(5), `utime` and `stime`). Its name stands in parentheses and may have some.
fn cpu(stat: &str) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / TICKS)
}

/// The number and CPU time of a media thread.
fn worker(stat: &str) -> Option<(u32, f64)> {
    let (_, name) = stat.split_once('(')?;
    let (name, _) = name.rsplit_once(')')?;
    Some((name.strip_prefix(MEDIA)?.parse().ok()?, cpu(stat)?))
}

fn memory(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes * 1024)
}

fn max_files(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_threads_may_look_like_anything() {
        let fields = "S 1 2 3 0 -1 4194560 7 0 0 0 250 50 0 0 20 0 9 0 1234 5 6";
        assert_eq!(worker(&format!("17 (media-3) {fields}")), Some((3, 3.0)));
        assert_eq!(worker(&format!("17 (media-x) {fields}")), None);
        assert_eq!(cpu(&format!("17 (a) b (c) {fields}")), Some(3.0));
        assert_eq!((cpu("17 (media-3"), cpu("17 (media-3) S 1"), worker("")), (None, None, None));
    }

    #[test]
    fn what_is_open_is_counted() {
        let before = read().unwrap();
        assert!(before.memory > 1 << 20 && before.files > 0 && before.max_files.is_none_or(|max| max >= before.files));
        let sockets: Vec<_> = (0..64).map(|_| std::net::UdpSocket::bind("127.0.0.1:0").unwrap()).collect();
        // Other tests open and close some meanwhile.
        assert!(read().unwrap().sockets >= sockets.len() as u64);
    }

    #[test]
    fn files_without_a_limit_have_none() {
        assert_eq!(max_files("Limit  Soft\nMax open files            1024    4096  files\n"), Some(1024));
        assert_eq!(max_files("Max open files            unlimited  unlimited files\n"), None);
        assert_eq!(memory("Name:\toffhook\nVmRSS:\t   2048 kB\n"), Some(2 << 20));
    }
}
