//! What is logged by accident is logged as `Debug` shows it: no code, key, text, answer or birth date.

use yorisoi_protocol::eligibility::DateFact;
use yorisoi_protocol::ids::{ConsultationId, MemberId, MessageId};
use yorisoi_protocol::question::{ClinicianRole, Service, Subject};
use yorisoi_protocol::survey::SurveyAnswers;
use yorisoi_protocol::survey::offer::SurveyOffer;
use yorisoi_protocol::{CivilDate, Programme, Timestamp};

use crate::client::NewDraft;
use crate::family::{FamilyFact, FamilyFacts, MovedOut};
use crate::store::{
    Consultation, Draft, Entries, OwnMessage, Provisional, Settings, SurveyRecord, ThreadMessage, Writer,
};
use crate::sync::Vouching;
use crate::testing::FUCHU;
use crate::transport::{Method, Request, Response};
use crate::view::{
    ConsultationView, DraftView, FoundIn, MessageStep, MessageView, SearchHit, SurveyState, SurveyView,
};

const CODE: &str = "115GJ6HB7H6NWEY1";
const WORDS: &str = "canary-quartz";
const BORN: &str = "2019-03-07";
const KEY: [u8; 32] = [119; 32];
const AT: Timestamp = Timestamp::EARLIEST;
const SERVICE: Service = Service::Pediatrics;

/// Every spelling under which something secret could stand in a log, byte by byte too.
fn canaries() -> Vec<String> {
    let listed = |bytes: &[u8]| format!("{bytes:?}").trim_matches(['[', ']']).to_owned();
    let mut found = [CODE, WORDS, BORN, "choice"].map(str::to_owned).to_vec();
    found.extend([listed(CODE.as_bytes()), listed(WORDS.as_bytes()), listed(&KEY)]);
    found
}

fn subject() -> Subject {
    Subject::Child { born: CivilDate::parse(BORN) }
}

fn answers() -> SurveyAnswers {
    [("choice".to_owned(), Some(1))].into()
}

fn rows() -> Vec<String> {
    let (subject, text) = (subject(), WORDS.to_owned());
    let provisional = Provisional {
        code: CODE.into(),
        programme: "fuchu-2021".into(),
        since: AT,
        until: AT,
        refused: None,
    };
    let summary = Consultation {
        service: SERVICE,
        subject,
        preview: text.clone(),
        own: OwnMessage::saved(1),
        last: AT,
        answered: None,
        taken: None,
        unread: 0,
        pages: 0,
        entries: Entries::default(),
    };
    let draft = Draft {
        service: SERVICE.into(),
        subject: subject.into(),
        consultation: None,
        text: text.clone(),
        begun: AT,
        saved: AT,
        ready: None,
    };
    let thread = ThreadMessage {
        id: MessageId::from_bytes([9; 16]),
        at: AT,
        text: text.clone(),
        writer: Writer::Clinician(ClinicianRole::Midwife),
    };
    let new = NewDraft { id: None, service: SERVICE, subject, consultation: None, text };
    let survey = SurveyRecord { version: 1, answers: answers(), seq: 1 };
    vec![format!("{provisional:?} {summary:?}"), format!("{draft:?} {thread:?} {new:?} {survey:?}")]
}

fn views() -> Vec<String> {
    let (subject, text) = (subject(), WORDS.to_owned());
    let (consultation, id) = (ConsultationId::from_bytes([8; 16]), MessageId::from_bytes([9; 16]));
    let step = MessageStep::SavedHere;
    let list = ConsultationView {
        id: consultation,
        service: SERVICE,
        subject,
        preview: text.clone(),
        step,
        due: None,
        last: AT,
        unread: 0,
        messages: 1,
    };
    let message = MessageView {
        id,
        role: None,
        text: text.clone(),
        at: AT,
        step: Some(step),
        due: None,
        held_since: None,
        refusal: None,
    };
    let draft = DraftView {
        id,
        service: Some(SERVICE),
        subject: Some(subject),
        consultation: None,
        text: text.clone(),
        begun: AT,
        send: None,
        ready: false,
    };
    let hit = SearchHit { found_in: FoundIn::Message { consultation, message: id }, snippet: text };
    let survey = SurveyView {
        definition: Programme::parse(FUCHU).unwrap().survey.unwrap(),
        state: SurveyState::Answered,
        offer: SurveyOffer::Answered { version: 1 },
        reminder_due: false,
        answered_version: Some(1),
        answers: Some(answers()),
    };
    vec![format!("{list:?} {message:?}"), format!("{draft:?} {hit:?} {survey:?}")]
}

fn family() -> Vec<String> {
    let day = CivilDate::parse(BORN).unwrap();
    let date = DateFact::Known(day);
    let municipality = Programme::parse(FUCHU).unwrap().municipality;
    let family = FamilyFacts {
        children: vec![date],
        delivered: date,
        caregiver_since: date,
        moved_out: Some(MovedOut { municipality, day }),
    };
    let facts = [FamilyFact::Children(vec![date]), FamilyFact::MovedOut(Some(day))];
    let settings = Settings { family: family.clone(), ..Settings::default() };
    vec![format!("{family:?} {settings:?}"), format!("{facts:?}")]
}

fn exchanges() -> Vec<String> {
    let request = |body: &str| Request {
        method: Method::Post,
        path: "/v1/enrollments".into(),
        authorization: None,
        held: None,
        body: body.as_bytes().to_vec(),
        gzip: false,
    };
    let body = WORDS.as_bytes().to_vec();
    let response = Response { status: 200, media_type: None, retry_after: None, body };
    let vouching = Vouching { member: MemberId::from_bytes([5; 16]), receipt_keys: vec![KEY] };
    vec![format!("{:?} {:?} {response:?} {vouching:?}", request(CODE), request(WORDS))]
}

#[test]
fn no_type_shows_a_code_a_key_a_text_an_answer_or_a_birth_date() {
    let shown = [rows(), views(), family(), exchanges()].concat();
    for canary in canaries() {
        for line in &shown {
            assert!(!line.contains(&canary), "{canary} in {line}");
        }
    }
}

#[test]
fn the_canaries_are_spelt_as_a_derived_debug_would_spell_them() {
    let careless = format!(
        "{:?}",
        (CODE, WORDS, CivilDate::parse(BORN), CODE.as_bytes(), WORDS.as_bytes(), KEY, answers())
    );
    for canary in canaries() {
        assert!(careless.contains(&canary), "{canary}");
    }
}
