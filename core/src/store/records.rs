//! Sealed rows: how every table but operations and changes is read and written.
//!
//! Ranked rows (consultations, drafts) have a random id and a rank that rises whenever they are written in. Records are
//! everything of which there is one or a few; their ids are derived from their names.

use std::cell::Cell;

use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::{Zeroize, Zeroizing};

use super::StoreError;
use super::rescue::RescueCache;
use crate::host::Randomness;
use crate::vault::{Place, Table, Vault};

/// More bytes than any record with a key has: the identity carries its programme's file.
const KEYS_FIT: usize = 64 * 1024;

/// A transaction with what it takes to seal and open.
pub(super) struct Records<'a> {
    pub(super) sql: &'a Connection,
    pub(super) vault: &'a Vault,
    pub(super) randomness: &'a dyn Randomness,
    pub(super) rescue: &'a RescueCache,
    /// How many values this transaction sealed.
    pub(super) seals: Cell<u64>,
}

/// What stands in the table of records. The bytes of a name never change.
#[derive(Debug, Clone, Copy)]
pub(super) enum Record<'a> {
    Identity,
    Settings,
    Manifest,
    SyncTimes,
    /// Sums over all consultations.
    Totals,
    /// What was answered to the survey of this id.
    Survey(&'a str),
    /// The line of the consent ledger of this number, from 1.
    Consent(u32),
    /// The photos of a draft or an own message.
    Photos(&'a [u8; 16]),
    /// Which messages have photos to send.
    PhotoQueue,
    /// What the envelope in force is for, and the key of its items.
    Rescue,
    /// What became of the items of the file of this number that stands aside.
    Aside(u32),
    /// What the server is to be told of erasures, and what it said.
    Erasures,
    /// The page of this number, from 0, of the thread of a consultation.
    Thread(&'a [u8; 16], u32),
}

impl Record<'_> {
    /// Whether its bytes are to be wiped from memory once they were used.
    fn holds_a_key(self) -> bool {
        matches!(self, Self::Identity | Self::Rescue | Self::Erasures)
    }

    fn name(self) -> Vec<u8> {
        match self {
            Self::Identity => b"identity".to_vec(),
            Self::Settings => b"settings".to_vec(),
            Self::Manifest => b"manifest".to_vec(),
            Self::SyncTimes => b"sync_times".to_vec(),
            Self::Totals => b"totals".to_vec(),
            Self::Survey(id) => [b"survey/", id.as_bytes()].concat(),
            Self::Consent(number) => [&b"consent/"[..], &number.to_be_bytes()].concat(),
            Self::PhotoQueue => b"photo_queue".to_vec(),
            Self::Rescue => b"rescue".to_vec(),
            Self::Erasures => b"erasures".to_vec(),
            Self::Aside(number) => [&b"aside/"[..], &number.to_be_bytes()].concat(),
            Self::Photos(owner) => [&b"photos/"[..], &owner[..]].concat(),
            Self::Thread(consultation, page) => {
                [&b"thread/"[..], &consultation[..], &page.to_be_bytes()].concat()
            }
        }
    }
}

/// A ranked row as it stands.
pub(super) struct Ranked<T> {
    pub(super) id: [u8; 16],
    pub(super) rank: i64,
    pub(super) version: i64,
    pub(super) value: T,
}

impl Records<'_> {
    /// The record of this name.
    pub(super) fn record<T: DeserializeOwned>(&self, record: Record<'_>) -> Result<Option<T>, StoreError> {
        let Some(mut bytes) = self.record_bytes(record)? else {
            return Ok(None);
        };
        let value = serde_json::from_slice(&bytes);
        if record.holds_a_key() {
            bytes.zeroize();
        }
        Ok(Some(value?))
    }

    /// The record of this name, as its bytes.
    pub(super) fn record_bytes(&self, record: Record<'_>) -> Result<Option<Vec<u8>>, StoreError> {
        let id = self.vault.row_id(&record.name());
        let mut statement = self.sql.prepare_cached("SELECT version, sealed FROM record WHERE id = ?1")?;
        let mut rows = statement.query([&id[..]])?;
        let Some(row) = rows.next()? else {
            return Ok(None);
        };
        let place = Place { table: Table::Record, row: &id, version: row.get(0)? };
        Ok(Some(self.vault.open(place, blob(row.get_ref(1)?)?)?))
    }

    /// Whether there is a record of this name.
    pub(super) fn has_record(&self, record: Record<'_>) -> Result<bool, StoreError> {
        let id = self.vault.row_id(&record.name());
        Ok(self.sql.prepare_cached("SELECT 1 FROM record WHERE id = ?1")?.exists([&id[..]])?)
    }

    /// Removes the record of this name, if there is one.
    pub(super) fn remove_record(&self, record: Record<'_>) -> Result<(), StoreError> {
        let id = self.vault.row_id(&record.name());
        self.sql.prepare_cached("DELETE FROM record WHERE id = ?1")?.execute([&id[..]])?;
        Ok(())
    }

    /// Writes the record of this name, new or again.
    pub(super) fn put_record<T: Serialize>(&self, record: Record<'_>, value: &T) -> Result<(), StoreError> {
        if !record.holds_a_key() {
            return self.put_record_bytes(record, &serde_json::to_vec(value)?);
        }
        // With room for all of it, so that no growing leaves a copy of the key behind.
        let mut json = Zeroizing::new(Vec::with_capacity(KEYS_FIT));
        serde_json::to_writer(&mut *json, value)?;
        self.put_record_bytes(record, &json)
    }

    /// Writes the record of this name, new or again, as these bytes.
    pub(super) fn put_record_bytes(&self, record: Record<'_>, value: &[u8]) -> Result<(), StoreError> {
        let id = self.vault.row_id(&record.name());
        let mut before = self.sql.prepare_cached("SELECT version FROM record WHERE id = ?1")?;
        let before: Option<i64> = before.query_row([&id[..]], |row| row.get(0)).optional()?;
        let version = before.unwrap_or(0).saturating_add(1);
        let sealed = self.seal_bytes(Place { table: Table::Record, row: &id, version }, value)?;
        let text = match before {
            Some(_) => "UPDATE record SET version = ?2, sealed = ?3 WHERE id = ?1",
            None => "INSERT INTO record (id, version, sealed) VALUES (?1, ?2, ?3)",
        };
        self.sql.prepare_cached(text)?.execute(params![&id[..], version, sealed])?;
        Ok(())
    }

    /// The ranked row of this id.
    pub(super) fn ranked<T: DeserializeOwned>(
        &self,
        table: Table,
        id: &[u8; 16],
    ) -> Result<Option<Ranked<T>>, StoreError> {
        let text = format!("SELECT rank, version, sealed FROM {} WHERE id = ?1", ranked_name(table)?);
        let mut statement = self.sql.prepare_cached(&text)?;
        let mut rows = statement.query([&id[..]])?;
        let Some(row) = rows.next()? else {
            return Ok(None);
        };
        let (rank, version) = (row.get(0)?, row.get(1)?);
        let value = self.unseal(Place { table, row: id, version }, blob(row.get_ref(2)?)?)?;
        Ok(Some(Ranked { id: *id, rank, version, value }))
    }

    /// Writes a new ranked row, as the first of its list.
    pub(super) fn add_ranked<T: Serialize>(
        &self,
        table: Table,
        id: &[u8; 16],
        value: &T,
    ) -> Result<(), StoreError> {
        let (name, rank) = (ranked_name(table)?, self.next_rank(table)?);
        let sealed = self.seal(Place { table, row: id, version: 1 }, value)?;
        let text = format!("INSERT INTO {name} (id, rank, version, sealed) VALUES (?1, ?2, 1, ?3)");
        self.sql.prepare_cached(&text)?.execute(params![&id[..], rank, sealed])?;
        Ok(())
    }

    /// Writes a ranked row again at the rank it carries.
    pub(super) fn put_ranked<T: Serialize>(&self, table: Table, row: &Ranked<T>) -> Result<(), StoreError> {
        let (name, version) = (ranked_name(table)?, row.version.saturating_add(1));
        let sealed = self.seal(Place { table, row: &row.id, version }, &row.value)?;
        let text = format!("UPDATE {name} SET rank = ?2, version = ?3, sealed = ?4 WHERE id = ?1");
        self.sql.prepare_cached(&text)?.execute(params![&row.id[..], row.rank, version, sealed])?;
        Ok(())
    }

    /// The rank that makes a row the first of its list.
    pub(super) fn next_rank(&self, table: Table) -> Result<i64, StoreError> {
        let text = format!("SELECT coalesce(max(rank), 0) + 1 FROM {}", ranked_name(table)?);
        Ok(self.sql.prepare_cached(&text)?.query_row([], |row| row.get(0))?)
    }

    /// Removes the ranked row of this id, if there is one.
    pub(super) fn remove_ranked(&self, table: Table, id: &[u8; 16]) -> Result<bool, StoreError> {
        let text = format!("DELETE FROM {} WHERE id = ?1", ranked_name(table)?);
        Ok(self.sql.prepare_cached(&text)?.execute([&id[..]])? > 0)
    }

    /// Ranked rows from the highest rank down, those below `below` if it is given, at most `most`.
    pub(super) fn page<T: DeserializeOwned>(
        &self,
        table: Table,
        below: Option<i64>,
        most: u32,
    ) -> Result<Vec<Ranked<T>>, StoreError> {
        let text = format!(
            "SELECT id, rank, version, sealed FROM {} WHERE rank < ?1 ORDER BY rank DESC LIMIT ?2",
            ranked_name(table)?
        );
        let mut statement = self.sql.prepare_cached(&text)?;
        let mut rows = statement.query(params![below.unwrap_or(i64::MAX), most])?;
        let mut page = Vec::new();
        while let Some(row) = rows.next()? {
            let id: [u8; 16] = blob(row.get_ref(0)?)?.try_into().map_err(|_| StoreError::Damaged)?;
            let (rank, version) = (row.get(1)?, row.get(2)?);
            let value = self.unseal(Place { table, row: &id, version }, blob(row.get_ref(3)?)?)?;
            page.push(Ranked { id, rank, version, value });
        }
        Ok(page)
    }

    /// How many ranked rows there are.
    pub(super) fn count(&self, table: Table) -> Result<u64, StoreError> {
        let text = format!("SELECT count(*) FROM {}", ranked_name(table)?);
        let count: i64 = self.sql.prepare_cached(&text)?.query_row([], |row| row.get(0))?;
        u64::try_from(count).map_err(|_| StoreError::Damaged)
    }

    pub(super) fn seal<T: Serialize>(&self, place: Place<'_>, value: &T) -> Result<Vec<u8>, StoreError> {
        self.seal_bytes(place, &serde_json::to_vec(value)?)
    }

    pub(super) fn seal_bytes(&self, place: Place<'_>, value: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.seals.set(self.seals.get().saturating_add(1));
        Ok(self.vault.seal(place, value, self.randomness)?)
    }

    pub(super) fn unseal<T: DeserializeOwned>(
        &self,
        place: Place<'_>,
        sealed: &[u8],
    ) -> Result<T, StoreError> {
        Ok(serde_json::from_slice(&self.vault.open(place, sealed)?)?)
    }
}

/// The bytes of a column; another type stands in no file this library wrote.
pub(super) fn blob(column: rusqlite::types::ValueRef<'_>) -> Result<&[u8], StoreError> {
    column.as_blob().map_err(|_| StoreError::Damaged)
}

fn ranked_name(table: Table) -> Result<&'static str, StoreError> {
    match table {
        Table::Consultation => Ok("consultation"),
        Table::Draft => Ok("draft"),
        Table::Operation | Table::Change | Table::Receipts | Table::PhotoPiece | Table::Record => {
            Err(StoreError::NotFound)
        }
    }
}
