//! Rules of a server that fails at one operation again and again: it holds up none of the others, and is not lost.

use std::sync::Arc;

use yorisoi_protocol::question::{Service, Subject};

use super::tests::code;
use super::*;
use crate::testing::{FakeServer, Phone};
use crate::view::MessageStep;

const POISON: &str = "つまずく質問";

fn ask(client: &YorisoiClient, text: &str) {
    client.ask(Service::Pediatrics, Subject::Parent, text).unwrap();
}

async fn seven_questions(phone: &Phone, server: &Arc<FakeServer>) -> YorisoiClient {
    let client = phone.enrolled(server).await;
    client.sync().await.unwrap();
    for text in ["一", "二", "三", POISON, "五", "六", "七"] {
        ask(&client, text);
    }
    client
}

fn told(client: &YorisoiClient) -> Vec<(String, MessageStep)> {
    let consultations = client.consultations(None, 100).unwrap().consultations;
    let threads = consultations.iter().rev().map(|view| client.messages(view.id, None, 9).unwrap().messages);
    threads.flatten().map(|message| (message.text, message.step.unwrap())).collect()
}

#[tokio::test]
async fn one_operation_that_the_server_fails_at_holds_up_none_of_the_others_and_stays_here() {
    for (error, syncs) in [("unavailable", 4), ("too_large", 1), ("malformed", 1_usize)] {
        let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
        let client = seven_questions(&phone, &server).await;
        server.fail_at(Some((POISON, error)));
        for sync in 1..=syncs {
            let synced = client.sync().await;
            // Once may be chance. Then what comes before it is handed in, and the rest as soon as it is given up.
            let held = [1, 4, 4, 7];
            assert_eq!(server.held().len(), held[4 - syncs..][sync - 1], "{error}, sync {sync}");
            assert_eq!(synced.is_ok(), sync == syncs, "{error}, sync {sync}: {}", code(synced));
        }
        let state = client.sync_state().unwrap();
        assert!(state.pending == 0 && state.verified_at.is_some());
        for (text, step) in told(&client) {
            let refused = text == POISON;
            assert_eq!(
                step,
                if refused { MessageStep::Refused } else { MessageStep::HeldByServer },
                "{text}"
            );
        }
        let export = client.exported().unwrap();
        assert!(export.contains(POISON) && export.contains("not_taken"), "{export}");
        // Also after a restart, and it can be written anew.
        drop(client);
        let client = phone.open(&server);
        assert_eq!(told(&client)[3], (POISON.to_owned(), MessageStep::Refused));
        ask(&client, "書き直した質問");
        client.sync().await.unwrap();
        assert_eq!(server.held().len(), 8);
    }
}

#[tokio::test]
async fn a_server_that_fails_at_everything_makes_nobody_give_anything_up() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = seven_questions(&phone, &server).await;
    server.fail_at(Some(("", "unavailable")));
    for _ in 0..10 {
        assert_eq!(code(client.sync().await), "server_refused");
    }
    server.fail_at(None);
    client.sync().await.unwrap();
    assert_eq!(server.held().len(), 8);
}

#[tokio::test]
async fn one_that_the_server_took_in_the_end_is_no_longer_counted_against() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = seven_questions(&phone, &server).await;
    for _ in 0..3 {
        server.fail_at(Some((POISON, "unavailable")));
        client.sync().await.unwrap_err();
    }
    server.fail_at(None);
    client.sync().await.unwrap();
    assert_eq!(server.held().len(), 8);
}
