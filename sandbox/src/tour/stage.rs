//! Everything the story needs: a directory of its own, one clock for all, the operator, the server, the network, three
//! phones, a desk.

use std::path::{Path, PathBuf};

use chrono::DateTime;
use tempfile::TempDir;
use yorisoi_protocol::Timestamp;
use yorisoi_sandbox::desk::Desk;
use yorisoi_sandbox::proxy::Traffic;
use yorisoi_sandbox::{Canaries, FaultyProxy, programmes};

use super::device_process::{DeviceProcess, PhonePlaces};
use super::evidence::Evidence;
use super::failure::{Failure, check, present};
use super::server_process::{Operator, ServerProcess};

/// The clinician's name at the desk.
pub(crate) const LOGIN: &str = "pediatrician-1";

/// The stage.
pub(crate) struct Stage {
    pub(crate) evidence: Evidence,
    pub(crate) operator: Operator,
    pub(crate) proxy: FaultyProxy,
    pub(crate) mother: Phone,
    pub(crate) partner: Phone,
    pub(crate) third: Phone,
    /// Codes of cards, as printed.
    pub(crate) cards: Vec<String>,
    /// The clinician's password.
    pub(crate) password: String,
    pub(crate) desk: Option<Desk>,
    /// Everything a person typed or was answered.
    pub(crate) canaries: Canaries,
    server: Option<ServerProcess>,
    root: TempDir,
}

/// A phone and, while it runs, its process.
pub(crate) struct Phone {
    pub(crate) places: PhonePlaces,
    process: Option<DeviceProcess>,
}

impl Stage {
    pub(crate) async fn new() -> Result<Self, Failure> {
        let program = Operator::find_program()?;
        let root = tempfile::Builder::new()
            .prefix("yorisoi-tour-")
            .tempdir()
            .map_err(Failure::system("making a temporary directory"))?;
        let clock = root.path().join("clock");
        let mut canaries = Canaries::default();
        // The programme's texts are printed on posters, and a server keeps them as they are.
        canaries.allow(programmes::FUCHU_2021);
        let phone = |name: &str| -> Result<Phone, Failure> {
            let places = PhonePlaces::under(&root.path().join(name), &clock)?;
            let process = None;
            Ok(Phone { places, process })
        };
        Ok(Self {
            evidence: Evidence::default(),
            operator: Operator {
                program,
                data: root.path().join("server"),
                clock: clock.clone(),
                log: root.path().join("server.log"),
            },
            proxy: FaultyProxy::start().await.map_err(Failure::system("starting the proxy"))?,
            mother: phone("phone-mother")?,
            partner: phone("phone-partner")?,
            third: phone("phone-third")?,
            cards: Vec::new(),
            password: String::new(),
            desk: None,
            canaries,
            server: None,
            root,
        })
    }

    /// The directory everything is in.
    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    /// Sets the one clock that server and phones read.
    pub(crate) fn set_clock(&self, at: Timestamp) -> Result<(), Failure> {
        // Renamed into place, so that no reader meets half a number.
        let new = self.operator.clock.with_extension("new");
        std::fs::write(&new, at.millis().to_string())
            .and_then(|()| std::fs::rename(&new, &self.operator.clock))
            .map_err(Failure::system("setting the clock"))?;
        self.evidence.line("clock", at);
        Ok(())
    }

    /// Remembers words that must never be found in a file.
    pub(crate) fn typed(&mut self, text: &str) -> Result<String, Failure> {
        check("the text is long enough to be looked for", self.canaries.add(text), true)?;
        Ok(text.to_owned())
    }

    pub(crate) async fn start_server(&mut self) -> Result<(), Failure> {
        let server = self.operator.serve().await?;
        self.proxy.forward_to(server.address);
        let (pid, address) = (server.pid(), server.address);
        self.evidence.line("process", format_args!("server {pid} listens on {address}"));
        self.server = Some(server);
        Ok(())
    }

    pub(crate) fn server(&self) -> Result<&ServerProcess, Failure> {
        present("a running server", self.server.as_ref())
    }

    /// Takes the server off the stage, still running.
    pub(crate) fn take_server(&mut self) -> Result<ServerProcess, Failure> {
        present("a running server", self.server.take())
    }

    /// The address that phones know: the proxy's.
    pub(crate) fn phone_address(&self) -> String {
        format!("http://{}", self.proxy.address())
    }

    pub(crate) fn desk(&self) -> Result<&Desk, Failure> {
        present("a desk that is logged in", self.desk.as_ref())
    }

    /// Logs the clinician in.
    pub(crate) async fn log_in(&mut self) -> Result<(), Failure> {
        let desk = Desk::log_in(self.server()?.address, LOGIN, &self.password).await?;
        let (role, expires) = (desk.session.role.words().en, desk.session.expires);
        self.evidence.line("desk", format_args!("the {role} logs in, until {expires}"));
        self.desk = Some(desk);
        Ok(())
    }

    /// Prints what passed the proxy since then, and gives it.
    pub(crate) fn wire_since(&self, before: Traffic) -> Traffic {
        let now = self.proxy.traffic();
        let passed = Traffic {
            requests: now.requests - before.requests,
            replies: now.replies - before.replies,
            streams: now.streams - before.streams,
            cut: now.cut - before.cut,
            unreachable: now.unreachable - before.unreachable,
            bytes_up: now.bytes_up - before.bytes_up,
            bytes_down: now.bytes_down - before.bytes_down,
        };
        self.evidence.wire(&passed, &self.proxy.targets_since(before.requests));
        passed
    }

    /// Ends every process and removes the directory.
    pub(crate) async fn clear(mut self) -> Result<(), Failure> {
        for phone in [&mut self.mother, &mut self.partner, &mut self.third] {
            if let Some(process) = phone.process.take() {
                process.kill().await?;
            }
        }
        if let Some(server) = self.server.take() {
            server.kill().await?;
        }
        self.root.close().map_err(Failure::system("removing the temporary directory"))
    }

    /// Leaves the directory where it is.
    pub(crate) fn keep(self) -> PathBuf {
        self.root.keep()
    }
}

impl Phone {
    /// Starts its process; gives the process id.
    pub(crate) async fn start(&mut self, server: &str) -> Result<u32, Failure> {
        let process = self.places.start(server).await?;
        let pid = process.pid();
        self.process = Some(process);
        Ok(pid)
    }

    /// Its running process.
    pub(crate) fn on(&mut self) -> Result<&mut DeviceProcess, Failure> {
        present("a phone that is on", self.process.as_mut())
    }

    /// Takes its process, to kill or stop it.
    pub(crate) fn take(&mut self) -> Result<DeviceProcess, Failure> {
        present("a phone that is on", self.process.take())
    }
}

/// A moment of the story, in Japan. Reckoned by another calendar than the product's own, so that a window which moved
/// by a second does not move the story with it.
pub(crate) fn japan(day: &str, [hour, minute, second]: [u8; 3]) -> Result<Timestamp, Failure> {
    let text = format!("{day}T{hour:02}:{minute:02}:{second:02}+09:00");
    let at = DateTime::parse_from_rfc3339(&text).map_err(Failure::broken)?;
    Ok(Timestamp::from_millis(at.timestamp_millis()))
}
