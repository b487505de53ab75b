//! Rules of a server with more to do than it can: who finds no room is told when to come back, and nothing is half done.

use std::net::TcpStream;
use std::sync::mpsc;
use std::thread;

use yorisoi_protocol::wire::{ApiErrorCode, EntryText, OutcomeResult, SYNC_PATH, SyncRequest};

use crate::client::{PATIENCE, open, reply_of};
use crate::device::Device;
use crate::world::World;

/// A request that was sent, and whose reply nobody has read yet.
fn begun(world: &World, device: &mut Device<'_>, operation: &EntryText) -> (TcpStream, usize) {
    let request = SyncRequest { cursor: None, operations: vec![operation.clone()] };
    let body = serde_json::to_vec(&request).unwrap();
    let header = device.authorization("POST", SYNC_PATH, &body).to_string();
    open(world.address, "POST", SYNC_PATH, &[("authorization", &header)], &body)
}

#[test]
fn who_finds_no_room_is_asked_to_come_back_and_then_served() {
    let world = World::with_room(1);
    let (mut first, mut second) = (Device::enrolled(&world, 1), Device::enrolled(&world, 2));
    let (one, two) = (first.ask("一つ目"), second.ask("二つ目"));
    // Another process holds the database, so that whichever request comes first is still worked on when the other comes.
    let database = rusqlite::Connection::open(world.data.join("yorisoi.db")).unwrap();
    database.execute_batch("BEGIN IMMEDIATE").unwrap();
    let both = [begun(&world, &mut first, &one), begun(&world, &mut second, &two)];
    let (tell, told) = mpsc::channel();
    for (which, sent) in both.into_iter().enumerate() {
        let tell = tell.clone();
        thread::spawn(move || tell.send((which, reply_of(sent))));
    }
    let (which, turned_away) = told.recv_timeout(PATIENCE).unwrap();
    assert_eq!(turned_away.refusal().code, ApiErrorCode::TooMany);
    let seconds: u32 = turned_away.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&seconds));
    database.execute_batch("ROLLBACK").unwrap();
    let (_, served) = told.recv_timeout(PATIENCE).unwrap();
    assert_eq!(served.status, 200);
    let (device, operation) = [(&mut first, one), (&mut second, two)].into_iter().nth(which).unwrap();
    assert!(matches!(device.sync(&[operation]).outcomes[0].result, OutcomeResult::Applied(_)));
}

#[test]
fn what_was_begun_is_done_to_its_end_though_nobody_waits_for_it_any_more() {
    let world = World::new();
    let mut device = Device::enrolled(&world, 1);
    let operation = device.ask("一つ目");
    let database = rusqlite::Connection::open(world.data.join("yorisoi.db")).unwrap();
    database.execute_batch("BEGIN IMMEDIATE").unwrap();
    drop(begun(&world, &mut device, &operation));
    database.execute_batch("ROLLBACK").unwrap();
    // Whole or not at all, and in either case once.
    let again = device.sync(&[operation]);
    assert!(matches!(again.outcomes[0].result, OutcomeResult::Applied(_) | OutcomeResult::Duplicate(_)));
    let count = |sql: &str| database.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    let rows = ["consultation", "entry"];
    for table in rows {
        assert_eq!(count(&format!("SELECT count(*) FROM {table}")), 1, "{table}");
    }
    assert_eq!(device.sync(&[]).cursor.position, 1);
}
