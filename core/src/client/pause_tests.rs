//! Rules of not trying again: what the server asked for and what failed before is kept across restarts, holds up what it
//! should and nothing else, and ends.

use std::sync::atomic::AtomicU32;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;
use yorisoi_protocol::question::Service;

use super::background_tests::{CHILD, seconds};
use super::tests::code;
use super::*;
use crate::testing::{FakeServer, Fault, Phone, Signed};
use crate::transport::{Opened, Request, Response, TransportError};
use crate::view::{PauseReason, SyncEnd, SyncPause, SyncState};

fn phone_and_server() -> (Phone, Arc<FakeServer>) {
    (Phone::new(), Arc::new(FakeServer::new()))
}

fn ask(client: &YorisoiClient) {
    client.ask(Service::Pediatrics, CHILD, "夜中に38度の熱が出ました").unwrap();
}

fn pause(client: &YorisoiClient) -> Option<SyncPause> {
    client.sync_state().unwrap().pause
}

/// Whole seconds until the pause is over.
fn left(client: &YorisoiClient, pause: SyncPause) -> i64 {
    pause.not_before.seconds() - client.time().now.seconds()
}

#[tokio::test]
async fn what_the_server_asks_for_holds_up_every_sync_until_then_whether_or_not_the_app_was_restarted() {
    let (phone, server) = phone_and_server();
    let client = phone.enrolled(&server).await;
    ask(&client);
    server.fail_next(Fault::Patience(600));
    let report = client.sync().await.unwrap();
    assert_eq!((report.ended, report.retry_after_seconds), (SyncEnd::AskedToWait, Some(600)));
    assert_eq!((report.pending, report.held), (2, 0));
    let asked = server.requests();
    drop(client);
    let client = phone.open(&server);
    phone.clock.pass(599);
    let report = client.sync_within(seconds(10)).await.unwrap();
    let SyncEnd::TooEarly(held_up) = report.ended else { panic!("{report:?}") };
    assert_eq!((left(&client, held_up), held_up.why), (1, PauseReason::AskedByServer));
    assert_eq!((report.retry_after_seconds, report.pending, report.requests), (Some(1), 2, 0));
    assert_eq!(client.sync().await.unwrap(), report, "the person does not override the server");
    assert_eq!(pause(&client), Some(held_up));
    assert_eq!(server.requests(), asked, "nothing was sent");
    phone.clock.pass(1);
    assert_eq!(pause(&client), None);
    let report = client.sync_within(seconds(10)).await.unwrap();
    assert_eq!((report.ended, report.held), (SyncEnd::CaughtUp, 2));
}

#[tokio::test]
async fn patience_asked_for_within_a_reply_is_kept_like_any_other() {
    let (phone, server) = phone_and_server();
    let client = phone.enrolled(&server).await;
    server.fail_next(Fault::Later(120));
    let report = client.sync_within(seconds(10)).await.unwrap();
    assert_eq!((report.ended, report.retry_after_seconds), (SyncEnd::AskedToWait, Some(120)));
    drop(client);
    let client = phone.open(&server);
    let SyncState { last_attempt, pause, .. } = client.sync_state().unwrap();
    let attempt = last_attempt.unwrap();
    assert_eq!((attempt.outcome.as_str(), attempt.failures), ("asked_to_wait", 1));
    assert_eq!(left(&client, pause.unwrap()), 120);
    assert!(matches!(client.sync().await.unwrap().ended, SyncEnd::TooEarly(_)));
    phone.clock.pass(120);
    assert_eq!(client.sync().await.unwrap().ended, SyncEnd::CaughtUp);
}

#[tokio::test]
async fn after_failures_the_background_waits_longer_and_longer_and_a_person_does_not() {
    let (phone, server) = phone_and_server();
    let mut client = phone.enrolled(&server).await;
    for whole in [30, 60, 120, 240, 480, 960, 1920, 3600, 3600] {
        server.fail_next(Fault::Down);
        assert_eq!(code(client.sync_within(seconds(10)).await), "network_unreachable");
        let asked = server.requests();
        drop(client);
        client = phone.open(&server);
        let SyncEnd::TooEarly(held_up) = client.sync_within(seconds(10)).await.unwrap().ended else {
            panic!("not held up");
        };
        assert_eq!((held_up.why, server.requests()), (PauseReason::FailedBefore, asked));
        let wait = left(&client, held_up);
        assert!((whole / 2..=whole).contains(&wait), "{wait} of {whole}");
        phone.clock.pass(wait - 1);
        assert!(matches!(client.sync_within(seconds(10)).await.unwrap().ended, SyncEnd::TooEarly(_)));
        phone.clock.pass(1);
    }
    // The person asks, and it fails: that counts, and the next in the background waits.
    server.fail_next(Fault::Down);
    assert_eq!(code(client.sync().await), "network_unreachable");
    assert_eq!(client.sync_state().unwrap().last_attempt.unwrap().failures, 10);
    assert!(pause(&client).is_some());
    assert_eq!(client.sync().await.unwrap().ended, SyncEnd::CaughtUp);
    assert_eq!((pause(&client), client.sync_state().unwrap().last_attempt.unwrap().failures), (None, 0));
    server.fail_next(Fault::Down);
    assert_eq!(code(client.sync_within(seconds(10)).await), "network_unreachable");
    assert!(left(&client, pause(&client).unwrap()) <= 30, "a success begins anew");
}

