//! The public surface in Swift and Kotlin, kept as files: one that changes without anybody meaning it breaks apps that no
//! test here knows.
//!
//! What is generated and what is written by hand stand together, as an app sees them.

mod border;
mod declarations;
mod kotlin;
mod swift;
mod tokens;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::bindings::{self, Made};
use crate::failure::Failure;
use crate::workspace::Workspace;

use self::declarations::{Declaration, Language, declarations};

pub(crate) use self::border::exercised;

const DIRECTORY: &str = "bindings/surface";
const WHAT_TO_DO: &str =
    "what is gone or reads differently breaks apps; if it is meant, run `cargo xtask surface` and commit";
/// Words of the generator's own machinery, and its names. No app uses them.
const MACHINERY: &[&str] = &[
    "niffi",
    "FfiConverter",
    "RustBuffer",
    "NoHandle",
    "unsafeFromHandle",
    "ForeignBytes",
    "_documentation",
];
const MACHINERY_NAMES: &[&str] = &["Disposable", "handle", "cleanable", "destroy"];

/// One file of the surface.
struct Page {
    name: &'static str,
    text: String,
}

/// Writes the files.
pub(crate) fn renew(workspace: &Workspace) -> Result<(), Failure> {
    let directory = workspace.root.join(DIRECTORY);
    fs::create_dir_all(&directory).map_err(Failure::file(&directory))?;
    for Page { name, text } in pages(workspace)? {
        let path = directory.join(name);
        fs::write(&path, text).map_err(Failure::file(&path))?;
        println!("wrote {DIRECTORY}/{name}");
    }
    Ok(())
}

/// Fails if a file is not what the sources say today, with each difference.
pub(crate) fn check(workspace: &Workspace) -> Result<(), Failure> {
    let mut findings = Vec::new();
    for Page { name, text } in pages(workspace)? {
        let path = workspace.root.join(DIRECTORY).join(name);
        let committed = match fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            read => read.map_err(Failure::file(&path))?,
        };
        findings.extend(
            differences(&committed, &text).into_iter().map(|line| format!("{DIRECTORY}/{name}: {line}")),
        );
    }
    if findings.is_empty() {
        return Ok(());
    }
    findings.push(WHAT_TO_DO.into());
    Err(Failure::Broken { findings })
}

fn pages(workspace: &Workspace) -> Result<[Page; 3], Failure> {
    let made = bindings::fresh(workspace)?;
    let root = &workspace.root;
    let swift = modules(&made.swift, "YorisoiCore", &root.join("bindings/swift/Sources"), "", "swift")?;
    let kotlin = modules(&made.kotlin, "core", &root.join("bindings/kotlin"), "src/main/kotlin", "kt")?;
    Ok([
        Page { name: "swift.txt", text: page("Swift", &swift, &swift::Swift) },
        Page { name: "kotlin.txt", text: page("Kotlin", &kotlin, &kotlin::Kotlin) },
        Page { name: "border.txt", text: border(&made)? },
    ])
}

/// What crosses the border, by its names in Rust, from what is generated for Swift.
fn border(made: &Made) -> Result<String, Failure> {
    let source = sources(&made.swift, "swift")?.concat();
    border::page(&of_apps(declarations(&source, &swift::Swift))).map_err(Failure::broken)
}

/// The sources of each module: the generated one, with what is written by hand in a directory of its name, and the others.
fn modules(
    generated: &Path,
    name: &str,
    by_hand: &Path,
    inside: &str,
    ending: &str,
) -> Result<BTreeMap<String, Vec<String>>, Failure> {
    let mut modules = BTreeMap::from([(name.to_owned(), sources(generated, ending)?)]);
    for directory in entries(by_hand)?.into_iter().filter(|path| path.join(inside).is_dir()) {
        let name = directory.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let found = sources(&directory.join(inside), ending)?;
        if !found.is_empty() {
            modules.entry(name).or_default().extend(found);
        }
    }
    Ok(modules)
}

/// The texts of all files with this ending, in the order of their paths.
fn sources(directory: &Path, ending: &str) -> Result<Vec<String>, Failure> {
    let mut texts = Vec::new();
    for path in entries(directory)? {
        if path.is_dir() {
            texts.extend(sources(&path, ending)?);
        } else if path.extension().is_some_and(|found| found == ending) {
            texts.push(fs::read_to_string(&path).map_err(Failure::file(&path))?);
        }
    }
    Ok(texts)
}

fn entries(directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !directory.is_dir() {
        return Ok(Vec::new());
    }
    let read = fs::read_dir(directory).map_err(Failure::file(directory))?;
    let mut paths: Vec<PathBuf> = read
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(Failure::file(directory))?;
    paths.sort();
    Ok(paths)
}

/// Each type of each module with all that it declares, one in a line.
fn page(language: &str, modules: &BTreeMap<String, Vec<String>>, rules: &dyn Language) -> String {
    let mut text =
        format!("# What an app can see in {language}. Written by `cargo xtask surface`; {WHAT_TO_DO}.\n");
    for (module, sources) in modules {
        text.push_str(&format!("\n== {module}\n"));
        let found = sources.iter().flat_map(|source| declarations(source, rules)).collect();
        for (group, lines) in groups(of_apps(found)) {
            text.push_str(&format!("\n{group}\n"));
            for line in lines {
                text.push_str(&format!("    {line}\n"));
            }
        }
    }
    text
}

