//! Rules of a server that was set back to an earlier day, beyond what `tests.rs` has of it.

use std::sync::Arc;

use yorisoi_protocol::question::{Service, Subject};
use yorisoi_protocol::wire::RefusalCode;

use super::tests::code;
use super::*;
use crate::testing::{FakeServer, Fault, Phone};
use crate::view::MessageStep;

fn ask(client: &YorisoiClient, text: &str) {
    client.ask(Service::Pediatrics, Subject::Parent, text).unwrap();
}

/// Each message's text, how far it has come and why it was refused, the oldest consultation first.
fn told(client: &YorisoiClient) -> Vec<(String, MessageStep, bool)> {
    let consultations = client.consultations(None, 100).unwrap().consultations;
    let threads =
        consultations.iter().rev().map(|view| client.messages(view.id, None, 100).unwrap().messages);
    threads
        .flatten()
        .map(|message| (message.text, message.step.unwrap(), message.refusal.is_some()))
        .collect()
}

#[tokio::test]
async fn what_was_refused_stays_refused_and_holds_up_nothing_that_is_offered_again() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = phone.enrolled(&server).await;
    client.sync().await.unwrap();
    ask(&client, "一つ目");
    client.sync().await.unwrap();
    ask(&client, "断られた質問");
    server.refuse_next(RefusalCode::ServiceNotOffered);
    client.sync().await.unwrap();
    ask(&client, "三つ目");
    client.sync().await.unwrap();
    let (before, held, seen) = (server.decided().0, server.held(), told(&client));
    for operations in (0..=before.len()).rev() {
        server.restore(operations, 0);
        let report = client.sync().await.unwrap();
        assert!(report.verified_at.is_some() && report.pending == 0, "{operations}: {report:?}");
        assert_eq!((server.decided().0, server.held()), (before.clone(), held.clone()), "{operations}");
        assert_eq!(told(&client), seen, "{operations}");
    }
    assert_eq!(server.heard().matches("断られた").count(), 1, "it is never sent again");
}

#[tokio::test]
async fn a_phone_that_the_server_no_longer_knows_joins_again_with_its_card_and_offers_everything() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = phone.enrolled(&server).await;
    ask(&client, "前の日の質問");
    client.sync().await.unwrap();
    let held = server.held();
    // As long as the server knows the phone a card is not spent.
    client.enroll(&server.card()).await.unwrap();
    assert_eq!(server.device_keys().len(), 1);
    server.restore(0, 0);
    let unknown = r#"{"error":{"code":"unknown_device"}}"#.to_owned();
    server.fail_next(Fault::Page(401, "application/json", unknown));
    ask(&client, "今日の質問");
    let refused = client.sync().await;
    let words = refused.as_ref().unwrap_err().words();
    assert!(words.ja.contains("もう一度入力"), "{}", words.ja);
    assert_eq!(code(refused), "device_unknown");
    // Also in an app that was started anew meanwhile.
    drop(client);
    let client = phone.open(&server);
    client.enroll(&server.card()).await.unwrap();
    let keys = server.device_keys();
    assert!(keys.len() == 2 && keys[0] == keys[1]);
    let report = client.sync().await.unwrap();
    assert!(report.verified_at.is_some() && report.pending == 0, "{report:?}");
    assert_eq!(server.held()[..held.len()], held);
    assert_eq!(server.held().len(), held.len() + 1);
    client.enroll(&server.card()).await.unwrap();
    assert_eq!(server.device_keys().len(), 2);
}
