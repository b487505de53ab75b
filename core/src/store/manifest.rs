//! The manifest this device goes by, as it was signed.

use data_encoding::BASE64;

use super::database::Durability;
use super::{Store, StoreError};
use crate::vault::Table;

const ROW: &[u8] = b"manifest";

impl Store {
    /// The manifest kept last, as it was signed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn manifest(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let text: Option<String> = self.read(|records| records.get(Table::Settings, ROW))?;
        text.map(|text| BASE64.decode(text.as_bytes()).map_err(|_| StoreError::Damaged)).transpose()
    }

    /// Keeps a manifest. Lost with the power it is fetched again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn keep_manifest(&self, signed: &[u8]) -> Result<(), StoreError> {
        let text = BASE64.encode(signed);
        self.write(Durability::Process, |records| records.put(Table::Settings, ROW, &text))
    }
}
