//! The generated Swift, compiled and tried against the real library by the package in `bindings/swift`.
//!
//! SwiftPM takes no sources from outside a package, so the package is put together in `target/swift`. What people
//! write is linked there, so that messages lead to files worth editing; what is generated is copied if it changed,
//! since SwiftPM compiles by date.
//!
//! On Linux `xtask/swift-linux` brings Debian's Swift 6, unpacked in the person's cache: nothing is installed.

use std::fs;
use std::path::Path;

use crate::bindings::{self, Made, SWIFT_C_MODULE};
use crate::failure::Failure;
use crate::program::Program;
use crate::workspace::Workspace;

const MODULE: &str = "YorisoiCore";
const WRITTEN_BY_HAND: [&str; 2] = ["Package.swift", "Tests"];

/// Generates, compiles and tests.
pub(crate) fn check(workspace: &Workspace) -> Result<(), Failure> {
    let made = bindings::fresh(workspace)?;
    let package = workspace.target.join("swift");
    put_together(&workspace.root.join("bindings/swift"), &made, &package)?;
    let library = made.library.parent().unwrap_or(&workspace.target).display().to_string();
    swift(workspace)
        .args(["test", "--disable-xctest", "--package-path"])
        .args([package])
        .args(["-Xlinker", &format!("-L{library}"), "-Xlinker", "-rpath", "-Xlinker", &library])
        .run()
}

/// The compiler. Where there is no Debian to take it from, as on a Mac, it is the person's own.
fn swift(workspace: &Workspace) -> Program {
    if !cfg!(target_os = "linux") {
        return Program::new("swift", &workspace.root);
    }
    // It sees the directories it is shown and nothing else of this machine.
    let script = Program::new("bash", &workspace.root).args(["xtask/swift-linux", "run", ".", "swift"]);
    if workspace.target.starts_with(&workspace.root) {
        script
    } else {
        script.env("YORISOI_SWIFT_BIND", &workspace.target)
    }
}

fn put_together(by_hand: &Path, made: &Made, package: &Path) -> Result<(), Failure> {
    let sources = package.join("Sources");
    for (module, file) in [
        (MODULE, format!("{MODULE}.swift")),
        (SWIFT_C_MODULE, format!("{SWIFT_C_MODULE}.h")),
        (SWIFT_C_MODULE, "module.modulemap".into()),
    ] {
        let directory = sources.join(module);
        fs::create_dir_all(&directory).map_err(Failure::file(&directory))?;
        copy_if_changed(&made.swift.join(&file), &directory.join(&file))?;
    }
    for name in WRITTEN_BY_HAND {
        link(&by_hand.join(name), &package.join(name))?;
    }
    Ok(())
}

fn copy_if_changed(from: &Path, to: &Path) -> Result<(), Failure> {
    let new = fs::read(from).map_err(Failure::file(from))?;
    if fs::read(to).is_ok_and(|old| old == new) {
        return Ok(());
    }
    fs::write(to, new).map_err(Failure::file(to))
}

#[cfg(unix)]
fn link(target: &Path, at: &Path) -> Result<(), Failure> {
    if fs::read_link(at).is_ok_and(|old| old == target) {
        return Ok(());
    }
    // A link of an earlier place of the project, broken or not.
    if at.is_symlink() {
        fs::remove_file(at).map_err(Failure::file(at))?;
    }
    std::os::unix::fs::symlink(target, at).map_err(Failure::file(at))
}

#[cfg(not(unix))]
fn link(_: &Path, _: &Path) -> Result<(), Failure> {
    Err(Failure::broken("the Swift package is put together with symbolic links: Linux and macOS only"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_did_not_change_keeps_its_date_and_what_did_is_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let (from, to) = (directory.path().join("from"), directory.path().join("to"));
        let date = || fs::metadata(&to).unwrap().modified().unwrap();
        fs::write(&from, "1").unwrap();
        copy_if_changed(&from, &to).unwrap();
        fs::File::options().write(true).open(&to).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
        copy_if_changed(&from, &to).unwrap();
        assert_eq!(date(), std::time::UNIX_EPOCH);
        fs::write(&from, "2").unwrap();
        copy_if_changed(&from, &to).unwrap();
        assert_eq!(fs::read_to_string(&to).unwrap(), "2");
        assert_ne!(date(), std::time::UNIX_EPOCH);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_into_an_earlier_place_is_renewed() {
        let directory = tempfile::tempdir().unwrap();
        let at = directory.path().join("at");
        link(Path::new("lost"), &at).unwrap();
        link(directory.path(), &at).unwrap();
        link(directory.path(), &at).unwrap();
        assert_eq!(fs::read_link(&at).unwrap(), directory.path());
    }
}
