//! How values were sealed in the first schema, kept to read files that are brought up to date.
//!
//! Nonce ‖ ciphertext ‖ tag under HKDF-SHA-256 of the root key itself, one subkey per table.

use ring::aead::{AES_256_GCM, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Prk, Salt};

use yorisoi_protocol::padding;

use super::{RootKey, VaultError, bound};

const SCHEMA: &[u8] = b"yorisoi/sealed/1";

/// The tables of the first schema, by the names that entered key and additional data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstTable {
    /// The value that told whether a key fits.
    KeyCheck,
    /// The device's identity and grant.
    Identity,
    /// Operations.
    Operation,
    /// Changes.
    Change,
    /// Consultations with all their entries.
    Consultation,
    /// Drafts.
    Draft,
    /// Answered surveys.
    Survey,
    /// The consent ledger.
    Consent,
    /// Settings and the manifest.
    Settings,
    /// Times of sync.
    SyncTimes,
}

impl FirstTable {
    /// The table's name.
    pub fn name(self) -> &'static str {
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

/// Opens values of the first schema.
pub struct FirstVault(Prk);

impl FirstVault {
    /// For a database under its root key.
    pub fn new(root: &RootKey, database: &[u8; 16]) -> Self {
        Self(Salt::new(HKDF_SHA256, database).extract(root.bytes()))
    }

    /// The value that was sealed for this row.
    ///
    /// # Errors
    /// [`VaultError::DoesNotOpen`].
    pub fn open(
        &self,
        table: FirstTable,
        row: &[u8],
        version: i64,
        sealed: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        let (nonce, body) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(VaultError::DoesNotOpen)?;
        let info = [SCHEMA, b"/", table.name().as_bytes()];
        let key = self.0.expand(&info, &AES_256_GCM).map_err(|_| VaultError::DoesNotOpen)?;
        let aad = bound(&[SCHEMA, table.name().as_bytes(), row, &version.to_be_bytes()]);
        let mut body = body.to_vec();
        let length = LessSafeKey::new(UnboundKey::from(key))
            .open_in_place(Nonce::assume_unique_for_key(*nonce), aad, &mut body)
            .map_err(|_| VaultError::DoesNotOpen)?
            .len();
        body.truncate(length);
        padding::unpad(body).ok_or(VaultError::DoesNotOpen)
    }
}
