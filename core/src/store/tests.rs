//! Rules of the store: keys as states, everything sealed, nothing half-done.

use std::collections::BTreeMap;
use std::path::Path;

use yorisoi_protocol::Timestamp;
use yorisoi_protocol::consent::{ConsentEntry, ConsentState, Purpose};
use yorisoi_protocol::ids::{ChangeId, Epoch, MessageId};
use yorisoi_protocol::question::{ClinicianRole, Service, Subject};
use yorisoi_protocol::wire::{Change, ChangeBody, Cursor, EntryText, Held, SignedReceipts};

use super::database::Durability;
use super::*;
use crate::host::KeyStoreError;
use crate::sync::{Concern, Incoming, Plan, Settled, Settlement};
use crate::testing::Phone;

const WORDS: &str = "夜中に三十八度の熱が出ました canary-quartz";

pub(super) fn question(text: &str) -> Question {
    let subject = Subject::Child { born: yorisoi_protocol::CivilDate::new(2021, 8, 20) };
    Question { service: Service::Pediatrics, subject, text: text.to_owned(), begun: at() }
}

pub(super) fn at() -> Timestamp {
    Timestamp::from_seconds(crate::testing::NIGHT)
}

pub(super) fn draft(text: &str) -> Draft {
    let (service, subject) = (Service::Obstetrics, Subject::Parent);
    Draft {
        service: service.into(),
        subject: subject.into(),
        consultation: None,
        text: text.to_owned(),
        begun: at(),
        saved: at(),
        ready: None,
    }
}

fn consent(number: u32) -> ConsentEntry {
    ConsentEntry {
        number,
        purpose: Purpose::Service,
        text_id: "service-ja-1".to_owned(),
        text_sha256: "0".repeat(64),
        language: "ja".to_owned(),
        state: ConsentState::Grant,
        at: at(),
        previous_sha256: ConsentEntry::chain_start(),
        actor: None,
        clock: None,
        sdk: None,
    }
}

/// A store in whose ledger the consent to the service stands, without an operation to send it.
pub(super) fn consented(store: &Store) -> &Store {
    if store.consents().unwrap().is_empty() {
        let write = |records: &Records<'_>| records.put_record(records::Record::Consent(1), &consent(1));
        store.write(Durability::Power, write).unwrap();
    }
    store
}

/// Every file of a directory with its bytes.
pub(super) fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(directory).unwrap().map(Result::unwrap);
    entries
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
        .collect()
}

fn trouble(phone: &Phone) -> OpenError {
    match Store::open(phone.path(), &phone.host()) {
        Ok(_) => panic!("opened"),
        Err(error) => error,
    }
}

#[test]
fn a_fresh_phone_makes_a_key_and_opens_again_with_it() {
    let phone = Phone::new();
    let (consultation, _) = consented(&Store::open(phone.path(), &phone.host()).unwrap())
        .ask(question(WORDS), at(), None)
        .unwrap();
    let key = phone.keys.key.lock().unwrap().clone().unwrap();
    assert_eq!(key.len(), 32);
    let store = Store::open(phone.path(), &phone.host()).unwrap();
    assert_eq!(store.thread(consultation, None, 100).unwrap().messages[0].text, WORDS);
    assert_eq!(*phone.keys.key.lock().unwrap(), Some(key));
}

#[test]
fn key_trouble_is_a_state_and_no_file_and_no_key_is_touched() {
    let phone = Phone::new();
    Store::open(phone.path(), &phone.host())
        .unwrap()
        .save_draft(MessageId::from_bytes([1; 16]), &draft(WORDS))
        .unwrap();
    let database = std::fs::read(phone.path().join(DATABASE_FILE)).unwrap();
    let key = phone.keys.key.lock().unwrap().clone();
    let check = |expected: KeyTrouble| {
        assert_eq!(trouble(&phone), OpenError::Key(expected));
        assert_eq!(std::fs::read(phone.path().join(DATABASE_FILE)).unwrap(), database);
    };
    *phone.keys.failure.lock().unwrap() = Some(KeyStoreError::Locked);
    check(KeyTrouble::Locked);
    *phone.keys.failure.lock().unwrap() = Some(KeyStoreError::Failing);
    check(KeyTrouble::Failing);
    *phone.keys.failure.lock().unwrap() = None;
    for (stored, expected) in [
        (None, KeyTrouble::Missing),
        (Some(vec![0; 32]), KeyTrouble::Foreign),
        (Some(vec![0; 16]), KeyTrouble::Foreign),
    ] {
        *phone.keys.key.lock().unwrap() = stored.clone();
        check(expected);
        assert_eq!(*phone.keys.key.lock().unwrap(), stored);
    }
    *phone.keys.key.lock().unwrap() = key;
    assert_eq!(Store::open(phone.path(), &phone.host()).unwrap().drafts(None, 100).unwrap().rows.len(), 1);
}

