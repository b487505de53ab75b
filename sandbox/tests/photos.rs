//! Photos from a phone to a clinician's desk over real sockets, with a network that fails in every part.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod png;

use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use png::chunk;
use yorisoi_core::YorisoiClient;
use yorisoi_core::client::{ConsentText, NewDraft};
use yorisoi_core::view::{MessageStep, PhotoSent, SyncEnd};
use yorisoi_protocol::consent::{ConsentState, Purpose};
use yorisoi_protocol::ids::{ChangeId, ConsultationId, MessageId, PhotoId};
use yorisoi_protocol::question::{ClinicianRole, Service, Subject};
use yorisoi_protocol::wire::PHOTO_PART_BYTES;
use yorisoi_sandbox::Mishap;
use yorisoi_sandbox::rig::Rig;
use yorisoi_server::desk_api::{
    AnswerRequest, ConsultationView, LogIn, SESSIONS_PATH, Session, answers_path, consultation_path,
    photo_path, take_path,
};

const PART: u64 = PHOTO_PART_BYTES as u64;

/// A PNG of about this many bytes. Nothing looks at the pixels.
fn png(bytes: usize) -> Vec<u8> {
    let size = [0, 0, 16, 0, 0, 0, 16, 0, 8, 2, 0, 0, 0];
    let pixels: Vec<u8> = (0..bytes).map(|n| u8::try_from(n * 31 % 253).unwrap()).collect();
    let chunks = [chunk(b"IHDR", &size), chunk(b"IDAT", &pixels), chunk(b"IEND", &[])];
    [&b"\x89PNG\r\n\x1a\n"[..], &chunks.concat()].concat()
}

/// A phone whose person agreed to sending photos.
async fn agreed(rig: &Rig) -> YorisoiClient {
    agree(rig.enrolled("phone").await.unwrap())
}

fn agree(phone: YorisoiClient) -> YorisoiClient {
    let text = ConsentText { id: "photo-ja-1".into(), language: "ja".into(), text: "…".into() };
    phone.decide_consent(Purpose::Photo, ConsentState::Grant, &text).unwrap();
    phone
}

struct Asked {
    consultation: ConsultationId,
    message: MessageId,
    photos: Vec<PhotoId>,
}

fn ask(phone: &YorisoiClient, sizes: &[usize]) -> Asked {
    let (service, subject, text) = (Service::Pediatrics, Subject::Parent, "湿疹の写真です".to_owned());
    let draft = phone.save_draft(&NewDraft { id: None, service, subject, consultation: None, text }).unwrap();
    let add = |size: &usize| phone.add_photo(draft, &mut &png(*size)[..]).unwrap().id;
    let photos = sizes.iter().map(add).collect();
    let consultation = phone.send_draft(draft).unwrap();
    let message = phone.messages(consultation, None, 1).unwrap().messages[0].id;
    Asked { consultation, message, photos }
}

fn kept(phone: &YorisoiClient, asked: &Asked) -> Vec<Vec<u8>> {
    let read = |photo: &PhotoId| {
        let mut bytes = Vec::new();
        phone.read_photo(asked.message, *photo, &mut bytes).unwrap();
        bytes
    };
    asked.photos.iter().map(read).collect()
}

fn all_whole(phone: &YorisoiClient, asked: &Asked) -> bool {
    phone.photos(asked.message).unwrap().iter().all(|photo| photo.sent == PhotoSent::Whole)
}

/// How many parts all of them have.
fn parts_of(photos: &[Vec<u8>]) -> u64 {
    photos.iter().map(|photo| (photo.len() as u64).div_ceil(PART)).sum()
}

/// A clinician's browser: the server itself, not the phones' network.
struct Desk<'a> {
    rig: &'a Rig,
    bearer: String,
}

