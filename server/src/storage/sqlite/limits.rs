//! [`Limits`] in SQLite.

use yorisoi_protocol::Timestamp;

use super::values::{number, optional_time, time};
use super::{SqliteTransaction, StorageError};
use crate::storage::{AttemptRecord, Door, Limits, OwnFailures, ShutRecord, Way};

impl Limits for SqliteTransaction<'_> {
    fn own_failures(
        &self,
        install: &[u8; 32],
        way: Way,
        after: Timestamp,
    ) -> Result<OwnFailures, StorageError> {
        let own = self.one(
            "SELECT count(*), min(at) FROM attempt WHERE install = ?1 AND way = ?2 AND at > ?3 AND failed = 1",
            (install, word(way), after.millis()),
            |row| Ok(OwnFailures { count: number(row, 0)?, first: optional_time(row, 1)? }),
        )?;
        Ok(own.unwrap_or_default())
    }

    fn door_failures(&self, door: Door, after: Timestamp) -> Result<u32, StorageError> {
        // Nothing is equal to an index that is absent.
        let count = self.one(
            "SELECT count(*) FROM attempt WHERE way = ?1 AND idx = ?2 AND at > ?3 AND failed = 1",
            (word(door.way), door.index, after.millis()),
            |row| number(row, 0),
        )?;
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
        self.write("DELETE FROM attempt WHERE at < ?1", (forget.millis(),))?;
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
