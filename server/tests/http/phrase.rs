//! Rules of the phrase that a whole town knows.

use yorisoi_protocol::wire::{
    ENROLLMENT_REPLY_BYTES, ENROLLMENTS_PATH, EnrollmentRefusal, EnrollmentRequest, EnrollmentResult,
    PhraseRequest, Trust,
};

use crate::device::Device;
use crate::enrollment::granted;
use crate::world::{PROGRAMME, World, on};

const PHRASE: &str = "てをあらおう";
const UNKNOWN: EnrollmentResult = EnrollmentResult::Refused(EnrollmentRefusal::UnknownCode);
const ENDED: EnrollmentResult = EnrollmentResult::Refused(EnrollmentRefusal::CardRevoked);
const TOO_MANY: EnrollmentResult = EnrollmentResult::Refused(EnrollmentRefusal::TooManyToday);

#[test]
fn each_device_that_knows_the_phrase_founds_a_household_of_its_own() {
    let world = World::new();
    let (mut one, mut two) = (Device::new(&world, 1), Device::new(&world, 2));
    let by_card = granted(one.enroll(&world.card()));
    world.service.set_phrase(PROGRAMME, PHRASE, 500).unwrap();
    let (first, second) = (granted(one.enroll_by_phrase(PHRASE)), granted(two.enroll_by_phrase(PHRASE)));
    assert_eq!((first.trust, second.trust), (Trust::SharedPhrase, Trust::SharedPhrase));
    assert_ne!(first.enrollment, second.enrollment);
    assert_ne!(first.enrollment, by_card.enrollment);
    one.asked("熱があります。");
    assert_eq!(granted(one.enroll_by_phrase(PHRASE)), first, "the same device has the same grant");
    assert_eq!(world.service.cards(PROGRAMME).unwrap()[0].members, 1);
}

#[test]
fn a_phrase_of_another_town_a_wrong_one_and_none_are_all_unknown() {
    let world = World::new();
    let mut device = Device::new(&world, 1);
    assert_eq!(device.enroll_by_phrase(PHRASE), UNKNOWN);
    world.service.set_phrase(PROGRAMME, PHRASE, 500).unwrap();
    assert_eq!(device.enroll_by_phrase("てをあらう"), UNKNOWN);
    assert_eq!(device.enroll_by_phrase(""), UNKNOWN);
    assert_eq!(device.enroll(PHRASE), UNKNOWN);
    for (number, programme) in (2..).zip(["itabashi-2021", "", "fuchu-2021\n"]) {
        // Another device each time: this is not about how often one may miss.
        let mut device = Device::new(&world, number);
        let phrase = PhraseRequest { programme: programme.to_owned(), phrase: PHRASE.to_owned() };
        let request = EnrollmentRequest { code: None, phrase: Some(phrase), device_key: device.key() };
        let reply = device.post_json(ENROLLMENTS_PATH, &request);
        assert_eq!(reply.body.len(), ENROLLMENT_REPLY_BYTES);
        assert_eq!(reply.json::<yorisoi_protocol::wire::EnrollmentReply>().result, UNKNOWN);
    }
}

#[test]
fn so_many_join_on_one_day_in_japan_and_the_next_day_again() {
    let world = World::new();
    world.service.set_phrase(PROGRAMME, PHRASE, 2).unwrap();
    world.clock.set(on("2021-09-02", 24 * 3600 - 1));
    let (mut one, mut three, mut four) =
        (Device::new(&world, 1), Device::new(&world, 3), Device::new(&world, 4));
    let first = granted(one.enroll_by_phrase(PHRASE));
    granted(Device::new(&world, 2).enroll_by_phrase(PHRASE));
    assert_eq!(three.enroll_by_phrase(PHRASE), TOO_MANY);
    assert_eq!(granted(one.enroll_by_phrase(PHRASE)), first);
    // Cards are not counted with it.
    granted(four.enroll(&world.card()));
    world.clock.set(on("2021-09-03", 0));
    granted(three.enroll_by_phrase(PHRASE));
    granted(four.enroll_by_phrase(PHRASE));
    assert_eq!(Device::new(&world, 5).enroll_by_phrase(PHRASE), TOO_MANY);
}

#[test]
fn a_phrase_that_ended_takes_nobody_in_and_sends_nobody_away() {
    let world = World::new();
    world.service.set_phrase(PROGRAMME, PHRASE, 500).unwrap();
    let mut one = Device::new(&world, 1);
    let first = granted(one.enroll_by_phrase(PHRASE));
    world.service.set_phrase(PROGRAMME, "あたらしい", 500).unwrap();
    let (mut two, mut three) = (Device::new(&world, 2), Device::new(&world, 3));
    assert_eq!(two.enroll_by_phrase(PHRASE), ENDED);
    granted(two.enroll_by_phrase("あたらしい"));
    world.service.revoke_phrase(PROGRAMME).unwrap();
    assert_eq!(three.enroll_by_phrase("あたらしい"), ENDED);
    world.clock.set(on("2022-01-01", 0));
    assert_eq!(three.enroll_by_phrase("あたらしい"), ENDED, "told before the window");
    assert_eq!(granted(one.enroll_by_phrase(PHRASE)), first);
    world.clock.set(on("2021-09-03", 0));
    one.asked("熱があります。");
    // Set again, it is good again, and who joined then is counted.
    world.service.set_phrase(PROGRAMME, PHRASE, 500).unwrap();
    granted(Device::new(&world, 4).enroll_by_phrase(PHRASE));
    assert_eq!(granted(one.enroll_by_phrase(PHRASE)), first);
}

#[test]
fn the_window_holds_for_a_phrase_too() {
    let world = World::new();
    world.service.set_phrase(PROGRAMME, PHRASE, 500).unwrap();
    let since = on("2022-01-01", 0);
    world.clock.set(since);
    let late = Device::new(&world, 1).enroll_by_phrase(PHRASE);
    assert_eq!(late, EnrollmentResult::Refused(EnrollmentRefusal::Ended { since }));
}

#[test]
fn a_phrase_is_kept_nowhere_in_plain() {
    let world = World::new();
    world.service.set_phrase(PROGRAMME, PHRASE, 500).unwrap();
    granted(Device::new(&world, 1).enroll_by_phrase(PHRASE));
    let bytes = crate::secrecy::files(&world.data);
    assert!(crate::secrecy::contains(&bytes, PROGRAMME), "the scan sees what is there");
    assert!(!crate::secrecy::contains(&bytes, PHRASE));
}
