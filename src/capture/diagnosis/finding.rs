//! What a rule has found, and how it becomes a verdict.

use offhook_sip::header::Name;

use super::code::Code;
use super::reading::{Reading, Said, Transaction};
use super::told::{PRIVATE, Told};
use crate::capture::trace::{PartyKind, TraceWhat};
use crate::capture::verdict::{Evidence, Severity, Verdict};

/// Characters of foreign text that go into a sentence.
const LONGEST_WORD: usize = 160;
/// Pieces of evidence kept.
const MOST_EVIDENCE: usize = 12;

/// A word in both languages.
#[derive(Clone)]
struct Word {
    name: &'static str,
    english: String,
    german: String,
}

/// What a rule has found.
pub(super) struct Finding {
    pub(super) code: Code,
    words: Vec<Word>,
    evidence: Vec<Evidence>,
}

impl Finding {
    pub(super) fn new(code: Code) -> Self {
        Finding { code, words: Vec::new(), evidence: Vec::new() }
    }

    /// Fills a place in the sentences, the same in both languages.
    pub(super) fn with(self, name: &'static str, value: impl ToString) -> Self {
        let value = value.to_string();
        self.with_both(name, value.clone(), value)
    }

    /// Fills a place in the sentences with a number, which German writes with a comma.
    pub(super) fn decimal(self, name: &'static str, value: impl ToString) -> Self {
        let value = value.to_string();
        self.with_both(name, &value, value.replace('.', ","))
    }

    /// Fills a place in the sentences.
    pub(super) fn with_both(mut self, name: &'static str, english: impl ToString, german: impl ToString) -> Self {
        let (english, german) = (tame(&english.to_string()), tame(&german.to_string()));
        self.words.push(Word { name, english, german });
        self
    }

    /// The transaction that decided: who the PBX is, which number was called, what it answered; both messages are
    /// evidence, the answer first.
    pub(super) fn decided(self, reading: &Reading<'_>, transaction: &Transaction) -> Self {
        let finding = self.about(reading, transaction);
        let finding = match reading.last(transaction) {
            Some(last) => finding.with("answer", last.answer()).shown(last),
            None => finding,
        };
        match reading.asked(transaction) {
            Some(asked) => finding.shown(asked),
            None => finding,
        }
    }

    /// The same without evidence.
    pub(super) fn about(self, reading: &Reading<'_>, transaction: &Transaction) -> Self {
        let finding = self.with("pbx", reading.name_of(reading.peer(transaction)));
        let Some(asked) = reading.asked(transaction) else { return finding };
        let user = |name| asked.address(name).map(|address| address.0).filter(|user| !user.is_empty());
        let finding = finding.with("method", &transaction.method);
        let finding = match asked.called.as_ref().map(Told::words) {
            Some((english, german)) => finding.with_both("sent", english, german).with_both("number", english, german),
            None => finding.with("sent", ""),
        };
        match user(Name::From) {
            Some(caller) => finding.with("caller", caller),
            None => finding,
        }
    }

    /// A message that shows it, by its first line.
    pub(super) fn shown(self, said: &Said<'_>) -> Self {
        let (english, german) = said.first_line();
        self.event(said.event, &english, &german)
    }

    /// A header field of a message that shows it.
    pub(super) fn header(self, said: &Said<'_>, name: Name) -> Self {
        match said.message.header(name.clone()) {
            Some(value) => {
                let line = format!("{name}: {value}");
                self.event(said.event, &line, &line)
            }
            None => self,
        }
    }

    /// An event of any kind that shows it.
    pub(super) fn event(mut self, event: usize, english: &str, german: &str) -> Self {
        if self.evidence.len() < MOST_EVIDENCE {
            let event = u32::try_from(event).ok();
            self.evidence.push(Evidence { event, setting: None, english: tame(english), german: tame(german) });
        }
        self
    }

    /// An event of the trace, described by what it holds.
    pub(super) fn happened(self, reading: &Reading<'_>, index: usize) -> Self {
        if let Ok(place) = reading.said.binary_search_by_key(&index, |said| said.event) {
            return self.shown(&reading.said[place]);
        }
        let text = reading.trace.events.get(index).map(|event| describe(&event.what)).unwrap_or_default();
        self.event(index, &text, &text)
    }

    /// A setting that had a part in it, with its value where the trace has it.
    pub(super) fn setting(mut self, reading: &Reading<'_>, key: &str) -> Self {
        let text = match reading.setting(key) {
            Some(value) => format!("{key} = {value}"),
            None => key.to_owned(),
        };
        if self.evidence.len() < MOST_EVIDENCE {
            let (english, german) = (tame(&text), tame(&text));
            self.evidence.push(Evidence { event: None, setting: Some(key.to_owned()), english, german });
        }
        self
    }

