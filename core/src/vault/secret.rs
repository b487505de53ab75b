//! A secret that stands sealed in a record: the seed of the device's key, the key of what is sealed to the programme.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

/// 32 secret bytes, wiped from memory when dropped. No `Debug`.
#[derive(Clone)]
pub struct Secret(Zeroizing<[u8; 32]>);

impl Secret {
    /// Takes over these bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes, for signing or sealing with them.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <[u8; 32]>::deserialize(deserializer).map(Self::from_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_stands_in_a_record_as_its_bytes_always_did() {
        let bytes: [u8; 32] = std::array::from_fn(|n| u8::try_from(n * 8).unwrap());
        let text = serde_json::to_string(&bytes).unwrap();
        assert_eq!(serde_json::to_string(&Secret::from_bytes(bytes)).unwrap(), text);
        assert_eq!(serde_json::from_str::<Secret>(&text).unwrap().bytes(), &bytes);
        assert!(serde_json::from_str::<Secret>("[1,2]").is_err());
    }

    #[test]
    fn what_holds_a_key_is_wiped_when_it_is_dropped() {
        fn wiped<T: zeroize::ZeroizeOnDrop>(_: &T) {}
        wiped(&Secret::from_bytes([1; 32]).0);
        wiped(&super::super::RootKey::from_bytes([1; 32]).0);
        let ring = super::super::KeyRing::new(&crate::host::SystemRandomness::default()).unwrap();
        ring.each_key(wiped);
    }
}
