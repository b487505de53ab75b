//! Erasing a member, and the server's signed word that it did.

use serde::{Deserialize, Serialize};

use crate::date::Timestamp;
use crate::ids::{DeviceId, ErasureId, Nonce};
use crate::wire::ReceiptKeyId;
use crate::wire::receipt::is_signed;

/// The body of a request to erase the member whose device signs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureRequest {
    /// Names this erasure: the same each time it is asked for again.
    pub erasure: ErasureId,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureReply {
    /// The nonce of the request it answers.
    #[serde(rename = "for")]
    pub answers: Nonce,
    /// That it is done.
    pub receipt: ErasureReceipt,
    /// The server's time.
    pub time: Timestamp,
}

/// The server's signed word that it holds nothing of a member any more. Names no person, and is for that person to keep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureReceipt {
    /// The device that asked.
    pub device: DeviceId,
    /// Which erasure.
    pub erasure: ErasureId,
    /// When the member was erased; earlier than the reply where it was asked for again.
    pub at: Timestamp,
    /// Which key signed.
    pub key: ReceiptKeyId,
    /// Ed25519 over [`erasure_text`], base64url.
    pub signature: String,
}

impl ErasureReceipt {
    /// Whether `public_key` signed this receipt for that erasure asked by that device.
    pub fn vouches(&self, public_key: &[u8; 32], device: DeviceId, erasure: ErasureId) -> bool {
        let text = erasure_text(device, erasure, self.at);
        (self.device, self.erasure) == (device, erasure)
            && is_signed(public_key, &self.key, &self.signature, &text)
    }
}

/// What the receipt's signature is over: four lines, the last without a line end. The time is milliseconds since 1970.
pub fn erasure_text(device: DeviceId, erasure: ErasureId, at: Timestamp) -> String {
    format!("yorisoi/erasure/1\n{device}\n{erasure}\n{}", at.millis())
}
