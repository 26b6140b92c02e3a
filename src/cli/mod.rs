//! An administrator's commands: what the running server does, through its control socket, and lines in bulk, in the
//! configuration file.

mod apply;
mod capture;
mod case;
mod control;
mod edit;
mod files;
mod lines;
mod log;
mod number;
mod replay;
mod status;

use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use self::apply::Applied;
pub use self::capture::{Capture, GroupOf};
pub use self::case::{Case, CaseCommand};
use self::control::Control;
pub use self::files::Files;
pub use self::log::Log;
pub use self::number::Number;
use crate::capture::case::CaseError;
use crate::capture::read::ReadError;
use crate::config::{Config, ConfigError};
use crate::store::{self, BackupError};
use crate::web::protocol::admin::{LineGroups, LineReport};
use crate::web::reload::Reloaded;

/// An administrator's command.
#[derive(Subcommand)]
pub enum Command {
    /// Shows where line groups and lines of the running server stand.
    Status {
        /// The configuration file that the server runs with.
        #[arg(long)]
        config: PathBuf,
        /// As JSON, as docs/admin-api.md describes it.
        #[arg(long)]
        json: bool,
        /// Only this line group.
        #[arg(long, value_name = "NAME")]
        group: Option<String>,
    },
    /// Registers a line of the running server anew at once; for a line of a trunk, the trunk.
    ResetLine {
        /// The line's number.
        number: String,
        /// The configuration file that the server runs with.
        #[arg(long)]
        config: PathBuf,
    },
    /// Has the running server read its configuration file again: line groups, lines, routes and people come, change
    /// and go, calls go on. A file with a mistake changes nothing.
    Reload {
        /// The configuration file that the server runs with.
        #[arg(long)]
        config: PathBuf,
    },
    /// Captures the signalling of the running server in files.
    #[command(subcommand)]
    Capture(Capture),
    /// Logs more or less of the running server, and looks after the files.
    #[command(subcommand)]
    Log(Log),
    /// Shows why a call went as it did: all that was said on its sides, as a ladder, and what that comes to.
    Trace {
        /// The call: its number, as `offhook status`, the log and the console have it; with --line, a line's number.
        call: String,
        /// The configuration file that the server runs with.
        #[arg(long)]
        config: PathBuf,
        /// As JSON, as docs/admin-api.md describes it.
        #[arg(long)]
        json: bool,
        /// All that happened to a line lately.
        #[arg(long)]
        line: bool,
    },
    /// Shows a case file of any installation: where it comes from, the call as a ladder, why it went as it did, and what
    /// this version decides when the PBX says the same again.
    Case(Case),
    /// Reads a capture of any tool (pcap or pcapng): its calls, why they failed, and what this program decides when
    /// the PBX says the same again. The exit code is 1 when the file cannot be read, or when --diff finds something.
    Replay {
        /// The capture; `-` is standard input.
        file: PathBuf,
        /// As JSON, to be kept for --diff.
        #[arg(long)]
        json: bool,
        /// A line a call, and where it is decided otherwise than captured.
        #[arg(long, conflicts_with = "json")]
        brief: bool,
        /// Shows only what is decided otherwise than in this result of another version, kept by --json.
        #[arg(long, value_name = "OLD.json", conflicts_with_all = ["json", "brief"])]
        diff: Option<PathBuf>,
        /// Logs what the call machine says meanwhile; OFFHOOK_LOG says more exactly what.
        #[arg(long)]
        verbose: bool,
    },
    /// Takes lines from a CSV file or writes them to one.
    #[command(subcommand)]
    Lines(Lines),
    /// Shows step by step what becomes of a number at a location of the running server: what its PBX gets for what a
    /// person types, or what is made of a number that the PBX reports. For each rule that did nothing it says why.
    Number(Number),
    /// Makes the site of the running server what a file says: settings, line groups and lines, profiles, users, groups and
    /// computers, with their passwords, all or nothing. What is so already is left alone. The exit code is 0 when everything is as the file
    /// says, 1 when nothing was changed because something is wrong, and with --dry-run 3 when something would change.
    Apply {
        /// The file, TOML; docs/configuration.md describes it.
        file: PathBuf,
        /// The configuration file that the server runs with.
        #[arg(long)]
        config: PathBuf,
        /// Only says what would change.
        #[arg(long)]
        dry_run: bool,
        /// Deletes what the file does not name, of the kinds that it has.
        #[arg(long)]
        prune: bool,
    },
    /// Copies the database into a file, while the server runs or not. The key file is not in it. For PostgreSQL it says
    /// how to do that there.
    Backup {
        /// The file to write.
        file: PathBuf,
        /// The configuration file that the server runs with.
        #[arg(long)]
        config: PathBuf,
    },
}

