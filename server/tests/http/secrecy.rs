//! What must not be found: texts in files, codes and passwords anywhere, anything of a person in a log.

use std::path::Path;

use data_encoding::BASE64URL_NOPAD;
use yorisoi_protocol::ids::{ChangeId, ConsultationId};
use yorisoi_protocol::question::ClinicianRole;
use yorisoi_server::desk_api::{AnswerRequest, LogIn, SESSIONS_PATH, answers_path, take_path};

use crate::client::send;
use crate::device::{Device, consultation_of};
use crate::operator::{Serving, done, fuchu};
use crate::world::World;

const QUESTION: &str = "カナリアの質問canary-question";
const ANSWER: &str = "カナリアの答えcanary-answer";

/// Every file below `dir`, one after the other.
pub(crate) fn files(dir: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => bytes.append(&mut files(&path)),
            false => bytes.append(&mut std::fs::read(&path).unwrap()),
        }
    }
    bytes
}

pub(crate) fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn nothing_a_person_wrote_stands_in_the_files_in_plain() {
    let world = World::new();
    let code = world.card();
    let mut device = Device::new(&world, 1);
    device.enroll(&code);
    let (asked, _) = device.asked(QUESTION);
    let doctor = world.clinician("doctor", ClinicianRole::Pediatrician);
    doctor.post(&take_path(consultation_of(&asked)), &());
    let answer = AnswerRequest { id: ChangeId::from_bytes([1; 16]), text: ANSWER.to_owned() };
    assert_eq!(doctor.post(&answers_path(consultation_of(&asked)), &answer).status, 200);
    let bytes = files(&world.data);
    // The scan sees what is there: a log-in name is kept in plain.
    assert!(contains(&bytes, "doctor"));
    for secret in ["カナリア", "canary", &code, &code[3..13], "\"child\""] {
        assert!(!contains(&bytes, secret), "{secret}");
    }
}

#[test]
fn the_log_names_routes_and_results_and_nothing_of_a_caller() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let clock = dir.path().join("clock");
    std::fs::write(&clock, "1630508400000").unwrap();
    done(&data, "init");
    done(&data, &format!("programme add {}", fuchu(dir.path())));
    let code = done(&data, "cards issue --programme fuchu-2021 --count 1");
    let password = done(&data, "clinician add --login canary-login --role midwife");
    let serving = Serving::start(&data, &clock);
    // A world of its own only lends its clock; the requests go to the process.
    let mut world = World::new();
    world.clock.set(yorisoi_protocol::Timestamp::from_millis(1_630_508_400_000));
    world.address = serving.address;
    let mut device = Device::new(&world, 1);
    device.enroll(code.trim());
    let (asked, _) = device.asked(QUESTION);
    let token = answered(&world, password.trim(), consultation_of(&asked));
    let consultation = consultation_of(&asked).to_string();
    let grant = device.grant.clone().unwrap();
    drop(device);
    let log = serving.stop();
    assert!(log.contains("route=\"/v1/desk/consultations/{id}/answers\" status=200"), "{log}");
    assert!(log.contains("clock is not real"));
    let compact = code.trim().replace('-', "");
    let key = BASE64URL_NOPAD.encode(&[1; 16]);
    for secret in [
        "canary",
        "カナリア",
        code.trim(),
        &compact,
        password.trim(),
        &token,
        &consultation,
        &grant.member.to_string(),
        &grant.device.to_string(),
        &key,
    ] {
        assert!(!log.contains(secret), "{secret}");
    }
}

/// Logs in, takes, answers, asks for what is not there; gives the session's token.
fn answered(world: &World, password: &str, consultation: ConsultationId) -> String {
    let log_in = LogIn { login: "canary-login".to_owned(), password: password.to_owned() };
    let session: yorisoi_server::desk_api::Session = world.post(SESSIONS_PATH, &[], &log_in).json();
    let bearer = format!("Bearer {}", session.token);
    let headers = [("authorization", bearer.as_str())];
    world.post(&take_path(consultation), &headers, &());
    let answer = AnswerRequest { id: ChangeId::from_bytes([1; 16]), text: ANSWER.to_owned() };
    assert_eq!(world.post(&answers_path(consultation), &headers, &answer).status, 200);
    send(world.address, "GET", "/canary/path?canary=query", &[("canary", "canary")], b"");
    send(world.address, "POST", SESSIONS_PATH, &headers, b"{\"login\":\"canary\",\"password\":\"canary\"}");
    session.token
}
