//! The random keys of one database, and how they stand in its file.
//!
//! Plain: format (1 byte: 1) ‖ key of row ids (32) ‖ for each generation, oldest first, number (2, big-endian) ‖ key (32).
//! In the file: nonce (12) ‖ AES-256-GCM of that under HKDF-SHA-256(root key, salt = the database's id) ‖ tag (16), with
//! the database's id in the additional data. A ring that opens is the proof that the root key fits.

use ring::aead::{AES_256_GCM, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::hmac;
use zeroize::Zeroizing;

use super::{Generation, RootKey, Vault, VaultError, bound};
use crate::host::Randomness;

const CONTEXT: &[u8] = b"yorisoi/keys/1";
const FORMAT: u8 = 1;
const KEY_LEN: usize = 32;
const ENTRY_LEN: usize = 2 + KEY_LEN;

/// The keys of one database. Wiped from memory when dropped; the subkeys made of them live inside `ring`, which does not
/// wipe.
pub struct KeyRing {
    row_ids: Zeroizing<[u8; KEY_LEN]>,
    /// Oldest first, never empty.
    generations: Vec<(u16, Zeroizing<[u8; KEY_LEN]>)>,
}

/// What seals the ring of one database: made of the root key, and good for nothing else.
pub struct Wrapping {
    key: LessSafeKey,
    database: [u8; 16],
}

impl Wrapping {
    /// The wrapping of a database under a root key.
    ///
    /// # Errors
    /// [`VaultError::DoesNotOpen`] if the algorithms are not available, which does not happen with `ring`.
    pub fn new(root: &RootKey, database: &[u8; 16]) -> Result<Self, VaultError> {
        let root = Salt::new(HKDF_SHA256, database).extract(root.bytes());
        let info = [CONTEXT];
        let key = root.expand(&info, &AES_256_GCM).map_err(|_| VaultError::DoesNotOpen)?;
        Ok(Self { key: LessSafeKey::new(UnboundKey::from(key)), database: *database })
    }

    /// The id of the database.
    pub fn database(&self) -> &[u8; 16] {
        &self.database
    }

    /// The ring as it stands in the file.
    ///
    /// # Errors
    /// [`VaultError::NoRandomness`].
    pub fn seal(&self, ring: &KeyRing, randomness: &dyn Randomness) -> Result<Vec<u8>, VaultError> {
        let nonce: [u8; NONCE_LEN] = crate::host::random(randomness).map_err(|_| VaultError::NoRandomness)?;
        let mut plain = ring.write();
        let tag = self
            .key
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                bound(&[CONTEXT, &self.database]),
                &mut plain,
            )
            .map_err(|_| VaultError::DoesNotOpen)?;
        Ok([&nonce[..], &plain, tag.as_ref()].concat())
    }

    /// The ring in what stands in the file.
    ///
    /// # Errors
    /// [`VaultError::DoesNotOpen`] if it was sealed under another root key, for another database, or is damaged.
    pub fn open(&self, sealed: &[u8]) -> Result<KeyRing, VaultError> {
        let (nonce, body) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(VaultError::DoesNotOpen)?;
        let mut body = Zeroizing::new(body.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let plain = self
            .key
            .open_in_place(nonce, bound(&[CONTEXT, &self.database]), &mut body)
            .map_err(|_| VaultError::DoesNotOpen)?;
        KeyRing::read(plain).ok_or(VaultError::DoesNotOpen)
    }
}

impl KeyRing {
    /// New keys.
    ///
    /// # Errors
    /// [`VaultError::NoRandomness`].
    pub fn new(randomness: &dyn Randomness) -> Result<Self, VaultError> {
        Ok(Self { row_ids: fresh(randomness)?, generations: vec![(1, fresh(randomness)?)] })
    }

    /// The same with one generation more, which seals from then on.
    ///
    /// # Errors
    /// [`VaultError::NoRandomness`]. After 65,535 generations, of 2²⁸ values each, the last one goes on.
    pub fn with_new_generation(&self, randomness: &dyn Randomness) -> Result<Self, VaultError> {
        let Self { row_ids, mut generations } = self.copy();
        let last = generations.last().map_or(0, |(number, _)| *number);
        if let Some(next) = last.checked_add(1) {
            generations.push((next, fresh(randomness)?));
        }
        Ok(Self { row_ids, generations })
    }

    /// The same without the generations before this one. The newest stays in any case.
    pub fn without_before(&self, generation: u16) -> Self {
        let Self { row_ids, mut generations } = self.copy();
        let newest = generations.len().saturating_sub(1);
        let first = generations.iter().position(|(number, _)| *number >= generation);
        generations.drain(..first.unwrap_or(newest));
        Self { row_ids, generations }
    }

    /// What seals and opens with these keys.
    pub fn vault(&self, database: &[u8; 16]) -> Vault {
        let generations = self.generations.iter();
        Vault {
            generations: generations.map(|(number, key)| Generation::new(*number, key, database)).collect(),
            row_ids: hmac::Key::new(hmac::HMAC_SHA256, self.row_ids.as_slice()),
        }
    }

    /// Shows a test every key there is, as it is held.
    #[cfg(test)]
    pub(super) fn each_key(&self, mut visit: impl FnMut(&Zeroizing<[u8; KEY_LEN]>)) {
        visit(&self.row_ids);
        self.generations.iter().for_each(|(_, key)| visit(key));
    }

    fn copy(&self) -> Self {
        Self { row_ids: self.row_ids.clone(), generations: self.generations.clone() }
    }

    fn write(&self) -> Zeroizing<Vec<u8>> {
        // The whole at once, so that no growing leaves a copy behind.
        let mut plain = Zeroizing::new(Vec::with_capacity(1 + KEY_LEN + self.generations.len() * ENTRY_LEN));
        plain.push(FORMAT);
        plain.extend_from_slice(self.row_ids.as_slice());
        for (number, key) in &self.generations {
            plain.extend_from_slice(&number.to_be_bytes());
            plain.extend_from_slice(key.as_slice());
        }
        plain
    }

    fn read(plain: &[u8]) -> Option<Self> {
        let (format, rest) = plain.split_first()?;
        let (row_ids, rest) = rest.split_first_chunk::<KEY_LEN>()?;
        let (entries, rest) = rest.as_chunks::<ENTRY_LEN>();
        if *format != FORMAT || entries.is_empty() || !rest.is_empty() {
            return None;
        }
        let entry = |entry: &[u8; ENTRY_LEN]| {
            let (number, key) = entry.split_first_chunk::<2>()?;
            Some((u16::from_be_bytes(*number), Zeroizing::new(key.try_into().ok()?)))
        };
        let generations = entries.iter().map(entry).collect::<Option<Vec<_>>>()?;
        let rising = generations.is_sorted_by(|(a, _), (b, _)| a < b);
        rising.then_some(Self { row_ids: Zeroizing::new(*row_ids), generations })
    }
}

fn fresh(randomness: &dyn Randomness) -> Result<Zeroizing<[u8; KEY_LEN]>, VaultError> {
    crate::host::random(randomness).map(Zeroizing::new).map_err(|_| VaultError::NoRandomness)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::SystemRandomness;

    fn wrapping(key: u8, database: u8) -> Wrapping {
        Wrapping::new(&RootKey::from_bytes([key; 32]), &[database; 16]).unwrap()
    }

    #[test]
    fn a_ring_opens_under_its_root_key_and_for_its_database_only() {
        let randomness = SystemRandomness::default();
        let ring = KeyRing::new(&randomness).unwrap().with_new_generation(&randomness).unwrap();
        let sealed = wrapping(1, 1).seal(&ring, &randomness).unwrap();
        assert_eq!(*wrapping(1, 1).open(&sealed).unwrap().write(), *ring.write());
        assert!(wrapping(2, 1).open(&sealed).is_err());
        assert!(wrapping(1, 2).open(&sealed).is_err());
        for index in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[index] ^= 1;
            assert!(wrapping(1, 1).open(&damaged).is_err());
            assert!(wrapping(1, 1).open(&sealed[..index]).is_err());
        }
    }

    #[test]
    fn a_ring_of_another_form_is_none() {
        let ring = KeyRing::new(&SystemRandomness::default()).unwrap();
        let plain = ring.write();
        assert!(KeyRing::read(&plain).is_some());
        assert!(KeyRing::read(&plain[..1 + KEY_LEN]).is_none(), "without a generation");
        let twice = [&plain[..], &plain[1 + KEY_LEN..]].concat();
        assert!(KeyRing::read(&twice).is_none(), "a generation twice");
        let mut other = plain.to_vec();
        other[0] = 2;
        assert!(KeyRing::read(&other).is_none(), "of another format");
        for cut in 0..plain.len() {
            assert!(KeyRing::read(&plain[..cut]).is_none());
        }
    }
}
