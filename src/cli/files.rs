//! Files of the running server: captures and the log.

use std::fmt::Write;
use std::path::PathBuf;

use clap::Subcommand;
use serde::Deserialize;

use super::control::{Control, escaped};
use super::{CliError, print};
use crate::config::Config;
use crate::web::protocol::captures::CaptureFile;

/// What is done with files.
#[derive(Subcommand)]
pub enum Files {
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
}

/// What answers have in common that tell of files.
#[derive(Deserialize)]
struct Told {
    files: Vec<CaptureFile>,
}

/// Does what an administrator asks for; `route` is where the files are told of.
pub(super) async fn run(command: Files, route: &str) -> Result<(), CliError> {
    match command {
        Files::List { config } => {
            let told: Told = Control::of(&Config::load(&config)?).get(route).await?;
            print(list(&told.files).as_bytes())
        }
        Files::Delete { config, all, files } => {
            let control = Control::of(&Config::load(&config)?);
            if all {
                control.delete(&format!("{route}/files")).await?;
            }
            for file in files {
                control.delete(&format!("{route}/files/{}", escaped(&file))).await?;
            }
            Ok(())
        }
    }
}

/// Files, one a row.
fn list(files: &[CaptureFile]) -> String {
    let mut text = String::new();
    for file in files {
        let mark = if file.open { "  (being written)" } else { "" };
        let _ = writeln!(text, "{}  {:>10} octets{mark}", file.name, file.size);
    }
    text
}
