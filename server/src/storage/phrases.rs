//! The phrase that a whole town knows.

use yorisoi_protocol::Timestamp;

use super::StorageError;
use crate::keys::CodeTag;

/// A phrase of a programme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhraseRecord {
    /// What it is known by.
    pub tag: CodeTag,
    /// Its programme's id.
    pub programme: String,
    /// How many devices may join with it on one day in Japan.
    pub joins_per_day: u32,
    /// When it was set.
    pub set_at: Timestamp,
    /// When it was revoked or another took its place; none while it is good.
    pub ended_at: Option<Timestamp>,
}

/// Phrases. A programme has at most one that is good.
pub trait Phrases {
    /// Ends the phrase of a programme that is good; `false` if there is none.
    ///
    /// # Errors
    /// [`StorageError`].
    fn end_phrase(&self, programme: &str, at: Timestamp) -> Result<bool, StorageError>;

    /// Sets a phrase, in the place of what is known of this tag. The one that was good must have been ended.
    ///
    /// # Errors
    /// [`StorageError`].
    fn set_phrase(&self, phrase: &PhraseRecord) -> Result<(), StorageError>;

    /// The phrase with this tag, locked until the end of the transaction.
    ///
    /// # Errors
    /// [`StorageError`].
    fn lock_phrase(&self, tag: &CodeTag) -> Result<Option<PhraseRecord>, StorageError>;
}