/// Lines in bulk. A record has no header and four columns: user name, authentication user name, password, number.
#[derive(Subcommand)]
pub enum Lines {
    /// Adds the lines of a CSV file to the configuration file; user names that are there already are left alone.
    Import {
        /// Which lines.
        #[command(flatten)]
        of: LinesOf,
        /// Only says what would be done.
        #[arg(long)]
        dry_run: bool,
        /// The CSV file: user name, authentication user name, password, number; all but the first may be empty.
        file: PathBuf,
    },
    /// Writes a line group's lines as CSV, without their passwords.
    Export {
        /// Which lines.
        #[command(flatten)]
        of: LinesOf,
        /// Leaves out lines that are switched off.
        #[arg(long)]
        active_only: bool,
        /// The file to write; by default to standard output.
        file: Option<PathBuf>,
    },
}

/// A line group in a configuration file.
#[derive(Args)]
pub struct LinesOf {
    /// The configuration file.
    #[arg(long)]
    config: PathBuf,
    /// The line group's name.
    #[arg(long, value_name = "NAME")]
    group: String,
}

/// Why a command failed. One sentence that says where and what.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Nobody listens at the control socket.
    #[error("{0}: no Offhook server is running with this configuration. Start it with: offhook serve --config FILE")]
    NotRunning(PathBuf),
    /// The control socket belongs to somebody else.
    #[error("{0}: you may not open the server's control socket. Run this as the user that the server runs as.")]
    NotPermitted(PathBuf),
    /// The control socket broke, or somebody else listens there.
    #[error("{path}: the server does not answer as it should: {problem}.")]
    Control {
        /// The socket.
        path: PathBuf,
        /// What happened.
        problem: String,
    },
    /// The server refused; its own sentence.
    #[error("{0}")]
    Refused(String),
    /// No line group has this name.
    #[error("there is no line group called {name:?}; there are: {known}.")]
    UnknownGroup {
        /// What was asked for.
        name: String,
        /// Those there are.
        known: String,
    },
    /// No location has this name.
    #[error("there is no location called {name:?}; there are: {known}.")]
    UnknownLocation {
        /// What was asked for.
        name: String,
        /// Those there are.
        known: String,
    },
    /// The location has no project of this name.
    #[error("the location has no project called {0:?}.")]
    UnknownProject(String),
    /// There are several locations.
    #[error("there are several locations; say which one with --location: {0}.")]
    WhichLocation(String),
    /// There is no location.
    #[error("the running server has no location yet. Add one in the console under Locations.")]
    NoLocations,
    /// No line has this number.
    #[error("no line of the running server has the number {0:?}.")]
    UnknownLine(String),
    /// A file.
    #[error("{path}: the file cannot be {what}: {source}.")]
    File {
        /// Which.
        path: PathBuf,
        /// What was to be done with it.
        what: &'static str,
        /// Why it failed.
        source: io::Error,
    },
    /// A CSV file has mistakes, which have been printed.
    #[error("{path}: nothing was imported, because {count} of its records cannot be used.")]
    Records {
        /// The file.
        path: PathBuf,
        /// How many.
        count: usize,
    },
    /// The configuration file is written in a way that cannot be added to.
    #[error("{path}: {problem}")]
    Edit {
        /// The file.
        path: PathBuf,
        /// A sentence.
        problem: String,
    },
    /// A file is no capture, or cannot be read.
    #[error("{path}: this cannot be read as a capture: {source}.")]
    Capture {
        /// The file.
        path: PathBuf,
        /// Why.
        source: ReadError,
    },
    /// The backup.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// A file is no case.
    #[error("{path}: this is no case file: {source}.")]
    Case {
        /// The file.
        path: PathBuf,
        /// Why.
        source: CaseError,
    },
    /// A kept result cannot be used.
    #[error("{path}: this is no result of offhook replay --json: {problem}.")]
    Saved {
        /// The file.
        path: PathBuf,
        /// Why.
        problem: String,
    },
    /// Two results differ; how has been printed.
    #[error("the two results differ.")]
    Different,
    /// Standard output.
    #[error("standard output cannot be written: {0}.")]
    Output(io::Error),
}

impl Command {
    /// What is logged where nobody says otherwise. What the call machine says while it replays is nobody's log.
    pub fn log_level(&self) -> &'static str {
        match self {
            Command::Replay { verbose: true, .. } => "debug",
            Command::Replay { .. } | Command::Case(_) => "warn",
            _ => "info",
        }
    }
}

/// What a program that runs `offhook apply --dry-run` is told when something would change.
const WOULD_CHANGE: u8 = 3;

