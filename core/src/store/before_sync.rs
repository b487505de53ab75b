//! What a sync asks before its first request, in one look: most syncs find nothing to do, and each look costs as much as what it
//! finds.

use super::erasure::Erasure;
use super::records::Record;
use super::{Store, StoreError, SyncTimes};
use crate::vault::Table;

/// What stood in the store at one moment.
#[derive(Debug, Clone)]
pub struct BeforeSync {
    /// What sync knows of time.
    pub times: SyncTimes,
    /// Operations not settled yet.
    pub pending: u64,
    /// Whether there may be something to do before the first request: an erasure to tell the server of, a draft to send, a change of
    /// keys to carry on.
    pub chores: bool,
    /// Whether there may be photos to send.
    pub photos: bool,
}

impl Store {
    /// Looks at what a sync asks first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn before_sync(&self) -> Result<BeforeSync, StoreError> {
        let keys = self.known_keys();
        self.read(|records| {
            let erasures: Vec<Erasure> = records.record(Record::Erasures)?.unwrap_or_default();
            let chores = erasures.iter().any(|erasure| erasure.seed.is_some())
                || records.count(Table::Draft)? > 0
                || records.vault.has_older()
                || !keys.stand_in(records.sql)?;
            let times = records.record(Record::SyncTimes)?.unwrap_or_default();
            let (pending, photos) = (records.pending()?, records.photos_may_wait()?);
            Ok(BeforeSync { times, pending, chores, photos })
        })
    }
}
