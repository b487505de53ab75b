//! Who this device is.

use yorisoi_protocol::wire::Grant;

use super::database::Durability;
use super::records::Record;
use super::{Identity, Provisional, Store, StoreError};
use crate::vault::Secret;

impl Store {
    /// The identity, once there is one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn identity(&self) -> Result<Option<Identity>, StoreError> {
        self.read(|records| records.record(Record::Identity))
    }

    /// The identity, made at the first call.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn make_identity(&self) -> Result<Identity, StoreError> {
        self.write(Durability::Power, |records| {
            if let Some(identity) = records.record(Record::Identity)? {
                return Ok(identity);
            }
            let seed = crate::host::random(records.randomness).map(Secret::from_bytes);
            let seed = seed.map_err(|_| StoreError::NoRandomness)?;
            let identity = Identity { seed, grant: None, provisional: None, programme: None };
            records.put_record(Record::Identity, &identity)?;
            Ok(identity)
        })
    }

    /// Keeps what the server granted; a provisional place becomes this one.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if no identity was made.
    pub fn keep_grant(&self, grant: &Grant) -> Result<(), StoreError> {
        self.change_identity(|identity| {
            identity.grant = Some(grant.clone());
            identity.provisional = None;
        })
    }

    /// Keeps what a ticket gave, in place of what another gave before.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if no identity was made.
    pub fn keep_provisional(&self, provisional: &Provisional) -> Result<(), StoreError> {
        self.change_identity(|identity| identity.provisional = Some(provisional.clone()))
    }

    /// Keeps the file of the programme this device is in.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if no identity was made.
    pub fn keep_programme(&self, text: &str) -> Result<(), StoreError> {
        self.change_identity(|identity| identity.programme = Some(text.to_owned()))
    }

    fn change_identity(&self, change: impl FnOnce(&mut Identity)) -> Result<(), StoreError> {
        self.write(Durability::Power, |records| {
            let mut identity: Identity = records.record(Record::Identity)?.ok_or(StoreError::NotFound)?;
            change(&mut identity);
            records.put_record(Record::Identity, &identity)
        })
    }
}
