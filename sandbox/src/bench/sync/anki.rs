//! Anki's client and server, each a process of its own, driven by `bench/anki_sync.py`.
//!
//! `cargo xtask bench sync` installs `anki` and names its Python in the environment. Without it the rows that need a
//! reference are not run.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use yorisoi_sandbox::rig::RigError;

/// Names the Python that has `anki`.
const PYTHON: &str = "YORISOI_ANKI_PYTHON";
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/bench/anki_sync.py");
/// `PRAGMA synchronous = FULL`: what is compared must be as power-safe as ours.
const FULL: u8 = 2;

/// Two collections of one account, and a server.
pub(super) struct Anki {
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
    child: Child,
}

/// Bytes of HTTP both ways, heads included.
#[derive(Deserialize)]
pub(super) struct Bytes {
    pub(super) noop: u64,
    pub(super) pushed: u64,
}

impl Anki {
    /// Starts it with new collections; `None` where it is not installed.
    pub(super) async fn start() -> Result<Option<Self>, RigError> {
        let Some(python) = std::env::var_os(PYTHON).map(PathBuf::from) else {
            return Ok(None);
        };
        let mut child =
            Command::new(python).arg(SCRIPT).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        // Not killed when this is dropped: it ends its own server once it hears nothing more.
        let input = child.stdin.take().ok_or("Anki hears nothing")?;
        let output = BufReader::new(child.stdout.take().ok_or("Anki says nothing")?).lines();
        let mut anki = Self { input: Some(input), output, child };
        #[derive(Deserialize)]
        struct Ready {
            synchronous: u8,
            journal: String,
        }
        match anki.heard().await? {
            Ready { synchronous: FULL, journal } if journal == "wal" => Ok(Some(anki)),
            Ready { synchronous, journal } => {
                Err(format!("Anki's database is not power-safe: {synchronous}, {journal}").into())
            }
        }
    }

    /// Adds notes and tells how long their sync took.
    pub(super) async fn push(&mut self, notes: usize) -> Result<Duration, RigError> {
        self.timed(&format!("push {notes}")).await
    }

    /// Syncs the second collection, which must get so many.
    pub(super) async fn pull(&mut self, notes: usize) -> Result<Duration, RigError> {
        self.timed(&format!("pull {notes}")).await
    }

    /// A sync with nothing new.
    pub(super) async fn noop(&mut self) -> Result<Duration, RigError> {
        self.timed("noop").await
    }

    /// One note: up from one collection and down to the other.
    pub(super) async fn across(&mut self) -> Result<Duration, RigError> {
        self.timed("across").await
    }

    /// What a sync with nothing new costs, and one with so many notes.
    pub(super) async fn bytes(&mut self, notes: usize) -> Result<Bytes, RigError> {
        self.tell(&format!("bytes {notes}")).await
    }

    /// Lets it end its server and clear away its files.
    pub(super) async fn stop(mut self) -> Result<(), RigError> {
        drop(self.input.take());
        match self.child.wait().await?.success() {
            true => Ok(()),
            false => Err("Anki's side ended badly".into()),
        }
    }

    async fn timed(&mut self, line: &str) -> Result<Duration, RigError> {
        #[derive(Deserialize)]
        struct Timed {
            seconds: f64,
        }
        let Timed { seconds } = self.tell(line).await?;
        Ok(Duration::try_from_secs_f64(seconds)?)
    }

    async fn tell<T: DeserializeOwned>(&mut self, line: &str) -> Result<T, RigError> {
        let input = self.input.as_mut().ok_or("Anki was told to end")?;
        input.write_all(format!("{line}\n").as_bytes()).await?;
        self.heard().await
    }

    async fn heard<T: DeserializeOwned>(&mut self) -> Result<T, RigError> {
        let line = self.output.next_line().await?.ok_or("Anki's side ended; it said why above")?;
        Ok(serde_json::from_str(&line)?)
    }
}
