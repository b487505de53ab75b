//! What the app shows of erasures.

use yorisoi_protocol::Timestamp;
use yorisoi_protocol::wire::ErasureReceipt;

/// One erasure, readable offline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasureView {
    /// The id of the programme in which there was a place.
    pub programme: String,
    /// When the person erased everything on this phone.
    pub asked_at: Timestamp,
    /// What the server said.
    pub state: ErasureState,
}

/// What the server said of an erasure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErasureState {
    /// It was not told yet.
    Waiting,
    /// It erased the same, and signed that it did.
    Confirmed(ErasureReceipt),
    /// It knows nothing of the device: there is nothing to erase.
    NotKnown,
}
