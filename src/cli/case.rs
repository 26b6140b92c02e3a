//! Case files: made by the running server, shown anywhere.

use std::fmt::Write;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Args, Subcommand};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::control::{Control, escaped, save_new};
use super::{CliError, print, replay};
use crate::capture::case;
use crate::capture::diagnosis::diagnose;
use crate::capture::ladder::{self, visible};
use crate::capture::read;
use crate::config::Config;

/// A case file: all that is known of a call.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Case {
    #[command(subcommand)]
    command: Option<CaseCommand>,
    /// The case file.
    #[arg(required = true)]
    file: Option<PathBuf>,
}

/// What is done with case files.
#[derive(Subcommand)]
pub enum CaseCommand {
    /// Has the running server make a case file of a call.
    Make {
        /// The call: its number, as `offhook status`, the log and the console have it.
        call: String,
        /// The configuration file that the server runs with.
        #[arg(long)]
        config: PathBuf,
        /// Without numbers and names of people: the same one has the same pseudonym, as in captures.
        #[arg(long)]
        pseudonyms: bool,
        /// The file to write; it must not be there yet.
        #[arg(short, long, value_name = "FILE.zip")]
        output: PathBuf,
    },
}

/// Does what an administrator asks for.
pub(super) async fn run(case: Case) -> Result<(), CliError> {
    match (case.command, case.file) {
        (Some(CaseCommand::Make { call, config, pseudonyms, output }), _) => {
            let route = format!("/api/v1/admin/calls/{}/case?pseudonyms={pseudonyms}", escaped(&call));
            save_new(&Control::of(&Config::load(&config)?), &route, &output).await
        }
        (None, Some(file)) => show(&file),
        // It is required.
        (None, None) => Ok(()),
    }
}

fn show(path: &Path) -> Result<(), CliError> {
    let unreadable = |source| CliError::File { path: path.to_owned(), what: "read", source };
    let file = BufReader::new(File::open(path).map_err(unreadable)?);
    let case = case::Case::read(file).map_err(|source| CliError::Case { path: path.to_owned(), source })?;
    let capture = read::read(case.capture.as_slice())
        .map_err(|source| CliError::Capture { path: path.join("trace.pcapng"), source })?;
    let found = read::calls(&capture);
    let replayed = crate::capture::replay::replay(&capture, &found, Instant::now());
    print(text(&case, &replay::text(&replayed, &found, true)).as_bytes())
}

fn text(case: &case::Case, replayed: &str) -> String {
    let case::About { version, system, made_at, call, pseudonyms, .. } = &case.about;
    let made_at = OffsetDateTime::from_unix_timestamp((made_at / 1_000.0) as i64);
    let made_at = made_at.ok().and_then(|at| at.format(&Rfc3339).ok()).unwrap_or_default();
    let mut text = format!(
        "A case of call {}, made {made_at} by Offhook {} on {}",
        visible(call),
        visible(version),
        visible(system)
    );
    text.push_str(if *pseudonyms { ". Numbers and names are pseudonyms.\n" } else { ".\n" });
    let _ = writeln!(text, "It is read by Offhook {}.\n", env!("CARGO_PKG_VERSION"));
    text += &ladder::text(&case.trace, Some(&case.verdict));
    let verdict = diagnose(&case.trace);
    if verdict.code != case.verdict.code {
        let _ = writeln!(text, "\nThis version finds something else: {} ({})", verdict.english, verdict.code);
    }
    if !case.trace.settings.is_empty() {
        text.push_str("\nSettings:\n");
    }
    for setting in &case.trace.settings {
        let _ = writeln!(text, "  {} = {}", visible(&setting.key), visible(&setting.value));
    }
    if !case.log.is_empty() {
        text.push_str("\nLog:\n");
    }
    for line in &case.log {
        let _ = writeln!(text, "  {}", visible(line));
    }
    let _ = write!(text, "\nReplayed:\n{replayed}");
    text
}
