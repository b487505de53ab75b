//! Rules of cards that were revoked or replaced, and of what an answer gives away.

use yorisoi_protocol::wire::{
    ENROLLMENT_REPLY_BYTES, ENROLLMENTS_PATH, EnrollmentRefusal, EnrollmentReply, EnrollmentRequest,
    EnrollmentResult, Trust,
};
use yorisoi_server::service::SetupError;
use yorisoi_server::storage::CardStatus;

use crate::client::Reply;
use crate::device::Device;
use crate::enrollment::granted;
use crate::world::{PROGRAMME, World, on};

const REVOKED: EnrollmentResult = EnrollmentResult::Refused(EnrollmentRefusal::CardRevoked);
const REPLACED: EnrollmentResult = EnrollmentResult::Refused(EnrollmentRefusal::CardReplaced);
const FULL: EnrollmentResult = EnrollmentResult::Refused(EnrollmentRefusal::CardFull);

#[test]
fn a_revoked_card_takes_nobody_in_and_sends_nobody_away() {
    let world = World::new();
    let code = world.card();
    let mut mother = Device::new(&world, 1);
    let grant = granted(mother.enroll(&code));
    assert_eq!(grant.trust, Trust::HouseholdCard);
    world.service.revoke_card(PROGRAMME, 1).unwrap();
    assert_eq!(Device::new(&world, 2).enroll(&code), REVOKED);
    assert_eq!(granted(mother.enroll(&code)), grant, "it may only have missed the reply");
    mother.asked("熱があります。");
    world.service.revoke_card(PROGRAMME, 1).unwrap();
    let unused = world.card();
    world.service.revoke_card(PROGRAMME, 2).unwrap();
    assert_eq!(Device::new(&world, 3).enroll(&unused), REVOKED);
    let cards = world.service.cards(PROGRAMME).unwrap();
    let states: Vec<_> = cards.iter().map(|card| (card.status, card.members)).collect();
    assert_eq!(states, [(CardStatus::Revoked, 1), (CardStatus::Revoked, 0)]);
}

#[test]
fn a_replaced_card_hands_its_household_and_its_free_places_to_the_new_one() {
    let world = World::new();
    let old = world.card();
    let mut mother = Device::new(&world, 1);
    let grant = granted(mother.enroll(&old));
    let new = world.service.replace_card(PROGRAMME, 1).unwrap().compact();
    let mut second = Device::new(&world, 2);
    assert_eq!(second.enroll(&old), REPLACED);
    let partner = granted(second.enroll(&new));
    assert_eq!(partner.enrollment, grant.enrollment);
    assert_ne!(partner.member, grant.member);
    assert_eq!(Device::new(&world, 3).enroll(&new), FULL, "her place is still hers");
    mother.asked("熱があります。");
    // With either card she is who she was, and takes no second place.
    assert_eq!(granted(mother.enroll(&old)), grant);
    assert_eq!(granted(mother.enroll(&new)), grant);
    let cards = world.service.cards(PROGRAMME).unwrap();
    let states: Vec<_> =
        cards.iter().map(|card| (card.number, card.batch, card.status, card.members)).collect();
    assert_eq!(states, [(1, 1, CardStatus::Replaced { by: 2 }, 1), (2, 2, CardStatus::Issued, 1)]);
    let report = world.service.report(PROGRAMME).unwrap();
    assert_eq!(report.cards_issued, 2);
}

#[test]
fn a_card_is_replaced_again_and_again_and_stays_one_household() {
    let world = World::new();
    let first = world.card();
    let second = world.service.replace_card(PROGRAMME, 1).unwrap().compact();
    let mother = granted(Device::new(&world, 1).enroll(&second));
    let third = world.service.replace_card(PROGRAMME, 2).unwrap().compact();
    let mut partner = Device::new(&world, 2);
    assert_eq!(partner.enroll(&first), REPLACED);
    assert_eq!(partner.enroll(&second), REPLACED);
    assert_eq!(granted(partner.enroll(&third)).enrollment, mother.enrollment);
    for (number, by) in [(1, 2), (2, 3)] {
        for refused in [
            world.service.replace_card(PROGRAMME, number).map(drop),
            world.service.revoke_card(PROGRAMME, number),
        ] {
            assert!(matches!(refused, Err(SetupError::CardReplaced { by: found }) if found == by));
        }
    }
    world.service.revoke_card(PROGRAMME, 3).unwrap();
    let mut late = Device::new(&world, 3);
    assert_eq!(late.enroll(&third), REVOKED);
    world.service.replace_card(PROGRAMME, 3).unwrap();
    assert_eq!(late.enroll(&third), REPLACED);
}

