//! What a release of the Swift package carries, laid out in `target/package/swift` as `docs/package-ios.md` tells.
//!
//! The library for Apple's platforms is compiled on a Mac (`bindings/swift/fill-xcframework.sh`); all around it is made and
//! tried here: another package that depends on this one is built from nothing and run, and the manifest is read as it reads
//! on a Mac.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::bindings::{self, Made, SWIFT_C_MODULE};
use crate::failure::Failure;
use crate::linked;
use crate::program::Program;
use crate::swift_package::{self, write_if_changed};
use crate::workspace::Workspace;
use crate::xcframework;

/// The line of the manifest that says where the library is.
const DEVELOPING: &str = "let binary = Binary.developing";
/// The modules that are written by hand.
const MODULES: [&str; 2] = ["Yorisoi", "YorisoiTestKit"];
/// A package that depends on the release, as an app does.
const CONSUMER: [(&str, &str); 2] = [
    (
        "Package.swift",
        r#"// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "consumer",
    dependencies: [.package(path: "../swift")],
    targets: [.executableTarget(name: "consumer", dependencies: [.product(name: "Yorisoi", package: "swift")])],
    swiftLanguageModes: [.v6]
)
"#,
    ),
    (
        "Sources/consumer/main.swift",
        r#"import Foundation
import Yorisoi

let changes = Changes()
let nowhere = ClientConfig(directory: NSTemporaryDirectory() + "/nobody", server: "no address", roots: [])

final class NoKeys: KeyStore {
    func load() throws -> Data? { nil }
    func save(key: Data) throws {}
}

do {
    _ = try await YorisoiClient.open(config: nowhere, keys: NoKeys(), clock: SystemClock(), notices: changes)
} catch let error as YorisoiError {
    print(compiledInContacts().first?.contact.digits ?? "", error.code, lockScreenWords().ja)
}
// Each argument is a property list.
for list in CommandLine.arguments.dropFirst() {
    _ = try PropertyListSerialization.propertyList(from: Data(contentsOf: URL(fileURLWithPath: list)), format: nil)
}
"#,
    ),
];
const CONSUMER_SAYS: &str = "119 setting_invalid お知らせがあります\n";

/// Where a Mac put the library: a file beside the package, or an address with the checksum of what is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Binary {
    Beside,
    At { url: String, checksum: String },
}

/// Lays it out and says so.
pub(crate) fn lay_out_and_tell(workspace: &Workspace, binary: &Binary) -> Result<(), Failure> {
    let package = lay_out(workspace, &bindings::fresh(workspace)?, binary)?;
    println!("laid out {}", package.display());
    let framework = package.join(xcframework::NAME);
    if !xcframework::is_filled(&framework) {
        println!(
            "{} has no library yet: on a Mac, `sh bindings/swift/fill-xcframework.sh`",
            framework.display()
        );
    }
    Ok(())
}

/// Lays it out, and tries it as far as this machine can. `tool` runs a program of the tool chain.
pub(crate) fn check(
    workspace: &Workspace,
    made: &Made,
    tool: impl Fn(&str) -> Program,
    linked: &[String],
) -> Result<(), Failure> {
    let package = lay_out(workspace, made, &Binary::Beside)?;
    module_is_found(&tool, &package)?;
    let binary = Binary::At { url: "https://example.jp/y.zip".into(), checksum: "0".repeat(64) };
    for binary in [Binary::Beside, binary] {
        reads_on_a_mac(&tool, &package, &binary)?;
    }
    let consumer = package.with_file_name("swift-consumer");
    for (name, text) in CONSUMER {
        write_with_directory(&consumer.join(name), text.as_bytes())?;
    }
    let said = tool("swift")
        .args(["run", "--quiet", "--package-path"])
        .args([&consumer])
        .args(linked)
        .args(["consumer".into(), package.join(xcframework::NAME).join("Info.plist")])
        .printed()?;
    if said == CONSUMER_SAYS {
        return Ok(());
    }
    Err(Failure::broken(format!(
        "a package that depends on the release said {said:?}, not {CONSUMER_SAYS:?}"
    )))
}

fn lay_out(workspace: &Workspace, made: &Made, binary: &Binary) -> Result<PathBuf, Failure> {
    let by_hand = workspace.root.join("bindings/swift");
    let package = workspace.target.join("package/swift");
    for module in MODULES {
        mirror(&by_hand.join("Sources").join(module), &package.join("Sources").join(module))?;
    }
    swift_package::copy_generated(made, &package)?;
    let manifest = by_hand.join("Package.swift");
    let manifest = fs::read_to_string(&manifest).map_err(Failure::file(&manifest))?;
    write_with_directory(&package.join("Package.swift"), of_release(&manifest, binary)?.as_bytes())?;
    let licence = workspace.root.join("LICENSE");
    let licence = fs::read(&licence).map_err(Failure::file(&licence))?;
    write_if_changed(&package.join("LICENSE"), &licence)?;
    linked::put_into(workspace, &package)?;
    xcframework::lay_out(&package, &made.swift)?;
    Ok(package)
}

/// The manifest as a release has it.
fn of_release(manifest: &str, binary: &Binary) -> Result<String, Failure> {
    let says = match binary {
        Binary::Beside => format!("Binary.path({:?})", xcframework::NAME),
        Binary::At { url, checksum } => format!("Binary.url({url:?}, checksum: {checksum:?})"),
    };
    if manifest.matches(DEVELOPING).count() != 1 {
        return Err(Failure::broken(format!("Package.swift has not one line `{DEVELOPING}`")));
    }
    Ok(manifest.replace(DEVELOPING, &format!("let binary = {says}")))
}

