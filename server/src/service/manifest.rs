//! The manifest: what this server knows, drafted for a root to sign elsewhere, and the signed file handed out.

use serde_json::value::RawValue;
use yorisoi_protocol::Timestamp;
use yorisoi_protocol::manifest::{
    Held, MANIFEST_FORMAT, Manifest, ManifestDraft, Roots, SdkVersion, Succession,
};

use super::rescue_keys::newest_rescue_keys;
use super::setup::SetupError;
use super::ticket_keys::{revoked_cards, ticket_keys};
use super::{Failure, Service};
use crate::storage::{StorageError, Transaction};

const MANIFEST: &str = "manifest";
/// Which manifest that is: eight bytes of version, big-endian, and the SHA-256 of its JSON.
const HELD: &str = "manifest_held";

impl Service {
    /// The next manifest, unsigned: every programme, key and revoked card this server knows. The version is one more than
    /// that of the published manifest unless another is named.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn draft_manifest(
        &self,
        not_after: Timestamp,
        version: Option<u64>,
        smallest_sdk: SdkVersion,
    ) -> Result<ManifestDraft, SetupError> {
        let tx = self.storage.begin()?;
        let published = held(&*tx)?.map_or(0, |held| held.version);
        let text = |text: String| {
            RawValue::from_string(text.trim().to_owned())
                .map_err(|_| StorageError::Damaged { table: "programme" })
        };
        let programmes = tx.programmes()?.into_iter().map(text).collect::<Result<_, _>>()?;
        Ok(ManifestDraft {
            format: MANIFEST_FORMAT,
            version: version.unwrap_or(published + 1),
            issued_at: self.now(),
            not_after,
            smallest_sdk,
            ticket_keys: ticket_keys(&*tx)?,
            receipt_keys: vec![self.keys.receipt_key()],
            rescue_keys: newest_rescue_keys(&*tx)?,
            programmes,
            revoked_cards: revoked_cards(&*tx)?,
        })
    }

    /// Hands this signed manifest out from now on. Gives its version.
    ///
    /// # Errors
    /// [`SetupError::Manifest`] for one that no device with these roots would take, an older one than the published one
    /// among them.
    pub fn publish_manifest(&self, signed: &[u8], roots: &Roots) -> Result<u64, SetupError> {
        let manifest = Manifest::verify(signed, roots)?;
        let tx = self.storage.begin()?;
        if manifest.follows(held(&*tx)?.as_ref())? == Succession::Newer {
            let Held { version, sha256 } = manifest.held();
            tx.set_meta(MANIFEST, signed)?;
            tx.set_meta(HELD, &[&version.to_be_bytes()[..], &sha256].concat())?;
        }
        tx.commit()?;
        Ok(manifest.version)
    }

    /// The published manifest as it was signed.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn manifest(&self) -> Result<Option<Vec<u8>>, Failure> {
        Ok(self.begin()?.meta(MANIFEST)?)
    }
}

fn held(tx: &dyn Transaction) -> Result<Option<Held>, StorageError> {
    let Some(bytes) = tx.meta(HELD)? else {
        return Ok(None);
    };
    let (version, sha256) = bytes.split_at_checked(8).ok_or(StorageError::Damaged { table: "meta" })?;
    match (version.try_into(), sha256.try_into()) {
        (Ok(version), Ok(sha256)) => Ok(Some(Held { version: u64::from_be_bytes(version), sha256 })),
        _ => Err(StorageError::Damaged { table: "meta" }),
    }
}
