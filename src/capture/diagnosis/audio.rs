//! Calls that were answered and sounded bad, or not at all.

use std::net::IpAddr;

use offhook_sip::header::Name;
use offhook_sip::method::Method;

use super::code::Code;
use super::dialog::{pbx, server};
use super::finding::Finding;
use super::reading::{Reading, ip, is_behind_nat, is_private};
use crate::capture::trace::{MediaEvent, PartyKind, TraceWhat};
use crate::quality::{LegParty, LegReport};

/// Packets after which a leg's figures say something: two seconds.
const ENOUGH: u64 = 100;
/// Percent of lost packets that people notice, with concealment (ITU-T G.113).
const LOSS: f64 = 3.0;
/// Milliseconds of jitter that a usual jitter buffer does not take.
const JITTER: f64 = 40.0;
/// Milliseconds to the other end and back at which people interrupt each other (ITU-T G.114: 400 one way at most).
const ROUND_TRIP: f64 = 600.0;
/// Below it many are dissatisfied (ITU-T G.107 annex B).
const MOS: f64 = 3.5;

/// A party that should be heard and is not.
struct Missing {
    party: u32,
    is_browser: bool,
    /// Where it was noticed.
    event: Option<usize>,
    never: bool,
}

fn missing(reading: &Reading<'_>) -> Vec<Missing> {
    if !reading.is_answered() {
        return Vec::new();
    }
    let parties = (0..).zip(&reading.trace.parties).zip(&reading.heard);
    let others = parties.filter(|((_, party), _)| party.kind != PartyKind::Server);
    others
        .filter_map(|((index, party), heard)| {
            let is_browser = party.kind == PartyKind::Client;
            let leg = reading.figures(index);
            let leg = leg.filter(|leg| leg.silent || leg.packets_in == 0 && leg.packets_out >= ENOUGH);
            let never = heard.never || leg.is_some_and(|leg| leg.packets_in == 0);
            (heard.silent.is_some() || leg.is_some()).then_some(Missing {
                party: index,
                is_browser,
                event: heard.silent,
                never,
            })
        })
        .collect()
}

fn finding(reading: &Reading<'_>, code: Code, missing: &Missing) -> Finding {
    let side = side(reading, missing);
    let finding = Finding::new(code).with_both("side", side.0, side.1).with("pbx", reading.name_of(missing.party));
    let finding = match missing.event {
        Some(event) => finding.happened(reading, event),
        None => finding,
    };
    match (missing.event, reading.figures(missing.party)) {
        (None, Some(leg)) => {
            let (received, sent) = (leg.packets_in, leg.packets_out);
            // A figure belongs to no event: it stands beside the call's answer.
            let at = reading.said.iter().rposition(|said| said.status() / 100 == 2).and_then(|place| reading.at(place));
            let english = format!("{received} packets received, {sent} sent");
            let german = format!("{received} Pakete empfangen, {sent} gesendet");
            finding.event(at.map_or(0, |said| said.event), &english, &german)
        }
        _ => finding,
    }
}

fn side(reading: &Reading<'_>, missing: &Missing) -> (String, String) {
    let name = reading.name_of(missing.party);
    match missing.is_browser {
        true => (format!("the browser of {name}"), format!("dem Browser von {name}")),
        false => pbx(reading, missing.party),
    }
}

/// The last description that a party sent (or got from the server): where it is written, the address, and the address of
/// the other end of that message.
fn described(reading: &Reading<'_>, party: u32, ours: bool) -> Option<(usize, IpAddr, IpAddr)> {
    let said = reading.said.iter().rfind(|said| {
        let at = reading.trace.events.get(said.event);
        let theirs = at.is_some_and(|event| if ours { event.to == party } else { event.from == party });
        said.ours == ours && theirs && said.audio().is_some_and(|stream| stream.port != 0)
    })?;
    let written = said.audio()?.address?.ip().to_canonical();
    let seen = if ours { ip(said.destination)? } else { ip(said.source)? };
    Some((said.event, written, seen))
}

/// Nothing ever came, and a description names an address in a private network that the other side is not in: the PBX's,
/// or this server's.
pub(super) fn nat_sdp(reading: &Reading<'_>) -> Option<Finding> {
    let missing = missing(reading).into_iter().find(|missing| !missing.is_browser && missing.never)?;
    let theirs = described(reading, missing.party, false).filter(|(_, written, seen)| is_behind_nat(*written, *seen));
    let ours = || {
        let ours = described(reading, missing.party, true);
        ours.filter(|(_, written, seen)| is_private(*written) && !is_private(*seen))
    };
    let by_pbx = theirs.is_some();
    let (event, written, seen) = theirs.or_else(ours)?;
    let name = reading.name_of(missing.party);
    let owner = match by_pbx {
        true => ("the PBX".to_owned(), "die Telefonanlage".to_owned()),
        false => (server().0, "dieser Server".to_owned()),
    };
    let line = format!("c=IN IP{} {written}", if written.is_ipv4() { 4 } else { 6 });
    let finding = finding(reading, Code::NatSdp, &missing).with("pbx", name).with("contact", written);
    let finding = finding.with("address", seen).with_both("owner", owner.0, owner.1).event(event, &line, &line);
    Some(finding.setting(reading, "media.address"))
}

