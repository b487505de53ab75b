//! Rules of erasing a member: everything of theirs and of nobody else, once, with a receipt, for good.

use yorisoi_protocol::consent::ConsentEntry;
use yorisoi_protocol::ids::{ChangeId, ErasureId};
use yorisoi_protocol::question::ClinicianRole;
use yorisoi_protocol::rescue::{ItemName, RescueEnvelope, RescueTerms};
use yorisoi_protocol::wire::{
    ApiErrorCode, Caller, ERASURES_PATH, EnrollmentRefusal, EnrollmentResult, ErasureReply, ErasureRequest,
    LIVE_PATH, OperationBody, OperationHead, RESCUES_PATH, RescueItem, RescueRefusal, RescueReply,
    RescueRequest, RescueResult, WireBytes,
};
use yorisoi_server::Cell;
use yorisoi_server::desk_api::{
    AnswerRequest, QUEUE_PATH, Queue, answers_path, consultation_path, take_path,
};

use crate::client::send;
use crate::device::{Device, consent, consultation_of};
use crate::world::{PROGRAMME, World, on};

const FIRST: ErasureRequest = ErasureRequest { erasure: ErasureId::from_bytes([1; 16]) };

fn erase(device: &mut Device<'_>) -> ErasureReply {
    let reply: ErasureReply = device.post_json(ERASURES_PATH, &FIRST).json();
    let grant = device.grant.clone().unwrap();
    assert!(reply.receipt.vouches(&grant.receipt_key.0, grant.device, FIRST.erasure));
    reply
}

/// How many rows each table of the database has.
fn rows(world: &World) -> Vec<(String, i64)> {
    let sql = rusqlite::Connection::open(world.data.join("yorisoi.db")).unwrap();
    let mut names = sql.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").unwrap();
    let names: Vec<String> = names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let count = |name: &String| sql.query_row(&format!("SELECT count(*) FROM {name}"), [], |row| row.get(0));
    names.into_iter().map(|name| (name.clone(), count(&name).unwrap())).collect()
}

#[test]
fn everything_of_the_member_goes_and_nothing_of_anybody_else() {
    let world = World::new();
    let card = world.card();
    let (mut mother, mut partner) = (Device::new(&world, 1), Device::new(&world, 2));
    mother.enroll(&card);
    partner.enroll(&card);
    let (kept, _) = partner.asked("眠れません");
    let before = rows(&world);
    let entry = consent(world.now(), 1, ConsentEntry::chain_start());
    let agreed = mother.operation(OperationBody::Consent(entry));
    mother.sync(&[agreed]);
    let (asked, _) = mother.asked("夜中に熱が出ました");
    let consultation = consultation_of(&asked);
    let doctor = world.clinician("doctor", ClinicianRole::Pediatrician);
    doctor.post(&take_path(consultation), &());
    let answer =
        |number| AnswerRequest { id: ChangeId::from_bytes([number; 16]), text: "水分を".to_owned() };
    assert_eq!(doctor.post(&answers_path(consultation), &answer(1)).status, 200);
    erase(&mut mother);
    let stays = ["clinician", "session", "nonce", "sqlite_stat1"];
    let others = |rows: Vec<(String, i64)>| -> Vec<_> {
        rows.into_iter().filter(|(name, _)| !stays.contains(&name.as_str())).collect()
    };
    assert_eq!(others(rows(&world)), others(before), "as before she wrote anything");
    // The desk shows and takes nothing of it any more.
    assert_eq!(doctor.get(&consultation_path(consultation)).refusal().code, ApiErrorCode::NotFound);
    assert_eq!(doctor.post(&answers_path(consultation), &answer(2)).refusal().code, ApiErrorCode::NotFound);
    let queue: Queue = doctor.get(QUEUE_PATH).json();
    assert_eq!(queue.consultations.len(), 1);
    assert_eq!(queue.consultations[0].consultation, consultation_of(&kept));
    // The partner goes on.
    let reply = partner.sync(&[]);
    assert_eq!(reply.digest, partner.digest);
    partner.asked("もう一つ");
}

#[test]
fn a_lost_reply_is_asked_for_again_and_the_receipt_is_the_same() {
    let world = World::new();
    let mut device = Device::enrolled(&world, 1);
    device.asked("夜中に熱が出ました");
    let first = erase(&mut device);
    assert_eq!(first.receipt.at, world.now());
    world.clock.set(on("2021-09-20", 0));
    let again = erase(&mut device);
    assert_eq!((again.receipt, again.time), (first.receipt, world.now()));
    assert_ne!(again.answers, first.answers);
}

