//! Lives many lives of phones and a server in a world that goes wrong, each from its seed.

use std::process::ExitCode;

use crate::failure::Failure;
use crate::program::Program;
use crate::workspace::Workspace;

/// How many lives a run of everything lives.
const IN_SUITE: u64 = 300;
/// From so many lives on, the minutes that an optimised build takes are won back.
const WORTH_OPTIMISING: u64 = 2000;

/// Lives so many lives from this seed on, and ends as the simulation ended.
pub(crate) fn run(workspace: &Workspace, seeds: u64, seed: u64) -> Result<ExitCode, Failure> {
    program(workspace, seeds, seed).ended()
}

/// The lives of the suite: always the same ones.
pub(crate) fn check(workspace: &Workspace) -> Result<(), Failure> {
    program(workspace, IN_SUITE, 1).run()
}

fn program(workspace: &Workspace, seeds: u64, seed: u64) -> Program {
    let profile = if seeds < WORTH_OPTIMISING { "dev" } else { "bench" };
    Program::cargo(&workspace.root)
        .args(["run", "--quiet", "--profile", profile, "-p", "yorisoi-simulation", "--bin", "simulate", "--"])
        .args(["--seeds", &seeds.to_string(), "--seed", &seed.to_string()])
}
