//! The manifest this device goes by, as it was signed.

use super::database::Durability;
use super::records::Record;
use super::{Store, StoreError};

impl Store {
    /// The manifest kept last, as it was signed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn manifest(&self) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|records| records.record_bytes(Record::Manifest))
    }

    /// Whether a manifest was kept.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn has_manifest(&self) -> Result<bool, StoreError> {
        self.read(|records| records.has_record(Record::Manifest))
    }

    /// Keeps a manifest. Lost with the power it is fetched again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn keep_manifest(&self, signed: &[u8]) -> Result<(), StoreError> {
        self.write(Durability::Power, |records| records.put_record_bytes(Record::Manifest, signed))
    }
}
