//! Rules of redeeming a card.

use yorisoi_protocol::wire::{
    ApiErrorCode, ENROLLMENTS_PATH, EnrollmentRefusal, EnrollmentRequest, EnrollmentResult, Grant,
    PhraseRequest,
};

use crate::client::send;
use crate::device::Device;
use crate::world::{PROGRAMME, World, on};

pub(crate) fn granted(result: EnrollmentResult) -> Grant {
    match result {
        EnrollmentResult::Granted(grant) => grant,
        refused => panic!("{refused:?}"),
    }
}

#[test]
fn the_same_device_always_has_the_same_grant() {
    let world = World::new();
    let code = world.card();
    let mut device = Device::new(&world, 1);
    let first = granted(device.enroll(&code));
    assert_eq!(granted(device.enroll(&code)), first);
    // Also when others fill the card, and after the deadline: it may only have missed the reply.
    granted(Device::new(&world, 2).enroll(&code));
    world.clock.set(on("2022-01-01", 0));
    assert_eq!(granted(device.enroll(&code)), first);
}

#[test]
fn a_second_person_is_a_member_of_their_own_and_a_third_is_refused() {
    let world = World::new();
    let code = world.card();
    let mother = granted(Device::new(&world, 1).enroll(&code));
    let partner = granted(Device::new(&world, 2).enroll(&code));
    assert_eq!(mother.enrollment, partner.enrollment);
    assert_ne!(mother.member, partner.member);
    assert_ne!(mother.device, partner.device);
    let mut third_device = Device::new(&world, 3);
    let third = third_device.enroll(&code);
    assert_eq!(third, EnrollmentResult::Refused(EnrollmentRefusal::CardFull));
    let other_card = granted(third_device.enroll(&world.card()));
    assert_ne!(other_card.enrollment, mother.enrollment);
}

#[test]
fn the_window_opens_and_closes_to_the_second() {
    let world = World::new();
    let code = world.card();
    let (from, since) = (on("2021-08-02", 0), on("2022-01-01", 0));
    world.clock.set(on("2021-08-02", -1));
    let mut first = Device::new(&world, 1);
    let early = first.enroll(&code);
    assert_eq!(early, EnrollmentResult::Refused(EnrollmentRefusal::NotYet { from }));
    world.clock.set(from);
    granted(first.enroll(&code));
    world.clock.set(on("2022-01-01", -1));
    granted(Device::new(&world, 2).enroll(&code));
    world.clock.set(since);
    let late = Device::new(&world, 3).enroll(&world.card());
    assert_eq!(late, EnrollmentResult::Refused(EnrollmentRefusal::Ended { since }));
}

#[test]
fn whatever_is_no_card_of_this_server_is_the_same_unknown_code() {
    let world = World::new();
    let other = yorisoi_protocol::EnrollmentCode::issue(36, 5).unwrap().compact();
    let own_programme = yorisoi_protocol::EnrollmentCode::issue(37, 5).unwrap().compact();
    let wrong_check = format!("{}0", &own_programme[..15]);
    let long = "1".repeat(4000);
    let mut device = Device::new(&world, 1);
    for code in ["", "熱", &other, &own_programme, &wrong_check, &long] {
        let result = device.enroll(code);
        assert_eq!(result, EnrollmentResult::Refused(EnrollmentRefusal::UnknownCode));
    }
}

#[test]
fn a_redemption_is_signed_by_the_key_it_names() {
    let world = World::new();
    let code = world.card();
    let (mut device, other) = (Device::new(&world, 1), Device::new(&world, 2));
    let request = EnrollmentRequest { code: Some(code), phrase: None, device_key: other.key() };
    let refusal = device.post_json(ENROLLMENTS_PATH, &request).refusal();
    assert_eq!(refusal.code, ApiErrorCode::SignatureWrong);
    let body = serde_json::to_vec(&EnrollmentRequest { device_key: device.key(), ..request }).unwrap();
    let header = device.authorization("POST", ENROLLMENTS_PATH, &body).to_string();
    let send = || send(world.address, "POST", ENROLLMENTS_PATH, &[("authorization", &header)], &body);
    assert_eq!(send().status, 200);
    assert_eq!(send().refusal().code, ApiErrorCode::SignatureReplayed);
}

#[test]
fn a_request_names_either_a_code_or_a_phrase() {
    let world = World::new();
    let mut device = Device::new(&world, 1);
    let phrase = PhraseRequest { programme: PROGRAMME.to_owned(), phrase: "てをあらおう".to_owned() };
    for (code, phrase) in [(None, None), (Some(world.card()), Some(phrase))] {
        let request = EnrollmentRequest { code, phrase, device_key: device.key() };
        let refusal = device.post_json(ENROLLMENTS_PATH, &request).refusal();
        assert_eq!(refusal.code, ApiErrorCode::InvalidValue);
    }
    assert_eq!(world.service.cards(PROGRAMME).unwrap()[0].members, 0);
}
