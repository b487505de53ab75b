//! Sealing: every value that says anything about a person is encrypted before SQLite sees it.
//!
//! AES-256-GCM (`ring`) with a random 96-bit nonce per value, under a subkey per table: HKDF-SHA-256 (RFC 5869) of the
//! host's root key, salted with the database's random id. The additional data binds schema, table, row and row version,
//! so a value moved elsewhere does not open. The plaintext is padded by the rule of [`padding`]. The vault never decides
//! what to do about a key that does not fit; it only says so.

pub mod padding;
mod root_key;

pub use root_key::RootKey;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};

use crate::host::Randomness;

/// Part of the additional data; another layout of sealed values is another schema.
const SCHEMA: &[u8] = b"yorisoi/sealed/1";

/// The tables with sealed values. The name enters key and additional data and never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// The value that tells whether a key fits.
    KeyCheck,
    /// The device's identity and grant.
    Identity,
    /// Operations, the outbox among them.
    Operation,
    /// Changes from the server.
    Change,
    /// Summaries of consultations.
    Consultation,
    /// Drafts.
    Draft,
    /// The survey's state.
    Survey,
    /// The consent ledger.
    Consent,
    /// Settings, loss mode among them.
    Settings,
    /// Times of sync.
    SyncTimes,
}

impl Table {
    const ALL: [Self; 10] = [
        Self::KeyCheck,
        Self::Identity,
        Self::Operation,
        Self::Change,
        Self::Consultation,
        Self::Draft,
        Self::Survey,
        Self::Consent,
        Self::Settings,
        Self::SyncTimes,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::KeyCheck => "key_check",
            Self::Identity => "identity",
            Self::Operation => "operation",
            Self::Change => "change",
            Self::Consultation => "consultation",
            Self::Draft => "draft",
            Self::Survey => "survey",
            Self::Consent => "consent",
            Self::Settings => "settings",
            Self::SyncTimes => "sync_times",
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
    /// The platform gave no random bytes.
    #[error("the platform gave no random bytes")]
    NoRandomness,
}

/// Seals and opens the values of one database.
pub struct Vault {
    keys: Vec<LessSafeKey>,
}

impl Vault {
    /// Derives the subkeys, once for each opening.
    ///
    /// # Errors
    /// [`VaultError::DoesNotOpen`] if the algorithms are not available, which does not happen with `ring`.
    pub fn new(root: &RootKey, database: &[u8; 16]) -> Result<Self, VaultError> {
        let root = Salt::new(HKDF_SHA256, database).extract(root.bytes());
        let derive = |table: &Table| -> Result<LessSafeKey, ring::error::Unspecified> {
            let info = [SCHEMA, b"/", table.name().as_bytes()];
            let key = UnboundKey::from(root.expand(&info, &AES_256_GCM)?);
            Ok(LessSafeKey::new(key))
        };
        let keys = Table::ALL.iter().map(derive).collect::<Result<_, _>>();
        Ok(Self { keys: keys.map_err(|_| VaultError::DoesNotOpen)? })
    }

    /// Nonce, ciphertext and tag of the padded value.
    ///
    /// # Errors
    /// [`VaultError::NoRandomness`].
    pub fn seal(
        &self,
        place: Place<'_>,
        value: &[u8],
        randomness: &dyn Randomness,
    ) -> Result<Vec<u8>, VaultError> {
        let nonce: [u8; NONCE_LEN] = crate::host::random(randomness).map_err(|_| VaultError::NoRandomness)?;
        let padded = padding::padded_len(value.len());
        let mut sealed = Vec::with_capacity(NONCE_LEN + padded + AES_256_GCM.tag_len());
        sealed.extend_from_slice(&nonce);
        padding::pad_into(&mut sealed, value);
        let body = sealed.get_mut(NONCE_LEN..).unwrap_or_default();
        let tag = self
            .key(place.table)?
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), aad(place), body)
            .map_err(|_| VaultError::DoesNotOpen)?;
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    /// The value that was sealed for this place.
    ///
    /// # Errors
    /// [`VaultError::DoesNotOpen`] for anything else.
    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        let (nonce, body) = sealed.split_at_checked(NONCE_LEN).ok_or(VaultError::DoesNotOpen)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| VaultError::DoesNotOpen)?;
        let mut body = body.to_vec();
        let length = self
            .key(place.table)?
            .open_in_place(nonce, aad(place), &mut body)
            .map_err(|_| VaultError::DoesNotOpen)?
            .len();
        body.truncate(length);
        padding::unpad(body).ok_or(VaultError::DoesNotOpen)
    }

    fn key(&self, table: Table) -> Result<&LessSafeKey, VaultError> {
        let place = Table::ALL.iter().position(|known| *known == table);
        place.and_then(|place| self.keys.get(place)).ok_or(VaultError::DoesNotOpen)
    }
}

/// Schema ‖ table ‖ row ‖ version, each with its length before it so that none runs into the next. The database stands in
/// the key already.
fn aad(place: Place<'_>) -> Aad<Vec<u8>> {
    let version = place.version.to_be_bytes();
    let mut data = Vec::with_capacity(64);
    for part in [SCHEMA, place.table.name().as_bytes(), place.row, &version] {
        data.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        data.extend_from_slice(part);
    }
    Aad::from(data)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::SystemRandomness;

    fn vault(key: u8, database: u8) -> Vault {
        Vault::new(&RootKey::from_bytes([key; 32]), &[database; 16]).unwrap()
    }

    #[test]
    fn a_value_opens_only_in_its_place() {
        let place = Place { table: Table::Draft, row: b"row", version: 1 };
        let randomness = SystemRandomness::default();
        let sealed = vault(1, 1).seal(place, "発熱".as_bytes(), &randomness).unwrap();
        assert_eq!(vault(1, 1).open(place, &sealed).unwrap(), "発熱".as_bytes());
        for elsewhere in [
            Place { table: Table::Change, ..place },
            Place { row: b"rox", ..place },
            Place { version: 2, ..place },
        ] {
            assert_eq!(vault(1, 1).open(elsewhere, &sealed), Err(VaultError::DoesNotOpen));
        }
        assert_eq!(vault(2, 1).open(place, &sealed), Err(VaultError::DoesNotOpen));
        assert_eq!(vault(1, 2).open(place, &sealed), Err(VaultError::DoesNotOpen));
    }

    #[test]
    fn a_damaged_value_does_not_open_wherever_it_is_damaged() {
        let place = Place { table: Table::Draft, row: b"row", version: 1 };
        let sealed = vault(1, 1).seal(place, b"text", &SystemRandomness::default()).unwrap();
        for index in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[index] ^= 1;
            assert_eq!(vault(1, 1).open(place, &damaged), Err(VaultError::DoesNotOpen));
            assert_eq!(vault(1, 1).open(place, &sealed[..index]), Err(VaultError::DoesNotOpen));
        }
    }

    #[test]
    fn the_same_value_is_never_sealed_the_same_way_twice() {
        let place = Place { table: Table::Draft, row: b"row", version: 1 };
        let seal = || vault(1, 1).seal(place, b"text", &SystemRandomness::default()).unwrap();
        assert_ne!(seal(), seal());
    }
}
