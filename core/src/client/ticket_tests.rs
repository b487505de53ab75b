//! The provisional place that a ticket gives, until the server redeems its card.

use std::sync::Arc;

use yorisoi_protocol::consent::{ConsentState, Purpose};
use yorisoi_protocol::question::{Service, Subject};
use yorisoi_protocol::wire::EnrollmentRefusal;

use super::tests::code;
use super::{ConsentText, NewDraft, YorisoiClient};
use crate::testing::{FakeServer, Fault, Phone, Signed, ticket};
use crate::view::{CardKind, EnrollmentState, MessageStep};

const SUBJECT: Subject = Subject::Child { born: None };

fn phone_and_server() -> (Phone, Arc<FakeServer>) {
    (Phone::new(), Arc::new(FakeServer::new()))
}

fn state(client: &YorisoiClient) -> Option<EnrollmentState> {
    client.enrollment().unwrap().map(|view| view.state)
}

fn agree(client: &YorisoiClient) {
    let text = ConsentText { id: "service-ja-1".into(), language: "ja".into(), text: "…".into() };
    client.decide_consent(Purpose::Service, ConsentState::Grant, &text).unwrap();
}

async fn offline(phone: &Phone, server: &Arc<FakeServer>) -> YorisoiClient {
    let client = phone.open(server);
    server.fail_next(Fault::Down);
    let view = client.enroll(&ticket(&server.code())).await.unwrap();
    assert!(matches!(view.state, EnrollmentState::Provisional { .. }));
    client
}

#[tokio::test]
async fn a_ticket_without_network_gives_a_place_at_once_and_the_next_sync_redeems_it() {
    let (phone, server) = phone_and_server();
    let client = phone.open(&server);
    let card = client.check_card(&ticket(&server.code())).unwrap();
    assert!(matches!(card.kind, CardKind::Ticket { provisional } if provisional.allowed()));
    drop(client);
    drop(offline(&phone, &server).await);
    // The app is closed and opened: the place is still there.
    let client = phone.open(&server);
    assert!(matches!(state(&client), Some(EnrollmentState::Provisional { .. })));
    assert!(client.safety_contacts().len() > 1);
    let text = "夜中に熱が出ました".to_owned();
    let draft =
        NewDraft { id: None, service: Service::Pediatrics, subject: SUBJECT, consultation: None, text };
    client.save_draft(&draft).unwrap();
    agree(&client);
    let question = client.ask(Service::Pediatrics, SUBJECT, "母乳をあまり飲みません").unwrap();
    assert_eq!(client.messages(question, None, 100).unwrap().messages[0].step, Some(MessageStep::SavedHere));
    assert_eq!(server.requests(), 1, "nothing was sent but the one attempt");
    let report = client.sync().await.unwrap();
    assert_eq!((report.held, report.pending), (2, 0));
    assert_eq!(state(&client), Some(EnrollmentState::Redeemed));
    let keys = server.device_keys();
    assert!(keys.windows(2).all(|pair| pair[0] == pair[1]), "one device throughout");
}

#[tokio::test]
async fn a_card_that_is_refused_later_keeps_what_was_written_and_another_card_sends_it() {
    let (phone, server) = phone_and_server();
    let client = offline(&phone, &server).await;
    agree(&client);
    client.ask(Service::Pediatrics, SUBJECT, "母乳をあまり飲みません").unwrap();
    server.refuse_cards(Some(EnrollmentRefusal::CardFull));
    assert_eq!(code(client.sync().await), "enrollment_card_full");
    assert_eq!(state(&client), Some(EnrollmentState::Refused(EnrollmentRefusal::CardFull)));
    let before = server.requests();
    assert_eq!(code(client.sync().await), "enrollment_card_full", "not asked for again");
    assert_eq!(code(client.ask(Service::Pediatrics, SUBJECT, "もう一つ")), "enrollment_card_full");
    assert_eq!(server.requests(), before);
    assert_eq!(client.consultations(None, 100).unwrap().consultations.len(), 1);
    server.refuse_cards(None);
    client.enroll(&server.card()).await.unwrap();
    assert_eq!(client.sync().await.unwrap().pending, 0);
    assert_eq!(server.held().len(), 2);
}

