//! Following the server's hints while the app is open.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;

use crate::error::YorisoiError;
use crate::runtime::Running;

/// Follows the server's hints and syncs at each. Ends when stopped or let go.
#[derive(uniffi::Object)]
pub struct LiveSession {
    running: Running,
    stopped: AtomicBool,
    /// What it ended with by itself. Gone without anything where something else ended it.
    failed: watch::Receiver<Option<YorisoiError>>,
}

impl LiveSession {
    pub(crate) fn new(running: Running, failed: watch::Receiver<Option<YorisoiError>>) -> Self {
        Self { running, stopped: AtomicBool::new(false), failed }
    }
}

#[uniffi::export]
impl LiveSession {
    /// Ends it. Calling it again does nothing.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
        self.running.stop();
    }

    /// Waits until it has ended: without an error once it was stopped, and otherwise with one that trying again cannot mend. So it is
    /// after everything was erased (`not_enrolled`): who enrols anew starts another session. That there is no network ends no
    /// session. Whoever waits keeps it: it is not let go of meanwhile.
    pub async fn ended(&self) -> Result<(), YorisoiError> {
        let mut failed = self.failed.clone();
        match failed.wait_for(Option::is_some).await.ok().and_then(|failed| failed.clone()) {
            Some(error) => Err(error),
            None if self.stopped.load(Ordering::Acquire) => Ok(()),
            None => Err(YorisoiError::closed()),
        }
    }
}
