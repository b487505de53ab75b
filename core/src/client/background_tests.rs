//! Rules of a sync in the background: it keeps within its budget, and whatever cuts it, the next one goes on from there.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;
use yorisoi_protocol::question::{Service, Subject};

use super::life_tests::told;
use super::tests::code;
use super::*;
use crate::testing::{FakeServer, Fault, ManualClock, Phone, Signed, ticket};
use crate::transport::{Opened, Request, Response, TransportError};
use crate::view::{SyncEnd, SyncReport};

pub(super) const CHILD: Subject = Subject::Child { born: None };

pub(super) fn seconds(seconds: u32) -> SyncBudget {
    SyncBudget { seconds, metered: false, low_power: false }
}

/// A server each of whose replies takes so many seconds of the phone's clock, or of the process's, and gives way before and
/// after.
pub(super) struct Slow {
    server: Arc<FakeServer>,
    clock: Arc<ManualClock>,
    seconds: i64,
    sleeps: Duration,
}

impl Slow {
    pub(super) fn of(server: &Arc<FakeServer>, phone: &Phone, seconds: i64) -> Self {
        Self { server: server.clone(), clock: phone.clock.clone(), seconds, sleeps: Duration::ZERO }
    }
}

#[async_trait]
impl Transport for Slow {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        give_way().await;
        self.clock.pass(self.seconds);
        if !self.sleeps.is_zero() {
            tokio::time::sleep(self.sleeps).await;
        }
        let response = self.server.send(request).await;
        give_way().await;
        response
    }

    async fn open(&self, request: Request) -> Result<Opened, TransportError> {
        self.server.open(request).await
    }
}