#[test]
fn a_key_store_that_forgets_what_it_saved_is_found_before_anything_is_written() {
    let mut phone = Phone::new();
    phone.keys = std::sync::Arc::new(crate::testing::MemoryKeys { forgets: true, ..Default::default() });
    assert_eq!(trouble(&phone), OpenError::Key(KeyTrouble::Failing));
    assert!(files(phone.path()).is_empty());
}

#[test]
fn a_newer_or_foreign_file_is_refused_and_left_to_the_byte() {
    let phone = Phone::new();
    drop(Store::open(phone.path(), &phone.host()).unwrap());
    let path = phone.path().join(DATABASE_FILE);
    let mut newer = std::fs::read(&path).unwrap();
    newer[60..64].copy_from_slice(&99u32.to_be_bytes());
    let damaged = [b"SQLite format 3\0".to_vec(), vec![0x55; 5000]].concat();
    for (bytes, expected) in [
        (newer, StoreError::Newer { found: 99, known: newest_schema() }),
        (b"not a database at all".to_vec(), StoreError::Damaged),
        ([0u8; 200].to_vec(), StoreError::Damaged),
        (damaged, StoreError::Newer { found: 0x5555_5555, known: newest_schema() }),
    ] {
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(trouble(&phone), OpenError::Store(expected));
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
    }
}

#[test]
fn a_file_cut_short_is_a_typed_error_wherever_it_is_cut() {
    let phone = Phone::new();
    let store = Store::open(phone.path(), &phone.host()).unwrap();
    consented(&store).ask(question(WORDS), at(), None).unwrap();
    drop(store);
    let path = phone.path().join(DATABASE_FILE);
    let whole = std::fs::read(&path).unwrap();
    for cut in (1..whole.len()).step_by(whole.len() / 24) {
        std::fs::write(&path, &whole[..cut]).unwrap();
        match Store::open(phone.path(), &phone.host()) {
            // SQLite may open what is left: a row is then whole or said to be damaged, never another.
            Ok(store) => match store.consultations(None, 100) {
                Ok((whole, _)) => assert_eq!(whole.rows.len(), 1, "{cut}"),
                Err(error) => assert_eq!(error, StoreError::Damaged, "{cut}"),
            },
            Err(error) => assert_eq!(error, OpenError::Store(StoreError::Damaged), "{cut}"),
        }
    }
}

#[test]
fn no_word_stands_in_any_file() {
    let phone = Phone::new();
    let store = Store::open(phone.path(), &phone.host()).unwrap();
    let (consultation, _) = consented(&store).ask(question(WORDS), at(), None).unwrap();
    store.follow_up(consultation, WORDS.to_owned(), at(), at(), None).unwrap();
    let id = MessageId::from_bytes([1; 16]);
    store.save_draft(id, &draft(WORDS)).unwrap();
    store.discard_draft(id).unwrap();
    store.change_settings(|settings| settings.loss_mode = true).unwrap();
    let utf16: Vec<u8> = WORDS.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let base64 = data_encoding::BASE64.encode(WORDS.as_bytes());
    let needles: [&[u8]; 6] = [
        "三十八度".as_bytes(),
        b"canary-quartz",
        &utf16[..16],
        &base64.as_bytes()[..16],
        b"pediatrics",
        b"2021-08-20",
    ];
    let look = || {
        let files = files(phone.path());
        assert!(files.contains_key("yorisoi.db"));
        for (name, bytes) in files {
            for needle in needles {
                assert!(!bytes.windows(needle.len()).any(|window| window == needle), "{name}");
            }
        }
    };
    look();
    drop(store);
    look();
}

#[test]
fn a_row_moved_to_another_id_does_not_open() {
    let phone = Phone::new();
    let store = Store::open(phone.path(), &phone.host()).unwrap();
    store.save_draft(MessageId::from_bytes([1; 16]), &draft("a")).unwrap();
    let move_it = "UPDATE draft SET id = zeroblob(16)";
    store.write(Durability::Power, |records| Ok(records.sql.execute(move_it, [])?)).unwrap();
    assert_eq!(store.drafts(None, 100).err(), Some(StoreError::Damaged));
}