#[tokio::test]
async fn a_ticket_gives_no_place_outside_its_dates_or_under_a_clock_that_cannot_be_right() {
    let (phone, server) = phone_and_server();
    let client = phone.open(&server);
    let text = ticket(&server.code());
    let enroll = || client.enroll(&text);
    phone.set("2021-08-01 23:59:59");
    assert_eq!(code(enroll().await), "window_not_yet");
    phone.set("2022-01-01 00:00:00");
    assert_eq!(code(enroll().await), "window_ended");
    assert_eq!((server.requests(), state(&client)), (0, None));
    phone.set("2021-10-01 03:12:00");
    phone.turn_clock(-24 * 365 * 51);
    server.fail_next(Fault::Down);
    assert_eq!(code(enroll().await), "clock_suspect");
    assert_eq!(state(&client), None);
    enroll().await.unwrap();
    assert_eq!(state(&client), Some(EnrollmentState::Redeemed), "the server knows the time");
}

#[tokio::test]
async fn a_stolen_batch_key_and_a_revoked_card_give_no_place() {
    let (phone, server) = phone_and_server();
    let client = phone.open(&server);
    let text = ticket(&server.code());
    for (version, manifest, expected) in [
        (2, Signed { revoked: vec![server.code()], ..Signed::version(2) }, "ticket_card_revoked"),
        (3, Signed { ticket_key_status: "revoked", ..Signed::version(3) }, "ticket_key_revoked"),
    ] {
        server.publish(manifest.sign());
        assert_eq!(client.refresh_manifest().await.unwrap().version, version);
        assert_eq!(code(client.check_card(&text)), expected);
        assert_eq!(code(client.enroll(&text).await), expected);
    }
    assert_eq!((server.requests(), state(&client)), (0, None));
    // The code below the QR code of a batch whose key was stolen is as good as ever.
    client.enroll(&server.card()).await.unwrap();
}

#[tokio::test]
async fn cards_of_a_retired_key_are_still_good() {
    let (phone, server) = phone_and_server();
    let client = phone.open(&server);
    server.publish(Signed { ticket_key_status: "retired", ..Signed::version(2) }.sign());
    client.refresh_manifest().await.unwrap();
    client.enroll(&ticket(&server.code())).await.unwrap();
}

#[tokio::test]
async fn a_server_that_asks_for_patience_is_not_asked_again_before() {
    let (phone, server) = phone_and_server();
    let client = phone.open(&server);
    server.fail_next(Fault::Patience(600));
    assert_eq!(code(client.enroll(&server.card()).await), "server_refused");
    assert_eq!(server.requests(), 1);
    drop(client);
    let client = phone.open(&server);
    phone.set("2021-10-01 03:21:59");
    let error = client.enroll(&server.card()).await.unwrap_err();
    assert_eq!((error.code(), server.requests()), ("server_refused", 1));
    assert!(error.retryable());
    // A ticket meanwhile gives its place.
    let view = client.enroll(&ticket(&server.code())).await.unwrap();
    assert!(matches!(view.state, EnrollmentState::Provisional { .. }));
    phone.set("2021-10-01 03:22:00");
    client.sync().await.unwrap();
    assert_eq!(state(&client), Some(EnrollmentState::Redeemed));
}

#[tokio::test]
async fn the_same_ticket_in_every_carriage_is_the_same_card() {
    let (phone, server) = phone_and_server();
    let client = phone.open(&server);
    let prefixed = ticket(&server.code());
    let address = prefixed.replace("YRS1:", "https://soudan.example.jp/E#");
    for text in [prefixed.clone(), address, format!("  {prefixed}\n")] {
        assert_eq!(client.check_card(&text).unwrap().programme, "fuchu-2021", "{text}");
    }
}
