//! Building something with cargo and asking cargo itself where it put the result, so that no path is guessed
//! (a target directory, a target platform or a profile may be set anywhere).

use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::failure::Failure;
use crate::program::Program;
use crate::workspace::Workspace;

/// A build shorter than this is not worth a line on the screen.
const QUIET: Duration = Duration::from_secs(3);

/// The files a build made.
#[derive(Debug, Default)]
pub(crate) struct Built {
    executables: Vec<PathBuf>,
    libraries: Vec<PathBuf>,
}

impl Built {
    /// Runs `cargo` with `args` (a `build` or `rustc` command) quietly; a longer one says `what` is being built.
    pub(crate) fn by_cargo(workspace: &Workspace, args: &[&str], what: &str) -> Result<Self, Failure> {
        let [command, rest @ ..] = args else {
            return Ok(Self::default());
        };
        let cargo = Program::cargo(&workspace.root)
            .args([command, "--quiet", "--message-format=json-render-diagnostics"])
            .args(rest);
        Self::by(cargo, what)
    }

    /// The same with a `cargo` that is told to print its messages as JSON.
    pub(crate) fn by(cargo: Program, what: &str) -> Result<Self, Failure> {
        let (finished, waiting) = mpsc::channel::<()>();
        let line = format!("building {what} (minutes the first time, seconds after that)");
        let teller = thread::spawn(move || {
            if waiting.recv_timeout(QUIET) == Err(RecvTimeoutError::Timeout) {
                println!("{line}");
            }
        });
        let messages = cargo.printed();
        drop(finished);
        // It only prints; nothing is lost if it could not.
        let _ = teller.join();
        Ok(Self::read(&messages?))
    }

    /// The executable called `name`.
    pub(crate) fn executable(&self, name: &str) -> Result<PathBuf, Failure> {
        let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        find(&self.executables, &file)
    }

    /// The dynamic library called `name`.
    pub(crate) fn dynamic_library(&self, name: &str) -> Result<PathBuf, Failure> {
        let file = format!("{}{name}{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
        find(&self.libraries, &file)
    }

    fn read(messages: &str) -> Self {
        let mut built = Self::default();
        for message in messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            if let Some(path) = message.get("executable").and_then(Value::as_str) {
                built.executables.push(path.into());
            }
            let files = message.get("filenames").and_then(Value::as_array);
            built.libraries.extend(files.into_iter().flatten().filter_map(Value::as_str).map(PathBuf::from));
        }
        built
    }
}

fn find(paths: &[PathBuf], file: &str) -> Result<PathBuf, Failure> {
    paths
        .iter()
        .find(|path| path.file_name().is_some_and(|name| name == file))
        .cloned()
        .ok_or_else(|| Failure::broken(format!("cargo built no `{file}`")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGES: &str = r#"{"reason":"compiler-artifact","executable":null,"filenames":["/t/libyorisoi.a","/t/libyorisoi.so"]}
{"reason":"compiler-artifact","executable":"/t/tour","filenames":["/t/tour"]}
{"reason":"build-finished","success":true}
"#;

    #[test]
    fn what_cargo_built_is_found_by_name() {
        let built = Built::read(MESSAGES);
        if cfg!(target_os = "linux") {
            assert_eq!(built.executable("tour").unwrap(), PathBuf::from("/t/tour"));
            assert_eq!(built.dynamic_library("yorisoi").unwrap(), PathBuf::from("/t/libyorisoi.so"));
        }
    }

    #[test]
    fn what_cargo_did_not_build_is_a_failure() {
        assert!(Built::read(MESSAGES).executable("yorisoi-server").is_err());
        assert!(Built::read("").dynamic_library("yorisoi").is_err());
    }
}
