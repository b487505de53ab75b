//! The rules of the house that no compiler knows. Each check is a pure function from the [`House`] to the places
//! that break its rule, so each is tested to fail.

mod architecture_length;
mod dependency_direction;
mod festive_words;
mod file_length;
mod file_names;
mod kotlin_docs;
mod links;
mod locked_packages;
mod module_docs;
mod purity;
mod rust_text;
mod translations;
mod uniffi_word;
mod use_paths;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::failure::Failure;
use crate::program::Program;
use crate::workspace::{Package, Workspace};

/// All that the checks look at.
struct House<'a> {
    /// Every file that is committed or would be, by its path from the root with `/` between.
    files: BTreeMap<String, String>,
    /// Those of every workspace of the project.
    packages: &'a [Package],
}

/// Finds the places that break one rule.
type Check = fn(&House) -> Vec<String>;

/// Each rule by its name.
const CHECKS: &[(&str, Check)] = &[
    ("file length", file_length::findings),
    ("file names", file_names::findings),
    ("module docs", module_docs::findings),
    ("comments in Kotlin", kotlin_docs::findings),
    ("no uniffi in core", uniffi_word::findings),
    ("pure rooms", purity::findings),
    ("banned packages", locked_packages::findings),
    ("arrows between rooms", dependency_direction::findings),
    ("length of ARCHITECTURE.md", architecture_length::findings),
    ("words", festive_words::findings),
    ("links", links::findings),
    ("translations", translations::findings),
];

/// Runs all checks and reports everything they find at once.
pub(crate) fn check(workspace: &Workspace) -> Result<(), Failure> {
    let files = files(&workspace.root)?;
    let mut packages = workspace.packages.clone();
    // A lock file in another directory: a workspace of its own, which cargo does not show with ours.
    for side in files.keys().filter_map(|path| path.strip_suffix("/Cargo.lock")) {
        packages.extend(Workspace::at(&workspace.root.join(side))?.packages);
    }
    let house = House { files, packages: &packages };
    let mut findings = Vec::new();
    for (rule, find) in CHECKS {
        findings.extend(find(&house).into_iter().map(|finding| format!("{rule}: {finding}")));
    }
    if !findings.is_empty() {
        return Err(Failure::Broken { findings });
    }
    println!("{} rules hold in {} files", CHECKS.len(), house.files.len());
    Ok(())
}

/// Reads what git tracks, and what it would track after `git add`: a slip is told before it is committed.
fn files(root: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let listed = Program::new("git", root)
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .printed()?;
    let mut files = BTreeMap::new();
    for name in listed.split('\0').filter(|name| !name.is_empty()) {
        let path = root.join(name);
        // Tracked but deleted, or a link to a directory.
        if path.is_file() {
            let bytes = fs::read(&path).map_err(Failure::file(&path))?;
            files.insert(name.to_owned(), String::from_utf8_lossy(&bytes).into_owned());
        }
    }
    Ok(files)
}

impl House<'_> {
    /// The files whose names end so.
    fn ending<'a>(&'a self, ending: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.files
            .iter()
            .filter(move |(path, _)| path.ends_with(ending))
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }
}

#[cfg(test)]
impl House<'static> {
    /// A house of these files only.
    fn of(files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|(path, text)| ((*path).into(), (*text).into())).collect();
        Self { files, packages: &[] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn git(root: &Path, args: &[&str]) {
        Program::new("git", root).args(args).run().unwrap();
    }

    #[test]
    fn tracked_and_new_files_are_read_and_ignored_ones_are_not() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        git(root, &["init", "--quiet"]);
        for (name, text) in [("a.rs", "a"), ("質問.md", "q"), ("x.log", "x"), (".gitignore", "*.log\n")] {
            fs::write(root.join(name), text).unwrap();
        }
        git(root, &["add", "a.rs"]);
        let found: Vec<String> = files(root).unwrap().into_keys().collect();
        assert_eq!(found, [".gitignore", "a.rs", "質問.md"]);
        fs::remove_file(root.join("a.rs")).unwrap();
        assert_eq!(files(root).unwrap().len(), 2, "a deleted file is gone before git knows");
    }

    #[test]
    fn a_broken_rule_ends_the_step_and_names_the_place() {
        let root = tempfile::tempdir().unwrap();
        git(root.path(), &["init", "--quiet"]);
        fs::write(root.path().join("utils.rs"), "fn a() {}").unwrap();
        let workspace =
            Workspace { root: root.path().into(), target: root.path().join("target"), packages: Vec::new() };
        let told = check(&workspace).unwrap_err().to_string();
        assert!(told.contains("file names: utils.rs"), "{told}");
        assert!(told.contains("module docs: utils.rs"), "{told}");
    }
}
