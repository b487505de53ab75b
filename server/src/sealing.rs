//! Texts at rest: AES-256-GCM under the content key, bound to the table and the id they belong to.
//!
//! A sealed text is `nonce (12 bytes) ‖ ciphertext ‖ tag (16 bytes)`. Moving one to another row or table makes it
//! unreadable. Nothing here knows what the texts are.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::randomness::{Randomness, draw};

/// Seals and opens texts.
pub struct Sealing {
    key: LessSafeKey,
}

/// Why a text could not be sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealingError {
    /// The key does not fit, or the bytes were changed or moved.
    #[error("a sealed text does not open")]
    DoesNotOpen,
    /// It could not be sealed.
    #[error("a text could not be sealed")]
    NotSealed,
}

impl Sealing {
    /// With this key.
    ///
    /// # Errors
    /// [`SealingError::NotSealed`] if the key cannot be used.
    pub fn new(key: &[u8; 32]) -> Result<Self, SealingError> {
        let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| SealingError::NotSealed)?;
        Ok(Self { key: LessSafeKey::new(key) })
    }

    /// Seals `plain` for the row `id` of `table`.
    ///
    /// # Errors
    /// [`SealingError::NotSealed`].
    pub fn seal(
        &self,
        randomness: &dyn Randomness,
        table: &str,
        id: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, SealingError> {
        // 96 random bits: at 2^32 texts under one key the chance of a repeated nonce is still below 2^-32.
        let nonce: [u8; NONCE_LEN] = draw(randomness).map_err(|_| SealingError::NotSealed)?;
        let mut text = plain.to_vec();
        let tag = self
            .key
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(aad(table, id)),
                &mut text,
            )
            .map_err(|_| SealingError::NotSealed)?;
        let mut sealed = Vec::with_capacity(NONCE_LEN + text.len() + tag.as_ref().len());
        sealed.extend_from_slice(&nonce);
        sealed.append(&mut text);
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    /// Opens what [`Sealing::seal`] made for the same row.
    ///
    /// # Errors
    /// [`SealingError::DoesNotOpen`].
    pub fn open(&self, table: &str, id: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealingError> {
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN).ok_or(SealingError::DoesNotOpen)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealingError::DoesNotOpen)?;
        let mut text = text.to_vec();
        let length = self
            .key
            .open_in_place(nonce, Aad::from(aad(table, id)), &mut text)
            .map_err(|_| SealingError::DoesNotOpen)?
            .len();
        text.truncate(length);
        Ok(text)
    }
}

/// The zero byte keeps `("ab", "c")` and `("a", "bc")` apart: no table's name contains one.
fn aad(table: &str, id: &[u8]) -> Vec<u8> {
    [table.as_bytes(), &[0], id].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::randomness::SystemRandomness;

    #[test]
    fn a_sealed_text_opens_only_unchanged_and_in_its_own_row() {
        let random = SystemRandomness::default();
        let sealing = Sealing::new(&[1; 32]).unwrap();
        let sealed = sealing.seal(&random, "entry", b"id", "熱".as_bytes()).unwrap();
        assert_eq!(sealing.open("entry", b"id", &sealed).unwrap(), "熱".as_bytes());
        assert!(sealing.open("consent", b"id", &sealed).is_err());
        assert!(sealing.open("entry", b"ie", &sealed).is_err());
        assert!(Sealing::new(&[2; 32]).unwrap().open("entry", b"id", &sealed).is_err());
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert!(sealing.open("entry", b"id", &changed).is_err());
            assert!(sealing.open("entry", b"id", &sealed[..index]).is_err());
        }
        assert_ne!(sealed, sealing.seal(&random, "entry", b"id", "熱".as_bytes()).unwrap());
    }
}
