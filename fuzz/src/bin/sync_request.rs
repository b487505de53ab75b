//! Operations as a server reads them: the request, each operation's head, and what it wants.
//!
//! Promises: memory is linear; an operation's text is kept byte for byte; head and whole agree; what was understood is
//! written and read the same; texts, surveys and consent are judged without a panic.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use yorisoi_fuzz::{bounded, json, json_mutation};
use yorisoi_protocol::digest::{ENTRY_VERSION, StreamDigest};
use yorisoi_protocol::question::check_text;
use yorisoi_protocol::wire::{EntryText, Operation, OperationBody, OperationHead, SyncRequest};

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    json_mutation::mutate(data, size, max_size, seed)
});

fuzz_target!(|bytes: &[u8]| {
    let Some(request) = json::read::<SyncRequest>(bytes) else { return };
    let mut digest = StreamDigest::EMPTY;
    for text in &request.operations {
        assert!(
            bytes.windows(text.as_str().len()).any(|window| window == text.as_str().as_bytes()),
            "an operation is the very bytes that were sent"
        );
        let length = text.as_str().len();
        let Ok(head) = bounded(length, 96, 4096, || OperationHead::read(text)) else { continue };
        digest = digest.with(head.id.as_bytes(), ENTRY_VERSION, &text.hash());
        let Ok(body) = bounded(length, 96, 4096, || head.body()) else { continue };
        judge(&body);
        let whole = Operation { id: head.id, seq: head.seq, at: head.at, body };
        json::survives(&whole);
        let written = EntryText::write(&whole).expect("what was read can be written");
        assert_eq!(written.read::<Operation>().ok(), Some(whole));
    }
    assert_eq!(StreamDigest::from_value(digest.value()), digest);
});

fn judge(body: &OperationBody) {
    match body {
        OperationBody::Ask { text, begun, .. } | OperationBody::FollowUp { text, begun, .. } => {
            let _ = check_text(text);
            assert!(begun.to_string().ends_with("JST"));
        }
        OperationBody::Survey { day, .. } => assert!(day.starts_at() <= day.ends_at()),
        OperationBody::Consent(entry) => assert_eq!(entry.chain_hash().len(), 64),
    }
}