    /// What the server did last, where no message decided.
    fn last_step(self, reading: &Reading<'_>) -> Self {
        let events = &reading.trace.events;
        let step = events.iter().rposition(|event| matches!(event.what, TraceWhat::Step { .. }));
        match step.or(events.len().checked_sub(1)) {
            Some(last) => self.happened(reading, last),
            None => self,
        }
    }

    /// The verdict, with the words that every trace has beside those of the rule.
    pub(super) fn verdict(mut self, reading: &Reading<'_>) -> Verdict {
        for (name, english, german) in usual_words(reading) {
            self = self.with_both(name, english, german);
        }
        let code = self.code;
        if self.evidence.is_empty() && code.severity() > Severity::Fine {
            self = self.last_step(reading);
        }
        let (nobody, niemand) = ("an unknown party".to_owned(), "einem Unbekannten".to_owned());
        self = self.with_both("side", nobody, niemand);
        let fill = |sentence: &str, german: bool| {
            filled(sentence, |name| {
                let word = self.words.iter().find(|word| word.name == name)?;
                Some(if german { word.german.as_str() } else { word.english.as_str() })
            })
        };
        Verdict {
            code: code.code().to_owned(),
            severity: code.severity(),
            english: fill(code.english(), false),
            german: fill(code.german(), true),
            fix_english: fill(code.fix_english(), false),
            fix_german: fill(code.fix_german(), true),
            evidence: self.evidence,
        }
    }
}

/// What can be said of every trace, in English and German; a rule's own words come before these.
fn usual_words(reading: &Reading<'_>) -> [(&'static str, String, String); 6] {
    let trace = reading.trace;
    let first_pbx = || trace.parties.iter().position(|party| party.kind == PartyKind::Sip);
    let party = reading.legs.first().map(|leg| leg.peer).or_else(|| u32::try_from(first_pbx()?).ok());
    let pbx = party.map(|party| reading.name_of(party));
    let first = reading.said.iter().find(|said| said.message.is_request());
    let user =
        |name| first.and_then(|said| said.address(name)).map(|address| address.0).filter(|user| !user.is_empty());
    let word = |name, value: Option<String>| {
        let value = value.unwrap_or_else(|| "–".into());
        (name, value.clone(), value)
    };
    let called = match (&trace.called, first.and_then(|said| said.called.as_ref())) {
        (None, Some(Told::Private)) => ("number", PRIVATE.0.to_owned(), PRIVATE.1.to_owned()),
        (None, Some(Told::Number(number))) => word("number", Some(number.clone())),
        (called, _) => word("number", called.clone()),
    };
    [
        word("pbx", pbx.or_else(|| trace.group.clone())),
        called,
        word("caller", trace.caller.clone().or_else(|| user(Name::From))),
        word("line", trace.line.clone().or_else(|| user(Name::From))),
        word("client", reading.client().map(|client| reading.name_of(client))),
        word("answer", trace.cause.as_ref().and_then(|cause| cause.sip_status).map(|status| status.to_string())),
    ]
}

/// A sentence with its places filled; what nobody knows becomes a dash.
fn filled<'w>(sentence: &str, word: impl Fn(&str) -> Option<&'w str>) -> String {
    let mut text = String::with_capacity(sentence.len() + 64);
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, behind)) = after.split_once('}') else { break };
        text += before;
        text += word(name).unwrap_or("–");
        rest = behind;
    }
    text + rest
}

/// What an event is, for evidence.
fn describe(what: &TraceWhat) -> String {
    match what {
        TraceWhat::Sip { text, .. } => text.lines().find(|line| !line.is_empty()).unwrap_or_default().to_owned(),
        TraceWhat::Client { text } => text.clone(),
        TraceWhat::Step { input, before, after } => format!("{input}: {before} → {after}"),
        TraceWhat::Media { event, detail } => {
            let name = serde_json::to_value(event).ok();
            let name = name.as_ref().and_then(|name| name.as_str()).unwrap_or_default();
            format!("{name} {}", detail.as_deref().unwrap_or_default()).trim().to_owned()
        }
        TraceWhat::Number { text, result, location, .. } => {
            let [text, result] = [text, result].map(|text| text.as_deref().unwrap_or_default());
            format!("{text}: {result} ({location})")
        }
        TraceWhat::Failure { detail, .. } => detail.clone(),
    }
}

/// Foreign text for a sentence: one line of bounded length.
pub(super) fn tame(text: &str) -> String {
    let mut chars = text.chars().map(|char| if char.is_control() { ' ' } else { char });
    let mut tamed: String = chars.by_ref().take(LONGEST_WORD).collect();
    if chars.next().is_some() {
        tamed.push('…');
    }
    tamed.truncate(tamed.trim_end().len());
    tamed
}
