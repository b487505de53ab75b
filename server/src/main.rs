//! The program `yorisoi-server`: an operator's commands and the server itself.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
