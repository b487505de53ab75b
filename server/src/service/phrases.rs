//! What an operator does with the phrase that a whole town knows: set it, revoke it.
//!
//! Only its tag is kept. Whoever joined with it goes on as before when it ends.

use yorisoi_protocol::phrase::SharedPhrase;

use super::setup::stored;
use super::{Service, SetupError};
use crate::storage::PhraseRecord;

/// The most joins a day that a phrase may be set for.
pub const JOINS_PER_DAY_MAX: u32 = 100_000;

impl Service {
    /// Sets the phrase of a programme, in the place of the one it had. `joins_per_day` devices may join with it on one day
    /// in Japan.
    ///
    /// # Errors
    /// [`SetupError::PhraseUnreadable`], [`SetupError::JoinsPerDay`] and others.
    pub fn set_phrase(&self, programme: &str, typed: &str, joins_per_day: u32) -> Result<(), SetupError> {
        let phrase = SharedPhrase::parse(typed).map_err(|_| SetupError::PhraseUnreadable)?;
        if !(1..=JOINS_PER_DAY_MAX).contains(&joins_per_day) {
            return Err(SetupError::JoinsPerDay);
        }
        let tx = self.storage.begin()?;
        let programme = stored(tx.programme(programme)?)?.id;
        let now = self.now();
        tx.end_phrase(&programme, now)?;
        let tag = self.keys.phrase_tag(&programme, &phrase);
        tx.set_phrase(&PhraseRecord { tag, programme, joins_per_day, set_at: now, ended_at: None })?;
        Ok(tx.commit()?)
    }

    /// Revokes the phrase of a programme: nobody joins with it any more.
    ///
    /// # Errors
    /// [`SetupError::UnknownPhrase`] if it has none, and others.
    pub fn revoke_phrase(&self, programme: &str) -> Result<(), SetupError> {
        let tx = self.storage.begin()?;
        let programme = stored(tx.programme(programme)?)?;
        if !tx.end_phrase(&programme.id, self.now())? {
            return Err(SetupError::UnknownPhrase);
        }
        Ok(tx.commit()?)
    }
}
