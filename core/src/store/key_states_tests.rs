//! Rules of a key store that fails: at each of its calls, once and for ever, nothing is overwritten, deleted or lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use yorisoi_protocol::Timestamp;
use yorisoi_protocol::ids::MessageId;
use yorisoi_protocol::question::{Service, Subject};

use super::*;
use crate::host::{Host, KeyStore, KeyStoreError};
use crate::testing::{MemoryKeys, Phone};

/// A key store that fails at one call, or from that call on.
struct FailingAt {
    keys: Arc<MemoryKeys>,
    failure: KeyStoreError,
    at: u32,
    for_ever: bool,
    calls: AtomicU32,
}

impl FailingAt {
    fn call<T>(&self, call: impl FnOnce() -> Result<T, KeyStoreError>) -> Result<T, KeyStoreError> {
        let number = self.calls.fetch_add(1, Ordering::SeqCst);
        if number == self.at || (self.for_ever && number > self.at) { Err(self.failure) } else { call() }
    }
}

impl KeyStore for FailingAt {
    fn load(&self) -> Result<Option<Vec<u8>>, KeyStoreError> {
        self.call(|| self.keys.load())
    }

    fn save(&self, key: &[u8]) -> Result<(), KeyStoreError> {
        self.call(|| self.keys.save(key))
    }
}

fn failing(phone: &Phone, failure: KeyStoreError, at: u32, for_ever: bool) -> (Arc<FailingAt>, Host) {
    let calls = AtomicU32::default();
    let keys = Arc::new(FailingAt { keys: phone.keys.clone(), failure, at, for_ever, calls });
    (keys.clone(), Host { keys, ..phone.host() })
}

fn draft() -> Draft {
    let (service, subject, at) = (Service::Obstetrics, Subject::Parent, Timestamp::from_seconds(0));
    Draft {
        service: service.into(),
        subject: subject.into(),
        consultation: None,
        text: "眠れない日が".to_owned(),
        begun: at,
        saved: at,
        ready: None,
    }
}

/// What stands on the phone.
#[derive(Debug, PartialEq)]
struct Stands {
    /// The files that hold anything, each with a hash of its bytes. SQLite may leave empty files beside the database, and its
    /// index of the WAL, which holds nothing of its own.
    files: Vec<(std::ffi::OsString, [u8; 32])>,
    key: Option<Vec<u8>>,
}

fn stands(phone: &Phone) -> Stands {
    let entries = std::fs::read_dir(phone.path()).unwrap().map(Result::unwrap);
    let mut files: Vec<_> = entries
        .map(|entry| (entry.file_name(), std::fs::read(entry.path()).unwrap()))
        .filter(|(name, bytes)| !bytes.is_empty() && name != "yorisoi.db-shm")
        .map(|(name, bytes)| (name, yorisoi_protocol::digest::sha256(&bytes)))
        .collect();
    files.sort();
    Stands { files, key: phone.keys.key.lock().unwrap().clone() }
}

fn each_failure(mut rule: impl FnMut(KeyStoreError, KeyTrouble, bool)) {
    for (failure, trouble) in
        [(KeyStoreError::Locked, KeyTrouble::Locked), (KeyStoreError::Failing, KeyTrouble::Failing)]
    {
        for for_ever in [false, true] {
            rule(failure, trouble, for_ever);
        }
    }
}

#[test]
fn a_first_start_asks_three_times_and_fails_at_each_without_a_file() {
    let mut failed = 0;
    each_failure(|failure, trouble, for_ever| {
        // Load, save, load again to see that it was saved.
        for at in 0..3 {
            let phone = Phone::new();
            let (keys, host) = failing(&phone, failure, at, for_ever);
            assert_eq!(Store::open(phone.path(), &host).err(), Some(OpenError::Key(trouble)), "call {at}");
            assert_eq!(keys.calls.load(Ordering::SeqCst), at + 1);
            let Stands { files, key } = stands(&phone);
            assert!(files.is_empty(), "call {at}");
            failed += 1;
            let store = Store::open(phone.path(), &phone.host()).unwrap();
            store.save_draft(MessageId::from_bytes([1; 16]), &draft()).unwrap();
            assert!(key.is_none() || stands(&phone).key == key, "a key that was saved is not made anew");
        }
        let phone = Phone::new();
        let (keys, host) = failing(&phone, failure, 3, for_ever);
        assert!(Store::open(phone.path(), &host).is_ok());
        assert_eq!(keys.calls.load(Ordering::SeqCst), 3, "no call beyond these");
    });
    assert_eq!(failed, 12);
}

#[test]
fn a_later_start_asks_once_and_leaves_file_and_key_to_the_byte() {
    each_failure(|failure, trouble, for_ever| {
        let phone = Phone::new();
        let store = Store::open(phone.path(), &phone.host()).unwrap();
        store.save_draft(MessageId::from_bytes([1; 16]), &draft()).unwrap();
        drop(store);
        let before = stands(&phone);
        let (_, host) = failing(&phone, failure, 0, for_ever);
        assert_eq!(Store::open(phone.path(), &host).err(), Some(OpenError::Key(trouble)));
        assert_eq!(stands(&phone), before);
        let again = Store::open(phone.path(), &host);
        assert_eq!(again.is_ok(), !for_ever);
        drop(again);
        assert_eq!(stands(&phone), before);
        let store = Store::open(phone.path(), &phone.host()).unwrap();
        assert_eq!(store.drafts(None, 100).unwrap().rows.len(), 1);
    });
}

#[test]
fn an_open_store_needs_the_key_store_no_more() {
    each_failure(|failure, _, for_ever| {
        let phone = Phone::new();
        let (keys, host) = failing(&phone, failure, 3, for_ever);
        let store = Store::open(phone.path(), &host).unwrap();
        store.save_draft(MessageId::from_bytes([1; 16]), &draft()).unwrap();
        store.suspend();
        store.resume().unwrap();
        assert_eq!(store.drafts(None, 100).unwrap().rows.len(), 1);
        assert_eq!(keys.calls.load(Ordering::SeqCst), 3);
    });
}
