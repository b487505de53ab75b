//! Rules of keys: a root key is changed crash-safe at every step, and values get a new key long before nonces could meet.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use yorisoi_protocol::ids::MessageId;

use super::keys::{SEALS, SEALS_PER_GENERATION, put_meta};
use super::tests::{at, consented, draft, files, question};
use super::*;
use crate::host::{Host, KeyStore, KeyStoreError};
use crate::testing::Phone;
use crate::vault::Vault as Sealer;

const TEXT: &str = "夜中に熱が出ました";

/// A phone on which everything there can be is stored.
pub(super) fn written(phone: &Phone) -> Store {
    let store = Store::open(phone.path(), &phone.host()).unwrap();
    let (consultation, _) = consented(&store).ask(question(TEXT), at(), None).unwrap();
    for _ in 0..70 {
        store.follow_up(consultation, TEXT.to_owned(), at(), at(), None).unwrap();
    }
    store.save_draft(MessageId::from_bytes([1; 16]), &draft(TEXT)).unwrap();
    store.change_settings(|settings| settings.loss_mode = true).unwrap();
    store.keep_manifest(b"signed").unwrap();
    store.make_identity().unwrap();
    let batch = store.collect(0, 1, usize::MAX).unwrap().operations;
    store.apply(&super::tests::plan(&batch, consultation, 2)).unwrap();
    store
}

pub(super) fn check(store: &Store, what: &str) {
    let (page, unread) = store.consultations(None, 100).unwrap();
    assert_eq!((page.rows.len(), unread), (1, 1), "{what}");
    assert_eq!(store.thread(page.rows[0].0, None, 500).unwrap().messages.len(), 72, "{what}");
    assert_eq!(store.drafts(None, 100).unwrap().rows[0].1.text, TEXT, "{what}");
    assert!(store.settings().unwrap().loss_mode, "{what}");
    assert_eq!(store.manifest().unwrap().unwrap(), b"signed", "{what}");
    assert!(store.identity().unwrap().is_some(), "{what}");
    assert_eq!(store.search("熱が").unwrap().len(), 72, "{what}");
}

/// The generations of all values in the file.
fn generations(store: &Store) -> Vec<u16> {
    let tables = ["operation", "change", "consultation", "draft", "record"];
    let mut found = std::collections::BTreeSet::new();
    for table in tables {
        let read = |records: &Records<'_>| {
            let mut read = records.sql.prepare(&format!("SELECT sealed FROM {table}"))?;
            let values = read.query_map([], |row| row.get::<_, Vec<u8>>(0))?;
            Ok(values.map(|value| Sealer::generation_of(&value.unwrap()).unwrap()).collect::<Vec<_>>())
        };
        found.extend(store.read(read).unwrap());
    }
    found.into_iter().collect()
}

/// A key store that does not do what it is asked at one of its calls, or dies there.
struct Faulty {
    key: Mutex<Vec<u8>>,
    calls: Mutex<u32>,
    at: u32,
    fault: Fault,
}

#[derive(Clone, Copy, Debug)]
enum Fault {
    Fails,
    /// It saves, and says that it did not.
    SavesAndFails,
    /// It says that it saved, and did not.
    Forgets,
    None,
}

impl Faulty {
    fn new(key: Vec<u8>, at: u32, fault: Fault) -> Self {
        Self { key: Mutex::new(key), calls: Mutex::new(0), at, fault }
    }

    fn turn(&self) -> Fault {
        let mut calls = self.calls.lock().unwrap();
        *calls += 1;
        if *calls == self.at { self.fault } else { Fault::None }
    }
}

impl KeyStore for Faulty {
    fn load(&self) -> Result<Option<Vec<u8>>, KeyStoreError> {
        match self.turn() {
            Fault::None | Fault::Forgets => Ok(Some(self.key.lock().unwrap().clone())),
            Fault::Fails | Fault::SavesAndFails => Err(KeyStoreError::Failing),
        }
    }

    fn save(&self, key: &[u8]) -> Result<(), KeyStoreError> {
        let fault = self.turn();
        if matches!(fault, Fault::None | Fault::SavesAndFails) {
            *self.key.lock().unwrap() = key.to_vec();
        }
        if matches!(fault, Fault::None | Fault::Forgets) { Ok(()) } else { Err(KeyStoreError::Failing) }
    }
}

