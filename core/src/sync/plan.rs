//! What the engine made of a reply: checked, and ready to be applied in one transaction.

use yorisoi_protocol::Timestamp;
use yorisoi_protocol::digest::EntryHash;
use yorisoi_protocol::ids::{ChangeId, OperationId};
use yorisoi_protocol::wire::{Change, Cursor, EntryText, OperationRefusal, Receipt};

/// The steps of one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Operations the reply decided.
    pub settled: Vec<Settled>,
    /// Changes to take in.
    pub changes: Vec<Incoming>,
    /// How far the device has read afterwards.
    pub cursor: Cursor,
    /// The server's time.
    pub time: Timestamp,
}

impl Plan {
    /// Whether it holds nothing but a cursor.
    pub fn is_empty(&self) -> bool {
        self.settled.is_empty() && self.changes.is_empty()
    }
}

/// An operation the server decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// Its number.
    pub seq: u64,
    /// Its id.
    pub id: OperationId,
    /// SHA-256 of its text as it was sent.
    pub hash: EntryHash,
    /// What it decided.
    pub settlement: Settlement,
}

/// What the server decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// It holds the operation; the receipt's signature was checked.
    Held(Receipt),
    /// It will not have it.
    Refused(OperationRefusal),
}

/// A change to take in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// Its id.
    pub id: ChangeId,
    /// What it says; `None` for a kind unknown here.
    pub change: Option<Change>,
    /// Its text, for the digest and for newer versions of the library.
    pub text: EntryText,
}
