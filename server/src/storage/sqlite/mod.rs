//! The promises of [`super`] kept by one SQLite file: WAL, `synchronous=FULL`, one connection whose commits are [grouped](group). The
//! log is folded in every 16 MiB, four times as much as by default: the same pages are written in many transactions, and into the
//! file once.
//!
//! `BEGIN IMMEDIATE` admits one writer among all processes, so locking a member or a card needs nothing more, and a
//! commit is on the disk before it returns. Operator commands run beside a server: whoever comes second waits up to
//! [`BUSY`]. No type of `rusqlite` leaves this module.

mod cards;
mod clinicians;
mod consultations;
mod devices;
mod erasures;
mod figures;
mod group;
mod limits;
mod migrations;
mod people;
mod photos;
mod phrases;
mod streams;
mod values;

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{CachedStatement, Connection, OpenFlags, OptionalExtension, Params, Row};

use super::{Storage, StorageError, Transaction};
use group::{Shared, Work};
use values::blob;

const BUSY: Duration = Duration::from_secs(5);
const STATEMENTS: usize = 64;

/// A SQLite database.
pub struct SqliteStorage {
    shared: Shared,
}

struct SqliteTransaction<'a> {
    work: Work<'a>,
}

impl SqliteStorage {
    /// Makes the database of this file, or continues where making it was interrupted.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn create(file: &Path) -> Result<Self, StorageError> {
        Self::with(file, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)
    }

    /// Opens the database of this file and brings it up to this server's version.
    ///
    /// # Errors
    /// [`StorageError::NotInitialised`] if there is none, [`StorageError::Newer`] and [`StorageError::Foreign`] with the
    /// file left untouched, and others.
    pub fn open(file: &Path) -> Result<Self, StorageError> {
        if !file.exists() {
            return Err(StorageError::NotInitialised);
        }
        Self::with(file, OpenFlags::SQLITE_OPEN_READ_WRITE)
    }

    fn with(file: &Path, flags: OpenFlags) -> Result<Self, StorageError> {
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(file, flags).map_err(failed)?;
        connection.busy_timeout(BUSY).map_err(failed)?;
        // Before anything is written, WAL mode included: a newer or foreign file stays as it is.
        migrations::admit(&connection)?;
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON;
                 PRAGMA foreign_keys = OFF; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;
                 PRAGMA wal_autocheckpoint = 4000;",
            )
            .map_err(failed)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        // Else SQLite plans some statements anew whenever other values are bound to them, in case they are rare ones.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(failed)?;
        migrations::run(&mut connection)?;
        connection.execute_batch("PRAGMA foreign_keys = ON").map_err(failed)?;
        Ok(Self { shared: Shared::new(connection) })
    }
}

impl Storage for SqliteStorage {
    fn begin(&self) -> Result<Box<dyn Transaction + '_>, StorageError> {
        Ok(Box::new(SqliteTransaction { work: self.shared.begin()? }))
    }
}

impl Transaction for SqliteTransaction<'_> {
    fn meta(&self, name: &str) -> Result<Option<Vec<u8>>, StorageError> {
        self.one("SELECT value FROM meta WHERE name = ?1", (name,), |row| blob(row, 0))
    }

    fn set_meta(&self, name: &str, value: &[u8]) -> Result<(), StorageError> {
        self.write("INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)", (name, value)).map(drop)
    }

    fn commit(self: Box<Self>) -> Result<(), StorageError> {
        self.work.commit()
    }
}

impl SqliteTransaction<'_> {
    fn statement(&self, sql: &str) -> Result<CachedStatement<'_>, StorageError> {
        self.work.connection()?.prepare_cached(sql).map_err(failed)
    }

    /// Runs a statement and says how many rows it changed.
    fn write(&self, sql: &str, params: impl Params) -> Result<usize, StorageError> {
        self.statement(sql)?.execute(params).map_err(failed)
    }

    /// Runs an `INSERT OR IGNORE` or a guarded `UPDATE` and says whether it changed its row.
    fn wrote(&self, sql: &str, params: impl Params) -> Result<bool, StorageError> {
        self.write(sql, params).map(|rows| rows == 1)
    }

    fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StorageError> {
        self.statement(sql)?.query_row(params, read).optional().map_err(failed)
    }

    fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StorageError> {
        let mut statement = self.statement(sql)?;
        let rows = statement.query_map(params, read).map_err(failed)?;
        rows.collect::<rusqlite::Result<_>>().map_err(failed)
    }
}

/// Keeps SQLite's number and drops its words, which can quote values.
fn failed(error: rusqlite::Error) -> StorageError {
    match error {
        rusqlite::Error::SqliteFailure(error, _) if error.extended_code == rusqlite::ffi::SQLITE_NOTADB => {
            StorageError::Foreign
        }
        rusqlite::Error::SqliteFailure(error, _) => StorageError::Failed { code: error.extended_code },
        _ => StorageError::Damaged { table: "a row" },
    }
}

#[cfg(test)]
mod tests {
    use super::super::conformance;
    use super::*;

    #[test]
    fn sqlite_keeps_every_promise() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("yorisoi.db");
        let storage = SqliteStorage::create(&file).unwrap();
        // A second connection stands for a second server process.
        let second = SqliteStorage::open(&file).unwrap();
        conformance::check(&storage, &second);
    }

    #[test]
    fn what_was_committed_is_there_after_opening_again() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("yorisoi.db");
        let storage = SqliteStorage::create(&file).unwrap();
        let tx = storage.begin().unwrap();
        tx.set_meta("kept", b"1").unwrap();
        tx.commit().unwrap();
        let tx = storage.begin().unwrap();
        tx.set_meta("dropped", b"1").unwrap();
        drop(tx);
        drop(storage);
        let storage = SqliteStorage::open(&file).unwrap();
        let tx = storage.begin().unwrap();
        assert_eq!(tx.meta("kept").unwrap(), Some(b"1".to_vec()));
        assert_eq!(tx.meta("dropped").unwrap(), None);
    }
}

#[cfg(test)]
mod group_tests;
