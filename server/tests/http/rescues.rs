//! Rules of `POST /v1/rescues`: what a phone without its key hands in is taken in once, in the name of the device that wrote it
//! and of no other.

use yorisoi_protocol::digest::sha256;
use yorisoi_protocol::ids::{MessageId, OperationId, PhotoId};
use yorisoi_protocol::question::ClinicianRole;
use yorisoi_protocol::rescue::{ItemKey, ItemName, RescueEnvelope, RescueTerms};
use yorisoi_protocol::wire::{
    ApiErrorCode, Caller, EntryText, Limits, Operation, OperationBody, OutcomeResult, Photo, PhotoHash,
    PhotoKind, PublicKey, RESCUES_PATH, RefusalCode, RescueItem, RescueItemResult, RescueRefusal,
    RescueReply, RescueRequest, RescueResult, WireBytes, photo_part_path,
};
use yorisoi_server::desk_api::{ConsultationView, QUEUE_PATH, Queue, consultation_path, take_path};

use crate::client::Reply;
use crate::device::{Device, id_of};
use crate::world::{PROGRAMME, World, on};

const SECRET: [u8; 32] = *b"an X25519 key of the tests alone";

/// The key to which the programme's devices seal.
fn rescue_key(world: &World) -> PublicKey {
    world.service.keep_rescue_key(PROGRAMME, SECRET).unwrap().public
}

fn sealed_by(device: &Device, key: &PublicKey, code: Option<String>) -> (RescueEnvelope, ItemKey) {
    let terms = RescueTerms { programme: PROGRAMME.to_owned(), device: device.key(), code };
    let sign = |text: &[u8]| device.pair.sign(text).as_ref().try_into().unwrap();
    RescueEnvelope::seal(key, [3; 32], terms, sign).unwrap()
}

fn item(items: &ItemKey, name: ItemName, text: &EntryText) -> RescueItem {
    RescueItem { name, sealed: WireBytes(items.seal(name, [8; 12], text.as_str().as_bytes()).unwrap()) }
}

fn operation_item(items: &ItemKey, text: &EntryText) -> RescueItem {
    item(items, ItemName::Operation(OperationId::from_bytes(id_of(text))), text)
}

/// As a draft is sealed: without a number.
fn draft_item(items: &ItemKey, text: &EntryText) -> RescueItem {
    let operation = Operation { seq: 0, ..text.read().unwrap() };
    let name = ItemName::Draft(MessageId::from_bytes(*operation.id.as_bytes()));
    item(items, name, &EntryText::write(&operation).unwrap())
}

/// Hands in with the new key of the same phone.
fn hand_in(world: &World, number: u8, envelope: &RescueEnvelope, items: Vec<RescueItem>) -> Reply {
    let mut phone = Device::new(world, number);
    let device_key = phone.key();
    let request = RescueRequest { device_key, envelope: envelope.clone(), items };
    phone.post_json(RESCUES_PATH, &request)
}

fn results(reply: &Reply) -> Vec<RescueItemResult> {
    match reply.json::<RescueReply>().result {
        RescueResult::Taken(outcomes) => outcomes.into_iter().map(|outcome| outcome.result).collect(),
        RescueResult::Refused(refusal) => panic!("{refusal:?}"),
    }
}

fn refused(reply: &Reply) -> RescueRefusal {
    match reply.json::<RescueReply>().result {
        RescueResult::Refused(refusal) => refusal,
        RescueResult::Taken(outcomes) => panic!("{outcomes:?}"),
    }
}

fn waiting(world: &World, login: &str) -> usize {
    let doctor = world.clinician(login, ClinicianRole::Pediatrician);
    doctor.get(QUEUE_PATH).json::<Queue>().consultations.len()
}

#[test]
fn it_is_held_once_whether_the_phone_sent_it_before_or_it_is_handed_in_again() {
    let world = World::new();
    let key = rescue_key(&world);
    let mut device = Device::enrolled(&world, 1);
    let (sent, _) = device.asked("送れた質問");
    let (envelope, items) = sealed_by(&device, &key, None);
    let (first, second) = (device.ask("送れなかった質問"), device.ask("下書きの質問"));
    let all =
        || vec![operation_item(&items, &sent), operation_item(&items, &first), draft_item(&items, &second)];
    use RescueItemResult::{Held, HeldBefore};
    assert_eq!(results(&hand_in(&world, 2, &envelope, all())), [HeldBefore, Held, Held]);
    assert_eq!(results(&hand_in(&world, 3, &envelope, all())), [HeldBefore, HeldBefore, HeldBefore]);
    assert_eq!(waiting(&world, "doctor"), 3);
}

