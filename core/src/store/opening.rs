//! Opening the database: what stands there, whether the key fits, and what to say if not.
//!
//! | file | key store says | result |
//! |---|---|---|
//! | none | no key | a key is made and saved, the file is made |
//! | none | a key | the file is made under that key: a key survives a deleted app on some platforms |
//! | there | a key that fits | opened, brought up to date first if it is of an older schema |
//! | there | a key that does not fit | [`KeyTrouble::Foreign`] |
//! | there | no key | [`KeyTrouble::Missing`] |
//! | any | locked or failing | [`KeyTrouble::Locked`], [`KeyTrouble::Failing`] |
//!
//! In every case of trouble the file and the stored key stay as they are, to the byte. No password is stretched: the root
//! key is random, so opening runs no iterated key derivation.

use std::path::Path;
use std::sync::{Arc, Mutex, RwLock};

use rusqlite::Connection;
use zeroize::Zeroizing;

use super::database::{self, Database};
use super::erasure::ERASING;
use super::keys::{Keys, Rings, meta};
use super::rescue::RescueCache;
use super::upgrade::{self, Upgrade};
use super::{DATABASE_FILE, Store, StoreError};
use crate::host::{Host, KeyStore, KeyStoreError, Randomness};
use crate::vault::{FirstTable, FirstVault, RootKey};

/// Why the key cannot be used. A state with a way on, never a reason to delete anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyTrouble {
    /// Locked for now: try again after the phone is unlocked.
    #[error("the key store is locked")]
    Locked,
    /// The key store fails: try again.
    #[error("the key store is failing")]
    Failing,
    /// The key is gone, the database is there.
    #[error("the key is gone")]
    Missing,
    /// The key belongs to another database: a restored backup, a moved file.
    #[error("the key belongs to another database")]
    Foreign,
}

/// Why the database was not opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyTrouble),
    /// The file cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Opens or makes the database in this directory.
    ///
    /// # Errors
    /// [`OpenError`]; see the table in this module.
    pub fn open(directory: &Path, host: &Host) -> Result<Self, OpenError> {
        let path = directory.join(DATABASE_FILE);
        let keys = host.keys.as_ref();
        database::take_back_half_made(&path)?;
        let found = if database::stands_at(&path)? { Found::read(&path)? } else { None };
        let Some(found) = found else {
            let root = match stored_key(keys)? {
                Some(stored) => RootKey::from_stored(stored).ok_or(KeyTrouble::Foreign)?,
                None => new_key(keys, host.randomness.as_ref())?,
            };
            std::fs::create_dir_all(directory).map_err(|_| StoreError::Io)?;
            return Ok(Self::bring_up(&path, &root, host)?);
        };
        let root = stored_root(keys)?;
        match &found.sealed {
            Sealed::First(check) => {
                let check = FirstVault::new(&root, &found.id).open(FirstTable::KeyCheck, b"", 1, check);
                check.map_err(|_| KeyTrouble::Foreign)?;
                Ok(Self::bring_up(&path, &root, host)?)
            }
            Sealed::Ring(rings) => {
                let opened = rings.open(&root, &found.id).ok_or(KeyTrouble::Foreign)?;
                let store = if found.schema < upgrade::NEWEST {
                    drop(found.connection);
                    Self::bring_up(&path, &root, host)?
                } else {
                    Self::over(Database::over(&path, found.connection), opened, host)
                };
                if rings.in_change() {
                    store.settle_root(&root, &found.id)?;
                }
                if found.erasing {
                    // Everything is erased already; what is left in the files goes now, or the next time.
                    store.end_erasure(keys).ok();
                }
                Ok(store)
            }
        }
    }

    /// Makes the file, or brings an older one up to date.
    fn bring_up(path: &Path, root: &RootKey, host: &Host) -> Result<Self, StoreError> {
        let mut upgrade = Upgrade::new(root, host.randomness.as_ref());
        let database = Database::bring_up(path, &mut upgrade)?;
        let keys = match upgrade.into_keys() {
            Some(keys) => keys,
            // Another process was faster.
            None => database.read(|sql| {
                let id = database_id(sql)?.ok_or(StoreError::Damaged)?;
                Rings::read(sql)?.and_then(|rings| rings.open(root, &id)).ok_or(StoreError::Damaged)
            })?,
        };
        Ok(Self::over(database, keys, host))
    }

    fn over(database: Database, keys: Keys, host: &Host) -> Self {
        let (keys, randomness) = (RwLock::new(Arc::new(keys)), Arc::clone(&host.randomness));
        Self {
            database,
            keys,
            photo_turn: Mutex::default(),
            root_key_turn: Mutex::default(),
            rescue: RescueCache::default(),
            nothing_aside: std::sync::atomic::AtomicBool::default(),
            randomness,
        }
    }
}

