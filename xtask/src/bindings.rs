//! Swift and Kotlin, generated from the library itself.
//!
//! The generator reads the metadata inside a debug build of the library: a stripped one has none. It is built
//! apart from the library, because its features would otherwise end up in what ships.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cargo_build::Built;
use crate::failure::Failure;
use crate::mended;
use crate::program::Program;
use crate::workspace::Workspace;

/// The C module that the generated Swift imports: header and module map carry its name.
pub(crate) const SWIFT_C_MODULE: &str = "YorisoiCoreFFI";
/// The generated Swift, where it is written.
const SWIFT_FILE: &str = "YorisoiCore.swift";
/// The generated Kotlin, where it is written: under its package, by the name of the library.
const KOTLIN_FILE: &str = "jp/yorisoi/core/yorisoi.kt";

/// What a generated language is called, and how its files end.
struct Language {
    name: &'static str,
    endings: &'static [&'static str],
}

const SWIFT: Language = Language { name: "swift", endings: &["swift", "h", "modulemap"] };
const KOTLIN: Language = Language { name: "kotlin", endings: &["kt"] };

/// What was generated, and the very library it was generated from: the two refuse any other partner.
pub(crate) struct Made {
    pub(crate) library: PathBuf,
    pub(crate) kotlin: PathBuf,
    pub(crate) swift: PathBuf,
}

/// Generates into `out` (default: `target/bindings`) and says where.
pub(crate) fn generate_and_tell(workspace: &Workspace, out: Option<PathBuf>) -> Result<(), Failure> {
    let out = match out {
        Some(out) => std::path::absolute(&out).map_err(Failure::file(&out))?,
        None => emptied_default(workspace)?,
    };
    let made = generate(workspace, &out)?;
    println!("wrote {} and {}", made.swift.display(), made.kotlin.display());
    Ok(())
}

/// Generates into the default place.
pub(crate) fn fresh(workspace: &Workspace) -> Result<Made, Failure> {
    generate(workspace, &emptied_default(workspace)?)
}

/// Generates into the default place and fails if a language is missing. What is declared there, the step `surface` judges.
pub(crate) fn check(workspace: &Workspace) -> Result<(), Failure> {
    let made = fresh(workspace)?;
    let mut findings = Vec::new();
    for (language, directory) in [(&SWIFT, &made.swift), (&KOTLIN, &made.kotlin)] {
        findings.extend(missing(language, &files(directory)?));
    }
    if findings.is_empty() { Ok(()) } else { Err(Failure::Broken { findings }) }
}

/// What an older build left there would hide that a file is no longer generated.
fn emptied_default(workspace: &Workspace) -> Result<PathBuf, Failure> {
    let out = workspace.target.join("bindings");
    if out.exists() {
        fs::remove_dir_all(&out).map_err(Failure::file(&out))?;
    }
    Ok(out)
}

fn generate(workspace: &Workspace, out: &Path) -> Result<Made, Failure> {
    let library = Built::by_cargo(workspace, &["build", "-p", "yorisoi-bindings", "--lib"], "the library")?
        .dynamic_library("yorisoi")?;
    let generators = Built::by_cargo(workspace, &["build", "-p", "yorisoi-bindgen"], "the generators")?;
    // From inside the workspace: the generators look for the uniffi.toml of the library's package there.
    let generator = |bin| Ok(Program::new(generators.executable(bin)?, &workspace.root));
    let directory = |language: &Language| {
        let directory = out.join(language.name);
        fs::create_dir_all(&directory).map_err(Failure::file(&directory))?;
        Ok(directory)
    };
    let made = Made { library, kotlin: directory(&KOTLIN)?, swift: directory(&SWIFT)? };
    generator("uniffi-bindgen")?
        .args(["generate".as_ref(), made.library.as_os_str()])
        .args(["-l", "kotlin", "--no-format", "-o"])
        .args([&made.kotlin])
        .run()?;
    generator("uniffi-bindgen-swift")?
        .args([&made.library, &made.swift])
        .args(["--swift-sources", "--headers", "--modulemap"])
        // The generator takes the C module's name for the Swift file from uniffi.toml, for the module map not.
        .args(["--module-name", SWIFT_C_MODULE, "--modulemap-filename", "module.modulemap"])
        .run()?;
    mended::mend(&made.swift.join(SWIFT_FILE), &made.kotlin.join(KOTLIN_FILE))?;
    Ok(made)
}

/// What is missing of a language: a kind of file that is not there, or only empty ones.
fn missing(language: &Language, files: &[(PathBuf, String)]) -> Vec<String> {
    let is_empty = |ending: &&&str| {
        let of_ending = |path: &Path| path.extension().is_some_and(|found| found == **ending);
        files.iter().all(|(path, text)| !of_ending(path) || text.trim().is_empty())
    };
    let empty = language.endings.iter().filter(|ending| is_empty(ending));
    empty.map(|ending| format!("{}: no .{ending} file, or only empty ones", language.name)).collect()
}

fn files(directory: &Path) -> Result<Vec<(PathBuf, String)>, Failure> {
    let mut files = Vec::new();
    let mut directories = vec![directory.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).map_err(Failure::file(&directory))? {
            let path = entry.map_err(Failure::file(&directory))?.path();
            if path.is_dir() {
                directories.push(path);
            } else {
                let text = fs::read_to_string(&path).map_err(Failure::file(&path))?;
                files.push((path, text));
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_file_and_an_empty_file_are_told() {
        let files = |files: &[(&str, &str)]| -> Vec<(PathBuf, String)> {
            files.iter().map(|(name, text)| (name.into(), (*text).into())).collect()
        };
        assert_eq!(
            missing(&SWIFT, &files(&[("a.swift", "class A {}"), ("a.h", " \n")])),
            ["swift: no .h file, or only empty ones", "swift: no .modulemap file, or only empty ones"]
        );
        assert!(missing(&KOTLIN, &files(&[("a.kt", "class A")])).is_empty());
    }
}
