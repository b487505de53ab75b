//! The JSON of a manifest: what an operator prepares and a root signs, byte for byte.
//!
//! A device reads it in two steps, so that one app can live with a manifest made for newer ones: the draft's own
//! fields, of which it ignores those it does not know, then each programme by itself.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::date::Timestamp;
use crate::manifest::{ManifestError, SdkVersion};
use crate::rescue::RescueKey;
use crate::signed::KeyId;
use crate::ticket::{RevokedCards, TicketKey};
use crate::wire::PublicKey;

/// The only format of manifests so far.
pub const MANIFEST_FORMAT: u32 = 1;

/// A manifest before it is signed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ManifestDraft {
    /// [`MANIFEST_FORMAT`].
    pub format: u32,
    /// 1 for the first, and higher for each one after.
    pub version: u64,
    /// When it was prepared.
    pub issued_at: Timestamp,
    /// The first instant at which it should have been replaced.
    pub not_after: Timestamp,
    /// Older versions of this library should ask for an update.
    pub smallest_sdk: SdkVersion,
    /// The keys that sign tickets.
    pub ticket_keys: Vec<TicketKey>,
    /// The keys that sign receipts.
    pub receipt_keys: Vec<PublicKey>,
    /// The keys to which devices seal what waits, one for each programme that has one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rescue_keys: Vec<RescueKey>,
    /// The programme files, each as its operator wrote it.
    pub programmes: Vec<Box<RawValue>>,
    /// Cards that are no longer good.
    pub revoked_cards: Vec<RevokedCards>,
}

/// The one field that every format has.
#[derive(Deserialize)]
struct Format {
    format: u32,
}

impl ManifestDraft {
    /// Reads the JSON of a manifest and checks its own fields. The programmes stay text.
    ///
    /// # Errors
    /// [`ManifestError::UnknownFormat`], [`ManifestError::Syntax`] or [`ManifestError::Value`].
    pub fn read(json: &[u8]) -> Result<Self, ManifestError> {
        let Format { format } = serde_json::from_slice(json).map_err(|error| syntax(&error))?;
        if format != MANIFEST_FORMAT {
            return Err(ManifestError::UnknownFormat { found: format });
        }
        let draft: Self = serde_json::from_slice(json).map_err(|error| syntax(&error))?;
        draft.check()?;
        Ok(draft)
    }

    fn check(&self) -> Result<(), ManifestError> {
        let value = |field, problem| Err(ManifestError::Value { field, problem });
        if self.version == 0 {
            return value("version", "1 or more");
        }
        if self.issued_at >= self.not_after {
            return value("not_after", "later than issued_at");
        }
        if self.ticket_keys.iter().any(|key| key.kid != KeyId::of(&key.public)) {
            return value("ticket_keys", "kid: the first four bytes of the SHA-256 of public, in hex");
        }
        if self.ticket_keys.iter().any(|key| key.not_before >= key.expires) {
            return value("ticket_keys", "expires: later than not_before");
        }
        if twice(self.ticket_keys.iter().map(|key| &key.public.0)) {
            return value("ticket_keys", "each key once: two entries could disagree about one key");
        }
        if twice(self.rescue_keys.iter().map(|key| key.programme.as_str())) {
            return value("rescue_keys", "each programme once");
        }
        if twice(self.revoked_cards.iter().map(|revoked| &revoked.kid)) {
            return value("revoked_cards", "each kid once");
        }
        Ok(())
    }
}

/// Whether something stands twice. Sorting keeps it far from quadratic, however many there are.
pub(super) fn twice<T: Ord>(things: impl Iterator<Item = T>) -> bool {
    let mut sorted: Vec<T> = things.collect();
    sorted.sort_unstable();
    !sorted.iter().zip(sorted.iter().skip(1)).all(|(one, next)| one < next)
}

fn syntax(error: &serde_json::Error) -> ManifestError {
    let text = error.to_string();
    // serde ends its messages with the place, which the error carries already.
    let problem = text.rsplit_once(" at line ").map_or(text.as_str(), |(problem, _)| problem).to_owned();
    ManifestError::Syntax { line: error.line(), column: error.column(), problem }
}
