//! A client of the server's protocol, in a page of its own without the app: commands by their names.

use serde_json::{Value, json};

use super::offhook::{Offhook, PASSWORD};
use super::softphone::Softphone;
use super::wav::{self, Sound};
use super::{SOON, eventually};

/// A signed-in client. Calls are named by the number of the other side.
pub(crate) struct Client {
    page: Softphone,
}

impl Client {
    /// Signs in; the microphone hears a tone of so many Hz.
    #[track_caller]
    pub(crate) fn sign_in(server: &Offhook, user: &str, tone: u32) -> Client {
        // Any page of the server will do that is not the app.
        let page = Softphone::open(&format!("{}api/v1/session", server.url()), true);
        page.evaluate(&format!("__client.signIn({user:?}, {PASSWORD:?}, {tone})"));
        Client { page }
    }

    /// Sends a command; the cause where it was refused.
    #[track_caller]
    pub(crate) fn command(&self, request: &Value) -> Result<(), String> {
        let result = self.page.evaluate(&format!("__client.command({request})"));
        match result["status"].as_str() {
            Some("error") => Err(result["cause"]["code"].as_str().unwrap_or_default().to_owned()),
            Some(_) => Ok(()),
            None => panic!("{request} was answered with {result}"),
        }
    }

    /// The identifier of the newest call with a number.
    #[track_caller]
    pub(crate) fn id_of(&self, number: &str) -> String {
        eventually(&format!("there is a call with {number}"), SOON, || {
            self.call(number)["id"].as_str().map(str::to_owned).ok_or_else(|| "none".to_owned())
        })
    }

    /// The newest call with a number as the server told of it last; null where there was none.
    pub(crate) fn call(&self, number: &str) -> Value {
        self.page.evaluate(&format!("__client.call({number:?})?.call ?? null"))
    }

    /// The line with a number, or the only one.
    pub(crate) fn line(&self, number: &str) -> Value {
        self.page.evaluate(&format!("__client.line({number:?})"))
    }

    /// The events of the calls with a number, in their order.
    pub(crate) fn events(&self, number: &str) -> Vec<String> {
        let script = format!("__client.told.filter((one) => one.number === {number:?}).map((one) => one.event)");
        let events = self.page.evaluate(&script);
        events.as_array().into_iter().flatten().filter_map(|event| event.as_str().map(str::to_owned)).collect()
    }

    /// The newest part of what is heard in the call with a number.
    pub(crate) fn heard(&self, number: &str, seconds: f64) -> Option<Sound> {
        let count = (seconds * 48_000.0) as u32;
        let text = self.page.evaluate(&json_script("heard", number, count));
        Softphone::decoded(&text)
    }

    /// Signs out, as the person does who goes home.
    pub(crate) fn sign_out(self) {
        self.page.evaluate("__client.signOut()");
        self.page.close();
    }

    /// Closes the page without a word to anybody.
    pub(crate) fn close(self) {
        self.page.close();
    }
}

fn json_script(function: &str, number: &str, count: u32) -> String {
    format!("__client.{function}({}, {count})", json!(number))
}

/// Which of these tones a sound has: those above -40 dBFS, 28 dB below what is spoken. Where one is about there, it is
/// not certain; a lost packet scatters a tone as far down as -45 dBFS.
pub(crate) fn tones_in(sound: &Sound, tones: &[u32]) -> Result<Vec<u32>, String> {
    let mut there = Vec::new();
    for &tone in tones {
        match sound.level(f64::from(tone)) {
            level if level > -40.0 => there.push(tone),
            level if level < -43.0 => {}
            level => return Err(format!("{tone} Hz at {level:.0} dBFS")),
        }
    }
    Ok(there)
}

#[test]
fn a_mix_of_tones_is_known_by_its_parts() {
    let [one, two] = [400, 550].map(|tone| wav::tone(tone, 8_000, 1));
    let samples = one.samples.iter().zip(&two.samples).map(|(a, b)| a + b).collect();
    let both = Sound { rate: 8_000, samples };
    assert_eq!(tones_in(&both, &[400, 550, 700]).unwrap(), [400, 550]);
    assert_eq!(tones_in(&two, &[400, 550, 700]).unwrap(), [550]);
}
