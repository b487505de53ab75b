//! Erasing a member, and what stays of their devices.

use yorisoi_protocol::Timestamp;
use yorisoi_protocol::ids::{DeviceId, MemberId};

use super::StorageError;

/// A device, erased or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasableRecord {
    /// Its id.
    pub id: DeviceId,
    /// Its public key.
    pub key: [u8; 32],
    /// Whose it is.
    pub member: MemberId,
    /// Since when its member is erased.
    pub erased_at: Option<Timestamp>,
}

/// Erased members.
pub trait Erasures {
    /// The device with this id, even if its member was erased: every other method knows such a device no more.
    ///
    /// # Errors
    /// [`StorageError`].
    fn erasable(&self, id: DeviceId) -> Result<Option<ErasableRecord>, StorageError>;

    /// Removes everything of a locked member: the stream, operations with their outcomes, consultations, messages, photos, the
    /// consent ledger, the mark that they answered the survey. Their devices stay, erased at `at`, and go on holding their places.
    ///
    /// # Errors
    /// [`StorageError`].
    fn erase_member(&self, member: MemberId, at: Timestamp) -> Result<(), StorageError>;
}
