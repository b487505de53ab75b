//! The keys to which a programme's devices seal what waits to be sent: made, listed, and named in the manifest.

use yorisoi_protocol::rescue::RescueKey;
use zeroize::Zeroizing;

use super::Service;
use super::setup::{SetupError, stored};
use super::ticket_keys::{keep, kept};
use crate::keys::KeyError;
use crate::randomness::draw;
use crate::storage::Transaction;

const KEYS: &str = "rescue_keys";

impl Service {
    /// Makes a key for a programme. Devices seal to its newest key once a manifest names it; what was sealed to the ones before
    /// is opened as well, for as long as their files are there.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn make_rescue_key(&self, programme: &str) -> Result<RescueKey, SetupError> {
        let secret = draw::<32>(&*self.randomness).map_err(|_| KeyError::Unusable)?;
        self.keep_rescue_key(programme, *Zeroizing::new(secret))
    }

    /// Takes over a key that was made elsewhere: 32 random bytes.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn keep_rescue_key(&self, programme: &str, secret: [u8; 32]) -> Result<RescueKey, SetupError> {
        let tx = self.storage.begin()?;
        let programme = stored(tx.programme(programme)?)?.id;
        let key = RescueKey { programme, public: self.rescue_key_files.keep(secret)? };
        let mut keys = rescue_keys(&*tx)?;
        keys.push(key.clone());
        keep(&*tx, KEYS, &keys)?;
        tx.commit()?;
        Ok(key)
    }

    /// Every key ever made here, the oldest first.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn rescue_keys(&self) -> Result<Vec<RescueKey>, SetupError> {
        rescue_keys(&*self.storage.begin()?)
    }
}

/// The newest key of each programme.
pub(super) fn newest_rescue_keys(tx: &dyn Transaction) -> Result<Vec<RescueKey>, SetupError> {
    let mut newest: Vec<RescueKey> = Vec::new();
    for key in rescue_keys(tx)? {
        newest.retain(|before| before.programme != key.programme);
        newest.push(key);
    }
    Ok(newest)
}

fn rescue_keys(tx: &dyn Transaction) -> Result<Vec<RescueKey>, SetupError> {
    kept(tx, KEYS)
}
