//! Rules of a server that is there, is not, and is there again; and of what a person does while an operation is on its way.

use std::pin::pin;
use std::sync::Arc;

use yorisoi_protocol::consent::{ConsentState, Purpose, Standing};
use yorisoi_protocol::question::{Service, Subject};

use super::background_tests::Slow;
use super::*;
use crate::testing::{FakeServer, Fault, Phone, begun};
use crate::view::{MessageStep, SyncEnd};

#[tokio::test]
async fn whether_the_server_was_there_is_shown_and_told_and_holds_up_nothing() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let told = || std::mem::take(&mut *phone.notices.0.lock().unwrap()).contains(&Notice::Sync);
    drop(phone.enrolled(&server).await);
    assert!(told(), "whatever it was that asked");
    let client = phone.open(&server);
    let online = || client.sync_state().unwrap().online;
    assert!(!online(), "nobody asked it yet");
    client.sync().await.unwrap();
    assert!(online() && told());
    let portal = || Fault::Page(200, "text/html", "<html>".to_owned());
    for gone in [Fault::Down, portal()] {
        server.fail_next(gone);
        client.sync().await.unwrap_err();
        assert!(!online() && told());
        // It is as far away as before.
        server.fail_next(portal());
        client.sync().await.unwrap_err();
        assert!(!online() && !told());
        // What is asked is kept, and who syncs asks the server anew.
        client.ask(Service::Pediatrics, Subject::Parent, "夜中に咳きこみます。").unwrap();
        assert_eq!(client.sync().await.unwrap().held, 1);
        assert!(online() && told());
    }
    server.fail_next(Fault::Patience(1));
    assert_eq!(client.sync().await.unwrap().ended, SyncEnd::AskedToWait);
    assert!(online(), "an answer, if none that one hoped for");
}

#[tokio::test]
async fn what_is_changed_while_its_operation_is_on_its_way_goes_after_it_and_both_are_held_once() {
    let text = ConsentText { id: "statistics-ja-1".into(), language: "ja".into(), text: "…".into() };
    let decide = |client: &YorisoiClient, state| client.decide_consent(Purpose::Statistics, state, &text);
    for stage in 1.. {
        let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
        phone.enrolled(&server).await.sync().await.unwrap();
        let client = phone.open_over(Arc::new(Slow::of(&server, &phone, 0)));
        let before = server.held().len();
        let question = client.ask(Service::Pediatrics, Subject::Parent, "熱が出ました。").unwrap();
        decide(&client, ConsentState::Deny).unwrap();
        let mut syncing = pin!(client.sync());
        if (0..stage).any(|_| begun(syncing.as_mut()).is_ready()) {
            assert!(stage > 2, "neither before the request nor before its reply was anything changed");
            break;
        }
        client.follow_up(question, "38度です。").unwrap();
        decide(&client, ConsentState::Grant).unwrap();
        syncing.await.unwrap();
        client.sync().await.unwrap();
        let held = server.held();
        let once: std::collections::HashSet<_> = held.iter().collect();
        assert_eq!((held.len() - before, once.len()), (4, held.len()), "stage {stage}");
        assert_eq!(client.sync_state().unwrap().pending, 0);
        let thread = client.messages(question, None, 9).unwrap().messages;
        let steps: Vec<_> = thread.iter().map(|message| (message.text.as_str(), message.step)).collect();
        let step = Some(MessageStep::HeldByServer);
        assert_eq!(steps, [("熱が出ました。", step), ("38度です。", step)]);
        assert_eq!(client.consent_standing(Purpose::Statistics, &text.id).unwrap(), Standing::Granted);
    }
}
