//! Bringing a file's schema up to date, in one transaction: cut anywhere, the file is as it was.
//!
//! `user_version` says how many schemas have run. A step may need more than SQL: what the second one moves is sealed anew
//! by [`super::first_schema`].

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::StoreError;
use super::first_schema::FirstSchema;
use super::keys::{Keys, put_meta};
use super::opening::database_id;
use super::rescue::RescueCache;
use crate::host::Randomness;
use crate::vault::RootKey;

/// The newest schema known here.
pub(super) const NEWEST: u32 = 6;
const FIRST_RENAMED: &str = include_str!("schema/002_first_renamed.sql");
const NAMES_SEALED: &str = include_str!("schema/002_names_sealed.sql");
const FIRST_DROPPED: &str = include_str!("schema/002_first_dropped.sql");
/// What each schema after the second adds, oldest first.
const LATER: [&str; NEWEST as usize - 2] = [
    include_str!("schema/003_rescue.sql"),
    include_str!("schema/004_lists_as_they_lie.sql"),
    include_str!("schema/005_receipts_together.sql"),
    include_str!("schema/006_records_apart.sql"),
];

/// What it takes to bring a file up to date.
pub(super) struct Upgrade<'a> {
    root: &'a RootKey,
    randomness: &'a dyn Randomness,
    keys: Option<Keys>,
}

impl<'a> Upgrade<'a> {
    pub(super) fn new(root: &'a RootKey, randomness: &'a dyn Randomness) -> Self {
        Self { root, randomness, keys: None }
    }

    /// The keys of the file, if they were made here.
    pub(super) fn into_keys(self) -> Option<Keys> {
        self.keys
    }

    /// Runs the schemas that have not run on this file.
    pub(super) fn run(&mut self, connection: &mut Connection) -> Result<(), StoreError> {
        // Another process may hold the file for the same reason.
        connection.busy_timeout(super::database::BUSY_WAIT)?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let found: u32 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if found > NEWEST {
            return Err(StoreError::Newer { found, known: NEWEST });
        }
        match found {
            0 => self.begin(&transaction)?,
            1 => self.seal_names(&transaction)?,
            _ => run_later(&transaction, found)?,
        }
        transaction.pragma_update(None, "user_version", NEWEST)?;
        transaction.commit()?;
        if found < NEWEST {
            // Moves the version into the file's header, where an older library looks before it touches anything.
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        }
        connection.busy_timeout(std::time::Duration::ZERO)?;
        Ok(())
    }

    fn begin(&mut self, sql: &Transaction<'_>) -> Result<(), StoreError> {
        newest_tables(sql)?;
        let id = crate::host::random(self.randomness).map_err(|_| StoreError::NoRandomness)?;
        put_meta(sql, "database_id", &id)?;
        self.keys = Some(Keys::make(sql, self.root, &id, self.randomness)?);
        Ok(())
    }

    fn seal_names(&mut self, sql: &Transaction<'_>) -> Result<(), StoreError> {
        sql.execute_batch(FIRST_RENAMED)?;
        let Some(database) = database_id(sql)? else {
            // Its making was cut before anything was stored in it.
            self.begin(sql)?;
            return Ok(sql.execute_batch(FIRST_DROPPED)?);
        };
        newest_tables(sql)?;
        let keys = Keys::make(sql, self.root, &database, self.randomness)?;
        FirstSchema::new(sql, self.root, &database, &keys.vault, self.randomness, &RescueCache::default())
            .move_all()?;
        sql.execute_batch(FIRST_DROPPED)?;
        self.keys = Some(keys);
        Ok(())
    }
}

/// The tables of a new file. What stood in the first schema moves straight into them.
fn newest_tables(sql: &Transaction<'_>) -> Result<(), StoreError> {
    sql.execute_batch(NAMES_SEALED)?;
    run_later(sql, 2)
}

/// Runs the schemas behind this one, which is the second or a later one.
fn run_later(sql: &Transaction<'_>, after: u32) -> Result<(), StoreError> {
    let schemas = (3..).zip(LATER).filter(|(schema, _)| *schema > after);
    Ok(schemas.map(|(_, text)| text).try_for_each(|text| sql.execute_batch(text))?)
}
