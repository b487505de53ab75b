//! Rules of what stands on the phone: nothing that says anything about a person is readable in the database, its log, what was
//! freed in it, or what a loss of power leaves, whatever was done and wherever the file came from; sizes are padded ones; and
//! what is readable is what `docs/security.md` says.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;
use yorisoi_core::client::NewDraft;
use yorisoi_core::family::FamilyFact;
use yorisoi_core::host::KeyStore;
use yorisoi_core::{Host, YorisoiClient};
use yorisoi_fault_vfs::{Chance, Loss, Watch};
use yorisoi_protocol::CivilDate;
use yorisoi_protocol::eligibility::DateFact;
use yorisoi_protocol::ids::{ChangeId, ConsultationId, MessageId};
use yorisoi_protocol::padding::padded_len;
use yorisoi_protocol::question::{ClinicianRole, Service, Subject};
use yorisoi_sandbox::Canaries;
use yorisoi_sandbox::rig::{Rig, RigKeys};
use yorisoi_server::desk_api::{AnswerRequest, LogIn};

const QUESTION: &str = "夜中に三十八度の熱が出ました。瑪瑙と書いておきます。";
const FOLLOW_UP: &str = "朝になって\"ミルク\"を半分だけ飲みました。";
const ANSWER: &str = "水分をこまめにとって様子をみてください。";
const FIRST_DRAFT: &str = "眠れない日がつづいていて誰にも話せません";
const EDITED: &str = "書きなおした下書きは金木犀の香りのこと";
const THROWN_AWAY: &str = "やっぱり送らないことにした琥珀色の話";
const WAITS: &str = "電波がないところで書いた翡翠の質問です";
const READY: &str = "送る用意のできた珊瑚の下書きです";
const BORN: &str = "2021-08-20";
/// Words of the formats, which would tell who is asked, what was agreed to and where.
const WORDS: [&str; 6] =
    ["pediatrics", "obstetrics", "service-ja-1", "fuchu-2021", "household_card", "loss_mode"];

/// The text for machines of an export.
fn exported(client: &YorisoiClient) -> Vec<u8> {
    let elsewhere = tempfile::tempdir().unwrap();
    let to = elsewhere.path().join("export.zip");
    client.export(&to).unwrap();
    let archive = std::fs::read(&to).unwrap();
    let zip = rawzip::ZipArchive::from_slice(&archive).unwrap();
    let mut entries = zip.entries().map(|entry| entry.unwrap());
    let entry = entries.find(|entry| entry.file_path().as_bytes() == b"yorisoi.json").unwrap();
    let packed = zip.get_entry(entry.wayfinder()).unwrap();
    let mut plain = Vec::new();
    flate2::read::DeflateDecoder::new(packed.data()).read_to_end(&mut plain).unwrap();
    plain
}

fn canaries(of: &[&str]) -> Canaries {
    let mut canaries = Canaries::default();
    assert!(of.iter().all(|text| canaries.add(text)), "each can be told from chance");
    canaries
}

fn database(directory: &Path) -> PathBuf {
    directory.join("yorisoi.db")
}

fn draft(client: &YorisoiClient, id: Option<MessageId>, text: &str) -> MessageId {
    let (service, subject, text) = (Service::Obstetrics, Subject::Parent, text.to_owned());
    client.save_draft(&NewDraft { id, service, subject, consultation: None, text }).unwrap()
}

fn answered(rig: &Rig, consultation: ConsultationId) {
    let (login, role) = ("desk".to_owned(), ClinicianRole::Pediatrician);
    let password = rig.service.add_clinician(&login, role, 1).unwrap();
    let session = rig.service.log_in(&LogIn { login, password }).unwrap();
    let clinician = rig.service.session(Some(&session.token)).unwrap();
    rig.service.take(&clinician, consultation).unwrap();
    let answer = AnswerRequest { id: ChangeId::from_bytes([4; 16]), text: ANSWER.to_owned() };
    rig.service.answer(&clinician, consultation, &answer).unwrap();
}

