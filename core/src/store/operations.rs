//! Operations: the outbox and the record of what was handed in.
//!
//! An operation is numbered and written in the transaction of the change it carries, and its text never changes
//! afterwards. States: pending → acknowledged or refused; what is on its way still waits, since nobody knows whether it arrives. A refused one blocks nothing behind it. One that was
//! decided before waits again where a server may have lost it; of a refused one only the number is sent then.

use rusqlite::{OptionalExtension, params, params_from_iter};
use yorisoi_protocol::Timestamp;
use yorisoi_protocol::digest::EntryHash;
use yorisoi_protocol::ids::{OperationId, Series};
use yorisoi_protocol::rescue::ItemName;
use yorisoi_protocol::wire::{Cursor, EntryText, Operation, OperationBody, OperationHead};

use super::records::{Records, blob};
use super::rows::StoredOperation;
use super::{Store, StoreError};
use crate::sync::Concern;
use crate::vault::{Place, Table};

pub(super) const PENDING: i64 = 0;
pub(super) const ACKNOWLEDGED: i64 = 2;
pub(super) const REFUSED: i64 = 3;
/// In these words SQLite sees that the index of what waits holds all that is asked for: what was settled long ago is not
/// walked through.
const WAITING: &str =
    "SELECT seq, id, version, sealed FROM operation WHERE state < 2 AND seq > ?1 ORDER BY seq";

/// An operation on its way to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Its number.
    pub seq: u64,
    /// Its id.
    pub id: OperationId,
    /// Its text, to the byte what every attempt sends.
    pub text: EntryText,
    /// SHA-256 of that.
    pub hash: EntryHash,
    /// What it concerns; `None` where its text is a number without its operation.
    pub concern: Option<Concern>,
}

impl Outgoing {
    /// With what is told of its text: told here, ahead, rather than when a reply has come and the server waits for the next request.
    pub fn new(seq: u64, id: OperationId, text: EntryText) -> Self {
        let (hash, concern) = (text.hash(), Concern::of(&text));
        Self { seq, id, text, hash, concern }
    }
}

/// Operations to send.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Collected {
    /// Oldest first.
    pub operations: Vec<Outgoing>,
    /// Whether others wait behind them.
    pub more: bool,
}

/// What applying a reply led to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// The digest of what this device now holds of the stream.
    pub digest: yorisoi_protocol::digest::StreamDigest,
    /// Operations still to be sent.
    pub pending: u64,
    /// What the app should read anew.
    pub notices: Vec<crate::host::Notice>,
    /// Whether anything was written: not where nothing was new.
    pub written: bool,
}

/// An operation as it stands.
pub(super) struct Found {
    pub(super) seq: u64,
    pub(super) id: OperationId,
    pub(super) state: i64,
    version: i64,
    /// The number of the receipts its own is among.
    pub(super) receipts: Option<i64>,
    pub(super) stored: StoredOperation,
}

/// A new operation as it was written.
pub(super) struct Enqueued {
    pub(super) seq: u64,
    pub(super) id: OperationId,
}

