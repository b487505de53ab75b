//! What is new for a device.
//!
//! A cursor of another epoch, or beyond the stream's head, comes from another life of the data. The device is then
//! served from the beginning under this server's epoch; it notices the epoch, stores nothing twice (entries have ids)
//! and offers its own operations again.

use yorisoi_protocol::wire::{Cursor, EntryText, Limits};

use super::{Failure, Service};
use crate::storage::{DeviceRecord, Transaction};

/// Entries read from the database at a time: bounds memory, whatever a stream's length.
const ROWS: u32 = 64;

/// A page of changes.
pub(super) struct Page {
    pub(super) changes: Vec<EntryText>,
    pub(super) more: bool,
    pub(super) cursor: Cursor,
}

impl Service {
    pub(super) fn pull(
        &self,
        tx: &dyn Transaction,
        device: &DeviceRecord,
        head: u64,
        cursor: Option<Cursor>,
    ) -> Result<Page, Failure> {
        let known = cursor.filter(|cursor| cursor.epoch == self.epoch && cursor.position <= head);
        let mut position = known.map_or(0, |cursor| cursor.position);
        let page =
            |changes, more, position| Page { changes, more, cursor: Cursor { epoch: self.epoch, position } };
        let (mut changes, mut bytes) = (Vec::new(), 0);
        loop {
            let rows = tx.entries_after(device.member, position, device.id, ROWS)?;
            if rows.is_empty() {
                return Ok(page(changes, false, head));
            }
            for row in rows {
                let text = self.open_entry(&row.id, &row.sealed)?;
                bytes += text.as_str().len();
                if bytes > Limits::V1.page_bytes && !changes.is_empty() {
                    return Ok(page(changes, true, position));
                }
                position = row.position;
                changes.push(text);
            }
        }
    }
}
