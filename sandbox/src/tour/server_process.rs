//! The real server: its program, run for an operator's commands and as a process of its own.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use tokio::time::timeout;

use super::failure::{Failure, check, present};
use super::process_guard::{PATIENCE, ProcessGuard};

/// Names the server's program where it does not stand beside the tour's.
pub(crate) const SERVER_VARIABLE: &str = "YORISOI_SERVER_BIN";
const SERVER_NAME: &str = "yorisoi-server";

/// The operator: one directory, one clock, the server's program.
#[derive(Debug, Clone)]
pub(crate) struct Operator {
    pub(crate) program: PathBuf,
    pub(crate) data: PathBuf,
    pub(crate) clock: PathBuf,
    /// Where the server's own log goes.
    pub(crate) log: PathBuf,
}

/// A server that serves.
pub(crate) struct ServerProcess {
    guard: ProcessGuard,
    pub(crate) address: SocketAddr,
}

impl Operator {
    /// The program the environment names, else the one beside the tour's own.
    pub(crate) fn find_program() -> Result<PathBuf, Failure> {
        let named = std::env::var_os(SERVER_VARIABLE).map(PathBuf::from);
        let beside = || Some(std::env::current_exe().ok()?.with_file_name(SERVER_NAME));
        let program = named.or_else(beside).filter(|program| program.is_file());
        program.ok_or_else(|| {
            Failure::broken(format!(
                "the server's program was not found: build {SERVER_NAME}, or name it in {SERVER_VARIABLE}"
            ))
        })
    }

    /// Runs a command to its end and gives what it printed.
    pub(crate) async fn run(&self, words: &[&str]) -> Result<String, Failure> {
        let mut command = Command::new(&self.program);
        command.args(words).arg("--data").arg(&self.data);
        let running = command.stdin(Stdio::null()).kill_on_drop(true).output();
        let done = timeout(PATIENCE, running).await;
        let done = done.map_err(|_| Failure::broken(format!("`{}` does not end", words.join(" "))))?;
        let done = done.map_err(Failure::system("running the server's program"))?;
        let errors = String::from_utf8_lossy(&done.stderr).trim().to_owned();
        check(
            format!("`{}` ends well", words.join(" ")),
            (done.status.code(), errors),
            (Some(0), String::new()),
        )?;
        String::from_utf8(done.stdout).map_err(|_| Failure::broken("the server's program printed no text"))
    }

    /// The clock, as an argument.
    pub(crate) fn clock_text(&self) -> String {
        self.clock.to_string_lossy().into_owned()
    }

    /// Starts the server and waits for the line that says where it listens.
    pub(crate) async fn serve(&self) -> Result<ServerProcess, Failure> {
        let log = append(&self.log)?;
        let mut command = Command::new(&self.program);
        command.arg("serve").arg("--data").arg(&self.data);
        command.args(["--listen", "127.0.0.1:0"]).arg("--clock").arg(&self.clock);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        let mut guard = ProcessGuard::spawn(&mut command)?;
        let stdout = present("the server's output", guard.child()?.stdout.take())?;
        let mut lines = BufReader::new(stdout).lines();
        let line = timeout(PATIENCE, lines.next_line()).await;
        let line = line.map_err(|_| Failure::broken("the server does not say that it listens"))?;
        let line = present("the server's first line", line.map_err(Failure::system("hearing the server"))?)?;
        let address = line.strip_prefix("listening http://").and_then(|address| address.parse().ok());
        let address = present(format!("an address in the server's line {line:?}"), address)?;
        Ok(ServerProcess { guard, address })
    }
}

impl ServerProcess {
    pub(crate) fn pid(&self) -> u32 {
        self.guard.pid()
    }

    /// SIGKILL: no farewell, nothing finished.
    pub(crate) async fn kill(self) -> Result<(), Failure> {
        self.guard.kill().await
    }

    /// SIGTERM, and the proof that it ended well.
    pub(crate) async fn stop(mut self) -> Result<(), Failure> {
        let pid = self.pid().to_string();
        // The shell's own `kill`: it needs no program beside the shell.
        let told = Command::new("sh").args(["-c", "kill -TERM \"$0\"", &pid]).status().await;
        check("kill -TERM", told.map_err(Failure::system("running kill"))?.code(), Some(0))?;
        check("how the server ended after SIGTERM", self.guard.ended().await?.code(), Some(0))
    }

    /// Lets it run on after the tour. Gives its process id.
    pub(crate) fn release(self) -> u32 {
        self.guard.release()
    }
}

fn append(file: &Path) -> Result<File, Failure> {
    let opened = File::options().append(true).create(true).open(file);
    opened.map_err(Failure::system("opening the server's log"))
}
