//! [`Phrases`] in SQLite.

use yorisoi_protocol::Timestamp;

use super::values::{bytes, number, optional_time, time};
use super::{SqliteTransaction, StorageError};
use crate::keys::CodeTag;
use crate::storage::{PhraseRecord, Phrases};

impl Phrases for SqliteTransaction<'_> {
    fn end_phrase(&self, programme: &str, at: Timestamp) -> Result<bool, StorageError> {
        self.wrote(
            "UPDATE phrase SET ended_at = ?2 WHERE programme = ?1 AND ended_at IS NULL",
            (programme, at.millis()),
        )
    }

    fn set_phrase(&self, phrase: &PhraseRecord) -> Result<(), StorageError> {
        self.write(
            "INSERT INTO phrase (tag, programme, joins_per_day, set_at, ended_at) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (tag) DO UPDATE SET joins_per_day = ?3, set_at = ?4, ended_at = ?5",
            (
                &phrase.tag,
                &phrase.programme,
                phrase.joins_per_day,
                phrase.set_at.millis(),
                phrase.ended_at.map(Timestamp::millis),
            ),
        )
        .map(drop)
    }

    fn lock_phrase(&self, tag: &CodeTag) -> Result<Option<PhraseRecord>, StorageError> {
        self.one(
            "SELECT tag, programme, joins_per_day, set_at, ended_at FROM phrase WHERE tag = ?1",
            (tag,),
            |row| {
                Ok(PhraseRecord {
                    tag: bytes(row, 0)?,
                    programme: row.get(1)?,
                    joins_per_day: number(row, 2)?,
                    set_at: time(row, 3)?,
                    ended_at: optional_time(row, 4)?,
                })
            },
        )
    }
}
