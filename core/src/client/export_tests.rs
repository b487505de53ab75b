//! Rules of an export: everything, readable by anybody's tools, nothing anybody wrote is markup, and whole or not there.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read, Write};
use std::path::PathBuf;

use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;
use yorisoi_protocol::CivilDate;
use yorisoi_protocol::consent::{ConsentState, Purpose};
use yorisoi_protocol::digest::sha256;
use yorisoi_protocol::eligibility::DateFact;
use yorisoi_protocol::ids::{ConsultationId, MemberId, MessageId, OperationId};
use yorisoi_protocol::question::{ClinicianRole, Service, Subject};
use yorisoi_protocol::wire::{ChangeBody, PublicKey, Receipt, RefusalCode};

use super::life_tests::{Life, STORY};
use super::*;
use crate::family::FamilyFact;
use crate::photo::samples;
use crate::store::DATABASE_FILE;
use crate::testing::{FakeServer, NIGHT, Phone};

const HOSTILE: &str = "<script>alert('&\"')</script>\r\n二行目\u{202e}逆\u{7}\u{0}</div>";
const DOCS: &str = include_str!("../../../docs/export.md");

fn born() -> Subject {
    Subject::Child { born: CivilDate::parse("2021-08-20") }
}

fn draft(client: &YorisoiClient, consultation: Option<ConsultationId>, text: &str) -> MessageId {
    let (service, subject, text) = (Service::Pediatrics, born(), text.to_owned());
    client.save_draft(&NewDraft { id: None, service, subject, consultation, text }).unwrap()
}

fn agree(client: &YorisoiClient, purpose: Purpose, state: ConsentState) {
    let text = ConsentText { id: "survey-ja-1".into(), language: "ja".into(), text: "…".into() };
    client.decide_consent(purpose, state, &text).unwrap();
}

fn jpeg() -> Vec<u8> {
    samples::from_a_phone(&samples::encoded(image::ImageFormat::Jpeg), 6, true)
}

fn png() -> Vec<u8> {
    samples::screenshot(&samples::encoded(image::ImageFormat::Png), 1)
}

/// A phone on which there is something of everything.
async fn lived_in() -> (Phone, Arc<FakeServer>, YorisoiClient) {
    lived_in_with(HOSTILE).await
}

/// The same after this question.
async fn lived_in_with(question: &str) -> (Phone, Arc<FakeServer>, YorisoiClient) {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = phone.enrolled(&server).await;
    let first = draft(&client, None, question);
    client.add_photo(first, &mut Cursor::new(jpeg())).unwrap();
    client.add_photo(first, &mut Cursor::new(png())).unwrap();
    let consultation = client.send_draft(first).unwrap();
    client.sync().await.unwrap();
    server.answer(1, consultation, "様子を見てください & <b>水分</b>を。");
    client.sync().await.unwrap();
    let held = client.ask(Service::Pediatrics, born(), "届いただけです").unwrap();
    client.sync().await.unwrap();
    let taken = ChangeBody::Taken { consultation: held, role: ClinicianRole::Midwife };
    server.tell(2, Timestamp::from_seconds(NIGHT + 30), taken);
    client.follow_up(consultation, "わかりました").unwrap();
    server.refuse_next(RefusalCode::ServiceNotOffered);
    client.sync().await.unwrap();
    client.ask(Service::Obstetrics, Subject::Parent, "まだ送っていません").unwrap();
    let kept = draft(&client, Some(consultation), "書きかけ 'です'");
    client.add_photo(kept, &mut Cursor::new(png())).unwrap();
    client.mark_draft_ready(kept, true).unwrap();
    agree(&client, Purpose::Survey, ConsentState::Grant);
    agree(&client, Purpose::Photo, ConsentState::Withdraw);
    for fact in [
        FamilyFact::Children(vec![DateFact::Known(CivilDate::parse("2021-08-20").unwrap())]),
        FamilyFact::Delivered(DateFact::Month { year: 2021, month: 8 }),
        FamilyFact::CaregiverSince(DateFact::Known(CivilDate::parse("2021-08-21").unwrap())),
        FamilyFact::MovedOut(CivilDate::parse("2021-11-12")),
    ] {
        client.tell_family_fact(fact).unwrap();
    }
    phone.set("2021-12-20 10:00:00");
    client.mark_survey_shown().unwrap();
    client.answer_survey(&[("q1".into(), Some(1)), ("q2".into(), None)].into()).unwrap();
    (phone, server, client)
}

fn json(client: &YorisoiClient) -> Value {
    serde_json::from_str(&client.exported().unwrap()).unwrap()
}

