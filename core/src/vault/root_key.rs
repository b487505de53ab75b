//! The root key while the library holds it.

use zeroize::Zeroizing;

/// 32 random bytes from the host's key store, wiped from memory when dropped.
pub struct RootKey(pub(super) Zeroizing<[u8; 32]>);

impl RootKey {
    /// Takes over these bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The key in what a key store gave; `None` if that has another length.
    pub fn from_stored(bytes: Vec<u8>) -> Option<Self> {
        let bytes = Zeroizing::new(bytes);
        bytes.as_slice().try_into().ok().map(Self::from_bytes)
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}
