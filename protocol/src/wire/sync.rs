//! One round trip of sync: operations up, outcomes and changes down.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::date::Timestamp;
use crate::decimal;
use crate::digest::StreamDigest;
use crate::ids::{Epoch, Nonce, OperationId};
use crate::wire::{EntryText, Held, OperationRefusal, ReceiptSignature};

/// How far a device has read: a position in one life of the server's data, `<epoch>.<position>` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cursor {
    /// Which life of the server's data.
    pub epoch: Epoch,
    /// The last position read; 0 for none.
    pub position: u64,
}

/// Text that is not a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor")]
pub struct CursorError;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch, self.position)
    }
}

impl TryFrom<String> for Cursor {
    type Error = CursorError;

    fn try_from(text: String) -> Result<Self, CursorError> {
        let (epoch, position) = text.split_once('.').ok_or(CursorError)?;
        let epoch = Epoch::parse(epoch).map_err(|_| CursorError)?;
        // SQLite and PostgreSQL count in signed 64-bit numbers.
        let position = decimal::parse(position, 19).filter(|p| *p <= i64::MAX as u64).ok_or(CursorError)?;
        Ok(Self { epoch, position })
    }
}

impl From<Cursor> for String {
    fn from(cursor: Cursor) -> Self {
        cursor.to_string()
    }
}

/// The body of a sync request.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SyncRequest {
    /// How far the device has read; absent at its first sync.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<Cursor>,
    /// Operations in the order of their numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<EntryText>,
}

/// The body of a sync reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncReply {
    /// The nonce of the request it answers: a reply to another request is no reply.
    #[serde(rename = "for")]
    pub answers: Nonce,
    /// One outcome for each operation the server took up, in the same order. An operation without one was not taken up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outcomes: Vec<Outcome>,
    /// The signature over everything that [`SyncReply::outcomes`] says is held; absent where nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<ReceiptSignature>,
    /// Changes after the request's cursor, in the order of their positions; the device's own operations are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<EntryText>,
    /// Whether more changes follow after [`SyncReply::cursor`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
    /// How far the device has read once it has stored this reply.
    pub cursor: Cursor,
    /// The digest of the whole stream, own operations included, up to the cursor; comparable when `more` is false.
    pub digest: StreamDigest,
    /// The server's time.
    pub time: Timestamp,
}

/// What became of one operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Which. Absent for what is held: that is named by the [`SyncReply::receipt`], whose signature is over the ids and texts of
    /// all that is held, in their order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<OperationId>,
    /// What became of it.
    pub result: OutcomeResult,
}

impl Outcome {
    /// What became of this operation.
    pub fn of(operation: OperationId, result: OutcomeResult) -> Self {
        Self { id: result.held().is_none().then_some(operation), result }
    }

    /// Whether it speaks of this operation. Of what is held the receipt tells whether it does.
    pub fn is_of(&self, operation: OperationId) -> bool {
        self.id.map_or(self.result.held().is_some(), |id| id == operation)
    }
}

/// What became of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeResult {
    /// The server holds it.
    Applied(Held),
    /// The server held it before: the first reply was lost. The times are those of then.
    Duplicate(Held),
    /// The server will not have it, and says why.
    Refused(OperationRefusal),
    /// Not now. It and the operations after it were not taken up.
    RetryAfter {
        /// Seconds to wait.
        seconds: u32,
    },
}

impl OutcomeResult {
    /// Since when it is held, now or from before; `None` if it is not.
    pub fn held(&self) -> Option<Held> {
        match self {
            Self::Applied(held) | Self::Duplicate(held) => Some(*held),
            Self::Refused(_) | Self::RetryAfter { .. } => None,
        }
    }
}

/// The data of a `hint` event at [`crate::wire::LIVE_PATH`]: the stream has come this far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hint {
    /// The stream's last position.
    pub cursor: Cursor,
}
