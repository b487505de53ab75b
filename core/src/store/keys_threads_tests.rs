//! Rules of threads that change keys side by side: whichever comes first, everything opens with the key that the key store has in the
//! end.

use std::sync::atomic::{AtomicBool, Ordering};

use super::keys_tests::{check, written};
use super::*;
use crate::testing::Phone;

const THREADS: usize = 4;
const CHANGES: usize = 8;

#[test]
fn root_keys_that_are_changed_side_by_side_leave_everything_open() {
    let phone = Phone::new();
    let store = written(&phone);
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let changes: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(|| (0..CHANGES).try_for_each(|_| store.change_root_key(phone.keys.as_ref())))
            })
            .collect();
        // As a sync does that begins meanwhile.
        let sealing = scope.spawn(|| {
            while !over.load(Ordering::SeqCst) {
                store.seal_anew()?;
            }
            Ok::<_, StoreError>(())
        });
        let changed: Vec<_> = changes.into_iter().map(|change| change.join().unwrap()).collect();
        over.store(true, Ordering::SeqCst);
        assert_eq!(sealing.join().unwrap(), Ok(()));
        assert_eq!(changed, vec![Ok(()); THREADS]);
    });
    check(&store, "the store that is open goes on");
    drop(store);
    check(&Store::open(phone.path(), &phone.host()).unwrap(), "opened anew");
}
