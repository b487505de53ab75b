//! The Kotlin packages, compiled and tried against the real library by the Maven projects in `bindings/kotlin`.
//!
//! A JDK and Maven come from Debian if they are missing. Kotlin, coroutines, JNA and JUnit come from Maven Central
//! in the versions its `pom.xml` pins, into Maven's own cache.

use std::fs;
use std::path::{Path, PathBuf};

use crate::bindings::{self, Made};
use crate::debian;
use crate::failure::Failure;
use crate::kit;
use crate::program::Program;
use crate::workspace::Workspace;

const PACKAGES: [&str; 2] = ["openjdk-17-jdk-headless", "maven"];

/// Generates, compiles, tests and packs.
pub(crate) fn check(workspace: &Workspace) -> Result<(), Failure> {
    let made = bindings::fresh(workspace)?;
    let project = workspace.root.join("bindings/kotlin");
    set_up(&project)?;
    let target = workspace.target.join("kotlin");
    if !target.exists() {
        println!("compiling (the first time Maven fetches Kotlin, JNA and JUnit: 90 MB)");
    }
    put_native_library(&made, &target.join("natives"))?;
    Program::new("mvn", &project)
        .args(["package", &format!("-Dyorisoi.target={}", workspace.target.display())])
        .env(kit::KIT, kit::program(workspace)?)
        .run()
}

/// Puts the library where it lies in the jar: in a folder that JNA names after the system.
fn put_native_library(made: &Made, natives: &Path) -> Result<(), Failure> {
    let folder = native_folder(std::env::consts::OS, std::env::consts::ARCH)?;
    let (file, folder) = (made.library.file_name().unwrap_or_default(), natives.join(folder));
    fs::create_dir_all(&folder).map_err(Failure::file(&folder))?;
    let place = folder.join(file);
    fs::copy(&made.library, &place).map(drop).map_err(Failure::file(&place))
}

/// What JNA calls a system.
fn native_folder(os: &str, arch: &str) -> Result<PathBuf, Failure> {
    let os = match os {
        "linux" => "linux",
        "macos" => "darwin",
        "windows" => "win32",
        other => return Err(Failure::broken(format!("JNA's name for `{other}` is not known here"))),
    };
    let arch = if arch == "x86_64" { "x86-64" } else { arch };
    Ok(format!("{os}-{arch}").into())
}

fn set_up(directory: &Path) -> Result<(), Failure> {
    let works = |name| Program::new(name, directory).args(["--version"]).works();
    if works("javac") && works("mvn") {
        return Ok(());
    }
    debian::install(&PACKAGES, directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_are_named_as_jna_names_them() {
        for (os, arch, folder) in [
            ("linux", "x86_64", "linux-x86-64"),
            ("linux", "aarch64", "linux-aarch64"),
            ("macos", "aarch64", "darwin-aarch64"),
        ] {
            assert_eq!(native_folder(os, arch).unwrap(), Path::new(folder));
        }
        assert!(native_folder("plan9", "x86_64").is_err());
    }
}
