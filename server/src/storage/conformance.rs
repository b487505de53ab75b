//! What every database must pass before it may serve: the promises of [`super`], tried one by one.

use std::sync::Barrier;

use yorisoi_protocol::Timestamp;
use yorisoi_protocol::digest::StreamDigest;
use yorisoi_protocol::ids::{
    ConsultationId, DeviceId, EnrollmentId, MemberId, MessageId, Nonce, OperationId, PhotoId,
};
use yorisoi_protocol::question::Service;

use super::*;

const AT: i64 = 1_627_830_000;

/// Runs every check against an empty database; `second` is another way into the same one.
pub(super) fn check(storage: &dyn Storage, second: &dyn Storage) {
    a_dropped_transaction_leaves_nothing(storage);
    rows_are_unique(storage);
    nonces_are_used_once_until_they_expire(storage);
    attempts_count_where_they_failed_until_they_are_forgotten(storage);
    streams_are_read_in_order_without_own_entries(storage);
    parts_of_a_photo_are_appended_in_order_or_not_at_all(storage, second);
    an_erased_member_leaves_their_place_alone(storage);
    members_are_serialised(storage, second);
}

fn time(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(AT + seconds)
}

fn grant(number: u8, key: u8) -> GrantRecord {
    GrantRecord {
        source: [1; 32],
        card: Some([1; 32]),
        programme: "p".to_owned(),
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
    assert_eq!(tx.programme_at(1).unwrap().as_deref(), Some("{}"));
    assert_eq!(tx.programme_at(2).unwrap(), None);
    cards_are_unique_and_keep_their_state(&*tx);
    grants_are_unique_and_counted_by_household(&*tx);
    phrases_end_and_found_a_household_for_each_device(&*tx);
    let refused = operation(1);
    assert!(tx.add_refused(&refused).unwrap());
    let other_seq = OperationRecord { seq: 2, ..refused.clone() };
    assert!(!tx.add_refused(&other_seq).unwrap(), "one row per id");
    let other = OperationId::from_bytes([2; 16]);
    assert_eq!([refused.id, other].map(|id| tx.is_taken(id).unwrap()), [true, false]);
    assert_eq!((tx.operation(refused.id).unwrap(), tx.operation(other).unwrap()), (Some(refused), None));
    let member = MemberId::from_bytes([1; 16]);
    assert!(tx.mark_survey_answered(member).unwrap());
    assert!(!tx.mark_survey_answered(member).unwrap());
    assert!(tx.add_consent(member, 1, b"a").unwrap());
    assert!(!tx.add_consent(member, 1, b"b").unwrap());
    assert_eq!(tx.last_consent(member).unwrap(), Some((1, b"a".to_vec())));
    consultations_are_unique(&*tx, member);
    tx.commit().unwrap();
}

/// What becomes of the first operation of device 1.
fn operation(id: u8) -> OperationRecord {
    OperationRecord {
        id: OperationId::from_bytes([id; 16]),
        device: DeviceId::from_bytes([1; 8]),
        seq: 1,
        hash: [id; 32],
        outcome: "{}".to_owned(),
    }
}

fn origin(device: u8) -> Option<Origin> {
    Some(Origin { device: DeviceId::from_bytes([device; 8]), seq: 1, outcome: "{}".to_owned() })
}

fn card(number: u32) -> CardRecord {
    CardRecord {
        tag: [number as u8; 32],
        programme: "p".to_owned(),
        number,
        batch: 1,
        issued_at: time(0),
        household: [1; 32],
        status: CardStatus::Issued,
        status_at: time(0),
    }
}

fn cards_are_unique_and_keep_their_state(tx: &dyn Transaction) {
    assert_eq!(tx.last_card("p").unwrap(), (0, 0));
    assert!(tx.add_card(&card(1)).unwrap());
    assert!(!tx.add_card(&CardRecord { number: 2, ..card(1) }).unwrap(), "one row per tag");
    assert!(!tx.add_card(&CardRecord { tag: [2; 32], ..card(1) }).unwrap(), "one row per number");
    assert!(tx.add_card(&card(2)).unwrap());
    assert_eq!(tx.last_card("p").unwrap(), (2, 1));
    assert_eq!(tx.lock_card(&[1; 32]).unwrap(), Some(card(1)));
    assert_eq!(tx.lock_card(&[3; 32]).unwrap(), None);
    assert_eq!(tx.numbered_card("p", 2).unwrap(), Some([2; 32]));
    assert_eq!(tx.numbered_card("p", 3).unwrap(), None);
    assert_eq!(tx.numbered_card("q", 2).unwrap(), None);
    let changed = |status| CardRecord { status, status_at: time(7), ..card(1) };
    for status in [CardStatus::Revoked, CardStatus::Replaced { by: 2 }] {
        tx.set_card_status(&[1; 32], status, time(7)).unwrap();
        assert_eq!(tx.lock_card(&[1; 32]).unwrap(), Some(changed(status)));
    }
    assert_eq!(tx.lock_card(&[2; 32]).unwrap(), Some(card(2)), "no other card is touched");
}

fn grants_are_unique_and_counted_by_household(tx: &dyn Transaction) {
    let joined = |key: u8, since| tx.joined(&[1; 32], &[key; 32], time(since)).unwrap();
    assert_eq!(joined(1, 0), Joined::default());
    assert!(tx.add_grant(&grant(1, 1)).unwrap());
    assert!(!tx.add_grant(&grant(2, 1)).unwrap(), "one grant per household and key");
    assert!(!tx.add_grant(&grant(1, 2)).unwrap(), "one device per id");
    let second = GrantRecord { card: Some([2; 32]), ..grant(2, 2) };
    assert!(tx.add_grant(&second).unwrap());
    let enrollment = Some(EnrollmentId::from_bytes([1; 16]));
    assert_eq!(joined(2, 0), Joined { own: Some(second), erased: false, enrollment, members: 2 });
    assert_eq!(joined(1, 2), Joined { own: Some(grant(1, 1)), erased: false, enrollment, members: 1 });
    assert_eq!(joined(3, 3), Joined { own: None, erased: false, enrollment, members: 0 });
    let members: Vec<u32> = tx.cards("p").unwrap().iter().map(|(_, members)| *members).collect();
    assert_eq!(members, [1, 1], "who joined with which card");
}

fn phrases_end_and_found_a_household_for_each_device(tx: &dyn Transaction) {
    let phrase = |tag: u8| PhraseRecord {
        tag: [tag; 32],
        programme: "p".to_owned(),
        joins_per_day: 5,
        set_at: time(0),
        ended_at: None,
    };
    assert_eq!(tx.figures("p").unwrap().phrase_members, None);
    assert!(!tx.end_phrase("p", time(1)).unwrap());
    tx.set_phrase(&phrase(101)).unwrap();
    assert!(tx.set_phrase(&phrase(102)).is_err(), "one good phrase per programme");
    assert!(tx.end_phrase("p", time(1)).unwrap());
    let ended = PhraseRecord { ended_at: Some(time(1)), ..phrase(101) };
    assert_eq!(tx.lock_phrase(&[101; 32]).unwrap(), Some(ended));
    tx.set_phrase(&phrase(102)).unwrap();
    assert!(tx.end_phrase("p", time(2)).unwrap());
    let again = PhraseRecord { joins_per_day: 6, set_at: time(3), ..phrase(101) };
    tx.set_phrase(&again).unwrap();
    assert_eq!(tx.lock_phrase(&[101; 32]).unwrap(), Some(again));
    assert_eq!(tx.lock_phrase(&[1; 32]).unwrap(), None, "a card is no phrase");
    let by_phrase = |number: u8| GrantRecord {
        source: [101; 32],
        card: None,
        enrollment: EnrollmentId::from_bytes([number; 16]),
        ..grant(number, number)
    };
    assert!(tx.add_grant(&by_phrase(3)).unwrap());
    assert!(tx.add_grant(&by_phrase(4)).unwrap());
    let joined = tx.joined(&[101; 32], &[4; 32], time(4)).unwrap();
    assert_eq!((joined.own, joined.members), (Some(by_phrase(4)), 1));
    let figures = tx.figures("p").unwrap();
    assert_eq!((figures.cards_issued, figures.cards_redeemed), (2, 2));
    assert_eq!((figures.phrase_members, figures.members), (Some(2), 4));
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
    let message = |at, due: Option<i64>| {
        let clinician = None;
        Some(Message { consultation: id, at: time(at), due: due.map(time), clinician })
    };
    append_as(tx, member, 9, origin(1), message(0, Some(60)));
    append_as(tx, member, 8, None, message(1, None));
    append_as(tx, member, 7, origin(1), None);
    let messages = || tx.messages(id).unwrap();
    assert_eq!(messages().iter().map(|message| message.id.as_bytes()[0]).collect::<Vec<_>>(), [9, 8]);
    assert_eq!(
        [9, 8].map(|id| tx.operation(OperationId::from_bytes([id; 16])).unwrap()),
        [Some(operation(9)), None]
    );
    assert_eq!(tx.waiting().unwrap().len(), 1);
    tx.mark_answered(id, time(5)).unwrap();
    assert_eq!(tx.waiting().unwrap().len(), 0);
    assert_eq!(
        messages().iter().map(|message| message.answered_at).collect::<Vec<_>>(),
        [Some(time(5)), None]
    );
}

fn nonces_are_used_once_until_they_expire(storage: &dyn Storage) {
    let tx = storage.begin().unwrap();
    let nonce = Nonce::from_bytes([1; 6]);
    assert!(tx.use_nonce(b"a", nonce, time(10), time(0)).unwrap());
    assert!(!tx.use_nonce(b"a", nonce, time(10), time(10)).unwrap());
    assert_eq!([b"a", b"b"].map(|of| tx.is_nonce_used(of, nonce).unwrap()), [true, false]);
    assert!(tx.use_nonce(b"b", nonce, time(10), time(10)).unwrap());
    assert!(tx.use_nonce(b"a", nonce, time(30), time(20)).unwrap());
}

fn attempts_count_where_they_failed_until_they_are_forgotten(storage: &dyn Storage) {
    let tx = storage.begin().unwrap();
    let door = |way, index| Door { way, index };
    let (cards, phrase, nowhere) =
        (door(Way::Code, Some(1)), door(Way::Phrase, Some(1)), door(Way::Code, None));
    let attempt = |install, door, at, failed| {
        let record = AttemptRecord { install: [install; 32], door, at: time(at), failed };
        tx.note_attempt(&record, time(at - 60)).unwrap();
    };
    let own = |install: u8, way, after| tx.own_failures(&[install; 32], way, time(after)).unwrap();
    let failures = |count, first: Option<i64>| OwnFailures { count, first: first.map(time) };
    assert_eq!(own(1, Way::Code, 0), failures(0, None));
    attempt(1, cards, 1, true);
    attempt(1, cards, 2, false);
    attempt(1, nowhere, 3, true);
    attempt(1, phrase, 4, true);
    attempt(2, cards, 5, true);
    assert_eq!(own(1, Way::Code, 0), failures(2, Some(1)), "wherever they knocked");
    assert_eq!(own(1, Way::Code, 1), failures(1, Some(3)), "only after that instant");
    assert_eq!(own(1, Way::Phrase, 0), failures(1, Some(4)));
    assert_eq!(own(2, Way::Code, 0), failures(1, Some(5)));
    let at_door = |door, after| tx.door_failures(door, time(after)).unwrap();
    assert_eq!((at_door(cards, 0), at_door(cards, 1), at_door(cards, 5)), (2, 1, 0));
    assert_eq!((at_door(phrase, 0), at_door(nowhere, 0), at_door(door(Way::Code, Some(2)), 0)), (1, 0, 0));
    attempt(3, cards, 62, false);
    assert_eq!(own(1, Way::Code, 0), failures(1, Some(3)), "what is forgotten counts no more");
    assert_eq!(tx.shut(cards).unwrap(), None);
    for until in [70, 65] {
        let shut = ShutRecord { since: time(62), until: time(until) };
        tx.set_shut(cards, shut).unwrap();
        assert_eq!(tx.shut(cards).unwrap(), Some(shut));
    }
    let nobodys = ShutRecord { since: time(0), until: time(9) };
    tx.set_shut(nowhere, nobodys).unwrap();
    assert_eq!((tx.shut(nowhere).unwrap(), tx.shut(phrase).unwrap()), (None, None));
}

fn append(tx: &dyn Transaction, member: MemberId, id: u8, origin: Option<Origin>) -> u64 {
    append_as(tx, member, id, origin, None)
}

fn append_as(
    tx: &dyn Transaction,
    member: MemberId,
    id: u8,
    origin: Option<Origin>,
    message: Option<Message>,
) -> u64 {
    tx.lock_member(member).unwrap();
    let head = tx.head(member).unwrap();
    let next = Head {
        position: head.position + 1,
        digest: StreamDigest::from_value(head.digest.value().wrapping_sub(1)),
    };
    let entry = EntryRecord { id: [id; 16], hash: [id; 32], origin, message, sealed: Some(vec![id]) };
    assert!(tx.append(member, next.position, &entry).unwrap());
    tx.set_head(member, next).unwrap();
    assert_eq!(tx.head(member).unwrap(), next, "a digest keeps all its bits");
    assert!(!tx.append(member, next.position, &entry).unwrap());
    assert!(!tx.append(member, next.position + 1, &entry).unwrap(), "an id stands once");
    next.position
}

fn streams_are_read_in_order_without_own_entries(storage: &dyn Storage) {
    let tx = storage.begin().unwrap();
    let member = MemberId::from_bytes([2; 16]);
    let own = DeviceId::from_bytes([2; 8]);
    append(&*tx, member, 20, None);
    append(&*tx, member, 21, origin(2));
    append(&*tx, member, 22, origin(1));
    let ids = |after, rows| -> Vec<u8> {
        let rows = tx.entries_after(member, after, own, rows).unwrap();
        rows.iter().map(|row| row.id[0]).collect()
    };
    assert_eq!(ids(0, 10), [20, 22]);
    assert_eq!(ids(1, 10), [22]);
    assert_eq!(ids(0, 1), [20]);
    assert_eq!(tx.entry(&[20; 16]).unwrap(), Some(StoredEntry { member, sealed: Some(vec![20]) }));
    assert!(tx.is_taken(OperationId::from_bytes([20; 16])).unwrap());
}

fn parts_of_a_photo_are_appended_in_order_or_not_at_all(storage: &dyn Storage, second: &dyn Storage) {
    let (id, message) = (PhotoId::from_bytes([1; 16]), MessageId::from_bytes([9; 16]));
    let device = DeviceId::from_bytes([1; 8]);
    let tx = storage.begin().unwrap();
    assert_eq!(tx.photo(id).unwrap(), None);
    assert!(!tx.append_part(id, 0, 3, b"abc").unwrap(), "of no photo");
    assert!(tx.add_photo(id, message, device).unwrap());
    assert!(!tx.add_photo(id, message, device).unwrap(), "one row per photo");
    tx.commit().unwrap();
    let held = |held| Some(PhotoRecord { id, message, device, held });
    let tx = storage.begin().unwrap();
    assert!(tx.append_part(id, 0, 3, b"abc").unwrap());
    drop(tx);
    let tx = second.begin().unwrap();
    assert_eq!((tx.photo(id).unwrap(), tx.part(id, 0).unwrap()), (held(0), None), "it was dropped");
    assert!(!tx.append_part(id, 3, 2, b"de").unwrap(), "what comes before it is missing");
    assert!(tx.append_part(id, 0, 3, b"abc").unwrap());
    assert!(!tx.append_part(id, 0, 3, b"xyz").unwrap(), "that place is taken");
    assert!(tx.append_part(id, 3, 2, b"de").unwrap());
    tx.commit().unwrap();
    let tx = storage.begin().unwrap();
    assert_eq!(tx.photo(id).unwrap(), held(5));
    let part = |offset| tx.part(id, offset).unwrap();
    assert_eq!((part(0), part(3), part(5)), (Some(b"abc".to_vec()), Some(b"de".to_vec()), None));
    tx.drop_parts(id).unwrap();
    assert_eq!((tx.photo(id).unwrap(), tx.part(id, 3).unwrap()), (held(0), None));
    assert!(tx.append_part(id, 0, 1, b"n").unwrap());
    tx.commit().unwrap();
}

fn an_erased_member_leaves_their_place_alone(storage: &dyn Storage) {
    let tx = storage.begin().unwrap();
    let (one, other) = (MemberId::from_bytes([1; 16]), MemberId::from_bytes([2; 16]));
    let (device, others) = (DeviceId::from_bytes([1; 8]), DeviceId::from_bytes([2; 8]));
    let standing = tx.erasable(others).unwrap().unwrap();
    tx.lock_member(one).unwrap();
    tx.mark_survey_answered(one).unwrap();
    append(&*tx, other, 40, origin(2));
    let (before, figures) = (tx.head(other).unwrap(), tx.figures("p").unwrap());
    assert!(tx.head(one).unwrap().position > 0 && tx.last_consent(one).unwrap().is_some());
    assert!(tx.consultation(ConsultationId::from_bytes([1; 16])).unwrap().is_some());
    tx.erase_member(one, time(50)).unwrap();
    assert_eq!(tx.head(one).unwrap(), Head::default());
    assert_eq!((tx.entry(&[9; 16]).unwrap(), tx.last_consent(one).unwrap()), (None, None));
    assert_eq!(tx.consultation(ConsultationId::from_bytes([1; 16])).unwrap(), None);
    assert!(tx.messages(ConsultationId::from_bytes([1; 16])).unwrap().is_empty());
    assert_eq!([1, 9].map(|id| tx.operation(OperationId::from_bytes([id; 16])).unwrap()), [None, None]);
    let photo = PhotoId::from_bytes([1; 16]);
    assert_eq!((tx.photo(photo).unwrap(), tx.part(photo, 0).unwrap()), (None, None));
    assert!(!tx.survey_answered(one).unwrap());
    assert_eq!(tx.device(device).unwrap(), None, "known no more");
    assert_eq!(tx.device_of_key("p", &[1; 32]).unwrap(), None);
    let erased = tx.erasable(device).unwrap().unwrap();
    assert_eq!((erased.key, erased.member, erased.erased_at), ([1; 32], one, Some(time(50))));
    let joined = tx.joined(&[1; 32], &[1; 32], time(0)).unwrap();
    assert_eq!((joined.own, joined.erased, joined.members), (None, true, 2), "the place stays taken");
    assert!(!tx.add_grant(&grant(9, 1)).unwrap());
    tx.erase_member(one, time(60)).unwrap();
    assert_eq!(tx.erasable(device).unwrap(), Some(erased), "once");
    assert_eq!(
        (tx.head(other).unwrap(), tx.erasable(others).unwrap()),
        (before, Some(standing)),
        "nobody else"
    );
    assert!(tx.device(others).unwrap().is_some());
    let after = tx.figures("p").unwrap();
    assert_eq!((after.members, after.cards_redeemed), (figures.members, figures.cards_redeemed));
    assert_eq!((figures.consulted, after.consulted, after.services.len()), (1, 0, 0));
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
