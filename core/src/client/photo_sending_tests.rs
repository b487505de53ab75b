//! Rules of photos on their way: after every text and never before one, part by part, and a cut costs at most one part.

use yorisoi_protocol::consent::{ConsentState, Purpose};
use yorisoi_protocol::ids::{ConsultationId, MessageId, PhotoId};
use yorisoi_protocol::question::{Service, Subject};
use yorisoi_protocol::wire::{Operation, PHOTO_PART_BYTES, RefusalCode};

use super::*;
use crate::photo::samples;
use crate::testing::{FakeServer, Fault, Phone};
use crate::view::{MessageStep, PhotoSent, SyncEnd};

pub(super) const PART: u64 = PHOTO_PART_BYTES as u64;

/// A JPEG that is kept in so many pieces.
pub(super) fn photo(pieces: usize) -> Vec<u8> {
    let plain = samples::encoded(image::ImageFormat::Jpeg);
    let (head, end) = plain.split_at(plain.len() - 2);
    let filling = (pieces - 1) * PHOTO_PART_BYTES;
    let filling: Vec<u8> = (0..filling).map(|n| u8::try_from(n * 7 % 251).unwrap()).collect();
    [head, &filling, end].concat()
}

pub(super) fn agree(client: &YorisoiClient, state: ConsentState) {
    let text = ConsentText { id: "photo-ja-1".into(), language: "ja".into(), text: "…".into() };
    client.decide_consent(Purpose::Photo, state, &text).unwrap();
}

/// A phone whose person agreed to sending photos.
pub(super) async fn agreed(phone: &Phone, server: &Arc<FakeServer>) -> YorisoiClient {
    let client = phone.enrolled(server).await;
    agree(&client, ConsentState::Grant);
    client
}

pub(super) struct Asked {
    pub(super) consultation: ConsultationId,
    pub(super) message: MessageId,
    pub(super) photos: Vec<PhotoId>,
}

/// Queues a question with photos of so many pieces.
pub(super) fn ask(client: &YorisoiClient, pieces: &[usize]) -> Asked {
    let (service, subject, text) = (Service::Pediatrics, Subject::Parent, "湿疹の写真です".to_owned());
    let draft =
        client.save_draft(&NewDraft { id: None, service, subject, consultation: None, text }).unwrap();
    let add = |pieces: &usize| client.add_photo(draft, &mut &photo(*pieces)[..]).unwrap().id;
    let photos = pieces.iter().map(add).collect();
    let consultation = client.send_draft(draft).unwrap();
    let message = client.messages(consultation, None, 1).unwrap().messages[0].id;
    Asked { consultation, message, photos }
}

pub(super) fn sent(client: &YorisoiClient, asked: &Asked) -> Vec<PhotoSent> {
    client.photos(asked.message).unwrap().into_iter().map(|view| view.sent).collect()
}

pub(super) fn kept(client: &YorisoiClient, asked: &Asked, photo: PhotoId) -> Vec<u8> {
    let mut bytes = Vec::new();
    client.read_photo(asked.message, photo, &mut bytes).unwrap();
    bytes
}

/// The server has exactly what the phone keeps, and the phone says so.
pub(super) fn assert_whole(client: &YorisoiClient, server: &FakeServer, asked: &Asked) {
    for photo in &asked.photos {
        assert!(server.photo(*photo) == kept(client, asked, *photo));
    }
    assert_eq!(sent(client, asked), vec![PhotoSent::Whole; asked.photos.len()]);
}

/// Bytes that travelled.
pub(super) fn travelled(server: &FakeServer) -> u64 {
    server.parts().iter().map(|(_, _, bytes)| *bytes as u64).sum()
}

#[tokio::test]
async fn photos_follow_their_text_and_the_phone_says_how_far_they_have_come() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = agreed(&phone, &server).await;
    let asked = ask(&client, &[3, 1]);
    assert_eq!(sent(&client, &asked), [PhotoSent::Going { bytes: 0 }; 2]);
    assert_eq!(client.sync_state().unwrap().photos, 2);
    phone.notices.0.lock().unwrap().clear();
    let report = client.sync().await.unwrap();
    assert_eq!((report.ended, report.requests), (SyncEnd::CaughtUp, 1));
    assert_whole(&client, &server, &asked);
    let offsets: Vec<_> = server.parts().iter().map(|(photo, offset, _)| (*photo, *offset)).collect();
    let (first, second) = (asked.photos[0], asked.photos[1]);
    assert_eq!(offsets, [(first, 0), (first, PART), (first, 2 * PART), (second, 0)]);
    assert_eq!(client.sync_state().unwrap().photos, 0);
    let notices = std::mem::take(&mut *phone.notices.0.lock().unwrap());
    let told = notices.iter().filter(|notice| **notice == Notice::Consultation(asked.consultation));
    assert_eq!(told.count(), 3, "the text, then each photo");
    // Nothing is left to do.
    let requests = server.requests();
    client.sync().await.unwrap();
    assert_eq!(server.requests(), requests + 1);
    // The operation names what was kept, and went first.
    let operation = server.heard();
    assert!(operation.contains("\"photos\":[{\"id\":"));
    assert_eq!(
        client.messages(asked.consultation, None, 1).unwrap().messages[0].step,
        Some(MessageStep::HeldByServer)
    );
}