#[test]
fn a_phone_whose_key_came_back_is_told_that_the_server_holds_what_was_handed_in() {
    let world = World::new();
    let key = rescue_key(&world);
    let mut device = Device::enrolled(&world, 1);
    let (envelope, items) = sealed_by(&device, &key, None);
    let asked = device.ask("送れなかった質問");
    hand_in(&world, 2, &envelope, vec![operation_item(&items, &asked)]);
    let reply = device.sync(std::slice::from_ref(&asked));
    assert!(matches!(reply.outcomes[0].result, OutcomeResult::Duplicate(_)));
    assert_eq!(reply.digest, device.digest);
}

#[test]
fn what_is_rescued_is_held_without_its_photos_and_a_phone_whose_key_came_back_sends_them_all_the_same() {
    let world = World::new();
    let key = rescue_key(&world);
    let mut device = Device::enrolled(&world, 1);
    let (envelope, items) = sealed_by(&device, &key, None);
    let (id, sha256) = (PhotoId::from_bytes([7; 16]), PhotoHash(sha256(b"picture")));
    let asked = device.ask("湿疹の写真です");
    let mut operation: Operation = asked.read().unwrap();
    let OperationBody::Ask { consultation, photos, .. } = &mut operation.body else { panic!() };
    photos.push(Photo { id, kind: PhotoKind::Jpeg, bytes: 7, sha256 });
    let consultation = *consultation;
    let asked = EntryText::write(&operation).unwrap();
    let reply = hand_in(&world, 2, &envelope, vec![operation_item(&items, &asked)]);
    assert_eq!(results(&reply), [RescueItemResult::Held]);
    let doctor = world.clinician("doctor", ClinicianRole::Pediatrician);
    doctor.post(&take_path(consultation), &());
    let there = || {
        let view: ConsultationView = doctor.get(&consultation_path(consultation)).json();
        (view.messages[0].text.clone(), view.messages[0].photos[0].there)
    };
    assert_eq!(there(), ("湿疹の写真です".to_owned(), false));
    let reply = device.sync(std::slice::from_ref(&asked));
    assert!(matches!(reply.outcomes[0].result, OutcomeResult::Duplicate(_)));
    assert_eq!(device.post(&photo_part_path(id, 0), b"picture", &[]).status, 200);
    assert!(there().1);
}

#[test]
fn what_does_not_open_any_more_holds_up_nothing_that_came_after_it() {
    let world = World::new();
    let key = rescue_key(&world);
    let mut device = Device::enrolled(&world, 1);
    let (envelope, items) = sealed_by(&device, &key, None);
    let [first, second, third] = ["一つ目", "二つ目", "三つ目"].map(|text| device.ask(text));
    let mut spoiled = operation_item(&items, &first);
    spoiled.sealed.0[30] ^= 1;
    device.seq = (1 << 48) + 1;
    let beyond = device.ask("番号が大きすぎる");
    let all = vec![
        spoiled,
        operation_item(&items, &second),
        operation_item(&items, &beyond),
        draft_item(&items, &third),
    ];
    use RescueItemResult::{Held, Unreadable};
    assert_eq!(results(&hand_in(&world, 2, &envelope, all)), [Unreadable, Held, Unreadable, Held]);
    assert_eq!(waiting(&world, "doctor"), 2);
}

#[test]
fn the_programmes_rules_hold_for_it_as_for_what_is_sent() {
    let world = World::new();
    let key = rescue_key(&world);
    let mut device = Device::enrolled(&world, 1);
    let (envelope, items) = sealed_by(&device, &key, None);
    world.clock.set(on("2022-03-01", 0));
    let late = device.ask("終了後に書いた質問");
    let results = results(&hand_in(&world, 2, &envelope, vec![operation_item(&items, &late)]));
    let [RescueItemResult::Refused(refusal)] = &results[..] else { panic!("{results:?}") };
    assert_ne!(refusal.code, RefusalCode::OtherBytes);
    assert_eq!(waiting(&world, "doctor"), 0);
}

#[test]
fn an_item_counts_under_its_own_name_and_envelope_only_and_holds_up_no_other() {
    let world = World::new();
    let key = rescue_key(&world);
    let mut device = Device::enrolled(&world, 1);
    let (envelope, items) = sealed_by(&device, &key, None);
    let strange = ItemKey::from_bytes([9; 32]);
    let (asked, other) = (device.ask("質問"), device.ask("もう一つ"));
    let good = operation_item(&items, &asked);
    let renamed = RescueItem { name: operation_item(&items, &other).name, ..good.clone() };
    // Sealed for a name that its text does not have.
    let misnamed = item(&items, ItemName::Operation(OperationId::from_bytes([7; 16])), &asked);
    let numbered = item(&items, ItemName::Draft(MessageId::from_bytes(id_of(&asked))), &asked);
    let cut = RescueItem { sealed: WireBytes(good.sealed.0[..20].to_vec()), ..good.clone() };
    let empty = RescueItem { sealed: WireBytes(Vec::new()), ..good.clone() };
    let all = vec![renamed, misnamed, numbered, cut, empty, operation_item(&strange, &other), good];
    let taken = results(&hand_in(&world, 2, &envelope, all));
    assert_eq!(taken[..6], vec![RescueItemResult::Unreadable; 6]);
    assert_eq!(taken[6], RescueItemResult::Held);
    assert_eq!(waiting(&world, "doctor"), 1);
}

