//! Rules of how often redeeming may fail.

use yorisoi_protocol::EnrollmentCode;
use yorisoi_protocol::wire::{
    ApiErrorCode, ENROLLMENT_REPLY_BYTES, ENROLLMENTS_PATH, EnrollmentReply, EnrollmentRequest,
    EnrollmentResult, PhraseRequest,
};

use crate::client::Reply;
use crate::device::Device;
use crate::operator::{Serving, done, fuchu, run};
use crate::world::{PROGRAMME, World, on};

const DAY: &str = "2021-09-02";
const PROXY: &str = "x-forwarded-for";
const PHRASE: &str = "てをあらおう";

/// A well-formed code of Fuchu that was never issued.
fn never(number: u64) -> String {
    EnrollmentCode::issue(37, number).unwrap().compact()
}

fn ask(device: &mut Device<'_>, code: &str, from: &str) -> Reply {
    let request = EnrollmentRequest { code: Some(code.to_owned()), phrase: None, device_key: device.key() };
    device.post(ENROLLMENTS_PATH, &serde_json::to_vec(&request).unwrap(), &[(PROXY, from)])
}

fn ask_by_phrase(device: &mut Device<'_>, phrase: &str) -> Reply {
    let phrase = PhraseRequest { programme: PROGRAMME.to_owned(), phrase: phrase.to_owned() };
    let request = EnrollmentRequest { code: None, phrase: Some(phrase), device_key: device.key() };
    device.post_json(ENROLLMENTS_PATH, &request)
}

/// Heard and granted, or heard and refused.
fn granted(reply: &Reply) -> bool {
    let reply: EnrollmentReply = reply.json();
    matches!(reply.result, EnrollmentResult::Granted(_))
}

/// Not heard; so many seconds to wait.
fn waits(reply: &Reply) -> u32 {
    assert_eq!(reply.refusal().code, ApiErrorCode::TooMany);
    reply.header("retry-after").unwrap().parse().unwrap()
}

/// What a reply says besides its text: everything but the date, and what only a wait carries.
fn head(reply: &Reply) -> Vec<(String, String)> {
    let spoken = |name: &str| name != "date" && name != "retry-after";
    reply.headers.iter().filter(|(name, _)| spoken(name)).cloned().collect()
}

#[test]
fn a_device_waits_from_its_tenth_failure_until_an_hour_after_the_first() {
    let world = World::new();
    let (mine, good) = (world.card(), world.card());
    let mut device = Device::new(&world, 1);
    assert!(granted(&ask(&mut device, &mine, "")));
    for minute in 0..10 {
        world.clock.set(on(DAY, minute * 60));
        // What no phone sends is no guess.
        assert!(!granted(&ask(&mut device, "no code", "")));
        assert!(!granted(&ask(&mut device, &never(minute as u64), "")));
    }
    for (second, left) in [(540, 3060), (3599, 1)] {
        world.clock.set(on(DAY, second));
        assert_eq!(waits(&ask(&mut device, &never(99), "")), left);
        assert_eq!(waits(&ask(&mut device, &good, "")), left, "a good card is no way to find out");
        assert!(granted(&ask(&mut device, &mine, "")), "its own card again");
    }
    assert!(granted(&ask(&mut Device::new(&world, 2), &good, "")), "another device");
    world.clock.set(on(DAY, 3600));
    assert!(!granted(&ask(&mut device, &never(100), "")));
    assert_eq!(waits(&ask(&mut device, &good, "")), 60, "an hour after the second");
    world.clock.set(on(DAY, 3660));
    assert!(granted(&ask(&mut device, &good, "")));
}

#[test]
fn a_phrase_is_missed_five_times_an_hour_and_codes_are_counted_apart() {
    let world = World::new();
    world.service.set_phrase(PROGRAMME, PHRASE, 500).unwrap();
    let mut device = Device::new(&world, 1);
    for _ in 0..5 {
        assert!(!granted(&ask_by_phrase(&mut device, "てをあらう")));
    }
    assert_eq!(waits(&ask_by_phrase(&mut device, PHRASE)), 3600);
    assert!(granted(&ask(&mut device, &world.card(), "")));
    world.clock.set(on(DAY, 3599));
    assert_eq!(waits(&ask_by_phrase(&mut device, PHRASE)), 1);
    world.clock.set(on(DAY, 3600));
    assert!(granted(&ask_by_phrase(&mut device, PHRASE)));
}

