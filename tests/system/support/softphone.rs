//! A person at the browser app: one page, operated by what it shows.

use std::path::Path;
use std::time::Duration;

use base64::Engine;
use serde_json::{Value, json};

use super::bridge::{Bridge, Microphone};
use super::offhook::{Offhook, PASSWORD};
use super::patience::Patience;
use super::wav::{self, Sound};
use super::{SOON, eventually};

/// A page with the app. Closed when dropped; photographed when the test fails.
pub(crate) struct Softphone {
    bridge: &'static Bridge,
    page: Value,
    closed: bool,
}

impl Softphone {
    /// Opens the app in a browser of its own that may use the microphone, and signs in.
    #[track_caller]
    pub(crate) fn sign_in(server: &Offhook, user: &str) -> Softphone {
        Self::sign_in_hearing(server, user, Microphone::Tone)
    }

    /// The same with another microphone.
    #[track_caller]
    pub(crate) fn sign_in_hearing(server: &Offhook, user: &str, microphone: Microphone) -> Softphone {
        let request = json!({ "do": "open", "url": server.url(), "microphone": true });
        let mut phone = Self::on_page(Bridge::shared(microphone), request);
        phone.enter(user, PASSWORD);
        phone.wait_registered();
        phone
    }

    /// Opens a page in a browser of its own.
    #[track_caller]
    pub(crate) fn open(url: &str, microphone: bool) -> Softphone {
        let request = json!({ "do": "open", "url": url, "microphone": microphone });
        Self::on_page(Bridge::shared(Microphone::Tone), request)
    }

    /// Opens another tab beside this one, signed in as this one is.
    #[track_caller]
    pub(crate) fn another_tab(&self, url: &str) -> Softphone {
        Self::on_page(self.bridge, json!({ "do": "tab", "of": self.page, "url": url }))
    }

    #[track_caller]
    fn on_page(bridge: &'static Bridge, request: Value) -> Softphone {
        let page = bridge.ask(SOON, request).unwrap_or_else(|e| panic!("the page opens: {e}"));
        Softphone { bridge, page, closed: false }
    }

    /// Fills in the sign-in form and sends it.
    #[track_caller]
    pub(crate) fn enter(&mut self, user: &str, password: &str) {
        self.fill("User name", user);
        self.fill("Password", password);
        self.click("Sign in");
    }

    /// Waits until a line is shown as registered.
    #[track_caller]
    pub(crate) fn wait_registered(&self) {
        self.must(json!({ "do": "visible", "text": "Registered", "exact": true }));
    }

    /// Waits until no line is shown as registered: until a REGISTER was given up after 32 s (RFC 3261 17.1.2.2).
    #[track_caller]
    pub(crate) fn wait_not_registered(&self) {
        let within = 2 * SOON;
        self.must_within(within, json!({ "do": "gone", "text": "Registered", "exact": true }));
    }

    /// Waits until the window of an incoming call is there.
    #[track_caller]
    pub(crate) fn rings(&self) {
        self.must(json!({ "do": "visible", "role": "dialog", "name": "Incoming call" }));
    }

    /// Waits until the window of an incoming call is gone.
    #[track_caller]
    pub(crate) fn rings_no_more(&self) {
        self.must(json!({ "do": "gone", "role": "dialog", "name": "Incoming call" }));
    }

    /// Types a number and presses the call button.
    #[track_caller]
    pub(crate) fn dial(&self, number: &str) {
        self.fill("Number", number);
        self.click("Call");
    }

    /// Waits until the status says that the call is connected.
    #[track_caller]
    pub(crate) fn wait_connected(&self) {
        self.status("Connected");
    }

    /// Waits until a button can be pressed and presses it.
    #[track_caller]
    pub(crate) fn click(&self, button: &str) {
        self.must(json!({ "do": "click", "role": "button", "name": button }));
    }

    /// The same in the dialog with a title.
    #[track_caller]
    pub(crate) fn click_in(&self, dialog: &str, button: &str) {
        self.must(json!({ "do": "click", "dialog": dialog, "role": "button", "name": button }));
    }

    /// Fills a text field.
    #[track_caller]
    pub(crate) fn fill(&self, label: &str, value: &str) {
        self.must(json!({ "do": "fill", "label": label, "value": value }));
    }

    /// Chooses something of a list.
    #[track_caller]
    pub(crate) fn choose(&self, label: &str, option: &str) {
        self.must(json!({ "do": "choose", "label": label, "option": option }));
    }

    /// Presses a key, named as the DOM names it.
    #[track_caller]
    pub(crate) fn press(&self, key: &str) {
        self.must(json!({ "do": "press", "key": key }));
    }

