//! Erasing everything that stands in the files, so that nothing of it can be brought back.
//!
//! | | what | cut after it |
//! |---|---|---|
//! | 1 | one power-safe transaction empties every table, puts a new ring of keys in the old one's place, and writes down that an erasure is to be ended | everything is erased; the next opening ends it |
//! | 2 | the files that stand aside are overwritten and deleted | the same |
//! | 3 | the root key is changed, as far as the key store lets it be ([`Store::change_root_key`]) | the same |
//! | 4 | the log is folded in and the file is written anew without what was freed | the same |
//! | 5 | the note of 1 is taken away | nothing is left to do |
//!
//! Before the first step's commit all is as it was, after it nothing of it is: no moment in between can be seen, by no thread
//! and by no other process, and no key is left under which a value opened. A key store that fails stops none of it but the
//! third step; without the ring that was, its key opens nothing. On a full disk the first step does not overwrite what it frees,
//! which takes only a few pages; the fourth does that.
//!
//! Another process that has the file open finds nothing more in it, and is told [`StoreError::KeysChanged`] when it writes: the
//! new ring has other names for everything, so what it knows of cannot get in again.
//!
//! Three things outlive. The manifest, which is everybody's. An [`Erasure`], until the server was told: the device's id and key,
//! its programme, and nothing else; it ends as the server's receipt. And the database's id, a random number.

use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use yorisoi_protocol::Timestamp;
use yorisoi_protocol::ids::{DeviceId, ErasureId};
use yorisoi_protocol::wire::{ErasureReceipt, PublicKey};

use super::database::Durability;
use super::keys::{Keys, meta, put_meta, remove_meta};
use super::records::Record;
use super::{Identity, Store, StoreError};
use crate::host::KeyStore;
use crate::vault::Secret;

/// What says in `meta` that an erasure is to be ended.
pub(super) const ERASING: &str = "erasing";
/// Overwrites everything that is freed.
const OVERWRITE: &str = "PRAGMA secure_delete = ON";
/// Overwrites only what lies in pages that are written anyway.
const OVERWRITE_LITTLE: &str = "PRAGMA secure_delete = FAST";

/// One erasure of a place the server knows: what it takes to tell the server, then what the server said.
#[derive(Clone, Serialize, Deserialize)]
pub struct Erasure {
    /// Names it, however often the server is asked.
    pub id: ErasureId,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// The device as the server knew it.
    pub device: DeviceId,
    /// The id of its programme.
    pub programme: String,
    /// The server's receipt key, as it came with the place.
    pub receipt_key: PublicKey,
    /// The seed of the device's Ed25519 key; absent once the server has answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<Secret>,
    /// The server's word that it is done. Absent, once it has answered, where it did not know the device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<ErasureReceipt>,
}

impl Store {
    /// Empties the database: step 1 of the table above. What was asked of the server and not answered yet stays, receipts of
    /// earlier erasures do not.
    ///
    /// # Errors
    /// [`StoreError`]; then everything is as it was.
    pub fn empty(&self, at: Timestamp) -> Result<(), StoreError> {
        match self.empty_overwriting(at, OVERWRITE) {
            Err(StoreError::Full) => {
                // What the log takes up is room, once it is folded in. If it cannot be, the next line says so.
                self.database.fold().ok();
                self.empty_overwriting(at, OVERWRITE_LITTLE)
            }
            emptied => emptied,
        }
    }

    fn empty_overwriting(&self, at: Timestamp, how: &str) -> Result<(), StoreError> {
        let empty = |sql: &Connection| {
            sql.execute_batch(how)?;
            let emptied = self.empty_within(sql, at);
            // Whatever came of it, what is freed from now on is overwritten.
            sql.execute_batch(OVERWRITE)?;
            emptied
        };
        self.database.write_then(Durability::Power, empty, |keys| self.keep_keys(keys))?;
        self.rescue.forget();
        Ok(())
    }

