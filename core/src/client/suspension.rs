//! Letting go of every file before the phone suspends the app, and taking them up again.
//!
//! iOS ends an app that holds a file lock while it is suspended (termination code `0xdead10cc`). The contract: when
//! [`YorisoiClient::suspend`] returns, no write is under way and no file of the library is open, from whatever the library
//! was doing; until [`YorisoiClient::resume`] every call that needs the store fails with the kind
//! [`crate::ErrorKind::Suspended`], and a sync that was under way ends with it. What was stored before is stored.

use super::YorisoiClient;
use crate::error::YorisoiError;

impl YorisoiClient {
    /// Lets go of the database: waits for the transaction that runs, at most a few milliseconds and never for the network,
    /// then closes every file. Call it when the app goes to the background, before the time the system gives is over.
    /// Suspending twice is the same as once.
    pub fn suspend(&self) {
        self.store.suspend();
    }

    /// Takes the database up again. A library that is not suspended stays as it is.
    ///
    /// # Errors
    /// The errors of the store; the library then stays suspended, and resuming may be tried again.
    pub fn resume(&self) -> Result<(), YorisoiError> {
        Ok(self.store.resume()?)
    }
}
