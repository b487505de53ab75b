//! Rules of photos: named by an operation, taken in part by part, shown whole and to nobody but who has the consultation.

use yorisoi_protocol::digest::sha256;
use yorisoi_protocol::ids::{ConsultationId, ErasureId, PhotoId};
use yorisoi_protocol::question::{ClinicianRole, Service, Subject};
use yorisoi_protocol::wire::{
    ApiErrorCode, ERASURES_PATH, EntryText, ErasureRequest, Operation, OperationBody, OutcomeResult,
    PHOTO_BYTES_MOST, PHOTO_PART_BYTES, Photo, PhotoHash, PhotoKind, PhotoReply, RefusalCode,
    photo_part_path,
};
use yorisoi_server::desk_api::{ConsultationView, PhotoView, consultation_path, photo_path, take_path};

use crate::client::Reply;
use crate::device::{Device, consultation_of};
use crate::secrecy::{contains, files};
use crate::world::{Clinician, World};

/// Bytes that are a picture to nobody here: the server looks at none.
fn picture(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|n| u8::try_from(n * 7 % 251).unwrap()).collect()
}

fn named(id: u8, bytes: &[u8]) -> Photo {
    let (id, sha256) = (PhotoId::from_bytes([id; 16]), PhotoHash(sha256(bytes)));
    Photo { id, kind: PhotoKind::Jpeg, bytes: bytes.len() as u64, sha256 }
}

/// A question with these photos, not sent yet.
fn question(device: &mut Device<'_>, photos: &[Photo]) -> EntryText {
    let consultation = ConsultationId::from_bytes(device.draw());
    device.operation(OperationBody::Ask {
        consultation,
        service: Service::Pediatrics,
        subject: Subject::Parent,
        text: "湿疹の写真です".to_owned(),
        begun: device.world.now(),
        photos: photos.to_vec(),
    })
}

/// A question that the server holds.
fn asked(device: &mut Device<'_>, photos: &[Photo]) -> ConsultationId {
    let operation = question(device, photos);
    let reply = device.sync(std::slice::from_ref(&operation));
    assert!(matches!(reply.outcomes[0].result, OutcomeResult::Applied(_)));
    consultation_of(&operation)
}

fn post(device: &mut Device<'_>, photo: PhotoId, offset: u64, part: &[u8]) -> Reply {
    device.post(&photo_part_path(photo, offset), part, &[])
}

/// Sends a part; how far the server has come.
fn held(device: &mut Device<'_>, photo: PhotoId, offset: u64, part: &[u8]) -> u64 {
    let reply: PhotoReply = post(device, photo, offset, part).json();
    assert_eq!(reply.photo, photo);
    reply.held
}

fn refused(device: &mut Device<'_>, photo: PhotoId, offset: u64, part: &[u8]) -> ApiErrorCode {
    post(device, photo, offset, part).refusal().code
}

/// Sends all that is missing.
fn send_all(device: &mut Device<'_>, photo: PhotoId, bytes: &[u8]) {
    let mut at = held(device, photo, 0, b"");
    while at < bytes.len() as u64 {
        let from = usize::try_from(at).unwrap();
        let part = &bytes[from..bytes.len().min(from + PHOTO_PART_BYTES)];
        at = held(device, photo, at, part);
        assert_eq!(at, (from + part.len()) as u64);
    }
}

fn doctor_of(world: &World, consultation: ConsultationId) -> Clinician<'_> {
    let doctor = world.clinician("doctor", ClinicianRole::Pediatrician);
    assert_eq!(doctor.post(&take_path(consultation), &()).status, 200);
    doctor
}

fn shown(doctor: &Clinician<'_>, consultation: ConsultationId) -> Vec<PhotoView> {
    let view: ConsultationView = doctor.get(&consultation_path(consultation)).json();
    view.messages[0].photos.clone()
}

