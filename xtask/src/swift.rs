//! The Swift package, compiled and tried against the real library.
//!
//! On Linux `xtask/swift-linux` brings Debian's Swift 6, unpacked in the person's cache: nothing is installed.

use std::path::Path;

use crate::bindings;
use crate::failure::Failure;
use crate::kit;
use crate::program::Program;
use crate::swift_package;
use crate::workspace::Workspace;

/// Judges the style, then generates, compiles and tests.
pub(crate) fn check(workspace: &Workspace) -> Result<(), Failure> {
    let by_hand = workspace.root.join("bindings/swift");
    style(workspace, &by_hand)?;
    let made = bindings::fresh(workspace)?;
    let package = workspace.target.join("swift");
    swift_package::put_together(&by_hand, &made, &package)?;
    let library = made.library.parent().unwrap_or(&workspace.target);
    let test = |variables: &[(&str, &str)]| {
        swift(workspace, variables)
            .args(["test", "--disable-xctest", "--package-path"])
            .args([&package])
            .args(linked_to(library))
            .args(["-Xswiftc", "-warnings-as-errors"])
    };
    let kit = kit::program(workspace)?.display().to_string();
    test(&[(kit::KIT, &kit)]).run()?;
    // What is written against Apple's frameworks, with stand-ins for these. A build apart: a module that was built once is
    // found by everything after it. On a Mac the frameworks are there.
    if cfg!(target_os = "linux") {
        test(&[("YORISOI_APPLE_STUBS", "1")])
            .args(["--filter", "^YorisoiTests\\.", "--scratch-path"])
            .args([package.join(".build/stubs")])
            .run()?;
    }
    Ok(())
}

/// What people write, generated code left out.
fn style(workspace: &Workspace, by_hand: &Path) -> Result<(), Failure> {
    swift(workspace, &[])
        .args(["format", "lint", "--strict", "--recursive", "--configuration"])
        .args([by_hand.join(".swift-format"), by_hand.into()])
        .run()
}

/// The compiler, with these variables in its environment. Where there is no Debian to take it from, as on a Mac, it is the
/// person's own.
fn swift(workspace: &Workspace, variables: &[(&str, &str)]) -> Program {
    if !cfg!(target_os = "linux") {
        let own = Program::new("swift", &workspace.root);
        return variables.iter().fold(own, |program, (name, value)| program.env(name, value));
    }
    // It sees the directories and the variables it is shown, and nothing else of this machine.
    let script = Program::new("bash", &workspace.root)
        .args(["xtask/swift-linux", "run", ".", "env"])
        .args(variables.iter().map(|(name, value)| format!("{name}={value}")))
        .args(["swift"]);
    if workspace.target.starts_with(&workspace.root) {
        script
    } else {
        script.env("YORISOI_SWIFT_BIND", &workspace.target)
    }
}

/// Where the linker, and the program at its start, find the library: not in the manifest, where it would bar the package
/// from being depended on by version.
fn linked_to(library: &Path) -> [String; 6] {
    let library = library.display().to_string();
    let search = format!("-L{library}");
    ["-Xlinker", &search, "-Xlinker", "-rpath", "-Xlinker", &library].map(String::from)
}
