//! Rules of signatures.

use yorisoi_protocol::ids::{DeviceId, Nonce};
use yorisoi_protocol::wire::{ApiErrorCode, Caller, SYNC_PATH, SyncReply};
use yorisoi_server::service::DATABASE_FILE;

use crate::client::{Reply, send};
use crate::device::Device;
use crate::world::{World, on};

const BODY: &[u8] = b"{}";

fn sync(world: &World, header: &str, body: &[u8]) -> Reply {
    send(world.address, "POST", SYNC_PATH, &[("authorization", header)], body)
}

#[test]
fn a_request_without_a_well_formed_signature_is_refused() {
    let world = World::new();
    let mut device = Device::enrolled(&world, 1);
    let good = device.authorization("POST", SYNC_PATH, BODY).to_string();
    let cut = &good[..good.len() - 1];
    for header in ["", "Bearer x", "Yorisoi x", cut] {
        let refusal = sync(&world, header, BODY).refusal();
        assert_eq!(refusal.code, ApiErrorCode::SignatureMissing, "{header}");
    }
    let none = send(world.address, "POST", SYNC_PATH, &[], BODY);
    assert_eq!(none.refusal().code, ApiErrorCode::SignatureMissing);
    device.grant = None;
    let new = device.authorization("POST", SYNC_PATH, BODY).to_string();
    assert_eq!(sync(&world, &new, BODY).refusal().code, ApiErrorCode::SignatureMissing);
}

#[test]
fn a_signature_over_anything_else_is_wrong_and_uses_up_no_nonce() {
    let world = World::new();
    let device = Device::enrolled(&world, 1);
    let stranger = Device::new(&world, 2);
    let (id, now) = (device.id(), world.now().seconds());
    let nonce = Nonce::from_bytes([7; 6]);
    for wrong in [
        device.sign("GET", SYNC_PATH, BODY, id, now, nonce),
        device.sign("POST", "/v1/live", BODY, id, now, nonce),
        device.sign("POST", SYNC_PATH, b"{ }", id, now, nonce),
        stranger.sign("POST", SYNC_PATH, BODY, id, now, nonce),
    ] {
        let refusal = sync(&world, &wrong.to_string(), BODY).refusal();
        assert_eq!(refusal.code, ApiErrorCode::SignatureWrong);
    }
    let mut moved = device.sign("POST", SYNC_PATH, BODY, id, now, nonce);
    moved.seconds += 1;
    assert_eq!(sync(&world, &moved.to_string(), BODY).refusal().code, ApiErrorCode::SignatureWrong);
    let right = device.sign("POST", SYNC_PATH, BODY, id, now, nonce);
    let reply: SyncReply = sync(&world, &right.to_string(), BODY).json();
    assert_eq!(reply.answers, nonce);
}

#[test]
fn a_request_is_heard_once() {
    let world = World::new();
    let mut device = Device::enrolled(&world, 1);
    let header = device.authorization("POST", SYNC_PATH, BODY).to_string();
    assert_eq!(sync(&world, &header, BODY).status, 200);
    assert_eq!(sync(&world, &header, BODY).refusal().code, ApiErrorCode::SignatureReplayed);
    // To the last second in which it is not stale.
    world.clock.set(on("2021-09-02", 300));
    assert_eq!(sync(&world, &header, BODY).refusal().code, ApiErrorCode::SignatureReplayed);
    world.clock.set(on("2021-09-02", 301));
    assert_eq!(sync(&world, &header, BODY).refusal().code, ApiErrorCode::SignatureStale);
}

#[test]
fn a_phones_clock_may_be_five_minutes_off_and_is_told_the_time_beyond() {
    let world = World::new();
    world.clock.set(on("2021-09-02", 300));
    let device = Device::enrolled(&world, 1);
    let now = world.now().seconds();
    for (number, distance, heard) in [(1, 300, true), (2, -300, true), (3, 301, false), (4, -301, false)] {
        let nonce = Nonce::from_bytes([number; 6]);
        let signed = device.sign("POST", SYNC_PATH, BODY, device.id(), now + distance, nonce);
        let reply = sync(&world, &signed.to_string(), BODY);
        if heard {
            assert_eq!(reply.status, 200, "{distance}");
        } else {
            let refusal = reply.refusal();
            assert_eq!(refusal.code, ApiErrorCode::SignatureStale);
            assert_eq!(refusal.time, Some(world.now()));
        }
    }
}

/// Nonces that stand in the database.
fn nonces(world: &World) -> i64 {
    let database = rusqlite::Connection::open(world.data.join(DATABASE_FILE)).unwrap();
    database.query_row("SELECT count(*) FROM nonce", (), |row| row.get(0)).unwrap()
}

#[test]
fn what_only_reads_is_heard_once_and_writes_nothing_down() {
    let world = World::new();
    let mut device = Device::enrolled(&world, 1);
    let before = nonces(&world);
    let header = device.authorization("POST", SYNC_PATH, BODY).to_string();
    assert_eq!(sync(&world, &header, BODY).status, 200);
    assert_eq!(sync(&world, &header, BODY).refusal().code, ApiErrorCode::SignatureReplayed);
    assert_eq!(nonces(&world), before);
    let question = device.ask("質問");
    device.sync(&[question]);
    assert_eq!(nonces(&world), before + 1, "what writes anyway is written down");
}

#[test]
fn what_only_reads_is_heard_once_though_the_server_is_restarted() {
    let mut world = World::new();
    let (now, header, ahead) = {
        let device = Device::enrolled(&world, 1);
        let now = world.now().seconds();
        let signed = |at, nonce| {
            device.sign("POST", SYNC_PATH, BODY, device.id(), at, Nonce::from_bytes([nonce; 6])).to_string()
        };
        (now, signed(now, 1), signed(now + 200, 2))
    };
    for header in [&header, &ahead] {
        assert_eq!(sync(&world, header, BODY).status, 200);
    }
    world.clock.set(on("2021-09-02", 10));
    world.restart();
    // Of the first, nobody knows any more whether it was carried out: its phone would sign again by the time it is told.
    let refusal = sync(&world, &header, BODY).refusal();
    assert_eq!((refusal.code, refusal.time), (ApiErrorCode::SignatureStale, Some(world.now())));
    for seconds in [10, 200, 300] {
        world.clock.set(on("2021-09-02", seconds));
        assert_eq!(sync(&world, &ahead, BODY).refusal().code, ApiErrorCode::SignatureReplayed, "{now}");
    }
}

#[test]
fn a_server_whose_clock_was_set_back_serves_and_hears_nothing_twice() {
    let world = World::new();
    world.clock.set(on("2021-09-01", 0));
    let mut device = Device::enrolled(&world, 1);
    let before = nonces(&world);
    let header = device.authorization("POST", SYNC_PATH, BODY).to_string();
    assert_eq!(sync(&world, &header, BODY).status, 200);
    assert_eq!(sync(&world, &header, BODY).refusal().code, ApiErrorCode::SignatureReplayed);
    assert_eq!(nonces(&world), before + 1);
}

#[test]
fn a_device_that_never_enrolled_is_unknown() {
    let world = World::new();
    let device = Device::new(&world, 1);
    let caller = Caller::Device(DeviceId::from_bytes([9; 8]));
    let now = world.now().seconds();
    let signed = device.sign("POST", SYNC_PATH, BODY, caller, now, Nonce::from_bytes([1; 6]));
    let refusal = sync(&world, &signed.to_string(), BODY).refusal();
    assert_eq!(refusal.code, ApiErrorCode::UnknownDevice);
}
