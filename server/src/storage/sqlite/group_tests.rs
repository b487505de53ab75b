//! Rules of group commit: the busier, the fewer syncs; nobody is told of anything before it is on the disk; a group stands or
//! falls as one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use yorisoi_fault_vfs::{Chance, Fault, FaultKind, Loss, Watch};

use super::*;

const WRITERS: usize = 24;

fn put(storage: &SqliteStorage, name: &str) -> Result<(), StorageError> {
    let tx = storage.begin()?;
    tx.set_meta(name, b"1")?;
    tx.commit()
}

fn stands(storage: &SqliteStorage, name: &str) -> bool {
    storage.begin().unwrap().meta(name).unwrap().is_some()
}

/// So many pieces of work, all of which want the turn while it is held; what each was told.
fn together(storage: &SqliteStorage, prepare: impl FnOnce()) -> Vec<Result<(), StorageError>> {
    let holding = storage.begin().unwrap();
    std::thread::scope(|scope| {
        let write = |number: usize| scope.spawn(move || put(storage, &format!("writer {number}")));
        let writers: Vec<_> = (0..WRITERS).map(write).collect();
        while storage.shared.waiting() < WRITERS {
            std::thread::yield_now();
        }
        prepare();
        drop(holding);
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    })
}

fn made() -> (tempfile::TempDir, Watch, SqliteStorage) {
    let directory = tempfile::tempdir().unwrap();
    let watch = Watch::over(directory.path()).unwrap();
    let storage = SqliteStorage::create(&directory.path().join("yorisoi.db")).unwrap();
    (directory, watch, storage)
}

#[test]
fn alone_each_piece_of_work_is_committed_at_once_and_many_together_share_a_sync() {
    let (_directory, _watch, storage) = made();
    let before = storage.shared.commits();
    (0..3).for_each(|number| put(&storage, &number.to_string()).unwrap());
    assert_eq!(storage.shared.commits() - before, 3);
    let before = storage.shared.commits();
    assert!(together(&storage, || ()).iter().all(Result::is_ok));
    let commits = storage.shared.commits() - before;
    assert!(commits < WRITERS as u64 / 2, "{commits} commits for {WRITERS}");
    assert!((0..WRITERS).all(|number| stands(&storage, &format!("writer {number}"))));
}

#[test]
fn whoever_was_told_that_it_is_committed_finds_it_after_a_loss_of_power() {
    let (_directory, watch, storage) = made();
    let storage = Arc::new(storage);
    let told = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|number| {
                let (storage, watch) = (Arc::clone(&storage), &watch);
                scope.spawn(move || {
                    let mut told = Vec::new();
                    for round in 0..4 {
                        let name = format!("{number}/{round}");
                        put(&storage, &name).unwrap();
                        told.push((watch.position(), name));
                    }
                    told
                })
            })
            .collect();
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(told.len(), WRITERS * 4);
    for (number, loss) in Loss::ALL.into_iter().cycle().take(20).enumerate() {
        let mut chance = Chance::new(number as u64);
        let at = chance.below(watch.position() + 1);
        let left = tempfile::tempdir().unwrap();
        watch.crash(at, loss, &mut chance, left.path()).unwrap();
        let expected: Vec<_> = told.iter().filter(|(position, _)| *position <= at).collect();
        if expected.is_empty() {
            continue;
        }
        let found = SqliteStorage::open(&left.path().join("yorisoi.db")).unwrap();
        for (_, name) in expected {
            assert!(stands(&found, name), "{name} before step {at}, {loss:?}");
        }
    }
}

#[test]
fn a_group_that_does_not_reach_the_disk_is_told_to_all_in_it_and_nothing_of_it_stands() {
    let (_directory, watch, storage) = made();
    put(&storage, "before").unwrap();
    for kind in [FaultKind::Full, FaultKind::Writing] {
        let results = together(&storage, || watch.fail(Fault { kind, after: 0, lasting: true }));
        assert!(results.iter().all(Result::is_err), "{kind:?}: {results:?}");
        assert!(watch.failed() > 0);
        watch.heal();
        assert!(stands(&storage, "before"));
        assert!((0..WRITERS).all(|number| !stands(&storage, &format!("writer {number}"))), "{kind:?}");
        put(&storage, "after").unwrap();
    }
}

#[test]
fn a_piece_of_work_that_is_dropped_or_panics_takes_nothing_of_the_others_with_it() {
    let (_directory, _watch, storage) = made();
    let spoiled = AtomicBool::new(false);
    let holding = storage.begin().unwrap();
    let spoil = |panics: bool| {
        let tx = storage.begin().unwrap();
        tx.set_meta("spoiled", b"1").unwrap();
        spoiled.store(true, Ordering::SeqCst);
        assert!(!panics, "told to");
    };
    std::thread::scope(|scope| {
        let storage = &storage;
        let writers: Vec<_> = (0..WRITERS)
            .map(|number| scope.spawn(move || put(storage, &format!("writer {number}"))))
            .collect();
        let dropped = scope.spawn(|| spoil(false));
        let panicked = scope.spawn(|| spoil(true));
        while storage.shared.waiting() < WRITERS + 2 {
            std::thread::yield_now();
        }
        drop(holding);
        assert!(writers.into_iter().all(|writer| writer.join().unwrap().is_ok()));
        assert!(dropped.join().is_ok() && panicked.join().is_err());
    });
    assert!(spoiled.load(Ordering::SeqCst) && !stands(&storage, "spoiled"));
    assert!((0..WRITERS).all(|number| stands(&storage, &format!("writer {number}"))));
}