#[test]
fn only_the_device_itself_erases_its_member() {
    let world = World::new();
    let mut device = Device::enrolled(&world, 1);
    device.asked("夜中に熱が出ました");
    let body = serde_json::to_vec(&FIRST).unwrap();
    let attempt = |thief: &Device<'_>, caller: Caller, nonce: u8| {
        let nonce = yorisoi_protocol::ids::Nonce::from_bytes([nonce; 6]);
        let header = thief.sign("POST", ERASURES_PATH, &body, caller, world.now().seconds(), nonce);
        let headers = [("authorization", &*header.to_string())];
        send(world.address, "POST", ERASURES_PATH, &headers, &body).refusal().code
    };
    let thief = Device::new(&world, 9);
    assert_eq!(attempt(&thief, device.id(), 1), ApiErrorCode::SignatureWrong);
    assert_eq!(attempt(&thief, Caller::New, 2), ApiErrorCode::SignatureMissing);
    let nobody = Caller::Device(yorisoi_protocol::ids::DeviceId::from_bytes([9; 8]));
    assert_eq!(attempt(&thief, nobody, 3), ApiErrorCode::UnknownDevice);
    assert_eq!(
        send(world.address, "POST", ERASURES_PATH, &[], &body).refusal().code,
        ApiErrorCode::SignatureMissing
    );
    assert_eq!(device.post(ERASURES_PATH, b"{}", &[]).refusal().code, ApiErrorCode::Malformed);
    device.asked("まだここにいます");
}

#[test]
fn nothing_brings_an_erased_member_back() {
    let world = World::new();
    let card = world.card();
    let mut device = Device::new(&world, 1);
    device.enroll(&card);
    let operation = device.ask("送れなかった質問");
    erase(&mut device);
    assert_eq!(device.sync_raw(std::slice::from_ref(&operation)).refusal().code, ApiErrorCode::UnknownDevice);
    let live = device.authorization("GET", LIVE_PATH, b"").to_string();
    let live = send(world.address, "GET", LIVE_PATH, &[("authorization", &live)], b"");
    assert_eq!(live.refusal().code, ApiErrorCode::UnknownDevice);
    // What was rescued of it.
    let key = world.service.keep_rescue_key(PROGRAMME, [5; 32]).unwrap();
    let mut finder = Device::new(&world, 3);
    for (code, refused) in [
        (None, RescueRefusal::UnknownDevice),
        (Some(card.clone()), RescueRefusal::Card(EnrollmentRefusal::CardFull)),
    ] {
        let terms = RescueTerms { programme: PROGRAMME.to_owned(), device: device.key(), code };
        let sign = |text: &[u8]| device.pair.sign(text).as_ref().try_into().unwrap();
        let (envelope, items) = RescueEnvelope::seal(&key.public, [6; 32], terms, sign).unwrap();
        let name = ItemName::Operation(OperationHead::read(&operation).unwrap().id);
        let sealed = WireBytes(items.seal(name, [1; 12], operation.as_str().as_bytes()).unwrap());
        let device_key = finder.key();
        let request = RescueRequest { device_key, envelope, items: vec![RescueItem { name, sealed }] };
        let reply: RescueReply = finder.post_json(RESCUES_PATH, &request).json();
        assert_eq!(reply.result, RescueResult::Refused(refused));
    }
    // The same key gets no second place; another one does.
    let again = device.enroll(&card);
    assert_eq!(again, EnrollmentResult::Refused(EnrollmentRefusal::CardFull));
    assert!(matches!(Device::new(&world, 4).enroll(&card), EnrollmentResult::Granted(_)));
}

#[test]
fn the_report_goes_on_counting_who_joined_and_no_longer_counts_what_was_asked() {
    let world = World::new();
    let mut devices: Vec<_> = (1..=20).map(|number| Device::enrolled(&world, number)).collect();
    for device in &mut devices {
        device.asked("夜中に熱が出ました");
    }
    let before = world.service.report(PROGRAMME).unwrap();
    assert_eq!((before.cards_redeemed, before.consulted), (Cell::Shown(20), Cell::Shown(20)));
    for device in devices.iter_mut().take(10) {
        erase(device);
    }
    let after = world.service.report(PROGRAMME).unwrap();
    assert_eq!((after.cards_redeemed, after.consulted), (Cell::Shown(20), Cell::Shown(10)));
}
