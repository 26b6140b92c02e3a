//! Captures of the running server.

use std::fmt::Write;
use std::io;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::control::{Control, escaped, save_new};
use super::{CliError, print};
use crate::config::Config;
use crate::web::protocol::captures::{CaptureChange, CaptureFile, Captures};

/// What of the running server is captured, and the files.
#[derive(Subcommand)]
pub enum Capture {
    /// Captures a line group from now on.
    On {
        /// Which.
        #[command(flatten)]
        of: GroupOf,
        /// Only what belongs to this line; may be given several times.
        #[arg(long = "line", value_name = "NUMBER")]
        lines: Vec<String>,
    },
    /// Ends capturing a line group.
    Off {
        /// Which.
        #[command(flatten)]
        of: GroupOf,
    },
    /// Shows what is captured, and whether anything was lost.
    Status {
        /// The configuration file that the server runs with.
        #[arg(long)]
        config: PathBuf,
        /// As JSON, as docs/admin-api.md describes it.
        #[arg(long)]
        json: bool,
    },
    /// Lists the files.
    List {
        /// The configuration file that the server runs with.
        #[arg(long)]
        config: PathBuf,
    },
    /// Deletes files. One that is being written stays.
    Delete {
        /// The configuration file that the server runs with.
        #[arg(long)]
        config: PathBuf,
        /// All of them.
        #[arg(long, conflicts_with = "files", required_unless_present = "files")]
        all: bool,
        /// Their names.
        files: Vec<String>,
    },
    /// Packs all files into a ZIP.
    Collect {
        /// The configuration file that the server runs with.
        #[arg(long)]
        config: PathBuf,
        /// The ZIP to write; it must not be there yet.
        file: PathBuf,
    },
}

/// A line group of the running server.
#[derive(Args)]
pub struct GroupOf {
    /// The configuration file that the server runs with.
    #[arg(long)]
    config: PathBuf,
    /// The line group's name.
    #[arg(long, value_name = "NAME")]
    group: String,
}

const ROUTE: &str = "/api/v1/admin/captures";

/// Does what an administrator asks for.
pub(super) async fn run(command: Capture) -> Result<(), CliError> {
    match command {
        Capture::On { of, lines } => {
            let lines = (!lines.is_empty()).then_some(lines);
            select(&of, CaptureChange { capturing: true, lines }).await?;
            print(format!("Line group {} is captured. See: offhook capture list\n", of.group).as_bytes())
        }
        Capture::Off { of } => {
            select(&of, CaptureChange { capturing: false, lines: None }).await?;
            print(format!("Line group {} is not captured.\n", of.group).as_bytes())
        }
        Capture::Status { config, json } => {
            let captures: Captures = Control::of(&Config::load(&config)?).get(ROUTE).await?;
            let text = match json {
                true => serde_json::to_string_pretty(&captures).map(|text| text + "\n").map_err(io::Error::other),
                false => Ok(status(&captures)),
            };
            print(text.map_err(CliError::Output)?.as_bytes())
        }
        Capture::List { config } => {
            let captures: Captures = Control::of(&Config::load(&config)?).get(ROUTE).await?;
            print(list(&captures.files).as_bytes())
        }
        Capture::Delete { config, all, files } => {
            let control = Control::of(&Config::load(&config)?);
            if all {
                control.delete(&format!("{ROUTE}/files")).await?;
            }
            for file in files {
                control.delete(&format!("{ROUTE}/files/{}", escaped(&file))).await?;
            }
            Ok(())
        }
        Capture::Collect { config, file } => {
            save_new(&Control::of(&Config::load(&config)?), &format!("{ROUTE}/zip"), &file).await
        }
    }
}

async fn select(of: &GroupOf, change: CaptureChange) -> Result<(), CliError> {
    let control = Control::of(&Config::load(&of.config)?);
    let captures: Captures = control.get(ROUTE).await?;
    if !captures.groups.iter().any(|group| group.name == of.group) {
        return Err(super::unknown_group(&of.group, captures.groups.iter().map(|group| &group.name)));
    }
    control.put(&format!("{ROUTE}/groups/{}", escaped(&of.group)), &change).await
}

fn status(captures: &Captures) -> String {
    let mut text = String::new();
    for group in &captures.groups {
        let what = match (&group.lines, group.capturing) {
            (_, false) => "not captured".to_owned(),
            (None, true) => "captured".to_owned(),
            (Some(lines), true) => format!("captured: lines {}", lines.join(", ")),
        };
        let _ = writeln!(text, "{}: {what}", group.name);
    }
    let mb = |octets: u64| octets as f64 / f64::from(1 << 20);
    let _ = writeln!(
        text,
        "{} files, {:.1} of {:.0} MB; {} messages lost since the start",
        captures.files.len(),
        mb(captures.total),
        mb(captures.total_limit),
        captures.dropped
    );
    if let Some(why) = &captures.stopped {
        let _ = writeln!(text, "Capturing has ended by itself: {why}");
    }
    text
}

/// Files, one a row.
pub(super) fn list(files: &[CaptureFile]) -> String {
    let mut text = String::new();
    for file in files {
        let mark = if file.open { "  (being written)" } else { "" };
        let _ = writeln!(text, "{}  {:>10} octets{mark}", file.name, file.size);
    }
    text
}
