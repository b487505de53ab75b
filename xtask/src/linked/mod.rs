//! What is linked into the library that ships: its licences in one file, and a list of its parts for machines (an SBOM).
//!
//! Cargo says what is linked on each platform. Macros and build scripts run while the library is compiled and are not part
//! of it, so they are left out. Whatever the packages do not say of themselves (a text that is not there, what a package
//! brings along in C) stands here, each in one place.

mod bom;
mod expression;
mod lock;
mod notices;
#[cfg(test)]
mod test_parts;
mod texts;
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde_json::Value;

use self::expression::Expression;
use self::lock::Lock;
use self::texts::Text;
use crate::failure::Failure;
use crate::program::Program;
use crate::swift_package::write_if_changed;
use crate::targets;
use crate::workspace::Workspace;

/// Where the licences are committed, and what they are called in a release.
const NOTICES: &str = "bindings/THIRD-PARTY-LICENCES.txt";
/// What the list of parts is called.
const BOM: &str = "yorisoi.cdx.json";
/// What Rust's own standard library is made of, by the compiler that brings it.
const STANDARD_LIBRARY: &str = "RUST-STANDARD-LIBRARY-LICENCES.html";
/// The package that becomes the library.
const SHIPS: &str = "yorisoi-bindings";
/// What it ships for beside phones: JVMs on Linux, the simulator and Macs.
const BESIDE_PHONES: [&str; 3] =
    ["x86_64-unknown-linux-gnu", "aarch64-apple-ios-sim", "aarch64-apple-darwin"];

/// A package by name and version.
type Id = (String, String);

/// One package that is linked.
struct Part {
    /// As the package has it, in the spelling of SPDX.
    licence: Expression,
    /// From this repository.
    is_ours: bool,
    /// Of the packed package, by the lock file.
    checksum: Option<String>,
    texts: Vec<Text>,
    depends_on: BTreeSet<Id>,
}

/// All that is linked.
struct Linked {
    parts: BTreeMap<Id, Part>,
    targets: Vec<&'static str>,
    sqlite: String,
    rust: String,
}

/// Writes the licences, and the list of parts into `target/package`.
pub(crate) fn renew(workspace: &Workspace) -> Result<(), Failure> {
    let linked = Linked::gather(workspace)?;
    let path = workspace.root.join(NOTICES);
    fs::write(&path, notices::page(&linked)).map_err(Failure::file(&path))?;
    let bom = write_bom(workspace, &linked)?;
    println!("wrote {NOTICES} and {}: {} packages", bom.display(), linked.parts.len());
    Ok(())
}

/// Fails if the committed licences are not those of today, or the list of parts does not fit the lock file.
pub(crate) fn check(workspace: &Workspace) -> Result<(), Failure> {
    checked(workspace).map(drop)
}

/// Puts the licences and the list of parts into what a release carries.
pub(crate) fn put_into(workspace: &Workspace, release: &Path) -> Result<(), Failure> {
    let (notices, bom) = checked(workspace)?;
    let standard_library = standard_library(workspace)?;
    for from in [&notices, &bom] {
        let bytes = fs::read(from).map_err(Failure::file(from))?;
        write_if_changed(&release.join(from.file_name().unwrap_or_default()), &bytes)?;
    }
    let bytes = fs::read(&standard_library).map_err(Failure::file(&standard_library))?;
    write_if_changed(&release.join(STANDARD_LIBRARY), &bytes)
}

/// Where the licences and the list of parts are, once both are found to be right.
fn checked(workspace: &Workspace) -> Result<(PathBuf, PathBuf), Failure> {
    let linked = Linked::gather(workspace)?;
    let path = workspace.root.join(NOTICES);
    let committed = match fs::read_to_string(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        read => read.map_err(Failure::file(&path))?,
    };
    notices::compare(&committed, &notices::page(&linked)).map_err(Failure::broken)?;
    let bom = write_bom(workspace, &linked)?;
    let written = fs::read_to_string(&bom).map_err(Failure::file(&bom))?;
    let findings = bom::disagreements(&written, &read_lock(workspace)?);
    if findings.is_empty() { Ok((path, bom)) } else { Err(Failure::Broken { findings }) }
}

fn write_bom(workspace: &Workspace, linked: &Linked) -> Result<PathBuf, Failure> {
    let directory = workspace.target.join("package");
    fs::create_dir_all(&directory).map_err(Failure::file(&directory))?;
    let path = directory.join(BOM);
    write_if_changed(&path, bom::text(linked).as_bytes())?;
    Ok(path)
}

fn read_lock(workspace: &Workspace) -> Result<Lock, Failure> {
    let path = workspace.root.join("Cargo.lock");
    let text = fs::read_to_string(&path).map_err(Failure::file(&path))?;
    Lock::read(&text).map_err(|reason| Failure::broken(format!("Cargo.lock: {reason}")))
}

/// The page with the licences of Rust's standard library that comes with the compiler.
fn standard_library(workspace: &Workspace) -> Result<PathBuf, Failure> {
    let place = Program::new("rustc", &workspace.root).args(["--print", "sysroot"]).printed()?;
    Ok(Path::new(place.trim()).join("share/doc/rust/COPYRIGHT-library.html"))
}

