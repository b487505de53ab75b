//! The two root keys built into an app. Either may sign, so that one can be lost or retired without stopping anything.

use crate::signed::{Envelope, KeyId, MANIFEST_AAD};
use crate::wire::PublicKey;

/// The public halves of the two root keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roots(pub [PublicKey; 2]);

impl Roots {
    /// Whether one of them has this id.
    pub fn know(&self, id: KeyId) -> bool {
        self.0.iter().any(|root| KeyId::of(root) == id)
    }

    /// What one of them signed as a manifest.
    pub(super) fn verified<'a>(&self, envelope: &Envelope<'a>) -> Option<&'a [u8]> {
        envelope.verified(&self.0, MANIFEST_AAD)
    }
}
