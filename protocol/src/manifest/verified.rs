//! A manifest whose signature was verified and whose fields were checked.

use data_encoding::BASE64URL_NOPAD;
use ring::signature::Ed25519KeyPair;

use crate::date::Timestamp;
use crate::digest::sha256;
use crate::manifest::draft::twice;
use crate::manifest::{Held, ManifestDraft, ManifestError, Roots, SdkVersion};
use crate::programme::{Programme, ProgrammeError};
use crate::rescue::RescueKey;
use crate::signed::{self, Envelope, MANIFEST_AAD};
use crate::ticket::{KeyStatus, TicketKeys};
use crate::wire::PublicKey;

/// The longest JSON of a manifest that is read, in bytes.
pub const MANIFEST_PAYLOAD_MAX_BYTES: usize = 1024 * 1024;
/// The longest signed manifest that is read, in bytes.
pub const MANIFEST_MAX_BYTES: usize = MANIFEST_PAYLOAD_MAX_BYTES + 200;

/// A manifest that a root signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Its version, 1 or more.
    pub version: u64,
    /// When it was prepared. Whoever holds it knows that this instant has passed.
    pub issued_at: Timestamp,
    /// The first instant at which it should have been replaced.
    pub not_after: Timestamp,
    /// The smallest version of this library that may go on without an update.
    pub smallest_sdk: SdkVersion,
    /// The keys that sign receipts.
    pub receipt_keys: Vec<PublicKey>,
    /// The programmes that this version can read.
    pub programmes: Vec<Programme>,
    /// How many programmes this version cannot read and left out.
    pub unreadable: u32,
    texts: Vec<String>,
    rescue_keys: Vec<RescueKey>,
    ticket_keys: TicketKeys,
    sha256: [u8; 32],
}

impl Manifest {
    /// Verifies a signed manifest and then reads it.
    ///
    /// # Errors
    /// [`ManifestError`], the first that applies: the shape, the root, the signature, the JSON, its values.
    pub fn verify(bytes: &[u8], roots: &Roots) -> Result<Self, ManifestError> {
        let envelope = Envelope::read(bytes, MANIFEST_MAX_BYTES)?;
        let key = envelope.key_id();
        if !roots.know(key) {
            return Err(ManifestError::UnknownRoot { key });
        }
        Self::read(roots.verified(&envelope).ok_or(ManifestError::SignatureWrong)?)
    }

    /// Signs the JSON of a manifest, byte for byte, if every device of this version would take it whole.
    ///
    /// # Errors
    /// What [`Manifest::verify`] would say, and [`ManifestError::Programme`] for a programme that it would leave out.
    pub fn sign(json: &[u8], root: &Ed25519KeyPair) -> Result<Vec<u8>, ManifestError> {
        let draft = Self::draft(json)?;
        if draft.ticket_keys.iter().any(|key| key.status == KeyStatus::Unknown) {
            return Err(ManifestError::Value {
                field: "ticket_keys",
                problem: "status: active, retired or revoked",
            });
        }
        for (index, programme) in draft.programmes.iter().enumerate() {
            let refused = |error| ManifestError::Programme { number: index + 1, error };
            Programme::parse(programme.get()).map_err(refused)?;
        }
        Self::read(json)?;
        Ok(signed::sign(root, json, MANIFEST_AAD))
    }

    /// What identifies it to [`Manifest::follows`].
    pub fn held(&self) -> Held {
        Held { version: self.version, sha256: self.sha256 }
    }

    /// The keys of tickets and the revoked cards.
    pub fn ticket_keys(&self) -> &TicketKeys {
        &self.ticket_keys
    }

    /// The programme whose cards carry this index.
    pub fn programme(&self, index: u16) -> Option<&Programme> {
        self.programmes.iter().find(|programme| programme.index == index)
    }

    /// The file of the programme of this id, as it stands in the manifest.
    pub fn programme_text(&self, id: &str) -> Option<&str> {
        let found = self.programmes.iter().zip(&self.texts).find(|(programme, _)| programme.id == id);
        found.map(|(_, text)| text.as_str())
    }

    /// The key to which devices of this programme seal what waits, if it has one.
    pub fn rescue_key(&self, programme: &str) -> Option<&PublicKey> {
        self.rescue_keys.iter().find(|key| key.programme == programme).map(|key| &key.public)
    }

    /// Whether this version of the library may go on without an update. A text that is no version may not.
    pub fn sdk_suffices(&self, version: &str) -> bool {
        SdkVersion::parse(version).is_ok_and(|version| version >= self.smallest_sdk)
    }

    fn draft(json: &[u8]) -> Result<ManifestDraft, ManifestError> {
        if json.len() > MANIFEST_PAYLOAD_MAX_BYTES {
            return Err(ManifestError::TooLong { bytes: json.len(), max: MANIFEST_PAYLOAD_MAX_BYTES });
        }
        ManifestDraft::read(json)
    }

    fn read(json: &[u8]) -> Result<Self, ManifestError> {
        let draft = Self::draft(json)?;
        let all = draft.programmes.len();
        let readable = draft.programmes.iter().map(|text| text.get());
        let readable = readable.filter_map(|text| Some((programme(text).ok()?, text.to_owned())));
        let (programmes, texts): (Vec<Programme>, Vec<String>) = readable.unzip();
        let value = |problem| Err(ManifestError::Value { field: "programmes", problem });
        if twice(programmes.iter().map(|programme| programme.id.as_str())) {
            return value("each id once");
        }
        if twice(programmes.iter().map(|programme| programme.index)) {
            return value("each index once");
        }
        Ok(Self {
            version: draft.version,
            issued_at: draft.issued_at,
            not_after: draft.not_after,
            smallest_sdk: draft.smallest_sdk,
            receipt_keys: draft.receipt_keys,
            rescue_keys: draft.rescue_keys,
            unreadable: u32::try_from(all - programmes.len()).unwrap_or(u32::MAX),
            programmes,
            texts,
            ticket_keys: TicketKeys::new(draft.ticket_keys, draft.revoked_cards),
            sha256: sha256(json),
        })
    }
}

/// The one place that says how a device reads a programme.
fn programme(text: &str) -> Result<Programme, ProgrammeError> {
    Programme::read(text.as_bytes())
}

/// The strong entity tag (RFC 9110 section 8.8.3) of a signed manifest: its SHA-256, quoted.
pub fn manifest_etag(bytes: &[u8]) -> String {
    ["\"", &BASE64URL_NOPAD.encode(&sha256(bytes)), "\""].concat()
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
