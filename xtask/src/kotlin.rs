//! The generated Kotlin, compiled and tried against the real library by the Maven project in `bindings/kotlin`.
//!
//! A JDK and Maven come from Debian if they are missing. Kotlin, coroutines, JNA and JUnit come from Maven Central
//! in the versions its `pom.xml` pins, into Maven's own cache.

use std::path::Path;

use crate::bindings;
use crate::debian;
use crate::failure::Failure;
use crate::kit;
use crate::program::Program;
use crate::workspace::Workspace;

const PACKAGES: [&str; 2] = ["openjdk-17-jdk-headless", "maven"];

/// Generates, compiles and tests.
pub(crate) fn check(workspace: &Workspace) -> Result<(), Failure> {
    let made = bindings::fresh(workspace)?;
    let project = workspace.root.join("bindings/kotlin");
    set_up(&project)?;
    if !workspace.target.join("kotlin").exists() {
        println!("compiling (the first time Maven fetches Kotlin, JNA and JUnit: 90 MB)");
    }
    let library = made.library.parent().unwrap_or(&workspace.target);
    Program::new("mvn", &project)
        .args(["test".into(), setting("target", &workspace.target), setting("library", library)])
        .env(kit::KIT, kit::program(workspace)?)
        .run()
}

/// A property that `pom.xml` names.
fn setting(name: &str, path: &Path) -> String {
    format!("-Dyorisoi.{name}={}", path.display())
}

fn set_up(directory: &Path) -> Result<(), Failure> {
    let works = |name| Program::new(name, directory).args(["--version"]).works();
    if works("javac") && works("mvn") {
        return Ok(());
    }
    debian::install(&PACKAGES, directory)
}
