//! Rules of erasing everything: nothing of it is left in any file, nothing brings it back, and the server is told when it can be.

use std::collections::HashSet;
use std::path::Path;

use async_trait::async_trait;
use yorisoi_fault_vfs::{Chance, Fault as DiskFault, FaultKind, Loss, Watch};
use yorisoi_protocol::consent::Purpose;
use yorisoi_protocol::ids::MessageId;
use yorisoi_protocol::question::{Service, Subject};

use super::life_tests::{Life, STORY, View, consent};
use super::*;
use crate::host::{KeyStore, KeyStoreError};
use crate::store::DATABASE_FILE;
use crate::testing::{FakeServer, Fault, MemoryKeys, Phone};
use crate::transport::{Opened, Request, Response, TransportError};
use crate::view::ErasureState;

const TEXT: &str = "夜中に三十八度の熱が出ました";

/// A server and a phone that asked, drafted, told of a birth and got an answer.
async fn lived() -> (Arc<FakeServer>, Phone, YorisoiClient) {
    let (server, phone) = (Arc::new(FakeServer::new()), Phone::new());
    let client = phone.enrolled(&server).await;
    fill(&client, &server).await;
    (server, phone, client)
}

async fn fill(client: &YorisoiClient, server: &FakeServer) {
    let asked = client.ask(Service::Pediatrics, Subject::Parent, TEXT).unwrap();
    client.sync().await.unwrap();
    server.answer(7, asked, "水分をこまめにとってください");
    client.sync().await.unwrap();
    client.follow_up(asked, "まだ送っていません").unwrap();
    draft(client, "書きかけです");
}

fn draft(client: &YorisoiClient, text: &str) -> MessageId {
    let (service, subject) = (Service::Pediatrics, Subject::Parent);
    client
        .save_draft(&NewDraft { id: None, service, subject, consultation: None, text: text.into() })
        .unwrap()
}

/// Every run of sixteen bytes at an even place, without those of zeros, schema and header that every database has.
fn pieces(directory: &Path) -> HashSet<[u8; 16]> {
    let mut pieces = HashSet::new();
    for (_, bytes) in files(directory) {
        pieces.extend(bytes.chunks_exact(16).map(|piece| <[u8; 16]>::try_from(piece).unwrap()));
    }
    pieces
}

fn files(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let files = std::fs::read_dir(directory).unwrap().map(Result::unwrap);
    let named =
        files.map(|file| (file.file_name().into_string().unwrap(), std::fs::read(file.path()).unwrap()));
    // The index of the log is memory: numbers of pages, no page.
    named.filter(|(name, _)| !name.ends_with("-shm")).collect()
}

/// Of what stood sealed before, what stands in any file now at any place. Text and numbers repeat, and so does the random id of
/// the database; what was sealed does not.
fn left_of(before: &HashSet<[u8; 16]>, directory: &Path) -> usize {
    let sql = rusqlite::Connection::open(directory.join(DATABASE_FILE)).unwrap();
    let id = "SELECT value FROM meta WHERE name = 'database_id'";
    let id: Vec<u8> = sql.query_row(id, [], |row| row.get(0)).unwrap();
    let of_id = |piece: &[u8]| piece.windows(8).any(|part| id.windows(8).any(|of_id| of_id == part));
    let random = |piece: &[u8]| piece.iter().collect::<HashSet<_>>().len() >= 12;
    let sealed = |piece: &[u8]| random(piece) && piece.iter().filter(|byte| **byte >= 0x80).count() >= 4;
    let known: HashSet<&[u8]> =
        before.iter().map(|piece| &piece[..]).filter(|piece| sealed(piece) && !of_id(piece)).collect();
    // Most places are passed over by their first two bytes: this looks through hundreds of files.
    let begin = |piece: &[u8]| usize::from(piece[0]) << 8 | usize::from(piece[1]);
    let mut begins = vec![false; 1 << 16];
    known.iter().for_each(|piece| begins[begin(piece)] = true);
    let left = |bytes: &[u8]| {
        bytes.windows(16).filter(|piece| begins[begin(piece)] && known.contains(piece)).count()
    };
    files(directory).iter().map(|(_, bytes)| left(bytes)).sum()
}

