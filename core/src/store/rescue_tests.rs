//! Rules of rescue in the file: all that waits has an item of the envelope in force, and nothing else has one.

use rusqlite::Connection;
use yorisoi_protocol::ids::MessageId;
use yorisoi_protocol::rescue::{RescueEnvelope, RescuePrivateKey, RescueTerms};
use yorisoi_protocol::signed::KeyId;
use yorisoi_protocol::wire::{Operation, OperationBody, RescueItemResult, RescueOutcome};

use super::tests::{at, consented, draft, question};
use super::*;
use crate::testing::Phone;
use crate::transport::Signer;

const FEVER: &str = "夜中に熱が出ました";
const SLEEP: &str = "眠れない日が続きます";

fn programme(byte: u8) -> RescuePrivateKey {
    RescuePrivateKey::from_bytes([byte; 32])
}

/// Puts an envelope to this key in force, as the client does.
fn seal_to(store: &Store, key: &RescuePrivateKey) {
    let public = key.public().unwrap();
    let signer = Signer::new(&[5; 32], yorisoi_protocol::wire::Caller::New).unwrap();
    let terms = RescueTerms { programme: "fuchu-2021".into(), device: signer.public_key(), code: None };
    let sealed = RescueEnvelope::seal(&public, [9; 32], terms, |text| signer.sign_text(text));
    let (envelope, items) = sealed.unwrap();
    let is_for = RescueFor { key: KeyId::of(&public), programme: "fuchu-2021".into(), code: None };
    store.keep_rescue(is_for, &envelope, &items).unwrap();
}

/// The text of each item that stands aside, read as the server reads it.
fn read_aside(store: &Store, key: &RescuePrivateKey) -> Vec<String> {
    let Some(batch) = store.aside_batch(1, 100, usize::MAX).unwrap() else { return Vec::new() };
    let (_, items) = key.open(&batch.envelope).unwrap();
    let text = |item: yorisoi_protocol::wire::RescueItem| {
        let text = items.open(item.name, &item.sealed.0).unwrap();
        match serde_json::from_slice::<Operation>(&text).unwrap().body {
            OperationBody::Ask { text, .. } | OperationBody::FollowUp { text, .. } => text,
            other => panic!("{other:?}"),
        }
    };
    batch.items.into_iter().map(text).collect()
}

/// Closes the store, sets its file aside and opens another, under the same key: nothing here asks for the old one.
fn set_aside_and_reopen(phone: &Phone, store: Store) -> Store {
    drop(store);
    set_aside(phone.path()).unwrap();
    Store::open(phone.path(), &phone.host()).unwrap()
}

fn items_of(phone: &Phone, table: &str) -> i64 {
    let file = Connection::open(phone.path().join(DATABASE_FILE)).unwrap();
    let text = format!("SELECT count(*) FROM {table} WHERE rescue IS NOT NULL");
    file.query_row(&text, [], |row| row.get(0)).unwrap()
}

#[test]
fn what_waited_before_there_was_a_key_and_after_it_changed_opens_with_the_newest() {
    let phone = Phone::new();
    let store = Store::open(phone.path(), &phone.host()).unwrap();
    consented(&store).ask(question(FEVER), at(), None).unwrap();
    assert_eq!(items_of(&phone, "operation"), 0);
    seal_to(&store, &programme(1));
    consented(&store).ask(question(SLEEP), at(), None).unwrap();
    seal_to(&store, &programme(2));
    assert_eq!(items_of(&phone, "operation"), 2);
    let store = set_aside_and_reopen(&phone, store);
    assert_eq!(read_aside(&store, &programme(2)), [FEVER, SLEEP]);
    let batch = store.aside_batch(1, 100, usize::MAX).unwrap().unwrap();
    assert!(programme(1).open(&batch.envelope).is_err());
}

#[test]
fn another_process_that_seals_to_another_key_is_followed() {
    let phone = Phone::new();
    let store = Store::open(phone.path(), &phone.host()).unwrap();
    seal_to(&store, &programme(1));
    consented(&store).ask(question(FEVER), at(), None).unwrap();
    let other = Store::open(phone.path(), &phone.host()).unwrap();
    seal_to(&other, &programme(2));
    drop(other);
    consented(&store).ask(question(SLEEP), at(), None).unwrap();
    let store = set_aside_and_reopen(&phone, store);
    assert_eq!(read_aside(&store, &programme(2)), [FEVER, SLEEP]);
}

