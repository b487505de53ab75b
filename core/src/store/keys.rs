//! The keys of this database: where they stand in the file, when values get a new one, and how the root key is changed.
//!
//! `meta` holds the key ring sealed under the root key (`keys`), while the root key is being changed a second one sealed
//! under the next (`keys_next`), and how many values were sealed in the present generation (`seals`). Every write looks
//! whether the ring still is the one it knows, since another process may have begun a generation; a read looks once it meets
//! a value of one.
//!
//! | changing the root key | in the file | key store | which opens |
//! |---|---|---|---|
//! | before | `keys` under the old | old | `keys` |
//! | 1. the next ring is written, power-safe | and `keys_next` under the new | old | `keys` |
//! | 2. the key store saves the new key | the same | old or new | the one that fits |
//! | 3. it gave the new key back: `keys_next` takes the place of `keys` | `keys` under the new | new | `keys` |
//! | 4. every value is sealed anew, then the old generations leave the ring | the same | new | `keys` |
//!
//! Cut anywhere, the next opening finds a ring that its key opens, and goes on where the cut was.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};

use rusqlite::{Connection, OptionalExtension, params};
use zeroize::Zeroizing;

use super::database::Durability;
use super::opening::{save_believed, stored_root};
use super::{KeyTrouble, OpenError, Store, StoreError};
use crate::host::{KeyStore, Randomness};
use crate::vault::{KeyRing, RootKey, Vault, Wrapping};

const RING: &str = "keys";
const NEXT_RING: &str = "keys_next";
pub(super) const SEALS: &str = "seals";
/// How many values are counted at once.
const BLOCK: u64 = 4096;
/// After so many values a new generation begins. NIST SP 800-38D (8.3) allows 2³² random nonces per key.
pub(super) const SEALS_PER_GENERATION: u64 = 1 << 28;

/// What seals and opens the values of this database.
pub(super) struct Keys {
    pub(super) vault: Vault,
    /// The ring as it stands in the file.
    sealed: Vec<u8>,
    wrapping: Arc<Wrapping>,
    /// How many more values are counted already.
    counted: AtomicU64,
}

/// The rings as they stand in a file.
pub(super) struct Rings {
    ring: Vec<u8>,
    next: Option<Vec<u8>>,
}

impl Rings {
    /// `None` in a file of the first schema, which has none.
    pub(super) fn read(sql: &Connection) -> Result<Option<Self>, StoreError> {
        let next = meta(sql, NEXT_RING)?;
        Ok(meta(sql, RING)?.map(|ring| Self { ring, next }))
    }

    /// The keys, if this root key opens one of the rings.
    pub(super) fn open(&self, root: &RootKey, database: &[u8; 16]) -> Option<Keys> {
        self.open_under(&Arc::new(Wrapping::new(root, database).ok()?))
    }

    fn open_under(&self, wrapping: &Arc<Wrapping>) -> Option<Keys> {
        let rings = [Some(&self.ring), self.next.as_ref()].into_iter().flatten();
        rings.filter_map(|sealed| Keys::open(wrapping, sealed).ok()).next()
    }

    /// Whether a change of the root key was begun and not ended.
    pub(super) fn in_change(&self) -> bool {
        self.next.is_some()
    }
}

impl Keys {
    /// New keys, written in this transaction.
    pub(super) fn make(
        sql: &Connection,
        root: &RootKey,
        database: &[u8; 16],
        randomness: &dyn Randomness,
    ) -> Result<Self, StoreError> {
        let wrapping = Arc::new(Wrapping::new(root, database)?);
        let keys = Self::seal(&wrapping, &KeyRing::new(randomness)?, randomness)?;
        put_meta(sql, RING, &keys.sealed)?;
        Ok(keys)
    }

    /// A new ring in the place of this one, under the same root key: nothing that was sealed opens any more.
    pub(super) fn anew(&self, sql: &Connection, randomness: &dyn Randomness) -> Result<Self, StoreError> {
        let keys = Self::seal(&self.wrapping, &KeyRing::new(randomness)?, randomness)?;
        put_meta(sql, RING, &keys.sealed)?;
        Ok(keys)
    }

    fn seal(
        wrapping: &Arc<Wrapping>,
        ring: &KeyRing,
        randomness: &dyn Randomness,
    ) -> Result<Self, StoreError> {
        Self::open(wrapping, &wrapping.seal(ring, randomness)?)
    }

