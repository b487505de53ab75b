//! JSON text that is kept and hashed exactly as it crossed the wire.

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::digest::{EntryHash, entry_hash};

/// The text of one operation or change. Receipts and digests are over its bytes, so it is never written anew: another
/// order of fields or another escape would be another text.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EntryText(Box<RawValue>);

impl EntryText {
    /// The text of a value, written once.
    ///
    /// # Errors
    /// [`serde_json::Error`] if the value has no JSON text.
    pub fn write<T: Serialize>(value: &T) -> Result<Self, serde_json::Error> {
        serde_json::value::to_raw_value(value).map(Self)
    }

    /// Takes over text that was kept.
    ///
    /// # Errors
    /// [`serde_json::Error`] if it is not one JSON value.
    pub fn from_text(text: String) -> Result<Self, serde_json::Error> {
        RawValue::from_string(text).map(Self)
    }

    /// Reads the value.
    ///
    /// # Errors
    /// [`serde_json::Error`] if the text is not such a value.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        // Slices everywhere: reading from `str` as well would build every reader of the library twice.
        serde_json::from_slice(self.0.get().as_bytes())
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    /// SHA-256 of its bytes.
    pub fn hash(&self) -> EntryHash {
        entry_hash(self.0.get())
    }
}

impl PartialEq for EntryText {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for EntryText {}

/// Its length only: the text is somebody's question.
impl fmt::Debug for EntryText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EntryText({} bytes)", self.as_str().len())
    }
}
