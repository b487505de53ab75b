//! Rules of the clinician's desk.

use yorisoi_protocol::ids::{ChangeId, ConsultationId};
use yorisoi_protocol::question::{ClinicianRole, Service, Subject};
use yorisoi_protocol::wire::{ApiErrorCode, Change, ChangeBody, OperationBody};
use yorisoi_server::desk_api::{
    AnswerReply, AnswerRequest, Author, ConsultationView, LogIn, QUEUE_PATH, Queue, SESSIONS_PATH, Session,
    Taken, answers_path, consultation_path, take_path,
};

use crate::client::send;
use crate::device::{Device, consultation_of};
use crate::world::{World, on};

fn answer(number: u8, text: &str) -> AnswerRequest {
    AnswerRequest { id: ChangeId::from_bytes([number; 16]), text: text.to_owned() }
}

#[test]
fn a_question_is_taken_and_answered_and_both_reach_the_phone() {
    let world = World::new();
    let mut device = Device::enrolled(&world, 1);
    let (asked, receipt) = device.asked("夜中に熱が出ました");
    let consultation = consultation_of(&asked);
    let doctor = world.clinician("doctor", ClinicianRole::Pediatrician);
    let queue: Queue = doctor.get(QUEUE_PATH).json();
    let item = &queue.consultations[0];
    assert_eq!((item.consultation, item.messages), (consultation, 1));
    assert_eq!((item.waiting_since, Some(item.due)), (receipt.at, receipt.due));
    assert_eq!(item.taken, Taken::None);

    // Nobody reads before taking.
    let unread = doctor.get(&consultation_path(consultation));
    assert_eq!(unread.refusal().code, ApiErrorCode::Conflict);
    for _ in 0..2 {
        assert_eq!(doctor.post(&take_path(consultation), &()).status, 200);
    }
    let view: ConsultationView = doctor.get(&consultation_path(consultation)).json();
    assert_eq!(view.subject, Subject::Child { born: None });
    assert_eq!(view.messages[0].text, "夜中に熱が出ました");

    world.clock.set(on("2021-09-02", 3600));
    let first: AnswerReply =
        doctor.post(&answers_path(consultation), &answer(1, "水分をとらせてください")).json();
    world.clock.set(on("2021-09-02", 3700));
    let again: AnswerReply =
        doctor.post(&answers_path(consultation), &answer(1, "水分をとらせてください")).json();
    assert_eq!(first, again, "the same answer twice is one answer");
    let other = doctor.post(&answers_path(consultation), &answer(1, "別の答え"));
    assert_eq!(other.refusal().code, ApiErrorCode::Conflict);
    assert_eq!(doctor.get(QUEUE_PATH).json::<Queue>().consultations, []);

    let reply = device.sync(&[]);
    let changes: Vec<Change> = reply.changes.iter().map(|text| text.read().unwrap()).collect();
    assert_eq!(changes.len(), 2);
    let role = ClinicianRole::Pediatrician;
    assert_eq!(changes[0].body, ChangeBody::Taken { consultation, role });
    assert_eq!(changes[1].id, ChangeId::from_bytes([1; 16]));
    assert_eq!(changes[1].at, first.at);
    let text = "水分をとらせてください".to_owned();
    assert_eq!(changes[1].body, ChangeBody::Answer { consultation, role, text });
    assert_eq!(reply.digest, device.digest);
}

#[test]
fn a_follow_up_waits_in_the_same_hands() {
    let world = World::new();
    let mut device = Device::enrolled(&world, 1);
    let (asked, _) = device.asked("質問");
    let consultation = consultation_of(&asked);
    let doctor = world.clinician("doctor", ClinicianRole::Pediatrician);
    doctor.post(&take_path(consultation), &());
    doctor.post(&answers_path(consultation), &answer(1, "答え"));
    world.clock.set(on("2021-09-02", 3600));
    let follow_up = device.operation(OperationBody::FollowUp {
        consultation,
        text: "もう一つ".to_owned(),
        begun: world.now(),
        photos: Vec::new(),
    });
    device.sync(&[follow_up]);
    let queue: Queue = doctor.get(QUEUE_PATH).json();
    assert_eq!((queue.consultations[0].messages, queue.consultations[0].taken), (1, Taken::Mine));
    let view: ConsultationView = doctor.get(&consultation_path(consultation)).json();
    let from: Vec<Author> = view.messages.iter().map(|message| message.from).collect();
    let clinician = Author::Clinician(ClinicianRole::Pediatrician);
    assert_eq!(from, [Author::Parent, clinician, Author::Parent]);
    assert!(view.messages[0].answered_at.is_some());
    assert!(view.messages[2].answered_at.is_none());

    // It is in somebody's hands only once somebody took it, and the phone is told so once.
    let taken = |device: &mut Device| {
        let changes: Vec<Change> = device.sync(&[]).changes.iter().map(|text| text.read().unwrap()).collect();
        changes.iter().filter(|change| matches!(change.body, ChangeBody::Taken { .. })).count()
    };
    assert_eq!(taken(&mut device), 0);
    for _ in 0..2 {
        assert_eq!(doctor.post(&take_path(consultation), &()).status, 200);
    }
    assert_eq!(taken(&mut device), 1);
}

