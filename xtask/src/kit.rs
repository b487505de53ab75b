//! Builds the test kit and the server it plays with, for a person and for the suites of the bindings.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::cargo_build::Built;
use crate::failure::Failure;
use crate::program::Program;
use crate::surface;
use crate::workspace::Workspace;

/// Names the file in which a suite notes what it touched of the border.
pub(crate) const EXERCISED: &str = "YORISOI_EXERCISED";
/// Where the suites of the bindings find the kit.
pub(crate) const KIT: &str = "YORISOI_KIT";

/// The kit's program, with the server's beside it.
pub(crate) fn program(workspace: &Workspace) -> Result<PathBuf, Failure> {
    let both = ["build", "-p", "yorisoi-server", "-p", "yorisoi-kit", "--bins"];
    Built::by_cargo(workspace, &both, "the test kit and the server")?.executable("yorisoi-kit")
}

/// The scenarios in Rust, and whether they touch all of the border. What they play in is built first, so that nothing of an
/// earlier build is played with.
pub(crate) fn check(workspace: &Workspace) -> Result<(), Failure> {
    program(workspace)?;
    let noted = exercised_file(workspace, "rust")?;
    Program::cargo(&workspace.root)
        .args(["test", "--quiet", "-p", "yorisoi-kit", "--test", "scenarios"])
        .env(EXERCISED, &noted)
        .run()?;
    surface::exercised(workspace, &noted)
}

/// An empty file for the suite of a language to note in what it touched.
pub(crate) fn exercised_file(workspace: &Workspace, language: &str) -> Result<PathBuf, Failure> {
    let file = workspace.target.join(format!("exercised-{language}.txt"));
    fs::write(&file, "").map_err(Failure::file(&file))?;
    Ok(file)
}

/// A sandbox for a person: runs until its input ends or says `quit`.
pub(crate) fn sandbox(workspace: &Workspace, args: &[String]) -> Result<ExitCode, Failure> {
    let out = workspace.target.join("sandbox");
    Program::new(program(workspace)?, &workspace.root)
        .args(["sandbox".as_ref(), "--out".as_ref(), out.as_os_str()])
        .args(args)
        .ended()
}
