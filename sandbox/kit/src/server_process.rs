//! The server's own program, as a process that is killed and started again at the same address.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::KitError;

/// Names the server's program where it does not stand beside the kit's.
pub const SERVER_VARIABLE: &str = "YORISOI_SERVER_BIN";
const SERVER_NAME: &str = "yorisoi-server";
/// Only ends what would hang.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where a server's database, clock and log are.
#[derive(Debug, Clone)]
pub struct ServerPlace {
    /// The directory of the database.
    pub data: PathBuf,
    /// The file of its clock; the machine's clock if absent.
    pub clock: Option<PathBuf>,
    /// What the server says.
    pub log: PathBuf,
}

/// A server that serves. It is killed when this is dropped.
pub struct ServerProcess {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl ServerProcess {
    /// Starts one and waits until it listens.
    ///
    /// # Errors
    /// [`KitError`] if the program is not there or does not listen.
    pub async fn start(place: &ServerPlace) -> Result<Self, KitError> {
        let log = File::options().append(true).create(true).open(&place.log)?;
        let mut command = Command::new(program()?);
        command.arg("serve").arg("--data").arg(&place.data);
        command.args(["--listen", &SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).to_string()]);
        if let Some(clock) = &place.clock {
            command.arg("--clock").arg(clock);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).kill_on_drop(true);
        let mut child = command.spawn()?;
        let stdout = child.stdout.take().ok_or("the server says nothing")?;
        let mut lines = BufReader::new(stdout).lines();
        let line = timeout(PATIENCE, lines.next_line()).await.map_err(|_| "the server does not listen")??;
        let address = line.as_deref().and_then(|line| line.strip_prefix("listening http://")?.parse().ok());
        let address = address.ok_or("the server did not say where it listens")?;
        Ok(Self { child, address })
    }

    /// SIGKILL: no farewell, nothing finished.
    ///
    /// # Errors
    /// [`KitError`].
    pub async fn kill(mut self) -> Result<(), KitError> {
        self.child.start_kill()?;
        timeout(PATIENCE, self.child.wait()).await.map_err(|_| "a killed server does not end")??;
        Ok(())
    }
}

/// The program the environment names, else the one beside the kit's own.
fn program() -> Result<PathBuf, KitError> {
    if let Some(named) = std::env::var_os(SERVER_VARIABLE) {
        return Ok(named.into());
    }
    let own = std::env::current_exe()?;
    // A test's program stands one directory deeper.
    let places = own.ancestors().skip(1).take(2).map(|directory: &Path| directory.join(SERVER_NAME));
    places.into_iter().find(|place| place.is_file()).ok_or_else(|| {
        format!("{SERVER_NAME} does not stand beside the kit: build it, or name it in {SERVER_VARIABLE}")
            .into()
    })
}