/// The files of an archive in their order, checked as they are read.
fn unpacked(archive: &[u8]) -> Vec<(String, Vec<u8>)> {
    let zip = rawzip::ZipArchive::from_slice(archive).unwrap();
    let mut files = Vec::new();
    for entry in zip.entries() {
        let entry = entry.unwrap();
        assert_eq!(entry.last_modified().year(), 1980, "no entry tells a time");
        let name = String::from_utf8(entry.file_path().as_bytes().to_vec()).unwrap();
        let packed = zip.get_entry(entry.wayfinder()).unwrap();
        let plain = flate2::read::DeflateDecoder::new(packed.data());
        let mut bytes = Vec::new();
        packed.verifying_reader(plain).read_to_end(&mut bytes).unwrap();
        files.push((name, bytes));
    }
    files
}

fn beside(path: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(path).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn place() -> (tempfile::TempDir, PathBuf) {
    let elsewhere = tempfile::tempdir().unwrap();
    let to = elsewhere.path().join("soudan.zip");
    (elsewhere, to)
}

#[tokio::test]
async fn an_archive_holds_the_page_the_text_and_the_photos_under_neutral_names_and_nothing_else() {
    let (phone, _server, client) = lived_in().await;
    let (elsewhere, to) = place();
    client.export(&to).unwrap();
    let archive = std::fs::read(&to).unwrap();
    let files = unpacked(&archive);
    let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["index.html", "yorisoi.json", "photos/1.jpg", "photos/2.png", "photos/3.png"]);
    assert_eq!(files[0].1, client.exported_page().into_bytes());
    let text: Value = serde_json::from_slice(&files[1].1).unwrap();
    let listed = text["consultations"][1]["messages"][0]["photos"].as_array().unwrap();
    let message: MessageId =
        serde_json::from_value(text["consultations"][1]["messages"][0]["id"].clone()).unwrap();
    for ((view, listed), (name, bytes)) in
        client.photos(message).unwrap().iter().zip(listed).zip(&files[2..4])
    {
        let mut kept = Vec::new();
        client.read_photo(message, view.id, &mut kept).unwrap();
        assert_eq!(bytes, &kept);
        assert_eq!((listed["file"].as_str(), listed["bytes"].as_u64()), (Some(&**name), Some(view.bytes)));
    }
    assert_eq!(text["drafts"][0]["photos"][0]["file"], "photos/3.png");
    // The same at the same time, and nothing in plain where it is sealed.
    client.export(&to).unwrap();
    assert!(std::fs::read(&to).unwrap() == archive, "the same bytes");
    assert_eq!(beside(elsewhere.path()), ["soudan.zip"]);
    for name in beside(phone.path()) {
        let sealed = std::fs::read(phone.path().join(name)).unwrap();
        assert!(!sealed.windows(9).any(|window| window == "二行目".as_bytes()));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&to).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn only_a_file_gives_way_to_an_archive() {
    let (_phone, _server, client) = lived_in().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let socket = elsewhere.path().join("socket");
    let _listening = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    for place in [socket.as_path(), elsewhere.path()] {
        assert_eq!(client.export(place).unwrap_err().code(), "setting_invalid", "{place:?}");
    }
    assert_eq!(beside(elsewhere.path()), ["socket"]);
    assert!(std::os::unix::net::UnixStream::connect(&socket).is_ok());
}

#[tokio::test]
async fn the_text_holds_all_that_stands_in_the_store_after_a_life() {
    let mut life = Life::new(false);
    life.live(&STORY).await;
    let client = life.client.clone().unwrap();
    let export = json(&client);
    let sql = rusqlite::Connection::open(life.phone.path().join(DATABASE_FILE)).unwrap();
    let rows = |table| {
        sql.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, isize>(0))
            .map(isize::unsigned_abs)
            .unwrap()
    };
    let counted = |list: &str| export[list].as_array().unwrap().len();
    assert_eq!(counted("operations"), rows("operation"));
    assert_eq!(counted("drafts"), rows("draft"));
    assert_eq!(counted("consultations"), rows("consultation"));
    let mut answers = 0;
    for shown in client.consultations(None, 500).unwrap().consultations {
        let exported = export["consultations"].as_array().unwrap().iter();
        let exported = exported.clone().find(|one| one["id"] == shown.id.to_string()).unwrap();
        let messages = client.messages(shown.id, None, 500).unwrap().messages;
        assert_eq!(exported["messages"].as_array().unwrap().len(), messages.len());
        for (message, exported) in messages.iter().zip(exported["messages"].as_array().unwrap()) {
            answers += usize::from(message.role.is_some());
            assert_eq!(exported["text"], message.text);
            assert_eq!(exported["at"], message.at.millis());
            assert_eq!(exported["step"], serde_json::to_value(message.step).unwrap());
            assert_eq!(exported["due"], serde_json::to_value(message.due).unwrap());
            assert_eq!(exported["held_since"], serde_json::to_value(message.held_since).unwrap());
            let refused = message.refusal.as_ref().map(|words| words.ja.as_str());
            assert_eq!(exported["refusal"]["words"]["ja"].as_str(), refused);
        }
    }
    assert!(answers >= 3 && export["operations"].to_string().contains("\"refusal\":{\"at\""));
    assert_eq!(export["consents"], serde_json::to_value(client.store.consents().unwrap()).unwrap());
    assert_eq!(export["settings"], serde_json::to_value(client.store.settings().unwrap()).unwrap());
    let answered = client.survey().unwrap().unwrap().answers.unwrap();
    assert_eq!(export["surveys"][0]["answers"], serde_json::to_value(answered).unwrap());
    assert_eq!(export["settings"]["family"]["children"][0], "2021-08-20");
}

