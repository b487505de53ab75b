//! Adding to a member's stream.

use yorisoi_protocol::digest::ENTRY_VERSION;
use yorisoi_protocol::ids::{DeviceId, MemberId};
use yorisoi_protocol::wire::EntryText;

use super::{Failure, Service, Trouble};
use crate::storage::{EntryRecord, Head, Transaction};

/// What sealed entries are bound to, beside their id.
const TABLE: &str = "entry";

/// Something to append.
pub(super) struct NewEntry<'a> {
    pub(super) id: &'a [u8; 16],
    pub(super) text: &'a EntryText,
    pub(super) origin: Option<DeviceId>,
    /// Whether the text is kept, or only its hash.
    pub(super) keep: bool,
}

impl Service {
    /// Appends to the stream of a locked member and says how far it has come.
    pub(super) fn append(
        &self,
        tx: &dyn Transaction,
        member: MemberId,
        entry: &NewEntry<'_>,
    ) -> Result<Head, Failure> {
        let hash = entry.text.hash();
        let sealed = match entry.keep {
            true => {
                let text = entry.text.as_str().as_bytes();
                Some(self.keys.sealing().seal(&*self.randomness, TABLE, entry.id, text)?)
            }
            false => None,
        };
        let head = tx.head(member)?;
        let next =
            Head { position: head.position + 1, digest: head.digest.with(entry.id, ENTRY_VERSION, &hash) };
        let record = EntryRecord { id: *entry.id, hash, origin: entry.origin, sealed };
        match tx.append(member, &record, next)? {
            true => Ok(next),
            false => Err(Trouble::Inconsistent("a stream").into()),
        }
    }

    /// Opens the text of an entry.
    pub(super) fn open_entry(&self, id: &[u8; 16], sealed: &[u8]) -> Result<EntryText, Failure> {
        let plain = self.keys.sealing().open(TABLE, id, sealed)?;
        String::from_utf8(plain)
            .ok()
            .and_then(|text| EntryText::from_text(text).ok())
            .ok_or_else(|| Trouble::Inconsistent("an entry").into())
    }
}
