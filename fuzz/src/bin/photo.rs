//! A photo from anywhere.
//!
//! Promises: memory has a bound; what is written is a photo of the same size, and rewriting it changes
//! nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;

// Only this module of the core, for the reason given in `server_events`.
#[allow(dead_code)]
#[path = "../../../core/src/photo/mod.rs"]
mod photo;

use yorisoi_fuzz::bounded;

/// The buffers, and one profile inflated, rewritten and deflated, in lists that double.
const MEMORY: usize = 8 * 1024 * 1024;

fuzz_target!(|bytes: &[u8]| {
    let _ = bounded(bytes.len(), 8, MEMORY, || photo::rewrite(&mut &bytes[..], &mut std::io::sink()));
    let mut written = Vec::new();
    let Ok(facts) = photo::rewrite(&mut &bytes[..], &mut written) else { return };
    assert_eq!(facts.bytes, written.len() as u64);
    let mut again = Vec::new();
    let same = photo::rewrite(&mut written.as_slice(), &mut again);
    assert_eq!(same, Ok(facts));
    assert_eq!(again, written);
});