/// What `docs/export.md` says of proving that an operation was handed in.
fn check_receipt(export: &Value, operation: &Value) {
    let text = operation["text"].as_str().unwrap();
    let key = export["enrollment"]["receipt_key"].as_str().unwrap().to_owned();
    let key = PublicKey::try_from(key).unwrap();
    let member: MemberId = serde_json::from_value(export["enrollment"]["member"].clone()).unwrap();
    let id: OperationId = serde_json::from_value(operation["id"].clone()).unwrap();
    let receipt: Receipt = serde_json::from_value(operation["receipt"].clone()).unwrap();
    let hash = sha256(text.as_bytes());
    assert_eq!(operation["sha256"], BASE64URL_NOPAD.encode(&hash));
    assert!(receipt.vouches(&key.0, member, id, &hash));
    let other = sha256(text.replace("pediatrics", "obstetrics").as_bytes());
    assert!(!receipt.vouches(&key.0, member, id, &other));
}

#[tokio::test]
async fn a_third_party_can_tell_from_the_text_alone_that_the_server_held_a_question() {
    let (_phone, _server, client) = lived_in().await;
    let export = json(&client);
    let question = &export["consultations"][1]["messages"][0];
    let number = question["operation"].as_u64().unwrap();
    let operation = export["operations"].as_array().unwrap().iter().find(|one| one["seq"] == number).unwrap();
    check_receipt(&export, operation);
    let handed_in: Value = serde_json::from_str(operation["text"].as_str().unwrap()).unwrap();
    assert_eq!(handed_in["body"]["ask"]["text"], question["text"]);
    // Neither the code of the card nor any other key.
    let (whole, code) = (export.to_string(), client.store.identity().unwrap().unwrap().seed);
    assert!(!whole.contains("115G") && !whole.contains(&BASE64URL_NOPAD.encode(code.bytes())));
}

#[tokio::test]
async fn nothing_that_anybody_wrote_is_markup() {
    let (_phone, _server, client) = lived_in().await;
    let page = client.exported_page();
    let text = "<div class=\"text\" dir=\"auto\">&lt;script&gt;alert(&#39;&amp;&quot;&#39;)&lt;/script&gt;\n\
                二行目\u{202e}逆\u{fffd}\u{fffd}&lt;/div&gt;</div>";
    assert!(page.contains(text), "{page}");
    assert!(page.contains("様子を見てください &amp; &lt;b&gt;水分&lt;/b&gt;を。"));
    for never in
        ["<script", "<b>", "http:", "https:", "src=\"/", "url(", "@import", "javascript", "\r", "\u{7}"]
    {
        assert!(!page.contains(never), "{never}");
    }
    for shown in [
        "サーバーに届きました",
        "回答があります",
        "送信できませんでした",
        "この事業では受け付けていない相談先です。",
        "このスマートフォンに保存しました",
        "2021年10月1日 3:12",
        "<img src=\"photos/1.jpg\" alt=\"写真 1\">",
        "書きかけ &#39;です&#39;",
        "相談2への追加",
        "送信できるようになると、送信されます。",
        "2021年8月20日生まれ",
        "同意の取り消し",
        "産後の安心",
        "2021年11月12日",
    ] {
        assert!(page.contains(shown), "{shown}");
    }
}

