//! [`Streams`] in SQLite.

use yorisoi_protocol::Timestamp;
use yorisoi_protocol::digest::StreamDigest;
use yorisoi_protocol::ids::{DeviceId, MemberId};

use super::values::{blob, bytes, number, signed};
use super::{SqliteTransaction, StorageError};
use crate::storage::{EntryRecord, Head, StoredEntry, StreamRow, Streams};

impl Streams for SqliteTransaction<'_> {
    fn lock_member(&self, _: MemberId) -> Result<(), StorageError> {
        // `BEGIN IMMEDIATE` holds the lock of the whole file already.
        Ok(())
    }

    fn head(&self, member: MemberId) -> Result<Head, StorageError> {
        let head =
            self.one("SELECT position, digest FROM member WHERE id = ?1", (member.as_bytes(),), |row| {
                let digest: i64 = row.get(1)?;
                Ok(Head {
                    position: number(row, 0)?,
                    digest: StreamDigest::from_value(digest.cast_unsigned()),
                })
            })?;
        Ok(head.unwrap_or_default())
    }

    fn append(&self, member: MemberId, position: u64, entry: &EntryRecord) -> Result<bool, StorageError> {
        let EntryRecord { id, hash, origin, message, sealed } = entry;
        let (origin, message) = (origin.as_ref(), message.as_ref());
        self.wrote(
            "INSERT OR IGNORE INTO entry
             (member, position, id, hash, origin, seq, outcome, consultation, at, due, clinician, sealed)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            (
                member.as_bytes(),
                signed(position),
                id,
                hash,
                origin.map(|origin| origin.device.as_bytes()),
                origin.map(|origin| signed(origin.seq)),
                origin.map(|origin| &origin.outcome),
                message.map(|message| message.consultation.as_bytes()),
                message.map(|message| message.at.millis()),
                message.and_then(|message| message.due).map(Timestamp::millis),
                message.and_then(|message| message.clinician.as_ref()),
                sealed,
            ),
        )
    }

    fn set_head(&self, member: MemberId, head: Head) -> Result<(), StorageError> {
        self.write(
            "UPDATE member SET position = ?2, digest = ?3 WHERE id = ?1",
            (member.as_bytes(), signed(head.position), head.digest.value().cast_signed()),
        )
        .map(drop)
    }

    fn entries_after(
        &self,
        member: MemberId,
        after: u64,
        not_from: DeviceId,
        rows: u32,
    ) -> Result<Vec<StreamRow>, StorageError> {
        self.all(
            "SELECT position, id, sealed FROM entry
             WHERE member = ?1 AND position > ?2 AND origin IS NOT ?3 AND sealed IS NOT NULL
             ORDER BY position LIMIT ?4",
            (member.as_bytes(), signed(after), not_from.as_bytes(), rows),
            |row| Ok(StreamRow { position: number(row, 0)?, id: bytes(row, 1)?, sealed: blob(row, 2)? }),
        )
    }

    fn entry(&self, id: &[u8; 16]) -> Result<Option<StoredEntry>, StorageError> {
        self.one("SELECT member, sealed FROM entry WHERE id = ?1", (id,), |row| {
            Ok(StoredEntry { member: MemberId::from_bytes(bytes(row, 0)?), sealed: row.get(1)? })
        })
    }
}
