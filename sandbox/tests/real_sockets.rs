//! Phone and server over real sockets, with a network that fails on purpose.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use yorisoi_core::view::{ErasureState, MessageStep};
use yorisoi_protocol::question::{Service, Subject};
use yorisoi_sandbox::rig::Rig;

const TEXT: &str = "夜中に38度の熱が出ました";

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_cut_at_any_byte_leaves_one_copy_on_the_server_and_one_sent_item_on_the_phone() {
    let rig = Rig::start().await.unwrap();
    let phone = rig.enrolled("phone").await.unwrap();
    phone.sync().await.unwrap();
    let mut asked = 0;
    // Status line, headers, body: until the reply is shorter than the cut.
    loop {
        phone.ask(Service::Pediatrics, Subject::Parent, TEXT).unwrap();
        rig.proxy.cut_next_reply(asked);
        asked += 1;
        let Err(lost) = phone.sync().await else { break };
        assert_eq!(lost.kind(), yorisoi_core::ErrorKind::Network, "{asked}");
        let unsent = phone.consultations(None, 500).unwrap().consultations;
        let unsent = unsent.iter().filter(|view| view.step == MessageStep::SavedHere).count();
        assert_eq!(phone.sync_state().unwrap().pending, 1, "{asked}");
        assert_eq!(unsent, 1, "{asked}");
        let report = phone.sync().await.unwrap();
        assert!(report.verified_at.is_some(), "{asked}");
        assert_eq!((report.held, report.pending), (1, 0), "{asked}");
    }
    // About 400 bytes, a few more or fewer: ids and signatures are random and compress as they like.
    assert!(asked > 300, "only {asked} bytes were cut");
    let consultations = phone.consultations(None, 500).unwrap().consultations;
    assert_eq!(consultations.len(), asked);
    assert!(consultations.iter().all(|view| view.step == MessageStep::HeldByServer));
    rig.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enrollment_reply_cut_at_any_byte_is_asked_for_again_and_gives_the_same_grant() {
    let rig = Rig::start().await.unwrap();
    let card = rig.card().unwrap();
    for cut in (0..1100).step_by(13) {
        let phone = rig.phone(&format!("phone-{cut}")).unwrap();
        let card = rig.card().unwrap();
        rig.proxy.cut_next_reply(cut);
        assert!(phone.enroll(&card).await.is_err(), "{cut}");
        assert_eq!(phone.enrollment().unwrap(), None);
        let granted = phone.enroll(&card).await.unwrap();
        assert_eq!(phone.enroll(&card).await.unwrap(), granted);
    }
    let states = rig.service.cards("fuchu-2021").unwrap();
    let redeemed: Vec<_> = states.iter().filter(|state| state.members > 0).collect();
    assert_eq!(redeemed.len(), 85);
    assert!(redeemed.iter().all(|state| state.members == 1));
    // The card that nobody used is still good.
    rig.phone("another").unwrap().enroll(&card).await.unwrap();
    rig.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn phones_of_one_household_see_nothing_of_each_other() {
    let rig = Rig::start().await.unwrap();
    let card = rig.card().unwrap();
    let (mother, partner, third) =
        (rig.phone("mother").unwrap(), rig.phone("partner").unwrap(), rig.phone("third").unwrap());
    let first = mother.enroll(&card).await.unwrap();
    let second = partner.enroll(&card).await.unwrap();
    assert_eq!(first.enrollment, second.enrollment);
    assert_ne!(first.member, second.member);
    assert_eq!(third.enroll(&card).await.unwrap_err().code(), "enrollment_card_full");
    let text = yorisoi_core::client::ConsentText {
        id: "service-ja-1".into(),
        language: "ja".into(),
        text: "…".into(),
    };
    let grant = yorisoi_protocol::consent::ConsentState::Grant;
    mother.decide_consent(yorisoi_protocol::consent::Purpose::Service, grant, &text).unwrap();
    mother.ask(Service::Obstetrics, Subject::Parent, TEXT).unwrap();
    mother.sync().await.unwrap();
    let report = partner.sync().await.unwrap();
    assert_eq!((report.received, report.held), (0, 0));
    assert!(partner.consultations(None, 500).unwrap().consultations.is_empty());
    rig.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_well_formed_code_that_was_never_issued_is_refused_with_whom_to_ask() {
    let rig = Rig::start().await.unwrap();
    let phone = rig.phone("phone").unwrap();
    let card = yorisoi_protocol::EnrollmentCode::issue(37, 12_345).unwrap().grouped();
    let refused = phone.enroll(&card).await.unwrap_err();
    assert_eq!((refused.code(), refused.retryable()), ("enrollment_unknown_code", false));
    assert!(refused.words().ja.contains("おたずねください"));
    assert_eq!(phone.enrollment().unwrap(), None);
    // The phone is not spoiled by it.
    phone.enroll(&rig.card().unwrap()).await.unwrap();
    rig.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_erased_with_no_network_is_erased_on_the_server_later_and_its_receipt_is_kept() {
    let rig = Rig::start().await.unwrap();
    let config = rig.config("phone").unwrap();
    let host = rig.host();
    let phone = yorisoi_core::YorisoiClient::open(&config, host.clone()).unwrap();
    let phone = rig.enroll(phone).await.unwrap();
    phone.ask(Service::Pediatrics, Subject::Parent, TEXT).unwrap();
    phone.sync().await.unwrap();
    phone.ask(Service::Obstetrics, Subject::Parent, TEXT).unwrap();
    let mut canaries = yorisoi_sandbox::canaries::Canaries::default();
    assert!(canaries.add(TEXT));
    drop(phone);
    let phone = yorisoi_core::YorisoiClient::open(&config, host.clone()).unwrap();
    rig.unplug();
    phone.erase().unwrap();
    assert_eq!(phone.finish_erasures().await.unwrap_err().kind(), yorisoi_core::ErrorKind::Network);
    drop(phone);
    let phone = yorisoi_core::YorisoiClient::open(&config, host).unwrap();
    rig.plug();
    // The reply is lost after the server erased.
    rig.proxy.cut_next_reply(40);
    assert!(phone.finish_erasures().await.is_err());
    let begun = yorisoi_server::Clock::now(rig.clock.as_ref());
    rig.clock.set(begun.plus_hours(1));
    let [erasure] = phone.finish_erasures().await.unwrap().try_into().unwrap();
    let ErasureState::Confirmed(receipt) = erasure.state else { panic!("{erasure:?}") };
    assert_eq!(receipt.at, begun, "as of the first time");
    assert!(canaries.search(&rig.phone_directory("phone")).unwrap().found.is_empty());
    // Who joins again is a new member, and begins with nothing.
    let phone = rig.enroll(phone).await.unwrap();
    let report = phone.sync().await.unwrap();
    assert!(report.verified_at.is_some() && report.received == 0);
    assert!(phone.consultations(None, 9).unwrap().consultations.is_empty());
    rig.stop().await.unwrap();
}
