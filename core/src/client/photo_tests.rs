//! Rules of photos in the database: sealed in pieces, whole or not there, and theirs whose draft or message they are.

use std::io::{Cursor, Read};

use yorisoi_protocol::ids::{MessageId, PhotoId};
use yorisoi_protocol::question::{Service, Subject};

use super::*;
use crate::photo::{PhotoKind, samples};
use crate::store::DATABASE_FILE;
use crate::testing::{FakeServer, Phone};
use crate::view::{FoundIn, PhotoSent, PhotoView};

const CANARY: &[u8] = b"canary-quartz-pixels";

/// A JPEG of several pieces, with a canary among its compressed pixels and one in its metadata.
fn large() -> Vec<u8> {
    let plain = samples::encoded(image::ImageFormat::Jpeg);
    let (head, end) = plain.split_at(plain.len() - 2);
    let mut filling: Vec<u8> = (0..200_000u32).map(|n| u8::try_from(n * 7 % 251).unwrap()).collect();
    filling.extend_from_slice(CANARY);
    samples::from_a_phone(&[head, &filling, end].concat(), 6, true)
}

fn draft(client: &YorisoiClient, text: &str) -> MessageId {
    let (service, subject, text) = (Service::Pediatrics, Subject::Parent, text.to_owned());
    client.save_draft(&NewDraft { id: None, service, subject, consultation: None, text }).unwrap()
}

fn read(client: &YorisoiClient, owner: MessageId, photo: PhotoId) -> Vec<u8> {
    let mut target = Vec::new();
    client.read_photo(owner, photo, &mut target).unwrap();
    target
}

fn rewritten(photo: &[u8]) -> Vec<u8> {
    let mut target = Vec::new();
    crate::photo::rewrite(&mut &photo[..], &mut target).unwrap();
    target
}

fn pieces(phone: &Phone) -> i64 {
    let sql = rusqlite::Connection::open(phone.path().join(DATABASE_FILE)).unwrap();
    sql.query_row("SELECT count(*) FROM photo_piece", [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn a_photo_comes_back_as_it_was_rewritten_and_goes_with_its_draft_into_the_message() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = phone.enrolled(&server).await;
    let (photo, id) = (large(), draft(&client, "発疹の写真です"));
    let view = client.add_photo(id, &mut Cursor::new(&photo)).unwrap();
    let expected = rewritten(&photo);
    assert_eq!((view.kind, view.bytes), (PhotoKind::Jpeg, expected.len() as u64));
    assert_eq!(pieces(&phone), 4);
    assert_eq!(read(&client, id, view.id), expected);
    // Saved again, opened again, sent: it stays where it belongs.
    drop(client);
    let client = phone.open(&server);
    assert_eq!(client.photos(id).unwrap(), [view]);
    let consultation = client.send_draft(id).unwrap();
    assert_eq!(client.photos(id).unwrap(), []);
    let message = client.messages(consultation, None, 1).unwrap().messages[0].id;
    // Nobody agreed to sending photos.
    assert_eq!(client.photos(message).unwrap(), [PhotoView { sent: PhotoSent::ConsentNeeded, ..view }]);
    assert_eq!(read(&client, message, view.id), expected);
    let FoundIn::Message { message: found, .. } = client.search("発疹").unwrap()[0].found_in else {
        panic!()
    };
    assert_eq!(found, message);
}

#[test]
fn no_byte_of_a_photo_stands_in_any_file_and_a_draft_thrown_away_takes_its_photos_along() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = phone.open(&server);
    let id = draft(&client, "x");
    let view = client.add_photo(id, &mut Cursor::new(large())).unwrap();
    assert!(read(&client, id, view.id).windows(CANARY.len()).any(|window| window == CANARY));
    let look = || {
        for entry in std::fs::read_dir(phone.path()).unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            for canary in [CANARY, samples::CANARY] {
                assert!(!bytes.windows(canary.len()).any(|window| window == canary));
            }
        }
    };
    look();
    client.discard_draft(id).unwrap();
    assert_eq!(pieces(&phone), 0);
    assert_eq!(client.photos(id).unwrap(), []);
    drop(client);
    look();
}