    /// Empties the database within a transaction; the keys to go on with.
    fn empty_within(&self, sql: &Connection, at: Timestamp) -> Result<Arc<Keys>, StoreError> {
        let keys = self.keys(sql)?;
        let before = self.records(sql, &keys);
        let manifest = if_sound(before.record_bytes(Record::Manifest))?;
        let mut erasures: Vec<Erasure> = if_sound(before.record(Record::Erasures))?.unwrap_or_default();
        erasures.retain(|erasure| erasure.seed.is_some());
        let identity = if_sound(before.record(Record::Identity))?;
        erasures.extend(identity.map(|identity| self.to_be_told(identity, at)).transpose()?.flatten());
        remove_all(sql)?;
        let keys = Arc::new(keys.anew(sql, self.randomness.as_ref())?);
        let after = self.records(sql, &keys);
        if let Some(manifest) = manifest {
            after.put_record_bytes(Record::Manifest, &manifest)?;
        }
        if !erasures.is_empty() {
            after.put_record(Record::Erasures, &erasures)?;
        }
        put_meta(sql, ERASING, &[1])?;
        let sealed = after.seals.get();
        self.count_seals(sql, Arc::clone(&keys), sealed)
    }

    /// Ends an erasure: steps 2 to 5. Does nothing if there is none to end.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Busy`] while another process goes on reading what was. The next opening, or the next call,
    /// ends it.
    pub fn end_erasure(&self, keys: &dyn KeyStore) -> Result<(), StoreError> {
        if !self.database.read(|sql| Ok(meta(sql, ERASING)?.is_some()))? {
            return Ok(());
        }
        let aside = self.delete_aside();
        // Without the ring that was, the old key opens nothing of what was.
        self.change_root_key(keys).ok();
        self.database.sweep()?;
        aside?;
        self.database.write(Durability::Power, |sql| remove_meta(sql, ERASING))
    }

    /// The erasures that the server is to be told of, and what it said.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn erasures(&self) -> Result<Vec<Erasure>, StoreError> {
        Ok(self.read(|records| records.record(Record::Erasures))?.unwrap_or_default())
    }

    /// Keeps what the server said of an erasure; it is asked no more. Whether that is news.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn keep_erased(&self, id: ErasureId, receipt: Option<&ErasureReceipt>) -> Result<bool, StoreError> {
        self.write(Durability::Power, |records| {
            let mut erasures: Vec<Erasure> = records.record(Record::Erasures)?.unwrap_or_default();
            let waiting = |erasure: &&mut Erasure| erasure.id == id && erasure.seed.is_some();
            let Some(erasure) = erasures.iter_mut().find(waiting) else {
                return Ok(false);
            };
            (erasure.seed, erasure.receipt) = (None, receipt.cloned());
            records.put_record(Record::Erasures, &erasures)?;
            Ok(true)
        })
    }

    /// What the server is to be told of a place it granted.
    fn to_be_told(&self, identity: Identity, at: Timestamp) -> Result<Option<Erasure>, StoreError> {
        let Some(grant) = identity.grant else {
            return Ok(None);
        };
        let id = crate::host::random(self.randomness.as_ref()).map_err(|_| StoreError::NoRandomness)?;
        Ok(Some(Erasure {
            id: ErasureId::from_bytes(id),
            asked_at: at,
            device: grant.device,
            programme: grant.programme,
            receipt_key: grant.receipt_key,
            seed: Some(identity.seed),
            receipt: None,
        }))
    }
}

/// Empties every table there is, so that no later one is forgotten. Of `meta` the database's id stays.
fn remove_all(sql: &Connection) -> Result<(), StoreError> {
    let mut tables = sql.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
         AND name <> 'meta'",
    )?;
    let names: Vec<String> = tables.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for name in names {
        sql.execute(&format!("DELETE FROM \"{name}\""), [])?;
    }
    sql.execute("DELETE FROM meta WHERE name <> 'database_id'", [])?;
    Ok(())
}

/// What cannot be read is erased all the same.
fn if_sound<T>(read: Result<Option<T>, StoreError>) -> Result<Option<T>, StoreError> {
    match read {
        Err(StoreError::Damaged) => Ok(None),
        read => read,
    }
}

/// Overwrites a file and deletes it.
pub(super) fn overwrite_and_delete(path: &Path) -> Result<(), StoreError> {
    // A file that cannot be overwritten is deleted all the same.
    overwrite(path).ok();
    std::fs::remove_file(path).map_err(|_| StoreError::Io)
}

fn overwrite(path: &Path) -> std::io::Result<()> {
    const ZEROS: [u8; 4096] = [0; 4096];
    let mut file = std::fs::File::options().write(true).open(path)?;
    let mut left = file.seek(SeekFrom::End(0))?;
    file.rewind()?;
    while left > 0 {
        let zeros = ZEROS.get(..usize::try_from(left).unwrap_or(usize::MAX)).unwrap_or(&ZEROS);
        file.write_all(zeros)?;
        left = left.saturating_sub(zeros.len() as u64);
    }
    file.sync_all()
}