fn is_fresh(client: &YorisoiClient) {
    assert_eq!(client.enrollment().unwrap(), None);
    assert!(client.consultations(None, 500).unwrap().consultations.is_empty());
    assert!(client.drafts(None, 500).unwrap().drafts.is_empty());
    assert!(client.consents().unwrap().is_empty() && client.search("夜中").unwrap().is_empty());
    assert_eq!((client.unread_count().unwrap(), client.store.pending().unwrap()), (0, 0));
    assert!(client.store.identity().unwrap().is_none() && client.store.progress().unwrap().is_none());
    assert!(client.manifest().is_some() && !client.safety_contacts().is_empty());
    let refused = client.ask(Service::Pediatrics, Subject::Parent, TEXT);
    assert_eq!(refused.unwrap_err(), YorisoiError::NotEnrolled);
}

fn waits(client: &YorisoiClient) -> bool {
    client.erasures().unwrap().iter().any(|erasure| erasure.state == ErasureState::Waiting)
}

#[tokio::test]
async fn nothing_of_what_stood_in_the_files_is_left_in_any_of_them() {
    let (_server, phone, client) = lived().await;
    let id = draft(&client, "写真");
    let photo = crate::photo::samples::encoded(image::ImageFormat::Jpeg);
    client.add_photo(id, &mut &photo[..]).unwrap();
    let aside = phone.path().join("yorisoi.aside-1.db");
    std::fs::copy(phone.path().join(DATABASE_FILE), &aside).unwrap();
    let (before, key) = (pieces(phone.path()), phone.keys.key.lock().unwrap().clone());
    assert!(left_of(&before, phone.path()) > 500, "the search finds what is there");
    client.erase().unwrap();
    is_fresh(&client);
    assert!(!aside.exists());
    assert_eq!(client.store.aside(), [0u32; 0]);
    assert_eq!(left_of(&before, phone.path()), 0);
    assert_ne!(*phone.keys.key.lock().unwrap(), key, "the root key is another");
    let size: usize = files(phone.path()).iter().map(|(_, bytes)| bytes.len()).sum();
    assert!(size < 150_000, "{size}");
    drop(client);
    let client = phone.open(&Arc::new(FakeServer::new()));
    is_fresh(&client);
    assert!(waits(&client));
}

#[tokio::test]
async fn the_server_is_told_when_there_is_a_network_and_its_receipt_takes_the_keys_place() {
    let (server, _phone, client) = lived().await;
    client.erase().unwrap();
    server.fail_next(Fault::Down);
    assert_eq!(client.finish_erasures().await.unwrap_err().kind(), crate::ErrorKind::Network);
    assert!(waits(&client) && server.erasures().is_empty());
    server.fail_next(Fault::ForeignKey);
    assert_eq!(client.finish_erasures().await.unwrap_err().code(), "reply_not_believed");
    server.fail_next(Fault::ReplyLost);
    assert!(client.finish_erasures().await.is_err() && waits(&client));
    // A sync tells it as well, and then has no place to sync.
    assert_eq!(client.sync().await.unwrap_err(), YorisoiError::NotEnrolled);
    let told = server.erasures();
    assert_eq!((told.len(), told[0]), (3, told[2]), "the same each time");
    let [erasure] = client.erasures().unwrap().try_into().unwrap();
    let ErasureState::Confirmed(receipt) = erasure.state else { panic!("{erasure:?}") };
    assert_eq!((receipt.erasure, erasure.programme.as_str()), (told[0], "fuchu-2021"));
    assert!(client.store.erasures().unwrap()[0].seed.is_none(), "the key is gone");
    client.finish_erasures().await.unwrap();
    assert_eq!(server.erasures().len(), 3, "and nobody is asked any more");
    // Who wants no trace of it erases again.
    client.erase().unwrap();
    assert!(client.erasures().unwrap().is_empty());
}

#[tokio::test]
async fn who_joins_again_is_somebody_else_and_what_waits_for_the_server_stays() {
    let (server, phone, client) = lived().await;
    client.erase().unwrap();
    client.enroll(&server.card()).await.unwrap();
    let keys = server.device_keys();
    assert!(keys.len() == 2 && keys[0] != keys[1]);
    assert!(client.store.progress().unwrap().is_none(), "the stream begins at its beginning");
    consent(&client, Purpose::Service).unwrap();
    client.erase().unwrap();
    assert_eq!(client.erasures().unwrap().len(), 2);
    drop(client);
    let client = phone.open(&server);
    client.finish_erasures().await.unwrap();
    assert!(!waits(&client) && server.erasures().len() == 2);
    let stranger = Phone::new();
    let never = stranger.open(&server);
    never.erase().unwrap();
    assert!(never.erasures().unwrap().is_empty(), "of whom the server knows nothing, nothing stays");
}

