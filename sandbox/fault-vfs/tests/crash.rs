//! Rules of the file system that fails on purpose, seen through a plain database.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use rusqlite::Connection;
use tempfile::tempdir;
use yorisoi_fault_vfs::{Chance, Fault, FaultKind, FileKind, Loss, Watch};

fn open(directory: &Path, synchronous: &str) -> Connection {
    let sql = Connection::open(directory.join("a.db")).unwrap();
    sql.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).unwrap();
    sql.pragma_update(None, "synchronous", synchronous).unwrap();
    sql.execute_batch("CREATE TABLE IF NOT EXISTS t (n INTEGER PRIMARY KEY, filler BLOB)").unwrap();
    sql
}

fn insert(sql: &Connection, number: i64) -> rusqlite::Result<usize> {
    sql.execute("INSERT INTO t VALUES (?1, randomblob(3000))", [number])
}

fn insert_all(sql: &Connection, numbers: std::ops::Range<i64>) {
    numbers.for_each(|number| assert_eq!(insert(sql, number), Ok(1)));
}

fn rows(directory: &Path) -> Vec<i64> {
    let sql = open(directory, "FULL");
    let sound: String = sql.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    let mut all = sql.prepare("SELECT n FROM t ORDER BY n").unwrap();
    all.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// The largest number of the ten acknowledged rows that any crash after all of them lost.
fn lost(synchronous: &str, lies: &[FileKind]) -> usize {
    let directory = tempdir().unwrap();
    let watch = Watch::over(directory.path()).unwrap();
    lies.iter().for_each(|kind| watch.lie(*kind));
    let sql = open(directory.path(), synchronous);
    insert_all(&sql, 0..10);
    let mut chance = Chance::new(1);
    let mut worst = 0;
    for loss in Loss::ALL {
        let image = tempdir().unwrap();
        watch.crash(watch.position(), loss, &mut chance, image.path()).unwrap();
        let found = rows(image.path());
        assert_eq!(found, (0..found.len() as i64).collect::<Vec<_>>(), "{loss:?}: a first part");
        worst = worst.max(10 - found.len());
    }
    assert_eq!(watch.lied() > 0, !lies.is_empty());
    worst
}

#[test]
fn what_was_synced_is_there_and_what_was_not_may_be_lost() {
    assert_eq!(lost("FULL", &[]), 0);
    assert!(lost("NORMAL", &[]) > 0);
    assert_eq!(lost("FULL", &[FileKind::Wal]), 10);
    assert_eq!(lost("FULL", &[FileKind::Directory]), 10);
}

#[test]
fn an_image_that_loses_nothing_is_the_directory_to_the_byte() {
    let (directory, image) = (tempdir().unwrap(), tempdir().unwrap());
    let watch = Watch::over(directory.path()).unwrap();
    let sql = open(directory.path(), "FULL");
    insert_all(&sql, 0..40);
    sql.query_row("PRAGMA wal_checkpoint(RESTART)", [], |_| Ok(())).unwrap();
    insert_all(&sql, 40..50);
    watch.crash(watch.position(), Loss::Nothing, &mut Chance::new(0), image.path()).unwrap();
    for name in ["a.db", "a.db-wal"] {
        let read = |directory: &Path| std::fs::read(directory.join(name)).unwrap();
        assert!(read(directory.path()) == read(image.path()), "{name}");
    }
    assert!(!image.path().join("a.db-shm").exists());
}

#[test]
fn torn_and_lost_writes_are_counted_and_repeat_from_their_seed() {
    let directory = tempdir().unwrap();
    let watch = Watch::over(directory.path()).unwrap();
    let sql = open(directory.path(), "NORMAL");
    insert_all(&sql, 0..10);
    let crash = |loss, seed| {
        let image = tempdir().unwrap();
        let crash = watch.crash(watch.position(), loss, &mut Chance::new(seed), image.path()).unwrap();
        (crash, std::fs::read(image.path().join("a.db-wal")).unwrap_or_default())
    };
    assert!(crash(Loss::Sectors, 3) == crash(Loss::Sectors, 3));
    assert!(crash(Loss::Sectors, 3).1 != crash(Loss::Sectors, 4).1);
    assert!(crash(Loss::Sectors, 3).0.torn_writes > 0);
    let (nothing, everything) = (crash(Loss::Nothing, 0).0, crash(Loss::Everything, 0).0);
    assert!(nothing.unsynced >= 10 && nothing.unsynced == everything.unsynced);
    assert_eq!((nothing.lost_sectors, nothing.torn_writes), (0, 0));
    assert!(everything.lost_sectors > 10 && everything.torn_writes == 0);
}

#[test]
fn a_call_fails_once_or_from_then_on_and_is_counted() {
    let directory = tempdir().unwrap();
    let watch = Watch::over(directory.path()).unwrap();
    let sql = open(directory.path(), "FULL");
    for kind in [FaultKind::Full, FaultKind::Writing] {
        let before = watch.failed();
        watch.fail(Fault { kind, after: 1, lasting: false });
        assert!(insert(&sql, 1).is_err());
        assert_eq!(insert(&sql, 1), Ok(1));
        assert_eq!(watch.failed() - before, 1);
        watch.fail(Fault { kind, after: 0, lasting: true });
        assert!(insert(&sql, 2).is_err() && insert(&sql, 2).is_err());
        assert!(watch.failed() - before > 2);
        watch.heal();
        assert_eq!(sql.execute("DELETE FROM t", []), Ok(1));
    }
}

#[test]
fn directories_that_are_not_watched_are_left_alone() {
    let (watched, other) = (tempdir().unwrap(), tempdir().unwrap());
    let watch = Watch::over(watched.path()).unwrap();
    watch.fail(Fault { kind: FaultKind::Writing, after: 0, lasting: true });
    insert(&open(other.path(), "FULL"), 1).unwrap();
    assert_eq!((watch.position(), watch.failed()), (0, 0));
    assert_eq!(rows(other.path()), [1]);
}