/// Packets come from an address that was not agreed, and the party is not heard.
pub(super) fn from_elsewhere(reading: &Reading<'_>) -> Option<Finding> {
    let found = missing(reading).into_iter().find_map(|missing| {
        let elsewhere = reading.heard.get(missing.party as usize)?.elsewhere?;
        Some((missing, elsewhere))
    });
    let (missing, elsewhere) = found?;
    let detail = match reading.trace.events.get(elsewhere).map(|event| &event.what) {
        Some(TraceWhat::Media { detail: Some(detail), .. }) => detail.clone(),
        _ => "–".into(),
    };
    Some(finding(reading, Code::AudioFromElsewhere, &missing).with("detail", detail).happened(reading, elsewhere))
}

/// No side of the call is heard.
pub(super) fn none_at_all(reading: &Reading<'_>) -> Option<Finding> {
    let missing = missing(reading);
    let [first, second, ..] = missing.as_slice() else { return None };
    let (one, other) = (side(reading, first), side(reading, second));
    let sides = (format!("{} and {}", one.0, other.0), format!("{} und {}", one.1, other.1));
    let found = Finding::new(Code::NoAudio).with_both("side", sides.0, sides.1);
    let shown = [first, second].into_iter().filter_map(|missing| missing.event);
    let found = shown.fold(found, |found, event| found.happened(reading, event));
    Some(found.setting(reading, "media.rtp_ports").setting(reading, "listen.webrtc"))
}

/// The browser's path stands, and nothing comes from it.
pub(super) fn browser_silent(reading: &Reading<'_>) -> Option<Finding> {
    let missing = missing(reading).into_iter().find(|missing| missing.is_browser)?;
    let name = reading.name_of(missing.party);
    Some(finding(reading, Code::BrowserSilent, &missing).with("client", name))
}

/// Nothing comes from one PBX.
pub(super) fn one_way(reading: &Reading<'_>) -> Option<Finding> {
    let missing = missing(reading).into_iter().next()?;
    let expected = described(reading, missing.party, false);
    let told = missing.event.and_then(|event| match &reading.trace.events.get(event)?.what {
        TraceWhat::Media { detail, .. } => detail.clone().filter(|detail| ip(detail).is_some()),
        _ => None,
    });
    let address = told.or(expected.map(|(_, written, _)| written.to_string())).unwrap_or_else(|| "–".into());
    let found = finding(reading, Code::OneWayAudio, &missing).with("address", address);
    let found = match expected {
        Some((event, written, _)) => {
            let line = format!("c=IN IP{} {written}", if written.is_ipv4() { 4 } else { 6 });
            found.event(event, &line, &line)
        }
        None => found,
    };
    Some(found.setting(reading, "media.rtp_ports"))
}

/// Digits by INFO that were refused, by events that were not agreed on, or that were pressed and never sent on.
pub(super) fn digits_lost(reading: &Reading<'_>) -> Option<Finding> {
    if !reading.is_answered() {
        return None;
    }
    let is_digit = |kind: &str| kind.to_ascii_lowercase().starts_with("application/dtmf");
    let refused = reading.inside().find(|transaction| {
        let asked = reading.asked(transaction);
        let digit = asked.and_then(|asked| asked.message.content_type()).is_some_and(is_digit);
        digit && transaction.method == Method::Info && reading.status(transaction) >= 300
    });
    let with_setting = |finding: Finding| finding.setting(reading, "line_group.dtmf");
    if let Some(info) = refused {
        let answer = reading.last(info).map(|last| last.answer()).unwrap_or_default();
        let english = format!("INFO was answered with {answer}");
        let finding = Finding::new(Code::DigitsLost).decided(reading, info);
        return Some(with_setting(finding.with_both(
            "detail",
            english,
            format!("INFO wurde mit {answer} beantwortet"),
        )));
    }
    let sent = reading.media(MediaEvent::DigitSent).next();
    let events_only = reading.setting("line_group.dtmf").is_some_and(|value| value.contains("rfc4733"));
    if let Some((event, to, _)) = sent.filter(|_| events_only) {
        let party = if reading.trace.parties.get(to.to as usize).is_some_and(|party| party.kind != PartyKind::Server) {
            to.to
        } else {
            to.from
        };
        let answer = reading.said.iter().rfind(|said| {
            let from = reading.trace.events.get(said.event).is_some_and(|event| event.from == party);
            !said.ours && from && said.audio().is_some()
        });
        let answer = answer.filter(|said| said.audio().is_some_and(|stream| !stream.events))?;
        let detail = (
            "the other side has no telephone events (RFC 4733)",
            "die Gegenseite kennt keine Telephone-Events (RFC 4733)",
        );
        let finding = Finding::new(Code::DigitsLost).with_both("detail", detail.0, detail.1).happened(reading, event);
        return Some(with_setting(finding.shown(answer).header(answer, Name::ContentType)));
    }
    if sent.is_some() {
        return None;
    }
    let mut events = reading.trace.events.iter().enumerate();
    let pressed = events.find(|(_, event)| match &event.what {
        TraceWhat::Media { event, .. } => *event == MediaEvent::Digit,
        TraceWhat::Client { text } => text.contains("\"generate_digits\""),
        _ => false,
    });
    let (event, _) = pressed?;
    let detail = ("none was sent on", "keine wurde weitergesendet");
    let finding = Finding::new(Code::DigitsLost).with_both("detail", detail.0, detail.1);
    Some(with_setting(finding.happened(reading, event)))
}

