//! The program `yorisoi-kit`: worlds for tests over HTTP, or a sandbox for a person.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tokio::io::AsyncReadExt;
use yorisoi_kit::KitError;
use yorisoi_kit::control::Control;
use yorisoi_kit::sandbox::Sandbox;

/// Worlds for the tests of an app that embeds Yorisoi. Says `control http://…` and serves until its standard input ends.
#[derive(Parser)]
#[command(name = "yorisoi-kit", version)]
struct Cli {
    /// The port of the loopback to be told at; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// One world of today for a person: cards, a clinician who answers by themselves, faults on request.
    Sandbox(Sandbox),
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<(), KitError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(async {
        match cli.command {
            Some(Command::Sandbox(sandbox)) => sandbox.run().await,
            None => serve(cli.port).await,
        }
    });
    // A read of standard input that nothing ends must not keep the program.
    runtime.shutdown_background();
    done
}

async fn serve(port: u16) -> Result<(), KitError> {
    let control = Control::bind(port).await?;
    println!("control http://{}", control.address);
    let mut nothing = Vec::new();
    let mut input = tokio::io::stdin();
    tokio::select! {
        served = control.serve() => served,
        // Whoever started this is gone, and whatever it began with it.
        _ = input.read_to_end(&mut nothing) => Ok(()),
    }
}
