//! Starting another program and judging how it ended.

use std::ffi::OsStr;
use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};

use crate::failure::Failure;

/// A program to run, with the line that names it in messages.
pub(crate) struct Program {
    command: Command,
    shown: String,
}

impl Program {
    /// Any program, run in `directory`.
    pub(crate) fn new(name: impl AsRef<OsStr>, directory: &Path) -> Self {
        let mut command = Command::new(name.as_ref());
        command.current_dir(directory);
        Self { command, shown: name.as_ref().to_string_lossy().into_owned() }
    }

    /// The cargo that started us.
    pub(crate) fn cargo(directory: &Path) -> Self {
        let name = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut program = Self::new(name, directory);
        program.shown = "cargo".into();
        // `cargo run` tells us which package we are. Build scripts that watch these names (ring's does) would
        // run again each time someone goes from `cargo test` to `cargo xtask` and back.
        for (name, _) in std::env::vars_os() {
            if is_about_this_package(&name.to_string_lossy()) {
                program.command.env_remove(name);
            }
        }
        program
    }

    /// Adds arguments.
    pub(crate) fn args<I>(mut self, args: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<OsStr>,
    {
        for arg in args {
            self.shown.push(' ');
            self.shown.push_str(&arg.as_ref().to_string_lossy());
            self.command.arg(arg);
        }
        self
    }

    /// Sets a variable of the environment.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// The line that names the program in messages.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// Runs it with our own input and output; anything but success is a failure.
    pub(crate) fn run(self) -> Result<(), Failure> {
        let shown = self.shown.clone();
        succeeded(self.status()?, shown)
    }

    /// Runs it with our own input and output, whatever the end.
    pub(crate) fn status(mut self) -> Result<ExitStatus, Failure> {
        self.command.status().map_err(|source| Failure::Start { program: self.shown, source })
    }

    /// Runs it with our own input and output, and ends as it ended.
    pub(crate) fn ended(self) -> Result<ExitCode, Failure> {
        // No code at all means a signal ended it.
        let code = self.status()?.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
        Ok(ExitCode::from(code))
    }

    /// Runs it with everything it prints in a file, whatever the end.
    pub(crate) fn logged(mut self, file: &Path) -> Result<ExitStatus, Failure> {
        let out = File::create(file).map_err(Failure::file(file))?;
        let errors = out.try_clone().map_err(Failure::file(file))?;
        self.command.stdin(Stdio::null()).stdout(out).stderr(errors);
        self.status()
    }

    /// Runs it and keeps what it prints; its errors still go to the screen.
    pub(crate) fn printed(mut self) -> Result<String, Failure> {
        self.command.stdin(Stdio::null()).stderr(Stdio::inherit());
        let output = match self.command.output() {
            Ok(output) => output,
            Err(source) => {
                return Err(Failure::Start { program: self.shown, source });
            }
        };
        succeeded(output.status, self.shown.clone())?;
        String::from_utf8(output.stdout)
            .map_err(|_| Failure::Answer { program: self.shown, reason: "not UTF-8".into() })
    }

    /// Starts it for a conversation: we write what it reads and read what it prints; its errors go to the screen.
    pub(crate) fn started(mut self) -> Result<Child, Failure> {
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        self.command.spawn().map_err(|source| Failure::Start { program: self.shown, source })
    }

    /// Runs it for its exit status alone, in silence.
    pub(crate) fn works(mut self) -> bool {
        self.command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.command.status().is_ok_and(|status| status.success())
    }
}

fn is_about_this_package(variable: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"]
        .iter()
        .any(|prefix| variable.starts_with(prefix))
}

fn succeeded(status: ExitStatus, program: String) -> Result<(), Failure> {
    if status.success() { Ok(()) } else { Err(Failure::Ended { program, status }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here() -> &'static Path {
        Path::new(".")
    }

    #[test]
    fn a_missing_program_is_named() {
        let failure = Program::new("no-such-program", here()).args(["-x"]).run().unwrap_err();
        assert!(failure.to_string().contains("no-such-program -x"), "{failure}");
    }

    #[test]
    fn a_program_that_ends_badly_is_a_failure_even_if_it_printed() {
        let failure = Program::new("git", here()).args(["check-ref-format", ".."]).printed().unwrap_err();
        assert!(matches!(failure, Failure::Ended { .. }), "{failure}");
    }

    #[test]
    fn output_is_returned() {
        assert!(Program::cargo(here()).args(["--version"]).printed().unwrap().starts_with("cargo "));
    }
}