#[test]
fn the_operation_and_what_it_carries_stand_or_fall_together() {
    let phone = Phone::new();
    let store = Store::open(phone.path(), &phone.host()).unwrap();
    consented(&store).ask(question(WORDS), at(), None).unwrap();
    store.database.limit_pages(1);
    // Longer than anything that fits the pages that are free.
    let long = "熱".repeat(40_000);
    let id = MessageId::from_bytes([1; 16]);
    assert_eq!(store.save_draft(id, &draft(&long)), Err(StoreError::Full));
    assert_eq!(consented(&store).ask(question(&long), at(), None).map(|_| ()), Err(StoreError::Full));
    assert_eq!(store.consultations(None, 100).unwrap().0.rows.len(), 1);
    assert_eq!(store.pending(), Ok(1));
    assert!(store.drafts(None, 100).unwrap().rows.is_empty());
    store.database.limit_pages(1_000_000);
    consented(&store).ask(question(&long), at(), None).unwrap();
    assert_eq!(
        store.collect(0, 100, usize::MAX).unwrap().operations.iter().map(|o| o.seq).collect::<Vec<_>>(),
        [1, 2]
    );
}

#[test]
fn what_a_person_did_is_synced_to_the_disk_and_what_the_server_told_need_not_be() {
    let phone = Phone::new();
    let store = Store::open(phone.path(), &phone.host()).unwrap();
    consented(&store);
    let commits = || store.database.power_safe_commits();
    let mut before = commits();
    let mut power_safe = |what: &str| {
        assert_eq!(commits(), before + 1, "{what}");
        before = commits();
    };
    let (consultation, _) = store.ask(question(WORDS), at(), None).unwrap();
    power_safe("ask");
    store.follow_up(consultation, WORDS.to_owned(), at(), at(), None).unwrap();
    power_safe("follow_up");
    store.save_draft(MessageId::from_bytes([1; 16]), &draft(WORDS)).unwrap();
    power_safe("save_draft");
    store.make_identity().unwrap();
    power_safe("make_identity");
    store.change_settings(|settings| *settings = Settings::default()).unwrap();
    power_safe("keep_settings");
    store.collect(0, 100, usize::MAX).unwrap();
    assert_eq!(commits(), before, "collect");
    let pragma = |durability| {
        store
            .database
            .write(durability, |sql| Ok(sql.query_row("PRAGMA synchronous", [], |row| row.get::<_, i64>(0))?))
            .unwrap()
    };
    assert_eq!((pragma(Durability::Power), pragma(Durability::Process)), (2, 1));
}

#[test]
fn a_draft_that_is_sent_leaves_the_drafts_in_the_same_transaction() {
    let phone = Phone::new();
    let store = Store::open(phone.path(), &phone.host()).unwrap();
    let id = MessageId::from_bytes([1; 16]);
    let sent = (id, draft(WORDS));
    store.save_draft(id, &sent.1).unwrap();
    consented(&store).ask(question(WORDS), at(), Some(&sent)).unwrap();
    assert!(store.drafts(None, 100).unwrap().rows.is_empty());
    assert_eq!(store.pending(), Ok(1));
}

#[test]
fn a_draft_that_another_process_sent_or_changed_meanwhile_is_not_sent() {
    let phone = Phone::new();
    let store = Store::open(phone.path(), &phone.host()).unwrap();
    let read = (MessageId::from_bytes([1; 16]), draft(WORDS));
    store.save_draft(read.0, &read.1).unwrap();
    let send = || consented(&store).ask(question(WORDS), at(), Some(&read)).map(drop);
    store.save_draft(read.0, &draft("夜中に三十八度の熱が出て、朝になりました")).unwrap();
    assert_eq!(send(), Err(StoreError::NotFound), "what was added would be lost");
    store.save_draft(read.0, &read.1).unwrap();
    send().unwrap();
    assert_eq!(send(), Err(StoreError::NotFound), "it would be asked twice");
    assert_eq!(store.pending(), Ok(1));
}

#[test]
fn nothing_is_queued_or_made_ready_without_the_consent_that_stands_in_the_file_by_then() {
    let phone = Phone::new();
    let store = Store::open(phone.path(), &phone.host()).unwrap();
    let ask = || store.ask(question(WORDS), at(), None).map(|(consultation, _)| consultation);
    let follow_up = |id| store.follow_up(id, WORDS.to_owned(), at(), at(), None).map(drop);
    let id = MessageId::from_bytes([1; 16]);
    let ready = || store.set_draft_ready(id, Some(at())).map(drop);
    store.save_draft(id, &draft(WORDS)).unwrap();
    assert_eq!((ask().err(), ready()), (Some(StoreError::NotConsented), Err(StoreError::NotConsented)));
    consented(&store);
    let consultation = ask().unwrap();
    follow_up(consultation).unwrap();
    ready().unwrap();
    let withdraw = |number, _| ConsentEntry { state: ConsentState::Withdraw, ..consent(number) };
    assert_eq!(store.append_consent(withdraw, at()), Ok(1));
    assert_eq!(store.ready_drafts().unwrap().len(), 0, "withdrawn in the same transaction");
    let refused = (ask().err(), follow_up(consultation), ready());
    let no = StoreError::NotConsented;
    assert_eq!(refused, (Some(no.clone()), Err(no.clone()), Err(no)));
    // Two messages and the withdrawal.
    assert_eq!(store.pending(), Ok(3));
}

