//! What a server reads when a card is redeemed, and what a device reads in reply.
//!
//! Promises: what was read is written and read the same; every reply that can be padded has the one size.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use yorisoi_fuzz::{json, json_mutation};
use yorisoi_protocol::EnrollmentCode;
use yorisoi_protocol::wire::{ApiError, ENROLLMENT_REPLY_BYTES, EnrollmentReply, EnrollmentRequest};

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    json_mutation::mutate(data, size, max_size, seed)
});

fuzz_target!(|bytes: &[u8]| {
    if let Some(request) = json::read::<EnrollmentRequest>(bytes)
        && let Ok(code) = EnrollmentCode::parse(request.code.as_deref().unwrap_or_default())
    {
        assert_eq!(EnrollmentCode::parse(&code.compact()), Ok(code));
    }
    if let Some(reply) = json::read::<EnrollmentReply>(bytes) {
        let bare = EnrollmentReply { pad: String::new(), ..reply.clone() };
        let length = serde_json::to_vec(&bare).expect("what was read can be written").len();
        let padded = reply.to_padded_json().expect("what was read can be written");
        assert_eq!(padded.len(), length.max(ENROLLMENT_REPLY_BYTES));
        let again: EnrollmentReply = serde_json::from_slice(&padded).expect("padding is part of the form");
        assert_eq!(again.result, reply.result);
    }
    json::read::<ApiError>(bytes);
});
