//! Whole calls with speech: what is said at the phone is heard in the browser and the other way round, for every pair
//! of codecs, on a good network and on a bad one; how good it sounds, how loud it is, and how late it comes.
//!
//! `cargo test --test system speech -- --nocapture` shows the figures.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::support::baresip::{self, Answer, Baresip};
use crate::support::bridge;
use crate::support::hop::{Hop, Host, Impairment};
use crate::support::kamailio::{self, Kamailio};
use crate::support::offhook::{Offhook, Pbx, Settings};
use crate::support::patience::Patience;
use crate::support::perceptual::Width;
use crate::support::site::Site;
use crate::support::softphone::Softphone;
use crate::support::speech::{self, Voice};
use crate::support::until;
use crate::support::wav::{self, Sound};

/// What is listened to at a time, in seconds. On a busy machine a browser does not play without a gap for long.
const LISTENED: f64 = 3.0;
/// How long the right may take to be heard, in several calls.
const WITHIN: Duration = Duration::from_secs(120);
/// How long it may take in one of them, which lasts as long as the phone's microphone has something to say: two minutes.
const IN_A_CALL: Duration = Duration::from_secs(45);
/// Where the host gives that much of the processor time to other machines, nothing plays in real time.
const STOLEN: f64 = 0.2;
/// Scores on a good network and on a bad one: what a machine that is busy with other things still reaches. Something
/// else than what was said has 1.2 at most.
pub(crate) const GOOD: f64 = 2.6;
const UNDERSTOOD: f64 = 2.0;
/// How much the loudness may differ from what was said, in dB.
const GAIN: f64 = 2.5;
/// How late what is said may come back to the browser from the phone, at the very most.
const ROUND_TRIP: Duration = Duration::from_millis(1_500);

#[test]
fn speech_by_opus_towards_the_browser() {
    every_phone_codec("opus");
}

#[test]
fn speech_by_pcma_towards_the_browser() {
    every_phone_codec("PCMA");
}

#[test]
fn speech_by_pcmu_towards_the_browser() {
    every_phone_codec("PCMU");
}

/// Ports for audio that a hop can stand for; other tests' phones have others.
const PHONE_PORTS: Range<u16> = 49_000..49_032;
const SERVER_PORTS: Range<u16> = 20_000..20_032;

fn every_phone_codec(webrtc: &'static str) {
    let site = Site::new(&format!("speech-{webrtc}"));
    let pbx = Kamailio::start(&site, &Default::default());
    for codec in ["PCMA", "PCMU", "G722", "opus"] {
        let call = || Call::new(&site, &pbx, connection(codec), &phone(codec, baresip::Microphone::Speech), webrtc);
        let what = format!("{codec}, {webrtc}");
        in_some_call(&what, call, |call| call.both_hear(&what, GOOD));
    }
}

/// Three in a hundred packets are lost, and all come up to 20 ms late.
const BAD: Impairment = Impairment {
    loss: 0.03,
    delay: Duration::ZERO,
    jitter: Duration::from_millis(20),
    reordered: 0.0,
    doubled: 0.0,
    seed: 1,
};

#[test]
fn speech_over_a_bad_network() {
    for (codec, webrtc) in [("PCMA", "PCMA"), ("PCMU", "opus"), ("G722", "opus")] {
        let site = Site::new(&format!("speech-bad-{codec}-{webrtc}"));
        let hosts =
            [Host { host: 3, ports: PHONE_PORTS, at: 61_500 }, Host { host: 2, ports: SERVER_PORTS, at: 20_000 }];
        let hop = Hop::start(&site, hosts, BAD);
        let pbx = Kamailio::start(&site, &kamailio::Settings { rewritten: hop.rewriting(), ..Default::default() });
        let call = || Call::new(&site, &pbx, connection(codec), &phone(codec, baresip::Microphone::Speech), webrtc);
        let what = format!("{codec}, {webrtc}, 3 % lost, 20 ms jitter");
        in_some_call(&what, call, |call| call.both_hear(&what, UNDERSTOOD));
        let (passed, lost) = hop.counts();
        assert!(passed > 200 && lost > 2, "the audio went through the hop: {passed} passed, {lost} lost");
    }
}

#[test]
fn speech_comes_back_soon() {
    let site = Site::new("speech-back");
    let pbx = Kamailio::start(&site, &Default::default());
    for (codec, webrtc) in [("PCMA", "PCMA"), ("PCMU", "opus"), ("G722", "opus")] {
        let phone = phone(codec, baresip::Microphone::Loudspeaker);
        let call = || Call::new(&site, &pbx, connection(codec), &phone, webrtc);
        let hears_itself = |call: &Call| {
            let both = call.browser.heard_and_spoken(LISTENED + 2.0).ok_or("it hears nothing yet")?;
            let (late, found) = speech::round_trip(&both, Width::Narrow).ok_or("it hears silence")?;
            let state = format!("{codec}, {webrtc}, there and back: {} ms late, {found:.2?}", late.as_millis());
            if found.score < UNDERSTOOD || late > ROUND_TRIP {
                return Err(state);
            }
            println!("{state}");
            Ok(())
        };
        in_some_call(&format!("{codec}, {webrtc}: the browser hears itself"), call, |call| {
            listen(|| hears_itself(call))
        });
    }
}

