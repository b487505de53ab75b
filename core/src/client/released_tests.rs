//! Rules of upgrades: a database of every released schema opens, and what stood in it is there.
//!
//! `core/released/schema-N.db` was written once by the library as it was when schema N was the newest, and never changes.
//! When a schema is added: before changing anything, run the ignored test below with `YORISOI_WRITE_RELEASED=1`, and add
//! the number here.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use yorisoi_protocol::question::{Service, Subject};

use super::*;
use crate::store::DATABASE_FILE;
use crate::testing::{FakeServer, NIGHT, Phone};
use crate::view::{FoundIn, MessageStep};

const RELEASED: [u32; 6] = [1, 2, 3, 4, 5, 6];
const KEY: [u8; 32] = [7; 32];
const QUESTION: &str = "夜中に38度の熱が出ました";
const FOLLOW_UP: &str = "朝になりました";
const ANSWER: &str = "水分をこまめにとってください。";
const DRAFT: &str = "眠れない日が";

fn file(schema: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("released/schema-{schema}.db"))
}

/// A phone whose key is that of the kept files, which hold nobody's words.
fn phone() -> Phone {
    let phone = Phone::new();
    *phone.keys.key.lock().unwrap() = Some(KEY.to_vec());
    phone
}

#[tokio::test]
#[ignore = "writes the file of the newest schema, once"]
async fn write_the_file_of_the_newest_schema() {
    if std::env::var_os("YORISOI_WRITE_RELEASED").is_none() {
        return;
    }
    let (phone, server) = (phone(), Arc::new(FakeServer::new()));
    let client = phone.enrolled(&server).await;
    let consultation = client.ask(Service::Pediatrics, Subject::Child { born: None }, QUESTION).unwrap();
    client.sync().await.unwrap();
    server.answer(1, consultation, ANSWER);
    client.sync().await.unwrap();
    client.follow_up(consultation, FOLLOW_UP).unwrap();
    let (service, subject) = (Service::Obstetrics, Subject::Parent);
    let text = DRAFT.to_owned();
    client.save_draft(&NewDraft { id: None, service, subject, consultation: None, text }).unwrap();
    client.set_loss_mode(true).unwrap();
    drop(client);
    let newest = RELEASED.iter().max().unwrap();
    std::fs::create_dir_all(file(*newest).parent().unwrap()).unwrap();
    std::fs::copy(phone.path().join(DATABASE_FILE), file(*newest)).unwrap();
}

#[tokio::test]
async fn a_database_of_every_released_schema_opens_with_all_that_stood_in_it() {
    for schema in RELEASED {
        let kept = std::fs::read(file(schema)).unwrap();
        assert_eq!(kept[60..64], schema.to_be_bytes(), "the schema in the header of the file");
        let (phone, server) = (phone(), Arc::new(FakeServer::new()));
        std::fs::write(phone.path().join(DATABASE_FILE), kept).unwrap();
        let client = phone.open(&server);
        assert_eq!(client.enrollment().unwrap().unwrap().programme, "fuchu-2021");
        assert_eq!(client.consents().unwrap().len(), 1);
        assert!(client.loss_mode().unwrap());
        let [consultation] = client.consultations(None, 100).unwrap().consultations.try_into().unwrap();
        assert_eq!((consultation.service, consultation.unread), (Service::Pediatrics, 1));
        let messages = client.messages(consultation.id, None, 100).unwrap().messages;
        let read: Vec<_> = messages.iter().map(|message| (message.text.as_str(), message.step)).collect();
        let expected = [
            (QUESTION, Some(MessageStep::Answered)),
            (ANSWER, None),
            (FOLLOW_UP, Some(MessageStep::SavedHere)),
        ];
        assert_eq!(read, expected);
        assert_eq!(messages[0].held_since, Some(Timestamp::from_seconds(NIGHT + 60)));
        let [draft] = client.drafts(None, 100).unwrap().drafts.try_into().unwrap();
        assert_eq!(draft.text, DRAFT);
        assert_eq!(client.search("眠れ").unwrap()[0].found_in, FoundIn::Draft(draft.id));
        assert_eq!(client.sync_state().unwrap().pending, 1);
        client.send_draft(draft.id).unwrap();
        assert_eq!(client.sync_state().unwrap().pending, 2);
    }
}

#[test]
fn the_newest_schema_has_its_file() {
    assert_eq!(RELEASED.last(), Some(&crate::store::newest_schema()));
}
