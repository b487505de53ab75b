//! The library as it ships inside an app: built for size, stripped, and without a path of the machine that built it.
//!
//! Rust writes the place of every `panic!` into a library, those of its dependencies with the home of whoever built it. They
//! are renamed, and the finished library is searched for what they began with.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cargo_build::Built;
use crate::failure::Failure;
use crate::program::Program;
use crate::workspace::Workspace;

/// Curve25519 of the crate that seals for rescue as phones run it anyway, without the second one for AVX2: it is used once
/// for an envelope.
const CURVE: &str = "--cfg=curve25519_dalek_backend=\"serial\"";

/// Frames are found by a register. Where the tables for unwinding describe each instruction that moves the stack instead, they grow by
/// more than the code shrinks: a tenth of a megabyte.
const FRAMES: &str = "-Cforce-frame-pointers=yes";

/// Builds it and says where it is.
pub(crate) fn library(workspace: &Workspace) -> Result<PathBuf, Failure> {
    let renamed = renamed(workspace)?;
    let library =
        Built::by(cargo(workspace, &renamed), "the library as it ships")?.dynamic_library("yorisoi")?;
    let bytes = fs::read(&library).map_err(Failure::file(&library))?;
    let found: Vec<String> =
        renamed.iter().filter(|(place, _)| holds(&bytes, place)).map(|(place, _)| place.clone()).collect();
    if found.is_empty() {
        return Ok(library);
    }
    Err(Failure::broken(format!("{} holds paths of this machine: {}", library.display(), found.join(", "))))
}

/// The same with its symbols, in a directory of its own: what ships stays where it is.
pub(crate) fn with_symbols(workspace: &Workspace) -> Result<PathBuf, Failure> {
    let cargo = cargo(workspace, &renamed(workspace)?)
        .env("CARGO_PROFILE_RELEASE_STRIP", "none")
        .env("CARGO_TARGET_DIR", workspace.target.join("with-symbols"));
    Built::by(cargo, "the library as it ships, with its symbols")?.dynamic_library("yorisoi")
}

fn cargo(workspace: &Workspace, renamed: &[(String, &str)]) -> Program {
    // `cargo rustc` with one crate type: beside a `lib` the linker could not drop what nobody calls.
    Program::cargo(&workspace.root)
        .args(["rustc", "--quiet", "--message-format=json-render-diagnostics"])
        .args(["-p", "yorisoi-bindings", "--lib", "--release", "--crate-type", "cdylib"])
        .env("CARGO_ENCODED_RUSTFLAGS", flags(renamed))
}

/// Where the sources are, and what is written instead; the longer place last, since the last one that fits is taken.
fn renamed(workspace: &Workspace) -> Result<Vec<(String, &'static str)>, Failure> {
    let home = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let cargo = home("CARGO_HOME").or_else(|| home("HOME").map(|home| home.join(".cargo")));
    let cargo = cargo
        .ok_or_else(|| Failure::broken("neither CARGO_HOME nor HOME says where cargo keeps its sources"))?;
    let text = |path: &Path| path.display().to_string();
    let mut places = vec![(text(&workspace.root), "yorisoi"), (text(&cargo), "cargo")];
    let registries = fs::read_dir(cargo.join("registry/src")).into_iter().flatten().flatten();
    places.extend(registries.map(|registry| (text(&registry.path()), "cargo")));
    places.extend(home("HOME").map(|home| (text(&home), "home")).filter(|(home, _)| home.len() > 1));
    places.sort_by_key(|(place, _)| place.len());
    Ok(places)
}

/// Flags with what cargo separates them by: a path may hold a blank.
fn flags(renamed: &[(String, &str)]) -> String {
    let own = std::env::var("RUSTFLAGS").unwrap_or_default();
    let own = own.split_whitespace().map(String::from);
    let renames = renamed.iter().map(|(place, name)| format!("--remap-path-prefix={place}={name}"));
    own.chain(renames).chain([CURVE, FRAMES].map(String::from)).collect::<Vec<_>>().join("\u{1f}")
}

fn holds(bytes: &[u8], place: &str) -> bool {
    bytes.windows(place.len().max(1)).any(|window| window == place.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_inside_the_library_is_found_wherever_it_stands() {
        for bytes in ["/home/x", "a/home/x/b", "\0/home/x"] {
            assert!(holds(bytes.as_bytes(), "/home/x"), "{bytes:?}");
        }
        assert!(!holds(b"/home/y", "/home/x"));
        assert!(!holds(b"", "/home/x"));
    }

    #[test]
    fn each_place_is_renamed_and_the_last_one_that_fits_counts() {
        let workspace = Workspace { root: "/w/a b".into(), target: "/t".into(), packages: Vec::new() };
        let renamed = renamed(&workspace).unwrap();
        assert!(renamed.is_sorted_by_key(|(place, _)| place.len()));
        assert!(flags(&renamed).split('\u{1f}').any(|flag| flag == "--remap-path-prefix=/w/a b=yorisoi"));
    }
}
