//! The header that names who makes a request.
//!
//! Promises: memory is linear; what was read is written and read the same, and written to the letter where the time has
//! no leading zeros.
#![no_main]

use libfuzzer_sys::fuzz_target;
use yorisoi_fuzz::bounded;
use yorisoi_protocol::wire::Authorization;

fuzz_target!(|bytes: &[u8]| {
    let Ok(header) = std::str::from_utf8(bytes) else { return };
    let Some(read) = bounded(header.len(), 2, 256, || Authorization::parse(header)) else { return };
    let written = read.to_string();
    assert_eq!(Authorization::parse(&written), Some(read));
    let seconds = header.split('.').nth(1).unwrap_or_default();
    if seconds == "0" || !seconds.starts_with('0') {
        assert_eq!(written, header);
    }
});