fn key(phone: &Phone) -> Vec<u8> {
    phone.keys.key.lock().unwrap().clone().unwrap()
}

fn opened(phone: &Phone, key: &[u8]) -> Result<Store, OpenError> {
    let keys = Arc::new(Faulty::new(key.to_vec(), 0, Fault::None));
    Store::open(phone.path(), &Host { keys, ..phone.host() })
}

#[test]
fn after_a_change_of_the_root_key_everything_is_sealed_anew_and_the_old_key_opens_nothing() {
    let phone = Phone::new();
    let (store, old) = (written(&phone), key(&phone));
    assert_eq!(generations(&store), [1]);
    store.change_root_key(phone.keys.as_ref()).unwrap();
    assert_ne!(key(&phone), old);
    assert_eq!(generations(&store), [2]);
    check(&store, "the store that is open goes on");
    store.save_draft(MessageId::from_bytes([2; 16]), &draft("x")).unwrap();
    store.discard_draft(MessageId::from_bytes([2; 16])).unwrap();
    drop(store);
    check(&opened(&phone, &key(&phone)).unwrap(), "opened anew");
    assert_eq!(opened(&phone, &old).err(), Some(OpenError::Key(KeyTrouble::Foreign)));
}

#[test]
fn a_key_store_that_fails_at_any_call_of_the_change_costs_nothing() {
    for fault in [Fault::Fails, Fault::SavesAndFails, Fault::Forgets] {
        for at in 1..=4 {
            let phone = Phone::new();
            let store = written(&phone);
            let keys = Faulty::new(key(&phone), at, fault);
            let changed = store.change_root_key(&keys);
            let what = format!("{fault:?} at call {at}: {changed:?}");
            check(&store, &what);
            let kept = keys.key.lock().unwrap().clone();
            drop(store);
            let store = opened(&phone, &kept).unwrap();
            check(&store, &what);
            // Whatever it left behind, the next change ends well.
            let keys = Faulty::new(kept, 0, Fault::None);
            store.change_root_key(&keys).unwrap();
            check(&store, &what);
            assert_eq!(generations(&store).len(), 1, "{what}");
            let kept = keys.key.lock().unwrap().clone();
            drop(store);
            check(&opened(&phone, &kept).unwrap(), &what);
        }
    }
}

#[test]
fn a_change_cut_after_the_key_was_saved_goes_on_in_the_same_process_too() {
    let phone = Phone::new();
    let store = written(&phone);
    let keys = Faulty::new(key(&phone), 2, Fault::SavesAndFails);
    assert_eq!(store.change_root_key(&keys), Err(OpenError::Key(KeyTrouble::Failing)));
    let saved = keys.key.lock().unwrap().clone();
    // The store goes on under what it knows, and opens under what the key store has.
    check(&store, "before");
    store.change_root_key(&keys).unwrap();
    assert_ne!(*keys.key.lock().unwrap(), saved);
    let kept = keys.key.lock().unwrap().clone();
    drop(store);
    check(&opened(&phone, &kept).unwrap(), "after");
    assert_eq!(opened(&phone, &saved).err(), Some(OpenError::Key(KeyTrouble::Foreign)));
}

#[test]
fn another_process_that_opens_in_the_middle_of_a_change_does_not_spoil_it() {
    struct Opening<'a>(&'a Phone);
    impl KeyStore for Opening<'_> {
        fn load(&self) -> Result<Option<Vec<u8>>, KeyStoreError> {
            check(&Store::open(self.0.path(), &self.0.host()).unwrap(), "opened beside");
            self.0.keys.load()
        }
        fn save(&self, key: &[u8]) -> Result<(), KeyStoreError> {
            check(&Store::open(self.0.path(), &self.0.host()).unwrap(), "opened before the key is saved");
            self.0.keys.save(key)
        }
    }
    let phone = Phone::new();
    let store = written(&phone);
    store.change_root_key(&Opening(&phone)).unwrap();
    check(&store, "changed");
    drop(store);
    check(&Store::open(phone.path(), &phone.host()).unwrap(), "opened anew");
}

#[test]
fn a_full_disk_at_any_write_of_the_change_costs_nothing() {
    let phone = Phone::new();
    let store = written(&phone);
    let keys = Faulty::new(key(&phone), 0, Fault::None);
    store.database.limit_pages(1);
    let changed = store.change_root_key(&keys);
    check(&store, &format!("{changed:?}"));
    store.database.limit_pages(1_000_000);
    store.change_root_key(&keys).unwrap();
    let kept = keys.key.lock().unwrap().clone();
    drop(store);
    check(&opened(&phone, &kept).unwrap(), "after");
}

