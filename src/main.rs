//! The `offhook` program: arguments to configuration to a running server.

use std::error::Error;
use std::io::Read;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use offhook::app::{self, StartError};
use offhook::cli;
use offhook::config::{Config, Secret};
use offhook::web::setup::SetupPlace;
use offhook::{demo, lint};
use tracing_subscriber::EnvFilter;

/// Telephony for browsers, beside the PBX you have.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the server. So does `offhook` alone. At its first start it is set up in a browser: it prints a link.
    Serve {
        /// The configuration file; by default `offhook.toml` in the data directory, which need not be there.
        #[arg(long)]
        config: Option<PathBuf>,
        /// Where data is kept, where there is no configuration file: by default /var/lib/offhook for root, and
        /// ~/.local/share/offhook for others.
        #[arg(long, conflicts_with = "config")]
        data_dir: Option<PathBuf>,
    },
    /// Checks a configuration file and says what is wrong with it.
    Check {
        /// The configuration file.
        #[arg(long)]
        config: PathBuf,
    },
    /// Runs a server with two users and a small PBX for them, to try it out.
    Demo {
        /// Where the demo keeps its files.
        #[arg(long, default_value = "run-data")]
        data_dir: PathBuf,
    },
    /// Runs the small PBX alone: extensions that register, 600 echo, 601 tone.
    DemoPbx {
        /// Address for SIP over UDP and TCP.
        #[arg(long, default_value = "127.0.0.1:5070")]
        listen: SocketAddr,
        /// Its domain and realm.
        #[arg(long, default_value = "demo.group")]
        domain: String,
        /// An extension and its password; may be given several times.
        #[arg(long = "user", value_name = "EXTENSION:PASSWORD", value_parser = extension)]
        users: Vec<(String, Secret)>,
        /// Even UDP ports for audio.
        #[arg(long, default_value = "30000-30999", value_parser = ports)]
        rtp_ports: RangeInclusive<u16>,
    },
    /// Reads a SIP message and prints as JSON how it is understood, or what is wrong with it and where. The exit code
    /// is 0 for a valid message, 1 for another, 2 when the file cannot be read.
    Lint {
        /// The message, byte for byte; `-` is standard input.
        file: PathBuf,
        /// The file is what came over TCP or TLS: one or several messages with Content-Length, and keep-alives.
        #[arg(long)]
        stream: bool,
    },
    #[command(flatten)]
    Administer(cli::Command),
    /// Reads a password from standard input and prints its hash for the configuration file.
    HashPassword,
}

/// What still runs in other threads when everything is over, a name lookup for example, is not waited for longer.
const LEAVE_BEHIND_AFTER: Duration = Duration::from_millis(200);

fn main() -> ExitCode {
    let command = Arguments::parse().command.unwrap_or(Command::Serve { config: None, data_dir: None });
    // A server has a log of its own.
    if !matches!(command, Command::Serve { .. } | Command::Demo { .. }) {
        let usual = if let Command::Administer(command) = &command { command.log_level() } else { "info" };
        let filter = EnvFilter::try_from_env("OFFHOOK_LOG").unwrap_or_else(|_| EnvFilter::new(usual));
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    }
    if let Command::Lint { file, stream } = &command {
        return ExitCode::from(lint::run(file, *stream));
    }
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("offhook: the system gives no threads: {error}.");
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(run(command));
    runtime.shutdown_timeout(LEAVE_BEHIND_AFTER);
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("offhook: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<ExitCode, Box<dyn Error>> {
    match command {
        Command::Serve { config, data_dir } => {
            let data_dir = data_dir.unwrap_or_else(app::usual_data_dir);
            app::serve(SetupPlace::new(config, data_dir)).await?;
        }
        Command::Check { config } => {
            Config::load(&config)?;
            println!("{}: no mistake found.", config.display());
        }
        Command::Demo { data_dir } => demo::run(&data_dir).await?,
        Command::DemoPbx { listen, domain, users, rtp_ports } => {
            demo::pbx::run(demo::pbx::DemoPbx { listen, domain, users, rtp_ports }).await?;
        }
        Command::Administer(command) => return Ok(cli::run(command).await?),
        Command::Lint { .. } => {}
        Command::HashPassword => {
            let mut password = String::new();
            std::io::stdin().read_to_string(&mut password).map_err(StartError::Input)?;
            println!("{}", app::hash_password(password.trim_end_matches(['\r', '\n']))?);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn extension(text: &str) -> Result<(String, Secret), String> {
    let (user, password) = text.split_once(':').ok_or("give it as EXTENSION:PASSWORD")?;
    Ok((user.to_owned(), Secret::new(password)))
}

fn ports(text: &str) -> Result<RangeInclusive<u16>, String> {
    offhook::config::parse_ports(text).map_err(str::to_owned)
}
