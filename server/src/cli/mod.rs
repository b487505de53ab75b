//! The commands. Results on standard output, errors as one line on standard error; 0 done, 1 refused or failed, 2 misused.

mod cards;
mod clinician;
mod init;
mod programme;
mod report;
mod serve;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};
use yorisoi_server::clock::ClockError;
use yorisoi_server::server::KEYS_DIRECTORY;
use yorisoi_server::{FileClock, ServeError, ServerConfig, SetupError};

/// The reference server of Yorisoi.
#[derive(Parser)]
#[command(name = "yorisoi-server", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes a database and its keys.
    Init(init::Init),
    /// Programmes.
    #[command(subcommand)]
    Programme(programme::Programme),
    /// Cards.
    #[command(subcommand)]
    Cards(cards::Cards),
    /// Clinicians.
    #[command(subcommand)]
    Clinician(clinician::Clinician),
    /// Prints a programme's report.
    Report(report::Report),
    /// Serves devices and desks.
    Serve(serve::Serve),
}

/// Where the database and its keys are.
#[derive(Args)]
struct Places {
    /// The directory of the database.
    #[arg(long)]
    data: PathBuf,
    /// The directory of the keys; `keys` in the data directory if absent.
    #[arg(long)]
    keys: Option<PathBuf>,
}

/// Places and a clock.
#[derive(Args)]
struct Setting {
    #[command(flatten)]
    places: Places,
    /// A file with the time to believe, in milliseconds since 1970. For rehearsals and tests only.
    #[arg(long, value_name = "FILE")]
    clock: Option<PathBuf>,
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
enum CliError {
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error(transparent)]
    Serve(#[from] ServeError),
    #[error(transparent)]
    Clock(#[from] ClockError),
    #[error("the file cannot be read: {0}")]
    File(std::io::ErrorKind),
    #[error("the output cannot be written: {0}")]
    Output(std::io::ErrorKind),
    #[error("the system refused: {0}")]
    System(std::io::ErrorKind),
}

/// Runs the command of this process's arguments.
pub(crate) fn run() -> ExitCode {
    // Misuse is reported by clap itself, with status 2.
    let cli = Cli::parse();
    let done = match cli.command {
        Command::Init(command) => command.run(),
        Command::Programme(command) => command.run(),
        Command::Cards(command) => command.run(),
        Command::Clinician(command) => command.run(),
        Command::Report(command) => command.run(),
        Command::Serve(command) => command.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let line = error.to_string().replace('\n', " ");
            // Where even this cannot be written, the status still tells.
            let _ = writeln!(std::io::stderr(), "yorisoi-server: {line}");
            ExitCode::FAILURE
        }
    }
}

impl Places {
    fn keys(&self) -> PathBuf {
        self.keys.clone().unwrap_or_else(|| self.data.join(KEYS_DIRECTORY))
    }

    fn config(&self) -> ServerConfig {
        ServerConfig { keys: self.keys(), ..ServerConfig::new(&self.data) }
    }
}

impl Setting {
    fn config(&self) -> Result<ServerConfig, CliError> {
        let mut config = self.places.config();
        if let Some(file) = &self.clock {
            config.clock = Arc::new(FileClock::open(file)?);
        }
        Ok(config)
    }
}

/// Writes to standard output; a closed pipe is an error, not a panic.
fn print(text: &str) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| CliError::Output(error.kind()))
}
