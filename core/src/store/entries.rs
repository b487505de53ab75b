//! Where the messages of a thread stand, packed.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Where a message of a consultation stands: above zero the number of an operation, below zero that of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry(i64);

/// Entries in the order of their thread, packed: a list carries them along without reading them.
///
/// Each is its number, zigzag coded so that small ones of either sign stay small, in groups of seven bits, the lowest first, the
/// highest bit set on all bytes but the last (LEB128); the whole as base64url.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Entries(Vec<u8>);

impl Entries {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.iter().filter(|byte| **byte < 0x80).count()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds one at the end.
    pub fn push(&mut self, entry: Entry) {
        let mut rest = ((entry.0 << 1) ^ (entry.0 >> 63)).cast_unsigned();
        while rest >= 0x80 {
            self.0.push(u8::try_from(rest & 0x7f).unwrap_or_default() | 0x80);
            rest >>= 7;
        }
        self.0.push(u8::try_from(rest).unwrap_or_default());
    }

    /// Each of them.
    pub fn read(&self) -> Vec<Entry> {
        let (mut entries, mut value, mut shift) = (Vec::new(), 0u64, 0u32);
        for byte in &self.0 {
            value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or_default();
            shift = shift.saturating_add(7);
            if *byte < 0x80 {
                entries.push(Entry((value >> 1).cast_signed() ^ -(value & 1).cast_signed()));
                (value, shift) = (0, 0);
            }
        }
        entries
    }
}

impl fmt::Debug for Entries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.read()).finish()
    }
}

impl Serialize for Entries {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&str>::deserialize(deserializer)?;
        BASE64URL_NOPAD.decode(text.as_bytes()).map(Self).map_err(|_| serde::de::Error::custom("no entries"))
    }
}

/// What an entry points at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pointed {
    /// A message written here, by the number of its operation.
    Own(u64),
    /// An answer, by the number of its change.
    Answer(i64),
}

impl Entry {
    /// A message written here.
    pub fn own(seq: u64) -> Self {
        Self(i64::try_from(seq).unwrap_or(i64::MAX))
    }

    /// An answer.
    pub fn answer(change: i64) -> Self {
        Self(change.saturating_neg())
    }

    /// What it points at.
    pub fn pointed(self) -> Pointed {
        match u64::try_from(self.0) {
            Ok(seq) => Pointed::Own(seq),
            Err(_) => Pointed::Answer(self.0.saturating_neg()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_read_as_they_were_added() {
        let numbers = [1, -1, 63, 64, -64, -65, 8191, 8192, 1 << 40, i64::MAX, -i64::MAX];
        let mut entries = Entries::default();
        for (count, number) in numbers.into_iter().enumerate() {
            assert_eq!(entries.len(), count);
            entries.push(Entry(number));
        }
        let text = serde_json::to_vec(&entries).unwrap();
        let read: Entries = serde_json::from_slice(&text).unwrap();
        assert_eq!(read.read(), numbers.map(Entry));
        assert_eq!(Entry::answer(5).pointed(), Pointed::Answer(5));
        assert_eq!(Entry::own(5).pointed(), Pointed::Own(5));
        // Whatever stands there: a value or none, never a panic.
        for bytes in [vec![0xff; 30], vec![0x80], vec![]] {
            Entries(bytes).read();
        }
    }
}
