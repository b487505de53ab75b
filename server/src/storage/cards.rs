//! Programmes, their cards, and who joined with a card.

use yorisoi_protocol::Timestamp;
use yorisoi_protocol::ids::{DeviceId, EnrollmentId, MemberId};
use yorisoi_protocol::wire::Trust;

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
    /// The tag of the first card of its chain of replacements, its own if it replaces none. Cards of one household share
    /// their grants and their places.
    pub household: CodeTag,
    /// What became of it.
    pub status: CardStatus,
    /// Since when.
    pub status_at: Timestamp,
}

/// What became of a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardStatus {
    /// It is good.
    Issued,
    /// Nobody joins with it any more.
    Revoked,
    /// Nobody joins with it any more; another card took its place.
    Replaced {
        /// That card's number.
        by: u32,
    },
}

/// What a device was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantRecord {
    /// The household of the card, or the tag of the phrase: a device has one grant of each.
    pub source: CodeTag,
    /// The card it joined with; none for a phrase.
    pub card: Option<CodeTag>,
    /// The programme's id.
    pub programme: String,
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

impl GrantRecord {
    /// How far the programme trusts it.
    pub fn trust(&self) -> Trust {
        match self.card {
            Some(_) => Trust::HouseholdCard,
            None => Trust::SharedPhrase,
        }
    }
}

/// Who joined with a household's cards, or with a phrase.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Joined {
    /// The grant of the device that asks, if it has one.
    pub own: Option<GrantRecord>,
    /// Whether it had one, and its member was erased.
    pub erased: bool,
    /// The enrollment of whoever joined first.
    pub enrollment: Option<EnrollmentId>,
    /// How many persons joined since the asked instant.
    pub members: u32,
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

    /// The JSON texts of all programmes, in the order of their indexes.
    ///
    /// # Errors
    /// [`StorageError`].
    fn programmes(&self) -> Result<Vec<String>, StorageError>;

    /// The JSON text of the programme with this index.
    ///
    /// # Errors
    /// [`StorageError`].
    fn programme_at(&self, index: u16) -> Result<Option<String>, StorageError>;

    /// Adds a card; `false` if its tag or its number is taken.
    ///
    /// # Errors
    /// [`StorageError`].
    fn add_card(&self, card: &CardRecord) -> Result<bool, StorageError>;

    /// Sets [`CardRecord::status`] and [`CardRecord::status_at`] of a card. The card that replaces it must be there.
    ///
    /// # Errors
    /// [`StorageError`].
    fn set_card_status(&self, tag: &CodeTag, status: CardStatus, at: Timestamp) -> Result<(), StorageError>;

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

    /// The tag of a programme's card with this number.
    ///
    /// # Errors
    /// [`StorageError`].
    fn numbered_card(&self, programme: &str, number: u32) -> Result<Option<CodeTag>, StorageError>;

    /// The card with this tag, locked until the end of the transaction together with all cards of its household.
    ///
    /// # Errors
    /// [`StorageError`].
    fn lock_card(&self, tag: &CodeTag) -> Result<Option<CardRecord>, StorageError>;

    /// What was given under this [`GrantRecord::source`], as the device with this key must know it. Looks for the same
    /// things whatever there is to find.
    ///
    /// # Errors
    /// [`StorageError`].
    fn joined(
        &self,
        source: &CodeTag,
        device_key: &[u8; 32],
        since: Timestamp,
    ) -> Result<Joined, StorageError>;

    /// Adds a grant: the enrollment if it is new, the member and the device. `false` if this device key has a grant of
    /// this source already, or an id is taken.
    ///
    /// # Errors
    /// [`StorageError`].
    fn add_grant(&self, grant: &GrantRecord) -> Result<bool, StorageError>;
}
