//! Rules of bodies, addresses and limits.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use yorisoi_protocol::wire::{
    ApiErrorCode, ENROLLMENTS_PATH, EnrollmentRequest, LIMITS_PATH, Limits, OutcomeResult, SYNC_PATH,
    SyncReply, SyncRequest,
};
use yorisoi_server::desk_api::{AnswerRequest, SESSIONS_PATH};

use crate::client::send;
use crate::device::Device;
use crate::world::World;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn the_limits_are_published() {
    let world = World::new();
    let limits: Limits = send(world.address, "GET", LIMITS_PATH, &[], b"").json();
    assert_eq!(limits, Limits::V1);
}

#[test]
fn a_body_over_the_limit_is_refused_plain_and_inflated() {
    let world = World::new();
    let mut device = Device::enrolled(&world, 1);
    let spaces = |count: usize| [b"{".as_slice(), &b" ".repeat(count - 2), b"}"].concat();
    let limit = Limits::V1.request_bytes;
    assert_eq!(device.post(SYNC_PATH, &spaces(limit), &[]).status, 200);
    let zip = [("content-encoding", "gzip")];
    assert_eq!(device.post(SYNC_PATH, &gzip(&spaces(limit)), &zip).status, 200);
    let plain = device.post(SYNC_PATH, &spaces(limit + 1), &[]);
    assert_eq!(plain.refusal().code, ApiErrorCode::TooLarge);
    // Its checksum is wrong: whoever inflates it to the end says malformed, and has inflated it to the end.
    let mut bomb = gzip(&spaces(64 * 1024 * 1024));
    assert!(bomb.len() < limit);
    *bomb.last_mut().unwrap() ^= 1;
    let inflated = device.post(SYNC_PATH, &bomb, &zip);
    assert_eq!(inflated.refusal().code, ApiErrorCode::TooLarge);
    assert_eq!(device.post(SYNC_PATH, b"{}", &[]).status, 200);
}

#[test]
fn more_operations_than_the_limit_are_refused() {
    let world = World::new();
    let mut device = Device::enrolled(&world, 1);
    let operations: Vec<_> = (0..=Limits::V1.operations).map(|_| device.ask("質問")).collect();
    assert_eq!(device.sync_raw(&operations).refusal().code, ApiErrorCode::TooLarge);
    let reply = device.sync(&operations[..Limits::V1.operations]);
    assert_eq!(reply.outcomes.len(), Limits::V1.operations);
}

#[test]
fn a_compressed_request_is_read_and_the_signature_is_over_what_was_sent() {
    let world = World::new();
    let mut device = Device::enrolled(&world, 1);
    let request = SyncRequest { cursor: None, operations: vec![device.ask("圧縮された質問")] };
    let body = gzip(&serde_json::to_vec(&request).unwrap());
    let reply: SyncReply = device.post(SYNC_PATH, &body, &[("content-encoding", "gzip")]).json();
    assert!(matches!(reply.outcomes[0].result, OutcomeResult::Applied(_)));
    for (body, encoding) in [(&body, "br"), (&b"not gzip".to_vec(), "gzip")] {
        let reply = device.post(SYNC_PATH, body, &[("content-encoding", encoding)]);
        assert_eq!(reply.refusal().code, ApiErrorCode::Malformed);
    }
    for end in 0..body.len() {
        let reply = device.post(SYNC_PATH, &body[..end], &[("content-encoding", "gzip")]);
        assert_eq!(reply.refusal().code, ApiErrorCode::Malformed, "cut at {end}");
    }
}

#[test]
fn json_cut_at_any_byte_is_malformed_and_leaves_nothing() {
    let world = World::new();
    let mut device = Device::enrolled(&world, 1);
    let request = SyncRequest { cursor: None, operations: vec![device.ask("途中で切れる質問")] };
    let body = serde_json::to_vec(&request).unwrap();
    for end in 0..body.len() {
        let refusal = device.post(SYNC_PATH, &body[..end], &[]).refusal();
        assert_eq!(refusal.code, ApiErrorCode::Malformed, "cut at {end}");
    }
    let reply: SyncReply = device.post(SYNC_PATH, &body, &[]).json();
    assert!(matches!(reply.outcomes[0].result, OutcomeResult::Applied(_)));
}

#[test]
fn an_enrollment_cut_at_any_byte_leaves_the_card_unused() {
    let world = World::new();
    let mut device = Device::new(&world, 1);
    let request = EnrollmentRequest { code: Some(world.card()), phrase: None, device_key: device.key() };
    let body = serde_json::to_vec(&request).unwrap();
    for end in 0..body.len() {
        let refusal = device.post(ENROLLMENTS_PATH, &body[..end], &[]).refusal();
        assert_eq!(refusal.code, ApiErrorCode::Malformed, "cut at {end}");
    }
    assert_eq!(world.service.cards("fuchu-2021").unwrap()[0].members, 0);
}

#[test]
fn unknown_addresses_and_methods_are_refused_in_json() {
    let world = World::new();
    for (method, path, code) in [
        ("GET", "/", ApiErrorCode::NotFound),
        ("GET", "/v1/nothing", ApiErrorCode::NotFound),
        ("GET", "/v1/desk/consultations/%ff", ApiErrorCode::LogInNeeded),
        ("GET", SYNC_PATH, ApiErrorCode::MethodNotAllowed),
        ("POST", LIMITS_PATH, ApiErrorCode::MethodNotAllowed),
    ] {
        let reply = send(world.address, method, path, &[], b"");
        assert_eq!(reply.refusal().code, code, "{method} {path}");
        assert_eq!(reply.header("content-type"), Some("application/json"));
    }
    let log_in = send(world.address, "POST", SESSIONS_PATH, &[], b"{\"login\":1}");
    assert_eq!(log_in.refusal().code, ApiErrorCode::Malformed);
    let clinician = world.clinician("midwife", yorisoi_protocol::question::ClinicianRole::Midwife);
    for id in ["x", "%ff", "AAAAAAAAAAAAAAAAAAAAAA"] {
        let path = format!("/v1/desk/consultations/{id}");
        assert_eq!(clinician.get(&path).refusal().code, ApiErrorCode::NotFound, "{id}");
        let answer = AnswerRequest {
            id: yorisoi_protocol::ids::ChangeId::from_bytes([1; 16]),
            text: "答え".to_owned(),
        };
        let reply = clinician.post(&format!("{path}/answers"), &answer);
        assert_eq!(reply.refusal().code, ApiErrorCode::NotFound, "{id}");
    }
}
