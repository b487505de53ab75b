//! Rules of redeeming that only a look at the storage proves: what is done behind an answer does not tell which it is.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use ring::signature::{Ed25519KeyPair, KeyPair};
use yorisoi_protocol::CivilDate;
use yorisoi_protocol::ids::Nonce;
use yorisoi_protocol::wire::{Authorization, Caller, ENROLLMENTS_PATH, signed_text};

use super::super::SignedRequest;
use super::*;
use crate::clock::Clock;
use crate::randomness::SystemRandomness;
use crate::storage::counting::{Calls, CountingStorage};

const FUCHU: &str = include_str!("../../../sandbox/programmes/fuchu-2021.json");
const PROGRAMME: &str = "fuchu-2021";
const PHRASE: &str = "てをあらおう";
/// What every answer costs, in this order; a new grant adds [`NEW`] before the attempt is noted. Having to wait costs all
/// but noting it.
const CARD: [&str; 10] = [
    "begin",
    "use_nonce",
    "lock_card",
    "joined",
    "programme_at",
    "own_failures",
    "shut",
    "door_failures",
    "note_attempt",
    "commit",
];
const BY_PHRASE: [&str; 10] = [
    "begin",
    "use_nonce",
    "lock_phrase",
    "joined",
    "programme",
    "own_failures",
    "shut",
    "door_failures",
    "note_attempt",
    "commit",
];
const NEW: &str = "add_grant";

struct ManualClock(AtomicI64);

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// A service whose storage tells what was called.
struct Watched {
    service: Service,
    calls: Calls,
    clock: Arc<ManualClock>,
    asked: u32,
    dir: tempfile::TempDir,
}

impl Watched {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (data, keys) = (dir.path().join("data"), dir.path().join("keys"));
        Service::init(&data, &keys, &SystemRandomness::default()).unwrap();
        let clock = Arc::new(ManualClock(AtomicI64::new(0)));
        let mut service =
            Service::open(&data, &keys, clock.clone(), Arc::new(SystemRandomness::default())).unwrap();
        service.add_programme(FUCHU).unwrap();
        let calls = Calls::new(Mutex::new(Vec::new()));
        service.storage = Box::new(CountingStorage::new(service.storage, Arc::clone(&calls)));
        let watched = Self { service, calls, clock, asked: 0, dir };
        watched.set("2021-09-02");
        watched
    }

    fn set(&self, day: &str) {
        self.clock.0.store(CivilDate::parse(day).unwrap().starts_at().millis(), Ordering::SeqCst);
    }

    fn card(&self) -> String {
        self.service.issue_cards(PROGRAMME, 1).unwrap()[0].compact()
    }

    /// What the device with this number is answered, and what was called for it.
    fn ask(
        &mut self,
        device: u8,
        code: Option<&str>,
        phrase: Option<&str>,
    ) -> (EnrollmentResult, Vec<&'static str>) {
        let (reply, calls) = self.ask_anything(device, code, phrase);
        (reply.unwrap().result, calls)
    }

    fn ask_anything(
        &mut self,
        device: u8,
        code: Option<&str>,
        phrase: Option<&str>,
    ) -> (Result<EnrollmentReply, Failure>, Vec<&'static str>) {
        self.asked += 1;
        let pair = Ed25519KeyPair::from_seed_unchecked(&[device; 32]).unwrap();
        let request = EnrollmentRequest {
            code: code.map(str::to_owned),
            phrase: phrase
                .map(|phrase| PhraseRequest { programme: PROGRAMME.to_owned(), phrase: phrase.to_owned() }),
            device_key: PublicKey(pair.public_key().as_ref().try_into().unwrap()),
        };
        let mut nonce = [0; 6];
        nonce[..4].copy_from_slice(&self.asked.to_be_bytes());
        let (nonce, seconds) = (Nonce::from_bytes(nonce), self.service.now().seconds());
        let text = signed_text("POST", ENROLLMENTS_PATH, Caller::New, seconds, nonce, b"");
        let signature = pair.sign(text.as_bytes()).as_ref().try_into().unwrap();
        let header = Authorization { caller: Caller::New, seconds, nonce, signature }.to_string();
        let sent =
            SignedRequest { method: "POST", path: ENROLLMENTS_PATH, authorization: Some(&header), body: b"" };
        self.calls.lock().unwrap().clear();
        let signed = self.service.authenticate_key(sent, request.device_key).unwrap();
        let reply = self.service.enroll(&signed, &request, None);
        (reply, self.calls.lock().unwrap().clone())
    }

    /// The device has to wait, and that cost the same whatever it showed.
    fn waits(&mut self, device: u8, code: Option<&str>, phrase: Option<&str>, seconds: u32) {
        let (reply, calls) = self.ask_anything(device, code, phrase);
        assert_eq!(reply.unwrap_err(), Failure::too_many(seconds));
        assert_eq!(calls, unnoted(if code.is_some() { CARD } else { BY_PHRASE }));
    }

    /// The answer is this refusal, and cost what every answer costs.
    fn refused(&mut self, device: u8, code: &str, refusal: EnrollmentRefusal) {
        let (result, calls) = self.ask(device, Some(code), None);
        assert_eq!((result, calls), (EnrollmentResult::Refused(refusal), CARD.to_vec()));
    }

    fn refused_phrase(&mut self, device: u8, phrase: &str, refusal: EnrollmentRefusal) {
        let (result, calls) = self.ask(device, None, Some(phrase));
        assert_eq!((result, calls), (EnrollmentResult::Refused(refusal), BY_PHRASE.to_vec()));
    }
}