/// Does what an administrator asks for. The exit code is that of a success.
pub async fn run(command: Command) -> Result<ExitCode, CliError> {
    let done = match command {
        Command::Status { config, json, group } => {
            let control = Control::of(&Config::load(&config)?);
            let mut report: LineGroups = control.get("/api/v1/admin/line-groups").await?;
            if let Some(name) = group {
                only(&mut report, &name)?;
            }
            let text = match json {
                true => serde_json::to_string_pretty(&report).map(|text| text + "\n").map_err(io::Error::other),
                false => Ok(status::table(&report)),
            };
            print(text.map_err(CliError::Output)?.as_bytes())
        }
        Command::ResetLine { number, config } => {
            let control = Control::of(&Config::load(&config)?);
            let report: LineGroups = control.get("/api/v1/admin/line-groups").await?;
            let line = find(&report, &number).ok_or(CliError::UnknownLine(number))?;
            control.post(&format!("/api/v1/admin/lines/{}/reset", line.id)).await?;
            print(format!("Line {} is registered anew. See: offhook status\n", line.number).as_bytes())
        }
        Command::Reload { config } => {
            let control = Control::of(&Config::load(&config)?);
            let reloaded: Reloaded = control.post_for("/api/v1/admin/configuration/reload").await?;
            let Reloaded { waits_for_start, unknown_locations } = reloaded;
            let mut text = match waits_for_start.is_empty() {
                true => "The configuration counts.\n".to_owned(),
                false => format!(
                    "The configuration counts, but for what has changed in: {}. Restart the server for that.\n",
                    waits_for_start.join(", ")
                ),
            };
            if !unknown_locations.is_empty() {
                let _ = writeln!(
                    text,
                    "There is no location {}: numbers of its line groups go as they are written. Add it in the console under Locations.",
                    unknown_locations.join(", ")
                );
            }
            print(text.as_bytes())
        }
        Command::Capture(command) => capture::run(command).await,
        Command::Log(command) => log::run(command).await,
        Command::Trace { call, config, json, line } => {
            let control = Control::of(&Config::load(&config)?);
            let of = if line { "lines" } else { "calls" };
            let format = if json { "json" } else { "text" };
            let route = format!("/api/v1/admin/{of}/{}/trace?format={format}", control::escaped(&call));
            print(&control.text(&route).await?)
        }
        Command::Case(case) => case::run(case).await,
        Command::Replay { file, json, brief, diff, verbose: _ } => {
            replay::run(&file, &replay::Options { json, brief, diff: diff.as_deref() })
        }
        Command::Backup { file, config } => {
            let config = Config::load(&config)?;
            let octets = store::backup(&config.data_dir, &config.database, &file).await?;
            let (file, key) = (file.display(), config.database.key_file.display());
            let done = format!("{file}: the database is there, {octets} octets.\n");
            let key = format!("{key} is not in it, and without it nobody can sign in: keep a copy of it elsewhere.\n");
            print((done + &key).as_bytes())
        }
        Command::Apply { file, config, dry_run, prune } => {
            let control = Control::of(&Config::load(&config)?);
            return Ok(match apply::run(&control, &file, dry_run, prune).await? {
                Applied::AsWanted => ExitCode::SUCCESS,
                Applied::WouldChange => ExitCode::from(WOULD_CHANGE),
            });
        }
        Command::Number(asked) => number::run(asked).await,
        Command::Lines(Lines::Import { of, dry_run, file }) => lines::import(&of, &file, dry_run),
        Command::Lines(Lines::Export { of, active_only, file }) => lines::export(&of, active_only, file.as_deref()),
    };
    done.map(|()| ExitCode::SUCCESS)
}

/// Leaves one line group in the report.
fn only(report: &mut LineGroups, name: &str) -> Result<(), CliError> {
    if !report.line_groups.iter().any(|group| group.name == name) {
        return Err(unknown_group(name, report.line_groups.iter().map(|group| &group.name)));
    }
    report.line_groups.retain(|group| group.name == name);
    Ok(())
}

fn unknown_group<'a>(name: &str, known: impl Iterator<Item = &'a String>) -> CliError {
    let known: Vec<&str> = known.map(String::as_str).collect();
    CliError::UnknownGroup { name: name.to_owned(), known: known.join(", ") }
}

/// The line with a number; failing that, the one with this user name, where it is the only one.
fn find<'a>(report: &'a LineGroups, number: &str) -> Option<&'a LineReport> {
    let lines = || report.line_groups.iter().flat_map(|group| &group.lines);
    lines().find(|line| line.number == number).or_else(|| {
        let mut named = lines().filter(|line| line.user_name == number);
        named.next().filter(|_| named.next().is_none())
    })
}

/// Writes to standard output; a reader that has seen enough (`| head`) is no mistake.
fn print(text: &[u8]) -> Result<(), CliError> {
    match io::Write::write_all(&mut io::stdout(), text) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(CliError::Output(error)),
        _ => Ok(()),
    }
}
