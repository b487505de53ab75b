//! Rules for when the server itself is in trouble: 503, nothing half-stored, nothing acknowledged forgotten.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use yorisoi_protocol::Timestamp;
use yorisoi_protocol::wire::{ApiErrorCode, OutcomeResult, SyncReply};
use yorisoi_server::randomness::RandomnessError;
use yorisoi_server::{Randomness, SystemRandomness};

use crate::device::Device;
use crate::operator::{Serving, done, fuchu};
use crate::world::World;

/// Panics or fails when told to.
#[derive(Default)]
struct Treacherous {
    system: SystemRandomness,
    panics: AtomicBool,
    fails: AtomicBool,
}

impl Randomness for Treacherous {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessError> {
        assert!(!self.panics.load(Ordering::SeqCst), "told to");
        match self.fails.load(Ordering::SeqCst) {
            true => Err(RandomnessError),
            false => self.system.fill(bytes),
        }
    }
}

#[test]
fn a_failure_or_a_panic_in_the_middle_is_503_and_leaves_nothing() {
    let randomness = Arc::new(Treacherous::default());
    let world = World::drawing(randomness.clone());
    let mut device = Device::enrolled(&world, 1);
    let operations = [device.ask("一つ目"), device.ask("二つ目")];
    for trouble in [&randomness.fails, &randomness.panics] {
        trouble.store(true, Ordering::SeqCst);
        let refusal = device.sync_raw(&operations).refusal();
        assert_eq!(refusal.code, ApiErrorCode::Unavailable);
        trouble.store(false, Ordering::SeqCst);
        assert_eq!(device.sync(&[]).cursor.position, 0);
    }
    let reply = device.sync(&operations);
    assert!(reply.outcomes.iter().all(|o| matches!(o.result, OutcomeResult::Applied(_))));
}

#[test]
fn a_database_that_fails_late_in_a_request_has_stored_nothing_of_it() {
    let world = World::new();
    let mut device = Device::enrolled(&world, 1);
    let database = rusqlite::Connection::open(world.data.join("yorisoi.db")).unwrap();
    let operations = [device.ask("一つ目"), device.ask("二つ目")];
    for table in ["refused", "consultation", "entry"] {
        database.pragma_update(None, "legacy_alter_table", true).unwrap();
        let rename = |from: &str, to: &str| {
            database.execute_batch(&format!("ALTER TABLE {from} RENAME TO {to}")).unwrap();
        };
        rename(table, "elsewhere");
        let refusal = device.sync_raw(&operations).refusal();
        assert_eq!(refusal.code, ApiErrorCode::Unavailable, "{table}");
        rename("elsewhere", table);
        assert_eq!(device.sync(&[]).cursor.position, 0, "{table}");
    }
    // The last of it, when all operations are in.
    for (table, column) in [("device", "last_seq"), ("member", "position")] {
        let fails = format!(
            "CREATE TRIGGER late BEFORE UPDATE OF {column} ON {table} BEGIN SELECT raise(ABORT, ''); END"
        );
        database.execute_batch(&fails).unwrap();
        assert_eq!(device.sync_raw(&operations).refusal().code, ApiErrorCode::Unavailable, "{table}");
        database.execute_batch("DROP TRIGGER late").unwrap();
        assert_eq!(device.sync(&[]).cursor.position, 0, "{table}");
    }
    let reply = device.sync(&operations);
    assert!(reply.outcomes.iter().all(|o| matches!(o.result, OutcomeResult::Applied(_))));
    assert_eq!(reply.digest, device.digest);
}

#[test]
fn a_server_that_cannot_write_says_so_to_those_that_only_read_until_it_can_again() {
    let world = World::new();
    let mut device = Device::enrolled(&world, 1);
    let database = rusqlite::Connection::open(world.data.join("yorisoi.db")).unwrap();
    let full = || {
        let refuses = "CREATE TRIGGER full BEFORE INSERT ON nonce BEGIN SELECT RAISE(ABORT, 'full'); END";
        database.execute_batch(refuses).unwrap();
    };
    full();
    device.sync(&[]);
    let operations = [device.ask("質問")];
    assert_eq!(device.sync_raw(&operations).refusal().code, ApiErrorCode::Unavailable);
    // Else a phone would take it that the server fails at its question alone, and give it up.
    assert_eq!(device.sync_raw(&[]).refusal().code, ApiErrorCode::Unavailable);
    database.execute_batch("DROP TRIGGER full").unwrap();
    device.sync(&[]);
    full();
    device.sync(&[]);
    database.execute_batch("DROP TRIGGER full").unwrap();
    assert!(matches!(device.sync(&operations).outcomes[0].result, OutcomeResult::Applied(_)));
}

#[test]
fn what_was_acknowledged_survives_a_killed_server() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let clock = dir.path().join("clock");
    std::fs::write(&clock, "1630508400000").unwrap();
    done(&data, "init");
    done(&data, &format!("programme add {}", fuchu(dir.path())));
    let code = done(&data, "cards issue --programme fuchu-2021 --count 1");
    let mut serving = Serving::start(&data, &clock);
    // A world of its own only lends its clock; the requests go to the process.
    let mut world = World::new();
    world.clock.set(Timestamp::from_millis(1_630_508_400_000));
    world.address = serving.address;
    let mut device = Device::new(&world, 1);
    device.enroll(code.trim());
    let grant = device.grant.clone();
    let operations = [device.ask("質問")];
    let first: SyncReply = device.sync_raw(&operations).json();
    serving.child.kill().unwrap();
    serving.child.wait().unwrap();

    let serving = Serving::start(&data, &clock);
    let mut again = World::new();
    again.clock.set(Timestamp::from_millis(1_630_508_400_000));
    again.address = serving.address;
    let mut restarted = Device::new(&again, 1);
    // The same phone: other nonces than before, the same grant.
    for _ in 0..10 {
        restarted.draw::<6>();
    }
    restarted.enroll(code.trim());
    assert_eq!(restarted.grant, grant);
    let second = restarted.sync(&operations);
    match (&first.outcomes[0].result, &second.outcomes[0].result) {
        (OutcomeResult::Applied(first), OutcomeResult::Duplicate(again)) => assert_eq!(first, again),
        other => panic!("{other:?}"),
    }
    assert_eq!(first.cursor, second.cursor, "the same life of the data");
    assert_eq!(first.digest, second.digest);
    serving.stop();
}