impl<'a> Desk<'a> {
    fn log_in(rig: &'a Rig) -> Self {
        let password = rig.service.add_clinician("doctor", ClinicianRole::Pediatrician, 1).unwrap();
        let mut desk = Self { rig, bearer: String::new() };
        let log_in = serde_json::to_vec(&LogIn { login: "doctor".into(), password }).unwrap();
        let session: Session = serde_json::from_slice(&desk.send("POST", SESSIONS_PATH, &log_in).1).unwrap();
        desk.bearer = format!("authorization: Bearer {}\r\n", session.token);
        desk
    }

    /// The status and the body.
    fn send(&self, method: &str, path: &str, body: &[u8]) -> (u16, Vec<u8>) {
        let mut stream = TcpStream::connect(self.rig.server_address()).unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: desk\r\nconnection: close\r\n{}content-length: {}\r\n\r\n",
            self.bearer,
            body.len()
        );
        stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply).unwrap();
        let end = reply.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        let body = reply.split_off(end);
        (String::from_utf8(reply).unwrap().split(' ').nth(1).unwrap().parse().unwrap(), body)
    }

    fn take(&self, consultation: ConsultationId) -> ConsultationView {
        assert_eq!(self.send("POST", &take_path(consultation), b"").0, 200);
        serde_json::from_slice(&self.send("GET", &consultation_path(consultation), b"").1).unwrap()
    }

    fn photo(&self, asked: &Asked, photo: PhotoId) -> Vec<u8> {
        let (status, bytes) = self.send("GET", &photo_path(asked.consultation, photo), b"");
        assert_eq!(status, 200);
        bytes
    }
}

/// Requests for parts of photos.
const PARTS: &str = "POST /v1/photos/";

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_cut_in_every_part_costs_one_part_each_and_the_desk_gets_exactly_the_photos() {
    let rig = Rig::start().await.unwrap();
    let phone = agreed(&rig).await;
    let asked = ask(&phone, &[300_000, 70_000]);
    let photos = kept(&phone, &asked);
    let bytes: u64 = photos.iter().map(|photo| photo.len() as u64).sum();
    let desk = Desk::log_in(&rig);
    // The text first, on a way for texts alone.
    let texts = yorisoi_core::sync::SyncBudget { seconds: 60, metered: true, low_power: false };
    assert_eq!(phone.sync_within(texts).await.unwrap().ended, SyncEnd::CaughtUp);
    assert_eq!(rig.proxy.body_bytes_to(PARTS), 0);
    let view = desk.take(asked.consultation);
    assert_eq!(view.messages[0].text, "湿疹の写真です");
    assert!(view.messages[0].photos.iter().all(|photo| !photo.there && photo.held == 0));
    assert_eq!(desk.send("GET", &photo_path(asked.consultation, asked.photos[0]), b"").0, 404);
    // Then the photos. The first time that a part is sent the connection ends: before the server has any of it, in its middle,
    // or in the middle of the reply.
    let (mut seen, cuts) = (HashSet::new(), Arc::new(AtomicU64::new(0)));
    let counted = Arc::clone(&cuts);
    rig.proxy.fail(move |target| {
        if !target.starts_with(PARTS) || !seen.insert(target.to_owned()) {
            return Mishap::None;
        }
        match counted.fetch_add(1, Ordering::Relaxed) % 4 {
            0 => Mishap::CutRequest(0),
            1 => Mishap::CutRequest(4_000),
            2 => Mishap::CutReply(0),
            _ => Mishap::CutReply(150),
        }
    });
    let mut syncs = 0;
    while !all_whole(&phone, &asked) {
        let report = phone.sync().await.unwrap();
        assert_eq!(report.ended, SyncEnd::CaughtUp, "trouble with a photo is none of the texts");
        syncs += 1;
        assert!(syncs < 30);
    }
    let (cuts, travelled) = (cuts.load(Ordering::Relaxed), rig.proxy.body_bytes_to(PARTS));
    assert_eq!(cuts, parts_of(&photos), "one in every part");
    println!("{travelled} bytes travelled for {bytes}, {cuts} cuts, {syncs} syncs");
    assert!(travelled <= bytes + cuts * PART, "{travelled} bytes for {bytes}, {cuts} cuts");
    let view = desk.take(asked.consultation);
    assert!(view.messages[0].photos.iter().all(|photo| photo.there));
    for (photo, bytes) in asked.photos.iter().zip(&photos) {
        assert!(desk.photo(&asked, *photo) == *bytes, "exactly the bytes that the phone holds");
    }
    rig.stop().await.unwrap();
}

