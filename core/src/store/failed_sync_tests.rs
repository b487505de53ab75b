//! Rules of a disk that could not sync once: what is acknowledged afterwards does not hang on what it may have dropped.

use yorisoi_fault_vfs::{Chance, Fault, FaultKind, Loss, Watch};
use yorisoi_protocol::ids::MessageId;

use super::tests::draft;
use super::*;
use crate::testing::Phone;

/// A write that need not survive, one whose syncing fails at this call, and one that is acknowledged. Whether the fault struck.
fn lived(phone: &Phone, watch: &Watch, after: u64) -> bool {
    let store = Store::open(phone.path(), &phone.host()).unwrap();
    let save = |number| store.save_draft(MessageId::from_bytes([number; 16]), &draft("眠れない日が"));
    save(1).unwrap();
    store.keep_sync_times(&SyncTimes::default()).unwrap();
    watch.fail(Fault { kind: FaultKind::Writing, after, lasting: false });
    let failed = save(2).is_err();
    watch.heal();
    save(3).unwrap();
    // Not closed: the power goes off now.
    std::mem::forget(store);
    failed
}

#[test]
fn what_is_acknowledged_after_a_failed_sync_survives_a_loss_of_power_all_the_same() {
    let mut failed = 0;
    for after in 0..12 {
        for loss in Loss::ALL {
            let phone = Phone::new();
            let watch = Watch::over(phone.path()).unwrap();
            failed += usize::from(lived(&phone, &watch, after));
            let left = phone.after_crash(tempfile::tempdir().unwrap());
            watch.crash(watch.position(), loss, &mut Chance::new(after), left.path()).unwrap();
            let store = Store::open(left.path(), &left.host()).unwrap();
            for number in [1, 3] {
                let found = store.draft(MessageId::from_bytes([number; 16])).unwrap();
                assert!(found.is_some(), "draft {number} after {loss:?}, failing call {after}");
            }
        }
    }
    assert!(failed > 20, "{failed}");
}

/// The same with the failing write in another process, such as the app's extension, which ends afterwards without having closed
/// the database, or stays.
fn lived_with_another(phone: &Phone, watch: &Watch, fault: Fault) -> bool {
    let app = Store::open(phone.path(), &phone.host()).unwrap();
    let other = Store::open(phone.path(), &phone.host()).unwrap();
    let save = |store: &Store, number| {
        store.save_draft(MessageId::from_bytes([number; 16]), &draft("眠れない日が")).map(drop)
    };
    save(&app, 1).unwrap();
    save(&other, 4).unwrap();
    app.keep_sync_times(&SyncTimes::default()).unwrap();
    watch.fail(fault);
    let failed = save(&other, 2).is_err();
    watch.heal();
    save(&app, 3).unwrap();
    std::mem::forget((app, other));
    failed
}

#[test]
fn a_sync_that_failed_in_another_process_takes_nothing_with_it_either() {
    let mut failed = 0;
    for lasting in [false, true] {
        for after in 0..12 {
            for loss in Loss::ALL {
                let phone = Phone::new();
                let watch = Watch::over(phone.path()).unwrap();
                let fault = Fault { kind: FaultKind::Writing, after, lasting };
                failed += usize::from(lived_with_another(&phone, &watch, fault));
                let left = phone.after_crash(tempfile::tempdir().unwrap());
                watch.crash(watch.position(), loss, &mut Chance::new(after), left.path()).unwrap();
                let store = Store::open(left.path(), &left.host()).unwrap();
                for number in [1, 3, 4] {
                    let found = store.draft(MessageId::from_bytes([number; 16])).unwrap();
                    assert!(found.is_some(), "draft {number} after {loss:?}, {fault:?}");
                }
            }
        }
    }
    assert!(failed > 40, "{failed}");
}
