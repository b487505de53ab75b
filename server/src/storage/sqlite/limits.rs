//! [`Limits`] in SQLite.

use yorisoi_protocol::Timestamp;

use super::values::{number, optional_time, time};
use super::{SqliteTransaction, StorageError};
use crate::storage::{AttemptRecord, Door, Limits, OwnFailures, ShutRecord, Way};

// `failed = 1` stands in the text of both, so that SQLite sees that the index of failures alone answers them.
const OWN_FAILURES: &str =
    "SELECT count(*), min(at) FROM attempt WHERE install = ?1 AND way = ?2 AND at > ?3 AND failed = 1";
const DOOR_FAILURES: &str =
    "SELECT count(*) FROM attempt WHERE way = ?1 AND idx = ?2 AND at > ?3 AND failed = 1";
const FORGET: &str = "DELETE FROM attempt WHERE at < ?1";

impl Limits for SqliteTransaction<'_> {
    fn own_failures(
        &self,
        install: &[u8; 32],
        way: Way,
        after: Timestamp,
    ) -> Result<OwnFailures, StorageError> {
        let own = self.one(OWN_FAILURES, (install, word(way), after.millis()), |row| {
            Ok(OwnFailures { count: number(row, 0)?, first: optional_time(row, 1)? })
        })?;
        Ok(own.unwrap_or_default())
    }

    fn door_failures(&self, door: Door, after: Timestamp) -> Result<u32, StorageError> {
        // Nothing is equal to an index that is absent.
        let count =
            self.one(DOOR_FAILURES, (word(door.way), door.index, after.millis()), |row| number(row, 0))?;
        Ok(count.unwrap_or_default())
    }

    fn shut(&self, door: Door) -> Result<Option<ShutRecord>, StorageError> {
        self.one(
            "SELECT since, until FROM shut WHERE way = ?1 AND idx = ?2",
            (word(door.way), door.index),
            |row| Ok(ShutRecord { since: time(row, 0)?, until: time(row, 1)? }),
        )
    }

    fn note_attempt(&self, attempt: &AttemptRecord, forget: Timestamp) -> Result<(), StorageError> {
        self.write(FORGET, (forget.millis(),))?;
        let AttemptRecord { install, door, at, failed } = attempt;
        self.write(
            "INSERT INTO attempt (install, way, idx, at, failed) VALUES (?1, ?2, ?3, ?4, ?5)",
            (install, word(door.way), door.index, at.millis(), failed),
        )
        .map(drop)
    }

    fn set_shut(&self, door: Door, shut: ShutRecord) -> Result<(), StorageError> {
        let Some(index) = door.index else {
            return Ok(());
        };
        self.write(
            "INSERT OR REPLACE INTO shut (way, idx, since, until) VALUES (?1, ?2, ?3, ?4)",
            (word(door.way), index, shut.since.millis(), shut.until.millis()),
        )
        .map(drop)
    }
}

fn word(way: Way) -> &'static str {
    match way {
        Way::Code => "code",
        Way::Phrase => "phrase",
    }
}

#[cfg(test)]
mod tests {
    use super::super::SqliteStorage;
    use super::*;

    #[test]
    fn a_limit_is_asked_of_an_index_of_failures_and_never_of_the_table() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("yorisoi.db");
        drop(SqliteStorage::create(&file).unwrap());
        let database = rusqlite::Connection::open(&file).unwrap();
        for (sql, index) in [
            (OWN_FAILURES, "USING COVERING INDEX attempt_by_install (install=? AND way=? AND at>?)"),
            (DOOR_FAILURES, "USING COVERING INDEX attempt_by_door (way=? AND idx=? AND at>?)"),
            (FORGET, "INDEX attempt_by_at (at<?)"),
        ] {
            let explain = format!("EXPLAIN QUERY PLAN {sql}");
            let plan: String = database
                .query_row(&explain, rusqlite::params_from_iter(vec![0; sql.matches('?').count()]), |row| {
                    row.get(3)
                })
                .unwrap();
            assert!(plan.starts_with("SEARCH attempt ") && plan.contains(index), "{plan}");
        }
        let indexed =
            "SELECT count(*) FROM sqlite_schema WHERE name IN ('attempt_by_install', 'attempt_by_door')
                       AND sql LIKE '%WHERE failed = 1'";
        assert_eq!(database.query_row(indexed, (), |row| row.get(0)), Ok(2), "of failures alone");
    }
}