    fn open(wrapping: &Arc<Wrapping>, sealed: &[u8]) -> Result<Self, StoreError> {
        let vault = wrapping.open(sealed)?.vault(wrapping.database());
        let (sealed, wrapping) = (sealed.to_vec(), Arc::clone(wrapping));
        Ok(Self { vault, sealed, wrapping, counted: AtomicU64::new(0) })
    }

    /// Whether this is the same ring.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.sealed == other.sealed
    }

    /// Whether this is the ring that stands in the file.
    pub(super) fn stand_in(&self, sql: &Connection) -> Result<bool, StoreError> {
        Ok(meta(sql, RING)?.as_ref() == Some(&self.sealed))
    }

    /// The ring that stands in the file, opened anew if it is not this one.
    fn as_they_stand(self: Arc<Self>, sql: &Connection) -> Result<Arc<Self>, StoreError> {
        let sealed = meta(sql, RING)?.ok_or(StoreError::Damaged)?;
        if sealed == self.sealed {
            return Ok(self);
        }
        // Under another root key: another process changed it, and this one must ask the key store again.
        let keys = Self::open(&self.wrapping, &sealed).map_err(|_| StoreError::KeysChanged)?;
        // With other names for everything: another process erased it all. What is known here must not get in again.
        if keys.vault.row_id(b"") == self.vault.row_id(b"") {
            Ok(Arc::new(keys))
        } else {
            Err(StoreError::KeysChanged)
        }
    }

    /// Counts what a transaction sealed, and begins a new generation in it once the present one sealed enough.
    fn count(
        &self,
        sql: &Connection,
        sealed: u64,
        randomness: &dyn Randomness,
    ) -> Result<Option<Self>, StoreError> {
        let counted = self.counted.load(Ordering::Relaxed);
        if sealed <= counted {
            self.counted.store(counted - sealed, Ordering::Relaxed);
            return Ok(None);
        }
        let more = (sealed - counted).next_multiple_of(BLOCK);
        let total = meta(sql, SEALS)?.and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_be_bytes);
        let total = total.saturating_add(more);
        // While the root key is being changed, a new generation waits in the next ring already.
        if total < SEALS_PER_GENERATION || meta(sql, NEXT_RING)?.is_some() {
            put_meta(sql, SEALS, &total.to_be_bytes())?;
            self.counted.store(counted + more - sealed, Ordering::Relaxed);
            return Ok(None);
        }
        self.next_generation(sql, randomness).map(Some)
    }

    fn next_generation(&self, sql: &Connection, randomness: &dyn Randomness) -> Result<Self, StoreError> {
        let ring = self.wrapping.open(&self.sealed)?.with_new_generation(randomness)?;
        let keys = Self::seal(&self.wrapping, &ring, randomness)?;
        put_meta(sql, RING, &keys.sealed)?;
        put_meta(sql, SEALS, &0u64.to_be_bytes())?;
        Ok(keys)
    }
}

impl Store {
    /// The keys to use in this transaction.
    pub(super) fn keys(&self, sql: &Connection) -> Result<Arc<Keys>, StoreError> {
        self.known_keys().as_they_stand(sql)
    }

    /// The keys as they stand after whatever is being written. A reader's snapshot and what is known here may be of before and
    /// after a change in this process; where nobody else writes, they are not.
    pub(super) fn keys_by_now(&self) -> Result<Arc<Keys>, StoreError> {
        self.database.write_then(Durability::Process, |sql| self.keys(sql), |keys| self.keep_keys(keys))
    }

    /// Takes over the keys a transaction used or made, once it is committed and before the next one begins: else those of the
    /// one before could take the place of those of the one after, and open nothing any more.
    pub(super) fn keep_keys(&self, keys: &Arc<Keys>) {
        let mut known = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        if known.sealed != keys.sealed {
            *known = Arc::clone(keys);
        }
    }

    /// Counts what was sealed in a transaction; the keys to go on with if a generation begins.
    pub(super) fn count_seals(
        &self,
        sql: &Connection,
        keys: Arc<Keys>,
        sealed: u64,
    ) -> Result<Arc<Keys>, StoreError> {
        if sealed == 0 {
            return Ok(keys);
        }
        Ok(keys.count(sql, sealed, self.randomness.as_ref())?.map_or(keys, Arc::new))
    }