#[tokio::test]
async fn in_loss_mode_the_page_tells_no_age_and_the_text_holds_everything() {
    let (_phone, _server, client) = lived_in().await;
    let tells = |text: &str| {
        ["生まれ", "born", "2021年8月", "2021-08", "生年月日", "出産", "産後の安心", "アンケートの回答"]
            .into_iter()
            .filter(|words| text.contains(words))
            .count()
    };
    assert_eq!(tells(&client.exported_page()), 8);
    let before = json(&client);
    client.set_loss_mode(true).unwrap();
    let page = client.exported_page();
    // The name of the service holds the word for birth, and is not of this family.
    assert_eq!(tells(&page), 0, "{page}");
    assert!(page.contains("お子さんについて") && page.contains("2021年11月12日") && page.contains("二行目"));
    let mut after = json(&client);
    assert_eq!(after["settings"]["loss_mode"], true);
    after["settings"]["loss_mode"] = false.into();
    assert_eq!(after, before);
}

/// The names of the fields of a JSON value, each with those above it.
fn fields(value: &Value, above: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(list) => list.iter().for_each(|item| fields(item, &format!("{above}[]"), found)),
        Value::Object(object) => {
            for (name, value) in object {
                // What is named by surveys and their items, which are the programme's.
                let free = above.ends_with("answers") || above.ends_with("surveys_shown");
                let name = if free { "*" } else { name };
                let name = if above.is_empty() { name.to_owned() } else { format!("{above}.{name}") };
                fields(value, &name, found);
                found.insert(name);
            }
        }
        _ => {}
    }
}

#[tokio::test]
async fn the_documented_example_has_the_fields_an_export_has_and_each_is_explained() {
    let example = DOCS.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    let example: Value = serde_json::from_str(example).unwrap();
    let (_phone, _server, client) = lived_in().await;
    let (mut documented, mut written) = (BTreeSet::new(), BTreeSet::new());
    fields(&example, "", &mut documented);
    fields(&json(&client), "", &mut written);
    assert_eq!(documented, written);
    let rows = DOCS.lines().filter(|line| line.starts_with("| `"));
    let names = rows.flat_map(|row| row.split('|').nth(1).unwrap().split('`').skip(1).step_by(2));
    let explained: BTreeSet<_> = names.map(str::to_owned).collect();
    let missing: Vec<_> = written.iter().filter(|name| !explained.contains(*name)).collect();
    assert_eq!(missing, Vec::<&String>::new());
    check_receipt(&example, &example["operations"][0]);
}

#[tokio::test]
async fn a_long_thread_is_exported_from_its_first_message_to_its_last_once_each() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = phone.enrolled(&server).await;
    let asked = client.ask(Service::Pediatrics, born(), "0").unwrap();
    for count in [63, 1, 64, 1, 20] {
        for _ in 0..count {
            let next = client.messages(asked, None, 1).unwrap().total;
            client.follow_up(asked, &next.to_string()).unwrap();
        }
        let export = json(&client);
        let messages = export["consultations"][0]["messages"].as_array().unwrap();
        let texts: Vec<_> = messages.iter().map(|message| message["text"].as_str().unwrap()).collect();
        let expected: Vec<_> = (0..messages.len()).map(|number| number.to_string()).collect();
        assert_eq!(texts, expected);
        assert_eq!(export["operations"].as_array().unwrap().len(), texts.len() + 1, "and the consent");
    }
}

/// A disk with room for so many bytes.
struct Room {
    left: usize,
    largest: usize,
}

impl Write for Room {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.largest = self.largest.max(bytes.len());
        let taken = bytes.len().min(self.left);
        self.left -= taken;
        if taken == 0 && !bytes.is_empty() { Err(std::io::ErrorKind::StorageFull.into()) } else { Ok(taken) }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_full_disk_is_told_wherever_it_strikes_and_no_piece_is_larger_than_a_buffer() {
    let (_phone, _server, client) = lived_in().await;
    let large = draft(&client, None, "大きな写真");
    client.add_photo(large, &mut Cursor::new(image_of(600))).unwrap();
    let mut room = Room { left: usize::MAX, largest: 0 };
    client.export_into(&mut room).unwrap();
    let needed = usize::MAX - room.left;
    assert!(needed > 900_000 && room.largest <= 128 * 1024, "{needed} {}", room.largest);
    for left in (0..40_000).step_by(997).chain((40_000..needed).step_by(50_021)).chain([needed - 1]) {
        let error = client.export_into(&mut Room { left, largest: 0 }).unwrap_err();
        assert_eq!(error.code(), "storage_full", "room for {left} of {needed}");
    }
    client.export_into(&mut Room { left: needed, largest: 0 }).unwrap();
}

/// A picture that does not get smaller.
fn image_of(side: u32) -> Vec<u8> {
    let mut seed = 1u32;
    let picture = image::RgbImage::from_fn(side, side, |_, _| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        image::Rgb([(seed >> 8) as u8, (seed >> 16) as u8, (seed >> 24) as u8])
    });
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, image::ImageFormat::Png).unwrap();
    file.into_inner()
}

