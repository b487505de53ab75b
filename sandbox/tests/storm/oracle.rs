//! What must be true in the end: read from the phones' own exports and, as a clinician reads it, from the server.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use flate2::read::DeflateDecoder;
use rawzip::ZipArchive;
use serde_json::{Value, json};
use yorisoi_protocol::ids::{MemberId, OperationId};
use yorisoi_protocol::wire::{EntryText, PublicKey, Receipt};
use yorisoi_server::desk_api::{Author, LogIn};
use yorisoi_server::{FileClock, ServerConfig};

use crate::world::{LOGIN, World, settle};

/// Texts, each with how often it is there.
type Texts = BTreeMap<String, usize>;

pub(crate) async fn check(mut world: World) {
    world.mend().await;
    let (mut on_phones, mut operations) = (Texts::new(), 0);
    for (number, phone) in world.phones.iter_mut().enumerate() {
        settle(phone).await.unwrap();
        let state = phone.get(json!({"do": "sync_state"})).await;
        assert_eq!(state["pending"], 0, "phone {number}");
        let file = world.directory.path().join(format!("export-{number}.zip"));
        phone.get(json!({"do": "export", "to": file})).await;
        let export = unpacked(&file);
        operations += receipts(&export);
        let texts = texts(&export);
        for (text, count) in &texts {
            let known = phone.acknowledged.contains(text) || phone.in_doubt.contains(text);
            assert!(known && *count == 1, "phone {number} has {text} {count} times");
        }
        for text in &phone.acknowledged {
            assert!(texts.contains_key(text), "phone {number} acknowledged {text} and lost it");
        }
        on_phones.extend(texts);
    }
    // SIGKILL once more: what is there now is what is on the disk.
    world.server.take().unwrap().kill().await;
    assert_eq!(on_server(&world), on_phones);
    let database = rusqlite::Connection::open(world.operator.data.join("yorisoi.db")).unwrap();
    let count = |rows: &str| -> usize {
        let count: i64 =
            database.query_row(&format!("SELECT count(*) FROM {rows}"), [], |row| row.get(0)).unwrap();
        count.try_into().unwrap()
    };
    assert_eq!(count("entry WHERE consultation IS NOT NULL"), on_phones.len());
    assert_eq!((count("entry WHERE outcome IS NOT NULL"), count("refused")), (operations, 0));
}

/// Every operation of an export was handed in, and its receipt is the server's word for these bytes of this person. How many.
fn receipts(export: &Value) -> usize {
    let enrollment = &export["enrollment"];
    let key = PublicKey::try_from(enrollment["receipt_key"].as_str().unwrap().to_owned()).unwrap();
    let member = MemberId::parse(enrollment["member"].as_str().unwrap()).unwrap();
    let operations = export["operations"].as_array().unwrap();
    for operation in operations {
        let receipt: Receipt = serde_json::from_value(operation["receipt"].clone()).unwrap();
        let id = OperationId::parse(operation["id"].as_str().unwrap()).unwrap();
        let text = EntryText::from_text(operation["text"].as_str().unwrap().to_owned()).unwrap();
        assert!(receipt.vouches(&key.0, member, id, &text.hash()), "{operation}");
    }
    let seqs: Vec<u64> = operations.iter().map(|operation| operation["seq"].as_u64().unwrap()).collect();
    let expected: Vec<u64> = (1..).take(seqs.len()).collect();
    assert_eq!(seqs, expected);
    operations.len()
}

/// The messages of an export, all of them held by the server.
fn texts(export: &Value) -> Texts {
    let mut texts = Texts::new();
    for consultation in export["consultations"].as_array().unwrap() {
        for message in consultation["messages"].as_array().unwrap() {
            assert_eq!(message["step"], "held_by_server", "{message}");
            *texts.entry(message["text"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    texts
}

/// What a clinician reads.
fn on_server(world: &World) -> Texts {
    let mut config = ServerConfig::new(&world.operator.data);
    config.clock = Arc::new(FileClock::open(&world.clock).unwrap());
    let service = config.open().unwrap();
    let log_in = LogIn { login: LOGIN.to_owned(), password: world.password.clone() };
    let clinician = service.session(Some(&service.log_in(&log_in).unwrap().token)).unwrap();
    let mut texts = Texts::new();
    for item in service.queue(&clinician).unwrap().consultations {
        service.take(&clinician, item.consultation).unwrap();
        for message in service.consultation(&clinician, item.consultation).unwrap().messages {
            assert_eq!(message.from, Author::Parent);
            *texts.entry(message.text).or_default() += 1;
        }
    }
    texts
}

fn unpacked(file: &Path) -> Value {
    let archive = std::fs::read(file).unwrap();
    let zip = ZipArchive::from_slice(&archive).unwrap();
    let entry =
        zip.entries().map(Result::unwrap).find(|entry| entry.file_path().as_bytes() == b"yorisoi.json");
    let packed = zip.get_entry(entry.unwrap().wayfinder()).unwrap();
    let mut text = String::new();
    packed.verifying_reader(DeflateDecoder::new(packed.data())).read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}
