//! Rules of redeeming when many ask at once, over sockets of their own.

use std::sync::Barrier;

use yorisoi_protocol::wire::{EnrollmentRefusal, EnrollmentResult};

use crate::device::Device;
use crate::enrollment::granted;
use crate::world::{FUCHU, PROGRAMME, World};

const RACERS: u8 = 12;

/// Everybody does this at once; what came of it, in no order.
fn race(run: impl Fn(u8) -> EnrollmentResult + Sync) -> Vec<EnrollmentResult> {
    let start = Barrier::new(usize::from(RACERS));
    let racer = |number| {
        start.wait();
        run(number)
    };
    std::thread::scope(|scope| {
        let racers: Vec<_> = (1..=RACERS).map(|number| scope.spawn(move || racer(number))).collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    })
}

fn count(results: &[EnrollmentResult], refusal: EnrollmentRefusal) -> (usize, usize) {
    let grants = results.iter().filter(|result| matches!(result, EnrollmentResult::Granted(_))).count();
    let refused = results.iter().filter(|result| **result == EnrollmentResult::Refused(refusal)).count();
    (grants, refused)
}

#[test]
fn of_many_who_claim_one_card_at_once_exactly_as_many_as_it_is_for_have_it() {
    for members in [1, 2] {
        let programme = FUCHU.replace("\"members_per_card\": 2", &format!("\"members_per_card\": {members}"));
        let world = World::with(&programme);
        let code = world.card();
        let results = race(|number| Device::new(&world, number).enroll(&code));
        let others = usize::from(RACERS) - members;
        assert_eq!(count(&results, EnrollmentRefusal::CardFull), (members, others), "{results:?}");
        let households: std::collections::HashSet<_> = results
            .into_iter()
            .filter(|result| matches!(result, EnrollmentResult::Granted(_)))
            .map(|result| granted(result).enrollment)
            .collect();
        assert_eq!(households.len(), 1, "one card is one household");
        assert_eq!(world.service.cards(PROGRAMME).unwrap()[0].members as usize, members);
    }
}

#[test]
fn of_many_who_race_for_the_last_place_exactly_one_has_it() {
    let world = World::new();
    let code = world.card();
    granted(Device::new(&world, 100).enroll(&code));
    let results = race(|number| Device::new(&world, number).enroll(&code));
    assert_eq!(count(&results, EnrollmentRefusal::CardFull), (1, usize::from(RACERS) - 1), "{results:?}");
}

#[test]
fn an_old_card_and_the_one_in_its_place_share_the_last_place_however_they_race() {
    let world = World::new();
    let old = world.card();
    granted(Device::new(&world, 100).enroll(&old));
    let new = world.service.replace_card(PROGRAMME, 1).unwrap().compact();
    let results = race(|number| {
        let code = if number % 2 == 0 { &old } else { &new };
        Device::new(&world, number).enroll(code)
    });
    let odd = usize::from(RACERS.div_ceil(2));
    assert_eq!(count(&results, EnrollmentRefusal::CardFull), (1, odd - 1), "{results:?}");
    let even = usize::from(RACERS / 2);
    assert_eq!(count(&results, EnrollmentRefusal::CardReplaced), (1, even), "{results:?}");
}

#[test]
fn of_many_who_know_the_phrase_as_many_as_a_day_allows_join() {
    let world = World::new();
    world.service.set_phrase(PROGRAMME, "てをあらおう", 3).unwrap();
    let results = race(|number| Device::new(&world, number).enroll_by_phrase("てをあらおう"));
    let others = usize::from(RACERS) - 3;
    assert_eq!(count(&results, EnrollmentRefusal::TooManyToday), (3, others), "{results:?}");
}

#[test]
fn one_device_that_asks_many_times_at_once_is_one_member() {
    let world = World::new();
    let code = world.card();
    let results = race(|drawn| {
        let mut device = Device::new(&world, 1);
        // Other nonces than those of its other attempts.
        for _ in 0..drawn {
            device.draw::<6>();
        }
        device.enroll(&code)
    });
    let first = granted(results[0].clone());
    assert!(results.into_iter().all(|result| granted(result) == first));
    assert_eq!(world.service.cards(PROGRAMME).unwrap()[0].members, 1);
}