#[test]
fn a_photo_comes_after_its_text_and_the_desk_gets_exactly_its_bytes() {
    let world = World::new();
    let mut device = Device::enrolled(&world, 1);
    let bytes = picture(PHOTO_PART_BYTES * 2 + 100);
    let (photo, png) = (named(1, &bytes), Photo { kind: PhotoKind::Png, ..named(2, b"x") });
    let consultation = asked(&mut device, &[photo, png]);
    let doctor = doctor_of(&world, consultation);
    let view = |held| PhotoView {
        id: photo.id,
        kind: PhotoKind::Jpeg,
        bytes: photo.bytes,
        held,
        there: held == photo.bytes,
    };
    assert_eq!(shown(&doctor, consultation)[0], view(0), "the text does not wait for it");
    let path = photo_path(consultation, photo.id);
    let part = PHOTO_PART_BYTES as u64;
    assert_eq!(held(&mut device, photo.id, 0, &bytes[..PHOTO_PART_BYTES]), part);
    assert_eq!(shown(&doctor, consultation)[0], view(part));
    assert_eq!(doctor.get(&path).refusal().code, ApiErrorCode::NotFound, "not there in full");
    send_all(&mut device, photo.id, &bytes);
    send_all(&mut device, png.id, b"x");
    assert_eq!(shown(&doctor, consultation)[0], view(photo.bytes));
    let whole = doctor.get(&path);
    assert_eq!((whole.status, whole.body == bytes), (200, true));
    let header = |reply: &Reply, name: &str| reply.header(name).map(str::to_owned);
    assert_eq!(header(&whole, "content-type").unwrap(), "image/jpeg");
    assert_eq!(header(&whole, "x-content-type-options").unwrap(), "nosniff");
    assert_eq!(header(&whole, "cache-control").unwrap(), "no-store");
    let other = doctor.get(&photo_path(consultation, png.id));
    assert_eq!(
        (header(&other, "content-type").unwrap(), other.body),
        ("image/png".to_owned(), b"x".to_vec())
    );
}

#[test]
fn a_part_twice_is_one_part_and_a_device_that_lost_count_is_told() {
    let world = World::new();
    let mut device = Device::enrolled(&world, 1);
    let bytes = picture(1000);
    let photo = named(1, &bytes);
    let consultation = asked(&mut device, &[photo]);
    assert_eq!(held(&mut device, photo.id, 0, b""), 0);
    assert_eq!(held(&mut device, photo.id, 500, &bytes[500..600]), 0, "what comes before is missing");
    for _ in 0..2 {
        assert_eq!(held(&mut device, photo.id, 0, &bytes[..300]), 300);
    }
    assert_eq!(held(&mut device, photo.id, 100, &bytes[100..700]), 300, "a place that is taken");
    assert_eq!(held(&mut device, photo.id, 300, b""), 300);
    assert_eq!(held(&mut device, photo.id, u64::MAX, b"x"), 300);
    assert_eq!(held(&mut device, photo.id, 300, &bytes[300..]), 1000);
    for (offset, part) in [(300, &bytes[300..]), (1000, b""), (0, b"")] {
        assert_eq!(held(&mut device, photo.id, offset, part), 1000, "whole it stays");
    }
    let doctor = doctor_of(&world, consultation);
    assert!(doctor.get(&photo_path(consultation, photo.id)).body == bytes);
}

#[test]
fn what_is_not_the_photo_that_was_named_is_refused_and_stores_nothing() {
    let world = World::new();
    let mut device = Device::enrolled(&world, 1);
    let bytes = picture(200);
    let photo = named(1, &bytes);
    asked(&mut device, &[photo]);
    assert_eq!(refused(&mut device, photo.id, 0, &picture(201)), ApiErrorCode::PhotoTooLong);
    let large = picture(PHOTO_PART_BYTES + 1);
    assert_eq!(refused(&mut device, photo.id, 0, &large), ApiErrorCode::TooLarge);
    assert_eq!(held(&mut device, photo.id, 0, &bytes[..100]), 100);
    // The last part is another's: all of it begins anew.
    let mut wrong = bytes[100..].to_vec();
    wrong[7] ^= 1;
    assert_eq!(refused(&mut device, photo.id, 100, &wrong), ApiErrorCode::PhotoMismatch);
    assert_eq!(held(&mut device, photo.id, 100, b""), 0);
    send_all(&mut device, photo.id, &bytes);
    for path in
        ["/v1/photos/x/0", "/v1/photos/AQEBAQEBAQEBAQEBAQEBAQ/00", "/v1/photos/AQEBAQEBAQEBAQEBAQEBAQ/-1"]
    {
        assert_eq!(device.post(path, b"x", &[]).refusal().code, ApiErrorCode::NotFound, "{path}");
    }
    let zipped = device.post(&photo_part_path(photo.id, 0), b"x", &[("content-encoding", "gzip")]);
    assert_eq!(zipped.refusal().code, ApiErrorCode::Malformed);
}

