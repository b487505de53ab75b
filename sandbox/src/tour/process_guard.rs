//! A child process that does not outlive its owner.

use std::process::ExitStatus;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::failure::Failure;

/// How long anything that should happen is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// A running child. It is killed when this is dropped, unless it was released.
pub(crate) struct ProcessGuard {
    child: Option<Child>,
    pid: u32,
}

impl ProcessGuard {
    pub(crate) fn spawn(command: &mut Command) -> Result<Self, Failure> {
        let program = command.as_std().get_program().to_string_lossy().into_owned();
        let child = command
            .spawn()
            .map_err(|error| Failure::broken(format!("{program} cannot be started: {error}")))?;
        let pid = child.id().unwrap_or_default();
        let child = Some(child);
        Ok(Self { child, pid })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    pub(crate) fn child(&mut self) -> Result<&mut Child, Failure> {
        self.child.as_mut().ok_or_else(|| Failure::broken("the process is gone"))
    }

    /// SIGKILL, and the proof that it was one: the process ended by a signal, not by itself.
    pub(crate) async fn kill(mut self) -> Result<(), Failure> {
        use std::os::unix::process::ExitStatusExt;
        self.child()?.start_kill().map_err(Failure::system("killing a process"))?;
        let status = self.ended().await?;
        super::failure::check(format!("what ended process {}", self.pid), status.signal(), Some(9))
    }

    /// Waits for the end of a process that is about to end by itself.
    pub(crate) async fn ended(&mut self) -> Result<ExitStatus, Failure> {
        let pid = self.pid;
        let wait = timeout(PATIENCE, self.child()?.wait()).await;
        let wait = wait.map_err(|_| Failure::broken(format!("process {pid} does not end")))?;
        self.child = None;
        wait.map_err(Failure::system("waiting for a process"))
    }

    /// Lets the process live on. Gives its id.
    pub(crate) fn release(mut self) -> u32 {
        self.child = None;
        self.pid
    }
}

impl Drop for ProcessGuard {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // It may have ended by itself, which is as well.
            let _ = child.start_kill();
        }
    }
}
