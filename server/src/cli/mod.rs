//! The commands. Results on standard output, errors as one line on standard error; 0 done, 1 refused or failed, 2 misused.

mod card;
mod cards;
mod cards_sheet;
mod clinician;
mod eligibility;
mod init;
mod keys;
mod manifest;
mod new_file;
mod phrase;
mod programme;
mod publishing;
mod report;
mod serve;
mod ticket;
mod time;
mod trust;

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};
use yorisoi_protocol::manifest::ManifestError;
use yorisoi_server::clock::ClockError;
use yorisoi_server::print::{PrintError, SheetFileError};
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
    /// What the text of one card says.
    #[command(subcommand)]
    Card(card::Card),
    /// Cards.
    #[command(subcommand)]
    Cards(cards::Cards),
    /// The phrase that a whole town knows.
    #[command(subcommand)]
    Phrase(phrase::Phrase),
    /// Clinicians.
    #[command(subcommand)]
    Clinician(clinician::Clinician),
    /// Keys of this server.
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Manifests: drafted and published here, signed where the root key is, never on the serving machine.
    #[command(subcommand)]
    Manifest(manifest::Manifest),
    /// Tickets.
    #[command(subcommand)]
    Ticket(ticket::Ticket),
    /// Who may use a programme, and when.
    #[command(subcommand)]
    Eligibility(eligibility::Eligibility),
    /// Prints a programme's report.
    Report(report::Report),
    /// Serves devices and desks.
    Serve(serve::Serve),
}

/// More than any code or phrase has.
const TYPED_MAX_BYTES: u64 = 4096;

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
    Print(#[from] PrintError),
    #[error(transparent)]
    SheetFile(#[from] SheetFileError),
    #[error(transparent)]
    Clock(#[from] ClockError),
    #[error("the file cannot be read: {0}")]
    File(std::io::ErrorKind),
    #[error("the file cannot be written: {0}")]
    NewFile(std::io::ErrorKind),
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error("{0}: no field of a manifest, or a value that would be read otherwise")]
    Unread(String),
    #[error("the file holds no Ed25519 key in PKCS#8")]
    NoKey,
    #[error("no key can be made")]
    KeyMaking,
    #[error("{0}")]
    Misuse(&'static str),
    /// What was asked about is not accepted; the answer says so already.
    #[error("not accepted")]
    NotAccepted,
    #[error("standard input cannot be read: {0}")]
    Input(std::io::ErrorKind),
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
        Command::Card(command) => command.run(),
        Command::Cards(command) => command.run(),
        Command::Phrase(command) => command.run(),
        Command::Clinician(command) => command.run(),
        Command::Keys(command) => command.run(),
        Command::Manifest(command) => command.run(),
        Command::Ticket(command) => command.run(),
        Command::Eligibility(command) => match command.run() {
            // A "no" is printed like a "yes"; only the status differs.
            Ok(false) => return ExitCode::FAILURE,
            answered => answered.map(drop),
        },
        Command::Report(command) => command.run(),
        Command::Serve(command) => command.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(CliError::NotAccepted) => ExitCode::FAILURE,
        Err(error) => {
            let line = error.to_string().replace('\n', " ");
            // Where even this cannot be written, the status still tells.
            let _ = writeln!(std::io::stderr(), "yorisoi-server: {line}");
            ExitCode::from(if matches!(error, CliError::Misuse(_)) { 2 } else { 1 })
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

/// What was typed on standard input, up to [`TYPED_MAX_BYTES`]; what is longer is cut and then no code and no phrase.
fn typed() -> Result<String, CliError> {
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(TYPED_MAX_BYTES).read_to_end(&mut bytes);
    read.map_err(|error| CliError::Input(error.kind()))?;
    let text = String::from_utf8(bytes).map_err(|_| CliError::Input(std::io::ErrorKind::InvalidData))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// Writes to standard output; a closed pipe is an error, not a panic.
fn print(text: &str) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| CliError::Output(error.kind()))
}
