//! Handing in what was rescued from a database whose key is gone.

use serde::{Deserialize, Serialize};

use crate::date::Timestamp;
use crate::ids::Nonce;
use crate::rescue::{ItemName, RescueEnvelope};
use crate::wire::{EnrollmentRefusal, OperationRefusal, PublicKey, WireBytes};

/// The body of a request to hand in, signed as [`crate::wire::Caller::New`] with the key it names. That key need not be the one
/// of the envelope: that one is lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RescueRequest {
    /// The Ed25519 public key of who hands in.
    pub device_key: PublicKey,
    /// Whose work it is, and the way to its key.
    pub envelope: RescueEnvelope,
    /// Operations in the order of their numbers, then drafts: at most [`crate::wire::Limits::operations`].
    pub items: Vec<RescueItem>,
}

/// One item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RescueItem {
    /// What it is of.
    pub name: ItemName,
    /// Its text, sealed.
    pub sealed: WireBytes,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RescueReply {
    /// The nonce of the request it answers.
    #[serde(rename = "for")]
    pub answers: Nonce,
    /// What came of it.
    pub result: RescueResult,
    /// The server's time.
    pub time: Timestamp,
}

/// What came of handing in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RescueResult {
    /// One outcome for each item, in the same order.
    Taken(Vec<RescueOutcome>),
    /// None of it.
    Refused(RescueRefusal),
}

/// What became of one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RescueOutcome {
    /// Which.
    pub name: ItemName,
    /// What became of it.
    pub result: RescueItemResult,
}

/// What became of one item. Nothing of its text comes back: who hands it in need not be who wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RescueItemResult {
    /// The server holds it. An answer goes to the place of the device that wrote it.
    Held,
    /// It held it before: it was sent, or handed in, and the reply was lost.
    HeldBefore,
    /// The server will not have it, and says why.
    Refused(OperationRefusal),
    /// It does not open, or is no operation.
    Unreadable,
}

/// Why nothing was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RescueRefusal {
    /// The server has no key of this id.
    UnknownKey,
    /// The envelope does not open, or its device did not sign it.
    Unreadable,
    /// No device of the programme has this key, and no card came along.
    UnknownDevice,
    /// The card that came along was not redeemed.
    Card(EnrollmentRefusal),
    /// A reason this version does not know.
    #[serde(other)]
    Other,
}
