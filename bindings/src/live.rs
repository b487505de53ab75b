//! Following the server's hints while the app is open.

use crate::runtime::Running;

/// Follows the server's hints and syncs at each. Ends when stopped or let go.
#[derive(uniffi::Object)]
pub struct LiveSession {
    running: Running,
}

impl LiveSession {
    pub(crate) fn new(running: Running) -> Self {
        Self { running }
    }
}

#[uniffi::export]
impl LiveSession {
    /// Ends it. Calling it again does nothing.
    pub fn stop(&self) {
        self.running.stop();
    }
}
