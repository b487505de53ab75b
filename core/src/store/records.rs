//! Sealed JSON rows: how every table but operations and changes is read and written.

use rusqlite::{OptionalExtension, Transaction, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::StoreError;
use crate::host::Randomness;
use crate::vault::{Place, Table, Vault};

/// A transaction with what it takes to seal and open.
pub(super) struct Records<'a> {
    pub(super) sql: &'a Transaction<'a>,
    pub(super) vault: &'a Vault,
    pub(super) randomness: &'a dyn Randomness,
}

impl Records<'_> {
    /// The row of this id.
    pub(super) fn get<T: DeserializeOwned>(&self, table: Table, id: &[u8]) -> Result<Option<T>, StoreError> {
        let text = format!("SELECT version, sealed FROM {} WHERE id = ?1", name(table)?);
        let mut statement = self.sql.prepare_cached(&text)?;
        let found: Option<(i64, Vec<u8>)> =
            statement.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        found.map(|(version, sealed)| self.unseal(Place { table, row: id, version }, &sealed)).transpose()
    }

    /// Writes the row of this id, new or again.
    pub(super) fn put<T: Serialize>(&self, table: Table, id: &[u8], value: &T) -> Result<(), StoreError> {
        let name = name(table)?;
        let mut statement = self.sql.prepare_cached(&format!("SELECT version FROM {name} WHERE id = ?1"))?;
        let before: Option<i64> = statement.query_row([id], |row| row.get(0)).optional()?;
        let version = before.unwrap_or(0).saturating_add(1);
        let sealed = self.seal(Place { table, row: id, version }, value)?;
        let text = format!("INSERT OR REPLACE INTO {name} (id, version, sealed) VALUES (?1, ?2, ?3)");
        self.sql.prepare_cached(&text)?.execute(params![id, version, sealed])?;
        Ok(())
    }

    /// Removes the row of this id, if there is one.
    pub(super) fn remove(&self, table: Table, id: &[u8]) -> Result<bool, StoreError> {
        let text = format!("DELETE FROM {} WHERE id = ?1", name(table)?);
        Ok(self.sql.prepare_cached(&text)?.execute([id])? > 0)
    }

    /// All rows, in the order of their ids.
    pub(super) fn all<T: DeserializeOwned>(&self, table: Table) -> Result<Vec<(Vec<u8>, T)>, StoreError> {
        let text = format!("SELECT id, version, sealed FROM {} ORDER BY id", name(table)?);
        let mut statement = self.sql.prepare_cached(&text)?;
        let mut rows = statement.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let (id, version, sealed): (Vec<u8>, i64, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let value = self.unseal(Place { table, row: &id, version }, &sealed)?;
            found.push((id, value));
        }
        Ok(found)
    }

    pub(super) fn seal<T: Serialize>(&self, place: Place<'_>, value: &T) -> Result<Vec<u8>, StoreError> {
        Ok(self.vault.seal(place, &serde_json::to_vec(value)?, self.randomness)?)
    }

    pub(super) fn unseal<T: DeserializeOwned>(
        &self,
        place: Place<'_>,
        sealed: &[u8],
    ) -> Result<T, StoreError> {
        Ok(serde_json::from_slice(&self.vault.open(place, sealed)?)?)
    }
}

/// The SQL name of a table of plain records.
fn name(table: Table) -> Result<&'static str, StoreError> {
    match table {
        Table::Identity => Ok("identity"),
        Table::Consultation => Ok("consultation"),
        Table::Draft => Ok("draft"),
        Table::Survey => Ok("survey"),
        Table::Consent => Ok("consent"),
        Table::Settings => Ok("settings"),
        Table::SyncTimes => Ok("sync_times"),
        Table::KeyCheck | Table::Operation | Table::Change => Err(StoreError::NotFound),
    }
}
