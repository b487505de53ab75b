//! Rules of suspending in the middle of work that takes long: a photo taken in or given out, a search, a change of keys. The call
//! ends as suspended or is done, nothing stays half-done, and trying again goes on.

use std::io::{Read, Write};

use yorisoi_protocol::ids::MessageId;
use yorisoi_protocol::question::{Service, Subject};

use super::suspension_tests::held;
use super::tests::code;
use super::*;
use crate::host::{Host, KeyStore, KeyStoreError};
use crate::photo::samples;
use crate::testing::{FakeServer, MemoryKeys, Phone, Signed};

const TEXT: &str = "夜中に38度の熱が出ました";

fn draft(client: &YorisoiClient) -> MessageId {
    let (service, subject, text) = (Service::Pediatrics, Subject::Parent, TEXT.to_owned());
    client.save_draft(&NewDraft { id: None, service, subject, consultation: None, text }).unwrap()
}

fn photo() -> Vec<u8> {
    let plain = samples::encoded(image::ImageFormat::Jpeg);
    let (head, end) = plain.split_at(plain.len() - 2);
    let filling: Vec<u8> = (0..300_000u32).map(|n| u8::try_from(n * 7 % 251).unwrap()).collect();
    [head, &filling, end].concat()
}

/// A source or a target in whose middle the app is suspended.
struct Suspending<'a, T> {
    through: T,
    client: &'a YorisoiClient,
    phone: &'a Phone,
    passed: usize,
    at: usize,
    let_go: Option<(usize, usize)>,
}

impl<T> Suspending<'_, T> {
    fn pass(&mut self, bytes: usize) {
        self.passed += bytes;
        if self.passed >= self.at && self.let_go.is_none() {
            self.client.suspend();
            self.let_go = Some(held(self.phone.path()));
        }
    }
}

impl<T: Read> Read for Suspending<'_, T> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let bytes = self.through.read(buffer)?;
        self.pass(bytes);
        Ok(bytes)
    }
}

impl<T: Write> Write for Suspending<'_, T> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.through.write(bytes)?;
        self.pass(written);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.through.flush()
    }
}

#[test]
fn a_photo_in_whose_middle_the_app_is_suspended_is_not_there_and_is_taken_in_again() {
    let photo = photo();
    for at in [1, 70_000, 200_000, photo.len() - 1] {
        let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
        let client = phone.open(&server);
        let id = draft(&client);
        let through = &photo[..];
        let mut source = Suspending { through, client: &client, phone: &phone, passed: 0, at, let_go: None };
        assert_eq!(code(client.add_photo(id, &mut source)), "suspended", "{at}");
        assert_eq!(source.let_go, Some((0, 0)), "{at}");
        assert_eq!(held(phone.path()), (0, 0), "{at}");
        client.resume().unwrap();
        assert!(client.photos(id).unwrap().is_empty(), "{at}");
        let view = client.add_photo(id, &mut &photo[..]).unwrap();
        let mut whole = Vec::new();
        client.read_photo(id, view.id, &mut whole).unwrap();
        assert_eq!(whole.len() as u64, view.bytes);
        // Given out: half a photo is an error, and the photo is still there.
        for at in [1, 100_000] {
            let through = Vec::new();
            let mut target =
                Suspending { through, client: &client, phone: &phone, passed: 0, at, let_go: None };
            assert_eq!(code(client.read_photo(id, view.id, &mut target)), "suspended", "{at}");
            assert_eq!(target.let_go, Some((0, 0)), "{at}");
            client.resume().unwrap();
        }
        let mut again = Vec::new();
        client.read_photo(id, view.id, &mut again).unwrap();
        assert!(again == whole);
        let sql = rusqlite::Connection::open(phone.path().join(crate::store::DATABASE_FILE)).unwrap();
        let half = "SELECT count(*) FROM photo_piece WHERE whole = 0";
        assert_eq!(sql.query_row(half, [], |row| row.get::<_, i64>(0)), Ok(0), "{at}: swept away");
    }
}

/// A key store at one of whose calls the app is suspended.
struct SuspendingKeys {
    keys: Arc<MemoryKeys>,
    client: std::sync::OnceLock<std::sync::Weak<YorisoiClient>>,
    directory: PathBuf,
    calls: std::sync::atomic::AtomicU32,
    at: u32,
}