    /// Waits until a text is to be seen anywhere.
    #[track_caller]
    pub(crate) fn sees(&self, text: &str) {
        self.must(json!({ "do": "visible", "text": text }));
    }

    /// Waits until a text is nowhere to be seen.
    #[track_caller]
    pub(crate) fn sees_no_more(&self, text: &str) {
        self.must(json!({ "do": "gone", "text": text }));
    }

    /// Waits until an alert shows a text.
    #[track_caller]
    pub(crate) fn alert(&self, text: &str) {
        self.must(json!({ "do": "visible", "role": "alert", "text": text }));
    }

    /// Waits until a status shows a text.
    #[track_caller]
    pub(crate) fn status(&self, text: &str) {
        self.must(json!({ "do": "visible", "role": "status", "text": text }));
    }

    /// Waits until a button is there.
    #[track_caller]
    pub(crate) fn has_button(&self, name: &str) {
        self.must(json!({ "do": "visible", "role": "button", "name": name }));
    }

    /// Waits until a button is not there.
    #[track_caller]
    pub(crate) fn has_no_button(&self, name: &str) {
        self.must(json!({ "do": "gone", "role": "button", "name": name }));
    }

    /// Everything the page shows as text.
    #[track_caller]
    pub(crate) fn all_text(&self) -> String {
        self.must(json!({ "do": "text", "css": "body" })).as_str().unwrap_or_default().to_owned()
    }

    /// The text of what a CSS selector names; empty while it is not there.
    pub(crate) fn text_of(&self, css: &str) -> String {
        let script = format!("document.querySelector({css:?})?.innerText ?? ''");
        self.evaluate(&script).as_str().unwrap_or_default().to_owned()
    }

    /// The newest part of what the page hears from the server; `None` while there is less.
    pub(crate) fn heard(&self, seconds: f64) -> Option<Sound> {
        let count = (seconds * 48_000.0) as u32;
        Self::decoded(&self.ask(json!({ "do": "evaluate", "script": format!("__rig.heard({count})") })).ok()?)
    }

    /// The same, and what the page's microphone heard at the same time.
    pub(crate) fn heard_and_spoken(&self, seconds: f64) -> Option<[Sound; 2]> {
        let count = (seconds * 48_000.0) as u32;
        let script = format!("[__rig.heard({count}), __rig.spoken({count})]");
        let both = self.ask(json!({ "do": "evaluate", "script": script })).ok()?;
        Some([Self::decoded(&both[0])?, Self::decoded(&both[1])?])
    }

    /// How well the page receives, in words of WebRTC's statistics.
    pub(crate) fn reception(&self) -> String {
        let found = self.ask(json!({ "do": "evaluate", "script": "__rig.reception()" }));
        found.ok().and_then(|found| found.as_str().map(String::from)).unwrap_or_else(|| "nobody knows what".into())
    }

    /// Samples as `__rig` gives them; `None` while there are none.
    pub(crate) fn decoded(text: &Value) -> Option<Sound> {
        let bytes = base64::engine::general_purpose::STANDARD.decode(text.as_str()?).ok()?;
        (!bytes.is_empty()).then(|| Sound { rate: 48_000, samples: wav::samples(&bytes) })
    }

    /// Waits until a tone of known level is heard, and nothing else, for 0.4 seconds.
    #[track_caller]
    pub(crate) fn hears_tone(&self, frequency: f64) {
        self.hears(&format!("{frequency} Hz at {} dBFS", wav::TONE_LEVEL), |sound| sound.is_tone(frequency));
    }

    /// Waits until a frequency stands out of what is heard, at any level.
    #[track_caller]
    pub(crate) fn hears_frequency(&self, frequency: f64) {
        self.hears(&format!("{frequency} Hz"), |sound| sound.is_mostly(frequency));
    }

    #[track_caller]
    fn hears(&self, what: &str, is_it: impl Fn(&Sound) -> bool) {
        let mut loudest: Option<Sound> = None;
        eventually(&format!("the browser hears {what}"), SOON, || match self.heard(0.4) {
            Some(sound) if is_it(&sound) => Ok(()),
            Some(sound) => {
                let state = format!("now {sound}, the loudest before {}", loudest.as_ref().unwrap_or(&sound));
                if loudest.as_ref().is_none_or(|before| before.rms() < sound.rms()) {
                    loudest = Some(sound);
                }
                Err(state)
            }
            None => Err("it hears nothing yet".into()),
        });
    }

