//! The telephones of a scenario: softphones, and scripts for what no softphone does.

use std::collections::BTreeMap;

use super::super::SOON;
use super::super::baresip::{self, Answer, Baresip};
use super::super::kamailio;
use super::super::linphone::{self, Linphone};
use super::super::sipp::{Part, Sipp};
use super::super::site::Site;
use super::super::tap::Tap;

/// What a telephone is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Baresip,
    /// One that knows Replaces.
    Linphone,
    /// A script, told by a step what to play.
    Sipp,
}

/// A telephone as it stands in the file.
pub(super) struct Cue {
    pub(super) number: String,
    pub(super) kind: Kind,
    pub(super) tone: u32,
    pub(super) answers: bool,
}

impl Cue {
    /// Reads what stands behind `phone`; None where it makes no sense.
    pub(super) fn read(words: &[&str]) -> Option<Cue> {
        let (kind, tone, rest): (_, u32, &[&str]) = match *words {
            [_, "sipp"] => (Kind::Sipp, SCRIPTED, &[]),
            [_, "tone", tone, "linphone", ref rest @ ..] => (Kind::Linphone, tone.parse().ok()?, rest),
            [_, "tone", tone, ref rest @ ..] => (Kind::Baresip, tone.parse().ok()?, rest),
            _ => return None,
        };
        let answers = match rest {
            [] => false,
            ["answers"] => true,
            _ => return None,
        };
        Some(Cue { number: (*words.first()?).to_owned(), kind, tone, answers })
    }

    /// Starts it at an address of its own, and what captures what comes to it.
    pub(super) fn start(&self, site: &Site, place: usize) -> (Phone, Option<Tap>) {
        let host = 10 + place as u8;
        // A capture knows a telephone by its ports. Those of baresip are of all addresses, as are a browser's; linphone,
        // which looks for no other port where one is taken, has some that are neither's.
        let first = if self.kind == Kind::Linphone { 12_000 } else { 40_000 } + 1_000 * place as u16;
        let rtp_ports = first..first + 1_000;
        let tap = || Some(Tap::start(site, host, rtp_ports.clone()));
        let &Cue { ref number, kind, tone, answers } = self;
        match kind {
            Kind::Baresip => {
                let answer = if answers { Answer::AtOnce } else { Answer::WhenTold };
                let user: &'static str = number.clone().leak();
                let (tap, ports) = (tap(), rtp_ports.clone());
                let settings = baresip::Settings { host, user, answer, tone, rtp_ports: ports, ..Default::default() };
                (Phone::Baresip(Baresip::start(site, &settings)), tap)
            }
            Kind::Linphone => {
                let (tap, user) = (tap(), number.clone());
                let settings = linphone::Settings { host, user, tone, rtp_ports, answers };
                (Phone::Linphone(Linphone::start(site, &settings)), tap)
            }
            Kind::Sipp => (Phone::Sipp { host, plays: None }, None),
        }
    }

    /// Where the PBX finds a script, which registers nowhere.
    pub(super) fn route(&self, site: &Site, place: usize) -> Option<(String, String)> {
        (self.kind == Kind::Sipp).then(|| (self.number.clone(), site.socket(10 + place as u8, 5060).to_string()))
    }
}

/// The tone that scripts send, Hz.
const SCRIPTED: u32 = 1_000;

/// A telephone that takes part.
pub(super) enum Phone {
    Baresip(Baresip),
    Linphone(Linphone),
    Sipp { host: u8, plays: Option<Sipp> },
}

impl Phone {
    #[track_caller]
    pub(super) fn step(&mut self, site: &Site, number: &str, step: &str) {
        let words: Vec<&str> = step.split_whitespace().collect();
        let known = match self {
            Phone::Baresip(phone) => baresip_step(phone, number, &words),
            Phone::Linphone(phone) => linphone_step(phone, number, &words),
            Phone::Sipp { host, plays } => sipp_step(site, *host, plays, number, &words),
        };
        known.unwrap_or_else(|| panic!("{number} {step}: no such step"));
    }
}

fn baresip_step(phone: &mut Baresip, number: &str, words: &[&str]) -> Option<()> {
    match *words {
        ["dials", number] => phone.dial(number),
        ["answers"] => phone.answer(),
        ["hangs", "up"] => phone.hang_up(),
        ["holds"] => phone.hold(),
        ["resumes"] => phone.resume(),
        ["transfers", "to", number] => phone.transfer(number),
        ["rings"] => drop(phone.wait("CALL_INCOMING")),
        ["hears", "ringing"] => drop(phone.wait("CALL_RINGING")),
        ["established"] => drop(phone.wait("CALL_ESTABLISHED")),
        ["closed", ref reason @ ..] => is_told(number, &phone.wait("CALL_CLOSED"), reason),
        _ => return None,
    }
    Some(())
}

fn linphone_step(phone: &mut Linphone, number: &str, words: &[&str]) -> Option<()> {
    match *words {
        ["dials", number] => phone.dial(number),
        ["answers"] => phone.answer(),
        ["hangs", "up"] => phone.hang_up(),
        ["holds"] => phone.hold(),
        ["resumes"] => phone.resume(),
        ["transfers", "to", number] => phone.transfer(number),
        ["joins", "its", "calls"] => phone.join(),
        ["rings"] => drop(phone.wait(&["Receiving new incoming call"])),
        ["hears", "ringing"] => drop(phone.wait(&[" ringing."])),
        ["established"] => drop(phone.wait(&[" connected."])),
        ["closed", ref reason @ ..] => is_told(number, &phone.wait(&[" ended (", " error."]), reason),
        _ => return None,
    }
    Some(())
}

/// A script behind `plays` waits to be called, one behind `by` calls; what stands in its places follows.
fn sipp_step(site: &Site, host: u8, plays: &mut Option<Sipp>, number: &str, words: &[&str]) -> Option<()> {
    let (calls, scenario, rest) = match *words {
        ["has", "played"] => {
            plays.take()?.finish(SOON);
            return Some(());
        }
        ["plays", scenario, ref rest @ ..] => (None, scenario, rest),
        ["dials", number, "by", scenario, ref rest @ ..] => (Some(number), scenario, rest),
        _ => return None,
    };
    let rest = rest.join(" ");
    let mut places: BTreeMap<&str, &str> = rest.split(", ").filter_map(|place| place.split_once('=')).collect();
    let from = format!("<sip:{number}@[local_ip]>");
    places.entry("@FROM@").or_insert(&from);
    let places: Vec<(&str, &str)> = places.into_iter().collect();
    let calls = calls.map(|number| (site.socket(kamailio::HOST, 5060), number));
    // Of one that still plays the port would be taken.
    *plays = None;
    *plays = Some(Sipp::play(site, &Part { calls, words: &places, ..Part::new(scenario, host) }));
    Some(())
}

#[track_caller]
fn is_told(number: &str, told: &str, reason: &[&str]) {
    assert!(told.contains(&reason.join(" ")), "{number} was told {told:?}");
}
