//! One item: the text of an operation, sealed for its name and padded.

use std::fmt;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use super::RescueError;
use crate::ids::{MessageId, OperationId};
use crate::padding::{pad_into, padded_len, unpad};

/// What an item is of: it opens under no other name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemName {
    /// An operation that waits, with its number.
    Operation(OperationId),
    /// A draft that is ready: an operation without a number (0).
    Draft(MessageId),
}

/// Seals the items of one envelope. Wiped when dropped; [`ItemKey::bytes`] is for keeping it sealed.
pub struct ItemKey([u8; 32]);

impl Drop for ItemKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Without the key.
impl fmt::Debug for ItemKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ItemKey")
    }
}

impl ItemKey {
    /// The key of these bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Seals an item: `nonce`, random for each sealing (12 bytes), ciphertext and tag of the padded text.
    ///
    /// # Errors
    /// [`RescueError::Key`] if the cipher cannot be used.
    pub fn seal(&self, name: ItemName, nonce: [u8; NONCE_LEN], text: &[u8]) -> Result<Vec<u8>, RescueError> {
        seal(&self.0, nonce, &name.bound(), text)
    }

    /// Opens an item.
    ///
    /// # Errors
    /// [`RescueError::DoesNotOpen`].
    pub fn open(&self, name: ItemName, sealed: &[u8]) -> Result<Vec<u8>, RescueError> {
        open(&self.0, &name.bound(), sealed)
    }
}

impl ItemName {
    /// The same bytes as the id of what it names.
    pub fn id(&self) -> &[u8; 16] {
        match self {
            Self::Operation(id) => id.as_bytes(),
            Self::Draft(id) => id.as_bytes(),
        }
    }

    fn bound(&self) -> Vec<u8> {
        let kind: &[u8] = match self {
            Self::Operation(_) => b"yorisoi/rescue/1 operation ",
            Self::Draft(_) => b"yorisoi/rescue/1 draft ",
        };
        [kind, self.id()].concat()
    }
}

pub(super) fn seal(
    key: &[u8; 32],
    nonce: [u8; NONCE_LEN],
    bound: &[u8],
    text: &[u8],
) -> Result<Vec<u8>, RescueError> {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).map_err(|_| RescueError::Key)?);
    let mut sealed = Vec::with_capacity(NONCE_LEN + padded_len(text.len()) + AES_256_GCM.tag_len());
    sealed.extend_from_slice(&nonce);
    pad_into(&mut sealed, text);
    let (_, body) = sealed.split_at_mut_checked(NONCE_LEN).ok_or(RescueError::Key)?;
    let tag = key
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(bound), body)
        .map_err(|_| RescueError::Key)?;
    sealed.extend_from_slice(tag.as_ref());
    Ok(sealed)
}

pub(super) fn open(key: &[u8; 32], bound: &[u8], sealed: &[u8]) -> Result<Vec<u8>, RescueError> {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).map_err(|_| RescueError::Key)?);
    let (nonce, body) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(RescueError::DoesNotOpen)?;
    let mut body = body.to_vec();
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let opened = key.open_in_place(nonce, Aad::from(bound), &mut body).map(|opened| opened.len());
    body.truncate(opened.map_err(|_| RescueError::DoesNotOpen)?);
    unpad(body).ok_or(RescueError::DoesNotOpen)
}
