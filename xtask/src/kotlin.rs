//! The Kotlin packages, compiled and tried against the real library by the Maven projects in `bindings/kotlin`.
//!
//! A JDK and Maven come from Debian if they are missing. Kotlin, coroutines, JNA, JUnit, ktlint and Dokka come from Maven
//! Central in the versions that the `pom.xml` files pin, into Maven's own cache.

use std::fs;
use std::path::{Path, PathBuf};

use crate::bindings::{self, Made};
use crate::debian;
use crate::failure::Failure;
use crate::kit;
use crate::program::Program;
use crate::surface;
use crate::workspace::Workspace;

const PACKAGES: [&str; 2] = ["openjdk-17-jdk-headless", "maven"];

/// Compiles, tests and packs, and fails if the tests left out something of the border.
pub(crate) fn check(workspace: &Workspace) -> Result<(), Failure> {
    let noted = kit::exercised_file(workspace, "kotlin")?;
    maven(workspace)?.args(["package"]).env(kit::EXERCISED, &noted).run()?;
    surface::exercised(workspace, &noted)
}

/// Maven in the folder of the Kotlin projects, with all in its place that they are made of.
pub(crate) fn maven(workspace: &Workspace) -> Result<Program, Failure> {
    let made = bindings::fresh(workspace)?;
    set_up(workspace)?;
    Ok(maven_with(workspace, &made)?.env(kit::KIT, kit::program(workspace)?))
}

/// Builds the program of `cargo xtask bench ffi`, and says how it is run with `library`.
pub(crate) fn bench(workspace: &Workspace, made: &Made, library: &Path) -> Result<Program, Failure> {
    maven_with(workspace, made)?
        .args([
            "--activate-profiles",
            "bench",
            "--projects",
            "core,bench",
            "-Dyorisoi.skipTested=true",
            "compile",
        ])
        .run()?;
    let module = workspace.target.join("kotlin/yorisoi-bench");
    let listed = module.join("class-path.txt");
    let listed = fs::read_to_string(&listed).map_err(Failure::file(&listed))?;
    let class_path = format!("{}:{}", module.join("classes").display(), listed.trim());
    Ok(Program::new("java", &workspace.root)
        // In place of the library in the class path, which is one for tests.
        .args([format!("-Duniffi.component.yorisoi.libraryOverride={}", library.display())])
        .args(["-classpath", &class_path, "jp.yorisoi.bench.FfiBenchKt"]))
}

fn maven_with(workspace: &Workspace, made: &Made) -> Result<Program, Failure> {
    let project = workspace.root.join("bindings/kotlin");
    let target = workspace.target.join("kotlin");
    if !target.exists() {
        println!("compiling (the first time Maven fetches Kotlin, JNA, ktlint and Dokka: 250 MB)");
    }
    forget_compiled(&target)?;
    put_native_library(&made.library, &target.join("natives"))?;
    Ok(Program::new("mvn", &project).args([format!("-Dyorisoi.target={}", workspace.target.display())]))
}

/// Takes away what earlier runs compiled: the compiler leaves the class of a source that is gone, and a lost test would run on.
/// Only where it compiles by what changed does it know better.
fn forget_compiled(target: &Path) -> Result<(), Failure> {
    if !target.exists() {
        return Ok(());
    }
    for entry in fs::read_dir(target).map_err(Failure::file(target))? {
        let module = entry.map_err(Failure::file(target))?.path();
        let by_what_changed = module.join("kotlin-ic").exists();
        let classes = if by_what_changed { &["test-classes"][..] } else { &["classes", "test-classes"] };
        for directory in classes.iter().map(|name| module.join(name)).filter(|directory| directory.exists()) {
            fs::remove_dir_all(&directory).map_err(Failure::file(&directory))?;
        }
    }
    Ok(())
}

/// Puts the library where it lies in the jar: in a folder that JNA names after the system.
pub(crate) fn put_native_library(library: &Path, natives: &Path) -> Result<(), Failure> {
    let folder = native_folder(std::env::consts::OS, std::env::consts::ARCH)?;
    let (file, folder) = (library.file_name().unwrap_or_default(), natives.join(folder));
    fs::create_dir_all(&folder).map_err(Failure::file(&folder))?;
    let place = folder.join(file);
    fs::copy(library, &place).map(drop).map_err(Failure::file(&place))
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

/// A JDK and Maven, installed if they are missing.
pub(crate) fn set_up(workspace: &Workspace) -> Result<(), Failure> {
    let directory = &workspace.root;
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
    fn compiled_tests_are_forgotten_and_what_is_compiled_by_changes_is_kept() {
        let target = tempfile::tempdir().unwrap();
        let made = |path: &str| fs::create_dir_all(target.path().join(path)).unwrap();
        for path in ["core/classes", "core/kotlin-ic", "core/test-classes", "kit/classes", "kit/test-classes"]
        {
            made(path);
        }
        forget_compiled(target.path()).unwrap();
        let left = |path: &str| target.path().join(path).exists();
        assert!(left("core/classes") && left("core/kotlin-ic"));
        assert!(!left("core/test-classes") && !left("kit/classes") && !left("kit/test-classes"));
        forget_compiled(&target.path().join("nothing yet")).unwrap();
    }

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
