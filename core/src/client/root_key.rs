//! Changing the root key.

use super::YorisoiClient;
use crate::error::YorisoiError;

impl YorisoiClient {
    /// Changes the root key: the host's key store saves a new one, and everything is sealed anew under it. For a key store
    /// that moves to other hardware, or after the key may have been seen. From one process at a time; another process that
    /// is open is then told `key_changed_elsewhere`, and opens anew. Cut anywhere, nothing is lost, and calling it again
    /// goes on.
    ///
    /// # Errors
    /// [`YorisoiError::Key`], and the errors of the store.
    pub fn change_root_key(&self) -> Result<(), YorisoiError> {
        Ok(self.store.change_root_key(self.host.keys.as_ref())?)
    }
}