/// What each type declares, itself first.
fn groups(found: Vec<Declaration>) -> BTreeMap<String, Vec<String>> {
    let mut groups: BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)> = BTreeMap::new();
    for declaration in found {
        let path = path(&declaration);
        let Declaration { owner, keyword, text, .. } = declaration;
        if is_type(&keyword) {
            let of_itself = &mut groups.entry(path).or_default().0;
            // Without a conformance, or a name, it is only a place for others.
            if !(keyword.ends_with("extension") && !text.contains(':') || text == "companion object") {
                of_itself.insert(text);
            }
        } else {
            let group = if owner.is_empty() { "(no type)".to_owned() } else { owner };
            groups.entry(group).or_default().1.insert(text);
        }
    }
    let lines = |(of_itself, members): (BTreeSet<String>, BTreeSet<String>)| {
        of_itself.into_iter().chain(members).collect()
    };
    groups
        .into_iter()
        .map(|(group, found)| (group, lines(found)))
        .filter(|(_, lines): &(_, Vec<String>)| !lines.is_empty())
        .collect()
}

fn is_type(keyword: &str) -> bool {
    ["class", "struct", "enum", "protocol", "actor", "extension", "interface", "object"]
        .iter()
        .any(|word| keyword.ends_with(word) || keyword.starts_with(word))
}

/// The name of a type with those it stands in.
fn path(declaration: &Declaration) -> String {
    let Declaration { owner, name, .. } = declaration;
    if owner.is_empty() { name.clone() } else { format!("{owner}.{name}") }
}

/// Without the generator's own machinery, what stands in it, and what extends types that no app sees.
fn of_apps(found: Vec<Declaration>) -> Vec<Declaration> {
    let machinery = |declaration: &Declaration| {
        let implementation = is_type(&declaration.keyword) && declaration.name.ends_with("Impl");
        implementation
            || MACHINERY.iter().any(|word| declaration.text.contains(word))
            || MACHINERY_NAMES.contains(&declaration.name.as_str())
    };
    let unseen = |found: &&Declaration| is_type(&found.keyword) && (!found.public || machinery(found));
    let hidden: BTreeSet<String> = found.iter().filter(unseen).map(path).collect();
    let inside = |found: &Declaration| {
        let place = if is_type(&found.keyword) { path(found) } else { found.owner.clone() };
        hidden.iter().any(|hidden| {
            place.strip_prefix(hidden.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    };
    found.iter().filter(|found| found.public && !machinery(found) && !inside(found)).cloned().collect()
}

/// What stands in one text and not in the other, each line with where it stands.
fn differences(committed: &str, today: &str) -> Vec<String> {
    let (before, after) = (placed(committed), placed(today));
    let gone = before.difference(&after).map(|line| format!("gone: {line}"));
    let new = after.difference(&before).map(|line| format!("new: {line}"));
    let mut findings: Vec<String> = gone.chain(new).collect();
    if findings.is_empty() && committed != today {
        findings.push("the lines are the same, but in another order".into());
    }
    findings
}

/// Each line with the module and the type it stands in.
fn placed(page: &str) -> BTreeSet<String> {
    let (mut module, mut group) = ("", "");
    let mut lines = BTreeSet::new();
    for line in page.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix("== ") {
            module = name;
        } else if let Some(declaration) = line.strip_prefix("    ") {
            lines.insert(format!("{module}, {group}: {declaration}"));
        } else if module.is_empty() {
            lines.insert(line.to_owned());
        } else {
            group = line;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn swift(source: &str) -> String {
        page("Swift", &BTreeMap::from([("M".to_owned(), vec![source.to_owned()])]), &swift::Swift)
    }

    const SOURCE: &str = "
        public func z() {}
        public class B: UniffiThing { public func a() {} }
        open class C { public func d(e: Int) {} ; public func uniffiCloneHandle() -> UInt64 { 1 }
            public func a() {} }
        open class CImpl: C { public func f() {} }
        public struct NoHandle { public init() {} }
        extension C { public func g() {} }
        extension C: Sendable {}
        struct Own {}
        extension Own: Codable { public var x: Int { 1 } }
        extension Date: Codable {}
    ";

    #[test]
    fn types_stand_with_all_they_declare_and_machinery_is_left_out() {
        let text = swift(SOURCE);
        let lines: Vec<&str> = text.lines().skip(1).filter(|line| !line.is_empty()).collect();
        assert_eq!(
            lines,
            [
                "== M",
                "(no type)",
                "    func z()",
                "C",
                "    extension C: Sendable",
                "    open class C",
                "    func a()",
                "    func d(e: Int)",
                "    func g()",
                "Date",
                "    extension Date: Codable",
            ]
        );
    }

    #[test]
    fn what_changed_is_told_with_its_place() {
        let before = swift(SOURCE);
        assert!(differences(&before, &before).is_empty());
        let after = swift(&SOURCE.replace("d(e: Int)", "d(e: Int?)"));
        assert_eq!(
            differences(&before, &after),
            ["gone: M, C: func d(e: Int)", "new: M, C: func d(e: Int?)"]
        );
        assert_eq!(differences(&before, "").len(), 7, "a file that was never written");
        let turned: String = before.lines().rev().map(|line| format!("{line}\n")).collect();
        assert!(!differences(&before, &turned).is_empty());
    }
}