#[test]
fn nobody_hands_in_for_a_device_that_did_not_seal_it() {
    let world = World::new();
    let key = rescue_key(&world);
    let (mut victim, thief) = (Device::enrolled(&world, 1), Device::enrolled(&world, 2));
    let (asked, _) = victim.asked("質問");
    let forged = victim.ask("書いていない質問");
    // In the victim's name, signed by the thief.
    let terms = RescueTerms { programme: PROGRAMME.to_owned(), device: victim.key(), code: None };
    let sign = |text: &[u8]| thief.pair.sign(text).as_ref().try_into().unwrap();
    let (envelope, items) = RescueEnvelope::seal(&key, [3; 32], terms, sign).unwrap();
    let forged = hand_in(&world, 3, &envelope, vec![operation_item(&items, &forged)]);
    assert_eq!(refused(&forged), RescueRefusal::Unreadable);

    // The id of another device's operation.
    let (envelope, items) = sealed_by(&thief, &key, None);
    let taken = hand_in(&world, 4, &envelope, vec![draft_item(&items, &asked)]);
    assert_eq!(results(&taken), [RescueItemResult::Unreadable]);
    assert_eq!(waiting(&world, "doctor"), 1);
}

#[test]
fn a_device_nobody_knows_needs_a_card_and_the_card_is_judged_as_ever() {
    let world = World::new();
    let key = rescue_key(&world);
    let mut device = Device::new(&world, 1);
    let asked = device.ask("質問");
    let (without, items) = sealed_by(&device, &key, None);
    let nobodys = hand_in(&world, 2, &without, vec![operation_item(&items, &asked)]);
    assert_eq!(refused(&nobodys), RescueRefusal::UnknownDevice);

    let revoked = world.card();
    world.service.revoke_card_at_hand(PROGRAMME, &revoked).unwrap();
    let (envelope, items) = sealed_by(&device, &key, Some(revoked));
    let refusal = refused(&hand_in(&world, 3, &envelope, vec![operation_item(&items, &asked)]));
    assert!(matches!(refusal, RescueRefusal::Card(_)), "{refusal:?}");

    let (envelope, items) = sealed_by(&device, &key, Some(world.card()));
    let taken = hand_in(&world, 4, &envelope, vec![operation_item(&items, &asked)]);
    assert_eq!(results(&taken), [RescueItemResult::Held]);
}

#[test]
fn a_key_the_server_never_had_and_a_file_that_is_gone_are_told_apart_from_trouble() {
    let world = World::new();
    let key = rescue_key(&world);
    let device = Device::enrolled(&world, 1);
    let strange = yorisoi_protocol::rescue::RescuePrivateKey::from_bytes([5; 32]).public().unwrap();
    let (envelope, _) = sealed_by(&device, &strange, None);
    assert_eq!(refused(&hand_in(&world, 2, &envelope, Vec::new())), RescueRefusal::UnknownKey);
    let (mut envelope, _) = sealed_by(&device, &key, None);
    envelope.terms.0[0] ^= 1;
    assert_eq!(refused(&hand_in(&world, 3, &envelope, Vec::new())), RescueRefusal::Unreadable);
}

#[test]
fn a_request_too_large_or_not_signed_by_the_key_it_names_is_refused_whole() {
    let world = World::new();
    let key = rescue_key(&world);
    let mut device = Device::enrolled(&world, 1);
    let (envelope, items) = sealed_by(&device, &key, None);
    let asked = device.ask("質問");
    let many = vec![operation_item(&items, &asked); Limits::V1.operations + 1];
    assert_eq!(hand_in(&world, 2, &envelope, many).refusal().code, ApiErrorCode::TooLarge);
    let mut phone = Device::new(&world, 2);
    let request = RescueRequest { device_key: device.key(), envelope, items: Vec::new() };
    let foreign = phone.post_json(RESCUES_PATH, &request);
    assert_eq!(foreign.refusal().code, ApiErrorCode::SignatureWrong);
    // The right key and a used nonce.
    let request = RescueRequest { device_key: phone.key(), ..request };
    let body = serde_json::to_vec(&request).unwrap();
    let nonce = yorisoi_protocol::ids::Nonce::from_bytes([4; 6]);
    let header =
        phone.sign("POST", RESCUES_PATH, &body, Caller::New, world.now().seconds(), nonce).to_string();
    let headers = [("authorization", header.as_str())];
    let send = || crate::client::send(world.address, "POST", RESCUES_PATH, &headers, &body);
    assert_eq!(send().status, 200);
    assert_eq!(send().refusal().code, ApiErrorCode::SignatureReplayed);
}
