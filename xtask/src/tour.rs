//! Builds the real server and the tour, and runs the tour against that server.

use std::process::ExitCode;

use crate::cargo_build::Built;
use crate::failure::Failure;
use crate::program::Program;
use crate::workspace::Workspace;

/// Where the tour finds the server it starts as a process of its own.
const SERVER: &str = "YORISOI_SERVER_BIN";

/// Runs the tour and ends as it ended.
pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<ExitCode, Failure> {
    ready(workspace, args)?.ended()
}

/// The same as a step of the suite: anything but success fails.
pub(crate) fn check(workspace: &Workspace) -> Result<(), Failure> {
    ready(workspace, &[])?.run()
}

fn ready(workspace: &Workspace, args: &[String]) -> Result<Program, Failure> {
    let both = [
        "build",
        "-p",
        "yorisoi-server",
        "--bin",
        "yorisoi-server",
        "-p",
        "yorisoi-sandbox",
        "--bin",
        "tour",
    ];
    let built = Built::by_cargo(workspace, &both, "the server and the tour")?;
    let server = built.executable("yorisoi-server")?;
    Ok(Program::new(built.executable("tour")?, &workspace.root).args(args).env(SERVER, server))
}
