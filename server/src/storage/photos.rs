//! Photos of messages: which there are, how much of each is here, and their parts.

use yorisoi_protocol::ids::{DeviceId, MessageId, PhotoId};

use super::StorageError;

/// A photo that a message names. What it is stands in the operation of its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhotoRecord {
    /// Its id.
    pub id: PhotoId,
    /// The message that names it.
    pub message: MessageId,
    /// The device that sends it.
    pub device: DeviceId,
    /// How many bytes of it are here, from the first on.
    pub held: u64,
}

/// Photos.
pub trait Photos {
    /// Adds a photo of which nothing is here yet; `false` if its id is taken.
    ///
    /// # Errors
    /// [`StorageError`].
    fn add_photo(&self, id: PhotoId, message: MessageId, device: DeviceId) -> Result<bool, StorageError>;

    /// The photo with this id.
    ///
    /// # Errors
    /// [`StorageError`].
    fn photo(&self, id: PhotoId) -> Result<Option<PhotoRecord>, StorageError>;

    /// Adds the part of `bytes` bytes that begins at `offset`; `false` if that is not how much of the photo is here.
    ///
    /// # Errors
    /// [`StorageError`].
    fn append_part(
        &self,
        id: PhotoId,
        offset: u64,
        bytes: usize,
        sealed: &[u8],
    ) -> Result<bool, StorageError>;

    /// The part that begins at `offset`.
    ///
    /// # Errors
    /// [`StorageError`].
    fn part(&self, id: PhotoId, offset: u64) -> Result<Option<Vec<u8>>, StorageError>;

    /// Lets go of all parts of a photo, which begins anew.
    ///
    /// # Errors
    /// [`StorageError`].
    fn drop_parts(&self, id: PhotoId) -> Result<(), StorageError>;
}
