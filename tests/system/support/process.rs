//! A program that a test started: its log, its end.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::Duration;

use super::{SOON, eventually};

/// A running program. Ended by its process id when dropped; shows the end of its log when the test fails.
pub(crate) struct Process {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command` with everything it prints going to `log`.
    pub(crate) fn start(name: &str, command: &mut Command, log: PathBuf) -> Process {
        Self::spawn(name, command.stdin(Stdio::null()), log)
    }

    /// The same with an input that the test writes.
    pub(crate) fn start_told(name: &str, command: &mut Command, log: PathBuf) -> (Process, ChildStdin) {
        let mut process = Self::spawn(name, command.stdin(Stdio::piped()), log);
        let input = process.child.stdin.take().expect("its input is a pipe");
        (process, input)
    }

    fn spawn(name: &str, command: &mut Command, log: PathBuf) -> Process {
        let out = File::options().create(true).append(true).open(&log).expect("the log can be opened");
        let err = out.try_clone().expect("a file can be duplicated");
        let child = command
            .stdout(out)
            .stderr(err)
            .spawn()
            .unwrap_or_else(|e| panic!("{name} cannot be started ({e}); scripts/install-test-tools installs it"));
        Process { name: name.into(), child, log }
    }

    /// By which the system knows it.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Everything printed so far.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// Waits for a text in the log.
    #[track_caller]
    pub(crate) fn wait_log(&mut self, text: &str, within: Duration) {
        eventually(&format!("{} prints {text:?}", self.name), within, || {
            if self.log().contains(text) {
                return Ok(());
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                panic!("{} ended with {status} before it printed {text:?}", self.name);
            }
            Err("it runs and has not".into())
        });
    }

    /// Sends a signal, named as `kill` names it.
    pub(crate) fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([&format!("-{signal}"), &self.child.id().to_string()]).status();
        assert!(sent.is_ok_and(|s| s.success()), "{} cannot be sent {signal}", self.name);
    }

    /// Sends a signal to the program and to what it started itself, by their process ids.
    pub(crate) fn signal_all(&self, signal: &str) {
        let started = self.started();
        self.signal(signal);
        // It may have started more until then.
        let all: BTreeSet<String> = started.into_iter().chain(self.started()).collect();
        if !all.is_empty() {
            let sent = Command::new("kill").arg(format!("-{signal}")).args(all).status();
            assert!(sent.is_ok(), "what {} started cannot be sent {signal}", self.name);
        }
    }

    /// Kills the program and what it started itself, and waits until none of them holds a socket any more.
    #[track_caller]
    pub(crate) fn kill_all(&mut self) {
        let started = self.started();
        self.signal_all("KILL");
        self.wait_exit(SOON);
        // proc(5): the state follows the name, which is in parentheses. A zombie has nothing left.
        let lives = |id: &&String| {
            let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
            stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
        };
        eventually(&format!("all of {} is gone", self.name), SOON, || match started.iter().find(lives) {
            Some(id) => Err(format!("{id} lives")),
            None => Ok(()),
        });
    }

    /// The ids of the processes that the program started.
    fn started(&self) -> Vec<String> {
        let id = self.child.id();
        let started = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
        started.split_whitespace().map(String::from).collect()
    }

    /// Waits for the program's own end.
    #[track_caller]
    pub(crate) fn wait_exit(&mut self, within: Duration) -> ExitStatus {
        eventually(&format!("{} ends", self.name), within, || match self.child.try_wait() {
            Ok(Some(status)) => Ok(status),
            Ok(None) => Err("it still runs".into()),
            Err(error) => panic!("{error}"),
        })
    }

    /// How it ended, when it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            let tail: Vec<&str> = log.lines().rev().take(60).collect();
            let tail: Vec<&str> = tail.into_iter().rev().collect();
            eprintln!("---- end of the log of {} ----\n{}\n----", self.name, tail.join("\n"));
        }
        if self.ended().is_none() {
            self.signal("TERM");
            for _ in 0..60 {
                if self.ended().is_some() {
                    return;
                }
                #[allow(clippy::disallowed_methods, reason = "a destructor must not panic as `eventually` does")]
                std::thread::sleep(Duration::from_millis(50));
            }
            // Its own children would outlive it: it has no chance to end them.
            let started = self.started();
            let _ = self.child.kill();
            let _ = self.child.wait();
            if !started.is_empty() {
                let _ = Command::new("kill").arg("-KILL").args(&started).status();
            }
        }
    }
}
