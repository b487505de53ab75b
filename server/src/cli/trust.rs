//! A manifest as a command takes it in: verified by the roots that are named, or only read where none is.

use std::path::Path;

use yorisoi_protocol::cbor::Reader;
use yorisoi_protocol::manifest::{MANIFEST_MAX_BYTES, Manifest, ManifestDraft, ManifestError, Roots};
use yorisoi_protocol::signed::{Envelope, EnvelopeError, KeyId};
use yorisoi_protocol::wire::PublicKey;

use super::{CliError, new_file};

/// The bytes of a signed manifest and the JSON in it. Nothing is verified.
pub(super) struct SignedFile {
    pub(super) bytes: Vec<u8>,
    pub(super) key: KeyId,
    json: Vec<u8>,
}

/// The roots to believe, if any is named. An app has two, so more are a mistake.
pub(super) fn roots(named: &[PublicKey]) -> Result<Option<Roots>, CliError> {
    match named {
        [] => Ok(None),
        [one] => Ok(Some(Roots([*one, *one]))),
        [one, two] => Ok(Some(Roots([*one, *two]))),
        _ => Err(CliError::Misuse("an app has two roots; more were named")),
    }
}

/// Reads a root key, as `manifest root` prints it.
pub(super) fn public_key(text: &str) -> Result<PublicKey, String> {
    PublicKey::try_from(text.to_owned()).map_err(|_| "a root key is 32 bytes of base64url".to_owned())
}

impl SignedFile {
    pub(super) fn read(path: &Path) -> Result<Self, CliError> {
        let bytes = new_file::read(path, MANIFEST_MAX_BYTES)?;
        let (key, json) = parts(&bytes).map_err(ManifestError::from)?;
        Ok(Self { bytes, key, json })
    }

    /// The manifest, verified.
    pub(super) fn verify(&self, roots: &Roots) -> Result<Manifest, ManifestError> {
        Manifest::verify(&self.bytes, roots)
    }

    /// What the manifest says, whoever signed it.
    pub(super) fn unverified(&self) -> Result<ManifestDraft, ManifestError> {
        ManifestDraft::read(&self.json)
    }
}

/// The library gives a payload out only once it is verified; for an operator's eyes it is taken from its place.
fn parts(bytes: &[u8]) -> Result<(KeyId, Vec<u8>), EnvelopeError> {
    let envelope = Envelope::read(bytes, MANIFEST_MAX_BYTES)?;
    let mut reader = Reader::new(bytes)?;
    reader.array(4, "an array of four")?;
    reader.bytes("the protected header")?;
    reader.map(0, "an empty unprotected header")?;
    Ok((envelope.key_id(), reader.bytes("a payload")?.to_vec()))
}