#[test]
fn a_draft_has_an_item_exactly_while_it_is_ready() {
    let phone = Phone::new();
    let store = Store::open(phone.path(), &phone.host()).unwrap();
    seal_to(&store, &programme(1));
    let id = MessageId::from_bytes([4; 16]);
    store.save_draft(id, &draft(FEVER)).unwrap();
    assert_eq!(items_of(&phone, "draft"), 0);
    consented(&store).set_draft_ready(id, Some(at())).unwrap();
    assert_eq!(items_of(&phone, "draft"), 1);
    store.save_draft(id, &draft(SLEEP)).unwrap();
    assert_eq!(items_of(&phone, "draft"), 0);
    consented(&store).set_draft_ready(id, Some(at())).unwrap();
    seal_to(&store, &programme(2));
    let store = set_aside_and_reopen(&phone, store);
    assert_eq!(read_aside(&store, &programme(2)), [SLEEP]);
}

#[test]
fn what_the_server_decided_is_not_handed_in_again_and_batches_keep_within_their_bounds() {
    let phone = Phone::new();
    let store = Store::open(phone.path(), &phone.host()).unwrap();
    seal_to(&store, &programme(1));
    for number in 0..7 {
        consented(&store).ask(question(&format!("{FEVER}{number}")), at(), None).unwrap();
    }
    let store = set_aside_and_reopen(&phone, store);
    assert_eq!(store.aside_counts(1).unwrap().unwrap().waiting, 7);
    let mut seen = Vec::new();
    while let Some(batch) = store.aside_batch(1, 3, usize::MAX).unwrap() {
        assert!(batch.items.len() <= 3);
        let outcome = |name| RescueOutcome { name, result: RescueItemResult::Held };
        let outcomes: Vec<_> = batch.items.iter().map(|item| outcome(item.name)).collect();
        seen.extend(batch.items.iter().map(|item| item.name));
        // Told twice, as after a lost reply.
        store.keep_aside_outcomes(1, &outcomes).unwrap();
        store.keep_aside_outcomes(1, &outcomes).unwrap();
    }
    assert_eq!(seen.len(), 7);
    let counts = store.aside_counts(1).unwrap().unwrap();
    assert_eq!((counts.waiting, counts.held), (0, 7));
    assert_eq!(store.aside_batch(1, 1, 1).unwrap().map(|batch| batch.items.len()), None);
}

#[test]
fn at_least_one_item_goes_however_large_it_is() {
    let phone = Phone::new();
    let store = Store::open(phone.path(), &phone.host()).unwrap();
    seal_to(&store, &programme(1));
    consented(&store).ask(question(&"熱".repeat(4000)), at(), None).unwrap();
    consented(&store).ask(question(FEVER), at(), None).unwrap();
    let store = set_aside_and_reopen(&phone, store);
    let batch = store.aside_batch(1, 100, 10).unwrap().unwrap();
    assert_eq!(batch.items.len(), 1);
}

/// The file of the first schema has no items: what waits in it is said to be lost, and nothing fails.
#[test]
fn a_file_of_an_older_schema_stands_aside_with_what_it_cannot_hand_in() {
    let phone = Phone::new();
    for schema in 1..upgrade::NEWEST {
        let released = format!("{}/released/schema-{schema}.db", env!("CARGO_MANIFEST_DIR"));
        std::fs::copy(released, phone.path().join(DATABASE_FILE)).unwrap();
        set_aside(phone.path()).unwrap();
        let store = Store::open(phone.path(), &phone.host()).unwrap();
        let counts = store.aside_counts(schema).unwrap().unwrap();
        assert_eq!((counts.waiting, counts.lost), (0, 1), "{schema}");
        assert!(store.aside_batch(schema, 100, usize::MAX).unwrap().is_none());
        drop(store);
        std::fs::remove_file(phone.path().join(DATABASE_FILE)).unwrap();
        *phone.keys.key.lock().unwrap() = None;
    }
}

#[test]
fn a_damaged_file_that_stands_aside_is_a_typed_error_and_stays() {
    let phone = Phone::new();
    let store = Store::open(phone.path(), &phone.host()).unwrap();
    let aside = phone.path().join("yorisoi.aside-1.db");
    std::fs::write(&aside, b"not a database at all").unwrap();
    assert_eq!(store.aside(), [1]);
    assert_eq!(store.aside_counts(1).unwrap(), None);
    assert!(store.aside_batch(1, 100, usize::MAX).is_err());
    assert_eq!(std::fs::read(&aside).unwrap(), b"not a database at all");
    assert!(store.discard_aside(1).unwrap());
    assert!(!aside.exists());
}