/// Browsers play in real time, and two that speak at once are much for two cores: one call after the other.
static LISTENING: Mutex<()> = Mutex::new(());

/// Calls until one of the calls is good: a machine that plays with gaps for as long as one lasts may play without in
/// the next. Where the host leaves it no time for that either, nothing is said of the sound.
#[track_caller]
fn in_some_call(what: &str, call: impl Fn() -> Call, is_good: impl Fn(&Call) -> Result<(), String>) {
    let patience = Patience::new(WITHIN);
    while let Err(state) = is_good(&call()) {
        if !patience.is_over() {
            println!("{what}: {state}; once more");
            continue;
        }
        let stolen = patience.stolen();
        assert!(stolen > STOLEN, "{what}: not within {WITHIN:?}; {state}");
        println!("{what}: NOT JUDGED, the host gave {:.0} % of the time to other machines; {state}", stolen * 100.0);
        return;
    }
}

/// Asks `judge` again and again until it is content, each time for something else that was heard: to judge costs time
/// that a browser on the same two cores needs to play.
fn listen(mut judge: impl FnMut() -> Result<(), String>) -> Result<(), String> {
    let mut last: Option<(Instant, String)> = None;
    let begin = Instant::now();
    until(
        || begin.elapsed() > IN_A_CALL,
        || {
            if let Some((at, state)) = &last
                && at.elapsed().as_secs_f64() < LISTENED
            {
                return Err(state.clone());
            }
            let found = judge();
            last = found.clone().err().map(|state| (Instant::now(), state));
            found
        },
    )
}

/// A PBX connection with one codec.
pub(crate) fn connection(codec: &'static str) -> Pbx {
    Pbx { codecs: vec![codec], ..Default::default() }
}

/// A phone with one codec, whose ports a hop can stand for.
pub(crate) fn phone(codec: &'static str, microphone: baresip::Microphone) -> baresip::Settings {
    baresip::Settings {
        codecs: vec![codec],
        microphone,
        answer: Answer::AtOnce,
        rtp_ports: PHONE_PORTS,
        ..Default::default()
    }
}

/// A call from the browser to the phone, both of which speak.
pub(crate) struct Call {
    browser: Softphone,
    phone: Baresip,
    width: Width,
    /// Where what does not sound well is kept.
    dir: PathBuf,
    _server: Offhook,
    _listening: MutexGuard<'static, ()>,
}

impl Call {
    /// Starts the server with this connection and the phone, and connects the browser to it.
    #[track_caller]
    pub(crate) fn new(
        site: &Site,
        pbx: &Kamailio,
        connection: Pbx,
        phone: &baresip::Settings,
        webrtc: &'static str,
    ) -> Call {
        let listening = LISTENING.lock().unwrap_or_else(PoisonError::into_inner);
        let settings = Settings { webrtc_codecs: vec![webrtc], pbxes: vec![connection], ..Default::default() };
        let ports = format!("\"{}-{}\"", SERVER_PORTS.start, SERVER_PORTS.end - 1);
        let toml = settings.toml(site).replace("\"20000-29999\"", &ports);
        let server = Offhook::start_with(site, &settings, &toml);
        pbx.wait("bound 100", 1);
        let browser = Softphone::sign_in_hearing(&server, "alice", bridge::Microphone::Speech);
        let wide = webrtc == "opus" && ["G722", "opus"].iter().any(|codec| phone.codecs == [*codec]);
        let mut phone = Baresip::start(site, phone);
        browser.dial("200");
        phone.wait("CALL_ESTABLISHED");
        browser.wait_connected();
        let width = if wide { Width::Wide } else { Width::Narrow };
        Call { browser, phone, width, dir: site.dir().to_owned(), _server: server, _listening: listening }
    }

    /// Waits until both hear the other speak, at least so well, and as loud as it was said.
    pub(crate) fn both_hear(&self, what: &str, least: f64) -> Result<(), String> {
        let well = |who: &str, voice: Voice, sound: Option<Sound>| -> Result<(), String> {
            let sound = sound.ok_or("it hears nothing yet")?;
            let found = voice.judge(&sound, self.width).ok_or("it hears silence")?;
            if found.score < least || found.gain.abs() > GAIN {
                wav::write(&self.dir.join(format!("heard-by-{}.wav", who.replace(' ', "-"))), &sound);
                return Err(format!("{who} hears {found:.2?}"));
            }
            println!("{what}: {who} hears {found:.2?}");
            Ok(())
        };
        listen(|| {
            well("the browser", Voice::Phone, self.browser.heard(LISTENED))
                .map_err(|state| format!("{state}; it receives {}", self.browser.reception()))
        })?;
        listen(|| well("the phone", Voice::Browser, self.phone.heard().and_then(|sound| sound.last(LISTENED))))
    }
}
