//! The server's own program, run for an operator's commands and as a process that is killed and started again.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// Only ends a test that would hang.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
const VARIABLE: &str = "YORISOI_SERVER_BIN";
const SERVER: &str = "yorisoi-server";

/// One database, one clock, one port.
pub(crate) struct Operator {
    program: PathBuf,
    pub(crate) data: PathBuf,
    clock: PathBuf,
    log: PathBuf,
    pub(crate) address: SocketAddr,
}

impl Operator {
    pub(crate) fn new(root: &Path, clock: &Path) -> Self {
        let (data, log) = (root.join("server"), root.join("server.log"));
        Self { program: program(), data, clock: clock.to_owned(), log, address: unused_address() }
    }

    /// Runs a command to its end and gives what it printed.
    pub(crate) async fn run(&self, words: &[&str]) -> String {
        let mut command = Command::new(&self.program);
        command.args(words).arg("--data").arg(&self.data).kill_on_drop(true);
        let done = timeout(PATIENCE, command.output()).await.expect("a command does not end").unwrap();
        assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }

    /// Starts the server, always at the same address, and waits until it listens.
    pub(crate) async fn serve(&self) -> ServerProcess {
        let log = File::options().append(true).create(true).open(&self.log).unwrap();
        let mut command = Command::new(&self.program);
        command.arg("serve").arg("--data").arg(&self.data).arg("--clock").arg(&self.clock);
        command.args(["--listen", &self.address.to_string()]).kill_on_drop(true);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = timeout(PATIENCE, lines.next_line()).await.expect("the server does not listen").unwrap();
        assert_eq!(line, Some(format!("listening http://{}", self.address)));
        ServerProcess(child)
    }
}

/// A server that serves. It is killed when this is dropped.
pub(crate) struct ServerProcess(Child);

impl ServerProcess {
    /// SIGKILL: no farewell, nothing finished.
    pub(crate) async fn kill(self) {
        killed(self.0).await;
    }
}

/// Kills a child and sees to it that it was the signal that ended it.
pub(crate) async fn killed(mut child: Child) {
    use std::os::unix::process::ExitStatusExt;
    child.start_kill().unwrap();
    let status = timeout(PATIENCE, child.wait()).await.expect("a killed process does not end").unwrap();
    assert_eq!(status.signal(), Some(9));
}

/// The program the environment names, else the one beside the tour's, which must not be older than what it is made of.
fn program() -> PathBuf {
    if let Some(named) = std::env::var_os(VARIABLE) {
        return named.into();
    }
    let beside = Path::new(env!("CARGO_BIN_EXE_tour")).with_file_name(SERVER);
    let modified = |file: &Path| file.metadata().and_then(|of| of.modified()).ok();
    // What cargo writes beside a program: its path, a colon, and every file it was made of.
    let made_of = std::fs::read_to_string(beside.with_extension("d")).unwrap_or_default();
    let mut sources = made_of.split_whitespace().skip(1).map(Path::new);
    let made = modified(&beside);
    let fresh = made.is_some() && sources.all(|source| modified(source) <= made);
    assert!(fresh, "build the server first: cargo build -p {SERVER}; or name it in {VARIABLE}");
    beside
}

/// An address below the ports that the system gives out by itself, so that nobody takes it while the server is dead.
fn unused_address() -> SocketAddr {
    let first = 20_000 + std::process::id() % 10_000;
    let ports = (first..32_000).map(|port| u16::try_from(port).unwrap());
    let addresses = ports.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    addresses.into_iter().find(|address| TcpListener::bind(address).is_ok()).expect("no port is free")
}
