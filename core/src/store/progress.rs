//! How far sync has come.

use rusqlite::{OptionalExtension, params};
use yorisoi_protocol::digest::{ENTRY_VERSION, StreamDigest};
use yorisoi_protocol::ids::Epoch;
use yorisoi_protocol::wire::Cursor;

use super::database::Durability;
use super::operations::{ACKNOWLEDGED, PENDING, REFUSED};
use super::records::{Record, Records};
use super::{Store, StoreError, SyncTimes};

/// The cursor, and the digest of what this device holds of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// How far the device has read.
    pub cursor: Cursor,
    /// What it holds.
    pub digest: StreamDigest,
}

impl Records<'_> {
    pub(super) fn progress(&self) -> Result<Option<Progress>, StoreError> {
        let mut statement =
            self.sql.prepare_cached("SELECT epoch, position, digest FROM sync_progress WHERE id = 1")?;
        let found: Option<(Vec<u8>, i64, i64)> =
            statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
        let Some((epoch, position, digest)) = found else {
            return Ok(None);
        };
        let epoch = Epoch::from_bytes(epoch.try_into().map_err(|_| StoreError::Damaged)?);
        let position = u64::try_from(position).map_err(|_| StoreError::Damaged)?;
        let digest = StreamDigest::from_value(digest.cast_unsigned());
        Ok(Some(Progress { cursor: Cursor { epoch, position }, digest }))
    }

    /// The number of the present reading of the stream: what was told in an earlier one is told anew.
    pub(super) fn reading(&self) -> Result<i64, StoreError> {
        let mut statement = self.sql.prepare_cached("SELECT reading FROM sync_progress WHERE id = 1")?;
        Ok(statement.query_row([], |row| row.get(0)).optional()?.unwrap_or(1))
    }

    pub(super) fn keep_progress(&self, progress: Progress) -> Result<(), StoreError> {
        let position = i64::try_from(progress.cursor.position).map_err(|_| StoreError::Damaged)?;
        self.sql
            .prepare_cached(
                "INSERT INTO sync_progress (id, epoch, position, digest, reading) VALUES (1, ?1, ?2, ?3, 1)
                 ON CONFLICT (id) DO UPDATE SET epoch = ?1, position = ?2, digest = ?3",
            )?
            .execute(params![
                &progress.cursor.epoch.as_bytes()[..],
                position,
                progress.digest.value().cast_signed()
            ])?;
        Ok(())
    }
}

impl Store {
    /// How far sync has come; `None` before the first reply.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn progress(&self) -> Result<Option<Progress>, StoreError> {
        self.read(|records| records.progress())
    }

    /// Begins the stream anew in this epoch, if one is known, and offers every operation again that was decided: the server may
    /// have lost them, and takes no number before those below it. What it refused stays refused, and only its number is
    /// offered. Nothing the device holds is dropped.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn offer_again(&self, epoch: Option<Epoch>) -> Result<(), StoreError> {
        self.write(Durability::Power, |records| {
            records.sql.execute(
                "UPDATE operation SET state = ?1 WHERE state IN (?2, ?3)",
                params![PENDING, ACKNOWLEDGED, REFUSED],
            )?;
            records.doubt_photos()?;
            records.forget_old_receipts()?;
            epoch.map_or(Ok(()), |epoch| records.restart(epoch, StreamDigest::EMPTY))
        })
    }

    /// Reads the stream of this epoch from its beginning again, to mend what differs.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn read_again(&self, epoch: Epoch) -> Result<(), StoreError> {
        self.write(Durability::Power, |records| {
            let mut digest = StreamDigest::EMPTY;
            records.visit_acknowledged(|_, id, stored| {
                digest = digest.with(id.as_bytes(), ENTRY_VERSION, &stored.text.hash());
                Ok(true)
            })?;
            records.restart(epoch, digest)
        })
    }

    /// What sync knows of time.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn sync_times(&self) -> Result<SyncTimes, StoreError> {
        Ok(self.read(|records| records.record(Record::SyncTimes))?.unwrap_or_default())
    }

    /// Keeps what sync knows of time.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn keep_sync_times(&self, times: &SyncTimes) -> Result<(), StoreError> {
        self.write(Durability::Process, |records| records.put_record(Record::SyncTimes, times))
    }
}

impl Records<'_> {
    fn restart(&self, epoch: Epoch, digest: StreamDigest) -> Result<(), StoreError> {
        self.keep_progress(Progress { cursor: Cursor { epoch, position: 0 }, digest })?;
        self.sql.execute("UPDATE sync_progress SET reading = reading + 1", [])?;
        Ok(())
    }
}
