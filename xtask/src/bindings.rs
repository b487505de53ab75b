//! Swift and Kotlin, generated from the library itself.
//!
//! The generator reads the metadata inside a debug build of the library: a stripped one has none. It is built
//! apart from the library, because its features would otherwise end up in what ships.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cargo_build::Built;
use crate::expected_types::EXPECTED_TYPES;
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

/// What a generated language is called, how its files end and how it declares a type.
struct Language {
    name: &'static str,
    endings: &'static [&'static str],
    keywords: &'static [&'static str],
}

const SWIFT: Language = Language {
    name: "swift",
    endings: &["swift", "h", "modulemap"],
    keywords: &["class", "struct", "enum", "protocol", "typealias"],
};

const KOTLIN: Language =
    Language { name: "kotlin", endings: &["kt"], keywords: &["class", "interface", "object", "typealias"] };

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

/// Generates into the default place and fails if a language or an expected type is missing.
pub(crate) fn check(workspace: &Workspace) -> Result<(), Failure> {
    let made = fresh(workspace)?;
    let mut findings = Vec::new();
    for (language, directory) in [(&SWIFT, &made.swift), (&KOTLIN, &made.kotlin)] {
        let files = Generated::read(directory)?;
        findings.extend(files.missing(language, EXPECTED_TYPES));
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

/// The files generated for one language, by name.
struct Generated {
    files: Vec<(PathBuf, String)>,
}

impl Generated {
    fn read(directory: &Path) -> Result<Self, Failure> {
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
        Ok(Self { files })
    }

    fn missing(&self, language: &Language, types: &[&str]) -> Vec<String> {
        let is_empty = |ending: &str| {
            let of_ending = |path: &Path| path.extension().is_some_and(|found| found == ending);
            self.files.iter().all(|(path, text)| !of_ending(path) || text.trim().is_empty())
        };
        let mut findings = Vec::new();
        for ending in language.endings {
            if is_empty(ending) {
                findings.push(format!("{}: no .{ending} file, or only empty ones", language.name));
            }
        }
        for name in types {
            if !self.files.iter().any(|(_, text)| declares(text, language, name)) {
                findings.push(format!("{}: no type `{name}`", language.name));
            }
        }
        findings
    }
}

/// Whether `text` declares the Rust type `name`, under the name this language gives it.
fn declares(text: &str, language: &Language, name: &str) -> bool {
    let renamed = name.strip_suffix("Error").map(|stem| format!("{stem}Exception"));
    let is_name = |word: &str| word == name || renamed.as_deref() == Some(word);
    text.lines().any(|line| {
        let mut words =
            line.split(|sign: char| !sign.is_alphanumeric() && sign != '_').filter(|w| !w.is_empty());
        words.any(|word| language.keywords.contains(&word)) && words.next().is_some_and(is_name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generated(files: &[(&str, &str)]) -> Generated {
        Generated { files: files.iter().map(|(name, text)| (name.into(), (*text).into())).collect() }
    }

    #[test]
    fn declarations_of_both_languages_are_recognised() {
        assert!(declares("open class YorisoiClient: YorisoiClientProtocol {", &SWIFT, "YorisoiClient"));
        assert!(declares("public enum Standing: Equatable {", &SWIFT, "Standing"));
        assert!(declares("enum class Standing {", &KOTLIN, "Standing"));
        assert!(declares("sealed class OpenException: kotlin.Exception() {", &KOTLIN, "OpenError"));
    }

    #[test]
    fn a_use_or_a_longer_name_is_no_declaration() {
        assert!(!declares("let client: YorisoiClient", &SWIFT, "YorisoiClient"));
        assert!(!declares("class YorisoiClientImpl", &KOTLIN, "YorisoiClient"));
        assert!(!declares("class Other(val x: YorisoiClient)", &KOTLIN, "YorisoiClient"));
    }

    #[test]
    fn a_lost_file_an_empty_file_and_a_lost_type_are_told() {
        let files = generated(&[("a.swift", "class A {}"), ("a.h", " \n")]);
        assert_eq!(
            files.missing(&SWIFT, &["A", "B"]),
            [
                "swift: no .h file, or only empty ones",
                "swift: no .modulemap file, or only empty ones",
                "swift: no type `B`"
            ]
        );
        assert!(generated(&[("a.kt", "class A")]).missing(&KOTLIN, &["A"]).is_empty());
    }
}
