//! A phone's process from outside: commands in, replies out, events as they come.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{ChildStdin, ChildStdout, Command as Program};
use tokio::time::timeout;

use super::device::command::Command;
use super::device::reply::{Event, Line, Refusal};
use super::failure::{Failure, check, present};
use super::process_guard::{PATIENCE, ProcessGuard};

/// Where a phone keeps its things, and how it is reached.
#[derive(Debug, Clone)]
pub(crate) struct PhonePlaces {
    pub(crate) directory: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) clock: PathBuf,
    /// For temporary files, should the library or SQLite make any.
    pub(crate) temporary: PathBuf,
}

/// A running phone.
pub(crate) struct DeviceProcess {
    guard: ProcessGuard,
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    events: VecDeque<Event>,
}

impl PhonePlaces {
    /// A phone's places under one directory: `database` and beside it `key` and `temporary`.
    pub(crate) fn under(root: &Path, clock: &Path) -> Result<Self, Failure> {
        let places = Self {
            directory: root.join("database"),
            key: root.join("key"),
            clock: clock.to_owned(),
            temporary: root.join("temporary"),
        };
        for directory in [&places.directory, &places.temporary] {
            std::fs::create_dir_all(directory).map_err(Failure::system("making a phone's directory"))?;
        }
        Ok(places)
    }

    /// The words that start this phone, after the name of the program.
    pub(crate) fn arguments(&self, server: &str) -> Vec<String> {
        let path = |path: &Path| path.to_string_lossy().into_owned();
        let pairs = [
            ("--directory", path(&self.directory)),
            ("--key", path(&self.key)),
            ("--clock", path(&self.clock)),
            ("--server", server.to_owned()),
        ];
        let pairs = pairs.into_iter().flat_map(|(name, value)| [name.to_owned(), value]);
        std::iter::once("device".to_owned()).chain(pairs).collect()
    }

    /// Starts the phone and waits until its library is open.
    pub(crate) async fn start(&self, server: &str) -> Result<DeviceProcess, Failure> {
        let program = std::env::current_exe().map_err(Failure::system("finding the tour's own program"))?;
        let mut command = Program::new(program);
        command.args(self.arguments(server)).env("TMPDIR", &self.temporary);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut guard = ProcessGuard::spawn(&mut command)?;
        let stdin = present("the phone's input", guard.child()?.stdin.take())?;
        let stdout = present("the phone's output", guard.child()?.stdout.take())?;
        let mut device =
            DeviceProcess { guard, stdin, lines: BufReader::new(stdout).lines(), events: VecDeque::new() };
        device.event(|event| *event == Event::Ready).await?;
        Ok(device)
    }
}

impl DeviceProcess {
    pub(crate) fn pid(&self) -> u32 {
        self.guard.pid()
    }

    /// Does something that must succeed.
    pub(crate) async fn get<T: DeserializeOwned>(&mut self, command: Command) -> Result<T, Failure> {
        let name = name(&command);
        match self.attempt(command).await? {
            Ok(value) => Ok(value),
            Err(refusal) => Err(Failure::Claim {
                what: format!("what came of {name} on the phone"),
                expected: "it to be done".to_owned(),
                found: format!("{} ({})", refusal.code, refusal.en),
            }),
        }
    }

    /// Does something that must fail, with this code or one that begins with it.
    pub(crate) async fn refused(
        &mut self,
        what: &str,
        command: Command,
        code: &str,
    ) -> Result<Refusal, Failure> {
        match self.attempt::<serde_json::Value>(command).await? {
            Err(refusal) if refusal.code.starts_with(code) => Ok(refusal),
            other => Err(Failure::Claim {
                what: what.to_owned(),
                expected: format!("the error {code}"),
                found: match other {
                    Ok(value) => format!("success: {value}"),
                    Err(refusal) => format!("the error {}", refusal.code),
                },
            }),
        }
    }

    async fn attempt<T: DeserializeOwned>(
        &mut self,
        command: Command,
    ) -> Result<Result<T, Refusal>, Failure> {
        let mut text = serde_json::to_vec(&command).map_err(Failure::broken)?;
        text.push(b'\n');
        self.stdin.write_all(&text).await.map_err(Failure::system("speaking to a phone"))?;
        loop {
            match self.line().await? {
                Line::Event(event) => self.events.push_back(event),
                Line::Error(refusal) => return Ok(Err(refusal)),
                Line::Ok(value) => {
                    let read = serde_json::from_value(value);
                    return read.map(Ok).map_err(|error| {
                        Failure::broken(format!("a phone's reply is not what was asked for: {error}"))
                    });
                }
            }
        }
    }

    /// Waits for an event; what came before it is passed over.
    pub(crate) async fn event(&mut self, wanted: impl Fn(&Event) -> bool) -> Result<(), Failure> {
        loop {
            let event = match self.events.pop_front() {
                Some(event) => event,
                None => match self.line().await? {
                    Line::Event(event) => event,
                    other => return Err(Failure::broken(format!("a phone spoke unasked: {other:?}"))),
                },
            };
            if wanted(&event) {
                return Ok(());
            }
        }
    }

    /// Forgets the events so far, so that the next one waited for is a new one.
    pub(crate) fn forget_events(&mut self) {
        self.events.clear();
    }

    async fn line(&mut self) -> Result<Line, Failure> {
        let line = timeout(PATIENCE, self.lines.next_line()).await;
        let line = line.map_err(|_| Failure::broken("a phone does not reply"))?;
        let line = present("a phone's line", line.map_err(Failure::system("hearing a phone"))?)?;
        serde_json::from_str(&line).map_err(|_| Failure::broken("a phone's line is not of the protocol"))
    }

    /// SIGKILL, in the middle of whatever it does.
    pub(crate) async fn kill(self) -> Result<(), Failure> {
        self.guard.kill().await
    }

    /// Asks it to end and waits until it has.
    pub(crate) async fn stop(mut self) -> Result<(), Failure> {
        let mut text = serde_json::to_vec(&Command::Stop).map_err(Failure::broken)?;
        text.push(b'\n');
        self.stdin.write_all(&text).await.map_err(Failure::system("speaking to a phone"))?;
        check("how the phone's process ended", self.guard.ended().await?.code(), Some(0))
    }
}

/// What a command is called, without the texts in it.
fn name(command: &Command) -> String {
    let object = serde_json::to_value(command).unwrap_or_default();
    object.get("do").and_then(|name| name.as_str()).unwrap_or("a command").to_owned()
}
