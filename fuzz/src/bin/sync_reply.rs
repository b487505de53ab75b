//! What a device reads of a server it has no reason to trust: outcomes with receipts, and changes.
//!
//! Promises: memory is linear; what was read is written and read the same; no receipt made of arbitrary bytes vouches
//! for anything; a change is kept byte for byte.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use yorisoi_fuzz::{json, json_mutation};
use yorisoi_protocol::ids::{MemberId, OperationId};
use yorisoi_protocol::wire::{Change, OutcomeResult, Receipts, SyncReply};

/// Of a key whose other half nobody kept: the SHA-256 of nothing, in its first 32 bytes.
const STRANGER: [u8; 32] = [0xe3; 32];

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    json_mutation::mutate(data, size, max_size, seed)
});

fuzz_target!(|bytes: &[u8]| {
    let Some(reply) = json::read::<SyncReply>(bytes) else { return };
    let mut receipts = Receipts::of(MemberId::from_bytes([5; 16]));
    for outcome in &reply.outcomes {
        match &outcome.result {
            OutcomeResult::Applied(held) | OutcomeResult::Duplicate(held) => {
                receipts.add(OperationId::from_bytes([5; 16]), &[0; 32], *held);
            }
            OutcomeResult::Refused(refusal) => assert!(!refusal.code.words().ja.is_empty()),
            OutcomeResult::RetryAfter { .. } => {}
        }
    }
    if let Some(signed) = &reply.receipt {
        assert!(receipts.verified(&[STRANGER], signed).is_none());
    }
    for text in &reply.changes {
        if let Ok(change) = text.read::<Change>() {
            json::survives(&change);
        }
    }
});
