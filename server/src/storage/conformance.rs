//! What every database must pass before it may serve: the promises of [`super`], tried one by one.

use std::sync::Barrier;

use yorisoi_protocol::Timestamp;
use yorisoi_protocol::digest::StreamDigest;
use yorisoi_protocol::ids::{
    ConsultationId, DeviceId, EnrollmentId, MemberId, MessageId, Nonce, OperationId,
};
use yorisoi_protocol::question::Service;

use super::*;

const AT: i64 = 1_627_830_000;

/// Runs every check against an empty database; `second` is another way into the same one.
pub(super) fn check(storage: &dyn Storage, second: &dyn Storage) {
    a_dropped_transaction_leaves_nothing(storage);
    rows_are_unique(storage);
    nonces_are_used_once_until_they_expire(storage);
    streams_are_read_in_order_without_own_entries(storage);
    members_are_serialised(storage, second);
}

fn time(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(AT + seconds)
}

fn grant(number: u8, key: u8) -> GrantRecord {
    GrantRecord {
        tag: [1; 32],
        device_key: [key; 32],
        device: DeviceId::from_bytes([number; 8]),
        member: MemberId::from_bytes([number; 16]),
        enrollment: EnrollmentId::from_bytes([1; 16]),
        granted_at: time(i64::from(number)),
    }
}

fn a_dropped_transaction_leaves_nothing(storage: &dyn Storage) {
    let tx = storage.begin().unwrap();
    assert!(tx.add_programme("p", 1, "{}").unwrap());
    assert_eq!(tx.programme("p").unwrap().as_deref(), Some("{}"), "own writes are seen");
    drop(tx);
    assert_eq!(storage.begin().unwrap().programme("p").unwrap(), None);
}

fn rows_are_unique(storage: &dyn Storage) {
    let tx = storage.begin().unwrap();
    assert!(tx.add_programme("p", 1, "{}").unwrap());
    assert!(!tx.add_programme("p", 2, "{}").unwrap());
    assert!(!tx.add_programme("q", 1, "{}").unwrap());
    let card =
        CardRecord { tag: [1; 32], programme: "p".to_owned(), number: 1, batch: 1, issued_at: time(0) };
    assert!(tx.add_card(&card).unwrap());
    assert!(!tx.add_card(&CardRecord { number: 2, ..card.clone() }).unwrap());
    assert_eq!(tx.lock_card(&[1; 32]).unwrap(), Some(card));
    assert_eq!(tx.lock_card(&[2; 32]).unwrap(), None);
    assert!(tx.add_grant(&grant(1, 1)).unwrap());
    assert!(!tx.add_grant(&grant(2, 1)).unwrap(), "one grant per card and key");
    assert!(!tx.add_grant(&grant(1, 2)).unwrap(), "one device per id");
    assert!(tx.add_grant(&grant(2, 2)).unwrap());
    assert_eq!(tx.grants(&[1; 32]).unwrap(), vec![grant(1, 1), grant(2, 2)]);
    let operation = OperationRecord {
        id: OperationId::from_bytes([1; 16]),
        device: DeviceId::from_bytes([1; 8]),
        seq: 1,
        hash: [1; 32],
        outcome: "{}".to_owned(),
    };
    assert!(tx.add_operation(&operation).unwrap());
    let other_seq = OperationRecord { seq: 2, ..operation.clone() };
    assert!(!tx.add_operation(&other_seq).unwrap(), "one row per operation id");
    let other_id = OperationRecord { id: OperationId::from_bytes([2; 16]), ..operation.clone() };
    assert!(!tx.add_operation(&other_id).unwrap(), "one row per number of a device");
    assert_eq!(tx.operation(operation.device, 1).unwrap(), Some(operation));
    let member = MemberId::from_bytes([1; 16]);
    assert!(tx.mark_survey_answered(member).unwrap());
    assert!(!tx.mark_survey_answered(member).unwrap());
    assert!(tx.add_consent(member, 1, b"a").unwrap());
    assert!(!tx.add_consent(member, 1, b"b").unwrap());
    assert_eq!(tx.last_consent(member).unwrap(), Some((1, b"a".to_vec())));
    consultations_are_unique(&*tx, member);
    tx.commit().unwrap();
}