/// Everything a person writes and is told, edits, takes back and changes.
async fn lived(rig: &Rig, client: &YorisoiClient) {
    let born = CivilDate::parse(BORN);
    let consultation = client.ask(Service::Pediatrics, Subject::Child { born }, QUESTION).unwrap();
    client.sync().await.unwrap();
    answered(rig, consultation);
    client.sync().await.unwrap();
    client.mark_read(consultation, 2).unwrap();
    client.follow_up(consultation, FOLLOW_UP).unwrap();
    client.sync().await.unwrap();
    let kept = draft(client, None, FIRST_DRAFT);
    draft(client, Some(kept), EDITED);
    let thrown = draft(client, None, &THROWN_AWAY.repeat(400));
    client.discard_draft(thrown).unwrap();
    client.tell_family_fact(FamilyFact::Children(vec![DateFact::Known(born.unwrap())])).unwrap();
    client.set_loss_mode(true).unwrap();
    client.ask(Service::Pediatrics, Subject::Parent, WAITS).unwrap();
    let ready = draft(client, None, READY);
    client.mark_draft_ready(ready, true).unwrap();
    client.suspend();
    client.resume().unwrap();
    client.change_root_key().unwrap();
}

/// Looks through every write there was, what stands there now, and what a loss of power may leave of it.
fn assert_nothing_readable(canaries: &Canaries, watch: &Watch, directory: &Path, images: usize) {
    let mut writes = 0;
    watch.each_write(|bytes| {
        writes += 1;
        assert_eq!(canaries.found_in(bytes), [""; 0], "in write {writes}");
    });
    assert!(writes > 20, "{writes}");
    assert_eq!(canaries.search(directory).unwrap().found, []);
    let mut chance = Chance::new(5);
    for number in 0..=images {
        for loss in Loss::ALL {
            let image = tempfile::tempdir().unwrap();
            let at = watch.position() * number / images;
            watch.crash(at, loss, &mut chance, image.path()).unwrap();
            assert_eq!(canaries.search(image.path()).unwrap().found, [], "at {at}, {loss:?}");
        }
    }
}