#[tokio::test]
async fn what_fails_half_way_leaves_nothing_behind_and_what_was_there_stays() {
    let (phone, _server, client) = lived_in().await;
    let (elsewhere, to) = place();
    client.export(&to).unwrap();
    let whole = std::fs::read(&to).unwrap();
    let sql = rusqlite::Connection::open(phone.path().join(DATABASE_FILE)).unwrap();
    sql.execute("UPDATE photo_piece SET sealed = zeroblob(99) WHERE rowid = 2", []).unwrap();
    assert_eq!(client.export(&to).unwrap_err().code(), "database_damaged");
    assert_eq!(beside(elsewhere.path()), ["soudan.zip"]);
    assert!(std::fs::read(&to).unwrap() == whole);
    // A line of the ledger, which only the text for machines reads as an operation.
    sql.execute("UPDATE operation SET sealed = zeroblob(99) WHERE seq = 1", []).unwrap();
    assert_eq!(client.exported().unwrap_err().code(), "database_damaged");
    assert_eq!(client.export(&to).unwrap_err().code(), "database_damaged");
    client.suspend();
    assert_eq!(client.export(&to).unwrap_err().code(), "suspended");
    assert_eq!(beside(elsewhere.path()), ["soudan.zip"]);
    assert!(std::fs::read(&to).unwrap() == whole);
}

#[tokio::test]
async fn what_a_killed_export_left_is_removed_and_a_link_there_is_not_followed() {
    let (_phone, _server, client) = lived_in().await;
    let (elsewhere, to) = place();
    let partial = elsewhere.path().join("soudan.zip.partial");
    std::fs::write(&partial, "half of a question").unwrap();
    client.export(&to).unwrap();
    assert_eq!(beside(elsewhere.path()), ["soudan.zip"]);
    #[cfg(unix)]
    {
        let other = elsewhere.path().join("somebody's");
        std::fs::write(&other, "x").unwrap();
        std::os::unix::fs::symlink(&other, &partial).unwrap();
        client.export(&to).unwrap();
        assert_eq!(std::fs::read(&other).unwrap(), b"x");
        assert_eq!(beside(elsewhere.path()), ["somebody's", "soudan.zip"]);
    }
}

#[tokio::test]
async fn a_place_that_cannot_be_is_told_to_the_host_and_the_librarys_own_directory_is_one() {
    let (phone, _server, client) = lived_in().await;
    let (elsewhere, _) = place();
    let before = beside(phone.path());
    let mut wrong = vec![phone.path().join("soudan.zip"), phone.path().join("../").join("none/soudan.zip")];
    wrong.extend([elsewhere.path().join("none/soudan.zip"), elsewhere.path().join(".."), PathBuf::new()]);
    let inside = elsewhere.path().join("inside");
    #[cfg(unix)]
    std::os::unix::fs::symlink(phone.path(), &inside).unwrap();
    wrong.push(inside.join("soudan.zip"));
    std::fs::create_dir_all(elsewhere.path().join("full.zip/x")).unwrap();
    wrong.push(elsewhere.path().join("full.zip"));
    for place in wrong {
        assert_eq!(client.export(&place).unwrap_err().code(), "setting_invalid", "{place:?}");
    }
    assert_eq!(beside(phone.path()), before);
    assert_eq!(beside(elsewhere.path()), ["full.zip", "inside"]);
}

#[tokio::test]
async fn nothing_closes_an_export() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let (_elsewhere, to) = place();
    // Before anything was done, and without a manifest.
    let client = phone.open_bare(&server);
    draft(&client, None, "まだ登録していません");
    client.export(&to).unwrap();
    let files: BTreeMap<_, _> = unpacked(&std::fs::read(&to).unwrap()).into_iter().collect();
    let text: Value = serde_json::from_slice(&files["yorisoi.json"]).unwrap();
    assert_eq!((&text["enrollment"], &text["programme"]), (&Value::Null, &Value::Null));
    assert_eq!(text["drafts"][0]["text"], "まだ登録していません");
    drop(client);
    // Years after the end, offline, with everything withdrawn.
    let client = phone.enrolled(&server).await;
    agree(&client, Purpose::Service, ConsentState::Withdraw);
    phone.set("2031-01-01 00:00:00");
    let requests = server.requests();
    client.export(&to).unwrap();
    assert_eq!(server.requests(), requests);
}