impl Linked {
    fn gather(workspace: &Workspace) -> Result<Self, Failure> {
        let targets: Vec<_> = targets::TARGETS.into_iter().chain(BESIDE_PHONES).collect();
        let mut edges = BTreeMap::new();
        for target in &targets {
            // By package and platform: `cargo metadata` would count what the server and the tools turn on as well.
            let cargo = Program::cargo(&workspace.root)
                .args(["tree", "--quiet", "--locked", "-p", SHIPS, "--target", target])
                .args(["--edges", "normal,no-proc-macro", "--prefix", "depth", "--format", " {p}"]);
            let program = cargo.shown().to_owned();
            tree::read(&cargo.printed()?, &mut edges)
                .map_err(|reason| Failure::Answer { program, reason })?;
        }
        let described = described(workspace, &targets)?;
        let lock = read_lock(workspace)?;
        let mut parts = BTreeMap::new();
        let mut sqlite = None;
        let mut findings = Vec::new();
        for (id, depends_on) in edges {
            let (name, version) = &id;
            let Some(package) = described.get(&id) else {
                findings.push(format!("{name} {version}: cargo does not describe it"));
                continue;
            };
            if name == "libsqlite3-sys" {
                sqlite = Some(sqlite_version(&package.directory)?);
            }
            match package.part(&id, depends_on, &lock)? {
                Ok(part) => drop(parts.insert(id, part)),
                Err(finding) => findings.push(format!("{name} {version}: {finding}")),
            }
        }
        if !findings.is_empty() {
            return Err(Failure::Broken { findings });
        }
        let sqlite = sqlite.ok_or_else(|| Failure::broken("the library links no SQLite"))?;
        Ok(Self { parts, targets, sqlite, rust: rust_version(workspace)? })
    }
}

/// What a package says of itself.
struct Described {
    licence: Option<String>,
    directory: PathBuf,
    is_ours: bool,
}

impl Described {
    /// The inner error is the package's: something is missing that it must have.
    fn part(&self, id: &Id, depends_on: BTreeSet<Id>, lock: &Lock) -> Result<Result<Part, String>, Failure> {
        let Some(licence) = &self.licence else { return Ok(Err("it names no licence".into())) };
        let licence = match Expression::read(licence) {
            Ok(licence) => licence,
            Err(reason) => return Ok(Err(reason)),
        };
        let checksum = lock.get(id).and_then(|locked| locked.checksum.clone());
        if checksum.is_none() && !self.is_ours {
            return Ok(Err("no checksum in Cargo.lock".into()));
        }
        let texts = if self.is_ours {
            Vec::new()
        } else {
            match texts::of(&licence, &texts::files(&self.directory)?) {
                Ok(texts) => texts,
                Err(reason) => return Ok(Err(reason)),
            }
        };
        Ok(Ok(Part { licence, is_ours: self.is_ours, checksum, texts, depends_on }))
    }
}

/// All packages that cargo would take for these platforms, by what they say of themselves.
fn described(workspace: &Workspace, targets: &[&str]) -> Result<BTreeMap<Id, Described>, Failure> {
    let platforms = targets.iter().flat_map(|target| ["--filter-platform", target]);
    let cargo = Program::cargo(&workspace.root)
        .args(["metadata", "--quiet", "--locked", "--format-version", "1"])
        .args(platforms);
    let program = cargo.shown().to_owned();
    let told: Value = serde_json::from_str(&cargo.printed()?)
        .map_err(|error| Failure::Answer { program, reason: error.to_string() })?;
    let packages = told.get("packages").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let read = |package: &Value| {
        let text = |key: &str| package.get(key).and_then(Value::as_str).map(str::to_owned);
        let directory = Path::new(&text("manifest_path")?).parent()?.to_owned();
        let is_ours = text("source").is_none();
        Some(((text("name")?, text("version")?), Described { licence: text("license"), directory, is_ours }))
    };
    Ok(packages.iter().filter_map(read).collect())
}

fn sqlite_version(package: &Path) -> Result<String, Failure> {
    let header = package.join("sqlite3/sqlite3.h");
    let text = fs::read_to_string(&header).map_err(Failure::file(&header))?;
    version_in(&text).ok_or_else(|| Failure::broken(format!("{}: no version of SQLite", header.display())))
}

fn version_in(header: &str) -> Option<String> {
    let line = header.lines().find_map(|line| line.strip_prefix("#define SQLITE_VERSION "))?;
    Some(line.trim().strip_prefix('"')?.strip_suffix('"')?.to_owned())
}

fn rust_version(workspace: &Workspace) -> Result<String, Failure> {
    let told = Program::new("rustc", &workspace.root).args(["--version"]).printed()?;
    let reason = || Failure::Answer { program: "rustc --version".into(), reason: told.clone() };
    told.split_whitespace().nth(1).map(str::to_owned).ok_or_else(reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_sqlite_is_read_from_its_header() {
        let header = "#define SQLITE_VERSION_NUMBER 3050000\n#define SQLITE_VERSION        \"3.50.0\"\n";
        assert_eq!(version_in(header).unwrap(), "3.50.0");
        assert_eq!(version_in("#define SQLITE_VERSION_NUMBER 3050000\n"), None);
    }

    #[test]
    fn a_package_without_licence_or_checksum_is_refused() {
        let id: Id = ("a".into(), "1.0.0".into());
        let lock = Lock::read("[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n").unwrap();
        let directory = tempfile::tempdir().unwrap();
        let part = |licence: Option<&str>, is_ours| {
            let directory = directory.path().to_owned();
            let described = Described { licence: licence.map(Into::into), directory, is_ours };
            described.part(&id, BTreeSet::new(), &lock).unwrap().map(|part| part.licence.to_string())
        };
        assert!(part(None, true).unwrap_err().contains("no licence"));
        assert!(part(Some("MIT"), false).unwrap_err().contains("no checksum"));
        assert_eq!(part(Some("Apache-2.0"), true).unwrap(), "Apache-2.0");
    }
}
