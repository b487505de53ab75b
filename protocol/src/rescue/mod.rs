//! Rescue: work that was not sent yet, sealed a second time, for the server alone.
//!
//! A phone can lose the key of its database and with it everything sealed under it. What waits to be sent must not be lost
//! with it, so the device seals each waiting operation, and each draft that was marked ready, to a public key of its programme
//! as well. The file alone is then enough to hand the work in, and whoever copies the file can read nothing of it.
//!
//! HPKE (RFC 9180), base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, export-only: one encapsulation per device, place and
//! key of the programme exports two keys (section 5.3), one for the [`RescueTerms`], used once, and the [`ItemKey`]. Both are
//! AES-256-GCM keys (NIST SP 800-38D). So a question costs one symmetric sealing while somebody waits for it to be saved.
//!
//! Base mode says nothing of who sealed, so the terms carry a signature of the device's own key over the encapsulation: who
//! does not hold that key cannot make an envelope in the device's name, and only the items of the envelope open under it.

mod envelope;
mod item;

pub use envelope::{RescueEnvelope, RescuePrivateKey, RescueTerms, rescue_signed_text};
pub use item::{ItemKey, ItemName};

use serde::{Deserialize, Serialize};

use crate::wire::PublicKey;

/// The key to which a programme's devices seal: X25519 (RFC 7748).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RescueKey {
    /// The programme's id.
    pub programme: String,
    /// The public half.
    pub public: PublicKey,
}

/// What can go wrong. It never says which byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RescueError {
    /// The bytes are no usable key.
    #[error("not a usable X25519 key")]
    Key,
    /// It was sealed to another key, for another item, or was changed.
    #[error("it does not open")]
    DoesNotOpen,
    /// It opens, and what it says of its device was not signed by that device.
    #[error("its device did not sign it")]
    NotSigned,
}

#[cfg(test)]
#[path = "../rescue_tests.rs"]
mod tests;
