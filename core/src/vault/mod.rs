//! Sealing: every value that says anything about a person is encrypted before SQLite sees it.
//!
//! AES-256-GCM (`ring`) with a random 96-bit nonce per value. A database has random keys of its own, its [`KeyRing`], which
//! stands in the file sealed under the host's root key; so the root key can be changed without touching a value, and values
//! get a new key, a **generation**, long before nonces of the old one could meet (NIST SP 800-38D, 8.3). Of a generation's
//! key HKDF-SHA-256 (RFC 5869) makes one subkey per table, when it is first needed. The additional data binds schema, table,
//! row and row version, so a value moved elsewhere does not open. The plaintext is padded by the rule of [`padding`].
//!
//! A sealed value is generation (2 bytes, big-endian) ‖ nonce (12) ‖ ciphertext ‖ tag (16).
//!
//! The vault never decides what to do about a key that does not fit; it only says so.

mod first_layout;
mod key_ring;
mod root_key;
mod secret;

pub use first_layout::{FirstTable, FirstVault};
pub use key_ring::{KeyRing, Wrapping};
pub use root_key::RootKey;
pub use secret::Secret;

use std::sync::OnceLock;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Prk, Salt};
use ring::hmac;

use yorisoi_protocol::padding;

use crate::host::Randomness;

/// Part of the additional data; another layout of sealed values is another schema.
const SCHEMA: &[u8] = b"yorisoi/sealed/2";
const GENERATION_LEN: usize = 2;
/// The bytes of a row's id that is derived from a name.
pub const ROW_ID_LEN: usize = 16;

/// The tables with sealed values. The name enters key and additional data and never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// Operations, the outbox among them.
    Operation,
    /// Changes from the server.
    Change,
    /// Summaries of consultations.
    Consultation,
    /// Drafts.
    Draft,
    /// Receipts, those of one reply together.
    Receipts,
    /// Pieces of photos.
    PhotoPiece,
    /// Everything of which there is one, or a few: identity, consent, survey, settings.
    Record,
}

impl Table {
    const COUNT: usize = 7;

    fn name(self) -> &'static str {
        match self {
            Self::Operation => "operation",
            Self::Change => "change",
            Self::Consultation => "consultation",
            Self::Draft => "draft",
            Self::Receipts => "receipts",
            Self::PhotoPiece => "photo_piece",
            Self::Record => "record",
        }
    }
}

/// Where a sealed value belongs.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The table.
    pub table: Table,
    /// The row's id.
    pub row: &'a [u8],
    /// The row's version, which rises with every rewriting.
    pub version: i64,
}

/// Why a value was not sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The bytes are not a value sealed for this place under this key.
    #[error("a sealed value does not open")]
    DoesNotOpen,
    /// The value was sealed under a key of this database that was made later than these.
    #[error("a value was sealed under a newer key")]
    NewerKey,
    /// The platform gave no random bytes.
    #[error("the platform gave no random bytes")]
    NoRandomness,
}

/// Seals and opens the values of one database.
pub struct Vault {
    /// Oldest first; the last one seals.
    generations: Vec<Generation>,
    row_ids: hmac::Key,
}

struct Generation {
    number: u16,
    root: Prk,
    keys: [OnceLock<LessSafeKey>; Table::COUNT],
}

impl Vault {
    /// The number of the generation that seals.
    pub fn generation(&self) -> u16 {
        self.generations.last().map_or(0, |generation| generation.number)
    }

    /// Whether values of older generations may still stand in the file.
    pub fn has_older(&self) -> bool {
        self.generations.len() > 1
    }

    /// The generation a sealed value says it was sealed under.
    pub fn generation_of(sealed: &[u8]) -> Option<u16> {
        sealed.first_chunk::<GENERATION_LEN>().map(|number| u16::from_be_bytes(*number))
    }

    /// The id of the row of a name: whoever has the file cannot tell which name it is.
    pub fn row_id(&self, name: &[u8]) -> [u8; ROW_ID_LEN] {
        let tag = hmac::sign(&self.row_ids, name);
        tag.as_ref().first_chunk().copied().unwrap_or_default()
    }

    /// Generation, nonce, ciphertext and tag of the padded value.
    ///
    /// # Errors
    /// [`VaultError::NoRandomness`].
    pub fn seal(
        &self,
        place: Place<'_>,
        value: &[u8],
        randomness: &dyn Randomness,
    ) -> Result<Vec<u8>, VaultError> {
        let generation = self.generations.last().ok_or(VaultError::DoesNotOpen)?;
        let nonce: [u8; NONCE_LEN] = crate::host::random(randomness).map_err(|_| VaultError::NoRandomness)?;
        let head = GENERATION_LEN + NONCE_LEN;
        let mut sealed = Vec::with_capacity(head + padding::padded_len(value.len()) + AES_256_GCM.tag_len());
        sealed.extend_from_slice(&generation.number.to_be_bytes());
        sealed.extend_from_slice(&nonce);
        padding::pad_into(&mut sealed, value);
        let body = sealed.get_mut(head..).unwrap_or_default();
        let tag = generation
            .key(place.table)?
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), aad(place), body)
            .map_err(|_| VaultError::DoesNotOpen)?;
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    /// The value that was sealed for this place.
    ///
    /// # Errors
    /// [`VaultError::NewerKey`], and [`VaultError::DoesNotOpen`] for anything else.
    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        let (number, rest) = sealed.split_first_chunk::<GENERATION_LEN>().ok_or(VaultError::DoesNotOpen)?;
        let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>().ok_or(VaultError::DoesNotOpen)?;
        let number = u16::from_be_bytes(*number);
        let generation = self.generations.iter().rev().find(|generation| generation.number == number);
        let generation = generation.ok_or_else(|| {
            if number > self.generation() { VaultError::NewerKey } else { VaultError::DoesNotOpen }
        })?;
        let mut body = body.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let length = generation
            .key(place.table)?
            .open_in_place(nonce, aad(place), &mut body)
            .map_err(|_| VaultError::DoesNotOpen)?
            .len();
        body.truncate(length);
        padding::unpad(body).ok_or(VaultError::DoesNotOpen)
    }
}