#[test]
fn what_one_has_taken_another_can_neither_take_read_nor_answer() {
    let world = World::new();
    let mut device = Device::enrolled(&world, 1);
    let (asked, _) = device.asked("質問");
    let consultation = consultation_of(&asked);
    let doctor = world.clinician("doctor", ClinicianRole::Pediatrician);
    let midwife = world.clinician("midwife", ClinicianRole::Midwife);
    doctor.post(&take_path(consultation), &());
    let queue: Queue = midwife.get(QUEUE_PATH).json();
    assert_eq!(queue.consultations[0].taken, Taken::Other);
    for refused in [
        midwife.post(&take_path(consultation), &()),
        midwife.get(&consultation_path(consultation)),
        midwife.post(&answers_path(consultation), &answer(1, "答え")),
    ] {
        assert_eq!(refused.refusal().code, ApiErrorCode::Conflict);
    }
    assert_eq!(device.sync(&[]).changes.len(), 1, "only the first taking is told");
}

#[test]
fn a_role_sees_and_takes_only_what_it_serves_soonest_due_first() {
    let world = World::new();
    let mut device = Device::enrolled(&world, 1);
    let (first, _) = device.asked("一つ目");
    world.clock.set(on("2021-09-02", 60));
    let (second, _) = device.asked("二つ目");
    let maternal = ConsultationId::from_bytes([9; 16]);
    let ask = device.operation(OperationBody::Ask {
        consultation: maternal,
        service: Service::Obstetrics,
        subject: Subject::Parent,
        text: "わたしのこと".to_owned(),
        begun: world.now(),
        photos: Vec::new(),
    });
    device.sync(&[ask]);
    let obstetrician = world.clinician("o", ClinicianRole::Obstetrician);
    let pediatrician = world.clinician("p", ClinicianRole::Pediatrician);
    let midwife = world.clinician("m", ClinicianRole::Midwife);
    let seen = |clinician: &crate::world::Clinician<'_>| -> Vec<ConsultationId> {
        let queue: Queue = clinician.get(QUEUE_PATH).json();
        queue.consultations.iter().map(|item| item.consultation).collect()
    };
    assert_eq!(seen(&obstetrician), [maternal]);
    assert_eq!(seen(&pediatrician), [consultation_of(&first), consultation_of(&second)]);
    assert_eq!(seen(&midwife).len(), 3);
    for path in [take_path(maternal), answers_path(maternal)] {
        let refused = pediatrician.post(&path, &answer(1, "答え"));
        assert_eq!(refused.refusal().code, ApiErrorCode::NotAllowed);
    }
}

#[test]
fn a_late_answer_still_arrives_and_texts_are_checked() {
    let world = World::new();
    let mut device = Device::enrolled(&world, 1);
    let (asked, _) = device.asked("質問");
    let consultation = consultation_of(&asked);
    world.clock.set(on("2022-01-20", 0));
    let doctor = world.clinician("doctor", ClinicianRole::Pediatrician);
    doctor.post(&take_path(consultation), &());
    for text in ["", "　", &"答".repeat(4001)] {
        let refused = doctor.post(&answers_path(consultation), &answer(1, text));
        assert_eq!(refused.refusal().code, ApiErrorCode::InvalidValue);
    }
    assert_eq!(doctor.post(&answers_path(consultation), &answer(1, "遅い答え")).status, 200);
    assert_eq!(device.sync(&[]).changes.len(), 2);
    // An operation's id is no answer's.
    let taken =
        AnswerRequest { id: ChangeId::from_bytes(crate::device::id_of(&asked)), text: "答え".to_owned() };
    let refused = doctor.post(&answers_path(consultation), &taken);
    assert_eq!(refused.refusal().code, ApiErrorCode::Conflict);
}

#[test]
fn a_log_in_is_proved_by_its_token_for_twelve_hours() {
    let world = World::new();
    let doctor = world.clinician("doctor", ClinicianRole::Pediatrician);
    assert_eq!(doctor.get(QUEUE_PATH).status, 200);
    for header in ["Bearer x", "Bearer ", "x"] {
        let headers = [("authorization", header)];
        let refused = send(world.address, "GET", QUEUE_PATH, &headers, b"");
        assert_eq!(refused.refusal().code, ApiErrorCode::LogInNeeded);
    }
    world.clock.set(on("2021-09-02", 12 * 3600 - 1));
    assert_eq!(doctor.get(QUEUE_PATH).status, 200);
    world.clock.set(on("2021-09-02", 12 * 3600));
    assert_eq!(doctor.get(QUEUE_PATH).refusal().code, ApiErrorCode::LogInNeeded);
}

#[test]
fn ten_wrong_passwords_close_a_log_in_for_a_while() {
    let world = World::new();
    let role = ClinicianRole::Midwife;
    let password = world.service.add_clinician("midwife", role, 1).unwrap();
    let log_in = |password: &str| {
        let log_in = LogIn { login: "midwife".to_owned(), password: password.to_owned() };
        world.post(SESSIONS_PATH, &[], &log_in)
    };
    for _ in 0..10 {
        assert_eq!(log_in("wrong").refusal().code, ApiErrorCode::LogInNeeded);
    }
    let closed = log_in(&password);
    assert_eq!(closed.refusal().code, ApiErrorCode::TooMany);
    assert_eq!(closed.header("retry-after"), Some("900"));
    world.clock.set(on("2021-09-02", 900));
    let session: Session = log_in(&password).json();
    assert_eq!(session.role, role);
}

#[test]
fn an_unknown_log_in_is_refused_like_a_wrong_password() {
    let world = World::new();
    let log_in = LogIn { login: "nobody".to_owned(), password: "x".to_owned() };
    let refused = world.post(SESSIONS_PATH, &[], &log_in);
    assert_eq!(refused.refusal().code, ApiErrorCode::LogInNeeded);
}
