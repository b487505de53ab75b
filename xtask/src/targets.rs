//! The library, type-checked for every platform it ships to.
//!
//! Nothing is linked, so neither an NDK nor Xcode is needed: what is written in C (SQLite, the assembler of ring) is left to
//! scripts that make empty files, and Rust alone is compiled. What differs by platform, such as the width of `usize`, the
//! signs of `c_char` or a `cfg`, is told here and not by a vendor.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::failure::Failure;
use crate::program::Program;
use crate::workspace::Workspace;

/// What Android and iOS run on.
pub(crate) const TARGETS: [&str; 4] =
    ["aarch64-linux-android", "armv7-linux-androideabi", "x86_64-linux-android", "aarch64-apple-ios"];

/// Segments of the library for Android begin where pages of 16 KiB do.
const PAGES: &str = "rustc-cdylib-link-arg=-Wl,-z,max-page-size=16384";
/// Makes the file a compiler was asked for.
const COMPILER: &str = "#!/bin/sh
out=
while [ $# -gt 0 ]; do
  case \"$1\" in -o) out=$2; shift ;; esac
  shift
done
[ -z \"$out\" ] || : > \"$out\"
";
/// Makes the archive it was asked for.
const ARCHIVER: &str = "#!/bin/sh
for file in \"$@\"; do
  case \"$file\" in *.a) : > \"$file\" ;; esac
done
";
/// Says where the headers of Apple's platforms are, and of which version.
const XCRUN: &str = "#!/bin/sh
case \"$*\" in *version*) echo 26.0 ;; *) echo / ;; esac
";

/// Checks all of them and says so.
pub(crate) fn check(workspace: &Workspace) -> Result<(), Failure> {
    // Found by variables, `xcrun` by its name: Rust itself links build scripts with what is called `cc`.
    let tools = workspace.target.join("without-c");
    write_tools(&tools)?;
    add_missing(&workspace.root)?;
    for target in TARGETS {
        println!("{target}");
        let variable = |tool: &str| format!("{tool}_{}", target.replace('-', "_"));
        let messages = Program::cargo(&workspace.root)
            .args(["check", "--quiet", "--message-format=json-render-diagnostics"])
            .args(["-p", "yorisoi-bindings", "--lib", "--target", target])
            .env(&variable("CC"), tools.join("no-cc"))
            .env(&variable("AR"), tools.join("no-ar"))
            .env(&variable("RANLIB"), tools.join("no-ar"))
            .env("PATH", path_with(&tools)?)
            .env("RUSTFLAGS", "-Dwarnings")
            .printed()?;
        if target.contains("android") && !link_arguments(&messages)?.contains(PAGES) {
            return Err(Failure::broken(format!(
                "{target}: `{PAGES}` does not reach the linker: see bindings/build.rs"
            )));
        }
    }
    Ok(())
}

/// What the build script of the bindings said, by the directory that cargo names for it: link arguments among it.
fn link_arguments(messages: &str) -> Result<String, Failure> {
    let of_bindings = |message: &Value| {
        let package = message.get("package_id").and_then(Value::as_str).unwrap_or_default();
        message.get("reason").and_then(Value::as_str) == Some("build-script-executed")
            && package.contains("/bindings#")
    };
    let said = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find(of_bindings)
        .and_then(|message| Some(Path::new(message.get("out_dir")?.as_str()?).with_file_name("output")))
        .ok_or_else(|| Failure::broken("cargo did not say where the build script of the bindings ran"))?;
    fs::read_to_string(&said).map_err(Failure::file(said))
}

/// The standard libraries that are not there yet.
fn add_missing(directory: &Path) -> Result<(), Failure> {
    let installed = Program::new("rustup", directory).args(["target", "list", "--installed"]).printed()?;
    let missing: Vec<&str> =
        TARGETS.into_iter().filter(|target| installed.lines().all(|line| line != *target)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    println!("adding Rust's standard library for {} with rustup (seconds, once)", missing.join(", "));
    Program::new("rustup", directory).args(["--quiet", "target", "add"]).args(missing).run()
}

fn write_tools(tools: &Path) -> Result<(), Failure> {
    fs::create_dir_all(tools).map_err(Failure::file(tools))?;
    for (name, script) in [("no-cc", COMPILER), ("no-ar", ARCHIVER), ("xcrun", XCRUN)] {
        let path = tools.join(name);
        // Written only where it differs: a build script that watches it would run again.
        if fs::read_to_string(&path).is_ok_and(|old| old == script) {
            continue;
        }
        fs::write(&path, script).map_err(Failure::file(&path))?;
        make_executable(&path)?;
    }
    Ok(())
}

#[cfg(unix)]
fn make_executable(path: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).map_err(Failure::file(path))
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> Result<(), Failure> {
    Err(Failure::broken("the scripts that stand in for a C compiler need a shell: Linux and macOS only"))
}

fn path_with(tools: &Path) -> Result<std::ffi::OsString, Failure> {
    let present = std::env::var_os("PATH").unwrap_or_default();
    let places = std::iter::once(tools.to_owned()).chain(std::env::split_paths(&present));
    std::env::join_paths(places).map_err(|error| Failure::broken(error.to_string()))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_scripts_make_what_a_build_asks_for_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let tools = directory.path().join("tools");
        write_tools(&tools).unwrap();
        let run = |tool: &str, args: &[&str]| {
            Program::new(tools.join(tool), directory.path()).args(args).printed().unwrap()
        };
        run("no-cc", &["-c", "-O2", "a.c", "-o", "a.o"]);
        run("no-ar", &["cq", "lib.a", "a.o"]);
        assert_eq!(run("xcrun", &["--sdk", "iphoneos", "--show-sdk-path"]), "/\n");
        run("no-cc", &["-E", "b.c"]);
        let mut made: Vec<String> = fs::read_dir(directory.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "tools")
            .collect();
        made.sort();
        assert_eq!(made, ["a.o", "lib.a"]);
    }
}