    /// Codecs received and sent, as MIME types.
    #[track_caller]
    pub(crate) fn codecs(&self) -> (String, String) {
        eventually("the browser reports its codecs", SOON, || {
            let codecs = self.evaluate("__rig.codecs()");
            match (codecs["received"].as_str(), codecs["sent"].as_str()) {
                (Some(received), Some(sent)) => Ok((received.to_owned(), sent.to_owned())),
                _ => Err(codecs.to_string()),
            }
        })
    }

    /// Waits until the server says that the call's audio towards the PBX is encrypted in this way.
    #[track_caller]
    pub(crate) fn wait_security(&self, kind: &str) {
        eventually(&format!("the call's audio is said to be {kind}"), SOON, || {
            let call = self.evaluate("__rig.call");
            if call["security"] == kind { Ok(()) } else { Err(call.to_string()) }
        });
    }

    /// Runs a script in the page.
    #[track_caller]
    pub(crate) fn evaluate(&self, script: &str) -> Value {
        self.must(json!({ "do": "evaluate", "script": script }))
    }

    /// Breaks the page's socket to the server; while `stay` it cannot make a new one.
    #[track_caller]
    pub(crate) fn break_socket(&self, stay: bool) {
        self.evaluate(&format!("__rig.breakSocket({stay})"));
    }

    /// Lets the page reach the server again.
    #[track_caller]
    pub(crate) fn mend_socket(&self) {
        self.evaluate("__rig.blocked = false");
    }

    /// Goes to another address.
    #[track_caller]
    pub(crate) fn go(&self, url: &str) {
        self.must(json!({ "do": "go", "url": url }));
    }

    /// Loads the page anew.
    #[track_caller]
    pub(crate) fn reload(&self) {
        self.must(json!({ "do": "reload" }));
    }

    /// Closes the tab without a word to anybody.
    pub(crate) fn close(mut self) {
        self.closed = true;
        let _ = self.ask(json!({ "do": "close" }));
    }

    /// Takes a picture of the page.
    pub(crate) fn photograph(&self, path: &Path) {
        let _ = self.ask(json!({ "do": "screenshot", "path": path }));
    }

    /// Light or dark, as the person's system says.
    #[track_caller]
    pub(crate) fn appear(&self, scheme: &str) {
        self.must(json!({ "do": "appearance", "scheme": scheme }));
    }

    /// What of the page is against WCAG 2.2 AA, or only what of its colours is. What these CSS
    /// selectors name is taken out first.
    #[track_caller]
    pub(crate) fn faults(&self, colours: bool, without: &[&str]) -> Vec<String> {
        let found = self
            .ask(json!({ "do": "faults", "colours": colours, "without": without }))
            .unwrap_or_else(|e| panic!("{e}"));
        serde_json::from_value(found).expect("they are texts")
    }

    fn ask(&self, request: Value) -> Result<Value, String> {
        self.ask_within(SOON, request)
    }

    fn ask_within(&self, within: Duration, mut request: Value) -> Result<Value, String> {
        request["page"] = self.page.clone();
        request["timeout"] = (within.as_millis() as u64).into();
        self.bridge.ask(within, request)
    }

    #[track_caller]
    fn must(&self, request: Value) -> Value {
        self.must_within(SOON, request)
    }

    #[track_caller]
    fn must_within(&self, within: Duration, request: Value) -> Value {
        let patience = Patience::new(within);
        // Whoever only looks may look again; the driver knows nothing of a machine without time.
        let looks = ["visible", "gone", "text"].iter().any(|looks| request["do"] == *looks);
        let mut answer = self.ask_within(within, request.clone());
        while looks && answer.is_err() && !patience.is_over() {
            answer = self.ask_within(patience.left(), request.clone());
        }
        answer.unwrap_or_else(|error| {
            panic!("{request}: {}\nThe page shows:\n{}", error.lines().next().unwrap_or_default(), self.shown())
        })
    }

    fn shown(&self) -> String {
        let text = self
            .bridge
            .ask(Duration::from_secs(5), json!({ "do": "text", "css": "body", "page": self.page, "timeout": 2000 }));
        text.ok().and_then(|t| t.as_str().map(String::from)).unwrap_or_default()
    }
}

impl Drop for Softphone {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let picture =
                Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("failed-{}-{}.png", std::process::id(), self.page));
            self.photograph(&picture);
            eprintln!(
                "The page is pictured in {}; its console: {:?}",
                picture.display(),
                self.ask(json!({ "do": "log" }))
            );
        }
        if !self.closed {
            let _ = self.ask(json!({ "do": "close" }));
        }
    }
}
