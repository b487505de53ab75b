//! The Swift package, compiled and tried against the real library.
//!
//! On Linux `xtask/swift-linux` brings Debian's Swift 6, unpacked in the person's cache: nothing is installed.

use std::path::{Path, PathBuf};

use crate::bindings::{self, Made};
use crate::failure::Failure;
use crate::kit;
use crate::program::Program;
use crate::snippets;
use crate::surface;
use crate::swift_docs;
use crate::swift_package;
use crate::swift_release;
use crate::workspace::Workspace;

/// The page whose program is tried.
const START: &str = "docs/start-ios.md";
/// Where the package is built with stand-ins for Apple's frameworks.
const STAND_INS: &str = ".build/stubs";

/// Judges the style, then generates, compiles and tests.
pub(crate) fn check(workspace: &Workspace) -> Result<(), Failure> {
    let (by_hand, package) = (workspace.root.join("bindings/swift"), workspace.target.join("swift"));
    let start = put_start(&workspace.root.join(START), &package)?;
    style(workspace, &by_hand, &start)?;
    let made = bindings::fresh(workspace)?;
    swift_package::put_together(&by_hand, &made, &package)?;
    let library = made.library.parent().unwrap_or(&workspace.target);
    let kit = kit::program(workspace)?.display().to_string();
    let test = |variables: &[(&str, &str)], which: &[&str]| {
        swift(workspace, variables)
            .args(["test", "--disable-xctest", "--package-path"])
            .args([&package])
            .args(linked_to(library))
            .args(["-Xswiftc", "-warnings-as-errors"])
            .args(which)
            .run()
    };
    let noted = kit::exercised_file(workspace, "swift")?;
    test(&[(kit::KIT, &kit), (kit::EXERCISED, &noted.display().to_string())], &[])?;
    surface::exercised(workspace, &noted)?;
    // In a process of their own, since they look at its memory.
    test(&[(kit::KIT, &kit), ("YORISOI_ENDURANCE", "1")], &["--filter", "EnduranceTests"])?;
    if cfg!(target_os = "linux") {
        against_stand_ins(&package, &kit, test)?;
        let built = package.join(STAND_INS).join("debug");
        let tool = |name: &str| tool(workspace, &[], name);
        swift_docs::check(tool, &package, &built)?;
        swift_release::check(workspace, &made, tool, &linked_to(library))?;
    }
    Ok(())
}

/// The tool chain, brought if it is not there yet.
pub(crate) fn set_up(workspace: &Workspace) -> Result<(), Failure> {
    swift(workspace, &[]).args(["--version"]).printed().map(drop)
}

/// Builds the program of `cargo xtask bench ffi`, as an app is built for release, against `library`.
pub(crate) fn bench(workspace: &Workspace, made: &Made, library: &Path) -> Result<Program, Failure> {
    let (by_hand, package) = (workspace.root.join("bindings/swift"), workspace.target.join("swift"));
    swift_package::put_together(&by_hand, made, &package)?;
    let scratch = package.join(".build/bench");
    swift(workspace, &[("YORISOI_FFI_BENCH", "1")])
        .args(["build", "--configuration", "release", "--product", "FfiBench", "--package-path"])
        .args([&package])
        .args(["--scratch-path".as_ref(), scratch.as_os_str()])
        .args(linked_to(library.parent().unwrap_or(&workspace.target)))
        .run()?;
    Ok(tool(workspace, &[], &scratch.join("release/FfiBench").display().to_string()))
}

/// What is written against Apple's frameworks, with stand-ins for these. In a build apart, since a module that was built once
/// is found by everything after it; on a Mac the frameworks are there, and this would hide them.
fn against_stand_ins(
    package: &Path,
    kit: &str,
    test: impl Fn(&[(&str, &str)], &[&str]) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let scratch = package.join(STAND_INS).display().to_string();
    // A new phone each time: the Keychain that goes with these files is in memory.
    let phone = package.join("phone");
    swift_package::empty(&phone)?;
    let phone = phone.display().to_string();
    let variables = [("YORISOI_APPLE_STUBS", "1"), (kit::KIT, kit), ("XDG_DATA_HOME", phone.as_str())];
    // One after the other: each process has one Keychain.
    for suite in [r"^YorisoiTests\.", r"^StartIOSTests\."] {
        test(&variables, &["--filter", suite, "--scratch-path", &scratch])?;
    }
    Ok(())
}

/// Takes the app out of the page that shows it.
fn put_start(page: &Path, package: &Path) -> Result<PathBuf, Failure> {
    let directory = package.join("StartIOS");
    let files = snippets::whole_files(page, "swift")?;
    swift_package::keep_only(&directory, files.iter().map(|(name, _)| name.as_str()))?;
    for (name, text) in &files {
        swift_package::write_if_changed(&directory.join(name), text.as_bytes())?;
    }
    Ok(directory)
}

/// What people write, generated code left out.
fn style(workspace: &Workspace, by_hand: &Path, start: &Path) -> Result<(), Failure> {
    swift(workspace, &[])
        .args(["format", "lint", "--strict", "--recursive", "--configuration"])
        .args([by_hand.join(".swift-format"), by_hand.into(), start.into()])
        .run()
}

fn swift(workspace: &Workspace, variables: &[(&str, &str)]) -> Program {
    tool(workspace, variables, "swift")
}

/// A program of the tool chain, with these variables in its environment. Where there is no Debian to take it from, as on a
/// Mac, it is the person's own.
fn tool(workspace: &Workspace, variables: &[(&str, &str)], name: &str) -> Program {
    if !cfg!(target_os = "linux") {
        let own = Program::new(name, &workspace.root);
        return variables.iter().fold(own, |program, (name, value)| program.env(name, value));
    }
    // It sees the directories and the variables it is shown, and nothing else of this machine.
    let script = Program::new("bash", &workspace.root)
        .args(["xtask/swift-linux", "run", ".", "env"])
        .args(variables.iter().map(|(name, value)| format!("{name}={value}")))
        .args([name]);
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