#[tokio::test]
async fn a_server_that_does_not_know_the_device_is_asked_no_more() {
    let (server, _phone, client) = lived().await;
    client.erase().unwrap();
    let unknown = r#"{"error":{"code":"unknown_device"}}"#.to_owned();
    server.fail_next(Fault::Page(401, "application/json", unknown));
    let erasures = client.finish_erasures().await.unwrap();
    assert_eq!(erasures[0].state, ErasureState::NotKnown);
}

#[tokio::test]
async fn a_key_store_that_fails_stops_nothing() {
    for forgets in [false, true] {
        let (server, mut phone, client) = lived().await;
        drop(client);
        let key = phone.keys.key.lock().unwrap().clone();
        phone.keys =
            Arc::new(MemoryKeys { key: Mutex::new(key.clone()), failure: Mutex::default(), forgets });
        let client = phone.open(&server);
        *phone.keys.failure.lock().unwrap() = (!forgets).then_some(KeyStoreError::Failing);
        let before = pieces(phone.path());
        client.erase().unwrap();
        assert_eq!(left_of(&before, phone.path()), 0);
        is_fresh(&client);
        drop(client);
        *phone.keys.failure.lock().unwrap() = None;
        assert_eq!(*phone.keys.key.lock().unwrap(), key);
        let client = phone.open(&server);
        is_fresh(&client);
        assert!(waits(&client));
    }
}

/// A key store that notes at which step of the files it saved.
struct Noting<'a>(Arc<MemoryKeys>, &'a Watch, Mutex<Vec<usize>>);

impl KeyStore for Noting<'_> {
    fn load(&self) -> Result<Option<Vec<u8>>, KeyStoreError> {
        self.0.load()
    }

    fn save(&self, key: &[u8]) -> Result<(), KeyStoreError> {
        self.2.lock().unwrap().push(self.1.position());
        self.0.save(key)
    }
}

#[tokio::test]
async fn wherever_the_power_goes_off_all_of_it_is_there_or_none_and_none_once_it_was_promised() {
    let life = Life::lived(&STORY).await;
    let (client, watch) = (life.client.clone().unwrap(), life.watch());
    let before = (View::of(&client).unwrap(), pieces(life.phone.path()));
    let old = life.phone.keys.key.lock().unwrap().clone();
    let begun = watch.position();
    let keys = Noting(life.phone.keys.clone(), watch, Mutex::default());
    client.store.empty(client.now()).unwrap();
    let emptied = watch.position();
    client.store.end_erasure(&keys).unwrap();
    let (end, new) = (watch.position(), life.phone.keys.key.lock().unwrap().clone());
    let [saved]: [usize; 1] = keys.2.into_inner().unwrap().try_into().unwrap();
    assert!(begun < emptied && emptied < saved && saved < end);
    let (mut chance, mut all, mut none) = (Chance::new(3), 0, 0);
    // Each step with two losses, and every loss where something is promised.
    let turns = (begun..=end).flat_map(|at| (0..Loss::ALL.len()).map(move |index| (at, index)));
    let turns = turns.filter(|(at, index)| at.abs_diff(emptied) < 4 || (at * 2 + index) % 5 < 2);
    for (at, loss) in turns.map(|(at, index)| (at, Loss::ALL[index])) {
        let mut phone = life.phone.after_crash(tempfile::tempdir().unwrap());
        watch.crash(at, loss, &mut chance, phone.path()).unwrap();
        let key = if at <= saved { &old } else { &new };
        phone.keys = Arc::new(MemoryKeys { key: Mutex::new(key.clone()), ..MemoryKeys::default() });
        let what = format!("{at} of {begun}..{emptied}..{saved}..{end}, {loss:?}");
        let client = phone.try_open_over(life.server().clone());
        let client = client.unwrap_or_else(|error| panic!("{what}: {}", error.code()));
        if client.enrollment().unwrap().is_some() {
            assert!(at < emptied, "{what}: it came back");
            let view = View::of(&client).unwrap();
            assert!(view == before.0, "{what}: {view:#?}");
            all += 1;
            continue;
        }
        none += 1;
        is_fresh(&client);
        assert!(waits(&client), "{what}");
        // The opening ended it.
        assert_eq!(left_of(&before.1, phone.path()), 0, "{what}");
    }
    assert!(all > 20 && none > 50, "{all} {none}");
    println!("{all} with everything, {none} with nothing");
}

