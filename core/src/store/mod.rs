//! The store: one SQLite file in which everything personal is sealed.
//!
//! Each method is one transaction. What a person did is on the disk when the method returns; what the server told may be
//! lost with the power, since it can be told again. An operation is written in the same transaction as the change it
//! carries. The store knows no network and no time of its own.

mod apply;
mod consultations;
mod database;
mod drafts;
mod error;
mod identity;
mod ledger;
mod manifest;
mod opening;
mod operations;
mod progress;
mod records;
mod rows;
mod search;

pub(crate) use consultations::Question;
pub use error::StoreError;
pub use opening::{KeyTrouble, OpenError};
pub use operations::{Applied, Outgoing};
pub use progress::Progress;
pub use rows::{
    Consultation, Draft, Entry, Identity, Pause, Provisional, Settings, SurveyRecord, SyncTimes, ThreadEntry,
};
pub use search::{Hit, folded};

use std::sync::Arc;

use database::{Database, Durability};
use records::Records;

use crate::host::Randomness;
use crate::vault::Vault;

/// The file's name inside the directory the host gives.
pub const DATABASE_FILE: &str = "yorisoi.db";

/// The number of the newest schema.
#[cfg(test)]
pub(crate) fn newest_schema() -> u32 {
    Database::known_version()
}

/// One device's database, opened with its key.
pub struct Store {
    database: Database,
    vault: Vault,
    randomness: Arc<dyn Randomness>,
}

impl Store {
    /// Waits for the transactions that run, then lets go of every file and lock. Until [`Store::resume`] every other call
    /// fails with [`StoreError::Suspended`].
    pub fn suspend(&self) {
        self.database.suspend();
    }

    /// Takes the file up again.
    ///
    /// # Errors
    /// [`StoreError`]; the store then stays suspended.
    pub fn resume(&self) -> Result<(), StoreError> {
        self.database.resume()
    }

    fn read<T>(&self, work: impl FnOnce(&Records<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.database.read(|sql| work(&self.records(sql)))
    }

    fn write<T>(
        &self,
        durability: Durability,
        work: impl FnOnce(&Records<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.database.write(durability, |sql| work(&self.records(sql)))
    }

    fn records<'a>(&'a self, sql: &'a rusqlite::Transaction<'a>) -> Records<'a> {
        Records { sql, vault: &self.vault, randomness: self.randomness.as_ref() }
    }
}

#[cfg(test)]
mod half_made_tests;
#[cfg(test)]
mod key_states_tests;
#[cfg(test)]
mod killed_process_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod two_processes_tests;
