//! The store: one SQLite file in which everything personal is sealed.
//!
//! Each method is one transaction. What a person did is on the disk when the method returns, and so is what the server told; how a
//! sync went may be lost with the power. An operation is written in the same transaction as the change it
//! carries. The store knows no network and no time of its own.

mod apply;
mod before_sync;
mod choice;
mod consultations;
mod database;
mod drafts;
mod entries;
mod erasure;
mod error;
mod first_schema;
mod holdings;
mod identity;
mod keys;
mod ledger;
mod manifest;
mod needle;
mod opening;
mod operations;
mod photo_sending;
mod photos;
mod progress;
mod receipts;
mod records;
mod rescue;
mod rows;
mod sealing_anew;
mod search;
mod set_aside;
mod sync_times;
mod upgrade;
mod writer;

pub use before_sync::BeforeSync;
pub use choice::Choice;
pub(crate) use consultations::Question;
pub use consultations::{ListPage, ThreadPage};
pub(crate) use drafts::SentDraft;
pub use entries::{Entries, Entry, Pointed};
pub use erasure::Erasure;
pub use error::StoreError;
pub(crate) use holdings::{HeldOperation, Holdings};
pub use needle::folded;
pub use opening::{KeyTrouble, OpenError};
pub use operations::{Applied, Collected, Outgoing};
pub use photo_sending::{Going, PhotoToSend, Sending};
pub use photos::{PhotoFailure, StoredPhoto};
pub use progress::Progress;
pub use rescue::RescueFor;
pub use rows::{
    Consultation, Draft, Identity, OwnMessage, Provisional, Settings, SurveyRecord, ThreadMessage, Totals,
    Writer,
};
pub use search::Hit;
pub(crate) use set_aside::set_aside;
pub use set_aside::{AsideBatch, AsideCounts};
pub use sync_times::{Attempt, Pause, SyncTimes};

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, RwLock};

use database::{Database, Durability};
use keys::Keys;
use records::Records;
use rescue::RescueCache;

use crate::host::Randomness;

/// The file's name inside the directory the host gives.
pub const DATABASE_FILE: &str = "yorisoi.db";
/// What runs in a transaction, and leaves what it gives where its caller finds it.
type Untyped<'a> = &'a mut dyn FnMut(&Records<'_>) -> Result<(), StoreError>;
/// How many changes of the keys a read may meet before it gives up: each is over long before the next.
const KEY_CHANGES_MOST: u32 = 8;

/// The number of the newest schema.
#[cfg(test)]
pub(crate) fn newest_schema() -> u32 {
    upgrade::NEWEST
}

/// One device's database, opened with its key.
pub struct Store {
    database: Database,
    /// Changed when a generation of keys begins or the root key changes.
    keys: RwLock<Arc<Keys>>,
    /// Held while a photo is taken in.
    photo_turn: Mutex<()>,
    rescue: RescueCache,
    /// Who changes the root key.
    root_key_turn: Mutex<()>,
    /// Whether it is known that no file stands aside.
    nothing_aside: AtomicBool,
    randomness: Arc<dyn Randomness>,
}

impl Store {
    /// Waits for the transactions that run, then lets go of every file and lock. Until [`Store::resume`] every other call
    /// fails with [`StoreError::Suspended`].
    pub fn suspend(&self) {
        self.database.suspend();
    }

    /// The directory of the database.
    pub(crate) fn directory(&self) -> &std::path::Path {
        self.database.directory()
    }

    /// Takes the file up again.
    ///
    /// # Errors
    /// [`StoreError`]; the store then stays suspended.
    pub fn resume(&self) -> Result<(), StoreError> {
        self.nothing_aside.store(false, Ordering::Relaxed);
        self.database.resume()
    }

    /// Values of keys made later by another process are met once; then the ring is read anew.
    fn read<T>(&self, work: impl Fn(&Records<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut read = None;
        self.read_untyped(&mut |records| {
            read = Some(work(records)?);
            Ok(())
        })?;
        // Where nothing went wrong, `work` ran.
        read.ok_or(StoreError::Damaged)
    }

    /// A transaction without the type of what it gives: this code is large, and would stand in the library once for each.
    fn read_untyped(&self, work: Untyped<'_>) -> Result<(), StoreError> {
        let mut keys = self.known_keys();
        for _ in 0..KEY_CHANGES_MOST {
            match self.database.read(|sql| work(&self.records(sql, &keys))) {
                Err(StoreError::KeysChanged) => {
                    let now = self.keys_by_now()?;
                    // No process made that key: the value names it by damage.
                    if now.is(&keys) {
                        return Err(StoreError::Damaged);
                    }
                    keys = now;
                }
                done => return done,
            }
        }
        Err(StoreError::KeysChanged)
    }

    fn write<T>(
        &self,
        durability: Durability,
        work: impl FnOnce(&Records<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let (mut work, mut written) = (Some(work), None);
        self.write_untyped(durability, &mut |records| {
            if let Some(work) = work.take() {
                written = Some(work(records)?);
            }
            Ok(())
        })?;
        // Where nothing went wrong, `work` ran.
        written.ok_or(StoreError::Damaged)
    }

    fn write_untyped(&self, durability: Durability, work: Untyped<'_>) -> Result<(), StoreError> {
        let work = |sql: &rusqlite::Connection| {
            let keys = self.keys(sql)?;
            let records = self.records(sql, &keys);
            // These are the keys as they stand: no process made a newer one.
            work(&records).map_err(|error| match error {
                StoreError::KeysChanged => StoreError::Damaged,
                error => error,
            })?;
            let sealed = records.seals.get();
            self.count_seals(sql, keys, sealed)
        };
        self.database.write_then(durability, work, |keys| self.keep_keys(keys)).map(drop)
    }

    fn records<'a>(&'a self, sql: &'a rusqlite::Connection, keys: &'a Keys) -> Records<'a> {
        let randomness = self.randomness.as_ref();
        Records { sql, vault: &keys.vault, randomness, rescue: &self.rescue, seals: Cell::new(0) }
    }
}

#[cfg(test)]
mod damage_tests;
#[cfg(test)]
mod failed_sync_tests;
#[cfg(test)]
mod half_made_tests;
#[cfg(test)]
mod key_states_tests;
#[cfg(test)]
mod keys_power_tests;
#[cfg(test)]
mod keys_tests;
#[cfg(test)]
mod keys_threads_tests;
#[cfg(test)]
mod killed_process_tests;
#[cfg(test)]
mod paging_tests;
#[cfg(test)]
mod receipts_tests;
#[cfg(test)]
mod rescue_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod two_processes_tests;