#[test]
fn having_to_wait_looks_like_every_answer() {
    let world = World::new();
    let mut device = Device::new(&world, 1);
    let granted = ask(&mut device, &world.card(), "");
    let refused = ask(&mut device, &never(0), "");
    for number in 1..10 {
        ask(&mut device, &never(number), "");
    }
    let waiting = ask(&mut device, &never(10), "");
    assert_eq!(waits(&waiting), 3600);
    for reply in [&granted, &refused, &waiting] {
        assert_eq!(reply.body.len(), ENROLLMENT_REPLY_BYTES);
        assert_eq!(head(reply), head(&granted));
    }
}

/// Sixty-one devices fail, four from each neighbourhood; the last failure shuts the door.
fn shut(world: &World) {
    for number in 0..61 {
        let from = format!("198.51.{}.9", number / 4);
        let reply = ask(&mut Device::new(world, 100 + number), &never(u64::from(number)), &from);
        assert!(!granted(&reply), "{number}");
    }
}

#[test]
fn more_than_sixty_failures_in_ten_minutes_shut_a_programme_for_ten_minutes() {
    let world = World::behind_proxy(PROXY);
    world.service.set_phrase(PROGRAMME, PHRASE, 500).unwrap();
    let (mine, good) = (world.card(), world.card());
    let (mut known, mut new) = (Device::new(&world, 1), Device::new(&world, 2));
    assert!(granted(&ask(&mut known, &mine, "192.0.2.1")));
    shut(&world);
    assert_eq!(waits(&ask(&mut new, &good, "192.0.2.1")), 600);
    assert_eq!(waits(&ask(&mut new, &never(99), "192.0.2.1")), 600);
    assert!(granted(&ask(&mut known, &mine, "192.0.2.1")), "who has a grant gets it again");
    assert!(granted(&ask_by_phrase(&mut new, PHRASE)), "the phrase has a door of its own");
    let other = EnrollmentCode::issue(36, 5).unwrap().compact();
    assert!(!granted(&ask(&mut new, &other, "192.0.2.1")), "another programme is heard");
    world.clock.set(on(DAY, 599));
    assert_eq!(waits(&ask(&mut new, &good, "192.0.2.1")), 1);
    world.clock.set(on(DAY, 600));
    assert!(granted(&ask(&mut new, &good, "192.0.2.1")));
}

#[test]
fn sixty_failures_spread_over_more_than_ten_minutes_shut_nothing() {
    let world = World::behind_proxy(PROXY);
    let fail = |number: u8| {
        let from = format!("198.51.{number}.9");
        assert!(!granted(&ask(&mut Device::new(&world, number), &never(u64::from(number)), &from)));
    };
    fail(0);
    world.clock.set(on(DAY, 599));
    (1..60).for_each(fail);
    // The first one is ten minutes old and counts no more: this is the sixtieth that does.
    world.clock.set(on(DAY, 600));
    fail(60);
    fail(61);
    assert!(world.service.programme_state(PROGRAMME).unwrap().doors[0].is_shut(world.now()));
    assert_eq!(waits(&ask(&mut Device::new(&world, 200), &world.card(), "192.0.2.1")), 600);
}

#[test]
fn one_neighbourhood_is_heard_no_more_long_before_it_could_shut_a_programme() {
    let world = World::behind_proxy(PROXY);
    let good = world.card();
    for number in 0..30 {
        let from = format!("203.0.113.{number}:61234");
        assert!(!granted(&ask(&mut Device::new(&world, number), &never(u64::from(number)), &from)));
    }
    let mut new = Device::new(&world, 200);
    assert_eq!(waits(&ask(&mut new, &good, "203.0.113.200")), 600);
    assert!(granted(&ask(&mut Device::new(&world, 201), &good, "198.51.100.1")), "another place");
    assert!(!world.service.programme_state(PROGRAMME).unwrap().doors[0].is_shut(world.now()));
    world.clock.set(on(DAY, 600));
    assert!(granted(&ask(&mut new, &good, "203.0.113.200")));
}

#[test]
fn a_proxy_whose_header_was_not_named_is_no_neighbourhood() {
    let world = World::new();
    let good = world.card();
    for number in 0..60 {
        // A header that was not named is not believed either.
        let reply = ask(&mut Device::new(&world, number), &never(u64::from(number)), "203.0.113.1");
        assert!(!granted(&reply), "{number}");
    }
    assert!(granted(&ask(&mut Device::new(&world, 200), &good, "203.0.113.1")));
}

