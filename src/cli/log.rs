//! The log of the running server.

use std::fmt::Write;
use std::path::PathBuf;

use clap::Subcommand;

use super::control::{Control, save_new};
use super::files::{self, Files};
use super::{CliError, print};
use crate::config::Config;
use crate::log::{Area, LogLevel};
use crate::web::protocol::log::{Log as Report, LogChange};

/// How much of the running server is logged, and the files.
#[derive(Subcommand)]
pub enum Log {
    /// Shows how much of each area is logged, and whether anything is missing.
    Show {
        /// The configuration file that the server runs with.
        #[arg(long)]
        config: PathBuf,
        /// As JSON, as docs/admin-api.md describes it.
        #[arg(long)]
        json: bool,
    },
    /// Logs more or less of an area from now on, until the server ends. The others stay as they are.
    Level {
        /// calls, sip, registration, media, clients, web, store, capture, server or libraries.
        area: Area,
        /// off, error, warn, info, debug or trace.
        level: LogLevel,
        /// The configuration file that the server runs with.
        #[arg(long)]
        config: PathBuf,
    },
    /// Lists and deletes the files.
    #[command(flatten)]
    Files(Files),
    /// Packs all files into a ZIP.
    Collect {
        /// The configuration file that the server runs with.
        #[arg(long)]
        config: PathBuf,
        /// Capture files, too.
        #[arg(long)]
        captures: bool,
        /// The ZIP to write; it must not be there yet.
        file: PathBuf,
    },
}

const ROUTE: &str = "/api/v1/admin/log";

/// Does what an administrator asks for.
pub(super) async fn run(command: Log) -> Result<(), CliError> {
    match command {
        Log::Show { config, json } => {
            let report: Report = Control::of(&Config::load(&config)?).get(ROUTE).await?;
            match json {
                true => print(&serde_json::to_vec_pretty(&report).map_err(|error| CliError::Output(error.into()))?),
                false => print(show(&report).as_bytes()),
            }
        }
        Log::Level { area, level, config } => {
            let change = LogChange { levels: [(area, level)].into() };
            Control::of(&Config::load(&config)?).put(ROUTE, &change).await?;
            print(format!("{area} is logged at {}.\n", level.name()).as_bytes())
        }
        Log::Files(command) => files::run(command, ROUTE).await,
        Log::Collect { config, captures, file } => {
            save_new(&Control::of(&Config::load(&config)?), &format!("{ROUTE}/zip?captures={captures}"), &file).await
        }
    }
}

fn show(report: &Report) -> String {
    let mut text = String::new();
    for area in &report.areas {
        let _ = writeln!(text, "{:<13} {}", area.area.name(), area.level.name());
    }
    let mb = |octets: u64| octets as f64 / f64::from(1 << 20);
    let _ = match report.total_limit {
        0 => writeln!(text, "no files"),
        limit => writeln!(text, "{} files, {:.1} of {:.0} MB", report.files.len(), mb(report.total), mb(limit)),
    };
    let missing = report.missing;
    for (lines, place) in
        [(missing.files, "in files"), (missing.stderr, "on standard error"), (missing.system, "in the system's log")]
    {
        if lines > 0 {
            let _ = writeln!(text, "{lines} lines are missing {place} since the start");
        }
    }
    for problem in [&report.stopped, &report.system_problem].into_iter().flatten() {
        let _ = writeln!(text, "{}", problem.english);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shelf::Sentence;
    use crate::web::protocol::log::{LogArea, LogMissing};

    #[test]
    fn what_is_wrong_with_the_log_is_shown() {
        let report = Report {
            areas: vec![LogArea { area: Area::Sip, level: LogLevel::Debug }],
            files: Vec::new(),
            total_limit: 200 << 20,
            total: 3 << 20,
            stopped: Some(Sentence {
                english: "The disk with /x has only 3 MB left.".into(),
                german: "Auf dem Datenträger mit /x sind nur noch 3 MB frei.".into(),
            }),
            missing: LogMissing { files: 7, stderr: 0, system: 0 },
            system: None,
            system_problem: None,
        };
        assert_eq!(
            show(&report),
            "sip           debug\n0 files, 3.0 of 200 MB\n7 lines are missing in files since the start\n\
             The disk with /x has only 3 MB left.\n"
        );
    }
}
