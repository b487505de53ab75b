//! The signed envelope of tickets and manifests: COSE_Sign1 (RFC 9052 section 4.2) in one spelling.
//!
//! Untagged; protected header exactly `{1: -19, 4: key id}`, that is Ed25519 by the identifier of RFC 9864 and four
//! bytes that name the key; unprotected header empty; payload inside; signature of 64 bytes. Whoever verifies gives the
//! external additional data, so that a ticket is never taken for a manifest. The payload is given out only once a key
//! has verified it.
//!
//! Verifying is `ring`'s Ed25519: it refuses a signature whose scalar is not reduced and compares the recomputed point
//! byte for byte. Unlike a "strict" verifier it does not refuse public keys of small order, under which a signature
//! could fit many messages; here public keys come only from the app itself (the roots) or from a manifest signed by
//! one of them, never from whoever hands in the bytes.

use std::fmt;

use data_encoding::HEXLOWER;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

use crate::cbor::{CborError, Reader, Writer};
use crate::digest::sha256;
use crate::wire::PublicKey;

/// The external additional data of tickets.
pub const TICKET_AAD: &[u8] = b"yorisoi/enroll/1";
/// The external additional data of manifests.
pub const MANIFEST_AAD: &[u8] = b"yorisoi/manifest/1";

/// Label of the algorithm in a protected header (RFC 9052 section 3.1).
const ALGORITHM: i64 = 1;
/// Ed25519 (RFC 9864 section 2.2). The older −8 leaves the curve open and is refused.
const ED25519_ALGORITHM: i64 = -19;
/// Label of the key id in a protected header.
const KEY_ID: i64 = 4;

/// The first four bytes of the SHA-256 of a public key: which key to try, not a proof that it is the one. Hex in text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyId([u8; 4]);

/// Text that is not eight lower-case hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key id has eight lower-case hex digits")]
pub struct KeyIdError;

impl KeyId {
    /// The id of this public key.
    pub fn of(key: &PublicKey) -> Self {
        let [a, b, c, d, ..] = sha256(&key.0);
        Self([a, b, c, d])
    }

    /// Takes over the four bytes.
    pub fn from_bytes(bytes: [u8; 4]) -> Self {
        Self(bytes)
    }

    /// The four bytes.
    pub fn as_bytes(&self) -> &[u8; 4] {
        &self.0
    }
}

impl TryFrom<String> for KeyId {
    type Error = KeyIdError;

    fn try_from(text: String) -> Result<Self, KeyIdError> {
        let bytes = HEXLOWER.decode(text.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or(KeyIdError)
    }
}

impl From<KeyId> for String {
    fn from(id: KeyId) -> Self {
        HEXLOWER.encode(&id.0)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// Why bytes are not an envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// More bytes than such an envelope may have.
    #[error("{bytes} bytes; at most {max} are read")]
    TooLong {
        /// Bytes found.
        bytes: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// Not canonical, or not of the one shape.
    #[error(transparent)]
    Malformed(#[from] CborError),
}

/// An envelope of the right shape, not verified yet.
pub struct Envelope<'a> {
    protected: &'a [u8],
    key_id: KeyId,
    payload: &'a [u8],
    payload_offset: usize,
    signature: &'a [u8],
}

impl<'a> Envelope<'a> {
    /// Reads the shape of at most `max` bytes. Nothing is verified.
    ///
    /// # Errors
    /// [`EnvelopeError`], saying where.
    pub fn read(bytes: &'a [u8], max: usize) -> Result<Self, EnvelopeError> {
        if bytes.len() > max {
            return Err(EnvelopeError::TooLong { bytes: bytes.len(), max });
        }
        let mut reader = Reader::new(bytes)?;
        reader.array(4, "an array of four")?;
        let protected = reader.bytes("the protected header as bytes")?;
        let base = reader.offset().saturating_sub(protected.len());
        let key_id = header(protected).map_err(|error| error.within(base))?;
        reader.map(0, "an empty unprotected header")?;
        let payload = reader.bytes("a payload")?;
        let payload_offset = reader.offset().saturating_sub(payload.len());
        let signature = reader.offset();
        let signature = match reader.bytes("a signature of 64 bytes")? {
            bytes if bytes.len() == 64 => bytes,
            _ => return Err(expected(signature, "a signature of 64 bytes").into()),
        };
        Ok(Self { protected, key_id, payload, payload_offset, signature })
    }

    /// Which key is said to have signed.
    pub fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// At which byte of the envelope the payload begins, for errors that name a place.
    pub fn payload_offset(&self) -> usize {
        self.payload_offset
    }

    /// The payload, if one of `keys` signed it with this additional data. Key ids are not unique: every key that has
    /// this one is tried.
    pub fn verified(&self, keys: &[PublicKey], aad: &[u8]) -> Option<&'a [u8]> {
        keys.iter().find_map(|key| self.verified_by(key, aad))
    }

    /// The payload, if this key has the envelope's key id and signed it with this additional data.
    pub fn verified_by(&self, key: &PublicKey, aad: &[u8]) -> Option<&'a [u8]> {
        if KeyId::of(key) != self.key_id {
            return None;
        }
        let text = signed_bytes(self.protected, aad, self.payload);
        let verified = UnparsedPublicKey::new(&ED25519, &key.0).verify(&text, self.signature);
        verified.ok().map(|()| self.payload)
    }
}

/// Signs a payload.
pub fn sign(key_pair: &Ed25519KeyPair, payload: &[u8], aad: &[u8]) -> Vec<u8> {
    let protected = protected(KeyId::of(&public_key(key_pair)));
    let signature = key_pair.sign(&signed_bytes(&protected, aad, payload));
    let envelope = Writer::new().array(4).bytes(&protected).map(0).bytes(payload);
    envelope.bytes(signature.as_ref()).done()
}

/// The public half of a key pair.
pub fn public_key(key_pair: &Ed25519KeyPair) -> PublicKey {
    let mut bytes = [0; 32];
    // An Ed25519 public key always has 32 bytes.
    bytes.iter_mut().zip(key_pair.public_key().as_ref()).for_each(|(place, byte)| *place = *byte);
    PublicKey(bytes)
}

fn protected(key_id: KeyId) -> Vec<u8> {
    Writer::new().map(2).integer(ALGORITHM).integer(ED25519_ALGORITHM).integer(KEY_ID).bytes(&key_id.0).done()
}

fn header(bytes: &[u8]) -> Result<KeyId, CborError> {
    let mut reader = Reader::new(bytes)?;
    reader.map(2, "a protected header of algorithm and key id")?;
    reader.exactly(ALGORITHM, "the label of the algorithm")?;
    reader.exactly(ED25519_ALGORITHM, "Ed25519 as algorithm -19")?;
    reader.exactly(KEY_ID, "the label of the key id")?;
    Ok(KeyId(reader.bytes_of("a key id of 4 bytes")?))
}

/// The `Sig_structure` of RFC 9052 section 4.4.
fn signed_bytes(protected: &[u8], aad: &[u8], payload: &[u8]) -> Vec<u8> {
    Writer::new().array(4).text("Signature1").bytes(protected).bytes(aad).bytes(payload).done()
}

fn expected(offset: usize, what: &'static str) -> CborError {
    CborError { offset, problem: crate::cbor::CborProblem::Expected(what) }
}

#[cfg(test)]
#[path = "signed_tests.rs"]
mod tests;