#[test]
fn another_process_is_told_to_open_anew_after_the_root_key_changed() {
    let phone = Phone::new();
    let (store, other) = (written(&phone), Store::open(phone.path(), &phone.host()).unwrap());
    store.change_root_key(phone.keys.as_ref()).unwrap();
    assert_eq!(other.drafts(None, 1).err(), Some(StoreError::KeysChanged));
    let write = other.save_draft(MessageId::from_bytes([2; 16]), &draft("x"));
    assert_eq!(write, Err(StoreError::KeysChanged));
    check(&Store::open(phone.path(), &phone.host()).unwrap(), "opened anew");
}

#[test]
fn calls_of_the_same_process_never_notice_a_change() {
    let phone = Phone::new();
    let store = Store::open(phone.path(), &phone.host()).unwrap();
    let over = AtomicBool::new(false);
    let noticed = |work: &dyn Fn() -> Result<(), StoreError>| {
        let failed = std::iter::repeat_with(work).take_while(|_| !over.load(Ordering::Relaxed));
        failed.filter_map(Result::err).count()
    };
    let [written, read] = std::thread::scope(|scope| {
        let write = |number| {
            let id = MessageId::from_bytes([number; 16]);
            noticed(&|| store.save_draft(id, &draft(TEXT)))
        };
        let read = || noticed(&|| store.drafts(None, 100).map(drop));
        let writing = [2, 3].map(|number| scope.spawn(move || write(number)));
        let reading = [(); 2].map(|()| scope.spawn(read));
        let changing = (0..60).filter(|_| store.change_root_key(phone.keys.as_ref()).is_err()).count();
        over.store(true, Ordering::Relaxed);
        assert_eq!(changing, 0);
        [writing, reading].map(|threads| threads.map(|thread| thread.join().unwrap()))
    });
    assert_eq!([written, read], [[0, 0], [0, 0]]);
    assert_eq!(store.drafts(None, 100).unwrap().rows.len(), 2);
}

#[test]
fn values_get_a_new_key_long_before_the_limit_of_nonces_and_old_ones_stay_readable() {
    let phone = Phone::new();
    let (store, other) = (written(&phone), Store::open(phone.path(), &phone.host()).unwrap());
    let sealed = |store: &Store| {
        let read = |records: &Records<'_>| keys::meta(records.sql, SEALS);
        store.read(read).unwrap().map(|bytes| u64::from_be_bytes(bytes.try_into().unwrap()))
    };
    assert_eq!(sealed(&store), Some(4096), "counted in blocks, before it is sealed");
    let almost = (SEALS_PER_GENERATION - 1).to_be_bytes();
    store.write(Durability::Power, |records| put_meta(records.sql, SEALS, &almost)).unwrap();
    // The process that is open has some of its block left; the next one finds the limit.
    let third = Store::open(phone.path(), &phone.host()).unwrap();
    third.save_draft(MessageId::from_bytes([1; 16]), &draft(TEXT)).unwrap();
    assert_eq!(sealed(&store), Some(0));
    third.save_draft(MessageId::from_bytes([1; 16]), &draft(TEXT)).unwrap();
    assert_eq!(generations(&store), [1, 2]);
    // Nobody has to be told: the others look at the ring in every transaction.
    check(&other, "another process reads");
    other.save_draft(MessageId::from_bytes([1; 16]), &draft(TEXT)).unwrap();
    check(&store, "another process writes");
    store.seal_anew().unwrap();
    assert_eq!(generations(&other), [2]);
    check(&other, "sealed anew");
    drop((store, other, third));
    check(&Store::open(phone.path(), &phone.host()).unwrap(), "opened anew");
}

#[test]
fn no_ring_stands_in_the_file_under_a_key_that_was_given_up() {
    let phone = Phone::new();
    let store = written(&phone);
    let before = store.read(|records| Ok(keys::meta(records.sql, "keys")?.unwrap())).unwrap();
    store.change_root_key(phone.keys.as_ref()).unwrap();
    drop(store);
    for (name, bytes) in files(phone.path()) {
        assert!(!bytes.windows(before.len()).any(|window| window == before), "{name}");
    }
}
