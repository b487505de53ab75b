//! From an empty or older file to the schema of this server, one numbered step after the other.

use rusqlite::{Connection, TransactionBehavior};

use super::{StorageError, failed};

/// Step *n* leads from version *n* to version *n* + 1.
const STEPS: [&str; 1] = [include_str!("migrations/0001_first.sql")];
const NEWEST: i64 = STEPS.len() as i64;
/// "YRSV": marks a file as ours.
const APPLICATION: i64 = 0x5952_5356;

/// Whether this file may be used, without writing to it.
pub(super) fn admit(connection: &Connection) -> Result<(), StorageError> {
    let (application, version) = (pragma(connection, "application_id")?, pragma(connection, "user_version")?);
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0)).map_err(failed)?;
    if application != APPLICATION && (tables > 0 || version != 0) {
        return Err(StorageError::Foreign);
    }
    if version > NEWEST {
        return Err(StorageError::Newer { found: version, known: NEWEST });
    }
    Ok(())
}

/// Takes the steps that are missing. A step and its number are one transaction, so a killed upgrade continues.
pub(super) fn run(connection: &mut Connection) -> Result<(), StorageError> {
    loop {
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        // Read under the lock: another process may be upgrading too.
        let version = pragma(&tx, "user_version")?;
        let step = usize::try_from(version).ok().and_then(|version| STEPS.get(version));
        let Some(step) = step else {
            return Ok(());
        };
        tx.execute_batch(step).map_err(failed)?;
        tx.pragma_update(None, "application_id", APPLICATION).map_err(failed)?;
        tx.pragma_update(None, "user_version", version + 1).map_err(failed)?;
        tx.commit().map_err(failed)?;
    }
}

fn pragma(connection: &Connection, name: &str) -> Result<i64, StorageError> {
    connection.pragma_query_value(None, name, |row| row.get(0)).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::super::SqliteStorage;
    use super::*;

    #[test]
    fn a_newer_database_is_refused_and_left_untouched() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("yorisoi.db");
        drop(SqliteStorage::create(&file).unwrap());
        let raw = Connection::open(&file).unwrap();
        raw.pragma_update(None, "user_version", NEWEST + 1).unwrap();
        drop(raw);
        let before = std::fs::read(&file).unwrap();
        assert_eq!(
            SqliteStorage::open(&file).err(),
            Some(StorageError::Newer { found: NEWEST + 1, known: NEWEST })
        );
        assert_eq!(std::fs::read(&file).unwrap(), before);
    }

    #[test]
    fn a_file_of_somebody_else_is_refused_and_left_untouched() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("yorisoi.db");
        let raw = Connection::open(&file).unwrap();
        raw.execute_batch("CREATE TABLE theirs (a)").unwrap();
        drop(raw);
        let before = std::fs::read(&file).unwrap();
        assert_eq!(SqliteStorage::create(&file).err(), Some(StorageError::Foreign));
        assert_eq!(std::fs::read(&file).unwrap(), before);
        std::fs::write(&file, "not a database at all, but long enough to look at").unwrap();
        assert_eq!(SqliteStorage::open(&file).err(), Some(StorageError::Foreign));
        assert_eq!(SqliteStorage::open(&dir.path().join("none")).err(), Some(StorageError::NotInitialised));
    }
}