/// Is not ready the first time.
async fn give_way() {
    let mut asked = false;
    poll_fn(|context| {
        context.waker().wake_by_ref();
        if std::mem::replace(&mut asked, true) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// A phone with three questions that wait, and a server that has seventeen answers in pages of two.
struct Morning {
    phone: Phone,
    server: Arc<FakeServer>,
}

impl Morning {
    async fn new() -> Self {
        let (phone, server) = (Phone::new(), Arc::new(FakeServer::with_pages_of(2)));
        let client = phone.enrolled(&server).await;
        let asked = client.ask(Service::Pediatrics, CHILD, "夜中に38度の熱が出ました").unwrap();
        client.sync().await.unwrap();
        for number in 1..=17 {
            server.answer(number, asked, &format!("回答 {number}"));
        }
        for text in ["発疹が出ました", "眠れません", "授乳が痛いです"] {
            client.ask(Service::Pediatrics, CHILD, text).unwrap();
        }
        Self { phone, server }
    }

    /// The same phone and server once more.
    fn again(&self) -> Self {
        let copy = tempfile::tempdir().unwrap();
        for file in std::fs::read_dir(self.phone.path()).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
        }
        Self { phone: self.phone.after_crash(copy), server: Arc::new(self.server.fork()) }
    }

    fn open(&self, seconds: i64) -> YorisoiClient {
        self.open_with(seconds, 0)
    }

    fn open_with(&self, seconds: i64, sleeps: u64) -> YorisoiClient {
        let (server, clock) = (self.server.clone(), self.phone.clock.clone());
        let sleeps = Duration::from_secs(sleeps);
        self.phone.open_over(Arc::new(Slow { server, clock, seconds, sleeps }))
    }

    fn position(&self, client: &YorisoiClient) -> u64 {
        client.store.progress().unwrap().unwrap().cursor.position
    }
}

/// All that a phone and its server hold.
fn all(morning: &Morning, client: &YorisoiClient) -> (String, String, u64, usize) {
    let state = client.sync_state().unwrap();
    assert_eq!(state.pending, 0);
    let held = morning.server.held();
    let mut once = held.clone();
    once.sort();
    once.dedup();
    assert_eq!(held.len(), once.len(), "each operation once");
    (told(client), state.digest, morning.position(client), held.len())
}

#[tokio::test]
async fn a_first_sync_under_small_budgets_goes_on_from_page_to_page_and_ends_as_one_without() {
    let morning = Morning::new().await;
    let whole = morning.again();
    let client = whole.open(0);
    let report = client.sync().await.unwrap();
    assert_eq!((report.ended, report.answered), (SyncEnd::CaughtUp, 9));
    let whole = all(&whole, &client);

    let (mut rests, mut position) = (0, 0);
    loop {
        // Each in an app of its own.
        let client = morning.open(3);
        let report = client.sync_within(seconds(7)).await.unwrap();
        assert!(report.requests <= 3, "after seconds 0, 3 and 6, none after 9");
        assert!(morning.position(&client) > position, "each brings the phone forward");
        position = morning.position(&client);
        if report.ended == SyncEnd::CaughtUp {
            assert_eq!(all(&morning, &client), whole);
            break;
        }
        assert_eq!((report.ended, report.verified_at), (SyncEnd::BudgetSpent, None));
        assert_eq!(client.sync_state().unwrap().last_attempt.unwrap().outcome, "budget_spent");
        rests += 1;
    }
    assert_eq!(rests, 2);
}

#[tokio::test]
async fn an_app_killed_at_any_await_of_a_sync_within_a_budget_loses_and_doubles_nothing() {
    let morning = Morning::new().await;
    let whole = morning.again();
    let client = whole.open(0);
    client.sync().await.unwrap();
    let whole = all(&whole, &client);
    let mut killed = 0;
    loop {
        let cut = morning.again();
        let client = cut.open(1);
        let mut polls = 0;
        let done = {
            let mut sync = pin!(client.sync_within(seconds(600)));
            let context = &mut Context::from_waker(Waker::noop());
            loop {
                match sync.as_mut().poll(context) {
                    Poll::Ready(report) => break Some(report.unwrap()),
                    Poll::Pending if polls == killed => break None,
                    Poll::Pending => polls += 1,
                }
            }
        };
        drop(client);
        let client = cut.open(1);
        let first = done.is_some();
        client.sync_within(seconds(600)).await.unwrap();
        assert_eq!(all(&cut, &client), whole, "killed at await {killed}");
        if first {
            break;
        }
        killed += 1;
    }
    // Nine pages, before and after each reached the server.
    assert_eq!(killed, 18);
}

#[tokio::test(start_paused = true)]
async fn a_request_under_way_at_the_deadline_is_given_up_and_what_was_applied_stays() {
    let morning = Morning::new().await;
    let client = morning.open(4);
    let before = morning.position(&client);
    // One page in four seconds, and then nothing more comes.
    morning.server.fail_next(Fault::CutAt(usize::MAX));
    morning.server.fail_next(Fault::Hangs);
    let begun = Instant::now();
    let report = client.sync_within(seconds(10)).await.unwrap();
    assert_eq!(begun.elapsed().as_secs(), 6, "what was left of the budget when it was sent");
    assert_eq!((report.ended, report.answered, report.requests), (SyncEnd::BudgetSpent, 1, 2));
    assert!(morning.position(&client) > before);
    assert_eq!(client.sync_state().unwrap().last_attempt.unwrap().failures, 0, "it came forward");
}

#[tokio::test(start_paused = true)]
async fn a_host_whose_clock_stands_still_lets_no_sync_go_on_for_ever() {
    let morning = Morning::new().await;
    let client = morning.open(0);
    morning.server.fail_next(Fault::Hangs);
    let begun = Instant::now();
    let report = client.sync_within(seconds(10)).await.unwrap();
    assert_eq!((report.ended, report.answered, report.pending), (SyncEnd::BudgetSpent, 0, 3));
    assert_eq!(begun.elapsed().as_secs(), 10);
    assert_eq!(client.sync_state().unwrap().last_attempt.unwrap().failures, 1, "as good as no server");
    drop(client);
    let client = morning.open_with(0, 3);
    client.sync_state().unwrap().pause.expect("it failed");
    morning.phone.clock.pass(30);
    let (begun, before) = (Instant::now(), morning.position(&client));
    let report = client.sync_within(seconds(7)).await.unwrap();
    assert_eq!((report.ended, report.answered), (SyncEnd::BudgetSpent, 2));
    assert_eq!(begun.elapsed().as_secs(), 7, "the third is given up");
    assert!(morning.position(&client) > before);
}

#[tokio::test(start_paused = true)]
async fn requests_grow_where_replies_come_quickly_and_shrink_where_they_do_not() {
    let mut requests = Vec::new();
    for sleeps in [0, 2, 5].map(Duration::from_secs) {
        let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
        drop(phone.enrolled(&server).await);
        let clock = phone.clock.clone();
        let client = phone.open_over(Arc::new(Slow { server, clock, seconds: 0, sleeps }));
        client.sync().await.unwrap();
        for _ in 0..300 {
            client.ask(Service::Pediatrics, Subject::Parent, &"熱".repeat(1000)).unwrap();
        }
        let report = client.sync().await.unwrap();
        assert_eq!(report.held, 300);
        requests.push(report.requests);
    }
    // Each has three kilobytes, and what was written down ahead stays as large as it is.
    assert_eq!(requests, [5, 8, 14]);
}

#[tokio::test(start_paused = true)]
async fn a_card_that_is_redeemed_on_the_way_and_a_sync_before_it_take_from_the_same_budget() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = phone.open(&server);
    server.fail_next(Fault::Down);
    client.enroll(&ticket(&server.code())).await.unwrap();
    server.fail_next(Fault::Hangs);
    let begun = Instant::now();
    let report = client.sync_within(seconds(10)).await.unwrap();
    assert_eq!((report.ended, begun.elapsed().as_secs()), (SyncEnd::BudgetSpent, 10));
    // A sync that hangs has the turn.
    server.fail_next(Fault::Hangs);
    let begun = Instant::now();
    let waiting = async { tokio::time::timeout(Duration::from_secs(30), client.sync()).await.is_err() };
    let (hung, report) = tokio::join!(waiting, client.sync_within(seconds(5)));
    let report = report.unwrap();
    assert_eq!((hung, report.ended, report.requests), (true, SyncEnd::BudgetSpent, 0));
    assert_eq!(begun.elapsed().as_secs(), 30);
    assert!(client.sync().await.unwrap().verified_at.is_some());
}

#[tokio::test]
async fn on_a_metered_network_or_with_little_power_only_texts_are_moved() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = phone.enrolled(&server).await;
    server.publish(Signed::version(2).sign());
    let run = async |metered, low_power| -> SyncReport {
        client.ask(Service::Pediatrics, CHILD, "熱が出ました").unwrap();
        client.sync_within(SyncBudget { seconds: 10, metered, low_power }).await.unwrap()
    };
    for (metered, low_power) in [(true, false), (false, true), (true, true)] {
        let report = run(metered, low_power).await;
        assert_eq!((report.ended, report.pending), (SyncEnd::CaughtUp, 0), "texts go");
        assert_eq!(server.manifest_requests(), 0);
    }
    assert_eq!(run(false, false).await.ended, SyncEnd::CaughtUp);
    assert_eq!(server.manifest_requests(), 1, "what is due waited for another network");
    // A receipt of a key that only a newer manifest may name: without it nothing goes on.
    server.fail_next(Fault::ForeignKey);
    client.ask(Service::Pediatrics, CHILD, "熱が下がりません").unwrap();
    let budget = SyncBudget { seconds: 10, metered: true, low_power: true };
    assert_eq!(code(client.sync_within(budget).await), "sync_reply_not_believed");
    assert_eq!(server.manifest_requests(), 2);
}

#[tokio::test]
async fn a_budget_of_no_time_or_of_more_than_ten_minutes_is_a_setting_that_cannot_be() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = phone.enrolled(&server).await;
    let asked = server.requests();
    for cannot_be in [0, 601, u32::MAX] {
        assert_eq!(code(client.sync_within(seconds(cannot_be)).await), "setting_invalid", "{cannot_be}");
    }
    assert_eq!(server.requests(), asked);
    client.sync_within(seconds(1)).await.unwrap();
    client.sync_within(seconds(600)).await.unwrap();
}
