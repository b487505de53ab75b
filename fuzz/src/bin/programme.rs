//! A programme file, with whatever mistake its author made, read as an operator's command reads it and as a phone does.
//!
//! Promises: memory is linear and nothing is allocated past the cap; a mistake is told with a place in the file; an
//! accepted programme is written and read the same; what an operator may publish, every phone reads, and the same.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use yorisoi_fuzz::{bounded, file, json, json_mutation, rules};
use yorisoi_protocol::Programme;
use yorisoi_protocol::programme::PROGRAMME_MAX_BYTES;

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    json_mutation::mutate(data, size, max_size, seed)
});

fuzz_target!(|bytes: &[u8]| {
    let counted = if bytes.len() > PROGRAMME_MAX_BYTES { 0 } else { bytes.len() };
    let lenient = bounded(counted, 96, 4096, || Programme::read(bytes));
    if let Ok(programme) = &lenient {
        json::survives(programme);
        rules::agree(&programme.rules);
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match bounded(counted, file::PER_BYTE, 4096, || Programme::parse(text)) {
        Ok(programme) => {
            let written = serde_json::to_string(&programme).expect("what was read can be written");
            assert_eq!(Programme::parse(&written).as_ref(), Ok(&programme));
            assert_eq!(lenient, Ok(programme));
        }
        Err(error) => file::is_placed(&error, text),
    }
});
