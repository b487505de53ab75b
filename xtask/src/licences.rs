//! Licences, banned packages and sources of everything we depend on, judged by cargo-deny and `deny.toml`; and whether the
//! licences that ship with the library are those of what is linked.
//!
//! Known vulnerabilities are left out here: their database comes from outside and changes by itself, so the same
//! commit would pass today and fail tomorrow.

use crate::failure::Failure;
use crate::linked;
use crate::program::Program;
use crate::workspace::Workspace;

const VERSION: &str = "0.20.2";

/// Runs the checks; installs cargo-deny first if it is missing.
pub(crate) fn check(workspace: &Workspace) -> Result<(), Failure> {
    let cargo = || Program::cargo(&workspace.root);
    if !cargo().args(["deny", "--version"]).works() {
        println!("installing cargo-deny {VERSION} (minutes, once)");
        cargo().args(["install", "cargo-deny", "--locked", "--version", VERSION]).run()?;
    }
    cargo().args(["deny", "--workspace", "check", "licenses", "bans", "sources"]).run()?;
    // Beside its manifest stands a `deny.toml` of its own: libFuzzer's licence is of no concern to what ships.
    cargo()
        .args(["deny", "--manifest-path", "fuzz/Cargo.toml", "check", "licenses", "bans", "sources"])
        .run()?;
    linked::check(workspace)
}
