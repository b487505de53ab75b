//! The live channel, byte by byte from a server the device has no reason to trust.
//!
//! Promises: the same hints however the bytes are cut; memory does not grow with a line that never ends.
#![no_main]

use libfuzzer_sys::fuzz_target;
use yorisoi_fuzz::bounded;
use yorisoi_protocol::wire::Hint;

// The reader itself, and not the core around it: the core has no reason to publish it, and a database and a TLS
// library would be built for nothing.
#[path = "../../../core/src/transport/server_events.rs"]
mod server_events;

use server_events::HintReader;

fuzz_target!(|bytes: &[u8]| {
    let whole = bounded(bytes.len(), 128, 16 * 1024, || HintReader::default().read(bytes));
    // Where it is cut is part of the input too.
    let step = bytes.first().map_or(1, |first| usize::from(*first % 7) + 1);
    let mut reader = HintReader::default();
    let cut: Vec<Hint> = bytes.chunks(step).flat_map(|part| reader.read(part)).collect();
    assert_eq!(cut, whole);
});
