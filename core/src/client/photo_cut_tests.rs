//! Rules of photos whose sending is cut: by the budget, by whoever lets go of the sync, by the app being suspended, by an erasure.

use std::pin::pin;
use std::task::Poll;

use super::background_tests::seconds;
use super::photo_sending_tests::{Asked, PART, agreed, ask, assert_whole, kept, sent, travelled};
use super::suspension_tests::held;
use super::*;
use crate::testing::{FakeServer, Fault, Phone, begun};
use crate::view::{PhotoSent, SyncEnd};

#[tokio::test]
async fn a_budget_ends_at_a_boundary_between_parts_and_the_next_one_goes_on_from_there() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    drop(agreed(&phone, &server).await);
    let slow = Arc::new(super::background_tests::Slow::of(&server, &phone, 2));
    let client = phone.open_over(slow);
    let asked = ask(&client, &[6]);
    let mut seen = Vec::new();
    while sent(&client, &asked) != [PhotoSent::Whole] {
        // The texts take two seconds, a part two; the first time the manifest is asked for as well.
        assert_eq!(client.sync_within(seconds(5)).await.unwrap().ended, SyncEnd::CaughtUp);
        seen.push(server.parts().len());
        assert!(seen.len() < 9);
    }
    assert_eq!(seen, [1, 3, 5, 6]);
    assert_whole(&client, &server, &asked);
    assert_eq!(travelled(&server), kept(&client, &asked, asked.photos[0]).len() as u64, "nothing twice");
}

/// A phone with a photo of three parts to send, and a server that will hang in the second of them.
async fn about_to_hang() -> (Phone, Arc<FakeServer>, YorisoiClient, Asked) {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = agreed(&phone, &server).await;
    let asked = ask(&client, &[3]);
    for fault in [Fault::None, Fault::None, Fault::Hangs] {
        server.fail_next(fault);
    }
    (phone, server, client, asked)
}

#[tokio::test]
async fn a_sync_of_texts_waits_for_no_photo_and_finds_what_it_queues_sent_as_well() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = agreed(&phone, &server).await;
    let first = ask(&client, &[3]);
    for fault in [Fault::None, Fault::None, Fault::Hangs] {
        server.fail_next(fault);
    }
    let mut slow = pin!(client.sync());
    assert!(begun(slow.as_mut()).is_pending());
    assert_eq!(sent(&client, &first), [PhotoSent::Going { bytes: PART }]);
    // Meanwhile the person asks once more.
    let second = ask(&client, &[1]);
    let report = client.sync().await.unwrap();
    assert_eq!((report.held, report.ended), (1, SyncEnd::CaughtUp));
    assert_eq!(server.parts().len(), 1, "one sender at a time");
    assert!(begun(slow.as_mut()).is_pending());
    client.sync().await.unwrap();
    assert_eq!(sent(&client, &second), [PhotoSent::Going { bytes: 0 }]);
}

#[tokio::test]
async fn a_sync_that_is_let_go_of_in_the_middle_of_a_part_loses_that_part_at_most() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = agreed(&phone, &server).await;
    let asked = ask(&client, &[4]);
    for whole in 0..4 {
        // The texts, what was cut, the parts that are missing.
        let before = usize::from(whole > 0);
        for _ in 0..=before {
            server.fail_next(Fault::None);
        }
        server.fail_next(Fault::Hangs);
        {
            let mut cut = pin!(client.sync());
            assert!(begun(cut.as_mut()).is_pending());
        }
        assert_eq!(server.parts().len(), whole);
    }
    client.sync().await.unwrap();
    assert_whole(&client, &server, &asked);
    assert_eq!(travelled(&server), kept(&client, &asked, asked.photos[0]).len() as u64);
}