#[tokio::test]
async fn a_sync_that_reads_everything_and_then_differs_is_not_tried_every_minute() {
    let (phone, server) = phone_and_server();
    let client = phone.enrolled(&server).await;
    for failures in 1..=5 {
        (0..3).for_each(|_| server.fail_next(Fault::DigestOff));
        assert_eq!(code(client.sync_within(seconds(10)).await), "sync_diverged");
        assert_eq!(client.sync_state().unwrap().last_attempt.unwrap().failures, failures);
        let wait = left(&client, pause(&client).unwrap());
        assert!(wait >= 15 << (failures - 1), "{wait} after {failures}");
        phone.clock.pass(wait);
    }
}

#[tokio::test]
async fn what_the_server_asked_one_process_for_holds_up_the_other() {
    let (phone, server) = phone_and_server();
    let app = phone.enrolled(&server).await;
    let extension = phone.open(&server);
    server.fail_next(Fault::Patience(600));
    assert_eq!(extension.sync_within(seconds(10)).await.unwrap().ended, SyncEnd::AskedToWait);
    let asked = server.requests();
    assert!(matches!(app.sync().await.unwrap().ended, SyncEnd::TooEarly(_)));
    assert_eq!((pause(&app), server.requests()), (pause(&extension), asked));
    assert_eq!(app.sync_state().unwrap().last_attempt.unwrap().outcome, "asked_to_wait");
    phone.clock.pass(600);
    assert_eq!(app.sync().await.unwrap().ended, SyncEnd::CaughtUp);
    assert_eq!(extension.sync_state().unwrap().last_attempt.unwrap().outcome, "caught_up");
}

#[tokio::test]
async fn a_clock_that_was_turned_back_blocks_no_longer_than_was_asked() {
    // In the same run of the phone, and after a battery that ran empty.
    for restarts in [false, true] {
        for fault in [Fault::Patience(600), Fault::Down] {
            let (phone, server) = phone_and_server();
            let client = phone.enrolled(&server).await;
            server.fail_next(fault.clone());
            let ended = client.sync().await.ok().map(|report| report.ended);
            assert_eq!(ended, (fault != Fault::Down).then_some(SyncEnd::AskedToWait), "{fault:?}");
            drop(client);
            phone.turn_clock(-24 * 365 * 51);
            if restarts {
                phone.restart();
            }
            let client = phone.open(&server);
            let report = client.sync_within(seconds(10)).await.unwrap();
            assert!(matches!(report.ended, SyncEnd::TooEarly(_)), "{fault:?}");
            phone.clock.pass(600);
            let report = client.sync_within(seconds(10)).await.unwrap();
            assert_eq!(report.ended, SyncEnd::CaughtUp, "{fault:?} restarted {restarts}");
        }
    }
}

#[tokio::test]
async fn no_server_holds_a_phone_up_for_more_than_a_day() {
    let (phone, server) = phone_and_server();
    let client = phone.enrolled(&server).await;
    server.fail_next(Fault::Patience(u32::MAX));
    assert_eq!(client.sync().await.unwrap().ended, SyncEnd::AskedToWait);
    phone.clock.pass(24 * 3600 - 1);
    assert!(matches!(client.sync().await.unwrap().ended, SyncEnd::TooEarly(_)));
    phone.clock.pass(1);
    assert_eq!(client.sync().await.unwrap().ended, SyncEnd::CaughtUp);
}

