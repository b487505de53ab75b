//! Adding to a member's stream.

use yorisoi_protocol::digest::{ENTRY_VERSION, EntryHash};
use yorisoi_protocol::ids::MemberId;
use yorisoi_protocol::wire::EntryText;

use super::{Failure, Service, Trouble};
use crate::storage::{EntryRecord, Head, Message, Origin, Transaction};

/// What sealed entries are bound to, beside their id.
const TABLE: &str = "entry";

/// Something to append.
pub(super) struct NewEntry<'a> {
    pub(super) id: &'a [u8; 16],
    /// Of `text`.
    pub(super) hash: &'a EntryHash,
    pub(super) text: &'a EntryText,
    pub(super) origin: Option<Origin>,
    pub(super) message: Option<Message>,
    /// Whether the text is kept, or only its hash.
    pub(super) keep: bool,
}

/// The stream of a locked member while entries are added to it.
pub(super) struct Stream<'a> {
    service: &'a Service,
    tx: &'a dyn Transaction,
    member: MemberId,
    /// Where it stood, and where it stands now.
    begun: Head,
    head: Head,
}

impl<'a> Stream<'a> {
    /// Where the stream stands; the member must be locked.
    pub(super) fn of(
        service: &'a Service,
        tx: &'a dyn Transaction,
        member: MemberId,
    ) -> Result<Self, Failure> {
        let begun = tx.head(member)?;
        Ok(Self { service, tx, member, begun, head: begun })
    }

    /// Adds an entry at its end.
    pub(super) fn append(&mut self, entry: NewEntry<'_>) -> Result<(), Failure> {
        let hash = *entry.hash;
        let Service { keys, randomness, .. } = self.service;
        let sealed = match entry.keep {
            true => {
                let text = entry.text.as_str().as_bytes();
                Some(keys.sealing().seal(&**randomness, TABLE, entry.id, text)?)
            }
            false => None,
        };
        let Head { position, digest } = self.head;
        self.head = Head { position: position + 1, digest: digest.with(entry.id, ENTRY_VERSION, &hash) };
        let NewEntry { id, origin, message, .. } = entry;
        let record = EntryRecord { id: *id, hash, origin, message, sealed };
        match self.tx.append(self.member, self.head.position, &record)? {
            true => Ok(()),
            false => Err(Trouble::Inconsistent("a stream").into()),
        }
    }

    /// Whether anything was added.
    pub(super) fn has_grown(&self) -> bool {
        self.head != self.begun
    }

    /// Writes down how far it has come, once for all that was added: without this nothing was.
    pub(super) fn end(self) -> Result<Head, Failure> {
        self.tx.set_head(self.member, self.head)?;
        Ok(self.head)
    }
}

impl Service {
    /// Opens the text of an entry.
    pub(super) fn open_entry(&self, id: &[u8; 16], sealed: &[u8]) -> Result<EntryText, Failure> {
        let plain = self.keys.sealing().open(TABLE, id, sealed)?;
        String::from_utf8(plain)
            .ok()
            .and_then(|text| EntryText::from_text(text).ok())
            .ok_or_else(|| Trouble::Inconsistent("an entry").into())
    }
}