/// The worst leg by a figure, of those that have enough packets: from it, or to it.
fn worst<'r>(
    reading: &'r Reading<'_>,
    from: impl Fn(&LegReport) -> Option<f64>,
    to: impl Fn(&LegReport) -> Option<f64>,
    limit: f64,
) -> Option<(&'r LegReport, f64, bool)> {
    if !reading.is_answered() {
        return None;
    }
    let legs = reading.trace.legs.iter().filter(|leg| leg.packets_in >= ENOUGH || leg.packets_out >= ENOUGH);
    let figures = legs.flat_map(|leg| [(leg, from(leg), true), (leg, to(leg), false)]);
    let bad = figures.filter_map(|(leg, figure, from)| Some((leg, figure.filter(|figure| *figure >= limit)?, from)));
    bad.max_by(|one, other| one.1.total_cmp(&other.1))
}

fn of_leg(reading: &Reading<'_>, code: Code, leg: &LegReport, english: &str, german: &str) -> Finding {
    let name = &leg.name;
    let (side, seite) = match leg.party {
        LegParty::Browser => (format!("the browser of {name}"), format!("dem Browser von {name}")),
        LegParty::Pbx => (format!("the PBX {name}"), format!("der Telefonanlage {name}")),
    };
    let finding = Finding::new(code).with_both("side", side, seite);
    // A figure belongs to no event: it stands beside the call's answer.
    let answered = reading.said.iter().rfind(|said| said.status() / 100 == 2);
    finding.event(answered.map_or(0, |said| said.event), english, german)
}

/// Packets that never came, or came too late, one way or the other.
pub(super) fn packet_loss(reading: &Reading<'_>) -> Option<Finding> {
    let received = |leg: &LegReport| (leg.packets_in >= ENOUGH).then_some(leg.loss);
    let (leg, percent, from) = worst(reading, received, |leg| leg.loss_remote, LOSS)?;
    let text = format!("{percent:.1} %");
    let finding = of_leg(reading, Code::PacketLoss, leg, &format!("loss {text}"), &format!("Verlust {text}"));
    Some(direction(finding, from).with("percent", format!("{percent:.1}")))
}

/// Packets whose spacing varies more than a jitter buffer takes.
pub(super) fn jitter(reading: &Reading<'_>) -> Option<Finding> {
    let received = |leg: &LegReport| (leg.packets_in >= ENOUGH).then_some(leg.jitter_ms);
    let (leg, milliseconds, from) = worst(reading, received, |leg| leg.jitter_remote_ms, JITTER)?;
    let text = format!("{milliseconds:.0} ms");
    let finding = of_leg(reading, Code::Jitter, leg, &format!("jitter {text}"), &format!("Jitter {text}"));
    Some(direction(finding, from).with("milliseconds", format!("{milliseconds:.0}")))
}

/// Audio that is on its way for so long that a conversation suffers.
pub(super) fn delay(reading: &Reading<'_>) -> Option<Finding> {
    let (leg, milliseconds, _) = worst(reading, |leg| leg.round_trip_ms, |_| None, ROUND_TRIP)?;
    let text = format!("{milliseconds:.0} ms");
    let finding = of_leg(reading, Code::Delay, leg, &format!("round trip {text}"), &format!("Laufzeit {text}"));
    Some(finding.with("milliseconds", format!("{milliseconds:.0}")))
}

/// A bad score although no single figure explains it.
pub(super) fn poor(reading: &Reading<'_>) -> Option<Finding> {
    let below = |mos: Option<f64>| mos.map(|mos| 5.0 - mos);
    let received = |leg: &LegReport| below(leg.mos.filter(|_| leg.packets_in >= ENOUGH));
    let (leg, below, _) = worst(reading, received, |leg| below(leg.mos_remote), 5.0 - MOS + f64::EPSILON)?;
    let mos = 5.0 - below;
    let finding = of_leg(reading, Code::PoorAudio, leg, &format!("MOS {mos:.1}"), &format!("MOS {mos:.1}"));
    Some(finding.with("mos", format!("{mos:.1}")).setting(reading, "line_group.codecs"))
}

fn direction(finding: Finding, from: bool) -> Finding {
    match from {
        true => finding.with_both("direction", "from", "von"),
        false => finding.with_both("direction", "to", "zu"),
    }
}