#[tokio::test]
async fn why_the_last_one_did_not_come_to_its_end_is_known_offline_and_after_a_restart() {
    let unavailable = r#"{"error":{"code":"unavailable"}}"#.to_owned();
    let unknown = r#"{"error":{"code":"unknown_device"}}"#.to_owned();
    let cases = [
        (Fault::Down, "network_unreachable"),
        (Fault::ReplyLost, "network_interrupted"),
        (Fault::Page(200, "text/html", "<p>Wi-Fi</p>".into()), "reply_not_believed"),
        (Fault::Page(200, "application/json", String::new()), "reply_not_believed"),
        (Fault::Page(502, "text/html", String::new()), "reply_not_believed"),
        (Fault::Page(503, "application/json", unavailable), "server_refused"),
        (Fault::Page(401, "application/json", unknown), "device_unknown"),
        (Fault::Patience(60), "asked_to_wait"),
        (Fault::AnotherRequest, "sync_reply_not_believed"),
        (Fault::Stranger, "sync_reply_not_believed"),
        (Fault::ForeignKey, "sync_reply_not_believed"),
    ];
    for (fault, expected) in cases {
        let (phone, server) = phone_and_server();
        let client = phone.enrolled(&server).await;
        assert_eq!(client.sync_state().unwrap().last_attempt, None, "none before the first");
        let draft = NewDraft {
            id: None,
            service: Service::Pediatrics,
            subject: CHILD,
            consultation: None,
            text: "まだ".into(),
        };
        client.mark_draft_ready(client.save_draft(&draft).unwrap(), true).unwrap();
        assert_eq!((client.sync_state().unwrap().pending, client.sync_state().unwrap().ready_drafts), (1, 1));
        server.fail_next(fault.clone());
        let run = client.sync().await;
        drop(client);
        let SyncState { last_attempt, pause, pending, ready_drafts, set_aside, .. } =
            phone.open(&server).sync_state().unwrap();
        let attempt = last_attempt.unwrap();
        assert_eq!((attempt.outcome.as_str(), attempt.failures), (expected, 1), "{fault:?}");
        match run {
            Ok(report) => assert_eq!((report.ended, &fault), (SyncEnd::AskedToWait, &Fault::Patience(60))),
            Err(error) => assert_eq!((error.code(), error.words()), (expected, attempt.words), "{fault:?}"),
        }
        assert_eq!(attempt.at.seconds(), *phone.clock.seconds.lock().unwrap());
        let why =
            if fault == Fault::Patience(60) { PauseReason::AskedByServer } else { PauseReason::FailedBefore };
        assert_eq!(pause.map(|pause| pause.why), Some(why), "{fault:?}");
        // The draft was queued before the server was asked.
        assert_eq!((pending, ready_drafts, set_aside), (2, 0, 0));
    }
}

#[tokio::test]
async fn trouble_of_the_phone_is_told_and_makes_nobody_wait_and_no_place_is_no_attempt() {
    let (phone, server) = phone_and_server();
    let client = phone.open(&server);
    assert_eq!(code(client.sync_within(seconds(10)).await), "not_enrolled");
    assert_eq!(client.sync_state().unwrap().last_attempt, None);
    let client = phone.enrolled(&server).await;
    client.sync().await.unwrap();
    client.erase().unwrap();
    let SyncState { last_attempt, pause, verified_at, .. } = client.sync_state().unwrap();
    assert_eq!((last_attempt, pause, verified_at), (None, None, None), "erased with everything else");
    let client = phone.enrolled(&server).await;
    client.suspend();
    assert_eq!(code(client.sync_within(seconds(10)).await), "suspended");
    client.resume().unwrap();
    assert_eq!(client.sync_state().unwrap().pause, None);
}

#[tokio::test]
async fn a_sync_that_is_let_go_of_says_how_far_it_came() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::with_pages_of(1)));
    let client = phone.enrolled(&server).await;
    let asked = client.ask(Service::Pediatrics, CHILD, "熱が出ました").unwrap();
    client.sync().await.unwrap();
    server.answer(1, asked, "回答 1");
    server.answer(2, asked, "回答 2");
    server.fail_next(Fault::CutAt(usize::MAX));
    server.fail_next(Fault::Hangs);
    {
        let mut sync = Box::pin(client.sync());
        let context = &mut std::task::Context::from_waker(std::task::Waker::noop());
        // More than it takes until the request that hangs.
        for _ in 0..20 {
            assert!(std::future::Future::poll(sync.as_mut(), context).is_pending());
        }
    }
    drop(client);
    let attempt = phone.open(&server).sync_state().unwrap().last_attempt.unwrap();
    assert_eq!((attempt.outcome.as_str(), attempt.failures), ("cut_short", 0));
}

