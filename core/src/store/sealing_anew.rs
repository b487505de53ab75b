//! Seals every value under the newest generation of keys, so that older ones can leave the ring.
//!
//! A few rows per transaction, so that nobody waits; cut anywhere it begins again and passes over what is done.

use rusqlite::params;

use super::apply::change_row;
use super::database::Durability;
use super::operations::row_id;
use super::records::{Records, blob};
use super::{Store, StoreError};
use crate::vault::{Place, Table, Vault};
use yorisoi_protocol::ids::{ChangeId, OperationId};

/// Rows looked at in one transaction.
const BATCH: u32 = 256;

/// A table, with what tells its rows apart: a column they stand in the order of, and what binds a value to its row.
struct Sealed {
    table: Table,
    name: &'static str,
    key: &'static str,
    id: &'static str,
    version: &'static str,
}

const TABLES: [Sealed; 7] = [
    Sealed { table: Table::Operation, name: "operation", key: "seq", id: "id", version: "version" },
    Sealed { table: Table::Change, name: "change", key: "number", id: "id", version: "1" },
    Sealed { table: Table::Consultation, name: "consultation", key: "rank", id: "id", version: "version" },
    Sealed { table: Table::Draft, name: "draft", key: "rank", id: "id", version: "version" },
    Sealed { table: Table::Receipts, name: "receipts", key: "number", id: "x''", version: "1" },
    Sealed { table: Table::PhotoPiece, name: "photo_piece", key: "number", id: "id", version: "place" },
    Sealed { table: Table::Record, name: "record", key: "id", id: "id", version: "version" },
];

impl Store {
    /// Seals anew what older generations sealed, if there are any, and drops these.
    ///
    /// # Errors
    /// [`StoreError`]. What was done stays done.
    pub fn seal_anew(&self) -> Result<(), StoreError> {
        let keys = self.keys_by_now()?;
        if !keys.vault.has_older() {
            return Ok(());
        }
        for table in &TABLES {
            let mut after = rusqlite::types::Value::Null;
            while let Some(last) =
                self.write(Durability::Power, |records| records.seal_batch(table, &after))?
            {
                after = last;
            }
        }
        self.drop_generations_before(keys.vault.generation())
    }
}

impl Records<'_> {
    /// Looks at the rows after this key; the key of the last one, `None` if there were none.
    fn seal_batch(
        &self,
        sealed: &Sealed,
        after: &rusqlite::types::Value,
    ) -> Result<Option<rusqlite::types::Value>, StoreError> {
        let Sealed { table, name, key, id, version } = sealed;
        let read = format!(
            "SELECT {key}, {id}, {version}, sealed FROM {name} WHERE ?1 IS NULL OR {key} > ?1 ORDER BY {key} LIMIT ?2"
        );
        let (mut read, mut older, mut last) = (self.sql.prepare_cached(&read)?, Vec::new(), None);
        let mut rows = read.query(params![after, BATCH])?;
        while let Some(row) = rows.next()? {
            let (key, id): (rusqlite::types::Value, _) = (row.get(0)?, blob(row.get_ref(1)?)?);
            let (version, value): (i64, _) = (row.get(2)?, blob(row.get_ref(3)?)?);
            if Vault::generation_of(value) != Some(self.vault.generation()) {
                let bound = bound_row(*table, &key, id)?;
                let place = Place { table: *table, row: &bound, version };
                older.push((key.clone(), self.seal_bytes(place, &self.vault.open(place, value)?)?));
            }
            last = Some(key);
        }
        let write = format!("UPDATE {name} SET sealed = ?2 WHERE {key} = ?1");
        let mut write = self.sql.prepare_cached(&write)?;
        for (key, value) in older {
            write.execute(params![key, value])?;
        }
        Ok(last)
    }
}

/// What binds a value of this row to it.
fn bound_row(table: Table, key: &rusqlite::types::Value, id: &[u8]) -> Result<Vec<u8>, StoreError> {
    use rusqlite::types::Value::Integer;
    match (table, key) {
        (Table::Operation, Integer(seq)) => {
            let id = id.try_into().map(OperationId::from_bytes).map_err(|_| StoreError::Damaged)?;
            Ok(row_id(u64::try_from(*seq).map_err(|_| StoreError::Damaged)?, &id))
        }
        (Table::Change, Integer(number)) => {
            let id = id.try_into().map(ChangeId::from_bytes).map_err(|_| StoreError::Damaged)?;
            Ok(change_row(*number, &id))
        }
        (Table::Receipts, Integer(number)) => Ok(number.to_be_bytes().to_vec()),
        _ => Ok(id.to_vec()),
    }
}
