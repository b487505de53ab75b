//! Rules of suspending: no lock, no open file, nothing lost, from every phase of work. Locks and files are read from the
//! operating system, not from a flag of our own.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock, Weak};

use async_trait::async_trait;
use yorisoi_protocol::question::{Service, Subject};

use super::tests::code;
use super::*;
use crate::error::ErrorKind;
use crate::testing::{FakeServer, Fault, Phone};
use crate::transport::{Opened, Request, Response, TransportError};

const TEXT: &str = "夜中に38度の熱が出ました";

/// How many files of this directory this process has open, and how many locks it holds on them.
pub(super) fn held(directory: &Path) -> (usize, usize) {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap());
    let inodes: Vec<u64> = entries.map(|entry| entry.metadata().unwrap().ino()).collect();
    let open = std::fs::read_dir("/proc/self/fd").unwrap();
    // A descriptor may be gone by the time it is looked at: other tests have theirs.
    let targets = open.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
    let files = targets.filter(|target| target.starts_with(directory)).count();
    let process = std::process::id().to_string();
    let locks = std::fs::read_to_string("/proc/locks").unwrap();
    let locks = locks.lines().filter(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let inode = words.iter().find_map(|word| word.splitn(3, ':').nth(2)?.parse::<u64>().ok());
        words.contains(&process.as_str()) && inode.is_some_and(|inode| inodes.contains(&inode))
    });
    (files, locks.count())
}

fn assert_let_go(client: &YorisoiClient, phone: &Phone, when: &str) {
    assert_eq!(held(phone.path()), (0, 0), "{when}");
    let refused = client.save_draft(&draft()).unwrap_err();
    assert_eq!((refused.kind(), refused.code()), (ErrorKind::Suspended, "suspended"), "{when}");
    assert!(refused.retryable());
    assert_eq!(held(phone.path()), (0, 0), "{when}");
}

fn draft() -> NewDraft {
    let (service, subject) = (Service::Pediatrics, Subject::Parent);
    NewDraft { id: None, service, subject, consultation: None, text: TEXT.to_owned() }
}

fn ask(client: &YorisoiClient) -> Result<yorisoi_protocol::ids::ConsultationId, YorisoiError> {
    client.ask(Service::Pediatrics, Subject::Parent, TEXT)
}

#[tokio::test]
async fn a_suspended_library_holds_no_file_and_no_lock_and_goes_on_where_it_was() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = phone.enrolled(&server).await;
    let consultation = ask(&client).unwrap();
    let (files, locks) = held(phone.path());
    assert!(files >= 3 && locks >= 1, "what is looked for is seen while it is there: {files}, {locks}");
    client.suspend();
    client.suspend();
    assert_let_go(&client, &phone, "suspended");
    assert_eq!(client.sync().await.unwrap_err().code(), "suspended");
    assert!(!client.safety_contacts().is_empty(), "numbers to call are there all the same");
    client.resume().unwrap();
    client.resume().unwrap();
    assert_eq!(client.messages(consultation, None, 100).unwrap().messages[0].text, TEXT);
    client.sync().await.unwrap();
    assert_eq!(server.held().len(), 2, "the consent and the question");
}

/// A server that suspends the phone at one of its exchanges, before or after it did what was asked.
struct Suspending {
    server: Arc<FakeServer>,
    client: OnceLock<Weak<YorisoiClient>>,
    exchanges: AtomicU32,
    at: u32,
    after: bool,
}

impl Suspending {
    fn suspend(&self, now: bool) {
        if now && let Some(client) = self.client.get().and_then(Weak::upgrade) {
            client.suspend();
        }
    }
}

#[async_trait]
impl Transport for Suspending {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let here = self.exchanges.fetch_add(1, Ordering::SeqCst) == self.at;
        self.suspend(here && !self.after);
        let response = self.server.send(request).await;
        self.suspend(here && self.after);
        response
    }

    async fn open(&self, request: Request) -> Result<Opened, TransportError> {
        self.server.open(request).await
    }
}

