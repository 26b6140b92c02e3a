//! Traces.

use serde_json::Value;

use super::{Pseudonyms, REDACTED};
use crate::capture::trace::{PartyKind, Trace, TraceCause, TraceEvent, TraceParty, TraceSetting, TraceWhat};
use crate::quality::LegParty;

/// What begins the keys of settings that are about people: of lines and users.
const PERSONAL: [&str; 3] = ["line_group.line.", "line_settings.", "user."];
/// Settings of these that say nothing of anybody.
const PLAIN: [&str; 4] =
    ["line_group.line.active", "line_group.line.password", "line_group.line.pilot", "line_settings.do_not_disturb"];
/// Settings of line groups that have numbers in them.
const NUMBERS: [&str; 2] = ["user_name", "pickup_code"];
/// One that is a pattern of them.
const PATTERN: &str = "numbers";
/// Digits that are no number of anybody: ports, statuses, codes.
const SHORT: usize = 5;

impl Pseudonyms {
    /// A trace with pseudonyms for numbers and names; those of line groups and machines stay.
    pub fn trace(&mut self, trace: &Trace) -> Trace {
        let mut number = |number: &Option<String>| number.as_deref().map(|number| self.of(number));
        let (caller, called, line) = (number(&trace.caller), number(&trace.called), number(&trace.line));
        let parties = trace.parties.iter().map(|party| self.party(party)).collect();
        let events = trace.events.iter().map(|event| self.event(event)).collect();
        let mut legs = trace.legs.clone();
        for leg in legs.iter_mut().filter(|leg| leg.party == LegParty::Browser) {
            leg.name = self.of(&leg.name);
        }
        Trace {
            id: self.id(trace),
            caller,
            called,
            line,
            parties,
            events,
            legs,
            settings: trace.settings.iter().map(|setting| self.setting(setting)).collect(),
            // Whoever is named there has been met before.
            cause: trace.cause.as_ref().map(|cause| TraceCause {
                detail: cause.detail.as_deref().map(|detail| self.text(detail)),
                ..cause.clone()
            }),
            ..trace.clone()
        }
    }

    fn party(&mut self, party: &TraceParty) -> TraceParty {
        match party.kind {
            PartyKind::Client => TraceParty { name: self.of(&party.name), ..party.clone() },
            PartyKind::Server | PartyKind::Sip => party.clone(),
        }
    }

    fn event(&mut self, event: &TraceEvent) -> TraceEvent {
        let what = match &event.what {
            TraceWhat::Sip { transport, source, destination, text } => TraceWhat::Sip {
                transport: *transport,
                source: source.clone(),
                destination: destination.clone(),
                text: String::from_utf8_lossy(&self.sip(text.as_bytes())).into_owned(),
            },
            TraceWhat::Client { text } => TraceWhat::Client { text: self.client(text.as_bytes()) },
            TraceWhat::Media { event, detail } => {
                let detail = detail.as_deref().map(|detail| Pseudonyms::media(*event, detail));
                TraceWhat::Media { event: *event, detail }
            }
            TraceWhat::Number { meant, text, result, shown, refused, location } => {
                let mut of = |text: &Option<String>| text.as_deref().map(|text| self.of(text));
                let (text, result) = (of(text), of(result));
                // How it is shown says as much as the number does.
                let shown = shown.as_ref().and(result.clone());
                TraceWhat::Number { meant: *meant, text, result, shown, refused: *refused, location: location.clone() }
            }
            what @ (TraceWhat::Step { .. } | TraceWhat::Failure { .. }) => what.clone(),
        };
        TraceEvent { what, ..event.clone() }
    }

    fn setting(&mut self, setting: &TraceSetting) -> TraceSetting {
        let TraceSetting { key, value } = setting;
        let person = PERSONAL.iter().any(|begin| key.starts_with(begin)) && !PLAIN.contains(&key.as_str());
        let group = key.strip_prefix("line_group").and_then(|rest| rest.rsplit_once('.'));
        let number = group.is_some_and(|(_, name)| NUMBERS.contains(&name));
        let value = match serde_json::from_str::<Value>(value) {
            _ if group.is_some_and(|(_, name)| name == PATTERN) => REDACTED.to_owned(),
            _ if !(person || number) => value.clone(),
            // A forwarding is an object.
            Ok(Value::Object(_)) => self.client(value.as_bytes()),
            _ => value.split(", ").map(|part| self.words(part)).collect::<Vec<_>>().join(", "),
        };
        TraceSetting { key: key.clone(), value }
    }

    /// Text in which anything may stand: what has been given a pseudonym before gets the same, and so does every number
    /// that is long enough to be somebody's. Other words stay.
    pub fn text(&mut self, text: &str) -> String {
        let mut shown = text.to_owned();
        // Names of several words.
        for (name, pseudonym) in self.known.iter().filter(|(name, _)| name.contains(' ')) {
            shown = shown.replace(&**name, pseudonym);
        }
        self.each_word(&shown, |pseudonyms, word| {
            let digits = word.bytes().filter(u8::is_ascii_digit).count();
            let known = pseudonyms.known.get(word).or_else(|| pseudonyms.known.get(word.to_lowercase().as_str()));
            match known {
                Some(known) => known.to_string(),
                None if digits == word.len() && digits > SHORT => pseudonyms.of(word),
                None => word.to_owned(),
            }
        })
    }

    /// Text in which every word may be somebody's number or name.
    fn words(&mut self, text: &str) -> String {
        self.each_word(text, Pseudonyms::of)
    }

    fn each_word(&mut self, text: &str, mut of: impl FnMut(&mut Pseudonyms, &str) -> String) -> String {
        let part = |c: char| c.is_alphanumeric() || "+*#_-".contains(c);
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(begin) = rest.find(part) {
            let (between, from) = rest.split_at(begin);
            let (word, behind) = from.split_at(from.find(|c| !part(c)).unwrap_or(from.len()));
            out.push_str(between);
            out.push_str(&of(self, word));
            rest = behind;
        }
        out.push_str(rest);
        out
    }
}