#[test]
fn one_neighbourhood_shuts_no_programme_across_the_border_of_two_windows_either() {
    let world = World::behind_proxy(PROXY);
    let mut number = 0;
    // As many as are heard at this second, up to fifty.
    let mut heard_at = |second: i64, most: usize| {
        world.clock.set(on(DAY, second));
        let tried = (0..most).map(|_| {
            number += 1;
            ask(&mut Device::new(&world, number), &never(u64::from(number)), "203.0.113.1").status
        });
        tried.filter(|status| *status == 200).count()
    };
    assert_eq!(heard_at(0, 1), 1);
    // The first window is used up in its last second, and the next one begins a second later.
    assert!(heard_at(599, 50) + heard_at(600, 50) <= 60);
    assert!(!world.service.programme_state(PROGRAMME).unwrap().doors[0].is_shut(world.now()));
}

#[test]
fn an_operator_sees_what_is_shut_and_opens_it() {
    let world = World::behind_proxy(PROXY);
    shut(&world);
    let clock = world.data.join("clock");
    let at = |seconds: i64| {
        world.clock.set(on(DAY, seconds));
        std::fs::write(&clock, on(DAY, seconds).millis().to_string()).unwrap();
    };
    let command = |command: &str| {
        done(&world.data, &format!("programme {command} --programme fuchu-2021 --clock {}", clock.display()))
    };
    at(60);
    let shown = command("show");
    for line in [
        "fuchu-2021  2021-09-02 00:01:00 JST",
        "unknown codes in the last hour: 61\n",
        "codes: 停止中 / shut: 2021-09-02 00:00:00 JST – 2021-09-02 00:10:00 JST\n",
        "phrases: 開いています / open\n",
    ] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    assert_eq!(command("reopen"), "reopened codes\n");
    assert_eq!(command("reopen"), "", "it is open already");
    let shown = command("show");
    assert!(shown.contains("codes: 開いています / open; 前回の停止 / last shut: "), "{shown}");
    // Opened, it takes sixty again.
    assert!(granted(&ask(&mut Device::new(&world, 250), &world.card(), "192.0.2.1")));
    at(61);
    shut_again_takes_sixty_one(&world);
    assert_eq!(run(&world.data, "programme show --programme none").status.code(), Some(1));
}

fn shut_again_takes_sixty_one(world: &World) {
    for number in 0..60 {
        let from = format!("203.0.{number}.9");
        assert!(!granted(&ask(&mut Device::new(world, number), &never(1000 + u64::from(number)), &from)));
    }
    assert!(!world.service.programme_state(PROGRAMME).unwrap().doors[0].is_shut(world.now()));
    ask(&mut Device::new(world, 60), &never(2000), "203.0.113.9");
    assert!(world.service.programme_state(PROGRAMME).unwrap().doors[0].is_shut(world.now()));
}

#[test]
fn server_processes_agree_and_one_of_them_says_so_once() {
    let dir = tempfile::tempdir().unwrap();
    let (data, clock) = (dir.path().join("data"), dir.path().join("clock"));
    std::fs::write(&clock, on(DAY, 0).millis().to_string()).unwrap();
    done(&data, "init");
    done(&data, &format!("programme add {}", fuchu(dir.path())));
    let code = done(&data, "cards issue --programme fuchu-2021 --count 1");
    let processes = [(); 3].map(|()| Serving::start(&data, &clock));
    // Worlds of their own only lend their clocks; the requests go to the processes.
    let worlds: Vec<World> = processes
        .iter()
        .map(|process| {
            let mut world = World::new();
            world.address = process.address;
            world
        })
        .collect();
    for number in 0..61u8 {
        let mut device = Device::new(&worlds[usize::from(number % 3)], number);
        assert!(!granted(&ask(&mut device, &never(u64::from(number)), "")));
    }
    for (number, world) in (100..).zip(&worlds) {
        assert_eq!(waits(&ask(&mut Device::new(world, number), code.trim(), "")), 600);
    }
    let logs = processes.map(Serving::stop).concat();
    assert_eq!(logs.matches("shut for ten minutes").count(), 1, "{logs}");
    assert_eq!(logs.matches("--client-address-header").count(), 3, "each warns once: {logs}");
    assert!(logs.contains("programme=\"fuchu-2021\""), "{logs}");
    for secret in [code.trim().replace('-', ""), never(60), "127.0.0.1".to_owned()] {
        assert!(!logs.contains(&secret), "{logs}");
    }
}

#[test]
fn a_header_that_cannot_be_is_refused_before_anything_is_served() {
    let dir = tempfile::tempdir().unwrap();
    done(dir.path(), "init");
    let refused = run(dir.path(), "serve --client-address-header x:forwarded");
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("no name of a header"));
}
