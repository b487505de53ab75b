//! Drafts: what is half-written, saved as it is typed.

use yorisoi_protocol::Timestamp;
use yorisoi_protocol::ids::MessageId;

use super::database::Durability;
use super::records::{Ranked, Records};
use super::{Draft, ListPage, Store, StoreError};
use crate::vault::Table;

/// A draft that becomes a message, as it was read.
pub(crate) type SentDraft = (MessageId, Draft);

impl Store {
    /// Saves a draft under its id; one that was ready is so no more. Power-safe: half a question is still somebody's question.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn save_draft(&self, id: MessageId, draft: &Draft) -> Result<(), StoreError> {
        self.write(Durability::Power, |records| {
            match records.ranked::<Draft>(Table::Draft, id.as_bytes())? {
                None => records.add_ranked(Table::Draft, id.as_bytes(), draft),
                Some(before) => {
                    let rank = records.next_rank(Table::Draft)?;
                    let row = Ranked { id: before.id, rank, version: before.version, value: draft };
                    records.put_ranked(Table::Draft, &row)?;
                    match before.value.ready {
                        None => Ok(()),
                        Some(_) => records.put_draft_item(&before.id, draft),
                    }
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

    /// Marks a draft as ready since then, or as not ready. Whether there is one.
    ///
    /// # Errors
    /// [`StoreError::NotConsented`] to mark it as ready, and others.
    pub fn set_draft_ready(&self, id: MessageId, ready: Option<Timestamp>) -> Result<bool, StoreError> {
        self.write(Durability::Power, |records| {
            let Some(mut row) = records.ranked::<Draft>(Table::Draft, id.as_bytes())? else {
                return Ok(false);
            };
            if ready.is_some() {
                records.insist_on_consent()?;
            }
            records.mark_draft(&mut row, ready)?;
            Ok(true)
        })
    }

    /// The drafts that are ready, the one marked first first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn ready_drafts(&self) -> Result<Vec<(MessageId, Draft)>, StoreError> {
        let rows = self.read(|records| records.page::<Draft>(Table::Draft, None, u32::MAX))?;
        let ready = rows.into_iter().filter(|row| row.value.ready.is_some());
        let mut ready: Vec<_> = ready.map(|row| (MessageId::from_bytes(row.id), row.value)).collect();
        ready.sort_by_key(|(_, draft)| draft.ready);
        Ok(ready)
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

impl Records<'_> {
    /// Marks a draft as ready since then, or as not ready, with the item that rescues it.
    pub(super) fn mark_draft(
        &self,
        row: &mut Ranked<Draft>,
        ready: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        row.value.ready = ready;
        self.put_ranked(Table::Draft, row)?;
        self.put_draft_item(&row.id, &row.value)
    }
}