    /// Changes the root key, and seals every value anew under keys that the old one never opened. From one process at a
    /// time; a second call of the same process waits for the first.
    ///
    /// # Errors
    /// [`OpenError`]. What is stored opens with the key the key store then has, whichever it is; calling it again goes on
    /// or begins another change.
    pub fn change_root_key(&self, keys: &dyn KeyStore) -> Result<(), OpenError> {
        // Two at once would each save a key of their own, and only one of them opens.
        let _turn = self.root_key_turn.lock().unwrap_or_else(PoisonError::into_inner);
        let database = *self.known_keys().wrapping.database();
        // A change that was cut may have saved its key all the same: what the key store has now must go on to open.
        let root = stored_root(keys)?;
        self.settle_root(&root, &database)?;
        let fresh = crate::host::random::<32>(self.randomness.as_ref());
        let fresh = Zeroizing::new(fresh.map_err(|_| StoreError::NoRandomness)?);
        let next = Wrapping::new(&RootKey::from_bytes(*fresh), &database).map_err(StoreError::from)?;
        let next = Arc::new(next);
        self.write(Durability::Power, |records| {
            let known = self.keys(records.sql)?;
            let ring = known.wrapping.open(&known.sealed)?.with_new_generation(self.randomness.as_ref())?;
            put_meta(records.sql, NEXT_RING, &next.seal(&ring, self.randomness.as_ref())?)
        })?;
        save_believed(keys, &fresh)?;
        self.settle_under(&next)?;
        Ok(self.seal_anew()?)
    }

    /// Lets the ring that this root key opens take the first place. Does nothing if it has it already.
    ///
    /// # Errors
    /// [`KeyTrouble::Foreign`] if it opens none.
    pub(super) fn settle_root(&self, root: &RootKey, database: &[u8; 16]) -> Result<(), OpenError> {
        let wrapping = Arc::new(Wrapping::new(root, database).map_err(StoreError::from)?);
        self.settle_under(&wrapping)
    }

    fn settle_under(&self, wrapping: &Arc<Wrapping>) -> Result<(), OpenError> {
        let settle = |sql: &Connection| {
            let Some(rings) = Rings::read(sql)? else {
                return Ok(None);
            };
            // A ring that waits beside one that opens stays: another process may be about to save its key.
            if let Ok(keys) = Keys::open(wrapping, &rings.ring) {
                return Ok(Some(Arc::new(keys)));
            }
            let Some(keys) = rings.open_under(wrapping) else {
                return Ok(None);
            };
            put_meta(sql, RING, &keys.sealed)?;
            put_meta(sql, SEALS, &0u64.to_be_bytes())?;
            remove_meta(sql, NEXT_RING)?;
            Ok(Some(Arc::new(keys)))
        };
        let keep = |settled: &Option<Arc<Keys>>| settled.iter().for_each(|keys| self.keep_keys(keys));
        self.database.write_then(Durability::Power, settle, keep)?.ok_or(KeyTrouble::Foreign)?;
        Ok(())
    }

    pub(super) fn known_keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Lets the generations before this one leave the ring. No value of them is left; of later ones, which another thread may have
    /// begun meanwhile, there may be.
    pub(super) fn drop_generations_before(&self, generation: u16) -> Result<(), StoreError> {
        let drop_them = |sql: &Connection| {
            let keys = self.keys(sql)?;
            let ring = keys.wrapping.open(&keys.sealed)?.without_before(generation);
            let keys = Keys::seal(&keys.wrapping, &ring, self.randomness.as_ref())?;
            put_meta(sql, RING, &keys.sealed)?;
            Ok(Arc::new(keys))
        };
        self.database.write_then(Durability::Power, drop_them, |keys| self.keep_keys(keys))?;
        Ok(())
    }
}

pub(super) fn meta(sql: &Connection, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let mut statement = sql.prepare_cached("SELECT value FROM meta WHERE name = ?1")?;
    Ok(statement.query_row([name], |row| row.get(0)).optional()?)
}

pub(super) fn put_meta(sql: &Connection, name: &str, value: &[u8]) -> Result<(), StoreError> {
    let mut statement = sql.prepare_cached("INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)")?;
    statement.execute(params![name, value])?;
    Ok(())
}

pub(super) fn remove_meta(sql: &Connection, name: &str) -> Result<(), StoreError> {
    sql.prepare_cached("DELETE FROM meta WHERE name = ?1")?.execute([name])?;
    Ok(())
}
