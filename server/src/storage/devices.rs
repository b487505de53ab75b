//! Devices: their keys, the requests seen from them, and the operations taken from them.

use yorisoi_protocol::Timestamp;
use yorisoi_protocol::digest::EntryHash;
use yorisoi_protocol::ids::{DeviceId, MemberId, Nonce, OperationId};

use super::StorageError;

/// One installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRecord {
    /// Its id.
    pub id: DeviceId,
    /// Its public key.
    pub key: [u8; 32],
    /// Whose it is.
    pub member: MemberId,
    /// The member's programme.
    pub programme: String,
    /// The number of the last operation taken from it.
    pub last_seq: u64,
}

/// An operation that was judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationRecord {
    /// Its id.
    pub id: OperationId,
    /// Which device sent it.
    pub device: DeviceId,
    /// Its number.
    pub seq: u64,
    /// SHA-256 of its text.
    pub hash: EntryHash,
    /// What became of it, as JSON.
    pub outcome: String,
}

/// Devices and what came from them.
pub trait Devices {
    /// The device with this id, unless its member was erased.
    ///
    /// # Errors
    /// [`StorageError`].
    fn device(&self, id: DeviceId) -> Result<Option<DeviceRecord>, StorageError>;

    /// The device of this key in a programme, unless its member was erased; of several, the one that joined last.
    ///
    /// # Errors
    /// [`StorageError`].
    fn device_of_key(&self, programme: &str, key: &[u8; 32]) -> Result<Option<DeviceRecord>, StorageError>;

    /// Notes that `caller` used `nonce`, to be remembered until `expires`; `false` if it had. Forgets what expired
    /// before `now`.
    ///
    /// # Errors
    /// [`StorageError`].
    fn use_nonce(
        &self,
        caller: &[u8],
        nonce: Nonce,
        expires: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StorageError>;

    /// Whether [`Devices::use_nonce`] noted this one.
    ///
    /// # Errors
    /// [`StorageError`].
    fn is_nonce_used(&self, caller: &[u8], nonce: Nonce) -> Result<bool, StorageError>;

    /// Sets [`DeviceRecord::last_seq`].
    ///
    /// # Errors
    /// [`StorageError`].
    fn set_last_seq(&self, device: DeviceId, seq: u64) -> Result<(), StorageError>;

    /// What was judged under this id, of whichever device: an entry of a stream, or one that was refused.
    ///
    /// # Errors
    /// [`StorageError`].
    fn operation(&self, id: OperationId) -> Result<Option<OperationRecord>, StorageError>;

    /// Whether an operation that was judged, or an entry of a stream, has this id.
    ///
    /// # Errors
    /// [`StorageError`].
    fn is_taken(&self, id: OperationId) -> Result<bool, StorageError>;

    /// Keeps why an operation is in no stream; `false` if that of this id is kept.
    ///
    /// # Errors
    /// [`StorageError`].
    fn add_refused(&self, operation: &OperationRecord) -> Result<bool, StorageError>;
}
