//! Whatever JSON a decoder accepts, it can write, and reads the same from what it wrote.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::bounded;

/// Bytes that reading may allocate for each byte of JSON: an element of two characters becomes a value of up to a
/// hundred bytes, in a list that grows by doubling.
const PER_BYTE: usize = 96;
const FIXED: usize = 4096;

/// Reads a `T`, if the bytes are one.
///
/// # Panics
/// If reading takes more memory than is due to its length, or an accepted value does not survive writing.
pub fn read<T: DeserializeOwned + Serialize + PartialEq + Debug>(json: &[u8]) -> Option<T> {
    let value: T = bounded(json.len(), PER_BYTE, FIXED, || serde_json::from_slice(json)).ok()?;
    survives(&value);
    Some(value)
}

/// Writes `value` and reads it again.
///
/// # Panics
/// If it comes back as another value, or is written otherwise the second time.
pub fn survives<T: DeserializeOwned + Serialize + PartialEq + Debug>(value: &T) {
    let written = serde_json::to_vec(value).expect("what was read can be written");
    let again: T = serde_json::from_slice(&written).expect("what was written can be read");
    assert_eq!(&again, value);
    assert_eq!(serde_json::to_vec(&again).expect("written before"), written);
}
