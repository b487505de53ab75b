//! Attempts to redeem, remembered for as long as a limit looks back, and doors that are shut because too many failed.

use yorisoi_protocol::Timestamp;

use super::StorageError;

/// What an attempt shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The code of a card.
    Code,
    /// The phrase of a town.
    Phrase,
}

/// What an attempt knocks at: the cards, or the phrase, of one programme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Door {
    /// What is shown there.
    pub way: Way,
    /// The programme's index; absent where no programme of this server was named.
    pub index: Option<u16>,
}

/// One attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptRecord {
    /// What the device's key is known by here.
    pub install: [u8; 32],
    /// Where.
    pub door: Door,
    /// When.
    pub at: Timestamp,
    /// Whether it counts: something well formed that is no card and no phrase.
    pub failed: bool,
}

/// The failures of one device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OwnFailures {
    /// How many.
    pub count: u32,
    /// The first of them.
    pub first: Option<Timestamp>,
}

/// When a door was last shut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShutRecord {
    /// Since when.
    pub since: Timestamp,
    /// The first instant at which it was, or will be, open again.
    pub until: Timestamp,
}

/// Attempts and doors.
pub trait Limits {
    /// The failures of this device with this way after `after`.
    ///
    /// # Errors
    /// [`StorageError`].
    fn own_failures(
        &self,
        install: &[u8; 32],
        way: Way,
        after: Timestamp,
    ) -> Result<OwnFailures, StorageError>;

    /// How many attempts at this door failed after `after`; none at a door without an index.
    ///
    /// # Errors
    /// [`StorageError`].
    fn door_failures(&self, door: Door, after: Timestamp) -> Result<u32, StorageError>;

    /// When this door was last shut, if ever.
    ///
    /// # Errors
    /// [`StorageError`].
    fn shut(&self, door: Door) -> Result<Option<ShutRecord>, StorageError>;

    /// Notes an attempt, and forgets those before `forget`.
    ///
    /// # Errors
    /// [`StorageError`].
    fn note_attempt(&self, attempt: &AttemptRecord, forget: Timestamp) -> Result<(), StorageError>;

    /// Says from when to when a door is shut, in the place of what was said before. A door without an index stays as it
    /// is.
    ///
    /// # Errors
    /// [`StorageError`].
    fn set_shut(&self, door: Door, shut: ShutRecord) -> Result<(), StorageError>;
}
