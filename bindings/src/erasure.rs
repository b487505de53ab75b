//! Erasures and the server's receipts, as Swift and Kotlin see them.

use yorisoi_core::view as core;
use yorisoi_protocol::wire;

use crate::types::Moment;

/// One erasure, readable offline.
#[derive(uniffi::Record)]
pub struct ErasureView {
    /// The id of the programme in which there was a place.
    pub programme: String,
    /// When the person erased everything on this phone.
    pub asked_at: Moment,
    /// What the server said.
    pub state: ErasureState,
}

/// What the server said of an erasure.
#[derive(uniffi::Enum)]
pub enum ErasureState {
    /// It was not told yet.
    Waiting,
    /// It erased the same, and signed that it did.
    Confirmed {
        /// For the person to keep.
        receipt: ErasureReceipt,
    },
    /// It knows nothing of the device: there is nothing to erase.
    NotKnown,
}

/// The server's signed word that it holds nothing of a member any more. Names no person.
#[derive(uniffi::Record)]
pub struct ErasureReceipt {
    /// The device that asked.
    pub device: String,
    /// Which erasure.
    pub erasure: String,
    /// When the member was erased.
    pub at: Moment,
    /// Ed25519, base64url.
    pub signature: String,
}

impl From<core::ErasureView> for ErasureView {
    fn from(view: core::ErasureView) -> Self {
        let state = match view.state {
            core::ErasureState::Waiting => ErasureState::Waiting,
            core::ErasureState::Confirmed(receipt) => ErasureState::Confirmed { receipt: receipt.into() },
            core::ErasureState::NotKnown => ErasureState::NotKnown,
        };
        Self { programme: view.programme, asked_at: view.asked_at.into(), state }
    }
}

impl From<wire::ErasureReceipt> for ErasureReceipt {
    fn from(receipt: wire::ErasureReceipt) -> Self {
        let wire::ErasureReceipt { device, erasure, at, signature, .. } = receipt;
        Self { device: device.to_string(), erasure: erasure.to_string(), at: at.into(), signature }
    }
}