/// Makes a directory like another, and leaves the dates of what is alike.
fn mirror(from: &Path, to: &Path) -> Result<(), Failure> {
    let names = |directory: &Path| -> Result<Vec<_>, Failure> {
        let entries = fs::read_dir(directory).map_err(Failure::file(directory))?;
        entries.map(|entry| Ok(entry.map_err(Failure::file(directory))?.file_name())).collect()
    };
    fs::create_dir_all(to).map_err(Failure::file(to))?;
    let wanted = names(from)?;
    for stale in names(to)?.into_iter().filter(|name| !wanted.contains(name)) {
        let path = to.join(stale);
        let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        removed.map_err(Failure::file(&path))?;
    }
    for name in wanted {
        let (from, to) = (from.join(&name), to.join(&name));
        if from.is_dir() {
            mirror(&from, &to)?;
        } else {
            write_if_changed(&to, &fs::read(&from).map_err(Failure::file(&from))?)?;
        }
    }
    Ok(())
}

fn write_with_directory(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if let Some(directory) = file.parent() {
        fs::create_dir_all(directory).map_err(Failure::file(directory))?;
    }
    write_if_changed(file, bytes)
}

/// The C module is found in the headers of each slice.
fn module_is_found(tool: &impl Fn(&str) -> Program, package: &Path) -> Result<(), Failure> {
    let probe = package.with_file_name("import.swift");
    write_if_changed(&probe, format!("import {SWIFT_C_MODULE}\n").as_bytes())?;
    for headers in xcframework::headers(&package.join(xcframework::NAME)) {
        tool("swiftc")
            .args(["-typecheck".as_ref(), "-I".as_ref(), headers.as_os_str(), probe.as_os_str()])
            .run()?;
    }
    Ok(())
}

/// The manifest without its branch for Linux names the library, and has nothing that bars a package from being depended on
/// by version.
fn reads_on_a_mac(tool: &impl Fn(&str) -> Program, package: &Path, binary: &Binary) -> Result<(), Failure> {
    let manifest = package.join("Package.swift");
    let manifest = fs::read_to_string(&manifest).map_err(Failure::file(&manifest))?;
    let developing = manifest
        .lines()
        .map(|line| if line.starts_with("let binary = ") { DEVELOPING } else { line })
        .collect::<Vec<_>>()
        .join("\n");
    let elsewhere = of_release(&developing, binary)?.replace("#if os(Linux)", "#if os(Windows)");
    let directory = package.with_file_name("swift-on-a-mac");
    write_with_directory(&directory.join("Package.swift"), elsewhere.as_bytes())?;
    let told = tool("swift").args(["package", "--package-path"]).args([&directory]).args(["dump-package"]);
    let told = told.printed()?;
    match library(&told) {
        Some(found) if found == *binary && !told.contains("unsafeFlags") => Ok(()),
        found => Err(Failure::broken(format!("on a Mac, Package.swift has the library as {found:?}"))),
    }
}

/// Where a manifest, as SwiftPM tells it, has the library.
fn library(told: &str) -> Option<Binary> {
    let told: Value = serde_json::from_str(told).ok()?;
    let targets = told.get("targets")?.as_array()?;
    let target = targets.iter().find(|target| target.get("type").is_some_and(|kind| kind == "binary"))?;
    let text = |name: &str| target.get(name).and_then(Value::as_str).map(str::to_owned);
    match (text("url"), text("checksum"), text("path")) {
        (Some(url), Some(checksum), None) => Some(Binary::At { url, checksum }),
        (None, None, Some(path)) if path == xcframework::NAME => Some(Binary::Beside),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_of_a_release_says_where_the_library_is() {
        let at = Binary::At { url: "https://example.jp/y.zip".into(), checksum: "00".into() };
        let manifest = format!("a\n{DEVELOPING}\nb");
        assert_eq!(
            of_release(&manifest, &at).unwrap(),
            "a\nlet binary = Binary.url(\"https://example.jp/y.zip\", checksum: \"00\")\nb"
        );
        assert!(
            of_release(&manifest, &Binary::Beside).unwrap().contains("path(\"YorisoiCoreFFI.xcframework\")")
        );
        assert!(of_release("a", &at).is_err());
    }

    #[test]
    fn what_is_gone_is_gone_from_the_release_as_well() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        fs::create_dir_all(at("a/in")).unwrap();
        fs::write(at("a/in/x"), "1").unwrap();
        mirror(&at("a"), &at("b")).unwrap();
        fs::create_dir_all(at("b/stale")).unwrap();
        fs::write(at("b/in/y"), "1").unwrap();
        fs::write(at("a/in/x"), "2").unwrap();
        mirror(&at("a"), &at("b")).unwrap();
        assert_eq!(fs::read_to_string(at("b/in/x")).unwrap(), "2");
        assert!(!at("b/stale").exists() && !at("b/in/y").exists());
    }

    #[test]
    fn a_manifest_without_the_library_is_told_from_one_with_it() {
        let told = r#"{"targets": [{"type": "regular"}, {"type": "binary", "url": "u", "checksum": "c"}]}"#;
        assert_eq!(library(told), Some(Binary::At { url: "u".into(), checksum: "c".into() }));
        let told = r#"{"targets": [{"type": "binary", "path": "YorisoiCoreFFI.xcframework"}]}"#;
        assert_eq!(library(told), Some(Binary::Beside));
        assert_eq!(library(r#"{"targets": [{"type": "system"}]}"#), None);
    }
}