#[test]
fn a_batch_keeps_both_limits_but_is_never_empty() {
    let phone = Phone::new();
    let store = Store::open(phone.path(), &phone.host()).unwrap();
    for _ in 0..5 {
        consented(&store).ask(question(&"熱".repeat(100)), at(), None).unwrap();
    }
    assert_eq!(store.collect(0, 3, usize::MAX).unwrap().operations.len(), 3);
    assert_eq!(store.collect(0, 100, 1).unwrap().operations.len(), 1);
    assert_eq!(store.collect(0, 100, 1200).unwrap().operations.len(), 2);
}

/// A reply to the operations of `batch`, with an answer to `consultation`.
#[test]
fn a_reply_that_another_process_was_faster_than_does_not_turn_the_cursor_back() {
    let phone = Phone::new();
    let store = Store::open(phone.path(), &phone.host()).unwrap();
    let (consultation, _) = consented(&store).ask(question(WORDS), at(), None).unwrap();
    let batch = store.collect(0, 1, usize::MAX).unwrap().operations;
    let position = || store.progress().unwrap().unwrap().cursor.position;
    let digest = store.apply(&plan(&batch, consultation, 9)).unwrap().digest;
    assert_eq!(store.apply(&plan(&batch, consultation, 7)).unwrap().digest, digest, "nothing counts twice");
    assert_eq!(position(), 9);
    store.apply(&plan(&[], consultation, 12)).unwrap();
    assert_eq!(position(), 12);
}

pub(super) fn plan(
    batch: &[Outgoing],
    consultation: yorisoi_protocol::ids::ConsultationId,
    position: u64,
) -> Plan {
    let held = Held { at: Timestamp::from_millis(1), due: Some(Timestamp::from_millis(2)) };
    let settled = batch.iter().map(|outgoing| {
        let (hash, concern) = (outgoing.text.hash(), Concern::of(&outgoing.text));
        Settled { seq: outgoing.seq, id: outgoing.id, hash, concern, settlement: Settlement::Held(held) }
    });
    let signature = serde_json::from_str(r#"{"key":"00000000","signature":""}"#).unwrap();
    let leaves = batch.iter().map(|outgoing| outgoing.text.hash());
    let role = ClinicianRole::Midwife;
    let body = ChangeBody::Answer { consultation, role, text: "回答".to_owned() };
    let change = Change { id: ChangeId::from_bytes([4; 16]), at: at(), body };
    let text = EntryText::write(&change).unwrap();
    Plan {
        settled: settled.collect(),
        receipts: SignedReceipts::kept(signature, leaves.collect()),
        changes: vec![Incoming { id: change.id, change: Some(change), text }],
        cursor: Cursor { epoch: Epoch::from_bytes([1; 4]), position },
        time: at(),
    }
}

#[test]
fn applying_a_reply_again_counts_nothing_twice() {
    let phone = Phone::new();
    let store = Store::open(phone.path(), &phone.host()).unwrap();
    let (consultation, _) = consented(&store).ask(question(WORDS), at(), None).unwrap();
    let batch = store.collect(0, 100, usize::MAX).unwrap().operations;
    let once = store.apply(&plan(&batch, consultation, 2)).unwrap();
    assert_eq!((once.pending, once.notices.len()), (0, 2));
    let again = store.apply(&plan(&batch, consultation, 3)).unwrap();
    assert_eq!((again.digest, again.notices), (once.digest, vec![]));
    assert_eq!(store.consultations(None, 100).unwrap().0.rows[0].1.unread, 1);
    assert_eq!(store.thread(consultation, None, 100).unwrap().messages.len(), 2);
    // What is read again in the same life of the server is the same sum; in another, the device starts from nothing.
    store.read_again(Epoch::from_bytes([1; 4])).unwrap();
    assert_eq!(store.apply(&plan(&[], consultation, 2)).unwrap().digest, once.digest);
    store.offer_again(Some(Epoch::from_bytes([2; 4]))).unwrap();
    assert_eq!(store.collect(0, 100, usize::MAX).unwrap().operations, batch);
    assert_eq!(store.apply(&plan(&batch, consultation, 2)).unwrap().digest, once.digest);
    assert_eq!(store.consultations(None, 100).unwrap().0.rows[0].1.unread, 1);
}
