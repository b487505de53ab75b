//! The header that names who makes a request.
//!
//! Promises: memory is linear; what was read is written to the letter.
#![no_main]

use libfuzzer_sys::fuzz_target;
use yorisoi_fuzz::bounded;
use yorisoi_protocol::wire::Authorization;

fuzz_target!(|bytes: &[u8]| {
    let Ok(header) = std::str::from_utf8(bytes) else { return };
    let Some(read) = bounded(header.len(), 2, 256, || Authorization::parse(header)) else { return };
    assert_eq!(read.to_string(), header);
});