#[tokio::test]
async fn an_opening_ends_what_the_power_cut_short() {
    let (server, phone, client) = lived().await;
    std::fs::copy(phone.path().join(DATABASE_FILE), phone.path().join("yorisoi.aside-1.db")).unwrap();
    let before = pieces(phone.path());
    client.store.empty(client.now()).unwrap();
    drop(client);
    assert!(left_of(&before, phone.path()) > 0);
    let client = phone.open(&server);
    assert_eq!(left_of(&before, phone.path()), 0);
    is_fresh(&client);
}

#[tokio::test]
async fn a_full_or_failing_disk_leaves_everything_or_nothing_and_the_next_call_ends_it() {
    let mut struck = 0;
    for (kind, lasting) in [
        (FaultKind::Full, false),
        (FaultKind::Full, true),
        (FaultKind::Writing, true),
        (FaultKind::Writing, false),
    ] {
        for after in (u64::from(lasting)..).step_by(3) {
            let (server, phone) = (Arc::new(FakeServer::new()), Phone::new());
            let watch = Watch::over(phone.path()).unwrap();
            let client = phone.enrolled(&server).await;
            client.ask(Service::Pediatrics, Subject::Parent, TEXT).unwrap();
            let before = pieces(phone.path());
            watch.fail(DiskFault { kind, after, lasting });
            let erased = client.erase();
            let fired = watch.failed() > 0;
            watch.heal();
            let what = format!("{kind:?} after {after}, lasting: {lasting}: {erased:?}");
            if let Err(error) = erased {
                assert!(["storage_full", "storage_failing"].contains(&error.code()), "{what}");
                let all = client.enrollment().unwrap().is_some();
                assert_eq!(all, !client.consultations(None, 9).unwrap().consultations.is_empty(), "{what}");
                // One refusal is made up for by overwriting less.
                assert!(lasting || kind != FaultKind::Full || !all, "{what}");
                client.erase().unwrap();
                struck += 1;
            }
            is_fresh(&client);
            assert_eq!(left_of(&before, phone.path()), 0, "{what}");
            assert_eq!(client.erasures().unwrap().len(), 1, "{what}");
            if !fired {
                break;
            }
        }
    }
    assert!(struck > 20, "{struck}");
}

/// A way to the server on which everything is erased while a request is on it.
struct ErasedUnderWay {
    server: Arc<FakeServer>,
    client: Mutex<std::sync::Weak<YorisoiClient>>,
    left: Mutex<u32>,
    before: bool,
}

impl ErasedUnderWay {
    /// Erases from another thread, as an app does, and waits until it is done.
    async fn erase(&self) {
        let strikes = {
            let mut left = self.left.lock().unwrap();
            *left = left.wrapping_sub(1);
            *left == u32::MAX
        };
        let client = self.client.lock().unwrap().upgrade();
        if let (true, Some(client)) = (strikes, client) {
            let (done, waiting) = tokio::sync::oneshot::channel();
            std::thread::spawn(move || {
                client.erase().unwrap();
                drop(client);
                done.send(()).ok();
            });
            waiting.await.unwrap();
        }
    }
}

#[async_trait]
impl Transport for ErasedUnderWay {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        if self.before {
            self.erase().await;
        }
        let response = self.server.send(request).await;
        if !self.before {
            self.erase().await;
        }
        response
    }

    async fn open(&self, request: Request) -> Result<Opened, TransportError> {
        self.server.open(request).await
    }
}

