//! Drafts: what is half-written, saved as it is typed.

use yorisoi_protocol::ids::MessageId;

use super::database::Durability;
use super::records::Ranked;
use super::{Draft, ListPage, Store, StoreError};
use crate::vault::Table;

impl Store {
    /// Saves a draft under its id. Power-safe: half a question is still somebody's question.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn save_draft(&self, id: MessageId, draft: &Draft) -> Result<(), StoreError> {
        self.write(Durability::Power, |records| {
            match records.ranked::<Draft>(Table::Draft, id.as_bytes())? {
                None => records.add_ranked(Table::Draft, id.as_bytes(), draft),
                Some(row) => {
                    let rank = records.next_rank(Table::Draft)?;
                    let row = Ranked { id: row.id, rank, version: row.version, value: draft };
                    records.put_ranked(Table::Draft, &row)
                }
            }
        })
    }

    /// One draft.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn draft(&self, id: MessageId) -> Result<Option<Draft>, StoreError> {
        Ok(self.read(|records| records.ranked(Table::Draft, id.as_bytes()))?.map(|row| row.value))
    }

    /// Drafts below the rank `below`, the one saved last first, at most `most`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn drafts(&self, below: Option<i64>, most: u32) -> Result<ListPage<MessageId, Draft>, StoreError> {
        self.read(|records| records.list(Table::Draft, below, most, MessageId::from_bytes))
    }

    /// Throws a draft away with its photos. Whether there was one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn discard_draft(&self, id: MessageId) -> Result<bool, StoreError> {
        self.write(Durability::Power, |records| {
            records.remove_photos(id)?;
            records.remove_ranked(Table::Draft, id.as_bytes())
        })
    }
}