/// Waits until the first part of a photo has come to the proxy.
async fn a_part_is_sent(rig: &Rig) {
    loop {
        let requests = rig.proxy.traffic().requests;
        if rig.proxy.body_bytes_to(PARTS) > 0 {
            return;
        }
        rig.proxy.wait_for(|traffic| traffic.requests > requests).await;
    }
}

/// Holds the first part of a photo back.
fn hold_first_part(rig: &Rig) {
    let mut held = false;
    rig.proxy.fail(move |target| {
        let first = target.starts_with(PARTS) && !std::mem::replace(&mut held, true);
        if first { Mishap::Held } else { Mishap::None }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_is_asked_for_while_a_photo_hangs_does_not_wait_for_it() {
    let rig = Rig::start().await.unwrap();
    let phone = agreed(&rig).await;
    let asked = ask(&phone, &[200_000]);
    hold_first_part(&rig);
    let (photos, ()) = tokio::join!(phone.sync(), async {
        a_part_is_sent(&rig).await;
        let later = phone.ask(Service::Obstetrics, Subject::Parent, "眠れません").unwrap();
        let report = phone.sync().await.unwrap();
        assert_eq!((report.held, report.ended), (1, SyncEnd::CaughtUp));
        let step = phone.messages(later, None, 1).unwrap().messages[0].step;
        assert_eq!(step, Some(MessageStep::HeldByServer));
        assert!(!all_whole(&phone, &asked));
        rig.proxy.let_go();
    });
    assert_eq!(photos.unwrap().ended, SyncEnd::CaughtUp);
    assert!(all_whole(&phone, &asked));
    rig.stop().await.unwrap();
}

/// Wakes whoever waits for something to change on the phone.
#[derive(Default)]
struct Heard(tokio::sync::Notify);

impl yorisoi_core::host::Notices for Heard {
    fn changed(&self, _: &[yorisoi_core::host::Notice]) {
        self.0.notify_one();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_arrives_live_while_a_photo_hangs_and_the_photo_goes_on_afterwards() {
    let rig = Rig::start().await.unwrap();
    let heard = Arc::new(Heard::default());
    let host = yorisoi_core::Host { notices: heard.clone(), ..rig.host() };
    let phone = YorisoiClient::open(&rig.config("phone").unwrap(), host).unwrap();
    let phone = agree(rig.enroll(phone).await.unwrap());
    let asked = ask(&phone, &[200_000]);
    let desk = Desk::log_in(&rig);
    hold_first_part(&rig);
    let person = async {
        a_part_is_sent(&rig).await;
        desk.take(asked.consultation);
        let answer = AnswerRequest { id: ChangeId::from_bytes([1; 16]), text: "水分を".to_owned() };
        let answer = serde_json::to_vec(&answer).unwrap();
        assert_eq!(desk.send("POST", &answers_path(asked.consultation), &answer).0, 200);
        while phone.unread_count().unwrap() == 0 {
            heard.0.notified().await;
        }
        assert!(!all_whole(&phone, &asked));
        rig.proxy.let_go();
        while !all_whole(&phone, &asked) {
            heard.0.notified().await;
        }
    };
    tokio::select! {
        ended = phone.live() => panic!("{ended:?}"),
        () = person => {}
    }
    assert!(desk.photo(&asked, asked.photos[0]) == kept(&phone, &asked)[0]);
    drop(phone);
    rig.stop().await.unwrap();
}