#[test]
fn only_the_device_whose_held_message_names_a_photo_sends_it() {
    let world = World::new();
    let (mut device, mut other) = (Device::enrolled(&world, 1), Device::enrolled(&world, 2));
    let bytes = picture(10);
    let (photo, unsent) = (named(1, &bytes), named(2, &bytes));
    asked(&mut device, &[photo]);
    question(&mut device, &[unsent]);
    assert_eq!(refused(&mut device, unsent.id, 0, &bytes), ApiErrorCode::UnknownPhoto, "it is not held yet");
    assert_eq!(refused(&mut other, photo.id, 0, &bytes), ApiErrorCode::UnknownPhoto);
    // The signature covers place and bytes.
    let path = photo_part_path(photo.id, 0);
    let header = device.authorization("POST", &path, &bytes).to_string();
    let forged = |path: &str, body: &[u8]| {
        let headers = [("authorization", header.as_str())];
        crate::client::send(world.address, "POST", path, &headers, body).refusal().code
    };
    assert_eq!(forged(&path, &bytes[1..]), ApiErrorCode::SignatureWrong);
    assert_eq!(forged(&photo_part_path(photo.id, 1), &bytes), ApiErrorCode::SignatureWrong);
    let nobody = crate::client::send(world.address, "POST", &path, &[], &bytes).refusal().code;
    assert_eq!(nobody, ApiErrorCode::SignatureMissing);
    assert_eq!(held(&mut device, photo.id, 0, &bytes), 10);
}

#[test]
fn an_operation_is_judged_by_the_photos_it_names_and_one_that_is_refused_has_none() {
    let world = World::new();
    let mut device = Device::enrolled(&world, 1);
    let fine = named(1, b"x");
    asked(&mut device, &[fine]);
    let four: Vec<_> = (10..14).map(|id| Photo { bytes: PHOTO_BYTES_MOST, ..named(id, b"x") }).collect();
    let of = |device: &mut Device<'_>, photos: &[Photo]| {
        let operation = question(device, photos);
        match device.sync(&[operation]).outcomes.remove(0).result {
            OutcomeResult::Refused(refusal) => Some(refusal.code),
            _ => None,
        }
    };
    let five = [&four[..], &[named(14, b"x")]].concat();
    assert_eq!(of(&mut device, &five), Some(RefusalCode::TooManyPhotos));
    for bytes in [0, PHOTO_BYTES_MOST + 1] {
        assert_eq!(of(&mut device, &[Photo { bytes, ..named(20, b"x") }]), Some(RefusalCode::PhotoSize));
    }
    assert_eq!(of(&mut device, &[named(20, b"x"), named(20, b"y")]), Some(RefusalCode::PhotoKnown));
    assert_eq!(of(&mut device, &[named(20, b"x"), fine]), Some(RefusalCode::PhotoKnown));
    assert_eq!(refused(&mut device, PhotoId::from_bytes([20; 16]), 0, b"x"), ApiErrorCode::UnknownPhoto);
    let unreadable = question(&mut device, &[named(21, b"x")]).as_str().replace("jpeg", "heic");
    let unreadable = EntryText::from_text(unreadable).unwrap();
    let reply = device.sync(&[unreadable]);
    let OutcomeResult::Refused(refusal) = &reply.outcomes[0].result else { panic!() };
    assert_eq!(refusal.code, RefusalCode::UnknownOperation);
    assert_eq!(of(&mut device, &four), None);
}

