//! Rules of drafts whose choices are no longer there: what was written stays, is listed, found, exported and saved again, and
//! holds up nothing else.

use yorisoi_protocol::ids::MessageId;
use yorisoi_protocol::question::{Service, Subject};

use super::tests::code;
use super::*;
use crate::error::ErrorKind;
use crate::store::{Choice, Draft};
use crate::testing::{FUCHU, FakeServer, NIGHT, Phone, Signed};
use crate::view::FoundIn;

const TEXT: &str = "湿疹のことを皮膚科の先生に聞きたいです";
const ID: MessageId = MessageId::from_bytes([1; 16]);

/// A draft as a newer library left it.
fn written_by_a_newer_library(client: &YorisoiClient, service: &str, subject: &str, ready: bool) {
    let at = Timestamp::from_seconds(NIGHT);
    let unknown = |text: &str| serde_json::from_str(text).unwrap();
    let (service, subject) = (Choice::Unknown(unknown(service)), Choice::Unknown(unknown(subject)));
    let ready = ready.then_some(at);
    let text = TEXT.to_owned();
    let draft = Draft { service, subject, consultation: None, text, begun: at, saved: at, ready };
    client.store.save_draft(ID, &draft).unwrap();
}

fn new_draft(id: Option<MessageId>, service: Service, text: &str) -> NewDraft {
    NewDraft { id, service, subject: Subject::Parent, consultation: None, text: text.to_owned() }
}

#[tokio::test]
async fn a_draft_with_a_choice_unknown_here_stays_and_is_sent_once_another_is_made() {
    for (service, subject) in [
        (r#""dermatology""#, r#"{"child":{"born":"2021-08-20","twin":2}}"#),
        (r#""dermatology""#, r#""parent""#),
        (r#""pediatrics""#, r#"{"sibling":{}}"#),
        ("7", "null"),
    ] {
        let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
        let client = phone.enrolled(&server).await;
        written_by_a_newer_library(&client, service, subject, true);
        let other = client.save_draft(&new_draft(None, Service::Obstetrics, "眠れない日が")).unwrap();
        drop(client);
        let client = phone.open(&server);
        let page = client.drafts(None, 100).unwrap();
        assert_eq!((page.total, page.drafts.len()), (2, 2));
        assert_eq!(page.drafts[0].service, Some(Service::Obstetrics));
        let draft = &page.drafts[1];
        assert_eq!((draft.id, draft.text.as_str(), draft.ready), (ID, TEXT, true));
        assert_eq!(draft.service.is_some(), service == r#""pediatrics""#, "{service}");
        assert_eq!(draft.subject.is_some(), subject == r#""parent""#, "{subject}");
        assert_eq!(client.search("湿疹").unwrap()[0].found_in, FoundIn::Draft(ID));
        let export: serde_json::Value = serde_json::from_str(&client.exported().unwrap()).unwrap();
        assert!(export.to_string().contains(TEXT) && export.to_string().contains(service), "as it stands");
        // It waits alone: a sync sends what can be sent, and it stays.
        client.mark_draft_ready(other, true).unwrap();
        client.sync().await.unwrap();
        assert_eq!(server.held().len(), 2, "the consent and the other draft");
        let refused = client.send_draft(ID).unwrap_err();
        assert_eq!((refused.kind(), refused.code()), (ErrorKind::Input, "choice_unknown"));
        assert_eq!(code(client.mark_draft_ready(ID, true)), "choice_unknown");
        client.mark_draft_ready(ID, false).unwrap();
        assert_eq!(client.drafts(None, 100).unwrap().drafts[0].text, TEXT);
        client.change_root_key().unwrap();
        client.save_draft(&new_draft(Some(ID), Service::Pediatrics, TEXT)).unwrap();
        let consultation = client.send_draft(ID).unwrap();
        assert_eq!(client.messages(consultation, None, 1).unwrap().messages[0].text, TEXT);
        assert!(client.drafts(None, 100).unwrap().drafts.is_empty());
    }
}

#[tokio::test]
async fn a_draft_for_a_service_that_is_offered_no_more_stays_until_it_is_offered_again() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = phone.enrolled(&server).await;
    let id = client.save_draft(&new_draft(None, Service::Obstetrics, TEXT)).unwrap();
    let offers = |version, services: &str| {
        let text = FUCHU.replace(r#"["obstetrics", "pediatrics"]"#, services);
        Signed { programmes: vec![text], ..Signed::version(version) }.sign()
    };
    server.publish(offers(2, r#"["pediatrics"]"#));
    client.refresh_manifest().await.unwrap();
    assert_eq!(code(client.send_draft(id)), "service_not_offered");
    client.mark_draft_ready(id, true).unwrap();
    client.sync().await.unwrap();
    let [draft] = client.drafts(None, 100).unwrap().drafts.try_into().unwrap();
    assert_eq!((draft.text.as_str(), draft.service), (TEXT, Some(Service::Obstetrics)));
    server.publish(offers(3, r#"["obstetrics", "pediatrics"]"#));
    client.refresh_manifest().await.unwrap();
    client.sync().await.unwrap();
    assert!(client.drafts(None, 100).unwrap().drafts.is_empty());
    assert_eq!(server.held().len(), 2);
}