#[test]
fn a_replacement_for_a_card_nobody_used_is_an_empty_card() {
    let world = World::new();
    world.card();
    let new = world.service.replace_card(PROGRAMME, 1).unwrap().compact();
    granted(Device::new(&world, 1).enroll(&new));
    granted(Device::new(&world, 2).enroll(&new));
    assert_eq!(Device::new(&world, 3).enroll(&new), FULL);
}

/// The order of judgement: the own grant, the card's state, the window, the places.
#[test]
fn the_first_reason_in_the_order_of_judgement_is_the_one_that_is_told() {
    let world = World::new();
    let (code, other) = (world.card(), world.card());
    let (mut mother, mut third) = (Device::new(&world, 1), Device::new(&world, 3));
    let grant = granted(mother.enroll(&code));
    granted(Device::new(&world, 2).enroll(&code));
    let (early, open, late) = (on("2021-08-01", 0), on("2021-09-02", 0), on("2022-01-01", 0));
    let not_yet = EnrollmentResult::Refused(EnrollmentRefusal::NotYet { from: on("2021-08-02", 0) });
    let ended = EnrollmentResult::Refused(EnrollmentRefusal::Ended { since: late });
    let mut told = |expected: [&EnrollmentResult; 3]| {
        for (at, expected) in [early, open, late].into_iter().zip(expected) {
            world.clock.set(at);
            assert_eq!(third.enroll(&code), *expected);
            assert_eq!(granted(mother.enroll(&code)), grant, "the own grant comes first");
        }
        world.clock.set(open);
    };
    told([&not_yet, &FULL, &ended]);
    world.service.revoke_card(PROGRAMME, 1).unwrap();
    told([&REVOKED; 3]);
    world.service.replace_card(PROGRAMME, 1).unwrap();
    told([&REPLACED; 3]);
    granted(third.enroll(&other));
}

/// Redeems and gives the reply as it came.
fn raw(device: &mut Device<'_>, code: &str) -> (EnrollmentResult, Reply) {
    let request = EnrollmentRequest { code: Some(code.to_owned()), phrase: None, device_key: device.key() };
    let reply = device.post_json(ENROLLMENTS_PATH, &request);
    (reply.json::<EnrollmentReply>().result, reply)
}

#[test]
fn answers_differ_in_nothing_but_their_text() {
    let world = World::new();
    let cards: Vec<String> = (0..4).map(|_| world.card()).collect();
    world.service.revoke_card(PROGRAMME, 2).unwrap();
    world.service.replace_card(PROGRAMME, 3).unwrap();
    let unknown = yorisoi_protocol::EnrollmentCode::issue(37, 5).unwrap().compact();
    let mut replies = Vec::new();
    let mut ask = |number: u8, code: &str| replies.push(raw(&mut Device::new(&world, number), code));
    ask(1, &cards[0]);
    ask(2, &cards[0]);
    ask(3, &cards[0]);
    ask(4, &cards[1]);
    ask(5, &cards[2]);
    ask(6, &unknown);
    ask(7, "no code");
    world.clock.set(on("2021-08-01", 0));
    ask(8, &cards[3]);
    world.clock.set(on("2022-01-01", 0));
    ask(9, &cards[3]);
    let kinds: std::collections::HashSet<_> =
        replies.iter().map(|(result, _)| std::mem::discriminant(result)).collect();
    assert_eq!(kinds.len(), 2, "some are granted and some refused");
    let refusals: std::collections::HashSet<_> = replies
        .iter()
        .filter_map(|(result, _)| match result {
            EnrollmentResult::Refused(refusal) => Some(*refusal),
            EnrollmentResult::Granted(_) => None,
        })
        .collect();
    assert_eq!(refusals.len(), 6, "{refusals:?}");
    // The date is when, not what.
    let head = |reply: &Reply| -> Vec<_> {
        reply.headers.iter().filter(|(name, _)| name != "date").cloned().collect()
    };
    let first = head(&replies[0].1);
    for (result, reply) in &replies {
        assert_eq!((reply.status, reply.body.len()), (200, ENROLLMENT_REPLY_BYTES), "{result:?}");
        assert_eq!(head(reply), first, "{result:?}");
    }
}

#[test]
fn what_is_known_of_a_card_is_its_number_its_state_and_how_many_joined() {
    let world = World::new();
    let (first, second) = (world.card(), world.card());
    granted(Device::new(&world, 1).enroll(&second));
    world.service.revoke_card(PROGRAMME, 2).unwrap();
    let known = |code: &str| {
        let code = yorisoi_protocol::EnrollmentCode::parse(code).unwrap();
        let state = world.service.card_status(&code).unwrap();
        state.map(|state| (state.number, state.status, state.members))
    };
    assert_eq!(known(&first), Some((1, CardStatus::Issued, 0)));
    assert_eq!(known(&second), Some((2, CardStatus::Revoked, 1)));
    assert_eq!(known(&yorisoi_protocol::EnrollmentCode::issue(37, 5).unwrap().compact()), None);
}