#[test]
fn a_follow_up_has_photos_of_its_own() {
    let world = World::new();
    let mut device = Device::enrolled(&world, 1);
    let consultation = asked(&mut device, &[]);
    let photo = named(1, b"later");
    let follow_up = device.operation(OperationBody::FollowUp {
        consultation,
        text: "写真を送ります".to_owned(),
        begun: world.now(),
        photos: vec![photo],
    });
    device.sync(std::slice::from_ref(&follow_up));
    send_all(&mut device, photo.id, b"later");
    let doctor = doctor_of(&world, consultation);
    let view: ConsultationView = doctor.get(&consultation_path(consultation)).json();
    assert!(view.messages[0].photos.is_empty());
    assert!(view.messages[1].photos[0].there);
    assert_eq!(doctor.get(&photo_path(consultation, photo.id)).body, b"later");
    assert!(!follow_up.read::<Operation>().unwrap().body.photos().is_empty());
}

#[test]
fn nobody_looks_at_a_photo_but_who_has_taken_its_consultation() {
    let world = World::new();
    let mut device = Device::enrolled(&world, 1);
    let photo = named(1, b"picture");
    let (consultation, another) = (asked(&mut device, &[photo]), asked(&mut device, &[]));
    send_all(&mut device, photo.id, b"picture");
    let midwife = world.clinician("midwife", ClinicianRole::Midwife);
    let path = photo_path(consultation, photo.id);
    assert_eq!(midwife.get(&path).refusal().code, ApiErrorCode::Conflict, "before taking it");
    let doctor = doctor_of(&world, consultation);
    assert_eq!(midwife.get(&path).refusal().code, ApiErrorCode::Conflict, "another has it");
    let obstetrician = world.clinician("o", ClinicianRole::Obstetrician);
    assert_eq!(obstetrician.get(&path).refusal().code, ApiErrorCode::NotAllowed);
    let nobody = crate::client::send(world.address, "GET", &path, &[], b"");
    assert_eq!(nobody.refusal().code, ApiErrorCode::LogInNeeded);
    assert_eq!(doctor.post(&take_path(another), &()).status, 200);
    for elsewhere in [photo_path(another, photo.id), photo_path(consultation, PhotoId::from_bytes([9; 16]))] {
        assert_eq!(doctor.get(&elsewhere).refusal().code, ApiErrorCode::NotFound);
    }
    assert_eq!(doctor.get(&path).body, b"picture");
}

#[test]
fn photos_are_sealed_at_rest_and_erased_with_their_member() {
    const CANARY: &str = "canary-quartz-pixels";
    let world = World::new();
    let mut device = Device::enrolled(&world, 1);
    let photo = named(1, CANARY.as_bytes());
    let consultation = asked(&mut device, &[photo]);
    send_all(&mut device, photo.id, CANARY.as_bytes());
    let doctor = doctor_of(&world, consultation);
    assert_eq!(doctor.get(&photo_path(consultation, photo.id)).body, CANARY.as_bytes());
    let bytes = files(&world.data);
    assert!(contains(&bytes, "photo_part") && !contains(&bytes, CANARY));
    assert!(!bytes.windows(32).any(|window| window == photo.sha256.0), "nor what it could be known by");
    let count = |table: &str| -> i64 {
        let sql = rusqlite::Connection::open(world.data.join("yorisoi.db")).unwrap();
        sql.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    };
    assert_eq!((count("photo"), count("photo_part")), (1, 1));
    let erasure = ErasureRequest { erasure: ErasureId::from_bytes([1; 16]) };
    assert_eq!(device.post_json(ERASURES_PATH, &erasure).status, 200);
    assert_eq!((count("photo"), count("photo_part")), (0, 0));
    assert_eq!(refused(&mut device, photo.id, 0, b"x"), ApiErrorCode::UnknownDevice);
    assert_eq!(doctor.get(&photo_path(consultation, photo.id)).refusal().code, ApiErrorCode::NotFound);
}