#[tokio::test]
async fn a_server_that_asks_for_patience_is_handed_in_nothing_until_then_and_syncs_go_on() {
    let (phone, server) = phone_and_server();
    let manifest = Signed { rescue: true, ..Signed::version(2) };
    let config = phone.config(Some(manifest.sign()));
    let client = YorisoiClient::open_with(&config, phone.host(), server.clone()).unwrap();
    client.enroll(&server.card()).await.unwrap();
    super::life_tests::consent(&client, yorisoi_protocol::consent::Purpose::Service).unwrap();
    ask(&client);
    drop(client);
    *phone.keys.key.lock().unwrap() = None;
    let client = YorisoiClient::start_over_with(&config, phone.host(), server.clone()).unwrap();
    assert_eq!(client.sync_state().unwrap().set_aside, 2);
    let asked = server.requests();
    server.fail_next(Fault::Patience(600));
    assert_eq!(code(client.hand_in_set_aside().await), "server_refused");
    assert_eq!(server.requests(), asked + 1);
    drop(client);
    let client = phone.open_with(&server, &manifest);
    phone.clock.pass(599);
    let again = client.hand_in_set_aside().await.unwrap_err();
    let told = YorisoiError::ServerRefused {
        code: yorisoi_protocol::wire::ApiErrorCode::TooMany,
        retry_after_seconds: Some(1),
    };
    assert_eq!((again, server.requests()), (told, asked + 1));
    client.enroll(&server.card()).await.unwrap();
    let report = client.sync_within(seconds(10)).await.unwrap();
    assert_eq!((report.ended, server.requests()), (SyncEnd::CaughtUp, asked + 3), "joined and synced");
    phone.clock.pass(1);
    server.fail_next(Fault::Down);
    assert_eq!(code(client.hand_in_set_aside().await), "network_unreachable");
    assert_eq!(server.requests(), asked + 4);
}

/// A server whose live channel asks for patience, and which notes when it was asked.
struct Busy {
    server: Arc<FakeServer>,
    opened: Mutex<Vec<Instant>>,
    seconds: AtomicU32,
}

#[async_trait]
impl Transport for Busy {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        self.server.send(request).await
    }

    async fn open(&self, _: Request) -> Result<Opened, TransportError> {
        self.opened.lock().unwrap().push(Instant::now());
        let media_type = Some("application/json".to_owned());
        let body = br#"{"error":{"code":"too_many"}}"#.to_vec();
        let retry_after = Some(self.seconds.load(Ordering::Relaxed));
        Ok(Opened::Reply(Response { status: 429, media_type, retry_after, body }))
    }
}

#[tokio::test(start_paused = true)]
async fn the_live_channel_is_not_made_again_while_the_server_asks_for_patience() {
    let (phone, server) = phone_and_server();
    drop(phone.enrolled(&server).await);
    let seconds = AtomicU32::new(600);
    let busy = Arc::new(Busy { server: server.clone(), opened: Mutex::default(), seconds });
    let client = phone.open_over(busy.clone());
    // First a sync is asked for patience, which the channel honours too.
    server.fail_next(Fault::Patience(90));
    assert_eq!(client.sync().await.unwrap().ended, SyncEnd::AskedToWait);
    let begun = Instant::now();
    assert!(tokio::time::timeout(Duration::from_secs(2000), client.live()).await.is_err(), "it goes on");
    let opened: Vec<_> =
        busy.opened.lock().unwrap().iter().map(|at| at.duration_since(begun).as_secs()).collect();
    assert_eq!(opened.len(), 3, "{opened:?}");
    assert_eq!(opened[0], 90);
    assert!(opened.windows(2).all(|pair| pair[1] - pair[0] >= 600), "{opened:?}");
    // What the channel asked for holds up no sync.
    phone.clock.pass(90);
    assert_eq!(client.sync().await.unwrap().ended, SyncEnd::CaughtUp);
}

#[tokio::test]
async fn after_a_failure_requests_are_smaller_until_a_sync_went_well() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = phone.enrolled(&server).await;
    let asks = || {
        for _ in 0..30 {
            client.ask(Service::Pediatrics, CHILD, &"熱".repeat(1000)).unwrap();
        }
    };
    asks();
    server.fail_next(Fault::CutAt(0));
    client.sync().await.unwrap_err();
    let after_failure = client.sync().await.unwrap();
    asks();
    let after_success = client.sync().await.unwrap();
    assert_eq!((after_failure.held, after_success.held), (30 + 1, 30));
    // Each has three kilobytes, of 16 or of 128.
    assert_eq!((after_failure.requests, after_success.requests), (6, 1));
    // A line that broke after something had arrived: of 64.
    asks();
    asks();
    server.fail_next(Fault::CutAt(usize::MAX));
    server.fail_next(Fault::CutAt(0));
    client.sync().await.unwrap_err();
    let left = client.sync_state().unwrap().pending;
    let after_half = client.sync().await.unwrap();
    assert_eq!((u64::from(after_half.held), after_half.requests), (left, 1));
    assert!((17..=20).contains(&left), "{left}");
}
