//! What the engine is told, and what it says: the words of one sync.

use yorisoi_protocol::Timestamp;
use yorisoi_protocol::digest::StreamDigest;
use yorisoi_protocol::ids::{Epoch, Nonce};
use yorisoi_protocol::wire::{ApiErrorCode, Cursor, SyncReply, SyncRequest};

use super::Plan;
use crate::store::Outgoing;

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// Somebody asked for a sync.
    Asked,
    /// These operations wait, and the device has read this far.
    Collected {
        /// Oldest first.
        operations: Vec<Outgoing>,
        /// `None` before the first reply.
        cursor: Option<Cursor>,
    },
    /// A whole reply arrived to the request with this nonce.
    Replied {
        /// The nonce.
        nonce: Nonce,
        /// The reply.
        reply: SyncReply,
        /// Operations that wait behind those that were sent, oldest first: what the next request may have. Empty where nobody
        /// looked.
        next: Vec<Outgoing>,
    },
    /// The server refused the request as a whole.
    ServerRefused {
        /// Why.
        code: ApiErrorCode,
        /// The number it expects next, with a gap.
        expected: Option<u64>,
    },
    /// The server refused the request as a whole and said when to ask again.
    AskedToWait {
        /// After how many seconds.
        seconds: u32,
    },
    /// The plan is applied.
    Applied {
        /// The digest of what the device now holds.
        digest: StreamDigest,
        /// Operations still waiting.
        pending: u64,
    },
    /// The stream was begun anew.
    Restarted,
    /// The operation the server failed at was counted.
    Doubted {
        /// Whether it is given up now, so that the others can go on.
        given_up: bool,
    },
    /// The time for this sync is over: no request was begun, or the one under way was given up. It may have arrived.
    Spent,
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub enum Instruction {
    /// Collect the operations that wait and the cursor.
    Collect,
    /// Send this.
    Send(SyncRequest),
    /// Apply this, in one transaction.
    Apply {
        /// What.
        plan: Plan,
        /// A request to send before, so that the server has work meanwhile. It stands on this reply alone, not on what comes of
        /// applying it; its reply is to be told once that is done.
        ahead: Option<SyncRequest>,
    },
    /// Tell what becomes of the request that was sent ahead.
    Await,
    /// Begin the stream of this epoch, if one is known, and offer everything the device owns again.
    OfferAgain(Option<Epoch>),
    /// Read the stream of this epoch from its beginning again.
    ReadAgain(Epoch),
    /// Count that the server failed at this operation alone and took a request without it; where that happened often enough,
    /// give the operation up.
    Doubt {
        /// Its number.
        seq: u64,
        /// What the server said.
        code: ApiErrorCode,
        /// The server's time.
        at: Timestamp,
    },
    /// Done: phone and server hold the same, as of this time of the server's.
    Verified(Timestamp),
    /// Done for now: the server asks for patience.
    Wait {
        /// Seconds to wait.
        seconds: u32,
    },
    /// Done for now: the time is over. What was applied stays, and the next sync goes on from there.
    Rest,
    /// Done: it could not be carried through.
    Fail(Fault),
}

/// Why a sync could not be carried through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The reply answers another request.
    AnotherRequest,
    /// The reply mentions an operation that was not sent, or in another order.
    UnknownOperation,
    /// What the reply says is held is not signed by the server's key.
    Receipt,
    /// A change has no id.
    NamelessChange,
    /// The server took none of the operations and said nothing.
    NoProgress,
    /// Phone and server still differ after everything was read again.
    Diverged,
    /// The server refused the request as a whole.
    Server(ApiErrorCode),
    /// An event came that cannot come in this state.
    OutOfTurn,
}