fn count(directory: &Path, query: &str) -> i64 {
    let sql = Connection::open(database(directory)).unwrap();
    sql.query_row(query, [], |row| row.get(0)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_word_is_readable_whatever_was_done_and_wherever_the_power_went_off() {
    let rig = Rig::start().await.unwrap();
    let directory = rig.phone_directory("phone");
    std::fs::create_dir(&directory).unwrap();
    let watch = Watch::over(&directory).unwrap();
    let keys = Arc::new(RigKeys::default());
    let host = Host { keys: keys.clone(), ..rig.host() };
    let client = YorisoiClient::open(&rig.config("phone").unwrap(), host).unwrap();
    let first_key = keys.load().unwrap().unwrap();
    let client = rig.enroll(client).await.unwrap();
    lived(&rig, &client).await;

    let texts = [QUESTION, FOLLOW_UP, ANSWER, FIRST_DRAFT, EDITED, THROWN_AWAY, WAITS, READY, BORN];
    let canaries = canaries(&[&texts[..], &WORDS].concat());
    // What is looked for is there to be found, in the open library.
    let export = exported(&client);
    for text in [QUESTION, ANSWER, EDITED, WAITS, READY, BORN, "pediatrics", "obstetrics", "service-ja-1"] {
        assert!(canaries.found_in(&export).contains(&text), "{text}");
    }
    assert_eq!(count(&directory, "SELECT count(*) FROM meta WHERE name = 'rescue'"), 1, "an envelope");
    assert_eq!(count(&directory, "SELECT count(*) FROM operation WHERE rescue IS NOT NULL"), 1);
    assert_eq!(count(&directory, "SELECT count(*) FROM draft WHERE rescue IS NOT NULL"), 1);
    assert!(directory.join("yorisoi.db-wal").exists());
    assert_nothing_readable(&canaries, &watch, &directory, 5);
    drop(client);
    assert!(count(&directory, "PRAGMA freelist_count") > 0, "pages that were freed");
    assert_eq!(canaries.search(&directory).unwrap().found, []);
    let second_key = keys.load().unwrap().unwrap();
    assert_ne!(first_key, second_key);
    for entry in std::fs::read_dir(&directory).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        for key in [&first_key, &second_key] {
            assert!(!bytes.windows(8).any(|window| key.windows(8).any(|piece| piece == window)), "a key");
        }
    }
    rig.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_word_is_readable_while_or_after_a_file_of_an_older_schema_is_brought_up_to_date() {
    let rig = Rig::start().await.unwrap();
    // The texts of the kept files.
    let texts =
        ["夜中に38度の熱が出ました", "朝になりました", "水分をこまめにとってください。", "眠れない日が"];
    let canaries = canaries(&[&texts[..], &[EDITED], &WORDS].concat());
    for schema in 1..=3 {
        let name = format!("phone-{schema}");
        let directory = rig.phone_directory(&name);
        std::fs::create_dir(&directory).unwrap();
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../core/released/schema-{schema}.db"));
        std::fs::copy(kept, database(&directory)).unwrap();
        let watch = Watch::over(&directory).unwrap();
        let keys = RigKeys::default();
        keys.save(&[7; 32]).unwrap();
        let host = Host { keys: Arc::new(keys), ..rig.host() };
        let client = YorisoiClient::open(&rig.config(&name).unwrap(), host).unwrap();
        let export = exported(&client);
        assert!(texts.iter().all(|text| canaries.found_in(&export).contains(text)), "{schema}");
        let id = draft(&client, None, EDITED);
        client.mark_draft_ready(id, true).unwrap();
        for _ in 0..10 {
            draft(&client, None, EDITED);
        }
        assert_nothing_readable(&canaries, &watch, &directory, 3);
        drop(client);
        assert_eq!(canaries.search(&directory).unwrap().found, [], "schema {schema}");
    }
    rig.stop().await.unwrap();
}

/// What a sealed value has beside its padded text: number of the key, nonce, tag; of a rescue item: nonce and tag.
const SEALED: usize = 2 + 12 + 16;
const RESCUE: usize = 12 + 16;
/// How many drafts of different lengths there are.
const LENGTHS: usize = 100;

#[tokio::test(flavor = "multi_thread")]
async fn every_sealed_value_in_the_file_has_one_of_the_documented_sizes() {
    let rig = Rig::start().await.unwrap();
    let client = rig.enrolled("phone").await.unwrap();
    lived(&rig, &client).await;
    for length in 0..LENGTHS {
        draft(&client, None, &"x".repeat(length * 30));
    }
    drop(client);
    let sql = Connection::open(database(&rig.phone_directory("phone"))).unwrap();
    for (table, column, beside) in [
        ("operation", "sealed", SEALED),
        ("change", "sealed", SEALED),
        ("consultation", "sealed", SEALED),
        ("draft", "sealed", SEALED),
        ("receipts", "sealed", SEALED),
        ("record", "sealed", SEALED),
        ("operation", "rescue", RESCUE),
        ("draft", "rescue", RESCUE),
    ] {
        let query = format!("SELECT length({column}) FROM {table} WHERE {column} IS NOT NULL");
        let mut statement = sql.prepare(&query).unwrap();
        let sizes = statement.query_map([], |row| row.get::<_, i64>(0)).unwrap();
        let sizes: BTreeSet<usize> = sizes.map(|size| usize::try_from(size.unwrap()).unwrap()).collect();
        assert!(!sizes.is_empty(), "{table}.{column}");
        for size in &sizes {
            let padded = size - beside;
            // Four bytes of it are the length, so this is the longest value of that size.
            assert_eq!(padded_len(padded - 4), padded, "{table}.{column}: {size}");
            assert!(padded % 64 == 0, "{table}.{column}: {size}");
        }
        assert!(table != "draft" || column != "sealed" || sizes.len() * 2 < LENGTHS, "{sizes:?}");
    }
    rig.stop().await.unwrap();
}

/// What stands in the file unsealed, column by column. What each may tell is written in `docs/security.md`: whoever adds one
/// adds it there.
const READABLE: [(&str, &[&str]); 9] = [
    ("change", &["number", "id", "reading"]),
    ("consultation", &["rank", "id", "version"]),
    ("draft", &["rank", "id", "version"]),
    ("meta", &["name", "value"]),
    ("operation", &["seq", "id", "state", "version", "receipts"]),
    ("photo_piece", &["number", "id", "place", "whole"]),
    ("receipts", &["number"]),
    ("record", &["number", "id", "version"]),
    ("sync_progress", &["id", "epoch", "position", "digest", "reading"]),
];
/// What `meta` may hold: a random id, rings that are sealed, a counter, and an envelope that is sealed to the programme.
const META: [&str; 5] = ["database_id", "keys", "keys_next", "seals", "rescue"];

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_unsealed_in_the_file_is_what_is_documented_and_tells_no_time() {
    let rig = Rig::start().await.unwrap();
    let client = rig.enrolled("phone").await.unwrap();
    lived(&rig, &client).await;
    drop(client);
    let sql = Connection::open(database(&rig.phone_directory("phone"))).unwrap();
    let list = |query: &str| -> Vec<String> {
        let mut statement = sql.prepare(query).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let tables = list("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name");
    assert_eq!(tables, READABLE.map(|(table, _)| table));
    for (table, columns) in READABLE {
        let unsealed = format!(
            "SELECT name FROM pragma_table_info('{table}') WHERE name NOT IN ('sealed', 'rescue') ORDER BY cid"
        );
        assert_eq!(list(&unsealed), columns, "{table}");
        // No counter or number is a time: the test's own clock counts in thousands of millions.
        for column in columns {
            let query = format!(
                "SELECT count(*) FROM {table} WHERE typeof({column}) = 'integer' AND abs({column}) > 100000
                 AND '{column}' <> 'digest'"
            );
            let large: i64 = sql.query_row(&query, [], |row| row.get(0)).unwrap();
            assert_eq!(large, 0, "{table}.{column}");
        }
    }
    let names = list("SELECT name FROM meta ORDER BY name");
    assert!(names.iter().all(|name| META.contains(&name.as_str())), "{names:?}");
    let sizes = "SELECT max(length(value)) FROM meta WHERE name IN ('database_id', 'seals')";
    assert_eq!(sql.query_row(sizes, [], |row| row.get::<_, i64>(0)), Ok(16));
    // Ids are drawn, and not taken from a clock: a UUIDv7 begins with the hour. Those of consultations begin alike and are drawn
    // behind that, so that none tells which operation opened it; those of operations tell their numbers, which stand beside them.
    for (table, drawn_from) in [("change", 1), ("consultation", 12), ("draft", 1)] {
        let beginnings = list(&format!(
            "SELECT DISTINCT hex(substr(id, {drawn_from}, 3)) FROM {table} WHERE id <> x'04040404040404040404040404040404'"
        ));
        let rows =
            list(&format!("SELECT hex(id) FROM {table} WHERE id <> x'04040404040404040404040404040404'"));
        assert!(!rows.is_empty(), "{table}");
        assert_eq!(beginnings.len(), rows.len(), "{table}");
    }
    let beginnings = list("SELECT DISTINCT hex(substr(id, 1, 10)) FROM operation");
    assert_eq!(beginnings.len(), 1);
    let ends = list("SELECT hex(substr(id, 11)) FROM operation ORDER BY seq");
    let numbers: Vec<_> = (1..=ends.len()).map(|number| format!("{number:012X}")).collect();
    assert_eq!(ends, numbers);
    rig.stop().await.unwrap();
}