impl Records<'_> {
    /// Numbers and writes an operation.
    pub(super) fn enqueue(&self, body: OperationBody, at: Timestamp) -> Result<Enqueued, StoreError> {
        self.enqueue_as(self.next_operation()?, body, at)
    }

    /// The number and the id of the operation that is enqueued next. Ids are a series from the first operation of a database on,
    /// which is named at random.
    pub(super) fn next_operation(&self) -> Result<Enqueued, StoreError> {
        let mut last = self.sql.prepare_cached("SELECT seq, id FROM operation ORDER BY seq DESC LIMIT 1")?;
        let last = last.query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 16]>(1)?)));
        let (seq, series) = match last.optional()? {
            Some((seq, id)) => (seq.saturating_add(1), Series::of(&id)),
            None => {
                let series = crate::host::random(self.randomness).map_err(|_| StoreError::NoRandomness)?;
                (1, Series::from_bytes(series))
            }
        };
        let seq = u64::try_from(seq).map_err(|_| StoreError::Damaged)?;
        Ok(Enqueued { seq, id: OperationId::from_bytes(series.name(seq)) })
    }

    /// A name of the same series by chance: unlike an operation, whose number stands in its row, what is named so does not tell in
    /// the file when it came to be, nor with which operation. No two are alike in one phone's life.
    pub(super) fn name_beside(&self, next: &Enqueued) -> Result<[u8; 16], StoreError> {
        let end = crate::host::random(self.randomness).map_err(|_| StoreError::NoRandomness)?;
        Ok(Series::of(next.id.as_bytes()).drawn(end))
    }

    /// Writes an operation as the next one.
    pub(super) fn enqueue_as(
        &self,
        next: Enqueued,
        body: OperationBody,
        at: Timestamp,
    ) -> Result<Enqueued, StoreError> {
        let Enqueued { seq: number, id } = next;
        let text = EntryText::write(&Operation { id, seq: number, at, body })?;
        let stored = StoredOperation { text, receipt: None, refusal: None, failed: 0 };
        let rescue = self.rescue_item(ItemName::Operation(id), &stored.text)?;
        let sealed = self.seal(place(&row_id(number, &id), 1), &stored)?;
        self.sql
            .prepare_cached(
                "INSERT INTO operation (seq, id, state, version, sealed, rescue) VALUES (?1, ?2, ?3, 1, ?4, ?5)",
            )?
            .execute(params![signed(number)?, &id.as_bytes()[..], PENDING, sealed, rescue])?;
        Ok(Enqueued { seq: number, id })
    }

    /// The operation of this number.
    pub(super) fn operation(&self, seq: u64) -> Result<Found, StoreError> {
        let mut statement = self
            .sql
            .prepare_cached("SELECT id, state, version, sealed, receipts FROM operation WHERE seq = ?1")?;
        let mut rows = statement.query([signed(seq)?])?;
        let row = rows.next()?.ok_or(StoreError::Damaged)?;
        let id = blob(row.get_ref(0)?)?.try_into().map_err(|_| StoreError::Damaged)?;
        let (id, version) = (OperationId::from_bytes(id), row.get(2)?);
        let stored = self.unseal(place(&row_id(seq, &id), version), blob(row.get_ref(3)?)?)?;
        Ok(Found { seq, id, state: row.get(1)?, version, receipts: row.get(4)?, stored })
    }

    /// Writes that the server holds an operation that stands as it was queued, with its receipt among those of this number. Its text
    /// is not looked at. `false`, with nothing written, of any other.
    pub(super) fn acknowledge_as_queued(
        &self,
        seq: u64,
        id: &OperationId,
        receipts: i64,
    ) -> Result<bool, StoreError> {
        // Whatever else becomes known of an operation stands in a later version of its row.
        let mut held = self.sql.prepare_cached(
            "UPDATE operation SET state = ?3, receipts = ?4, rescue = NULL
             WHERE seq = ?1 AND id = ?2 AND state < 2 AND version = 1",
        )?;
        Ok(held.execute(params![signed(seq)?, &id.as_bytes()[..], ACKNOWLEDGED, receipts])? > 0)
    }

    /// Writes what is known of an operation. Once the server has decided there is nothing to rescue any more.
    pub(super) fn settle(&self, found: &Found) -> Result<(), StoreError> {
        let Found { seq, id, state, version, receipts, stored } = found;
        let version = version.saturating_add(1);
        let sealed = self.seal(place(&row_id(*seq, id), version), stored)?;
        self.sql
            .prepare_cached(
                "UPDATE operation SET state = ?2, version = ?3, sealed = ?4, receipts = ?5,
                 rescue = CASE WHEN ?2 < 2 THEN rescue END WHERE seq = ?1",
            )?
            .execute(params![signed(*seq)?, state, version, sealed, receipts])?;
        Ok(())
    }

    /// Lets the number of a refused operation be sent.
    pub(super) fn wait_again(&self, seq: u64) -> Result<(), StoreError> {
        let mut waits = self.sql.prepare_cached("UPDATE operation SET state = ?2 WHERE seq = ?1")?;
        waits.execute(params![signed(seq)?, PENDING])?;
        Ok(())
    }

    /// Operations not settled yet.
    pub(super) fn pending(&self) -> Result<u64, StoreError> {
        let mut statement = self.sql.prepare_cached("SELECT count(*) FROM operation WHERE state < 2")?;
        let count = statement.query_row([], |row| row.get::<_, i64>(0))?;
        u64::try_from(count).map_err(|_| StoreError::Damaged)
    }

    /// Every operation behind number `after` that is not settled yet, oldest first, until `visit` says stop.
    pub(super) fn visit_waiting(
        &self,
        after: u64,
        mut visit: impl FnMut(u64, OperationId, StoredOperation) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        self.visit(WAITING, &[signed(after)?], &mut visit)
    }

    /// Every operation the server holds, oldest first, until `visit` says stop.
    pub(super) fn visit_acknowledged(
        &self,
        mut visit: impl FnMut(u64, OperationId, StoredOperation) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        self.visit(
            "SELECT seq, id, version, sealed FROM operation WHERE state = 2 ORDER BY seq",
            &[],
            &mut visit,
        )
    }

    fn visit(
        &self,
        sql: &str,
        params: &[i64],
        visit: &mut dyn FnMut(u64, OperationId, StoredOperation) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        let mut statement = self.sql.prepare_cached(sql)?;
        let mut rows = statement.query(params_from_iter(params))?;
        while let Some(row) = rows.next()? {
            let (seq, id): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
            let seq = u64::try_from(seq).map_err(|_| StoreError::Damaged)?;
            let id = OperationId::from_bytes(id.try_into().map_err(|_| StoreError::Damaged)?);
            let stored = self.unseal(place(&row_id(seq, &id), row.get(2)?), blob(row.get_ref(3)?)?)?;
            if !visit(seq, id, stored)? {
                break;
            }
        }
        Ok(())
    }
}