/// A database that was made, looked at without changing it.
struct Found {
    connection: Connection,
    schema: u32,
    id: [u8; 16],
    sealed: Sealed,
    /// Whether an erasure was begun and not ended.
    erasing: bool,
}

/// What tells whether a key fits.
enum Sealed {
    First(Vec<u8>),
    Ring(Rings),
}

impl Found {
    /// `None` for a file whose making was cut short before anything was stored in it.
    fn read(path: &Path) -> Result<Option<Self>, StoreError> {
        let connection = database::look(path)?;
        // In one moment, and what needs the tables first: every call at an opening of its own shows.
        let found = database::at_one_moment(&connection, |sql| {
            let id = database_id(sql);
            let schema: u32 = sql.query_row("PRAGMA user_version", [], |row| row.get(0))?;
            if schema == 0 {
                return Ok(None);
            }
            let Some(id) = id? else {
                return if nothing_stored_yet(sql, schema)? { Ok(None) } else { Err(StoreError::Damaged) };
            };
            let sealed = match Rings::read(sql)? {
                Some(rings) => Sealed::Ring(rings),
                None => Sealed::First(meta(sql, "key_check")?.ok_or(StoreError::Damaged)?),
            };
            Ok(Some((schema, id, sealed, meta(sql, ERASING)?.is_some())))
        })?;
        Ok(found.map(|(schema, id, sealed, erasing)| Self { connection, schema, id, sealed, erasing }))
    }
}

/// Whether the file's making was cut short. Only the first schema had its id in a transaction of its own; any other file
/// without one lost it, and is not to be taken for a new one.
fn nothing_stored_yet(sql: &Connection, schema: u32) -> Result<bool, StoreError> {
    let empty = "SELECT NOT EXISTS (SELECT 1 FROM identity) AND NOT EXISTS (SELECT 1 FROM operation)
        AND NOT EXISTS (SELECT 1 FROM draft) AND NOT EXISTS (SELECT 1 FROM settings)";
    Ok(schema == 1 && sql.query_row(empty, [], |row| row.get(0))?)
}

pub(super) fn database_id(sql: &Connection) -> Result<Option<[u8; 16]>, StoreError> {
    let id = meta(sql, "database_id")?;
    id.map(|id| id.try_into().map_err(|_| StoreError::Damaged)).transpose()
}

/// The root key of a database that is there.
pub(super) fn stored_root(keys: &dyn KeyStore) -> Result<RootKey, KeyTrouble> {
    RootKey::from_stored(stored_key(keys)?.ok_or(KeyTrouble::Missing)?).ok_or(KeyTrouble::Foreign)
}

fn stored_key(keys: &dyn KeyStore) -> Result<Option<Vec<u8>>, KeyTrouble> {
    keys.load().map_err(trouble)
}

fn new_key(keys: &dyn KeyStore, randomness: &dyn Randomness) -> Result<RootKey, OpenError> {
    let bytes = Zeroizing::new(crate::host::random::<32>(randomness).map_err(|_| StoreError::NoRandomness)?);
    save_believed(keys, &bytes)?;
    Ok(RootKey::from_bytes(*bytes))
}

/// Saves a key and believes it saved only once the key store gives it back: a key that is lost at the next start would take
/// every question with it.
pub(super) fn save_believed(keys: &dyn KeyStore, key: &[u8; 32]) -> Result<(), KeyTrouble> {
    keys.save(key).map_err(trouble)?;
    let saved = stored_key(keys)?.map(Zeroizing::new).ok_or(KeyTrouble::Failing)?;
    if saved.as_slice() == key { Ok(()) } else { Err(KeyTrouble::Failing) }
}

fn trouble(error: KeyStoreError) -> KeyTrouble {
    match error {
        KeyStoreError::Locked => KeyTrouble::Locked,
        KeyStoreError::Failing => KeyTrouble::Failing,
    }
}
