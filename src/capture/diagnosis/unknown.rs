//! Where a call stopped being normal, when no rule knows why.

use offhook_sip::method::Method;

use super::code::Code;
use super::finding::Finding;
use super::reading::{Reading, Transaction};
use super::refusal::clock;

/// Says that nobody knows, and where to begin looking: the first final response that is no success and no challenge,
/// else the first request without a response, else the first that had to be repeated, else the last event.
pub(super) fn unknown(reading: &Reading<'_>) -> Finding {
    let finding = Finding::new(Code::Unknown);
    let at = |event: usize| clock(reading.trace.events.get(event).map_or(reading.over_at, |event| event.at));
    let answered = |transaction: &&Transaction| !matches!(reading.status(transaction), 0..=299 | 401 | 407 | 487);
    if let Some(transaction) = reading.transactions.iter().find(answered)
        && let (Some(asked), Some(last)) = (reading.asked(transaction), reading.last(transaction))
    {
        let (line, answer) = (&transaction.method, last.answer());
        let english = format!("{line} was answered with {answer}");
        let finding = finding.with_both("detail", english, format!("{line} wurde mit {answer} beantwortet"));
        return finding.with("time", at(last.event)).shown(last).shown(asked);
    }
    let silent = |transaction: &&Transaction| transaction.first.is_none() && transaction.method != Method::Ack;
    let repeated = |transaction: &&Transaction| transaction.sent > 1;
    let found = reading.transactions.iter().find(silent).or_else(|| reading.transactions.iter().find(repeated));
    if let Some(asked) = found.and_then(|transaction| reading.asked(transaction)) {
        let (english, german) = asked.first_line();
        let (english, german) = (format!("{english} got no response"), format!("{german} bekam keine Antwort"));
        let finding = finding.with_both("detail", english, german);
        return finding.with("time", at(asked.event)).shown(asked);
    }
    let Some(last) = reading.trace.events.len().checked_sub(1) else {
        let finding = finding.with("time", clock(reading.over_at));
        return finding.with_both("detail", "nothing of it was recorded", "nichts davon wurde aufgezeichnet");
    };
    let finding = finding.with_both("detail", "the last event before the end", "das letzte Ereignis vor dem Ende");
    finding.with("time", at(last)).happened(reading, last)
}
