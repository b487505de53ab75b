//! The stream of a member: every operation accepted from them and every change made for them, in commit order.

use yorisoi_protocol::Timestamp;
use yorisoi_protocol::digest::{EntryHash, StreamDigest};
use yorisoi_protocol::ids::{ConsultationId, DeviceId, MemberId};

use super::StorageError;

/// How far a stream has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Head {
    /// The position of its last entry; 0 for none.
    pub position: u64,
    /// The digest of all of it.
    pub digest: StreamDigest,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryRecord {
    /// The id of the operation or change.
    pub id: [u8; 16],
    /// SHA-256 of its text.
    pub hash: EntryHash,
    /// Where it came from; none for a change.
    pub origin: Option<Origin>,
    /// What it is beside, if it is a message.
    pub message: Option<Message>,
    /// Its text, sealed; none where the text is not kept with the member.
    pub sealed: Option<Vec<u8>>,
}

/// Which operation an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Which device sent it.
    pub device: DeviceId,
    /// Its number.
    pub seq: u64,
    /// What became of it, as JSON.
    pub outcome: String,
}

/// What makes an entry a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its consultation, which must be there.
    pub consultation: ConsultationId,
    /// When the server took it in or made it.
    pub at: Timestamp,
    /// By when an answer is due; none for an answer.
    pub due: Option<Timestamp>,
    /// The log-in of the clinician who wrote it; none for the parent.
    pub clinician: Option<String>,
}

/// An entry for a device that catches up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamRow {
    /// Its position.
    pub position: u64,
    /// Its id.
    pub id: [u8; 16],
    /// Its text, sealed.
    pub sealed: Vec<u8>,
}

/// An entry by its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEntry {
    /// Whose stream holds it.
    pub member: MemberId,
    /// Its text, sealed; none where it is not kept.
    pub sealed: Option<Vec<u8>>,
}

/// Streams.
pub trait Streams {
    /// Locks a member until the end of the transaction; see the promises of [`super`].
    ///
    /// # Errors
    /// [`StorageError`].
    fn lock_member(&self, member: MemberId) -> Result<(), StorageError>;

    /// How far the stream has come.
    ///
    /// # Errors
    /// [`StorageError`].
    fn head(&self, member: MemberId) -> Result<Head, StorageError>;

    /// Adds an entry at this position; `false` if the id of an entry or the position is taken. That of a refused operation must not be
    /// ([`Devices::is_taken`](super::Devices::is_taken)). The member must be locked, and the
    /// transaction must not be committed before [`Streams::set_head`] tells of it.
    ///
    /// # Errors
    /// [`StorageError`].
    fn append(&self, member: MemberId, position: u64, entry: &EntryRecord) -> Result<bool, StorageError>;

    /// Makes this the stream's head. The member must be locked.
    ///
    /// # Errors
    /// [`StorageError`].
    fn set_head(&self, member: MemberId, head: Head) -> Result<(), StorageError>;

    /// Up to `rows` entries after `after` whose text is kept and which did not come from `not_from`, in order.
    ///
    /// # Errors
    /// [`StorageError`].
    fn entries_after(
        &self,
        member: MemberId,
        after: u64,
        not_from: DeviceId,
        rows: u32,
    ) -> Result<Vec<StreamRow>, StorageError>;

    /// The entry with this id, in whichever stream.
    ///
    /// # Errors
    /// [`StorageError`].
    fn entry(&self, id: &[u8; 16]) -> Result<Option<StoredEntry>, StorageError>;
}
