//! The browser: one Chromium for each microphone and the whole test program, driven by `tests/browser/bridge.mjs`.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use serde_json::{Value, json};

use super::speech::Voice;
use super::wav;

/// What a browser's microphone hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Microphone {
    /// [`MICROPHONE_TONE`].
    Tone,
    /// [`Voice::Browser`], again and again.
    Speech,
}

/// The tone that a browser's microphone hears, Hz.
pub(crate) const MICROPHONE_TONE: f64 = 700.0;

/// The connection to the browser's driver.
pub(crate) struct Bridge {
    requests: Mutex<ChildStdin>,
    waiting: Mutex<Waiting>,
}

struct Waiting {
    next: u64,
    answers: HashMap<u64, Sender<Result<Value, String>>>,
}

impl Bridge {
    /// The one browser with this microphone. It ends when this program does, since its driver reads from us.
    pub(crate) fn shared(microphone: Microphone) -> &'static Bridge {
        static SHARED: [OnceLock<&'static Bridge>; 2] = [const { OnceLock::new() }; 2];
        SHARED[microphone as usize].get_or_init(|| Bridge::launch(microphone))
    }

    fn launch(hears: Microphone) -> &'static Bridge {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
        assert!(
            folder.join("node_modules").is_dir(),
            "the browser's driver is not installed: run npm ci in tests/browser"
        );
        let mut child = Command::new("node")
            .arg(folder.join("bridge.mjs"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node is installed");
        let requests = Mutex::new(child.stdin.take().expect("its input is a pipe"));
        let answers = BufReader::new(child.stdout.take().expect("its output is a pipe"));
        let waiting = Mutex::new(Waiting { next: 1, answers: HashMap::new() });
        let bridge: &'static Bridge = Box::leak(Box::new(Bridge { requests, waiting }));
        std::thread::spawn(move || {
            for line in answers.lines().map_while(Result::ok) {
                bridge.deliver(&line);
            }
            let _ = child.wait();
            // Whoever still waits learns that no answer comes.
            bridge.waiting.lock().expect("no thread panics with this lock").answers.clear();
        });

        // The browser reads it whenever a page opens the microphone, so it stays.
        let microphone = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("microphone-{hears:?}.wav"));
        let draft = microphone.with_extension(std::process::id().to_string());
        let sound = match hears {
            Microphone::Tone => wav::tone(MICROPHONE_TONE as u32, 48_000, 10),
            Microphone::Speech => Voice::Browser.speech().at(48_000),
        };
        wav::write(&draft, &sound);
        std::fs::rename(&draft, &microphone).expect("the microphone's file can be put in place");
        bridge
            .ask(Duration::from_secs(60), json!({ "do": "launch", "microphone": microphone }))
            .expect("Chromium starts");
        bridge
    }

    /// Sends one request and waits for its answer.
    pub(crate) fn ask(&self, within: Duration, mut request: Value) -> Result<Value, String> {
        let (sender, receiver) = channel();
        {
            let mut waiting = self.waiting.lock().expect("no thread panics with this lock");
            request["id"] = waiting.next.into();
            let id = waiting.next;
            waiting.answers.insert(id, sender);
            waiting.next += 1;
        }
        let sent = writeln!(self.requests.lock().expect("no thread panics with this lock"), "{request}");
        sent.map_err(|e| format!("the browser's driver has ended: {e}"))?;
        // The driver has deadlines of its own with better words; this one is for a driver that hangs.
        let answer = receiver.recv_timeout(within + Duration::from_secs(20));
        answer.map_err(|e| format!("no answer to {request}: {e}"))?
    }

    fn deliver(&self, line: &str) {
        let Ok(mut answer) = serde_json::from_str::<Value>(line) else { return };
        let Some(id) = answer["id"].as_u64() else { return };
        let Some(sender) = self.waiting.lock().expect("no thread panics with this lock").answers.remove(&id) else {
            return;
        };
        let result = match answer["error"].as_str() {
            Some(error) => Err(error.to_owned()),
            None => Ok(answer["ok"].take()),
        };
        let _ = sender.send(result);
    }
}