#[tokio::test(start_paused = true)]
async fn a_part_that_the_budget_cuts_is_no_trouble_of_the_photo() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = agreed(&phone, &server).await;
    let asked = ask(&client, &[2]);
    for _ in 0..5 {
        for fault in [Fault::None, Fault::Hangs] {
            server.fail_next(fault);
        }
        assert_eq!(client.sync_within(seconds(1)).await.unwrap().ended, SyncEnd::CaughtUp);
    }
    let [next] = &client.store.photos_to_send().unwrap()[..] else { panic!() };
    assert_eq!((next.going.troubles, client.sync_state().unwrap().last_attempt.unwrap().failures), (0, 0));
    client.sync().await.unwrap();
    assert_whole(&client, &server, &asked);
}

#[tokio::test]
async fn an_app_suspended_in_the_middle_of_a_part_has_no_file_open_and_goes_on_where_it_was() {
    let (phone, server, client, asked) = about_to_hang().await;
    {
        let mut cut = pin!(client.sync());
        assert!(begun(cut.as_mut()).is_pending());
        client.suspend();
        assert_eq!(held(phone.path()), (0, 0));
    }
    assert_eq!(client.sync().await.unwrap_err().code(), "suspended");
    client.resume().unwrap();
    assert_eq!(sent(&client, &asked), [PhotoSent::Going { bytes: PART }]);
    client.sync().await.unwrap();
    assert_whole(&client, &server, &asked);
}

/// Suspends the app before every other reply to a part is taken in.
struct Suspending {
    server: Arc<FakeServer>,
    client: std::sync::OnceLock<std::sync::Weak<YorisoiClient>>,
    parts: std::sync::atomic::AtomicU32,
}

#[async_trait::async_trait]
impl Transport for Suspending {
    async fn send(
        &self,
        request: crate::transport::Request,
    ) -> Result<crate::transport::Response, crate::transport::TransportError> {
        let part = request.path.starts_with(yorisoi_protocol::wire::PHOTOS_PATH);
        let response = self.server.send(request).await;
        let part = part && self.parts.fetch_add(1, Ordering::Relaxed).is_multiple_of(2);
        if part && let Some(client) = self.client.get().and_then(std::sync::Weak::upgrade) {
            client.suspend();
        }
        response
    }

    async fn open(
        &self,
        request: crate::transport::Request,
    ) -> Result<crate::transport::Opened, crate::transport::TransportError> {
        self.server.open(request).await
    }
}

#[tokio::test]
async fn a_reply_that_finds_the_app_suspended_is_heard_again_at_the_cost_of_its_part() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    drop(agreed(&phone, &server).await);
    let (client, parts) = (std::sync::OnceLock::new(), std::sync::atomic::AtomicU32::default());
    let transport = Arc::new(Suspending { server: server.clone(), client, parts });
    let client = Arc::new(phone.open_over(transport.clone()));
    transport.client.set(Arc::downgrade(&client)).unwrap();
    let asked = ask(&client, &[4]);
    let mut syncs = 0;
    while sent(&client, &asked) != [PhotoSent::Whole] {
        // The texts were told of before; what ends is the sending of photos.
        assert_eq!(client.sync().await.unwrap().ended, SyncEnd::CaughtUp);
        client.resume().unwrap();
        syncs += 1;
        assert!(syncs < 9);
    }
    assert!(travelled(&server) <= client.photos(asked.message).unwrap()[0].bytes + syncs * PART);
    assert_whole(&client, &server, &asked);
}

#[tokio::test]
async fn an_erasure_ends_the_sending_and_leaves_nothing_to_send() {
    let (_phone, server, client, asked) = about_to_hang().await;
    let mut cut = pin!(client.sync());
    assert!(begun(cut.as_mut()).is_pending());
    client.erase().unwrap();
    let Poll::Ready(_) = begun(cut.as_mut()) else { panic!("it waits for the network") };
    assert!(client.photos(asked.message).unwrap().is_empty());
    assert_eq!((client.sync_state().unwrap().photos, server.parts().len()), (0, 1));
}