impl SuspendingKeys {
    fn call(&self) {
        let Some(client) = self.client.get().and_then(std::sync::Weak::upgrade) else {
            return;
        };
        if self.calls.fetch_add(1, Ordering::SeqCst) == self.at {
            client.suspend();
            assert_eq!(held(&self.directory), (0, 0), "call {}", self.at);
        }
    }
}

impl KeyStore for SuspendingKeys {
    fn load(&self) -> Result<Option<Vec<u8>>, KeyStoreError> {
        self.call();
        self.keys.load()
    }

    fn save(&self, key: &[u8]) -> Result<(), KeyStoreError> {
        self.call();
        self.keys.save(key)
    }
}

#[tokio::test]
async fn a_change_of_keys_in_whose_middle_the_app_is_suspended_goes_on() {
    let mut suspended = 0;
    for at in 0..3 {
        let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
        let client = phone.enrolled(&server).await;
        client.ask(Service::Pediatrics, Subject::Parent, TEXT).unwrap();
        drop(client);
        let keys = Arc::new(SuspendingKeys {
            keys: phone.keys.clone(),
            client: std::sync::OnceLock::new(),
            directory: phone.path().to_owned(),
            calls: std::sync::atomic::AtomicU32::new(0),
            at,
        });
        let host = Host { keys: keys.clone(), ..phone.host() };
        let config = phone.config(Some(Signed::version(1).sign()));
        let client = Arc::new(YorisoiClient::open_with(&config, host, server.clone()).unwrap());
        keys.client.set(Arc::downgrade(&client)).unwrap();
        let before = phone.keys.key.lock().unwrap().clone();
        assert_eq!(code(client.change_root_key()), "suspended", "{at}");
        suspended += 1;
        // The phone starts the app anew, with whichever key the key store then has.
        let other = phone.open(&server);
        assert_eq!(other.search("熱が").unwrap().len(), 1, "{at}");
        drop(other);
        client.resume().unwrap();
        client.change_root_key().unwrap();
        assert_eq!(client.search("熱が").unwrap().len(), 1, "{at}");
        assert_ne!(*phone.keys.key.lock().unwrap(), before);
    }
    assert_eq!(suspended, 3);
}

#[tokio::test]
async fn suspending_waits_for_a_search_and_a_page_that_run_and_no_later_one_begins() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = phone.enrolled(&server).await;
    for _ in 0..200 {
        client.ask(Service::Pediatrics, Subject::Parent, TEXT).unwrap();
    }
    let (stopped, running) = (AtomicBool::new(false), AtomicI64::new(0));
    std::thread::scope(|scope| {
        let searching = || {
            let (mut found, mut refused) = (0, 0);
            while !stopped.load(Ordering::SeqCst) {
                running.fetch_add(1, Ordering::SeqCst);
                match client.search("熱が") {
                    Ok(hits) => {
                        assert_eq!(hits.len(), 200, "whole or not at all");
                        found += 1;
                    }
                    Err(error) => {
                        assert_eq!(error.code(), "suspended");
                        refused += 1;
                    }
                }
            }
            (found, refused)
        };
        let searches: Vec<_> = (0..2).map(|_| scope.spawn(searching)).collect();
        while running.load(Ordering::SeqCst) < 2 {
            std::thread::yield_now();
        }
        let mut rounds = Vec::new();
        for _ in 0..15 {
            client.suspend();
            let begun = running.load(Ordering::SeqCst);
            while running.load(Ordering::SeqCst) < begun + 4 {
                std::thread::yield_now();
            }
            rounds.push((held(phone.path()), client.resume()));
            let begun = running.load(Ordering::SeqCst);
            while running.load(Ordering::SeqCst) < begun + 4 {
                std::thread::yield_now();
            }
        }
        stopped.store(true, Ordering::SeqCst);
        assert!(rounds.iter().all(|round| *round == ((0, 0), Ok(()))), "{rounds:?}");
        for search in searches {
            let (found, refused) = search.join().unwrap();
            assert!(found > 3 && refused > 3, "{found} found, {refused} refused");
        }
    });
}
