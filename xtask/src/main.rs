//! Every command of the project: `cargo xtask <command>`. CI calls nothing else.
//!
//! This file only picks the command and turns its outcome into an exit code.

mod android;
mod anki;
mod bench;
mod bindings;
mod cards;
mod cargo_build;
mod command;
mod debian;
mod error_page;
mod failure;
mod ffi_bench;
mod fuzz;
mod fuzz_log;
mod house;
mod kit;
mod kotlin;
mod kotlin_package;
mod library_share;
mod library_size;
mod licences;
mod linked;
mod mended;
mod printed_symbol;
mod program;
mod scanned_cards;
mod shipped;
mod simulate;
mod snippets;
mod suite;
mod surface;
mod swift;
mod swift_docs;
mod swift_package;
mod swift_release;
mod table;
mod targets;
mod tour;
mod workspace;
mod xcframework;

use std::process::ExitCode;

use command::{Command, USAGE};
use failure::Failure;
use workspace::Workspace;

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(Failure::Usage(reason)) => {
            eprintln!("{reason}\n\n{USAGE}");
            ExitCode::from(2)
        }
        Err(failure) => {
            eprintln!("FAILED: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode, Failure> {
    let command = Command::parse(std::env::args().skip(1))?;
    if command == Command::Help {
        println!("{USAGE}");
        return Ok(ExitCode::SUCCESS);
    }
    let workspace = Workspace::find()?;
    match command {
        Command::Help => {}
        Command::Test { steps } => return suite::run(&workspace, &steps),
        Command::Tour { args } => return tour::run(&workspace, &args),
        Command::Sandbox { args } => return kit::sandbox(&workspace, &args),
        Command::Bench { groups } => return bench::run(&workspace, &groups),
        Command::Simulate { seeds, seed } => return simulate::run(&workspace, seeds, seed),
        Command::Fuzz { target, seconds } => return fuzz::run(&workspace, target.as_deref(), seconds),
        Command::FuzzInput { target, input } => return fuzz::repeat(&workspace, &target, &input),
        Command::Notices => linked::renew(&workspace)?,
        Command::Errors => error_page::renew(&workspace)?,
        Command::Bindings { out } => bindings::generate_and_tell(&workspace, out)?,
        Command::PackageKotlin { jni } => kotlin_package::lay_out(&workspace, jni.as_deref())?,
        Command::Surface => surface::renew(&workspace)?,
        Command::Exercised { noted } => surface::exercised(&workspace, &noted)?,
        Command::CheckTargets => targets::check(&workspace)?,
        Command::PackageSwift { binary } => swift_release::lay_out_and_tell(&workspace, &binary)?,
        Command::Size => return library_size::run(&workspace),
    }
    Ok(ExitCode::SUCCESS)
}
