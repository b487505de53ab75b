//! Rules of what a loss of power may leave, on records made by hand.

use super::*;

fn record(steps: Vec<Step>) -> Record {
    let mut record = Record::default();
    record.stood("a".to_owned(), vec![0; 4 * SECTOR]);
    record.steps = steps;
    record
}

fn write(sector: usize, value: u8) -> Step {
    Step::Write { file: 0, offset: sector * SECTOR, bytes: vec![value; SECTOR] }
}

/// The first byte of each sector of `a`.
fn left(record: &Record, loss: Loss, seed: u64) -> Vec<u8> {
    let (files, _) = after_crash(record, record.steps.len(), loss, &mut Chance::new(seed));
    files["a"].iter().step_by(SECTOR).copied().collect()
}

#[test]
fn a_failed_sync_is_made_up_for_by_no_later_one() {
    let steps = [write(0, 1), Step::SyncFailed { file: 0 }, write(1, 2), Step::Sync { file: 0 }];
    let record = record(steps.into());
    assert_eq!(left(&record, Loss::Everything, 0), [0, 2, 0, 0]);
    assert_eq!(left(&record, Loss::Nothing, 0), [1, 2, 0, 0]);
}

#[test]
fn a_sector_never_holds_an_older_write_over_a_newer_one_that_was_synced() {
    let steps = [write(0, 1), write(0, 2), Step::Sync { file: 0 }, write(0, 3), write(0, 4), write(1, 5)];
    let record = record(steps.into());
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..200 {
        for loss in Loss::ALL {
            seen.insert(left(&record, loss, seed)[..2].to_vec());
        }
    }
    let all: Vec<Vec<u8>> =
        [2, 3, 4].into_iter().flat_map(|first| [vec![first, 0], vec![first, 5]]).collect();
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), all, "every order of writing back, and no other state");
}

#[test]
fn names_are_sure_once_the_directory_was_synced_and_kept_in_order_before() {
    let create = |name: &str, file| Step::Create { file, name: name.to_owned() };
    let delete = Step::Delete { name: "a".to_owned() };
    let mut record = record(vec![create("b", 1), Step::SyncDirectory, delete, create("c", 2)]);
    record.files.extend([Vec::new(), Vec::new()]);
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..50 {
        let (files, crash) = after_crash(&record, 4, Loss::Sectors, &mut Chance::new(seed));
        seen.insert((files.into_keys().collect::<String>(), crash.lost_names));
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [("ab".into(), 2), ("b".into(), 1), ("bc".into(), 0)]);
}

#[test]
fn a_shortening_that_was_not_synced_may_be_lost() {
    let record = record(vec![Step::Truncate { file: 0, size: SECTOR }]);
    assert_eq!(left(&record, Loss::Everything, 0).len(), 4);
    assert_eq!(left(&record, Loss::Nothing, 0).len(), 1);
}