impl Generation {
    fn new(number: u16, root: &[u8; 32], database: &[u8; 16]) -> Self {
        let root = Salt::new(HKDF_SHA256, database).extract(root);
        Self { number, root, keys: Default::default() }
    }

    fn key(&self, table: Table) -> Result<&LessSafeKey, VaultError> {
        let slot = self.keys.get(table as usize).ok_or(VaultError::DoesNotOpen)?;
        if let Some(key) = slot.get() {
            return Ok(key);
        }
        let info = [SCHEMA, b"/", table.name().as_bytes()];
        let key = self.root.expand(&info, &AES_256_GCM).map_err(|_| VaultError::DoesNotOpen)?;
        Ok(slot.get_or_init(|| LessSafeKey::new(UnboundKey::from(key))))
    }
}

/// Schema ‖ table ‖ row ‖ version, each with its length before it so that none runs into the next. The database stands in
/// the key already.
fn aad(place: Place<'_>) -> Aad<Vec<u8>> {
    let version = place.version.to_be_bytes();
    bound(&[SCHEMA, place.table.name().as_bytes(), place.row, &version])
}

fn bound(parts: &[&[u8]]) -> Aad<Vec<u8>> {
    let mut data = Vec::with_capacity(80);
    for part in parts {
        data.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        data.extend_from_slice(part);
    }
    Aad::from(data)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::SystemRandomness;

    const PLACE: Place<'static> = Place { table: Table::Draft, row: b"row", version: 1 };

    fn ring() -> KeyRing {
        KeyRing::new(&SystemRandomness::default()).unwrap()
    }

    fn seal(vault: &Vault, value: &[u8]) -> Vec<u8> {
        vault.seal(PLACE, value, &SystemRandomness::default()).unwrap()
    }

    #[test]
    fn a_value_opens_only_in_its_place() {
        let (mine, other) = (ring(), ring());
        let vault = mine.vault(&[1; 16]);
        let sealed = seal(&vault, "発熱".as_bytes());
        assert_eq!(mine.vault(&[1; 16]).open(PLACE, &sealed).unwrap(), "発熱".as_bytes());
        for elsewhere in [
            Place { table: Table::Change, ..PLACE },
            Place { row: b"rox", ..PLACE },
            Place { version: 2, ..PLACE },
        ] {
            assert_eq!(vault.open(elsewhere, &sealed), Err(VaultError::DoesNotOpen));
        }
        assert_eq!(other.vault(&[1; 16]).open(PLACE, &sealed), Err(VaultError::DoesNotOpen));
        assert_eq!(mine.vault(&[2; 16]).open(PLACE, &sealed), Err(VaultError::DoesNotOpen));
    }

    #[test]
    fn a_damaged_value_does_not_open_wherever_it_is_damaged() {
        let vault = ring().vault(&[1; 16]);
        let sealed = seal(&vault, b"text");
        for index in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[index] ^= 1;
            assert!(vault.open(PLACE, &damaged).is_err());
            assert_eq!(vault.open(PLACE, &sealed[..index]), Err(VaultError::DoesNotOpen));
        }
    }

    #[test]
    fn the_same_value_is_never_sealed_the_same_way_twice() {
        let vault = ring().vault(&[1; 16]);
        assert_ne!(seal(&vault, b"text"), seal(&vault, b"text"));
    }

    #[test]
    fn the_newest_generation_seals_and_older_ones_open_until_they_are_dropped() {
        let randomness = SystemRandomness::default();
        let first = ring();
        let second = first.with_new_generation(&randomness).unwrap();
        let (old, new) = (first.vault(&[1; 16]), second.vault(&[1; 16]));
        let (before, after) = (seal(&old, b"before"), seal(&new, b"after"));
        assert_eq!((Vault::generation_of(&before), Vault::generation_of(&after)), (Some(1), Some(2)));
        assert_eq!(new.open(PLACE, &before).unwrap(), b"before");
        assert_eq!(old.open(PLACE, &after), Err(VaultError::NewerKey));
        let last = second.without_before(2).vault(&[1; 16]);
        assert_eq!(last.open(PLACE, &after).unwrap(), b"after");
        assert_eq!(last.open(PLACE, &before), Err(VaultError::DoesNotOpen));
        assert!(new.has_older() && !last.has_older());
        // A value does not open under the number of another generation.
        let renumbered = [&[0, 2][..], &before[2..]].concat();
        assert_eq!(new.open(PLACE, &renumbered), Err(VaultError::DoesNotOpen));
    }

    #[test]
    fn the_id_of_a_row_follows_from_its_name_and_outlives_generations() {
        let first = ring();
        let second = first.with_new_generation(&SystemRandomness::default()).unwrap().without_before(2);
        let id = first.vault(&[1; 16]).row_id(b"settings");
        assert_eq!(second.vault(&[1; 16]).row_id(b"settings"), id);
        assert_ne!(first.vault(&[1; 16]).row_id(b"identity"), id);
        assert_ne!(ring().vault(&[1; 16]).row_id(b"settings"), id);
    }
}