#[tokio::test]
async fn a_reply_lost_at_each_part_costs_that_part_at_most_and_the_photo_comes_whole() {
    let faults = [
        Fault::ReplyLost,
        Fault::CutAt(20),
        Fault::Down,
        Fault::AnotherRequest,
        Fault::Stranger,
        Fault::Page(200, "text/html", "<html>Wi-Fi</html>".into()),
        Fault::Page(503, "application/json", r#"{"error":{"code":"unavailable"}}"#.into()),
    ];
    for fault in faults {
        let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
        let mut client = agreed(&phone, &server).await;
        let asked = ask(&client, &[5]);
        let bytes = kept(&client, &asked, asked.photos[0]).len() as u64;
        let mut cuts = 0;
        while sent(&client, &asked) != [PhotoSent::Whole] {
            // The texts, then as many whole parts as there were cuts, then one that is cut.
            for _ in 0..=usize::from(cuts > 0) {
                server.fail_next(Fault::None);
            }
            server.fail_next(fault.clone());
            let report = client.sync().await.unwrap();
            assert_eq!(
                report.ended,
                SyncEnd::CaughtUp,
                "{fault:?}: trouble with a photo is none of the sync"
            );
            cuts += 1;
            assert!(cuts < 20, "{fault:?}");
            // Each time in another process.
            drop(client);
            client = phone.open(&server);
        }
        assert_whole(&client, &server, &asked);
        let again = travelled(&server).saturating_sub(bytes);
        assert!(again <= cuts * PART, "{fault:?}: {again} bytes again for {cuts} cuts");
        assert_eq!(client.sync_state().unwrap().last_attempt.unwrap().failures, 0);
    }
}

#[tokio::test]
async fn a_server_that_holds_more_or_less_than_was_thought_is_believed_and_one_that_cannot_be_is_not() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = agreed(&phone, &server).await;
    let asked = ask(&client, &[4]);
    let bytes = kept(&client, &asked, asked.photos[0]).len() as u64;
    // A part in the middle of a piece, one at the beginning, one beyond the end.
    for wrong in [100, PART + 7, 0, bytes + 1] {
        server.fail_next(Fault::None);
        server.fail_next(Fault::Held(wrong));
        client.sync().await.unwrap();
    }
    client.sync().await.unwrap();
    assert_whole(&client, &server, &asked);
    // One that says the same whatever it is sent is not followed for ever, and holds up no other.
    let stuck = ask(&client, &[3]);
    let fine = ask(&client, &[1]);
    server.fail_next(Fault::None);
    for _ in 0..3 {
        server.fail_next(Fault::Held(0));
    }
    client.sync().await.unwrap();
    assert_eq!(sent(&client, &stuck), [PhotoSent::Going { bytes: 0 }]);
    assert_whole(&client, &server, &fine);
    client.sync().await.unwrap();
    assert_whole(&client, &server, &stuck);
}

