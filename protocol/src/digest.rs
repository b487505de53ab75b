//! The digest of a member's stream: a 64-bit sum that both ends keep and compare at every catch-up.
//!
//! It finds drift and damage; it is no defence against an attacker (signatures and sealing are). The sum is free of
//! order, so two ends that hold the same entries agree however they came by them, and adding an entry costs one hash.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

/// SHA-256 of the exact JSON text of an entry.
pub type EntryHash = [u8; 32];

/// The version of every entry until entries can be rewritten.
pub const ENTRY_VERSION: u32 = 1;

/// SHA-256 of `text`, as it crosses the wire: no bytes added, none left out.
pub fn entry_hash(text: &str) -> EntryHash {
    sha256(text.as_bytes())
}

/// SHA-256 of these bytes.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    sha256_of(&[bytes])
}

/// SHA-256 of these bytes, one after the other.
pub(crate) fn sha256_of(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    parts.iter().for_each(|part| context.update(part));
    let mut hash = [0u8; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

/// The sum so far. Eight bytes, base64url on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StreamDigest(u64);

impl StreamDigest {
    /// The digest of a stream without entries.
    pub const EMPTY: Self = Self(0);

    /// The digest with this entry as well.
    #[must_use]
    pub fn with(self, id: &[u8; 16], version: u32, hash: &EntryHash) -> Self {
        Self(self.0.wrapping_add(term(id, version, hash)))
    }

    /// The number itself, for keeping it in a file.
    pub fn value(self) -> u64 {
        self.0
    }

    /// From a number kept in a file.
    pub fn from_value(value: u64) -> Self {
        Self(value)
    }
}

fn term(id: &[u8; 16], version: u32, hash: &EntryHash) -> u64 {
    let mut bytes = Vec::with_capacity(16 + 16 + 4 + 32);
    bytes.extend_from_slice(b"yorisoi/digest/1");
    bytes.extend_from_slice(id);
    bytes.extend_from_slice(&version.to_be_bytes());
    bytes.extend_from_slice(hash);
    let [a, b, c, d, e, f, g, h, ..] = sha256(&bytes);
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

impl fmt::Display for StreamDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64URL_NOPAD.encode(&self.0.to_be_bytes()))
    }
}

impl TryFrom<String> for StreamDigest {
    type Error = crate::ids::IdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok();
        bytes
            .and_then(|bytes| bytes.try_into().ok())
            .map(|bytes| Self(u64::from_be_bytes(bytes)))
            .ok_or(crate::ids::IdError { expected: 8 })
    }
}

impl From<StreamDigest> for String {
    fn from(digest: StreamDigest) -> Self {
        digest.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_free_of_order_and_sees_every_difference() {
        let (a, b) = (entry_hash("a"), entry_hash("b"));
        let forwards = StreamDigest::EMPTY.with(&[1; 16], 1, &a).with(&[2; 16], 1, &b);
        let backwards = StreamDigest::EMPTY.with(&[2; 16], 1, &b).with(&[1; 16], 1, &a);
        assert_eq!(forwards, backwards);
        assert_ne!(forwards, StreamDigest::EMPTY.with(&[1; 16], 1, &b).with(&[2; 16], 1, &a));
        assert_ne!(forwards, StreamDigest::EMPTY.with(&[1; 16], 2, &a).with(&[2; 16], 1, &b));
        assert_eq!(StreamDigest::try_from(forwards.to_string()), Ok(forwards));
    }
}