/// Enrolls, asks and syncs, erased at the exchange of this number. Whether there was one.
async fn erased_at(exchange: u32, before: bool) -> bool {
    let (server, phone) = (Arc::new(FakeServer::with_pages_of(1)), Phone::new());
    let way = ErasedUnderWay {
        server: server.clone(),
        client: Mutex::default(),
        left: Mutex::new(exchange),
        before,
    };
    let way = Arc::new(way);
    let client = Arc::new(phone.open_over(way.clone()));
    *way.client.lock().unwrap() = Arc::downgrade(&client);
    let work = async {
        client.enroll(&server.card()).await?;
        consent(&client, Purpose::Service)?;
        let asked = client.ask(Service::Pediatrics, Subject::Parent, TEXT)?;
        for answer in 1..4 {
            server.answer(answer, asked, "返事です");
        }
        server.publish(crate::testing::Signed::version(2).sign());
        client.sync().await
    };
    let done = work.await;
    let struck = *way.left.lock().unwrap() > exchange;
    let what = format!("exchange {exchange}, before: {before}: {done:?}");
    assert_eq!(struck.then_some(YorisoiError::NotEnrolled), done.err(), "{what}");
    if struck {
        is_fresh(&client);
        assert!(client.store.sync_times().unwrap().anchor.is_none(), "{what}");
    }
    struck
}

#[tokio::test]
async fn what_was_under_way_ends_and_brings_nothing_back() {
    for before in [false, true] {
        let mut exchanges = 0;
        while erased_at(exchanges, before).await {
            exchanges += 1;
        }
        assert!(exchanges >= 5, "{exchanges}");
    }
}

#[tokio::test]
async fn a_sync_that_waits_for_a_silent_server_ends_at_once() {
    let (server, _phone, client) = lived().await;
    let client = Arc::new(client);
    server.fail_next(Fault::Hangs);
    let erasing = client.clone();
    let (synced, ()) = tokio::join!(client.sync(), async {
        tokio::task::yield_now().await;
        erasing.erase().unwrap();
    });
    assert_eq!(synced.unwrap_err(), YorisoiError::NotEnrolled);
    // And the turn is free.
    client.finish_erasures().await.unwrap();
    assert!(!waits(&client));
}

/// Another way into the same files stands for another process: SQLite tells them apart no more than that.
#[tokio::test]
async fn another_process_finds_nothing_more_and_brings_nothing_back() {
    // With the root key that was, too.
    for failure in [None, Some(KeyStoreError::Failing)] {
        let (server, phone, client) = lived().await;
        let extension = phone.open(&server);
        assert!(!extension.consultations(None, 9).unwrap().consultations.is_empty());
        *phone.keys.failure.lock().unwrap() = failure;
        client.erase().unwrap();
        assert!(extension.consultations(None, 9).unwrap().consultations.is_empty());
        assert!(extension.search("夜中").unwrap().is_empty());
        let refused = extension.ask(Service::Pediatrics, Subject::Parent, TEXT).unwrap_err();
        assert_eq!(refused, YorisoiError::NotEnrolled);
        let changed = YorisoiError::Store(StoreError::KeysChanged);
        assert_eq!(extension.set_loss_mode(true).unwrap_err(), changed, "{failure:?}");
        assert!(extension.sync().await.is_err());
        is_fresh(&client);
        drop(extension);
        *phone.keys.failure.lock().unwrap() = None;
        is_fresh(&phone.open(&server));
    }
}

#[tokio::test]
async fn another_process_that_fails_to_let_go_is_waited_for_so_long_and_no_longer() {
    let (_server, phone, client) = lived().await;
    let before = pieces(phone.path());
    let other = rusqlite::Connection::open(phone.path().join(DATABASE_FILE)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let busy = YorisoiError::Store(StoreError::Busy);
    assert_eq!(client.erase().unwrap_err(), busy);
    assert!(client.enrollment().unwrap().is_some(), "nothing was erased");
    other.execute_batch("ROLLBACK; BEGIN; SELECT count(*) FROM meta").unwrap();
    assert_eq!(client.erase().unwrap_err(), busy);
    is_fresh(&client);
    other.execute_batch("ROLLBACK").unwrap();
    client.erase().unwrap();
    assert_eq!(left_of(&before, phone.path()), 0);
    assert!(waits(&client));
}

#[tokio::test]
async fn a_suspended_library_is_not_erased_and_says_so() {
    let (_server, _phone, client) = lived().await;
    client.suspend();
    assert_eq!(client.erase().unwrap_err(), YorisoiError::Store(StoreError::Suspended));
    client.resume().unwrap();
    assert!(client.enrollment().unwrap().is_some());
    client.erase().unwrap();
    is_fresh(&client);
}