impl Records<'_> {
    /// What every operation holds, opened and not read.
    pub(super) fn scan_operations(
        &self,
        mut visit: impl FnMut(&[u8]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut statement = self.sql.prepare_cached("SELECT seq, id, version, sealed FROM operation")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let seq = u64::try_from(row.get::<_, i64>(0)?).map_err(|_| StoreError::Damaged)?;
            let id = blob(row.get_ref(1)?)?.try_into().map(OperationId::from_bytes);
            let place_row = row_id(seq, &id.map_err(|_| StoreError::Damaged)?);
            visit(&self.vault.open(place(&place_row, row.get(2)?), blob(row.get_ref(3)?)?)?)?;
        }
        Ok(())
    }
}

impl Records<'_> {
    fn collect(&self, after: u64, most: usize, bytes: usize) -> Result<Collected, StoreError> {
        let mut collected = Collected::default();
        let mut size = 0;
        self.visit_waiting(after, |seq, id, stored| {
            let text = match stored.refusal {
                None => stored.text,
                Some(_) => OperationHead::read(&stored.text).map_err(|_| StoreError::Damaged)?.void()?,
            };
            size += text.as_str().len();
            let full = collected.operations.len() >= most || size > bytes;
            if full && !collected.operations.is_empty() {
                collected.more = true;
                return Ok(false);
            }
            collected.operations.push(Outgoing::new(seq, id, text));
            Ok(true)
        })?;
        Ok(collected)
    }
}

impl Store {
    /// The next operations to send behind number `after`, oldest first, within both limits but at least one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn collect(&self, after: u64, most: usize, bytes: usize) -> Result<Collected, StoreError> {
        self.read(|records| records.collect(after, most, bytes))
    }

    /// The same from the first operation on, and how far the device has read.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn collect_first(
        &self,
        most: usize,
        bytes: usize,
    ) -> Result<(Collected, Option<Cursor>), StoreError> {
        self.read(|records| {
            let cursor = records.progress()?.map(|progress| progress.cursor);
            Ok((records.collect(0, most, bytes)?, cursor))
        })
    }

    /// How many operations are not settled yet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn pending(&self) -> Result<u64, StoreError> {
        self.read(|records| records.pending())
    }
}

fn place(row: &[u8], version: i64) -> Place<'_> {
    Place { table: Table::Operation, row, version }
}

pub(super) fn row_id(seq: u64, id: &OperationId) -> Vec<u8> {
    [&seq.to_be_bytes()[..], &id.as_bytes()[..]].concat()
}

fn signed(seq: u64) -> Result<i64, StoreError> {
    i64::try_from(seq).map_err(|_| StoreError::Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Phone;

    #[test]
    fn what_waits_is_found_without_a_walk_through_what_is_settled() {
        let phone = Phone::new();
        let store = Store::open(phone.path(), &phone.host()).unwrap();
        store
            .read(|records| {
                let mut plan = records.sql.prepare(&format!("EXPLAIN QUERY PLAN {WAITING}"))?;
                let plan: String = plan.query_row([0], |row| row.get(3))?;
                assert!(plan.ends_with("USING INDEX outbox (seq>?)"), "{plan}");
                Ok(())
            })
            .unwrap();
    }
}
