//! Rules of changes on their way down.

use yorisoi_protocol::ids::{ChangeId, Epoch};
use yorisoi_protocol::question::ClinicianRole;
use yorisoi_protocol::wire::{Cursor, Limits, SYNC_PATH, SyncReply, SyncRequest};
use yorisoi_server::desk_api::{AnswerRequest, answers_path, take_path};

use crate::device::{Device, consultation_of, id_of};
use crate::world::World;

/// A device that asked, and so many answers to it of so many characters.
fn answered(world: &World, answers: u8, chars: usize) -> Device<'_> {
    let mut device = Device::enrolled(world, 1);
    let (asked, _) = device.asked("質問");
    let consultation = consultation_of(&asked);
    let clinician = world.clinician("doctor", ClinicianRole::Pediatrician);
    assert_eq!(clinician.post(&take_path(consultation), &()).status, 200);
    for number in 1..=answers {
        let answer = AnswerRequest { id: ChangeId::from_bytes([number; 16]), text: "答".repeat(chars) };
        assert_eq!(clinician.post(&answers_path(consultation), &answer).status, 200);
    }
    device
}

#[test]
fn changes_come_in_order_in_bounded_pages_and_each_once() {
    let world = World::new();
    let mut device = answered(&world, 20, 4000);
    let (mut ids, mut pages) = (Vec::new(), 0);
    loop {
        let reply = device.sync(&[]);
        let bytes: usize = reply.changes.iter().map(|text| text.as_str().len()).sum();
        assert!(bytes <= Limits::V1.page_bytes);
        ids.extend(reply.changes.iter().map(id_of));
        pages += 1;
        if !reply.more {
            assert_eq!(reply.digest, device.digest, "both ends hold the same");
            assert_eq!(reply.cursor.position, 22);
            break;
        }
    }
    assert_eq!(pages, 2);
    assert_eq!(ids.len(), 21);
    let expected: Vec<[u8; 16]> = (1..=20).map(|number| [number; 16]).collect();
    assert_eq!(ids[1..], expected);
}

#[test]
fn a_cursor_of_another_life_is_served_from_the_beginning() {
    let world = World::new();
    let mut device = answered(&world, 2, 1);
    let whole = device.sync(&[]);
    assert_eq!(whole.changes.len(), 3);
    let beyond = Cursor { position: whole.cursor.position + 1, ..whole.cursor };
    let foreign =
        Cursor { epoch: Epoch::from_bytes(whole.cursor.epoch.as_bytes().map(|byte| !byte)), position: 3 };
    for cursor in [Some(beyond), Some(foreign), None] {
        device.cursor = cursor;
        let reply: SyncReply = device.sync_raw(&[]).json();
        assert_eq!(reply.changes, whole.changes);
        assert_eq!(reply.cursor, whole.cursor);
    }
}

#[test]
fn nobody_sees_anything_of_another_member() {
    let world = World::new();
    let code = world.card();
    let (mut mother, mut partner) = (Device::new(&world, 1), Device::new(&world, 2));
    mother.enroll(&code);
    partner.enroll(&code);
    mother.asked("だれにも言えないこと");
    let reply = partner.sync(&[]);
    assert_eq!((reply.changes.len(), reply.cursor.position), (0, 0));
    assert_eq!(reply.digest, yorisoi_protocol::digest::StreamDigest::EMPTY);
}

#[test]
fn a_sync_with_nothing_new_is_small_signed_and_names_what_it_vouches_for() {
    let world = World::new();
    let mut device = answered(&world, 3, 10);
    device.sync(&[]);
    let request = SyncRequest { cursor: device.cursor, operations: Vec::new() };
    let body = serde_json::to_vec(&request).unwrap();
    let reply = device.post(SYNC_PATH, &body, &[]);
    let mut names: Vec<&str> = reply.headers.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["content-length", "content-type", "date"]);
    assert!(reply.bytes <= 450, "{} bytes", reply.bytes);
    let caught_up: SyncReply = reply.json();
    assert_eq!(caught_up.digest, device.digest);
    assert_eq!(caught_up.time, world.now());
}

#[test]
fn a_long_reply_is_compressed_and_reads_the_same() {
    let world = World::new();
    let mut device = answered(&world, 1, 500);
    let reply = device.sync_raw(&[]);
    assert_eq!(reply.header("content-encoding"), Some("gzip"));
    assert!(reply.body.len() < 500);
    let read: SyncReply = reply.json();
    assert_eq!(read.changes.len(), 2);
}
