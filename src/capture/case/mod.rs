//! Case files: all that is known of a call in one ZIP, for whoever is to find out elsewhere why it went as it did.
//!
//! A case has what it needs to be understood and replayed on another installation, and nothing secret: passwords, what
//! proves them, tokens and keys are masked, and numbers and names can have pseudonyms. Reading is bounded.

#[cfg(test)]
mod tests;

use std::io::{Cursor, Read, Seek, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::diagnosis::diagnose;
use super::ladder;
use super::pseudonyms::Pseudonyms;
use super::redact;
use super::trace::{Trace, TraceEvent, TraceWhat};
use super::verdict::Verdict;

/// The layout of case files, counted up when programs of before could not read them.
const FORMAT: u32 = 1;
/// No call has more; a ladder is as wide as its parties are many.
const MAX_PARTIES: usize = 100;
/// More than a server keeps of one call.
const MAX_EVENTS: usize = 10_000;
/// Octets of one file in a case.
const MAX_FILE: u64 = 64 << 20;

const ABOUT: &str = "case.json";
const TRACE: &str = "trace.json";
const VERDICT: &str = "verdict.json";
const CAPTURE: &str = "trace.pcapng";
const SETTINGS: &str = "settings.json";
const LADDER: &str = "ladder.txt";
const LOG: &str = "log.txt";

/// Where a case comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// The layout of the file.
    pub format: u32,
    /// Version of the program that made it.
    pub version: String,
    /// What that ran on, such as `linux x86_64`.
    pub system: String,
    /// When it was made: milliseconds since 1970-01-01 UTC.
    pub made_at: f64,
    /// The call, as it is called there.
    pub call: String,
    /// Whether numbers and names are pseudonyms.
    pub pseudonyms: bool,
}

/// A case.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Where it comes from.
    pub about: About,
    /// The call on all its sides, with the settings that had a part in it.
    pub trace: Trace,
    /// What it came to there.
    pub verdict: Verdict,
    /// Its messages as a capture file.
    pub capture: Vec<u8>,
    /// The lines of the log that are about it, where some were still there.
    pub log: Vec<String>,
}

/// Why a file is no case. Part of a sentence.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// It is no ZIP, or a broken one.
    #[error("it cannot be read as a ZIP: {0}")]
    Zip(#[from] ZipError),
    /// A file in it.
    #[error("{name} in it cannot be read: {problem}")]
    File {
        /// Which.
        name: &'static str,
        /// Why.
        problem: String,
    },
    /// A program of later made it.
    #[error("it was made by version {0}, which is later than this one; use that version")]
    Later(String),
}

impl Case {
    /// Makes a case of a call and the capture of it ([`export`](super::file::export)). With `pseudonyms`, which the capture
    /// has already, there are no numbers and names of people in it.
    pub fn new(
        trace: Trace,
        capture: Vec<u8>,
        log: Vec<String>,
        made_at: f64,
        mut pseudonyms: Option<&mut Pseudonyms>,
    ) -> Case {
        let mut trace = Trace { events: trace.events.into_iter().map(masked).collect(), ..trace };
        let mut log = log;
        let named = pseudonyms.is_none();
        if let Some(pseudonyms) = &mut pseudonyms {
            trace = pseudonyms.trace(&trace);
            log.iter_mut().for_each(|line| *line = pseudonyms.text(line));
        }
        let about = About {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            made_at,
            call: trace.id.clone(),
            pseudonyms: !named,
        };
        // Its sentences have numbers in them, so it is found anew.
        Case { about, verdict: diagnose(&trace), capture, trace, log }
    }

    /// The file.
    ///
    /// # Errors
    /// When it would be larger than a ZIP can be.
    pub fn zip(&self) -> Result<Vec<u8>, ZipError> {
        let ladder = ladder::text(&self.trace, Some(&self.verdict));
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        let mut add = |name: &str, octets: &[u8]| -> Result<(), ZipError> {
            zip.start_file(name, options)?;
            Ok(zip.write_all(octets)?)
        };
        add(ABOUT, &json(&self.about)?)?;
        add(TRACE, &json(&self.trace)?)?;
        add(VERDICT, &json(&self.verdict)?)?;
        add(CAPTURE, &self.capture)?;
        // They are in the trace, too: these are for eyes.
        add(SETTINGS, &json(&self.trace.settings)?)?;
        add(LADDER, ladder.as_bytes())?;
        if !self.log.is_empty() {
            add(LOG, (self.log.join("\n") + "\n").as_bytes())?;
        }
        Ok(zip.finish()?.into_inner())
    }

    /// Reads a case of this or an earlier version.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(file: impl Read + Seek) -> Result<Case, CaseError> {
        let mut zip = ZipArchive::new(file)?;
        let about: About = parsed(&mut zip, ABOUT)?;
        if about.format > FORMAT {
            return Err(CaseError::Later(about.version));
        }
        let log = match zip.index_for_name(LOG) {
            Some(_) => String::from_utf8_lossy(&entry(&mut zip, LOG)?).lines().map(str::to_owned).collect(),
            None => Vec::new(),
        };
        let trace: Trace = parsed(&mut zip, TRACE)?;
        if trace.parties.len() > MAX_PARTIES || trace.events.len() > MAX_EVENTS {
            let problem = format!("it has more than {MAX_PARTIES} parties or {MAX_EVENTS} events");
            return Err(CaseError::File { name: TRACE, problem });
        }
        Ok(Case { about, trace, verdict: parsed(&mut zip, VERDICT)?, capture: entry(&mut zip, CAPTURE)?, log })
    }
}

/// An event without its secrets: whoever noted it has masked them already, but what leaves the server must have none
/// whoever made it.
fn masked(event: TraceEvent) -> TraceEvent {
    let shown = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
    let what = match event.what {
        TraceWhat::Sip { transport, source, destination, text } => {
            TraceWhat::Sip { transport, source, destination, text: shown(&redact::sip(text.as_bytes())) }
        }
        TraceWhat::Client { text } => TraceWhat::Client { text: shown(&redact::json(text.as_bytes())) },
        what => what,
    };
    TraceEvent { what, ..event }
}

fn json(value: &impl Serialize) -> Result<Vec<u8>, ZipError> {
    serde_json::to_vec_pretty(value).map_err(|error| ZipError::Io(error.into()))
}

fn parsed<T: DeserializeOwned>(zip: &mut ZipArchive<impl Read + Seek>, name: &'static str) -> Result<T, CaseError> {
    let octets = entry(zip, name)?;
    serde_json::from_slice(&octets).map_err(|error| CaseError::File { name, problem: error.to_string() })
}

fn entry(zip: &mut ZipArchive<impl Read + Seek>, name: &'static str) -> Result<Vec<u8>, CaseError> {
    let problem = |problem: String| CaseError::File { name, problem };
    let file = zip.by_name(name).map_err(|error| problem(error.to_string()))?;
    let mut octets = Vec::new();
    // What the directory of the file says of its size may be wrong.
    file.take(MAX_FILE + 1).read_to_end(&mut octets).map_err(|error| problem(error.to_string()))?;
    if octets.len() as u64 > MAX_FILE {
        return Err(problem("it is too large".to_owned()));
    }
    Ok(octets)
}
