//! A call as a capture file.

use super::scribe::{FileNames, Scribe};
use super::{Lost, Writer};
use crate::capture::influence::Influence;
use crate::capture::pseudonyms::Pseudonyms;
use crate::capture::record::What;
use crate::capture::recorder::Extract;
use crate::capture::trace::Trace;

/// The octets of a capture file with all messages of an extract, what they caused, and what calls were decided by. `trace`
/// is what the file calls itself after. With `pseudonyms` numbers and names are not in it.
pub fn pcapng(
    extract: &Extract,
    trace: &Trace,
    names: &FileNames,
    application: &str,
    mut pseudonyms: Option<&mut Pseudonyms>,
) -> Vec<u8> {
    let id = pseudonyms.as_deref_mut().map_or_else(|| trace.id.clone(), |known| known.id(trace));
    let mut personal = |text: &str| pseudonyms.as_deref_mut().map_or_else(|| text.to_owned(), |known| known.of(text));
    let who = match (&trace.caller, &trace.called) {
        (Some(caller), Some(called)) => format!(": {} calls {}", personal(caller), personal(called)),
        _ => String::new(),
    };
    let mut writer = Writer::new(application, &format!("call {id}{who}"));
    let mut scribe = Scribe::new(pseudonyms.as_deref().cloned());
    let mut standing = extract.standing.clone();
    let began = extract.records.first().map(|record| record.at).unwrap_or_default();
    scribe.stand(began, standing.clone(), names, Some(&mut writer));
    for record in &extract.records {
        if let What::Influence(influence) = &record.what {
            standing.change(influence);
            if let Influence::Server { .. } | Influence::LineGroup { .. } | Influence::Line { .. } = **influence {
                scribe.stand(record.at, standing.clone(), names, Some(&mut writer));
                continue;
            }
        }
        scribe.record(record.clone(), names, &mut writer);
    }
    scribe.flush(&mut writer);
    writer.lose(Lost { messages: extract.dropped.into(), packets: 0 });
    writer.finish();
    writer.take()
}
