//! Rules of the app and its notification extension on one database, each with a client of its own: both sync, one in the middle
//! of the other, and everything is sent once, read once and counted once.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use yorisoi_protocol::question::{Service, Subject};

use super::*;
use crate::testing::{FakeServer, Phone};
use crate::transport::{Opened, Request, Response, TransportError};

const TEXT: &str = "夜中に38度の熱が出ました";

/// A way to the server on which, at one exchange, the other process syncs to its end.
struct Interrupted {
    server: Arc<FakeServer>,
    other: OnceLock<YorisoiClient>,
    exchanges: AtomicU32,
    at: u32,
    after: bool,
    synced: AtomicU32,
}

impl Interrupted {
    async fn other_syncs(&self, now: bool) {
        if now && let Some(other) = self.other.get() {
            other.sync().await.unwrap();
            other.mark_read(other.consultations(None, 1).unwrap().consultations[0].id, 2).unwrap();
            self.synced.fetch_add(1, Ordering::SeqCst);
        }
    }
}

#[async_trait]
impl Transport for Interrupted {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let here = self.exchanges.fetch_add(1, Ordering::SeqCst) == self.at;
        self.other_syncs(here && !self.after).await;
        let response = self.server.send(request).await;
        self.other_syncs(here && self.after).await;
        response
    }

    async fn open(&self, request: Request) -> Result<Opened, TransportError> {
        self.server.open(request).await
    }
}

#[tokio::test]
async fn one_that_syncs_in_the_middle_of_the_other_sends_reads_and_counts_nothing_twice() {
    let mut interrupted = 0;
    for (at, after) in (0..5).flat_map(|at| [(at, false), (at, true)]) {
        let (phone, server) = (Phone::new(), Arc::new(FakeServer::with_pages_of(1)));
        let client = phone.enrolled(&server).await;
        let consultation = client.ask(Service::Pediatrics, Subject::Parent, TEXT).unwrap();
        client.follow_up(consultation, TEXT).unwrap();
        for answer in 1..=3 {
            server.answer(answer, consultation, "回答");
        }
        drop(client);
        let (other, exchanges, synced) = (OnceLock::new(), AtomicU32::new(0), AtomicU32::new(0));
        let way = Arc::new(Interrupted { server: server.clone(), other, exchanges, at, after, synced });
        let client = phone.open_over(way.clone());
        assert!(way.other.set(phone.open(&server)).is_ok());
        // What the other one took in meanwhile may end this sync with a reason to try again; nothing else may.
        let what = format!("exchange {at}, after: {after}");
        for _ in 0..3 {
            if let Err(error) = client.sync().await {
                assert!(error.retryable(), "{what}: {}", error.code());
            }
        }
        let report = client.sync().await.unwrap();
        assert!(report.verified_at.is_some() && report.pending == 0, "{what}: {report:?}");
        interrupted += way.synced.load(Ordering::SeqCst);
        let other = way.other.get().unwrap();
        other.sync().await.unwrap();
        let (decided, _) = server.decided();
        let once: HashSet<_> = decided.iter().collect();
        assert_eq!((decided.len(), once.len()), (3, 3), "{what}");
        for client in [&client, other] {
            let messages = client.messages(consultation, None, 100).unwrap().messages;
            assert_eq!(messages.len(), 5, "{what}");
            let unread = client.consultations(None, 9).unwrap().consultations[0].unread;
            assert_eq!(client.unread_count().unwrap(), unread, "{what}");
            client.mark_read(consultation, 5).unwrap();
            assert_eq!(client.unread_count().unwrap(), 0, "{what}");
        }
    }
    assert!(interrupted >= 8, "{interrupted}");
}

#[test]
fn both_at_work_at_the_same_time_corrupt_nothing_and_wait_for_each_other() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::with_pages_of(2)));
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    drop(runtime().block_on(phone.enrolled(&server)));
    let mut asked = 0;
    std::thread::scope(|scope| {
        let work = || {
            let client = phone.open(&server);
            runtime().block_on(async {
                for _ in 0..25 {
                    client.ask(Service::Pediatrics, Subject::Parent, TEXT).unwrap();
                    if let Err(error) = client.sync().await {
                        assert!(error.retryable(), "{}", error.code());
                    }
                }
            });
            25
        };
        let both = [scope.spawn(work), scope.spawn(work)];
        asked += both.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>();
    });
    let client = phone.open(&server);
    let report = runtime().block_on(client.sync()).unwrap();
    assert!(report.verified_at.is_some() && report.pending == 0, "{report:?}");
    assert_eq!(client.consultations(None, 500).unwrap().total as usize, asked);
    let (decided, _) = server.decided();
    assert_eq!(decided.len(), 1 + asked);
    assert_eq!(decided.iter().collect::<HashSet<_>>().len(), decided.len());
    let sql = rusqlite::Connection::open(phone.path().join(crate::store::DATABASE_FILE)).unwrap();
    let sound: String = sql.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
}
