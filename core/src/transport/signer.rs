//! Signing requests with the device's Ed25519 key.

use std::fmt;

use ring::signature::{Ed25519KeyPair, KeyPair};
use yorisoi_protocol::ids::Nonce;
use yorisoi_protocol::wire::{Authorization, Caller, PublicKey, signed_text};

use super::Method;

/// Signs the requests of one device.
pub struct Signer {
    key: Ed25519KeyPair,
    caller: Caller,
}

/// Without the key.
impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("caller", &self.caller).finish_non_exhaustive()
    }
}

impl Signer {
    /// The signer with this seed; `None` if `ring` refuses the seed.
    pub fn new(seed: &[u8; 32], caller: Caller) -> Option<Self> {
        Ed25519KeyPair::from_seed_unchecked(seed).ok().map(|key| Self { key, caller })
    }

    /// The public half.
    pub fn public_key(&self) -> PublicKey {
        let mut bytes = [0u8; 32];
        for (byte, public) in bytes.iter_mut().zip(self.key.public_key().as_ref()) {
            *byte = *public;
        }
        PublicKey(bytes)
    }

    /// The signature of a text.
    pub fn sign_text(&self, text: &[u8]) -> [u8; 64] {
        let mut signature = [0u8; 64];
        for (byte, signed) in signature.iter_mut().zip(self.key.sign(text).as_ref()) {
            *byte = *signed;
        }
        signature
    }

    /// The `authorization` header of a request.
    pub fn sign(&self, method: Method, path: &str, seconds: i64, nonce: Nonce, body: &[u8]) -> String {
        let text = signed_text(method.as_str(), path, self.caller, seconds, nonce, body);
        let signature = self.sign_text(text.as_bytes());
        Authorization { caller: self.caller, seconds, nonce, signature }.to_string()
    }
}
