//! Drafts: what is half-written, saved as it is typed.

use yorisoi_protocol::ids::MessageId;

use super::database::Durability;
use super::{Draft, Store, StoreError};
use crate::vault::Table;

impl Store {
    /// Saves a draft under its id. Power-safe: half a question is still somebody's question.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn save_draft(&self, id: MessageId, draft: &Draft) -> Result<(), StoreError> {
        self.write(Durability::Power, |records| records.put(Table::Draft, id.as_bytes(), draft))
    }

    /// One draft.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn draft(&self, id: MessageId) -> Result<Option<Draft>, StoreError> {
        self.read(|records| records.get(Table::Draft, id.as_bytes()))
    }

    /// All drafts, the one saved last first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn drafts(&self) -> Result<Vec<(MessageId, Draft)>, StoreError> {
        let rows: Vec<(Vec<u8>, Draft)> = self.read(|records| records.all(Table::Draft))?;
        let mut drafts = Vec::with_capacity(rows.len());
        for (id, draft) in rows {
            let id = id.try_into().map(MessageId::from_bytes).map_err(|_| StoreError::Damaged)?;
            drafts.push((id, draft));
        }
        drafts.sort_by_key(|(_, draft)| std::cmp::Reverse(draft.saved));
        Ok(drafts)
    }

    /// Throws a draft away. Whether there was one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn discard_draft(&self, id: MessageId) -> Result<bool, StoreError> {
        self.write(Durability::Power, |records| records.remove(Table::Draft, id.as_bytes()))
    }
}
