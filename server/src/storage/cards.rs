//! Programmes, their cards, and who joined with a card.

use yorisoi_protocol::Timestamp;
use yorisoi_protocol::ids::{DeviceId, EnrollmentId, MemberId};

use super::StorageError;
use crate::keys::CodeTag;

/// One printed card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardRecord {
    /// What its code is known by.
    pub tag: CodeTag,
    /// Its programme's id.
    pub programme: String,
    /// Its number within the programme, from 1.
    pub number: u32,
    /// The printing it came with, from 1.
    pub batch: u32,
    /// When it was issued.
    pub issued_at: Timestamp,
}

/// What a device was given with a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantRecord {
    /// The card.
    pub tag: CodeTag,
    /// The device's public key.
    pub device_key: [u8; 32],
    /// The device.
    pub device: DeviceId,
    /// The person.
    pub member: MemberId,
    /// The household's place.
    pub enrollment: EnrollmentId,
    /// When.
    pub granted_at: Timestamp,
}

/// Programmes, cards and grants.
pub trait Cards {
    /// Adds a programme; `false` if its id or its index is taken.
    ///
    /// # Errors
    /// [`StorageError`].
    fn add_programme(&self, id: &str, index: u16, text: &str) -> Result<bool, StorageError>;

    /// The JSON text of a programme.
    ///
    /// # Errors
    /// [`StorageError`].
    fn programme(&self, id: &str) -> Result<Option<String>, StorageError>;

    /// Adds a card; `false` if its tag is taken.
    ///
    /// # Errors
    /// [`StorageError`].
    fn add_card(&self, card: &CardRecord) -> Result<bool, StorageError>;

    /// The highest number and the highest batch of a programme's cards; zeros if it has none.
    ///
    /// # Errors
    /// [`StorageError`].
    fn last_card(&self, programme: &str) -> Result<(u32, u32), StorageError>;

    /// The cards of a programme by number, each with how many persons joined with it.
    ///
    /// # Errors
    /// [`StorageError`].
    fn cards(&self, programme: &str) -> Result<Vec<(CardRecord, u32)>, StorageError>;

    /// The card with this tag, locked until the end of the transaction.
    ///
    /// # Errors
    /// [`StorageError`].
    fn lock_card(&self, tag: &CodeTag) -> Result<Option<CardRecord>, StorageError>;

    /// Everything given with this card, first grant first.
    ///
    /// # Errors
    /// [`StorageError`].
    fn grants(&self, tag: &CodeTag) -> Result<Vec<GrantRecord>, StorageError>;

    /// Adds a grant: the enrollment if it is new, the member and the device. `false` if this device key has joined with
    /// this card already, or an id is taken.
    ///
    /// # Errors
    /// [`StorageError`].
    fn add_grant(&self, grant: &GrantRecord) -> Result<bool, StorageError>;
}