fn with_new(calls: [&'static str; 10]) -> Vec<&'static str> {
    let mut calls = calls.to_vec();
    calls.insert(8, NEW);
    calls
}

fn unnoted(calls: [&'static str; 10]) -> Vec<&'static str> {
    calls.into_iter().filter(|call| *call != "note_attempt").collect()
}

#[test]
fn every_answer_about_a_card_does_the_same_work_and_a_new_grant_adds_its_rows() {
    let mut watched = Watched::new();
    let cards: Vec<String> = (0..4).map(|_| watched.card()).collect();
    watched.service.revoke_card(PROGRAMME, 2).unwrap();
    watched.service.replace_card(PROGRAMME, 3).unwrap();
    for device in [1, 2] {
        let (result, calls) = watched.ask(device, Some(&cards[0]), None);
        assert!(matches!(result, EnrollmentResult::Granted(_)));
        assert_eq!(calls, with_new(CARD));
    }
    let (again, calls) = watched.ask(1, Some(&cards[0]), None);
    assert!(matches!(again, EnrollmentResult::Granted(_)));
    assert_eq!(calls, CARD, "the same device again");
    watched.refused(3, &cards[0], EnrollmentRefusal::CardFull);
    watched.refused(3, &cards[1], EnrollmentRefusal::CardRevoked);
    watched.refused(3, &cards[2], EnrollmentRefusal::CardReplaced);
    let never = |index| EnrollmentCode::issue(index, 5).unwrap().compact();
    for unknown in [never(37), never(36), "no code".to_owned(), String::new()] {
        watched.refused(3, &unknown, EnrollmentRefusal::UnknownCode);
    }
    watched.set("2021-08-01");
    let from = CivilDate::parse("2021-08-02").unwrap().starts_at();
    watched.refused(3, &cards[3], EnrollmentRefusal::NotYet { from });
    watched.set("2022-01-01");
    let since = CivilDate::parse("2022-01-01").unwrap().starts_at();
    watched.refused(3, &cards[3], EnrollmentRefusal::Ended { since });
}

#[test]
fn every_answer_about_a_phrase_does_the_same_work_and_a_new_grant_adds_its_rows() {
    let mut watched = Watched::new();
    watched.refused_phrase(1, PHRASE, EnrollmentRefusal::UnknownCode);
    watched.service.set_phrase(PROGRAMME, PHRASE, 1).unwrap();
    let (result, calls) = watched.ask(1, None, Some(PHRASE));
    assert!(matches!(result, EnrollmentResult::Granted(_)));
    assert_eq!(calls, with_new(BY_PHRASE));
    let (again, calls) = watched.ask(1, None, Some(PHRASE));
    assert_eq!(again, result);
    assert_eq!(calls, BY_PHRASE, "the same device again");
    watched.refused_phrase(2, PHRASE, EnrollmentRefusal::TooManyToday);
    watched.refused_phrase(2, "てをあらう", EnrollmentRefusal::UnknownCode);
    watched.service.revoke_phrase(PROGRAMME).unwrap();
    watched.refused_phrase(2, PHRASE, EnrollmentRefusal::CardRevoked);
}

#[test]
fn having_to_wait_costs_the_same_whatever_is_shown() {
    let mut watched = Watched::new();
    watched.service.set_phrase(PROGRAMME, PHRASE, 1).unwrap();
    let (good, used) = (watched.card(), watched.card());
    watched.ask(1, Some(&used), None);
    watched.ask(1, None, Some(PHRASE));
    let never = EnrollmentCode::issue(37, 5).unwrap().compact();
    for _ in 0..10 {
        watched.refused(1, &never, EnrollmentRefusal::UnknownCode);
    }
    for code in [&never, &good, "no code"] {
        watched.waits(1, Some(code), None, 3600);
    }
    let (again, calls) = watched.ask(1, Some(&used), None);
    assert!(matches!(again, EnrollmentResult::Granted(_)));
    assert_eq!(calls, CARD, "its own card again");
    for _ in 0..5 {
        watched.refused_phrase(1, "てをあらう", EnrollmentRefusal::UnknownCode);
    }
    watched.waits(1, None, Some("てをあらう"), 3600);
    let (again, calls) = watched.ask(1, None, Some(PHRASE));
    assert!(matches!(again, EnrollmentResult::Granted(_)));
    assert_eq!(calls, BY_PHRASE, "its own phrase again");
}

#[test]
fn the_failure_that_shuts_a_door_adds_its_mark_and_whoever_waits_then_costs_the_same() {
    let mut watched = Watched::new();
    let good = watched.card();
    let never = EnrollmentCode::issue(37, 5).unwrap().compact();
    for number in 0..60 {
        watched.refused(10 + number, &never, EnrollmentRefusal::UnknownCode);
    }
    let (_, calls) = watched.ask(100, Some(&never), None);
    let marked = [&CARD[..9], &["set_shut", "commit"]].concat();
    assert_eq!(calls, marked);
    for code in [&good, &never] {
        watched.waits(101, Some(code), None, 600);
    }
}

#[test]
fn ten_thousand_attempts_that_were_told_to_wait_leave_no_trace() {
    let mut watched = Watched::new();
    let never = EnrollmentCode::issue(37, 5).unwrap().compact();
    for _ in 0..10 {
        watched.refused(1, &never, EnrollmentRefusal::UnknownCode);
    }
    for _ in 0..10_000 {
        watched.waits(1, Some(&never), None, 3600);
    }
    let database = rusqlite::Connection::open(watched.dir.path().join("data/yorisoi.db")).unwrap();
    let rows: u32 = database.query_row("SELECT count(*) FROM attempt", (), |row| row.get(0)).unwrap();
    assert_eq!(rows, 10);
}
