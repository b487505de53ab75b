//! What is logged by accident is logged as `Debug` shows it: no code, phrase, key, text, answer or birth date.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use ring::signature::{Ed25519KeyPair, KeyPair};
use yorisoi_protocol::carriage::TicketText;
use yorisoi_protocol::cbor::{Reader, Writer};
use yorisoi_protocol::eligibility::{DateFact, Residence};
use yorisoi_protocol::ids::*;
use yorisoi_protocol::municipality::Municipality;
use yorisoi_protocol::question::{ClinicianRole, Service, Subject};
use yorisoi_protocol::ticket::{CardPrefix, TicketTerms};
use yorisoi_protocol::wire::*;
use yorisoi_protocol::{
    CardInput, CivilDate, EnrollmentCode, Facts, Programme, SharedPhrase, Ticket, Timestamp,
};

const PHRASE: &str = "てをあらおう";
const WORDS: &str = "夜中に三十八度の熱が出ました";
const BORN: &str = "2019-03-07";
const BLIND: &str = "AQEBAQEBAQEBAQEBAQEBAQ";
const FUCHU: &str = include_str!("../../sandbox/programmes/fuchu-2021.json");

fn code() -> EnrollmentCode {
    EnrollmentCode::parse("115GJ6HB7H6NWEY1").unwrap()
}

fn key() -> PublicKey {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[1; 32]).unwrap();
    PublicKey(pair.public_key().as_ref().try_into().unwrap())
}

/// Every spelling under which something secret could stand in a log.
fn canaries() -> Vec<String> {
    let mut found: Vec<String> = [PHRASE, WORDS, BORN, BLIND].map(str::to_owned).into();
    found.extend([code().compact(), code().grouped(), "choice".to_owned()]);
    for bytes in [&code().data_bits()[..8], &key().0[..]] {
        found.extend([HEXLOWER.encode(bytes), BASE64URL_NOPAD.encode(bytes)]);
        found.push(format!("{bytes:?}").trim_matches(['[', ']']).to_owned());
    }
    found
}

fn ticket() -> Vec<u8> {
    let terms = TicketTerms {
        issuer: Municipality::parse("132063").unwrap(),
        not_before: Timestamp::from_seconds(1_627_830_000),
        expires: Timestamp::from_seconds(1_640_962_800),
        issued_at: Timestamp::from_seconds(1_627_800_000),
        rule_set_version: 1,
    };
    Ticket::sign(&terms, &code(), &Ed25519KeyPair::from_seed_unchecked(&[3; 32]).unwrap()).unwrap()
}

fn cards() -> Vec<String> {
    let device_key = key();
    let by_code = EnrollmentRequest { code: Some(code().compact()), phrase: None, device_key };
    let phrase = PhraseRequest { programme: "fuchu-2021".into(), phrase: PHRASE.into() };
    let by_phrase = EnrollmentRequest { code: None, phrase: Some(phrase.clone()), device_key };
    let grant = Grant {
        device: DeviceId::from_bytes([4; 8]),
        member: MemberId::from_bytes([5; 16]),
        enrollment: EnrollmentId::from_bytes([6; 16]),
        programme: "fuchu-2021".into(),
        receipt_key: key(),
        trust: Trust::HouseholdCard,
        granted_at: Timestamp::default(),
    };
    let text = TicketText::of(&ticket());
    let (typed, scanned) = (CardInput::parse(&code().grouped()), CardInput::parse(&text.to_prefixed()));
    let writer = Writer::new().bytes(&code().data_bits());
    let refused = EnrollmentCode::parse("115GJ6HB7H6NWEY2").unwrap_err();
    vec![
        format!("{by_code:?} {by_phrase:?} {phrase:?}"),
        format!("{grant:?} {:?}", EnrollmentResult::Granted(grant.clone())),
        format!("{:?} {:?} {refused:?} {refused}", code(), CardPrefix::of(&code())),
        format!("{:?} {:?} {text:?}", typed.unwrap(), scanned.unwrap()),
        format!("{:?} {:?} {writer:?}", SharedPhrase::parse(PHRASE).unwrap(), key()),
        format!("{:?}", Reader::new(&ticket()).unwrap()),
    ]
}

fn messages() -> Vec<String> {
    let consultation = ConsultationId::from_bytes([8; 16]);
    let (begun, day) = (Timestamp::default(), CivilDate::parse(BORN).unwrap());
    let subject = Subject::Child { born: Some(day) };
    let (id, sha256) = (PhotoId::from_bytes([6; 16]), PhotoHash(key().0));
    let photo = Photo { id, kind: PhotoKind::Jpeg, bytes: 1, sha256 };
    let bodies = [
        OperationBody::Ask {
            consultation,
            service: Service::Pediatrics,
            subject,
            text: WORDS.into(),
            begun,
            photos: Vec::new(),
        },
        OperationBody::FollowUp { consultation, text: WORDS.into(), begun, photos: vec![photo] },
        OperationBody::Survey {
            survey: "endline".into(),
            version: 1,
            answers: [("choice".to_owned(), Some(1))].into(),
            day,
            blind: BLIND.into(),
        },
    ];
    let mut shown = vec![format!("{subject:?} {photo:?}")];
    for body in bodies {
        let operation = Operation { id: OperationId::from_bytes([7; 16]), seq: 1, at: begun, body };
        let text = EntryText::write(&operation).unwrap();
        let head = OperationHead::read(&text).unwrap();
        let request = SyncRequest { cursor: None, operations: vec![text.clone()] };
        shown.push(format!("{operation:?} {text:?} {head:?} {:?} {request:?}", head.body().unwrap()));
    }
    let role = ClinicianRole::Pediatrician;
    let body = ChangeBody::Answer { consultation, role, text: WORDS.into() };
    shown.push(format!("{:?}", Change { id: ChangeId::from_bytes([9; 16]), at: begun, body }));
    shown
}

fn families() -> Vec<String> {
    let day = CivilDate::parse(BORN).unwrap();
    let programme = Programme::parse(FUCHU).unwrap();
    let municipality = programme.municipality.clone();
    let facts = Facts {
        residence: Residence::Known { municipality, moved_out: Some(day) },
        delivered: DateFact::Known(day),
        children: vec![DateFact::Known(day), DateFact::Month { year: 2019, month: 3 }],
        caregiver_since: Some(DateFact::Known(day)),
        ..programme.card_facts()
    };
    vec![format!("{facts:?}")]
}

#[test]
fn no_type_shows_a_code_a_phrase_a_key_a_text_an_answer_or_a_birth_date() {
    let shown = [cards(), messages(), families()].concat();
    for canary in canaries() {
        for line in &shown {
            assert!(!line.contains(&canary), "{canary} in {line}");
        }
    }
    assert!(shown.iter().all(|line| !line.is_empty()));
}

#[test]
fn the_canaries_are_spelt_as_a_derived_debug_would_spell_them() {
    #[derive(Debug)]
    #[expect(dead_code, reason = "only shown")]
    struct Careless {
        code: String,
        key: [u8; 32],
        born: CivilDate,
        text: &'static str,
    }
    let born = CivilDate::parse(BORN).unwrap();
    let careless = Careless { code: code().compact(), key: key().0, born, text: WORDS };
    let shown = format!("{careless:?}");
    assert_eq!(canaries().iter().filter(|canary| shown.contains(canary.as_str())).count(), 4, "{shown}");
}