fn consultations_are_unique(tx: &dyn Transaction, member: MemberId) {
    let id = ConsultationId::from_bytes([1; 16]);
    let consultation = ConsultationRecord {
        id,
        member,
        service: Service::Pediatrics,
        opened_at: time(0),
        taken_by: None,
        taken_at: None,
    };
    assert!(tx.add_consultation(&consultation).unwrap());
    assert!(!tx.add_consultation(&consultation).unwrap());
    assert_eq!(tx.consultation(id).unwrap(), Some(consultation));
    append(tx, member, 9, None);
    let message = MessageRecord {
        id: MessageId::from_bytes([9; 16]),
        consultation: id,
        at: time(0),
        due: Some(time(60)),
        answered_at: None,
        clinician: None,
    };
    assert!(tx.add_message(&message).unwrap());
    assert!(!tx.add_message(&message).unwrap());
    assert_eq!(tx.waiting().unwrap().len(), 1);
    tx.mark_answered(id, time(5)).unwrap();
    assert_eq!(tx.waiting().unwrap().len(), 0);
    assert_eq!(tx.messages(id).unwrap()[0].answered_at, Some(time(5)));
}

fn nonces_are_used_once_until_they_expire(storage: &dyn Storage) {
    let tx = storage.begin().unwrap();
    let nonce = Nonce::from_bytes([1; 6]);
    assert!(tx.use_nonce(b"a", nonce, time(10), time(0)).unwrap());
    assert!(!tx.use_nonce(b"a", nonce, time(10), time(10)).unwrap());
    assert!(tx.use_nonce(b"b", nonce, time(10), time(10)).unwrap());
    assert!(tx.use_nonce(b"a", nonce, time(30), time(20)).unwrap());
}

fn append(tx: &dyn Transaction, member: MemberId, id: u8, origin: Option<DeviceId>) -> u64 {
    tx.lock_member(member).unwrap();
    let head = tx.head(member).unwrap();
    let next = Head {
        position: head.position + 1,
        digest: StreamDigest::from_value(head.digest.value().wrapping_sub(1)),
    };
    let entry = EntryRecord { id: [id; 16], hash: [id; 32], origin, sealed: Some(vec![id]) };
    assert!(tx.append(member, &entry, next).unwrap());
    assert_eq!(tx.head(member).unwrap(), next, "a digest keeps all its bits");
    assert!(!tx.append(member, &entry, next).unwrap());
    next.position
}

fn streams_are_read_in_order_without_own_entries(storage: &dyn Storage) {
    let tx = storage.begin().unwrap();
    let member = MemberId::from_bytes([2; 16]);
    let (own, other) = (DeviceId::from_bytes([2; 8]), DeviceId::from_bytes([1; 8]));
    append(&*tx, member, 20, None);
    append(&*tx, member, 21, Some(own));
    append(&*tx, member, 22, Some(other));
    let ids = |after, rows| -> Vec<u8> {
        let rows = tx.entries_after(member, after, own, rows).unwrap();
        rows.iter().map(|row| row.id[0]).collect()
    };
    assert_eq!(ids(0, 10), [20, 22]);
    assert_eq!(ids(1, 10), [22]);
    assert_eq!(ids(0, 1), [20]);
    assert_eq!(tx.entry(&[20; 16]).unwrap(), Some(StoredEntry { member, sealed: Some(vec![20]) }));
}

fn members_are_serialised(storage: &dyn Storage, second: &dyn Storage) {
    let member = MemberId::from_bytes([2; 16]);
    let start = Barrier::new(2);
    let many = |storage: &dyn Storage, first: u8| -> Vec<u64> {
        start.wait();
        let one = |id| {
            let tx = storage.begin().unwrap();
            let position = append(&*tx, member, id, None);
            tx.commit().unwrap();
            position
        };
        (first..first + 20).map(one).collect()
    };
    let (one, two) = std::thread::scope(|scope| {
        let other = scope.spawn(|| many(second, 130));
        (many(storage, 100), other.join().unwrap())
    });
    let mut positions = [one, two].concat();
    positions.sort_unstable();
    assert_eq!(positions, (1..=40).collect::<Vec<_>>(), "no position is taken twice or left out");
}