#[tokio::test]
async fn what_the_server_refuses_for_good_is_shown_and_holds_up_no_other() {
    for code in ["unknown_photo", "photo_too_long", "too_large", "invalid_value"] {
        let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
        let client = agreed(&phone, &server).await;
        let (poison, fine) = (ask(&client, &[2]), ask(&client, &[1]));
        server.fail_next(Fault::None);
        server.fail_next(Fault::Page(422, "application/json", format!(r#"{{"error":{{"code":"{code}"}}}}"#)));
        assert_eq!(client.sync().await.unwrap().ended, SyncEnd::CaughtUp);
        let [refused] = sent(&client, &poison)[..] else { panic!() };
        assert_eq!(refused, PhotoSent::Refused, "{code}");
        assert!(refused.words().ja.contains("送信できませんでした"));
        assert_whole(&client, &server, &fine);
        let requests = server.requests();
        client.sync().await.unwrap();
        assert_eq!(server.requests(), requests + 1, "{code}: for good");
        assert!(!kept(&client, &poison, poison.photos[0]).is_empty(), "and it stays here");
        assert_eq!(client.sync_state().unwrap().photos, 0);
    }
}

#[tokio::test]
async fn a_photo_that_cannot_be_read_any_more_is_shown_and_neither_text_nor_other_photos_wait_for_it() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = agreed(&phone, &server).await;
    let (spoilt, fine) = (ask(&client, &[3]), ask(&client, &[1]));
    let sql = rusqlite::Connection::open(phone.path().join(crate::store::DATABASE_FILE)).unwrap();
    sql.execute("DELETE FROM photo_piece WHERE place = 1", []).unwrap();
    drop(sql);
    assert_eq!(client.sync().await.unwrap().held, 4);
    assert_eq!(sent(&client, &spoilt), [PhotoSent::Refused]);
    assert_whole(&client, &server, &fine);
}

#[tokio::test]
async fn a_photo_that_arrives_as_another_begins_anew_once() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = agreed(&phone, &server).await;
    let (once, twice) = (ask(&client, &[2]), ask(&client, &[2]));
    for fault in [Fault::None, Fault::Spoilt, Fault::None, Fault::None, Fault::None] {
        server.fail_next(fault);
    }
    for fault in [Fault::Spoilt, Fault::None, Fault::Spoilt] {
        server.fail_next(fault);
    }
    client.sync().await.unwrap();
    assert_whole(&client, &server, &once);
    assert_eq!(sent(&client, &twice), [PhotoSent::Refused]);
}

#[tokio::test]
async fn photo_after_photo_in_trouble_comes_after_the_others_and_a_dead_network_is_left_alone() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = agreed(&phone, &server).await;
    let all: Vec<_> = (0..4).map(|_| ask(&client, &[1])).collect();
    // Something on the way dislikes the first two, sync after sync.
    let page = Fault::Page(403, "text/html", "<html>blocked</html>".into());
    for _ in 0..3 {
        for fault in [Fault::None, page.clone(), page.clone()] {
            server.fail_next(fault);
        }
        client.sync().await.unwrap();
        assert!(server.parts().is_empty());
    }
    for fault in [Fault::None, Fault::None, Fault::None, page.clone(), page] {
        server.fail_next(fault);
    }
    client.sync().await.unwrap();
    assert_whole(&client, &server, &all[2]);
    assert_whole(&client, &server, &all[3]);
    client.sync().await.unwrap();
    all.iter().for_each(|asked| assert_whole(&client, &server, asked));
    // Nobody there: one attempt, not one for each photo.
    for _ in 0..3 {
        ask(&client, &[1]);
    }
    let requests = server.requests();
    for fault in [Fault::None, Fault::Down] {
        server.fail_next(fault);
    }
    client.sync().await.unwrap();
    assert_eq!(server.requests(), requests + 2);
}

#[tokio::test]
async fn the_servers_wish_for_patience_with_photos_is_kept_over_a_restart_and_texts_go_on() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = agreed(&phone, &server).await;
    let asked = ask(&client, &[2]);
    server.fail_next(Fault::None);
    server.fail_next(Fault::Patience(600));
    let report = client.sync().await.unwrap();
    assert_eq!((report.ended, client.sync_state().unwrap().pause), (SyncEnd::CaughtUp, None));
    drop(client);
    let client = phone.open(&server);
    phone.clock.pass(599);
    client.ask(Service::Pediatrics, Subject::Parent, "本文だけの質問").unwrap();
    assert_eq!(client.sync().await.unwrap().held, 1, "texts do not wait");
    assert!(server.parts().is_empty());
    phone.clock.pass(1);
    client.sync().await.unwrap();
    assert_whole(&client, &server, &asked);
}

#[tokio::test]
async fn no_photo_goes_where_only_texts_may_nor_before_a_text_nor_without_consent() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = phone.enrolled(&server).await;
    let asked = ask(&client, &[2]);
    client.sync().await.unwrap();
    assert_eq!(sent(&client, &asked), [PhotoSent::ConsentNeeded], "silence is a no");
    agree(&client, ConsentState::Grant);
    for budget in [
        SyncBudget { seconds: 20, metered: true, low_power: false },
        SyncBudget { seconds: 20, metered: false, low_power: true },
    ] {
        assert_eq!(client.sync_within(budget).await.unwrap().ended, SyncEnd::CaughtUp);
    }
    // A sync that does not catch up.
    for fault in [Fault::DigestOff, Fault::DigestOff, Fault::DigestOff] {
        server.fail_next(fault);
    }
    client.sync().await.unwrap_err();
    server.fail_next(Fault::Patience(1));
    assert_eq!(client.sync().await.unwrap().ended, SyncEnd::AskedToWait);
    phone.clock.pass(2);
    assert_eq!((server.parts(), sent(&client, &asked)), (vec![], vec![PhotoSent::Going { bytes: 0 }]));
    // Taken back before anything went.
    agree(&client, ConsentState::Withdraw);
    client.sync().await.unwrap();
    assert!(server.parts().is_empty());
    agree(&client, ConsentState::Grant);
    client.sync().await.unwrap();
    assert_whole(&client, &server, &asked);
}