#[tokio::test]
async fn suspended_at_any_exchange_of_a_sync_nothing_is_lost_or_doubled() {
    let mut suspended = 0;
    for at in 0..5 {
        for after in [false, true] {
            let (phone, server) = (Phone::new(), Arc::new(FakeServer::with_pages_of(1)));
            let client = phone.enrolled(&server).await;
            let consultation = ask(&client).unwrap();
            for answer in 1..4 {
                server.answer(answer, consultation, "回答");
            }
            drop(client);
            let (client_cell, exchanges) = (OnceLock::new(), AtomicU32::new(0));
            let transport =
                Arc::new(Suspending { server: server.clone(), client: client_cell, exchanges, at, after });
            let client = Arc::new(phone.open_over(transport.clone()));
            transport.client.set(Arc::downgrade(&client)).unwrap();
            // A late exchange is one of the second sync's.
            while client.sync().await.inspect_err(|error| assert_eq!(error.code(), "suspended")).is_err() {
                suspended += 1;
                assert_let_go(&client, &phone, &format!("exchange {at}, after: {after}"));
                client.resume().unwrap();
            }
            assert_eq!(server.held().len(), 2);
            assert_eq!(client.messages(consultation, None, 100).unwrap().messages.len(), 4);
            assert_eq!(client.unread_count().unwrap(), 3);
            assert_eq!(client.sync_state().unwrap().pending, 0);
        }
    }
    assert!(suspended >= 8, "{suspended}");
}

#[tokio::test]
async fn a_sync_that_hangs_in_the_network_does_not_hold_suspending_up() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = phone.enrolled(&server).await;
    ask(&client).unwrap();
    server.fail_next(Fault::Hangs);
    {
        let mut hanging = std::pin::pin!(client.sync());
        let polled = std::future::poll_fn(|context| std::task::Poll::Ready(hanging.as_mut().poll(context)));
        assert!(polled.await.is_pending());
        client.suspend();
        assert_let_go(&client, &phone, "in the network");
    }
    client.resume().unwrap();
    client.sync().await.unwrap();
    assert_eq!(server.held().len(), 2);
}

#[tokio::test]
async fn suspending_while_many_write_ends_no_call_half_done() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = phone.enrolled(&server).await;
    let (mut asked, stopped) = (0, AtomicU32::new(0));
    std::thread::scope(|scope| {
        let writing = || {
            let mut done = 0;
            while stopped.load(Ordering::SeqCst) == 0 {
                done += usize::from(ask(&client).is_ok());
                client.consultations(None, 100).ok();
            }
            done
        };
        let writers: Vec<_> = (0..3).map(|_| scope.spawn(writing)).collect();
        let rounds: Vec<_> = (0..40)
            .map(|_| {
                client.suspend();
                let held = held(phone.path());
                (held, client.resume())
            })
            .collect();
        // Before anything is judged: a writer that is never stopped would hide what went wrong.
        stopped.store(1, Ordering::SeqCst);
        for (held, resumed) in rounds {
            assert_eq!((held, resumed), ((0, 0), Ok(())));
        }
        asked += writers.into_iter().map(|writer| writer.join().unwrap()).sum::<usize>();
    });
    assert_eq!(client.consultations(None, 100).unwrap().consultations.len(), asked);
    assert_eq!(client.sync_state().unwrap().pending, 1 + asked as u64);
}

#[tokio::test]
async fn a_file_that_went_away_meanwhile_is_not_made_anew() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = phone.enrolled(&server).await;
    client.suspend();
    let (file, aside) = (phone.path().join("yorisoi.db"), phone.path().join("aside"));
    std::fs::rename(&file, &aside).unwrap();
    assert_eq!(code(client.resume()), "database_damaged");
    assert!(!file.exists());
    assert_eq!(code(client.drafts(None, 100)), "suspended");
    std::fs::rename(&aside, &file).unwrap();
    client.resume().unwrap();
    assert!(client.enrollment().unwrap().is_some());
}
