//! A rules file, with whatever mistake its author made, and the answers of whatever rules it holds.
//!
//! Promises: memory is linear; a mistake is told with a line of the file; an accepted rule set is written and read the
//! same; no answer contradicts its own instant.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use yorisoi_fuzz::{bounded, file, json_mutation, rules};
use yorisoi_protocol::RuleSet;
use yorisoi_protocol::rule_set::RULE_SET_MAX_BYTES;

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    json_mutation::mutate(data, size, max_size, seed)
});

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let counted = if text.len() > RULE_SET_MAX_BYTES { 0 } else { text.len() };
    match bounded(counted, file::PER_BYTE, 4096, || RuleSet::parse(text)) {
        Ok(read) => {
            let written = serde_json::to_string(&read).expect("what was read can be written");
            assert_eq!(RuleSet::parse(&written).as_ref(), Ok(&read));
            rules::agree(&read);
        }
        Err(error) => file::is_placed(&error, text),
    }
});