#[tokio::test]
async fn a_message_that_was_refused_sends_no_photo_and_neither_does_a_draft() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = agreed(&phone, &server).await;
    client.sync().await.unwrap();
    let asked = ask(&client, &[1]);
    let (service, subject, text) = (Service::Pediatrics, Subject::Parent, "下書き".to_owned());
    let draft = NewDraft { id: None, service, subject, consultation: None, text };
    let draft = client.save_draft(&draft).unwrap();
    client.add_photo(draft, &mut &photo(1)[..]).unwrap();
    server.refuse_next(RefusalCode::Ended);
    client.sync().await.unwrap();
    assert_eq!(sent(&client, &asked), [PhotoSent::OnlyHere]);
    assert_eq!(client.photos(draft).unwrap()[0].sent, PhotoSent::OnlyHere);
    client.sync().await.unwrap();
    assert_eq!((server.parts(), client.sync_state().unwrap().photos), (vec![], 0));
}

#[tokio::test]
async fn a_restored_server_is_asked_for_each_photo_and_given_what_it_lost() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = agreed(&phone, &server).await;
    let (kept_there, lost, half) = (ask(&client, &[2]), ask(&client, &[2]), ask(&client, &[4]));
    client.sync().await.unwrap();
    server.lose_photo(lost.photos[0], 0);
    server.lose_photo(half.photos[0], PHOTO_PART_BYTES);
    let (operations, changes) = server.decided();
    server.restore(operations.len(), changes);
    let before = server.parts().len();
    client.sync().await.unwrap();
    for asked in [&kept_there, &lost, &half] {
        assert_whole(&client, &server, asked);
    }
    let parts: Vec<_> =
        server.parts()[before..].iter().map(|(_, offset, bytes)| (*offset, *bytes > 0)).collect();
    let asks = (0, false);
    let expected =
        [asks, asks, (0, true), (PART, true), asks, (PART, true), (2 * PART, true), (3 * PART, true)];
    assert_eq!(parts, expected, "each is asked for, and only what is missing goes");
    // One that lost the operations as well.
    server.restore(1, 0);
    [&kept_there, &lost, &half].iter().for_each(|asked| server.lose_photo(asked.photos[0], 0));
    client.sync().await.unwrap();
    for asked in [&kept_there, &lost, &half] {
        assert_whole(&client, &server, asked);
    }
}

#[tokio::test]
async fn a_photo_that_an_older_library_took_in_is_named_all_the_same() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = agreed(&phone, &server).await;
    let (service, subject, text) = (Service::Pediatrics, Subject::Parent, "写真".to_owned());
    let draft =
        client.save_draft(&NewDraft { id: None, service, subject, consultation: None, text }).unwrap();
    let id = client.add_photo(draft, &mut &photo(2)[..]).unwrap().id;
    client.store.forget_photo_hashes(draft).unwrap();
    let consultation = client.send_draft(draft).unwrap();
    let message = client.messages(consultation, None, 1).unwrap().messages[0].id;
    let asked = Asked { consultation, message, photos: vec![id] };
    client.sync().await.unwrap();
    assert_whole(&client, &server, &asked);
}

#[tokio::test]
async fn a_message_names_its_photos_with_size_and_hash_in_the_order_in_which_they_were_added() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = agreed(&phone, &server).await;
    let asked = ask(&client, &[1, 2]);
    let text = client.store.collect(0, 9, 99_999).unwrap().operations.pop().unwrap().text;
    let body = text.read::<Operation>().unwrap().body;
    for (named, photo) in body.photos().iter().zip(&asked.photos) {
        let bytes = kept(&client, &asked, *photo);
        assert_eq!((named.id, named.bytes), (*photo, bytes.len() as u64));
        assert_eq!(named.sha256.0, yorisoi_protocol::digest::sha256(&bytes));
    }
    assert_eq!(body.photos().len(), 2);
}
