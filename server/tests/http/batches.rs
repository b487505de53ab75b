//! However a device's operations are cut into requests, and in whatever order and however often these arrive, the server says the
//! same of each operation and ends at the same.

use std::sync::atomic::{AtomicU8, Ordering};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use yorisoi_protocol::consent::ConsentEntry;
use yorisoi_protocol::digest::{ENTRY_VERSION, StreamDigest};
use yorisoi_protocol::question::ClinicianRole;
use yorisoi_protocol::wire::{
    ApiErrorCode, EntryText, Held, OperationBody, OperationRefusal, OutcomeResult, RefusalCode, SyncReply,
};
use yorisoi_server::desk_api::{ConsultationView, consultation_path, take_path};

use crate::device::{Device, consent, consultation_of, id_of};
use crate::world::{Clinician, World};

const OPERATIONS: usize = 7;

/// One request.
#[derive(Debug, Clone)]
struct Batch {
    from: usize,
    to: usize,
    backwards: bool,
}

impl Batch {
    const ALL: Self = Self { from: 0, to: OPERATIONS, backwards: false };
}

fn batch() -> impl Strategy<Value = Batch> {
    (0..OPERATIONS, 1..=OPERATIONS, any::<bool>()).prop_map(|(from, length, backwards)| Batch {
        from,
        to: (from + length).min(OPERATIONS),
        backwards,
    })
}

/// What is said of an operation, for the first time or again.
type Said = Result<Held, OperationRefusal>;

/// Two questions, a follow-up and a consent among three that are refused.
fn operations(device: &mut Device<'_>) -> [EntryText; OPERATIONS] {
    let now = device.world.now();
    let first = device.ask("一");
    let consultation = consultation_of(&first);
    let (text, photos) = ("続き".to_owned(), Vec::new());
    let unknown = device.ask("二").as_str().replacen("\"ask\"", "\"telepathy\"", 1);
    let consent = consent(now, 1, ConsentEntry::chain_start());
    [
        first,
        EntryText::from_text(unknown).unwrap(),
        device.operation(OperationBody::FollowUp { consultation, text, begun: now, photos }),
        device.ask("　"),
        device.operation(OperationBody::Consent(consent)),
        device.ask_as(consultation, "一", now),
        device.ask("三"),
    ]
}

/// What is said of each operation when these requests arrive and then, so that all of them did, one with everything; and the
/// texts that a clinician reads of the first consultation.
fn said(world: &World, doctor: &Clinician<'_>, batches: &[Batch]) -> (Vec<Said>, Vec<String>) {
    static DEVICES: AtomicU8 = AtomicU8::new(0);
    let mut device = Device::enrolled(world, DEVICES.fetch_add(1, Ordering::Relaxed));
    let operations = operations(&mut device);
    let mut said: Vec<Option<Said>> = vec![None; OPERATIONS];
    let mut last = None;
    for batch in batches.iter().chain([&Batch::ALL]) {
        let mut order: Vec<usize> = (batch.from..batch.to).collect();
        if batch.backwards {
            order.reverse();
        }
        let sent: Vec<EntryText> = order.iter().map(|index| operations[*index].clone()).collect();
        let reply = device.sync_raw(&sent);
        if reply.status != 200 {
            assert_eq!(reply.refusal().code, ApiErrorCode::SequenceGap);
            continue;
        }
        let reply: SyncReply = reply.json();
        for (index, outcome) in order.into_iter().zip(&reply.outcomes) {
            assert!(outcome.id.is_none_or(|id| *id.as_bytes() == id_of(&operations[index])));
            let result = match &outcome.result {
                OutcomeResult::Applied(held) => {
                    assert_eq!(said[index], None, "taken up a second time");
                    Ok(*held)
                }
                OutcomeResult::Duplicate(held) => Ok(*held),
                OutcomeResult::Refused(refusal) => Err(refusal.clone()),
                other => panic!("{other:?}"),
            };
            assert!(
                said[index].as_ref().is_none_or(|before| *before == result),
                "another answer than before"
            );
            said[index] = Some(result);
        }
        last = Some(reply);
    }
    let said: Vec<Said> = said.into_iter().map(Option::unwrap).collect();
    let (mut held, mut digest) = (0, StreamDigest::EMPTY);
    for (text, _) in operations.iter().zip(&said).filter(|(_, said)| said.is_ok()) {
        held += 1;
        digest = digest.with(&id_of(text), ENTRY_VERSION, &text.hash());
    }
    let last = last.unwrap();
    assert_eq!((last.cursor.position, last.digest), (held, digest), "each that was taken up, once");
    let consultation = consultation_of(&operations[0]);
    doctor.post(&take_path(consultation), &());
    let view: ConsultationView = doctor.get(&consultation_path(consultation)).json();
    (said, view.messages.into_iter().map(|message| message.text).collect())
}

#[test]
fn batches_sent_again_split_merged_or_out_of_order_change_nothing_that_is_held_or_said() {
    let world = World::new();
    let doctor = world.clinician("doctor", ClinicianRole::Pediatrician);
    let one_by_one: Vec<Batch> =
        (0..OPERATIONS).map(|from| Batch { from, to: from + 1, backwards: false }).collect();
    let expected = said(&world, &doctor, &one_by_one);
    let refused = |code| Err(OperationRefusal { code, at: None });
    let codes = [RefusalCode::UnknownOperation, RefusalCode::TextEmpty, RefusalCode::ConsultationExists];
    assert_eq!([1, 3, 5].map(|index| expected.0[index].clone()), codes.map(refused));
    assert_eq!(expected.1, ["一", "続き"]);
    let config = Config { cases: 100, failure_persistence: None, max_shrink_iters: 100, ..Config::default() };
    TestRunner::new(config)
        .run(&prop::collection::vec(batch(), 0..12), |batches| {
            prop_assert_eq!(&said(&world, &doctor, &batches), &expected);
            Ok(())
        })
        .unwrap();
}
