//! Opening the database: what stands there, whether the key fits, and what to say if not.
//!
//! | file | key store says | result |
//! |---|---|---|
//! | none | no key | a key is made and saved, the file is made |
//! | none | a key | the file is made under that key: a key survives a deleted app on some platforms |
//! | there | a key that fits | opened |
//! | there | a key that does not fit | [`KeyTrouble::Foreign`] |
//! | there | no key | [`KeyTrouble::Missing`] |
//! | any | locked or failing | [`KeyTrouble::Locked`], [`KeyTrouble::Failing`] |
//!
//! In every case of trouble the file and the stored key stay as they are, to the byte.

use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};
use zeroize::Zeroizing;

use super::database::{self, Database, Durability};
use super::{DATABASE_FILE, Store, StoreError};
use crate::host::{Host, KeyStore, KeyStoreError, Randomness};
use crate::vault::{Place, RootKey, Table, Vault};

const KEY_CHECK: Place<'_> = Place { table: Table::KeyCheck, row: b"", version: 1 };
const KEY_CHECK_VALUE: &[u8] = b"yorisoi";

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
        database::take_back_half_made(&path)?;
        let made = if database::stands_at(&path)? { Seal::read(&path)? } else { None };
        let randomness = Arc::clone(&host.randomness);
        match made {
            Some(seal) => {
                let root = stored_key(host.keys.as_ref())?.ok_or(KeyTrouble::Missing)?;
                let root = RootKey::from_stored(root).ok_or(KeyTrouble::Foreign)?;
                let vault = Vault::new(&root, &seal.database).map_err(StoreError::from)?;
                let opened = vault.open(KEY_CHECK, &seal.check).map_err(|_| KeyTrouble::Foreign)?;
                if opened != KEY_CHECK_VALUE {
                    return Err(KeyTrouble::Foreign.into());
                }
                Ok(Self { database: Database::open(&path)?, vault, randomness })
            }
            None => {
                let root = match stored_key(host.keys.as_ref())? {
                    Some(stored) => RootKey::from_stored(stored).ok_or(KeyTrouble::Foreign)?,
                    None => new_key(host.keys.as_ref(), randomness.as_ref())?,
                };
                std::fs::create_dir_all(directory).map_err(|_| StoreError::Io)?;
                let database = Database::open(&path)?;
                let vault = Seal::write(&database, &root, randomness.as_ref())?;
                Ok(Self { database, vault, randomness })
            }
        }
    }
}

/// The database's id and the value that tells whether a key fits.
struct Seal {
    database: [u8; 16],
    check: Vec<u8>,
}

impl Seal {
    /// `None` for a file whose making was cut short before anything was stored in it.
    fn read(path: &Path) -> Result<Option<Self>, StoreError> {
        let connection = database::look(path)?;
        if connection.query_row("PRAGMA user_version", [], |row| row.get::<_, u32>(0))? == 0 {
            return Ok(None);
        }
        let Some(database) = meta(&connection, "database_id")? else {
            return Ok(None);
        };
        let check = meta(&connection, "key_check")?.ok_or(StoreError::Damaged)?;
        let database = database.try_into().map_err(|_| StoreError::Damaged)?;
        Ok(Some(Self { database, check }))
    }

    fn write(database: &Database, root: &RootKey, randomness: &dyn Randomness) -> Result<Vault, StoreError> {
        let id: [u8; 16] = crate::host::random(randomness).map_err(|_| StoreError::NoRandomness)?;
        let vault = Vault::new(root, &id)?;
        let check = vault.seal(KEY_CHECK, KEY_CHECK_VALUE, randomness)?;
        database.write(Durability::Power, |sql| {
            let mut insert = sql.prepare("INSERT INTO meta (name, value) VALUES (?1, ?2)")?;
            insert.execute(params!["database_id", &id[..]])?;
            insert.execute(params!["key_check", check])?;
            Ok(())
        })?;
        Ok(vault)
    }
}

fn meta(connection: &Connection, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let mut statement = connection.prepare("SELECT value FROM meta WHERE name = ?1")?;
    Ok(statement.query_row([name], |row| row.get(0)).optional()?)
}

fn stored_key(keys: &dyn KeyStore) -> Result<Option<Vec<u8>>, KeyTrouble> {
    keys.load().map_err(trouble)
}

/// Makes a key and believes it saved only once the key store gives it back: a key that is lost at the first restart would
/// take every question with it.
fn new_key(keys: &dyn KeyStore, randomness: &dyn Randomness) -> Result<RootKey, OpenError> {
    let bytes = Zeroizing::new(crate::host::random::<32>(randomness).map_err(|_| StoreError::NoRandomness)?);
    keys.save(bytes.as_slice()).map_err(trouble)?;
    let saved = stored_key(keys)?.map(Zeroizing::new).ok_or(KeyTrouble::Failing)?;
    if saved.as_slice() != bytes.as_slice() {
        return Err(KeyTrouble::Failing.into());
    }
    Ok(RootKey::from_bytes(*bytes))
}

fn trouble(error: KeyStoreError) -> KeyTrouble {
    match error {
        KeyStoreError::Locked => KeyTrouble::Locked,
        KeyStoreError::Failing => KeyTrouble::Failing,
    }
}