#[test]
fn a_photo_that_is_refused_leaves_nothing_behind() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = phone.open(&server);
    let id = draft(&client, "x");
    let refused = |photo: &mut dyn Read| client.add_photo(id, photo).unwrap_err().code();
    let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic";
    assert_eq!(refused(&mut &heic[..]), "photo_not_supported");
    let whole = large();
    assert_eq!(refused(&mut &whole[..150_000]), "photo_broken");
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("gone"))
        }
    }
    assert_eq!(refused(&mut Cursor::new(&whole[..100_000]).chain(Failing)), "photo_unreadable");
    assert_eq!(pieces(&phone), 0);
    assert_eq!(client.photos(id).unwrap(), []);
    let nobody = MessageId::from_bytes([9; 16]);
    assert_eq!(client.add_photo(nobody, &mut &whole[..]).unwrap_err().code(), "not_found");
}

#[test]
fn a_photo_is_written_into_a_new_file_only_and_whole_or_not_at_all() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = phone.open(&server);
    let (id, elsewhere) = (draft(&client, "x"), tempfile::tempdir().unwrap());
    let (from, to) = (elsewhere.path().join("a.heic"), elsewhere.path().join("b"));
    std::fs::write(&from, large()).unwrap();
    let view = client.add_photo_file(id, &from).unwrap();
    client.write_photo_file(id, view.id, &to).unwrap();
    assert!(std::fs::read(&to).unwrap() == rewritten(&large()), "by content, not by name");
    std::fs::write(&to, b"somebody's").unwrap();
    assert_eq!(client.write_photo_file(id, view.id, &to).unwrap_err().code(), "photo_target_failed");
    assert_eq!(std::fs::read(&to).unwrap(), b"somebody's");
    let none = elsewhere.path().join("c");
    let error = client.write_photo_file(id, PhotoId::from_bytes([0; 16]), &none).unwrap_err();
    assert_eq!((error.code(), none.exists()), ("not_found", false));
    assert_eq!(client.add_photo_file(id, &none).unwrap_err().code(), "photo_unreadable");
}

#[test]
fn a_message_has_four_photos_at_most_and_one_taken_away_makes_room() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = phone.open(&server);
    let id = draft(&client, "x");
    let photo = samples::screenshot(&samples::encoded(image::ImageFormat::Png), 1);
    let views: Vec<_> =
        (0..PHOTOS_MOST).map(|_| client.add_photo(id, &mut Cursor::new(&photo)).unwrap()).collect();
    assert_eq!(client.add_photo(id, &mut Cursor::new(&photo)).unwrap_err().code(), "photo_too_many");
    client.remove_photo(id, views[1].id).unwrap();
    assert_eq!(client.remove_photo(id, views[1].id).unwrap_err().code(), "not_found");
    let last = client.add_photo(id, &mut Cursor::new(&photo)).unwrap();
    let left: Vec<_> = client.photos(id).unwrap().into_iter().map(|view| view.id).collect();
    assert_eq!(left, [views[0].id, views[2].id, views[3].id, last.id]);
    assert_eq!(read(&client, id, last.id), rewritten(&photo));
}

#[test]
fn what_was_cut_short_is_swept_away_by_the_next_photo_and_whole_ones_stay() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = phone.open(&server);
    let id = draft(&client, "x");
    let kept = client.add_photo(id, &mut Cursor::new(large())).unwrap();
    // A process that ended while it took in a photo.
    let sql = rusqlite::Connection::open(phone.path().join(DATABASE_FILE)).unwrap();
    let cut = "INSERT INTO photo_piece (id, place, whole, sealed) VALUES (zeroblob(16), 0, 0, zeroblob(99))";
    sql.execute(cut, []).unwrap();
    drop(sql);
    assert_eq!(pieces(&phone), 5);
    let small = samples::encoded(image::ImageFormat::Png);
    client.add_photo(id, &mut Cursor::new(&small)).unwrap();
    assert_eq!(pieces(&phone), 5);
    assert_eq!(read(&client, id, kept.id), rewritten(&large()));
}

#[test]
fn a_piece_left_out_or_put_elsewhere_is_damage_and_not_another_picture() {
    for spoil in [
        "UPDATE photo_piece SET place = 10 - place WHERE place IN (1, 2)",
        "DELETE FROM photo_piece WHERE place = 3",
        "UPDATE photo_piece SET sealed = (SELECT sealed FROM photo_piece WHERE place = 0)",
    ] {
        let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
        let client = phone.open(&server);
        let id = draft(&client, "x");
        let view = client.add_photo(id, &mut Cursor::new(large())).unwrap();
        let sql = rusqlite::Connection::open(phone.path().join(DATABASE_FILE)).unwrap();
        sql.execute(spoil, []).unwrap();
        let error = client.read_photo(id, view.id, &mut Vec::new()).unwrap_err();
        assert_eq!(error.code(), "database_damaged", "{spoil}");
    }
}
