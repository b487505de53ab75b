//! The small texts that stand inside everything else: ids, cursors, digests, keys, days, municipalities.
//!
//! Promises: each has one text only: what is accepted is written to the letter. (A day may be typed shorter; what is
//! written of it reads the same.)
#![no_main]

use libfuzzer_sys::fuzz_target;
use yorisoi_protocol::CivilDate;
use yorisoi_protocol::digest::StreamDigest;
use yorisoi_protocol::ids::{DeviceId, Nonce, OperationId};
use yorisoi_protocol::municipality::Municipality;
use yorisoi_protocol::wire::{Cursor, PhotoHash, PublicKey};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    to_the_letter::<OperationId>(text);
    to_the_letter::<DeviceId>(text);
    to_the_letter::<Nonce>(text);
    to_the_letter::<Cursor>(text);
    to_the_letter::<StreamDigest>(text);
    to_the_letter::<PublicKey>(text);
    to_the_letter::<PhotoHash>(text);
    to_the_letter::<Municipality>(text);
    if let Some(day) = CivilDate::parse(text) {
        assert_eq!(CivilDate::parse(&day.to_string()), Some(day));
        assert!(day.starts_at() <= day.ends_at());
        assert!(!day.japanese().is_empty());
    }
});

fn to_the_letter<T: TryFrom<String> + Into<String>>(text: &str) {
    if let Ok(value) = T::try_from(text.to_owned()) {
        assert_eq!(value.into(), text);
    }
}
