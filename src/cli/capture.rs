//! Captures of the running server.

use std::fmt::Write;
use std::io;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::control::{Control, escaped, save_new};
use super::files::{self, Files};
use super::{CliError, print};
use crate::config::Config;
use crate::web::protocol::captures::{CaptureAudio, CaptureCallChange, CaptureChange, Captures};

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
        /// What of the audio of the same calls.
        #[arg(long, value_enum, default_value_t)]
        audio: Audio,
    },
    /// Ends capturing a line group.
    Off {
        /// Which.
        #[command(flatten)]
        of: GroupOf,
    },
    /// Captures a call that runs, whatever its line group, until it ends.
    Call {
        /// The configuration file that the server runs with.
        #[arg(long)]
        config: PathBuf,
        /// The number of the call, as the console, the log and `offhook trace` have it.
        call: String,
        /// What of its audio.
        #[arg(long, value_enum, default_value_t)]
        audio: Audio,
        /// Ends capturing it.
        #[arg(long, conflicts_with = "audio")]
        off: bool,
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
    /// Lists and deletes the files.
    #[command(flatten)]
    Files(Files),
    /// Packs all files into a ZIP.
    Collect {
        /// The configuration file that the server runs with.
        #[arg(long)]
        config: PathBuf,
        /// The ZIP to write; it must not be there yet.
        file: PathBuf,
    },
}

/// What of the RTP and RTCP of calls is captured.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub enum Audio {
    /// Nothing.
    #[default]
    Off,
    /// RTCP, and of RTP the headers: neither voices nor digits.
    Headers,
    /// Everything: calls can be listened to, and digits be read.
    Payload,
}

impl From<Audio> for CaptureAudio {
    fn from(audio: Audio) -> CaptureAudio {
        match audio {
            Audio::Off => CaptureAudio::Off,
            Audio::Headers => CaptureAudio::Headers,
            Audio::Payload => CaptureAudio::Payload,
        }
    }
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
        Capture::On { of, lines, audio } => {
            let lines = (!lines.is_empty()).then_some(lines);
            select(&of, CaptureChange { capturing: true, lines, audio: audio.into() }).await?;
            print(format!("Line group {} is captured. See: offhook capture list\n", of.group).as_bytes())
        }
        Capture::Off { of } => {
            select(&of, CaptureChange { capturing: false, lines: None, audio: CaptureAudio::Off }).await?;
            print(format!("Line group {} is not captured.\n", of.group).as_bytes())
        }
        Capture::Call { config, call, audio, off } => {
            let change = CaptureCallChange { capturing: !off, audio: audio.into() };
            let control = Control::of(&Config::load(&config)?);
            control.put(&format!("{ROUTE}/calls/{}", escaped(&call)), &change).await?;
            let what = if off { "is not captured by itself." } else { "is captured. See: offhook capture list" };
            print(format!("Call {call} {what}\n").as_bytes())
        }
        Capture::Status { config, json } => {
            let captures: Captures = Control::of(&Config::load(&config)?).get(ROUTE).await?;
            let text = match json {
                true => serde_json::to_string_pretty(&captures).map(|text| text + "\n").map_err(io::Error::other),
                false => Ok(status(&captures)),
            };
            print(text.map_err(CliError::Output)?.as_bytes())
        }
        Capture::Files(command) => files::run(command, ROUTE).await,
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
        let audio = if group.capturing { with_audio(group.audio) } else { "" };
        let _ = writeln!(text, "{}: {what}{audio}", group.name);
    }
    for call in &captures.calls {
        let _ = writeln!(text, "call {}: captured{}", call.id, with_audio(call.audio));
    }
    let mb = |octets: u64| octets as f64 / f64::from(1 << 20);
    let _ = writeln!(
        text,
        "{} files, {:.1} of {:.0} MB; {} messages and {} packets of audio lost since the start",
        captures.files.len(),
        mb(captures.total),
        mb(captures.total_limit),
        captures.dropped,
        captures.dropped_packets
    );
    if let Some(why) = &captures.stopped {
        let _ = writeln!(text, "Capturing has ended by itself: {}", why.english);
    }
    text
}

fn with_audio(audio: CaptureAudio) -> &'static str {
    match audio {
        CaptureAudio::Off => "",
        CaptureAudio::Headers => ", with RTCP and the headers of RTP",
        CaptureAudio::Payload => ", with all audio",
    }
}
