//! Rules of redeeming a card.

use std::sync::Barrier;

use yorisoi_protocol::ids::DeviceId;
use yorisoi_protocol::wire::{
    ApiErrorCode, ENROLLMENTS_PATH, EnrollmentRefusal, EnrollmentRequest, EnrollmentResult, Grant,
};

use crate::client::send;
use crate::device::Device;
use crate::world::{World, on};

fn granted(result: EnrollmentResult) -> Grant {
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
fn of_many_who_race_for_the_last_place_exactly_one_has_it() {
    let world = World::new();
    let code = world.card();
    granted(Device::new(&world, 100).enroll(&code));
    let start = Barrier::new(8);
    let race = |number| {
        start.wait();
        Device::new(&world, number).enroll(&code)
    };
    let results: Vec<EnrollmentResult> = std::thread::scope(|scope| {
        let racers: Vec<_> = (1..=8)
            .map(|number| {
                let race = &race;
                scope.spawn(move || race(number))
            })
            .collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    let grants = results.iter().filter(|result| matches!(result, EnrollmentResult::Granted(_)));
    assert_eq!(grants.count(), 1, "{results:?}");
    let full = EnrollmentResult::Refused(EnrollmentRefusal::CardFull);
    assert_eq!(results.iter().filter(|result| **result == full).count(), 7);
}

#[test]
fn one_device_that_asks_many_times_at_once_is_one_member() {
    let world = World::new();
    let code = world.card();
    let start = Barrier::new(4);
    let ask = |drawn: u8| {
        start.wait();
        let mut device = Device::new(&world, 1);
        // Other nonces than those of its other attempts.
        for _ in 0..drawn {
            device.draw::<6>();
        }
        granted(device.enroll(&code)).device
    };
    let devices: Vec<DeviceId> = std::thread::scope(|scope| {
        let askers: Vec<_> = (0..4)
            .map(|number| {
                let ask = &ask;
                scope.spawn(move || ask(number))
            })
            .collect();
        askers.into_iter().map(|asker| asker.join().unwrap()).collect()
    });
    assert!(devices.iter().all(|device| *device == devices[0]));
    assert_eq!(world.service.cards("fuchu-2021").unwrap()[0].members, 1);
}

#[test]
fn a_redemption_is_signed_by_the_key_it_names() {
    let world = World::new();
    let code = world.card();
    let (mut device, other) = (Device::new(&world, 1), Device::new(&world, 2));
    let request = EnrollmentRequest { code, device_key: other.key() };
    let refusal = device.post_json(ENROLLMENTS_PATH, &request).refusal();
    assert_eq!(refusal.code, ApiErrorCode::SignatureWrong);
    let body = serde_json::to_vec(&EnrollmentRequest { device_key: device.key(), ..request }).unwrap();
    let header = device.authorization("POST", ENROLLMENTS_PATH, &body).to_string();
    let send = || send(world.address, "POST", ENROLLMENTS_PATH, &[("authorization", &header)], &body);
    assert_eq!(send().status, 200);
    assert_eq!(send().refusal().code, ApiErrorCode::SignatureReplayed);
}
